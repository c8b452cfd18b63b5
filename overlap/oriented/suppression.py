"""Non-maximum suppression of rotated boxes. Public through `overlap.oriented`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from .. import indices
from .._arrays import Array, from_list, table_namespace, values_on_host
from .._coordinates import read_rows
from .._join import Indices, along_curve, near, packed
from .._suppression import Kept, Method, Pairs, given_back, read_rules, suppress
from .join import ROTATED_BOXES, Joinable, in_unit


def nms(
    boxes: Array,
    scores: ArrayLike,
    threshold: float,
    *,
    labels: ArrayLike | None = None,
    method: Method = "hard",
    sigma: float = 0.5,
) -> Kept:
    """Non-maximum suppression of rotated boxes: keep the best, drop or weaken what overlaps it, and go on.

    Their IoU is exact, and computed in float64 whatever the boxes are kept in; only boxes whose envelopes meet are
    compared. Cars parked side by side at an angle stay, of whose envelopes one would go.

    Parameters
    ----------
    boxes : array (n, 5)
        Boxes as (cx, cy, w, h, theta), on the host.
    scores : array (n,)
        Confidence of each; ties by index.
    threshold : float
        Hard: greatest IoU (≤) of two that both stay. Linear: least IoU (≥) at which a score falls. The Gaussian
        method has no use for it.
    labels : array (n,), optional
        Classes: only equals suppress each other. No coordinates are shifted for that.
    method : {"hard", "linear", "gaussian"}
        Hard drops boxes. Soft suppression (Bodla 2017) lowers their scores by the IoU o with each that is taken
        before them: linear, to ``s * (1 - o)``; Gaussian, to ``s * exp(-o**2 / sigma)``.
    sigma : float
        Width of the Gaussian.

    Returns
    -------
    indices : array (k,) of int64
        Of what is kept, by descending score: of the library of the boxes. Soft suppression keeps all.
    new_scores : array (n,) of float64
        Only of soft suppression: descending, beside the indices.

    Raises
    ------
    ValueError, TypeError
        See `overlap_pairs`; also if a score is NaN, the threshold NaN or outside [0, 1], or a score negative that is
        to be weakened.

    See Also
    --------
    overlap_pairs : Find all pairs of rotated boxes that share an area.
    overlap.boxes.nms : Non-maximum suppression of boxes.

    Examples
    --------
    >>> import numpy as np
    >>> parked = np.array([[0, 0, 4, 1.6, 0.8], [1.2, -1.2, 4, 1.6, 0.8], [0.1, 0, 4, 1.6, 0.8]])
    >>> nms(parked, [0.9, 0.8, 0.7], 0.5)
    array([0, 1])
    """
    return suppressed("oriented.nms", ROTATED_BOXES, boxes, scores, threshold, labels, method, sigma)


def suppressed(
    operation: str,
    joinable: Joinable,
    boxes: Array,
    scores: ArrayLike,
    threshold: float,
    labels: ArrayLike | None,
    method: Method,
    sigma: float,
) -> Kept:
    """Return what is kept of turned boxes of any kind; see `nms`."""
    boxes = from_list(operation, "boxes", boxes)
    xp = table_namespace(operation, boxes=boxes)
    host = values_on_host(operation, "boxes", boxes)
    (rows,), _ = read_rows(operation, joinable.kind, boxes=host)
    rows = in_unit(joinable.kind, rows.astype(np.float64))[0]
    rules = read_rules(operation, scores, len(rows), threshold, labels, method, sigma)
    envelopes = joinable.envelopes_of(rows)
    if rules.group is not None:
        envelopes = envelopes.grouped(rules.group)
    curve = along_curve(envelopes)
    rules = rules.renumbered(curve)
    envelopes = envelopes.take(curve)
    rows = rows[curve]

    def overlaps(first: Indices, second: Indices) -> Iterator[Pairs]:
        for i, j in near(envelopes.take(first), packed(envelopes.take(second))):
            a = first[i]
            b = second[j]
            overlap = joinable.overlap_of(rows, a, rows, b)
            yield a, b, indices.iou(overlap)

    return given_back(suppress(rules, overlaps), boxes, xp)

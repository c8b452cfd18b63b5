"""Non-maximum suppression of boxes, on the line, the plane, in space and on rings. Public through `overlap.boxes`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from .. import indices
from .._arrays import Array, from_list, table_namespace, values_on_host
from .._join import Indices, along_curve
from .._suppression import Kept, Method, Pairs, given_back, read_rules, suppress
from .arrays import Period, check_rows, in_unit, read_periods, read_tables
from .join import envelopes_of, meeting
from .sizes import measured


def nms(
    boxes: Array,
    scores: ArrayLike,
    threshold: float,
    *,
    labels: ArrayLike | None = None,
    period: Period | None = None,
    method: Method = "hard",
    sigma: float = 0.5,
) -> Kept:
    """Non-maximum suppression of boxes: keep the best, drop or weaken what overlaps it, and go on with the next.

    Only boxes that meet are compared, so that tens of thousands take a fraction of a second. Their IoU is computed in
    float64, whatever the boxes are kept in. Soft suppression compares all that overlap, and keeps those pairs in
    memory.

    Parameters
    ----------
    boxes : array_like (n, 2d)
        Boxes lo|hi, of any dimension, on the host.
    scores : array_like (n,)
        Confidence of each; ties by index.
    threshold : float
        Hard: greatest IoU (≤) of two that both stay. Linear: least IoU (≥) at which a score falls. The Gaussian
        method has no use for it.
    labels : array (n,), optional
        Classes: only equals suppress each other. No coordinates are shifted for that.
    period : sequence of d numbers or None, optional
        Length after which each axis repeats; None for an axis that does not.
    method : {"hard", "linear", "gaussian"}
        Hard drops boxes. Soft suppression (Bodla 2017) lowers their scores by the IoU o with each that is taken
        before them: linear, to ``s * (1 - o)``; Gaussian, to ``s * exp(-o**2 / sigma)``.
    sigma : float
        Width of the Gaussian.

    Returns
    -------
    indices : array (k,) of int64
        Of what is kept, by descending score: of the library of the boxes. Soft suppression keeps all.
    new_scores : array_like (n,) of float64
        Only of soft suppression: descending, beside the indices. What falls below some least score (1e-3 in Bodla's
        code) may be left out afterwards; it weakens nothing above it.

    Raises
    ------
    ValueError
        If the shapes do not fit, a score is NaN, the threshold NaN or outside [0, 1], a box malformed (hi < lo, NaN or
        infinite), the boxes are not on the host, or a score is negative that is to be weakened.

    See Also
    --------
    overlap_pairs : Find all pairs of boxes that overlap, without looking at the others.
    overlap.matching.nms : Non-maximum suppression by overlaps of any kind.
    overlap.oriented.nms : Non-maximum suppression of rotated boxes.

    Examples
    --------
    >>> import numpy as np
    >>> b = np.array([[0.0, 0, 4, 2], [0.5, 0, 4.5, 2], [5, 0, 9, 2]])
    >>> nms(b, [0.8, 0.9, 0.7], 0.5)
    array([1, 2])
    >>> index, score = nms(b, [0.8, 0.9, 0.7], 0.5, method="linear")
    >>> index, score.round(3)
    (array([1, 2, 0]), array([0.9  , 0.7  , 0.178]))
    """
    operation = "boxes.nms"
    boxes = from_list(operation, "boxes", boxes)
    xp = table_namespace(operation, boxes=boxes)
    check_rows(operation, boxes=boxes)
    host = values_on_host(operation, "boxes", boxes)
    (rows,), _ = read_tables(operation, boxes=host)
    rows = rows.astype(np.float64)
    rules = read_rules(operation, scores, len(rows), threshold, labels, method, sigma)
    periods = read_periods(operation, period, rows)
    rows, periods = in_unit(rows, periods)
    envelopes = envelopes_of(rows, periods)
    if rules.group is not None:
        envelopes = envelopes.grouped(rules.group)
    curve = along_curve(envelopes)
    rules = rules.renumbered(curve)
    envelopes = envelopes.take(curve)
    rows = rows[curve]

    def overlaps(first: Indices, second: Indices) -> Iterator[Pairs]:
        for i, j in meeting(envelopes.take(first), envelopes.take(second), periods):
            a = first[i]
            b = second[j]
            yield a, b, indices.iou(measured(rows[a], rows[b], periods, np))

    return given_back(suppress(rules, overlaps), boxes, xp)

"""Non-maximum suppression of boxes with a heading. Public through `overlap.cuboids`."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._arrays import Array
from .._suppression import Kept, Method
from ..oriented.suppression import suppressed
from .join import CUBOIDS


def nms(
    boxes: Array,
    scores: ArrayLike,
    threshold: float,
    *,
    labels: ArrayLike | None = None,
    method: Method = "hard",
    sigma: float = 0.5,
) -> Kept:
    """Non-maximum suppression of boxes with a heading: keep the best, drop or weaken what overlaps it, and go on.

    Their IoU is that of volumes, exact, and computed in float64 whatever the boxes are kept in; only boxes whose
    envelopes meet are compared. Most lidar detectors suppress in the bird's-eye view, whatever the height: that is
    ``overlap.oriented.nms(birds_eye(boxes), scores, threshold)``.

    Parameters
    ----------
    boxes : array (n, 7)
        Boxes as (x, y, z, l, w, h, yaw), on the host.
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
    overlap_pairs : Find all pairs of boxes with a heading that share a volume.
    overlap.boxes.nms : Non-maximum suppression of boxes.

    Examples
    --------
    A car found twice, and one on the deck above:

    >>> import numpy as np
    >>> found = np.array([[0, 0, 1, 4, 2, 1.5, 0.8], [0.1, 0, 1, 4, 2, 1.5, 0.8], [0, 0, 4, 4, 2, 1.5, 0.8]])
    >>> nms(found, [0.9, 0.8, 0.7], 0.5)
    array([0, 2])
    """
    return suppressed("cuboids.nms", CUBOIDS, boxes, scores, threshold, labels, method, sigma)

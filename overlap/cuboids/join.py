"""The join of two tables of boxes with a heading: which rows overlap. Public through `overlap.cuboids`."""

from __future__ import annotations

import numpy as np

from .._arrays import Array
from .._join import Envelopes, Indices, Labels, Pairs
from ..counts import Overlap
from ..oriented.join import Joinable, joined
from ..oriented.join import envelopes_of as envelopes_on_the_ground
from .sizes import CUBOID, footprint, measured


def overlap_pairs(a: Array, b: Array, *, by: Labels | None = None) -> Pairs:
    """Find all pairs of boxes with a heading that share a volume, without looking at the others.

    Pairs whose envelopes meet are measured; where boxes only touch, rounding may find a volume of some 1e-16.

    Parameters
    ----------
    a, b : array (n, 7), (m, 7)
        Boxes as (x, y, z, l, w, h, yaw), on the host.
    by : (labels of a, labels of b), optional
        One label for each row: only rows of equal label are joined (frame, class).

    Returns
    -------
    Pairs
        ``a`` and ``b``, row numbers (int64), ascending in ``a`` and then in ``b``; ``intersection``, the volume that
        each pair shares, as `measure` has it. Arrays of the library of the boxes.

    Raises
    ------
    ValueError, TypeError
        See `measure`; also if a set is not a table of boxes, or not on the host.

    See Also
    --------
    pairwise : IoU of every box with a heading of one set with every one of another.
    nms : Non-maximum suppression of boxes with a heading.

    Examples
    --------
    A car, and a bridge above it and another car:

    >>> import numpy as np
    >>> a = np.array([[0.0, 0, 1, 4, 2, 2, 0]])
    >>> pairs = overlap_pairs(a, np.array([[0, 0, 5, 9, 9, 1, 0], [1, 0, 1, 4, 2, 2, np.pi / 2]]))
    >>> pairs.a.tolist(), pairs.b.tolist(), pairs.intersection.tolist()
    ([0], [1], [8.0])
    """
    return joined("cuboids.overlap_pairs", CUBOIDS, a, b, by)


def envelopes_of(boxes: np.ndarray) -> Envelopes:
    """Return the envelopes of boxes, wider by what rounding may have taken."""
    ground = envelopes_on_the_ground(footprint(boxes, np))
    middle = boxes[:, 2:3].astype(np.float64)
    reach = boxes[:, 5:6].astype(np.float64) / 2
    reach += 8 * np.finfo(boxes.dtype).eps * (abs(middle) + reach)
    lo = np.concatenate([ground.lo, middle - reach], axis=1)
    hi = np.concatenate([ground.hi, middle + reach], axis=1)
    return Envelopes(lo, hi)


def overlap_of(a: np.ndarray, i: Indices, b: np.ndarray, j: Indices) -> Overlap:
    """Return the overlap of some rows of two tables, pair by pair."""
    return measured(a[i], b[j], len(a) * len(b), np)


CUBOIDS = Joinable(CUBOID, envelopes_of, overlap_of)

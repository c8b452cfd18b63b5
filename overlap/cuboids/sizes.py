"""The volumes of boxes with a heading and of what they share: `overlap.cuboids.measure`, `pairwise`, and ratios.

Method
------
A box is its footprint times its interval of heights, and so is what two boxes share: the area common to the footprints,
as `overlap.oriented` has it, times the length common to the intervals. Two intervals of lengths h and k whose middles
are d apart share min(h, k, (h + k) / 2 − d), and nothing where that is negative.
"""

from __future__ import annotations

from math import nan, prod
from types import ModuleType

import numpy as np

from .. import indices
from .._arrays import Array, SameArray
from .._coordinates import Kind, common_shape, read_boxes, read_rows
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy
from ..oriented.sizes import by_blocks
from ..oriented.sizes import measured as footprints_measured

CUBOID = Kind("cuboids", "box with a heading", ("x", "y", "z", "l", "w", "h", "yaw"), slice(3, 6))


def measure(a: SameArray, b: SameArray) -> Overlap[SameArray]:
    """Measure how boxes with a heading overlap.

    Parameters
    ----------
    a, b : array (..., 7)
        Prediction and reference, as (x, y, z, l, w, h, yaw); what leads broadcasts. Integers become float64.

    Returns
    -------
    Overlap
        Volumes of the broadcast shape, in the boxes' dtype (at least float32). NaN for a malformed box where its
        values may not be looked at: on CUDA, dask, under ``torch.compile`` and ``vmap``.

    Raises
    ------
    TypeError
        If the boxes are not real numbers, or come from different libraries.
    ValueError
        If the last axis is not 7 long, the shapes do not broadcast, or (on the host) a side is negative or a number
        is NaN or infinite.

    See Also
    --------
    pairwise : IoU of every box with a heading of one set with every one of another.
    iou : Intersection over union of boxes with a heading.
    dice : Dice coefficient of boxes with a heading, pair by pair.
    birds_eye : Return the footprints of boxes with a heading.

    Examples
    --------
    A car, and one that stands across it half a metre higher:

    >>> import numpy as np
    >>> car = np.array([0.0, 0.0, 1.0, 4.0, 2.0, 1.5, 0.0])
    >>> across = np.array([0.0, 0.0, 1.5, 4.0, 2.0, 1.5, np.pi / 2])
    >>> o = measure(car, across)
    >>> float(o.intersection), float(o.size_a)
    (4.0, 12.0)
    """
    (a, b), xp = read_boxes("cuboids.measure", CUBOID, a=a, b=b)
    shape = common_shape("cuboids.measure", CUBOID, a=a, b=b)
    return measured(a, b, prod(shape[:-1]), xp)


def iou(a: SameArray, b: SameArray, *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Intersection over union of boxes with a heading, pair by pair (Jaccard index): |A∩B| / |A∪B|.

    Parameters
    ----------
    a, b : array (..., 7)
        Prediction and reference, as (x, y, z, l, w, h, yaw); what leads broadcasts.
    empty : float or EmptyPolicy
        Value where both boxes are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (...)
        In [0, 1]: ``overlap.iou(measure(a, b), empty=empty)``. For every pair of two sets, `pairwise`.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how boxes with a heading overlap.
    giou : Generalised IoU of boxes with a heading, pair by pair.
    pairwise : IoU of every box with a heading of one set with every one of another.

    Examples
    --------
    >>> import numpy as np
    >>> car, turned = np.array([0, 0, 0, 4, 2, 1, 0]), np.array([0, 0, 0, 4, 2, 1, np.pi / 2])
    >>> round(float(iou(car, turned)), 4)
    0.3333
    """
    return indices.iou(measure(a, b), empty=empty)


def dice(a: SameArray, b: SameArray, *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Dice coefficient of boxes with a heading, pair by pair: 2|A∩B| / (|A| + |B|).

    Parameters
    ----------
    a, b : array (..., 7)
        Prediction and reference, as (x, y, z, l, w, h, yaw); what leads broadcasts.
    empty : float or EmptyPolicy
        Value where both boxes are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (...)
        In [0, 1]: ``overlap.dice(measure(a, b), empty=empty)``.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how boxes with a heading overlap.
    iou : Intersection over union of boxes with a heading.

    Examples
    --------
    >>> import numpy as np
    >>> car, turned = np.array([0, 0, 0, 4, 2, 1, 0]), np.array([0, 0, 0, 4, 2, 1, np.pi / 2])
    >>> round(float(dice(car, turned)), 4)
    0.5
    """
    return indices.dice(measure(a, b), empty=empty)


def pairwise(a: SameArray, b: SameArray) -> SameArray:
    """IoU of every box with a heading of one set with every one of another.

    Parameters
    ----------
    a : array (N, 7)
        Boxes as (x, y, z, l, w, h, yaw).
    b : array (M, 7)
        The same.

    Returns
    -------
    array (N, M)
        IoU in [0, 1]; NaN between two empty boxes.

    Raises
    ------
    TypeError, ValueError
        See `measure`; also if a set is not a table of boxes.

    See Also
    --------
    iou : Intersection over union of boxes with a heading.
    measure : Measure how boxes with a heading overlap.
    overlap.matching.match : Match predictions with references, one to one.

    Examples
    --------
    >>> import numpy as np
    >>> stacked = np.array([[0, 0, 0, 4, 2, 2, 0.3], [0, 0, 1, 4, 2, 2, 0.3]])
    >>> pairwise(stacked, stacked).round(4)
    array([[1.    , 0.3333],
           [0.3333, 1.    ]])
    """
    (a, b), xp = read_rows("cuboids.pairwise", CUBOID, a=a, b=b)
    pairs = a.shape[0] * b.shape[0]
    return by_blocks(a, b, lambda block, row: indices.iou(measured(block, row, pairs, xp)), xp)


def birds_eye(boxes: SameArray) -> SameArray:
    """Return the footprints of boxes with a heading: their bird's-eye view, rotated boxes for `overlap.oriented`.

    Parameters
    ----------
    boxes : array (..., 7)
        As (x, y, z, l, w, h, yaw).

    Returns
    -------
    array (..., 5)
        (x, y, l, w, yaw), which `overlap.oriented` reads as (cx, cy, w, h, theta).

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how boxes with a heading overlap.
    overlap.oriented.measure : Measure how rotated boxes overlap.

    Examples
    --------
    >>> import numpy as np
    >>> birds_eye(np.array([3.0, 1.0, 0.5, 4.0, 2.0, 1.5, 0.0]))
    array([3., 1., 4., 2., 0.])
    """
    (boxes,), xp = read_boxes("cuboids.birds_eye", CUBOID, boxes=boxes)
    return footprint(boxes, xp)


def measured(a: Array, b: Array, pairs: int, xp: ModuleType) -> Overlap:
    """Return the overlap of well-formed boxes that broadcast, a part of so many pairs."""
    footprint_a = footprint(a, xp)
    footprint_b = footprint(b, xp)
    shape = np.broadcast_shapes(tuple(footprint_a.shape), tuple(footprint_b.shape))
    ground = footprints_measured(footprint_a, footprint_b, shape, pairs, xp)
    # neither factor is more than that of a box, and so no product is, whatever is rounded
    shared = ground.intersection * _shared_height(a, b, xp)
    size_a = ground.size_a * a[..., 5]
    size_b = ground.size_b * b[..., 5]
    return unchecked(shared, size_a, size_b)


def footprint(boxes: Array, xp: ModuleType) -> Array:
    """Return (x, y, l, w, yaw) of boxes (x, y, z, l, w, h, yaw)."""
    centre = boxes[..., 0:2]
    sides = boxes[..., 3:5]
    yaw = boxes[..., 6:7]
    return xp.concat([centre, sides, yaw], axis=-1)


def _shared_height(a: Array, b: Array, xp: ModuleType) -> Array:
    """Return the length that the intervals of heights share."""
    height_a = a[..., 5]
    height_b = b[..., 5]
    between_middles = xp.abs(a[..., 2] - b[..., 2])
    shorter = xp.minimum(height_a, height_b)
    shared = xp.minimum(shorter, (height_a + height_b) / 2 - between_middles)
    return xp.where(shared < 0, 0.0, shared)

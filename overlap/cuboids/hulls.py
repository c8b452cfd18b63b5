"""Boxes with a heading and the prism around both: `overlap.cuboids.giou`."""

from __future__ import annotations

from math import prod
from types import ModuleType

from .._arrays import Array, SameArray
from .._coordinates import common_shape, read_boxes
from ..oriented.hulls import generalised_iou, hull_area
from .sizes import CUBOID, footprint, measured


def giou(a: SameArray, b: SameArray) -> SameArray:
    """Generalised IoU of boxes with a heading, pair by pair: IoU − (|C| − |A∪B|) / |C|.

    C is the upright prism around both: the convex hull of both footprints, from the lower bottom to the higher top. It
    turns with the boxes. `overlap.boxes.giou` takes the aligned box instead, which is as large or larger.

    Parameters
    ----------
    a, b : array (..., 7)
        Prediction and reference, as (x, y, z, l, w, h, yaw); what leads broadcasts.

    Returns
    -------
    array (...)
        In [−1, 1]: 1 for equal boxes, IoU where one lies in the other, towards −1 as boxes move apart. NaN where C has
        no volume.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    iou : Intersection over union of boxes with a heading.
    overlap.losses.box_loss : Loss of boxes, 1 − EIoU or 1 minus one of its relatives.

    References
    ----------
    Rezatofighi, H. et al. (2019). Generalized intersection over union. CVPR. arXiv:1902.09630

    Examples
    --------
    Two cubes, one above the other and a side apart:

    >>> import numpy as np
    >>> below, above = np.array([0, 0, 0, 1, 1, 1, 0.3]), np.array([0, 0, 2, 1, 1, 1, 0.3])
    >>> round(float(giou(below, above)), 4)
    -0.3333
    """
    (a, b), xp = read_boxes("cuboids.giou", CUBOID, a=a, b=b)
    shape = common_shape("cuboids.giou", CUBOID, a=a, b=b)
    overlap = measured(a, b, prod(shape[:-1]), xp)
    ground = hull_area(footprint(a, xp), footprint(b, xp), xp)
    return generalised_iou(overlap, ground * _enclosing_height(a, b, xp), xp)


def _enclosing_height(a: Array, b: Array, xp: ModuleType) -> Array:
    """Return the length from the lower bottom to the higher top."""
    height_a = a[..., 5]
    height_b = b[..., 5]
    between_middles = xp.abs(a[..., 2] - b[..., 2])
    longer = xp.maximum(height_a, height_b)
    return xp.maximum(longer, (height_a + height_b) / 2 + between_middles)

"""The signed distance of each cell from the boundary of one mask: `overlap.surfaces.signed_distance`."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from .._arrays import SameArray, as_host, check_mask, like, namespace
from .._checks import check_real
from .between import hard, steps_of


def signed_distance(
    mask: SameArray,
    *,
    spacing: float | Sequence[float],
    level: float = 0.5,
    empty: float = nan,
) -> SameArray:
    """Measure how far each cell of a grid lies from the boundary of a mask, negative inside.

    The boundary runs between the cells: halfway between the layer of cells that is just inside and the layer that is
    just outside, corners counted. The distance is the mean of those from the centre of the cell to the nearest centre
    in either layer. Along a straight wall that is the distance to the faces of its cells, whatever the spacing.

    Parameters
    ----------
    mask : array
        One mask on the host, bool or floating in [0, 1], in any number of dimensions. What lies beyond the grid is
        neither inside nor outside.
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    level : float
        A soft mask holds the cells with ``value >= level``.
    empty : float
        Value of every cell where there is no boundary: of a mask without cells, or of all cells.

    Returns
    -------
    array
        Of the shape and library of the mask, float64, in the unit of the spacing.

    Raises
    ------
    TypeError
        If the mask is neither bool nor floating, or not on the host.
    ValueError
        If the spacing does not fit.

    See Also
    --------
    distances : Measure how far the boundaries of two masks are from each other.
    overlap.losses.boundary_loss : Boundary loss, the mean of p·φ.

    Notes
    -----
    Of three cells in a row of six, 2 mm each, and of a mask without cells:

    ========================================  =========================== ==========
    convention                                 0 0 1 1 1 0                 no cell
    ========================================  =========================== ==========
    ours, in mm                                3, 1, −1, −3, −1, 1         `empty`
    Kervadec's ``one_hot2dist``, in mm         4, 2, −1, −3, −1, 2         0
    MONAI 1.6.1's ``BoundaryLoss``, in cells   2, 1, 0, −1, 0, 1           0
    ========================================  =========================== ==========

    Both others are 0 at the cells just inside where cells have size 1; Kervadec's takes off 1 inside in any unit.

    Examples
    --------
    >>> import numpy as np
    >>> signed_distance(np.array([0, 0, 1, 1, 1, 0]) > 0, spacing=2.0)
    array([ 3.,  1., -1., -3., -1.,  1.])
    """
    from scipy import ndimage

    operation = "surfaces.signed_distance"
    xp = namespace(operation, mask=mask)
    check_mask(operation, "mask", mask, xp)
    check_real(operation, "level", level)
    check_real(operation, "empty", empty)
    on_host = as_host(mask)
    if on_host is None:
        raise TypeError(f"{operation}: boundaries are traced on the host; pass mask.detach().cpu() or mask.compute()")
    steps = steps_of(operation, spacing, on_host.ndim)
    inside = hard(on_host, level)
    if inside.all() or not inside.any():
        return like(np.full(inside.shape, float(empty)), mask, xp)
    neighbours = np.ones((3,) * inside.ndim, bool)
    within = ndimage.binary_erosion(inside, neighbours, border_value=1)
    around = ndimage.binary_dilation(inside, neighbours)
    just_inside = inside & ~within
    just_outside = around & ~inside
    to_inside = ndimage.distance_transform_edt(~just_inside, sampling=steps)
    to_outside = ndimage.distance_transform_edt(~just_outside, sampling=steps)
    distance = (to_inside + to_outside) / 2
    return like(np.where(inside, -distance, distance), mask, xp)

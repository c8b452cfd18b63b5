"""How far the bands along the boundaries of two masks overlap: `overlap.surfaces.boundary_overlap`, `boundary_iou`."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from .. import indices, raster
from .._arrays import Array
from .._checks import check_real
from ..counts import Overlap
from ..indices import EmptyPolicy
from .between import hard, host_masks, steps_of
from .boundaries import box_around, edge_cells
from .scores import within

NEARLY = 1e-4
"""More than what `within` takes for equal."""

MARKS = 20
"""How many cells around boundary cells may be marked, in cells of the masks, before a distance transform is quicker."""


def boundary_overlap(
    a: Array,
    b: Array,
    width: float,
    *,
    spacing: float | Sequence[float],
    level: float = 0.5,
) -> Overlap[np.ndarray]:
    """Count the cells of two masks near their boundaries, and those that both have there.

    A cell counts if it is in the mask and its centre is `within` the width of the centre of a boundary cell of the
    same mask: one that misses a face neighbour in it; outside the grid is background.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    width : float
        How far a band reaches into its mask from the boundary cells, in the unit of the spacing (≥ 0); at 0 it is
        the boundary cells.
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    level : float
        A soft mask holds the cells with ``value >= level``.

    Returns
    -------
    Overlap
        Of two single masks, in cells. Those of several cases add.

    Raises
    ------
    TypeError
        If a mask is neither bool nor floating, or not on the host.
    ValueError
        If shapes or spacing do not fit, or the width is negative.

    See Also
    --------
    boundary_iou : Boundary IoU.
    overlap.iou : Intersection over union, the Jaccard index: |A∩B| / |A∪B|.

    Notes
    -----
    Cheng et al. (2021), G_d ∩ G. How near "within d of the contour" is differs:

    =======================  =====================================================================================
    Cheng's own code         d erosions by a square of 3 × 3 cells; along a straight edge that is our (d − 1) cells
    MetricsReloaded          ``boundary_dist=d``: less than d cells from a boundary cell, whatever the spacing
    ours                     at most `width` from a boundary cell, in the unit of the spacing
    =======================  =====================================================================================

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.zeros((2, 12, 12), bool)
    >>> a[1:9, 1:9], b[2:10, 1:9] = True, True
    >>> bands = boundary_overlap(a, b, 0.0, spacing=1.0)
    >>> int(bands.intersection), int(bands.size_a), int(bands.size_b)
    (14, 28, 28)
    """
    operation = "surfaces.boundary_overlap"
    mask_a, mask_b = host_masks(operation, a, b)
    steps = steps_of(operation, spacing, mask_a.ndim)
    check_real(operation, "width", width)
    if not width >= 0:
        raise ValueError(f"{operation}: width is a distance >= 0 in the unit of the spacing, got {width}")
    check_real(operation, "level", level)
    hard_a = hard(mask_a, level)
    hard_b = hard(mask_b, level)
    box = box_around(hard_a, hard_b)
    band_a = _band(hard_a[box], width, steps)
    band_b = _band(hard_b[box], width, steps)
    return raster.measure(band_a, band_b)


def boundary_iou(
    a: Array,
    b: Array,
    width: float,
    *,
    spacing: float | Sequence[float],
    level: float = 0.5,
    empty: float | EmptyPolicy = nan,
) -> float:
    """Boundary IoU: intersection over union of the bands along the boundaries of two masks, inside each of them.

    The IoU of large masks hardly sees their boundaries; this one sees nothing else. Cheng et al. (2021) report the
    lower of the two.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    width : float
        How far a band reaches into its mask from the boundary cells, in the unit of the spacing (≥ 0).
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    level : float
        A soft mask holds the cells with ``value >= level``.
    empty : float or EmptyPolicy
        Value where both masks are empty; it is 0 where one is, unless a policy says otherwise.

    Returns
    -------
    float
        ``overlap.iou(boundary_overlap(a, b, width, spacing=spacing))``, see there for what a band is.

    Raises
    ------
    TypeError, ValueError
        See `boundary_overlap`.

    See Also
    --------
    boundary_overlap : Count the cells of two masks near their boundaries.
    nsd : Normalised surface distance (surface Dice).

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.zeros((2, 12, 12), bool)
    >>> a[1:9, 1:9], b[2:10, 1:9] = True, True
    >>> round(boundary_iou(a, b, 1.0, spacing=1.0), 3), float(indices.iou(raster.measure(a, b)))
    (0.6, 0.7777777777777778)
    """
    bands = boundary_overlap(a, b, width, spacing=spacing, level=level)
    return float(indices.iou(bands, empty=empty))


def _band(mask: np.ndarray, width: float, steps: np.ndarray) -> np.ndarray:
    """Return the cells of a mask that are near its boundary cells."""
    edge = edge_cells(mask)
    reach = np.minimum(np.floor(width / steps * (1 + NEARLY)), mask.shape).astype(np.int64)
    n_around = float(np.prod(2.0 * reach + 1)) * np.count_nonzero(edge)
    if n_around > MARKS * mask.size:
        near = _near_by_transform(edge, width, steps)
    else:
        near = _near_by_marks(edge, width, steps, reach)
    band: np.ndarray = mask & near
    return band


def _near_by_transform(edge: np.ndarray, width: float, steps: np.ndarray) -> np.ndarray:
    """Return the cells within the width of a marked one, by the distance of every cell."""
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(~edge, sampling=steps)
    return within(distance, width)


def _near_by_marks(edge: np.ndarray, width: float, steps: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return the same by marking what lies around each marked cell: quicker in a narrow band."""
    sizes = tuple((2 * reach + 1).tolist())
    around = np.indices(sizes).reshape(len(steps), -1).T - reach
    around = around[within(np.linalg.norm(around * steps, axis=1), width)]
    frame = [(n, n) for n in reach.tolist()]
    near = np.pad(np.zeros_like(edge), frame)
    strides = np.array(near.strides)
    places = (np.argwhere(edge) + reach) @ strides
    marked = near.reshape(-1)
    for step in around @ strides:
        marked[places + step] = True
    inner = tuple(slice(n, size - n) for n, size in zip(reach.tolist(), near.shape, strict=True))
    return near[inner]

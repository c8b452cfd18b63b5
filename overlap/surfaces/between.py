"""Distances between two boundaries: `overlap.surfaces.distances`, and its best-known values in one call."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from .._arrays import Array, as_host, check_mask, namespace, numbers_on_host
from .._checks import check_choice, check_real, shown
from ..indices import EmptyPolicy
from . import boundaries, pieces
from .isosurfaces import level_surface
from .scores import PRESETS, Definition, Preset, Surface, SurfaceDistances, Weights

DIMENSIONS = {"voxel": None, "contour": None, "marching": (2, 3), "iso": (2, 3)}
"""In how many dimensions a surface exists; None for any number."""


def distances(
    a: Array,
    b: Array,
    *,
    spacing: float | Sequence[float],
    surface: Surface = "voxel",
    level: float = 0.5,
    preset: Preset | None = None,
    empty: float | EmptyPolicy = nan,
) -> SurfaceDistances:
    """Measure how far the boundaries of two masks are from each other.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    surface : {"voxel", "contour", "marching", "iso"}
        What a boundary is, see the module's conventions.
    level : float
        A soft mask holds the cells with ``value >= level``, or what lies inside its level surface.
    preset : {"monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"}, optional
        Take that tool's boundary, percentile, weights and means: MONAI 1.6, MetricsReloaded (the same as MONAI's),
        DeepMind's surface-distance 0.1, MedPy 0.5, panoptica 2.1, seg-metrics 1.2. Empty masks follow `empty` under
        all of them.
    empty : float or EmptyPolicy
        Value of a distance where both masks are empty; a policy also replaces infinity where one is.

    Returns
    -------
    SurfaceDistances

    Raises
    ------
    TypeError
        If a mask is neither bool nor floating, or not on the host.
    ValueError
        If shapes or spacing do not fit, or a choice is unknown.

    See Also
    --------
    hd95 : 95th percentile of the distances between two boundaries.
    assd : Average symmetric surface distance.
    nsd : Normalised surface distance (surface Dice).
    hausdorff : Hausdorff distance.
    mesh_distances : Measure how far two meshes are from each other.

    Examples
    --------
    >>> a, b = np.zeros((2, 14, 14), bool)
    >>> a[9:12, 9:12], b[9:12, 9:12], b[1, 1] = True, True, True
    >>> for name in ("monai", "deepmind", "medpy"):
    ...     print(name, round(distances(a, b, spacing=1, preset=name).hd95(), 3))
    monai 6.788
    deepmind 11.314
    medpy 2.263
    """
    mask_a, mask_b = host_masks("surfaces.distances", a, b)
    steps = steps_of("surfaces.distances", spacing, mask_a.ndim)
    definition = _definition(surface, preset, mask_a.ndim)
    check_real("surfaces.distances", "level", level)
    if definition.surface == "iso" and not level > 0:
        raise ValueError(f"surfaces.distances: level must be > 0, as outside the grid the mask is 0, got {level}")
    policy = empty if isinstance(empty, EmptyPolicy) else EmptyPolicy(both_empty=empty)
    if definition.surface == "iso":
        surface_a = level_surface(mask_a, level, steps)
        surface_b = level_surface(mask_b, level, steps)
        a_to_b, b_to_a = pieces.nearest(surface_a, surface_b)
        area_a = pieces.weights(surface_a)
        area_b = pieces.weights(surface_b)
        return SurfaceDistances(a_to_b, b_to_a, area_a, area_b, definition, policy)
    hard_a = hard(mask_a, level)
    hard_b = hard(mask_b, level)
    boundary_a, boundary_b = boundaries.find(hard_a, hard_b, definition.surface)
    a_to_b, b_to_a = boundaries.nearest(boundary_a.points, boundary_b.points, steps)
    corner_area_a = boundaries.areas(boundary_a, steps)
    corner_area_b = boundaries.areas(boundary_b, steps)
    return SurfaceDistances(a_to_b, b_to_a, corner_area_a, corner_area_b, definition, policy)


def hausdorff(
    a: Array,
    b: Array,
    *,
    spacing: float | Sequence[float],
    surface: Surface = "voxel",
    level: float = 0.5,
    preset: Preset | None = None,
    empty: float | EmptyPolicy = nan,
) -> float:
    """Hausdorff distance: the largest distance from a point of either boundary to the other.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    surface : {"voxel", "contour", "marching", "iso"}
        What a boundary is.
    level : float
        A soft mask holds the cells with ``value >= level``, or what lies inside its level surface.
    preset : {"monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"}, optional
        Take that tool's definition.
    empty : float or EmptyPolicy
        Value where both masks are empty; a policy also replaces infinity where one is.

    Returns
    -------
    float
        In the unit of the spacing: ``distances(a, b, spacing=spacing, ...).hausdorff()``.

    Raises
    ------
    TypeError, ValueError
        See `distances`.

    See Also
    --------
    hd95 : 95th percentile of the distances between two boundaries.
    distances : Measure how far the boundaries of two masks are from each other.

    Examples
    --------
    >>> a, b = np.zeros((2, 9, 9), bool)
    >>> a[2:5, 2:5], b[2:5, 2:8] = True, True
    >>> hausdorff(a, b, spacing=1.0)
    3.0
    """
    between = distances(a, b, spacing=spacing, surface=surface, level=level, preset=preset, empty=empty)
    return between.hausdorff()


def hd95(
    a: Array,
    b: Array,
    *,
    spacing: float | Sequence[float],
    surface: Surface = "voxel",
    level: float = 0.5,
    preset: Preset | None = None,
    empty: float | EmptyPolicy = nan,
) -> float:
    """95th percentile of the distances between two boundaries, by default the larger of the two directions'.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    surface : {"voxel", "contour", "marching", "iso"}
        What a boundary is.
    level : float
        A soft mask holds the cells with ``value >= level``, or what lies inside its level surface.
    preset : {"monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"}, optional
        Take that tool's definition.
    empty : float or EmptyPolicy
        Value where both masks are empty; a policy also replaces infinity where one is.

    Returns
    -------
    float
        In the unit of the spacing: ``distances(a, b, spacing=spacing, ...).hd95()``, see its `describe`.

    Raises
    ------
    TypeError, ValueError
        See `distances`.

    See Also
    --------
    hausdorff : Hausdorff distance.
    assd : Average symmetric surface distance.
    nsd : Normalised surface distance (surface Dice).
    distances : Measure how far the boundaries of two masks are from each other.

    Examples
    --------
    >>> a, b = np.zeros((2, 14, 14), bool)
    >>> a[9:12, 9:12], b[9:12, 9:12], b[1, 1] = True, True, True
    >>> round(hd95(a, b, spacing=1.0), 3), round(hd95(a, b, spacing=1.0, preset="medpy"), 3)
    (6.788, 2.263)
    """
    between = distances(a, b, spacing=spacing, surface=surface, level=level, preset=preset, empty=empty)
    return between.hd95()


def assd(
    a: Array,
    b: Array,
    *,
    spacing: float | Sequence[float],
    surface: Surface = "voxel",
    level: float = 0.5,
    preset: Preset | None = None,
    empty: float | EmptyPolicy = nan,
) -> float:
    """Average symmetric surface distance: the mean over all points of both boundaries.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    surface : {"voxel", "contour", "marching", "iso"}
        What a boundary is.
    level : float
        A soft mask holds the cells with ``value >= level``, or what lies inside its level surface.
    preset : {"monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"}, optional
        Take that tool's definition.
    empty : float or EmptyPolicy
        Value where both masks are empty; a policy also replaces infinity where one is.

    Returns
    -------
    float
        In the unit of the spacing: ``distances(a, b, spacing=spacing, ...).assd()``.

    Raises
    ------
    TypeError, ValueError
        See `distances`.

    See Also
    --------
    hd95 : 95th percentile of the distances between two boundaries.
    nsd : Normalised surface distance (surface Dice).
    distances : Measure how far the boundaries of two masks are from each other.

    Examples
    --------
    >>> a, b = np.zeros((2, 9, 9), bool)
    >>> a[2:5, 2:5], b[2:5, 2:8] = True, True
    >>> round(assd(a, b, spacing=1.0), 4)
    0.7273
    """
    between = distances(a, b, spacing=spacing, surface=surface, level=level, preset=preset, empty=empty)
    return between.assd()


def nsd(
    a: Array,
    b: Array,
    tolerance: float,
    *,
    spacing: float | Sequence[float],
    surface: Surface = "voxel",
    level: float = 0.5,
    preset: Preset | None = None,
    empty: float = nan,
) -> float:
    """Normalised surface distance (surface Dice): the share of both boundaries within `tolerance`.

    Parameters
    ----------
    a, b : array
        Masks of one shape on the host: bool, or floating in [0, 1].
    tolerance : float
        In the unit of the spacing; a distance equal to it, up to rounding, is `within`.
    spacing : float or sequence of float
        Size of a cell along each axis (> 0); one number if all are alike.
    surface : {"voxel", "contour", "marching", "iso"}
        What a boundary is.
    level : float
        A soft mask holds the cells with ``value >= level``, or what lies inside its level surface.
    preset : {"monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"}, optional
        Take that tool's definition.
    empty : float
        Value where both masks are empty; it is 0 where one is.

    Returns
    -------
    float
        In [0, 1]: ``distances(a, b, spacing=spacing, ...).nsd(tolerance, empty=empty)``.

    Raises
    ------
    TypeError, ValueError
        See `distances`. Also if the tolerance is negative.

    See Also
    --------
    within : Return whether distances are at most `tolerance`, up to rounding.
    boundary_iou : Boundary IoU.
    distances : Measure how far the boundaries of two masks are from each other.

    Examples
    --------
    >>> a, b = np.zeros((2, 9, 9), bool)
    >>> a[2:5, 2:5], b[2:5, 2:8] = True, True
    >>> round(nsd(a, b, 1.0, spacing=1.0), 4)
    0.7727
    """
    between = distances(a, b, spacing=spacing, surface=surface, level=level, preset=preset)
    return between.nsd(tolerance, empty=empty)


def hard(mask: np.ndarray, level: float) -> np.ndarray:
    """Return a mask of bool: a soft one is cut at the level."""
    return mask if mask.dtype == bool else mask >= level


def host_masks(operation: str, a: Array, b: Array) -> tuple[np.ndarray, np.ndarray]:
    """Check two masks and return them as numpy arrays."""
    xp = namespace(operation, a=a, b=b)
    check_mask(operation, "a", a, xp)
    check_mask(operation, "b", b, xp)
    if a.shape != b.shape:
        raise ValueError(
            f"{operation}: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; masks of one grid have one shape: "
            "resample one of them to the grid of the other"
        )
    host_a = as_host(a)
    host_b = as_host(b)
    if host_a is None or host_b is None:
        raise TypeError(
            f"{operation}: boundaries are traced on the host; pass numpy arrays (x.detach().cpu(), x.compute())"
        )
    return host_a, host_b


def steps_of(operation: str, spacing: float | Sequence[float], ndim: int) -> np.ndarray:
    """Return the size of a cell along each axis."""
    steps = numbers_on_host(operation, "spacing", spacing).astype(float)
    if steps.ndim == 0:
        steps = np.repeat(steps, ndim)
    is_size = np.isfinite(steps) & (steps > 0)
    if steps.shape != (ndim,) or not is_size.all():
        raise ValueError(
            f"{operation}: spacing must be {ndim} sizes > 0, one for each axis of the masks, got {shown(spacing)}"
        )
    return steps


def _definition(surface: Surface, preset: Preset | None, ndim: int) -> Definition:
    """Return the preset's definition, or that of a surface by itself."""
    check_choice("surfaces.distances", "surface", surface, DIMENSIONS)
    if preset is None:
        weights: Weights = "area" if surface == "iso" else "points"
        definition = Definition(surface, "max", weights)
    else:
        check_choice("surfaces.distances", "preset", preset, PRESETS)
        definition = PRESETS[preset]
        if surface not in ("voxel", definition.surface):
            raise ValueError(
                f"surfaces.distances: preset {preset!r} measures {definition.surface!r} surfaces, not {surface!r}; "
                "leave one of the two out"
            )
    dimensions = DIMENSIONS[definition.surface]
    if dimensions is not None and ndim not in dimensions:
        raise ValueError(
            f"surfaces.distances: {definition.surface!r} surfaces do not exist in {ndim} dimensions: marching and iso "
            "have two or three, voxel and contour any"
        )
    return definition

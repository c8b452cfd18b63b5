"""Distances between two boundaries: `overlap.surfaces.distances`."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import TypeAlias

import numpy as np

from .._arrays import Array, as_host, check_mask, namespace
from ..indices import EmptyPolicy
from . import boundaries, isosurfaces
from .scores import POINTS, PRESETS, Definition, Preset, Surface, SurfaceDistances, Weights


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
    surface : {"voxel", "marching", "iso"}
        What a boundary is, see the module's conventions.
    level : float
        A soft mask holds the cells with ``value >= level``, or rises above it at the level surface.
    preset : {"monai", "deepmind", "medpy"}, optional
        Take that tool's boundary, percentile and weights: MONAI 1.6 (also MetricsReloaded's), DeepMind's
        surface-distance 0.1, MedPy 0.5. Empty masks follow `empty` under all of them.
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

    Examples
    --------
    >>> a, b = np.zeros((2, 14, 14), bool)
    >>> a[9:12, 9:12], b[9:12, 9:12], b[1, 1] = True, True, True
    >>> {k: round(distances(a, b, spacing=1, preset=k).hd95(), 3) for k in PRESETS}
    {'monai': 6.788, 'deepmind': 11.314, 'medpy': 2.263}
    """
    masks = _hosts(a, b)
    steps = _steps(spacing, masks[0].ndim)
    definition = _definition(surface, preset, masks[0].ndim)
    find = _triangles if definition.surface == "iso" else _points
    policy = empty if isinstance(empty, EmptyPolicy) else EmptyPolicy(both_empty=empty)
    return SurfaceDistances(*find(*masks, steps, level, definition.surface), definition, policy)


Found: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]


def _points(a: np.ndarray, b: np.ndarray, steps: np.ndarray, level: float, surface: Surface) -> Found:
    cut_a, cut_b = (x if x.dtype == bool else x >= level for x in (a, b))
    edges = boundaries.find(cut_a, cut_b, surface)
    found = boundaries.nearest(edges[0].points, edges[1].points, steps)
    return *found, boundaries.areas(edges[0], steps), boundaries.areas(edges[1], steps)


def _triangles(a: np.ndarray, b: np.ndarray, steps: np.ndarray, level: float, surface: Surface) -> Found:
    first, second = (isosurfaces.triangles(x, level, steps) for x in (a, b))
    return *isosurfaces.nearest(first, second), isosurfaces.areas(first), isosurfaces.areas(second)


def _hosts(a: Array, b: Array) -> tuple[np.ndarray, np.ndarray]:
    xp = namespace("surfaces.distances", a=a, b=b)
    for name, x in {"a": a, "b": b}.items():
        check_mask("surfaces.distances", name, x, xp)
    if a.shape != b.shape:
        raise ValueError(
            f"surfaces.distances: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; masks of one grid have one shape"
        )
    first, second = as_host(a), as_host(b)
    if first is None or second is None:
        raise TypeError(
            "surfaces.distances: boundaries are traced on the host; pass numpy arrays (x.detach().cpu(), x.compute())"
        )
    return first, second


def _steps(spacing: float | Sequence[float], ndim: int) -> np.ndarray:
    steps = np.asarray(spacing, float)
    steps = np.repeat(steps, ndim) if steps.ndim == 0 else steps
    if steps.shape != (ndim,) or not (np.isfinite(steps) & (steps > 0)).all():
        raise ValueError(
            f"surfaces.distances: spacing must be {ndim} sizes > 0, one for each axis of the masks, got {spacing}"
        )
    return steps


def _definition(surface: Surface, preset: Preset | None, ndim: int) -> Definition:
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"surfaces.distances: preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    if surface not in POINTS:
        raise ValueError(f"surfaces.distances: surface must be one of {', '.join(POINTS)}, got {surface!r}")
    weights: Weights = "area" if surface == "iso" else "points"
    chosen = PRESETS[preset] if preset else Definition(surface, "max", weights)
    if preset and surface not in ("voxel", chosen.surface):
        raise ValueError(f"surfaces.distances: preset {preset!r} measures {chosen.surface!r} surfaces, not {surface!r}")
    if ndim not in {"marching": (2, 3), "iso": (3,)}.get(chosen.surface, (ndim,)):
        raise ValueError(
            f"surfaces.distances: {chosen.surface!r} surfaces do not exist in {ndim} dimensions: marching has two or "
            "three, iso three"
        )
    return chosen

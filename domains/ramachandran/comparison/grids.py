"""What a grid does to a number: how far cells of a size can agree with a region that is known more finely.

Conventions
-----------
- The bound of a grid is the IoU of the reference with itself: sampled at the grid's centres and drawn as cells, against
  its score interpolated every 0.5° and cut. No prediction on that grid can be told from the truth above it.
- A prediction whose cells are larger than the reference's is also drawn on the reference's own grid, and compared
  there. The score at the centres alone cannot see what a large cell covers.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xarray as xr

import overlap as ov

from ..torus import centres, nearest
from .references import Names, Source, region_at

FINE = -180 + np.arange(720) * 0.5
"""Angles every 0.5°, the reference's own centres among them, where it is taken for known."""


def grid_bound(source: Source, psi: np.ndarray, phi: np.ndarray) -> xr.DataArray | None:
    """Return the highest IoU that cells of a grid can have with a reference, for each of its regions.

    Parameters
    ----------
    source : Source
    psi, phi : ndarray
        Cell centres of the grid in degrees.

    Returns
    -------
    DataArray, dimensions of the reference without psi and phi, or None
        None if the reference is known by its cells only.

    Examples
    --------
    >>> from .references import choose
    >>> source = choose(xr.DataArray(), "top8000", "general", "favored")
    >>> round(float(grid_bound(source, centres(36), centres(36))), 3)
    0.897
    """
    if "score" not in source.region.coords:
        return None
    family = source.family
    category = source.category
    level = source.level
    if isinstance(family, str) and category is not None and level is not None:
        return _kept_bound(family, category, level, psi.tobytes(), phi.tobytes())
    sampled = source.at(psi, phi)
    truth = fine_cells(source.region)
    return _bound(sampled, truth)


def fine_cells(region: xr.DataArray) -> xr.DataArray:
    """Return a region that was cut from a score, every 0.5°.

    Parameters
    ----------
    region : DataArray, dimensions (..., psi, phi)
        With its score and cut as coordinates.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> round(100 * float(fine_cells(region()).mean()), 2)
    16.28
    """
    score = region.score.transpose(..., "psi", "phi")
    # bilinear interpolation is one axis after the other
    along_psi = _refined(score.values, score.psi.values, axis=-2)
    fine = _refined(along_psi, score.phi.values, axis=-1)
    refined = xr.DataArray(fine, dims=score.dims)
    cut = xr.DataArray(region.cut.values, dims=region.cut.dims)
    cells = refined >= cut
    return cells.transpose(*region.dims)


def drawn(cells: np.ndarray, psi: np.ndarray, phi: np.ndarray, on_psi: np.ndarray, on_phi: np.ndarray) -> np.ndarray:
    """Return cells drawn on a finer grid: each finer cell has the value of the cell it lies in.

    Parameters
    ----------
    cells : ndarray, shape (..., psi, phi)
    psi, phi, on_psi, on_phi : ndarray
        Centres of the cells and of the finer ones, in degrees.

    Examples
    --------
    >>> drawn(np.array([[True, False]]), centres(1), centres(2), centres(1), centres(4)).astype(int)
    array([[1, 1, 0, 0]])
    """
    rows = _cell_of(psi, on_psi)
    columns = _cell_of(phi, on_phi)
    return cells[..., rows, :][..., columns]


def is_finer(region: xr.DataArray, psi: np.ndarray, phi: np.ndarray) -> bool:
    """Return whether a region's cells are smaller than those of a grid.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> is_finer(region(), centres(36), centres(36)), is_finer(region(), centres(180), centres(180))
    (True, False)
    """
    return region.sizes["psi"] > len(psi) and region.sizes["phi"] > len(phi)


def _cell_of(nodes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return the cell that each angle lies in."""
    if len(nodes) == 1:
        return np.zeros(len(angles), int)
    return nearest(nodes, angles)


def _refined(values: np.ndarray, nodes: np.ndarray, axis: int) -> np.ndarray:
    """Return values at nodes round the circle, interpolated every 0.5° along an axis: -1 or -2."""
    step = nodes[1] - nodes[0]
    position = (FINE - nodes[0]) / step
    node = np.floor(position).astype(int)
    beyond = position - node
    if axis == -2:
        beyond = beyond[:, None]
    below = values.take(node, axis, mode="wrap")
    above = values.take(node + 1, axis, mode="wrap")
    refined: np.ndarray = below + beyond * (above - below)
    return refined


def _bound(sampled: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    psi = sampled.psi.values
    phi = sampled.phi.values
    coarse = sampled.transpose(*truth.dims).values
    cells = drawn(coarse, psi, phi, FINE, FINE)
    overlap = ov.raster.measure(cells, truth.values, axis=(-2, -1), check_values=False)
    return xr.DataArray(ov.iou(overlap), dims=truth.dims[:-2])


@lru_cache(maxsize=64)
def _kept_bound(reference: str, category: Names, level: Names, psi: bytes, phi: bytes) -> xr.DataArray:
    sampled = region_at(reference, category, level, np.frombuffer(psi), np.frombuffer(phi))
    truth = _kept_truth(reference, category, level)
    return _bound(sampled, truth)


@lru_cache(maxsize=4)
def _kept_truth(reference: str, category: Names, level: Names) -> xr.DataArray:
    nodes = centres(180)
    region = region_at(reference, category, level, nodes, nodes)
    return fine_cells(region)

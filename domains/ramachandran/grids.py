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

from .references import Names, Source, region_at
from .torus import centres, nearest

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
    if isinstance(source.family, str) and source.category is not None and source.level is not None:
        return _kept_bound(source.family, source.category, source.level, psi.tobytes(), phi.tobytes())
    truth = fine_cells(source.region)
    return _bound(source.at(psi, phi), truth)


def fine_cells(region: xr.DataArray) -> xr.DataArray:
    """Return a region that was cut from a score, every 0.5°.

    Parameters
    ----------
    region : DataArray, dimensions (..., psi, phi)
        With its score and cut as coordinates.

    Examples
    --------
    >>> from .regions import region
    >>> round(100 * float(fine_cells(region()).mean()), 2)
    16.28
    """
    score = region.score.transpose(..., "psi", "phi")
    rows, u = _between(score.psi.values)
    columns, v = _between(score.phi.values)
    # bilinear interpolation is one axis after the other
    below = score.values[..., rows[0], :]
    along_psi = below + u[:, None] * (score.values[..., rows[1], :] - below)
    left = along_psi[..., columns[0]]
    fine = left + v * (along_psi[..., columns[1]] - left)
    moved = xr.DataArray(fine, dims=score.dims)
    cut = xr.DataArray(region.cut.values, dims=region.cut.dims)
    return (moved >= cut).transpose(*region.dims)


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
    rows = np.zeros(len(on_psi), int) if len(psi) == 1 else nearest(psi, on_psi)
    columns = np.zeros(len(on_phi), int) if len(phi) == 1 else nearest(phi, on_phi)
    return cells[..., rows, :][..., columns]


def is_finer(region: xr.DataArray, psi: np.ndarray, phi: np.ndarray) -> bool:
    """Return whether a region's cells are smaller than those of a grid.

    Examples
    --------
    >>> from .regions import region
    >>> is_finer(region(), centres(36), centres(36)), is_finer(region(), centres(180), centres(180))
    (True, False)
    """
    return region.sizes["psi"] > len(psi) and region.sizes["phi"] > len(phi)


def _between(nodes: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return the nodes on both sides of each fine centre, and how far it lies from the first to the second."""
    n = len(nodes)
    position = (FINE - nodes[0]) / (nodes[1] - nodes[0])
    below = np.floor(position).astype(int)
    return (below % n, (below + 1) % n), position - below


def _bound(sampled: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    sampled = sampled.transpose(*truth.dims)
    cells = drawn(sampled.values, sampled.psi.values, sampled.phi.values, FINE, FINE)
    overlap = ov.raster.measure(cells, truth.values, axis=(-2, -1), check_values=False)
    return xr.DataArray(ov.iou(overlap), dims=truth.dims[:-2])


@lru_cache(maxsize=64)
def _kept_bound(reference: str, category: Names, level: Names, psi: bytes, phi: bytes) -> xr.DataArray:
    sampled = region_at(reference, category, level, np.frombuffer(psi), np.frombuffer(phi))
    return _bound(sampled, _kept_truth(reference, category, level))


@lru_cache(maxsize=4)
def _kept_truth(reference: str, category: Names, level: Names) -> xr.DataArray:
    return fine_cells(region_at(reference, category, level, centres(180), centres(180)))

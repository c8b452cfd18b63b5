"""Two stacks of regions on one grid, region by region: what a comparison measures, and its guards read anew.

Conventions
-----------
- The regions of a stack stand one after the other, whatever its dimensions are.
- The IoU of two empty regions is 1 as it is measured, and 0 where one of them is read otherwise: nothing is gained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from .stacks import by_region, check_weights, regions_of, spread

DEFAULT_MASS = 0.98
"""What a density is cut at where the reference does not say."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two stacks of regions on one grid, as they are measured.

    Attributes
    ----------
    a, b : ndarray, shape (n, psi, phi)
        Prediction and reference.
    psi, phi : ndarray
        Cell centres in degrees.
    cells : ndarray, shape (n, psi, phi), or None
        Sizes of the cells.
    tnorm : str
    overlap : Overlap, shape (n,)
        Of each pair.
    categories : sequence of str
        Of the reference of each pair; "" where it has none.
    enclosed : sequence of float
        Share of the data in the reference of each pair, which a density would be cut at.
    """

    a: np.ndarray
    b: np.ndarray
    psi: np.ndarray
    phi: np.ndarray
    cells: np.ndarray | None
    tnorm: ov.raster.TNorm
    overlap: ov.Overlap
    categories: Sequence[str]
    enclosed: Sequence[float]

    @cached_property
    def now(self) -> np.ndarray:
        """The IoU of each pair."""
        return np.asarray(ov.iou(self.overlap, empty=1.0))

    @cached_property
    def torus(self) -> np.ndarray:
        """The size of the whole torus for each pair."""
        if self.cells is None:
            return np.full(len(self.a), self.a[0].size)
        torus: np.ndarray = self.cells.sum(axis=(-2, -1), dtype=float)
        return torus

    def only(self, rows: np.ndarray) -> Pair:
        """Return some of the pairs."""
        if len(rows) == len(self.a):
            return self
        return replace(
            self,
            a=self.a[rows],
            b=self.b[rows],
            cells=None if self.cells is None else self.cells[rows],
            overlap=self.overlap[rows],
            categories=[self.categories[row] for row in rows],
            enclosed=[self.enclosed[row] for row in rows],
        )

    def iou(
        self,
        a: np.ndarray | None = None,
        b: np.ndarray | None = None,
        size_a: np.ndarray | None = None,
        size_b: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the IoU of each pair with another prediction or reference; 0 where both are empty.

        The numbers of cells of what is passed are counted, unless they are passed too.
        """
        if a is None:
            a = self.a
            size_a = self.overlap.size_a
        if b is None:
            b = self.b
            size_b = self.overlap.size_b
        if not _are_counted(a, b, self.cells):
            overlap = measure(a, b, self.cells, self.tnorm)
            return np.asarray(ov.iou(overlap, empty=0.0))
        size_a = count(a) if size_a is None else size_a
        size_b = count(b) if size_b is None else size_b
        shared = count(a & b)
        union = size_a + size_b - shared
        iou: np.ndarray = shared / np.maximum(union, 1)
        return iou

    def highest(self, size_a: np.ndarray | None = None, size_b: np.ndarray | None = None) -> np.ndarray:
        """Return the highest IoU that each pair could have if its regions were others of these sizes, or moved ones.

        No more can be shared than the smaller of two regions has. Where cells differ in size, this bounds nothing.
        """
        if self.cells is not None:
            return np.ones(len(self.a))
        size_a = self.overlap.size_a if size_a is None else size_a
        size_b = self.overlap.size_b if size_b is None else size_b
        smaller = np.minimum(size_a, size_b)
        larger = np.maximum(size_a, size_b)
        highest: np.ndarray = smaller / np.maximum(larger, 1)
        return highest


def pair_up(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    weights: xr.DataArray | None,
    tnorm: ov.raster.TNorm,
    labels: Mapping[str, Any],
    shape: tuple[int, ...],
    of_ranks: bool,
) -> Pair:
    """Measure two stacks of regions on one grid.

    Parameters
    ----------
    predicted, reference : DataArray, dimensions (..., psi, phi)
    weights : DataArray or None
        Sizes of the cells.
    tnorm : str
    labels : mapping
        The dimensions of the stack besides psi and phi.
    shape : tuple of int
        Their lengths.
    of_ranks : bool
        Whether the reference was cut from ranks: its cut then says which share of the data it encloses.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> pair = pair_up(region(), region(level="allowed"), None, "minimum", {}, (), of_ranks=True)
    >>> pair.overlap.intersection, pair.now.round(3), pair.enclosed
    (array([5273]), array([0.419]), [0.9995])
    """
    a = regions_of(predicted, labels, shape).all()
    b = regions_of(reference, labels, shape).all()
    cells = None
    if weights is not None:
        cells = spread(weights, (*labels, "psi", "phi"))
        check_weights(cells)
        cells = np.broadcast_to(cells, (*shape, *a.shape[1:])).reshape(a.shape)
    coords = reference.coords.variables
    of_all = str(reference.attrs.get("category") or "")
    categories = by_region(coords.get("category"), labels, shape, of_all)
    cut = coords.get("cut") if of_ranks else None
    cuts = by_region(cut, labels, shape, 1 - DEFAULT_MASS)
    return Pair(
        a=a,
        b=b,
        psi=np.asarray(coords["psi"].values, float),
        phi=np.asarray(coords["phi"].values, float),
        cells=cells,
        tnorm=tnorm,
        overlap=measure(a, b, cells, tnorm),
        categories=categories,
        enclosed=[1 - float(one) for one in cuts],
    )


def measure(a: np.ndarray, b: np.ndarray, cells: np.ndarray | None, tnorm: ov.raster.TNorm) -> ov.Overlap:
    """Return the overlap of each pair of two stacks, whose values were checked.

    Examples
    --------
    >>> cells = np.array([[[True, False]], [[True, True]]])
    >>> measure(cells, cells[::-1], None, "minimum").intersection
    array([1, 1])
    """
    if _are_counted(a, b, cells):
        return ov.Overlap(count(a & b), count(a), count(b))
    return ov.raster.measure(a, b, axis=(-2, -1), weights=cells, tnorm=tnorm, check_values=False)


def count(cells: np.ndarray) -> np.ndarray:
    """Return how many cells each region of a stack has; of soft ones their sum.

    Examples
    --------
    >>> count(np.array([[[True, False]], [[True, True]]])), count(np.array([[[0.5, 0.25]]]))
    (array([1, 2]), array([0.75]))
    """
    # one after the other is faster than along axes
    if cells.dtype == bool:
        return np.array([np.count_nonzero(one) for one in cells])
    return np.array([one.sum(dtype=float) for one in cells])


def _are_counted(a: np.ndarray, b: np.ndarray, cells: np.ndarray | None) -> bool:
    """Return whether regions are plain masks of equal cells, whose sizes are numbers of cells."""
    return a.dtype == bool and b.dtype == bool and cells is None

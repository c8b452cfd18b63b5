"""Every mask of one family with every mask of another: `overlap.raster.measure_pairs`, and the IoU of all pairs.

Hard masks are compared by their runs of cells, and so need little memory; soft ones pair by pair, where both are not 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan, prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import indices
from .._arrays import Array, as_host, check_mask, like, namespace, plain, values_on_host
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy
from .rle import ReadRle, is_rle, masks_of, read_rles
from .runs import Runs, cells, runs_of_counts, runs_of_masks, shared_cells
from .sizes import Names, TNorm, check_masks, measure, measure_checked

Masks = Array | Sequence[Mapping[str, Any]]
Host = NDArray[Any]
Part = tuple[slice, ...]


def measure_pairs(
    a: Masks,
    b: Masks,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
) -> Overlap:
    """Measure how every mask of `a` overlaps with every mask of `b`.

    Parameters
    ----------
    a, b : array (n, ...), (m, ...), or list of mapping
        Masks of one grid on the host, bool or floating in [0, 1]; or COCO's run lengths, see `encode_rle`.
    weights : array, optional
        Size of each cell (≥ 0); broadcasts to the shape of the grid.
    where : array of bool, optional
        True = counted; broadcasts to the shape of the grid.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect: see `measure`.

    Returns
    -------
    Overlap (n, m)
        Sizes in cells, or in the unit of the weights. ``overlap.precision`` of it is what COCO takes for the IoU with a
        crowd.

    Raises
    ------
    TypeError
        If a mask is neither bool nor floating, or is not on the host, or a gradient is taken of it.
    ValueError
        If the grids differ, or a value is outside [0, 1] or NaN, or a weight is negative.

    See Also
    --------
    measure : Measure how two masks on one grid overlap.
    pairwise : Return the IoU of every mask of `a` with every mask of `b`.

    Examples
    --------
    >>> masks = np.array([[[True, True], [False, False]], [[False, True], [False, True]]])
    >>> measure_pairs(masks, masks[:1]).intersection
    array([[2],
           [1]])
    """
    return _measure_pairs("raster.measure_pairs", a, b, weights, where, tnorm)


def pairwise(
    a: Masks,
    b: Masks,
    *,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    empty: float | EmptyPolicy = nan,
) -> Array:
    """Return the IoU of every mask of `a` with every mask of `b`.

    Parameters
    ----------
    a, b, weights, where, tnorm
        As in `measure_pairs`.
    empty : float or EmptyPolicy
        Value where both masks are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (n, m)
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        As `measure_pairs`.

    See Also
    --------
    measure_pairs : Measure how every mask of `a` overlaps with every mask of `b`.
    overlap.matching.match : Match predictions with references, one to one.

    Examples
    --------
    >>> masks = np.array([[[True, True], [False, False]], [[False, True], [False, True]]])
    >>> pairwise(masks, masks).round(4)
    array([[1.    , 0.3333],
           [0.3333, 1.    ]])
    >>> pairwise([{"size": [2, 2], "counts": "22"}], masks).round(4)
    array([[0.3333, 1.    ]])
    """
    o = _measure_pairs("raster.pairwise", a, b, weights, where, tnorm)
    return indices.iou(o, empty=empty)


class _Family(NamedTuple):
    """Masks of one grid: an array (n, ...), or run lengths."""

    grid: tuple[int, ...]
    masks: Host | None
    rles: list[ReadRle]

    def is_hard(self) -> bool:
        """Return whether no mask is soft."""
        return self.masks is None or self.masks.dtype == bool

    def as_array(self) -> Host:
        """Return the masks cell by cell."""
        if self.masks is not None:
            return self.masks
        if not self.rles:
            return np.zeros((0, *self.grid), bool)
        return masks_of(self.rles)

    def within(self, where: Host | None) -> _Family:
        """Return the hard masks without the cells that are not counted."""
        if where is None:
            return self
        return _Family(self.grid, self.as_array() & where, [])

    def as_runs(self, by_columns: bool) -> Runs:
        """Return the runs of the masks, of which cells are numbered down the columns or along the rows."""
        if self.masks is None:
            return runs_of_counts([rle.counts for rle in self.rles])
        masks = self.masks.swapaxes(1, 2) if by_columns else self.masks
        n_cells = prod(self.grid)
        return runs_of_masks(masks.reshape(len(masks), n_cells))


def _measure_pairs(
    operation: str, a: Masks, b: Masks, weights: Array | None, where: Array | None, tnorm: TNorm
) -> Overlap:
    family_a = _read(operation, "a", a)
    family_b = _read(operation, "b", b)
    family_a, family_b = _on_one_grid(operation, family_a, family_b)
    size_of_cells = None if weights is None else values_on_host(operation, "weights", weights)
    counted = None if where is None else values_on_host(operation, "where", where)
    one_mask = np.broadcast_to(False, family_a.grid)
    check_masks(Names(operation), one_mask, one_mask, size_of_cells, counted, tnorm)

    if size_of_cells is None and family_a.is_hard() and family_b.is_hard():
        o = _measure_runs(family_a.within(counted), family_b.within(counted))
    else:
        o = _measure_crops(operation, family_a, family_b, size_of_cells, counted, tnorm)
    if family_a.masks is None or family_b.masks is None:
        return o
    xp = namespace(operation, a=a, b=b)
    return unchecked(like(o.intersection, a, xp), like(o.size_a, a, xp), like(o.size_b, a, xp))


def _read(operation: str, name: str, masks: Masks) -> _Family:
    if isinstance(masks, Mapping) or is_rle(masks):
        rles = read_rles(operation, name, masks)
        grid = tuple(rles[0][:2]) if rles else ()
        return _Family(grid, None, rles)
    (masks,) = plain(masks)
    xp = namespace(operation, **{name: masks})
    check_mask(operation, name, masks, xp)
    host = as_host(masks)
    if host is None:
        raise TypeError(
            f"{operation}: {name} is not a plain array on the host; pass {name}.detach().cpu() or {name}.compute(), or "
            "for gradients raster.measure(a[:, None], b[None], axis=...) of masks that are broadcast to one shape"
        )
    if host.ndim < 2:
        raise ValueError(f"{operation}: {name} has shape {host.shape}; pass masks (n, ...): of one mask, {name}[None]")
    return _Family(host.shape[1:], host, [])


def _on_one_grid(operation: str, a: _Family, b: _Family) -> tuple[_Family, _Family]:
    """Check that the masks are of one grid; a list of no masks is of every grid."""
    if a.masks is None and not a.rles:
        a = a._replace(grid=b.grid)
    if b.masks is None and not b.rles:
        b = b._replace(grid=a.grid)
    if a.grid != b.grid:
        raise ValueError(
            f"{operation}: masks of a have shape {a.grid} and of b {b.grid}; masks of one grid have one shape"
        )
    return a, b


def _measure_runs(a: _Family, b: _Family) -> Overlap:
    by_columns = a.masks is None or b.masks is None
    runs_a = a.as_runs(by_columns)
    runs_b = b.as_runs(by_columns)
    return unchecked(shared_cells(runs_a, runs_b), cells(runs_a)[:, None], cells(runs_b)[None, :])


def _measure_crops(
    operation: str, a: _Family, b: _Family, weights: Host | None, where: Host | None, tnorm: TNorm
) -> Overlap:
    """Measure each pair by itself, within the part of the grid where both masks have something."""
    masks_a = a.as_array()
    masks_b = b.as_array()
    size_a = _sizes(Names(operation, "a", "a"), masks_a, weights, where)
    size_b = _sizes(Names(operation, "b", "b"), masks_b, weights, where)
    parts_a = [_part_with_values(mask) for mask in masks_a]
    parts_b = [_part_with_values(mask) for mask in masks_b]
    weights = None if weights is None else np.broadcast_to(weights, a.grid)
    where = None if where is None else np.broadcast_to(where, a.grid)
    shared = np.zeros((len(masks_a), len(masks_b)), np.result_type(size_a, size_b))
    for row, mask_a in enumerate(masks_a):
        for column, mask_b in enumerate(masks_b):
            part = _common_part(parts_a[row], parts_b[column])
            if part is None:
                continue
            o = measure(
                mask_a[part],
                mask_b[part],
                weights=None if weights is None else weights[part],
                where=None if where is None else where[part],
                tnorm=tnorm,
                check_values=False,
            )
            shared[row, column] = o.intersection
    return unchecked(shared, size_a[:, None], size_b[None, :])


def _sizes(names: Names, masks: Host, weights: Host | None, where: Host | None) -> Host:
    """Return the size of each mask, its values checked: what it shares with itself is not needed."""
    axes = tuple(range(1, masks.ndim))
    xp = namespace(names.operation, masks=masks)
    _, size, _ = measure_checked(names, masks, masks, axes, weights, where, "minimum", None, xp)
    return np.asarray(size)


def _part_with_values(mask: Host) -> Part:
    """Return the smallest part of the grid outside of which a mask is 0."""
    has_values = mask != 0
    part = []
    for axis in range(mask.ndim):
        others = tuple(k for k in range(mask.ndim) if k != axis)
        places = np.flatnonzero(has_values.any(axis=others))
        first = int(places[0]) if len(places) else 0
        stop = int(places[-1]) + 1 if len(places) else 0
        part.append(slice(first, stop))
    return tuple(part)


def _common_part(a: Part, b: Part) -> Part | None:
    """Return what two parts have in common, None if nothing."""
    part = []
    for of_a, of_b in zip(a, b, strict=True):
        first = max(of_a.start, of_b.start)
        stop = min(of_a.stop, of_b.stop)
        if stop <= first:
            return None
        part.append(slice(first, stop))
    return tuple(part)

"""Cells sorted into bins by what is predicted: where bins meet, which cells they have, and their sums.

Conventions
-----------
- Bins lie along the first axis, the cells of a case along the last.
- A cell that does not count has weight 0, and is in some bin.
- Sums are float64 on the host and at least float32 on a device. The gradient takes the bins as they are.
"""

from __future__ import annotations

from types import ModuleType
from typing import Literal, NamedTuple

import array_api_compat as compat
import numpy as np

from .._arrays import Array, Axis, flat, is_host, plain, sum_dtype
from .._checks import check_choice, shown
from ..raster.sizes import Names, check_axis, check_masks, counted_values

Binning = Literal["width", "mass"]
Closed = Literal["right", "left"]

_SAME = 1e-12
"""What sums of weights differ by, relatively, that are equal but for rounding."""


class Cells(NamedTuple):
    """What counts, with the cells of each case along the last axis."""

    p: Array
    y: Array
    weights: Array
    """0 where a cell does not count."""


class Bins(NamedTuple):
    """Sums over the cells of each bin; the bins lie along the first axis, before those of the cases."""

    weight: Array
    predicted: Array
    """Of weights times predictions."""
    observed: Array
    """Of weights times targets."""


def read_cells(
    operation: str, prediction: Array, target: Array, axis: Axis, weights: Array | None, where: Array | None
) -> tuple[Cells, ModuleType]:
    """Check what a user passes; return the cells, in the dtype of sums, and their array namespace."""
    names = Names(operation, "prediction", "target")
    xp = check_masks(names, prediction, target, weights, where, "product")
    check_axis(operation, axis, prediction.ndim)
    prediction, target, weights, where = plain(prediction, target, weights, where)
    on_the_host = is_host(prediction, target)
    p, y, w = counted_values(names, prediction, target, weights, where, on_the_host, xp)
    dtype = sum_dtype((prediction, target), xp)
    p = xp.astype(p, dtype, copy=False)
    y = xp.astype(y, dtype, copy=False)
    if w is None:
        w = xp.ones_like(p)
        if where is not None:
            w = xp.where(where, w, 0.0)
    w = xp.broadcast_to(xp.astype(w, dtype, copy=False), p.shape)
    return Cells(flat(p, axis, xp), flat(y, axis, xp), flat(w, axis, xp)), xp


def check_bins(operation: str, n_bins: int, binning: str, closed: str) -> None:
    """Refuse options that are out of their range."""
    check_choice(operation, "binning", binning, ("width", "mass"))
    check_choice(operation, "closed", closed, ("right", "left"))
    if isinstance(n_bins, bool) or not isinstance(n_bins, int | np.integer) or n_bins < 1:
        raise ValueError(f"{operation}: n_bins must be a whole number >= 1, got {shown(n_bins)}")


def inner_edges(cells: Cells, dtype: object, n_bins: int, binning: Binning, closed: Closed, xp: ModuleType) -> Array:
    """Return where bins meet: (n_bins − 1, ..., 1), to be compared with the cells."""
    shares = [k / n_bins for k in range(1, n_bins)]
    if binning == "mass" and cells.p.shape[-1] > 0:
        return _quantiles(cells, shares, closed, xp)
    if xp.isdtype(dtype, "bool"):
        dtype = cells.p.dtype
    # rounded as the predictions are, so that 0.1 is 0.1
    edges = xp.astype(xp.asarray(shares, dtype=dtype, device=compat.device(cells.p)), cells.p.dtype)
    return xp.reshape(edges, (n_bins - 1,) + (1,) * cells.p.ndim)


def _quantiles(cells: Cells, shares: list[float], closed: Closed, xp: ModuleType) -> Array:
    """Return the predictions at or below which these shares of the weights lie; for bins with a left end, the next."""
    order = xp.argsort(cells.p, axis=-1)
    rising = xp.take_along_axis(cells.p, order, axis=-1)
    below = xp.cumulative_sum(xp.take_along_axis(cells.weights, order, axis=-1), axis=-1)
    whole = below[..., -1:]
    edges = []
    for share in shares:
        short = below < share * whole * (1 - _SAME) if closed == "right" else below <= share * whole * (1 + _SAME)
        position = xp.count_nonzero(short, axis=-1, keepdims=True)
        last = cells.p.shape[-1] - 1
        edges.append(xp.take_along_axis(rising, xp.clip(position, 0, last), axis=-1))
    if not edges:
        return xp.zeros((0, *whole.shape), dtype=whole.dtype)
    return xp.stack(edges)


def members_of(p: Array, edges: Array, closed: Closed, xp: ModuleType) -> list[Array]:
    """Return for each bin which cells it has."""
    not_below = xp.ones_like(p, dtype=xp.bool)
    members = []
    for k in range(edges.shape[0]):
        above = p > edges[k, ...] if closed == "right" else p >= edges[k, ...]
        members.append(not_below & ~above)
        not_below = above
    members.append(not_below)
    return members


def sums_of(cells: Cells, members: list[Array], xp: ModuleType) -> Bins:
    """Add up the cells of each bin."""
    predicted = cells.weights * cells.p
    observed = cells.weights * cells.y
    return Bins(
        _sum_of_each(cells.weights, members, xp),
        _sum_of_each(predicted, members, xp),
        _sum_of_each(observed, members, xp),
    )


def _sum_of_each(x: Array, members: list[Array], xp: ModuleType) -> Array:
    return xp.stack([xp.sum(xp.where(member, x, 0.0), axis=-1) for member in members])

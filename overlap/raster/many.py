"""How several masks overlap at once: `overlap.raster.measure_many`.

Conventions
-----------
- A soft cell is shared out among the combinations. As far as the sets can lie in each other (``"minimum"``): the sets
  whose value exceeds t are one combination, for all t from 0 to 1. As independent chances (``"product"``): the product
  of a for the sets of a combination, and of 1 − a for the others. Any two sets of the table overlap as under the t-norm
  of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import Array, values_on_host
from .._checks import check_choice
from .._subsets import MOST_SETS, Codes, Subsets, add_up, check_number, totals
from .sizes import Names, check_masks, measure_checked

Host = NDArray[Any]
Sharing = Literal["minimum", "product"]

_MOST_PRODUCTS = 16
"""Sets of which all combinations are computed."""

_CELLS_AT_ONCE = 1 << 16


def measure_many(
    masks: Array | Sequence[Array],
    *,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: Sharing = "minimum",
) -> Subsets:
    """Measure how several masks overlap: the size of each combination of them.

    Parameters
    ----------
    masks : array (k, ...) or sequence of array (...)
        Masks of one grid on the host, bool or floating in [0, 1].
    weights : array, optional
        Size of each cell (≥ 0); broadcasts to the shape of the grid.
    where : array of bool, optional
        True = counted; broadcasts to the shape of the grid.
    tnorm : {"minimum", "product"}
        How a soft cell is shared out: see `overlap.raster.many`. Hard masks are the same under both.

    Returns
    -------
    Subsets
        For each combination that occurs what lies in all of its masks and in no other: in cells, or in the unit of the
        weights.

    Raises
    ------
    TypeError
        If the masks are neither bool nor floating, or are not on the host.
    ValueError
        If the shapes differ, a value is outside [0, 1] or NaN, a weight is negative, or there are more than 62 masks
        (16 soft ones under the product).

    See Also
    --------
    measure : Measure how two masks on one grid overlap.
    measure_pairs : Measure how every mask of `a` overlaps with every mask of `b`.

    Examples
    --------
    >>> raters = np.array([[True, True, False, False], [False, True, True, False]])
    >>> subsets = measure_many(raters)
    >>> subsets.members.tolist(), subsets.size.tolist()
    ([[True, False], [False, True], [True, True]], [1, 1, 1])
    """
    operation = "raster.measure_many"
    check_choice(operation, "tnorm", tnorm, ("minimum", "product"))
    values = [values_on_host(operation, f"masks[{k}]", mask) for k, mask in enumerate(masks)]
    is_soft = any(mask.dtype != bool for mask in values)
    check_number(operation, len(values), _MOST_PRODUCTS if is_soft and tnorm == "product" else MOST_SETS)
    sizes = None if weights is None else values_on_host(operation, "weights", weights)
    counted = None if where is None else values_on_host(operation, "where", where)
    for k, mask in enumerate(values):
        names = Names(operation, "masks[0]", f"masks[{k}]")
        xp = check_masks(names, values[0], mask, sizes, counted, tnorm)
        measure_checked(names, values[0], mask, None, sizes, counted, tnorm, None, xp)
    codes = [np.zeros(0, np.int64)]
    shares = [np.zeros(0, np.int64)]
    for cells in _blocks(values, sizes, counted):
        code, share = _share_out(cells.values, tnorm)
        of_block = totals(code, share if cells.sizes is None else share * cells.sizes)
        codes.append(of_block[0])
        shares.append(of_block[1])
    return add_up(np.concatenate(codes), np.concatenate(shares), len(values))


class _Cells(NamedTuple):
    """Some cells that are counted: their values in k masks (k, n), and perhaps their sizes (n,)."""

    values: Host
    sizes: Host | None


def _blocks(masks: list[Host], sizes: Host | None, counted: Host | None) -> Iterator[_Cells]:
    """Cut the grid into blocks of cells."""
    if not masks:
        return
    grid = masks[0].shape
    flat_masks = [mask.ravel() for mask in masks]
    flat_sizes = None if sizes is None else np.broadcast_to(sizes, grid).ravel()
    flat_counted = None if counted is None else np.broadcast_to(counted, grid).ravel()
    for first in range(0, masks[0].size, _CELLS_AT_ONCE):
        block = slice(first, first + _CELLS_AT_ONCE)
        values = np.stack([mask[block] for mask in flat_masks])
        of_block = None if flat_sizes is None else flat_sizes[block]
        if flat_counted is not None:
            is_counted = flat_counted[block]
            values = values[:, is_counted]
            of_block = None if of_block is None else of_block[is_counted]
        yield _Cells(values, of_block)


def _share_out(values: Host, tnorm: Sharing) -> tuple[Codes, Host]:
    """Return the combinations that each cell is shared out among, and their shares: both (n combinations, n cells)."""
    n_masks = len(values)
    bit = np.int64(1) << np.arange(n_masks, dtype=np.int64)[:, None]
    if values.dtype == bool:
        code = np.where(values, bit, 0).sum(axis=0, keepdims=True)
        return code, np.ones_like(code)
    values = np.clip(values.astype(np.float64), 0, 1)
    if tnorm == "product":
        return _products(values)
    # from the set that reaches highest to all of them
    order = np.argsort(-values, axis=0, kind="stable")
    level = np.take_along_axis(values, order, axis=0)
    level_of_next = np.append(level[1:], np.zeros((1, values.shape[1])), axis=0)
    code = np.cumsum(bit[order, 0], axis=0)
    return code, level - level_of_next


def _products(values: Host) -> tuple[Codes, Host]:
    """Share cells out as independent chances: set by set, those with it and those without."""
    code = np.zeros(1, np.int64)
    share = np.ones((1, values.shape[1]))
    for k, value in enumerate(values):
        code = np.concatenate([code, code + (1 << k)])
        share = np.concatenate([share * (1 - value), share * value])
    return np.broadcast_to(code[:, None], share.shape), share

"""How masks lie in memory, and the order in which kernels read their cells.

Conventions
-----------
- Steps are counted in cells, not in bytes. An operand that is broadcast along an axis has step 0 there.
- A kernel reads blocks: so many cells along one of the axes that are summed over, the one that runs fastest in memory.
  Around the blocks lie loops, the slowest in memory first, so that neighbours in memory are read soon after each other,
  whichever axes are kept.
- Axes that every operand runs through in one go are one loop.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

BLOCK = 3584
"""Cells that are read, and summed into one number, at a time: what the nearest cache holds of every operand."""

_SHORT = 16
"""Blocks of fewer cells do not pay, unless there are few of them."""
_FEW = 1 << 12

_DTYPES = frozenset({np.dtype(np.bool_), np.dtype(np.float32), np.dtype(np.float64)})

Steps = tuple[int, ...]


class Layout(NamedTuple):
    """The blocks of some operands, in the order in which they are read.

    Parameters
    ----------
    shape : array (n_loops,)
        How often each loop runs, the outermost first.
    steps : array (n_operands + 2, n_loops)
        How far a turn of a loop moves in the memory of each operand, in the flat array of results, and along the cells
        that blocks are cut from.
    within : array (n_operands,)
        How far apart the cells of a block are in the memory of each operand.
    n_cells : int
        How many cells there are to cut blocks from.
    """

    shape: np.ndarray
    steps: np.ndarray
    within: np.ndarray
    n_cells: int


class _Place(NamedTuple):
    """How an array lies in memory, in bytes."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    itemsize: int


class _Loop(NamedTuple):
    """So many turns, and how far each of them moves in every operand and in the results."""

    n: int
    steps: Steps


def layout(operands: tuple[np.ndarray | None, ...], summed: tuple[int, ...]) -> Layout | None:
    """Lay out operands that broadcast to the shape of the first, by the axes to sum over; None for what does not pay.

    Also None for a dtype or an order of bytes that kernels do not read.

    Examples
    --------
    >>> layout((np.zeros((2, 3, 100)),), (0, 2))
    Layout(shape=array([2, 3, 1]), steps=array([[ 300,  100, 3584],
           [   0,    1,    0],
           [   0,    0, 3584]]), within=array([1]), n_cells=100)
    """
    places: list[_Place | None] = []
    for x in operands:
        if x is None:
            places.append(None)
        elif x.dtype in _DTYPES and x.flags.aligned:
            places.append(_Place(x.shape, x.strides, x.itemsize))
        else:
            return None
    return _layout(tuple(places), summed)


def summed_axes(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Return the axes to sum over, none of them negative; they are known to be axes.

    Examples
    --------
    >>> summed_axes(None, 2), summed_axes((0, -1), 3)
    ((0, 1), (0, 2))
    """
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(k % ndim for k in axes)


def kept_shape(shape: tuple[int, ...], summed: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of the results.

    Examples
    --------
    >>> kept_shape((2, 3, 100), (0, 2))
    (3,)
    """
    return tuple(n for k, n in enumerate(shape) if k not in summed)


def flat(x: np.ndarray) -> np.ndarray:
    """View the memory of an array from its first cell to its last; booleans are seen as bytes.

    Examples
    --------
    >>> flat(np.array([[0, 1, 2], [3, 4, 5]])[:, 1:])
    array([1, 2, 3, 4, 5])
    """
    if x.dtype == np.bool_:
        x = x.view(np.uint8)
    if x.flags.c_contiguous:
        return x.reshape(-1)
    last = sum((n - 1) * stride for n, stride in zip(x.shape, x.strides, strict=True))
    return as_strided(x, (last // x.itemsize + 1,), (x.itemsize,))


def source(x: np.ndarray) -> np.ndarray:
    """View the memory of an array that is read only, so that it is of one type for the compiler.

    Examples
    --------
    >>> source(np.array([[True, False]])).flags.writeable
    False
    """
    view = flat(x)
    view.setflags(write=False)
    return view


class CellSizes(NamedTuple):
    """What each cell counts, in types that are always the same: what there is not is empty, or None.

    Parameters
    ----------
    single, double : array of float32, array of float64
        Sizes of the cells, in one of them.
    counted : array of uint8
        Not 0 where a cell is counted.
    """

    single: np.ndarray | None
    double: np.ndarray | None
    counted: np.ndarray


def cell_sizes(weights: np.ndarray | None, where: np.ndarray | None) -> CellSizes:
    """View the sizes of cells, float32 or float64, and which cells are counted.

    Examples
    --------
    >>> cell_sizes(None, np.array([True, False]))
    CellSizes(single=array([], dtype=float32), double=array([], dtype=float64), counted=array([1, 0], dtype=uint8))
    """
    if weights is None and where is None:
        return _ALL_ALIKE
    single, double, counted = _ALL_ALIKE
    if weights is not None:
        if weights.dtype == np.float32:
            single = source(weights)
        else:
            double = source(weights)
    if where is not None:
        counted = source(where)
    return CellSizes(single, double, counted)


_ALL_ALIKE = CellSizes(source(np.empty(0, np.float32)), source(np.empty(0)), source(np.empty(0, np.bool_)))


@lru_cache(maxsize=256)
def _layout(places: tuple[_Place | None, ...], summed: tuple[int, ...]) -> Layout | None:
    """See `layout`: the same masks come again and again."""
    first = places[0]
    if first is None or not all(_runs_forward(place) for place in places):
        return None
    shape = first.shape
    steps = [_steps(place, len(shape)) for place in places]
    loops = _merged(_loops(shape, (*steps, _steps_of_results(shape, summed))))
    position = _cells(loops)
    if position is None:
        position = len(loops)
        loops.append(_Loop(1, (0,) * (len(places) + 1)))
    cells = loops[position]
    n_in_all = prod(shape)
    if n_in_all == 0 or (cells.n < _SHORT and n_in_all > _FEW):
        return None
    blocks = _Loop(-(-cells.n // BLOCK), tuple(BLOCK * step for step in cells.steps))
    loops[position] = blocks
    along_cells = [BLOCK if loop is blocks else 0 for loop in loops]
    steps_of_loops = [(*loop.steps, along) for loop, along in zip(loops, along_cells, strict=True)]
    return Layout(
        shape=np.array([loop.n for loop in loops]),
        steps=np.ascontiguousarray(np.transpose(steps_of_loops)),
        within=np.array(cells.steps[:-1]),
        n_cells=cells.n,
    )


def _runs_forward(place: _Place | None) -> bool:
    """Return whether the first cell of an operand comes first in memory, and the others whole cells later."""
    if place is None:
        return True
    return all(stride >= 0 and stride % place.itemsize == 0 for stride in place.strides)


def _steps(place: _Place | None, ndim: int) -> Steps:
    """Return how far apart neighbours along each axis are, 0 where an operand is broadcast."""
    if place is None:
        return (0,) * ndim
    steps = [0] * (ndim - len(place.shape))
    for n, stride in zip(place.shape, place.strides, strict=True):
        steps.append(0 if n == 1 else stride // place.itemsize)
    return tuple(steps)


def _steps_of_results(shape: tuple[int, ...], summed: tuple[int, ...]) -> Steps:
    """Return the steps of a mask's axes in the flat array of results: 0 for those that are summed over."""
    steps = [0] * len(shape)
    step = 1
    for k in reversed(range(len(shape))):
        if k not in summed:
            steps[k] = step
            step *= shape[k]
    return tuple(steps)


def _loops(shape: tuple[int, ...], steps: tuple[Steps, ...]) -> list[_Loop]:
    """Return a loop for each axis, the slowest in the memory of the first operand first."""
    loops = []
    for k, n in enumerate(shape):
        if n != 1:
            loops.append(_Loop(n, tuple(of_operand[k] for of_operand in steps)))
    return sorted(loops, key=lambda loop: -loop.steps[0])


def _merged(loops: list[_Loop]) -> list[_Loop]:
    """Join loops that every operand runs through in one go."""
    merged: list[_Loop] = []
    for loop in loops:
        whole = tuple(loop.n * step for step in loop.steps)
        n = loop.n
        if merged and merged[-1].steps == whole:
            n *= merged.pop().n
        merged.append(_Loop(n, loop.steps))
    return merged


def _cells(loops: list[_Loop]) -> int | None:
    """Return which loop blocks are cut from: of those that stay in their result the fastest that is long enough."""
    summed = [k for k, loop in enumerate(loops) if loop.steps[-1] == 0]
    if not summed:
        return None
    long = [k for k in summed if loops[k].n >= _SHORT]
    if long:
        return long[-1]
    return max(summed, key=lambda k: loops[k].n)

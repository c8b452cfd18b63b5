"""Host kernels, in numba: one thread, one pass, no temporaries, float64 sums.

Masks are read block by block, in the order of `layout`; what `where` leaves out counts nothing, and may hold anything.
Hard masks are read eight cells at a time, as 64-bit words of eight bytes that are 0 or 1. Up to 255 words add up before
a byte overflows; 224 are seven rounds of the 32 that wide registers hold. Soft masks are summed in blocks, so that
rounding grows with the number of blocks and not of cells.
"""

from __future__ import annotations

from math import inf, prod
from typing import Any, NamedTuple

import numpy as np

from .._compiled import entry, kernel
from .layout import BLOCK, flat, kept_shape, layout, summed_axes

_WORDS = 224
"""Words that are added up before their bytes are counted."""
_EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
_ADD_PAIRS = np.uint64(0x0001000100010001)
_NOT_BOOL = np.uint64(0xFEFEFEFEFEFEFEFE)
_ONE_IN_SINGLE = np.float32(1).view(np.uint32)
_ONE_IN_DOUBLE = np.float64(1).view(np.uint64)

_FAR = 1 << 21
"""Operands of more cells lie in memory that is slow."""
_LINE = 16
"""Cells of single precision that come from memory together."""

TNORMS = {"minimum": 0, "product": 1, "lukasiewicz": 2}
"""What the kernels call them."""

_kernel: Any = kernel()
_entry: Any = entry()
# sums may be reordered, which is what lets them be vectorised; NaN keeps its meaning
_summing_kernel: Any = kernel(fastmath={"reassoc", "nsz", "contract"})


class Operands(NamedTuple):
    """Two masks on the host, and what counts of them."""

    a: np.ndarray
    b: np.ndarray
    weights: np.ndarray | None
    where: np.ndarray | None

    def widened(self) -> Operands:
        """Return the same with weights of a dtype that the kernels read."""
        if self.weights is None or self.weights.dtype in (np.float32, np.float64):
            return self
        return self._replace(weights=self.weights.astype(np.float64))


class Slack(NamedTuple):
    """How far beyond their range values may lie, to count as its end; inf where they are not looked at."""

    a: float
    b: float
    weights: float


class Measured(NamedTuple):
    """What is shared and both sizes, ``(3, *kept)``; and whether some of the first mask were cut off."""

    sizes: np.ndarray
    some_cut_off: bool


def raster_sizes(operands: Operands, axis: int | tuple[int, ...] | None, tnorm: str, slack: Slack) -> Measured | None:
    """See `overlap.raster.measure`; None for what only the array path can do, values out of range included."""
    operands = operands.widened()
    a, b, weights, where = operands
    summed = summed_axes(axis, a.ndim)
    plan = layout(operands, summed)
    if plan is None:
        return None
    shape = kept_shape(a.shape, summed)
    is_hard = a.dtype == b.dtype == np.bool_ and weights is None
    sizes = np.zeros((3, prod(shape)), np.int64 if is_hard else np.float64)
    some_cut_off = False
    if is_hard:
        valid = _add_hard(flat(a), flat(b), flat(where), *plan, sizes)
    else:
        views = [flat(x) for x in operands]
        valid, some_cut_off = _add_soft(*views, *plan, sizes, TNORMS[tnorm], *slack)
    if not valid:
        return None
    return Measured(sizes.reshape(3, *shape), some_cut_off)


# ---------------------------------------------------------------- blocks, for the gradient as well


@_kernel
def find_block(turn: int, shape: np.ndarray, steps: np.ndarray, start: np.ndarray) -> None:
    """Set where the block of a turn begins: in each operand, in the results, and among the cells."""
    start[:] = 0
    for k in range(shape.size - 1, -1, -1):
        at = turn % shape[k]
        turn //= shape[k]
        for operand in range(start.size):
            start[operand] += at * steps[operand, k]


@_kernel
def room_for(x: Any) -> Any:
    """Return room for a block of what does not lie side by side."""
    if x is None:
        return None
    return np.zeros(BLOCK, x.dtype)


@_kernel
def block(x: Any, start: int, within: int, n: int, room: Any) -> Any:
    """Return n cells side by side, as they lie in memory or gathered into the room for them."""
    if x is None:
        return None
    if within == 1:
        return x[start : start + n]
    cells = room[:n]
    for k in range(n):
        cells[k] = x[start + k * within]
    return cells


@_kernel
def near_block(x: Any, start: int, within: int, n: int, room: Any) -> Any:
    """Return n cells side by side, in the cache: a processor fetches far ahead only while it does nothing else."""
    cells = block(x, start, within, n, room)
    if x is not None and x.size > _FAR and within == 1:
        read = cells[0]
        for k in range(0, n, _LINE):
            read = max(read, cells[k])
        # what is never used would never be read
        room[0] = read
    return cells


# ---------------------------------------------------------------- hard masks


@_kernel
def _count(words: Any) -> Any:
    """Add up the eight bytes of a word: as pairs, then as one product whose top 16 bits are their sum."""
    pairs = (words & _EVEN_BYTES) + ((words >> np.uint64(8)) & _EVEN_BYTES)
    return np.int64((pairs * _ADD_PAIRS) >> np.uint64(48))


@_kernel
def _words(x: Any, n: int) -> Any:
    """View the first n bytes as words."""
    if x is None:
        return None
    return x[:n].view(np.uint64)


@_kernel
def _part(x: Any, start: int, stop: int) -> Any:
    if x is None:
        return None
    return x[start:stop]


@_kernel
def _hard_words(x: np.ndarray, y: np.ndarray, where: Any) -> tuple[Any, ...]:
    """Count the bytes of up to 255 words; also return every bit that occurs."""
    both = np.uint64(0)
    in_a = np.uint64(0)
    in_b = np.uint64(0)
    seen = np.uint64(0)
    for k in range(x.size):
        a = x[k]
        b = y[k]
        seen |= a | b
        if where is not None:
            seen |= where[k]
            a &= where[k]
            b &= where[k]
        both += a & b
        in_a += a
        in_b += b
    return _count(both), _count(in_a), _count(in_b), seen


@_kernel
def _add_hard_block(a: np.ndarray, b: np.ndarray, where: Any, result: int, sizes: np.ndarray) -> Any:
    """Count one block; return every bit that occurs."""
    in_words = a.size - a.size % 8
    x = _words(a, in_words)
    y = _words(b, in_words)
    z = _words(where, in_words)
    seen = np.uint64(0)
    for start in range(0, x.size, _WORDS):
        stop = start + _WORDS
        both, in_a, in_b, bits = _hard_words(x[start:stop], y[start:stop], _part(z, start, stop))
        sizes[0, result] += both
        sizes[1, result] += in_a
        sizes[2, result] += in_b
        seen |= bits
    for k in range(in_words, a.size):
        one = a[k]
        other = b[k]
        seen |= np.uint64(one | other)
        if where is not None:
            seen |= np.uint64(where[k])
            one &= where[k]
            other &= where[k]
        sizes[0, result] += one & other
        sizes[1, result] += one
        sizes[2, result] += other
    return seen


@_entry
def _add_hard(
    a: np.ndarray,
    b: np.ndarray,
    where: Any,
    shape: np.ndarray,
    steps: np.ndarray,
    within: np.ndarray,
    n_cells: int,
    sizes: np.ndarray,
) -> bool:
    """Count block by block; return whether every byte is 0 or 1."""
    room_a = room_for(a)
    room_b = room_for(b)
    room_where = room_for(where)
    start = np.zeros(steps.shape[0], np.int64)
    seen = np.uint64(0)
    for turn in range(shape.prod()):
        find_block(turn, shape, steps, start)
        n = min(BLOCK, n_cells - start[5])
        x = block(a, start[0], within[0], n, room_a)
        y = block(b, start[1], within[1], n, room_b)
        counted = block(where, start[3], within[3], n, room_where)
        seen |= _add_hard_block(x, y, counted, start[4], sizes)
    return bool((seen & _NOT_BOOL) == np.uint64(0))


# ---------------------------------------------------------------- soft masks


@_kernel
def _is_inside(x: np.ndarray) -> Any:
    """Return whether all cells are from 0 to 1: the bits of such numbers, as whole numbers, are those from 0 to 1's."""
    if x.itemsize == 1:
        return True
    if x.itemsize == 4:
        return _largest(x[:].view(np.uint32)) <= _ONE_IN_SINGLE
    return _largest(x[:].view(np.uint64)) <= _ONE_IN_DOUBLE


@_kernel
def _largest(bits: np.ndarray) -> Any:
    largest = bits[0]
    for k in range(bits.size):
        largest = max(largest, bits[k])
    return largest


@_kernel
def _cut_off(x: np.ndarray, where: Any, slack: float, room: np.ndarray) -> Any:
    """Bring cells into [0, 1] that are beyond by no more than `slack`; return how many counted ones are farther."""
    n_bad = 0
    for k in range(x.size):
        value = x[k]
        if where is not None and not where[k]:
            value = x.dtype.type(0)
        elif not -slack <= value <= 1 + slack:
            n_bad += 1
        elif slack < inf:
            value = min(max(value, x.dtype.type(0)), x.dtype.type(1))
        room[k] = value
    return n_bad


@_summing_kernel
def _soft_block(a: np.ndarray, b: np.ndarray, weights: Any, where: Any, tnorm: int) -> tuple[float, float, float, int]:
    """Sum one block; also return how many counted weights are no sizes."""
    both = 0.0
    in_a = 0.0
    in_b = 0.0
    n_bad = 0
    for k in range(a.size):
        x: Any = np.float64(a[k])
        y: Any = np.float64(b[k])
        if where is not None:
            x = x if where[k] else 0.0
            y = y if where[k] else 0.0
        if tnorm == 0:
            shared = min(x, y)
        elif tnorm == 1:
            shared = x * y
        else:
            shared = max(x + y - 1.0, 0.0)
        if weights is not None:
            size: Any = np.float64(weights[k])
            if where is not None:
                size = size if where[k] else 0.0
            n_bad += not (0.0 <= size < inf)
            shared *= size
            x *= size
            y *= size
        both += shared
        in_a += x
        in_b += y
    return both, in_a, in_b, n_bad


@_kernel
def _bound(sizes: np.ndarray) -> None:
    """No more is shared than either mask has, whatever was rounded; NaN of a mask is NaN of both."""
    for result in range(sizes.shape[1]):
        for mask in (1, 2):
            size = sizes[mask, result]
            if size < sizes[0, result] or np.isnan(size):
                sizes[0, result] = size


@_entry
def _add_soft(
    a: np.ndarray,
    b: np.ndarray,
    weights: Any,
    where: Any,
    shape: np.ndarray,
    steps: np.ndarray,
    within: np.ndarray,
    n_cells: int,
    sizes: np.ndarray,
    tnorm: int,
    slack_a: float,
    slack_b: float,
    slack_weights: float,
) -> tuple[bool, bool]:
    """Sum block by block; return whether all that is looked at is in range, and whether some of `a` was cut off."""
    room_a = room_for(a)
    room_b = room_for(b)
    room_weights = room_for(weights)
    room_where = room_for(where)
    start = np.zeros(steps.shape[0], np.int64)
    n_bad = 0
    some_cut_off = False
    for turn in range(shape.prod()):
        find_block(turn, shape, steps, start)
        n = min(BLOCK, n_cells - start[5])
        x = near_block(a, start[0], within[0], n, room_a)
        y = near_block(b, start[1], within[1], n, room_b)
        size = near_block(weights, start[2], within[2], n, room_weights)
        counted = near_block(where, start[3], within[3], n, room_where)
        if not _is_inside(x):
            n_bad += _cut_off(x, counted, slack_a, room_a)
            x = room_a[:n]
            some_cut_off = slack_a < inf
        if not _is_inside(y):
            n_bad += _cut_off(y, counted, slack_b, room_b)
            y = room_b[:n]
        both, in_a, in_b, n_bad_weights = _soft_block(x, y, size, counted, tnorm)
        sizes[0, start[4]] += both
        sizes[1, start[4]] += in_a
        sizes[2, start[4]] += in_b
        if slack_weights < inf:
            n_bad += n_bad_weights
    _bound(sizes)
    return n_bad == 0, some_cut_off


@_entry
def count_pairs(a: np.ndarray, b: np.ndarray, low_a: int, low_b: int, table: np.ndarray) -> bool:
    """Add up the cells of each pair of labels of two flat maps; False if a label lies outside the table.

    The first row and column are those of the labels ``low_a`` and ``low_b``; see `overlap.raster.contingency`.
    """
    rows, columns = table.shape
    n = 0
    row = np.int64(0)
    column = np.int64(0)
    for k in range(len(a)):
        # neighbours are mostly alike: they are added at once
        if n == 0 or a[k] != a[k - 1] or b[k] != b[k - 1]:
            table[row, column] += n
            row = np.int64(a[k]) - low_a
            column = np.int64(b[k]) - low_b
            if row < 0 or row >= rows or column < 0 or column >= columns:
                return False
            n = 0
        n += 1
    table[row, column] += n
    return True

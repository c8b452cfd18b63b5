"""Host kernels, in numba: one thread, one pass, no temporaries, float64 sums.

Masks are read block by block, in the order of `layout`; what `where` leaves out counts nothing, and may hold anything.
Hard masks are read eight cells at a time, as 64-bit words of eight bytes that are 0 or 1. Up to 255 words add up before
a byte overflows; 224 are seven rounds of the 32 that wide registers hold. Soft masks are summed in blocks, so that
rounding grows with the number of blocks and not of cells.

A kernel is compiled at its first call with two dtypes, and is one for nearly all else: the wider of the two comes
first, what is read is read-only, and what the cells count comes in types that are always the same (`layout.CellSizes`).
"""

from __future__ import annotations

from math import inf, prod
from typing import Any, NamedTuple

import numpy as np

from .._compiled import entry, inner
from .layout import BLOCK, CellSizes, cell_sizes, kept_shape, layout, source, summed_axes

_WORDS = 224
"""Words that are added up before their bytes are counted."""
_EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
_ADD_PAIRS = np.uint64(0x0001000100010001)
_NOT_BOOL = np.uint64(0xFEFEFEFEFEFEFEFE)

_ONES = {
    np.bool_: None,
    np.float32: np.ones(1, np.float32).view(np.uint32),
    np.float64: np.ones(1, np.float64).view(np.uint64),
}
"""The bits of 1, the largest that a cell of a soft mask can be; a hard one is not looked at."""

_FAR = 1 << 21
"""Operands of more cells lie in memory that is slow."""
_LINE = 16
"""Cells of single precision that come from memory together."""

TNORMS = {"minimum": 0, "product": 1, "lukasiewicz": 2}
"""What the kernels call them."""

_inner: Any = inner()
_entry: Any = entry()
_inlined: Any = inner(inline="always")
# sums may be reordered, which is what lets them be vectorised; NaN keeps its meaning
_summing: Any = inner(fastmath={"reassoc", "nsz", "contract"})


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
    """What is shared and both sizes, ``(3, *kept)``; and whether some of each mask were cut off."""

    sizes: np.ndarray
    a_cut_off: bool
    b_cut_off: bool


def raster_sizes(operands: Operands, axis: int | tuple[int, ...] | None, tnorm: str, slack: Slack) -> Measured | None:
    """See `overlap.raster.measure`; None for what only the array path can do, values out of range included."""
    operands = operands.widened()
    a, b, weights, where = operands
    if a.itemsize >= b.itemsize:
        return _measured(operands, axis, tnorm, slack)
    # sizes are symmetric: one order of two dtypes is compiled, not both
    turned = _measured(Operands(b, a, weights, where), axis, tnorm, Slack(slack.b, slack.a, slack.weights))
    if turned is None:
        return None
    return Measured(turned.sizes[[0, 2, 1]], turned.b_cut_off, turned.a_cut_off)


def _measured(operands: Operands, axis: int | tuple[int, ...] | None, tnorm: str, slack: Slack) -> Measured | None:
    a, b, weights, where = operands
    summed = summed_axes(axis, a.ndim)
    plan = layout(operands, summed)
    if plan is None:
        return None
    counts = cell_sizes(weights, where)
    shape = kept_shape(a.shape, summed)
    is_hard = a.dtype == b.dtype == np.bool_ and weights is None
    sizes = np.zeros((3, prod(shape)), np.int64 if is_hard else np.float64)
    a_cut_off = False
    b_cut_off = False
    if is_hard:
        valid = _add_hard(source(a), source(b), counts.counted, *plan, sizes)
    else:
        if weights is None:
            # compiled apart, for that is most of the calls
            counts = CellSizes(None, None, counts.counted)
        ones = (_ONES[a.dtype.type], _ONES[b.dtype.type])
        found = _add_soft(source(a), source(b), *ones, *counts, *plan, sizes, TNORMS[tnorm], *slack)
        valid, a_cut_off, b_cut_off = found
    if not valid:
        return None
    return Measured(sizes.reshape(3, *shape), a_cut_off, b_cut_off)


# ---------------------------------------------------------------- blocks, for the gradient as well


@_inner
def find_block(turn: int, shape: np.ndarray, steps: np.ndarray, start: np.ndarray) -> None:
    """Set where the block of a turn begins: in each operand, in the results, and among the cells."""
    start[:] = 0
    for k in range(shape.size - 1, -1, -1):
        at = turn % shape[k]
        turn //= shape[k]
        for operand in range(start.size):
            start[operand] += at * steps[operand, k]


@_inlined
def fill(x: np.ndarray, start: int, within: int, room: np.ndarray) -> None:
    """Fill a room with what lies in memory."""
    if within == 1:
        cells = x[start : start + room.size]
        for k in range(room.size):
            room[k] = cells[k]
    else:
        for k in range(room.size):
            room[k] = x[start + k * within]


@_inlined
def block(x: np.ndarray, start: int, within: int, n: int, room: np.ndarray) -> Any:
    """Return n cells side by side, as they lie in memory or gathered into the room for them."""
    if within == 1:
        return x[start : start + n]
    fill(x, start, within, room[:n])
    return room[:n]


@_inner
def near_block(x: np.ndarray, start: int, within: int, n: int, room: np.ndarray) -> Any:
    """Return n cells side by side, in the cache: a processor fetches far ahead only while it does nothing else."""
    cells = block(x, start, within, n, room)
    if x.size > _FAR and within == 1:
        read = cells[0]
        for k in range(0, n, _LINE):
            read = cells[k] if cells[k] > read else read
        # what is never used would never be read
        room[0] = read
    return cells


@_inlined
def leave_out(counted: np.ndarray, cells: np.ndarray) -> None:
    """Set to 0 what is not counted."""
    for k in range(cells.size):
        cells[k] = cells[k] if counted[k] else 0


# ---------------------------------------------------------------- hard masks


@_inner
def _count(words: Any) -> Any:
    """Add up the eight bytes of a word: as pairs, then as one product whose top 16 bits are their sum."""
    pairs = (words & _EVEN_BYTES) + ((words >> np.uint64(8)) & _EVEN_BYTES)
    return np.int64((pairs * _ADD_PAIRS) >> np.uint64(48))


@_inner
def _hard_words(x: np.ndarray, y: np.ndarray, z: np.ndarray, some_left_out: bool) -> tuple[Any, ...]:
    """Count the bytes of up to 255 words; also return every bit that occurs."""
    both = np.uint64(0)
    in_a = np.uint64(0)
    in_b = np.uint64(0)
    seen = np.uint64(0)
    for k in range(x.size):
        a = x[k]
        b = y[k]
        seen |= a | b
        if some_left_out:
            seen |= z[k]
            a &= z[k]
            b &= z[k]
        both += a & b
        in_a += a
        in_b += b
    return _count(both), _count(in_a), _count(in_b), seen


@_inner
def _add_hard_block(a: np.ndarray, b: np.ndarray, counted: np.ndarray, result: int, sizes: np.ndarray) -> Any:
    """Count one block; return every bit that occurs."""
    some_left_out = counted.size > 0
    in_words = a.size - a.size % 8
    x = a[:in_words].view(np.uint64)
    y = b[:in_words].view(np.uint64)
    z = counted[:in_words].view(np.uint64) if some_left_out else x
    seen = np.uint64(0)
    for start in range(0, x.size, _WORDS):
        stop = start + _WORDS
        both, in_a, in_b, bits = _hard_words(x[start:stop], y[start:stop], z[start:stop], some_left_out)
        sizes[0, result] += both
        sizes[1, result] += in_a
        sizes[2, result] += in_b
        seen |= bits
    for k in range(in_words, a.size):
        one = a[k]
        other = b[k]
        seen |= np.uint64(one | other)
        if some_left_out:
            seen |= np.uint64(counted[k])
            one &= counted[k]
            other &= counted[k]
        sizes[0, result] += one & other
        sizes[1, result] += one
        sizes[2, result] += other
    return seen


@_entry
def _add_hard(
    a: np.ndarray,
    b: np.ndarray,
    counted: np.ndarray,
    shape: np.ndarray,
    steps: np.ndarray,
    within: np.ndarray,
    n_cells: int,
    sizes: np.ndarray,
) -> bool:
    """Count block by block; return whether every byte is 0 or 1."""
    rooms = np.empty((3, BLOCK), np.uint8)
    some_left_out = counted.size > 0
    start = np.zeros(steps.shape[0], np.int64)
    seen = np.uint64(0)
    for turn in range(shape.prod()):
        find_block(turn, shape, steps, start)
        n = min(BLOCK, n_cells - start[5])
        x = block(a, start[0], within[0], n, rooms[0])
        y = block(b, start[1], within[1], n, rooms[1])
        z = block(counted, start[3], within[3], n, rooms[2]) if some_left_out else counted
        seen |= _add_hard_block(x, y, z, start[4], sizes)
    return bool((seen & _NOT_BOOL) == np.uint64(0))


# ---------------------------------------------------------------- soft masks


@_inner
def _is_inside(x: np.ndarray, one: np.ndarray) -> bool:
    """Return whether all cells are from 0 to 1: the bits of such numbers, as whole numbers, are those from 0 to 1's."""
    bits = x.view(one.dtype)
    largest = bits[0]
    for k in range(bits.size):
        largest = bits[k] if bits[k] > largest else largest
    return largest <= one[0]


@_inner
def _cut_off(x: np.ndarray, counted: np.ndarray, slack: float, room: np.ndarray) -> int:
    """Bring cells into [0, 1] that are beyond by no more than `slack`; return how many counted ones are farther."""
    zero = x.dtype.type(0)
    one = x.dtype.type(1)
    n_bad = 0
    for k in range(x.size):
        value = x[k]
        if counted.size > 0 and not counted[k]:
            value = zero
        elif not -slack <= value <= 1 + slack:
            n_bad += 1
        elif slack < inf:
            value = min(max(value, zero), one)
        room[k] = value
    return n_bad


@_inner
def _shared(x: float, y: float, tnorm: int) -> float:
    if tnorm == 0:
        return x if x < y else y
    if tnorm == 1:
        return x * y
    beyond = x + y - 1.0
    return beyond if beyond > 0.0 else 0.0


@_summing
def _soft_block(a: np.ndarray, b: np.ndarray, tnorm: int) -> tuple[float, float, float]:
    both = 0.0
    in_a = 0.0
    in_b = 0.0
    for k in range(a.size):
        x: Any = np.float64(a[k])
        y: Any = np.float64(b[k])
        both += _shared(x, y, tnorm)
        in_a += x
        in_b += y
    return both, in_a, in_b


@_summing
def _counted_block(a: np.ndarray, b: np.ndarray, counted: np.ndarray, tnorm: int) -> tuple[float, float, float]:
    both = 0.0
    in_a = 0.0
    in_b = 0.0
    for k in range(a.size):
        x: Any = np.float64(a[k]) if counted[k] else 0.0
        y: Any = np.float64(b[k]) if counted[k] else 0.0
        both += _shared(x, y, tnorm)
        in_a += x
        in_b += y
    return both, in_a, in_b


@_summing
def _sized_block(a: np.ndarray, b: np.ndarray, cells: np.ndarray, tnorm: int) -> tuple[float, float, float, int]:
    """Also return how many cells have no size."""
    both = 0.0
    in_a = 0.0
    in_b = 0.0
    n_bad = 0
    for k in range(a.size):
        x: Any = np.float64(a[k])
        y: Any = np.float64(b[k])
        size: Any = np.float64(cells[k])
        n_bad += not (0.0 <= size < inf)
        both += _shared(x, y, tnorm) * size
        in_a += x * size
        in_b += y * size
    return both, in_a, in_b, n_bad


@_inlined
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
    one_a: Any,
    one_b: Any,
    single: Any,
    double: Any,
    counted: np.ndarray,
    shape: np.ndarray,
    steps: np.ndarray,
    within: np.ndarray,
    n_cells: int,
    sizes: np.ndarray,
    tnorm: int,
    slack_a: float,
    slack_b: float,
    slack_weights: float,
) -> tuple[bool, bool, bool]:
    """Sum block by block; return whether all that is looked at is in range, and whether some of each was cut off."""
    room_a = np.empty(BLOCK, a.dtype)
    room_b = np.empty(BLOCK, b.dtype)
    room_counted = np.empty(BLOCK, np.uint8)
    room_single = np.empty(BLOCK, np.float32)
    room_sizes = np.empty(BLOCK, np.float64)
    some_left_out = counted.size > 0
    start = np.zeros(steps.shape[0], np.int64)
    n_bad = 0
    a_cut_off = False
    b_cut_off = False
    for turn in range(shape.prod()):
        find_block(turn, shape, steps, start)
        n = min(BLOCK, n_cells - start[5])
        x = near_block(a, start[0], within[0], n, room_a)
        y = near_block(b, start[1], within[1], n, room_b)
        z = near_block(counted, start[3], within[3], n, room_counted) if some_left_out else counted
        if one_a is not None and not _is_inside(x, one_a):
            n_bad += _cut_off(x, z, slack_a, room_a)
            x = room_a[:n]
            a_cut_off = slack_a < inf
        if one_b is not None and not _is_inside(y, one_b):
            n_bad += _cut_off(y, z, slack_b, room_b)
            y = room_b[:n]
            b_cut_off = slack_b < inf
        n_bad_sizes = 0
        if double is None:
            if some_left_out:
                both, in_a, in_b = _counted_block(x, y, z, tnorm)
            else:
                both, in_a, in_b = _soft_block(x, y, tnorm)
        elif double.size > 0 or some_left_out or within[2] != 1:
            size = room_sizes[:n]
            if double.size > 0:
                fill(double, start[2], within[2], size)
            else:
                fill(single, start[2], within[2], size)
            if some_left_out:
                leave_out(z, size)
            both, in_a, in_b, n_bad_sizes = _sized_block(x, y, size, tnorm)
        else:
            size = near_block(single, start[2], within[2], n, room_single)
            both, in_a, in_b, n_bad_sizes = _sized_block(x, y, size, tnorm)
        sizes[0, start[4]] += both
        sizes[1, start[4]] += in_a
        sizes[2, start[4]] += in_b
        if slack_weights < inf:
            n_bad += n_bad_sizes
    _bound(sizes)
    return n_bad == 0, a_cut_off, b_cut_off


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

"""Read elements of tensors into blocks and write blocks back, in numba, whatever their type and strides.

Conventions
-----------
- A tensor is its memory, one flat array, and its layout. Nothing is copied but the block at hand, so what is not
  contiguous, channels-last or repeated costs no memory.
- numpy has no bfloat16 and numba no float16: the memory of bfloat16 is viewed as int16, that of float16 as uint16.
  Values of 16 bits are read as such. Labels are read as integers.
- Cells are counted in the order of the logical axes after batch and class.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from .._compiled import kernel
from .exponentials import STRICT

OUTSIDE = np.int32(-1)
"""What stands for a label that is no class."""
IGNORED = np.int32(-2)
"""What stands for the label that does not count."""

_N_RUNS = 3
"""Spatial axes that a layout has room for, once those that follow each other in memory are one."""
_f = np.float32
_u = np.uint32

_ONE_IN_32_BITS = np.float32(1).view(np.uint32)
_ONE_IN_64_BITS = np.float64(1).view(np.uint64)

_kernel: Any = kernel(**STRICT)


class Operand(NamedTuple):
    """A tensor as the kernels read it."""

    memory: np.ndarray
    """Flat, from the first element to the last."""
    layout: np.ndarray
    """Steps between cases and between classes, the lengths of the last two runs, and the steps within all three."""


def operand(x: np.ndarray) -> Operand:
    """Return an array (batch, class, *spatial) as the kernels read it; axes of length 1 repeat as often as needed."""
    if not has_layout(x):
        x = np.ascontiguousarray(x)
    if x.flags.c_contiguous:
        # one run, found without a look at each axis
        x = x.reshape(x.shape[0], x.shape[1], -1)
    steps = _steps(x)
    runs = _runs(x.shape[2:], steps[2:])
    while len(runs) < _N_RUNS:
        runs.insert(0, (1, 0))
    by_case = steps[0] if x.shape[0] > 1 else 0
    by_class = steps[1] if x.shape[1] > 1 else 0
    lengths = [length for length, _ in runs[1:]]
    within = [step for _, step in runs]
    layout = np.array([by_case, by_class, *lengths, *within], np.int64)
    return Operand(_memory(x, steps), layout)


def has_layout(x: np.ndarray) -> bool:
    """Return whether an array (batch, class, *spatial) can be read, and written, where it lies."""
    return x.flags.c_contiguous or len(_runs(x.shape[2:], _steps(x)[2:])) <= _N_RUNS


def _steps(x: np.ndarray) -> list[int]:
    return [stride // x.itemsize for stride in x.strides]


def _runs(lengths: tuple[int, ...], steps: list[int]) -> list[tuple[int, int]]:
    """Return the length and step of each run, where axes that follow each other in memory are one run."""
    runs: list[tuple[int, int]] = []
    for length, step in zip(lengths, steps, strict=True):
        if length == 1:
            continue
        if runs and runs[-1][1] == length * step:
            length *= runs.pop()[0]
        runs.append((length, step))
    return runs


def _memory(x: np.ndarray, steps: list[int]) -> np.ndarray:
    if x.flags.c_contiguous:
        return x.reshape(-1)
    last = sum((length - 1) * step for length, step in zip(x.shape, steps, strict=True))
    return np.lib.stride_tricks.as_strided(x, (last + 1,), (x.itemsize,))


def n_cells(x: np.ndarray) -> int:
    """Return the number of cells of a case, for an array (batch, class, *spatial)."""
    return prod(x.shape[2:])


@_kernel
def read(source: Operand, case: int, class_: int, cell: int, block: np.ndarray) -> None:
    """Fill a block with values, from a cell on."""
    memory, layout = source
    step = layout[6]
    done = 0
    while done < block.size:
        column = (cell + done) % layout[3]
        start = _place(layout, case, class_, cell + done)
        n = min(block.size - done, layout[3] - column)
        to = block[done : done + n]
        if step == 1:
            part = memory[start : start + n]
            for k in range(n):
                to[k] = widened(part[k])
        else:
            for k in range(n):
                to[k] = widened(memory[start + k * step])
        done += n


@_kernel
def read_labels(source: Operand, case: int, cell: int, n_classes: int, ignored: int | None, block: np.ndarray) -> None:
    """Fill a block with labels from a cell on, where what is no class is `OUTSIDE` or `IGNORED`."""
    memory, layout = source
    step = layout[6]
    done = 0
    while done < block.size:
        column = (cell + done) % layout[3]
        start = _place(layout, case, 0, cell + done)
        n = min(block.size - done, layout[3] - column)
        to = block[done : done + n]
        for k in range(n):
            label = memory[start + k * step]
            class_ = np.int32(label) if label >= 0 and label < n_classes else OUTSIDE
            # a label that is not whole is no class
            class_ = class_ if class_ == label else OUTSIDE
            if ignored is not None:
                class_ = IGNORED if label == ignored else class_
            to[k] = class_
        done += n


@_kernel
def write(block: np.ndarray, target: Operand, case: int, class_: int, cell: int) -> None:
    """Write a block, from a cell on."""
    memory, layout = target
    step = layout[6]
    done = 0
    while done < block.size:
        column = (cell + done) % layout[3]
        start = _place(layout, case, class_, cell + done)
        n = min(block.size - done, layout[3] - column)
        values = block[done : done + n]
        if step == 1:
            part = memory[start : start + n]
            for k in range(n):
                part[k] = narrowed(values[k], part)
        else:
            for k in range(n):
                memory[start + k * step] = narrowed(values[k], memory)
        done += n


@_kernel
def lies_flat(target: Operand, cell: int, n: int) -> bool:
    """Return whether n cells follow each other in memory."""
    layout = target.layout
    return bool(layout[6] == 1 and layout[3] - cell % layout[3] >= n)


@_kernel
def _place(layout: np.ndarray, case: int, class_: int, cell: int) -> Any:
    """Return where a cell lies in memory."""
    row = cell // layout[3]
    column = cell - row * layout[3]
    plane = row // layout[2]
    row -= plane * layout[2]
    return case * layout[0] + class_ * layout[1] + plane * layout[4] + row * layout[5] + column * layout[6]


def memory_or_room(target: Any, case: Any, class_: Any, cell: Any, room: Any) -> Any:
    """Return the memory from a cell on, if numbers lie there as in a block, and else a room to write them in."""
    raise NotImplementedError("for kernels")


def is_room(target: Any, cell: Any, room: Any) -> Any:
    """Return whether it is the room."""
    raise NotImplementedError("for kernels")


@overload(memory_or_room, jit_options=STRICT)
def _memory_or_room(target: Any, case: Any, class_: Any, cell: Any, room: Any) -> Callable[..., Any]:
    return _memory_if_flat if target.types[0] == room else _always_room


@overload(is_room, jit_options=STRICT)
def _is_room(target: Any, cell: Any, room: Any) -> Callable[..., Any]:
    return _is_not_flat if target.types[0] == room else _is_always_room


def _memory_if_flat(target: Any, case: Any, class_: Any, cell: Any, room: Any) -> Any:
    if not lies_flat(target, cell, room.size):
        return room
    start = _place(target.layout, case, class_, cell)
    return target.memory[start : start + room.size]


def _always_room(target: Any, case: Any, class_: Any, cell: Any, room: Any) -> Any:
    return room


def _is_not_flat(target: Any, cell: Any, room: Any) -> Any:
    return not lies_flat(target, cell, room.size)


def _is_always_room(target: Any, cell: Any, room: Any) -> Any:
    return True


def in_unit(values: np.ndarray) -> bool:
    """Return whether all numbers are within [0, 1]; of −0 it says no."""
    raise NotImplementedError("for kernels")


@overload(in_unit, jit_options=STRICT)
def _in_unit(values: Any) -> Callable[[Any], Any]:
    return _singles_in_unit if values.dtype == types.float32 else _doubles_in_unit


def _singles_in_unit(values: Any) -> Any:
    # the bits of numbers >= 0 are in their order, those of all others and of NaN above
    bits = values.view(np.uint32)
    most = np.uint32(0)
    for k in range(bits.size):
        most = max(most, bits[k])
    return most <= _ONE_IN_32_BITS


def _doubles_in_unit(values: Any) -> Any:
    bits = values.view(np.uint64)
    most = np.uint64(0)
    for k in range(bits.size):
        most = max(most, bits[k])
    return most <= _ONE_IN_64_BITS


def widened(x: Any) -> Any:
    """Return an element as a number."""
    raise NotImplementedError("for kernels")


def narrowed(value: Any, memory: np.ndarray) -> Any:
    """Return a number as an element of memory."""
    raise NotImplementedError("for kernels")


@overload(widened, jit_options=STRICT)
def _widened(x: Any) -> Callable[[Any], Any]:
    if x == types.int16:
        return _from_bfloat16
    if x == types.uint16:
        return _from_float16
    return _as_it_is


@overload(narrowed, jit_options=STRICT)
def _narrowed(value: Any, memory: Any) -> Callable[[Any, Any], Any]:
    if memory.dtype == types.int16:
        return _to_bfloat16
    if memory.dtype == types.uint16:
        return _to_float16
    return _unchanged


def _as_it_is(x: Any) -> Any:
    return x


def _from_bfloat16(x: Any) -> Any:
    """Put the bits where float32 has them."""
    return np.uint32(np.uint32(np.uint16(x)) << _u(16)).view(np.float32)


def _from_float16(x: Any) -> Any:
    """Put the bits where float32 has them, and multiply by what the exponents are biased apart, 2^(127 − 15)."""
    bits = _u(x)
    magnitude = np.uint32((bits & _u(0x7FFF)) << _u(13)).view(np.float32) * _f(2.0**112)
    # an exponent of ones is an infinity or NaN, here 2^16 or more
    special = np.uint32(np.float32(magnitude).view(np.uint32) | _u(0x7F800000)).view(np.float32)
    magnitude = special if magnitude >= _f(65536.0) else magnitude
    return -magnitude if bits & _u(0x8000) else magnitude


def _unchanged(value: Any, memory: Any) -> Any:
    return value


def _to_bfloat16(value: Any, memory: Any) -> Any:
    """Round to the nearest, ties to even."""
    bits = np.float32(value).view(np.uint32)
    rounded = (bits + _u(0x7FFF) + ((bits >> _u(16)) & _u(1))) >> _u(16)
    return np.int16(rounded if value == value else _u(0x7FC0))


def _to_float16(value: Any, memory: Any) -> Any:
    """Round to the nearest, ties to even, by adding a power of two that leaves ten bits behind the point.

    As fp16_ieee_from_fp32_value of M. Dukhan's FP16.
    """
    # beyond the largest number it is infinite, and stays so
    base = np.float32(abs(value) * _f(2.0**112)) * _f(2.0**-110)
    bits = np.float32(value).view(np.uint32)
    exponent = max((bits << _u(1)) & _u(0xFF000000), _u(0x71000000))
    rounder = np.uint32((exponent >> _u(1)) + _u(0x07800000)).view(np.float32)
    rounded = np.float32(base + rounder).view(np.uint32)
    number = ((rounded >> _u(13)) & _u(0x7C00)) + (rounded & _u(0x0FFF))
    sign = (bits >> _u(16)) & _u(0x8000)
    return np.uint16(sign | (number if value == value else _u(0x7E00)))

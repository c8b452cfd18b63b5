"""Read elements of tensors into blocks and write blocks back, in numba, whatever their type and strides.

Conventions
-----------
- A tensor is its memory, flat bytes, what kind of elements they are, and its layout. Kernels ask for the kind once a
  block: one compiled kernel reads every kind, and what calls it is compiled once for all.
- Nothing is copied but the block at hand, so what is not contiguous, channels-last or repeated costs no memory.
- numpy has no bfloat16: its memory is viewed as int16, and its kind is told. Labels are read as integers.
- Cells are counted in the order of the logical axes after batch and class.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic, overload
from numba.np.arrayobj import populate_array

from .._compiled import kernel
from .exponentials import INNER, STRICT

OUTSIDE = np.int32(-1)
"""What stands for a label that is no class."""
IGNORED = np.int32(-2)
"""What stands for the label that does not count."""

SINGLE, DOUBLE, FLOAT16, BFLOAT16, UINT8, INT32, INT64 = range(1, 8)
"""Kinds of elements that kernels read."""

_KINDS = {
    "float32": SINGLE,
    "float64": DOUBLE,
    "float16": FLOAT16,
    "bool": UINT8,
    "uint8": UINT8,
    "int32": INT32,
    "int64": INT64,
}
_COPIED_INTO = {"int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64", "uint64": "float64"}
"""The others: each kind that is read takes the compiler time."""

_N_RUNS = 3
"""Spatial axes that a layout has room for, once those that follow each other in memory are one."""
_BYTES_OF_DOUBLE = 8
_BEYOND_WHOLE = 2.0**63
"""Labels are below."""
_f = np.float32
_u = np.uint32

_ONE_IN_32_BITS = np.float32(1).view(np.uint32)
_ONE_IN_64_BITS = np.float64(1).view(np.uint64)

_kernel: Any = kernel(**STRICT)
_inner_kernel: Any = kernel(**STRICT, **INNER)


class Operand(NamedTuple):
    """A tensor as the kernels read it."""

    memory: np.ndarray
    """Flat bytes, from the first element to the last."""
    kind: int
    """Of the elements; 0 if there is no tensor."""
    layout: np.ndarray
    """Steps between cases and between classes, the lengths of the last two runs, and the steps within all three."""


NOTHING = Operand(np.empty(0, np.uint8), 0, np.zeros(7, np.int64))
"""What stands for a tensor that is not given."""
NOTHING.memory.flags.writeable = False


def operand(x: np.ndarray, kind: int | None = None) -> Operand:
    """Return an array (batch, class, *spatial) as the kernels read it; axes of length 1 repeat as often as needed."""
    # flat bytes do not say where numbers begin
    read = _operand(x if x.flags.aligned else x.copy(), kind)
    read.memory.flags.writeable = False
    return read


def operand_to_write(x: np.ndarray, kind: int | None = None) -> Operand:
    """Return an array that has a layout as the kernels write it."""
    return _operand(x, kind)


def _operand(x: np.ndarray, kind: int | None) -> Operand:
    if kind is None and x.dtype.name in _COPIED_INTO:
        x = x.astype(_COPIED_INTO[x.dtype.name])
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
    return Operand(_memory(x, steps).view(np.uint8), kind or _KINDS[x.dtype.name], layout)


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


def _viewed(typingctx: Any, memory: Any, dtype: Any) -> Any:
    """Return flat bytes as numbers; as `view`, whose checks take the compiler longer than all else here."""
    numbers = memory.copy(dtype=dtype.dtype)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = context.make_array(memory)(context, builder, arguments[0])
        result = context.make_array(numbers)(context, builder)
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(numbers.dtype)))
        populate_array(  # type: ignore[no-untyped-call]
            result,
            data=builder.bitcast(source.data, result.data.type),
            shape=[builder.udiv(source.nitems, size)],
            strides=[size],
            itemsize=size,
            meminfo=source.meminfo,
            parent=source.parent,
        )
        return impl_ret_borrowed(context, builder, numbers, result._getvalue())  # type: ignore[no-untyped-call]

    return numbers(memory, dtype), build


viewed: Any = intrinsic(_viewed)


@_kernel
def read(source: Operand, case: int, class_: int, cell: int, block: np.ndarray) -> None:
    """Fill a block with values, from a cell on."""
    memory, kind, layout = source
    step = layout[6]
    done = 0
    while done < block.size:
        start, n = _run(layout, case, class_, cell + done, block.size - done)
        to = block[done : done + n]
        if kind == SINGLE:
            _copy(viewed(memory, np.float32), start, step, to)
        elif kind == DOUBLE:
            _copy(viewed(memory, np.float64), start, step, to)
        elif kind in (FLOAT16, BFLOAT16):
            _widen(viewed(memory, np.uint16), start, step, kind, to)
        elif kind == UINT8:
            _copy(memory, start, step, to)
        elif kind == INT32:
            _copy(viewed(memory, np.int32), start, step, to)
        else:
            _copy(viewed(memory, np.int64), start, step, to)
        done += n


@_inner_kernel
def _copy(memory: np.ndarray, start: int, step: int, to: np.ndarray) -> None:
    if step == 1:
        part = memory[start : start + to.size]
        for k in range(to.size):
            to[k] = part[k]
    else:
        for k in range(to.size):
            to[k] = memory[start + k * step]


@_inner_kernel
def _widen(memory: np.ndarray, start: int, step: int, kind: int, to: np.ndarray) -> None:
    if step == 1:
        part = memory[start : start + to.size]
        for k in range(to.size):
            to[k] = _from_float16(part[k]) if kind == FLOAT16 else _from_bfloat16(part[k])
    else:
        for k in range(to.size):
            half = memory[start + k * step]
            to[k] = _from_float16(half) if kind == FLOAT16 else _from_bfloat16(half)


@_kernel
def read_bytes(source: Operand, case: int, class_: int, cell: int, block: np.ndarray) -> None:
    """Fill a block with bytes, from a cell on."""
    memory, _, layout = source
    done = 0
    while done < block.size:
        start, n = _run(layout, case, class_, cell + done, block.size - done)
        _copy(memory, start, layout[6], block[done : done + n])
        done += n


@_kernel
def read_labels(source: Operand, case: int, cell: int, n_classes: int, ignored: float, block: np.ndarray) -> None:
    """Fill a block with labels from a cell on, where what is no class is `OUTSIDE` or `IGNORED`; NaN ignores none."""
    memory, kind, layout = source
    step = layout[6]
    any_ignored = abs(ignored) < _BEYOND_WHOLE
    whole = np.int64(ignored) if any_ignored else np.int64(0)
    done = 0
    while done < block.size:
        start, n = _run(layout, case, 0, cell + done, block.size - done)
        to = block[done : done + n]
        if kind == UINT8:
            _copy_labels(memory, start, step, n_classes, any_ignored, whole, to)
        elif kind == INT32:
            _copy_labels(viewed(memory, np.int32), start, step, n_classes, any_ignored, whole, to)
        elif kind == INT64:
            _copy_labels(viewed(memory, np.int64), start, step, n_classes, any_ignored, whole, to)
        elif kind == SINGLE:
            _copy_labels(viewed(memory, np.float32), start, step, n_classes, any_ignored, whole, to)
        elif kind == DOUBLE:
            _copy_labels(viewed(memory, np.float64), start, step, n_classes, any_ignored, whole, to)
        else:
            to[:] = OUTSIDE
        done += n


@_inner_kernel
def _copy_labels(
    memory: np.ndarray, start: int, step: int, n_classes: int, any_ignored: bool, ignored: int, to: np.ndarray
) -> None:
    for k in range(to.size):
        label = memory[start + k * step]
        class_ = np.int32(label) if label >= 0 and label < n_classes else OUTSIDE
        # a label that is not whole is no class
        class_ = class_ if class_ == label else OUTSIDE
        to[k] = IGNORED if any_ignored and label == ignored else class_


@_kernel
def write(block: np.ndarray, target: Operand, case: int, class_: int, cell: int) -> None:
    """Write a block, from a cell on."""
    memory, kind, layout = target
    step = layout[6]
    done = 0
    while done < block.size:
        start, n = _run(layout, case, class_, cell + done, block.size - done)
        values = block[done : done + n]
        if kind == SINGLE:
            _put(values, viewed(memory, np.float32), start, step)
        elif kind == DOUBLE:
            _put(values, viewed(memory, np.float64), start, step)
        else:
            _narrow(values, viewed(memory, np.uint16), start, step, kind)
        done += n


@_inner_kernel
def _put(values: np.ndarray, memory: np.ndarray, start: int, step: int) -> None:
    if step == 1:
        part = memory[start : start + values.size]
        for k in range(values.size):
            part[k] = values[k]
    else:
        for k in range(values.size):
            memory[start + k * step] = values[k]


@_inner_kernel
def _narrow(values: np.ndarray, memory: np.ndarray, start: int, step: int, kind: int) -> None:
    if step == 1:
        part = memory[start : start + values.size]
        for k in range(values.size):
            part[k] = _to_float16(values[k]) if kind == FLOAT16 else _to_bfloat16(values[k])
    else:
        for k in range(values.size):
            memory[start + k * step] = _to_float16(values[k]) if kind == FLOAT16 else _to_bfloat16(values[k])


@_inner_kernel
def _run(layout: np.ndarray, case: int, class_: int, cell: int, n: int) -> tuple[int, int]:
    """Return where a cell lies in memory, and how many of the next n cells follow at the step of the last run."""
    column = cell % layout[3]
    return _place(layout, case, class_, cell), min(n, layout[3] - column)


@_kernel
def lies_flat(target: Operand, cell: int, n: int) -> bool:
    """Return whether n cells follow each other in memory."""
    layout = target.layout
    return bool(layout[6] == 1 and layout[3] - cell % layout[3] >= n)


@_inner_kernel
def _place(layout: np.ndarray, case: int, class_: int, cell: int) -> Any:
    """Return where a cell lies in memory."""
    row = cell // layout[3]
    column = cell - row * layout[3]
    plane = row // layout[2]
    row -= plane * layout[2]
    return case * layout[0] + class_ * layout[1] + plane * layout[4] + row * layout[5] + column * layout[6]


@_kernel
def memory_or_room(target: Operand, case: int, class_: int, cell: int, room: np.ndarray) -> np.ndarray:
    """Return the memory from a cell on, if numbers lie there as in a block, and else a room to write them in."""
    if is_room(target, cell, room):
        return room
    start = _place(target.layout, case, class_, cell)
    numbers: np.ndarray = viewed(target.memory, room.dtype)
    return numbers[start : start + room.size]


@_kernel
def is_room(target: Operand, cell: int, room: np.ndarray) -> bool:
    """Return whether it is the room."""
    kind = DOUBLE if room.itemsize == _BYTES_OF_DOUBLE else SINGLE
    return not (target.kind == kind and lies_flat(target, cell, room.size))


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


@_inner_kernel
def _from_bfloat16(x: Any) -> Any:
    """Put the bits where float32 has them."""
    return np.uint32(np.uint32(x) << _u(16)).view(np.float32)


@_inner_kernel
def _from_float16(x: Any) -> Any:
    """Put the bits where float32 has them, and multiply by what the exponents are biased apart, 2^(127 − 15)."""
    bits = _u(x)
    magnitude = np.uint32((bits & _u(0x7FFF)) << _u(13)).view(np.float32) * _f(2.0**112)
    # an exponent of ones is an infinity or NaN, here 2^16 or more
    special = np.uint32(np.float32(magnitude).view(np.uint32) | _u(0x7F800000)).view(np.float32)
    magnitude = special if magnitude >= _f(65536.0) else magnitude
    return -magnitude if bits & _u(0x8000) else magnitude


@_inner_kernel
def _to_bfloat16(value: Any) -> Any:
    """Round to the nearest, ties to even."""
    bits = np.float32(value).view(np.uint32)
    rounded = (bits + _u(0x7FFF) + ((bits >> _u(16)) & _u(1))) >> _u(16)
    return np.uint16(rounded if value == value else _u(0x7FC0))


@_inner_kernel
def _to_float16(value: Any) -> Any:
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

"""Elements of every type and stride, against torch's own conversions and numpy's indexing."""

from __future__ import annotations

import numpy as np
import pytest

numba = pytest.importorskip("numba")
torch = pytest.importorskip("torch")
from overlap.nn.elements import (  # noqa: E402
    BFLOAT16,
    IGNORED,
    OUTSIDE,
    is_room,
    memory_or_room,
    operand,
    operand_to_write,
    read,
    read_labels,
    write,
)

rng = np.random.default_rng(6)
HALVES = {"float16": (np.float16, None), "bfloat16": (np.int16, BFLOAT16)}
"""How numpy views them, and what kind must be told."""
SHAPE = (2, 3, 4, 5, 6)
CELLS = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
LAYOUTS = {
    "contiguous": CELLS,
    "channels last": np.moveaxis(np.ascontiguousarray(np.moveaxis(CELLS, 1, -1)), -1, 1),
    "crop": np.pad(CELLS, 1)[1:-1, 1:-1, 1:-1, 1:-1, 1:-1],
    "every second": np.repeat(CELLS, 2, -1)[..., ::2],
    "transposed": np.ascontiguousarray(CELLS.transpose(0, 1, 4, 3, 2)).transpose(0, 1, 4, 3, 2),
    "repeated": np.broadcast_to(CELLS[:1, :1, :1], SHAPE),
    "four axes": np.pad(CELLS.reshape(2, 3, 2, 2, 5, 6), 1)[1:-1, 1:-1, 1:-1, 1:-1, 1:-1, 1:-1],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_cells_are_read_in_the_order_of_the_axes(name):
    x = LAYOUTS[name]
    block = np.empty(47, np.float32)
    read(operand(x), 1, 2, 29, block)
    np.testing.assert_array_equal(block, x[1, 2].reshape(-1)[29:76])


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name not in ("repeated", "four axes")])
def test_cells_are_written_where_they_are_read(name):
    x = LAYOUTS[name].copy(order="K")
    to = x if name != "crop" else np.pad(x, 1)[1:-1, 1:-1, 1:-1, 1:-1, 1:-1]
    write(np.full(47, -1, np.float32), operand_to_write(to), 1, 2, 29)
    expected = CELLS.copy()
    expected[1, 2].reshape(-1)[29:76] = -1
    np.testing.assert_array_equal(to, expected)


def test_axes_of_one_repeat():
    x = CELLS[:1, :1]
    block = np.empty(5, np.float32)
    read(operand(x), 1, 2, 0, block)
    np.testing.assert_array_equal(block, x[0, 0].reshape(-1)[:5])


@pytest.mark.parametrize("name", HALVES)
def test_every_half_is_read(name):
    bits = np.arange(1 << 16, dtype=np.uint16)
    expected = torch.from_numpy(bits.view(np.int16).copy()).view(getattr(torch, name)).float().numpy()
    block = np.empty(bits.size, np.float32)
    view, kind = HALVES[name]
    read(operand(bits.view(view).reshape(1, 1, -1), kind), 0, 0, 0, block)
    np.testing.assert_array_equal(block, expected)


@pytest.mark.parametrize("name", HALVES)
def test_halves_are_rounded_as_torch_does(name):
    dtype = getattr(torch, name)
    halves = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int16).view(dtype).float().numpy()
    with np.errstate(all="ignore"):
        ties = (halves[:-1] + halves[1:]) / 2
    any_bits = rng.integers(0, 1 << 32, 100_000, dtype=np.uint32).view(np.float32)
    values = np.concatenate([halves, ties, any_bits]).astype(np.float32)
    view, kind = HALVES[name]
    found = np.empty((1, 1, values.size), view)
    write(values, operand_to_write(found, kind), 0, 0, 0)
    expected = torch.from_numpy(values).to(dtype)
    found = torch.from_numpy(found.reshape(-1).view(np.int16)).view(dtype)
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


LABELS = ["uint8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float32", "float64"]
NUMBERS = ["bool", "int8", "float16", *LABELS]


@pytest.mark.parametrize("dtype", NUMBERS)
def test_numbers_of_every_type(dtype):
    x = np.array([[[1, 0, 0, 1, 1, 0, 1]]], dtype)
    for values in (x, x[..., ::2]):
        block = np.full(values.size, np.nan, np.float32)
        read(operand(values), 0, 0, 0, block)
        assert block.tolist() == values.ravel().tolist()


def test_what_is_read_cannot_be_written():
    x = CELLS.copy()
    assert not operand(x).memory.flags.writeable
    assert operand_to_write(x).memory.flags.writeable
    assert x.flags.writeable


@pytest.mark.parametrize("dtype", LABELS)
def test_labels(dtype):
    labels = np.array([0, 2, 1, 255, 3, 2], dtype)
    block = np.empty(labels.size, np.int32)
    read_labels(operand(labels.reshape(1, 1, -1)), 0, 0, 3, 255.0, block)
    assert block.tolist() == [0, 2, 1, IGNORED, OUTSIDE, 2]


def test_halves_are_no_labels():
    block = np.zeros(2, np.int32)
    read_labels(operand(np.zeros((1, 1, 2), np.float16)), 0, 0, 3, np.nan, block)
    assert block.tolist() == [OUTSIDE, OUTSIDE]


def test_numbers_that_do_not_lie_where_numbers_begin():
    packed = np.zeros(2 * 3 * 4 * 8, np.dtype([("mark", np.uint8), ("x", np.float32)]))
    packed["x"] = np.arange(packed.size)
    x = packed["x"].reshape(2, 3, 4, 8)
    assert not x.flags.aligned
    source = operand(x)
    assert source.memory.ctypes.data % x.itemsize == 0
    block = np.empty(5, np.float32)
    read(source, 1, 2, 3, block)
    np.testing.assert_array_equal(block, x[1, 2].reshape(-1)[3:8])


def test_labels_that_are_not_whole_or_wrap_around_are_no_class():
    block = np.empty(4, np.int32)
    read_labels(operand(np.array([[[0.5, np.nan, -1.0, 1e300]]])), 0, 0, 3, np.nan, block)
    assert block.tolist() == [OUTSIDE] * 4
    read_labels(operand(np.array([[[1 << 32, -(1 << 32), -1, 2]]])), 0, 0, 3, np.nan, block)
    assert block.tolist() == [OUTSIDE, OUTSIDE, OUTSIDE, 2]


@numba.njit
def to_write_in(target, cell, room):
    return memory_or_room(target, 0, 0, cell, room), is_room(target, cell, room)


@pytest.mark.parametrize(("cell", "n", "is_flat"), [(0, 6, True), (3, 3, True), (4, 3, False)])
def test_rows_that_lie_flat_are_written_in_memory(cell, n, is_flat):
    rows = np.zeros((1, 1, 4, 9), np.float32)[..., :6]
    room = np.zeros(n, np.float32)
    to, is_the_room = to_write_in(operand_to_write(rows), cell, room)
    to[:] = 1
    assert is_the_room is not is_flat
    assert rows.sum() == is_flat * n
    assert room.sum() == (not is_flat) * n


def test_halves_are_written_in_the_room():
    room = np.zeros(3, np.float32)
    _, is_the_room = to_write_in(operand_to_write(np.zeros((1, 1, 9), np.float16)), 0, room)
    assert is_the_room

"""Blocks against numpy: every cell is read once, and added to its own result."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap.raster import layout as layouts
from overlap.raster.layout import flat, kept_shape, layout, summed_axes

rng = np.random.default_rng(5)


def read(operands, summed):
    """Sum the products of all operands, cell by cell, as a kernel goes through them."""
    shape = kept_shape(operands[0].shape, summed)
    sums = np.zeros(shape).reshape(-1)
    plan = layout(operands, summed)
    memory = [flat(x) for x in operands]
    for turn in product(*map(range, plan.shape)):
        *starts, result, first = plan.steps @ turn
        for k in range(min(layouts.BLOCK, plan.n_cells - first)):
            values = [x[start + k * within] for x, start, within in zip(memory, starts, plan.within, strict=True)]
            sums[result] += np.prod(values)
    return sums.reshape(shape)


@st.composite
def masks(draw):
    """Arrays that broadcast to the first, in any order of their axes, with gaps, and axes to sum over."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    arrays = []
    for k in range(draw(st.integers(1, 3))):
        own = tuple(1 if k and draw(st.booleans()) else n for n in shape)
        order = draw(st.permutations(range(len(shape))))
        gap = draw(st.integers(1, 2))
        x = rng.random([gap * own[axis] for axis in order])[tuple(slice(None, None, gap) for _ in order)]
        x = x.transpose(np.argsort(order))
        if k and draw(st.booleans()):
            x = x[0]
            x = x.reshape(x.shape)
        arrays.append(x)
    axes = draw(st.sets(st.sampled_from(range(len(shape)))))
    return tuple(arrays), tuple(sorted(axes))


@given(masks(), st.sampled_from([2, 3, 1000]))
def test_every_cell_is_read_once(case, block):
    operands, summed = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "BLOCK", block)
        layouts._layout.cache_clear()
        found = read(operands, summed)
    layouts._layout.cache_clear()
    expected = operands[0]
    for x in operands[1:]:
        expected = expected * x
    np.testing.assert_allclose(found, expected.sum(summed), rtol=1e-12)


def test_what_lies_in_order_is_one_loop():
    x = np.zeros((2, 3, 40, 50), np.float32)
    plan = layout((x, x), (2, 3))
    assert plan.n_cells == 2000
    assert plan.shape.tolist() == [6, 1]


def test_the_channels_of_a_block_are_read_one_after_the_other():
    """Of channels last, all channels of some cells come before the next cells: their memory is near."""
    x = np.moveaxis(np.zeros((2, 40, 500, 3), np.float32), -1, 1)
    plan = layout((x,), (2, 3))
    assert plan.within.tolist() == [3]
    assert plan.shape.tolist() == [2, -(-20000 // layouts.BLOCK), 3]


X = np.zeros((3, 40), np.float32)
NO_LAYOUT = {
    "backward": X[:, ::-1],
    "halves": X.astype(np.float16),
    "integers": X.astype(np.int32),
    "the other order of bytes": X.astype(X.dtype.newbyteorder()),
    "between other things": np.zeros((3, 40), [("byte", "u1"), ("value", "f4")])["value"],
    "nothing": X[:0],
}


@pytest.mark.parametrize("name", NO_LAYOUT)
def test_what_kernels_do_not_read(name):
    assert layout((NO_LAYOUT[name],), (1,)) is None


def test_sums_over_few_cells_do_not_pay_unless_there_are_few():
    assert layout((np.zeros((3, 100)),), (0,)) is not None
    assert layout((np.zeros((3, 10000)),), (0,)) is None


def test_axes_are_counted_from_the_first():
    assert summed_axes(-1, 3) == (2,)
    assert summed_axes((0, -1), 3) == (0, 2)
    assert summed_axes(None, 2) == (0, 1)


def test_bools_are_seen_as_bytes():
    x = np.array([[True, False], [True, True]])
    assert flat(x.T).tolist() == [1, 0, 1, 1]
    assert flat(x[:, 1]).tolist() == [0, 1, 1]

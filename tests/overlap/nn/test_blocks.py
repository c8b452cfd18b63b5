"""What a block holds of a batch: the cells that count, and those that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("torch")
from overlap.nn.blocks import Operands, channel_of, fill, logits_of, new_block
from overlap.nn.elements import NOTHING, operand

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
PLAIN = Operands(operand(X), NOTHING, operand(X / 24), NOTHING, NOTHING, np.nan, 2e-6)


def filled(case, softmax=False, rounding=2e-6, ignored=np.nan, **arrays):
    """Return a block of a whole case, and how many counted values of each class cannot be."""
    given = {name: operand(x) for name, x in arrays.items()}
    operands = Operands(
        operand(X),
        given.get("labels", NOTHING),
        given.get("channels", NOTHING),
        given.get("weights", NOTHING),
        given.get("where", NOTHING),
        ignored,
        rounding,
    )
    block = new_block(operands, 3, 4, np.dtype(np.float32), np.dtype(np.float32))
    n_bad = np.zeros(3)
    fill(operands, softmax, False, case, 0, 4, block, n_bad)
    for c in range(3):
        of_class = channel_of(operands.channels, rounding, case, c, 0, block.target[c], block.scale, n_bad)
        block.target[c] = of_class
    return block, n_bad.tolist()


def test_labels_are_spread():
    labels = np.array([[[0, 1, 2, 2]], [[2, 0, 0, 7]]])
    block, n_bad = filled(1, labels=labels)
    np.testing.assert_array_equal(block.logits, X[1])
    assert block.target.tolist() == [[0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert block.scale is None
    assert n_bad == [1, 1, 1]


def test_ignored_labels_do_not_count():
    labels = np.array([[[0, 255, 2, 2]], [[2, 0, 255, 1]]])
    block, n_bad = filled(1, labels=labels, ignored=255.0)
    assert block.scale.tolist() == [[1, 1, 0, 1]] * 3
    assert block.logits[:, 2].tolist() == [0, 0, 0]
    assert n_bad == [0, 0, 0]


@pytest.mark.parametrize("softmax", [False, True])
def test_logits_that_do_not_count_are_cleared(softmax):
    where = np.array([[[1, 0, 0, 1]], [[1, 1, 0, 1]]], np.uint8) * np.array([[1], [0], [1]], np.uint8)
    weights = np.full((1, 1, 4), 2, np.float32)
    channels = np.where(where, 0.5, np.nan).astype(np.float32)
    block, n_bad = filled(0, softmax, channels=channels, weights=weights, where=where)
    scale = 2 * where[0].astype(np.float32)
    np.testing.assert_array_equal(block.scale, scale)
    np.testing.assert_array_equal(block.target, np.where(scale, 0.5, 0))
    counted = where[0].any(0) if softmax else where[0] > 0
    np.testing.assert_array_equal(block.logits, np.where(counted, X[0], 0))
    assert n_bad == [0, 0, 0]


def test_rounding_is_cut_off_and_more_is_counted():
    channels = np.full((2, 3, 4), 0.5, np.float32)
    channels[0, 0] = [1 + 1e-6, -1e-6, 1.001, np.nan]
    block, n_bad = filled(0, channels=channels)
    assert block.target[0, :2].tolist() == [1, 0]
    assert n_bad == [2, 0, 0]


@pytest.mark.parametrize("weight", [-1.0, np.inf, np.nan])
def test_weights_that_cannot_be(weight):
    channels = np.full((2, 3, 4), 0.5, np.float32)
    weights = np.ones((2, 1, 4), np.float32)
    weights[1, 0, 2] = weight
    _, n_bad = filled(1, channels=channels, weights=weights, where=np.ones((1, 1, 4), np.uint8))
    assert n_bad == [1, 1, 1]


@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)])
def test_channels_within_0_and_1_are_not_copied(dtype):
    y = np.array([[[0, 0.25, 1, 0.5], [0, -1e-7, 1, 0.5], [0, 0.25, 1 + 1e-6, np.nan]]], dtype)
    block = new_block(PLAIN, 3, 4, np.dtype(dtype), np.dtype(dtype))
    n_bad = np.zeros(3)
    rows = [channel_of(operand(y), 2e-6, 0, c, 0, block.target[c], None, n_bad) for c in range(3)]
    assert [np.shares_memory(row, y) for row in rows] == [True, False, False]
    assert rows[1].tolist() == [0, 0, 1, 0.5]
    assert rows[2][:3].tolist() == [0, 0.25, 1]
    assert n_bad.tolist() == [0, 0, 1]


def test_few_logits_are_not_copied():
    block = new_block(PLAIN, 3, 4, np.dtype(np.float32), np.dtype(np.float32))
    block.logits[:] = -1
    fill(PLAIN, False, True, 1, 0, 4, block, np.zeros(3))
    assert (block.logits == -1).all()
    row = logits_of(PLAIN.logits, True, 1, 2, 0, block.logits[2], None)
    assert row.tolist() == X[1, 2].tolist()
    copied = logits_of(PLAIN.logits, False, 1, 2, 0, block.logits[2], None)
    assert np.shares_memory(copied, block.logits)

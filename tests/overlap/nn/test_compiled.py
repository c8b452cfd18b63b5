"""Chunks of a batch: what a kernel writes of which."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("torch")
from overlap.nn.blocks import Operands, new_block
from overlap.nn.chances import new_chances
from overlap.nn.compiled import CELLS, FORMS, N_SUMS, SIZE_A, SIZE_B, Pass, Slopes, add_chunks, write_chunks
from overlap.nn.elements import NOTHING, operand, operand_to_write

rng = np.random.default_rng(8)
X = rng.normal(size=(2, 3, 50)).astype(np.float32)
Y = rng.random(size=(2, 3, 50)).astype(np.float32)
OPERANDS = Operands(operand(X), NOTHING, operand(Y), NOTHING, NOTHING, np.nan, 2e-6)
# of a case, 20 cells, 20 and 10, in blocks of 8
PASS = Pass(50, 20, False, False, FORMS["product"], 0.0)
F32 = np.dtype(np.float32)


def test_each_chunk_has_its_cells():
    block = new_block(OPERANDS, 3, 8, F32, F32)
    chances = new_chances(block.logits, softmax=False, entropy=False)
    sums = np.full((6, N_SUMS, 3), -1.0)
    add_chunks(OPERANDS, PASS, block, chances, 1, 5, sums)
    assert (sums[[0, 5]] == -1).all()
    assert (sums[1:5, CELLS] == np.array([20, 10, 20, 20])[:, None]).all()
    expected = [Y[0, :, 20:40], Y[0, :, 40:], Y[1, :, :20], Y[1, :, 20:40]]
    np.testing.assert_allclose(sums[1:5, SIZE_B], [y.sum(1, dtype=np.float64) for y in expected], rtol=1e-14)


def test_only_its_chunks_are_written():
    block = new_block(OPERANDS, 3, 8, F32, F32)
    chances = new_chances(block.logits, softmax=False, entropy=False)
    gradient = np.full_like(X, np.nan)
    g = np.zeros((2, N_SUMS, 3))
    g[:, SIZE_A] = [1, 2, 3]
    slopes = Slopes(np.empty_like(block.logits), np.empty((3, 0), np.float32))
    write_chunks(OPERANDS, PASS, block, chances, slopes, 2, 4, g, operand_to_write(gradient))
    assert np.isnan(gradient[0, :, :40]).all()
    assert np.isnan(gradient[1, :, 20:]).all()
    p = 1 / (1 + np.exp(-X.astype(np.float64)))
    expected = p * (1 - p) * np.array([[1], [2], [3]])
    np.testing.assert_allclose(gradient[0, :, 40:], expected[0, :, 40:], rtol=1e-6)
    np.testing.assert_allclose(gradient[1, :, :20], expected[1, :, :20], rtol=1e-6)

"""Oracles: every mask of a few cells, the implementation of the paper, and its limit for many cells."""

from __future__ import annotations

import time
from itertools import product
from math import nan

import numpy as np
import pytest

import overlap as ov
from overlap.expected import expected_dice, optimal_mask

rng = np.random.default_rng(9)

RANKSEG = {(2, 0.5): 16, (4, 1): 68, (8, 1): 216, (8, 3): 332, (15, 2): 788, (10, 6): 788}
"""Cells of the mask that rankseg 0.0.8 gives for `blob(radius, softness)`: rankdice_ba with each of its solvers, at
eps=1e-12 and pruning_prob=0."""


def blob(radius, softness, n=48):
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    return 1 / (1 + np.exp((np.hypot(x, y) - radius) / softness))


@pytest.mark.parametrize("empty", [nan, 1.0])
def test_no_mask_is_better(empty):
    for seed in range(20):
        draw = np.random.default_rng(seed)
        p = draw.random(draw.integers(1, 9)) ** draw.integers(1, 8)
        masks = np.array(list(product([False, True], repeat=len(p))))
        values = expected_dice(masks, np.broadcast_to(p, masks.shape), axis=1, empty=empty)
        got = expected_dice(optimal_mask(p, empty=empty), p, empty=empty)
        assert got == pytest.approx(np.nanmax(values), rel=2e-8)


@pytest.mark.parametrize(("shape", "cells"), RANKSEG.items())
def test_the_implementation_of_the_paper(shape, cells):
    assert np.count_nonzero(optimal_mask(blob(*shape))) == cells


@pytest.mark.parametrize("power", [1, 20, 1000, 100_000])
def test_each_number_of_cells(power):
    """Of masks of the most probable cells none is better, with many, some or a handful of likely cells."""
    p = np.sort(rng.random(20_000) ** power)[::-1]
    n = int(optimal_mask(p).sum())
    assert optimal_mask(p)[:n].all()
    best = expected_dice(np.arange(len(p)) < n, p)
    for other in (n - 50, n - 3, n - 1, n + 1, n + 3, n + 50):
        if other > 0:
            assert expected_dice(np.arange(len(p)) < other, p) < best * (1 + 2e-8)


def test_the_threshold_tends_to_half_of_the_dice():
    p = rng.random(10**6) ** 20
    mask = optimal_mask(p)
    assert p[mask].min() == pytest.approx(expected_dice(mask, p) / 2, abs=3e-4)


def test_of_equal_cells_the_first():
    np.testing.assert_array_equal(optimal_mask(np.array([0.2, 0.4, 0.2, 0.2])), [True, True, True, True])
    # with {1} and with {1, 2} the mean is 28/75
    np.testing.assert_array_equal(optimal_mask(np.array([0.0, 0.4, 0.2])), [False, True, False])
    np.testing.assert_array_equal(optimal_mask(np.array([[0.5, 1.0], [1.0, 0.5]])), [[True, True], [True, True]])
    p = np.array([0.26, 1.0, 0.26, 0.26, 1.0])
    mask = optimal_mask(p)
    n = int(mask.sum())
    np.testing.assert_array_equal(np.flatnonzero(mask), sorted(np.argsort(-p, kind="stable")[:n]))


@pytest.mark.parametrize("chance", [1e-4, 1e-12, 1e-200])
def test_unlikely_cells(chance):
    """With cells that are hardly ever there, each is worth what the first is: all are in the mask."""
    assert optimal_mask(np.full(500, chance)).all()
    p = np.array([chance, chance, chance / 10])
    best = [2 * chance / 2, 4 * chance / 3, 4.2 * chance / 4]
    assert optimal_mask(p).sum() == np.argmax(best) + 1


def test_certain_cells_are_the_mask():
    y = rng.random(50) < 0.4
    np.testing.assert_array_equal(optimal_mask(y.astype(float)), y)
    np.testing.assert_array_equal(optimal_mask(y), y)


def test_no_cell_has_a_chance():
    assert not optimal_mask(np.zeros(4)).any()
    assert optimal_mask(np.zeros((0, 3)), axis=1).shape == (0, 3)
    assert optimal_mask(np.zeros(0)).shape == (0,)


def test_an_empty_mask_where_that_is_worth_most():
    p = np.array([0.1, 0.1])
    np.testing.assert_array_equal(optimal_mask(p), [True, True])
    assert not optimal_mask(p, empty=1.0).any()
    assert optimal_mask(p, empty=ov.EmptyPolicy(both_empty=1.0, reference_empty=0.95)).all()


def test_each_case_by_itself(backend):
    p = rng.random((3, 4, 5))
    got = backend.to_numpy(optimal_mask(backend.asarray(p), axis=(0, 2)))
    for k in range(4):
        np.testing.assert_array_equal(got[:, k], optimal_mask(p[:, k]))


def test_what_does_not_count_is_not_in_it():
    p = rng.random((4, 5))
    where = rng.random((4, 5)) < 0.5
    mask = optimal_mask(np.where(where, p, nan), where=where)
    assert not mask[~where].any()
    np.testing.assert_array_equal(mask[where], optimal_mask(p[where]))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_every_floating_dtype(dtype):
    torch = pytest.importorskip("torch")
    p = torch.rand(40, generator=torch.Generator().manual_seed(3)).to(getattr(torch, dtype))
    np.testing.assert_array_equal(optimal_mask(p).numpy(), optimal_mask(p.double().numpy()))
    np.testing.assert_array_equal(optimal_mask(p.requires_grad_()).numpy(), optimal_mask(p.detach().double().numpy()))


def test_what_is_refused_of_dask():
    dask = pytest.importorskip("dask.array")
    with pytest.raises(
        ValueError, match="expected.optimal_mask: 1 counted values of probability are out of range or NaN"
    ):
        optimal_mask(dask.from_array(np.array([0.5, nan])))


def test_what_is_refused():
    with pytest.raises(ValueError, match="expected.optimal_mask: 1 counted values of probability are out of range"):
        optimal_mask(np.array([0.5, 1.5]))
    with pytest.raises(TypeError, match="probability has dtype int64"):
        optimal_mask(np.array([0, 1]))
    with pytest.raises(TypeError, match="empty must be one number"):
        optimal_mask(np.array([0.5]), empty=None)
    with pytest.raises(ValueError, match="axis must be None"):
        optimal_mask(np.array([0.5]), axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("power", [1, 100, 100_000])
def test_a_million_cells_are_quick(power):
    p = rng.random(10**6) ** power
    optimal_mask(p)
    begin = time.process_time()
    optimal_mask(p)
    # 0.01 to 0.1 s where nothing else runs
    assert time.process_time() - begin < 1

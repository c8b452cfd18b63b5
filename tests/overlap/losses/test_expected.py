"""Oracles: the mean over every mask that may be drawn, closed forms, and a brute search for the least."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import overlap as ov
from overlap.losses import dice_loss, expected_dice_loss

rng = np.random.default_rng(12)


def by_drawing(p, y, smooth=0.0, weights=1.0):
    """Return 1 minus the mean of Dice over every mask that may be drawn; of two empty ones it is 1."""
    drawn = np.array(list(product([0.0, 1.0], repeat=len(p))))
    chances = np.prod(np.where(drawn == 1, p, 1 - p), axis=-1)
    shared = np.sum(weights * drawn * y, axis=-1) + smooth / 2
    sizes = np.sum(weights * (drawn + y), axis=-1) + smooth
    dice = np.where(sizes == 0, 1.0, 2 * shared / np.where(sizes == 0, 1.0, sizes))
    return 1 - np.sum(chances * dice)


@pytest.mark.parametrize("smooth", [0.0, 1e-5, 1.0, 30.0])
@pytest.mark.parametrize("soft", [False, True])
def test_every_mask_that_may_be_drawn(smooth, soft):
    for n in (1, 2, 7):
        p = rng.random(n)
        y = rng.random(n) if soft else rng.random(n) < 0.5
        weights = rng.random(n) * 3
        assert expected_dice_loss(p, y, smooth=smooth) == pytest.approx(by_drawing(p, y, smooth), abs=1e-8)
        got = expected_dice_loss(p, y, smooth=smooth, weights=weights)
        assert got == pytest.approx(by_drawing(p, y, smooth, weights), abs=1e-8)


def test_a_hard_prediction_has_the_dice_loss():
    p = rng.random((3, 40)) < 0.5
    y = rng.random((3, 40)) < 0.5
    for smooth in (0.0, 2.0):
        got = expected_dice_loss(p, y, axis=1, smooth=smooth)
        assert got == pytest.approx(dice_loss(p, y, axis=1, smooth=smooth), abs=1e-8)


def test_an_empty_target():
    p = np.array([0.1, 0.2])
    assert expected_dice_loss(p, p > 1) == pytest.approx(1 - 0.9 * 0.8)
    assert expected_dice_loss(0 * p, p > 1) == 0
    assert expected_dice_loss(p, p > 1, smooth=1.0) == pytest.approx(by_drawing(p, 0 * p, 1.0))


@pytest.mark.parametrize("level", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_soft_target_is_driven_to_a_hard_mask(level):
    """Of one cell by itself the best is 1, beside four that are certain it depends on its level."""
    grid = np.linspace(0, 1, 11)
    alone = [expected_dice_loss(np.array([p]), np.array([level])) for p in grid]
    assert grid[np.argmin(alone)] == 1
    y = np.array([1.0, 1.0, 1.0, 1.0, level])
    beside = [expected_dice_loss(np.array([1.0, 1.0, 1.0, 1.0, p]), y) for p in grid]
    # (4 + y)/(9 + y) with the cell against 4/(8 + y) without it
    assert grid[np.argmin(beside)] == (1 if (4 + level) / (9 + level) > 4 / (8 + level) else 0)


def test_options_are_those_of_the_others():
    p = rng.random((2, 3, 8))
    y = rng.random((2, 3, 8)) < 0.5
    where = rng.random((2, 1, 8)) < 0.5
    where[1] = False
    each = expected_dice_loss(p, y, axis=2, where=where, reduction="none")
    assert np.isnan(each[1]).all()
    for k in range(3):
        cells = where[0, 0]
        assert each[0, k] == pytest.approx(by_drawing(p[0, k, cells], y[0, k, cells]), abs=1e-8)
    class_weights = np.array([1.0, 2.0, 0.0])
    mean = expected_dice_loss(p, y, axis=2, where=where, class_weights=class_weights)
    assert mean == pytest.approx((each[0] * class_weights).sum() / 3)
    assert expected_dice_loss(p, y, axis=2, where=where, reduction="sum") == pytest.approx(each[0].sum())


def test_every_library(backend):
    p = rng.random((2, 3, 5))
    y = rng.random((2, 3, 5))
    got = expected_dice_loss(backend.asarray(p), backend.asarray(y), axis=(0, 2), smooth=1.0)
    assert float(backend.to_numpy(got)) == pytest.approx(expected_dice_loss(p, y, axis=(0, 2), smooth=1.0), rel=2e-8)


@pytest.mark.slow
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_gradients(smooth):
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(4)
    p = torch.rand(2, 6, dtype=torch.float64, generator=generator).requires_grad_()
    y = torch.rand(2, 6, dtype=torch.float64, generator=generator).round()
    y[1] = 0

    def loss(p):
        return expected_dice_loss(p, y, axis=1, smooth=smooth)

    assert torch.autograd.gradcheck(loss, p)
    assert torch.autograd.gradgradcheck(loss, p)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_large_masks_in_low_precision(dtype):
    torch = pytest.importorskip("torch")
    for level in (0.0, 1.0):
        for target in (0.0, 1.0):
            p = torch.full((1, 512, 512), level, dtype=getattr(torch, dtype), requires_grad=True)
            y = torch.full_like(p, target).detach()
            loss = expected_dice_loss(p, y, smooth=1.0)
            loss.backward()
            assert torch.isfinite(loss)
            assert torch.isfinite(p.grad).all()
            # more of the target is never worse, less of the rest neither
            assert ((p.grad <= 0) if target else (p.grad >= 0)).all()


def test_the_limit_of_many_cells_is_the_product_form():
    p = rng.random(10**5)
    y = rng.random(10**5) < 0.3
    assert expected_dice_loss(p, y) == pytest.approx(dice_loss(p, y, tnorm="product"), rel=1e-5)


def test_what_is_refused():
    p = np.array([0.5, 0.5])
    with pytest.raises(ValueError, match="losses.expected_dice_loss: smooth is a number of cells >= 0, got -1"):
        expected_dice_loss(p, p > 0, smooth=-1)
    with pytest.raises(ValueError, match="losses.expected_dice_loss: 1 counted values of prediction are out of range"):
        expected_dice_loss(np.array([0.5, 2.0]), p > 0)
    with pytest.raises(ValueError, match="prediction has shape"):
        expected_dice_loss(p, ov.raster.dice(p, p, axis=0, empty=0.0).reshape(1))
    with pytest.raises(TypeError, match="losses.expected_dice_loss: target has dtype int64"):
        expected_dice_loss(p, (p > 0).astype(np.int64))
    with pytest.raises(ValueError, match="reduction must be one of"):
        expected_dice_loss(p, p > 0, reduction="max")

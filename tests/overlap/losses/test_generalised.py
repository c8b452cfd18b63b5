"""Oracles: cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import losses

rng = np.random.default_rng(5)
P, Y = (rng.dirichlet(np.ones(3), (2, 6)).transpose(0, 2, 1) for _ in range(2))  # (batch, class, cells)


def by_hand(p, y, weight):
    """One case of hard classes: sizes and weights by plain loops."""
    top = bottom = 0.0
    for a, b in zip(p, y, strict=True):
        top += weight(b.sum()) * 2 * (a * b).sum()
        bottom += weight(b.sum()) * (a.sum() + b.sum())
    return 1 - top / bottom


@pytest.mark.parametrize(
    ("weighting", "weight"), [("square", lambda n: n**-2), ("linear", lambda n: 1 / n), ("uniform", lambda n: 1)]
)
def test_weighting(backend, weighting, weight):
    y = np.eye(3)[[0, 0, 0, 1, 1, 2]].T[None]
    got = losses.generalised_dice_loss(*map(backend.asarray, (P[:1], y)), weighting=weighting)
    assert float(backend.to_numpy(got)) == pytest.approx(by_hand(P[0], y[0], weight))


def test_an_absent_class_weighs_as_much_as_the_rarest():
    y = np.eye(3)[[0, 0, 0, 0, 1, 1]].T[None]
    got = losses.generalised_dice_loss(P[:1], y)
    assert got == pytest.approx(by_hand(P[0], y[0], lambda n: max(n, 2.0) ** -2))


def test_nothing_in_the_target():
    y = np.zeros_like(P)
    assert losses.generalised_dice_loss(P, y) == 1
    assert losses.generalised_dice_loss(y, y) == 0


@pytest.mark.parametrize("scale", [1, 1000])
def test_smooth_is_in_cells_of_an_average_class(scale):
    """Two classes alike: what Dice of one of them would be, however many cells."""
    p = np.repeat([[0.5, 0.25]], scale, axis=0).T.reshape(1, 1, -1)
    y = p > 0.3
    one = losses.dice_loss(p, y, smooth=1.0)
    two = losses.generalised_dice_loss(np.repeat(p, 2, axis=1), np.repeat(y, 2, axis=1), smooth=1.0)
    assert two == pytest.approx(one)


def test_axes_and_class_weights():
    hard = (Y.max(axis=1, keepdims=True) - Y) == 0
    each = losses.generalised_dice_loss(P, hard, axis=2, reduction="none")
    assert each.shape == (2,)
    assert each[1] == pytest.approx(losses.generalised_dice_loss(P[1:], hard[1:]))
    last = losses.generalised_dice_loss(np.moveaxis(P, 1, -1), np.moveaxis(hard, 1, -1), class_axis=-1)
    assert last == pytest.approx(losses.generalised_dice_loss(P, hard))
    alone = losses.generalised_dice_loss(P, hard, class_weights=np.array([0.0, 1.0, 0.0]))
    assert alone == pytest.approx(losses.dice_loss(P[:, 1], hard[:, 1]))
    with pytest.raises(ValueError, match=r"axis \(1, 2\) names the axis of the classes, 1"):
        losses.generalised_dice_loss(P, hard, axis=(1, 2))
    with pytest.raises(ValueError, match="class_axis 3 or axis None is not one of the 3 axes"):
        losses.generalised_dice_loss(P, hard, class_axis=3)
    with pytest.raises(ValueError, match="'square', 'linear', 'uniform', got 'simple'"):
        losses.generalised_dice_loss(P, hard, weighting="simple")


def test_it_returns_a_soft_target():
    assert losses.generalised_dice_loss(Y, Y) == pytest.approx(0)
    assert losses.generalised_dice_loss(Y, Y, tnorm="product") > 0.3

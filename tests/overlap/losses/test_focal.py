"""Oracles are the paper's formula in plain numpy, and a search for what is sought."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import losses

rng = np.random.default_rng(3)
P, Y = rng.random((2, 3, 8)), rng.random((2, 3, 8)) > 0.6
SHARES = rng.dirichlet(np.ones(3), (2, 8)).transpose(0, 2, 1)
LABELS = np.eye(3)[rng.integers(3, size=(2, 8))].transpose(0, 2, 1)


def focal(p, y, gamma, alpha):
    """Return −α_t (1 − p_t)^γ log p_t of each cell, as the paper writes it."""
    p_t = np.where(y, p, 1 - p)
    alpha_t = 1.0 if alpha is None else np.where(y, alpha, 1 - alpha)
    return -alpha_t * (1 - p_t) ** gamma * np.log(p_t)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("alpha", [None, 0.25])
def test_the_papers_formula(backend, gamma, alpha):
    p, y = map(backend.asarray, (P, Y.astype(float)))
    got = losses.dice_focal_loss(p, y, gamma, alpha, axis=2, dice_weight=0.5, ce_weight=3.0, reduction="none")
    expected = 0.5 * losses.dice_loss(P, Y, axis=2, reduction="none") + 3 * focal(P, Y, gamma, alpha).mean(2)
    np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=1e-12)


@pytest.mark.parametrize("alpha", [None, 0.25])
def test_classes_that_exclude_each_other(backend, alpha):
    p, y = map(backend.asarray, (SHARES, LABELS))
    got = losses.dice_focal_loss(p, y, 2.0, alpha, class_axis=1, axis=2, dice_weight=0.0, reduction="none")
    weight = np.ones(3) if alpha is None else np.array([1 - alpha, alpha, alpha])
    cells = -weight[:, None] * (1 - SHARES) ** 2 * np.log(SHARES) * LABELS
    np.testing.assert_allclose(backend.to_numpy(got)[:, 0], cells.sum(1).mean(1), rtol=1e-12)


def test_weights_and_where():
    weights, where = rng.random(8), rng.random((2, 1, 8)) > 0.3
    got = losses.dice_focal_loss(P, Y, weights=weights, where=where, dice_weight=0.0)
    size = np.broadcast_to(weights * where, P.shape)
    assert got == pytest.approx((size * focal(P, Y, 2.0, None)).sum() / size.sum())


def test_a_soft_target_weighs_both_outcomes():
    p, y = P[0, 0], P[1, 1]
    got = losses.dice_focal_loss(p, y, 2.0, 0.25, dice_weight=0.0)
    expected = y * focal(p, True, 2.0, 0.25) + (1 - y) * focal(p, False, 2.0, 0.25)
    assert got == pytest.approx(expected.mean())


@pytest.mark.parametrize("gamma", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_certain_cells_have_finite_values_and_gradients(gamma, value):
    torch = pytest.importorskip("torch")
    for y in (torch.zeros(4), torch.ones(4)):
        p = torch.full((4,), value, requires_grad=True)
        loss = losses.dice_focal_loss(p, y, gamma)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(p.grad).all()


def test_gradcheck():
    torch = pytest.importorskip("torch")
    p = torch.tensor(P[0, :2], requires_grad=True)
    y = torch.tensor(Y[0, :2]).double()
    for gamma in (0.5, 2.0):
        assert torch.autograd.gradcheck(losses.dice_focal_loss, (p, y, gamma, 0.25))


def test_errors_name_the_loss():
    with pytest.raises(ValueError, match=r"losses\.dice_focal_loss: gamma must be a finite number >= 0, got -2"):
        losses.dice_focal_loss(P, Y, -2.0)
    with pytest.raises(ValueError, match=r"losses\.dice_focal_loss: alpha .* from 0 to 1, or None, got 1.5"):
        losses.dice_focal_loss(P, Y, alpha=1.5)
    with pytest.raises(TypeError, match=r"losses\.dice_focal_loss: target has dtype int64"):
        losses.dice_focal_loss(P, Y.astype(np.int64))
    with pytest.raises(ValueError, match="'mean', 'sum', 'none', got 'avg'"):
        losses.dice_focal_loss(P, Y, reduction="avg")

"""Closed forms: the power of the Tversky loss, and log cosh of the Dice loss in 50 digits."""

from __future__ import annotations

import decimal

import numpy as np
import pytest

from overlap import losses

rng = np.random.default_rng(11)
SOFT = rng.random((2, 3, 4, 5)), rng.random((2, 3, 4, 5))


def test_power_of_the_focal_loss():
    plain = losses.tversky_loss(*SOFT, 0.3, 0.7, axis=(2, 3), reduction="none")
    focal = losses.focal_tversky_loss(*SOFT, 0.3, 0.7, 2.0, axis=(2, 3), reduction="none")
    np.testing.assert_allclose(focal, plain**2)


def log_cosh(x):
    """Return log cosh x in 50 digits."""
    with decimal.localcontext(prec=50):
        e = decimal.Decimal(float(x)).exp()
        return float(((e + 1 / e) / 2).ln())


def test_the_log_cosh_of_each_ratio():
    each = losses.dice_loss(*SOFT, axis=(2, 3), reduction="none")
    bent = losses.log_cosh_dice_loss(*SOFT, axis=(2, 3), reduction="none")
    np.testing.assert_allclose(bent.ravel(), [log_cosh(x) for x in each.ravel()], rtol=1e-14)
    assert losses.log_cosh_dice_loss(*SOFT, axis=(2, 3)) == pytest.approx(bent.mean())


@pytest.mark.parametrize("missing", [1e-8, 1e-5, 1e-2, 0.5])
def test_small_losses_keep_their_digits(missing):
    prediction, target = np.array([1.0, 1.0 - missing]), np.array([True, True])
    loss = losses.dice_loss(prediction, target)
    assert losses.log_cosh_dice_loss(prediction, target) == pytest.approx(log_cosh(loss), rel=1e-14, abs=0)


@pytest.mark.parametrize("missing", [0.0, 1e-8, 0.25, 1.0])
def test_the_slope_is_the_hyperbolic_tangent(missing):
    """d/dx log cosh x = tanh x; it fades as the masks come to agree."""
    torch = pytest.importorskip("torch")
    target = torch.ones(2, dtype=torch.float64)
    slopes = []
    for loss in (losses.dice_loss, losses.log_cosh_dice_loss):
        prediction = torch.tensor([1.0, 1.0 - missing], dtype=torch.float64, requires_grad=True)
        value = loss(prediction, target)
        value.backward()
        slopes.append((float(value.detach()), prediction.grad))
    (dice, plain), (_, bent) = slopes
    torch.testing.assert_close(bent, plain * np.tanh(dice))

"""Oracles: the papers' formulas score by score in plain Python, torch's cross-entropy, closed forms."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from overlap.losses import quality_focal_loss, varifocal_loss

LOSSES = (quality_focal_loss, varifocal_loss)
RNG = np.random.default_rng(5)
P = RNG.uniform(0.01, 0.99, (6, 3))
Q = RNG.uniform(0, 1, (6, 3)) * (RNG.random((6, 3)) > 0.5)


def entropy(p, q):
    return -(q * log(p) + (1 - q) * log(1 - p))


@pytest.mark.parametrize("beta", [0, 0.5, 2.0, 3])
def test_quality_focal(backend, beta):
    expected = [
        [abs(q - p) ** beta * entropy(p, q) for p, q in zip(*row, strict=True)] for row in zip(P, Q, strict=True)
    ]
    got = quality_focal_loss(backend.asarray(P), backend.asarray(Q), beta=beta, reduction="none")
    np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=1e-12)


@pytest.mark.parametrize(("alpha", "gamma"), [(0.75, 2.0), (1.0, 0.0), (0.25, 1.5)])
def test_varifocal(backend, alpha, gamma):
    def one(p, q):
        return q * entropy(p, q) if q > 0 else -alpha * p**gamma * log(1 - p)

    expected = [[one(p, q) for p, q in zip(*row, strict=True)] for row in zip(P, Q, strict=True)]
    got = varifocal_loss(backend.asarray(P), backend.asarray(Q), alpha=alpha, gamma=gamma, reduction="none")
    np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=1e-12)


def test_of_hard_targets_it_is_the_focal_loss():
    hard = (Q > 0).astype(float)
    # Lin et al.: p_t is the chance of what is so
    chance = np.where(hard == 1, P, 1 - P)
    np.testing.assert_allclose(
        quality_focal_loss(P, hard, beta=2, reduction="none"), -((1 - chance) ** 2) * np.log(chance), rtol=1e-12
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_least_where_the_score_is_the_iou(loss):
    scores = np.arange(1, 100) / 100
    for iou in (0.2, 0.55, 0.9):
        each = loss(scores, np.full_like(scores, iou), reduction="none")
        assert scores[each.argmin()] == pytest.approx(iou)
    assert float(loss(np.zeros(3), np.zeros(3))) == 0
    assert float(loss(np.ones(3), np.ones(3))) == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_reductions_and_weights(loss):
    each = loss(P, Q, reduction="none")
    weights = np.array([[0.0], [1.0], [2.0], [0.5], [0.0], [1.0]])
    weighted = weights * each
    assert float(loss(P, Q)) == pytest.approx(each.mean(), rel=1e-14)
    assert float(loss(P, Q, reduction="sum")) == pytest.approx(each.sum(), rel=1e-14)
    np.testing.assert_array_equal(loss(P, Q, weights=weights, reduction="none"), weighted)
    assert float(loss(P, Q, weights=weights)) == pytest.approx(weighted.sum() / (3 * weights.sum()), rel=1e-14)
    assert float(loss(P[:0], Q[:0])) == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients(loss):
    torch = pytest.importorskip("torch")
    p, q = torch.tensor(P, requires_grad=True), torch.tensor(Q, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p, q: loss(p, q.clamp(min=0.1)), (p, q))
    assert torch.autograd.gradcheck(lambda p: loss(p, torch.zeros_like(p)), p)
    ends = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.5], requires_grad=True)
    power = {"beta": 0.5} if loss is quality_focal_loss else {"gamma": 0.5}
    value = loss(ends, torch.tensor([0.0, 1.0, 1.0, 0.0, 0.5]), **power)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(ends.grad).all()
    # the other end is 100 away, as in torch's binary cross-entropy
    far = loss(torch.tensor([0.0]), torch.tensor([1.0]))
    assert float(far) == 100


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("p", "q", "options", "message"),
    [
        (P, Q[:, :1], {}, r"prediction has shape \(6, 3\), target \(6, 1\)"),
        (P, Q > 0, {}, "target has dtype bool; scores and IoU are floating"),
        (3 * P, Q, {}, "prediction holds values outside of .0, 1., or NaN; pass probabilities"),
        (P, Q - 1, {}, "target holds values outside of .0, 1., or NaN; pass IoU, 0 for background"),
        (np.full(2, np.nan), np.zeros(2), {}, "prediction holds values outside"),
        (P, Q, {"reduction": "max"}, "reduction must be one of 'mean', 'sum', 'none'"),
        (P, Q, {"weights": -P}, "weights holds a number that is negative"),
        (P, Q, {"weights": np.ones(4)}, r"weights has shape \(4,\), which does not broadcast"),
    ],
)
def test_what_is_refused(loss, p, q, options, message):
    with pytest.raises((ValueError, TypeError), match=rf"^losses\.{loss.__name__}: {message}"):
        loss(p, q, **options)


@pytest.mark.parametrize(
    ("loss", "options"),
    [(quality_focal_loss, {"beta": -1}), (varifocal_loss, {"gamma": np.inf}), (varifocal_loss, {"alpha": np.nan})],
)
def test_powers_that_are_none(loss, options):
    (name,) = options
    with pytest.raises(ValueError, match=rf"^losses\.{loss.__name__}: {name} must be >= 0 and finite"):
        loss(P, Q, **options)

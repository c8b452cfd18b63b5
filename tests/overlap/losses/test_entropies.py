"""Oracles: cases worked out by hand, scikit-learn's log loss and torch's cross-entropies."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from overlap import losses

rng = np.random.default_rng(5)
P, Y = (rng.dirichlet(np.ones(3), (2, 6)).transpose(0, 2, 1) for _ in range(2))  # (batch, class, cells)
CE = partial(losses.dice_ce_loss, dice_weight=0.0)


def test_binary_cross_entropy(backend):
    metrics = pytest.importorskip("sklearn.metrics")
    p, y = P[0, 0], (Y[0, 0] > 0.3).astype(float)
    got = CE(*map(backend.asarray, (p, y)))
    assert float(backend.to_numpy(got)) == pytest.approx(metrics.log_loss(y, p))


def test_classes_that_exclude_each_other(backend):
    metrics = pytest.importorskip("sklearn.metrics")
    labels = Y.argmax(axis=1)
    hard = np.eye(3)[labels].transpose(0, 2, 1)
    got = CE(*map(backend.asarray, (P, hard)), class_axis=1)
    assert float(backend.to_numpy(got)) == pytest.approx(
        metrics.log_loss(labels.ravel(), np.moveaxis(P, 1, 2).reshape(-1, 3))
    )


def test_soft_classes_as_torch():
    torch = pytest.importorskip("torch")
    p, y = map(torch.tensor, (P, Y))
    expected = torch.nn.functional.cross_entropy(p.log(), y)
    torch.testing.assert_close(CE(p, y, class_axis=1, axis=2), expected)
    torch.testing.assert_close(CE(p, y, axis=2), torch.nn.functional.binary_cross_entropy(p, y))


def test_the_two_parts():
    options = {"axis": 2, "smooth": 1.0}
    dice, entropy = losses.dice_loss(P, Y, **options), CE(P, Y, class_axis=1, **options)
    both = losses.dice_ce_loss(P, Y, class_axis=1, dice_weight=0.5, ce_weight=2.0, **options)
    assert both == pytest.approx(dice / 2 + 2 * entropy)


def test_what_none_leaves():
    each = losses.dice_ce_loss(P, Y, class_axis=1, axis=2, reduction="none")
    assert each.shape == (2, 1)
    assert each.mean() == pytest.approx(losses.dice_ce_loss(P, Y, class_axis=1, axis=2))
    assert losses.dice_ce_loss(P, Y, axis=2, reduction="none").shape == (2, 3)


def test_weights_and_where():
    counted, weights = np.array([True, True, False, True, False, True]), np.arange(1.0, 7.0)
    y = np.where(counted, Y[0, 0], np.nan)
    got = CE(P[0, 0], y, where=counted, weights=weights)
    p, y, w = (x[counted] for x in (P[0, 0], y, weights))
    assert got == pytest.approx(np.average(-y * np.log(p) - (1 - y) * np.log(1 - p), weights=w))


def test_finite_at_certainty():
    torch = pytest.importorskip("torch")
    p = torch.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    y = torch.tensor([0.0, 1.0, 1.0, 0.0])
    loss = losses.dice_ce_loss(p, y)
    loss.backward()
    assert loss.item() == pytest.approx(0.5 + torch.nn.functional.binary_cross_entropy(p, y).item())
    assert (p.grad * torch.tensor([1, -1, -1, 1]) > 0).all()


def test_hidden_values_have_no_gradient():
    torch = pytest.importorskip("torch")
    p = torch.tensor([0.2, 0.4, float("nan")], requires_grad=True)
    y = torch.tensor([0.0, 1.0, float("nan")])
    losses.dice_ce_loss(p, y, where=~torch.isnan(y)).backward()
    assert p.grad[2] == 0
    assert (p.grad[:2] != 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_of_a_million_cells(dtype):
    torch = pytest.importorskip("torch")
    y = (torch.arange(1 << 20).reshape(1, 2, 512, 1024) % 3 == 0).to(getattr(torch, dtype))
    for loss in (losses.generalised_dice_loss, losses.dice_ce_loss):
        p = torch.full_like(y, 0.25, requires_grad=True)
        value = loss(p, y)
        value.backward()
        assert value.item() == pytest.approx(loss(p.detach().double(), y.double()).item(), rel=1e-6)
        assert torch.isfinite(p.grad).all()
        assert (p.grad[y == 1] < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("loss", [losses.generalised_dice_loss, partial(losses.dice_ce_loss, class_axis=1, axis=2)])
def test_compile_and_vmap(loss):
    torch = pytest.importorskip("torch")
    p, y = map(torch.tensor, (P, Y))
    torch.testing.assert_close(torch.compile(loss, fullgraph=True, backend="aot_eager")(p, y), loss(p, y))
    each = torch.func.vmap(lambda p, y: loss(p[None], y[None]))(p, y)
    torch.testing.assert_close(each, torch.stack([loss(p[k : k + 1], y[k : k + 1]) for k in range(2)]))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_class_weights_and_label_smoothing_as_torch(smoothing):
    torch = pytest.importorskip("torch")
    p, labels = torch.tensor(P), torch.tensor(Y.argmax(1))
    hard = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).double()
    weights = torch.tensor([1.0, 5.0, 9.0], dtype=torch.float64)
    options = {"class_axis": 1, "axis": (0, 2), "label_smoothing": smoothing}
    expected = torch.nn.functional.cross_entropy(p.log(), labels, weight=weights, label_smoothing=smoothing)
    for name in ("class_weights", "ce_class_weights"):
        torch.testing.assert_close(CE(p, hard, **options, **{name: weights}), expected)


def test_a_positive_weight_as_torch():
    torch = pytest.importorskip("torch")
    p, y = torch.tensor(P), torch.tensor(Y)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(p.logit(), y, pos_weight=torch.tensor(4.0))
    torch.testing.assert_close(CE(p, y, pos_weight=4.0), expected)
    with pytest.raises(ValueError, match="pos_weight is for a binary cross-entropy.*ce_class_weights="):
        CE(p, y, class_axis=1, axis=2, pos_weight=4.0)
    with pytest.raises(ValueError, match="label_smoothing is a share from 0 to 1, got 1.5"):
        CE(p, y, label_smoothing=1.5)


def test_classes_that_exclude_each_other_pooled_with_all_their_cells():
    got = losses.dice_ce_loss(P, Y, class_axis=1, dice_weight=0.0)
    assert got == pytest.approx(-(Y * np.log(P)).sum() / Y.sum())

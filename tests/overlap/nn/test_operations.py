"""The oracle is the definition of each sum, cell by cell in numpy."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from overlap.nn.operations import sums_by_operations  # noqa: E402
from overlap.nn.sums import Settings  # noqa: E402
from overlap.nn.targets import Target  # noqa: E402

rng = np.random.default_rng(2)
X = 3 * rng.normal(size=(2, 3, 40))
SOFT = rng.dirichlet(np.full(3, 0.3), (2, 40)).transpose(0, 2, 1).round(2)
WEIGHTS = rng.random((2, 1, 40))
WHERE = rng.random((2, 3, 40)) < 0.8

FORMS = {
    "minimum": lambda p, y: (np.where((y == 0) | (y == 1), p * y, np.minimum(p, y)), p, y),
    "product": lambda p, y: (p * y, p, y),
    "lukasiewicz": lambda p, y: (np.where((y == 0) | (y == 1), p * y, np.maximum(p + y - 1, 0)), p, y),
    "squared": lambda p, y: (p * y, p**2, y**2),
}


def probabilities(activation):
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-X))
    e = np.exp(X - X.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("pooled", [False, True])
def test_each_sum(form, activation, pooled, dtype, rounding):
    p = probabilities(activation)
    s = WEIGHTS * WHERE
    n_rivals = 3 if activation == "softmax" else 2
    smoothed = 0.9 * SOFT + 0.1 / n_rivals
    cells = [*FORMS[form](p, SOFT), -smoothed * np.log(p), -(1 - smoothed) * np.log1p(-p), np.ones_like(p)]
    largest = np.broadcast_to(s.max(1, keepdims=True), p.shape)
    if activation == "softmax":
        cells[4] = np.zeros_like(p)
    settings = Settings(activation, form, pooled=pooled, entropy=True, label_smoothing=0.1)
    hidden = torch.tensor(np.where(WHERE, SOFT, np.nan), dtype=dtype)
    x = torch.tensor(X, dtype=dtype)
    weights = torch.tensor(WEIGHTS, dtype=dtype)
    found = sums_by_operations("nn.Loss", x, Target(hidden, False), weights, torch.tensor(WHERE), settings)
    np.testing.assert_allclose(found.any_class, largest.sum((0, 2) if pooled else 2), rtol=rounding)
    for name, sum_found, of_cells in zip(found._fields[:-1], found[:-1], cells, strict=True):
        expected = (s * of_cells).sum((0, 2) if pooled else 2)
        np.testing.assert_allclose(sum_found, expected, rtol=rounding, atol=1e-12, err_msg=name)


def test_without_a_cross_entropy_there_is_none():
    target = Target(torch.tensor(SOFT, dtype=torch.float32), False)
    x = torch.tensor(X, dtype=torch.float32)
    found = sums_by_operations("nn.Loss", x, target, None, None, Settings("softmax", "minimum"))
    assert not found.own.any()
    assert not found.other.any()
    assert (found.cells == 40).all()


def test_hard_masks_are_counted():
    masks = torch.tensor(WHERE)
    found = sums_by_operations("nn.Loss", masks, Target(masks, False), None, None, Settings(None, "minimum"))
    np.testing.assert_array_equal(found.both, WHERE.sum(2))


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_what_does_not_count_has_no_gradient_whatever_stands_there(activation):
    where = WHERE[:, :1]
    x = torch.tensor(np.where(where, X, np.nan), dtype=torch.float32, requires_grad=True)
    settings = Settings(activation, "minimum", entropy=True)
    target = Target(torch.tensor(np.where(where, SOFT, np.nan), dtype=torch.float32), False)
    sums = sums_by_operations("nn.Loss", x, target, None, torch.tensor(where), settings)
    torch.stack(list(sums)).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert not x.grad[~torch.tensor(where).expand_as(x)].any()


def test_a_share_of_nothing_of_an_impossible_class_is_nothing():
    x = torch.tensor([[[0.0], [-torch.inf]]])
    target = Target(torch.tensor([[0]]), True)
    found = sums_by_operations("nn.Loss", x, target, None, None, Settings("softmax", "minimum", entropy=True))
    assert found.own.tolist() == [[0.0, 0.0]]

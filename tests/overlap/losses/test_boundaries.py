"""Oracles are MONAI 1.6.1, plain numpy expressions and the closed form of the gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap import losses
from overlap.surfaces import signed_distance

rng = np.random.default_rng(5)
P, FAR = rng.random((2, 3, 4, 5)), rng.normal(0, 3, (2, 3, 4, 5))


def test_monai():
    """MONAI 1.6.1: BoundaryLoss() of the same values, whose map has 0 on the cells just inside."""
    root, inner = np.sqrt(2), np.sqrt(2) - 1
    far = np.sqrt(5)
    end = [far, root, 1, 1, 1, root, far]
    near = [2, 1, 0, 0, 0, 1, root]
    middle = [2, 1, 0, -1, -inner, 0, 1]
    distance = np.array([end, near, middle, middle, near, end])
    prediction = np.arange(42).reshape(6, 7) * 0.37 % 1
    assert losses.boundary_loss(prediction, distance) == pytest.approx(0.4155812693209874, rel=1e-6)


def test_by_hand():
    target = np.array([0, 0, 1, 1, 1, 0]) > 0
    distance = signed_distance(target, spacing=2.0)
    assert losses.boundary_loss(target, distance) == pytest.approx(-5 / 6)
    assert losses.boundary_loss(~target, distance) == pytest.approx(5 / 6)
    assert losses.boundary_loss(target / 2, distance) == pytest.approx(-5 / 12)
    where = np.array([1, 1, 1, 0, 0, 0]) > 0
    assert losses.boundary_loss(target, distance, where=where) == pytest.approx(-1 / 3)
    weights = np.array([1.0, 1, 4, 1, 1, 1])
    assert losses.boundary_loss(target, distance, weights=weights) == pytest.approx(-8 / 9)


@pytest.mark.parametrize("axis", [None, -1, (2, 3), [0, 2]])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_every_library(backend, axis, reduction):
    p, far = map(backend.asarray, (P, FAR))
    got = losses.boundary_loss(p, far, axis=axis, reduction=reduction)
    each = (P * FAR).mean(tuple(axis) if isinstance(axis, list) else axis)
    expected = {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction]
    np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=1e-12)


def test_a_mean_of_no_cell_is_left_out():
    where = np.ones((2, 3, 1, 1), bool)
    where[0, 1] = False
    each = (P * FAR).mean((2, 3))
    got = losses.boundary_loss(P, FAR, axis=(2, 3), where=where, reduction="none")
    assert np.isnan(got[0, 1])
    kept = where[..., 0, 0]
    np.testing.assert_allclose(got[kept], each[kept])
    weights = np.array([1.0, 2.0, 5.0])
    got = losses.boundary_loss(P, FAR, axis=(2, 3), where=where, class_weights=weights)
    assert got == pytest.approx((each * weights)[kept].sum() / 14)


def test_a_mask_without_cells_is_said_and_the_remedy_holds():
    masks = [np.array([0, 1, 1, 0]) > 0, np.zeros(4, bool)]
    distance = np.stack([signed_distance(mask, spacing=1.5) for mask in masks])
    p = np.array([[0.25, 0.5, 1.0, 0.0], [0.1, 0.2, 0.3, 0.4]])
    with pytest.raises(ValueError, match=r"boundary_loss: 4 counted values of distance .*where=isfinite\(distance\)"):
        losses.boundary_loss(p, distance, axis=-1)
    got = losses.boundary_loss(p, distance, axis=-1, where=np.isfinite(distance))
    assert got == pytest.approx(0.75 * (0.25 - 0.5 - 1.0) / 4)


@given(hnp.arrays(np.float64, 6, elements=st.floats(0, 1)), st.floats(0.125, 8))
def test_linear_in_the_prediction_and_in_the_unit(p, scale):
    far = FAR[0, 0, 0, [0, 1, 2, 3, 4, 0]]
    once = losses.boundary_loss(p, far)
    assert losses.boundary_loss(p, scale * far) == pytest.approx(scale * once, abs=1e-12)
    assert losses.boundary_loss(p / 2, far) == pytest.approx(once / 2, abs=1e-12)


# ---------------------------------------------------------------- gradients


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_the_gradient_is_the_distance(torch):
    p = torch.tensor(P, requires_grad=True)
    losses.boundary_loss(p, torch.tensor(FAR)).backward()
    torch.testing.assert_close(p.grad, torch.tensor(FAR) / FAR.size)


def test_gradcheck(torch):
    p, far = torch.tensor(P[0], requires_grad=True), torch.tensor(FAR[0])
    where = far > -2
    assert torch.autograd.gradcheck(lambda p: losses.boundary_loss(p, far, axis=-1, where=where), p)


def test_what_does_not_count_has_no_gradient(torch):
    p = torch.tensor([0.5, float("nan"), 0.25], requires_grad=True)
    far = torch.tensor([1.0, float("inf"), -2.0])
    losses.boundary_loss(p, far, where=torch.tensor([True, False, True])).backward()
    assert p.grad.tolist() == [0.5, 0, -1]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_of_a_million_cells(torch, dtype):
    p = torch.ones((1024, 1024), dtype=getattr(torch, dtype), requires_grad=True)
    loss = losses.boundary_loss(p, torch.full_like(p, 512.0).detach())
    loss.backward()
    assert loss.item() == 512
    assert torch.isfinite(p.grad).all()


@pytest.mark.slow
def test_compile(torch):
    p, far = torch.tensor(P), torch.tensor(FAR)
    compiled = torch.compile(losses.boundary_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(p, far, axis=(2, 3)), losses.boundary_loss(p, far, axis=(2, 3)))


# ---------------------------------------------------------------- bad input


def test_errors_name_the_loss():
    with pytest.raises(TypeError, match=r"boundary_loss: distance has dtype bool; .*signed_distance"):
        losses.boundary_loss(P, FAR > 0)
    with pytest.raises(ValueError, match=r"boundary_loss: prediction has shape .* and distance \(3, 4, 5\)"):
        losses.boundary_loss(P, FAR[0])
    with pytest.raises(ValueError, match=r"boundary_loss: .* of prediction .*sigmoid to logits"):
        losses.boundary_loss(FAR, FAR)
    with pytest.raises(ValueError, match=r"boundary_loss: 1 counted values of weights"):
        losses.boundary_loss(P, FAR, weights=np.array([1.0, 1, 1, 1, -1]))
    with pytest.raises(ValueError, match=r"boundary_loss: axis must be"):
        losses.boundary_loss(P, FAR, axis=4)
    with pytest.raises(ValueError, match="'mean', 'sum', 'none', got 'avg'"):
        losses.boundary_loss(P, FAR, reduction="avg")

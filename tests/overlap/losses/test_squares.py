"""Oracles are MONAI 1.6.1 and the metric's own bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import overlap as ov
from overlap import losses, raster

P = np.array([[[0.1, 0.9, 0.5, 0.3]], [[0.8, 0.2, 0.6, 1.0]]])
Y = np.array([[[0.0, 1.0, 0.0, 1.0]], [[1.0, 0.25, 0.5, 0.75]]])
masks = hnp.arrays(bool, (2, 3, 4)) | hnp.arrays(np.float64, (2, 3, 4), elements=st.floats(0, 1))


@pytest.mark.parametrize(
    ("smooth", "expected"),
    [(0.0, [0.2405063291139239, 0.02937420178799488]), (1.0, [0.1826923076923076, 0.02339776195320431])],
)
def test_monai(smooth, expected):
    """MONAI 1.6.1: DiceLoss(squared_pred=True, smooth_nr=smooth, smooth_dr=smooth, reduction="none")."""
    got = losses.squared_dice_loss(P, Y, axis=2, smooth=smooth, reduction="none")
    np.testing.assert_allclose(got.ravel(), expected, rtol=1e-14)


@given(
    pair=st.tuples(masks, masks),
    axis=st.sampled_from([None, 0, -1, (1, 2)]),
    weights=st.none() | hnp.arrays(np.float64, 4, elements=st.floats(0.125, 8)),
    where=st.none() | hnp.arrays(bool, (3, 1)),
)
def test_the_bits_of_the_metric(pair, axis, weights, where):
    cells = {"axis": axis, "weights": weights, "where": where}
    expected = 1 - ov.dice(raster.squared(*pair, **cells), empty=1.0)
    if where is not None:
        expected = np.where(np.broadcast_to(where, (2, 3, 4)).any(axis=axis), expected, np.nan)
    np.testing.assert_array_equal(losses.squared_dice_loss(*pair, **cells, reduction="none"), expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_bits_of_the_metric_in_torch(dtype):
    torch = pytest.importorskip("torch")
    p, y = (torch.as_tensor(x).to(getattr(torch, dtype)) for x in (P, Y))
    for x in (p, p.clone().requires_grad_()):
        expected = 1 - ov.dice(raster.squared(x, y, axis=2))
        assert torch.equal(losses.squared_dice_loss(x, y, axis=2, reduction="none"), expected)


def test_every_library(backend):
    p, y = map(backend.asarray, (P, Y))
    got = losses.squared_dice_loss(p, y, axis=2, smooth=1.0, class_weights=backend.asarray([[1.0], [3.0]]))
    expected = losses.squared_dice_loss(P, Y, axis=2, smooth=1.0, reduction="none").ravel() @ [1, 3] / 4
    np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=1e-13)


@pytest.mark.parametrize("target", np.arange(1, 10) / 10)
def test_a_soft_target_is_returned(target):
    levels = np.arange(101) / 100
    found = [losses.squared_dice_loss(np.array([x]), np.array([target])) for x in levels]
    assert levels[np.argmin(found)] == target
    assert min(found) == 0


# ---------------------------------------------------------------- gradients


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_gradients_push_the_right_way(torch, smooth):
    y = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0])
    p = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.9], requires_grad=True)
    losses.squared_dice_loss(p, y, smooth=smooth).backward()
    assert p.grad[0] >= 0
    assert p.grad[2] > 0, "descent takes background down"
    assert (p.grad[[3, 4]] < 0).all(), "descent takes lesion up"


def test_gradcheck(torch):
    # away from 0 and 1, where a finite difference would leave the range
    p, y = (torch.tensor(0.05 + 0.9 * x[:, 0], requires_grad=True) for x in (P, Y))
    assert torch.autograd.gradcheck(lambda p, y: losses.squared_dice_loss(p, y, axis=1, smooth=0.5), (p, y))
    assert torch.autograd.gradgradcheck(lambda p, y: losses.squared_dice_loss(p, y, axis=1, smooth=0.5), (p, y))


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_values_and_gradients_are_finite(torch, value, dtype):
    p = torch.full((1024, 1024), value, dtype=getattr(torch, dtype), requires_grad=True)
    for y in (torch.zeros_like(p.detach()), torch.ones_like(p.detach())):
        p.grad = None
        loss = losses.squared_dice_loss(p, y)
        loss.backward()
        assert loss.item() == (value != y[0, 0].item())
        assert torch.isfinite(p.grad).all()


@pytest.mark.slow
def test_compile_and_vmap(torch):
    p, y = map(torch.tensor, (P, Y))
    eager = losses.squared_dice_loss(p, y, axis=(1, 2), smooth=1.0)
    compiled = torch.compile(losses.squared_dice_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(p, y, axis=(1, 2), smooth=1.0), eager)
    each = torch.func.vmap(lambda p, y: losses.squared_dice_loss(p, y, smooth=1.0))(p, y)
    torch.testing.assert_close(each.mean(), eager)


# ---------------------------------------------------------------- bad input


def test_errors_name_the_loss():
    with pytest.raises(ValueError, match=r"losses\.squared_dice_loss: prediction has shape \(2, 1, 4\)"):
        losses.squared_dice_loss(P, Y[0])
    with pytest.raises(ValueError, match=r"squared_dice_loss: 4 counted values of prediction .*sigmoid to logits"):
        losses.squared_dice_loss(P * 2, Y)
    with pytest.raises(ValueError, match=r"squared_dice_loss: smooth is a number of cells >= 0, got -1"):
        losses.squared_dice_loss(P, Y, smooth=-1)
    with pytest.raises(ValueError, match="'mean', 'sum', 'none', got 'avg'"):
        losses.squared_dice_loss(P, Y, reduction="avg")

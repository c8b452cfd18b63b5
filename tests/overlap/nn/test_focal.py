"""Oracles are MONAI 1.6.1, torch's cross-entropies and the functional loss."""

from __future__ import annotations

import pytest

from overlap import losses

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

F = torch.nn.functional
K = torch.arange(24.0)
X = (3 * torch.sin(1.7 * K)).reshape(2, 3, 4)
LABELS = (torch.arange(8) * 7 // 4 % 3).reshape(2, 4)
Y = F.one_hot(LABELS, 3).movedim(-1, 1).float()
FOCAL = {"dice_weight": 0.0}

# MONAI 1.6.1: FocalLoss(gamma=gamma, alpha=alpha, use_softmax=activation == "softmax"), a mean over the classes as well
MONAI = [
    ("sigmoid", 2.0, None, 0.8847682476043701),
    ("softmax", 2.0, None, 0.3740963935852051),
    ("sigmoid", 0.5, None, 1.087630271911621),
    ("softmax", 0.5, None, 0.4692755937576294),
    ("sigmoid", 2.0, 0.25, 0.5512670874595642),
    ("softmax", 2.0, 0.25, 0.18985241651535034),
    ("sigmoid", 3.0, 0.75, 0.2952195405960083),
    ("softmax", 3.0, 0.75, 0.15891236066818237),
]


@pytest.mark.parametrize(("activation", "gamma", "alpha", "expected"), MONAI)
def test_monai(activation, gamma, alpha, expected):
    share = 1 / 3 if activation == "softmax" else 1.0
    loss = nn.DiceFocalLoss(gamma, alpha, from_logits=activation, ce_weight=share, **FOCAL)
    assert loss(X, Y).item() == pytest.approx(expected, abs=2e-7)


@pytest.mark.parametrize("activation", [None, "sigmoid", "softmax"])
@pytest.mark.parametrize("batch", [False, True])
def test_without_focus_it_is_dice_and_cross_entropy(activation, batch, dtype, rounding):
    x, y = X.to(dtype), Y.to(dtype)
    p = x.softmax(1) if activation is None else x
    options = {"from_logits": activation, "batch": batch, "class_weights": [1.0, 5.0, 9.0]}
    expected = nn.DiceCELoss(0.5, 2.0, **options)(p, y)
    got = nn.DiceFocalLoss(0.0, dice_weight=0.5, ce_weight=2.0, **options)(p, y)
    torch.testing.assert_close(got, expected, rtol=rounding, atol=0)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("gamma", [0.5, 2.0, 3.0])
def test_from_logits_as_from_probabilities(activation, gamma, dtype, rounding):
    class_axis = {"sigmoid": None, "softmax": 1}[activation]
    x, y = X.to(dtype), Y.to(dtype)
    p = x.sigmoid() if activation == "sigmoid" else x.softmax(1)
    where = torch.arange(4) < 3
    weights = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=dtype)
    got = nn.DiceFocalLoss(gamma, 0.3, from_logits=activation)(x, y, where=where, weights=weights)
    expected = losses.dice_focal_loss(
        p, y, gamma, 0.3, class_axis=class_axis, axis=(2,), smooth=1.0, where=where, weights=weights
    )
    torch.testing.assert_close(got, expected, rtol=rounding, atol=0)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradcheck(activation, gamma):
    soft = 0.1 + 0.8 * Y.double()
    logits = X.double().requires_grad_()
    loss = nn.DiceFocalLoss(gamma, 0.25, from_logits=activation, tnorm="product")
    assert torch.autograd.gradcheck(lambda x: loss(x, soft), logits)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_saturated_logits(activation, gamma, dtype):
    """A cell that is surely wrong is pulled back, one that is surely right is left alone, and nothing is NaN."""
    logits = torch.tensor([[[100.0, -100.0, 0.0], [-100.0, 100.0, 0.0]]]).to(getattr(torch, dtype)).requires_grad_()
    labels = torch.tensor([[0, 0, 1]])
    loss = nn.DiceFocalLoss(gamma, from_logits=activation, **FOCAL)(logits, labels)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[0, :, 0] == 0).all()
    assert logits.grad[0, 0, 1] < 0 < logits.grad[0, 1, 1]


def test_where_is_hard_it_looks():
    """Of a cell at 0.9 the focal loss keeps a hundredth, of one at 0.5 a quarter."""
    for p, kept in ((0.9, 0.01), (0.5, 0.25)):
        logit = torch.tensor([[[p]]], dtype=torch.float64).logit()
        entropy = F.binary_cross_entropy_with_logits(logit, torch.ones_like(logit))
        focal = nn.DiceFocalLoss(from_logits="sigmoid", **FOCAL)(logit, torch.ones_like(logit))
        torch.testing.assert_close(focal, kept * entropy)


def test_errors_name_the_module():
    with pytest.raises(ValueError, match=r"nn\.DiceFocalLoss: gamma must be a finite number >= 0, got -1"):
        nn.DiceFocalLoss(-1)
    with pytest.raises(ValueError, match=r"nn\.DiceFocalLoss: alpha is the weight of the target, a share from 0 to 1"):
        nn.DiceFocalLoss(alpha=2.0)
    with pytest.raises(TypeError, match=r"nn\.DiceFocalLoss: gamma must be one number"):
        nn.DiceFocalLoss("strong")
    with pytest.raises(ValueError, match=r"nn\.DiceFocalLoss: class_weights has no weight of the background"):
        nn.DiceFocalLoss(class_weights=[1.0], include_background=False)

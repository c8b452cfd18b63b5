"""What all modules share: options, the index, weights of classes."""

from __future__ import annotations

import pickle
from functools import partial

import pytest

import overlap as ov
from overlap import losses

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

K = torch.arange(120.0)
X = (3 * torch.sin(1.7 * K)).reshape(2, 3, 4, 5)
LABELS = (torch.arange(40) * 7 // 4 % 3).reshape(2, 4, 5)
Y = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).float()
SOFT = torch.softmax(2 * torch.cos(2.3 * K).reshape(2, 3, 4, 5), dim=1)
softmax = {"from_logits": "softmax"}


def test_any_index_is_a_module():
    index = partial(ov.f_beta, beta=2)
    loss = nn.OverlapLoss(index, **softmax, class_weights=[1, 2, 3], smooth=0.5)
    weights = torch.tensor([1.0, 2.0, 3.0])
    expected = losses.overlap_loss(X.softmax(1), Y, index, axis=(2, 3), smooth=0.5, class_weights=weights)
    found = loss(X, Y)
    torch.testing.assert_close(found, expected)
    assert (
        repr(loss)
        == "OverlapLoss(partial(f_beta, beta=2), from_logits='softmax', class_weights=[1.0, 2.0, 3.0], smooth=0.5)"
    )
    assert torch.equal(nn.OverlapLoss(ov.iou)(SOFT, Y), nn.JaccardLoss()(SOFT, Y))
    again = pickle.loads(pickle.dumps(loss))
    assert torch.equal(again(X, Y), found)


def test_an_index_is_a_function():
    with pytest.raises(TypeError, match=r"nn\.OverlapLoss: index is 'dice'"):
        nn.OverlapLoss("dice")


WRONG = {
    "smooth": -1.0,
    "batch": "all",
    "ignore_index": 0.5,
    "class_weights": [1.0, -1.0],
    "from_logits": "sigmoids",
    "tnorm": "min",
    "reduction": "average",
}


@pytest.mark.parametrize("option", WRONG)
@pytest.mark.parametrize("loss", [nn.DiceLoss, nn.TverskyLoss, nn.GeneralisedDiceLoss, nn.DiceCELoss])
def test_an_option_out_of_its_range_is_refused_when_the_module_is_made(loss, option):
    with pytest.raises(ValueError, match=f"nn.{loss.__name__}: {option} "):
        loss(**{option: WRONG[option]})


def test_a_number_that_is_none_is_refused():
    with pytest.raises(TypeError, match="nn.DiceLoss: smooth must be one number, got None"):
        nn.DiceLoss(smooth=None)
    with pytest.raises(ValueError, match="nn.TverskyLoss: beta must be a finite number >= 0, got -1"):
        nn.TverskyLoss(0.5, -1)
    with pytest.raises(ValueError, match="nn.FocalTverskyLoss: gamma must be > 0, got 0"):
        nn.FocalTverskyLoss(gamma=0)


class Annotated(torch.Tensor):
    """A tensor with more to it, as loaders hand them on."""


def test_subclasses_of_tensors_are_read_as_tensors():
    x = X.clone().requires_grad_()
    loss = nn.DiceCELoss(**softmax)(x.as_subclass(Annotated), LABELS.as_subclass(Annotated))
    assert type(loss) is torch.Tensor
    (gradient,) = torch.autograd.grad(loss, x)
    plain = X.clone().requires_grad_()
    (expected,) = torch.autograd.grad(nn.DiceCELoss(**softmax)(plain, LABELS), plain)
    assert torch.equal(gradient, expected)


# its Dice is compiled by itself where cells have weights
FOCAL = pytest.param(nn.DiceFocalLoss, marks=pytest.mark.slow)


def what_counts(shape):
    """Return `where` and weights, and logits that are NaN where no class counts."""
    where = torch.rand(shape, generator=torch.Generator().manual_seed(2)) > 0.4
    weights = torch.rand(shape, generator=torch.Generator().manual_seed(3))
    whole = where.expand(2, 3, 4, 5)
    return where, weights, torch.where(whole.any(1, keepdim=True), X, torch.nan)


@pytest.mark.parametrize("loss", [nn.DiceCELoss, FOCAL, nn.ExpectedDiceLoss, nn.GeneralisedDiceLoss])
@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (1, 3, 4, 5), (4, 5), (5,)])
def test_what_counts_is_broadcast_from_the_last_axis(loss, shape):
    where, weights, x = what_counts(shape)
    found = loss(**softmax)(x, LABELS, where=where, weights=weights)
    whole = {"where": where.expand(2, 3, 4, 5), "weights": weights.expand(2, 3, 4, 5)}
    torch.testing.assert_close(found, loss(**softmax)(X, LABELS, **whole))


@pytest.mark.slow
@pytest.mark.parametrize("loss", [nn.DiceCELoss, nn.DiceFocalLoss, nn.ExpectedDiceLoss, nn.GeneralisedDiceLoss])
@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (1, 3, 4, 5), (4, 5), (5,)])
def test_what_does_not_count_leaves_the_gradient_finite(loss, shape):
    where, weights, x = what_counts(shape)
    x.requires_grad_()
    loss(**softmax)(x, LABELS, where=where, weights=weights).backward()
    assert torch.isfinite(x.grad).all()


def test_what_is_no_tensor_is_refused():
    with pytest.raises(TypeError, match=r"nn.DiceLoss: target is a ndarray; pass a tensor, torch.as_tensor\(target\)"):
        nn.DiceLoss(**softmax)(X, LABELS.numpy())
    with pytest.raises(TypeError, match=r"nn.DiceLoss: where has dtype torch.uint8; pass bool"):
        nn.DiceLoss(**softmax)(X, LABELS, where=torch.ones(1, dtype=torch.uint8))


@pytest.mark.parametrize("loss", [nn.DiceLoss, nn.DiceCELoss, FOCAL, nn.GeneralisedDiceLoss])
def test_a_weight_of_nothing_leaves_a_cell_out(loss):
    """Whatever stands there; a case without any other is in no mean, in the functions as in the modules."""
    weights = torch.ones(2, 1, 4, 5)
    weights[1] = 0
    x = X.clone()
    x[1] = torch.nan
    torch.testing.assert_close(loss(**softmax)(x, LABELS, weights=weights), loss(**softmax)(X[:1], LABELS[:1]))
    p = X.softmax(1)
    for function in (losses.dice_loss, losses.squared_dice_loss, losses.generalised_dice_loss, losses.dice_ce_loss):
        found = function(p, Y, axis=(2, 3), weights=weights)
        torch.testing.assert_close(found, function(p[:1], Y[:1], axis=(2, 3)))


@pytest.mark.parametrize("loss", [nn.DiceCELoss, nn.ExpectedDiceLoss])
@pytest.mark.parametrize("name", ["where", "weights"])
def test_one_axis_less_is_not_guessed(loss, name):
    """As many cases as classes: a mask of each case looks like one of each class."""
    x = X.reshape(3, 2, 4, 5).repeat(1, 2, 1, 1)[:, :3]
    labels = LABELS[0].expand(3, 4, 5)
    by_case = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(5)) > 0.5
    by_case = by_case if name == "where" else by_case.float()
    with pytest.raises(ValueError, match=rf"{name} has shape \(3, 4, 5\).*{name}.unsqueeze\(1\).*{name}\[None\]"):
        loss(**softmax)(x, labels, **{name: by_case})
    followed = loss(**softmax, reduction="none")(x, labels, **{name: by_case.unsqueeze(1)})
    first = loss(**softmax, reduction="none")(x[:1], labels[:1], **{name: by_case[None, :1]})
    torch.testing.assert_close(followed[:1], first)


def test_every_option_is_shown():
    assert repr(nn.TverskyLoss(0.3, 0.7)) == "TverskyLoss(alpha=0.3, beta=0.7)"
    assert repr(nn.GeneralisedDiceLoss("linear")) == "GeneralisedDiceLoss(weighting='linear')"
    shown = repr(nn.DiceCELoss(class_weights=[1, 2], ce_class_weights=[1, 1], label_smoothing=0.1))
    assert shown == "DiceCELoss(class_weights=[1.0, 2.0], ce_class_weights=[1.0, 1.0], label_smoothing=0.1)"
    assert repr(nn.DiceFocalLoss(gamma=3.0)) == "DiceFocalLoss(gamma=3.0)"


def test_options_that_leave_nothing_or_mean_something_else():
    assert nn.DiceLoss(batch=1).batch is True
    with pytest.raises(ValueError, match="nn.DiceLoss: include_background must be one of True, False"):
        nn.DiceLoss(include_background="no")
    with pytest.raises(ValueError, match="class_weights leaves nothing to count"):
        nn.DiceLoss(class_weights=[0, 0])
    with pytest.raises(ValueError, match="dice_weight and ce_weight are both 0"):
        nn.DiceCELoss(0, 0)

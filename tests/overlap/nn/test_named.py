"""Oracles are MONAI 1.6.1's values and the functional losses."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
from functools import partial

import numpy as np
import pytest

import overlap as ov
from overlap import losses

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

LOSSES = (
    nn.DiceLoss,
    nn.JaccardLoss,
    nn.TverskyLoss,
    nn.FocalTverskyLoss,
    nn.GeneralisedDiceLoss,
    nn.LogCoshDiceLoss,
    nn.SquaredDiceLoss,
    nn.DiceCELoss,
    nn.DiceFocalLoss,
    nn.OverlapLoss,
)
WITH_ENTROPY = {nn.DiceCELoss: losses.dice_ce_loss, nn.DiceFocalLoss: losses.dice_focal_loss}
K = torch.arange(120, dtype=torch.float64)
X = (3 * torch.sin(1.7 * K)).reshape(2, 3, 4, 5).float()
LABELS = (torch.arange(40) * 7 // 4 % 3).reshape(2, 4, 5)
Y = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).float()
SOFT = torch.softmax(2 * torch.cos(2.3 * K).reshape(2, 3, 4, 5), dim=1).float()
ABSENT = torch.stack([Y[:, 0] + Y[:, 2], Y[:, 1], 0 * Y[:, 2]], dim=1)

# MONAI 1.6.1 on X and the target named; smooth_nr = smooth_dr = 1 is smooth=1 here, and 0.5 of its Tversky loss is
softmax = {"from_logits": "softmax"}
MONAI = {
    "DiceLoss(softmax, reduction=none)": (
        nn.DiceLoss(**softmax, reduction="none"),
        Y,
        [0.6347083275, 0.6200247063, 0.6883054818, 0.5890103456, 0.5660648458, 0.649949344],
    ),
    "DiceLoss(sigmoid)": (nn.DiceLoss(from_logits="sigmoid"), Y, [0.5643474547]),
    "DiceLoss(softmax, batch, include_background=False)": (
        nn.DiceLoss(**softmax, batch=True, include_background=False),
        Y,
        [0.6543443314],
    ),
    "DiceLoss(softmax, weight=[1, 2, 3], reduction=none)": (
        nn.DiceLoss(**softmax, class_weights=[1, 2, 3], reduction="none"),
        Y,
        [0.6347083275, 1.240049413, 2.064916445, 0.5890103456, 1.132129692, 1.949848032],
    ),
    "DiceLoss(softmax, jaccard)": (nn.JaccardLoss(**softmax), Y, [0.7682469237]),
    "TverskyLoss(softmax, alpha=0.3, beta=0.7)": (nn.TverskyLoss(0.3, 0.7, **softmax), Y, [0.6241936495]),
    "DiceLoss(softmax, soft_label=True)": (nn.DiceLoss(**softmax), SOFT, [0.48713571]),
    "DiceLoss(softmax, soft_label=False)": (nn.DiceLoss(**softmax, tnorm="product"), SOFT, [0.5699982833]),
    "TverskyLoss(softmax, soft_label=True)": (nn.TverskyLoss(0.3, 0.7, **softmax), SOFT, [0.4872460484]),
    "GeneralizedDiceLoss(w_type=square)": (nn.GeneralisedDiceLoss(**softmax, smooth=0.0), Y, [0.6705938693]),
    "GeneralizedDiceLoss(w_type=simple)": (nn.GeneralisedDiceLoss("linear", **softmax, smooth=0.0), Y, [0.6703126055]),
    "GeneralizedDiceLoss(w_type=uniform)": (
        nn.GeneralisedDiceLoss("uniform", **softmax, smooth=0.0),
        Y,
        [0.6700590065],
    ),
    "GeneralizedDiceLoss, a class absent": (nn.GeneralisedDiceLoss(**softmax, smooth=0.0), ABSENT, [0.7069971218]),
    "GeneralizedDiceLoss(batch)": (nn.GeneralisedDiceLoss(**softmax, batch=True, smooth=0.0), Y, [0.6706804458]),
    "DiceCELoss(softmax, lambda_dice=0.5, lambda_ce=2)": (nn.DiceCELoss(0.5, 2.0, **softmax), Y, [5.307442366]),
}


@pytest.mark.parametrize("name", MONAI)
def test_the_values_of_monai(name, dtype):
    loss, target, expected = MONAI[name]
    np.testing.assert_allclose(loss(X.to(dtype), target.to(dtype)).flatten(), expected, atol=1e-6)


def test_the_binary_cross_entropy_of_monai():
    loss = nn.DiceCELoss(from_logits="sigmoid")
    assert loss(X[:, :1], Y[:, :1]).item() == pytest.approx(1.720429602, abs=1e-6)


# ---------------------------------------------------------------- options


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", [None, "sigmoid", "softmax"])
def test_logits_are_probabilities_in_disguise(loss, activation):
    p = {None: X.sigmoid(), "sigmoid": X.sigmoid(), "softmax": X.softmax(1)}[activation]
    got = loss(from_logits=activation)(p if activation is None else X, Y)
    class_axis = 1 if activation == "softmax" else None
    if loss in WITH_ENTROPY:
        expected = WITH_ENTROPY[loss](p, Y, axis=(2, 3), smooth=1.0, class_axis=class_axis)
    else:
        expected = loss()(p, Y)
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_are_one_channel_a_class(loss):
    torch.testing.assert_close(loss(**softmax)(X, LABELS), loss(**softmax)(X, Y))


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_left_out(loss):
    where = torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(0)) > 0.3
    ignored = torch.where(where[:, 0], LABELS, 255)
    other = torch.where(where, X, 9.0)
    expected = loss(**softmax)(X, LABELS, where=where)
    torch.testing.assert_close(loss(**softmax)(other, ignored, where=where), expected)
    assert expected != loss(**softmax)(X, LABELS)


@pytest.mark.parametrize(
    "loss",
    [
        *(loss for loss in LOSSES if loss is not nn.DiceFocalLoss),
        # its Dice is compiled by itself
        pytest.param(nn.DiceFocalLoss, marks=pytest.mark.slow),
    ],
)
def test_a_weight_of_0_or_1_says_what_counts(loss):
    where = torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(0)) > 0.3
    expected = loss(**softmax)(X, LABELS, where=where)
    torch.testing.assert_close(loss(**softmax)(X, LABELS, weights=where.float()), expected)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("batch", [False, True])
def test_shapes(loss, batch):
    whole_cases = loss in (nn.GeneralisedDiceLoss, *WITH_ENTROPY)
    shape = (() if batch else (2,)) if whole_cases else ((2,) if batch else (2, 2))
    got = loss(from_logits="sigmoid", batch=batch, include_background=False, reduction="none")(X, Y)
    assert got.shape == shape


def test_without_background():
    p, where = X.softmax(1), Y > 0
    got = nn.DiceLoss(include_background=False, class_weights=[1, 3])(p, Y, where=where)
    each = losses.dice_loss(p[:, 1:], Y[:, 1:], axis=(2, 3), smooth=1.0, where=where[:, 1:], reduction="none")
    torch.testing.assert_close(got, (each @ torch.tensor([1.0, 3.0], dtype=torch.float64)).sum() / 8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_finite_with_extreme_logits(loss, dtype):
    x = torch.tensor([-1e4, -20.0, 0.0, 20.0, 1e4]).to(getattr(torch, dtype)).expand(5, 5)
    x = torch.stack([x, x.T])[None].clone().requires_grad_()
    # targets of halves stand in test_host
    for y in (torch.zeros(x.shape), torch.ones(x.shape), x.detach().float().sigmoid()):
        value = loss(from_logits="sigmoid")(x, y)
        (gradient,) = torch.autograd.grad(value, x)
        assert torch.isfinite(value)
        assert torch.isfinite(gradient).all()


def test_a_saturated_logit_is_still_pulled_back():
    x = torch.tensor([[[40.0, -40.0]]], requires_grad=True)
    nn.DiceCELoss(from_logits="sigmoid")(x, torch.tensor([[[0.0, 1.0]]])).backward()
    torch.testing.assert_close(x.grad, torch.tensor([[[0.5, -0.5]]]))


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_compile(loss):
    module = loss(**softmax, class_weights=[1, 2, 3])
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(X, Y), module(X, Y))


FUNCTIONS = {
    "dice": (nn.DiceLoss(), losses.dice_loss),
    "jaccard": (nn.JaccardLoss(), losses.jaccard_loss),
    "tversky": (nn.TverskyLoss(0.2, 0.8), partial(losses.tversky_loss, alpha=0.2, beta=0.8)),
    "focal": (
        nn.FocalTverskyLoss(0.2, 0.8, 2.0),
        partial(losses.focal_tversky_loss, alpha=0.2, beta=0.8, gamma=2.0),
    ),
    "log-cosh": (nn.LogCoshDiceLoss(), losses.log_cosh_dice_loss),
    "squared": (nn.SquaredDiceLoss(), losses.squared_dice_loss),
    "dice and focal": (nn.DiceFocalLoss(3.0, 0.25), partial(losses.dice_focal_loss, gamma=3.0, alpha=0.25)),
    "generalised": (nn.GeneralisedDiceLoss("linear"), partial(losses.generalised_dice_loss, weighting="linear")),
    "dice and entropy": (nn.DiceCELoss(0.5, 2.0), partial(losses.dice_ce_loss, dice_weight=0.5, ce_weight=2.0)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_module_has_the_bits_of_its_function(name):
    module, function = FUNCTIONS[name]
    assert torch.equal(module(SOFT, Y), function(SOFT, Y, axis=(2, 3), smooth=1.0))


@pytest.mark.parametrize("loss", LOSSES)
def test_every_module_is_an_overlap_loss_and_no_other(loss):
    assert issubclass(loss, nn.OverlapLoss)
    assert loss in (nn.OverlapLoss, nn.DiceLoss) or not issubclass(loss, nn.DiceLoss)
    options = {"from_logits", "batch", "include_background", "class_weights", "smooth", "tnorm", "reduction"}
    if loss is nn.SquaredDiceLoss:
        options -= {"tnorm"}
    assert options <= set(inspect.signature(loss).parameters)


@pytest.mark.parametrize("loss", [nn.TverskyLoss, nn.FocalTverskyLoss])
def test_weights_of_a_module_may_change_while_it_trains(loss):
    module = copy.deepcopy(loss(0.5, 0.5))
    module.alpha, module.beta = 0.2, 0.8
    assert torch.equal(module(SOFT, Y), loss(0.2, 0.8)(SOFT, Y))
    assert torch.equal(pickle.loads(pickle.dumps(module))(SOFT, Y), module(SOFT, Y))


@pytest.mark.parametrize("option", ["tnorm", "reduction", "from_logits"])
def test_an_unknown_option_is_refused_when_the_module_is_made(option):
    with pytest.raises(ValueError, match=f"nn.JaccardLoss: {option} must be one of"):
        nn.JaccardLoss(**{option: "mode"})


def test_each_mask_is_checked_once():
    """A small loss costs what its Python costs: count the functions of the package that one call runs."""
    module = nn.DiceLoss()
    p = torch.sigmoid(X)
    module(p, Y)
    calls = []

    def seen(frame, event, _):
        if event == "call" and ov.__path__[0] in frame.f_code.co_filename:
            calls.append(frame.f_code.co_name)

    sys.setprofile(seen)
    module(p, Y)
    sys.setprofile(None)
    assert calls.count("check_mask") == 2
    assert len(calls) <= 140


def test_messages_name_the_module():
    with pytest.raises(ValueError, match="nn.DiceLoss: 1 counted values of prediction"):
        nn.DiceLoss()(torch.tensor([[[1.5, 0.0]]]), torch.tensor([[[True, False]]]))


def test_representation_and_state():
    loss = nn.TverskyLoss(from_logits="softmax", class_weights=[1, 2], smooth=0.5)
    assert repr(loss) == "TverskyLoss(from_logits='softmax', class_weights=[1.0, 2.0], smooth=0.5)"
    assert not loss.state_dict(), "options are no state"


def test_errors():
    with pytest.raises(
        ValueError, match="nn.DiceLoss: from_logits must be one of None, 'sigmoid', 'softmax', got True"
    ):
        nn.DiceLoss(from_logits=True)
    with pytest.raises(ValueError, match=r"nn.DiceLoss: the prediction has shape \(2, 1, 4, 5\).*two classes"):
        nn.DiceLoss(include_background=False)(X[:, :1].sigmoid(), Y[:, :1])
    with pytest.raises(ValueError, match=r"target > 0"):
        nn.DiceLoss(from_logits="sigmoid")(X[:, :1], LABELS)
    message = r"nn.DiceLoss: 1 counted labels of the target are not among 0 to 2 \(from 0 to 7\).*ignore_index="
    with pytest.raises(ValueError, match=message):
        nn.DiceLoss(**softmax)(X, LABELS.index_put((torch.tensor(0),) * 3, torch.tensor(7)))
    with pytest.raises(ValueError, match=r"sigmoid to logits .*from_logits='sigmoid' or 'softmax'"):
        nn.DiceLoss()(X, Y)


LOSSES_OF_LOGITS = [
    nn.DiceLoss,
    nn.JaccardLoss,
    nn.TverskyLoss,
    nn.FocalTverskyLoss,
    nn.GeneralisedDiceLoss,
    nn.LogCoshDiceLoss,
    nn.SquaredDiceLoss,
    *WITH_ENTROPY,
]


@pytest.mark.parametrize("loss", LOSSES_OF_LOGITS)
# what the halves are is seen in test_elements
@pytest.mark.parametrize(
    ("activation", "dtype"),
    [
        ("sigmoid", torch.float16),
        ("softmax", torch.float32),
        pytest.param("softmax", torch.float64, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("side", [4, 1 << 10])
def test_a_logit_that_is_no_number_is_a_loss_that_is_none(loss, activation, dtype, value, side):
    """torch.amp.GradScaler then leaves out the step; an infinite logit of a sigmoid is a probability of 1."""
    logits = torch.zeros(1, 2, side, side, dtype=dtype)
    logits[0, 1, 0, 0] = value
    logits.requires_grad_()
    found = loss(from_logits=activation)(logits, torch.zeros(1, side, side, dtype=torch.long))
    found.backward()
    is_certain = activation == "sigmoid" and value == float("inf")
    # torch's binary cross-entropy of an infinite logit is infinite, and its gradient 1; that of a focal loss is NaN
    assert bool(torch.isfinite(found)) == (is_certain and loss not in WITH_ENTROPY)
    assert bool(torch.isfinite(logits.grad).all()) == (is_certain and loss is not nn.DiceFocalLoss)


@pytest.mark.parametrize("loss", LOSSES_OF_LOGITS)
def test_probabilities_that_the_caller_gives_are_looked_at(loss):
    p = torch.full((1, 2, 4, 4), float("nan"))
    with pytest.raises(ValueError, match="counted values of prediction are out of range or NaN"):
        loss()(p, torch.zeros(1, 4, 4, dtype=torch.long))
    with pytest.raises(ValueError, match="counted values of target are out of range or NaN"):
        loss(from_logits="sigmoid")(torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 1.5))


def test_a_resampled_target():
    """Interpolation weights in single precision add up to 1 and a little more."""
    mask = torch.zeros(1, 1, 24, 24, 24)
    mask[..., 5:19, 5:19, 5:19] = 1
    turn = torch.tensor([[[0.97, 0.15, 0.03, 0.02], [-0.14, 0.96, 0.07, 0.01], [0.02, 0.05, 1.01, 0.03]]])
    grid = torch.nn.functional.affine_grid(turn, mask.shape, align_corners=False)
    target = torch.nn.functional.grid_sample(mask, grid, align_corners=False)
    assert target.max() > 1, "or this tests nothing"
    logits = torch.randn(mask.shape, generator=torch.Generator().manual_seed(0))
    for loss in LOSSES_OF_LOGITS:
        found = loss(from_logits="sigmoid")(logits, target)
        torch.testing.assert_close(found, loss(from_logits="sigmoid")(logits, target.clamp(0, 1)), rtol=1e-6, atol=0)


PLAIN = [loss for loss in LOSSES_OF_LOGITS if loss not in (nn.GeneralisedDiceLoss, *WITH_ENTROPY)]
ANNOTATED = torch.tensor([[True, True, True], [True, False, True], [False, False, False]])


def pair_of_logits(dtype=torch.float32):
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 3, 5, 4, generator=draw, dtype=torch.float64)
    return logits.to(dtype), (torch.rand(3, 3, 5, 4, generator=draw) > 0.5).to(dtype)


@pytest.mark.parametrize("loss", PLAIN)
@pytest.mark.parametrize("background", [True, False])
def test_what_nobody_annotated_is_left_out(loss, background, dtype, rounding):
    """A structure of a case that `where` leaves out is in no mean, and a case that it leaves out neither."""
    logits, target = pair_of_logits(dtype)
    where = ANNOTATED[:, :, None, None]
    options = {"from_logits": "sigmoid", "include_background": background}
    each = loss(**options, reduction="none")(logits, target)
    known = ANNOTATED if background else ANNOTATED[:, 1:]
    found = loss(**options)(logits, target, where=where)
    torch.testing.assert_close(found, each[known].mean(), rtol=rounding, atol=0)
    torch.testing.assert_close(loss(**options, reduction="sum")(logits, target, where=where), each[known].sum())
    undefined = loss(**options, reduction="none")(logits, target, where=where).isnan()
    assert torch.equal(undefined, ~known)
    weights = [1.0, 5.0, 9.0] if background else [5.0, 9.0]
    share = torch.tensor(weights, dtype=torch.float64) * known
    weighted = loss(**options, class_weights=weights)(logits, target, where=where)
    torch.testing.assert_close(weighted, (share * each).sum() / share.sum())


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_a_case_without_annotations_is_no_case_of_dice_and_cross_entropy(activation):
    logits, target = pair_of_logits()
    target = torch.nn.functional.one_hot(target.argmax(1), 3).movedim(-1, 1).float()
    where = torch.ones(3, 1, 5, 4, dtype=torch.bool)
    where[2] = False
    for loss in (*WITH_ENTROPY, nn.GeneralisedDiceLoss):
        few = loss(from_logits=activation)(logits[:2], target[:2])
        torch.testing.assert_close(loss(from_logits=activation)(logits, target, where=where), few)
        each = loss(from_logits=activation, reduction="none")(logits, target, where=where)
        assert each.isnan().tolist() == [False, False, True]
        torch.testing.assert_close(each[:2].mean(), few)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES_OF_LOGITS)
def test_a_batch_without_annotations_has_no_loss_and_no_gradient(loss):
    logits, target = pair_of_logits()
    logits.requires_grad_()
    found = loss(from_logits="sigmoid")(logits, target, where=torch.zeros(3, 3, 5, 4, dtype=torch.bool))
    found.backward()
    assert found.item() == 0
    assert not logits.grad.any()


def test_what_is_annotated_and_empty_stays_in():
    p = torch.zeros(2, 1, 4)
    target = torch.zeros(2, 1, 4)
    p[0, 0, 0] = 1.0
    target[0, 0, 1] = 1.0
    where = torch.ones(2, 1, 4, dtype=torch.bool)
    assert nn.DiceLoss(smooth=0.0)(p, target, where=where).item() == 0.5

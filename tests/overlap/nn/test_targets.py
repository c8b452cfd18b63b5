"""Whatever form a loader gives a target, the loss is that of the same target in another form."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402
from overlap.nn import targets  # noqa: E402

DRAW = torch.Generator().manual_seed(9)
X = torch.randn(2, 3, 4, 5, generator=DRAW)
LABELS = torch.randint(0, 3, (2, 4, 5), generator=DRAW)
ONE_HOT = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1)
MASK = LABELS == 1
LOSSES = [nn.DiceLoss, nn.FocalTverskyLoss, nn.GeneralisedDiceLoss, nn.DiceCELoss]

FORMS = {
    "labels": LABELS,
    "labels of 8 bits": LABELS.to(torch.uint8),
    "labels of 32 bits": LABELS.int(),
    "whole numbers": LABELS.float(),
    "whole numbers in half precision": LABELS.half(),
    "labels with an axis": LABELS[:, None],
    "whole numbers with an axis": LABELS[:, None].double(),
    "one-hot integers": ONE_HOT,
    "one-hot bools": ONE_HOT.bool(),
    "one-hot floats": ONE_HOT.float(),
}
MASKS = [
    pytest.param(MASK[:, None], id="bool"),
    pytest.param(MASK, id="bool without an axis"),
    pytest.param(MASK[:, None].long(), id="integer"),
    pytest.param(MASK.to(torch.uint8), id="integer without an axis"),
    pytest.param(MASK[:, None].float(), id="floating"),
    pytest.param(MASK.float(), id="floating without an axis"),
    # compiled by itself
    pytest.param(MASK.double(), id="double without an axis", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", LOSSES)
def test_forms_of_labels(loss, activation, form):
    module = loss(from_logits=activation)
    torch.testing.assert_close(module(X, FORMS[form]), module(X, ONE_HOT.float()), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("loss", LOSSES)
def test_forms_of_a_mask(loss, mask):
    module = loss(from_logits="sigmoid")
    expected = module(X[:, :1], MASK[:, None].float())
    torch.testing.assert_close(module(X[:, :1], mask), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ignored", [255, -1, 1])
@pytest.mark.parametrize("dtype", [torch.long, torch.float32])
def test_ignored_labels_are_cells_that_do_not_count(loss, ignored, dtype):
    left_out = torch.rand(2, 4, 5, generator=torch.Generator().manual_seed(1)) < 0.3
    left_out |= ignored == LABELS
    target = torch.where(left_out, ignored, LABELS).to(dtype)
    x = torch.where(left_out[:, None], torch.nan, X)
    found = loss(from_logits="softmax", ignore_index=ignored)(x, target)
    expected = loss(from_logits="softmax")(X, LABELS, where=~left_out[:, None])
    torch.testing.assert_close(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ignored", [255, -1, 1])
@pytest.mark.parametrize("dtype", [torch.long, torch.float32])
def test_ignored_labels_have_no_gradient(loss, ignored, dtype):
    left_out = torch.rand(2, 4, 5, generator=torch.Generator().manual_seed(1)) < 0.3
    left_out |= ignored == LABELS
    target = torch.where(left_out, ignored, LABELS).to(dtype)
    x = torch.where(left_out[:, None], torch.nan, X).requires_grad_()
    loss(from_logits="softmax", ignore_index=ignored)(x, target).backward()
    assert not x.grad[left_out[:, None].expand_as(X)].any()
    assert torch.isfinite(x.grad).all()


def test_an_ignored_value_of_a_mask():
    target = torch.where(LABELS == 2, 255, (LABELS == 1).long())
    found = nn.DiceCELoss(from_logits="sigmoid", ignore_index=255)(X[:, :1], target)
    expected = nn.DiceCELoss(from_logits="sigmoid")(X[:, :1], MASK, where=(LABELS != 2)[:, None])
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_label_that_is_no_class_is_refused(loss):
    module = loss(from_logits="softmax")
    for wrong in (255, 3, -1):
        target = LABELS.clone()
        target[0, 0, 0] = wrong
        with pytest.raises(ValueError, match=rf"nn.{loss.__name__}: 1 counted labels of the target.*ignore_index=k"):
            module(X, target)
        # the remedy
        followed = loss(from_logits="softmax", ignore_index=wrong)(X, target)
        counted = (target == LABELS)[:, None]
        torch.testing.assert_close(followed, module(X, LABELS, where=counted))
    broken = LABELS.float().index_put((torch.tensor(0),) * 3, torch.tensor(0.5))
    with pytest.raises(ValueError, match="1 counted labels of the target"):
        module(X, broken)


def test_a_mask_of_other_values_is_refused():
    with pytest.raises(ValueError, match=r"values of the target are not among 0 and 1 \(from 0 to 2\).*target > 0"):
        nn.DiceLoss(from_logits="sigmoid")(X[:, :1], LABELS[:, None])
    with pytest.raises(ValueError, match="counted values of target are out of range or NaN"):
        nn.DiceLoss(from_logits="sigmoid")(X[:, :1], LABELS[:, None].float())


def test_what_cannot_be_told():
    with pytest.raises(TypeError, match=r"the target is bool, \(2, 4, 5\), and there are 3 classes.*long\(\)"):
        nn.DiceLoss(from_logits="softmax")(X, MASK)
    with pytest.raises(ValueError, match=r"the target has shape \(2, 5, 4\) and the prediction \(2, 3, 4, 5\)"):
        nn.DiceLoss(from_logits="softmax")(X, LABELS.movedim(1, 2))
    with pytest.raises(ValueError, match="ignore_index=255 is a label, and the target has a channel for each of 3"):
        nn.DiceLoss(from_logits="softmax", ignore_index=255)(X, ONE_HOT)


@pytest.mark.slow
@pytest.mark.parametrize("loss", [nn.DiceLoss, nn.DiceCELoss])
def test_where_nobody_looks_a_loss_of_what_cannot_be_is_no_number(loss):
    """As on a device: no message, but no number that looks right either."""
    module = torch.compile(loss(from_logits="softmax"), fullgraph=True, backend="eager")
    wrong = LABELS.index_put((torch.tensor(0),) * 3, torch.tensor(255))
    too_large = ONE_HOT.float() + 0.5
    for target in (wrong, too_large):
        found = module(X, target)
        assert found.isnan()
    torch.testing.assert_close(module(X, LABELS), loss(from_logits="softmax")(X, LABELS))


def test_shapes_say_what_a_target_is():
    read = targets.read_target("nn.DiceLoss", X, LABELS[:, None], None)
    assert read.is_labels
    assert read.values.shape == (2, 4, 5)
    # as many cases as classes: the shape of a prediction without cells
    read = targets.read_target("nn.DiceLoss", torch.zeros(3, 3), torch.zeros(3, 3), None)
    assert not read.is_labels


@pytest.mark.parametrize("loss", [nn.DiceCELoss, nn.DiceFocalLoss])
@pytest.mark.parametrize("absent", [256, -1, -100])
def test_a_label_that_its_dtype_cannot_hold_is_no_other(loss, absent):
    labels = LABELS.to(torch.uint8)
    found = loss(from_logits="softmax", ignore_index=absent)(X, labels)
    torch.testing.assert_close(found, loss(from_logits="softmax")(X, LABELS))


@pytest.mark.parametrize("loss", [nn.DiceCELoss, nn.DiceFocalLoss])
def test_unsigned_labels(loss):
    found = loss(from_logits="softmax")(X, LABELS.to(torch.uint16))
    torch.testing.assert_close(found, loss(from_logits="softmax")(X, LABELS))

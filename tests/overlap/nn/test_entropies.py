"""Oracles are torch's cross-entropies, in double."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402

from overlap import losses, nn  # noqa: E402

DRAW = torch.Generator().manual_seed(3)
X = 2 * torch.randn(4, 3, 5, 6, generator=DRAW)
WIDE = X.double()
LABELS = torch.randint(0, 3, (4, 5, 6), generator=DRAW)
WEIGHTS = torch.tensor([1.0, 5.0, 9.0], dtype=torch.float64)
CE = {"dice_weight": 0.0, "batch": True}


def check(found, expected, rounding=1e-6):
    torch.testing.assert_close(found, expected, rtol=rounding, atol=0)


def exclusive(x, **options):
    return nn.DiceCELoss(from_logits="softmax", **CE, **options)(x, LABELS)


@pytest.mark.parametrize("name", ["class_weights", "ce_class_weights"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_class_weights_of_classes_that_exclude_each_other(name, smoothing, dtype, rounding):
    found = exclusive(X.to(dtype), **{name: WEIGHTS.tolist()}, label_smoothing=smoothing)
    expected = F.cross_entropy(WIDE, LABELS, weight=WEIGHTS, label_smoothing=smoothing)
    check(found, expected, rounding)


def test_label_smoothing_without_weights():
    check(exclusive(X, label_smoothing=0.3), F.cross_entropy(WIDE, LABELS, label_smoothing=0.3))


def test_each_case_is_divided_by_its_own_weights():
    loss = nn.DiceCELoss(0.0, from_logits="softmax", class_weights=WEIGHTS.tolist())
    each = [F.cross_entropy(x[None], y[None], weight=WEIGHTS) for x, y in zip(WIDE, LABELS, strict=True)]
    check(loss(X, LABELS), torch.stack(each).mean())


def test_its_own_weights_are_not_those_of_dice():
    both = nn.DiceCELoss(from_logits="softmax", class_weights=[9.0, 5.0, 1.0], ce_class_weights=WEIGHTS.tolist())
    dice = nn.DiceLoss(from_logits="softmax", class_weights=[9.0, 5.0, 1.0])
    entropy = nn.DiceCELoss(0.0, from_logits="softmax", class_weights=WEIGHTS.tolist())
    torch.testing.assert_close(both(X, LABELS), dice(X, LABELS) + entropy(X, LABELS))


def test_ignored_labels():
    ignored = torch.where(LABELS == 1, -1, LABELS)
    loss = nn.DiceCELoss(from_logits="softmax", ignore_index=-1, class_weights=WEIGHTS.tolist(), **CE)
    found = loss(X, ignored)
    check(found, F.cross_entropy(WIDE, ignored, weight=WEIGHTS, ignore_index=-1))


@pytest.mark.parametrize("pos_weight", [3.0, [3.0, 1.0, 0.5]])
def test_positive_weight(pos_weight):
    y = F.one_hot(LABELS, 3).movedim(-1, 1).float()
    found = nn.DiceCELoss(from_logits="sigmoid", pos_weight=pos_weight, **CE)(X, y)
    by_channel = torch.as_tensor(pos_weight, dtype=torch.float64).reshape(-1, 1, 1)
    check(found, F.binary_cross_entropy_with_logits(WIDE, y.double(), pos_weight=by_channel))


def test_label_smoothing_of_channels():
    y = torch.rand(4, 3, 5, 6, generator=DRAW)
    found = nn.DiceCELoss(from_logits="sigmoid", label_smoothing=0.2, **CE)(X, y)
    check(found, F.binary_cross_entropy_with_logits(WIDE, 0.8 * y.double() + 0.1))


def test_class_weights_of_channels():
    y = F.one_hot(LABELS, 3).movedim(-1, 1).float()
    each = F.binary_cross_entropy_with_logits(WIDE, y.double(), reduction="none").mean((0, 2, 3))
    found = nn.DiceCELoss(from_logits="sigmoid", class_weights=WEIGHTS.tolist(), **CE)(X, y)
    check(found, (WEIGHTS * each).sum() / WEIGHTS.sum())


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_the_mean_of_what_none_leaves(activation):
    loss = {"from_logits": activation, "class_weights": WEIGHTS.tolist()}
    each = nn.DiceCELoss(**loss, reduction="none")(X, LABELS)
    assert each.shape == (4,)
    torch.testing.assert_close(each.mean(), nn.DiceCELoss(**loss)(X, LABELS))


def test_options_that_cannot_be():
    with pytest.raises(ValueError, match="pos_weight is for channels by themselves.*ce_class_weights="):
        nn.DiceCELoss(from_logits="softmax", pos_weight=2.0)
    with pytest.raises(ValueError, match="label_smoothing is a share from 0 to 1, got 2"):
        nn.DiceCELoss(label_smoothing=2.0)
    with pytest.raises(ValueError, match="no weight of the background.*ce_class_weights="):
        nn.DiceCELoss(include_background=False, class_weights=[1.0, 2.0])
    loss = nn.DiceCELoss(
        from_logits="softmax", include_background=False, class_weights=[1.0, 2.0], ce_class_weights=[1.0, 1.0, 1.0]
    )
    assert torch.isfinite(loss(X, LABELS))
    with pytest.raises(ValueError, match="dice_weight must be a finite number >= 0"):
        nn.DiceCELoss(-1.0)


def test_a_cell_counts_if_one_of_its_classes_does():
    """Two classes, each counted in another half of four cells of even odds: four times log 2, over four cells."""
    where = torch.tensor([[[True, True, False, False], [False, False, True, True]]])
    labels = torch.tensor([[0, 0, 1, 1]])
    loss = nn.DiceCELoss(0.0, from_logits="softmax")(torch.zeros(1, 2, 4), labels, where=where)
    assert loss.item() == pytest.approx(math.log(2))
    half = losses.dice_ce_loss(
        torch.full((1, 2, 4), 0.5),
        F.one_hot(labels, 2).movedim(-1, 1).bool(),
        axis=2,
        class_axis=1,
        dice_weight=0.0,
        where=where,
    )
    assert half.item() == pytest.approx(math.log(2))


def test_a_case_of_classes_without_weight_has_no_entropy():
    """The background weighs nothing, and the second case is all background."""
    x = torch.zeros(2, 3, 4)
    labels = torch.tensor([[0, 1, 2, 1], [0, 0, 0, 0]])
    weights = [0.0, 1.0, 1.0]
    found = nn.DiceCELoss(0.0, from_logits="softmax", ce_class_weights=weights)(x, labels)
    expected = F.cross_entropy(x.double(), labels, weight=torch.tensor(weights, dtype=torch.float64))
    assert found.item() == pytest.approx(expected.item())

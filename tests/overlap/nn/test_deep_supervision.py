"""nnU-Net's wrapper and MONAI's weights, written out, and means over areas by hand."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402

from overlap import nn  # noqa: E402

generator = torch.Generator().manual_seed(2)
SIZES = ((12, 10, 8), (6, 5, 4), (3, 3, 2))
LOGITS = [torch.randn(2, 3, *size, generator=generator) for size in SIZES]
LABELS = torch.randint(3, (2, *SIZES[0]), generator=generator)
SOFT = torch.rand(2, 3, *SIZES[0], generator=generator)
WHERE = torch.rand(2, 1, *SIZES[0], generator=generator) > 0.3
WEIGHTS = torch.rand(1, 1, *SIZES[0], generator=generator)
DICE_CE = nn.DiceCELoss(from_logits="softmax", smooth=1e-5)


def nearest(x, size):
    """Downsample as batchgeneratorsv2 0.3 does."""
    return F.interpolate(x.float(), size, mode="nearest-exact").to(x.dtype)


def nnunet(loss, factors, logits, targets):
    """nnU-Net 2.8.1, DeepSupervisionWrapper.forward."""
    return sum(
        [factors[i] * loss(*pair) for i, pair in enumerate(zip(logits, targets, strict=True)) if factors[i] != 0.0]
    )


def squared(x, y):
    """A loss that reads labels and channels of any type as numbers."""
    y = y if y.ndim == x.ndim else y[:, None]
    return ((x - y.float()) ** 2).mean()


TARGETS = {
    "labels": LABELS,
    "labels with a channel": LABELS[:, None],
    "floating labels": LABELS[:, None].float(),
    "uint8": LABELS.to(torch.uint8),
    "bool": torch.stack([k == LABELS for k in range(3)], 1),
    "soft": SOFT,
}


@pytest.mark.parametrize("name", TARGETS)
def test_as_nnunet(name):
    target = TARGETS[name]
    four = target if target.ndim == 5 else target[:, None]
    targets = [nearest(four, size) for size in SIZES]
    factors = [1 / 1.5, 0.5 / 1.5, 0.0]
    expected = nnunet(squared, factors, LOGITS, targets)
    wrapped = nn.DeepSupervision(squared, "halved_without_last")
    torch.testing.assert_close(wrapped(LOGITS, target), expected)
    torch.testing.assert_close(wrapped(tuple(LOGITS), targets), expected)


def test_weights_and_where_go_the_same_way():
    targets = [nearest(LABELS[:, None], size) for size in SIZES]
    expected = 0.0
    for factor, logits, target, size in zip((4 / 7, 2 / 7, 1 / 7), LOGITS, targets, SIZES, strict=True):
        options = {"weights": nearest(WEIGHTS, size), "where": nearest(WHERE, size)}
        expected += factor * DICE_CE(logits, target, **options)
    for target in (LABELS, targets):
        torch.testing.assert_close(nn.DeepSupervision(DICE_CE)(LOGITS, target, weights=WEIGHTS, where=WHERE), expected)


def test_what_is_broadcast_stays_so():
    classes = torch.tensor([1.0, 2.0, 0.5]).reshape(1, 3, 1, 1, 1)
    one = torch.rand(SIZES[0][-1], generator=generator)
    for weights in (classes, one):
        wide = weights.expand(2, 3, *SIZES[0])
        loss = nn.DeepSupervision(DICE_CE)
        torch.testing.assert_close(loss(LOGITS, LABELS, weights=weights), loss(LOGITS, LABELS, weights=wide))


def test_large_labels_stay_what_they_are():
    components = torch.arange(16777216, 16777216 + 12).reshape(1, 1, 12)
    seen = []
    loss = nn.DeepSupervision(lambda x, y: seen.append(y) or x.mean(), [0, 1.0])
    loss([torch.zeros(1, 1, 12), torch.zeros(1, 1, 4)], components)
    assert seen[0].tolist() == [[[16777217, 16777220, 16777223, 16777226]]]


def mass(target, weights=None, where=None):
    s = torch.ones(()) if weights is None else weights
    s = s if where is None else torch.where(where, s, 0.0)
    return (torch.where(s > 0, target, 0.0) * s).mean((2, 3, 4))


@pytest.mark.parametrize("options", [{}, {"where": WHERE}, {"weights": WEIGHTS}, {"where": WHERE, "weights": WEIGHTS}])
def test_a_mean_over_an_area_keeps_the_mass(options):
    seen = []
    loss = nn.DeepSupervision(lambda x, y, **given: seen.append((y, given)) or x.mean(), [0, 1.0], resample="area")
    target = torch.where(options["where"], SOFT, torch.nan) if "where" in options else SOFT
    loss(LOGITS[:2], target, **options)
    ((coarse, given),) = seen
    assert coarse.shape == LOGITS[1].shape
    assert 0 <= coarse.min() <= coarse.max() <= 1 + 1e-6
    torch.testing.assert_close(mass(coarse, **given), mass(SOFT, **options), rtol=1e-5, atol=1e-6)


def test_an_area_by_hand():
    seen = []
    loss = nn.DeepSupervision(lambda x, y, **given: seen.append((y, given)) or x.mean(), [0, 1.0], resample="area")
    target = torch.tensor([[[True, False, True, True, False, True]]])
    where = torch.tensor([True, True, True, False, False, False])
    loss([torch.zeros(1, 1, 6), torch.zeros(1, 1, 3)], target, where=where)
    ((coarse, given),) = seen
    assert coarse.tolist() == [[[0.5, 1.0, 0.0]]]
    assert given["weights"].tolist() == [[[1.0, 0.5, 0.0]]]
    assert given["where"].tolist() == [[[True, True, False]]]


def test_levels_that_monai_stacks():
    stacked = torch.stack([LOGITS[0], LOGITS[0].roll(1, -1)], 1)
    expected = (2 * DICE_CE(stacked[:, 0], LABELS) + DICE_CE(stacked[:, 1], LABELS)) / 3
    torch.testing.assert_close(nn.DeepSupervision(DICE_CE, stacked=True)(stacked, LABELS), expected)
    by_hand = nn.DeepSupervision(DICE_CE, [1.0, 0.5], stacked=True)
    torch.testing.assert_close(by_hand(stacked, LABELS), 1.5 * expected)


def test_one_prediction():
    for weights in (None, "halved_without_last", [1.0]):
        assert torch.equal(nn.DeepSupervision(DICE_CE, weights)(LOGITS[:1], LABELS), DICE_CE(LOGITS[0], LABELS))


def test_every_level_that_counts_has_a_gradient():
    logits = [x.clone().requires_grad_() for x in LOGITS]
    nn.DeepSupervision(DICE_CE, "halved_without_last")(logits, LABELS).backward()
    assert [x.grad is not None for x in logits] == [True, True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1, -1]}, r"weights is \[1, -1\]; it is one number >= 0"),
        ({"weights": [0, 0]}, "one of them more than 0"),
        ({"weights": []}, "one of them more than 0"),
        ({"weights": [float("nan")]}, "it is one number >= 0"),
        ({"weights": "exp"}, "weights must be one of"),
        ({"resample": "nearest"}, "resample must be one of"),
    ],
)
def test_options_are_checked_at_once(options, message):
    with pytest.raises(ValueError, match=f"^nn.DeepSupervision: .*{message}"):
        nn.DeepSupervision(DICE_CE, **options)


def test_what_is_no_loss_is_refused():
    with pytest.raises(TypeError, match="nn.DeepSupervision: loss is 'dice'"):
        nn.DeepSupervision("dice")


REFUSED = {
    "a tensor that is not stacked": (
        LOGITS[0],
        LABELS,
        {},
        TypeError,
        r"Pass \[prediction\] for",
    ),
    "a list that is": (LOGITS, LABELS, {"stacked": True}, TypeError, "it is one tensor"),
    "nothing": ([], LABELS, {}, ValueError, "there is no prediction"),
    "from coarse to full": (LOGITS[::-1], LABELS, {}, ValueError, "pass them from full to coarse"),
    "too few weights": (LOGITS, LABELS, {"weights": [1.0]}, ValueError, "3 predictions and 1 weights"),
    "too few targets": (LOGITS, [LABELS], {}, ValueError, "3 predictions and 1 targets"),
    "another size": (LOGITS, LABELS[..., 1:], {}, ValueError, "has the size of the first"),
    "a mean of labels": (LOGITS, LABELS, {"resample": "area"}, ValueError, "no mean of labels.*pass resample="),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name):
    predictions, target, options, error, message = REFUSED[name]
    with pytest.raises(error, match=f"nn.DeepSupervision: .*{message}"):
        nn.DeepSupervision(DICE_CE, **options)(predictions, target)


def test_the_remedy_for_one_prediction():
    """As the message says."""
    assert torch.equal(nn.DeepSupervision(DICE_CE)([LOGITS[0]], LABELS), DICE_CE(LOGITS[0], LABELS))


def test_how_it_is_shown():
    assert "weights" not in repr(nn.DeepSupervision(DICE_CE))
    shown = repr(nn.DeepSupervision(DICE_CE, [1.0, 0.5], resample="area", stacked=True))
    assert "weights=(1.0, 0.5), resample='area', stacked=True" in shown


def test_targets_of_their_own_are_taken_as_they_are():
    seen = []
    loss = nn.DeepSupervision(lambda x, y, **given: seen.append(y) or x.mean(), [0, 1.0], resample="area")
    own = torch.rand_like(LOGITS[1])
    loss(LOGITS[:2], [SOFT, own])
    assert seen[0] is own

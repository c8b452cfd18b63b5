"""The values and slopes of other tools, from tests/data/training_peers.json, which says their versions.

A call whose conventions are ours stands beside the module that replaces it. Where a convention differs, a small
function here says how, and the value is theirs again.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

import overlap as ov

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

PEERS = json.loads((Path(__file__).parents[2] / "data" / "training_peers.json").read_text(encoding="utf-8"))

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "train.md"

softmax = {"from_logits": "softmax"}
sigmoid = {"from_logits": "sigmoid"}
CLASS_WEIGHTS = [1.0, 5.0, 9.0]


def log_dice(o):
    """An index whose loss is −log Dice."""
    return 1 + torch.log(ov.dice(o))


# ---------------------------------------------------------------- conventions that differ


def divided_by_the_number(loss):
    """MONAI divides a weighted mean by the number of classes, ours by the sum of their weights."""
    return lambda logits, target: loss(logits, target).mean()


def jaccard_of(loss_of_each):
    """1 − Jaccard of what is 1 − Dice."""

    def mean(logits, target):
        each = loss_of_each(logits, target)
        return (2 * each / (1 + each)).mean()

    return mean


def less_one(loss):
    """nnU-Net's Dice part is −Dice, ours 1 − Dice."""
    return lambda logits, target: loss(logits, target) - 1


def sum_of(dice, entropy):
    """MONAI and nnU-Net pool the cross-entropy over the batch also where each case has a Dice of its own."""
    return lambda logits, target: dice(logits, target) + entropy(logits, target)


def absent_is_zero(loss_of_each_class):
    """A class that the batch lacks is 0 in smp's mean; ours counts what is predicted of it."""

    def mean(logits, labels):
        classes = torch.arange(logits.shape[1]).reshape(-1, 1, 1)
        present = (labels.unsqueeze(1) == classes).any(dim=(0, 2, 3))
        return (loss_of_each_class(logits, labels) * present).mean()

    return mean


def absent_is_left_out(loss_of_each):
    """A class that a case lacks is left out of its mean by kornia; ours counts what is predicted of it."""

    def mean(logits, labels):
        classes = torch.arange(logits.shape[1]).reshape(-1, 1, 1)
        present = (labels.unsqueeze(1) == classes).any(dim=(2, 3))
        each = loss_of_each(logits, labels)
        return torch.where(present, each, torch.nan).nanmean(1).mean()

    return mean


def power_of_the_mean(loss, gamma):
    """smp takes the power of the mean over classes, ours the mean of powers."""
    return lambda logits, target: loss(logits, target) ** gamma


def of_two_resolutions(weights):
    """MONAI's weights are not divided by their sum, ours are unless they are named."""
    deep = nn.DeepSupervision(nn.DiceLoss(**softmax, smooth=1e-5), weights)
    return lambda logits, labels: deep([logits, logits[..., ::2, ::2]], labels)


def mean_of_p_and_distance(logits, labels):
    """MONAI measures the distance itself, in cells, from 0 inside the boundary to 1 outside; 0 where it has none."""
    target = masks(labels)
    distance = torch.zeros(target.shape)
    for k in np.ndindex(*target.shape[:2]):
        mask = target[k].numpy()
        if mask.any():
            inside = np.maximum(distance_transform_edt(mask) - 1, 0)
            distance[k] = torch.from_numpy(distance_transform_edt(~mask) - inside)
    return nn.BoundaryLoss(**softmax)(logits, distance)


def masks(labels):
    """Return a mask for each class."""
    return torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).bool()


# ---------------------------------------------------------------- losses

MONAI = {
    "DiceLoss(softmax=True)": nn.DiceLoss(**softmax, smooth=1e-5, tnorm="product"),
    "DiceLoss(softmax=True, soft_label=True)": nn.DiceLoss(**softmax, smooth=1e-5),
    "DiceLoss(softmax=True, include_background=False)": nn.DiceLoss(**softmax, include_background=False, smooth=1e-5),
    "DiceLoss(softmax=True, batch=True)": nn.DiceLoss(**softmax, batch=True, smooth=1e-5),
    "DiceLoss(softmax=True, jaccard=True)": nn.JaccardLoss(**softmax, smooth=1e-5),
    "DiceLoss(softmax=True, smooth_nr=1.0, smooth_dr=1.0)": nn.DiceLoss(**softmax, smooth=1.0),
    "DiceLoss(softmax=True, smooth_nr=0.0)": nn.DiceLoss(**softmax, smooth=0.0),
    "DiceLoss(softmax=True, weight=[1.0, 5.0, 9.0])": divided_by_the_number(
        nn.DiceLoss(**softmax, class_weights=CLASS_WEIGHTS, smooth=1e-5, reduction="none")
    ),
    "DiceLoss(softmax=True, reduction='none')": nn.DiceLoss(**softmax, smooth=1e-5, reduction="none"),
    "DiceLoss(softmax=True, reduction='sum')": nn.DiceLoss(**softmax, smooth=1e-5, reduction="sum"),
    "DiceLoss(softmax=True, ignore_index=255)": nn.DiceLoss(**softmax, ignore_index=255, smooth=1e-5),
    "DiceLoss(sigmoid=True)": nn.DiceLoss(**sigmoid, smooth=1e-5, tnorm="product"),
    "DiceLoss(sigmoid=True, soft_label=True)": nn.DiceLoss(**sigmoid, smooth=1e-5),
    "DiceLoss(sigmoid=True, soft_label=True, jaccard=True)": nn.JaccardLoss(**sigmoid, smooth=1e-5),
    "DiceLoss(softmax=True, squared_pred=True)": nn.SquaredDiceLoss(**softmax, smooth=1e-5),
    "DiceLoss(softmax=True, squared_pred=True, jaccard=True)": jaccard_of(
        nn.SquaredDiceLoss(**softmax, smooth=1e-5, reduction="none")
    ),
    # half of smooth= is added to the intersection: MONAI's Tversky adds the whole of its own
    "TverskyLoss(softmax=True, alpha=0.3, beta=0.7)": nn.TverskyLoss(0.3, 0.7, **softmax, smooth=2e-5),
    "TverskyLoss(softmax=True, alpha=0.3, beta=0.7, soft_label=True)": nn.TverskyLoss(0.3, 0.7, **softmax, smooth=2e-5),
    "TverskyLoss(softmax=True, alpha=0.3, beta=0.7, batch=True, include_background=False)": nn.TverskyLoss(
        0.3, 0.7, **softmax, batch=True, include_background=False, smooth=2e-5
    ),
    "GeneralizedDiceLoss(softmax=True, smooth_nr=0.0, smooth_dr=0.0)": nn.GeneralisedDiceLoss(**softmax, smooth=0.0),
    "GeneralizedDiceLoss(softmax=True, smooth_nr=0.0, smooth_dr=0.0, w_type='simple')": nn.GeneralisedDiceLoss(
        "linear", **softmax, smooth=0.0
    ),
    "GeneralizedDiceLoss(softmax=True, smooth_nr=0.0, smooth_dr=0.0, w_type='uniform')": nn.GeneralisedDiceLoss(
        "uniform", **softmax, smooth=0.0
    ),
    "GeneralizedDiceLoss(softmax=True, smooth_nr=0.0, smooth_dr=0.0, batch=True)": nn.GeneralisedDiceLoss(
        **softmax, batch=True, smooth=0.0
    ),
    "DiceCELoss(softmax=True)": nn.DiceCELoss(**softmax, smooth=1e-5, tnorm="product"),
    "DiceCELoss(softmax=True, lambda_dice=0.5, lambda_ce=2.0)": nn.DiceCELoss(0.5, 2.0, **softmax, smooth=1e-5),
    "DiceCELoss(softmax=True, include_background=False, batch=True)": nn.DiceCELoss(
        **softmax, include_background=False, batch=True, smooth=1e-5
    ),
    "DiceCELoss(softmax=True, label_smoothing=0.1)": nn.DiceCELoss(**softmax, label_smoothing=0.1, smooth=1e-5),
    "DiceCELoss(softmax=True, weight=[1.0, 5.0, 9.0])": sum_of(
        divided_by_the_number(
            nn.DiceLoss(**softmax, class_weights=CLASS_WEIGHTS, smooth=1e-5, reduction="none"),
        ),
        nn.DiceCELoss(0.0, 1.0, **softmax, batch=True, class_weights=CLASS_WEIGHTS),
    ),
    "DiceCELoss(sigmoid=True, weight=[3.0])": nn.DiceCELoss(**sigmoid, pos_weight=3.0, smooth=1e-5),
    # of several channels MONAI's cross-entropy is that of a softmax, whatever sigmoid= says; ours is each channel's own
    "DiceCELoss(sigmoid=True)": nn.DiceCELoss(**sigmoid, smooth=1e-5, tnorm="product"),
    # MONAI's focal part is that of a sigmoid, whatever softmax= says
    "DiceFocalLoss(softmax=True)": sum_of(
        nn.DiceLoss(**softmax, smooth=1e-5), nn.DiceFocalLoss(dice_weight=0.0, **sigmoid)
    ),
    "DiceFocalLoss(sigmoid=True)": nn.DiceFocalLoss(**sigmoid, smooth=1e-5),
    "DiceFocalLoss(sigmoid=True, gamma=3.0, lambda_dice=0.5, lambda_focal=2.0)": nn.DiceFocalLoss(
        3.0, dice_weight=0.5, ce_weight=2.0, **sigmoid, smooth=1e-5
    ),
    "DiceFocalLoss(sigmoid=True, alpha=0.25)": nn.DiceFocalLoss(alpha=0.25, **sigmoid, smooth=1e-5),
    # MONAI's focal part leaves the background out too
    "DiceFocalLoss(sigmoid=True, include_background=False)": nn.DiceFocalLoss(
        **sigmoid, include_background=False, ce_class_weights=[0.0, 1.0, 1.0], smooth=1e-5
    ),
    # MONAI's mean is over classes too, ours the sum over them
    "FocalLoss(use_softmax=True)": nn.DiceFocalLoss(dice_weight=0.0, ce_weight=1 / 3, **softmax),
    "FocalLoss(use_softmax=True, alpha=0.25)": nn.DiceFocalLoss(
        alpha=0.25, dice_weight=0.0, ce_weight=1 / 3, **softmax
    ),
    "FocalLoss(gamma=1.5)": nn.DiceFocalLoss(1.5, dice_weight=0.0, **sigmoid),
    "FocalLoss(include_background=False)": nn.DiceFocalLoss(
        dice_weight=0.0, **sigmoid, ce_class_weights=[0.0, 1.0, 1.0]
    ),
    # the sum of the weights, 15, over the number of classes, 3
    "FocalLoss(weight=[1.0, 5.0, 9.0])": nn.DiceFocalLoss(
        dice_weight=0.0, ce_weight=5.0, **sigmoid, ce_class_weights=CLASS_WEIGHTS
    ),
    "BoundaryLoss(softmax=True)": mean_of_p_and_distance,
    "DeepSupervisionLoss(weight_mode='exp')": of_two_resolutions([1.0, 0.5]),
    "DeepSupervisionLoss(weight_mode='same')": of_two_resolutions([1.0, 1.0]),
}

TRAINER = {"include_background": False, "smooth": 1e-5}
NNUNET = {
    "DC_and_CE_loss(batch_dice=True, do_bg=False)": less_one(nn.DiceCELoss(**softmax, batch=True, **TRAINER)),
    "DC_and_CE_loss(batch_dice=False, do_bg=False)": less_one(nn.DiceCELoss(**softmax, **TRAINER)),
    "DC_and_CE_loss(batch_dice=True, do_bg=True)": less_one(nn.DiceCELoss(**softmax, batch=True, smooth=1e-5)),
    "DC_and_CE_loss(batch_dice=True, do_bg=False, ignore_label=255)": less_one(
        nn.DiceCELoss(**softmax, batch=True, ignore_index=255, **TRAINER)
    ),
    "DC_and_CE_loss(batch_dice=False, do_bg=False, ignore_label=255)": less_one(
        sum_of(
            nn.DiceLoss(**softmax, ignore_index=255, **TRAINER),
            nn.DiceCELoss(0.0, 1.0, **softmax, batch=True, ignore_index=255),
        )
    ),
    "DC_and_CE_loss(batch_dice=True, do_bg=False, weight=[1.0, 5.0, 9.0])": less_one(
        nn.DiceCELoss(**softmax, batch=True, ce_class_weights=CLASS_WEIGHTS, **TRAINER)
    ),
    "DC_and_CE_loss(batch_dice=True, do_bg=False, label_smoothing=0.1)": less_one(
        nn.DiceCELoss(**softmax, batch=True, label_smoothing=0.1, **TRAINER)
    ),
    "DC_and_BCE_loss(batch_dice=True, do_bg=True)": less_one(
        nn.DiceCELoss(**sigmoid, batch=True, smooth=1e-5, tnorm="product")
    ),
    "DC_and_BCE_loss(batch_dice=True, do_bg=True, pos_weight=[3.0])": less_one(
        nn.DiceCELoss(**sigmoid, batch=True, pos_weight=3.0, smooth=1e-5)
    ),
}

POOLED = {"batch": True, "smooth": 0.0}
SMP = {
    "DiceLoss(mode='multiclass')": absent_is_zero(nn.DiceLoss(**softmax, **POOLED, reduction="none")),
    # half of smooth= is added to the intersection: smp adds the whole of its own
    "DiceLoss(mode='multiclass', smooth=1.0)": nn.DiceLoss(**softmax, batch=True, smooth=2.0),
    "DiceLoss(mode='multiclass', classes=[1, 2])": nn.DiceLoss(**softmax, **POOLED, include_background=False),
    "DiceLoss(mode='multiclass', class_weights=[1.0, 5.0, 9.0])": nn.DiceLoss(
        **softmax, **POOLED, class_weights=CLASS_WEIGHTS
    ),
    "DiceLoss(mode='multiclass', log_loss=True)": nn.OverlapLoss(log_dice, **softmax, **POOLED),
    "DiceLoss(mode='multiclass', ignore_index=255)": nn.DiceLoss(**softmax, **POOLED, ignore_index=255),
    "DiceLoss(mode='multilabel')": nn.DiceLoss(**sigmoid, **POOLED),
    "DiceLoss(mode='binary')": nn.DiceLoss(**sigmoid, **POOLED),
    "JaccardLoss(mode='multiclass')": nn.JaccardLoss(**softmax, **POOLED),
    "JaccardLoss(mode='multilabel')": nn.JaccardLoss(**sigmoid, **POOLED),
    "TverskyLoss(mode='multiclass', alpha=0.3, beta=0.7)": nn.TverskyLoss(0.3, 0.7, **softmax, **POOLED),
    "TverskyLoss(mode='multiclass', alpha=0.3, beta=0.7, gamma=0.75)": power_of_the_mean(
        nn.TverskyLoss(0.3, 0.7, **softmax, **POOLED), 0.75
    ),
    "TverskyLoss(mode='binary', alpha=0.3, beta=0.7, gamma=0.75)": nn.FocalTverskyLoss(
        0.3, 0.7, 0.75, **sigmoid, **POOLED
    ),
    "FocalLoss(mode='multilabel')": nn.DiceFocalLoss(dice_weight=0.0, **sigmoid),
    "FocalLoss(mode='binary', gamma=3.0, alpha=0.25)": nn.DiceFocalLoss(3.0, 0.25, dice_weight=0.0, **sigmoid),
}

KORNIA = {
    "DiceLoss(average='macro')": absent_is_left_out(nn.DiceLoss(**softmax, smooth=0.0, reduction="none")),
    "DiceLoss(average='micro')": nn.GeneralisedDiceLoss("uniform", **softmax, smooth=0.0),
    "DiceLoss(average='macro', ignore_index=255)": nn.DiceLoss(**softmax, ignore_index=255, smooth=0.0),
    "TverskyLoss(alpha=0.3, beta=0.7)": nn.TverskyLoss(0.3, 0.7, **softmax, smooth=0.0),
}

LOSSES = (
    {f"monai {call}": loss for call, loss in MONAI.items()}
    | {f"nnunetv2 {call}": loss for call, loss in NNUNET.items()}
    | {f"smp {call}": loss for call, loss in SMP.items()}
    | {f"kornia {call}": loss for call, loss in KORNIA.items()}
)
# gradients of what counts are compiled by themselves
COMPARED = [
    pytest.param(call, case, marks=[pytest.mark.slow] if "ignore" in call else [])
    for call in LOSSES
    for case in PEERS["values"][call]
]


@pytest.mark.parametrize(("call", "case"), COMPARED)
def test_the_loss_and_its_slope_are_theirs(call, case, dtype):
    logits = torch.tensor(PEERS["inputs"][case]["logits"], dtype=dtype, requires_grad=True)
    target = PEERS["inputs"][case]["target"]
    expected = PEERS["values"][call][case]
    loss = LOSSES[call](logits, torch.tensor(target))
    np.testing.assert_allclose(loss.detach().flatten(), expected["value"], atol=1e-6)
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    direction = torch.cos(torch.arange(logits.numel(), dtype=torch.float64)).reshape(logits.shape)
    assert float((gradient * direction).sum()) == pytest.approx(expected["slope"], abs=1e-6)


# ---------------------------------------------------------------- metrics


def sizes(prediction, target):
    """Return the sizes of each case and class."""
    running = nn.RunningOverlap(3)
    running.update(prediction, target)
    return running.cases()


def sizes_of_all_cases(prediction, target):
    running = nn.RunningOverlap(3)
    running.update(prediction, target)
    return running.compute()


def mean_of_each_class(prediction, target):
    running = nn.RunningOverlap(3)
    running.update(prediction, target)
    return running.mean(ov.dice).value


def sizes_of_all_classes(prediction, target):
    return sizes(prediction, target).sum(1)


def mean_of_cases(index):
    """Average over the classes of a case where they are defined, then over cases."""
    return index.nanmean(1).mean()


def weighted_dice(prediction, target):
    """Average over the classes of a case by their size in the reference, then over cases."""
    o = sizes(prediction, target)
    share = o.size_b / o.size_b.sum(1, keepdim=True)
    return (ov.dice(o) * share).nansum(1).mean()


def generalised_dice(prediction, target, weighting="square"):
    """Return the generalised Dice of each case."""
    axis = tuple(range(2, target.ndim + 1))
    loss = ov.losses.generalised_dice_loss(
        masks(prediction), masks(target), axis=axis, weighting=weighting, reduction="none"
    )
    return 1 - loss


def with_reference(index, prediction, target):
    """Return an index where the reference has cells: elsewhere it is undefined for MONAI, whatever is predicted."""
    o = sizes(prediction, target)
    return torch.where(o.size_b > 0, index(o), torch.nan)


METRICS = {
    "torchmetrics DiceScore(average='macro')": lambda p, t: mean_of_cases(ov.dice(sizes(p, t))),
    "torchmetrics DiceScore(average='micro')": lambda p, t: ov.dice(sizes_of_all_classes(p, t)).mean(),
    "torchmetrics DiceScore(average='none')": mean_of_each_class,
    "torchmetrics DiceScore(average='weighted')": weighted_dice,
    "torchmetrics DiceScore(average='macro', include_background=False)": lambda p, t: mean_of_cases(
        ov.dice(sizes(p, t))[:, 1:]
    ),
    "torchmetrics DiceScore(average='macro', aggregation_level='global')": lambda p, t: ov.dice(
        sizes_of_all_cases(p, t)
    ).nanmean(),
    "torchmetrics DiceScore(average='none', aggregation_level='global')": lambda p, t: ov.dice(
        sizes_of_all_cases(p, t)
    ),
    "torchmetrics MeanIoU()": lambda p, t: mean_of_cases(ov.iou(sizes(p, t))),
    "torchmetrics GeneralizedDiceScore()": lambda p, t: generalised_dice(p, t).mean(),
    "torchmetrics GeneralizedDiceScore(weight_type='simple')": lambda p, t: generalised_dice(p, t, "linear").mean(),
    "monai DiceMetric()": lambda p, t: mean_of_cases(with_reference(ov.dice, p, t)),
    "monai DiceMetric(include_background=False)": lambda p, t: mean_of_cases(with_reference(ov.dice, p, t)[:, 1:]),
    "monai DiceMetric(ignore_empty=False)": lambda p, t: ov.dice(sizes(p, t), empty=1.0).mean(),
    "monai DiceMetric(reduction='mean_batch')": lambda p, t: with_reference(ov.dice, p, t).nanmean(0),
    "monai DiceMetric(reduction='none')": lambda p, t: with_reference(ov.dice, p, t),
    "monai MeanIoU()": lambda p, t: mean_of_cases(with_reference(ov.iou, p, t)),
    "monai MeanIoU(reduction='none')": lambda p, t: with_reference(ov.iou, p, t),
    "monai GeneralizedDiceScore()": lambda p, t: generalised_dice(p, t).mean(),
}
SCORED = [(call, case) for call in METRICS for case in PEERS["values"][call]]


@pytest.mark.parametrize(("call", "case"), SCORED)
def test_the_metric_is_theirs(call, case):
    prediction = torch.tensor(PEERS["inputs"][case]["logits"]).argmax(1)
    value = METRICS[call](prediction, torch.tensor(PEERS["inputs"][case]["target"]))
    expected = np.array(PEERS["values"][call][case]["value"], float)
    np.testing.assert_allclose(value.flatten(), expected, atol=1e-6)


def test_every_call_is_compared():
    assert set(PEERS["values"]) == set(LOSSES) | set(METRICS)


# ---------------------------------------------------------------- keywords

SECTIONS = {
    "monai": ("### MONAI losses", "### MONAI metrics"),
    "nnunetv2": ("### nnU-Net",),
    "smp": ("### segmentation_models_pytorch",),
    "torchmetrics": ("### torchmetrics",),
}


@pytest.mark.clone
@pytest.mark.parametrize("made", PEERS["keywords"])
def test_the_training_page_names_every_keyword(made):
    tool = made.split()[0]
    text = PAGE.read_text(encoding="utf-8")
    sections = [text.partition(f"{title}\n")[2].partition("\n## ")[0] for title in SECTIONS[tool]]
    first_columns = [
        row.split("|")[1]
        for section in sections
        for row in section.partition("\n### ")[0].splitlines()
        if row.startswith("|")
    ]
    for keyword in PEERS["keywords"][made]:
        assert any(f"`{keyword}`" in column for column in first_columns), keyword

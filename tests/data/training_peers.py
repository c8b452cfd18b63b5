"""Write training_peers.json: what the losses and metrics that people train with say of small inputs.

    python tests/data/training_peers.py

It needs an environment with monai, nnunetv2, segmentation-models-pytorch, kornia, torchmetrics and torch, and nothing
of this project. Of a loss the file holds its value and its slope, the derivative along a fixed direction of logits; of
a metric its value; of each callable its keywords. Everything that can be is float64.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

TOOLS = ("monai", "nnunetv2", "segmentation-models-pytorch", "kornia", "torchmetrics", "torch")
CLASSES = 3
PLANE = (6, 7)
VOLUME = (4, 5, 3)


# ---------------------------------------------------------------- inputs


def make_inputs() -> dict[str, dict[str, Any]]:
    """Draw logits (2, class, *spatial) and targets: labels (2, *spatial) or channels like the logits."""
    draw = np.random.default_rng(20261126)

    def logits(shape: tuple[int, ...], channels: int = CLASSES) -> list[Any]:
        return (2 * draw.normal(size=(2, channels, *shape))).round(3).tolist()

    def raters(shape: tuple[int, ...]) -> np.ndarray:
        return draw.integers(CLASSES, size=(4, 2, *shape))

    labels = raters(PLANE)[0]
    absent = raters(PLANE)[0]
    absent[1] = np.minimum(absent[1], 1)
    lacking = np.minimum(raters(PLANE)[0], 1)
    ignored = raters(PLANE)[0]
    ignored[draw.random(ignored.shape) < 0.25] = 255
    four = raters(PLANE)
    shares = np.stack([(four == k).mean(axis=0) for k in range(CLASSES)], axis=1)
    channels = (2, CLASSES, *PLANE)
    one_channel = (2, 1, *PLANE)
    return {
        "labels": {"logits": logits(PLANE), "target": labels.tolist()},
        "volume": {"logits": logits(VOLUME), "target": raters(VOLUME)[0].tolist()},
        "absent": {"logits": logits(PLANE), "target": absent.tolist()},
        "lacking": {"logits": logits(PLANE), "target": lacking.tolist()},
        "ignored": {"logits": logits(PLANE), "target": ignored.tolist()},
        "soft": {"logits": logits(PLANE), "target": shares.tolist()},
        "regions": {"logits": logits(PLANE), "target": (draw.random(channels) < 0.4).astype(float).tolist()},
        "soft regions": {"logits": logits(PLANE), "target": (draw.integers(5, size=channels) / 4).tolist()},
        "mask": {"logits": logits(PLANE, 1), "target": (draw.random(one_channel) < 0.4).astype(float).tolist()},
        "soft mask": {"logits": logits(PLANE, 1), "target": (draw.integers(5, size=one_channel) / 4).tolist()},
    }


ALL_CLASSES = ("labels", "volume", "absent")
HARD_REGIONS = ("regions", "mask")
REGIONS = (*HARD_REGIONS, "soft regions", "soft mask")


# ---------------------------------------------------------------- calls

Calls = list[tuple[str, dict[str, Any], tuple[str, ...]]]
"""What is called, with which options, on which inputs."""


def monai_losses() -> Calls:
    """Labels go in as (batch, 1, *spatial) with to_onehot_y=True, which is not written.

    Deep supervision is that of DiceLoss(softmax=True), of the logits and of every other row and column of them.
    """
    softmax = {"softmax": True}
    sigmoid = {"sigmoid": True}
    tversky = {"alpha": 0.3, "beta": 0.7}
    unsmoothed = {"smooth_nr": 0.0, "smooth_dr": 0.0}
    return [
        ("DiceLoss", softmax, (*ALL_CLASSES, "soft")),
        ("DiceLoss", softmax | {"soft_label": True}, (*ALL_CLASSES, "soft")),
        ("DiceLoss", softmax | {"include_background": False}, ALL_CLASSES),
        ("DiceLoss", softmax | {"batch": True}, ALL_CLASSES),
        ("DiceLoss", softmax | {"jaccard": True}, ALL_CLASSES),
        ("DiceLoss", softmax | {"squared_pred": True}, (*ALL_CLASSES, "soft")),
        ("DiceLoss", softmax | {"squared_pred": True, "jaccard": True}, (*ALL_CLASSES, "soft")),
        ("DiceLoss", softmax | {"smooth_nr": 1.0, "smooth_dr": 1.0}, ALL_CLASSES),
        ("DiceLoss", softmax | {"smooth_nr": 0.0}, ALL_CLASSES),
        ("DiceLoss", softmax | {"weight": [1.0, 5.0, 9.0]}, ALL_CLASSES),
        ("DiceLoss", softmax | {"reduction": "none"}, ALL_CLASSES),
        ("DiceLoss", softmax | {"reduction": "sum"}, ALL_CLASSES),
        ("DiceLoss", softmax | {"ignore_index": 255}, ("ignored",)),
        ("DiceLoss", sigmoid, REGIONS),
        ("DiceLoss", sigmoid | {"soft_label": True}, REGIONS),
        ("DiceLoss", sigmoid | {"soft_label": True, "jaccard": True}, REGIONS),
        ("TverskyLoss", softmax | tversky, ALL_CLASSES),
        ("TverskyLoss", softmax | tversky | {"soft_label": True}, ("soft",)),
        ("TverskyLoss", softmax | tversky | {"batch": True, "include_background": False}, ALL_CLASSES),
        ("GeneralizedDiceLoss", softmax | unsmoothed, ALL_CLASSES),
        ("GeneralizedDiceLoss", softmax | unsmoothed | {"w_type": "simple"}, ALL_CLASSES),
        ("GeneralizedDiceLoss", softmax | unsmoothed | {"w_type": "uniform"}, ALL_CLASSES),
        ("GeneralizedDiceLoss", softmax | unsmoothed | {"batch": True}, ALL_CLASSES),
        ("DiceCELoss", softmax, (*ALL_CLASSES, "soft")),
        ("DiceCELoss", softmax | {"lambda_dice": 0.5, "lambda_ce": 2.0}, ALL_CLASSES),
        ("DiceCELoss", softmax | {"include_background": False, "batch": True}, ALL_CLASSES),
        ("DiceCELoss", softmax | {"label_smoothing": 0.1}, ALL_CLASSES),
        ("DiceCELoss", softmax | {"weight": [1.0, 5.0, 9.0]}, ALL_CLASSES),
        ("DiceCELoss", sigmoid, ("mask", "soft mask")),
        ("DiceCELoss", sigmoid | {"weight": [3.0]}, ("mask",)),
        ("DiceFocalLoss", softmax, ALL_CLASSES),
        ("DiceFocalLoss", sigmoid, HARD_REGIONS),
        ("DiceFocalLoss", sigmoid | {"gamma": 3.0, "lambda_dice": 0.5, "lambda_focal": 2.0}, HARD_REGIONS),
        ("DiceFocalLoss", sigmoid | {"alpha": 0.25}, HARD_REGIONS),
        ("DiceFocalLoss", sigmoid | {"include_background": False}, ("regions",)),
        ("FocalLoss", {"use_softmax": True}, ALL_CLASSES),
        ("FocalLoss", {"use_softmax": True, "alpha": 0.25}, ALL_CLASSES),
        ("FocalLoss", {"gamma": 1.5}, HARD_REGIONS),
        ("FocalLoss", {"include_background": False}, ("regions",)),
        ("FocalLoss", {"weight": [1.0, 5.0, 9.0]}, ("regions",)),
        ("BoundaryLoss", softmax, ALL_CLASSES),
        ("DeepSupervisionLoss", {"weight_mode": "exp"}, ("labels",)),
        ("DeepSupervisionLoss", {"weight_mode": "same"}, ("labels",)),
    ]


def nnunet_losses() -> Calls:
    """As its trainer calls them: smooth=1e-5, one process; the options of both parts side by side."""
    return [
        ("DC_and_CE_loss", {"batch_dice": True, "do_bg": False}, ALL_CLASSES),
        ("DC_and_CE_loss", {"batch_dice": False, "do_bg": False}, ALL_CLASSES),
        ("DC_and_CE_loss", {"batch_dice": True, "do_bg": True}, ALL_CLASSES),
        ("DC_and_CE_loss", {"batch_dice": True, "do_bg": False, "weight": [1.0, 5.0, 9.0]}, ALL_CLASSES),
        ("DC_and_CE_loss", {"batch_dice": True, "do_bg": False, "label_smoothing": 0.1}, ALL_CLASSES),
        ("DC_and_CE_loss", {"batch_dice": True, "do_bg": False, "ignore_label": 255}, ("ignored",)),
        ("DC_and_CE_loss", {"batch_dice": False, "do_bg": False, "ignore_label": 255}, ("ignored",)),
        ("DC_and_BCE_loss", {"batch_dice": True, "do_bg": True}, REGIONS),
        ("DC_and_BCE_loss", {"batch_dice": True, "do_bg": True, "pos_weight": [3.0]}, HARD_REGIONS),
    ]


def smp_losses() -> Calls:
    classes = {"mode": "multiclass"}
    tversky = {"alpha": 0.3, "beta": 0.7}
    return [
        ("DiceLoss", classes, ("labels", "absent", "lacking")),
        ("DiceLoss", classes | {"smooth": 1.0}, ("labels",)),
        ("DiceLoss", classes | {"classes": [1, 2]}, ("labels",)),
        ("DiceLoss", classes | {"class_weights": [1.0, 5.0, 9.0]}, ("labels",)),
        ("DiceLoss", classes | {"log_loss": True}, ("labels",)),
        ("DiceLoss", classes | {"ignore_index": 255}, ("ignored",)),
        ("DiceLoss", {"mode": "multilabel"}, ("regions", "soft regions")),
        ("DiceLoss", {"mode": "binary"}, ("mask", "soft mask")),
        ("JaccardLoss", classes, ("labels",)),
        ("JaccardLoss", {"mode": "multilabel"}, ("regions", "soft regions")),
        ("TverskyLoss", classes | tversky, ("labels",)),
        ("TverskyLoss", classes | tversky | {"gamma": 0.75}, ("labels",)),
        ("TverskyLoss", {"mode": "binary"} | tversky | {"gamma": 0.75}, ("mask", "soft mask")),
        ("FocalLoss", {"mode": "multilabel"}, ("regions",)),
        ("FocalLoss", {"mode": "binary", "gamma": 3.0, "alpha": 0.25}, ("mask",)),
    ]


def kornia_losses() -> Calls:
    return [
        ("DiceLoss", {"average": "macro"}, ("labels", "absent", "lacking")),
        ("DiceLoss", {"average": "micro"}, ("labels", "absent", "lacking")),
        ("DiceLoss", {"average": "macro", "ignore_index": 255}, ("ignored",)),
        ("TverskyLoss", {"alpha": 0.3, "beta": 0.7}, ("labels",)),
    ]


def torchmetrics_metrics() -> Calls:
    """Labels on both sides: input_format="index" is not written, nor is the number of classes."""
    pooled = {"aggregation_level": "global"}
    return [
        ("DiceScore", {"average": "macro"}, ALL_CLASSES),
        ("DiceScore", {"average": "micro"}, ALL_CLASSES),
        ("DiceScore", {"average": "none"}, ALL_CLASSES),
        ("DiceScore", {"average": "weighted"}, ALL_CLASSES),
        ("DiceScore", {"average": "macro", "include_background": False}, ALL_CLASSES),
        ("DiceScore", {"average": "macro"} | pooled, ALL_CLASSES),
        ("DiceScore", {"average": "none"} | pooled, ALL_CLASSES),
        ("MeanIoU", {}, ALL_CLASSES),
        ("GeneralizedDiceScore", {}, ("labels", "volume")),
        ("GeneralizedDiceScore", {"weight_type": "simple"}, ("labels", "volume")),
    ]


def monai_metrics() -> Calls:
    """Masks of all classes on both sides."""
    return [
        ("DiceMetric", {}, ALL_CLASSES),
        ("DiceMetric", {"include_background": False}, ALL_CLASSES),
        ("DiceMetric", {"ignore_empty": False}, ALL_CLASSES),
        ("DiceMetric", {"reduction": "mean_batch"}, ALL_CLASSES),
        ("DiceMetric", {"reduction": "none"}, ALL_CLASSES),
        ("MeanIoU", {}, ALL_CLASSES),
        ("MeanIoU", {"reduction": "none"}, ALL_CLASSES),
        ("GeneralizedDiceScore", {}, ("labels", "volume")),
    ]


# ---------------------------------------------------------------- how each tool is called

Said = dict[str, Any]
"""What a tool says of an input."""


def say_monai_loss(name: str, options: dict[str, Any], logits: Tensor, target: Tensor) -> Said:
    from monai import losses

    if name == "DeepSupervisionLoss":
        deep = losses.DeepSupervisionLoss(losses.DiceLoss(softmax=True, to_onehot_y=True), **options)
        return value_and_slope(lambda x, y: deep([x, x[..., ::2, ::2]], y), logits, target.unsqueeze(1).double())
    if "weight" in options:
        options = options | {"weight": torch.tensor(options["weight"])}
    if target.ndim < logits.ndim:
        options = options | {"to_onehot_y": True}
        target = target.unsqueeze(1)
    return value_and_slope(getattr(losses, name)(**options), logits, target)


def say_nnunet_loss(name: str, options: dict[str, Any], logits: Tensor, target: Tensor) -> Said:
    from nnunetv2.training.loss import compound_losses

    dice = {"batch_dice": options["batch_dice"], "do_bg": options["do_bg"], "smooth": 1e-5, "ddp": False}
    entropy = {key: options[key] for key in ("weight", "pos_weight", "label_smoothing") if key in options}
    for key in entropy.keys() & {"weight", "pos_weight"}:
        entropy[key] = torch.tensor(entropy[key])
    made = getattr(compound_losses, name)
    if name == "DC_and_BCE_loss":
        loss = made(bce_kwargs=entropy, soft_dice_kwargs=dice)
    else:
        loss = made(soft_dice_kwargs=dice, ce_kwargs=entropy, ignore_label=options.get("ignore_label"))
        target = target.unsqueeze(1)
    return value_and_slope(loss, logits, target)


def say_smp_loss(name: str, options: dict[str, Any], logits: Tensor, target: Tensor) -> Said:
    return value_and_slope(getattr(import_smp_losses(), name)(**options), logits, target)


def say_kornia_loss(name: str, options: dict[str, Any], logits: Tensor, target: Tensor) -> Said:
    from kornia import losses

    return value_and_slope(getattr(losses, name)(**options), logits, target)


def say_torchmetrics(name: str, options: dict[str, Any], logits: Tensor, target: Tensor) -> Said:
    from torchmetrics import segmentation

    metric = getattr(segmentation, name)(num_classes=CLASSES, input_format="index", **options)
    metric.update(logits.argmax(1), target)
    return value_of(metric.compute())


def say_monai_metric(name: str, options: dict[str, Any], logits: Tensor, target: Tensor) -> Said:
    from monai import metrics

    metric = getattr(metrics, name)(**options)
    metric(one_hot(logits.argmax(1), CLASSES).movedim(-1, 1), one_hot(target, CLASSES).movedim(-1, 1))
    return value_of(metric.aggregate())


def import_smp_losses() -> ModuleType:
    """Import smp's losses without its networks, which need torchvision and timm."""
    name = "segmentation_models_pytorch"
    if name not in sys.modules:
        bare = ModuleType(name)
        bare.__path__ = list(find_spec(name).submodule_search_locations)
        sys.modules[name] = bare
    return import_module(f"{name}.losses")


def value_and_slope(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, target: Tensor) -> Said:
    """Return the loss, and the derivative of its sum along cos(0), cos(1), … of the logits."""
    logits = logits.clone().requires_grad_()
    value = loss(logits, target)
    (gradient,) = torch.autograd.grad(value.sum(), logits)
    direction = torch.cos(torch.arange(logits.numel(), dtype=torch.float64)).reshape(logits.shape)
    return value_of(value.detach()) | {"slope": float((gradient * direction).sum())}


def value_of(value: Tensor) -> Said:
    """Return numbers, null where one is not defined."""
    return {"value": [None if np.isnan(x) else x for x in value.flatten().tolist()]}


# ---------------------------------------------------------------- the file


REPLACED = {
    "monai.losses": (
        "DiceLoss",
        "DiceCELoss",
        "DiceFocalLoss",
        "TverskyLoss",
        "GeneralizedDiceLoss",
        "DeepSupervisionLoss",
    ),
    "monai.metrics": ("DiceMetric", "MeanIoU"),
    "nnunetv2.training.loss.dice": ("MemoryEfficientSoftDiceLoss",),
    "nnunetv2.training.loss.compound_losses": ("DC_and_CE_loss", "DC_and_BCE_loss"),
    "segmentation_models_pytorch.losses": ("DiceLoss", "JaccardLoss", "TverskyLoss"),
    "torchmetrics.segmentation": ("DiceScore", "MeanIoU", "GeneralizedDiceScore"),
}
"""What has a row in docs/how-to/train.md for each of its keywords."""


def ask_all(inputs: dict[str, Any]) -> dict[str, dict[str, Said]]:
    """Ask each tool about each call and input."""
    values: dict[str, dict[str, Said]] = {}
    for tool, calls, say in (
        ("monai", monai_losses(), say_monai_loss),
        ("nnunetv2", nnunet_losses(), say_nnunet_loss),
        ("smp", smp_losses(), say_smp_loss),
        ("kornia", kornia_losses(), say_kornia_loss),
        ("torchmetrics", torchmetrics_metrics(), say_torchmetrics),
        ("monai", monai_metrics(), say_monai_metric),
    ):
        for name, options, cases in calls:
            written = ", ".join(f"{key}={value!r}" for key, value in options.items())
            said = values.setdefault(f"{tool} {name}({written})", {})
            for case in cases:
                logits = torch.tensor(inputs[case]["logits"])
                target = torch.tensor(inputs[case]["target"])
                said[case] = say(name, options, logits, target)
    return values


def keywords() -> dict[str, list[str]]:
    """Return the keywords of what people replace."""
    import_smp_losses()
    found = {}
    for module, names in REPLACED.items():
        tool = "smp" if module.startswith("segmentation_models") else module.partition(".")[0]
        for name in names:
            parameters = inspect.signature(getattr(import_module(module), name)).parameters
            found[f"{tool} {name}"] = [parameter for parameter in parameters if parameter != "kwargs"]
    return found


def text_of(whole: dict[str, Any]) -> str:
    """Return JSON with a line for each call, and for each input."""
    sections = []
    for name, section in whole.items():
        text = json.dumps(section)
        if isinstance(section, dict):
            rows = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in section.items()]
            text = "{\n" + ",\n".join(rows) + "\n }"
        sections.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main() -> None:
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("ignore")
    inputs = make_inputs()
    whole = {
        "about": "Small inputs, and what these tools say of them; made by training_peers.py",
        "versions": {tool: version(tool) for tool in TOOLS},
        "keywords": keywords(),
        "inputs": inputs,
        "values": ask_all(inputs),
    }
    Path(__file__).with_suffix(".json").write_text(text_of(whole), encoding="utf-8")


if __name__ == "__main__":
    main()

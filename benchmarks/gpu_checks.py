"""What must hold of the losses on a device, one question each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from gpu_meters import Meters, first_line
from torch import Tensor
from torch.nn import functional as F

from overlap import nn

MODULES = (
    nn.DiceLoss,
    nn.JaccardLoss,
    nn.TverskyLoss,
    nn.FocalTverskyLoss,
    nn.GeneralisedDiceLoss,
    nn.DiceCELoss,
)


class Data:
    """Logits of three classes, and their labels."""

    def __init__(self, device: torch.device, n: int) -> None:
        draw = torch.Generator(device).manual_seed(1)
        self.device = device
        self.n = n
        self.x = torch.randn(2, 3, n, n, generator=draw, device=device)
        self.labels = torch.randint(0, 3, (2, n, n), generator=draw, device=device)

    def logits(self) -> Tensor:
        return self.x.clone().requires_grad_()


def softmax_dice(**options: Any) -> torch.nn.Module:
    return nn.DiceLoss(from_logits="softmax", **options)


def difference(a: Tensor, b: Tensor) -> float:
    return float((a.double().cpu() - b.double().cpu()).norm() / b.double().cpu().norm())


def value_and_gradient(
    loss: Callable[..., Tensor], x: Tensor, *target: Tensor, **options: Any
) -> tuple[Tensor, Tensor]:
    x = x.detach().clone().requires_grad_()
    value = loss(x, *target, **options)
    (gradient,) = torch.autograd.grad(value, x)
    return value.detach(), gradient


def every_module_agrees_with_the_host(data: Data, meters: Meters) -> str:
    found = {}
    n = data.n // 4
    x = data.x[:, :, :n, :n]
    labels = data.labels[:, :n, :n]
    for module in MODULES:
        loss = module(from_logits="softmax")
        value, gradient = value_and_gradient(loss, x, labels)
        host_value, host_gradient = value_and_gradient(loss, x.cpu().double(), labels.cpu())
        found[module.__name__] = f"{difference(value, host_value):.0e}, {difference(gradient, host_gradient):.0e}"
    return str(found)


def no_module_waits(data: Data, meters: Meters) -> str:
    found = {}
    for module in MODULES:
        loss = module(from_logits="softmax").to(data.device)
        x = data.logits()
        found[module.__name__] = meters.synchronises(lambda loss=loss, x=x: loss(x, data.labels).backward())
    return str(found)


def nothing_waits_with_where_weights_and_class_weights(data: Data, meters: Meters) -> str:
    loss = nn.DiceCELoss(from_logits="softmax", class_weights=[1.0, 2.0, 3.0]).to(data.device)
    where = (data.labels != 2).unsqueeze(1)
    weights = torch.rand(2, 1, data.n, data.n, device=data.device)
    x = data.logits()
    return meters.synchronises(lambda: loss(x, data.labels, where=where, weights=weights).backward())


def label_255_is_nan_as_it_raises_on_the_host(data: Data, meters: Meters) -> str:
    labels = data.labels.clone()
    labels[0, 0, 0] = 255
    if not meters.is_gpu:
        return "-"
    return f"{softmax_dice()(data.x, labels).item()}"


def label_255_ignored_is_label_255_left_out(data: Data, meters: Meters) -> str:
    labels = data.labels.clone()
    labels[:, :8] = 255
    ignored = softmax_dice(ignore_index=255)(data.x, labels)
    left_out = softmax_dice()(data.x, labels, where=(labels != 255).unsqueeze(1))
    return f"{ignored.item() - left_out.item():.0e}"


def rounding_is_no_error(data: Data, meters: Meters) -> str:
    y = F.one_hot(data.labels, 3).movedim(-1, 1).float() * (1 + 2.4e-7)
    return f"{softmax_dice()(data.x, y).item() - softmax_dice()(data.x, data.labels).item():.0e}"


def a_nan_logit_is_a_nan_loss(data: Data, meters: Meters) -> str:
    x = data.x.clone()
    x[0, 0, 0, 0] = float("nan")
    return str(softmax_dice()(x, data.labels).item())


def channels_last_is_equal_and_stays(data: Data, meters: Meters) -> str:
    value, gradient = value_and_gradient(softmax_dice(), data.x, data.labels)
    x = data.x.contiguous(memory_format=torch.channels_last).requires_grad_()
    other = softmax_dice()(x, data.labels)
    other.backward()
    is_last = x.grad.is_contiguous(memory_format=torch.channels_last)
    return f"value {other.item() - value.item():.0e}, gradient {difference(x.grad, gradient):.0e}, {is_last}"


def equal_bits_twice(data: Data, meters: Meters) -> str:
    loss = nn.DiceCELoss(from_logits="softmax")
    value, gradient = value_and_gradient(loss, data.x, data.labels)
    again, gradient_again = value_and_gradient(loss, data.x, data.labels)
    return str(torch.equal(value, again) and torch.equal(gradient, gradient_again))


def a_graph_replays_what_eager_gives(data: Data, meters: Meters) -> str:
    loss = nn.DiceCELoss(from_logits="softmax").to(data.device)
    x = data.logits()
    out = {}

    def step() -> None:
        value = loss(x, data.labels)
        out["value"] = value.detach()
        out["gradient"] = torch.autograd.grad(value, x)[0]

    replay = meters.graph(step)
    with torch.no_grad():
        x.mul_(2)
    replay()
    meters.wait()
    value, gradient = value_and_gradient(loss, x, data.labels)
    if not meters.is_gpu:
        return "-"
    return str(torch.equal(value, out["value"]) and torch.equal(gradient, out["gradient"]))


def halves_of_extreme_logits_are_finite(data: Data, meters: Meters) -> str:
    bad = []
    for dtype in (torch.float16, torch.bfloat16):
        for shape in ((1, 1, data.n, data.n), (1, 1, data.n // 4, data.n // 4, data.n // 4)):
            for fill in (0.0, 100.0, -100.0):
                for target in (0.0, 1.0):
                    for loss in (nn.DiceLoss(from_logits="sigmoid"), nn.DiceCELoss(from_logits="sigmoid")):
                        x = torch.full(shape, fill, dtype=dtype, device=data.device)
                        y = torch.full(shape, target, device=data.device)
                        value, gradient = value_and_gradient(loss, x, y)
                        if not (value.isfinite() and gradient.isfinite().all()):
                            bad.append((dtype, shape, fill, target, type(loss).__name__))
    return str(bad or "all finite")


def labels_of_any_dtype_are_the_same(data: Data, meters: Meters) -> str:
    value = softmax_dice()(data.x, data.labels)
    others = [softmax_dice()(data.x, data.labels.to(t)) for t in (torch.uint8, torch.int32, torch.float32)]
    return str([other.item() - value.item() for other in others])


def autocast_and_a_scaler(data: Data, meters: Meters) -> str:
    net = torch.nn.Conv2d(1, 3, 3, padding=1).to(data.device)
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    scaler = torch.amp.GradScaler(data.device.type, enabled=meters.is_gpu)
    image = torch.randn(2, 1, data.n, data.n, device=data.device)
    seen = []
    for _ in range(3):
        optimiser.zero_grad()
        with torch.autocast(data.device.type, dtype=torch.float16 if meters.is_gpu else torch.bfloat16):
            loss = nn.DiceCELoss(from_logits="softmax")(net(image), data.labels)
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        seen.append(round(loss.item(), 4))
    return f"{seen}, scale {scaler.get_scale()}"


QUESTIONS = (
    every_module_agrees_with_the_host,
    no_module_waits,
    nothing_waits_with_where_weights_and_class_weights,
    label_255_is_nan_as_it_raises_on_the_host,
    label_255_ignored_is_label_255_left_out,
    rounding_is_no_error,
    a_nan_logit_is_a_nan_loss,
    channels_last_is_equal_and_stays,
    equal_bits_twice,
    a_graph_replays_what_eager_gives,
    halves_of_extreme_logits_are_finite,
    labels_of_any_dtype_are_the_same,
    autocast_and_a_scaler,
)


def section(meters: Meters) -> str:
    """Return a table of questions and what was found."""
    data = Data(meters.device, 1024 if meters.is_gpu else 32)
    text = "\n## What must hold\n\nDifferences are relative, of the value and of the gradient.\n\n"
    text += "| question | found |\n|---|---|\n"
    for question in QUESTIONS:
        try:
            found = question(data, meters)
        except Exception as error:  # the other questions still count
            found = first_line(error)
        line = f"| {question.__name__.replace('_', ' ')} | {found} |"
        print(line, flush=True)
        text += line + "\n"
    return text

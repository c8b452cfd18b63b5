"""Draw desert.png: where 1 − IoU has no gradient, and what its relatives make of it.

Only the place of the box changes on its way, not its size: the losses end above 0. Needs torch, for the gradients.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from PIL import Image

from overlap import boxes, dice, iou
from overlap.losses import box_loss

mpl.use("agg")
import matplotlib.pyplot as plt

NAMES = {"iou": "IoU", "giou": "GIoU", "diou": "DIoU", "ciou": "CIoU", "eiou": "EIoU"}
COLOURS = dict(zip(NAMES, ("#000000", "#D55E00", "#56B4E9", "#0072B2", "#009E73"), strict=True))
STYLES = dict(zip(NAMES, ("-", "-", "-", (0, (4, 1.5)), "-"), strict=True))
SAND, GREY = "#F3E3C3", "#666666"
TARGET, SIZE = (0.0, 0.0, 0.8, 1.5), (1.9, 0.6)
REACH = (TARGET[2] + SIZE[0]) / 2


def losses_on_the_way(kind: str, way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss and the norm of its gradient (centre and size) for a box at each distance to its target."""
    code = torch.tensor([[-x, 0.0, *SIZE] for x in way], requires_grad=True)
    target = boxes.convert(torch.tensor(TARGET, dtype=torch.float64), "centre-size", "lo-hi")
    loss = box_loss(boxes.convert(code, "centre-size", "lo-hi"), target, kind=kind, reduction="none")
    loss.sum().backward()
    return loss.detach().numpy(), code.grad.norm(dim=1).numpy()


def draw_way(value: Axes, slope: Axes) -> None:
    way = np.linspace(6, 0.003, 2400)
    for kind, name in NAMES.items():
        loss, norm = losses_on_the_way(kind, way)
        style = {"color": COLOURS[kind], "linestyle": STYLES[kind], "linewidth": 2 if kind == "iou" else 1.5}
        value.plot(way, loss, label=name, **style)
        slope.plot(way, np.where(norm > 0, norm, np.nan), **style)
    for ax in (value, slope):
        ax.axvspan(REACH, 6, color=SAND, linewidth=0, zorder=0)
        ax.set(xlim=(6, -0.6), xlabel="distance of the centres", xticks=range(7))
    value.set(ylim=(0, 2.5), ylabel="loss", title="a  The loss on the way to the target", yticks=[0, 0.5, 1, 1.5, 2])
    value.legend(ncols=5, loc="upper center", columnspacing=0.9, handlelength=1.4, handletextpad=0.4)
    value.text(3.7, 0.93, "the desert: 1 − IoU = 1", ha="center", va="top", color=GREY)
    draw_boxes(value.inset_axes((0, 0.015, 1, 0.25)))
    slope.set(yscale="log", ylim=(1e-2, 3), ylabel="norm of the gradient", title="b  Its gradient")
    slope.text(3.7, 0.0125, "1 − IoU: exactly 0", ha="center", color=GREY)
    slope.text(REACH + 0.1, 2.2, "the boxes touch", ha="right", va="center", color=GREY)


def draw_boxes(ax: Axes) -> None:
    """Draw the target and the prediction on its way, on the axis of the distances."""
    for x, alpha in ((5.0, 1.0), (2.9, 0.6)):
        ax.add_patch(Rectangle((x - SIZE[0] / 2, -SIZE[1] / 2), *SIZE, fill=False, color="black", alpha=alpha))
    ax.add_patch(Rectangle((-TARGET[2] / 2, -TARGET[3] / 2), *TARGET[2:], facecolor="#DDDDDD", edgecolor=GREY))
    ax.annotate("", (0.6, 0), (1.8, 0), arrowprops={"arrowstyle": "->", "color": GREY})
    ax.set(xlim=(6, -0.6), ylim=(-0.85, 0.85))
    ax.set_axis_off()


def pull(scale: np.ndarray, form: str) -> np.ndarray:
    """Return |dL/dw| or |dL/d ln w| of 1 − IoU for one pair of boxes at every scale."""
    box = np.array([1.23, 0.91, 2.0, 1.5]) * scale[:, None]
    target = np.array([1.0, 1.0, 1.6, 2.2]) * scale[:, None]
    corners = boxes.convert(torch.tensor(box), "centre-size", "lo-hi")
    code = boxes.convert(corners, "lo-hi", form).requires_grad_()
    other = boxes.convert(torch.tensor(target), "centre-size", "lo-hi")
    box_loss(boxes.convert(code, form, "lo-hi"), other, kind="iou", reduction="sum").backward()
    return code.grad[:, 2].abs().numpy()


def draw_scale(ax: Axes) -> None:
    scale = np.logspace(-3, 3, 61)
    ax.loglog(scale, pull(scale, "centre-size"), color=COLOURS["giou"])
    ax.loglog(scale, pull(scale, "centre-log-size"), color=COLOURS["ciou"], linewidth=2)
    ax.set(xlim=(1e-3, 1e3), xlabel="size of both boxes", ylabel="size of the gradient")
    ax.set_title("c  One pair of boxes at every scale")
    ax.text(3e-2, 9, "by the width:\nfalls as 1/size", color=COLOURS["giou"])
    ax.text(10, 0.3, "by its logarithm: constant", color=COLOURS["ciou"], ha="center")


def draw_ceiling(ax: Axes) -> None:
    hidden, some = np.linspace(0, 1, 101), np.arange(0, 1, 0.1)
    visible, full = ([np.array([[0.0, 0.0, 1.0, 2 * (1 - h)]]) for h in some], np.array([[0.0, 0.0, 1.0, 2.0]]))
    measured = [boxes.measure(v, full) for v in visible]
    curves = {
        "Dice = 2(1 − α)/(2 − α)": (dice, 2 * (1 - hidden) / (2 - hidden), COLOURS["eiou"]),
        "IoU = 1 − α": (iou, 1 - hidden, COLOURS["iou"]),
    }
    for name, (index, curve, colour) in curves.items():
        ax.plot(hidden, curve, color=colour, linewidth=1.2)
        ax.plot(some, [index(o)[0] for o in measured], "o-", color=colour, linewidth=0, markersize=4, label=name)
    ax.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="hidden share α of the box", ylabel="score of the visible part")
    ax.set_title("d  The ceiling of an occluded box")
    ax.legend(loc="lower left")


def main() -> None:
    look = {
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.titlesize": "medium",
        "legend.frameon": False,
        "figure.dpi": 150,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.08,
        "figure.constrained_layout.w_pad": 0.12,
    }
    mpl.rcParams.update(look)
    figure, axes = plt.subplots(2, 2, figsize=(9.2, 6.4))
    draw_way(axes[0, 0], axes[0, 1])
    draw_scale(axes[1, 0])
    draw_ceiling(axes[1, 1])
    figure.canvas.draw()
    # few colours, a small file
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB").quantize(96)
    picture.save(Path(__file__).parent / "_static" / "desert.png", optimize=True)


if __name__ == "__main__":
    main()

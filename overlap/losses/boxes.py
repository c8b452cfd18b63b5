"""Losses of boxes: 1 minus a score of the IoU family, weighted by how hard a box is. Public through `overlap.losses`.

Conventions
-----------
- Boxes are lo|hi, (..., 2d), aligned; the prediction comes first. Boxes in centre/log-size become lo|hi by
  ``boxes.convert``: in that form the pull on a box does not depend on its size.
- Every loss is 0 for equal boxes and finite for well-formed ones, also of size 0. It does not change when both
  boxes are moved or scaled together: nothing is added to a denominator.
- Gradients are finite everywhere. Where boxes touch, the slope is the one that pulls them together; where two
  edges coincide, it is halfway between both sides. Of ``"iou"`` the gradient is 0 wherever boxes are apart.

References
----------
Lin, T.-Y. et al. (2017). Focal loss for dense object detection. ICCV. arXiv:1708.02002 (the weight of hard examples)
Zhang, Y.-F. et al. (2022). Focal and efficient IOU loss. Neurocomputing 506, 146. arXiv:2101.08158 (of easy ones)
Tong, Z. et al. (2023). Wise-IoU. arXiv:2301.10051 (the enclosing box as a constant)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from types import MappingProxyType, ModuleType
from typing import Any, Literal

from .._arrays import Array
from .._checks import check_choice
from ..boxes.arrays import detached, read
from ..boxes.scores import Pair, check_planar, ciou_of, diou_of, eiou_of, giou_of, iou_of, measure_pair

Kind = Literal["iou", "giou", "diou", "ciou", "eiou"]
Focus = Literal["hard", "easy"]
Reduction = Literal["mean", "sum", "none"]

_SCORES: Mapping[str, Callable[[Pair, ModuleType], Array]] = MappingProxyType(
    {"iou": iou_of, "giou": giou_of, "diou": diou_of, "ciou": ciou_of, "eiou": eiou_of}
)
_FOCUS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"hard": lambda iou: 1 - iou, "easy": lambda iou: iou}
)
_REDUCE: Mapping[str, Callable[[Array, ModuleType], Array]] = MappingProxyType(
    {
        "mean": lambda x, xp: xp.sum(x) / max(prod(x.shape), 1),
        "sum": lambda x, xp: xp.sum(x),
        "none": lambda x, xp: x,
    }
)
_DETACHED_BY_DEFAULT = ("diou", "ciou", "eiou")


def box_loss(
    prediction: Array,
    target: Array,
    *,
    kind: Kind = "giou",
    gamma: float = 0.0,
    focus: Focus = "hard",
    detach_enclosing: bool | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Loss of boxes, 1 − IoU or 1 minus one of its relatives.

    Parameters
    ----------
    prediction, target : array (..., 2d)
        Boxes lo|hi, pair by pair; the shapes broadcast.
    kind : {"iou", "giou", "diou", "ciou", "eiou"}
        Which score: see `overlap.boxes`. "ciou" is for 2-D. All but "iou" pull boxes together that are apart.
    gamma : float
        Power (≥ 0) of the weight that `focus` names; 0 weighs all boxes alike. The weight is a constant to torch's
        gradients.
    focus : {"hard", "easy"}
        "hard" weighs by (1 − IoU)^gamma: boxes that are far off count most. "easy" weighs by IoU^gamma, as
        Focal-EIoU does: boxes that nearly fit count most, and boxes that are apart have no gradient.
    detach_enclosing : bool, optional
        Whether the enclosing box is a constant to torch's gradients. By default True for "diou", "ciou" and "eiou",
        whose penalties are shares of it: else growing the enclosing box is rewarded, and centres move apart. False
        for "giou", whose only pull on boxes that are apart is that box. Values are the same.
    reduction : {"mean", "sum", "none"}
        Over all pairs. The mean of no pairs is 0.

    Returns
    -------
    array
        () or, for "none", of the broadcast shape (...). In [0, 1] for "iou", [0, 2] for "giou" and "diou", [0, 3]
        for "ciou", [0, 2 + d] for "eiou".

    Raises
    ------
    ValueError
        If an option is unknown, `gamma` is negative, the shapes do not fit, or a box is malformed (hi < lo, NaN or
        infinite) where values may be looked at; elsewhere such a pair gives NaN.

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[3.0, 0.0, 4.0, 1.0]])
    >>> float(box_loss(prediction, target)), float(box_loss(prediction, target, kind="iou"))
    (1.5, 1.0)
    """
    _check(kind, gamma, focus, reduction)
    (prediction, target), xp = read("losses.box_loss", prediction=prediction, target=target)
    detach = kind in _DETACHED_BY_DEFAULT if detach_enclosing is None else detach_enclosing
    if kind == "ciou":
        check_planar("losses.box_loss", prediction)
    pair = measure_pair(prediction, target, detach, xp)
    loss = 1 - _SCORES[kind](pair, xp)
    if gamma:
        loss = detached(_FOCUS[focus](pair.iou)) ** gamma * loss
    return _REDUCE[reduction](loss, xp)


@dataclass(frozen=True, slots=True, init=False)
class Schedule:
    """Which loss, or weight, or anything, from which step on.

    Parameters
    ----------
    *stages : (step, value)
        The first step of each stage and what holds from there; the first stage begins at 0, steps ascend.

    Raises
    ------
    ValueError
        If the first step is not 0 or the steps do not ascend.

    Examples
    --------
    Distances first, which pull from afar, then what is scored:

    >>> from functools import partial
    >>> import numpy as np
    >>> def l1(prediction, target):
    ...     return abs(prediction - target).mean()
    >>> schedule = Schedule((0, l1), (1000, partial(box_loss, kind="ciou")))
    >>> prediction, target = np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[3.0, 0.0, 4.0, 1.0]])
    >>> float(schedule(999)(prediction, target))
    1.5
    >>> float(schedule(1000)(prediction, target)).__round__(4)
    1.5294
    """

    stages: tuple[tuple[int, Any], ...]

    def __init__(self, *stages: tuple[int, Any]) -> None:
        steps = [step for step, _ in stages]
        if not steps or steps[0] != 0 or any(x >= y for x, y in pairwise(steps)):
            raise ValueError(f"Schedule: stages begin at step 0 and ascend, got the steps {steps}")
        object.__setattr__(self, "stages", stages)

    def __call__(self, step: int) -> Any:
        """Return what holds at a step (≥ 0)."""
        if step < 0:
            raise ValueError(f"Schedule: a step is 0 or more, got {step}")
        return self.stages[bisect_right(self.stages, step, key=lambda stage: stage[0]) - 1][1]


def _check(kind: str, gamma: float, focus: str, reduction: str) -> None:
    check_choice("losses.box_loss", "kind", kind, _SCORES)
    check_choice("losses.box_loss", "focus", focus, _FOCUS)
    check_choice("losses.box_loss", "reduction", reduction, _REDUCE)
    if not gamma >= 0:
        raise ValueError(f"losses.box_loss: gamma must be >= 0, got {gamma}")

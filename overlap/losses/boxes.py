"""Losses of boxes: 1 minus a score of the IoU family, weighted by how hard a box is. Public through `overlap.losses`.

Conventions
-----------
- Boxes are those of `overlap.boxes`, lo|hi (..., 2d), of `overlap.oriented` (..., 5) or of `overlap.cuboids` (..., 7);
  the prediction comes first. Aligned boxes in centre/log-size become lo|hi by ``boxes.convert``, turned boxes by the
  exponential of their log sides: in that form the pull on a box does not depend on its size.
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

import sys
from collections.abc import Callable, Mapping
from functools import partial
from math import inf, prod
from types import MappingProxyType, ModuleType
from typing import Literal, NamedTuple

from .._arrays import Array, SameArray, check_constants, detached, is_compiling, plain
from .._checks import check_choice, check_real
from .._compiled import kernels
from .._coordinates import check_values, common_shape, floating_boxes
from ..boxes.arrays import as_floating, check
from ..boxes.scores import Pair, check_planar, ciou_of, diou_of, eiou_of, giou_of, iou_of, measure_pair
from ..cuboids.sizes import CUBOID
from ..oriented.sizes import ROTATED
from .ratios import REDUCTIONS, Reduction, reduced
from .turned import Enclosing, measure_cuboids, measure_rotated
from .weights import weight_of_each

Kind = Literal["iou", "giou", "diou", "ciou", "eiou"]
Shape = Literal["boxes", "oriented", "cuboids"]
Focus = Literal["hard", "easy"]

_SCORES: Mapping[Kind, Callable[[Pair, ModuleType], Array]] = MappingProxyType(
    {"iou": iou_of, "giou": giou_of, "diou": diou_of, "ciou": ciou_of, "eiou": eiou_of}
)
_DETACHED_BY_DEFAULT = ("diou", "ciou", "eiou")

_TURNED = MappingProxyType({"oriented": (ROTATED, measure_rotated), "cuboids": (CUBOID, measure_cuboids)})
"""How boxes of the packages of turned boxes are read, and measured."""

_LARGE = 1 << 20
"""Fewer numbers never import the compiler; once it has compiled for a dtype, it takes all."""

_compiled_dtypes: set[str] = set()

_operators: list[Callable[..., Array]] = []
"""The one operator, once it is defined."""


def box_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    kind: Kind = "eiou",
    shape: Shape = "boxes",
    gamma: float = 0.0,
    focus: Focus = "hard",
    enclosing: Enclosing | None = None,
    detach_enclosing: bool | None = None,
    weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Loss of boxes, 1 − EIoU or 1 minus one of its relatives.

    EIoU with the enclosing box as a constant brings a box to its target soonest of the five, most of all where the
    network predicts centre and log size (`overlap.boxes.convert`, "centre-log-size"). So it does with rotated boxes
    and with boxes that have a heading: a pair is measured in the axes of its target, and the sides of the prediction
    are how far it spreads along them. The docs, *Which box loss*, show how it was found.

    Parameters
    ----------
    prediction, target : array (..., 2d), (..., 5) or (..., 7)
        Boxes as `shape` says, pair by pair; what leads broadcasts.
    kind : {"iou", "giou", "diou", "ciou", "eiou"}
        Which score: see `overlap.boxes`. "ciou" is for aligned boxes in 2-D. All but "iou" pull boxes together that
        are apart; "giou" first grows the box until it reaches its target.
    shape : {"boxes", "oriented", "cuboids"}
        Whose package's boxes they are: aligned ones lo|hi; rotated ones (cx, cy, w, h, theta); boxes with a heading
        (x, y, z, l, w, h, yaw).
    gamma : float
        Power (≥ 0) of the weight that `focus` names; 0 weighs all boxes alike. The weight is a constant to
        gradients.
    focus : {"hard", "easy"}
        "hard" weighs by (1 − IoU)^gamma: boxes that are far off count most. "easy" weighs by IoU^gamma, as
        Focal-EIoU does: boxes that nearly fit count most, and boxes that are apart have no gradient.
    enclosing : {"hull", "aligned", "target"}, optional
        What encloses two turned boxes, for "giou": their convex hull (the default, as `overlap.oriented.giou` has it);
        the smallest box along the axes of the plane, with which boxes turn the wrong way; or the smallest box that is
        turned as the target is, which takes a tenth of the hull's time. "diou" and "eiou" take the last.
    detach_enclosing : bool, optional
        Whether the enclosing box is a constant to gradients. By default True for "diou", "ciou" and "eiou",
        whose penalties are shares of it: else growing the enclosing box is rewarded, and centres move apart. False
        for "giou", whose only pull on boxes that are apart is that box. Values are the same.
    weights : array (...), optional
        How much each pair counts (≥ 0), beside `gamma`; broadcasts against the pairs. 0 leaves a pair out, whatever
        its boxes hold: no error, no NaN, no gradient.
    reduction : {"mean", "sum", "none"}
        Over all pairs: with weights w the mean is Σ w L / Σ w. The mean of no pairs is 0.

    Returns
    -------
    array
        () or, for "none", of the broadcast shape (...). In [0, 1] for "iou", [0, 2] for "giou" and "diou", [0, 3]
        for "ciou", [0, 2 + d] for "eiou".

    Raises
    ------
    ValueError
        If an option is unknown or does not suit the others, `gamma` is negative, the shapes do not fit, or a box that
        counts is malformed (hi < lo, a negative side, NaN or infinite) or a weight no finite number >= 0 where values
        may be looked at. Elsewhere (CUDA, ``torch.compile``, ``vmap``, dask) such a pair gives NaN.

    See Also
    --------
    overlap.boxes.eiou : Efficient IoU.
    overlap.boxes.giou : Generalised IoU.
    overlap.nn.BoxLoss : Loss of boxes, aligned (lo|hi), rotated or with a heading.

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[3.0, 0.0, 4.0, 1.0]])
    >>> round(float(box_loss(prediction, target)), 4), float(box_loss(prediction, target, kind="iou"))
    (1.5294, 1.0)

    A rotated box on its target is 0 away from it by either name, and one that stands across is not:

    >>> rotated = np.array([0, 0, 4, 2, 0.3])
    >>> same, across = np.array([0, 0, 2, 4, 0.3 + np.pi / 2]), np.array([0, 0, 2, 4, 0.3])
    >>> [round(float(box_loss(other, rotated, shape="oriented")), 4) for other in (same, across)]
    [0.0, 1.1667]
    """
    operation = "losses.box_loss"
    check_options(operation, kind, shape, gamma, focus, enclosing, detach_enclosing, reduction)
    prediction, target = plain(prediction, target)
    (prediction, target), xp = _read(operation, shape, prediction, target)
    if kind == "ciou":
        check_planar(operation, prediction)
    if detach_enclosing is None:
        detach_enclosing = kind in _DETACHED_BY_DEFAULT
    if shape in _TURNED:
        check_constants(operation, prediction, "pass numpy, torch or jax arrays")
    elif detach_enclosing or gamma or kind == "ciou":
        check_constants(operation, prediction, 'pass numpy, torch or jax arrays, or kind="giou" with gamma=0')
    share = None
    if weights is not None:
        prediction, target = xp.broadcast_arrays(prediction, target)
        share = weight_of_each(operation, weights, prediction[..., 0], xp)
        prediction, target = _without_uncounted(prediction, target, share, xp)
    options = Options(kind, detach_enclosing, gamma, focus)
    if shape == "boxes":
        loss = _aligned_losses(operation, prediction, target, options, xp)
    else:
        around = enclosing or ("hull" if kind == "giou" else "target")
        loss = _turned_losses(operation, prediction, target, shape, around, options, xp)
    return reduced(operation, loss, share, reduction, xp)


def check_options(
    operation: str,
    kind: object,
    shape: object,
    gamma: float,
    focus: object,
    enclosing: object,
    detach_enclosing: object,
    reduction: object,
) -> None:
    """Refuse options of `box_loss` that there are not."""
    check_choice(operation, "kind", kind, _SCORES)
    check_choice(operation, "shape", shape, ("boxes", *_TURNED))
    check_choice(operation, "enclosing", enclosing, (None, "hull", "aligned", "target"))
    if kind == "ciou" and shape in _TURNED:
        raise ValueError(f'{operation}: CIoU is for aligned boxes in 2-D, got shape={shape!r}; pass kind="eiou"')
    if enclosing is not None and not (kind == "giou" and shape in _TURNED):
        raise ValueError(
            f'{operation}: enclosing is for kind="giou" of turned boxes, got {enclosing!r} with kind={kind!r} and '
            f"shape={shape!r}; leave it out"
        )
    check_choice(operation, "focus", focus, ("hard", "easy"))
    check_choice(operation, "detach_enclosing", detach_enclosing, (None, True, False))
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    check_real(operation, "gamma", gamma)
    if not 0 <= gamma < inf:
        raise ValueError(f"{operation}: gamma must be >= 0 and finite, got {gamma}")


def _read(operation: str, shape: Shape, prediction: Array, target: Array) -> tuple[list[Array], ModuleType]:
    """Return boxes that broadcast, in the dtype they are computed in, values unseen."""
    named = {"prediction": prediction, "target": target}
    if shape == "boxes":
        return as_floating(operation, **named)
    box, _ = _TURNED[shape]
    boxes, xp = floating_boxes(operation, box, **named)
    common_shape(operation, box, **named)
    return boxes, xp


def _without_uncounted(prediction: Array, target: Array, share: Array, xp: ModuleType) -> tuple[Array, Array]:
    """Return pairs of which those without weight are two equal points, whatever they hold."""
    counts = (share != 0)[..., None]
    return xp.where(counts, prediction, 0.0), xp.where(counts, target, 0.0)


class Options(NamedTuple):
    """What the loss of a pair is made of."""

    kind: Kind
    detach_enclosing: bool
    gamma: float
    focus: Focus


def _aligned_losses(operation: str, prediction: Array, target: Array, options: Options, xp: ModuleType) -> Array:
    """Return the loss of each pair of aligned boxes."""
    loss = _compiled_losses(prediction, target, options, xp)
    if loss is not None:
        return loss
    prediction = check(operation, "prediction", prediction, xp)
    target = check(operation, "target", target, xp)
    return _losses(prediction, target, options, xp)


def _turned_losses(
    operation: str,
    prediction: Array,
    target: Array,
    shape: Shape,
    enclosing: Enclosing,
    options: Options,
    xp: ModuleType,
) -> Array:
    """Return the loss of each pair of boxes that are turned."""
    box, measure = _TURNED[shape]
    prediction = check_values(operation, "prediction", prediction, box, xp)
    target = check_values(operation, "target", target, box, xp)
    prediction, target = xp.broadcast_arrays(prediction, target)
    pair = measure(prediction, target, enclosing, options.detach_enclosing, xp)
    return _loss_of(pair, options, xp)


def _losses(prediction: Array, target: Array, options: Options, xp: ModuleType) -> Array:
    """Return the loss of each pair of well-formed boxes."""
    pair = measure_pair(prediction, target, options.detach_enclosing, xp)
    return _loss_of(pair, options, xp)


def _loss_of(pair: Pair, options: Options, xp: ModuleType) -> Array:
    """Return the loss of each pair that is measured."""
    score = _SCORES[options.kind]
    loss = 1 - score(pair, xp)
    if options.gamma:
        weight = 1 - pair.iou if options.focus == "hard" else pair.iou
        loss = detached(weight) ** options.gamma * loss
    return loss


def _compiled_losses(prediction: Array, target: Array, options: Options, xp: ModuleType) -> Array | None:
    """Return the loss of each pair by compiled passes, or None where there are none, or a box is malformed."""
    dtype = str(prediction.dtype)
    is_large = prod(prediction.shape) >= _LARGE
    if is_compiling():
        return _operator_losses(prediction, target, options) if is_large else None
    if not is_large and dtype not in _compiled_dtypes:
        return None
    gradient = kernels("boxes.gradient")
    if gradient is None:
        return None
    prepare_for_compile()
    formula = gradient.formula_of(*options)
    loss: Array | None = gradient.pair_losses(prediction, target, formula, partial(_losses, options=options, xp=xp))
    if loss is not None:
        _compiled_dtypes.add(dtype)
    return loss


def prepare_for_compile() -> None:
    """Define what ``torch.compile`` takes for many boxes; it cannot itself, for it must not import."""
    if _operators or "torch" not in sys.modules:
        return
    operators = kernels("boxes.operators")
    if operators is not None:
        _operators.append(operators.define())


def _operator_losses(prediction: Array, target: Array, options: Options) -> Array | None:
    """Return the loss of each pair by torch's operator, or None where there is none or it does not serve."""
    on_host = prediction.device.type == "cpu" and target.device.type == "cpu"
    if not _operators or not on_host or prediction.shape != target.shape:
        return None
    (operator,) = _operators
    return operator(prediction, target, *options)

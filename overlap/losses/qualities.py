"""Losses of scores that are trained towards the IoU of their boxes. Public through `overlap.losses`.

Conventions
-----------
- p is the score of a place for a class, a probability. Its target q is the IoU of the box predicted there with its
  object, if the place is one of that object and class, and 0 everywhere else. A score then ranks boxes by how well they
  fit, in place of how sure their class is.
- Logarithms stop at −100, so that a loss is finite at 0 and 1. From logits, `overlap.nn` takes the logarithms without
  passing through a probability.
- The mean is over all places. The papers divide the sum by the number of objects' places: take ``reduction="sum"``.
- q is a constant only if it is passed as one: ``iou.detach()`` in torch.

References
----------
Li, X. et al. (2020). Generalized focal loss. NeurIPS. arXiv:2006.04388 (quality focal loss)
Zhang, H. et al. (2021). VarifocalNet: an IoU-aware dense object detector. CVPR. arXiv:2008.13367 (varifocal loss)
"""

from __future__ import annotations

from math import inf
from types import ModuleType

from .._arrays import Array, SameArray, is_host, namespace, plain
from .._checks import check_choice, check_real
from .entropies import at_least_single, log
from .ratios import REDUCTIONS, Reduction, reduced
from .weights import weight_of_each


def quality_focal_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    beta: float = 2.0,
    weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Quality focal loss |q − p|^β (−q log p − (1 − q) log(1 − p)): a cross-entropy that fades as p nears q.

    Parameters
    ----------
    prediction : array
        Scores p in [0, 1].
    target : array
        IoU q in [0, 1] of what is predicted there, 0 where there is no object; of the shape of `prediction`.
    beta : float
        Power (≥ 0) of how far off a score is; 0 is the cross-entropy itself.
    weights : array, optional
        How much each score counts (≥ 0); broadcasts against them.
    reduction : {"mean", "sum", "none"}
        Over all scores: with weights w the mean is Σ w L / Σ w.

    Returns
    -------
    array
        () or, for "none", of the shape of `prediction`. Least, and 0, where p = q.

    Raises
    ------
    TypeError, ValueError
        If a dtype is not floating, the shapes differ, an option is unknown, or a value is out of range where values may
        be looked at.

    See Also
    --------
    varifocal_loss : Varifocal loss.
    overlap.nn.QualityFocalLoss : Quality focal loss of scores against the IoU of their boxes.

    References
    ----------
    Li, X. et al. (2020). Generalized focal loss. NeurIPS. arXiv:2006.04388

    Examples
    --------
    >>> import numpy as np
    >>> score, iou = np.array([0.8, 0.3, 0.1]), np.array([0.8, 0.9, 0.0])
    >>> quality_focal_loss(score, iou, reduction="none").round(4)
    array([0.    , 0.4029, 0.0011])
    """
    operation = "losses.quality_focal_loss"
    check_power(operation, "beta", beta)
    p, q, xp = _read(operation, prediction, target, reduction)
    loss = quality_focal(p, log(p, xp), log(1 - p, xp), q, beta, xp)
    return _reduced(operation, loss, weights, reduction, xp)


def varifocal_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    alpha: float = 0.75,
    gamma: float = 2.0,
    weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Varifocal loss: where q > 0, q times the cross-entropy of p and q; where q = 0, α p^γ (−log(1 − p)).

    What fits well counts most, and easy background hardly counts. See `quality_focal_loss` for what is not said here.

    Parameters
    ----------
    prediction, target
        As in `quality_focal_loss`.
    alpha : float
        Weight (≥ 0) of places without an object.
    gamma : float
        Power (≥ 0) of their score.
    weights, reduction
        As in `quality_focal_loss`.

    Returns
    -------
    array
        As `quality_focal_loss`. Least where p = q, but 0 only where q is 0 or 1.

    See Also
    --------
    quality_focal_loss : Quality focal loss |q − p|^β (−q log p − (1 − q) log(1 − p)).
    overlap.nn.VarifocalLoss : Varifocal loss of scores against the IoU of their boxes.

    References
    ----------
    Zhang, H. et al. (2021). VarifocalNet: an IoU-aware dense object detector. CVPR. arXiv:2008.13367

    Examples
    --------
    >>> import numpy as np
    >>> score, iou = np.array([0.8, 0.3, 0.1]), np.array([0.8, 0.9, 0.0])
    >>> [round(float(x), 4) for x in varifocal_loss(score, iou, reduction="none")]
    [0.4003, 1.0073, 0.0008]
    """
    operation = "losses.varifocal_loss"
    check_power(operation, "alpha", alpha)
    check_power(operation, "gamma", gamma)
    p, q, xp = _read(operation, prediction, target, reduction)
    loss = varifocal(p, log(p, xp), log(1 - p, xp), q, alpha, gamma, xp)
    return _reduced(operation, loss, weights, reduction, xp)


def quality_focal(p: Array, log_p: Array, log_not_p: Array, q: Array, beta: float, xp: ModuleType) -> Array:
    """Return the quality focal loss of each score, from the logarithms of p and 1 − p."""
    entropy = -(q * log_p + (1 - q) * log_not_p)
    return power(xp.abs(q - p), beta, xp) * entropy


def varifocal(p: Array, log_p: Array, log_not_p: Array, q: Array, alpha: float, gamma: float, xp: ModuleType) -> Array:
    """Return the varifocal loss of each score, from the logarithms of p and 1 − p."""
    of_object = -q * (q * log_p + (1 - q) * log_not_p)
    of_background = -alpha * power(p, gamma, xp) * log_not_p
    return xp.where(q > 0, of_object, of_background)


def power(x: Array, exponent: float, xp: ModuleType) -> Array:
    """Return x^exponent with a slope of 0 at 0, also of an exponent below 1, and 1 for an exponent of 0."""
    if exponent == 0:
        return xp.ones_like(x)
    positive = x > 0
    return xp.where(positive, xp.where(positive, x, 1.0) ** exponent, 0.0)


def check_power(operation: str, name: str, value: float) -> None:
    """Refuse what is no finite number >= 0."""
    check_real(operation, name, value)
    if not 0 <= value < inf:
        raise ValueError(f"{operation}: {name} must be >= 0 and finite, got {value}")


def _read(operation: str, prediction: Array, target: Array, reduction: Reduction) -> tuple[Array, Array, ModuleType]:
    """Return scores and their targets, in range and of one shape and dtype."""
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    xp = namespace(operation, prediction=prediction, target=target)
    p, q = plain(prediction, target)
    check_scores(operation, "prediction", p, xp)
    check_scores(operation, "target", q, xp)
    check_same_shape(operation, p, q)
    p = at_least_single(p, xp)
    q = at_least_single(q, xp)
    dtype = xp.result_type(p, q)
    return xp.astype(p, dtype, copy=False), xp.astype(q, dtype, copy=False), xp


def check_scores(operation: str, name: str, x: Array, xp: ModuleType) -> None:
    """Refuse what is not floating, and on the host what is not in [0, 1]."""
    if not xp.isdtype(x.dtype, "real floating"):
        raise TypeError(f"{operation}: {name} has dtype {x.dtype}; scores and IoU are floating, in [0, 1]")
    if is_host(x) and not bool(xp.all((x >= 0) & (x <= 1))):
        remedy = "pass probabilities, as a sigmoid makes them" if name == "prediction" else "pass IoU, 0 for background"
        raise ValueError(f"{operation}: {name} holds values outside of [0, 1], or NaN; {remedy}")


def check_same_shape(operation: str, prediction: Array, target: Array) -> None:
    """Refuse a target that is no IoU for each score."""
    if prediction.shape != target.shape:
        raise ValueError(
            f"{operation}: prediction has shape {tuple(prediction.shape)}, target {tuple(target.shape)}; the target "
            "has an IoU for each score, 0 in the channels of other classes"
        )


def _reduced(operation: str, loss: Array, weights: Array | None, reduction: Reduction, xp: ModuleType) -> Array:
    share = weight_of_each(operation, weights, loss, xp)
    return reduced(operation, loss, share, reduction, xp)

"""The mean of an index of overlap over random references. Public through `overlap.expected`.

Conventions
-----------
- N and D, numerator and denominator of a ratio, are sums over cells that are in Y or not, each by itself. So
  E[N/D] = ∫₀^∞ E[N exp(−s D)] ds, and the integrand is a product over cells times a sum over them.
- The integral is a sum over the rates s of `exponentials.reciprocal`, which are good for every D between two ends. D
  lies outside of them with a chance of at most 1e-10, by Bernstein's inequality.
- Sums are float64 on the host and at least float32 on a device, whatever the masks are stored in.

References
----------
Bernstein, S. (1924). On a modification of Chebyshev's inequality and of the error formula of Laplace. Ann. Sci. Inst.
Sav. Ukraine, Sect. Math. 1, 38.
"""

from __future__ import annotations

from math import isfinite, isnan, log, nan, prod
from types import ModuleType
from typing import NamedTuple

from .._arrays import (
    Array,
    Axis,
    SameArray,
    check_constants,
    detached,
    flat,
    is_bool,
    is_host,
    number,
    plain,
    safe_ratio,
    sum_dtype,
)
from .._checks import check_real
from ..indices import EmptyPolicy
from ..raster.sizes import ROUNDING, Names, check_axis, check_masks, counted_values
from .exponentials import reciprocal
from .transforms import below_one, transformed

OUTSIDE = log(2 / 1e-10)
"""Of the chance that a sum of cells lies outside the ends that are looked at."""

_WIDEST = 128.0
"""The ratio of the ends where nobody may look: more than it ever is for cells of one size."""

_ANYWHERE = reciprocal(_WIDEST)


class Cells(NamedTuple):
    """What is known of the cells of each ratio, which lie along the last axis; those that do not count are 0."""

    p: Array
    """The chance of a cell to be in Y."""
    mask: Array
    weights: Array | float
    size: Array
    """|A|, without the axis of the cells."""


def expected_dice(
    mask: SameArray,
    probability: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    empty: float | EmptyPolicy = nan,
) -> SameArray:
    """Return the expected Dice of a mask, E[2|A∩Y| / (|A| + |Y|)], where cells belong to Y independently.

    Parameters
    ----------
    mask : array
        A, the prediction: bool, or floating in [0, 1].
    probability : array
        The chance of each cell to belong to Y, the reference: floating in [0, 1], of the shape of `mask`.
    axis : int or tuple of int, optional
        Axes that one Dice is taken over; all by default.
    weights : array, optional
        Size of each cell (≥ 0); broadcasts to the masks.
    where : array of bool, optional
        True = counted; broadcasts to the masks.
    empty : float or EmptyPolicy
        Dice where both A and Y are empty, or an `overlap.EmptyPolicy`, whose prediction is A and whose reference is
        Y. NaN leaves the outcome out of the mean.

    Returns
    -------
    array
        In [0, 1], of the shape that `axis` leaves, right to 1e-8 of itself.

    Raises
    ------
    TypeError
        If the mask is neither bool nor floating, the probability is not floating, or the operands come from different
        libraries.
    ValueError
        If the shapes do not fit, or a counted value is outside [0, 1] where values may be looked at.

    See Also
    --------
    optimal_mask : Return the hard mask of the largest expected Dice.
    expected_iou : Return the expected intersection over union, E[|A∩Y| / |A∪Y|].
    overlap.raster.dice : Dice coefficient of two masks.
    overlap.losses.expected_dice_loss : Loss of the expected Dice, 1 − E[Dice(Y, target)].

    References
    ----------
    Dai, B. & Li, C. (2023). RankSEG: a consistent ranking-based framework for segmentation. J. Mach. Learn. Res. 24,
    224. arXiv:2206.13086

    Examples
    --------
    Y is {1}, {2}, both or nothing, each with a chance of 1/4; A is {1}.

    >>> import numpy as np
    >>> mask, probability = np.array([True, False]), np.array([0.5, 0.5])
    >>> round(float(expected_dice(mask, probability)), 6), (1 + 0 + 2 / 3 + 0) / 4
    (0.416667, 0.41666666666666663)
    """
    operation = "expected.expected_dice"
    cells, xp = _read(operation, mask, probability, axis, weights, where, empty)
    return dice_of(cells, 0.0, empty, xp)


def expected_iou(
    mask: SameArray,
    probability: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    empty: float | EmptyPolicy = nan,
) -> SameArray:
    """Return the expected intersection over union, E[|A∩Y| / |A∪Y|]; see `expected_dice` for the parameters.

    See Also
    --------
    expected_dice : Return the expected Dice of a mask, E[2|A∩Y| / (|A| + |Y|)].
    overlap.raster.iou : Intersection over union of two masks.

    Examples
    --------
    >>> import numpy as np
    >>> mask, probability = np.array([True, False]), np.array([0.5, 0.5])
    >>> round(float(expected_iou(mask, probability)), 6), (1 + 0 + 1 / 2 + 0) / 4
    (0.375, 0.375)
    """
    operation = "expected.expected_iou"
    cells, xp = _read(operation, mask, probability, axis, weights, where, empty)
    shared = cells.weights * cells.mask
    # a cell of Y adds to the union what A has not of it
    value = mean_ratio(cells.p, shared, cells.weights * (1 - cells.mask), cells.size, 0.0, xp)
    return _with_empty(value, cells, empty, xp)


def _read(
    operation: str,
    mask: Array,
    probability: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    empty: float | EmptyPolicy,
) -> tuple[Cells, ModuleType]:
    """Check what a user passes; return the cells and their array namespace."""
    check_empty(operation, empty)
    names = Names(operation, "probability", "mask")
    xp = check_masks(names, probability, mask, weights, where, "product")
    if is_bool(probability, xp):
        raise TypeError(
            f"{operation}: probability has dtype {probability.dtype}; the mask is the first argument, and the second "
            "the chance of each cell, floating in [0, 1]"
        )
    return cells_of(names, probability, mask, axis, weights, where, xp), xp


def cells_of(
    names: Names,
    probability: Array,
    mask: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    xp: ModuleType,
    p_is_in_range: bool = False,
) -> Cells:
    """Return the cells of masks that `check_masks` has passed, in the dtype of sums; see `measure_checked`."""
    check_axis(names.operation, axis, mask.ndim)
    check_constants(names.operation, mask, "pass numpy, torch or jax arrays")
    probability, mask, weights, where = plain(probability, mask, weights, where)
    dtype = sum_dtype((probability, mask), xp)
    on_host = is_host(probability, mask)
    p, a, w = counted_values(names, probability, mask, weights, where, on_host, xp, p_is_in_range)
    p = flat(xp.astype(p, dtype, copy=False), axis, xp)
    a = flat(xp.astype(a, dtype, copy=False), axis, xp)
    if not on_host:
        p = _within(p, xp)
        a = _within(a, xp)
    if w is None:
        return Cells(p, a, 1.0, xp.sum(a, axis=-1))
    w = flat(xp.broadcast_to(xp.astype(w, dtype, copy=False), mask.shape), axis, xp)
    # a cell of no size is in no set
    return Cells(xp.where(w > 0, p, 0.0), a, w, xp.sum(a * w, axis=-1))


def _within(x: Array, xp: ModuleType) -> Array:
    """Return values within [0, 1], where nobody may look at them: NaN stands for what is farther out than rounding."""
    x = xp.where((x >= -ROUNDING) & (x <= 1 + ROUNDING), x, nan)
    return xp.clip(x, 0.0, 1.0)


def dice_of(cells: Cells, smooth: float, empty: float | EmptyPolicy, xp: ModuleType) -> Array:
    """Return E[(2|A∩Y| + smooth) / (|A| + |Y| + smooth)]."""
    shared = cells.weights * cells.mask
    base = (cells.size + smooth) / 2
    value = mean_ratio(cells.p, shared, cells.weights / 2, base, smooth / 2, xp)
    return value if smooth else _with_empty(value, cells, empty, xp)


def _with_empty(value: Array, cells: Cells, empty: float | EmptyPolicy, xp: ModuleType) -> Array:
    """Return the mean with what the outcomes are worth in which a set is empty."""
    policy = policy_of(empty)
    is_empty = cells.size == 0
    if policy.reference_empty is None and is_host(value) and not bool(xp.any(is_empty)):
        return value
    log_nothing = xp.sum(xp.log1p(-below_one(cells.p, xp)), axis=-1)
    nothing = xp.exp(log_nothing)
    something = -xp.expm1(log_nothing)
    of_mask = worth_of_mask(value, nothing, something, policy, xp)
    return xp.where(is_empty, worth_of_empty_mask(nothing, something, policy, xp), of_mask)


def check_empty(operation: str, empty: object) -> None:
    """Refuse what is neither a number nor a policy."""
    if not isinstance(empty, float | EmptyPolicy):
        check_real(operation, "empty", empty)


def policy_of(empty: float | EmptyPolicy) -> EmptyPolicy:
    """Return the policy that a number stands for."""
    return empty if isinstance(empty, EmptyPolicy) else EmptyPolicy(both_empty=float(empty))


def worth_of_mask(value: Array, nothing: Array, something: Array, policy: EmptyPolicy, xp: ModuleType) -> Array:
    """Return the mean for a mask with a cell, from the mean where no cell in the reference counts 0."""
    if policy.reference_empty is None:
        return value
    if isnan(policy.reference_empty):
        return safe_ratio(value, something, nan, xp)
    return value + nothing * policy.reference_empty


def worth_of_empty_mask(nothing: Array, something: Array, policy: EmptyPolicy, xp: ModuleType) -> Array:
    """Return the mean for a mask without a cell, from the chances of the two kinds of outcome."""
    if_nothing = policy.both_empty
    if_something = policy.prediction_empty or 0.0
    if isnan(if_nothing) and isnan(if_something):
        return nothing + nan
    if isnan(if_nothing):
        return safe_ratio(something * if_something, something, nan, xp)
    if isnan(if_something):
        return safe_ratio(nothing * if_nothing, nothing, nan, xp)
    return nothing * if_nothing + something * if_something


def mean_ratio(p: Array, value: Array, step: Array | float, base: Array, offset: float, xp: ModuleType) -> Array:
    """Return E[N/D] of N = offset + Σ value Y and D = base + Σ step Y, for independent Y of chances p, in [0, 1].

    The cells lie along the last axis of `p`, `value` and `step`. What D may never be is 0, unless N is.
    """
    low, high = _ends(p, value, step, base, offset, xp)
    if is_host(p, value):
        exponentials = reciprocal(_widest_ratio(low, high, xp))
    else:
        low = xp.maximum(low, high / _WIDEST)
        exponentials = _ANYWHERE
    # number by number: an array of them would have to be brought to a device, and waited for
    s = xp.stack([rate / low for rate in exponentials.rates])
    log_chance, shared = transformed(p, value, step, s, xp)
    integrand = xp.exp(log_chance - s * base) * (offset + shared)
    integral = 0.0 * low
    for k, weight in enumerate(exponentials.weights):
        integral = integral + weight * integrand[k, ...]
    return integral / low


def _widest_ratio(low: Array, high: Array, xp: ModuleType) -> float:
    """Return the largest ratio of the ends; 1 of no case, or where a chance is NaN, and the mean with it."""
    if prod(low.shape) == 0:
        return 1.0
    ratio = number(xp.max(high / low))
    return ratio if isfinite(ratio) else 1.0


def _ends(
    p: Array, value: Array, step: Array | float, base: Array, offset: float, xp: ModuleType
) -> tuple[Array, Array]:
    """Return between which ends D lies where N is not 0, but for a small chance; constants to the gradient."""
    p = detached(p)
    value = detached(value)
    base = detached(base)
    step = detached(step)
    moved = p * step
    mean = xp.sum(moved, axis=-1)
    square = xp.sum(moved**2, axis=-1)
    if isinstance(step, float):
        variance = step * mean - square
        largest = step * xp.ones_like(mean)
        most = largest * p.shape[-1]
        least = largest
    else:
        variance = xp.sum(step * moved, axis=-1) - square
        largest = _max(step, xp)
        most = xp.sum(step, axis=-1)
        least = -_max(xp.where(p * value > 0, -step, -xp.inf), xp)
    deviation = deviation_of(variance, largest, xp)
    low = mean - deviation
    # N is not 0: if it begins at 0, some cell of it is there
    low = xp.maximum(low, xp.zeros_like(low) if offset else least)
    low = low + base
    low = xp.where((low > 0) & (low < xp.inf), low, 1.0)
    high = base + xp.minimum(mean + deviation, most)
    return low, xp.maximum(high, low)


def deviation_of(variance: Array, largest: Array | float, xp: ModuleType) -> Array:
    """Return how far from its mean a sum of independent parts, the largest as given, may be but for a small chance.

    Bernstein: it is farther than t with a chance of 2 exp(−t² / 2(variance + largest t/3)) at most.
    """
    third = largest * OUTSIDE / 3
    return third + xp.sqrt(third**2 + 2 * OUTSIDE * xp.where(variance > 0, variance, 0.0))


def _max(x: Array, xp: ModuleType) -> Array:
    """Return the largest along the last axis; 0 of nothing."""
    if x.shape[-1] == 0:
        return xp.sum(x, axis=-1)
    return xp.max(x, axis=-1)

"""The sizes of two masks on one grid: `overlap.raster.measure`, and their IoU and Dice."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from math import inf, nan, prod
from types import MappingProxyType, ModuleType
from typing import Any, Literal, NamedTuple

import array_api_compat as compat
import numpy as np

from .. import indices
from .._arrays import (
    Array,
    Axis,
    SameArray,
    as_host,
    bounded,
    check_mask,
    is_bool,
    is_compiling,
    is_host,
    is_traced,
    like,
    namespace,
    number,
    plain,
    sum_dtype,
)
from .._checks import check_choice, shown
from .._compiled import kernels
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy
from .layout import summed_axes

_LARGE = 1 << 20
"""Masks of fewer cells never import the compiler."""

ROUNDING = 2e-6
"""How far beyond 0 or 1 a soft value may lie: what single precision rounds off in interpolation and weighted means."""

_SCALE = (
    "soft masks lie in [0, 1]: scale by the maximum, apply a sigmoid to logits (losses of overlap.nn do with "
    "from_logits='sigmoid' or 'softmax'), and leave cells without a value out with where=~isnan(...)"
)
_SIZES_OF_CELLS = "weights are sizes of cells: not negative, finite"

TNorm = Literal["minimum", "product", "lukasiewicz"]


def _minimum(a: Array, b: Array, xp: ModuleType) -> Array:
    """T(a, b) = min(a, b)."""
    return xp.minimum(a, b)


def _product(a: Array, b: Array, xp: ModuleType) -> Array:
    """T(a, b) = ab."""
    return a * b


def _lukasiewicz(a: Array, b: Array, xp: ModuleType) -> Array:
    """T(a, b) = max(a + b − 1, 0)."""
    return xp.where(a + b > 1, a + b - 1, 0.0)


TNORMS: Mapping[str, Callable[[Array, Array, ModuleType], Array]] = MappingProxyType(
    {"minimum": _minimum, "product": _product, "lukasiewicz": _lukasiewicz}
)
"""How two soft values intersect, by name: functions of both values and their array namespace."""


class Names(NamedTuple):
    """What messages call a function and its two masks."""

    operation: str
    a: str = "a"
    b: str = "b"


def measure(
    a: SameArray,
    b: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    check_values: bool | None = None,
) -> Overlap[SameArray]:
    """Measure how two masks on one grid overlap.

    Two soft values intersect as far as they can (``tnorm="minimum"``), or as independent chances do
    (``"product"``), or as little as they can (``"lukasiewicz"``). Hard masks intersect the same way under all.

    Parameters
    ----------
    a, b : array
        Masks of one shape and one array library (numpy, torch, dask, ...): bool, or floating in [0, 1]. What lies
        beyond by no more than rounding, 2e-6 or two steps of a half precision, counts as 0 or 1.
    axis : int or tuple of int, optional
        Axes to sum over; all by default. What is left is the shape of the result.
    weights : array, optional
        Size of each cell (≥ 0), such as its area or volume; broadcasts to the shape of the masks.
    where : array of bool, optional
        True = counted; broadcasts to the shape of the masks. What is not counted may hold anything, NaN too.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect.
    check_values : bool, optional
        Whether to check that soft values and weights are in range. By default they are where that is free:
        on the host. On CUDA it costs a synchronisation, on dask a computation.

    Returns
    -------
    Overlap
        Sizes in cells, or in the unit of the weights.

    Raises
    ------
    TypeError
        If a mask is neither bool nor floating, or the operands come from different libraries.
    ValueError
        If the shapes differ, or a counted value is outside [0, 1] or NaN, or a weight is negative, or dask does not
        know how long its chunks are.

    See Also
    --------
    iou : Intersection over union of two masks.
    dice : Dice coefficient of two masks.
    measure_many : Measure how several masks overlap: the size of each combination of them.
    overlap.dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).
    overlap.labelled.measure : Measure how two labelled masks overlap.

    Examples
    --------
    >>> import numpy as np
    >>> from overlap import dice
    >>> prediction = np.array([[0.0, 0.5], [1.0, 0.8]])
    >>> reference = np.array([[False, True], [True, True]])
    >>> o = measure(prediction, reference)
    >>> round(float(o.intersection), 6), round(float(o.size_a), 6), float(o.size_b)
    (2.3, 2.3, 3.0)
    >>> dice(measure(prediction, reference, axis=1)).round(3)
    array([0.667, 0.947])
    """
    names = Names("raster.measure")
    a, b, weights, where = plain(a, b, weights, where)
    xp = check_masks(names, a, b, weights, where, tnorm)
    return unchecked(*measure_checked(names, a, b, axis, weights, where, tnorm, check_values, xp))


def iou(
    a: SameArray,
    b: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    check_values: bool | None = None,
    empty: float | EmptyPolicy = nan,
) -> SameArray:
    """Intersection over union of two masks: `overlap.iou` of their `measure`, which see for the parameters.

    Parameters
    ----------
    a, b : array
        Masks of one shape: bool, or floating in [0, 1].
    axis, weights, where, tnorm, check_values
        As in `measure`.
    empty : float or EmptyPolicy
        Value where both masks are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape that `axis` leaves.

    Raises
    ------
    TypeError, ValueError
        As `measure`.

    See Also
    --------
    measure : Measure how two masks on one grid overlap.
    dice : Dice coefficient of two masks.
    overlap.iou : Intersection over union, the Jaccard index: |A∩B| / |A∪B|.

    Examples
    --------
    >>> import numpy as np
    >>> float(iou(np.array([True, True, False]), np.array([True, False, False])))
    0.5
    """
    o = measure(a, b, axis=axis, weights=weights, where=where, tnorm=tnorm, check_values=check_values)
    return indices.iou(o, empty=empty)


def dice(
    a: SameArray,
    b: SameArray,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    check_values: bool | None = None,
    empty: float | EmptyPolicy = nan,
) -> SameArray:
    """Dice coefficient of two masks: `overlap.dice` of their `measure`, which see for the parameters.

    Parameters
    ----------
    a, b : array
        Masks of one shape: bool, or floating in [0, 1].
    axis, weights, where, tnorm, check_values
        As in `measure`.
    empty : float or EmptyPolicy
        Value where both masks are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape that `axis` leaves.

    Raises
    ------
    TypeError, ValueError
        As `measure`.

    See Also
    --------
    measure : Measure how two masks on one grid overlap.
    iou : Intersection over union of two masks.
    overlap.dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).

    Examples
    --------
    >>> import numpy as np
    >>> prediction = np.array([[0.0, 0.5], [1.0, 0.8]])
    >>> reference = np.array([[False, True], [True, True]])
    >>> dice(prediction, reference, axis=1).round(3)
    array([0.667, 0.947])
    """
    o = measure(a, b, axis=axis, weights=weights, where=where, tnorm=tnorm, check_values=check_values)
    return indices.dice(o, empty=empty)


def check_masks(names: Names, a: Array, b: Array, weights: Array | None, where: Array | None, tnorm: str) -> ModuleType:
    """Check all but the values of two masks, and of what counts of them; return their array namespace."""
    operation = names.operation
    operands = {names.a: a, names.b: b}
    if weights is not None:
        operands["weights"] = weights
    if where is not None:
        operands["where"] = where
    xp = namespace(operation, **operands)
    check_choice(operation, "tnorm", tnorm, TNORMS)
    check_mask(operation, names.a, a, xp)
    check_mask(operation, names.b, b, xp)
    if a.shape != b.shape:
        raise ValueError(
            f"{operation}: {names.a} has shape {tuple(a.shape)} and {names.b} {tuple(b.shape)}; masks of one grid have "
            "one shape: resample one of them, turn label maps into one channel a class, or broadcast explicitly with "
            "broadcast_to"
        )
    if where is not None:
        if not is_bool(where, xp):
            raise TypeError(f"{operation}: where has dtype {where.dtype}; pass bool, True = counted")
        check_broadcasts(operation, "where", where, a.shape)
    if weights is not None:
        if not xp.isdtype(weights.dtype, ("bool", "integral", "real floating")):
            raise TypeError(f"{operation}: weights has dtype {weights.dtype}; sizes of cells are real numbers")
        check_broadcasts(operation, "weights", weights, a.shape)
    return xp


def check_broadcasts(operation: str, name: str, x: Array, shape: tuple[int, ...]) -> None:
    """Refuse weights that do not broadcast to the shape of a mask, or would enlarge it."""
    pairs = zip(reversed(x.shape), reversed(shape), strict=False)
    if x.ndim > len(shape) or not all(n in (1, m) for n, m in pairs):
        raise ValueError(
            f"{operation}: {name} has shape {tuple(x.shape)}, which does not broadcast to that of the masks, "
            f"{tuple(shape)}"
        )


def check_axis(operation: str, axis: Axis, ndim: int) -> None:
    """Refuse what names no axes of a mask."""
    if axis is None:
        return
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    named = set()
    for k in axes:
        if not isinstance(k, int | np.integer) or not -ndim <= k < ndim:
            raise ValueError(
                f"{operation}: axis must be None, or one or more of {-ndim} to {ndim - 1} for masks of {ndim} "
                f"dimensions, got {shown(axis)}"
            )
        named.add(k % ndim)
    if len(named) != len(axes):
        raise ValueError(f"{operation}: axis names one axis twice: {shown(axis)}")


def measure_checked(
    names: Names,
    a: Array,
    b: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    tnorm: TNorm,
    check_values: bool | None,
    xp: ModuleType,
    a_is_in_range: bool = False,
) -> tuple[Array, Array, Array]:
    """Return the three sizes of masks that `check_masks` has passed; see `measure`.

    With `a_is_in_range` the values of `a` are not looked at: a sigmoid made them, and a NaN among them shall be the
    caller's to find in the result.
    """
    check_axis(names.operation, axis, a.ndim)
    if isinstance(axis, list):
        axis = tuple(axis)
    a_is_hard = is_bool(a, xp)
    b_is_hard = is_bool(b, xp)
    on_host = is_host(a, b)
    if check_values is None:
        check_values = on_host
    if on_host and _pays_to_compile(a):
        slack = (
            _slack(a, a_is_hard or (check_values and not a_is_in_range), xp),
            _slack(b, b_is_hard or check_values, xp),
            0.0 if check_values else inf,
        )
        compiled = _measure_compiled(a, b, axis, weights, where, tnorm, slack, xp)
        if compiled is not None:
            return compiled
    if _traced is not None and _is_for_the_operator(a, b, weights):
        summed = summed_axes(axis, a.ndim)
        both, size_a, size_b = _traced(a, b, weights, where, list(summed), tnorm).unbind()
        return both, size_a, size_b
    return measure_in_operations(names, a, b, axis, weights, where, tnorm, check_values, xp, a_is_in_range)


def measure_in_operations(
    names: Names,
    a: Array,
    b: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    tnorm: TNorm,
    check_values: bool,
    xp: ModuleType,
    a_is_in_range: bool = False,
) -> tuple[Array, Array, Array]:
    """Return the three sizes by operations of any array library; see `measure_checked`."""
    a_is_hard = is_bool(a, xp)
    b_is_hard = is_bool(b, xp)
    a, b, weights = counted_values(names, a, b, weights, where, check_values, xp, a_is_in_range)
    if a_is_hard and b_is_hard:
        both = a & b
    else:
        # in the dtype of the sums, so that every path rounds alike
        dtype = sum_dtype((a, b), xp)
        a = xp.astype(a, dtype, copy=False)
        b = xp.astype(b, dtype, copy=False)
        both = a * b if b_is_hard else _intersect(a, b, tnorm, xp)
    if weights is not None:
        both = weigh(both, weights, xp)
        a = weigh(a, weights, xp)
        b = weigh(b, weights, xp)
    elif a_is_hard and b_is_hard:
        return xp.count_nonzero(both, axis=axis), xp.count_nonzero(a, axis=axis), xp.count_nonzero(b, axis=axis)
    shared = xp.sum(both, axis=axis)
    size_a = xp.sum(a, axis=axis)
    size_b = xp.sum(b, axis=axis)
    if tnorm != "lukasiewicz" and _are_summed_alike(a, b):
        return shared, size_a, size_b
    return bounded(shared, size_a, size_b, xp), size_a, size_b


_traced: Callable[..., Array] | None = None
"""An operator of torch that measures soft masks under ``torch.compile``, where there is one."""


def measure_traced_by(operator: Callable[..., Array]) -> None:
    """Have an operator measure what ``torch.compile`` traces on the host; see `overlap.nn.traced`."""
    global _traced
    _traced = operator


def _is_for_the_operator(a: Array, b: Array, weights: Array | None) -> bool:
    """Return whether ``torch.compile`` traces soft masks on the host of which only the first may need a gradient."""
    if not is_compiling() or not compat.is_torch_array(a):
        return False
    torch = sys.modules["torch"]
    if a.dtype not in (torch.float32, torch.float64) or b.dtype not in (torch.bool, torch.float32, torch.float64):
        return False
    if weights is not None and weights.requires_grad:
        return False
    return a.device.type == "cpu" and not b.requires_grad


def counted_values(
    names: Names,
    a: Array,
    b: Array,
    weights: Array | None,
    where: Array | None,
    check_values: bool,
    xp: ModuleType,
    a_is_in_range: bool = False,
) -> tuple[Array, Array, Array | None]:
    """Return two masks and their weights, in range where that is checked, and 0 where cells do not count."""
    if check_values:
        if not is_bool(a, xp) and not a_is_in_range:
            a = in_range(names.operation, names.a, a, where, xp)
        if not is_bool(b, xp):
            b = in_range(names.operation, names.b, b, where, xp)
        check_sizes(names.operation, weights, where, xp)
    if where is not None:
        a = xp.where(where, a, xp.zeros_like(a))
        b = xp.where(where, b, xp.zeros_like(b))
        if weights is not None:
            weights = xp.where(where, weights, xp.zeros_like(weights))
    return a, b, weights


def _are_summed_alike(*masks: Array) -> bool:
    """Return whether tensors are summed in one order: then sums of smaller cells are no larger, whatever is rounded."""
    for x in masks:
        if not compat.is_torch_array(x) or not x.is_contiguous():
            return False
        # a device reads the first cells of a part of a tensor by themselves
        if x.device.type != "cpu" and not is_traced(x) and x.storage_offset() != 0:
            return False
    return True


def _intersect(a: Array, b: Array, tnorm: TNorm, xp: ModuleType) -> Array:
    """Intersect cell by cell: the product where the reference is 0 or 1, the t-norm between."""
    if tnorm == "product":
        return a * b
    return xp.where((b == 0) | (b == 1), a * b, TNORMS[tnorm](a, b, xp))


def weigh(x: Array, weights: Array, xp: ModuleType) -> Array:
    """Multiply cells by their sizes, in the dtype of the sums."""
    dtype = sum_dtype((x, weights), xp)
    return xp.astype(x, dtype, copy=False) * xp.astype(weights, dtype, copy=False)


def _pays_to_compile(a: Array) -> bool:
    """Return whether a mask is worth the import of the compiler: training imports as much anyway."""
    return compat.is_torch_array(a) or prod(a.shape) >= _LARGE


def _measure_compiled(
    a: Array,
    b: Array,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    tnorm: TNorm,
    slack: tuple[float, float, float],
    xp: ModuleType,
) -> tuple[Array, Array, Array] | None:
    """Measure by the compiled kernels; None for what only the array path can do, values out of range included."""
    views = _on_host(a, b, weights, where)
    compiled = kernels("raster.compiled")
    gradient = kernels("raster.gradient")
    if views is None or compiled is None or gradient is None:
        return None
    measured = compiled.raster_sizes(compiled.Operands(*views), axis, tnorm, compiled.Slack(*slack))
    if measured is None:
        return None
    if compat.is_torch_array(a) and a.requires_grad:
        differentiable: tuple[Array, Array, Array]
        differentiable = gradient.differentiable((a, b, weights, where), axis, tnorm, measured)
        return differentiable
    both, size_a, size_b = like(measured.sizes, a, xp)
    return both, size_a, size_b


def _on_host(a: Array, *others: Array | None) -> list[np.ndarray | None] | None:
    """Return views of plain host arrays, or None if any of them is not; only the first may need a gradient."""
    first = as_host(a, detach=True)
    if first is None:
        return None
    views: list[np.ndarray | None] = [first]
    for x in others:
        view = None if x is None else as_host(x)
        if view is None and x is not None:
            return None
        views.append(view)
    return views


def _slack(x: Array, is_checked: bool, xp: ModuleType) -> float:
    """Return how far beyond 0 or 1 a mask's values may lie: not at all, by rounding, or anywhere."""
    if not is_checked:
        return inf
    return 0.0 if is_bool(x, xp) else _rounding(x.dtype, xp)


@cache
def _rounding(dtype: Any, xp: ModuleType) -> float:
    return max(ROUNDING, 2 * float(xp.finfo(dtype).eps))


def in_range(operation: str, name: str, x: Array, where: Array | None, xp: ModuleType) -> Array:
    """Return a soft mask within [0, 1]: what is beyond by rounding is cut off, what is farther is refused."""
    valid = (x >= 0) & (x <= 1)
    if where is not None:
        valid = valid | ~where
    if bool(xp.all(valid)):
        return x
    rounding = _rounding(x.dtype, xp)
    check_range((x >= -rounding) & (x <= 1 + rounding), operation, name, x, where, _SCALE, xp)
    return xp.clip(x, 0.0, 1.0)


def check_sizes(operation: str, weights: Array | None, where: Array | None, xp: ModuleType) -> None:
    """Refuse weights that are no sizes of cells."""
    if weights is None or is_bool(weights, xp):
        return
    finite = (weights >= 0) & (weights < xp.inf)
    check_range(finite, operation, "weights", weights, where, _SIZES_OF_CELLS, xp)


def check_range(
    valid: Array, operation: str, name: str, x: Array, where: Array | None, remedy: str, xp: ModuleType
) -> None:
    """Refuse counted values that are not valid, NaN above all."""
    if where is not None:
        valid = valid | ~where
    if bool(xp.all(valid)):
        return
    n_bad = number(xp.count_nonzero(~valid))
    lowest = number(xp.min(x))
    highest = number(xp.max(x))
    raise ValueError(
        f"{operation}: {n_bad:.0f} counted values of {name} are out of range or NaN "
        f"(minimum {lowest:.9g}, maximum {highest:.9g}); {remedy}"
    )

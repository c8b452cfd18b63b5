"""The sizes of two masks on one grid: `overlap.raster.measure`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import nan, prod
from types import MappingProxyType, ModuleType
from typing import Literal

from .. import indices
from .._arrays import (
    Array,
    Axis,
    as_host,
    check_mask,
    is_bool,
    is_host,
    like,
    namespace,
    number,
    sum_dtype,
    total,
)
from .._checks import check_choice
from .._compiled import kernels
from ..counts import Overlap
from ..indices import EmptyPolicy

_LARGE = 1 << 20
"""Masks of fewer cells never import the compiler."""

TNorm = Literal["minimum", "product", "lukasiewicz"]

TNORMS: Mapping[str, Callable[[Array, Array, ModuleType], Array]] = MappingProxyType(
    {
        "minimum": lambda a, b, xp: xp.minimum(a, b),
        "product": lambda a, b, xp: a * b,
        "lukasiewicz": lambda a, b, xp: xp.where(a + b > 1, a + b - 1, 0.0),
    }
)
"""How two soft values intersect, by name."""


def measure(
    a: Array,
    b: Array,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    check_values: bool | None = None,
) -> Overlap:
    """Measure how two masks on one grid overlap.

    Two soft values intersect as far as they can (``tnorm="minimum"``), or as independent chances do
    (``"product"``), or as little as they can (``"lukasiewicz"``). Hard masks intersect the same way under all.

    Parameters
    ----------
    a, b : array
        Masks of one shape and one array library (numpy, torch, dask, ...): bool, or floating in [0, 1].
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
        If the shapes differ, or a counted value is outside [0, 1] or NaN, or a weight is negative.

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
    xp = namespace("raster.measure", a=a, b=b, weights=weights, where=where)
    _check(a, b, weights, where, tnorm, xp)
    fast = _measure_fast(a, b, axis, tnorm, check_values, xp) if weights is where is None else None
    if fast is not None:
        return fast
    if check_values if check_values is not None else is_host(a) and is_host(b):
        _check_values(a, b, weights, where, xp)
    axis = tuple(axis) if isinstance(axis, list) else axis
    if where is not None:
        a, b = (xp.where(where, x, xp.zeros_like(x)) for x in (a, b))
        weights = None if weights is None else xp.where(where, weights, xp.zeros_like(weights))
    sizes = _intersect(a, b, tnorm, xp)
    if weights is not None:
        sizes = tuple(_weigh(x, weights, xp) for x in sizes)
    return Overlap(*(total(x, axis, xp) for x in sizes))


def iou(
    a: Array,
    b: Array,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    check_values: bool | None = None,
    empty: float | EmptyPolicy = nan,
) -> Array:
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

    Examples
    --------
    >>> import numpy as np
    >>> float(iou(np.array([True, True, False]), np.array([True, False, False])))
    0.5
    """
    o = measure(a, b, axis=axis, weights=weights, where=where, tnorm=tnorm, check_values=check_values)
    return indices.iou(o, empty=empty)


def dice(
    a: Array,
    b: Array,
    *,
    axis: Axis = None,
    weights: Array | None = None,
    where: Array | None = None,
    tnorm: TNorm = "minimum",
    check_values: bool | None = None,
    empty: float | EmptyPolicy = nan,
) -> Array:
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


def _intersect(a: Array, b: Array, tnorm: TNorm, xp: ModuleType) -> tuple[Array, Array, Array]:
    if is_bool(a, xp) and is_bool(b, xp):
        return a & b, a, b
    # in the dtype of the sums, so that every path rounds alike
    hard_reference, dtype = is_bool(b, xp), sum_dtype((a, b), xp)
    a, b = xp.astype(a, dtype, copy=False), xp.astype(b, dtype, copy=False)
    if hard_reference or tnorm == "product":
        return a * b, a, b
    return xp.where((b == 0) | (b == 1), a * b, TNORMS[tnorm](a, b, xp)), a, b


def _weigh(x: Array, weights: Array, xp: ModuleType) -> Array:
    dtype = sum_dtype((x, weights), xp)
    return xp.astype(x, dtype, copy=False) * xp.astype(weights, dtype, copy=False)


def _measure_fast(
    a: Array, b: Array, axis: Axis, tnorm: TNorm, check_values: bool | None, xp: ModuleType
) -> Overlap | None:
    if prod(a.shape) < _LARGE or not (is_host(a) and is_host(b)):
        return None
    host_a, host_b = as_host(a), as_host(b)
    if host_a is None or host_b is None:
        gradient = kernels("raster.gradient")
        graph = None if gradient is None else gradient.raster_sizes(a, b, axis, tnorm)
        return None if graph is None else Overlap(*graph)
    compiled = kernels("raster.compiled")
    found = None if compiled is None else compiled.raster_sizes(host_a, host_b, axis, tnorm)
    if found is None:
        return None
    sizes, valid = found
    if not valid and check_values is not False:
        _check_values(a, b, None, None, xp)
    return Overlap(*(like(x, a, xp) for x in sizes))


def _check(a: Array, b: Array, weights: Array | None, where: Array | None, tnorm: str, xp: ModuleType) -> None:
    check_choice("raster.measure", "tnorm", tnorm, TNORMS)
    check_mask("raster.measure", "a", a, xp)
    check_mask("raster.measure", "b", b, xp)
    if a.shape != b.shape:
        raise ValueError(
            f"raster.measure: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; masks of one grid have one "
            "shape: resample one of them, or broadcast explicitly with broadcast_to"
        )
    if where is not None and not is_bool(where, xp):
        raise TypeError(f"raster.measure: where has dtype {where.dtype}; pass bool, True = counted")
    if weights is not None and not xp.isdtype(weights.dtype, ("bool", "integral", "real floating")):
        raise TypeError(f"raster.measure: weights has dtype {weights.dtype}; sizes of cells are real numbers")
    for name, x in {"weights": weights, "where": where}.items():
        if x is not None and not _broadcasts(x.shape, a.shape):
            raise ValueError(
                f"raster.measure: {name} has shape {tuple(x.shape)}, which does not broadcast to that of the "
                f"masks, {tuple(a.shape)}"
            )


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    pairs = zip(reversed(shape), reversed(to), strict=False)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in pairs)


def _check_values(a: Array, b: Array, weights: Array | None, where: Array | None, xp: ModuleType) -> None:
    for name, x in {"a": a, "b": b}.items():
        if not is_bool(x, xp):
            _check_range(
                name,
                x,
                x <= 1,
                where,
                xp,
                "soft masks lie in [0, 1]: scale by the maximum, apply a "
                "sigmoid to logits, and leave cells without a value out with where=~isnan(...)",
            )
    if weights is not None and not is_bool(weights, xp):
        remedy = "weights are sizes of cells: not negative, finite"
        _check_range("weights", weights, weights < xp.inf, where, xp, remedy)


def _check_range(name: str, x: Array, below: Array, where: Array | None, xp: ModuleType, remedy: str) -> None:
    valid = (x >= 0) & below
    if where is not None:
        valid = valid | ~where
    if not bool(xp.all(valid)):
        bad, low, high = (number(f) for f in (xp.count_nonzero(~valid), xp.min(x), xp.max(x)))
        raise ValueError(
            f"raster.measure: {bad:.0f} counted values of {name} are out of range or NaN "
            f"(minimum {low:.9g}, maximum {high:.9g}); {remedy}"
        )

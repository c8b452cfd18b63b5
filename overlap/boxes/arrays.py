"""Boxes as arrays: how they are read and checked, and their lengths along an axis.

Conventions
-----------
- A box is lo|hi along the last axis, 2d numbers. A malformed box has hi < lo, NaN or infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import inf
from operator import and_, mul
from types import ModuleType
from typing import NamedTuple, TypeAlias

import array_api_compat as compat
import numpy as np

from .. import _coordinates
from .._arrays import Array, is_traced, table_namespace
from .._checks import check_real, shown

Interval: TypeAlias = tuple[Array, Array]
Period: TypeAlias = Sequence[float | None]

_REMEDY = (
    'boxes are lo|hi, in 2-D (x1, y1, x2, y2): of x, y, width, height (COCO) pass boxes.convert(box, "lo-size", '
    '"lo-hi"), of cx, cy, width, height boxes.convert(box, "centre-size", "lo-hi")'
)


class Sizes(NamedTuple):
    """Sizes of two boxes, along one axis or along all: what they share, and their own."""

    shared: Array
    a: Array
    b: Array


def read(operation: str, *, solid: bool = False, **boxes: Array) -> tuple[list[Array], ModuleType]:
    """Return well-formed floating boxes of one dtype that broadcast; if `solid`, all sides are positive."""
    arrays, xp = as_floating(operation, **boxes)
    checked = [check(operation, name, x, xp, solid=solid) for name, x in zip(boxes, arrays, strict=True)]
    return checked, xp


def as_floating(operation: str, **boxes: Array) -> tuple[list[Array], ModuleType]:
    """Return arrays of 2d columns in the dtype they are computed in, values unseen."""
    xp = table_namespace(operation, **boxes)
    _check_shapes(operation, boxes)
    return _coordinates.as_floating(operation, boxes, xp), xp


def check_rows(operation: str, **tables: Array) -> None:
    """Refuse what is no table of boxes, one a row."""
    for name, x in tables.items():
        if x.ndim != 2:
            # an empty list does not say how many numbers a box has
            remedy = "numpy.zeros((0, 4))" if tuple(x.shape) == (0,) else f"{name}.reshape(-1, {name}.shape[-1])"
            raise ValueError(f"{operation}: {name} has shape {tuple(x.shape)}; pass (n, 2d), one box a row: {remedy}")


def read_tables(operation: str, **tables: Array) -> tuple[list[Array], ModuleType]:
    """Return tables of well-formed boxes, (n, 2d) each, in one floating dtype."""
    for name, x in tables.items():
        if x.ndim != 2:
            raise ValueError(
                f"{operation}: {name} has shape {tuple(x.shape)}; pass (n, 2d), or for other shapes "
                "boxes.iou(a[..., :, None, :], b[..., None, :, :])"
            )
    _check_columns(operation, tables)
    xp = table_namespace(operation, **tables)
    arrays = _coordinates.as_floating(operation, tables, xp)
    return [check(operation, name, x, xp) for name, x in zip(tables, arrays, strict=True)], xp


def check(operation: str, name: str, box: Array, xp: ModuleType, *, solid: bool = False) -> Array:
    """Refuse malformed boxes on the host; make them NaN elsewhere. If `solid`, a side of 0 is malformed."""
    valid = reduce(and_, (_well_formed(side, solid) for side in intervals(box)))
    why = "hi <= lo, NaN or infinite" if solid else "hi < lo, NaN or infinite"
    return _coordinates.well_formed(operation, name, box, valid, why, _REMEDY, xp)


def _well_formed(side: Interval, solid: bool) -> Array:
    # comparisons with NaN are false
    lo, hi = side
    ordered = lo < hi if solid else lo <= hi
    return (lo > -inf) & (hi < inf) & ordered


def read_periods(operation: str, period: Period | None, box: Array) -> list[float | None]:
    """Return the period of each axis."""
    d = box.shape[-1] // 2
    if period is None:
        return [None] * d
    if not isinstance(period, (tuple, list, np.ndarray)) or len(period) != d:
        raise ValueError(
            f"{operation}: period must name a length for each of the {d} axes, got {shown(period)}; None for an open "
            "axis"
        )
    for p in period:
        if p is None:
            continue
        check_real(operation, "a period", p)
        if not 0 < p < inf:
            raise ValueError(
                f"{operation}: a period must be positive and finite, got {shown(period)}; None for an open axis"
            )
    return [None if p is None else float(p) for p in period]


def in_unit(rows: np.ndarray, periods: list[float | None]) -> tuple[np.ndarray, list[float | None]]:
    """Return boxes and periods in a unit in which sizes neither overflow nor vanish; see `_coordinates.in_one_unit`."""
    lo, hi = halves(rows)
    lengths = np.array([0.0 if period is None else period for period in periods])
    scaled, scaled_lengths = _coordinates.in_one_unit([rows, lengths], [hi - lo])
    scaled_periods = [None if period is None else float(x) for period, x in zip(periods, scaled_lengths, strict=True)]
    return scaled, scaled_periods


def halves(box: Array) -> tuple[Array, Array]:
    """Split the last axis into its two halves: lo and hi."""
    d = box.shape[-1] // 2
    return box[..., :d], box[..., d:]


def intervals(box: Array) -> list[Interval]:
    """Return the interval (lo, hi) along each axis, each end of shape (...)."""
    d = box.shape[-1] // 2
    return [(box[..., k], box[..., d + k]) for k in range(d)]


def length(x: Interval) -> Array:
    """Return the length of intervals."""
    lo, hi = x
    return hi - lo


def shared_length(x: Interval, y: Interval, xp: ModuleType) -> Array:
    """Return the length that intervals share; where they only touch, the slope pulls them together."""
    x_lo, x_hi = x
    y_lo, y_hi = y
    overlap = xp.minimum(x_hi, y_hi) - xp.maximum(x_lo, y_lo)
    return positive(overlap, xp)


def positive(x: Array, xp: ModuleType) -> Array:
    """Clip at 0 from below; at 0 itself the slope is 1, and NaN stays."""
    return xp.where(x < 0, 0.0, x)


def multiply(axes: list[Sizes]) -> Sizes:
    """Return the sizes along all axes: areas in 2-D, volumes in 3-D."""
    shared = reduce(mul, (axis.shared for axis in axes))
    size_a = reduce(mul, (axis.a for axis in axes))
    size_b = reduce(mul, (axis.b for axis in axes))
    return Sizes(shared, size_a, size_b)


def is_plain(x: Array) -> bool:
    """Return whether nothing watches `x`: an array made from it may be written to piece by piece."""
    if not compat.is_torch_array(x):
        return bool(compat.is_numpy_array(x))
    return not (x.requires_grad or is_traced(x))


def _check_columns(operation: str, boxes: dict[str, Array]) -> None:
    first, *others = boxes.values()
    columns = first.shape[-1] if first.ndim else 0
    paired = columns > 0 and columns % 2 == 0
    if not paired or not all(x.ndim and x.shape[-1] == columns for x in others):
        raise ValueError(
            f"{operation}: got {_shapes(boxes)}; the last axis holds lo|hi: 2 numbers in 1-D, 4 in 2-D "
            "(x1, y1, x2, y2), 6 in 3-D, as many in all arrays"
        )


def _check_shapes(operation: str, boxes: dict[str, Array]) -> None:
    _check_columns(operation, boxes)
    first, *others = boxes.values()
    if not all(_broadcast(first.shape, x.shape) for x in others):
        raise ValueError(
            f"{operation}: the boxes do not broadcast together ({_shapes(boxes)}); for all pairs, boxes.pairwise"
        )


def _broadcast(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    pairs = zip(shape[::-1], other[::-1], strict=False)
    return all(n == m or n == 1 or m == 1 for n, m in pairs)


def _shapes(boxes: dict[str, Array]) -> str:
    return ", ".join(f"{name}: {tuple(x.shape)}" for name, x in boxes.items())

"""Boxes as arrays: how they are read and checked, under `overlap.boxes` and the losses.

Conventions
-----------
- A box is lo|hi along the last axis, 2d numbers. Integers become float64, half precision float32.
- A malformed box has hi < lo, NaN or infinity. It raises where values may be looked at (on the host); elsewhere
  (CUDA, dask, ``torch.compile``, ``vmap``) its row becomes NaN, and so does what is computed from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from math import inf, prod
from operator import and_, mul
from types import ModuleType
from typing import TypeAlias

import array_api_compat as compat

from .._arrays import Array, is_host, namespace, number
from .._arrays import is_traced as is_traced

Interval: TypeAlias = tuple[Array, Array]


def read(operation: str, *, solid: bool = False, **boxes: Array) -> tuple[list[Array], ModuleType]:
    """Return well-formed floating boxes of one dtype that broadcast; if `solid`, all sides are positive."""
    arrays, xp = as_floating(operation, **boxes)
    checked = [check(operation, name, x, xp, solid=solid) for name, x in zip(boxes, arrays, strict=True)]
    return checked, xp


def as_floating(operation: str, **boxes: Array) -> tuple[list[Array], ModuleType]:
    """Return arrays of 2d columns in the dtype they are computed in, values unseen."""
    xp = namespace(operation, **boxes)
    _check_shapes(operation, boxes)
    dtypes = [_floating(operation, name, x, xp) for name, x in boxes.items()]
    dtype = xp.result_type(*dtypes)
    return [xp.astype(x, dtype, copy=False) for x in boxes.values()], xp


def check(operation: str, name: str, box: Array, xp: ModuleType, *, solid: bool = False) -> Array:
    """Refuse malformed boxes on the host; make them NaN elsewhere."""
    axes = intervals(box)
    # comparisons with NaN are false
    valid = reduce(and_, ((lo > -inf) & (hi < inf) & (lo < hi if solid else lo <= hi) for lo, hi in axes))
    host = is_host(box)
    if host and bool(xp.all(valid)):
        return box
    if host:
        bad, wrong = number(xp.count_nonzero(~valid)), "hi <= lo" if solid else "hi < lo"
        raise ValueError(
            f"{operation}: {bad:.0f} of {prod(valid.shape)} boxes of {name} are malformed ({wrong}, NaN or "
            'infinite); boxes are lo|hi, in 2-D (x1, y1, x2, y2): use boxes.convert(box, "centre-size", "lo-hi") '
            "for others"
        )
    return xp.where(valid[..., None], box, xp.nan)


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
    return x[1] - x[0]


def shared_length(x: Interval, y: Interval, xp: ModuleType) -> Array:
    """Return the length that intervals share; where they only touch, the slope pulls them together."""
    return positive(xp.minimum(x[1], y[1]) - xp.maximum(x[0], y[0]), xp)


def positive(x: Array, xp: ModuleType) -> Array:
    """Clip at 0 from below; at 0 itself the slope is 1, and NaN stays."""
    return xp.where(x < 0, 0.0, x)


def product(lengths: Iterable[Array]) -> Array:
    """Multiply the lengths along the axes."""
    return reduce(mul, lengths)


def detached(x: Array) -> Array:
    """Return `x` as a constant to torch's gradients."""
    return x.detach() if hasattr(x, "detach") else x


def is_plain(x: Array) -> bool:
    """Return whether nothing watches `x`: an array made from it may be written to piece by piece."""
    if not compat.is_torch_array(x):
        return bool(compat.is_numpy_array(x))
    return not (x.requires_grad or is_traced(x))


def _check_shapes(operation: str, boxes: dict[str, Array]) -> None:
    first, *others = boxes.values()
    d = first.shape[-1] // 2 if first.ndim else 0
    if d == 0 or not all(x.ndim and x.shape[-1] == 2 * d for x in boxes.values()):
        raise ValueError(
            f"{operation}: boxes of d dimensions have a last axis of 2d numbers, lo|hi, all of the same d; got "
            f"{_shapes(boxes)}"
        )
    if not all(_broadcast(first.shape[:-1], x.shape[:-1]) for x in others):
        raise ValueError(
            f"{operation}: the boxes do not broadcast together ({_shapes(boxes)}); for all pairs, boxes.pairwise"
        )


def _broadcast(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(n == m or n == 1 or m == 1 for n, m in zip(shape[::-1], other[::-1], strict=False))


def _shapes(boxes: dict[str, Array]) -> str:
    return ", ".join(f"{name}: {tuple(x.shape)}" for name, x in boxes.items())


def _floating(operation: str, name: str, box: Array, xp: ModuleType) -> object:
    if xp.isdtype(box.dtype, "integral"):
        return xp.float64
    if not xp.isdtype(box.dtype, "real floating"):
        raise TypeError(f"{operation}: {name} has dtype {box.dtype}; boxes are real numbers, lo|hi")
    return box.dtype if xp.finfo(box.dtype).bits >= 32 else xp.float32

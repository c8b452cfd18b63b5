"""Boxes as coordinates, aligned and rotated alike: the dtype they are computed in, and what becomes of malformed ones.

Conventions
-----------
- Integers become float64, half precision float32; several arrays meet in one dtype.
- A malformed box raises where values may be looked at (on the host). Elsewhere (CUDA, dask, ``torch.compile``,
  ``vmap``) its row becomes NaN, and so does what is computed from it.
"""

from __future__ import annotations

from math import prod
from types import ModuleType
from typing import Any

from ._arrays import Array, is_host, number


def as_floating(operation: str, boxes: dict[str, Array], xp: ModuleType) -> list[Array]:
    """Return boxes in the dtype that they are computed in together.

    Examples
    --------
    >>> import array_api_compat.numpy as xp
    >>> a, b = xp.zeros((1, 4), dtype=xp.int32), xp.zeros((1, 4), dtype=xp.float32)
    >>> [x.dtype.name for x in as_floating("boxes.measure", {"a": a, "b": b}, xp)]
    ['float64', 'float64']
    """
    dtypes = [_floating_dtype(operation, name, x, xp) for name, x in boxes.items()]
    dtype = xp.result_type(*dtypes)
    return [xp.astype(x, dtype, copy=False) for x in boxes.values()]


def _floating_dtype(operation: str, name: str, box: Array, xp: ModuleType) -> Any:
    if xp.isdtype(box.dtype, "integral"):
        return xp.float64
    if not xp.isdtype(box.dtype, "real floating"):
        raise TypeError(f"{operation}: {name} has dtype {box.dtype}; boxes are real numbers: pass float64 or float32")
    return box.dtype if xp.finfo(box.dtype).bits >= 32 else xp.float32


def well_formed(operation: str, name: str, box: Array, valid: Array, why: str, remedy: str, xp: ModuleType) -> Array:
    """Refuse boxes (..., n) that are not `valid` (...) on the host; make them NaN elsewhere."""
    if not is_host(box):
        return xp.where(valid[..., None], box, xp.nan)
    if bool(xp.all(valid)):
        return box
    malformed = number(xp.count_nonzero(~valid))
    boxes = prod(valid.shape)
    raise ValueError(f"{operation}: {malformed:.0f} of {boxes} boxes of {name} are malformed ({why}); {remedy}")

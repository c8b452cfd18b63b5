"""Compiled twins of public functions: same names, same answers, same tests, never needed.

A twin runs on plain host arrays that are large enough to pay for its import; everything else, and a machine
without numba, takes the array path. Kernels release the GIL and start no threads of their own: a forked data
loader worker or a dask thread may call them at any time.
"""

from __future__ import annotations

from functools import cache
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


SMALL = 1 << 20
"""Arrays with fewer elements never import the compiler."""


def worthwhile(x: Any) -> bool:
    """Return whether an array is large enough for a compiled twin."""
    return bool(prod(x.shape) >= SMALL)


@cache
def _host() -> ModuleType | None:
    try:
        from . import host
    except ImportError:
        return None
    return host


@cache
def _losses() -> ModuleType | None:
    try:
        from . import losses
    except ImportError:
        return None
    return losses


def raster_sizes_with_gradient(
    a: Any, b: Any, axis: int | tuple[int, ...] | None, tnorm: str
) -> tuple[Any, Any, Any] | None:
    """Return the three sizes of `raster.measure` as torch's functions of `a`, or None if it cannot."""
    losses = _losses()
    return None if losses is None else losses.raster_sizes(a, b, axis, tnorm)


def raster_sizes(
    a: np.ndarray, b: np.ndarray, axis: int | tuple[int, ...] | None, tnorm: str
) -> tuple[list[np.ndarray], bool] | None:
    """Return the three sizes of `raster.measure` and whether all values are valid, or None if it cannot."""
    host = _host()
    return None if host is None else host.raster_sizes(a, b, axis, tnorm)

"""Arrays of any backend: the one file that knows array-api-compat.

Conventions
-----------
- bool is hard, real floating is soft; integers and complex numbers are refused, with the remedy.
- Hard counts are int64. Soft sums are float64 on the host and at least float32 on a device; half precision
  never sums in half.
- Values are looked at on host arrays only: never on a device, under ``torch.compile``, inside a functorch
  transform, or on dask, unless somebody asks.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, TypeAlias

import array_api_compat as compat
import numpy as np

Array: TypeAlias = Any
"""An array of any backend that follows the array API: numpy, torch, dask, array-api-strict, ..."""

Axis: TypeAlias = int | tuple[int, ...] | None


def namespace(operation: str, **arrays: Array) -> ModuleType:
    """Return the one array namespace of the named operands; None is passed over."""
    given = {name: x for name, x in arrays.items() if x is not None}
    for name, x in given.items():
        if type(x).__module__.startswith("xarray."):
            raise TypeError(
                f"{operation}: {name} is an xarray {type(x).__name__}; "
                "use overlap.labelled.measure(a, b, dim), which keeps its labels"
            )
        if not compat.is_array_api_obj(x):
            raise TypeError(f"{operation}: {name} is a {type(x).__name__}, not an array; pass numpy.asarray({name})")
        if isinstance(x, np.ma.MaskedArray):
            raise TypeError(
                f"{operation}: {name} is a masked array, whose mask would be lost; pass {name}.data, and the cells "
                f"that count as where=~{name}.mask"
            )
    try:
        return compat.array_namespace(*given.values())
    except TypeError:
        kinds = ", ".join(f"{name}: {type(x).__module__}.{type(x).__name__}" for name, x in given.items())
        raise TypeError(
            f"{operation}: the operands come from different array libraries ({kinds}); "
            "convert them to one of them first"
        ) from None


def library(x: Array) -> ModuleType:
    """Return the namespace of an array that is known to be one."""
    xp: ModuleType = compat.array_namespace(x)
    return xp


def is_bool(x: Array, xp: ModuleType) -> bool:
    """Return whether `x` holds booleans."""
    return bool(xp.isdtype(x.dtype, "bool"))


def check_mask(operation: str, name: str, x: Array, xp: ModuleType) -> None:
    """Refuse a dtype that is neither hard (bool) nor soft (real floating)."""
    if not xp.isdtype(x.dtype, ("bool", "real floating")):
        raise TypeError(
            f"{operation}: {name} has dtype {x.dtype}; a mask is bool (hard) or floating in [0, 1] (soft): "
            f"pass `{name} > 0` for a mask, `{name} == k` for one label, or "
            f"`np.asarray({name}.dataobj)` scaled to [0, 1] for stored probabilities"
        )


def is_host(x: Array) -> bool:
    """Return whether the values of `x` may be looked at for free: in host memory, outside any tracing."""
    if compat.is_numpy_array(x):
        return True
    if not compat.is_torch_array(x):
        return not compat.is_lazy_array(x)
    return x.device.type == "cpu" and not is_traced(x)


def is_traced(x: Array) -> bool:
    """Return whether a tensor's values are not there to be looked at: under compile, or in a functorch transform."""
    torch = sys.modules["torch"]
    return torch.compiler.is_compiling() or torch._C._functorch.maybe_current_level() is not None


def as_host(x: Array) -> np.ndarray | None:
    """Return a view of a plain host array as numpy, or None where the array path must run."""
    if compat.is_numpy_array(x):
        return np.asarray(x)
    return np.asarray(x.numpy()) if compat.is_torch_array(x) and is_host(x) and _is_plain(x) else None


def _is_plain(x: Array) -> bool:
    """Return whether a host tensor is nothing but its values: no gradient of any mode, no lazy view."""
    torch = sys.modules["torch"]
    if type(x) not in (torch.Tensor, torch.nn.Parameter) or x.requires_grad or torch.jit.is_tracing():
        return False
    if torch.autograd.forward_ad._current_level >= 0 or x.is_neg() or x.is_conj():
        return False
    return bool(x.layout == torch.strided and x.dtype != torch.bfloat16)


def like(values: np.ndarray, x: Array, xp: ModuleType) -> Array:
    """Return host `values` as an array of the same library as `x`."""
    return values if compat.is_numpy_array(x) else xp.asarray(values)


def sum_dtype(arrays: tuple[Array, ...], xp: ModuleType) -> Any:
    """Return the dtype in which soft values of these arrays are intersected and summed."""
    on_device = any(compat.is_torch_array(x) and x.device.type != "cpu" for x in arrays)
    wide = any(x.dtype == xp.float64 for x in arrays)
    return xp.float32 if on_device and not wide else xp.float64


def total(x: Array, axis: Axis, xp: ModuleType) -> Array:
    """Sum `x` over `axis`: booleans are counted, the rest is summed in its own dtype."""
    return xp.count_nonzero(x, axis=axis) if is_bool(x, xp) else xp.sum(x, axis=axis)


def number(x: Array) -> float:
    """Return the value of an array of one element, for a message."""
    return float(x.detach() if compat.is_torch_array(x) else x)


def real(x: Array, xp: ModuleType) -> Array:
    """Return counts as floating numbers that hold them exactly (up to 2**53)."""
    return x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64)


def safe_ratio(numerator: Array, denominator: Array, empty: float, xp: ModuleType) -> Array:
    """Divide; where the denominator is 0 give `empty`. The gradient is finite everywhere."""
    defined = denominator != 0
    ratio = numerator / xp.where(defined, denominator, 1.0)
    return xp.where(defined, ratio, empty)

"""Arrays of any backend: the one file that knows array-api-compat.

Conventions
-----------
- bool is hard, real floating is soft; integers and complex numbers are refused, with the remedy.
- Hard counts are int64. Soft sums are float64 on the host and at least float32 on a device; half precision
  never sums in half. Sizes that come as smaller whole numbers or halves are widened alike, before they are added.
- Values are looked at on host arrays only: never on a device, under ``torch.compile``, inside a functorch
  transform, or on dask, unless somebody asks.
"""

from __future__ import annotations

import sys
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import array_api_compat as compat
import numpy as np

if TYPE_CHECKING:
    import torch
    from typing_extensions import TypeVar
else:
    from typing import TypeVar

Array: TypeAlias = Any
"""An array of any backend that follows the array API: numpy, torch, dask, array-api-strict, ..."""

if TYPE_CHECKING:
    SameArray = TypeVar("SameArray", Any, torch.Tensor, np.ndarray, default=Any)
else:
    SameArray = TypeVar("SameArray")
"""The kind of array that was put in: to a type checker numpy's or torch's, or one that it knows nothing of."""

Axis: TypeAlias = int | tuple[int, ...] | None


_MASKED = "a masked array, whose mask would be lost"


def namespace(operation: str, **arrays: Array) -> ModuleType:
    """Return the one array namespace of the named operands."""
    for name, x in arrays.items():
        if not compat.is_array_api_obj(x) or isinstance(x, np.ma.MaskedArray):
            raise TypeError(f"{operation}: {name} is {_remedy(name, x)}")
        check_chunks(operation, name, x)
        if compat.is_torch_array(x) and (x.is_sparse or x.is_sparse_csr):
            raise TypeError(f"{operation}: {name} is a sparse tensor; pass {name}.to_dense()")
    try:
        return compat.array_namespace(*arrays.values())
    except TypeError:
        kinds = ", ".join(f"{name}: {type(x).__module__}.{type(x).__name__}" for name, x in arrays.items())
        raise TypeError(
            f"{operation}: the operands come from different array libraries ({kinds}); "
            "convert them to one of them first"
        ) from None


def table_namespace(operation: str, **tables: Array) -> ModuleType:
    """Return the one array namespace of the named tables, whose rows have no labels and no cells left out.

    Examples
    --------
    >>> table_namespace("boxes.nms", boxes=np.zeros((2, 4))).__name__
    'array_api_compat.numpy'
    """
    for name, x in tables.items():
        if type(x).__module__.startswith("xarray."):
            raise TypeError(
                f"{operation}: {name} is an xarray {type(x).__name__}, and rows are known by their number; "
                f"pass {name}.values"
            )
        _check_unmasked(operation, name, x)
    return namespace(operation, **tables)


def library(x: Array) -> ModuleType:
    """Return the namespace of an array that is known to be one."""
    xp: ModuleType = compat.array_namespace(x)
    return xp


def check_chunks(operation: str, name: str, x: Array, *, of: str = "") -> None:
    """Refuse a dask array that does not know how long its chunks are: no other can be laid beside it.

    `of` is how the caller reaches the array, where it is not by its name.
    """
    if compat.is_dask_array(x) and any(n != n for n in x.shape):
        raise ValueError(
            f"{operation}: {name} has chunks of unknown size, shape {tuple(x.shape)}; call "
            f"{of or name}.compute_chunk_sizes() first, or leave cells out by where= in place of an index"
        )


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


def _remedy(name: str, x: object) -> str:
    """Return what an operand is that is no plain array, and what to pass in its place."""
    if x is None:
        return "None; pass an array"
    if type(x).__module__.startswith("xarray."):
        return f"an xarray {type(x).__name__}; use overlap.labelled.measure(a, b, dim), which keeps its labels"
    if isinstance(x, np.ma.MaskedArray):
        return f"{_MASKED}; pass {name}.data, and the cells that count as where=~{name}.mask"
    return f"a {type(x).__name__}, not an array; pass numpy.asarray({name})"


def _check_unmasked(operation: str, name: str, x: object) -> None:
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{operation}: {name} is {_MASKED}; leave out what is masked, or fill it: {name}.filled(value)")


# ---- what stands for an array, a list above all


def from_list(operation: str, name: str, x: Any) -> Array:
    """Return rows that stand in a list as an array of numpy; what is no list stays as it is.

    Examples
    --------
    >>> from_list("boxes.nms", "boxes", [[0, 0, 2, 2]])
    array([[0, 0, 2, 2]])
    """
    return on_host(operation, name, x) if isinstance(x, list | tuple) else x


def on_host(operation: str, name: str, x: Any) -> np.ndarray:
    """Return what stands for an array, a list above all, as one of numpy."""
    if x is None:
        raise TypeError(f"{operation}: {name} is None; pass an array")
    _check_unmasked(operation, name, x)
    try:
        return np.asarray(x)
    except (TypeError, ValueError, RuntimeError) as error:
        why, *_ = str(error).splitlines()
        raise ValueError(f"{operation}: {name} is no array ({why}); pass {_on_host_remedy(x)}") from None


def numbers_on_host(operation: str, name: str, x: Any) -> np.ndarray:
    """Return what stands for an array of real numbers as one of numpy."""
    values = on_host(operation, name, x)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{operation}: {name} has dtype {values.dtype}; pass real numbers")
    return values


def _on_host_remedy(x: Any) -> str:
    """Return what numpy can read in place of what it cannot."""
    if not compat.is_torch_array(x):
        return "rows of one length, and tensors as x.detach().cpu()"
    dense = ".to_dense()" if x.layout != sys.modules["torch"].strided else ""
    # numpy has no bfloat16
    wide = ".float()" if "bfloat16" in str(x.dtype) else ""
    return f"tensors as x.detach(){dense}{wide}.cpu()"


# ---- whether values may be looked at, and where they are


def is_host(*arrays: Array) -> bool:
    """Return whether all values may be looked at for free: in host memory, outside any tracing."""
    for x in arrays:
        if compat.is_torch_array(x):
            if x.device.type != "cpu" or is_traced(x):
                return False
        elif compat.is_lazy_array(x):
            return False
    return True


def is_traced(x: Array) -> bool:
    """Return whether a tensor's values are not there to be looked at: under compile, or in a functorch transform."""
    if is_compiling():
        return True
    try:
        # what a transform hands on has cells, but no memory of its own
        return bool(x.data_ptr() == 0 and x.numel() > 0)
    except RuntimeError:
        return True


def is_compiling() -> bool:
    """Return whether ``torch.compile`` is reading this very code."""
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.compiler.is_compiling())


def is_plain(x: Array) -> bool:
    """Return whether a tensor is nothing but its values: no subclass, no tangent, no lazy view."""
    torch = sys.modules["torch"]
    if type(x) not in (torch.Tensor, torch.nn.Parameter) or torch.jit.is_tracing():
        return False
    if x.layout != torch.strided or x.is_neg() or x.is_conj():
        return False
    return torch.autograd.forward_ad.unpack_dual(x).tangent is None


def plain(*arrays: Array | None) -> tuple[Array, ...]:
    """Return tensors without what a subclass, such as MONAI's MetaTensor, adds to them and runs at each operation.

    What is no tensor stays as it is, and so does a tensor whose cells are elsewhere than in itself.
    """
    return tuple(_without_extras(x) for x in arrays)


def _without_extras(x: Array | None) -> Array | None:
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(x, torch.Tensor) or type(x) in (torch.Tensor, torch.nn.Parameter):
        return x
    if type(x).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__ or torch.compiler.is_compiling():
        return x
    return x.as_subclass(torch.Tensor)


def as_host(x: Array, *, detach: bool = False) -> np.ndarray | None:
    """Return a view of a plain host array as numpy, or None where the array path must run.

    A tensor that needs a gradient is plain only if it may be detached.
    """
    if compat.is_numpy_array(x):
        return np.asarray(x)
    if not compat.is_torch_array(x) or not is_host(x) or not is_plain(x):
        return None
    if x.requires_grad and not detach:
        return None
    if x.dtype == sys.modules["torch"].bfloat16:
        # which numpy lacks
        return None
    return np.asarray(x.detach().numpy())


def values_on_host(operation: str, name: str, x: Array) -> np.ndarray:
    """Return the values of an array as numpy has them, whether or not a gradient is taken of them.

    Examples
    --------
    >>> values_on_host("expected.optimal_mask", "probability", np.ones(2))
    array([1., 1.])
    """
    (x,) = plain(x)
    if compat.is_torch_array(x) and x.dtype == sys.modules["torch"].bfloat16:
        # which numpy lacks
        x = x.float()
    host = as_host(x, detach=True)
    return on_host(operation, name, x) if host is None else host


def like(values: np.ndarray, x: Array, xp: ModuleType) -> Array:
    """Return host `values` as an array of the same library as `x`."""
    return values if compat.is_numpy_array(x) else xp.asarray(values)


def number(x: Array) -> float:
    """Return the value of an array of one element, for a message."""
    if compat.is_torch_array(x):
        x = x.detach()
    return float(x)


# ---- what is a constant to gradients


def detached(x: Array) -> Array:
    """Return `x` as a constant to gradients, where its library has any; see `check_constants` for libraries unknown.

    Examples
    --------
    >>> detached(np.ones(2))
    array([1., 1.])
    """
    if compat.is_jax_array(x):
        return sys.modules["jax"].lax.stop_gradient(x)
    return x.detach() if hasattr(x, "detach") else x


_WITHOUT_GRADIENTS = ("array_api_strict", "cupy", "dask", "ndonnx", "sparse")
"""Libraries, beside numpy, to which everything is a constant."""


def check_constants(operation: str, x: Array, remedy: str) -> None:
    """Refuse an array of a library whose gradients, if it has any, `detached` cannot stop.

    Examples
    --------
    >>> check_constants("losses.box_loss", np.ones(2), "pass numpy arrays")
    """
    if hasattr(x, "detach") or compat.is_numpy_array(x) or compat.is_jax_array(x):
        return
    name, *_ = type(x).__module__.split(".")
    if name not in _WITHOUT_GRADIENTS:
        raise TypeError(
            f"{operation}: a part of this is a constant to gradients, and arrays of {name} may have gradients that it "
            f"cannot be a constant to; {remedy}"
        )


# ---- axes, and the dtypes of sums


def flat(x: Array, axis: Axis, xp: ModuleType) -> Array:
    """Return an array with the axes that are summed over as one, the last."""
    kept, summed = kept_and_summed(x.ndim, axis)
    shape = [x.shape[k] for k in kept]
    n_cells = prod([x.shape[k] for k in summed])
    return xp.reshape(xp.permute_dims(x, kept + summed), (*shape, n_cells))


def kept_and_summed(ndim: int, axis: Axis) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes that are left, and those that are summed over."""
    if axis is None:
        return (), tuple(range(ndim))
    axes = (axis,) if isinstance(axis, int | np.integer) else axis
    summed = tuple(k % ndim for k in axes)
    kept = tuple(k for k in range(ndim) if k not in summed)
    return kept, summed


def sum_dtype(arrays: tuple[Array, ...], xp: ModuleType) -> Any:
    """Return the dtype in which soft values of these arrays are intersected and summed."""
    for x in arrays:
        if x.dtype == xp.float64:
            return xp.float64
    for x in arrays:
        if compat.is_torch_array(x) and x.device.type != "cpu":
            return xp.float32
    return xp.float64


_WIDE = frozenset({np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.float32)})
"""Host dtypes in which sizes stay as they are; for the others `widened` asks the array library."""

_LARGEST = np.iinfo(np.int64).max


def widened(operation: str, name: str, x: Array, xp: ModuleType) -> Array:
    """Return sizes in a dtype that holds their sums: whole numbers as int64, halves as soft sums are.

    Examples
    --------
    >>> import array_api_compat.numpy as xp
    >>> sizes = [xp.ones(1, dtype=dtype) for dtype in ("bool", "uint8", "float16", "float32")]
    >>> [widened("Overlap", "size_a", size, xp).dtype.name for size in sizes]
    ['int64', 'int64', 'float64', 'float32']
    """
    dtype = x.dtype
    on_host = isinstance(x, np.ndarray | np.generic)
    if on_host and dtype in _WIDE:
        return x
    if xp.isdtype(dtype, ("bool", "integral")):
        if not on_host and _lacks_doubles(x):
            return xp.astype(x, xp.int32, copy=False)
        if on_host and dtype == np.uint64 and np.any(x > _LARGEST):
            raise ValueError(
                f"{operation}: {name} is {np.max(x)}, more than int64 holds ({_LARGEST}); pass floating numbers"
            )
        return xp.astype(x, xp.int64, copy=False)
    if not xp.isdtype(dtype, "real floating"):
        raise TypeError(
            f"{operation}: {name} has dtype {dtype}; sizes are real numbers: divide times by their unit, and leave out "
            "what is None"
        )
    if xp.finfo(dtype).bits < 32:
        return xp.astype(x, sum_dtype((x,), xp), copy=False)
    return x


# ---- counts and sizes as floating numbers


def bounded(shared: Array, size_a: Array, size_b: Array, xp: ModuleType) -> Array:
    """Return what two sets share, no more than either has: rounding may leave a little more. The gradient stays.

    Examples
    --------
    >>> import array_api_compat.numpy as xp
    >>> bounded(xp.asarray([1.0000000000000002, 0.5]), xp.asarray(1.0), xp.asarray(2.0), xp)
    array([1. , 0.5])
    """
    least = xp.minimum(size_a, size_b)
    if not (compat.is_torch_array(shared) or compat.is_jax_array(shared)):
        return xp.minimum(shared, least)
    excess = detached(shared - least)
    return shared - xp.where(excess > 0, excess, 0.0)


_LARGEST_IN_SINGLE = 1 << 24
"""Whole numbers up to this are exact in float32."""


def real(xp: ModuleType, *arrays: Array) -> list[Array]:
    """Return counts as floating numbers that hold them exactly (up to 2**53)."""
    return [x if xp.isdtype(x.dtype, "real floating") else _as_float64(x, xp) for x in arrays]


def safe_ratio(numerator: Array, denominator: Array, empty: float, xp: ModuleType) -> Array:
    """Divide; where the denominator is 0 give `empty`. The gradient is finite everywhere."""
    defined = denominator != 0
    if is_host(defined) and bool(xp.all(defined)):
        return numerator / denominator
    ratio = numerator / xp.where(defined, denominator, 1.0)
    return xp.where(defined, ratio, empty)


def _as_float64(x: Array, xp: ModuleType) -> Array:
    if not _lacks_doubles(x):
        return xp.astype(x, xp.float64)
    is_seen = not isinstance(x, sys.modules["jax"].core.Tracer)
    if is_seen and bool(xp.all(abs(x) <= _LARGEST_IN_SINGLE)):
        return xp.astype(x, xp.float32)
    raise ValueError(
        f"indices: jax as it is set has no float64, and float32 is not exact for counts above {_LARGEST_IN_SINGLE}, "
        "nor can traced counts be looked at; call jax.config.update('jax_enable_x64', True) before the masks are made"
    )


def _lacks_doubles(x: Array) -> bool:
    """Return whether an array is one of jax as it is unless told otherwise, without 64 bits."""
    return bool(compat.is_jax_array(x) and not sys.modules["jax"].config.jax_enable_x64)

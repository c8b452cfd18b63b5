"""The same verbs on labelled arrays.

Conventions
-----------
- Dimensions are named; those that are not summed broadcast by name.
- Coordinates must agree exactly. ``tolerance=`` says how far they may differ (in their own unit) and still mean
  the same cells; nothing is dropped in silence.
- Dask stays lazy: if one operand is chunked the others are chunked to match, the dimensions that are summed may
  be chunked too, and one ``.compute()`` of the result reads each block once.
- Counts first, indices later: add the counts of cases or chunks, then take the index.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import nan
from typing import Any

import numpy as np
import xarray as xr

from . import raster
from ._checks import check_choice
from .counts import Overlap
from .indices import INDICES, EmptyPolicy

__all__ = ["indices", "measure"]

_SIZES = ("intersection", "size_a", "size_b")


def measure(
    a: xr.DataArray,
    b: xr.DataArray,
    dim: Hashable | Iterable[Hashable] | None = None,
    *,
    weights: xr.DataArray | None = None,
    where: xr.DataArray | None = None,
    tnorm: raster.TNorm = "minimum",
    tolerance: float | None = None,
) -> xr.Dataset:
    """Measure how two labelled masks overlap. See `overlap.raster.measure`.

    Parameters
    ----------
    a, b : DataArray
        Masks, bool or floating in [0, 1].
    dim : hashable or iterable of hashable, optional
        Dimensions to sum over; all by default.
    weights, where : DataArray, optional
        Size of each cell; which cells count (True = counted). They broadcast by name.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect.
    tolerance : float, optional
        Largest difference between two coordinates of the same cell; by default they must be equal.

    Returns
    -------
    Dataset
        ``intersection``, ``size_a`` and ``size_b`` over the remaining dimensions; lazy if an operand is.

    Raises
    ------
    ValueError
        If the coordinates differ by more than `tolerance`, or a dimension does not exist.
    TypeError
        If an operand is no DataArray.

    Examples
    --------
    >>> raters = xr.DataArray([[True, True, False], [False, True, True]], dims=("rater", "x"))
    >>> counts = measure(raters, raters.isel(rater=0), "x")
    >>> counts.intersection.values
    array([2, 1])
    >>> indices(counts).dice.values
    array([1. , 0.5])
    """
    arrays = _named(a=a, b=b, weights=weights, where=where)
    arrays = _align(arrays, tolerance)
    dims = _dims(dim, a, b)
    arrays = dict(zip(arrays, xr.broadcast(*arrays.values()), strict=True))
    arrays = _chunk_alike(arrays)
    sizes = xr.apply_ufunc(
        _sizes,
        *arrays.values(),
        kwargs={"names": tuple(arrays), "n": len(dims), "tnorm": tnorm},
        input_core_dims=[dims] * len(arrays),
        output_core_dims=[[]] * 3,
        dask="allowed",
    )
    return xr.Dataset(dict(zip(_SIZES, sizes, strict=True)), attrs={"tnorm": tnorm})


def indices(
    counts: xr.Dataset,
    names: str | Iterable[str] = ("iou", "dice"),
    *,
    empty: float | EmptyPolicy = nan,
) -> xr.Dataset:
    """Take indices of labelled counts.

    Parameters
    ----------
    counts : Dataset
        With ``intersection``, ``size_a`` and ``size_b``, as `measure` returns it.
    names : str or iterable of str
        Names of indices, from `overlap.INDICES`.
    empty : float or EmptyPolicy
        Value where an index is 0/0.

    Returns
    -------
    Dataset
        One variable for each name; lazy if the counts are.

    Raises
    ------
    ValueError
        If a name is unknown or a size is missing.

    Examples
    --------
    >>> counts = xr.Dataset({"intersection": 3, "size_a": 4, "size_b": 5})
    >>> float(indices(counts, ["precision"]).precision)
    0.75
    """
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        check_choice("labelled.indices", "names", name, INDICES)
    if missing := [name for name in _SIZES if name not in counts]:
        raise ValueError(f"labelled.indices: the counts lack {', '.join(missing)}")
    sizes = [counts[name] for name in _SIZES]

    def take(name: str) -> Any:
        return xr.apply_ufunc(lambda *x: INDICES[name](Overlap(*x), empty=empty), *sizes, dask="allowed")

    return xr.Dataset({name: take(name) for name in names}, attrs={**counts.attrs, "empty": str(empty)})


def _sizes(*arrays: Any, names: tuple[str, ...], n: int, tnorm: raster.TNorm) -> tuple[Any, ...]:
    """Call the kernel on what apply_ufunc hands over: the dimensions to sum are the last n."""
    o = raster.measure(**dict(zip(names, arrays, strict=True)), axis=tuple(range(-n, 0)), tnorm=tnorm)
    return o.intersection, o.size_a, o.size_b


def _named(**arrays: Any) -> dict[str, xr.DataArray]:
    given = {name: x for name, x in arrays.items() if x is not None}
    for name, x in given.items():
        if not isinstance(x, xr.DataArray):
            raise TypeError(
                f"labelled.measure: {name} is a {type(x).__name__}, not an xarray.DataArray; "
                "pick a variable of a Dataset, or use overlap.raster.measure for plain arrays"
            )
    return given


def _dims(dim: Hashable | Iterable[Hashable] | None, *arrays: xr.DataArray) -> list[Hashable]:
    present = dict.fromkeys(d for x in arrays for d in x.dims)
    wanted = present if dim is None else [dim] if isinstance(dim, str) or not isinstance(dim, Iterable) else dim
    if missing := [d for d in wanted if d not in present]:
        raise ValueError(
            f"labelled.measure: no dimension {', '.join(map(repr, missing))}; the masks have {tuple(present)}"
        )
    return list(dict.fromkeys(wanted))


def _align(arrays: dict[str, xr.DataArray], tolerance: float | None) -> dict[str, xr.DataArray]:
    first = arrays["a"]
    if tolerance is not None:
        if not tolerance >= 0:
            raise ValueError(f"labelled.measure: tolerance must be >= 0, got {tolerance}")
        arrays = {name: _snap(name, x, first, tolerance) for name, x in arrays.items()}
    try:
        return dict(zip(arrays, xr.align(*arrays.values(), join="exact", copy=False), strict=True))
    except ValueError as error:
        raise ValueError(
            f"labelled.measure: the operands are not on one grid ({error}). {_difference(arrays)}Pass tolerance= "
            "if they mean the same cells, or bring them onto one grid first: a.interp_like(b), a.sel(...)"
        ) from None


def _snap(name: str, x: xr.DataArray, to: xr.DataArray, tolerance: float) -> xr.DataArray:
    """Give `x` the coordinates of `to` where they differ by no more than the tolerance."""
    for dim, furthest in _offsets(x, to).items():
        if not furthest <= tolerance:
            raise ValueError(
                f"labelled.measure: coordinate {dim!r} of {name} is up to {furthest:g} off that of a, "
                f"more than tolerance={tolerance:g}"
            )
        x = x.assign_coords({dim: to[dim]})
    return x


def _difference(arrays: dict[str, xr.DataArray]) -> str:
    for name, x in arrays.items():
        for dim, furthest in _offsets(x, arrays["a"]).items():
            if furthest:
                return f"Coordinate {dim!r} of {name} is up to {furthest:g} off that of a. "
    return ""


def _offsets(x: xr.DataArray, to: xr.DataArray) -> dict[Hashable, float]:
    """Return how far the numeric coordinates of equal length are apart."""
    shared = [d for d in x.dims if d in x.indexes and d in to.indexes and x.sizes[d] == to.sizes[d]]
    return {
        d: float(abs(x[d].values - to[d].values).max(initial=0))
        for d in shared
        if np.issubdtype(x[d].dtype, np.number) and np.issubdtype(to[d].dtype, np.number)
    }


def _chunk_alike(arrays: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    chunked = next((x for x in arrays.values() if x.chunks is not None), None)
    if chunked is None:
        return arrays
    sizes = dict(chunked.chunksizes)
    arrays = {name: x if x.chunks is not None else x.chunk(sizes) for name, x in arrays.items()}
    alike: Any = xr.unify_chunks(*arrays.values())
    return dict(zip(arrays, alike, strict=True))

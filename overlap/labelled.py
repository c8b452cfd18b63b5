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
from ._arrays import check_chunks
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
        If the coordinates differ by more than `tolerance`, a dimension does not exist, or dask does not know how long
        its chunks are.
    TypeError
        If an operand is no DataArray.

    See Also
    --------
    indices : Take indices of labelled counts.
    overlap.raster.measure : Measure how two masks on one grid overlap.

    Examples
    --------
    >>> raters = xr.DataArray([[True, True, False], [False, True, True]], dims=("rater", "x"))
    >>> counts = measure(raters, raters.isel(rater=0), "x")
    >>> counts.intersection.values
    array([2, 1])
    >>> indices(counts).dice.values
    array([1. , 0.5])
    """
    operands = _named(a=a, b=b, weights=weights, where=where)
    aligned = _align(operands, tolerance)
    dims = _dims(dim, a, b)
    broadcast = dict(zip(aligned, xr.broadcast(*aligned.values()), strict=True))
    chunked = _chunk_alike(broadcast)
    intersection, size_a, size_b = xr.apply_ufunc(
        _sizes,
        *chunked.values(),
        kwargs={"names": tuple(chunked), "n_dims": len(dims), "tnorm": tnorm},
        input_core_dims=[dims] * len(chunked),
        output_core_dims=[[], [], []],
        dask="allowed",
    )
    sizes = {"intersection": intersection, "size_a": size_a, "size_b": size_b}
    return xr.Dataset(sizes, attrs={"tnorm": tnorm})


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

    See Also
    --------
    measure : Measure how two labelled masks overlap.
    overlap.indices.INDICES : Every index that needs no weights, by name.

    Examples
    --------
    >>> counts = xr.Dataset({"intersection": 3, "size_a": 4, "size_b": 5})
    >>> float(indices(counts, ["precision"]).precision)
    0.75
    """
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        check_choice("labelled.indices", "names", name, INDICES)
    missing = [name for name in _SIZES if name not in counts]
    if missing:
        raise ValueError(f"labelled.indices: the counts lack {', '.join(missing)}")
    report = {name: _take(name, counts, empty) for name in names}
    return xr.Dataset(report, attrs={**counts.attrs, "empty": str(empty)})


def _take(name: str, counts: xr.Dataset, empty: float | EmptyPolicy) -> Any:
    """Take one index."""

    def index(intersection: Any, size_a: Any, size_b: Any) -> Any:
        return INDICES[name](Overlap(intersection, size_a, size_b), empty=empty)

    return xr.apply_ufunc(index, counts.intersection, counts.size_a, counts.size_b, dask="allowed")


def _sizes(*arrays: Any, names: tuple[str, ...], n_dims: int, tnorm: raster.TNorm) -> tuple[Any, Any, Any]:
    """Measure what apply_ufunc hands over: the dimensions to sum come last."""
    operands = dict(zip(names, arrays, strict=True))
    o = raster.measure(**operands, axis=tuple(range(-n_dims, 0)), tnorm=tnorm)
    return o.intersection, o.size_a, o.size_b


def _named(**arrays: Any) -> dict[str, xr.DataArray]:
    """Return the operands that there are, by name."""
    operands = {name: x for name, x in arrays.items() if x is not None}
    for name, x in operands.items():
        if not isinstance(x, xr.DataArray):
            raise TypeError(
                f"labelled.measure: {name} is a {type(x).__name__}, not an xarray.DataArray; "
                "pick a variable of a Dataset, or use overlap.raster.measure for plain arrays"
            )
        check_chunks("labelled.measure", name, x.data, of=f"{name}.data")
    return operands


def _dims(dim: Hashable | Iterable[Hashable] | None, *arrays: xr.DataArray) -> list[Hashable]:
    """Return the dimensions to sum over, each once."""
    present = dict.fromkeys(d for x in arrays for d in x.dims)
    if dim is None:
        return list(present)
    if isinstance(dim, str) or not isinstance(dim, Iterable):
        dim = [dim]
    wanted = dict.fromkeys(dim)
    missing = [repr(d) for d in wanted if d not in present]
    if missing:
        raise ValueError(f"labelled.measure: no dimension {', '.join(missing)}; the masks have {tuple(present)}")
    return list(wanted)


def _align(arrays: dict[str, xr.DataArray], tolerance: float | None) -> dict[str, xr.DataArray]:
    """Return the operands on one grid; refuse coordinates that differ by more than the tolerance."""
    if tolerance is not None:
        if not tolerance >= 0:
            raise ValueError(f"labelled.measure: tolerance must be >= 0, got {tolerance}")
        arrays = {name: _snap(name, x, arrays["a"], tolerance) for name, x in arrays.items()}
    try:
        aligned = xr.align(*arrays.values(), join="exact", copy=False)
    except ValueError as error:
        raise ValueError(
            f"labelled.measure: the operands are not on one grid ({error}). {_difference(arrays)}Pass tolerance= "
            "if they mean the same cells, or bring them onto one grid first: a.interp_like(b), a.sel(...)"
        ) from None
    return dict(zip(arrays, aligned, strict=True))


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
    """Return a sentence about the first coordinate that differs, or nothing."""
    for name, x in arrays.items():
        for dim, furthest in _offsets(x, arrays["a"]).items():
            if furthest:
                return f"Coordinate {dim!r} of {name} is up to {furthest:g} off that of a. "
    return ""


def _offsets(x: xr.DataArray, to: xr.DataArray) -> dict[Hashable, float]:
    """Return how far the numeric coordinates of equal length are apart."""
    offsets = {}
    for dim in x.dims:
        if dim not in x.indexes or dim not in to.indexes or x.sizes[dim] != to.sizes[dim]:
            continue
        here = x[dim].values
        there = to[dim].values
        if np.issubdtype(here.dtype, np.number) and np.issubdtype(there.dtype, np.number):
            offsets[dim] = float(abs(here - there).max(initial=0))
    return offsets


def _chunk_alike(arrays: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """Chunk all operands like the first one that is chunked, if any is."""
    chunked = [x for x in arrays.values() if x.chunks is not None]
    if not chunked:
        return arrays
    sizes = dict(chunked[0].chunksizes)
    lazy = [x if x.chunks is not None else x.chunk(sizes) for x in arrays.values()]
    alike: Any = xr.unify_chunks(*lazy)
    return dict(zip(arrays, alike, strict=True))

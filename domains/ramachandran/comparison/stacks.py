"""Stacks of regions on one grid: which dimensions they have besides psi and phi, and their values with all of them.

Conventions
-----------
- Dimensions meet by name. Where two arrays have the same dimension they have the same labels along it.
- Values are (..., psi, phi); a dimension that an array lacks has length 1 there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import xarray as xr


def further_labels(arrays: Mapping[str, xr.DataArray | None]) -> dict[str, Any]:
    """Return the dimensions besides psi and phi, in order of appearance, with their coordinates (None without).

    Raises
    ------
    ValueError
        If two arrays have other cells, or other labels, along a dimension.

    Examples
    --------
    >>> nodes = {"psi": [-90.0, 90.0], "phi": [-90.0, 90.0]}
    >>> models = xr.DataArray(np.ones((3, 2, 2), bool), coords={"model": [1, 2, 3], **nodes})
    >>> further_labels({"prediction": models, "weights": None})["model"].values
    array([1, 2, 3])
    """
    sizes: dict[str, int] = {}
    labels: dict[str, Any] = {}
    for name, x in arrays.items():
        if x is None:
            continue
        for dim in map(str, x.dims):
            own = x.coords.variables.get(dim)
            if dim not in sizes:
                sizes[dim] = x.sizes[dim]
                labels[dim] = own
                continue
            if x.sizes[dim] != sizes[dim] or not _same_labels(own, labels[dim]):
                raise ValueError(
                    f"ramachandran.compare: {name}: other cells along {dim!r} than those of the prediction; bring them "
                    f"onto one grid first, such as by {name}.sel({dim}=prediction.{dim})"
                )
            if labels[dim] is None:
                labels[dim] = own
    return {dim: own for dim, own in labels.items() if dim not in ("psi", "phi")}


def _same_labels(own: xr.Variable | None, other: xr.Variable | None) -> bool:
    if own is None or other is None:
        return True
    return bool(own.equals(other))  # type: ignore[no-untyped-call]


def spread(x: xr.DataArray | xr.Variable, dims: tuple[str, ...]) -> np.ndarray:
    """Return the values with the axes `dims`, of length 1 where `x` has no such dimension.

    Examples
    --------
    >>> x = xr.DataArray(np.zeros((2, 4)), dims=("phi", "psi"))
    >>> spread(x, ("model", "psi", "phi")).shape
    (1, 4, 2)
    """
    return _with_axes(x.values, x.dims, dims)


def _with_axes(values: np.ndarray, own: tuple[Hashable, ...], dims: tuple[str, ...]) -> np.ndarray:
    order = [own.index(dim) for dim in dims if dim in own]
    lacking = tuple(axis for axis, dim in enumerate(dims) if dim not in own)
    return np.expand_dims(values.transpose(order), lacking)


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions of a stack, where several may be one and the same.

    Attributes
    ----------
    each : ndarray, shape (m, psi, phi)
        Each region once.
    which : ndarray of int, shape (n,)
        Which of them each region of the stack is.
    """

    each: np.ndarray
    which: np.ndarray

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Return some regions of the stack."""
        some: np.ndarray = self.each[self.which[rows]]
        return some

    def all(self) -> np.ndarray:
        """Return all regions of the stack, one after the other."""
        if np.array_equal(self.which, np.arange(len(self.each))):
            return self.each
        return self.at(np.arange(len(self.which)))


def regions_of(x: xr.DataArray | xr.Variable, labels: Mapping[str, Any], shape: tuple[int, ...]) -> Regions:
    """Return the regions of a stack, one after the other.

    Parameters
    ----------
    x : DataArray or Variable, dimensions (..., psi, phi)
        With some of the dimensions of the stack, in any order.
    labels : mapping
        The dimensions of the stack.
    shape : tuple of int
        Their lengths.

    Examples
    --------
    >>> x = xr.Variable(("level", "psi", "phi"), np.array([[[1]], [[2]]]))
    >>> regions = regions_of(x, {"level": None, "model": None}, (2, 3))
    >>> regions.which, regions.all().ravel()
    (array([0, 0, 0, 1, 1, 1]), array([1, 1, 1, 2, 2, 2]))
    """
    each = x.values.reshape(-1, *x.shape[-2:])
    # whole regions are copied, if at all: much faster than cells in another order
    numbers = np.arange(len(each)).reshape(x.shape[:-2])
    which = np.broadcast_to(_with_axes(numbers, x.dims[:-2], tuple(labels)), shape)
    return Regions(each, which.ravel())


def lengths(labels: Mapping[str, Any], arrays: Iterable[xr.DataArray | None]) -> tuple[int, ...]:
    """Return how long each dimension of a stack is.

    Examples
    --------
    >>> lengths({"model": None}, [xr.DataArray(np.zeros((3, 2, 2)), dims=("model", "psi", "phi")), None])
    (3,)
    """
    sizes: dict[Hashable, int] = {}
    for x in arrays:
        if x is not None:
            sizes.update(x.sizes)
    return tuple(sizes[dim] for dim in labels)


def check_weights(cells: np.ndarray) -> None:
    """Check that the sizes of cells are real numbers, finite and not negative.

    Raises
    ------
    TypeError, ValueError
        If they are not.

    Examples
    --------
    >>> check_weights(np.array([1.0, 2.0]))
    """
    if cells.dtype.kind not in "biuf":
        raise TypeError(f"ramachandran.compare: weights are {cells.dtype}; sizes of cells are real numbers")
    if not np.all((cells >= 0) & (cells < np.inf)):
        raise ValueError(
            f"ramachandran.compare: weights run from {cells.min():g} to {cells.max():g}; sizes of cells are "
            "not negative, and finite"
        )


def by_region(
    x: xr.DataArray | xr.Variable | None, labels: Mapping[str, Any], shape: Sequence[int], missing: Any
) -> list[Any]:
    """Return a value for each region of a stack, from values that have some of its dimensions.

    Parameters
    ----------
    x : DataArray, Variable or None
        Without psi and phi.
    labels : mapping
        The dimensions of the stack.
    shape : sequence of int
        Their lengths.
    missing : object
        The value of each region if `x` is None or has other dimensions.

    Examples
    --------
    >>> by_region(xr.DataArray(["a", "b"], dims="category"), {"category": None, "level": None}, (2, 2), "")
    ['a', 'a', 'b', 'b']
    """
    dims = tuple(labels)
    if x is None or not set(x.dims) <= set(dims):
        return [missing] * int(np.prod(shape, dtype=int))
    values: list[Any] = np.broadcast_to(spread(x, dims), tuple(shape)).ravel().tolist()
    return values


def labels_of_regions(labels: Mapping[str, Any], shape: Sequence[int]) -> list[dict[str, Any]]:
    """Return the label of each region of a stack along each dimension, or its number where there are no labels.

    Examples
    --------
    >>> labels_of_regions({"model": xr.Variable("model", ["x", "y"]), "level": None}, (2, 1))
    [{'model': 'x', 'level': 0}, {'model': 'y', 'level': 0}]
    """
    along: dict[str, list[Any]] = {}
    for (dim, own), n in zip(labels.items(), shape, strict=True):
        # plain objects, whatever the labels are stored as
        along[dim] = list(range(n)) if own is None else own.values.tolist()
    return [dict(zip(along, of_region, strict=True)) for of_region in product(*along.values())]


def names_of_regions(labels: Mapping[str, Any], shape: Sequence[int]) -> list[str]:
    """Return what tells each region of a stack from the others.

    Examples
    --------
    >>> names_of_regions({"model": xr.Variable("model", [7, 9]), "level": None}, (2, 1))
    ['model 7, level 0', 'model 9, level 0']
    """
    names = []
    for of_region in labels_of_regions(labels, shape):
        names.append(", ".join(f"{dim} {label}" for dim, label in of_region.items()))
    return names

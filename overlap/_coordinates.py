"""Boxes as coordinates, aligned and rotated alike: what is read, in which dtype, and what becomes of malformed ones.

Conventions
-----------
- Integers become float64, half precision float32; several arrays meet in one dtype.
- A malformed box raises where values may be looked at (on the host). Elsewhere (CUDA, dask, ``torch.compile``,
  ``vmap``) its row becomes NaN, and so does what is computed from it.
"""

from __future__ import annotations

from math import prod
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ._arrays import Array, is_host, number, table_namespace


class Kind(NamedTuple):
    """A kind of turned box: the package that measures it, its name, its columns, and which of these are sides."""

    package: str
    name: str
    columns: tuple[str, ...]
    sides: slice

    @property
    def described(self) -> str:
        """Say what a box of the kind is."""
        return f"a {self.name} is ({', '.join(self.columns)})"

    @property
    def remedy(self) -> str:
        """Say what its sides have to be."""
        *first, last = self.columns[self.sides]
        return f"{self.described}, its sides {', '.join(first)} and {last} not negative"


def read_boxes(operation: str, kind: Kind, **boxes: Array) -> tuple[list[Array], ModuleType]:
    """Return sets of well-formed boxes of a kind, in one dtype that can hold their sizes.

    Examples
    --------
    >>> import array_api_compat.numpy as xp
    >>> disc = Kind("discs", "disc", ("x", "y", "w", "h"), slice(2, 4))
    >>> (a,), _ = read_boxes("discs.measure", disc, a=xp.asarray([0, 0, 4, 2]))
    >>> a
    array([0., 0., 4., 2.])
    """
    floating, xp = floating_boxes(operation, kind, **boxes)
    checked = [check_values(operation, name, x, kind, xp) for name, x in zip(boxes, floating, strict=True)]
    return checked, xp


def floating_boxes(operation: str, kind: Kind, **boxes: Array) -> tuple[list[Array], ModuleType]:
    """Return sets of boxes of a kind in the dtype that they are computed in, values unseen.

    Examples
    --------
    >>> disc = Kind("discs", "disc", ("x", "y", "w", "h"), slice(2, 4))
    >>> (a,), _ = floating_boxes("discs.measure", disc, a=np.array([0, 0, -4, 2]))
    >>> a
    array([ 0.,  0., -4.,  2.])
    """
    xp = table_namespace(operation, **boxes)
    for name, x in boxes.items():
        _check_columns(operation, name, x, kind)
    return as_floating(operation, boxes, xp), xp


def read_rows(operation: str, kind: Kind, **tables: Array) -> tuple[list[Array], ModuleType]:
    """Return tables of well-formed boxes of a kind, one a row, as `read_boxes` does."""
    checked, xp = read_boxes(operation, kind, **tables)
    for name, x in zip(tables, checked, strict=True):
        if x.ndim != 2:
            columns = len(kind.columns)
            raise ValueError(
                f"{operation}: {name} must have shape (n, {columns}), got {tuple(x.shape)}; see {kind.package}.measure"
            )
    return checked, xp


def common_shape(operation: str, kind: Kind, **boxes: Array) -> tuple[int, ...]:
    """Return the shape that sets of boxes of a kind broadcast to."""
    shapes = {name: tuple(x.shape) for name, x in boxes.items()}
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        named = " and ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"{operation}: {named} do not broadcast together; "
            f"{kind.package}.pairwise(a, b) takes every pair of two sets"
        ) from None


def _check_columns(operation: str, name: str, x: Array, kind: Kind) -> None:
    columns = len(kind.columns)
    if x.ndim == 0 or x.shape[-1] != columns:
        raise ValueError(f"{operation}: {name} has shape {tuple(x.shape)}; {kind.described}: (..., {columns})")


def check_values(operation: str, name: str, boxes: Array, kind: Kind, xp: ModuleType) -> Array:
    """Refuse malformed boxes on the host; make them NaN elsewhere."""
    finite = xp.all(xp.isfinite(boxes), axis=-1)
    valid = finite & xp.all(boxes[..., kind.sides] >= 0, axis=-1)
    return well_formed(operation, name, boxes, valid, "a side < 0, NaN or infinite", kind.remedy, xp)


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


def in_one_unit(coordinates: list[np.ndarray], sides: list[np.ndarray]) -> list[np.ndarray]:
    """Return coordinates in a unit in which products of sides neither overflow nor vanish, as ratios of sizes need it.

    The unit is a power of two, so that nothing is rounded, and 1 for all but extreme sides. `sides` (..., d) are those
    of all boxes, of any shape. Where both kinds of extreme meet, the longest decide.

    Examples
    --------
    >>> box = np.array([0.0, 0.0, 1e-300, 1e-300])
    >>> (scaled,) = in_one_unit([box], [box[2:]])
    >>> float(np.prod(scaled[2:])) > 0.1
    True
    """
    longest = max(float(np.max(x, initial=0.0)) for x in sides)
    shortest = min(float(np.min(x, where=x > 0, initial=np.inf)) for x in sides)
    if not 0 < longest < np.inf:
        return coordinates
    # with room for a sum of some products
    reach = (np.finfo(sides[0].dtype).maxexp - 24) // sides[0].shape[-1]
    _, highest = np.frexp(longest)
    _, lowest = np.frexp(shortest)
    if highest < reach and lowest > -reach:
        return coordinates
    return [np.ldexp(x, -highest) for x in coordinates]


def well_formed(operation: str, name: str, box: Array, valid: Array, why: str, remedy: str, xp: ModuleType) -> Array:
    """Refuse boxes (..., n) that are not `valid` (...) on the host; make them NaN elsewhere."""
    if not is_host(box):
        return xp.where(valid[..., None], box, xp.nan)
    if bool(xp.all(valid)):
        return box
    malformed = number(xp.count_nonzero(~valid))
    # "of 2 boxes of a", but no "boxes of boxes"
    boxes = f"{prod(valid.shape)} boxes" + ("" if name == "boxes" else f" of {name}")
    raise ValueError(f"{operation}: {malformed:.0f} of {boxes} are malformed ({why}){_first(~valid, xp)}; {remedy}")


def _first(malformed: Array, xp: ModuleType) -> str:
    """Say in which row the first malformed box stands; nothing of a box by itself."""
    shape = tuple(malformed.shape)
    if not shape:
        return ""
    flags = xp.astype(xp.reshape(malformed, (-1,)), xp.int8)
    row, *deeper = (int(k) for k in np.unravel_index(int(number(xp.argmax(flags))), shape))
    place = (row, *deeper) if deeper else row
    return f", the first in row {place}"

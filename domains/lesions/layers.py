"""Which sets are compared: the labels of a map, regions joined from several, soft masks.

Conventions
-----------
- A label map has a set for each label but 0; a region is the union of labels.
- A mask, hard or soft, is one set. Beside a label map it stands for the one label that is asked for.
- Only the box that holds both sets is kept, with a rim of one voxel: nothing else counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import xarray as xr

from .grids import spatial

Labels: TypeAlias = Sequence[int] | Mapping[str, int | Sequence[int]]
MASK = "lesion"
"""The name of a mask's only label."""


def layers(
    predicted: xr.DataArray, reference: xr.DataArray, labels: Labels | None, where: xr.DataArray | None
) -> Iterator[tuple[str | int, xr.DataArray, xr.DataArray]]:
    """Yield the name of each label and its two masks, prediction first.

    Parameters
    ----------
    predicted, reference : DataArray
        On one grid.
    labels : sequence or mapping, optional
        See `compare`.
    where : DataArray of bool, optional
        Voxels that count.

    Raises
    ------
    ValueError
        If there is nothing to compare, or a mask would stand for several labels.

    Examples
    --------
    >>> image = xr.DataArray([0, 1, 4, 2], dims="x")
    >>> [(name, int(a.sum()), int(b.sum())) for name, a, b in layers(image, image, {"core": (1, 4)}, None)]
    [('core', 2, 2)]
    """
    if where is not None and where.dtype != bool:
        raise TypeError(f"compare: where has dtype {where.dtype}; pass bool, True = counted")
    wanted = _wanted(predicted, reference, labels)
    for name, members in wanted.items():
        a, b = (_set(x, name, members, len(wanted), side) for x, side in _sides(predicted, reference))
        a, b = (_counted(x, where) for x in (a, b))
        box = _box(a, b)
        yield name, a.isel(box), b.isel(box)


def _sides(predicted: xr.DataArray, reference: xr.DataArray) -> list[tuple[xr.DataArray, str]]:
    return [(predicted, "prediction"), (reference, "reference")]


def _wanted(
    predicted: xr.DataArray, reference: xr.DataArray, labels: Labels | None
) -> dict[str | int, tuple[int, ...]]:
    if isinstance(labels, Mapping):
        return {name: (k,) if isinstance(k, int) else tuple(k) for name, k in labels.items()}
    if labels is not None:
        return {int(k): (int(k),) for k in labels}
    maps = [x for x in (predicted, reference) if x.dtype.kind in "iu"]
    several = [x["label"].values for x in (predicted, reference) if "label" in x.dims]
    if not maps and not several:
        return {MASK: ()}
    if several:
        return {k: (k,) if isinstance(k, int) else () for k in dict.fromkeys(np.concatenate(several).tolist())}
    # two empty maps: one label, of which there is nothing
    return {int(k): (int(k),) for k in np.unique(np.concatenate([np.unique(x) for x in maps])) if k != 0} or {1: (1,)}


def _set(x: xr.DataArray, name: str | int, members: tuple[int, ...], n: int, side: str) -> xr.DataArray:
    if extra := [d for d in x.dims if d not in (*spatial(x), "label")]:
        raise ValueError(
            f"compare: the {side} has a dimension {extra[0]!r}; choose one (isel({extra[0]}=0)), or join raters with "
            "consensus"
        )
    if x.dtype.kind in "iu":
        return x == members[0] if len(members) == 1 else x.isin(members)
    if "label" in x.dims:
        if name not in x["label"].values:
            raise ValueError(
                f"compare: the {side} has no label {name!r}; it has {', '.join(map(str, x['label'].values))}"
            )
        return x.sel(label=name, drop=True)
    if n > 1:
        raise ValueError(
            f"compare: the {side} is one mask, and {n} labels are compared; say which it stands for: "
            'labels=[1], or labels={"whole": (1, 2, 4)}'
        )
    return x


def _counted(x: xr.DataArray, where: xr.DataArray | None) -> xr.DataArray:
    if where is None:
        return x
    if dict(x.sizes) != dict(where.sizes):
        raise ValueError(f"compare: where has sizes {dict(where.sizes)}, the images {dict(x.sizes)}")
    where = where.transpose(*x.dims)
    return x.copy(data=np.where(where.values, x.values, x.dtype.type(0)))


def _box(a: xr.DataArray, b: xr.DataArray) -> dict[str, slice]:
    """Return the box around both sets, one voxel wider: the rim keeps the box from being empty or flat."""
    some = (a.values != 0) | (b.values != 0)
    box = {}
    for axis, d in enumerate(a.dims):
        found = np.flatnonzero(some.any(axis=tuple(k for k in range(a.ndim) if k != axis)))
        low, high = (found[0], found[-1]) if len(found) else (0, 0)
        box[str(d)] = slice(max(int(low) - 1, 0), int(high) + 2)
    return box

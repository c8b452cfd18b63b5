"""Which sets are compared: the labels of a map, regions joined from several, soft masks.

Conventions
-----------
- A label map has a set for each label but 0; a region is the union of labels.
- A mask, hard or soft, is one set. Beside a label map it stands for the one label that is asked for.
- Only the box that holds both sets is kept, with a rim of one voxel: nothing else counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from ..images.grids import spatial_axes
from .labels import MASK, Labels, Name, check_labels

MOST_LABELS = 1000
"""More labels than this are the grey values of an image, unless they are named."""


def layers(
    predicted: xr.DataArray, reference: xr.DataArray, labels: Labels | None, where: xr.DataArray | None
) -> Iterator[tuple[Name, xr.DataArray, xr.DataArray]]:
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
    TypeError
        If `where` is not bool.
    ValueError
        If there is nothing to compare, or a mask would stand for several labels.

    Examples
    --------
    >>> image = xr.DataArray([0, 1, 4, 2], dims="x")
    >>> [(name, int(a.sum()), int(b.sum())) for name, a, b in layers(image, image, {"core": (1, 4)}, None)]
    [('core', 2, 2)]
    """
    if where is not None and where.dtype != bool:
        raise TypeError(f"lesions.compare: where has dtype {where.dtype}: pass bool, True = counted")
    for name, a, b in named_masks(predicted, reference, labels):
        if where is not None:
            a = _counted(a, where)
            b = _counted(b, where)
        box = _box(a, b)
        yield name, a.isel(box), b.isel(box)


def named_masks(
    predicted: xr.DataArray, reference: xr.DataArray, labels: Labels | None
) -> Iterator[tuple[Name, xr.DataArray, xr.DataArray]]:
    """Yield the name of each label and its two masks, of all voxels of the images; see `layers`.

    Examples
    --------
    >>> image = xr.DataArray([0, 1, 4, 2], dims="x")
    >>> [(name, a.sizes["x"]) for name, a, b in named_masks(image, image, [1, 4])]
    [(1, 4), (4, 4)]
    """
    wanted = _wanted(predicted, reference, labels)
    for name, members in wanted.items():
        a = _mask(predicted, name, members, len(wanted), "prediction")
        b = _mask(reference, name, members, len(wanted), "reference")
        yield name, a, b


def joined_size(
    predicted: xr.DataArray, reference: xr.DataArray, labels: Labels | None, where: xr.DataArray | None
) -> tuple[float, float] | None:
    """Return how much all labels of each side hold together, in voxels: a voxel of several regions counts once.

    Parameters
    ----------
    predicted, reference : DataArray
        On one grid.
    labels : sequence or mapping, optional
        See `compare`.
    where : DataArray of bool, optional
        Voxels that count.

    Returns
    -------
    tuple of float or None
        None where no voxel can be of two labels, so that the sizes of the labels add.

    Examples
    --------
    >>> image = xr.DataArray([0, 1, 4, 2], dims="x")
    >>> joined_size(image, image, {"core": (1, 4), "whole": (1, 2, 4)}, None), joined_size(image, image, [1, 2], None)
    ((3.0, 3.0), None)
    """
    has_layers = "label" in predicted.dims or "label" in reference.dims
    if labels is None and not has_layers:
        return None
    wanted = _wanted(predicted, reference, labels)
    members = [number for own in wanted.values() for number in own]
    if len(members) == len(set(members)) and not has_layers:
        return None
    return _joined_size(predicted, wanted, where), _joined_size(reference, wanted, where)


def _joined_size(x: xr.DataArray, wanted: Mapping[Name, tuple[int, ...]], where: xr.DataArray | None) -> float:
    """Return the size of the union of labels, of soft masks by the largest value of each voxel."""
    union = x
    if x.dtype.kind in "iu":
        members = {number for own in wanted.values() for number in own}
        union = x.isin(list(members))
    elif "label" in x.dims:
        union = x.sel(label=list(wanted)).max("label")
    counted = union if where is None else _counted(union, where)
    return float(counted.sum(dtype=float))


def without_ignored(
    predicted: xr.DataArray, reference: xr.DataArray, ignored: int | None
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray | None]:
    """Return two images without the label that says which voxels of the reference do not count, and which do.

    Parameters
    ----------
    predicted, reference : DataArray
        As they were read.
    ignored : int, optional
        The label.

    Returns
    -------
    predicted, reference : DataArray
        With the background instead of that label.
    where : DataArray of bool, optional
        On the reference's grid; None if all voxels count.

    Examples
    --------
    >>> image = xr.DataArray([0, 1, 3], dims="x")
    >>> [found.values.tolist() for found in without_ignored(image, image, 3)]
    [[0, 1, 0], [0, 1, 0], [True, True, False]]
    """
    if ignored is None or reference.dtype.kind not in "iu":
        return predicted, reference, None
    counts = reference != ignored
    reference = reference.where(counts, 0).astype(reference.dtype)
    if predicted.dtype.kind in "iu":
        predicted = predicted.where(predicted != ignored, 0).astype(predicted.dtype)
    return predicted, reference, counts


def _wanted(predicted: xr.DataArray, reference: xr.DataArray, labels: Labels | None) -> dict[Name, tuple[int, ...]]:
    """Return which labels of a map each set is made of; none, for a mask."""
    if labels is not None:
        return check_labels("lesions.compare", labels)
    images = (predicted, reference)
    named = [x["label"].values for x in images if "label" in x.dims]
    if named:
        names = np.concatenate(named).tolist()
        return {name: (name,) if isinstance(name, int) else () for name in names}
    maps = []
    for side, x in zip(("prediction", "reference"), images, strict=True):
        if x.dtype.kind in "iu":
            maps.append(np.unique(x))
            _check_are_labels(maps[-1], side)
    if not maps:
        return {MASK: ()}
    numbers = np.unique(np.concatenate(maps))
    there = [int(k) for k in numbers if k != 0]
    # two empty maps: one label, of which there is nothing
    return {k: (k,) for k in there or [1]}


def _check_are_labels(numbers: np.ndarray, side: str) -> None:
    """Refuse the grey values of an image, such as a CT that was taken for its mask."""
    if len(numbers) > MOST_LABELS or (len(numbers) and numbers[0] < 0):
        raise ValueError(
            f"lesions.compare: the {side} holds {len(numbers)} different whole numbers from {numbers[0]} to "
            f"{numbers[-1]}, as an image of grey values does: compare the mask, or name the labels to compare, "
            "labels=[1, 2] (--labels 1,2)"
        )


def _mask(x: xr.DataArray, name: Name, members: tuple[int, ...], n: int, side: str) -> xr.DataArray:
    """Return the mask of one of `n` labels."""
    expected = (*spatial_axes(x), "label")
    extra = [d for d in x.dims if d not in expected]
    if extra:
        raise ValueError(
            f"lesions.compare: the {side} has a dimension {extra[0]!r}: choose one (isel({extra[0]}=0)), or join "
            "raters with consensus"
        )
    if x.dtype.kind in "iu" and not members:
        raise ValueError(
            f"lesions.compare: the {side} is a label map, and {name!r} has no number: say which labels it is, "
            f'labels={{"{name}": (1, 2)}} (--labels "{name}=1+2")'
        )
    if x.dtype.kind in "iu":
        return x == members[0] if len(members) == 1 else x.isin(members)
    if "label" in x.dims:
        names = x["label"].values
        if name not in names:
            known = ", ".join(str(k) for k in names)
            raise ValueError(f"lesions.compare: the {side} has no label {name!r}: choose from {known}")
        return x.sel(label=name, drop=True)
    if n > 1:
        raise ValueError(
            f"lesions.compare: the {side} is one mask, and {n} labels are compared: say which it stands for, "
            'labels=[1] or labels={"whole": (1, 2, 4)} (--labels 1 or --labels whole=1+2+4)'
        )
    return x


def _counted(x: xr.DataArray, where: xr.DataArray) -> xr.DataArray:
    """Return a mask without what does not count."""
    if dict(x.sizes) != dict(where.sizes):
        raise ValueError(
            f"lesions.compare: where has sizes {dict(where.sizes)} and the images {dict(x.sizes)}: pass a mask of one "
            "grid"
        )
    counts = where.transpose(*x.dims).values
    nothing = x.dtype.type(0)
    return x.copy(data=np.where(counts, x.values, nothing))


def _box(a: xr.DataArray, b: xr.DataArray) -> dict[str, slice]:
    """Return the box around both sets, one voxel wider: the rim keeps the box from being empty or flat."""
    inside = (a.values != 0) | (b.values != 0)
    box = {}
    for axis, dim in enumerate(a.dims):
        others = tuple(k for k in range(a.ndim) if k != axis)
        places = np.flatnonzero(inside.any(axis=others))
        first = int(places[0]) if places.size else 0
        last = int(places[-1]) if places.size else 0
        start = max(first - 1, 0)
        box[str(dim)] = slice(start, last + 2)
    return box

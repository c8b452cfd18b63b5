"""What is evaluated, as plain columns: `Detections` and `References`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._arrays import numbers_on_host
from .._checks import shown
from .._groups import read_labels

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Labels = NDArray[Any]
Masks = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What was found: one row each, in the order in which equal confidences go.

    Parameters
    ----------
    image, category : array (n,)
        Labels, numbers or text.
    confidence : array (n,)
    boxes : array (n, 4), (n, 5) or (n, 7), optional
        As COCO writes them, (x, y, width, height); or rotated boxes, see `overlap.oriented`; or boxes with a heading,
        see `overlap.cuboids`.
    masks : sequence of mapping, optional
        COCO's run lengths, see `overlap.raster.encode_rle`.
    sizes : array (n,), optional
        For ranges of size; by default those of the boxes or masks that are compared.

    Raises
    ------
    ValueError, TypeError
        If a column does not fit the others, or a confidence is NaN.

    Examples
    --------
    >>> found = Detections(image=[1, 1], category=["cat", "dog"], confidence=[0.9, 0.4])
    >>> len(found)
    2
    """

    image: Any
    category: Any
    confidence: Any
    boxes: Any = None
    masks: Any = None
    sizes: Any = None

    def __post_init__(self) -> None:
        _read_columns(self, "coco.Detections", ("confidence",))
        is_nan = np.isnan(self.confidence)
        if is_nan.any():
            raise ValueError(f"coco.Detections: {is_nan.sum()} confidences are NaN; leave those rows out")

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """What is there to be found: one row each, in the order in which pycocotools would read them.

    Parameters
    ----------
    image, category : array (m,)
        Labels, numbers or text, of the kind that the detections have.
    boxes, masks, sizes
        As in `Detections`. The sizes of COCO are those of the masks, also where boxes are compared.
    is_crowd : array of bool (m,), optional
        A crowd is ignored: any number of detections may claim it, and none of them counts. A detection's overlap with
        it is the share of the detection that lies in it.
    is_ignored : array of bool (m,), optional
        Neither to be found nor a mistake to find: Pascal VOC's difficult objects.
    categories : sequence, optional
        All categories, in the order of the report; by default those that occur, sorted.

    Raises
    ------
    ValueError, TypeError
        If a column does not fit the others.

    Examples
    --------
    >>> there = References(image=[1, 2], category=["cat", "cat"], is_crowd=[False, True])
    >>> there.is_crowd, there.is_ignored
    (array([False,  True]), array([False, False]))
    """

    image: Any
    category: Any
    boxes: Any = None
    masks: Any = None
    sizes: Any = None
    is_crowd: Any = None
    is_ignored: Any = None
    categories: Any = None

    def __post_init__(self) -> None:
        _read_columns(self, "coco.References", ())
        for name in ("is_crowd", "is_ignored"):
            object.__setattr__(self, name, _read_flags(name, getattr(self, name), len(self)))
        if self.categories is not None:
            categories = read_labels("coco.References", "categories", self.categories)
            if categories.ndim != 1 or not _are_different(categories):
                raise ValueError(
                    f"coco.References: categories is {shown(self.categories)}; pass a row of labels, each of them once"
                )
            object.__setattr__(self, "categories", categories)

    def __len__(self) -> int:
        return len(self.image)


def _are_different(labels: Labels) -> bool:
    try:
        return len(set(labels.tolist())) == labels.size
    except TypeError:
        return False


def _read_columns(table: Detections | References, operation: str, needed: tuple[str, ...]) -> None:
    """Put checked arrays in place of the columns that both tables have."""
    n = None
    for name in ("image", "category"):
        labels = read_labels(operation, name, getattr(table, name))
        n = len(labels) if labels.ndim == 1 and n is None else n
        _check_length(operation, name, labels, n)
        _check_hashable(operation, name, labels)
        object.__setattr__(table, name, labels)
    for name in (*needed, "sizes"):
        given = getattr(table, name)
        if given is None and name not in needed:
            continue
        values = numbers_on_host(operation, name, given).astype(np.float64)
        _check_length(operation, name, values, n)
        object.__setattr__(table, name, values)
    if table.sizes is not None and np.isnan(table.sizes).any():
        raise ValueError(f"{operation}: {np.isnan(table.sizes).sum()} sizes are NaN; pass those of the boxes or masks")
    if table.boxes is not None:
        boxes = numbers_on_host(operation, "boxes", table.boxes).astype(np.float64)
        if boxes.ndim != 2 or len(boxes) != n:
            raise ValueError(f"{operation}: boxes has shape {boxes.shape}; pass one row for each of the {n} rows")
        object.__setattr__(table, "boxes", boxes)
    if table.masks is not None:
        _check_masks(operation, table.masks, n)


def _check_length(operation: str, name: str, values: np.ndarray, n: int | None) -> None:
    if values.shape != (n,):
        expected = "a row of labels" if n is None else f"one for each of the {n} rows"
        raise ValueError(f"{operation}: {name} has shape {values.shape}; pass {expected}")


def _check_hashable(operation: str, name: str, labels: Labels) -> None:
    if labels.dtype != object:
        return
    for row, label in enumerate(labels.tolist()):
        if label is None or not isinstance(label, Hashable):
            raise ValueError(f"{operation}: {name} of row {row} is {shown(label)}; labels are numbers or text")


def _check_masks(operation: str, masks: Any, n: int | None) -> None:
    is_list = isinstance(masks, list | tuple) and all(isinstance(mask, Mapping) for mask in masks)
    if not is_list or len(masks) != n:
        raise ValueError(
            f"{operation}: masks is {shown(masks)}; pass a list of run lengths, one for each of the {n} rows: "
            "overlap.raster.encode_rle"
        )


def _read_flags(name: str, flags: Any, m: int) -> Bools:
    if flags is None:
        return np.zeros(m, bool)
    values = numbers_on_host("coco.References", name, flags)
    if values.shape != (m,) or not np.isin(values, (0, 1)).all():
        raise ValueError(f"coco.References: {name} is {shown(flags)}; pass True or False for each of the {m} rows")
    return values.astype(bool)

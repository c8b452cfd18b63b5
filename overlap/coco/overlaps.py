"""Which detections overlap which references of their image and category, and by how much, whatever the shape.

Conventions
-----------
- The index is the IoU; with a crowd it is the share of the detection that lies in the crowd.
- Boxes are compared as COCO does it, from (x, y, width, height), with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import cuboids, oriented
from .._checks import check_choice
from ..raster.runs import cells
from .masks import Masks, read_masks, shared_in_pairs
from .tables import Bools, Detections, Floats, References

Indices = NDArray[np.intp]
Table = Detections | References

_CHUNK = 1 << 18
"""Pairs that are measured together."""


class Family(NamedTuple):
    """A kind of shape: how it is read from a table, the sizes of all of them, and what pairs of rows share."""

    read: Callable[[str, Table], Any]
    sizes: Callable[[Any], Floats]
    shared: Callable[[Any, Any, Indices, Indices], Floats]


@dataclass(frozen=True)
class Comparison:
    """The shapes of detections and references, and their sizes."""

    family: Family
    shapes_a: Any
    shapes_b: Any
    sizes_a: Floats
    sizes_b: Floats
    is_crowd: Bools

    def scores(self, i: Indices, j: Indices) -> Floats:
        """Return how much detections i overlap references j, pair by pair."""
        shared = self.family.shared(self.shapes_a, self.shapes_b, i, j)
        return _index(shared, self.sizes_a[i], self.sizes_b[j], self.is_crowd[j])


def compared(overlaps: str, detections: Detections, references: References) -> Comparison:
    """Read the shapes that are to be compared."""
    check_choice("coco.evaluate", "overlaps", overlaps, FAMILIES)
    family = FAMILIES[overlaps]
    shapes_a = family.read("detections", detections)
    shapes_b = family.read("references", references)
    sizes_a = family.sizes(shapes_a)
    sizes_b = family.sizes(shapes_b)
    return Comparison(family, shapes_a, shapes_b, sizes_a, sizes_b, references.is_crowd)


def pairs_in_groups(group_a: Indices, group_b: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Yield each row of `a` with each row of `b` of the same group, by row of `a`, in blocks of bounded size.

    Examples
    --------
    >>> blocks = pairs_in_groups(np.array([5, 2, 5]), np.array([5, 5, 3]))
    >>> [(i.tolist(), j.tolist()) for i, j in blocks]
    [([0, 0, 2, 2], [0, 1, 0, 1])]
    """
    order = np.argsort(group_b, kind="stable")
    sorted_groups = group_b[order]
    first = np.searchsorted(sorted_groups, group_a, "left")
    partners = np.searchsorted(sorted_groups, group_a, "right") - first
    ends = np.cumsum(partners)
    start = 0
    while start < len(group_a):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK, "right")))
        i = np.repeat(np.arange(start, stop), partners[start:stop])
        place = first[i] + done + np.arange(len(i)) - (ends - partners)[i]
        yield i, order[place]
        start = stop


def _index(shared: Floats, size_a: Floats, size_b: Floats, is_crowd: Bools) -> Floats:
    """Return the IoU, or with crowds the share of the detection; 0 where nothing is shared."""
    union = np.where(is_crowd, size_a, size_a + size_b - shared)
    return np.divide(shared, union, out=np.zeros(len(shared)), where=shared > 0)


# ---- boxes


class Sides(NamedTuple):
    """Boxes of so many numbers each, and where their sides stand."""

    columns: int
    sides: slice

    def read(self, name: str, table: Table) -> Floats:
        """Return the boxes of a table, checked."""
        if table.boxes is None:
            raise ValueError(f"coco.evaluate: {name} have no boxes; pass boxes=, or overlaps as a scipy sparse matrix")
        boxes: Floats = table.boxes
        if boxes.shape[1] != self.columns:
            raise ValueError(
                f"coco.evaluate: boxes of {name} have {boxes.shape[1]} columns, and {self.columns} are needed; "
                "overlaps='boxes' has 4 (x, y, width, height), 'oriented' 5, 'cuboids' and 'footprints' have 7"
            )
        is_wrong = ~np.isfinite(boxes).all(axis=1) | (boxes[:, self.sides] < 0).any(axis=1)
        if is_wrong.any():
            row = int(np.flatnonzero(is_wrong)[0])
            raise ValueError(
                f"coco.evaluate: {is_wrong.sum()} boxes of {name} have a negative side or are not finite, the first is "
                f"row {row}, {boxes[row].tolist()}; leave those rows out"
            )
        return boxes

    def sizes(self, boxes: Floats) -> Floats:
        """Return the area or volume of each box."""
        return np.asarray(np.prod(boxes[:, self.sides], axis=1))


def _shared_by_boxes(a: Floats, b: Floats, i: Indices, j: Indices) -> Floats:
    width = _shared_side(a[i, 0], a[i, 2], b[j, 0], b[j, 2])
    height = _shared_side(a[i, 1], a[i, 3], b[j, 1], b[j, 3])
    return width * height


def _shared_side(start_a: Floats, side_a: Floats, start_b: Floats, side_b: Floats) -> Floats:
    start = np.maximum(start_a, start_b)
    stop = np.minimum(start_a + side_a, start_b + side_b)
    return np.asarray(np.maximum(stop - start, 0.0))


def _shared_by_oriented(a: Floats, b: Floats, i: Indices, j: Indices) -> Floats:
    return np.asarray(oriented.measure(a[i], b[j]).intersection)


def _shared_by_cuboids(a: Floats, b: Floats, i: Indices, j: Indices) -> Floats:
    return np.asarray(cuboids.measure(a[i], b[j]).intersection)


def _shared_by_footprints(a: Floats, b: Floats, i: Indices, j: Indices) -> Floats:
    return _shared_by_oriented(cuboids.birds_eye(a), cuboids.birds_eye(b), i, j)


def _of_boxes(columns: int, sides: slice, shared: Callable[[Any, Any, Indices, Indices], Floats]) -> Family:
    boxes = Sides(columns, sides)
    return Family(boxes.read, boxes.sizes, shared)


# ---- masks


def _read_masks(name: str, table: Table) -> Masks:
    if table.masks is None:
        raise ValueError(f"coco.evaluate: {name} have no masks; pass masks=, or overlaps='boxes' to compare boxes")
    return read_masks("coco.evaluate", f"masks of {name}", table.masks)


def _mask_sizes(masks: Masks) -> Floats:
    return cells(masks.runs).astype(np.float64)


def _shared_by_masks(a: Masks, b: Masks, i: Indices, j: Indices) -> Floats:
    differs = (a.grids[i] != b.grids[j]).any(axis=1)
    if differs.any():
        pair = int(np.flatnonzero(differs)[0])
        raise ValueError(
            f"coco.evaluate: {differs.sum()} masks of one image have two sizes, such as detection {i[pair]} with "
            f"{a.grids[i[pair]].tolist()} and reference {j[pair]} with {b.grids[j[pair]].tolist()}; draw both on the "
            "grid of the image, [height, width]"
        )
    return shared_in_pairs(a.runs, b.runs, i, j).astype(np.float64)


IN_PIXELS = ("boxes", "masks")
"""What COCO has. Other shapes come in pixels, in metres, or in space."""

FAMILIES = {
    "boxes": _of_boxes(4, slice(2, 4), _shared_by_boxes),
    "masks": Family(_read_masks, _mask_sizes, _shared_by_masks),
    "oriented": _of_boxes(5, slice(2, 4), _shared_by_oriented),
    "cuboids": _of_boxes(7, slice(3, 6), _shared_by_cuboids),
    "footprints": _of_boxes(7, slice(3, 5), _shared_by_footprints),
}

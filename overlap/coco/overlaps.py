"""Which detections overlap which references of their image and category, and by how much, whatever the shape.

Conventions
-----------
- The index is the IoU; with a crowd it is the share of the detection that lies in the crowd.
- Boxes are compared as COCO does it, from (x, y, width, height), with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import cuboids, oriented
from .._checks import check_choice
from .tables import Bools, Detections, Floats, References

Indices = NDArray[np.intp]

_CHUNK = 1 << 18
"""Pairs that are measured together."""


class Family(NamedTuple):
    """A kind of box: how many numbers each has, where its sides stand, their sizes, and what pairs of rows share."""

    columns: int
    sides: slice
    shared: Callable[[Floats, Floats], Floats]

    def sizes(self, boxes: Floats) -> Floats:
        """Return the area or volume of each box."""
        return np.asarray(np.prod(boxes[:, self.sides], axis=1))


class Measured(NamedTuple):
    """The index of pairs of rows, and the sizes of all detections and of all references."""

    scores: Floats
    sizes_a: Floats
    sizes_b: Floats


def pairs_in_groups(group_a: Indices, group_b: Indices) -> tuple[Indices, Indices]:
    """Return each row of `a` with each row of `b` of the same group, by row of `a`, then of `b`.

    Examples
    --------
    >>> i, j = pairs_in_groups(np.array([5, 2, 5]), np.array([5, 5, 3]))
    >>> i.tolist(), j.tolist()
    ([0, 0, 2, 2], [0, 1, 0, 1])
    """
    order = np.argsort(group_b, kind="stable")
    sorted_groups = group_b[order]
    first = np.searchsorted(sorted_groups, group_a, "left")
    stop = np.searchsorted(sorted_groups, group_a, "right")
    partners = stop - first
    i = np.repeat(np.arange(len(group_a)), partners)
    ends = np.cumsum(partners)
    place = np.arange(len(i)) - (ends - partners)[i] + first[i]
    return i, order[place]


def check_overlaps(overlaps: object) -> None:
    """Refuse the name of a kind of shape that there is none of."""
    check_choice("coco.evaluate", "overlaps", overlaps, FAMILIES)


def overlap_of(overlaps: str, detections: Detections, references: References, i: Indices, j: Indices) -> Measured:
    """Return how much pairs of rows overlap."""
    family = FAMILIES[overlaps]
    boxes_a = _read_boxes("detections", detections, overlaps, family)
    boxes_b = _read_boxes("references", references, overlaps, family)
    size_a = family.sizes(boxes_a)
    size_b = family.sizes(boxes_b)
    scores = np.empty(len(i))
    for start in range(0, len(i), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        rows_a = i[chunk]
        rows_b = j[chunk]
        shared = family.shared(boxes_a[rows_a], boxes_b[rows_b])
        scores[chunk] = _index(shared, size_a[rows_a], size_b[rows_b], references.is_crowd[rows_b])
    return Measured(scores, size_a, size_b)


def _index(shared: Floats, size_a: Floats, size_b: Floats, is_crowd: Bools) -> Floats:
    """Return the IoU, or with crowds the share of the detection; 0 where nothing is shared."""
    union = np.where(is_crowd, size_a, size_a + size_b - shared)
    return np.divide(shared, union, out=np.zeros(len(shared)), where=shared > 0)


def _read_boxes(name: str, table: Detections | References, overlaps: str, family: Family) -> Floats:
    if table.boxes is None:
        raise ValueError(f"coco.evaluate: {name} have no boxes; pass boxes=, or overlaps as a scipy sparse matrix")
    boxes: Floats = table.boxes
    if boxes.shape[1] != family.columns:
        raise ValueError(
            f"coco.evaluate: boxes of {name} have {boxes.shape[1]} columns, and overlaps={overlaps!r} needs "
            f"{family.columns}; 'boxes' has 4 (x, y, width, height), 'oriented' 5, 'cuboids' and 'footprints' have 7"
        )
    is_wrong = ~np.isfinite(boxes).all(axis=1) | (boxes[:, family.sides] < 0).any(axis=1)
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong)[0])
        raise ValueError(
            f"coco.evaluate: {is_wrong.sum()} boxes of {name} have a negative side or are not finite, the first is row "
            f"{row}, {boxes[row].tolist()}; leave those rows out"
        )
    return boxes


def _shared_area(a: Floats, b: Floats) -> Floats:
    """Return the area that boxes (x, y, width, height) share, pair by pair."""
    width = _shared_side(a[:, 0], a[:, 2], b[:, 0], b[:, 2])
    height = _shared_side(a[:, 1], a[:, 3], b[:, 1], b[:, 3])
    return width * height


def _shared_side(start_a: Floats, side_a: Floats, start_b: Floats, side_b: Floats) -> Floats:
    start = np.maximum(start_a, start_b)
    stop = np.minimum(start_a + side_a, start_b + side_b)
    return np.asarray(np.maximum(stop - start, 0.0))


def _shared_by_oriented(a: Floats, b: Floats) -> Floats:
    return np.asarray(oriented.measure(a, b).intersection)


def _shared_by_cuboids(a: Floats, b: Floats) -> Floats:
    return np.asarray(cuboids.measure(a, b).intersection)


def _shared_by_footprints(a: Floats, b: Floats) -> Floats:
    return _shared_by_oriented(cuboids.birds_eye(a), cuboids.birds_eye(b))


FAMILIES = {
    "boxes": Family(4, slice(2, 4), _shared_area),
    "oriented": Family(5, slice(2, 4), _shared_by_oriented),
    "cuboids": Family(7, slice(3, 6), _shared_by_cuboids),
    "footprints": Family(7, slice(3, 5), _shared_by_footprints),
}

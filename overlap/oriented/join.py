"""The join of two tables of rotated boxes: which rows overlap. Public through `overlap.oriented`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from .._arrays import Array, like, table_namespace, values_on_host
from .._coordinates import Kind, in_one_unit, read_rows
from .._join import (
    Bools,
    Envelopes,
    Indices,
    Labels,
    Pairs,
    along_curve,
    gathered,
    in_order,
    near,
    packed,
    read_groups,
    renamed,
)
from ..counts import Overlap
from .sizes import ROTATED, measured

_CHUNK = 1 << 16
"""Pairs that are measured together."""


def overlap_pairs(a: Array, b: Array, *, by: Labels | None = None) -> Pairs:
    """Find all pairs of rotated boxes that share an area, without looking at the others.

    Pairs whose envelopes meet are measured; where boxes only touch, rounding may find an area of some 1e-16.

    Parameters
    ----------
    a, b : array (n, 5), (m, 5)
        Boxes as (cx, cy, w, h, theta), on the host.
    by : (labels of a, labels of b), optional
        One label for each row: only rows of equal label are joined (image, class).

    Returns
    -------
    Pairs
        ``a`` and ``b``, row numbers (int64), ascending in ``a`` and then in ``b``; ``intersection``, the area that
        each pair shares, as `measure` has it. Arrays of the library of the boxes.

    Raises
    ------
    ValueError, TypeError
        See `measure`; also if a set is not a table of boxes, or not on the host.

    See Also
    --------
    pairwise : IoU of every rotated box of one set with every one of another.
    nms : Non-maximum suppression of rotated boxes.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([[0.0, 0, 4, 2, 0], [9, 9, 1, 1, 0]])
    >>> pairs = overlap_pairs(a, np.array([[0, 0, 4, 2, np.pi / 2], [2, 2, 1, 1, 0.5]]))
    >>> pairs.a.tolist(), pairs.b.tolist(), pairs.intersection.tolist()
    ([0], [0], [4.0])
    """
    return joined("oriented.overlap_pairs", ROTATED_BOXES, a, b, by)


class Joinable(NamedTuple):
    """What a join has to know of a kind of turned box: where each one lies at most, and what pairs of rows share."""

    kind: Kind
    envelopes_of: Callable[[np.ndarray], Envelopes]
    overlap_of: Callable[[np.ndarray, Indices, np.ndarray, Indices], Overlap]


def joined(operation: str, joinable: Joinable, a: Array, b: Array, by: Labels | None) -> Pairs:
    """Return all pairs of rows that share something; see `overlap_pairs`."""
    xp = table_namespace(operation, a=a, b=b)
    host_a = values_on_host(operation, "a", a)
    host_b = values_on_host(operation, "b", b)
    (rows_a, rows_b), _ = read_rows(operation, joinable.kind, a=host_a, b=host_b)
    scaled_a, scaled_b = in_unit(joinable.kind, rows_a, rows_b)
    envelopes_a = joinable.envelopes_of(scaled_a)
    envelopes_b = joinable.envelopes_of(scaled_b)
    if by is not None:
        group_a, group_b = read_groups(operation, by, len(rows_a), len(rows_b))
        envelopes_a = envelopes_a.grouped(group_a)
        envelopes_b = envelopes_b.grouped(group_b)
    curve_a = along_curve(envelopes_a)
    curve_b = along_curve(envelopes_b)
    along = near(envelopes_a.take(curve_a), packed(envelopes_b.take(curve_b)))
    candidates = renamed(along, curve_a, curve_b)
    index_a, index_b = gathered(_overlapping(scaled_a, scaled_b, candidates, joinable))
    index_a, index_b = in_order(index_a, index_b, (len(rows_a), len(rows_b)))
    shared = np.empty(len(index_a), rows_a.dtype)
    for start in range(0, len(index_a), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        overlap = joinable.overlap_of(rows_a, index_a[chunk], rows_b, index_b[chunk])
        shared[chunk] = overlap.intersection
    return Pairs(like(index_a, a, xp), like(index_b, a, xp), like(shared, a, xp))


def in_unit(kind: Kind, *tables: np.ndarray) -> list[np.ndarray]:
    """Return boxes in a unit in which sizes neither overflow nor vanish; see `_coordinates.in_one_unit`."""
    sides = [rows[:, kind.sides] for rows in tables]
    lengths = [rows[:, :-1] for rows in tables]
    scaled = in_one_unit(lengths, sides)
    return [np.concatenate([x, rows[:, -1:]], axis=1) for x, rows in zip(scaled, tables, strict=True)]


def envelopes_of(boxes: np.ndarray) -> Envelopes:
    """Return the envelopes of boxes, wider by what rounding may have taken."""
    centre = boxes[:, :2].astype(np.float64)
    w, h, theta = boxes[:, 2:].astype(np.float64).T
    cos = abs(np.cos(theta))
    sin = abs(np.sin(theta))
    reach = np.stack([w * cos + h * sin, w * sin + h * cos], axis=1) / 2
    reach += 8 * np.finfo(boxes.dtype).eps * (abs(centre) + reach)
    return Envelopes(centre - reach, centre + reach)


def overlap_of(a: np.ndarray, i: Indices, b: np.ndarray, j: Indices) -> Overlap:
    """Return the overlap of some rows of two tables, pair by pair."""
    # whether the compiler pays for its import depends on all that may come
    pairs = len(a) * len(b)
    return measured(a[i], b[j], (len(i), 5), pairs, np)


def _overlapping(
    a: np.ndarray, b: np.ndarray, candidates: Iterator[tuple[Indices, Indices]], joinable: Joinable
) -> Iterator[tuple[Indices, Indices]]:
    """Yield the candidates that share something."""
    for i, j in candidates:
        share: Bools = joinable.overlap_of(a, i, b, j).intersection > 0
        yield i[share], j[share]


ROTATED_BOXES = Joinable(ROTATED, envelopes_of, overlap_of)

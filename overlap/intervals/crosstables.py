"""Labels of two tables against each other, by the time they share. `overlap.intervals.contingency`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .join import Intervals, keys_by_group, overlapping, read_rows
from .stretches import read_groups_of, swept

Numbers = NDArray[np.int64]


class Contingency(NamedTuple):
    """How long labels hold together: the labels, the groups, and the durations; the last row and column are of none."""

    labels: NDArray[Any]
    groups: NDArray[Any]
    duration: NDArray[np.float64]


class _Pieces(NamedTuple):
    """Disjoint pieces of each label of each group."""

    times: Intervals
    group: Numbers
    label: Numbers


def contingency(
    a: ArrayLike,
    b: ArrayLike,
    labels: Sequence[ArrayLike],
    *,
    support: ArrayLike | None = None,
    by: Sequence[ArrayLike] | None = None,
) -> Contingency:
    """Measure how long each label of one table holds together with each label of another, or with none.

    Rows of one label are united first. Where at most one label of each table holds at a time, the table adds up to the
    support: it is the confusion matrix of time. Where several hold at once, each pair of them counts.

    Parameters
    ----------
    a, b : array_like (n, 2), (m, 2)
        Prediction and reference, numbers.
    labels : (labels of a, labels of b)
        One label for each row.
    support : array_like (k, 2), optional
        What was scored: the rest is cut off. Without it, how long neither table has a label is not known: NaN.
    by : (groups of a, groups of b, groups of the support), optional
        One group for each row (recordings): each is measured by itself. Without a support two lists.

    Returns
    -------
    Contingency
        ``labels`` (l,), all that occur, ascending; ``groups`` (g,); ``duration``, array (l + 1, l + 1), in groups
        (g, l + 1, l + 1): prediction by reference.

    Raises
    ------
    ValueError
        If the shapes do not fit, an end is before its start, or a value, a label or a group is missing.
    TypeError
        If the rows are not numbers, or labels cannot be compared.

    See Also
    --------
    measure : Measure how two sets of intervals overlap.
    overlap.raster.contingency : Count the cells that each label of one map shares with each label of another.

    Examples
    --------
    >>> table = contingency([[0, 4], [4, 9]], [[1, 6]], (["wake", "sleep"], ["sleep"]), support=[[0, 10]])
    >>> table.labels.tolist()
    ['sleep', 'wake']
    >>> table.duration
    array([[2., 0., 3.],
           [3., 0., 1.],
           [0., 0., 1.]])
    """
    operation = "intervals.contingency"
    tables = {"a": a, "b": b}
    if support is not None:
        tables["support"] = support
    rows = read_rows(operation, **tables)
    if any(x.dtype.kind == "M" for x in rows):
        raise TypeError(f"{operation}: the rows are times; choose a unit: (t - origin) / numpy.timedelta64(1, 's')")
    rows = [x.astype(np.float64) for x in rows]
    sizes = [len(x) for x in rows]
    numbers, label_names = read_groups_of(operation, "labels", labels, sizes[:2])
    groups, group_names = read_groups_of(operation, "by", by, sizes)
    n_labels = len(label_names)
    pieces_a = _pieces(rows[0], groups[0], numbers[0], n_labels)
    pieces_b = _pieces(rows[1], groups[1], numbers[1], n_labels)
    scored = None
    if support is not None:
        one_label = np.zeros(sizes[2], np.int64)
        scored = _pieces(rows[2], groups[2], one_label, 1)
        pieces_a = _within(pieces_a, scored)
        pieces_b = _within(pieces_b, scored)
    duration = _durations(*_with_none(pieces_a, pieces_b, scored, n_labels), len(group_names), n_labels + 1)
    if support is None:
        duration[:, -1, -1] = np.nan
    if by is None:
        duration = duration[0]
    return Contingency(label_names, group_names, duration)


def _durations(a: _Pieces, b: _Pieces, n_groups: int, n_labels: int) -> NDArray[np.float64]:
    """Add up how long each label of one side holds together with each label of the other, in each group."""
    i, j, shared = _shared(a, b)
    shape = (n_groups, n_labels, n_labels)
    place = np.ravel_multi_index((a.group[i], a.label[i], b.label[j]), shape)
    added = np.bincount(place, shared, int(np.prod(shape)))
    return added.astype(np.float64).reshape(shape)


def _pieces(rows: Intervals, group: Numbers, label: Numbers, n_labels: int) -> _Pieces:
    """Cut the rows of each label of each group into pieces that do not overlap."""
    start, end, number, _ = swept([rows], [group * n_labels + label])
    return _Pieces(np.stack([start, end], axis=1), number // n_labels, number % n_labels)


def _within(pieces: _Pieces, scored: _Pieces) -> _Pieces:
    """Cut pieces to what was scored."""
    i, j, _ = _shared(pieces, scored)
    start = np.maximum(pieces.times[i, 0], scored.times[j, 0])
    end = np.minimum(pieces.times[i, 1], scored.times[j, 1])
    return _Pieces(np.stack([start, end], axis=1), pieces.group[i], pieces.label[i])


def _with_none(a: _Pieces, b: _Pieces, scored: _Pieces | None, none: int) -> tuple[_Pieces, _Pieces]:
    """Add to either side the time in which it has no label, as one label more."""
    sides = [a, b] if scored is None else [a, b, scored]
    start, end, group, counts = swept([x.times for x in sides], [x.group for x in sides])
    stretches = np.stack([start, end], axis=1)
    without_a = counts[:, 0] == 0
    without_b = counts[:, 1] == 0
    extended_a = _extended(a, stretches[without_a], group[without_a], none)
    extended_b = _extended(b, stretches[without_b], group[without_b], none)
    return extended_a, extended_b


def _extended(pieces: _Pieces, times: Intervals, group: Numbers, label: int) -> _Pieces:
    """Add pieces of one label."""
    labels = np.full(len(times), label)
    return _Pieces(
        np.concatenate([pieces.times, times]),
        np.concatenate([pieces.group, group]),
        np.concatenate([pieces.label, labels]),
    )


def _shared(a: _Pieces, b: _Pieces) -> tuple[Numbers, Numbers, NDArray[np.float64]]:
    """Return the pairs of pieces of one group that overlap, and how long they do."""
    i, j = overlapping(*keys_by_group(a.times, b.times, a.group, b.group))
    start = np.maximum(a.times[i, 0], b.times[j, 0])
    end = np.minimum(a.times[i, 1], b.times[j, 1])
    return i, j, end - start

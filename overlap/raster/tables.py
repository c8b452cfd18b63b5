"""Every pair of labels of two label maps in one pass."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Array, SameArray, as_host, like, namespace
from .._compiled import kernels
from ..counts import Overlap, unchecked

_TABLE = 1 << 16
"""Labels that span no more than this, or than there are, are looked up; others are sorted."""

_FEW = 1 << 8
"""Labels from 0 up that are counted without a look at their range."""

_WORTH_COMPILING = 1 << 23
"""Cells whose counting takes longer than the import of a compiler."""

_SOME = 1 << 14
"""Cells that are looked at before a compiler is imported."""

_LARGEST = 1 << 27
"""Pairs in a table of 1 GiB."""


class LabelPairs(NamedTuple):
    """The labels of two maps, and the pairs of them that share cells.

    Parameters
    ----------
    labels_a, labels_b : array (n,), (m,)
        The labels that occur, ascending.
    cells_a, cells_b : array (n,), (m,)
        How many cells each of them has.
    a, b : array (k,)
        Of each pair the position in `labels_a` and in `labels_b`, ascending in `a` and then in `b`.
    overlap : Overlap (k,)
        In cells: what the two labels of a pair share, and their sizes.
    """

    labels_a: Array
    labels_b: Array
    cells_a: Array
    cells_b: Array
    a: Array
    b: Array
    overlap: Overlap

    def without(self, label: int) -> LabelPairs:
        """Return the same without a label, such as the background.

        Parameters
        ----------
        label : int
            A label; nothing changes where neither map has it.

        Examples
        --------
        >>> a = np.array([0, 0, 7, 7, 9])
        >>> b = np.array([0, 1, 1, 1, 2])
        >>> pairs = label_pairs(a, b).without(0)
        >>> pairs.labels_a[pairs.a], pairs.labels_b[pairs.b], pairs.overlap.intersection
        (array([7, 9]), array([1, 2]), array([2, 1]))
        """
        stays_a = self.labels_a != label
        stays_b = self.labels_b != label
        xp = namespace("raster.label_pairs", a=self.labels_a, b=self.labels_b)
        position_a = xp.cumulative_sum(xp.astype(stays_a, xp.int64)) - 1
        position_b = xp.cumulative_sum(xp.astype(stays_b, xp.int64)) - 1
        stays = stays_a[self.a] & stays_b[self.b]
        return LabelPairs(
            labels_a=self.labels_a[stays_a],
            labels_b=self.labels_b[stays_b],
            cells_a=self.cells_a[stays_a],
            cells_b=self.cells_b[stays_b],
            a=position_a[self.a[stays]],
            b=position_b[self.b[stays]],
            overlap=self.overlap[stays],
        )


def label_pairs(a: Array, b: Array) -> LabelPairs:
    """Find the pairs of labels of two maps that share cells: `contingency` without its zeros.

    Time and memory grow with the cells and the pairs, not with the product of the numbers of labels.

    Parameters
    ----------
    a, b : array of int or bool
        Label maps of one shape, on the host. Background is a label like any other.

    Returns
    -------
    LabelPairs
        ``labels_a labels_b cells_a cells_b a b overlap``.

    Raises
    ------
    TypeError
        If a map does not hold whole numbers, or is not on the host.
    ValueError
        If the shapes differ.

    See Also
    --------
    contingency : Count the cells that each label of one map shares with each label of another.

    Examples
    --------
    >>> a = np.array([0, 0, 7, 7, 7, 9])
    >>> b = np.array([0, 1, 1, 1, 2, 2])
    >>> pairs = label_pairs(a, b)
    >>> pairs.labels_a[pairs.a], pairs.labels_b[pairs.b], pairs.overlap.intersection
    (array([0, 0, 7, 7, 9]), array([0, 1, 1, 2, 2]), array([1, 1, 2, 1, 1]))
    """
    pairs, xp = _count("raster.label_pairs", a, b)
    o = pairs.overlap
    overlap = unchecked(like(o.intersection, a, xp), like(o.size_a, a, xp), like(o.size_b, a, xp))
    return LabelPairs(
        labels_a=like(pairs.labels_a, a, xp),
        labels_b=like(pairs.labels_b, b, xp),
        cells_a=like(pairs.cells_a, a, xp),
        cells_b=like(pairs.cells_b, b, xp),
        a=like(pairs.a, a, xp),
        b=like(pairs.b, b, xp),
        overlap=overlap,
    )


def contingency(a: SameArray, b: SameArray) -> tuple[SameArray, SameArray, Overlap[SameArray]]:
    """Count the cells that each label of one map shares with each label of another.

    Of maps with thousands of labels, `label_pairs` lists the pairs that share cells, and no zeros.

    Parameters
    ----------
    a, b : array of int or bool
        Label maps of one shape, on the host. Background is a label like any other.

    Returns
    -------
    labels_a, labels_b : array
        The labels that occur, in ascending order, shapes (n,) and (m,).
    Overlap
        Of shape (n, m), in cells: what label i of `a` shares with label j of `b`, and their sizes.

    Raises
    ------
    TypeError
        If a map does not hold whole numbers, or is not on the host.
    ValueError
        If the shapes differ, or the table of pairs would not fit into memory.

    See Also
    --------
    label_pairs : Find the pairs of labels of two maps that share cells.
    overlap.matching.panoptic_quality : Panoptic quality of a predicted and a reference instance map.

    Examples
    --------
    >>> a = np.array([0, 0, 7, 7, 7, 9])
    >>> b = np.array([0, 1, 1, 1, 2, 2])
    >>> labels_a, labels_b, o = contingency(a, b)
    >>> labels_a, labels_b
    (array([0, 7, 9]), array([0, 1, 2]))
    >>> o.intersection
    array([[1, 1, 0],
           [0, 2, 1],
           [0, 0, 1]])
    """
    pairs, xp = _count("raster.contingency", a, b)
    shape = len(pairs.labels_a), len(pairs.labels_b)
    n_pairs = shape[0] * shape[1]
    if n_pairs > _LARGEST:
        raise ValueError(
            f"raster.contingency: {shape[0]} × {shape[1]} labels make a table of {n_pairs:.0e} pairs; "
            "raster.label_pairs lists those that share cells"
        )
    shared = np.zeros(shape, np.int64)
    shared[pairs.a, pairs.b] = pairs.overlap.intersection
    o = unchecked(
        like(shared, a, xp),
        like(pairs.cells_a[:, None], a, xp),
        like(pairs.cells_b[None, :], a, xp),
    )
    return like(pairs.labels_a, a, xp), like(pairs.labels_b, b, xp), o


def _count(operation: str, a: Array, b: Array) -> tuple[LabelPairs, ModuleType]:
    """Count pairs of labels on the host; also return the maps' namespace."""
    for name, x in {"a": a, "b": b}.items():
        # of dask, whether or not it knows how long its chunks are
        if hasattr(x, "compute_chunk_sizes"):
            raise TypeError(f"{operation}: labels are counted on the host; pass {name}.compute()")
    xp = namespace(operation, a=a, b=b)
    for name, x in {"a": a, "b": b}.items():
        if not xp.isdtype(x.dtype, ("bool", "integral")):
            raise TypeError(
                f"{operation}: {name} has dtype {x.dtype}; a label map holds whole numbers: "
                f"cut a soft mask (`{name} >= 0.5`), or convert stored labels (`{name}.astype(int)`)"
            )
    if a.shape != b.shape:
        raise ValueError(
            f"{operation}: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; maps of one grid have one shape"
        )
    host_a = as_host(a)
    host_b = as_host(b)
    if host_a is None or host_b is None:
        raise TypeError(f"{operation}: labels are counted on the host; pass x.cpu() or x.compute()")
    return _count_on_host(host_a, host_b), xp


def _count_on_host(a: np.ndarray, b: np.ndarray) -> LabelPairs:
    """See `label_pairs`."""
    if a.flags.f_contiguous and b.flags.f_contiguous:
        a = a.T
        b = b.T
    flat_a = a.ravel()
    flat_b = b.ravel()
    if flat_a.size >= _WORTH_COMPILING and not _hold_many_labels(flat_a, flat_b):
        counted = _count_compiled(flat_a, flat_b)
        if counted is not None:
            return counted
    # neighbours are mostly alike: count them as one
    starts, cells = _runs(flat_a, flat_b)
    labels_a, rows = _encode(flat_a[starts])
    labels_b, columns = _encode(flat_b[starts])
    del starts
    n = len(labels_a)
    m = len(labels_b)
    index_a, index_b, shared = _add_up(rows, columns, cells, (n, m))
    cells_a = _sums(index_a, shared, n)
    cells_b = _sums(index_b, shared, m)
    overlap = unchecked(shared, cells_a[index_a], cells_b[index_b])
    return LabelPairs(labels_a, labels_b, cells_a, cells_b, index_a, index_b, overlap)


def _count_compiled(a: np.ndarray, b: np.ndarray) -> LabelPairs | None:
    """See `label_pairs`, of flat maps whose labels span a small table; None for others, and without a compiler."""
    compiled = kernels("raster.compiled")
    if compiled is None or a.dtype == np.uint64 or b.dtype == np.uint64:
        return None
    numbers_a = _as_numbers(a)
    numbers_b = _as_numbers(b)
    low_a = 0
    low_b = 0
    table = np.zeros((_FEW, _FEW), np.int64)
    # as a rule labels are few: no look at their range is needed
    if not compiled.count_pairs(numbers_a, numbers_b, low_a, low_b, table):
        low_a, span_a = _span(a)
        low_b, span_b = _span(b)
        if span_a * span_b > _largest_table(a.size):
            return None
        table = np.zeros((span_a, span_b), np.int64)
        compiled.count_pairs(numbers_a, numbers_b, low_a, low_b, table)
    cells_a = table.sum(axis=1)
    cells_b = table.sum(axis=0)
    occurs_a = np.flatnonzero(cells_a)
    occurs_b = np.flatnonzero(cells_b)
    index_a, index_b = np.nonzero(table[np.ix_(occurs_a, occurs_b)])
    row = occurs_a[index_a]
    column = occurs_b[index_b]
    return LabelPairs(
        labels_a=(occurs_a + low_a).astype(a.dtype),
        labels_b=(occurs_b + low_b).astype(b.dtype),
        cells_a=cells_a[occurs_a],
        cells_b=cells_b[occurs_b],
        a=index_a,
        b=index_b,
        overlap=unchecked(table[row, column], cells_a[row], cells_b[column]),
    )


def _hold_many_labels(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether the labels of some cells span too large a table already; others may, if not."""
    step = -(-a.size // _SOME)
    _, span_a = _span(a[::step])
    _, span_b = _span(b[::step])
    return span_a * span_b > _largest_table(a.size)


def _largest_table(n_cells: int) -> int:
    """Return how many pairs a table may have that is looked up: it takes less memory than the maps."""
    return max(_TABLE, n_cells // 8)


def _span(x: np.ndarray) -> tuple[int, int]:
    """Return the lowest label, and how many whole numbers there are from it to the highest."""
    low = int(x.min())
    return low, int(x.max()) - low + 1


def _as_numbers(x: np.ndarray) -> np.ndarray:
    return x.view(np.uint8) if x.dtype == bool else x


def _runs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where in two flat maps a label changes, and how many cells are alike from there on."""
    changes = np.ones(len(a), bool)
    np.not_equal(a[1:], a[:-1], out=changes[1:])
    changes[1:] |= b[1:] != b[:-1]
    starts = np.flatnonzero(changes)
    cells = np.empty_like(starts)
    cells[:-1] = starts[1:]
    cells[-1:] = len(a)
    # in place: there may be as many runs as cells
    cells -= starts
    return starts, cells


def _add_up(
    rows: np.ndarray, columns: np.ndarray, cells: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the row and column of the places that occur, in their order, and how many cells each of them has."""
    n, m = shape
    if n * m > max(_TABLE, len(cells)):
        return _add_up_sparsely(rows, columns, cells, shape)
    table = _sums(rows * np.int64(m) + columns, cells, n * m)
    occupied = np.flatnonzero(table)
    row = occupied // max(m, 1)
    return row, occupied - row * m, table[occupied]


def _add_up_sparsely(
    rows: np.ndarray, columns: np.ndarray, cells: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """See `_add_up`: in time that grows with the places that occur."""
    from scipy import sparse

    # scipy adds up what has one place, and sorts each row
    table = sparse.coo_array((cells, (rows, columns)), shape=shape).tocsr()
    per_row = np.diff(table.indptr)
    row = np.repeat(np.arange(len(per_row)), per_row)
    return row, table.indices.astype(np.int64), table.data


def _sums(place: np.ndarray, cells: np.ndarray, n: int) -> np.ndarray:
    """Return the sum of the cells at each of n places."""
    # in floating numbers, which hold as many cells as a machine has
    return np.bincount(place, cells, n).astype(np.int64)


def _encode(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that occur and, for each cell, which of them it holds."""
    flat: Any = x.ravel()
    if not flat.size:
        return flat, np.zeros(0, np.int64)
    if flat.dtype == bool:
        flat = flat.view(np.uint8)
    low = flat.min()
    span = int(flat.max()) - int(low)
    if span >= max(_TABLE, flat.size):
        return np.unique(flat, return_inverse=True)
    # unsigned numbers do not reach below 0; signed ones may not hold their own span
    offset = flat - low if flat.dtype.kind == "u" else flat.astype(np.int64) - int(low)
    occurs = np.bincount(offset) > 0
    # the lowest label may be negative in a narrow dtype: the sum wraps around, and comes back
    labels = np.flatnonzero(occurs).astype(flat.dtype) + low
    # in as few bytes as do: there is one for each cell
    position = (np.cumsum(occurs) - 1).astype(np.min_scalar_type(len(labels)))
    return labels.astype(x.dtype), position[offset]

"""Hard masks as runs of cells, and the cells that every two of them share.

Conventions
-----------
- The cells of a grid are numbered in one row, from 0. A run is half open: [start, stop).
- Runs of a mask are ascending, and none begins before another ends. The masks of a family lie one after the other;
  `owner` says whose a run is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]


class Runs(NamedTuple):
    """The runs of a family of masks.

    Parameters
    ----------
    start, stop : ndarray (k,)
        Ends of the runs.
    owner : ndarray (k,)
        Which mask each run is of, ascending.
    n : int
        How many masks there are; some may be empty.
    """

    start: Cells
    stop: Cells
    owner: Cells
    n: int

    def of(self, mask: int) -> Runs:
        """Return the runs of one mask."""
        first, end = np.searchsorted(self.owner, [mask, mask + 1])
        return Runs(self.start[first:end], self.stop[first:end], self.owner[first:end], 1)


def runs_of_masks(masks: NDArray[np.bool_]) -> Runs:
    """Find the runs of masks (n, cells).

    Examples
    --------
    >>> runs = runs_of_masks(np.array([[True, True, False, True], [False] * 4]))
    >>> runs.start.tolist(), runs.stop.tolist(), runs.owner.tolist(), runs.n
    ([0, 3], [2, 4], [0, 0], 2)
    """
    return _join([_changes(mask) for mask in masks])


def runs_of_counts(counts: Iterable[Cells]) -> Runs:
    """Return the runs of masks that are written as lengths: cells outside, inside, outside and so on.

    Examples
    --------
    >>> runs = runs_of_counts([np.array([1, 2, 1]), np.array([0, 3, 0, 1])])
    >>> runs.start.tolist(), runs.stop.tolist(), runs.owner.tolist()
    ([1, 0, 3], [3, 3, 4], [0, 1, 1])
    """
    return _join([_edges(lengths) for lengths in counts])


def counts_of_mask(mask: NDArray[np.bool_]) -> Cells:
    """Return the lengths of the runs of a flat mask: cells outside, inside, outside and so on.

    Examples
    --------
    >>> counts_of_mask(np.array([False, True, True, False])).tolist(), counts_of_mask(np.array([True])).tolist()
    ([1, 2, 1], [0, 1])
    """
    edges = _changes(mask)
    ends_outside = len(edges) == 0 or edges[-1] < len(mask)
    ends = np.append(edges, len(mask)) if ends_outside else edges
    return np.diff(ends, prepend=0)


def cells(runs: Runs) -> Cells:
    """Count the cells of each mask."""
    lengths = runs.stop - runs.start
    return _sums(runs.owner, lengths, runs.n)


def shared_cells(a: Runs, b: Runs) -> Cells:
    """Count the cells that each mask of `a` shares with each mask of `b`.

    Examples
    --------
    >>> masks = np.array([[True, True, False, True], [False, True, True, True]])
    >>> shared_cells(runs_of_masks(masks), runs_of_masks(masks)).tolist()
    [[3, 2], [2, 3]]
    """
    shared = np.zeros((a.n, b.n), np.int64)
    for column in range(b.n):
        mask = b.of(column)
        if not len(mask.start):
            continue
        is_near = (a.stop > mask.start[0]) & (a.start < mask.stop[-1])
        within = _cells_before(mask, a.stop[is_near]) - _cells_before(mask, a.start[is_near])
        shared[:, column] = _sums(a.owner[is_near], within, a.n)
    return shared


def _cells_before(mask: Runs, place: Cells) -> Cells:
    """Count the cells of one mask that lie before each place."""
    ends_of_runs = np.cumsum(mask.stop - mask.start)
    of_runs_before = np.concatenate([[0], ends_of_runs])
    stop_of_last = np.concatenate([[0], mask.stop])
    n_runs_before = np.searchsorted(mask.start, place)
    beyond = np.maximum(stop_of_last[n_runs_before] - place, 0)
    return np.asarray(of_runs_before[n_runs_before] - beyond)


def _changes(mask: NDArray[np.bool_]) -> Cells:
    """Return where a flat mask begins and ends, in turn."""
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    if mask.size and mask[0]:
        edges = np.concatenate([[0], edges])
    if mask.size and mask[-1]:
        edges = np.append(edges, len(mask))
    return edges


def _edges(lengths: Cells) -> Cells:
    """Return where a mask begins and ends, in turn, by its lengths; a gap of no cells is one all the same."""
    edges = np.cumsum(lengths)
    n_runs = len(lengths) // 2
    return edges[: 2 * n_runs]


def _join(edges: list[Cells]) -> Runs:
    n_runs = [len(edge) // 2 for edge in edges]
    in_turn = np.concatenate([np.zeros(0, np.int64), *edges])
    owner = np.repeat(np.arange(len(edges)), n_runs)
    return Runs(in_turn[::2], in_turn[1::2], owner, len(edges))


def _sums(owner: Cells, lengths: Cells, n: int) -> Cells:
    # in floating numbers, which hold as many cells as a machine has
    return np.bincount(owner, lengths, n).astype(np.int64)

"""Masks as run lengths, of images of any size: their sizes, and what pairs of them share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compiled import kernels
from ..raster.rle import read_rle
from ..raster.runs import Cells, Runs, runs_of_counts

Indices = NDArray[np.intp]
Grids = NDArray[np.int64]

_LARGE = 1 << 14
"""Pairs that pay for the compiler's import."""
_RUNS = 1 << 22
"""Runs that are looked at together."""


class Masks(NamedTuple):
    """The runs of masks, and the height and width of the image of each (n, 2)."""

    runs: Runs
    grids: Grids


def read_masks(operation: str, name: str, masks: Any) -> Masks:
    """Read run lengths, each of an image of its own.

    Examples
    --------
    >>> masks = read_masks("f", "masks", [{"size": [2, 2], "counts": "13"}, {"size": [1, 3], "counts": [3]}])
    >>> masks.runs.owner.tolist(), masks.grids.tolist()
    ([0], [[2, 2], [1, 3]])
    """
    read = []
    for k, rle in enumerate(masks):
        if not isinstance(rle, Mapping):
            raise TypeError(
                f"{operation}: {name}[{k}] is a {type(rle).__name__}; pass run lengths, "
                '{"size": [height, width], "counts": ...}: of arrays, overlap.raster.encode_rle(masks)'
            )
        read.append(read_rle(operation, f"{name}[{k}]", rle))
    grids = np.array([rle[:2] for rle in read], np.int64).reshape(len(read), 2)
    return Masks(runs_of_counts([rle.counts for rle in read]), grids)


def shared_in_pairs(a: Runs, b: Runs, i: Indices, j: Indices) -> Cells:
    """Count the cells that masks i of `a` share with masks j of `b`, pair by pair.

    Examples
    --------
    >>> runs = runs_of_counts([np.array([1, 2, 1]), np.array([0, 3, 1])])
    >>> shared_in_pairs(runs, runs, np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [2, 2, 3]
    """
    first_a = np.searchsorted(a.owner, np.arange(a.n + 1))
    first_b = np.searchsorted(b.owner, np.arange(b.n + 1))
    compiled = kernels("coco.compiled") if len(i) >= _LARGE else None
    if compiled is not None:
        counted: Cells = compiled.shared_in_pairs(a.start, a.stop, first_a, b.start, b.stop, first_b, i, j)
        return counted
    shared = np.zeros(len(i), np.int64)
    ends = np.cumsum(np.diff(first_a)[i])
    start = 0
    while start < len(i):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _RUNS, "right")))
        part = slice(start, stop)
        shared[part] = _shared_by_search(a, b, first_a, first_b, i[part], j[part])
        start = stop
    return shared


def _shared_by_search(a: Runs, b: Runs, first_a: Indices, first_b: Indices, i: Indices, j: Indices) -> Cells:
    """Count how much of each run of one mask lies in the runs of the other."""
    runs_per_pair = np.diff(first_a)[i]
    pair = np.repeat(np.arange(len(i)), runs_per_pair)
    before = np.cumsum(runs_per_pair) - runs_per_pair
    run = first_a[i][pair] + np.arange(len(pair)) - before[pair]
    other = j[pair]
    within = _cells_before(b, first_b, other, a.stop[run]) - _cells_before(b, first_b, other, a.start[run])
    # in floating numbers, which hold as many cells as a machine has
    return np.bincount(pair, within, len(i)).astype(np.int64)


def _cells_before(masks: Runs, first: Indices, mask: Indices, place: Cells) -> Cells:
    """Count the cells of each mask that lie before each place."""
    # masks one after the other on one long line
    length = max(masks.stop.max(initial=0), place.max(initial=0)) + 1
    n_runs_before = np.searchsorted(masks.owner * length + masks.start, mask * length + place)
    ends_of_runs = np.concatenate([[0], np.cumsum(masks.stop - masks.start)])
    stop_of_last = np.concatenate([[0], masks.stop])[n_runs_before]
    has_run_before = n_runs_before > first[mask]
    beyond = np.where(has_run_before, np.maximum(stop_of_last - place, 0), 0)
    return np.asarray(ends_of_runs[n_runs_before] - ends_of_runs[first[mask]] - beyond)

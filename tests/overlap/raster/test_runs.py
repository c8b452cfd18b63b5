"""Oracles: plain numpy counts of the cells."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap.raster.runs import cells, counts_of_mask, runs_of_counts, runs_of_masks, shared_cells

families = hnp.arrays(bool, st.tuples(st.integers(0, 5), st.integers(0, 30)))


def covered(runs, n_cells):
    masks = np.zeros((runs.n, n_cells), bool)
    for owner, start, stop in zip(runs.owner, runs.start, runs.stop, strict=True):
        masks[owner, start:stop] = True
    return masks


@given(families)
def test_runs_cover_their_masks(masks):
    runs = runs_of_masks(masks)
    np.testing.assert_array_equal(covered(runs, masks.shape[1]), masks)
    np.testing.assert_array_equal(cells(runs), masks.sum(axis=1))
    assert np.all(runs.stop > runs.start)


@given(families)
def test_lengths_are_the_same_masks(masks):
    counts = [counts_of_mask(mask) for mask in masks]
    assert all(lengths.sum() == masks.shape[1] for lengths in counts)
    np.testing.assert_array_equal(covered(runs_of_counts(counts), masks.shape[1]), masks)


@given(families, st.integers(0, 2**32 - 1))
def test_shared_cells_are_a_product_of_matrices(a, seed):
    b = np.random.default_rng(seed).random((3, a.shape[1])) < 0.5
    shared = shared_cells(runs_of_masks(a), runs_of_masks(b))
    np.testing.assert_array_equal(shared, a.astype(int) @ b.T.astype(int))


def test_runs_of_no_cells_share_nothing():
    a = runs_of_counts([np.array([2, 0, 1, 3, 0, 0])])
    assert cells(a).tolist() == [3]
    assert shared_cells(a, a).tolist() == [[3]]

"""Which bin has which cell, by hand."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
import pytest

from overlap.calibration import reliability

rng = np.random.default_rng(15)


@pytest.mark.parametrize("n_bins", [10, 15, 20, 100])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_edge_lies_in_the_bin_that_has_it(n_bins, dtype):
    """In the dtype of the predictions: 0.1 in single precision is not above 0.1."""
    edges = (np.arange(n_bins + 1) / n_bins).astype(dtype)
    below = reliability(edges, edges, n_bins=n_bins)["count"]
    assert below.tolist() == [2] + [1] * (n_bins - 1)
    above = reliability(edges, edges, n_bins=n_bins, closed="left")["count"]
    assert above.tolist() == [1] * (n_bins - 1) + [2]


def test_neighbours_of_an_edge():
    p = np.array([np.nextafter(0.1, 0), 0.1, np.nextafter(0.1, 1)])
    assert reliability(p, p, n_bins=10)["count"].tolist()[:2] == [2, 1]
    assert reliability(p, p, n_bins=10, closed="left")["count"].tolist()[:2] == [1, 2]


@pytest.mark.parametrize("closed", ["right", "left"])
def test_bins_of_equal_mass(closed):
    p = rng.permutation(np.linspace(0, 1, 103))
    counts = reliability(p, p, n_bins=10, binning="mass", closed=closed)["count"]
    assert counts.sum() == 103
    assert set(counts) == {10, 11}
    exact = reliability(p[p < 0.975], p[p < 0.975], n_bins=10, binning="mass", closed=closed)["count"]
    assert exact.tolist() == [10] * 10


def test_ties_stay_together():
    """Nine of ten predictions are 0, as of a map that is mostly background."""
    p = np.r_[np.zeros(90), np.linspace(0.1, 1, 10)]
    table = reliability(p, p > 0.5, n_bins=5, binning="mass")
    assert table["count"].tolist() == [90, 0, 0, 0, 10]
    assert table["observed"].isna().tolist() == [False, True, True, True, False]
    assert table["lower"].tolist() == [0, 0, 0, 0, 0]
    assert table["upper"].tolist() == [0, 0, 0, 0, 1]


def test_weights_and_where_are_mass():
    p = rng.random(50)
    weights = rng.integers(0, 4, 50)
    repeated = np.repeat(p, weights)
    by_weight = reliability(p, p, n_bins=6, binning="mass", weights=weights)
    by_copies = reliability(repeated, repeated, n_bins=6, binning="mass")
    np.testing.assert_allclose(by_weight[["upper", "share"]], by_copies[["upper", "share"]])
    where = rng.random(50) < 0.5
    wild = np.where(where, p, nan)
    masked = reliability(wild, wild, n_bins=6, binning="mass", where=where)
    pd.testing.assert_frame_equal(masked, reliability(p[where], p[where], n_bins=6, binning="mass"))

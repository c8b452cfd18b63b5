"""Oracles: scikit-learn's values, Wilson's equation, and tables by hand."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import pandas as pd
import pytest

from overlap.calibration import expected_calibration_error, reliability

_golden = np.random.default_rng(13)
P = np.round(_golden.beta(0.4, 1.2, (2, 3, 500)), 6).astype(np.float32)
Y = _golden.random((2, 3, 500)) < P**1.5

SKLEARN_WIDTH = (
    [0.0045872, 0.015625, 0.0612245, 0.125, 0.2352941, 0.5384615, 0.7, 0.75, 0.8823529, 0.9166667],
    [0.0290752, 0.153378, 0.2501055, 0.3456521, 0.4458105, 0.5564649, 0.6579541, 0.7417482, 0.8479799, 0.9335802],
)
SKLEARN_MASS = (
    [0.0, 0.0, 0.0, 0.02, 0.0, 0.04, 0.08, 0.2, 0.56, 0.84],
    [0.0006292, 0.0076073, 0.0260589, 0.0601382, 0.1138209, 0.193764, 0.2869919, 0.4098106, 0.5876366, 0.8230254],
)
"""scikit-learn 1.9.1, calibration_curve of the first 500 cells with 10 bins, strategy "uniform" and "quantile"."""


def test_sklearn():
    for binning, (observed, predicted) in (("width", SKLEARN_WIDTH), ("mass", SKLEARN_MASS)):
        table = reliability(P[0, 0], Y[0, 0], n_bins=10, binning=binning)
        np.testing.assert_allclose(table["observed"], observed, atol=1e-7)
        np.testing.assert_allclose(table["predicted"], predicted, atol=1e-7)


def test_a_table_by_hand():
    p = np.array([0.0, 0.2, 0.2, 1.0])
    y = np.array([False, True, False, True])
    table = reliability(p, y, n_bins=4)
    assert table.index.tolist() == [0, 1, 2, 3]
    assert table["lower"].tolist() == [0, 0.25, 0.5, 0.75]
    assert table["upper"].tolist() == [0.25, 0.5, 0.75, 1]
    assert table["count"].tolist() == [3, 0, 0, 1]
    assert table["count"].dtype.kind == "i"
    np.testing.assert_allclose(table["share"], [0.75, 0, 0, 0.25])
    np.testing.assert_allclose(table["predicted"], [0.4 / 3, nan, nan, 1])
    np.testing.assert_allclose(table["observed"], [1 / 3, nan, nan, 1])
    assert table.attrs == {"binning": "width", "closed": "right", "level": 0.95}


def test_wilson():
    """Wilson (1927): the shares q for which the observed one is z standard errors of q away."""
    p = np.full(20, 0.3)
    y = np.arange(20) < 5
    row = reliability(p, y, n_bins=1, level=0.9).loc[0]
    for q in (row["low"], row["high"]):
        assert abs(0.25 - q) == pytest.approx(1.6448536269514722 * sqrt(q * (1 - q) / 20))
    none = reliability(p, y & False, n_bins=1).loc[0]
    assert none["low"] == 0
    assert none["high"] == pytest.approx(1.959963984540054**2 / (20 + 1.959963984540054**2))


def test_wilson_of_weighted_cells():
    p = np.full(40, 0.3)
    y = np.arange(40) < 10
    alike = reliability(p, y, n_bins=1)
    pd.testing.assert_frame_equal(reliability(p, y, n_bins=1, weights=np.full(40, 7.0)), alike)
    # a cell of much weight is worth few
    heavy = np.where(np.arange(40) == 39, 1000.0, 1.0)
    row = reliability(p, y, n_bins=1, weights=heavy).loc[0]
    assert row["high"] - row["low"] > 0.75


def test_soft_targets_are_observed_by_their_mean():
    p = np.array([0.5, 0.5, 0.5])
    y = np.array([0.25, 0.5, 0.75])
    assert reliability(p, y)["observed"].dropna().tolist() == [0.5]
    assert expected_calibration_error(p, y) == 0


def test_places_along_the_axes_that_are_left():
    table = reliability(P, Y, n_bins=5, axis=2)
    assert table.index.names == ["axis 0", "axis 1", "bin"]
    assert len(table) == 2 * 3 * 5
    pd.testing.assert_frame_equal(table.loc[(1, 2)], reliability(P[1, 2], Y[1, 2], n_bins=5))
    middle = reliability(P, Y, n_bins=5, axis=(0, -1), binning="mass")
    pd.testing.assert_frame_equal(middle.loc[1], reliability(P[:, 1], Y[:, 1], n_bins=5, binning="mass"))


def test_halves_and_lazy_arrays_have_a_table():
    torch = pytest.importorskip("torch")
    dask = pytest.importorskip("dask.array")
    p = torch.as_tensor(P[0, 0]).bfloat16()
    y = torch.as_tensor(Y[0, 0])
    assert reliability(p, y)["count"].sum() == 500
    assert reliability(p.requires_grad_(), y)["predicted"][0] < 1 / 15
    lazy = reliability(dask.from_array(P[0, 0]), dask.from_array(Y[0, 0]))
    pd.testing.assert_frame_equal(lazy, reliability(P[0, 0], Y[0, 0]))


def test_a_tensor_with_a_gradient_has_a_table():
    torch = pytest.importorskip("torch")
    p = torch.as_tensor(P[0, 0]).requires_grad_()
    pd.testing.assert_frame_equal(reliability(p, torch.as_tensor(Y[0, 0])), reliability(P[0, 0], Y[0, 0]))

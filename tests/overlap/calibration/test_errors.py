"""Oracles: other tools' values, and loops over the cells."""

from __future__ import annotations

import time
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap.calibration import (
    average_calibration_error,
    brier,
    expected_calibration_error,
    maximum_calibration_error,
    reliability,
)

ERRORS = (expected_calibration_error, average_calibration_error, maximum_calibration_error)

_golden = np.random.default_rng(13)
P = np.round(_golden.beta(0.4, 1.2, (2, 3, 500)), 6).astype(np.float32)
Y = _golden.random((2, 3, 500)) < P**1.5

MONAI = {
    expected_calibration_error: [0.0886968, 0.0927357, 0.0870242, 0.0720966, 0.0744873, 0.0929624],
    average_calibration_error: [0.10586, 0.1459282, 0.1297222, 0.1006187, 0.1222383, 0.1612264],
    maximum_calibration_error: [0.2463845, 0.5881918, 0.4325692, 0.2483189, 0.3274053, 0.491093],
}
"""MONAI 1.6.1, CalibrationErrorMetric of P and Y with 20 bins, each of its reductions."""

TORCHMETRICS = {
    expected_calibration_error: [0.0938686, 0.0902611, 0.0795546, 0.0713103, 0.07461, 0.0924868],
    maximum_calibration_error: [0.2330188, 0.2809693, 0.2558441, 0.2188043, 0.3437214, 0.3749435],
}
"""torchmetrics 1.9.0, binary_calibration_error with 15 bins, norm "l1" and "max"; its bins have their left end."""

SKLEARN_BRIER = [
    0.07813215656356477,
    0.09982221828623597,
    0.09422696126600641,
    0.08302827881935644,
    0.10985097638927147,
    0.0862179642983708,
]
"""scikit-learn 1.9.1, brier_score_loss."""

rng = np.random.default_rng(14)


def bin_of(p, n_bins, closed):
    """Return the bin of one prediction among bins of equal width."""
    edges = [k / n_bins for k in range(1, n_bins)]
    return sum(p > edge if closed == "right" else p >= edge for edge in edges)


def gaps_by_loop(p, y, w, n_bins, closed):
    """Return the weight of each bin with a cell, and how far it is off."""
    cells = {}
    for one in zip(p, y, w, strict=True):
        cells.setdefault(bin_of(one[0], n_bins, closed), []).append(one)
    weights, gaps = [], []
    for members in cells.values():
        whole = sum(w for _, _, w in members)
        if whole > 0:
            weights.append(whole)
            gaps.append(abs(sum(w * (p - y) for p, y, w in members)) / whole)
    return np.array(weights), np.array(gaps)


@pytest.mark.parametrize("error", MONAI)
def test_monai(error):
    np.testing.assert_allclose(error(P, Y, n_bins=20, axis=2).ravel(), MONAI[error], atol=2e-7)


@pytest.mark.parametrize("error", TORCHMETRICS)
def test_torchmetrics(error):
    np.testing.assert_allclose(error(P, Y, closed="left", axis=2).ravel(), TORCHMETRICS[error], atol=2e-7)


def test_sklearn():
    np.testing.assert_allclose(brier(P, Y, axis=2).ravel(), SKLEARN_BRIER, rtol=1e-14)


@pytest.mark.slow
@given(
    p=hnp.arrays(np.float64, 12, elements=st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.3, 0.5, 0.6, 0.7, 1.0])),
    y=hnp.arrays(np.float64, 12, elements=st.floats(0, 1)) | hnp.arrays(bool, 12),
    w=hnp.arrays(np.float64, 12, elements=st.sampled_from([0.0, 1.0, 2.5])),
    n_bins=st.integers(1, 12),
    closed=st.sampled_from(["right", "left"]),
)
def test_a_loop_over_the_cells(p, y, w, n_bins, closed):
    options = {"n_bins": n_bins, "closed": closed, "weights": w}
    weights, gaps = gaps_by_loop(p, y, w, n_bins, closed)
    if len(weights) == 0:
        assert all(np.isnan(error(p, y, **options)) for error in ERRORS)
        return
    expected = (np.average(gaps, weights=weights), gaps.mean(), gaps.max())
    np.testing.assert_allclose([error(p, y, **options) for error in ERRORS], expected, atol=1e-14)
    assert brier(p, y, weights=w) == pytest.approx(np.average((p - y) ** 2, weights=w), abs=1e-14)
    table = reliability(p, y, **options)
    assert len(table) == n_bins
    assert table["count"].sum() == np.count_nonzero(w)
    assert table["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("measure", [*ERRORS, brier])
def test_what_does_not_count_may_hold_anything(measure):
    where = rng.random((2, 1, 500)) < 0.3
    where[1] = False
    p = np.where(where, P, nan)
    got = measure(p, np.where(where, Y, nan), where=where, axis=2)
    for k in range(3):
        cells = where[0, 0]
        assert got[0, k] == pytest.approx(measure(P[0, k, cells], Y[0, k, cells]), abs=1e-14)
    assert np.isnan(got[1]).all()


@pytest.mark.parametrize("measure", [*ERRORS, brier])
def test_every_library(backend, measure):
    p = rng.random((2, 3, 4))
    y = rng.random((2, 3, 4)) < p
    got = measure(backend.asarray(p), backend.asarray(y), axis=(0, 2))
    np.testing.assert_allclose(backend.to_numpy(got), measure(p, y, axis=(0, 2)), rtol=1e-13)


@pytest.mark.parametrize("error", ERRORS)
def test_bins_of_equal_mass_in_other_libraries(error):
    torch = pytest.importorskip("torch")
    strict = pytest.importorskip("array_api_strict")
    expected = error(P, Y, n_bins=7, binning="mass", axis=2)
    for asarray in (torch.as_tensor, strict.asarray):
        got = error(asarray(P), asarray(Y), n_bins=7, binning="mass", axis=2)
        np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12)


@pytest.mark.parametrize("error", ERRORS)
def test_gradients_with_the_bins_as_they_are(error):
    torch = pytest.importorskip("torch")
    p = (torch.arange(12, dtype=torch.float64) / 13 + 0.02).requires_grad_()
    y = torch.tensor([False, False, True] * 4)
    assert torch.autograd.gradcheck(lambda p: error(p, y, n_bins=3), p)
    assert torch.func.vmap(lambda p: error(p, y, n_bins=3))(p.detach().expand(2, 12)).shape == (2,)


def test_hard_predictions():
    p = np.array([True, False, True, False])
    y = np.array([True, False, False, False])
    assert brier(p, y) == 0.25
    assert expected_calibration_error(p, y) == 0.25
    assert reliability(p, y, n_bins=2)["count"].tolist() == [2, 2]


def test_no_cells():
    nothing = np.zeros((2, 0))
    for measure in (*ERRORS, brier):
        assert np.isnan(measure(nothing, nothing, axis=1)).all()
    assert np.isnan(expected_calibration_error(nothing, nothing, binning="mass"))
    assert reliability(nothing, nothing, n_bins=3)["count"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_bins": 0}, "n_bins must be a whole number >= 1, got 0"),
        ({"n_bins": 2.5}, "n_bins must be a whole number >= 1, got 2.5"),
        ({"binning": "quantile"}, "binning must be one of 'width', 'mass', got 'quantile'"),
        ({"closed": "both"}, "closed must be one of 'right', 'left', got 'both'"),
        ({"axis": 1}, "axis must be None"),
        ({"where": np.ones(2) > 0}, "where has shape"),
    ],
)
def test_what_is_refused(options, message):
    p = np.array([0.5, 0.5, 0.1])
    for measure in (*ERRORS, reliability):
        with pytest.raises(ValueError, match=f"calibration.{measure.__name__}: {message}"):
            measure(p, p, **options)


def test_what_is_refused_of_values():
    p = np.array([0.5, 1.5])
    with pytest.raises(ValueError, match="calibration.brier: 1 counted values of prediction are out of range"):
        brier(p, p > 0)
    with pytest.raises(TypeError, match="calibration.reliability: target has dtype int64"):
        reliability(p / 2, np.array([0, 1]))
    with pytest.raises(ValueError, match="calibration.reliability: level must lie between 0 and 1, got 95"):
        reliability(p / 2, p > 0, level=95)
    with pytest.raises(TypeError, match="calibration.reliability: prediction is None"):
        reliability(None, p > 0)


def test_a_million_cells_are_quick():
    p = rng.random(10**6)
    y = rng.random(10**6) < p
    begin = time.process_time()
    expected_calibration_error(p, y)
    # 0.18 s where nothing else runs
    assert time.process_time() - begin < 1.5

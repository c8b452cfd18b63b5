"""Oracles: scikit-learn, loops over bins, and the voxels of all cases put together by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

import overlap as ov
from domains.lesions import (
    as_image,
    calibration,
    consensus,
    example,
    pool_calibration,
    read_image,
)


def rated(k):
    """Return three raters as a forecast of the fourth."""
    raters = read_image(example(f"nodule_{k:02d}")) == 1
    return consensus(raters.isel(rater=[0, 1, 2])), raters.isel(rater=3)


def drawn(seed, shape=(9, 8, 5)):
    """Return chances, and what they come to if they are a fifth too high."""
    draw = np.random.default_rng(seed)
    p = draw.random(shape)
    return as_image(p, 1.0), as_image(draw.random(shape) < 0.8 * p, 1.0)


def expected_error(p, y, n_bins):
    """Return ECE as the paper writes it: bins (k/n, (k + 1)/n]."""
    bins = np.clip(np.ceil(p * n_bins) - 1, 0, n_bins - 1)
    gaps = [abs(p[bins == k].sum() - y[bins == k].sum()) for k in range(n_bins)]
    return sum(gaps) / p.size


@pytest.mark.parametrize(("make", "k"), [(rated, 0), (rated, 9), (drawn, 1)], ids=["nodule 0", "nodule 9", "drawn"])
def test_scikit_learn(make, k):
    predicted, reference = make(k)
    report = calibration(predicted, reference, n_bins=10)
    p = predicted.values.ravel()
    y = reference.values.ravel()
    assert float(report.brier) == pytest.approx(brier_score_loss(y, p), abs=1e-12)
    assert float(report.ece) == pytest.approx(expected_error(p, y, 10), abs=1e-12)
    observed, mean = calibration_curve(y, p, n_bins=10)
    some = report.isel(bin=report["count"].values > 0)
    np.testing.assert_allclose(some.observed, observed, atol=1e-12)
    np.testing.assert_allclose(some.predicted, mean, atol=1e-12)
    gaps = abs(observed - mean)
    assert float(report.ace) == pytest.approx(gaps.mean(), abs=1e-12)
    assert float(report.mce) == pytest.approx(gaps.max(), abs=1e-12)


def test_each_case_is_scored_alone():
    alone = [drawn(seed) for seed in range(3)]
    predicted = xr.concat([p for p, _ in alone], "case").transpose("x", "case", "z", "y")
    reference = xr.concat([y for _, y in alone], "case")
    report = calibration(predicted, reference, n_bins=4)
    assert report.observed.dims == ("case", "bin")
    for k, (p, y) in enumerate(alone):
        one = calibration(p, y, n_bins=4)
        for name in one:
            np.testing.assert_allclose(report[name].isel(case=k), one[name], rtol=1e-12)


def test_what_does_not_count_is_left_out():
    predicted, reference = rated(3)
    near = predicted > 0
    report = calibration(predicted, reference, where=near)
    p = predicted.values[near.values]
    y = reference.values[near.values]
    assert float(report.brier) == pytest.approx(brier_score_loss(y, p), abs=1e-12)
    assert report["count"].sum() == near.sum()
    # background that nobody doubts makes the error small
    assert report.ece > calibration(predicted, reference).ece


def test_a_cohort_is_its_voxels_put_together():
    """Crops of different sizes, one after the other: as one row of voxels."""
    pairs = [rated(k) for k in (1, 5, 14, 20)]
    cohort = pool_calibration(xr.concat([calibration(*pair, n_bins=6) for pair in pairs], "case"))
    p = np.concatenate([pair[0].values.ravel() for pair in pairs])
    y = np.concatenate([pair[1].values.ravel() for pair in pairs])
    assert float(cohort.brier) == pytest.approx(brier_score_loss(y, p), abs=1e-12)
    assert float(cohort.ece) == pytest.approx(expected_error(p, y, 6), abs=1e-12)
    table = ov.calibration.reliability(p, y, n_bins=6)
    for name in ("lower", "upper", "count", "share", "predicted", "observed"):
        np.testing.assert_allclose(cohort[name], table[name], atol=1e-12)
    wanted = np.mean([brier_score_loss(y.values.ravel(), p.values.ravel()) for p, y in pairs])
    assert float(cohort["mean"].sel(error="brier")) == pytest.approx(wanted, abs=1e-12)
    assert cohort.n_defined.values.tolist() == [4, 4, 4, 4]
    some = cohort.isel(bin=cohort["count"].values > 0)
    assert (some.low <= some.observed).all()
    assert (some.observed <= some.high).all()


@pytest.mark.slow
@pytest.mark.parametrize("n_bins", [3, 10])
def test_many_cases_have_the_same_bins(n_bins):
    """Ends such as 1/3 and 0.1 are no whole halves: their mean over cases may be rounded."""
    cases = [calibration(*drawn(seed, (3, 2)), n_bins=n_bins) for seed in range(30)]
    assert pool_calibration(xr.concat(cases, "case"), n_resamples=10)["count"].sum() == 180


def test_errors_of_opposite_cases_cancel_in_the_sum_only():
    """One case has twice as much as predicted, the other nothing."""
    p = xr.DataArray(np.full((2, 10), 0.5), dims=("case", "x"))
    y = xr.DataArray(np.array([[True] * 10, [False] * 10]), dims=("case", "x"))
    cohort = pool_calibration(calibration(p, y))
    assert float(cohort.ece) == 0
    assert float(cohort["mean"].sel(error="ece")) == 0.5


@pytest.mark.slow
def test_the_intervals_are_those_of_resampled_cases():
    cases = [calibration(*drawn(seed, (4, 4)), n_bins=2) for seed in range(6)]
    cohort = pool_calibration(xr.concat(cases, "case"), n_resamples=500, rng=3)
    counts = np.array([case["count"].values for case in cases])
    there = np.array([case.observed.values for case in cases]) * counts
    draw = np.random.default_rng(1)
    shares = []
    for _ in range(4000):
        chosen = draw.integers(6, size=6)
        shares.append(there[chosen].sum(axis=0) / counts[chosen].sum(axis=0))
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(cohort.low, low, atol=0.03)
    np.testing.assert_allclose(cohort.high, high, atol=0.03)


def test_one_case_has_no_interval():
    one = calibration(*drawn(4)).expand_dims("case")
    cohort = pool_calibration(one)
    assert cohort.low.isnull().all()
    assert cohort.mean_low.isnull().all()
    assert float(cohort.ece) == pytest.approx(float(one.ece[0]))


def test_the_table_is_drawn_by_the_core():
    report = calibration(*rated(2))
    ax = ov.plotting.reliability(report.to_dataframe())
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert any("bins empty" in text for text in texts)


def test_refusals_name_the_remedy():
    predicted, reference = drawn(5)
    with pytest.raises(TypeError, match="calibration: reference has dtype int64, a label map: pass one label"):
        calibration(predicted, reference.astype(int))
    with pytest.raises(ValueError, match="different grids"):
        calibration(predicted, reference.isel(x=[0, 1]))
    with pytest.raises(ValueError, match="n_bins"):
        calibration(predicted, reference, n_bins=0)
    with pytest.raises(ValueError, match="confidence must be a number"):
        calibration(predicted, reference, confidence=95)
    report = calibration(predicted, reference)
    with pytest.raises(ValueError, match="no 'case': concatenate them"):
        pool_calibration(report)
    mass = [calibration(*drawn(seed), binning="mass") for seed in range(2)]
    with pytest.raises(ValueError, match='the bins of the cases differ: make the reports with binning="width"'):
        pool_calibration(xr.concat(mass, "case"))
    width = [calibration(*drawn(seed), binning="width") for seed in range(2)]
    assert pool_calibration(xr.concat(width, "case")).attrs["cases"] == 2

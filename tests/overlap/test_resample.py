"""Oracles: scipy's own bootstrap on the plain numbers, and coverage of a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import overlap as ov
from overlap import resample

rng = np.random.default_rng(11)
SIZE_A, SIZE_B = rng.integers(50, 500, (2, 40))
CASES = ov.Overlap(rng.binomial(np.minimum(SIZE_A, SIZE_B), 0.8), SIZE_A, SIZE_B)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_macro_is_the_bootstrap_of_a_mean(method):
    got = resample.confidence_interval(CASES, "dice", rng=0, method=method, average="macro", n_resamples=999)
    expected = stats.bootstrap(
        (ov.dice(CASES),),
        np.mean,
        vectorized=True,
        rng=np.random.default_rng(0),
        method=method,
        n_resamples=999,
    ).confidence_interval
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_micro_is_the_index_of_the_sum():
    low, high = resample.confidence_interval(CASES, rng=0, n_resamples=999)
    assert low < ov.dice(CASES.sum()) < high
    again = resample.confidence_interval(CASES, ov.dice, rng=0, n_resamples=999)
    assert (low, high) == tuple(again)


def test_covers_the_truth_about_as_often_as_it_says():
    hits, trials = 0, 200
    for seed in range(trials):
        draw = np.random.default_rng(seed)
        size = draw.integers(50, 500, 40)
        o = ov.Overlap(draw.binomial(size, 0.8), size, size)
        low, high = resample.confidence_interval(o, "recall", level=0.9, n_resamples=299, rng=seed)
        hits += low <= 0.8 <= high
    assert 0.82 <= hits / trials <= 0.97


def test_axis_and_shape():
    o = ov.Overlap(*(np.stack([x, x[::-1]]) for x in (CASES.intersection, SIZE_A, SIZE_B)))
    interval = resample.confidence_interval(o, axis=1, n_resamples=99, rng=0)
    assert interval.low.shape == (2,)
    assert (interval.low < interval.high).all()


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_undefined_cases_are_left_out(average):
    holes = ov.Overlap(*(np.r_[x, 0, 0, 0] for x in (CASES.intersection, SIZE_A, SIZE_B)))
    got = resample.confidence_interval(holes, rng=0, average=average, n_resamples=999)
    np.testing.assert_array_equal(got, resample.confidence_interval(CASES, rng=0, average=average, n_resamples=999))
    nothing = ov.Overlap(np.zeros(5), np.zeros(5), np.zeros(5))
    assert np.isnan(resample.confidence_interval(nothing, average=average)).all()


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_perfect_cases_leave_no_doubt(average):
    perfect = ov.Overlap(SIZE_A, SIZE_A, SIZE_A)
    assert tuple(resample.confidence_interval(perfect, average=average)) == (1.0, 1.0)


def test_the_ends_have_names():
    interval = resample.confidence_interval(CASES, rng=0, n_resamples=99)
    assert isinstance(interval, resample.ConfidenceInterval)
    assert interval == (interval.low, interval.high)
    assert interval.low < interval.high


def test_bad_arguments():
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        resample.confidence_interval(CASES, level=95)
    with pytest.raises(ValueError, match="axis 3"):
        resample.confidence_interval(CASES, axis=3)
    with pytest.raises(ValueError, match="at least two cases"):
        resample.confidence_interval(CASES[:1])
    with pytest.raises(ValueError, match=r"index must be one of .*'dice'.* got 'f1'"):
        resample.confidence_interval(CASES, "f1")
    with pytest.raises(ValueError, match="BCa"):
        resample.confidence_interval(CASES, method="normal")
    with pytest.raises(ValueError, match="macro"):
        resample.confidence_interval(CASES, average="mean")

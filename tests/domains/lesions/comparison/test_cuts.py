"""Oracles: cuts in plain numpy, every draw of a nested and of an independent lesion, and the raters themselves."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import xarray as xr

from domains.lesions import (
    as_image,
    consensus,
    example,
    read_image,
    soft_volume,
    threshold_averaged_dice,
)


def line(values):
    return xr.DataArray(np.asarray(values), dims="x")


def dice_of_cuts(a, b, level, inequality):
    inside_a = a >= level if inequality == ">=" else a > level
    inside_b = b >= level if inequality == ">=" else b > level
    size = inside_a.sum() + inside_b.sum()
    return 2 * np.sum(inside_a & inside_b) / size if size else np.nan


@pytest.mark.parametrize("inequality", [">=", ">"])
def test_cuts_in_plain_numpy(inequality):
    raters = read_image(example("nodule_02")) == 1
    first = consensus(raters.isel(rater=[0, 1]))
    all_four = consensus(raters)
    report = threshold_averaged_dice(first, all_four, inequality=inequality)
    wanted = [dice_of_cuts(first.values, all_four.values, k / 10, inequality) for k in range(1, 10)]
    assert report.dice.values == pytest.approx(wanted, abs=1e-12)
    assert float(report.mean_dice) == pytest.approx(np.mean(wanted), abs=1e-12)
    assert report.attrs["inequality"] == inequality
    assert report.attrs["units"] == "mm³"


def test_the_inequality_decides():
    """Two raters who share one voxel of three: cut at 0.5, the map is the union or what both marked."""
    raters = line([0.5, 1.0, 0.5])
    predicted = line([False, True, False])
    report = threshold_averaged_dice(predicted, raters, levels=[0.5])
    assert float(report.mean_dice) == 0.5
    assert float(threshold_averaged_dice(predicted, raters, levels=[0.5], inequality=">").mean_dice) == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_share_of_tenths_is_hit(dtype):
    """Of ten raters k are a share of k/10, in whatever precision the map is stored."""
    shares = line((np.arange(11) / 10).astype(dtype))
    report = threshold_averaged_dice(shares, shares)
    assert report.size_a.values.tolist() == [11 - k for k in range(1, 10)]


def test_two_empty_cuts():
    predicted = line([0.4, 0.2])
    report = threshold_averaged_dice(predicted, predicted, levels=[0.3, 0.6])
    assert report.dice.values.tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert float(report.mean_dice) == 1
    assert report.n_defined == 1
    missed = threshold_averaged_dice(predicted, line([0.9, 0.2]), levels=[0.3, 0.6])
    assert float(missed.mean_dice) == 0.5
    assert float(threshold_averaged_dice(predicted, predicted, levels=[0.6], empty=1.0).mean_dice) == 1


def test_cases_and_where():
    draw = np.random.default_rng(8)
    a = xr.DataArray(draw.random((2, 5, 4)), dims=("case", "x", "y"))
    b = xr.DataArray(draw.random((2, 5, 4)), dims=("case", "x", "y"))
    where = xr.DataArray(draw.random((5, 4)) < 0.7, dims=("x", "y"))
    report = threshold_averaged_dice(a, b, levels=[0.4], where=where)
    for k in range(2):
        wanted = dice_of_cuts(a.values[k][where.values], b.values[k][where.values], 0.4, ">=")
        assert float(report.mean_dice[k]) == pytest.approx(wanted)


def volumes(p):
    """Return mean and deviation of |Y|, nested (at every level) and independent (every outcome)."""
    levels = (np.arange(20_000) + 0.5) / 20_000
    nested = (p >= levels[:, None]).sum(axis=1)
    mean = variance = 0.0
    for outcome in product([False, True], repeat=len(p)):
        y = np.array(outcome)
        chance = np.prod(np.where(y, p, 1 - p))
        mean += chance * y.sum()
        variance += chance * y.sum() ** 2
    return nested, mean, np.sqrt(variance - mean**2)


def test_volume_and_deviations_are_those_of_every_draw():
    p = np.array([1.0, 0.95, 0.65, 0.65, 0.3, 0.05, 0.0])
    nested, mean, independent = volumes(p)
    report = soft_volume(line(p), confidence=0.8)
    assert float(report.volume) == pytest.approx(mean)
    assert float(report.volume) == pytest.approx(nested.mean(), abs=1e-3)
    assert float(report.deviation_independent) == pytest.approx(independent)
    assert float(report.deviation_nested) == pytest.approx(nested.std(), abs=1e-3)
    assert float(report.low) == np.quantile(nested, 0.1, method="inverted_cdf") == 2
    assert float(report.high) == np.quantile(nested, 0.9, method="inverted_cdf") == 5


@pytest.mark.slow
def test_the_interval_holds_every_rater_of_every_nodule():
    for k in range(0, 30, 3):
        raters = read_image(example(f"nodule_{k:02d}")) == 1
        report = soft_volume(consensus(raters))
        volumes_of_raters = soft_volume(raters).volume
        assert report.low <= volumes_of_raters.min()
        assert volumes_of_raters.max() <= report.high
        assert float(report.volume) == pytest.approx(float(volumes_of_raters.mean()))
        assert report.deviation_independent < float(volumes_of_raters.std()) <= report.deviation_nested + 1e-9


def test_units_where_and_cases():
    p = as_image(np.full((2, 3, 4), 0.5), (0.5, 0.5, 2.0))
    report = soft_volume(p)
    assert float(report.volume) == 6
    assert report.volume.attrs["units"] == "mm³"
    assert float(report.deviation_nested) == 6
    half = soft_volume(p, where=p.x > 0.1)
    assert float(half.volume) == 3
    cases = xr.concat([p, p * 0], "case")
    assert soft_volume(cases).volume.values.tolist() == [6, 0]
    assert soft_volume(cases.transpose("z", "case", ...)).deviation_nested.values.tolist() == [6, 0]


def test_refusals_name_the_remedy():
    p = line([0.2, 0.4])
    with pytest.raises(ValueError, match="inequality must be one of '>=', '>'; got 'above'"):
        threshold_averaged_dice(p, p, inequality="above")
    with pytest.raises(ValueError, match="level must be a number >= 0 and <= 1; got 50"):
        threshold_averaged_dice(p, p, levels=[50])
    with pytest.raises(TypeError, match="pass one label"):
        threshold_averaged_dice(p.astype(int), p)
    with pytest.raises(ValueError, match="soft_volume: probability has values outside .*divide by the value"):
        soft_volume(100 * p)
    assert float(soft_volume(100 * p / 100).volume) == pytest.approx(0.6)
    with pytest.raises(ValueError, match="confidence must be a number > 0 and <= 1; got 95"):
        soft_volume(p, confidence=95)

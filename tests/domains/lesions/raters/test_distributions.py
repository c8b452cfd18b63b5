"""Oracles: the definition in plain numpy, and closed forms."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
import xarray as xr

from domains.lesions import as_image, example, generalised_energy_distance, read_image


def distance(a, b):
    union = np.sum(a | b)
    return 1 - np.sum(a & b) / union if union else 0.0


def energy_distance(samples, raters):
    """Return 2 E d(S, Y) − E d(S, S') − E d(Y, Y') over all ordered pairs."""
    between = np.mean([distance(s, y) for s in samples for y in raters])
    of_samples = np.mean([distance(s, t) for s in samples for t in samples])
    of_raters = np.mean([distance(y, z) for y in raters for z in raters])
    return 2 * between - of_samples - of_raters


@pytest.mark.parametrize("k", [1, 8])
def test_brute_force_on_nodules(k):
    raters = read_image(example(f"nodule_{k:02d}")) == 1
    rolled = [raters.isel(rater=r).roll(x=shift) for r, shift in [(0, 1), (2, 0), (3, -1)]]
    samples = xr.concat(rolled, "sample", coords="minimal", compat="override")
    report = generalised_energy_distance(samples, raters)
    masks = np.moveaxis(raters.values, -1, 0)
    assert float(report.ged) == pytest.approx(energy_distance(samples.values, masks), abs=1e-12)
    assert float(report.distance[1, 2]) == 0


def test_random_masks_some_of_them_empty():
    draw = np.random.default_rng(7)
    samples = draw.random((5, 4, 3)) < 0.3
    raters = draw.random((3, 4, 3)) < 0.3
    samples[1] = False
    raters[0] = False
    report = generalised_energy_distance(
        xr.DataArray(samples, dims=("sample", "x", "y")), xr.DataArray(raters, dims=("rater", "x", "y"))
    )
    assert float(report.ged) == pytest.approx(energy_distance(samples, raters), abs=1e-12)
    assert float(report.distance[1, 0]) == 0
    assert float(report.distance[1, 1]) == 1


def test_the_same_masks_are_no_distance_apart():
    raters = read_image(example("nodule_03")) == 1
    report = generalised_energy_distance(raters.rename(rater="sample"), raters)
    assert float(report.ged) == 0
    assert float(report.within_raters) == float(report.between) > 0


def test_one_sample_between_two_raters():
    """Raters {0} and {0, 1}, a sample {0}: 2 (0 + 1/2)/2 − 0 − (2 · 1/2)/4."""
    raters = xr.DataArray([[True, False], [True, True]], dims=("reader", "x"))
    sample = xr.DataArray([[True, False]], dims=("draw", "x"))
    report = generalised_energy_distance(sample, raters, sample_dim="draw", dim="reader")
    assert float(report.ged) == 0.25
    assert report.distance.dims == ("draw", "reader")


def test_soft_masks_and_a_policy():
    samples = xr.DataArray([[0.5, 0.0]], dims=("sample", "x"))
    raters = xr.DataArray([[0.25, 0.25], [0.0, 0.0]], dims=("rater", "x"))
    report = generalised_energy_distance(samples, raters)
    assert report.distance.values.tolist() == [[1 - 0.25 / 0.75, 1.0]]
    undefined = generalised_energy_distance(samples * 0, raters, empty=nan)
    assert np.isnan(undefined.ged)


def test_the_order_of_axes_does_not_matter():
    raters = read_image(example("nodule_05")) == 1
    samples = raters.isel(rater=[0, 2]).rename(rater="sample")
    turned = samples.transpose("z", "sample", "y", "x")
    want = generalised_energy_distance(samples, raters)
    assert float(generalised_energy_distance(turned, raters).ged) == float(want.ged)


def test_refusals_name_the_remedy():
    raters = as_image(np.ones((4, 4, 2), bool), 1.0, dims=("x", "y", "rater"))
    samples = raters.rename(rater="sample")
    with pytest.raises(ValueError, match="samples has sizes .*none along 'draw': name its dimension"):
        generalised_energy_distance(samples, raters, sample_dim="draw")
    with pytest.raises(ValueError, match="none along 'rater'"):
        generalised_energy_distance(samples, raters.isel(rater=[]))
    with pytest.raises(TypeError, match="samples has dtype int64, a label map"):
        generalised_energy_distance(samples.astype(int), raters)
    with pytest.raises(ValueError, match="different grids"):
        generalised_energy_distance(samples.isel(x=[0, 1]), raters)
    bare = xr.DataArray(np.ones((2, 3), bool), dims=("sample", "x"))
    other = xr.DataArray(np.ones((2, 4), bool), dims=("rater", "x"))
    with pytest.raises(ValueError, match="must be the same"):
        generalised_energy_distance(bare, other)

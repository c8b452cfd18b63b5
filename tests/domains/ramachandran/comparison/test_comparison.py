"""Oracle: the comparisons table of the reference notes, computed independently on the same regions."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import overlap as ov
from domains.ramachandran import CATEGORIES, LEVELS, assess, compare, example, hard_sphere, read_region, region
from domains.ramachandran.torus import centres


@pytest.mark.parametrize(
    ("options", "level", "iou", "dice"),
    [
        ({"tau": 110}, "allowed", 0.4685, 0.6381),
        ({"tau": 111}, "allowed", 0.4853, 0.6535),
        ({"tau": 111}, "favored", 0.5044, 0.6706),
        ({"tau": 113}, "allowed", 0.4835, None),
        ({"tau": 113}, "favored", 0.6128, None),
        ({"tau": 115}, "favored", 0.6258, None),
        ({"clashes": "ho2003"}, "allowed", 0.6699, 0.8023),
        ({"clashes": "ho2003", "limits": "normal"}, "favored", 0.5516, 0.7110),
        ({"scale": 0.95}, "allowed", 0.6976, 0.8218),
    ],
)
def test_hard_spheres(options, level, iou, dice):
    report = compare(hard_sphere(**options), level=level)
    assert float(report.iou) == pytest.approx(iou, abs=5e-5)
    if dice is not None:
        assert float(report.dice) == pytest.approx(dice, abs=5e-5)


@pytest.mark.parametrize(
    ("category", "iou", "outside", "missed"),
    [
        ("glycine", 0.3487, 0.624, 0.171),
        ("isoleucine or valine", 0.6051, 0.013, 0.390),
        ("pre-proline", 0.4756, None, None),
        ("trans-proline", 0.2486, None, None),
        ("cis-proline", 0.2737, None, None),
    ],
)
@pytest.mark.filterwarnings("ignore:ramachandran.compare")
def test_other_categories_are_no_prediction_of_the_general_one(category, iou, outside, missed):
    report = compare(region("top8000", category), category="general")
    assert float(report.iou) == pytest.approx(iou, abs=5e-5)
    if outside is not None:
        assert float(report.outside) == pytest.approx(outside, abs=5e-4)
        assert float(report.missed) == pytest.approx(missed, abs=5e-4)


RAMPLOT = {
    "general": (0.9346, 0.9706),
    "glycine": (0.9705, 0.9766),
    "cis-proline": (0.9212, 0.9420),
    "trans-proline": (0.9257, 0.9328),
    "pre-proline": (0.9552, 0.9413),
    "isoleucine or valine": (0.9464, 0.9588),
}


@pytest.mark.slow
@pytest.mark.parametrize("category", CATEGORIES)
def test_masks_of_another_program(category):
    """RamPlot 1.0.4 (MIT): 1° nodes, so the reference's score is interpolated there."""
    for level, iou in zip(("favored", "allowed"), RAMPLOT[category], strict=True):
        masks = read_region(example("ramplot"), f"{category}, {level}")
        report = compare(masks, category=category, level=level)
        assert float(report.iou) == pytest.approx(iou, abs=5e-5)
        assert report.attrs["regridding"] == "reference: score interpolated, then cut"


@pytest.mark.parametrize(
    ("level", "mass", "iou", "area"), [("favored", 0.98, 0.602, 27.0), ("allowed", 0.9995, 0.592, 65.7)]
)
def test_the_density_of_another_program(level, mass, iou, area):
    """ramachandraw 2.0.0 (MIT): its own 3.6° nodes; the figures were measured on the 2° grid of the reference."""
    density = read_region(example("ramachandraw"), as_="density", mass=mass)
    report = compare(density, level=level)
    assert float(report.iou) == pytest.approx(iou, abs=5e-3)
    assert float(report.share_a) == pytest.approx(area, abs=0.3)
    assert "hint" not in report.attrs


def test_a_good_prediction_gets_no_hint():
    assert "hint" not in compare(hard_sphere(clashes="ho2003"), level="allowed").attrs


def test_the_report():
    report = compare(hard_sphere(), level="allowed")
    assert float(report.share_b) == pytest.approx(38.8673, abs=1e-4)
    assert float(report.share_a) == pytest.approx(20.19, abs=5e-3)
    assert report.attrs["prediction"].startswith("hard spheres")
    assert report.attrs["reference"] == "top8000 general, allowed"
    assert {"tnorm", "empty", "units", "grid", "level", "category", "regridding", "version"} <= set(report.attrs)
    assert report.n_defined.sel(index="iou") == 1
    o = ov.Overlap(report.intersection.values, report.size_a.values, report.size_b.values)
    assert float(ov.dice(o)) == float(report.dice)
    assert float(report.outside) == pytest.approx(float(o.only_a / o.size_a))


def test_several_models_at_once():
    taus = [110.0, 111.0, 113.0]
    models = xr.concat([hard_sphere(tau=t) for t in taus], xr.Variable("tau", taus), combine_attrs="drop")
    report = compare(models, level="allowed")
    assert report.iou.dims == ("tau",)
    np.testing.assert_allclose(report.iou, [0.4685, 0.4853, 0.4835], atol=5e-5)
    assert report.n_defined.sel(index="iou") == 3


def test_each_category_meets_its_own():
    report = compare(region(category=None), level="favored")
    np.testing.assert_array_equal(report.iou, 1.0)
    assert report.category.values.tolist() == list(CATEGORIES)


@pytest.mark.slow
@pytest.mark.parametrize("tnorm", ["minimum", "product"])
def test_six_categories_and_both_levels_in_one_call(tnorm):
    masks = region("top8000", CATEGORIES[::-1], "allowed").drop_vars(["score", "cut"])
    together = compare(masks, level=LEVELS, tnorm=tnorm)
    assert together.iou.dims == ("category", "level")
    assert together.n_defined.values.tolist() == [12, 12]
    for level in LEVELS:
        each = compare(masks, level=level, tnorm=tnorm)
        for name in together.data_vars:
            if "category" in together[name].dims:
                np.testing.assert_array_equal(together[name].sel(level=level), each[name])


def test_one_call_makes_one_dataset(monkeypatch):
    """xarray's alignment and merging took nearly all of the time."""
    made = []
    plain = xr.Dataset.__init__

    def counted(self, *arguments, **options):
        made.append(1)
        plain(self, *arguments, **options)

    masks = region("top8000", None).drop_vars(["score", "cut"])
    monkeypatch.setattr(xr.Dataset, "__init__", counted)
    monkeypatch.setattr(xr, "align", lambda *_, **__: pytest.fail("aligned"))
    compare(masks, level=LEVELS)
    assert len(made) == 1


@pytest.mark.slow
def test_one_prediction_against_several_categories_and_levels():
    cells = hard_sphere()
    together = compare(cells, category=["glycine", "general"], level=["allowed", "favored"])
    assert together.iou.sizes == {"category": 2, "level": 2}
    for category in ("glycine", "general"):
        for level in LEVELS:
            one = compare(cells, category=category, level=level)
            assert float(together.iou.sel(category=category, level=level)) == float(one.iou)
    assert together.attrs["category"] == "glycine, general"


@pytest.mark.slow
def test_each_level_meets_its_own():
    cells = region("top8000", None, ["allowed", "favored"])
    report = compare(cells, level=None)
    np.testing.assert_array_equal(report.iou, 1.0)
    assert report.level.values.tolist() == ["allowed", "favored"]
    with pytest.raises(ValueError, match=r"^ramachandran.compare: each level of the prediction must be .*; got 'core'"):
        compare(cells.assign_coords(level=["core", "favored"]), level=None)


def test_what_is_assessed_carries_what_was_measured():
    cells, weights = hard_sphere(n=90), xr.full_like(hard_sphere(n=90), 0.5, dtype=float)
    assessed = assess(cells, level="allowed", weights=weights, tnorm="product", empty=1.0)
    assert assessed.reference.sizes == cells.sizes
    assert assessed.regridding == "score interpolated, then cut"
    assert float(assessed.torus) == 90 * 90 * 0.5
    o = ov.raster.measure(cells.values, assessed.reference.values, weights=weights.values)
    assert float(assessed.overlap.intersection) == float(o.intersection)
    xr.testing.assert_identical(
        assessed.report, compare(cells, level="allowed", weights=weights, tnorm="product", empty=1.0)
    )
    assert assessed.report.attrs["units"] == "weighted cells"
    assert "intersection" in assessed._repr_html_()
    with pytest.raises(AttributeError):
        assessed.settings.tnorm = "minimum"


def test_angles_are_kept_with_what_was_assessed():
    residues = assess(hard_sphere(n=90), angles=([-60, 60, np.nan], [-45, 45, 0])).residues
    assert (len(residues.phi), residues.n_missing) == (2, 1)


def test_a_reference_that_is_used_again_cannot_be_written():
    cells = hard_sphere()
    before = compare(cells, level="allowed")
    truth = assess(cells, level="allowed").reference
    with pytest.raises(ValueError, match="read-only|copy"):
        truth[:] = True
    truth.attrs["name"] = "mine"
    xr.testing.assert_identical(compare(cells, level="allowed"), before)
    own = region(level="allowed")
    own[:] = True
    xr.testing.assert_identical(compare(cells, level="allowed"), before)


@pytest.mark.parametrize("dims", [("psi",), ("phi", "psi"), ("tau", "psi", "phi")])
def test_weights_broadcast_by_name(dims):
    rng = np.random.default_rng(0)
    cells = xr.concat([hard_sphere(n=36, tau=t) for t in (110, 113)], xr.Variable("tau", [110, 113]))
    shape = [cells.sizes[dim] for dim in dims]
    weights = xr.DataArray(rng.random(shape), dims=dims, coords={dim: cells[dim] for dim in dims})
    report = compare(cells, level="allowed", weights=weights)
    full = (weights + xr.zeros_like(cells, dtype=float)).transpose(*cells.dims)
    sizes = (cells * full).sum(["psi", "phi"])
    np.testing.assert_allclose(report.size_a, sizes)
    np.testing.assert_allclose(report.share_a, 100 * sizes / full.sum(["psi", "phi"]))


@pytest.mark.parametrize(
    ("weights", "error", "said"),
    [
        (lambda w: -w, ValueError, "weights run from -1 to -1; sizes of cells are not negative"),
        (lambda w: w * np.nan, ValueError, "weights run from nan to nan"),
        (lambda w: w.astype(complex), TypeError, "weights are complex128"),
        (lambda w: w.values, TypeError, "weights are a ndarray; pass a DataArray"),
        (lambda w: "density", TypeError, "weights are a str; pass a DataArray"),
        (lambda w: w.assign_coords(phi=w.phi + 1), ValueError, "weights: other cells along 'phi'"),
        (lambda w: w.isel(psi=slice(9)), ValueError, r"weights: other cells along 'psi'.*weights.sel\(psi="),
    ],
)
def test_wrong_weights(weights, error, said):
    cells = hard_sphere(n=36)
    with pytest.raises(error, match=f"^ramachandran.compare: {said}"):
        compare(cells, weights=weights(xr.ones_like(cells, dtype=float)))


def test_labels_of_the_two_sides_are_the_same():
    models = xr.concat([hard_sphere(n=36, tau=t) for t in (110, 113)], xr.Variable("tau", [110, 113]))
    bare = models.drop_vars("tau")
    np.testing.assert_array_equal(compare(bare, models).iou, 1.0)
    assert "tau" not in compare(bare).coords
    with pytest.raises(ValueError, match=r"reference: other cells along 'tau'.*reference.sel\(tau=prediction.tau\)"):
        compare(models, models.assign_coords(tau=[110, 115]))


def test_the_hint_is_measured_as_the_report_is():
    """A reading that fits well, except where the weights are, is no hint."""
    truth = hard_sphere()
    rows = np.arange(180)[:, None]
    weighted = np.broadcast_to((rows >= 120) & (rows < 150), truth.shape)
    fits_elsewhere = np.where(weighted, False, truth.values)
    turned = truth.copy(data=fits_elsewhere[::-1])
    weights = truth.copy(data=weighted.astype(float))
    assert "psi upside down?" in compare(turned, truth).attrs["hint"]
    assert "hint" not in compare(turned, truth, weights=weights).attrs


def test_soft_predictions_are_not_cut():
    soft = region().drop_vars(["score", "cut"]).astype(float) * 0.5
    report = compare(soft)
    assert float(report.iou) == pytest.approx(0.5)
    assert float(report.outside) == pytest.approx(0.0)


def test_weights_are_areas_of_cells():
    cells = hard_sphere()
    doubled = compare(cells, level="allowed", weights=xr.full_like(cells, 2.0, dtype=float))
    plain = compare(cells, level="allowed")
    assert float(doubled.iou) == pytest.approx(float(plain.iou))
    assert float(doubled.share_a) == pytest.approx(float(plain.share_a))
    assert float(doubled.size_a) == 2 * float(plain.size_a)


def test_empty_regions():
    nothing = xr.zeros_like(hard_sphere())
    assert float(compare(nothing).iou) == 0.0
    both = compare(nothing, nothing)
    assert np.isnan(both.iou)
    assert both.n_defined.sel(index="iou") == 0
    assert float(compare(nothing, nothing, empty=1.0).dice) == 1.0


def test_any_two_regions():
    fine = xr.DataArray(np.ones((360, 360), bool), coords={"psi": centres(360), "phi": centres(360)})
    report = compare(fine, hard_sphere())
    assert report.attrs["regridding"] == "reference: nearest cell"
    assert float(report.iou) == pytest.approx(float(hard_sphere().mean()))


def test_a_wrong_category_warns():
    with pytest.warns(UserWarning, match="'glycine', the reference of 'general'"):
        compare(region("top8000", "glycine"), category="general")


def test_bad_input():
    with pytest.raises(TypeError, match=r"the prediction is a path; read it first: read_region\('mine.csv'\)"):
        compare("mine.csv")
    with pytest.raises(TypeError, match=r"^ramachandran.compare: .*ndarray.*DataArray with dimensions psi and phi"):
        compare(np.ones((180, 180), bool))
    half = hard_sphere().isel(phi=slice(90))
    with pytest.raises(ValueError, match="^ramachandran.compare: prediction: phi.*once round"):
        compare(half)
    with pytest.raises(TypeError, match="^ramachandran.compare: prediction: the values are int64"):
        compare(hard_sphere().astype(int))


@pytest.mark.parametrize("empty", ["nan", None, True])
def test_what_an_empty_pair_is_worth_is_a_number(empty):
    with pytest.raises(ValueError, match=r"^ramachandran.compare: empty must be a number or an EmptyPolicy"):
        compare(hard_sphere(n=36), empty=empty)


def rolled(x, rows, columns):
    return x.drop_vars(["score", "cut"], errors="ignore").copy(data=np.roll(x.values, (rows, columns), (-2, -1)))


def numbers_of(report):
    return {name: report[name].values for name in ("intersection", "size_a", "size_b", "iou", "dice")}


@pytest.mark.parametrize("level", LEVELS)
def test_a_common_roll_changes_nothing(level):
    a, b = hard_sphere(clashes="ho2003"), region(category=None, level=level)
    plain = numbers_of(compare(rolled(a, 0, 0), rolled(b, 0, 0)))
    for rows, columns in [(1, 0), (0, 89), (17, 140)]:
        assert_same(numbers_of(compare(rolled(a, rows, columns), rolled(b, rows, columns))), plain)


def test_transposing_or_negating_both_changes_nothing():
    a, b = hard_sphere(), region(category=None).drop_vars(["score", "cut"])
    plain = numbers_of(compare(a, b))
    swapped = {"psi": "phi", "phi": "psi"}
    assert_same(numbers_of(compare(a.rename(swapped), b.rename(swapped))), plain)
    flipped = [x.copy(data=x.values[..., ::-1, ::-1]) for x in (a, b)]
    assert_same(numbers_of(compare(*flipped)), plain)
    negated = [x.assign_coords(psi=-x.psi, phi=-x.phi) for x in (a, b)]
    assert_same(numbers_of(compare(*negated)), plain)


def assert_same(found, expected):
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)

"""Oracle: the report's own sizes, and plain numpy inside each basin."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains.ramachandran import assess, basins, compare, hard_sphere, region


def test_one_prediction():
    assessed = assess(hard_sphere(), level="allowed")
    table = basins(assessed)
    for name in ("intersection", "size_a", "size_b"):
        assert table[name].sum() == float(getattr(assessed.overlap, name))
    assert table["basin"].tolist()[:3] == ["alphaR + beta/PPII", "alphaL", "gamma'"]
    alpha_l = table.set_index("basin").loc["alphaL"]
    # found with scipy's labels, merged over the seam by hand
    assert alpha_l["size_b"] == 1656
    assert alpha_l["area"] == pytest.approx(100 * 1656 / 180**2)
    assert alpha_l["mass"] == pytest.approx(0.0275, abs=5e-5)
    assert alpha_l["iou"] == alpha_l["intersection"] / (alpha_l["size_a"] + alpha_l["size_b"] - alpha_l["intersection"])


def test_the_report_says_what_is_missed():
    report = compare(hard_sphere(), level="allowed")
    assert report.attrs["basins"].startswith("alphaL is missed (area 5.1 %, 2.8 % of residues)")
    assert "basins" not in compare(hard_sphere(clashes="ho2003"), level="allowed").attrs
    assert "basins" not in compare(region(category=None)).attrs, "of stacks the table tells"


@pytest.mark.slow
def test_a_stack():
    models = xr.concat([hard_sphere(tau=t) for t in (110, 113)], xr.Variable("tau", [110, 113]), combine_attrs="drop")
    assessed = assess(models, level=None)
    table = basins(assessed)
    assert list(table.columns[:3]) == ["tau", "level", "basin"]
    sums = table.groupby(["tau", "level"])["intersection"].sum()
    assert sums.loc[(110, "allowed")] == float(assessed.report.intersection.sel(tau=110, level="allowed"))
    one = basins(assess(hard_sphere(tau=113), level="favored"))
    of_stack = table[(table["tau"] == 113) & (table["level"] == "favored")].drop(columns=["tau", "level"])
    np.testing.assert_array_equal(of_stack["iou"], one["iou"])


@pytest.mark.slow
def test_regions_without_ranks_and_soft_ones():
    table = basins(assess(hard_sphere(), hard_sphere("normal")))
    assert table["mass"].isna().all()
    soft = hard_sphere().astype(float)
    with pytest.raises(TypeError, match=r"^ramachandran.basins: the prediction is soft; cut it first, such as"):
        basins(assess(soft))
    with pytest.raises(TypeError, match="the reference is soft"):
        basins(assess(hard_sphere(), soft))


@pytest.mark.slow
def test_weights_are_sizes():
    weights = xr.full_like(hard_sphere(), 2.0, dtype=float)
    plain, weighted = basins(assess(hard_sphere())), basins(assess(hard_sphere(), weights=weights))
    np.testing.assert_array_equal(weighted["size_a"], 2 * plain["size_a"])
    np.testing.assert_allclose(weighted["area"], plain["area"])

"""Oracle: the areas table of the Top8000 reference, counted by its own community's tools."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains.ramachandran import CATEGORIES, reference, region
from domains.ramachandran.regions.regions import check_membership, regrid, same_grid
from domains.ramachandran.torus import centres

CELLS = {  # favored, favored and allowed
    "general": (5273, 12593),
    "glycine": (11638, 20346),
    "cis-proline": (1843, 3414),
    "trans-proline": (1492, 3231),
    "pre-proline": (3269, 7198),
    "isoleucine or valine": (3258, 7530),
}
BILINEAR = {  # per cent of the torus, 0.2° supersampling
    "general": (16.2819, 38.9825),
    "glycine": (35.9874, 62.9390),
    "cis-proline": (5.6942, 10.6092),
    "trans-proline": (4.6216, 9.9570),
    "pre-proline": (10.1233, 22.2520),
    "isoleucine or valine": (10.1366, 23.4012),
}


@pytest.mark.parametrize("category", CATEGORIES)
def test_areas(category):
    favored, allowed = (region("top8000", category, level) for level in ("favored", "allowed"))
    assert (int(favored.sum()), int(allowed.sum())) == CELLS[category]
    assert bool((allowed | ~favored).all()), "allowed is cumulative"


@pytest.mark.slow
@pytest.mark.parametrize("category", CATEGORIES)
def test_on_a_finer_grid_the_score_is_interpolated_and_then_cut(category):
    fine = grid(1800)
    for level, expected in zip(("favored", "allowed"), BILINEAR[category], strict=True):
        moved, how = regrid(region("top8000", category, level), fine)
        assert how == "score interpolated, then cut"
        assert float(moved.mean()) * 100 == pytest.approx(expected, abs=1e-4)


def test_the_order_of_the_cells_changes_nothing_that_is_interpolated():
    cells = region(level="allowed")
    turned = cells.assign_coords(phi=cells.phi % 360)[::-1]
    like = grid(90)
    np.testing.assert_array_equal(regrid(turned, like)[0], regrid(cells, like)[0])


def test_a_plain_mask_goes_by_nearest_cell():
    fine = grid(360)
    plain = region().drop_vars(["score", "cut"])
    moved, how = regrid(plain, fine)
    assert how == "nearest cell"
    assert int(moved.sum()) == 4 * int(plain.sum())


def test_the_same_grid_is_left_alone():
    cells = region()
    moved, how = regrid(cells, cells.copy())
    assert how == "none"
    assert moved is cells


def test_a_grid_from_0_to_360_is_the_same_torus():
    cells = region()
    turned = cells.assign_coords(phi=cells.phi % 360, psi=cells.psi % 360).sortby(["phi", "psi"])
    moved, _ = regrid(turned, cells)
    np.testing.assert_array_equal(moved, cells)
    back, _ = regrid(turned.drop_vars(["score", "cut"]), cells)
    np.testing.assert_array_equal(back, cells)


def test_all_categories_at_once():
    together = region(category=None)
    assert together.dims == ("category", "psi", "phi")
    np.testing.assert_array_equal(together.sel(category="glycine"), region("top8000", "glycine"))
    moved, _ = regrid(together, grid(90))
    np.testing.assert_array_equal(moved.sel(category="glycine"), regrid(region("top8000", "glycine"), grid(90))[0])


def test_several_categories_and_levels():
    together = region("top8000", ["glycine", "general"], ["allowed", "favored"])
    assert together.dims == ("category", "level", "psi", "phi")
    for name in ("glycine", "general"):
        for level in ("allowed", "favored"):
            one = together.sel(category=name, level=level)
            np.testing.assert_array_equal(one, region("top8000", name, level))
    moved, how = regrid(together, grid(90))
    assert how == "score interpolated, then cut"
    assert moved.dims == ("category", "level", "psi", "phi")
    one, _ = regrid(region("top8000", "glycine", "allowed"), grid(90))
    np.testing.assert_array_equal(moved.sel(category="glycine", level="allowed"), one)


@pytest.mark.parametrize(
    ("category", "level", "name", "meaning"),
    [
        ("glycine", "allowed", "top8000 glycine, allowed", "favored and allowed: score >= cut"),
        (None, "favored", "top8000 all categories, favored", "favored: score >= cut"),
        (CATEGORIES, None, "top8000 all categories, all levels", "favored, or favored and allowed: score >= cut"),
        (["general", "glycine"], ["favored"], "top8000 general, glycine, favored", "favored: score >= cut"),
    ],
)
def test_a_region_says_what_it_holds(category, level, name, meaning):
    attrs = region("top8000", category, level).attrs
    assert (attrs["name"], attrs["meaning"]) == (name, meaning)


def test_same_grid():
    cells = region()
    assert same_grid(cells, region(level="allowed"))
    assert not same_grid(cells, cells.assign_coords(phi=cells.phi + 1e-9))
    assert not same_grid(cells, grid(90))


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        (np.array([0, 1]), TypeError, "^mine: the values are int64; a region is bool, or floating"),
        (np.array([0.5, np.nan]), ValueError, r"^mine: 1 cells have no value \(NaN\)"),
        (np.array([0.5, 1.5]), ValueError, r"^mine: the values run from 0.5 to 1.5; .*density >= level"),
        (np.array([-0.5, 1.0]), ValueError, "^mine: the values run from -0.5 to 1"),
    ],
)
def test_what_is_no_membership(values, error, said):
    with pytest.raises(error, match=said):
        check_membership(values, "mine")


def test_what_is_membership():
    for values in (np.array([True, False]), np.array([0.0, 1.0]), np.zeros(0)):
        check_membership(values, "mine")


def test_a_reference_of_one_s_own():
    own = reference().assign_attrs(name="mine")
    own["favored"] = own.favored * 0 + 0.5
    cells = region(own, "general", "favored")
    assert cells.attrs["reference"] == "mine"
    assert int(cells.sum()) < 5273


def test_attrs_say_what_it_is():
    attrs = region("top8000", "glycine", "allowed").attrs
    assert attrs["level"] == "allowed"
    assert "favored and allowed" in attrs["meaning"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("top8000", "general", "core"), "^ramachandran.region: level must be one of 'favored', 'allowed'; got 'core'"),
        (("top8000", ["general", "alpha"]), "^ramachandran.region: category must be .*'glycine'.*; got 'alpha'"),
        (("top500",), "^ramachandran.reference: name must be one of 'top8000'; got 'top500'"),
    ],
)
def test_unknown_names(arguments, said):
    with pytest.raises(ValueError, match=said):
        region(*arguments)


def grid(n):
    return xr.DataArray(np.zeros((n, n), bool), dims=("psi", "phi"), coords={"psi": centres(n), "phi": centres(n)})

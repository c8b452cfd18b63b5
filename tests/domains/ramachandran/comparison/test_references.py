"""Oracle: `region`, regridded."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

from domains.ramachandran import CATEGORIES, compare, draw_angles, hard_sphere, reference, region, region_from_angles
from domains.ramachandran.comparison.references import Source, category_mismatch, check_given, choose, region_at
from domains.ramachandran.regions.regions import regrid
from domains.ramachandran.torus import centres


@pytest.mark.parametrize("of", ["top8000", "a Dataset"])
@pytest.mark.parametrize("names", [("glycine", "favored"), (CATEGORIES[::-1], "allowed"), ("general", ("allowed",))])
def test_regions_at_other_centres(of, names):
    category, level = names
    data = of if of == "top8000" else reference()
    psi, phi = centres(36), centres(40) + 1
    like = xr.DataArray(np.zeros((36, 40)), coords={"psi": psi, "phi": phi}, dims=("psi", "phi"))
    chosen = [names if isinstance(names, str) else list(names) for names in (category, level)]
    expected, _ = regrid(region("top8000", *chosen), like)
    xr.testing.assert_equal(region_at(data, category, level, psi, phi), expected)


def test_a_prediction_meets_the_labels_it_has():
    models = region("top8000", ["glycine", "general"], ["allowed"])
    source = choose(models, "top8000", None, None)
    assert source.category == ("glycine", "general")
    assert source.level == ("allowed",)
    assert source.region.sizes == models.sizes
    with pytest.raises(ValueError, match="each category of the prediction must be one of .*; got 'alanine'"):
        choose(models.assign_coords(category=["alanine", "general"]), "top8000", None, None)
    assert choose(hard_sphere(), "top8000", None, None).level == ("favored", "allowed")


def test_what_a_source_can_do():
    cells = hard_sphere(n=36)
    given = Source(cells)
    assert not given.can_move(10.0, 10.0)
    assert Source(hard_sphere(n=72)).can_move(10.0, 10.0)
    assert Source(region()).can_move(2.0, 2.0)
    psi = cells.psi.values
    phi = cells.phi.values
    assert given.of_categories(psi, phi)[0] == ()
    names, regions = choose(cells, "top8000", None, "allowed").of_categories(psi, phi)
    assert names == tuple(CATEGORIES)
    expected = region_at("top8000", "glycine", "allowed", psi, phi)
    np.testing.assert_array_equal(regions[names.index("glycine")].values, expected)


def test_options_that_would_be_ignored():
    check_given(hard_sphere(), None, "favored")
    for options in ({"category": "general", "level": "favored"}, {"category": None, "level": "allowed"}):
        with pytest.raises(ValueError, match="chooses an empirical region, but the reference is a region itself"):
            check_given(hard_sphere(), **options)


def test_categories_that_differ():
    glycine = region("top8000", "glycine")
    assert category_mismatch(glycine, region()) == "the prediction is of category 'glycine', the reference of 'general'"
    assert not category_mismatch(hard_sphere(), region())
    assert not category_mismatch(glycine, region("top8000", ["general", "glycine"]))
    several = region("top8000", ["general", "glycine", "pre-proline"])
    assert "of category 'glycine, pre-proline', the reference of 'general'" in category_mismatch(several, region())
    with pytest.warns(UserWarning, match="^ramachandran.compare: the prediction is of category 'glycine, pre-proline'"):
        compare(several, category="general")
    with pytest.raises(ValueError, match=r"'glycine', the reference of 'general'; choose .* category= \(--category\)"):
        compare(glycine, category="general", strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("of", ["top8000", "a Dataset"])
def test_a_region_of_another_level_s_mass_is_told(of, recwarn):
    """Each remedy, followed literally: the mass that is named, and the level that is named."""
    data = of if of == "top8000" else reference()
    phi, psi = draw_angles(4000, seed=2)
    held = region_from_angles(phi, psi)
    compare(held, data)
    compare(region_from_angles(phi, psi, mass=0.9), data, level="allowed")
    assert not recwarn.list
    with pytest.warns(UserWarning, match="holds 98 % .* as favored regions do, .* allowed, holds 99.95 %;") as told:
        apart = compare(held, data, level="allowed")
    (mass,) = re.findall(r"make it with mass=([\d.]+)", str(told[0].message))
    (level,) = re.findall(r'compare it with level="(\w+)"', str(told[0].message))
    alike = compare(region_from_angles(phi, psi, mass=float(mass)), data, level="allowed")
    assert float(alike.iou) > float(apart.iou) + 0.2
    assert float(compare(held, data, level=level).iou) > float(apart.iou) + 0.2

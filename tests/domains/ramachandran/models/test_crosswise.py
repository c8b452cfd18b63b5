"""Oracle: `compare` one by one, and plain counts of cells and points."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import (
    CATEGORIES,
    LEVELS,
    cell_masses,
    compare,
    compare_crosswise,
    draw_angles,
    hard_sphere,
    reference,
    region,
)


@pytest.fixture(scope="module")
def found():
    models = {"strict": hard_sphere(), "five": hard_sphere(clashes="ho2003"), "coarse": hard_sphere(n=36)}
    return compare_crosswise(models)


@pytest.mark.slow
def test_a_row_for_each_model_category_and_level(found):
    assert len(found) == 3 * 6 * 2
    assert found.category.unique().tolist() == list(CATEGORIES)
    assert found.level.unique().tolist() == list(LEVELS)
    assert found.columns.tolist() == [
        *("model", "category", "level", "in_sample", "iou", "dice", "outside", "missed"),
        *("share", "mass_recall", "point_recall", "points"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("level", LEVELS)
def test_each_row_is_a_comparison(found, category, level):
    row = found.query("model == 'five' and category == @category and level == @level").iloc[0]
    report = compare(hard_sphere(clashes="ho2003"), category=category, level=level)
    for name in ("iou", "dice", "outside", "missed"):
        assert row[name] == float(report[name])
    inside = hard_sphere(clashes="ho2003").values
    assert row["share"] == inside.mean()
    assert row["mass_recall"] == pytest.approx(
        cell_masses(reference().score.sel(category=category).values)[inside].sum()
    )


def test_a_coarse_model_holds_the_residues_of_its_wide_cells(found):
    """Cells of 10°, each of 5 × 5 reference cells."""
    row = found.query("model == 'coarse' and category == 'general'").iloc[0]
    wide = np.kron(hard_sphere(n=36).values, np.ones((5, 5), bool))
    masses = cell_masses(reference().score.sel(category="general").values)
    assert row["mass_recall"] == pytest.approx(masses[wide].sum(), rel=1e-12)


def test_points_are_counted_where_there_are_any():
    angles = {"glycine": draw_angles(5_000, "glycine", seed=1)}
    found = compare_crosswise({"own": region(category="glycine")}, angles=angles)
    rows = found.set_index(["category", "level"])
    assert rows["points"]["glycine", "allowed"] == 5_000
    assert rows["point_recall"]["glycine", "allowed"] == pytest.approx(0.98, abs=0.01)
    assert rows["mass_recall"]["glycine", "allowed"] == pytest.approx(0.98, abs=1e-3)
    assert rows["points"]["general", "allowed"] == 0
    assert np.isnan(rows["point_recall"]["general", "allowed"])


@pytest.mark.slow
def test_points_by_hand():
    model = hard_sphere(n=4)
    model.values[:] = False
    # psi -90 to 0, phi 90 to 180
    model.values[1, 3] = True
    phi = [91.0, 179.0, 89.0, -181.0, 100.0]
    psi = [-1.0, -89.0, -45.0, -45.0, 315.0]
    found = compare_crosswise({"one": model}, angles={"general": (phi, psi)})
    assert found.point_recall[0] == 4 / 5


@pytest.mark.slow
def test_what_was_learned_from_is_marked():
    model = hard_sphere().assign_attrs(learned_from="top8000 glycine, favored", category="glycine")
    found = compare_crosswise({"learned": model})
    marked = found[found.in_sample]
    assert marked[["category", "level"]].values.tolist() == [["glycine", "favored"]]


@pytest.mark.parametrize(
    ("models", "angles", "said"),
    [
        ({"soft": hard_sphere().astype(float)}, None, "soft is float64 with dimensions .* such as soft >= 0.5"),
        ({"both": region(level=None)}, None, "both is bool with dimensions .*'level'"),
        ({"x": hard_sphere()}, {"alanine": ([0], [0])}, "each category of angles must be one of 'general'"),
        ({"x": hard_sphere()}, {"general": ([0, 1], [0])}, "angles of 'general' are not as many phi as psi"),
        ({"x": hard_sphere()}, {"general": ([np.nan], [0])}, "not finite; leave residues out that lack one"),
        ({"x": hard_sphere()}, {"general": ([0], [0], [0])}, "angles of 'general' are 3 arrays; pass phi and psi"),
    ],
)
def test_wrong_input(models, angles, said):
    with pytest.raises(ValueError, match=f"ramachandran.compare_crosswise: .*{said}"):
        compare_crosswise(models, angles=angles)


def test_real_residues_inside_the_maps_of_1963_and_2003(general_residues):
    """Counted outside this project: .766 and .9953 of the 202,215 published residues of the general pool."""
    phi, psi = general_residues.T
    angles = {"general": (phi, psi)}
    found = compare_crosswise({"1963": hard_sphere(), "2003": hard_sphere(clashes="ho2003")}, angles=angles)
    recall = found.query("category == 'general' and level == 'allowed'").set_index("model").point_recall
    assert recall["1963"] == pytest.approx(0.766, abs=5e-4)
    assert recall["2003"] == pytest.approx(0.9953, abs=5e-5)

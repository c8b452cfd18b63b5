"""A reference of one's own takes the place of the shipped one, and gives what plain numpy gives."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.ramachandran import (
    CATEGORIES,
    classify,
    compare,
    compare_crosswise,
    compare_densities,
    draw_angles,
    evaluate,
    example,
    reference,
    region,
    region_from_density,
    region_reference,
    validate,
)
from domains.ramachandran.torus import centres

RNG = np.random.default_rng(2)
N = 36


def density(seed):
    rng = np.random.default_rng(seed)
    return xr.DataArray(rng.gamma(0.3, size=(N, N)), coords={"psi": centres(N), "phi": centres(N)}, dims=("psi", "phi"))


DENSITIES = {category: density(k) for k, category in enumerate(CATEGORIES)}


def test_the_ranks_of_the_shipped_one_are_the_shipped_one():
    mine = region_reference(reference().score, "rank", name="mine")
    xr.testing.assert_equal(mine.drop_attrs(), reference().drop_vars("n").drop_attrs())
    rows, skipped = validate(example(), reference=mine)
    shipped, also = validate(example())
    np.testing.assert_array_equal(rows["score"], shipped["score"])
    assert rows["evaluation"].tolist() == shipped["evaluation"].tolist()
    assert len(skipped) == len(also)


@pytest.mark.parametrize("category", ["general", "cis-proline"])
def test_the_favored_region_of_a_density_holds_the_mass(category):
    mine = region_reference(DENSITIES, "density")
    np.testing.assert_array_equal(region(mine, category), region_from_density(DENSITIES[category], 0.98))
    mass = {"general": 0.9995, "cis-proline": 0.998}[category]
    np.testing.assert_array_equal(region(mine, category, "allowed"), region_from_density(DENSITIES[category], mass))
    report = compare(region_from_density(DENSITIES[category]), mine, category=category)
    assert float(report.iou) == 1


def peaked(seed):
    """A histogram of few residues: a third of them in one cell, ties, and empty cells."""
    counts = np.random.default_rng(seed).poisson(0.2, (N, N)).astype(float)
    counts[10, 11] = counts.sum() / 2
    return xr.DataArray(counts, coords={"psi": centres(N), "phi": centres(N)}, dims=("psi", "phi"))


@pytest.mark.slow
@pytest.mark.parametrize("made", [density, peaked])
def test_the_residues_inside_are_the_density_inside(made):
    of_category = {"general": made(1), "glycine": made(2)}
    mine = region_reference({name: x.transpose("phi", "psi")[::-1] * 7 for name, x in of_category.items()}, "density")
    for category, x in of_category.items():
        mass = x.values / x.values.sum()
        np.testing.assert_allclose(mine.mass.sel(category=category), mass, rtol=1e-12)
        for share in (0.3, 0.9) if category == "general" else (0.9,):
            cells = region_from_density(x, share)
            report = compare(cells, mine, category=category)
            assert float(report.mass_a) == pytest.approx(mass[cells.values].sum(), rel=1e-12)
            crosswise = compare_crosswise({"own": cells}, mine).set_index("category")
            assert crosswise.mass_recall[category].iloc[0] == pytest.approx(mass[cells.values].sum(), rel=1e-12)
        same = compare_densities(x, mine, category=category, masses=[0.5, 0.98])
        assert float(same.overlapping_coefficient) == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_array_equal(same.iou_at_mass, 1.0)


def test_angles_are_drawn_where_the_density_is():
    mine = region_reference({"general": peaked(1)}, "density")
    phi, psi = draw_angles(20_000, seed=0, reference=mine)
    drawn = np.zeros((N, N))
    np.add.at(drawn, (np.floor((psi + 180) / 10).astype(int), np.floor((phi + 180) / 10).astype(int)), 1 / 20_000)
    np.testing.assert_allclose(drawn, peaked(1) / peaked(1).sum(), atol=0.015)


def bilinear(score, phi, psi):
    """Interpolate between cell centres round the torus."""
    step = 360 / N
    y = (psi - centres(N)[0]) / step
    x = (phi - centres(N)[0]) / step
    j = np.floor(y).astype(int)
    k = np.floor(x).astype(int)
    v = y - j
    u = x - k
    rows = (j % N, (j + 1) % N)
    columns = (k % N, (k + 1) % N)
    low = (1 - u) * score[rows[0], columns[0]] + u * score[rows[0], columns[1]]
    high = (1 - u) * score[rows[1], columns[0]] + u * score[rows[1], columns[1]]
    return (1 - v) * low + v * high


def test_scores_and_labels_are_plain_numpy():
    scores = {name: x.copy(data=np.log(x.values + 1e-3)) for name, x in DENSITIES.items()}
    favored = {name: -0.5 - 0.1 * k for k, name in enumerate(CATEGORIES)}
    mine = region_reference(scores, "score", favored=favored, allowed=-3)
    rows, _ = validate(example("1a28"), reference=mine)
    for category, own in rows.groupby("category", observed=True):
        expected = bilinear(scores[category].values, own["phi"].to_numpy(), own["psi"].to_numpy())
        np.testing.assert_allclose(own["score"], expected, atol=1e-9)
        labels = np.where(expected >= favored[category], "Favored", np.where(expected >= -3, "Allowed", "OUTLIER"))
        assert own["evaluation"].tolist() == labels.tolist()
        assert classify(own["score"], category, mine).tolist() == labels.tolist()
        np.testing.assert_array_equal(evaluate(own["phi"], own["psi"], category, mine), own["score"])


def test_a_residue_without_a_map_is_a_skipped_row():
    mine = region_reference({"general": DENSITIES["general"]}, "density")
    rows, skipped = validate(example("1a28"), reference=mine)
    shipped, before = validate(example("1a28"))
    assert set(rows["category"]) == {"general"}
    assert len(rows) == (shipped["category"] == "general").sum()
    told = skipped[skipped["reason"] == "no reference"]
    assert len(told) + len(rows) == len(shipped)
    assert len(skipped) == len(before) + len(told)
    assert "the reference has no map for glycine" in set(told["detail"])
    assert np.isnan(evaluate(-60.0, -45.0, "glycine", mine))


def test_axes_may_descend_and_go_from_0_to_360():
    turned = {name: x.assign_coords(phi=x.phi % 360).sortby("phi")[::-1] for name, x in DENSITIES.items()}
    mine = region_reference(turned, "density")
    whole = region_reference(DENSITIES, "density")
    angles = RNG.uniform(-180, 180, (2, 50))
    np.testing.assert_allclose(evaluate(*angles, "general", mine), evaluate(*angles, "general", whole), atol=1e-12)


def test_records_tell_references_apart(tmp_path):
    mine = region_reference(DENSITIES, "density")
    other = region_reference({**DENSITIES, "general": density(99)}, "density")
    files = [example(), example("1a28")]
    first, _ = validate(files, reference=mine, records=tmp_path / "done")
    again, _ = validate(files, reference=mine, records=tmp_path / "done")
    np.testing.assert_array_equal(first["score"], again["score"])
    with pytest.raises(UsageError):
        validate(files, reference=other, records=tmp_path / "done")


@pytest.mark.parametrize(
    ("maps", "options", "error", "said"),
    [
        ({}, {"as_": "density"}, TypeError, "pass a mapping"),
        (DENSITIES, {"as_": "energy"}, UsageError, "as_ must be one of 'density', 'rank', 'score'"),
        (DENSITIES, {"as_": "score"}, UsageError, "no cut for favored"),
        (DENSITIES, {"as_": "rank"}, ValueError, "general: the ranks run from"),
        ({"general": density(0) - 9}, {"as_": "density"}, ValueError, "general: the values begin at"),
        (density(0), {"as_": "density"}, UsageError, "no dimension category"),
        ({"general": 3}, {"as_": "density"}, TypeError, "general is a int"),
        (DENSITIES, {"as_": "score", "favored": 0, "allowed": 1}, UsageError, "allowed is above favored for general"),
        (DENSITIES, {"as_": "density", "favored": np.nan}, UsageError, "favored must be a finite number; got nan"),
        (DENSITIES, {"as_": "density", "allowed": "0.1"}, UsageError, "allowed must be a finite number; got '0.1'"),
        (DENSITIES, {"as_": "density", "favored": {"general": 0.1}}, UsageError, "favored has no cut for glycine"),
        ({**DENSITIES, "glycine": density(0)[::2, ::2]}, {"as_": "density"}, ValueError, "glycine has another grid"),
    ],
)
def test_what_makes_no_reference_is_refused(maps, options, error, said):
    with pytest.raises(error, match=f"^ramachandran.region_reference: .*{said}"):
        region_reference(maps, **options)


def test_a_dataset_without_cuts_is_no_reference():
    with pytest.raises(ValueError, match="the Dataset has no 'favored'; make one with ramachandran.region_reference"):
        validate(example(), reference=reference().drop_vars("favored"))

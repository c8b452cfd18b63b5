"""Oracles: cctbx 2025.11 (scores, categories, labels), the reference's own text files, the cuts in print."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains.ramachandran import CATEGORIES, LEVELS, categorise, classify, evaluate, reference
from domains.ramachandran.empirical import maps_of

HERE = ("1a8o.cif", "1a28.pdb")


def expected(path):
    text = {"chain": str, "altloc": str, "icode": str, "model": str}
    return pd.read_csv(path, sep="\t", dtype=text, keep_default_na=False, na_values={"omega_prev": ["", "nan"]})


@pytest.fixture(params=HERE)
def table(request, test_data):
    return expected(test_data / f"{request.param}.ramalyze.tsv")


def test_scores_and_labels_are_cctbx(table):
    score = evaluate(table.phi, table.psi, table.category.to_numpy())
    np.testing.assert_allclose(score, table.score, atol=1e-6)
    assert (classify(score, table.category.to_numpy()) == table.evaluation).all()


def test_every_saved_table(shared_data):
    paths = sorted((shared_data / "ramachandran_expected").glob("*.tsv"))
    assert len(paths) == 13
    for path in paths:
        t = expected(path)
        assert abs(evaluate(t.phi, t.psi, t.category.to_numpy()) - t.score).max() < 1e-6, path.name
        assert (classify(t.score, t.category.to_numpy()) == t.evaluation).all(), path.name


def test_the_grids_are_the_laboratory_s(shared_data):
    with np.load(shared_data / "ramachandran" / "top8000_grids_f32.npz") as file:
        assert [str(k)[:3] for k in file["category"]] == ["gen", "gly", "cis", "tra", "pre", "ile"]
        theirs = dict(zip(CATEGORIES, file["grid"], strict=True))
    ours = reference()
    for name in CATEGORIES:
        grid = theirs[name].T
        np.testing.assert_allclose(ours.score.sel(category=name), grid, atol=6e-7)
        for level in ("favored", "allowed"):
            cut = float(ours[level].sel(category=name))
            assert ((ours.score.sel(category=name) >= cut) == (grid >= cut)).all()


def test_the_dataset_says_where_it_comes_from():
    data = reference()
    assert data.score.dims == ("category", "psi", "phi")
    assert data.favored.values.tolist() == [0.02] * 6
    assert data.allowed.values.tolist() == [0.0005, 0.001, 0.002, 0.001, 0.001, 0.001]
    assert {"source", "commit", "license", "doi", "smoothing", "cuts", "attribution"} <= set(data.attrs)
    assert int(data.n.sel(category="general")) == 1061639
    data.score[:] = 0
    assert float(reference().score.max()) > 0.9, "a copy each time"


def test_glycine_is_symmetric():
    phi, psi = np.random.default_rng(0).uniform(-180, 180, (2, 1000))
    np.testing.assert_allclose(evaluate(phi, psi, "glycine"), evaluate(-phi, -psi, "glycine"), atol=1e-6)


def test_broadcasts_over_frames_and_residues():
    phi, psi = np.random.default_rng(0).uniform(-180, 180, (2, 7, 3))
    names = np.array(["general", "glycine", "pre-proline"])
    score = evaluate(phi, psi, names)
    assert score.shape == (7, 3)
    for k, name in enumerate(names):
        np.testing.assert_array_equal(score[:, k], evaluate(phi[:, k], psi[:, k], name))


def test_labels_stay():
    phi = xr.DataArray([-60.0, 60.0], dims="residue", coords={"residue": [4, 5]})
    psi = xr.DataArray([-45.0, -40.0, 10.0], dims="frame")
    score = evaluate(phi, psi, "general")
    assert set(score.dims) == {"residue", "frame"}
    assert score.residue.values.tolist() == [4, 5]


def test_categories_as_names_positions_or_categorical():
    names = ["glycine", "general"]
    by_name = evaluate([-60, -60], -45, names)
    np.testing.assert_array_equal(by_name, evaluate([-60, -60], -45, np.array([1, 0])))
    np.testing.assert_array_equal(by_name, evaluate([-60, -60], -45, pd.Categorical(names)))
    with pytest.raises(ValueError, match=r"^ramachandran.evaluate: unknown category 'alpha'.*general, glycine"):
        evaluate(0, 0, ["general", "alpha"])
    with pytest.raises(ValueError, match="0 to 5, got 6"):
        evaluate(0, 0, np.array([6]))


@pytest.mark.parametrize(
    ("triple", "category"),
    [
        (("GLY", "PRO", 180), "glycine"),
        (("PRO", "PRO", -54.24), "cis-proline"),
        (("PRO", "ALA", 138.82), "trans-proline"),
        (("PRO", "ALA", 90.0), "trans-proline"),
        (("PRO", "ALA", -89.9), "cis-proline"),
        (("PRO", "ALA", np.nan), "trans-proline"),
        (("ILE", "PRO", 180), "pre-proline"),
        (("VAL", "GLY", 0), "isoleucine or valine"),
        (("MET", "", 180), "general"),
    ],
)
def test_precedence(triple, category):
    assert categorise(*triple) == category
    name, next_name, omega = triple
    assert categorise(name.lower(), next_name.capitalize(), omega) == category


def test_cuts_are_inclusive():
    labels = classify([0.02, np.nextafter(0.02, 0), 0.0005, np.nextafter(0.0005, 0), np.nan], "general")
    assert labels.tolist() == ["Favored", "Allowed", "Allowed", "OUTLIER", ""]


def test_unknown_reference():
    with pytest.raises(ValueError, match="^ramachandran.reference: name must be one of 'top8000'; got 'top500'"):
        reference("top500")


def test_maps_of_a_name_and_of_a_dataset():
    ours, data = maps_of("top8000"), reference()
    again = maps_of(data.transpose("phi", "category", "psi"))
    assert again.name == ours.name
    assert again.categories == ours.categories == CATEGORIES
    np.testing.assert_array_equal(again.score, ours.score)
    for level in LEVELS:
        np.testing.assert_array_equal(again.cuts[level], ours.cuts[level])
    with pytest.raises(TypeError, match="the reference is a ndarray; pass a name, such as 'top8000'"):
        maps_of(data.score.values)


def test_masked_angles_and_scores_are_none():
    phi = np.ma.masked_array([-60.0, 5.0, -70.0], mask=[False, True, False])
    score = evaluate(phi, [-45.0, 130.0, -40.0], "general")
    np.testing.assert_array_equal(score, evaluate([-60.0, np.nan, -70.0], [-45.0, 130.0, -40.0], "general"))
    assert np.isnan(evaluate(np.ma.masked, -45.0, "general"))
    masked = np.ma.masked_array([0.5, 0.5], mask=[True, False])
    assert classify(masked, "general").tolist() == ["", "Favored"]

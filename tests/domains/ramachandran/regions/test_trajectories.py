"""Arrays of frames and residues, as MDAnalysis and mdtraj give them."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.ramachandran import evaluate, evaluate_trajectory, example, from_mdtraj, validate

RNG = np.random.default_rng(6)
NAMES = ["ALA", "GLY", "SER", "PRO", "VAL", "LEU", "LYS", "ASP"]
CATEGORIES = ["general", "glycine", "pre-proline", "trans-proline", "isoleucine or valine", *["general"] * 3]
HELIX = RNG.random(8) < 0.5
PHI = np.where(HELIX, -63, -115) + RNG.normal(0, 8, (40, 8))
PSI = np.where(HELIX, -43, 131) + RNG.normal(0, 8, (40, 8))


@pytest.mark.parametrize("form", ["two", "one", "radians", "MDAnalysis"])
def test_forms(form):
    if form == "two":
        report = evaluate_trajectory(PHI, PSI, resnames=NAMES)
    elif form == "one":
        report = evaluate_trajectory(np.stack([PHI, PSI], axis=-1), category=CATEGORIES)
    elif form == "radians":
        report = evaluate_trajectory(np.radians(PHI), np.radians(PSI), resnames=NAMES, unit="radians")
    else:
        results = SimpleNamespace(angles=np.stack([PHI, PSI], axis=-1))
        own = SimpleNamespace(resnames=np.array(NAMES, object))
        following = SimpleNamespace(resnames=np.array([*NAMES[1:], "PRO"], object))
        report = evaluate_trajectory(SimpleNamespace(results=results, ag3=own, ag5=following))
    categories = [*CATEGORIES[:-1], "pre-proline"] if form == "MDAnalysis" else CATEGORIES
    np.testing.assert_allclose(report.score, evaluate(PHI, PSI, categories), atol=1e-9)
    assert report.category.values.tolist() == categories
    total = report.favored + report.allowed + report.outlier
    assert (total == 40).all()
    assert int((report.evaluation == 2).sum()) == int(report.favored.sum())


def test_angles_that_are_not_there():
    phi = PHI.copy()
    phi[:, 0] = np.nan
    report = evaluate_trajectory(phi, PSI)
    assert (report.evaluation[:, 0] == -1).all()
    assert int(report.favored[0] + report.allowed[0] + report.outlier[0]) == 0


def chain(first, n):
    """Return the atoms of each phi and psi of a chain, N CA C O from `first` on, as mdtraj lists them."""
    atom = {name: first + k for k, name in enumerate(("N", "CA", "C", "O"))}
    phi = [[atom["C"] + 4 * (i - 1), *[atom[x] + 4 * i for x in ("N", "CA", "C")]] for i in range(1, n)]
    psi = [[*[atom[x] + 4 * i for x in ("N", "CA", "C")], atom["N"] + 4 * (i + 1)] for i in range(n - 1)]
    return phi, psi


def test_mdtraj_is_paired_by_atoms():
    """Two chains: both arrays are of one shape, and no column fits the other's."""
    first = chain(0, 5)
    second = chain(100, 5)
    phi_atoms = np.array([*first[0], *second[0]])
    psi_atoms = np.array([*first[1], *second[1]])
    # phi is of residues 1 to 4, psi of 0 to 3, of each chain
    phi = np.radians(np.concatenate([PHI[:, 1:5], PHI[:, 4:8]], axis=1))
    psi = np.radians(np.concatenate([PSI[:, 0:4], PSI[:, 3:7]], axis=1))
    angles = from_mdtraj((phi_atoms, phi), (psi_atoms, psi))
    own = [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(angles[..., 0], PHI[:, own], atol=1e-9)
    np.testing.assert_allclose(angles[..., 1], PSI[:, own], atol=1e-9)
    assert angles.ca.values.tolist() == [5, 9, 13, 105, 109, 113]
    np.testing.assert_allclose(evaluate_trajectory(angles).score, evaluate(PHI[:, own], PSI[:, own], "general"))


@pytest.fixture(scope="module")
def real():
    """Angles of two structures, shaken: residues whose neighbours are in order."""
    found = []
    for name in ("1a28", "1a8o"):
        rows, _ = validate(example(name))
        angles = rows[["phi", "psi"]].to_numpy()
        found.append(angles + RNG.normal(0, 4, (20, *angles.shape)))
    return found


def test_arrays_one_residue_apart_are_told(real):
    for angles in real:
        with pytest.warns(UserWarning, match="phi of each column belongs to psi of the next, .* with from_mdtraj"):
            evaluate_trajectory(angles[:, 1:, 0], angles[:, :-1, 1])


def test_no_alarm_where_they_belong_together(real, recwarn):
    for angles in (*real, np.stack([PHI, PSI], axis=-1), RNG.uniform(-180, 180, (30, 9, 2))):
        evaluate_trajectory(angles)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("arguments", "options", "error", "said"),
    [
        ((PHI, PSI[:, :-1]), {}, ValueError, r"phi has the shape \(40, 8\), psi \(40, 7\)"),
        ((PHI,), {}, ValueError, r"the angles have the shape \(40, 8\)"),
        ((np.radians(PHI), np.radians(PSI)), {}, ValueError, 'say unit="radians"'),
        ((PHI, PSI), {"unit": "radians"}, ValueError, 'say unit="degrees"'),
        ((PHI, PSI), {"resnames": NAMES[:-1]}, ValueError, "7 names of 8 residues"),
        ((PHI, PSI), {"resnames": NAMES, "category": "general"}, UsageError, "two ways to say the categories"),
        ((PHI, PSI), {"category": "proline"}, UsageError, "unknown category 'proline'"),
        ((PHI, PSI), {"category": [0] * 7 + [6]}, UsageError, "positions 0 to 5"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, options, error, said):
    with pytest.raises(error, match=f"^ramachandran.evaluate_trajectory: .*{said}"):
        evaluate_trajectory(*arguments, **options)


@pytest.mark.parametrize("phi", [PHI, (PHI, PSI), (np.zeros((3, 4)), PHI)])
def test_mdtraj_without_atoms_is_refused(phi):
    with pytest.raises(ValueError, match=r"^ramachandran.from_mdtraj: phi are not atoms .*mdtraj.compute_phi returns"):
        from_mdtraj(phi, phi)


def test_a_trajectory_is_fast():
    """20,776 angles; far more slowly than measured, for busy machines."""
    angles = np.stack([np.resize(PHI, (98, 212)), np.resize(PSI, (98, 212))], axis=-1)
    evaluate_trajectory(angles)
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        evaluate_trajectory(angles)
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.1


@pytest.mark.parametrize("change", [str.lower, str.capitalize])
def test_names_in_any_letters(change):
    names = [change(name) for name in NAMES]
    xr.testing.assert_identical(
        evaluate_trajectory(PHI, PSI, resnames=names), evaluate_trajectory(PHI, PSI, resnames=NAMES)
    )


@pytest.mark.parametrize("name", ["UNK", "SEP", "dal", "ACE", ""])
def test_residues_that_are_not_standard_are_not_scored(name):
    names = ["ALA", name, *NAMES[2:]]
    with pytest.warns(UserWarning, match=rf"not standard are not scored: {name.upper() or 'no name'} \(1\)$"):
        report = evaluate_trajectory(PHI, PSI, resnames=names)
    assert (report.evaluation[:, 1] == -1).all()
    assert np.isnan(report.score[:, 1]).all()
    assert report.category.values.tolist()[:3] == ["general", "", str(report.category[2].values)]
    assert int(report.favored[1] + report.allowed[1] + report.outlier[1]) == 0
    known = evaluate_trajectory(PHI, PSI, resnames=["ALA", "ALA", *NAMES[2:]])
    np.testing.assert_array_equal(report.score[:, 2:], known.score[:, 2:])


def test_one_letter_is_no_name():
    with pytest.raises(ValueError, match="evaluate_trajectory: a residue is called 'G'; write names of three letters"):
        evaluate_trajectory(PHI, PSI, resnames=["G", *NAMES[1:]])


def test_masked_angles_have_no_evaluation():
    is_masked = np.zeros_like(PHI, bool)
    is_masked[:, 2] = True
    is_masked[3, 5] = True
    expected = evaluate_trajectory(np.where(is_masked, np.nan, PHI), PSI)
    assert (expected.evaluation.values[is_masked] == -1).all()
    xr.testing.assert_identical(evaluate_trajectory(np.ma.masked_array(PHI, is_masked), PSI), expected)
    xr.testing.assert_identical(evaluate_trajectory(PHI, np.ma.masked_array(PSI, is_masked)), expected)
    both = np.ma.masked_array(np.stack([PHI, PSI], -1), np.stack([is_masked] * 2, -1))
    xr.testing.assert_identical(evaluate_trajectory(both), expected)


def test_both_parts_of_mdtraj_s_angles():
    phi = np.arange(12).reshape(3, 4), np.zeros((5, 3))
    psi = np.arange(12).reshape(3, 4) + 1, np.zeros((5, 3))
    for given in ((phi, psi), (phi, psi[1]), (phi[1], psi)):
        with pytest.raises(ValueError, match=r"as mdtraj.compute_phi returns them; pass from_mdtraj\(phi, psi\)"):
            evaluate_trajectory(*given)

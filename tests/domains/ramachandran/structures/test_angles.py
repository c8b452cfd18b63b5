import numpy as np
import pytest

from domains.ramachandran.structures.angles import dihedral, walk
from domains.ramachandran.structures.atoms import Atoms, made_residues


def chain(n=3, altloc=None, parent="ALA"):
    """Straight chain of n residues: N, CA, C at 1.4 Å steps of a helix, so that every dihedral is the same."""
    t = np.arange(3 * n)
    position = np.stack([np.cos(t), np.sin(t), t], axis=1)
    zeros = np.zeros(3 * n, dtype=np.int64)
    atoms = Atoms(
        position, t // 3, t % 3, zeros if altloc is None else altloc, np.ones(3 * n), np.arange(3 * n, dtype=float)
    )
    return atoms, made_residues(["ALA"] * n, chain="A", parent=[parent] * n)


@pytest.mark.parametrize("angle", [-180.0, -120.0, -1e-6, 0.0, 30.0, 90.0, 179.999])
def test_dihedral_is_the_angle_a_bond_was_turned_by(angle):
    a, b, c = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 2]])
    d = c + np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0.3])
    assert np.cos(np.radians(dihedral(a, b, c, d) - angle)) == pytest.approx(1, abs=1e-12)


def test_dihedral_of_points_on_a_line_is_nan():
    a, b, c, d = np.arange(4.0)[:, None] * np.ones(3)
    assert np.isnan(dihedral(a, b, c, d))


def test_walk_measures_inner_residues_and_says_why_for_the_ends():
    atoms, residues = chain(4)
    rows, skipped = walk(atoms, residues, max_bond=2.0)
    helix = dihedral(*atoms.position[:4])
    assert rows["resseq"].tolist() == [2, 3]
    np.testing.assert_allclose(rows[["phi", "psi", "omega"]], helix)
    assert skipped["detail"].tolist() == ["first of the chain", "last of the chain"]
    assert sorted([*rows.index, *skipped.index]) == [0, 1, 2, 3]


def test_bond_length_is_open():
    atoms, residues = chain(3)
    step = float(np.linalg.norm(atoms.position[3] - atoms.position[2]))
    assert len(walk(atoms, residues, max_bond=step)[0]) == 0
    assert len(walk(atoms, residues, max_bond=np.nextafter(step, 9))[0]) == 1


def test_residue_that_no_altloc_touches_is_reported_once():
    altloc = np.zeros(15, dtype=np.int64)
    altloc[3] = ord("B")  # N of residue 2
    atoms, residues = chain(5, altloc)
    rows, skipped = walk(atoms, residues)
    assert rows[["resseq", "altloc"]].to_numpy().tolist() == [[2, "B"], [3, ""], [4, ""]]
    assert rows["counted"].tolist() == [False, True, True]
    assert skipped[["resseq", "altloc"]].to_numpy().tolist() == [[1, "B"], [5, ""]]


def test_the_best_conformer_is_that_whose_least_occupied_atom_has_most():
    atoms, residues = chain(3)
    order = [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8]  # the second residue twice, as A and as B
    altloc = np.array([0, 0, 0, *[ord("A")] * 3, *[ord("B")] * 3, 0, 0, 0])
    occupancy = np.array([1, 1, 1, 0.2, 0.9, 0.9, 0.5, 0.5, 0.5, 1, 1, 1])
    twice = Atoms(atoms.position[order], atoms.residue[order], atoms.name[order], altloc, occupancy, atoms.b_iso[order])
    rows, _ = walk(twice, residues)
    assert rows["altloc"].tolist() == ["A", "B"]
    assert rows["best"].tolist() == [False, True]
    assert rows["counted"].tolist() == [True, False]


def test_no_residues_taken_is_no_rows():
    rows, skipped = walk(*chain(3, parent=""))
    assert rows.empty
    assert skipped["reason"].tolist() == ["non-standard"] * 3

import numpy as np
import pytest
from copies_of_chains import chain, changed, dihedral, mmcif, pdb, ring

from domains.ramachandran import backbone_angles, validate
from domains.ramachandran.structures.atoms import CA, Atoms, C, N, made_residues
from domains.ramachandran.structures.conformers import conformers


def structure(*atoms, part=None, parent="ALA"):
    """Atoms (residue, name, altloc) 1 Å apart along a line, and their residues."""
    residue, name, altloc = (np.array(x) for x in zip(*atoms, strict=True))
    altloc = np.array([ord(letter) if letter else 0 for letter in altloc])
    place = np.arange(len(atoms)) * np.array([[1.0], [0], [0]])
    n = residue.max() + 1
    parents = parent if isinstance(parent, list) else [parent] * n
    return (
        Atoms(place.T, residue, name, altloc, np.ones(len(atoms)), np.zeros(len(atoms))),
        made_residues(["ALA"] * n, chain="A", part=part, parent=parents),
    )


def walked(*given, max_bond=2.0, **options):
    return list(conformers(*structure(*given, **options), max_bond=max_bond))


def backbone(n):
    return [(i, name, "") for i in range(n) for name in (N, CA, C)]


def test_no_altloc_is_one_conformer_of_all():
    (only,) = walked(*backbone(3))
    assert only.residue.tolist() == [0, 1, 2]
    assert only.table[:, [N, CA, C]].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert (only.before.tolist(), only.after.tolist()) == ([-1, 0, 1], [1, 2, -1])
    assert not only.touched().any()


def test_a_conformer_is_what_has_its_altloc_or_none():
    a, b = walked((0, N, ""), (0, CA, "A"), (0, CA, "B"), (0, C, ""))
    assert a.table[0, [N, CA, C]].tolist() == [0, 1, 3]
    assert b.table[0, [N, CA, C]].tolist() == [0, 2, 3]
    assert [a.altloc[0], b.altloc[0]] == [ord("A"), ord("B")]


def test_a_blank_atom_of_a_residue_that_has_it_with_an_altloc_is_a_conformer_of_its_own():
    blank, b = walked((0, CA, "B"), (0, CA, ""))
    assert (chr(blank.altloc[0]), blank.table[0, CA]) == (" ", 1)
    assert (chr(b.altloc[0]), b.table[0, CA]) == ("B", 0)


def test_the_first_of_a_repeated_atom_stays():
    (only,) = walked((0, CA, ""), (0, CA, ""))
    assert only.table[0, CA] == 0


def test_altlocs_are_of_their_part():
    first, second = walked((0, CA, "B"), (1, CA, "A"), (1, CA, "C"), part=[0, 1])
    assert first.altloc.tolist() == [ord("B"), ord("A")]
    assert second.residue.tolist() == [1]


def test_an_altloc_touches_the_residues_whose_angles_use_it():
    atoms = backbone(5)
    atoms[6] = (2, N, "A")  # psi of residue 1 needs it; nothing of residue 3 does
    assert walked(*atoms)[0].touched().tolist() == [False, True, True, False, False]
    atoms[6:9] = [(2, N, ""), (2, CA, ""), (2, C, "A")]
    assert walked(*atoms)[0].touched().tolist() == [False, False, True, True, False]


def test_parts_and_long_bonds_end_the_links():
    (only,) = walked(*backbone(4), part=[0, 0, 1, 1])
    assert only.after.tolist() == [1, -1, 3, -1]
    assert only.why(1) == ("terminal", "last of the chain")
    (only,) = walked(*backbone(2), max_bond=1.0)
    assert only.why(0) == ("terminal", "first of the chain")
    (only,) = walked(*backbone(3), max_bond=1.0)
    assert only.why(1) == ("break", "C–N 1.0 Å to ALA A 1")


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        (4, ("missing atom", "CA")),
        (2, ("missing atom", "C of ALA A 1")),
        (6, ("missing atom", "N of ALA A 3")),
        (7, ("missing atom", "CA of ALA A 3")),
    ],
)
def test_missing_atoms_are_named(left_out, expected):
    atoms = backbone(3)
    del atoms[left_out]
    assert walked(*atoms, max_bond=9.0)[0].why(1) == expected


def test_residues_not_taken_link_to_none():
    parent = ["ALA", "", "ALA"]
    (only,) = walked(*backbone(3), parent=parent)
    assert only.after.tolist() == [-1, -1, -1]
    assert only.why(1)[0] == "non-standard"
    assert only.why(2) == ("non-standard neighbour", "next to ALA A 2")


# ---- head-to-tail rings: by symmetry all residues have the same angles ------------------------------------------


def measured(folder, text, **options):
    path = folder / ("ring.cif" if text.startswith("data_") else "ring.pdb")
    path.write_text(text)
    return backbone_angles(path, **options)


@pytest.mark.parametrize("n", [3, 6, 14])
@pytest.mark.parametrize("written", [pdb, mmcif])
def test_the_ends_of_a_ring_are_rows_on_request(n, written, tmp_path):
    atoms = ring(n)
    rows, skipped = measured(tmp_path, written(atoms), rings="closed")
    assert skipped.empty
    c, n_, ca, c_, n_after = (atoms[i].xyz for i in (2, 3, 4, 5, 6))
    np.testing.assert_allclose(rows["phi"], dihedral(c, n_, ca, c_), atol=0.4)
    np.testing.assert_allclose(rows["psi"], dihedral(n_, ca, c_, n_after), atol=0.4)
    assert rows["omega"].notna().all()
    assert rows["counted"].all()


def test_the_ends_of_a_ring_are_skipped_by_default(tmp_path):
    rows, skipped = measured(tmp_path, pdb(ring(6)))
    assert rows["resseq"].tolist() == [2, 3, 4, 5]
    assert skipped["reason"].tolist() == ["ring", "ring"]
    assert skipped["detail"].iloc[0].startswith("C–N 1.61 Å")
    assert skipped["detail"].iloc[0].endswith('to ALA A 6, taken with rings="closed"')


def test_a_chain_that_ends_apart_is_no_ring(tmp_path):
    for atoms in (ring(6, gap=0.7), chain(["ALA"] * 6, -60, -45)):
        _, skipped = measured(tmp_path, pdb(atoms), rings="closed")
        assert skipped["reason"].tolist() == ["terminal", "terminal"]
    _, skipped = measured(tmp_path, pdb(ring(6, gap=0.7)), rings="closed", max_bond=9.0)
    assert skipped.empty


def test_copies_and_conformers_of_a_ring_close_by_themselves(tmp_path):
    atoms = ring(6)
    far = [changed([atom], xyz=tuple(x + 50 for x in atom.xyz))[0] for atom in atoms]
    rows, skipped = measured(tmp_path, pdb(atoms + far), rings="closed")
    assert (len(rows), len(skipped)) == (12, 0)
    assert rows["instance"].tolist() == [1] * 6 + [2] * 6
    rows, skipped = measured(tmp_path, pdb(changed(atoms, altloc="A") + changed(far, altloc="B")), rings="closed")
    assert (len(rows), len(skipped)) == (12, 0)


def test_a_proline_after_the_seam_makes_the_last_residue_pre_proline(tmp_path):
    atoms = [*changed(ring(6)[:3], resname="PRO"), *ring(6)[3:]]
    (tmp_path / "ring.pdb").write_text(pdb(atoms))
    rows, _ = validate(tmp_path / "ring.pdb", rings="closed")
    assert rows["category"].iloc[-1] == "pre-proline"
    assert rows["next_resname"].iloc[-1] == "PRO"

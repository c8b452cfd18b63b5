import numpy as np
import pytest

from domains.ramachandran.structures.flat import as_integers, flatten
from domains.ramachandran.structures.layout import Layout

gemmi = pytest.importorskip("gemmi")

LINE = "{:<6s}{:5d}  {:<3s}{:1s}{:<3s} {:1s}{:4d}{:1s}   {:8.3f}{:8.3f}{:8.3f}{:6.2f}{:6.2f}      {:<4s}"


def layout(*atoms):
    """Lay out a PDB file of atoms (name, altloc, resname, chain, number, icode, segment), "TER" between them."""
    lines = [
        atom if atom == "TER" else LINE.format("ATOM", i, *atom[:6], i, 0, 0, 0.5, 20 + i, atom[6])
        for i, atom in enumerate(atoms)
    ]
    segment = np.array([atom[6] for atom in atoms if atom != "TER"], dtype="S8")
    return Layout(flatten(gemmi.read_pdb_string("\n".join(lines), split_chain_on_ter=True), as_integers(segment)))


def residues(found):
    every = np.ones(len(found.first), dtype=bool)
    n = len(found.names)
    return found.residues(every, parents=["ALA"] * n, whys=[""] * n, caps=[False] * n, models=[""])


def ca(number, resname="ALA", chain="A", icode="", segment=""):
    return "CA", "", resname, chain, number, icode, segment


def test_a_residue_begins_where_number_code_or_name_changes():
    found = layout(ca(1), ca(1), ca(2), ca(2, icode="A"), ca(2, "GLY", icode="A"))
    assert found.first.tolist() == [0, 2, 3, 4]
    assert found.residue.tolist() == [0, 0, 1, 2, 3]
    assert [found.names[i] for i in found.name] == ["ALA", "ALA", "ALA", "GLY"]
    assert residues(found).icode.tolist() == ["", "", "A", "A"]


def test_a_part_ends_at_ter_and_at_a_change_of_chain():
    found = residues(layout(ca(1), "TER", ca(2), ca(3, chain="B")))
    assert found.part.tolist() == [0, 1, 2]
    assert found.chain.tolist() == ["A", "A", "B"]


def test_segments_part_chains_without_a_name():
    assert residues(layout(ca(1, chain="", segment="P"), ca(2, chain="", segment="Q"))).part.tolist() == [0, 1]
    assert residues(layout(ca(1, segment="P"), ca(2, segment="Q"))).part.tolist() == [0, 0]


def test_a_position_is_a_number_of_a_chain_whatever_the_name():
    found = residues(layout(ca(1), ca(1, "GLY"), ca(2), "TER", ca(1), ca(1, chain="B"), ca(-1, chain="B")))
    first, same, second, again, other, negative = found.position
    assert first == same == again
    assert len({first, second, other, negative}) == 4


def test_a_name_brings_its_parent_and_why():
    found = layout(ca(1, "ACE"), ca(2), ca(3, "ACE"))
    every = np.ones(3, dtype=bool)
    caps = [name == "ACE" for name in found.names]
    parents = ["" if cap else "ALA" for cap in caps]
    whys = ["cap" if cap else "" for cap in caps]
    taken = found.residues(every, parents, whys, caps, models=["1"])
    assert taken.parent.tolist() == ["", "ALA", ""]
    assert taken.why.tolist() == ["cap", "", "cap"]
    assert taken.cap.tolist() == [True, False, True]
    assert taken.model.tolist() == ["1", "1", "1"]


def test_polymers_are_known_by_name_or_by_their_backbone():
    found = layout(ca(1), *[(name, "", "UNK", "A", 2, "", "") for name in ("N", "CA", "C")], ca(3, "UNK"))
    assert found.names == ["ALA", "UNK"]
    assert found.polymer(np.array([True, False])).tolist() == [True, True, False]
    assert found.polymer(np.array([False, False])).tolist() == [False, True, False]


def test_atoms_are_those_the_walk_looks_at_of_polymers():
    found = layout(
        ("O", "", "HOH", "A", 1, "", ""), ("CA", "B", "ALA", "A", 2, "", ""), ("CG", "", "ALA", "A", 2, "", "")
    )
    atoms = found.atoms(np.array([False, True]))
    assert (atoms.residue.tolist(), atoms.name.tolist(), atoms.altloc.tolist()) == ([0], [1], [ord("B")])
    assert (atoms.position.tolist(), atoms.occupancy.tolist(), atoms.b_iso.tolist()) == ([[1, 0, 0]], [0.5], [21])


def test_chains_with_long_names_keep_them():
    structure = gemmi.read_pdb_string(LINE.format("ATOM", 1, *ca(1)[:6], 0, 0, 0, 1, 0, ""))
    structure[0][0].name = "HeavyChain1"
    assert residues(Layout(flatten(structure))).chain.tolist() == ["HeavyChain1"]

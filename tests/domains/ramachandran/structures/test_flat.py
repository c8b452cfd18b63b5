from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import example
from domains.ramachandran.structures.flat import as_integer, as_integers, as_text, flatten, where_unnamed

gemmi = pytest.importorskip("gemmi")
LINE = "ATOM      1  {:<3s} ALA {}{:4d}    {:8.3f}{:8.3f}{:8.3f}  0.50 10.00"


def test_atoms_are_those_of_the_file():
    lines = [
        LINE.format(name, chain, 7, i, 2, 3) for i, (name, chain) in enumerate([("N", "A"), ("CA", "A"), ("N", "B")])
    ]
    flat = flatten(gemmi.read_pdb_string("\n".join(lines)), np.zeros(3, dtype=int))
    assert [as_text(name) for name in flat.name] == ["N", "CA", "N"]
    assert [flat.chain_names[code] for code in flat.chain] == ["A", "A", "B"]
    assert flat.part.tolist() == [0, 0, 1]
    assert flat.position.tolist() == [[0, 2, 3], [1, 2, 3], [2, 2, 3]]
    assert flat.take(np.array([2, 0])).position[:, 0].tolist() == [2, 0]


def test_names_and_numbers_stand_for_each_other():
    for name in ("", "CA", "HETATM7"):
        assert as_text(as_integer(name)) == name
    assert as_integers(np.array([b"CA", b"N"], dtype="S8")).tolist() == [as_integer("CA"), as_integer("N")]


def test_names_of_segments_may_be_long():
    structure = gemmi.read_pdb_string(LINE.format("CA", "A", 7, 1, 2, 3))
    structure[0][0][0].subchain = "Protomer_1"
    flat = flatten(structure)
    assert flat.segment_names[int(flat.segment[0])] == "Protomer_1"


def test_segments_part_only_chains_without_a_name():
    segment = np.array([5, 6, 7])
    assert where_unnamed(segment, np.array([0, 0, 1]), ["A", ""]).tolist() == [0, 0, 7]
    assert where_unnamed(segment, np.array([0, 0, 0]), ["A"]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("part", [1, 7, 10**6])
def test_columns_are_read_in_parts_of_any_size(part, monkeypatch):
    structure = gemmi.read_structure(str(example("1a8o")), merge_chain_parts=False)
    arrays = gemmi.FlatStructure(structure)
    monkeypatch.setattr("domains.ramachandran.structures.flat.PART", part)
    atoms = flatten(structure)
    np.testing.assert_array_equal(atoms.position, arrays.pos)
    np.testing.assert_array_equal(atoms.serial, arrays.serials)
    names = [atom.name for model in structure for chain in model for residue in chain for atom in residue]
    assert [as_text(name) for name in atoms.name] == names
    assert atoms.position.flags.c_contiguous

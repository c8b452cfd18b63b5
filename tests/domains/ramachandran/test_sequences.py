"""Residues of sequences without atoms, and files that end too early.

Oracle: how many residues were written into the sequence, and how many atoms were; REMARK 465 of a real entry.
"""

from __future__ import annotations

import gzip
import warnings

import pytest
from copies_of_chains import chain, changed, mmcif, pdb

from domains.ramachandran import backbone_angles, example, validate

pytest.importorskip("gemmi")

P = chain(["ALA"] * 6, -60, -45)
Q = changed(chain(["GLY", "SER", "VAL", "LEU", "THR"], -115, 130, shift=40.0), chain="B", label_asym="B")
ENTITIES = """
loop_
_entity.id
_entity.type
1 polymer
loop_
_entity_poly.entity_id
_entity_poly.type
1 polypeptide(L)
loop_
_struct_asym.id
_struct_asym.entity_id
A 1
B 1
"""


def seqres(chain_name, names):
    lines = []
    for i in range(0, len(names), 13):
        words = " ".join(names[i : i + 13])
        lines.append(f"SEQRES {i // 13 + 1:3d} {chain_name} {len(names):4d}  {words}")
    return lines


def poly_seq(n):
    rows = [f"1 {i} ALA" for i in range(1, n + 1)]
    tags = ["_entity_poly_seq.entity_id", "_entity_poly_seq.num", "_entity_poly_seq.mon_id"]
    return "\n".join(["loop_", *tags, *rows, ""])


def found(folder, name, text):
    """Return what is not modelled, and the warnings."""
    path = folder / name
    path.write_text(text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _, skipped = backbone_angles(path)
    return skipped.attrs["not_modelled"], [str(warning.message) for warning in caught]


WHOLE = [*seqres("A", ["ALA"] * 20), *seqres("B", ["GLY", "SER", "VAL", "LEU", "THR"]), *P, "TER", *Q, "TER", "END"]


def test_residues_of_seqres_without_atoms_are_counted(tmp_path):
    assert found(tmp_path, "whole.pdb", pdb(WHOLE)) == ({"A": 14}, [])


def test_a_chain_without_any_atom_is_counted(tmp_path):
    lines = [*seqres("A", ["ALA"] * 6), *seqres("C", ["ALA"] * 9), *P, "TER", "END"]
    assert found(tmp_path, "whole.pdb", pdb(lines)) == ({"C": 9}, [])


def test_residues_of_entity_poly_seq_without_atoms_are_counted(tmp_path):
    text = mmcif([*P, *changed(P, chain="B", label_asym="B")]) + ENTITIES + poly_seq(8) + "#\n"
    assert found(tmp_path, "whole.cif", text) == ({"A": 2, "B": 2}, [])


def test_sequences_of_nucleic_acids_are_none_of_proteins(tmp_path):
    lines = [*seqres("A", ["ALA"] * 6), *seqres("X", ["DA", "DC", "DG", "DT"]), *P, "TER", "END"]
    assert found(tmp_path, "whole.pdb", pdb(lines)) == ({}, [])


def test_a_real_entry_counts_as_its_remark_465(tmp_path):
    text = gzip.decompress(example("1a28").read_bytes()).decode()
    listed = [line.split() for line in text.splitlines() if line.startswith("REMARK 465")]
    residues = [words for words in listed if len(words) == 5 and words[4].isdecimal()]
    expected = {name: sum(words[3] == name for words in residues) for name in "AB"}
    assert found(tmp_path, "1a28.pdb", text)[0] == expected


@pytest.mark.parametrize("n_lost", [1, 4, 9])
def test_a_pdb_file_cut_at_a_line_end_says_so(tmp_path, n_lost):
    lines = [*seqres("A", ["ALA"] * 6), *seqres("B", ["GLY", "SER", "VAL", "LEU", "THR"]), *P, "TER"]
    lines += Q[: len(Q) - 4 - n_lost]
    missing, said = found(tmp_path, "cut.pdb", pdb(lines))
    assert missing == {"B": 1 + n_lost // 4}
    (only,) = said
    assert f"cut.pdb: may be cut off: it ends with an atom, and {missing['B']} residues of its" in only


def test_an_mmcif_file_cut_at_a_line_end_says_so(tmp_path):
    head = "data_x\n" + ENTITIES.replace("B 1\n", "") + poly_seq(6)
    text = head + mmcif(P).partition("\n")[2]
    assert found(tmp_path, "whole.cif", text) == ({}, [])
    # its last line closes the loop, and an atom has a line
    missing, (only,) = found(tmp_path, "cut.cif", "\n".join(text.splitlines()[:-5]) + "\n")
    assert missing == {"A": 1}
    assert "cut.cif: may be cut off: it ends with an atom, and 1 residues of its sequences have none (A: 1)" in only


def test_a_model_without_end_says_so(tmp_path):
    lines = ["MODEL        1", *P, "ENDMDL", "MODEL        2", *P]
    path = tmp_path / "cut.pdb"
    path.write_text(pdb(lines))
    with pytest.warns(UserWarning, match="may be cut off: it ends within MODEL 2, which has no ENDMDL"):
        backbone_angles(path)
    path.write_text(pdb([*lines, "ENDMDL"]))
    backbone_angles(path)


def test_validate_hands_the_count_on(tmp_path):
    (tmp_path / "whole.pdb").write_text(pdb(WHOLE))
    _, skipped = validate(tmp_path / "whole.pdb")
    assert skipped.attrs["not_modelled"] == {"A": 14}

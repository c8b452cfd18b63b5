"""Residues of sequences without atoms, and files that end too early.

Oracle: how many residues were written into the sequence, and how many atoms were; REMARK 465 of a real entry.
"""

from __future__ import annotations

import gzip
import warnings
from dataclasses import replace

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


def found(folder, name, content):
    """Return what is not modelled, and the warnings."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
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


ASYM = """
loop_
_struct_asym.id
_struct_asym.entity_id
A 1
B 1
"""
ONE_ASYM = "_struct_asym.id A\n_struct_asym.entity_id 1\n"
B = changed(P, chain="B", label_asym="B")
WITHOUT_ENTITY = {
    "only the sequence": ("", P, {"A": 3}),
    "two chains": ("", [*P, *B], {"A": 3, "B": 3}),
    "chains of entities": (ASYM, [*P, *B], {"A": 3, "B": 3}),
    "a chain without atoms": (ASYM, P, {"A": 3, "B": 9}),
    "one chain, no loop": (ONE_ASYM, P, {"A": 3}),
    "tags in capitals": (ASYM.replace("_struct_asym", "_STRUCT_ASYM"), [*P, *B], {"A": 3, "B": 3}),
    "two parts of one chain": (ASYM, [*P, *changed(B, chain="A")], {"A": 6}),
}


@pytest.mark.parametrize("name", WITHOUT_ENTITY)
def test_a_sequence_needs_no_table_of_entities(name, tmp_path):
    chains, atoms, missing = WITHOUT_ENTITY[name]
    assert found(tmp_path, "whole.cif", mmcif(atoms) + chains + poly_seq(9) + "#\n") == (missing, [])


def test_a_chain_takes_its_sequence_from_its_atoms_or_the_only_one(tmp_path):
    no_entity = mmcif([*P, *B], without=("label_entity_id",))
    assert found(tmp_path, "only.cif", no_entity + poly_seq(9) + "#\n") == ({"A": 3, "B": 3}, [])
    nucleic = poly_seq(9) + "2 1 DA\n2 2 DC\n#\n"
    assert found(tmp_path, "of_atoms.cif", mmcif(P) + nucleic) == ({"A": 3}, [])
    # of two sequences none is the only one
    assert found(tmp_path, "two.cif", no_entity + nucleic) == ({}, [])


def test_several_names_of_one_residue_are_one(tmp_path):
    several = poly_seq(9) + "1 9 GLY\n#\n"
    assert found(tmp_path, "several.cif", mmcif(P) + several) == ({"A": 3}, [])


def test_an_mmcif_file_without_entities_that_is_cut_says_so(tmp_path):
    text = "data_x\n" + poly_seq(6) + mmcif(P).partition("\n")[2]
    missing, (only,) = found(tmp_path, "cut.cif", "\n".join(text.splitlines()[:-6]) + "\n")
    assert missing == {"A": 1}
    assert "cut.cif: may be cut off" in only


def test_binary_cif_without_entities_counts_the_same(tmp_path):
    writer = pytest.importorskip("binary_cif_writer")
    rows = {"entity_id": ["1"] * 9, "num": [str(i) for i in range(1, 10)], "mon_id": ["ALA"] * 9}
    content = writer.written(writer.document([*P, *B], more={"_entity_poly_seq": rows}))
    assert found(tmp_path, "whole.bcif", content) == ({"A": 3, "B": 3}, [])


SECOND = changed(P, segment="X")


@pytest.mark.parametrize(
    ("n_named", "lines", "missing"),
    [
        (9, [*P, *P], {"A": 6}),
        (9, [*P, "TER", *P, "TER"], {"A": 6}),
        (9, [*P, *SECOND], {"A": 6}),
        (12, [*P, *P], {}),
        (14, [*P, *P], {"A": 2}),
        (8, [*P, *P, *P[:12]], {"A": 9}),
    ],
)
def test_copies_under_one_chain_share_a_sequence_or_have_it_each(n_named, lines, missing, tmp_path):
    text = pdb([*seqres("A", ["ALA"] * n_named), *lines, "END"])
    assert found(tmp_path, "copies.pdb", text) == (missing, [])


def test_a_pdb_file_cut_within_its_last_residue_says_so(tmp_path):
    for n_atoms, lacking in ((22, "ALA 6, has no C"), (21, "ALA 6, has no CA, C")):
        text = pdb(P[:n_atoms])
        _, (only,) = found(tmp_path, "cut.pdb", text)
        assert f"may be cut off: it ends with an atom, and its last residue, {lacking}; fetch it again" in only
        assert found(tmp_path, "whole.pdb", text + "END\n") == ({}, [])
    # a cap has no CA, and in a model of CA alone each residue lacks the others
    cap = replace(P[0], resname="NME", resseq=7)
    assert found(tmp_path, "cap.pdb", pdb([*P, cap])) == ({}, [])
    assert found(tmp_path, "trace.pdb", pdb([*P, *[atom for atom in Q if atom.name == "CA"]])) == ({}, [])


def test_a_file_that_ends_before_its_last_model_says_so(tmp_path):
    lines = ["NUMMDL    3", "MODEL        1", *P, "ENDMDL", "MODEL        2", *P, "ENDMDL"]
    _, (only,) = found(tmp_path, "cut.pdb", pdb(lines))
    assert (
        "may be cut off: NUMMDL names 3 models, and it ends after 2; fetch it again, or write END if it should" in only
    )
    assert found(tmp_path, "cut.pdb", pdb([*lines, "END"])) == ({}, [])
    assert found(tmp_path, "cut.pdb", pdb([*lines, "MODEL        3", *P, "ENDMDL"])) == ({}, [])


def test_validate_hands_the_count_on(tmp_path):
    (tmp_path / "whole.pdb").write_text(pdb(WHOLE))
    _, skipped = validate(tmp_path / "whole.pdb")
    assert skipped.attrs["not_modelled"] == {"A": 14}

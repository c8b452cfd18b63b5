"""BinaryCIF gives what mmCIF gives. Files by ihm 2.12, by biotite 1.6, and by these tests."""

from __future__ import annotations

import bz2
import gzip
import random
import sys

import binary_cif_writer as writer
import numpy as np
import pandas as pd
import pytest
from copies_of_chains import MMCIF, angles, chain, changed, mmcif

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import backbone_angles, example, validate
from domains.ramachandran.structures.binary_cif import is_binary_cif

pytest.importorskip("gemmi")
pytest.importorskip("msgpack")

P = chain(["ALA", "GLY", "PRO", "SER", "VAL", "LEU"], -60, -45)
Q = chain(["ALA"] * 6, -115, 130, shift=40.0)
COPIES = [*P, *changed(Q, label_asym="B")]
WHOLE = writer.written(writer.document(COPIES))


def measured(folder, content, name="made.bcif"):
    path = folder / name
    path.write_bytes(content)
    return backbone_angles(path)


def atom_site(made):
    return made["dataBlocks"][0]["categories"][0]


def test_a_file_by_ihm_gives_what_mmcif_gives(test_data):
    """The first 30 residues of 1A8O and some waters; its coordinates have 32 bits there."""
    rows, skipped = backbone_angles(test_data / "1a8o_begin.bcif")
    expected = backbone_angles(example("1a8o"))[0][:28]
    pd.testing.assert_frame_equal(rows, expected, rtol=0, atol=5e-4)
    assert rows["parent"].tolist()[:2] == expected["parent"].tolist()[:2]
    assert skipped["reason"].tolist() == ["terminal", "terminal"]


def test_a_file_by_biotite(test_data):
    """Eight alanines, written by biotite 1.6."""
    rows, skipped = validate(test_data / "eight_alanines.bcif")
    assert rows["evaluation"].tolist() == ["Favored"] * 6
    assert len(skipped) == 2


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress], ids=["plain", "gzip", "bzip2"])
def test_made_files_give_what_mmcif_gives(tmp_path, pack):
    rows, skipped = measured(tmp_path, pack(WHOLE))
    same_rows, same_skipped = measured(tmp_path, mmcif(COPIES).encode(), "made.cif")
    pd.testing.assert_frame_equal(rows, same_rows, rtol=0, atol=1e-9)
    pd.testing.assert_frame_equal(skipped, same_skipped)
    found = sorted(zip(rows["phi"], rows["psi"], strict=True))
    np.testing.assert_allclose(found, sorted(angles(P) + angles(Q)), atol=2e-3)


@pytest.mark.parametrize("tag", MMCIF)
def test_columns_that_may_be_missing_and_those_that_may_not(tmp_path, tag):
    content = writer.written(writer.document(COPIES, without=(tag,)))
    if tag.startswith("Cartn"):
        with pytest.raises(ReadError, match=f"no column _atom_site.{tag}, which atoms need; write it"):
            measured(tmp_path, content)
        return
    rows, _ = measured(tmp_path, content)
    same, _ = measured(tmp_path, mmcif(COPIES, without=(tag,)).encode(), "made.cif")
    pd.testing.assert_frame_equal(rows, same, rtol=0, atol=1e-9)


def test_models_conformers_and_names_in_capitals(tmp_path):
    atoms = [*P, *changed(changed(P, model=2), altloc="B")]
    made = writer.document(atoms)
    atom_site(made)["name"] = "_ATOM_SITE"
    for column in atom_site(made)["columns"]:
        column["name"] = column["name"].upper()
    rows, _ = measured(tmp_path, writer.written(made))
    same, _ = measured(tmp_path, mmcif(atoms).encode(), "made.cif")
    pd.testing.assert_frame_equal(rows, same, rtol=0, atol=1e-9)
    assert rows["model"].tolist() == ["1"] * 4 + ["2"] * 4


def test_parents_of_modified_residues_are_read(tmp_path):
    made = writer.document([*P, *changed(P[:4], resname="XYZ", resseq=7, label_seq=7)])
    columns = [writer.column(name, [text]) for name, text in (("label_comp_id", "XYZ"), ("parent_comp_id", "SER"))]
    parents = {"name": "_pdbx_struct_mod_residue", "rowCount": 1, "columns": columns}
    made["dataBlocks"][0]["categories"].append(parents)
    _, skipped = measured(tmp_path, writer.written(made))
    assert 'modified SER, taken with modified="parent"' in skipped["detail"].tolist()


def test_cut_at_any_byte(tmp_path):
    for n in range(60, len(WHOLE), 97):
        with pytest.raises(ReadError, match=r"made\.bcif: a BinaryCIF file that is damaged or cut off \(.*fetch or"):
            measured(tmp_path, WHOLE[:n])
    with pytest.raises(ReadError, match="damaged or cut off"):
        measured(tmp_path, WHOLE + b"\0")


def said_of(folder, content):
    """Return why a file is refused, "" for one that is read."""
    try:
        rows, skipped = measured(folder, content)
    except ReadError as error:
        return str(error)
    assert len(rows) + len(skipped) > 0
    return ""


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_flipped_bits_are_one_line_or_a_table(tmp_path):
    """The format has no checksum: a flipped bit may make another number, but no other end of the process."""
    chance = random.Random(5)
    n_refused = 0
    for _ in range(250):
        damaged = bytearray(WHOLE)
        for _ in range(chance.choice((1, 1, 3))):
            damaged[chance.randrange(60, len(damaged))] ^= 1 << chance.randrange(8)
        said = said_of(tmp_path, bytes(damaged))
        assert "\n" not in said
        n_refused += said != ""
    assert 50 < n_refused < 200


def changed_column(name, **changes):
    made = writer.document(P)
    for column in atom_site(made)["columns"]:
        if column["name"] == name:
            column["data"].update(changes)
    return made


def test_what_contradicts_itself_is_refused(tmp_path):
    data, encoding = writer.as_bytes([float("inf")] + [0.0] * 23, kind=33)
    texts, of_texts = writer.strings(["1.5"] * 23 + ["x"])
    short, of_short = writer.as_bytes([1] * 23)
    for made, said in (
        (changed_column("Cartn_x", data=data, encoding=encoding), "_atom_site.Cartn_x of atom 1 is inf, which no"),
        (changed_column("Cartn_x", data=texts, encoding=of_texts), "_atom_site.Cartn_x has 'x', which is no number"),
        (
            changed_column("auth_seq_id", data=short, encoding=of_short),
            r"auth_seq_id: damaged \(23 values in 24 rows\)",
        ),
        (changed_column("auth_seq_id", data="text"), "_atom_site.auth_seq_id: damaged"),
        (changed_column("auth_seq_id", encoding=[]), "_atom_site.auth_seq_id: bytes without an encoding"),
    ):
        with pytest.raises(ReadError, match=said):
            measured(tmp_path, writer.written(made))
    for n_rows, said in ((10**9, "promises 1000000000 atoms in a file of"), (0, "has 0 rows"), ("x", "has x rows")):
        made = writer.document(P)
        atom_site(made)["rowCount"] = n_rows
        with pytest.raises(ReadError, match=said):
            measured(tmp_path, writer.written(made))


def test_a_file_without_atoms_says_so(tmp_path):
    made = writer.document(P)
    atom_site(made)["name"] = "_cell"
    with pytest.raises(ReadError, match="a BinaryCIF file without _atom_site; give one with atoms"):
        measured(tmp_path, writer.written(made))


def test_text_is_no_binary_cif():
    assert is_binary_cif(WHOLE)
    assert not is_binary_cif(b"data_x dataBlocks")
    assert not is_binary_cif(b"")


def test_msgpack_missing_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "msgpack", None)
    with pytest.raises(ImportError, match=r'msgpack: pip install "overlap-toolkit\[proteins\]"'):
        measured(tmp_path, WHOLE)


def as_mmcif(atoms, more):
    """Return the same categories as mmCIF."""
    loops = []
    for name, columns in more.items():
        rows = zip(*columns.values(), strict=True)
        tags = [f"{name}.{tag}" for tag in columns]
        loops += [
            "loop_",
            *tags,
            *(" ".join(f"'{cell}'" if " " in cell else cell for cell in row) for row in rows),
            "#",
        ]
    head, rest = mmcif(atoms).split("\n", 1)
    return "\n".join([head, *loops, rest])


PREDICTED = {"_ma_qa_metric": {"id": ["1"], "mode": ["local"], "type": ["pLDDT"], "name": ["pLDDT"]}}
CRYSTAL = {"_exptl": {"entry_id": ["MADE"], "method": ["X-RAY DIFFRACTION"]}}
SEQUENCE = {
    "_entity": {"id": ["1"], "type": ["polymer"]},
    "_entity_poly_seq": {
        "entity_id": ["1"] * 9,
        "num": [str(k) for k in range(1, 9)] + ["8"],
        "mon_id": ["ALA"] * 9,
    },
    "_struct_asym": {"id": ["A", "B"], "entity_id": ["1", "1"]},
}


PLDDT = {1: 95.0, 2: 91.5, 3: 60.25, 4: 80.0, 5: 70.0, 6: 88.0}
B_FACTORS = {"predicted": lambda atom: PLDDT[atom.resseq], "by atom": lambda atom: 20.0 + len(atom.name)}


@pytest.mark.parametrize("b_factors", B_FACTORS)
@pytest.mark.parametrize("more", [PREDICTED, CRYSTAL, SEQUENCE, {}], ids=["predicted", "crystal", "sequence", "none"])
@pytest.mark.parametrize("min_plddt", [None, 70.0, 0.7])
def test_what_stands_beside_the_atoms_counts_as_in_mmcif(tmp_path, monkeypatch, more, min_plddt, b_factors):
    """What is left out, what is refused and how, what is not modelled."""
    monkeypatch.setitem(MMCIF, "B_iso_or_equiv", lambda atom: str(B_FACTORS[b_factors](atom)))
    outcomes = []
    for name, content in (
        ("made.bcif", writer.written(writer.document(COPIES, more=more))),
        ("made.cif", as_mmcif(COPIES, more).encode()),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        try:
            rows, skipped = backbone_angles(path, min_plddt=min_plddt)
        except UsageError as error:
            outcomes.append(str(error).replace(name, ""))
        else:
            outcomes.append((rows["resseq"].tolist(), skipped["detail"].tolist(), skipped.attrs))
    assert outcomes[0] == outcomes[1]


def test_residues_of_low_plddt_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setitem(MMCIF, "B_iso_or_equiv", lambda atom: str(PLDDT[atom.resseq]))
    path = tmp_path / "made.bcif"
    path.write_bytes(writer.written(writer.document(P)))
    rows, skipped = backbone_angles(path, min_plddt=70)
    assert rows["resseq"].tolist() == [2, 4, 5]
    assert "pLDDT 60.2 < 70" in skipped["detail"].tolist()


def test_the_refusals_say_what_was_found(tmp_path):
    path = tmp_path / "made.bcif"
    path.write_bytes(writer.written(writer.document(COPIES, more=CRYSTAL)))
    with pytest.raises(UsageError, match="its B factors run from .* and are no pLDDT: the file says X-RAY DIFFRACTION"):
        backbone_angles(path, min_plddt=70)
    path.write_bytes(writer.written(writer.document(COPIES, more=SEQUENCE)))
    _, skipped = backbone_angles(path)
    assert skipped.attrs["not_modelled"] == {"A": 4}


def test_a_damaged_category_beside_the_atoms_says_nothing(tmp_path):
    made = writer.document(COPIES, more={**CRYSTAL, **SEQUENCE})
    for category in made["dataBlocks"][0]["categories"][:-1]:
        category["columns"][-1]["data"]["data"] = b"\xff"
    rows, _ = measured(tmp_path, writer.written(made))
    same, _ = measured(tmp_path, WHOLE, "whole.bcif")
    pd.testing.assert_frame_equal(rows, same)

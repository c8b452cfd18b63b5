"""Every row of ``_atom_site`` is an atom, or the file is refused with its line."""

from __future__ import annotations

import gzip
import re

import pandas as pd
import pytest
from copies_of_chains import MMCIF, angles, chain, mmcif

from domains._files import ReadError
from domains.ramachandran import backbone_angles, example
from domains.ramachandran.structures.mmcif import parse

gemmi = pytest.importorskip("gemmi")

CIF = gzip.decompress(example("1a8o").read_bytes())
TAGS = ["group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id"]
TAGS += ["label_entity_id", "label_seq_id", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv"]
TAGS += ["auth_seq_id", "auth_asym_id"]
HEAD = b"data_x\nloop_\n" + b"".join(b"_atom_site.%s\n" % tag.encode() for tag in TAGS)
FIRST_ROW = HEAD.count(b"\n") + 1
ROWS = [b"ATOM %d %s %s . ALA A 1 %d %d.5 2.5 3.5 1.0 9.5 %d A" % (i, name[:1], name, r, i, r) for i, r, name in (
    (1, 1, b"N"), (2, 1, b"CA"), (3, 1, b"C"), (4, 2, b"N"), (5, 2, b"CA"), (6, 2, b"C"), (7, 3, b"N"),
)]  # fmt: skip


def measured(tmp_path, rows, head=HEAD):
    path = tmp_path / "made.cif"
    path.write_bytes(head + b"\n".join(rows) + b"\n")
    return backbone_angles(path)


def changed(row, word, new):
    words = ROWS[row].split()
    words[TAGS.index(word)] = new
    return [*ROWS[:row], b" ".join(words), *ROWS[row + 1 :]]


def test_each_residue_is_a_row_or_skipped(tmp_path):
    rows, skipped = measured(tmp_path, ROWS)
    assert len(rows) + len(skipped) == 3


@pytest.mark.parametrize("value", [b"1,5", b"nan", b"inf", b"********", b"1.2.3", b"1e999x"])
@pytest.mark.parametrize("column", ["Cartn_x", "Cartn_z", "occupancy", "B_iso_or_equiv"])
def test_a_value_that_is_no_number_is_refused_with_its_line(column, value, tmp_path):
    said = (
        rf"made\.cif: line {FIRST_ROW + 2}: _atom_site\.{column} is .*; write a number, or \? for one that is not known"
    )
    with pytest.raises(ReadError, match=said):
        measured(tmp_path, changed(2, column, value))


def test_the_remedy_gives_a_missing_atom(tmp_path):
    _, skipped = measured(tmp_path, changed(4, "Cartn_x", b"?"))
    assert skipped["detail"].tolist()[1] == "CA"


def test_a_number_may_have_its_uncertainty(tmp_path):
    _, skipped = measured(tmp_path, changed(2, "Cartn_x", b"3.5(2)"))
    assert len(skipped) == 3


# the second becomes the least integer, whose absolute value is itself
@pytest.mark.parametrize("number", [b"99999999999", b"2147483648", b"-2147483649"])
def test_a_residue_number_of_many_digits_is_not_another_one(tmp_path, number):
    found = f"_atom_site.auth_seq_id is '{number.decode()}'; write a number of"
    with pytest.raises(ReadError, match=f"line {FIRST_ROW + 1}: {found}"):
        measured(tmp_path, changed(1, "auth_seq_id", number))


@pytest.mark.parametrize("row", [1, 3, 5])
@pytest.mark.parametrize("wide_first", [True, False])
def test_rows_of_another_length_are_refused_with_their_line(row, wide_first, tmp_path):
    wide = ROWS[row] + b" 7"
    short = ROWS[row + 1].rsplit(b" ", 1)[0]
    pair = [wide, short] if wide_first else [ROWS[row].rsplit(b" ", 1)[0], ROWS[row + 1] + b" 7"]
    n_values = len(TAGS) + (1 if wide_first else -1)
    for rows in (pair, pair[:1]):
        with pytest.raises(
            ReadError, match=f"line {FIRST_ROW + row}: {n_values} values, but _atom_site has 16 columns"
        ):
            measured(tmp_path, [*ROWS[:row], *rows, *ROWS[row + 2 :]])


def test_an_unbalanced_quote_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"broken mmCIF file: string:.*unterminated|line .*: .* values"):
        measured(tmp_path, changed(1, "label_atom_id", b"'CA"))


def test_rows_within_a_text_are_refused(tmp_path):
    swallowed = [ROWS[0], ROWS[1].rsplit(b" ", 1)[0], b";A", *ROWS[2:4], b";", *ROWS[4:]]
    with pytest.raises(ReadError, match=f"line {FIRST_ROW + 2}: a text of several lines within _atom_site"):
        measured(tmp_path, swallowed)


def test_rows_may_take_two_lines_and_comments(tmp_path):
    spread = [row.replace(b" ALA", b"\n ALA") for row in ROWS]
    commented = [b"# the first", *ROWS, b"#"]
    for rows in (spread, commented):
        found, skipped = measured(tmp_path, rows)
        assert len(found) + len(skipped) == 3


def test_atoms_in_the_text_of_another_category_are_no_rows(tmp_path):
    _, skipped = measured(tmp_path, [*ROWS, b"#", b"_software.description", b";", ROWS[0], b";"])
    assert len(skipped) == 3


def test_a_row_without_its_record_name_is_refused(tmp_path):
    with pytest.raises(ReadError, match=f"line {FIRST_ROW}: _atom_site.group_PDB is 'ATXM'|row 1 of _atom_site: "):
        measured(tmp_path, changed(0, "group_PDB", b"ATXM"))


def test_columns_and_blocks_stand_once(tmp_path):
    twice = HEAD.replace(b"_atom_site.occupancy", b"_atom_site.Cartn_x")
    for head, rows in (
        (twice, ROWS),
        (HEAD, [*ROWS, HEAD, *ROWS]),
        (HEAD, [*ROWS, HEAD.replace(b"data_x", b"data_y"), *ROWS]),
    ):
        with pytest.raises(ReadError, match=r"made\.cif: broken mmCIF file: .*; fetch or write it again"):
            measured(tmp_path, rows, head)


def test_a_file_cut_at_any_row_end_or_within_is_refused_or_whole(tmp_path):
    begin = CIF.index(b"\nATOM") + 1
    stop = CIF.index(b"\n", begin + 900)
    path = tmp_path / "cut.cif"
    for end in range(stop - 90, stop, 3):
        path.write_bytes(CIF[:end])
        with pytest.raises(ReadError, match=r"cut\.cif: (line \d+: \d+ values, but _atom_site has \d+ columns|broken)"):
            backbone_angles(path)


def test_names_of_atoms_may_be_long(tmp_path):
    _, skipped = measured(tmp_path, changed(4, "label_atom_id", b"CALPHAOFTHISRESIDUE"))
    assert skipped["detail"].tolist()[1] == "CA"


@pytest.mark.filterwarnings("error")
def test_atoms_far_beyond_any_molecule_are_no_warning(tmp_path):
    found, skipped = measured(tmp_path, changed(4, "Cartn_x", b"1e308"))
    assert len(found) + len(skipped) == 3


CHAIN = chain(["ALA", "GLY", "PRO", "SER", "VAL", "LEU"], -60, -45)
AUTHOR = ("auth_seq_id", "auth_comp_id", "auth_asym_id", "auth_atom_id")
DICTIONARY = ("label_atom_id", "label_comp_id", "label_asym_id", "label_entity_id", "label_seq_id")
SPARSE = ("group_PDB", "id", "type_symbol", "label_alt_id", "pdbx_PDB_ins_code", "occupancy", "B_iso_or_equiv",
          "pdbx_PDB_model_num")  # fmt: skip


def read(folder, text):
    path = folder / "made.cif"
    path.write_text(text)
    return backbone_angles(path)


@pytest.mark.parametrize(
    "without", [*((tag,) for tag in MMCIF if not tag.startswith("Cartn")), AUTHOR, DICTIONARY, SPARSE], ids=" ".join
)
def test_columns_that_files_may_lack(without, tmp_path):
    rows, skipped = read(tmp_path, mmcif(CHAIN, without=without))
    assert [(round(phi, 2), round(psi, 2)) for phi, psi in zip(rows["phi"], rows["psi"], strict=True)] == [
        (round(phi, 2), round(psi, 2)) for phi, psi in angles(CHAIN)
    ]
    assert rows["resname"].tolist() == ["GLY", "PRO", "SER", "VAL"]
    assert rows["chain"].unique().tolist() == ["A"]
    assert len(skipped) == 2


@pytest.mark.parametrize(
    ("without", "named"),
    [
        (("Cartn_y",), "_atom_site.Cartn_y"),
        (("auth_seq_id", "label_seq_id"), "_atom_site.label_seq_id or _atom_site.auth_seq_id"),
        (("auth_asym_id", "label_asym_id"), "_atom_site.label_asym_id or _atom_site.auth_asym_id"),
        (("auth_atom_id", "label_atom_id"), "_atom_site.label_atom_id or _atom_site.auth_atom_id"),
        (("auth_comp_id", "label_comp_id"), "_atom_site.label_comp_id or _atom_site.auth_comp_id"),
    ],
)
def test_a_column_that_atoms_need_is_named_and_the_remedy_reads_them(without, named, tmp_path):
    with pytest.raises(ReadError, match=rf"made\.cif: no column {re.escape(named)}, which atoms need; write it"):
        read(tmp_path, mmcif(CHAIN, without=without))
    rows, _ = read(tmp_path, mmcif(CHAIN, without=without[1:]))
    assert len(rows) == 4


@pytest.mark.parametrize("written", [str.upper, str.lower, str.swapcase])
def test_tags_are_read_in_capitals_and_small_letters(written, tmp_path):
    path = tmp_path / "tags.cif"
    path.write_text(re.sub(r"(?m)^_[\w.\[\]-]+", lambda tag: written(tag.group()), CIF.decode()))
    for ours, expected in zip(backbone_angles(path), backbone_angles(example("1a8o")), strict=True):
        pd.testing.assert_frame_equal(ours, expected)
    path.write_text(re.sub(r"(?m)^_[\w.\[\]-]+", lambda tag: written(tag.group()), mmcif([*CHAIN, *CHAIN])))
    rows, skipped = backbone_angles(path)
    assert len(rows) + len(skipped) == 12


NUMBERINGS = {
    "from 1 on": lambda i: str(i + 1),
    "with gaps": lambda i: str(7 * i + 5),
    "all the same": lambda i: "1",
    "from the end": lambda i: str(90 - i),
    "anew in each copy": lambda i: str(i % 24 + 1),
    "in quotes": lambda i: f"'{i + 1}'",
    "unknown": lambda i: "?",
}


@pytest.mark.parametrize("numbering", NUMBERINGS)
def test_copies_are_told_apart_however_their_rows_are_numbered(numbering, tmp_path):
    other = chain(["SER", "ALA", "LEU", "GLY", "PRO", "VAL"], -120, 130, shift=40.0)
    atoms = [*CHAIN, *other]
    ids = [NUMBERINGS[numbering](i) for i in range(len(atoms))]
    rows, _ = read(tmp_path, mmcif(atoms, ids=ids))
    expected = [*angles(CHAIN), *angles(other)]
    found = zip(rows["phi"].round(2), rows["psi"].round(2), strict=True)
    assert list(found) == [(round(phi, 2), round(psi, 2)) for phi, psi in expected]
    assert rows["instance"].tolist() == [1] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("metric", "declared"),
    [
        ("_ma_qa_metric.id 1\n_ma_qa_metric.name pLDDT\n", True),
        ("loop_\n_MA_QA_METRIC.id\n_MA_QA_METRIC.name\n1 PAE\n2 'local plddt'\n", True),
        ("loop_\n_ma_qa_metric.id\n_ma_qa_metric.name\n1 PAE\n# pLDDT\n", False),
        ("_ma_qa_metric_global.metric_value pLDDT\n", False),
        ("", False),
    ],
)
def test_whether_a_file_declares_plddt(metric, declared):
    assert parse(("\n" + mmcif(CHAIN) + metric).encode()).declares_plddt() is declared


def test_lines_in_what_gemmi_says_are_those_of_the_file(tmp_path):
    path = tmp_path / "broken.cif"
    path.write_text("data_x\nloop_\n_atom_site.id\n'CA\n")
    with pytest.raises(ReadError, match=r"broken mmCIF file: string:4:3\(30\)"):
        backbone_angles(path)

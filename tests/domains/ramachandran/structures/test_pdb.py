"""Every record of a PDB file is an atom, or the file is refused with its line."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace

import pytest

from domains._files import ReadError
from domains.ramachandran import backbone_angles, example
from domains.ramachandran.structures import pdb
from domains.ramachandran.structures.pdb import read_records

gemmi = pytest.importorskip("gemmi")

ATOM = b"ATOM      1  CA  ALA A   7      11.000  12.000  13.000  1.00 10.00           C  "
FILE = b"\n".join([b"REMARK 290 HETATM", ATOM, ATOM.replace(b"   7 ", b"   8 "), b"TER", ATOM, b"END", b""])
REAL = gzip.decompress(example("1a28").read_bytes())


def counted(text):
    records = read_records(b"\n" + text)
    return len(records.start), records.n_after


def put(columns, field, line=ATOM):
    first, last = columns
    return line[: first - 1] + field + line[last:]


def read(path, text):
    path.write_bytes(text)
    return backbone_angles(path)


@pytest.mark.parametrize(
    "text",
    [
        FILE,
        FILE.replace(b"\n", b"\r\n"),
        FILE.replace(b"ATOM ", b"atom "),
        FILE.replace(b"END\n", b""),
        FILE.replace(b"   7 ", b"A00Z "),
        FILE.replace(b"   7 ", b"  -7B"),
        FILE.replace(b"  11.000", b"-11.0000"),
        FILE.replace(b"  11.000", b"      11"),
        FILE.replace(b"  11.000", b" 1.1e+01"),
        FILE.replace(b"  1.00 10.00", b"            "),
        b"\n".join(line[:54].rstrip() for line in FILE.split(b"\n")),
        FILE.replace(b"TER\n", b"ANISOU    1  CA  ALA A   7     1.000   1.000   1.0000  1.00 10.00\n"),
    ],
)
def test_what_the_format_allows_is_counted_as_gemmi_does(text):
    assert counted(text) == (3, 0)
    assert gemmi.read_pdb_string(text)[0].count_atom_sites() == 3


def test_real_entries_are_counted_as_gemmi_does():
    n_atoms = gemmi.read_pdb_string(REAL)[0].count_atom_sites()
    assert counted(REAL) == (n_atoms, 0)


@pytest.mark.parametrize("end", [b"END", b"end", b"END   ", b"END\t", b"END."])
def test_atoms_after_end_are_told_apart(end):
    assert counted(ATOM + b"\n" + end + b"\n" + ATOM) == (1, 1)
    assert gemmi.read_pdb_string(ATOM + b"\n" + end + b"\n" + ATOM)[0].count_atom_sites() == 1


@pytest.mark.parametrize("record", [b"ENDMDL", b"END1", b"ENDX"])
def test_another_record_ends_nothing(record):
    assert counted(ATOM + b"\n" + record + b"\n" + ATOM) == (2, 0)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (put((31, 38), b"********"), "line 2: no x coordinate in columns 31 to 38, but '[*]{8}'; write a number there"),
        (put((31, 38), b"     nan"), "line 2: no x coordinate .*nan"),
        (put((31, 38), b"     inf"), "line 2: no x coordinate .*inf"),
        (put((39, 46), b"  12,000"), "line 2: no y coordinate in columns 39 to 46, but '  12,000'"),
        (put((39, 46), b"        "), "line 2: no y coordinate"),
        (put((47, 54), b"  1.2.30"), "line 2: no z coordinate"),
        (put((47, 54), b"  1 3.00"), "line 2: no z coordinate"),
        (put((47, 54), b"  --3.00"), "line 2: no z coordinate"),
        (put((47, 54), b"    - 3 "), "line 2: no z coordinate"),
        (put((47, 54), b"      . "), "line 2: no z coordinate"),
        (ATOM[:46], "line 2: no z coordinate"),
        (ATOM[:20], "line 2: no residue number"),
        (ATOM.replace(b"ALA", b"A\xc3\xa9A"), "line 2: the byte 0xc3 in column 19 of an atom; write plain letters"),
        (ATOM.replace(b"ALA A", b"ALA \x9b"), "line 2: the byte 0x9b in column 22 of an atom"),
        (ATOM.replace(b"      1", b"\t1"), "line 2: no residue number"),
        (put((23, 26), b"  x7"), "line 2: no residue number in columns 23 to 26, but '  x7'"),
        (put((23, 26), b"1a2f"), "line 2: no residue number"),
        (put((23, 26), b"    "), "line 2: no residue number"),
        (put((55, 60), b"  x.00"), "line 2: no occupancy in columns 55 to 60, but '  x.00'; write a number or blanks"),
        (put((61, 66), b"******"), "line 2: no B factor in columns 61 to 66"),
        (b" " + ATOM, "line 2: coordinates, but no ATOM or HETATM in columns 1 to 6; it begins with ' ATOM"),
        (ATOM.replace(b"ATOM", b"ATXM"), "line 2: coordinates, but no ATOM or HETATM in columns 1 to 6"),
        (b"TER" + ATOM, "line 2: an atom within the line; put a line break before 'ATOM      1 '"),
        (ATOM[:60] + ATOM, "line 2: an atom within the line"),
        (ATOM[:66] + ATOM[30:], "line 2: coordinates of two atoms; correct the line"),
        (ATOM[9:], "line 2: coordinates, but no ATOM or HETATM in columns 1 to 6; it begins with ' 1  CA  ALA '"),
        (ATOM[26:], "line 2: coordinates, but no ATOM or HETATM in columns 1 to 6"),
    ],
)
def test_a_record_that_is_no_atom_is_refused_with_its_line(broken, said):
    lines = [b"HEADER", broken, ATOM[:66], b"END", b""]
    with pytest.raises(ReadError, match=f"^{said}"):
        counted(b"\n".join(lines))


@pytest.mark.parametrize(("place", "said"), [(20, "to the left"), (26, "to the left"), (11, "to the left")])
def test_a_line_that_lost_or_gained_a_character_is_refused(place, said):
    lines = [ATOM.replace(b" CA ", b"  CA")] * 20
    lost = lines[0][:place] + lines[0][place + 1 :]
    gained = lines[0][:place] + b" " + lines[0][place:]
    with pytest.raises(ReadError, match=f"line 8: coordinates one column {said} of those of the other atoms"):
        counted(b"\n".join([*lines[:7], lost, *lines[7:]]))
    with pytest.raises(ReadError, match=r"line 8: (coordinates one column to the right|no )"):
        counted(b"\n".join([*lines[:7], gained, *lines[7:]]))
    assert counted(b"\n".join([lost] * 20)) == (20, 0)


def test_the_remedy_gives_the_right_number():
    with pytest.raises(ReadError, match="put a line break before 'ATOM"):
        counted(ATOM + b"\nTER" + ATOM)
    assert counted(ATOM + b"\nTER\n" + ATOM) == (2, 0)


@pytest.mark.parametrize("length", range(60, 66))
def test_a_file_that_ends_within_an_atom_is_refused(length):
    with pytest.raises(ReadError, match=f"line 2: the file ends within this atom, after {length} columns"):
        counted(ATOM + b"\n" + ATOM[:length])
    assert counted(ATOM + b"\n" + ATOM[:66]) == (2, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE.replace(b"CA  ALA", b"CA\0 ALA"), "line 2: a NUL byte"),
        (FILE.replace(b"\n", b"\r"), "lines that end with a carriage return alone"),
        (
            b"MODEL        1\n" + ATOM + b"\nMODEL        2\n" + ATOM + b"\n",
            "broken PDB file: Problem in line 3: MODEL",
        ),
    ],
)
def test_files_that_gemmi_would_misread(text, said, tmp_path):
    path = tmp_path / "odd.pdb"
    with pytest.raises(ReadError, match=rf"^ramachandran.backbone_angles: .*odd\.pdb: {said}") as error:
        read(path, text)
    assert "\n" not in str(error.value)


def test_atoms_that_gemmi_would_drop_are_missed(tmp_path, monkeypatch):
    records = read_records(b"\n" + FILE)
    monkeypatch.setattr(pdb, "read_records", lambda text: replace(records, start=records.start[[0, 0, 1, 2]]))
    with pytest.raises(ReadError, match="4 ATOM and HETATM records, but 3 atoms were read"):
        read(tmp_path / "a.pdb", FILE)


@pytest.mark.slow
def test_no_flipped_byte_of_an_atom_loses_a_residue(tmp_path):
    """Whatever byte of a file changes, each residue is a row or a skipped row, or the file is refused."""
    head = REAL.index(b"\nATOM") + 1
    lines = REAL[head:].split(b"\n")[:40]
    text = b"\n".join(lines) + b"\n"
    rows, skipped = read(tmp_path / "a.pdb", text)
    n_residues = len(rows) + len(skipped)
    chance = random.Random(5)
    n_refused = 0
    for _ in range(150):
        at = chance.randrange(len(text))
        flipped = bytes([text[at] ^ 1 << chance.randrange(8)])
        try:
            rows, skipped = read(tmp_path / "b.pdb", text[:at] + flipped + text[at + 1 :])
        except ReadError:
            n_refused += 1
            continue
        # another number, name or chain may make a residue of its own
        assert len(rows) + len(skipped) >= n_residues
    assert 20 < n_refused < 140


# all record types of format 3.3 that are no coordinates, and those of older versions
RECORDS = """
HEADER OBSLTE TITLE SPLIT CAVEAT COMPND SOURCE KEYWDS EXPDTA NUMMDL MDLTYP AUTHOR REVDAT SPRSDE JRNL REMARK DBREF DBREF1
DBREF2 SEQADV SEQRES MODRES HET HETNAM HETSYN FORMUL HELIX SHEET TURN SSBOND LINK CISPEP SITE CRYST1 ORIGX1 ORIGX2
ORIGX3 SCALE1 SCALE2 SCALE3 MTRIX1 MTRIX2 MTRIX3 TVECT MODEL ANISOU SIGATM SIGUIJ TER ENDMDL CONECT MASTER FTNOTE
"""


@pytest.mark.parametrize("name", RECORDS.split())
def test_records_of_the_format_are_no_atoms_whatever_they_hold(name):
    assert counted(b"\n".join([name.encode().ljust(6) + ATOM[6:66], ATOM, b"END", b""])) == (1, 0)

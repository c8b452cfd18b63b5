from __future__ import annotations

import bz2
import gzip
import lzma
import random

import pytest

from domains._files import ReadError
from domains.ramachandran import backbone_angles, example
from domains.ramachandran.structures.coordinates import read_structure

PDB = gzip.decompress(example("1a28").read_bytes())
CIF = gzip.decompress(example("1a8o").read_bytes())


def written(folder, name, text):
    path = folder / name
    path.write_bytes(text)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("text", [PDB, CIF], ids=["pdb", "cif"])
def test_content_tells_the_format_not_the_name(tmp_path, text):
    rows = len(backbone_angles(written(tmp_path, "plain", text))[0])
    for name, other in (
        ("byte order mark", b"\xef\xbb\xbf" + text),
        ("packed by gzip", gzip.compress(text)),
        ("packed by bzip2", bz2.compress(text)),
        ("packed by xz", lzma.compress(text)),
        ("capitals", text.replace(b"data_", b"DATA_", 1)),
    ):
        assert len(backbone_angles(written(tmp_path, "odd", other))[0]) == rows, name


@pytest.mark.parametrize("field", [b"********", b"     nan", b"    abc "])
def test_a_coordinate_that_is_no_number_is_never_0(tmp_path, field):
    at = PDB.index(b"\nATOM", 20_000) + 1
    broken = PDB[: at + 30] + field + PDB[at + 38 :]
    line = PDB.count(b"\n", 0, at) + 1
    with pytest.raises(ReadError, match=rf"broken\.pdb: line {line}: no x coordinate in columns 31 to 38"):
        read_structure(written(tmp_path, "broken.pdb", broken))


def test_atoms_after_end_are_counted(tmp_path):
    atoms = PDB.count(b"\nATOM  ") + PDB.count(b"\nHETATM")
    body = PDB[: PDB.rindex(b"\nEND")]
    with pytest.warns(UserWarning, match=f"{atoms} atoms after END are not read; divide the frames by MODEL"):
        source = read_structure(written(tmp_path, "frames.pdb", body + b"\nEND\n" + body + b"\nEND\n"))
    assert source.models == [""]
    assert len(source.layout.residue) == len(source.after_end.residue) == atoms


def test_a_flipped_bit_in_a_gzip_stream_is_refused(tmp_path):
    packed = bytearray(gzip.compress(PDB[:40_000], mtime=0))
    chance = random.Random(3)
    for _ in range(40):
        at = chance.randrange(20, len(packed))
        packed[at] ^= 4
        with pytest.raises(ReadError, match=r"flipped\.pdb\.gz: (damaged|cut off)"):
            read_structure(written(tmp_path, "flipped.pdb.gz", bytes(packed)))
        packed[at] ^= 4

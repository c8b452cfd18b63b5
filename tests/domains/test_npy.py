"""Arrays of numpy's files are as long as their headers say, or the file is refused."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from domains import _npy as arrays
from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_region
from domains.ramachandran.torus import centres

MASK = np.arange(144).reshape(12, 12) % 3 == 0


def npy(values, **header):
    """Return a file in numpy's format, with other words in its header."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    content = buffer.getvalue()
    (length,) = struct.unpack("<H", content[8:10])
    words = content[10 : 10 + length].decode()
    for old, new in header.values():
        words = words.replace(old, new)
    words = words.rstrip().ljust(length - 1) + "\n"
    return content[:8] + struct.pack("<H", len(words)) + words.encode() + content[10 + length :]


def npz(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def read(tmp_path, content, name="mask.npy", **options):
    path = tmp_path / name
    path.write_bytes(content)
    return read_region(path, **options)


@pytest.mark.parametrize("values", [MASK, MASK.astype(np.float32), np.asfortranarray(MASK), MASK.astype(">f8")])
def test_what_is_there_is_read(values, tmp_path):
    assert (read(tmp_path, npy(values)).values == MASK).all()
    axis = npy(centres(12))
    assert (read(tmp_path, npz(mask=npy(values), phi=axis, psi=axis), "mask.npz").values == MASK).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npy(MASK, shape=("(12, 12)", "(10**9, 9)")), "not an array of numbers"),
        (npy(MASK, shape=("(12, 12)", "(999999999, 999999999)")), "999999999 × 999999999 values of 1 bytes"),
        (npy(MASK, shape=("(12, 12)", "(12, 11)")), "promises 12 × 11 values of 1 bytes, but 144 bytes follow"),
        (npy(MASK, shape=("(12, 12)", "(-12, -12)")), "not an array of numbers"),
        (npy(MASK)[:-1], "12 × 12 values of 1 bytes, but 143 bytes follow; write it again with numpy.save"),
        (npy(MASK) + b"x", "but 145 bytes follow"),
        (npy(MASK, kind=("|b1", "|O")), "not an array of numbers"),
        (npy(MASK, kind=("|b1", "|V1")), "the values are .*, not numbers; save an array of numbers"),
        (npy(MASK, kind=("|b1", "<M8[s]")), "the values are datetime64.*, not numbers"),
        (npy(np.array([[{}]], dtype=object)), "not an array of numbers"),
        (npy(MASK)[:20], "not an array of numbers"),
        (b"\x93NUMPY\x09\x00" + npy(MASK)[8:], "not an array of numbers"),
        (npy(MASK, words=("{", "[" * 60)), "not an array of numbers"),
    ],
)  # fmt: skip
def test_headers_are_not_believed(content, said, tmp_path):
    with pytest.raises(ReadError, match=rf"^ramachandran.read_region: .*mask\.npy: .*{said}") as error:
        read(tmp_path, content)
    assert "\n" not in str(error.value)
    with pytest.raises(ReadError, match=r"^ramachandran.read_region: .*mask\.npz: ") as error:
        read(tmp_path, npz(mask=content, phi=npy(centres(12)), psi=npy(centres(12))), "mask.npz")
    assert "\n" not in str(error.value)


def test_an_archive_holds_each_name_once(tmp_path):
    buffer = io.BytesIO(npz(mask=npy(MASK), phi=npy(centres(12))))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("mask.npy", npy(~MASK))
    with pytest.raises(ReadError, match=r"mask\.npz: the array 'mask' stands twice in the archive; write it again"):
        read(tmp_path, buffer.getvalue(), "mask.npz")


def test_a_long_name_is_cut_where_it_is_said(tmp_path):
    name = "a" * 1000
    buffer = io.BytesIO(npz(**{name: npy(MASK)}))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"{name}.npy", npy(MASK))
    with pytest.raises(ReadError, match=f"the array '{'a' * 79}…' stands twice"):
        read(tmp_path, buffer.getvalue(), "mask.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "UNQUESTIONED", 10_000)
    cells = np.zeros((1000, 1000))
    with pytest.raises(ReadError, match=r"the array 'mask' promises 8 MB in 0\.00\d+ MB; save fewer values"):
        read(tmp_path, npz(mask=npy(cells)), "mask.npz")


def test_every_flipped_byte_is_found_or_changes_no_cell(tmp_path):
    axis = npy(centres(12))
    content = npz(mask=npy(MASK), phi=axis, psi=axis)
    chance = random.Random(4)
    n_read = 0
    for _ in range(150):
        at = chance.randrange(len(content))
        flipped = bytes([content[at] ^ 1 << chance.randrange(8)])
        with suppress(ReadError, UsageError):
            found = read(tmp_path, content[:at] + flipped + content[at + 1 :], "mask.npz")
            assert (found.values == MASK).all()
            n_read += 1
    assert n_read < 75


@pytest.mark.parametrize("length", range(0, 700, 37))
def test_a_cut_archive_is_refused(length, tmp_path):
    content = npz(mask=npy(MASK), phi=npy(centres(12)))
    with pytest.raises(ReadError):
        read(tmp_path, content[: min(length, len(content) - 1)], "mask.npz")


def test_a_large_member_is_weighed_against_what_is_free(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(arrays, "check_budget", lambda *given: asked.append(given))
    monkeypatch.setattr(arrays, "UNQUESTIONED", 200)
    axis = npy(centres(12))
    read(tmp_path, npz(mask=npy(MASK), phi=axis, psi=axis), "mask.npz")
    operation, path, n_bytes, what = asked[0]
    assert (operation, path.name, what) == ("ramachandran.read_region", "mask.npz", "the array 'mask'")
    assert n_bytes == len(npy(MASK))

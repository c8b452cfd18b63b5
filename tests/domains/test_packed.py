"""gzip, bzip2 and xz: every stream is read to its end, and whatever is damaged is refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import zlib

import pytest

from domains import _packed
from domains._files import ReadError, read_buffer, read_bytes, read_text
from domains._packed import PackedError, packing_of, unpacked

CONTENT = "".join(f"{k},{k + 0.5},owl {k % 7}\n" for k in range(60)).encode()
PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
each = pytest.mark.parametrize("name", PACKERS)


def unpack(packed):
    return b"".join(unpacked(packing_of(packed), packed))


def content_or_refusal(packed):
    try:
        return unpack(packed)
    except PackedError as error:
        return str(error).encode()


@each
def test_a_packing_is_told_by_the_content(name, tmp_path):
    packed = PACKERS[name](CONTENT)
    assert packing_of(packed).name == name
    (tmp_path / "a.csv").write_bytes(packed)
    assert read_bytes("events.read", tmp_path / "a.csv") == CONTENT
    assert read_text("events.read", tmp_path / "a.csv") == CONTENT.decode()
    assert isinstance(read_buffer("events.read", tmp_path / "a.csv"), bytearray)


@pytest.mark.parametrize("content", [b"", b"BZh9 is text", b"BZh", b"\xfd7zXZ", b"\x1f"])
def test_what_begins_otherwise_is_not_packed(content):
    assert packing_of(content) is None


@each
@pytest.mark.parametrize("n", [0, 1, _packed.PIECE, 3 * _packed.PIECE + 1])
def test_all_streams_of_any_length(name, n):
    pack = PACKERS[name]
    noise = random.Random(n).randbytes(n)
    assert unpack(pack(noise) + pack(b"") + pack(noise[::-1])) == noise + noise[::-1]
    assert unpack(pack(bytes(5 * _packed.PART)) + pack(noise)) == bytes(5 * _packed.PART) + noise


@each
def test_cut_at_every_byte(name):
    packed = PACKERS[name](CONTENT)
    for n in range(10, len(packed)):
        with pytest.raises(PackedError, match=f"^damaged or cut off: its {name} stream has no end$"):
            unpack(packed[:n])
    with pytest.raises(PackedError, match="has no end|follow the end"):
        unpack(packed + packed[:-3])


@each
def test_a_flipped_bit_at_every_byte_is_refused_or_changes_nothing(name):
    packed = PACKERS[name](CONTENT[:200])
    refused = 0
    for n in range(10, len(packed)):
        for bit in range(8):
            damaged = bytearray(packed)
            damaged[n] ^= 1 << bit
            found = content_or_refusal(bytes(damaged))
            if found != CONTENT[:200]:
                assert b"damaged" in found
                refused += 1
    assert refused > 7 * (len(packed) - 12)


@each
def test_zeros_may_follow_the_end_and_nothing_else(name):
    packed = PACKERS[name](CONTENT)
    assert unpack(packed + bytes(1000)) == CONTENT
    with pytest.raises(PackedError, match=rf"^damaged \(1 bytes follow the end of its {name} stream, at byte "):
        unpack(packed + b"x")


@pytest.mark.slow
@each
def test_a_small_file_does_not_become_a_large_text(name, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(PACKERS[name](b"\n" * (36 << 20)))
    remedy = packing_of(path.read_bytes()).remedy
    with pytest.raises(ReadError, match=rf"more than 3\d MB in a {name} file of .* MB; unpack it [(]{remedy}[)]"):
        read_text("events.read", path)


def test_xz_that_asks_for_much_memory_is_refused():
    packed = bytearray(lzma.compress(CONTENT))
    header = packed[12 : 12 + 4 * (packed[12] + 1)]
    # the size of the dictionary: 1 GiB
    header[4] = 36
    header[-4:] = zlib.crc32(header[:-4]).to_bytes(4, "little")
    packed[12 : 12 + len(header)] = header
    with pytest.raises(PackedError, match="memory usage limit"):
        unpack(bytes(packed))

"""Damage that knows the format: header fields of NIfTI and npy, records of zip, objects of HDF5, members of gzip."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from random import Random

from . import mutations
from .mutations import Mutation

_NIFTI_1 = {
    "sizeof_hdr": (0, "i", 1),
    "dim": (40, "h", 8),
    "intent_code": (68, "h", 1),
    "datatype": (70, "h", 1),
    "bitpix": (72, "h", 1),
    "pixdim": (76, "f", 8),
    "vox_offset": (108, "f", 1),
    "scl_slope": (112, "f", 1),
    "scl_inter": (116, "f", 1),
    "xyzt_units": (123, "B", 1),
    "qform_code": (252, "h", 1),
    "sform_code": (254, "h", 1),
    "quatern": (256, "f", 6),
    "srow": (280, "f", 12),
    "magic": (344, "4s", 1),
    "extension": (348, "B", 4),
    "extension size": (352, "i", 2),
}
_NIFTI_2 = {
    "sizeof_hdr": (0, "i", 1),
    "magic": (4, "8s", 1),
    "datatype": (12, "h", 1),
    "bitpix": (14, "h", 1),
    "dim": (16, "q", 8),
    "pixdim": (104, "d", 8),
    "vox_offset": (168, "q", 1),
    "scl_slope": (176, "d", 1),
    "scl_inter": (184, "d", 1),
    "qform_code": (344, "i", 1),
    "sform_code": (348, "i", 1),
    "quatern": (352, "d", 6),
    "srow": (400, "d", 12),
}
_DATATYPES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 511, 512, 768, 1024, 1280, 1536, 1792, 2048, 2304)
_INTEGERS = (0, 1, -1, 2, 3, 4, 5, 7, 8, 9, 127, 255, 348, 352, 540, 2048, 32767, -32768, 2**31 - 1, -(2**31), 2**62)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-20, 1e20, 3e38, 1e-45, float("nan"), float("inf"), -352.5, 352.0, 1e9)
_MAGICS = (b"n+1\0", b"ni1\0", b"n+2\0", b"\0\0\0\0", b"n+1x", b"abcd")
_SHAPES = (
    b"(12, 12)",
    b"(12, 13)",
    b"(144,)",
    b"()",
    b"(0, 12)",
    b"(12, 12, 1)",
    b"(100000000, 100000000)",
    b"(-12, 12)",
    b"(12.0, 12)",
    b"(1000000000000000000000, 1)",
    b"(12, 12",
    b"('a', 2)",
)
_DESCRS = (
    b"'|O'",
    b"'<f8'",
    b"'>f4'",
    b"'<c16'",
    b"'<U4'",
    b"'|S4'",
    b"'<M8[s]'",
    b"'|V8'",
    b"'|b1'",
    b"'<f2'",
    b"'|u1'",
    b"[('a', '<f4')]",
    b"'<f16'",
    b"'xyz'",
    b"1",
    b"'<f8, <f8'",
)
_MEMBER = 4 << 20
CHECKSUM = b', "crc32": '
"""What stands before the checksum of a line, in the records of the batch engine."""


def nifti_field(content: bytes, rng: Random) -> bytes:
    """Write an odd value into a field of the header."""
    second = len(content) > 4 and 540 in (int.from_bytes(content[:4], "little"), int.from_bytes(content[:4], "big"))
    fields = _NIFTI_2 if second else _NIFTI_1
    order = ">" if content[:1] == b"\0" else "<"
    offset, kind, n = fields[rng.choice(tuple(fields))]
    place = offset + rng.randrange(n) * struct.calcsize(kind)
    value = _odd_value(kind, offset in (70, 12), rng)
    written = struct.pack(order + kind, value)
    if place + len(written) > len(content):
        return content
    return content[:place] + written + content[place + len(written) :]


def _odd_value(kind: str, is_datatype: bool, rng: Random) -> object:
    if kind.endswith("s"):
        return rng.choice(_MAGICS)
    if kind in "fd":
        return rng.choice(_FLOATS)
    if is_datatype:
        return rng.choice(_DATATYPES)
    bits = 8 * struct.calcsize(kind)
    value = rng.choice(_INTEGERS) % (1 << bits)
    if kind in "hiq" and value >= 1 << (bits - 1):
        value -= 1 << bits
    return value


def npy_header(content: bytes, rng: Random) -> bytes:
    """Promise another shape, type or order of the array; the length of the header stays right, or not."""
    match = re.search(rb"\{'descr': (.*?), 'fortran_order': (.*?), 'shape': (.*?), \}", content[:500])
    if not match:
        return content
    part = rng.choice((1, 2, 3))
    values = {1: _DESCRS, 2: (b"True", b"False", b"1", b"None"), 3: _SHAPES}[part]
    other = rng.choice(values)
    header = content[match.start() : match.start(part)] + other + content[match.end(part) : match.end()]
    width = content.find(b"\n", match.end()) - match.start()
    if rng.random() < 0.8 and len(header) <= width:
        header = header.ljust(width)
        return content[: match.start()] + header + content[match.start() + width :]
    return content[: match.start()] + header + content[match.end() :]


def zip_field(content: bytes, rng: Random) -> bytes:
    """Write an odd number near a record of a zip file."""
    records = [match.start() for match in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", content)]
    if not records:
        return content
    place = rng.choice(records) + rng.randrange(4, 46)
    width = rng.choice((1, 2, 4))
    value = rng.choice((0, 1, 2**7, 2**8 - 1, 2**15, 2**31, 2**32 - 1, rng.randrange(2**32))) % (1 << (8 * width))
    return content[:place] + value.to_bytes(width, "little") + content[place + width :]


def hdf5_field(content: bytes, rng: Random) -> bytes:
    """Write an odd number into the metadata: near a signature, or in the first bytes of the file."""
    marks = rb"TREE|SNOD|HEAP|OHDR|FRHP|FHDB|FHIB|BTHD|BTLF|BTIN|GCOL|FSHD|\x89HDF"
    places = [match.start() for match in re.finditer(marks, content)]
    place = rng.choice(places or [0]) + rng.randrange(0, 160)
    width = rng.choice((1, 2, 4, 8))
    value = rng.choice((0, 1, 255, 2**15, 2**31, 2**63, 2**64 - 1, rng.randrange(2**64))) % (1 << (8 * width))
    if place + width > len(content):
        return content
    return content[:place] + value.to_bytes(width, "little") + content[place + width :]


def wrong_checksum(packed: bytes, rng: Random) -> bytes:
    """Damage what gzip stores of its content: the checksum or the length."""
    if len(packed) < 18:
        return packed
    place = len(packed) - 8 + rng.randrange(8)
    return packed[:place] + bytes([packed[place] ^ (1 << rng.randrange(8))]) + packed[place + 1 :]


def cut_checksum(packed: bytes, rng: Random) -> bytes:
    return packed[: -rng.randrange(1, 9)]


def two_members(packed: bytes, rng: Random) -> bytes:
    """Add another member: gzip reads both as one."""
    more = rng.choice((b"", b"\n", packed[:30], b"END\n", rng.randbytes(20)))
    return packed + gzip.compress(more, mtime=0)


def garbage_behind(packed: bytes, rng: Random) -> bytes:
    return packed + rng.choice((b"\0" * 8, b"\n", rng.randbytes(9), b"\x1f\x8b", b"\x1f\x8b\x08\x00"))


def bomb(packed: bytes, rng: Random) -> bytes:
    """Add a member that unpacks to a thousand times its size, many times over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = []
    for _ in range(rng.choice((2, 160))):
        parts.append(packer.compress(b"\0" * _MEMBER))
    parts.append(packer.flush())
    return packed + b"".join(parts)


def signed(body: bytes) -> bytes:
    """Return a line of a file of records, without its end."""
    return body + CHECKSUM + str(zlib.crc32(body)).encode() + b"}"


OF_FORM: dict[str, tuple[Mutation, ...]] = {
    "text": mutations.OF_TEXT,
    "binary": mutations.OF_BYTES,
    "header": mutations.OF_TEXT,
    "json": (*mutations.OF_TEXT, *mutations.OF_JSON * 4),
    "nifti": (nifti_field,) * 12,
    "npy": (npy_header,) * 8,
    "zip": (*(zip_field,) * 6, *(npy_header,) * 4),
    "hdf5": (hdf5_field,) * 14,
}
OF_GZIP: tuple[Mutation, ...] = (*mutations.OF_BYTES, wrong_checksum, cut_checksum, two_members, garbage_behind)

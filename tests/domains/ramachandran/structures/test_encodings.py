"""Oracle: values packed one by one, in plain Python, as the specification of BinaryCIF says."""

from __future__ import annotations

import random

import binary_cif_writer as writer
import numpy as np
import pytest

from domains._files import ReadError
from domains.ramachandran.structures.encodings import Texts, decode

pytest.importorskip("msgpack")

CHANCE = random.Random(1)
WIDE = [0, 1, -1, 126, 127, 128, 254, 255, 256, -127, -128, -129, 32767, 32768, -32768, -32769, 70000, -70000, 0]


@pytest.mark.parametrize(("kind", "values"), [
    (1, [-128, 0, 127]), (2, [-32768, 5]), (3, [-(2**31), 2**31 - 1]),
    (4, [0, 255]), (5, [0, 65535]), (6, [0, 2**32 - 1]), (32, [1.5, -2.25]), (33, [0.1, 1e300]),
])  # fmt: skip
def test_bytes(kind, values):
    data, encoding = writer.as_bytes(values, kind)
    assert decode(data, encoding, len(values)).tolist() == values


@pytest.mark.parametrize("n_bytes", [1, 2])
@pytest.mark.parametrize("unsigned", [True, False])
def test_packed_integers(n_bytes, unsigned):
    values = [abs(value) if unsigned else value for value in WIDE]
    packed, encoding, kind = writer.packed(values, n_bytes, unsigned)
    data, last = writer.as_bytes(packed, kind)
    assert decode(data, [*encoding, *last], len(values)).tolist() == values


def test_differences_and_runs():
    for values in (WIDE, [7] * 30, list(range(5, 40)), [4]):
        data, encoding = writer.counted(values)
        assert decode(data, encoding, len(values)).tolist() == values


def test_fixed_point_and_interval():
    values = [round(CHANCE.uniform(-90, 90), 3) for _ in range(50)]
    data, encoding = writer.small(values)
    np.testing.assert_allclose(decode(data, encoding, len(values)), values, atol=1e-12)
    steps, first = writer.interval(values, 2**16)
    data, last = writer.as_bytes(steps)
    np.testing.assert_allclose(decode(data, [*first, *last], len(values)), values, atol=0.002)


def test_strings():
    texts = ["N", "CA", "", "CA", "Å'", "N"]
    data, encoding = writer.strings(texts)
    found = decode(data, encoding, len(texts))
    assert isinstance(found, Texts)
    assert [found.each[code] for code in found.code] == texts
    hidden, _ = writer.as_bytes([-1, 0])
    assert decode(hidden, encoding, 2).code.tolist() == [len(found.each) - 1, 0]


BYTES = [{"kind": "ByteArray", "type": 3}]


@pytest.mark.parametrize(
    ("values", "encoding", "said"),
    [
        ([1, 2], {"kind": "Zip"}, "the encoding 'Zip' is not known"),
        ([1, 3, 2], {"kind": "RunLength", "srcSize": 3}, "runs that are not 3 values"),
        ([1, 2], {"kind": "RunLength", "srcSize": 3}, "runs that are not 3 values"),
        ([1, -2, 1, 5], {"kind": "RunLength", "srcSize": 3}, "runs that are not 3 values"),
        ([1, 10**9], {"kind": "RunLength", "srcSize": 10**9}, "1000000000 values where 4 are promised"),
        ([1, 255], {"kind": "IntegerPacking", "byteCount": 1, "isUnsigned": True, "srcSize": 2}, "1 packed integers"),
        ([1, 2], {"kind": "IntegerPacking", "byteCount": 3, "isUnsigned": True, "srcSize": 2}, "integers of 24 bits"),
        ([1, 2], {"kind": "FixedPoint", "factor": 0}, "a factor of 0"),
        ([1, 2], {"kind": "IntervalQuantization", "min": 0, "max": 1, "numSteps": 1}, "an interval of 1 steps"),
        ([0, 1], {"kind": "StringArray", "stringData": "NCA", "offsets": bytes(8), "offsetEncoding": BYTES,
                  "dataEncoding": BYTES}, "an index of none of its 1 texts"),
        ([0, 1], {"kind": "StringArray", "stringData": "NCA", "offsets": b"\1\0\0\0\0\0\0\0", "offsetEncoding": BYTES,
                  "dataEncoding": BYTES}, "offsets that are not those of its texts"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(values, encoding, said):
    data, last = writer.as_bytes(values)
    steps = [encoding] if encoding["kind"] == "StringArray" else [encoding, *last]
    with pytest.raises(ReadError, match=said):
        decode(data, steps, 4)

"""Oracles: pycocotools (tests/data/pycocotools_masks.json), lengths counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap import raster
from overlap.raster import decode_rle, encode_rle

PEER = json.loads((Path(__file__).parents[2] / "data" / "pycocotools_masks.json").read_text())
IMAGES = list(PEER["images"].values())


def masks_of(rows):
    return np.array([[[cell == "#" for cell in row] for row in mask] for mask in rows])


@pytest.mark.parametrize("image", IMAGES, ids=list(PEER["images"]))
def test_text_of_pycocotools(image):
    masks = masks_of(image["a"])
    packed = encode_rle(masks)
    assert [rle["counts"] for rle in packed] == image["counts_a"]
    assert [rle["size"] for rle in packed] == [list(masks.shape[1:])] * len(masks)
    as_bytes = [{"size": rle["size"], "counts": rle["counts"].encode()} for rle in packed]
    np.testing.assert_array_equal(decode_rle(packed), masks)
    np.testing.assert_array_equal(decode_rle(as_bytes), masks)


@given(hnp.arrays(bool, st.tuples(st.integers(1, 4), st.integers(0, 9), st.integers(0, 9))))
def test_there_and_back(masks):
    np.testing.assert_array_equal(decode_rle(encode_rle(masks)), masks)


def test_lengths_as_numbers():
    """Down the columns; a length of 0 joins what lies on both sides of it."""
    rles = [{"size": [2, 3], "counts": [1, 2, 3]}, {"size": [2, 3], "counts": [0, 1, 0, 1, 4]}]
    np.testing.assert_array_equal(decode_rle(rles)[0], [[False, True, False], [True, False, False]])
    np.testing.assert_array_equal(decode_rle(rles)[1], [[True, False, False], [True, False, False]])


def test_large_lengths():
    """A count of many characters, and a difference below 0."""
    mask = np.zeros((1, 3000, 4000), bool)
    mask[0, :, 1999] = True
    mask[0, 5, 3999] = True
    (rle,) = encode_rle(mask)
    np.testing.assert_array_equal(decode_rle([rle]), mask)


def test_tensors():
    torch = pytest.importorskip("torch")
    masks = masks_of(IMAGES[3]["a"])
    assert encode_rle(torch.tensor(masks)) == encode_rle(masks)


def test_no_masks():
    assert decode_rle([]).shape == (0, 0, 0)
    assert encode_rle(np.zeros((0, 3, 4), bool)) == []


@pytest.mark.parametrize(
    ("rles", "message"),
    [
        ({"size": [2, 2], "counts": "13"}, r"rles is one mask; pass a list of masks, \[rles\]"),
        ("13", "rles is a str"),
        ([{"size": [2, 2], "counts": "14"}], r"rles\[0\] has lengths .* that add up to 5 cells.* 2 × 2 has 4"),
        ([{"size": [2, 2], "counts": [3, -1, 2]}], "lengths from -1 to 3"),
        ([{"size": [2, 2], "counts": [2**63 - 1, 2**63 - 1, 6]}], f"add up to {2**64 + 4} cells"),
        ([{"size": [2, 2], "counts": [2**64 - 1]}], "lengths from -1"),
        ([{"size": [2, 2], "counts": "1\n3"}], "not COCO's text"),
        ([{"size": [2, 2], "counts": "1é"}], "not COCO's text"),
        ([{"size": [2, 2], "counts": "1S"}], "not COCO's text"),
        ([{"size": [2, 2], "counts": "o" * 13 + "0"}], "a count of 14 characters"),
        ([{"size": [2, 2], "counts": [1.5, 2.5]}], "whole numbers"),
        ([{"size": [2], "counts": "13"}], r"size \[2\]; pass \[height, width\]"),
        ([{"size": [-2, -2], "counts": "13"}], r"size \[-2, -2\]"),
        ([{"size": [2, 2]}], "has no counts"),
        ([{"size": [2, 2], "counts": "13"}, {"size": [4, 1], "counts": "13"}], r"rles\[1\] has size \[4, 1\]"),
    ],
)
def test_what_is_no_run_lengths(rles, message):
    with pytest.raises((TypeError, ValueError), match=f"^raster.decode_rle: .*{message}") as raised:
        decode_rle(rles)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (np.zeros((2, 2), bool), r"shape \(2, 2\); pass \(n, height, width\): of one mask, mask\[None\]"),
        (np.zeros((1, 2, 2), int), "dtype int64; pass bool"),
    ],
)
def test_what_is_no_masks(masks, message):
    with pytest.raises((TypeError, ValueError), match=f"^raster.encode_rle: masks has {message}"):
        encode_rle(masks)


def test_masks_too_large_for_memory():
    huge = [{"size": [10**9, 10**9], "counts": [0, 10**18]}]
    with pytest.raises(MemoryError, match=r"raster.decode_rle: 1 masks of 1000000000 × 1000000000 cells") as refused:
        raster.decode_rle(huge)
    *_, remedy = str(refused.value).split("as they are, ")
    assert eval(remedy, {"raster": raster, "rles": huge}).tolist() == [[1.0]]

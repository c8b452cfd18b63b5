"""Oracle: cells counted in boolean arrays."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import raster
from overlap.coco import masks

rng = np.random.default_rng(8)


@pytest.fixture
def families():
    a = rng.random((9, 7, 11)) < rng.random((9, 1, 1))
    b = rng.random((8, 7, 11)) < rng.random((8, 1, 1))
    a[0], a[1], b[0], b[1] = False, True, False, True
    return a, b


@pytest.mark.parametrize("least", [0, 10**9], ids=["compiled", "array path"])
@pytest.mark.parametrize("runs_at_once", [5, 10**6])
def test_shared_cells_of_all_pairs(families, least, runs_at_once, monkeypatch):
    if least == 0:
        pytest.importorskip("numba")
    monkeypatch.setattr(masks, "_LARGE", least)
    monkeypatch.setattr(masks, "_RUNS", runs_at_once)
    a, b = families
    read_a = masks.read_masks("test", "a", raster.encode_rle(a))
    read_b = masks.read_masks("test", "b", raster.encode_rle(b))
    i, j = (index.ravel() for index in np.indices((9, 8)))
    shared = masks.shared_in_pairs(read_a.runs, read_b.runs, i, j)
    np.testing.assert_array_equal(shared, [(a[p] & b[q]).sum() for p, q in zip(i, j, strict=True)])
    assert masks.shared_in_pairs(read_a.runs, read_b.runs, i[:0], j[:0]).shape == (0,)


def test_images_may_have_different_sizes():
    read = masks.read_masks("test", "a", [{"size": [2, 3], "counts": [6]}, {"size": [1, 1], "counts": "01"}])
    assert read.grids.tolist() == [[2, 3], [1, 1]]


def test_what_is_no_run_length():
    with pytest.raises(TypeError, match=r"^test: a\[0\] is a ndarray; .*encode_rle"):
        masks.read_masks("test", "a", [np.ones((2, 2), bool)])
    with pytest.raises(ValueError, match=r"^test: a\[0\] has lengths"):
        masks.read_masks("test", "a", [{"size": [2, 2], "counts": [3]}])

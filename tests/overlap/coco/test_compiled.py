"""The kernels give what the array path gives, polygon by polygon."""

from __future__ import annotations

import numpy as np
import pytest
from peer_sets import OUTLINES

from overlap.coco import outlines

pytest.importorskip("numba")
compiled = pytest.importorskip("overlap.coco.compiled")


def test_the_same_crossings():
    for drawn in OUTLINES:
        for polygon in drawn["polygons"]:
            corners = np.reshape(polygon, (-1, 2)).astype(float)
            plain = outlines._crossings(corners, *drawn["size"])
            np.testing.assert_array_equal(np.sort(compiled.crossings(corners, *drawn["size"])), np.sort(plain))


def test_pairs_of_runs():
    # as columns, which is how they lie
    start, stop = np.array([[0, 3], [5, 9], [2, 7]]).T
    first = np.array([0, 2, 3])
    i, j = np.array([0, 0, 1]), np.array([0, 1, 1])
    assert compiled.shared_in_pairs(start, stop, first, start, stop, first, i, j).tolist() == [7, 3, 5]

"""Oracles: combinations counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from overlap._subsets import Subsets, add_up, check_number, totals


def test_codes_are_added_up():
    codes = np.array([3, 0, 1, 3, 4])
    sizes = np.array([1, 50, 2, 10, 0])
    occurring, total = totals(codes, sizes)
    assert occurring.tolist() == [0, 1, 3, 4]
    assert total.tolist() == [50, 2, 11, 0]
    subsets = add_up(codes, sizes, 3)
    assert subsets.members.tolist() == [[True, False, False], [True, True, False]]
    assert subsets.size.tolist() == [2, 11]
    assert subsets.size.dtype == sizes.dtype


def test_two_of_three_sets():
    members = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1]], bool)
    o = Subsets(members, np.array([1.0, 2.0, 4.0, 8.0])).overlap(0, 1)
    assert [float(o.intersection), float(o.size_a), float(o.size_b)] == [10, 11, 14]


def test_too_many_sets():
    check_number("raster.measure_many", 62)
    with pytest.raises(ValueError, match=r"^raster.measure_many: 63 sets have too many combinations; pass at most 62$"):
        check_number("raster.measure_many", 63)

"""Passes along a chain; every expected number is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran.structures.passes import number_passes


def passes(place, *, bonded=(), anew=(), strand=None):
    marks = np.zeros((2, len(place)), dtype=bool)
    marks[0, list(bonded)] = True
    marks[1, list(anew)] = True
    strand = np.zeros(len(place), dtype=int) if strand is None else np.array(strand)
    return number_passes(strand, np.array(place), bonded=marks[0], anew=marks[1]).tolist()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ([1, 2, 3, 1, 2, 3], [0, 0, 0, 1, 1, 1]),
        ([1, 2, 3, 2, 3, 4], [0, 0, 0, 1, 1, 1]),
        ([3, 4, 5, 1, 2, 3], [0, 0, 0, 1, 1, 1]),
        ([3, 4, 5, 1, 4, 5], [0, 0, 0, 1, 1, 1]),
        ([1, 2, 3, 1, 2, 3, 1], [0, 0, 0, 1, 1, 1, 2]),
        ([1, 2, 2, 3], [0, 0, 0, 0]),
        ([1, 2, 1, 2], [0, 0, 1, 1]),
        ([3, 2, 1], [0, 0, 0]),
    ],
)
def test_a_pass_ends_where_a_place_comes_back(place, expected):
    assert passes(place) == expected


def test_in_a_chain_whose_numbers_fall_bonds_tell_where_it_begins():
    assert passes([3, 2, 1, 3, 2, 1], bonded=[1, 2, 4, 5]) == [0, 0, 0, 1, 1, 1]


def test_numbers_that_begin_again_in_one_chain_are_followed_by_bonds():
    # 0 1, then 8 9 0 1: the last four are one chain
    assert passes([0, 1, 8, 9, 0, 1], bonded=[1, 3, 4, 5]) == [0, 0, 1, 1, 1, 1]


def test_a_pass_begins_with_each_strand_and_where_it_is_said():
    assert passes([1, 2, 1, 2], strand=[0, 0, 1, 1]) == [0, 0, 1, 1]
    assert passes([1, 1, 1], anew=[2]) == [0, 0, 1]

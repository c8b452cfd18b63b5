"""The lesions that only one side has lie where the maps have them."""

from __future__ import annotations

import numpy as np
import pytest

from domains.lesions import assess
from domains.lesions.images.grids import Grid
from domains.lesions.pictures.slices import slice_at
from domains.lesions.pictures.unmatched import count_elsewhere, largest_lone_lesions

BOTH = np.s_[2:6, 2:6, 1:3]
SMALL = np.s_[20, 20, 0]
LARGE = np.s_[18:22, 2:5, 2:4]
"""Of 12 voxels in each of two slices; the upper one has one more in `MORE`."""
MORE = np.s_[22, 2, 3]


@pytest.fixture
def pair(box):
    return assess(box(BOTH), box(BOTH, SMALL, LARGE, MORE)).pair()


def test_the_largest_lesion_is_seen_where_most_of_it_is(pair):
    (lesion,) = largest_lone_lesions(pair)
    assert (lesion.kind, lesion.volume) == ("missed", 25 * 2.0)
    assert int(lesion.inside.sum()) == 25
    assert [lesion.best_place(axis) for axis in "xyz"] == [18.0, 2.0, 6.0]


def test_prediction_and_reference_exchanged_are_spurious(box):
    pair = assess(box(BOTH, SMALL, LARGE), box(BOTH)).pair()
    assert [(lesion.kind, lesion.volume) for lesion in largest_lone_lesions(pair)] == [("spurious", 48.0)]


@pytest.mark.parametrize(("at", "n"), [(0.0, 1), (2.0, 2), (6.0, 1)])
def test_what_a_slice_does_not_show_is_counted(box, pair, at, n):
    place = slice_at("f", Grid.of(box()), "z", at)
    assert count_elsewhere(pair, place) == {"missed": n, "spurious": 0}

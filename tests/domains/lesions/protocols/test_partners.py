"""Which lesions are scored together. By hand; the panoptica of test_panoptic is the oracle of the counts."""

from __future__ import annotations

import numpy as np
import pytest

from domains.lesions import AnyVoxel, LeastIoU
from domains.lesions.instances import LesionMaps
from domains.lesions.protocols.partners import partners, scored_together

#  predicted 1: 6 of the 10 cells of lesion 1; 2: 3 of them, and 1 beside; 3: half of lesion 2
PREDICTED = np.array([[1, 1, 1, 1, 1, 1, 0, 2, 2, 2, 2, 0, 3, 3, 0, 0]])
REFERENCE = np.array([[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 2, 2, 2, 2]])
LESIONS = LesionMaps(PREDICTED, REFERENCE, (1.0, 2.0))


@pytest.mark.parametrize(
    ("method", "least", "expected"),
    [
        ("greedy", 0.5, {0: 0, 2: 1}),
        ("many_to_one", 0.5, {0: 0, 2: 1}),
        ("many_to_one", 0.2, {0: 0, 1: 0, 2: 1}),
        # 9 of 11 are closer than 6 of 10, though 3 of 11 are no hit
        ("merge", 0.5, {0: 0, 1: 0, 2: 1}),
        ("merge", 0.6, {0: 0, 1: 0}),
        ("merge", 0.7, {}),
    ],
)
def test_who_belongs_to_whom(method, least, expected):
    i, j = partners(LESIONS, LeastIoU(least), method)
    assert dict(zip(i.tolist(), j.tolist(), strict=True)) == expected


def test_a_piece_that_makes_the_whole_worse_is_left():
    predicted = np.array([[1, 1, 1, 1, 0, 2, 2, 2, 2, 2, 2]])
    reference = np.array([[1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]])
    i, _ = partners(LesionMaps(predicted, reference, (1.0, 1.0)), LeastIoU(0.5), "merge")
    assert i.tolist() == [0]


def test_a_piece_belongs_to_the_closest_alone():
    """One predicted lesion over two of the reference: the longer one takes it."""
    predicted = np.array([[1, 1, 1, 1, 1, 1]])
    reference = np.array([[1, 1, 0, 2, 2, 2]])
    for method, hit in (("many_to_one", AnyVoxel()), ("merge", LeastIoU(0.1))):
        i, j = partners(LesionMaps(predicted, reference, (1.0, 1.0)), hit, method)
        assert (i.tolist(), j.tolist()) == ([0], [1])


def test_what_belongs_together_is_one_set():
    table = scored_together(LESIONS, LeastIoU(0.5), "merge")
    assert table["reference"].tolist() == [1, 2]
    assert table["predicted"].tolist() == [1, 3]
    assert table["pieces"].tolist() == [2, 1]
    assert table["volume"].tolist() == [20, 8]
    assert table["iou"].tolist() == pytest.approx([9 / 11, 1 / 2])
    assert table["dice"].tolist() == pytest.approx([18 / 20, 2 / 3])
    # the pieces' last cell is 2 mm beyond, all others are in both
    assert table["hd95"][0] == pytest.approx(np.percentile([0] * 9 + [2] + [0] * 9 + [2], 95))


def test_none():
    for method in ("greedy", "many_to_one", "merge"):
        nothing = np.zeros((3, 4), int)
        assert len(scored_together(LesionMaps(nothing, nothing, (1.0, 1.0)), LeastIoU(), method)) == 0

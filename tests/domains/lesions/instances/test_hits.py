"""Oracle: each pair of lesions looked at by itself, in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from domains.lesions.instances import AnyVoxel, CentreInside, CentreWithin, LeastDice, LeastIoU, LesionMaps, named_hit

RNG = np.random.default_rng(3)
MASKS = ndimage.gaussian_filter(RNG.random((2, 20, 16, 10)), (0, 1, 1, 1)) > 0.56
predicted, reference = (ndimage.label(mask, np.ones((3, 3, 3)))[0] for mask in MASKS)
SPACING = (1.0, 0.7, 2.5)
LESIONS = LesionMaps(predicted, reference, SPACING)


def found(rule):
    pairs = rule.pairs(LESIONS).tocoo()
    return {(int(i), int(j)) for i, j in zip(*pairs.coords, strict=True)}


def of_each_pair(is_hit):
    return {
        (i, j)
        for i in range(predicted.max())
        for j in range(reference.max())
        if is_hit(predicted == i + 1, reference == j + 1)
    }


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def apart(a, b):
    return np.linalg.norm((np.argwhere(a).mean(axis=0) - np.argwhere(b).mean(axis=0)) * SPACING)


def in_reach(a, b):
    return (a & ndimage.binary_dilation(b, ndimage.generate_binary_structure(3, 2), iterations=2)).any()


@pytest.mark.parametrize(
    ("rule", "is_hit"),
    [
        (LeastIoU(0.05), lambda a, b: iou(a, b) >= 0.05),
        (LeastDice(0.1), lambda a, b: dice(a, b) >= 0.1),
        (AnyVoxel(), lambda a, b: (a & b).any()),
        (AnyVoxel(reach=2), in_reach),
        (CentreInside(), lambda a, b: b[tuple(np.rint(np.argwhere(a).mean(axis=0)).astype(int))]),
        (CentreWithin(3.0), lambda a, b: apart(a, b) <= 3.0),
        (CentreWithin(), lambda a, b: apart(a, b) <= np.cbrt(b.sum() * 1.75 * 3 / 4 / np.pi)),
    ],
    ids=lambda x: "hit" if callable(x) else str(x),
)
def test_the_pairs_that_hit(rule, is_hit):
    expected = of_each_pair(is_hit)
    assert expected
    assert found(rule) == expected


def test_the_scores_say_which_is_closer():
    def score(rule, i, j):
        return rule.pairs(LESIONS).tocsr()[i, j]

    i, j = min(found(LeastIoU(0.05)))
    a, b = i + 1 == predicted, j + 1 == reference
    assert score(LeastIoU(0.05), i, j) == pytest.approx(iou(a, b))
    assert score(LeastDice(0.05), i, j) == pytest.approx(dice(a, b))
    assert score(AnyVoxel(2), i, j) == score(AnyVoxel(), i, j) == pytest.approx(iou(a, b))
    assert score(CentreWithin(50.0), i, j) == pytest.approx(-apart(a, b))


def test_at_the_radius_is_within_in_spite_of_rounding():
    row = np.zeros((2, 8), int)
    row[:, 1] = 1
    other = np.zeros((2, 8), int)
    other[:, 4] = 1
    assert CentreWithin(0.3).pairs(LesionMaps(row, other, (0.1, 0.1))).nnz == 1
    assert CentreWithin(0.29).pairs(LesionMaps(row, other, (0.1, 0.1))).nnz == 0


def test_a_centre_beside_the_lesion_is_not_inside():
    """A ring around a speck has its centre in it; a bar that reaches into another has not."""
    ring = np.ones((5, 5), int)
    ring[1:4, 1:4] = 0
    speck = np.zeros((5, 5), int)
    speck[2, 2] = 7
    assert CentreInside().pairs(LesionMaps(ring, speck, (1.0, 2.0))).nnz == 1
    bar = np.array([[0, 0, 3, 3, 3, 3]])
    other = np.array([[1, 1, 1, 0, 0, 0]])
    assert AnyVoxel().pairs(LesionMaps(bar, other, (1.0, 1.0))).nnz == 1
    assert CentreInside().pairs(LesionMaps(bar, other, (1.0, 1.0))).nnz == 0
    assert CentreInside().pairs(LesionMaps(np.zeros_like(bar), other, (1.0, 1.0))).nnz == 0


def test_in_words():
    rules = [LeastIoU(0.1), LeastDice(0.2), AnyVoxel(), AnyVoxel(1), CentreInside(), CentreWithin(2.5), CentreWithin()]
    assert [str(rule) for rule in rules] == [
        "IoU >= 0.1",
        "Dice >= 0.2",
        "any voxel",
        "any voxel of the lesion grown by 1 voxel",
        "centre inside the reference lesion",
        "centres within 2.5 mm",
        "centre within the reference lesion's radius",
    ]


def test_by_name():
    rules = [named_hit(name, 0.3, 4.0) for name in ("iou", "dice", "voxel", "centre")]
    assert rules == [LeastIoU(0.3), LeastDice(0.3), AnyVoxel(), CentreWithin(4.0)]


def test_refusals():
    for rule in (LeastIoU, LeastDice):
        with pytest.raises(ValueError, match="threshold must be a number > 0 and <= 1; got 50"):
            rule(50)
    with pytest.raises(ValueError, match="radius must be a number > 0; got 0"):
        CentreWithin(0)
    with pytest.raises(ValueError, match="reach must be a whole number"):
        AnyVoxel(-1)

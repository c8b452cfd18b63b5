"""Oracle: plain numpy over whole masks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from domains.lesions.instances import LesionMaps

RNG = np.random.default_rng(11)
predicted = ndimage.label(RNG.random((14, 12, 9)) < 0.1, np.ones((3, 3, 3)))[0]
reference = ndimage.label(RNG.random((14, 12, 9)) < 0.1)[0] * 10
SPACING = (0.5, 2.0, 3.0)


@pytest.fixture(scope="module")
def lesions():
    return LesionMaps(predicted, reference, SPACING)


def labels(x):
    return [k for k in np.unique(x) if k]


def test_sizes_and_centres(lesions):
    assert (lesions.n_predicted, lesions.n_reference, lesions.voxel) == (
        len(labels(predicted)),
        len(labels(reference)),
        3.0,
    )
    assert lesions.volumes_predicted.tolist() == [3.0 * (predicted == k).sum() for k in labels(predicted)]
    centres = [np.argwhere(reference == k).mean(axis=0) * SPACING for k in labels(reference)]
    np.testing.assert_allclose(lesions.centres_reference, centres)
    np.testing.assert_allclose(4 / 3 * np.pi * lesions.radii_reference**3, lesions.volumes_reference)


def test_the_radius_in_two_dimensions_is_a_disc():
    flat = LesionMaps(np.ones((2, 2), int), np.ones((2, 2), int), (1.0, 1.0))
    np.testing.assert_allclose(np.pi * flat.radii_reference**2, [4.0])


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_what_is_touched(lesions, reach):
    """By growing each reference lesion in the whole image."""
    expected = []
    for j, k in enumerate(labels(reference)):
        grown = reference == k
        if reach:
            grown = ndimage.binary_dilation(grown, ndimage.generate_binary_structure(3, 2), iterations=reach)
        expected += [(labels(predicted).index(n), j) for n in labels(predicted[grown])]
    i, j = lesions.touched(reach)
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == expected


def test_what_two_lesions_share(lesions):
    i, j = np.meshgrid(np.arange(lesions.n_predicted), np.arange(lesions.n_reference))
    one, other = labels(predicted), labels(reference)
    expected = [
        ((predicted == one[k]) & (reference == other[m])).sum() for k, m in zip(i.ravel(), j.ravel(), strict=True)
    ]
    assert lesions.shared(i.ravel(), j.ravel()).tolist() == expected


def test_masks_of_some_lesions_lie_in_their_box(lesions):
    a, b = lesions.masks(np.array([0, 3]), np.array([2]))
    assert a.sum() == np.isin(predicted, [labels(predicted)[0], labels(predicted)[3]]).sum()
    assert b.sum() == (reference == labels(reference)[2]).sum()
    assert a.shape == b.shape
    both = np.isin(predicted, [labels(predicted)[0], labels(predicted)[3]]) | (reference == labels(reference)[2])
    box = ndimage.find_objects(both.astype(int))[0]
    np.testing.assert_array_equal(a | b, both[box])


def test_without_lesions():
    none = np.zeros((3, 3), int)
    lesions = LesionMaps(none, none, (1.0, 1.0))
    assert (lesions.n_predicted, lesions.n_reference) == (0, 0)
    assert lesions.touched(1)[0].tolist() == []
    nothing = np.zeros(0, int)
    assert lesions.masks(nothing, nothing)[0].size == 0

"""Labels a hair off, shares of several scales: every remedy in a message is followed, and gives the right number."""

from __future__ import annotations

import re

import numpy as np
import pytest

from domains._files import ReadError
from domains.lesions import as_image, compare
from domains.lesions.images.values import as_mask

LABELS = np.array([[0, 1, 2, 1], [2, 0, 3, 3]])


@pytest.mark.parametrize("slope", [0.001, 0.01, 0.1])
def test_labels_that_a_stored_scale_leaves_a_hair_off(slope):
    """As a header has the scale: in single precision."""
    values = np.rint(LABELS / slope) * float(np.float32(slope))
    assert (values != LABELS).any(), "or this tests nothing"
    found = as_mask(values)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, LABELS)


@pytest.mark.parametrize("off", [4.58e-5, -4.58e-5, 9e-4])
def test_labels_that_resampling_leaves_a_hair_off(off):
    found = as_mask(LABELS + off * np.array([1, -1, 1, 0]))
    np.testing.assert_array_equal(found, LABELS)


@pytest.mark.parametrize("off", [0.02, 0.01])
def test_labels_that_are_far_from_whole_are_refused_and_not_scaled(off):
    with pytest.raises(ReadError, match="interpolated must be resampled again, by nearest neighbour") as caught:
        as_mask(LABELS + off * np.array([1, -1, 1, 0]))
    assert "scale" not in str(caught.value)


@pytest.mark.parametrize("shares", [[1e-7, 1e-7], [0, 1e-7], [1e-7, 1], [0, 1 - 1e-4], [0, 0.5]])
def test_a_sigmoid_that_found_nothing_is_soft(shares):
    assert as_mask(np.array(shares, np.float32)).dtype == np.float32


def test_a_mask_whose_scale_is_a_hair_off_is_a_label_map():
    assert as_mask(np.array([0, 1.0000000475])).tolist() == [0, 1]


def test_what_is_said_counts():
    whole = np.array([0, 1.0], np.float32)
    assert as_mask(whole).dtype == np.uint8
    assert as_mask(whole, kind="soft").dtype == np.float32
    assert as_mask(np.array([0, 1], np.int16), kind="soft").dtype.kind == "f"
    assert as_mask(np.array([False, True]), kind="labels").dtype == np.uint8
    assert as_mask(np.array([False, True])).dtype == bool
    with pytest.raises(ReadError, match="it is read as labels, and holds fractions from 0 to 0.5"):
        as_mask(np.array([0, 0.5]), kind="labels")
    with pytest.raises(ReadError, match="it is read as a soft mask"):
        as_mask(LABELS, kind="soft")


def remedy(values, **options):
    """Return the option that the message names first."""
    with pytest.raises(ReadError) as caught:
        as_mask(values, **options)
    said = str(caught.value)
    assert "\n" not in said
    return {"scale": float(re.search(r"scale=(\d+)", said)[1])}


@pytest.mark.parametrize("highest", [94.974, 40.25, 99.5])
def test_per_cent_are_not_told_their_own_maximum(highest):
    """Dice of a map of per cent whose highest value is below 100 with itself in shares."""
    shares = np.linspace(0, highest / 100, 60).reshape(5, 4, 3)
    read = as_mask(shares * 100, **remedy(shares * 100))
    np.testing.assert_allclose(read, shares, atol=1e-12)
    a = as_image(read, 1.0)
    b = as_image(shares, 1.0)
    assert compare(a, b).dice.item() == pytest.approx(1, abs=1e-12)


def test_shares_in_eight_bits_that_an_interpolation_left_in_between():
    shares = np.linspace(0, 1, 60)
    np.testing.assert_allclose(as_mask(shares * 255, **remedy(shares * 255)), shares, atol=1e-12)


def test_labels_that_are_said_to_be_soft():
    with pytest.raises(ReadError, match=r'scale=255 .* if that means certainty; as_="labels" if it is a label map'):
        as_mask(LABELS, kind="soft")
    np.testing.assert_array_equal(as_mask(LABELS, kind="labels"), LABELS)

from __future__ import annotations

import numpy as np

from domains.lesions.images.formats.stored import TO_RAS, Stored


def test_the_frame_of_dicom_is_left_and_back():
    np.testing.assert_array_equal(TO_RAS @ [10, 20, 30, 1], [-10, -20, 30, 1])
    np.testing.assert_array_equal(TO_RAS @ TO_RAS, np.eye(4))


def test_by_default_lengths_are_mm():
    assert Stored(np.zeros((2, 2, 2)), np.eye(4)).mm == 1

"""The lesions that protocols share."""

from __future__ import annotations

import numpy as np

from domains.lesions.protocols import MaskPair

ROW = np.array([[True, False, False, True, False], [False, False, False, False, True]])


def test_lesions_are_numbered_once_and_joined_on_the_reference_alone():
    masks = MaskPair(ROW, ROW, (1.0, 1.0))
    assert masks.lesions is masks.lesions
    assert (masks.lesions.n_predicted, masks.lesions.n_reference) == (2, 2)
    joined = masks.joined(1)
    assert (joined.n_predicted, joined.n_reference) == (2, 1)
    assert masks.joined(0) is masks.lesions


def test_corners_touch_in_space_alone_as_panoptica_has_it():
    masks = MaskPair(ROW, ROW, (1.0, 1.0))
    assert masks.panoptica.n_reference == 3
    in_space = MaskPair(ROW[..., None], ROW[..., None], (1.0, 1.0, 1.0))
    assert in_space.panoptica is in_space.lesions
    assert in_space.panoptica.n_reference == 2

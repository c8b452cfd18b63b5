"""What `overlap.losses` shows; the files have tests of their own."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from overlap import losses

MASKS = (
    "dice_ce_loss",
    "dice_focal_loss",
    "dice_loss",
    "focal_tversky_loss",
    "generalised_dice_loss",
    "jaccard_loss",
    "log_cosh_dice_loss",
    "overlap_loss",
    "tversky_loss",
)
OTHERS = (
    "blob_loss",
    "boundary_loss",
    "box_loss",
    "expected_dice_loss",
    "quality_focal_loss",
    "squared_dice_loss",
    "varifocal_loss",
)
"""Losses that have no choice of a t-norm."""


def test_public_names():
    assert sorted(losses.__all__) == sorted([*MASKS, *OTHERS])


@pytest.mark.parametrize("name", [*MASKS, *OTHERS])
def test_one_shape_of_call(name):
    """Prediction first, target second, and the reduction by the same name and default."""
    parameters = inspect.signature(getattr(losses, name)).parameters
    second = {"blob_loss": "components", "boundary_loss": "distance"}.get(name, "target")
    assert list(parameters)[:2] == ["prediction", second]
    assert parameters["reduction"].default == "mean"
    assert parameters["reduction"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", MASKS)
def test_masks_take_the_same_options(name):
    options = {"axis", "smooth", "tnorm", "weights", "where", "class_weights"}
    assert options <= set(inspect.signature(getattr(losses, name)).parameters)
    p = np.full((1, 2, 4), 0.5)
    assert float(getattr(losses, name)(p, p > 0.7)) > 0

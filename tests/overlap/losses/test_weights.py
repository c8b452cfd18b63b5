"""What counts how much. Oracle: numpy's broadcasting."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import _arrays
from overlap.losses.weights import weight_of_each


def test_weights_take_the_shape_of_the_losses(backend):
    loss = backend.asarray(np.ones((3, 2)))
    xp = _arrays.library(loss)
    for weights in (np.array([[1.0], [0.0], [2.0]]), np.array([1, 3]), np.array(True)):
        got = weight_of_each("f", backend.asarray(weights), loss, xp)
        np.testing.assert_array_equal(backend.to_numpy(got), np.broadcast_to(weights, (3, 2)))
    assert weight_of_each("f", None, loss, xp) is None


@pytest.mark.parametrize("weights", [np.array([1.0, np.inf]), np.array([-1, 1]), np.ones(3), np.array(["a", "b"])])
def test_weights_that_are_none(weights):
    loss = np.ones(2)
    with pytest.raises((ValueError, TypeError), match="^f: weights h"):
        weight_of_each("f", weights, loss, _arrays.library(loss))

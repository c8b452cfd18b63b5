"""Oracles are distances worked out by hand, and a search of every pair of cells."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap.surfaces import signed_distance

ROW = np.array([0, 0, 1, 1, 1, 0]) > 0


def brute(mask, steps):
    """Return the mean distance to the nearest cell of the two layers, by looking at every pair."""
    cells = np.argwhere(np.ones(mask.shape, bool))
    inside = mask.ravel()
    apart = np.abs(cells[:, None] - cells[None])
    touches = (apart.max(-1) == 1) & (inside[:, None] != inside[None])
    in_layer = touches.any(1)
    far = np.sqrt(((apart * steps) ** 2).sum(-1))
    to_inside = far[:, in_layer & inside].min(1)
    to_outside = far[:, in_layer & ~inside].min(1)
    distance = (to_inside + to_outside) / 2
    return np.where(inside, -distance, distance).reshape(mask.shape)


def test_a_row():
    np.testing.assert_array_equal(signed_distance(ROW, spacing=1.0), [1.5, 0.5, -0.5, -1.5, -0.5, 0.5])
    np.testing.assert_array_equal(signed_distance(ROW, spacing=[2.0]), [3, 1, -1, -3, -1, 1])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_along_a_wall_it_is_the_distance_to_the_faces(axis):
    steps = np.array([0.7, 1.5, 5.0])
    index = np.indices((6, 6, 6))[axis]
    expected = (index - 2.5) * steps[axis]
    np.testing.assert_allclose(signed_distance(index < 3, spacing=steps), expected, rtol=1e-14)


def test_one_cell():
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    distance = signed_distance(mask, spacing=1.0)
    assert distance[2, 2] == -0.5
    assert distance[2, 3] == 0.5
    assert distance[3, 3] == sqrt(2) / 2, "the corner of the cell"
    assert distance[4, 4] == pytest.approx(1.5 * sqrt(2))
    assert distance[2, 4] == 1.5


@given(hnp.arrays(bool, (4, 5)) | hnp.arrays(bool, (3, 3, 3)), st.floats(0.25, 4))
def test_every_pair_of_cells(mask, step):
    assume(mask.any() and not mask.all())
    steps = np.array([1.0, step, 2.5][: mask.ndim])
    got = signed_distance(mask, spacing=steps)
    np.testing.assert_allclose(got, brute(mask, steps), rtol=1e-13)
    np.testing.assert_array_equal(got < 0, mask)
    np.testing.assert_array_equal(signed_distance(~mask, spacing=steps), -got)


@pytest.mark.parametrize("value", [False, True])
def test_no_boundary(value):
    mask = np.full((3, 4), value)
    assert np.isnan(signed_distance(mask, spacing=1.0)).all()
    np.testing.assert_array_equal(signed_distance(mask, spacing=1.0, empty=0.0), np.zeros((3, 4)))


def test_a_soft_mask_is_cut_at_the_level():
    soft = np.array([0.1, 0.4, 0.5, 0.9])
    np.testing.assert_array_equal(signed_distance(soft, spacing=1), [1.5, 0.5, -0.5, -1.5])
    np.testing.assert_array_equal(signed_distance(soft, spacing=1, level=0.3), [0.5, -0.5, -1.5, -2.5])


def test_a_tensor_gives_a_tensor():
    torch = pytest.importorskip("torch")
    distance = signed_distance(torch.as_tensor(ROW), spacing=2.0)
    assert torch.equal(distance, torch.tensor([3, 1, -1, -3, -1, 1], dtype=torch.float64))


def test_bad_input():
    with pytest.raises(ValueError, match=r"surfaces\.signed_distance: spacing must be 1 sizes > 0"):
        signed_distance(ROW, spacing=[1.0, 1.0])
    with pytest.raises(TypeError, match=r"surfaces\.signed_distance: mask has dtype int64; .*mask == k"):
        signed_distance(ROW.astype(np.int64), spacing=1.0)
    with pytest.raises(TypeError, match=r"surfaces\.signed_distance: mask is a list"):
        signed_distance(ROW.tolist(), spacing=1.0)
    with pytest.raises(TypeError, match=r"surfaces\.signed_distance: level must be one number"):
        signed_distance(ROW, spacing=1.0, level="half")

"""Probabilities and their logarithms of a block, against numpy in double."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("torch")
from overlap.nn.chances import by_sigmoid, by_softmax, new_chances

rng = np.random.default_rng(7)
X = rng.normal(scale=12, size=(4, 500)).astype(np.float32)
X[1, :9] = X[0, :9]
X[:, 9] = 3
WIDE = X.astype(np.float64)


def chances(logits, *, softmax):
    room = new_chances(logits, softmax, entropy=True)
    by_softmax(logits, logits.shape[1], room)
    for c, of_class in enumerate(logits):
        by_sigmoid(of_class, c, room.p, room.own, room.other, room.top)
    return room


def test_sigmoid():
    found = chances(X, softmax=False)
    np.testing.assert_allclose(found.p, 1 / (1 + np.exp(-WIDE)), rtol=3e-7)
    np.testing.assert_allclose(found.own, np.logaddexp(0, -WIDE), rtol=5e-7)
    np.testing.assert_allclose(found.other, np.logaddexp(0, WIDE), rtol=5e-7)


def test_softmax():
    found = chances(X, softmax=True)
    shifted = WIDE - WIDE.max(0)
    e = np.exp(shifted)
    is_first_top = np.arange(4)[:, None] == WIDE.argmax(0)
    # exact where the top has nearly all
    logarithm = np.log1p(np.where(is_first_top, 0, e).sum(0))
    np.testing.assert_allclose(found.p, e / e.sum(0), rtol=2e-6)
    np.testing.assert_allclose(found.own, logarithm - shifted, rtol=2e-6)
    assert found.own[found.p == 1].max() < 1e-7


@pytest.mark.parametrize("n", [1, 17])
def test_what_is_beyond_the_block_stays(n):
    room = new_chances(X, True, entropy=True)
    room.p[:] = -1
    by_softmax(X, n, room)
    assert (room.p[:, :n] >= 0).all()
    assert (room.p[:, n:] == -1).all()


def test_limits():
    x = np.array([[np.inf, -np.inf, np.nan, 0], [0, 0, 0, -np.inf]], np.float32)
    np.testing.assert_array_equal(chances(x, softmax=True).p, [[np.nan, 0, np.nan, 1], [np.nan, 1, np.nan, 0]])
    found = chances(x, softmax=False)
    np.testing.assert_array_equal(found.p, [[1, 0, np.nan, 0.5], [0.5, 0.5, 0.5, 0]])
    np.testing.assert_array_equal(found.own[0, :3], [0, np.inf, np.nan])

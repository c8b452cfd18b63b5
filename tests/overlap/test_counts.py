from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from overlap import Overlap


def test_derived_sizes():
    o = Overlap(np.array([3, 0]), 4, 5)
    assert o.shape == (2,)
    assert o.union.tolist() == [6, 9]
    assert o.only_a.tolist() == [1, 4]
    assert o.only_b.tolist() == [2, 5]


def test_broadcasts_once():
    o = Overlap(np.zeros((3, 2)), np.ones(2), 5)
    assert o.intersection.shape == o.size_a.shape == o.size_b.shape == (3, 2)


def test_adds_and_sums():
    cases = [Overlap(1, 2, 3), Overlap(10, 20, 30)]
    both = sum(cases)
    assert (int(both.intersection), int(both.size_a), int(both.size_b)) == (11, 22, 33)
    stacked = Overlap(np.array([1, 10]), np.array([2, 20]), np.array([3, 30]))
    assert int(stacked.sum().size_b) == int(stacked.sum(0).size_b) == 33
    assert int(stacked[1].size_a) == 20


def test_sum_of_every_backend(backend):
    o = Overlap(*(backend.asarray([[1.0, 2.0], [3.0, 4.0]]),) * 3)
    assert backend.to_numpy(o.sum(1).size_a).tolist() == [3.0, 7.0]


def test_adding_something_else_is_refused():
    with pytest.raises(TypeError):
        Overlap(1, 2, 3) + 1


def test_pickles_and_is_frozen():
    o = Overlap(np.array([1]), 2, 3)
    assert pickle.loads(pickle.dumps(o)).size_a.tolist() == [2]
    with pytest.raises(FrozenInstanceError):
        o.size_a = 5


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"size_a: \(3,\)"):
        Overlap(np.zeros(2), np.zeros(3), 1)


def test_html_shows_sizes_and_indices():
    html = Overlap(3, 4, 5)._repr_html_()
    assert "|A∩B|" in html
    assert "0.6666" in html

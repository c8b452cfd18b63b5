"""Oracle: minima known in closed form."""

from __future__ import annotations

import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from domains.ramachandran.models.descent import minimise, require_torch  # noqa: E402


def bowl(x, progress):
    return ((x - torch.arange(3.0, dtype=torch.float64)) ** 2).sum()


@pytest.mark.slow
def test_the_minimum_is_found():
    lowest, losses = minimise(bowl, np.full(3, 0.5), steps=300, rate=0.05)
    np.testing.assert_allclose(lowest, [0, 1, 2], atol=1e-3)
    assert losses.shape == (300,)
    assert losses[0] == 0.25 + 0.25 + 2.25
    assert losses[-1] < 1e-5


@pytest.mark.parametrize(("steps", "expected"), [(1, [0]), (2, [0, 1]), (5, [0, 0.25, 0.5, 0.75, 1])])
def test_the_loss_knows_how_far_the_descent_has_come(steps, expected):
    seen = []

    def loss_of(x, progress):
        seen.append(progress)
        return bowl(x, progress)

    minimise(loss_of, np.zeros(3), steps=steps, rate=0.1)
    assert seen == expected


def test_the_bits_do_not_depend_on_the_threads_which_are_left_as_they_were():
    before = torch.get_num_threads()

    def loss_of(x, progress):
        return torch.sin(x * torch.linspace(0, 9, 200_000, dtype=torch.float64)).mean()

    results = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        results.append(minimise(loss_of, np.ones(1), steps=5, rate=0.1))
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_the_start_is_not_changed():
    start = np.zeros(3)
    minimise(bowl, start, steps=3, rate=0.1)
    np.testing.assert_array_equal(start, 0)


def test_without_torch_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'^learning needs torch: pip install "overlap-toolkit\[torch\]"$'):
        require_torch("learning")

"""The oracle is 1/x itself."""

from __future__ import annotations

import numpy as np
import pytest

from overlap.expected.exponentials import ERROR, reciprocal

RATIOS = (1.0, 1 + 1e-15, 1.0001, 1.02, 1.3, 2, 5, 15.9, 16, 16.1, 128, 1e4, 1e8)


@pytest.mark.parametrize("ratio", RATIOS)
def test_it_is_the_reciprocal_between_the_ends(ratio):
    rates, weights = reciprocal(ratio)
    for x in np.geomspace(1, ratio, 501):
        assert np.dot(weights, np.exp(-np.array(rates) * x)) == pytest.approx(1 / x, rel=ERROR)


@pytest.mark.parametrize(("ratio", "most"), [(1.0, 2), (1.1, 3), (2, 6), (10, 16), (1000, 34), (1e8, 70)])
def test_a_few_exponentials_are_enough(ratio, most):
    assert len(reciprocal(ratio).rates) <= most

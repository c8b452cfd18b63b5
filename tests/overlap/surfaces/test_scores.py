from __future__ import annotations

import math
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap.surfaces import PRESETS, SurfaceDistances, within

PLAIN = SurfaceDistances(np.array([0.0, 1.0]), np.array([2.0]))


def test_by_hand():
    d = SurfaceDistances(np.array([0.0, 1.0, 2.0, 3.0]), np.array([5.0]))
    assert d.assd() == pytest.approx(11 / 5)
    assert d.masd() == pytest.approx((1.5 + 5) / 2)
    assert d.percentile(50) == 5
    assert d.percentile(50, "pooled") == 2
    assert d.nsd(2) == pytest.approx(3 / 5)
    weighed = SurfaceDistances(d.a_to_b, d.b_to_a, np.array([1.0, 1.0, 1.0, 7.0]), np.ones(1))
    assert weighed.percentile(30, weights="area") == 5
    assert weighed.percentile(25, "pooled", "area") == 2
    assert weighed.assd("area") == pytest.approx((1 + 2 + 21 + 5) / 11)


def test_wrong_questions():
    d = PLAIN
    with pytest.raises(ValueError, match="marching"):
        d.hd95(weights="area")
    with pytest.raises(ValueError, match=r"SurfaceDistances.percentile: q must lie in \[0, 100\]"):
        d.percentile(0.95e3)
    with pytest.raises(ValueError, match="combine must be one of 'max', 'pooled', got 'min'"):
        d.percentile(95, combine="min")
    with pytest.raises(ValueError, match="weights must be one of 'points', 'area', got 'voxels'"):
        d.assd(weights="voxels")
    with pytest.raises(ValueError, match="SurfaceDistances.nsd: tolerance"):
        d.nsd(-1)
    with pytest.raises(ValueError, match="name must be one of 'hausdorff', 'hd95'"):
        d.describe("hd100")


def test_describe():
    words = {k: SurfaceDistances(*[np.zeros(1)] * 4, PRESETS[k]).describe("hd95") for k in PRESETS}
    assert "area-weighted corners" in words["deepmind"]
    assert "both directions together" in words["medpy"]
    assert "larger of the two" in words["monai"]
    assert "cells that touch the background" in words["seg_metrics"]
    by_sides = SurfaceDistances(*[np.zeros(1)] * 4, PRESETS["panoptica"])
    assert by_sides.describe("assd") == by_sides.describe("masd")
    assert (
        by_sides.describe("nsd")
        == "mean of the two boundaries’ shares of points within the tolerance (<=), boundary cells"
    )
    assert len({PLAIN.describe(k) for k in ("hausdorff", "hd95", "assd", "masd", "nsd")}) == 5


def test_the_last_percentile_of_weighed_distances_is_the_largest():
    """The shares of so many equal weights add up to a little less than 1."""
    n = 100
    weight = np.full(n, 0.1)
    assert np.cumsum(weight)[-1] < weight.sum()
    d = SurfaceDistances(np.arange(n, dtype=float), np.zeros(1), weight, np.ones(1))
    assert d.percentile(100, weights="area") == n - 1


def test_within_by_hand():
    assert within([0.9, 1.0, 1.000001, 1.0001, inf, nan], 1.0).tolist() == [True, True, True, False, False, False]
    assert within([0.0, 1e-300], 0.0).tolist() == [True, False]
    assert within([1.0, inf], inf).all()
    assert within(np.float32([0.1, 0.3, 0.7]), 0.7).all()
    with pytest.raises(ValueError, match=r"^surfaces.within: tolerance is a distance >= 0 .*, got -1$"):
        within([1.0], -1)
    with pytest.raises(ValueError, match="got nan"):
        within([1.0], nan)


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 40)), min_size=1, max_size=3),
    st.integers(0, 3),
    st.sampled_from([0.0, 1e-6, -1e-6]),
)
def test_within_is_what_whole_numbers_say(axes, decimals, header):
    """Decimal spacings × whole steps, diagonals too: the squares are whole numbers, which decide."""
    spacing = np.array([step for step, _ in axes]) / 10**decimals
    cells = np.array([n for _, n in axes])
    square = sum((step * n) ** 2 for step, n in axes)
    root = math.isqrt(square)
    distance = np.sqrt(np.sum((cells * spacing * (1 + header)) ** 2))
    longer = (root + 1) / 10**decimals
    assert within(distance, longer)
    if root * root == square:
        assert within(distance, root / 10**decimals)
    elif (square - root * root) > 1e-4 * square:
        assert not within(distance, root / 10**decimals)


def test_a_weighed_percentile_at_an_exact_share_is_the_distance_that_reaches_it():
    weighed = SurfaceDistances(np.array([3.0, 1.0, 2.0]), np.zeros(1), np.array([2.0, 1.0, 1.0]), np.ones(1))
    percentiles = [weighed.percentile(q, weights="area") for q in (0, 24, 25, 26, 50, 51, 100)]
    assert percentiles == [1, 1, 1, 2, 2, 3, 3]

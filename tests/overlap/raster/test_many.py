"""Oracles: cells counted one by one, the shares of a cell by their definition, `raster.measure` of every two masks."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import raster
from overlap.raster import measure_many

seeds = st.integers(0, 2**32 - 1)


def as_dict(subsets):
    return dict(zip(map(tuple, subsets.members.tolist()), subsets.size.tolist(), strict=True))


@given(seeds, st.integers(0, 5))
def test_combinations_of_hard_cells(seed, n_masks):
    rng = np.random.default_rng(seed)
    masks = rng.random((n_masks, 4, 5)) < 0.5
    where = rng.random((4, 5)) < 0.8
    counted = Counter(map(tuple, masks[:, where].T.tolist()))
    counted.pop((False,) * n_masks, None)
    subsets = measure_many(masks, where=where)
    assert as_dict(subsets) == counted


def test_more_cells_than_a_block():
    masks = np.zeros((2, 300, 400), bool)
    masks[0] = True
    masks[1, :, :7] = True
    weights = np.full((300, 1), 0.5)
    subsets = measure_many(masks, weights=weights)
    assert as_dict(subsets) == {(True, False): 150 * 393, (True, True): 150 * 7}
    assert as_dict(measure_many(masks)) == {(True, False): 300 * 393, (True, True): 300 * 7}


@given(seeds, st.integers(1, 5))
def test_independent_chances(seed, n_masks):
    values = np.random.default_rng(seed).random((n_masks, 6))
    found = as_dict(measure_many(values, tnorm="product"))
    for members in product([False, True], repeat=n_masks):
        if not any(members):
            continue
        shares = [
            prod(p if is_member else 1 - p for p, is_member in zip(cell, members, strict=True)) for cell in values.T
        ]
        assert found[members] == pytest.approx(sum(shares), rel=1e-12)


@given(seeds, st.integers(1, 5))
def test_one_threshold_for_all(seed, n_masks):
    """The mean over thresholds of the cells that just these masks hold above it; values are tenths, so ten do."""
    tenths = np.random.default_rng(seed).integers(0, 11, (n_masks, 8))
    counted = Counter()
    for threshold in range(10):
        counted.update(map(tuple, (tenths > threshold).T.tolist()))
    counted.pop((False,) * n_masks, None)
    found = as_dict(measure_many(tenths / 10))
    assert found.keys() == counted.keys()
    for members, count in counted.items():
        assert found[members] == pytest.approx(count / 10, rel=1e-12)


@given(seeds, st.sampled_from(["minimum", "product"]))
def test_every_two_masks(seed, tnorm):
    rng = np.random.default_rng(seed)
    masks = list(rng.random((3, 4, 5)))
    masks.append(rng.random((4, 5)) < 0.5)
    weights = rng.random((4, 5))
    subsets = measure_many(masks, tnorm=tnorm, weights=weights)
    for a in range(4):
        for b in range(a):
            o = raster.measure(masks[a], masks[b], tnorm=tnorm, weights=weights)
            of_table = subsets.overlap(a, b)
            assert of_table.intersection == pytest.approx(o.intersection, rel=1e-12)
            assert of_table.size_a == pytest.approx(o.size_a, rel=1e-12)


def test_tensors_and_lists_of_masks():
    torch = pytest.importorskip("torch")
    masks = torch.tensor([[True, True, False], [False, True, True]])
    assert as_dict(measure_many(masks)) == as_dict(measure_many(list(masks))) == as_dict(measure_many(masks.numpy()))


@pytest.mark.parametrize(
    ("masks", "options", "message"),
    [
        ([np.zeros(3, bool), np.zeros(4, bool)], {}, r"masks\[0\] has shape \(3,\) and masks\[1\] \(4,\)"),
        (np.zeros((2, 3), int), {}, r"masks\[0\] has dtype int64"),
        (np.array([[0.5], [1.5]]), {}, r"masks\[1\].*1.5"),
        (np.zeros((2, 3)), {"tnorm": "lukasiewicz"}, "tnorm"),
        (np.zeros((17, 3)), {"tnorm": "product"}, "17 sets have too many combinations; pass at most 16"),
        (np.zeros((63, 3), bool), {}, "63 sets"),
        (np.zeros((2, 3)), {"weights": np.array([1, -1, 1])}, "weights"),
    ],
)
def test_wrong_input_is_one_line(masks, options, message):
    with pytest.raises((TypeError, ValueError), match=f"^raster.measure_many: .*{message}") as raised:
        measure_many(masks, **options)
    assert "\n" not in str(raised.value)

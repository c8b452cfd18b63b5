"""Oracles: shapely's areas times intervals, of every pair; the join of aligned boxes."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely
from scipy import sparse

from overlap import boxes, cuboids, matching, oriented

from .test_sizes import by_shapely, half_turn, polygons, sides_swapped

rng = np.random.default_rng(47)


def some(n, extent=40):
    centre = rng.uniform(0, extent, (n, 3)) * [1, 1, 0.2]
    return np.concatenate([centre, rng.uniform(1, 12, (n, 3)), rng.uniform(-pi, pi, (n, 1))], axis=1)


def volumes(a, b):
    of_a, of_b = polygons(a), polygons(b)
    i, j = shapely.STRtree(of_b).query(of_a, predicate="intersects")
    volume = np.zeros((len(a), len(b)))
    volume[i, j] = by_shapely(a[i], b[j])
    return volume


def joined(pairs):
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))


@pytest.mark.parametrize(("n", "m"), [(0, 3), (70, 90), (300, 250)])
def test_every_pair(n, m):
    """Few by array operations, many by the kernel."""
    a, b = some(n), some(m)
    volume = volumes(a, b)
    pairs = cuboids.overlap_pairs(a, b)
    i, j = np.nonzero(volume > 1e-9)
    assert joined(pairs) == list(zip(i.tolist(), j.tolist(), strict=True))
    np.testing.assert_allclose(pairs.intersection, volume[i, j], rtol=1e-9, atol=1e-11)


def test_upright_boxes_are_joined_as_aligned_ones():
    corner, side = rng.integers(0, 20, (80, 3)), rng.integers(1, 9, (80, 3))
    aligned = np.concatenate([corner, corner + side], axis=1) / 1.0
    a = np.concatenate([corner + side / 2, side, np.zeros((80, 1))], axis=1)
    expected = boxes.overlap_pairs(aligned, aligned)
    pairs = cuboids.overlap_pairs(a, a)
    assert joined(pairs) == joined(expected)
    np.testing.assert_array_equal(pairs.intersection, expected.intersection)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("other_name", [half_turn, sides_swapped])
def test_a_box_meets_itself_under_every_name(other_name, scale, dtype):
    a = some(60) * [*[scale] * 6, 1]
    pairs = cuboids.overlap_pairs(a.astype(dtype), other_name(a).astype(dtype))
    assert pairs.intersection.dtype == dtype
    assert {(i, i) for i in range(60)} <= set(joined(pairs))


def test_no_pair_is_lost_at_the_top_of_its_envelope():
    """One on the other, where rounding says whether they share anything: what `measure` sees, the join finds."""
    below = some(400)
    below[:, 2] += rng.uniform(-1e4, 1e4, 400)
    above = below.copy()
    above[:, 5] = rng.uniform(1, 12, 400)
    above[:, 2] += (below[:, 5] + above[:, 5]) / 2
    shared = cuboids.measure(below, above).intersection > 0
    assert 0 < shared.sum() < 400
    assert {(i, i) for i in np.flatnonzero(shared).tolist()} <= set(joined(cuboids.overlap_pairs(below, above)))


def test_rows_of_one_label_and_tensors():
    torch = pytest.importorskip("torch")
    a = torch.as_tensor(some(1)).expand(3, 7)
    pairs = cuboids.overlap_pairs(a, a, by=(["x", "y", "x"], ["z", "x", "y"]))
    assert all(isinstance(x, torch.Tensor) for x in pairs)
    assert joined(pairs) == [(0, 1), (1, 2), (2, 1)]


def test_average_precision_from_above_and_in_space():
    """Two cars, both found; one detection floats: a hit from above only, so half of the cars are found in space."""
    cars = np.array([[10.0, 5, 1, 4, 2, 2, 0.5], [20, -3, 1, 4, 2, 2, 3]])
    found = cars + np.array([[0, 0, 0.1, 0, 0, 0, 0.01], [0, 0, 1.5, 0, 0, 0, pi]])
    pairs = cuboids.overlap_pairs(found, cars)
    in_space = sparse.coo_array((pairs.intersection / (32 - pairs.intersection), (pairs.a, pairs.b)), (2, 2))
    from_above = oriented.pairwise(cuboids.birds_eye(found), cuboids.birds_eye(cars))
    assert matching.average_precision([0.9, 0.8], from_above, [0.5, 0.7]).tolist() == [1, 1]
    assert matching.average_precision([0.9, 0.8], in_space, [0.1, 0.5, 0.7]).tolist() == [1, 0.5, 0.5]


@pytest.mark.parametrize(
    ("a", "message"),
    [
        (np.zeros(7), r"cuboids.overlap_pairs: a must have shape \(n, 7\)"),
        (np.zeros((2, 5)), "cuboids.overlap_pairs: a has shape"),
        (np.array([[0, 0, 0, 1, 1, -1, 0.0]]), "1 of 1 boxes of a are malformed"),
    ],
)
def test_refused(a, message):
    with pytest.raises(ValueError, match=message):
        cuboids.overlap_pairs(a, some(2))

"""Oracles: shapely's areas, pair by pair; the join of aligned boxes."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely

from overlap import boxes, oriented
from overlap.oriented import join

rng = np.random.default_rng(29)


def some(n, extent=100, side=30):
    centre = rng.uniform(0, extent, (n, 2))
    return np.concatenate([centre, rng.uniform(1, side, (n, 2)), rng.uniform(-pi, pi, (n, 1))], axis=1)


def polygon(box):
    x, y, w, h, theta = box
    around = np.array([[w, h], [-w, h], [-w, -h], [w, -h]]) / 2
    turn = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])
    return shapely.Polygon(around @ turn + np.array([x, y]))


def joined(pairs):
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))


@pytest.mark.parametrize(("n", "m"), [(0, 3), (70, 90), (300, 250)])
def test_every_pair(n, m):
    """Few by array operations, many by the kernel."""
    a, b = some(n), some(m)
    of_a, of_b = [polygon(x) for x in a], [polygon(x) for x in b]
    area = np.array([[x.intersection(y).area if x.intersects(y) else 0 for y in of_b] for x in of_a]).reshape(n, m)
    pairs = oriented.overlap_pairs(a, b)
    i, j = np.nonzero(area > 1e-9)
    assert joined(pairs) == list(zip(i.tolist(), j.tolist(), strict=True))
    np.testing.assert_allclose(pairs.intersection, area[i, j], rtol=1e-9, atol=1e-12)
    measured = oriented.measure(a[pairs.a], b[pairs.b]).intersection
    np.testing.assert_allclose(pairs.intersection, measured, rtol=1e-9, atol=1e-12)


def test_shared_areas_are_measured_some_at_a_time_and_once_each(monkeypatch):
    """After the candidates, which come in parts of their own."""
    measured_together = []

    def overlap_of(a, i, b, j):
        measured_together.append(len(i))
        return join.ROTATED_BOXES.overlap_of(a, i, b, j)

    a = some(60)
    expected = oriented.overlap_pairs(a, a)
    monkeypatch.setattr(join, "_CHUNK", 64)
    pairs = join.joined("oriented.overlap_pairs", join.ROTATED_BOXES._replace(overlap_of=overlap_of), a, a, None)
    assert joined(pairs) == joined(expected)
    np.testing.assert_array_equal(pairs.intersection, expected.intersection)
    whole, rest = divmod(len(expected.a), 64)
    assert whole > 2
    assert measured_together[-whole - 1 :] == [64] * whole + [rest]


@pytest.mark.parametrize("turn", [0, pi / 2, pi, -pi / 2])
def test_upright_boxes_are_joined_as_aligned_ones(turn):
    corner, side = rng.integers(0, 40, (80, 2)), rng.integers(1, 12, (80, 2))
    aligned = np.concatenate([corner, corner + side], axis=1) / 1.0
    w, h = side.T if turn in (0, pi) else side.T[::-1]
    a = np.stack([*(corner + side / 2).T, w, h, np.full(80, turn)], axis=1)
    expected = boxes.overlap_pairs(aligned, aligned)
    pairs = oriented.overlap_pairs(a, a)
    # those that touch may share a rounding error
    is_area = pairs.intersection > 1e-9
    assert joined(expected) == [x for x, real in zip(joined(pairs), is_area, strict=True) if real]
    np.testing.assert_allclose(pairs.intersection[is_area], expected.intersection, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_box_meets_itself_under_every_name(scale, dtype):
    a = some(60) * [scale, scale, scale, scale, 1]
    half_turn, quarter_turn = np.array([[0, 0, 0, 0, pi], [0, 0, 0, 0, pi / 2]])
    for b in (a + half_turn, a[:, [0, 1, 3, 2, 4]] + quarter_turn):
        pairs = oriented.overlap_pairs(a.astype(dtype), b.astype(dtype))
        assert pairs.intersection.dtype == dtype
        assert {(i, i) for i in range(60)} <= set(joined(pairs))


def test_no_pair_is_lost_at_the_edge_of_its_envelope():
    """Corner to corner: two diamonds whose overlap is a few units in the last place wide."""
    x = rng.uniform(-1e3, 1e3, 400)
    left = np.stack([x, x, np.full(400, 2.0), np.full(400, 2.0), np.full(400, pi / 4)], axis=1)
    right = left + np.array([2 * 2**0.5 - 1e-12, 0, 0, 0, 0])
    shared = oriented.measure(left, right).intersection
    pairs = oriented.overlap_pairs(left, right)
    assert {(i, i) for i in np.flatnonzero(shared > 0).tolist()} <= set(joined(pairs))


def test_rows_of_one_label_and_tensors():
    torch = pytest.importorskip("torch")
    a = torch.as_tensor(some(1)).expand(3, 5)
    pairs = oriented.overlap_pairs(a, a, by=(["x", "y", "x"], ["z", "x", "y"]))
    assert all(isinstance(x, torch.Tensor) for x in pairs)
    assert joined(pairs) == [(0, 1), (1, 2), (2, 1)]


def test_empty_boxes_share_nothing():
    a = np.array([[0, 0, 2, 2, 0.3], [0, 0, 0, 2, 0.3]])
    assert joined(oriented.overlap_pairs(a, a)) == [(0, 0)]


@pytest.mark.parametrize(
    ("a", "message"),
    [
        (np.zeros(5), r"oriented.overlap_pairs: a must have shape \(n, 5\)"),
        (np.zeros((2, 4)), "oriented.overlap_pairs: a has shape"),
        (np.array([[0, 0, -1, 1, 0.0]]), "1 of 1 boxes of a are malformed"),
    ],
)
def test_refused(a, message):
    with pytest.raises(ValueError, match=message):
        oriented.overlap_pairs(a, some(2))

"""Oracles: powerboxes 0.3.1 and MONAI 1.6.1 (values written down), the papers' formulas in plain Python."""

from __future__ import annotations

from itertools import product
from math import atan, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import boxes

SCORES = ("giou", "diou", "ciou", "eiou")
rng = np.random.default_rng(5)


def some(n, d=2, size=4.0):
    low = rng.uniform(0, 10, (n, d))
    return np.concatenate([low, low + rng.uniform(0, size, (n, d))], axis=1)


# ---------------------------------------------------------------- what others say

A = np.array([[0, 0, 4, 2], [1, 1, 3, 4], [-2, -1, 0.5, 7], [10, 10, 11, 12], [0, 0, 100, 1]])
B = np.array([[1, 0.5, 5, 3], [1, 1, 3, 4], [-1.5, 2, 0, 3], [0, 0, 2, 1]])
# powerboxes 0.3.1, giou_distance
GIOU = [
    [0.2333333333333333, -0.0833333333333333, -0.4242424242424243, 0.25],
    [0.1904761904761905, 1, -0.4444444444444444, -0.3333333333333333],
    [-0.4642857142857144, -0.35, 0.075, -0.3048691860465116],
    [-0.8956521739130436, -0.9272727272727272, -0.972, -0.9696969696969697],
    [-0.6214814814814815, -0.735, -0.6666666666666665, 0.02],
]
# powerboxes 0.3.1, ciou_distance; it has none for boxes that are apart
CIOU = [
    [0.2873575328306831, 0.0836960624209996, None, 0.1875],
    [0.2708326385519221, 1, None, None],
    [None, None, 0.039885387463684, -0.1486230826927306],
    [None, None, None, None],
    [-0.2158219844641449, None, None, -0.2266177899633606],
]


def test_peers(backend):
    a = backend.asarray(A)[:, None, :]
    b = backend.asarray(B)
    np.testing.assert_allclose(backend.to_numpy(boxes.giou(a, b)), GIOU, atol=1e-15)
    ciou = backend.to_numpy(boxes.ciou(a, b))
    known = np.array(CIOU, dtype=float)
    np.testing.assert_allclose(np.where(np.isnan(known), np.nan, ciou), known, atol=1e-15)


def test_three_dimensions():
    a = np.array([[0, 0, 0, 4, 2, 3], [1, 1, 1, 3, 4, 2.5], [-2, -1, 0, 0.5, 7, 9]])
    b = np.array([[1, 0.5, 1, 5, 3, 2], [1, 1, 1, 3, 4, 2.5], [-1.5, 2, -1, 0, 3, 1]])
    # MONAI 1.6.1, data.box_utils.box_giou, which computes in single precision
    expected = [
        [-0.1919020861387253, -0.2750000059604645, -0.5909090638160706],
        [-0.0190476179122925, 1, -0.7460317611694336],
        [-0.6230158805847168, -0.4749999940395355, -0.0842355415225029],
    ]
    np.testing.assert_allclose(boxes.giou(a[:, None], b), expected, atol=4e-8)


def by_the_paper(kind, a, b):
    """One pair in plain Python, from the definitions."""
    d = len(a) // 2
    axes = list(zip(a[:d], a[d:], b[:d], b[d:], strict=True))
    both = np.prod([max(min(h, k) - max(x, y), 0) for x, h, y, k in axes])
    hull = [max(h, k) - min(x, y) for x, h, y, k in axes]
    in_a, in_b = np.prod([h - x for x, h, _, _ in axes]), np.prod([k - y for _, _, y, k in axes])
    iou = both / (in_a + in_b - both)
    if kind == "giou":
        return iou - (np.prod(hull) - (in_a + in_b - both)) / np.prod(hull)
    diou = iou - sum(((x + h) / 2 - (y + k) / 2) ** 2 for x, h, y, k in axes) / sum(c**2 for c in hull)
    if kind == "eiou":
        return diou - sum(((h - x - k + y) / c) ** 2 for (x, h, y, k), c in zip(axes, hull, strict=True))
    if kind == "ciou":
        (wa, wb), (ha, hb) = ((h - x, k - y) for x, h, y, k in axes)
        v = 4 / pi**2 * (atan(wb / hb) - atan(wa / ha)) ** 2
        return diou - v * v / (1 - iou + v)
    return diou


@pytest.mark.parametrize(("kind", "d"), [x for x in product(SCORES, (1, 2, 3)) if x[0] != "ciou" or x[1] == 2])
def test_scores_by_the_papers(backend, kind, d):
    a, b = some(50, d), some(50, d)
    got = backend.to_numpy(getattr(boxes, kind)(backend.asarray(a), backend.asarray(b)))
    np.testing.assert_allclose(got, [by_the_paper(kind, *x) for x in zip(a, b, strict=True)], atol=1e-14)


# ---------------------------------------------------------------- laws

corner = st.floats(-1e3, 1e3)
side = st.floats(0, 1e3)
any_box = st.tuples(corner, corner, side, side).map(lambda x: np.array([x[0], x[1], x[0] + x[2], x[1] + x[3]]))


@given(any_box, any_box)
def test_symmetry_and_bounds(a, b):
    got = {k: float(getattr(boxes, k)(a, b)) for k in SCORES}
    for k, value in got.items():
        assert value == pytest.approx(float(getattr(boxes, k)(b, a)), abs=1e-15)
        assert -4 <= value <= 1
    assert -1 <= got["giou"] <= float(boxes.iou(a, b, empty=1.0)) + 1e-12
    assert -1 <= got["diou"] >= max(got["ciou"], got["eiou"])


@given(any_box)
def test_a_box_with_itself(a):
    assert all(float(getattr(boxes, k)(a, a)) == 1 for k in SCORES)


@given(any_box, any_box, st.integers(-40, 40))
def test_no_scale_is_special(a, b, power):
    for k in SCORES:
        assert float(getattr(boxes, k)(a * 2.0**power, b * 2.0**power)) == float(getattr(boxes, k)(a, b))


# ---------------------------------------------------------------- torch


@pytest.mark.slow
@pytest.mark.parametrize("name", SCORES)
def test_gradients_vmap_and_compile(check_under_torch, name):
    # the alpha of CIoU is a constant to gradients
    backend = "aot_eager" if name == "eiou" else "eager"
    check_under_torch(getattr(boxes, name), gradcheck=name != "ciou", marks_malformed=True, backend=backend)


# ---------------------------------------------------------------- nothing, and bad input


def test_boxes_without_area():
    point, segment, other = np.array([1.0, 1, 1, 1]), np.array([0.0, 1, 4, 1]), np.array([2.0, 1, 6, 1])
    # an axis without extent drops out: segments of one line have the IoU of their lengths
    assert float(boxes.giou(segment, other)) == pytest.approx(1 / 3, rel=1e-15)
    assert float(boxes.giou(point, point + 1)) == -1
    assert float(boxes.diou(point, point + 1)) == 0 - 1
    assert float(boxes.giou(point, np.array([0.0, 0, 2, 2]))) == 0


def test_none_at_all(backend):
    none, one = backend.asarray(np.zeros((0, 4))), backend.asarray(np.ones((1, 4)))
    assert backend.to_numpy(boxes.giou(none, one)).shape == (0,)


@pytest.mark.parametrize("d", [1, 3])
def test_ciou_is_for_the_plane(d):
    with pytest.raises(ValueError, match=rf"boxes\.ciou: .*got {2 * d} columns"):
        boxes.ciou(np.zeros((1, 2 * d)), np.zeros((1, 2 * d)))


SCALES = [(np.float64, scale) for scale in (1e-300, 1e-160, 1e-20, 1e154, 1e160, 1e300)]
SCALES += [(np.float32, scale) for scale in (1e-30, 1e-20, 1e19, 1e30)]


@pytest.mark.parametrize(("dtype", "scale"), SCALES)
@pytest.mark.parametrize("score", [boxes.giou, boxes.diou, boxes.ciou, boxes.eiou])
def test_squares_neither_overflow_nor_vanish(score, dtype, scale):
    """Squares of such lengths overflow, or vanish: boxes that overlap, that are apart, one in the other."""
    a = np.array([[0, 0, 1, 1], [0, 0, 1, 2], [0, 0, 4, 3]])
    b = np.array([[0.5, 0.5, 2, 2.5], [3, 1, 4, 2], [1, 1, 2, 2.5]])
    here = score((a * scale).astype(dtype), (b * scale).astype(dtype))
    np.testing.assert_allclose(here, score(a.astype(float), b), rtol=8 * np.finfo(dtype).eps)

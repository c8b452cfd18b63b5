"""The compiled passes against the papers' formulas, one pair after the other in plain Python."""

from __future__ import annotations

from math import atan2, isnan, pi, prod

import numpy as np
import pytest

pytest.importorskip("numba")

from overlap.boxes import passes
from overlap.boxes.passes import Formula, fill_gradients, fill_losses

IOU = Formula(False, False, False, False, False, 0.0, False)
FORMULAS = {
    "iou": IOU,
    "giou": IOU._replace(hull=True),
    "diou": IOU._replace(distance=True),
    "ciou": IOU._replace(distance=True, angle=True),
    "eiou": IOU._replace(distance=True, sides=True),
    "hard": IOU._replace(hull=True, gamma=1.5),
    "easy": IOU._replace(hull=True, gamma=1.5, easy=True),
}


def some(n, d=2):
    rng = np.random.default_rng(n)
    low = rng.uniform(0, 10, (2, n, d))
    return np.concatenate([low, low + rng.uniform(0.5, 8, (2, n, d))], axis=2)


def loss_of(a, b, formula, constants=None):
    """Write the loss of a pair by the papers; `constants` are the α and the weight that it had."""
    d = len(a) // 2
    sides = [[x[d + k] - x[k] for k in range(d)] for x in (a, b)]
    hull = [max(a[d + k], b[d + k]) - min(a[k], b[k]) for k in range(d)]
    both = prod(max(min(a[d + k], b[d + k]) - max(a[k], b[k]), 0) for k in range(d))
    union = prod(sides[0]) + prod(sides[1]) - both
    iou = both / union
    loss = 1 - iou
    v = 0.0
    if formula.hull:
        loss += (prod(hull) - union) / prod(hull)
    if formula.distance:
        rho = [(a[k] + a[d + k] - b[k] - b[d + k]) / 2 for k in range(d)]
        loss += sum(x * x for x in rho) / sum(c * c for c in hull)
    if formula.angle:
        v = 4 / pi**2 * (atan2(*sides[1]) - atan2(*sides[0])) ** 2
    if formula.sides:
        loss += sum(((sides[0][k] - sides[1][k]) / hull[k]) ** 2 for k in range(d))
    weight = (iou if formula.easy else 1 - iou) ** formula.gamma
    alpha, weight = constants or (v / (1 - iou + v), weight)
    return weight * (loss + alpha * v), (alpha, weight)


@pytest.mark.parametrize(("name", "d"), [(name, d) for name in FORMULAS for d in (1, 2, 3) if name != "ciou" or d == 2])
def test_losses_over_several_blocks(name, d, monkeypatch):
    a, b = some(passes._BLOCK + 37, d)
    loss = np.empty(len(a))
    assert fill_losses(a, b, FORMULAS[name], loss) == 0
    expected = [loss_of(x, y, FORMULAS[name])[0] for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    np.testing.assert_allclose(loss, expected, atol=1e-13)


@pytest.mark.parametrize("name", FORMULAS)
def test_slopes_by_differences(name):
    formula = FORMULAS[name]
    a, b = some(60)
    g = np.linspace(-1, 2, 60)
    gradient_a = np.empty_like(a)
    gradient_b = np.empty_like(b)
    fill_gradients(a, b, g, formula, gradient_a, gradient_b)
    step = 1e-6
    for pair, k in np.ndindex(60, 8):
        ends = [*a[pair], *b[pair]]
        _, constants = loss_of(a[pair], b[pair], formula)
        values = []
        for shift in (-step, step):
            moved = [*ends[:k], ends[k] + shift, *ends[k + 1 :]]
            values.append(loss_of(moved[:4], moved[4:], formula, constants)[0])
        got = [*gradient_a[pair], *gradient_b[pair]][k]
        assert got == pytest.approx(g[pair] * (values[1] - values[0]) / (2 * step), abs=2e-8)


def test_only_what_there_is_room_for():
    a, b = some(5)
    none = np.empty((0, 4))
    both = [np.empty_like(a), np.empty_like(b)]
    fill_gradients(a, b, np.ones(5), FORMULAS["eiou"], *both)
    for k in (0, 1):
        alone = [none, none]
        alone[k] = np.empty_like(a)
        fill_gradients(a, b, np.ones(5), FORMULAS["eiou"], *alone)
        np.testing.assert_array_equal(alone[k], both[k])


@pytest.mark.parametrize("bad", [[1, 0, 0, 1], [0, 0, np.nan, 1], [0, 0, 1, np.inf], [-np.inf, 0, 1, 1]])
def test_malformed_boxes_are_counted_and_make_nan(bad):
    a, b = some(5)
    b[2] = bad
    for first, second in ((a, b), (b, a)):
        loss = np.empty(5)
        assert fill_losses(first, second, IOU, loss) == 1
        assert [isnan(x) for x in loss] == [False, False, True, False, False]

"""What each loss seeks: no answer is better, where the expected losses are written out as they are defined."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

import overlap as ov


@pytest.fixture(scope="module")
def sought(example):
    return example("sought")


@pytest.fixture(scope="module")
def p():
    """Cells with every probability, and many that are nearly background."""
    return np.concatenate([np.linspace(0.01, 0.99, 40), np.full(60, 0.02)])


def draws(p, raters):
    """The shares that raters can draw, and how probable each is in each cell; p itself if there are no raters."""
    if raters is None:
        return [(p, np.ones_like(p))]
    return [(k / raters, comb(raters, k) * p**k * (1 - p) ** (raters - k)) for k in range(raters + 1)]


def minimum(f, p, raters):
    both = sum((np.minimum(f, y) * w).sum() for y, w in draws(p, raters))
    return 1 - 2 * both / (f.sum() + p.sum())


def product(f, p, raters):
    return 1 - 2 * (f * p).sum() / (f.sum() + p.sum())


def squared(f, p, raters):
    squares = sum((np.square(y) * w).sum() for y, w in draws(p, raters))
    return 1 - 2 * (f * p).sum() / ((f**2).sum() + squares)


def entropy(f, p, raters):
    return -(p * np.log(f) + (1 - p) * np.log(1 - f)).mean()


def focal(f, p, raters):
    return -(p * (1 - f) ** 2 * np.log(f) + (1 - p) * f**2 * np.log(1 - f)).mean()


def dice_and_entropy(f, p, raters):
    return minimum(f, p, raters) + entropy(f, p, raters)


def dice_and_focal(f, p, raters):
    return minimum(f, p, raters) + focal(f, p, raters)


CASES = [
    ("by_minimum", minimum),
    ("by_product", product),
    ("by_squared", squared),
    ("by_cross_entropy", entropy),
    ("by_dice_and_cross_entropy", dice_and_entropy),
    ("by_dice_and_focal", dice_and_focal),
]


@pytest.mark.parametrize("raters", [1, 3, None])
@pytest.mark.parametrize(("name", "loss"), CASES)
def test_no_answer_is_better(sought, p, name, loss, raters):
    """Neither with one cell changed by a little or more, nor with many."""
    answer = getattr(sought, name)(p, raters)
    least = loss(answer, p, raters)
    for cell in range(0, 42, 3):
        for step in (-0.2, -0.01, 0.01, 0.2):
            other = answer.copy()
            other[cell] = np.clip(answer[cell] + step, 1e-9, 1 - 1e-9)
            assert loss(other, p, raters) > least - 1e-9
    rng = np.random.default_rng(0)
    for size in (0.03, 0.3):
        for _ in range(40):
            some = rng.random(p.size) < rng.random()
            other = np.clip(answer + some * rng.normal(0, size, p.size), 1e-9, 1 - 1e-9)
            assert loss(other, p, raters) > least - 1e-9


def test_one_rater_leaves_no_choice_of_the_minimum(sought, p):
    np.testing.assert_array_equal(sought.by_minimum(p, 1), sought.by_product(p, 1))


def test_a_certain_target_is_returned_by_most(sought, p):
    for name in ("by_minimum", "by_squared", "by_cross_entropy", "by_dice_and_cross_entropy"):
        np.testing.assert_allclose(getattr(sought, name)(p, None), p, atol=1e-9)
    assert set(sought.by_product(p, None)) == {0, 1}


def test_squared_dice_of_one_rater_multiplies(sought):
    """Where nothing reaches 1, D² = Σ p² / Σ p."""
    p = np.linspace(0.4, 0.6, 30)
    np.testing.assert_allclose(sought.by_squared(p, 1), np.minimum(p / np.sqrt((p**2).sum() / p.sum()), 1))


def test_the_set_is_the_best_mask_of_an_image(sought, example):
    """The limit of many cells, at a thousand: as good as the exact best mask to 1e-5."""
    p = example("blobs").draw_images(1, np.random.default_rng(5)).p[0]
    best = ov.expected.optimal_mask(p)
    found = sought.by_product(p, 1) > 0.5
    assert np.count_nonzero(best != found) < 5
    short = ov.expected.expected_dice(best, p) - ov.expected.expected_dice(found, p)
    assert 0 <= short < 1e-5
    assert sought.best_dice(p) == pytest.approx(ov.expected.expected_dice(best, p), abs=0.002)


def test_a_border_that_moves_as_a_whole(sought):
    """By hand: sets of 1, 2 and 3 cells, each as probable; 2 cells have the best mean Dice, (2/3 + 1 + 4/5) / 3."""
    p = np.array([1.0, 2 / 3, 1 / 3])
    np.testing.assert_array_equal(sought.by_dice_of_border(p, 1), [1, 1, 0])


def test_no_set_of_a_border_is_better(sought, example):
    p = example("blobs").draw_images(1, np.random.default_rng(6)).p[0]
    drawn = [p > level for level in (np.arange(100) + 0.5) / 100]

    def mean_dice(mask):
        return np.mean([2 * (mask & outline).sum() / max(mask.sum() + outline.sum(), 1) for outline in drawn])

    found = sought.by_dice_of_border(p, 1) > 0.5
    best = max(mean_dice(p > level) for level in np.arange(0.2, 0.7, 0.01))
    assert mean_dice(found) == pytest.approx(best, abs=1e-3)
    assert best > mean_dice(p > 0.5) + 5e-3

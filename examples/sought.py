"""What each loss seeks, in closed form: the answer f of a cell whose label probability is p.

Conventions
-----------
- Cells are labelled by themselves, and an image has so many that its sums are their means: a loss sees
  Σ E[T(f, y)], Σ f and Σ p. Then the index of an image is a ratio of means, and a cell's best answer depends on the
  others only through D, the best value of the ratio, and S = Σ f + Σ p.
- The target y of a cell is the mean of ``raters`` draws (a binomial share), or p itself (``raters`` is None).
- Each D is found by Dinkelbach's iteration: the best answers at D, the ratio of these answers, and so on. It rises to
  the best ratio there is.
- ``p`` holds the cells of one image or of many alike, in any shape; answers have the same shape.
- Where the border moves as a whole the sums are not their means. `by_dice_of_border` has the set that is sought then.

References
----------
Dinkelbach, W. (1967). On nonlinear fractional programming. Manag. Sci. 13, 492. doi:10.1287/mnsc.13.7.492
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import binom

Sought = Callable[[np.ndarray, int | None], np.ndarray]
"""A function of p and the number of raters that returns the answers which a loss seeks."""

Slope = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The derivative of a cell's mean loss by the answer f, where the label probability is p."""

ITERATIONS = 40
"""Of a fixed point, or of halving an interval: both have come to 1e-12 by then."""


def by_cross_entropy(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return p: the mean of the target, however it is drawn."""
    return p


def by_product(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return the set p > D/2: of a product only the target's mean counts, and a line has its maximum at an end."""
    return (p > best_dice(p) / 2).astype(float)


def by_minimum(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return the quantile 1 − D/2 of the target: p where the image determines it, the set p > D/2 for one rater."""
    if raters is None:
        return p
    dice = 1.0
    for _ in range(ITERATIONS):
        answer = binom.ppf(1 - dice / 2, raters, p) / raters
        both = expected_minimum(answer, p, raters).sum()
        dice = 2 * both / (answer.sum() + p.sum())
    return answer


def by_squared(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return p / D, at most 1: the denominator has Σ E[y²], which is more than Σ p² unless the target is certain."""
    squares = p**2
    if raters is not None:
        squares = squares + p * (1 - p) / raters
    dice = 1.0
    for _ in range(ITERATIONS):
        answer = np.minimum(p / dice, 1)
        dice = 2 * (answer * p).sum() / (answer**2 + squares).sum()
    return answer


def by_dice_and_cross_entropy(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return what minimum Dice and the cross-entropy seek together, between what each of them seeks."""
    return with_minimum_dice(slope_of_entropy, p, raters)


def by_dice_and_focal(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return what minimum Dice and the focal loss (γ = 2) seek together; alone it seeks milder answers than p."""
    return with_minimum_dice(slope_of_focal, p, raters)


def slope_of_entropy(f: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Differentiate −p log f − (1 − p) log(1 − f)."""
    return (f - p) / (f * (1 - f))


def slope_of_focal(f: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Differentiate −p (1 − f)² log f − (1 − p) f² log(1 − f)."""
    of_one = 2 * (1 - f) * np.log(f) - (1 - f) ** 2 / f
    of_none = f**2 / (1 - f) - 2 * f * np.log1p(-f)
    return p * of_one + (1 - p) * of_none


def with_minimum_dice(slope: Slope, p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return where the slopes of minimum Dice and of a mean over cells cancel."""
    answer = p
    for _ in range(ITERATIONS):
        total = answer.sum() + p.sum()
        dice = 2 * expected_minimum(answer, p, raters).sum() / total
        answer = (answer + where_slopes_cancel(slope, p, raters, dice, total)) / 2
    return answer


def where_slopes_cancel(slope: Slope, p: np.ndarray, raters: int | None, dice: float, total: float) -> np.ndarray:
    """Halve the interval of each answer: slope(f, p) / n = (2 P(y > f) − D) / S, with n cells in all."""
    low = np.zeros_like(p)
    high = np.ones_like(p)
    for _ in range(ITERATIONS):
        answer = (low + high) / 2
        gain = (2 * share_above(answer, p, raters) - dice) / total
        too_low = slope(answer, p) / p.size < gain
        low = np.where(too_low, answer, low)
        high = np.where(too_low, high, answer)
    return answer


def best_dice(p: np.ndarray) -> float:
    """Return D of the best set: that of the k cells of the greatest p, over all k."""
    ordered = np.sort(p, axis=None)[::-1]
    size = np.arange(1, p.size + 1)
    dice = 2 * np.cumsum(ordered) / (size + p.sum())
    return float(dice.max())


def expected_minimum(answer: np.ndarray, p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return E[min(f, y)] of each cell."""
    if raters is None:
        return np.minimum(answer, p)
    draws = np.arange(raters + 1)
    probability = binom.pmf(draws, raters, p[..., None])
    return (np.minimum(answer[..., None], draws / raters) * probability).sum(-1)


def share_above(answer: np.ndarray, p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return P(y > f) of each cell."""
    if raters is None:
        return (p > answer).astype(float)
    return binom.sf(np.floor(answer * raters), raters, p)


def by_dice_of_border(p: np.ndarray, raters: int | None) -> np.ndarray:
    """Return the set p > t with the best mean Dice with the sets p > u, for all u between 0 and 1 alike.

    This is for one rater whose border moves as a whole. The sets lie in each other, so that |A∩B| is the smaller of
    their two sizes.
    """
    levels = (np.arange(200) + 0.5) / 200
    sizes = np.array([np.count_nonzero(p > level) for level in levels])
    both = np.minimum(sizes[:, None], sizes)
    total = sizes[:, None] + sizes
    dice = 2 * both / np.maximum(total, 1)
    best = levels[dice.mean(axis=1).argmax()]
    return (p > best).astype(float)

"""The mask of the largest expected Dice. Public through `overlap.expected`.

Conventions
-----------
- It holds the cells of the largest probabilities, τ of them (Dai & Li 2023, Theorem 2). Of cells of one probability
  those of lower index come first, in the order of the axes; of several best τ the least.
- Every τ counts that an upper bound does not rule out: 2C/(τ + E|Y| − t), where C is the sum of the τ probabilities
  and |Y| ≥ E|Y| − t but for a chance of 1e-10, against the lower bound 2C/(τ + 1 + E|Y|) of the best τ.
- Unlikely cells, which matter for |Y| only, enter by the sums of their first powers: ln(1 − x) = −Σ xᵏ/k.

References
----------
Dai, B. & Li, C. (2023). RankSEG: a consistent ranking-based framework for segmentation. J. Mach. Learn. Res. 24, 224.
arXiv:2206.13086
Harris, T. E. (1960). A lower bound for the critical probability in a certain percolation process. Math. Proc. Camb.
Phil. Soc. 56, 13. (That |A∩Y| and 1/(|A| + |Y|) are correlated negatively, hence the upper bound.)
"""

from __future__ import annotations

from math import ceil, nan

import array_api_compat.numpy as numpy_namespace
import numpy as np

from .._arrays import Array, Axis, SameArray, flat, kept_and_summed, like, values_on_host
from ..indices import EmptyPolicy
from ..raster.sizes import Names, check_axis, check_masks, counted_values
from .exponentials import ERROR, reciprocal
from .means import (
    check_empty,
    deviation_of,
    policy_of,
    worth_of_empty_mask,
    worth_of_mask,
)
from .transforms import block_by_block

_UNLIKELY = 1 / 64
"""Below, a few powers of a chance are all of its logarithm."""

_POWERS = 5
"""64⁻⁵ / 6, what is left out relatively, is 2e-10."""

_BELOW_LEAST = 1e-9
"""By how much an upper bound may be wrong: more than the chance of a |Y| below its least."""

_ROUNDING = 1e-9
"""By how much of itself a bound may be wrong: more than what is rounded."""


def optimal_mask(
    probability: SameArray, *, axis: Axis = None, where: Array | None = None, empty: float | EmptyPolicy = nan
) -> SameArray:
    """Return the hard mask of the largest expected Dice, where each cell belongs to the reference by itself.

    It holds the most probable cells. As their number grows, the least probability among them tends to half of the
    expected Dice: it is below 0.5, and the lower the less is certain.

    Parameters
    ----------
    probability : array
        The chance of each cell to belong to the reference: floating in [0, 1]. Its values are looked at on the host.
    axis : int or tuple of int, optional
        Axes that one Dice is taken over; all by default.
    where : array of bool, optional
        True = counted; broadcasts to `probability`. What is not counted is not in the mask.
    empty : float or EmptyPolicy
        Dice where the mask and the reference are empty, as in `expected_dice`. With 1 the empty mask is the best one
        where nothing is likely enough; with NaN it never is, but where nothing has a chance at all.

    Returns
    -------
    array of bool
        Of the shape of `probability`; no mask has an expected Dice that is larger by more than 2e-8 of it.

    Raises
    ------
    TypeError, ValueError
        As `expected_dice`.

    See Also
    --------
    expected_dice : Return the expected Dice of a mask, E[2|A∩Y| / (|A| + |Y|)].

    References
    ----------
    Dai, B. & Li, C. (2023). RankSEG: a consistent ranking-based framework for segmentation. J. Mach. Learn. Res. 24,
    224. arXiv:2206.13086

    Examples
    --------
    >>> import numpy as np
    >>> optimal_mask(np.array([0.9, 0.45, 0.3, 0.1]))
    array([ True,  True, False, False])
    >>> optimal_mask(np.array([0.1, 0.1]), empty=1.0)
    array([False, False])
    """
    operation = "expected.optimal_mask"
    check_empty(operation, empty)
    names = Names(operation, "probability", "probability")
    xp = check_masks(names, probability, probability, None, where, "product")
    check_axis(operation, axis, probability.ndim)
    p = values_on_host(operation, "probability", probability)
    counted = None if where is None else values_on_host(operation, "where", where)
    p, _, _ = counted_values(names, p, p, None, counted, True, numpy_namespace)
    rows = flat(p.astype(float, copy=False), axis, numpy_namespace)
    mask = np.empty(rows.shape, bool)
    for row in np.ndindex(rows.shape[:-1]):
        mask[row] = _best_of_row(rows[row], policy_of(empty))
    return like(_in_shape(mask, p.shape, axis), probability, xp)


def _in_shape(rows: np.ndarray, shape: tuple[int, ...], axis: Axis) -> np.ndarray:
    """Return rows of cells in the shape that they had before `flat`."""
    kept, summed = kept_and_summed(len(shape), axis)
    order = kept + summed
    moved = rows.reshape([shape[k] for k in order])
    return moved.transpose(np.argsort(order))


def _best_of_row(p: np.ndarray, policy: EmptyPolicy) -> np.ndarray:
    """Return the best mask of the cells of one ratio."""
    rising = np.sort(p)
    falling = rising[::-1]
    # what has no chance would only enlarge the mask
    n_possible = len(p) - int(np.searchsorted(rising, 0.0, side="right"))
    if n_possible == 0:
        return np.zeros(p.shape, bool)
    possible = np.clip(falling[:n_possible], 0.0, 1.0)
    n_best, value = _best_number(possible)
    with np.errstate(divide="ignore"):
        log_nothing = np.sum(np.log1p(-possible))
    nothing = np.exp(log_nothing)
    something = -np.expm1(log_nothing)
    of_empty_mask = worth_of_empty_mask(nothing, something, policy, numpy_namespace)
    of_mask = worth_of_mask(value, nothing, something, policy, numpy_namespace)
    if of_empty_mask >= of_mask:
        return np.zeros(p.shape, bool)
    return _largest(p, n_best, falling[n_best - 1])


def _largest(p: np.ndarray, n: int, least: float) -> np.ndarray:
    """Return where the n largest chances are, the least of which is known; of equal ones the first."""
    mask = p > least
    n_left = n - np.count_nonzero(mask)
    mask[np.flatnonzero(p == least)[:n_left]] = True
    return mask


def _best_number(falling: np.ndarray) -> tuple[int, float]:
    """Return how many of the cells, the most probable first, are the best mask, and its expected Dice."""
    mean = np.sum(falling)
    deviation = deviation_of(mean - falling @ falling, 1.0, numpy_namespace)
    least = max(mean - deviation, 1.0)
    most = max(min(mean + deviation, float(len(falling))), least)
    shares = np.cumsum(falling[: _most_cells(falling, mean)])
    counts = np.arange(1, len(shares) + 1)
    upper = shares / (counts + least)
    lower = shares / (counts + 1 + mean)
    # where A has a cell of Y, Y has one for certain
    slack = _BELOW_LEAST if least > 1 else 0.0
    candidates = np.flatnonzero(upper * (1 + _ROUNDING) + slack >= np.max(lower))
    counts = counts[candidates[0] : candidates[-1] + 1]
    values = _values(falling, counts, counts[0] + least, counts[-1] + most)
    # what is equal but for rounding is equal
    best = int(np.argmax(values >= np.max(values) * (1 - ERROR)))
    return int(counts[best]), float(values[best])


def _most_cells(falling: np.ndarray, mean: float) -> int:
    """Return a number of cells that the best mask does not exceed: larger ones are worse than that of E|Y| cells.

    Half of the expected Dice of n cells is E|Y|/n at the most.
    """
    n = min(ceil(mean), len(falling))
    lower = float(np.sum(falling[:n])) / (n + 1 + mean)
    return min(ceil(mean / lower * (1 + _ROUNDING)), len(falling))


def _values(falling: np.ndarray, counts: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the expected Dice of the masks of so many cells, |A| + |Y| lying between two ends."""
    rates, weights = reciprocal(high / low)
    s = np.array(rates) / low
    log_chance, shared = _certain_part(falling, s, counts[0], counts[-1])
    candidates = falling[counts[0] : counts[-1]]
    integral = np.zeros(len(counts))
    for k in range(len(s)):
        kept = np.exp(-s[k])
        more = candidates * kept / (1 - candidates * (1 - kept))
        added = np.concatenate([[0.0], np.cumsum(more)])
        integral += weights[k] / low * np.exp(log_chance[k] - s[k] * counts) * (shared[k] + added)
    return 2 * integral


def _certain_part(falling: np.ndarray, s: np.ndarray, n_in: int, n_at_most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ln E[exp(−s|Y|)] and E[|A∩Y| exp(−s|Y|)] / E[exp(−s|Y|)] for the mask A of `n_in` cells."""
    # the cells fall: -falling is sorted upwards
    n_likely = max(n_at_most, int(np.searchsorted(-falling, -_UNLIKELY)))
    log_in, shared = block_by_block(falling[:n_in], np.ones(n_in), 1.0, s)
    log_out, _ = block_by_block(falling[n_in:n_likely], np.zeros(n_likely - n_in), 1.0, s)
    return log_in + log_out + _log_of_unlikely(falling[n_likely:], s), shared


def _log_of_unlikely(p: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return Σ ln(1 − p(1 − exp(−s))) for small p, by the powers of p."""
    fall = -np.expm1(-s)
    total = np.zeros(len(s))
    power = np.ones(len(p))
    for k in range(1, _POWERS + 1):
        power *= p
        total -= fall**k / k * np.sum(power)
    return total

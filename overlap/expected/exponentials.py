"""The reciprocal as a sum of a few exponentials: 1/x = Σ w exp(−s x) for all x between two ends.

Conventions
-----------
- The mean of 1/X needs the distribution of X. The mean of exp(−s X) is a product over the independent parts that X is
  the sum of. A sum of exponentials turns the one into the other.
- Both rules are quadratures of 1/x = ∫₀^∞ exp(−s x) ds. Their relative error is at most 1e-8, and stays so in any
  mean over x: every 1/x is positive.
- A narrow range takes few exponentials (3 for ends 10 % apart, 6 for a factor of 2), a wide one the more the wider
  (16 for a factor of 10, 34 for 1000).

References
----------
Abramowitz, M. & Stegun, I. A. (1964). Handbook of Mathematical Functions. 25.4.45 (Gauss–Laguerre quadrature)
Beylkin, G. & Monzón, L. (2010). Approximation by exponential sums revisited. Appl. Comput. Harmon. Anal. 28, 131.
doi:10.1016/j.acha.2009.08.011
"""

from __future__ import annotations

from math import ceil, expm1, log, sqrt
from typing import NamedTuple

import numpy as np

ERROR = 1e-8
"""The largest relative error of a sum of exponentials."""

_NARROW = 16.0
"""Up to this ratio of the ends, Gauss–Laguerre takes fewer points."""

_NARROW_ERROR = 1e-9
"""What ((√R − 1)/(√R + 1))²ⁿ comes to; the error of n points is up to 8 times as large."""

_STEP = 0.4
"""Of the trapezoidal rule in ln s: its relative error is 2|Γ(1 + 2πi/step)| = 4e-10 for every x."""

_LAST = 22.0
"""Where the trapezoidal rule ends: exp(−22) is 3e-10."""

_FEW = 7
"""Points that stand for all those of the trapezoidal rule near 0."""


class Exponentials(NamedTuple):
    """The rates s and the weights w of a sum of exponentials."""

    rates: list[float]
    weights: list[float]


def reciprocal(ratio: float) -> Exponentials:
    """Return Σ w exp(−s x) that is 1/x for 1 ≤ x ≤ `ratio`.

    Examples
    --------
    >>> import numpy as np
    >>> total = 0.0
    >>> for rate, weight in zip(*reciprocal(10.0)):
    ...     total += weight * np.exp(-3 * rate)
    >>> abs(total - 1 / 3) < 1e-8
    np.True_
    """
    if ratio <= _NARROW:
        return _laguerre(ratio)
    return _trapezoid(ratio)


def _laguerre(ratio: float) -> Exponentials:
    """Return Gauss–Laguerre about the geometric mean of the ends: exact there, it errs most at both ends, alike."""
    middle = sqrt(ratio)
    n_points = 2
    if ratio > 1:
        n_points = max(n_points, ceil(log(_NARROW_ERROR) / 2 / log((middle - 1) / (middle + 1))))
    points, weights = np.polynomial.laguerre.laggauss(n_points)
    weights = weights * np.exp(points)
    return Exponentials((points / middle).tolist(), (weights / middle).tolist())


def _trapezoid(ratio: float) -> Exponentials:
    """Return the trapezoidal rule in ln s, with a few points for the infinitely many near 0."""
    first = 0.5 / ratio
    n_points = ceil(log(_LAST / first) / _STEP)
    far = first * np.exp(_STEP * np.arange(1, n_points + 1))
    near, near_weights = _near_zero(first)
    rates = np.concatenate([near, far])
    weights = np.concatenate([near_weights, _STEP * far])
    return Exponentials(rates.tolist(), weights.tolist())


def _near_zero(first: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a few points and weights that have the moments of first, first e⁻ʰ, first e⁻²ʰ and so on."""
    points, _ = np.polynomial.legendre.leggauss(_FEW)
    points = (1 + points) / 2
    # Σ h s · sʲ is a geometric series
    moments = [-_STEP / expm1(-_STEP * (power + 1)) for power in range(_FEW)]
    weights = np.linalg.solve(np.vander(points, increasing=True).T, moments)
    return first * points, first * weights

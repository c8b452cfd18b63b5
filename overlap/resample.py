"""Confidence intervals by resampling.

Conventions
-----------
- Cases are resampled, never cells: the three sizes of each case are all that is needed.
- ``average="micro"`` is the index of the added counts (large cases weigh more); ``"macro"`` the mean of the
  cases' indices. A case where the index is undefined (NaN) counts in neither, and is not resampled.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. J. Am. Stat. Assoc. 82, 171.
doi:10.1080/01621459.1987.10478410
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from ._checks import check_choice
from .counts import Overlap
from .indices import INDICES

__all__ = ["ConfidenceInterval", "confidence_interval"]

Index = Callable[[Overlap], Any]


class ConfidenceInterval(NamedTuple):
    """Both ends of an interval.

    Parameters
    ----------
    low, high : float or array
        The lower and the upper end.

    Examples
    --------
    >>> low, high = ConfidenceInterval(0.56, 0.88)
    >>> low
    0.56
    """

    low: Any
    high: Any


def confidence_interval(
    o: Overlap,
    index: str | Callable[[Overlap], Any] = "dice",
    *,
    axis: int = 0,
    level: float = 0.95,
    n_resamples: int = 9999,
    rng: int | np.random.Generator | None = None,
    method: Literal["percentile", "BCa"] = "BCa",
    average: Literal["micro", "macro"] = "micro",
) -> ConfidenceInterval:
    """Bootstrap a confidence interval of an index over cases.

    Parameters
    ----------
    o : Overlap
        Host arrays with the cases along `axis`.
    index : str or callable
        A name from `overlap.INDICES`, or a function of an `Overlap`.
    axis : int
        The axis of the cases, which are resampled with replacement.
    level : float
        Confidence level, in (0, 1).
    n_resamples : int
        Number of resamples.
    rng : int or numpy.random.Generator, optional
        Seed or generator.
    method : {"percentile", "BCa"}
        How the interval is read off the resamples; BCa corrects for bias and skewness.
    average : {"micro", "macro"}
        The index of the added counts, or the mean of the cases' indices.

    Returns
    -------
    ConfidenceInterval
        ``low`` and ``high``, of the shape of `o` without `axis`; NaN where fewer than two cases have the index.

    Raises
    ------
    ValueError
        If there are fewer than two cases, or an argument is out of range.

    Examples
    --------
    >>> cases = Overlap([40, 55, 10, 70], [50, 60, 30, 75], [50, 58, 20, 90])
    >>> low, high = confidence_interval(cases, "dice", rng=0)
    >>> round(float(low), 2), round(float(high), 2)
    (0.56, 0.88)
    """
    take = _index(index)
    _check(o, axis, level, method, average)
    by_case = Overlap(
        np.moveaxis(np.asarray(o.intersection, float), axis, -1),
        np.moveaxis(np.asarray(o.size_a, float), axis, -1),
        np.moveaxis(np.asarray(o.size_b, float), axis, -1),
    )
    generator = np.random.default_rng(rng)
    low = np.empty(by_case.shape[:-1])
    high = np.empty(by_case.shape[:-1])
    for row in np.ndindex(low.shape):
        low[row], high[row] = _ends(by_case[row], take, level, n_resamples, generator, method, average)
    return ConfidenceInterval(low[()], high[()])


def _ends(
    cases: Overlap,
    take: Index,
    level: float,
    n_resamples: int,
    rng: np.random.Generator,
    method: Literal["percentile", "BCa"],
    average: Literal["micro", "macro"],
) -> tuple[float, float]:
    """Return both ends of the interval of one row of cases; NaN if fewer than two have the index."""
    from scipy.stats import bootstrap

    def micro(i: Any, a: Any, b: Any, axis: int) -> Any:
        return take(Overlap(i, a, b).sum(axis))

    def macro(i: Any, a: Any, b: Any, axis: int) -> Any:
        return np.mean(take(Overlap(i, a, b)), axis=axis)

    values = take(cases)
    defined = ~np.isnan(values)
    cases = cases[defined]
    values = values[defined]
    if len(values) < 2:
        return np.nan, np.nan
    if np.ptp(values) == 0:  # one value whatever is drawn: the bootstrap calls that degenerate
        return values[0], values[0]
    interval = bootstrap(
        (cases.intersection, cases.size_a, cases.size_b),
        micro if average == "micro" else macro,
        paired=True,
        vectorized=True,
        confidence_level=level,
        n_resamples=n_resamples,
        rng=rng,
        method=method,
    ).confidence_interval
    return interval.low, interval.high


def _check(o: Overlap, axis: int, level: float, method: str, average: str) -> None:
    operation = "resample.confidence_interval"
    ndim = len(o.shape)
    if not -ndim <= axis < ndim or o.shape[axis] < 2:
        raise ValueError(f"{operation}: at least two cases along axis {axis} are needed, got shape {o.shape}")
    if not 0 < level < 1:
        raise ValueError(f"{operation}: level must be between 0 and 1, such as 0.95; got {level}")
    check_choice(operation, "method", method, ("percentile", "BCa"))
    check_choice(operation, "average", average, ("micro", "macro"))


def _index(index: str | Index) -> Index:
    if callable(index):
        return index
    check_choice("resample.confidence_interval", "index", index, INDICES)
    return INDICES[index]

"""Confidence intervals by resampling.

Conventions
-----------
- Cases are resampled, never cells: the three sizes of each case are all that is needed.
- ``average="micro"`` is the index of the added counts (large cases weigh more); ``"macro"`` the mean of the
  cases' indices. Cases where an index is undefined count in neither sum nor mean, as `empty` of the index says.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. J. Am. Stat. Assoc. 82, 171.
doi:10.1080/01621459.1987.10478410
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .counts import Overlap
from .indices import INDICES

if TYPE_CHECKING:
    from scipy.stats._common import ConfidenceInterval


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
        The index of the added counts, or the mean of the cases' indices (NaN left out).

    Returns
    -------
    scipy.stats.ConfidenceInterval
        ``low`` and ``high``, of the shape of `o` without `axis`.

    Raises
    ------
    ValueError
        If there are fewer than two cases, or an argument is unknown.

    Examples
    --------
    >>> cases = Overlap([40, 55, 10, 70], [50, 60, 30, 75], [50, 58, 20, 90])
    >>> low, high = confidence_interval(cases, "dice", rng=0)
    >>> round(float(low), 2), round(float(high), 2)
    (0.56, 0.88)
    """
    from scipy.stats import bootstrap

    take = _index(index)
    sizes = [np.asarray(x, float) for x in (o.intersection, o.size_a, o.size_b)]
    if sizes[0].ndim == 0 or sizes[0].shape[axis] < 2:
        raise ValueError(f"confidence_interval: at least two cases along axis {axis} are needed, got shape {o.shape}")
    if method not in ("percentile", "BCa"):
        raise ValueError(f'confidence_interval: method must be "percentile" or "BCa", got {method!r}')

    def micro(i: Any, a: Any, b: Any, axis: int) -> Any:
        return take(Overlap(i, a, b).sum(axis))

    def macro(i: Any, a: Any, b: Any, axis: int) -> Any:
        return np.nanmean(take(Overlap(i, a, b)), axis=axis)

    statistics = {"micro": micro, "macro": macro}
    if average not in statistics:
        raise ValueError(f'confidence_interval: average must be "micro" or "macro", got {average!r}')
    return bootstrap(
        sizes,
        statistics[average],
        paired=True,
        vectorized=True,
        axis=axis,
        confidence_level=level,
        n_resamples=n_resamples,
        rng=np.random.default_rng(rng),
        method=method,
    ).confidence_interval


def _index(index: str | Callable[[Overlap], Any]) -> Callable[[Overlap], Any]:
    if callable(index):
        return index
    if index not in INDICES:
        raise ValueError(f"confidence_interval: unknown index {index!r}; choose from {', '.join(INDICES)}")
    return INDICES[index]

"""Confidence intervals by resampling.

Conventions
-----------
- Cases are resampled, never cells: the three sizes of each case are all that is needed. Cases of one group (a patient,
  a subject, a chain) are no independent draws: with ``groups=`` whole groups are resampled.
- ``average="micro"`` is the index of the added counts (large cases weigh more); ``"macro"`` the mean of the
  cases' indices. A case where the index is undefined (NaN) counts in neither, and is not resampled.
- ``other=`` is a second model on the same cases: the interval is that of the difference, and both models are resampled
  together. A case where the index of one is undefined is left out of both.
- The resamples are those of `scipy.stats.bootstrap` with the same seed, up to 65 536 cases. Sums over more are drawn
  part by part: first how many of each part, then which. That is a multinomial draw in two steps, and what is looked up
  together lies together.
- What is no function of sums is made anew for each resample, from how often each case was drawn: `interval_of_figure`.
- The memory is of the order of the counts, the time of the cases times the resamples.

References
----------
Efron, B. (1987). Better bootstrap confidence intervals. J. Am. Stat. Assoc. 82, 171.
doi:10.1080/01621459.1987.10478410

Efron, B. & Tibshirani, R. (1993). An introduction to the bootstrap. Chapter 14: BCa; chapter 11: the jackknife of a
median. doi:10.1201/9780429246593

Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. J. R. Stat. Soc. B 69, 369.
doi:10.1111/j.1467-9868.2007.00593.x
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from ._checks import check_choice
from ._groups import number_groups, renumbered
from .counts import Overlap
from .indices import INDICES

__all__ = ["ConfidenceInterval", "confidence_interval", "interval_of", "interval_of_figure"]

Index = Callable[[Overlap], Any]
Statistic = Callable[[list[Any], int], Any]
"""A statistic of the sums of some columns over that many units (cases or groups)."""

_BLOCK = 1 << 16
"""Draws at a time: they stay in the cache, however many resamples there are."""

_PART = 1 << 13
"""Units of a part, where a resample is more than a block."""

_ROUNDING = 1e-14
"""Resamples that differ by less, relatively, are one value."""


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
    groups: Iterable[Any] | None = None,
    other: Overlap | None = None,
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
        Number of resamples. Time grows with their number times that of the cases: 10⁶ cases take about 10 ms a
        resample, so fewer resamples may do there.
    rng : int or numpy.random.Generator, optional
        Seed or generator.
    method : {"percentile", "BCa"}
        How the interval is read off the resamples; BCa corrects for bias and skewness.
    average : {"micro", "macro"}
        The index of the added counts, or the mean of the cases' indices.
    groups : array or iterable of hashable, optional
        A label for each case, such as its patient. Groups are resampled with all their cases, and left out one by one
        for BCa; the index is still that of the cases.
    other : Overlap, optional
        Another model on the same cases, of the shape of `o`. The interval is that of the index of `o` minus the index
        of `other`, with the same resamples for both: ``"micro"`` is the difference of the two indices of the added
        counts, ``"macro"`` the mean of the cases' differences. A case where one of the two is undefined is left out
        of both.

    Returns
    -------
    ConfidenceInterval
        ``low`` and ``high``, of the shape of `o` without `axis`; NaN where fewer than two cases (or groups) have the
        index.

    Raises
    ------
    ValueError
        If there are fewer than two cases or groups, `groups` has not one label a case, `other` has other cases, or an
        argument is out of range.

    Warns
    -----
    scipy.stats.DegenerateDataWarning
        If BCa is not defined, since all resamples lie on one side of the value; both ends are NaN.

    See Also
    --------
    interval_of : Bootstrap a percentile interval of the mean or the median of any values, one a case.

    Examples
    --------
    >>> cases = Overlap([40, 55, 10, 70], [50, 60, 30, 75], [50, 58, 20, 90])
    >>> low, high = confidence_interval(cases, "dice", rng=0)
    >>> round(float(low), 2), round(float(high), 2)
    (0.56, 0.88)

    The first two cases are of one patient:

    >>> low, high = confidence_interval(cases, "dice", rng=0, groups=["p1", "p1", "p2", "p3"])
    >>> round(float(low), 2), round(float(high), 2)
    (0.4, 0.87)

    By how much another model is worse on the same cases:

    >>> other = Overlap([38, 50, 9, 66], [52, 59, 30, 75], [50, 58, 20, 90])
    >>> low, high = confidence_interval(cases, "dice", rng=0, other=other)
    >>> round(float(low), 3), round(float(high), 3)
    (0.047, 0.073)
    """
    take = _index(index)
    _check(o, axis, level, n_resamples, method, average)
    codes = None
    if groups is not None:
        codes = number_groups("resample.confidence_interval", groups, o.shape[axis])
    models = [_by_case(o, axis)]
    if other is not None:
        _check_other(o, other)
        models.append(_by_case(other, axis))
    generator = _generator("resample.confidence_interval", rng)
    low = np.empty(models[0].shape[:-1])
    high = np.empty(models[0].shape[:-1])
    for row in np.ndindex(low.shape):
        cases = [model[row] for model in models]
        columns, statistic = _columns(cases, take, average, codes)
        low[row], high[row] = _ends(columns, statistic, level, int(n_resamples), generator, method)
    return ConfidenceInterval(low[()], high[()])


def interval_of(
    values: Any,
    statistic: Literal["mean", "median"] = "mean",
    *,
    level: float = 0.95,
    n_resamples: int = 9999,
    rng: int | np.random.Generator | None = None,
    groups: Iterable[Any] | None = None,
) -> ConfidenceInterval:
    """Bootstrap a percentile interval of the mean or the median of any values, one a case, infinite ones too.

    Each end is one of the resampled statistics and never lies between two of them, so that an infinite value (the
    distance of a miss) spoils no finite end. There is no BCa, since the jackknife of a median tells nothing of it.

    Parameters
    ----------
    values : array
        Shape (n,): a value for each case; NaN is left out.
    statistic : {"mean", "median"}
        What the interval is of.
    level : float
        Confidence level, in (0, 1).
    n_resamples : int
        Number of resamples.
    rng : int or numpy.random.Generator, optional
        Seed or generator.
    groups : array or iterable of hashable, optional
        A label for each case; groups are resampled with all their cases.

    Returns
    -------
    ConfidenceInterval
        NaN if fewer than two cases (or groups) have a value.

    Raises
    ------
    ValueError
        If `values` is not one row, `groups` has not one label a case, or an argument is out of range.

    See Also
    --------
    confidence_interval : Bootstrap a confidence interval of an index over cases.

    Examples
    --------
    >>> low, high = interval_of([1.0, 2.0, 2.5, 4.0, float("inf")], "median", rng=0)
    >>> float(low), float(high)
    (1.0, inf)
    """
    operation = "resample.interval_of"
    row = np.asarray(values, float)
    if row.ndim != 1:
        raise ValueError(f"{operation}: values must be one row, a value for each case; got shape {row.shape}")
    check_choice(operation, "statistic", statistic, ("mean", "median"))
    _check_numbers(operation, level, n_resamples)
    n_resamples = int(n_resamples)
    codes = None if groups is None else number_groups(operation, groups, len(row))
    defined = ~np.isnan(row)
    row = row[defined]
    codes = _left(codes, defined)
    n_units = _count(row, codes)
    generator = _generator(operation, rng)
    if n_units < 2:
        return ConfidenceInterval(np.nan, np.nan)
    if statistic == "median":
        distribution = _medians(row, codes, n_resamples, generator)
    else:
        columns = _grouped([row], codes, counted=True)
        distribution = _mean(_sums(columns, n_resamples, generator), n_units)
    low, high = np.quantile(distribution, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return ConfidenceInterval(low, high)


def interval_of_figure(
    figure: Callable[[np.ndarray], Any],
    n_cases: int,
    *,
    level: float = 0.95,
    n_resamples: int = 9999,
    rng: int | np.random.Generator | None = None,
    method: Literal["percentile", "BCa"] = "BCa",
    groups: Iterable[Any] | None = None,
) -> ConfidenceInterval:
    """Bootstrap a confidence interval of any figure of cases, which is told how often each case was drawn.

    The cases are drawn as `confidence_interval` draws them.

    Parameters
    ----------
    figure : callable
        ``figure(times) -> values``. `times`: array of int, shape (rows, n_cases), how often each case was drawn in each
        resample. `values`: shape (rows,), or (rows, ...) for several figures, each of which has an interval.
    n_cases : int
        How many cases there are.
    level : float
        Confidence level, in (0, 1).
    n_resamples : int
        Number of resamples.
    rng : int or numpy.random.Generator, optional
        Seed or generator.
    method : {"percentile", "BCa"}
        How the interval is read off the resamples; BCa corrects for bias and skewness.
    groups : array or iterable of hashable, optional
        A label for each case; groups are resampled with all their cases.

    Returns
    -------
    ConfidenceInterval
        ``low`` and ``high``, a number or an array for each figure. A resample in which a figure is undefined (NaN) is
        left out of its interval; NaN where it is undefined in all.

    Raises
    ------
    ValueError
        If there are fewer than two cases or groups, `groups` has not one label a case, or an argument is out of range.

    Warns
    -----
    scipy.stats.DegenerateDataWarning
        If BCa is not defined, since all resamples lie on one side of the value; both ends are NaN.

    See Also
    --------
    confidence_interval : Bootstrap a confidence interval of an index over cases.
    interval_of : Bootstrap a percentile interval of the mean or the median of any values, one a case.

    Examples
    --------
    The geometric mean of two sums, each over all cases:

    >>> a, b = np.array([4.0, 5.0, 1.0, 7.0]), np.array([2.0, 6.0, 3.0, 8.0])
    >>> low, high = interval_of_figure(lambda times: np.sqrt((times @ a) * (times @ b)), 4, rng=0)
    >>> round(float(low), 2), round(float(high), 2)
    (10.0, 25.92)
    """
    operation = "resample.interval_of_figure"
    if n_cases < 2:
        raise ValueError(f"{operation}: at least two cases are needed, got {n_cases}")
    _check_numbers(operation, level, n_resamples)
    check_choice(operation, "method", method, ("percentile", "BCa"))
    codes = np.arange(n_cases) if groups is None else number_groups(operation, groups, n_cases)
    n_units = int(codes.max()) + 1
    value = np.asarray(figure(np.ones((1, n_cases), int)), float)[0]
    resamples = []
    for _, drawn in _draws(n_units, int(n_resamples), _generator(operation, rng), n_cases):
        times = _times_drawn(drawn, n_units)
        resamples.append(np.asarray(figure(times[:, codes]), float))
    distributions = np.concatenate(resamples)
    without_each = None
    if method == "BCa":
        without_each = _without_each(figure, codes, n_units)
    low = np.full(value.shape, np.nan)
    high = np.full(value.shape, np.nan)
    for place in np.ndindex(value.shape):
        column = distributions[(slice(None), *place)]
        defined = np.sort(column[~np.isnan(column)])
        if len(defined):
            jackknife = None if without_each is None else without_each[(slice(None), *place)]
            low[place], high[place] = _read_off(float(value[place]), defined, level, jackknife)
    return ConfidenceInterval(low[()], high[()])


def _without_each(figure: Callable[[np.ndarray], Any], codes: np.ndarray, n_units: int) -> np.ndarray:
    """Return the figure without each unit, (n_units, ...)."""
    parts = []
    rows = max(1, _BLOCK // len(codes))
    for start in range(0, n_units, rows):
        left_out = np.arange(start, min(start + rows, n_units))
        times = codes[None, :] != left_out[:, None]
        parts.append(np.asarray(figure(times.astype(int)), float))
    return np.concatenate(parts)


def _by_case(o: Overlap, axis: int) -> Overlap:
    """Return the sizes as floating numbers with the cases along the last axis."""
    return Overlap(
        np.moveaxis(np.asarray(o.intersection, float), axis, -1),
        np.moveaxis(np.asarray(o.size_a, float), axis, -1),
        np.moveaxis(np.asarray(o.size_b, float), axis, -1),
    )


def _columns(
    models: list[Overlap], take: Index, average: Literal["micro", "macro"], codes: np.ndarray | None
) -> tuple[list[np.ndarray], Statistic]:
    """Return columns with a row for each unit that is resampled, and the statistic of their sums."""

    def micro(sums: list[Any], n_units: int) -> Any:
        values = [take(Overlap(*sums[k : k + 3])) for k in range(0, len(sums), 3)]
        return _difference(values)

    values = _difference([take(cases) for cases in models])
    defined = ~np.isnan(values)
    codes = _left(codes, defined)
    if average == "macro":
        return _grouped([values[defined]], codes, counted=True), _mean
    columns = []
    for cases in models:
        for sizes in (cases.intersection, cases.size_a, cases.size_b):
            columns.append(sizes[defined])
    return _grouped(columns, codes), micro


def _difference(values: list[Any]) -> Any:
    """Return the values of one model, or those of the first minus those of the second."""
    if len(values) == 1:
        return values[0]
    return values[0] - values[1]


def _mean(sums: list[Any], n_units: int) -> Any:
    """Return means from sums; their number is a column where groups have several cases each."""
    total = sums[0]
    count = sums[1] if len(sums) > 1 else n_units
    return total / count


def _ends(
    columns: list[np.ndarray],
    statistic: Statistic,
    level: float,
    n_resamples: int,
    rng: np.random.Generator,
    method: Literal["percentile", "BCa"],
) -> tuple[float, float]:
    """Return both ends of the interval of a statistic of sums; NaN if there are fewer than two units."""
    n_units = len(columns[0])
    if n_units < 2:
        return np.nan, np.nan
    value = statistic([column.sum() for column in columns], n_units)
    distribution = np.sort(statistic(_sums(columns, n_resamples, rng), n_units))
    jackknife = None
    if method == "BCa":
        without = [_sums_without_each(column) for column in columns]
        jackknife = statistic(without, n_units - 1)
    return _read_off(value, distribution, level, jackknife)


def _read_off(
    value: float, distribution: np.ndarray, level: float, jackknife: np.ndarray | None
) -> tuple[float, float]:
    """Return both ends of the interval of sorted resamples; by BCa where there is a jackknife."""
    if distribution[-1] - distribution[0] <= _ROUNDING * abs(value):  # one value whatever is drawn
        return value, value
    at = ((1 - level) / 2, (1 + level) / 2)
    if jackknife is not None:
        at = _corrected(at, value, distribution, jackknife)
    if np.isnan(at[0]) or np.isnan(at[1]):
        _warn_of_no_bca()
    return _quantile(distribution, at[0]), _quantile(distribution, at[1])


def _corrected(
    at: tuple[float, float], value: float, distribution: np.ndarray, jackknife: np.ndarray
) -> tuple[float, float]:
    """Return where BCa reads off a distribution (Efron & Tibshirani 1993, chapter 14)."""
    from scipy.special import ndtr, ndtri

    n = len(jackknife)
    below = np.count_nonzero(distribution < value) + np.count_nonzero(distribution <= value)
    bias = ndtri(below / (2 * len(distribution)))
    influence = (n - 1) * (jackknife.mean() - jackknife)
    third_moment = (influence**3).sum() / n**3
    variance = (influence**2).sum() / n**2
    # where no case moves the statistic, nothing is skewed
    acceleration = 1 / 6 * third_moment / variance**1.5 if variance else 0.0
    z_low = bias + ndtri(at[0])
    z_high = bias - ndtri(at[0])
    with np.errstate(invalid="ignore"):  # where the bias is infinite
        low = ndtr(bias + z_low / (1 - acceleration * z_low))
        high = ndtr(bias + z_high / (1 - acceleration * z_high))
    return low, high


def _warn_of_no_bca() -> None:
    from scipy.stats import DegenerateDataWarning

    text = "resample.confidence_interval: BCa is not defined for these cases; use method='percentile'"
    warnings.warn(DegenerateDataWarning(text), stacklevel=5)


def _quantile(distribution: np.ndarray, p: float) -> float:
    """Return a quantile of sorted values, between two of them in proportion, as numpy and scipy do by default."""
    n = len(distribution)
    if np.isnan(p) or np.isnan(distribution[-1]):
        return np.nan
    position = p * n + (1 - p)
    before = int(position)
    fraction = position - before
    lower = distribution[before - 1]
    if fraction == 0:  # the next one may be infinite
        return float(lower)
    upper = distribution[min(before, n - 1)]
    return float((1 - fraction) * lower + fraction * upper)


def _draws(n_units: int, n_resamples: int, rng: np.random.Generator, width: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Draw all resamples in blocks: which of them, and the units of each, (rows, n_units).

    A row of the caller's work has `width` numbers.
    """
    rows = max(1, _BLOCK // width)
    for start in range(0, n_resamples, rows):
        stop = min(start + rows, n_resamples)
        yield slice(start, stop), rng.integers(0, n_units, (stop - start, n_units))


def _sums(columns: list[np.ndarray], n_resamples: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the sums of each column over each resample."""
    n_units = len(columns[0])
    if n_units > _BLOCK:
        return _sums_by_part(columns, n_resamples, rng)
    sums = [np.empty(n_resamples) for _ in columns]
    for rows, drawn in _draws(n_units, n_resamples, rng, n_units):
        for column, total in zip(columns, sums, strict=True):
            total[rows] = column[drawn].sum(axis=-1)
    return sums


def _sums_by_part(columns: list[np.ndarray], n_resamples: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the sums of each column over each resample, while one part after the other lies in the cache."""
    n_units = len(columns[0])
    starts = np.arange(0, n_units, _PART)
    sizes = np.minimum(_PART, n_units - starts)
    times = rng.multinomial(n_units, sizes / n_units, n_resamples)
    sums = [np.zeros(n_resamples) for _ in columns]
    for part, start in enumerate(starts):
        in_part = [column[start : start + _PART] for column in columns]
        for k in range(n_resamples):
            drawn = rng.integers(0, sizes[part], times[k, part])
            for column, total in zip(in_part, sums, strict=True):
                total[k] += column[drawn].sum()
    return sums


def _sums_without_each(column: np.ndarray) -> np.ndarray:
    """Return the sum of all others for each unit: those before it and those after it.

    Nothing is subtracted: a unit that is infinite or huge would take the sum of the others with it.
    """
    sums = np.zeros_like(column)
    sums[1:] += np.cumsum(column[:-1])
    sums[:-1] += np.cumsum(column[:0:-1])[::-1]
    return sums


def _medians(values: np.ndarray, codes: np.ndarray | None, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return the median of each resample, from how often each of the sorted values was drawn."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    units = order if codes is None else codes[order]
    n_units = _count(values, codes)
    medians = np.empty(n_resamples)
    for rows, drawn in _draws(n_units, n_resamples, rng, len(values)):
        times = _times_drawn(drawn, n_units)
        reached = np.cumsum(times[:, units], axis=1)
        total = reached[:, -1:]
        lower = np.count_nonzero(reached < (total + 1) // 2, axis=1)
        upper = np.count_nonzero(reached < total // 2 + 1, axis=1)
        medians[rows] = (ordered[lower] + ordered[upper]) / 2
    return medians


def _times_drawn(drawn: np.ndarray, n_units: int) -> np.ndarray:
    """Return how often each unit was drawn in each resample, (rows, n_units)."""
    rows = len(drawn)
    start = n_units * np.arange(rows)
    cells = (drawn + start[:, None]).ravel()
    return np.bincount(cells, minlength=rows * n_units).reshape(rows, n_units)


def _grouped(columns: list[np.ndarray], codes: np.ndarray | None, *, counted: bool = False) -> list[np.ndarray]:
    """Return the sums of columns over each group, and on request its number of cases; without groups as they are."""
    if codes is None:
        return columns
    sums = [np.bincount(codes, weights=column) for column in columns]
    if counted:
        sums.append(np.bincount(codes).astype(float))
    return sums


def _left(codes: np.ndarray | None, defined: np.ndarray) -> np.ndarray | None:
    """Return the groups of the cases that are left, numbered anew."""
    if codes is None or defined.all():
        return codes
    return renumbered(codes[defined])


def _count(values: np.ndarray, codes: np.ndarray | None) -> int:
    """Return the number of cases, or of groups where there are some."""
    if codes is None:
        return len(values)
    return int(codes.max(initial=-1)) + 1


def _check(o: Overlap, axis: int, level: float, n_resamples: int, method: str, average: str) -> None:
    operation = "resample.confidence_interval"
    ndim = len(o.shape)
    if not -ndim <= axis < ndim or o.shape[axis] < 2:
        raise ValueError(f"{operation}: at least two cases along axis {axis} are needed, got shape {o.shape}")
    _check_numbers(operation, level, n_resamples)
    check_choice(operation, "method", method, ("percentile", "BCa"))
    check_choice(operation, "average", average, ("micro", "macro"))


def _check_numbers(operation: str, level: float, n_resamples: int) -> None:
    if not 0 < level < 1:
        raise ValueError(f"{operation}: level must be between 0 and 1, such as 0.95; got {level}")
    if not float(n_resamples).is_integer() or n_resamples < 1:
        raise ValueError(f"{operation}: n_resamples must be a whole number >= 1, such as 9999; got {n_resamples}")


def _generator(operation: str, rng: object) -> np.random.Generator:
    """Return a generator of random numbers, after a check of what names it."""
    is_seed = isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0
    if rng is None or is_seed or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)  # type: ignore[arg-type]
    raise ValueError(
        f"{operation}: rng must be a whole number >= 0, a numpy.random.Generator or None; got {rng!r}: pass 0 for "
        "results that can be repeated"
    )


def _check_other(o: Overlap, other: Overlap) -> None:
    if not isinstance(other, Overlap):
        raise TypeError(
            f"resample.confidence_interval: other is a {type(other).__name__}, not the Overlap of another model on the "
            "same cases"
        )
    if o.shape != other.shape:
        raise ValueError(
            f"resample.confidence_interval: other has shape {other.shape} and o {o.shape}; both must hold the same "
            "cases in the same order"
        )


def _index(index: str | Index) -> Index:
    if callable(index):
        return index
    check_choice("resample.confidence_interval", "index", index, INDICES)
    return INDICES[index]

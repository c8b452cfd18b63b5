"""What the scores of many cases say together.

Conventions
-----------
- A mean over cases for indices (macro), where a miss counts 0; a median for distances, where a miss is infinitely far,
  so that no miss makes a summary better. The Dice is also pooled, of the added sizes (micro), in which large lesions
  outweigh small ones, and has a median. Those of the IoU follow: D / (2 - D).
- ``n_missed``: cases whose reference has the label and whose prediction has nothing of it, see ``missed`` of `compare`.
- ``n_spurious``: cases whose prediction has the label and whose reference has nothing. They count as a miss does.
- A case that is empty on both sides has no Dice: it is undefined, and no interval is drawn from it.
- Intervals resample cases, never voxels (percentile bootstrap). Where several cases are of one patient, whole patients
  are resampled: the mean, the median and the pooled Dice are still those of the cases.

References
----------
Efron, B. & Tibshirani, R. (1993). An introduction to the bootstrap. doi:10.1201/9780429246593

Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. J. R. Stat. Soc. B 69, 369.
doi:10.1111/j.1467-9868.2007.00593.x
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

import overlap as ov

from ..._checks import UsageError, check_number
from ..comparison.reports import BOUNDS, DISTANCES
from .scores import missed, spurious

Statistic = Literal["mean", "median"]

SUMMARISED = ("dice", "dice_low", "dice_high", "iou", "hd95", "assd", "nsd", "lesion_f1", "lesion_pq")


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: their confidence level, the number of resamples and their seed."""

    level: float = 0.95
    n_resamples: int = 2000
    rng: int = 0

    def __post_init__(self) -> None:
        check_number("lesions.summarise", "level", self.level, above=0, at_most=1)
        if self.level == 1:
            raise UsageError("lesions.summarise: level must be below 1, such as 0.95; got 1")
        check_number("lesions.summarise", "n_resamples", self.n_resamples, at_least=1)


def number_groups(groups: Iterable[Hashable], scores: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's group.

    Parameters
    ----------
    groups : iterable of hashable
        A label for each row of `scores`.
    scores : DataFrame
        As `cohort` returns them; a row with an error needs no label.

    Returns
    -------
    array of int
        From 0 on in the order of their first rows; -1 where a row with an error has no label.

    Raises
    ------
    UsageError
        If there is not one label for each row, one is missing, or all are the same.

    Examples
    --------
    >>> scores = pd.DataFrame({"case": ["a1", "a2", "b1"], "label": "1", "error": ""})
    >>> number_groups(scores["case"].str[0], scores)
    array([0, 0, 1])
    """
    operation = "lesions.summarise"
    if isinstance(groups, str):
        raise UsageError(
            f"{operation}: groups is the text {groups!r}; pass a label for each row of the scores, such as a column of "
            "theirs: groups=scores[...]"
        )
    labels = pd.Series(list(groups), dtype=object)
    if len(labels) != len(scores):
        raise UsageError(
            f"{operation}: groups has {len(labels)} labels for {len(scores)} rows of scores; pass one for each row"
        )
    compared = scores["error"].to_numpy() == ""
    missing = scores[compared & labels.isna().to_numpy()]
    if len(missing):
        raise UsageError(
            f"{operation}: groups: case {missing['case'].iloc[0]} has no label; give it one, or leave it out"
        )
    numbers, _ = pd.factorize(labels)
    if len(set(numbers[compared])) == 1:
        raise UsageError(f"{operation}: at least two groups are needed, got one; leave groups out to resample cases")
    return numbers


def interval(
    values: np.ndarray,
    index: str,
    bootstrap: Bootstrap | None = None,
    groups: np.ndarray | None = None,
    statistic: Statistic | None = None,
) -> tuple[float, float, float]:
    """Return the mean over cases, or the median of distances, and its percentile bootstrap interval.

    Parameters
    ----------
    values : array
        A value for each case; NaN is left out.
    index : str
        What they are values of.
    bootstrap : Bootstrap, optional
        How the interval is made.
    groups : array of int, optional
        The group of each case, which are resampled instead of the cases.
    statistic : {"mean", "median"}, optional
        Which; by default that of the index.

    Examples
    --------
    >>> interval(np.array([1.0, 2.0, np.inf]), "hd95")
    (2.0, 1.0, inf)
    """
    bootstrap = bootstrap or Bootstrap()
    has_value = ~np.isnan(values)
    scored = values[has_value]
    if not len(scored):
        return np.nan, np.nan, np.nan
    statistic = statistic or statistic_of(index)
    value = np.median(scored) if statistic == "median" else np.mean(scored)
    of_scored = None if groups is None else groups[has_value]
    low = high = np.nan
    if n_drawn(scored, of_scored) > 1:
        low, high = ov.resample.interval_of(
            scored,
            statistic,
            level=bootstrap.level,
            n_resamples=bootstrap.n_resamples,
            rng=bootstrap.rng,
            groups=of_scored,
        )
    return float(value), float(low), float(high)


def statistic_of(index: str) -> Statistic:
    """Return what summarises an index: a mean, or a median where a miss is infinitely far.

    Examples
    --------
    >>> statistic_of("dice"), statistic_of("hd95")
    ('mean', 'median')
    """
    return "median" if index in DISTANCES else "mean"


def summarise_label(
    cases: pd.DataFrame, bootstrap: Bootstrap, groups: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a summary for the cases of one label: each index, then the pooled and the median Dice.

    Parameters
    ----------
    cases : DataFrame
        The rows of one label, as `cohort` returns them.
    bootstrap : Bootstrap
        How intervals are made.
    groups : array of int, optional
        The group of each row.
    """
    rows = []
    for index in SUMMARISED:
        if index not in cases or _is_the_dice(cases, index):
            continue
        rows.append(_over_cases(cases, index, statistic_of(index), bootstrap, groups))
    rows.append(_pooled_dice(cases, bootstrap, groups))
    if "dice" in cases:
        rows.append(_over_cases(cases, "dice", "median", bootstrap, groups))
    n_missed = int(missed(cases).sum())
    n_spurious = int(spurious(cases).sum())
    return [{**row, "n_missed": n_missed, "n_spurious": n_spurious} for row in rows]


def n_drawn(values: Any, groups: np.ndarray | None) -> int:
    """Return how many cases, or groups of them, are drawn from.

    Examples
    --------
    >>> n_drawn([0.5, 0.7, 0.8], None), n_drawn([0.5, 0.7, 0.8], np.array([0, 0, 1]))
    (3, 2)
    """
    return len(values) if groups is None else len(np.unique(groups))


def _is_the_dice(cases: pd.DataFrame, index: str) -> bool:
    """Return whether a bound says nothing that the Dice does not."""
    return index in BOUNDS and bool(np.array_equal(cases[index], cases["dice"], equal_nan=True))


def _over_cases(
    cases: pd.DataFrame, index: str, statistic: Statistic, bootstrap: Bootstrap, groups: np.ndarray | None
) -> dict[str, Any]:
    """Return the row of a mean or median over cases."""
    values = cases[index].to_numpy(float)
    value, low, high = interval(values, index, bootstrap, groups, statistic)
    n_scored = int((~np.isnan(values)).sum())
    return {
        "index": index,
        "statistic": statistic,
        "value": value,
        "low": low,
        "high": high,
        "n_scored": n_scored,
        "n_undefined": len(cases) - n_scored,
    }


def _pooled_dice(cases: pd.DataFrame, bootstrap: Bootstrap, groups: np.ndarray | None) -> dict[str, Any]:
    """Return the row of the Dice of the added sizes."""
    intersection = cases["intersection"].to_numpy(float)
    size_a = cases["size_a"].to_numpy(float)
    size_b = cases["size_b"].to_numpy(float)
    sizes = ov.Overlap(intersection, size_a, size_b)
    is_defined = ~np.isnan(ov.dice(sizes))
    n_scored = int(is_defined.sum())
    low = high = np.nan
    if n_drawn(cases, groups) > 1:
        low, high = ov.resample.confidence_interval(
            sizes,
            "dice",
            level=bootstrap.level,
            n_resamples=bootstrap.n_resamples,
            rng=bootstrap.rng,
            method="percentile",
            groups=groups,
        )
    return {
        "index": "dice",
        "statistic": "pooled",
        "value": float(ov.dice(sizes.sum())),
        "low": float(low),
        "high": float(high),
        "n_scored": n_scored,
        "n_undefined": len(cases) - n_scored,
    }

"""What the scores of many cases say together.

Conventions
-----------
- A mean over cases for indices, where a miss counts 0; a median for distances, where a miss is infinitely far, so that
  no miss makes a summary better.
- ``n_missed``: cases whose reference has the label and whose prediction has nothing of it.
- Intervals resample cases, never voxels (percentile bootstrap).

References
----------
Efron, B. & Tibshirani, R. (1993). An introduction to the bootstrap. doi:10.1201/9780429246593
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

import overlap as ov

from .._checks import UsageError, check_number
from .comparison import BOUNDS, DISTANCES

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


def interval(values: np.ndarray, index: str, bootstrap: Bootstrap | None = None) -> tuple[float, float, float]:
    """Return the mean over cases, or the median of distances, and its percentile bootstrap interval.

    Parameters
    ----------
    values : array
        A value for each case; NaN is left out.
    index : str
        What they are values of.
    bootstrap : Bootstrap, optional
        How the interval is made.

    Examples
    --------
    >>> interval(np.array([1.0, 2.0, np.inf]), "hd95")
    (2.0, 1.0, inf)
    """
    bootstrap = bootstrap or Bootstrap()
    scored = values[~np.isnan(values)]
    if not len(scored):
        return np.nan, np.nan, np.nan
    statistic = statistic_of(index)
    value = np.median(scored) if statistic == "median" else np.mean(scored)
    low, high = ov.resample.interval_of(
        scored,
        statistic,
        level=bootstrap.level,
        n_resamples=bootstrap.n_resamples,
        rng=bootstrap.rng,
    )
    return float(value), float(low), float(high)


def statistic_of(index: str) -> Literal["mean", "median"]:
    """Return what summarises an index: a mean, or a median where a miss is infinitely far.

    Examples
    --------
    >>> statistic_of("dice"), statistic_of("hd95")
    ('mean', 'median')
    """
    return "median" if index in DISTANCES else "mean"


def summarise_label(cases: pd.DataFrame, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Return the rows of a summary for the cases of one label: a row for each index, then the pooled Dice.

    Parameters
    ----------
    cases : DataFrame
        The rows of one label, as `cohort` returns them.
    bootstrap : Bootstrap
        How intervals are made.
    """
    rows = []
    for index in SUMMARISED:
        if index not in cases or _is_the_dice(cases, index):
            continue
        values = cases[index].to_numpy(float)
        value, low, high = interval(values, index, bootstrap)
        n_scored = int((~np.isnan(values)).sum())
        rows.append(
            {
                "index": index,
                "statistic": statistic_of(index),
                "value": value,
                "low": low,
                "high": high,
                "n_scored": n_scored,
                "n_undefined": len(cases) - n_scored,
            }
        )
    rows.append(_pooled_dice(cases, bootstrap))
    missed = (cases["size_b"] > 0) & (cases["size_a"] == 0)
    return [{**row, "n_missed": int(missed.sum())} for row in rows]


def _is_the_dice(cases: pd.DataFrame, index: str) -> bool:
    """Return whether a bound says nothing that the Dice does not."""
    return index in BOUNDS and bool(np.array_equal(cases[index], cases["dice"], equal_nan=True))


def _pooled_dice(cases: pd.DataFrame, bootstrap: Bootstrap) -> dict[str, Any]:
    """Return the row of the Dice of the added sizes."""
    intersection = cases["intersection"].to_numpy(float)
    size_a = cases["size_a"].to_numpy(float)
    size_b = cases["size_b"].to_numpy(float)
    sizes = ov.Overlap(intersection, size_a, size_b)
    low = high = np.nan
    if len(cases) > 1:
        low, high = ov.resample.confidence_interval(
            sizes,
            "dice",
            level=bootstrap.level,
            n_resamples=bootstrap.n_resamples,
            rng=bootstrap.rng,
            method="percentile",
        )
    return {
        "index": "dice",
        "statistic": "pooled",
        "value": float(ov.dice(sizes.sum())),
        "low": float(low),
        "high": float(high),
        "n_scored": len(cases),
        "n_undefined": 0,
    }

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

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import overlap as ov

from .comparison import BOUNDS, DISTANCES, SIZES

SUMMARISED = ("dice", "dice_low", "dice_high", "iou", "hd95", "assd", "nsd", "lesion_f1", "lesion_pq")
_VALUE = ("value", "low", "high")


def summarise(scores: pd.DataFrame, *, level: float = 0.95, n_resamples: int = 2000, rng: int = 0) -> pd.DataFrame:
    """Summarise the scores of a cohort, label by label, with bootstrap intervals over cases.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it.
    level : float
        Confidence level of the intervals.
    n_resamples, rng : int
        How many resamples, and their seed.

    Returns
    -------
    DataFrame
        A row for each label and index: label, index, statistic ("mean" of indices, "median" of distances, "pooled"
        for the Dice of the added sizes), value, low, high, n_scored (cases with a value), n_undefined, n_missed
        (the reference has the label, the prediction nothing of it).

    Examples
    --------
    >>> sizes = {"intersection": [4.0, 0.0], "size_a": [5.0, 0.0], "size_b": [5.0, 3.0]}
    >>> scores = pd.DataFrame({"label": "1", "error": "", **sizes, "dice": [0.8, 0.0], "hd95": [1.0, np.inf]})
    >>> summarise(scores)[["index", "statistic", "value", "n_scored", "n_missed"]]
      index statistic     value  n_scored  n_missed
    0  dice      mean  0.400000         2         1
    1  hd95    median       inf         2         1
    2  dice    pooled  0.615385         2         1
    """
    good = scores[scores["error"] == ""]
    found: list[dict[str, Any]] = []
    for label, cases in good.groupby("label", sort=False):
        missed = int(((cases["size_b"] > 0) & (cases["size_a"] == 0)).sum())
        for index in (k for k in SUMMARISED if k in cases and not _same(cases, k)):
            values = cases[index].to_numpy(float)
            scored = int((~np.isnan(values)).sum())
            statistic = "median" if index in DISTANCES else "mean"
            numbers = interval(values, index, level=level, n_resamples=n_resamples, rng=rng)
            row = {"label": label, "index": index, "statistic": statistic, **dict(zip(_VALUE, numbers, strict=True))}
            found.append(row | {"n_scored": scored, "n_undefined": len(cases) - scored, "n_missed": missed})
        found.append({"label": label, **_pooled(cases, level, n_resamples, rng), "n_missed": missed})
    return pd.DataFrame(found)


def interval(
    values: np.ndarray, index: str, *, level: float = 0.95, n_resamples: int = 2000, rng: int = 0
) -> tuple[float, float, float]:
    """Return the mean over cases, or the median of distances, and its percentile bootstrap interval.

    Parameters
    ----------
    values : array
        A value for each case; NaN is left out.
    index : str
        What they are values of.
    level, n_resamples, rng
        See `summarise`.

    Examples
    --------
    >>> interval(np.array([1.0, 2.0, np.inf]), "hd95")
    (2.0, 1.0, inf)
    """
    take: Callable[..., Any] = np.median if index in DISTANCES else np.mean
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return (float(take(values)) if len(values) else np.nan), np.nan, np.nan
    resampled = np.random.default_rng(rng).choice(values, (n_resamples, len(values)))
    # no interpolation: a bound may be infinite
    low, high = np.quantile(take(resampled, axis=1), [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(take(values)), float(low), float(high)


def _same(cases: pd.DataFrame, index: str) -> bool:
    """Return whether a bound says nothing that the index does not."""
    return index in BOUNDS and bool(np.allclose(cases[index], cases["dice"], rtol=0, atol=0, equal_nan=True))


def _pooled(cases: pd.DataFrame, level: float, n_resamples: int, rng: int) -> dict[str, Any]:
    o = ov.Overlap(*(cases[k].to_numpy(float) for k in SIZES))
    low, high = np.nan, np.nan
    if len(cases) > 1 and (o.size_a + o.size_b > 0).all():
        options: dict[str, Any] = {"level": level, "n_resamples": n_resamples, "rng": rng, "method": "percentile"}
        low, high = ov.resample.confidence_interval(o, "dice", **options)
    value = float(ov.dice(o.sum()))
    counts = {"n_scored": len(cases), "n_undefined": 0}
    return {"index": "dice", "statistic": "pooled", "value": value, "low": float(low), "high": float(high)} | counts

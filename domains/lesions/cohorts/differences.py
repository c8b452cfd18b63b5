"""The difference of two models in one index: case by case, and over all of them with its interval.

Conventions
-----------
- A difference is that of the first model minus the second. Of an index more is better, of a distance less. A win is a
  difference of more than 1e-9 in the first model's favour.
- ``infinite="keep"``: a miss is infinitely far. Where one model is infinite the difference is, too; where both are,
  they tie (0). A number is a penalty in mm that stands for infinity. No infinite distance is ever left out.
- ``absent="perfect"``: a model that rightly has nothing of a label (nothing on both sides), where the other has
  something, counts as perfect: index 1, distance 0. ``"skip"`` leaves such a pair undefined. Where both rightly have
  nothing there is nothing to compare: that is undefined. Undefined pairs are counted, and in no difference.
- A case without a prediction (``missing``) is never one in which a model rightly has nothing: no file is no answer.
- An index is summarised by the mean of the differences; a distance by their median, which is not the difference of the
  medians. ``pooled`` is the difference of the Dice of the added sizes.
- Intervals resample cases, or whole groups of them (percentile bootstrap): both models are resampled together. A model
  is ``better`` where the interval lies wholly on its side of 0; of many rows some do so by chance.

References
----------
Efron, B. & Tibshirani, R. (1993). An introduction to the bootstrap. doi:10.1201/9780429246593

Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. J. R. Stat. Soc. B 69, 369.
doi:10.1111/j.1467-9868.2007.00593.x
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, inf, nan
from typing import Any, Literal

import numpy as np
import pandas as pd

import overlap as ov

from ..._checks import check_choice, check_number
from ..comparison.reports import DISTANCES
from .paired import OPERATION
from .summaries import Bootstrap, interval, n_drawn, statistic_of

Absent = Literal["perfect", "skip"]
Infinite = float | Literal["keep"]

TIE = 1e-9
"""A difference up to this is none."""
FAR = 1e300
"""Stands for an infinite difference: midway between infinitely worse and infinitely better is a tie."""


@dataclass(frozen=True)
class Rules:
    """What an infinite distance is, and a label that a model rightly does not have: see the module."""

    infinite: Infinite = "keep"
    absent: Absent = "perfect"

    def __post_init__(self) -> None:
        check_choice(OPERATION, "absent", self.absent, ("perfect", "skip"))
        if self.infinite != "keep":
            check_number(OPERATION, "infinite", self.infinite, at_least=0)


def differences(a: pd.DataFrame, b: pd.DataFrame, index: str, rules: Rules) -> pd.DataFrame:
    """Return the values of both models, their difference and who is better, row by row.

    Parameters
    ----------
    a, b : DataFrame
        Rows of scores in one order, with the sizes.
    index : str
        Which column.
    rules : Rules
        What infinite and absent values are.

    Returns
    -------
    DataFrame
        ``index a b difference better``, the last one of "a", "b", "tie" and "" (undefined).

    Examples
    --------
    >>> sizes = {"size_a": [2.0, 0.0], "size_b": [2.0, 2.0]}
    >>> a = pd.DataFrame({**sizes, "hd95": [1.0, inf]})
    >>> differences(a, a.assign(hd95=[3.0, inf]), "hd95", Rules())[["difference", "better"]].values.tolist()
    [[-2.0, 'a'], [0.0, 'tie']]
    """
    values_a = _values(a, b, index, rules)
    values_b = _values(b, a, index, rules)
    difference = _difference(values_a, values_b)
    compared = pd.DataFrame(index=a.index)
    compared["index"] = index
    compared["a"] = values_a
    compared["b"] = values_b
    compared["difference"] = difference
    compared["better"] = _winners(difference, index)
    return compared


def summed_up(compared: pd.DataFrame, index: str, bootstrap: Bootstrap, groups: np.ndarray | None) -> dict[str, Any]:
    """Return the mean difference, or the median of distances, with its interval and how often either model is better.

    Parameters
    ----------
    compared : DataFrame
        As `differences` returns it.
    index : str
        What they are differences of.
    bootstrap : Bootstrap
        How the interval is made.
    groups : array of int or None
        The group of each row.

    Examples
    --------
    >>> compared = pd.DataFrame({"a": [0.8, 0.6], "b": [0.7, 0.3], "difference": [0.1, 0.3], "better": "a"})
    >>> row = summed_up(compared, "dice", Bootstrap(), None)
    >>> row["statistic"], round(row["difference"], 3), row["low"], row["high"], row["better"], row["wins"]
    ('mean', 0.2, 0.1, 0.3, 'a', 2)
    """
    is_compared = compared["difference"].notna().to_numpy()
    kept = compared[is_compared]
    of_kept = None if groups is None else groups[is_compared]
    value_a = _middle(kept["a"].to_numpy(), index)
    value_b = _middle(kept["b"].to_numpy(), index)
    difference, low, high = _interval(kept["difference"].to_numpy(), index, bootstrap, of_kept)
    return {
        "index": index,
        "statistic": statistic_of(index),
        "a": value_a,
        "b": value_b,
        "difference": difference,
        "low": low,
        "high": high,
        "better": _better(low, high, index),
        **_counts(compared),
    }


def pooled(
    a: pd.DataFrame, b: pd.DataFrame, compared: pd.DataFrame, bootstrap: Bootstrap, groups: np.ndarray | None
) -> dict[str, Any]:
    """Return the same for the Dice of the added sizes, over the rows whose Dice is compared.

    Parameters
    ----------
    a, b : DataFrame
        Rows of scores in one order, with the sizes.
    compared : DataFrame
        The `differences` of their Dice.
    bootstrap, groups
        See `summed_up`.
    """
    is_compared = compared["difference"].notna().to_numpy()
    kept_a = a[is_compared]
    kept_b = b[is_compared]
    of_kept = None if groups is None else groups[is_compared]
    sizes_a = _sizes(kept_a)
    sizes_b = _sizes(kept_b)
    value_a = float(ov.dice(sizes_a.sum()))
    value_b = float(ov.dice(sizes_b.sum()))
    low = nan
    high = nan
    if n_drawn(kept_a, of_kept) > 1:
        low, high = ov.resample.confidence_interval(
            sizes_a,
            _dice_of_sums,
            level=bootstrap.level,
            n_resamples=bootstrap.n_resamples,
            rng=bootstrap.rng,
            method="percentile",
            groups=of_kept,
            other=sizes_b,
        )
    return {
        "index": "dice",
        "statistic": "pooled",
        "a": value_a,
        "b": value_b,
        "difference": value_a - value_b,
        "low": float(low),
        "high": float(high),
        "better": _better(low, high, "dice"),
        **_counts(compared),
    }


def _values(own: pd.DataFrame, other: pd.DataFrame, index: str, rules: Rules) -> np.ndarray:
    """Return an index of one model, with what the rules say in place of infinity and of a label that is not there."""
    values = own[index].to_numpy(float, copy=True)
    if rules.absent == "perfect":
        is_undefined = np.isnan(values)
        other_is_defined = other[index].notna().to_numpy()
        is_perfect = _is_absent(own) & is_undefined & other_is_defined
        values[is_perfect] = 0.0 if index in DISTANCES else 1.0
    if rules.infinite != "keep":
        is_infinite = np.isinf(values)
        values[is_infinite] = rules.infinite
    return values


def _is_absent(rows: pd.DataFrame) -> np.ndarray:
    """Return in which rows a model rightly has nothing; one without a prediction says nothing."""
    has_nothing = rows["size_a"] == 0
    is_right = rows["size_b"] == 0
    is_absent = has_nothing & is_right
    if "missing" in rows:
        has_prediction = rows["missing"] != 1
        is_absent &= has_prediction
    return is_absent.to_numpy()


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a - b; two infinite values differ by nothing."""
    are_infinite = np.isinf(a) & (a == b)
    with np.errstate(invalid="ignore"):
        difference = a - b
    return np.where(are_infinite, 0.0, difference)


def _winners(difference: np.ndarray, index: str) -> np.ndarray:
    """Return who is better in each row: "a", "b", "tie", or "" where the difference is not defined."""
    gain = -difference if index in DISTANCES else difference
    winners = np.full(len(gain), "", "U3")
    winners[np.abs(gain) <= TIE] = "tie"
    winners[gain > TIE] = "a"
    winners[gain < -TIE] = "b"
    return winners


def _interval(
    difference: np.ndarray, index: str, bootstrap: Bootstrap, groups: np.ndarray | None
) -> tuple[float, float, float]:
    """Return the mean or median difference and both ends of its interval, infinite ones too."""
    finite = np.clip(difference, -FAR, FAR)
    value, low, high = interval(finite, index, bootstrap, groups)
    return _as_infinite(value), _as_infinite(low), _as_infinite(high)


def _as_infinite(value: float) -> float:
    # midway between a far value and a near one is far, too
    return copysign(inf, value) if abs(value) >= FAR / 4 else value


def _middle(values: np.ndarray, index: str) -> float:
    """Return the mean, or the median of distances; NaN of none."""
    if not len(values):
        return nan
    if statistic_of(index) == "median":
        return float(np.median(values))
    return float(np.mean(values))


def _better(low: float, high: float, index: str) -> str:
    """Return the model on whose side of 0 the interval lies, or ""."""
    if low > 0:
        return "b" if index in DISTANCES else "a"
    if high < 0:
        return "a" if index in DISTANCES else "b"
    return ""


def _counts(compared: pd.DataFrame) -> dict[str, int]:
    """Return how often either model is better, and how many rows are compared, undefined and infinite."""
    winner = compared["better"]
    wins = winner == "a"
    ties = winner == "tie"
    losses = winner == "b"
    is_compared = compared["difference"].notna()
    is_undefined = ~is_compared
    are_infinite = np.isinf(compared[["a", "b"]])
    is_infinite = are_infinite.any(axis=1)
    return {
        "wins": int(wins.sum()),
        "ties": int(ties.sum()),
        "losses": int(losses.sum()),
        "n_compared": int(is_compared.sum()),
        "n_undefined": int(is_undefined.sum()),
        "n_infinite": int(is_infinite.sum()),
    }


def _sizes(rows: pd.DataFrame) -> ov.Overlap:
    intersection = rows["intersection"].to_numpy()
    size_a = rows["size_a"].to_numpy()
    size_b = rows["size_b"].to_numpy()
    return ov.Overlap(intersection, size_a, size_b)


def _dice_of_sums(sizes: ov.Overlap) -> Any:
    # a case with nothing on both sides adds nothing, and is drawn like the others
    return ov.dice(sizes, empty=1.0)

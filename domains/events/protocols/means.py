"""Precision and recall that are means over events, each of which is right to some degree.

Conventions
-----------
- A mean is a sum and a number, which add up over files and labels; the ratio is taken once, at the end.
- NaN is no value: it counts in neither.

References
----------
van Rijsbergen, C. J. (1979). Information retrieval, 2nd ed. (F-beta)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from .reducers import coords_of, names_of, tally
from .scored import By, Scored
from .settings import Empty


class Mean(NamedTuple):
    """A sum, and of how many values."""

    total: xr.DataArray
    number: xr.DataArray


def mean_of(events: pd.DataFrame, values: pd.Series[Any], scored: Scored, by: By) -> Mean:
    """Add up the values of events.

    Parameters
    ----------
    events : DataFrame
        Events of either side.
    values : Series
        Of each event; NaN is none.
    scored : Scored
        What was scored.
    by : {"label", "file"}, both or None
        What to keep apart.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> scored = assess([[0, 1], [2, 3]], [[0, 1]], "tiou")
    >>> mean = mean_of(scored.prediction, pd.Series([0.5, np.nan]), scored, None)
    >>> float(mean.total), int(mean.number)
    (0.5, 1)
    """
    names = names_of(scored, by)
    coords = coords_of(scored, by)
    shape = [len(labels) for labels in coords.values()]
    value = values.to_numpy(float)
    is_value = ~np.isnan(value)
    total = tally(events, np.where(is_value, value, 0.0)[None], names, by)
    number = tally(events, is_value[None], names, by)
    return Mean(
        xr.DataArray(total.reshape(shape), coords, list(coords)),
        xr.DataArray(number.reshape(shape), coords, list(coords)),
    )


def with_means(
    data: xr.Dataset, precision: Mean, recall: Mean, *, beta: float | None = None, empty: Empty = np.nan
) -> xr.Dataset:
    """Replace precision, recall and F1 of counts by the means, and what follows from them.

    Parameters
    ----------
    data : Dataset
        As `reducers.count` returns it.
    precision, recall : Mean
        Sums over events.
    beta : float, optional
        How much more recall weighs than precision; None leaves ``f_beta`` out.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """
    # what an index is worth where a side is empty, nothing being in common then
    nothing = ov.Overlap(np.zeros(precision.number.shape), precision.number.values, recall.number.values)
    is_some = (precision.number > 0) & (recall.number > 0)
    mean_precision = (precision.total / precision.number).where(is_some, ov.precision(nothing, empty=empty))
    mean_recall = (recall.total / recall.number).where(is_some, ov.recall(nothing, empty=empty))
    f1 = _f_beta(mean_precision, mean_recall, 1.0).where(is_some, ov.dice(nothing, empty=empty))
    data = data.assign(precision=mean_precision, recall=mean_recall, f1=f1)
    if beta is None:
        return data
    f_beta = _f_beta(mean_precision, mean_recall, beta).where(is_some, ov.f_beta(nothing, beta, empty=empty))
    return data.assign(f_beta=f_beta)


def _f_beta(precision: xr.DataArray, recall: xr.DataArray, beta: float) -> xr.DataArray:
    """Return the weighted harmonic mean; 0 where both are 0."""
    weighted = beta**2 * precision + recall
    f = (1 + beta**2) * precision * recall / weighted.where(weighted > 0)
    return f.where(~(weighted == 0), 0.0)

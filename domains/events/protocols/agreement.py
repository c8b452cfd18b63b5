"""Agreement in labelled time: the overlap of two timelines as sets, and Cohen's kappa.

Conventions
-----------
- Sizes are seconds, summed over labels: long events weigh more, and a label is a set of its own.
- Kappa is over the support, where time without a label is a label like any other. With ``by="label"`` it is that of
  present and absent. Pooled or by file it is that of all labels and none, which is defined only while neither side has
  two labels at once.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales. Educ. Psychol. Meas. 20, 37.
doi:10.1177/001316446002000104
"""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import intervals

from .criteria import Pairs
from .matchers import Matches
from .preparation import united
from .reducers import By, Empty, names_of, tally


def add_time(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    pairs: Pairs,
    matches: Matches,
    by: By,
    *,
    empty: Empty = nan,
) -> xr.Dataset:
    """Add up the time that both sides label alike.

    Parameters
    ----------
    prediction, reference, support, pairs, matches, by, empty
        See `reducers.count`; the sides are unions (`preparation.unite`).

    Returns
    -------
    Dataset
        ``intersection size_a size_b``, seconds; ``iou dice precision recall``; ``kappa``.

    Examples
    --------
    >>> from ..comparison import compare
    >>> report = compare(np.array([[0, 10]]), np.array([[5, 15]]), "time", support=20)
    >>> float(report.iou), float(report.kappa)
    (0.3333333333333333, 0.0)
    """
    names = names_of(prediction, reference, support, by)
    shared = np.bincount(pairs.prediction, pairs.value, len(prediction))
    weights = {
        "intersection": (prediction, shared),
        "size_a": (prediction, _length(prediction)),
        "size_b": (reference, _length(reference)),
    }
    sums = {k: tally(x, w[None], names, by)[0] for k, (x, w) in weights.items()}
    data = xr.Dataset({k: ([by], x) if by else ((), x[0]) for k, x in sums.items()}, {by: names} if by else {})
    data = data.assign(ov.labelled.indices(data, ("iou", "dice", "precision", "recall"), empty=empty))
    scored = (support["offset"] - support["onset"]).to_numpy()
    if by == "label":
        return data.assign(kappa=_of_presence(data, scored.sum()))
    kappa = _of_all_labels(prediction, reference, support.index, data.intersection.values, scored, by)
    return data.assign(kappa=(data.intersection.dims, kappa.reshape(data.intersection.shape)))


def _of_presence(data: xr.Dataset, total: float) -> Any:
    neither = total - data.size_a - data.size_b + data.intersection
    chance = data.size_a * data.size_b + (total - data.size_a) * (total - data.size_b)
    return _kappa(data.intersection + neither, chance, total)


def _of_all_labels(
    prediction: pd.DataFrame, reference: pd.DataFrame, files: pd.Index[Any], alike: Any, total: np.ndarray, by: By
) -> np.ndarray:
    labels = names_of(prediction, reference, prediction, "label")
    times = [_seconds(x, files, labels) for x in (prediction, reference)]
    sums = [*times, *_any_label(prediction, reference, files), total]
    a, b, either_a, either_b, both, total = sums if by else [x.sum(axis=0, keepdims=True) for x in sums]
    some_a, some_b = a.sum(axis=1), b.sum(axis=1)
    chance = (a * b).sum(axis=1) + (total - some_a) * (total - some_b)
    kappa = _kappa(alike + total - some_a - some_b + both, chance, total)
    alone = np.isclose(some_a, either_a, rtol=1e-12) & np.isclose(some_b, either_b, rtol=1e-12)
    return np.where(alone, kappa, nan)


def _kappa(alike: Any, chance: Any, total: Any) -> Any:
    """Return kappa from the time labelled alike and the sum of the products of the margins."""
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = chance / total**2
        return (alike / total - expected) / (1 - expected)


def _any_label(prediction: pd.DataFrame, reference: pd.DataFrame, files: pd.Index[Any]) -> tuple[np.ndarray, ...]:
    """Return for each file how long the prediction, the reference and both of them have some label."""
    sides = []
    for events in (prediction, reference):
        by = files.get_indexer(pd.Index(events["file"]))
        whole, row = united(events[["onset", "offset"]].to_numpy(float), by)
        sides.append((whole, by[row]))
    (a, of_a), (b, of_b) = sides
    i, _, shared = intervals.overlap_pairs(a, b, by=(of_a, of_b))
    n = len(files)
    return (
        np.bincount(of_a, a[:, 1] - a[:, 0], n),
        np.bincount(of_b, b[:, 1] - b[:, 0], n),
        np.bincount(of_a[i], shared, n),
    )


def _seconds(events: pd.DataFrame, files: pd.Index[Any], labels: list[str]) -> np.ndarray:
    """Return the time of each label in each file, (files, labels)."""
    place = files.get_indexer(pd.Index(events["file"])), pd.Index(labels).get_indexer(pd.Index(events["label"]))
    total = np.zeros((len(files), len(labels)))
    np.add.at(total, place, _length(events))
    return total


def _length(events: pd.DataFrame) -> np.ndarray:
    return (events["offset"] - events["onset"]).to_numpy(float)

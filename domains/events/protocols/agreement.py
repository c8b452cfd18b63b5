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

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import intervals

from ... import _report
from ..schema import durations_of, places_in, times_of
from .preparation import united
from .reducers import coords_of, names_of, tally
from .scored import By, Scored, Weighed
from .weighing import weighed_sums

ROUNDING = 1e-12
"""Of a sum of durations, relatively."""


def add_time(scored: Scored, by: By) -> xr.Dataset:
    """Add up the time that both sides label alike.

    Parameters
    ----------
    scored : Scored
        Sides that are unions (`preparation.unite`) and the time their events share; settings: ``empty``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b``, seconds; ``iou dice precision recall``; ``true_negatives``, seconds,
        ``specificity balanced_accuracy accuracy``; ``kappa``.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> report = compare(np.array([[0, 10]]), np.array([[5, 15]]), "time", support=20)
    >>> float(report.iou), float(report.kappa)
    (0.3333333333333333, 0.0)
    """
    prediction = scored.prediction
    reference = scored.reference
    names = names_of(scored, by)
    shared = np.bincount(scored.pairs.prediction, scored.pairs.value, len(prediction))
    intersection = tally(prediction, shared[None], names, by)[0]
    size_a = tally(prediction, durations_of(prediction)[None], names, by)[0]
    size_b = tally(reference, durations_of(reference)[None], names, by)[0]
    coords = coords_of(scored, by)
    shape = tuple(len(labels) for labels in coords.values())
    overlap = ov.Overlap(intersection.reshape(shape), size_a.reshape(shape), size_b.reshape(shape))
    data = _report.measured(overlap, coords, ("iou", "dice", "precision", "recall"), empty=scored.settings.empty)
    length = scored.seconds.to_numpy()
    of_file = xr.DataArray(length, dims="file") if "file" in coords else xr.DataArray(length.sum())
    if "label" in coords:
        data = data.assign(kappa=_kappa_of_presence(data, of_file))
        return with_true_negatives(data, of_file)
    data = with_true_negatives(data, of_file * len(names_of(scored, "label")))
    pieces = _pieces_of_kappa(scored)
    if by is None:
        pieces = pieces.sum("file", skipna=False)
    return data.assign(kappa=_kappa_of_labels(pieces, data["intersection"]))


def with_true_negatives(data: xr.Dataset, total: xr.DataArray) -> xr.Dataset:
    """Add the time that neither side labels, and what needs it: specificity, accuracy and balanced accuracy.

    Where labels are pooled, all are the sums over labels: micro averages.

    Parameters
    ----------
    data : Dataset
        ``intersection size_a size_b``.
    total : DataArray
        What was scored, once for each label; NaN if it is not known.
    """
    negatives = total - data.size_a - data.size_b + data.intersection
    # sums of the same pieces in another order
    negatives = negatives.where(~(negatives < 0), 0.0)
    without = total - data.size_b
    # where a label holds throughout, what is left is rounding
    specificity = negatives / without.where(without > ROUNDING * total)
    sensitivity = data.intersection / data.size_b.where(data.size_b > 0)
    accuracy = (data.intersection + negatives) / total.where(total > 0)
    return data.assign(
        true_negatives=negatives,
        specificity=specificity,
        balanced_accuracy=(sensitivity + specificity) / 2,
        accuracy=accuracy,
    )


def weigh_time(scored: Scored) -> Weighed:
    """Return kappa, and what needs true negatives, of recordings that count several times.

    Labels are those of all recordings, also where those of one are not drawn.
    """
    sizes = add_time(scored, "file")[["intersection", "size_a", "size_b"]]
    pieces = _pieces_of_kappa(scored)
    n_labels = len(names_of(scored, "label"))

    def figures(weights: np.ndarray) -> xr.Dataset:
        of_kappa = weighed_sums(weights, pieces)
        sums = with_true_negatives(weighed_sums(weights, sizes), of_kappa["total"] * n_labels)
        kappa = _kappa_of_labels(of_kappa, sums["intersection"])
        return sums[["specificity", "balanced_accuracy", "accuracy"]].assign(kappa=kappa)

    return figures


def cut_where_shared(scored: Scored) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut the events of both sides where the time that they share begins and ends.

    Parameters
    ----------
    scored : Scored
        Sides that are unions (`preparation.unite`) and the pairs that share time.

    Returns
    -------
    prediction, reference : DataFrame
        Pieces of the events, with ``matched``: whether the other side has that time too. Their durations add up to
        the sizes that `add_time` reports.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> prediction, reference = cut_where_shared(assess([[0, 10]], [[5, 15]], "time"))
    >>> prediction[["onset", "offset", "matched"]].to_numpy().tolist()
    [[0.0, 5.0, False], [5.0, 10.0, True]]
    """
    i = scored.pairs.prediction
    j = scored.pairs.reference
    a = times_of(scored.prediction)[i]
    b = times_of(scored.reference)[j]
    onset = np.maximum(a[:, 0], b[:, 0])
    offset = np.minimum(a[:, 1], b[:, 1])
    shared = np.stack([onset, offset], axis=1)
    return _cut(scored.prediction, shared, i), _cut(scored.reference, shared, j)


def _cut(events: pd.DataFrame, shared: np.ndarray, row: np.ndarray) -> pd.DataFrame:
    """Cut each event into the time that is shared, a part of `shared` for its row, and the rest."""
    inside, k = united(shared, row)
    row_inside = row[k]
    # the rest of an event begins with it and after each shared part, and ends before each shared part and with it
    every_row = np.arange(len(events))
    row_outside = np.append(every_row, row_inside)
    begin = np.append(events["onset"], inside[:, 1])
    end = np.append(inside[:, 0], events["offset"])
    row_of_end = np.append(row_inside, every_row)
    begin = begin[np.lexsort((begin, row_outside))]
    end = end[np.lexsort((end, row_of_end))]
    row_outside = np.sort(row_outside)
    is_some = begin < end
    outside = np.stack([begin, end], axis=1)[is_some]
    pieces = np.concatenate([outside, inside])
    row_of_piece = np.append(row_outside[is_some], row_inside)
    is_shared = np.arange(len(pieces)) >= len(outside)
    table = events.iloc[row_of_piece].assign(onset=pieces[:, 0], offset=pieces[:, 1], matched=is_shared)
    return table.sort_values(["file", "label", "onset"], ignore_index=True)


def _kappa_of_presence(data: xr.Dataset, total: xr.DataArray) -> Any:
    """Return kappa of each label, present and absent."""
    neither = total - data.size_a - data.size_b + data.intersection
    present = data.size_a * data.size_b
    absent = (total - data.size_a) * (total - data.size_b)
    return _kappa(data.intersection + neither, present + absent, total)


def _pieces_of_kappa(scored: Scored) -> xr.Dataset:
    """Return how long each file is, each label of either side holds in it, some label does, and does on both sides."""
    files = pd.Index(scored.files)
    labels = names_of(scored, "label")
    either_a, either_b, both = _any_label(scored.prediction, scored.reference, files)
    of_labels = ("file", "label")
    return xr.Dataset(
        {
            "total": ("file", scored.seconds.reindex(files).to_numpy(float)),
            "labels_a": (of_labels, _seconds(scored.prediction, files, labels)),
            "labels_b": (of_labels, _seconds(scored.reference, files, labels)),
            "either_a": ("file", either_a),
            "either_b": ("file", either_b),
            "both": ("file", both),
        }
    )


def _kappa_of_labels(pieces: xr.Dataset, alike: xr.DataArray) -> xr.DataArray:
    """Return kappa of all labels and none; NaN where a side has two labels at once."""
    total = pieces["total"]
    labelled_a = pieces["labels_a"].sum("label")
    labelled_b = pieces["labels_b"].sum("label")
    chance_of_labels = (pieces["labels_a"] * pieces["labels_b"]).sum("label")
    chance_of_none = (total - labelled_a) * (total - labelled_b)
    # in this order, which fixes the last bit
    alike_or_none = alike + total - labelled_a - labelled_b + pieces["both"]
    kappa: xr.DataArray = _kappa(alike_or_none, chance_of_labels + chance_of_none, total)
    one_label_a = np.isclose(labelled_a, pieces["either_a"], rtol=ROUNDING)
    one_label_b = np.isclose(labelled_b, pieces["either_b"], rtol=ROUNDING)
    return kappa.where(one_label_a & one_label_b)


def _kappa(alike: Any, chance: Any, total: Any) -> Any:
    """Return kappa = (p_o - p_e) / (1 - p_e) from the time labelled alike and the sum of products of the margins."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p_e = chance / total**2
        p_o = alike / total
        return (p_o - p_e) / (1 - p_e)


def _any_label(
    prediction: pd.DataFrame, reference: pd.DataFrame, files: pd.Index[Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each file how long the prediction, the reference and both of them have some label."""
    n = len(files)
    a, file_a = _united_by_file(prediction, files)
    b, file_b = _united_by_file(reference, files)
    i, _, shared = intervals.overlap_pairs(a, b, by=(file_a, file_b))
    duration_a = a[:, 1] - a[:, 0]
    duration_b = b[:, 1] - b[:, 0]
    either_a = np.bincount(file_a, duration_a, n)
    either_b = np.bincount(file_b, duration_b, n)
    both = np.bincount(file_a[i], shared, n)
    return either_a, either_b, both


def _united_by_file(events: pd.DataFrame, files: pd.Index[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return when some label is on in each file, and the file's number."""
    file = places_in(files, events["file"])
    unions, row = united(times_of(events), file)
    return unions, file[row]


def _seconds(events: pd.DataFrame, files: pd.Index[Any], labels: list[str]) -> np.ndarray:
    """Return the time of each label in each file, (files, labels)."""
    file = places_in(files, events["file"])
    label = places_in(labels, events["label"])
    total = np.zeros((len(files), len(labels)))
    np.add.at(total, (file, label), durations_of(events))
    return total

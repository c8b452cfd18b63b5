"""From matches to numbers.

Conventions
-----------
- ``f(scored, by) -> Dataset``: the three sizes, the indices, and what else the protocol reports. ``by`` keeps "label"
  or "file" apart, or both, ("file", "label"); None pools everything. Settings are those that were scored with.
- Sizes are counts of events (or of segments, or seconds): the intersection is the references found; ``size_a`` that
  and the predictions that found nothing; ``size_b`` the references. Precision, recall and F1 (Dice) are their ratios.
- Values that need the length of a recording are NaN where the support is unknown.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Appl. Sci. 6, 162. doi:10.3390/app6060162 (error rate)
Everingham, M. et al. (2015). The Pascal VOC challenge: a retrospective. IJCV 111, 98. doi:10.1007/s11263-014-0733-5
"""

from __future__ import annotations

from itertools import product
from math import nan
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import matching

from ... import _report
from ..schema import names_in, places_in
from .criteria import groups
from .matchers import NOBODY
from .preparation import rounded, segments_of
from .ranks import ranks
from .scored import By, Scored, Weighed, dims_of

DAY = 86400.0


def count(scored: Scored, by: By) -> xr.Dataset:
    """Count events found, missed and spurious; precision, recall, F1.

    Parameters
    ----------
    scored : Scored
        Events and their matches; settings: ``empty``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b precision recall f1``, over thresholds if there are several, and `by`.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> scored = assess(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "tiou", thresholds=(0.5,))
    >>> count(scored, None).precision.values.tolist()
    [0.5]
    """
    names = names_of(scored, by)
    is_found = scored.matches.reference != NOBODY
    is_spurious = scored.matches.prediction == NOBODY
    found = tally(scored.reference, is_found, names, by)
    spurious = tally(scored.prediction, is_spurious, names, by)
    references = tally(scored.reference, np.ones_like(is_found[:1]), names, by)
    coords = coords_of(scored, by)
    if scored.matches.thresholds is not None:
        coords = {"threshold": scored.matches.thresholds, **coords}
    shape = [len(labels) for labels in coords.values()]
    intersection = found.reshape(shape)
    size_a = (found + spurious).reshape(shape)
    size_b = np.broadcast_to(references, found.shape).reshape(shape)
    overlap = ov.Overlap(intersection, size_a, size_b)
    data = _report.measured(overlap, coords, ("precision", "recall", "dice"), empty=scored.settings.empty)
    return data.rename(dice="f1")


def count_strictly(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count` does; with ``f1_needs_both``, F1 is NaN where precision or recall is, as sed_eval has it.

    Parameters
    ----------
    scored, by
        See `count`; settings: ``empty f1_needs_both``.

    Returns
    -------
    Dataset
        As `count`.
    """
    data = count(scored, by)
    if not scored.settings.f1_needs_both:
        return data
    both = data.precision.notnull() & data.recall.notnull()
    return data.assign(f1=data.f1.where(both))


def count_errors(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count_strictly` does, and add the error rate of sound event detection.

    Parameters
    ----------
    scored, by
        See `count`; settings: ``empty f1_needs_both eps``. ``eps`` is added to the number of references, as sed_eval
        does; then a rate without references is huge, not NaN.

    Returns
    -------
    Dataset
        Beside those of `count`: ``substitutions deletions insertions`` and ``error_rate``, their sum over the number of
        references. With ``by="label"`` nothing substitutes.
    """
    data = count_strictly(scored, by)
    names = names_of(scored, by)
    is_substituted = scored.matches.substituted & ("label" not in dims_of(by))
    counted = tally(scored.reference, is_substituted[None], names, by)
    substitutions = xr.DataArray(counted.reshape(data.size_b.shape), dims=data.size_b.dims)
    deletions = data.size_b - data.intersection - substitutions
    insertions = data.size_a - data.intersection - substitutions
    references = data.size_b + scored.settings.eps
    substitution_rate = _ratio(substitutions, references)
    deletion_rate = _ratio(deletions, references)
    insertion_rate = _ratio(insertions, references)
    error_rate = substitution_rate + deletion_rate + insertion_rate
    return data.assign(substitutions=substitutions, deletions=deletions, insertions=insertions, error_rate=error_rate)


def count_segments(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count_errors` does, and add what needs the segments where nothing is: specificity, accuracy.

    Where the support does not say how long a file is, its last event does, as sed_eval has it.

    Parameters
    ----------
    scored, by
        See `count_errors`; settings also: ``resolution tolerance labels``. ``labels`` are all classes there are; one
        that neither side has is a true negative throughout.

    Returns
    -------
    Dataset
        Beside those of `count_errors`: ``true_negatives specificity balanced_accuracy accuracy``.
    """
    eps = scored.settings.eps
    data = count_errors(scored, by)
    segments = _segments_of_files(scored)
    classes = {*names_of(scored, "label"), *(scored.settings.labels or ())}
    dims = dims_of(by)
    # of every class where classes are pooled, of every file where files are
    n: Any = segments if "file" in dims else segments.sum()
    if "label" not in dims:
        n = n * len(classes)
    if len(dims) == 2:
        n = n[:, None]
    cells = xr.DataArray(np.broadcast_to(n, data.size_b.shape), dims=data.size_b.dims)
    spurious = data.size_a - data.intersection
    negatives = cells - data.size_b - spurious
    specificity = _ratio(negatives, negatives + spurious + eps)
    sensitivity = _ratio(data.intersection, data.size_b + eps)
    balanced_accuracy = (sensitivity + specificity) / 2
    accuracy = _ratio(data.intersection + negatives, cells + eps)
    return data.assign(
        true_negatives=negatives,
        specificity=specificity,
        balanced_accuracy=balanced_accuracy,
        accuracy=accuracy,
    )


def count_false_alarms(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count` does, and add the false alarms in 24 hours.

    Parameters
    ----------
    scored, by
        See `count`; settings also: ``rate``, samples per second to which the length of a recording is rounded.

    Returns
    -------
    Dataset
        Beside those of `count`: ``false_alarms_per_24h``.
    """
    return with_false_alarms(count(scored, by), scored, by)


def with_false_alarms(data: xr.Dataset, scored: Scored, by: By) -> xr.Dataset:
    """Add the false alarms in 24 hours to counts of events or samples.

    Parameters
    ----------
    data : Dataset
        ``intersection size_a``.
    scored, by
        See `count_false_alarms`.
    """
    length = rounded(scored.seconds.to_numpy(), scored.settings.rate)
    days: Any = length.sum() / DAY
    if "file" in dims_of(by):
        days = xr.DataArray(length, dims="file") / DAY
    false_alarms = data.size_a - data.intersection
    return data.assign(false_alarms_per_24h=_ratio(false_alarms, days + 0 * data.size_a))


def average_precision(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count` does at each threshold, and add the average precision of each class of the reference.

    Parameters
    ----------
    scored, by
        See `count`; settings also: ``tolerance``, and ``ties``: predictions of equal confidence count one after the
        other, the later row first ("official") or the earlier ("index"), or all at once ("together").

    Returns
    -------
    Dataset
        Beside those of `count`: ``ap`` (threshold, class), ``mean_ap`` (threshold) and ``average_map``. Predictions
        of a class that the reference lacks count in none of the three.
    """
    data = count(scored, by)
    prediction = scored.prediction
    reference = scored.reference
    classes = sorted(names_in(reference, column="label"))
    # numbers in the order of the names, which are compared much faster
    class_a, class_b = groups(prediction, reference, "label")
    thresholds = np.asarray(scored.matches.thresholds)
    confidence = prediction["confidence"].to_numpy(float)
    is_together = scored.settings.ties == "together"
    ap = matching.average_precision_of_claims(
        confidence if is_together else -np.asarray(scored.matches.rank),
        scored.matches.prediction,
        labels_a=class_a,
        labels_b=class_b,
        ties="together" if is_together else "index",
    )
    per_class = xr.DataArray(ap, {"threshold": thresholds, "class": classes}, ["threshold", "class"])
    # NaN for no class at all, without numpy's warning
    mean = per_class.sum("class") / (len(classes) or nan)
    return data.assign(ap=per_class, mean_ap=mean, average_map=mean.mean())


def weigh_average_precision(scored: Scored) -> Weighed:
    """Return the mean average precision of recordings that count several times.

    Of a prediction that counts several times, all count at its place in the order; the area is that of one after the
    other. Classes are those of the references that are drawn.
    """
    prediction = scored.prediction
    reference = scored.reference
    ties = scored.settings.ties
    class_a, class_b = groups(prediction, reference, "label")
    files = pd.Index(scored.files)
    file_a = files.get_indexer(pd.Index(prediction["file"]))
    file_b = files.get_indexer(pd.Index(reference["file"]))
    confidence = prediction["confidence"].to_numpy(float)
    rank = ranks(confidence, class_a, ties=ties)
    is_right = scored.matches.prediction != NOBODY
    thresholds = np.asarray(scored.matches.thresholds)
    classes = np.unique(class_b)

    def figures(weights: np.ndarray) -> xr.Dataset:
        ap = np.full((len(weights), len(thresholds), len(classes)), np.nan)
        for place, number in enumerate(classes):
            rows = np.flatnonzero(class_a == number)
            rows = rows[np.argsort(rank[rows])]
            last_of_equals = np.append(confidence[rows][1:] != confidence[rows][:-1], True)[: len(rows)]
            counts_at = last_of_equals if ties == "together" else np.ones(len(rows), bool)
            times = weights[:, file_a[rows]]
            n_references = weights[:, file_b[class_b == number]].sum(axis=1)
            for k, right in enumerate(is_right[:, rows]):
                ap[:, k, place] = _weighed_area(times, right, counts_at, n_references)
        per_class = xr.DataArray(ap, {"threshold": thresholds}, ["draw", "threshold", "class"])
        mean = per_class.mean("class")
        return xr.Dataset({"mean_ap": mean, "average_map": mean.mean("threshold", skipna=False)})

    return figures


def _weighed_area(
    times: np.ndarray, is_right: np.ndarray, counts_at: np.ndarray, n_references: np.ndarray
) -> np.ndarray:
    """Return the area below the highest precision from each recall on, (draws,); NaN without references.

    `times` (draws, predictions): how often each counts, the most confident first; of those that count together the last
    is where they do, `counts_at`.
    """
    n_right = np.cumsum(times * is_right, axis=1)[:, counts_at]
    n_taken = np.cumsum(times, axis=1)[:, counts_at]
    precision = np.divide(n_right, n_taken, out=np.zeros(n_right.shape), where=n_taken > 0)
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    gained = np.diff(n_right, axis=1, prepend=0)
    total = (gained * highest).sum(axis=1)
    return np.asarray(np.divide(total, n_references, out=np.full(len(total), np.nan), where=n_references > 0))


def first_to_find(scored: Scored, *columns: str) -> np.ndarray:
    """Return the rank of the most confident prediction that finds each reference, however many others it finds.

    Parameters
    ----------
    scored : Scored
        Events and their pairs; settings: ``tolerance ties``.
    *columns : str
        Among which predictions one is ranked: those of its "file", or of its "label" and "file".

    Returns
    -------
    array of float (thresholds, references)
        Infinite where none finds it.
    """
    group, _ = groups(scored.prediction, scored.reference, *columns)
    rank = ranks(scored.prediction["confidence"].to_numpy(float), group, ties=scored.settings.ties)
    thresholds = np.asarray(scored.matches.thresholds)
    first = np.full((len(thresholds), len(scored.reference)), np.inf)
    rank_of_pair = rank[scored.pairs.prediction].astype(float)
    for k, threshold in enumerate(thresholds):
        finds = scored.pairs.value >= threshold - scored.settings.tolerance
        np.minimum.at(first[k], scored.pairs.reference[finds], rank_of_pair[finds])
    return first


def names_of(scored: Scored, by: By) -> list[Any]:
    """Return the labels or files that are kept apart, or pairs (file, label); one name, "", if none are."""
    if by == "file":
        return scored.files
    if by == "label":
        return sorted(names_in(scored.prediction, scored.reference, column="label"))
    if by is None:
        return [""]
    return list(product(names_of(scored, "file"), names_of(scored, "label")))


def tally(events: pd.DataFrame, weights: np.ndarray, names: list[Any], by: By) -> np.ndarray:
    """Sum weights (T, n) of the rows into (T, names)."""
    place = _places(events, names, by)
    sums = [np.bincount(place, row, len(names)) for row in weights]
    if weights.dtype == bool:
        return np.array(sums).astype(np.int64)
    return np.array(sums)


def medians(events: pd.DataFrame, values: np.ndarray, names: list[Any], by: By) -> np.ndarray:
    """Return the medians of the rows' values, one for each name; NaN counts in none, and is the median of nothing."""
    dims = list(dims_of(by))
    series = pd.Series(values)
    if not dims:
        return np.array([series.median()])
    of_names = series.groupby([events[dim].to_numpy() for dim in dims]).median()
    return of_names.reindex(names).to_numpy(float)


def tally_apart(events: pd.DataFrame, at: np.ndarray, n: int, names: list[Any], by: By) -> np.ndarray:
    """Count rows, each of which is at one of n operating points, into (n, names)."""
    place = _places(events, names, by)
    counts = np.bincount(at * len(names) + place, minlength=n * len(names))
    return counts.reshape(n, len(names))


def _places(events: pd.DataFrame, names: list[Any], by: By) -> np.ndarray:
    """Return the place of each row among the names that are kept apart."""
    dims = dims_of(by)
    if len(dims) == 1:
        return places_in(names, events[dims[0]])
    if len(dims) == 2 and names:
        table = pd.MultiIndex.from_frame(events[list(dims)])
        return np.asarray(pd.MultiIndex.from_tuples(names).get_indexer(table))
    return np.zeros(len(events), int)


def coords_of(scored: Scored, by: By) -> dict[str, Any]:
    """Return the names that are kept apart, by dimension: files before labels."""
    return {dim: names_of(scored, dim) for dim in dims_of(by)}


def _segments_of_files(scored: Scored) -> np.ndarray:
    """Return how many segments each file of the support has."""
    settings = scored.settings
    of_stretches = segments_of(scored.support, resolution=settings.resolution, tolerance=settings.tolerance)
    known = pd.Series(of_stretches, scored.support.index).groupby(level=0).sum()
    both = pd.concat([scored.prediction, scored.reference])
    last = both.groupby("file")["segment"].max().reindex(known.index)
    return known.where(np.isfinite(known), last + 1).fillna(0).to_numpy()


def _ratio(above: Any, below: Any) -> Any:
    """Return a ratio, NaN where there is nothing to divide by."""
    return above / below.where(below > 0)

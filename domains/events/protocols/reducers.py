"""From matches to numbers.

Conventions
-----------
- ``f(prediction, reference, support, pairs, matches, by, *, options) -> Dataset``: the three sizes, the indices, and
  what else the protocol reports. ``by`` keeps "label" or "file" apart; None pools everything.
- Sizes are counts of events (or of segments, or seconds): the intersection is the references found; ``size_a`` that
  and the predictions that found nothing; ``size_b`` the references. Precision, recall and F1 (Dice) are their ratios.
- Values that need the length of a recording are NaN where the support is unknown.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Appl. Sci. 6, 162. doi:10.3390/app6060162 (error rate)
Everingham, M. et al. (2015). The Pascal VOC challenge: a retrospective. IJCV 111, 98. doi:10.1007/s11263-014-0733-5
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import matching

from .criteria import Pairs
from .matchers import Matches, as_matrix
from .preparation import on_grid

By = Literal["label", "file"] | None
Empty = float | ov.EmptyPolicy
DAY = 86400.0


def count(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    pairs: Pairs,
    matches: Matches,
    by: By,
    *,
    empty: Empty = nan,
    f1_needs_both: bool = False,
) -> xr.Dataset:
    """Count events found, missed and spurious; precision, recall, F1.

    Parameters
    ----------
    prediction, reference, support : DataFrame
        Events as they were matched, and what was scored.
    pairs, matches : Pairs, Matches
        From criterion and matcher.
    by : {"label", "file"} or None
        What to keep apart.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    f1_needs_both : bool
        Whether F1 is NaN where precision or recall is, as sed_eval has it; else it is 0 where all is missed.

    Returns
    -------
    Dataset
        ``intersection size_a size_b precision recall f1``, over thresholds if there are several, and `by`.
    """
    names = names_of(prediction, reference, support, by)
    found = tally(reference, matches.reference >= 0, names, by)
    spurious = tally(prediction, matches.prediction < 0, names, by)
    total = tally(reference, np.ones(len(reference), bool)[None], names, by)
    sizes = {"intersection": found, "size_a": found + spurious, "size_b": np.broadcast_to(total, found.shape)}
    steps: dict[str, Any] = {} if matches.thresholds is None else {"threshold": matches.thresholds}
    coords = steps | ({by: names} if by else {})
    shape = [len(x) for x in coords.values()]
    data = xr.Dataset({k: (list(coords), x.reshape(shape)) for k, x in sizes.items()}, coords)
    taken = ov.labelled.indices(data, ("precision", "recall", "dice"), empty=empty)
    defined = taken.precision.notnull() & taken.recall.notnull() if f1_needs_both else True
    return data.assign(taken.rename(dice="f1").assign(f1=taken.dice.where(defined)))


def count_errors(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    pairs: Pairs,
    matches: Matches,
    by: By,
    *,
    empty: Empty = nan,
    f1_needs_both: bool = False,
    eps: float = 0.0,
) -> xr.Dataset:
    """Count as `count` does, and add the error rate of sound event detection.

    Parameters
    ----------
    prediction, reference, support, pairs, matches, by, empty, f1_needs_both
        See `count`.
    eps : float
        Added to the number of references, as sed_eval does; then a rate without references is huge, not NaN.

    Returns
    -------
    Dataset
        Beside those of `count`: ``substitutions deletions insertions`` and ``error_rate``, their sum over the number of
        references. With ``by="label"`` nothing substitutes.
    """
    data = count(prediction, reference, support, pairs, matches, by, empty=empty, f1_needs_both=f1_needs_both)
    names = names_of(prediction, reference, support, by)
    substituted = matches.substituted[None] & (by != "label")
    s = xr.DataArray(tally(reference, substituted, names, by).reshape(data.size_b.shape), dims=data.size_b.dims)
    errors = {
        "substitutions": s,
        "deletions": data.size_b - data.intersection - s,
        "insertions": data.size_a - data.intersection - s,
    }
    whole = (data.size_b + eps).where(data.size_b + eps > 0)
    return data.assign(errors).assign(error_rate=sum(x / whole for x in errors.values()))


def count_segments(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    pairs: Pairs,
    matches: Matches,
    by: By,
    *,
    empty: Empty = nan,
    f1_needs_both: bool = False,
    eps: float = 0.0,
    resolution: float = 1.0,
    tolerance: float = 0.0,
    labels: Sequence[str] | None = None,
) -> xr.Dataset:
    """Count as `count_errors` does, and add what needs the segments where nothing is: specificity, accuracy.

    Where the support does not tell how long a file is, its last event does, as sed_eval has it.

    Parameters
    ----------
    prediction, reference, support, pairs, matches, by, empty, f1_needs_both, eps
        See `count_errors`.
    resolution, tolerance : float
        See `cut_into_segments`.
    labels : sequence of str, optional
        All classes there are; by default those that occur. One that neither side has is a true negative throughout.

    Returns
    -------
    Dataset
        Beside those of `count_errors`: ``true_negatives specificity balanced_accuracy accuracy``.
    """
    shared = {"empty": empty, "f1_needs_both": f1_needs_both, "eps": eps}
    data = count_errors(prediction, reference, support, pairs, matches, by, **shared)  # type: ignore[arg-type]
    length = on_grid((support["offset"] - support["onset"]).to_numpy(), resolution, tolerance, np.ceil)
    last = pd.concat([prediction, reference]).groupby("file")["segment"].max().reindex(support.index)
    segments = pd.Series(length, support.index).fillna(last + 1).fillna(0)
    classes = len({*names_of(prediction, reference, support, "label"), *(labels or ())})
    n = segments.to_numpy() * classes if by == "file" else segments.sum() * (1 if by == "label" else classes)
    cells = xr.DataArray(np.broadcast_to(n, data.size_b.shape), dims=data.size_b.dims)
    spurious = data.size_a - data.intersection
    negatives = cells - data.size_b - spurious
    specificity = _ratio(negatives, negatives + spurious + eps)
    sensitivity = _ratio(data.intersection, data.size_b + eps)
    return data.assign(
        true_negatives=negatives,
        specificity=specificity,
        balanced_accuracy=(sensitivity + specificity) / 2,
        accuracy=_ratio(data.intersection + negatives, cells + eps),
    )


def count_false_alarms(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    pairs: Pairs,
    matches: Matches,
    by: By,
    *,
    empty: Empty = nan,
    rate: float | None = 10.0,
) -> xr.Dataset:
    """Count as `count` does, and add the false alarms in 24 hours.

    Parameters
    ----------
    prediction, reference, support, pairs, matches, by, empty
        See `count`.
    rate : float, optional
        Samples per second to which the length of a recording is rounded; None: exact.

    Returns
    -------
    Dataset
        Beside those of `count`: ``false_alarms_per_24h``.
    """
    data = count(prediction, reference, support, pairs, matches, by, empty=empty)
    length = (support["offset"] - support["onset"]).to_numpy()
    length = length if rate is None else np.rint(length * rate) / rate
    days: Any = (xr.DataArray(length, dims="file") if by == "file" else length.sum()) / DAY
    return data.assign(false_alarms_per_24h=_ratio(data.size_a - data.intersection, days + 0 * data.size_a))


def average_precision(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    pairs: Pairs,
    matches: Matches,
    by: By,
    *,
    empty: Empty = nan,
    ties: Literal["index", "together"] = "index",
    tolerance: float = 0.0,
) -> xr.Dataset:
    """Count as `count` does at each threshold, and add the average precision of each class of the reference.

    Parameters
    ----------
    prediction, reference, support, pairs, matches, by, empty
        See `count`.
    ties : {"index", "together"}
        Predictions of equal confidence count one after the other, or all at once.
    tolerance : float
        See `matchers.by_confidence`.

    Returns
    -------
    Dataset
        Beside those of `count`: ``ap`` (threshold, class), ``mean_ap`` (threshold) and ``average_map``. Predictions
        of a class that the reference lacks count in none of the three.
    """
    data = count(prediction, reference, support, pairs, matches, by, empty=empty)
    classes = np.unique(reference["label"].to_numpy(str))
    steps = np.asarray(matches.thresholds)
    ap = matching.average_precision(
        prediction["confidence"].to_numpy(float),
        as_matrix(pairs, len(prediction), len(reference)),
        steps - tolerance,
        labels_a=prediction["label"].to_numpy(str),
        labels_b=reference["label"].to_numpy(str),
        ties=ties,
    )
    named = xr.DataArray(ap, {"threshold": steps, "class": classes}, ["threshold", "class"])
    # NaN for no class at all, without numpy's warning
    mean = named.sum("class") / (len(classes) or nan)
    return data.assign(ap=named, mean_ap=mean, average_map=mean.mean())


def names_of(prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, by: By) -> list[str]:
    """Return the labels or files that are kept apart."""
    if by == "file":
        return [str(x) for x in support.index]
    return sorted({*prediction["label"], *reference["label"]}) if by else [""]


def tally(events: pd.DataFrame, weights: np.ndarray, names: list[str], by: By) -> np.ndarray:
    """Sum weights (T, n) of the rows into (T, names)."""
    code = pd.Index(names).get_indexer(pd.Index(events[by])) if by else np.zeros(len(events), int)
    sums = np.array([np.bincount(code, row, len(names)) for row in weights])
    return sums.astype(np.int64) if weights.dtype == bool else sums


def _ratio(above: Any, below: Any) -> Any:
    return above / below.where(below > 0)

"""Segmental F1 and the edit score of action segmentation. Preset "segmental".

Conventions
-----------
- A side is a timeline: a label for each frame, and a segment for each run of one label. Rows of one label that touch
  are one segment; a background is no segment, and neither is what has no duration.
- F1@k: each predicted segment, in the order of time, is right if the reference segment of its label that it overlaps
  best has a temporal IoU of k at least, and no earlier prediction has it. Counts of all files are pooled.
- The edit score is 1 − d / n: d the edits that turn the one sequence of labels into the other, n the length of the
  longer one. It is the mean over files.
- Both lie in [0, 1]; the community's tools print them as per cent.

References
----------
Lea, C. et al. (2017). Temporal convolutional networks for action segmentation and detection. CVPR, 1003.
doi:10.1109/CVPR.2017.113
Abu Farha, Y. & Gall, J. (2019). MS-TCN. CVPR, 3575. doi:10.1109/CVPR.2019.00369
Levenshtein, V. I. (1966). Soviet Physics Doklady 10, 707. (edits)
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import check_choice
from ..._text import one_line
from .criteria import Pairs, tiou
from .descriptions import F1, NO_COLLAR, NOT_USED, ONE_TO_ONE, Description, listed, of_nothing, within
from .matchers import NOBODY, Matches, one_to_one
from .preparation import ordered, unite_with_points
from .reducers import count
from .scored import By, Matched, Protocol, Scored, Weighed, always, dims_of
from .settings import OPERATION, Empty, as_thresholds, check_amount, check_empty, check_labels
from .weighing import weighed_sums

TAKEN = "a prediction whose best reference is taken is a false alarm, though another one would do"


@dataclass(frozen=True)
class SegmentSettings:
    """Settings of "segmental".

    Parameters
    ----------
    background : sequence of str
        Labels that are no action.
    thresholds : sequence of float
        Least temporal IoU of a match, in (0, 1].
    matching : {"best", "most"}
        Each prediction takes the reference that it overlaps best or none; or as many as can be are matched.
    tolerance : float
        How far below a threshold still counts; IoU no further apart are equal, and the earlier reference is the best.
        Rows no further apart, in seconds, touch.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    background: Sequence[str] = ("background",)
    thresholds: Sequence[float] = (0.1, 0.25, 0.5)
    matching: Literal["best", "most"] = "best"
    tolerance: float = 1e-9
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_labels(self.background, "background", may_be_empty=True)
        object.__setattr__(self, "thresholds", as_thresholds(self.thresholds))
        check_choice(OPERATION, "matching", self.matching, ("best", "most"))
        check_amount("tolerance", self.tolerance)
        check_empty(self.empty)


def match_segments(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: SegmentSettings
) -> Matched:
    """Make segments of both sides, and match those of one label."""
    prediction = segments_of(prediction, support, settings, "prediction")
    reference = segments_of(reference, support, settings, "reference")
    pairs = tiou(prediction, reference)
    match = best_in_time if settings.matching == "best" else one_to_one
    matches = match(prediction, reference, pairs, thresholds=settings.thresholds, tolerance=settings.tolerance)
    return Matched(prediction, reference, pairs, matches)


def segments_of(events: pd.DataFrame, support: pd.DataFrame, settings: SegmentSettings, side: str) -> pd.DataFrame:
    """Return the segments of a side, in the order of time.

    Warns
    -----
    UserWarning
        If segments of two labels overlap, which no timeline of frames has.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> labels = ["cut", "cut", "stir", "background"]
    >>> rows = pd.DataFrame({"onset": [0, 1, 2, 3], "offset": [1, 2, 3, 4], "label": labels})
    >>> segments = segments_of(as_events(rows), as_support(None, [""]), SegmentSettings(), "prediction")
    >>> segments[["onset", "offset", "label"]].to_numpy().tolist()
    [[0.0, 2.0, 'cut'], [2.0, 3.0, 'stir']]
    """
    is_action = ~events["label"].isin(settings.background)
    united = unite_with_points(events[is_action], support, tolerance=settings.tolerance)
    has_duration = united["onset"] < united["offset"]
    segments = ordered(united[has_duration], "time")
    reach = segments.groupby("file")["offset"].cummax().shift()
    is_same_file = segments["file"] == segments["file"].shift()
    is_overlapping = is_same_file & (segments["onset"] < reach - settings.tolerance)
    if is_overlapping.any():
        first = segments[is_overlapping].iloc[0]
        where = f" of {one_line(repr(first['file']), 80)}" if first["file"] else ""
        warnings.warn(
            f"{OPERATION}: {is_overlapping.sum()} segments of the {side} begin before the one before them ends (the "
            f"first at {first['onset']:g} s{where}); a timeline has one label at a time, and the edit score takes them "
            "in the order in which they begin: score tiers apart, or correct the rows",
            stacklevel=5,
        )
    return segments


def best_in_time(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    pairs: Pairs,
    *,
    thresholds: Sequence[float] = (0.5,),
    tolerance: float = 0.0,
) -> Matches:
    """Let each prediction take the reference of greatest value, if no prediction before it has.

    Parameters
    ----------
    prediction, reference : DataFrame
        Segments in the order of time.
    pairs : Pairs
        Value: temporal IoU.
    thresholds : sequence of float
        Least values of a match.
    tolerance : float
        How far below a threshold still counts; of values no further apart the first is the greatest.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a, b = as_events([[0, 4], [4, 10]]), as_events([[0, 10]])
    >>> best_in_time(a, b, Pairs(np.array([0, 1]), np.array([0, 0]), np.array([0.4, 0.6]))).prediction
    array([[-1,  0]])
    """
    n = len(prediction)
    m = len(reference)
    steps = np.asarray(thresholds, float)
    greatest = np.zeros(n)
    np.maximum.at(greatest, pairs.prediction, pairs.value)
    is_best = pairs.value >= greatest[pairs.prediction] - tolerance
    # pairs come in the order of predictions, then of references: the first of each is the one that is taken
    row, first = np.unique(pairs.prediction[is_best], return_index=True)
    best = pairs.reference[is_best][first]
    of_prediction = np.full((len(steps), n), NOBODY)
    of_reference = np.full((len(steps), m), NOBODY)
    for k, step in enumerate(steps):
        is_enough = greatest[row] >= step - tolerance
        taken, earliest = np.unique(best[is_enough], return_index=True)
        taker = row[is_enough][earliest]
        of_prediction[k, taker] = taken
        of_reference[k, taken] = taker
    return Matches(of_prediction, of_reference, np.zeros(m, bool), steps)


def count_segments_and_edits(scored: Scored, by: By) -> xr.Dataset:
    """Count segments as `reducers.count` does, and add the edit score.

    Parameters
    ----------
    scored : Scored
        Segments and their matches; settings: ``empty``.
    by : {"label", "file"}, both or None
        What to keep apart. A sequence has all labels: with ``by="label"`` the edit score is left out.

    Returns
    -------
    Dataset
        Beside those of `count`: ``edit``, and what it is the mean of, ``edit_sum`` over ``edit_files`` files; a file
        without segments on both sides has none.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> a = pd.DataFrame({"onset": [0, 5, 6], "offset": [5, 6, 9], "label": ["cut", "stir", "pour"]})
    >>> float(compare(a, a.drop(index=1), "segmental").edit.round(4))
    0.6667
    """
    data = count(scored, by)
    dims = dims_of(by)
    if "label" in dims:
        return data
    files = scored.support.index.unique()
    edits = np.array([edit_score(*sides) for sides in zip(*_sequences(scored, files), strict=True)])
    is_defined = ~np.isnan(edits)
    of_files = xr.DataArray(np.where(is_defined, edits, 0.0), dims="file")
    number = xr.DataArray(is_defined.astype(int), dims="file")
    if not dims:
        of_files = of_files.sum()
        number = number.sum()
    edit = of_files / number.where(number > 0)
    return data.assign(edit=edit, edit_sum=of_files, edit_files=number)


def weigh_edits(scored: Scored) -> Weighed:
    """Return the edit score of recordings that count several times."""
    of_files = count_segments_and_edits(scored, "file")[["edit_sum", "edit_files"]]

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        number = sums["edit_files"]
        return xr.Dataset({"edit": sums["edit_sum"] / number.where(number > 0)})

    return figures


def edit_score(predicted: np.ndarray, annotated: np.ndarray) -> float:
    """Return 1 − Levenshtein distance / length of the longer sequence; NaN if both are empty.

    Parameters
    ----------
    predicted, annotated : array of int
        Labels of the segments, in the order of time.

    Examples
    --------
    >>> edit_score(np.array([1, 2, 3]), np.array([1, 3]))
    0.6666666666666667
    """
    longer = max(len(predicted), len(annotated))
    if not longer:
        return nan
    return 1 - edit_distance(predicted, annotated) / longer


def edit_distance(predicted: np.ndarray, annotated: np.ndarray) -> int:
    """Return how many labels must be inserted, deleted or replaced, a row of the table at a time.

    Examples
    --------
    >>> edit_distance(np.array([1, 2, 3]), np.array([1, 3]))
    1
    """
    place = np.arange(len(annotated) + 1)
    distance = place
    for label in predicted:
        deleted = distance + 1
        replaced = distance[:-1] + (annotated != label)
        without_insertions = np.append(deleted[:1], np.minimum(deleted[1:], replaced))
        # inserting k labels costs k: the least of all places before
        distance = np.minimum.accumulate(without_insertions - place) + place
    return int(distance[-1])


def _sequences(scored: Scored, files: pd.Index[str]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the labels of each file's segments, as numbers, for either side."""
    both = pd.concat([scored.prediction["label"], scored.reference["label"]])
    number = pd.factorize(both)[0]
    n = len(scored.prediction)
    return (
        _of_files(scored.prediction["file"], number[:n], files),
        _of_files(scored.reference["file"], number[n:], files),
    )


def _of_files(file: pd.Series[str], number: np.ndarray, files: pd.Index[str]) -> list[np.ndarray]:
    """Return the rows of each file; rows are sorted by file."""
    count_of = np.bincount(files.get_indexer(pd.Index(file)), minlength=len(files))
    # of no file there is no part; the split of nothing is one
    return np.split(number, np.cumsum(count_of)[:-1])[: len(files)]


def describe_segments(settings: SegmentSettings) -> Description:
    """Say what "segmental" does."""
    if settings.matching == "best":
        matcher = "in the order of time, each prediction the one it overlaps best, if that is free"
    else:
        matcher = f"{ONE_TO_ONE}; of these the greatest IoU"
    background = ", ".join(settings.background) or "nothing"
    return Description(
        criterion=f"temporal IoU ≥ {listed(settings.thresholds)}; beside it edits of the sequence of labels",
        matcher=matcher,
        collar=NO_COLLAR,
        boundaries=f"{within(settings.tolerance)}; rows of one label that touch are one segment",
        average="segments of all recordings, F1 once; the edit score is the mean over recordings",
        empties=f"segments predicted there are spurious, edit score 0; {of_nothing(settings.empty)}",
        labels=f"must agree; no segment is {background}",
        scores=NOT_USED,
        support="cuts off what lies outside",
    )


SEGMENTAL = Protocol(
    match_segments,
    count_segments_and_edits,
    SegmentSettings(),
    corrected={"matching": "most"},
    faults=(TAKEN,),
    tool="ms-tcn eval.py, commit 4d3bc71",
    headline=F1,
    describe=describe_segments,
    stretches="cut",
    needs_duration=always,
    weigh=weigh_edits,
)

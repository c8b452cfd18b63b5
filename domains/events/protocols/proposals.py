"""Temporal proposals: average recall against the average number of proposals, AR-AN. Preset "proposals".

Conventions
-----------
- Labels do not matter: a proposal is a place in time, and a confidence.
- Of each video the same share of its proposals is taken, the most confident first: so many that there are AN on average
  over the videos of the reference. A reference is found by any of them at a temporal IoU; the recall is averaged over
  temporal IoU. "auc" is the area under it, in [0, 1]; ActivityNet writes it in per cent.

References
----------
Escorcia, V. et al. (2016). DAPs: deep action proposals for action understanding. ECCV, 768.
doi:10.1007/978-3-319-46487-9_47
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import check_choice
from ..schema import places_in
from .criteria import Points, groups, tiou
from .descriptions import NO_COLLAR, NOT_USED, Description, Headline, listed, of_nothing, of_outside, within
from .matchers import NOBODY, Matches, with_confidence
from .preparation import Order, Outside, ordered, within_support
from .ranks import Ties, warn_of_ties
from .reducers import count, first_to_find
from .scored import By, Matched, Protocol, Scored, Weighed
from .settings import (
    OPERATION,
    OUTSIDE,
    Empty,
    as_counts,
    as_thresholds,
    check_amount,
    check_empty,
    check_order,
    check_outside,
    check_points,
)

SHOWN = (1, 10, 100)
"""The numbers of proposals whose average recall is a figure of its own."""


@dataclass(frozen=True)
class ProposalSettings:
    """Settings of "proposals".

    Parameters
    ----------
    order : {"rows", "time"}
        Events as given, or sorted by file, onset, offset, label and falling confidence.
    points : {"same", "any", "never"}
        When two events without duration match, see `criteria.tiou`.
    thresholds : sequence of float
        Temporal IoU over which the recall is averaged, in (0, 1].
    tolerance : float
        How far below a threshold still counts.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    ties : {"official", "index"}
        Which of equally confident proposals is first: the later row, as the official code has it, or the earlier.
    most : int
        The greatest average number of proposals.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    """

    order: Order = "rows"
    points: Points = "never"
    thresholds: Sequence[float] = tuple(k / 20 for k in range(10, 20))
    tolerance: float = 0.0
    empty: Empty = nan
    ties: Ties = "official"
    most: int = 100
    outside: Outside = "counted"

    def __post_init__(self) -> None:
        check_order(self.order)
        check_points(self.points)
        object.__setattr__(self, "thresholds", as_thresholds(self.thresholds))
        check_amount("tolerance", self.tolerance)
        check_empty(self.empty)
        check_choice(OPERATION, "ties", self.ties, ("official", "index"))
        as_counts("most", [self.most])
        check_outside(self.outside)


def match_proposals(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: ProposalSettings
) -> Matched:
    """Pair each reference with the proposal of greatest temporal IoU, at each temporal IoU."""
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    prediction = ordered(prediction, settings.order)
    reference = ordered(reference, settings.order)
    confidence = with_confidence(prediction)
    if settings.ties == "official":
        file, _ = groups(prediction, reference, "file")
        warn_of_ties(confidence, file)
    pairs = tiou(prediction, reference, points=settings.points, same_label=False)
    steps = np.asarray(settings.thresholds)
    of_prediction = np.full((len(steps), len(prediction)), NOBODY)
    of_reference = np.full((len(steps), len(reference)), NOBODY)
    best_last = np.argsort(pairs.value, kind="stable")
    for k, step in enumerate(steps):
        found = best_last[pairs.value[best_last] >= step - settings.tolerance]
        i = pairs.prediction[found]
        j = pairs.reference[found]
        # of several writes to one place the last stays
        of_prediction[k, i] = j
        of_reference[k, j] = i
    matches = Matches(of_prediction, of_reference, np.zeros(len(reference), bool), steps)
    return Matched(prediction, reference, pairs, matches)


def score_proposals(scored: Scored, by: By) -> xr.Dataset:
    """Count what all proposals find as `count` does, and add the average recall by the number of proposals.

    Parameters
    ----------
    scored, by
        See `count`; settings also: ``tolerance ties most``.

    Returns
    -------
    Dataset
        Beside those of `count`: ``average_recall`` (n_proposals), 1 to the greatest; of it ``ar_at_1``, ``ar_at_10``
        and ``ar_at_100``; ``auc``. They are of all files and labels, whatever `by` keeps apart.
    """
    data = count(scored, by)
    most = scored.settings.most
    n_proposals = np.arange(1, most + 1)
    recall = recall_by_number(scored)
    average = recall.mean(axis=0)
    area = np.trapezoid(average, n_proposals) / most
    data = data.assign(average_recall=("n_proposals", average), auc=area).assign_coords(n_proposals=n_proposals)
    for k in SHOWN:
        if k <= most:
            data[f"ar_at_{k}"] = average[k - 1]
    return data


def recall_by_number(scored: Scored) -> np.ndarray:
    """Return the recall of the most confident proposals at each temporal IoU, (thresholds, average numbers)."""
    most = scored.settings.most
    reference = scored.reference
    videos = np.sort(reference["file"].unique())
    video_of_proposal = places_in(videos, scored.prediction["file"])
    video_of_reference = places_in(videos, reference["file"])
    n_all = len(scored.prediction)
    n_of_video = np.bincount(video_of_proposal[video_of_proposal >= 0], minlength=len(videos))
    # as the official code counts, whole proposals of each video: first of all, then of those that are left
    ratio = most * float(len(videos)) / n_all if n_all else 0.0
    n_left = np.minimum((n_of_video * ratio).astype(int), n_of_video)
    n_total = int(n_left.sum())
    recall = np.full((len(scored.settings.thresholds), most), nan if not len(reference) else 0.0)
    if not n_total or not len(reference):
        return recall
    share = np.arange(1, most + 1) / most * (most * float(len(videos)) / n_total)
    first_rank = first_to_find(scored, "file")
    for k, part in enumerate(share):
        n_taken = np.minimum((n_left * part).astype(int), n_left)
        recall[:, k] = np.mean(first_rank < n_taken[video_of_reference], axis=1)
    return recall


def weigh_proposals(scored: Scored) -> Weighed:
    """Return the area below average recall, and its values, of recordings that count several times."""
    most = scored.settings.most
    reference = scored.reference
    files = pd.Index(scored.files)
    n_files = len(files)
    n_proposals = np.bincount(files.get_indexer(pd.Index(scored.prediction["file"])), minlength=n_files)
    file_of_reference = files.get_indexer(pd.Index(reference["file"]))
    n_references = np.bincount(file_of_reference, minlength=n_files)
    is_video = n_references > 0
    # how many references of a file its first k proposals find, mean over thresholds: [starts[file] + k]
    starts = np.append(0, np.cumsum(n_proposals + 1))[:-1]
    n_places = int((n_proposals + 1).sum())
    first_rank = first_to_find(scored, "file")
    threshold, row = np.nonzero(np.isfinite(first_rank))
    place = starts[file_of_reference[row]] + first_rank[threshold, row].astype(int) + 1
    newly_found = np.bincount(place, minlength=n_places) / len(first_rank)
    before = np.cumsum(newly_found)
    share = np.arange(1, most + 1) / most

    def figures(weights: np.ndarray) -> xr.Dataset:
        average = np.full((len(weights), most), nan)
        for k, times in enumerate(weights):
            n_videos = float(times[is_video].sum())
            n_all = int((times * n_proposals).sum())
            ratio = most * n_videos / n_all if n_all else 0.0
            n_left = np.minimum((n_proposals * ratio).astype(int), n_proposals)
            n_total = int((times * n_left)[is_video].sum())
            if not n_videos:
                continue
            parts = share * (most * n_videos / n_total) if n_total else np.zeros(most)
            drawn = np.flatnonzero(is_video & (times > 0))
            n_taken = np.minimum((n_left[drawn, None] * parts).astype(int), n_left[drawn, None])
            found = before[starts[drawn, None] + n_taken] - before[starts[drawn]][:, None]
            average[k] = times[drawn] @ found / (times[drawn] @ n_references[drawn])
        figures = {"auc": ("draw", np.trapezoid(average, np.arange(1, most + 1), axis=1) / most)}
        for k in SHOWN:
            if k <= most:
                figures[f"ar_at_{k}"] = ("draw", average[:, k - 1])
        return xr.Dataset(figures)

    return figures


def describe_proposals(settings: ProposalSettings) -> Description:
    """Say what "proposals" does."""
    order = "the later row first" if settings.ties == "official" else "the earlier row first"
    return Description(
        criterion=f"temporal IoU ≥ {listed(settings.thresholds)}",
        matcher="many to many",
        collar=NO_COLLAR,
        boundaries=within(settings.tolerance),
        average=f"recall of all references, then over thresholds and 1 to {settings.most} proposals a video",
        empties=f"videos without references count no proposals; {of_nothing(settings.empty)}",
        labels=NOT_USED,
        scores=f"rank the proposals of a video; equal ones {order}",
        support=of_outside(settings.outside),
    )


PROPOSALS = Protocol(
    match_proposals,
    score_proposals,
    ProposalSettings(),
    corrected={"points": "same", "order": "time", "ties": "index", "tolerance": 1e-9, "outside": "dropped"},
    faults=(
        "proposals of equal confidence count one after the other, the later row first",
        "comparisons with a threshold depend on the last bit of a temporal IoU",
        "no event without duration is ever found",
        OUTSIDE,
    ),
    tool="ActivityNet evaluation code",
    stretches="whole",
    uses_labels=False,
    headline=Headline("auc", "AR-AN AUC"),
    describe=describe_proposals,
    weigh=weigh_proposals,
)

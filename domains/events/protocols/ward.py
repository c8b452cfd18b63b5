"""Activity recognition as Ward scores it: what is cut, joined, too long, too short, missing or made up. Preset "ward".

Conventions
-----------
- Events of one file and label that overlap or touch are one, within the support. See `domains.events.ward_taxonomy` for
  what each word means; it lists the events and stretches that are counted here.
- Sizes are events: those that are correct, which are as many on both sides, and all of each side. Precision and recall
  are their ratios.
- Of references that were found, the boundaries are compared with those of the prediction that shares most time.

References
----------
Ward, J. A., Lukowicz, P. & Gellersen, H. W. (2011). Performance metrics for activity recognition. ACM TIST 2, 6.
doi:10.1145/1889681.1889687
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ... import _report
from ..schema import durations_of
from .boundaries import boundary_figures
from .criteria import shared_time
from .descriptions import EXACT, NO_COLLAR, NOT_USED, POOLED, Description, Headline, of_nothing, terms_of_f1
from .fragments import ward_taxonomy
from .matchers import all_pairs
from .preparation import unite
from .reducers import coords_of, names_of, tally
from .scored import By, Matched, Protocol, Scored, always
from .settings import Settings

OF_REFERENCE = {
    "deleted": "deleted",
    "fragmented": "fragmented",
    "merged": "merged",
    "fragmented and merged": "fragmented_and_merged",
}
"""Categories of reference events, and what the report calls them."""
OF_PREDICTED = {
    "insertion": "inserted",
    "fragmenting": "fragmenting",
    "merging": "merging",
    "fragmenting and merging": "fragmenting_and_merging",
}
OF_TIME = {
    ("correct", ""): "correct",
    ("insertion", ""): "insertion",
    ("merge", ""): "merge",
    ("overfill", "start"): "overfill_start",
    ("overfill", "end"): "overfill_end",
    ("deletion", ""): "deletion",
    ("fragmenting", ""): "fragmentation",
    ("underfill", "start"): "underfill_start",
    ("underfill", "end"): "underfill_end",
}
"""Errors of stretches of time, and where at an event they are."""
CORRECT = Headline("f1", "F1 of correct events", terms_of_f1)


def match_ward(prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: Settings) -> Matched:
    """Unite the events of one label, and pair those that share time."""
    prediction = unite(prediction, support)
    reference = unite(reference, support)
    pairs = shared_time(prediction, reference)
    return Matched(prediction, reference, pairs, all_pairs(prediction, reference, pairs))


def count_ward(scored: Scored, by: By) -> xr.Dataset:
    """Count events of each category and stretches of each error, and add up their time.

    Parameters
    ----------
    scored : Scored
        Sides that are unions, and the time that they share; settings: ``empty``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b precision recall f1`` of correct events; numbers of events (``deleted fragmented
        merged fragmented_and_merged``, ``inserted fragmenting merging fragmenting_and_merging``); stretches of each
        error and their ``_seconds``; what `boundary_figures` returns.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> report = compare([[0, 4], [5, 9], [20, 21]], [[1, 9], [30, 31]], "ward")
    >>> [int(report[name]) for name in ("fragmented", "deleted", "fragmenting", "inserted")]
    [1, 1, 2, 1]
    >>> float(report.overfill_start_seconds), float(report.fragmentation_seconds), float(report.latency)
    (1.0, 1.0, -1.0)
    """
    taxonomy = ward_taxonomy(scored.prediction, scored.reference)
    predicted = taxonomy.predicted
    reference = taxonomy.reference
    correct = _tallied(reference, reference["category"] == "correct", scored, by)
    size_a = _tallied(predicted, np.ones(len(predicted), bool), scored, by)
    size_b = _tallied(reference, np.ones(len(reference), bool), scored, by)
    overlap = ov.Overlap(correct, size_a, size_b)
    coords = coords_of(scored, by)
    indices = ("precision", "recall", "dice")
    data = _report.measured(overlap, coords, indices, empty=scored.settings.empty).rename(dice="f1")
    counted = {
        **_events_of_each(reference, OF_REFERENCE, scored, by),
        **_events_of_each(predicted, OF_PREDICTED, scored, by),
        **_time_of_each(taxonomy.stretches, scored, by),
    }
    data = data.assign({name: (tuple(coords), values) for name, values in counted.items()})
    return data.merge(boundary_figures(scored, by))


def _events_of_each(table: pd.DataFrame, names: Mapping[str, str], scored: Scored, by: By) -> dict[str, np.ndarray]:
    """Return the number of events of each category."""
    counted = {}
    for category, name in names.items():
        is_one = table["category"] == category
        counted[name] = _tallied(table, is_one, scored, by)
    return counted


def _time_of_each(stretches: pd.DataFrame, scored: Scored, by: By) -> dict[str, np.ndarray]:
    """Return the number of stretches of each error, and how long they are."""
    duration = durations_of(stretches)
    counted = {}
    for (error, at), name in OF_TIME.items():
        is_one = (stretches["error"] == error) & (stretches["at"] == at)
        seconds = np.where(is_one, duration, 0.0)
        counted[f"{name}_stretches"] = _tallied(stretches, is_one, scored, by)
        counted[f"{name}_seconds"] = _tallied(stretches, seconds, scored, by)
    return counted


def _tallied(table: pd.DataFrame, weight: Any, scored: Scored, by: By) -> np.ndarray:
    """Return the sum of the weights of the rows, in the shape of the report."""
    names = names_of(scored, by)
    total = tally(table, np.asarray(weight)[None], names, by)[0]
    shape = [len(labels) for labels in coords_of(scored, by).values()]
    return np.asarray(total.reshape(shape))


def describe_ward(settings: Settings) -> Description:
    """Say what "ward" does."""
    return Description(
        criterion="events that share time, and neither cut nor joined",
        matcher="many to many; only one to one is correct",
        collar=NO_COLLAR,
        boundaries=EXACT,
        average=POOLED,
        empties=f"all that is predicted there is inserted; {of_nothing(settings.empty)}",
        labels="each by itself; what overlaps or touches of one label is one event",
        scores=NOT_USED,
        support="cuts off what lies outside",
    )


WARD = Protocol(
    match_ward,
    count_ward,
    Settings(),
    headline=CORRECT,
    describe=describe_ward,
    stretches="cut",
    needs_duration=always,
)

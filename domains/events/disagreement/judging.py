"""Which events protocols judge differently: found by one, missed or spurious by another.

Conventions
-----------
- A row for each event as it was given, and a column for each protocol that judges events. Verdicts: "found" (of a
  predicted event: it finds one), "missed" and "spurious", "part", "not judged".
- A protocol may merge events or cut them before it matches. An event has the verdict of what the protocol made of it:
  of the event that it became or is a part of, or of its pieces. If these differ, or Ward's taxonomy calls it
  fragmented or merged, it is "part".
- "not judged" is an event that a protocol leaves out: outside what was scored, of a label that does not count.
- Protocols that add up seconds, count segments or give shares have no verdicts, and none is made up for them: the
  attribute ``no_verdicts`` says why.
- Where a protocol has several thresholds, verdicts are those at the one that its number is at, else at the one nearest
  to 0.5. Average precision and PSDS take all predictions, however confident.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from overlap import intervals

from ..._report import name_of
from ..._text import one_line
from ..comparison.comparison import Events, assess, nothing_in_common
from ..protocols import PROTOCOLS, Scored
from ..protocols.fragments import ward_taxonomy
from ..protocols.matchers import NOBODY
from ..protocols.preparation import fits
from ..schema import Support, as_events, times_of
from .disagreement import named_protocols, settings_of

FOUND = "found"
MISSED = "missed"
SPURIOUS = "spurious"
PART = "part"
NOT_JUDGED = "not judged"
VERDICTS = (FOUND, MISSED, SPURIOUS, PART, NOT_JUDGED)
EVENT = ["side", "file", "label", "onset", "offset"]
ALONE = {"prediction": SPURIOUS, "reference": MISSED}
WHY_NONE = {
    "affiliation": "gives zones a precision and a recall, and events no verdict",
    "range_based": "gives events the share that the other side has, and no verdict",
    "proposals": "counts what so many proposals find, and none as spurious",
}


def judge_events(
    predicted: Events,
    reference: Events,
    *,
    protocols: Iterable[str] | None = None,
    support: Support = None,
    **parameters: Any,
) -> pd.DataFrame:
    """Say of each event how each protocol judges it, and whether they differ.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`; seconds.
    protocols : iterable of str, optional
        Names of `PROTOCOLS`; all of them by default.
    support : float, mapping or DataFrame, optional
        What was scored, see `compare`.
    **parameters
        Settings, see `compare_protocols`.

    Returns
    -------
    DataFrame
        ``side file label onset offset``, a row for each event, in the order of files and time; ``differs``, whether
        protocols judge it differently; and a column for each protocol: "found", "missed", "spurious", "part" or
        "not judged". Attributes: ``prediction reference``, what they are called; ``thresholds`` of the protocols that
        have some; ``no_verdicts``, why some judge no events; ``refused``, why others do not apply.

    Raises
    ------
    ValueError
        As `compare_protocols`.

    See Also
    --------
    plot_verdicts : Draw how each protocol judges the events that not all judge alike.
    align : List row by row what a protocol matched.
    compare_protocols : Score events under all protocols, and say why they differ.

    Examples
    --------
    >>> table = judge_events([[0, 10], [20, 30]], [[0, 10], [20, 60]], protocols=["tiou", "ward", "time"])
    >>> table.loc[table["differs"], ["side", "onset", "tiou", "ward"]]
             side  onset      tiou   ward
    2   reference   20.0    missed  found
    3  prediction   20.0  spurious  found
    >>> table.attrs["no_verdicts"]
    {'time': 'counts seconds, not events'}
    """
    names = named_protocols(protocols)
    settings = settings_of(names, parameters)
    sides = [as_events(predicted, "prediction"), as_events(reference, "reference")]
    scored = {}
    refused = {}
    with warnings.catch_warnings():
        # `compare_protocols` says them
        warnings.simplefilter("ignore", UserWarning)
        for name in names:
            reason = nothing_in_common(*sides, uses_labels=PROTOCOLS[name].uses_labels)
            try:
                found = assess(sides[0], sides[1], name, support=support, **settings[name])
            except ValueError as error:
                if not str(error).startswith("events."):
                    raise
                reason = one_line(str(error).removeprefix("events.assess: "), None)
            if reason:
                refused[name] = reason
            else:
                scored[name] = found
    table = verdicts_of(sides, scored, refused)
    table.attrs |= {"prediction": name_of(predicted, "prediction"), "reference": name_of(reference, "reference")}
    return table


def verdicts_of(
    sides: list[pd.DataFrame], scored: Mapping[str, Scored], refused: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return what `judge_events` does, of events that were scored by several protocols.

    Parameters
    ----------
    sides : list of DataFrame
        The prediction and the reference, as they were given.
    scored : mapping of str to Scored
        By the name of the protocol.
    refused : mapping of str to str, optional
        Why others do not apply.
    """
    listed = [side.assign(side=name)[EVENT] for side, name in zip(sides, ("prediction", "reference"), strict=True)]
    of_protocols: dict[str, np.ndarray] = {}
    thresholds = {}
    no_verdicts = {}
    for name, one in scored.items():
        why = why_no_verdicts(name, one)
        if why:
            no_verdicts[name] = why
            continue
        threshold = one.nearest_threshold(_wanted(one))
        of_protocols[name] = np.concatenate(_verdicts(one, sides, threshold))
        if threshold is not None:
            thresholds[name] = threshold
    table = pd.concat(listed, ignore_index=True)
    answers = pd.DataFrame(of_protocols, index=table.index)
    differs = answers.nunique(axis=1) > 1 if len(answers.columns) else np.zeros(len(table), bool)
    table = pd.concat([table.assign(differs=differs), answers], axis=1)
    # the reference first, as it lies above in pictures
    table = table.assign(second=table["side"] == "prediction")
    table = table.sort_values(["file", "onset", "second", "offset"], kind="stable", ignore_index=True)
    table = table.drop(columns="second")
    table.attrs = {"thresholds": thresholds, "no_verdicts": no_verdicts, "refused": dict(refused or {})}
    return table


def protocols_of(table: pd.DataFrame) -> list[str]:
    """Return the protocols that have a column in a table of `judge_events`.

    Examples
    --------
    >>> protocols_of(judge_events([[0, 1]], [[0, 1]], protocols=["tiou", "time"]))
    ['tiou']
    """
    return [str(name) for name in table.columns if name not in (*EVENT, "differs")]


def said_of(row: Mapping[Any, Any], protocols: Iterable[str]) -> str:
    """Return in words how protocols judge an event.

    Examples
    --------
    >>> said_of({"tiou": "missed", "ward": "found", "szcore": "found"}, ["tiou", "ward", "szcore"])
    'found: ward, szcore; missed: tiou'
    """
    parts = []
    for verdict in VERDICTS:
        names = [name for name in protocols if row[name] == verdict]
        if names:
            parts.append(f"{verdict}: {', '.join(names)}")
    return "; ".join(parts)


def no_verdict_lines(table: pd.DataFrame) -> list[str]:
    """Return why some protocols judge no events, a line for each reason.

    Examples
    --------
    >>> no_verdict_lines(judge_events([[0, 1]], [[0, 1]], protocols=["time", "jer", "tiou"]))
    ['no verdicts of time, jer: counts seconds, not events']
    """
    by_reason: dict[str, list[str]] = {}
    for name, why in table.attrs["no_verdicts"].items():
        by_reason.setdefault(why, []).append(name)
    return [f"no verdicts of {', '.join(names)}: {why}" for why, names in by_reason.items()]


def summary_of(table: pd.DataFrame) -> str:
    """Return how many events protocols judge alike and differently, in a sentence.

    Examples
    --------
    >>> summary_of(judge_events([[0, 10]], [[0, 10], [20, 60]], protocols=["tiou", "ward", "time"]))
    '2 protocols judge events: 0 of 2 of the reference and 0 of 1 of the prediction differently, all others alike'
    """
    n = len(protocols_of(table))
    if n < 2:
        only = "no protocol judges" if n == 0 else "only 1 protocol judges"
        return f"{only} events: none is judged differently"
    counts = []
    for side in ("reference", "prediction"):
        differs = table.loc[table["side"] == side, "differs"]
        counts.append(f"{int(differs.sum())} of {len(differs)} of the {side}")
    return f"{n} protocols judge events: {' and '.join(counts)} differently, all others alike"


def why_no_verdicts(name: str, scored: Scored) -> str:
    """Return why a protocol judges no events; "" if it does.

    Examples
    --------
    >>> why_no_verdicts("jer", assess([[0, 1]], [[0, 1]], "jer"))
    'counts seconds, not events'
    """
    units = scored.protocol.units
    if units in ("seconds", "segments"):
        return f"counts {units}, not events"
    return WHY_NONE.get(name, "")


def _wanted(scored: Scored) -> float | None:
    """Return the threshold that the headline is at, if it has one of its own."""
    return getattr(scored.settings, "reference_threshold", None)


def _verdicts(scored: Scored, given: list[pd.DataFrame], threshold: float | None) -> list[np.ndarray]:
    """Return the verdict of each event of either side, as it was given."""
    aligned = _judged(scored, threshold)
    uses_labels = scored.protocol.uses_labels
    verdicts = []
    for side, events, judged in zip(("prediction", "reference"), given, aligned, strict=True):
        own = _of_given(events, judged, ALONE[side], uses_labels=uses_labels)
        labels = getattr(scored.settings, "labels", None)
        if labels is not None and not uses_labels:
            # what overlaps one that counts is not judged with it
            is_counted = fits(events["label"], labels)
            own = np.where(is_counted, own, NOT_JUDGED)
        verdicts.append(own)
    return verdicts


def _judged(scored: Scored, threshold: float | None) -> list[pd.DataFrame]:
    """Return the events of either side as the protocol made them, with their verdicts."""
    if scored.protocol_name == "ward":
        return _judged_by_ward(scored)
    judged = []
    for side, events in zip(("prediction", "reference"), scored.align(threshold), strict=True):
        verdict = np.where(events["matched"], FOUND, ALONE[side])
        judged.append(events.assign(verdict=verdict))
    unknown = getattr(scored.settings, "unknown", None)
    if unknown is not None:
        # predictions that nobody can say right or wrong of, and what they lie on
        prediction, reference = judged
        is_unknown = reference["label"].to_numpy(str) == unknown
        partner = prediction["partner"].to_numpy()
        takes_unknown = (partner != NOBODY) & is_unknown[partner] if len(is_unknown) else partner != partner
        prediction.loc[takes_unknown, "verdict"] = NOT_JUDGED
        reference.loc[is_unknown, "verdict"] = NOT_JUDGED
    return judged


def _judged_by_ward(scored: Scored) -> list[pd.DataFrame]:
    """Return the events of either side with the verdict that their category is."""
    taxonomy = ward_taxonomy(scored.prediction, scored.reference)
    judged = []
    for events, alone, verdict in (
        (taxonomy.predicted, "insertion", SPURIOUS),
        (taxonomy.reference, "deleted", MISSED),
    ):
        category = events["category"].to_numpy(str)
        of_events = np.select([category == "correct", category == alone], [FOUND, verdict], PART)
        judged.append(events.assign(verdict=of_events))
    return judged


def _of_given(given: pd.DataFrame, judged: pd.DataFrame, alone: str, *, uses_labels: bool) -> np.ndarray:
    """Return the verdict of each given event: of the judged one that it is, else of those that share its time."""
    keys = ["file", "label"] if uses_labels else ["file"]
    verdict = _of_the_same(given, judged, [*keys, "onset", "offset"])
    is_left = pd.isna(verdict)
    if not is_left.any() or judged.empty:
        return np.where(is_left, NOT_JUDGED, verdict).astype(str)
    rest = given[is_left]
    both = pd.concat([rest[keys], judged[keys]])
    number = both.groupby(keys, sort=False).ngroup().to_numpy()
    row, other, _ = intervals.overlap_pairs(
        times_of(rest), times_of(judged), by=(number[: len(rest)], number[len(rest) :])
    )
    of_other = judged["verdict"].to_numpy(str)[other]
    n = np.bincount(row, minlength=len(rest))
    n_found = np.bincount(row, of_other == FOUND, len(rest))
    n_alone = np.bincount(row, of_other == alone, len(rest))
    n_left_out = np.bincount(row, of_other == NOT_JUDGED, len(rest))
    cases = [n == n_left_out, n == n_found, n == n_alone]
    verdict[is_left] = np.select(cases, [NOT_JUDGED, FOUND, alone], PART)
    return verdict.astype(str)


def _of_the_same(given: pd.DataFrame, judged: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Return the verdict of each event that was judged as it is, None of the others."""
    if given.empty:
        # an empty table has no types to be merged by
        return np.full(len(given), None, object)
    if "confidence" in given and "confidence" in judged:
        keys = [*keys, "confidence"]
    # of equal rows the first is the first
    one = given[keys].assign(nth=given.groupby(keys, dropna=False).cumcount())
    other = judged[keys].assign(nth=judged.groupby(keys, dropna=False).cumcount(), verdict=judged["verdict"])
    return one.merge(other, on=[*keys, "nth"], how="left")["verdict"].to_numpy(object)

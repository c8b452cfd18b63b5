"""How well predicted events agree with annotated ones, under a protocol.

Conventions
-----------
- Prediction first, reference second.
- `assess` scores once; the report, the alignment and the picture read what it returns.
- A preset gives its community's number, ``corrected=True`` gives ours. ``explain=True`` scores both ways, and warns
  where the known faults change the figures of these very data.
- Files of either side count: a recording without predictions is missed, one without references all false alarms.
- What was scored are stretches of files. Lengths are their total; what lies outside of them is listed.
- A ratio of two empty sets is as ``empty=`` says; ``n_defined`` counts the values that are defined.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from overlap import intervals

from ... import _report, _skipped
from ..._checks import check_choice
from ..protocols import PROTOCOLS, By, Protocol, Scored
from ..protocols.scored import checked_by
from ..schema import Support, as_events, as_support, first_names, names_in, places_in, times_of, warn_of_names
from .outside import check_stretches, list_left_out

Events = pd.DataFrame | np.ndarray


def assess(
    predicted: Events,
    reference: Events,
    protocol: str | Protocol = "time",
    *,
    support: Support = None,
    corrected: bool = False,
    **parameters: Any,
) -> Scored:
    """Match predicted events with annotated ones under a protocol, once for all that reads it.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`; seconds.
    protocol : str or Protocol
        A name of `PROTOCOLS`, see `compare`, or one of your own.
    support : float, mapping or DataFrame, optional
        What was scored: the duration of all files, of each, or a table with ``file``, ``onset``, ``offset``, a row
        for each stretch, several a file (UEM). Lengths are the total of the stretches; what they mean for an event,
        the protocol says. A number holds for the files that have events, since tables name no others: a recording in
        which nothing happened and nothing was predicted counts only where a mapping or a table names it. `score` reads
        the files, and knows all.
    corrected : bool
        Correct the protocol's known faults.
    **parameters
        Settings of the protocol, such as ``thresholds=(0.5,)`` or ``empty=0.0``.

    Returns
    -------
    Scored
        ``report(by)`` gives the numbers, ``align(threshold)`` the rows, and `plot_scored` draws them.

    Raises
    ------
    ValueError
        If a table is malformed, a protocol or a setting is unknown or has a wrong value, or a file has several
        scored stretches and the protocol takes one.

    Warns
    -----
    UserWarning
        If the two sides share no file or, where labels matter, no label; events lie outside the support, or have no
        duration where time is measured; or the support lacks files that they name.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    align : List row by row what a protocol matched.
    plot_scored : Draw the timelines that were scored, and what was matched.

    Examples
    --------
    >>> scored = assess(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "tiou", thresholds=(0.5,))
    >>> scored.settings.thresholds, scored.report().recall.values.tolist()
    ((0.5,), [1.0])
    >>> scored.align()[0]["matched"].tolist()
    [True, False]
    """
    rules, name = find_protocol(protocol)
    settings = rules.configure(corrected=corrected, **parameters)
    prediction_events = as_events(predicted, "prediction")
    reference_events = as_events(reference, "reference")
    apart = nothing_in_common(prediction_events, reference_events, uses_labels=rules.uses_labels)
    if apart:
        warnings.warn(f"events.assess: {apart}", stacklevel=3)
    elif rules.uses_labels:
        alike = spelt_otherwise(prediction_events, reference_events)
        if alike:
            warnings.warn(f"events.assess: {alike}", stacklevel=3)
    files = names_in(prediction_events, reference_events)
    stretches = _stretches(support, files)
    check_stretches(stretches, rules, name, settings)
    consequence = "all of that is scored, and what needs its length is NaN"
    warn_of_names("events.assess", support, files, consequence, 3)
    skipped = [
        list_left_out(prediction_events, stretches, "prediction", rules, settings),
        list_left_out(reference_events, stretches, "reference", rules, settings),
    ]
    matched = rules.match(prediction_events, reference_events, stretches, settings)
    return Scored(
        given=(prediction_events, reference_events),
        names=(_report.name_of(predicted, "prediction"), _report.name_of(reference, "reference")),
        prediction=matched.prediction,
        reference=matched.reference,
        support=stretches,
        skipped=_skipped.joined(*skipped),
        pairs=matched.pairs,
        matches=matched.matches,
        settings=settings,
        protocol=rules,
        protocol_name=name,
        corrected=corrected,
        parameters=parameters,
    )


def compare(
    predicted: Events,
    reference: Events,
    protocol: str | Protocol = "time",
    *,
    support: Support = None,
    by: By = None,
    corrected: bool = False,
    explain: bool = False,
    **parameters: Any,
) -> xr.Dataset:
    """Score predicted events against annotated ones.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`; seconds.
    protocol : str or Protocol
        A name of `PROTOCOLS`: "time" (overlap of labelled time, Cohen's kappa), "tiou" (events found at several
        temporal IoU), "szcore", "szcore_sample", "spindles", "sed_eval_event", "sed_eval_segment", "intersection",
        "psds", "psds_scenario1", "psds_scenario2", "activitynet", "thumos14", "proposals" (AR-AN), "nist_der",
        "pyannote_der" and "jer" (speakers), "mir_eval_onset", "mir_eval_transcription" (notes with a pitch),
        "affiliation" and "range_based" (anomalies), "segmental" (actions), "dcase_fewshot" (sounds of animals), "ward"
        (events cut, joined, too long, too short); or one of your own.
    support : float, mapping or DataFrame, optional
        What was scored: the duration of all files, of each, or a table with ``file``, ``onset``, ``offset``, a row
        for each stretch. A number holds for the files that have events; see `assess`.
    by : {"label", "file"} or both, optional
        Keep labels or files apart, or each label of each file; by default all are pooled.
    corrected : bool
        Correct the protocol's known faults.
    explain : bool
        Score with the corrected settings too, and warn where the known faults change the figures. Takes twice as long.
    **parameters
        Settings of the protocol, such as ``thresholds=(0.5,)`` or ``empty=0.0``.

    Returns
    -------
    Dataset
        ``intersection size_a size_b`` (references found; these and false alarms; references), in events, segments or
        seconds; indices; what else the protocol reports; ``n_defined``. Decisions are in ``attrs``.

    Raises
    ------
    ValueError
        If a table is malformed, or a protocol, a setting or a value of ``by`` is unknown or has a wrong value.

    Warns
    -----
    UserWarning
        As `assess`; with ``explain``, if known faults change the result.

    See Also
    --------
    assess : Match predicted events with annotated ones under a protocol.
    align : List row by row what a protocol matched.
    score : Score files of predicted events against files of annotated ones.
    compare_protocols : Score events under all protocols, and say why they differ.

    Examples
    --------
    >>> report = compare(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "tiou", thresholds=(0.5,))
    >>> float(report.precision[0]), float(report.recall[0])
    (0.5, 1.0)
    """
    by = checked_by("events.compare", by)
    scored = assess(predicted, reference, protocol, support=support, corrected=corrected, **parameters)
    report = scored.report(by)
    if explain:
        explain_faults(scored, report, by)
    return report


def confusion_matrix(
    predicted: Events, reference: Events, *, support: Support = None, by: Literal["file"] | None = None
) -> xr.DataArray:
    """Return how long each predicted label holds together with each annotated one, or with none.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`; what overlaps of one label counts once.
    support : float, mapping or DataFrame, optional
        What was scored, see `compare`. Without it, how long neither side has a label is NaN.
    by : {"file"}, optional
        Keep files apart; by default all are pooled.

    Returns
    -------
    DataArray
        Seconds, (prediction, reference) or (file, prediction, reference). The last label, "(none)", is the time without
        one. Where at most one label holds at a time, all add up to the support.

    Raises
    ------
    ValueError
        If a table is malformed, or `by` is something else.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    overlap.intervals.contingency : Measure how long each label of one table holds together with each label of another.

    Examples
    --------
    >>> a = pd.DataFrame({"onset": [0, 4], "offset": [4, 9], "label": ["wake", "sleep"]})
    >>> b = pd.DataFrame({"onset": [1], "offset": [6], "label": ["sleep"]})
    >>> confusion_matrix(a, b, support=10.0).to_pandas()
    reference   sleep  wake  (none)
    prediction
    sleep         2.0   0.0     3.0
    wake          3.0   0.0     1.0
    (none)        0.0   0.0     1.0
    """
    check_choice("events.confusion_matrix", "by", by, ("file", None))
    a = as_events(predicted, "prediction")
    b = as_events(reference, "reference")
    files = names_in(a, b)
    scored = _stretches(support, files)
    is_known = bool(scored["offset"].notna().all())
    every_file = scored.index.unique()
    groups = [places_in(every_file, side["file"]) for side in (a, b)]
    if is_known:
        groups.append(every_file.get_indexer(scored.index))
    table = intervals.contingency(
        times_of(a),
        times_of(b),
        (a["label"].to_numpy(str), b["label"].to_numpy(str)),
        support=times_of(scored) if is_known else None,
        by=groups,
    )
    labels = [*map(str, table.labels), "(none)"]
    names = every_file[table.groups].tolist()
    coords = {"file": names, "prediction": labels, "reference": labels}
    matrix = xr.DataArray(table.duration, coords, ["file", "prediction", "reference"], "seconds")
    return matrix if by == "file" else matrix.sum("file", skipna=False)


def align(
    predicted: Events,
    reference: Events,
    protocol: str | Protocol = "tiou",
    *,
    support: Support = None,
    threshold: float | None = None,
    corrected: bool = False,
    **parameters: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List row by row what a protocol matched.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        See `compare`.
    protocol, support
        See `compare`.
    threshold : float, optional
        Which threshold, if the protocol has several; by default the one nearest to 0.5.
    corrected : bool
        See `compare`.
    **parameters
        See `compare`.

    Returns
    -------
    predicted, reference : DataFrame
        The events as they were scored (merged or cut, if the protocol does so) with ``partner``, the row of the other
        table or -1, and ``matched``.

    Raises
    ------
    ValueError
        As `compare`.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    assess : Match predicted events with annotated ones under a protocol.

    Examples
    --------
    >>> a, b = align(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]))
    >>> a["matched"].tolist(), b["partner"].tolist()
    ([True, False], [0])
    """
    scored = assess(predicted, reference, protocol, support=support, corrected=corrected, **parameters)
    return scored.align(threshold)


def explain_faults(scored: Scored, report: xr.Dataset, by: By = None) -> None:
    """Score with the corrected settings too, and warn if the known faults of a protocol change its report.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.
    report : Dataset
        Its report.
    by : {"label", "file"}, optional
        What the report keeps apart.

    Warns
    -----
    UserWarning
        If figures differ, with up to four of them.
    """
    protocol = scored.protocol
    if scored.corrected or not protocol.corrected:
        return
    prediction, reference = scored.given
    support = scored.support.reset_index()
    with warnings.catch_warnings():
        # what was said the first time is not said again
        warnings.simplefilter("ignore", UserWarning)
        again = assess(prediction, reference, protocol, support=support, corrected=True, **scored.parameters)
    better = again.report(by)
    different = [name for name in better.data_vars if _differs(str(name), report, better)]
    if not different:
        return
    different.sort(key=lambda name: report[name].ndim)
    figures = []
    for name in different[:4]:
        figures.append(f"{name} {_brief(report[name])} (corrected {_brief(better[name])})")
    warnings.warn(
        f"events.compare: {scored.protocol_name}: known faults change the figures of these data: {', '.join(figures)}. "
        f"Known: {'; '.join(protocol.faults)}. corrected=True gives the corrected figures",
        stacklevel=3,
    )


def nothing_in_common(prediction: pd.DataFrame, reference: pd.DataFrame, *, uses_labels: bool) -> str:
    """Return why no event can match one of the other side, whatever their times; "" if one could.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events, as `as_events` returns them. A side without events is no fault.
    uses_labels : bool
        Whether the protocol tells labels apart.

    Examples
    --------
    >>> a = as_events(pd.DataFrame({"onset": [0.0], "offset": [1.0], "label": ["dog"]}))
    >>> nothing_in_common(a, a.assign(label="cat"), uses_labels=True)[:41]
    'the two sides have no label in common (th'
    >>> nothing_in_common(a, a.assign(label="cat"), uses_labels=False)
    ''
    """
    predicted = names_in(prediction)
    annotated = names_in(reference)
    if not predicted or not annotated:
        return ""
    files = predicted & annotated
    if not files:
        one = first_names([min(predicted)])
        other = first_names([min(annotated)])
        return f"the two sides have no file in common ({one} and {other} …), so nothing can match; name them alike"
    return _no_label_in_common(prediction, reference, files) if uses_labels else ""


def spelt_otherwise(prediction: pd.DataFrame, reference: pd.DataFrame) -> str:
    """Return which labels of one side the other has with small and large letters, or spaces, otherwise; "" if none.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events, as `as_events` returns them.

    Examples
    --------
    >>> a = as_events(pd.DataFrame({"onset": [0.0, 2.0], "offset": [1.0, 3.0], "label": ["dog", "tawny owl"]}))
    >>> spelt_otherwise(a, a.assign(label=["dog", "Tawny_owl"]))
    "'tawny owl' of the prediction and 'Tawny_owl' of the reference are two labels, and do not match; name them alike"
    """
    predicted = names_in(prediction, column="label")
    annotated = names_in(reference, column="label")
    spelt = defaultdict(list)
    for label in sorted(annotated):
        spelt[_plainly(label)].append(label)
    for label in sorted(predicted):
        for other in spelt[_plainly(label)]:
            both_have_both = label in annotated and other in predicted
            if other != label and not both_have_both:
                return (
                    f"{first_names([label])} of the prediction and {first_names([other])} of the reference are two "
                    "labels, and do not match; name them alike"
                )
    return ""


def _plainly(label: str) -> str:
    return "".join(re.split(r"[\s_-]+", label.casefold()))


def find_protocol(protocol: str | Protocol) -> tuple[Protocol, str]:
    """Return a protocol and its name, "custom" for one that is no preset.

    Raises
    ------
    UsageError
        If there is no preset of that name.
    """
    if isinstance(protocol, Protocol):
        return protocol, "custom"
    check_choice("events.assess", "protocol", protocol, PROTOCOLS)
    return PROTOCOLS[protocol], protocol


def _stretches(support: Support, files: set[str]) -> pd.DataFrame:
    """Return what was scored: the files that have events, and those that the support names."""
    stretches = as_support(support, files)
    # seconds without any event are those of one recording without a name; if nothing is said, there is none
    is_seconds = support is not None and not isinstance(support, pd.DataFrame | Mapping)
    return as_support(support, {""}) if stretches.empty and is_seconds else stretches


def _no_label_in_common(prediction: pd.DataFrame, reference: pd.DataFrame, files: set[str]) -> str:
    predicted = _labels_in(prediction, files)
    annotated = _labels_in(reference, files)
    if predicted & annotated:
        return ""
    return (
        f"the two sides have no label in common (the prediction has {first_names(sorted(predicted))}, the reference "
        f"{first_names(sorted(annotated))}), so nothing can match; name them alike"
    )


def _labels_in(events: pd.DataFrame, files: set[str]) -> set[str]:
    """Return the labels of some files."""
    present = events["file"].unique()
    others = set(present.tolist()) - files
    if others:
        events = events[~events["file"].isin(others)]
    return names_in(events, column="label")


def _differs(name: str, report: xr.Dataset, better: xr.Dataset) -> bool:
    # a rate over time differs by its rounding alone
    if name in ("false_alarms_per_24h", "n_defined"):
        return False
    return not np.allclose(report[name], better[name], rtol=1e-6, atol=0, equal_nan=True)


def _brief(x: xr.DataArray) -> str:
    if x.ndim == 0:
        return f"{float(x):.6g}"
    return f"{float(x.mean()):.6g} on average"

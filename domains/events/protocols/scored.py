"""A protocol, and what came of it: one object that the report, the alignment, the picture and the CSV read.

Conventions
-----------
- `Scored` is made once, by `assess`. Nothing that reads it computes a match, a support or a setting again.
- A protocol prepares both sides, finds candidate pairs, matches them, and reduces the matches to numbers. The first
  three steps are one function, ``match(prediction, reference, support, settings) -> Matched``, the last is
  ``reduce(scored, by) -> Dataset``.
- What was scored may be several stretches of a file. What needs a length has their total. What they mean for an event
  is the protocol's, one of three: it is cut to them; it is scored whole if it shares time with one of them; or there
  may be only one stretch of a file, and several are refused.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ... import _console, _report
from ..._checks import UsageError, check_choice, check_kind, check_number
from ..._html import result_html
from ..schema import names_in
from .criteria import Pairs
from .descriptions import Description, Headline
from .matchers import NOBODY, Matches
from .settings import OPERATION, Settings

Kept = Literal["label", "file"]
Stretches = Literal["cut", "whole", "one"]


def never(settings: Any) -> bool:
    """Say no, whatever the settings.

    Examples
    --------
    >>> never(None)
    False
    """
    return False


def always(settings: Any) -> bool:
    """Say yes, whatever the settings.

    Examples
    --------
    >>> always(None)
    True
    """
    return True


By = Kept | Sequence[Kept] | None
Weighed = Callable[[np.ndarray], xr.Dataset]
"""Figures (draw, ...) of recordings that count so often: weights (draws, files), in the order of ``Scored.files``."""
INDICES = ("iou", "dice", "precision", "recall", "f1", "ap", "psds", "der", "jer")


class Matched(NamedTuple):
    """What the first three steps of a protocol give.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events as the protocol prepared them: merged, cut or sorted.
    pairs : Pairs
        Candidates; positions are rows of these tables.
    matches : Matches
        Who was matched with whom.
    """

    prediction: pd.DataFrame
    reference: pd.DataFrame
    pairs: Pairs
    matches: Matches


@dataclass(frozen=True)
class Protocol:
    """How events are scored.

    Parameters
    ----------
    match : callable
        ``match(prediction, reference, support, settings) -> Matched``: prepare, find candidate pairs, match.
    reduce : callable
        ``reduce(scored, by) -> Dataset``: the sizes, the indices, and what else is reported.
    settings : dataclass
        Every setting and its value, see `Settings`.
    corrected : mapping
        Settings that correct the known faults.
    faults : tuple of str
        The known faults, in words.
    tool : str
        The community's tool and its version, which the numbers are held to; "" if there is none.
    units : str
        What the sizes count.
    uses_labels : bool
        Whether events of different labels do not match.
    headline : Headline, optional
        The number that the community names first; every preset has one.
    describe : callable, optional
        ``describe(settings) -> Description``: what the protocol does, in words; every preset has one.
    stretches : {"cut", "whole", "one"}
        What several scored stretches of a file mean. "cut": time within them is scored, and events are cut to them.
        "whole": events that share time with one of them are scored, whole; its settings have ``outside``. "one": the
        protocol knows one stretch of a file only.
    needs_duration : callable
        ``needs_duration(settings) -> bool``: whether events without duration count for nothing, since time is what is
        measured.
    loses : callable, optional
        ``loses(events, support, settings) -> array of bool``: which events within what was scored count for nothing
        though they could; why says `why_lost`.
    why_lost : str
        The reason, as a row of what was skipped has it.
    takes_points : bool
        Whether predictions may stand at several operating points.
    weigh : callable, optional
        ``weigh(scored) -> figures``: the figures that are no ratios of sums, where recordings count several times; see
        `weighing`.

    Examples
    --------
    >>> from .presets import PROTOCOLS
    >>> PROTOCOLS["thumos14"].configure(corrected=True).duplicates is None
    True
    """

    match: Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame, Any], Matched]
    reduce: Callable[[Scored, By], xr.Dataset]
    settings: Any = field(default_factory=Settings)
    corrected: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    tool: str = ""
    units: str = "events"
    uses_labels: bool = True
    headline: Headline | None = None
    describe: Callable[[Any], Description] | None = None
    stretches: Stretches = "one"
    needs_duration: Callable[[Any], bool] = never
    loses: Callable[[pd.DataFrame, pd.DataFrame, Any], np.ndarray] | None = None
    why_lost: str = ""
    takes_points: bool = False
    weigh: Callable[[Scored], Weighed] | None = None

    def configure(self, *, corrected: bool = False, **parameters: Any) -> Any:
        """Return the settings with the corrections, if asked, and then those that are given.

        Raises
        ------
        UsageError
            If there is no such setting, or it has a wrong value.
        """
        known = list(as_dict(self.settings))
        unknown = [name for name in parameters if name not in known]
        if unknown:
            raise UsageError(
                f"{OPERATION}: this protocol has no setting {', '.join(unknown)}; it has {', '.join(known)}"
            )
        check_choice(OPERATION, "corrected", corrected, (True, False))
        corrections = self.corrected if corrected else {}
        return replace(self.settings, **{**corrections, **parameters})

    def description(self, settings: Any = None) -> Description | None:
        """Return what the protocol does, in words; None if nobody wrote it down.

        Parameters
        ----------
        settings : dataclass, optional
            The settings that hold, as `configure` returns them; by default the protocol's own.
        """
        if self.describe is None:
            return None
        return self.describe(self.settings if settings is None else settings)


@dataclass(frozen=True, eq=False, repr=False)
class Scored:
    """Events that were scored: what was compared, who was matched with whom, and under which settings.

    Parameters
    ----------
    given : tuple of DataFrame
        The prediction and the reference, as they were given.
    names : tuple of str
        What the two are called.
    prediction, reference : DataFrame
        Their events as the protocol prepared them: merged, cut or sorted.
    support : DataFrame
        What was scored: ``onset`` and ``offset`` of each stretch, by file, see `as_support`.
    skipped : DataFrame
        ``side file where reason detail`` of the events that were left out or cut, since they lie outside the support.
    pairs : Pairs
        The candidate pairs.
    matches : Matches
        Who was matched with whom.
    settings : dataclass
        The settings that held.
    protocol : Protocol
        The protocol.
    protocol_name : str
        Its name, "custom" for one that is no preset.
    corrected : bool
        Whether its known faults were corrected.
    parameters : mapping
        The settings that were given.

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> scored = assess(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "tiou", thresholds=(0.5,))
    >>> scored
    Scored(tiou, prediction: prediction (2), reference: reference (1))
    >>> scored.report().recall.values.tolist()
    [1.0]
    """

    given: tuple[pd.DataFrame, pd.DataFrame]
    names: tuple[str, str]
    prediction: pd.DataFrame
    reference: pd.DataFrame
    support: pd.DataFrame
    skipped: pd.DataFrame
    pairs: Pairs
    matches: Matches
    settings: Any
    protocol: Protocol
    protocol_name: str
    corrected: bool
    parameters: Mapping[str, Any]

    def __repr__(self) -> str:
        corrected = ", corrected" if self.corrected else ""
        prediction, reference = self.names
        n_prediction = len(self.given[0])
        n_reference = len(self.given[1])
        return (
            f"Scored({self.protocol_name}{corrected}, prediction: {prediction} ({n_prediction}), "
            f"reference: {reference} ({n_reference}))"
        )

    @property
    def files(self) -> list[str]:
        """What was scored, recording by recording: their names, in order."""
        return [str(file) for file in self.support.index.unique()]

    @property
    def seconds(self) -> pd.Series[float]:
        """How much of each recording was scored: the sum of its stretches, NaN if that is not known."""
        length = self.support["offset"] - self.support["onset"]
        return length.groupby(level=0).sum(min_count=1)

    def _repr_html_(self) -> str:
        return result_html(repr(self), self.report())

    def report(self, by: By = None) -> xr.Dataset:
        """Return the numbers as `compare` does.

        Parameters
        ----------
        by : {"label", "file"} or both, optional
            Keep labels or files apart, or each label of each file; by default all are pooled.

        Raises
        ------
        UsageError
            If `by` is something else.
        """
        data = self.protocol.reduce(self, checked_by("events.compare", by))
        present = [name for name in INDICES if name in data]
        prediction, reference = self.names
        return _report.completed(
            data,
            present,
            prediction=prediction,
            reference=reference,
            n_prediction=len(self.given[0]),
            n_reference=len(self.given[1]),
            protocol=self.protocol_name,
            tool=self.protocol.tool,
            corrected=str(self.corrected),
            parameters=as_json(self.settings),
            files=self._describe_files(),
            support=self._describe_support(),
            units=self.protocol.units,
            empty=self.settings.empty,
        )

    def align(self, threshold: float | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return both sides' events with their partners, see `align`.

        Parameters
        ----------
        threshold : float, optional
            Which threshold, if the protocol has several; by default the one nearest to 0.5.

        Raises
        ------
        UsageError
            If the threshold is no number in (0, 1].
        """
        k = self._threshold_index(threshold)
        of_prediction = self.matches.prediction[k]
        of_reference = self.matches.reference[k]
        prediction = self.prediction.assign(partner=of_prediction, matched=of_prediction != NOBODY)
        reference = self.reference.assign(partner=of_reference, matched=of_reference != NOBODY)
        return prediction, reference

    def nearest_threshold(self, threshold: float | None = None) -> float | None:
        """Return the threshold that `align` takes, None if the protocol has none.

        Parameters
        ----------
        threshold : float, optional
            Which threshold is wanted, by default 0.5.

        Raises
        ------
        UsageError
            If the threshold is no number in (0, 1].
        """
        k = self._threshold_index(threshold)
        if self.matches.thresholds is None:
            return None
        return float(self.matches.thresholds[k])

    def _threshold_index(self, threshold: float | None) -> int:
        wanted = 0.5
        if threshold is not None:
            check_number("events.align", "threshold", threshold, above=0, at_most=1)
            wanted = threshold
        if self.matches.thresholds is None:
            return 0
        distance = np.abs(self.matches.thresholds - wanted)
        return int(np.argmin(distance))

    def _describe_files(self) -> str:
        predicted = names_in(self.given[0])
        annotated = names_in(self.given[1])
        n_both = len(predicted & annotated)
        n_predicted = len(predicted - annotated)
        n_annotated = len(annotated - predicted)
        n = len(self.files)
        return f"{n_both} on both sides, {n_predicted} predicted only, {n_annotated} annotated only, {n} in all"

    def _describe_support(self) -> str:
        seconds = self.seconds
        if not len(seconds):
            return "no file"
        length = seconds.sum(skipna=False)
        if not np.isfinite(length):
            return "not known for all files"
        files = _counted(len(seconds), "file", "files")
        n_stretches = len(self.support)
        if n_stretches == len(seconds):
            return f"{length:g} s in {files}"
        return f"{length:g} s in {n_stretches} stretches of {files}"


def check_scored(operation: str, scored: object) -> None:
    """Check that an argument is what `assess` returns.

    Raises
    ------
    TypeError
        If it is something else.

    Examples
    --------
    >>> check_scored("events.plot_scored", "a.csv")
    Traceback (most recent call last):
    TypeError: events.plot_scored: scored is a str; pass what events.assess returns (of events.score, its .scored)
    """
    # by what it has: where this module is read a second time, as to run its examples, its class is another one
    if all(hasattr(scored, name) for name in ("given", "matches", "settings")):
        return
    remedy = "pass what events.assess returns (of events.score, its .scored)"
    raise TypeError(f"{operation}: scored is a {type(scored).__name__}; {remedy}")


def check_report(operation: str, report: object) -> None:
    """Check that an argument is a report.

    Raises
    ------
    TypeError
        If it is something else.

    Examples
    --------
    >>> check_report("events.summarise", None)
    Traceback (most recent call last):
    TypeError: events.summarise: report is a NoneType; pass what events.compare returns (of events.assess, .report())
    """
    remedy = "pass what events.compare returns (of events.assess, .report())"
    check_kind(operation, "report", report, xr.Dataset, remedy)
    if "intersection" not in report:  # type: ignore[operator]
        raise TypeError(f"{operation}: report is a Dataset of other things; {remedy}")


def _counted(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"


def checked_by(operation: str, by: By) -> By:
    """Return what is kept apart, as reducers take it: None, "label", "file", or ("file", "label").

    Examples
    --------
    >>> checked_by("events.compare", ["label", "file"]), checked_by("events.compare", ["label"])
    (('file', 'label'), 'label')
    >>> checked_by("events.compare", "speaker")
    Traceback (most recent call last):
    domains._checks.UsageError: events.compare: by must be one of 'label', 'file', None; got 'speaker'
    """
    several = list(by) if isinstance(by, Iterable) and not isinstance(by, str) else [by]
    for one in several:
        check_choice(operation, "by", one, ("label", "file", None))
    kept = dims_of(several)
    if len(kept) == 2:
        return "file", "label"
    return kept[0] if kept else None


def dims_of(by: Any) -> tuple[Kept, ...]:
    """Return what is kept apart as dimensions, files before labels."""
    asked = (by,) if isinstance(by, str) else tuple(by or ())
    dims: tuple[Kept, ...] = ("file", "label")
    return tuple(dim for dim in dims if dim in asked)


def as_json(settings: Any) -> str:
    """Return settings as a JSON object: null for NaN and for what is not used, "inf" for what is endless.

    Examples
    --------
    >>> from math import inf, nan
    >>> from .settings import Settings
    >>> as_json(Settings(empty=nan)), as_json(Settings(empty=inf))
    ('{"empty": null}', '{"empty": "inf"}')
    """
    return json.dumps(_console.plain(as_dict(settings)), default=asdict)


def as_dict(settings: Any) -> dict[str, Any]:
    """Return settings by name."""
    return {f.name: getattr(settings, f.name) for f in fields(settings)}

"""How far protocols disagree about the same events, and why.

Conventions
-----------
- A row for each protocol, whether it applies or not: one that refuses these events says why, and is not left out.
- The value is that of the protocol as its community has it. ``corrected`` is the value without its known faults.
- The value has an interval, and a mean over recordings (or subjects) with an interval of its own: percentile bootstrap,
  recordings or subjects resampled. A recording where the value is undefined counts in no mean.
- What a protocol does is read from the settings that held, see `domains.events.protocols.descriptions`.

References
----------
Efron, B. & Tibshirani, R. (1993). An introduction to the bootstrap. doi:10.1201/9780429246593
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from math import nan
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from overlap import EmptyPolicy, resample

from ..._checks import UsageError, check_choice, check_kind, check_number
from ..._report import name_of
from ..._text import one_line
from ..comparison.comparison import Events, assess, nothing_in_common
from ..comparison.subjects import Group, resampled_figures, subjects_of
from ..protocols import PROTOCOLS, Scored
from ..protocols.descriptions import Description, Headline
from ..protocols.scored import as_dict
from ..schema import Support, as_events, as_support

OPERATION = "events.compare_protocols"
Figure = Callable[[np.ndarray], np.ndarray]
ASPECTS = tuple(part.name for part in fields(Description))
"""What protocols do in different ways: criterion, matcher, collar and so on."""
COUNTS = ("found", "missed", "spurious")
COLUMNS = (
    *("protocol", "score", "value", "low", "high", "mean", "mean_low", "mean_high", "n_units", "corrected"),
    *("units", *COUNTS, "is_error", *ASPECTS, "tool", "faults", "why", "reason"),
)


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made.

    Parameters
    ----------
    level : float
        Confidence level, in (0, 1).
    n_resamples : int
        Number of resamples.
    rng : int
        Seed.
    """

    level: float = 0.95
    n_resamples: int = 2000
    rng: int = 0

    def __post_init__(self) -> None:
        check_number(OPERATION, "level", self.level, above=0, at_most=1)
        if self.level == 1:
            raise UsageError(f"{OPERATION}: level must be below 1, such as 0.95; got 1")
        check_number(OPERATION, "n_resamples", self.n_resamples, at_least=1)


def compare_protocols(
    predicted: Events,
    reference: Events,
    *,
    protocols: Iterable[str] | None = None,
    support: Support = None,
    group: Group | None = None,
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int = 0,
    **parameters: Any,
) -> pd.DataFrame:
    """Score events under all protocols, and say why they differ.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`; seconds.
    protocols : iterable of str, optional
        Names of `PROTOCOLS`; all of them by default.
    support : float, mapping or DataFrame, optional
        What was scored, see `compare`.
    group : str or mapping, optional
        Whose each recording is, see `subjects_of`: "bids", a pattern, a column of the events or a mapping. The mean is
        then over subjects, and subjects are resampled.
    level, n_resamples, rng
        Confidence level, number of resamples and seed of the intervals.
    **parameters
        Settings, such as ``labels="*"``, for each protocol that has one of this name; ``**{"jer.collar": 0.5}`` is for
        one protocol.

    Returns
    -------
    DataFrame
        A row for each protocol. ``protocol``; ``score``, the number that its community names first, and its ``value``
        with ``low`` and ``high``; ``mean mean_low mean_high`` over ``n_units`` recordings or subjects; ``corrected``,
        the value without known faults; ``found missed spurious`` in ``units`` (where there are several thresholds, at
        the one nearest 0.5); ``is_error``, whether less is better; ``criterion matcher collar boundaries average
        empties labels scores support``, in words; ``tool``; ``faults``, those that are known; ``why``, what it did with
        these events that others do not; ``reason``, why it does not apply, "" if it does.

    Raises
    ------
    ValueError
        If a table is malformed, there is no such protocol, none of them has a setting of this name, a setting has a
        wrong value, or a recording has no subject, or two.

    Warns
    -----
    UserWarning
        As `assess` does, once for all protocols.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    list_protocols : Return what each protocol is, and its settings.
    plot_protocols : Draw the number of each protocol, its interval, its mean over recordings.

    Examples
    --------
    >>> table = compare_protocols(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), support=60.0)
    >>> rows = table.set_index("protocol")
    >>> rows.loc[["time", "tiou", "sed_eval_event"], ["score", "value"]].round(3)
                         score  value
    protocol
    time                   IoU  0.556
    tiou            F1 at 0.5  0.667
    sed_eval_event          F1  0.000
    >>> rows.loc["thumos14", "reason"][:55]
    '2 of 2 predictions have no confidence; this protocol ra'
    """
    how: dict[str, Any] = {"support": support, "group": group, "level": level, "n_resamples": n_resamples, "rng": rng}
    return compare_and_keep(predicted, reference, protocols=protocols, **how, **parameters)[0]


def compare_and_keep(
    predicted: Events,
    reference: Events,
    *,
    protocols: Iterable[str] | None = None,
    support: Support = None,
    group: Group | None = None,
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int = 0,
    **parameters: Any,
) -> tuple[pd.DataFrame, dict[str, Scored]]:
    """Return the table of `compare_protocols`, and what the protocols that apply made of the events."""
    bootstrap = Bootstrap(level, n_resamples, rng)
    names = named_protocols(protocols)
    settings = settings_of(names, parameters)
    sides = [as_events(predicted, "prediction"), as_events(reference, "reference")]
    # what is wrong with these is no matter of a protocol
    as_support(support, {*sides[0]["file"], *sides[1]["file"]})
    subjects = None if group is None else _subjects(sides, support, group)
    rows = []
    heard: dict[str, list[str]] = {}
    kept = {}
    for name in names:
        row, said, scored = _row(name, sides, support, subjects, settings[name], bootstrap)
        rows.append(row)
        heard[name] = said
        if scored is not None:
            kept[name] = scored
    n_applied = sum(not row["reason"] for row in rows)
    shared = _heard_by_several(heard, n_applied)
    for message in shared:
        warnings.warn(message.replace("events.assess", OPERATION, 1), stacklevel=3)
    for row in rows:
        own = [said.removeprefix("events.assess: ") for said in heard[row["protocol"]] if said not in shared]
        row["why"] = "; ".join([part for part in (row["why"], *own) if part])
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"n_units": "Int64"})
    table.attrs |= {"prediction": name_of(predicted, "prediction"), "reference": name_of(reference, "reference")}
    table.attrs |= {"mean_over": "recordings" if subjects is None else "subjects", "level": level}
    return table, kept


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the protocols that apply do in different ways, and which of them do it so.

    Parameters
    ----------
    table : DataFrame
        As `compare_protocols` returns it.

    Returns
    -------
    DataFrame
        ``aspect answer protocols``: a row for each answer that some of them give.

    Examples
    --------
    >>> table = compare_protocols([[0, 1]], [[0, 1]], protocols=["tiou", "sed_eval_event"])
    >>> rows = differences(table)
    >>> rows[rows["aspect"] == "collar"].values.tolist()  # doctest: +NORMALIZE_WHITESPACE
    [['collar', 'none', 'tiou'],
     ['collar', 'onset 0.2 s; offset 0.2 s or 0.5 of the duration', 'sed_eval_event']]
    """
    applied = table[table["reason"] == ""]
    rows = []
    for aspect in ASPECTS:
        answers = applied.groupby(aspect, sort=False)["protocol"].agg(", ".join)
        if len(answers) > 1:
            rows += [(aspect, answer, protocols) for answer, protocols in answers.items()]
    return pd.DataFrame(rows, columns=["aspect", "answer", "protocols"])


def list_protocols(protocols: Iterable[str] | None = None) -> pd.DataFrame:
    """Return what each protocol is, and its settings.

    Parameters
    ----------
    protocols : iterable of str, optional
        Names of `PROTOCOLS`; all of them by default.

    Returns
    -------
    DataFrame
        ``protocol score tool``, ``settings`` (name=value, as ``--param`` takes them), ``corrections`` (what
        ``corrected=True`` sets), ``faults``, and what it does, in words.

    See Also
    --------
    compare_protocols : Score events under all protocols, and say why they differ.
    compare : Score predicted events against annotated ones.

    Examples
    --------
    >>> table = list_protocols(["szcore_sample"])
    >>> table[["protocol", "score", "settings", "corrections"]].values.tolist()
    [['szcore_sample', 'F1', 'rate=1.0 empty=NaN labels="sz*" mask_rate=null', 'rate=null']]
    """
    rows = [
        {**row, "settings": written(row["settings"]), "corrections": written(row["corrections"])}
        for row in protocols_as_objects(protocols)
    ]
    return pd.DataFrame(rows)


def protocols_as_objects(protocols: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return what `list_protocols` does, with ``settings`` and ``corrections`` as mappings.

    Examples
    --------
    >>> protocols_as_objects(["szcore_sample"])[0]["corrections"]
    {'rate': None}
    """
    rows = []
    for name in named_protocols(protocols):
        preset = PROTOCOLS[name]
        row = {
            "protocol": name,
            "score": _headline_of(name).title,
            "tool": preset.tool,
            "settings": _as_objects(as_dict(preset.settings)),
            "corrections": _as_objects(preset.corrected),
            "faults": "; ".join(preset.faults),
            **_described(name, preset.settings),
        }
        rows.append(row)
    return rows


def written(settings: Mapping[str, Any]) -> str:
    """Return settings as ``--param`` takes them.

    Examples
    --------
    >>> written({"rate": None, "thresholds": (0.1, 0.2)})
    'rate=null thresholds=[0.1,0.2]'
    """
    parts = []
    for name, value in settings.items():
        parts.append(f"{name}={json.dumps(value, ensure_ascii=False, separators=(',', ':'))}")
    return " ".join(parts)


def named_protocols(names: Iterable[str] | None) -> list[str]:
    """Return names of protocols after a check; all of them by default.

    Raises
    ------
    UsageError
        If there is no such protocol, or none is named.

    Examples
    --------
    >>> named_protocols(["jer", "tiou", "jer"])
    ['jer', 'tiou']
    """
    if names is None:
        return list(PROTOCOLS)
    check_kind(OPERATION, "protocols", names, Iterable, 'pass a list of names, such as ["szcore", "tiou"]')
    chosen = [names] if isinstance(names, str) else list(names)
    if not chosen:
        raise UsageError(f"{OPERATION}: protocols names none: choose from {', '.join(PROTOCOLS)}")
    for name in chosen:
        check_choice(OPERATION, "protocols", name, PROTOCOLS)
    return list(dict.fromkeys(chosen))


def settings_of(names: Iterable[str], parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings that are given to each protocol, after a check.

    Parameters
    ----------
    names : iterable of str
        Names of `PROTOCOLS`.
    parameters : mapping
        Settings; ``name`` is for each protocol that has it, ``protocol.name`` for one.

    Raises
    ------
    UsageError
        If no protocol has such a setting, or its value is wrong.

    Examples
    --------
    >>> settings_of(["tiou", "jer", "nist_der"], {"collar": 0.25, "jer.collar": 0.5})
    {'tiou': {}, 'jer': {'collar': 0.5}, 'nist_der': {'collar': 0.25}}
    """
    known = {name: as_dict(PROTOCOLS[name].settings) for name in names}
    given: dict[str, dict[str, Any]] = {name: {} for name in known}
    # what is said of one protocol overrules what is said of all
    for key in sorted(parameters, key=_is_of_one):
        protocol, dot, setting = key.rpartition(".")
        which = [protocol] if dot else list(known)
        having = [name for name in which if setting in known.get(name, ())]
        if not having:
            raise UsageError(
                f"{OPERATION}: no protocol asked for has a setting {key}; overlap events protocols --list names them"
            )
        for name in having:
            given[name][setting] = parameters[key]
    for name, own in given.items():
        PROTOCOLS[name].configure(**own)
    return given


def _is_of_one(key: str) -> bool:
    return "." in key


def _row(
    name: str,
    sides: list[pd.DataFrame],
    support: Support,
    subjects: Mapping[str, str] | None,
    settings: Mapping[str, Any],
    bootstrap: Bootstrap,
) -> tuple[dict[str, Any], list[str], Scored | None]:
    """Return what a protocol says of events, or why it does not apply; the warnings it gave; and what it scored."""
    preset = PROTOCOLS[name]
    headline = _headline_of(name)
    row: dict[str, Any] = dict.fromkeys(COLUMNS, nan)
    row |= {
        "protocol": name,
        "score": headline.title,
        "n_units": pd.NA,
        "units": preset.units,
        "is_error": headline.is_error,
        **_described(name, preset.configure(**settings)),
        "tool": preset.tool,
        "faults": "; ".join(preset.faults),
        "why": "",
        "reason": "",
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            scored = assess(sides[0], sides[1], name, support=support, **settings)
            row["reason"] = nothing_in_common(*scored.given, uses_labels=preset.uses_labels)
            if not row["reason"]:
                row |= _numbers(scored, headline, subjects, bootstrap)
        except ValueError as error:
            # a protocol refuses in the package's own words; anything else is a fault of ours
            if not str(error).startswith("events."):
                raise
            row["reason"] = one_line(str(error).removeprefix("events.assess: "), None)
    said = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    if row["reason"]:
        return row, said, None
    if preset.corrected:
        row["corrected"] = _corrected(scored, headline)
    if np.isnan(row["value"]):
        row["why"] = "undefined: 0/0, or the support is needed and not known"
    row["why"] = "; ".join([part for part in (row["why"], *_notes(scored, row)) if part])
    return row, said, scored


def _numbers(
    scored: Scored, headline: Headline, subjects: Mapping[str, str] | None, bootstrap: Bootstrap
) -> dict[str, Any]:
    """Return the numbers of a protocol that applies."""
    whole = scored.report()
    report = _at_one_threshold(scored, whole)
    threshold = scored.nearest_threshold()
    is_at = threshold is not None and "threshold" in whole[headline.name].dims
    numbers: dict[str, Any] = {
        "score": f"{headline.title} at {threshold:g}" if is_at else headline.title,
        "value": float(report[headline.name]),
    }
    if "intersection" in report:
        found = float(report["intersection"])
        missed = float(report["size_b"]) - found
        spurious = float(report["size_a"]) - found
        numbers |= dict(zip(COUNTS, (found, missed, spurious), strict=True))
    files, figure = resampled_figures(scored)[headline.name]
    if is_at:
        figure = _at_one(figure, int(np.argmin(np.abs(whole["threshold"].to_numpy() - threshold))))
    return numbers | _over_units(files, figure, subjects, bootstrap)


def _at_one(figure: Figure, k: int) -> Figure:
    """Return a figure at one of its thresholds."""
    return lambda times: figure(times)[:, k]


def _over_units(
    files: list[str], figure: Figure, subjects: Mapping[str, str] | None, bootstrap: Bootstrap
) -> dict[str, Any]:
    """Return the interval of a figure, and its mean over recordings or subjects with an interval."""
    unit_of = files if subjects is None else [subjects[file] for file in files]
    number, units = pd.factorize(pd.Index(unit_of, dtype=object))
    each = np.zeros((0,))
    if len(units):
        each = figure((number == np.arange(len(units))[:, None]).astype(int))
    # of a recording in which errors stand over nothing there is no ratio
    defined = each[np.isfinite(each)]
    numbers: dict[str, Any] = {"n_units": len(defined)}
    if len(defined):
        numbers["mean"] = float(defined.mean())
    how = asdict(bootstrap)
    if len(units) > 1:
        low, high = resample.interval_of_figure(figure, len(files), method="percentile", groups=number, **how)
        numbers |= {"low": float(low), "high": float(high)}
    if len(defined) > 1:
        low, high = resample.interval_of(defined, "mean", **how)
        numbers |= {"mean_low": float(low), "mean_high": float(high)}
    return numbers


def _corrected(scored: Scored, headline: Headline) -> float:
    """Return the headline without the known faults of a protocol."""
    prediction, reference = scored.given
    support = scored.support.reset_index()
    with warnings.catch_warnings():
        # what was said the first time is not said again
        warnings.simplefilter("ignore", UserWarning)
        again = assess(prediction, reference, scored.protocol, support=support, corrected=True, **scored.parameters)
    report = _at_one_threshold(again, again.report())
    return float(report[headline.name])


def _at_one_threshold(scored: Scored, report: xr.Dataset) -> xr.Dataset:
    """Return a report at the threshold nearest to 0.5, if it has several."""
    if "threshold" not in report.dims:
        return report
    return report.sel(threshold=scored.nearest_threshold(), method="nearest")


def _notes(scored: Scored, row: Mapping[str, Any]) -> list[str]:
    """Return what a protocol did with these events that others do not."""
    notes = []
    if scored.protocol.units == "events":
        for given, prepared, side in zip(
            scored.given, (scored.prediction, scored.reference), ("predicted", "annotated"), strict=True
        ):
            if len(given) != len(prepared):
                notes.append(f"counts {len(prepared)} events for {len(given)} {side}")
    value = row["value"]
    corrected = row["corrected"]
    if not np.isnan(corrected) and not np.isclose(value, corrected, rtol=1e-6, atol=0):
        notes.append(f"known faults: {value:.6g}, corrected {corrected:.6g}")
    elif np.isnan(value) and not np.isnan(corrected):
        notes.append(f"known faults: undefined, corrected {corrected:.6g}")
    return notes


def _heard_by_several(heard: Mapping[str, list[str]], n_applied: int) -> list[str]:
    """Return the warnings that are of the events and the support, not of one protocol."""
    counts = Counter(said for one in heard.values() for said in dict.fromkeys(one))
    return [said for said, n in counts.items() if n > 1 or n_applied == 1]


def _headline_of(name: str) -> Headline:
    headline = PROTOCOLS[name].headline
    assert headline is not None, name
    return headline


def _described(name: str, settings: Any) -> dict[str, str]:
    said = PROTOCOLS[name].description(settings)
    assert said is not None, name
    return asdict(said)


def _as_objects(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as JSON has them: what 0/0 is worth for each side is an object."""
    objects = {}
    for name, value in settings.items():
        is_policy = isinstance(value, EmptyPolicy)
        objects[name] = asdict(value) if is_policy else value
    return objects


def _subjects(sides: list[pd.DataFrame], support: Support, group: Group) -> dict[str, str]:
    """Return the subject of each recording."""
    with warnings.catch_warnings():
        # the protocols say it
        warnings.simplefilter("ignore", UserWarning)
        scored = assess(sides[0], sides[1], "time", support=support)
    return {str(file): subject for file, subject in subjects_of(scored, group).items()}

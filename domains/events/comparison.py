"""How well predicted events agree with annotated ones, under a protocol.

Conventions
-----------
- Prediction first, reference second.
- A preset gives its community's number. Where its known faults change the figures of these very data, a warning says
  so and by how much; ``corrected=True`` gives ours.
- Files of either side count: a recording without predictions is missed, one without references all false alarms.
- A ratio of two empty sets is as ``empty=`` says; ``n_defined`` counts the values that are defined.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

import json
import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from .protocols import PROTOCOLS, Protocol, apply
from .protocols.criteria import Pairs
from .protocols.matchers import Matches
from .protocols.reducers import By
from .schema import Support, as_events, as_support

INDICES = ("iou", "dice", "precision", "recall", "f1", "ap")


def compare(
    predicted: pd.DataFrame | np.ndarray,
    reference: pd.DataFrame | np.ndarray,
    protocol: str | Protocol = "time",
    *,
    support: Support = None,
    by: By = None,
    corrected: bool = False,
    **parameters: Any,
) -> xr.Dataset:
    """Score predicted events against annotated ones.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`; seconds.
    protocol : str or Protocol
        A name of `PROTOCOLS`: "time" (overlap of labelled time, Cohen's kappa), "tiou" (events found at several
        temporal IoU), "szcore", "szcore_sample", "sed_eval_event", "sed_eval_segment", "activitynet", "thumos14"; or
        one of your own.
    support : float, mapping or DataFrame, optional
        What was scored: the duration of all files, of each, or a table with ``file``, ``onset``, ``offset``.
    by : {"label", "file"}, optional
        Keep labels or files apart; by default all are pooled.
    corrected : bool
        Mend the protocol's known faults.
    **parameters
        Settings of the protocol, such as ``thresholds=(0.5,)`` or ``empty=0.0``.

    Returns
    -------
    Dataset
        ``intersection size_a size_b`` (references found; these and false alarms; references), in events, segments or
        seconds; indices; what the protocol's reducer adds; ``n_defined``. Decisions are in ``attrs``.

    Raises
    ------
    ValueError
        If a table is malformed, or a protocol, a setting or a value of ``by`` is unknown.

    Warns
    -----
    UserWarning
        If the protocol's known faults change the result, or the two sides share no file.

    Examples
    --------
    >>> report = compare(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "tiou", thresholds=(0.5,))
    >>> float(report.precision[0]), float(report.recall[0])
    (0.5, 1.0)
    """
    tables = as_events(predicted, "prediction"), as_events(reference, "reference")
    chosen, name = _protocol(protocol)
    if by not in (None, "label", "file"):
        raise ValueError(f'compare: by must be "label", "file" or None, got {by!r}')
    _check_files(*tables)
    options = chosen.options(corrected=corrected, **parameters)
    report = _report(_score(tables, chosen, support, options), chosen, by, options)
    if chosen.corrected and not corrected:
        mended = chosen.options(corrected=True, **parameters)
        better = _report(_score(tables, chosen, support, mended), chosen, by, mended)
        _tell_differences(name, chosen, report, better)
    return report.assign_attrs(
        prediction=_name(predicted, "prediction"),
        reference=_name(reference, "reference"),
        n_prediction=len(tables[0]),
        n_reference=len(tables[1]),
        protocol=name,
        corrected=str(corrected),
        parameters=json.dumps(options, default=str),
        empty=str(options.get("empty", "")),
        units=chosen.units,
        **_coverage(*tables, support),
        version=ov.__version__,
    )


def align(
    predicted: pd.DataFrame | np.ndarray,
    reference: pd.DataFrame | np.ndarray,
    protocol: str | Protocol = "tiou",
    *,
    support: Support = None,
    threshold: float | None = None,
    corrected: bool = False,
    **parameters: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell row by row what a protocol matched.

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

    Examples
    --------
    >>> a, b = align(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]))
    >>> a["matched"].tolist(), b["partner"].tolist()
    ([True, False], [0])
    """
    chosen, _ = _protocol(protocol)
    tables = as_events(predicted, "prediction"), as_events(reference, "reference")
    scored = _score(tables, chosen, support, chosen.options(corrected=corrected, **parameters))
    steps = scored.matches.thresholds
    k = 0 if steps is None else int(np.argmin(np.abs(steps - (0.5 if threshold is None else threshold))))
    partners = scored.matches.prediction[k], scored.matches.reference[k]
    sides = (scored.prediction, scored.reference)
    first, second = (x.assign(partner=p, matched=p >= 0) for x, p in zip(sides, partners, strict=True))
    return first, second


class _Scored(NamedTuple):
    prediction: pd.DataFrame
    reference: pd.DataFrame
    support: pd.DataFrame
    pairs: Pairs
    matches: Matches


def _protocol(protocol: str | Protocol) -> tuple[Protocol, str]:
    if isinstance(protocol, Protocol):
        return protocol, "custom"
    if protocol not in PROTOCOLS:
        raise ValueError(f"unknown protocol {protocol!r}; choose from {', '.join(PROTOCOLS)}")
    return PROTOCOLS[protocol], protocol


def _score(
    tables: tuple[pd.DataFrame, pd.DataFrame], protocol: Protocol, support: Support, options: dict[str, Any]
) -> _Scored:
    scored = as_support(support, _files(*tables))
    a, b = apply(protocol.preprocess, options, *tables, scored)
    pairs = apply(protocol.criterion, options, a, b, scored)
    return _Scored(a, b, scored, pairs, apply(protocol.matcher, options, a, b, pairs))


def _report(scored: _Scored, protocol: Protocol, by: By, options: dict[str, Any]) -> xr.Dataset:
    data = apply(
        protocol.reducer,
        options,
        scored.prediction,
        scored.reference,
        scored.support,
        scored.pairs,
        scored.matches,
        by,
    )
    names = [name for name in INDICES if name in data]
    defined = [int(data[name].notnull().sum()) for name in names]
    return data.assign(n_defined=xr.DataArray(defined, {"index": names}, ["index"]))  # type: ignore[no-any-return]


def _tell_differences(name: str, protocol: Protocol, report: xr.Dataset, better: xr.Dataset) -> None:
    """Warn where the corrected protocol gives other figures; a rate over time differs by its rounding alone."""
    told = [k for k in report.data_vars if k not in ("false_alarms_per_24h", "n_defined")]
    other = [k for k in told if not np.allclose(report[k], better[k], rtol=1e-6, atol=0, equal_nan=True)]
    if other:
        first = sorted(other, key=lambda k: report[k].ndim)[:4]
        shown = ", ".join(f"{k} {_brief(report[k])} (corrected {_brief(better[k])})" for k in first)
        warnings.warn(
            f"{name}: known faults change the figures of these data: {shown}. Known: {'; '.join(protocol.faults)}. "
            "corrected=True gives the corrected figures",
            stacklevel=3,
        )


def _brief(x: xr.DataArray) -> str:
    return f"{float(x):.6g}" if x.ndim == 0 else f"{float(x.mean()):.6g} on average"


def _check_files(prediction: pd.DataFrame, reference: pd.DataFrame) -> None:
    files = set(prediction["file"]), set(reference["file"])
    if all(files) and not files[0] & files[1]:
        shown = " and ".join(repr(min(x)) for x in files)
        warnings.warn(
            f"compare: the two sides have no file in common ({shown} …), so nothing can match; name them alike",
            stacklevel=3,
        )


def _coverage(prediction: pd.DataFrame, reference: pd.DataFrame, support: Support) -> dict[str, str]:
    a, b = set(prediction["file"]), set(reference["file"])
    known = as_support(support, _files(prediction, reference))
    length = (known["offset"] - known["onset"]).sum(skipna=False)
    return {
        "files": f"{len(a & b)} on both sides, {len(a - b)} predicted only, {len(b - a)} annotated only, {len(known)} "
        "in all",
        "support": f"{length:g} s in {len(known)} files" if np.isfinite(length) else "not known for all files",
    }


def _files(*tables: pd.DataFrame) -> set[str]:
    """Return the files of both sides; of two empty tables, the one file without a name."""
    return {file for table in tables for file in table["file"]} or {""}


def _name(table: Any, fallback: str) -> str:
    return str(getattr(table, "attrs", {}).get("name") or fallback)

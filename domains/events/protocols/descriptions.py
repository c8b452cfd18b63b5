"""What a protocol does, in words: why two protocols give two numbers for the same files.

Conventions
-----------
- Each protocol describes itself from the settings that hold, so that a changed setting changes the words.
- A word for each question that communities answer differently; "none" or "not used" is an answer too.
- The headline is the number that a community names first. Where it is a ratio of sums, its terms add over recordings.

References
----------
See the module of each preset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import xarray as xr

BIT_BY_BIT = "half-open, compared bit by bit"
EXACT = "half-open, exact"
NO_COLLAR = "none"
NOT_USED = "not used"
ONE_TO_ONE = "as many pairs as can be, one to one"
POOLED = "counts of all recordings, the ratio once"


@dataclass(frozen=True)
class Description:
    """What a protocol does with events.

    Parameters
    ----------
    criterion : str
        When two events may match, or which time counts.
    matcher : str
        Who is matched with whom.
    collar : str
        How far beside a boundary counts, or is left out.
    boundaries : str
        What is closed, and how times are rounded and compared.
    average : str
        What is pooled, and what is averaged.
    empties : str
        What a recording without events counts, and what 0/0 is.
    labels, scores, support : str
        What is done with labels, with confidences, and with what was scored.

    Examples
    --------
    >>> from .presets import PROTOCOLS
    >>> PROTOCOLS["sed_eval_event"].description().collar
    'onset 0.2 s; offset 0.2 s or 0.5 of the duration'
    """

    criterion: str
    matcher: str
    collar: str
    boundaries: str
    average: str
    empties: str
    labels: str
    scores: str
    support: str


class Terms(NamedTuple):
    """What a ratio of sums is made of.

    Parameters
    ----------
    numerator, denominator : DataArray
        Both add over recordings.
    """

    numerator: xr.DataArray
    denominator: xr.DataArray


@dataclass(frozen=True)
class Headline:
    """The number that a community names first.

    Parameters
    ----------
    name : str
        Which variable of the report.
    title : str
        What it is called in tables and pictures.
    terms : callable, optional
        ``terms(report) -> (numerator, denominator)``, sums that add over recordings; None if it is no ratio of sums.
    is_error : bool
        Whether less is better.

    Examples
    --------
    >>> F1.title, F1.is_error
    ('F1', False)
    """

    name: str
    title: str
    terms: Callable[[xr.Dataset], Terms] | None = None
    is_error: bool = False


def terms_of_f1(report: xr.Dataset) -> Terms:
    """Return the terms of F1 = 2 |A∩B| / (|A| + |B|).

    Examples
    --------
    >>> report = xr.Dataset({"intersection": 1.0, "size_a": 2.0, "size_b": 3.0})
    >>> [float(term) for term in terms_of_f1(report)]
    [2.0, 5.0]
    """
    return Terms(2 * report["intersection"], report["size_a"] + report["size_b"])


def terms_of_iou(report: xr.Dataset) -> Terms:
    """Return the terms of IoU = |A∩B| / (|A| + |B| - |A∩B|).

    Examples
    --------
    >>> report = xr.Dataset({"intersection": 1.0, "size_a": 2.0, "size_b": 3.0})
    >>> [float(term) for term in terms_of_iou(report)]
    [1.0, 4.0]
    """
    union = report["size_a"] + report["size_b"] - report["intersection"]
    return Terms(report["intersection"], union)


def terms_of_der(report: xr.Dataset) -> Terms:
    """Return the terms of DER = (missed + false alarm + confused) / annotated.

    Examples
    --------
    >>> report = xr.Dataset({"missed": 1.0, "false_alarm": 2.0, "confused": 0.5, "size_b": 7.0})
    >>> [float(term) for term in terms_of_der(report)]
    [3.5, 7.0]
    """
    errors = report["missed"] + report["false_alarm"] + report["confused"]
    return Terms(errors, report["size_b"])


def terms_of_jer(report: xr.Dataset) -> Terms:
    """Return the terms of JER: the Jaccard errors of all speakers, and how many speakers there are.

    Examples
    --------
    >>> [float(term) for term in terms_of_jer(xr.Dataset({"jaccard_errors": 0.5, "speakers": 2.0}))]
    [0.5, 2.0]
    """
    return Terms(report["jaccard_errors"], report["speakers"])


F1 = Headline("f1", "F1", terms_of_f1)
DICE = Headline("dice", "F1", terms_of_f1)
IOU = Headline("iou", "IoU", terms_of_iou)
DIARISATION_ERROR = Headline("der", "DER", terms_of_der, is_error=True)
JACCARD_ERROR = Headline("jer", "JER", terms_of_jer, is_error=True)
AVERAGE_MAP = Headline("average_map", "average mAP")


def of_outside(outside: str) -> str:
    """Say what is done with events that lie outside what was scored.

    Examples
    --------
    >>> of_outside("counted")
    'events outside it count too'
    """
    return "events outside it count too" if outside == "counted" else "events that share no time with it are left out"


def of_nothing(empty: Any) -> str:
    """Return what 0/0 is.

    Examples
    --------
    >>> of_nothing(float("nan")), of_nothing(1.0)
    ('0/0 is undefined', '0/0 is 1')
    """
    if not isinstance(empty, int | float):
        return f"0/0 as {empty} says"
    return "0/0 is undefined" if empty != empty else f"0/0 is {empty:g}"


def at_samples(rate: float | None) -> str:
    """Return how boundaries are rounded.

    Examples
    --------
    >>> at_samples(10.0), at_samples(None)
    ('half-open, rounded to samples at 10 Hz, half to even', 'half-open, exact')
    """
    return EXACT if rate is None else f"half-open, rounded to samples at {rate:g} Hz, half to even"


def within(tolerance: float) -> str:
    """Return how a comparison is made.

    Examples
    --------
    >>> within(1e-9), within(0.0)
    ('half-open, compared within 1e-09', 'half-open, compared bit by bit')
    """
    return f"half-open, compared within {tolerance:g}" if tolerance else BIT_BY_BIT


def listed(values: Sequence[float]) -> str:
    """Return numbers, or where there are many, the first two and the last.

    Examples
    --------
    >>> listed([0.5]), listed([0.1, 0.3, 0.5, 0.7, 0.9])
    ('0.5', '0.1, 0.3 … 0.9')
    """
    texts = [f"{value:g}" for value in values]
    if len(texts) <= 3:
        return ", ".join(texts)
    return f"{texts[0]}, {texts[1]} … {texts[-1]}"


def patterns(labels: str | Sequence[str]) -> str:
    """Return which labels count.

    Examples
    --------
    >>> patterns("sz*"), patterns(["sz*", "seiz*"])
    ('sz*', 'sz*, seiz*')
    """
    return labels if isinstance(labels, str) else ", ".join(labels)

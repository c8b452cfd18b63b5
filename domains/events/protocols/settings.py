"""Checks of a protocol's settings, each in words that say what would do.

Conventions
-----------
- A protocol's settings are one frozen dataclass, which checks itself once, when it is made. The steps trust it.
- Times are seconds, rates samples per second, shares and indices lie in [0, 1].
- A wrong setting is a `UsageError`.

References
----------
None: these are the package's own rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan
from numbers import Real
from typing import Any

import overlap as ov

from ... import _checks
from ..._checks import UsageError, check_choice, check_number, shown
from ..schema import as_list

OPERATION = "events.assess"
OUTSIDE = "events that lie outside what was scored count"

Empty = float | ov.EmptyPolicy


@dataclass(frozen=True)
class Settings:
    """The settings of a protocol that needs no others.

    Parameters
    ----------
    empty : float or EmptyPolicy
        Value of an index that is 0/0.

    Examples
    --------
    >>> Settings(empty=0.0)
    Settings(empty=0.0)
    """

    empty: Empty = nan

    def __post_init__(self) -> None:
        check_empty(self.empty)


def check_order(order: object) -> None:
    """Check how rows are ordered."""
    check_choice(OPERATION, "order", order, ("rows", "time"))


def check_points(points: object) -> None:
    """Check when two events without duration match."""
    check_choice(OPERATION, "points", points, ("same", "any", "never"))


def check_outside(outside: object) -> None:
    """Check what is done with events that lie outside what was scored."""
    check_choice(OPERATION, "outside", outside, ("counted", "dropped"))


def check_duplicates(duplicates: Any) -> None:
    """Check how close duplicates lie; None is no such thing."""
    if duplicates is not None:
        check_amount("duplicates", duplicates)


def check_flag(name: str, value: object) -> None:
    """Check a setting that is on or off."""
    check_choice(OPERATION, name, value, (True, False))


def check_seconds(name: str, value: Any) -> None:
    """Check a duration; an endless one is a duration too.

    Examples
    --------
    >>> check_seconds("min_gap", 90.0)
    >>> check_seconds("min_gap", -1)
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: min_gap must be a number >= 0; got -1
    """
    if isinstance(value, Real) and value == inf:
        return
    check_number(OPERATION, name, value, at_least=0)


def check_amount(name: str, value: Any) -> None:
    """Check a finite number that is not negative: a tolerance, a collar."""
    check_number(OPERATION, name, value, at_least=0)


def check_share(name: str, value: Any) -> None:
    """Check a share: 0.5, not 50 for half.

    Examples
    --------
    >>> check_share("min_overlap", 50)
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: min_overlap must be a number >= 0 and <= 1; got 50
    """
    check_number(OPERATION, name, value, at_least=0, at_most=1)


def check_rate(rate: Any, name: str = "rate") -> None:
    """Check samples per second; None is no rounding."""
    if rate is not None:
        check_number(OPERATION, name, rate, above=0)


def check_empty(empty: object) -> None:
    """Check the value of an index that is 0/0.

    Examples
    --------
    >>> check_empty("nan")
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: empty must be a number or an EmptyPolicy; got 'nan'
    """
    _checks.check_empty(OPERATION, "empty", empty)


def as_thresholds(thresholds: Any) -> tuple[float, ...]:
    """Check thresholds of an index, one or several, and return them as a tuple.

    Examples
    --------
    >>> as_thresholds([0.5, 0.75])
    (0.5, 0.75)
    >>> as_thresholds(0.5)
    (0.5,)
    >>> as_thresholds([50, 75])
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: thresholds[0] must be a number > 0 and <= 1; got 50
    """
    if isinstance(thresholds, Real):
        check_number(OPERATION, "thresholds", thresholds, above=0, at_most=1)
        return (float(thresholds),)
    try:
        values = () if isinstance(thresholds, str | Mapping) else tuple(thresholds)
    except TypeError:
        values = ()
    if not values:
        # a form that works in Python and, as JSON, at the command line
        raise UsageError(
            f"{OPERATION}: thresholds must be a number or a sequence of numbers; got {shown(thresholds)}: pass [0.5]"
        )
    for k, value in enumerate(values):
        check_number(OPERATION, f"thresholds[{k}]", value, above=0, at_most=1)
    return values


def check_text(name: str, value: object) -> None:
    """Check a text, such as a label.

    Examples
    --------
    >>> check_text("positive", 1)
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: positive must be text; got 1
    """
    if not isinstance(value, str):
        raise UsageError(f"{OPERATION}: {name} must be text; got {shown(value)}")


def as_counts(name: str, counts: Any) -> tuple[int, ...]:
    """Check whole numbers from 1 on, one or several, and return them as a tuple.

    Examples
    --------
    >>> as_counts("top", [1, 5])
    (1, 5)
    >>> as_counts("top", 5)
    (5,)
    >>> as_counts("top", 0)
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: top must be whole numbers >= 1, such as [1, 5]; got 0
    """
    is_sequence = isinstance(counts, Sequence) and not isinstance(counts, str)
    values = tuple(counts) if is_sequence else (counts,)
    if not values or not all(type(value) is int and value >= 1 for value in values):
        raise UsageError(f"{OPERATION}: {name} must be whole numbers >= 1, such as [1, 5]; got {shown(counts)}")
    return values


def check_labels(labels: object, name: str = "labels", *, may_be_empty: bool = False) -> None:
    """Check a sequence of labels; of none nothing could be scored.

    Examples
    --------
    >>> check_labels(["dog", "cat"])
    >>> check_labels("dog")
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: labels must be a sequence of text; got 'dog': pass ["dog"]
    """
    if isinstance(labels, str):
        # a form that works in Python and, as JSON, at the command line
        raise UsageError(
            f"{OPERATION}: {name} must be a sequence of text; got {shown(labels)}: pass {as_list([labels])}"
        )
    if not isinstance(labels, Sequence) or not all(isinstance(label, str) for label in labels):
        raise UsageError(
            f'{OPERATION}: {name} must be a sequence of text; got {shown(labels)}: pass a list such as ["dog", "cat"]'
        )
    if not labels and not may_be_empty:
        raise UsageError(f'{OPERATION}: {name} must be one label at least; got []: pass a list such as ["dog", "cat"]')

"""Checks of options and settings, and the error that says that one of them is wrong.

Conventions
-----------
- A wrong option or setting is a `UsageError`: the command line ends with exit code 2, and nothing was computed. Data
  that cannot be read or scored are any other error: exit code 1.
- Each message begins with ``module.function:``, then says what is wrong, what was found and what would do.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import isfinite
from numbers import Integral, Real
from os import PathLike
from typing import Any

import overlap as ov

from ._text import one_line

_MOST_BITS = 10_000
"""Of a whole number; Python does not write longer ones in decimals."""


class UsageError(ValueError):
    """A wrong option or setting, whatever the data are.

    Examples
    --------
    >>> issubclass(UsageError, ValueError)
    True
    """


def shown(value: object) -> str:
    """Return what was passed as it is written in Python, in one line that is not too long.

    Examples
    --------
    >>> shown("0.5"), shown(10**400)[:12]
    ("'0.5'", '100000000000')
    >>> shown(10**5000)
    'a whole number of 16610 bits'
    """
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return f"a whole number of {value.bit_length()} bits"
    return one_line(repr(value))


def check_kind(operation: str, name: str, value: object, kinds: type | tuple[type, ...], remedy: str) -> None:
    """Check that an argument is of a kind.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"events.plot_scored"``.
    name : str
        Name of the argument.
    value : object
        What was passed.
    kinds : type or tuple of type
        What it may be.
    remedy : str
        What to pass.

    Raises
    ------
    TypeError
        If it is of another kind.

    Examples
    --------
    >>> check_kind("events.summarise", "report", "a.csv", dict, "pass what compare returns")
    Traceback (most recent call last):
    TypeError: events.summarise: report is a str; pass what compare returns
    """
    if not isinstance(value, kinds):
        raise TypeError(f"{operation}: {name} is a {type(value).__name__}; {remedy}")


def check_path(operation: str, name: str, value: object) -> None:
    """Check that an argument is a path.

    Raises
    ------
    TypeError
        If it is not.

    Examples
    --------
    >>> check_path("events.read_events", "path", None)
    Traceback (most recent call last):
    TypeError: events.read_events: path is a NoneType; pass the path of a file
    """
    check_kind(operation, name, value, (str, PathLike), "pass the path of a file")


def check_choice(operation: str, name: str, value: object, choices: Iterable[object]) -> None:
    """Check that an option has one of the values it may have.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"events.compare"``.
    name : str
        Name of the option.
    value : object
        What was passed.
    choices : iterable
        What may be passed.

    Raises
    ------
    UsageError
        If the value is none of the choices.

    Examples
    --------
    >>> check_choice("events.compare", "by", "label", ["label", "file"])
    >>> check_choice("events.compare", "by", "speaker", ["label", "file"])
    Traceback (most recent call last):
    domains._checks.UsageError: events.compare: by must be one of 'label', 'file'; got 'speaker'
    """
    allowed = list(choices)
    if isinstance(value, Hashable) and value in allowed:
        return
    listed = ", ".join(repr(choice) for choice in allowed)
    raise UsageError(f"{operation}: {name} must be one of {listed}; got {shown(value)}")


def check_number(
    operation: str,
    name: str,
    value: object,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> None:
    """Check that an option is a finite number within its bounds.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"lesions.compare"``.
    name : str
        Name of the option.
    value : object
        What was passed.
    at_least, at_most : float, optional
        Bounds that are allowed themselves.
    above, below : float, optional
        Bounds that are not allowed themselves.

    Raises
    ------
    UsageError
        If the value is no number, not finite or out of bounds.

    Examples
    --------
    >>> check_number("lesions.compare", "threshold", 0.5, above=0, at_most=1)
    >>> check_number("lesions.compare", "threshold", 50, above=0, at_most=1)
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.compare: threshold must be a number > 0 and <= 1; got 50
    """
    limits = []
    if at_least is not None:
        limits.append(f">= {at_least:g}")
    if above is not None:
        limits.append(f"> {above:g}")
    if at_most is not None:
        limits.append(f"<= {at_most:g}")
    if below is not None:
        limits.append(f"< {below:g}")
    wanted = f"a number {' and '.join(limits)}" if limits else "a finite number"
    error = UsageError(f"{operation}: {name} must be {wanted}; got {shown(value)}")
    if not isinstance(value, Real) or isinstance(value, bool) or _is_duration(value):
        raise error
    # a whole number may be beyond what a float holds
    if not _is_held_by_a_float(value):
        raise error
    number = float(value)
    if not isfinite(number):
        raise error
    if at_least is not None and number < at_least:
        raise error
    if above is not None and number <= above:
        raise error
    if at_most is not None and number > at_most:
        raise error
    if below is not None and number >= below:
        raise error


def _is_held_by_a_float(value: Any) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _is_duration(value: object) -> bool:
    """Return whether a value is numpy's timedelta64, which counts as a whole number of its own unit."""
    return getattr(getattr(value, "dtype", None), "kind", "") == "m"


def check_whole(operation: str, name: str, value: object, *, at_least: int, at_most: int | None = None) -> None:
    """Check that an option is an integer within its bounds.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"ramachandran.draw_angles"``.
    name : str
        Name of the option.
    value : object
        What was passed.
    at_least, at_most : int
        Bounds that are allowed themselves.

    Raises
    ------
    UsageError
        If the value is no integer or out of bounds.

    Examples
    --------
    >>> check_whole("ramachandran.draw_angles", "n", 1000, at_least=1)
    >>> check_whole("ramachandran.draw_angles", "n", 1e3, at_least=1)
    Traceback (most recent call last):
    domains._checks.UsageError: ramachandran.draw_angles: n must be a whole number >= 1; got 1000.0
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool) and not _is_duration(value)
    if whole and int(value) >= at_least and (at_most is None or int(value) <= at_most):  # type: ignore[call-overload]
        return
    limits = f">= {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    raise UsageError(f"{operation}: {name} must be a whole number {limits}; got {shown(value)}")


def check_empty(operation: str, name: str, value: object) -> None:
    """Check what an index is worth where it is 0/0: a number, NaN among them, or an `overlap.EmptyPolicy`.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"events.assess"``.
    name : str
        Name of the option.
    value : object
        What was passed.

    Raises
    ------
    UsageError
        If the value is neither.

    Examples
    --------
    >>> check_empty("events.assess", "empty", 1.0)
    >>> check_empty("events.assess", "empty", "nan")
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: empty must be a number or an EmptyPolicy; got 'nan'
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool) and not _is_duration(value)
    if not (is_number and _is_held_by_a_float(value)) and not isinstance(value, ov.EmptyPolicy):
        raise UsageError(f"{operation}: {name} must be a number or an EmptyPolicy; got {shown(value)}")

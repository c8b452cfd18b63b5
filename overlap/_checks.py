"""Checks of options that every package of the core shares."""

from __future__ import annotations

from collections.abc import Iterable


def check_choice(operation: str, name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse an option that is none of its choices, and say which ones there are.

    Examples
    --------
    >>> check_choice("raster.measure", "tnorm", "min", ("minimum", "product"))
    Traceback (most recent call last):
    ...
    ValueError: raster.measure: tnorm must be one of 'minimum', 'product', got 'min'; did you mean 'minimum'?
    """
    choices = tuple(choices)
    if value in choices:
        return
    listed = ", ".join(repr(choice) for choice in choices)
    raise ValueError(f"{operation}: {name} must be one of {listed}, got {value!r}{_suggestion(value, choices)}")


def _suggestion(value: object, choices: tuple[object, ...]) -> str:
    """Return the end of a message that names the choice which is spelled most like a value."""
    from difflib import get_close_matches

    if not isinstance(value, str):
        return ""
    spelled = {choice.lower(): choice for choice in choices if isinstance(choice, str)}
    close = get_close_matches(value.lower(), spelled, n=1)
    return f"; did you mean {spelled[close[0]]!r}?" if close else ""

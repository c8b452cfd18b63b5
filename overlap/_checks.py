"""Checks of options that every package of the core shares."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from numbers import Real

_LONGEST = 80
"""How many characters of a value a message shows."""


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
    if isinstance(value, Hashable) and value in choices:
        return
    listed = ", ".join(repr(choice) for choice in choices)
    raise ValueError(f"{operation}: {name} must be one of {listed}, got {shown(value)}{_suggestion(value, choices)}")


def check_real(operation: str, name: str, value: object) -> None:
    """Refuse what is not one real number.

    Examples
    --------
    >>> check_real("matching.match", "threshold", 0.5)
    >>> check_real("matching.match", "threshold", None)
    Traceback (most recent call last):
    ...
    TypeError: matching.match: threshold must be one number, got None
    """
    if isinstance(value, Real):
        return
    # an array of no axes is a number, too
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    if getattr(value, "shape", None) == () and kind in "biuf":
        return
    raise TypeError(f"{operation}: {name} must be one number, got {shown(value)}")


def shown(value: object) -> str:
    """Return what a message says of a value: itself if that is short, else its type.

    Examples
    --------
    >>> shown("min"), shown([1, 2]), shown(range(10**6)), shown(dict.fromkeys(range(99)))
    ("'min'", '[1, 2]', 'range(0, 1000000)', 'a dict')
    """
    text = repr(value)
    return text if len(text) <= _LONGEST and "\n" not in text else f"a {type(value).__name__}"


def _suggestion(value: object, choices: tuple[object, ...]) -> str:
    """Return the end of a message that names the choice which is spelled most like a value."""
    from difflib import get_close_matches

    if not isinstance(value, str):
        return ""
    spelled = {choice.lower(): choice for choice in choices if isinstance(choice, str)}
    close = get_close_matches(value.lower(), spelled, n=1)
    return f"; did you mean {spelled[close[0]]!r}?" if close else ""

"""Which values of a grey image are black and which are white.

Conventions
-----------
- A grey range is a window of CT in HU (`WINDOWS`), or a centre and a width in the image's own unit, or else goes from
  the 1st to the 99th percentile of the slice; the title says which.
- A window in which the whole image has less than a tenth of the greys is refused: it looks plain.

References
----------
Windows of CT as in Murphy, A. et al., Windowing (CT), Radiopaedia.org, doi:10.53347/rID-52108
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from ..._checks import UsageError, check_choice

Window = Literal["bone", "brain", "liver", "lung", "mediastinum", "soft tissue", "stroke"]
WINDOW_NAMES = get_args(Window)
WINDOWS: dict[str, tuple[float, float]] = {
    "bone": (400, 1800),
    "brain": (40, 80),
    "liver": (30, 150),
    "lung": (-600, 1500),
    "mediastinum": (50, 350),
    "soft tissue": (50, 400),
    "stroke": (40, 40),
}
"""Centre and width of each window of CT, in HU."""

_PERCENTILES = (1, 99)
_LEAST_SEEN = 0.1
"""Of the greys of a window, that an image must have: with fewer it looks plain."""


def parse_window(text: str | None) -> Any:
    """Read a window as the command line writes it.

    Parameters
    ----------
    text : str or None
        A name of `WINDOWS`, or ``"CENTRE,WIDTH"``.

    Raises
    ------
    UsageError
        If it is neither.

    Examples
    --------
    >>> parse_window("lung"), parse_window("40,80"), parse_window(None)
    ('lung', (40.0, 80.0), None)
    """
    if text is None or text in WINDOWS:
        return text
    parts = text.split(",")
    try:
        return _centre_and_width("--window", [float(part) for part in parts])
    except ValueError:
        raise UsageError(
            f'--window {text}: write a name ({", ".join(WINDOW_NAMES)}), or a centre and a width: "40,80"'
        ) from None


def grey_range(operation: str, image: np.ndarray, rows: np.ndarray, window: Any) -> tuple[float, float, str]:
    """Return which values are black and white in a slice of an image, and how the title says so.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    image, rows : array
        The whole image, and the slice.
    window : str or (float, float), optional
        A window of CT, or its centre and width.

    Raises
    ------
    UsageError
        If it is no window, or shows nearly nothing of the image.

    Examples
    --------
    >>> ct = np.linspace(-1000, 400, 20)
    >>> grey_range("lesions.plot_overlay", ct, ct, "lung")
    (-1350.0, 150.0, 'grey from −1350 to 150 (HU, lung window)')
    """
    if window is None:
        low, high, said = _usual_range(rows)
        return low, high, f"grey from {low:.4g} to {high:.4g} ({said})"
    named = isinstance(window, str)
    if named:
        check_choice(operation, "window", window, WINDOW_NAMES)
    centre, width = WINDOWS[window] if named else _centre_and_width(operation, window)
    low = centre - width / 2
    high = centre + width / 2
    _check_shows_something(operation, image, window, low, high)
    name = f"HU, {window} window" if named else "window"
    return low, high, f"grey from {low:.5g} to {high:.5g} ({name})".replace("-", "\N{MINUS SIGN}")


def _usual_range(values: np.ndarray) -> tuple[float, float, str]:
    """Return two percentiles of values, or the least and the greatest where nearly all are the same."""
    low, high = np.nanpercentile(values, _PERCENTILES)
    if low < high:
        return float(low), float(high), "1st to 99th percentile"
    return float(np.nanmin(values)), float(np.nanmax(values)), "all of its values"


def _check_shows_something(operation: str, image: np.ndarray, window: Any, low: float, high: float) -> None:
    """Refuse a window in which an image looks plain, although it is not."""
    least = float(np.nanmin(image))
    most = float(np.nanmax(image))
    seen = min(high, most) - max(low, least)
    if least == most or seen >= _LEAST_SEEN * (high - low):
        return
    black, white, _ = _usual_range(image)
    centre = f"{(black + white) / 2:.6g}"
    width = f"{white - black:.6g}"
    raise UsageError(
        f"{operation}: window={window!r} shows {low:g} to {high:g} (names are in HU), and nearly nothing of the image, "
        f"which is {least:g} to {most:g}: pass window=({centre}, {width}), on the command line --window "
        f"{centre},{width}, or leave it out"
    )


def _centre_and_width(operation: str, window: Any) -> tuple[float, float]:
    pair = np.asarray(window, float)
    if pair.shape != (2,) or not np.isfinite(pair).all() or pair[1] <= 0:
        raise UsageError(
            f"{operation}: window is {window!r}: pass a name ({', '.join(WINDOW_NAMES)}) or (centre, width)"
        )
    return float(pair[0]), float(pair[1])

"""What the pictures of all fields share.

Conventions
-----------
- A figure of our own is drawn at the size of print, as wide as one column or two of a journal, and no letter of it is
  below 6 points. On axes that the caller brings, the caller's sizes hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMN = 85 / 25.4
"""Inches: 85 mm, one column of a journal."""
TWO_COLUMNS = 180 / 25.4
"""Inches: 180 mm."""
_PRINT: dict[Any, Any] = {
    "font.size": 7.5,
    "axes.labelsize": "medium",
    "axes.titlesize": "medium",
    "xtick.labelsize": "small",
    "ytick.labelsize": "small",
    "legend.fontsize": "small",
    "figure.labelsize": "small",
    "axes.linewidth": 0.6,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
}


@contextmanager
def printed(given: object = None) -> Iterator[None]:
    """Draw a new figure with letters and lines for print; where axes are given, as these are.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> with printed():
    ...     axes_or_new(None).set_title("small").get_fontsize()
    7.5
    """
    if given is not None:
        yield
        return
    from matplotlib import rcParams

    before = {name: rcParams[name] for name in _PRINT}
    rcParams.update(_PRINT)
    try:
        yield
    finally:
        # these alone: the first figure of a notebook makes it interactive, and so it has to stay
        rcParams.update(before)


def axes_or_new(ax: Axes | None, figsize: tuple[float, float] | None = None) -> Axes:
    """Return the Axes that were passed, or those of a new figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> ax = axes_or_new(None, figsize=(4, 3))
    >>> axes_or_new(ax) is ax
    True
    """
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=figsize, layout="constrained")
    return ax


def settle(figure: Any) -> None:
    """Let the layout of a figure find its place: where axes keep their aspect, the first one makes room for others.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> settle(Figure(layout="constrained"))
    """
    for _ in range(2):
        figure.draw_without_rendering()

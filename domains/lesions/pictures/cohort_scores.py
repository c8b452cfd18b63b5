"""The scores of a cohort: every case, and how they are distributed.

Conventions
-----------
- No miss is left out: a distance that is infinite is a mark at the edge, with how many there are; a value that is not
  defined is counted beside the name.
- A figure of our own is as wide as one column of a journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import overlap as ov

from ..._checks import UsageError, check_whole
from ..._pictures import COLUMN, axes_or_new, printed
from ..._text import for_picture, one_line
from ..cohorts.scores import restored
from ..cohorts.summaries import interval, statistic_of
from .drawing import INK, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINT = ov.plotting.BOTH
MISS = ov.plotting.ONLY_A
TITLES = {
    "dice": "Dice",
    "iou": "IoU",
    "hausdorff": "HD (mm)",
    "hd95": "HD95 (mm)",
    "assd": "ASSD (mm)",
    "masd": "MASD (mm)",
    "nsd": "NSD",
    "lesion_f1": "lesion-wise F1",
    "lesion_pq": "PQ",
}
_ROW = 0.36
"""Inches of a row of scores."""
_MOST_LETTERS = 24
"""Letters of a label or a model's name."""


def plot_scores(scores: pd.DataFrame, index: str = "dice", *, ax: Axes | None = None) -> Axes:
    """Draw every case's score, label by label, with the mean (the median, for a distance) and its interval.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it.
    index : str
        Which column.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        Infinite values are triangles at the edge, counted beside it. How many are not defined stands by the label.

    Raises
    ------
    ValueError
        If there is no such column, or no case that was scored.

    See Also
    --------
    plot_histogram : Draw how many cases have which score, label by label.
    summarise : Summarise the scores of a cohort, label by label.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> scores = pd.DataFrame({"case": ["a", "b", "c"], "label": "1", "error": "", "hd95": [1.5, 2.0, float("inf")]})
    >>> ax = plot_scores(scores, "hd95")
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts]
    ('HD95 (mm)', ['1 infinite'])
    """
    groups = _values_by_label("lesions.plot_scores", scores, index)
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 0.5 + _ROW * len(groups)))
        rng = np.random.default_rng(0)
        for row, values in enumerate(groups.values()):
            shown = values[np.isfinite(values)]
            scatter = rng.uniform(-0.22, 0.22, len(shown))
            ax.scatter(shown, row + scatter, s=9, color=POINT, alpha=0.6, linewidths=0)
        first, last = ax.get_xlim()
        ax.set_xlim(first, last)
        for row, values in enumerate(groups.values()):
            _draw_interval(row, interval(values, index), ax, last)
            _mark_infinite(row, _count_of_infinite(values), ax)
        names = [_group_name(label, values) for label, values in groups.items()]
        ax.set_yticks(range(len(groups)), names)
        ax.set_xlabel(TITLES.get(index, index))
        ax.set_ylim(len(groups) - 0.5, -0.5)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_histogram(scores: pd.DataFrame, index: str = "dice", *, n_bins: int = 20, ax: Axes | None = None) -> Axes:
    """Draw how many cases have which score, label by label.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it.
    index : str
        Which column.
    n_bins : int
        Bins of equal width: from 0 to 1 for an index, up to the largest finite value for a distance.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        Infinite values are bars of their own, behind a gap. How many are not defined stands by the label.

    Raises
    ------
    ValueError
        If there is no such column, or no case that was scored.

    See Also
    --------
    plot_scores : Draw every case's score, label by label, with the mean (the median.
    cohort : Compare every pair of images of the same name in two folders, or of a table.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> scores = pd.DataFrame({"case": ["a", "b", "c"], "label": "1", "error": "", "hd95": [1.5, 2.0, float("inf")]})
    >>> ax = plot_histogram(scores, "hd95")
    >>> ax.get_xticklabels()[-1].get_text(), int(ax.patches[-1].get_height())
    ('∞', 1)
    """
    from matplotlib.ticker import MaxNLocator

    operation = "lesions.plot_histogram"
    check_whole(operation, "n_bins", n_bins, at_least=1)
    groups = _values_by_label(operation, scores, index)
    all_values = np.concatenate(list(groups.values()))
    edges = _edges_of(all_values, index, n_bins)
    colours = shades(len(groups)) if len(groups) > 1 else [POINT]
    infinite = [_count_of_infinite(values) for values in groups.values()]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 0.7 * COLUMN))
        for (label, values), colour in zip(groups.items(), colours, strict=True):
            finite = values[np.isfinite(values)]
            counts, _ = np.histogram(finite, edges)
            look: dict[str, Any] = {"color": colour, "linewidth": 1.4, "label": _group_name(label, values)}
            ax.stairs(counts, edges, fill=len(groups) == 1, **look)
        ax.set(xlabel=TITLES.get(index, index), ylabel="cases")
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        if any(infinite):
            _draw_infinite(infinite, edges, colours, ax)
        ax.set_ylim(bottom=0)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), fontsize="small", frameon=False, ncols=2)
    return ax


def _values_by_label(operation: str, scores: pd.DataFrame, index: str) -> dict[str, np.ndarray]:
    """Return the scores of each label's cases, in the order of the table."""
    good = scored_rows(operation, scores, index)
    groups = {}
    for label, cases in good.groupby("label", sort=False):
        groups[str(label)] = cases[index].to_numpy(float)
    return groups


def _count_of_infinite(values: np.ndarray) -> int:
    return int(np.isposinf(values).sum())


def _edges_of(values: np.ndarray, index: str, n_bins: int) -> np.ndarray:
    """Return where the bins end: from 0 on, to 1 for an index."""
    finite = values[np.isfinite(values)]
    highest = float(finite.max(initial=0.0))
    if statistic_of(index) == "mean":
        highest = max(1.0, highest)
    return np.linspace(0, highest or 1.0, n_bins + 1)


def _draw_infinite(counts: list[int], edges: np.ndarray, colours: list[Any], ax: Axes) -> None:
    """Draw how many values are infinite, behind a gap."""
    step = edges[-1] / 20
    place = edges[-1] + 2 * step
    width = step / len(counts)
    for k, (n, colour) in enumerate(zip(counts, colours, strict=True)):
        left = place + k * width
        ax.bar(left, n, width, align="edge", color=colour)
        if n:
            ax.annotate(str(n), (left + width / 2, n), xytext=(0, 1), textcoords="offset points", ha="center")
    ticks = [tick for tick in ax.get_xticks() if 0 <= tick <= edges[-1]]
    ax.set_xticks([*ticks, place + step / 2], [*(f"{tick:g}" for tick in ticks), "∞"])


def scored_rows(operation: str, scores: pd.DataFrame, index: str) -> pd.DataFrame:
    """Return the rows of a table of scores that have no error; it may come from `pandas.read_csv`."""
    if index not in scores:
        raise UsageError(f"{operation}: the scores have no column {index!r}: choose from {', '.join(TITLES)}")
    table = restored(scores, operation)
    good = table[table["error"] == ""]
    if good.empty:
        raise UsageError(f"{operation}: no case was scored: see the column error")
    return good


def short_label(name: object) -> str:
    """Return the name of a label or a model as long as there is space for, none of it set as mathematics."""
    return for_picture(one_line(name, _MOST_LETTERS))


def _group_name(label: str, values: np.ndarray) -> str:
    n_undefined = int(np.isnan(values).sum())
    undefined = f", {n_undefined} undefined" if n_undefined else ""
    return f"{short_label(label)}  (n = {len(values)}{undefined})"


def _draw_interval(row: int, of_label: tuple[float, float, float], ax: Axes, edge: float) -> None:
    """Draw a statistic and its interval; what is infinite ends in an arrow at the edge."""
    value, low, high = of_label
    if np.isnan(value):
        return
    ax.plot([min(low, edge), min(high, edge)], [row, row], color=INK, linewidth=1.6, solid_capstyle="butt")
    if np.isposinf(high):
        ax.plot(edge, row, ">", color=INK, markersize=4, clip_on=False)
    ax.plot(min(value, edge), row, "o", color="white", markeredgecolor=INK, markersize=4.5, clip_on=False)


def _mark_infinite(row: int, n: int, ax: Axes) -> None:
    """Mark at the right edge that a row has infinite values, and how many."""
    if not n:
        return
    beside = ax.get_yaxis_transform()
    ax.plot(1.03, row, ">", color=MISS, markersize=5, transform=beside, clip_on=False)
    ax.text(1.06, row, f"{n} infinite", transform=beside, va="center", fontsize="small")

"""Two models on the same cases, one against the other.

Conventions
-----------
- The first model is on the horizontal axis.
- A case that is infinitely far in a model is a mark at that model's edge, and counted in the title.
- A figure of our own is as wide as one column of a journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._pictures import COLUMN, axes_or_new, printed
from ..._text import count_of
from ..cohorts.differences import Rules, differences
from ..cohorts.paired import pair_scores
from ..cohorts.summaries import statistic_of
from .cohort_scores import MISS, POINT, TITLES, scored_rows, short_label
from .drawing import INK, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_models(
    first: pd.DataFrame,
    second: pd.DataFrame | None = None,
    index: str = "dice",
    *,
    label: str | None = None,
    names: tuple[str, str] = ("model A", "model B"),
    ax: Axes | None = None,
) -> Axes:
    """Draw the score of each case from two models, one against the other.

    Parameters
    ----------
    first, second : DataFrame
        As `cohort` returns them, of the same cases; they are paired as `compare_models` does.
        Or the `cases` that `compare_models` returned alone: then its values are drawn.
    index : str
        Which column.
    label : str, optional
        Which label; by default all of them.
    names : tuple of str
        What the two models are called.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        A case on the dashed line is equal in both. One that is infinite in a model is a triangle at that model's edge,
        one in both a square in the corner. The title says for how many cases each model is better.

    Raises
    ------
    ValueError
        If there is no such column or label, or the two have no case in common.

    See Also
    --------
    compare_models : Compare two models on the same cases.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> cases = {"case": ["a", "b", "c"], "label": "1", "error": ""}
    >>> one = pd.DataFrame({**cases, "hd95": [1.0, 2.0, float("inf")]})
    >>> two = pd.DataFrame({**cases, "hd95": [2.0, 1.0, 3.0]})
    >>> print(plot_models(one, two, "hd95").get_title())
    of 3 pairs 1 better with model A, 2 with model B, 0 equal
    infinite (missed or spurious): 1 with model A
    """
    operation = "lesions.plot_models"
    if second is None:
        both = _cases_of(operation, first, index, label)
    else:
        both = _cases_of(operation, _paired(operation, first, second, index, names), index, label)
    x = both["a"].to_numpy(float)
    y = both["b"].to_numpy(float)
    short = [short_label(name) for name in names]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.1 * COLUMN))
        _draw_cases(both, ax)
        low, high = _common_limits(x, y)
        ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        ax.axline((low, low), slope=1, color="#666666", linestyle="--", linewidth=0.8, zorder=1)
        at_right = np.isposinf(x) & np.isfinite(y)
        at_top = np.isfinite(x) & np.isposinf(y)
        in_corner = np.isposinf(x) & np.isposinf(y)
        # what is infinite lies on the edge
        x = np.minimum(x, high)
        y = np.minimum(y, high)
        _mark_at_edge(x[at_right], y[at_right], ">", ax)
        _mark_at_edge(x[at_top], y[at_top], "^", ax)
        _mark_at_edge(x[in_corner], y[in_corner], "s", ax)
        _count_together(x, y, ax)
        title = TITLES.get(index, index)
        ax.set_xlabel(f"{title}, {short[0]}")
        ax.set_ylabel(f"{title}, {short[1]}")
        _name_sides(short, index, ax)
        ax.set_title("\n".join(_who_wins(both, short)), fontsize="small")
    return ax


def _paired(
    operation: str, first: pd.DataFrame, second: pd.DataFrame, index: str, names: tuple[str, str]
) -> pd.DataFrame:
    """Return the values of both models for each case and label, as `compare_models` has them."""
    one = scored_rows(operation, first, index)
    two = scored_rows(operation, second, index)
    pairs = pair_scores(one, two, names)
    compared = []
    for _, of_label in pairs.by_label():
        compared.append(differences(of_label.a, of_label.b, index, Rules()))
    return pd.concat(compared).reset_index()


def _cases_of(operation: str, cases: pd.DataFrame, index: str, label: str | None) -> pd.DataFrame:
    """Return the rows of one index and label."""
    missing = [name for name in ("label", "index", "a", "b", "better") if name not in cases]
    if missing:
        raise UsageError(
            f"{operation}: cases has no column {missing[0]!r}: pass two tables of scores, or compare_models(a, b).cases"
        )
    is_drawn = cases["index"] == index
    if label is not None:
        is_drawn &= cases["label"].astype(str) == str(label)
    if not is_drawn.any():
        raise UsageError(f"{operation}: no case has {index} of label {label}: choose another index or label")
    return cases[is_drawn]


def _draw_cases(both: pd.DataFrame, ax: Axes) -> None:
    """Draw a point for each case that is finite in both, each label in a colour of its own."""
    is_finite = np.isfinite(both[["a", "b"]]).all(axis=1)
    finite = both[is_finite]
    names = both["label"].unique()
    colours = shades(len(names)) if len(names) > 1 else [POINT]
    for name, colour in zip(names, colours, strict=True):
        cases = finite[finite["label"] == name]
        dot: dict[str, Any] = {"s": 14, "color": colour, "edgecolors": INK, "linewidths": 0.3, "zorder": 3}
        ax.scatter(cases["a"], cases["b"], label=short_label(name), **dot)
    if len(names) > 1:
        ax.legend(loc="lower right", fontsize="small", frameon=False, handletextpad=0.2)


def _count_together(x: np.ndarray, y: np.ndarray, ax: Axes) -> None:
    """Write beside a point how many cases it stands for, if several."""
    places = pd.DataFrame({"x": x, "y": y}).dropna().value_counts()
    middle = float(np.mean(ax.get_xlim()))
    for row in places[places > 1].reset_index().to_dict("records"):
        # within the axes, and off the line on which both models are equal
        beside: dict[str, Any] = {"xytext": (6, 0), "ha": "left", "va": "center"}
        if row["x"] > middle:
            beside = {"xytext": (-14, -4), "ha": "right", "va": "top"}
        place = (row["x"], row["y"])
        ax.annotate(f"{row['count']} cases", place, textcoords="offset points", fontsize="small", zorder=5, **beside)


def _name_sides(names: list[str], index: str, ax: Axes) -> None:
    """Write on which side of the line which model is better."""
    below, above = names
    if _is_distance(index):
        above, below = names
    look: dict[str, Any] = {"transform": ax.transAxes, "color": "#555555", "style": "italic", "fontsize": "small"}
    look["zorder"] = 2  # below the points
    ax.text(0.04, 0.96, f"{above} better", va="top", **look)
    ax.text(0.96, 0.5, f"{below} better", ha="right", **look)


def _is_distance(index: str) -> bool:
    return statistic_of(index) == "median"


def _common_limits(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return where both axes begin and end."""
    values = np.concatenate([x, y])
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low = float(finite.min())
    high = float(finite.max())
    free = 0.08 * (high - low) or 0.5
    return low - free, high + free


def _mark_at_edge(x: np.ndarray, y: np.ndarray, marker: str, ax: Axes) -> None:
    if len(x):
        ax.scatter(x, y, s=22, marker=marker, color=MISS, linewidths=0, clip_on=False, zorder=4)


def _who_wins(both: pd.DataFrame, names: list[str]) -> list[str]:
    """Return in words which model is better how often, and what is infinite or undefined."""
    counts = both["better"].value_counts()
    first = int(counts.get("a", 0))
    second = int(counts.get("b", 0))
    equal = int(counts.get("tie", 0))
    pairs = count_of(first + second + equal, "pair")
    lines = [f"of {pairs} {first} better with {names[0]}, {second} with {names[1]}, {equal} equal"]
    infinite = []
    for name, side in zip(names, ("a", "b"), strict=True):
        n = int(np.isposinf(both[side].to_numpy(float)).sum())
        if n:
            infinite.append(f"{n} with {name}")
    if infinite:
        lines.append(f"infinite (missed or spurious): {', '.join(infinite)}")
    n_undefined = len(both) - first - second - equal
    if n_undefined:
        lines.append(f"undefined: {n_undefined}")
    return lines

"""Pictures of scores: of a cohort, of two models, of lesions by size, of probabilities. Axes in, Axes out.

Conventions
-----------
- No miss is left out: a distance that is infinite is a mark at the edge, with how many there are; a value that is not
  defined is counted beside the name.
- Prediction first, reference second; of two models, the first is on the horizontal axis.
- A figure of our own is as wide as one column of a journal.

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. J. Am. Stat. Assoc. 22, 209.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import calibration

from .._checks import UsageError, check_choice, check_whole
from .._pictures import COLUMN, axes_or_new, printed
from .._report import name_of
from .._text import count_of, for_picture, one_line
from .drawing import INK, shades
from .grids import Grid, check_masks, regrid
from .scores import restored
from .summaries import interval, statistic_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINT = ov.plotting.BOTH
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
FOUND = 1.09
MISSED = -0.09
"""Where the strokes of lesions stand, above and below the shares from 0 to 1."""
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

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> scores = pd.DataFrame({"case": ["a", "b", "c"], "label": "1", "error": "", "hd95": [1.5, 2.0, float("inf")]})
    >>> ax = plot_scores(scores, "hd95")
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts]
    ('HD95 (mm)', ['1 infinite'])
    """
    good = _scored("lesions.plot_scores", scores, index)
    groups = {}
    for label, cases in good.groupby("label", sort=False):
        groups[str(label)] = cases[index].to_numpy(float)
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
            _count_infinite(row, int(np.isposinf(values).sum()), ax)
        ax.set_yticks(range(len(groups)), [_group_name(label, values) for label, values in groups.items()])
        ax.set_xlabel(TITLES.get(index, index))
        ax.set_ylim(len(groups) - 0.5, -0.5)
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_models(
    first: pd.DataFrame,
    second: pd.DataFrame,
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
        As `cohort` returns them, of the same cases.
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

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> cases = {"case": ["a", "b", "c"], "label": "1", "error": ""}
    >>> one = pd.DataFrame({**cases, "hd95": [1.0, 2.0, float("inf")]})
    >>> two = pd.DataFrame({**cases, "hd95": [2.0, 1.0, 3.0]})
    >>> print(plot_models(one, two, "hd95").get_title())
    of 3 pairs 1 better with model A, 2 with model B, 0 equal
    infinite with model A: 1
    """
    operation = "lesions.plot_models"
    both = _paired(operation, first, second, index, label)
    x = both["first"].to_numpy(float)
    y = both["second"].to_numpy(float)
    short = [_short(name) for name in names]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.1 * COLUMN))
        _draw_cases(both, ax)
        low, high = _common_limits(x, y)
        ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        ax.axline((low, low), slope=1, color="#666666", linestyle="--", linewidth=0.8, zorder=1)
        at_right = np.isposinf(x) & np.isfinite(y)
        at_top = np.isfinite(x) & np.isposinf(y)
        in_corner = np.isposinf(x) & np.isposinf(y)
        _mark_at_edge(np.full(at_right.sum(), high), y[at_right], ">", ax)
        _mark_at_edge(x[at_top], np.full(at_top.sum(), high), "^", ax)
        _mark_at_edge(np.full(in_corner.sum(), high), np.full(in_corner.sum(), high), "s", ax)
        title = TITLES.get(index, index)
        ax.set_xlabel(f"{title}, {short[0]}")
        ax.set_ylabel(f"{title}, {short[1]}")
        _name_sides(short, index, ax)
        ax.set_title("\n".join(_who_wins(x, y, index, short)), fontsize="small")
    return ax


def plot_detection(lesions: pd.DataFrame, *, hit: str = "matched", n_bins: int = 4, ax: Axes | None = None) -> Axes:
    """Draw which lesions of the reference were found, against their volume.

    Parameters
    ----------
    lesions : DataFrame
        The match table of `assess` or `match`, or several of them with a column ``case``.
    hit : {"matched", "touched"}
        What counts as found: matched one to one, or sharing voxels with anything predicted.
    n_bins : int
        Ranges of volume, with about the same number of lesions in each.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        A stroke for each lesion, the found on top and the missed at the bottom; the line is the share that was found
        in each range of volume, with Wilson's interval of 95 %, as if lesions were independent draws.

    Raises
    ------
    ValueError
        If there is no lesion in the reference, or an option is none of those.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> table = pd.DataFrame({"reference": [1, 2], "predicted": [1, None], "volume_reference": [100.0, 5.0]})
    >>> plot_detection(table.assign(matched=[True, False]), n_bins=1).get_title()
    '1 of 2 lesions found'
    """
    operation = "lesions.plot_detection"
    check_whole(operation, "n_bins", n_bins, at_least=1)
    found = _found(operation, lesions, hit)
    volume = found["volume"].to_numpy(float)
    is_found = found["found"].to_numpy(bool)
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 0.75 * COLUMN))
        stroke: dict[str, Any] = {"marker": "|", "s": 36, "linewidths": 0.8, "clip_on": False}
        ax.scatter(volume[is_found], np.full(is_found.sum(), FOUND), color=POINT, **stroke)
        ax.scatter(volume[~is_found], np.full((~is_found).sum(), MISSED), color=ov.plotting.ONLY_A, **stroke)
        for height, name in ((FOUND, "found"), (MISSED, "missed")):
            ax.text(1.01, height, name, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
        _draw_shares(volume, is_found, n_bins, ax)
        ax.set_xscale("log")
        ax.set(xlabel="volume of the lesion (mm³)", ylabel="share found", ylim=(-0.16, 1.16))
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_title(f"{int(is_found.sum())} of {count_of(len(volume), 'lesion')} found")
    return ax


def plot_reliability(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    n_bins: int = 10,
    where: xr.DataArray | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a reliability diagram of a probability map: what is lesion against what was predicted.

    Parameters
    ----------
    predicted : DataArray
        The chance of each voxel to be lesion, floating in [0, 1].
    reference : DataArray
        A mask on the same grid, or the share of raters.
    n_bins : int
        Bins of equal width.
    where : DataArray of bool, optional
        Voxels that count, by default all. Background makes any map look calibrated: count what an organ's mask holds,
        or where the map is above 0. Which voxels count must not be chosen by the reference.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        See `overlap.plotting.reliability`; beside it are the expected calibration error (ECE) and the Brier score.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .io import example, read_image
    >>> from .raters import consensus
    >>> raters = read_image(example("nodule_00")) == 1
    >>> share = consensus(raters.isel(rater=[0, 1, 2])).assign_attrs(name="three raters")
    >>> ax = plot_reliability(share, raters.isel(rater=3))
    >>> ax.get_legend().get_texts()[1].get_text()
    'three raters (6 of 10 bins empty)'
    >>> print(ax.texts[0].get_text())
    ECE 0.009
    Brier 0.015
    """
    operation = "lesions.plot_reliability"
    check_masks(operation, predicted=predicted, reference=reference)
    reference = regrid(reference, Grid.of(predicted), operation, name_of(predicted, "prediction"))
    counted = None if where is None else where.transpose(*predicted.dims).values
    p = predicted.values
    y = reference.values
    table = calibration.reliability(p, y, n_bins=n_bins, where=counted)
    error = float(calibration.expected_calibration_error(p, y, n_bins=n_bins, where=counted))
    brier = float(calibration.brier(p, y, where=counted))
    name = _short(name_of(predicted, "prediction"))
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.3 * COLUMN))
        ov.plotting.reliability(table, ax=ax, label=name)
        ax.text(0.04, 0.96, f"ECE {error:.3f}\nBrier {brier:.3f}", transform=ax.transAxes, va="top")
    return ax


def _scored(operation: str, scores: pd.DataFrame, index: str) -> pd.DataFrame:
    if index not in scores:
        raise UsageError(f"{operation}: the scores have no column {index!r}: choose from {', '.join(TITLES)}")
    table = restored(scores, operation)
    good = table[table["error"] == ""]
    if good.empty:
        raise UsageError(f"{operation}: no case was scored: see the column error")
    return good


def _group_name(label: str, values: np.ndarray) -> str:
    n_undefined = int(np.isnan(values).sum())
    undefined = f", {n_undefined} undefined" if n_undefined else ""
    return f"{_short(label)}  (n = {len(values)}{undefined})"


def _draw_interval(row: int, of_label: tuple[float, float, float], ax: Axes, edge: float) -> None:
    """Draw a statistic and its interval; what is infinite ends in an arrow at the edge."""
    value, low, high = of_label
    if np.isnan(value):
        return
    ax.plot([min(low, edge), min(high, edge)], [row, row], color=INK, linewidth=1.6, solid_capstyle="butt")
    if np.isposinf(high):
        ax.plot(edge, row, ">", color=INK, markersize=4, clip_on=False)
    ax.plot(min(value, edge), row, "o", color="white", markeredgecolor=INK, markersize=4.5, clip_on=False)


def _count_infinite(row: int, n: int, ax: Axes) -> None:
    """Mark at the right edge that a row has infinite values, and how many."""
    if not n:
        return
    beside = ax.get_yaxis_transform()
    ax.plot(1.03, row, ">", color=ov.plotting.ONLY_A, markersize=5, transform=beside, clip_on=False)
    ax.text(1.06, row, f"{n} infinite", transform=beside, va="center", fontsize="small")


def _paired(operation: str, first: pd.DataFrame, second: pd.DataFrame, index: str, label: str | None) -> pd.DataFrame:
    """Return the scores of both models for each case and label that both have."""
    columns = ["case", "label", index]
    one = _scored(operation, first, index)[columns].rename(columns={index: "first"})
    two = _scored(operation, second, index)[columns].rename(columns={index: "second"})
    both = one.merge(two, on=["case", "label"], validate="one_to_one")
    if label is not None:
        both = both[both["label"].astype(str) == str(label)]
    if both.empty:
        raise UsageError(f"{operation}: no case and label is in both tables: score the same cases with both models")
    return both


def _draw_cases(both: pd.DataFrame, ax: Axes) -> None:
    """Draw a point for each case that is finite in both, each label in a colour of its own."""
    finite = both[np.isfinite(both["first"]) & np.isfinite(both["second"])]
    names = both["label"].unique()
    colours = shades(len(names)) if len(names) > 1 else [POINT]
    for name, colour in zip(names, colours, strict=True):
        cases = finite[finite["label"] == name]
        dot: dict[str, Any] = {"s": 14, "color": colour, "edgecolors": INK, "linewidths": 0.3, "zorder": 3}
        ax.scatter(cases["first"], cases["second"], label=_short(name), **dot)
    if len(names) > 1:
        ax.legend(loc="lower right", fontsize="small", frameon=False, handletextpad=0.2)


def _name_sides(names: list[str], index: str, ax: Axes) -> None:
    """Write on which side of the line which model is better."""
    above, below = (names[0], names[1]) if _is_distance(index) else (names[1], names[0])
    look: dict[str, Any] = {"transform": ax.transAxes, "color": "#555555", "style": "italic", "fontsize": "small"}
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
        ax.scatter(x, y, s=22, marker=marker, color=ov.plotting.ONLY_A, linewidths=0, clip_on=False, zorder=4)


def _who_wins(x: np.ndarray, y: np.ndarray, index: str, names: list[str]) -> list[str]:
    """Return in words which model is better how often, and what is infinite or undefined."""
    is_defined = ~(np.isnan(x) | np.isnan(y))
    is_distance = _is_distance(index)
    smaller = int((x[is_defined] < y[is_defined]).sum())
    larger = int((x[is_defined] > y[is_defined]).sum())
    equal = int(is_defined.sum()) - smaller - larger
    first = smaller if is_distance else larger
    second = larger if is_distance else smaller
    pairs = count_of(int(is_defined.sum()), "pair")
    lines = [f"of {pairs} {first} better with {names[0]}, {second} with {names[1]}, {equal} equal"]
    counts = []
    for name, values in zip(names, (x, y), strict=True):
        n = int(np.isposinf(values).sum())
        if n:
            counts.append(f"infinite with {name}: {n}")
    n_undefined = len(x) - int(is_defined.sum())
    if n_undefined:
        counts.append(f"undefined: {n_undefined}")
    return [*lines, ", ".join(counts)] if counts else lines


def _found(operation: str, lesions: pd.DataFrame, hit: str) -> pd.DataFrame:
    """Return for each lesion of the reference its volume, and whether it was found."""
    check_choice(operation, "hit", hit, ("matched", "touched"))
    rows = lesions[lesions["reference"].notna()]
    if rows.empty:
        raise UsageError(f"{operation}: the reference has no lesion: pass the table of a case that has some")
    own = [name for name in ("case", "label", "reference") if name in rows]
    is_hit = rows["matched"] if hit == "matched" else rows["predicted"].notna()
    table = rows[own].assign(volume=rows["volume_reference"], found=is_hit.astype(bool))
    grouped = table.groupby(own, sort=False, observed=True)
    return grouped.agg(volume=("volume", "first"), found=("found", "any"))


def _draw_shares(volume: np.ndarray, is_found: np.ndarray, n_bins: int, ax: Axes) -> None:
    """Draw the share of lesions found in each range of volume, with its interval."""
    from scipy.stats import binomtest

    order = np.argsort(volume, kind="stable")
    for members in np.array_split(order, min(n_bins, len(order))):
        n = len(members)
        k = int(is_found[members].sum())
        bounds = binomtest(k, n).proportion_ci(method="wilson")
        first = volume[members[0]]
        last = volume[members[-1]]
        middle = float(np.sqrt(first * last))
        ax.plot([first, last], [k / n, k / n], color=INK, linewidth=1.6)
        ax.plot([middle, middle], [bounds.low, bounds.high], color=INK, linewidth=0.8)
        ax.plot(middle, k / n, "o", color="white", markeredgecolor=INK, markersize=4.5)
        # away from the strokes
        above = 4 if k / n < 0.5 else -9
        ax.annotate(f"{k}/{n}", (middle, k / n), xytext=(4, above), textcoords="offset points", fontsize="small")


def _short(name: object) -> str:
    return for_picture(one_line(name, _MOST_LETTERS))

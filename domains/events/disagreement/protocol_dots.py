"""How far protocols disagree, as a picture: a row for each, a dot at its number.

Conventions
-----------
- What is better the more of it there is stands above, error rates below; each part is sorted, the best first.
- Shapes tell apart what is drawn, not colours alone: it can be read in grey.
- Everything is read from the table of `compare_protocols`. Nothing is scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from overlap.plotting import BOTH, ONLY_A

from ..._checks import UsageError, check_kind
from ..._pictures import COLUMN, axes_or_new, printed
from ..._text import count_of, for_picture, one_line
from .disagreement import COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAINT = "#8A8A8A"
SOFT = "#5A5A5A"
ROW = 0.19
"""Inches a row."""
LOWER = 0.3
"""How far below its row's line the mean lies, rows."""


def plot_protocols(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the number of each protocol, its interval, its mean over recordings, and what it is without known faults.

    Parameters
    ----------
    table : DataFrame
        As `compare_protocols` returns it. Protocols that do not apply are counted in the title.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of fitting height by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If no protocol applies, or columns are missing.
    TypeError
        If `table` is no table.

    See Also
    --------
    compare_protocols : Score events under all protocols, and say why they differ.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .disagreement import compare_protocols
    >>> ax = plot_protocols(compare_protocols([[0, 4], [8, 10]], [[0, 5]], protocols=["time", "tiou", "jer"]))
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['tiou · F1 at 0.5', 'time · IoU', 'jer · JER']
    """
    operation = "events.plot_protocols"
    remedy = "pass what events.compare_protocols returns"
    check_kind(operation, "table", table, pd.DataFrame, remedy)
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise UsageError(f"{operation}: the table has no column {lacking[0]}; {remedy}")
    drawn = table[(table["reason"] == "") & table["value"].notna()]
    if drawn.empty:
        raise UsageError(f"{operation}: no protocol has a number for these events; the table says why")
    parts = [_sorted(drawn[~drawn["is_error"]]), _sorted(drawn[drawn["is_error"]])]
    rows, headings, n_lines = _placed(parts)
    with printed(ax):
        ax = axes_or_new(ax, figsize=(1.6 * COLUMN, 1.25 + ROW * n_lines))
        _draw_rows(rows, ax)
        for line, text in headings:
            ax.text(0, line, text, color=SOFT, fontsize="small", va="center", fontstyle="italic")
        _name_rows(rows, n_lines, ax)
        ax.set_title(_title(table, len(drawn)), fontsize="medium", loc="left")
        _add_legend(rows, ax)
    return ax


def _sorted(part: pd.DataFrame) -> pd.DataFrame:
    """Return protocols from the best to the worst; equal ones by name."""
    is_error = bool(part["is_error"].any())
    return part.sort_values(["value", "protocol"], ascending=[is_error, True], ignore_index=True)


def _placed(parts: list[pd.DataFrame]) -> tuple[pd.DataFrame, list[tuple[int, str]], int]:
    """Return the rows with their lines, the lines of headings with their texts, and how many lines there are."""
    texts = ("more is better", "less is better")
    placed = []
    headings = []
    line = 0
    for part, text in zip(parts, texts, strict=True):
        if part.empty:
            continue
        headings.append((line, text))
        placed.append(part.assign(line=np.arange(line + 1, line + 1 + len(part))))
        line += len(part) + 1
    return pd.concat(placed, ignore_index=True), headings, line


def _draw_rows(rows: pd.DataFrame, ax: Axes) -> None:
    line = rows["line"].to_numpy(float)
    below = line + LOWER
    ax.hlines(line, 0, rows["value"], color=FAINT, linewidth=0.4, linestyle=":", zorder=0)
    ax.hlines(line, rows["low"], rows["high"], color=BOTH, linewidth=1.6, zorder=2)
    # a marker at 0 is drawn whole
    ax.plot(rows["value"], line, "o", color=BOTH, markersize=4, zorder=4, label="value", clip_on=False)
    has_mean = rows["n_units"].fillna(0).to_numpy(int) > 1
    mean = rows["mean"].where(has_mean)
    ax.hlines(below, rows["mean_low"], rows["mean_high"], color=FAINT, linewidth=0.8, zorder=1)
    ax.plot(
        mean,
        below,
        "D",
        color=FAINT,
        markerfacecolor="white",
        markersize=3,
        markeredgewidth=0.8,
        zorder=3,
        clip_on=False,
    )
    corrected = rows["corrected"].where(_is_other_when_corrected(rows))
    # the bar lies behind the value, and is seen above and below it
    ax.plot(corrected, line, "|", color=ONLY_A, markersize=9, markeredgewidth=1.6, zorder=3, clip_on=False)


def _name_rows(rows: pd.DataFrame, n_lines: int, ax: Axes) -> None:
    names = [
        for_picture(f"{protocol} · {score}") for protocol, score in zip(rows["protocol"], rows["score"], strict=True)
    ]
    ax.set_yticks(rows["line"], names)
    # beside a marker at 0
    ax.tick_params(axis="y", length=0, pad=6)
    ax.set_ylim(n_lines - 0.3, -0.7)
    largest = float(np.nanmax(rows[["value", "high", "mean_high", "corrected", "mean"]].to_numpy(float)))
    ax.set_xlim(0, max(1.0, largest) * 1.02)
    what = "score" if not rows["is_error"].any() else "error rate" if rows["is_error"].all() else "score or error rate"
    ax.set_xlabel(f"{what}, each as its community defines it")
    ax.spines[["left", "right", "top"]].set_visible(False)


def _title(table: pd.DataFrame, n_drawn: int) -> str:
    prediction = one_line(table.attrs.get("prediction", "prediction"), 40)
    reference = one_line(table.attrs.get("reference", "reference"), 40)
    counted = f"{n_drawn} of {count_of(len(table), 'protocol')} have a number"
    return f"{for_picture(prediction)} against {for_picture(reference)}\n{counted}"


def _add_legend(rows: pd.DataFrame, ax: Axes) -> None:
    """Say below the axis what each shape is, of those that are drawn."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    value = Line2D([], [], color=BOTH, marker="o", markersize=4, linewidth=0, label="value")
    mean_over = rows.attrs.get("mean_over", "recordings")
    mean = Line2D([], [], color=FAINT, marker="D", markerfacecolor="white", markersize=3, linewidth=0.8)
    interval = f"{100 * rows.attrs.get('level', 0.95):g} % interval"
    mean.set_label(f"mean over {mean_over}, {interval}")
    fault = Line2D([], [], color=ONLY_A, marker="|", markersize=9, markeredgewidth=1.6, linewidth=0)
    fault.set_label("without its known faults")
    handles = [value]
    if rows["low"].notna().any():
        value.set(linewidth=1.6, label=f"value, {interval}")
    if rows["mean_low"].notna().any():
        handles.append(mean)
    if _is_other_when_corrected(rows).any():
        handles.append(fault)
    if len(handles) == 1 and not rows["low"].notna().any():
        # a dot alone needs no key
        return
    figure: Any = ax.figure
    below = ScaledTranslation(0, -26 / 72, figure.dpi_scale_trans)
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below,
        ncols=1,
        handlelength=2,
        borderpad=0,
        borderaxespad=0,
        frameon=False,
    )


def _is_other_when_corrected(rows: pd.DataFrame) -> np.ndarray:
    is_same = np.isclose(rows["value"], rows["corrected"], rtol=1e-6, atol=1e-12)
    return ~is_same & rows["corrected"].notna().to_numpy(bool)

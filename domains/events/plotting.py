"""Pictures of timelines: Axes in, Axes out.

Conventions
-----------
- Seconds on x; a row for each label, or each label of each file. In a row the reference lies above, the prediction
  below.
- The colours of `overlap.plotting`: what both sides have (matched), what only the prediction has (spurious), what only
  the reference has (missed).
- A protocol that counts events shows which events are matched. One that counts seconds shows which time both sides
  have, and the legend gives the seconds.
- The title names the sides, the protocol and, if it has several, the threshold.
- What is matched is read from the `Scored` that the report was read from. Nothing is scored again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from overlap.plotting import COLOURS

from .._checks import check_choice
from .._pictures import axes_or_new
from .._text import for_picture
from .comparison import assess
from .protocols import Protocol, Scored
from .protocols.agreement import cut_where_shared

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 0.32
GAP = 0.02
FAINT = "#8A8A8A"

Row = tuple[str, str]


def plot_timelines(
    predicted: pd.DataFrame | np.ndarray,
    reference: pd.DataFrame | np.ndarray,
    protocol: str | Protocol = "tiou",
    *,
    file: str | None = None,
    ax: Axes | None = None,
    most: int = 20,
    threshold: float | None = None,
    **options: Any,
) -> Axes:
    """Draw both timelines, one above the other, and what a protocol matched.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`.
    protocol : str or Protocol
        What decides who is matched, see `compare`.
    file, ax, most, threshold
        See `plot_scored`.
    **options
        Passed to `assess`: ``support``, ``corrected``, settings of the protocol.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> ax = plot_timelines(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['matched (1 and 1)', 'only prediction: spurious (1)', 'only reference: missed (0)']
    """
    scored = assess(predicted, reference, protocol, **options)
    return plot_scored(scored, file=file, ax=ax, most=most, threshold=threshold)


def plot_scored(
    scored: Scored,
    *,
    file: str | None = None,
    ax: Axes | None = None,
    most: int = 20,
    threshold: float | None = None,
) -> Axes:
    """Draw the timelines that were scored, and what was matched.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.
    file : str, optional
        Draw this file only; all by default.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of fitting height by default.
    most : int
        Draw so many rows at most, the first ones.
    threshold : float, optional
        Which threshold, if the protocol has several; by default the one nearest to 0.5.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If no such file was scored.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> scored = assess(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "szcore", support=60)
    >>> plot_scored(scored).get_xlabel()
    'time (s)'
    """
    counts_seconds = scored.protocol.units == "seconds"
    prediction, reference = cut_where_shared(scored) if counts_seconds else scored.align(threshold)
    if file is not None:
        check_choice("events.plot_scored", "file", file, scored.files)
        prediction = prediction[prediction["file"] == file]
        reference = reference[reference["file"] == file]
    rows = _rows(prediction, reference)
    shown = rows[:most]
    height = 1.3 + 0.45 * max(len(shown), 1)
    ax = axes_or_new(ax, figsize=(8, height))
    heights = {row: len(shown) - 1 - k for k, row in enumerate(shown)}
    _draw(reference, heights, GAP, COLOURS["only_b"], ax)
    _draw(prediction, heights, -GAP - HEIGHT, COLOURS["only_a"], ax)
    _label_rows(ax, shown)
    _name_sides(ax, len(shown))
    ax.set_xlabel("time (s)" if shown == rows else f"time (s); {len(shown)} of {len(rows)} rows")
    legend = _seconds_in_legend(scored, file) if counts_seconds else _events_in_legend(prediction, reference)
    _add_legend(ax, legend)
    ax.set_title(_title(scored, threshold), fontsize="medium", loc="left", pad=24)
    return ax


def _title(scored: Scored, threshold: float | None) -> str:
    """Return the names of both sides, and below them the protocol, with its threshold if it has one."""
    prediction, reference = scored.names
    protocol = f"protocol: {scored.protocol_name}"
    nearest = scored.nearest_threshold(threshold)
    if nearest is not None:
        protocol += f", threshold {nearest:g}"
    if scored.corrected:
        protocol += ", known faults corrected"
    return f"{for_picture(prediction)} against {for_picture(reference)}\n{protocol}"


def _rows(prediction: pd.DataFrame, reference: pd.DataFrame) -> list[Row]:
    """Return every file and label, in order."""
    both = pd.concat([reference[["file", "label"]], prediction[["file", "label"]]])
    return sorted(both.drop_duplicates().itertuples(index=False, name=None))


def _draw(events: pd.DataFrame, heights: dict[Row, int], base: float, alone: str, ax: Axes) -> None:
    """Draw one side's events: a bar each, and a line at its onset, which parts events that touch."""
    for (file, label, matched), part in events.groupby(["file", "label", "matched"]):
        row = (str(file), str(label))
        if row not in heights:
            continue
        bottom = heights[row] + base
        top = bottom + HEIGHT
        colour = COLOURS["both"] if matched else alone
        onset = part["onset"]
        duration = part["offset"] - onset
        ax.broken_barh(list(zip(onset, duration, strict=True)), (bottom, HEIGHT), facecolors=colour, linewidth=0)
        touches = onset.isin(part["offset"])
        ax.vlines(onset[~touches], bottom, top, color=colour, linewidth=0.8)
        ax.vlines(onset[touches], bottom, top, color="white", linewidth=0.8)


def _label_rows(ax: Axes, shown: list[Row]) -> None:
    """Name the rows, and draw a line through each."""
    heights = range(len(shown) - 1, -1, -1)
    several_files = len({file for file, _ in shown}) > 1
    ax.set_yticks(heights, [_row_name(file, label, several_files) for file, label in shown])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, max(len(shown), 1) - 0.4)
    ax.autoscale(axis="x")
    ax.margins(x=0.01)
    for height in heights:
        ax.axhline(height, color=FAINT, linewidth=0.4, zorder=0)
    ax.spines[["left", "right", "top"]].set_visible(False)


def _row_name(file: str, label: str, several_files: bool) -> str:
    if not several_files:
        return for_picture(label)
    recording = file.rsplit("/", 1)[-1]
    return for_picture(" · ".join(part for part in (recording, label) if part))


def _name_sides(ax: Axes, n_rows: int) -> None:
    """Write beside the first row which half of it is which side."""
    if not n_rows:
        return
    for text, above in (("reference", GAP + HEIGHT / 2), ("prediction", -GAP - HEIGHT / 2)):
        ax.annotate(
            text,
            xy=(1, n_rows - 1 + above),
            xycoords=ax.get_yaxis_transform(),
            va="center",
            fontsize="x-small",
            color=FAINT,
            annotation_clip=False,
        )


def _events_in_legend(prediction: pd.DataFrame, reference: pd.DataFrame) -> dict[str, str]:
    matched_a = int(prediction["matched"].sum())
    matched_b = int(reference["matched"].sum())
    spurious = len(prediction) - matched_a
    missed = len(reference) - matched_b
    return {
        "both": f"matched ({matched_a} and {matched_b})",
        "only_a": f"only prediction: spurious ({spurious})",
        "only_b": f"only reference: missed ({missed})",
    }


def _seconds_in_legend(scored: Scored, file: str | None) -> dict[str, str]:
    """Return the sizes of the report, written as the table writes them."""
    report = scored.report() if file is None else scored.report("file").sel(file=file)
    in_both = float(report["intersection"])
    only_prediction = float(report["size_a"]) - in_both
    only_reference = float(report["size_b"]) - in_both
    return {
        "both": f"in both ({in_both:g} s)",
        "only_a": f"only prediction ({only_prediction:g} s)",
        "only_b": f"only reference ({only_reference:g} s)",
    }


def _add_legend(ax: Axes, texts: dict[str, str]) -> None:
    """Say what each colour of `overlap.plotting` stands for."""
    from matplotlib.patches import Patch

    handles = [Patch(color=COLOURS[name], label=text) for name, text in texts.items()]
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=3,
        fontsize="small",
        handlelength=1,
        columnspacing=1,
        borderaxespad=0.2,
        borderpad=0,
        frameon=False,
    )

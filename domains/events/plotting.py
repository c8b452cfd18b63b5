"""Pictures of timelines: Axes in, Axes out.

Conventions
-----------
- Seconds on x; a row for each label, or each label of each file. In a row the reference lies above, the prediction
  below.
- The colours of `overlap.plotting`: what both sides have (matched), what only the prediction has (spurious), what only
  the reference has (missed).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from overlap.plotting import COLOURS

from .comparison import align
from .protocols import Protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 0.32
FAINT = "#8A8A8A"


def plot_timelines(
    predicted: pd.DataFrame | np.ndarray,
    reference: pd.DataFrame | np.ndarray,
    protocol: str | Protocol = "tiou",
    *,
    file: str | None = None,
    ax: Axes | None = None,
    most: int = 20,
    **options: Any,
) -> Axes:
    """Draw both timelines, one above the other, and what a protocol matched.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`.
    protocol : str or Protocol
        What decides who is matched, see `compare`.
    file : str, optional
        Draw this file only; all by default.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of fitting height by default.
    most : int
        Draw so many rows at most, the first ones.
    **options
        Passed to `align`: ``threshold``, ``support``, ``corrected``, settings of the protocol.

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
    import matplotlib.pyplot as plt

    sides = align(predicted, reference, protocol, **options)
    a, b = (x if file is None else x[x["file"] == file] for x in sides)
    rows = _rows(a, b)
    shown = rows[:most]
    if ax is None:
        ax = plt.subplots(figsize=(8, 1.3 + 0.45 * max(len(shown), 1)), layout="constrained")[1]
    places = {row: len(shown) - 1 - k for k, row in enumerate(shown)}
    _draw(b, places, 0.02, "only_b", ax)
    _draw(a, places, -0.02 - HEIGHT, "only_a", ax)
    _dress(ax, shown, len(rows))
    _legend(a, b, ax)
    return ax


def save(figure: Any, path: str | Path) -> None:
    """Save a figure, sharp enough for print; the ending of the path says how.

    Examples
    --------
    >>> import matplotlib, tempfile
    >>> matplotlib.use("agg")
    >>> ax = plot_timelines(np.array([[1.0, 4.0]]), np.array([[1.5, 4.5]]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(ax.figure, Path(folder, "timelines.png"))
    """
    figure.savefig(path, dpi=200, bbox_inches="tight")


def _rows(a: pd.DataFrame, b: pd.DataFrame) -> list[tuple[str, str]]:
    both = pd.concat([b[["file", "label"]], a[["file", "label"]]]).drop_duplicates()
    return sorted(both.itertuples(index=False, name=None))


def _draw(events: pd.DataFrame, places: dict[tuple[str, str], int], base: float, alone: str, ax: Axes) -> None:
    """Draw one side's events: a bar each, and a line at its onset: the shortest shows, what touches parts."""
    for (file, label, matched), part in events.groupby(["file", "label", "matched"]):
        if (str(file), str(label)) not in places:
            continue
        y, colour = places[str(file), str(label)] + base, COLOURS["both" if matched else alone]
        spans = list(zip(part["onset"], part["offset"] - part["onset"], strict=True))
        ax.broken_barh(spans, (y, HEIGHT), facecolors=colour, linewidth=0)
        touching = part["onset"].isin(part["offset"])
        ax.vlines(part.loc[~touching, "onset"], y, y + HEIGHT, color=colour, linewidth=0.8)
        ax.vlines(part.loc[touching, "onset"], y, y + HEIGHT, color="white", linewidth=0.8)


def _dress(ax: Axes, shown: list[tuple[str, str]], n: int) -> None:
    several = len({file for file, _ in shown}) > 1
    names = [" · ".join(x for x in (file.rsplit("/", 1)[-1] if several else "", label) if x) for file, label in shown]
    ticks = range(len(shown) - 1, -1, -1)
    ax.set_yticks(ticks, names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, max(len(shown), 1) - 0.4)
    ax.autoscale(axis="x")
    ax.margins(x=0.01)
    for y in ticks:
        ax.axhline(y, color=FAINT, linewidth=0.4, zorder=0)
    ax.spines[["left", "right", "top"]].set_visible(False)
    ax.set_xlabel("time (s)" + (f"; {len(shown)} of {n} rows" if n > len(shown) else ""))
    if shown:
        for text, dy in (("reference", 0.02 + HEIGHT / 2), ("prediction", -0.02 - HEIGHT / 2)):
            where: Any = {"xy": (1, len(shown) - 1 + dy), "xycoords": ax.get_yaxis_transform()}
            ax.annotate(text, **where, va="center", fontsize="x-small", color=FAINT, annotation_clip=False)


def _legend(a: pd.DataFrame, b: pd.DataFrame, ax: Axes) -> None:
    from matplotlib.patches import Patch

    found = [int(x["matched"].sum()) for x in (a, b)]
    texts = {
        "both": f"matched ({found[0]} and {found[1]})",
        "only_a": f"only prediction: spurious ({len(a) - found[0]})",
        "only_b": f"only reference: missed ({len(b) - found[1]})",
    }
    ax.legend(
        handles=[Patch(color=COLOURS[k], label=text) for k, text in texts.items()],
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

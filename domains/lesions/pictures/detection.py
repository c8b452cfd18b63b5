"""Which lesions were found, against their volume.

Conventions
-----------
- A lesion is found if it is matched one to one, or if it shares voxels with anything predicted (``hit=``).
- The ranges of volume hold about as many lesions each, or end where ``edges`` says; `sensitivity_by_volume` counts.

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. J. Am. Stat. Assoc. 22, 209.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..._checks import UsageError, check_choice
from ..._pictures import COLUMN, axes_or_new, printed
from ..._text import count_of
from ..instances import sensitivity_by_volume
from .cohort_scores import MISS, POINT
from .drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HITS = ("matched", "touched")
FOUND_AT = 1.09
MISSED_AT = -0.09
"""Where the strokes of lesions stand, above and below the shares from 0 to 1."""
_RANGES = 4
"""Of volume, by default."""


def plot_detection(
    lesions: pd.DataFrame,
    *,
    hit: str = "matched",
    edges: Sequence[float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw which lesions of the reference were found, against their volume.

    Parameters
    ----------
    lesions : DataFrame
        The match table of `assess` or `match`, or several of them with a column ``case``.
    hit : {"matched", "touched"}
        What counts as found: matched one to one, or sharing voxels with anything predicted.
    edges : sequence of float, optional
        Where the ranges of volume end, mm³; by default there are four, with about as many lesions in each.
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

    See Also
    --------
    sensitivity_by_volume : Count the reference lesions that were found, by their volume.
    match : Return which predicted lesions met which reference lesions.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> table = pd.DataFrame({"reference": [1, 2], "predicted": [1, None], "volume_reference": [100.0, 5.0]})
    >>> plot_detection(table.assign(matched=[True, False])).get_title()
    '1 of 2 lesions found'
    """
    operation = "lesions.plot_detection"
    check_choice(operation, "hit", hit, HITS)
    found = _lesions_of_reference(operation, lesions, hit)
    volume = found["volume_reference"].to_numpy(float)
    is_found = found["matched"].to_numpy(bool)
    limits = _edges_of(volume) if edges is None else list(edges)
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 0.75 * COLUMN))
        _draw_strokes(volume[is_found], FOUND_AT, POINT, "found", ax)
        _draw_strokes(volume[~is_found], MISSED_AT, MISS, "missed", ax)
        for row in sensitivity_by_volume(found, limits).to_dict("records"):
            is_inside = (volume >= row["volume_from"]) & (volume < row["volume_to"])
            if is_inside.any():
                _draw_share(volume[is_inside], int(row["found"]), ax)
        ax.set_xscale("log")
        ax.set(xlabel="volume of the lesion (mm³)", ylabel="share found", ylim=(-0.16, 1.16))
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_title(f"{int(is_found.sum())} of {count_of(len(volume), 'lesion')} found")
    return ax


def _lesions_of_reference(operation: str, lesions: pd.DataFrame, hit: str) -> pd.DataFrame:
    """Return a row for each lesion of the reference, ``matched`` where it was found."""
    rows = lesions[lesions["reference"].notna()]
    if rows.empty:
        raise UsageError(f"{operation}: the reference has no lesion: pass the table of a case that has some")
    own = [name for name in ("case", "label", "reference") if name in rows]
    is_hit = rows["matched"] if hit == "matched" else rows["predicted"].notna()
    table = rows[[*own, "volume_reference"]].assign(matched=is_hit.astype(bool))
    grouped = table.groupby(own, sort=False, dropna=False)
    return grouped.agg({"volume_reference": "first", "matched": "any"}).reset_index()


def _edges_of(volume: np.ndarray) -> list[float]:
    """Return where ranges of about as many lesions end; equal volumes are never parted."""
    shares = np.linspace(0, 1, _RANGES + 1)
    edges = np.unique(np.quantile(volume, shares, method="inverted_cdf"))
    inner = edges[:-1] if len(edges) > 1 else edges
    return [*inner.tolist(), np.inf]


def _draw_strokes(volume: np.ndarray, height: float, colour: str, name: str, ax: Axes) -> None:
    look: dict[str, Any] = {"marker": "|", "s": 36, "linewidths": 0.8, "clip_on": False}
    ax.scatter(volume, np.full(len(volume), height), color=colour, **look)
    ax.text(1.01, height, name, transform=ax.get_yaxis_transform(), va="center", fontsize="small")


def _draw_share(volume: np.ndarray, n_found: int, ax: Axes) -> None:
    """Draw the share of lesions found in a range of volume, with its interval."""
    from scipy.stats import binomtest

    n = len(volume)
    share = n_found / n
    bounds = binomtest(n_found, n).proportion_ci(method="wilson")
    first = float(volume.min())
    last = float(volume.max())
    middle = float(np.sqrt(first * last))
    ax.plot([first, last], [share, share], color=INK, linewidth=1.6)
    ax.plot([middle, middle], [bounds.low, bounds.high], color=INK, linewidth=0.8)
    ax.plot(middle, share, "o", color="white", markeredgecolor=INK, markersize=4.5)
    # away from the strokes
    above = 4 if share < 0.5 else -9
    ax.annotate(f"{n_found}/{n}", (middle, share), xytext=(4, above), textcoords="offset points", fontsize="small")

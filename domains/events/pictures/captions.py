"""What is written round a picture of timelines: its title, and how much there is of each colour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from overlap.plotting import COLOURS

from ..._text import count_of, for_picture
from ..protocols import Scored
from ..schema import durations_of, names_in
from .naming import RowNames, elided

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONFUSED = "#7A3E00"
FAINT = "#8A8A8A"
HATCH = "/////"
SOFT = "#5A5A5A"
UNSCORED = "#E6E6E6"
TITLE = 38
"""Characters of a side's name in the title."""


def title_of(scored: Scored, threshold: float | None) -> str:
    """Return the names of both sides, and below them the protocol, with its threshold if it has one."""
    prediction, reference = (for_picture(elided(name, TITLE)) for name in scored.names)
    protocol = f"protocol: {scored.protocol_name}"
    nearest = scored.nearest_threshold(threshold)
    if nearest is not None:
        protocol += f", threshold {nearest:g}"
    if scored.corrected:
        protocol += ", known faults corrected"
    return f"{prediction} against {reference}\n{protocol}"


def rate_in_title(scored: Scored, file: str | None) -> str:
    """Return the error rate that a protocol of speakers is known by."""
    headline = scored.protocol.headline
    if headline is None:
        return ""
    report = scored.report() if file is None else scored.report("file").sel(file=file)
    value = f", {headline.title} {float(report[headline.name]):.4f}"
    if headline.name != "der":
        return value
    errors = " + ".join(f"{float(report[name]):g}" for name in ("missed", "false_alarm", "confused"))
    return f"{value} = ({errors}) / {float(report['size_b']):g} s"


def left_out(
    scored: Scored, called: RowNames, first: int, n_shown: int, n_rows: int, file: str | None
) -> Iterator[str]:
    """Say in lines for the title which rows are not on this page, and what no name has."""
    if n_shown < n_rows:
        yield f"rows {first + 1} to {first + n_shown} of {n_rows}"
    events = names_in(*scored.given)
    n_quiet = len([name for name in scored.files if name not in events])
    parts = []
    if n_quiet and file is None and n_shown:
        parts.append(f"{n_quiet} of {count_of(len(scored.files), 'recording')} without events")
    if called.without:
        parts.append(f"… in names: {for_picture(elided(called.without, 2 * TITLE))}")
    if parts:
        yield "; ".join(parts)


def events_in_legend(prediction: pd.DataFrame, reference: pd.DataFrame, *, decides: bool = True) -> dict[str, str]:
    """Return how many events there are of each kind; of a protocol that does not decide, what overlaps."""
    matched_a = int(prediction["matched"].sum())
    matched_b = int(reference["matched"].sum())
    spurious = len(prediction) - matched_a
    missed = len(reference) - matched_b
    if not decides:
        return {
            "both": f"overlap ({matched_a} and {matched_b})",
            "only_a": f"only prediction ({spurious})",
            "only_b": f"only reference ({missed})",
        }
    return {
        "both": f"matched ({matched_a} and {matched_b})",
        "only_a": f"only prediction: spurious ({spurious})",
        "only_b": f"only reference: missed ({missed})",
    }


def seconds_in_legend(scored: Scored, file: str | None) -> dict[str, str]:
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


def speech_in_legend(prediction: pd.DataFrame, reference: pd.DataFrame) -> dict[str, str]:
    """Return the seconds of right speakers and of each error, as they are drawn."""
    seconds = [durations_of(side) for side in (prediction, reference)]
    right = float(seconds[1][reference["matched"]].sum())
    confused = float(seconds[1][reference["confused"]].sum())
    missed = float(seconds[1][~reference["matched"] & ~reference["confused"]].sum())
    false_alarm = float(seconds[0][~prediction["matched"] & ~prediction["confused"]].sum())
    return {
        "both": f"right speaker ({right:.6g} s)",
        "only_b": f"missed ({missed:.6g} s)",
        "only_a": f"false alarm ({false_alarm:.6g} s)",
        "confused": f"confused ({confused:.6g} s)",
    }


def seconds_in_view(prediction: pd.DataFrame, reference: pd.DataFrame) -> dict[str, str]:
    """Return the seconds of what is drawn."""
    of_prediction = (prediction["offset"] - prediction["onset"]).groupby(prediction["matched"]).sum()
    of_reference = (reference["offset"] - reference["onset"]).groupby(reference["matched"]).sum()
    return {
        "both": f"in both ({of_prediction.get(True, 0.0):g} s)",
        "only_a": f"only prediction ({of_prediction.get(False, 0.0):g} s)",
        "only_b": f"only reference ({of_reference.get(False, 0.0):g} s)",
    }


def add_legend(ax: Axes, texts: dict[str, str], *, shaded: bool, zones: bool = False) -> None:
    """Say what each colour of `overlap.plotting` stands for."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    for name, text in texts.items():
        if name == "confused":
            handles.append(Patch(facecolor="white", edgecolor=CONFUSED, hatch=HATCH, linewidth=0.6, label=text))
        else:
            handles.append(Patch(color=COLOURS[name], label=text))
    if zones:
        said = "zone, with its precision P and recall R where there is space"
        handles.append(Line2D([], [], color=SOFT, linewidth=0.6, linestyle=(0, (3, 2)), label=said))
    if shaded:
        handles.append(Patch(color=UNSCORED, label="not scored"))
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(handles),
        fontsize="small",
        handlelength=1.2,
        columnspacing=1,
        borderaxespad=0.2,
        borderpad=0,
        frameon=False,
    )

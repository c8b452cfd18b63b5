"""Where protocols judge events differently, as a picture: a lane for each, side by side the places where they differ.

Conventions
-----------
- Time is cut where all protocols agree: a place is a stretch of events that lie close together, one of them judged
  differently. All places have one scale, which a bar tells; below each stands where it begins.
- The upper lane has the events as they are, the reference above, the prediction below. Each other lane has them in the
  colours of a protocol's verdicts; protocols that judge all that is drawn alike share a lane.
- Everything is read from the table of `judge_events`. Nothing is scored.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from overlap.plotting import BOTH, ONLY_A, ONLY_B

from ..._checks import UsageError, check_choice, check_kind, check_whole
from ..._pictures import TWO_COLUMNS, axes_or_new, printed
from ..._text import count_of, for_picture, one_line
from ..disagreement.judging import FOUND, MISSED, NOT_JUDGED, PART, SPURIOUS, VERDICTS, protocols_of
from .captions import CONFUSED, FAINT, HATCH, SOFT
from .clocks import LONG
from .lanes import lanes_of
from .naming import elided, short_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOOKS: dict[str, dict[str, Any]] = {
    FOUND: {"facecolor": BOTH, "edgecolor": BOTH},
    MISSED: {"facecolor": ONLY_B, "edgecolor": ONLY_B},
    SPURIOUS: {"facecolor": ONLY_A, "edgecolor": ONLY_A},
    PART: {"facecolor": "white", "edgecolor": CONFUSED, "hatch": HATCH},
    NOT_JUDGED: {"facecolor": "white", "edgecolor": FAINT},
}
PLAIN = {"facecolor": "white", "edgecolor": "black"}
INCHES = 0.26
"""Of a lane of one line."""
HALF = 0.36
"""Of a lane: the bars of one side."""
LINE = 30
"""Characters of a line of names."""
GAP = 0.02
"""Of the width: between two places."""
LEAST = 0.035
"""Of the width: what a place takes at least."""


class Place(NamedTuple):
    """A stretch of a recording that is drawn, and where on the axis it begins and how far it reaches."""

    file: str
    onset: float
    offset: float
    begin: float
    end: float

    def on_axis(self, time: float) -> float:
        """Return where on the axis a time is."""
        middle = (self.begin + self.end) / 2
        return middle + time - (self.onset + self.offset) / 2


def plot_verdicts(table: pd.DataFrame, *, file: str | None = None, most: int = 12, ax: Axes | None = None) -> Axes:
    """Draw how each protocol judges the events that not all judge alike.

    Parameters
    ----------
    table : DataFrame
        As `judge_events` returns it.
    file : str, optional
        Draw places of this recording only; of all by default.
    most : int
        Draw so many places at most: those where protocols are divided most, in the order of time.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of fitting height by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such recording, or no event is judged differently.

    See Also
    --------
    judge_events : Say of each event how each protocol judges it, and whether they differ.
    plot_protocols : Draw the number of each protocol, its interval, its mean over recordings.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..disagreement.judging import judge_events
    >>> table = judge_events([[0, 10], [20, 30]], [[0, 10], [20, 60]], protocols=["tiou", "ward", "time"])
    >>> [text.get_text() for text in plot_verdicts(table).get_yticklabels()]
    ['events', 'ward', 'tiou at 0.5']
    """
    operation = "events.plot_verdicts"
    check_whole(operation, "most", most, at_least=1)
    check_kind(operation, "table", table, pd.DataFrame, "pass what events.judge_events returns")
    if "differs" not in table:
        raise UsageError(f"{operation}: table has no column differs; pass what events.judge_events returns")
    names = protocols_of(table)
    if file is not None:
        check_choice(operation, "file", file, sorted(set(table["file"])))
    of_place = _numbered(table)
    n_against = np.sum(table[names].to_numpy(str) != FOUND, axis=1)
    divided = pd.Series(np.minimum(n_against, len(names) - n_against), table.index)
    is_asked = table["differs"] if file is None else table["differs"] & (table["file"] == file)
    # at least one each: what is part or not judged differs too
    worth = divided.clip(lower=1)[is_asked].groupby(of_place[is_asked]).sum()
    if worth.empty:
        raise UsageError(f"{operation}: no event is judged differently; there is nothing to draw")
    chosen = worth.sort_values(ascending=False, kind="stable").index[:most]
    drawn = table[np.isin(of_place, chosen)]
    places = _places(drawn, of_place[drawn.index])
    lanes = _lanes(drawn, names, table.attrs.get("thresholds", {}))
    heights = [1.15 + 0.5 * (text.count("\n")) for text, _ in lanes]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(TWO_COLUMNS, 1.5 + INCHES * sum(heights)))
        width = max(place.end for place in places.values())
        middles = np.cumsum(heights) - np.asarray(heights) / 2
        sub = _sub_lanes(drawn, of_place)
        for (_, name), middle in zip(lanes, middles, strict=True):
            for place in places.values():
                ax.hlines(middle, place.begin, place.end, color=FAINT, linewidth=0.4, zorder=0)
            _draw(ax, drawn, name, middle, [places[k] for k in of_place[drawn.index]], sub, 0.003 * width)
        ax.axhline(middles[0] + heights[0] / 2, color=FAINT, linewidth=0.6)
        ax.set_yticks(middles, ["\n".join(map(for_picture, text.split("\n"))) for text, _ in lanes])
        ax.set_ylim(sum(heights), 0)
        ax.set_xlim(0, width)
        _name_places(ax, places, drawn, of_place)
        ax.tick_params(axis="y", length=0)
        ax.spines[:].set_visible(False)
        _name_sides(ax, middles[0])
        _add_scale(ax, places, width)
        _add_legend(ax, drawn, names)
        said = f"{count_of(len(names), 'protocol')}, the {len(places)} of {len(worth)} places where they differ most"
        if len(places) == len(worth):
            said = f"{count_of(len(names), 'protocol')}, all {count_of(len(worth), 'place')} where they differ"
        sides = [for_picture(one_line(table.attrs.get(side, side), 38)) for side in ("prediction", "reference")]
        ax.set_title(f"{sides[0]} against {sides[1]}\n{said}", loc="left", fontsize="medium", pad=18)
    return ax


def _numbered(table: pd.DataFrame) -> np.ndarray:
    """Return the place of each event: those of one file that lie closer together than half a usual one lasts."""
    duration = table["offset"] - table["onset"]
    near = float(duration[table["differs"]].median()) / 2 if table["differs"].any() else 0.0
    ordered = table.sort_values(["file", "onset"], kind="stable")
    reach = ordered.groupby("file", sort=False)["offset"].cummax().shift()
    is_new = (ordered["file"] != ordered["file"].shift()) | (ordered["onset"] > reach + near)
    number = pd.Series(is_new.cumsum(), ordered.index)
    return number.reindex(table.index).to_numpy(int)


def _places(drawn: pd.DataFrame, of_place: np.ndarray) -> dict[int, Place]:
    """Return where the places are drawn, side by side."""
    spans = drawn.groupby(of_place).agg({"file": "first", "onset": "min", "offset": "max"})
    seconds = (spans["offset"] - spans["onset"]).to_numpy(float)
    total = float(seconds.sum()) or 1.0
    widths = np.maximum(1.06 * seconds, LEAST * total)
    ends = np.cumsum(widths + GAP * total) - GAP * total
    begins = ends - widths
    return {
        int(k): Place(str(file), float(onset), float(offset), float(begin), float(end))
        for (k, file, onset, offset), begin, end in zip(spans.itertuples(name=None), begins, ends, strict=True)
    }


def _lanes(drawn: pd.DataFrame, names: list[str], thresholds: dict[str, float]) -> list[tuple[str, str]]:
    """Return what lanes are called and the column that each shows, "" for the events as they are; the kindest first."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        alike.setdefault(tuple(drawn[name]), []).append(name)
    order = sorted(alike, key=lambda answers: -answers.count(FOUND))
    lanes = [("events", "")]
    for answers in order:
        said = [f"{name} at {thresholds[name]:g}" if name in thresholds else name for name in alike[answers]]
        lines = wrap(", ".join(part.replace(" ", "\xa0") for part in said), LINE, break_on_hyphens=False)
        lanes.append(("\n".join(lines).replace("\xa0", " "), alike[answers][0]))
    return lanes


def _sub_lanes(drawn: pd.DataFrame, of_place: np.ndarray) -> pd.DataFrame:
    """Return the lane of each event within its half, and how many there are."""
    found = pd.DataFrame({"lane": 0, "n": 1}, index=drawn.index)
    for _, part in drawn.groupby([of_place[drawn.index], "side"]):
        ordered = part.sort_values("onset", kind="stable")
        lane = lanes_of(ordered["onset"].to_numpy(float), ordered["offset"].to_numpy(float))
        found.loc[ordered.index, "lane"] = lane
        found.loc[ordered.index, "n"] = max(lane) + 1
    return found


def _draw(
    ax: Axes, drawn: pd.DataFrame, name: str, middle: float, places: list[Place], sub: pd.DataFrame, least: float
) -> None:
    """Draw the events in a lane."""
    from matplotlib.patches import Rectangle

    for k, (row, place) in enumerate(zip(drawn.to_dict("records"), places, strict=True)):
        begin = place.on_axis(row["onset"])
        length = max(place.on_axis(row["offset"]) - begin, least)
        height = HALF / int(sub["n"].iloc[k])
        away = 0.03 + height * int(sub["lane"].iloc[k])
        bottom = middle + away if row["side"] == "prediction" else middle - away - height
        look = LOOKS[row[name]] if name else PLAIN
        ax.add_patch(Rectangle((begin, bottom), length, 0.92 * height, linewidth=0.5, **look))


def _name_places(ax: Axes, places: dict[int, Place], drawn: pd.DataFrame, of_place: np.ndarray) -> None:
    """Write below each place where it begins, of what recording and labels where there are several."""
    files = list(dict.fromkeys(place.file for place in places.values()))
    called = dict(zip(files, short_names(files, 24), strict=True))
    has_labels = drawn["label"].nunique() > 1
    is_long = max(place.onset for place in places.values()) >= LONG
    texts = []
    for k, place in places.items():
        labels = sorted(set(drawn.loc[of_place[drawn.index] == k, "label"]) - {""})
        parts = [called[place.file]] if len(files) > 1 else []
        if has_labels and labels:
            parts.append(elided(", ".join(labels), 24))
        texts.append(for_picture(" · ".join([*parts, _time(place.onset, is_long)])))
    ticks = [place.begin for place in places.values()]
    ax.set_xticks(ticks, texts, rotation=35, ha="right", rotation_mode="anchor")


def _time(seconds: float, is_long: bool) -> str:
    """Return a time as a picture tells it: seconds, or hours, minutes and seconds.

    Examples
    --------
    >>> _time(93.25, False), _time(93.25, True)
    ('93.2 s', '0:01:33')
    """
    if not is_long:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _name_sides(ax: Axes, middle: float) -> None:
    for text, away in (("reference", -HALF / 2), ("prediction", HALF / 2)):
        ax.annotate(
            text,
            xy=(1, middle + away),
            xycoords=ax.get_yaxis_transform(),
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
            color=SOFT,
            annotation_clip=False,
        )


def _add_scale(ax: Axes, places: dict[int, Place], width: float) -> None:
    """Draw a bar of a round number of seconds above the right end."""
    wanted = width / 10
    power = 10.0 ** np.floor(np.log10(wanted))
    seconds = max(step for step in (power, 2 * power, 5 * power) if step <= wanted)
    transform = ax.get_xaxis_transform()
    ax.plot([width - seconds, width], [1.02, 1.02], color="black", linewidth=1.5, transform=transform, clip_on=False)
    said = f"{seconds:g} s"
    ax.text(width - seconds / 2, 1.03, said, ha="center", va="bottom", fontsize="small", transform=transform)


def _add_legend(ax: Axes, drawn: pd.DataFrame, names: list[str]) -> None:
    from matplotlib.patches import Patch

    there = set(drawn[names].to_numpy(str).ravel())
    handles = [Patch(linewidth=0.5, label=verdict, **LOOKS[verdict]) for verdict in VERDICTS if verdict in there]
    where: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": len(handles)}
    ax.legend(
        handles=handles, **where, handlelength=1.2, columnspacing=1, borderaxespad=0.2, borderpad=0, frameon=False
    )

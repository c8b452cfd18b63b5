"""Pictures of timelines: Axes in, Axes out.

Conventions
-----------
- A row for each label, or each label of each file. In a row the reference lies above, the prediction below. Events of
  one row that overlap lie on lanes of their own.
- Time on x: seconds, or a clock where it is long, see `domains.events.pictures.clocks`.
- The colours of `overlap.plotting`: what both sides have (matched), what only the prediction has (spurious), what only
  the reference has (missed).
- A protocol that pools labels has a row for each file.
- A protocol that counts events shows which events are matched. One that counts seconds shows which time both sides
  have, and the legend gives the seconds.
- Of speakers a row says who is taken for whom, "s1 → carl". What is missed, a false alarm or confused has a colour
  each, and what is confused is hatched too. The title has the error rate and the seconds that it is made of.
- Of affiliation the zones are drawn, with the precision and the recall of each where there is space for them.
- Where it is known what was scored, all of it is shown, and what lies between its stretches is shaded.
- The title names the sides, the protocol and, if it has several, the threshold. Long names are cut in their middle.
  Of many rows it says which of them stand on this page, and what was left out of the names of all.
- What is matched is read from the `Scored` that the report was read from. Nothing is scored again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from overlap.plotting import COLOURS

from ..._checks import UsageError, check_choice, check_number, check_whole
from ..._pictures import TWO_COLUMNS, axes_or_new, printed
from ..comparison.comparison import assess
from ..protocols import Protocol, Scored
from ..protocols.agreement import cut_where_shared
from ..protocols.scored import check_scored
from ..protocols.speaker_time import cut_where_confused
from ..schema import names_in
from .captions import (
    CONFUSED,
    FAINT,
    HATCH,
    SOFT,
    UNSCORED,
    add_legend,
    events_in_legend,
    left_out,
    rate_in_title,
    seconds_in_legend,
    seconds_in_view,
    speech_in_legend,
    title_of,
)
from .clocks import Clock, label_time, start_of
from .lanes import Place, places_of, with_lanes
from .naming import Row, RowNames

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 0.36
"""Of the bars of one side, rows."""
GAP = 0.02
INCHES = 0.3
"""Of a row."""
PAGE = 8.4
"""Inches that rows may take, so that a figure fits on a page: many rows are lower."""
TO_NOBODY = " → nobody"
ZONE_TEXT = 0.05
"""Of the width of the axes: a zone that is narrower has no text."""
ZONE_ROOM = 0.85
"""Of a row: space above it for what is said of zones."""
MOST = 60
"""Rows of a page."""


def plot_timelines(
    predicted: pd.DataFrame | np.ndarray,
    reference: pd.DataFrame | np.ndarray,
    protocol: str | Protocol = "tiou",
    *,
    file: str | None = None,
    ax: Axes | None = None,
    most: int = MOST,
    page: int = 1,
    threshold: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    clock: Clock = None,
    **options: Any,
) -> Axes:
    """Draw both timelines, one above the other, and what a protocol matched.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, see `as_events`.
    protocol : str or Protocol
        What decides who is matched, see `compare`.
    file, ax, most, page, threshold, start, stop, clock
        See `plot_scored`.
    **options
        Passed to `assess`: ``support``, ``corrected``, settings of the protocol.

    Returns
    -------
    matplotlib Axes

    See Also
    --------
    plot_scored : Draw the timelines that were scored, and what was matched.
    compare : Score predicted events against annotated ones.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> ax = plot_timelines(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['matched (1 and 1)', 'only prediction: spurious (1)', 'only reference: missed (0)']
    """
    scored = assess(predicted, reference, protocol, **options)
    return plot_scored(
        scored, file=file, ax=ax, most=most, page=page, threshold=threshold, start=start, stop=stop, clock=clock
    )


def plot_scored(
    scored: Scored,
    *,
    file: str | None = None,
    ax: Axes | None = None,
    most: int = MOST,
    page: int = 1,
    threshold: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    clock: Clock = None,
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
        Draw so many rows at most.
    page : int
        Which of them: 1 draws the first `most` rows, 2 those that follow. The title says which there are.
    threshold : float, optional
        Which threshold, if the protocol has several; by default the one nearest to 0.5.
    start, stop : float, optional
        Draw the events from here to there, seconds; all by default. The legend then counts what is drawn.
    clock : bool, str, time or datetime, optional
        False: seconds. True: hours, minutes and seconds. A time of day such as "22:30:00": when the recordings began,
        and the axis tells the time of day. By default seconds up to ten minutes, and beyond them as True.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If no such file was scored, there is no such page, `stop` is not after `start`, or `clock` is no time of day.

    See Also
    --------
    assess : Match predicted events with annotated ones under a protocol.
    plot_timelines : Draw both timelines, one above the other, and what a protocol matched.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> scored = assess(np.array([[1.0, 4.0], [8.0, 9.0]]), np.array([[1.5, 4.5]]), "szcore", support=60)
    >>> plot_scored(scored).get_xlabel()
    'time (s)'
    """
    operation = "events.plot_scored"
    check_scored(operation, scored)
    check_whole(operation, "most", most, at_least=1)
    began = start_of(operation, clock)
    _check_view(operation, start, stop)
    counts_seconds = scored.protocol.units == "seconds"
    prediction, reference = cut_where_shared(scored) if counts_seconds else scored.align(threshold)
    if file is not None:
        check_choice(operation, "file", file, scored.files)
        prediction = prediction[prediction["file"] == file]
        reference = reference[reference["file"] == file]
    of_speakers = "speaker" in prediction
    names = _taken_for(prediction) if of_speakers else {}
    if of_speakers:
        prediction, reference = cut_where_confused(prediction, reference)
    if not scored.protocol.uses_labels and not names:
        prediction, reference = _pooled(prediction, reference)
    is_part = start is not None or stop is not None
    if is_part:
        prediction = _in_view(prediction, start, stop)
        reference = _in_view(reference, start, stop)
    rows = _rows(prediction, reference, names)
    first = _first_of_page(operation, page, most, len(rows))
    shown = rows[first : first + most]
    zones = _zones_of(reference, shown)
    lanes = [with_lanes(side) for side in (prediction, reference)]
    places = places_of(shown, lanes, room=ZONE_ROOM if len(zones) else 0.0)
    n_lines = sum(place.height + place.room for place in places.values()) or 1.0
    called = RowNames.of(rows, names)
    title = [title_of(scored, threshold)]
    if of_speakers and not is_part:
        title[0] += rate_in_title(scored, file)
    title += left_out(scored, called, first, len(shown), len(rows), file)
    with printed(ax):
        inches = min(INCHES * n_lines, max(PAGE, 0.12 * n_lines))
        ax = axes_or_new(ax, figsize=(TWO_COLUMNS, 0.75 + 0.1 * len(title) + inches))
        _draw(lanes[1], places, COLOURS["only_b"], ax, above=True)
        _draw(lanes[0], places, COLOURS["only_a"], ax, above=False)
        _label_rows(ax, shown, places, called.names[first : first + most])
        _name_sides(ax, shown, places)
        stretches = _scored_of(scored, shown)
        _limit(ax, start, stop, _reach(scored, stretches))
        is_shaded = _shade(ax, stretches, places)
        _draw_zones(ax, zones, places)
        ax.set_xlabel(label_time(ax, clock, began))
        if of_speakers:
            legend = speech_in_legend(prediction, reference)
        elif counts_seconds:
            legend = seconds_in_legend(scored, file) if not is_part else seconds_in_view(prediction, reference)
        else:
            legend = events_in_legend(prediction, reference, decides=zones.empty)
        add_legend(ax, legend, shaded=is_shaded, zones=len(zones) > 0)
        ax.set_title("\n".join(title), fontsize="medium", loc="left", pad=16)
    return ax


def _first_of_page(operation: str, page: int, most: int, n_rows: int) -> int:
    """Return the place of the first row of a page."""
    check_number(operation, "most", most, at_least=1)
    n_pages = max(1, -(-n_rows // most))
    if page not in range(1, n_pages + 1):
        pages = "there is 1 page" if n_pages == 1 else f"there are {n_pages} pages, 1 to {n_pages}"
        raise UsageError(f"{operation}: page={page!r}: {pages}, of {most} rows each; choose one, or a greater most=")
    return (int(page) - 1) * most


def _zones_of(reference: pd.DataFrame, shown: list[Row]) -> pd.DataFrame:
    """Return the zones of affiliation that are in sight, none of other protocols."""
    if "zone_onset" not in reference:
        return pd.DataFrame()
    is_shown = pd.MultiIndex.from_frame(reference[["file", "label"]]).isin(shown)
    is_closed = reference["zone_offset"].notna()
    return reference[is_shown & is_closed]


def _draw_zones(ax: Axes, zones: pd.DataFrame, places: dict[Row, Place]) -> None:
    """Draw where zones begin and end, and write their precision and recall above them."""
    low, high = ax.get_xlim()
    for zone in zones.to_dict("records"):
        place = places[zone["file"], zone["label"]]
        bottom = place.middle - place.height / 2
        top = bottom + place.height + place.room
        onset = max(zone["zone_onset"], low)
        offset = min(zone["zone_offset"], high)
        ax.vlines([onset, offset], bottom, top, color=SOFT, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
        if offset - onset < ZONE_TEXT * (high - low):
            continue
        figures = [f"{name} {zone[column]:.2f}" for name, column in (("P", "precision"), ("R", "recall"))]
        said = "\n".join(figures).replace("nan", "–")
        middle = (onset + offset) / 2
        ax.text(middle, top - 0.08, said, ha="center", va="top", fontsize="small", color=SOFT, clip_on=True)


def _check_view(operation: str, start: float | None, stop: float | None) -> None:
    if start is not None:
        check_number(operation, "start", start)
    if stop is not None:
        check_number(operation, "stop", stop)
    if start is not None and stop is not None and stop <= start:
        raise UsageError(f"{operation}: stop must be after start, seconds; got start={start:g}, stop={stop:g}")


def _in_view(events: pd.DataFrame, start: float | None, stop: float | None) -> pd.DataFrame:
    """Return the events that reach into the view, cut where it ends; a point at its begin is in it."""
    low = -np.inf if start is None else start
    high = np.inf if stop is None else stop
    is_point = events["onset"] == events["offset"]
    is_inside = (events["onset"] < high) & ((events["offset"] > low) | (is_point & (events["offset"] == low)))
    inside = events[is_inside]
    return inside.assign(onset=inside["onset"].clip(lower=low), offset=inside["offset"].clip(upper=high))


def _taken_for(prediction: pd.DataFrame) -> dict[Row, str]:
    """Return the rows of speakers with their names: whose of the reference, and which predicted one is taken for it."""
    pairs = prediction[["file", "label", "speaker"]].drop_duplicates()
    names = {}
    for file, label, speaker in pairs.itertuples(index=False):
        is_somebody = not label.endswith(f"? {speaker}")
        names[file, label] = f"{speaker} → {label}" if is_somebody else f"{speaker}{TO_NOBODY}"
    return names


def _pooled(prediction: pd.DataFrame, reference: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give all events one label, that of a protocol that does not tell them apart."""
    pooled = ", ".join(sorted(names_in(prediction, column="label") | names_in(reference, column="label")))
    return prediction.assign(label=pooled), reference.assign(label=pooled)


def _scored_of(scored: Scored, shown: list[Row]) -> dict[str, np.ndarray]:
    """Return the scored stretches of each file that is drawn, in order; none of a file of which they are not known."""
    stretches = {}
    for file in dict.fromkeys(file for file, _ in shown):
        known = scored.support.loc[[file]].dropna()
        if len(known):
            stretches[file] = known[["onset", "offset"]].sort_values("onset").to_numpy(float)
    return stretches


def _reach(scored: Scored, stretches: dict[str, np.ndarray]) -> tuple[float, float] | None:
    """Return from where to where stretches and the events that were given reach; None if no stretch is known."""
    if not stretches:
        return None
    times = np.concatenate(list(stretches.values()))
    for side in scored.given:
        own = side[side["file"].isin(list(stretches))]
        times = np.concatenate([times, own[["onset", "offset"]].to_numpy(float)])
    return float(times.min()), float(times.max())


def _shade(ax: Axes, stretches: dict[str, np.ndarray], places: dict[Row, Place]) -> bool:
    """Shade in each row what was not scored; return whether there is any in sight."""
    from matplotlib.patches import Rectangle

    low, high = ax.get_xlim()
    is_any = False
    for (file, _), place in places.items():
        if file not in stretches:
            continue
        begins = np.append(stretches[file][:, 0], np.inf)
        ends = np.insert(stretches[file][:, 1], 0, -np.inf)
        gaps = np.clip(np.stack([ends, begins], axis=1), low, high)
        is_margin = ((ends == -np.inf) & (begins <= low + 0.011 * (high - low))) | (
            (begins == np.inf) & (ends >= high - 0.011 * (high - low))
        )
        for begin, end in gaps[(gaps[:, 1] > gaps[:, 0]) & ~is_margin]:
            corner = begin, place.middle - place.height / 2
            ax.add_patch(Rectangle(corner, end - begin, place.height, facecolor=UNSCORED, linewidth=0, zorder=-1))
            is_any = True
    return is_any


def _rows(prediction: pd.DataFrame, reference: pd.DataFrame, names: Mapping[Row, str]) -> list[Row]:
    """Return every file and label, in order; who is taken for nobody stands last in a file."""
    both = pd.concat([reference[["file", "label"]], prediction[["file", "label"]]])
    rows: set[Row] = set(both.itertuples(index=False, name=None))
    return sorted(rows, key=lambda row: (row[0], names.get(row, "").endswith(TO_NOBODY), row[1]))


def _draw(events: pd.DataFrame, places: dict[Row, Place], alone: str, ax: Axes, *, above: bool) -> None:
    """Draw one side's events: a bar each, and a line at its onset, which parts events that touch."""
    if "confused" not in events:
        events = events.assign(confused=False)
    for (file, label, matched, confused, lane), part in events.groupby(
        ["file", "label", "matched", "confused", "lane"]
    ):
        place = places.get((str(file), str(label)))
        if place is None:
            continue
        height = HEIGHT * place.height / part["n_lanes"].iloc[0]
        # the first lane lies beside the row's line
        inner = GAP + lane * height
        bottom = place.middle + inner if above else place.middle - inner - height
        drawn = height if part["n_lanes"].iloc[0] == 1 else 0.86 * height
        colour = COLOURS["both"] if matched else alone
        onset = part["onset"]
        duration = part["offset"] - onset
        spans = list(zip(onset, duration, strict=True))
        if confused:
            ax.broken_barh(spans, (bottom, drawn), facecolor="white", edgecolor=CONFUSED, hatch=HATCH, linewidth=0.6)
            continue
        ax.broken_barh(spans, (bottom, drawn), facecolors=colour, linewidth=0)
        touches = onset.isin(part["offset"])
        ax.vlines(onset[~touches], bottom, bottom + drawn, color=colour, linewidth=0.8)
        ax.vlines(onset[touches], bottom, bottom + drawn, color="white", linewidth=0.8)


def _label_rows(ax: Axes, shown: list[Row], places: dict[Row, Place], names: list[str]) -> None:
    """Name the rows, and draw a line through each."""
    middles = [places[row].middle for row in shown]
    ax.set_yticks(middles, names)
    ax.tick_params(axis="y", length=0)
    top = sum(place.height + place.room for place in places.values()) or 1.0
    ax.set_ylim(-0.6, top - 0.4)
    for middle in middles:
        ax.axhline(middle, color=FAINT, linewidth=0.4, zorder=0)
    ax.spines[["left", "right", "top"]].set_visible(False)


def _limit(ax: Axes, start: float | None, stop: float | None, reach: tuple[float, float] | None) -> None:
    """Show what was drawn and what was scored, or the view that was asked for."""
    ax.autoscale(axis="x")
    ax.margins(x=0.01)
    low, high = ax.get_xlim()
    if reach is not None:
        margin = 0.01 * (reach[1] - reach[0])
        low = min(low, reach[0] - margin)
        high = max(high, reach[1] + margin)
    if start is not None:
        low = start
    if stop is not None:
        high = stop
    ax.set_xlim(low, high if high > low else low + 1.0)


def _name_sides(ax: Axes, shown: list[Row], places: dict[Row, Place]) -> None:
    """Write beside the first row which half of it is which side."""
    if not shown:
        return
    place = places[shown[0]]
    for text, side, away in (("reference", "bottom", 0.5), ("prediction", "top", -0.5)):
        ax.annotate(
            text,
            xy=(1, place.middle),
            xycoords=ax.get_yaxis_transform(),
            xytext=(2, away),
            textcoords="offset points",
            va=side,
            fontsize="small",
            color=SOFT,
            annotation_clip=False,
        )

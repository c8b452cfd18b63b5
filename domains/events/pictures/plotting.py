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

from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from overlap.plotting import COLOURS

from ..._checks import UsageError, check_choice, check_number, check_whole
from ..._pictures import TWO_COLUMNS, axes_or_new, printed
from ..._text import count_of, for_picture, printable
from ..comparison.comparison import assess
from ..protocols import Protocol, Scored
from ..protocols.agreement import cut_where_shared
from ..protocols.scored import check_scored
from ..protocols.speaker_time import cut_where_confused
from ..schema import durations_of, names_in
from .clocks import Clock, label_time, start_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 0.36
"""Of the bars of one side, rows."""
GAP = 0.02
LANES = 2
"""So many lanes have place in a row; one with more is higher."""
INCHES = 0.3
"""Of a row."""
PAGE = 8.4
"""Inches that rows may take, so that a figure fits on a page: many rows are lower."""
CONFUSED = "#7A3E00"
HATCH = "/////"
TO_NOBODY = " → nobody"
ZONE_TEXT = 0.05
"""Of the width of the axes: a zone that is narrower has no text."""
ZONE_ROOM = 0.85
"""Of a row: space above it for what is said of zones."""
FAINT = "#8A8A8A"
SOFT = "#5A5A5A"
UNSCORED = "#E6E6E6"
MOST = 60
"""Rows of a page."""
NAME = 34
"""Characters of a row's name."""
TITLE = 38
"""Characters of a side's name in the title."""

Row = tuple[str, str]


class Place(NamedTuple):
    """Where a row is drawn: its middle, how much higher than others it is, and how much space is above it."""

    middle: float
    height: float
    room: float = 0.0


class RowNames(NamedTuple):
    """What rows are called, and what was left out of the names of all their files."""

    names: list[str]
    without: str

    @classmethod
    def of(cls, shown: list[Row], names: Mapping[Row, str] = MappingProxyType({})) -> RowNames:
        """Return the names of rows: labels, or files and labels, short, and as different as they are.

        Examples
        --------
        >>> RowNames.of([(f"sub-0{k}_ses-01_task-monitoring_run-0{k}_eeg", "sz") for k in (1, 2)])
        RowNames(names=['sub-01…run-01', 'sub-02…run-02'], without='ses-01_task-monitoring, eeg')
        """
        called = row_names(shown, names)
        files = list(dict.fromkeys(file.rsplit("/", 1)[-1] for file, _ in shown))
        is_cut = any("…" in name and "…" not in file for name, (file, _) in zip(called, shown, strict=True))
        return cls(called, _shared_words(files) if is_cut else "")


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
    lanes = [_with_lanes(side) for side in (prediction, reference)]
    places = _places(shown, lanes, room=ZONE_ROOM if len(zones) else 0.0)
    n_lines = sum(place.height + place.room for place in places.values()) or 1.0
    called = RowNames.of(rows, names)
    title = [_title(scored, threshold)]
    if of_speakers and not is_part:
        title[0] += _rate_in_title(scored, file)
    title += _left_out(scored, called, first, len(shown), len(rows), file)
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
            legend = _speech_in_legend(prediction, reference)
        elif counts_seconds:
            legend = _seconds_in_legend(scored, file) if not is_part else _seconds_in_view(prediction, reference)
        else:
            legend = _events_in_legend(prediction, reference, decides=zones.empty)
        _add_legend(ax, legend, shaded=is_shaded, zones=len(zones) > 0)
        ax.set_title("\n".join(title), fontsize="medium", loc="left", pad=16)
    return ax


def elided(text: str, most: int) -> str:
    """Return a name that is no longer than so many characters, cut in its middle: both ends tell names apart.

    Examples
    --------
    >>> elided("sub-01_ses-02_task-rest_run-003_events", 20)
    'sub-01_ses…03_events'
    >>> elided("dog", 20)
    'dog'
    """
    line = printable(text)
    if len(line) <= most:
        return line
    n_end = (most - 1) // 2
    n_begin = most - 1 - n_end
    return f"{line[:n_begin]}…{line[-n_end:]}"


def _first_of_page(operation: str, page: int, most: int, n_rows: int) -> int:
    """Return the place of the first row of a page."""
    check_number(operation, "most", most, at_least=1)
    n_pages = max(1, -(-n_rows // most))
    if page not in range(1, n_pages + 1):
        pages = "there is 1 page" if n_pages == 1 else f"there are {n_pages} pages, 1 to {n_pages}"
        raise UsageError(f"{operation}: page={page!r}: {pages}, of {most} rows each; choose one, or a greater most=")
    return (int(page) - 1) * most


def _left_out(
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


def _with_lanes(events: pd.DataFrame) -> pd.DataFrame:
    """Give each event the first lane that is free, and the number of lanes that its row has."""
    events = events.sort_values(["file", "label", "onset", "offset"], kind="stable", ignore_index=True)
    lane = np.zeros(len(events), int)
    n_lanes = np.ones(len(events), int)
    for positions in events.groupby(["file", "label"], sort=False).indices.values():
        onset = events["onset"].to_numpy(float)[positions]
        offset = events["offset"].to_numpy(float)[positions]
        if (onset[1:] >= np.maximum.accumulate(offset)[:-1]).all():
            continue
        lane[positions] = lanes_of(onset, offset)
        n_lanes[positions] = lane[positions].max() + 1
    return events.assign(lane=lane, n_lanes=n_lanes)


def lanes_of(onset: np.ndarray, offset: np.ndarray) -> list[int]:
    """Return the first free lane of each of some events in order of their onsets."""
    free_from: list[float] = []
    lanes = []
    for begin, end in zip(onset.tolist(), offset.tolist(), strict=True):
        free = next((k for k, until in enumerate(free_from) if until <= begin), len(free_from))
        if free == len(free_from):
            free_from.append(end)
        free_from[free] = end
        lanes.append(free)
    return lanes


def _places(shown: list[Row], sides: list[pd.DataFrame], *, room: float = 0.0) -> dict[Row, Place]:
    """Return where each row is drawn, the first on top; a row with many lanes is higher, and has space above it."""
    both = pd.concat([side[["file", "label", "n_lanes"]] for side in sides])
    most_lanes = both.groupby(["file", "label"])["n_lanes"].max()
    places = {}
    bottom = -0.5
    for row in reversed(shown):
        height = max(1.0, most_lanes[row] / LANES)
        places[row] = Place(bottom + height / 2, height, room)
        bottom += height + room
    return places


def _title(scored: Scored, threshold: float | None) -> str:
    """Return the names of both sides, and below them the protocol, with its threshold if it has one."""
    prediction, reference = (for_picture(elided(name, TITLE)) for name in scored.names)
    protocol = f"protocol: {scored.protocol_name}"
    nearest = scored.nearest_threshold(threshold)
    if nearest is not None:
        protocol += f", threshold {nearest:g}"
    if scored.corrected:
        protocol += ", known faults corrected"
    return f"{prediction} against {reference}\n{protocol}"


def _rate_in_title(scored: Scored, file: str | None) -> str:
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


def row_names(shown: list[Row], names: Mapping[Row, str] = MappingProxyType({})) -> list[str]:
    """Return what rows are called: labels, or files and labels, short, and as different as they are.

    Parameters
    ----------
    shown : list of (str, str)
        File and label of each row.
    names : mapping, optional
        Rows that are called otherwise than by their label.

    Examples
    --------
    >>> row_names([("p", "dog"), ("p", "cat")]), row_names([("p", "dog"), ("q", "dog")])
    (['dog', 'cat'], ['p', 'q'])
    """
    files = list(dict.fromkeys(file for file, _ in shown))
    labels = [names.get(row, row[1]) for row in shown]
    if len(files) < 2:
        return [for_picture(elided(label, NAME)) for label in labels]
    last = [file.rsplit("/", 1)[-1] for file in files]
    told_apart = last if len(set(last)) == len(files) else files
    short = dict(zip(files, short_names(told_apart, NAME), strict=True))
    # a label that all rows have tells none apart
    is_one = len(set(labels)) == 1
    called = []
    for (file, _), label in zip(shown, labels, strict=True):
        parts = [short[file]] if is_one else [short[file], elided(label, NAME // 2)]
        called.append(for_picture(" · ".join(part for part in parts if part)))
    return called


def short_names(names: list[str], most: int) -> list[str]:
    """Return names cut once, where they are long, to so many characters; longer where they would be alike.

    First goes what all end with, then the words that all have, and then the middle.

    Examples
    --------
    >>> short_names(["a_long_name_1_of_some_events", "a_long_name_2_of_some_events"], 16)
    ['a_long_name_1…', 'a_long_name_2…']
    >>> short_names(["a_long_name_of_some_events", "b"], 16)
    ['a_long_n…_events', 'b']
    >>> short_names([f"sub-0{k}_ses-01_task-monitoring_run-0{k}_eeg" for k in (1, 2)], 24)
    ['sub-01…run-01', 'sub-02…run-02']
    >>> short_names([f"sub-0{k}_ses-01_task-monitoring_run-0{k}" for k in (1, 2)], 24)
    ['sub-01…run-01', 'sub-02…run-02']
    """
    if max(map(len, names), default=0) <= most:
        return [printable(name) for name in names]
    n_shared = len(_shared_end(names))
    if n_shared:
        ended = [f"{name[:-n_shared]}…" for name in names]
        if max(map(len, ended)) <= most:
            return [printable(name) for name in ended]
        names = [name[:-n_shared] for name in names]
    names = _without_shared_words(names)
    length = most
    while True:
        short = [elided(name, length) for name in names]
        if len(set(short)) == len(set(names)):
            return short
        length += 4


def _without_shared_words(names: list[str]) -> list[str]:
    """Return the first word of each name and those that differ, where all have as many; "_" parts words."""
    words = [name.split("_") for name in names]
    if len({len(of_name) for of_name in words}) > 1:
        return names
    kept = [k for k, column in enumerate(zip(*words, strict=True)) if k == 0 or len(set(column)) > 1]
    short = []
    for of_name in words:
        name = of_name[0]
        for before, k in pairwise(kept):
            name += ("_" if k == before + 1 else "…") + of_name[k]
        short.append(name)
    return short


def _shared_words(names: list[str]) -> str:
    """Return the words that all names have and short ones lack, in their order."""
    n_shared = len(_shared_end(names))
    end = names[0][len(names[0]) - n_shared :].lstrip("_-. ") if n_shared else ""
    words = [name[: len(name) - n_shared].split("_") for name in names]
    parts: list[str] = []
    if len({len(of_name) for of_name in words}) == 1:
        columns = [set(column) for column in zip(*words, strict=True)]
        run: list[str] = []
        for column in [*columns[1:], {"", "end"}]:
            if len(column) == 1:
                run += column
            elif run:
                parts.append("_".join(run))
                run = []
    return ", ".join(part for part in (*parts, end) if part)


def _shared_end(names: list[str]) -> str:
    """Return the words that all names end with, from where a word begins."""
    n_shared = 0
    for letters in zip(*[reversed(name) for name in names], strict=False):
        if len(set(letters)) > 1:
            break
        n_shared += 1
    shared = names[0][len(names[0]) - n_shared :]
    begins = [shared.find(mark) for mark in "_-. " if mark in shared]
    end = shared[min(begins) :] if begins else ""
    # what is left must be a name
    return end if len(end) < min(map(len, names)) else ""


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


def _events_in_legend(prediction: pd.DataFrame, reference: pd.DataFrame, *, decides: bool = True) -> dict[str, str]:
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


def _speech_in_legend(prediction: pd.DataFrame, reference: pd.DataFrame) -> dict[str, str]:
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


def _seconds_in_view(prediction: pd.DataFrame, reference: pd.DataFrame) -> dict[str, str]:
    """Return the seconds of what is drawn."""
    of_prediction = (prediction["offset"] - prediction["onset"]).groupby(prediction["matched"]).sum()
    of_reference = (reference["offset"] - reference["onset"]).groupby(reference["matched"]).sum()
    return {
        "both": f"in both ({of_prediction.get(True, 0.0):g} s)",
        "only_a": f"only prediction ({of_prediction.get(False, 0.0):g} s)",
        "only_b": f"only reference ({of_reference.get(False, 0.0):g} s)",
    }


def _add_legend(ax: Axes, texts: dict[str, str], *, shaded: bool, zones: bool = False) -> None:
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

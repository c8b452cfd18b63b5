"""Frames to events and back: masks, labels of frames, and scores with two thresholds.

Conventions
-----------
- Frame i is [i / rate, (i + 1) / rate), or from its time to that of the next: n frames last n / rate, not n − 1.
- What a row of numbers is, is declared and never guessed: bool is a mask; floating numbers in [0, 1] are scores, which
  need ``enter=``; whole numbers and texts are labels, and whole numbers need ``background=``.
- A score is on from `enter` until it falls below `leave`: one that trembles about a single threshold would be cut into
  many events.
- From events to frames the rounding has a name, see `domains.events.frames.rounding`. Each event has its row in the
  answer, also one that is in no frame. A mask that becomes events and then a mask again is the same, whatever the
  rounding.
- One recording at a time.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Metrics for polyphonic sound event detection. Appl. Sci. 6, 162.
doi:10.3390/app6060162
Bredin, H. et al. (2020). pyannote.audio: neural building blocks for speaker diarization. ICASSP. arXiv:1911.01255
(two thresholds)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ..._checks import UsageError, check_choice, check_number, check_whole, shown
from ..._files import check_budget
from ..._text import count_of, for_table, one_line
from ..schema import as_events, as_list, times_of
from .rounding import TOLERANCE, check_rounding, made_whole, whole_ends
from .switches import ends_of_runs, runs, switched

As = Literal["mask", "labels"]
Thresholds = float | Mapping[str, float] | None

WHOLE = "whole"
CUT = "cut"
WIDENED = "widened"
IN_NO_FRAME = "in no frame"
OUTSIDE = "outside"

_FROM = "events.from_frames"
_TO = "events.to_frames"


class Frames(NamedTuple):
    """Events as frames.

    Parameters
    ----------
    values : ndarray
        Of bool, shape (n_frames, n_labels): whether an event of the label is there. Or of text, shape (n_frames,): the
        label of each frame.
    labels : tuple of str
        Of the columns.
    events : DataFrame
        Every event, with ``first_frame``, ``n_frames`` and ``outcome``: "whole"; "cut", partly before the first frame
        or after the last; "outside" of all; "in no frame", as one shorter than a frame can be; "widened" to one.
    """

    values: np.ndarray
    labels: tuple[str, ...]
    events: pd.DataFrame


def from_frames(
    values: Any,
    *,
    rate: float | None = None,
    times: Any = None,
    labels: str | Sequence[str] = "",
    background: Any = None,
    enter: float | Mapping[str, float] | None = None,
    leave: float | Mapping[str, float] | None = None,
    median: int | None = None,
    file: str = "",
) -> pd.DataFrame:
    """Find the events in a row of frames.

    Parameters
    ----------
    values : array of shape (n,) or (n, k)
        A mask (bool), scores in [0, 1] (floating), a column for each of k labels; or the label of each frame, (n,),
        texts or whole numbers.
    rate : float, optional
        Frames per second; or `times`.
    times : array of shape (n,) or (n + 1,), optional
        When each frame begins, seconds, rising, and when the last one ends. Without that it lasts as long as the frame
        before.
    labels : str or sequence of str
        What the events of a mask or of scores are called, a name for each column; by default the columns of
        a DataFrame.
    background : value or list of values, optional
        The labels of frames without an event; needed for whole numbers (`[]` if all are events). Of texts it is "".
    enter, leave : float or mapping of str to float
        Of scores: an event begins where the score reaches `enter` and ends where it falls below `leave`, which is
        `enter` by default. A mapping has a threshold for each label, as networks have one for each class.
    median : int, optional
        Frames, odd: each frame of a mask or of scores becomes the median of so many (`scipy.ndimage.median_filter`,
        mirrored at the ends) before all else.
    file : str
        What to write into the column ``file``.

    Returns
    -------
    DataFrame
        Events in the order of their onsets: ``file onset offset label confidence`` (the mean score of its frames, NaN
        of masks and labels), ``first_frame`` and ``n_frames``.

    Raises
    ------
    UsageError
        If it is not said what the values mean, or how long a frame lasts, or an option does not suit the values.
    ValueError
        If the values are no row of frames, a score is not in [0, 1], or the times do not rise.

    See Also
    --------
    to_frames : Write the events of a recording as frames.
    merge_close : Merge events of one file and label that overlap or touch.

    Examples
    --------
    >>> from_frames([False, True, True, False], rate=10)[["onset", "offset", "n_frames"]]
       onset  offset  n_frames
    0    0.1     0.3         2
    >>> score = [0.1, 0.9, 0.4, 0.6, 0.2]
    >>> from_frames(score, rate=1, enter=0.8, leave=0.3)[["onset", "offset", "confidence"]].round(3)
       onset  offset  confidence
    0    1.0     4.0       0.633
    >>> scores = np.array([[0.9, 0.6], [0.7, 0.6]])
    >>> from_frames(scores, rate=1, labels=["owl", "fox"], enter={"owl": 0.8, "fox": 0.5})[["offset", "label"]]
       offset label
    0     1.0   owl
    1     2.0   fox
    >>> from_frames(["", "owl", "owl", "fox"], rate=2)[["onset", "offset", "label"]]
       onset  offset label
    0    0.5     1.5   owl
    1    1.5     2.0   fox
    """
    if isinstance(values, pd.DataFrame) and labels == "":
        labels = [str(name) for name in values.columns]
    frames = np.asarray(values)
    kind = _kind_of(frames, enter, background)
    clock = _clock(_FROM, len(frames), rate, times)
    if kind == "labels":
        _refuse(leave=leave, median=median, labels=labels or None)
        found = _events_of_labels(frames, background, clock)
    else:
        columns = _columns(frames)
        names = _names_of(columns, labels)
        if median is not None:
            columns = _median(columns, median)
        is_on = columns if kind == "mask" else _on(columns, names, enter, leave)
        scores = columns if kind == "scores" else None
        found = _events_of_columns(is_on, scores, names, clock)
    table = pd.concat(found, ignore_index=True).sort_values("onset", kind="stable", ignore_index=True)
    return as_events(table.assign(file=file))


def to_frames(
    events: Any,
    *,
    rate: float | None = None,
    times: Any = None,
    n_frames: int | None = None,
    labels: Sequence[str] | None = None,
    as_: As = "mask",
    rounding: str = "nearest_even",
    tolerance: float = TOLERANCE,
    keep_short: bool = False,
) -> Frames:
    """Write the events of a recording as frames.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events of one recording.
    rate : float, optional
        Frames per second; or `times`.
    times : array of shape (n_frames,) or (n_frames + 1,), optional
        When each frame begins, seconds, and when the last one ends; see `from_frames`.
    n_frames : int, optional
        How many frames there are, as ``round(duration * rate)``. Needed with `rate`; with `times` it says whether the
        last of them is an end.
    labels : sequence of str, optional
        The labels, in the order of the columns; by default those of the events, sorted.
    as_ : {"mask", "labels"}
        A column for each label, or one label a frame: "" where there is no event.
    rounding : {"nearest_even", "floor", "half_up", "ceil", "cover"}
        How times become whole frames, see `domains.events.frames.rounding`.
    tolerance : float
        Times this close to the begin or the middle of a frame are there, in frames; 0 for the bits of other tools.
    keep_short : bool
        Whether an event that is in no frame gets the one in which it begins.

    Returns
    -------
    Frames
        ``values``, ``labels``, and ``events`` with what became of each.

    Raises
    ------
    UsageError
        If it is not said how long a frame lasts or how many there are, or an option is wrong.
    ValueError
        If the events are of several recordings, an event has another label than `labels`, or in ``as_="labels"`` two
        labels share a frame.

    Warns
    -----
    UserWarning
        If an event is in no frame, cut or outside, or events with a gap between them have become one run of frames.

    See Also
    --------
    from_frames : Find the events in a row of frames.
    snap_to_grid : Move onsets and offsets to whole frames.

    Examples
    --------
    >>> frames = to_frames([[0.1, 0.3], [0.35, 0.5]], rate=10, n_frames=6)
    >>> frames.values[:, 0].astype(int)
    array([0, 1, 1, 0, 1, 0])
    >>> frames.events[["onset", "offset", "first_frame", "n_frames", "outcome"]]
       onset  offset  first_frame  n_frames outcome
    0   0.10     0.3            1         2   whole
    1   0.35     0.5            4         1   whole
    """
    check_rounding(_TO, rounding, tolerance)
    check_choice(_TO, "as_", as_, ("mask", "labels"))
    table = as_events(events)
    _check_one_file(table)
    names = _labels_of(table, labels)
    if n_frames is not None:
        check_whole(_TO, "n_frames", n_frames, at_least=0)
    clock = _clock(_TO, n_frames, rate, times)
    n = clock.n_frames
    check_budget(_TO, "mask", 5 * (n + 1) * max(len(names), 1), f"{n} frames of {len(names)} labels")
    judged = _judged(table, clock, rounding, tolerance, keep_short)
    mask = _mask(judged, names, n)
    _warn_of_losses(judged, mask, names, rounding)
    values = mask if as_ == "mask" else _label_of_each(mask, names)
    return Frames(values, names, judged)


def _kind_of(frames: np.ndarray, enter: Thresholds, background: Any) -> str:
    """Return what the values are: "mask", "scores" or "labels"; each only where it was declared."""
    kind = frames.dtype.kind
    if frames.ndim not in (1, 2):
        raise ValueError(f"{_FROM}: values have shape {frames.shape}; pass frames (n,), or (n, k) for k labels")
    if kind == "b":
        _refuse(enter=enter, background=background)
        return "mask"
    if kind == "f" and background is None:
        if enter is None:
            raise UsageError(
                f"{_FROM}: floating values are scores, and enter= is missing; pass such as enter=0.5, or a mask as "
                "values.astype(bool)"
            )
        _refuse(background=background)
        return "scores"
    if kind in "iu" and background is None:
        raise UsageError(
            f"{_FROM}: whole numbers may be a mask or labels; pass values.astype(bool) for a mask, or say which label "
            "means no event, such as background=0"
        )
    if kind in "iufUOST" and frames.ndim == 1:
        _refuse(enter=enter)
        return "labels"
    if kind in "iufUOST":
        raise ValueError(f"{_FROM}: labels have shape {frames.shape}; they are one a frame, (n,): pass a column")
    raise ValueError(f"{_FROM}: values are of type {frames.dtype}; pass bool, scores in [0, 1], texts or whole numbers")


def _refuse(**options: Any) -> None:
    """Refuse options that do not suit the values."""
    what = {
        "enter": "for scores; leave it out, or pass floating scores",
        "leave": "for scores; leave it out",
        "median": "for masks and scores; leave it out",
        "labels": "for masks and scores, and the frames have labels of their own; leave it out",
        "background": "for labels; leave it out",
    }
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"{_FROM}: {name}={shown(value)} is {what[name]}")


class _Clock(NamedTuple):
    """When frames are: so many a second, or from edge to edge."""

    n_frames: int
    rate: float | None
    edges: np.ndarray

    def time_of(self, frame: np.ndarray) -> np.ndarray:
        """Return when frames begin, seconds; the one after the last begins where that ends."""
        return np.asarray(self.edges[frame] if self.rate is None else frame / self.rate)

    def position_of(self, time: np.ndarray) -> np.ndarray:
        """Return times in frames, straight within each; before the first and after the last, by their lengths."""
        if self.rate is not None:
            return time * self.rate
        edges = self.edges
        inside = np.interp(time, edges, np.arange(len(edges)))
        before = (time - edges[0]) / (edges[1] - edges[0])
        after = self.n_frames + (time - edges[-1]) / (edges[-1] - edges[-2])
        from_first_on = np.where(time > edges[-1], after, inside)
        return np.asarray(np.where(time < edges[0], before, from_first_on))


def _clock(operation: str, n: int | None, rate: float | None, times: Any) -> _Clock:
    """Return when the frames are, from their rate or their times."""
    if (rate is None) == (times is None):
        given = "neither" if rate is None else "both"
        raise UsageError(
            f"{operation}: {given} of rate= and times=; pass the frames per second, or when each frame begins"
        )
    if rate is not None:
        check_number(operation, "rate", rate, above=0)
        if n is None:
            raise UsageError(f"{operation}: n_frames= is missing; pass how many there are, round(duration * rate)")
        return _Clock(n, rate, np.empty(0))
    edges = np.asarray(times, float)
    n = len(edges) if n is None else n
    if edges.ndim != 1 or len(edges) not in (n, n + 1):
        raise ValueError(
            f"{operation}: times have shape {edges.shape} for {n} frames; pass one a frame, and after them the end of "
            "the last if it is known"
        )
    if not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
        raise ValueError(f"{operation}: times must be finite and rise from frame to frame; sort the frames by time")
    if len(edges) < 2:
        raise ValueError(
            f"{operation}: {len(edges)} times do not say how long a frame lasts; append when the last one "
            "ends, or pass rate="
        )
    if len(edges) == n:
        last_end = edges[-1] + (edges[-1] - edges[-2])
        edges = np.append(edges, last_end)
    return _Clock(n, None, edges)


def _columns(frames: np.ndarray) -> np.ndarray:
    columns = frames[:, None] if frames.ndim == 1 else frames
    if columns.dtype.kind == "f":
        wrong = np.argwhere(~((columns >= 0) & (columns <= 1)))
        if len(wrong):
            frame, column = wrong[0].tolist()
            n_missing = int(np.isnan(columns).sum())
            if n_missing:
                raise ValueError(
                    f"{_FROM}: {n_missing} of {columns.size} scores are NaN (the first in frame "
                    f"{np.argwhere(np.isnan(columns))[0, 0]}); fill them, as by np.nan_to_num(values, nan=0.0) where a "
                    "missing score means no event"
                )
            raise ValueError(
                f"{_FROM}: frame {frame} has the score {columns[frame, column]:g}; scores lie in [0, 1]: divide per "
                "cent by 100, or pass a mask such as values >= limit"
            )
    return columns


def _names_of(columns: np.ndarray, labels: str | Sequence[str]) -> list[str]:
    names = [labels] if isinstance(labels, str) else _listed(_FROM, labels)
    n_frames, n_columns = columns.shape
    if n_columns == len(names) == len(set(names)):
        return names
    found = f"{_FROM}: {count_of(n_columns, 'column')} and labels={one_line(repr(names), 80)}"
    if n_columns > n_frames == len(names):
        raise UsageError(f"{found}, as many as rows; frames are rows: pass values.T, the transpose")
    turned = "; frames are rows: pass values.T, the transpose, if the rows are labels" if n_columns > n_frames else ""
    raise UsageError(f"{found}; pass a name of its own for each column{turned}")


def _listed(operation: str, labels: Any) -> list[str]:
    """Return labels after a check that they are texts."""
    is_sequence = isinstance(labels, Iterable) and not isinstance(labels, bytes)
    names = list(labels) if is_sequence else [labels]
    for name in names:
        if not isinstance(name, str):
            raise UsageError(f'{operation}: labels must be texts, such as ["owl", "fox"]; got {shown(name)}')
    return names


def _median(columns: np.ndarray, median: int) -> np.ndarray:
    from scipy import ndimage

    check_whole(_FROM, "median", median, at_least=1)
    if median % 2 == 0:
        raise UsageError(f"{_FROM}: median={median} has no frame in its middle; pass an odd number of frames")
    return np.asarray(ndimage.median_filter(columns, size=(median, 1)))


def _on(scores: np.ndarray, names: list[str], enter: Thresholds, leave: Thresholds) -> np.ndarray:
    """Return where each column is on."""
    begins = _of_labels("enter", enter, names)
    ends = begins if leave is None else _of_labels("leave", leave, names)
    columns = []
    for name, score, begin, end in zip(names, scores.T, begins, ends, strict=True):
        if end > begin:
            of_label = f" of {one_line(repr(name), 80)}" if name else ""
            raise UsageError(f"{_FROM}: leave={end:g} is above enter={begin:g}{of_label}; it is the lower threshold")
        columns.append(switched(score >= begin, score < end))
    return np.stack(columns, axis=1)


def _of_labels(option: str, threshold: Thresholds, names: list[str]) -> list[float]:
    """Return a threshold for each label."""
    if not isinstance(threshold, Mapping):
        if isinstance(threshold, Sequence | np.ndarray) and not isinstance(threshold, str):
            example = ", ".join(f"{name!r}: 0.5" for name in names[:2])
            kind = type(threshold).__name__
            raise UsageError(f"{_FROM}: {option} is a {kind}; say whose each threshold is: {option}={{{example}}}")
        check_number(_FROM, option, threshold, at_least=0, at_most=1)
        return [float(threshold)] * len(names)  # type: ignore[arg-type]
    lacking = [name for name in names if name not in threshold]
    others = [name for name in threshold if name not in names]
    if lacking or others:
        fault = f"has none for {one_line(repr(lacking[0]), 80)}" if lacking else f"names {shown(others[0])}"
        raise UsageError(f"{_FROM}: {option} {fault}; give one for each label: {one_line(as_list(names), 120)}")
    for name in names:
        check_number(_FROM, f"{option}[{name!r}]", threshold[name], at_least=0, at_most=1)
    return [float(threshold[name]) for name in names]


def _events_of_columns(
    is_on: np.ndarray, scores: np.ndarray | None, names: list[str], clock: _Clock
) -> list[pd.DataFrame]:
    """Return the events of each column."""
    found = []
    for k, name in enumerate(names):
        start, stop = runs(is_on[:, k])
        confidence = np.full(len(start), np.nan) if scores is None else _means(scores[:, k], start, stop)
        found.append(_table(start, stop, [name] * len(start), confidence, clock))
    return found


def _events_of_labels(frames: np.ndarray, background: Any, clock: _Clock) -> list[pd.DataFrame]:
    """Return the runs of one label that is not the background."""
    codes, present = pd.factorize(frames)
    others = [label for label in present if not isinstance(label, str | bool | np.bool_ | Number)]
    if others:
        raise ValueError(
            f"{_FROM}: a frame has a label that is a {type(others[0]).__name__}; pass texts or whole numbers"
        )
    if any(isinstance(label, bool | np.bool_) for label in present):
        raise ValueError(f"{_FROM}: values are True, False and something else; fill what is missing, as by False")
    is_new = codes[1:] != codes[:-1]
    first, last = ends_of_runs(is_new, len(codes))
    start = np.flatnonzero(first)
    stop = np.flatnonzero(last) + 1
    nothing = _as_list(background)
    is_event = np.array([code >= 0 and present[code] not in nothing for code in codes[start]], bool)
    start = start[is_event]
    stop = stop[is_event]
    names = [for_table(str(present[code])) for code in codes[start]]
    return [_table(start, stop, names, np.full(len(start), np.nan), clock)]


def _as_list(background: Any) -> list[Any]:
    if background is None:
        return [""]
    if isinstance(background, str) or not isinstance(background, Sequence | np.ndarray | set):
        return [background]
    return list(background)


def _means(values: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return the mean of each run."""
    if not len(start):
        return np.empty(0)
    ends = np.stack([start, stop], axis=1).ravel()
    # the zero at the end is where the last run may stop
    sums = np.add.reduceat(np.append(values.astype(float), 0.0), ends)[::2]
    means = sums / (stop - start)
    return np.asarray(means)


def _table(start: np.ndarray, stop: np.ndarray, names: list[str], confidence: np.ndarray, clock: _Clock) -> Any:
    columns = {
        "onset": clock.time_of(start),
        "offset": clock.time_of(stop),
        "label": names,
        "confidence": confidence,
        "first_frame": start,
        "n_frames": stop - start,
    }
    return pd.DataFrame(columns).astype({"label": str})


def _check_one_file(table: pd.DataFrame) -> None:
    files = list(table["file"].unique())
    if len(files) > 1:
        shown = one_line(as_list(files[:3]), 120)
        raise ValueError(
            f"{_TO}: the events are of {len(files)} recordings ({shown}); pass those of one, such as "
            f'events[events["file"] == {one_line(as_list(files[:1]), 80)[1:-1]}]'
        )


def _labels_of(table: pd.DataFrame, labels: Sequence[str] | None) -> tuple[str, ...]:
    present = sorted(table["label"].unique())
    if labels is None:
        return tuple(present)
    if isinstance(labels, str):
        raise UsageError(f"{_TO}: labels={labels!r} is one text; pass a list, [{labels!r}]")
    names = tuple(_listed(_TO, labels))
    other = [label for label in present if label not in names]
    if other:
        raise ValueError(
            f"{_TO}: events have other labels than labels=: {one_line(as_list(other[:5]), 120)}; add them, or leave "
            'those events out by events[events["label"].isin(labels)]'
        )
    return names


def _judged(table: pd.DataFrame, clock: _Clock, rounding: str, tolerance: float, keep_short: bool) -> pd.DataFrame:
    """Return the events with their frames, and what became of each."""
    n = clock.n_frames
    times = times_of(table)
    position = clock.position_of(times)
    first, stop = whole_ends(position[:, 0], position[:, 1], rounding, tolerance)
    inside_first = np.clip(first, 0, n)
    inside_stop = np.clip(stop, 0, n)
    is_cut = (inside_first != first) | (inside_stop != stop)
    is_outside = (position[:, 0] >= n) | ((position[:, 1] <= 0) & (position[:, 0] < 0))
    is_short = (inside_stop <= inside_first) & ~is_outside
    is_lost = is_outside | is_short
    if keep_short:
        begins_in = np.clip(made_whole(position[:, 0], np.floor, tolerance), 0, max(n - 1, 0))
        inside_first = np.where(is_short, begins_in, inside_first)
        inside_stop = np.where(is_short, begins_in + 1, inside_stop)
        is_lost = is_outside
    outcome = np.select(
        [is_outside, is_short, is_cut],
        [OUTSIDE, WIDENED if keep_short else IN_NO_FRAME, CUT],
        WHOLE,
    )
    first_frame = np.where(is_lost, -1, inside_first)
    count = np.where(is_lost, 0, inside_stop - inside_first)
    return table.assign(
        first_frame=first_frame.astype(np.int64),
        n_frames=count.astype(np.int64),
        outcome=outcome,
    )


def _mask(judged: pd.DataFrame, names: tuple[str, ...], n: int) -> np.ndarray:
    """Return whether an event of each label is in each frame."""
    change = np.zeros((n + 1, len(names)), np.int32)
    there = judged[judged["n_frames"] > 0]
    column = pd.Index(names).get_indexer(pd.Index(there["label"]))
    first = there["first_frame"].to_numpy()
    np.add.at(change, (first, column), 1)
    np.add.at(change, (first + there["n_frames"].to_numpy(), column), -1)
    return np.asarray(np.cumsum(change[:-1], axis=0) > 0)


def _label_of_each(mask: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    n_labels = mask.sum(axis=1)
    shared = np.flatnonzero(n_labels > 1)
    if len(shared):
        several = one_line(as_list([names[k] for k in np.flatnonzero(mask[shared[0]])]), 120)
        raise ValueError(
            f'{_TO}: {len(shared)} frames have several labels (frame {shared[0]}: {several}); pass as_="mask", a '
            "column for each label"
        )
    known = np.array(["", *names])
    place = np.where(n_labels == 1, 1 + mask.argmax(axis=1) if len(names) else 0, 0)
    return known[place]


def _warn_of_losses(judged: pd.DataFrame, mask: np.ndarray, names: tuple[str, ...], rounding: str) -> None:
    """Say how many events are not whole in the frames, and how many gaps are not there."""
    count = judged["outcome"].value_counts()
    said = []
    if IN_NO_FRAME in count:
        said.append(
            f"{count[IN_NO_FRAME]} in no frame by rounding={rounding!r} (keep_short=True gives each the frame in which "
            "it begins)"
        )
    if CUT in count:
        said.append(f"{count[CUT]} cut where the frames begin or end")
    if OUTSIDE in count:
        said.append(f"{count[OUTSIDE]} outside")
    if said:
        warnings.warn(
            f"{_TO}: of {count_of(len(judged), 'event')} {', '.join(said)}; column outcome of .events says which",
            stacklevel=3,
        )
    n_runs = sum(len(runs(mask[:, k])[0]) for k in range(len(names)))
    n_apart = _n_apart(judged[judged["n_frames"] > 0])
    if n_runs < n_apart:
        warnings.warn(
            f"{_TO}: {n_apart} stretches with gaps between them are {count_of(n_runs, 'run')} of frames: a gap shorter "
            "than a frame is not there; pass a higher rate to keep it",
            stacklevel=3,
        )


def _n_apart(table: pd.DataFrame) -> int:
    """Return how many stretches the events of each label make."""
    from overlap import intervals

    return sum(len(intervals.union(times_of(own))) for _, own in table.groupby("label"))

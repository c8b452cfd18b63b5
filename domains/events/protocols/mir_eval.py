"""Onsets, boundaries and notes of music as mir_eval scores them. Presets "mir_eval_onset", "mir_eval_transcription".

Conventions
-----------
- "mir_eval_onset": onsets within a window, one to one, as many as can be. Beats are onsets within 0.07 s, of which
  those before 5 s are left out (``window=0.07, begin=5``); boundaries of sections are the times at which sections begin
  or end (``times="boundaries"``, a window of 0.5 or 3 s), with their deviations.
- "mir_eval_transcription": notes whose onset, pitch and offset lie close. ``offset=None`` leaves offsets out, which is
  mir_eval's "no offset"; ``onset`` and ``pitch_tolerance`` can be None too. Pitch is a column ``pitch`` of both tables,
  in Hz unless ``pitch_unit`` says otherwise, and is compared in cents, 1200 to the octave.
- Distances of notes are rounded to four decimals of a second; onsets in "mir_eval_onset" are not.
- Labels make no difference. mir_eval knows no scored stretches: the support makes no difference, and several of a file
  are refused.

References
----------
Raffel, C. et al. (2014). mir_eval: a transparent implementation of common MIR metrics. ISMIR, 367.
Salamon, J. (2013). Melody extraction from polyphonic music signals. PhD thesis, Universitat Pompeu Fabra, 186.
Hawthorne, C. et al. (2018). Onsets and frames: dual-objective piano transcription. ISMIR, 50. (velocities)
Nieto, O. et al. (2014). Perceptual analysis of the F-measure for evaluating section boundaries in music. ISMIR, 265.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from overlap import EmptyPolicy, matching

from ..._checks import check_choice, check_number
from ..schema import times_of
from .bipartite import largest_matching
from .criteria import Pairs, collar
from .descriptions import F1, NOT_USED, ONE_TO_ONE, POOLED, Description, of_nothing, within
from .matchers import NOBODY, Matches, as_matrix
from .preparation import Order, numbers_in, ordered
from .reducers import count, medians, names_of, tally
from .scored import By, Matched, Protocol, Scored, Weighed
from .sed_eval import check_collars
from .settings import OPERATION, Empty, check_amount, check_empty, check_flag, check_order, check_share
from .weighing import weighed_sums

A4 = 440.0
"""Hz."""
A4_OF_MIDI = 69
BOUNDARY_DECIMALS = 5
"""Of a second: boundaries that round to one time are one."""
NOTHING = "where one side has no events, precision and recall are 0, though one of them is undefined"


@dataclass(frozen=True)
class OnsetSettings:
    """Settings of "mir_eval_onset".

    Parameters
    ----------
    window : float
        How far a prediction may lie before or after the reference, seconds; 0.07 for beats, 0.5 or 3 for boundaries.
    times : {"onset", "boundaries"}
        What is compared: when events begin, or every time at which one begins or ends, once, rounded to five decimals.
    trim : bool
        Leave out the first and the last of these times in each file: those of sections are there in any case.
    begin : float, optional
        Leave out what lies before this, seconds; mir_eval leaves out beats before 5 s.
    tolerance : float
        How much more than the window still counts, seconds.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    window: float = 0.05
    times: Literal["onset", "boundaries"] = "onset"
    trim: bool = False
    begin: float | None = None
    tolerance: float = 0.0
    empty: Empty = 0.0

    def __post_init__(self) -> None:
        check_amount("window", self.window)
        check_choice(OPERATION, "times", self.times, ("onset", "boundaries"))
        check_flag("trim", self.trim)
        if self.begin is not None:
            check_number(OPERATION, "begin", self.begin)
        check_amount("tolerance", self.tolerance)
        check_empty(self.empty)


@dataclass(frozen=True)
class NoteSettings:
    """Settings of "mir_eval_transcription".

    Parameters
    ----------
    order : {"rows", "time"}
        Notes as given, or sorted by file, onset, offset, label and falling confidence.
    onset, offset : float or None
        How far the predicted boundary may lie from the reference's, seconds; None if that boundary does not matter. One
        must.
    offset_share : float
        The offset may lie away at least this share of the reference's duration, in [0, 1].
    pitch_tolerance : float or None
        How far the predicted pitch may lie from the reference's, cents; None if pitch does not matter.
    pitch_unit : {"hz", "midi"}
        What the column ``pitch`` holds: a frequency, or the number of a key (69 is the A of 440 Hz).
    velocity_tolerance : float or None
        If given, a pair of notes counts only where the velocities (column ``velocity``) lie closer than this, on a
        scale on which the reference's of a file reach from 0 to 1 and the predicted ones are fitted to them; 0.1 is
        usual.
    strict : bool
        Whether a distance that equals its limit is too far.
    decimals : int or None
        Of a second, to which distances in time are rounded before they are compared; None: exact.
    tolerance : float
        How much more than a limit still counts, seconds or cents; with `strict`, how much less does not.
    matching : {"found", "closest"}
        Of the largest matchings the one that mir_eval ends with, which depends on the order of rows; or the one of
        greatest total overlap.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    order: Order = "rows"
    onset: float | None = 0.05
    offset: float | None = 0.05
    offset_share: float = 0.2
    pitch_tolerance: float | None = 50.0
    pitch_unit: Literal["hz", "midi"] = "hz"
    velocity_tolerance: float | None = None
    strict: bool = False
    decimals: int | None = 4
    tolerance: float = 0.0
    matching: Literal["found", "closest"] = "found"
    empty: Empty = 0.0

    def __post_init__(self) -> None:
        check_order(self.order)
        check_collars(self.onset, self.offset)
        check_share("offset_share", self.offset_share)
        if self.pitch_tolerance is not None:
            check_amount("pitch_tolerance", self.pitch_tolerance)
        check_choice(OPERATION, "pitch_unit", self.pitch_unit, ("hz", "midi"))
        if self.velocity_tolerance is not None:
            check_amount("velocity_tolerance", self.velocity_tolerance)
        check_flag("strict", self.strict)
        if self.decimals is not None:
            check_choice(OPERATION, "decimals", self.decimals, range(13))
        check_amount("tolerance", self.tolerance)
        check_choice(OPERATION, "matching", self.matching, ("found", "closest"))
        check_empty(self.empty)


def match_onsets(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: OnsetSettings
) -> Matched:
    """Match as many onsets, or boundaries, as can be within the window, and of such matchings the closest."""
    prediction = _times_to_compare(prediction, settings)
    reference = _times_to_compare(reference, settings)
    reach = settings.window + settings.tolerance
    near = collar(prediction, reference, onset=settings.window, offset=None, tolerance=2 * settings.tolerance + 1e-6)
    i = near.prediction
    j = near.reference
    onset_a = prediction["onset"].to_numpy(float)[i]
    onset_b = reference["onset"].to_numpy(float)[j]
    # as mir_eval compares: with the ends of the window, which rounds otherwise than a distance does
    is_inside = (onset_a - reach <= onset_b) & (onset_b <= onset_a + reach)
    distance = np.abs(onset_a - onset_b)[is_inside]
    value = 1 - distance / (4 * reach or 1)
    pairs = Pairs(i[is_inside], j[is_inside], value)
    return Matched(prediction, reference, pairs, _closest(pairs, len(prediction), len(reference)))


def match_notes(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: NoteSettings
) -> Matched:
    """Match as many notes as can be whose onset, pitch and offset lie close."""
    prediction = ordered(prediction, settings.order)
    reference = ordered(reference, settings.order)
    pairs = _close_notes(prediction, reference, settings)
    n = len(prediction)
    m = len(reference)
    matches = _closest(pairs, n, m) if settings.matching == "closest" else _as_found(pairs, n, m)
    if settings.velocity_tolerance is not None:
        matches = _of_like_velocity(prediction, reference, matches, settings.velocity_tolerance)
    return Matched(prediction, reference, pairs, matches)


def count_notes(scored: Scored, by: By) -> xr.Dataset:
    """Count notes as `count` does, and add how well those that match overlap.

    Parameters
    ----------
    scored : Scored
        Notes and their matches; settings: ``empty``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        Beside those of `count`: ``overlap_ratio``, the mean over matched pairs of the time shared over the time from
        the first onset to the last offset, where a pair that shares none counts less than 0; ``overlap_sum``, the sum.
    """
    data = count(scored, by)
    partner = scored.matches.reference[0]
    rows = np.flatnonzero(partner != NOBODY)
    ratio = np.zeros(len(scored.reference))
    ratio[rows] = _overlap_ratio(times_of(scored.prediction)[partner[rows]], times_of(scored.reference)[rows])
    names = names_of(scored, by)
    total = tally(scored.reference, ratio[None], names, by)[0].reshape(data.intersection.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / data.intersection
    ratio_of_pairs = mean.where(data.intersection > 0, _of_none(scored.settings))
    return data.assign(overlap_ratio=ratio_of_pairs, overlap_sum=(data.intersection.dims, total))


def count_onsets(scored: Scored, by: By) -> xr.Dataset:
    """Count times as `count` does, and add how far boundaries lie from the nearest one of the other side.

    Parameters
    ----------
    scored : Scored
        Times and their matches; settings: ``empty times``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        Those of `count`. With ``times="boundaries"`` also ``reference_deviation``, the median distance from a boundary
        of the reference to the nearest predicted one of its file, and ``prediction_deviation``, the other way round;
        seconds, however far. A boundary in whose file the other side has none counts in neither.
    """
    data = count(scored, by)
    if scored.settings.times == "onset":
        return data
    dims = data.intersection.dims
    shape = data.intersection.shape
    names = names_of(scored, by)
    of_reference = medians(scored.reference, _to_nearest(scored.reference, scored.prediction), names, by)
    of_prediction = medians(scored.prediction, _to_nearest(scored.prediction, scored.reference), names, by)
    return data.assign(
        reference_deviation=(dims, of_reference.reshape(shape)),
        prediction_deviation=(dims, of_prediction.reshape(shape)),
    )


def _to_nearest(events: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Return how far each event begins from the nearest begin of the others in its file; NaN where there is none."""
    begins = {str(file): np.sort(part["onset"].to_numpy(float)) for file, part in others.groupby("file")}
    distance = np.full(len(events), nan)
    for file, rows in events.groupby("file").indices.items():
        others_begin = begins.get(str(file))
        if others_begin is None:
            continue
        onset = events["onset"].to_numpy(float)[rows]
        later = np.searchsorted(others_begin, onset)
        before = others_begin[np.maximum(later - 1, 0)]
        after = others_begin[np.minimum(later, len(others_begin) - 1)]
        distance[rows] = np.minimum(np.abs(onset - before), np.abs(onset - after))
    return distance


def weigh_notes(scored: Scored) -> Weighed:
    """Return the overlap ratio of recordings that count several times."""
    of_files = count_notes(scored, "file")[["overlap_sum", "intersection"]]

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        n_pairs = sums["intersection"]
        mean = sums["overlap_sum"] / n_pairs.where(n_pairs > 0)
        return xr.Dataset({"overlap_ratio": mean.where(n_pairs > 0, _of_none(scored.settings))})

    return figures


def _of_none(settings: NoteSettings) -> float:
    """Return what the overlap ratio of no pair is."""
    empty = settings.empty
    return empty.both_empty if isinstance(empty, EmptyPolicy) else empty


def _times_to_compare(events: pd.DataFrame, settings: OnsetSettings) -> pd.DataFrame:
    """Return the events whose onsets are compared, sorted by file and time."""
    if settings.times == "boundaries":
        events = _boundaries(events)
    if settings.begin is not None:
        events = events[events["onset"] >= settings.begin]
    events = events.sort_values(["file", "onset"], kind="stable", ignore_index=True)
    if not settings.trim:
        return events
    place = events.groupby("file").cumcount()
    place_from_end = events.groupby("file").cumcount(ascending=False)
    return events[(place > 0) & (place_from_end > 0)].reset_index(drop=True)


def _boundaries(events: pd.DataFrame) -> pd.DataFrame:
    """Return every time at which an event begins or ends, once in each file, as points."""
    columns = ["file", "onset", "offset", "label", "confidence"]
    times = pd.concat([events.assign(offset=events["onset"]), events.assign(onset=events["offset"])])[columns]
    rounded = times.assign(
        onset=times["onset"].round(BOUNDARY_DECIMALS), offset=times["offset"].round(BOUNDARY_DECIMALS)
    )
    return rounded.drop_duplicates(["file", "onset"]).assign(label="", confidence=np.nan)


def _close_notes(prediction: pd.DataFrame, reference: pd.DataFrame, settings: NoteSettings) -> Pairs:
    """Pair notes whose onset, pitch and offset lie close; the value grows with their overlap, above 0."""
    rounding = 0.0 if settings.decimals is None else 10.0**-settings.decimals
    near = collar(
        prediction,
        reference,
        onset=settings.onset,
        offset=settings.offset,
        offset_share=settings.offset_share,
        tolerance=2 * settings.tolerance + rounding,
    )
    times_a = times_of(prediction)[near.prediction]
    times_b = times_of(reference)[near.reference]
    is_close = np.ones(len(times_a), bool)
    if settings.onset is not None:
        is_close &= _within(_distance(times_a[:, 0], times_b[:, 0], settings), settings.onset, settings)
    if settings.offset is not None:
        duration = np.abs(times_b[:, 1] - times_b[:, 0])
        limit = np.maximum(settings.offset_share * duration, settings.offset)
        is_close &= _within(_distance(times_a[:, 1], times_b[:, 1], settings), limit, settings)
    if settings.pitch_tolerance is not None:
        octave_a = _octaves(prediction, "prediction", settings)[near.prediction]
        octave_b = _octaves(reference, "reference", settings)[near.reference]
        cents = np.abs(1200 * (octave_b - octave_a))
        is_close &= _within(cents, settings.pitch_tolerance, settings)
    # a ratio lies in [-1, 1], and a sparse matrix keeps no 0
    value = (3 + _overlap_ratio(times_a, times_b)) / 4
    return Pairs(near.prediction[is_close], near.reference[is_close], value[is_close])


def _distance(a: np.ndarray, b: np.ndarray, settings: NoteSettings) -> np.ndarray:
    distance: np.ndarray = np.abs(b - a)
    return distance if settings.decimals is None else np.around(distance, settings.decimals)


def _within(distance: np.ndarray, limit: Any, settings: NoteSettings) -> np.ndarray:
    if settings.strict:
        return np.asarray(distance < limit - settings.tolerance)
    return np.asarray(distance <= limit + settings.tolerance)


def _octaves(events: pd.DataFrame, side: str, settings: NoteSettings) -> np.ndarray:
    """Return the logarithm of each note's frequency to the base of 2."""
    remedy = (
        "give both tables a column pitch in Hz (pitch_unit='midi' for numbers of keys), or leave pitch out: "
        "pitch_tolerance=None (at the command line --param pitch_tolerance=null)"
    )
    pitch: np.ndarray = numbers_in(events, "pitch", side, remedy)
    if settings.pitch_unit == "midi":
        pitch = A4 * np.exp2((pitch - A4_OF_MIDI) / 12)
    elif not (pitch > 0).all():
        wrong = pitch[~(pitch > 0)][0]
        raise ValueError(f"events.assess: pitch of the {side} must be a frequency > 0 Hz; got {wrong:g}: {remedy}")
    return np.asarray(np.log2(pitch))


def _overlap_ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the time shared over the time spanned, of pairs; less than 0 where a gap lies between."""
    shared = np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0])
    spanned = np.maximum(a[:, 1], b[:, 1]) - np.minimum(a[:, 0], b[:, 0])
    # two points at one time are the same
    return np.asarray(np.divide(shared, spanned, out=np.ones(len(a)), where=spanned > 0))


def _closest(pairs: Pairs, n: int, m: int) -> Matches:
    """Match as many as can be, and of such matchings take the one of greatest total value."""
    matched = matching.match(as_matrix(pairs, n, m), 0.0).pairs
    return _as_matches(matched[:, 0], matched[:, 1], n, m)


def _as_found(pairs: Pairs, n: int, m: int) -> Matches:
    """Match as many as can be, as mir_eval does."""
    found = largest_matching(pairs.prediction, pairs.reference)
    return _as_matches(np.array([*found.values()], int), np.array([*found], int), n, m)


def _as_matches(i: np.ndarray, j: np.ndarray, n: int, m: int) -> Matches:
    of_prediction = np.full(n, NOBODY)
    of_reference = np.full(m, NOBODY)
    of_prediction[i] = j
    of_reference[j] = i
    return Matches(of_prediction[None], of_reference[None], np.zeros(m, bool))


def _of_like_velocity(
    prediction: pd.DataFrame, reference: pd.DataFrame, matches: Matches, velocity_tolerance: float
) -> Matches:
    """Keep the pairs whose velocities lie close once those of each file are fitted to the reference's."""
    remedy = (
        "give both tables a column velocity, or leave it out: velocity_tolerance=None (at the command line --param "
        "velocity_tolerance=null)"
    )
    velocity_a = numbers_in(prediction, "velocity", "prediction", remedy)
    velocity_b = numbers_in(reference, "velocity", "reference", remedy)
    file = reference["file"].to_numpy()
    partner = matches.reference[0]
    kept = []
    for one in pd.unique(file):
        is_here = file == one
        lowest = velocity_b[is_here].min()
        highest = velocity_b[is_here].max()
        rows = np.flatnonzero(is_here & (partner != NOBODY))
        wanted = (velocity_b[rows] - lowest) / max(1.0, highest - lowest)
        given = velocity_a[partner[rows]]
        is_like = np.abs(_fitted(given, wanted) - wanted) < velocity_tolerance
        kept.append(rows[is_like])
    j = np.concatenate([*kept, np.empty(0, int)])
    return _as_matches(partner[j], j, len(prediction), len(reference))


def _fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the straight line through (x, y) of least squares, at x."""
    if not len(x):
        return np.empty(0)
    design = np.stack([x, np.ones(len(x))], axis=1)
    slope, intercept = np.linalg.lstsq(design, y, rcond=None)[0]
    return np.asarray(slope * x + intercept)


def describe_onsets(settings: OnsetSettings) -> Description:
    """Say what "mir_eval_onset" does."""
    compared = "onsets" if settings.times == "onset" else "times at which events begin or end, to five decimals"
    trimmed = ", the first and the last left out" if settings.trim else ""
    begun = "" if settings.begin is None else f", from {settings.begin:g} s on"
    return Description(
        criterion=f"{compared}{trimmed}{begun}, within the collar",
        matcher=ONE_TO_ONE,
        collar=f"onset {settings.window:g} s",
        boundaries=within(settings.tolerance),
        average=POOLED,
        empties=f"all that is predicted there is spurious; {of_nothing(settings.empty)}",
        labels=NOT_USED,
        scores=NOT_USED,
        support=NOT_USED,
    )


def describe_notes(settings: NoteSettings) -> Description:
    """Say what "mir_eval_transcription" does."""
    pitch = (
        "whatever the pitch" if settings.pitch_tolerance is None else f"pitch within {settings.pitch_tolerance:g} cents"
    )
    velocity = "" if settings.velocity_tolerance is None else f", velocity within {settings.velocity_tolerance:g}"
    collars = []
    if settings.onset is not None:
        collars.append(f"onset {settings.onset:g} s")
    if settings.offset is not None:
        collars.append(f"offset {settings.offset:g} s or {settings.offset_share:g} of the duration")
    rounded = "" if settings.decimals is None else f", distances rounded to {settings.decimals} decimals"
    strictly = "; a distance at its limit is too far" if settings.strict else ""
    chosen = "the one that overlaps most" if settings.matching == "closest" else "one by the order of rows"
    return Description(
        criterion=f"boundaries within a collar, {pitch}{velocity}",
        matcher=f"{ONE_TO_ONE}; of several such {chosen}",
        collar="; ".join(collars),
        boundaries=f"{within(settings.tolerance)}{rounded}{strictly}",
        average=f"{POOLED}; overlap ratios over all pairs",
        empties=f"all that is predicted there is spurious; {of_nothing(settings.empty)}",
        labels=NOT_USED,
        scores=NOT_USED,
        support=NOT_USED,
    )


MIR_EVAL_ONSET = Protocol(
    match_onsets,
    count_onsets,
    OnsetSettings(),
    corrected={"tolerance": 1e-9, "empty": nan},
    faults=("comparisons with the window depend on the last bit of a time", NOTHING),
    tool="mir_eval 0.8.2",
    uses_labels=False,
    headline=F1,
    describe=describe_onsets,
)

MIR_EVAL_TRANSCRIPTION = Protocol(
    match_notes,
    count_notes,
    NoteSettings(),
    corrected={"decimals": None, "tolerance": 1e-9, "matching": "closest", "order": "time", "empty": nan},
    faults=(
        "distances are rounded to four decimals, so that up to 0.05 ms more than a limit still counts",
        "which notes are a pair, and with it the overlap ratio, depends on the order of rows",
        NOTHING,
    ),
    tool="mir_eval 0.8.2",
    units="notes",
    uses_labels=False,
    headline=F1,
    describe=describe_notes,
    weigh=weigh_notes,
)

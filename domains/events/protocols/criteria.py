"""Which predicted and annotated events may belong together.

Conventions
-----------
- Each function takes the prediction and the reference and returns `Pairs`: positions of rows, and a value for each
  pair. Only pairs that could be matched are made, never all n × m.
- Events of different files never pair. Whether labels must agree, each criterion says.
- Comparisons include the limit: tIoU ≥ θ, |Δ| ≤ collar. ``tolerance`` is how far rounding may carry past it.
- tIoU of two events without duration is 1 if they are the same point, else 0.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Appl. Sci. 6, 162. doi:10.3390/app6060162 (collars)
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698 (temporal IoU)
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113 (overlap with tolerances)
Bilen, C. et al. (2020). A framework for the robust evaluation of sound event detection. ICASSP, 61. arXiv:1910.08440
(shares that are covered)
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

import overlap as ov
from overlap import intervals

from ..schema import durations_of, times_of
from .preparation import numbers_in, reach_of_support, united

Points = Literal["same", "any", "never"]
Repeated = Literal["each", "once"]
ONSET = 0
OFFSET = 1


class Pairs(NamedTuple):
    """Candidate pairs.

    Parameters
    ----------
    prediction, reference : array of int
        Positions of the two rows.
    value : array of float
        How well they fit; what it is, the criterion says.
    """

    prediction: np.ndarray
    reference: np.ndarray
    value: np.ndarray


def tiou(
    prediction: pd.DataFrame, reference: pd.DataFrame, *, points: Points = "same", same_label: bool = True
) -> Pairs:
    """Pair events of one file and label that overlap; the value is their temporal IoU.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    points : {"same", "any", "never"}
        What two events without duration are worth, 0/0: 1 if they are one point ("same"); 1 wherever they are, as
        ActivityNet's code has it ("any": there NaN < θ is false); never anything ("never", as OpenTAD).
    same_label : bool
        Whether labels must agree.

    Examples
    --------
    >>> from ..schema import as_events
    >>> float(tiou(as_events([[0, 10]]), as_events([[5, 15]])).value[0])
    0.3333333333333333
    """
    a = times_of(prediction)
    b = times_of(reference)
    together = ("file", "label") if same_label else ("file",)
    group = groups(prediction, reference, *together)
    i, j, intersection = intervals.overlap_pairs(a, b, by=group)
    duration_a = a[i, OFFSET] - a[i, ONSET]
    duration_b = b[j, OFFSET] - b[j, ONSET]
    overlap = ov.Overlap(intersection, duration_a, duration_b)
    value = np.asarray(ov.iou(overlap, empty=0.0 if points == "never" else 1.0), float)
    if points == "any":
        return _with_all_points(Pairs(i, j, value), a, b, group)
    return Pairs(i, j, value)


def box_iou(prediction: pd.DataFrame, reference: pd.DataFrame, *, points: Points = "same") -> Pairs:
    """Pair events of one file and label whose boxes of time and frequency overlap; the value is the IoU of the boxes.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events with ``low_freq`` and ``high_freq``, in one unit.
    points : {"same", "never"}
        What two boxes without area are worth, 0/0: 1 if they are one and the same ("same"), or nothing ("never").

    Raises
    ------
    ValueError
        If a side has no frequencies, a row lacks one, or ends below where it begins.

    Examples
    --------
    >>> from ..schema import as_events
    >>> call = as_events([[0, 2]]).assign(low_freq=1000, high_freq=3000)
    >>> float(box_iou(call, call.assign(low_freq=2000)).value[0])
    0.5
    """
    a = _boxes_of(prediction, "prediction")
    b = _boxes_of(reference, "reference")
    near = tiou(prediction, reference)
    i = near.prediction
    j = near.reference
    value = np.asarray(ov.iou(ov.boxes.measure(a[i], b[j]), empty=0.0), float)
    if points == "same":
        value[(a[i] == b[j]).all(axis=1)] = 1.0
    is_some = value > 0
    return Pairs(i[is_some], j[is_some], value[is_some])


def _boxes_of(events: pd.DataFrame, side: str) -> np.ndarray:
    """Return boxes (onset, low_freq, offset, high_freq) of events."""
    remedy = (
        "give every row of both sides low_freq and high_freq in Hz, or score time alone: shape='interval' (at the "
        "command line --param shape=interval)"
    )
    low = numbers_in(events, "low_freq", side, remedy)
    high = numbers_in(events, "high_freq", side, remedy)
    wrong = np.flatnonzero(low > high)
    if len(wrong):
        row = wrong[0]
        raise ValueError(
            f"events.assess: {len(wrong)} of {len(events)} rows of the {side} have a high_freq below their low_freq "
            f"(the first, row {row}: {low[row]:g} to {high[row]:g}); {remedy}"
        )
    times = times_of(events)
    return np.stack([times[:, ONSET], low, times[:, OFFSET], high], axis=1)


def collar(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    onset: float | None = 0.2,
    offset: float | None = 0.2,
    offset_share: float = 0.5,
    tolerance: float = 0.0,
) -> Pairs:
    """Pair events of one file whose boundaries lie close; the value is 1 if the labels agree, else 0.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    onset, offset : float or None
        Collar on each side of the reference's boundary, seconds; None if that boundary does not matter. One of them
        must.
    offset_share : float
        The offset's collar is at least this share of the reference's duration.
    tolerance : float
        How much more than a collar still counts, seconds. At 0 the comparison is bare floating point: two events
        0.2 s apart match at some times of day and not at others.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a, b = as_events([[1.125, 2.75]]), as_events([[1, 2]])
    >>> len(collar(a, b).value), len(collar(a, b, offset=None).value)
    (0, 1)
    """
    onset_a = prediction["onset"].to_numpy(float)
    onset_b = reference["onset"].to_numpy(float)
    offset_a = prediction["offset"].to_numpy(float)
    offset_b = reference["offset"].to_numpy(float)
    onset_limit = np.full(len(reference), 0.0 if onset is None else float(onset))
    share = offset_share * (offset_b - onset_b)
    offset_limit = np.maximum(0.0 if offset is None else offset, share)
    group = groups(prediction, reference, "file")
    if onset is None:
        i, j = _near(offset_a, offset_b, offset_limit, group, tolerance)
    else:
        i, j = _near(onset_a, onset_b, onset_limit, group, tolerance)
    fits = np.ones(len(i), bool)
    if onset is not None:
        distance = np.abs(onset_b[j] - onset_a[i])
        fits &= distance <= onset_limit[j] + tolerance
    if offset is not None:
        distance = np.abs(offset_b[j] - offset_a[i])
        fits &= distance <= offset_limit[j] + tolerance
    i = i[fits]
    j = j[fits]
    return Pairs(i, j, _same_label(prediction, reference, i, j))


def same_segment(prediction: pd.DataFrame, reference: pd.DataFrame) -> Pairs:
    """Pair active segments of one file and place in the grid; the value is 1 if the labels agree, else 0.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events([[0, 1], [1, 2]]).assign(segment=[0, 1])
    >>> same_segment(a, a).prediction.tolist()
    [0, 1]
    """
    group = groups(prediction, reference, "file")
    i, j, _ = intervals.overlap_pairs(_cells(prediction), _cells(reference), by=group)
    return Pairs(i, j, _same_label(prediction, reference, i, j))


def shared_time(prediction: pd.DataFrame, reference: pd.DataFrame) -> Pairs:
    """Pair events of one file and label that overlap; the value is the time they share, seconds.

    Examples
    --------
    >>> from ..schema import as_events
    >>> shared_time(as_events([[0, 10]]), as_events([[5, 15]])).value.tolist()
    [5.0]
    """
    group = groups(prediction, reference, "file", "label")
    i, j, length = intervals.overlap_pairs(times_of(prediction), times_of(reference), by=group)
    return Pairs(i, j, length)


def covered(
    events: pd.DataFrame,
    others: pd.DataFrame,
    *,
    repeated: Repeated = "once",
    points: bool = True,
    across: bool = False,
) -> Pairs:
    """Return which share of each event the events of a label, on the other side, cover: 0 to 1.

    Predictions by references is the detection tolerance criterion, references by predictions the ground truth
    intersection criterion, and predictions by references of other labels the cross-trigger tolerance criterion of
    Bilen et al. (2020).

    Parameters
    ----------
    events : DataFrame
        The events that are covered.
    others : DataFrame
        The events that cover them, of the same file.
    repeated : {"each", "once"}
        Whether time counts once, or as often as events of `others` hold it; then a share may exceed 1.
    points : bool
        Whether an event without duration is covered where it lies in another; else never.
    across : bool
        Whether the labels differ, or are the same.

    Returns
    -------
    Pairs
        Row of `events`; the first row of `others` of that file and label; the share. Only what overlaps is listed.

    Examples
    --------
    >>> from ..schema import as_events
    >>> covered(as_events([[0, 10]]), as_events([[5, 8], [7, 12]])).value.tolist()
    [0.5]
    >>> covered(as_events([[0, 10]]), as_events([[5, 8], [7, 12]]), repeated="each").value.tolist()
    [0.6]
    """
    columns = ("file",) if across else ("file", "label")
    group_a, group_b = groups(events, others, *columns)
    label_a, label_b = groups(events, others, "label")
    times = times_of(others)
    class_of_others = pd.DataFrame({"file": group_b, "label": label_b}).groupby(["file", "label"]).ngroup().to_numpy()
    row = np.arange(len(others))
    if repeated == "once":
        times, row = without_repeats(times, class_of_others)
    i, k, length = intervals.overlap_pairs(times_of(events), times, by=(group_a, group_b[row]))
    j = row[k]
    if across:
        differs = label_a[i] != label_b[j]
        i, j, length = i[differs], j[differs], length[differs]
    share = share_of(length, durations_of(events)[i], points=points)
    table = pd.DataFrame({"row": i, "by": class_of_others[j], "first": j, "share": share})
    total = table.groupby(["row", "by"], sort=True).agg({"first": "min", "share": "sum"}).reset_index()
    return Pairs(total["row"].to_numpy(), total["first"].to_numpy(), total["share"].to_numpy(float))


def share_of(length: np.ndarray, duration: np.ndarray, *, points: bool) -> np.ndarray:
    """Return lengths as shares of durations; of an event without duration it is all, or nothing.

    Examples
    --------
    >>> share_of(np.array([1.0, 0.0]), np.array([4.0, 0.0]), points=True).tolist()
    [0.25, 1.0]
    """
    of_point = np.full(len(length), 1.0 if points else 0.0)
    return np.asarray(np.divide(length, duration, out=of_point, where=duration > 0))


def without_repeats(times: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals (n, 2) of each group united, with the points among them, and a row that each began with.

    Examples
    --------
    >>> without_repeats(np.array([[0.0, 2.0], [1.0, 3.0], [5.0, 5.0]]), np.zeros(3, int))[0].tolist()
    [[0.0, 3.0], [5.0, 5.0]]
    """
    unions, row = united(times, group)
    points = np.flatnonzero(times[:, ONSET] == times[:, OFFSET])
    return np.concatenate([unions, times[points]]), np.append(row, points)


def near_enough(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    *,
    before: float = 30.0,
    after: float = 60.0,
    min_overlap: float = 0.0,
    rate: float | None = 10.0,
    slack: float = 1e-6,
    tolerance: float = 0.0,
) -> Pairs:
    """Pair events with each reference that is covered well enough, its boundaries extended; many to many.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events of one class.
    support : DataFrame
        References are not extended past the stretches that they share time with.
    before, after : float
        How far a reference reaches before its onset and after its offset, seconds.
    min_overlap : float
        Share of the extended reference that all predictions together must cover; more than this.
    rate : float, optional
        Samples per second to which all is rounded, half to even. None: exact.
    slack : float
        What the share must exceed `min_overlap` by.
    tolerance : float
        A prediction must share more than this with a reference to have found it, seconds.

    Returns
    -------
    Pairs
        Of the references found; the value is the time shared, seconds.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> pairs = near_enough(as_events([[75, 90]]), as_events([[100, 120]]), as_support(3600, [""]))
    >>> pairs.value.tolist()
    [15.0]
    """
    extended = _extended(reference, support, before, after)
    group = groups(prediction, reference, "file")
    samples_per_second = 1.0 if rate is None else rate
    a = _in_samples(times_of(prediction), rate)
    b = _in_samples(extended, rate)
    covered = _covered(a, b, group) / samples_per_second
    duration = extended[:, OFFSET] - extended[:, ONSET]
    share = np.divide(covered, duration, out=np.zeros(len(duration)), where=duration > 0)
    i, j, length = intervals.overlap_pairs(_forward(a), _forward(b), by=group)
    is_long_enough = length > tolerance * samples_per_second
    is_covered = share > min_overlap + slack
    found = is_long_enough & is_covered[j]
    return Pairs(i[found], j[found], length[found] / samples_per_second)


def groups(prediction: pd.DataFrame, reference: pd.DataFrame, *columns: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each row of either table, equal where the columns are."""
    names = list(columns)
    both = pd.concat([prediction[names], reference[names]])
    number = both.groupby(names, sort=True).ngroup().to_numpy(np.int64)
    n = len(prediction)
    return number[:n], number[n:]


def _extended(reference: pd.DataFrame, support: pd.DataFrame, before: float, after: float) -> np.ndarray:
    """Return the references with some time before and after, within the stretches that they share time with."""
    begin, end = reach_of_support(reference, support)
    onset = np.maximum(begin, reference["onset"].to_numpy() - before)
    offset = np.minimum(end, reference["offset"].to_numpy() + after)
    return np.stack([onset, offset], axis=1)


def _cells(events: pd.DataFrame) -> np.ndarray:
    """Return segments as intervals of whole numbers."""
    segment = events["segment"]
    return np.stack([segment, segment + 1], axis=1).astype(int)


def _in_samples(times: np.ndarray, rate: float | None) -> np.ndarray:
    if rate is None:
        return times
    return np.rint(times * rate)


def _forward(times: np.ndarray) -> np.ndarray:
    """Make rows that end before they begin points: a slice of a mask from there to here is empty."""
    onset = times[:, ONSET]
    offset = np.maximum(onset, times[:, OFFSET])
    return np.stack([onset, offset], axis=1)


def _covered(a: np.ndarray, b: np.ndarray, group: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return how much of each row of `b` the union of all rows of `a` in its group covers."""
    group_a, group_b = group
    unions, row = united(a, group_a)
    group_of_unions = group_a[row]
    _, j, length = intervals.overlap_pairs(unions, _forward(b), by=(group_of_unions, group_b))
    return np.bincount(j, length, len(b))


def _near(
    a: np.ndarray, b: np.ndarray, limit: np.ndarray, group: tuple[np.ndarray, np.ndarray], tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of points no further apart than the limit of `b`, and some a little further."""
    reach = limit + tolerance + 4 * np.spacing(np.abs(b) + limit)
    points = np.stack([a, a], axis=1)
    windows = np.stack([b - reach, b + reach], axis=1)
    i, j, _ = intervals.overlap_pairs(points, windows, by=group)
    return i, j


def _same_label(prediction: pd.DataFrame, reference: pd.DataFrame, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    label_a, label_b = groups(prediction, reference, "label")
    return np.asarray(label_a[i] == label_b[j], float)


def _with_all_points(pairs: Pairs, a: np.ndarray, b: np.ndarray, group: tuple[np.ndarray, np.ndarray]) -> Pairs:
    """Add every pair of two events of one group that have no duration and lie apart."""
    points_a = _points(a, group[0])
    points_b = _points(b, group[1])
    both: Any = points_a.merge(points_b, on="group", suffixes=("_a", "_b"))
    apart = both[both["time_a"] != both["time_b"]]
    i = np.append(pairs.prediction, apart["row_a"])
    j = np.append(pairs.reference, apart["row_b"])
    value = np.append(pairs.value, np.ones(len(apart)))
    return Pairs(i, j, value)


def _points(times: np.ndarray, group: np.ndarray) -> pd.DataFrame:
    """Return the row, time and group of each event without duration."""
    row = np.flatnonzero(times[:, ONSET] == times[:, OFFSET])
    return pd.DataFrame({"row": row, "time": times[row, ONSET], "group": group[row]})

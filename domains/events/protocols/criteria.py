"""Which predicted and annotated events may belong together.

Conventions
-----------
- ``f(prediction, reference, support, *, options) -> Pairs``: positions of rows, and a value for each pair. Only pairs
  that could be matched are made, never all n × m.
- Events of different files never pair. Whether labels must agree, each criterion says.
- Comparisons include the limit: tIoU ≥ θ, |Δ| ≤ collar. ``tolerance`` is how far rounding may carry past it.
- tIoU of two events without duration is 1 if they are the same point, else 0.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Appl. Sci. 6, 162. doi:10.3390/app6060162 (collars)
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698 (temporal IoU)
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113 (overlap with tolerances)
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

import overlap as ov
from overlap import intervals

from .preparation import united


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
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    *,
    points: Literal["same", "any", "never"] = "same",
) -> Pairs:
    """Pair events of one file and label that overlap; the value is their temporal IoU.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    support : DataFrame
        Not used.
    points : {"same", "any", "never"}
        What two events without duration are worth, 0/0: 1 if they are one point ("same"); 1 wherever they are, as
        ActivityNet's code has it ("any": there NaN < θ is false); never anything ("never", as OpenTAD).

    Examples
    --------
    >>> from ..schema import as_events
    >>> float(tiou(as_events([[0, 10]]), as_events([[5, 15]]), None).value[0])
    0.3333333333333333
    """
    a, b = _times(prediction), _times(reference)
    by = groups(prediction, reference, "file", "label")
    i, j, length = intervals.overlap_pairs(a, b, by=by)
    sizes = a[i, 1] - a[i, 0], b[j, 1] - b[j, 0]
    value = ov.iou(ov.Overlap(length, *sizes), empty=0.0 if points == "never" else 1.0)
    found = Pairs(i, j, np.asarray(value, float))
    return _with_all_points(found, a, b, by) if points == "any" else found


def collar(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
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
    support : DataFrame
        Not used.
    onset, offset : float or None
        Collar on each side of the reference's boundary, seconds; None if that boundary does not matter.
    offset_share : float
        The offset's collar is at least this share of the reference's duration.
    tolerance : float
        How much more than a collar still counts, seconds. At 0 the comparison is bare floating point: two events
        0.2 s apart match at some times of day and not at others.

    Raises
    ------
    ValueError
        If neither boundary matters.

    Examples
    --------
    >>> from ..schema import as_events
    >>> pairs = collar(as_events([[1.125, 2.75]]), as_events([[1, 2]]), None)
    >>> len(pairs.value), len(collar(as_events([[1.125, 2.75]]), as_events([[1, 2]]), None, offset=None).value)
    (0, 1)
    """
    a, b = _times(prediction), _times(reference)
    limits = [
        None if onset is None else np.full(len(b), float(onset)),
        None if offset is None else np.maximum(offset, offset_share * (b[:, 1] - b[:, 0])),
    ]
    sides = [k for k in (0, 1) if limits[k] is not None]
    if not sides:
        raise ValueError("collar: neither onset nor offset has a collar; give at least one")
    first = sides[0]
    i, j = _within(a[:, first], b[:, first], limits[first], groups(prediction, reference, "file"), tolerance)
    for k in sides:
        limit: Any = limits[k]
        near = np.abs(b[j, k] - a[i, k]) <= limit[j] + tolerance
        i, j = i[near], j[near]
    return Pairs(i, j, _same_label(prediction, reference, i, j))


def same_segment(prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame) -> Pairs:
    """Pair active segments of one file and place in the grid; the value is 1 if the labels agree, else 0.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events([[0, 1], [1, 2]]).assign(segment=[0, 1])
    >>> same_segment(a, a, None).prediction.tolist()
    [0, 1]
    """
    k = [np.stack([x["segment"], x["segment"] + 1], axis=1).astype(int) for x in (prediction, reference)]
    i, j, _ = intervals.overlap_pairs(*k, by=groups(prediction, reference, "file"))
    return Pairs(i, j, _same_label(prediction, reference, i, j))


def shared_time(prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame) -> Pairs:
    """Pair events of one file and label that overlap; the value is the time they share, seconds.

    Examples
    --------
    >>> from ..schema import as_events
    >>> shared_time(as_events([[0, 10]]), as_events([[5, 15]]), None).value.tolist()
    [5.0]
    """
    by = groups(prediction, reference, "file", "label")
    return Pairs(*intervals.overlap_pairs(_times(prediction), _times(reference), by=by))


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
        References are not extended past it.
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
    here = support.reindex(reference["file"])
    end = here["offset"].fillna(np.inf).to_numpy()
    reach = np.stack(
        [
            np.maximum(here["onset"].to_numpy(), reference["onset"].to_numpy() - before),
            np.minimum(end, reference["offset"].to_numpy() + after),
        ],
        axis=1,
    )
    by = groups(prediction, reference, "file")
    a, b = _ticks(_times(prediction), rate), _ticks(reach, rate)
    whole, unit = reach[:, 1] - reach[:, 0], 1.0 if rate is None else rate
    share = np.divide(_covered(a, b, by) / unit, whole, out=np.zeros(len(whole)), where=whole > 0)
    i, j, length = intervals.overlap_pairs(_forward(a), _forward(b), by=by)
    found = (length > tolerance * unit) & (share > min_overlap + slack)[j]
    return Pairs(i[found], j[found], length[found] / unit)


def groups(prediction: pd.DataFrame, reference: pd.DataFrame, *columns: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each row of either table, equal where the columns are."""
    both = pd.concat([prediction[list(columns)], reference[list(columns)]])
    number = both.groupby(list(columns), sort=True).ngroup().to_numpy(np.int64)
    return number[: len(prediction)], number[len(prediction) :]


def _times(events: pd.DataFrame) -> np.ndarray:
    return events[["onset", "offset"]].to_numpy(float)


def _ticks(times: np.ndarray, rate: float | None) -> np.ndarray:
    return times if rate is None else np.rint(times * rate)


def _forward(times: np.ndarray) -> np.ndarray:
    """Make rows that end before they begin points: a slice of a mask from there to here is empty."""
    return np.stack([times[:, 0], np.maximum(times[:, 0], times[:, 1])], axis=1)


def _covered(a: np.ndarray, b: np.ndarray, by: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return how much of each row of `b` the union of all rows of `a` in its group covers."""
    whole, row = united(a, by[0])
    _, j, length = intervals.overlap_pairs(whole, _forward(b), by=(by[0][row], by[1]))
    return np.bincount(j, length, len(b))


def _within(
    t_a: np.ndarray, t_b: np.ndarray, limit: Any, by: tuple[np.ndarray, np.ndarray], tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of points no further apart than the limit of `b`, and some a little further."""
    reach = limit + tolerance + 4 * np.spacing(np.abs(t_b) + limit)
    windows = np.stack([t_b - reach, t_b + reach], axis=1)
    i, j, _ = intervals.overlap_pairs(np.stack([t_a, t_a], axis=1), windows, by=by)
    return i, j


def _same_label(prediction: pd.DataFrame, reference: pd.DataFrame, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    of_a, of_b = groups(prediction, reference, "label")
    return np.asarray(of_a[i] == of_b[j], float)


def _with_all_points(found: Pairs, a: np.ndarray, b: np.ndarray, by: tuple[np.ndarray, np.ndarray]) -> Pairs:
    rows = [np.flatnonzero(x[:, 0] == x[:, 1]) for x in (a, b)]
    points = [pd.DataFrame({"row": r, "by": k[r]}) for r, k in zip(rows, by, strict=True)]
    extra = points[0].merge(points[1], on="by", suffixes=("_a", "_b"))
    extra = extra[a[extra["row_a"], 0] != b[extra["row_b"], 0]]
    return Pairs(
        np.append(found.prediction, extra["row_a"]),
        np.append(found.reference, extra["row_b"]),
        np.append(found.value, np.ones(len(extra))),
    )

"""Zones of affiliation: how near predictions are to the event of their zone, and how near the event is to them.

Conventions
-----------
- The zone of an event is all that lies nearer to it than to any other event of its file and label: from midway after
  the event before, to midway before the event after; the outer ones reach to the ends of what was scored.
- Nearness is a probability: that an instant drawn at random from the zone lies at least as far away. 1 is where the
  other side is, 0 as far away as the zone allows.
- Predictions are cut at the ends of zones; a piece belongs to the event of its zone alone.
- All is a mean over time, of functions that are linear between knees: the sums here are exact.
- A point is an event whose length has shrunk to nothing. Beside pieces of some length it weighs nothing; where a zone
  has points only, they weigh alike. On the border of two zones it belongs to both.

References
----------
Huet, A., Navarro, J. M. & Rossi, D. (2022). Local evaluation of time series anomaly detection algorithms. KDD, 635.
doi:10.1145/3534678.3539339
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from overlap import intervals

START = 0
END = 1


class Pieces(NamedTuple):
    """Predictions, cut at the ends of zones.

    Parameters
    ----------
    times : array of float, shape (k, 2)
        When each piece begins and ends; sorted by zone and time.
    zone : array of int, shape (k,)
        The zone it lies in.
    row : array of int, shape (k,)
        The prediction it is a piece of.
    """

    times: np.ndarray
    zone: np.ndarray
    row: np.ndarray


class Nearness(NamedTuple):
    """How near two sides are: probabilities, and mean distances in seconds."""

    probability: np.ndarray
    distance: np.ndarray


def zones_of(events: np.ndarray, group: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Return the zone of each event.

    Parameters
    ----------
    events : array of float, shape (n, 2)
        Disjoint events, sorted by group and time.
    group : array of int, shape (n,)
        File and label of each.
    scored : array of float, shape (n, 2)
        What was scored of the file of each.

    Returns
    -------
    array of float, shape (n, 2)

    Examples
    --------
    >>> zones_of(np.array([[1.0, 2.0], [6.0, 7.0]]), np.zeros(2, int), np.array([[0.0, 9.0], [0.0, 9.0]])).tolist()
    [[0.0, 4.0], [4.0, 9.0]]
    """
    zones = scored.astype(float)
    is_next = group[1:] == group[:-1]
    midway = (events[:-1, END] + events[1:, START]) / 2
    zones[:-1, END] = np.where(is_next, midway, zones[:-1, END])
    zones[1:, START] = np.where(is_next, midway, zones[1:, START])
    return zones


def cut_at_zones(
    predictions: np.ndarray,
    zones: np.ndarray,
    group: tuple[np.ndarray, np.ndarray],
    *,
    tolerance: float = 0.0,
) -> Pieces:
    """Cut predictions at the ends of zones.

    Parameters
    ----------
    predictions : array of float, shape (m, 2)
        Disjoint predictions.
    zones : array of float, shape (n, 2)
        Zones.
    group : tuple of array of int, shapes (m,) and (n,)
        File and label of each.
    tolerance : float
        A piece no longer than this is none; a point this near to a border lies on it, seconds.

    Examples
    --------
    >>> zero = np.zeros(1, int), np.zeros(2, int)
    >>> cut_at_zones(np.array([[1.0, 5.0]]), np.array([[0.0, 4.0], [4.0, 9.0]]), zero).times.tolist()
    [[1.0, 4.0], [4.0, 5.0]]
    """
    is_point = predictions[:, START] == predictions[:, END]
    # a point on a border is in both zones
    reach = np.where(is_point, tolerance + 4 * np.spacing(np.abs(predictions[:, START])), 0.0)
    widened = np.stack([predictions[:, START] - reach, predictions[:, END] + reach], axis=1)
    row, zone, length = intervals.overlap_pairs(widened, zones, by=group)
    is_piece = is_point[row] | (length > tolerance)
    row = row[is_piece]
    zone = zone[is_piece]
    times = np.clip(predictions[row], zones[zone, :1], zones[zone, 1:])
    order = np.lexsort((times[:, START], zone))
    return Pieces(times[order], zone[order], row[order])


def nearness_of_pieces(pieces: Pieces, events: np.ndarray, zones: np.ndarray) -> Nearness:
    """Return how near each piece is to the event of its zone, on average over the piece.

    An instant of the zone lies at least d away from the event [s, e] of the zone [z0, z1] with probability
    1 − (e − s + min(d, m) + d) / (z1 − z0), m the lesser of s − z0 and z1 − e; in the event, d = 0, it is 1.

    Parameters
    ----------
    pieces : Pieces
        Predictions, as `cut_at_zones` returns them.
    events, zones : array of float, shape (n, 2)
        The event and its zone.

    Examples
    --------
    >>> pieces = Pieces(np.array([[5.0, 7.0]]), np.zeros(1, int), np.zeros(1, int))
    >>> near = nearness_of_pieces(pieces, np.array([[4.0, 6.0]]), np.array([[0.0, 10.0]]))
    >>> near.probability.round(4).tolist(), near.distance.tolist()
    ([0.85], [0.25])
    """
    piece = pieces.times
    event = events[pieces.zone]
    zone = zones[pieces.zone]
    length_of_piece = piece[:, END] - piece[:, START]
    length_of_event = event[:, END] - event[:, START]
    length_of_zone = zone[:, END] - zone[:, START]
    nearer_end = np.minimum(event[:, START] - zone[:, START], zone[:, END] - event[:, END])

    def survival(distance: np.ndarray) -> np.ndarray:
        as_near = length_of_event + np.minimum(distance, nearer_end) + distance
        return np.asarray(1 - as_near / length_of_zone)

    before_from = np.maximum(event[:, START] - piece[:, END], 0)
    before_to = np.maximum(event[:, START] - piece[:, START], 0)
    after_from = np.maximum(piece[:, START] - event[:, END], 0)
    after_to = np.maximum(piece[:, END] - event[:, END], 0)
    shared = _shared(piece, event)
    before = _integral(survival, before_from, nearer_end, before_to)
    after = _integral(survival, after_from, nearer_end, after_to)
    distances = _integral_of_distance(before_from, before_to) + _integral_of_distance(after_from, after_to)

    is_point = length_of_piece == 0
    distance_of_point = np.maximum(before_to, after_to)
    at_point = np.where(distance_of_point == 0, 1.0, survival(distance_of_point))
    length = np.where(is_point, 1.0, length_of_piece)
    probability = np.where(is_point, at_point, (shared + before + after) / length)
    distance = np.where(is_point, distance_of_point, distances / length)
    return Nearness(probability, distance)


def nearness_of_events(pieces: Pieces, events: np.ndarray, zones: np.ndarray) -> Nearness:
    """Return how near each event is to the pieces in its zone, on average over the event.

    Seen from an instant t of the event, the nearest prediction ends or begins at c. An instant of the zone lies at
    least as far from t with probability 1 − |[t − |t − c|, t + |t − c|] ∩ zone| / |zone|; in a prediction it is 1.

    Parameters
    ----------
    pieces, events, zones
        See `nearness_of_pieces`.

    Returns
    -------
    Nearness
        Of each event; 0 and infinite where its zone has no piece.

    Examples
    --------
    >>> pieces = Pieces(np.array([[5.0, 7.0]]), np.zeros(1, int), np.zeros(1, int))
    >>> near = nearness_of_events(pieces, np.array([[4.0, 6.0]]), np.array([[0.0, 10.0]]))
    >>> near.probability.round(4).tolist(), near.distance.tolist()
    ([0.95], [0.25])
    """
    n = len(events)
    piece = pieces.times
    event = events[pieces.zone]
    zone = zones[pieces.zone]
    # a piece is the nearest one as far as midway to its neighbours, or to the end of the zone
    nearest = zones_of(piece, pieces.zone, zone)
    length_of_zone = zone[:, END] - zone[:, START]

    after_from = np.maximum(event[:, START] - piece[:, END], 0)
    after_to = np.minimum(event[:, END], nearest[:, END]) - piece[:, END]
    room_after = zone[:, END] - piece[:, END]
    before_from = np.maximum(piece[:, START] - event[:, END], 0)
    before_to = piece[:, START] - np.maximum(event[:, START], nearest[:, START])
    room_before = piece[:, START] - zone[:, START]

    def survival_after(distance: np.ndarray) -> np.ndarray:
        return np.asarray(1 - np.minimum(2 * distance, room_after) / length_of_zone)

    def survival_before(distance: np.ndarray) -> np.ndarray:
        return np.asarray(1 - np.minimum(2 * distance, room_before) / length_of_zone)

    shared = _shared(piece, event)
    after = _integral(survival_after, after_from, room_after / 2, after_to)
    before = _integral(survival_before, before_from, room_before / 2, before_to)
    distances = _integral_of_distance(after_from, after_to) + _integral_of_distance(before_from, before_to)
    probability = np.bincount(pieces.zone, shared + after + before, n)
    distance = np.bincount(pieces.zone, distances, n)

    length_of_event = events[:, END] - events[:, START]
    is_point = length_of_event == 0
    at_point, distance_of_point = _nearness_of_points(pieces, events, zones)
    length = np.where(is_point, 1.0, length_of_event)
    is_alone = np.bincount(pieces.zone, minlength=n) == 0
    probability = np.where(is_point, at_point, probability / length)
    distance = np.where(is_point, distance_of_point, distance / length)
    return Nearness(np.where(is_alone, 0.0, probability), np.where(is_alone, np.inf, distance))


def mean_by(number: np.ndarray, value: np.ndarray, pieces: Pieces, n: int) -> np.ndarray:
    """Return the mean of a value of pieces for each of n zones or predictions, each piece as long as it is.

    Parameters
    ----------
    number : array of int, shape (k,)
        What each piece belongs to.
    value : array of float, shape (k,)
        Of each piece.
    pieces : Pieces
        The pieces; where there are only points, they weigh alike.
    n : int
        Of how many.

    Examples
    --------
    >>> pieces = Pieces(np.array([[0.0, 3.0], [4.0, 5.0], [6.0, 6.0]]), np.zeros(3, int), np.arange(3))
    >>> mean_by(pieces.zone, np.array([1.0, 0.0, 0.5]), pieces, 2).tolist()
    [0.75, nan]
    """
    length = pieces.times[:, END] - pieces.times[:, START]
    in_all = np.bincount(number, length, n)
    weight = np.where(in_all[number] > 0, length, 1.0)
    total = np.bincount(number, weight * value, n)
    weights = np.bincount(number, weight, n)
    return np.asarray(np.divide(total, weights, out=np.full(n, np.nan), where=weights > 0))


def _nearness_of_points(pieces: Pieces, events: np.ndarray, zones: np.ndarray) -> Nearness:
    """Return how near each event, taken as the point it begins at, is to the pieces in its zone."""
    point = events[:, START]
    point_of_piece = point[pieces.zone]
    ahead = pieces.times[:, START] - point_of_piece
    behind = point_of_piece - pieces.times[:, END]
    distance = np.full(len(events), np.inf)
    np.minimum.at(distance, pieces.zone, np.maximum(np.maximum(ahead, behind), 0))
    as_near_after = np.minimum(distance, zones[:, END] - point)
    as_near_before = np.minimum(distance, point - zones[:, START])
    probability = 1 - (as_near_after + as_near_before) / (zones[:, END] - zones[:, START])
    return Nearness(probability, distance)


def _shared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how much time two intervals share, row by row."""
    begin = np.maximum(a[:, START], b[:, START])
    end = np.minimum(a[:, END], b[:, END])
    return np.asarray(np.maximum(end - begin, 0))


def _integral(
    height: Callable[[np.ndarray], np.ndarray], begin: np.ndarray, knee: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Integrate a function that is linear before and after a knee; 0 where the end lies before the begin."""
    end = np.maximum(begin, end)
    middle = np.clip(knee, begin, end)
    before = (middle - begin) * (height(begin) + height(middle)) / 2
    after = (end - middle) * (height(middle) + height(end)) / 2
    return np.asarray(before + after)


def _integral_of_distance(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Integrate the distance itself; 0 where the end lies before the begin."""
    end = np.maximum(begin, end)
    return np.asarray((end - begin) * (begin + end) / 2)

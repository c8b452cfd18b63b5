"""Closed forms beside sums over a fine grid, straight from the definition."""

from __future__ import annotations

import numpy as np
import pytest

from domains.events.protocols.zones import (
    Pieces,
    cut_at_zones,
    mean_by,
    nearness_of_events,
    nearness_of_pieces,
    zones_of,
)

STEP = 0.01


def grid(intervals, step=STEP):
    """The middles of a grid over intervals."""
    return np.concatenate([np.arange(a + step / 2, b, step) for a, b in intervals])


def distance_to(t, intervals):
    return np.min([np.maximum(np.maximum(a - t, t - b), 0) for a, b in intervals], axis=0)


def share_at_least(distances, d):
    """The share of distances that are at least d."""
    return 1 - np.searchsorted(np.sort(distances), d - STEP / 2) / len(distances)


@pytest.mark.parametrize("event", [(0.0, 3.0), (2.0, 5.0), (4.0, 10.0), (0.0, 10.0)])
@pytest.mark.parametrize("predicted", [[(1.0, 4.5)], [(0.0, 1.0), (6.0, 6.5), (9.0, 10.0)], [(8.0, 9.0)]])
def test_nearness_is_what_the_definition_says(event, predicted):
    zone = np.array([[0.0, 10.0]])
    instants = grid(zone)
    times = np.array(predicted)
    pieces = Pieces(times, np.zeros(len(times), int), np.arange(len(times)))
    near = nearness_of_pieces(pieces, np.array([event]), zone)
    far = distance_to(grid(predicted), [event])
    survival = np.where(far == 0, 1.0, share_at_least(distance_to(instants, [event]), far))
    assert mean_by(pieces.zone, near.probability, pieces, 1)[0] == pytest.approx(survival.mean(), abs=3 * STEP)
    assert mean_by(pieces.zone, near.distance, pieces, 1)[0] == pytest.approx(far.mean(), abs=STEP)

    near = nearness_of_events(pieces, np.array([event]), zone)
    inside = grid([event], 0.1)
    far = distance_to(inside, predicted)
    survival = [1.0 if d == 0 else share_at_least(np.abs(instants - t), d) for t, d in zip(inside, far, strict=True)]
    assert near.probability[0] == pytest.approx(np.mean(survival), abs=3 * STEP)
    assert near.distance[0] == pytest.approx(far.mean(), abs=3 * STEP)


def test_zones_reach_midway_and_to_the_ends_of_what_was_scored():
    events = np.array([[1.0, 2.0], [6.0, 7.0], [3.0, 4.0]])
    scored = np.array([[0.0, 9.0], [0.0, 9.0], [1.0, 5.0]])
    assert zones_of(events, np.array([0, 0, 1]), scored).tolist() == [[0, 4], [4, 9], [1, 5]]


def test_slivers_beyond_a_border_are_no_pieces():
    zones = np.array([[0.0, 4.0], [4.0, 9.0]])
    group = np.zeros(1, int), np.zeros(2, int)
    sliver = np.array([[1.0, np.nextafter(4.0, 5.0)]])
    assert cut_at_zones(sliver, zones, group).zone.tolist() == [0, 1]
    assert cut_at_zones(sliver, zones, group, tolerance=1e-9).zone.tolist() == [0]

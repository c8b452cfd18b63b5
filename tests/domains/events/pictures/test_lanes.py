"""No event lies on another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from domains.events.pictures.lanes import Place, lanes_of, places_of, with_lanes


def events_of(label, onset, offset):
    return pd.DataFrame({"file": "f", "label": label, "onset": onset, "offset": offset})


def test_an_event_takes_the_first_lane_that_is_free():
    assert lanes_of(np.array([0, 1, 2, 4, 4.0]), np.array([5, 3, 4, 6, 5.0])) == [0, 1, 2, 1, 2]
    assert lanes_of(np.array([0, 1, 2.0]), np.array([1, 2, 3.0])) == [0, 0, 0], "events that touch share a lane"


def test_each_row_has_lanes_of_its_own():
    x = events_of("x", [0, 1, 2.0], [4, 4, 4.0])
    y = events_of("y", [0, 5.0], [5, 6.0])
    found = with_lanes(pd.concat([y, x]))
    assert found[["label", "lane", "n_lanes"]].values.tolist() == [
        ["x", 0, 3],
        ["x", 1, 3],
        ["x", 2, 3],
        ["y", 0, 1],
        ["y", 0, 1],
    ]


def test_a_row_of_many_lanes_is_higher_and_the_first_lies_on_top():
    sides = [with_lanes(events_of("x", [0.0] * 4, [9.0] * 4)), with_lanes(events_of("y", [0.0], [9.0]))]
    places = places_of([("f", "x"), ("f", "y")], sides)
    assert places == {("f", "y"): Place(0.0, 1.0), ("f", "x"): Place(1.5, 2.0)}
    with_room = places_of([("f", "x"), ("f", "y")], sides, room=0.5)
    assert with_room["f", "x"] == Place(2.0, 2.0, 0.5)

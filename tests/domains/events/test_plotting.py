"""What a picture holds; how it looks is for eyes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from domains.events import PROTOCOLS, assess, plot_scored, plot_timelines, plotting
from overlap.plotting import COLOURS

A = pd.DataFrame({"onset": [0, 10, 20.0], "offset": [4, 12, 21.0], "label": list("xxy")})
B = pd.DataFrame({"onset": [0, 30.0], "offset": [5, 35.0], "label": list("xx")})


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def bars(ax):
    """Return the bars as (colour, onset, offset, bottom)."""
    found = []
    for collection in ax.collections:
        if type(collection).__name__ != "PolyCollection":
            continue
        for path in collection.get_paths():
            low, high = path.vertices.min(axis=0), path.vertices.max(axis=0)
            found.append((tuple(collection.get_facecolor()[0][:3]), low[0], high[0], low[1]))
    return found


def test_colours_and_places():
    ax = plot_timelines(A, B)
    named = {to_rgb(c): name for name, c in COLOURS.items()}
    found = sorted((named[c], start, stop) for c, start, stop, _ in bars(ax))
    assert found == [
        ("both", 0, 4),
        ("both", 0, 5),
        ("only_a", 10, 12),
        ("only_a", 20, 21),
        ("only_b", 30, 35),
    ]
    below = [bottom % 1 for c, _, _, bottom in bars(ax) if named[c] == "only_a"]
    above = [bottom % 1 for c, _, _, bottom in bars(ax) if named[c] == "only_b"]
    assert min(below) > 0.5 > max(above), "the prediction lies below the row's line"
    assert [t.get_text() for t in ax.get_yticklabels()] == ["x", "y"]
    texts = [t.get_text() for t in ax.get_legend().get_texts()]
    assert texts == ["matched (1 and 1)", "only prediction: spurious (2)", "only reference: missed (1)"]


def test_files_and_how_many():
    a = pd.concat([A.assign(file=f) for f in "fgh"])
    assert [t.get_text() for t in plot_timelines(a, a, most=3).get_yticklabels()] == ["f · x", "f · y", "g · x"]
    assert "3 of 6 rows" in plot_timelines(a, a, most=3).get_xlabel()
    assert len(plot_timelines(a, a, file="g").get_yticks()) == 2


def test_axes_in_axes_out():
    _, ax = plt.subplots()
    assert plot_timelines(A, B, ax=ax) is ax


def test_a_file_that_was_not_scored():
    with pytest.raises(ValueError, match="events.plot_scored: file must be one of 'f'; got 'g'"):
        plot_timelines(A.assign(file="f"), B.assign(file="f"), file="g")


def test_nothing_is_scored_again(monkeypatch):
    scored = assess(A, B, "tiou", thresholds=(0.5, 0.9))
    monkeypatch.setattr(plotting, "assess", None)
    for threshold, n in ((0.5, 1), (0.9, 0)):
        texts = [t.get_text() for t in plot_scored(scored, threshold=threshold).get_legend().get_texts()]
        assert texts[0] == f"matched ({n} and {n})"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_can_be_drawn(protocol):
    a = A.assign(label="sz", confidence=0.5)
    assert len(plot_timelines(a, a, protocol, support=100.0).get_legend().get_texts()) == 3


def test_nothing_to_draw():
    assert plot_timelines(np.empty((0, 2)), np.empty((0, 2))).get_xlabel() == "time (s)"

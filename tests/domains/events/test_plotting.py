"""What a picture holds; how it looks is for eyes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from domains.events import PROTOCOLS, plot_timelines
from domains.events.plotting import save
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


def test_axes_in_axes_out_and_a_file(tmp_path):
    _, ax = plt.subplots()
    assert plot_timelines(A, B, ax=ax) is ax
    save(ax.figure, tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").stat().st_size > 1000


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_can_be_drawn(protocol):
    a = A.assign(label="sz", confidence=0.5)
    assert len(plot_timelines(a, a, protocol, support=100.0).get_legend().get_texts()) == 3


def test_nothing_to_draw():
    assert plot_timelines(np.empty((0, 2)), np.empty((0, 2))).get_xlabel() == "time (s)"

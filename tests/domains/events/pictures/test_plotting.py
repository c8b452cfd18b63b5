"""What a picture holds; how it looks is for eyes."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from domains.events import PROTOCOLS, assess, plot_scored, plot_timelines
from domains.events.pictures import plotting
from overlap.plotting import COLOURS

# DCASE's has rules of its own for labels, and its tests beside it
ANY_LABEL = [name for name in PROTOCOLS if name != "dcase_fewshot"]
SPEAKERS = ("nist_der", "pyannote_der", "jer")
KINDS = {**COLOURS, "confused": "white"}
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


@pytest.mark.slow
def test_files_and_how_many():
    a = pd.concat([A.assign(file=f) for f in "fgh"])
    assert [t.get_text() for t in plot_timelines(a, a, most=3).get_yticklabels()] == ["f · x", "f · y", "g · x"]
    assert plot_timelines(a, a, most=3).get_title(loc="left").endswith("\nrows 1 to 3 of 6")
    second = plot_timelines(a, a, most=4, page=2)
    assert [t.get_text() for t in second.get_yticklabels()] == ["h · x", "h · y"]
    assert second.get_title(loc="left").endswith("\nrows 5 to 6 of 6")
    for page, said in ((3, "there are 2 pages, 1 to 2, of 4 rows each"), (0, "page=0"), (1.5, "page=1.5")):
        with pytest.raises(ValueError, match=said):
            plot_timelines(a, a, most=4, page=page)
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


def test_nothing_to_draw():
    assert plot_timelines(np.empty((0, 2)), np.empty((0, 2))).get_xlabel() == "time (s)"


# ---- the picture and the table agree


SIZES = ("intersection", "size_a", "size_b")
MIXED_A = pd.DataFrame(
    {
        "onset": [0.9, 9, 20, 40.5, 700],
        "offset": [8.0, 12, 23, 41.0, 705],
        "label": ["sz", "sz", "sz_2", "sz", "sz"],
        "confidence": [0.9, 0.8, 0.7, 0.6, 0.5],
        "pitch": 440.0,
    }
)
MIXED_B = pd.DataFrame(
    {
        "onset": [1.0, 9.5, 21, 60, 1300],
        "offset": [8.0, 13, 22, 65.5, 1312],
        "label": ["sz", "sz", "sz_2", "sz", "sz"],
        "pitch": 440.0,
    }
)


WIDE = {"mir_eval_onset": {"window": 0.5}, "mir_eval_transcription": {"onset": 0.5, "offset": 1.0}}
"""Of protocols that take less than a second for a match."""


def table_cells(report):
    """Return in both, only prediction and only reference, as numbers."""
    in_both, size_a, size_b = (float(report[name]) for name in SIZES)
    return [in_both, size_a - in_both, size_b - in_both]


def drawn(ax, unit):
    """Return how much is drawn in each colour and half of a row: events, or seconds."""
    total = {}
    middles = ax.get_yticks()
    for colour, onset, offset, bottom in bars(ax):
        nearest = middles[np.abs(middles - bottom).argmin()]
        side = "prediction" if bottom < nearest else "reference"
        key = {to_rgb(c): name for name, c in KINDS.items()}[colour], side
        total[key] = total.get(key, 0) + (offset - onset if unit == "seconds" else 1)
    return total


@pytest.mark.parametrize(
    "protocol", [name for name in ANY_LABEL if name not in ("psds_scenario1", "psds_scenario2", "thumos14", "jer")]
)
def test_the_picture_shows_what_the_table_counts(protocol):
    scored = assess(MIXED_A, MIXED_B, protocol, support=2000.0, **WIDE.get(protocol, {}))
    report = scored.report()
    # one without thresholds takes one all the same
    thresholds = (None, 0.7) if "threshold" in report.dims or protocol == "time" else (None,)
    for threshold in thresholds:
        check_what_the_picture_shows(scored, report, protocol, threshold)


def check_what_the_picture_shows(scored, report, protocol, threshold):
    ax = plot_scored(scored, threshold=threshold)
    title = ax.get_title(loc="left")
    assert f"protocol: {protocol}" in title
    if "threshold" in report.dims:
        nearest = report.threshold.sel(threshold=threshold or 0.5, method="nearest")
        assert title.endswith(f"threshold {float(nearest):g}")
        report = report.sel(threshold=nearest)
    in_both, only_prediction, only_reference = table_cells(report)
    assert in_both > 0
    assert only_prediction > 0
    assert only_reference > 0
    lines = [t.get_text() for t in ax.get_legend().get_texts()]
    assert len(lines) == (4 if protocol in (*SPEAKERS, "affiliation") else 3)
    # the last number of each line; matched events are those of either side, and the table counts the reference's
    texts = [line for line in lines if not line.startswith("zone")]
    numbers = [re.findall(r"[\d.e+-]+(?= s\)|\))", text)[-1] for text in texts]
    told = [in_both, only_prediction, only_reference]
    confused = 0.0
    if protocol in SPEAKERS:
        confused = float(report.confused)
        told = [in_both, float(report.missed), float(report.false_alarm), confused]
    assert numbers == [f"{x:g}" for x in told]
    total = drawn(ax, report.attrs["units"])
    assert total["both", "reference"] == pytest.approx(in_both)
    assert total.get(("only_a", "prediction"), 0) + confused == pytest.approx(only_prediction)
    assert total.get(("only_b", "reference"), 0) + confused == pytest.approx(only_reference)
    for side in ("prediction", "reference"):
        assert total.get(("confused", side), 0) == pytest.approx(confused)
    if report.attrs["units"] == "seconds":
        assert total["both", "prediction"] == pytest.approx(in_both)
        assert all(text.endswith(" s)") for text in texts)


def test_seconds_are_drawn_as_overlap():
    ax = plot_timelines(np.array([[0.0, 10], [20, 30]]), np.array([[5.0, 15], [22, 24]]), "time")
    named = {to_rgb(c): name for name, c in COLOURS.items()}
    pieces = sorted((round(bottom % 1), start, stop, named[c]) for c, start, stop, bottom in bars(ax))
    assert pieces == [
        (0, 5, 10, "both"),
        (0, 10, 15, "only_b"),
        (0, 22, 24, "both"),
        (1, 0, 5, "only_a"),
        (1, 5, 10, "both"),
        (1, 20, 22, "only_a"),
        (1, 22, 24, "both"),
        (1, 24, 30, "only_a"),
    ]


def test_seconds_of_one_file():
    a = pd.DataFrame({"file": ["f", "g"], "onset": [0.0, 0], "offset": [4.0, 6]})
    b = pd.DataFrame({"file": ["f", "g"], "onset": [1.0, 0], "offset": [4.0, 5]})
    texts = [t.get_text() for t in plot_timelines(a, b, "time", file="g").get_legend().get_texts()]
    assert texts == ["in both (5 s)", "only prediction (1 s)", "only reference (0 s)"]


def test_a_view_shows_and_counts_what_reaches_into_it():
    ax = plot_timelines(A, B, start=3.0, stop=12.0)
    assert ax.get_xlim() == (3.0, 12.0)
    texts = [t.get_text() for t in ax.get_legend().get_texts()]
    assert texts == ["matched (1 and 1)", "only prediction: spurious (1)", "only reference: missed (0)"]
    assert {(low, high) for _, low, high, _ in bars(ax)} == {(3, 4), (3, 5), (10, 12)}
    texts = [t.get_text() for t in plot_timelines(A, B, "time", start=3, stop=11).get_legend().get_texts()]
    assert texts == ["in both (1 s)", "only prediction (1 s)", "only reference (1 s)"]


def test_a_view_of_nothing():
    ax = plot_timelines(A, B, start=100.0, stop=110.0)
    assert ax.get_xlim() == (100.0, 110.0)
    assert not bars(ax)


@pytest.mark.parametrize(
    ("how", "match"),
    [
        ({"start": 9, "stop": 9}, "stop must be after start, seconds; got start=9, stop=9"),
        ({"start": "9"}, "start must be a finite number; got '9'"),
        ({"clock": "9"}, "clock must be a time of day such as"),
    ],
)
def test_wrong_views(how, match):
    with pytest.raises(ValueError, match=f"events.plot_scored: {match}"):
        plot_timelines(A, B, **how)


def test_events_that_overlap_lie_on_lanes():
    a = pd.DataFrame({"onset": [0, 1, 2, 6.0], "offset": [5, 3, 4, 7.0]})
    ax = plot_timelines(a[:1], a)
    reference = [bar for bar in bars(ax) if bar[3] >= 0]
    assert len({bottom for *_, bottom in reference}) == 3
    for k, (_, low, high, bottom) in enumerate(reference):
        for _, other_low, other_high, other_bottom in reference[k + 1 :]:
            assert bottom != other_bottom or high <= other_low or other_high <= low
    # events that touch share a lane
    touching = pd.DataFrame({"onset": [0, 1.0], "offset": [1, 2.0]})
    assert len({bottom for *_, bottom in bars(plot_timelines(touching, touching))}) == 2


def test_a_row_of_many_lanes_is_higher_and_no_row_lies_on_another():
    crowd = pd.DataFrame({"onset": np.arange(8.0), "offset": 20.0, "label": "x"})
    both = pd.concat([crowd, A[A["label"] == "y"]])
    ax = plot_timelines(both, both)
    of_x, of_y = ax.get_yticks()
    bottoms = np.array([bottom for *_, bottom in bars(ax)])
    edge = of_y + 0.5
    assert (np.abs(bottoms[bottoms < edge] - of_y) < 0.5).all()
    assert of_x - edge == pytest.approx(2.0)


@pytest.mark.slow
def test_a_clock():
    a = pd.DataFrame({"onset": [0.0], "offset": [7000.0]})
    assert plot_timelines(a, a).get_xlabel() == "time (h:min)"
    assert plot_timelines(a, a, clock=False).get_xlabel() == "time (s)"
    ax = plot_timelines(a, a, clock="23:30")
    assert ax.get_xlabel() == "time of day (h:min)"
    assert "00:00 +1" in [text.get_text() for text in ax.get_xticklabels()]


def test_a_protocol_that_pools_labels_has_a_row_for_each_file():
    a = pd.DataFrame({"file": ["p", "q"], "onset": 100.0, "offset": 130.0, "label": "sz"})
    ax = plot_timelines(a, a.assign(label="sz_foc"), "szcore", support=3600.0)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["p", "q"]
    assert ax.get_xlim() == (-36, 3636), "all that was scored"


@pytest.mark.slow
def test_speakers_are_named_and_what_is_not_scored_is_shaded():
    a = pd.DataFrame({"onset": [0, 6, 12.0], "offset": [5, 10, 13.0], "label": ["s0", "s1", "s2"]})
    b = pd.DataFrame({"onset": [0, 5.0], "offset": [4, 11.0], "label": ["anna", "bert"]})
    scored = pd.DataFrame({"file": "", "onset": [0.0, 5.0], "offset": [4.0, 14.0]})
    with pytest.warns(UserWarning, match="outside"):
        ax = plot_timelines(a, b, "nist_der", support=scored)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["s0 → anna", "s1 → bert", "s2 → nobody"]
    assert ax.get_title(loc="left").endswith("protocol: nist_der, DER 0.3000 = (2 + 1 + 0) / 10 s")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "right speaker (8 s)",
        "missed (2 s)",
        "false alarm (1 s)",
        "confused (0 s)",
        "not scored",
    ]
    assert {(patch.get_x(), patch.get_width()) for patch in ax.patches} == {(4, 1)}


@pytest.mark.slow
def test_confused_time_is_drawn_as_much_as_is_counted():
    a = pd.DataFrame({"onset": [0, 4, 12.0], "offset": [10, 14, 16.0], "label": ["s0", "s1", "s2"]})
    b = pd.DataFrame({"onset": [0, 3, 6.0], "offset": [8, 15, 9.0], "label": ["anna", "bert", "carl"]})
    for protocol in SPEAKERS:
        scored = assess(a, b, protocol, support=20.0)
        total = drawn(plot_scored(scored), "seconds")
        confused = float(scored.report().confused)
        assert confused > 0
        assert [total["confused", side] for side in ("prediction", "reference")] == pytest.approx([confused] * 2)


def test_zones_are_drawn_with_what_they_say():
    a = np.array([[66, 75], [100, 104], [148, 153.0]])
    scored = assess(a, np.array([[60, 70], [120, 130.0]]), "affiliation", support=200.0)
    ax = plot_scored(scored)
    zones = scored.reference
    said = [f"P {p:.2f}\nR {r:.2f}" for p, r in zip(zones["precision"], zones["recall"], strict=True)]
    assert [text.get_text() for text in ax.texts][-2:] == said
    borders = {x for lines in ax.collections if hasattr(lines, "get_segments") for x in np.ravel(lines.get_segments())}
    assert {0.0, 95.0, 200.0} <= borders
    assert ax.get_xlim() == (-2, 202)


@pytest.mark.slow
def test_the_title_says_what_no_name_has_and_which_recordings_are_silent():
    files = [f"sub-{k:02d}_ses-01_task-monitoring_run-{k:02d}_events" for k in range(1, 32)]
    a = pd.DataFrame({"file": files[:30], "onset": 10.0, "offset": 20.0, "label": "sz"})
    ax = plot_timelines(a, a.assign(label="sz_foc"), "szcore", support=dict.fromkeys(files, 60.0))
    assert [text.get_text() for text in ax.get_yticklabels()] == [f"sub-{k:02d}…run-{k:02d}" for k in range(1, 31)]
    said = "1 of 31 recordings without events; … in names: ses-01_task-monitoring, events"
    assert ax.get_title(loc="left").splitlines()[-1] == said
    assert ax.figure.get_figheight() < 9.6, "on a page"


def test_no_letter_is_below_six_points():
    scored = assess(np.array([[66, 75.0]]), np.array([[60, 70], [120, 130.0]]), "affiliation", support=200.0)
    ax = plot_scored(scored)
    texts = [*ax.texts, *ax.get_legend().get_texts(), *ax.get_xticklabels(), *ax.get_yticklabels()]
    assert min(text.get_fontsize() for text in texts) >= 6

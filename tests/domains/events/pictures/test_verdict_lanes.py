"""A lane for each way to judge, and nothing cut off; how it looks is for eyes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from domains.events import judge_events, plot_verdicts

A = pd.DataFrame({"file": "f", "onset": [0, 20, 100.0, 400.5], "offset": [10, 30, 101.0, 404], "label": list("xxyy")})
B = pd.DataFrame({"file": "f", "onset": [0, 20, 100.0, 400], "offset": [10, 60, 104.0, 403], "label": list("xxyy")})
PROTOCOLS = ["tiou", "ward", "sed_eval_event", "segmental", "time"]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    return judge_events(A, B, protocols=PROTOCOLS, support=500.0)


@pytest.mark.slow
def test_every_event_of_a_place_is_drawn_in_every_lane(table):
    ax = plot_verdicts(table)
    names = [text.get_text().replace("\n", " ") for text in ax.get_yticklabels()]
    assert names == ["events", "ward", "tiou at 0.5, segmental at 0.5", "sed_eval_event"]
    # the first events agree, and are no place of their own
    assert len(ax.get_xticks()) == 3
    assert len(ax.patches) == 6 * len(names)
    texts = [text.get_text() for text in ax.get_xticklabels()]
    assert texts == ["x · 20.0 s", "y · 100.0 s", "y · 400.0 s"]
    low, high = ax.get_xlim()
    for patch in ax.patches:
        assert low <= patch.get_x()
        assert patch.get_x() + patch.get_width() <= high + 1e-9
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"found", "missed", "spurious"}


def test_one_scale_and_the_most_divided_places(table):
    ax = plot_verdicts(table, most=1)
    assert "the 1 of 3 places" in ax.get_title(loc="left")
    widths = {round(patch.get_width(), 9) for patch in plot_verdicts(table).patches}
    assert {10.0, 40.0, 1.0, 4.0, 3.5, 3.0} == widths


@pytest.mark.slow
def test_places_of_several_recordings_are_named_and_nothing_to_draw_is_said(table):
    both = pd.concat([A, A.assign(file="g")])
    table = judge_events(both, pd.concat([B, B.assign(file="g")]), protocols=PROTOCOLS, support=500.0)
    texts = [text.get_text() for text in plot_verdicts(table).get_xticklabels()]
    assert texts[0] == "f · x · 20.0 s"
    assert len(texts) == 6
    assert len(plot_verdicts(table, file="g").get_xticks()) == 3
    with pytest.raises(ValueError, match="file must be one of 'f', 'g'; got 'h'"):
        plot_verdicts(table, file="h")
    with pytest.raises(ValueError, match="no event is judged differently"):
        plot_verdicts(judge_events([[0, 1]], [[0, 1]], protocols=["tiou", "ward"]))


@pytest.mark.parametrize("table", [pd.DataFrame({"onset": [0.0], "offset": [1.0]}), [[0, 1]]])
def test_a_table_that_no_protocol_judged(table):
    with pytest.raises((TypeError, ValueError), match=r"events.plot_verdicts: .*pass what events.judge_events returns"):
        plot_verdicts(table)

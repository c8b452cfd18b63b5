"""The page on protocols of events, run as it stands: what it says of the song holds."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from domains.events import PROTOCOLS

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "why-protocols-differ.md"
pytestmark = [pytest.mark.clone, pytest.mark.slow]


@pytest.fixture(scope="module")
def page():
    """Return what the cells of the page name, and what their last lines show."""
    shown = []
    names: dict[str, object] = {"display": shown.append}
    for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(cell, names)
        last = cell.rstrip().splitlines()[-1]
        if last.startswith("pd.DataFrame(rows)"):
            shown.append(eval(last, names))
    plt.close("all")
    return names, shown


def test_the_detector_is_off_by_a_quarter_of_a_second_at_most(page):
    names, _ = page
    song = names["song"]
    for event in names["found"].itertuples():
        of_label = song[song["label"] == event.label]
        # a label that is sung twice in a row may be heard as one
        assert np.abs(of_label["onset"] - event.onset).min() <= 0.25 + 1e-9
        assert np.abs(of_label["offset"] - event.offset).min() <= 0.25 + 1e-9


def test_every_protocol_has_a_row_and_the_scores_lie_as_far_apart_as_the_page_says(page):
    names, _ = page
    table = names["table"].set_index("protocol")
    assert set(table.index) == set(PROTOCOLS)
    assert (table.loc["szcore", "value"], table.loc["szcore", "found"]) == (1.0, 1)
    assert table.loc["szcore_sample", "value"] > table.loc["szcore_sample", "corrected"]
    assert table.loc["mir_eval_onset", "value"] < 0.4


def test_the_numbers_of_the_collars(page):
    _, (events_within, time_left_out, answers) = page
    assert events_within["F1"].tolist() == sorted(events_within["F1"])
    assert events_within["F1"].iloc[0] < 0.4
    assert events_within["F1"].iloc[-1] > 0.9
    assert time_left_out["nist_der"].iloc[-1] == 0
    assert time_left_out["pyannote_der"].iloc[-1] > 0
    assert time_left_out["nist_der"].iloc[0] == time_left_out["pyannote_der"].iloc[0]
    assert set(answers["aspect"]) >= {"criterion", "matcher", "collar", "average"}

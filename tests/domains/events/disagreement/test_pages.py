"""The page of protocols beside each other: whatever it says is in the table."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from domains.events import compare_protocols
from domains.events.disagreement.pages import protocols_page

A = pd.DataFrame({"file": list("xxy"), "onset": [0, 20, 5.0], "offset": [9, 30, 9.0], "label": "sz"})
FACTS = {"prediction": "<a> (3)", "reference": "b (3)", "support": "60 s", "mean_over": "recordings"}


@pytest.fixture
def page():
    def make(*names, **more):
        table = compare_protocols(A, A, protocols=names, support=60.0)
        return protocols_page(table, FACTS, **more)

    yield make
    assert not plt.get_fignums()


@pytest.mark.slow
def test_findings_say_how_far_and_what_does_not_apply(page):
    html = page("tiou", "time", "jer", "thumos14", notes=["look here"])
    assert "scores: from 1.0000 (tiou, F1 at 0.5) to 1.0000 (time, IoU)" in html
    assert "error rates: from 0.0000 (jer, JER) to 0.0000 (jer, JER)" in html
    assert "1 protocol without a number: thumos14" in html
    assert "3 of 3 predictions have no confidence" in html
    assert '<li class="bad">look here</li>' in html
    assert "&lt;a&gt; (3) against b (3)" in html
    for heading in ("what", "how"):
        assert f'<button type="button">{heading}</button>' in html


@pytest.mark.slow
def test_the_skipped_are_listed(page):
    skipped = pd.DataFrame({"side": ["prediction"], "file": ["p.csv"], "where": ["line 7"], "reason": ["no onset"]})
    assert "line 7" in page("tiou", skipped=skipped)
    assert "Skipped" not in page("tiou")


def test_without_any_number_there_is_no_picture(page):
    html = page("thumos14")
    assert "no protocol has a number" in html
    assert "<img" not in html

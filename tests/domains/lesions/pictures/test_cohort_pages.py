"""The page of a cohort names what failed, what was missed and what had no prediction, the worst first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains.cli import app
from domains.lesions import assess, summarise, write_image
from domains.lesions.pictures.cohort_pages import cohort_page

GOOD = np.s_[2:8, 2:8, 1:3]
SHIFTED = np.s_[4:10, 2:8, 1:3]
pytestmark = pytest.mark.usefixtures("undrawn")


def cohort_of(dice, **columns):
    n = len(dice)
    table = pd.DataFrame({"case": [f"<c{k}>" for k in range(n)], "label": "1", "error": "", "dice": dice})
    table = table.assign(hd95=[1.0 / d if d else np.inf for d in dice], size_a=[36.0 * (d > 0) for d in dice])
    sizes = {"size_b": 36.0, "intersection": [36.0 * d for d in dice]}
    return table.assign(**sizes, **columns)


@pytest.fixture(scope="module")
def scores():
    failed = pd.DataFrame({"case": ["broken"], "label": "", "error": ["no such file"]})
    return pd.concat([cohort_of([0.9, 0.0, 0.5, 0.7]), failed], ignore_index=True)


SKIPPED = pd.DataFrame({"side": ["both"], "file": ["broken"], "reason": ["not scored"], "detail": ["no such <file>"]})
DONE = {"prediction": "<p>", "reference": "r", "level": 0.5}


@pytest.mark.slow
def test_a_cohort_says_first_what_failed_and_what_was_missed(scores, box, rows_of):
    asked = []

    def masks_of(case):
        asked.append(case)
        if case == "<c2>":
            raise FileNotFoundError("<c2>: no such file")
        return assess(box(SHIFTED), box(GOOD))

    html = cohort_page(scores, summarise(scores), SKIPPED, masks_of, DONE, ["a <note>"])
    assert asked == ["<c1>", "<c2>", "<c3>", "<c0>"]
    failed = html.index("4 cases compared, 1 not: broken")
    mean = html.index("label 1: mean Dice 0.525 [")
    missed = html.index("label 1 is missed in 1 case: &lt;c1&gt;")
    assert "median HD95 1.71 [" in html[mean:missed]
    undrawn = html.index("case &lt;c2&gt; is not drawn: &lt;c2&gt;: no such file")
    assert failed < mean < missed < undrawn < html.index("<table")
    assert [row[0] for row in rows_of(html, "Cases")] == ["&lt;c1&gt;", "&lt;c2&gt;", "&lt;c3&gt;", "&lt;c0&gt;"]
    assert "no such &lt;file&gt;" in html.split("<h2>Not scored</h2>")[1]
    # two histograms, two of every case, and three overlays
    assert html.count("<img") == 7
    assert "http:" not in html


def test_a_cohort_of_which_nothing_was_scored_has_a_page(scores):
    failed = scores[scores["error"] != ""]
    html = cohort_page(failed, summarise(failed), SKIPPED, None, DONE)
    assert "no cases compared, 1 not: broken" in html


@pytest.fixture
def folders(tmp_path, box):
    pytest.importorskip("nibabel")
    cases = {"good": (GOOD, GOOD), "shift<ed>": (SHIFTED, GOOD), "missed": (None, GOOD)}
    for side in ("p", "r"):
        (tmp_path / side).mkdir()
    for name, (predicted, reference) in cases.items():
        write_image(box(*[predicted] * (predicted is not None)), tmp_path / "p" / f"{name}.nii.gz")
        write_image(box(reference), tmp_path / "r" / f"{name}.nii.gz")
    (tmp_path / "p" / "broken.nii.gz").write_bytes(b"no image")
    write_image(box(GOOD), tmp_path / "r" / "broken.nii.gz")
    return tmp_path


@pytest.mark.slow
def test_cohort_writes_a_page(folders, rows_of, monkeypatch):
    # with its pictures
    monkeypatch.undo()
    page = folders / "page.html"
    paths = [str(folders / name) for name in ("p", "r")]
    files = ["--out", str(folders / "scores.csv"), "--html", str(page)]
    run = CliRunner().invoke(app, ["lesions", "cohort", *paths, *files, "-q"])
    assert run.exit_code == 1, run.output
    html = page.read_text()
    assert "3 cases compared, 1 not: broken" in html
    assert "label 1 is missed in 1 case: missed" in html
    assert [row[0] for row in rows_of(html, "Cases")] == ["missed", "shift&lt;ed&gt;", "good"]
    assert html.split("<h2>Worst first</h2>")[1].split("<h2>")[0].count("<img") == 3
    assert "<th>threshold</th><td>0.5</td>" in html
    assert len(html.encode()) < 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("is_counted", [True, False])
def test_a_case_without_a_prediction_is_named_as_such(folders, rows_of, monkeypatch, is_counted):
    # the pictures are those of the other tests
    monkeypatch.setattr("domains.lesions.pictures.cohort_pages._distributions", lambda *_: [])
    monkeypatch.setattr("domains.lesions.pictures.cohort_pages.overlay", lambda *_: "")
    (folders / "p" / "broken.nii.gz").unlink()
    page = folders / "page.html"
    paths = [str(folders / name) for name in ("p", "r")]
    files = ["--out", str(folders / "scores.csv"), "--html", str(page)]
    flags = ["--count-missing"] if is_counted else []
    run = CliRunner().invoke(app, ["lesions", "cohort", *paths, *files, *flags, "-q"])
    assert run.exit_code == (0 if is_counted else 1), run.output
    html = page.read_text()
    states = {row[0]: row[2] for row in rows_of(html, "Cases")}
    assert states["missed"] == "missed"
    if is_counted:
        assert "4 cases compared" in html
        assert "no prediction of 1 case, counted as missed: broken" in html
        assert "label 1 is missed in 2 cases: broken (no prediction), missed" in html
        assert states["broken"] == "missed, no prediction"
    else:
        assert "3 cases compared, 1 not: broken" in html
        assert "no prediction of 1 case, left out of every number: broken" in html
        assert "label 1 is missed in 1 case: missed" in html
        assert "broken" not in states


@pytest.mark.slow
def test_lesions_are_counted_over_the_cases(scores):
    counts = {
        "lesions_reference": [1.0, 2, 1, 3, np.nan],
        "lesions_matched": [1.0, 0, 0, 1, np.nan],
        "lesions_missed": [0.0, 2, 0, 1, np.nan],
        "lesions_spurious": [0.0, 0, 4, 1, np.nan],
    }
    many = scores.assign(**counts)
    html = cohort_page(many, summarise(many), SKIPPED, None, DONE)
    said = "label 1: 2 of 7 reference lesions matched, 2 touched, 3 missed, 5 spurious"
    assert f"{said}; most missed in &lt;c1&gt; (2); most spurious in &lt;c2&gt; (4)" in html
    headings = html.split("<h2>Cases</h2>")[1].split("</thead>")[0].replace("<wbr>", "")
    assert all(name in headings for name in counts)

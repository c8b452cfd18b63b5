"""Pages say what the tables say, the worst first, and load nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains._console import Outputs
from domains.cli import app
from domains.lesions import as_image, assess, summarise, write_image
from domains.lesions.comparing import compare_files
from domains.lesions.pictures import pages
from domains.lesions.pictures.pages import MOST_OVERLAYS, cohort_page, comparison_page, worst_first


def box(*places, shape=(24, 24, 4), label=1):
    values = np.zeros(shape, np.uint8)
    for place in places:
        values[place] = label
    return as_image(values, (1.0, 1.0, 2.0), name="<b>mask</b>")


GOOD = np.s_[2:8, 2:8, 1:3]
SHIFTED = np.s_[4:10, 2:8, 1:3]
FAR = np.s_[16:20, 16:20, 1:3]


@pytest.fixture(scope="module")
def result():
    """Label 1 is shifted by 2 of 6 voxels, label 2 is missed, label 3 is not in the reference."""
    predicted = box(SHIFTED) + box(FAR, label=3)
    reference = box(GOOD) + box(np.s_[12:14, 2:4, 1:3], label=2)
    return assess(predicted.assign_attrs(name="<i>p</i>"), reference.assign_attrs(name="r & r"))


def rows_of(html, title):
    body = html.split(f"<h2>{title}</h2>")[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = []
    for line in body.strip().split("</tr>"):
        cells = [cell.split("</td>")[0].split(">")[-1] for cell in line.replace("</mark>", "").split("<td")[1:]]
        if cells:
            rows.append(cells)
    return rows


@pytest.fixture(scope="module")
def html(result):
    return comparison_page(result, ["a <note>"])


def test_the_worst_label_stands_first(html):
    begin = html.index("label 2 is missed: 16 mm³ in the reference")
    later = html.index("label 3 is not in the reference: 64 mm³ in the prediction")
    last = html.index("label 1: Dice 0.667, HD95 2.00 mm; 1 of 1 reference lesions matched")
    assert begin < later < last < html.index("<img")
    assert [row[:2] for row in rows_of(html, "Labels")] == [["2", "missed"], ["3", "not in the reference"], ["1", ""]]
    assert [row[1] for row in rows_of(html, "Lesions")] == ["missed", "spurious", "one_to_one"]
    assert "∞" in rows_of(html, "Labels")[0]
    assert "a &lt;note&gt;" in html


def test_names_are_text(html):
    assert "<h1>&lt;i&gt;p&lt;/i&gt; against r &amp; r</h1>" in html
    assert "<i>p" not in html


def test_a_page_loads_nothing_and_has_a_picture_of_each_label_and_of_all(html):
    assert html.count('<img alt="') == html.count('src="data:image/png;base64,') == 4
    assert "http://" not in html
    assert "https://" not in html
    assert len(html.encode()) < 1_000_000
    assert "hd95</th><td>larger of the two" in html


def test_regions_that_overlap_are_told(monkeypatch):
    monkeypatch.setattr(pages, "picture", lambda *_: "<figure></figure>")
    both = box(GOOD) + box(FAR, label=2)
    html = comparison_page(assess(both, both, labels={"core": 1, "whole": (1, 2)}))
    assert "regions that overlap: core, whole" in html


def test_many_labels_have_the_pictures_of_the_worst(monkeypatch):
    monkeypatch.setattr(pages, "_overlay", lambda *_, **__: "<figure></figure>")
    values = np.arange(15 * 20).reshape(15, 20, 1) // 20 + 1
    image = as_image(values.astype(np.uint8), 1.0)
    html = comparison_page(assess(image, image))
    assert html.count("<figure>") == MOST_OVERLAYS
    assert f"The worst {MOST_OVERLAYS} of 15 labels" in html
    assert "and 3 more labels, in the table below" in html


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


def test_a_cohort_says_first_what_failed_and_what_was_missed(scores):
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
    undrawn = html.index("case &lt;c2&gt; is not drawn: &lt;c2&gt;: no such file")
    assert failed < mean < missed < undrawn < html.index("<table")
    assert [row[0] for row in rows_of(html, "Cases")] == ["&lt;c1&gt;", "&lt;c2&gt;", "&lt;c3&gt;", "&lt;c0&gt;"]
    assert "no such &lt;file&gt;" in html.split("<h2>Not scored</h2>")[1]
    # two histograms, two of every case, and three overlays
    assert html.count("<img") == 7
    assert "http:" not in html
    assert len(html.encode()) < 1_000_000


def test_a_cohort_of_which_nothing_was_scored_has_a_page(scores):
    failed = scores[scores["error"] != ""]
    html = cohort_page(failed, summarise(failed), SKIPPED, None, DONE)
    assert "no cases compared, 1 not: broken" in html


def test_a_large_cohort_leaves_space_for_its_pictures():
    """Of ten pictures of some 40 kB."""
    rng = np.random.default_rng(0)
    numbers = {name: rng.random(3000) for name in pages._SHOWN if name not in ("case", "label", "state")}
    many = pd.DataFrame({"case": [f"patient_{k:05d}" for k in range(3000)], "label": "whole tumour", "error": ""})
    html = pages.table(pages._shown(worst_first(many.assign(**numbers))), pages.LOOK, most=pages.MOST_ROWS)
    assert len(html.encode()) < 500_000
    assert f"the first {pages.MOST_ROWS} of 3000 rows" in html


def test_misses_come_before_low_scores_and_nothing_last():
    rows = pd.DataFrame(
        {
            "label": ["empty", "low", "missed", "far", "near"],
            "dice": [np.nan, 0.1, 0.2, 0.5, 0.5],
            "hd95": [np.nan, 9.0, np.inf, 8.0, 1.0],
            "size_a": [0.0, 1, 1, 1, 1],
            "size_b": [0.0, 1, 1, 1, 1],
            "missed": [0, 0, 1, 0, 0],
        }
    )
    ordered = worst_first(rows)
    assert ordered["label"].tolist() == ["missed", "low", "far", "near", "empty"]
    assert ordered["state"].tolist() == ["missed", "", "", "", "in neither"]


@pytest.fixture
def images(tmp_path):
    pytest.importorskip("nibabel")
    names = [tmp_path / name for name in ("pred<b>&.nii.gz", "ref.nii.gz")]
    write_image(box(SHIFTED), names[0])
    write_image(box(GOOD), names[1])
    return names


def test_compare_writes_a_page(images, tmp_path):
    page = tmp_path / "page.html"
    run = CliRunner().invoke(app, ["lesions", "compare", *map(str, images), "--html", str(page)])
    assert run.exit_code == 0, run.output
    html = page.read_text()
    assert "<h1>pred&lt;b&gt;&amp;.nii.gz against ref.nii.gz</h1>" in html
    assert "label 1: Dice 0.667" in html
    wrong = CliRunner().invoke(app, ["lesions", "compare", *map(str, images), "--html", str(tmp_path / "page.png")])
    assert isinstance(wrong.exception, UsageError)


def test_the_image_lies_below_the_masks_of_a_page(images, tmp_path):
    grey = box(GOOD).astype(float) * 500 - 700
    write_image(grey, tmp_path / "ct.nii.gz")
    below = ["--image", str(tmp_path / "ct.nii.gz"), "--window", "lung"]
    pages_of = {}
    for name, flags in (("plain", []), ("below", below)):
        path = tmp_path / f"{name}.html"
        run = CliRunner().invoke(app, ["lesions", "compare", *map(str, images), *flags, "--html", str(path)])
        assert run.exit_code == 0, run.output
        pages_of[name] = path.read_text()
    assert pages_of["plain"].count("<img") == pages_of["below"].count("<img")
    assert pages_of["plain"].split("<img")[1] != pages_of["below"].split("<img")[1]


@pytest.mark.parametrize("flags", [["--image", "nowhere.nii"], ["--window", "lungs"], ["--window", "40"]])
def test_a_wrong_image_or_window_is_refused_before_anything_is_read(images, flags):
    run = CliRunner().invoke(app, ["lesions", "compare", *map(str, images), *flags])
    assert isinstance(run.exception, UsageError)


@pytest.fixture
def folders(tmp_path):
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


def test_cohort_writes_a_page(folders):
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


def test_a_page_that_cannot_be_made_loses_no_table(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("domains.lesions.pictures.pages.comparison_page", lambda *_, **__: 1 / 0)
    outputs = Outputs(html=tmp_path / "page.html", csv=tmp_path / "rows.csv", quiet=True)
    options = {"scale": None, "reference_scale": None, "labels": None, "lesions": None}
    assert compare_files(*images, **options, outputs=outputs) == 1
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 1
    assert "division by zero" in capsys.readouterr().err

"""The page of a comparison says what the tables say, the worst first, and loads nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains._console import Outputs
from domains.cli import app
from domains.lesions import as_image, assess, write_image
from domains.lesions.comparing import compare_files
from domains.lesions.pictures import comparison_pages
from domains.lesions.pictures.comparison_pages import comparison_page
from domains.lesions.pictures.page_parts import MOST_OVERLAYS

GOOD = np.s_[2:8, 2:8, 1:3]
SHIFTED = np.s_[4:10, 2:8, 1:3]
FAR = np.s_[16:20, 16:20, 1:3]
pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def result(box):
    """Label 1 is shifted by 2 of 6 voxels, label 2 is missed, label 3 is not in the reference."""
    predicted = box(SHIFTED) + box(FAR, label=3)
    reference = box(GOOD) + box(np.s_[12:14, 2:4, 1:3], label=2)
    return assess(predicted.assign_attrs(name="<i>p</i>"), reference.assign_attrs(name="r & r"))


@pytest.fixture(scope="module")
def html(result):
    with pytest.MonkeyPatch.context() as patch:
        # as `unsettled` does for one test
        patch.setattr("matplotlib.figure.Figure.draw_without_rendering", lambda figure: None)
        return comparison_page(result, ["a <note>"])


@pytest.mark.slow
def test_the_worst_label_stands_first(html, rows_of):
    begin = html.index("label 2 is missed: 16 mm³ in the reference")
    later = html.index("label 3 is not in the reference: 64 mm³ in the prediction")
    last = html.index("label 1: Dice 0.667, HD95 2.00 mm; 1 of 1 reference lesions matched")
    assert begin < later < last < html.index("<img")
    assert [row[:2] for row in rows_of(html, "Labels")] == [["2", "missed"], ["3", "not in the reference"], ["1", ""]]
    assert [row[1] for row in rows_of(html, "Lesions")] == ["missed", "spurious", "one_to_one"]
    assert "∞" in rows_of(html, "Labels")[0]
    assert "a &lt;note&gt;" in html


@pytest.mark.slow
def test_names_are_text(html):
    assert "<h1>&lt;i&gt;p&lt;/i&gt; against r &amp; r</h1>" in html
    assert "<i>p" not in html


def test_a_page_loads_nothing_and_has_a_picture_of_each_label_and_of_all(html):
    assert html.count('<img alt="') == html.count('src="data:image/png;base64,') == 4
    assert "http://" not in html
    assert "https://" not in html
    assert len(html.encode()) < 1_000_000
    assert "hd95</th><td>larger of the two" in html


@pytest.mark.slow
def test_regions_that_overlap_are_told(box, monkeypatch):
    monkeypatch.setattr(comparison_pages, "picture", lambda *_: "<figure></figure>")
    both = box(GOOD) + box(FAR, label=2)
    html = comparison_page(assess(both, both, labels={"core": 1, "whole": (1, 2)}))
    assert "regions that overlap: core, whole" in html


@pytest.mark.slow
def test_many_labels_have_the_pictures_of_the_worst(box, monkeypatch):
    monkeypatch.setattr(comparison_pages, "overlay", lambda *_, **__: "<figure></figure>")
    values = np.arange(15 * 20).reshape(15, 20, 1) // 20 + 1
    image = as_image(values.astype(np.uint8), 1.0)
    html = comparison_page(assess(image, image))
    assert html.count("<figure>") == MOST_OVERLAYS
    assert f"The worst {MOST_OVERLAYS} of 15 labels" in html
    assert "and 3 more labels, in the table below" in html


LOW = np.s_[16:20, 16:20, 0:1]
HIGH = np.s_[2:4, 18:20, 3:4]


@pytest.mark.slow
def test_lesions_that_only_one_side_has_are_told_listed_and_drawn(box, rows_of):
    """The slices of most disagreement show neither: one lesion lies below them, one above."""
    predicted = box(SHIFTED, LOW)
    reference = box(GOOD, HIGH)
    html = comparison_page(assess(predicted, reference))
    told = html.index("label 1: Dice 0.585, HD95")
    counts = html.index("1 of 2 reference lesions matched, 1 missed, 1 spurious")
    assert told < counts < html.index("<img")
    assert '<li class="bad">label 1: Dice' in html
    captions = [caption.split("</figcaption>")[0] for caption in html.split("<figcaption>")[1:]]
    assert captions[1:] == [
        "label 1: the largest missed lesion (arrow), 8 mm³",
        "label 1: the largest spurious lesion (arrow), 32 mm³",
    ]
    headings = html.split("<h2>Labels</h2>")[1].split("</thead>")[0].replace("<wbr>", "")
    assert all(name in headings for name in ("lesions_matched", "lesions_missed", "lesions_spurious"))
    assert [row[1] for row in rows_of(html, "Lesions")] == ["missed", "spurious", "one_to_one"]


def test_a_lesion_in_the_slice_that_is_drawn_needs_no_picture_of_its_own(box):
    html = comparison_page(assess(box(SHIFTED, FAR), box(GOOD)))
    assert "1 of 1 reference lesions matched, 1 spurious" in html
    assert html.count("<img") == 1


@pytest.mark.slow
def test_a_page_of_many_lost_lesions_has_few_pictures(box, monkeypatch):
    monkeypatch.setattr(comparison_pages, "_lone_lesion", lambda *_, **__: "<figure></figure>")
    monkeypatch.setattr(comparison_pages, "overlay", lambda *_, **__: "")
    monkeypatch.setattr(comparison_pages, "_side_by_side", lambda *_, **__: [])
    predicted = box()
    reference = box()
    for label in range(1, 7):
        column = 3 * label
        predicted += box(np.s_[column, 2:9, 1], np.s_[column, 20, 0], label=label)
        reference += box(np.s_[column, 2:10, 1], np.s_[column, 20, 3], label=label)
    html = comparison_page(assess(predicted, reference))
    assert html.count("<figure>") == MOST_OVERLAYS


@pytest.mark.slow
def test_compare_writes_a_page(images, tmp_path):
    page = tmp_path / "page.html"
    run = CliRunner().invoke(app, ["lesions", "compare", *map(str, images), "--html", str(page)])
    assert run.exit_code == 0, run.output
    html = page.read_text()
    assert "<h1>pred&lt;b&gt;&amp;.nii.gz against ref.nii.gz</h1>" in html
    assert "label 1: Dice 0.667" in html
    wrong = CliRunner().invoke(app, ["lesions", "compare", *map(str, images), "--html", str(tmp_path / "page.png")])
    assert isinstance(wrong.exception, UsageError)


@pytest.mark.slow
def test_the_image_lies_below_the_masks_of_a_page(box, images, tmp_path, monkeypatch):
    # with its pictures
    monkeypatch.undo()
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


def test_a_page_that_cannot_be_made_loses_no_table(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("domains.lesions.pictures.comparison_pages.comparison_page", lambda *_, **__: 1 / 0)
    outputs = Outputs(html=tmp_path / "page.html", csv=tmp_path / "rows.csv", quiet=True)
    options = {"scale": None, "reference_scale": None, "labels": None, "lesions": None}
    assert compare_files(*images, **options, outputs=outputs) == 1
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 1
    assert "division by zero" in capsys.readouterr().err

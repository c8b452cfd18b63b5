"""The page of fields names every field of JSON and every column of the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains.cli import app
from domains.lesions import as_image, write_image

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "lesion-fields.md"
pytestmark = pytest.mark.clone


def fields_of(section):
    """Return the names in the first cell of each row of a section's tables."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.fixture
def files(tmp_path, monkeypatch):
    pytest.importorskip("nibabel")
    monkeypatch.chdir(tmp_path)
    for side, shift in (("p", 1), ("q", 0), ("r", 0)):
        Path(side).mkdir()
        for case in ("a", "b"):
            mask = np.zeros((9, 8, 4), bool)
            mask[2 + shift : 5 + shift, 2:6, 1:3] = True
            write_image(as_image(mask, 1.0), Path(side, f"{case}.nii.gz"))
    write_image(as_image(np.linspace(0, 1, 60).reshape(5, 4, 3), 1.0), Path("chance.nii.gz"))


def printed(*arguments):
    run = CliRunner().invoke(app, ["lesions", *arguments, "--json", "--quiet"])
    assert run.exit_code in (0, 1), run.output
    return json.loads(run.stdout)


def is_named(names, section, but=("warnings", "skipped")):
    assert set(names) - set(but) - fields_of(section) == set()


@pytest.mark.slow
def test_every_field_is_on_the_page(files):
    is_named(printed("compare", "p/a.nii.gz", "r/a.nii.gz", "--lesions", "lesions.csv"), "lesions compare")
    is_named(pd.read_csv("lesions.csv").columns, "lesions compare")
    for model in ("p", "q"):
        cohort = printed("cohort", model, "r", "--out", f"{model}.csv")
    is_named([*cohort, *cohort["summary"][0]], "lesions cohort")
    is_named(printed("protocols", "p/a.nii.gz", "r/a.nii.gz", "--protocols", "cc")[0], "lesions protocols")
    models = printed("compare-models", "p.csv", "q.csv")
    is_named([*models, *models["summary"][0]], "lesions compare-models")
    is_named(printed("decide", "chance.nii.gz"), "lesions decide")


@pytest.mark.slow
def test_no_field_of_a_cohort_is_made_up(files):
    cohort = printed("cohort", "p", "r", "--out", "p.csv")
    assert fields_of("lesions cohort") - {*cohort, *cohort["summary"][0]} == set()


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (3, 3, {"missed": 0, "dice": 1, "hd95": 0}),
        (0, 3, {"missed": 1, "size_a": 0, "dice": 0, "nsd": 0, "hd95": "inf"}),
        (3, 0, {"missed": 0, "size_b": 0, "dice": 0, "nsd": 0, "hd95": "inf"}),
        (0, 0, {"missed": 0, "size_a": 0, "size_b": 0, "dice": None, "nsd": None, "hd95": None}),
    ],
)
def test_missed_absent_and_false_alarm_are_told_apart_as_the_page_says(files, a, b, said):
    for name, n in (("x", a), ("y", b)):
        values = np.zeros((9, 8, 4), np.uint8)
        values[6, 6, 2] = 2
        values[1:4, 1 : 1 + n, 1:3] = n > 0
        write_image(as_image(values, 1.0), Path(f"{name}.nii.gz"))
    report = printed("compare", "x.nii.gz", "y.nii.gz", "--labels", "one=1,both=1+2")
    for field, value in said.items():
        assert report[field]["one"] == value

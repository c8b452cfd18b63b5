"""All protocols on one case from the command line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains.cli import app
from domains.lesions import as_image, compare_protocols, write_image
from domains.lesions.beside import parse_protocols, summary_table

pytest.importorskip("nibabel")


@pytest.fixture
def files(tmp_path):
    """One of two lesions is missed."""
    masks = np.zeros((2, 30, 30, 12), np.uint8)
    masks[:, 2:8, 2:8, 2:8] = masks[1, 24:26, 24:26, 4:6] = 1
    paths = [tmp_path / "predicted.nii.gz", tmp_path / "reference.nii.gz"]
    for mask, path in zip(masks, paths, strict=True):
        write_image(as_image(mask, 1.0), path)
    return [str(path) for path in paths], [as_image(mask, 1.0) for mask in masks]


@pytest.mark.slow
def test_the_command_says_what_the_function_says(files):
    paths, images = files
    done = CliRunner().invoke(app, ["lesions", "protocols", *paths, "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    table = compare_protocols(*images)
    assert [row["protocol"] for row in rows] == table["protocol"].tolist()
    assert [row["value"] for row in rows] == pytest.approx(table["value"].tolist())


def test_the_terminal_tells_why(files):
    done = CliRunner().invoke(app, ["lesions", "protocols", *files[0], "--protocols", "brats2023_gli,brats2023_met"])
    assert "1, brats2023_gli: 1 reference lesion of 50 mm³ or less left out" in done.output
    assert "panoptic" not in done.output


@pytest.mark.slow
def test_the_terminal_tells_the_rule_and_what_a_miss_costs(files):
    done = CliRunner().invoke(app, ["lesions", "protocols", *files[0]], env={"COLUMNS": "80"})
    told = " ".join(done.output.split())
    assert done.output.count("374") == 5
    assert done.output.count("373") == 2
    for protocol in compare_protocols(*files[1])["protocol"]:
        assert told.count(f" {protocol} ") >= 2, protocol


def test_a_summary_says_how_many_cases_were_scored():
    """Two of three, each with two labels."""
    scores = pd.DataFrame({"case": ["a", "a", "b", "b", "c"], "error": ["", "", "", "", "no image"]})
    summary = pd.DataFrame({"label": ["1"], "protocol": "cc", "index": "dice", "statistic": "mean", "value": 0.5})
    summary = summary.assign(low=0.25, high=0.75, n_scored=1, n_undefined=1)
    table = summary_table(summary, ("mine", "yours"), scores)
    assert str(table.title) == "prediction: mine (2)\nreference: yours (2)"
    cells = [next(iter(column.cells)) for column in table.columns]
    assert [str(cell) for cell in cells] == ["1", "cc", "dice", "mean", "0.5000", "[0.2500, 0.7500]", "1 of 2"]


def test_names():
    assert parse_protocols(None) is None
    with pytest.raises(ValueError, match="names none: choose from brats2023_gli"):
        parse_protocols(" , ")

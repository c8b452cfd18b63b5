"""The command ``overlap lesions decide``, against the functions that it runs."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.lesions import as_image, decide, optimal_mask, read_image, write_image
from domains.lesions.cli import app

pytest.importorskip("nibabel")


def chances(scale=1.0):
    away = np.sqrt(sum((c - 5.5) ** 2 for c in np.indices((12, 12, 12))))
    return as_image((scale / (1 + np.exp(away - 3))).astype(np.float32), (1, 1, 2))


@pytest.fixture
def probability(tmp_path):
    path = tmp_path / "chance.nii.gz"
    write_image(chances(), path)
    return path


def decided(*arguments):
    return CliRunner().invoke(app, ["decide", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_table_and_the_mask(probability, tmp_path):
    result = decided(probability, "--out", tmp_path / "mask.nii.gz", "--csv", tmp_path / "rows.csv")
    assert result.exit_code == 0, result.output
    report = decide(chances(), level=0.5)
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert rows["decision"].tolist() == ["optimal", "cut"]
    for name in ("expected_dice", "volume", "volume_bias", "edge"):
        np.testing.assert_allclose(rows[name], report[name], rtol=1e-6)
    mask = read_image(tmp_path / "mask.nii.gz")
    np.testing.assert_array_equal(mask, optimal_mask(chances()))
    assert f"{report.expected_dice.values[0]:.4f}" in result.output
    assert f"{report.volume_bias.values[1]:+.1%}" in result.output


def test_the_level_and_the_scale(tmp_path):
    write_image(chances(scale=100), tmp_path / "percent.nii.gz")
    result = decided(tmp_path / "percent.nii.gz", "--scale", "100", "--level", "0.3", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    report = decide(chances(), level=0.3)
    assert found["level"] == 0.3
    assert found["volume"]["cut"] == pytest.approx(float(report.volume.sel(decision="cut")))
    assert found["expected_dice"]["optimal"] == pytest.approx(float(report.expected_dice[0]), rel=1e-6)


@pytest.mark.slow
def test_a_picture_of_both(probability, tmp_path):
    result = decided(probability, "--plot", tmp_path / "both.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "both.png").stat().st_size > 1000


def test_a_map_that_holds_whole_numbers_is_soft(tmp_path):
    """Where all raters agree a map holds 0 and 1; as whole numbers, what they mean has to be said."""
    certain = xr.where(chances() > 0.5, np.float32(1), np.float32(0)).assign_attrs(chances().attrs)
    write_image(certain, tmp_path / "certain.nii.gz")
    result = decided(tmp_path / "certain.nii.gz", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["expected_dice"] == {"optimal": pytest.approx(1), "cut": pytest.approx(1)}


def test_wrong_use(probability, tmp_path):
    picture = decided(probability, "--out", tmp_path / "mask.png")
    assert isinstance(picture.exception, UsageError)
    assert ".nii.gz or .nii: give it such a name" in str(picture.exception)
    assert isinstance(decided(probability, "--out", probability).exception, UsageError)
    assert isinstance(decided(probability, "--level", "0").exception, UsageError)


def test_an_array_has_the_place_of_an_image(probability, tmp_path):
    np.save(tmp_path / "chance.npy", chances().values)
    alone = decided(tmp_path / "chance.npy", "--axes", "xyz")
    assert "read it like=IMAGE (--like IMAGE), an image on its voxels" in str(alone.exception)
    right = json.loads(decided(probability, "--json").stdout)["volume"]
    for said in (["--like", probability], ["--spacing", "1,1,2"]):
        result = decided(tmp_path / "chance.npy", "--axes", "xyz", *said, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["volume"] == pytest.approx(right)

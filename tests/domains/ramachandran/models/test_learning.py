"""The command as a user runs it: what it prints, saves and draws agrees."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains.ramachandran import compare, hard_sphere, learn_contacts
from domains.ramachandran.models.learning import plot_learned

pytest.importorskip("torch")


@pytest.fixture
def run(run_command):
    return partial(run_command, "ramachandran", "learn")


@pytest.mark.slow
def test_what_is_saved_is_what_was_learned(run, tmp_path):
    files = {name: tmp_path / name for name in ("limits.csv", "learned.nc", "learned.png")}
    saved = ("--csv", files["limits.csv"], "--region", files["learned.nc"], "--plot", files["learned.png"])
    done = run("--steps", 6, "--seeds", 2, "--level", "favored", "--category", "glycine", "--json", *saved)
    report = json.loads(done.stdout)
    expected = learn_contacts(steps=6, category="glycine", level="favored")
    assert report["iou"] == {str(seed): float(iou) for seed, iou in expected.iou.to_series().items()}
    assert report["held_out_iou"] == expected.held_out_iou
    assert report["settings"]["seeds"] == [0, 1]
    assert len(report["models"]) == 3 * 6 * 2
    table = pd.read_csv(files["limits.csv"], na_filter=False)
    assert table.contact.tolist() == expected.table.contact.tolist()
    np.testing.assert_allclose(table.limit, expected.table.limit, rtol=1e-12)
    with xr.open_dataarray(files["learned.nc"], engine="h5netcdf") as region:
        cells = region.astype(bool).load()
    np.testing.assert_array_equal(cells, hard_sphere(dict(zip(table.contact, table.limit, strict=True))))
    assert float(compare(cells, level="favored").iou) == max(report["iou"].values())
    assert files["learned.png"].stat().st_size > 20_000


@pytest.mark.slow
def test_the_terminal_shows_every_contact_and_class(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = run("--steps", 2, "--seeds", 1).stdout
    for name in ("HO", "OO", "Ho et al. 2003", "isoleucine or valine", "held out", "in sample"):
        assert name in shown
    assert "columns stand in" not in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--category", "alanine"), "category must be one of 'general', "),
        (("--seeds", 0), "--seeds"),
        (("--limits", "atoms"), "--limits"),
        (("--tau", 0), "tau must be a number > 0"),
        (("--csv", "a.csv", "--region", "a.csv"), "writes to this file too"),
    ],
)
def test_wrong_use_is_told_before_anything_is_learned(run, arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in run(*arguments, code=2).stderr


def test_a_region_that_cannot_be_saved_is_told_first(run, tmp_path):
    done = run("--steps", 2, "--seeds", 1, "--json", "--region", tmp_path / "no" / "learned.nc", code=2)
    assert done.stdout == ""
    assert "error: --region" in done.stderr


@pytest.mark.slow
def test_three_parts_of_the_picture_differ_in_grey():
    import matplotlib.pyplot as plt

    panels = plot_learned(learn_contacts(steps=4, seeds=[0]))
    figure = panels[0].figure
    figure.canvas.draw()
    shades = set()
    for handle in panels[1].get_legend().get_patches():
        red, green, blue, _ = handle.get_facecolor()
        shades.add(round(0.299 * red + 0.587 * green + 0.114 * blue, 1))
    assert len(shades) == 3
    plt.close(figure)

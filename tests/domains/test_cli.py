"""The command line as a whole, run as a user runs it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import xarray as xr

from domains.cli import FIELDS


def run(*arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "domains.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_help_lists_the_fields_and_is_quick():
    begin = time.perf_counter()
    text = run("--help").stdout
    assert time.perf_counter() - begin < 5, "a mere guard; the benchmark measures it"
    assert "ramachandran" in text
    assert "demo" in text


def test_demo_saves_what_it_says(tmp_path):
    pytest.importorskip("nibabel")
    folder = tmp_path / "demo"
    text = run("demo", "--out", folder).stdout
    assert "0.6699" in text
    assert "0.7644" in text
    saved = {p.name for p in (folder / "ramachandran").iterdir()}
    assert saved == {
        *("agreement.png", "residues.png", "comparison.csv", "residues.csv", "skipped.csv"),
        *("comparison.nc", "hard_spheres.nc"),
    }
    for field in FIELDS:
        assert {p.suffix for p in (folder / field).iterdir()} == {".png", ".csv", ".nc"}, field
    with xr.open_dataset(folder / "ramachandran" / "comparison.nc", engine="h5netcdf") as data:
        assert float(data.iou.sel(model="five_clashes")) == pytest.approx(0.6699, abs=5e-5)


def test_version():
    assert run("version").stdout.strip() == "0.1.0"

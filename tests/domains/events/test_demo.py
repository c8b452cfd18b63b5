"""The demonstration: quick, and its known answers."""

from __future__ import annotations

import time

import pandas as pd
import pytest
import xarray as xr

from domains.events.demo import demo


@pytest.mark.slow
def test_the_demonstration(tmp_path, capsys):
    begin = time.perf_counter()
    demo(tmp_path)
    assert time.perf_counter() - begin < 8
    out = capsys.readouterr().out
    for name in (
        "possession.csv",
        "possession_truth.csv",
        "events.csv",
        "seizures.nc",
        "possession.png",
        "seizures.png",
    ):
        assert (tmp_path / name).stat().st_size > 0
        assert name in out
    assert "F1 1 and 0 under sed_eval's rule" in out.replace("\n", " ")
    truth = pd.read_csv(tmp_path / "possession_truth.csv")
    assert (truth["offset"] - truth["onset"]).sum() * 25 == 335
    with xr.open_dataset(tmp_path / "seizures.nc", engine="h5netcdf") as report:
        assert report.attrs["protocol"] == "szcore"

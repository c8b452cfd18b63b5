from __future__ import annotations

import time

import pandas as pd
import pytest
import xarray as xr

from domains.lesions.demo import demo


@pytest.mark.slow
def test_demo_saves_what_it_says(tmp_path, capsys):
    begin = time.perf_counter()
    demo(tmp_path)
    assert time.perf_counter() - begin < 30, "a mere guard; the aim is 8 s"
    text = capsys.readouterr().out
    assert "0.6738" in text
    assert {p.name for p in tmp_path.iterdir()} == {
        *("lesion_comparison.nc", "lesion_overlay.png", "lesion_raters.png", "lesion_scores.csv"),
        *("lesion_scores.png", "lesion_summary.csv", "lesions.csv"),
    }
    with xr.open_dataset(tmp_path / "lesion_comparison.nc", engine="h5netcdf") as data:
        assert abs(data.dice.item() - 0.7643611) < 1e-6
    assert len(pd.read_csv(tmp_path / "lesion_scores.csv")) == 12

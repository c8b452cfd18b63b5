"""The demonstration: what it saves agrees with what it shows."""

import pandas as pd
import pytest
import xarray as xr

from domains.ramachandran import compare, hard_sphere, read_region
from domains.ramachandran.demo import demo

pytest.importorskip("gemmi")


@pytest.mark.slow
def test_demo(tmp_path, capsys):
    demo(tmp_path)
    shown = capsys.readouterr().out
    rows = pd.read_csv(tmp_path / "comparison.csv")
    assert rows["iou"].round(4).tolist() == [0.4853, 0.6699, 0.3487]
    assert "0.6699" in shown
    with xr.open_dataset(tmp_path / "comparison.nc", engine="h5netcdf") as data:
        assert data.model.values.tolist() == ["strict", "five_clashes", "glycine"]
        assert data.iou.values.round(4).tolist() == rows["iou"].round(4).tolist()
    again = compare(read_region(tmp_path / "hard_spheres.nc"), level="allowed")
    assert float(again.iou) == float(compare(hard_sphere(clashes="ho2003"), level="allowed").iou)
    residues = pd.read_csv(tmp_path / "residues.csv")
    assert residues["file"].unique().tolist() == ["1a8o.cif.gz", "1a28.pdb.gz"]
    skipped = pd.read_csv(tmp_path / "skipped.csv")
    assert set(skipped["file"]) == set(residues["file"])
    for picture in ("agreement.png", "residues.png"):
        assert (tmp_path / picture).stat().st_size > 20_000
        assert picture in shown.replace("\n", "")

from __future__ import annotations

import gzip
import io
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.ramachandran import compare, example, hard_sphere, read_region, region
from domains.ramachandran.torus import centres

CELLS = hard_sphere(n=36)
SOFT = CELLS.astype(float) * 0.75


def as_of(cells):
    """A soft mask is declared."""
    return None if cells.dtype == bool else "membership"


def same(x, y):
    np.testing.assert_array_equal(x.values, y.values)
    for dim in ("psi", "phi"):
        np.testing.assert_allclose(x[dim], y[dim])


def test_netcdf_keeps_everything(tmp_path):
    path = tmp_path / "mine.nc"
    region().to_netcdf(path, engine="h5netcdf")
    found = read_region(path, "region")
    assert found.dtype == bool
    assert float(compare(found).iou) == 1.0
    assert found.attrs["name"] == "top8000 general, favored"


def test_netcdf_of_one_variable_needs_no_name(tmp_path):
    path = tmp_path / "mine.nc"
    CELLS.drop_attrs().transpose("phi", "psi").to_netcdf(path, engine="h5netcdf")
    same(read_region(path), CELLS)


@pytest.mark.parametrize("cells", [CELLS, SOFT], ids=["hard", "soft"])
@pytest.mark.parametrize("phi_first", [False, True])
def test_npy_and_npz(tmp_path, cells, phi_first):
    given = {"phi_first": phi_first, "as_": as_of(cells)}
    values = cells.values.T if phi_first else cells.values
    np.save(tmp_path / "a.npy", values)
    same(read_region(tmp_path / "a.npy", **given), cells)
    np.savez(tmp_path / "b.npz", region=values, phi=cells.phi, psi=cells.psi)
    same(read_region(tmp_path / "b.npz", **given), cells)
    np.savez(tmp_path / "c.npz", region=values, other=values, centres=cells.phi)
    same(read_region(tmp_path / "c.npz", "region", **given), cells)


def test_a_file_of_several_maps(test_data):
    path = test_data / "hard_sphere_alanine_dipeptide.npz"
    found = read_region(path, "Ramachandran_outer_tau=111.0", phi_first=True)
    assert float(compare(found, level="allowed").iou) == pytest.approx(0.4853, abs=5e-5)
    with pytest.raises(ValueError, match=r"hard_sphere.*name one map.*--variable.*Ramachandran_outer_tau=111.0"):
        read_region(path)
    with pytest.raises(UsageError, match="hard_sphere.*no 'tau'; name one"):
        read_region(path, "tau")


def test_a_map_without_a_name_is_not_asked_for_by_one(tmp_path):
    np.save(tmp_path / "a.npy", CELLS.values)
    CELLS.drop_attrs().astype(float).to_pandas().to_csv(tmp_path / "grid.csv")
    for name in ("a.npy", "grid.csv"):
        with pytest.raises(UsageError, match=f"{name}: no 'tau'; .* leave out variable="):
            read_region(tmp_path / name, "tau")


@pytest.mark.parametrize("cells", [CELLS, SOFT], ids=["hard", "soft"])
def test_csv_grid_and_long(tmp_path, cells):
    table = cells.drop_attrs().astype(float).to_pandas()
    table.to_csv(tmp_path / "grid.csv")
    same(read_region(tmp_path / "grid.csv", as_=as_of(cells)), cells)
    table.T.to_csv(tmp_path / "turned.csv")
    same(read_region(tmp_path / "turned.csv", phi_first=True, as_=as_of(cells)), cells)
    long = cells.astype(float).to_series().rename("value").reset_index()
    long.sample(frac=1, random_state=0).to_csv(tmp_path / "long.csv", index=False)
    same(read_region(tmp_path / "long.csv", as_=as_of(cells)).sortby(["psi", "phi"]), cells)


def test_integers_0_and_1_are_a_mask(tmp_path):
    np.save(tmp_path / "a.npy", CELLS.values.astype(np.uint8))
    assert read_region(tmp_path / "a.npy").dtype == bool


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("labels.npy", lambda p: np.save(p, np.arange(16).reshape(4, 4)), "run from 0 to 15.*labels == k"),
        ("nan.npy", lambda p: np.save(p, np.full((4, 4), np.nan)), "16 cells have no value"),
        (
            "signalling.npy",
            lambda p: np.save(p, np.full((4, 4), 0x7F800001, "<u4").view("<f4")),
            "16 cells have no value",
        ),
        ("flat.npy", lambda p: np.save(p, np.zeros(4)), r"two axes and some cells, found an array of shape \(4,\)"),
        ("none.npy", lambda p: np.save(p, np.zeros((0, 0))), r"some cells, found an array of shape \(0, 0\)"),
        ("text.npy", lambda p: np.save(p, np.array([["a", "b"]] * 2)), "not numbers"),
        ("bare.npz", lambda p: np.savez(p, np.zeros((4, 4))), "no array 'psi' with the 4 cell centres"),
        ("empty.csv", lambda p: p.write_text(""), "the file is empty; write columns phi, psi, value or a grid"),
        ("notes.npy", lambda p: p.write_text("notes"), "not an array of numbers in numpy's format; write it with"),
        ("archive.npy", lambda p: p.write_bytes(archive()), "an archive of arrays, not one array; name it .npz"),
        ("array.npz", lambda p: p.write_bytes(array()), "one array, not an archive of arrays; name it .npy"),
        ("none.npz", lambda p: np.savez(p, phi=np.zeros(4)), "no map in it: a map has two axes, psi and phi"),
        ("words.csv", lambda p: p.write_text("a,b\nc,d\n"), "neither columns phi, psi, value nor a grid"),
        ("radians.csv", lambda p: radians().to_csv(p), "radians"),
        ("holes.csv", lambda p: p.write_text("phi,psi,v\n-90,-90,1\n90,90,0\n"), "2 cells have no value"),
        ("empty.nc", lambda p: p.write_bytes(b""), "not a readable .nc file"),
        ("cut.nc", lambda p: cut(p), "not a readable .nc file"),
        ("foreign.npz", lambda p: p.write_text("not a zip"), "not an array of numbers in numpy's format"),
        ("map.doc", lambda p: p.write_text("1"), "begins with '1', as none of the known formats does: #! FIELDS"),
        ("map.txt", lambda p: p.write_text("1"), "begins with '1', as none of the known formats does: #! FIELDS"),
        ("map.csv.gz", lambda p: p.write_bytes(gzip.compress(b"1,2")), "no line after the first"),
        ("map.npy.gz", lambda p: p.write_bytes(gzip.compress(b"1")), "packed twice"),
    ],
)
def test_bad_files_are_named(tmp_path, name, write, said):
    write(tmp_path / name)
    with pytest.raises(ValueError, match=f"^ramachandran.read_region: .*{re.escape(name)}: .*{said}") as error:
        read_region(tmp_path / name)
    assert str(error.value).count(name) <= 2, "the path is named once, or twice where a library names it too"


def test_pickles_are_never_loaded(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="evil.npy: not an array of numbers in numpy's format"):
        read_region(tmp_path / "evil.npy")


def test_rounded_coordinates_are_a_grid(tmp_path):
    cells = hard_sphere(n=110)
    rounded = cells.assign_coords(phi=cells.phi.round(3).astype("f4"), psi=cells.psi.round(3))
    rounded.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    np.testing.assert_array_equal(read_region(tmp_path / "a.nc"), cells)


def test_a_missing_file():
    with pytest.raises(IsADirectoryError, match=r"^ramachandran.read_region: \.: a folder, not a file"):
        read_region(".")
    with pytest.raises(FileNotFoundError, match="^ramachandran.read_region: nowhere.nc: no such file"):
        read_region("nowhere.nc")


def test_examples():
    for name in ("1a8o", "1a28", "ramplot", "ramachandraw"):
        assert example(name).is_file()
    with pytest.raises(ValueError, match="^ramachandran.example: name must be one of '1a8o', '1a28', .*; got '1abc'"):
        example("1abc")


def archive():
    buffer = io.BytesIO()
    np.savez(buffer, region=np.zeros((4, 4)))
    return buffer.getvalue()


def array():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((4, 4)))
    return buffer.getvalue()


def radians():
    nodes = np.radians(centres(4))
    return pd.DataFrame(np.zeros((4, 4)), index=nodes, columns=nodes)


def cut(path):
    xr.Dataset({"x": 1}).to_netcdf(path, engine="h5netcdf")
    path.write_bytes(path.read_bytes()[:100])

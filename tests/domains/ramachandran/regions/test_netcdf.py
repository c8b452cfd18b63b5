"""A netCDF file holds what it shows, and no more than it can, or it is refused before it is read."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pytest
import xarray as xr

from domains import _npy as arrays
from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_region
from domains.ramachandran.regions import netcdf
from domains.ramachandran.torus import centres

h5py = pytest.importorskip("h5py")

MASK = xr.DataArray(
    (np.arange(144).reshape(12, 12) % 3 == 0).astype(float),
    coords={"psi": centres(12), "phi": centres(12)},
    name="region",
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mask.nc"
    MASK.to_netcdf(path, engine="h5netcdf")
    return path


def said_of(path):
    """Return what is wrong with a file, "" if nothing is."""
    try:
        read_region(path)
    except ValueError as error:
        return str(error)
    return ""


def test_what_is_there_is_read(path):
    assert (read_region(path).values == MASK.values).all()


@pytest.mark.parametrize("target", ["other.nc", "/etc/passwd"])
def test_external_links_are_refused(path, target):
    with h5py.File(path, "a") as file:
        file["more"] = h5py.ExternalLink(target, "/region")
    with pytest.raises(
        ReadError, match=f"mask.nc: /more is a link to /region of the file {target}; save its values in"
    ):
        read_region(path)


@pytest.mark.parametrize("target", ["/region", "/nowhere", "/"])
def test_soft_links_are_refused(path, target):
    with h5py.File(path, "a") as file:
        group = file.create_group("deep")
        group["more"] = h5py.SoftLink(target)
    with pytest.raises(ReadError, match=f"mask.nc: /deep/more is a link to {target}; save its values there instead"):
        read_region(path)


def test_a_group_within_itself_ends(path):
    with h5py.File(path, "a") as file:
        group = file.create_group("deep")
        group["again"] = group
        group["root"] = file["/"]
    assert said_of(path) == "" or "mask.nc" in said_of(path)


def test_values_in_other_files_are_refused(path, tmp_path):
    (tmp_path / "raw").write_bytes(bytes(144 * 8))
    with h5py.File(path, "a") as file:
        file.create_dataset("raw", (12, 12), "f8", external=[(str(tmp_path / "raw"), 0, 144 * 8)])
    with pytest.raises(ReadError, match=r"mask.nc: /raw keeps its values in another file \(.*raw\); save them in this"):
        read_region(path)


def test_virtual_datasets_are_refused(path):
    layout = h5py.VirtualLayout((12, 12), "f8")
    layout[:] = h5py.VirtualSource("other.nc", "region", (12, 12))
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("virtual", layout)
    with pytest.raises(ReadError, match="mask.nc: /virtual is a virtual dataset, made of others; save its values"):
        read_region(path)


@pytest.mark.parametrize("chunks", [None, (100, 100)])
def test_cells_that_are_promised_but_not_there_are_refused(path, chunks):
    with h5py.File(path, "a") as file:
        maximum = None if chunks is None else (None, None)
        file.create_dataset("endless", (40_000, 40_000), "f8", chunks=chunks, maxshape=maximum, fillvalue=1.0)
    with pytest.raises(ReadError, match="mask.nc: /endless, of 40000 × 40000 values, promises 1.28e[+]04 MB in 0 MB"):
        read_region(path)


@pytest.mark.slow
def test_a_chunk_larger_than_the_file_is_refused(path, monkeypatch):
    for module in (arrays, netcdf):
        monkeypatch.setattr(module, "UNQUESTIONED", 10**6)
    with h5py.File(path, "a") as file:
        data = file.create_dataset("one", (2,), "f8", chunks=(10**7,), maxshape=(None,), compression="gzip")
        data[:] = 1
    with pytest.raises(ReadError, match="a chunk of /one promises 80 MB in"):
        read_region(path)


def test_an_attribute_without_end_is_refused(path, monkeypatch):
    monkeypatch.setattr(netcdf, "MOST_BYTES_OF_AN_ATTRIBUTE", 1000)
    with h5py.File(path, "a") as file:
        file["region"].attrs["noise"] = np.zeros(500)
    with pytest.raises(ReadError, match="the attribute noise of /region has 500 values; leave it out"):
        read_region(path)


def test_more_objects_than_a_region_has_are_refused(path, monkeypatch):
    monkeypatch.setattr(netcdf, "MOST_OBJECTS", 5)
    with h5py.File(path, "a") as file:
        for k in range(5):
            file.create_group(f"g{k}")
    with pytest.raises(ReadError, match="more than 5 objects; save the region alone"):
        read_region(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable .nc file, but an empty one"),
        (b"CDF\x01" + bytes(40), "one of the classic netCDF format; write it again with to_netcdf"),
        (b"CDF\x05" + bytes(40), "one of the classic netCDF format"),
        (b"phi,psi,value\n", r"it does not begin as HDF5 does, but with b'phi,psi,'; write it again with to_netcdf"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "a damaged one"),
    ],
)
def test_other_files_are_told_by_their_beginning(content, said, path):
    path.write_bytes(content)
    with pytest.raises(ReadError, match=rf"^ramachandran.read_region: .*mask\.nc: .*{said}"):
        read_region(path)


def test_the_remedy_gives_the_region(path, tmp_path):
    with xr.open_dataset(path, engine="h5netcdf") as data:
        data.load().to_netcdf(tmp_path / "again.nc", engine="h5netcdf")
    assert (read_region(tmp_path / "again.nc").values == MASK.values).all()


def test_texts_are_refused_before_they_are_read(path, monkeypatch):
    xr.full_like(MASK, "yes", dtype=object).to_netcdf(path, engine="h5netcdf")
    monkeypatch.setattr(xr.DataArray, "load", lambda self: pytest.fail("the texts were read"))
    with pytest.raises(ReadError, match="mask.nc: the values of region are .*, not numbers; save numbers"):
        read_region(path)


def test_a_chunk_that_says_it_is_gigabytes_takes_none(path):
    texts = np.full((12, 12), "yes", object)
    with h5py.File(path, "a") as file:
        file.create_dataset("texts", data=texts, dtype=h5py.string_dtype(), chunks=(12, 12), compression="gzip")
        stored = file["texts"].id.get_chunk_info(0).size
    content = path.read_bytes()
    # a leaf of the tree of chunks, whose first key begins with the chunk's size
    key = content.rindex(b"TREE\x01\x00\x01\x00") + 24
    assert int.from_bytes(content[key : key + 4], "little") == stored
    path.write_bytes(content[:key] + b"\xff" * 4 + content[key + 4 :])
    assert "memory allocation failed" in said_of(path)


def test_axes_that_the_file_names_are_not_turned(path):
    with pytest.raises(UsageError, match=r"mask.nc: a netCDF file names its axes itself; leave out phi_first="):
        read_region(path, phi_first=True)


def test_fill_values_and_times_are_no_matter(path):
    with h5py.File(path, "a") as file:
        file["region"].attrs["units"] = "days since the flood"
        file["region"].attrs["_FillValue"] = "none"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert said_of(path) == "" or "mask.nc" in said_of(path)


def test_no_cut_file_is_half_read(path, capfd):
    content = path.read_bytes()
    for length in range(8, len(content), 211):
        path.write_bytes(content[:length])
        with pytest.raises(ReadError, match=r"^ramachandran.read_region: .*mask\.nc: ") as error:
            read_region(path)
        assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_damage_is_one_line_and_silent(path, capfd):
    content = bytearray(path.read_bytes())
    chance = random.Random(7)
    for _ in range(30):
        # the first half kilobyte is the structure of the file; some damage there makes HDF5 itself hang
        at = chance.randrange(600, len(content))
        before = content[at]
        content[at] ^= 0x10
        path.write_bytes(content)
        content[at] = before
        assert "\n" not in said_of(path)
    assert capfd.readouterr().err == ""

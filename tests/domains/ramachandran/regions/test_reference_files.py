"""A reference of one's own comes back from its file as it was, and nothing else passes for one."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import CATEGORIES, read_reference, read_region, reference, region, region_reference
from domains.ramachandran.regions.reference_files import holds_reference, named_reference
from domains.ramachandran.torus import centres

RNG = np.random.default_rng(8)
N = 24


def maps(categories=CATEGORIES):
    coords = {"psi": centres(N), "phi": centres(N)}
    return {name: xr.DataArray(RNG.gamma(0.3, size=(N, N)), coords, dims=("psi", "phi")) for name in categories}


def saved(data, folder, name="mine.nc"):
    path = folder / name
    data.to_netcdf(path, engine="h5netcdf")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        region_reference(maps(), "density", name="mine", license="CC0", doi="10.1/x"),
        region_reference(maps(["general", "glycine"]), "density"),
        region_reference(maps(), "score", favored=2.0, allowed=dict.fromkeys(CATEGORIES, 0.1)),
        reference(),
    ],
    ids=["density", "two categories", "score", "top8000"],
)
def test_it_comes_back_as_it_was(made, tmp_path):
    path = saved(made, tmp_path)
    assert holds_reference(path)
    xr.testing.assert_identical(read_reference(path), made)
    xr.testing.assert_identical(named_reference(str(path)), made)


def own():
    return region_reference(maps(), "density")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (region(), "no reference: it has no variable 'score', but region; save what region_reference returns"),
        (own().drop_vars("favored"), "no reference: it has no variable 'favored', but score, allowed"),
        (own().isel(category=0), r"no reference: score has the dimensions \(psi, phi\), not \(category, psi, phi\)"),
        (own().assign(favored=("category", list("abcdef"))), "no reference: the values of favored are .*, not numbers"),
        (own().drop_vars("category"), "no reference: its categories have no names"),
        (own().assign(mass=own().mass * 2), "no reference: the masses of the cells of a category do not sum to 1"),
        (own().assign(mass=own().favored), "no reference: mass holds no number for each cell"),
        (own().assign(allowed=own().favored + 1), "no reference: allowed is above favored for general"),
        (own().assign(score=own().score.where(own().psi > 0)), "no reference: general: a score is NaN or infinite"),
    ],
)
def test_what_is_no_reference_is_one_line(data, said, tmp_path):
    path = saved(data, tmp_path)
    with pytest.raises(ReadError, match=f"^ramachandran.read_reference: {path}: {said}") as refused:
        read_reference(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b"phi,psi,value\n"), ("a.nc", b"phi,psi,value\n"), ("a.nc", b""), ("b.txt", b"\0")]
)
def test_another_file_is_one_line(name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadError, match=f"^ramachandran.read_reference: {path}: ") as refused:
        read_reference(path)
    assert "\n" not in str(refused.value)
    assert "to_netcdf(path" in str(refused.value)


def test_a_name_that_is_none(tmp_path):
    with pytest.raises(UsageError, match="^--reference top: there is no such file; name one, or the empirical"):
        named_reference("top")
    with pytest.raises(FileNotFoundError, match=r"^ramachandran.read_reference: .*a.nc: no such file"):
        read_reference(tmp_path / "a.nc")
    assert named_reference("top8000") == "top8000"


def test_a_region_is_no_reference_and_is_still_read(tmp_path):
    path = saved(region(), tmp_path)
    assert not holds_reference(path)
    assert read_region(path).equals(region())

"""One map in each kind of file is one surface, and what is no map is told without the name of the file."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.io
import xarray as xr

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_map
from domains.ramachandran.regions.formats.surface import Declared
from domains.ramachandran.regions.map_files import read_surface
from domains.ramachandran.torus import centres

MASK = np.random.default_rng(5).random((12, 18)) < 0.4
PSI = centres(12)
PHI = centres(18)


def write_nc(path):
    xr.DataArray(MASK, {"psi": PSI, "phi": PHI}, dims=("psi", "phi"), name="mine").to_netcdf(path, engine="h5netcdf")


def write_grid(path):
    lines = ["," + ",".join(map(str, PHI))]
    lines += [f"{psi}," + ",".join(str(int(cell)) for cell in row) for psi, row in zip(PSI, MASK, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def write_long(path):
    lines = ["psi\tphi\tmine"]
    lines += [f"{psi}\t{phi}\t{int(MASK[j, k])}" for j, psi in enumerate(PSI) for k, phi in enumerate(PHI)]
    path.write_text("\n".join(lines) + "\n")


FORMS = {
    "a.nc": write_nc,
    "a.npy": lambda path: np.save(path, MASK),
    "a.npz": lambda path: np.savez(path, mine=MASK, psi=PSI, phi=PHI),
    "a.mat": lambda path: scipy.io.savemat(path, {"mine": MASK, "psi": PSI, "phi": PHI}),
    "a.csv": write_grid,
    "a.tsv": write_long,
}


@pytest.mark.parametrize("name", FORMS)
def test_one_map_in_each_kind_of_file(name, tmp_path):
    path = tmp_path / name
    FORMS[name](path)
    cells = read_surface(path, Declared()).values.sortby(["psi", "phi"]).transpose("psi", "phi")
    np.testing.assert_array_equal(cells.values.astype(bool), MASK)
    np.testing.assert_allclose(cells.psi, PSI)
    np.testing.assert_allclose(cells.phi, PHI)


@pytest.mark.parametrize("name", ["a.csv", "a.dat"])
def test_a_matrix_without_angles(name, tmp_path):
    path = tmp_path / name
    np.savetxt(path, MASK.T, fmt="%d", delimiter="," if name.endswith("csv") else " ")
    surface = read_surface(path, Declared(phi_first=True), header=False)
    np.testing.assert_array_equal(surface.values.transpose("psi", "phi").values.astype(bool), MASK)
    assert surface.source == "matrix without angles: cells divide the circle from -180 on"


@pytest.mark.parametrize(
    ("name", "header", "error", "said"),
    [
        ("a.nc", False, UsageError, "^header=False .* is for a table; leave it out"),
        ("a.doc", True, ReadError, "a NUL byte, so this is no text"),
        ("a.nc.gz", True, ReadError, "^packed twice: a .nc file is packed in its own way; unpack it"),
        ("folder", True, IsADirectoryError, "folder: a folder, not a file; name a file in it"),
        ("nowhere.csv", True, FileNotFoundError, "nowhere.csv: no such file"),
    ],
)
def test_what_is_no_map(name, header, error, said, tmp_path):
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name != "nowhere.csv":
        write_nc(path)
    with pytest.raises(error, match=said):
        read_surface(path, Declared(), header)


def test_edges_in_radians(tmp_path):
    path = tmp_path / "counts.npz"
    edges = np.linspace(-np.pi, np.pi, 37)
    np.savez(path, H=np.ones((36, 36)), phi=edges, psi=edges)
    with pytest.raises(ReadError, match=r'the 37 edges .psi. go round once in radians; say angles="radians"'):
        read_map(path, as_="density")
    np.testing.assert_allclose(read_map(path, as_="density", angles="radians").phi, centres(36))


def test_a_unit_that_a_netcdf_file_names_is_kept(tmp_path):
    path = tmp_path / "a.nc"
    attrs = {"quantity": "energy", "units": "kcal/mol"}
    cells = xr.DataArray(MASK * 1.0, {"psi": PSI, "phi": PHI}, dims=("psi", "phi"), name="mine", attrs=attrs)
    cells.to_netcdf(path, engine="h5netcdf")
    surface = read_surface(path, Declared())
    assert (surface.quantity, surface.unit) == ("energy", "kcal/mol")


def test_a_map_without_angles_that_has_both_ends_is_refused_and_the_remedy_helps(tmp_path):
    """73 nodes from -180 to 180 are no 73 cells; as a table the seam counts once."""
    nodes = np.linspace(-180, 180, 73)
    values = np.cos(np.radians(nodes))[:, None] + np.sin(np.radians(nodes)) > 0.4
    values[-1], values[:, -1] = values[0], values[:, 0]
    np.save(tmp_path / "a.npy", values)
    np.savetxt(tmp_path / "a.txt", values, fmt="%d")
    for name, options in (("a.npy", {}), ("a.txt", {"header": False})):
        with pytest.raises(ReadError, match="73 cells along psi are the same.*columns phi, psi and the value"):
            read_map(tmp_path / name, **options)
    rows = [f"{phi},{psi},{int(values[j, k])}" for j, psi in enumerate(nodes) for k, phi in enumerate(nodes)]
    (tmp_path / "a.csv").write_text("\n".join(["phi,psi,allowed", *rows]))
    cells = read_map(tmp_path / "a.csv")
    assert cells.shape == (72, 72)
    assert cells.sum() == values[:-1, :-1].sum()
    # no turn is divided by 72 cells less one, so that these may be all there are
    np.save(tmp_path / "b.npy", values[[*range(71), 0]][:, [*range(71), 0]])
    assert read_map(tmp_path / "b.npy").shape == (72, 72)

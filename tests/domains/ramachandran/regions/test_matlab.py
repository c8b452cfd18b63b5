"""Arrays of MATLAB, of both versions."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
import scipy.io

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_region
from domains.ramachandran.torus import centres

N_PSI = 24
N_PHI = 36
MASK = np.random.default_rng(4).random((N_PSI, N_PHI)) < 0.4


def version_5(path, **arrays):
    scipy.io.savemat(path, arrays)


def version_7_3(path, **arrays):
    """Write as MATLAB does: transposed, with 512 bytes in front."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in arrays.items():
            values = np.atleast_2d(values)
            stored = file.create_dataset(name, data=values.T.astype("u1") if values.dtype == bool else values.T)
            kind = "logical" if values.dtype == bool else "double"
            stored.attrs["MATLAB_class"] = np.bytes_(kind)


@pytest.mark.parametrize("write", [version_5, version_7_3])
@pytest.mark.parametrize("dtype", [bool, float])
def test_a_mask(tmp_path, write, dtype):
    path = tmp_path / "map.mat"
    write(path, region=MASK.astype(dtype), phi=centres(N_PHI), psi=centres(N_PSI))
    cells = read_region(path)
    np.testing.assert_array_equal(cells, MASK)
    write(path, region=MASK.T.astype(dtype), phi=centres(N_PHI), psi=centres(N_PSI))
    np.testing.assert_array_equal(read_region(path, phi_first=True), MASK)


@pytest.mark.parametrize("write", [version_5, version_7_3])
def test_edges_names_and_densities(tmp_path, write):
    path = tmp_path / "map.mat"
    density = MASK / MASK.sum()
    density[0, 0] = 1e-9
    edges = np.linspace(-180, 180, N_PHI + 1)
    write(path, H=density, other=density, x=edges, y=centres(N_PSI))
    cells = read_region(path, "H", axes="x y", as_="density")
    np.testing.assert_allclose(cells.phi, centres(N_PHI))
    assert cells.sum() == MASK.sum() or cells.sum() == MASK.sum() - 1
    with pytest.raises(UsageError, match="map.mat: name one map with variable="):
        read_region(path)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda p: p.write_bytes(b""), "an empty file"),
        (lambda p: p.write_bytes(b"MATLAB 5.0 MAT-file" + b" " * 200), "not a readable .mat file"),
        (lambda p: p.write_text("notes"), "not a readable .mat file"),
        (lambda p: scipy.io.savemat(p, {"s": {"a": 1}, "c": np.array([["a"]], object)}), "no map in it"),
        (lambda p: scipy.io.savemat(p, {"m": MASK}), "no array 'psi' with the 24 cell centres"),
    ],
    ids=["empty", "header alone", "text", "structs", "no axes"],
)
def test_what_is_no_map_is_refused(tmp_path, write, said):
    path = tmp_path / "map.mat"
    write(path)
    with pytest.raises(ReadError, match=f"map.mat: {said}"):
        read_region(path)


def test_a_file_that_is_cut_off(tmp_path):
    path = tmp_path / "map.mat"
    version_5(path, region=MASK, phi=centres(N_PHI), psi=centres(N_PSI))
    whole = path.read_bytes()
    for end in range(1, len(whole), 97):
        path.write_bytes(whole[:end])
        with pytest.raises(ReadError, match="^ramachandran.read_region: .*map.mat: "):
            read_region(path)

"""Rows come onto the grid they lie on, wherever they stand in the file."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import compare, evaluate, read_map, read_region, region
from domains.ramachandran.regions.formats.mesh import on_grid
from domains.ramachandran.regions.formats.rows import Rows
from domains.ramachandran.torus import centres

sys.path.insert(0, str(Path(__file__).parent))

from every_format import BY_ROWS, ENERGY, PRESENT, saved


def sparse(mask, nodes_psi, nodes_phi, seed=0):
    psi, phi = np.nonzero(mask)
    order = np.random.default_rng(seed).permutation(len(psi))
    return nodes_phi[phi][order], nodes_psi[psi][order]


@pytest.mark.parametrize("n", [24, 36, 72, 110])
@pytest.mark.parametrize("phase", [0.0, 0.5, 0.25])
@pytest.mark.parametrize("start", [-180, 0])
def test_cells_alone(n, phase, start):
    nodes = start + (np.arange(n) + phase) * 360 / n
    mask = np.random.default_rng(n).random((n, n)) < 0.2
    phi, psi = sparse(mask, nodes, nodes.round(3))
    cells = on_grid(Rows(phi, psi, np.ones(len(phi)), np.arange(len(phi))), 0.0)
    assert cells.sizes == {"psi": n, "phi": n}
    assert cells.sum() == mask.sum()
    assert (values_at(cells, phi, psi) == 1).all()


@pytest.mark.parametrize(
    ("n_psi", "n_phi"), [(72, 36), (36, 72), (18, 36), (30, 60), (24, 36), (20, 45), (72, 12), (9, 90)]
)
@pytest.mark.parametrize("level", ["favored", "allowed"])
def test_each_axis_has_its_own_step(tmp_path, n_psi, n_phi, level):
    """Cells of real regions and of ranks on grids that are no squares."""
    phi, psi = np.meshgrid(centres(n_phi), centres(n_psi))
    score = evaluate(phi, psi, "general")
    mask = score >= (0.02 if level == "favored" else 0.0005)
    rows = [f"{x!r},{y!r},1" for x, y in zip(phi[mask].tolist(), psi[mask].tolist(), strict=True)]
    path = tmp_path / "cells.csv"
    path.write_text("\n".join(["phi,psi,allowed", *rows]))
    np.testing.assert_array_equal(read_region(path), mask)
    rows = [f"{x!r},{y!r},{v!r}" for x, y, v in zip(phi[mask], psi[mask], score[mask].astype(float), strict=True)]
    path.write_text("\n".join(["phi,psi,rank", *rows]).replace("np.float64(", "").replace(")", ""))
    np.testing.assert_array_equal(read_map(path, as_="rank", absent=0), np.where(mask, score, 0))


@pytest.mark.parametrize(("n_psi", "n_phi"), [(48, 24), (30, 40), (36, 90)])
def test_cells_here_and_there_on_a_grid_of_two_steps(n_psi, n_phi):
    mask = np.random.default_rng(n_phi).random((n_psi, n_phi)) < 0.15
    phi, psi = sparse(mask, centres(n_psi), centres(n_phi))
    cells = on_grid(Rows(phi, psi, np.ones(len(phi)), np.arange(len(phi))), 0.0)
    np.testing.assert_array_equal(cells, mask)


@pytest.mark.parametrize(
    ("phi", "psi"),
    [
        ([-60, -60, 60], [-40, -30, 40]),
        ([-60, -60, 60, 60], [-40, -30, -40, -30]),
        ([-60, -40, -45, 60], [-40, -30, 130, 40]),
        ([-60, -70, -120, 60], [-45, -40, 130, 45]),
    ],
)
def test_few_cells_that_do_not_tell_their_grid(tmp_path, phi, psi):
    """The larger step may be one of cells that are not there; a row for each cell tells the grid."""
    rows = Rows(np.array(phi, float), np.array(psi, float), np.ones(len(phi)), np.arange(len(phi)))
    with pytest.raises(ReadError, match=r"too few of them beside each other to tell the grid; write a row for each"):
        on_grid(rows, 0.0)
    every_psi, every_phi = (x.ravel() for x in np.meshgrid(centres(72), centres(36) - 5, indexing="ij"))
    complete = Rows(every_phi, every_psi, np.zeros(len(every_phi)), np.arange(len(every_phi)))
    assert on_grid(complete, 0.0).sizes == {"psi": 72, "phi": 36}


def values_at(cells, phi, psi):
    """Look each pair of angles up, round the circle."""
    columns = np.abs((phi[:, None] - cells.phi.values + 180) % 360 - 180)
    rows = np.abs((psi[:, None] - cells.psi.values + 180) % 360 - 180)
    assert max(columns.min(axis=1).max(), rows.min(axis=1).max()) < 0.01
    return cells.values[rows.argmin(axis=1), columns.argmin(axis=1)]


def test_a_list_of_allowed_cells(tmp_path):
    """As many programs write them: whatever is not named is outside."""
    coarse = np.zeros((30, 30), bool)
    coarse[3:14, 2:9] = True
    coarse[20:22, 15:18] = True
    phi, psi = sparse(coarse, centres(30), centres(30))
    path = tmp_path / "cells.csv"
    rows = [f"{x:g},{y:g},1" for x, y in zip(phi, psi, strict=True)]
    path.write_text("\n".join(["phi,psi,allowed", *rows]))
    cells = read_region(path)
    assert cells.dtype == bool
    np.testing.assert_array_equal(cells.sel(phi=centres(30), psi=centres(30)), coarse)
    assert "without a row are outside" in cells.attrs["source"]


@pytest.mark.slow
def test_other_values_need_a_declaration(tmp_path):
    path = tmp_path / "sparse.csv"
    score = region().score
    kept = score.values >= 0.0005
    psi, phi = np.nonzero(kept)
    rows = [
        f"{score.phi.values[k]:g},{score.psi.values[j]:g},{score.values[j, k]!r}" for j, k in zip(psi, phi, strict=True)
    ]
    path.write_text(
        "\n".join(["phi,psi,rank", *rows]).replace("np.float32(", "").replace("np.float64(", "").replace(")", "")
    )
    with pytest.raises(ReadError, match=r"cells have no value, .* absent=0 \(--absent 0\)"):
        read_region(path, as_="rank")
    assert float(compare(read_region(path, as_="rank", absent=0)).iou) == 1


@pytest.mark.parametrize("name", BY_ROWS)
def test_the_remedy_for_an_energy_with_gaps_gives_its_region(tmp_path, name):
    """Followed literally, and never with the lowest energy for what was not visited."""
    path, options = saved(tmp_path, name, PRESENT)
    options = {**options, "cutoff": 9}
    with pytest.raises(ReadError, match="cells have no value") as raised:
        read_region(path, **options)
    (said,) = re.findall(r"absent=(\S+) \(--absent (\S+)\)", str(raised.value))
    assert said == ("inf", "inf")
    np.testing.assert_array_equal(read_region(path, **options, absent=float(said[1])), PRESENT & (ENERGY <= 9))
    np.testing.assert_array_equal(read_region(path, **options, absent=1000), PRESENT & (ENERGY <= 9))
    with pytest.raises(UsageError, match=r"absent=0 .* as low as that of visited cells, 0 to 39; say .* absent=inf"):
        read_region(path, **options, absent=0)


def test_the_remedy_for_other_maps_with_gaps(tmp_path):
    path, _ = saved(tmp_path, "long CSV", PRESENT)
    with pytest.raises(ReadError, match=r"absent=0 .* of a mask, a density, .* absent=inf .* of an energy$"):
        read_region(path)
    with pytest.raises(ReadError, match=r"0 too, or say what absent ones are with absent=0 \(--absent 0\)$"):
        read_region(path, as_="density")
    with pytest.raises(UsageError, match=r"absent=inf .* is for an energy, .* taken for density; say absent=0"):
        read_region(path, as_="density", absent=float("inf"))
    density = read_map(path, as_="density", absent=0)
    np.testing.assert_array_equal(density, np.where(PRESENT, ENERGY, 0))


def test_absent_nodes_are_those_of_the_header_of_plumed(tmp_path):
    """A grid of which every second row is absent is no coarser one."""
    second = np.zeros_like(PRESENT)
    second[::2, ::2] = True
    path, options = saved(tmp_path, "PLUMED", second)
    np.testing.assert_array_equal(read_region(path, **options, cutoff=9, absent=float("inf")), second & (ENERGY <= 9))


def test_few_cells_in_radians(tmp_path):
    path = tmp_path / "cells.csv"
    rows = [f"{phi:g},{psi:g},1" for phi in (-1.1, -1.0) for psi in (-0.8, -0.7)]
    path.write_text("\n".join(["phi,psi,allowed", *rows]))
    with pytest.raises(ReadError, match=r'where no backbone is in degrees; say angles="radians"'):
        read_region(path)


def test_the_case(shared_cases):
    cells = read_region(shared_cases / "allowed_cells_only" / "cells.csv")
    assert int(cells.sum()) == 213
    assert float(compare(cells).iou) == pytest.approx(0.5197, abs=5e-5)
    assert float(compare(cells, level="allowed").iou) == pytest.approx(0.4012, abs=5e-5)


@pytest.mark.parametrize(
    ("phi", "psi", "said"),
    [
        ([0, 0, 0], [0, 10, 24], "line 3: psi 24 lies on no grid of 10"),
        ([0, 0], [0, 0], "all rows have the same angles"),
        ([0, 10, 0], [0, 0, 0], "phi 0, psi 0 stands in line 1 and in line 3"),
        ([0, 10, 400], [0, 0, 0], "more than once round the circle"),
        ([0, 1e-6], [0, 0], "which is no step round the circle"),
        ([0, np.nan], [0, 0], "line 2: phi is no angle"),
    ],
)
def test_angles_that_lie_on_no_grid(phi, psi, said):
    with pytest.raises(ReadError, match=said):
        on_grid(Rows(np.array(phi, float), np.array(psi, float), np.ones(len(phi)), np.arange(1, len(phi) + 1)), 0.0)


def test_radians_that_are_not_declared(tmp_path):
    nodes = np.radians(centres(36))
    mask = np.random.default_rng(5).random((36, 36)) < 0.3
    phi, psi = sparse(mask, nodes, nodes)
    path = tmp_path / "cells.csv"
    path.write_text("phi,psi,allowed\n" + "".join(f"{x:.6f},{y:.6f},1\n" for x, y in zip(phi, psi, strict=True)))
    with pytest.raises(ReadError, match=r'no backbone is in degrees; say angles="radians" \(--angles radians\)'):
        read_region(path)
    np.testing.assert_array_equal(read_region(path, angles="radians"), mask)

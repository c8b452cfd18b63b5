"""Every line of a table of cells is read, or the table is refused with the line."""

from __future__ import annotations

import gzip
import tracemalloc

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import compare, read_map, read_region, region, region_from_angles
from domains.ramachandran.torus import centres

GRID = "psi/phi,-135,-45,45,135\n-135,1,0,0,0\n-45,0,1,0,0\n45,0,0,1,0\n135,0,0,0,0.5\n"
LONG = "phi,psi,value\n" + "".join(
    f"{phi},{psi},{int(phi == psi) * (1 if phi < 135 else 0.5)}\n"
    for psi in (-135, -45, 45, 135)
    for phi in (-135, -45, 45, 135)
)
CELLS = np.diag([1, 1, 1, 0.5])


def read(tmp_path, text, **options):
    options.setdefault("as_", "membership")
    path = tmp_path / "mask.csv"
    path.write_text(text, newline="")
    return read_region(path, **options)


@pytest.mark.parametrize(
    "text",
    [
        GRID,
        LONG,
        GRID.replace("\n", "\r\n"),
        "\ufeff" + LONG,
        GRID.replace("\n-45", "\n\n-45") + "\n\n",
        GRID.replace("psi/phi", '"psi, then phi"'),
        LONG.replace("phi,psi,value", "PHI, Psi ,Value"),
        LONG.replace("value\n", 'value\n"-135",-135,1\n', 1).replace("\n-135,-135,1\n", "\n", 1),
        GRID.replace(",1,", ",True,").replace(",0,", ",False,").replace(",0,", ",false,"),
        GRID.replace("-135", " -135 "),
        GRID.replace(",", ";"),
        LONG.replace(",", "\t"),
        LONG.replace("phi,psi", "phi (deg),psi [degrees]"),
        LONG.replace("phi,psi", "φ (°),ψ"),
    ],
)
def test_what_is_there_is_read(text, tmp_path):
    found = read(tmp_path, text)
    assert found.dims == ("psi", "phi")
    np.testing.assert_array_equal(found.values, CELLS)
    np.testing.assert_array_equal(found.phi, centres(4))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GRID.replace("-45,0,1", "-45,0,1,7"), "line 3: 6 cells, but the first line has 5; write every line"),
        (GRID.replace("-45,0,1,0", "-45,0,1"), "line 3: 4 cells, but the first line has 5"),
        (GRID.replace("0.5", "0,5"), "line 5: 6 cells, but the first line has 5; .* numbers with points"),
        (GRID.replace("0.5", '"0,5"'), "line 5: no number in column 5, but '0,5'; write points for decimal commas"),
        (GRID.replace("-45,0,1", '-45,0,"1'), "line 3: a quotation mark opens a cell that never ends"),
        (GRID.replace("-45,0,1", "-45,0,"), "line 3: no number in column 3, but ''"),
        (GRID.replace("-45,0,1", "-45,0,x"), "line 3: no number in column 3, but 'x'"),
        (GRID.replace("-45,0,1", "-45,0,1_0"), "line 3: no number in column 3, but '1_0'"),
        (GRID.replace("-45,0,1", "-45,0,nan"), "1 cells have no value"),
        (GRID.replace("-45,0,1", "-135,0,1"), "the angle -135 stands in line 2 and in line 3; leave one of them out"),
        (GRID.replace("-45,45", "-45,-45"), "the angle -45 stands in column 3 and in column 4"),
        (GRID.replace("-45,45", "-45,right"), "a grid of numbers: column 4 is 'right'; write an angle in degrees"),
        (GRID.replace(",-45,", ",nan,"), "column 3: nan is no angle"),
        (GRID.replace(".", ",").replace(",1,", ";1;"), "line 2: .* but the first line has 5"),
        (GRID.replace("-45,0,1", "-45,0,\0"), "line 3: a NUL byte"),
        (LONG + "45,-45,1\n", "phi 45, psi -45 stands in line 8 and in line 18; keep one"),
        (LONG.replace("45,-45,0\n", "", 1), "15 pairs of 4 angles phi and 4 psi, whose grid has 16 cells: 1 "),
        (LONG.replace("45,-45,0\n", "", 1), "value, first phi -45, psi -135|value, first phi 45, psi -45"),
        (LONG.replace("45,-45,0\n", "45,,0\n", 1), "line .*: no number in column 2, but ''"),
        (LONG.replace("45,-45,0\n", "45,inf,0\n", 1), "line .*: psi is no angle; write degrees"),
        (LONG.replace("45,-45,0\n", "45,-45,0,0\n", 1), "line .*: 4 cells, but the first line has 3"),
        (LONG.replace("phi,psi,value", "phi,psi,phi"), "the column 'phi' stands twice; leave one of them out"),
        ("phi,psi,value\n", "no line after the first; write a row for each cell"),
        ("\n\n", "the file is empty; write columns phi, psi, value or a grid of numbers"),
    ],
)  # fmt: skip
def test_lines_that_are_no_cells_are_refused(text, said, tmp_path):
    with pytest.raises(ReadError if "cells have no value" not in said else ValueError, match=said) as error:
        read(tmp_path, text)
    assert str(error.value).startswith("ramachandran.read_region: ")
    assert str(error.value).count("\n") == 0
    assert "mask.csv: " in str(error.value)


def test_angles_alone_are_cells_or_residues_if_it_is_said(tmp_path):
    """Both remedies, followed literally."""
    rows = ["-90,-90", "-90,90", "90,-90"]
    with pytest.raises(UsageError, match=r"add one of 1 if .* cells of a region, .* bandwidth=8 \(--bandwidth 8\)"):
        read(tmp_path, "\n".join(["phi,psi", *rows]), as_=None)
    cells = read(tmp_path, "\n".join(["phi,psi,inside", *(f"{row},1" for row in rows)]), as_=None)
    np.testing.assert_array_equal(cells, [[True, True], [True, False]])
    smoothed = read(tmp_path, "\n".join(["phi,psi", *rows]), as_=None, bandwidth=8)
    np.testing.assert_array_equal(smoothed, region_from_angles([-90, -90, 90], [-90, 90, -90], bandwidth=8))


def test_the_remedies_give_the_cells(tmp_path):
    for broken, mended in (
        (GRID.replace("0.5", "0,5"), GRID),
        (LONG + "45,-45,1\n", LONG),
    ):
        with pytest.raises(ReadError):
            read(tmp_path, broken)
        np.testing.assert_array_equal(read(tmp_path, mended).values, CELLS)


def test_no_byte_of_a_line_end_loses_a_cell(tmp_path):
    for at in [k for k, letter in enumerate(GRID) if letter in "\n,"][:-1]:
        try:
            found = read(tmp_path, GRID[:at] + " " + GRID[at + 1 :])
        except ReadError:
            continue
        assert found.size == 16


@pytest.mark.slow
def test_scattered_angles_take_no_more_memory_than_their_rows(tmp_path):
    n = 20_000
    angles = np.random.default_rng(0).uniform(-180, 180, (n, 2)).round(5)
    text = "phi,psi,value\n" + "".join(f"{phi},{psi},1\n" for phi, psi in angles)
    tracemalloc.start()
    with pytest.raises(ReadError, match=r"20000 pairs of 1\d{4} angles phi and 1\d{4} psi, whose grid has \d+ cells"):
        read(tmp_path, text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60 * len(text)


def test_axes_that_the_table_names_are_not_turned(tmp_path):
    with pytest.raises(
        UsageError, match="mask.csv: a table with columns phi and psi names its axes itself; leave out phi"
    ):
        read(tmp_path, LONG, phi_first=True)
    other = GRID.replace("-135,1,0", "-135,1,1")
    with pytest.raises(UsageError, match=r'phi and psi in its corner names its axes itself; .* say axes="psi phi"'):
        read(tmp_path, other, phi_first=True)
    assert read(tmp_path, other, axes="psi phi").sel(phi=-135, psi=-45) == 1
    assert read(tmp_path, other.replace("psi/phi", ""), phi_first=True).sel(phi=-135, psi=-45) == 1


@pytest.mark.parametrize(
    ("corner", "first"),
    [
        ("phi\\psi", "phi"),
        ("phi/psi", "phi"),
        ("Phi \\ Psi", "phi"),
        ("φ|ψ", "phi"),
        ("phi (deg)\\psi (deg)", "phi"),
        ("phi/deg\\psi/deg", "phi"),
        ("phi", "phi"),
        ("phi [deg]", "phi"),
        ("psi\\phi", "psi"),
        ("ψ/φ", "psi"),
        ("psi", "psi"),
        ("", "psi"),
        ("density", "psi"),
    ],
)
def test_the_corner_names_the_axes(tmp_path, corner, first):
    values = np.arange(16.0).reshape(4, 4)
    nodes = [-135, -45, 45, 135]
    lines = [f"{corner},-135,-45,45,135"]
    lines += [f"{node},{','.join(str(x) for x in row)}" for node, row in zip(nodes, values, strict=True)]
    path = tmp_path / "grid.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    second = "psi" if first == "phi" else "phi"
    found = read_map(path, as_="density")
    np.testing.assert_array_equal(found.transpose(first, second), values)
    if first == "phi":
        np.testing.assert_array_equal(read_map(path, as_="density", phi_first=True), found)
    if corner not in ("", "density"):
        np.testing.assert_array_equal(read_map(path, as_="density", axes="phi psi"), found)
        np.testing.assert_array_equal(read_map(path, as_="density", axes="psi phi"), found.T)
        with pytest.raises(UsageError, match="which axes are phi and psi is not said"):
            read_map(path, as_="density", axes="x y")


def test_a_corner_in_radians(tmp_path):
    nodes = np.radians(centres(4))
    lines = ["phi (rad)\\psi (rad)," + ",".join(str(x) for x in nodes)]
    lines += [f"{node},{','.join(str(4 * k + j) for j in range(4))}" for k, node in enumerate(nodes)]
    path = tmp_path / "grid.csv"
    path.write_text("\n".join(lines))
    found = read_map(path, as_="density")
    np.testing.assert_allclose(found.phi, centres(4))
    np.testing.assert_array_equal(found.transpose("phi", "psi"), np.arange(16).reshape(4, 4))


def test_a_corner_that_names_one_axis_twice(tmp_path):
    with pytest.raises(ReadError, match=r"the corner 'phi.phi' names one axis twice; write phi.psi or psi.phi there"):
        read(tmp_path, GRID.replace("psi/phi", "phi/phi"))


@pytest.mark.parametrize("names", ["phi/deg,psi/deg,value", "phi / deg,psi / degrees,value", "phi/°,psi/°,value"])
def test_units_behind_a_slash(tmp_path, names):
    np.testing.assert_array_equal(read(tmp_path, LONG.replace("phi,psi,value", names)), read(tmp_path, LONG))
    radians = [line.split(",") for line in LONG.splitlines()[1:]]
    lines = [f"{np.radians(float(phi))},{np.radians(float(psi))},{value}" for phi, psi, value in radians]
    found = read(tmp_path, "\n".join(["phi/rad,psi/rad,value", *lines]))
    np.testing.assert_array_equal(found, read(tmp_path, LONG))


def test_a_column_is_asked_for_by_its_name(tmp_path):
    text = LONG.replace("value", "value,weight").replace("\n", ",0\n").replace("weight,0", "weight")
    with pytest.raises(UsageError, match="name one map with variable= .*: value, weight"):
        read(tmp_path, text)
    np.testing.assert_array_equal(read(tmp_path, text, variable="value").values, CELLS)


def test_a_category_of_a_reference_that_is_a_region_is_refused():
    with pytest.raises(UsageError, match="category 'glycine' chooses an empirical region, .* leave category="):
        compare(region(), region(), category="glycine")


MATRIX = np.random.default_rng(0).random((36, 36)) < 0.3


@pytest.mark.parametrize("phi_first", [False, True])
def test_a_matrix_alone_is_declared(tmp_path, phi_first):
    rows = MATRIX.T if phi_first else MATRIX
    text = "\n".join(",".join(map(str, row)) for row in rows.astype(int))
    with pytest.raises(UsageError, match=r"header=False \(--no-header\)"):
        read(tmp_path, text)
    found = read(tmp_path, text, header=False, phi_first=phi_first)
    np.testing.assert_array_equal(found, MATRIX)
    np.testing.assert_array_equal(found.phi, centres(36))


def test_a_matrix_of_scores_is_told_apart_from_a_grid(tmp_path):
    scores = np.random.default_rng(1).random((36, 36))
    text = "\n".join(",".join(f"{value:.6f}" for value in row) for row in scores)
    with pytest.raises(UsageError, match=r"not evenly spaced .* header=False \(--no-header\)"):
        read(tmp_path, text)
    found = read(tmp_path, text, header=False, as_="density", mass=0.5)
    level = np.sort(scores.round(6).ravel())[::-1]
    cut = level[np.searchsorted(level.cumsum(), 0.5 * level.sum())]
    np.testing.assert_array_equal(found, scores.round(6) >= cut)


@pytest.mark.parametrize("unit", ["kJ/mol", "kcal/mol", "kT"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_header_says_the_unit_of_an_energy(tmp_path, unit, separator):
    energy = np.random.default_rng(2).uniform(-30, 0, (36, 36)).round(4)
    lines = [separator.join(["phi_rad", "psi (rad)", f"F [{unit}]"])]
    for j, psi in enumerate(np.radians(centres(36))):
        lines += [
            separator.join([f"{phi:.6f}", f"{psi:.6f}", f"{energy[j, k]:.4f}"])
            for k, phi in enumerate(np.radians(centres(36)))
        ]
    found = read(tmp_path, "\n".join(lines), as_=None, cutoff=9)
    np.testing.assert_array_equal(found, energy - energy.min() <= 9)
    assert found.attrs["unit"] == unit
    np.testing.assert_allclose(found.phi, centres(36), atol=1e-3)


def test_a_packed_table(tmp_path):
    path = tmp_path / "mask.csv.gz"
    path.write_bytes(gzip.compress(GRID.encode()))
    np.testing.assert_array_equal(read_region(path, as_="membership"), CELLS)

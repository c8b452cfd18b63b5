"""Histograms of cpptraj, cell by cell: the file holds lower edges."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_region

sys.path.insert(0, str(Path(__file__).parent))

from written import CENTRES, ENERGY, NEVER, NODES, STEP, N


def written(x="phi:6", y="psi:6", edges=NODES, values=ENERGY):
    lines = ["set pm3d map", f'set xlabel "{x}"', f'set ylabel "{y}"', "set yrange [-185.000: 185.000]"]
    lines.append('splot "-" with pm3d title "freeE.gnu"')
    for k, angle in enumerate(edges):
        lines += [f"{angle:8.3f} {other:8.3f} {values[j, k]:12.4f}" for j, other in enumerate(edges)]
        lines.append("")
    return "\n".join([*lines, "end", "pause -1", ""])


def read(tmp_path, text, **options):
    path = tmp_path / "map.gnu"
    path.write_text(text)
    return read_region(path, **{"as_": "energy", "cutoff": 8, "unit": "kcal/mol", **options})


def with_edge():
    """Write one more row and column of 0, as gnuplot needs for corners2color."""
    edges = np.append(NODES, 180.0)
    values = np.zeros((len(edges), len(edges)))
    values[:-1, :-1] = ENERGY
    return written(edges=edges, values=values)


@pytest.mark.parametrize("text", [written(), written("phi6", "psi6"), written("Phi", "Psi"), with_edge()])
def test_cell_by_cell(tmp_path, text):
    cells = read(tmp_path, text)
    np.testing.assert_array_equal(cells, ENERGY <= 8)
    np.testing.assert_allclose(cells.phi, CENTRES)


@pytest.mark.parametrize("cutoff", [8, 19, 25, 100])
def test_bins_that_were_never_visited_are_outside(tmp_path, cutoff):
    """Cpptraj gives them the energy of half a count, which is the highest."""
    ceiling = np.where(NEVER, 21.5, ENERGY)
    cells = read(tmp_path, written(values=ceiling), cutoff=cutoff)
    is_low = float(cutoff) >= ENERGY
    np.testing.assert_array_equal(cells, ~NEVER & is_low)


def test_a_circular_histogram(tmp_path):
    """It begins a bin before the first, and ends a bin after the last."""
    edges = -180 + STEP * np.arange(-1, N + 1)
    cells = read(tmp_path, written(edges=edges, values=np.pad(ENERGY, 1, mode="wrap")))
    np.testing.assert_array_equal(cells.roll(phi=-1, psi=-1), ENERGY <= 8)


def test_axes_in_the_other_order(tmp_path):
    np.testing.assert_array_equal(read(tmp_path, written("psi:6", "phi:6")).values.T, ENERGY <= 8)
    np.testing.assert_array_equal(read(tmp_path, written("d1", "d2"), axes="d1 d2"), ENERGY <= 8)


@pytest.mark.parametrize(
    ("text", "options", "error", "said"),
    [
        (written("d1", "d2"), {}, UsageError, "they are called d1, d2"),
        (written("phi:2", "psi:3"), {}, UsageError, "they are called phi:2, psi:3"),
        (written(), {"as_": None, "cutoff": None, "unit": None}, UsageError, 'no mask: .*"counts"'),
        (written().partition("end")[0], {}, ReadError, 'no line "end" behind the data'),
        (written().replace("end", "1 2\nend"), {}, ReadError, "2 cells, but line 6 has 3"),
    ],
)
def test_what_is_not_said_is_refused(tmp_path, text, options, error, said):
    with pytest.raises(error, match=f"map.gnu: .*{said}"):
        read(tmp_path, text, **options)

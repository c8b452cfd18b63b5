"""Pictures of gmx sham, and free energies in xvg files, cell by cell."""

from __future__ import annotations

import string
import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_map, read_region

sys.path.insert(0, str(Path(__file__).parent))

from written import CENTRES, ENERGY, NEVER, NODES, N

LEVELS = np.linspace(0, 20, 41)
STEPPED = LEVELS[np.searchsorted(LEVELS, ENERGY)]


def picture(x_label="PC1", y_label="PC2", edges=True, legend="G (kJ/mol)", turn=360.0):
    """Write a picture: the first row has the highest y."""
    letters = string.ascii_letters[: len(LEVELS)]
    axis = (np.append(NODES, 180.0) if edges else CENTRES) * (turn / 360)
    lines = ["/* XPM */", '/* title:   "Gibbs Energy Landscape" */', f'/* legend:  "{legend}" */']
    lines += [f'/* x-label: "{x_label}" */', f'/* y-label: "{y_label}" */', "static char *gromacs_xpm[] = {"]
    lines.append(f'"{N} {N}   {len(LEVELS)} 1",')
    lines += [f'"{letter}  c #0000FF " /* "{level:.3g}" */,' for letter, level in zip(letters, LEVELS, strict=True)]
    for name in ("x-axis", "y-axis"):
        lines += [f"/* {name}:  {' '.join(f'{v:g}' for v in part)} */" for part in (axis[:10], axis[10:])]
    for row in STEPPED[::-1]:
        lines.append('"' + "".join(letters[np.searchsorted(LEVELS, value)] for value in row) + '",')
    return "\n".join(lines) + "\n"


def read(tmp_path, text, name="gibbs.xpm", **options):
    path = tmp_path / name
    path.write_text(text)
    return read_region(path, **{"cutoff": 8, **options})


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (picture(), {"axes": "PC1 PC2"}),
        (picture(), {"axes": "x y"}),
        (picture("Phi", "Psi"), {}),
        (picture(edges=False), {"axes": "PC1 PC2"}),
        (picture(legend="P"), {"axes": "PC1 PC2", "as_": "energy", "unit": "kT"}),
    ],
)
def test_a_picture_cell_by_cell(tmp_path, text, options):
    cells = read(tmp_path, text, **options)
    np.testing.assert_array_equal(cells, STEPPED <= 8)
    np.testing.assert_allclose(cells.phi, CENTRES)


def test_a_picture_of_a_part_of_the_circle(tmp_path):
    """As gmx sham writes it by default, of what was visited: without -xmin and -xmax."""
    with pytest.raises(ValueError, match="do not go once round 360°, .*; make the map from -180 to 180"):
        read(tmp_path, picture(turn=310), axes="x y")
    np.testing.assert_array_equal(read(tmp_path, picture(), axes="x y"), STEPPED <= 8)


def test_psi_may_be_x(tmp_path):
    np.testing.assert_array_equal(read(tmp_path, picture(), axes="PC2 PC1").values.T, STEPPED <= 8)


def reweighted(edges=NODES):
    lines = ["#RC1\tRC2\tPMF(kcal/mol)", "", '@    xaxis  label "RC1"', '@    yaxis  label "RC2"', "@TYPE xy"]
    values = np.where(NEVER, 100, ENERGY)
    for k, x in enumerate(edges):
        lines += [f"{x} \t{y} \t{values[j, k]:8.3f}" for j, y in enumerate(edges)]
    return "\n".join(lines)


@pytest.mark.parametrize("edges", [NODES, CENTRES])
@pytest.mark.parametrize("name", ["pmf.xvg", "pmf.dat"])
def test_a_reweighted_free_energy(tmp_path, edges, name):
    cells = read(tmp_path, reweighted(edges), name, unit="kcal/mol")
    np.testing.assert_array_equal(cells, ~NEVER & (ENERGY <= 8))
    np.testing.assert_allclose(cells.phi, CENTRES)
    assert cells.attrs["unit"] == "kcal/mol"
    # whatever the cutoff, the cap is outside
    np.testing.assert_array_equal(read(tmp_path, reweighted(), name, cutoff=1000), ~NEVER)


def test_a_reweighted_free_energy_without_labels(tmp_path):
    """The header names the axes, as it stands in files that went through another script."""
    lines = [line for line in reweighted().splitlines() if not line.startswith("@")]
    cells = read(tmp_path, "\n".join(lines), "pmf.dat", unit="kcal/mol")
    np.testing.assert_array_equal(cells, ~NEVER & (ENERGY <= 8))
    swapped = read(tmp_path, "\n".join(lines), "pmf.dat", unit="kcal/mol", axes="RC2 RC1")
    np.testing.assert_array_equal(swapped.values.T, cells.values)


def test_any_xvg_of_three_columns(tmp_path):
    text = reweighted(CENTRES).replace("#RC1\tRC2\tPMF(kcal/mol)", "# made").replace("RC1", "phi").replace("RC2", "psi")
    cells = read(tmp_path, text, "map.xvg", as_="energy", unit="kJ/mol")
    np.testing.assert_array_equal(cells, ~NEVER & (ENERGY <= 8))
    path = tmp_path / "map.xvg"
    assert read_map(path).attrs["quantity"] == ""
    with pytest.raises(UsageError, match='no mask: .*"energy"'):
        read_region(path)


@pytest.mark.parametrize(
    ("text", "options", "error", "said"),
    [
        (picture(), {}, UsageError, r'they are called PC1, PC2; .* axes="PHI PSI"'),
        (picture("phi", "psi").replace("24 24 ", "24 23 "), {}, ReadError, "the picture is not of 24 × 23 cells"),
        (picture("phi", "psi").replace(' /* "0.5" */', ""), {}, ReadError, "a colour without a value"),
        (picture("phi", "psi").replace("-165", ""), {}, ReadError, "24 values in the comments x-axis|not evenly"),
        (picture("phi", "psi").replace('"24 24', '"24 x'), {}, ReadError, "not the four sizes of a picture"),
        (picture("phi", "psi").replace('"b  c', '"a  c'), {}, ReadError, "'a' are two colours"),
        ("/* XPM */\n", {}, ReadError, "no string in it"),
    ],
)
def test_pictures_that_contradict_themselves(tmp_path, text, options, error, said):
    with pytest.raises((error, ValueError), match=f"gibbs.xpm: .*({said})"):
        read(tmp_path, text, **options)

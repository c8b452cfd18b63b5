"""Surfaces of PLUMED give the mask that plain numpy gives, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_angles, read_map, read_region

N_PHI = 24
N_PSI = 30
RNG = np.random.default_rng(3)
ENERGY = RNG.normal(-40, 9, (N_PSI, N_PHI))


def written(names=("phi", "psi"), column="file.free", low="-pi", high="pi", turn=2 * np.pi, derivatives=True):
    """Write the surface as sum_hills does, phi fastest."""
    first, second = names
    begin = -turn / 2
    lines = [f"#! FIELDS {first} {second} {column}" + (f" der_{first} der_{second}" if derivatives else "")]
    for name, n in ((first, N_PHI), (second, N_PSI)):
        lines += [f"#! SET min_{name} {low}", f"#! SET max_{name} {high}", f"#! SET nbins_{name}  {n}"]
        lines.append(f"#! SET periodic_{name} true")
    for j in range(N_PSI):
        for k in range(N_PHI):
            angles = f"{begin + k * turn / N_PHI:14.9f} {begin + j * turn / N_PSI:14.9f}"
            lines.append(f"{angles} {ENERGY[j, k]:14.9f}" + (" 0.1 -0.1" if derivatives else ""))
        lines.append("")
    return "\n".join(lines)


def read(tmp_path, text, **options):
    path = tmp_path / "fes.dat"
    path.write_text(text)
    return read_region(path, **{"cutoff": 12, **options})


EXPECTED = ENERGY - ENERGY.min() <= 12


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (written(), {}),
        (written(), {"unit": "kJ/mol"}),
        (written(), {"cutoff": 12 / 4.184, "unit": "kcal/mol"}),
        (written(), {"as_": "energy", "cutoff": 12 / 4.184, "unit": "kcal/mol"}),
        (written(derivatives=False), {}),
        (written(("t1", "t2")), {"axes": "t1 t2"}),
        (written(low="-3.141592653589793", high="3.141592653589793"), {}),
        (written(low="-180", high="180", turn=360), {}),
        (written(column="ff"), {}),
        (written(column="hh"), {"as_": "energy", "unit": "kT"}),
        (written().replace("\n", "\r\n"), {}),
    ],
)
def test_cell_by_cell(tmp_path, text, options):
    cells = read(tmp_path, text, **options)
    np.testing.assert_array_equal(cells, EXPECTED)
    np.testing.assert_allclose(cells.phi, -180 + np.arange(N_PHI) * 15, atol=1e-6)
    np.testing.assert_allclose(cells.psi, -180 + np.arange(N_PSI) * 12, atol=1e-6)


def test_axes_may_stand_in_the_other_order(tmp_path):
    cells = read(tmp_path, written(("psi", "phi")))
    np.testing.assert_array_equal(cells.values.T, EXPECTED)
    assert cells.sizes == {"psi": N_PHI, "phi": N_PSI}
    turned = read(tmp_path, written(("t1", "t2")), axes="t2 t1")
    np.testing.assert_array_equal(turned.values.T, EXPECTED)


def test_the_map_itself(tmp_path):
    path = tmp_path / "fes.dat"
    path.write_text(written())
    found = read_map(path)
    np.testing.assert_allclose(found, ENERGY, atol=1e-8)
    assert found.attrs["quantity"] == "energy"
    assert found.attrs["units"] == "kJ/mol"


def test_a_grid_with_both_ends_of_the_circle(tmp_path):
    """As PLUMED writes it of an axis that is not said to be periodic."""
    closed = np.pad(ENERGY, ((0, 1), (0, 1)), mode="wrap")
    header = written().partition("\n  ")[0].replace("true", "false")
    rows = [
        f"{-np.pi + k * 2 * np.pi / N_PHI:14.9f} {-np.pi + j * 2 * np.pi / N_PSI:14.9f} {closed[j, k]:14.9f} 0 0"
        for j in range(N_PSI + 1)
        for k in range(N_PHI + 1)
    ]
    np.testing.assert_array_equal(read(tmp_path, "\n".join([header, *rows])), EXPECTED)
    rows[-1] = rows[-1].replace(f"{closed[-1, -1]:.9f}", "1.5")
    with pytest.raises(
        ReadError, match="phi -180, psi -180 is .* in line 10, and 1.5 a whole turn further on, in line"
    ):
        read(tmp_path, "\n".join([header, *rows]))


@pytest.mark.parametrize("options", [{}, {"as_": "energy", "unit": "kJ/mol"}])
@pytest.mark.parametrize("column", ["metad.bias", "opes.bias", "bias"])
def test_a_bias_is_no_free_energy(tmp_path, column, options):
    with pytest.raises(ReadError, match=f"the column {column} is a bias, high where the free energy is low; sum the "):
        read(tmp_path, written(column=column), **options)


@pytest.mark.parametrize(
    "fields",
    [
        "time phi psi sigma_phi sigma_psi height biasf",
        "time phi psi sigma_phi_phi sigma_psi_phi sigma_psi_psi height biasf",
        "time phi psi sigma_phi sigma_psi height logweight",
    ],
)
@pytest.mark.parametrize("read_one", [read_region, read_angles])
def test_hills_are_neither_a_map_nor_angles_of_frames(tmp_path, read_one, fields):
    path = tmp_path / "hills.dat"
    row = " ".join(["1.0"] * len(fields.split()))
    path.write_text(f"#! FIELDS {fields}\n#! SET multivariate false\n{row}\n{row}\n")
    with pytest.raises(ReadError, match="hills.dat: hills of a metadynamics run, .* with plumed sum_hills"):
        read_one(path)


def test_the_case(shared_cases):
    cells = read_region(shared_cases / "plumed_fes" / "fes.dat", cutoff=15)
    assert int(cells.sum()) == 217


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        (("nothing", ""), {"cutoff": None}, UsageError, "taken for an energy in kJ/mol.*--cutoff 15 --unit kJ/mol"),
        (("phi", "t1"), {}, UsageError, r'they are called t1, psi; say .* axes="PHI PSI"'),
        (("file.free", "hh"), {}, UsageError, "cutoff= .*taken for|no mask"),
        (("#! SET nbins_psi  30", "#! SET nbins_psi  29"), {}, ReadError, "is no node of the header's grid"),
        (("#! SET min_psi -pi\n", ""), {}, ReadError, "no line #! SET min_psi"),
        (("#! SET max_psi pi", "#! SET max_psi tau"), {}, ReadError, "sets max_psi to 'tau', no number"),
        (("  -3.141592654   -3.141592654", "x -3.141592654"), {}, ReadError, "line 10: no number, but 'x'"),
        (("der_phi der_psi", "der_phi"), {}, ReadError, "5 columns, but #! FIELDS names 4"),
        (("nothing", ""), {"mass": 0.9, "cutoff": None}, UsageError, "mass= .*taken for an energy"),
    ],
)
def test_what_contradicts_the_header_is_refused(tmp_path, change, options, error, said):
    with pytest.raises((error, ReadError), match=said) as raised:
        read(tmp_path, written().replace(*change), **options)
    assert "fes.dat: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_row_is_told(tmp_path):
    lines = written().splitlines()
    with pytest.raises(ReadError, match="719 pairs .* 1 cells have no value"):
        read(tmp_path, "\n".join(lines[:-1]))

"""Tables with a column for each angle, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from angle_files import FRAMES, HEAD, PHI, PSI, circular, colvar, cpptraj, saved

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_angles, read_region, region_from_angles, validate


@pytest.mark.parametrize(
    ("text", "columns", "options"),
    [
        (colvar(), (0,), {}),
        (colvar(columns=(0, 1, 4)), (0, 1, 4), {}),
        (colvar(("t1", "t2")), (0,), {"axes": "t1 t2"}),
        (cpptraj(), (0, 2), {}),
        (cpptraj((3,)), (3,), {}),
    ],
)
def test_columns_of_residues(tmp_path, text, columns, options):
    table = read_angles(saved(tmp_path, text, "angles.dat"), **options)
    assert len(table) == FRAMES * len(columns)
    assert circular(table["phi"], PHI[:, columns].ravel()) < 1e-3
    assert circular(table["psi"], PSI[:, columns].ravel()) < 1e-3
    if len(columns) > 1:
        assert table["resseq"].tolist() == list(columns) * FRAMES


@pytest.mark.filterwarnings("ignore:.*no names of residues")
@pytest.mark.parametrize("range_360", [False, True])
def test_the_ends_of_a_chain(tmp_path, range_360):
    """As multidihedral of cpptraj writes a whole chain: psi of the first residue, phi of the last."""
    names = ["psi:1"] + [f"{angle}:{k}" for k in (2, 3) for angle in ("phi", "psi")] + ["phi:4"]
    columns = [PSI[:, 0], PHI[:, 1], PSI[:, 1], PHI[:, 2], PSI[:, 2], PHI[:, 3]]
    lines = ["#Frame " + " ".join(f"{name:>12}" for name in names)]
    for t, row in enumerate(zip(*columns, strict=True), 1):
        lines.append(f"{t:8d} " + " ".join(f"{x % 360 if range_360 else x:12.4f}" for x in row))
    path = saved(tmp_path, "\n".join(lines), "dihedrals.dat")
    table = read_angles(path)
    assert table["resseq"].tolist() == [1, 2, 3, 4] * FRAMES
    assert table["phi"].isna().tolist() == [True, False, False, False] * FRAMES
    assert table["psi"].isna().tolist() == [False, False, False, True] * FRAMES
    assert circular(table["psi"][::4], PSI[:, 0]) < 1e-3
    inside = table["resseq"].isin([2, 3])
    assert circular(table["phi"][inside], PHI[:, 1:3].ravel()) < 1e-3
    rows, skipped = validate(path)
    assert len(rows) == 2 * FRAMES
    assert skipped["reason"].tolist() == ["no angle"] * 2 * FRAMES
    expected = region_from_angles(table["phi"][inside], table["psi"][inside], bandwidth=8)
    np.testing.assert_array_equal(read_region(path, bandwidth=8), expected)


@pytest.mark.parametrize(
    ("x", "y", "columns"),
    [
        (r"\8f\4 (deg)", r"\8y\4 (deg)", (PHI, PSI)),
        (r"\xf\f{} (deg)", r"\xy\f{} (deg)", (PHI, PSI)),
        ("Phi", "Psi", (PHI, PSI)),
        (r"\8y\4 (deg)", r"\8f\4 (deg)", (PSI, PHI)),
    ],
)
def test_chi_of_gromacs(tmp_path, x, y, columns):
    lines = [HEAD.replace("Phi", x, 1) + f'@    yaxis  label "{y}"']
    lines += [f"{a:10.3f}  {b:10.3f}" for a, b in zip(columns[0][:, 0], columns[1][:, 0], strict=True)]
    path = saved(tmp_path, "\n".join([*lines, "&", ""]), "ramaPhiPsiALA2.xvg")
    table = read_angles(path)
    assert table["frame"].tolist() == list(range(1, FRAMES + 1))
    assert circular(table["phi"], PHI[:, 0]) < 1e-9
    assert circular(table["psi"], PSI[:, 0]) < 1e-9
    with pytest.raises(UsageError, match=r"angles of frames, not a map; .* bandwidth=8 \(--bandwidth 8\)"):
        read_region(path)
    np.testing.assert_array_equal(
        read_region(path, bandwidth=8), region_from_angles(PHI[:, 0], PSI[:, 0], bandwidth=8, mass=0.98)
    )


def test_axes_without_names_are_not_taken_for_angles(tmp_path):
    text = HEAD.replace("Phi", "Time (ps)") + '@    yaxis  label "RMSD (nm)"\n0.0 0.1\n10.0 0.2\n'
    with pytest.raises(ReadError, match="2 cells, not phi, psi and RES-NUMBER"):
        read_angles(saved(tmp_path, text))


@pytest.mark.parametrize(("head", "columns", "axes"), [("", (0, 1), "1 2"), ("# phi psi\n", (1, 0), "2 1")])
def test_columns_of_numbers_alone(tmp_path, head, columns, axes):
    """As numpy.savetxt writes them: the message says how, and following it gives the angles."""
    both = np.stack([PHI[:, 0], PSI[:, 0]], axis=1)[:, columns]
    path = saved(tmp_path, head + "\n".join(f"{a:.3f} {b:.3f}" for a, b in both), "angles.txt")
    with pytest.raises(ReadError, match=r'of columns of numbers alone say which are phi and psi, with axes="1 2"'):
        read_angles(path)
    table = read_angles(path, axes=axes)
    assert circular(table["phi"], PHI[:, 0]) < 1e-9
    assert circular(table["psi"], PSI[:, 0]) < 1e-9
    path.write_text("\n".join(f"{a:.6f} {b:.6f}" for a, b in np.radians(both)))
    assert circular(read_angles(path, axes=axes, unit="radians")["psi"], PSI[:, 0]) < 1e-3


@pytest.mark.parametrize("column", ["metad.bias", "opes.bias", "metad.rbias", "restraint.bias"])
def test_a_biased_run_is_warned_of(tmp_path, recwarn, column):
    head = f"#! FIELDS time phi psi {column}\n"
    read_angles(saved(tmp_path, head + "0 -1.2 0.8 0.0\n1 -1.3 0.7 0.0\n", "COLVAR"))
    assert not recwarn
    path = saved(tmp_path, head + "0 -1.2 0.8 0.0\n1 -1.3 0.7 1.5\n", "COLVAR")
    with pytest.warns(UserWarning, match=rf"COLVAR: the run was biased \({column}\), but its frames count alike here"):
        read_angles(path)


FIRST = np.stack([PHI[:, 0], PSI[:, 0]], axis=1)


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("#! FIELDS phi psi\n" + "".join(f"{x} {y}\n" for x, y in FIRST), "COLVAR", "degrees"),
        ("".join(f"{x} {y} ALA-2\n" for x, y in np.radians(FIRST)), "rama.xvg", "radians"),
    ],
)
def test_the_remedy_for_another_unit_gives_the_region(tmp_path, text, name, unit):
    path = saved(tmp_path, text, name)
    with pytest.raises(ReadError, match=rf'say unit="{unit}", or of a region angles="{unit}" \(--angles {unit}\)'):
        read_region(path, bandwidth=8)
    expected = region_from_angles(PHI[:, 0], PSI[:, 0], bandwidth=8)
    np.testing.assert_array_equal(read_region(path, bandwidth=8, angles=unit), expected)
    assert circular(read_angles(path, unit=unit)["phi"], PHI[:, 0]) < 1e-6

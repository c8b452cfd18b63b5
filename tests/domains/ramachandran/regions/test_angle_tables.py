"""Tables of angles, row by row."""

from __future__ import annotations

import bz2
import gzip
import lzma

import numpy as np
import pandas as pd
import pytest
from angle_files import FRAMES, HEAD, NAMES, PHI, PSI, circular, colvar, cpptraj, gromacs, saved

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import classify, evaluate, example, read_angles, read_region, region_from_angles, validate
from domains.ramachandran.regions.angle_regions import categories_of
from domains.ramachandran.regions.angle_tables import is_angle_table
from domains.ramachandran.validation.scoring import score_file


def test_gromacs(tmp_path):
    table = read_angles(saved(tmp_path, gromacs()))
    assert table["frame"].tolist() == np.repeat(np.arange(1, FRAMES + 1), len(NAMES)).tolist()
    assert table["resname"].tolist() == list(NAMES) * FRAMES
    assert table["resseq"].tolist() == list(range(2, 8)) * FRAMES
    assert circular(table["phi"], PHI.ravel()) < 1e-9
    assert circular(table["psi"], PSI.ravel()) < 1e-9


def test_every_row_is_scored_by_its_category(tmp_path):
    with pytest.warns(UserWarning, match="prolines count as trans"):
        rows, skipped = validate(saved(tmp_path, gromacs()))
    assert len(rows) == FRAMES * len(NAMES)
    assert len(skipped) == 0
    expected = ["general", "glycine", "pre-proline", "trans-proline", "isoleucine or valine", "general"]
    assert rows["category"].tolist() == expected * FRAMES
    score = evaluate(PHI, PSI, expected)
    np.testing.assert_allclose(rows["score"], score.ravel(), atol=1e-12)
    assert rows["evaluation"].tolist() == classify(score, expected).ravel().tolist()
    assert rows["model"].tolist() == table_of_frames()


def test_a_name_of_two_lines_is_told_in_one(tmp_path):
    path = saved(tmp_path, gromacs(), "new\nline.xvg")
    with pytest.warns(UserWarning, match=r"new\\nline.xvg: a table tells no bond before proline"):
        validate(path)
    with pytest.raises(UsageError, match=r"new\\nline.xvg: min_plddt is about atoms"):
        validate(path, min_plddt=70)
    (tmp_path / "two\nlines.dat").write_text("#Frame a b\n1 2 3\n")
    with pytest.raises(UsageError, match=r"two\\nlines.dat: which axes are phi and psi"):
        read_angles(tmp_path / "two\nlines.dat")


def table_of_frames():
    return [str(frame) for frame in np.repeat(np.arange(1, FRAMES + 1), len(NAMES))]


def test_a_number_that_is_missing_parts_neighbours(tmp_path):
    text = gromacs().replace("PRO-5", "PRO-6").replace("ILE-6", "ILE-7").replace("LEU-7", "LEU-8")
    with pytest.warns(UserWarning, match="trans"):
        rows, _ = validate(saved(tmp_path, text))
    assert rows["category"].tolist()[2] == "general"


def test_an_empty_cell_is_an_angle_that_is_not_there(tmp_path):
    """As pandas writes a NaN."""
    table = pd.DataFrame({"phi": [np.nan, -60.5, -70.0], "psi": [130.0, -45.0, np.nan], "resname": "ALA"})
    path = tmp_path / "angles.csv"
    table.assign(resseq=[1, 2, 3]).to_csv(path, index=False)
    found = read_angles(path)
    np.testing.assert_array_equal(found[["phi", "psi"]], table[["phi", "psi"]])
    rows, skipped = validate(path)
    assert rows["resseq"].tolist() == [2]
    assert skipped["reason"].tolist() == ["no angle", "no angle"]
    path.write_text("phi,psi\n-60,\n-60,x\n")
    with pytest.raises(ReadError, match="line 3: no number in column 2, but 'x'"):
        read_angles(path)


def test_csv_with_units(tmp_path):
    lines = ["phi_rad,psi (rad),resname,resseq,frame"]
    lines += [
        f"{np.radians(x):.9f},{np.radians(y):.9f},ALA,7,{t + 1}"
        for t, (x, y) in enumerate(zip(PHI[:, 0], PSI[:, 0], strict=True))
    ]
    table = read_angles(saved(tmp_path, "\n".join(lines), "angles.csv"))
    assert circular(table["phi"], PHI[:, 0]) < 1e-6
    assert table["resname"].tolist() == ["ALA"] * FRAMES


def csv_of_a_structure(columns, change=str):
    """Return the residues of a structure with two chains, as columns of text, and their categories."""
    rows, _ = validate(example("1a28"))
    lines = [",".join(columns)]
    for row in rows.to_dict("records"):
        row["resname"] = change(row["resname"])
        lines.append(",".join(str(row[name]) for name in columns))
    return "\n".join(lines), rows


@pytest.mark.parametrize("change", [str, str.lower, str.capitalize])
def test_a_structure_written_as_a_table_is_one_frame(tmp_path, change):
    """Pre-proline among them, whatever letters the names are in."""
    text, rows = csv_of_a_structure(["chain", "resname", "resseq", "icode", "phi", "psi"], change)
    with pytest.warns(UserWarning, match="prolines count as trans"):
        again, skipped = validate(saved(tmp_path, text, "1a28.csv"))
    assert len(skipped) == 0
    same = ["chain", "resname", "resseq", "icode"]
    assert again[same].values.tolist() == rows[same].values.tolist()
    expected = rows["category"].astype(str).replace("cis-proline", "trans-proline")
    assert again["category"].astype(str).tolist() == expected.tolist()
    assert (again["category"] == "pre-proline").sum() > 10


def test_insertion_codes_are_neighbours(tmp_path):
    lines = ["chain,resname,resseq,icode,phi,psi"]
    lines += [f"{residue},-60,-45" for residue in ("L,ALA,52,", "L,SER,52,A", "L,PRO,53,", "H,PRO,54,")]
    text = "\n".join(lines)
    with pytest.warns(UserWarning, match="trans"):
        rows, _ = validate(saved(tmp_path, text, "a.csv"))
    assert rows["category"].tolist() == ["general", "pre-proline", "trans-proline", "trans-proline"]
    assert rows["where"].tolist()[1] == "model 1 L 52A SER"


@pytest.mark.parametrize("names", ["resname,resseq", "chain,resname,resseq"])
def test_a_residue_that_stands_twice_needs_frames(tmp_path, names):
    chain = "A," if "chain" in names else ""
    rows = [f"{chain}ALA,5,-60,-45", f"{chain}GLY,6,-60,-45", f"{chain}ALA,5,-70,-40"]
    with pytest.raises(
        ReadError, match=r"residue (A )?5 stands in line 2 and in line 4; say which frame, .* column frame"
    ):
        read_angles(saved(tmp_path, "\n".join([f"{names},phi,psi", *rows]), "a.csv"))
    framed = [f"{row},{frame}" for row, frame in zip(rows, (1, 1, 2), strict=True)]
    table = read_angles(saved(tmp_path, "\n".join([f"{names},phi,psi,frame", *framed]), "b.csv"))
    assert table["frame"].tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("UNK", "no standard parent known"),
        ("SEP", "modified SER"),
        ("hyp", "modified PRO"),
        ("DAL", "D form of ALA"),
        ("ACE", "cap"),
        ("LIG", "no standard parent known"),
        ("", "no name"),
    ],
)
def test_residues_that_are_not_standard_are_skipped(tmp_path, name, detail):
    text = f"resname,resseq,phi,psi\nALA,1,-60,-45\n{name},2,-60,-45\nMSE,3,-60,-45\nhsd,4,-60,-45\nVal,5,-60,-45\n"
    rows, skipped = validate(saved(tmp_path, text, "a.csv"))
    assert rows["resseq"].tolist() == [1, 3, 4, 5]
    assert rows["category"].tolist()[1:] == ["general", "general", "isoleucine or valine"]
    assert rows["category"].tolist()[0] == ("pre-proline" if name == "hyp" else "general")
    assert skipped[["resseq", "reason", "detail"]].values.tolist() == [[2, "non-standard", detail]]


def test_a_table_without_names_is_general(tmp_path):
    with pytest.warns(UserWarning, match="a.csv: no names of residues, so all count as general; a"):
        rows, skipped = validate(saved(tmp_path, "phi,psi\n60,-150\n-60,-45\n", "a.csv"))
    assert rows["category"].tolist() == ["general", "general"]
    assert len(skipped) == 0


def test_without_numbers_nothing_is_known_to_stand_before_proline(tmp_path):
    path = saved(tmp_path, "resname,phi,psi\nAla,-60,-45\nPro,-60,-45\n", "a.csv")
    with pytest.warns(UserWarning, match="no column resseq"), pytest.warns(UserWarning, match="count as trans"):
        validate(path)


@pytest.mark.parametrize(
    ("head", "cell"),
    [("residue", "GLY"), ("Residue", "G"), ("aa", "gly"), ("label", "Gly-12"), ("id", "A:PRO:7"), ("res", "12")],
)
def test_a_column_of_residues_of_another_name_is_refused(tmp_path, head, cell):
    with pytest.raises(
        ReadError, match=f"the column '{head.lower()}', which holds '{cell}', is not read; call it resname"
    ):
        read_angles(saved(tmp_path, f"{head},phi,psi\n{cell},-60,-45\n", "a.csv"))
    table = read_angles(saved(tmp_path, "resname,phi,psi\ngly,-60,-45\n", "b.csv"))
    assert table["resname"].tolist() == ["GLY"]


def test_a_column_that_may_be_of_residues_is_refused_whatever_it_holds(tmp_path):
    for head in ("residue", "res", "residue_name", "res_name", "aa", "amino_acid", "amino acid", "restype"):
        with pytest.raises(ReadError, match=f"the column '{head}', which holds '12', is not read; call it resname"):
            read_angles(saved(tmp_path, f"{head},phi,psi\n12,-60,-45\n", "a.csv"))


@pytest.mark.parametrize("name", ["G", "p"])
def test_one_letter_is_no_name(tmp_path, name):
    with pytest.raises(ReadError, match=f"a residue is called '{name.upper()}'; write names of three letters"):
        read_angles(saved(tmp_path, f"resname,resseq,phi,psi\n{name},2,-60,-45\n", "a.csv"))
    with pytest.raises(ReadError, match="write names of three letters"):
        read_angles(saved(tmp_path, f"-60 -45 {name}-2\n", "a.xvg"))


TABLES = {
    "gmx rama": (gromacs(), "rama.xvg"),
    "gmx chi": (
        HEAD + '@ yaxis label "Psi"\n' + "".join(f"{x} {y}\n" for x, y in zip(PHI[:, 0], PSI[:, 0], strict=True)),
        "c.xvg",
    ),
    "COLVAR": (colvar(), "COLVAR"),
    "COLVAR of three": (colvar(columns=(1, 2, 4)), "COLVAR"),
    "cpptraj": (cpptraj((3,)), "dih.dat"),
    "cpptraj of two": (cpptraj(), "dih.dat"),
    "CSV": ("phi,psi\n" + "".join(f"{x},{y}\n" for x, y in zip(PHI[:, 0], PSI[:, 0], strict=True)), "angles.csv"),
}


@pytest.mark.filterwarnings("ignore:.*residues of several categories make one region")
@pytest.mark.parametrize("name", TABLES)
def test_axes_of_every_table_are_used_or_refused(tmp_path, name):
    path = saved(tmp_path, *TABLES[name])
    table = read_angles(path)
    turned = read_angles(path, axes="psi phi")
    np.testing.assert_array_equal(turned[["psi", "phi"]], table[["phi", "psi"]])
    assert turned["resseq"].tolist() == table["resseq"].tolist()
    assert read_angles(path, axes="phi psi").equals(table)
    with pytest.raises(UsageError, match="which axes are phi and psi is not said: they are called"):
        read_angles(path, axes="foo bar")
    of_general = categories_of(table) == "general" if name == "gmx rama" else np.full(len(table), True)
    expected = region_from_angles(table["psi"][of_general], table["phi"][of_general], bandwidth=8)
    cells = read_region(path, bandwidth=8, axes="psi phi", category="general")
    np.testing.assert_array_equal(cells, expected)


@pytest.mark.parametrize(
    "option",
    [{"phi_first": True}, {"absent": 0}, {"variable": "x"}, {"as_": "density"}, {"header": False}, {"value": 1}],
)
def test_what_is_declared_of_maps_is_refused(tmp_path, option):
    (name,) = option
    with pytest.raises(UsageError, match=rf"rama.xvg: .*(leave out {name}=|{name}=.*leave it out)"):
        read_region(saved(tmp_path, gromacs()), bandwidth=8, **option)


@pytest.mark.parametrize(
    "labels", ['@ xaxis label "Psi"\n@ yaxis label "Phi"\n', '@ xaxis label "Psi"\n', '@ yaxis label "Phi"\n']
)
def test_labels_of_the_axes_say_the_order(tmp_path, labels):
    text = labels + "".join(f"{y} {x} ALA-2\n" for x, y in zip(PHI[:, 0], PSI[:, 0], strict=True))
    table = read_angles(saved(tmp_path, text))
    assert circular(table["phi"], PHI[:, 0]) < 1e-9
    assert circular(table["psi"], PSI[:, 0]) < 1e-9


@pytest.mark.filterwarnings("ignore:.*no names of residues")
@pytest.mark.parametrize("name", ["COLVAR.0", "COLVAR_1", "colvar.out", "rama.agr", "dih", "angles.1"])
def test_a_table_is_known_by_its_header_and_not_by_its_name(tmp_path, name):
    for text in (colvar(), cpptraj((3,)), gromacs().replace("PRO", "ALA")):
        path = saved(tmp_path, text, name)
        assert is_angle_table(path)
        table = read_angles(path)
        residues, _ = score_file(path, "top8000", {})
        np.testing.assert_array_equal(residues["phi"], table["phi"])


@pytest.mark.filterwarnings("ignore:.*residues of several categories make one region")
def test_a_region_of_the_angles(tmp_path):
    path = saved(tmp_path, gromacs())
    with pytest.warns(UserWarning, match="several categories"):
        cells = read_region(path, bandwidth=10, mass=0.9)
    np.testing.assert_array_equal(cells, region_from_angles(PHI, PSI, bandwidth=10, mass=0.9))
    with pytest.raises(UsageError, match=r"rama.xvg: angles of frames, not a map; .* bandwidth=8 \(--bandwidth 8\)"):
        read_region(path)
    with pytest.raises(UsageError, match="cutoff= .*not for angles"):
        read_region(path, bandwidth=10, cutoff=3)


def test_the_case(shared_cases):
    rows, skipped = validate(shared_cases / "gmx_rama_xvg" / "rama.xvg")
    assert rows["evaluation"].value_counts().to_dict() == {"Favored": 372, "Allowed": 21, "OUTLIER": 7}
    assert set(rows["category"]) == {"general"}
    assert len(skipped) == 0


@pytest.mark.parametrize(
    ("text", "name", "error", "said"),
    [
        (gromacs().replace("GLY-3", "GLY3", 1), "a.xvg", ReadError, "line 6: 'GLY3' is no residue such as ALA-2"),
        (gromacs().replace("  ALA-2", "", 1), "a.xvg", ReadError, "line 5: 2 cells, not phi, psi and RES-NUMBER"),
        (gromacs().replace(str(PHI[0, 0]), "x", 1), "a.xvg", ReadError, "line 5: no number, but 'x'"),
        (HEAD, "a.xvg", ReadError, "no row of numbers"),
        (colvar(("t1", "t2")), "a.dat", UsageError, r'called time, t1, t2; .* axes="PHI PSI"'),
        (colvar().replace("phi psi", "phi"), "a.dat", ReadError, "3 columns, but #! FIELDS names 2"),
        (cpptraj((2,)).replace("psi:2", "psi:3"), "a.dat", UsageError, "they are called Frame, phi:2, psi:3"),
        (cpptraj().replace("psi:2", "psi:0"), "a.dat", ReadError, "the columns 'psi:0' and 'psi:0' are one angle of"),
        (cpptraj().replace("#Frame", "#frames"), "a.dat", ReadError, "no residue such as ALA-2|not phi, psi"),
        ("phi,psi,frame\n1,2,0.5\n", "a.csv", ReadError, "frame 0.5 is no whole number"),
        ("a,b\n1,2\n", "a.csv", UsageError, "they are called a, b"),
    ],
)
def test_what_is_no_table_of_angles_is_refused(tmp_path, text, name, error, said):
    with pytest.raises(error, match=f"^ramachandran.read_angles: .*{name}: .*({said})") as raised:
        read_angles(saved(tmp_path, text, name))
    assert "\n" not in str(raised.value)


def test_options_about_atoms_are_refused(tmp_path):
    with pytest.raises(UsageError, match="min_plddt is about atoms"):
        validate(saved(tmp_path, gromacs()), min_plddt=70)


@pytest.mark.parametrize("name", ["rama.xvg", "COLVAR", "angles.csv"])
@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
@pytest.mark.filterwarnings("ignore:.*no names of residues")
@pytest.mark.filterwarnings("ignore:.*prolines count as trans")
def test_packed_tables(tmp_path, name, ending, pack):
    texts = {"rama.xvg": gromacs(), "COLVAR": colvar(), "angles.csv": "phi,psi\n-60,-45\n"}
    path = tmp_path / (name + ending)
    path.write_bytes(pack(texts[name].encode()))
    plain = read_angles(saved(tmp_path, texts[name], name))
    assert read_angles(path).drop(columns="file").equals(plain.drop(columns="file"))
    rows, _ = validate(path)
    assert len(rows) == len(plain)

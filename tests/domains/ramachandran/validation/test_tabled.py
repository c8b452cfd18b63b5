"""A table of angles is validated as a structure is: the same columns, and a reason for each row that is left out."""

from __future__ import annotations

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import backbone_angles, classify, evaluate, example, validate
from domains.ramachandran.validation.tabled import tabled_angles

pytest.importorskip("gemmi")
TEXT = """frame,chain,resseq,resname,phi,psi
1,A,2,ALA,-60,-45
1,A,3,PRO,-65,140
1,A,4,XYZ,-70,150
1,A,5,GLY,nan,10
2,A,2,ALA,60,45
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "angles.csv"
    path.write_text(TEXT)
    return path


@pytest.mark.filterwarnings("ignore:.*prolines count as trans")
def test_each_row_is_in_one_of_the_two_tables(path):
    rows, skipped = tabled_angles(path)
    same_rows, same_skipped = backbone_angles(example())
    assert set(rows) == set(same_rows)
    assert set(skipped) == set(same_skipped)
    assert rows[["model", "resseq", "resname"]].values.tolist() == [["1", 2, "ALA"], ["1", 3, "PRO"], ["2", 2, "ALA"]]
    assert skipped[["resseq", "reason"]].values.tolist() == [[4, "non-standard"], [5, "no angle"]]


@pytest.mark.filterwarnings("ignore:.*prolines count as trans")
def test_it_is_scored_as_its_angles_are(path):
    rows, _ = validate(path)
    assert rows["category"].tolist() == ["pre-proline", "trans-proline", "general"]
    scores = evaluate(rows["phi"], rows["psi"], rows["category"])
    np.testing.assert_array_equal(rows["score"], scores)
    assert rows["evaluation"].tolist() == classify(scores, rows["category"]).tolist()
    assert (rows["finding"] == "").all()


def test_a_warning_says_what_a_table_does_not(path):
    with pytest.warns(UserWarning, match="angles.csv: a table tells no bond before proline, so prolines count as tr"):
        tabled_angles(path)


@pytest.mark.parametrize("option", [{"max_bond": 1.5}, {"min_plddt": 70}, {"rings": "closed"}])
def test_an_option_about_atoms_is_refused(path, option):
    (name,) = option
    with pytest.raises(UsageError, match=f"angles.csv: {name} is about atoms, and a table of angles has none"):
        tabled_angles(path, **option)
    with pytest.warns(UserWarning, match="prolines"):
        tabled_angles(path, max_bond=2.0, rings=None)


def test_a_map_is_no_table_of_residues(tmp_path):
    path = tmp_path / "map.csv"
    angles = range(-150, 180, 60)
    path.write_text("phi,psi,density\n" + "".join(f"{phi},{psi},0.1\n" for phi in angles for psi in angles))
    with pytest.raises(ReadError, match="nodes of a grid of 6 x 6, so it is a map .* compare reads maps"):
        tabled_angles(path)

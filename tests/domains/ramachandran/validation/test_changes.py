"""Changes of made models, whose every angle is known; and of the models of an NMR entry, by plain numpy."""

from __future__ import annotations

import json

import numpy as np
import pytest

from domains._checks import UsageError
from domains._console import Outputs
from domains.ramachandran import compare_models, example, validate
from domains.ramachandran.run import changes_files
from domains.ramachandran.validation.changes import COLUMNS, summarise_changes, turn

pytest.importorskip("gemmi")
FAVORED, ALLOWED, OUTLIER = (-60.0, -45.0), (-160.0, -150.0), (5.0, 5.0)


@pytest.fixture
def pair(made, write_pdb):
    """Two models: worse, better, worse by one label, moved across both seams, and not moved."""
    before = [FAVORED, OUTLIER, FAVORED, (-176.0, 178.0), FAVORED]
    after = [OUTLIER, FAVORED, ALLOWED, (178.0, -178.0), FAVORED]
    return write_pdb(made(*before), "before.pdb"), write_pdb(made(*after), "after.pdb")


def by_number(changes, column):
    return changes.set_index("resseq")[column].to_dict()


def test_labels_and_angles(pair):
    changes, unmatched = compare_models(*pair)
    assert changes.columns.tolist() == COLUMNS
    assert by_number(changes, "change") == {2: "worse", 3: "better", 4: "worse", 5: "same", 6: "same"}
    assert by_number(changes.round(0), "delta_phi") == {2: 65, 3: -65, 4: -100, 5: -6, 6: 0}
    assert by_number(changes.round(0), "delta_psi") == {2: 50, 3: -50, 4: -105, 5: 4, 6: 0}
    np.testing.assert_allclose(changes["distance"], np.hypot(changes["delta_phi"], changes["delta_psi"]), rtol=1e-12)
    assert by_number(changes, "evaluation_after")[4] == "Allowed"
    assert unmatched[["side", "where", "reason"]].values.tolist() == [
        ["both", "A 1 ALA", "no angles"],
        ["both", "A 7 ALA", "no angles"],
    ]


def test_back_and_forth_are_opposite(pair):
    forth, _ = compare_models(*pair)
    back, _ = compare_models(*reversed(pair))
    np.testing.assert_allclose(forth["delta_phi"], -back["delta_phi"], atol=1e-9)
    assert (
        forth["change"].map({"worse": "better", "better": "worse", "same": "same"}).tolist() == back["change"].tolist()
    )


@pytest.mark.parametrize(
    ("before", "after", "change"), [(0, 180, 180), (0, -180, 180), (180, -180, 0), (-90, 91, -179), (10, 10, 0)]
)
def test_a_change_lies_on_the_circle(before, after, change):
    assert turn(before, after) == change
    assert turn(before + 360, after - 720) == change


@pytest.mark.slow
def test_tables_do_as_files_do_and_come_back_from_csv(pair, tmp_path):
    import pandas as pd

    tables = [validate(path)[0] for path in pair]
    wanted, _ = compare_models(*pair)
    pd.testing.assert_frame_equal(compare_models(*tables)[0], wanted)
    for k, table in enumerate(tables):
        table.to_csv(tmp_path / f"{k}.csv", index=False)
    read, _ = compare_models(*(pd.read_csv(tmp_path / f"{k}.csv") for k in (0, 1)))
    assert read["change"].tolist() == wanted["change"].tolist()
    assert read["chain"].tolist() == wanted["chain"].tolist()


def test_residues_that_are_not_in_both_have_a_reason(made, but, write_pdb):
    residues = made(*[FAVORED] * 5)
    shorter = residues[:5]
    mutated = [but(r, resname="GLY") if k == 2 else r for k, r in enumerate(shorter)]
    changes, unmatched = compare_models(write_pdb(residues, "a.pdb"), write_pdb(mutated, "b.pdb"))
    assert changes["resseq"].tolist() == [2, 4]
    rows = {row["where"]: (row["side"], row["reason"], row["detail"]) for row in unmatched.to_dict("records")}
    assert rows == {
        "A 3 GLY": ("both", "another residue", "ALA before, GLY after"),
        "A 5 ALA": ("before", "unmatched", "after: terminal (last of the chain)"),
        "A 6 ALA": ("before", "unmatched", "after: no such residue"),
        "A 7 ALA": ("before", "no angles", "before: terminal (last of the chain); after: no such residue"),
        "A 1 ALA": ("both", "no angles", "before: terminal (first of the chain); after: terminal (first of the chain)"),
    }
    back, _ = compare_models(write_pdb(mutated, "b.pdb"), write_pdb(residues, "a.pdb"))
    assert len(back) == 2


def test_every_residue_is_in_one_of_the_two_tables(made, write_pdb):
    before, after = write_pdb(made(*[FAVORED] * 7), "a.pdb"), write_pdb(made(*[FAVORED] * 4), "b.pdb")
    changes, unmatched = compare_models(before, after)
    places = [*changes["where_before"], *unmatched["where"]]
    assert len(places) == len(set(places)) == 9


def test_chains_of_other_names(made, in_chain, write_pdb):
    before = write_pdb([in_chain(made(FAVORED), "A"), in_chain(made(OUTLIER), "B", 11)], "a.pdb")
    after = write_pdb([in_chain(made(FAVORED), "X"), in_chain(made(FAVORED), "Y", 11)], "b.pdb")
    with pytest.raises(
        ValueError, match=r"before \(.*a.pdb\) has the chains 'A', 'B'; after .* 'X', 'Y'; .*--chains A=X,B=Y"
    ):
        compare_models(before, after)
    changes, unmatched = compare_models(before, after, chains={"A": "X", "B": "Y"})
    assert changes[["where_before", "where_after", "change"]].values.tolist() == [
        ["A 2 ALA", "X 2 ALA", "same"],
        ["B 12 ALA", "Y 12 ALA", "better"],
    ]
    assert set(unmatched["reason"]) == {"no angles"}
    with pytest.raises(UsageError, match="no chain 'Q' before; its chains are 'A', 'B'"):
        compare_models(before, after, chains={"Q": "X"})


@pytest.mark.slow
def test_chains_that_change_places(made, in_chain, write_pdb):
    before = write_pdb([in_chain(made(FAVORED), "A"), in_chain(made(OUTLIER), "B")], "a.pdb")
    after = write_pdb([in_chain(made(OUTLIER), "A"), in_chain(made(FAVORED), "B")], "b.pdb")
    changes, _ = compare_models(before, after, chains={"A": "B", "B": "A"})
    assert changes["change"].tolist() == ["same", "same"]
    changes, unmatched = compare_models(before, after, chains={"A": "B"})
    assert changes[["where_before", "where_after"]].values.tolist() == [["A 2 ALA", "B 2 ALA"]]
    alone = unmatched[unmatched["reason"] == "unmatched"]
    assert alone[["side", "where"]].values.tolist() == [["before", "B 2 ALA"], ["after", "A 2 ALA"]]
    with pytest.raises(UsageError, match="two chains before are one chain after"):
        compare_models(before, after, chains={"A": "B", "B": "B"})


def test_residues_keep_the_order_of_the_file(made, write_pdb, in_chain):
    path = write_pdb([in_chain(made(FAVORED, FAVORED), "B", 20), in_chain(made(FAVORED), "A", 9)])
    assert compare_models(path, path)[0]["where_before"].tolist() == ["B 21 ALA", "B 22 ALA", "A 10 ALA"]


@pytest.fixture
def ensemble(made, in_chain, write_pdb):
    models = [made(FAVORED, FAVORED), made(FAVORED, OUTLIER), made(OUTLIER, FAVORED)]
    return write_pdb([[in_chain(residues)] for residues in models], "nmr.pdb")


@pytest.mark.slow
def test_models_of_one_file(ensemble, made, write_pdb):
    changes, _ = compare_models(ensemble, ensemble, before_model=1, after_model="3")
    assert by_number(changes, "change") == {2: "worse", 3: "same"}
    assert changes[["model_before", "model_after"]].values.tolist() == [["1", "3"]] * 2
    every, _ = compare_models(ensemble, ensemble)
    assert (len(every), set(every["change"])) == (6, {"same"})
    single = write_pdb(made(FAVORED, FAVORED), "single.pdb")
    with pytest.raises(UsageError, match="after has 3 models, and the other side has one; say after_model='1'"):
        compare_models(single, ensemble)
    # the remedy
    assert len(compare_models(single, ensemble, after_model="1")[0]) == 2
    with pytest.raises(UsageError, match="before_model '9' is not there; its models are '1', '2', '3'"):
        compare_models(ensemble, single, before_model=9)


def test_copies_of_a_chain_are_matched_with_their_own(made, in_chain, write_pdb):
    path = write_pdb([in_chain(made(FAVORED)), in_chain(made(OUTLIER))])
    changes, _ = compare_models(path, path)
    assert changes["evaluation_before"].tolist() == changes["evaluation_after"].tolist() == ["Favored", "OUTLIER"]


def test_two_models_of_an_nmr_entry(shared_data):
    path = shared_data / "structures" / "1d3z.pdb.gz"
    residues, _ = validate(path)
    first, second = (residues[residues["model"] == name].set_index("resseq") for name in ("1", "2"))
    changes, unmatched = compare_models(path, path, before_model="1", after_model="2")
    found = changes.set_index("resseq")
    assert len(found) == len(first) == len(second)
    for angle in ("phi", "psi"):
        difference = np.exp(1j * np.radians(second[angle] - first[angle]))
        np.testing.assert_allclose(found[f"delta_{angle}"], np.degrees(np.angle(difference)), atol=1e-9)
    assert set(unmatched["reason"]) == {"no angles"}


@pytest.mark.slow
def test_the_command_says_which_got_worse(pair, tmp_path, capsys):
    csv = tmp_path / "worse.csv"
    options = {"only_worse": True, "chains": None}
    assert changes_files(*pair, outputs=Outputs(csv=csv, plot=tmp_path / "a.png"), **options) == 0
    text = capsys.readouterr().out
    assert "2 worse, 1 better, 2 the same" in text
    assert "worse  A 2 ALA  Favored → OUTLIER  phi " in text
    assert csv.read_text().count("\n") == 3
    assert (tmp_path / "a.png").stat().st_size > 10_000
    changes_files(*pair, outputs=Outputs(format="json"), **options)
    told = json.loads(capsys.readouterr().out)
    assert (told["worse"], told["matched"], len(told["residues"])) == (2, 5, 2)
    assert told["labels"]["Favored"] == {"Favored": 1, "Allowed": 1, "OUTLIER": 1}
    assert {row["reason"] for row in told["skipped"]} == {"no angles"}


def test_the_summary_counts(pair):
    changes, _ = compare_models(*pair)
    found = summarise_changes(changes)
    assert sum(sum(row.values()) for row in found["labels"].values()) == found["matched"] == 5
    assert found["largest_distance"] == pytest.approx(np.hypot(100, 105), abs=0.1)
    farthest = changes.set_index("where_after")["distance"]
    assert farthest[found["farthest"]] == found["largest_distance"]


def test_pairs_of_chains_on_the_command_line(pair):
    with pytest.raises(UsageError, match="--chains A-B: 'A-B' is no pair of chains; write A=B,C=D"):
        changes_files(*pair, only_worse=False, chains="A-B", outputs=Outputs())


def test_another_protein_is_told():
    first, _ = validate(example("1a8o"))
    other, _ = validate(example("1a28"))
    with pytest.warns(UserWarning, match="of [0-9]+ residues with one place in both models only [0-9]+ have one name"):
        changes, unmatched = compare_models(first, other.assign(resseq=other["resseq"] - 530))
    assert len(unmatched) > len(changes)


def test_a_mutant_is_no_other_protein():
    first, _ = validate(example("1a8o"))
    mutant = first.assign(resname=first["resname"].replace("LEU", "ALA"), parent=first["parent"].replace("LEU", "ALA"))
    changes, unmatched = compare_models(first, mutant)
    assert len(changes) + len(unmatched) == len(first)
    assert len(unmatched) == (first["resname"] == "LEU").sum() > 0

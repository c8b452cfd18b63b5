"""Counts of made ensembles, whose every residue is known; cctbx 2025.11 counts them the same (case of the README)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.ramachandran import example, summarise, summarise_models, validate

pytest.importorskip("gemmi")
FAVORED, ALLOWED, OUTLIER = (-60.0, -45.0), (-160.0, -150.0), (5.0, 5.0)
COUNTS = ["total", "favored", "allowed", "outlier"]


@pytest.fixture
def ensemble(made, in_chain, write_pdb):
    """Three models of two chains: 10/0/0, 9/1/0 and 8/1/1."""
    models = [
        [[FAVORED] * 5, [FAVORED] * 5],
        [[FAVORED, FAVORED, ALLOWED, FAVORED, FAVORED], [FAVORED] * 5],
        [[FAVORED, FAVORED, ALLOWED, FAVORED, FAVORED], [*[FAVORED] * 4, OUTLIER]],
    ]
    return write_pdb([[in_chain(made(*a), "A"), in_chain(made(*b), "B", first=101)] for a, b in models])


def counted(summary, *keys):
    return summary.set_index(list(keys))[COUNTS].T.to_dict("list")


@pytest.mark.slow
def test_by_file_model_and_chain(ensemble):
    tables = validate(ensemble)
    file = str(ensemble)
    assert counted(summarise(*tables), "file") == {file: [30, 27, 2, 1]}
    by_model = counted(summarise(*tables, by="model"), "model")
    assert by_model == {"1": [10, 10, 0, 0], "2": [10, 9, 1, 0], "3": [10, 8, 1, 1]}
    by_both = counted(summarise(*tables, by=["model", "chain"]), "model", "chain")
    assert by_both["3", "A"] == [5, 4, 1, 0]
    assert by_both["3", "B"] == [5, 4, 0, 1]
    assert counted(summarise(*tables, by="chain"), "chain") == {"A": [15, 13, 2, 0], "B": [15, 14, 0, 1]}
    assert summarise(*tables, by=["file", "model"])["skipped"].tolist() == [4, 4, 4]


def test_the_case_of_three_models(shared_cases):
    """cctbx 2025.11, ``as_JSON``, summary_results."""
    tables = validate(shared_cases / "three_models_one_line" / "ensemble.pdb")
    by_model = counted(summarise(*tables, by="model"), "model")
    assert by_model == {"1": [6, 6, 0, 0], "2": [6, 5, 1, 0], "3": [6, 4, 1, 1]}
    assert summarise(*tables)[COUNTS].values.tolist() == [[18, 15, 2, 1]]


def test_residues_of_the_sequences_without_atoms():
    """By file and by chain, whether one structure was validated or several; not by model."""
    residues, skipped = validate([example("1a28")])
    file = residues["file"][0]
    skipped.attrs["not_modelled"] = {file: {"A": 3, "B": 2, "C": 7}}
    assert summarise(residues, skipped)["not_modelled"].tolist() == [12]
    assert summarise(residues, skipped, by=["file", "chain"])["not_modelled"].tolist() == [3, 2]
    assert "not_modelled" not in summarise(residues, skipped, by=["file", "model"])
    skipped.attrs["not_modelled"] = {"A": 3, "B": 2}
    assert summarise(residues, skipped)["not_modelled"].tolist() == [5]
    # what is read from CSV does not say: that is no 0
    skipped.attrs = {}
    assert "not_modelled" not in summarise(residues, skipped)
    assert "not_modelled" not in summarise(residues)


def test_over_the_models(ensemble):
    residues, _ = validate(ensemble)
    (row,) = summarise_models(residues).to_dict("records")
    favored = [100.0, 90.0, 80.0]
    assert (row["models"], row["best_model"]) == (3, "1")
    assert row["mean_favored_percent"] == pytest.approx(np.mean(favored))
    assert row["spread_favored_percent"] == pytest.approx(np.std(favored, ddof=1))
    assert (row["lowest_favored_percent"], row["highest_favored_percent"]) == (80, 100)
    assert row["mean_outlier_percent"] == pytest.approx(10 / 3)


def test_of_the_core(ensemble):
    residues, _ = validate(ensemble)
    (row,) = summarise_models(residues, core="A:2-3,B:102-105").to_dict("records")
    assert (row["lowest_favored_percent"], row["mean_outlier_percent"]) == (100, 0)
    groups = summarise(residues, by="model", groups={"core": "A:2-3", "tail": "B:106"})
    assert counted(groups, "group", "model")["tail", "3"] == [1, 0, 0, 1]
    assert counted(groups, "group", "model")["core", "3"] == [2, 2, 0, 0]


def test_the_best_of_equals_is_the_first(made, write_pdb):
    from domains.ramachandran.validation.summaries import over_models

    rows = {
        "file": "x",
        "model": list("1234"),
        "favored_percent": [50.0, 90, 90, 90],
        "outlier_percent": [0.0, 2, 1, 1],
    }
    assert over_models(pd.DataFrame(rows))["best_model"].tolist() == ["3"]


def test_a_single_model_is_no_ensemble():
    residues, skipped = validate([example("1a8o")])
    assert summarise_models(residues).empty
    assert summarise(residues, skipped, by=["file", "model"])["model"].tolist() == [""]


def test_chains_of_which_all_residues_are_skipped_have_a_row(made, in_chain, write_pdb):
    path = write_pdb([in_chain(made(FAVORED), "A"), in_chain(made()[:2], "B")])
    summary = summarise(*validate(path), by="chain")
    assert summary[["chain", "total", "skipped"]].values.tolist() == [["A", 1, 2], ["B", 0, 2]]


def test_unreadable_files_keep_their_row(tmp_path, made, write_pdb):
    tables = validate([write_pdb(made(FAVORED)), tmp_path / "none.pdb"])
    summary = summarise(*tables, by=["file", "model"])
    assert summary["total"].tolist() == [1, 0]
    assert "no such file" in summary["error"].tolist()[1]
    assert len(summarise(tables[0][:0], tables[1][:0])) == 0


def test_what_cannot_be_counted_by():
    residues, skipped = validate(example("1a8o"))
    with pytest.raises(UsageError, match="by must be of 'file', 'model', 'chain', 'category'; got 'resname'"):
        summarise(residues, skipped, by=["file", "resname"])
    with pytest.raises(UsageError, match="by is empty"):
        summarise(residues, skipped, by=[])
    assert summarise(residues, skipped, by="category")["total"].sum() == 68

from __future__ import annotations

import json
from contextlib import redirect_stdout

import pandas as pd
import pytest

from domains._console import Outputs
from domains.ramachandran.run import validate_files

pytest.importorskip("gemmi")
FAVORED, OUTLIER = (-60.0, -45.0), (5.0, 5.0)


@pytest.fixture
def ensemble(made, in_chain, write_pdb):
    return write_pdb([[in_chain(made(FAVORED, FAVORED))], [in_chain(made(FAVORED, OUTLIER))]], "nmr.pdb")


def printed(capsys, path, printed_as="table", **options):
    code = validate_files([path], outputs=Outputs(format=printed_as), **options)
    return code, capsys.readouterr().out


@pytest.mark.slow
def test_json_is_keyed_by_model_and_chain(ensemble, capsys):
    code, text = printed(capsys, ensemble, "json", core="A:2")
    (told,) = json.loads(text)
    assert code == 0
    assert {model: (n["total"], n["outlier"]) for model, n in told["models"].items()} == {"1": (2, 0), "2": (2, 1)}
    assert told["chains"]["A"]["favored"] == 3
    assert told["over_models"]["best_model"] == "1"
    assert told["over_models"]["spread_favored_percent"] == pytest.approx(50 / 2**0.5)
    assert [n["favored"] for n in told["core"]["models"].values()] == [1, 1]


def test_a_file_of_one_model_has_its_counts_under_no_name(made, write_pdb, capsys):
    _, text = printed(capsys, write_pdb(made(FAVORED)), "json")
    (told,) = json.loads(text)
    assert told["models"][""]["total"] == told["total"] == 1
    assert told["over_models"] is None
    assert "core" not in told


@pytest.mark.slow
def test_the_terminal_tells_models_and_findings(ensemble, made, but, write_pdb, capsys):
    _, text = printed(capsys, ensemble, core="A:2")
    assert "nmr.pdb: 2 models" in text
    assert "best: model 1" in text
    assert "favored: mean 75.00 %, standard deviation 35.36 %, from 50.00 to 100.00 %" in text
    assert "core of nmr.pdb: 2 models" in text
    assert "Core: A:2" in text
    residues = made(FAVORED, FAVORED, FAVORED)
    odd = [residues[0], but(residues[1], omega=3.0), but(residues[2], hand="D"), but(residues[3], omega=80.0)]
    _, text = printed(capsys, write_pdb([*odd, residues[4]]), chirality="mirror")
    assert "1 cis peptide before another residue than proline, 1 twisted peptide, 1 residue of the wrong hand" in text
    assert "1 residue scored at (-phi, -psi)" in text
    assert "finding    A 2 ALA  cis non-proline  omega 3." in text


@pytest.mark.slow
def test_many_models_are_cut_in_the_terminal(made, in_chain, write_pdb, capsys):
    path = write_pdb([[in_chain(made(FAVORED))]] * 23)
    _, text = printed(capsys, path)
    assert "… and 3 more models: --json lists them all" in text


def test_the_table_of_counts_holds_what_json_has_of_files_models_and_chains(ensemble, made, write_pdb, tmp_path):
    sequence = f"SEQRES   1 A    9  {'ALA ' * 9}"
    files = [ensemble, write_pdb(made(FAVORED), "short.pdb", header=[sequence])]
    path = tmp_path / "counts.csv"
    saved = tmp_path / "told.json"
    with saved.open("w") as file, redirect_stdout(file):
        validate_files(files, summary=path, outputs=Outputs(format="json", quiet=True))
    told = json.loads(saved.read_text())
    table = pd.read_csv(path, keep_default_na=False, dtype=str)
    assert table[["file", "model", "chain"]].values.tolist() == [
        [str(ensemble), "", ""],
        [str(ensemble), "1", ""],
        [str(ensemble), "2", ""],
        [str(ensemble), "", "A"],
        [str(files[1]), "", ""],
        [str(files[1]), "", "A"],
    ]
    wanted = [told[0], *told[0]["models"].values(), told[0]["chains"]["A"], told[1], told[1]["chains"]["A"]]
    for row, counts in zip(table.to_dict("records"), wanted, strict=True):
        for name in ("total", "outlier", "skipped", "not_modelled"):
            assert row[name] == str(counts.get(name, ""))
    assert table["not_modelled"].tolist()[-2:] == ["6", "6"]

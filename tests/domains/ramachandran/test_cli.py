"""The commands of ramachandran, run as a user runs them."""

from __future__ import annotations

import gzip
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from domains.ramachandran import example, hard_sphere


@pytest.fixture
def run(run_command):
    return partial(run_command, "ramachandran")


def test_validate_json_is_json_alone(run):
    (row,) = json.loads(run("validate", example(), "--json").stdout)
    assert (row["total"], row["favored"], row["allowed"], row["outlier"]) == (68, 67, 1, 0)
    assert row["goals"] == {"favored_percent": "> 98", "outlier_percent": "< 0.2"}
    assert row["best_total"] == row["all_total"] == 68
    assert row["error"] == ""


@pytest.mark.slow
def test_validate_saves(run, tmp_path):
    files = {k: tmp_path / k for k in ("residues.csv", "skipped.csv", "plot.png")}
    run(
        *("validate", example(), "--csv", files["residues.csv"]),
        *("--skipped", files["skipped.csv"], "--plot", files["plot.png"]),
    )
    header = files["residues.csv"].read_text().splitlines()[0]
    first = "file,model,chain,resseq,icode,altloc,resname,phi,psi,omega,category,score,evaluation,counted,finding,best,"
    assert header.startswith(first)
    assert len(pd.read_csv(files["skipped.csv"])) == 2
    assert files["plot.png"].stat().st_size > 20_000


@pytest.mark.slow
def test_validate_prints_as_ramalyze_does(run):
    lines = run("validate", example(), "--ramalyze").stdout.splitlines()
    assert lines[1] == " A 152  ASP:54.52:-76.80:-26.53:Favored:General"
    assert lines[-1] == "SUMMARY: 98.53% favored (Goal: > 98%)"
    both = run("validate", example(), example("1a28"), "--ramalyze").stdout.splitlines()
    assert both[: 1 + len(lines)] == [str(example()), *lines]
    assert both[1 + len(lines)] == str(example("1a28"))
    done = run("validate", example(), "--ramalyze", "--json", code=2)
    assert "--ramalyze: it is printed in place of the table; leave out --json and --format" in done.stderr


def test_a_wrong_unit_is_wrong_use(run, tmp_path):
    csv = tmp_path / "residues.csv"
    done = run("validate", example(), "--min-plddt", "70", "--csv", csv, code=2)
    assert "its B factors run from 9.99 to 37.36 and are no pLDDT" in done.stderr
    assert (done.stdout, csv.exists()) == ("", False)


def test_one_bad_file_does_not_stop_the_others(run, tmp_path):
    bad = tmp_path / "notes.pdb"
    bad.write_text("these are my notes\n")
    done = run("validate", bad, example(), "--json", code=1)
    rows = json.loads(done.stdout)
    assert [r["total"] for r in rows] == [0, 68]
    assert rows[0]["favored_percent"] is None
    assert "notes.pdb" in done.stderr


@pytest.mark.slow
def test_compare(run, tmp_path):
    path = tmp_path / "spheres.nc"
    hard_sphere().to_netcdf(path, engine="h5netcdf")
    report = json.loads(run("compare", path, "--level", "allowed", "--json").stdout)
    assert report["iou"] == pytest.approx(0.4853, abs=5e-5)
    assert report["prediction"].startswith("hard spheres")
    assert report["n_defined"] == {"iou": 1, "dice": 1}
    table = tmp_path / "report.csv"
    text = run("compare", path, "--csv", table, "--plot", tmp_path / "a.png").stdout
    assert "prediction: hard spheres" in text
    assert float(pd.read_csv(table).iou[0]) == pytest.approx(0.5044, abs=5e-5)


def test_compare_two_files_and_hints(run, tmp_path):
    truth, swapped = tmp_path / "truth.npy", tmp_path / "swapped.npy"
    np.save(truth, hard_sphere().values)
    np.save(swapped, hard_sphere().values.T)
    done = run("compare", swapped, "--reference", truth)
    assert "phi and psi swapped" in done.stderr
    assert json.loads(run("compare", swapped, "--reference", truth, "--phi-first", "--json").stdout)


def test_bad_input_is_one_line(run, tmp_path):
    done = run("compare", tmp_path / "no.nc", code=1)
    assert done.stderr.startswith("error: ")
    assert "no.nc: no such file" in done.stderr
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert "empty.csv" in run("compare", empty, code=1).stderr
    run("compare", empty, "--level", "core", code=2)


def test_a_variable_that_is_not_there_is_wrong_use(run, tmp_path):
    path = tmp_path / "spheres.nc"
    hard_sphere().rename("spheres").to_netcdf(path, engine="h5netcdf")
    done = run("compare", path, "--variable", "foo", "--csv", tmp_path / "a.csv", code=2)
    assert done.stderr.endswith(": no 'foo'; name one map with variable= (--variable): spheres\n")
    assert not (tmp_path / "a.csv").exists()


def test_a_reference_is_a_file_or_a_name(run, tmp_path):
    path = tmp_path / "spheres.npy"
    np.save(path, hard_sphere().values)
    done = run("compare", path, "--reference", "top", code=2)
    assert (
        done.stderr == "error: --reference top: there is no such file; name one, or the empirical reference top8000\n"
    )
    text = tmp_path / "notes.doc"
    text.write_text("notes")
    done = run("compare", path, "--reference", text, code=1)
    assert "notes.doc: it begins with 'notes', as none of the known formats does" in done.stderr


def test_warnings_are_one_line_with_the_file(run, tmp_path):
    charmm = tmp_path / "charmm.pdb"
    charmm.write_text(gzip.decompress(example("1a28").read_bytes()).decode().replace("HIS A 703", "HSD A 703"))
    done = run("validate", charmm, "--json")
    assert f"warning: {charmm}: 1 residues under CHARMM or Amber names" in done.stderr.replace("\n", "")


def test_strict_ends_with_an_error(run, tmp_path):
    truth, swapped = tmp_path / "truth.npy", tmp_path / "swapped.npy"
    np.save(truth, hard_sphere().values)
    np.save(swapped, hard_sphere().values.T)
    done = run("compare", swapped, "--reference", truth, "--strict", code=1)
    assert "phi and psi swapped? IoU 1.00 instead of" in done.stderr
    assert done.stderr.count("\n") == 1
    run("compare", swapped, "--reference", truth, "--phi-first", "--strict")
    done = run("compare", swapped, "--reference", truth, "--level", "allowed", code=2)
    assert "leave --level out" in done.stderr

"""Oracle: what cctbx 2025.11 ramalyze says of the same files, saved row by row."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains import _batch, _console
from domains._batch import Interrupted, run_cases
from domains._checks import UsageError
from domains.ramachandran import example, reference, region_reference, run, summarise, validate
from domains.ramachandran.validation import scoring
from domains.ramachandran.validation.scoring import COLUMNS, DETAILS, SKIPPED, score_as_plain, score_file

FILES = [
    *("1a28.pdb.gz", "1a8o.cif", "1a8o.pdb", "1crn.pdb", "1d3z.pdb.gz", "1dix.cif", "1igy.cif.gz"),
    *("1igy.pdb.gz", "1orc.pdb", "1ubq.cif", "1ubq.pdb", "2BEG.pdb", "3jqh.cif"),
]
KEY = ["model", "chain", "resseq", "icode", "altloc", "resname"]


def expected(path):
    kinds = dict.fromkeys(["model", "chain", "icode", "altloc", "resname"], str)
    table = pd.read_csv(path, sep="\t", dtype=kinds, keep_default_na=False, na_values={"omega_prev": ["", "None"]})
    return table.assign(**{k: table[k].str.strip() for k in kinds})


def agree(structure, table):
    """Every row of cctbx is there and no other, with the same angles, score, category, label and mark."""
    ours, _ = validate(structure)
    theirs = expected(table)
    both = theirs.merge(ours, on=KEY, how="outer", suffixes=("_cctbx", ""), indicator=True, validate="one_to_one")
    assert (both["_merge"] == "both").all(), both.loc[both["_merge"] != "both", KEY]
    for angle in ("phi", "psi"):
        difference = (both[angle] - both[f"{angle}_cctbx"] + 180) % 360 - 180
        assert difference.abs().max() <= 1e-4
    omega = (both["omega"] - both["omega_prev"] + 180) % 360 - 180
    assert omega.abs().max() <= 1e-4
    assert (both["score"] - both["score_cctbx"]).abs().max() <= 1e-6
    for column in ("category", "evaluation"):
        assert (both[column].astype(str) == both[f"{column}_cctbx"]).all()
    assert (both["counted"].astype(int) == both["counted_cctbx"]).all()


@pytest.mark.parametrize("name", ["1a8o", "1a28"])
def test_shipped_structures_against_cctbx(name, test_data):
    agree(example(name), next(test_data.glob(f"{name}*.tsv")))


@pytest.mark.parametrize("name", FILES)
def test_against_cctbx(name, shared_data):
    table = shared_data / "ramachandran_expected" / f"{name.removesuffix('.gz')}.ramalyze.tsv"
    agree(shared_data / "structures" / name, table)


@pytest.mark.parametrize("stem", ["1a8o", "1ubq", "1igy"])
def test_pdb_and_cif_agree(stem, shared_data):
    pdb, cif = (next((shared_data / "structures").glob(f"{stem}.{kind}*")) for kind in ("pdb", "cif"))
    left, right = (validate(x)[0][COLUMNS[1:]] for x in (pdb, cif))
    pd.testing.assert_frame_equal(left, right)


def test_columns():
    residues, skipped = validate(example())
    assert residues.columns.tolist() == [*COLUMNS, *DETAILS]
    shared = ["side", "file", "where", "reason", "detail"]
    assert skipped.columns.tolist() == SKIPPED == [*shared, *KEY, "segment", "instance", "omega", "parent", "finding"]
    assert skipped["where"].tolist() == ["A 151 MSE", "A 220 GLY"]
    assert residues["file"].unique().tolist() == [str(example())]


def test_several_files_and_one_that_cannot_be_read(tmp_path):
    broken = tmp_path / "broken.pdb.gz"
    broken.write_bytes(gzip.compress(b"ATOM")[:-6])
    residues, skipped = validate([example("1a8o"), broken, example("1a28")])
    assert len(residues) == 68 + 496
    error = skipped[skipped["reason"] == "unreadable file"]
    assert error["file"].tolist() == [str(broken)]
    assert error["detail"].iloc[0].startswith(f"{broken}: damaged or cut off: its gzip stream")
    summary = summarise(residues, skipped).set_index("file")
    assert summary.loc[str(broken), "total"] == 0
    assert np.isnan(summary.loc[str(broken), "favored_percent"])
    assert "gzip" in summary.loc[str(broken), "error"]


def test_only_unreadable_files(tmp_path):
    residues, skipped = validate([tmp_path / "a.pdb", tmp_path / "b.pdb"])
    assert residues.empty
    assert residues.columns.tolist() == [*COLUMNS, *DETAILS]
    assert (skipped["reason"] == "unreadable file").all()
    assert (summarise(residues, skipped)["total"] == 0).all()


def test_whatever_ends_one_file_the_others_are_scored(monkeypatch):
    def breaks(path, *settings):
        if path == "odd.pdb":
            raise IndexError("index 7 is out of bounds")
        return score_file(path, *settings)

    monkeypatch.setattr(scoring, "score_file", breaks)
    residues, skipped = validate([example("1a8o"), "odd.pdb"])
    assert len(residues) == 68
    error = skipped[skipped["file"] == "odd.pdb"]
    assert error["reason"].tolist() == ["unreadable file"]
    assert error["detail"].tolist() == ["IndexError: index 7 is out of bounds"]


@pytest.fixture
def many(monkeypatch, tmp_path):
    """Several structures, of which one is broken; and what is known of them."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import structures_with_faults

    structures_with_faults.paths = structures_with_faults.make(tmp_path, 8)
    return structures_with_faults


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: kills processes")
def test_a_structure_that_kills_its_worker_is_the_only_one_lost(many, monkeypatch):
    """The long version, with 200 structures and dask: see the file."""
    wanted = many.validated([path for path in many.paths if path.name != many.KILLER])
    monkeypatch.setattr(_batch, "has_dask", lambda: False)
    monkeypatch.setattr(run, "score_as_plain", many.score_or_die)
    residues, skipped = many.validated(many.paths, workers=2)
    assert residues == wanted[0]
    lines = skipped.splitlines(keepends=True)
    (killer,) = [line for line in lines if many.KILLER in line]
    assert 'unreadable file,"its worker died 3 times' in killer
    lines.remove(killer)
    assert "".join(lines) == wanted[1]
    assert "line 1: no occupancy in columns 55 to 60" in wanted[1]


@pytest.mark.slow
def test_a_run_goes_on_where_another_ended(many, tmp_path, monkeypatch):
    records = tmp_path / "night.records"
    wanted = many.validated(many.paths)
    half = many.validated(many.paths[:4], records=records)
    assert half[0] == many.validated(many.paths[:4])[0]
    scored = []
    monkeypatch.setattr(run, "score_as_plain", lambda request: scored.append(request) or score_as_plain(request))
    assert many.validated(many.paths, records=records) == wanted
    assert [request.path for request in scored] == [str(path) for path in many.paths[4:]]
    many.paths[0].write_bytes(many.paths[1].read_bytes())
    assert many.validated(many.paths, records=records) == many.validated(many.paths)
    with pytest.raises(UsageError, match="modified"):
        validate(many.paths, records=records, modified="parent")


@pytest.mark.slow
def test_an_interrupted_command_writes_what_is_done(many, tmp_path, monkeypatch, capsys):
    def stops(job, cases, running):
        raise Interrupted("ramachandran.validate: interrupted; 2 of 8 cases are done", run_cases(job, cases[:2]))

    monkeypatch.setattr(run, "run_cases", stops)
    outputs = _console.Outputs(csv=tmp_path / "out.csv", quiet=True)
    assert run.validate_files(many.paths, outputs=outputs) == _console.INTERRUPTED
    files = pd.read_csv(tmp_path / "out.csv")["file"].unique().tolist()
    assert files == [str(path) for path in many.paths[:2]]
    assert "2 of 8 cases are done" in capsys.readouterr().err


def test_warnings_of_files_are_those_of_one_file(tmp_path):
    path = tmp_path / "charmm.pdb"
    path.write_text("ATOM      1  CA  HSD A   7      11.000  12.000  13.000  1.00 10.00\n")
    with pytest.warns(UserWarning, match="HSD as HIS"), pytest.warns(UserWarning, match="no residue is counted"):
        validate([path])


def test_settings_for_several_structures_are_refused_for_one():
    with pytest.raises(UsageError, match="records, workers, .* are for several structures; give a list of paths"):
        validate(example(), workers=2)
    residues, _ = validate([example()], workers=1)
    assert len(residues) == 68


def test_a_single_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.pdb"):
        validate(tmp_path / "nowhere.pdb")
    with pytest.raises(UsageError, match="^ramachandran.validate: no files were given"):
        validate([])


def test_a_wrong_option_makes_no_file_unreadable():
    with pytest.raises(UsageError, match="^ramachandran.backbone_angles: modified must be one of"):
        validate([example()], modified="yes")


def test_where_names_model_insertion_code_and_conformer(tmp_path):
    line = "ATOM      1  CA BALA A   7C     11.000  12.000  13.000  1.00 10.00"
    path = tmp_path / "models.pdb"
    path.write_text("".join(f"MODEL        {k}\n{line}\nENDMDL\n" for k in (1, 2)))
    with pytest.warns(UserWarning, match="no residue is counted"):
        _, skipped = validate([path])
    assert skipped["where"].tolist() == ["model 1 A 7C BALA", "model 2 A 7C BALA"]
    assert (skipped["side"] == "").all()


def test_the_summary_counts_as_molprobity(test_data):
    theirs = expected(test_data / "1a28.pdb.ramalyze.tsv")
    counted = theirs[theirs["counted"] == 1]["evaluation"].value_counts()
    row = summarise(*validate(example("1a28"))).iloc[0]
    assert (row.total, row.favored, row.allowed, row.outlier) == (
        counted.sum(),
        counted["Favored"],
        counted["Allowed"],
        counted["OUTLIER"],
    )
    assert row.favored_percent == pytest.approx(100 * row.favored / row.total)


def test_the_better_denominators(shared_data):
    row = summarise(*validate(shared_data / "structures" / "3jqh.cif")).iloc[0]
    assert row.all_total > row.best_total
    assert row.best_total >= row.total


def test_options_reach_the_angles(made, but, write_pdb):
    residues = [but(r, b=90.0 - 10 * k) for k, r in enumerate(made(*[(-60.0, -45.0)] * 4))]
    confident, skipped = validate(write_pdb(residues), min_plddt=65)
    assert confident["resseq"].tolist() == [2, 3]
    assert "low pLDDT" in set(skipped["reason"])


@pytest.mark.slow
def test_a_total_of_none_is_a_warning_and_an_incomplete_result(made, but, write_pdb, capsys, tmp_path):
    residues = made((-60.0, -45.0), (-60.0, -45.0))
    low = [but(r, b=30.0 + k) for k, r in enumerate(residues)]
    other_labels = [but(r, altloc="C") for r in residues]
    cases = {
        "low.pdb": (
            low,
            {"min_plddt": 70},
            "no residue is counted: none is left with both angles (2 terminal, 2",
        ),
        "labels.pdb": (other_labels, {}, "no residue is counted: all conformers have another label than A; see best"),
    }
    with pytest.warns(UserWarning, match=r"new\\nline.pdb: no residue is counted"):
        validate(write_pdb(other_labels, "new\nline.pdb"))
    for name, (content, options, why) in cases.items():
        path = write_pdb(content, name)
        with pytest.warns(UserWarning, match=f"^ramachandran.validate: {path}: no residue is counted"):
            validate(path, **options)
        skipped = tmp_path / "skipped.csv"
        code = run.validate_files([path], outputs=_console.Outputs(skipped=skipped, quiet=True), **options)
        assert code == _console.INCOMPLETE
        assert f"error: not scored: {path}: {why}" in capsys.readouterr().err
        assert "not scored" in pd.read_csv(skipped)["reason"].tolist()


@pytest.mark.slow
def test_residues_that_only_the_sequence_has_are_told_however_files_are_scored(made, write_pdb, tmp_path):
    sequence = f"SEQRES   1 A    9  {'ALA ' * 9}"
    files = [write_pdb(made((-60.0, -45.0)), name, header=[sequence]) for name in ("a.pdb", "b.pdb")]
    records = tmp_path / "records"
    for running in ({}, {"records": records}, {"records": records}):
        residues, skipped = validate(files, **running)
        assert skipped.attrs["not_modelled"] == {str(file): {"A": 6} for file in files}
        assert summarise(residues, skipped)["not_modelled"].tolist() == [6, 6]
    assert summarise(*validate(files[0]), by="chain")["not_modelled"].tolist() == [6]


def test_an_unreadable_table_of_angles_is_named_once(tmp_path):
    path = tmp_path / "rama.xvg"
    path.write_bytes(b"")
    _, skipped = validate([path])
    assert skipped["detail"].tolist() == [f"{path}: an empty file; fetch or write it again"]


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_the_commands_take_a_reference_of_ones_own(made, write_pdb, tmp_path, capsys):
    """Against its own labels by plain numpy, in the table, the picture and the page."""
    scores = reference().score
    strict = tmp_path / "strict.nc"
    region_reference(scores, "rank", name="strict", favored=0.5, allowed=0.3).to_netcdf(strict, engine="h5netcdf")
    files = [example(), write_pdb(made((-60.0, -45.0), (60.0, 45.0)))]
    csv = tmp_path / "rows.csv"
    page = tmp_path / "page.html"
    outputs = _console.Outputs(csv=csv, html=page, plot=tmp_path / "a.svg", quiet=True)
    assert run.validate_files(files, reference=str(strict), outputs=outputs) == 0
    rows = pd.read_csv(csv)
    wanted = np.select([rows["score"] >= 0.5, rows["score"] >= 0.3], ["Favored", "Allowed"], "OUTLIER")
    assert rows["evaluation"].tolist() == wanted.tolist()
    np.testing.assert_allclose(rows["score"], validate(files)[0]["score"], rtol=1e-9)
    assert "<th>reference</th><td>strict</td>" in page.read_text()
    outputs = _console.Outputs(csv=csv, html=page, quiet=True)
    capsys.readouterr()
    assert run.changes_files(files[1], files[1], only_worse=False, reference=str(strict), outputs=outputs) == 0
    assert pd.read_csv(csv)["evaluation_after"].tolist() == wanted[-2:].tolist()
    assert "<th>reference</th><td>strict</td>" in page.read_text()
    with pytest.raises(UsageError, match="--reference nowhere.nc: there is no such file"):
        run.validate_files(files, reference="nowhere.nc", outputs=outputs)


def test_a_category_without_a_map_loses_no_residues_of_the_sequence(made, write_pdb):
    mine = region_reference(reference().score.sel(category=["glycine"]), "rank")
    path = write_pdb(made((-60.0, -45.0)), header=[f"SEQRES   1 A    9  {'ALA ' * 9}"])
    with pytest.warns(UserWarning, match="1 no reference"):
        residues, skipped = validate([path], reference=mine)
    assert residues.empty
    assert skipped.attrs["not_modelled"] == {str(path): {"A": 6}}

"""Oracle: what cctbx 2025.11 ramalyze says of the same files, saved row by row."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.ramachandran import example, run, summarise, validate
from domains.ramachandran.run import COLUMNS, DETAILS, SKIPPED
from domains.ramachandran.structures import backbone_angles

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
    assert skipped.columns.tolist() == SKIPPED == ["side", "file", "where", "reason", "detail", *KEY]
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
    def breaks(path, **options):
        if path == "odd.pdb":
            raise IndexError("index 7 is out of bounds")
        return backbone_angles(path, **options)

    monkeypatch.setattr(run, "backbone_angles", breaks)
    residues, skipped = validate([example("1a8o"), "odd.pdb"])
    assert len(residues) == 68
    error = skipped[skipped["file"] == "odd.pdb"]
    assert error["reason"].tolist() == ["unreadable file"]
    assert error["detail"].tolist() == ["IndexError: index 7 is out of bounds"]


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


def test_options_reach_the_angles():
    everything, _ = validate(example())
    confident, skipped = validate(example(), min_plddt=float(everything["b_iso"].median()))
    assert 0 < len(confident) < len(everything)
    assert "low pLDDT" in set(skipped["reason"])

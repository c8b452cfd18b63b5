"""Findings, on residues that are made odd; omegalyze's limits; and what real entries are known to have."""

from __future__ import annotations

import pandas as pd
import pytest

from domains._console import Outputs
from domains.ramachandran import summarise, validate
from domains.ramachandran.run import validate_files
from domains.ramachandran.validation.findings import CIS, TWISTED, WRONG_HAND

pytest.importorskip("gemmi")
COUNTS = ["cis_nonproline", "twisted", "wrong_hand", "duplicate_id", "cis_proline", "mirrored"]


def findings(path, **options):
    residues, skipped = validate(path, **options)
    counts = summarise(residues, skipped).loc[0, COUNTS].to_dict()
    return residues.set_index("resseq")["finding"], {name: n for name, n in counts.items() if n}


@pytest.mark.parametrize(
    ("omega", "resname", "finding", "counted"),
    [
        (29.0, "ALA", "cis non-proline", "cis_nonproline"),
        (-5.0, "GLY", "cis non-proline", "cis_nonproline"),
        (31.0, "ALA", "twisted peptide", "twisted"),
        (-149.0, "ALA", "twisted peptide", "twisted"),
        (100.0, "PRO", "twisted peptide", "twisted"),
        (-4.0, "PRO", "", "cis_proline"),
        (151.0, "ALA", "", None),
        (-151.0, "PRO", "", None),
    ],
)
def test_peptide_bonds_as_omegalyze_has_them(made, but, write_pdb, omega, resname, finding, counted):
    residues = made(*[(-60.0, -45.0)] * 5)
    residues[3] = but(residues[3], omega=omega, resname=resname)
    found, counts = findings(write_pdb(residues))
    assert found.to_dict() == {2: "", 3: "", 4: finding, 5: "", 6: ""}
    assert counts == ({counted: 1} if counted else {})


def test_a_d_residue_under_an_l_name_has_the_wrong_hand(made, but, write_pdb):
    residues = made(*[(60.0, 45.0)] * 5)
    residues[2] = but(residues[2], hand="D")
    residues[4] = but(residues[4], hand="D", resname="GLY")
    found, counts = findings(write_pdb(residues))
    assert found[found != ""].to_dict() == {3: "wrong hand"}
    assert counts == {"wrong_hand": 1}


def test_an_l_residue_under_a_d_name_has_it_too(made, but, write_pdb):
    residues = made(*[(60.0, 45.0)] * 4)
    residues[2] = but(residues[2], resname="DAL")
    residues[3] = but(residues[3], resname="DAL", hand="D")
    found, counts = findings(write_pdb(residues), chirality="mirror")
    assert found[found != ""].to_dict() == {3: "wrong hand"}
    assert counts == {"wrong_hand": 1, "mirrored": 1}


def test_mirrored_residues_keep_the_angles_that_they_have(made, but, write_pdb):
    residues = [but(r, hand="D") if k in (2, 4) else r for k, r in enumerate(made(*[(60.0, 45.0)] * 5))]
    table, skipped = validate(write_pdb(residues), chirality="mirror")
    turned = table["resseq"].isin([3, 5])
    assert (table["mirrored"] == turned).all()
    assert table.loc[turned, "phi"].round(0).tolist() == [-60, -60]
    assert table["measured_phi"].round(0).tolist() == [60] * 5
    assert table["measured_psi"].round(0).tolist() == [45] * 5
    assert summarise(table, skipped).loc[0, ["mirrored", "wrong_hand"]].tolist() == [2, 2]


def test_the_case_of_mirrored_angles(shared_cases):
    path = shared_cases / "mirrored_angles_unmarked" / "dl_mix.pdb"
    table, skipped = validate(path, chirality="mirror")
    marked = table.set_index("resseq")[["mirrored", "finding", "chirality"]]
    assert marked.index[marked["mirrored"]].tolist() == [3, 5]
    assert marked.loc[[3, 5], "finding"].tolist() == ["wrong hand"] * 2
    assert summarise(table, skipped).loc[0, ["mirrored", "wrong_hand"]].tolist() == [2, 2]
    assert summarise(*validate(path)).loc[0, ["mirrored", "wrong_hand"]].tolist() == [0, 2]


def test_a_residue_with_two_findings_has_both(made, but, write_pdb):
    residues = made(*[(60.0, 45.0)] * 3)
    residues[2] = but(residues[2], hand="D", omega=0.0)
    found, counts = findings(write_pdb(residues))
    assert found[3] == "cis non-proline; wrong hand"
    assert counts == {"cis_nonproline": 1, "wrong_hand": 1}


def test_conformers_of_a_residue_count_once(shared_data):
    residues, skipped = validate(shared_data / "structures" / "3jqh.cif")
    twice = residues.loc[residues.index.repeat(2)].assign(finding="twisted peptide")
    positions = residues[["chain", "resseq", "icode"]].drop_duplicates()
    assert summarise(twice, skipped)["twisted"].tolist() == [len(positions)]


def test_repeated_ids_are_counted(made, in_chain, write_pdb):
    copies = [in_chain(made((-60.0, -45.0), (-60.0, -45.0))) for _ in range(2)]
    residues, skipped = validate(write_pdb(copies))
    assert residues["finding"].tolist() == ["", "", "duplicate id", "duplicate id"]
    assert residues["where"].tolist() == ["A 2 ALA", "A 3 ALA", "A 2 ALA copy 2", "A 3 ALA copy 2"]
    assert summarise(residues, skipped)["duplicate_id"].tolist() == [2]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("1ubq.pdb", {}),
        # what mmtbx.validation.omegalyze counts among residues with both angles: see the cctbx tables
        ("1orc.pdb", {"cis_proline": 1}),
    ],
)
def test_real_entries(shared_data, name, known):
    _, counts = findings(shared_data / "structures" / name)
    assert counts == known


def test_counts_of_cis_and_twisted_equal_those_from_cctbx_omegas(shared_data):
    """From the omega column of cctbx's own tables, with omegalyze's limits."""
    for name in ("1dix.cif", "1igy.cif.gz", "2BEG.pdb"):
        table = shared_data / "ramachandran_expected" / f"{name.removesuffix('.gz')}.ramalyze.tsv"
        theirs = pd.read_csv(table, sep="\t", keep_default_na=False, na_values={"omega_prev": ["", "None"]})
        theirs = theirs.drop_duplicates(["model", "chain", "resseq", "icode"])
        omega = theirs["omega_prev"].abs()
        proline = theirs["resname"] == "PRO"
        _, counts = findings(shared_data / "structures" / name)
        assert counts.get("cis_proline", 0) == (proline & (omega < 30)).sum()
        assert counts.get("cis_nonproline", 0) == (~proline & (omega < 30)).sum()
        assert counts.get("twisted", 0) == ((omega >= 30) & (omega <= 150)).sum()


def test_every_peptide_bond_that_omegalyze_has_is_one_of_the_tables(shared_data):
    """Their number by mmtbx.validation.omegalyze of cctbx-base 2025.11, of several chains and models too."""
    peptides = {"1a28.pdb.gz": 498, "1d3z.pdb.gz": 750, "1dix.cif": 207, "1orc.pdb": 63}
    for name, n in peptides.items():
        residues, skipped = validate(shared_data / "structures" / name)
        assert residues["omega"].notna().sum() + skipped["omega"].notna().sum() == n


@pytest.mark.parametrize(("omega", "finding", "column"), [(3.0, CIS, "cis_nonproline"), (100.0, TWISTED, "twisted")])
def test_the_bond_before_the_last_residue_is_not_missed(omega, finding, column, made, but, write_pdb, tmp_path):
    residues = made((-60.0, -45.0), (-60.0, -45.0))
    path = write_pdb([*residues[:-1], but(residues[-1], omega=omega)])
    found, skipped = validate(path)
    assert (found["finding"] == "").all()
    last = skipped.iloc[-1]
    assert (last["where"], last["reason"], last["finding"]) == ("A 4 ALA", "terminal", finding)
    assert abs(last["omega"]) == pytest.approx(omega, abs=0.5)
    assert summarise(found, skipped)[column].tolist() == [1]
    assert summarise(found, skipped, by=["file", "chain"])[column].tolist() == [1]
    # and after a journey through CSV
    csv = tmp_path / "skipped.csv"
    skipped.to_csv(csv, index=False)
    assert summarise(found, pd.read_csv(csv))[column].tolist() == [1]


def test_the_hands_of_the_first_and_the_last_residue(made, but, write_pdb):
    residues = made(*[(-60.0, -45.0)] * 3)
    residues[0] = but(residues[0], hand="D")
    residues[-1] = but(residues[-1], hand="D")
    found, skipped = validate(write_pdb(residues))
    assert (found["finding"] == "").all()
    assert skipped["finding"].tolist() == [WRONG_HAND, WRONG_HAND]
    assert summarise(found, skipped)["wrong_hand"].tolist() == [2]


def test_the_terminal_names_a_skipped_residue_with_a_finding(made, but, write_pdb, capsys):
    residues = made((-60.0, -45.0))
    path = write_pdb([*residues[:-1], but(residues[-1], omega=100.0)])
    assert validate_files([path], outputs=Outputs(quiet=True)) == 0
    text = capsys.readouterr().out
    assert "1 twisted peptide\n" in text
    assert "A 3 ALA  twisted peptide  omega 100." in text


def test_a_modified_residue_that_is_not_taken_has_no_finding(made, but, write_pdb):
    residues = made(*[(-60.0, -45.0)] * 5)
    residues[2] = but(residues[2], resname="SEP", omega=100.0)
    path = write_pdb(residues)
    assert summarise(*validate(path))["twisted"].tolist() == [0]
    assert summarise(*validate(path, modified="parent"))["twisted"].tolist() == [1]

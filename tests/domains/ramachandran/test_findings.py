"""Findings, on residues that are made odd; omegalyze's limits; and what real entries are known to have."""

from __future__ import annotations

import pytest

from domains.ramachandran import summarise, validate

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
    import pandas as pd

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

"""What is saved as CSV and read by pandas is what was saved."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from domains.ramachandran import plot_residues, reference, summarise, validate
from domains.ramachandran.run import validate_files
from domains.ramachandran.validation.residue_names import names_of, restored
from domains.ramachandran.validation.scoring import COLUMNS, DETAILS

pytest.importorskip("gemmi")
FEW = reference().sel(category=["general"])
IDENTITY = ["model", "chain", "resseq", "icode", "altloc", "resname"]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def saved(path, tmp_path, **options):
    from domains._console import Outputs

    csv = tmp_path / "residues.csv"
    validate_files([path], outputs=Outputs(csv=csv, quiet=True), **options)
    return pd.read_csv(csv)


ODD = ["A", "", "1", "7", "=", "-", "'"]
"""Names of chains: none, numbers, and what a spreadsheet would run."""


def test_every_column_of_the_table_is_saved(made, write_pdb, tmp_path):
    path = write_pdb(made((-60.0, -45.0)))
    assert saved(path, tmp_path).columns.tolist() == [*COLUMNS, *DETAILS] == validate(path)[0].columns.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("chains", [ODD, ["1", "2"], [""], ["A"]])
def test_chains_and_insertion_codes_come_back(made, but, in_chain, write_pdb, tmp_path, chains):
    residues = [but(r, icode=code) for r, code in zip(made((5.0, 130.0), (-60.0, -45.0)), "A1B ", strict=True)]
    path = write_pdb([in_chain(residues, name) for name in chains])
    wanted, _ = validate(path)
    read = restored(saved(path, tmp_path))
    for column in IDENTITY:
        assert read[column].tolist() == wanted[column].tolist(), column
    pd.testing.assert_frame_equal(summarise(read, by=["file", "chain"]), summarise(wanted, by=["file", "chain"]))


def as_mmcif(path, chain):
    """Write a structure as mmCIF with a chain of any name."""
    import gemmi

    structure = gemmi.read_structure(str(path))
    structure[0][0].name = chain
    structure.setup_entities()
    cif = path.with_suffix(".cif")
    structure.make_mmcif_document().write_file(str(cif))
    return cif


@pytest.mark.slow
@pytest.mark.usefixtures("unsettled")
@pytest.mark.parametrize("chain", ["NA", "nan", "NULL", "None", "1e5", "01", "TRUE", "N/A"])
def test_a_chain_whose_name_means_something_to_pandas_is_drawn_under_it(made, write_pdb, tmp_path, chain):
    cif = as_mmcif(write_pdb(made((5.0, 130.0), (-60.0, -45.0))), chain)
    read = saved(cif, tmp_path)
    assert restored(read)["chain"].unique().tolist() == [chain]
    if chain in ("NA", "01"):
        # one that pandas takes for nothing, and one that it takes for a number
        names = {text.get_text() for ax in plot_residues(read, FEW).flat for text in ax.texts}
        assert names == {f"{chain} ALA 2"}


def test_copies_of_a_chain_come_back(made, in_chain, write_pdb, tmp_path):
    path = write_pdb([in_chain(made((-60.0, -45.0)), "1")] * 2)
    read = restored(saved(path, tmp_path))
    assert read[["chain", "resseq", "instance", "where"]].values.tolist() == [
        ["1", 2, 1, "1 2 ALA"],
        ["1", 2, 2, "1 2 ALA copy 2"],
    ]


@pytest.mark.slow
def test_skipped_residues_and_files_come_back(made, in_chain, write_pdb, tmp_path):
    from domains._console import Outputs

    files = [write_pdb([in_chain(made((-60.0, -45.0)), "1")]), tmp_path / "missing.pdb"]
    wanted = validate(files)
    names = [tmp_path / "residues.csv", tmp_path / "skipped.csv"]
    validate_files(files, outputs=Outputs(csv=names[0], skipped=names[1], quiet=True))
    read = [pd.read_csv(name) for name in names]
    for by in ("file", "chain"):
        # residues without atoms have no rows that a file could hold
        counted = summarise(*wanted, by=by).drop(columns="not_modelled")
        pd.testing.assert_frame_equal(summarise(*read, by=by), counted)
    assert restored(read[1])["chain"].tolist() == ["1", "1", ""]


def test_a_column_that_pandas_reads_in_parts():
    """Of a long file: a part of the chains is numbers, another one text."""
    rows = {"chain": pd.Series([1, "A"], dtype=object), "resseq": 5, "icode": "", "resname": "ALA"}
    assert restored(pd.DataFrame(rows))["chain"].tolist() == ["1", "A"]


def test_models_come_back(made, in_chain, write_pdb, tmp_path):
    path = write_pdb([[in_chain(made((-60.0, -45.0)), "2")], [in_chain(made((-60.0, -45.0)), "2")]])
    read = restored(saved(path, tmp_path))
    assert read["model"].tolist() == ["1", "2"]
    assert read["chain"].tolist() == ["2", "2"]
    assert read["where"].tolist() == ["model 1 2 2 ALA", "model 2 2 2 ALA"]


def test_names_are_those_of_the_skipped_table(made, write_pdb):
    residues, skipped = validate(write_pdb(made((-60.0, -45.0))))
    assert names_of(residues).tolist() == residues["where"].tolist() == ["A 2 ALA"]
    assert skipped["where"].tolist() == ["A 1 ALA", "A 3 ALA"]


def test_a_table_without_the_names_loses_no_more_than_pandas_did():
    table = pd.DataFrame({"chain": [1.0, float("nan")], "resseq": [5, 6], "icode": [float("nan")] * 2})
    assert restored(table)["chain"].tolist() == ["1", ""]
    assert restored(table)["icode"].tolist() == ["", ""]

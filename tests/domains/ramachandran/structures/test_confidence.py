"""Whether B factors are pLDDT is checked, on values as predictors, crystals and NMR entries have them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from domains._checks import UsageError
from domains._console import INCOMPLETE, Outputs
from domains.ramachandran import backbone_angles
from domains.ramachandran.run import validate_files

pytest.importorskip("gemmi")

FRACTIONS = [0.91, 0.93, 0.88, 0.35, 0.40, 0.86, 0.70, 0.90]
"""Of pLDDT: residues 4 and 5 are below 0.7, and 7 is not."""
BY_ATOM = (12.0, 14.5, 13.0, 15.0, 16.0)


@pytest.fixture
def predicted(made, write_pdb, but):
    def write(values, name="predicted.pdb", **more):
        residues = made(*[(-60.0, -45.0)] * (len(values) - 2))
        return write_pdb([but(r, b=b) for r, b in zip(residues, values, strict=True)], name, **more)

    return write


def kept(path, min_plddt):
    rows, skipped = backbone_angles(path, min_plddt=min_plddt)
    assert len(rows) + len(skipped) == len(FRACTIONS)
    return rows["resseq"].tolist()


@pytest.mark.parametrize("scale", [1, 100])
def test_the_threshold_is_on_the_scale_of_the_file(predicted, scale):
    path = predicted([scale * value for value in FRACTIONS])
    assert kept(path, 0.7 * scale) == [2, 3, 6, 7]
    assert kept(path, 0) == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("scale", "threshold", "found"), [(1, 70, "0.35 to 0.93"), (100, 0.7, "35 to 93")])
def test_another_scale_is_an_error_whose_remedy_gives_the_right_number(predicted, scale, threshold, found):
    path = predicted([scale * value for value in FRACTIONS])
    with pytest.raises(UsageError) as error:
        backbone_angles(path, min_plddt=threshold)
    message = str(error.value)
    assert message.startswith(f"ramachandran.backbone_angles: {path}: its B factors run from {found}")
    assert "\n" not in message
    (remedy,) = re.findall(r"say min_plddt=(\S+)", message)
    assert kept(path, float(remedy)) == [2, 3, 6, 7]


def test_b_factors_that_cannot_be_plddt_are_refused(predicted):
    cases = {
        "they differ within a residue (ALA A 3)": [90.0, 91.0, BY_ATOM, 80.0],
        "all are the same": [20.0] * 4,
        "pLDDT lies between 0 and 100": [90.0, 101.0, 80.0, 70.0],
        "they fit neither of its scales, to 1 and to 100": [0.5, 1.3, 0.8, 1.1],
    }
    for reason, values in cases.items():
        for threshold in (70, 0.7):
            with pytest.raises(UsageError, match=re.escape(reason)) as error:
                backbone_angles(predicted(values), min_plddt=threshold)
        assert re.search(r"its B factors run from [\d.]+ to [\d.]+ and are no pLDDT: ", str(error.value))
        # the remedy: leave the option out
        assert len(backbone_angles(predicted(values))[0]) == 2


def test_a_file_that_names_an_experiment_has_no_plddt(predicted):
    values = [100 * value for value in FRACTIONS]
    with pytest.raises(UsageError, match="the file says X-RAY DIFFRACTION"):
        backbone_angles(predicted(values, header=["EXPDTA    X-RAY DIFFRACTION"]), min_plddt=70)
    model = predicted(values, header=["EXPDTA    THEORETICAL MODEL"])
    assert kept(model, 70) == [2, 3, 6, 7]


def test_a_crystal_structure_is_refused(shared_data):
    for name in ("1ubq.pdb", "1ubq.cif", "1crn.pdb"):
        with pytest.raises(UsageError, match="and are no pLDDT"):
            backbone_angles(shared_data / "structures" / name, min_plddt=70)


def test_values_by_atom_count_where_the_file_declares_plddt(predicted, tmp_path):
    """As AlphaFold 3 writes them: a value for each atom, in a file that says so."""
    import gemmi

    by_atom = [tuple(100 * value - np.arange(5) / 10) for value in FRACTIONS]
    structure = gemmi.read_structure(str(predicted(by_atom)))
    structure.setup_entities()
    block = structure.make_mmcif_document().sole_block()
    path = tmp_path / "declared.cif"
    path.write_text(block.as_string())
    with pytest.raises(UsageError, match="declares no pLDDT in _ma_qa_metric"):
        backbone_angles(path, min_plddt=69)
    metric = block.init_loop("_ma_qa_metric.", ["id", "mode", "name", "type"])
    metric.add_row(["1", "local", "pLDDT", "pLDDT"])
    path.write_text(block.as_string())
    assert kept(path, 69) == [2, 3, 6, 7]


def test_the_case_of_fractions(shared_cases):
    path = shared_cases / "plddt_as_fraction" / "fraction.pdb"
    with pytest.raises(UsageError, match=r"from 0.35 to 0.95, fractions of 1, .*; say min_plddt=0.7"):
        backbone_angles(path, min_plddt=70)
    assert backbone_angles(path, min_plddt=0.7)[0]["resseq"].tolist() == [2, 3, 6, 7]


def test_a_threshold_beyond_plddt_is_wrong_whatever_the_file(predicted):
    for threshold in (-1, 101, float("nan"), True):
        with pytest.raises(UsageError, match="min_plddt must be a number >= 0 and <= 100"):
            backbone_angles(predicted(FRACTIONS), min_plddt=threshold)


@pytest.mark.slow
def test_a_wrong_scale_is_wrong_use_and_one_of_several_files_is_not_scored(predicted, capsys, tmp_path):
    fractions = predicted(FRACTIONS, "fractions.pdb")
    percent = predicted([100 * value for value in FRACTIONS], "percent.pdb")
    with pytest.raises(UsageError, match=r"fractions.pdb: its B factors run from 0.35 to 0.93"):
        validate_files([fractions], outputs=Outputs(), min_plddt=70)
    skipped = tmp_path / "skipped.csv"
    assert validate_files([fractions, percent], outputs=Outputs(skipped=skipped), min_plddt=70) == INCOMPLETE
    assert "not scored" in skipped.read_text()
    captured = capsys.readouterr()
    assert "error: not scored: " in captured.err

from __future__ import annotations

import json

import pandas as pd
import pytest

from domains._checks import UsageError
from domains.ramachandran import example
from domains.ramachandran.validation import scoring
from domains.ramachandran.validation.scoring import Request, Scored, check_request, score, score_as_plain

pytest.importorskip("gemmi")


@pytest.mark.parametrize("name", ["1a8o", "1a28"])
def test_tables_come_back_bit_for_bit(name):
    request = Request(str(example(name)), "top8000", {"modified": "parent"})
    here = score(request)
    travelled = Scored.from_plain(json.loads(json.dumps(score_as_plain(request))))
    pd.testing.assert_frame_equal(travelled.residues, here.residues, check_exact=True)
    pd.testing.assert_frame_equal(travelled.skipped, here.skipped, check_exact=True)
    assert travelled.notes == here.notes == []


def test_warnings_travel(tmp_path):
    path = tmp_path / "charmm.pdb"
    path.write_text("ATOM      1  CA  HSD A   7      11.000  12.000  13.000  1.00 10.00\n")
    scored = score(Request(str(path), "top8000", {}))
    assert scored.notes == [f"{path}: 1 residues under CHARMM or Amber names are taken: HSD as HIS (1)"]


@pytest.mark.parametrize(
    ("reference", "options", "error"),
    [
        ("top500", {}, UsageError),
        ("top8000", {"modified": "yes"}, UsageError),
        ("top8000", {"max_bond": -1}, UsageError),
        ("top8000", {"max_bond": "2"}, UsageError),
        ("top8000", {"min_plddt": "70"}, UsageError),
        ("top8000", {"colour": "red"}, TypeError),
    ],
)
def test_what_holds_for_every_file_is_checked_once(reference, options, error):
    with pytest.raises(error):
        check_request(reference, options)


def test_settings_have_their_defaults():
    settings = check_request("top8000", {"min_plddt": 70})
    assert settings == {
        "reference": "top8000",
        "max_bond": 2.0,
        "modified": None,
        "chirality": None,
        "min_plddt": 70,
        "rings": None,
    }


def test_occupancies_are_rounded_as_other_figures():
    residues = score(Request(str(example("1a28")), "top8000", {})).residues
    details = scoring._details(residues.assign(occupancy=1 / 3))
    assert set(details["occupancy"]) == {round(1 / 3, scoring.DIGITS)}

"""What a job comes to: each file is in one of the two tables, whatever became of it."""

from __future__ import annotations

import pandas as pd
import pytest

from domains._batch import Outcome
from domains._checks import UsageError
from domains.ramachandran import example
from domains.ramachandran.validation.outcomes import refuse_if_all_are_wrong_use, tables_of, uncounted_files
from domains.ramachandran.validation.scoring import COLUMNS, DETAILS, SKIPPED, Request, Scored, score, score_as_plain

pytest.importorskip("gemmi")
REQUEST = Request(str(example()), "top8000", {})
UNREAD = Outcome("a.pdb", error="ramachandran.backbone_angles: a.pdb: damaged", kind="ReadError")
UNFIT = Outcome("b.pdb", error="ramachandran.backbone_angles: b.pdb: no pLDDT", kind="UsageError")


@pytest.mark.parametrize("work", [score, score_as_plain])
def test_each_file_is_there_in_the_order_of_the_cases(work):
    done = Outcome(REQUEST.path, result=work(REQUEST))
    residues, skipped = tables_of([UNREAD, done, UNFIT])
    assert residues["file"].unique().tolist() == [REQUEST.path]
    assert skipped["file"].drop_duplicates().tolist() == ["a.pdb", REQUEST.path, "b.pdb"]
    failed = skipped[skipped["where"] == ""]
    assert failed[["reason", "detail"]].values.tolist() == [
        ["unreadable file", "a.pdb: damaged"],
        ["not scored", "b.pdb: no pLDDT"],
    ]
    assert (failed["finding"] == "").all()
    assert uncounted_files(residues, skipped) == {}


def test_nothing_has_the_columns_of_something():
    residues, skipped = tables_of([])
    assert residues.columns.tolist() == [*COLUMNS, *DETAILS]
    assert skipped.columns.tolist() == SKIPPED


def test_what_was_warned_of_is_warned_of_again():
    scored = score(REQUEST)
    with pytest.warns(UserWarning, match="a note"):
        tables_of([Outcome(REQUEST.path, result=Scored(scored.residues, scored.skipped, ["a note"]))])


def test_why_no_residue_is_counted():
    residues = pd.DataFrame({"file": ["a", "a", "b"], "counted": [False, False, True]})
    skipped = pd.DataFrame({"file": ["c", "c", "d"], "reason": ["terminal", "terminal", "unreadable file"]})
    why = uncounted_files(residues, skipped)
    assert list(why) == ["a", "c"]
    assert "all conformers have another label than A" in why["a"]
    assert why["c"].endswith("none is left with both angles (2 terminal)")


def test_an_option_that_fits_no_file_is_wrong_use():
    residues, skipped = tables_of([UNFIT])
    with pytest.raises(UsageError, match="^b.pdb: no pLDDT"):
        refuse_if_all_are_wrong_use(residues, skipped)
    refuse_if_all_are_wrong_use(*tables_of([UNFIT, UNREAD]))

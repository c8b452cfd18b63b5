"""The table of what was skipped."""

from __future__ import annotations

from domains._skipped import (
    COLUMNS,
    NOT_SCORED,
    UNPAIRED,
    UNREADABLE,
    as_skipped,
    input_lines,
    of_whole_inputs,
    row_lines,
)


def test_the_columns_are_the_same_for_no_rows_and_for_some():
    assert tuple(as_skipped().columns) == COLUMNS
    assert tuple(as_skipped([{"file": "a.csv", "reason": "no onset"}]).columns) == COLUMNS


def test_a_field_adds_columns_after_the_shared_ones():
    table = as_skipped([{"file": "a.pdb", "reason": "terminal", "chain": "A"}])
    assert tuple(table.columns) == (*COLUMNS, "chain")


def test_whole_inputs_are_told_from_rows():
    reasons = [UNREADABLE, "no onset", UNPAIRED, NOT_SCORED, "terminal"]
    table = as_skipped([{"file": str(k), "reason": reason} for k, reason in enumerate(reasons)])
    assert of_whole_inputs(table)["file"].tolist() == ["0", "2", "3"]


def test_lines_of_whole_inputs_name_the_file_once():
    rows = [
        {"file": "a.nii", "reason": UNREADABLE, "detail": "a.nii: no such file"},
        {"file": "b.nii", "reason": UNPAIRED, "detail": "no prediction of this name"},
        {"file": "c.nii", "reason": NOT_SCORED},
        {"file": "d\udcff.nii", "reason": UNREADABLE, "detail": r"lesions.read_image: d\xff.nii: cut off"},
        {"file": "e.nii", "reason": UNREADABLE, "detail": "lesions.read_image: ee.nii: cut off"},
    ]
    assert input_lines(as_skipped(rows)) == [
        "unreadable file: a.nii: no such file",
        "unpaired file: b.nii: no prediction of this name",
        "not scored: c.nii",
        r"unreadable file: lesions.read_image: d\xff.nii: cut off",
        "unreadable file: e.nii: lesions.read_image: ee.nii: cut off",
    ]


def test_rows_are_counted_by_side_and_reason():
    rows = [{"side": "reference", "file": "a", "reason": "no onset"}] * 3 + [{"file": "b", "reason": "terminal"}]
    assert row_lines(as_skipped(rows)) == ["reference: 3 rows skipped, no onset", "1 row skipped, terminal"]


def test_many_lines_are_cut_and_say_how_many_more():
    table = as_skipped([{"file": str(k), "reason": UNREADABLE} for k in range(8)])
    lines = input_lines(table, most=5)
    assert len(lines) == 6
    assert lines[-1] == "… and 3 more inputs: --skipped lists them all"


def test_nothing_skipped_says_nothing():
    assert input_lines(as_skipped()) == row_lines(as_skipped()) == []

from __future__ import annotations

from pathlib import Path

import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.lesions.cohorts.folders import Listed
from domains.lesions.cohorts.listing import grouped, list_cases, part_of, read_cases


@pytest.fixture
def table(tmp_path):
    def written(text, name="cases.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    (tmp_path / "p").mkdir()
    for name in ("a", "b"):
        (tmp_path / "p" / f"{name}.nii.gz").write_bytes(b"")
    return written


def test_a_table_names_the_cases_in_its_own_order(table, tmp_path):
    path = table("group,reference,prediction,name\nanna,r/b.nii.gz,p/b.nii.gz,\n\nbert,/data/a.nii,p/a.nii.gz,one\n")
    assert read_cases(path) == [
        Listed("b", tmp_path / "p/b.nii.gz", tmp_path / "r/b.nii.gz", "anna"),
        Listed("one", tmp_path / "p/a.nii.gz", Path("/data/a.nii"), "bert"),
    ]


def test_a_prediction_that_is_not_there_is_missing(table):
    cases = read_cases(table("prediction,reference\n,r/a.nii\np/none.nii,r/b.nii\n"))
    assert [case.predicted for case in cases] == [None, None]


def test_a_name_that_a_spreadsheet_would_run_comes_back(table):
    (case,) = read_cases(table("prediction,reference,name\np/a.nii.gz,r/a.nii,'=1+2\n"))
    assert case.name == "=1+2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("prediction,mask\na,b\n", r"line 1: a column 'mask'; a list of cases has prediction, reference, name, group"),
        ("prediction\na\n", "line 1: no column reference"),
        ("prediction,reference,prediction\na,b,c\n", "line 1: the column prediction is there twice"),
        ("prediction,reference\na\n", "line 2: 1 cells in a table of 2 columns"),
        ("prediction,reference\na,\n", "line 2: no reference is named"),
        ("prediction,reference\na,r/x.nii\n\nb,s/x.nii.gz\n", "line 4: the case x again, after line 2"),
        ("prediction,reference\n\n", "it names no cases"),
        ('prediction,reference\n"a,b\n', "line 2: a quotation mark opens a cell that never ends"),
    ],
)
def test_what_is_wrong_is_one_line(table, text, found):
    path = table(text)
    with pytest.raises(ReadError, match=found) as error:
        read_cases(path)
    assert str(error.value).startswith(f"lesions.cohort: {path}: ")
    assert "\n" not in str(error.value)


def test_the_remedy_for_two_cases_of_one_name_helps(table):
    path = table("prediction,reference,name\na,r/x.nii,x\nb,s/x.nii.gz,y\n")
    assert [case.name for case in read_cases(path)] == ["x", "y"]


def test_two_folders_or_a_table(table, tmp_path):
    path = table("prediction,reference\np/a.nii.gz,r/a.nii\n")
    assert list_cases(None, None, path) == (read_cases(path), [])
    for wrong in ((tmp_path, None, None), (tmp_path, tmp_path, path), (None, None, None), (tmp_path, None, path)):
        with pytest.raises(UsageError, match="give two folders"):
            list_cases(*wrong)
    with pytest.raises(UsageError, match="names and reference_names are for folders"):
        list_cases(None, None, path, names="(.+)")


def test_two_folders_are_paired_as_challenges_name_files_unless_a_pattern_says_how(table, tmp_path):
    (tmp_path / "r").mkdir()
    for name in ("a-seg.nii.gz", "b-seg.nii.gz"):
        (tmp_path / "r" / name).write_bytes(b"")
    cases, rows = list_cases(tmp_path / "p", tmp_path / "r")
    assert [(case.name, case.reference.name) for case in cases] == [("a", "a-seg.nii.gz"), ("b", "b-seg.nii.gz")]
    assert [case.predicted for case in cases] == [tmp_path / "p/a.nii.gz", tmp_path / "p/b.nii.gz"]
    assert rows == []
    assert list_cases(tmp_path / "p", tmp_path / "r", None, "(.+)", "(.+)-seg") == (cases, [])
    with pytest.raises(ValueError, match="no image has the same name"):
        list_cases(tmp_path / "p", tmp_path / "r", None, "(.+)")


CASES = [Listed(name, None, Path(f"{name}.nii")) for name in ("anna_1", "anna_2", "bert_1")]


def test_groups_are_captured_in_names():
    assert [case.group for case in grouped(CASES, "(.+)_.")] == ["anna", "anna", "bert"]
    assert grouped(CASES, None) == CASES
    with pytest.raises(UsageError, match=r"group '.+_1' captures nothing"):
        grouped(CASES, "(?:a)._1")
    with pytest.raises(UsageError, match=r"does not match the case anna_2"):
        grouped(CASES, "(.+)_1")
    with pytest.raises(UsageError, match=r"group '\(' is no regular expression .*: put what counts in parentheses"):
        grouped(CASES, "(")


def test_parts_share_the_cases():
    for n in range(1, 5):
        parts = [part_of(CASES, (k, n)) for k in range(1, n + 1)]
        assert sorted(case.name for part in parts for case in part) == [case.name for case in CASES]
    for wrong in ((0, 2), (3, 2), (1, 0), (1.5, 2)):
        with pytest.raises(UsageError):
            part_of(CASES, wrong)

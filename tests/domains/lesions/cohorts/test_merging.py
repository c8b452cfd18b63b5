from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from domains import _console
from domains._checks import UsageError
from domains._records import Header, Outcome, Records, as_line, read_records
from domains.lesions import cohort, merge
from domains.lesions.run import merge_files

NAMES = ("anna_1", "anna_2", "bert_1", "bert_2", "carl_1")


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Write five cases, one without a prediction and one of which the prediction is damaged; score them in parts."""
    folder = tmp_path_factory.mktemp("merging")
    lines = ["prediction,reference,group"]
    for side in ("p", "r"):
        (folder / side).mkdir()
    for k, name in enumerate(NAMES):
        mask = np.zeros((6, 5, 4), np.uint8)
        mask[1 : 3 + k % 3, 1:4, 1:3] = 1
        nib.save(nib.Nifti1Image(mask, np.eye(4)), folder / "p" / f"{name}.nii")
        nib.save(nib.Nifti1Image(mask[::-1].copy(), np.eye(4)), folder / "r" / f"{name}.nii")
        lines.append(f"p/{name}.nii,r/{name}.nii,{name[:4]}")
    (folder / "p" / "bert_1.nii").unlink()
    (folder / "p" / "carl_1.nii").write_bytes(b"notes")
    path = folder / "cases.csv"
    path.write_text("\n".join(lines))
    for k in (1, 2, 3):
        cohort(cases=path, as_="labels", part=(k, 3), out=folder / f"part_{k}.csv")
    return folder


@pytest.fixture
def table(scored, tmp_path):
    """Copy the cases and their table."""
    for side in ("p", "r"):
        shutil.copytree(scored / side, tmp_path / side)
    return Path(shutil.copy(scored / "cases.csv", tmp_path))


@pytest.fixture
def parts(scored, tmp_path):
    """Copy the records of the parts."""
    return [Path(shutil.copy(scored / f"part_{k}.csv.records", tmp_path)) for k in (1, 2, 3)]


@pytest.mark.slow
def test_the_parts_are_the_whole(scored, parts, tmp_path):
    table = scored / "cases.csv"
    whole, skipped = cohort(cases=table, as_="labels", out=tmp_path / "whole.csv")
    merged, merged_skipped = merge(parts[::-1], cases=table, out=tmp_path / "merged.csv")
    pd.testing.assert_frame_equal(merged, whole)
    assert (tmp_path / "merged.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(merged_skipped["detail"]) == sorted(skipped["detail"])


@pytest.mark.slow
@pytest.mark.parametrize("by_pattern", [True, False])
def test_the_parts_know_the_groups(table, tmp_path, by_pattern):
    group = "(.+)_.*" if by_pattern else None
    if by_pattern:
        table.write_text("\n".join(line.rpartition(",")[0] for line in table.read_text().splitlines()))
    whole, _ = cohort(cases=table, as_="labels", group=group)
    records = [tmp_path / f"{k}.records" for k in (1, 2)]
    for k, path in enumerate(records, 1):
        cohort(cases=table, as_="labels", group=group, part=(k, 2), records=path)
    merged, _ = merge(records)
    assert merged["group"].tolist() == ["anna", "anna", "bert", "bert", "carl"]
    pd.testing.assert_frame_equal(merged, whole)


def test_records_have_the_groups_of_the_last_run(table, tmp_path):
    path = tmp_path / "all.records"
    cohort(cases=table, as_="labels", records=path)
    table.write_text(table.read_text().replace(",anna", ",anne"))
    again, _ = cohort(cases=table, as_="labels", records=path)
    assert again["group"].tolist() == merge([path])[0]["group"].tolist() == ["anne", "anne", "bert", "bert", "carl"]


def test_images_are_not_needed(table, parts, tmp_path):
    for path in (tmp_path / "r").iterdir():
        path.unlink()
    scores, _ = merge(parts, group="(.+)_.*")
    assert scores["group"].tolist() == ["anna", "anna", "bert", "bert", "carl"]
    assert (scores["error"] == "").sum() == 3


def test_a_part_that_is_not_given_is_told(table, parts):
    scores, skipped = merge(parts[:2])
    assert scores["case"].tolist() == ["anna_1", "anna_2", "bert_2", "carl_1"]
    assert skipped["file"].tolist()[0] == "part 3 of 3"
    assert skipped["detail"][0].startswith("it was not given: name its records, or run the cohort")
    assert merge(parts)[1]["reason"].tolist() == ["unpaired file", "unreadable file"]


@pytest.mark.parametrize("is_copy", [True, False])
def test_two_files_of_one_part_are_no_two_parts(table, parts, tmp_path, is_copy):
    """The task of part 2 was started as part 1, or the file of part 1 was copied."""
    again = tmp_path / "again.records"
    if is_copy:
        again.write_bytes(parts[0].read_bytes())
    else:
        cohort(cases=table, as_="labels", part=(1, 3), records=again)
    with pytest.warns(UserWarning, match=r"part_1.* and .*again.records are all of part 1: its cases count once"):
        _, skipped = merge([parts[0], again, parts[2]])
    assert skipped["file"].tolist()[0] == "part 2 of 3"
    with pytest.warns(UserWarning, match="all of part 1"):
        merged, skipped = merge([*parts, again])
    assert merged["case"].tolist() == list(NAMES)
    assert "not scored" not in skipped["reason"].tolist()
    assert merge([parts[0], *parts])[0].equals(merged), "a file named twice is one"


def test_the_records_of_a_part_take_no_other(table, parts):
    with pytest.raises(UsageError, match=r"part_1.*made with other settings .part 1, now 2.: move it away"):
        cohort(cases=table, as_="labels", part=(2, 3), records=parts[0])


def rewrite(table, order):
    """Put the cases of a table in another order; some may be left out."""
    header, *lines = table.read_text().splitlines()
    table.write_text("\n".join([header, *[lines[k] for k in order]]))


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (0, 1, 2, 3), (1, 0, 2, 3, 4)])
def test_parts_of_a_table_that_changed_between_them_are_refused_and_the_remedies_help(table, parts, tmp_path, order):
    whole, _ = merge(parts)
    content = table.read_text()
    rewrite(table, order)
    cohort(cases=table, as_="labels", part=(3, 3), records=parts[2])
    with pytest.raises(UsageError, match=r"^lesions.merge: \S*part_3\S* divided other cases than \S*part_1") as caught:
        merge(parts)
    assert "\n" not in str(caught.value)
    # the second remedy tells what no part has
    table.write_text(content)
    named, _ = merge(parts, cases=table)
    assert named["case"].tolist() == list(NAMES)
    # the first: both again with one table, into the same files
    for k in (1, 3):
        cohort(cases=table, as_="labels", part=(k, 3), records=parts[k - 1])
    pd.testing.assert_frame_equal(merge(parts)[0], whole)


@pytest.mark.slow
def test_a_table_that_grew_is_done_in_parts_again(table, tmp_path):
    content = table.read_text()
    rewrite(table, range(3))
    records = [tmp_path / f"{k}.records" for k in (1, 2)]
    for lines in (table.read_text(), content):
        table.write_text(lines)
        for k, path in enumerate(records, 1):
            cohort(cases=table, as_="labels", part=(k, 2), records=path)
    assert merge(records)[0]["case"].tolist() == list(NAMES)


def test_whole_cohorts_are_joined_without_a_word(table, tmp_path):
    paths = [tmp_path / "one.records", tmp_path / "other.records"]
    lines = table.read_text().splitlines()
    for path, line in zip(paths, (lines[1], lines[2]), strict=True):
        table.write_text(f"{lines[0]}\n{line}")
        cohort(cases=table, as_="labels", records=path)
    scores, skipped = merge(paths)
    assert (len(scores), len(skipped)) == (2, 0)


def test_a_case_that_no_part_has_is_a_row(table, parts):
    scores, skipped = merge(parts[:2], cases=table)
    assert scores["case"].tolist() == list(NAMES)
    assert scores["error"][2] == "no part has it: run its part, or name its records"
    assert skipped["reason"].tolist().count("not scored") == 2


def test_a_case_that_was_begun_is_told(parts):
    with parts[0].open("ab") as file:
        file.write(as_line({"start": "dora_1"}))
    scores, _ = merge(parts)
    assert scores["error"].tolist()[-1] == f"{parts[0]}: its run ended before this case was done: run the part again"


def test_parts_of_other_settings_are_refused(table, parts, tmp_path):
    cohort(cases=table, as_="labels", part=(3, 3), records=tmp_path / "other", level=0.25)
    with pytest.raises(UsageError, match=r"other was made with other settings than .*part_1.*level 0.5, now 0.25.:"):
        merge([parts[0], tmp_path / "other"])
    cohort(cases=table, as_="labels", part=(1, 2), records=tmp_path / "half")
    with pytest.raises(UsageError, match="parts 3, now 2"):
        merge([parts[0], tmp_path / "half"])


def test_a_case_counts_as_the_part_that_scored_it(parts, tmp_path):
    again = tmp_path / "again"
    kept = read_records(parts[0], "lesions.cohort")
    header = Header("lesions.cohort", kept.settings, shared=kept.shared)
    scored = [{"label": "1", "dice": 0.5, "missing": 0}]
    with Records(again, header) as records:
        records.add(Outcome("carl_1", scored), [])
    for order in ([*parts, again], [again, *parts]):
        with pytest.warns(UserWarning, match="all of part 1"):
            scores, _ = merge(order)
        assert scores[scores["case"] == "carl_1"]["dice"].tolist() == [0.5]
    other = tmp_path / "other"
    with Records(other, header) as records:
        records.add(Outcome("carl_1", [{**scored[0], "dice": 0.25}]), [])
    said = r"again and .*other have other scores of the case carl_1: leave one of them"
    with pytest.warns(UserWarning, match="all of part 1"), pytest.raises(UsageError, match=said):
        merge([again, other])
    assert len(merge([again, again])[0]) == 1


@pytest.mark.parametrize("content", [b"", b"notes", b'{"format": "overlap records"}\n'])
def test_what_is_no_part_is_refused(parts, tmp_path, content):
    odd = tmp_path / "odd.records"
    odd.write_bytes(content)
    with pytest.raises(UsageError, match=r"^lesions.merge: (the first line of )?\S*odd.records"):
        merge([*parts, odd])
    with pytest.raises(UsageError, match=r"^lesions.merge: records \S*none.records: no such file"):
        merge([tmp_path / "none.records"])
    with pytest.raises(UsageError, match="^lesions.merge: no files of records were given"):
        merge([])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"out": "notes.csv"}, "notes.csv is not a table of scores"),
        ({"out": "nowhere/m.csv"}, "no folder"),
        ({"out": "notes.parquet"}, "notes.parquet"),
        ({"cases": "notes.csv"}, "notes.csv: line 1"),
        ({"cases": "none.csv"}, "none.csv: no such file"),
        ({"group": "(.+"}, "group '(.+' is no regular expression"),
        ({"group": "anna"}, "captures nothing"),
        ({"group": "(anna)_.*"}, "does not match the case bert_1"),
    ],
)
def test_errors_say_that_it_is_merge(parts, tmp_path, options, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("notes.csv", "notes.parquet"):
        (tmp_path / name).write_text("my,notes\n")
    with pytest.raises((ValueError, OSError, ImportError)) as caught:
        merge(parts, **options)
    message = str(caught.value)
    assert message.startswith("lesions.merge: ")
    assert said in message
    assert "\n" not in message


def test_what_lies_outside_the_field_of_view_is_told_of_all_parts(tmp_path):
    """The prediction of the first case is a slice deeper than its reference, that of the second a slice shorter."""
    shallow = np.zeros((5, 5, 3), np.uint8)
    shallow[1:3, 1:4, 1] = 1
    deep = np.pad(shallow, ((0, 0), (0, 0), (0, 1)))
    deep[3, 1:3, 3] = 1
    lines = ["prediction,reference"]
    for name, masks in {"deep": (deep, shallow), "short": (shallow, deep)}.items():
        for side, mask in zip("pr", masks, strict=True):
            nib.save(nib.Nifti1Image(mask, np.eye(4)), tmp_path / f"{side}_{name}.nii")
        lines.append(f"p_{name}.nii,r_{name}.nii")
    (tmp_path / "cases.csv").write_text("\n".join(lines))
    records = [tmp_path / f"{k}.records" for k in (1, 2)]
    for k, path in enumerate(records, 1):
        with pytest.warns(UserWarning, match="^lesions.cohort: in 1 of 1 cases"):
            cohort(cases=tmp_path / "cases.csv", as_="labels", resample="nearest", part=(k, 2), records=path)
    with pytest.warns(UserWarning, match="^lesions.merge: ") as told:
        merge(records)
    (message,) = [str(warning.message) for warning in told]
    assert "in 1 of 2 cases a part of the prediction lies outside" in message
    assert "most in r_deep (column left_out: 2)" in message
    assert "most in r_short (column padded: 25 %)" in message


def test_cases_without_a_common_label_are_told_of_all_parts(tmp_path):
    lines = ["prediction,reference"]
    for k in (1, 2):
        for side in "pr":
            mask = np.zeros((4, 4, 3), np.uint8)
            mask[1:3, 1:3, 1] = 255 if side == "p" and k == 2 else 1
            nib.save(nib.Nifti1Image(mask, np.eye(4)), tmp_path / f"{side}_{k}.nii")
        lines.append(f"p_{k}.nii,r_{k}.nii")
    (tmp_path / "cases.csv").write_text("\n".join(lines))
    records = tmp_path / "all.records"
    with pytest.warns(UserWarning, match="^lesions.cohort: 1 of 2 cases, such as r_2"):
        cohort(cases=tmp_path / "cases.csv", as_="labels", records=records)
    with pytest.warns(UserWarning, match="^lesions.merge: 1 of 2 cases, such as r_2"):
        merge([records])


def test_the_command(table, parts, tmp_path, capsys):
    code = merge_files(parts, out=tmp_path / "m.csv", cases=table, outputs=_console.Outputs(format="json"))
    report = json.loads(capsys.readouterr().out)
    assert (code, report["cases"], report["missing"]) == (1, 5, ["bert_1"])
    assert report["summary"][0]["n_scored"] == 3
    assert pd.read_csv(tmp_path / "m.csv")["case"].tolist() == list(NAMES)

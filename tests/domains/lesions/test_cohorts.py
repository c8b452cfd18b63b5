from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from domains._checks import UsageError
from domains.lesions import Settings, example, read_image, write_image
from domains.lesions.cohorts import (
    COLUMNS,
    Case,
    append_scores,
    changed_settings,
    file_stamp,
    read_scores,
    score_case,
    write_scores,
)


@pytest.fixture
def case(tmp_path):
    paths = []
    for rater in (0, 1):
        paths.append(tmp_path / f"rater_{rater}.nii.gz")
        write_image(read_image(example()).isel(rater=rater), paths[-1])
    return Case("nodule", *paths, None, None, None, Settings(threshold=0.3))


def rows(*names, settings="now"):
    table = pd.DataFrame({"case": names, "label": "1", "dice": 0.5, "error": "", "stamp": "7@7", "settings": settings})
    return table.reindex(columns=COLUMNS)


def test_a_case_has_a_row_for_each_label(case):
    scores = score_case(case)
    assert scores.skipped is None
    assert scores.rows["label"].tolist() == ["1"]
    assert scores.rows["lesions_matched"].tolist() == [1], "at the settings of the case"


@pytest.mark.parametrize("side", ["predicted", "reference"])
def test_a_file_that_cannot_be_read_is_named_with_its_side(case, side):
    path = getattr(case, side)
    path.write_bytes(b"notes")
    scores = score_case(case)
    assert scores.skipped["side"] == {"predicted": "prediction"}.get(side, side)
    assert (scores.skipped["file"], scores.skipped["reason"]) == (str(path), "unreadable file")
    assert scores.rows["error"].tolist() == [scores.skipped["detail"]]


def test_a_table_grows_and_is_read_again(tmp_path):
    path = tmp_path / "scores.csv"
    assert read_scores(path, "now").empty
    write_scores(rows("a"), path)
    append_scores(rows("b", "c"), path)
    assert read_scores(path, "now")["case"].tolist() == ["a", "b", "c"]
    path.write_bytes(path.read_bytes()[:-4])
    assert read_scores(path, "now")["case"].tolist() == ["a", "b"], "a case that was not finished is left out"
    assert not list(tmp_path.glob("*.part"))


def test_other_tables_are_refused(tmp_path):
    path = tmp_path / "scores.csv"
    write_scores(rows("a", settings="then"), path)
    with pytest.raises(UsageError, match=r"made with other settings \(then, now now\)"):
        read_scores(path, "now")
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="not a table of scores"):
        read_scores(path, "now")


def test_only_the_settings_that_differ_are_named():
    before = '{"labels": null, "level": 0.5, "empty": NaN, "preset": "monai"}'
    now = '{"labels": [1, 2], "level": 0.5, "empty": NaN, "scale": 255}'
    assert changed_settings(before, now) == 'labels null, now [1, 2]; preset "monai", now null; scale null, now 255'


def test_a_stamp_changes_with_the_file(tmp_path):
    path = Path(tmp_path, "a")
    path.write_bytes(b"1")
    before = file_stamp(path)
    path.write_bytes(b"22")
    assert file_stamp(path) != before

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from domains._batch import Outcome
from domains._checks import UsageError
from domains._console import save_table
from domains.lesions import cohort, read_scores
from domains.lesions.cohorts import saving
from domains.lesions.cohorts.cohorts import scores_of
from domains.lesions.cohorts.saving import check_table, save_scores

SCORED = Outcome("b", [{"label": "10", "dice": 0.5, "hd95": float("inf"), "missing": 0, "lesions_matched": 2}])
FAILED = Outcome("007", error="different grids")


def test_a_table_of_scores_may_be_replaced_whole_or_cut(tmp_path):
    path = tmp_path / "s.csv"
    check_table(path)
    save_table(scores_of([SCORED]), path)
    whole = path.read_bytes()
    for n in range(len(whole) + 1):
        path.write_bytes(whole[:n])
        check_table(path)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"x", b"case,label\n", b"case,other", b"\x1f\x8b"])
def test_another_file_is_never_replaced(tmp_path, content):
    path = Path(tmp_path, "s.csv")
    path.write_bytes(content)
    with pytest.raises(UsageError, match="s.csv is not a table of scores of this version, and would be overwritten"):
        check_table(path)


def test_without_pyarrow_one_line_says_so_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "find_spec", lambda name: None)
    out = tmp_path / "s.parquet"
    with pytest.raises(
        ImportError, match=r"s.parquet: Parquet needs pyarrow: pip install .*\[parquet\].*, or name a .csv"
    ):
        cohort(tmp_path / "p", tmp_path / "r", out=out)
    assert not out.exists()


def test_parquet_keeps_types(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "s.parquet"
    check_table(path)
    table = scores_of([replace(SCORED, about={"group": "0012"}), FAILED])
    save_scores(table, path)
    pd.testing.assert_frame_equal(read_scores(path), table, check_dtype=False)
    check_table(path)
    path.write_bytes(b"PAR1 notes")
    with pytest.raises(UsageError, match="not a table of scores"):
        check_table(path)
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(UsageError, match="not a table of scores"):
        check_table(path)


def test_settings_lie_beside_a_csv_and_go_with_it(tmp_path):
    path = tmp_path / "s.csv"
    table = scores_of([SCORED])
    table.attrs["settings"] = {"level": 0.5}
    save_scores(table, path)
    beside = tmp_path / "s.csv.settings.json"
    assert json.loads(beside.read_text())["settings"] == {"level": 0.5}
    table.attrs.clear()
    save_scores(table, path)
    assert not beside.exists(), "those of another table"


def test_a_device_has_no_records_beside_it():
    assert saving.records_beside(Path("/dev/null")) is None

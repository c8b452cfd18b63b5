from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from domains._batch import Interrupted
from domains._checks import UsageError
from domains._running import Running
from domains.lesions import Settings
from domains.lesions.cohorts.gathering import gather
from domains.lesions.cohorts.jobs import Saved, keeping_records, score_cases
from domains.lesions.cohorts.listing import Choice
from domains.lesions.cohorts.sources import Reading

RUNNING = Running(operation="lesions.cohort")


def names_of(outcomes):
    return pd.DataFrame({"case": [outcome.case for outcome in outcomes], "n": [outcome.result for outcome in outcomes]})


def length(pair):
    return len(pair.case.name)


def stop_at_the_third(pair):
    if pair.case.name == "case_2":
        raise KeyboardInterrupt
    return 1


@pytest.fixture
def cohort(folders):
    return gather(*folders, Choice(), Reading(as_="labels"), None, Settings(), RUNNING)


def test_any_work_on_a_pair_becomes_a_table(cohort, tmp_path):
    saved = Saved(names_of, ["case", "n"], tmp_path / "t.csv")
    table, outcomes = score_cases(length, cohort, RUNNING, saved)
    assert table["n"].tolist() == [6] * 4
    assert len(outcomes) == 4
    assert pd.read_csv(tmp_path / "t.csv").equals(table)


def test_an_interrupted_job_saves_what_is_done(cohort, tmp_path):
    saved = Saved(names_of, ["case", "n"], tmp_path / "t.csv")
    with pytest.raises(Interrupted):
        score_cases(stop_at_the_third, cohort, RUNNING, saved)
    assert pd.read_csv(tmp_path / "t.csv")["case"].tolist() == ["case_0", "case_1"]


def test_records_lie_beside_the_table_and_are_another_file(tmp_path):
    table = tmp_path / "t.csv"
    assert keeping_records(RUNNING, table, ["case"]).records == tmp_path / "t.csv.records"
    assert keeping_records(RUNNING, None, ["case"]).records is None
    own = Running(operation="lesions.cohort", records=tmp_path / "r")
    assert keeping_records(own, table, ["case"]).records == tmp_path / "r"
    with pytest.raises(UsageError, match=r"^lesions.cohort: .*t.csv is both out and records"):
        keeping_records(Running(operation="lesions.cohort", records=table), table, ["case"])
    table.write_text("name\n")
    with pytest.raises(UsageError, match="is not a table of scores"):
        keeping_records(RUNNING, table, ["case"])
    with pytest.raises(UsageError, match="there is no folder"):
        keeping_records(RUNNING, Path(tmp_path, "none", "t.csv"), ["case"])

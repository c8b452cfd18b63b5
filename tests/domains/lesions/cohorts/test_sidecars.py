from __future__ import annotations

import os
from math import inf
from pathlib import Path

import pandas as pd
import pytest

from domains._checks import UsageError
from domains.lesions import read_scores
from domains.lesions.cohorts.saving import check_table, save_scores
from domains.lesions.cohorts.sidecars import check_settings_file, read_settings, save_settings, settings_beside

SETTINGS = {"preset": "monai", "labels": {"core": [1, 4], "<φ>": [2]}, "level": 0.5, "dilation": None, "empty": inf}


def table(settings=SETTINGS):
    scores = pd.DataFrame({"case": ["007"], "label": ["1"], "dice": [0.5], "error": [""]})
    if settings is not None:
        scores.attrs["settings"] = settings
    return scores


@pytest.mark.parametrize("name", ["s.csv", "s.parquet"])
def test_settings_come_back_with_the_table(tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    save_scores(table(), tmp_path / name)
    assert read_scores(tmp_path / name).attrs["settings"] == SETTINGS


def test_a_table_that_says_no_settings_has_not_those_of_the_one_before(tmp_path):
    save_scores(table(), tmp_path / "s.csv")
    save_scores(table(None), tmp_path / "s.csv")
    assert "settings" not in read_scores(tmp_path / "s.csv").attrs
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_a_table_that_cannot_be_saved_says_nothing_false(tmp_path, monkeypatch):
    save_scores(table(), tmp_path / "s.csv")

    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="no space"):
        save_scores(table({"preset": "medpy"}), tmp_path / "s.csv")
    assert "settings" not in read_scores(tmp_path / "s.csv").attrs


def test_another_file_is_never_replaced(tmp_path):
    beside = tmp_path / "s.csv.settings.json"
    check_settings_file(beside, "lesions.merge")
    save_settings(SETTINGS, beside)
    check_settings_file(beside, "lesions.merge")
    beside.write_text('{"my": "notes"}')
    said = r"^lesions.merge: .*s.csv.settings.json is no file of settings, and would be overwritten: move it away"
    with pytest.raises(UsageError, match=said):
        check_table(tmp_path / "s.csv", "lesions.merge")


def test_a_device_has_no_settings_beside_it():
    assert settings_beside(os.devnull) is None
    save_scores(table(), Path(os.devnull))


OURS = '{"format": "overlap settings"'


@pytest.mark.parametrize("content", ["", "{", "[1]", OURS, f'{OURS}, "settings": 3}}', '{"settings": {}}'])
def test_a_damaged_file_says_nothing(tmp_path, content):
    path = tmp_path / "s.csv.settings.json"
    path.write_text(content)
    assert read_settings(path) is None
    path.write_bytes(b"\xff\x00")
    assert read_settings(path) is None

"""Names are cut, and stay as different as they were."""

from __future__ import annotations

from domains.events.pictures.naming import RowNames, elided, row_names, short_names

LONG = "sub-01_ses-02_task-restingstateeyesclosed_run-{}_desc-detections_events"


def test_long_names_are_cut_in_their_middle_and_stay_different():
    shown = [(LONG.format(k), label) for k in range(3) for label in ("seizure", "spindle")]
    assert row_names(shown)[::2] == [f"sub-01…run-{k} · seizure" for k in range(3)]
    assert row_names(shown[::2]) == [f"sub-01…run-{k}" for k in range(3)], "one label tells no row apart"


def test_names_that_differ_in_their_middle_alone_are_not_cut_alike():
    files = [f"{'a' * 40}{k}{'b' * 40}" for k in range(3)]
    assert len(set(short_names(files, 20))) == 3


def test_files_of_one_name_are_called_by_their_folders():
    shown = [(f"{folder}/night", label) for folder in ("p", "q") for label in ("x", "y")]
    assert row_names(shown) == ["p/night · x", "p/night · y", "q/night · x", "q/night · y"]


def test_rows_that_are_called_otherwise():
    assert row_names([("f", "anna"), ("f", "bert")], {("f", "anna"): "s0 → anna"}) == ["s0 → anna", "bert"]


def test_what_names_share_is_without_their_folders():
    shown = [(f"study/site_1_a/sub-0{k}_ses-01_task-monitoring_run-0{k}_eeg", "sz") for k in (1, 2)]
    assert RowNames.of(shown).without == "ses-01_task-monitoring, eeg"
    short = [("p", "sz"), ("q", "sz")]
    assert RowNames.of(short) == (["p", "q"], "")


def test_both_ends_of_a_name_are_kept():
    assert [elided("abcdefghij", most) for most in (10, 9, 8)] == ["abcdefghij", "abcd…ghij", "abcd…hij"]

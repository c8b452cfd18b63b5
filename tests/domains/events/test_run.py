"""Files and folders; what is left out is listed; the picture shows what the table counts."""

from __future__ import annotations

import json
import os
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains import _console
from domains._checks import UsageError
from domains._console import Outputs
from domains._skipped import UNPAIRED, UNREADABLE
from domains.events import compare, read_events, run, score, summarise
from domains.events.files import sides
from domains.events.run import score_files

HEADER = "onset\tduration\teventType\trecordingDuration\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def recordings(root, **files):
    for name, rows in files.items():
        write(root / "eeg" / f"{name}_events.tsv", HEADER + "".join(f"{s}\t{d}\t{x}\t{t}\n" for s, d, x, t in rows))
    return root


@pytest.fixture
def folders(tmp_path):
    a = recordings(tmp_path / "a", one=[(100, 20, "sz", 3600)], two=[(0, 3600, "bckg", 3600)])
    b = recordings(tmp_path / "b", one=[(110, 30, "sz", 3600)], two=[(500, 9, "sz", 3600)], three=[(0, 9, "sz", 7200)])
    return a, b


def test_two_files_are_one_recording(tmp_path):
    a = write(tmp_path / "model.csv", "onset,offset,label\n0,10,x\n5,4,x\n")
    b = write(tmp_path / "truth.txt", "5\t15\tx\n")
    report, skipped, scored = score(a, b, support=20.0)
    assert float(report.intersection) == 5
    assert [x["file"].tolist() for x in scored.given] == [["truth"], ["truth"]]
    assert (report.attrs["prediction"], report.attrs["reference"]) == ("model.csv", "truth.txt")
    assert skipped[["side", "reason"]].to_numpy().tolist() == [["prediction", "ends before it begins"]]


def test_folders_and_the_durations_that_files_say(folders):
    report, skipped, _ = score(*folders, "szcore")
    assert [int(report[k]) for k in ("intersection", "size_a", "size_b")] == [1, 1, 3]
    assert float(report.false_alarms_per_24h) == 0
    assert report.attrs["support"] == "14400 s in 3 files"
    assert skipped["reason"].tolist() == ["background", UNPAIRED]
    by_file = score(*folders, "szcore", by="file").report
    assert by_file.file.values.tolist() == ["eeg/one_events", "eeg/three_events", "eeg/two_events"]
    assert by_file.recall.values.tolist() == [1, 0, 0]


@pytest.mark.slow
def test_a_file_without_a_partner_counts_is_named_and_no_success(tmp_path, capsys):
    for side, name in (("p", "x"), ("p", "y"), ("r", "x"), ("r", "z")):
        write(tmp_path / side / f"{name}.csv", HOUR + "1,2,sz\n")
    sides = tmp_path / "p", tmp_path / "r"
    report, skipped, _ = score(*sides, support=10.0)
    assert [float(report[k]) for k in ("intersection", "size_a", "size_b")] == [1, 2, 2]
    assert skipped[["side", "file", "reason"]].to_numpy().tolist() == [
        ["prediction", str(tmp_path / "p" / "y.csv"), UNPAIRED],
        ["reference", str(tmp_path / "r" / "z.csv"), UNPAIRED],
    ]
    assert [x.split(";")[0].split(" as ")[1] for x in skipped["detail"]] == ["false alarms", "missed"]
    assert score_files(*sides, outputs=Outputs(), support=10.0) == 1
    assert "z.csv: the prediction has no file of this recording" in capsys.readouterr().err
    # the remedy, followed
    write(tmp_path / "p" / "z.csv", HOUR)
    write(tmp_path / "r" / "y.csv", HOUR)
    assert score_files(*sides, outputs=Outputs(), support=10.0) == 0
    assert score(*sides, support=10.0).report.identical(report)


def test_beside_a_table_of_many_recordings_no_file_is_missing(tmp_path):
    for name in "xy":
        write(tmp_path / "p" / f"{name}.csv", HOUR + "1,2,sz\n")
    write(tmp_path / "r" / "all.csv", "file,onset,offset,label\nx,1,2,sz\nz,1,2,sz\n")
    for reference in (tmp_path / "r", tmp_path / "r" / "all.csv"):
        report, skipped, _ = score(tmp_path / "p", reference)
        assert skipped.empty
        assert report.attrs["files"] == "1 on both sides, 1 predicted only, 1 annotated only, 3 in all"


def test_a_partner_that_cannot_be_read_is_one(folders):
    write(folders[0] / "eeg" / "three_events.tsv", "notes")
    assert score(*folders, "szcore").skipped["reason"].tolist().count(UNPAIRED) == 0


def test_folders_of_different_formats(tmp_path):
    write(tmp_path / "a" / "x.csv", "onset,offset,label\n0,2,anna\n")
    write(tmp_path / "b" / "x.rttm", "SPEAKER x 1 0 2 <NA> <NA> anna <NA> <NA>\n")
    report = score(tmp_path / "a", tmp_path / "b", "tiou", thresholds=(0.5,)).report
    assert report.attrs["files"].startswith("1 on both sides")


def test_a_file_that_cannot_be_read_is_left_out_on_both_sides(folders):
    (folders[0] / "eeg" / "one_events.tsv").write_text("these are my notes\n")
    report, skipped, scored = score(*folders, "szcore")
    bad = skipped[skipped["reason"] == UNREADABLE]
    assert bad["side"].tolist() == ["prediction"]
    assert "one_events.tsv" in bad["detail"].iloc[0]
    assert int(report.size_b) == 2
    assert "eeg/one_events" not in set(scored.given[1]["file"])
    assert report.attrs["support"] == "10800 s in 2 files"


def test_a_single_file_that_cannot_be_read_raises(tmp_path):
    good = write(tmp_path / "a.csv", "onset,offset\n0,1\n")
    with pytest.raises(ValueError, match="b.csv: its header .notes. is not known"):
        score(good, write(tmp_path / "b.csv", "notes"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        score(tmp_path / "nowhere.csv", good)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no files of events .* for the prediction"):
        score(tmp_path / "empty", good)


def test_json_that_describes_a_table_is_no_table(folders, shared_data):
    bids = shared_data / "events" / "formats" / "bids"
    report, skipped, _ = score(bids, bids, "tiou", thresholds=(0.5,))
    assert report.f1.values.tolist() == [1]
    assert skipped.empty
    assert report.attrs["files"].startswith("2 on both sides")


def test_two_durations_of_one_recording(tmp_path):
    a = recordings(tmp_path / "a", one=[(0, 9, "sz", 3000)])
    b = recordings(tmp_path / "b", one=[(0, 9, "sz", 3600)])
    with pytest.warns(UserWarning, match="1 recordings have two durations .*3000 s, reference: 3600 s"):
        report = score(a, b, "szcore").report
    assert report.attrs["support"] == "3600 s in 1 file"


def test_a_renamed_label_is_said_once_for_each_side(tmp_path):
    for side, header in (("p", "onset,offset,kind\n"), ("r", "onset,offset,label\n")):
        for name in "abc":
            write(tmp_path / side / f"{name}.csv", header + "0,5,dog\n")
    with pytest.warns(UserWarning, match="label") as warned:
        score(tmp_path / "p", tmp_path / "r")
    messages = [str(warning.message) for warning in warned]
    assert sum("no column is known as the label" in message for message in messages) == 1
    assert "p/a.csv: " in messages[0]
    assert messages[0].endswith("say so: label_column='kind' (--label-column 'kind') (and 2 more files of this side)")


def test_the_column_of_the_labels_is_said_of_both_sides(tmp_path):
    """Of two dogs and a cat, one dog is called a cat; the detector's tables have a label of a known name."""
    write(tmp_path / "p" / "a.csv", "onset,offset,label\n0,5,dog\n10,15,cat\n20,25,cat\n")
    write(tmp_path / "r" / "a.csv", "onset,offset,kind\n0,5,dog\n10,15,dog\n20,25,cat\n")
    with pytest.warns(UserWarning, match="p/a.csv: no column 'kind'; its label is in another that is known"):
        report = score(tmp_path / "p", tmp_path / "r", "tiou", thresholds=[0.5], label_column="kind", by="label").report
    assert report["label"].values.tolist() == ["cat", "dog"]
    assert report.intersection.values.ravel().tolist() == [1, 1]
    assert float(report.size_b.sel(label="dog").squeeze()) == 2


HOUR = "onset,offset,label\n"


def test_seconds_are_those_of_recordings_without_events_too(tmp_path):
    for side, row in (("p", "100,120,sz\n"), ("r", "1000,1030,sz\n")):
        write(tmp_path / side / "a.csv", HOUR + row)
        write(tmp_path / side / "b.csv", HOUR)
    report = score(tmp_path / "p", tmp_path / "r", "szcore", support=3600.0).report
    # one false alarm in two hours
    assert report.attrs["support"] == "7200 s in 2 files"
    assert float(report.false_alarms_per_24h) == 12
    by_file = score(tmp_path / "p", tmp_path / "r", "szcore", support=3600.0, by="file").report
    assert by_file.false_alarms_per_24h.values.tolist() == [24, 0]


def test_a_recording_that_one_side_names_counts(tmp_path):
    write(tmp_path / "p" / "a.csv", HOUR + "100,120,sz\n")
    write(tmp_path / "r" / "a.csv", HOUR + "100,120,sz\n")
    write(tmp_path / "r" / "b.csv", HOUR)
    assert score(tmp_path / "p", tmp_path / "r", "time", support=3600.0).report.attrs["support"] == "7200 s in 2 files"


def test_seconds_are_those_of_rows_without_times_too(tmp_path):
    a = write(tmp_path / "a.txt", "x.wav\t0\t5\tdog\ny.wav\nz.wav\n")
    b = write(tmp_path / "b.txt", "x.wav\t0\t5\tdog\ny.wav\nz.wav\n")
    report = score(a, b, "time", support=10.0).report
    assert report.attrs["support"] == "30 s in 3 files"
    # 5 s of 30 are labelled
    assert (float(report.true_negatives), float(report.accuracy)) == (25, 1)


def test_a_row_that_cannot_be_read_is_no_further_recording(tmp_path):
    header = "filename,onset,offset,event_label\n"
    a = write(tmp_path / "a.csv", header + "x.wav,0,5,dog\n,,7,dog\n")
    b = write(tmp_path / "b.csv", header + "x.wav,0,5,dog\n")
    report, skipped, _ = score(a, b, "time", support=10.0)
    assert report.attrs["support"] == "10 s in 1 file"
    assert skipped["reason"].tolist() == ["no onset"]


def test_a_recording_that_was_not_read_is_no_time(tmp_path):
    for side in ("p", "r"):
        write(tmp_path / side / "a.csv", HOUR + "100,120,sz\n")
        write(tmp_path / side / "b.csv", HOUR)
    write(tmp_path / "p" / "b.csv", "notes")
    assert score(tmp_path / "p", tmp_path / "r", "time", support=3600.0).report.attrs["support"] == "3600 s in 1 file"


@pytest.fixture
def nights(tmp_path):
    """A night with a seizure and one without, on both sides."""
    for side in ("p", "r"):
        write(tmp_path / side / "a.csv", HOUR + "100,120,sz\n")
        write(tmp_path / side / "b.csv", HOUR)
    return tmp_path / "p", tmp_path / "r"


def test_a_support_that_lacks_a_recording_without_events_is_said(nights):
    with pytest.warns(UserWarning, match="says nothing of 'b', whose files hold no events: .* NaN; add it") as caught:
        found = score(*nights, "szcore", support={"a": 3600.0})
    assert len(caught) == 1
    assert found.report.attrs["files"].endswith("2 in all")
    assert np.isnan(found.report.false_alarms_per_24h)
    # the remedy, followed
    found = score(*nights, "szcore", support={"a": 3600.0, "b": 3600.0})
    assert found.report.attrs["support"] == "7200 s in 2 files"
    assert float(found.report.false_alarms_per_24h) == 0


@pytest.mark.slow
def test_a_recording_of_the_support_without_a_file_counts_and_is_said_without_a_warning(nights, capsys):
    """In SzCORE a table of durations lists the recordings without seizures too: that is the normal way."""
    support = pd.DataFrame({"file": ["a", "b", "c"], "duration": 3600.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = score(*nights, "szcore", support=support)
    assert found.report.attrs["support"] == "10800 s in 3 files"
    assert score_files(*nights, outputs=Outputs(), protocol="szcore", support=support) == 0
    out, err = capsys.readouterr()
    assert "3 in all, 1 of them without a file: their time counts, as without events" in out
    assert err == ""


def test_a_support_that_lacks_a_recording_and_has_another_may_be_misspelt(nights):
    with pytest.warns(UserWarning, match="names 'c', of which neither side has a file, and says nothing of 'b', whose"):
        score(*nights, "szcore", support={"a": 3600.0, "c": 3600.0})
    with pytest.warns(UserWarning, match="names 'b', 'c', which no event belongs to, and says nothing of 'a'") as told:
        score(*nights, "szcore", support={"b": 3600.0, "c": 3600.0})
    assert len(told) == 1


@pytest.mark.slow
def test_a_support_of_other_recordings_is_no_success(nights, capsys):
    support = pd.DataFrame({"file": ["night"], "duration": [3600.0]})
    assert score_files(*nights, outputs=Outputs(quiet=True), support=support) == 1
    assert (
        "error: not scored: the support names 'night' and no recording that has events ('a')" in capsys.readouterr().err
    )
    # the remedy, followed
    assert score_files(*nights, outputs=Outputs(quiet=True), support=support.assign(file="a")) == 0


@pytest.mark.slow
def test_a_protocol_that_could_score_nothing_is_no_success(nights, capsys):
    assert score_files(*nights, outputs=Outputs(), protocol="affiliation") == 1
    assert (
        "error: not scored: F1 of affiliation is undefined: 0/0, or it is not known how long" in capsys.readouterr().err
    )
    # the remedy, followed
    assert score_files(*nights, outputs=Outputs(), protocol="affiliation", support=3600.0) == 0


@pytest.mark.parametrize("level", [95, float("nan"), 0, 1])
def test_a_level_that_is_none_is_wrong_use(nights, level):
    with pytest.raises(UsageError, match="events.score: level must be a number > 0 and < 1"):
        score(*nights, group="file", level=level)


@pytest.mark.slow
def test_a_level_without_subjects_is_wrong_use(nights):
    with pytest.raises(UsageError, match="without group= there are none"):
        score(*nights, level=0.9)
    # the remedy, followed
    for side in nights:
        write(side / "b.csv", HOUR + "5,25,sz\n")
    assert score(*nights, level=0.9, group="file").report.attrs["level"] == 0.9


def test_a_support_has_no_time_of_recordings_that_were_not_read(nights):
    write(nights[0] / "b.csv", "notes")
    found = score(*nights, "time", support={"a": 3600.0, "b": 3600.0})
    assert found.report.attrs["support"] == "3600 s in 1 file"


def test_a_support_that_lacks_a_recording_with_events_is_said(nights):
    write(nights[1] / "b.csv", HOUR + "5,25,sz\n")
    with pytest.warns(UserWarning, match="the support says nothing of 'a': all of that is scored, and what needs"):
        found = score(*nights, "time", support={"b": 3600.0})
    assert found.report.attrs["support"] == "not known for all files"
    assert float(found.report.intersection) == 20


@pytest.mark.slow
def test_two_files_without_events_are_one_recording(tmp_path):
    a, b = (write(tmp_path / name, HOUR) for name in ("a.csv", "b.csv"))
    assert score(a, b, "time", support=3600.0).report.attrs["support"] == "3600 s in 1 file"
    assert score(a, b, "time", support={"b": 60.0}).report.attrs["support"] == "60 s in 1 file"
    assert score(a, b, "time").report.attrs["files"].endswith("1 in all")


def test_a_file_that_says_0_s_does_not_know_its_duration(tmp_path):
    a = recordings(tmp_path / "a", one=[(0, 9, "sz", 0)])
    assert score(a, a, "szcore").report.attrs["support"] == "not known for all files"


@pytest.mark.slow
def test_an_activitynet_database(shared_data):
    data = shared_data / "events" / "actionloc"
    paths = data / "thumos14_synthetic_predictions.json", data / "thumos14_gt.json"
    report = score(*paths, "thumos14", subset="test").report
    expected = compare(read_events(paths[0]).events, read_events(paths[1], subset="test").events, "thumos14")
    assert float(report.average_map) == float(expected.average_map) == pytest.approx(0.425902374655086, rel=1e-14)


@pytest.mark.slow
def test_what_is_saved_and_printed(folders, tmp_path, capsys):
    out = {k: tmp_path / k for k in ("rows.csv", "plot.png")}
    options = {"protocol": "szcore", "by": "file"}
    (folders[0] / "eeg" / "three_events.tsv").write_text(HEADER)
    assert score_files(*folders, outputs=Outputs(csv=out["rows.csv"], plot=out["plot.png"]), **options) == 0
    assert len(pd.read_csv(out["rows.csv"])) == 3
    assert out["plot.png"].stat().st_size > 5_000
    assert "prediction: a (1)" in capsys.readouterr().out


def test_warnings_are_notes_and_json_is_json_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(run, "EXPLAIN_WITHIN", 60.0)
    a = write(tmp_path / "a.txt", "2.2\t3.2\tx\n")
    b = write(tmp_path / "b.txt", "2.0\t3.0\tx\nonly words\there\n")
    assert score_files(a, b, outputs=Outputs(format="json"), protocol="sed_eval_event") == 0
    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert printed["f1"] == 0
    assert "known faults" in printed["warnings"][0]
    assert "known faults" in err
    assert printed["skipped"][0]["reason"] == "no onset and offset"
    assert printed["skipped"][0]["where"] == "line 2"
    assert printed["protocol"] == "sed_eval_event"


def test_an_unreadable_file_fails_after_the_rest_is_done(folders, capsys):
    (folders[1] / "eeg" / "three_events.tsv").write_text("notes")
    assert score_files(*folders, outputs=Outputs(format="json"), protocol="szcore") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["intersection"] == 1
    assert "error:" in err
    assert np.isfinite(json.loads(out)["recall"])


@pytest.mark.slow
def test_a_file_of_which_no_row_is_an_event_is_no_success(folders, tmp_path):
    broken = HEADER + "n/a\t9\tsz\t3600\nn/a\t8\tsz\t3600\n"
    path = write(folders[0] / "eeg" / "one_events.tsv", broken)
    report, skipped, _ = score(*folders, "szcore")
    bad = skipped[skipped["reason"] == UNREADABLE]
    expected = (
        f"events.score: {path}: none of its 2 rows is an event (the first: no onset); "
        "correct them, or say which format it is: kind= (--kind at the command line)"
    )
    assert bad["detail"].tolist() == [expected]
    assert int(report.size_b) == 2
    assert score_files(*folders, outputs=Outputs(format="json"), protocol="szcore") == 1
    with pytest.raises(ValueError, match="none of its 2 rows is an event"):
        score(path, folders[1] / "eeg" / "two_events.tsv", "szcore")


EVERY_ROW_SKIPPED = {
    "csv": "onset,offset\nn/a,9\n9,8\n",
    "dcase": "a.wav\t1\tnone\tx\nb.wav\n",
    "bids": "onset\tduration\teventType\nn/a\t9\tsz\n0\t60\tbckg\n",
    "rttm": "onset,offset,label\n0,1,x\nSPKR-INFO f 1 <NA> <NA> <NA> unknown anna <NA> <NA>\n",
    "activitynet": '{"results": {"v": [{"segment": [1], "label": "x", "score": 1}]}}',
}


@pytest.mark.parametrize("kind", EVERY_ROW_SKIPPED)
def test_a_file_of_which_every_row_was_skipped_is_no_success(kind, tmp_path):
    """Of a folder it is a row of what was skipped, and alone it is an error."""
    text = EVERY_ROW_SKIPPED[kind]
    for side in ("a", "b"):
        write(tmp_path / side / "good.csv", "onset,offset\n0,1\n")
    suffix = {"csv": ".csv", "rttm": ".rttm", "activitynet": ".json"}.get(kind, ".tsv")
    name = "bad_events" if kind == "bids" else "bad"
    path = write(tmp_path / "a" / f"{name}{suffix}", text)
    skipped = score(tmp_path / "a", tmp_path / "b").skipped
    assert skipped[skipped["reason"] == UNREADABLE]["file"].tolist() == [str(path)]
    assert score_files(tmp_path / "a", tmp_path / "b", outputs=Outputs(format="json")) == 1
    with pytest.raises(ValueError, match=r"rows is an event \(the first: .*kind="):
        score(path, path, kind=kind)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one_events.tsv", HEADER + "0\t60\tbckg\t60\n"),
        ("one.txt", "one.wav\n"),
        ("one.csv", "onset,offset\n"),
        ("one.rttm", ""),
        ("one.json", '{"results": {"v": []}}'),
    ],
)
def test_a_file_that_says_there_is_no_event_is_scored(name, text, tmp_path):
    path = write(tmp_path / name, text)
    assert score_files(path, path, outputs=Outputs(format="json")) == 0


def test_a_wrong_setting_ends_the_work_before_files_are_read(folders, monkeypatch):
    monkeypatch.setattr(sides, "read_with_note", lambda *_, **__: pytest.fail("a file was read"))
    with pytest.raises(UsageError, match="min_gap must be a number"):
        score(*folders, "szcore", min_gap="long")
    with pytest.raises(UsageError, match="protocol must be one of"):
        score(*folders, "f1")
    with pytest.raises(UsageError, match="support must be a number > 0"):
        score(*folders, support=-5.0)


def test_a_wrong_setting_is_no_unreadable_file(folders):
    with pytest.raises(UsageError, match="kind must be one of"):
        score(*folders, "szcore", kind="xml")
    with pytest.raises(UsageError, match="by must be one of"):
        score(*folders, "szcore", by="subject")


def test_what_an_option_puts_right_is_wrong_use(tmp_path):
    """An option that fits no data and names what there is, see `domains.cli.main`: exit code 2."""
    a = write(tmp_path / "a.csv", "onset,offset,label\n0,9,x\n")
    with pytest.raises(UsageError, match=r"at the command line --param 'labels=\[\"x\"\]'\)$"):
        score(a, a, "szcore")
    assert float(score(a, a, "szcore", labels=["x"]).report.f1) == 1
    b = write(tmp_path / "b.json", '{"database": {"v": {"subset": "test", "annotations": []}}}')
    with pytest.raises(UsageError, match="there is no subset 'validation'; it has test"):
        score(a, b, subset="validation")


def test_a_report_as_a_table():
    a = pd.DataFrame(
        {"file": list("ff"), "onset": [0, 5], "offset": [1, 6], "label": list("xy"), "confidence": [0.5, 0.25]}
    )
    rows = summarise(compare(a, a, "tiou", by="label", thresholds=(0.5, 0.7)))
    assert rows[["threshold", "label"]].to_numpy().tolist() == [[0.5, "x"], [0.5, "y"], [0.7, "x"], [0.7, "y"]]
    assert (rows["f1"] == 1).all()
    assert rows["protocol"].unique().tolist() == ["tiou"]
    one = summarise(compare(a, a, "time"))
    assert len(one) == 1
    assert one["intersection"].tolist() == [2.0]
    ranked = summarise(compare(a, a, "thumos14"))
    assert ranked["mean_ap"].tolist() == [1.0] * 5
    assert "ap" not in ranked


# ---- the picture and the table


@pytest.fixture
def figures(monkeypatch):
    """What the command would have saved."""
    drawn = []
    monkeypatch.setattr(_console, "save", lambda figure, path: drawn.append(figure))
    return drawn


def in_the_legend(figure):
    texts = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    # what was not scored has no count
    counts = [tuple(map(int, re.findall(r"\d+", text))) for text in texts]
    return [count for count in counts if count]


def counted(a, b, tmp_path, capsys, **options):
    outputs = Outputs(format="json", plot=tmp_path / "plot.png")
    assert score_files(a, b, outputs=outputs, **options) == 0
    printed = json.loads(capsys.readouterr().out)
    return [printed[k] for k in ("intersection", "size_a", "size_b")]


@pytest.mark.slow
def test_the_picture_knows_the_length_of_the_recording(tmp_path, figures, capsys):
    # the detection lies past the end of the recording; were that unknown, the seizure would reach it
    a = recordings(tmp_path / "a", one=[(3605, 5, "sz", 3600)])
    b = recordings(tmp_path / "b", one=[(3590, 10, "sz", 3600)])
    assert counted(a, b, tmp_path, capsys, protocol="szcore") == [0, 1, 1]
    assert in_the_legend(figures[0]) == [(0, 0), (1,), (1,)]
    assert counted(a, b, tmp_path, capsys, protocol="szcore", support=1e5) == [1, 1, 1]
    assert in_the_legend(figures[1]) == [(1, 1), (0,), (0,)]


@pytest.mark.parametrize(("thresholds", "matched"), [([0.5], 1), ([0.9], 0)])
def test_the_picture_knows_the_settings(thresholds, matched, tmp_path, figures, capsys):
    a = write(tmp_path / "a.csv", "onset,offset\n0,7\n20,21\n")
    b = write(tmp_path / "b.csv", "onset,offset\n0,10\n")
    sizes = counted(a, b, tmp_path, capsys, protocol="tiou", thresholds=thresholds)
    assert [list(size.values()) for size in sizes] == [[matched], [2], [1]]
    assert in_the_legend(figures[0]) == [(matched, matched), (2 - matched,), (1 - matched,)]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: kills processes")
def test_a_tree_in_which_everything_goes_wrong(tmp_path, monkeypatch):
    """The long version, with 2,200 files a side and dask: see the file."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    import tree_with_faults
    from runs_with_faults import Run

    tree_with_faults.make(tmp_path, 12)
    run = Run(tree_with_faults.__file__, tmp_path, tmp_path / "disturbed.csv", "pools")
    table = run.disturbed(12, kills=1)
    found = pd.read_csv(run.out, keep_default_na=False).set_index("file")
    # in this process no file kills: without it, the others are the same
    for side in ("p", "r"):
        (tmp_path / side / "site_0" / "night_0003.rttm").unlink()
    _console.save_table(tree_with_faults.table_of(tmp_path), tmp_path / "wanted.csv")
    assert len(found) == 12
    detail = found["detail"]
    assert "a NUL byte" in detail[str(tmp_path / tree_with_faults.BROKEN)]
    assert "its worker died 3 times" in detail[str(tmp_path / tree_with_faults.KILLER)]
    others = [line for line in table.splitlines(keepends=True) if b"night_0003" not in line]
    assert b"".join(others) == (tmp_path / "wanted.csv").read_bytes()


# ---- known faults


def a_collar_away(tmp_path):
    a = write(tmp_path / "a.txt", "2.2\t3.2\tx\n")
    b = write(tmp_path / "b.txt", "2.0\t3.0\tx\n")
    return a, b


def test_known_faults_are_explained_when_asked(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score(*a_collar_away(tmp_path), "sed_eval_event")
    with pytest.warns(UserWarning, match="known faults"):
        score(*a_collar_away(tmp_path), "sed_eval_event", explain=True)


@pytest.mark.parametrize(("limit", "n"), [(60.0, 1), (0.0, 0)])
def test_the_command_explains_faults_where_that_takes_no_time(limit, n, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "EXPLAIN_WITHIN", limit)
    score_files(*a_collar_away(tmp_path), outputs=Outputs(format="json"), protocol="sed_eval_event")
    assert len(json.loads(capsys.readouterr().out)["warnings"]) == n


DATABASE = '{"database": {"%s": {"subset": "%s", "annotations": [{"segment": [1, 4], "label": "jump"}]}}}'


def test_one_file_without_the_subset_does_not_end_the_whole_job(tmp_path):
    for side in ("p", "r"):
        write(tmp_path / side / "a.json", DATABASE % ("v", "test"))
    write(tmp_path / "r" / "b.json", DATABASE % ("w", "train"))
    result = score(tmp_path / "p", tmp_path / "r", "time", subset="test")
    assert result.skipped["reason"].tolist() == [UNREADABLE]
    assert "there is no subset 'test'; it has train" in result.skipped["detail"].item()
    assert float(result.report.intersection) == 3


def test_an_unknown_kind_is_wrong_use_before_files_are_read(folders):
    with pytest.raises(UsageError, match=r"^events.score: kind must be one of"):
        score(*folders, kind="bogus")

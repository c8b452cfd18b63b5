"""Files and folders; what is left out is told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains._console import Outputs
from domains.events import compare, read_events, score
from domains.events.run import UNREADABLE, score_files

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
    report, skipped, events = score(a, b, support=20.0)
    assert float(report.intersection) == 5
    assert [x["file"].tolist() for x in events] == [["truth"], ["truth"]]
    assert (report.attrs["prediction"], report.attrs["reference"]) == ("model.csv", "truth.txt")
    assert skipped[["side", "reason"]].to_numpy().tolist() == [["prediction", "ends before it begins"]]


def test_folders_and_the_durations_that_files_tell(folders):
    report, skipped, _ = score(*folders, "szcore")
    assert [int(report[k]) for k in ("intersection", "size_a", "size_b")] == [1, 1, 3]
    assert float(report.false_alarms_per_24h) == 0
    assert report.attrs["support"] == "14400 s in 3 files"
    assert skipped["reason"].tolist() == ["background"]
    by_file = score(*folders, "szcore", by="file").report
    assert by_file.file.values.tolist() == ["eeg/one_events", "eeg/three_events", "eeg/two_events"]
    assert by_file.recall.values.tolist() == [1, 0, 0]


def test_folders_of_different_formats(tmp_path):
    write(tmp_path / "a" / "x.csv", "onset,offset\n0,2\n")
    write(tmp_path / "b" / "x.rttm", "SPEAKER x 1 0 2 <NA> <NA> <NA> <NA> <NA>\n")
    report = score(tmp_path / "a", tmp_path / "b", "tiou", thresholds=(0.5,)).report
    assert report.attrs["files"].startswith("1 on both sides")


def test_a_file_that_cannot_be_read_is_left_out_on_both_sides(folders):
    (folders[0] / "eeg" / "one_events.tsv").write_text("these are my notes\n")
    report, skipped, events = score(*folders, "szcore")
    bad = skipped[skipped["reason"] == UNREADABLE]
    assert bad["side"].tolist() == ["prediction"]
    assert "one_events.tsv" in bad["detail"].iloc[0]
    assert int(report.size_b) == 2
    assert "eeg/one_events" not in set(events[1]["file"])
    assert report.attrs["support"] == "10800 s in 2 files"


def test_a_single_file_that_cannot_be_read_raises(tmp_path):
    good = write(tmp_path / "a.csv", "onset,offset\n0,1\n")
    with pytest.raises(ValueError, match="b.csv: not a readable"):
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
    assert report.attrs["support"] == "3600 s in 1 files"


@pytest.mark.filterwarnings("ignore:.*known faults")
def test_an_activitynet_database(shared_data):
    data = shared_data / "events" / "actionloc"
    paths = data / "thumos14_synthetic_predictions.json", data / "thumos14_gt.json"
    report = score(*paths, "thumos14", subset="test").report
    twin = compare(read_events(paths[0]).events, read_events(paths[1], subset="test").events, "thumos14")
    assert float(report.average_map) == float(twin.average_map) == pytest.approx(0.425902374655086, rel=1e-14)


def test_what_is_saved_and_printed(folders, tmp_path, capsys):
    out = {k: tmp_path / k for k in ("rows.csv", "plot.png")}
    options = {"protocol": "szcore", "by": "file"}
    assert score_files(*folders, outputs=Outputs(csv=out["rows.csv"], plot=out["plot.png"]), **options) == 0
    assert len(pd.read_csv(out["rows.csv"])) == 3
    assert out["plot.png"].stat().st_size > 5_000
    assert "prediction: a (1)" in capsys.readouterr().out


def test_warnings_are_notes_and_json_is_json_alone(tmp_path, capsys):
    a = write(tmp_path / "a.txt", "2.2\t3.2\tx\n")
    b = write(tmp_path / "b.txt", "2.0\t3.0\tx\nonly words\there\n")
    assert score_files(a, b, outputs=Outputs(format="json"), protocol="sed_eval_event") == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["f1"] == 0
    assert "known faults" in told["warnings"][0]
    assert "known faults" in err
    assert told["skipped"][0]["reason"] == "no onset and offset"
    assert told["protocol"] == "sed_eval_event"


def test_an_unreadable_file_fails_after_the_rest_is_done(folders, capsys):
    (folders[1] / "eeg" / "three_events.tsv").write_text("notes")
    assert score_files(*folders, outputs=Outputs(format="json"), protocol="szcore") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["intersection"] == 1
    assert "error:" in err
    assert np.isfinite(json.loads(out)["recall"])

"""Files and folders from one format into another, as a user does it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pytest

from domains._checks import UsageError
from domains._console import Outputs
from domains._files import ReadError
from domains.events import convert, read_events
from domains.events.files.converting import convert_files
from domains.events.files.writing import WRITTEN

ROWS = "file,onset,offset,label\nf,0.5,1.75,dog\ng,2,2.5,cat\nf,3.1,4,dog\nh,,,\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text(ROWS)
    return path


def silent(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return convert(*arguments, **options)


def test_a_file_of_many_recordings_into_one_of_each_and_back(source, tmp_path):
    out = tmp_path / "out"
    found = convert(source, f"{out}/", "audacity")
    assert found.files.to_numpy().tolist() == [
        [str(out / "f.txt"), 1, 2],
        [str(out / "g.txt"), 1, 1],
        [str(out / "h.txt"), 1, 0],
    ]
    assert (out / "f.txt").read_text() == "0.5\t1.75\tdog\n3.1\t4.0\tdog\n"
    assert found.skipped["reason"].tolist() == ["no event"]
    back = tmp_path / "back.csv"
    convert(out, back, kind="audacity")
    names = ["file", "onset", "offset", "label"]
    order = {"by": ["file", "onset"], "ignore_index": True}
    before = read_events(source)
    after = read_events(back)
    assert after.events[names].sort_values(**order).equals(before.events[names].sort_values(**order))
    assert set(after.support["file"]) == {"f", "g", "h"}


def test_recordings_in_folders_stay_in_their_folders(source, tmp_path):
    (tmp_path / "in" / "night 2").mkdir(parents=True)
    (tmp_path / "in" / "a.wav.csv").write_text("onset,offset\n1,2\n")
    (tmp_path / "in" / "night 2" / "b.csv").write_text("onset,offset\n1,2\n")
    found = convert(tmp_path / "in", f"{tmp_path}/out/", "bids")
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.tsv"))
    assert written == ["a.wav.tsv", "night 2/b.tsv"]
    assert found.skipped.empty
    assert len(convert(tmp_path / "out", tmp_path / "back.csv").files) == 1
    assert set(read_events(tmp_path / "back.csv").events["file"]) == {"a.wav", "night 2/b"}


def test_one_bad_file_of_a_folder_is_told_and_the_rest_is_written(tmp_path):
    (tmp_path / "in").mkdir()
    for k in range(3):
        (tmp_path / "in" / f"{k}.csv").write_text("onset,offset,label\n1,2,dog\n")
    (tmp_path / "in" / "1.csv").write_text("these are my notes\n")
    code = convert_files(tmp_path / "in", f"{tmp_path}/out/", to="rttm", outputs=Outputs(quiet=True))
    assert code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.rttm", "2.rttm"]
    (tmp_path / "in" / "1.csv").unlink()
    assert convert_files(tmp_path / "in", f"{tmp_path}/out/", to="rttm", outputs=Outputs(quiet=True)) == 0


@pytest.mark.parametrize("name", ["../f", "/f", "a/../../f", "a//b", ".", "x" * 300])
def test_a_recording_whose_name_leads_out_of_the_folder_is_not_written(name, tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text(f"file,onset,offset\n{name},1,2\nok,1,2\n")
    (tmp_path / "deep").mkdir()
    out = tmp_path / "deep" / "out"
    found = convert(source, f"{out}/", "csv")
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["in.csv", "ok.csv"]
    (row,) = found.skipped.to_dict("records")
    assert row["reason"] == "not written"
    assert "is no name of a file; rename the recording" in row["detail"]
    assert convert_files(source, f"{out}/", to="csv", outputs=Outputs()) == 1
    assert "error: not written: " in capsys.readouterr().err


def test_standard_output_has_the_text_and_nothing_else(source, capsys):
    assert convert_files(source, "-", to="dcase", outputs=Outputs()) == 0
    out, err = capsys.readouterr()
    assert (
        out == "filename\tonset\toffset\tevent_label\nf\t0.5\t1.75\tdog\ng\t2.0\t2.5\tcat\nf\t3.1\t4.0\tdog\nh\t\t\t\n"
    )
    assert err == "1 row skipped, no event\n"
    with pytest.raises(UsageError, match="the events go to standard output already; leave out --json and --format"):
        convert_files(source, "-", to="dcase", outputs=Outputs(format="json"))


def test_what_is_lost_ends_with_1_and_what_may_be_lost_with_0(source, capsys):
    assert convert_files(source, "-", to="rttm", outputs=Outputs()) == 1
    out, err = capsys.readouterr()
    assert out.count("SPEAKER") == 3
    assert "warning: events.convert: -: recording h: a recording without events (rttm has no place for it)" in err
    assert "error: events.convert: 1 row says what is not in -: --skipped saves them, --drop allows a loss" in err
    assert convert_files(source, "-", to="rttm", drop=["recordings"], outputs=Outputs()) == 0


def test_rows_that_could_not_be_read_end_with_1(tmp_path, capsys):
    source = tmp_path / "a.csv"
    source.write_text("onset,offset\n1,2\n5,4\n")
    assert convert_files(source, str(tmp_path / "a.rttm"), outputs=Outputs()) == 1
    assert "1 row skipped, ends before it begins" in capsys.readouterr().err


def test_the_name_of_a_recording_is_kept_or_told(tmp_path):
    source = tmp_path / "night.csv"
    source.write_text("onset,offset\n1,2\n")
    # called after its own file, it needs no name in another
    assert convert(source, tmp_path / "labels.txt", "audacity").skipped.empty
    source.write_text("file,onset,offset\nmoth,1,2\n")
    assert convert(source, tmp_path / "moth.txt", "audacity").skipped.empty
    (row,) = silent(source, tmp_path / "labels.txt", "audacity").skipped.to_dict("records")
    assert (row["where"], row["reason"]) == ("file", "no place in the format")
    assert row["detail"].startswith("the recording is called 'moth'")


def test_the_scored_stretches_of_recordings(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    header = "onset\tduration\teventType\trecordingDuration\n"
    (source / "a.tsv").write_text(f"{header}1\t2\tsz\t60.5\n")
    (source / "b.tsv").write_text(f"{header}0\t30\tbckg\t30\n")
    (source / "c.csv").write_text("onset,offset\n1,2\n")
    found = convert(source, tmp_path / "all.uem", recordings=True)
    assert (tmp_path / "all.uem").read_text() == "a 1 0.0 60.5\nb 1 0.0 30.0\n"
    unknown = found.skipped[found.skipped["file"] == "c"]
    assert unknown["reason"].tolist() == ["a recording of which is not known how long it is"]
    with pytest.raises(ReadError, match="of no recording it is known how long it is; name a file that says it"):
        convert(source / "c.csv", tmp_path / "c.uem", recordings=True)


def test_wrong_targets(source, tmp_path):
    with pytest.raises(UsageError, match="target .*all.csv: this is an input"):
        convert(source, source)
    with pytest.raises(UsageError, match="there is no folder .*nowhere; make it first"):
        convert(source, tmp_path / "nowhere" / "a.csv")
    with pytest.raises(UsageError, match="this folder would lie in .*, which is read; choose another folder"):
        convert(tmp_path, f"{tmp_path}/out/", "csv")
    with pytest.raises(UsageError, match="the ending '' does not say the format; name it"):
        convert(source, f"{tmp_path}/out/")
    with pytest.raises(FileNotFoundError, match="nothing.csv: no such file"):
        convert(tmp_path / "nothing.csv", tmp_path / "a.csv")
    with pytest.raises(TypeError, match="unknown options speed"):
        convert(source, tmp_path / "a.csv", speed=1)


def test_every_format_that_is_written_is_a_choice_of_the_command():
    from domains.events.flags import KindName, WrittenName
    from domains.events.formats import FORMATS

    assert [name.value for name in WrittenName] == list(WRITTEN)
    assert [name.value for name in KindName] == list(FORMATS)


def test_a_packed_file_and_records(source, tmp_path):
    records = tmp_path / "in.records"
    for _ in range(2):
        found = convert(source, tmp_path / "a.tsv", records=records)
        assert found.files["events"].tolist() == [3]
    assert Path(records).stat().st_size > 0
    assert pd.read_csv(tmp_path / "a.tsv", sep="\t")["label"].tolist()[:3] == ["dog", "cat", "dog"]

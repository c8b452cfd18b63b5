"""Folders with one of everything that goes wrong in them: the rest is read, and nothing is left out in silence."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from domains import _batch
from domains._batch import Interrupted
from domains._console import Outputs
from domains._files import ReadError
from domains._skipped import UNREADABLE
from domains.events import score
from domains.events.files import tree
from domains.events.files.tree import find_files, is_lost, read_case
from domains.events.run import score_files

FOLDER = Path(__file__).parent
ROWS = "onset,offset,label\n1,2,dog\n3,5,cat\n"


def write(path, text=ROWS):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def two_sides(root, names, text=ROWS):
    for side in ("p", "r"):
        for name in names:
            write(root / side / name, text)
    return root / "p", root / "r"


def unread(result):
    rows = result.skipped[result.skipped["reason"] == UNREADABLE]
    return rows[["side", "file", "detail"]].to_numpy().tolist()


def in_both(result):
    return float(result.report["intersection"])


# ---- which file is which recording


def test_two_files_of_one_recording_are_an_error_that_names_both(tmp_path):
    p, r = two_sides(tmp_path, ["x.csv"])
    other = write(p / "x.txt", "100\t200\tdog\n")
    with pytest.raises(ReadError) as caught:
        score(p, r)
    expected = f"events.score: {p / 'x.csv'} and {other}: 2 files of one recording, 'x'; keep one of them"
    assert str(caught.value) == expected
    # the remedy, followed
    other.unlink()
    assert float(score(p, r).report.iou) == 1


def test_two_files_of_one_recording_are_left_out_and_the_others_scored(tmp_path):
    p, r = two_sides(tmp_path, ["x.csv", "sub/x.csv", "y.csv"])
    write(r / "sub" / "x.rttm", "")
    write(r / "sub" / "x.tsv", "")
    result = score(p, r)
    assert in_both(result) == 6
    names = ["x.csv", "x.rttm", "x.tsv"]
    assert [row[:2] for row in unread(result)] == [["reference", str(r / "sub" / name)] for name in names]
    for _, _, detail in unread(result):
        assert all(name in detail for name in names)
    assert score_files(p, r, outputs=Outputs(format="json")) == 1


def test_a_description_beside_a_bids_table_is_no_second_file(tmp_path):
    p, r = two_sides(tmp_path, ["a_events.tsv", "b.tsv"], "onset\tduration\tlabel\n1\t2\tdog\n")
    for name in ("a_events.json", "b.json"):
        write(r / name, '{"onset": {"Units": "s"}}')
    write(p / "a_events.json", "damaged")
    assert [one.fault for one in find_files(r, "reference")] == ["", ""]
    assert in_both(score(p, r)) == 4
    write(r / "b.json", '{"results": {}}')
    assert "b.json and" in unread(score(p, r))[0][2]


# ---- links, folders, names


def test_links_are_followed_once(tmp_path):
    p, r = two_sides(tmp_path, ["a/x.csv"])
    (p / "b").symlink_to(p / "a")
    (r / "b").symlink_to(r / "a")
    assert in_both(score(p, r)) == 6
    (p / "a" / "again").symlink_to(p)
    result = score(p, r)
    assert in_both(result) == 6
    assert [row[1] for row in unread(result)] == [str(p / "a" / "again"), str(p / "b" / "again")]
    assert "a link that leads back to a folder above it; remove it" in unread(result)[0][2]


def test_links_in_a_net_end(tmp_path):
    """Eight folders, each with links to the seven others: there are 109,600 ways through them."""
    p, r = two_sides(tmp_path, [f"{k}/x.csv" for k in range(8)])
    for k in range(8):
        for other in range(8):
            if other != k:
                (p / str(k) / f"to{other}").symlink_to(p / str(other))
    found = find_files(p, "prediction")
    files = [one for one in found if not one.fault]
    assert 8 <= len(files) <= 16
    assert len(found) <= 200
    assert in_both(score(p, r)) == 3 * 8


def test_links_that_lead_nowhere_are_rows(tmp_path):
    p, r = two_sides(tmp_path, ["x.csv", "y.csv", "z.csv"])
    for name, target in (("x.csv", "nowhere.csv"), ("y.csv", "y.csv")):
        (p / name).unlink()
        (p / name).symlink_to(p / target)
    result = score(p, r)
    assert in_both(result) == 3
    assert [row[1] for row in unread(result)] == [str(p / "x.csv"), str(p / "y.csv")]
    assert "no such file" in unread(result)[0][2]


def test_a_folder_that_may_not_be_read_loses_its_recordings_on_both_sides(tmp_path, monkeypatch):
    p, r = two_sides(tmp_path, ["x.csv", "shut/x.csv", "shut/y.csv"])
    scandir = os.scandir

    def may_not(folder):
        if folder == p / "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", may_not)
    result = score(p, r)
    assert in_both(result) == 3
    assert float(result.report["size_b"]) == 3
    expected = f"events.score: {p / 'shut'}: a folder that cannot be read (Permission denied); ask its owner"
    assert unread(result) == [["prediction", str(p / "shut"), expected]]


def test_a_name_that_is_no_text_is_a_row(tmp_path, capsys):
    p, r = two_sides(tmp_path, ["x.csv", "y.csv"])
    os.rename(p / "y.csv", os.fsencode(p) + b"/caf\xe9.csv")
    result = score(p, r)
    assert in_both(result) == 3
    assert unread(result)[0][1] == rf"{p}/caf\xe9.csv"
    assert "its name is no text in UTF-8; rename it" in unread(result)[0][2]
    assert score_files(p, r, outputs=Outputs(format="json")) == 1
    assert json.loads(capsys.readouterr().out)["skipped"][0]["file"] == rf"{p}/caf\xe9.csv"


def test_what_is_no_file_is_a_row(tmp_path):
    p, r = two_sides(tmp_path, ["x.csv", "y.csv"])
    (p / "y.csv").unlink()
    os.mkfifo(p / "y.csv")
    result = score(p, r)
    assert in_both(result) == 3
    assert "no ordinary file" in unread(result)[0][2]


def test_lost_recordings_and_folders():
    names = pd.Series(["a", "ab", "b/a", "b", "b/c/d", ""])
    assert is_lost(names, {"a", "b/"}).tolist() == [True, False, True, False, True, False]
    assert is_lost(names, set()).tolist() == [False] * 6


# ---- cases


def test_a_case_is_plain_data(tmp_path):
    texts = {
        "a.csv": "onset,offset,label,note\n1,2,dog,x\n3,2,dog,y\n",
        "b_events.tsv": "onset\tduration\tlabel\trecordingDuration\n1\t2\tsz\t60\n",
        "c.json": '{"database": {"v": {"subset": "a", "annotations": [{"segment": [1, 2], "label": 3}]}, "w": {}}}',
        "d.csv": "onset,offset\n",
    }
    for name, text in texts.items():
        payload = {"path": str(write(tmp_path / name, text)), "recording": "a", **tree.Reading()._asdict()}
        result = read_case(payload)
        assert json.dumps(json.loads(json.dumps(result))) == json.dumps(result)


BROKEN = {
    "cut.csv": b"onset,offset\n1,\0\0",
    "bytes.tsv": b"onset\toffset\n1\t2\t\xff\n",
    "deep.json": b"[" * 10**5,
    "twice.json": b'{"results": {"v": [], "v": []}}',
    "notes.csv": b"these are my notes",
    "word.txt": b"hello",
    "one.rttm": b"hello",
    "empty.csv": b"",
    "skipped.csv": b"onset,offset\n2,1\n",
}


@pytest.fixture
def folders(tmp_path):
    """Two folders that agree in everything, with one of each broken file among them."""
    p, r = two_sides(tmp_path, [f"sub-{k}/run.csv" for k in range(4)])
    for name, content in BROKEN.items():
        write(r / name)
        (r / name).write_bytes(content)
    return p, r


def assert_same(a, b):
    xr.testing.assert_identical(a.report, b.report)
    assert a.skipped.to_csv() == b.skipped.to_csv()
    for one, other in zip(a.scored.given, b.scored.given, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_every_broken_file_is_a_row_and_the_others_are_scored(folders):
    result = score(*folders)
    assert in_both(result) == 12
    assert [Path(row[1]).name for row in unread(result)] == sorted(BROKEN)
    for _, file, detail in unread(result):
        assert file in detail
        assert "\n" not in detail


@pytest.mark.parametrize("unread_side", ["p", "r"])
def test_a_recording_that_rows_name_is_lost_with_its_file_on_both_sides(tmp_path, unread_side):
    """RTTM names the recording, not its folder; an event of a recording that was not read is no false alarm."""
    row = "SPEAKER {} 1 1.0 2.0 <NA> <NA> anna <NA> <NA>\n"
    for side in ("p", "r"):
        for k in range(3):
            write(tmp_path / side / f"site_{k}" / "a.rttm", row.format(f"night {k}".replace(" ", "_")))
    expected = score(tmp_path / "p", tmp_path / "r", by="file").report
    write(tmp_path / unread_side / "site_1" / "a.rttm", "\0\0")
    result = score(tmp_path / "p", tmp_path / "r", by="file")
    assert result.report.file.values.tolist() == ["night_0", "night_2"]
    others = expected.sel(file=["night_0", "night_2"])
    xr.testing.assert_equal(result.report.drop_vars("n_defined"), others.drop_vars("n_defined"))
    assert len(unread(result)) == 1


def test_all_places_and_a_second_run_give_the_same(folders, tmp_path, monkeypatch):
    """A file that kills its worker is a row more, and nothing else."""
    expected = score(*folders)
    records = tmp_path / "records"
    assert_same(score(*folders, records=records), expected)
    again = []

    def noted(payload):
        again.append(Path(payload["path"]).name)
        return read_case(payload)

    monkeypatch.setattr(tree, "read_case", noted)
    assert_same(score(*folders, records=records), expected)
    # what failed is tried again
    assert again == sorted(BROKEN)

    monkeypatch.syspath_prepend(FOLDER)
    from reading_of_tests import read_or_die

    monkeypatch.setattr(tree, "read_case", read_or_die)
    monkeypatch.setattr(_batch, "has_dask", lambda: False)
    deadly = write(folders[0] / "deadly.csv")
    result = score(*folders, workers=2)
    assert unread(result)[0][:2] == ["prediction", str(deadly)]
    assert "its worker died 3 times" in unread(result)[0][2]
    result = result._replace(skipped=result.skipped[1:].reset_index(drop=True))
    assert_same(result, expected)


def test_a_run_that_was_stopped_goes_on(folders, tmp_path, monkeypatch):
    expected = score(*folders)
    records = tmp_path / "records"
    n_read = 0

    def interrupted(payload):
        nonlocal n_read
        n_read += 1
        if n_read == 6:
            raise KeyboardInterrupt
        return read_case(payload)

    monkeypatch.setattr(tree, "read_case", interrupted)
    with pytest.raises(Interrupted, match="5 of 17 cases are done and kept in .*run the same again"):
        score(*folders, records=records)
    n_read = 5
    with pytest.raises(Interrupted, match="of 17 cases are done and kept in"):
        score_files(*folders, records=records, outputs=Outputs(format="json"))
    n_read = 10
    assert_same(score(*folders, records=records), expected)
    assert n_read == 10 + 13


def test_records_of_other_settings_are_refused(folders, tmp_path):
    score(*folders, records=tmp_path / "records")
    with pytest.raises(ValueError, match="kind"):
        score(*folders, records=tmp_path / "records", kind="csv")


def test_a_folder_named_otherwise_is_read_again(tmp_path):
    """The same file is another recording where another folder is named."""
    p, r = two_sides(tmp_path, ["sub/x.csv", "sub/y.csv"])
    score(p, r, records=tmp_path / "records")
    result = score(p / "sub", r / "sub", records=tmp_path / "records")
    assert in_both(result) == 6
    assert set(result.scored.given[0]["file"]) == {"x", "y"}


def test_a_file_that_takes_too_long_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(_batch, "has_dask", lambda: False)
    p, r = two_sides(tmp_path, ["x.csv", "y.csv"])
    # a header of 2·10⁵ names
    write(p / "y.csv", "onset,offset," + ",".join(map(str, range(200_000))) + "\n" + "1,2\n" * 300_000)
    result = score(p, r, max_seconds=0.05)
    assert any("y.csv" in row[1] and "0.05 s" in row[2] for row in unread(result))


def test_time_goes_with_the_number_of_files(tmp_path):
    """Four times the files take about four times as long; the bound is wide, as the machine may be busy."""
    took = {}
    for n in (25, 100):
        folders = two_sides(tmp_path / str(n), [f"{k}.csv" for k in range(n)])
        (folders[0] / "0.csv").write_bytes(b"\0")
        begin = time.process_time()
        result = score(*folders)
        took[n] = time.process_time() - begin
        assert in_both(result) == 3 * (n - 1)
        assert len(unread(result)) == 1
    assert took[100] < 8 * took[25] + 0.5


RAVEN = "Selection\tView\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\tSpectrogram 1\t1\t2\towl\n"
BIRDNET = "Start (s),End (s),Scientific name,Common name,Confidence\n1,2,Strix aluco,owl,0.9\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dawn.Table.1.selections.txt", RAVEN),
        ("dawn.selections.txt", RAVEN),
        ("dawn.BirdNET.selection.table.txt", RAVEN),
        ("dawn.BirdNET.results.csv", BIRDNET),
    ],
)
def test_tables_of_raven_and_birdnet_pair_with_files_of_the_same_recording(tmp_path, name, text):
    a = tmp_path / "a"
    b = tmp_path / "b"
    a.mkdir()
    b.mkdir()
    (a / name).write_text(text)
    (b / "dawn.txt").write_text("1\t2\towl\n\\\t100\t200\n")
    (b / "dusk.csv").write_text("onset,offset,label\n1,2,owl\n")
    (a / "dusk.selections.txt").write_text(RAVEN)
    report = score(a, b, "tiou", thresholds=[0.5]).report
    assert report.recall.item() == 1
    assert report.size_b.item() == 2


def test_tables_of_one_recording_under_other_endings_are_an_error_that_names_both(tmp_path):
    for name in ("dawn.Table.1.selections.txt", "dawn.txt"):
        (tmp_path / name).write_text("")
    found = find_files(tmp_path, "reference")
    assert [one.recording for one in found] == ["dawn", "dawn"]
    assert "dawn.Table.1.selections.txt and " in found[0].fault
    assert "2 files of one recording, 'dawn'; keep one of them" in found[1].fault


def test_a_case_knows_the_file_that_it_reads(tmp_path):
    found = tree.Found(tmp_path / "a.csv", "a", "", None)
    assert tree._as_case("prediction", found, tree.Reading()).inputs == (tmp_path / "a.csv",)

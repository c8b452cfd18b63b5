"""Every file of a side is an event table, or a row that says why not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from domains import _batch
from domains._batch import Interrupted
from domains._console import Outputs
from domains._skipped import UNREADABLE
from domains.events import score
from domains.events.files import sides
from domains.events.files.sides import is_lost, read_case
from domains.events.files.tree import Found
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
        payload = {"path": str(write(tmp_path / name, text)), "recording": "a", **sides.Reading()._asdict()}
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_all_places_and_a_second_run_give_the_same(folders, tmp_path, monkeypatch):
    """A file that kills its worker is a row more, and nothing else."""
    expected = score(*folders)
    records = tmp_path / "records"
    assert_same(score(*folders, records=records), expected)
    again = []

    def noted(payload):
        again.append(Path(payload["path"]).name)
        return read_case(payload)

    monkeypatch.setattr(sides, "read_case", noted)
    assert_same(score(*folders, records=records), expected)
    # what failed is tried again
    assert again == sorted(BROKEN)

    monkeypatch.syspath_prepend(FOLDER)
    from reading_of_tests import read_or_die

    monkeypatch.setattr(sides, "read_case", read_or_die)
    monkeypatch.setattr(_batch, "has_dask", lambda: False)
    deadly = write(folders[0] / "deadly.csv")
    result = score(*folders, workers=2)
    assert unread(result)[0][:2] == ["prediction", str(deadly)]
    assert "its worker died 3 times" in unread(result)[0][2]
    result = result._replace(skipped=result.skipped[1:].reset_index(drop=True))
    assert_same(result, expected)


@pytest.mark.slow
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

    monkeypatch.setattr(sides, "read_case", interrupted)
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


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setattr(_batch, "has_dask", lambda: False)
    p, r = two_sides(tmp_path, ["x.csv", "y.csv"])
    # a header of 2·10⁵ names
    write(p / "y.csv", "onset,offset," + ",".join(map(str, range(200_000))) + "\n" + "1,2\n" * 300_000)
    result = score(p, r, max_seconds=0.05)
    assert any("y.csv" in row[1] and "0.05 s" in row[2] for row in unread(result))


@pytest.mark.slow
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


def test_a_case_knows_the_file_that_it_reads(tmp_path):
    found = Found(tmp_path / "a.csv", "a", "", None)
    assert sides._as_case("prediction", found, sides.Reading()).inputs == (tmp_path / "a.csv",)

"""Folders with one of everything that goes wrong in them: the rest is read, and nothing is left out in silence."""

from __future__ import annotations

import json
import os

import pytest

from domains._console import Outputs
from domains._files import ReadError
from domains._skipped import UNREADABLE
from domains.events import score
from domains.events.files.tree import find_files
from domains.events.run import score_files

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


@pytest.mark.slow
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


@pytest.mark.parametrize(("name", "remedy"), [("._x.csv", "dot_clean removes it"), ("~$x.csv", "close the file there")])
def test_what_a_system_keeps_beside_a_file_is_named_as_such(tmp_path, name, remedy):
    p, r = two_sides(tmp_path, ["x.csv"])
    (r / name).write_bytes(b"\0\x05\x16\x07\0\2")
    result = score(p, r)
    assert in_both(result) == 3
    assert [row[:2] for row in unread(result)] == [["reference", str(r / name)]]
    assert remedy in unread(result)[0][2]
    (r / name).unlink()
    assert not unread(score(p, r))


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


@pytest.mark.slow
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

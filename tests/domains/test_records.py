"""The file of records: what is kept of a run that ended anyhow, anywhere."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from domains._checks import UsageError
from domains._records import Header, Outcome, Records, as_line, fingerprints, from_line, read_records

HEADER = Header("tests.job", {"level": 0.5, "empty": float("nan")})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "job.records"


@pytest.fixture
def full(path):
    """A file with three records, the second of a failure."""
    with Records(path, HEADER) as records:
        records.add(Outcome("a", [1, 2.5, float("nan"), "ä"]), [])
        records.add(Outcome("b", error="no label", kind="CaseError", details={"side": "both"}), [])
        records.start("c")
        records.add(Outcome("c", {"x": None}), [])
    return path


def outcomes(path):
    with Records(path, HEADER) as records:
        return dict(records.outcomes)


def test_what_was_written_is_read(full):
    found = outcomes(full)
    assert list(found) == ["a", "b", "c"]
    assert repr(found["a"].result) == "[1, 2.5, nan, 'ä']"
    assert (found["b"].kind, found["b"].details) == ("CaseError", {"side": "both"})
    assert found["c"].result == {"x": None}


def test_records_are_read_without_being_written(full):
    before = full.read_bytes()
    with full.open("ab") as file:
        file.write(as_line({"start": "d"}) + as_line({"start": "e"}) + as_line({"stop": "e"}) + b'{"case": "f", "res')
    kept = read_records(full, "tests.job")
    assert list(kept.outcomes) == ["a", "b", "c"]
    assert kept.outcomes["b"].error == "no label"
    assert (kept.settings["level"], kept.suspects) == (0.5, ["d"])
    assert full.read_bytes().startswith(before)
    with Records(full, HEADER):
        assert list(read_records(full, "tests.job").outcomes) == ["a", "b", "c"], "while another run writes them"


def test_what_a_run_knows_of_all_cases_is_that_of_the_last_run(path):
    for n_cases in (3, 5, 5):
        with Records(path, Header("tests.job", {}, shared={"cases": n_cases})) as records:
            records.start("a")
    assert read_records(path, "tests.job").shared == {"cases": 5}
    assert path.read_text().count("shared") == 2
    with Records(path, Header("tests.job", {})):
        pass
    assert read_records(path, "tests.job").shared == {}


def test_other_files_are_no_records(full, tmp_path):
    with pytest.raises(UsageError, match="has the records of tests.job"):
        read_records(full, "tests.other")
    with pytest.raises(UsageError, match="^tests.job: records .*none: no such file"):
        read_records(tmp_path / "none", "tests.job")
    notes = tmp_path / "notes"
    notes.write_text("my notes")
    with pytest.raises(UsageError, match="notes is no file of records"):
        read_records(notes, "tests.job")


def test_the_file_is_json_lines(full):
    lines = [json.loads(line) for line in full.read_text().splitlines()]
    assert lines[0]["job"] == "tests.job"
    assert [line.get("case") for line in lines[1:]] == ["a", "b", None, "c"]


def test_a_cut_at_any_byte_loses_the_torn_record_only(full):
    whole = full.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for at in range(len(whole)):
        full.write_bytes(whole[:at])
        found = outcomes(full)
        names = [name for name, end in (("a", ends[1]), ("b", ends[2]), ("c", ends[4])) if end <= at]
        assert list(found) == names, at
        assert full.read_bytes().endswith(b"\n")


def test_a_run_after_a_cut_appends_to_whole_lines(full):
    whole = full.read_bytes()
    full.write_bytes(whole[:-5])
    with Records(full, HEADER) as records:
        records.add(Outcome("c", {"x": None}), [])
    assert list(outcomes(full)) == ["a", "b", "c"]


@pytest.mark.slow
def test_a_flipped_bit_loses_that_record_only(full):
    lines = full.read_bytes().splitlines(keepends=True)
    for bit in range(8 * (len(lines[1]) - 1)):
        damaged = bytearray(lines[1])
        damaged[bit // 8] ^= 1 << bit % 8
        full.write_bytes(lines[0] + damaged + b"".join(lines[2:]))
        found = outcomes(full)
        assert "a" not in found or repr(found["a"].result) == "[1, 2.5, nan, 'ä']"
        assert {"b", "c"} <= set(found) or b"\n" in damaged[:-1]


def test_what_was_started_and_not_done_is_suspect(path):
    with Records(path, HEADER) as records:
        records.start("a")
        records.add(Outcome("a", 1), [])
        records.start("b")
        records.start("c")
        records.stop(["c"])
    with Records(path, HEADER) as records:
        assert records.suspects == ["b"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (Header("tests.other", HEADER.settings), "has the records of tests.job"),
        (Header("tests.job", {**HEADER.settings, "level": 0.25}), r"other settings \(level 0.5, now 0.25\)"),
        (Header("tests.job", {"empty": float("nan")}), r"level 0.5, now null"),
        (Header("tests.job", HEADER.settings, "9.9"), r"version 0.1.0, this is 9.9"),
    ],
)
def test_records_of_another_kind_are_refused(full, header, said):
    before = full.read_bytes()
    with pytest.raises(UsageError, match=said):
        Records(full, header)
    assert full.read_bytes() == before


@pytest.mark.parametrize("text", [b"case,dice\na,1\n", b"\x00\x01", b"{}\n", b'{"format": "other"}\n', b"x"])
def test_a_foreign_file_is_left_as_it_is(path, text):
    path.write_bytes(text)
    with pytest.raises(UsageError, match="is no file of records"):
        Records(path, HEADER)
    assert path.read_bytes() == text


def test_a_folder_or_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="this is no file"):
        Records(tmp_path, HEADER)
    with pytest.raises(UsageError, match="there is no folder"):
        Records(tmp_path / "nowhere" / "job.records", HEADER)


def test_a_file_that_cannot_be_written_is_refused(path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(UsageError, match=r"cannot be written \(Permission denied\): choose a file in another folder"):
        Records(path, HEADER)


def test_a_second_run_is_refused_while_the_first_writes(path):
    with Records(path, HEADER), pytest.raises(UsageError, match="another run is writing"):
        Records(path, HEADER)
    with Records(path, HEADER):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_a_forked_process_does_not_keep_the_file_locked(path):
    begun, tell = os.pipe()
    with Records(path, HEADER):
        child = os.fork()
        if child == 0:
            os.write(tell, b"!")
            time.sleep(30)
            os._exit(0)
        os.read(begun, 1)
    try:
        with Records(path, HEADER):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_full_disk_is_one_line_and_the_records_before_it_stay(path):
    resource = pytest.importorskip("resource")
    with Records(path, HEADER) as records:
        records.add(Outcome("a", 1), [])
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
        try:
            with pytest.raises(OSError, match=r"could not be written \(File too large\); 1 cases are done: make room"):
                records.add(Outcome("b", "x" * 100), [])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(outcomes(path)) == ["a"]


class TestValidity:
    @pytest.fixture
    def file(self, tmp_path):
        file = tmp_path / "here" / "a.csv"
        file.parent.mkdir()
        file.write_text("one")
        return file

    @pytest.fixture
    def records(self, path, file):
        with Records(path, HEADER) as records:
            records.add(Outcome("a", 1), fingerprints([file]))
            yield records

    def test_an_unchanged_file_is_valid_and_not_read_again(self, records, file, monkeypatch):
        monkeypatch.setattr("domains._records.content_hash", None)
        assert records.still_valid("a", [file])

    def test_a_changed_file_is_not(self, records, file):
        file.write_text("two")
        assert not records.still_valid("a", [file])

    def test_equal_size_and_time_in_another_folder_are_not_enough(self, records, file, tmp_path):
        other = tmp_path / "there.csv"
        other.write_text("two")
        shutil.copystat(file, other)
        assert not records.still_valid("a", [other])

    def test_equal_size_and_time_under_the_same_name_are_not_enough(self, records, file):
        times = file.stat()
        file.write_text("two")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert not records.still_valid("a", [file])

    def test_equal_content_is_enough(self, records, file, tmp_path):
        other = tmp_path / "there.csv"
        shutil.copyfile(file, other)
        assert records.still_valid("a", [other])
        os.utime(file)
        assert records.still_valid("a", [file])

    def test_another_number_of_files_is_not(self, records, file):
        assert not records.still_valid("a", [])
        assert not records.still_valid("a", [file, file])

    def test_a_missing_file_is_not(self, records, file):
        file.unlink()
        assert not records.still_valid("a", [file])

    def test_a_failure_is_done_again(self, records, file):
        records.add(Outcome("a", error="failed"), fingerprints([file]))
        assert not records.still_valid("a", [file])


def test_a_path_that_cannot_be_is_no_file(path):
    (found,) = fingerprints([Path("a\0b")])
    assert found["hash"] is None
    with Records(path, HEADER) as records:
        records.add(Outcome("a", 1), [found])
        assert not records.still_valid("a", [Path("a\0b")])


def test_records_of_a_newer_kind_are_told(full):
    lines = full.read_bytes().splitlines(keepends=True)
    header = from_line(lines[0])
    newer = {**header, "schema": 2, "version": "9.9"}
    full.write_bytes(as_line(newer) + b"".join(lines[1:]))
    with pytest.raises(UsageError, match=r"another version \(version 9.9, this is "):
        Records(full, HEADER)


def test_a_name_that_is_no_text_is_kept(path):
    name = os.fsdecode(b"\xff\xfe.csv")
    with Records(path, HEADER) as records:
        records.add(Outcome(name, 1), [])
    assert outcomes(path)[name].result == 1


@pytest.mark.parametrize("line", [b"", b"\n", b'{"case": "a"}\n', as_line({"case": "a"})[:-1], as_line({"x": 1})[3:]])
def test_a_line_without_its_checksum_is_no_record(line):
    assert from_line(line) is None

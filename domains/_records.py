"""The file of records of a job: one line for each case, written whole as soon as the case is done.

Conventions
-----------
- JSON lines. The first says which job, version and settings made the file; each other line is a record of a case, a
  marker that a case was started, or what a run knew of all cases. The last record of a case counts, and the last run.
- A line carries the CRC-32 of what stands before it. A line that was cut off or damaged is no record: its case is done
  again.
- Every line is written at once, flushed and, for records, forced to the disk before the next case.
- A record counts while its input files are unchanged: the same path, size and times, or else the same content.
- One run at a time: the file is locked while it is open.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakSet

import overlap as ov

from ._checks import UsageError

FORMAT = "overlap records"
SCHEMA = 1
CHECKSUM = ', "crc32": '
ANOTHER = "move it away, or choose another file"
FAR = 1 << 40
BLOCK = 1 << 20
"""Bytes that are hashed at once."""


_opened: WeakSet[FileIO] = WeakSet()


def _close_after_fork() -> None:
    """Close the files in a forked process: it may live longer than this one, and would keep them locked."""
    for file in _opened:
        file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_after_fork)


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Parameters
    ----------
    case : str
        Its name.
    result : JSON data
        What its work returned; None if it failed.
    error : str
        Why it failed, in one line; "" if it did not.
    kind : str
        Name of the exception's class, or "WorkerDied".
    details : mapping
        What the exception says besides: see `domains._batch.CaseError`.
    about : mapping
        What is known of the case besides: see `domains._batch.Case`.

    Examples
    --------
    >>> Outcome("night 1", {"iou": 0.5}).error
    ''
    """

    case: str
    result: Any = None
    error: str = ""
    kind: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What all records of a file have in common.

    Parameters
    ----------
    job : str
        Such as ``"lesions.cohort"``.
    settings : mapping
        Every setting that results depend on, with its default where it was not given; JSON data.
    version : str
        Of this package.
    shared : mapping
        What is known of all cases of this run: see `domains._batch.Job`.

    Examples
    --------
    >>> Header("lesions.cohort", {"level": 0.5}).line()[:42]
    b'{"format": "overlap records", "schema": 1,'
    """

    job: str
    settings: Mapping[str, Any]
    version: str = ov.__version__
    shared: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> bytes:
        """Return the first line of a file of records."""
        shared = {"format": FORMAT, "schema": SCHEMA, "job": self.job, "version": self.version}
        return as_line({**shared, "settings": dict(self.settings)})


@dataclass(frozen=True)
class Kept:
    """What a file of records holds, read and not written to.

    Parameters
    ----------
    settings : mapping
        What the records were made with.
    outcomes : dict of str to Outcome
        The last one of each case.
    suspects : list of str
        Cases that were started and not done.
    shared : mapping
        What the last run knew of all its cases.
    """

    settings: Mapping[str, Any]
    outcomes: dict[str, Outcome]
    suspects: list[str]
    shared: Mapping[str, Any] = field(default_factory=dict)


def read_records(path: Path, job: str, operation: str | None = None) -> Kept:
    """Read a file of records that another run made.

    Parameters
    ----------
    path : Path
        The file.
    job : str
        Whose records they are.
    operation : str, optional
        Who asks, for the error; the job by default.

    Raises
    ------
    UsageError
        If there is no such file, it is none of records, or was made by another job or version.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "night.records")
    ...     with Records(path, Header("events.score", {"level": 1})) as records:
    ...         records.add(Outcome("a.csv", {"events": 3}), [])
    ...     kept = read_records(path, "events.score")
    >>> kept.settings, kept.outcomes["a.csv"].result
    ({'level': 1}, {'events': 3})
    """
    operation = operation or job
    if not path.is_file():
        raise UsageError(f"{operation}: records {path}: no such file")
    outcomes: dict[str, Outcome] = {}
    started: dict[str, None] = {}
    shared: Mapping[str, Any] = {}
    with path.open("rb") as file:
        made = _check_made(file.readline(), path, Header(job, {}), operation)
        for line in file:
            record = from_line(line)
            if record is None:
                continue
            _note_start(record, started)
            shared = record.get("shared", shared)
            if "case" in record:
                outcome = _outcome_of(record)
                outcomes[outcome.case] = outcome
                started.pop(outcome.case, None)
    return Kept(made.get("settings", {}), outcomes, list(started), shared)


class Records:
    """An open file of records: a context manager that locks the file.

    Parameters
    ----------
    path : Path
        The file; it is made if there is none.
    header : Header
        Of this run.

    Raises
    ------
    UsageError
        If the file is none of records, was made by another job or version or with other settings, or another run
        has it open.

    Examples
    --------
    >>> import tempfile
    >>> header = Header("events.score", {})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "night.records")
    ...     with Records(path, header) as records:
    ...         records.start("a.csv")
    ...         records.add(Outcome("a.csv", {"events": 3}), [])
    ...     with Records(path, header) as records:
    ...         records.outcomes["a.csv"].result, records.suspects
    ({'events': 3}, [])
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._job = header.job
        self.outcomes: dict[str, Outcome] = {}
        self._inputs: dict[str, list[dict[str, Any]]] = {}
        self._started: dict[str, None] = {}
        self._shared: Mapping[str, Any] = {}
        _check_is_file(path, header.job)
        self._file = _open(path, header.job)
        _opened.add(self._file)
        try:
            _lock(self._file, path, header.job)
            self._read(header)
            if header.shared != self._shared:
                self._append({"shared": dict(header.shared)})
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Records:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def suspects(self) -> list[str]:
        """Cases that were started by a run that died before they were done."""
        return list(self._started)

    def start(self, case: str) -> None:
        """Note that a case is being worked on, in case this process does not survive it."""
        self._started[case] = None
        self._append({"start": case})

    def stop(self, cases: Iterable[str]) -> None:
        """Note that cases were left undone without any fault of theirs."""
        for case in cases:
            self._started.pop(case, None)
            self._append({"stop": case})

    def add(self, outcome: Outcome, inputs: list[dict[str, Any]]) -> None:
        """Write the record of a case to the disk.

        Parameters
        ----------
        outcome : Outcome
            What became of the case.
        inputs : list of dict
            Its files, as `fingerprints` returns them.
        """
        record: dict[str, Any] = {"case": outcome.case, "inputs": inputs}
        if outcome.about:
            record["about"] = dict(outcome.about)
        if outcome.error:
            record |= {"error": outcome.error, "kind": outcome.kind, "details": dict(outcome.details)}
        else:
            record["result"] = outcome.result
        self._append(record, to_disk=True)
        self._keep(outcome, inputs)

    def describe(self, case: str, about: Mapping[str, Any]) -> Outcome:
        """Return the outcome of a case with what is known of it now, which is written down if it has changed."""
        outcome = self.outcomes[case]
        if outcome.about == about:
            return outcome
        described = replace(outcome, about=about)
        self.add(described, self._inputs[case])
        return described

    def still_valid(self, case: str, paths: Iterable[Path]) -> bool:
        """Return whether a case was done without an error, and its files are those of then."""
        outcome = self.outcomes.get(case)
        if outcome is None or outcome.error:
            return False
        then = self._inputs[case]
        now = list(paths)
        if len(then) != len(now):
            return False
        return all(_is_unchanged(path, before) for path, before in zip(now, then, strict=True))

    def _append(self, record: dict[str, Any], *, to_disk: bool = False) -> None:
        self._write(as_line(record), to_disk)

    def _write(self, line: bytes, to_disk: bool) -> None:
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
            if to_disk:
                os.fsync(self._file.fileno())
        except OSError as error:
            reason = error.strerror or error
            raise OSError(
                f"{self._job}: {self.path}: a record could not be written ({reason}); {len(self.outcomes)} cases are "
                "done: make room, then run the same again to go on"
            ) from error

    def _keep(self, outcome: Outcome, inputs: list[dict[str, Any]]) -> None:
        self.outcomes[outcome.case] = outcome
        self._inputs[outcome.case] = inputs
        self._started.pop(outcome.case, None)

    def _read(self, header: Header) -> None:
        """Read the file, and cut off a last line that was not finished."""
        with self.path.open("rb") as file:
            first = file.readline()
            if not first.endswith(b"\n"):
                _check_is_ours(first, self.path, header.job)
                self._file.truncate(0)
                self._write(header.line(), to_disk=True)
                return
            _check_header(first, self.path, header)
            end = len(first)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                record = from_line(line)
                if record is not None:
                    self._take(record)
        self._file.truncate(end)

    def _take(self, record: dict[str, Any]) -> None:
        _note_start(record, self._started)
        self._shared = record.get("shared", self._shared)
        if "case" in record:
            self._keep(_outcome_of(record), record["inputs"])


def as_line(record: Mapping[str, Any]) -> bytes:
    r"""Return a record as a line of the file, with its checksum.

    Examples
    --------
    >>> as_line({"start": "a.csv"})
    b'{"start": "a.csv", "crc32": 114838312}\n'
    """
    body = json.dumps(record)[:-1].encode("ascii")
    return body + f"{CHECKSUM}{zlib.crc32(body)}}}\n".encode("ascii")


def from_line(line: bytes) -> dict[str, Any] | None:
    """Return the record in a line, or None if the line is damaged.

    Examples
    --------
    >>> from_line(as_line({"start": "a.csv"}))["start"]
    'a.csv'
    >>> from_line(as_line({"start": "a.csv"}).replace(b"a.csv", b"b.csv")) is None
    True
    """
    body, mark, rest = line.rpartition(CHECKSUM.encode())
    if not mark or rest != f"{zlib.crc32(body)}}}\n".encode():
        return None
    record: dict[str, Any] = json.loads(body + b"}")
    return record


def _note_start(record: Mapping[str, Any], started: dict[str, None]) -> None:
    """Take down that a case was started, or left undone without any fault of its own."""
    if "start" in record:
        started[record["start"]] = None
    elif "stop" in record:
        started.pop(record["stop"], None)


def _outcome_of(record: Mapping[str, Any]) -> Outcome:
    return Outcome(
        record["case"],
        record.get("result"),
        record.get("error", ""),
        record.get("kind", ""),
        record.get("details", {}),
        record.get("about", {}),
    )


def fingerprints(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Return what identifies the content of files: path, size, times and a hash.

    Parameters
    ----------
    paths : iterable of Path
        Files. One that cannot be read has no hash.

    Returns
    -------
    list of dict
        ``path size mtime ctime hash`` of each.

    Examples
    --------
    >>> fingerprints([Path("nowhere")])
    [{'path': 'nowhere', 'size': None, 'mtime': None, 'ctime': None, 'hash': None}]
    """
    return [_fingerprint(path) for path in paths]


def content_hash(path: Path) -> str | None:
    """Return a hash of a file's content, or None if it cannot be read.

    Examples
    --------
    >>> content_hash(Path("nowhere")) is None
    True
    """
    digest = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    return digest.hexdigest()


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return which settings differ, and how; "" if none does.

    Examples
    --------
    >>> changed_settings({"level": 0.5, "preset": "medpy"}, {"level": 0.5, "preset": "monai"})
    'preset "medpy", now "monai"'
    """
    parts = []
    for name in {**before, **now}:
        # as text: NaN is not equal to itself
        then = json.dumps(before.get(name))
        today = json.dumps(now.get(name))
        if then != today:
            parts.append(f"{name} {then}, now {today}")
    return "; ".join(parts)


def _fingerprint(path: Path) -> dict[str, Any]:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return {"path": str(path), "size": None, "mtime": None, "ctime": None, "hash": None}
    return {
        "path": str(path.resolve()),
        "size": state.st_size,
        "mtime": state.st_mtime_ns,
        "ctime": state.st_ctime_ns,
        "hash": content_hash(path),
    }


def _is_unchanged(path: Path, before: Mapping[str, Any]) -> bool:
    """Return whether a file is the one of then: its content is read only where path or times differ."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return False
    if before["hash"] is None or state.st_size != before["size"]:
        return False
    same_times = state.st_mtime_ns == before["mtime"] and state.st_ctime_ns == before["ctime"]
    if same_times and str(path.resolve()) == before["path"]:
        return True
    then: str = before["hash"]
    return content_hash(path) == then


def _check_is_file(path: Path, job: str) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{job}: records {path}: this is no file; name a file, which is made if there is none")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{job}: records {path}: there is no folder {path.parent}; make it first")


def _open(path: Path, job: str) -> FileIO:
    """Open a file to append to: it is made, but never emptied; what could not be written is not written later."""
    try:
        return open(path, "ab", buffering=0)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"{job}: records {path}: cannot be written ({reason}): choose a file in another folder"
        ) from None


def _check_is_ours(start: bytes, path: Path, operation: str) -> None:
    """Refuse a file that does not begin as records do; it may have been cut within its first line."""
    known = f'{{"format": "{FORMAT}"'.encode()
    if not start.startswith(known) and not known.startswith(start):
        raise UsageError(f"{operation}: {path} is no file of records: choose another, or move it away")


def _check_header(first: bytes, path: Path, header: Header) -> None:
    made = _check_made(first, path, header, header.job)
    changed = changed_settings(made.get("settings", {}), json.loads(json.dumps(dict(header.settings))))
    if changed:
        raise UsageError(f"{header.job}: {path} was made with other settings ({changed}): {ANOTHER}")


def _check_made(first: bytes, path: Path, header: Header, operation: str) -> dict[str, Any]:
    """Return the first line of a file of records of this job and version, whatever its settings."""
    _check_is_ours(first, path, operation)
    made = from_line(first)
    if made is None:
        raise UsageError(f"{operation}: the first line of {path} is damaged: {ANOTHER}")
    job = made.get("job")
    version = made.get("version")
    if job != header.job:
        raise UsageError(f"{operation}: {path} has the records of {job}: {ANOTHER}")
    if version != header.version or made.get("schema") != SCHEMA:
        versions = f"version {version}, this is {header.version}"
        raise UsageError(f"{operation}: {path} was made by another version ({versions}): {ANOTHER}")
    return made


def _lock(file: FileIO, path: Path, job: str) -> None:
    """Lock a file until it is closed; the system does so too when this process dies."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            # a byte that is never written: others may read the file
            file.seek(FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            raise _in_use(path, job) from None
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _in_use(path, job) from None


def _in_use(path: Path, job: str) -> UsageError:
    return UsageError(f"{job}: another run is writing {path}: wait for it, or choose another file")

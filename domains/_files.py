r"""Reading at the edge: files are read to their end and checked, and whatever goes wrong is one line.

Conventions
-----------
- Every message is ``operation: file: what was found, where; the remedy``, in one line.
- Packed files (gzip, bzip2, xz) are told by their first bytes, not by a name, and are unpacked to their end: `_packed`.
- Tables and structures that unpack to more than 34 MB and 20 times their size are refused: they can be unpacked first.
- Nothing is read or unpacked that needs more memory than is free at that moment. What a header promises is asked about
  before it is believed: `check_budget`.
- Lines end in ``\n``, ``\r\n`` or ``\r``, and are counted from 1.
- Readers do not guess: a doubled key or a quotation mark that never closes is an error.

References
----------
RFC 4180 (CSV); RFC 8259 (JSON), section 4.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from ._checks import UsageError
from ._packed import PackedError, Packing, packing_of, unpacked
from ._text import file_name, for_table, one_line

STANDARD_INPUT = "-"
_SMALL = 1 << 25
"""Bytes that are taken without a look at the free memory."""
_ANY_TEXT = 1 << 25
_TEXT_OF_A_BYTE = 20
"""Tables and structures take 4 to 15 times their packed size; what takes far more was made to fill memory."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CGROUPS = Path("/sys/fs/cgroup")
_FETCH_AGAIN = "fetch or write it again"
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class ReadError(ValueError):
    """A file that cannot be read; one line says which, what was found, where, and the remedy.

    Examples
    --------
    >>> issubclass(ReadError, ValueError)
    True
    """

    skipped: Any = None
    """The table of what was skipped of it, if its rows were read."""


class Row(NamedTuple):
    """A row of a table.

    Parameters
    ----------
    line : int
        Where it begins, counted from 1.
    n_lines : int
        How many lines it takes: more than one if a quoted cell holds line breaks.
    cells : list of str
        Empty for an empty line.
    """

    line: int
    n_lines: int
    cells: list[str]


@contextmanager
def reading(operation: str, path: str | Path) -> Iterator[None]:
    """Turn whatever a reader raises into one line that names the operation and the file.

    Errors of our own pass: those of options (`UsageError`), of missing packages (ImportError), and whatever begins
    with the operation already. A `ReadError` without the names of operation and file gets them.

    Parameters
    ----------
    operation : str
        Who reads, such as ``"events.read_events"``.
    path : path
        What is read.

    Raises
    ------
    ReadError
        For any other exception inside the ``with`` block.

    Examples
    --------
    >>> with reading("events.read_events", "a.csv"):
    ...     [][0]
    Traceback (most recent call last):
    domains._files.ReadError: events.read_events: a.csv: cannot be read (IndexError: list index out of range); ...
    """
    try:
        yield
    except (UsageError, ImportError):
        raise
    except ReadError as error:
        if _is_named(error, operation):
            raise
        raise _error(operation, path, str(error)) from error
    except MemoryError as error:
        raise _error(operation, path, "needs more memory than is free; close other programs, or split it") from error
    except Exception as error:
        if isinstance(error, ValueError | OSError) and _is_named(error, operation):
            raise
        raise _error(operation, path, _foreign(error)) from error


def read_bytes(operation: str, path: str | Path, *, may_be_empty: bool = False) -> bytes:
    """Return the content of a file; gzip, bzip2 and xz are unpacked and checked to their end.

    Parameters
    ----------
    operation : str
        Who reads, such as ``"lesions.read_image"``.
    path : path
        A file, plain or packed, or "-", standard input.
    may_be_empty : bool
        Whether a file without a byte means something.

    Returns
    -------
    bytes

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IsADirectoryError
        If it is a folder.
    PermissionError
        If it may not be read.
    ReadError
        If it is no ordinary file, empty, cut off, damaged, or larger than the free memory, or if it unpacks to more
        than 34 MB and 20 times its size.

    Examples
    --------
    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv.gz")
    ...     _ = path.write_bytes(gzip.compress(b"onset,offset") + gzip.compress(b",label"))
    ...     read_bytes("events.read_events", path)
    b'onset,offset,label'
    """
    return bytes(_read(operation, path, may_be_empty, most=None, of_text=True))


def read_buffer(
    operation: str, path: str | Path, *, may_be_empty: bool = False, most: int | None = None
) -> bytes | bytearray:
    """Return the content of a file as `read_bytes` does, but unpacked content where it lies, without a copy.

    Parameters
    ----------
    operation, path, may_be_empty
        See `read_bytes`.
    most : int, optional
        How many bytes a packed file may unpack to. Of a file that holds more only a little more than these is read:
        whoever asks refuses it.

    Returns
    -------
    bytes or bytearray
        A bytearray if the file was packed.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, ReadError
        As `read_bytes` does.

    Examples
    --------
    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.nii.gz")
    ...     _ = path.write_bytes(gzip.compress(b"voxels"))
    ...     read_buffer("lesions.read_image", path)
    bytearray(b'voxels')
    """
    return _read(operation, path, may_be_empty, most, of_text=False)


def read_text(operation: str, path: str | Path, *, may_be_empty: bool = False) -> str:
    r"""Return the text of a file in UTF-8, plain or packed, with ``\n`` at the end of each line.

    Parameters
    ----------
    operation : str
        Who reads, such as ``"events.read_events"``.
    path : path
        A file, plain or packed. A byte order mark is taken off.
    may_be_empty : bool
        Whether a file without a byte means something.

    Returns
    -------
    str

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, ReadError
        As `read_bytes` does, and if the file holds NUL or other bytes that are no text in UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_bytes(b"onset,offset\r\n1,2\r\n")
    ...     read_text("events.read_events", path)
    'onset,offset\n1,2\n'
    """
    content = read_bytes(operation, path, may_be_empty=may_be_empty)
    if content.startswith(_UTF_16):
        raise _error(operation, path, "text in UTF-16; save it as UTF-8")
    nul = content.find(b"\0")
    if nul >= 0:
        where = _line_of(content[:nul])
        raise _error(operation, path, f"line {where}: a NUL byte, so this is no text, or was not written to its end")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _line_of(content[: error.start])
        found = f"line {where}: the byte 0x{content[error.start]:02x} is no text in UTF-8; save the file as UTF-8"
        raise _error(operation, path, found) from error
    return _with_plain_newlines(text)


def check_budget(operation: str, path: str | Path, n_bytes: int, what: str) -> None:
    """Refuse what needs more memory than is free, before it is read.

    Parameters
    ----------
    operation : str
        Who reads, such as ``"lesions.read_image"``.
    path : path
        What is read.
    n_bytes : int
        How many bytes it would need.
    what : str
        What needs them, such as ``"the array that its header promises"``.

    Raises
    ------
    ReadError
        If it is more than is free.

    Examples
    --------
    >>> check_budget("lesions.read_image", "a.nii", 10**6, "the image")
    >>> check_budget("lesions.read_image", "a.nii", 10**18, "the image")
    Traceback (most recent call last):
    domains._files.ReadError: lesions.read_image: a.nii: the image needs 1e+09 GB of memory, and ... GB are free; ...
    """
    free = free_memory()
    if n_bytes <= free:
        return
    needed = f"{what} needs {n_bytes / 1e9:.3g} GB of memory, and {free / 1e9:.3g} GB are free"
    raise _error(operation, path, f"{needed}; use a machine with more, or check that the file is what it says")


def free_memory() -> int:
    """Return how many bytes this process can still take: what the machine, its container and its limits leave.

    Returns
    -------
    int
        The least of what is available on the machine, what is left of the limit of each control group, and what is
        left of the limit of the address space. Where the system tells none of these: the physical memory.

    Examples
    --------
    >>> free_memory() > 0
    True
    """
    known = [*_available(), *_left_in_control_groups(), *_left_of_address_space()]
    return max(0, min(known, default=_physical()))


def split_lines(text: str) -> list[str]:
    r"""Return the lines of a text without their ends; only ``\n``, ``\r\n`` and ``\r`` end a line.

    Parameters
    ----------
    text : str
        As `read_text` returns it.

    Returns
    -------
    list of str
        What follows the last line end is a line if it is not empty.

    Examples
    --------
    >>> split_lines("a\r\nb\x0cc\n\n")
    ['a', 'b\x0cc', '']
    """
    lines = _with_plain_newlines(text).split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def split_rows(text: str, separator: str, *, quoted: bool = True) -> list[Row]:
    r"""Return the rows of a table, each with its line; every line belongs to one row.

    Parameters
    ----------
    text : str
        As `read_text` returns it.
    separator : str
        One character.
    quoted : bool
        Whether a quotation mark at the beginning of a cell opens a quoted cell (RFC 4180). Else, as in the tables of
        BIDS, it is a character like any other.

    Returns
    -------
    list of Row
        ``sum(row.n_lines for row in rows)`` is the number of lines. An empty line is a row without cells.

    Raises
    ------
    ReadError
        If a quoted cell does not end, or text follows its end, or it holds what looks like a whole row: a line with as
        many separators as the first row has. Also if a cell is longer than the csv module allows (131072 characters).

    Examples
    --------
    >>> for row in split_rows('onset,label\n1,"a\nb"\n\n2,c', ","):
    ...     print(row.line, row.n_lines, row.cells)
    1 1 ['onset', 'label']
    2 2 ['1', 'a\nb']
    4 1 []
    5 1 ['2', 'c']
    >>> split_rows('onset\tlabel\n1\t"dog\n', "\t", quoted=False)[1]
    Row(line=2, n_lines=1, cells=['1', '"dog'])
    >>> split_rows('onset,label\n1,"dog\n2,cat\n', ",")
    Traceback (most recent call last):
    domains._files.ReadError: line 2: a quotation mark opens a cell that never ends; close it, or write "" for a ...
    """
    lines = split_lines(text)
    if not quoted or '"' not in text:
        return [Row(line, 1, cells.split(separator) if cells else []) for line, cells in enumerate(lines, 1)]
    return _quoted_rows(lines, separator)


def load_json(text: str, *, constants: bool = False) -> Any:
    r"""Return what JSON holds.

    Parameters
    ----------
    text : str
        As `read_text` returns it.
    constants : bool
        Whether ``NaN`` and ``Infinity`` are read, which JSON does not have.

    Returns
    -------
    dict, list, str, float, int, bool or None
        Text as every table can hold it: half of a pair of surrogates is written out, as ``\ud800``.

    Raises
    ------
    ReadError
        If it is no JSON, a key stands twice in one object, or it is nested too deeply.

    Examples
    --------
    >>> load_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> load_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    domains._files.ReadError: the key 'a' stands twice in one object; keep one of them
    """
    refuse = None if constants else _refuse_constant
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_constant=refuse)
        return _held(data) if _ESCAPED_SURROGATE.search(text) else data
    except json.JSONDecodeError as error:
        found = f"line {error.lineno}, column {error.colno}: not JSON ({error.msg}); {_FETCH_AGAIN}"
        raise ReadError(found) from error
    except RecursionError as error:
        raise ReadError("JSON that is nested too deeply; write it with fewer levels") from error
    except ReadError:
        raise
    except ValueError as error:
        raise ReadError(f"not JSON ({one_line(error)}); {_FETCH_AGAIN}") from error


def _held(data: Any) -> Any:
    """Return data with all text in it as every table can hold it."""
    if isinstance(data, dict):
        return {for_table(key): _held(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_held(value) for value in data]
    return for_table(data)


def _error(operation: str, path: str | Path, found: str) -> ReadError:
    return ReadError(f"{operation}: {file_name(path)}: {found}")


def _is_named(error: Exception, operation: str) -> bool:
    return str(error).startswith(f"{operation}: ")


def _foreign(error: Exception) -> str:
    """Return what a library or Python itself said, and what to do about it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{one_line(error.strerror)}; see that the file can be read, and {_FETCH_AGAIN}"
    said = one_line(error)
    reason = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"cannot be read ({reason}); see that it is whole and of the format that its name says"


def _os_error(operation: str, path: str | Path, error: OSError) -> Exception:
    """Return the error of the operating system in our words, of the same kind where callers ask for it."""
    named = f"{operation}: {file_name(path)}"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileNotFoundError(f"{named}: no such file")
    if isinstance(error, PermissionError):
        return PermissionError(f"{named}: may not be read; ask its owner for the right to")
    if error.errno == errno.ENOMEM:
        return _error(operation, path, "needs more memory than is free; close other programs, or split it")
    return _error(operation, path, _foreign(error))


def _size(operation: str, path: str | Path) -> int:
    """Return the bytes of an ordinary file; anything else is refused."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise _os_error(operation, path, error) from error
    except ValueError as error:
        # a NUL in the name
        raise _error(operation, path, f"no name of a file ({one_line(error)}); correct it") from error
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{operation}: {file_name(path)}: a folder; name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise _error(operation, path, "no ordinary file (a device, a pipe or a socket); save its content as a file")
    return status.st_size


def _read(
    operation: str, path: str | Path, may_be_empty: bool, most: int | None, *, of_text: bool
) -> bytes | bytearray:
    with reading(operation, path):
        stored = sys.stdin.buffer.read() if str(path) == STANDARD_INPUT else _stored(operation, path)
        content: bytes | bytearray = stored
        packing = packing_of(stored)
        if packing is not None:
            limit = _ANY_TEXT + _TEXT_OF_A_BYTE * len(stored) if of_text else sys.maxsize
            content = _unpack(operation, path, stored, packing, most, limit)
        if not content and not may_be_empty:
            raise _error(operation, path, f"an empty file; {_FETCH_AGAIN}")
    return content


def _stored(operation: str, path: str | Path) -> bytes:
    size = _size(operation, path)
    if size > _SMALL:
        check_budget(operation, path, size, "the file")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _os_error(operation, path, error) from error


def _unpack(
    operation: str, path: str | Path, packed: bytes, packing: Packing, most: int | None, limit: int
) -> bytearray:
    """Return what a packed file holds, as far as memory is free for it."""
    content = bytearray()
    asked_at = _SMALL
    if most is None:
        most = sys.maxsize
    else:
        expected = min(most, packing.most * len(packed))
        if expected > _SMALL:
            check_budget(operation, path, expected, "its unpacked content")
    try:
        for part in unpacked(packing, packed):
            content += part
            if len(content) > most:
                return content
            if len(content) > limit:
                found = f"more than {len(content) / 1e6:.0f} MB in a {packing.name} file of {len(packed) / 1e6:.2g} MB"
                raise _error(operation, path, f"{found}; unpack it ({packing.remedy}) and read that, if it is meant")
            if len(content) > asked_at:
                # what is there already is not free any more; as much again may be needed to move it
                check_budget(operation, path, len(content), "its unpacked content, as far as it was read,")
                asked_at = len(content) + _SMALL
    except PackedError as error:
        raise _error(operation, path, f"{error}; {_FETCH_AGAIN}") from error
    return content


def _line_of(before: bytes) -> int:
    """Return the line that follows these bytes."""
    plain = before.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return plain.count(b"\n") + 1


def _with_plain_newlines(text: str) -> str:
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _quoted_rows(lines: list[str], separator: str) -> list[Row]:
    text = "\n".join(lines)
    reader = csv.reader(StringIO(text), delimiter=separator, strict=True)
    rows: list[Row] = []
    first = 1
    try:
        for cells in reader:
            n_lines = reader.line_num - first + 1
            row = Row(first, n_lines, cells)
            if n_lines > 1:
                width = len(rows[0].cells) if rows else len(cells)
                _check_many_lines(row, lines, separator, width)
            rows.append(row)
            first = reader.line_num + 1
    except csv.Error as error:
        raise ReadError(f"line {first}: {_quoting(error)}") from error
    # the last line is lost to the reader if nothing stands in it
    rows += [Row(line, 1, []) for line in range(first, len(lines) + 1)]
    return rows


def _check_many_lines(row: Row, lines: list[str], separator: str, width: int) -> None:
    """Refuse a row whose quoted cell seems to have swallowed the rows after it."""
    last = row.line + row.n_lines - 1
    for line in lines[row.line : last]:
        if width > 1 and line.count(separator) >= width - 1:
            found = f"a quotation mark opens a cell that ends in line {last} only, and holds what looks like whole rows"
            raise ReadError(f"line {row.line}: {found}; close it, or take the line breaks out of the cell")


def _quoting(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return (
            'a quotation mark opens a cell that never ends; close it, or write "" for a quotation mark in a quoted cell'
        )
    if "expected after" in said:
        return 'text follows the end of a quoted cell; write "" for a quotation mark in a quoted cell'
    if "field larger" in said:
        return f"a cell of more than {csv.field_size_limit()} characters; see that its quotation mark closes"
    return f"cannot be split into cells ({one_line(error)}); write the line as RFC 4180 has it"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ReadError(f"the key {_doubled(pairs)!r} stands twice in one object; keep one of them")
    return found


def _doubled(pairs: list[tuple[str, Any]]) -> str:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            return one_line(key, 80)
        seen.add(key)
    raise AssertionError


def _refuse_constant(name: str) -> float:
    raise ReadError(f"{name} is no number of JSON; write null")


def _available() -> Iterable[int]:
    """Yield what Linux says can be taken without swapping."""
    for line in _lines_of(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _left_in_control_groups() -> Iterable[int]:
    """Yield what is left of the limit of each control group that this process is in, of either version."""
    for line in _lines_of(Path("/proc/self/cgroup")):
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            for folder in _ancestors(_CGROUPS, group):
                yield from _left(folder, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            for folder in _ancestors(_CGROUPS / "memory", group):
                yield from _left(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _ancestors(root: Path, group: str) -> list[Path]:
    """Return the folder of a control group and those above it, up to the root."""
    names = [name for name in group.split("/") if name not in ("", "..")]
    return [root.joinpath(*names[:depth]) for depth in range(len(names), -1, -1)]


def _left(folder: Path, limit_name: str, use_name: str, cached_name: str) -> Iterable[int]:
    limit = "".join(_lines_of(folder / limit_name)).strip()
    use = "".join(_lines_of(folder / use_name)).strip()
    if not limit.isdecimal() or not use.isdecimal():
        return
    cached = 0
    for line in _lines_of(folder / "memory.stat"):
        if line.startswith(f"{cached_name} "):
            cached = int(line.split()[1])
    # cached files are given up when memory is asked for
    yield int(limit) - int(use) + cached


def _left_of_address_space() -> Iterable[int]:
    try:
        import resource
    except ImportError:
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    pages = "".join(_lines_of(Path("/proc/self/statm"))).split()
    used = int(pages[0]) * resource.getpagesize() if pages else 0
    yield limit - used


def _physical() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []

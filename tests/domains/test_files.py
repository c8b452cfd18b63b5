"""Reading at the edge: to the end, checked, within the free memory, and one line for whatever goes wrong."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest

from domains import _files, _packed
from domains._checks import UsageError
from domains._files import (
    ReadError,
    Row,
    check_budget,
    free_memory,
    load_json,
    read_buffer,
    read_bytes,
    read_text,
    reading,
    split_lines,
    split_rows,
)

CONTENT = "".join(f"{k},{k + 0.5},owl {k % 7}\n" for k in range(60)).encode()


def read(path, content):
    path.write_bytes(content)
    return read_bytes("events.read", path)


def refusal(path, content):
    """Return the one line that refuses a file, without operation and name."""
    with pytest.raises(ReadError) as caught:
        read(path, content)
    said = str(caught.value)
    prefix = f"events.read: {path}: "
    assert said.startswith(prefix)
    assert "\n" not in said
    return said.removeprefix(prefix)


def content_or_refusal(path, content):
    try:
        return read(path, content)
    except ReadError as error:
        return str(error)


def rows_or_refusal(text, quoted):
    try:
        return split_rows(text, ",", quoted=quoted)
    except ReadError as error:
        return str(error)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.csv.gz"


def test_plain_and_gzip_are_told_by_their_content(path):
    assert read(path, CONTENT) == CONTENT
    assert read(path, gzip.compress(CONTENT)) == CONTENT


@pytest.mark.parametrize("n", [0, 1, _packed.PIECE - 20, _packed.PIECE, 3 * _packed.PIECE + 1])
def test_all_members_of_any_length(path, n):
    noise = random.Random(n).randbytes(n)
    packed = gzip.compress(noise) + gzip.compress(b"") + gzip.compress(noise[::-1], 0)
    assert read(path, packed + gzip.compress(b"end")) == noise + noise[::-1] + b"end"


@pytest.mark.parametrize("n", [_packed.PART - 1, _packed.PART, _packed.PART + 1, 5 * _packed.PART])
def test_content_far_larger_than_the_file(path, n):
    """The end of a member is read even where all of its content came before."""
    packed = gzip.compress(bytes(n), 9)
    assert read(path, packed + packed) == bytes(2 * n)
    assert refusal(path, packed[:-8]).startswith("damaged or cut off")
    assert refusal(path, packed[:-8] + bytes(8)).startswith("damaged (its checksum")


def test_unpacked_content_can_be_written_into(path):
    path.write_bytes(gzip.compress(CONTENT))
    buffer = read_buffer("lesions.read_image", path)
    buffer[0] = 1
    assert (buffer[0], buffer[1:]) == (1, CONTENT[1:])


@pytest.mark.slow
def test_no_more_is_unpacked_than_is_expected(path, monkeypatch):
    packed = gzip.compress(bytes(10 * _packed.PART), 9)
    path.write_bytes(packed)
    assert len(read_buffer("lesions.read_image", path, most=10 * _packed.PART)) == 10 * _packed.PART
    assert 5000 < len(read_buffer("lesions.read_image", path, most=5000)) <= 5000 + _packed.PART
    path.write_bytes(gzip.compress(bytes(1 << 27), 9))
    monkeypatch.setattr(_files, "free_memory", lambda: 50_000_000)
    with pytest.raises(ReadError, match="its unpacked content needs 0.13[0-9]* GB of memory, and 0.05 GB are free"):
        read_buffer("lesions.read_image", path, most=1 << 27)


def test_zeros_after_the_end_are_padding(path):
    assert read(path, gzip.compress(CONTENT) + bytes(1000)) == CONTENT


@pytest.mark.parametrize("rest", [b"x", b"\0\0x\0", b"\x1f", b"\n", bytes(9) + gzip.compress(b"more", mtime=0)])
def test_what_follows_the_end_is_refused(path, rest):
    said = refusal(path, gzip.compress(CONTENT) + rest)
    assert said.startswith(f"damaged ({len(rest)} bytes follow the end of its gzip stream, at byte ")


def test_cut_at_every_byte(path):
    packed = gzip.compress(CONTENT)
    for n in range(2, len(packed)):
        assert refusal(path, packed[:n]) == "damaged or cut off: its gzip stream has no end; fetch or write it again"
    for n in range(len(packed) + 2, 2 * len(packed)):
        assert refusal(path, (packed + packed)[:n]).startswith("damaged or cut off")


@pytest.mark.slow
def test_a_flipped_bit_at_every_byte_is_refused_or_changes_nothing(path):
    packed = gzip.compress(CONTENT[:200], mtime=1)
    refused = 0
    # the first two bytes say that it is gzip: see the next test
    for n in range(2, len(packed)):
        for bit in range(8):
            damaged = bytearray(packed)
            damaged[n] ^= 1 << bit
            found = content_or_refusal(path, bytes(damaged))
            if found != CONTENT[:200]:
                assert "damaged" in found or "cut off" in found
                refused += 1
    assert refused > 8 * (len(packed) - 12)


def test_gzip_that_no_longer_says_so_is_no_text(path):
    packed = gzip.compress(CONTENT)
    for n in (0, 1):
        for bit in range(8):
            damaged = bytearray(packed)
            damaged[n] ^= 1 << bit
            path.write_bytes(damaged)
            with pytest.raises(ReadError):
                read_text("events.read", path)


def test_a_wrong_checksum_and_a_wrong_length_are_named(path):
    packed = gzip.compress(CONTENT)
    checksum = packed[:-8] + struct.pack("<II", zlib.crc32(CONTENT) ^ 1, len(CONTENT))
    length = packed[:-8] + struct.pack("<II", zlib.crc32(CONTENT), len(CONTENT) + 1)
    again = "fetch or write it again"
    assert refusal(path, checksum) == f"damaged (its checksum is not that of its content); {again}"
    assert refusal(path, length) == f"damaged (its length is not that of its content); {again}"
    assert refusal(path, packed[:-8] + bytes(8)).startswith("damaged (its checksum")


@pytest.mark.slow
def test_gzip_unpacks_no_more_than_is_free(path, monkeypatch):
    """A file of 130 kB that holds 128 MB, where 50 MB are free."""
    packed = gzip.compress(bytes(1 << 27), 9)
    path.write_bytes(packed)
    monkeypatch.setattr(_files, "free_memory", lambda: 50_000_000)
    tracemalloc.start()
    with pytest.raises(ReadError, match="unpacked content, as far as it was read, needs .* GB of memory, and 0.05 GB"):
        read_buffer("lesions.read", path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150_000_000


@pytest.mark.slow
def test_a_small_file_does_not_become_a_large_text(path):
    """A file of 65 kB that holds 67 MB of line ends, and the remedy."""
    content = b"\n" * (1 << 26)
    path.write_bytes(gzip.compress(content))
    with pytest.raises(ReadError, match="more than 35 MB in a gzip file of 0.065 MB; unpack it [(]gunzip[)]"):
        read_text("events.read", path)
    path.write_bytes(content)
    assert len(read_text("events.read", path)) == len(content)


def test_what_is_no_file_is_one_line(tmp_path):
    with pytest.raises(FileNotFoundError, match="^events.read: .*nothing: no such file$"):
        read_bytes("events.read", tmp_path / "nothing")
    (tmp_path / "file").write_text("a")
    with pytest.raises(FileNotFoundError, match="no such file$"):
        read_bytes("events.read", tmp_path / "file" / "within")
    with pytest.raises(IsADirectoryError, match="^events.read: .*: a folder; name a file in it$"):
        read_bytes("events.read", tmp_path)
    with pytest.raises(ReadError, match="^events.read: .*null: no ordinary file"):
        read_bytes("events.read", os.devnull)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadError, match="no ordinary file"):
        read_bytes("events.read", tmp_path / "pipe")
    with pytest.raises(ReadError, match="^events.read: a\\\\x00b: no name of a file"):
        read_bytes("events.read", "a\0b")
    with pytest.raises(ReadError, match="File name too long"):
        read_bytes("events.read", tmp_path / ("x" * 5000))


def test_an_empty_file_is_refused_unless_it_means_something(tmp_path):
    path = tmp_path / "a.csv"
    assert refusal(path, b"").startswith("an empty file")
    assert refusal(path, gzip.compress(b"")).startswith("an empty file")
    assert read_text("events.read", path, may_be_empty=True) == ""


def test_a_name_that_is_no_utf_8_can_be_read_and_refused(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.csv"))
    try:
        path.write_bytes(b"a")
    except OSError:
        pytest.skip("needs a file system that takes any name")
    assert read_text("events.read", path) == "a"
    path.write_bytes(b"a\xff")
    with pytest.raises(ReadError) as caught:
        read_text("events.read", path)
    said = str(caught.value).encode()
    assert rb"caf\xe9\n.csv: line 1: the byte 0xff is no text in UTF-8; save the file as UTF-8" in said


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_has_plain_line_ends_and_no_mark_of_its_byte_order(tmp_path, newline):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + newline.join(["a", "ä", ""]).encode())
    assert read_text("events.read", path) == "a\nä\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path, newline):
    path = tmp_path / "a.csv"
    for content, found in [
        (b"a" + newline + b"b\0", "line 2: a NUL byte"),
        (b"a" + newline + newline + b"caf\xe9", "line 3: the byte 0xe9 is no text in UTF-8"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ReadError, match=found):
            read_text("events.read", path)


def test_the_remedies_for_text_help(tmp_path):
    path = tmp_path / "a.csv"
    for encoding in ("utf-16", "latin-1"):
        path.write_text("onset,é\n", encoding=encoding)
        with pytest.raises(ReadError, match="save .* as UTF-8"):
            read_text("events.read", path)
        path.write_text(path.read_text(encoding=encoding), encoding="utf-8")
        assert read_text("events.read", path) == "onset,é\n"


FOREIGN = [
    IndexError("list index out of range"),
    KeyError("onset"),
    csv.Error("field larger than field limit (131072)"),
    RecursionError("maximum recursion depth exceeded"),
    zlib.error("Error -3"),
    OverflowError(),
    RuntimeError("Unable to open\nobject (bad\x1b[31m symbol)"),
    struct.error("unpack requires a buffer of 4 bytes"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ValueError("could not convert string to float: 'x'"),
    EOFError("Compressed file ended"),
    OSError(5, "Input/output error"),
    AssertionError(),
    TypeError("\udcff"),
]


@pytest.mark.parametrize("raised", FOREIGN, ids=repr)
def test_whatever_is_raised_becomes_one_line(raised):
    with pytest.raises(ReadError) as caught, reading("events.read", "a\udcff.csv"):
        raise raised
    said = str(caught.value)
    assert said.startswith("events.read: a\\xff.csv: ")
    assert said.encode().decode().isprintable()
    assert ";" in said, "no remedy"
    assert caught.value.__cause__ is raised


def test_too_little_memory_is_said_so():
    with pytest.raises(ReadError, match="a.csv: needs more memory than is free"), reading("events.read", "a.csv"):
        raise MemoryError


@pytest.mark.parametrize(
    "own",
    [
        UsageError("--kind x: no such kind"),
        ImportError("pip install overlap-toolkit[medical]"),
        ReadError("events.read: a.csv: line 3: no number"),
        FileNotFoundError("events.read: a.csv: no such file"),
        ValueError("events.read: a.csv: not RTTM"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_our_own_words_pass(own):
    with pytest.raises(type(own)) as caught, reading("events.read", "a.csv"):
        raise own
    assert caught.value is own


def test_a_refusal_without_a_name_gets_it():
    said = "^events.read: a.csv: line 3: no number; write one$"
    with pytest.raises(ReadError, match=said), reading("events.read", "a.csv"):
        raise ReadError("line 3: no number; write one")


def test_budgets_are_of_what_is_free(monkeypatch):
    monkeypatch.setattr(_files, "free_memory", lambda: 1000)
    check_budget("lesions.read", "a.nii", 1000, "the image")
    with pytest.raises(
        ReadError, match="^lesions.read: a.nii: the image needs 1e-06 GB of memory, and 1e-06 GB are free"
    ):
        check_budget("lesions.read", "a.nii", 1001, "the image")


def test_a_file_larger_than_what_is_free_is_not_read(tmp_path):
    path = tmp_path / "a.nii"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ReadError, match="the file needs 1.1e\\+03 GB of memory"):
        read_bytes("lesions.read", path)


def test_the_least_of_all_limits_counts(tmp_path, monkeypatch):
    group = tmp_path / "a" / "b"
    group.mkdir(parents=True)
    (tmp_path / "a" / "memory.max").write_text("5000\n")
    (tmp_path / "a" / "memory.current").write_text("3500\n")
    (tmp_path / "a" / "memory.stat").write_text("anon 3000\ninactive_file 500\n")
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("100\n")
    monkeypatch.setattr(_files, "_CGROUPS", tmp_path)
    real = _files._lines_of
    own = ["0::/a/b"]
    monkeypatch.setattr(_files, "_lines_of", lambda p: own if p == Path("/proc/self/cgroup") else real(p))
    assert free_memory() == 2000
    old = tmp_path / "memory" / "c"
    old.mkdir(parents=True)
    (old / "memory.limit_in_bytes").write_text("900\n")
    (old / "memory.usage_in_bytes").write_text("200\n")
    monkeypatch.setattr(
        _files, "_lines_of", lambda p: ["4:cpu,memory:/c"] if p == Path("/proc/self/cgroup") else real(p)
    )
    assert free_memory() == 700
    (old / "memory.usage_in_bytes").write_text("1000\n")
    assert free_memory() == 0


def test_the_limit_of_the_address_space_counts():
    program = (
        "import resource\nfrom domains._files import free_memory\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\nprint(free_memory())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) < 2**31 - 2**20


def test_without_a_word_from_the_system_the_physical_memory_counts(monkeypatch):
    monkeypatch.setattr(_files, "_lines_of", lambda path: [])
    assert free_memory() == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_lines_end_where_files_end_them():
    assert split_lines("a\nb\r\nc\rd\x0b\x1c\x85\u2028e\n\n") == ["a", "b", "c", "d\x0b\x1c\x85\u2028e", ""]
    assert split_lines("") == []
    assert split_lines("a") == ["a"]


def test_rows_know_their_lines():
    text = 'a,b\r\n1,"x\ny"\r\n\r\n2,"say ""hi"", she said"\r3,z'
    assert split_rows(text, ",") == [
        Row(1, 1, ["a", "b"]),
        Row(2, 2, ["1", "x\ny"]),
        Row(4, 1, []),
        Row(5, 1, ["2", 'say "hi", she said']),
        Row(6, 1, ["3", "z"]),
    ]


@pytest.mark.parametrize("quoted", [True, False])
def test_every_line_belongs_to_one_row(quoted):
    """Lines are counted by hand, rows by the reader: none is lost, whatever the cells hold."""
    draw = random.Random(7)
    n_refused = 0
    for _ in range(2000):
        text = "".join(draw.choices(["a", '"', '""', ",", "\n", "\r\n", "\r", " ", "1"], k=draw.randint(0, 25)))
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        n_lines = plain.count("\n") + (plain[-1:] not in ("", "\n"))
        rows = rows_or_refusal(text, quoted)
        if isinstance(rows, str):
            assert rows.startswith("line ")
            n_refused += 1
            continue
        assert sum(row.n_lines for row in rows) == n_lines
        assert [row.line for row in rows] == [1 + sum(r.n_lines for r in rows[:k]) for k in range(len(rows))]
    assert n_refused < 1500 if quoted else n_refused == 0


def test_quoting_agrees_with_the_module_that_writes_it():
    draw = random.Random(3)
    for _ in range(300):
        cells = ["".join(draw.choices('a",\n é', k=draw.randint(0, 6))) for _ in range(3)]
        line = ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
        rows = split_rows("head\n" + line, ",")
        assert rows[1].cells == cells


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a,b\n1,"dog\n2,cat\n3,owl\n', "line 2: a quotation mark opens a cell that never ends"),
        ('a,b\n1,"dog\n2,cat\n3,owl"\n', "line 2: a quotation mark opens a cell that ends in line 4 only"),
        ('a,b\n1,"dog\n2,"cat\n', "line 2: text follows the end of a quoted cell"),
        ('a,b\n1,"dog"s\n', "line 2: text follows the end of a quoted cell"),
        ('a,b\n1,"' + "x" * 140_000 + '"\n', "line 2: a cell of more than 131072 characters"),
    ],
)
def test_an_unbalanced_quote_is_an_error_with_its_line(text, said):
    with pytest.raises(ReadError, match=said):
        split_rows(text, ",")


def test_the_remedies_for_quotes_help():
    assert split_rows('a,b\n1,"dog"\n2,cat\n', ",")[1].cells == ["1", "dog"]
    assert split_rows('a,b\n1,"""dog"\n2,cat\n', ",")[1].cells == ["1", '"dog']


def test_where_nothing_is_quoted_a_quote_is_a_character():
    rows = split_rows('onset\tlabel\n1\t"dog\n2\tcat"\n', "\t", quoted=False)
    assert [row.cells for row in rows] == [["onset", "label"], ["1", '"dog'], ["2", 'cat"']]


def test_json_is_read_as_it_stands():
    data = {"a": [1, 2.5, None, True, "ü"], "b": {"a": {}}}
    assert load_json(json.dumps(data)) == data
    assert load_json('{"a": NaN}', constants=True)["a"] != 0
    # half of a character, which no file can hold
    for half in (r"\ud83d", r"\uD83D", r"\uDE00", r"\udEfF"):
        ((key, values),) = load_json(f'{{"{half}": ["{half}"]}}').items()
        assert (key + values[0]).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "b": {"x": 1, "y": 2, "x": 3}}', "^the key 'x' stands twice in one object; keep one of them$"),
        ("[" * 200_000, "^JSON that is nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "^JSON that is nested too deeply"),
        ("[1,\n2,, 3]", "^line 2, column 3: not JSON"),
        ('{"a": [1, 2', "^line 1, column 12: not JSON"),
        ("", "^line 1, column 1: not JSON"),
        ("[NaN]", "^NaN is no number of JSON; write null$"),
        ("[-Infinity]", "^-Infinity is no number of JSON"),
        ("[" + "9" * 10_000 + "]", "^not JSON"),
    ],
)
def test_json_that_loses_something_is_refused(text, said):
    with pytest.raises(ReadError, match=said) as caught:
        load_json(text)
    assert "\n" not in str(caught.value)


def test_memory_that_can_be_taken_is_in_bytes(monkeypatch):
    monkeypatch.setattr(_files, "_lines_of", lambda path: ["MemTotal: 9 kB", "MemAvailable:   3 kB"])
    assert list(_files._available()) == [3072]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_standard_input_is_read_as_a_file_is(monkeypatch, pack):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(b"onset,offset\r\n"))))
    assert _files.read_text("events.read_tracks", "-") == "onset,offset\n"
    with pytest.raises(ReadError, match="-: an empty file"):
        _files.read_text("events.read_tracks", Path("-"))

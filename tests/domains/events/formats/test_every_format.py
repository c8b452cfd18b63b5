"""Every format × a clean, a dirty, an empty, a truncated and a foreign file: what comes of each.

Each cell of the table is asserted, with the format named (`kind=`) and, where a file says it by itself, without. A new
format without its five files fails the first test.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import pytest

from domains._files import ReadError
from domains.events import read_events
from domains.events.formats import FORMATS

Rows = list[tuple[float, float, str]]
GOOD: Rows = [(1.5, 2.5, "dog"), (4.0, 6.0, "cat")]
NO_EVENTS: Rows = []


@dataclass(frozen=True)
class Outcome:
    """What is read: events and the reasons of skipped rows; or the error."""

    events: Rows
    reasons: tuple[str, ...] = ()
    error: str = ""


def error(pattern: str) -> Outcome:
    return Outcome([], (), pattern)


def first(*reasons: str) -> Outcome:
    """Return what is read where only the first event is whole."""
    return Outcome(GOOD[:1], reasons)


@dataclass(frozen=True)
class Files:
    """The files of a format, and what comes of them."""

    clean: str
    dirty: str
    of_dirty: Outcome
    empty: Outcome
    cut: str
    of_cut: Outcome
    foreign: Outcome
    of_clean: Rows = None  # type: ignore[assignment]
    speaks: bool = True
    """Whether a file says by its content or its ending what it is."""
    another: str = "SPEAKER f 1 1.5 1 <NA> <NA> anna <NA> <NA>\n"
    """A file of another format."""


PAGE = "<!DOCTYPE html>\n<html><body><p>Not found</p></body></html>\n"
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01"
WITHOUT_HEADER = error("the file is empty, without a header; write it again, with its header")
RECORDING_WITHOUT_EVENTS = Outcome(NO_EVENTS)
TOO_FEW = first("fewer cells than the header has names")
NO_NUMBER = first("a time that is no number")


def no_column(name: str) -> Outcome:
    return error(rf"no column {re.escape(repr(name))} in the header \(.*\); rename the one that is meant")


def table(header: str, good: tuple[str, str], bad: str, needed: str, **options) -> Files:
    """Return the files of a table with a header, whose second row is cut in its middle, or replaced by a bad one."""
    one, two = good
    cut = f"{header}\n{one}\n{two[: len(two) // 2]}"
    usual = {"of_dirty": NO_NUMBER, "of_cut": TOO_FEW, "foreign": no_column(needed), "empty": WITHOUT_HEADER}
    return Files(f"{header}\n{one}\n{two}\n", f"{header}\n{one}\n{bad}\n", cut=cut, **(usual | options))


def lines(good: tuple[str, str], bad: str, reason: str, cut: str, **options) -> Files:
    """Return the files of a format without a header, whose foreign rows are all skipped for one reason."""
    one, two = good
    options = {"of_dirty": first(reason), "of_cut": first(reason), "foreign": Outcome([], (reason,) * 2)} | options
    options.setdefault("empty", RECORDING_WITHOUT_EVENTS)
    return Files(f"{one}\n{two}\n", f"{one}\n{bad}\n", cut=f"{one}\n{cut}", **options)


TEXTGRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n6\n<exists>\n2\n'
    '"IntervalTier"\n"a"\n0\n6\n2\n0\n1.5\n""\n1.5\n2.5\n"dog"\n'
    '"IntervalTier"\n"b"\n0\n6\n1\n4\n6\n"cat"\n'
)
EAF = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="EAFv3.0.xsd" '
    'AUTHOR="" DATE="2024-05-02T10:00:00+00:00" '
    'FORMAT="3.0" VERSION="3.0"><HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/><TIME_ORDER>'
    '<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1500"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2500"/>'
    '<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="4000"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="6000"/></TIME_ORDER>'
    '<TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="hand"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" '
    'TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>dog</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
    '</ANNOTATION><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">'
    "<ANNOTATION_VALUE>cat</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER><LINGUISTIC_TYPE "
    'GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/></ANNOTATION_DOCUMENT>\n'
)
EMPTY_FILE = error("an empty file; fetch or write it again")
NO_DOCUMENT = error(r"cannot be read \(.*\); see that it is whole and of the format that its name says")

TABLE = {
    "csv": table("file,onset,offset,label", ("f,1.5,2.5,dog", "f,4,6,cat"), "f,four,6,cat", "onset"),
    "tsv": table("file\tonset\toffset\tlabel", ("f\t1.5\t2.5\tdog", "f\t4\t6\tcat"), "f\tfour\t6\tcat", "onset"),
    "dcase": lines(
        ("a.wav\t1.5\t2.5\tdog", "a.wav\t4\t6\tcat"),
        "a.wav\tfour\t6\tcat",
        "no onset and offset",
        "a.wav\t4",
        foreign=error("no row has an onset and an offset, or is the name of a file without events; name the columns"),
    ),
    "bids": table("onset\tduration\ttrial_type", ("1.5\t1\tdog", "4\t2\tcat"), "four\t2\tcat", "onset"),
    "hed_score": table(
        "onset\tduration\teventType\trecordingDuration",
        ("1.5\t1\tdog\t60", "4\t2\tcat\t60"),
        "four\t2\tcat\t60",
        "onset",
    ),
    "rttm": lines(
        ("SPEAKER f 1 1.5 1 <NA> <NA> dog <NA> <NA>", "SPEAKER f 1 4 2 <NA> <NA> cat <NA> <NA>"),
        "SPEAKER f 1 four 2 <NA> <NA> cat <NA> <NA>",
        "a time that is no number",
        "SPEAKER f 1 4 2",
        of_cut=first("not the nine or ten fields of RTTM"),
        foreign=Outcome([], ("not a row of RTTM",) * 2),
        another="f 1 1.5 2.5\nf 1 4 6\n",
    ),
    "activitynet": Files(
        '{"results": {"v": [{"segment": [1.5, 2.5], "label": "dog"}, {"segment": [4, 6], "label": "cat"}]}}',
        '{"results": {"v": [{"segment": [1.5, 2.5], "label": "dog"}, {"segment": [4], "label": "cat"}]}}',
        first("no segment [start, end]"),
        error("line 1, column 1: not JSON .*; fetch or write it again"),
        '{"results": {"v": [{"segment": [1.5, 2.5], "label": "dog"}, {"segm',
        error("line 1, column .*: not JSON .*; fetch or write it again"),
        error("line 1, column 1: not JSON .*; fetch or write it again"),
    ),
    "audacity": lines(
        ("1.5\t2.5\tdog\n\\\t100\t900", "4\t6\tcat"),
        "four\t6\tcat",
        "a time that is no number",
        "4",
        of_cut=first("no onset and offset"),
        foreign=Outcome([], ("no onset and offset",) * 2),
    ),
    "raven": table(
        "Selection\tView\tBegin Time (s)\tEnd Time (s)\tAnnotation",
        ("1\tS\t1.5\t2.5\tdog", "2\tS\t4\t6\tcat"),
        "2\tS\tfour\t6\tcat",
        "Begin Time (s)",
    ),
    "birdnet": table(
        "Start (s),End (s),Scientific name,Common name,Confidence",
        ("1.5,2.5,Canis,dog,0.5", "4,6,Felis,cat,0.25"),
        "four,6,Felis,cat,0.25",
        "Start (s)",
    ),
    "boris": table(
        "Subject\tBehavior\tTime\tStatus",
        ("A\tdog\t1.5\tSTART\nA\tdog\t2.5\tSTOP", "A\tcat\t4\tSTART\nA\tcat\t6\tSTOP"),
        "A\tcat\t4\tSTART",
        "Time",
        of_dirty=first("a START without STOP"),
        of_cut=first("a START without STOP"),
    ),
    "tusz": table(
        "# version = csv_v1.0.0\n# bname = s1\nchannel,start_time,stop_time,label,confidence",
        ("TERM,1.5,2.5,dog,1.0", "TERM,4,6,cat,1.0"),
        "TERM,four,6,cat,1.0",
        "start_time",
    ),
    "moda": table(
        "startSec\tdurationSec\teventName\t",
        ("1.5\t1\tdog\t", "4\t2\tcat\t"),
        "four\t2\tcat\t",
        "startSec",
    ),
    "mne": table(
        "# MNE-Annotations\n# onset, duration, description",
        ("1.5,1,dog", "4,2,cat"),
        "four,2,cat",
        "",
        foreign=error("no line names the columns; the file begins with '# MNE-Annotations' and .*"),
        empty=error("no line names the columns; the file begins with '# MNE-Annotations' and .*"),
    ),
    "elan_table": table(
        "Tier\tBegin Time - ss.msec\tEnd Time - ss.msec\tAnnotation",
        ("t\t1.5\t2.5\tdog", "t\t4\t6\tcat"),
        "t\tfour\t6\tcat",
        "Begin Time - ss.msec",
    ),
    "timit": lines(
        ("24000 40000 dog", "64000 96000 cat"),
        "four 96000 cat",
        "a time that is no number",
        "64000",
        of_cut=first("no onset and offset"),
        foreign=Outcome([], ("no onset and offset",) * 2),
    ),
    "uem": lines(
        ("f 1 1.5 2.5", "f 1 4 6"),
        "f 1 four 6",
        "a time that is no number",
        "f 1 4",
        of_dirty=Outcome([(1.5, 2.5, "")], ("a time that is no number",)),
        of_cut=Outcome([(1.5, 2.5, "")], ("not the four fields of UEM",)),
        foreign=Outcome([], ("not the four fields of UEM",) * 2),
        of_clean=[(1.5, 2.5, ""), (4.0, 6.0, "")],
    ),
    "textgrid": Files(
        TEXTGRID,
        TEXTGRID.replace('4\n6\n"cat"', '4\nsix\n"cat"'),
        error("it ends before .*; fetch or write it again"),
        EMPTY_FILE,
        TEXTGRID[:-10],
        error("it ends before the 1 entries of tier 'b'; fetch or write it again"),
        error("it does not begin as a TextGrid does .*; save it with Praat as text"),
    ),
    "elan": Files(
        EAF,
        EAF.replace('TIME_VALUE="6000"', 'TIME_VALUE="300"'),
        first("ends before it begins"),
        EMPTY_FILE,
        EAF[:-30],
        NO_DOCUMENT,
        error("it declares a document type or entities, which ELAN does not write; save it anew with ELAN"),
    ),
    "onsets": lines(
        ("1.5 dog", "4 cat"),
        "four cat",
        "a time that is no number",
        "4",
        of_clean=[(1.5, 1.5, "dog"), (4.0, 4.0, "cat")],
        of_dirty=Outcome([(1.5, 1.5, "dog")], ("a time that is no number",)),
        # no one can tell that a label was there
        of_cut=Outcome([(1.5, 1.5, "dog"), (4.0, 4.0, "")]),
        speaks=False,
    ),
    "stages": lines(
        ("W", "N1"),
        "N1 N2",
        "more than one stage in a line",
        "N",
        of_clean=[(0.0, 30.0, "W"), (30.0, 60.0, "N1")],
        of_dirty=Outcome([(0.0, 30.0, "W")], ("more than one stage in a line",)),
        of_cut=Outcome([(0.0, 30.0, "W"), (30.0, 60.0, "N")]),
        speaks=False,
    ),
    "notes": lines(
        ("1.5 2.5 440", "4 6 880"),
        "four 6 880",
        "a time that is no number",
        "4 6",
        of_clean=[(1.5, 2.5, ""), (4.0, 6.0, "")],
        of_dirty=Outcome([(1.5, 2.5, "")], ("a time that is no number",)),
        of_cut=Outcome([(1.5, 2.5, "")], ("not the three fields onset, offset and pitch",)),
        foreign=Outcome([], ("not the three fields onset, offset and pitch",) * 2),
        speaks=False,
    ),
}
NEEDS = {"textgrid": "praatio", "elan": "pympi", "edf": "edfio"}
OF_BYTES = ("edf",)
"""Their five files are in a test of their own."""


def test_every_format_has_its_five_files():
    assert sorted({*TABLE, *OF_BYTES}) == sorted(FORMATS)


def suffix_of(kind):
    suffixes = FORMATS[kind].suffixes
    return suffixes[0] if suffixes else ".txt"


def read(path, kind):
    """Read a file, and return what came of it and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            events, skipped, _ = read_events(path, kind, rate=16_000 if path.suffix == ".phn" else None)
        except ReadError as error:
            return str(error), []
    rows = list(events[["onset", "offset", "label"]].itertuples(index=False, name=None))
    return Outcome(rows, tuple(skipped["reason"])), [str(warning.message) for warning in caught]


def check(path, kind, expected):
    found, warned = read(path, kind)
    if expected.error:
        assert isinstance(found, str), found
        assert found.startswith(f"events.read_events: {path}: ")
        assert "\n" not in found
        assert re.search(expected.error, found), found
        return
    assert found == expected
    if not expected.events and expected.reasons:
        # nothing of it is an event, and that is said
        assert len(warned) == 1
        assert "none of its" in warned[0]
        assert str(path) in warned[0]
    else:
        assert warned == []


def ways_of(kind):
    """Return how the format is said: by name, and by the file itself where it speaks."""
    return [kind, None] if TABLE[kind].speaks else [kind]


@pytest.mark.parametrize("kind", TABLE)
def test_what_comes_of_each_file_of_each_format(kind, tmp_path):
    if kind in NEEDS:
        pytest.importorskip(NEEDS[kind])
    files = TABLE[kind]
    path = tmp_path / f"a{suffix_of(kind)}"
    picture = error("NUL byte|is no text|cannot be read")
    contents = {
        "clean": (files.clean, Outcome(files.of_clean or GOOD)),
        "dirty": (files.dirty, files.of_dirty),
        "empty": ("", files.empty),
        "cut": (files.cut, files.of_cut),
        "page": (PAGE, files.foreign),
        "picture": (PICTURE, picture),
    }
    for content, expected in contents.values():
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        check(path, kind, expected)
    # to another's file each reader says no in its own words: an error, or all rows skipped and a warning
    path.write_text(files.another)
    found, warned = read(path, kind)
    assert isinstance(found, str) or (not found.events and found.reasons and "none of its" in warned[0])


@pytest.mark.parametrize("kind", [kind for kind, files in TABLE.items() if files.speaks])
def test_a_file_that_speaks_for_itself_needs_no_kind(kind, tmp_path):
    if kind in NEEDS:
        pytest.importorskip(NEEDS[kind])
    path = tmp_path / f"a{suffix_of(kind)}"
    path.write_text(TABLE[kind].clean)
    check(path, None, Outcome(TABLE[kind].of_clean or GOOD))


def test_the_five_files_of_edf(tmp_path):
    edfio = pytest.importorskip("edfio")
    import numpy as np

    path = tmp_path / "a.edf"
    marks = [edfio.EdfAnnotation(1.5, 1.0, "dog"), edfio.EdfAnnotation(4.0, 2.0, "cat")]
    edfio.Edf([edfio.EdfSignal(np.zeros(64), 8)], annotations=marks).write(path)
    whole = path.read_bytes()
    cells = {
        "clean": (whole, Outcome(GOOD)),
        "dirty": (
            whole.replace(b"+4\x152\x14cat", b"+x\x152\x14cat"),
            error("it holds 2 annotations, and 1 can be read"),
        ),
        "empty": (b"", EMPTY_FILE),
        "cut": (whole[:-100], error(r"it has \d+ of the \d+ bytes that its header says; fetch or write it again")),
        "page": (PAGE.encode(), error("cannot be read")),
        "picture": (PICTURE, error("cannot be read")),
    }
    for content, expected in cells.values():
        path.write_bytes(content)
        check(path, "edf", expected)
        check(path, None, expected)

"""The rows of each file format, as they stand, before anything is judged.

Conventions
-----------
- A reader yields one mapping for each row: ``line`` (counted from 1), the columns of the event table as text, and
  ``skip``, the reason if the row is no event by the rules of its format. `read_events` judges the rest.
- ``length`` is the duration of the recording, where a format tells it.

References
----------
NIST (2009). The RT-09 evaluation plan: RTTM. https://web.archive.org/web/2017/http://www.itl.nist.gov/iad/mig/tests/rt/
Gorgolewski, K. J. et al. (2016). The brain imaging data structure. Sci. Data 3, 160044. doi:10.1038/sdata.2016.44
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113 (HED-SCORE columns of events.tsv)
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

from ..schema import ALIASES

Row = dict[str, Any]

ABSENT = ("", "n/a", "<NA>", "nan", "NaN")
_NO_TIMES = "no onset and offset"
_NAMES = {other: name for name, others in ALIASES.items() for other in others}


def comma_separated(text: str) -> Iterator[Row]:
    r"""Yield the rows of a CSV file with a header.

    Examples
    --------
    >>> next(comma_separated("onset,duration,label\n1,2,dog"))
    {'line': 2, 'onset': '1', 'duration': '2', 'label': 'dog'}
    """
    yield from _with_header(text, ",")


def dcase(text: str) -> Iterator[Row]:
    r"""Yield the rows of a DCASE table: filename onset offset event_label, or without header as sed_eval has it.

    A row of a filename alone (one word) says that the file was looked at and holds no event.

    Examples
    --------
    >>> [row.get("skip") for row in dcase("a.wav\t0.5\t1.5\tdog\nb.wav")]
    [None, 'no event']
    """
    first = next(iter(text.splitlines()), "")
    if "onset" in first:
        rows = list(_with_header(text, "\t" if "\t" in first else ","))
    else:
        rows = [_headless(line, parts) for line, parts in _lines(text)]
    if rows and all(row.get("skip") == _NO_TIMES for row in rows):
        raise ValueError("no row has an onset and an offset, or is the name of a file without events")
    for row in rows:
        times = {row.get("onset", ""), row.get("offset", ""), row.get("label", "")}
        yield row | {"skip": row.get("skip", "no event")} if times <= set(ABSENT) else row


def bids(text: str) -> Iterator[Row]:
    r"""Yield the rows of a BIDS events.tsv, HED-SCORE's included, whose ``bckg`` rows are no events.

    Examples
    --------
    >>> next(bids("onset\tduration\teventType\trecordingDuration\n0\t60\tbckg\t60"))["skip"]
    'background'
    """
    for row in _with_header(text, "\t"):
        row["length"] = row.pop("recordingDuration", "")
        yield row | {"skip": "background"} if row.get("label") == "bckg" else row


def rttm(text: str) -> Iterator[Row]:
    """Yield the rows of an RTTM file; only SPEAKER rows are events.

    Examples
    --------
    >>> next(rttm("SPEAKER f1 1 0.5 1.25 <NA> <NA> anna 0.9 <NA>"))["label"]
    'anna'
    """
    names = ("file", "channel", "onset", "duration", "", "", "label", "confidence")
    for line, content in enumerate(text.splitlines(), 1):
        parts = content.split()
        if not parts or parts[0].startswith(";"):
            continue
        row = {"line": line, **{k: v for k, v in zip(names, parts[1:], strict=False) if k}}
        row["confidence"] = "" if row.get("confidence") in ABSENT else row.get("confidence", "")
        yield row if parts[0] == "SPEAKER" else row | {"skip": f"a {parts[0]} row"}


def activitynet(text: str) -> Iterator[Row]:
    """Yield the segments of an ActivityNet JSON: a ``database`` of references or ``results`` of a model.

    Examples
    --------
    >>> next(activitynet('{"results": {"v1": [{"segment": [1, 2], "label": "jump", "score": 0.5}]}}'))["onset"]
    1
    """
    data = json.loads(text)
    if not isinstance(data, dict) or not {"database", "results"} & set(data):
        raise ValueError("an ActivityNet file holds a 'database' or 'results'; this one holds neither")
    line = 0
    for video, entry in data["database" if "database" in data else "results"].items():
        entry = entry if isinstance(entry, dict) else {"annotations": entry}
        shared = {"file": video, "length": entry.get("duration", "")}
        shared |= {"subset": entry["subset"]} if "subset" in entry else {}
        for found in entry.get("annotations") or [None]:
            line += 1
            yield {"line": line, **shared, **_segment(found)}


READERS: dict[str, Callable[[str], Iterator[Row]]] = {
    "csv": comma_separated,
    "dcase": dcase,
    "bids": bids,
    "rttm": rttm,
    "activitynet": activitynet,
}
"""Every format, by name."""


def _with_header(text: str, separator: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text), delimiter=separator)
    header = [_NAMES.get(name.strip(), name.strip()) for name in next(reader, [])]
    if "onset" not in header:
        raise ValueError(f"no column 'onset' in the header ({', '.join(header) or 'the file is empty'})")
    for parts in reader:
        if any(x.strip() for x in parts):
            cells = [x.strip() for x in parts] + [""] * (len(header) - len(parts))
            row = dict(zip(header, cells, strict=False))
            yield {"line": reader.line_num, **{k: v for k, v in row.items() if k}}


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip():
            yield line, [x.strip() for x in content.split("\t" if "\t" in content else ",")]


def _headless(line: int, parts: list[str]) -> Row:
    """Find the two times: what stands before them is the file (and a scene), what follows the label."""
    numeric = [_is_number(x) for x in parts]
    at = next((i for i in range(len(parts) - 1) if numeric[i] and numeric[i + 1]), None)
    if at is None:
        named = len(parts) == 1 and len(parts[0].split()) == 1
        return {"line": line, "file": parts[0]} if named else {"line": line, "skip": _NO_TIMES}
    row = {"line": line, "onset": parts[at], "offset": parts[at + 1], "label": "".join(parts[at + 2 : at + 3])}
    return row | ({"file": parts[0]} if at else {})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _segment(found: Any) -> Row:
    if found is None:
        return {"skip": "no event"}
    segment = found.get("segment") if isinstance(found, dict) else None
    if not isinstance(segment, list) or len(segment) != 2:
        return {"skip": "no segment [start, end]"}
    return {
        "onset": segment[0],
        "offset": segment[1],
        "label": found.get("label", ""),
        "confidence": found.get("score", ""),
    }

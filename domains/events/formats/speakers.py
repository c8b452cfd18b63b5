"""RTTM: who speaks when."""

from __future__ import annotations

from collections.abc import Iterator

from .rows import ABSENT, Row

# of the fields after the type; two have no meaning here
FIELDS = ("file", "channel", "onset", "duration", None, None, "label", "confidence")


def rttm(text: str) -> Iterator[Row]:
    """Yield the rows of an RTTM file; only SPEAKER rows are events.

    Examples
    --------
    >>> next(rttm("SPEAKER f1 1 0.5 1.25 <NA> <NA> anna 0.9 <NA>"))["label"]
    'anna'
    """
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        if not parts or parts[0].startswith(";"):
            continue
        kind, *values = parts
        row: Row = {"where": f"line {number}"}
        for name, value in zip(FIELDS, values, strict=False):
            if name is not None:
                row[name] = value
        if row.get("confidence", "") in ABSENT:
            row["confidence"] = ""
        if kind != "SPEAKER":
            row["skip"] = f"a {kind} row"
        yield row

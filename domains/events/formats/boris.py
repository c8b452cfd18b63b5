"""Tables that BORIS exports: tabular events, a row for each START, STOP and POINT, and aggregated events, a row each.

Conventions
-----------
- Tabs or commas part the cells. Before the header of older tables stands a block that says of which observation they
  are. Seconds.
- A START and the next STOP of the same observation, subject, behaviour and modifiers are one event. One without the
  other is a skipped row. A POINT is an event of no length.
- Times count from the beginning of the observation, so the recording is called after ``Observation id``. Its length
  is that of its media, where it is one number.

References
----------
Friard, O. & Gamba, M. (2016). BORIS. Methods Ecol. Evol. 7, 1325. doi:10.1111/2041-210X.12584
"""

from __future__ import annotations

from collections.abc import Iterator

from ..._files import split_lines
from .counts import count_lines
from .declared import Format
from .delimited import SEPARATORS, Columns, named_rows, separator_of
from .rows import NO_START, NO_STOP, Row

SHARED = {
    "file": ("Observation id",),
    "label": ("Behavior",),
    "media": ("Media duration (s)", "Total length"),
    "subject": ("Subject",),
}
TABULAR = Columns(
    {**SHARED, "onset": ("Time",), "status": ("Status", "Behavior type")},
    (("onset",), ("label",), ("status",), ("subject",)),
)
AGGREGATED = Columns(
    {**SHARED, "onset": ("Start (s)",), "offset": ("Stop (s)",)},
    (("onset",), ("offset",), ("label",)),
)
OBSERVATION = "Observation id"
DEEPEST_BLOCK = 200
"""Lines before a header, at most."""
NO_STATUS = "a status that is neither START, STOP nor POINT"


def read(text: str) -> Iterator[Row]:
    r"""Yield the events of a table, tabular or aggregated.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> header = "Observation id\tTotal length\tSubject\tBehavior\tTime\tStatus\n"
    >>> rows = read(header + "obs7\t300\tA\tgroom\t10\tSTART\nobs7\t300\tA\tgroom\t14\tSTOP\n")
    >>> [(row["onset"], row["offset"], row["length"]) for row in rows]
    [('10', '14', '300')]
    """
    block, table = _parted(text)
    columns = AGGREGATED if separator_of(table, AGGREGATED) else TABULAR
    rows = _with_media(named_rows(table, columns), block)
    return rows if columns is AGGREGATED else _paired(rows)


def recognises(text: str) -> bool:
    r"""Return whether a header has Time, Behavior, Subject and Status, or Start (s), Stop (s) and Behavior.

    Examples
    --------
    >>> recognises("Behavior,Start (s),Stop (s)"), recognises("Behavior,Start (s)")
    (True, False)
    """
    _, table = _parted(text)
    return bool(separator_of(table, TABULAR) or separator_of(table, AGGREGATED))


def _count(text: str) -> int | None:
    _, table = _parted(text)
    return None if '"' in table else count_lines(table) - 1


FORMAT = Format("boris", "Behavior, Status", read, recognises, _count)


def _parted(text: str) -> tuple[list[str], str]:
    """Return the lines of the block before the header, and the table; its lines keep their numbers."""
    lines = split_lines(text)
    for k, line in enumerate(lines[:DEEPEST_BLOCK]):
        if separator_of(line, TABULAR) or separator_of(line, AGGREGATED):
            return lines[:k], "\n".join([""] * k + lines[k:])
    return [], text


def _with_media(rows: Iterator[Row], block: list[str]) -> Iterator[Row]:
    observation = _observation(block)
    for row in rows:
        if observation:
            row.setdefault("file", observation)
        row["length"] = row.pop("media", "")
        yield row


def _observation(block: list[str]) -> str:
    for line in block:
        for separator in SEPARATORS:
            name, found, value = line.partition(separator)
            if found and name.strip() == OBSERVATION:
                return value.strip()
    return ""


def _paired(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield an event for each START and STOP, in the order of the STARTs."""
    events: list[Row] = []
    open_of: dict[tuple[str, ...], Row] = {}
    for row in rows:
        events.append(row)
        if "skip" in row:
            continue
        status = row.pop("status").upper()
        behaviour = _behaviour(row)
        if status == "POINT":
            row["offset"] = row["onset"]
        elif status == "START":
            if behaviour in open_of:
                open_of[behaviour]["skip"] = NO_STOP
            open_of[behaviour] = row
        elif status != "STOP":
            row["skip"] = NO_STATUS
        elif behaviour in open_of:
            begun = open_of.pop(behaviour)
            begun["offset"] = row["onset"]
            begun["n_rows"] = 2
            events.pop()
        else:
            row["skip"] = NO_START
    for row in open_of.values():
        row["skip"] = NO_STOP
    yield from events


def _behaviour(row: Row) -> tuple[str, ...]:
    modifiers = [cell for name, cell in row.items() if name.startswith("Modifier")]
    return (row.get("file", ""), row["subject"], row["label"], *modifiers)

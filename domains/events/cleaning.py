"""The whole job of cleaning a file of events: read it, do the steps, save the events, say how many there are.

Conventions
-----------
- Events are saved as CSV with the columns of the schema, then the further columns of the file.
- A recording that has no event, or none any more, is a row of its name alone, as in lists of DCASE: it is
  not lost.

References
----------
See `domains.events.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import _console, _skipped
from .._checks import UsageError
from .._files import ReadError
from .._pictures import TWO_COLUMNS, axes_or_new, printed
from .._tables import build_table
from .._text import count_of, file_name, for_picture, one_line
from .files.io import SAYS_NONE, read_events
from .pictures.clocks import label_time
from .schema import durations_of
from .steps import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from .._console import Outputs

MOST_LINES = 40
COUNTS = ("step", "before", "after", "seconds_before", "seconds_after")


def clean_file(
    path: Path, out: Path, *, outputs: Outputs, kind: str | None = None, rate: float | None = None, **steps: Any
) -> int:
    """Do what ``overlap events clean`` does, and return its exit code."""
    if out.suffix.lower() != ".csv":
        raise UsageError(
            f"events.clean: {file_name(out)}: events are saved as CSV; name it {out.stem}.csv, and bring it into "
            "another format by overlap events convert"
        )
    with _console.refusals_listed(outputs), _console.collected_warnings() as notes:
        # wrong steps end the work before the file is read
        clean([], **steps)
        events, skipped, support = read_events(path, kind, rate=rate)
        lost = skipped[~skipped["reason"].isin(SAYS_NONE)]
        if events.empty and len(lost):
            first = lost.iloc[0]
            refused = ReadError(
                f"events.clean: {file_name(path)}: none of {count_of(len(lost), 'row')} could be read as an event "
                f"({first['where']}: {first['reason']}); correct them"
            )
            whole = _skipped.as_skipped(
                [{"file": file_name(path), "reason": _skipped.UNREADABLE, "detail": str(refused)}]
            )
            refused.skipped = _skipped.joined(whole, skipped)
            raise refused
        cleaned = clean(events, **steps)
    done = pd.DataFrame(cleaned.attrs["steps"])
    report = {"steps": cleaned.attrs["steps"], "events": cleaned.to_dict("records")}
    return _console.deliver(
        report,
        outputs,
        lambda: [steps_table(done, path, out)],
        lambda: draw_cleaned(events, cleaned, name=file_name(path)),
        skipped,
        rows=done,
        files={out: with_every_recording(cleaned, support["file"])},
        notes=notes,
    )


def with_every_recording(events: pd.DataFrame, recordings: pd.Series[str]) -> pd.DataFrame:
    """Return events with a row, of its name alone, for each recording that has none.

    Examples
    --------
    >>> from .schema import as_events
    >>> table = with_every_recording(as_events([[0, 1]]), pd.Series(["", "night 2"]))
    >>> table[["file", "onset"]].to_numpy().tolist()
    [['', 0.0], ['night 2', nan]]
    """
    without = [name for name in recordings if name not in set(events["file"])]
    rows = pd.DataFrame({"file": without}).reindex(columns=["file"])
    return pd.concat([events, rows], ignore_index=True) if without else events


def steps_table(done: pd.DataFrame, path: Path, out: Path) -> Table:
    """Return how many events there were before and after each step, for the terminal."""
    rows = []
    for row in done.to_dict("records"):
        seconds = [f"{row[name]:.3f}" for name in ("seconds_before", "seconds_after")]
        rows.append([row["step"], _settings_of(row), str(row["before"]), str(row["after"]), *seconds])
    headings = ("events before", "after", "seconds before", "after")
    return build_table(("step", "setting"), headings, rows, title=f"{file_name(path)} to {file_name(out)}")


def _settings_of(row: Mapping[Any, Any]) -> str:
    """Return the settings of a step; those of the others are NaN in its row."""
    own = {name: value for name, value in row.items() if name not in COUNTS and not pd.isna(value)}
    return ", ".join(f"{name} {value}" for name, value in own.items())


def draw_cleaned(before: pd.DataFrame, after: pd.DataFrame, *, name: str = "events") -> Axes:
    """Draw a line for each recording and label: the events that were given above, those that are left below."""
    from matplotlib.patches import Patch

    from overlap.plotting import BOTH, ONLY_B

    from .pictures.plotting import FAINT, row_names

    of_rows = before[["file", "label"]].drop_duplicates()
    rows = list(of_rows.head(MOST_LINES).itertuples(index=False, name=None))
    sides = ((before, -0.38, ONLY_B, "before"), (after, 0.02, BOTH, "after"))
    with printed():
        ax = axes_or_new(None, (TWO_COLUMNS, 0.85 + 0.3 * max(len(rows), 1)))
        for height, (file, label) in enumerate(rows):
            for table, top, colour, _ in sides:
                own = table[(table["file"] == file) & (table["label"] == label)]
                bars = list(zip(own["onset"], durations_of(own), strict=True))
                ax.broken_barh(bars, (height + top, 0.36), facecolors=colour, linewidth=0)
        ax.set_yticks(range(len(rows)), [name or "events" for name in row_names(rows)])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        for height in range(len(rows)):
            ax.axhline(height, color=FAINT, linewidth=0.4, zorder=0)
        ax.spines[["left", "right", "top"]].set_visible(False)
        ax.margins(x=0.01)
        time = label_time(ax, None, None)
        ax.set_xlabel(time)
        ax.set_title(
            _title(name, after.attrs.get("steps", []), len(rows), len(of_rows)), fontsize="medium", loc="left", pad=16
        )
        counts = (f"{said}: {count_of(len(table), 'event')}" for table, _, _, said in sides)
        handles = [Patch(color=colour, label=text) for (_, _, colour, _), text in zip(sides, counts, strict=True)]
        where: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": 2}
        ax.legend(handles=handles, **where, handlelength=1.2, borderaxespad=0.2, borderpad=0, frameon=False)
    return ax


def _title(name: str, done: list[dict[str, Any]], n_drawn: int, n_rows: int) -> str:
    """Return what was done, and which rows are drawn."""
    steps = [f"{row['step']} ({_settings_of(row)})" for row in pd.DataFrame(done).to_dict("records")]
    rows = [] if n_drawn == n_rows else [f"rows 1 to {n_drawn} of {n_rows}"]
    return "\n".join([f"{for_picture(one_line(name, 60))} before and after", ", ".join(steps) or "no step", *rows])

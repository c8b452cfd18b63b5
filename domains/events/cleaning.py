"""The whole job of cleaning a file of events: read it, do the steps, save the events, say how many there are.

Conventions
-----------
- A file or a folder is read, and one file is written, as `convert` does. What could not be read, and what the format
  lacks a place for, is told, and the exit code is 1.
- A recording that has no event, or none any more, is not lost where the format has a place for it: in CSV a row of its
  name alone, as in lists of DCASE.

References
----------
See `domains.events.steps.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import _console, _skipped
from .._checks import UsageError
from .._pictures import TWO_COLUMNS, axes_or_new, printed
from .._running import Running
from .._tables import build_table
from .._text import count_of, file_name, for_picture, for_table, one_line, printable
from .files.converting import print_text, write_whole_file
from .files.io import SAYS_NONE, Annotations
from .files.sides import Reading, read_sides
from .files.tree import find_files, is_standard
from .files.writing import DURATION, ROUNDED, format_to_write
from .formats import recording_of
from .pictures.clocks import label_time
from .schema import durations_of
from .steps.steps import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from .._console import Outputs

OPERATION = "events.clean"
MOST_LINES = 40
COUNTS = ("step", "before", "after", "seconds_before", "seconds_after")


def clean_file(
    source: Path,
    out: Path,
    *,
    outputs: Outputs,
    to: str | None = None,
    kind: str | None = None,
    rate: float | None = None,
    label_column: str | None = None,
    **steps: Any,
) -> int:
    """Do what ``overlap events clean`` does, and return its exit code."""
    to_output = is_standard(out)
    form = format_to_write(out.suffix, to, OPERATION)
    if to_output and outputs.format != "table":
        raise UsageError(f"{OPERATION}: the events go to standard output already; leave out --json and --format")
    with _console.refusals_listed(outputs), _console.collected_warnings() as notes:
        # wrong steps end the work before the file is read
        clean([], **steps)
        found = find_files(source, "", OPERATION)
        if is_standard(source) and not to_output:
            found = [found[0]._replace(recording=for_table(recording_of(out)))]
        how = Reading(kind, rate, None, OPERATION, label_column=label_column)
        given = read_sides({"": found}, how, Running())[""]
        cleaned = clean(given.events, **steps)
        # a format without a place for lengths is no loss here: steps are of events
        whole = Annotations(cleaned, given.skipped, given.support)
        written = write_whole_file(whole, form, source, out, (DURATION,), OPERATION)
    if to_output:
        print_text(written.text)
    done = pd.DataFrame(cleaned.attrs["steps"])
    skipped = _skipped.joined(given.skipped, written.left_out)
    report = {"steps": cleaned.attrs["steps"], "events": cleaned.to_dict("records")}
    code = _console.deliver(
        report,
        outputs,
        lambda: [] if to_output else [steps_table(done, source, out)],
        lambda: draw_cleaned(given.events, cleaned),
        skipped,
        rows=done,
        notes=notes,
    )
    is_lost = ~skipped["reason"].isin((*SAYS_NONE, ROUNDED))
    if not is_lost.any():
        return code
    told = count_of(int(is_lost.sum()), "row says", "rows say")
    holds = "; csv holds all that was read" if len(written.left_out) else ""
    _console.note(f"error: {OPERATION}: {told} what is not in {printable(str(out))}: --skipped saves them{holds}")
    return max(code, _console.INCOMPLETE)


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

    from .pictures.captions import FAINT
    from .pictures.naming import row_names

    all_rows = before[["file", "label"]].drop_duplicates()
    rows = list(all_rows.head(MOST_LINES).itertuples(index=False, name=None))
    with printed():
        ax = axes_or_new(None, (TWO_COLUMNS, 0.85 + 0.3 * max(len(rows), 1)))
        _draw_bars(ax, before, rows, top=-0.38, colour=ONLY_B)
        _draw_bars(ax, after, rows, top=0.02, colour=BOTH)
        ax.set_yticks(range(len(rows)), [name or "events" for name in row_names(rows)])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        for height in range(len(rows)):
            ax.axhline(height, color=FAINT, linewidth=0.4, zorder=0)
        ax.spines[["left", "right", "top"]].set_visible(False)
        ax.margins(x=0.01)
        time = label_time(ax, None, None)
        ax.set_xlabel(time)
        title = _title(name, after.attrs.get("steps", []), len(rows), len(all_rows))
        ax.set_title(title, fontsize="medium", loc="left", pad=16)
        handles = [
            Patch(color=ONLY_B, label=f"before: {count_of(len(before), 'event')}"),
            Patch(color=BOTH, label=f"after: {count_of(len(after), 'event')}"),
        ]
        where: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": 2}
        ax.legend(handles=handles, **where, handlelength=1.2, borderaxespad=0.2, borderpad=0, frameon=False)
    return ax


def _draw_bars(ax: Axes, events: pd.DataFrame, rows: list[tuple[str, str]], *, top: float, colour: str) -> None:
    """Draw the events of each file and label as bars, so far from the middle of its row."""
    for height, (file, label) in enumerate(rows):
        own = events[(events["file"] == file) & (events["label"] == label)]
        bars = list(zip(own["onset"], durations_of(own), strict=True))
        ax.broken_barh(bars, (height + top, 0.36), facecolors=colour, linewidth=0)


def _title(name: str, done: list[dict[str, Any]], n_drawn: int, n_rows: int) -> str:
    """Return what was done, and which rows are drawn."""
    steps = [f"{row['step']} ({_settings_of(row)})" for row in pd.DataFrame(done).to_dict("records")]
    lines = [f"{for_picture(one_line(name, 60))} before and after"]
    lines.append(", ".join(steps) or "no step")
    if n_drawn < n_rows:
        lines.append(f"rows 1 to {n_drawn} of {n_rows}")
    return "\n".join(lines)

"""Whole jobs over files: compare two images, score a folder of cases.

Conventions
-----------
- Cases are paired by file name, without its ending. A file without a partner is listed, never dropped in silence.
- A pair that cannot be read or compared is a row with its error; all others are still scored.
- The table of scores is written as it grows. A second run reads it, scores what is new, failed or has changed since,
  and refuses a table that was made with other settings.
- Summaries tell a mean over cases for indices, where a miss counts 0, and a median for distances, where a miss is
  infinitely far. ``n_missed``: the reference has the label, the prediction has nothing of it.
- Intervals resample cases (percentile bootstrap).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import _console
from .._checks import UsageError
from . import tables
from .cohorts import cohort
from .comparison import compare
from .instances import match
from .io import read_image
from .layers import Labels, layers
from .summaries import summarise

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from .._console import Outputs


def parse_labels(text: str | None) -> Labels | None:
    """Read labels as the command line writes them.

    Examples
    --------
    >>> parse_labels("1,2")
    [1, 2]
    >>> parse_labels("core=1+4,whole=1+2+4")
    {'core': (1, 4), 'whole': (1, 2, 4)}
    """
    if not text:
        return None
    try:
        parts = [part.strip() for part in text.split(",")]
        if all("=" in part for part in parts):
            named = (part.split("=", 1) for part in parts)
            return {name: tuple(int(k) for k in members.split("+")) for name, members in named}
        return [int(part) for part in parts]
    except ValueError:
        raise UsageError(f'--labels {text}: write "1,2", or regions as "core=1+4,whole=1+2+4"') from None


def compare_files(
    predicted: Path,
    reference: Path,
    *,
    scale: float | None,
    reference_scale: float | None,
    labels: str | None,
    lesions: Path | None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions compare`` does, and return its exit code."""
    _console.check_folder("--lesions", lesions)
    wanted = parse_labels(labels)
    with _console.collected_warnings() as notes:
        a = read_image(predicted, scale=scale)
        b = read_image(reference, scale=reference_scale)
        report = compare(a, b, labels=wanted, **options)
    return _console.deliver(
        report,
        outputs,
        lambda: [tables.comparison_table(report), *tables.definition_lines(report)],
        lambda: _overlay(a, b, wanted, report),
        rows=tables.rows(report),
        files={lesions: _lesions(a, b, wanted, report)} if lesions else None,
        notes=notes,
    )


def cohort_files(
    predictions: Path, references: Path, *, out: Path, labels: str | None, outputs: Outputs, **options: Any
) -> int:
    """Do what ``overlap lesions cohort`` does, and return its exit code."""
    _console.check_folder("--out", out)
    wanted = parse_labels(labels)
    with _console.collected_warnings() as notes:
        scores, skipped = cohort(predictions, references, out=out, labels=wanted, progress=not outputs.quiet, **options)
    summary = summarise(scores)
    report = {
        "prediction": str(predictions),
        "reference": str(references),
        "cases": int(scores["case"].nunique()),
        "summary": summary.to_dict("records"),
    }

    def terminal() -> list[Any]:
        return [tables.cohort_table(summary, predictions, references, scores), f"[dim]scores: {out}[/dim]"]

    def picture() -> Axes:
        from .plotting import plot_scores

        return plot_scores(scores)

    return _console.deliver(report, outputs, terminal, picture, skipped, rows=summary, notes=notes)


def _lesions(a: xr.DataArray, b: xr.DataArray, labels: Labels | None, report: xr.Dataset) -> pd.DataFrame:
    level, options = report.attrs["level"], {k: report.attrs[k] for k in ("threshold", "connectivity")}
    found = [
        match(*(x if x.dtype == bool else x >= level for x in pair), **options).assign(label=name)
        for name, *pair in layers(a, b, labels, None)
    ]
    table = pd.concat(found, ignore_index=True)
    return table[["label", *(c for c in table if c != "label")]]


def _overlay(a: xr.DataArray, b: xr.DataArray, labels: Labels | None, report: xr.Dataset) -> Axes:
    from .plotting import plot_overlay

    name, left, right = next(iter(layers(a, b, labels, None)))
    dice = float(report.dice.sel(label=name))
    ax = plot_overlay(left, right, labels=(report.attrs["prediction"], report.attrs["reference"]))
    ax.set_title(f"label {name}, Dice {dice:.3f}\n{ax.get_title()}", fontsize="small")
    return ax

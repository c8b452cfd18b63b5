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
from . import tables
from .cohorts import cohort
from .comparison import compare
from .instances import match
from .io import read_image
from .layers import Labels, layers
from .summaries import summarise

if TYPE_CHECKING:
    import xarray as xr


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
        raise ValueError(f'--labels {text}: write "1,2", or regions as "core=1+4,whole=1+2+4"') from None


def compare_files(
    predicted: Path,
    reference: Path,
    *,
    scale: float | None,
    reference_scale: float | None,
    json: bool,
    csv: Path | None,
    lesions: Path | None,
    plot: Path | None,
    labels: str | None,
    **options: Any,
) -> None:
    """Do what ``overlap lesions compare`` does."""
    _console.check_outputs(csv, lesions, picture=plot)
    wanted = parse_labels(labels)
    a, b = read_image(predicted, scale=scale), read_image(reference, scale=reference_scale)
    report = compare(a, b, labels=wanted, **options)
    if csv:
        tables.rows(report).to_csv(csv, index=False)
    if lesions:
        _lesions(a, b, wanted, report).to_csv(lesions, index=False)
    if plot:
        _save_overlay(a, b, wanted, report, plot)
    if json:
        _console.print_json(_console.as_dict(report))
    else:
        _console.show(tables.comparison_table(report), *tables.definition_lines(report))


def cohort_files(
    predictions: Path,
    references: Path,
    *,
    out: Path,
    labels: str | None,
    json: bool,
    csv: Path | None,
    plot: Path | None,
    **options: Any,
) -> bool:
    """Do what ``overlap lesions cohort`` does; return whether a case could not be scored."""
    _console.check_outputs(out, csv, picture=plot)
    scores, skipped = cohort(predictions, references, out=out, labels=parse_labels(labels), progress=True, **options)
    summary = summarise(scores)
    if csv:
        summary.to_csv(csv, index=False)
    if plot:
        from .plotting import plot_scores, save

        save(plot_scores(scores).figure, plot)
    if json:
        _console.print_json(
            {
                "prediction": str(predictions),
                "reference": str(references),
                "cases": int(scores["case"].nunique()),
                "summary": summary.to_dict("records"),
                "skipped": skipped.to_dict("records"),
            }
        )
    else:
        _console.show(tables.cohort_table(summary, predictions, references, scores), f"[dim]scores: {out}[/dim]")
    for row in skipped.itertuples():
        _console.note(f"{row.reason}: {row.file}: {row.detail}")
    return bool((skipped["reason"] == "error").any())


def _lesions(a: xr.DataArray, b: xr.DataArray, labels: Labels | None, report: xr.Dataset) -> pd.DataFrame:
    level, options = report.attrs["level"], {k: report.attrs[k] for k in ("threshold", "connectivity")}
    found = [
        match(*(x if x.dtype == bool else x >= level for x in pair), **options).assign(label=name)
        for name, *pair in layers(a, b, labels, None)
    ]
    table = pd.concat(found, ignore_index=True)
    return table[["label", *(c for c in table if c != "label")]]


def _save_overlay(a: xr.DataArray, b: xr.DataArray, labels: Labels | None, report: xr.Dataset, path: Path) -> None:
    from .plotting import plot_overlay, save

    name, left, right = next(iter(layers(a, b, labels, None)))
    dice, names = float(report.dice.sel(label=name)), (report.attrs["prediction"], report.attrs["reference"])
    ax = plot_overlay(left, right, labels=names)
    ax.set_title(f"label {name}, Dice {dice:.3f}\n{ax.get_title()}", fontsize="small")
    save(ax.figure, path)

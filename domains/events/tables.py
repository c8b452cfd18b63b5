"""Reports as tables, and what the terminal shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr
from rich.table import Table

from .._report import as_rows
from .._tables import build_table

Row = Mapping[Any, Any]

FIGURES = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "overlap_ratio": "overlap ratio",
    "mean_f1": "mean F1",
    "mean_ap": "mAP",
    "der": "DER",
    "jer": "JER",
    "purity": "purity",
    "coverage": "coverage",
    "kappa": "kappa",
    "error_rate": "error rate",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "false_alarms_per_24h": "false alarms / 24 h",
}


def report_table(report: xr.Dataset, most: int = 40) -> Table:
    """Return a report of `compare` as a table for the terminal, the first `most` rows of it."""
    rows = as_rows(report)
    labels = [str(dim) for dim in report["intersection"].dims]
    figures = [name for name in FIGURES if name in rows]
    units = report.attrs["units"]
    headings = [f"in both ({units})", "only prediction", "only reference"]
    headings += [FIGURES[name] for name in figures]
    cells = []
    for row in rows.head(most).to_dict("records"):
        names = [str(row[label]) for label in labels]
        values = [f"{row[name]:.4f}" for name in figures]
        cells.append([*names, *_size_cells(row), *values])
    title = _title(report)
    caption = _caption(report, len(rows) - most)
    return build_table(labels, headings, cells, title=title, caption=caption)


def _size_cells(row: Row) -> list[str]:
    in_both = row["intersection"]
    only_prediction = row["size_a"] - in_both
    only_reference = row["size_b"] - in_both
    return [f"{in_both:g}", f"{only_prediction:g}", f"{only_reference:g}"]


def _title(report: xr.Dataset) -> str:
    attrs = report.attrs
    prediction = f"prediction: {attrs['prediction']} ({attrs['n_prediction']})"
    reference = f"reference: {attrs['reference']} ({attrs['n_reference']})"
    return f"{prediction}\n{reference}"


def _caption(report: xr.Dataset, n_more: int) -> str:
    attrs = report.attrs
    # attributes are text, as netCDF keeps them
    corrected = "corrected" if attrs["corrected"] == "True" else "not corrected"
    lines = [
        f"protocol: {attrs['protocol']}, its known faults {corrected}",
        f"files: {attrs['files']}",
        f"scored: {attrs['support']}",
    ]
    if "average_map" in report:
        lines.insert(0, f"average mAP {float(report['average_map']):.6f}")
    if n_more > 0:
        lines.append(f"… and {n_more} more rows: --csv lists them all")
    return "\n".join(lines)

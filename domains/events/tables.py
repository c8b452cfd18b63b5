"""Reports as tables, and what the terminal shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import xarray as xr
from rich.table import Table

from .._report import as_rows
from .._tables import build_table
from .._text import count_of
from .disagreement import COUNTS, differences

Row = Mapping[Any, Any]

FIGURES = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "f_beta": "F-beta",
    "random_f1": "F1 of a guess",
    "edit": "edit score",
    "overlap_ratio": "overlap ratio",
    "reference_f1": "reference F1",
    "mean_f1": "mean F1",
    "mean_ap": "mAP",
    "recall_at_1x": "recall@1x",
    "recall_at_5x": "recall@5x",
    "auc": "AR-AN AUC",
    "macro_f1": "macro F1",
    "psds": "PSDS",
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


def report_tables(report: xr.Dataset) -> list[Table]:
    """Return all that the terminal shows of a report: the numbers, and where there are subjects what they say together.

    Parameters
    ----------
    report : Dataset
        As `compare` or `with_subjects` returns it.
    """
    if "n_subjects" not in report.attrs:
        return [report_table(report)]
    return [report_table(report), subjects_table(report)]


def subjects_table(report: xr.Dataset) -> Table:
    """Return the means over subjects and the intervals of a report of `with_subjects` as a table for the terminal.

    Where there are several thresholds, it shows the one nearest to 0.5.
    """
    at = report.sel(threshold=0.5, method="nearest") if "threshold" in report.dims else report
    level = f"{100 * report.attrs['level']:g} %"
    cells = []
    for name, title in FIGURES.items():
        if f"{name}_mean" not in at:
            continue
        mean = f"{float(at[f'{name}_mean']):.4f} ± {float(at[f'{name}_sd']):.4f}"
        of_mean = f"{float(at[f'{name}_mean_low']):.4f} to {float(at[f'{name}_mean_high']):.4f}"
        of_all = "–"
        if f"{name}_low" in at:
            of_all = f"{float(at[f'{name}_low']):.4f} to {float(at[f'{name}_high']):.4f}"
        cells.append([title, mean, of_mean, of_all])
    headings = ["mean ± SD over subjects", f"{level} interval of the mean", f"{level} interval, recordings pooled"]
    threshold = f", threshold {float(at['threshold']):g}" if "threshold" in at.coords else ""
    title = f"{report.attrs['n_subjects']} subjects (by {report.attrs['group']}){threshold}"
    return build_table(["figure"], headings, cells, title=title)


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


def protocols_table(table: pd.DataFrame, facts: Mapping[str, str]) -> Table:
    """Return the numbers of all protocols as a table for the terminal.

    Parameters
    ----------
    table : DataFrame
        As `compare_protocols` returns it.
    facts : mapping
        ``prediction reference``, what the two sides are called, and ``support mean_over``, in words.
    """
    headings = ("value", "interval", "mean", "interval ", "over", *COUNTS, "corrected")
    cells = []
    for row in table.to_dict("records"):
        if row["reason"]:
            cells.append([row["protocol"], "does not apply", *[""] * len(headings)])
            continue
        of_value = _interval(row["low"], row["high"])
        of_mean = _interval(row["mean_low"], row["mean_high"])
        n_units = "" if pd.isna(row["n_units"]) else str(row["n_units"])
        numbers = [_figure(row["value"]), of_value, _figure(row["mean"]), of_mean, n_units]
        counts = ["" if pd.isna(row[name]) else f"{row[name]:g}" for name in COUNTS]
        cells.append([row["protocol"], row["score"], *numbers, *counts, _figure(row["corrected"])])
    title = f"prediction: {facts['prediction']}\nreference: {facts['reference']}"
    units = facts["mean_over"]
    caption = (
        f"mean: over {units} where it is defined; interval: 95 %, from resampled {units}\n"
        "found, missed, spurious: events, seconds or segments, as the protocol counts; at the threshold nearest 0.5\n"
        f"corrected: the value without the known faults of the protocol\nscored: {facts['support']}"
    )
    return build_table(("protocol", "score"), headings, cells, title=title, caption=caption)


def differences_table(table: pd.DataFrame) -> Table:
    """Return for the terminal what the protocols do in different ways, and which of them do it so."""
    rows = []
    last = ""
    for aspect, answer, protocols in differences(table).itertuples(index=False):
        rows.append(["" if aspect == last else aspect, answer, protocols])
        last = aspect
    return build_table(("why they differ", "what is done", "by"), (), rows)


def why_lines(table: pd.DataFrame) -> list[str]:
    """Return what each protocol did with these events, and why some do not apply, a line for each.

    Examples
    --------
    >>> table = pd.DataFrame({"protocol": ["szcore", "jer"], "why": ["4 events", ""], "reason": ["", "no label"]})
    >>> why_lines(table)
    ['szcore: 4 events', 'jer does not apply: no label']
    """
    lines = []
    for row in table.to_dict("records"):
        if row["why"]:
            lines.append(f"{row['protocol']}: {row['why']}")
    for row in table.to_dict("records"):
        if row["reason"]:
            lines.append(f"{row['protocol']} does not apply: {row['reason']}")
    return lines


def list_table(table: pd.DataFrame) -> Table:
    """Return the protocols and their settings, as `list_protocols` has them, for the terminal."""
    rows = []
    for row in table.to_dict("records"):
        rows.append([row["protocol"], row["score"], row["tool"] or "(ours)", row["settings"].replace(" ", "\n")])
    n = count_of(len(rows), "protocol")
    return build_table(("protocol", "score", "tool", "settings"), (), rows, title=f"{n} and their settings")


def _figure(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4f}"


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"[{low:.4f}, {high:.4f}]"

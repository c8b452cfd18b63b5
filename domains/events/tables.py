"""Reports as tables, and what the terminal shows of them and of skipped rows."""

from __future__ import annotations

import pandas as pd
import xarray as xr
from rich.table import Table

FIGURES = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "mean_ap": "mAP",
    "kappa": "kappa",
    "error_rate": "error rate",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "false_alarms_per_24h": "false alarms / 24 h",
}


def summarise(report: xr.Dataset) -> pd.DataFrame:
    """Return a report as a table, a row for each threshold, label or file.

    Parameters
    ----------
    report : Dataset
        As `compare` returns it.

    Returns
    -------
    DataFrame
        ``protocol prediction reference``, what is kept apart, the sizes and every figure that goes with them.

    Examples
    --------
    >>> import numpy as np
    >>> from .comparison import compare
    >>> report = compare(np.array([[0, 1]]), np.array([[0, 1]]), "tiou", thresholds=(0.5, 0.7))
    >>> summarise(report)[["threshold", "f1"]].to_numpy().tolist()
    [[0.5, 1.0], [0.7, 1.0]]
    """
    dims = report["intersection"].dims
    names = [k for k, x in report.data_vars.items() if set(x.dims) <= set(dims)]
    filled = [x.broadcast_like(report["intersection"]) for x in (report[k] for k in names)]
    wide = xr.Dataset(dict(zip(names, filled, strict=True)))
    table = wide.to_dataframe().reset_index() if dims else pd.DataFrame([{k: x.item() for k, x in wide.items()}])
    for place, key in enumerate(("protocol", "prediction", "reference")):
        table.insert(place, key, report.attrs[key])
    return table


def report_table(report: xr.Dataset, most: int = 40) -> Table:
    """Return a report of `compare` as a table for the terminal, the first `most` rows of it."""
    a = report.attrs
    rows = summarise(report)
    corrected = ", corrected" if a["corrected"] == "True" else ""
    table = Table(title=f"{a['protocol']}{corrected}", caption=_caption(report, len(rows) - most))
    kept = [str(d) for d in report["intersection"].dims]
    figures = {k: v for k, v in FIGURES.items() if k in rows}
    for heading in (*kept, f"in both ({a['units']})", "only prediction", "only reference", *figures.values()):
        table.add_column(heading, justify="left" if heading in kept else "right")
    for row in rows.head(most).to_dict("records"):
        sizes = (row["intersection"], row["size_a"] - row["intersection"], row["size_b"] - row["intersection"])
        table.add_row(*(str(row[d]) for d in kept), *(f"{x:g}" for x in sizes), *(f"{row[k]:.4f}" for k in figures))
    return table


def skipped_lines(skipped: pd.DataFrame, most: int = 5) -> list[str]:
    """Return a line for each reason why rows were skipped, the first `most` of them."""
    counts = skipped.groupby(["side", "reason"], sort=False).size().reset_index(name="n")
    lines = [f"[dim]{x.side}: {x.n} rows skipped, {x.reason}[/dim]" for x in counts.itertuples()]
    return lines[:most] + ([f"[dim]… and {len(lines) - most} more reasons[/dim]"] if len(lines) > most else [])


def _caption(report: xr.Dataset, more: int) -> str:
    a = report.attrs
    lines = [
        f"prediction: {a['prediction']} ({a['n_prediction']})",
        f"reference: {a['reference']} ({a['n_reference']})",
        f"files: {a['files']}",
        f"scored: {a['support']}",
    ]
    if "average_map" in report:
        lines.insert(0, f"average mAP {float(report['average_map']):.6f}")
    return "\n".join(lines + ([f"… and {more} more rows: --csv lists them all"] if more > 0 else []))

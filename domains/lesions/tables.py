"""What the terminal and a CSV show of reports and cohorts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr
from rich import box
from rich.table import Table

LESIONS = ("one_to_one", "split", "merge", "many_to_many", "missed", "spurious")


def rows(report: xr.Dataset) -> pd.DataFrame:
    """Return a report of `compare` as a row for each label.

    Examples
    --------
    >>> report = xr.Dataset({"dice": ("label", [0.5]), "n_defined": ("index", [1])}, {"label": [1], "index": ["dice"]})
    >>> rows(report).to_dict("records")
    [{'label': 1, 'dice': 0.5}]
    """
    return report.drop_dims("index").to_dataframe().reset_index()


def comparison_table(report: xr.Dataset) -> Table:
    """Return a report of `compare` as a table for the terminal."""
    unit, grid = report.attrs["units"], report.attrs["grid"]
    whole = {k: float(report[k].sum()) for k in ("size_a", "size_b")}
    table = Table(
        title=f"prediction: {report.attrs['prediction']} ({whole['size_a']:.5g} {unit})\n"
        f"reference: {report.attrs['reference']} ({whole['size_b']:.5g} {unit})",
        caption=f"sizes in {unit}, distances in mm, NSD within {report.attrs['nsd_tolerance']:g} mm\n{grid}",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("label")
    for heading in ("prediction", "reference", "Dice", "IoU", "HD", "HD95", "ASSD", "NSD", "F1"):
        table.add_column(heading, justify="right")
    for k in range(report.sizes["label"]):
        one = report.isel(label=k)
        table.add_row(
            str(one.label.item()),
            *(f"{float(one[size]):.5g}" for size in ("size_a", "size_b")),
            *(_bracketed(one, index) for index in ("dice", "iou")),
            *(f"{float(one[index]):.2f}" for index in ("hausdorff", "hd95", "assd")),
            *(f"{float(one[index]):.3f}" for index in ("nsd", "lesion_f1")),
        )
    return table


def definition_lines(report: xr.Dataset) -> list[str]:
    """Return what the lesions are and what the distances mean, a line for each."""
    lesions = [_lesions(report.isel(label=k)) for k in range(report.sizes["label"])]
    names = {"hd95": "HD95", "assd": "ASSD", "nsd": "NSD"}
    lines = [f"[dim]{name}: {report[k].attrs['definition']}[/dim]" for k, name in names.items()]
    if not report.dice_low.equals(report.dice_high):
        lines.append("[dim]in brackets: the least and the most that two soft masks can overlap[/dim]")
    return [*lesions, *lines]


def cohort_table(summary: pd.DataFrame, predictions: Path, references: Path, scores: pd.DataFrame) -> Table:
    """Return the summary of a cohort as a table for the terminal."""
    cases, failed = scores["case"].nunique(), int((scores["error"] != "").sum())
    table = Table(
        title=f"prediction: {predictions} ({cases - failed})\nreference: {references} ({cases - failed})",
        caption="mean over cases (a miss counts 0), median of distances (a miss is infinitely far); "
        "in brackets 95 %, resampling cases",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("label")
    for heading in ("index", "", "value", "interval", "scored", "undefined", "missed"):
        table.add_column(heading, justify="left" if heading in ("index", "") else "right")
    last = None
    for row in summary.to_dict("records"):
        label, last = "" if row["label"] == last else str(row["label"]), row["label"]
        table.add_row(
            label,
            f"{row['index']}{', mm' if row['statistic'] == 'median' else ''}",
            row["statistic"],
            f"{row['value']:.4f}",
            f"[{row['low']:.4f}, {row['high']:.4f}]".replace("[", r"\["),
            *(str(row[k]) for k in ("n_scored", "n_undefined", "n_missed")),
        )
    return table


def _bracketed(one: xr.Dataset, index: str) -> str:
    value, low, high = (float(one[k]) for k in (index, f"{index}_low", f"{index}_high"))
    return f"{value:.4f}" if low == high or low != low else f"{value:.4f}\n\\[{low:.3f},\n{high:.3f}]"


def _lesions(one: xr.Dataset) -> str:
    found = {k: int(one[f"lesions_{k}"]) for k in LESIONS}
    told = ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in found.items() if n)
    counts = f"{int(one.lesions_matched)} matched of {int(one.lesions_predicted)} and {int(one.lesions_reference)}"
    return f"lesions of {one.label.item()}: {counts} ({told or 'none'}), PQ {float(one.lesion_pq):.3f}"

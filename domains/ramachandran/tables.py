"""What the terminal shows of reports and residues."""

from __future__ import annotations

import pandas as pd
import xarray as xr
from rich.table import Table


def comparison_table(reports: list[xr.Dataset]) -> Table:
    """Return reports of `compare` as a table for the terminal."""
    table = Table(title="Two sets on the torus", show_lines=True)
    table.add_column("region (cells)")
    for heading in ("area, %", "IoU", "Dice", "outside", "missed"):
        table.add_column(heading, justify="right")
    for r in reports:
        table.add_row(
            f"prediction: {r.attrs['prediction']} ({float(r.size_a):g})\n"
            f"reference: {r.attrs['reference']} ({float(r.size_b):g})",
            f"{float(r.share_a):.2f}\n{float(r.share_b):.2f}",
            *(f"{float(r[k]):.4f}" for k in ("iou", "dice")),
            *(f"{float(r[k]):.1%}" for k in ("outside", "missed")),
        )
    return table


def summary_table(summary: pd.DataFrame) -> Table:
    """Return `summarise`'s counts as a table for the terminal."""
    table = Table(title="Ramachandran validation", caption="goals: > 98 % favored, < 0.2 % outliers")
    table.add_column("file")
    for heading in ("counted", "favored", "allowed", "outlier", "favored %", "outlier %", "skipped"):
        table.add_column(heading, justify="right")
    for row in summary.to_dict("records"):
        if row["error"]:
            table.add_row(str(row["file"]), "[red]not readable[/red]", *[""] * 6)
            continue
        table.add_row(
            str(row["file"]),
            *(str(row[k]) for k in ("total", "favored", "allowed", "outlier")),
            _graded(row["favored_percent"], row["favored_percent"] > 98),
            _graded(row["outlier_percent"], row["outlier_percent"] < 0.2),
            str(row["skipped"]),
        )
    return table


def outlier_lines(residues: pd.DataFrame, most: int = 20) -> list[str]:
    """Return a line for each outlier, the first `most` of them."""
    bad = residues[residues["evaluation"] == "OUTLIER"]
    several = residues["file"].nunique() > 1
    lines = [
        f"[red]OUTLIER[/red]  {f'{row.file}  ' if several else ''}{row.chain} {row.resseq}{row.icode} {row.altloc}"
        f"{row.resname}  phi {row.phi:.1f}°  psi {row.psi:.1f}°  {row.category}, score {row.score:.5f}"
        for row in bad.head(most).itertuples()
    ]
    return lines + ([f"… and {len(bad) - most} more outliers: --csv lists them all"] if len(bad) > most else [])


def _graded(value: float, good: bool) -> str:
    return f"[green]{value:.2f}[/green]" if good else f"[yellow]{value:.2f}[/yellow]"

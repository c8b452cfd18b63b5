"""What the terminal shows of reports and residues."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from rich.markup import escape
from rich.table import Table


def comparison_table(reports: list[xr.Dataset]) -> Table:
    """Return reports of `compare` as a table for the terminal."""
    table = Table(title="Two sets on the torus", show_lines=True)
    table.add_column("region (cells)")
    for heading in ("area, %", "IoU", "Dice", "outside", "missed"):
        table.add_column(heading, justify="right")
    for r in (one for report in reports for one in _one_by_one(report)):
        table.add_row(
            escape(f"prediction: {r.attrs['prediction']} ({float(r.size_a):.6g})\n")
            + escape(f"reference: {r.attrs['reference']} ({float(r.size_b):.6g})"),
            f"{float(r.share_a):.2f}\n{float(r.share_b):.2f}",
            *(f"{float(r[k]):.4f}" for k in ("iou", "dice")),
            *(f"{float(r[k]):.1%}" for k in ("outside", "missed")),
        )
    return table


def _one_by_one(report: xr.Dataset) -> Iterator[xr.Dataset]:
    """Yield the report of each prediction, of several with its label in the name."""
    dims = report.iou.dims
    if not dims:
        yield report
        return
    flat = report.stack(each=dims)
    for k in range(flat.sizes["each"]):
        one = flat.isel(each=k)
        label = ", ".join(f"{d} {one[d].item()}" for d in dims if d in one.coords)
        yield one.assign_attrs(prediction=f"{report.attrs['prediction']}, {label}")


def summary_table(summary: pd.DataFrame) -> Table:
    """Return `summarise`'s counts as a table for the terminal."""
    table = Table(title="Ramachandran validation", caption="goals: > 98 % favored, < 0.2 % outliers")
    table.add_column("file", overflow="fold")
    for heading in ("counted", "favored", "allowed", "outliers", "skipped"):
        table.add_column(heading, justify="right", no_wrap=True)
    names = short_names(summary["file"])
    for row in summary.to_dict("records"):
        if row["error"]:
            table.add_row(escape(names[row["file"]]), "[red]error[/red]")
            continue
        table.add_row(
            escape(names[row["file"]]),
            str(row["total"]),
            _graded(row["favored"], row["favored_percent"], row["favored_percent"] > 98),
            str(row["allowed"]),
            _graded(row["outlier"], row["outlier_percent"], row["outlier_percent"] < 0.2),
            str(row["skipped"]),
        )
    return table


def outlier_lines(residues: pd.DataFrame, most: int = 20) -> list[str]:
    """Return a line for each outlier, the first `most` of them."""
    bad = residues[residues["evaluation"] == "OUTLIER"]
    names = short_names(residues["file"])
    lines = [
        f"[red]OUTLIER[/red]  {escape(names[row['file']]) if len(names) > 1 else ''}  {escape(_residue(row))}"
        f"  phi {row['phi']:.1f}°  psi {row['psi']:.1f}°  {row['category']}, score {row['score']:.5f}"
        for row in bad.head(most).to_dict("records")
    ]
    return lines + ([f"… and {len(bad) - most} more outliers: --csv lists them all"] if len(bad) > most else [])


def short_names(files: Iterable[str]) -> dict[str, str]:
    """Return the files' names without their folders, where that tells them apart.

    Examples
    --------
    >>> short_names(["a/1a8o.cif", "a/1ubq.pdb"])
    {'a/1a8o.cif': '1a8o.cif', 'a/1ubq.pdb': '1ubq.pdb'}
    >>> short_names(["a/model.pdb", "b/model.pdb"])
    {'a/model.pdb': 'a/model.pdb', 'b/model.pdb': 'b/model.pdb'}
    """
    paths = list(dict.fromkeys(files))
    names = [Path(p).name for p in paths]
    return dict(zip(paths, names if len(set(names)) == len(names) else paths, strict=True))


def _residue(row: dict[Hashable, Any]) -> str:
    """Name a residue as a reader would: chain, number, conformer, name; the model if there are several."""
    model = f"model {row['model']} " if row["model"] else ""
    return f"{model}{row['chain']} {row['resseq']}{row['icode']} {row['altloc']}{row['resname']}"


def _graded(n: int, percent: float, good: bool) -> str:
    return f"{n}  [{'green' if good else 'yellow'}]{percent:6.2f} %[/]"

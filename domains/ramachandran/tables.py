"""What the terminal shows of reports and residues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from rich.table import Table
from rich.text import Text

from .._report import as_rows
from .._tables import build_table

Row = Mapping[Any, Any]

COMPARED = ("area, %", "IoU", "Dice", "outside", "missed")
COUNTED = ("counted", "favored", "%", "allowed", "outliers", "%", "skipped")
FAVORED_GOAL = 98
OUTLIER_GOAL = 0.2


def comparison_table(reports: Iterable[xr.Dataset]) -> Table:
    """Return reports of `compare` as a table for the terminal."""
    cells = []
    for report in reports:
        labels = [str(dim) for dim in report["iou"].dims]
        for row in as_rows(report, ("prediction", "reference")).to_dict("records"):
            cells.append(_comparison_cells(row, labels))
    caption = "sizes in cells; outside: share of the prediction; missed: share of the reference"
    return build_table(["region"], COMPARED, cells, title="Two sets on the torus", caption=caption)


def summary_table(summary: pd.DataFrame) -> Table:
    """Return `summarise`'s counts as a table for the terminal."""
    names = short_names(summary["file"])
    cells: list[list[str | Text]] = []
    for row in summary.to_dict("records"):
        name = names[row["file"]]
        if row["error"]:
            cells.append([name, Text("error", "red")])
        else:
            cells.append([name, *_summary_cells(row)])
    caption = f"goals: > {FAVORED_GOAL} % favored, < {OUTLIER_GOAL} % outliers"
    return build_table(["file"], COUNTED, cells, title="Ramachandran validation", caption=caption)


def outlier_lines(residues: pd.DataFrame, most: int = 20) -> list[str | Text]:
    """Return a line for each outlier, the first `most` of them."""
    outliers = residues[residues["evaluation"] == "OUTLIER"]
    names = short_names(residues["file"])
    lines: list[str | Text] = []
    for row in outliers.head(most).to_dict("records"):
        file = names[row["file"]] if len(names) > 1 else ""
        residue = f"  {file}  {_residue(row)}  {_angles(row)}"
        lines.append(Text.assemble(("OUTLIER", "red"), residue, no_wrap=True))
    n_more = len(outliers) - most
    if n_more > 0:
        lines.append(f"… and {n_more} more outliers: --csv lists them all")
    return lines


def short_names(files: Iterable[str]) -> dict[str, str]:
    """Return the files' names without their folders, if these are all different.

    Examples
    --------
    >>> short_names(["a/1a8o.cif", "a/1ubq.pdb"])
    {'a/1a8o.cif': '1a8o.cif', 'a/1ubq.pdb': '1ubq.pdb'}
    >>> short_names(["a/model.pdb", "b/model.pdb"])
    {'a/model.pdb': 'a/model.pdb', 'b/model.pdb': 'b/model.pdb'}
    """
    names = {path: Path(path).name for path in files}
    if len(set(names.values())) < len(names):
        return {path: path for path in names}
    return names


def _comparison_cells(row: Row, labels: list[str]) -> list[str]:
    prediction = row["prediction"]
    for label in labels:
        if label in row:
            prediction += f", {label} {row[label]}"
    first = f"prediction: {prediction} ({row['size_a']:.6g})"
    second = f"reference: {row['reference']} ({row['size_b']:.6g})"
    shares = f"{row['share_a']:.2f}\n{row['share_b']:.2f}"
    return [
        f"{first}\n{second}",
        shares,
        f"{row['iou']:.4f}",
        f"{row['dice']:.4f}",
        _percent(row["outside"]),
        _percent(row["missed"]),
    ]


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{share:.1%}"


def _summary_cells(row: Row) -> list[str | Text]:
    favored = row["favored_percent"]
    outliers = row["outlier_percent"]
    return [
        str(row["total"]),
        str(row["favored"]),
        _graded(favored, favored > FAVORED_GOAL),
        str(row["allowed"]),
        str(row["outlier"]),
        _graded(outliers, outliers < OUTLIER_GOAL),
        str(row["skipped"]),
    ]


def _graded(percent: float, is_good: bool) -> Text:
    return Text(f"{percent:.2f}", "green" if is_good else "yellow")


def _angles(row: Row) -> str:
    angles = f"phi {row['phi']:.1f}°  psi {row['psi']:.1f}°"
    return f"{angles}  {row['category']}, score {row['score']:.5f}"


def _residue(row: Row) -> str:
    """Name a residue as its reader would: chain, number, conformer, name. The model, if there are several."""
    number = f"{row['resseq']}{row['icode']}"
    name = f"{row['altloc']}{row['resname']}"
    model = f"model {row['model']} " if row["model"] else ""
    return f"{model}{row['chain']} {number} {name}"

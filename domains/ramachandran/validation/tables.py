"""What the terminal shows of reports and residues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from rich.table import Table
from rich.text import Text

from ..._report import as_rows
from ..._tables import build_table
from ..._text import count_of
from .findings import CIS, TWISTED
from .ramalyze import ramalyze_lines
from .told import Told

Row = Mapping[Any, Any]

COMPARED = ("area, %", "IoU", "Dice", "outside", "missed")
_WRONG_HAND = "of the wrong hand (D under an L name, or L under a D name)"
FINDINGS = {
    "cis_nonproline": (
        "cis peptide before another residue than proline",
        "cis peptides before other residues than proline",
    ),
    "twisted": ("twisted peptide", None),
    "wrong_hand": (f"residue {_WRONG_HAND}", f"residues {_WRONG_HAND}"),
    "duplicate_id": ("residue with a duplicate id", "residues with a duplicate id"),
    "mirrored": ("residue scored at (-phi, -psi)", "residues scored at (-phi, -psi)"),
    "cis_proline": ("cis-proline", None),
    "not_modelled": ("residue of the sequences without atoms", "residues of the sequences without atoms"),
}
"""How a summary's line calls one of what it counts, and several, where that is no s more."""
MOST_MODELS = 20
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


def lines_beside(report: xr.Dataset) -> list[str]:
    """Return what a report of one comparison says beside its table: the mass, the grid, basins that are missed.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> from ..models.steric import hard_sphere
    >>> for line in lines_beside(compare(hard_sphere())):
    ...     print(line)
    mass: 74.07% of the residues of top8000, from its ranks, are inside the prediction, 98.00% inside the reference
    grid: cells of this size can reach an IoU of 0.975
    alphaL is missed (area 1.1 %, 2.5 % of residues); gamma' is missed (area 0.05 %, 0.03 % of residues)
    """
    if report["iou"].ndim:
        return []
    lines = []
    if "mass" in report.attrs:
        in_a = _mass(report, "a")
        in_b = _mass(report, "b")
        whose = report.attrs["mass"]
        lines.append(f"mass: {in_a} of the {whose}, are inside the prediction, {in_b} inside the reference")
    bound = float(report["grid_bound"])
    if not pd.isna(bound):
        fine = float(report["iou_fine"])
        drawn = "" if fine == float(report["iou"]) else f"; drawn as cells on the finer grid it has {fine:.4f}"
        lines.append(f"grid: cells of this size can reach an IoU of {bound:.3f}{drawn}")
    if "basins" in report.attrs:
        lines.append(report.attrs["basins"])
    return lines


def what_was_read(region: xr.DataArray) -> str:
    """Return what a region was taken for when it was read, and from what; "" for a mask.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> what_was_read(region().assign_attrs(meaning="density", source="PLUMED"))
    'density; PLUMED'
    """
    said = [str(region.attrs[name]) for name in ("meaning", "source") if name in region.attrs]
    return "; ".join(said)


def region_rows(region: xr.DataArray) -> pd.DataFrame:
    """Return the size of a region, a row for each of several.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> region_rows(region(category=["general", "glycine"]))[["category", "cells", "area"]].round(2)
      category    cells   area
    0  general   5273.0  16.27
    1  glycine  11638.0  35.92
    """
    cells = region.sum(["psi", "phi"], dtype=float)
    n_cells = region.sizes["psi"] * region.sizes["phi"]
    sizes = xr.Dataset({"cells": cells, "area": 100 * cells / n_cells}).drop_attrs()
    labels = [str(dim) for dim in cells.dims]
    rows = sizes[["cells", "area"]].reset_coords(drop=True)
    table = rows.to_dataframe().reset_index() if labels else pd.DataFrame([{k: x.item() for k, x in rows.items()}])
    table.insert(0, "region", str(region.attrs.get("name", "region")))
    return table


def region_table(rows: pd.DataFrame) -> Table:
    """Return `region_rows` as a table for the terminal."""
    labels = [name for name in rows.columns if name not in ("region", "cells", "area")]
    cells = []
    for row in rows.to_dict("records"):
        named = [str(row[name]) for name in ("region", *labels)]
        cells.append([*named, f"{row['cells']:.6g}", f"{row['area']:.2f}"])
    return build_table(["region", *labels], ["cells", "area, %"], cells, title="A set on the torus")


def summary_table(summary: pd.DataFrame, title: str = "Ramachandran validation") -> Table:
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
    return build_table(["file"], COUNTED, cells, title=title, caption=caption)


def ramalyze_print(residues: pd.DataFrame) -> list[Any]:
    """Return what ramalyze prints of each file; of several, each below its name."""
    several = residues["file"].nunique() > 1
    lines: list[Any] = []
    for file, own in residues.groupby("file", sort=False):
        lines += [file, *ramalyze_lines(own)] if several else ramalyze_lines(own)
    return lines


def validation_lines(told: Told) -> list[Any]:
    """Return all that the terminal shows of a validation."""
    lines: list[Any] = [summary_table(told.files)]
    lines += [model_table(told.models, row) for row in told.ensembles.to_dict("records")]
    if told.core_files is not None and told.core is not None and told.core_ensembles is not None:
        lines.append(summary_table(told.core_files, f"Core: {told.core_residues}"))
        for row in told.core_ensembles.to_dict("records"):
            lines.append(model_table(told.core, row, title="core of "))
    return [*lines, *finding_lines(told.files), *outlier_lines(told.residues), *odd_lines(told.residues, told.skipped)]


def model_table(models: pd.DataFrame, over_models: Row, *, title: str = "") -> Table:
    """Return the counts of the models of a file as a table for the terminal, and what is compared over them.

    Parameters
    ----------
    models : DataFrame
        Counts by file and model.
    over_models : mapping
        A row of `summarise_models`.
    title : str
        What stands before the file's name.
    """
    of_file = models[models["file"] == over_models["file"]]
    rows = of_file.head(MOST_MODELS).to_dict("records")
    cells = [[str(row["model"]), *_summary_cells(row)[:-1]] for row in rows]
    favored = over_models_line(over_models, "favored_percent")
    outliers = over_models_line(over_models, "outlier_percent")
    caption = f"best: model {over_models['best_model']}\nfavored: {favored}\noutliers: {outliers}"
    if len(of_file) > MOST_MODELS:
        caption += f"\n… and {len(of_file) - MOST_MODELS} more models: --json lists them all"
    name = Path(over_models["file"]).name
    return build_table(["model"], COUNTED[:-1], cells, title=f"{title}{name}: {len(of_file)} models", caption=caption)


def over_models_line(row: Row, share: str) -> str:
    """Return the mean of a share over the models of a file, its spread, and from where to where it goes.

    Examples
    --------
    >>> row = {"mean_x": 95.0, "spread_x": 7.07, "lowest_x": 90.0, "highest_x": 100.0}
    >>> over_models_line(row, "x")
    'mean 95.00 %, standard deviation 7.07 %, from 90.00 to 100.00 %'
    """
    lowest = row[f"lowest_{share}"]
    highest = row[f"highest_{share}"]
    mean = row[f"mean_{share}"]
    spread = row[f"spread_{share}"]
    return f"mean {mean:.2f} %, standard deviation {spread:.2f} %, from {lowest:.2f} to {highest:.2f} %"


def finding_lines(summary: pd.DataFrame) -> list[str | Text]:
    """Return a line for each file with findings, or with residues that were turned or are cis before proline."""
    names = short_names(summary["file"])
    lines: list[str | Text] = []
    for row in summary.to_dict("records"):
        counted = [count_of(row[column], *called) for column, called in FINDINGS.items() if row.get(column)]
        if counted:
            file = f"{names[row['file']]}: " if len(names) > 1 else ""
            lines.append(f"{file}{', '.join(counted)}")
    return lines


def outlier_lines(residues: pd.DataFrame, most: int = 20) -> list[str | Text]:
    """Return a line for each outlier, the first `most` of them."""
    outliers = residues[residues["evaluation"] == "OUTLIER"]
    return _residue_lines(outliers, residues, "OUTLIER", "red", "outlier", most)


def odd_lines(residues: pd.DataFrame, skipped: pd.DataFrame, most: int = 20) -> list[str | Text]:
    """Return a line for each residue with a finding, the first `most` of them; those that are skipped come last."""
    odd = pd.concat([residues[residues["finding"] != ""], skipped[skipped["finding"] != ""]])
    return _residue_lines(odd, residues, "finding", "yellow", "finding", most)


def changes_table(found: Row, before: str, after: str) -> Table:
    """Return how many residues of each label before have each label after, as a table for the terminal."""
    labels = list(found["labels"])
    cells = [[name, *(str(found["labels"][name][other]) for other in labels)] for name in labels]
    farthest = f"{found['largest_distance']:.1f}° at most ({found['farthest']})"
    moved = f"moved {found['mean_distance']:.1f}° in the mean, {farthest}"
    caption = f"{found['worse']} worse, {found['better']} better, {found['same']} the same; {moved}"
    title = f"before: {before} ({found['matched']})\nafter: {after} ({found['matched']})"
    return build_table(["before"], [f"{name} after" for name in labels], cells, title=title, caption=caption)


def change_lines(changes: pd.DataFrame, most: int = 40) -> list[str | Text]:
    """Return a line for each residue that got worse, then for each that got better, the first `most` of each."""
    lines: list[str | Text] = []
    for change, colour in (("worse", "red"), ("better", "green")):
        rows = changes[changes["change"] == change]
        for row in rows.head(most).to_dict("records"):
            labels = f"{row['evaluation_before']} → {row['evaluation_after']}"
            ways = f"phi {row['phi_before']:.1f}° → {row['phi_after']:.1f}°  psi {row['psi_before']:.1f}° → "
            residue = f"  {row['where_after']}  {labels}  {ways}{row['psi_after']:.1f}°, by {row['distance']:.1f}°"
            lines.append(Text.assemble((change, colour), residue, no_wrap=True))
        if len(rows) > most:
            lines.append(f"… and {len(rows) - most} more that got {change}: --csv lists them all")
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


def _mass(report: xr.Dataset, side: str) -> str:
    """Return a mass with two decimals: a level is 99.95 %."""
    share = _percent(float(report[f"mass_{side}"]), 2)
    if f"mass_{side}_low" not in report:
        return share
    low = _percent(float(report[f"mass_{side}_low"]), 2)
    high = _percent(float(report[f"mass_{side}_high"]), 2)
    return f"{share} ({low} to {high})"


def _percent(share: float, decimals: int = 1) -> str:
    return "–" if pd.isna(share) else f"{share:.{decimals}%}"


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


def _residue_lines(
    marked: pd.DataFrame, residues: pd.DataFrame, word: str, colour: str, more: str, most: int
) -> list[str | Text]:
    names = short_names(residues["file"])
    lines: list[str | Text] = []
    for row in marked.head(most).to_dict("records"):
        file = names[row["file"]] if len(names) > 1 else ""
        told = _angles(row) if word == "OUTLIER" else _finding(row)
        lines.append(Text.assemble((word, colour), f"  {file}  {_residue(row)}  {told}", no_wrap=True))
    n_more = len(marked) - most
    if n_more > 0:
        lines.append(f"… and {count_of(n_more, f'more {more}')}: --csv lists them all")
    return lines


def _finding(row: Row) -> str:
    if CIS in row["finding"] or TWISTED in row["finding"]:
        return f"{row['finding']}  omega {row['omega']:.1f}°"
    return str(row["finding"])


def _angles(row: Row) -> str:
    angles = f"phi {row['phi']:.1f}°  psi {row['psi']:.1f}°"
    return f"{angles}  {row['category']}, score {row['score']:.5f}"


def _residue(row: Row) -> str:
    """Name a residue as its reader would: chain, number, conformer, name. The model, if there are several."""
    number = f"{row['resseq']}{row['icode']}"
    name = f"{row['altloc']}{row['resname']}"
    model = f"model {row['model']} " if row["model"] else ""
    return f"{model}{row['chain']} {number} {name}"

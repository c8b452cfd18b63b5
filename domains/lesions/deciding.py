"""A decision over a file: what ``overlap lesions decide`` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr
from rich.table import Table

from .. import _console
from .._checks import UsageError, check_number
from .._tables import build_table
from .._text import for_picture
from .cohorts.reading import read_alone
from .cohorts.sources import check_reading
from .decisions.decisions import CUT, OPTIMAL, decide
from .images.grids import spatial_axes
from .images.names import NIFTI
from .images.writing import write_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

HEADINGS = ("expected Dice", "volume", "bias in volume", "least probability")


def decide_file(probability: Path, *, out: Path | None, level: float, outputs: Outputs, **options: Any) -> int:
    """Do what ``overlap lesions decide`` does, and return its exit code."""
    operation = "lesions.decide"
    said = check_reading(operation, {**options, "as_": "soft"})
    check_number(operation, "level", level, above=0, at_most=1)
    if out is not None and not out.name.lower().endswith(NIFTI):
        raise UsageError(f"--out {out}: a mask is written as .nii.gz or .nii: give it such a name")
    image = read_alone(said.of_prediction(probability), said.like)
    report = decide(image, level=level)
    if out is not None:
        write_image(report["mask"].sel(decision=OPTIMAL), out)
    numbers = report.drop_dims(spatial_axes(report["mask"]))
    labels = [str(dim) for dim in report["volume"].dims]
    rows = numbers.to_dataframe(dim_order=labels).reset_index()

    def table() -> list[Any]:
        return [_table(rows, labels, report)]

    def picture() -> Axes:
        return _picture(report)

    return _console.deliver(numbers, outputs, table, picture, rows=rows)


def _names(report: xr.Dataset) -> dict[str, str]:
    """Return what the decisions are called."""
    return {OPTIMAL: "best expected Dice", CUT: f"cut at {report.attrs['level']:g}"}


def _table(rows: pd.DataFrame, labels: list[str], report: xr.Dataset) -> Table:
    """Return the decisions as a table for the terminal."""
    names = _names(report)
    cells = []
    for row in rows.to_dict("records"):
        of_row = [names.get(row[label], str(row[label])) for label in labels]
        dice = f"{row['expected_dice']:.4f}"
        volume = f"{row['volume']:.5g}"
        bias = f"{row['volume_bias']:+.1%}"
        edge = f"{row['edge']:.3f}"
        cells.append([*of_row, dice, volume, bias, edge])
    units = report.attrs["units"]
    total = float(report["expected_volume"].sum())
    title = f"probability: {report.attrs['probability']} (expected volume {total:.5g} {units})"
    caption = f"{report.attrs['assumed']}; volume in {units}"
    return build_table(labels, HEADINGS, cells, title=title, caption=caption)


def _picture(report: xr.Dataset) -> Axes:
    """Draw both decisions, of the first image if there are several."""
    from .pictures.plotting import plot_overlay

    masks = report["mask"]
    others = [dim for dim in report["volume"].dims if dim != "decision"]
    first = masks.isel(dict.fromkeys(others, 0))
    names = _names(report)
    ax = plot_overlay(first.sel(decision=OPTIMAL), first.sel(decision=CUT), labels=(names[OPTIMAL], names[CUT]))
    name = for_picture(report.attrs["probability"])
    ax.set_title(f"{name}\n{ax.get_title()}", fontsize="small")
    return ax

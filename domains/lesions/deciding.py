"""A decision over a file: what ``overlap lesions decide`` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.table import Table

from .. import _console
from .._checks import UsageError, check_number
from .._tables import build_table
from .._text import for_picture
from .decisions.decisions import CUT, OPTIMAL, decide
from .images.grids import spatial_axes
from .images.io import read_image, write_image
from .images.names import NIFTI
from .images.values import check_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

HEADINGS = ("expected Dice", "volume", "bias in volume", "least probability")


def decide_file(probability: Path, *, out: Path | None, scale: float | None, level: float, outputs: Outputs) -> int:
    """Do what ``overlap lesions decide`` does, and return its exit code."""
    operation = "lesions.decide"
    check_scale(operation, scale=scale)
    check_number(operation, "level", level, above=0, at_most=1)
    if out is not None and not out.name.lower().endswith(NIFTI):
        raise UsageError(f"--out {out}: a mask is written as .nii.gz or .nii: give it such a name")
    report = decide(read_image(probability, as_="soft", scale=scale), level=level)
    if out is not None:
        write_image(report["mask"].sel(decision=OPTIMAL), out)
    numbers = report.drop_dims(spatial_axes(report["mask"]))
    dims = [str(dim) for dim in report["volume"].dims]
    rows = numbers.to_dataframe(dim_order=dims).reset_index()

    def table() -> list[Any]:
        return [_table(rows, dims, report.attrs, float(report["expected_volume"].sum()))]

    def picture() -> Axes:
        from .pictures.plotting import plot_overlay

        first = report["mask"].isel({dim: 0 for dim in dims if dim != "decision"})
        names = ("best expected Dice", f"cut at {level:g}")
        ax = plot_overlay(first.sel(decision=OPTIMAL), first.sel(decision=CUT), labels=names)
        ax.set_title(f"{for_picture(report.attrs['probability'])}\n{ax.get_title()}", fontsize="small")
        return ax

    return _console.deliver(numbers, outputs, table, picture, rows=rows)


def _table(rows: pd.DataFrame, labels: list[str], attrs: Mapping[str, Any], total: float) -> Table:
    """Return the decisions as a table for the terminal."""
    decisions = {OPTIMAL: "best expected Dice", CUT: f"cut at {attrs['level']:g}"}
    cells = []
    for row in rows.to_dict("records"):
        names = [decisions.get(row[label], str(row[label])) for label in labels]
        numbers = [
            f"{row['expected_dice']:.4f}",
            f"{row['volume']:.5g}",
            f"{row['volume_bias']:+.1%}",
            f"{row['edge']:.3f}",
        ]
        cells.append([*names, *numbers])
    title = f"probability: {attrs['probability']} (expected volume {total:.5g} {attrs['units']})"
    return build_table(labels, HEADINGS, cells, title=title, caption=f"{attrs['assumed']}; volume in {attrs['units']}")

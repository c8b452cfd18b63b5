"""The field in one command, on data that come with the package: what ``overlap demo`` shows of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr
from rich.text import Text

from .. import _console
from . import tables
from .comparison import compare
from .io import example
from .plotting import credit, plot_agreement, plot_residues, save
from .regions import region
from .run import COLUMNS, summarise, validate
from .steric import hard_sphere


def demo(folder: Path) -> None:
    """Compare steric predictions with the empirical region, validate two structures, and save all of it."""
    strict, five = hard_sphere("outer"), hard_sphere("outer", clashes="ho2003")
    pairs = {
        "strict": (strict, "allowed"),
        "five_clashes": (five, "allowed"),
        "glycine": (region("top8000", "glycine").assign_attrs(category=""), "favored"),
    }
    reports = {
        name: compare(x, category="general", level=level)  # type: ignore[arg-type]
        for name, (x, level) in _console.track(pairs.items(), "comparing regions", len(pairs))
    }
    residues, skipped = validate([example("1a8o"), example("1a28")], progress=True)
    residues["file"], skipped["file"] = (t["file"].map(lambda p: Path(p).name) for t in (residues, skipped))
    _save(folder, reports, five, residues, skipped)
    _console.show(
        tables.comparison_table(list(reports.values())),
        Text.from_markup(
            "[b]What to look at.[/b] The contact distances of 1963 predict half of what real proteins do; dropping the "
            "clashes that Ho, Thomas & Brasseur (2003) found not to act lifts the IoU from 0.49 to 0.67. A region of "
            "another category (glycine's) is no prediction of the general one: compare like with like.\n"
        ),
        tables.summary_table(summarise(residues, skipped)),
        *tables.outlier_lines(residues),
        Text.from_markup(f"\n[b]Saved[/b] in {folder}: " + ", ".join(sorted(p.name for p in folder.iterdir()))),
    )


def _save(
    folder: Path, reports: dict[str, xr.Dataset], predicted: xr.DataArray, residues: pd.DataFrame, skipped: pd.DataFrame
) -> None:
    residues[COLUMNS].to_csv(folder / "residues.csv", index=False, float_format="%.10g")
    skipped.to_csv(folder / "skipped.csv", index=False)
    _console.as_table(list(reports.values())).to_csv(folder / "comparison.csv", index=False)
    predicted.to_netcdf(folder / "hard_spheres.nc", engine="h5netcdf")
    together = xr.concat(list(reports.values()), pd.Index(list(reports), name="model"), combine_attrs="drop_conflicts")
    together.to_netcdf(folder / "comparison.nc", engine="h5netcdf")
    ax = plot_agreement(predicted, level="allowed", labels=("hard spheres", "Top8000"))
    ax.set_title(f"Five steric clashes: IoU {float(reports['five_clashes'].iou):.2f}", fontsize="medium")
    credit(ax.figure)
    save(ax.figure, folder / "agreement.png")
    save(plot_residues(residues)[0, 0].figure, folder / "residues.png")

"""The field in one command, on data that come with the package: what ``overlap demo`` shows of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from .. import _console
from .._report import as_table
from .comparison.assessment import Assessment
from .comparison.comparison import assess
from .comparison.region_plots import plot_agreement
from .models.steric import hard_sphere
from .regions.io import example
from .regions.regions import region
from .run import summarise, validate
from .validation import tables
from .validation.plotting import plot_residues
from .validation.scoring import COLUMNS

WHAT_TO_LOOK_AT = (
    "The contact distances of 1963 predict half of what real proteins do; dropping the clashes that Ho, Thomas & "
    "Brasseur (2003) found not to act lifts the IoU from 0.49 to 0.67. A region of another category (glycine's) is no "
    "prediction of the general one: compare like with like.\n"
)


def demo(folder: Path) -> None:
    """Compare steric predictions with the empirical region, validate two structures, and save all of it."""
    strict = hard_sphere("outer")
    five = hard_sphere("outer", clashes="ho2003")
    glycine = region("top8000", "glycine").assign_attrs(category="")
    assessments = {
        "strict": assess(strict, category="general", level="allowed"),
        "five_clashes": assess(five, category="general", level="allowed"),
        "glycine": assess(glycine, category="general", level="favored"),
    }
    reports = {name: assessed.report for name, assessed in assessments.items()}
    residues, skipped = validate([example("1a8o"), example("1a28")], progress=True)
    for table in (residues, skipped):
        table["file"] = [Path(file).name for file in table["file"]]
    _save_regions(folder, assessments["five_clashes"], reports)
    _save_residues(folder, residues, skipped)
    saved = ", ".join(sorted(path.name for path in folder.iterdir()))
    _console.show(
        tables.comparison_table(list(reports.values())),
        _console.remark("What to look at.", WHAT_TO_LOOK_AT),
        tables.summary_table(summarise(residues, skipped)),
        *tables.outlier_lines(residues),
        _console.remark("\nSaved", f"in {folder}: {saved}"),
    )


def _save_regions(folder: Path, best: Assessment, reports: dict[str, xr.Dataset]) -> None:
    _console.save_table(as_table(list(reports.values())), folder / "comparison.csv")
    model = pd.Index(list(reports), name="model")
    together = xr.concat(list(reports.values()), model, combine_attrs="drop_conflicts")
    _console.save_dataset(together, folder / "comparison.nc")
    _console.save_dataset(best.predicted, folder / "hard_spheres.nc")
    ax = plot_agreement(best, labels=("hard spheres", "Top8000"))
    _console.save(ax.figure, folder / "agreement.png")


def _save_residues(folder: Path, residues: pd.DataFrame, skipped: pd.DataFrame) -> None:
    _console.save_table(residues[COLUMNS], folder / "residues.csv", "%.10g")
    _console.save_table(skipped, folder / "skipped.csv")
    panels = plot_residues(residues)
    _console.save(panels[0, 0].figure, folder / "residues.png")

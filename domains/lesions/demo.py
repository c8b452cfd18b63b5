"""The field in one command, on data that come with the package: what ``overlap demo`` shows of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import xarray as xr

from .. import _console
from . import tables
from .cohorts import cohort
from .comparison import compare
from .instances import match
from .io import example, read_image, write_image
from .plotting import plot_overlay, plot_raters, plot_scores, save
from .raters import consensus, pairwise_agreement
from .summaries import summarise


def demo(folder: Path, cases: int = 12) -> None:
    """Compare four radiologists on one nodule, and one with the others on several; save all of it."""
    raters = read_image(example("nodule_00")) == 1
    two, others = (consensus(raters.isel(rater=k)) for k in ([0, 1], [2, 3]))
    named = [x.assign_attrs(name=f"radiologists {k}, mean") for x, k in ((two, "0 and 1"), (others, "2 and 3"))]
    report = compare(*named)
    agreement = pairwise_agreement(raters)
    with TemporaryDirectory() as scratch:
        parts = _folders(Path(scratch), cases)
        scores, _ = cohort(*parts, out=folder / "lesion_scores.csv", progress=True)
    summary = summarise(scores)
    _save(folder, raters, named, report, scores, summary)
    _console.show(
        tables.comparison_table(report),
        *tables.definition_lines(report),
        f"\nFour radiologists, one nodule: mean pairwise Dice {float(agreement.mean_dice):.4f}\n",
        "[b]What to look at.[/b] Two soft masks have no one Dice: the bracket says what their overlap can be. And "
        "radiologists who outline the same nodule differ: no model need agree better with one than they do with each "
        "other.\n",
        tables.cohort_table(summary, Path("radiologist 0"), Path("majority of the others"), scores),
        f"\n[b]Saved[/b] in {folder}: " + ", ".join(sorted(p.name for p in folder.iterdir() if "lesion" in p.name)),
    )


def _folders(scratch: Path, cases: int) -> tuple[Path, Path]:
    """Write radiologist 0, and the majority of the others, as two folders of cases."""
    parts = scratch / "radiologist_0", scratch / "majority"
    for part in parts:
        part.mkdir()
    for k in range(cases):
        path = example(f"nodule_{k:02d}")
        raters = read_image(path) == 1
        write_image(raters.isel(rater=0), parts[0] / path.name)
        write_image(consensus(raters.isel(rater=[1, 2, 3]), "majority"), parts[1] / path.name)
    return parts


def _save(
    folder: Path,
    raters: xr.DataArray,
    named: list[xr.DataArray],
    report: xr.Dataset,
    scores: pd.DataFrame,
    summary: pd.DataFrame,
) -> None:
    report.to_netcdf(folder / "lesion_comparison.nc", engine="h5netcdf")
    summary.to_csv(folder / "lesion_summary.csv", index=False)
    match(*(x >= report.attrs["level"] for x in named)).to_csv(folder / "lesions.csv", index=False)
    save(plot_raters(raters).figure, folder / "lesion_raters.png")
    save(plot_overlay(*named).figure, folder / "lesion_overlay.png")
    save(plot_scores(scores).figure, folder / "lesion_scores.png")

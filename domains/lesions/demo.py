"""The field in one command, on data that come with the package: what ``overlap demo`` shows of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import xarray as xr

from .. import _console
from .comparison import tables
from .comparison.assessment import Assessment
from .comparison.comparison import assess
from .images.io import example, read_image
from .images.writing import write_image
from .pictures.cohort_scores import plot_scores
from .pictures.plotting import plot_overlay
from .pictures.rater_outlines import plot_raters
from .raters.raters import consensus, pairwise_agreement
from .run import cohort, summarise

WHAT_TO_LOOK_AT = (
    "Two soft masks have no one Dice: the bracket says what their overlap can be. And radiologists who outline the "
    "same nodule differ: no model need agree better with one than they do with each other.\n"
)


def demo(folder: Path, cases: int = 12) -> None:
    """Compare four radiologists on one nodule, and one with the others on several; save all of it."""
    raters = read_image(example("nodule_00")) == 1
    first = consensus(raters.isel(rater=[0, 1])).assign_attrs(name="radiologists 0 and 1, mean")
    second = consensus(raters.isel(rater=[2, 3])).assign_attrs(name="radiologists 2 and 3, mean")
    result = assess(first, second)
    agreement = pairwise_agreement(raters)
    with TemporaryDirectory() as scratch:
        predictions, references = _folders(Path(scratch), cases)
        scores, _ = cohort(predictions, references, progress=True)
    summary = summarise(scores)
    _save(folder, raters, result, scores, summary)
    files = sorted(path.name for path in folder.iterdir() if "lesion" in path.name)
    saved = ", ".join(files)
    _console.show(
        tables.comparison_table(result.report),
        *tables.definition_lines(result.report),
        f"\nFour radiologists, one nodule: mean pairwise Dice {float(agreement.mean_dice):.4f}\n",
        _console.remark("What to look at.", WHAT_TO_LOOK_AT),
        tables.cohort_table(summary, Path("radiologist 0"), Path("majority of the others"), scores),
        _console.remark("\nSaved", f"in {folder}: {saved}"),
    )


def _folders(scratch: Path, cases: int) -> tuple[Path, Path]:
    """Write radiologist 0, and the majority of the others, as two folders of cases."""
    predictions = scratch / "radiologist_0"
    references = scratch / "majority"
    predictions.mkdir()
    references.mkdir()
    for k in range(cases):
        path = example(f"nodule_{k:02d}")
        raters = read_image(path) == 1
        predicted = raters.isel(rater=0)
        reference = consensus(raters.isel(rater=[1, 2, 3]), "majority")
        write_image(predicted, predictions / path.name)
        write_image(reference, references / path.name)
    return predictions, references


def _save(folder: Path, raters: xr.DataArray, result: Assessment, scores: pd.DataFrame, summary: pd.DataFrame) -> None:
    _console.save_dataset(result.report, folder / "lesion_comparison.nc")
    _console.save_table(result.lesions, folder / "lesions.csv")
    _console.save_table(scores, folder / "lesion_scores.csv")
    _console.save_table(summary, folder / "lesion_summary.csv")
    _console.save(plot_raters(raters).figure, folder / "lesion_raters.png")
    _console.save(plot_overlay(result).figure, folder / "lesion_overlay.png")
    _console.save(plot_scores(scores).figure, folder / "lesion_scores.png")

"""The calibration of a cohort of probability maps, and the job of ``overlap lesions cohort-calibration``.

Of images at hand: `calibration` and `pool_calibration`.

Conventions
-----------
- Cases and their records are those of `cohort`. A case without a prediction says nothing of any probability: it is a
  row with an error, like one that cannot be read.
- A cohort has the errors of all its voxels, as if they were of one image, and beside them the means of its cases'
  errors, with intervals from resampled cases: see `domains.lesions.decisions.calibrated`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Unpack

import pandas as pd
import xarray as xr
from rich.table import Table

from .. import _console
from .._checks import UsageError, check_choice, check_number, check_whole
from .._running import RunningOptions, split_running, takes_running
from .._skipped import NOT_SCORED, as_skipped
from .._tables import build_table
from .._text import for_picture
from .cohorts.calibration_scores import (
    COLUMNS,
    OPERATION,
    BinSettings,
    calibrate_case,
    calibration_table,
    pooled_by_label,
)
from .cohorts.cohorts import missing_cases, skipped_of, warn_of_places
from .cohorts.gathering import gather
from .cohorts.jobs import Saved, keeping_records, score_cases
from .cohorts.listing import Choice, ChoiceOptions
from .cohorts.sources import Reading, ReadingOptions, check_reading
from .comparison.labels import Labels
from .decisions.calibrated import ERRORS, TABLE
from .settings import parse_labels, split_options, takes
from .told import failed_cases, lines_of_cases

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

ERROR_NAMES = {"brier": "Brier", "ece": "ECE", "ace": "ACE", "mce": "MCE"}
SHOWN = ("all voxels", "mean of cases", "interval", "cases")
BINS_SHOWN = ("voxels", "predicted", "observed", "interval")
CAPTION = (
    "all voxels: as if they were of one image; mean of cases: of their own errors\n"
    "observed: the share that is lesion in the reference; interval: 95 %, from resampled cases"
)


class CalibrationCohort(NamedTuple):
    """What `cohort_calibration` returns.

    Parameters
    ----------
    scores : DataFrame
        A row for each case and label, and for each case that failed: ``case group label voxels brier ece ace mce
        missing error``.
    pooled : Dataset
        The calibration of all cases by ``label``, as `pool_calibration` returns it, and ``n_cases``.
    skipped : DataFrame
        ``side file where reason detail``, as of `cohort`.
    """

    scores: pd.DataFrame
    pooled: xr.Dataset
    skipped: pd.DataFrame


class CalibrationOptions(ChoiceOptions, ReadingOptions, RunningOptions):
    """The keywords of `cohort_calibration` that are explained elsewhere, for type checkers."""


@takes_running
@takes(Choice, Reading)
def cohort_calibration(
    predictions: str | Path | None = None,
    references: str | Path | None = None,
    *,
    labels: Labels | None = None,
    n_bins: int = 15,
    closed: Literal["right", "left"] = "right",
    above: float | None = None,
    out: str | Path | None = None,
    **options: Unpack[CalibrationOptions],
) -> CalibrationCohort:
    """Say whether the probability maps of a cohort mean what they say.

    Parameters
    ----------
    predictions, references : path, optional
        Folders of probability maps and of references, label maps or soft masks.
    labels : sequence of int or mapping, optional
        What of label maps a probability is of; see `compare`.
    n_bins : int
        Bins of equal width.
    closed : {"right", "left"}
        Which end a bin has.
    above : float, optional
        Only voxels whose prediction is greater count, such as 0; by default all. Most of an image is background that
        nobody doubts, which makes every error small.
    out : path, optional
        A CSV or .parquet file for the errors of the cases.
    **options
        Which cases, what their images are, and how the job runs: as of `cohort`.

    Returns
    -------
    CalibrationCohort
        ``scores``, ``pooled`` and ``skipped``.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError, Interrupted
        As `cohort`; also if the predictions are label maps, which say no probability.

    See Also
    --------
    calibration : Compare a probability map with what is there.
    pool_calibration : Return the calibration of a cohort.

    Examples
    --------
    >>> import tempfile
    >>> from .images.io import example, read_image
    >>> from .images.writing import write_image
    >>> from .raters.raters import consensus
    >>> raters = read_image(example("nodule_00")) == 1
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     for side in ("prediction", "reference"):
    ...         (folder / side).mkdir()
    ...     write_image(consensus(raters.isel(rater=[0, 1])), folder / "prediction" / "a.nii.gz")
    ...     write_image(consensus(raters.isel(rater=[2, 3])), folder / "reference" / "a.nii.gz")
    ...     found = cohort_calibration(folder / "prediction", folder / "reference", n_bins=3)
    >>> found.scores[["case", "label", "ece", "brier"]].round(4).values.tolist()
    [['a', 'lesion', 0.0095, 0.011]]
    >>> found.pooled["observed"].sel(label="lesion").values.round(2)
    array([0.  , 0.37, 0.99])
    """
    running, others = split_running(options, OPERATION)
    of_cases, others = split_options(others, Choice)
    of_images, others = split_options(others, Reading)
    for name in others:
        raise TypeError(f"{OPERATION}: no option {name!r}: see help(lesions.cohort_calibration)")
    check_whole(OPERATION, "n_bins", n_bins, at_least=1)
    check_choice(OPERATION, "closed", closed, ("right", "left"))
    if above is not None:
        check_number(OPERATION, "above", above, at_least=0, at_most=1)
    settings = BinSettings(n_bins=n_bins, closed=closed, above=above)
    saved = Saved(calibration_table, COLUMNS, None if out is None else Path(out))
    running = keeping_records(running, saved.path, saved.columns)
    reading = check_reading(OPERATION, of_images)
    found = gather(predictions, references, Choice(**of_cases), reading, labels, settings, running)
    if found.rules.reading.as_ == "labels":
        raise UsageError(
            f"{OPERATION}: the predictions are label maps, which say no probability: pass probability maps; of those "
            'that hold nothing but 0 and 1 say as_="soft", reference_as="labels" (--as soft --reference-as labels)'
        )
    scores, outcomes = score_cases(calibrate_case, found, running, saved)
    warn_of_places(outcomes, OPERATION)
    pooled = pooled_by_label(outcomes, settings)
    absent = [] if labels is None else _absent_rows(pooled, found.name)
    skipped = as_skipped([*found.aside, *skipped_of(outcomes), *absent, *found.not_counted])
    return CalibrationCohort(scores, pooled, skipped)


def _absent_rows(pooled: xr.Dataset, files: str) -> list[dict[str, str]]:
    """Return a row of what was skipped for each label that was asked for and is in no reference."""
    if "label" not in pooled.coords:
        return []
    is_absent = (pooled["observed"].sum("bin") == 0).values
    rows = []
    for label in pooled["label"].values[is_absent].tolist():
        where = f"label {label}"
        detail = f"{where}: no reference of the cohort has it"
        rows.append({"side": "reference", "file": files, "where": where, "reason": NOT_SCORED, "detail": detail})
    return rows


def cohort_calibration_files(
    predictions: Path | None,
    references: Path | None,
    *,
    out: Path,
    labels: str | None = None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions cohort-calibration`` does, and return its exit code."""
    wanted = parse_labels(labels)
    shown = {**options, "progress": not outputs.quiet}
    with _console.collected_warnings() as notes:
        found = cohort_calibration(predictions, references, out=out, labels=wanted, **shown)
    cases = options.get("cases")
    prediction = str(predictions or f"prediction of {cases}")
    reference = str(references or f"reference of {cases}")
    errors = error_rows(found.pooled)
    bins = bin_rows(found.pooled)
    report = {
        "prediction": prediction,
        "reference": reference,
        "cases": int(found.scores["case"].nunique()),
        "missing": missing_cases(found.scores),
        "failed": failed_cases(found.scores),
        "errors": errors.to_dict("records"),
        "bins": bins.to_dict("records"),
    }

    def table() -> list[Any]:
        lines: list[Any] = [errors_table(errors, f"prediction: {prediction}\nreference: {reference}"), bins_table(bins)]
        return [*lines, *lines_of_cases(found.scores, may_count=False), _console.aside(f"errors of the cases: {out}")]

    def picture() -> Axes:
        from .pictures.chances import plot_reliability_table

        first = found.pooled.isel(label=0)
        return plot_reliability_table(first, for_picture(prediction))

    can_be_drawn = picture if len(errors) else None
    return _console.deliver(report, outputs, table, can_be_drawn, found.skipped, rows=bins, notes=notes)


def error_rows(pooled: xr.Dataset) -> pd.DataFrame:
    """Return the errors of a cohort: a row for each label and error, of all voxels and as means of the cases.

    Parameters
    ----------
    pooled : Dataset
        As `cohort_calibration` returns it.

    Returns
    -------
    DataFrame
        ``label error all_voxels mean low high n_defined n_cases``; ACE and MCE have no value of all voxels.
    """
    rows = []
    for label in pooled.get("label", xr.DataArray([], dims="label")).values:
        own = pooled.sel(label=label)
        for name in ERRORS:
            mean = own.sel(error=name)
            row: dict[str, Any] = {"label": str(label), "error": name}
            row["all_voxels"] = float(own[name]) if name in own else float("nan")
            row |= {"mean": float(mean["mean"]), "low": float(mean["mean_low"]), "high": float(mean["mean_high"])}
            row |= {"n_defined": int(mean["n_defined"]), "n_cases": int(own["n_cases"])}
            rows.append(row)
    return pd.DataFrame(rows)


def bin_rows(pooled: xr.Dataset) -> pd.DataFrame:
    """Return the reliability table of a cohort: a row for each label and bin, ``label bin`` and those of `calibration`.

    Parameters
    ----------
    pooled : Dataset
        As `cohort_calibration` returns it.
    """
    if "label" not in pooled:
        return pd.DataFrame(columns=["label", "bin", *TABLE])
    return pooled[[*TABLE]].to_dataframe(dim_order=["label", "bin"]).reset_index()


def errors_table(errors: pd.DataFrame, title: str) -> Table:
    """Return the errors of a cohort as a table for the terminal."""
    cells = []
    for row in errors.to_dict("records"):
        interval = _interval(row["low"], row["high"])
        cases = f"{row['n_defined']} of {row['n_cases']}"
        numbers = [_number(row["all_voxels"]), _number(row["mean"]), interval, cases]
        cells.append([row["label"], ERROR_NAMES[row["error"]], *numbers])
    return build_table(("label", "error"), SHOWN, cells, title=title, caption=CAPTION)


def bins_table(bins: pd.DataFrame) -> Table:
    """Return the bins of a cohort that hold voxels as a table for the terminal."""
    cells = []
    for row in bins[bins["count"] > 0].to_dict("records"):
        edges = f"{row['lower']:.3g} to {row['upper']:.3g}"
        observed = [_number(row["predicted"]), _number(row["observed"]), _interval(row["low"], row["high"])]
        cells.append([row["label"], edges, f"{row['count']:.0f}", *observed])
    return build_table(("label", "bin"), BINS_SHOWN, cells)


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4f}"


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"[{low:.4f}, {high:.4f}]"

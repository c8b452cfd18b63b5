"""Whole jobs over files: score a cohort of cases, join its parts, summarise the scores.

Conventions
-----------
- Cases are those of two folders, paired by file name, or of a table. A file without a partner is listed, never dropped
  in silence: see `domains.lesions.cohorts.folders` and `domains.lesions.cohorts.listing`.
- A pair that cannot be read or compared is a row with its error; all others are still scored.
- Each case is kept in a file of records as soon as it is scored. A second run scores what is new, failed or has changed
  since, and refuses records that were made with other settings. The table of scores is made of the records: the same,
  byte for byte, however many workers and runs it took.
- Summaries have a mean over cases for indices, where a miss counts 0, and a median for distances, where a miss is
  infinitely far; so does a label that only the prediction has. ``n_missed``: the reference has the label, the
  prediction has nothing of it; ``n_spurious``: the other way round.
- Intervals resample cases, or groups of them (percentile bootstrap).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from .. import _console
from .._running import RunningOptions, split_running, takes_running
from .._skipped import as_skipped
from .._text import count_of
from .cohorts import cohorts
from .cohorts.cohorts import (
    JOB,
    PART,
    PARTS,
    groups_of,
    missing_cases,
    scores_of,
    skipped_of,
    told_of_labels,
    warn_of_fields,
    warn_of_places,
)
from .cohorts.gathering import Cohort, gather
from .cohorts.jobs import Saved, keeping_records, score_cases
from .cohorts.listing import Choice, ChoiceOptions
from .cohorts.merging import merge
from .cohorts.scores import COLUMNS, failed, restored
from .cohorts.sources import Reading, ReadingOptions, check_reading
from .cohorts.summaries import Bootstrap, number_groups, summarise_label
from .comparison.labels import Labels
from .settings import Options, check_settings, parse_labels, parse_part, split_options, takes, takes_settings
from .told import Told, n_groups

if TYPE_CHECKING:
    from .._console import Outputs


class CohortOptions(ChoiceOptions, ReadingOptions, Options, RunningOptions):
    """The keywords of `cohort` that are explained elsewhere, for type checkers."""


@takes_settings
@takes_running
@takes(Choice, Reading)
def cohort(
    predictions: str | Path | None = None,
    references: str | Path | None = None,
    *,
    out: str | Path | None = None,
    labels: Labels | None = None,
    count_missing: bool = False,
    part: tuple[int, int] | None = None,
    **options: Unpack[CohortOptions],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Compare every pair of images of the same name in two folders, or of a table.

    Parameters
    ----------
    predictions, references : path, optional
        Folders of images.
    out : path, optional
        A CSV or .parquet file for the scores.
    labels : sequence of int or mapping, optional
        See `compare`.
    count_missing : bool
        Whether a case without a prediction counts as missed: by default it is a row with an error.
    part : (int, int), optional
        Which part of the cases is done, and of how many, by the task of a job array; `merge` joins their records.
    cases : path, optional
        A CSV with the columns ``prediction reference`` and perhaps ``name group`` instead of folders; see
        `domains.lesions.cohorts.listing`.
    names, reference_names : str, optional
        Regular expressions whose groups capture the case in the names of files, such as ``"(.+)-seg"``; of references
        as of predictions by default. See `domains.lesions.cohorts.naming`.
    group : str, optional
        A regular expression whose groups capture in the name of a case of whom it is, such as ``"(.+)_.*"``.
    as_ : {"soft", "labels"}, optional
        What all images are, soft masks or label maps. By default it is decided once, before the first case: see
        `domains.lesions.cohorts.reading`. With `cases` or `part` it must be said.
    reference_as : {"soft", "labels"}, optional
        What the references are, where they are something else than the predictions.
    scale, reference_scale : float, optional
        The stored value that means 1, in soft predictions and in soft references.
    spacing : sequence of float, optional
        Size of a voxel in mm along columns, rows and slices, where no file says it; see `read_image`.
    axes : {"zyx", "xyz", "yx", "xy"}, optional
        Which axis of an array is which.
    records : path, optional
        A file that keeps each case as soon as it is scored; a second run goes on where the first ended. By default it
        lies beside `out`, with ``.records`` after its name.
    workers, scheduler, executor
        Where to compute: on so many processes of this machine (1), on the dask cluster of a scheduler (address),
        or on a `concurrent.futures.Executor`.
    max_seconds, max_memory : float, optional
        Longest time (s) and most memory (GiB) for a case, which is given up then; it has a process of its own.
    progress : bool
        Whether to show on standard error how far the work is.
    tnorm, level, preset, nsd_tolerance, threshold, hit, radius, connectivity, dilation
        Fields of `Settings`, each a keyword: see `compare`.
    empty, empty_distance, resample, surface
        The others.

    Returns
    -------
    scores : DataFrame
        A row for each case and label, and for each case that failed: case, group, label, missing (there is no
        prediction), the numbers of `compare`, error.
    skipped : DataFrame
        ``side file where reason detail``: files without a partner ("unpaired file"), files that cannot be read
        ("unreadable file"), cases that cannot be compared and `labels` that no image has ("not scored"), files that
        are not read for their name ("no image", "other format", "other name").

    Raises
    ------
    FileNotFoundError
        If a folder or the table does not exist.
    TypeError
        If there is no such option.
    ValueError
        If an option is out of range, no names agree, some references are soft masks and others label maps, `out` is
        another file than a table of scores, or the records are of other settings or another version, or another run is
        writing them.
    Interrupted
        On Ctrl-C or SIGTERM, a KeyboardInterrupt: the scores until then are in `out`.

    See Also
    --------
    summarise : Summarise the scores of a cohort, label by label.
    compare : Compare a predicted segmentation with a reference one.
    merge : Join the parts of a cohort.
    cohort_protocols : Score every pair of images of two folders, or of a table.

    Notes
    -----
    A case counts as done while its files are the same: path, size and times, or else the content.

    Warns
    -----
    UserWarning
        If the images of a case have labels and none in common; one warning for all such cases.

    Examples
    --------
    >>> import tempfile
    >>> from .images.io import example, read_image
    >>> from .images.writing import write_image
    >>> raters = read_image(example("nodule_00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k, part in enumerate(("prediction", "reference")):
    ...         Path(folder, part).mkdir()
    ...         write_image(raters.isel(rater=k), Path(folder, part, "nodule_00.nii.gz"))
    ...     scores, skipped = cohort(Path(folder, "prediction"), Path(folder, "reference"))
    >>> scores[["case", "label", "dice"]].round(4).to_dict("records")
    [{'case': 'nodule_00', 'label': '1', 'dice': 0.4819}]
    """
    scored = _score(predictions, references, out=out, labels=labels, count_missing=count_missing, part=part, **options)
    return scored.scores, scored.skipped


@dataclass(frozen=True, eq=False)
class _Scored:
    """What became of a cohort."""

    scores: pd.DataFrame
    skipped: pd.DataFrame
    cohort: Cohort


def _score(
    predictions: str | Path | None,
    references: str | Path | None,
    *,
    out: str | Path | None,
    labels: Labels | None,
    part: tuple[int, int] | None,
    count_missing: bool = False,
    **options: Any,
) -> _Scored:
    """Do what `cohort` does."""
    running, options = split_running(options, JOB)
    of_cases, options = split_options(options, Choice)
    of_images, options = split_options(options, Reading)
    choice = Choice(**of_cases)
    settings = check_settings(options)
    reading = check_reading(JOB, of_images)
    saved = Saved(scores_of, COLUMNS, None if out is None else Path(out))
    running = keeping_records(running, saved.path, saved.columns)
    found = gather(
        predictions, references, choice, reading, labels, settings, running, count_missing=count_missing, part=part
    )
    number, n_parts = part or (1, 1)
    scores, outcomes = score_cases(cohorts.score_pair, found, running, saved, **{PART: number, PARTS: n_parts})
    absent = told_of_labels(scores, found.rules.labels, found.name)
    warn_of_fields(scores)
    warn_of_places(outcomes)
    skipped = as_skipped([*found.aside, *skipped_of(outcomes), *absent, *found.not_counted])
    return _Scored(scores, skipped, found)


def summarise(
    scores: pd.DataFrame,
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int = 0,
    groups: Iterable[Hashable] | None = None,
) -> pd.DataFrame:
    """Summarise the scores of a cohort, label by label, with bootstrap intervals over cases.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it, or as `read_scores` or `pandas.read_csv` reads what it saved.
    level : float
        Confidence level of the intervals.
    n_resamples, rng : int
        How many resamples, and their seed.
    groups : iterable of hashable, optional
        A label for each row of `scores`, such as its patient: whole groups are resampled, since the cases of a patient
        are no independent draws. The values are still those of the cases.

    Returns
    -------
    DataFrame
        A row for each label and index: label, index, statistic ("mean" of indices, "median" of distances and the
        Dice, "pooled" for the Dice of the added sizes), value, low, high, n_scored (cases with a value), n_undefined,
        n_missed (the reference has the label, the prediction nothing of it that reaches the level), n_spurious
        (the prediction has the label, the reference nothing), n_missing (cases without a prediction), n_failed (cases
        that could not be read or compared; they are in no number).

    Raises
    ------
    ValueError
        If `level` or `n_resamples` is out of range, or `groups` has not one label a row, or only one group.

    See Also
    --------
    cohort : Compare every pair of images of the same name in two folders, or of a table.
    read_scores : Read a table of scores as `cohort` saved it.

    Examples
    --------
    >>> sizes = {"intersection": [4.0, 0.0], "size_a": [5.0, 0.0], "size_b": [5.0, 3.0]}
    >>> scores = pd.DataFrame({"label": "1", "error": "", **sizes, "dice": [0.8, 0.0], "hd95": [1.0, float("inf")]})
    >>> summarise(scores)[["index", "statistic", "value", "n_scored", "n_missed"]]
      index statistic     value  n_scored  n_missed
    0  dice      mean  0.400000         2         1
    1  hd95    median       inf         2         1
    2  dice    pooled  0.615385         2         1
    3  dice    median  0.400000         2         1

    Cases called ``patient_scan`` are resampled by patient:

    >>> scans = pd.concat([scores, scores], ignore_index=True).assign(case=["a_1", "a_2", "b_1", "b_2"])
    >>> summarise(scans, groups=scans["case"].str.partition("_")[0])["value"].round(4).tolist()
    [0.4, inf, 0.6154, 0.4]
    """
    bootstrap = Bootstrap(level, n_resamples, rng)
    scores = restored(scores, "lesions.summarise")
    n_missing = len(missing_cases(scores))
    n_failed = int(failed(scores).sum())
    numbers = None if groups is None else number_groups(groups, scores)
    compared = (scores["error"] == "").to_numpy()
    rows = []
    for label in scores["label"][compared].unique():
        is_of_label = compared & (scores["label"] == label).to_numpy()
        of_label = None if numbers is None else numbers[is_of_label]
        for row in summarise_label(scores[is_of_label], bootstrap, of_label):
            rows.append({"label": label, **row, "n_missing": n_missing, "n_failed": n_failed})
    return pd.DataFrame(rows)


def cohort_files(
    predictions: Path | None,
    references: Path | None,
    *,
    out: Path,
    labels: str | None,
    part: str | None = None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions cohort`` does, and return its exit code."""
    wanted = parse_labels(labels)
    share = parse_part(part)
    shown = {**options, "progress": not outputs.quiet}
    with _console.collected_warnings() as notes:
        scored = _score(predictions, references, out=out, labels=wanted, part=share, **shown)
    cases = options.get("cases")
    sides = (str(predictions or f"prediction of {cases}"), str(references or f"reference of {cases}"))
    told = Told(scored.scores, _summary(scored.scores), scored.skipped, sides, str(out), notes, scored.cohort)
    return told.deliver(outputs)


def merge_files(
    records: list[Path], *, out: Path, cases: Path | None = None, group: str | None = None, outputs: Outputs
) -> int:
    """Do what ``overlap lesions merge`` does, and return its exit code."""
    with _console.collected_warnings() as notes:
        scores, skipped = merge(records, cases=cases, out=out, group=group)
    parts = count_of(len(records), "part")
    sides = (f"prediction of {parts}", f"reference of {parts}")
    told = Told(scores, _summary(scores), skipped, sides, str(out), notes)
    return told.deliver(outputs)


def _summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a cohort by its own groups."""
    if n_groups(scores) == 1:
        # a part of a job array may have one patient, of whom nothing can be drawn
        return summarise(scores).assign(low=nan, high=nan)
    return summarise(scores, groups=groups_of(scores))

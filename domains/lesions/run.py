"""Whole jobs over files: compare two images, score a folder of cases, summarise the scores.

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

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from .. import _console
from .._batch import Interrupted, Job, run_cases
from .._checks import UsageError
from .._running import Running, RunningOptions, split_running, takes_running
from .._skipped import as_skipped
from .._text import count_of, file_name, for_picture, printable
from .cohorts import cohorts
from .cohorts.cohorts import (
    JOB,
    PART,
    PARTS,
    Pair,
    Rules,
    absent_rows,
    assess_case,
    groups_of,
    ignored_rows,
    missing_cases,
    scores_of,
    skipped_of,
    told_of_labels,
    warn_of_fields,
)
from .cohorts.listing import grouped, list_cases, part_of
from .cohorts.merging import merge
from .cohorts.reading import Side, Source, check_said, decide_kinds, read_two
from .cohorts.saving import check_table, records_beside, save_scores
from .cohorts.scores import failed, restored
from .cohorts.summaries import Bootstrap, number_groups, summarise_label
from .comparison import tables
from .comparison.comparison import Assessment, assess
from .comparison.layers import (
    Labels,
    check_labels,
    held_labels,
    listed_labels,
    without_ignored,
)
from .images.formats.arrays import check_axes
from .images.io import read_grey
from .images.names import is_image_folder
from .images.nnunet import Regions, ignored_label, regions_of
from .images.placing import check_spacing
from .images.values import Kind, check_kind, check_scale
from .pictures.drawing import parse_window
from .settings import Options, check_settings, takes_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

NAMED = ("preset", "level", "nsd_tolerance")
"""The settings that the summary of a cohort names."""


class CohortOptions(Options, RunningOptions):
    """The keywords of `cohort` that are explained elsewhere, for type checkers."""


@takes_settings
@takes_running
def cohort(
    predictions: str | Path | None = None,
    references: str | Path | None = None,
    *,
    cases: str | Path | None = None,
    out: str | Path | None = None,
    labels: Labels | None = None,
    as_: Kind | None = None,
    reference_as: Kind | None = None,
    scale: float | None = None,
    reference_scale: float | None = None,
    spacing: Sequence[float] | None = None,
    axes: str | None = None,
    names: str | None = None,
    reference_names: str | None = None,
    group: str | None = None,
    count_missing: bool = False,
    part: tuple[int, int] | None = None,
    **options: Unpack[CohortOptions],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Compare every pair of images of the same name in two folders, or of a table.

    Parameters
    ----------
    predictions, references : path, optional
        Folders of images.
    cases : path, optional
        A CSV with the columns ``prediction reference`` and perhaps ``name group`` instead; see
        `domains.lesions.cohorts.listing`.
    out : path, optional
        A CSV or .parquet file for the scores.
    labels : sequence of int or mapping, optional
        See `compare`.
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
    names, reference_names : str, optional
        Regular expressions whose groups capture the case in the names of files, such as ``"(.+)-seg"``; of references
        as of predictions by default. See `domains.lesions.cohorts.folders`.
    group : str, optional
        A regular expression whose groups capture in the name of a case of whom it is, such as ``"(.+)_.*"``.
    count_missing : bool
        Whether a case without a prediction counts as missed: by default it is a row with an error.
    part : (int, int), optional
        Which part of the cases is done, and of how many, by the task of a job array; `merge` joins their records.
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
    >>> from .images.io import example, read_image, write_image
    >>> raters = read_image(example("nodule_00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k, part in enumerate(("prediction", "reference")):
    ...         Path(folder, part).mkdir()
    ...         write_image(raters.isel(rater=k), Path(folder, part, "nodule_00.nii.gz"))
    ...     scores, skipped = cohort(Path(folder, "prediction"), Path(folder, "reference"))
    >>> scores[["case", "label", "dice"]].round(4).to_dict("records")
    [{'case': 'nodule_00', 'label': '1', 'dice': 0.4819}]
    """
    scored = _score(
        predictions,
        references,
        cases=cases,
        out=out,
        labels=labels,
        as_=as_,
        reference_as=reference_as,
        scale=scale,
        reference_scale=reference_scale,
        spacing=spacing,
        axes=axes,
        names=names,
        reference_names=reference_names,
        group=group,
        count_missing=count_missing,
        part=part,
        **options,
    )
    return scored.scores, scored.skipped


@dataclass(frozen=True, eq=False)
class _Scored:
    """What became of a cohort, by which rules, and of what each case is read again for a picture."""

    scores: pd.DataFrame
    skipped: pd.DataFrame
    rules: dict[str, Any] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)

    def masks_of(self, case: str) -> Assessment:
        """Read a case again, and keep its masks."""
        return assess_case(self.pairs[case])


def _score(
    predictions: str | Path | None,
    references: str | Path | None,
    *,
    cases: str | Path | None = None,
    out: str | Path | None = None,
    labels: Labels | None = None,
    as_: Kind | None = None,
    reference_as: Kind | None = None,
    scale: float | None = None,
    reference_scale: float | None = None,
    spacing: Sequence[float] | None = None,
    axes: str | None = None,
    names: str | None = None,
    reference_names: str | None = None,
    group: str | None = None,
    count_missing: bool = False,
    part: tuple[int, int] | None = None,
    **options: Unpack[CohortOptions],
) -> _Scored:
    """Do what `cohort` does."""
    running, others = split_running(options, "lesions.cohort")
    settings = check_settings(others)
    check_scale("lesions.cohort", scale=scale, reference_scale=reference_scale)
    check_kind("lesions.cohort", "as_", as_, scale)
    check_kind("lesions.cohort", "reference_as", reference_as or as_, reference_scale)
    check_axes("lesions.cohort", axes)
    size = None if spacing is None else check_spacing("lesions.cohort", spacing)
    if labels is None and cases is None:
        labels = _regions_of(predictions, references)
    ignored = None if cases is not None else _ignored_label_of(predictions, references)
    if labels is not None:
        check_labels("lesions.cohort", labels)
    table = None if out is None else Path(out)
    running = _keeping_records(running, table)
    listed, aside = list_cases(predictions, references, cases, names, reference_names, as_ == "soft")
    chosen = part_of(grouped(listed, group), part)
    predicted = Side(tuple(case.predicted for case in chosen if case.predicted is not None), as_, scale)
    reference = Side(tuple(case.reference for case in chosen), reference_as or as_, reference_scale)
    if cases is not None or part is not None:
        check_said(predicted, reference)
    kinds = decide_kinds(predicted, reference, running)
    rules = Rules(settings, labels, *kinds, scale, reference_scale, count_missing, size, axes, ignored)
    number, n_parts = part or (1, 1)
    job = Job(JOB, cohorts.score_pair, {**rules.as_plain(), PART: number, PARTS: n_parts}, "comparing")
    pairs = {case.name: Pair(case, rules) for case in chosen}
    try:
        outcomes = run_cases(job, [pair.as_case() for pair in pairs.values()], running)
    except Interrupted as stop:
        if table is not None:
            save_scores(scores_of(stop.outcomes), table)
        raise
    scores = scores_of(outcomes)
    if table is not None:
        save_scores(scores, table)
    where = f"{predictions}, {references}" if cases is None else str(cases)
    absent = told_of_labels(scores, labels, printable(where))
    warn_of_fields(scores)
    not_counted = ignored_rows(ignored, printable(where))
    skipped = as_skipped([*aside, *skipped_of(outcomes), *absent, *not_counted])
    return _Scored(scores, skipped, rules.as_plain(), pairs)


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


def _keeping_records(running: Running, table: Path | None) -> Running:
    """Return how a cohort runs that writes a table: with records beside it, unless they are elsewhere."""
    if table is None:
        return running
    if running.records is None:
        running = replace(running, records=records_beside(table))
    if running.records is not None and Path(running.records).resolve() == table.resolve():
        raise UsageError(f"lesions.cohort: {file_name(table)} is both out and records; give each a file of its own")
    _console.check_folder("lesions.cohort: out", table)
    check_table(table)
    return running


def parse_labels(text: str | None) -> Labels | None:
    """Read labels as the command line writes them.

    Examples
    --------
    >>> parse_labels("1,2")
    [1, 2]
    >>> parse_labels("core=1+4,whole=1+2+4")
    {'core': (1, 4), 'whole': (1, 2, 4)}
    """
    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    try:
        if not all("=" in part for part in parts):
            return [int(part) for part in parts]
        regions = {}
        for part in parts:
            name, members = part.split("=", 1)
            regions[name] = tuple(int(k) for k in members.split("+"))
        return regions
    except ValueError:
        raise UsageError(f'--labels {text}: write "1,2", or regions as "core=1+4,whole=1+2+4"') from None


def parse_part(text: str | None) -> tuple[int, int] | None:
    """Read a part of the cases as the command line writes it.

    Examples
    --------
    >>> parse_part("3/16")
    (3, 16)
    """
    if text is None:
        return None
    number, _, n_parts = text.partition("/")
    try:
        return int(number), int(n_parts)
    except ValueError:
        raise UsageError(f"--part {text}: write which part of how many, such as 3/16") from None


def compare_files(
    predicted: Path,
    reference: Path,
    *,
    as_: Kind | None = None,
    reference_as: Kind | None = None,
    scale: float | None,
    reference_scale: float | None,
    spacing: Sequence[float] | None = None,
    axes: str | None = None,
    labels: str | None,
    lesions: Path | None,
    image: Path | None = None,
    window: str | None = None,
    outputs: Outputs,
    **options: Unpack[Options],
) -> int:
    """Do what ``overlap lesions compare`` does, and return its exit code."""
    for path in (predicted, reference):
        if path.is_dir() and not is_image_folder(path):
            raise UsageError(
                f"lesions.compare: {path} is a folder; compare takes two images: for two folders, "
                "overlap lesions cohort PREDICTIONS REFERENCES --out scores.csv"
            )
    wanted = parse_labels(labels)
    shown_in = parse_window(window)
    if image is not None and not image.exists():
        raise UsageError(f"--image {image}: no such file")
    check_settings(options)
    check_scale("lesions.compare", scale=scale, reference_scale=reference_scale)
    check_kind("lesions.compare", "as_", as_, scale)
    check_kind("lesions.compare", "reference_as", reference_as or as_, reference_scale)
    check_axes("lesions.compare", axes)
    size = None if spacing is None else check_spacing("lesions.compare", spacing)
    with _console.collected_warnings() as notes:
        of_prediction = Source(predicted, as_, scale, size, axes)
        of_reference = Source(reference, reference_as or as_, reference_scale, size, axes)
        a, b = read_two(of_prediction, of_reference)
        regions = _regions_of(predicted.parent, reference.parent)
        ignored = _ignored_label_of(predicted.parent, reference.parent)
        a, b, counts = without_ignored(a, b, ignored)
        keep_masks = outputs.plot is not None or outputs.html is not None
        result = assess(a, b, labels=wanted or regions, where=counts, keep_masks=keep_masks, **options)
    report = result.report
    paths = {"prediction": file_name(predicted), "reference": file_name(reference)}
    rows = tables.rows(report)
    absent = ignored_rows(ignored, str(reference))
    if wanted is not None:
        found = f"the prediction holds {held_labels(a)}, the reference {held_labels(b)}"
        absent += absent_rows(rows, f"{predicted}, {reference}", f"neither image has it; {found}")

    def table() -> list[Any]:
        return [tables.comparison_table(report), *tables.definition_lines(report)]

    @cache
    def below() -> dict[str, Any]:
        return {"image": None if image is None else read_grey(image), "window": shown_in}

    def picture() -> Axes:
        from .pictures.plotting import plot_overlay

        if report.attrs["prediction"] == report.attrs["reference"]:
            # files of one case have one name, which tells neither from the other
            return plot_overlay(result, **below())
        prediction = for_picture(report.attrs["prediction"])
        reference = for_picture(report.attrs["reference"])
        return plot_overlay(result, labels=(prediction, reference), **below())

    def page() -> str:
        from .pictures.pages import comparison_page

        return comparison_page(result, notes, paths=paths, **below())

    files = {lesions: result.lesions} if lesions else None
    skipped = as_skipped(absent)
    named = report.assign_attrs(paths)
    return _console.deliver(named, outputs, table, picture, skipped, page=page, rows=rows, files=files, notes=notes)


def cohort_files(
    predictions: Path | None,
    references: Path | None,
    *,
    cases: Path | None = None,
    out: Path,
    labels: str | None,
    part: str | None = None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions cohort`` does, and return its exit code."""
    wanted = parse_labels(labels)
    share = parse_part(part)
    with _console.collected_warnings() as notes:
        scored = _score(
            predictions,
            references,
            cases=cases,
            out=out,
            labels=wanted,
            part=share,
            progress=not outputs.quiet,
            **options,
        )
    sides = (predictions or f"prediction of {cases}", references or f"reference of {cases}")
    return _deliver(scored, sides, out, outputs, notes)


def merge_files(
    records: list[Path], *, out: Path, cases: Path | None = None, group: str | None = None, outputs: Outputs
) -> int:
    """Do what ``overlap lesions merge`` does, and return its exit code."""
    with _console.collected_warnings() as notes:
        scores, skipped = merge(records, cases=cases, out=out, group=group)
    parts = count_of(len(records), "part")
    scored = _Scored(scores, skipped)
    return _deliver(scored, (f"prediction of {parts}", f"reference of {parts}"), out, outputs, notes)


def _deliver(
    scored: _Scored,
    sides: tuple[str | Path, str | Path],
    out: Path,
    outputs: Outputs,
    notes: list[str],
) -> int:
    """Save and print the summary of a cohort, and return the exit code."""
    predictions, references = sides
    scores = scored.scores
    groups = groups_of(scores)
    n_groups = 0 if groups is None else groups[scores["error"] == ""].nunique()
    # a part of a job array may have one patient, of whom nothing can be drawn
    summary = summarise(scores, groups=groups) if n_groups != 1 else summarise(scores).assign(low=nan, high=nan)
    missing = missing_cases(scores)
    broken = scores["case"][failed(scores)].tolist()
    report = {
        "prediction": str(predictions),
        "reference": str(references),
        "cases": int(scores["case"].nunique()),
        "missing": missing,
        "failed": broken,
        **{name: scored.rules[name] for name in NAMED if name in scored.rules},
        "summary": summary.to_dict("records"),
    }

    def table() -> list[Any]:
        lines: list[Any] = [tables.cohort_table(summary, Path(predictions), Path(references), scores)]
        if n_groups == 1:
            lines.append(_console.aside("no intervals: all cases are of one group"))
        elif n_groups:
            lines.append(_console.aside(f"intervals resample {n_groups} groups of cases, not the cases"))
        if missing:
            lines.append(_console.aside(_missing_line(scores, missing)))
        if broken:
            lines.append(_console.aside(_failed_line(scores, broken)))
        if scored.rules:
            lines.append(tables.settings_line(scored.rules))
        return [*lines, _console.aside(f"scores: {out}")]

    def picture() -> Axes:
        from .pictures.cohort_scores import plot_scores

        return plot_scores(scores)

    def page() -> str:
        from .pictures.pages import cohort_page

        done = {**scored.rules, "prediction": str(predictions), "reference": str(references), "scores": str(out)}
        masks_of = scored.masks_of if scored.pairs else None
        return cohort_page(scores, summary, scored.skipped, masks_of, done, notes)

    return _console.deliver(report, outputs, table, picture, scored.skipped, page=page, rows=summary, notes=notes)


def _missing_line(scores: pd.DataFrame, missing: list[str]) -> str:
    n_cases = scores["case"].nunique()
    counted = (scores["missing"] == 1) & (scores["error"] == "")
    what = "counted as missed" if counted.any() else "left out; --count-missing counts them as missed"
    return f"no prediction: {len(missing)} of {n_cases} cases ({listed_labels(missing, most=5)}), {what}"


def _failed_line(scores: pd.DataFrame, broken: list[str]) -> str:
    n_cases = scores["case"].nunique()
    return f"failed: {len(broken)} of {n_cases} cases ({listed_labels(broken, most=5)}), left out of every number"


def _regions_of(*folders: str | Path | None) -> Regions | None:
    """Return the regions that nnU-Net's description in one of the folders names, or beside it."""
    for folder in folders:
        regions = {} if folder is None else regions_of(Path(folder))
        if regions:
            return regions
    return None


def _ignored_label_of(*folders: str | Path | None) -> int | None:
    """Return the label that nnU-Net's description in one of the folders ignores, or beside it."""
    for folder in folders:
        label = None if folder is None else ignored_label(Path(folder))
        if label is not None:
            return label
    return None

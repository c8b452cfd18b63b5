"""A cohort under the rules of communities: what a challenge does with many cases, and what the cases say together.

In one case: `compare_protocols`. It is a job of its own and no option of `cohort`: a protocol brings its own matching,
distances and penalties, so that a case has other numbers and a cohort another summary.

Conventions
-----------
- Cases, their records, and what is missing or broken are those of `cohort`: a case without a prediction counts as
  missed if that is asked for, one that cannot be read or compared is in no number, and both are counted.
- Every label is scored in every case: see `domains.lesions.cohorts.protocol_scores`.
- What is averaged, and what is of all scans together: `domains.lesions.cohorts.protocol_summaries`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import NamedTuple, Unpack

import numpy as np
import pandas as pd

from .._checks import check_number
from .._running import RunningOptions, split_running, takes_running
from .._skipped import as_skipped
from .cohorts.cohorts import missing_cases, skipped_of, told_of_labels, warn_of_places
from .cohorts.gathering import gather
from .cohorts.jobs import Saved, keeping_records, score_cases
from .cohorts.listing import Choice, ChoiceOptions
from .cohorts.protocol_scores import (
    COLUMNS,
    OPERATION,
    ProtocolSettings,
    detection_table,
    protocol_table,
    score_by_protocols,
)
from .cohorts.protocol_summaries import summarise_protocol
from .cohorts.scores import failed
from .cohorts.sources import Reading, ReadingOptions, check_reading
from .cohorts.summaries import Bootstrap, number_groups
from .comparison.labels import Labels
from .protocols.scoring import named_protocols
from .settings import split_options, takes


class ProtocolCohort(NamedTuple):
    """What `cohort_protocols` returns.

    Parameters
    ----------
    scores : DataFrame
        A row for each case, label and protocol, and for each case that failed: ``case group label protocol``, what
        `compare_protocols` says but the rule, ``missing`` (there is no prediction), ``size_a size_b`` (mm³), ``error``.
    detections : DataFrame
        Of ``picai`` and ``froc``, a row for each candidate and each missed lesion: ``case group label protocol``, then
        as `detect` has them.
    skipped : DataFrame
        ``side file where reason detail``, as of `cohort`.
    """

    scores: pd.DataFrame
    detections: pd.DataFrame
    skipped: pd.DataFrame


class ProtocolCohortOptions(ChoiceOptions, ReadingOptions, RunningOptions):
    """The keywords of `cohort_protocols` that are explained elsewhere, for type checkers."""


@takes_running
@takes(Choice, Reading)
def cohort_protocols(
    predictions: str | Path | None = None,
    references: str | Path | None = None,
    *,
    protocols: Iterable[str] | None = None,
    labels: Labels | None = None,
    level: float | None = 0.5,
    count_missing: bool = False,
    out: str | Path | None = None,
    **options: Unpack[ProtocolCohortOptions],
) -> ProtocolCohort:
    """Score every pair of images of two folders, or of a table, under the rules of communities.

    Parameters
    ----------
    predictions, references : path, optional
        Folders of images.
    protocols : iterable of str, optional
        Names of `PROTOCOLS`; all of them by default.
    labels : sequence of int or mapping, optional
        See `compare`; by default those that some case has.
    level : float, optional
        Where soft masks are cut (>=). None: predictions are detection maps, each connected part that is not 0 is a
        candidate, and its value the confidence; see `detect`.
    count_missing : bool
        Whether a case without a prediction counts as missed: by default it is a row with an error.
    out : path, optional
        A CSV or .parquet file for the scores.
    **options
        Which cases, what their images are, and how the job runs: as of `cohort`.

    Returns
    -------
    ProtocolCohort
        ``scores``, ``detections`` and ``skipped``.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError, Interrupted
        As `cohort`; also if there is no such protocol.

    Warns
    -----
    UserWarning
        If the images of a case have labels and none in common; one warning for all such cases.

    See Also
    --------
    score_lesions : Score the lesions of a mask as a community does.
    summarise_protocols : Summarise the scores of a cohort under protocols.
    cohort : Compare every pair of images of the same name in two folders, or of a table.

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
    ...     found = cohort_protocols(Path(folder, "prediction"), Path(folder, "reference"), protocols=["cc", "picai"])
    >>> found.scores[["case", "label", "protocol", "score", "value"]].round(4)
            case label protocol score   value
    0  nodule_00     1       cc  dice  0.4819
    1  nodule_00     1    picai    ap  1.0000
    """
    running, others = split_running(options, OPERATION)
    of_cases, others = split_options(others, Choice)
    of_images, others = split_options(others, Reading)
    for name in others:
        raise TypeError(f"{OPERATION}: no option {name!r}: see help(lesions.cohort_protocols)")
    if level is not None:
        check_number(OPERATION, "level", level, above=0, at_most=1)
    names = tuple(named_protocols(OPERATION, protocols))
    settings = ProtocolSettings(names, level)
    saved = Saved(lambda done: protocol_table(done, names, labels), COLUMNS, None if out is None else Path(out))
    running = keeping_records(running, saved.path, saved.columns)
    reading = check_reading(OPERATION, of_images)
    choice = Choice(**of_cases)
    found = gather(predictions, references, choice, reading, labels, settings, running, count_missing=count_missing)
    scores, outcomes = score_cases(score_by_protocols, found, running, saved)
    absent = told_of_labels(scores, found.rules.labels, found.name, OPERATION)
    warn_of_places(outcomes, OPERATION)
    skipped = as_skipped([*found.aside, *skipped_of(outcomes), *absent, *found.not_counted])
    return ProtocolCohort(scores, detection_table(outcomes), skipped)


def summarise_protocols(
    scores: pd.DataFrame,
    detections: pd.DataFrame,
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int = 0,
    groups: Iterable[Hashable] | None = None,
) -> pd.DataFrame:
    """Summarise the scores of a cohort under protocols, with bootstrap intervals over cases.

    Parameters
    ----------
    scores, detections : DataFrame
        As `cohort_protocols` returns them.
    level : float
        Confidence level of the intervals.
    n_resamples, rng : int
        How many resamples, and their seed.
    groups : iterable of hashable, optional
        A label for each row of `scores`, such as its patient: whole groups are resampled.

    Returns
    -------
    DataFrame
        A row for each label, protocol and index: ``label protocol index statistic`` ("mean", "median", or "all scans":
        AP, AUROC, their mean ``picai`` and CPM of the cohort, without an interval), ``value low high``, ``n_scored``
        (cases with a value), ``n_undefined`` (without one), ``found missed spurious`` (lesions in all cases),
        ``n_missing`` (cases without a prediction), ``n_failed`` (cases that could not be read or compared; they are in
        no number).

    Raises
    ------
    ValueError
        If `level` or `n_resamples` is out of range, or `groups` has not one label a row, or only one group.

    See Also
    --------
    cohort_protocols : Score every pair of images of two folders, or of a table.
    summarise : Summarise the scores of a cohort, label by label.

    Examples
    --------
    >>> row = {"label": "1", "protocol": "panoptic", "score": "pq", "missing": 0, "error": ""}
    >>> values = {"dice": [0.9, None], "hd95": [1.0, None], "f1": [1.0, None], "sq": [0.8, None], "pq": [0.8, None]}
    >>> counts = {"found": [1, 0], "missed": 0, "spurious": 0}
    >>> scores = pd.DataFrame({"case": ["a", "b"], **row, **values, **counts})
    >>> table = summarise_protocols(scores, pd.DataFrame())
    >>> table.loc[table["index"] == "pq", ["statistic", "value", "n_scored", "n_undefined", "found"]].values.tolist()
    [['mean', 0.8, 1, 1, 1]]
    """
    bootstrap = Bootstrap(level, n_resamples, rng)
    numbers = None if groups is None else number_groups(groups, scores)
    of_all = {"n_missing": len(missing_cases(scores)), "n_failed": int(failed(scores).sum())}
    compared = (scores["error"] == "").to_numpy()
    rows = []
    for label, protocol in scores.loc[compared, ["label", "protocol"]].drop_duplicates().itertuples(index=False):
        of_both = compared & _is_of(scores, label, protocol)
        cases = scores[of_both]
        found = detections[_is_of(detections, label, protocol)] if len(detections) else detections
        lesions = {name: int(cases[name].sum()) for name in ("found", "missed", "spurious")}
        for row in summarise_protocol(cases, found, bootstrap, None if numbers is None else numbers[of_both]):
            rows.append({"label": label, "protocol": protocol, **row, **lesions, **of_all})
    return pd.DataFrame(rows)


def _is_of(table: pd.DataFrame, label: str, protocol: str) -> np.ndarray:
    is_of: np.ndarray = ((table["label"] == label) & (table["protocol"] == protocol)).to_numpy()
    return is_of

"""The jobs of ``overlap lesions protocols`` and ``cohort-protocols``: cases under every community's rule.

In Python: `compare_protocols` of one case, `cohort_protocols` and `summarise_protocols` of many.
"""

from __future__ import annotations

from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.table import Table

from .. import _console
from .._checks import UsageError, check_choice
from .._tables import build_table
from .._text import count_of, for_picture
from .challenge import ProtocolCohort, cohort_protocols, summarise_protocols
from .cohorts.cohorts import groups_of, missing_cases
from .cohorts.protocol_scores import EMPTY
from .cohorts.reading import read_two
from .cohorts.sources import check_reading
from .protocols import PROTOCOLS, compare_protocols
from .settings import parse_labels
from .told import failed_cases, lines_of_cases, n_groups

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

SHOWN = ("value", "found", "missed", "spurious", "Dice", "HD95", "F1")
SUMMARISED = ("value", "interval", "scored")
CAPTION = (
    "mean, median: over the cases; all scans: one number of the cohort, healthy scans too\n"
    "scored: cases in which it is defined; HD95 in mm, of cc in voxels\n"
    "interval: 95 %, from resampled cases"
)


def protocols_files(
    predicted: Path,
    reference: Path,
    *,
    protocols: str | None = None,
    labels: str | None = None,
    level: float = 0.5,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions protocols`` does, and return its exit code."""
    names = parse_protocols(protocols)
    wanted = parse_labels(labels)
    said = check_reading("lesions.compare_protocols", options)
    with _console.collected_warnings() as notes:
        a, b = read_two(said.of_prediction(predicted), said.of_reference(reference), said.like)
        table = compare_protocols(a, b, protocols=names, labels=wanted, level=level)

    def shown() -> list[Any]:
        return [protocols_table(table, str(predicted), str(reference)), rules_table(table), *why_lines(table)]

    def picture() -> Axes:
        return _bars(table, for_picture(str(predicted)), for_picture(str(reference)))

    rows = table.to_dict("records")
    return _console.deliver(rows, outputs, shown, picture, rows=table, notes=notes)


def cohort_protocols_files(
    predictions: Path | None,
    references: Path | None,
    *,
    out: Path,
    protocols: str | None = None,
    labels: str | None = None,
    detections: Path | None = None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions cohort-protocols`` does, and return its exit code."""
    names = parse_protocols(protocols)
    wanted = parse_labels(labels)
    shown = {**options, "progress": not outputs.quiet}
    with _console.collected_warnings() as notes:
        found = cohort_protocols(predictions, references, out=out, protocols=names, labels=wanted, **shown)
    summary = _summary(found)
    cases = options.get("cases")
    sides = (str(predictions or f"prediction of {cases}"), str(references or f"reference of {cases}"))
    report = {
        "prediction": sides[0],
        "reference": sides[1],
        "cases": int(found.scores["case"].nunique()),
        "missing": missing_cases(found.scores),
        "failed": failed_cases(found.scores),
        "rules": {name: PROTOCOLS[name].rule() for name in names or PROTOCOLS},
        "summary": summary.to_dict("records"),
    }

    def table() -> list[Any]:
        lines: list[Any] = [summary_table(summary, sides, found.scores), *lesion_lines(summary)]
        return [*lines, *lines_of_cases(found.scores), _console.aside(f"scores: {out}")]

    def picture() -> Axes:
        return _bars(_ranked(summary), for_picture(sides[0]), for_picture(sides[1]))

    files = {} if detections is None else {detections: found.detections}
    return _console.deliver(report, outputs, table, picture, found.skipped, rows=summary, files=files, notes=notes)


def parse_protocols(text: str | None) -> list[str] | None:
    """Read names such as ``brats2023_gli,cc``.

    Examples
    --------
    >>> parse_protocols("brats2023_gli, cc")
    ['brats2023_gli', 'cc']
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"lesions.compare_protocols: --protocols names none: choose from {', '.join(PROTOCOLS)}")
    for name in names:
        check_choice("lesions.compare_protocols", "protocols", name, PROTOCOLS)
    return names


def protocols_table(table: pd.DataFrame, predicted: str, reference: str) -> Table:
    """Return the scores of all protocols as a table for the terminal."""
    cells = []
    for row in table.to_dict("records"):
        numbers = [f"{row['value']:.4f}", str(row["found"]), str(row["missed"]), str(row["spurious"])]
        values = [_number(row[name]) for name in ("dice", "hd95", "f1")]
        cells.append([str(row["label"]), row["protocol"], row["score"], *numbers, *values])
    title = f"prediction: {predicted}\nreference: {reference}"
    return build_table(("label", "protocol", "score"), SHOWN, cells, title=title, caption="HD95 in mm, of cc in voxels")


def rules_table(table: pd.DataFrame) -> Table:
    """Return what each protocol takes for a lesion, a hit and a mean, and what a miss costs, for the terminal."""
    rules = table.drop_duplicates("protocol")
    rows = [[row["protocol"], row["rule"]] for row in rules.to_dict("records")]
    return build_table(("protocol", "rule"), (), rows)


def summary_table(summary: pd.DataFrame, sides: tuple[str, str], scores: pd.DataFrame) -> Table:
    """Return the summary of a cohort as a table for the terminal."""
    n_scored = scores.loc[scores["error"] == "", "case"].nunique()
    cells = []
    last = None
    for row in summary.to_dict("records"):
        of_rule = (row["label"], row["protocol"])
        named = ("", "") if of_rule == last else of_rule
        last = of_rule
        interval = "" if pd.isna(row["low"]) else f"[{row['low']:.4f}, {row['high']:.4f}]"
        scored = f"{row['n_scored']} of {row['n_scored'] + row['n_undefined']}"
        cells.append([*named, row["index"], row["statistic"], f"{row['value']:.4f}", interval, scored])
    title = f"prediction: {sides[0]} ({n_scored})\nreference: {sides[1]} ({n_scored})"
    return build_table(("label", "protocol", "index", "statistic"), SUMMARISED, cells, title=title, caption=CAPTION)


def lesion_lines(summary: pd.DataFrame) -> list[str]:
    """Return how many lesions of all cases were found, missed and spurious, a line for each label and protocol.

    Examples
    --------
    >>> lesion_lines(pd.DataFrame({"label": ["1"], "protocol": "cc", "found": 3, "missed": 1, "spurious": 0}))
    ['1, cc: 3 lesions found, 1 missed, 0 spurious']
    """
    lines = []
    for row in summary.drop_duplicates(["label", "protocol"]).to_dict("records"):
        found = f"{count_of(row['found'], 'lesion')} found"
        lines.append(f"{row['label']}, {row['protocol']}: {found}, {row['missed']} missed, {row['spurious']} spurious")
    return lines


def why_lines(table: pd.DataFrame) -> list[str]:
    """Return what each protocol did with the case that others do not, a line for each."""
    told = table[table["why"] != ""]
    return [f"{row['label']}, {row['protocol']}: {row['why']}" for row in told.to_dict("records")]


def _summary(found: ProtocolCohort) -> pd.DataFrame:
    """Return the summary of a cohort by its own groups; of one group there is nothing to draw."""
    n = n_groups(found.scores)
    groups = groups_of(found.scores) if n > 1 else None
    summary = summarise_protocols(found.scores, found.detections, groups=groups)
    return summary.assign(low=nan, high=nan) if n == 1 else summary


def _ranked(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of what a community ranks by, as `compare_protocols` names them."""
    headlines = {name: rule.score(EMPTY).headline for name, rule in PROTOCOLS.items()}
    is_ranked = summary["index"] == summary["protocol"].map(headlines)
    ranked = summary[is_ranked & (summary["statistic"] != "median")]
    return ranked.rename(columns={"index": "score"})


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4g}"


def _bars(table: pd.DataFrame, predicted: str, reference: str) -> Axes:
    """Draw the score of each protocol as a bar."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(5, 0.4 * len(table) + 1), layout="constrained")
    names = [f"{row['label']}, {row['protocol']}: {row['score']}" for row in table.to_dict("records")]
    axes.barh(names, table["value"].fillna(0))
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="score", title=f"{predicted} against {reference}")
    return axes

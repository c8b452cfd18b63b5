"""The page of a cohort: findings first, the worst case on top.

Conventions
-----------
- Whatever a page says is in the tables that it is made of; nothing is measured here.
- A case without a prediction is named as such wherever it counts as missed, and where it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..._page import Finding, gallery, page, paragraph, picture, section, table
from ..._text import count_of, one_line
from ..cohorts.scores import missed, spurious
from ..comparison.assessment import Assessment
from .page_parts import (
    LETTERS,
    LOOK,
    MOST_FINDINGS,
    MOST_OVERLAYS,
    MOST_ROWS,
    PACKAGES,
    first_names,
    overlay,
    shown,
    without_empty,
)
from .states import NO_PREDICTION, is_missing, lesions_in_words, worst_first

_LESION_COUNTS = ["lesions_reference", "lesions_matched", "lesions_missed", "lesions_spurious"]
_SUMMARY = (
    "Means over the cases, where a missed or spurious label counts 0; medians of distances (mm), where it is "
    "infinitely far; pooled: the Dice of the added sizes. Missed: only the reference has the label; spurious: only the "
    "prediction has it. Intervals of 95 %, from resampled cases."
)
_CASES = (
    "Distances in mm; ∞: one side has nothing there. Sizes in mm³, or mm² of single slices. A missed lesion is one of "
    "the reference that no predicted one meets, a spurious one the other way round."
)

Masks = Callable[[str], Assessment]
"""Returns the result of a case, with its masks."""


def cohort_page(
    scores: pd.DataFrame,
    summary: pd.DataFrame,
    skipped: pd.DataFrame,
    masks_of: Masks | None,
    done: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> str:
    """Return the page of a cohort.

    Parameters
    ----------
    scores, skipped : DataFrame
        As `cohort` returns them.
    summary : DataFrame
        As `summarise` returns it.
    masks_of : callable, optional
        Returns the result of a case by its name, for the pictures of the worst; it may raise. None for no pictures.
    done : mapping
        What was done: the folders and the settings.
    notes : sequence of str
        Warnings.

    Returns
    -------
    str
    """
    compared = worst_first(scores[scores["error"] == ""])
    drawn: list[str] = []
    undrawn: list[str] = []
    if masks_of is not None:
        drawn, undrawn = _worst_overlays(compared, masks_of)
    cases = table(shown(compared), LOOK, all_of_them="--out", most=MOST_ROWS)
    sections = [section("Summary", table(without_empty(summary), LOOK), paragraph(_SUMMARY))]
    if len(compared):
        sections.append(section("Distribution", *_distributions(compared)))
    if drawn:
        sections.append(section("Worst first", gallery(*drawn), paragraph(LETTERS)))
    sections.append(section("Cases", cases, paragraph(_CASES)))
    sections.append(section("Not scored", table(without_empty(skipped), all_of_them="--skipped")))
    findings = _of_cases(scores)
    for label in compared["label"].unique()[:MOST_FINDINGS]:
        rows = compared[compared["label"] == label]
        findings += _of_label(label, rows, summary[summary["label"] == label])
    findings += [Finding(note, "bad") for note in [*undrawn, *notes]]
    return page(f"{done['prediction']} against {done['reference']}", findings, sections, done, PACKAGES)


def _of_cases(scores: pd.DataFrame) -> list[Finding]:
    """Return how many cases were compared, which were not, and which have no prediction."""
    is_compared = (scores["error"] == "").to_numpy()
    without_file = is_missing(scores)
    compared = _cases(scores, is_compared)
    broken = _cases(scores, ~is_compared & ~without_file)
    counted = _cases(scores, is_compared & without_file)
    left_out = _cases(scores, ~is_compared & without_file)
    n_left = len(broken) + len(left_out)
    said = f"{count_of(len(compared), 'case')} compared"
    if not n_left:
        findings = [Finding(said, "good")]
    else:
        findings = [Finding(f"{said}, {n_left} not: {first_names(broken + left_out)}", "bad")]
    for cases, what in ((counted, "counted as missed"), (left_out, "left out of every number")):
        if cases:
            n = count_of(len(cases), "case")
            findings.append(Finding(f"{NO_PREDICTION} of {n}, {what}: {first_names(cases)}", "bad"))
    return findings


def _of_label(label: Any, rows: pd.DataFrame, summary: pd.DataFrame) -> list[Finding]:
    """Return what is found of one label: its Dice and HD95, its lesions, the cases that miss or invent it."""
    dice = _statistic(summary, "dice", "mean")
    hd95 = _statistic(summary, "hd95", "median")
    findings = [Finding(f"label {label}: mean Dice {dice}, median HD95 {hd95} mm, {count_of(len(rows), 'case')}")]
    findings += _of_lesions(label, rows)
    for is_so, verb in ((missed(rows), "missed"), (spurious(rows), "predicted where the reference has none")):
        names = _named(rows[is_so])
        if names:
            said = f"label {label} is {verb} in {count_of(len(names), 'case')}"
            findings.append(Finding(f"{said}: {first_names(names)}", "bad"))
    return findings


def _of_lesions(label: Any, rows: pd.DataFrame) -> list[Finding]:
    """Return how many lesions of one label are matched, missed and spurious, and in which case most are."""
    if any(name not in rows for name in _LESION_COUNTS):
        return []
    said = f"label {label}: {lesions_in_words(rows[_LESION_COUNTS].sum().to_dict())}"
    worst = []
    for kind in ("missed", "spurious"):
        counts = rows[f"lesions_{kind}"].fillna(0).to_numpy(int)
        if counts.any():
            case = rows["case"].iloc[int(counts.argmax())]
            worst.append(f"most {kind} in {one_line(case, 60)} ({counts.max()})")
    return [Finding("; ".join([said, *worst]), "bad" if worst else "")]


def _cases(scores: pd.DataFrame, is_so: np.ndarray) -> list[str]:
    names: list[str] = scores["case"][is_so].astype(str).unique().tolist()
    return names


def _named(rows: pd.DataFrame) -> list[str]:
    """Return the names of cases, with a word where there is no prediction."""
    names = []
    for name, without_file in zip(rows["case"].astype(str), is_missing(rows), strict=True):
        names.append(f"{name} ({NO_PREDICTION})" if without_file else name)
    return names


def _worst_overlays(compared: pd.DataFrame, masks_of: Masks) -> tuple[list[str], list[str]]:
    """Return the pictures of the worst cases, and a note for each that could not be drawn."""
    drawn = []
    undrawn = []
    for row in compared.head(MOST_OVERLAYS).to_dict("records"):
        name = f"case {row['case']}, label {row['label']}"
        try:
            drawn.append(overlay(masks_of(row["case"]), row["label"], name))
        except Exception as error:
            # whatever a file that is gone leads to: the scores are there all the same
            undrawn.append(f"case {row['case']} is not drawn: {one_line(error)}")
    return drawn, undrawn


def _distributions(compared: pd.DataFrame) -> list[str]:
    """Return histograms of Dice and HD95, and below them every case with the mean or median of each label."""
    import matplotlib.pyplot as plt

    from .cohort_scores import plot_histogram, plot_scores

    galleries = []
    for plot, what in ((plot_histogram, "Cases by"), (plot_scores, "Every case, with the interval:")):
        drawn = []
        for index, name in (("dice", "Dice"), ("hd95", "HD95, mm")):
            figure: Any = plot(compared, index).figure
            drawn.append(picture(figure, f"{what} {name}"))
            plt.close(figure)
        galleries.append(gallery(*drawn))
    return galleries


def _statistic(summary: pd.DataFrame, index: str, statistic: str) -> str:
    """Return a row of a summary in words."""
    rows = summary[(summary["index"] == index) & (summary["statistic"] == statistic)].to_dict("records")
    if not rows or pd.isna(rows[0]["value"]):
        return "undefined"
    row = rows[0]
    if pd.isna(row["low"]):
        return _number(row["value"])
    return f"{_number(row['value'])} [{_number(row['low'])}, {_number(row['high'])}]"


def _number(value: float) -> str:
    return "∞" if np.isinf(value) else f"{value:.3g}"

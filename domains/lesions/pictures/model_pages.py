"""The page of two models on the same cases: which is better, in what, and where.

Conventions
-----------
- The first model is A, the second B; a difference is A minus B. Findings: where an interval lies on one side of 0.
- Cases stand by how far the models are apart in the first index, the farthest first: there a look pays.
- Whatever a page says is in the tables that it is made of; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..._page import Finding, Look, gallery, page, paragraph, picture, section, table
from ..._text import count_of
from ..comparison.tables import without_prediction

PACKAGES = ("numpy", "scipy", "pandas", "matplotlib")
MOST_PICTURES = 4
MOST_ROWS = 500
"""Of a table: a row takes some 700 bytes."""
_VALUES = dict.fromkeys(("a", "b", "low", "high"), ".4f") | {"difference": "+.4f"}
LOOK = Look(_VALUES, {})
_SUMMARY = (
    "Difference: A minus B, the mean over the cases; of distances (mm) the median, where a miss is infinitely far; "
    "pooled: of the Dice of the added sizes. Of distances lower is better, of all else higher. "
    "Intervals from resampled cases. Wins, ties and losses are those of A."
)


def models_page(
    summary: pd.DataFrame,
    cases: pd.DataFrame,
    skipped: pd.DataFrame,
    done: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> str:
    """Return the page of two models.

    Parameters
    ----------
    summary, cases, skipped : DataFrame
        As `compare_models` returns them.
    done : mapping
        What was done: the two tables, as ``A`` and ``B``, and the settings.
    notes : sequence of str
        Warnings.

    Returns
    -------
    str
    """
    n_cases = cases["case"].nunique()
    compared = Finding(f"{count_of(n_cases, 'case')} compared", "good")
    if len(skipped):
        compared = Finding(f"{count_of(n_cases, 'case')} compared, {len(skipped)} not: see Not compared", "bad")
    findings = [compared, *_of_labels(summary)]
    findings += [Finding(note, "bad") for note in notes]
    shown = cases.iloc[_farthest_first(cases)]
    of_cases = table(shown, LOOK, all_of_them="--differences", most=MOST_ROWS)
    not_compared = table(skipped[["file", "detail"]], all_of_them="--skipped")
    sections = [
        section("Summary", table(summary, LOOK), paragraph(_SUMMARY)),
        section("Model against model", gallery(*_pictures(cases))),
        section("Cases", of_cases),
        section("Not compared", not_compared),
    ]
    return page(f"A: {done['A']}, B: {done['B']}", findings, sections, done, PACKAGES)


def _of_labels(summary: pd.DataFrame) -> list[Finding]:
    """Return a sentence for each index in which one model is better, and for the misses of each label."""
    found = []
    for row in summary[summary["better"] != ""].to_dict("records"):
        what = f"label {row['label']}, {row['statistic']} {row['index']}"
        better = row["better"].upper()
        difference = f"{row['difference']:+.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        found.append(Finding(f"{what}: {better} is better, A minus B {difference}"))
    if not found:
        found.append(Finding("no interval lies on one side of 0: neither model is better in anything"))
    for row in summary.drop_duplicates("label").to_dict("records"):
        if row["missed_a"] or row["missed_b"]:
            by_a = count_of(row["missed_a"], "case")
            by_b = count_of(row["missed_b"], "case")
            found.append(Finding(f"label {row['label']}: A misses it in {by_a}, B in {by_b}", "bad"))
        found += [Finding(line, "bad") for line in without_prediction(row)]
    return found


def _farthest_first(cases: pd.DataFrame) -> np.ndarray:
    """Return the order of the rows: index by index as they are, the largest difference first, the undefined last."""
    indices, _ = pd.factorize(cases["index"])
    distance = cases["difference"].abs().fillna(-1).to_numpy(float)
    return np.lexsort((-distance, indices))


def _pictures(cases: pd.DataFrame) -> list[str]:
    """Return the scores of both models against each other, for the first indices."""
    import matplotlib.pyplot as plt

    from .two_models import plot_models

    drawn = []
    for index in cases["index"].unique()[:MOST_PICTURES]:
        figure: Any = plot_models(cases, index=index, names=("A", "B")).figure
        drawn.append(picture(figure, f"Every case: {index} of A and of B"))
        plt.close(figure)
    return drawn

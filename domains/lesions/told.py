"""What ``overlap lesions cohort`` and ``merge`` tell: the summary of a cohort as JSON, as text, as picture and page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import _console
from .cohorts.cohorts import assess_case, groups_of, missing_cases
from .cohorts.gathering import Cohort
from .cohorts.scores import cases_by_label, failed, missed, spurious
from .comparison import tables
from .comparison.assessment import Assessment
from .comparison.labels import listed_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

NAMED = ("preset", "level", "nsd_tolerance")
"""The settings that the summary of a cohort names."""


@dataclass(frozen=True, eq=False)
class Told:
    """A cohort, ready to be told.

    Parameters
    ----------
    scores, skipped : DataFrame
        As `cohort` returns them.
    summary : DataFrame
        As `summarise` returns it.
    sides : (str, str)
        What the predictions and the references are called.
    out : str
        Where the scores were saved.
    notes : sequence of str
        Warnings.
    cohort : Cohort, optional
        Its cases, which are read again for pictures, and its rules; unknown of parts that were joined.
    """

    scores: pd.DataFrame
    summary: pd.DataFrame
    skipped: pd.DataFrame
    sides: tuple[str, str]
    out: str
    notes: Sequence[str]
    cohort: Cohort | None = None

    @cached_property
    def missing(self) -> list[str]:
        """The cases without a prediction."""
        return missing_cases(self.scores)

    @cached_property
    def broken(self) -> list[str]:
        """The cases that could not be read or compared."""
        return failed_cases(self.scores)

    @property
    def rules(self) -> Mapping[str, Any]:
        """What decided the scores, as far as it is known."""
        return {} if self.cohort is None else self.cohort.rules.as_plain()

    def as_json(self) -> dict[str, Any]:
        """Return the summary as JSON data."""
        prediction, reference = self.sides
        rules = self.rules
        compared = self.scores[self.scores["error"] == ""]
        return {
            "prediction": prediction,
            "reference": reference,
            "cases": int(self.scores["case"].nunique()),
            "missing": self.missing,
            "failed": self.broken,
            "missed": cases_by_label(compared, missed(compared)),
            "spurious": cases_by_label(compared, spurious(compared)),
            **{name: rules[name] for name in NAMED if name in rules},
            "summary": self.summary.to_dict("records"),
        }

    def lines(self) -> list[Any]:
        """Return what the terminal shows."""
        prediction, reference = self.sides
        lines: list[Any] = [tables.cohort_table(self.summary, Path(prediction), Path(reference), self.scores)]
        n = n_groups(self.scores)
        if n == 1:
            lines.append(_console.aside("no intervals: all cases are of one group"))
        elif n:
            lines.append(_console.aside(f"intervals resample {n} groups of cases, not the cases"))
        lines += lines_of_cases(self.scores)
        if self.rules:
            lines += tables.settings_lines(self.rules)
        return [*lines, _console.aside(f"scores: {self.out}")]

    def picture(self) -> Axes:
        """Draw the scores of the cases."""
        from .pictures.cohort_scores import plot_scores

        return plot_scores(self.scores)

    def page(self) -> str:
        """Return the page for a browser."""
        from .pictures.cohort_pages import cohort_page

        prediction, reference = self.sides
        done = {**self.rules, "prediction": prediction, "reference": reference, "scores": self.out}
        return cohort_page(self.scores, self.summary, self.skipped, self._masks(), done, self.notes)

    def deliver(self, outputs: Outputs) -> int:
        """Save and print all of it, and return the exit code."""
        return _console.deliver(
            self.as_json(),
            outputs,
            self.lines,
            self.picture,
            self.skipped,
            page=self.page,
            rows=self.summary,
            notes=self.notes,
        )

    def _masks(self) -> Callable[[str], Assessment] | None:
        """Return what reads a case again and keeps its masks."""
        if self.cohort is None:
            return None
        pairs = self.cohort.pairs
        return lambda case: assess_case(pairs[case])


def n_groups(scores: pd.DataFrame) -> int:
    """Return of how many groups the compared cases are; 0 if nobody says.

    Examples
    --------
    >>> n_groups(pd.DataFrame({"group": ["anna", "anna", "bert"], "error": ["", "", "broken"]}))
    1
    """
    groups = groups_of(scores)
    return 0 if groups is None else int(groups[scores["error"] == ""].nunique())


def failed_cases(scores: pd.DataFrame) -> list[str]:
    """Return the cases that could not be read or compared.

    Examples
    --------
    >>> failed_cases(pd.DataFrame({"case": ["a", "b"], "missing": [0, 0], "error": ["", "cut off"]}))
    ['b']
    """
    names: list[str] = scores["case"][failed(scores)].tolist()
    return names


def lines_of_cases(scores: pd.DataFrame, *, may_count: bool = True) -> list[Any]:
    """Return what the terminal shows of cases without a prediction, which `may_count` as missed, and of failed ones."""
    lines = []
    missing = missing_cases(scores)
    if missing:
        lines.append(_console.aside(missing_line(scores, missing, may_count=may_count)))
    broken = failed_cases(scores)
    if broken:
        lines.append(_console.aside(failed_line(scores, broken)))
    return lines


def missing_line(scores: pd.DataFrame, missing: Sequence[str], *, may_count: bool = True) -> str:
    """Return how many cases have no prediction, and what becomes of them; `may_count` as missed, if so asked.

    Examples
    --------
    >>> scores = pd.DataFrame({"case": ["a", "b"], "missing": [0, 1], "error": ["", "no prediction of this name"]})
    >>> missing_line(scores, ["b"])
    'no prediction: 1 of 2 cases (b), left out; --count-missing, with another --out, counts them as missed'
    """
    n_cases = scores["case"].nunique()
    counted = (scores["missing"] == 1) & (scores["error"] == "")
    what = "counted as missed" if counted.any() else "left out"
    if may_count and not counted.any():
        what += "; --count-missing, with another --out, counts them as missed"
    return f"no prediction: {len(missing)} of {n_cases} cases ({listed_labels(missing, most=5)}), {what}"


def failed_line(scores: pd.DataFrame, broken: Sequence[str]) -> str:
    """Return how many cases could not be read or compared.

    Examples
    --------
    >>> failed_line(pd.DataFrame({"case": ["a", "b"]}), ["b"])
    'failed: 1 of 2 cases (b), left out of every number'
    """
    n_cases = scores["case"].nunique()
    return f"failed: {len(broken)} of {n_cases} cases ({listed_labels(broken, most=5)}), left out of every number"

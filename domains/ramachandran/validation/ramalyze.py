"""Residues as ``ramalyze`` of cctbx prints them, for scripts that read its lines.

Conventions
-----------
- A line is ``residue:score%:phi:psi:evaluation:type``: chain (2 characters), number (4), insertion code and altloc (1
  each) and name (3), then the score in per cent and the angles in degrees, with two decimals.
- The order is ramalyze's: by model, chain, number, insertion code, altloc. A line does not say its model; neither do
  ramalyze's.
- The summary counts as MolProbity's does: altloc '' or A, each position once.
- A number above 9999 is written in decimals, where ramalyze writes that of the file (A000 and on).

References
----------
cctbx-base 2025.11, ``molprobity.ramalyze``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

HEADER = "residue:score%:phi:psi:evaluation:type"
OUTLIERS_GOAL = "< 0.2%"
FAVORED_GOAL = "> 98%"
ORDER = ["model", "chain", "resseq", "icode", "altloc"]


def ramalyze_lines(residues: pd.DataFrame) -> list[str]:
    """Return what ramalyze prints of the residues of one file.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns them.

    Returns
    -------
    list of str
        The header, a line for each residue and conformer, three lines of summary.

    Examples
    --------
    >>> from ..regions.io import example
    >>> from ..run import validate
    >>> residues, _ = validate(example("1a8o"))
    >>> for line in ramalyze_lines(residues.head(2)):
    ...     print(line)
    residue:score%:phi:psi:evaluation:type
     A 152  ASP:54.52:-76.80:-26.53:Favored:General
     A 153  ILE:12.65:-62.30:122.26:Favored:Isoleucine or valine
    SUMMARY: 2 Favored, 0 Allowed, 0 Outlier out of 2 residues (altloc A where applicable)
    SUMMARY: 0.00% outliers (Goal: < 0.2%)
    SUMMARY: 100.00% favored (Goal: > 98%)
    """
    in_order = residues.sort_values(ORDER, key=_as_sorted, kind="stable")
    lines = [_line(row) for row in in_order.to_dict("records")]
    return [HEADER, *lines, *_summary(residues.loc[residues["counted"], "evaluation"])]


def _as_sorted(column: pd.Series[Any]) -> pd.Series[Any]:
    # models are numbered
    return column.str.rjust(4) if column.name == "model" else column


def _line(row: Mapping[Any, Any]) -> str:
    residue = f"{row['chain']:>2}{row['resseq']:>4}{row['icode']:>1}{row['altloc']:>1}{row['resname']:>3}"
    numbers = f"{100 * row['score']:.2f}:{row['phi']:.2f}:{row['psi']:.2f}"
    return f"{residue}:{numbers}:{row['evaluation']}:{row['category'].capitalize()}"


def _summary(evaluations: pd.Series[Any]) -> list[str]:
    total = len(evaluations)
    favored = int((evaluations == "Favored").sum())
    allowed = int((evaluations == "Allowed").sum())
    outliers = total - favored - allowed
    counts = f"{favored} Favored, {allowed} Allowed, {outliers} Outlier out of {total} residues"
    return [
        f"SUMMARY: {counts} (altloc A where applicable)",
        f"SUMMARY: {_percent(outliers, total)}% outliers (Goal: {OUTLIERS_GOAL})",
        f"SUMMARY: {_percent(favored, total)}% favored (Goal: {FAVORED_GOAL})",
    ]


def _percent(count: int, total: int) -> str:
    share = count / total if total else 0.0
    return f"{100 * share:.2f}"

"""What a job over many files comes to: two tables, files of which no residue is counted, options that fit none.

Conventions
-----------
- A file that failed has no residues, and one row in the table of what was skipped. An option that does not fit a file
  that was read is "not scored", any other failure "unreadable file".
- The order is that of the cases.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from itertools import compress

import numpy as np
import pandas as pd

from ..._batch import Outcome
from ..._checks import UsageError
from ..._skipped import NOT_SCORED, OF_WHOLE_INPUTS, UNREADABLE, as_skipped
from ..._text import for_table
from ..regions import angle_columns
from ..structures import coordinates
from .findings import NOT_MODELLED
from .scoring import COLUMNS, DETAILS, SKIPPED, Scored


def tables_of(outcomes: Iterable[Outcome]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of all files, as `validate` does, and warn of what was warned of in each.

    Parameters
    ----------
    outcomes : iterable of Outcome
        Their results are `Scored`, or what one is as plain data.

    Returns
    -------
    residues, skipped : DataFrame

    Examples
    --------
    >>> residues, skipped = tables_of([Outcome("a.pdb", error="ramachandran.backbone_angles: a.pdb: damaged")])
    >>> len(residues), skipped[["file", "reason", "detail"]].values.tolist()
    (0, [['a.pdb', 'unreadable file', 'a.pdb: damaged']])
    """
    residues = []
    skipped = []
    not_modelled = {}
    for outcome in outcomes:
        if outcome.error:
            skipped.append(_unreadable(outcome))
            continue
        scored = outcome.result if isinstance(outcome.result, Scored) else Scored.from_plain(outcome.result)
        for note in scored.notes:
            warnings.warn(note, stacklevel=4)
        residues.append(scored.residues)
        skipped.append(scored.skipped)
        not_modelled[for_table(outcome.case)] = scored.skipped.attrs.get(NOT_MODELLED, {})
    all_skipped = _stacked(skipped, SKIPPED)
    all_skipped.attrs = {NOT_MODELLED: not_modelled}
    return _stacked(residues, [*COLUMNS, *DETAILS]), all_skipped


def uncounted_files(residues: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, str]:
    """Return the files that were read, but of which no residue is counted, and why.

    Parameters
    ----------
    residues, skipped : DataFrame
        As `validate` returns them.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> residues = pd.DataFrame({"file": [], "counted": []})
    >>> uncounted_files(residues, pd.DataFrame({"file": ["a.pdb"], "reason": ["terminal"]}))
    {'a.pdb': 'no residue is counted: none is left with both angles (1 terminal)'}
    """
    # lists are looked through sooner than columns, and each validation asks
    measured = residues["file"].tolist()
    skipped_of = skipped["file"].tolist()
    counted = set(compress(measured, residues["counted"].tolist()))
    of_whole = [reason in OF_WHOLE_INPUTS for reason in skipped["reason"].tolist()]
    unread = set(compress(skipped_of, of_whole))
    have_rows = set(measured)
    why = {}
    for file in dict.fromkeys([*measured, *skipped_of]):
        if file in counted or file in unread:
            continue
        if file in have_rows:
            why[file] = "no residue is counted: all conformers have another label than A; see best_total"
        else:
            reasons = skipped["reason"][skipped["file"] == file].value_counts()
            listed = ", ".join(f"{n} {reason}" for reason, n in reasons.items())
            why[file] = f"no residue is counted: none is left with both angles ({listed})"
    return why


def refuse_if_all_are_wrong_use(residues: pd.DataFrame, skipped: pd.DataFrame) -> None:
    """Raise what is wrong with an option if it fits none of the files.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> refuse_if_all_are_wrong_use(pd.DataFrame(), pd.DataFrame({"reason": ["unreadable file"]}))
    """
    if residues.empty and len(skipped) and (skipped["reason"] == NOT_SCORED).all():
        raise UsageError(str(skipped["detail"].iloc[0]))


def _unreadable(outcome: Outcome) -> pd.DataFrame:
    """Return the row of a file that could not be scored."""
    detail = outcome.error
    for operation in (coordinates.OPERATION, angle_columns.OPERATION):
        detail = detail.removeprefix(f"{operation}: ")
    # an option that does not fit the file, which was read
    reason = NOT_SCORED if outcome.kind == UsageError.__name__ else UNREADABLE
    blank = {**dict.fromkeys(SKIPPED, ""), "omega": np.nan}
    return as_skipped([{**blank, "file": outcome.case, "reason": reason, "detail": detail}])


def _stacked(tables: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return tables as one; empty ones bring only their types."""
    filled = [table for table in tables if len(table)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return tables[0] if tables else pd.DataFrame(columns=columns)

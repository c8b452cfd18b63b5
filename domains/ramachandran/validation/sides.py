"""The two sides of a comparison of models: their residues, how these find each other, and why some do not.

Conventions
-----------
- A residue finds its partner by chain, number, insertion code and copy; and by model, if both sides have several.
- Each residue that has no partner, or no angles on either side, has a row with its reason. The reason of a side that
  skipped it is that of the side's own table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._text import file_name
from .residue_names import restored
from .scoring import score_file

OPERATION = "ramachandran.compare_models"
SIDES = ("before", "after")
KEY = ("chain", "resseq", "icode", "instance")
"""What a residue and its partner share."""

UNMATCHED = "unmatched"
ANOTHER = "another residue"
NO_ANGLES = "no angles"
ABSENT = "no such residue"
_MOST_LISTED = 20

Model = str | PathLike[str] | pd.DataFrame
Place = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two models.

    Parameters
    ----------
    name : {"before", "after"}
    residues : DataFrame
        As `validate` returns them, one conformer each.
    skipped : DataFrame
        What was skipped of it.
    """

    name: str
    residues: pd.DataFrame
    skipped: pd.DataFrame

    def of_model(self, model: str) -> Side:
        """Return what is of one model."""
        residues = self.residues[self.residues["model"] == model]
        skipped = self.skipped[self.skipped["model"] == model]
        return Side(self.name, residues, skipped)

    def of_chain(self, chain: str) -> pd.DataFrame:
        """Return the residues of one chain that have angles."""
        return self.residues[self.residues["chain"] == chain]

    def with_chains(self, new_names: Mapping[str, str]) -> Side:
        """Return it with other names of chains."""
        residues = self.residues.assign(chain=[new_names.get(name, name) for name in self.residues["chain"]])
        skipped = self.skipped.assign(chain=[new_names.get(name, name) for name in self.skipped["chain"]])
        return Side(self.name, residues, skipped)

    def values(self, column: str) -> list[str]:
        """Return what occurs in a column, in the order of the file."""
        return list(dict.fromkeys([*self.residues[column], *self.skipped[column]]))

    def reasons(self, key: list[str]) -> dict[Place, str]:
        """Return why each residue that was skipped was."""
        return {_place(row, key): _reason(row) for row in self.skipped.to_dict("records")}


def read_side(model: Model, name: str, number: str | int | None, reference: Any, options: Mapping[str, Any]) -> Side:
    """Return a side: a file that is scored, or residues that were.

    Parameters
    ----------
    model : path or DataFrame
    name : {"before", "after"}
    number : str, int or None
        Which of its models.
    reference : str or Dataset
    options : mapping
        Of `backbone_angles`.

    Raises
    ------
    UsageError
        If it has no such model.

    Examples
    --------
    >>> from ..regions.io import example
    >>> read_side(example("1a28"), "before", None, "top8000", {}).values("chain")
    ['A', 'B']
    """
    if isinstance(model, pd.DataFrame):
        residues = restored(model)
        skipped = pd.DataFrame(columns=pd.Index(["file", "where", "reason", "detail", "model", *KEY]))
    else:
        residues, skipped = score_file(model, reference, options)
    best = residues[residues["best"].astype(bool)]
    side = Side(name, best.astype({"category": str, "evaluation": str}), skipped)
    if number is None:
        return side
    chosen = str(number)
    known = side.values("model")
    if chosen not in known:
        raise UsageError(f"{OPERATION}: {name}_model {chosen!r} is not there; its models are {_listed(known)}")
    return side.of_model(chosen)


def have_several_models(before: Side, after: Side) -> bool:
    """Return whether both sides have several models, and residues are matched by model too.

    Raises
    ------
    UsageError
        If one side has several, and the other has one.

    Examples
    --------
    >>> from ..regions.io import example
    >>> side = read_side(example(), "before", None, "top8000", {})
    >>> have_several_models(side, side)
    False
    """
    first = before.residues["model"].unique()
    second = after.residues["model"].unique()
    if (len(first) > 1) == (len(second) > 1):
        return len(first) > 1
    name = "before" if len(first) > 1 else "after"
    models = first if len(first) > 1 else second
    found = f"{name} has {len(models)} models, and the other side has one"
    raise UsageError(f"{OPERATION}: {found}; say {name}_model={models[0]!r} (--{name}-model {models[0]})")


def renamed(before: Side, after: Side, chains: Mapping[str, str]) -> Side:
    """Give the chains of `before` the names that they have in `after`.

    Raises
    ------
    UsageError
        If a chain is none of those there are, or two become one.

    Examples
    --------
    >>> from ..regions.io import example
    >>> side = read_side(example("1a28"), "before", None, "top8000", {})
    >>> renamed(side, side, {"A": "B", "B": "A"}).values("chain")
    ['B', 'A']
    """
    _check_chains(before, chains.keys())
    _check_chains(after, chains.values())
    if len(set(chains.values())) < len(chains):
        raise UsageError(f"{OPERATION}: two chains before are one chain after in {dict(chains)}; name each once")
    # a chain whose name another one takes has no partner
    without_partner = {name: f"{name} before" for name in chains.values() if name not in chains}
    return before.with_chains({**without_partner, **chains})


def unmatched_rows(before: Side, after: Side, merged: pd.DataFrame, key: list[str]) -> list[dict[str, Any]]:
    """Return a row of what was skipped for each residue that has no partner with angles, in the order of the reasons.

    Parameters
    ----------
    before, after : Side
    merged : DataFrame
        The residues with angles of both sides side by side; ``sides`` says which have it, as `pandas.merge` does.
    key : list of str
        What they were merged by.
    """
    why = {side.name: side.reasons(key) for side in (before, after)}
    scored = set(merged[key].itertuples(index=False, name=None))
    return [
        *_without_partner(merged[merged["sides"] == "left_only"], "before", why["after"], key),
        *_without_partner(merged[merged["sides"] == "right_only"], "after", why["before"], key),
        *_other_residues(merged[merged["sides"] == "both"]),
        *_without_angles((before, after), why, scored, key),
    ]


def what_there_is(before: Side, after: Side) -> str:
    """Return the chains of both sides, and how to match those that have other names or other numbers.

    Examples
    --------
    >>> from ..regions.io import example
    >>> side = read_side(example(), "before", None, "top8000", {})
    >>> what_there_is(side, side.with_chains({"A": "X"}))[-58:]
    "if only names differ, say chains={'A': 'X'} (--chains A=X)"
    """
    chains = after.values("chain")
    with_angles = set(after.residues["chain"])
    shared = [name for name in before.residues["chain"] if name in with_angles]
    if shared:
        return _other_numbers(before, after, shared[0])
    said = []
    for side in (before, after):
        files = ", ".join(file_name(file) for file in side.values("file"))
        said.append(f"{side.name} ({files}) has the chains {_listed(side.values('chain'))}")
    pairs = list(zip(before.values("chain"), chains, strict=False))[:_MOST_LISTED]
    flag = ",".join(f"{name}={other}" for name, other in pairs)
    return f"{'; '.join(said)}; if only names differ, say chains={dict(pairs)} (--chains {flag})"


def _other_numbers(before: Side, after: Side, chain: str) -> str:
    """Return which numbers the residues of a chain have on both sides, and how to give them the same."""
    first = before.of_chain(chain)
    second = after.of_chain(chain)
    found = f"chain {chain!r} has residues {_numbers(first)} before and {_numbers(second)} after"
    shift = _shift(first, second)
    if not shift:
        return f"{found}; number one side as the other, or say which chains belong together, chains={{'A': 'B'}}"
    renumbered = f"residues.assign(resseq=residues['resseq'] {'-' if shift > 0 else '+'} {abs(shift)})"
    return f"{found}; renumber the file, or validate it in Python and give {renumbered} as after"


def _numbers(residues: pd.DataFrame) -> str:
    return f"{residues['resseq'].min()} to {residues['resseq'].max()}"


def _shift(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """Return by what the numbers of the same residues differ, 0 if most have no partner so."""
    same_name = before["parent"].to_numpy()[:, None] == after["parent"].to_numpy()
    differences = after["resseq"].to_numpy() - before["resseq"].to_numpy()[:, None]
    shifts, counts = np.unique(differences[same_name], return_counts=True)
    most = counts.max(initial=0)
    if 2 * most <= min(len(before), len(after)):
        return 0
    return int(shifts[counts.argmax()])


def _check_chains(side: Side, names: Iterable[str]) -> None:
    known = side.values("chain")
    for name in names:
        if name not in known:
            raise UsageError(f"{OPERATION}: no chain {name!r} {side.name}; its chains are {_listed(known)}")


def _without_partner(
    rows: pd.DataFrame, name: str, why: Mapping[Place, str], key: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield a row for each residue that only one side has, and why the other has not."""
    other = "after" if name == "before" else "before"
    for row in rows.to_dict("records"):
        reason = why.get(_place(row, key), ABSENT)
        yield _row(name, row[f"file_{name}"], row[f"where_{name}"], UNMATCHED, f"{other}: {reason}")


def _other_residues(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a row for each residue that is another one on the other side."""
    for row in rows.to_dict("records"):
        if row["parent_before"] == row["parent_after"]:
            continue
        detail = f"{row['resname_before']} before, {row['resname_after']} after"
        yield _row("both", row["file_after"], row["where_after"], ANOTHER, detail)


def _without_angles(
    sides: tuple[Side, Side], why: Mapping[str, Mapping[Place, str]], scored: set[Place], key: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield a row for each residue that has angles on neither side."""
    told = set(scored)
    for side in sides:
        for row in side.skipped.to_dict("records"):
            place = _place(row, key)
            if place in told:
                continue
            told.add(place)
            there = [name for name in SIDES if place in why[name]]
            which = "both" if len(there) > 1 else side.name
            reasons = [f"{name}: {why[name].get(place, ABSENT)}" for name in SIDES]
            yield _row(which, row["file"], row["where"], NO_ANGLES, "; ".join(reasons))


def _row(side: str, file: str, where: str, reason: str, detail: str) -> dict[str, Any]:
    return {"side": side, "file": file, "where": where, "reason": reason, "detail": detail}


def _place(row: Mapping[Any, Any], key: list[str]) -> Place:
    return tuple(row[name] for name in key)


def _reason(row: Mapping[Any, Any]) -> str:
    return f"{row['reason']} ({row['detail']})" if row["detail"] else str(row["reason"])


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:_MOST_LISTED]) or "none"

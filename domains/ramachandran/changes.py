"""Two models of one protein compared residue by residue: before and after a refinement, two models of an ensemble.

Conventions
-----------
- Residues are matched by chain, number, insertion code and copy; and by model, if both sides have several and none is
  chosen. Of several conformers the one of highest occupancy stands for the residue.
- A residue that only one side has, or that is another residue on the other, has a row in the second table, with its
  reason.
- A change of an angle is after minus before on the circle, in (-180, 180]. The distance is that of the two points on
  the torus.
- A residue got *worse* if its label fell (Favored, Allowed, OUTLIER), *better* if it rose, and is the *same* otherwise.

References
----------
Kleywegt, G. J. & Jones, T. A. (1996). Phi/psi-chology: Ramachandran revisited. Structure 4, 1395.
doi:10.1016/S0969-2126(96)00147-5
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._checks import UsageError
from .._skipped import as_skipped
from .._text import file_name
from .empirical import EVALUATIONS
from .residue_names import restored
from .scoring import score_file
from .torus import PERIOD

OPERATION = "ramachandran.compare_models"
WORSE, SAME, BETTER = "worse", "same", "better"
UNMATCHED = "unmatched"
ANOTHER = "another residue"
NO_ANGLES = "no angles"
ABSENT = "no such residue"
SIDES = ("before", "after")

Model = str | PathLike[str] | pd.DataFrame
Floats = npt.NDArray[np.float64]

_KEY = ["chain", "resseq", "icode", "instance"]
_SIDED = ["model", "where", "phi", "psi", "omega", "category", "score", "evaluation", "finding"]
COLUMNS = [
    *("chain", "resseq", "icode", "instance", "resname", "change", "delta_phi", "delta_psi", "distance", "delta_score"),
    *(f"{name}_{side}" for name in _SIDED for side in SIDES),
]
"""Of the table of changes."""


def compare_models(
    before: Model,
    after: Model,
    *,
    before_model: str | int | None = None,
    after_model: str | int | None = None,
    chains: Mapping[str, str] | None = None,
    reference: Any = "top8000",
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the backbone of two models of one protein.

    Parameters
    ----------
    before, after : path or DataFrame
        A structure file, or residues as `validate` returns them. Both may be the same file.
    before_model, after_model : str or int, optional
        Which model of each, if it has several. By default models are matched by their numbers.
    chains : mapping of str to str, optional
        What chains of `before` are called in `after`; the others have the same name in both.
    reference : str or Dataset
        Which empirical reference; for files.
    **options
        Passed to `backbone_angles`: ``max_bond``, ``modified``, ``chirality``, ``min_plddt``, ``rings``; for
        files.

    Returns
    -------
    changes : DataFrame
        A row for each residue that both sides have: chain resseq icode instance resname, ``change`` ("worse", "same",
        "better"), ``delta_phi delta_psi`` in (-180, 180] and their ``distance``, degrees, ``delta_score``; then model
        where phi psi omega category score evaluation finding, each ``_before`` and ``_after``.
    unmatched : DataFrame
        A row for each other residue: ``side`` ("before", "after", "both") file where reason detail.

    Raises
    ------
    ReadError, FileNotFoundError
        If a file cannot be read.
    UsageError
        If a model or a chain is none of those there are, or a side has several models and the other has one.
    ValueError
        If no residue is on both sides.

    Examples
    --------
    >>> from .io import example
    >>> from .run import validate
    >>> residues, _ = validate(example("1a8o"))
    >>> moved = residues.assign(phi=residues["phi"] - 350.0)
    >>> changes, unmatched = compare_models(residues, moved)
    >>> len(changes), changes["delta_phi"].round(6).unique().tolist(), len(unmatched)
    (68, [10.0], 0)
    """
    first = _side(before, "before", before_model, reference, options)
    second = _side(after, "after", after_model, reference, options)
    several = _check_models(first.residues, second.residues)
    key = ["model", *_KEY] if several else _KEY
    first = _renamed(first, second, chains or {})
    merged = _merged(first.residues, second.residues, key)
    in_both = merged["sides"] == "both"
    same_residue = merged["parent_before"] == merged["parent_after"]
    matched = merged[in_both & same_residue]
    if matched.empty:
        raise ValueError(f"{OPERATION}: no residue is in both models; {_what_there_is(first, second)}")
    only_before = merged[merged["sides"] == "left_only"]
    only_after = merged[merged["sides"] == "right_only"]
    scored = set(merged[key].itertuples(index=False, name=None))
    unmatched = [
        *_missing(only_before, "before", key, second.skipped),
        *_missing(only_after, "after", key, first.skipped),
        *_other_residues(merged[in_both & ~same_residue]),
        *_without_angles(scored, (first.skipped, second.skipped), key),
    ]
    return _changes(matched.rename(columns={"model": "model_before"})), as_skipped(unmatched)


def summarise_changes(changes: pd.DataFrame) -> dict[str, Any]:
    """Count what `compare_models` found.

    Parameters
    ----------
    changes : DataFrame

    Returns
    -------
    dict
        ``matched worse better same mean_distance largest_distance`` (degrees), and ``labels``: how many residues of
        each label before have each label after.

    Examples
    --------
    >>> from .io import example
    >>> changes, _ = compare_models(example(), example())
    >>> found = summarise_changes(changes)
    >>> found["matched"], found["same"], found["labels"]["Favored"]
    (68, 68, {'Favored': 67, 'Allowed': 0, 'OUTLIER': 0})
    """
    names = EVALUATIONS[::-1]
    labels: dict[str, dict[str, int]] = {}
    for before in names:
        rows = changes[changes["evaluation_before"] == before]
        labels[before] = {after: int((rows["evaluation_after"] == after).sum()) for after in names}
    return {
        "matched": len(changes),
        **{change: int((changes["change"] == change).sum()) for change in (WORSE, BETTER, SAME)},
        "mean_distance": float(changes["distance"].mean()),
        "largest_distance": float(changes["distance"].max()),
        "labels": labels,
    }


def parse_chains(text: str) -> dict[str, str]:
    """Read what chains are called on the other side, as a command has it.

    Parameters
    ----------
    text : str
        Such as ``A=B,C=D``: chain A before is chain B after.

    Returns
    -------
    dict of str to str

    Raises
    ------
    UsageError

    Examples
    --------
    >>> parse_chains("A=B,C=D")
    {'A': 'B', 'C': 'D'}
    """
    named = {}
    for part in text.split(","):
        before, equals, after = part.strip().partition("=")
        if not equals:
            raise UsageError(f"--chains {text}: {part!r} is no pair of chains; write A=B,C=D")
        named[before] = after
    return named


def turn(before: Any, after: Any) -> Any:
    """Return the change of angles on the circle: after minus before, in (-180, 180].

    Parameters
    ----------
    before, after : float or array
        Degrees.

    Returns
    -------
    float or array

    Examples
    --------
    >>> turn(170.0, -170.0), turn(-170.0, 170.0), turn(0.0, 180.0), turn(0.0, -180.0)
    (20.0, -20.0, 180.0, 180.0)
    """
    half = PERIOD / 2
    return half - (half - (after - before)) % PERIOD


class _Side(NamedTuple):
    """The residues of one side, one conformer each, and what was skipped of it."""

    residues: pd.DataFrame
    skipped: pd.DataFrame

    def where(self, column: str, name: str) -> _Side:
        return _Side(self.residues[self.residues[column] == name], self.skipped[self.skipped[column] == name])

    def names(self, column: str) -> list[str]:
        """Return what occurs in a column, in the order of the file."""
        return list(dict.fromkeys([*self.residues[column], *self.skipped[column]]))


def _side(model: Model, side: str, number: str | int | None, reference: Any, options: Mapping[str, Any]) -> _Side:
    if isinstance(model, pd.DataFrame):
        residues = restored(model)
        skipped = pd.DataFrame(columns=pd.Index(["file", "where", "reason", "detail", "model", *_KEY]))
    else:
        residues, skipped = score_file(model, reference, options)
    best = residues[residues["best"].astype(bool)]
    found = _Side(best.astype({"category": str, "evaluation": str}), skipped)
    if number is None:
        return found
    name = str(number)
    known = found.names("model")
    if name not in known:
        raise UsageError(f"{OPERATION}: {side}_model {name!r} is not there; its models are {_listed(known)}")
    return found.where("model", name)


def _check_models(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    """Return whether residues are matched by model too; refuse one model against several."""
    has_several = {side: table["model"].nunique() > 1 for side, table in zip(SIDES, (first, second), strict=True)}
    if has_several["before"] == has_several["after"]:
        return has_several["before"]
    side = "before" if has_several["before"] else "after"
    models = (first if side == "before" else second)["model"].unique()
    found = f"{side} has {len(models)} models, and the other side has one"
    raise UsageError(f"{OPERATION}: {found}; say {side}_model={models[0]!r} (--{side}-model {models[0]})")


def _renamed(first: _Side, second: _Side, chains: Mapping[str, str]) -> _Side:
    """Give the chains of `before` the names that they have in `after`."""
    for side, names, found in (("before", chains.keys(), first), ("after", chains.values(), second)):
        known = found.names("chain")
        for name in names:
            if name not in known:
                raise UsageError(f"{OPERATION}: no chain {name!r} {side}; its chains are {_listed(known)}")
    if len(set(chains.values())) < len(chains):
        raise UsageError(f"{OPERATION}: two chains before are one chain after in {dict(chains)}; name each once")
    # a chain whose name another one takes has no partner
    free = {name: f"{name} before" for name in chains.values() if name not in chains}
    new_name = {**free, **chains}
    residues = first.residues.assign(chain=[new_name.get(name, name) for name in first.residues["chain"]])
    skipped = first.skipped.assign(chain=[new_name.get(name, name) for name in first.skipped["chain"]])
    return _Side(residues, skipped)


def _merged(first: pd.DataFrame, second: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the residues of both sides side by side, in the order of `before`, then of `after`."""
    columns = list(dict.fromkeys([*key, "file", "resname", "parent", *_SIDED]))
    before = first[columns].assign(place=np.arange(len(first)))
    after = second[columns].assign(place=np.arange(len(second)))
    merged = before.merge(after, on=key, how="outer", suffixes=("_before", "_after"), indicator="sides")
    return merged.sort_values(["place_before", "place_after"], ignore_index=True)


def _changes(matched: pd.DataFrame) -> pd.DataFrame:
    rank = {name: k for k, name in enumerate(EVALUATIONS)}
    rise = matched["evaluation_after"].map(rank) - matched["evaluation_before"].map(rank)
    delta_phi = turn(matched["phi_before"], matched["phi_after"])
    delta_psi = turn(matched["psi_before"], matched["psi_after"])
    changes = matched.assign(
        resname=matched["resname_before"],
        change=np.select([rise < 0, rise > 0], [WORSE, BETTER], SAME),
        delta_phi=delta_phi,
        delta_psi=delta_psi,
        distance=np.hypot(delta_phi, delta_psi),
        delta_score=matched["score_after"] - matched["score_before"],
    )
    if "model_after" not in changes:
        changes["model_after"] = changes["model_before"]
    return changes[COLUMNS].reset_index(drop=True)


def _missing(rows: pd.DataFrame, side: str, key: list[str], skipped: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each residue that only one side has, and why the other has not."""
    other = SIDES[1 - SIDES.index(side)]
    why = _reasons(skipped, key)
    missing = []
    for row in rows.to_dict("records"):
        reason = why.get(tuple(row[name] for name in key))
        detail = f"{other}: {reason or ABSENT}"
        found = {"side": side, "file": row[f"file_{side}"], "where": row[f"where_{side}"]}
        missing.append({**found, "reason": UNMATCHED, "detail": detail})
    return missing


def _other_residues(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found = []
    for row in rows.to_dict("records"):
        detail = f"{row['resname_before']} before, {row['resname_after']} after"
        shared = {"side": "both", "file": row["file_after"], "where": row["where_after"]}
        found.append({**shared, "reason": ANOTHER, "detail": detail})
    return found


def _without_angles(scored: set[tuple[Any, ...]], skipped: tuple[pd.DataFrame, ...], key: list[str]) -> list[Any]:
    """Return a row for each residue that has angles on neither side."""
    why = [_reasons(table, key) for table in skipped]
    found = {}
    for table in skipped:
        for row in table.to_dict("records"):
            place = tuple(row[name] for name in key)
            if place in scored or place in found:
                continue
            told = [f"{side}: {of_side.get(place, ABSENT)}" for side, of_side in zip(SIDES, why, strict=True)]
            there = [side for side, of_side in zip(SIDES, why, strict=True) if place in of_side]
            side = "both" if len(there) > 1 else there[0]
            shared = {"side": side, "file": row["file"], "where": row["where"]}
            found[place] = {**shared, "reason": NO_ANGLES, "detail": "; ".join(told)}
    return list(found.values())


def _reasons(skipped: pd.DataFrame, key: list[str]) -> dict[tuple[Any, ...], str]:
    return {tuple(row[name] for name in key): _reason(row) for row in skipped.to_dict("records")}


def _reason(row: Mapping[Any, Any]) -> str:
    return f"{row['reason']} ({row['detail']})" if row["detail"] else str(row["reason"])


def _what_there_is(first: _Side, second: _Side) -> str:
    """Return the chains of both sides, and how to match those that have other names."""
    said = []
    for side, found in zip(SIDES, (first, second), strict=True):
        files = ", ".join(file_name(file) for file in found.names("file"))
        said.append(f"{side} ({files}) has the chains {_listed(found.names('chain'))}")
    return f"{'; '.join(said)}; if only names differ, say chains={{'A': 'B'}} (--chains A=B)"


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:20]) or "none"

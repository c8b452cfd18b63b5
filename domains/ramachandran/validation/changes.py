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

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._skipped import as_skipped
from ..empirical import EVALUATIONS
from ..torus import PERIOD
from .sides import KEY, OPERATION, SIDES, Model, have_several_models, read_side, renamed, unmatched_rows, what_there_is

WORSE, SAME, BETTER = "worse", "same", "better"

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

    Warns
    -----
    UserWarning
        If most residues of one place are others on the other side.

    See Also
    --------
    validate : Score the backbone of structures residue by residue.
    plot_changes : Draw how residues moved over the empirical regions.
    summarise_models : Compare the models of ensembles: the best, the mean, the spread.

    Examples
    --------
    >>> from ..regions.io import example
    >>> from ..run import validate
    >>> residues, _ = validate(example("1a8o"))
    >>> moved = residues.assign(phi=residues["phi"] - 350.0)
    >>> changes, unmatched = compare_models(residues, moved)
    >>> len(changes), changes["delta_phi"].round(6).unique().tolist(), len(unmatched)
    (68, [10.0], 0)
    """
    first = read_side(before, "before", before_model, reference, options)
    second = read_side(after, "after", after_model, reference, options)
    key = list(KEY)
    if have_several_models(first, second):
        key.insert(0, "model")
    first = renamed(first, second, chains or {})
    merged = _merged(first.residues, second.residues, key)
    are_matched = (merged["sides"] == "both") & (merged["parent_before"] == merged["parent_after"])
    if not are_matched.any():
        raise ValueError(f"{OPERATION}: no residue is in both models; {what_there_is(first, second)}")
    _warn_of_another_protein(int((merged["sides"] == "both").sum()), int(are_matched.sum()))
    changes = _changes(merged[are_matched].rename(columns={"model": "model_before"}))
    return changes, as_skipped(unmatched_rows(first, second, merged, key))


def summarise_changes(changes: pd.DataFrame) -> dict[str, Any]:
    """Count what `compare_models` found.

    Parameters
    ----------
    changes : DataFrame

    Returns
    -------
    dict
        ``matched worse better same mean_distance largest_distance`` (degrees), ``farthest``, the residue that moved
        so far, and ``labels``: how many residues of each label before have each label after.

    Examples
    --------
    >>> from ..regions.io import example
    >>> changes, _ = compare_models(example(), example())
    >>> found = summarise_changes(changes)
    >>> found["matched"], found["same"], found["labels"]["Favored"]
    (68, 68, {'Favored': 67, 'Allowed': 0, 'OUTLIER': 0})
    """
    names = EVALUATIONS[::-1]
    labels = pd.crosstab(changes["evaluation_before"], changes["evaluation_after"])
    labels = labels.reindex(index=names, columns=names, fill_value=0)
    found: dict[str, Any] = {"matched": len(changes)}
    for change in (WORSE, BETTER, SAME):
        found[change] = int((changes["change"] == change).sum())
    found["mean_distance"] = float(changes["distance"].mean())
    found["largest_distance"] = float(changes["distance"].max())
    found["farthest"] = changes["where_after"].iloc[int(np.argmax(changes["distance"]))]
    found["labels"] = labels.to_dict("index")
    return found


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


def _warn_of_another_protein(n_of_one_place: int, n_of_one_name: int) -> None:
    if 2 * n_of_one_name >= n_of_one_place:
        return
    found = f"of {n_of_one_place} residues with one place in both models only {n_of_one_name} have one name"
    warnings.warn(
        f"{OPERATION}: {found}: another protein, or shifted numbers; compare models that number one sequence alike",
        stacklevel=3,
    )


def _merged(first: pd.DataFrame, second: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return the residues of both sides side by side, in the order of `before`, then of `after`."""
    columns = list(dict.fromkeys([*key, "file", "resname", "parent", *_SIDED]))
    before = first[columns].assign(place=np.arange(len(first)))
    after = second[columns].assign(place=np.arange(len(second)))
    merged = before.merge(after, on=key, how="outer", suffixes=("_before", "_after"), indicator="sides")
    return merged.sort_values(["place_before", "place_after"], ignore_index=True)


def _changes(matched: pd.DataFrame) -> pd.DataFrame:
    """Return what changed of each residue that both sides have."""
    delta_phi = turn(matched["phi_before"], matched["phi_after"])
    delta_psi = turn(matched["psi_before"], matched["psi_after"])
    changes = matched.assign(
        resname=matched["resname_before"],
        change=_change(matched["evaluation_before"], matched["evaluation_after"]),
        delta_phi=delta_phi,
        delta_psi=delta_psi,
        distance=np.hypot(delta_phi, delta_psi),
        delta_score=matched["score_after"] - matched["score_before"],
    )
    if "model_after" not in changes:
        changes["model_after"] = changes["model_before"]
    return changes[COLUMNS].reset_index(drop=True)


def _change(before: pd.Series[Any], after: pd.Series[Any]) -> np.ndarray:
    """Return whether labels fell, rose, or are the same."""
    rank = {name: k for k, name in enumerate(EVALUATIONS)}
    rise = after.map(rank) - before.map(rank)
    return np.select([rise < 0, rise > 0], [WORSE, BETTER], SAME)

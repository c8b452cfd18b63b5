"""Residues counted: by file, by model, by chain, and over the models of an ensemble.

Conventions
-----------
- ``total`` and the columns without a prefix count as MolProbity's summary does. ``best_`` counts the conformer of
  highest occupancy at each position, ``all_`` every conformer.
- The models of an ensemble are judged one by one. The *best* has the highest share of favored residues; of several, the
  lowest share of outliers; of several, it is the first. The spread is the standard deviation over the models, n - 1 in
  its denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._skipped import OF_WHOLE_INPUTS
from ..empirical import EVALUATIONS
from ..structures.atoms import Ints, Objects
from .findings import DUPLICATE_ID, NOT_MODELLED, POSITION, marks

KEYS = ("file", "model", "chain", "category")
"""What residues are counted by."""
SHARES = ("favored_percent", "outlier_percent")
"""What is compared over models."""


def check_keys(by: str | Iterable[str]) -> list[str]:
    """Return what residues are counted by, as a list.

    Raises
    ------
    UsageError
        If one is none of `KEYS`.

    Examples
    --------
    >>> check_keys("file")
    ['file']
    >>> check_keys(["file", "residue"])
    Traceback (most recent call last):
    domains._checks.UsageError: ramachandran.summarise: by must be of 'file', 'model', ...; got 'residue'
    """
    keys = [by] if isinstance(by, str) else list(by)
    listed = ", ".join(repr(key) for key in KEYS)
    for key in keys:
        if key not in KEYS:
            raise UsageError(f"ramachandran.summarise: by must be of {listed}; got {key!r}")
    if not keys:
        raise UsageError(f"ramachandran.summarise: by is empty; name at least one of {listed}")
    return keys


def count(residues: pd.DataFrame, skipped: pd.DataFrame | None, keys: list[str]) -> pd.DataFrame:
    """Count residues, a row for each combination of keys in the order of the tables.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns it.
    skipped : DataFrame, optional
        Likewise.
    keys : list of str
        Of `KEYS`.

    Returns
    -------
    DataFrame
        See `summarise`.

    Examples
    --------
    >>> from ..regions.io import example
    >>> from ..run import validate
    >>> count(*validate(example("1a28")), ["chain"])[["chain", "total", "outlier"]].values.tolist()
    [['A', 249, 0], ['B', 247, 3]]
    """
    if skipped is None or not set(keys) <= set(skipped):
        skipped = pd.DataFrame(columns=pd.Index([*keys, "reason", "detail"]), dtype=object)
    both = pd.concat([residues[keys].astype(str), skipped[keys].astype(str)], ignore_index=True)
    grouped = both.groupby(keys, sort=False)
    group: Ints = grouped.ngroup().to_numpy().astype(np.int64)
    of_residues = group[: len(residues)]
    of_skipped = group[len(residues) :]
    table = both.drop_duplicates(ignore_index=True)
    n_groups = len(table)

    counts: dict[str, Any] = {}
    denominators = {"": residues["counted"], "best_": residues["best"], "all_": residues["counted"] | True}
    for prefix, rows in denominators.items():
        chosen = rows.to_numpy(bool)
        counts |= _evaluations(residues["evaluation"][chosen], of_residues[chosen], n_groups, prefix)
    counts |= _findings([(residues, of_residues), (skipped, of_skipped)], n_groups)
    whole = skipped["reason"].isin(OF_WHOLE_INPUTS).to_numpy(bool)
    repeated = (skipped["reason"] == DUPLICATE_ID).to_numpy(bool)
    counts["duplicate_id"] = counts["duplicate_id"] + _number(of_skipped[repeated], n_groups)
    if set(keys) <= {"file", "chain"} and NOT_MODELLED in skipped.attrs:
        counts["not_modelled"] = _not_modelled(table, residues, skipped)
    counts["skipped"] = _number(of_skipped[~whole], n_groups)
    counts["error"] = _first_details(skipped["detail"][whole], of_skipped[whole], n_groups)
    return table.assign(**counts)


def over_models(by_model: pd.DataFrame) -> pd.DataFrame:
    """Compare the models of each file, a row for each file with several.

    Parameters
    ----------
    by_model : DataFrame
        `count` by file and model.

    Returns
    -------
    DataFrame
        ``file models best_model``, then ``best_… mean_… spread_… lowest_… highest_…`` of `SHARES`.

    Examples
    --------
    >>> shares = {"favored_percent": [90.0, 100.0], "outlier_percent": [0.0, 0.0]}
    >>> by_model = pd.DataFrame({"file": "a.pdb", "model": ["1", "2"], "error": "", **shares})
    >>> over_models(by_model)[["best_model", "mean_favored_percent", "lowest_favored_percent"]].values.tolist()
    [['2', 95.0, 90.0]]
    """
    rows = []
    of_models = by_model[by_model["model"] != ""]
    for file, models in of_models.groupby("file", sort=False):
        if len(models) > 1:
            rows.append({"file": file, "models": len(models), **_spread(models)})
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=pd.Index(["file", "models", "best_model"]))


def _evaluations(evaluation: pd.Series, group: Ints, n_groups: int, prefix: str) -> dict[str, Any]:
    """Return the number of residues in each group, of each evaluation from the best on, and their percentages."""
    label = np.asarray(evaluation)
    counts = {name.lower(): _number(group[label == name], n_groups) for name in reversed(EVALUATIONS)}
    total = np.sum(list(counts.values()), axis=0)
    columns: dict[str, Any] = {f"{prefix}total": total}
    for name, n in counts.items():
        columns[f"{prefix}{name}"] = n
    for name, n in counts.items():
        percent = np.full(n_groups, np.nan)
        columns[f"{prefix}{name}_percent"] = np.divide(100.0 * n, total, out=percent, where=total > 0)
    return columns


def _findings(tables: Iterable[tuple[pd.DataFrame, Ints]], n_groups: int) -> dict[str, Any]:
    """Return the number of residues of each finding in each group; a residue counts once, whatever its conformers."""
    marked: dict[str, list[pd.DataFrame]] = {}
    for table, group in tables:
        # a table of another hand may not say what is odd
        if "finding" not in table:
            continue
        for name, rows in marks(table).items():
            marked.setdefault(name, []).append(table.loc[rows, list(POSITION)].assign(group=group[rows]))
    columns = {}
    for name, found in marked.items():
        once = pd.concat(found).drop_duplicates()
        columns[name] = _number(once["group"].to_numpy(np.int64), n_groups)
    return columns


def _not_modelled(table: pd.DataFrame, residues: pd.DataFrame, skipped: pd.DataFrame) -> Ints:
    """Return how many residues of the sequences of each row's file or chain have no atoms."""
    by_file = skipped.attrs[NOT_MODELLED]
    if not all(isinstance(chains, Mapping) for chains in by_file.values()):
        # of one file
        names = [*residues["file"][:1], *skipped["file"][:1]]
        by_file = {names[0]: by_file}
    numbers = np.zeros(len(table), dtype=np.int64)
    for i, row in enumerate(table.to_dict("records")):
        of_files = [by_file.get(row["file"], {})] if "file" in row else by_file.values()
        for chains in of_files:
            numbers[i] += chains.get(row["chain"], 0) if "chain" in row else sum(chains.values())
    return numbers


def _number(group: Ints, n_groups: int) -> Ints:
    return np.bincount(group, minlength=n_groups)


def _first_details(detail: pd.Series, group: Ints, n_groups: int) -> Objects:
    """Return the first detail of each group, "" for none."""
    first = np.full(n_groups, "", dtype=object)
    # from the last on: the first is written last
    for text, place in zip(detail.tolist()[::-1], group.tolist()[::-1], strict=True):
        first[place] = str(text)
    return first


def _spread(models: pd.DataFrame) -> Mapping[str, Any]:
    order = models.sort_values(list(SHARES), ascending=[False, True], kind="stable")
    best = order.iloc[0]
    row: dict[str, Any] = {"best_model": best["model"]}
    for share in SHARES:
        values = models[share]
        row[f"best_{share}"] = best[share]
        row[f"mean_{share}"] = values.mean()
        row[f"spread_{share}"] = values.std(ddof=1)
        row[f"lowest_{share}"] = values.min()
        row[f"highest_{share}"] = values.max()
    return row

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

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .._checks import UsageError
from .._skipped import OF_WHOLE_INPUTS
from .empirical import EVALUATIONS
from .findings import count_findings

KEYS = ("file", "model", "chain", "category")
"""What residues are counted by."""
SHARES = ("favored_percent", "outlier_percent")
"""What is compared over models."""

_NO_SKIPPED = ["file", "model", "chain", "reason", "detail"]


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


def count(residues: pd.DataFrame, skipped: pd.DataFrame | None, keys: Sequence[str]) -> pd.DataFrame:
    """Count residues, a row for each combination of keys in the order of the tables.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns it.
    skipped : DataFrame, optional
        Likewise.
    keys : sequence of str
        Of `KEYS`.

    Returns
    -------
    DataFrame
        See `summarise`.

    Examples
    --------
    >>> from .io import example
    >>> from .run import validate
    >>> count(*validate(example("1a28")), ["chain"])[["chain", "total", "outlier"]].values.tolist()
    [['A', 249, 0], ['B', 247, 3]]
    """
    none_skipped = pd.DataFrame(columns=pd.Index(_NO_SKIPPED), dtype=object) if skipped is None else skipped
    shared = [key for key in keys if key in none_skipped]
    rows_of = _groups(residues, keys)
    skipped_of = _groups(none_skipped, keys) if shared == list(keys) else {}
    rows = []
    for key in dict.fromkeys([*rows_of, *skipped_of]):
        counted = _counts(rows_of.get(key, residues[:0]), skipped_of.get(key, none_skipped[:0]))
        rows.append({**dict(zip(keys, key, strict=True)), **counted})
    if not rows:
        return pd.DataFrame(columns=pd.Index([*keys, *_counts(residues, none_skipped)]))
    return pd.DataFrame(rows)


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


def _groups(table: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[Hashable, ...], pd.DataFrame]:
    if table.empty:
        return {}
    grouped = table.groupby(list(keys), sort=False, observed=True)
    return {key: rows for key, rows in grouped}  # noqa: C416


def _counts(residues: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, Any]:
    whole = skipped["reason"].isin(OF_WHOLE_INPUTS)
    errors = skipped["detail"][whole]
    counted = residues[residues["counted"].astype(bool)]
    best = residues[residues["best"].astype(bool)]
    return {
        **_evaluations(counted["evaluation"], ""),
        **_evaluations(best["evaluation"], "best_"),
        **_evaluations(residues["evaluation"], "all_"),
        **count_findings(residues, skipped),
        "skipped": int((~whole).sum()),
        "error": str(errors.iloc[0]) if len(errors) else "",
    }


def _evaluations(evaluation: pd.Series, prefix: str) -> dict[str, Any]:
    """Return the number of residues, of each evaluation from the best on, and their percentages."""
    counts = {name.lower(): int((evaluation == name).sum()) for name in reversed(EVALUATIONS)}
    total = sum(counts.values())
    row: dict[str, Any] = {f"{prefix}total": total}
    for name, n in counts.items():
        row[f"{prefix}{name}"] = n
    for name, n in counts.items():
        row[f"{prefix}{name}_percent"] = 100 * n / total if total else np.nan
    return row


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

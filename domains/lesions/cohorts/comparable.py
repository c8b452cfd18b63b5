"""Whether two tables of scores were made with the same settings, which each keeps.

Conventions
-----------
- A table of `cohort` or `merge` says its settings, in memory and saved: see `domains.lesions.cohorts.sidecars`.
- Models may differ in what reads their files, in how the cohort was divided, in whether a missing prediction counts,
  and in which labels were scored. A region that both name has the same labels; all else is equal.
- A table that does not say its settings is told, which is no error.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..._checks import UsageError
from ..._records import changed_settings
from .sidecars import SETTINGS

OF_ONE_MODEL = (
    "part",
    "parts",
    "count_missing",
    "as_",
    "reference_as",
    "scale",
    "reference_scale",
    "spacing",
    "axes",
)
"""The settings in which two models may differ."""


def check_comparable(operation: str, tables: Sequence[pd.DataFrame], names: Sequence[str]) -> None:
    """Refuse two tables of scores that say that they were made with other settings.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    tables : sequence of DataFrame
        Both.
    names : sequence of str
        What messages call them.

    Raises
    ------
    UsageError
        If a setting differs in which models may not.

    Warns
    -----
    UserWarning
        If a table does not say its settings.
    """
    first, second = tables
    a = known_settings(first)
    b = known_settings(second)
    if a is None or b is None:
        _warn_of_unknown(operation, tables, names)
        return
    changed = changed_settings(*shared_settings(a, b))
    if changed:
        raise UsageError(
            f"{operation}: {names[1]} was scored with other settings than {names[0]} ({changed}): score it again with "
            f"those of {names[0]}, with another --out"
        )


def known_settings(scores: pd.DataFrame) -> Mapping[str, Any] | None:
    """Return what a table of scores was made with; None if it does not say so.

    Examples
    --------
    >>> known_settings(pd.DataFrame({"dice": [0.5]})) is None
    True
    """
    settings = scores.attrs.get(SETTINGS)
    return settings if isinstance(settings, Mapping) else None


def _warn_of_unknown(operation: str, tables: Sequence[pd.DataFrame], names: Sequence[str]) -> None:
    unknown = [name for name, table in zip(names, tables, strict=True) if known_settings(table) is None]
    warnings.warn(
        f"{operation}: the settings of {' and '.join(unknown)} are not known, so that they may be other ones: keep the "
        ".settings.json of a table beside it and read it with read_scores, or score it again",
        stacklevel=4,
    )


def shared_settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings of two tables that are equal where their scores can be compared.

    Examples
    --------
    >>> a = {"level": 0.5, "axes": "zyx", "labels": {"core": [1, 4], "whole": [1, 2, 4]}}
    >>> b = {"level": 0.7, "axes": None, "labels": {"core": [4, 1]}}
    >>> shared_settings(a, b)
    ({'level': 0.5, 'labels': {'core': [1, 4]}}, {'level': 0.7, 'labels': {'core': [1, 4]}})
    """
    kept_a = {name: value for name, value in a.items() if name not in OF_ONE_MODEL}
    kept_b = {name: value for name, value in b.items() if name not in OF_ONE_MODEL}
    regions_a = _regions(kept_a.pop("labels", None))
    regions_b = _regions(kept_b.pop("labels", None))
    kept_a["labels"] = {name: regions_a[name] for name in regions_a if name in regions_b}
    kept_b["labels"] = {name: regions_b[name] for name in regions_a if name in regions_b}
    return kept_a, kept_b


def _regions(labels: Any) -> dict[str, list[int]]:
    """Return the labels of each region, in order; none where labels are scored one by one."""
    if not isinstance(labels, Mapping):
        return {}
    return {name: sorted(members) for name, members in labels.items()}

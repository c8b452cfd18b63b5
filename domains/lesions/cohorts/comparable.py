"""Whether two tables of scores were made with the same settings, by the records beside them.

Conventions
-----------
- A table holds no settings: the records beside it do, as `cohort` keeps them.
- Models may differ in what reads their files, in how the cohort was divided, in whether a missing prediction counts,
  and in which labels were scored. A region that both name has the same labels; all else is equal.
- Without readable records of this version, the settings of a table are not known, which is no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..._checks import UsageError
from ..._records import changed_settings, read_settings
from ..._text import file_name
from .cohorts import JOB
from .saving import records_beside

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


def check_comparable(operation: str, a: Path, b: Path) -> None:
    """Refuse two tables of scores whose records say that they were made with other settings.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    a, b : Path
        The tables.

    Raises
    ------
    UsageError
        If a setting differs in which models may not.
    """
    settings_a = known_settings(a)
    settings_b = known_settings(b)
    if settings_a is None or settings_b is None:
        return
    changed = changed_settings(*shared_settings(settings_a, settings_b))
    if changed:
        raise UsageError(
            f"{operation}: {file_name(b)} was scored with other settings than {file_name(a)} ({changed}): score it "
            f"again with those of {file_name(a)}, with another --out"
        )


def known_settings(table: Path) -> Mapping[str, Any] | None:
    """Return what a table of scores was made with; None if no records beside it say so.

    Examples
    --------
    >>> known_settings(Path("nowhere.csv")) is None
    True
    """
    records = records_beside(table)
    if records is None:
        return None
    try:
        return read_settings(records, JOB)
    except (UsageError, OSError):
        return None


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

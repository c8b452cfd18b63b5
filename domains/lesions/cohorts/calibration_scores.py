"""The calibration of a cohort: what is known of each case, and what all cases say together.

Conventions
-----------
- A case has its errors and its reliability table, a few numbers for each bin. The bins of all cases are added up: see
  `pool_calibration`. No map is kept.
- All voxels count, or those whose prediction exceeds a value: background that nobody doubts makes every error small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from ..._batch import Outcome
from ..._skipped import UNPAIRED
from ..comparison.comparison import side_without_place
from ..comparison.layers import named_masks
from ..decisions.calibrated import ERRORS, TABLE, calibration, pool_calibration
from ..images.places import BORROWED
from ..images.resampling import in_one_field
from .cohorts import GROUP, Pair, labels_of, read_case

OPERATION = "lesions.cohort_calibration"
COLUMNS = ["case", GROUP, "label", "voxels", *ERRORS, "missing", "error"]
BINS = "bins"
"""What the record of a case calls its reliability table."""


@dataclass(frozen=True, kw_only=True)
class BinSettings:
    """Into which bins probabilities fall, and which voxels count; see `calibration`.

    Parameters
    ----------
    n_bins : int
        Bins of equal width.
    closed : {"right", "left"}
        Which end a bin has.
    above : float, optional
        Only voxels whose prediction is greater count.
    """

    n_bins: int = 15
    closed: Literal["right", "left"] = "right"
    above: float | None = None


def calibrate_case(pair: Pair) -> list[dict[str, Any]]:
    """Return the calibration of a case: a row for each label, as plain data.

    Raises
    ------
    CaseError
        As `read_case`.
    """
    settings: BinSettings = pair.rules.settings
    predicted, reference, counts = read_case(pair)
    place = side_without_place(predicted, reference)
    predicted, reference = in_one_field(predicted, reference)
    labels = labels_of(pair.rules, predicted, reference)
    rows = []
    for label, a, b in named_masks(predicted, reference, labels):
        where = _counted(a, counts, settings.above)
        report = calibration(a, b, n_bins=settings.n_bins, closed=settings.closed, where=where)
        errors = {name: float(report[name]) for name in ERRORS}
        bins = {name: report[name].values.tolist() for name in TABLE}
        voxels = int(report["count"].sum())
        rows.append({"label": str(label), "voxels": voxels, **errors, "missing": 0, BORROWED: place, BINS: bins})
    return rows


def calibration_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return the errors of all cases: a row for each case and label, and for each case that failed.

    Examples
    --------
    >>> row = {"label": "1", "voxels": 8, "brier": 0.1, "ece": 0.2, "ace": 0.2, "mce": 0.3, "missing": 0}
    >>> calibration_table([Outcome("b", [row]), Outcome("a", error="cut off")])[["case", "ece", "error"]]
      case  ece    error
    0    a  NaN  cut off
    1    b  0.2
    """
    rows = []
    for outcome in outcomes:
        shared = {"case": outcome.case, GROUP: outcome.about.get(GROUP, ""), "error": outcome.error}
        if outcome.error:
            is_missing = int(outcome.details.get("reason") == UNPAIRED)
            rows.append({**shared, "label": "", "missing": is_missing})
            continue
        rows.extend({**shared, **row} for row in outcome.result)
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers: Any = {"voxels": "Int64", "missing": "Int64", **dict.fromkeys(ERRORS, float)}
    return table.astype(numbers).sort_values(["case", "label"], kind="stable", ignore_index=True)


def pooled_by_label(outcomes: Iterable[Outcome], settings: BinSettings) -> xr.Dataset:
    """Return the calibration of a cohort along ``label``, each as `pool_calibration` has it; empty if all cases failed.

    Parameters
    ----------
    outcomes : iterable of Outcome
        What became of the cases.
    settings : BinSettings
        The same for all.
    """
    rows: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.case):
        for row in outcome.result or []:
            rows.setdefault(row["label"], []).append((outcome.case, row))
    labels = sorted(rows)
    pooled = [pool_calibration(_as_report(rows[label], settings)) for label in labels]
    if not pooled:
        return xr.Dataset()
    n_cases = xr.DataArray([len(rows[label]) for label in labels], dims="label")
    together = xr.concat(pooled, "label", data_vars="all", combine_attrs="drop_conflicts")
    return together.assign(n_cases=n_cases).assign_coords(label=labels)


def _as_report(rows: list[tuple[str, dict[str, Any]]], settings: BinSettings) -> xr.Dataset:
    """Return the calibration of the cases of a label as `calibration` returns it of images with cases."""
    errors = {name: ("case", [row[name] for _, row in rows]) for name in ERRORS}
    bins = {name: (("case", "bin"), np.array([row[BINS][name] for _, row in rows], float)) for name in TABLE}
    attrs = {"binning": "width", "closed": settings.closed, "confidence": 0.95}
    return xr.Dataset({**errors, **bins}, {"case": [case for case, _ in rows]}, attrs)


def _counted(predicted: xr.DataArray, counts: xr.DataArray | None, above: float | None) -> xr.DataArray | None:
    """Return which voxels count; None for all."""
    if counts is None and above is None:
        return None
    inside = np.ones(predicted.shape, bool)
    if counts is not None:
        inside &= counts.transpose(*predicted.dims).values
    if above is not None:
        inside &= predicted.values > above
    return predicted.copy(data=inside)

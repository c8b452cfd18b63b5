"""What protocols say of many cases together.

Conventions
-----------
- A score of a scan has a mean over the cases. HD95 also has a median: where a protocol has no penalty, one miss makes
  the mean infinite. A value that is not defined counts in ``n_undefined``, and in no mean.
- ``picai`` and ``froc`` score all scans together, healthy ones too: see `detection_scores`. Nothing is averaged.
- Intervals resample cases, or groups of them (percentile bootstrap).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..protocols import PROTOCOLS, detection_scores
from .protocol_scores import CANDIDATES, EMPTY, is_of_cohorts
from .summaries import Bootstrap, Statistic, interval

OF_ALL_SCANS = {"ap": ("ap", "auroc", "picai"), "cpm": ("cpm",)}
"""The scores of a cohort by the name of what the community ranks by in a scan."""


def summarise_protocol(
    cases: pd.DataFrame, detections: pd.DataFrame, bootstrap: Bootstrap, groups: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a summary for the cases of one label under one protocol.

    Parameters
    ----------
    cases : DataFrame
        The rows of one label and protocol, as `cohort_protocols` returns them.
    detections : DataFrame
        Their candidates and missed lesions.
    bootstrap : Bootstrap
        How intervals are made.
    groups : array of int, optional
        The group of each row.
    """
    protocol = str(cases["protocol"].iloc[0])
    if is_of_cohorts(protocol):
        return _over_all_scans(cases, detections)
    rows = []
    for index in PROTOCOLS[protocol].score(EMPTY).values:
        rows.append(_over_cases(cases, index, "mean", bootstrap, groups))
        if index == "hd95":
            rows.append(_over_cases(cases, index, "median", bootstrap, groups))
    return rows


def _over_cases(
    cases: pd.DataFrame, index: str, statistic: Statistic, bootstrap: Bootstrap, groups: np.ndarray | None
) -> dict[str, Any]:
    """Return the row of a mean or a median over cases."""
    values = cases[index].to_numpy(float)
    value, low, high = interval(values, index, bootstrap, groups, statistic)
    n_scored = int((~np.isnan(values)).sum())
    counts = {"n_scored": n_scored, "n_undefined": len(cases) - n_scored}
    return {"index": index, "statistic": statistic, "value": value, "low": low, "high": high, **counts}


def _over_all_scans(cases: pd.DataFrame, detections: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the row of each score of all scans together."""
    by_case: Mapping[Any, pd.DataFrame] = dict(list(detections.groupby("case")))
    nothing = pd.DataFrame(columns=CANDIDATES)
    found = detection_scores([by_case.get(case, nothing) for case in cases["case"]])
    rows = []
    for index in OF_ALL_SCANS[str(cases["score"].iloc[0])]:
        n_scored = 0 if np.isnan(found[index]) else len(cases)
        counts = {"n_scored": n_scored, "n_undefined": len(cases) - n_scored}
        value = {"value": found[index], "low": np.nan, "high": np.nan}
        rows.append({"index": index, "statistic": "all scans", **value, **counts})
    return rows

"""Scores of detections over a cohort: average precision, AUROC, FROC and CPM.

Conventions
-----------
- A case is a table of its candidates and missed lesions, as `detect` makes it; one without any is an empty table, and
  counts as a scan all the same. Equal confidences are admitted together.
- Average precision is the area under the steps of precision over recall, without an envelope (picai_eval's).
- AUROC is by case: the greatest confidence of any candidate, 0 without one, against whether there is a lesion.
- FROC: sensitivity by lesion over false positives per scan. Between its points it is a straight line from (0, 0), and
  beyond the last it stays; CPM is its mean at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives per scan.

References
----------
Saha, A. et al. (2024). Artificial intelligence and radiologists in prostate cancer detection on MRI (PI-CAI). Lancet
Oncol. 25, 879. doi:10.1016/S1470-2045(24)00220-1
Setio, A. A. A. et al. (2017). Validation, comparison, and combination of algorithms for automatic detection of
pulmonary nodules in computed tomography images: the LUNA16 challenge. Med. Image Anal. 42, 1.
doi:10.1016/j.media.2017.06.015
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError

RATES = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
"""False positives per scan at which CPM reads the sensitivity."""

Cases = Mapping[Any, pd.DataFrame] | Sequence[pd.DataFrame]


def detection_scores(cases: Cases, rates: Sequence[float] = RATES) -> dict[str, float]:
    """Score the detections of a cohort.

    Parameters
    ----------
    cases : mapping of str to DataFrame, or sequence of DataFrame
        What `detect` says of each scan, of those without a lesion or a candidate too.
    rates : sequence of float
        False positives per scan at which CPM reads the sensitivity.

    Returns
    -------
    dict
        ``ap`` (average precision), ``auroc`` (NaN unless there are scans with and without a lesion), ``picai`` (the
        mean of the two, the PI-CAI score), ``cpm``, then ``scans lesions found spurious``.

    Raises
    ------
    ValueError
        If there is no case, or a table is not of `detect`.

    See Also
    --------
    detect : Return the candidates of a scan, which lesion each found.
    froc_curve : Return the FROC curve of a cohort.

    Examples
    --------
    >>> rows = {"kind": ["found", "spurious", "missed"], "confidence": [0.9, 0.4, np.nan]}
    >>> healthy = pd.DataFrame({"kind": ["spurious"], "confidence": [0.2]})
    >>> scores = detection_scores([pd.DataFrame(rows), healthy])
    >>> scores["ap"], scores["auroc"], scores["picai"], scores["cpm"]
    (0.5, 1.0, 0.75, 0.5)
    """
    tables = as_tables(cases)
    together = pd.concat(tables, ignore_index=True)
    confidence, is_hit = _ranked(together)
    n_lesions = int(together["kind"].isin(("found", "missed")).sum())
    ap = average_precision(confidence, is_hit, n_lesions)
    area = auroc([_is_positive(table) for table in tables], [_case_confidence(table) for table in tables])
    return {
        "ap": ap,
        "auroc": area,
        "picai": (ap + area) / 2,
        "cpm": _cpm(_curve(together, len(tables)), rates),
        "scans": len(tables),
        "lesions": n_lesions,
        "found": int(is_hit.sum()),
        "spurious": int(len(is_hit) - is_hit.sum()),
    }


def froc_curve(cases: Cases) -> pd.DataFrame:
    """Return the FROC curve of a cohort.

    Parameters
    ----------
    cases : mapping of str to DataFrame, or sequence of DataFrame
        See `detection_scores`.

    Returns
    -------
    DataFrame
        ``confidence false_positives sensitivity``: a row for each confidence that occurs, descending, after the row of
        no candidates at all; false positives per scan, sensitivity NaN without lesions.

    Raises
    ------
    ValueError
        If there is no case, or a table is not of `detect`.

    See Also
    --------
    detection_scores : Score the detections of a cohort.
    detect : Return the candidates of a scan, which lesion each found.

    Examples
    --------
    >>> rows = {"kind": ["found", "spurious", "missed"], "confidence": [0.9, 0.4, np.nan]}
    >>> froc_curve([pd.DataFrame(rows)])[["false_positives", "sensitivity"]].to_numpy().tolist()
    [[0.0, 0.0], [0.0, 0.5], [1.0, 0.5]]
    """
    tables = as_tables(cases)
    return _curve(pd.concat(tables, ignore_index=True), len(tables))


def as_tables(cases: Cases) -> list[pd.DataFrame]:
    """Return the tables of the cases; see `detection_scores`."""
    is_table = isinstance(cases, pd.DataFrame)
    tables = list(cases.values()) if isinstance(cases, Mapping) else list(cases)
    if is_table or not tables:
        raise UsageError(
            "lesions.detection_scores: cases must be a table of detect for each scan, {'case': table} or [table, ...], "
            f"those without any candidate too; got {'one table: pass [table]' if is_table else 'none'}"
        )
    for table in tables:
        if not isinstance(table, pd.DataFrame) or not {"kind", "confidence"} <= set(table.columns):
            raise UsageError(
                "lesions.detection_scores: a case is no table of detect: pass detect(predicted, reference)"
            )
    return tables


def average_precision(confidence: np.ndarray, is_hit: np.ndarray, n_lesions: int) -> float:
    """Return the area under the steps of precision over recall; NaN without lesions."""
    if n_lesions == 0:
        return nan
    hits, candidates = _cumulated(confidence, is_hit)
    steps = np.diff(hits, prepend=0)
    return float(np.sum(steps * (hits / candidates)) / n_lesions)


def auroc(is_positive: Sequence[bool], confidence: Sequence[float]) -> float:
    """Return how often a positive case is surer than a negative one, equals counting half; NaN without either."""
    from scipy.stats import rankdata

    positive = np.array(is_positive, bool)
    n = int(positive.sum())
    n_pairs = n * (len(positive) - n)
    if n_pairs == 0:
        return nan
    rank = rankdata(confidence)
    n_won = rank[positive].sum() - n * (n + 1) / 2
    return float(n_won / n_pairs)


def _ranked(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of each found lesion and spurious candidate, descending, and which is found."""
    counts = table[table["kind"].isin(("found", "spurious"))]
    confidence = counts["confidence"].to_numpy(float)
    order = np.argsort(-confidence, kind="stable")
    is_hit = (counts["kind"] == "found").to_numpy(bool)
    return confidence[order], is_hit[order]


def _cumulated(confidence: np.ndarray, is_hit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the hits and the candidates down to each confidence that occurs."""
    is_last_of_equals = np.append(confidence[1:] != confidence[:-1], True)[: len(confidence)]
    hits = np.cumsum(is_hit)[is_last_of_equals]
    candidates = np.flatnonzero(is_last_of_equals) + 1
    return hits, candidates


def _curve(table: pd.DataFrame, n_scans: int) -> pd.DataFrame:
    confidence, is_hit = _ranked(table)
    n_lesions = int(table["kind"].isin(("found", "missed")).sum())
    hits, candidates = _cumulated(confidence, is_hit)
    sensitivity = np.append(0.0, hits) / n_lesions if n_lesions else np.full(len(hits) + 1, nan)
    return pd.DataFrame(
        {
            "confidence": np.append(np.inf, confidence[candidates - 1]),
            "false_positives": np.append(0.0, (candidates - hits) / n_scans),
            "sensitivity": sensitivity,
        }
    )


def _cpm(curve: pd.DataFrame, rates: Sequence[float]) -> float:
    """Return the mean sensitivity at some false positives per scan."""
    false_positives = curve["false_positives"].to_numpy()
    sensitivity = curve["sensitivity"].to_numpy()
    read = np.interp(rates, false_positives, sensitivity)
    # where several points lie at a rate, the highest is read
    last = np.searchsorted(false_positives, rates, side="right") - 1
    return float(np.mean(np.maximum(read, sensitivity[last])))


def _is_positive(table: pd.DataFrame) -> bool:
    return bool(table["kind"].isin(("found", "missed")).any())


def _case_confidence(table: pd.DataFrame) -> float:
    """Return the greatest confidence of any candidate, 0 without one."""
    return float(table["confidence"].max()) if table["confidence"].notna().any() else 0.0

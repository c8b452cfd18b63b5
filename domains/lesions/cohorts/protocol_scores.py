"""A cohort under the rules of communities: what each says of a case, and the table of all cases.

Conventions
-----------
- The rows of a case are those of `compare_protocols`. Candidates and missed lesions are kept beside them for the
  protocols that are of cohorts, not of scans (``picai``, ``froc``): a row for each, never a map.
- Labels are those of the cohort, if they are not asked for: what one case has is scored in all. A case that lacks it on
  both sides has what a protocol gives for two empty masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from ..._batch import Outcome
from ..._skipped import UNPAIRED
from ..comparison.comparison import side_without_place
from ..comparison.labels import Labels
from ..images.places import BORROWED
from ..protocols import PROTOCOLS, AnyDetection, MaskPair, MatchedDetections, ProtocolScores
from ..protocols.scoring import VALUES, masks_by_label, named_protocols, row_of
from .cohorts import GROUP, Pair, labels_of, read_case

OPERATION = "lesions.cohort_protocols"
COUNTS = ["found", "missed", "spurious", "missing"]
MEASURED = [*VALUES, "f1_small"]
"""The values that a protocol may have: those of `compare_protocols`, and what BraTS says of small lesions."""
SIZES_OF_SIDES = ["size_a", "size_b"]
COLUMNS = ["case", GROUP, "label", "protocol", "score", "value", *COUNTS, *MEASURED, *SIZES_OF_SIDES, "why", "error"]
CANDIDATES = ["kind", "candidate", "lesion", "confidence", "volume", "iou"]
DETECTIONS = ["case", GROUP, "label", "protocol", *CANDIDATES]
NUMBERS: Any = {"candidate": "Int64", "lesion": "Int64", "confidence": float, "volume": float, "iou": float}
KEPT = "candidates"
"""What the record of a case calls its candidates."""
EMPTY = MaskPair(np.zeros((1, 1, 1), bool), np.zeros((1, 1, 1), bool), (1.0, 1.0, 1.0))


@dataclass(frozen=True)
class ProtocolSettings:
    """By which protocols a cohort is scored, and where soft masks are cut (None: predictions are detection maps)."""

    protocols: tuple[str, ...]
    level: float | None = 0.5


def is_of_cohorts(protocol: str) -> bool:
    """Return whether a protocol scores all scans together.

    Examples
    --------
    >>> is_of_cohorts("froc"), is_of_cohorts("cc")
    (True, False)
    """
    return isinstance(PROTOCOLS[protocol], MatchedDetections | AnyDetection)


def score_by_protocols(pair: Pair) -> list[dict[str, Any]]:
    """Return the scores of a case.

    Returns
    -------
    list of dict
        A row for each label and protocol, as plain data.

    Raises
    ------
    CaseError
        As `read_case`.
    """
    settings: ProtocolSettings = pair.rules.settings
    predicted, reference, counts = read_case(pair)
    rules = named_protocols(OPERATION, settings.protocols)
    of_case = {
        "missing": int(pair.case.predicted is None),
        BORROWED: side_without_place(predicted, reference),
    }
    rows = []
    labels = labels_of(pair.rules, predicted, reference)
    for label, masks in masks_by_label(OPERATION, predicted, reference, labels, counts, settings.level):
        shared = {"label": str(label), **of_case, **_sizes(masks)}
        for name, rule in rules.items():
            scores = rule.score(masks)
            row = {**shared, **_row(name, scores)}
            if is_of_cohorts(name):
                row[KEPT] = _plain(scores.lesions)
            rows.append(row)
    return rows


def protocol_table(outcomes: Iterable[Outcome], protocols: Iterable[str], labels: Labels | None = None) -> pd.DataFrame:
    """Return the table of scores: a row for each case, label and protocol, and for each case that failed.

    Parameters
    ----------
    outcomes : iterable of Outcome
        What became of the cases.
    protocols : iterable of str
        Names, in their order.
    labels : sequence of int or mapping, optional
        What was asked for.

    Examples
    --------
    >>> row = {"label": "1", "protocol": "cc", "value": 0.5, "size_a": 2.0, "size_b": 3.0, "missing": 0}
    >>> table = protocol_table([Outcome("a", [row]), Outcome("b", error="cut off"), Outcome("c", [])], ["cc"])
    >>> table[["case", "label", "protocol", "value", "error"]]
      case label protocol  value    error
    0    a     1       cc    0.5
    1    b                   NaN  cut off
    2    c     1       cc    1.0
    """
    names = list(protocols)
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    compared: dict[str, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        shared = {"case": outcome.case, GROUP: outcome.about.get(GROUP, ""), "error": outcome.error}
        if outcome.error:
            is_missing = int(outcome.details.get("reason") == UNPAIRED)
            rows.append({**shared, "label": "", "protocol": "", "score": "", "missing": is_missing, "why": ""})
            continue
        compared[outcome.case] = {**shared, "missing": 0}
        for row in outcome.result:
            compared[outcome.case]["missing"] = row["missing"]
            found[outcome.case, row["label"], row["protocol"]] = {**shared, **row}
    of_nothing = _scores_of_nothing(names)
    for case, label, name in product(compared, _labels(found.values(), labels), names):
        nothing = {**compared[case], "label": label, **of_nothing[name]}
        rows.append(found.get((case, label, name), nothing))
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = dict.fromkeys(["value", *MEASURED, *SIZES_OF_SIDES], float) | dict.fromkeys(COUNTS, "Int64")
    return table.astype(numbers).sort_values(["case", "label"], kind="stable", ignore_index=True)


def detection_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return the candidates and missed lesions of all cases, by label and protocol, as `detect` has them.

    Examples
    --------
    >>> kept = {"kind": ["found"], "candidate": [1], "lesion": [2], "confidence": [0.9], "volume": [8.0], "iou": [0.5]}
    >>> table = detection_table([Outcome("a", [{"label": "1", "protocol": "froc", KEPT: kept}])])
    >>> table[["case", "label", "protocol", "kind", "lesion", "confidence"]].values.tolist()
    [['a', '1', 'froc', 'found', 2, 0.9]]
    """
    rows = []
    for outcome in outcomes:
        for row in outcome.result or []:
            named = {"case": outcome.case, GROUP: outcome.about.get(GROUP, "")}
            named |= {"label": row["label"], "protocol": row["protocol"]}
            kept = row.get(KEPT, {})
            for values in zip(*kept.values(), strict=True):
                rows.append({**named, **dict(zip(kept, values, strict=True))})
    table = pd.DataFrame(rows, columns=DETECTIONS)
    numbers: dict[str, Any] = {
        "candidate": "Int64",
        "lesion": "Int64",
        **dict.fromkeys(["confidence", "volume", "iou"], float),
    }
    return table.astype(numbers).sort_values(["case", "label", "protocol"], kind="stable", ignore_index=True)


def _labels(rows: Iterable[Mapping[str, Any]], asked: Labels | None) -> list[str]:
    """Return the labels that are scored in every case: those asked for, or that some case has."""
    if asked is not None:
        return [str(label) for label in asked]
    named = [row["label"] for row in rows]
    held = [row["label"] for row in rows if row["size_a"] + row["size_b"] > 0]
    return list(dict.fromkeys(held or named))


def _scores_of_nothing(protocols: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what each protocol says of two empty masks."""
    sizes = _sizes(EMPTY)
    return {name: {**sizes, **_row(name, PROTOCOLS[name].score(EMPTY))} for name in protocols}


def _row(protocol: str, scores: ProtocolScores) -> dict[str, Any]:
    """Return what a protocol says of a case, with every value that it has."""
    own = {name: scores.values.get(name, nan) for name in MEASURED}
    return {**row_of(protocol, scores), **own}


def _sizes(masks: MaskPair) -> dict[str, float]:
    """Return the volumes of both masks, mm³ (in 2-D the areas, mm²)."""
    of_voxel = float(np.prod(masks.spacing))
    return {"size_a": float(masks.predicted.sum()) * of_voxel, "size_b": float(masks.reference.sum()) * of_voxel}


def _plain(lesions: pd.DataFrame) -> dict[str, list[Any]]:
    """Return candidates as JSON data, a list for each column; None where there is no number."""
    columns = lesions[CANDIDATES].astype(object)
    filled = columns.where(columns.notna(), None)
    return {name: filled[name].tolist() for name in CANDIDATES}

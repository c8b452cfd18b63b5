"""Lesions as detections: each candidate with its confidence hits a lesion, or none.

Conventions
-----------
- A candidate is a component of the predicted mask; its confidence is the greatest value in it.
- PI-CAI: as many candidates and lesions as can be are matched one to one at an IoU of at least 0.1, and of such
  matchings the one of the highest IoU. Another candidate that reaches a lesion is ignored: no hit, and not spurious.
- FROC: a candidate is a hit of every lesion that it reaches; a lesion counts once, at the highest confidence. Which
  candidate reaches a lesion is a rule of `LeastIoU`, `AnyVoxel`, `CentreInside` (CAMELYON16, MONAI) or `CentreWithin`
  (LUNA16: within the lesion's radius).

References
----------
See `curves`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np
import pandas as pd

import overlap as ov
from overlap import matching

from ..instances import CentreWithin, Hit, LeastIoU, LesionMaps
from .curves import RATES, detection_scores
from .masks import MaskPair
from .scored import ProtocolScores, counted

PICAI = LeastIoU(0.1)
LUNA16 = CentreWithin()
KINDS = ("found", "missed", "spurious", "ignored")


@dataclass(frozen=True)
class MatchedDetections:
    """Candidates and lesions matched one to one, as in PI-CAI.

    Parameters
    ----------
    hit : LeastIoU, LeastDice, AnyVoxel, CentreInside or CentreWithin
        What a candidate needs to be matched.

    Examples
    --------
    >>> row = np.array([[True, True, False, False, True]])
    >>> scores = MatchedDetections().score(MaskPair(row, row & [True, True, False, False, False], (1.0, 1.0)))
    >>> scores.values["ap"], scores.found, scores.spurious
    (0.5, 1, 1)
    """

    hit: Hit = PICAI

    def rule(self) -> str:
        """Return the rule in words."""
        return (
            f"every candidate, the surest first; {self.hit}, one to one, others on a lesion ignored; average precision"
        )

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        return _scores(self.table(masks), "ap")

    def table(self, masks: MaskPair) -> pd.DataFrame:
        """Return a row for each candidate and each missed lesion."""
        lesions = masks.lesions
        scores = self.hit.pairs(lesions).tocoo()
        reaching, _ = scores.coords
        pairs = matching.match(scores, -inf).pairs
        i = pairs[:, 0]
        j = pairs[:, 1]
        others = np.setdiff1d(np.arange(lesions.n_predicted), i)
        is_ignored = np.isin(others, reaching)
        return _table(masks, i, j, spurious=others[~is_ignored], ignored=others[is_ignored])


@dataclass(frozen=True)
class AnyDetection:
    """Each lesion takes the surest of the candidates that reach it, as in LUNA16.

    Parameters
    ----------
    hit : CentreWithin, CentreInside, AnyVoxel, LeastIoU or LeastDice
        What a candidate needs to reach a lesion.

    Examples
    --------
    >>> row = np.array([[True, True, False, False, True]])
    >>> scores = AnyDetection().score(MaskPair(row, row & [True, True, False, False, False], (1.0, 1.0)))
    >>> scores.values["cpm"], scores.found, scores.spurious
    (0.6964285714285714, 1, 1)
    """

    hit: Hit = LUNA16

    def rule(self) -> str:
        """Return the rule in words."""
        rates = f"1/8 to {RATES[-1]:g}"
        return f"every candidate, the surest first; {self.hit}; mean sensitivity at {rates} false positives per scan"

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        return _scores(self.table(masks), "cpm")

    def table(self, masks: MaskPair) -> pd.DataFrame:
        """Return a row for each candidate and each missed lesion."""
        lesions = masks.lesions
        i, j = self.hit.pairs(lesions).tocoo().coords
        order = np.lexsort((i, -confidences(masks)[i], j))
        i = i[order]
        j = j[order]
        is_surest = np.append(True, j[1:] != j[:-1])[: len(j)]
        others = np.setdiff1d(np.arange(lesions.n_predicted), i)
        surplus = np.setdiff1d(i, i[is_surest])
        return _table(masks, i[is_surest], j[is_surest], spurious=others, ignored=surplus)


def confidences(masks: MaskPair) -> np.ndarray:
    """Return the confidence of each predicted lesion: the greatest value in it."""
    from scipy import ndimage

    lesions = masks.lesions
    if masks.confidence is None:
        return np.ones(lesions.n_predicted)
    return np.asarray(ndimage.maximum(masks.confidence, lesions.predicted, lesions.pairs.labels_a), float)


def _table(masks: MaskPair, i: np.ndarray, j: np.ndarray, *, spurious: np.ndarray, ignored: np.ndarray) -> pd.DataFrame:
    """Return a row for each lesion, found by candidate i[k] or missed, and for each other candidate."""
    lesions = masks.lesions
    missed = np.setdiff1d(np.arange(lesions.n_reference), j)
    candidate = np.concatenate([i, np.full(len(missed), -1), spurious, ignored])
    lesion = np.concatenate([j, missed, np.full(len(spurious) + len(ignored), -1)])
    kind = np.repeat(KINDS, [len(i), len(missed), len(spurious), len(ignored)])
    return pd.DataFrame(
        {
            "kind": kind,
            "candidate": _numbers(lesions.pairs.labels_a, candidate),
            "lesion": _numbers(lesions.pairs.labels_b, lesion),
            "confidence": np.append(confidences(masks), nan)[candidate],
            "volume": np.append(lesions.volumes_reference, nan)[lesion],
            "iou": np.append(_iou(lesions, i, j), np.zeros(len(kind) - len(i))),
        }
    )


def _iou(lesions: LesionMaps, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    met = ov.Overlap(lesions.shared(i, j), lesions.pairs.cells_a[i], lesions.pairs.cells_b[j])
    return np.asarray(ov.iou(met), float)


def _numbers(labels: np.ndarray, places: np.ndarray) -> pd.arrays.IntegerArray:
    """Return the number of the lesion at each place, NA for -1."""
    return pd.arrays.IntegerArray(np.append(labels, 0)[places].astype(np.int64), places < 0)


def _scores(table: pd.DataFrame, headline: str) -> ProtocolScores:
    n = table["kind"].value_counts()
    found = int(n.get("found", 0))
    missed = int(n.get("missed", 0))
    spurious = int(n.get("spurious", 0))
    n_ignored = int(n.get("ignored", 0))
    over_scan = detection_scores([table])
    n_all = 2 * found + missed + spurious
    values = {"f1": 2 * found / n_all if n_all else nan, headline: over_scan[headline]}
    notes = []
    if n_ignored:
        notes.append(f"{counted(n_ignored, 'candidate')} on a found lesion ignored")
    if not found + missed:
        notes.append("no reference lesion: undefined")
    return ProtocolScores(headline, values, found, missed, spurious, table, tuple(notes))

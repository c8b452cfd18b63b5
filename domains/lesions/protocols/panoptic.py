"""Lesions matched one to one, and scored by what was matched: panoptic quality, and the BraTS challenges of 2026.

Conventions
-----------
- Lesions are matched one to one. RQ (= F1) counts the matched, missed and spurious; SQ, Dice and HD95 (medpy's, pooled)
  are means over the matched pairs; PQ = SQ × RQ.
- Without a matched pair SQ, PQ and Dice are 0 and HD95 is infinite; without any lesion all are NaN.
- panoptica's components touch by corners in three dimensions, by faces alone in two.

References
----------
Kirillov, A. et al. (2019). Panoptic segmentation. CVPR, 9404. doi:10.1109/CVPR.2019.00963
Kofler, F. et al. (2023). Panoptica: instance-wise evaluation of 3D semantic and instance segmentation maps.
arXiv:2312.02608
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np
import pandas as pd

import overlap as ov
from overlap import matching

from ..instances import Hit, LeastIoU, LesionMaps, match_instances
from .masks import MaskPair
from .scored import ProtocolScores, counted, hd95, mean_or

HALF = LeastIoU(0.5)
Matching = Literal["optimal", "total", "greedy"]


@dataclass(frozen=True)
class Panoptic:
    """Panoptic quality, and Dice and HD95 of the matched lesions.

    Parameters
    ----------
    hit : LeastIoU, LeastDice, AnyVoxel, CentreInside or CentreWithin
        What two lesions need to be matched.
    method : {"optimal", "total", "greedy"}
        Which one-to-one matching, see `overlap.matching.match`.
    worst : float
        HD95 where no lesion is matched, mm.
    headline : {"pq", "dice"}
        The score that the community ranks by.

    Examples
    --------
    >>> row = np.array([[True, True, False, False, True]])
    >>> values = Panoptic().score(MaskPair(row & [True, True, True, False, False], row, (1.0, 1.0))).values
    >>> round(values["pq"], 4), values["sq"], round(values["f1"], 4)
    (0.6667, 1.0, 0.6667)
    """

    hit: Hit = HALF
    method: Matching = "greedy"
    worst: float = inf
    headline: Literal["pq", "dice"] = "pq"

    def rule(self) -> str:
        """Return the rule in words."""
        averaged = "SQ × F1" if self.headline == "pq" else "mean over the matched pairs alone"
        return f"every lesion of both; {self.hit}, one to one; {averaged}"

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        lesions = masks.lesions if len(masks.spacing) == 3 else masks.by_faces()
        scores = self.hit.pairs(lesions)
        pairs = matching.match(scores, -inf, self.method).pairs
        table = _matched_pairs(lesions, pairs)
        n_found = len(table)
        counts = ov.Overlap(n_found, lesions.n_predicted, lesions.n_reference)
        quality = matching.PanopticQuality(float(table["iou"].sum()), counts)
        has_lesions = lesions.n_predicted + lesions.n_reference > 0
        values = {
            "dice": mean_or(table["dice"].to_numpy(), 0.0 if has_lesions else nan),
            "hd95": mean_or(table["hd95"].to_numpy(), self.worst if has_lesions else nan),
            "f1": quality.rq,
            "sq": quality.sq if n_found else quality.pq,
            "pq": quality.pq,
        }
        n_missed = lesions.n_reference - n_found
        n_spurious = lesions.n_predicted - n_found
        notes = self._notes(lesions, n_missed, n_spurious)
        return ProtocolScores(self.headline, values, n_found, n_missed, n_spurious, table, notes)

    def _notes(self, lesions: LesionMaps, n_missed: int, n_spurious: int) -> tuple[str, ...]:
        kinds = match_instances(lesions, self.hit)
        lost = kinds[~kinds["matched"]]
        notes = []
        for kind, what in (("split", "split"), ("merge", "merged")):
            n = lost.loc[lost["kind"] == kind, "group"].nunique()
            if n:
                notes.append(f"{counted(n, f'{what} lesion')}: a piece needs {self.hit} and a partner of its own")
        if self.headline == "dice" and n_missed + n_spurious:
            notes.append(f"{n_missed} missed and {n_spurious} spurious lesions are not in the mean")
        return tuple(notes)


def _matched_pairs(lesions: LesionMaps, pairs: np.ndarray) -> pd.DataFrame:
    """Return a row for each matched pair."""
    i = pairs[:, 0]
    j = pairs[:, 1]
    shared = lesions.shared(i, j)
    met = ov.Overlap(shared, lesions.pairs.cells_a[i], lesions.pairs.cells_b[j])
    distances = []
    for k, m in pairs:
        a, b = lesions.masks(np.array([k]), np.array([m]))
        distances.append(hd95(a, b, lesions.spacing, "medpy"))
    return pd.DataFrame(
        {
            "predicted": lesions.pairs.labels_a[i],
            "reference": lesions.pairs.labels_b[j],
            "volume": lesions.volumes_reference[j],
            "iou": np.asarray(ov.iou(met), float),
            "dice": np.asarray(ov.dice(met), float),
            "hd95": np.array(distances, float),
        }
    )

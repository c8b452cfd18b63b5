"""Lesions matched, and scored by what was matched: panoptic quality, and the BraTS challenges of 2026.

Conventions
-----------
- Lesions are matched one to one, or several predicted ones to one of the reference: see `partners`. These count as one
  predicted lesion then.
- RQ (= F1) counts the matched, missed and spurious; SQ, Dice and HD95 (medpy's, pooled) are means over the matched;
  PQ = SQ × RQ.
- Without a matched lesion SQ, PQ and Dice are 0 and HD95 is infinite; without any lesion all are NaN.
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

from ..._checks import check_choice
from ..instances import Hit, LeastDice, LeastIoU, LesionMaps, match_instances
from .masks import MaskPair
from .partners import MATCHINGS, Matching, scored_together
from .scored import ProtocolScores, counted, mean_or

HALF = LeastIoU(0.5)


@dataclass(frozen=True)
class Panoptic:
    """Panoptic quality, and Dice and HD95 of the matched lesions.

    Parameters
    ----------
    hit : LeastIoU, LeastDice, AnyVoxel, CentreInside or CentreWithin
        What two lesions need to be matched; to merge, an IoU or a Dice coefficient.
    method : {"optimal", "total", "greedy", "many_to_one", "merge"}
        Which one-to-one matching, see `overlap.matching.match`; or each predicted lesion with the closest of the
        reference that it hits; or likewise, as long as it makes the whole closer.
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

    def __post_init__(self) -> None:
        check_choice("lesions.score_lesions", "method", self.method, MATCHINGS)
        if self.method == "merge" and not isinstance(self.hit, LeastIoU | LeastDice):
            raise ValueError(
                f"lesions.score_lesions: pieces are merged by an IoU or a Dice coefficient, and the hit is {self.hit}: "
                'pass LeastIoU(0.5), or method="many_to_one"'
            )

    def rule(self) -> str:
        """Return the rule in words."""
        averaged = "SQ × F1"
        if self.headline == "dice":
            averaged = f"mean over the matched alone; where none is, Dice 0 and HD95 {self.worst:g}"
        return f"every lesion of both; {self.hit}, {MATCHINGS[self.method]}; {averaged}"

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        lesions = masks.panoptica
        table = scored_together(lesions, self.hit, self.method)
        n_found = len(table)
        n_missed = lesions.n_reference - n_found
        n_spurious = lesions.n_predicted - int(table["pieces"].sum())
        counts = ov.Overlap(n_found, n_found + n_spurious, lesions.n_reference)
        quality = matching.PanopticQuality(float(table["iou"].sum()), counts)
        has_lesions = lesions.n_predicted + lesions.n_reference > 0
        values = {
            "dice": mean_or(np.asarray(table["dice"]), 0.0 if has_lesions else nan),
            "hd95": mean_or(np.asarray(table["hd95"]), self.worst if has_lesions else nan),
            "f1": quality.rq,
            "sq": quality.sq if n_found else quality.pq,
            "pq": quality.pq,
        }
        notes = [*self._notes_of_pieces(lesions, table), *self._notes_of_the_rest(n_found, n_missed, n_spurious)]
        return ProtocolScores(self.headline, values, n_found, n_missed, n_spurious, table, tuple(notes))

    def _notes_of_pieces(self, lesions: LesionMaps, table: pd.DataFrame) -> list[str]:
        notes = []
        joined = table.loc[table["pieces"] > 1, "reference"]
        if len(joined):
            notes.append(f"{counted(len(joined), 'reference lesion')} scored with several pieces")
        kinds = match_instances(lesions, self.hit)
        is_joined = kinds["group"].isin(kinds.loc[kinds["reference"].isin(joined), "group"])
        lost = kinds[~kinds["matched"] & ~is_joined]
        for kind, what in (("split", "split"), ("merge", "merged")):
            n = lost.loc[lost["kind"] == kind, "group"].nunique()
            if n:
                notes.append(f"{counted(n, f'{what} lesion')}: a piece needs {self.hit} and a partner of its own")
        return notes

    def _notes_of_the_rest(self, n_found: int, n_missed: int, n_spurious: int) -> list[str]:
        if n_found + n_missed + n_spurious == 0:
            return ["no lesion in either: undefined"]
        if self.headline == "pq":
            return []
        left_out = f"{n_missed} missed and {n_spurious} spurious lesions"
        if n_found == 0:
            return [f"none matched of {left_out}: Dice 0, HD95 {self.worst:g}"]
        if n_missed + n_spurious:
            return [f"{left_out} are not in the mean"]
        return []

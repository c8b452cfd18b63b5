"""Lesion-wise scores of the BraTS challenges of 2023.

Conventions
-----------
- Reference lesions that touch once they are grown by `dilation` voxels are one. A predicted lesion belongs to every
  reference lesion of which it has a voxel, grown likewise; all that belong to one are scored together.
- Dice and HD95 (DeepMind's) are those of the lesion as drawn, not grown. A missed lesion has Dice 0 and HD95 `penalty`.
- A reference lesion of `least_volume` or less does not count, found or missed. A spurious one counts whatever its size,
  with Dice 0 and HD95 `penalty`: to miss 8 voxels costs nothing, to add 8 costs a lesion.
- Without anything to count Dice is 1 and HD95 is 0.

References
----------
Saluja, R. et al. (2023). BraTS-2023-Metrics. https://github.com/rachitsaluja/BraTS-2023-Metrics (written anew here from
its rules; the script has no licence)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._checks import check_number, check_whole
from ..instances import LesionMaps
from .masks import MaskPair
from .scored import ProtocolScores, counted, hd95, mean_or


@dataclass(frozen=True)
class LesionWise:
    """Dice and HD95 of each reference lesion with all that was predicted of it, and a penalty for each spurious one.

    Parameters
    ----------
    dilation : int
        Voxels by which reference lesions are grown.
    least_volume : float
        Reference lesions of this volume or less do not count, mm³.
    penalty : float
        HD95 of a missed and of a spurious lesion, mm.

    Examples
    --------
    >>> mask = np.zeros((9, 9, 9), bool)
    >>> mask[2:7, 2:7, 2:7] = True
    >>> LesionWise().score(MaskPair(mask, mask, (1.0, 1.0, 1.0))).values
    {'dice': 1.0, 'hd95': 0.0, 'f1': 1.0}
    """

    dilation: int = 3
    least_volume: float = 50.0
    penalty: float = 374.0

    def __post_init__(self) -> None:
        check_whole("lesions.score_lesions", "dilation", self.dilation, at_least=0)
        check_number("lesions.score_lesions", "least_volume", self.least_volume, at_least=0)
        check_number("lesions.score_lesions", "penalty", self.penalty, at_least=0)

    def rule(self) -> str:
        """Return the rule in words."""
        grown = counted(self.dilation, "voxel")
        return (
            f"reference lesions grown by {grown}; any voxel of these hits; mean over the found, the "
            f"missed above {self.least_volume:g} mm³ and the spurious, a miss at Dice 0, HD95 {self.penalty:g}"
        )

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        lesions = masks.joined(self.dilation)
        i, j = lesions.touched(self.dilation)
        table = self._table(lesions, i, j)
        n_spurious = lesions.n_predicted - len(np.unique(i))

        counts = table[table["counted"]]
        nothing = np.zeros(n_spurious)
        dice = np.append(counts["dice"], nothing)
        distance = np.append(counts["hd95"], nothing + self.penalty)
        n_found = int((counts["predicted"] > 0).sum())
        n_missed = len(counts) - n_found
        n_all = 2 * n_found + n_missed + n_spurious
        values = {
            "dice": mean_or(dice, 1.0),
            "hd95": mean_or(distance, 0.0),
            "f1": 2 * n_found / n_all if n_all else 1.0,
        }
        notes = self._notes(masks.lesions, lesions, table, i, n_spurious)
        return ProtocolScores("dice", values, n_found, n_missed, n_spurious, table, notes)

    def _table(self, lesions: LesionMaps, i: np.ndarray, j: np.ndarray) -> pd.DataFrame:
        """Return a row for each reference lesion."""
        n = lesions.n_reference
        shared = np.bincount(lesions.pairs.b, lesions.pairs.overlap.intersection, n)
        predicted = np.bincount(j, lesions.pairs.cells_a[i], n)
        rows = np.split(i, np.searchsorted(j, np.arange(1, n)))
        distance = np.array([self._hd95(lesions, found, k) for k, found in enumerate(rows[:n])])
        return pd.DataFrame(
            {
                "reference": lesions.pairs.labels_b,
                "volume": lesions.volumes_reference,
                "predicted": np.bincount(j, minlength=n),
                "dice": 2 * shared / (predicted + lesions.pairs.cells_b),
                "hd95": distance,
                "counted": lesions.volumes_reference > self.least_volume,
            }
        )

    def _hd95(self, lesions: LesionMaps, found: np.ndarray, k: int) -> float:
        if not len(found):
            return self.penalty
        a, b = lesions.masks(found, np.array([k]))
        return hd95(a, b, lesions.spacing, "deepmind")

    def _notes(
        self, apart: LesionMaps, joined: LesionMaps, table: pd.DataFrame, i: np.ndarray, n_spurious: int
    ) -> tuple[str, ...]:
        notes = []
        n_apart = apart.n_reference
        n_small = int((~table["counted"]).sum())
        n_several = len(i) - len(np.unique(i))
        if n_apart > joined.n_reference:
            notes.append(f"{counted(n_apart, 'reference lesion')} are {joined.n_reference} once grown")
        if n_small:
            notes.append(f"{counted(n_small, 'reference lesion')} of {self.least_volume:g} mm³ or less left out")
        if n_several:
            notes.append("a predicted lesion counts for each reference lesion that it touches")
        if n_spurious:
            notes.append(f"{counted(n_spurious, 'spurious lesion')} at Dice 0")
        return tuple(notes)

"""The board of the BraTS challenge of 2026 on metastases: large lesions are scored, small ones only counted.

Conventions
-----------
- Lesions are matched one to one at a Dice of 1e-6. A reference lesion of `large` mm³ or more is large.
- Dice and HD95 (medpy's, pooled) are means over the large reference lesions and all spurious ones: what is missed or
  spurious has Dice 0 and HD95 `penalty`, whatever its size. A matched one has its own, however low.
- F1 is that of the large lesions, ``f1_small`` that of the small ones. Found is what has a partner and a Dice of
  `found` or more; with less it is missed, and its partner not spurious. Each of the two counts all spurious lesions.
- Without a large reference lesion Dice, HD95 and F1 are NaN, in spite of false alarms; likewise ``f1_small``.

References
----------
brats-evaluation 0.0.10, ``brats-parse-metrics mets`` (AGPL-3.0; written anew here from its answers).
https://pypi.org/project/brats-evaluation
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

import overlap as ov

from ..._checks import check_number
from ..instances import LeastDice, LesionMaps
from .masks import MaskPair
from .partners import scored_together
from .scored import ProtocolScores, counted, mean_or

ANY_DICE = LeastDice(1e-6)


@dataclass(frozen=True)
class LargeLesions:
    """Dice and HD95 of the large lesions with a penalty for each missed and spurious one, and F1 by size.

    Parameters
    ----------
    large : float
        Least volume of a large reference lesion, mm³.
    found : float
        Least Dice of a lesion that counts as found.
    penalty : float
        HD95 of a missed and of a spurious lesion, mm.

    Examples
    --------
    >>> mask = np.zeros((9, 9, 9), bool)
    >>> mask[2:7, 2:7, 2:7] = True
    >>> LargeLesions().score(MaskPair(mask, mask, (1.0, 1.0, 1.0))).values
    {'dice': 1.0, 'hd95': 0.0, 'f1': 1.0, 'f1_small': nan}
    """

    large: float = 20.0
    found: float = 0.1
    penalty: float = 373.0

    def __post_init__(self) -> None:
        check_number("lesions.score_lesions", "large", self.large, at_least=0)
        check_number("lesions.score_lesions", "found", self.found, at_least=0, at_most=1)
        check_number("lesions.score_lesions", "penalty", self.penalty, at_least=0)

    def rule(self) -> str:
        """Return the rule in words."""
        return (
            f"every lesion of both; {ANY_DICE}, one to one; mean over the reference lesions of {self.large:g} mm³ or "
            f"more and the spurious, a miss at Dice 0, HD95 {self.penalty:g}; found from Dice {self.found:g}"
        )

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        lesions = masks.panoptica
        table = self._table(lesions)
        n_spurious = lesions.n_predicted - int((table["pieces"] > 0).sum())
        large = table[table["is_large"]]
        small = table[~table["is_large"]]
        n_found = int(large["is_found"].sum())
        values = {
            "dice": self._mean(large["dice"], n_spurious, 0.0),
            "hd95": self._mean(large["hd95"], n_spurious, self.penalty),
            "f1": _f1(large["is_found"], n_spurious),
            "f1_small": _f1(small["is_found"], n_spurious),
        }
        notes = self._notes(large, small, n_spurious)
        return ProtocolScores("dice", values, n_found, len(large) - n_found, n_spurious, table, notes)

    def _table(self, lesions: LesionMaps) -> pd.DataFrame:
        """Return a row for each reference lesion."""
        matched = scored_together(lesions, ANY_DICE, "total").set_index("reference")
        table = matched.reindex(lesions.pairs.labels_b)
        table["predicted"] = table["predicted"].astype("Int64")
        table["pieces"] = table["pieces"].fillna(0).astype(int)
        table["volume"] = lesions.volumes_reference
        table["iou"] = table["iou"].fillna(0.0)
        table["dice"] = table["dice"].fillna(0.0)
        table["hd95"] = table["hd95"].fillna(self.penalty)
        table["is_large"] = table["volume"] >= self.large
        table["is_found"] = (table["pieces"] > 0) & (table["dice"] >= self.found)
        return table.reset_index(names="reference")

    @staticmethod
    def _mean(of_large: pd.Series, n_spurious: int, penalty: float) -> float:
        """Return the mean over the large and the spurious lesions, NaN without a large one."""
        if not len(of_large):
            return nan
        return mean_or(np.append(of_large, np.full(n_spurious, penalty)), nan)

    def _notes(self, large: pd.DataFrame, small: pd.DataFrame, n_spurious: int) -> tuple[str, ...]:
        notes = []
        if len(small):
            n_found = int(small["is_found"].sum())
            smaller = counted(len(small), "reference lesion")
            notes.append(f"{smaller} below {self.large:g} mm³ not in the mean, {n_found} found")
        faint = large[(large["pieces"] > 0) & ~large["is_found"]]
        if len(faint):
            notes.append(f"{counted(len(faint), 'matched lesion')} below Dice {self.found:g} count as missed")
        if not len(large):
            notes.append(f"no reference lesion of {self.large:g} mm³ or more: undefined")
        elif n_spurious:
            notes.append(f"{counted(n_spurious, 'spurious lesion')} at Dice 0")
        return tuple(notes)


def _f1(is_found: pd.Series, n_spurious: int) -> float:
    """Return the F1 score of reference lesions, all spurious lesions counted; NaN without a reference lesion."""
    if not len(is_found):
        return nan
    n_found = int(is_found.sum())
    return float(ov.dice(ov.Overlap(n_found, n_found + n_spurious, len(is_found))))

"""Scores in the Voronoi cell of each reference lesion: CC-Metrics.

Conventions
-----------
- A voxel belongs to the cell of the nearest reference lesion, distances counted in voxels. Of lesions that are as near
  as each other, scipy's distance transform takes one, as in CC-Metrics.
- Whatever was predicted in a cell is scored against its lesion. A spurious lesion far away so falls into some cell: it
  costs part of that lesion's Dice, not a lesion.
- Dice is the mean over the cells, HD95 (MONAI's) likewise. Without a reference lesion Dice is 1 where nothing was
  predicted, else 0.

References
----------
Jaus, A. et al. (2024). Every component counts: rethinking the measure of success for medical semantic segmentation in
multi-instance segmentation tasks. arXiv:2410.18684
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd

from ..._checks import check_choice
from ..instances import LesionMaps
from .masks import MaskPair
from .scored import ProtocolScores, counted, hd95


@dataclass(frozen=True)
class CellWise:
    """Dice and HD95 in the Voronoi cell of each reference lesion.

    Parameters
    ----------
    worst : float
        HD95 of a cell in which nothing was predicted.
    distances : {"voxel", "mm"}
        Unit of HD95: CC-Metrics takes no spacing.

    Examples
    --------
    >>> row = np.array([[True, False, False, False, True]])
    >>> CellWise().score(MaskPair(row & [True, False, False, False, False], row, (1.0, 1.0))).values["dice"]
    0.5
    """

    worst: float = inf
    distances: str = "voxel"

    def __post_init__(self) -> None:
        check_choice("lesions.score_lesions", "distances", self.distances, ("voxel", "mm"))

    def rule(self) -> str:
        """Return the rule in words."""
        return (
            "every reference lesion; what was predicted nearest to it is its own; mean over the reference lesions "
            f"(HD95 in {self.distances})"
        )

    def score(self, masks: MaskPair) -> ProtocolScores:
        """Score a pair of masks."""
        lesions = masks.lesions
        cell = cell_of_predicted(lesions)
        table = self._table(lesions, cell)
        n_found = int((table["predicted"] > 0).sum())
        n_missed = len(table) - n_found
        values = {"dice": float(table["dice"].mean()), "hd95": float(table["hd95"].mean())}
        if not len(table):
            is_right = lesions.n_predicted == 0
            values = {"dice": float(is_right), "hd95": 0.0 if is_right else self.worst}
        n_lone = lesions.n_predicted - len(np.unique(lesions.pairs.a))
        notes = []
        if n_lone and len(table):
            notes.append(f"{counted(n_lone, 'spurious lesion')} scored with the nearest reference lesion")
        if not len(table):
            notes.append("no reference lesion: 1 if nothing was predicted, else 0")
        spurious = 0 if len(table) else lesions.n_predicted
        return ProtocolScores("dice", values, n_found, n_missed, spurious, table, tuple(notes))

    def _table(self, lesions: LesionMaps, cell: np.ndarray) -> pd.DataFrame:
        """Return a row for each reference lesion."""
        n = lesions.n_reference
        shared = np.bincount(lesions.pairs.b, lesions.pairs.overlap.intersection, n)
        predicted = np.bincount(cell, minlength=n)
        return pd.DataFrame(
            {
                "reference": lesions.pairs.labels_b,
                "volume": lesions.volumes_reference,
                "predicted": predicted,
                "dice": 2 * shared / (predicted + lesions.pairs.cells_b),
                "hd95": self._hd95(lesions, cell),
            }
        )

    def _hd95(self, lesions: LesionMaps, cell: np.ndarray) -> np.ndarray:
        """Return the HD95 in each cell."""
        spacing = lesions.spacing if self.distances == "mm" else (1.0,) * len(lesions.spacing)
        places = np.argwhere(lesions.predicted)
        order = np.argsort(cell, kind="stable")
        of_cell = np.split(places[order], np.searchsorted(cell[order], np.arange(1, lesions.n_reference)))
        values = np.full(lesions.n_reference, self.worst)
        for k, inside in enumerate(of_cell[: lesions.n_reference]):
            if len(inside):
                lesion = np.argwhere(lesions.reference == lesions.pairs.labels_b[k])
                a, b = _drawn(inside, lesion)
                values[k] = hd95(a, b, spacing, "monai")
        return values


def cell_of_predicted(lesions: LesionMaps) -> np.ndarray:
    """Return for each predicted voxel, in their order, which reference lesion is nearest (from 0)."""
    from scipy import ndimage

    if lesions.n_reference == 0:
        return np.zeros(0, np.int64)
    is_outside = lesions.reference == 0
    nearest = ndimage.distance_transform_edt(is_outside, return_distances=False, return_indices=True)
    is_predicted = lesions.predicted != 0
    places = tuple(along[is_predicted] for along in nearest)
    return np.asarray(np.searchsorted(lesions.pairs.labels_b, lesions.reference[places]))


def _drawn(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the masks of two sets of voxels, in the box around both."""
    low = np.minimum(a.min(axis=0), b.min(axis=0))
    shape = np.maximum(a.max(axis=0), b.max(axis=0)) - low + 1
    mask_a = np.zeros(shape, bool)
    mask_a[tuple((a - low).T)] = True
    mask_b = np.zeros(shape, bool)
    mask_b[tuple((b - low).T)] = True
    return mask_a, mask_b

"""Panoptic quality of two instance maps: `overlap.matching.panoptic_quality`.

References
----------
Kirillov, A. et al. (2019). Panoptic segmentation. CVPR, 9404. doi:10.1109/CVPR.2019.00963
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from scipy import sparse

from .. import raster
from .._arrays import Array
from .._checks import check_real
from ..counts import Overlap
from ..indices import EmptyPolicy, dice, iou
from .pairs import match


@dataclass(frozen=True)
class PanopticQuality:
    """How many instances were recognised, and how well they were segmented.

    Parameters
    ----------
    total : float
        Sum of the IoU of the matched pairs.
    overlap : Overlap
        How many: matched pairs, predictions, references.
    empty : float or EmptyPolicy
        Value of RQ and PQ where neither map has an instance.

    Examples
    --------
    >>> quality = PanopticQuality(1.5, Overlap(2, 2, 3))
    >>> quality.sq, round(quality.rq, 3), round(quality.pq, 3)
    (0.75, 0.8, 0.6)
    """

    total: float
    overlap: Overlap
    empty: float | EmptyPolicy = nan

    @property
    def sq(self) -> float:
        """Segmentation quality: the mean IoU of the matched pairs, NaN without any."""
        matched = float(self.overlap.intersection)
        return self.total / matched if matched else nan

    @property
    def rq(self) -> float:
        """Recognition quality: the F1 score of the instances."""
        return float(dice(self.overlap, empty=self.empty))

    @property
    def pq(self) -> float:
        """Panoptic quality, SQ × RQ: the Dice coefficient of instances of which a matched one counts its IoU."""
        weighted = Overlap(self.total, float(self.overlap.size_a), float(self.overlap.size_b))
        return float(dice(weighted, empty=self.empty))


def panoptic_quality(
    a: Array, b: Array, *, threshold: float = 0.5, background: int = 0, empty: float | EmptyPolicy = nan
) -> PanopticQuality:
    """Panoptic quality of a predicted and a reference instance map.

    The pairs are those of `overlap.raster.contingency` without its zeros, so that thousands of instances take no more
    memory than the maps.

    Parameters
    ----------
    a, b : array of int
        Instance maps of one shape, prediction and reference, on the host.
    threshold : float
        Least IoU of a match (≥), in (0, 1]. From 0.5 on an instance has but one partner (at 0.5 exactly, up to ties);
        below, the one-to-one matching with the most pairs counts, and of those the one with the highest IoU.
    background : int
        The label that is no instance.
    empty : float or EmptyPolicy
        Value of RQ and PQ where neither map has an instance.

    Returns
    -------
    PanopticQuality
        ``pq sq rq`` and the counts.

    Raises
    ------
    TypeError
        If a map does not hold whole numbers, or is not on the host.
    ValueError
        If the shapes differ, or the threshold is out of range.

    See Also
    --------
    match : Match predictions with references, one to one.
    overlap.raster.label_pairs : Find the pairs of labels of two maps that share cells.

    References
    ----------
    Kirillov et al. (2019), eq. 1: PQ = Σ IoU(p, g) over the matched / (TP + FP / 2 + FN / 2).

    Examples
    --------
    >>> a = np.array([1, 1, 1, 0, 2, 2, 0, 3])
    >>> b = np.array([1, 1, 1, 1, 0, 2, 2, 0])
    >>> quality = panoptic_quality(a, b)
    >>> quality.sq, quality.rq, quality.pq
    (0.75, 0.4, 0.3)
    """
    check_real("matching.panoptic_quality", "threshold", threshold)
    if not 0 < threshold <= 1:
        raise ValueError(
            f"matching.panoptic_quality: threshold is {threshold}; pass the least IoU of a match, in (0, 1]"
        )
    pairs = raster.label_pairs(a, b).without(background)
    n = len(pairs.labels_a)
    m = len(pairs.labels_b)
    places = (np.asarray(pairs.a), np.asarray(pairs.b))
    scores = sparse.coo_array((np.asarray(iou(pairs.overlap)), places), (n, m))
    matches = match(scores, threshold)
    return PanopticQuality(float(matches.scores.sum()), matches.overlap, empty)

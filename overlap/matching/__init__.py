"""From a pairwise index to pairs: matching, suppression, assignment, average precision.

Conventions
-----------
- `scores` is any pairwise index, greater = closer: a matrix (N, M) of predictions and references, dense or scipy
  sparse. Only the stored entries of a sparse one are candidates, so a join of a million events is no problem.
  Distances come negated, with a negated threshold; where a distance equal to the radius is to count in spite of
  rounding, pass ``numpy.where(surfaces.within(d, radius), -d, nan)`` and minus infinity.
- A pair qualifies at score ≥ threshold; NaN never does. "Any overlap at all" is ``numpy.nextafter(0, 1)``.
- Each prediction and each reference is matched once at most. Matches are counts like any other: ``dice(m.overlap)`` is
  the F1 score of the matching, ``precision`` and ``recall`` its rates.
- Orders are total and stated: by score or confidence descending, ties by index. Suppression is strict: a box goes if
  it overlaps a better one by more than the threshold.
- Panoptic quality takes two instance maps: PQ = SQ × RQ, where RQ is the F1 score of the matching and SQ the mean IoU
  of its pairs.

References
----------
Hopcroft, J. E. & Karp, R. M. (1973). An n^(5/2) algorithm for maximum matchings. SIAM J. Comput. 2, 225.
Kirillov, A. et al. (2019). Panoptic segmentation. CVPR, 9404. doi:10.1109/CVPR.2019.00963
Jonker, R. & Volgenant, A. (1987). A shortest augmenting path algorithm. Computing 38, 325. doi:10.1007/BF02278710
"""

from .detection import assign, nms, ranking_score
from .pairs import Matches, match, threshold_curve
from .quality import PanopticQuality, panoptic_quality
from .ranking import average_precision, average_precision_of_claims, claim

__all__ = [
    "Matches",
    "PanopticQuality",
    "assign",
    "average_precision",
    "average_precision_of_claims",
    "claim",
    "match",
    "nms",
    "panoptic_quality",
    "ranking_score",
    "threshold_curve",
]

"""Overlap of intervals on a line: sets of them, tracks, the join of two tables and the sweep along many.

Conventions
-----------
- Intervals are rows (start, end), host arrays of shape (n, 2), in any order: numbers or, for all but `measure`,
  ``datetime64``. They are half-open, [start, end): intervals that touch do not overlap, and merge in a union.
- A set of intervals is the union of its rows; a row of zero length adds nothing to it. In the join, a row of zero
  length is the point it stands at: it lies in [start, end) if start ≤ point < end, and on an equal point.
- Whole numbers are computed in int64 and halves in float64, so that no length wraps around.
- NaN, NaT and end < start raise. Axes that repeat (hour of the day, angles): ``boxes.measure(..., period=)``.

References
----------
Allen, J. F. (1983). Maintaining knowledge about temporal intervals. Commun. ACM 26, 832. doi:10.1145/182.358434
"""

from .._subsets import Subsets
from .crosstables import Contingency, contingency
from .join import Pairs, overlap_pairs
from .many import measure_many
from .sets import complement, dice, intersection, iou, measure, union
from .stretches import Stretches, sweep
from .suppression import nms
from .tracks import measure_tracks

__all__ = [
    "Contingency",
    "Pairs",
    "Stretches",
    "Subsets",
    "complement",
    "contingency",
    "dice",
    "intersection",
    "iou",
    "measure",
    "measure_many",
    "measure_tracks",
    "nms",
    "overlap_pairs",
    "sweep",
    "union",
]

"""Overlap of 3-D boxes with a heading, as lidar detectors draw them: exact and differentiable.

Conventions
-----------
- A box is ``(x, y, z, l, w, h, yaw)``, the last axis of an array: its centre, its length along the heading, its width
  across it, its height, and the angle in radians by which the heading is turned counter-clockwise from the x axis, z
  pointing up. It stands upright: only the heading turns.
- z is the middle. Where a file gives the bottom, add ``h / 2``; where it gives (w, l, h), exchange the columns; where y
  points down, as in the camera's axes of KITTI, turn the axes first.
- A box is its footprint, the rotated box ``(x, y, l, w, yaw)`` of `overlap.oriented` (`birds_eye`), times the interval
  ``z ± h / 2``. One box has many names: (l, w, yaw), (l, w, yaw + π) and (w, l, yaw + π/2) are the same, with IoU 1. A
  box that faces the other way overlaps fully: compare headings beside it.
- Boxes are continuous: touching has no volume. A box with a side of 0 is empty. A join holds the pairs with a
  volume in common.
- GIoU encloses by the convex hull of both footprints, times the interval from the lower bottom to the higher top.
- No tolerance anywhere: boxes scaled or moved together keep their IoU to rounding, as long as their volumes are numbers
  of the dtype (sides of 1e-12 to 1e12 in float32, of 1e-100 to 1e100 in float64).
"""

from .._join import Pairs
from .hulls import giou
from .join import overlap_pairs
from .sizes import birds_eye, dice, iou, measure, pairwise
from .suppression import nms

__all__ = [
    "Pairs",
    "birds_eye",
    "dice",
    "giou",
    "iou",
    "measure",
    "nms",
    "overlap_pairs",
    "pairwise",
]

"""Overlap of rotated boxes, exact and differentiable.

Conventions
-----------
- A box is ``(cx, cy, w, h, theta)``, the last axis of an array: its centre, its sides, and the angle in radians by
  which the side ``w`` is turned counter-clockwise from the x axis, y pointing up. In an image, where y points down,
  negate the angle, or turn clockwise.
- One rectangle has many names: (w, h, θ), (w, h, θ + π) and (h, w, θ + π/2) are the same, and overlap with IoU 1.
- Boxes are continuous: touching has no area. A box with a side of 0 is empty. A join holds the pairs with an area in
  common.
- GIoU encloses by the convex hull of both boxes, which turns with them.
- No tolerance anywhere: boxes scaled or moved together keep their IoU to rounding, as long as their areas are numbers
  of the dtype (sides of 1e-18 to 1e18 in float32, of 1e-150 to 1e150 in float64).
"""

from .._join import Pairs
from .hulls import giou
from .join import overlap_pairs
from .sizes import dice, iou, measure, pairwise
from .suppression import nms

__all__ = [
    "Pairs",
    "dice",
    "giou",
    "iou",
    "measure",
    "nms",
    "overlap_pairs",
    "pairwise",
]

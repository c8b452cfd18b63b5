"""Overlap of axis-aligned boxes in any dimension, on the line, the plane, in space, and on axes that repeat.

Conventions
-----------
- A box is 2d numbers along the last axis, lo|hi: (start, end), (x1, y1, x2, y2), (x1, y1, z1, x2, y2, z2).
  `convert` reads and writes the others ("xywh", "cxcywh", ...). Coordinates are continuous: the size of a side is
  hi − lo, never + 1.
- A side of 0 is allowed; touching has no size. A malformed box (hi < lo, NaN, infinite) raises where values may be
  looked at, and gives NaN elsewhere: on CUDA, on dask, under ``torch.compile`` and ``vmap``.
- In a join boxes are half-open: those that touch do not overlap, and a side of 0 is the point it stands at.
- Along a periodic axis a box runs from lo upwards to hi, which may lie past the seam (from 350 to 370). What is as
  long as the period is the full ring, and counts once.
- A grid is evenly spaced cell centres along each axis, ``(x, y)``; its arrays are (y, x), as in `overlap.polygons`.
- Nothing is added to a denominator: scaling both boxes changes no ratio, as long as their sizes are numbers of the
  dtype (areas: sides of 1e-18 to 1e18 in float32, of 1e-150 to 1e150 in float64). `giou` and its kin have no such
  limit. Integers are computed in float64, half precision in float32.

References
----------
Everingham, M. et al. (2010). The PASCAL visual object classes challenge. Int. J. Comput. Vis. 88, 303.
doi:10.1007/s11263-009-0275-4
"""

from .._join import Pairs
from .codes import convert, decode, encode
from .grids import rasterize
from .join import overlap_pairs
from .scores import ciou, diou, eiou, giou
from .sizes import dice, iou, measure, pairwise
from .suppression import nms

__all__ = [
    "Pairs",
    "ciou",
    "convert",
    "decode",
    "dice",
    "diou",
    "eiou",
    "encode",
    "giou",
    "iou",
    "measure",
    "nms",
    "overlap_pairs",
    "pairwise",
    "rasterize",
]

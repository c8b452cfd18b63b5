"""Overlap of polygons, on the plane, on a cylinder or on a torus; between polygons and grids.

Conventions
-----------
- Polygons are shapely's, in arrays that broadcast. Sizes are areas; touching has none. `measure` returns the three
  sizes; `iou` and `dice` are its ratios in one call. What is shared is never more than either size.
- On the plane the sizes are right to 1e-11 of the smaller polygon or better, also where edges almost coincide, and the
  same bits wherever a ring begins, whichever way it runs, for (a, b) and (b, a).
- ``period=(360, 360)`` is a torus of angles in degrees, ``(360, None)`` a cylinder. Draw polygons on past the seam
  (from 150 to 210). What runs round more than once counts once; a band all round is a box of a whole period. Corners
  are rounded to 2⁻⁵⁰ of the period first, so that they meet over the seam.
- Vertices wrapped into one cell (from 150 to -150): pass the polygons through `unwrap`. Else a shell with an edge
  between half a period and a whole one is taken for wrapped, with a warning, if it is clockwise (the right-hand rule,
  RFC 7946) or its polygon is not valid as drawn. A wide region drawn clockwise, as shapely's ``union`` and
  ``buffer(0)`` return it, must first go through ``shapely.orient_polygons``; a box wrapped over a corner, or a shell
  that was clockwise before wrapping, through `unwrap`: they look like wide regions.
- A grid is two arrays of evenly spaced cell centres, ``(x, y)``; its arrays are (y, x), as in ``pcolormesh``. A
  centre on an edge belongs to what is right of it, or above: neighbours share no centre and leave none out.

References
----------
Butler, H. et al. (2016). The GeoJSON format. RFC 7946, section 3.1.6 (the right-hand rule).
Lorensen, W. & Cline, H. (1987). Marching cubes. SIGGRAPH 21, 163. doi:10.1145/37402.37422
"""

from .._join import Pairs
from .grids import from_raster, rasterize
from .join import overlap_pairs
from .periodic import unwrap
from .sizes import dice, iou, measure

__all__ = [
    "Pairs",
    "dice",
    "from_raster",
    "iou",
    "measure",
    "overlap_pairs",
    "rasterize",
    "unwrap",
]

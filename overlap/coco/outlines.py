"""Polygons to masks as COCO draws them: `overlap.coco.draw_polygons`.

Method
------
Corners are rounded to a grid five times as fine as the cells, and an edge goes from one to the next in steps of that
grid, along its longer side. Where this path crosses the middle of a column of cells, the cells below change from
outside to inside, or back. This is neither the rule of cell centres nor of exact coverage (see
`overlap.polygons.rasterize`), and may differ from both by a cell along the outline.

References
----------
``rleFrPoly`` in https://github.com/ppwwyyxx/cocoapi/blob/master/common/maskApi.c
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._checks import shown
from .._compiled import kernels
from ..raster.rle import pack
from ..raster.runs import Cells

Floats = NDArray[np.float64]

_SCALE = 5
"""Steps of the fine grid in a cell."""


def draw_polygons(polygons: Sequence[Any], height: int, width: int) -> dict[str, Any]:
    """Draw the polygons of one object on an image, as pycocotools does it, cell by cell.

    Parameters
    ----------
    polygons : sequence of sequence of float
        Each ``[x1, y1, x2, y2, ...]``, three corners at least, as COCO writes them. What is in any of them is inside.
    height, width : int
        Of the image, in cells.

    Returns
    -------
    dict
        ``{"size": [height, width], "counts": text}``, as `overlap.raster.decode_rle` reads it.

    Raises
    ------
    ValueError
        If there is no polygon, or one has less than three corners, an odd number of coordinates or one that is not
        finite.

    See Also
    --------
    read_instances : Read references from a JSON file of instances as COCO writes it.
    overlap.raster.encode_rle : Write masks as COCO's run lengths, packed into text.
    overlap.polygons.rasterize : Draw polygons on a grid.

    Examples
    --------
    >>> from overlap import raster
    >>> raster.decode_rle([draw_polygons([[0, 0, 4, 0, 4, 2, 0, 2]], 3, 5)])[0].astype(int)
    array([[1, 1, 1, 1, 0],
           [1, 1, 1, 1, 0],
           [0, 0, 0, 0, 0]])
    """
    for name, side in {"height": height, "width": width}.items():
        if not isinstance(side, Integral) or side < 1:
            raise ValueError(f"coco.draw_polygons: {name} is {shown(side)}; pass a whole number of cells")
    corners, reason = read_polygons(polygons)
    if reason:
        raise ValueError(f"coco.draw_polygons: {reason}")
    return {"size": [int(height), int(width)], "counts": pack(counts_of_polygons(corners, int(height), int(width)))}


def read_polygons(polygons: Any) -> tuple[list[Floats], str]:
    """Return the corners of each polygon (k, 2), or why they cannot be read.

    Examples
    --------
    >>> read_polygons([[0, 0, 4, 0]])
    ([], 'a polygon has 2 corners; 3 at least are needed')
    """
    if not isinstance(polygons, list | tuple) or not polygons:
        return [], f"the polygons are {shown(polygons)}; they are lists [x1, y1, x2, y2, ...]"
    corners = []
    for polygon in polygons:
        try:
            numbers = np.asarray(polygon, np.float64)
        except (TypeError, ValueError):
            return [], f"a polygon is {shown(polygon)}; it is a list [x1, y1, x2, y2, ...]"
        if numbers.ndim != 1:
            return [], f"a polygon is {shown(polygon)}; it is a list [x1, y1, x2, y2, ...]"
        if len(numbers) % 2:
            return [], f"a polygon has {len(numbers)} coordinates, an odd number; each corner has x and y"
        if len(numbers) < 6:
            return [], f"a polygon has {len(numbers) // 2} corners; 3 at least are needed"
        if not (abs(numbers) < 1e8).all():
            return [], "a polygon has a coordinate that is not finite, or beyond any image"
        corners.append(numbers.reshape(-1, 2))
    return corners, ""


def counts_of_polygons(corners: list[Floats], height: int, width: int) -> Cells:
    """Return the run lengths of the union of polygons.

    Examples
    --------
    >>> counts_of_polygons([np.array([[0.0, 0], [4, 0], [4, 2], [0, 2]])], 3, 5).tolist()
    [0, 2, 1, 2, 1, 2, 1, 2, 4]
    """
    compiled = kernels("coco.compiled") if _is_worth_it() else None
    changes = []
    for polygon in corners:
        places = compiled.crossings(polygon, height, width) if compiled else _crossings(polygon, height, width)
        changes.append(_changes(places, height * width))
    edges = changes[0] if len(changes) == 1 else _united(changes)
    return np.asarray(np.diff(np.concatenate([[0], edges, [height * width]])))


_drawn = 0
_MANY = 500
"""Calls that pay for the compiler's import."""


def _is_worth_it() -> bool:
    global _drawn
    _drawn += 1
    return _drawn > _MANY


def _crossings(corners: Floats, height: int, width: int) -> Cells:
    """Return the cells at which the path of a polygon crosses the middles of columns."""
    u, v = _path(corners)
    crosses = np.flatnonzero(u[1:] != u[:-1])
    left = np.minimum(u[crosses], u[crosses + 1])
    upper = np.minimum(v[crosses], v[crosses + 1])
    # in cells, of which the first one has its middle at 0
    x = (left + 0.5) / _SCALE - 0.5
    y = np.ceil(np.clip((upper + 0.5) / _SCALE - 0.5, 0, height))
    is_middle = (np.floor(x) == x) & (x >= 0) & (x <= width - 1)
    places = x[is_middle] * height + y[is_middle]
    return np.asarray(places, np.int64)


def _path(corners: Floats) -> tuple[Cells, Cells]:
    """Return the steps of the fine grid that the edges of a polygon go through."""
    # towards zero, as C has it
    fine = np.trunc(_SCALE * corners + 0.5).astype(np.int64)
    x, y = fine.T
    next_x = np.roll(x, -1)
    next_y = np.roll(y, -1)
    dx = abs(next_x - x)
    dy = abs(next_y - y)
    is_flat = dx >= dy
    is_backwards = np.where(is_flat, x > next_x, y > next_y)
    start_x = np.where(is_backwards, next_x, x)
    start_y = np.where(is_backwards, next_y, y)
    rise_x = np.where(is_backwards, x - next_x, next_x - x)
    rise_y = np.where(is_backwards, y - next_y, next_y - y)
    n_steps = np.maximum(dx, dy)
    slope = np.where(is_flat, rise_y, rise_x) / np.maximum(n_steps, 1)

    edge = np.repeat(np.arange(len(x)), n_steps + 1)
    first = np.cumsum(n_steps + 1) - (n_steps + 1)
    step = np.arange(len(edge)) - first[edge]
    step = np.where(is_backwards[edge], n_steps[edge] - step, step)
    along = np.where(is_flat[edge], start_x[edge], start_y[edge]) + step
    across = np.trunc(np.where(is_flat[edge], start_y[edge], start_x[edge]) + slope[edge] * step + 0.5).astype(np.int64)
    return np.where(is_flat[edge], along, across), np.where(is_flat[edge], across, along)


def _changes(places: Cells, n_cells: int) -> Cells:
    """Return where a mask begins and ends, in turn: two crossings at one place are none."""
    place, times = np.unique(places, return_counts=True)
    return np.asarray(place[(times % 2 == 1) & (place < n_cells)])


def _united(changes: list[Cells]) -> Cells:
    """Return where the union of masks begins and ends, in turn."""
    steps = [np.where(np.arange(len(edges)) % 2 == 0, 1, -1) for edges in changes]
    place, of = np.unique(np.concatenate(changes), return_inverse=True)
    change = np.bincount(of, np.concatenate(steps), len(place))
    depth = np.cumsum(change)
    is_inside = depth > 0
    was_inside = np.concatenate([[False], is_inside[:-1]])
    return np.asarray(place[is_inside != was_inside])

"""Polygons and grids: the arithmetic under `overlap.polygons.rasterize` and `from_raster`.

Conventions
-----------
- Everything here is in cells: the centre of cell (row, column) is at (x, y) = (column, row).
- A polygon is its edges, from `start` to `stop`, both (n, 2): shells counter-clockwise, holes clockwise.
  `owner` (n,) tells which polygon an edge belongs to.

References
----------
The area of a polygon within a cell is Green's theorem over the edges inside the cell and to its left, as in
the "exact area coverage" of font rasterizers.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Grid = tuple[ArrayLike, ArrayLike]


def even_axis(name: str, centres: ArrayLike) -> tuple[float, float, int]:
    """Return the first centre, the step and the number of evenly spaced cells."""
    x = np.asarray(centres, dtype=np.float64)
    if x.ndim != 1 or x.size < 2:
        raise ValueError(f"{name} must be a 1-D array of two or more cell centres, got shape {x.shape}")
    step = float(x[-1] - x[0]) / (x.size - 1)
    if not (step and np.all(np.abs(np.diff(x) - step) <= 1e-3 * abs(step))):
        raise ValueError(f"{name} must be evenly spaced cell centres; resample, or use one grid per spacing")
    return float(x[0]), step, x.size


def read_grid(name: str, grid: Grid, periods: Floats) -> tuple[Floats, Floats, tuple[int, int]]:
    """Return the first centre, the step and the number of cells, each (x, y)."""
    if len(grid) != 2:
        raise ValueError(f"{name}: grid must be a pair (x, y) of cell centres, got {len(grid)} arrays")
    x, y = (even_axis(f"{name}: grid {k}", c) for k, c in zip("xy", grid, strict=True))
    origin, step, size = (np.array(v) for v in zip(x, y, strict=True))
    span = np.abs(step) * size
    if np.any((periods > 0) & (span > periods * (1 + 1e-6))):
        raise ValueError(f"{name}: the grid spans {tuple(span.tolist())}, more than the period; drop the repeat")
    return origin, step, (int(size[0]), int(size[1]))


def traced_grid(grid: Grid | None, size: tuple[int, int], periods: Floats) -> tuple[Floats, Floats]:
    """Return the first centre and the step of the grid of a traced map, each (x, y)."""
    if grid is None:
        return np.zeros(2), np.where(periods > 0, periods / size, 1.0)
    origin, step, found = read_grid("from_raster", grid, periods)
    if found != size:
        raise ValueError(f"from_raster: the grid has {found[::-1]} cells (y, x), the mask {size[::-1]}")
    span = np.abs(step) * found
    if np.any((periods > 0) & (span < periods * (1 - 1e-6))):
        raise ValueError(f"from_raster: the grid spans {tuple(span.tolist())}, less than the period")
    return origin, step


def edges(geometries: NDArray[np.object_]) -> tuple[Floats, Floats, Integers]:
    """Return the directed edges of polygons and whose they are."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(geometries), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    return xy[:-1][inner], xy[1:][inner], owner[part[ring[:-1][inner]]]


def centres_inside(start: Floats, stop: Floats, owner: Integers, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Tell which cell centres are inside, by the parity of the edges to their left."""
    # each edge goes upwards, so that neighbours that share it cross a row at the same place to the last bit
    start, stop = _upwards(start, stop)
    first = np.clip(np.ceil(start[:, 1]), 0, shape[1])
    edge, row = _spread(first, np.clip(np.ceil(stop[:, 1]), 0, shape[1]))
    column = np.ceil(_lerp(start[edge], stop[edge], row, 1)[:, 0])
    hit = column < shape[2]
    parity = np.zeros(shape, dtype=np.bool_)
    cell = owner[edge][hit], row[hit].astype(np.intp), np.maximum(column[hit], 0).astype(np.intp)
    np.logical_xor.at(parity, cell, True)
    return np.logical_xor.accumulate(parity, axis=2, out=parity)


def cell_coverage(start: Floats, stop: Floats, owner: Integers, shape: tuple[int, int, int]) -> Floats:
    """Return the exact share of each cell's area that lies inside."""
    # a shell's left side runs down: what is right of it is inside
    sign = np.sign(start[:, 1] - stop[:, 1])
    start, stop = _upwards(start + 0.5, stop + 0.5)
    kept = (stop[:, 1] > 0) & (start[:, 1] < shape[1])
    owner, sign, start, stop = owner[kept], sign[kept], start[kept], stop[kept]
    edge, row, start, stop = _cut(start, stop, 1, 0, shape[1])
    piece, column, start, stop = _cut(start, stop, 0, -1, shape[2])
    owner, sign, row, column = owner[edge][piece], sign[edge][piece], row[piece], np.maximum(column, 0)
    # on a binary grid the heights of a row add without rounding: exactly 0 outside and 1 inside
    height = sign * (_binary(stop[:, 1]) - _binary(start[:, 1]))
    right = column + 1 - np.maximum((start[:, 0] + stop[:, 0]) / 2, 0)
    covered, cell, inner = np.zeros(shape), (owner, row, column), column + 1 < shape[2]
    np.add.at(covered, (owner[inner], row[inner], column[inner] + 1), height[inner])
    np.cumsum(covered, axis=2, out=covered)
    np.add.at(covered, cell, height * right)
    covered[cell] = np.clip(covered[cell], 0.0, 1.0)
    return covered


def contour_area(values: Floats, level: float, wrap: tuple[bool, bool]) -> shapely.Geometry:
    """Return the region where the interpolated map is at least `level`, with the lines where it only touches the frame.

    `wrap` tells which of (x, y) repeats.
    """
    from scipy.ndimage import maximum_filter
    from skimage import measure

    rows, columns = values.shape
    outside = 0.0 if level > 0 else level - 1
    # outlines that touch at a centre, where the value is the level, would not build an area
    modes: list[Literal["wrap", "constant"]] = ["wrap" if w else "constant" for w in reversed(wrap)]
    nearby = maximum_filter(np.abs(values - level), 3, mode=modes, cval=abs(outside - level))
    margin = np.maximum(1e-9 * nearby, 4 * np.spacing(abs(level)))
    values = np.where(values >= level, np.maximum(values, level + margin), np.minimum(values, level - margin))
    around = tuple((int(w), int(w)) for w in reversed(wrap))
    padded = np.pad(np.pad(values, around, mode="wrap"), 1, constant_values=outside)
    contours: list[Floats] = measure.find_contours(padded, level)  # type: ignore[no-untyped-call]
    rings = [c[:, ::-1] - 1 - np.array(wrap) for c in contours]
    area = shapely.build_area(shapely.MultiLineString(rings))
    low, high = np.full(2, -0.5), np.array([columns, rows]) - 0.5
    low, high = np.where(wrap, low, -1.5), np.where(wrap, high, high + 1)
    region: shapely.Geometry = shapely.intersection(area, shapely.box(*low, *high))
    return region


def _upwards(start: Floats, stop: Floats) -> tuple[Floats, Floats]:
    """Return each edge's lower and upper end."""
    down = (start[:, 1] > stop[:, 1])[:, None]
    return np.where(down, stop, start), np.where(down, start, stop)


def _spread(first: Floats, last: Floats) -> tuple[Integers, Floats]:
    """Return the whole numbers in every [first, last), after the index of whose each is."""
    counts = np.maximum(last - first, 0).astype(np.intp)
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - (np.cumsum(counts) - counts)[index] + first[index]


def _lerp(start: Floats, stop: Floats, value: Floats, axis: int) -> Floats:
    """Return the points of segments where the coordinate `axis` is `value`; the ends are met exactly."""
    run = stop[:, axis] - start[:, axis]
    share = np.divide(value - start[:, axis], run, out=np.zeros_like(run), where=run != 0)[:, None]
    point = np.where(share < 1, start + share * (stop - start), stop)
    point[:, axis] = value
    return point


def _cut(start: Floats, stop: Floats, axis: int, low: int, high: int) -> tuple[Integers, Integers, Floats, Floats]:
    """Cut edges at the whole numbers of an axis: the edge, the strip and the ends of each piece.

    The strip −1 holds all that is below 0.
    """
    a, b = start[:, axis], stop[:, axis]
    least, most = np.minimum(a, b), np.maximum(a, b)
    first, last = np.floor(least), np.maximum(np.ceil(most), np.floor(least) + 1)
    edge, line = _spread(np.clip(first, low, high), np.clip(last, low + 1, high))
    below = np.maximum(np.where(line < 0, -np.inf, line), least[edge])
    above = np.minimum(line + 1, most[edge])
    rising, along = (a <= b)[edge], (a == b)[edge, None]
    start, stop = start[edge], stop[edge]
    near = _lerp(start, stop, np.where(rising, below, above), axis)
    far = _lerp(start, stop, np.where(rising, above, below), axis)
    return edge, line.astype(np.intp), np.where(along, start, near), np.where(along, stop, far)


def _binary(y: Floats) -> Floats:
    return np.ldexp(np.rint(np.ldexp(y, 48)), -48)

"""Polygons and grids: the arithmetic under `overlap.polygons.rasterize` and `from_raster`.

Conventions
-----------
- Everything here is in cells: the centre of cell (row, column) is at (x, y) = (column, row).
- A polygon is its edges, from `start` to `stop`, both (n, 2): shells counter-clockwise, holes clockwise.
  `owner` (n,) is the index of the polygon that an edge belongs to.
- `shape` is (polygons, rows, columns).

References
----------
The area of a polygon within a cell is Green's theorem over the edges inside the cell and to its left, as in
the "exact area coverage" of font rasterizers.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from .._grids import ROUNDING, even_axis

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Grid = tuple[ArrayLike, ArrayLike]


class EvenGrid(NamedTuple):
    """The first centre, the step (negative where an axis descends) and the number of cells, each (x, y)."""

    origin: Floats
    step: Floats
    size: tuple[int, int]

    @property
    def span(self) -> Floats:
        """Length of the grid along x and y, from the outer edge of the first cell to that of the last."""
        return np.abs(self.step) * self.size


def read_grid(name: str, grid: Grid, periods: Floats) -> EvenGrid:
    """Read the centres of a grid, which must not exceed a period."""
    if len(grid) != 2:
        raise ValueError(f"{name}: grid must be a pair (x, y) of cell centres, got {len(grid)} arrays")
    x, y = grid
    along_x = even_axis(f"{name}: grid x", x)
    along_y = even_axis(f"{name}: grid y", y)
    first = np.array([along_x.first, along_y.first])
    step = np.array([along_x.step, along_y.step])
    even = EvenGrid(first, step, (along_x.size, along_y.size))
    is_longer = even.span > periods * (1 + ROUNDING)
    if np.any((periods > 0) & is_longer):
        span = tuple(even.span.tolist())
        raise ValueError(f"{name}: the grid spans {span}, more than the period; drop the repeated cells")
    return even


def traced_grid(name: str, grid: Grid | None, size: tuple[int, int], periods: Floats) -> EvenGrid:
    """Return the grid of a map of `size` (columns, rows) that is traced: whole periods where it repeats."""
    if grid is None:
        step = np.where(periods > 0, periods / size, 1.0)
        return EvenGrid(np.zeros(2), step, size)
    even = read_grid(name, grid, periods)
    if even.size != size:
        raise ValueError(
            f"{name}: the grid has {even.size[::-1]} cells (y, x), the mask {size[::-1]}; pass the mask's own centres"
        )
    is_shorter = even.span < periods * (1 - ROUNDING)
    if np.any((periods > 0) & is_shorter):
        span = tuple(even.span.tolist())
        raise ValueError(f"{name}: the grid spans {span}, less than the period; pass all of it, or period=None")
    return even


def edges(geometries: NDArray[np.object_]) -> tuple[Floats, Floats, Integers]:
    """Return the directed edges of polygons and whose they are."""
    oriented = shapely.orient_polygons(geometries)
    parts, owner = shapely.get_parts(oriented, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    stays_in_ring = ring[1:] == ring[:-1]
    start = xy[:-1][stays_in_ring]
    stop = xy[1:][stays_in_ring]
    ring_of_edge = ring[:-1][stays_in_ring]
    return start, stop, owner[part[ring_of_edge]]


def centres_inside(start: Floats, stop: Floats, owner: Integers, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return which cell centres are inside, by the parity of the edges to their left."""
    _, rows, columns = shape
    # each edge goes upwards, so that neighbours that share it cross a row at the same place to the last bit
    low, high = _upwards(start, stop)
    first_row = np.clip(np.ceil(low[:, 1]), 0, rows)
    end_row = np.clip(np.ceil(high[:, 1]), 0, rows)
    edge, row = _whole_numbers(first_row, end_row)
    crossing = _points_at(low[edge], high[edge], row, axis=1)
    column = np.ceil(crossing[:, 0])

    in_grid = column < columns
    row_index = row[in_grid].astype(np.intp)
    column_index = np.maximum(column[in_grid], 0).astype(np.intp)
    cell = (owner[edge][in_grid], row_index, column_index)
    crosses = np.zeros(shape, dtype=np.bool_)
    np.logical_xor.at(crosses, cell, True)
    return np.logical_xor.accumulate(crosses, axis=2, out=crosses)


def cell_coverage(start: Floats, stop: Floats, owner: Integers, shape: tuple[int, int, int]) -> Floats:
    """Return the exact share of each cell's area that lies inside.

    An edge covers what is right of it, over its own height: part of the cells that it crosses, and all cells of the
    same rows further right. Edges that run down add, edges that run up subtract.
    """
    _, rows, columns = shape
    # a shell's left side runs down: what is right of it is inside
    sign = np.sign(start[:, 1] - stop[:, 1])
    low, high = _upwards(start + 0.5, stop + 0.5)
    in_rows = (high[:, 1] > 0) & (low[:, 1] < rows)
    owner = owner[in_rows]
    sign = sign[in_rows]
    edge, row, low, high = _cut(low[in_rows], high[in_rows], 1, 0, rows)
    piece, column, low, high = _cut(low, high, 0, -1, columns)
    owner = owner[edge][piece]
    sign = sign[edge][piece]
    row = row[piece]
    column = np.maximum(column, 0)

    # on a binary grid the heights of a row add without rounding: exactly 0 outside and 1 inside
    height = sign * (_binary(high[:, 1]) - _binary(low[:, 1]))
    middle = np.maximum((low[:, 0] + high[:, 0]) / 2, 0)
    width = column + 1 - middle
    covered = np.zeros(shape)
    has_right = column + 1 < columns
    np.add.at(covered, (owner[has_right], row[has_right], column[has_right] + 1), height[has_right])
    np.cumsum(covered, axis=2, out=covered)
    cell = (owner, row, column)
    np.add.at(covered, cell, height * width)
    covered[cell] = np.clip(covered[cell], 0.0, 1.0)
    return covered


def contour_area(values: Floats, level: float, wrap: tuple[bool, bool]) -> shapely.Geometry:
    """Return the region where the interpolated map is at least `level`, with the lines where it only touches the frame.

    `wrap` is whether x and y repeat.
    """
    from skimage import measure

    rows, columns = values.shape
    wrap_x, wrap_y = wrap
    outside = 0.0 if level > 0 else level - 1
    values = _away_from_level(values, level, outside, wrap)
    # one more cell where the map repeats, then a frame that closes the outlines
    repeated = np.pad(values, [(int(wrap_y),) * 2, (int(wrap_x),) * 2], mode="wrap")
    framed = np.pad(repeated, 1, constant_values=outside)
    offset = 1 + np.array([wrap_x, wrap_y])
    contours: list[Floats] = measure.find_contours(framed, level)  # type: ignore[no-untyped-call]
    rings = [row_column[:, ::-1] - offset for row_column in contours]
    area = shapely.build_area(shapely.MultiLineString(rings))

    left = -0.5 if wrap_x else -1.5
    right = columns - 0.5 if wrap_x else columns + 0.5
    bottom = -0.5 if wrap_y else -1.5
    top = rows - 0.5 if wrap_y else rows + 0.5
    region: shapely.Geometry = shapely.intersection(area, shapely.box(left, bottom, right, top))
    return region


def _away_from_level(values: Floats, level: float, outside: float, wrap: tuple[bool, bool]) -> Floats:
    """Move values that lie at the level a little off it: outlines that touch at a centre would not build an area."""
    from scipy.ndimage import maximum_filter

    wrap_x, wrap_y = wrap
    mode_x: Literal["wrap", "constant"] = "wrap" if wrap_x else "constant"
    mode_y: Literal["wrap", "constant"] = "wrap" if wrap_y else "constant"
    distance = np.abs(values - level)
    nearby = maximum_filter(distance, 3, mode=[mode_y, mode_x], cval=abs(outside - level))
    margin = np.maximum(1e-9 * nearby, 4 * np.spacing(abs(level)))
    above = np.maximum(values, level + margin)
    below = np.minimum(values, level - margin)
    moved: Floats = np.where(values >= level, above, below)
    return moved


def _upwards(start: Floats, stop: Floats) -> tuple[Floats, Floats]:
    """Return each edge's lower and upper end."""
    runs_down = (start[:, 1] > stop[:, 1])[:, None]
    low = np.where(runs_down, stop, start)
    high = np.where(runs_down, start, stop)
    return low, high


def _whole_numbers(first: Floats, end: Floats) -> tuple[Integers, Floats]:
    """Return the whole numbers of every range [first, end), after the index of the range that each is from."""
    counts = np.maximum(end - first, 0).astype(np.intp)
    index = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    place = np.arange(len(index)) - before[index]
    return index, place + first[index]


def _points_at(start: Floats, stop: Floats, value: Floats, axis: int) -> Floats:
    """Return the points of segments where the coordinate `axis` is `value`; the ends are met exactly."""
    run = stop[:, axis] - start[:, axis]
    share = np.divide(value - start[:, axis], run, out=np.zeros_like(run), where=run != 0)
    share = share[:, None]
    point = np.where(share < 1, start + share * (stop - start), stop)
    point[:, axis] = value
    return point


def _cut(start: Floats, stop: Floats, axis: int, low: int, high: int) -> tuple[Integers, Integers, Floats, Floats]:
    """Cut edges at the whole numbers of an axis: the edge, the strip and the ends of each piece.

    Strips run from `low` to `high`. The strip −1 holds all that is below 0.
    """
    rises = start[:, axis] <= stop[:, axis]
    is_level = start[:, axis] == stop[:, axis]
    least = np.minimum(start[:, axis], stop[:, axis])
    most = np.maximum(start[:, axis], stop[:, axis])
    first = np.floor(least)
    end = np.maximum(np.ceil(most), first + 1)
    edge, strip = _whole_numbers(np.clip(first, low, high), np.clip(end, low + 1, high))

    strip_begin = np.where(strip < 0, -np.inf, strip)
    begin = np.maximum(strip_begin, least[edge])
    finish = np.minimum(strip + 1, most[edge])
    start = start[edge]
    stop = stop[edge]
    rises = rises[edge]
    is_level = is_level[edge, None]
    cut_start = _points_at(start, stop, np.where(rises, begin, finish), axis)
    cut_stop = _points_at(start, stop, np.where(rises, finish, begin), axis)
    # an edge along the strip has no place where it meets a whole number
    piece_start = np.where(is_level, start, cut_start)
    piece_stop = np.where(is_level, stop, cut_stop)
    return edge, strip.astype(np.intp), piece_start, piece_stop


def _binary(y: Floats) -> Floats:
    """Round to whole multiples of 2**-48."""
    return np.ldexp(np.rint(np.ldexp(y, 48)), -48)

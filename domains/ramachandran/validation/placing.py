"""Where there is space for names beside their points.

Conventions
-----------
- A place is a box: left, bottom, right and top, in degrees, within the axes from -180° to 180°.
- It is as near to its point as there is space, within 45°. It covers no other box and no mark. Of the other points it
  covers as few as it can, two at most.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EDGE = 180.0
FONT_SIZE = 6.0
_GAP = 8.0
"""Degrees between a point and its name, at least."""
_REACH = 45.0
"""Degrees between a point and its name, at most."""
_MARGIN = 1.5
"""Degrees around a name."""
_PER_POINT = 10.0
"""Degrees that a name moves farther away rather than cover a point."""
_MOST_POINTS = 2
_AROUND_MARKS = np.array([-5.0, -5.0, 5.0, 5.0])
"""How far a mark reaches, about."""
_STEP = 3.0
"""Degrees between the places that are tried."""

Floats = npt.NDArray[np.float64]


def place(
    anchors: Floats, sizes: list[tuple[float, float]], points: Floats, marks: Floats | None = None
) -> list[Floats | None]:
    """Find a place for each name, the first names first.

    Parameters
    ----------
    anchors : ndarray, shape (k, 2)
        Where each belongs: phi and psi.
    sizes : list of tuple of float
        Width and height of each, degrees.
    points : ndarray, shape (n, 2)
        What names avoid: phi and psi.
    marks : ndarray, shape (m, 2), optional
        What they never cover.

    Returns
    -------
    list of ndarray, shape (4,), or None
        Each box; None where there is no space. No two boxes overlap.

    Examples
    --------
    >>> anchors = np.array([[170.0, 0.0]])
    >>> place(anchors, [(40.0, 8.0)], points=anchors)
    [array([122.,  -4., 162.,   4.])]
    """
    taken: list[Floats] = []
    crowd = _Crowd(points)
    marked = None if marks is None else _Crowd(marks)
    places: list[Floats | None] = []
    for anchor, (width, height) in zip(anchors, sizes, strict=True):
        boxes = _boxes(anchor, width, height)
        n_points = crowd.within(boxes)
        free = n_points <= _MOST_POINTS
        for other in taken:
            free &= ~_overlap(boxes, other)
        if marked is not None:
            free &= marked.within(boxes + _AROUND_MARKS) == 0
        if not free.any():
            places.append(None)
            continue
        cost = np.where(free, _distance(boxes, anchor) + _PER_POINT * n_points, np.inf)
        best = boxes[int(np.argmin(cost))]
        taken.append(best)
        places.append(best)
    return places


def size(text: str, degrees: tuple[float, float]) -> tuple[float, float]:
    """Return width and height of a text, given the degrees that a typographic point takes on each axis.

    Examples
    --------
    >>> narrow, _ = size("A", (1.0, 1.0))
    >>> wide, _ = size("A GLY 5", (1.0, 1.0))
    >>> narrow < wide
    True
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=FONT_SIZE)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    per_x, per_y = degrees
    return width * per_x + 2 * _MARGIN, 1.2 * FONT_SIZE * per_y + 2 * _MARGIN


class _Crowd:
    """How many points lie in a box, from sums over cells of one degree."""

    def __init__(self, points: Floats) -> None:
        edges = np.arange(-EDGE, EDGE + 1)
        finite = points[np.isfinite(points).all(axis=1)]
        counts, _, _ = np.histogram2d(finite[:, 0], finite[:, 1], bins=(edges, edges))
        self._below = np.pad(counts.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def within(self, boxes: Floats) -> Floats:
        cells = np.clip(np.rint(boxes + EDGE), 0, 2 * EDGE).astype(int)
        left, bottom, right, top = cells.T
        below = self._below
        count: Floats = below[right, top] - below[left, top] - below[right, bottom] + below[left, bottom]
        return count


def _boxes(anchor: Floats, width: float, height: float) -> Floats:
    """Return the boxes within the axes where a name may stand: beside its point, then anywhere near it."""
    phi, psi = anchor
    middle = psi - height / 2
    beside = [(phi + _GAP, middle), (phi - _GAP - width, middle)]
    x = np.arange(-EDGE, EDGE - width, _STEP)
    y = np.arange(-EDGE, EDGE - height, _STEP)
    everywhere = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    corner = np.concatenate([beside, everywhere])
    opposite = corner + np.array([width, height])
    boxes = np.concatenate([corner, opposite], axis=1)
    inside = np.abs(boxes).max(axis=1) <= EDGE
    distance = _distance(boxes, anchor)
    kept: Floats = boxes[inside & (distance >= _GAP) & (distance <= _REACH)]
    return kept


def _overlap(boxes: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    left, bottom, right, top = boxes.T
    overlap: npt.NDArray[np.bool_] = (left < other[2]) & (other[0] < right) & (bottom < other[3]) & (other[1] < top)
    return overlap


def _distance(boxes: Floats, anchor: Floats) -> Floats:
    """Return how far each box is from a point, 0 where it covers it."""
    phi, psi = anchor
    left, bottom, right, top = boxes.T
    across = np.maximum(0, np.maximum(left - phi, phi - right))
    up = np.maximum(0, np.maximum(bottom - psi, psi - top))
    distance: Floats = np.hypot(across, up)
    return distance

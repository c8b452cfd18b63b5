"""Names of residues beside their points: what is written, and where there is space for it.

Conventions
-----------
- The copies of a residue in several chains, or models, share a name where their points lie within 15°.
- A name stands as near to its point as there is space, within the axes, and covers no other name. Where there are two
  such places equally near, it covers as few points as it can.
- A name for which there is no space is left out, and the picture says how many are.
- The size of a name is measured on the figure as it is laid out when it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from .._text import for_picture
from .torus import wrap

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_NAMES = 40
"""The most names in one picture."""
SAME_NAME_WITHIN = 15.0
"""Degrees within which the copies of one residue share a name."""
MOST_LETTERS = 12
"""Letters that chains may take; more are counted."""

FONT_SIZE = 6.0
_EDGE = 180.0
_GAP = 5.0
"""Degrees between a point and its name, at least."""
_MARGIN = 1.5
"""Degrees around a name."""
_PER_POINT = 6.0
"""Degrees that a name moves farther away rather than cover a point."""
_STEP = 3.0
"""Degrees between the places that are tried."""
_INK = "#D55E00"
_LINES = 3.5
_NAMES = 5
"""Names are drawn over points, and points over the lines to them."""

Floats = npt.NDArray[np.float64]


class Name(NamedTuple):
    """What is written beside a point.

    Parameters
    ----------
    text : str
    phi, psi : float
        The point, degrees.
    """

    text: str
    phi: float
    psi: float


def write_names(residues: pd.DataFrame, points: Floats, ax: Axes) -> None:
    """Write the names of residues beside their points, the first 40 of them.

    Parameters
    ----------
    residues : DataFrame
        Whom to name, the most important first: ``chain resseq icode resname phi psi``.
    points : ndarray, shape (n, 2)
        All points of the picture, phi and psi, which names avoid.
    ax : matplotlib Axes
        From -180° to 180°, with its final size: its figure is laid out (``figure.draw_without_rendering()``).

    Examples
    --------
    >>> import matplotlib, pandas as pd
    >>> matplotlib.use("agg")
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().add_subplot(xlim=(-180, 180), ylim=(-180, 180))
    >>> columns = ["chain", "resseq", "icode", "resname", "phi", "psi"]
    >>> write_names(pd.DataFrame([["A", 5, "", "ALA", 60.0, 0.0]], columns=columns), np.array([[60.0, 0.0]]), ax)
    >>> [text.get_text() for text in ax.texts]
    ['A ALA 5']
    """
    if residues.empty:
        return
    wanted = shared_names(residues)
    names = wanted[:MOST_NAMES]
    degrees = _degrees_per_point(ax)
    places = place(names, [size(name.text, degrees) for name in names], points, keep_free=_remark_box(degrees))
    for name, box in zip(names, places, strict=True):
        if box is not None:
            _write(name, box, ax)
    n_written = sum(box is not None for box in places)
    if n_written < len(wanted):
        remark = f"{n_written} worst of {len(wanted)} named"
        ax.text(0.99, 0.01, remark, transform=ax.transAxes, ha="right", va="bottom", fontsize=FONT_SIZE, color=_INK)


def shared_names(residues: pd.DataFrame) -> list[Name]:
    """Return what to write and where: the copies of one residue that lie close share a name.

    Parameters
    ----------
    residues : DataFrame
        ``chain resseq icode resname phi psi``.

    Returns
    -------
    list of Name

    Examples
    --------
    >>> import pandas as pd
    >>> residues = pd.DataFrame({"chain": list("ABCDEFGHIJKL"), "resseq": 12, "icode": "", "resname": "LYS"})
    >>> shared_names(residues.assign(phi=5.0, psi=130.0))
    [Name(text='12 chains LYS 12', phi=5.0, psi=130.0)]
    """
    named: list[tuple[str, list[str], float, float]] = []
    copies: dict[str, list[tuple[list[str], float, float]]] = {}
    for row in residues.to_dict("records"):
        residue = f"{row['resname']} {row['resseq']}{row['icode']}"
        known = copies.setdefault(residue, [])
        chains = _chains_nearby(known, row["phi"], row["psi"])
        if chains is None:
            chains = []
            known.append((chains, row["phi"], row["psi"]))
            named.append((residue, chains, row["phi"], row["psi"]))
        if row["chain"] not in chains:
            chains.append(row["chain"])
    return [Name(for_picture(f"{_chains(chains)} {name}".strip()), phi, psi) for name, chains, phi, psi in named]


def place(
    names: list[Name], sizes: list[tuple[float, float]], points: Floats, keep_free: Floats | None = None
) -> list[Floats | None]:
    """Find a place for each name, the first names first.

    Parameters
    ----------
    names : list of Name
    sizes : list of tuple of float
        Width and height of each, degrees.
    points : ndarray, shape (n, 2)
        What names avoid: phi and psi.
    keep_free : ndarray, shape (4,), optional
        A box where no name may stand: left, bottom, right, top.

    Returns
    -------
    list of ndarray, shape (4,), or None
        Each box; None where there is no space. No two boxes overlap.

    Examples
    --------
    >>> name = Name("A ALA 5", 170.0, 0.0)
    >>> place([name], [(40.0, 8.0)], np.array([[170.0, 0.0]]))
    [array([125.,  -4., 165.,   4.])]
    """
    taken = [] if keep_free is None else [keep_free]
    crowd = _Crowd(points)
    places: list[Floats | None] = []
    for name, (width, height) in zip(names, sizes, strict=True):
        boxes = _boxes(name, width, height)
        free = np.ones(len(boxes), dtype=bool)
        for other in taken:
            free &= ~_overlap(boxes, other)
        boxes = boxes[free]
        if not len(boxes):
            places.append(None)
            continue
        cost = _distance(boxes, name) + _PER_POINT * crowd.within(boxes)
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
        edges = np.arange(-_EDGE, _EDGE + 1)
        finite = points[np.isfinite(points).all(axis=1)]
        counts, _, _ = np.histogram2d(finite[:, 0], finite[:, 1], bins=(edges, edges))
        self._below = np.pad(counts.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def within(self, boxes: Floats) -> Floats:
        cells = np.clip(np.rint(boxes + _EDGE), 0, 2 * _EDGE).astype(int)
        left, bottom, right, top = cells.T
        below = self._below
        count: Floats = below[right, top] - below[left, top] - below[right, bottom] + below[left, bottom]
        return count


def _boxes(name: Name, width: float, height: float) -> Floats:
    """Return the boxes within the axes where a name may stand: beside its point, then everywhere else."""
    middle = name.psi - height / 2
    beside = [(name.phi + _GAP, middle), (name.phi - _GAP - width, middle)]
    x = np.arange(-_EDGE, _EDGE - width, _STEP)
    y = np.arange(-_EDGE, _EDGE - height, _STEP)
    everywhere = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    corner = np.concatenate([beside, everywhere])
    opposite = corner + np.array([width, height])
    boxes = np.concatenate([corner, opposite], axis=1)
    inside = np.abs(boxes).max(axis=1) <= _EDGE
    covers_its_point = _distance(boxes, name) < _GAP
    kept: Floats = boxes[inside & ~covers_its_point]
    return kept


def _overlap(boxes: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    left, bottom, right, top = boxes.T
    overlap: npt.NDArray[np.bool_] = (left < other[2]) & (other[0] < right) & (bottom < other[3]) & (other[1] < top)
    return overlap


def _distance(boxes: Floats, name: Name) -> Floats:
    """Return how far each box is from the point of a name, 0 where it covers it."""
    left, bottom, right, top = boxes.T
    across = np.maximum(0, np.maximum(left - name.phi, name.phi - right))
    up = np.maximum(0, np.maximum(bottom - name.psi, name.psi - top))
    distance: Floats = np.hypot(across, up)
    return distance


def _chains_nearby(known: list[tuple[list[str], float, float]], phi: float, psi: float) -> list[str] | None:
    """Return the chains of the first copy that lies close, None if there is none."""
    for chains, x, y in known:
        if np.hypot(wrap(x - phi), wrap(y - psi)) < SAME_NAME_WITHIN:
            return chains
    return None


def _chains(chains: list[str]) -> str:
    """Return chains as a name has them: listed, or counted if that would be long."""
    listed = ",".join(chains)
    if len(listed) <= MOST_LETTERS:
        return listed
    if len(chains) > 1:
        return f"{len(chains)} chains"
    return f"{listed[: MOST_LETTERS - 1]}…"


def _degrees_per_point(ax: Axes) -> tuple[float, float]:
    """Return how many degrees a typographic point takes on each axis."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    box = ax.get_window_extent()
    pixels = figure.dpi / 72
    return 2 * _EDGE / box.width * pixels, 2 * _EDGE / box.height * pixels


def _remark_box(degrees: tuple[float, float]) -> Floats:
    """Return the lower right corner, where the picture says how many names it leaves out."""
    width, height = size(f"{MOST_NAMES} worst of 10000 named", degrees)
    return np.array([_EDGE - width - 4, -_EDGE, _EDGE, -_EDGE + height + 4])


def _write(name: Name, box: Floats, ax: Axes) -> None:
    """Write a name into its box, and draw a line to its point below all names."""
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    left, bottom, right, top = box
    near_x = min(max(name.phi, left), right)
    near_y = min(max(name.psi, bottom), top)
    ax.add_line(Line2D([name.phi, near_x], [name.psi, near_y], color=_INK, linewidth=0.4, zorder=_LINES))
    ax.text(
        (left + right) / 2,
        (bottom + top) / 2,
        name.text,
        ha="center",
        va="center",
        fontsize=FONT_SIZE,
        color=_INK,
        zorder=_NAMES,
        path_effects=[withStroke(linewidth=1.2, foreground="white")],
    )

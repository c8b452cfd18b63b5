"""The Kleywegt picture: an arrow for each residue from where it was to where it is, round the torus.

Conventions
-----------
- An arrow takes the short way round. Where that crosses ±180° it is drawn in pieces, each within the axes; the last has
  the head.
- Residues that moved less than 10° are points.
- Those that got worse are thick, vermilion and named. Those that got better are dashed and green. Those that kept
  their label are thin and grey, and named in grey if they moved 90° or more.

References
----------
Kleywegt, G. J. & Jones, T. A. (1996). Phi/psi-chology: Ramachandran revisited. Structure 4, 1395.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..._pictures import printed
from ..empirical import CATEGORIES, Category
from ..torus import wrap
from .changes import BETTER, SAME, WORSE
from .labels import INK, write_names
from .plotting import LINES, POINT, SHADES, TITLES, credit, draw_category, six_panels

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

GOOD = "#00695C"
STYLES: dict[str, dict[str, Any]] = {
    SAME: {"color": "0.5", "linewidth": 0.6, "linestyle": "-", "zorder": 3},
    BETTER: {"color": GOOD, "linewidth": 0.9, "linestyle": (0, (4, 1.5)), "zorder": 3.2},
    WORSE: {"color": INK, "linewidth": 1.3, "linestyle": "-", "zorder": 3.4},
}
LABELS = {WORSE: "worse", BETTER: "better", SAME: "same label"}
GREY = "0.3"
"""Of the names of those that kept their label."""
JUMP = 90.0
"""Degrees from which on these are named."""
HEAD = 6.0
"""Size of an arrow's head, typographic points."""
Floats = npt.NDArray[np.float64]


def plot_changes(
    changes: pd.DataFrame,
    reference: str | xr.Dataset = "top8000",
    *,
    least: float = 10.0,
    axes: Any = None,
    label_worse: bool = True,
) -> np.ndarray:
    """Draw how residues moved over the empirical regions, one panel for each category.

    Parameters
    ----------
    changes : DataFrame
        As `compare_models` returns it.
    reference : str or Dataset
        Which empirical reference lies below.
    least : float
        Residues that moved less are points, degrees.
    axes : array of matplotlib Axes, optional
        Six of them; a new figure by default.
    label_worse : bool
        Whether to name the residues that got worse and those that moved by 90° or more, 40 in each panel: first the
        worse, then those that moved most.

    Returns
    -------
    array of matplotlib Axes, shape (2, 3)

    See Also
    --------
    compare_models : Compare the backbone of two models of one protein.
    plot_residues : Draw residues over the empirical regions, one panel for each category.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .changes import compare_models
    >>> from ..regions.io import example
    >>> changes, _ = compare_models(example(), example())
    >>> plot_changes(changes).shape
    (2, 3)
    """
    tables = [changes[changes["category_after"] == category] for category in CATEGORIES]
    with printed(axes):
        panels = six_panels(axes)
        for ax, category, table in zip(panels.flat, CATEGORIES, tables, strict=True):
            draw_category(reference, category, ax)
            _draw(table, least, ax)
            ax.set_title(_title(category, table), fontsize="medium")
        figure = panels.flat[0].figure
        figure.legend(handles=_key(least), loc="outside upper center", ncols=6, frameon=False, fontsize="small")
        credit(figure, reference)
        if label_worse:
            # names come last: their places depend on the size of the panels
            figure.draw_without_rendering()
            for ax, category, table in zip(panels.flat, CATEGORIES, tables, strict=True):
                n_named = _write_names(table, ax)
                ax.title.set_text(_title(category, table, n_named))
    return panels


def pieces(phi: float, psi: float, delta_phi: float, delta_psi: float) -> list[Floats]:
    """Cut a straight way on the torus where it crosses ±180°.

    Parameters
    ----------
    phi, psi : float
        Where it begins, degrees.
    delta_phi, delta_psi : float
        How far it goes.

    Returns
    -------
    list of ndarray, shape (2, 2)
        Begin and end of each piece, (phi, psi) within [-180, 180], in the order of the way.

    Examples
    --------
    >>> for piece in pieces(170.0, 0.0, 20.0, 10.0):
    ...     print(piece.tolist())
    [[170.0, 0.0], [180.0, 5.0]]
    [[-180.0, 5.0], [-170.0, 10.0]]
    """
    begin = np.array([wrap(phi), wrap(psi)])
    way = np.array([delta_phi, delta_psi])
    times = {0.0, 1.0}
    for start, length in zip(begin, way, strict=True):
        times |= {(edge - start) / length for edge in (-180.0, 180.0) if length and 0 < (edge - start) / length < 1}
    order = sorted(times)
    cut = []
    for first, last in pairwise(order):
        piece = begin + np.outer([first, last], way)
        middle = piece.mean(axis=0)
        cut.append(np.clip(piece + (wrap(middle) - middle), -180.0, 180.0))
    return cut


def _draw(changes: pd.DataFrame, least: float, ax: Axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import FancyArrowPatch

    moved = changes["distance"] >= least
    for change, style in STYLES.items():
        of_change = changes["change"] == change
        still = changes[of_change & ~moved]
        colour = POINT if change == SAME else style["color"]
        ax.scatter(still["phi_after"], still["psi_after"], s=4, color=colour, linewidths=0, zorder=style["zorder"])
        arrows = changes[of_change & moved][["phi_before", "psi_before", "delta_phi", "delta_psi"]]
        for way in arrows.itertuples(index=False):
            *begun, last = pieces(*way)
            for piece in begun:
                ax.add_line(Line2D(*piece.T, **style))
            ax.add_patch(FancyArrowPatch(*last, arrowstyle="-|>", mutation_scale=HEAD, shrinkA=0, shrinkB=0, **style))


def _to_name(changes: pd.DataFrame) -> pd.DataFrame:
    """Return whom to name: those that got worse, then those that jumped, of each the furthest first."""
    furthest = changes.sort_values("distance", ascending=False, kind="stable")
    worse = furthest[furthest["change"] == WORSE]
    jumped = furthest[(furthest["change"] == SAME) & (furthest["distance"] >= JUMP)]
    return pd.concat([worse.assign(ink=INK), jumped.assign(ink=GREY)])


def _write_names(changes: pd.DataFrame, ax: Axes) -> int:
    """Write names where the arrows end and off all arrows, and return how many residues have one."""
    named = _to_name(changes).rename(columns={"phi_after": "phi", "psi_after": "psi"})
    return write_names(named, along_arrows(changes), ax)


def along_arrows(changes: pd.DataFrame) -> Floats:
    """Return points along the arrows, no farther apart than 6°, their ends among them.

    Parameters
    ----------
    changes : DataFrame
        As `compare_models` returns it.

    Returns
    -------
    ndarray, shape (n, 2)

    Examples
    --------
    >>> ways = {"phi_before": [170.0], "psi_before": [0.0], "delta_phi": [20.0], "delta_psi": [0.0]}
    >>> along_arrows(pd.DataFrame(ways))[:, 0].tolist()
    [170.0, 175.0, -180.0, -175.0, -170.0]
    """
    points = [np.zeros((0, 2))]
    ways = changes[["phi_before", "psi_before", "delta_phi", "delta_psi"]].dropna()
    for way in ways.to_numpy(float):
        begin = way[:2]
        delta = way[2:]
        n_steps = max(1, math.ceil(np.hypot(*delta) / 6))
        steps = np.linspace(0, 1, n_steps + 1)
        points.append(wrap(begin + np.outer(steps, delta)))
    return np.concatenate(points)


def _title(category: Category, changes: pd.DataFrame, n_named: int | None = None) -> str:
    """Return what stands above a panel: how many changed, and how many are named if not all are that should be."""
    n_worse = int((changes["change"] == WORSE).sum())
    n_better = int((changes["change"] == BETTER).sum())
    said = f"{n_worse} worse, {n_better} better" if n_worse or n_better else "no label changed"
    n_to_name = len(_to_name(changes))
    if n_named is not None and n_named < n_to_name:
        said += f"; {n_named} of {n_to_name} named"
    return f"{TITLES[category]} (n = {len(changes)})\n{said}"


def _key(least: float) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    regions = [
        Patch(facecolor=SHADES[1], edgecolor=LINES[1], label="favored"),
        Patch(facecolor=SHADES[0], edgecolor=LINES[0], label="allowed"),
    ]
    arrows = [Line2D([], [], **STYLES[change], label=label) for change, label in LABELS.items()]
    point = Line2D([], [], color=POINT, marker="o", markersize=2, linestyle="", label=f"moved less than {least:g}°")
    return [*regions, *arrows, point]

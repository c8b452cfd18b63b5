"""The Kleywegt picture: an arrow for each residue from where it was to where it is, round the torus.

Conventions
-----------
- An arrow takes the short way round. Where that crosses ±180° it is drawn in pieces, each within the axes; the last has
  the head.
- Residues that moved less than 10° are points.
- Those that got worse are vermilion and named, those that got better are dashed, all others are thin and grey.

References
----------
Kleywegt, G. J. & Jones, T. A. (1996). Phi/psi-chology: Ramachandran revisited. Structure 4, 1395.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .changes import BETTER, SAME, WORSE
from .empirical import CATEGORIES
from .labels import write_names
from .plotting import BAD, LINES, POINT, SHADES, TITLES, credit, draw_category
from .torus import wrap

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

GOOD = "#00695C"
STYLES: dict[str, dict[str, Any]] = {
    SAME: {"color": "0.45", "linewidth": 0.6, "linestyle": "-", "zorder": 3},
    BETTER: {"color": GOOD, "linewidth": 1.1, "linestyle": (0, (4, 1.5)), "zorder": 3.2},
    WORSE: {"color": BAD, "linewidth": 1.3, "linestyle": "-", "zorder": 3.4},
}
HEAD = 7.0
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
        Whether to name the residues that got worse, the 40 that moved most in each panel.

    Returns
    -------
    array of matplotlib Axes, shape (2, 3)

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .changes import compare_models
    >>> from .io import example
    >>> changes, _ = compare_models(example(), example())
    >>> plot_changes(changes).shape
    (2, 3)
    """
    import matplotlib.pyplot as plt

    if axes is None:
        _, axes = plt.subplots(2, 3, figsize=(11, 7.9), sharex=True, sharey=True, layout="constrained")
    panels = np.ravel(axes)
    for ax, category in zip(panels, CATEGORIES, strict=True):
        of_category = changes[changes["category_after"] == category]
        draw_category(reference, category, ax)
        _draw(of_category, least, ax)
        ax.set_title(f"{TITLES[category]}  (n = {len(of_category)})", fontsize="medium")
        ax.label_outer()
    figure = panels[0].figure
    figure.legend(handles=_key(least), loc="outside upper center", ncols=6, frameon=False, fontsize="small")
    credit(figure, reference)
    if label_worse:
        # names come last: their places depend on the size of the panels
        figure.draw_without_rendering()
        for ax, category in zip(panels, CATEGORIES, strict=True):
            _name_worse(changes[changes["category_after"] == category], ax)
    return np.asarray(axes)


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
        ax.scatter(still["phi_after"], still["psi_after"], s=7, color=colour, linewidths=0, zorder=style["zorder"])
        arrows = changes[of_change & moved][["phi_before", "psi_before", "delta_phi", "delta_psi"]]
        for way in arrows.itertuples(index=False):
            *begun, last = pieces(*way)
            for piece in begun:
                ax.add_line(Line2D(*piece.T, **style))
            ax.add_patch(FancyArrowPatch(*last, arrowstyle="-|>", mutation_scale=HEAD, shrinkA=0, shrinkB=0, **style))


def _name_worse(changes: pd.DataFrame, ax: Axes) -> None:
    worse = changes[changes["change"] == WORSE].sort_values("distance", ascending=False, kind="stable")
    named = worse.rename(columns={"phi_after": "phi", "psi_after": "psi"})
    write_names(named, changes[["phi_after", "psi_after"]].to_numpy(), ax)


def _key(least: float) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    regions = [
        Patch(facecolor=SHADES[1], edgecolor=LINES[1], label="favored"),
        Patch(facecolor=SHADES[0], edgecolor=LINES[0], label="allowed"),
    ]
    arrows = [Line2D([], [], **STYLES[change], label=change) for change in (WORSE, BETTER, SAME)]
    point = Line2D([], [], color=POINT, marker="o", markersize=3, linestyle="", label=f"moved less than {least:g}°")
    return [*regions, *arrows, point]

"""The picture of two densities: the IoU of their regions at each mass, and the ceiling beside it.

Conventions
-----------
- The axis of the mass is logarithmic in what a region leaves out, 1 − mass: there the favored (98 %) and the allowed
  region (99.95 %) lie apart.
- Lines differ in colour and in marker, so that they are told apart in grey.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

import overlap as ov

from ..._checks import UsageError
from ..._pictures import COLUMN, axes_or_new, printed
from ..._text import for_picture, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OPERATION = "ramachandran.plot_iou_at_mass"
TICKS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995)
MARKED = {"favored": 0.98, "allowed": 0.9995}
"""What the general regions of the reference hold."""
COLOURS = (ov.plotting.BOTH, ov.plotting.ONLY_A, "0.25", ov.plotting.ONLY_B)
MARKERS = ("o", "s", "D", "^", "v")
MOST_LETTERS = 36


def plot_iou_at_mass(report: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the IoU over the mass that the regions hold, and the ceiling if the report has one.

    Parameters
    ----------
    report : Dataset
        As `compare_densities` returns it. Each prediction has a line of its own.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own for one column of a journal by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UsageError
        If the report has no IoU at each mass.

    See Also
    --------
    compare_densities : Compare a predicted density with a reference one.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..regions.samples import density_from_angles
    >>> from .densities_compared import compare_densities
    >>> from .masses import draw_angles
    >>> density = density_from_angles(*draw_angles(500, seed=0))
    >>> ax = plot_iou_at_mass(compare_densities(density, sample=500))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['prediction', 'ceiling: samples of the reference']
    """
    if "iou_at_mass" not in getattr(report, "data_vars", ()):
        raise UsageError(f"{OPERATION}: no iou_at_mass; pass what compare_densities returns")
    mass = report["mass"].values
    with printed(ax):
        if ax is None:
            ax = axes_or_new(None, figsize=(COLUMN, 0.8 * COLUMN))
            ax.set_title(f"against {_short(report.attrs.get('reference', 'the reference'))}", fontsize="medium")
        styles = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
        for (name, iou), (colour, marker) in zip(_lines(report), styles, strict=False):
            ax.plot(mass, iou, color=colour, marker=marker, markersize=3, linewidth=1, label=_short(name))
        if "ceiling" in report:
            ceiling = report["ceiling"].values
            ax.plot(mass, ceiling, color="0.5", linestyle="--", linewidth=1, label="ceiling: samples of the reference")
        _scale(ax, mass)
        several = ", ".join(str(dim) for dim in report["iou_at_mass"].dims if dim != "mass")
        ax.legend(title=several or None, fontsize="small", title_fontsize="small")
    return ax


def _lines(report: xr.Dataset) -> list[tuple[str, np.ndarray]]:
    """Return the name and the IoU at each mass of every prediction."""
    curves = report["iou_at_mass"]
    dims = [dim for dim in curves.dims if dim != "mass"]
    if not dims:
        return [(str(report.attrs.get("prediction", "prediction")), curves.values)]
    flat = curves.stack(prediction=dims).transpose("prediction", "mass")
    lines = []
    for labels, iou in zip(flat["prediction"].values, flat.values, strict=True):
        lines.append((", ".join(str(label) for label in labels), iou))
    return lines


def _scale(ax: Axes, mass: np.ndarray) -> None:
    """Give the axes the scale of what a region leaves out, and mark the favored and the allowed region."""
    ax.set_xscale("function", functions=(_from_the_end, _as_mass))
    within = [tick for tick in TICKS if mass.min() <= tick <= mass.max()]
    ticks = within or mass.tolist()
    ax.set_xticks(ticks, [f"{100 * tick:g}" for tick in ticks], minor=False)
    ax.set_ylim(0, 1)
    for name, held in MARKED.items():
        if mass.min() <= held <= mass.max():
            ax.axvline(held, color="0.8", linewidth=0.6, zorder=0)
            ax.annotate(name, (held, 0.02), rotation=90, ha="right", va="bottom", color="0.35", fontsize="small")
    ax.set_xlabel("mass that the regions hold (%)")
    ax.set_ylabel("IoU")


def _from_the_end(mass: np.ndarray) -> np.ndarray:
    left = np.maximum(1 - np.asarray(mass, float), 1e-9)
    place: np.ndarray = -np.log10(left)
    return place


def _as_mass(place: np.ndarray) -> np.ndarray:
    left: np.ndarray = 10.0 ** -np.asarray(place, float)
    return 1 - left


def _short(name: str) -> str:
    return for_picture(one_line(str(name), MOST_LETTERS))

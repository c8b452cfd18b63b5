"""Pictures of regions: one, or where two agree.

Conventions
-----------
- A cell is drawn as it is, none is smoothed; the line is the edge of the region, or of the reference.
- Of several regions or comparisons each has a panel, with its numbers above it.
- Areas are in per cent of the torus.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import xarray as xr

import overlap as ov

from .._pictures import axes_or_new
from .._text import for_picture, one_line
from .assessment import Assessment
from .comparison import assess
from .empirical import Category, Level
from .plotting import LINES, POINT, SHADES, TITLES, past_the_seam, torus_axes

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_COLUMNS = 3
"""Of panels side by side."""
MOST_LETTERS = 36
"""Of a name above a panel."""


def plot_regions(region: xr.DataArray) -> np.ndarray:
    """Draw a region, or each of several in a panel of its own, with its area.

    Parameters
    ----------
    region : DataArray, dimensions (..., psi, phi)
        Bool, or floating in [0, 1]: the surer, the darker.

    Returns
    -------
    array of matplotlib Axes
        One for each region.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .regions import region
    >>> panels = plot_regions(region(category=["general", "glycine"]))
    >>> [ax.get_title() for ax in panels]
    ['General: 16.3 %', 'Glycine: 35.9 %']
    """
    dims = [str(dim) for dim in region.dims if dim not in ("psi", "phi")]
    labels = {dim: region.coords[dim].values if dim in region.coords else None for dim in dims}
    places = list(np.ndindex(tuple(region.sizes[dim] for dim in dims)))
    panels = _panels(len(places))
    for ax, place in zip(panels, places, strict=True):
        chosen = dict(zip(dims, place, strict=True))
        cells = region.isel(chosen).sortby(["psi", "phi"]).transpose("psi", "phi")
        _draw_cells(cells, ax)
        name = _name(labels, chosen) or str(region.attrs.get("name", "region"))
        ax.set_title(f"{_in_title(name)}: {100 * float(cells.mean()):.3g} %", fontsize="medium")
        ax.label_outer()
    return panels


def plot_agreement(
    predicted: xr.DataArray | Assessment,
    reference: str | xr.Dataset | xr.DataArray = "top8000",
    *,
    category: Category | None = None,
    level: Level = "favored",
    ax: Axes | None = None,
    labels: tuple[str, str] = ("prediction", "reference"),
    **style: Any,
) -> Axes:
    """Draw where a predicted region and a reference agree, in three colours, with the reference's contour.

    Parameters
    ----------
    predicted : DataArray or Assessment
        A region, or what `assess` returned. The latter is drawn as it was measured, with its own reference.
    reference : str, Dataset or DataArray
        The name of an empirical reference, a Dataset like it, or a region.
    category, level : str
        Which empirical region, as in `compare`.
    ax : matplotlib Axes, optional
        Where to draw.
    labels : tuple of str
        Names of the two regions, for the legend.
    **style
        Passed to `overlap.plotting.agreement`.

    Returns
    -------
    matplotlib Axes
        The legend holds the sizes of the report.

    Raises
    ------
    ValueError
        If there are several comparisons in one.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from .regions import region
    >>> glycine = region("top8000", "glycine")
    >>> ax = plot_agreement(assess(glycine, level="allowed"))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['both: 11638, 35.92 %', 'only prediction: 0, 0 %', 'only reference: 8708, 26.88 %']
    """
    if isinstance(predicted, Assessment):
        assessed = predicted
    else:
        assessed = assess(predicted, reference, category=category, level=level)
    if assessed.labels:
        several = ", ".join(str(dim) for dim in assessed.labels)
        raise ValueError(
            f"ramachandran.plot_agreement: several comparisons along {several}; plot_agreements draws a panel for each"
        )
    ax = torus_axes(axes_or_new(ax, figsize=(5, 5)))
    _draw_agreement(assessed.predicted, assessed.reference, ax, labels, style)
    legend = ax.get_legend()
    assert legend is not None
    for text, (name, size) in zip(legend.get_texts(), _parts(assessed.overlap, labels).items(), strict=True):
        text.set_text(f"{name}: {float(size):.6g}, {_share(size, assessed.torus)}")
    return ax


def plot_agreements(assessed: Assessment, *, labels: tuple[str, str] = ("prediction", "reference")) -> np.ndarray:
    """Draw every comparison of an assessment in a panel of its own, with its IoU and the areas of its three parts.

    Parameters
    ----------
    assessed : Assessment
        As `assess` returns it.
    labels : tuple of str
        Names of the two regions, for the legend.

    Returns
    -------
    array of matplotlib Axes
        One for each comparison, in the order of the report's rows.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from .regions import region
    >>> panels = plot_agreements(assess(region(category=None), level="allowed"))
    >>> print(panels[1].get_title())
    Glycine: IoU 0.572
    both 35.9, only prediction 0, only reference 26.9 %
    """
    panels = _panels(len(list(np.ndindex(assessed.overlap.shape))))
    for ax, place in zip(panels, np.ndindex(assessed.overlap.shape), strict=True):
        chosen = dict(zip(assessed.labels, place, strict=True))
        _draw_agreement(_chosen(assessed.predicted, chosen), _chosen(assessed.reference, chosen), ax, labels, {})
        legend = ax.get_legend()
        assert legend is not None
        legend.remove()
        ax.set_title(_title(assessed, place, chosen, labels), fontsize="x-small")
        ax.label_outer()
    key = _agreement_key(labels)
    panels[0].figure.legend(handles=key, loc="outside upper center", ncols=4, frameon=False, fontsize="small")
    return panels


def _panels(n: int) -> np.ndarray:
    """Return so many axes in a new figure, in rows."""
    import matplotlib.pyplot as plt

    columns = min(n, MOST_COLUMNS)
    rows = -(-n // columns)
    # a single one is as wide as the legend
    size = (max(3.7 * columns, 5.6), 3.9 * rows + 0.4)
    _, panels = plt.subplots(rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained")
    for ax in panels.flat[n:]:
        ax.remove()
    return np.ravel(panels)[:n]


def _draw_cells(cells: xr.DataArray, ax: Axes) -> None:
    """Draw the cells of a region and its edge."""
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("region", ["white", SHADES[1]])
    phi, psi, values = past_the_seam(cells)
    ax.pcolormesh(phi, psi, values, cmap=shades, vmin=0, vmax=1, shading="nearest", rasterized=True)
    _draw_edge(cells, ax, LINES[1])
    torus_axes(ax)


def _draw_edge(cells: xr.DataArray, ax: Axes, colour: str) -> None:
    """Draw the line around a region: that of the map it was cut from, or where the cells change."""
    field = cells.astype(float)
    cut = 0.5
    if "score" in cells.coords:
        field = cells.score
        cut = float(cells.cut)
    inside = field.values >= cut
    # a region without an edge has no contour, and matplotlib would warn
    if inside.any() and not inside.all():
        ax.contour(*past_the_seam(field), levels=[cut], colors=colour, linewidths=0.8)


def _chosen(region: xr.DataArray, places: Mapping[str, int]) -> xr.DataArray:
    own = {dim: place for dim, place in places.items() if dim in region.dims}
    return region.isel(own)


def _title(assessed: Assessment, place: tuple[int, ...], chosen: Mapping[str, int], labels: tuple[str, str]) -> str:
    name = _name(assessed.labels, chosen)
    iou = float(assessed.report.iou.values[place])
    torus = np.broadcast_to(assessed.torus, assessed.overlap.shape)[place]
    shares = []
    for part, size in _parts(assessed.overlap, labels).items():
        percent = 100 * float(np.asarray(size)[place]) / float(torus)
        shares.append(f"{_in_title(part)} {percent:.3g}")
    number = f"{_in_title(name)}: IoU {iou:.3f}" if name else f"IoU {iou:.3f}"
    return f"{number}\n{', '.join(shares)} %"


def _in_title(name: str) -> str:
    """Return a name as long as a panel is wide, none of it set as mathematics."""
    return for_picture(one_line(name, MOST_LETTERS))


def _name(labels: Mapping[Any, Any], chosen: Mapping[str, int]) -> str:
    """Return what a panel shows, "" if it is the only one."""
    return ", ".join(_label(dim, labels[dim], k) for dim, k in chosen.items())


def _label(dim: str, labels: Any, k: int) -> str:
    """Return what place `k` of a dimension is called."""
    if labels is None:
        return f"{dim} {k}"
    label = str(np.asarray(labels)[k])
    return TITLES.get(cast(Category, label), label)


def _draw_agreement(
    predicted: xr.DataArray, reference: xr.DataArray, ax: Axes, labels: tuple[str, str], style: Mapping[str, Any]
) -> None:
    """Draw two regions of one grid, and the contour of the second."""
    cells = predicted.sortby(["psi", "phi"])
    truth = reference.sortby(["psi", "phi"])
    ov.plotting.agreement(cells, truth, ax=ax, labels=labels, **{"interpolation": "nearest", **style})
    _draw_edge(truth, ax, POINT)
    torus_axes(ax)


def _parts(overlap: ov.Overlap, labels: tuple[str, str]) -> dict[str, Any]:
    """Return the sizes of the three parts, weights and t-norm included."""
    predicted, reference = labels
    return {"both": overlap.intersection, f"only {predicted}": overlap.only_a, f"only {reference}": overlap.only_b}


def _share(size: Any, torus: Any) -> str:
    """Return how much of the torus a part takes."""
    return f"{100 * float(size) / float(torus):.4g} %"


def _agreement_key(labels: tuple[str, str]) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    predicted, reference = (for_picture(label) for label in labels)
    return [
        Patch(color=ov.plotting.BOTH, label="both"),
        Patch(color=ov.plotting.ONLY_A, label=f"only {predicted}"),
        Patch(color=ov.plotting.ONLY_B, label=f"only {reference}"),
        Line2D([], [], color=POINT, linewidth=0.8, label=f"edge of the {reference}"),
    ]

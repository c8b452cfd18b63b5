"""Pictures of regions: one, or where two agree.

Conventions
-----------
- A cell is drawn as it is, none is smoothed; the line is the edge of the region, or of the reference.
- Of several regions or comparisons each has a panel with its numbers.
- Areas are in per cent of the torus, to two decimals as in the tables.
- The attribution that the maps of a reference owe is below the figure, whichever side was cut from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import xarray as xr

import overlap as ov

from ..._pictures import COLUMN, TWO_COLUMNS, axes_or_new, printed
from ..._text import for_picture, one_line
from ..empirical import PROVENANCE, Category, Level
from ..validation.plotting import LINES, POINT, SHADES, TITLES, credit, past_the_seam, torus_axes
from .assessment import Assessment
from .comparison import assess

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

FEW = 6
"""Panels up to which three stand side by side; of more, four do."""
IN_LEGEND = 14
"""Letters of a name in the legend of one of several panels."""
IN_TITLE = 24
"""Letters of a name above one of several panels."""
MOST_LETTERS = 36
"""Letters of a name in or above a single panel."""


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

    See Also
    --------
    plot_agreement : Draw where a predicted region and a reference agree, in three colours.
    region : Return an empirical region as a set of cells.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..regions.regions import region
    >>> panels = plot_regions(region(category=["general", "glycine"]))
    >>> [ax.get_title() for ax in panels]
    ['General: 16.27 %', 'Glycine: 35.92 %']
    """
    dims = [str(dim) for dim in region.dims if dim not in ("psi", "phi")]
    labels = {dim: region.coords[dim].values if dim in region.coords else None for dim in dims}
    places = list(np.ndindex(tuple(region.sizes[dim] for dim in dims)))
    most = IN_TITLE if dims else MOST_LETTERS
    with printed():
        panels = _panels(len(places), around=0.25)
        for ax, place in zip(panels, places, strict=True):
            chosen = dict(zip(dims, place, strict=True))
            cells = region.isel(chosen).sortby(["psi", "phi"]).transpose("psi", "phi")
            _draw_cells(cells, ax)
            name = _name(labels, chosen) or str(region.attrs.get("name", "region"))
            ax.set_title(f"{_short(name, most)}: {_percent(float(cells.mean()))}", fontsize="medium")
        _without_repeated_labels(panels)
        if region.attrs.get("reference") == PROVENANCE["name"]:
            credit(panels[0].figure)
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
        Where to draw; a figure of its own for one column of a journal by default. The legend lies below the axes, and
        the attribution at the bottom of the figure: ``layout="constrained"`` makes room for them.
    labels : tuple of str
        Names of the two regions, for the legend.
    **style
        Passed to `overlap.plotting.agreement`.

    Returns
    -------
    matplotlib Axes
        The legend says which reference it is, and holds the sizes of the report.

    Raises
    ------
    ValueError
        If there are several comparisons in one.

    See Also
    --------
    compare : Compare a predicted region with a reference one, as two sets on the torus.
    plot_agreements : Draw every comparison of an assessment in a panel of its own.
    plot_regions : Draw a region, or each of several in a panel of its own, with its area.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from ..regions.regions import region
    >>> glycine = region("top8000", "glycine")
    >>> ax = plot_agreement(assess(glycine, level="allowed"))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['both: 11638 cells, 35.92 %', 'only prediction: 0 cells, 0.00 %', 'only reference: 8708 cells, 26.88 %', \
'edge of the reference']
    >>> ax.get_legend().get_title().get_text()
    'reference: top8000 glycine, allowed'
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
    report = assessed.report
    short = (_short(labels[0], MOST_LETTERS), _short(labels[1], MOST_LETTERS))
    key = [f"{name}: {size:.6g} {report.attrs['units']}, {share}" for name, size, share in _parts(assessed, (), short)]
    with printed(ax):
        if ax is None:
            ax = axes_or_new(None, figsize=(COLUMN, 1.32 * COLUMN))
            name = _short(report.attrs["prediction"], MOST_LETTERS)
            ax.set_title(f"{name}: {_iou(report.iou)}", fontsize="medium")
        _draw_agreement(assessed.predicted, assessed.reference, ax, labels, style)
        legend = _legend(ax, key, f"edge of the {short[1]}")
        legend.set_title(f"reference: {_short(report.attrs['reference'], MOST_LETTERS)}")
        for drawn in drawn_references(assessed):
            credit(ax.figure, drawn)
    return ax


def plot_agreements(
    assessed: Assessment, *, labels: tuple[str, str] = ("prediction", "reference"), most: int | None = None
) -> np.ndarray:
    """Draw every comparison of an assessment in a panel of its own, with its IoU and the areas of its three parts.

    Parameters
    ----------
    assessed : Assessment
        As `assess` returns it.
    labels : tuple of str
        Names of the two regions, for the legend.
    most : int, optional
        How many are drawn at most, the first ones; by default all.

    Returns
    -------
    array of matplotlib Axes
        One for each comparison, in the order of the report's rows.

    See Also
    --------
    assess : Bring a predicted region and a reference one onto one grid and measure how they overlap.
    plot_agreement : Draw where a predicted region and a reference agree, in three colours.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .comparison import assess
    >>> from ..regions.regions import region
    >>> panels = plot_agreements(assess(region(category=None), level="allowed"))
    >>> print(panels[1].get_title())
    Glycine
    IoU 0.572
    >>> [text.get_text() for text in panels[1].get_legend().get_texts()]
    ['both: 35.92 %', 'only prediction: 0.00 %', 'only reference: 26.88 %']
    """
    report = assessed.report
    places = list(np.ndindex(assessed.overlap.shape))[:most]
    most = IN_TITLE if assessed.labels else MOST_LETTERS
    short = (_short(labels[0], IN_LEGEND), _short(labels[1], IN_LEGEND))
    with printed():
        panels = _panels(len(places), around=1.08)
        for ax, place in zip(panels, places, strict=True):
            chosen = dict(zip(assessed.labels, place, strict=True))
            predicted = assessed.predicted.isel(chosen, missing_dims="ignore")
            reference = assessed.reference.isel(chosen, missing_dims="ignore")
            _draw_agreement(predicted, reference, ax, labels, {})
            _legend(ax, [f"{name}: {share}" for name, _, share in _parts(assessed, place, short)])
            name = _name(assessed.labels, chosen)
            iou = _iou(report.iou[place])
            ax.set_title(f"{_short(name, most)}\n{iou}" if name else iou, fontsize="medium")
        _without_repeated_labels(panels)
        figure = panels[0].figure
        lines = [f"prediction: {_short(report.attrs['prediction'], MOST_LETTERS)}"]
        lines.append(f"reference (line): {_short(report.attrs['reference'], MOST_LETTERS)}")
        figure.suptitle("\n".join(lines), fontsize="medium")
        for drawn in drawn_references(assessed):
            credit(figure, drawn)
    return panels


def _panels(n: int, around: float) -> np.ndarray:
    """Return so many axes in a new figure, in rows, with so many inches above and below each."""
    import matplotlib.pyplot as plt

    columns = min(n, 3 if n <= FEW else 4)
    rows = -(-n // columns)
    width = COLUMN if n == 1 else TWO_COLUMNS
    height = rows * ((width - 0.65) / columns + around) + 0.5
    _, panels = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained")
    for ax in panels.flat[n:]:
        ax.remove()
    return np.ravel(panels)[:n]


def _without_repeated_labels(panels: np.ndarray) -> None:
    """Leave the names of psi to the first panel of each row, and some ticks out where four stand side by side."""
    for ax in panels:
        if len(panels) > FEW:
            ax.set_xticks(range(-180, 181, 120))
        if not ax.get_subplotspec().is_first_col():
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)


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


def _short(name: str, most: int) -> str:
    """Return a name as long as there is space for, none of it set as mathematics."""
    return for_picture(one_line(name, most))


def _iou(iou: xr.DataArray) -> str:
    return "IoU undefined" if bool(iou.isnull()) else f"IoU {float(iou):.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


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


def _parts(assessed: Assessment, place: tuple[int, ...], labels: tuple[str, str]) -> list[tuple[str, float, str]]:
    """Return name, size and share of the torus of the three parts of a comparison, weights and t-norm included."""
    overlap = assessed.overlap
    torus = np.broadcast_to(assessed.torus, overlap.shape)[place]
    predicted, reference = labels
    sizes = {"both": overlap.intersection, f"only {predicted}": overlap.only_a, f"only {reference}": overlap.only_b}
    parts = []
    for name, size in sizes.items():
        own = float(np.asarray(size)[place])
        parts.append((name, own, _percent(own / float(torus))))
    return parts


def _legend(ax: Axes, texts: list[str], edge: str = "") -> Legend:
    """Write what the three colours mean below axes, and the line, in place of the legend that is there."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colours = (ov.plotting.BOTH, ov.plotting.ONLY_A, ov.plotting.ONLY_B)
    handles: list[Artist] = [Patch(color=colour, label=text) for colour, text in zip(colours, texts, strict=True)]
    if edge:
        handles.append(Line2D([], [], color=POINT, linewidth=0.8, label=edge))
    return ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=3.8,  # below the axis label, whatever the size of the axes
        fontsize="small",
        title_fontsize="small",
        alignment="left",
        handlelength=1,
        labelspacing=0.3,
        frameon=False,
    )


def drawn_references(assessed: Assessment) -> list[str | xr.Dataset]:
    """Return the references whose maps the two sides were cut from: the picture owes them their attribution.

    Examples
    --------
    >>> from ..models.steric import hard_sphere
    >>> drawn_references(assess(hard_sphere())), drawn_references(assess(hard_sphere(), hard_sphere()))
    (['top8000'], [])
    """
    said = [region.attrs.get("reference") for region in (assessed.predicted, assessed.reference)]
    of_package: list[str | xr.Dataset] = [PROVENANCE["name"]] if PROVENANCE["name"] in said else []
    family = assessed.source.family
    return [family, *of_package] if isinstance(family, xr.Dataset) else of_package

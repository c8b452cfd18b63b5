"""Pictures of the torus: Axes in, Axes out.

Conventions
-----------
- phi on x, psi on y, both from −180° to 180°, one degree as long on x as on y.
- Maps are drawn past the seam and cut there, so that contours meet at −180° and 180°.
- favored and allowed are two shades of one blue. Outliers are vermilion and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import xarray as xr

import overlap as ov

from .._pictures import axes_or_new
from .._text import for_picture
from .assessment import Assessment
from .comparison import assess
from .empirical import CATEGORIES, OUTLIER, Category, Level
from .empirical import reference as _reference
from .labels import write_names
from .residue_names import restored
from .torus import wrap

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

# allowed, favored
SHADES = ("#DCE9F5", "#A9CBE6")
LINES = ("#7FA8CC", "#2F6DA3")
POINT = "#222222"
BAD = "#D55E00"
TITLES: dict[Category, str] = {
    "general": "General",
    "glycine": "Glycine",
    "cis-proline": "cis-Proline",
    "trans-proline": "trans-Proline",
    "pre-proline": "Pre-proline",
    "isoleucine or valine": "Ile/Val",
}


def plot_residues(
    residues: pd.DataFrame,
    reference: str | xr.Dataset = "top8000",
    *,
    axes: Any = None,
    label_outliers: bool = True,
) -> np.ndarray:
    """Draw residues over the empirical regions, one panel for each category.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns it, or as pandas reads it from CSV.
    reference : str or Dataset
        Which empirical reference lies below: the one that the residues were validated against.
    axes : array of matplotlib Axes, optional
        Six of them; a new figure by default.
    label_outliers : bool
        Whether to name the outliers, the 40 worst of each panel.

    Returns
    -------
    array of matplotlib Axes, shape (2, 3)

    Examples
    --------
    >>> import matplotlib, pandas as pd
    >>> matplotlib.use("agg")
    >>> columns = ["chain", "resseq", "icode", "resname", "phi", "psi", "category", "evaluation"]
    >>> one = pd.DataFrame([["A", 5, "", "ALA", -60.0, -45.0, "general", "Favored"]], columns=columns)
    >>> plot_residues(one).shape
    (2, 3)
    """
    import matplotlib.pyplot as plt

    residues = restored(residues)
    if axes is None:
        _, axes = plt.subplots(2, 3, figsize=(11, 7.9), sharex=True, sharey=True, layout="constrained")
    panels = np.ravel(axes)
    for ax, category in zip(panels, CATEGORIES, strict=True):
        of_category = residues[residues["category"] == category]
        draw_category(reference, category, ax)
        _points(of_category, ax)
        ax.set_title(f"{TITLES[category]}  (n = {len(of_category)})", fontsize="medium")
        ax.label_outer()
    figure = panels[0].figure
    figure.legend(handles=_key(), loc="outside upper center", ncols=4, frameon=False, fontsize="small")
    credit(figure, reference)
    if label_outliers:
        # names come last: their places depend on the size of the panels
        figure.draw_without_rendering()
        for ax, category in zip(panels, CATEGORIES, strict=True):
            _name_outliers(residues[residues["category"] == category], ax)
    return np.asarray(axes)


def draw_category(reference: str | xr.Dataset, category: Category, ax: Axes) -> None:
    """Draw the contours of a category of a reference; none if the reference has no map of it.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().add_subplot()
    >>> draw_category("top8000", "glycine", ax)
    >>> len(ax.collections)
    2
    """
    data = _reference(reference) if isinstance(reference, str) else reference
    if category in data["category"].values:
        plot_levels(data.sel(category=category), ax=ax)
    else:
        _degrees(ax)


def plot_levels(data: xr.Dataset, *, ax: Axes | None = None, filled: bool = True) -> Axes:
    """Draw the favored and allowed contours of one category of a reference.

    Parameters
    ----------
    data : Dataset
        One category of `reference`: ``score``, ``favored`` and ``allowed``.
    ax : matplotlib Axes, optional
        Where to draw.
    filled : bool
        Whether to shade the levels.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .empirical import reference
    >>> ax = plot_levels(reference().sel(category="glycine"))
    >>> ax.get_xlabel()
    'φ (°)'
    """
    ax = _degrees(axes_or_new(ax, figsize=(5, 5)))
    cuts = [float(data.allowed), float(data.favored)]
    phi, psi, score = _past_the_seam(data.score)
    if filled:
        ax.contourf(phi, psi, score, levels=[*cuts, np.inf], colors=SHADES)
    ax.contour(phi, psi, score, levels=cuts, colors=LINES, linewidths=(0.6, 0.9))
    return ax


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
    ax = _degrees(axes_or_new(ax, figsize=(5, 5)))
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
    import matplotlib.pyplot as plt

    shape = assessed.overlap.shape
    places = list(np.ndindex(shape))
    columns = min(len(places), 3)
    rows = -(-len(places) // columns)
    # a single one is as wide as the legend
    size = (max(3.7 * columns, 5.6), 3.9 * rows + 0.4)
    figure, panels = plt.subplots(
        rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for ax, place in zip(panels.flat, places, strict=False):
        chosen = dict(zip(assessed.labels, place, strict=True))
        _draw_agreement(_chosen(assessed.predicted, chosen), _chosen(assessed.reference, chosen), ax, labels, {})
        legend = ax.get_legend()
        assert legend is not None
        legend.remove()
        ax.set_title(_title(assessed, place, chosen, labels), fontsize="x-small")
        ax.label_outer()
    for ax in panels.flat[len(places) :]:
        ax.remove()
    figure.legend(handles=_agreement_key(labels), loc="outside upper center", ncols=4, frameon=False, fontsize="small")
    return np.ravel(panels)[: len(places)]


def _chosen(region: xr.DataArray, places: Mapping[str, int]) -> xr.DataArray:
    own = {dim: place for dim, place in places.items() if dim in region.dims}
    return region.isel(own)


def _title(assessed: Assessment, place: tuple[int, ...], chosen: Mapping[str, int], labels: tuple[str, str]) -> str:
    named = [_label(dim, assessed.labels[dim], k) for dim, k in chosen.items()]
    name = for_picture(", ".join(named))
    iou = float(assessed.report.iou.values[place])
    torus = np.broadcast_to(assessed.torus, assessed.overlap.shape)[place]
    shares = []
    for part, size in _parts(assessed.overlap, labels).items():
        percent = 100 * float(np.asarray(size)[place]) / float(torus)
        shares.append(f"{for_picture(part)} {percent:.3g}")
    number = f"{name}: IoU {iou:.3f}" if name else f"IoU {iou:.3f}"
    return f"{number}\n{', '.join(shares)} %"


def _label(dim: str, labels: Any, k: int) -> str:
    """Return what the comparison at place `k` of a dimension is called."""
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
    cut = 0.5
    field = truth.astype(float)
    if "score" in truth.coords:
        cut = float(truth.cut)
        field = truth.score
    ax.contour(*_past_the_seam(field), levels=[cut], colors=POINT, linewidths=0.8)
    _degrees(ax)


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


def credit(figure: Any, reference: str | xr.Dataset = "top8000") -> None:
    """Write the attribution that the reference's licence asks for below a figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> credit(plot_levels(_reference().sel(category="general")).figure)
    """
    figure.supxlabel(caption(reference), fontsize="x-small", color="0.35")


def caption(reference: str | xr.Dataset = "top8000") -> str:
    """Return the attribution that the reference's licence asks for; of one of your own, what its ``attrs`` say.

    Examples
    --------
    >>> caption()[:35]
    'Top8000 Ramachandran percentile con'
    """
    if isinstance(reference, str):
        data = _reference(reference).attrs
        return f"{data['title']}: {data['attribution']}, {data['license']}, doi:{data['doi']}"
    said = reference.attrs
    title = said.get("title", said.get("name", "reference"))
    rest = ", ".join(str(said[name]) for name in ("attribution", "license", "doi") if name in said)
    return for_picture(f"{title}: {rest}" if rest else str(title))


def _key() -> list[Artist]:
    """Return what the shades and points of `plot_residues` mean, for a legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=SHADES[1], edgecolor=LINES[1], label="favored"),
        Patch(facecolor=SHADES[0], edgecolor=LINES[0], label="allowed"),
        Line2D([], [], color=POINT, marker="o", markersize=3, linestyle="", label="residue"),
        Line2D([], [], color=BAD, marker="o", markersize=5, linestyle="", label="outlier"),
    ]


def _degrees(ax: Axes) -> Axes:
    limits = (-180, 180)
    ticks = range(-180, 181, 60)
    ax.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks, xlabel="φ (°)", ylabel="ψ (°)", aspect="equal")
    return ax


def _past_the_seam(x: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return phi, psi and values with one more cell on every side, so that contours cross ±180°."""
    x = x.assign_coords(phi=wrap(x.phi), psi=wrap(x.psi))
    x = x.sortby(["psi", "phi"]).transpose("psi", "phi")
    phi = np.pad(x.phi.values, 1, mode="reflect", reflect_type="odd")
    psi = np.pad(x.psi.values, 1, mode="reflect", reflect_type="odd")
    values = np.pad(x.values.astype(float), 1, mode="wrap")
    return phi, psi, values


def _points(residues: pd.DataFrame, ax: Axes) -> None:
    is_outlier = residues["evaluation"] == OUTLIER
    others = residues[~is_outlier]
    outliers = residues[is_outlier]
    ax.scatter(others["phi"], others["psi"], s=7, color=POINT, alpha=0.75, linewidths=0, zorder=3)
    ax.scatter(outliers["phi"], outliers["psi"], s=26, color=BAD, edgecolors="white", linewidths=0.5, zorder=4)


def _name_outliers(residues: pd.DataFrame, ax: Axes) -> None:
    outliers = residues[residues["evaluation"] == OUTLIER]
    worst = outliers.sort_values("score", kind="stable") if "score" in outliers else outliers
    write_names(worst, residues[["phi", "psi"]].to_numpy(), ax)

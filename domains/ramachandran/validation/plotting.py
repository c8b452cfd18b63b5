"""Pictures of the torus: Axes in, Axes out.

Conventions
-----------
- phi on x, psi on y, both from −180° to 180°, one degree as long on x as on y.
- Maps are drawn past the seam and cut there, so that contours meet at −180° and 180°.
- favored and allowed are two shades of one blue. Residues are black dots. Outliers are larger vermilion diamonds with a
  black edge, and named.
- A figure of our own is as wide as two columns of a journal, or one, with letters of 6 points or more. The attribution
  that the maps owe is below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import xarray as xr

from ..._pictures import COLUMN, TWO_COLUMNS, axes_or_new, printed
from ..._text import count_of, for_picture
from ..empirical import CATEGORIES, OUTLIER, Category
from ..empirical import reference as _reference
from ..torus import wrap
from .labels import names_of_files, write_names
from .residue_names import restored

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

    See Also
    --------
    validate : Score the backbone of structures residue by residue.
    plot_levels : Draw the favored and allowed contours of one category of a reference.

    Examples
    --------
    >>> import matplotlib, pandas as pd
    >>> matplotlib.use("agg")
    >>> columns = ["chain", "resseq", "icode", "resname", "phi", "psi", "category", "evaluation"]
    >>> one = pd.DataFrame([["A", 5, "", "ALA", -60.0, -45.0, "general", "Favored"]], columns=columns)
    >>> plot_residues(one).shape
    (2, 3)
    """
    residues = restored(residues)
    files = names_of_files(residues)
    tables = [residues[residues["category"] == category] for category in CATEGORIES]
    with printed(axes):
        panels = six_panels(axes)
        for ax, category, table in zip(panels.flat, CATEGORIES, tables, strict=True):
            draw_category(reference, category, ax)
            _points(table, ax)
            ax.set_title(_title(category, table), fontsize="medium")
        figure = panels.flat[0].figure
        figure.legend(handles=_key(), loc="outside upper center", ncols=4, frameon=False, fontsize="small")
        credit(figure, reference)
        if label_outliers:
            # names come last: their places depend on the size of the panels
            figure.draw_without_rendering()
            for ax, category, table in zip(panels.flat, CATEGORIES, tables, strict=True):
                n_named = _name_outliers(table, files, ax)
                ax.title.set_text(_title(category, table, n_named))
    return panels


def six_panels(axes: Any = None) -> np.ndarray:
    """Return the axes of the six categories: those given, or those of a new figure, two columns of a journal wide.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> six_panels().shape
    (2, 3)
    """
    import matplotlib.pyplot as plt

    if axes is None:
        _, axes = plt.subplots(2, 3, figsize=(TWO_COLUMNS, 5.4), sharex=True, sharey=True, layout="constrained")
    return np.asarray(axes)


def draw_category(reference: str | xr.Dataset, category: Category, ax: Axes) -> None:
    """Draw the contours of a category of a reference on one of six panels; none if it has no map of it.

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
    torus_axes(ax)
    if category in data["category"].values:
        _draw_levels(data.sel(category=category), ax, filled=True)
    ax.label_outer()


def plot_levels(data: xr.Dataset, *, ax: Axes | None = None, filled: bool = True) -> Axes:
    """Draw the favored and allowed contours of one category of a reference.

    Parameters
    ----------
    data : Dataset
        One category of `reference`: ``score``, ``favored`` and ``allowed``.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own with title and legend, for one column of a journal, by default.
    filled : bool
        Whether to shade the levels.

    Returns
    -------
    matplotlib Axes
        The attribution of the reference is below its figure.

    Raises
    ------
    TypeError
        If `data` is no such Dataset.

    See Also
    --------
    plot_residues : Draw residues over the empirical regions, one panel for each category.
    reference : Return an empirical reference with its provenance.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..empirical import reference
    >>> ax = plot_levels(reference().sel(category="glycine"))
    >>> ax.get_xlabel()
    'φ (°)'
    """
    _check_levels(data)
    is_new = ax is None
    with printed(ax):
        ax = torus_axes(axes_or_new(ax, figsize=(COLUMN, 1.1 * COLUMN)))
        _draw_levels(data, ax, filled=filled)
        if is_new:
            category = str(data.coords["category"].item()) if "category" in data.coords else ""
            ax.set_title(TITLES.get(cast(Category, category), for_picture(category)), fontsize="medium")
            key = _key()[:2] if filled else _lines_key()
            ax.figure.legend(handles=key, loc="outside upper center", ncols=2, frameon=False, fontsize="small")
        credit(ax.figure, data)
    return ax


def credit(figure: Any, reference: str | xr.Dataset = "top8000") -> None:
    """Write the attribution that the reference's licence asks for below a figure, once.

    A figure that nobody has laid out is given the constrained layout, which makes room for it and for legends.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> credit(plot_levels(_reference().sel(category="general")).figure)
    """
    said = for_picture(caption(reference))
    before = figure.get_supxlabel()
    if said in before:
        return
    whole = figure.get_figure(root=True)
    if whole.get_layout_engine() is None:
        whole.set_layout_engine("constrained")
    lines = f"{before}\n{said}" if before else said
    figure.supxlabel(lines, fontsize="small", color="0.35", wrap=True)


def caption(reference: str | xr.Dataset = "top8000") -> str:
    """Return the attribution that the reference's licence asks for; of one of your own, what its ``attrs`` say.

    Examples
    --------
    >>> caption()[:35]
    'Top8000 Ramachandran percentile con'
    """
    data = _reference(reference) if isinstance(reference, str) else reference
    said = data.attrs
    title = said.get("title", said.get("name", "reference"))
    parts = [str(said[name]) for name in ("attribution", "license") if name in said]
    if "doi" in said:
        parts.append(f"doi:{str(said['doi']).removeprefix('doi:')}")
    return f"{title}: {', '.join(parts)}" if parts else str(title)


def _key() -> list[Artist]:
    """Return what the shades and points of `plot_residues` mean, for a legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=SHADES[1], edgecolor=LINES[1], label="favored"),
        Patch(facecolor=SHADES[0], edgecolor=LINES[0], label="allowed"),
        Line2D([], [], color=POINT, marker="o", markersize=2, linestyle="", label="residue"),
        Line2D([], [], color=BAD, marker="D", markersize=4, markeredgecolor=POINT, linestyle="", label="outlier"),
    ]


def _lines_key() -> list[Artist]:
    """Return what the lines of `plot_levels` mean, without the shades."""
    from matplotlib.lines import Line2D

    allowed, favored = LINES
    return [
        Line2D([], [], color=favored, linewidth=0.9, label="favored"),
        Line2D([], [], color=allowed, linewidth=0.6, label="allowed"),
    ]


def torus_axes(ax: Axes) -> Axes:
    """Give axes the limits and names of the torus.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import matplotlib.pyplot as plt
    >>> torus_axes(plt.figure().add_subplot()).get_ylabel()
    'ψ (°)'
    """
    limits = (-180, 180)
    ticks = range(-180, 181, 60)
    ax.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks, xlabel="φ (°)", ylabel="ψ (°)", aspect="equal")
    return ax


def past_the_seam(x: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return phi, psi and values with one more cell on every side, so that contours cross ±180°.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> phi, _, values = past_the_seam(region())
    >>> phi[[0, -1]].tolist(), values.shape
    ([-181.0, 181.0], (182, 182))
    """
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
    ax.scatter(others["phi"], others["psi"], s=4, color=POINT, alpha=0.75, linewidths=0, zorder=3)
    ax.scatter(
        outliers["phi"], outliers["psi"], s=16, marker="D", color=BAD, edgecolors=POINT, linewidths=0.6, zorder=4
    )


def _name_outliers(residues: pd.DataFrame, files: Mapping[str, str], ax: Axes) -> int:
    outliers = residues[residues["evaluation"] == OUTLIER]
    worst = outliers.sort_values("score", kind="stable") if "score" in outliers else outliers
    return write_names(worst, residues[["phi", "psi"]].to_numpy(), ax, files)


def _title(category: Category, residues: pd.DataFrame, n_named: int | None = None) -> str:
    """Return what stands above a panel: its residues and outliers, and how many of these are named if not all are."""
    n_outliers = int((residues["evaluation"] == OUTLIER).sum())
    outliers = count_of(n_outliers, "outlier")
    if n_named is not None and n_named < n_outliers:
        outliers += f", {n_named} named"
    return f"{TITLES[category]} (n = {len(residues)})\n{outliers}"


def _check_levels(data: Any) -> None:
    remedy = 'pass one category of a reference, such as reference().sel(category="general")'
    if not isinstance(data, xr.Dataset):
        also = "; plot_regions draws a region" if isinstance(data, xr.DataArray) else ""
        raise TypeError(f"ramachandran.plot_levels: data is a {type(data).__name__}; {remedy}{also}")
    missing = [name for name in ("score", "favored", "allowed") if name not in data]
    if missing:
        raise TypeError(f"ramachandran.plot_levels: data has no {', '.join(missing)}; {remedy}")
    further = [str(dim) for dim in data["score"].dims if dim not in ("psi", "phi")]
    if further:
        raise TypeError(f"ramachandran.plot_levels: data has several maps along {', '.join(further)}; {remedy}")


def _draw_levels(data: xr.Dataset, ax: Axes, *, filled: bool) -> None:
    cuts = [float(data.allowed), float(data.favored)]
    phi, psi, score = past_the_seam(data.score)
    if filled:
        ax.contourf(phi, psi, score, levels=[*cuts, np.inf], colors=SHADES)
    ax.contour(phi, psi, score, levels=cuts, colors=LINES, linewidths=(0.6, 0.9))

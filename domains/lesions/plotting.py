"""Pictures of lesions: Axes in, Axes out.

Conventions
-----------
- Coordinates are mm, one as long on both axes; x to the right, as the patient's own right.
- Hard masks are outlined along the edges of voxels, soft ones by contours of equal probability.
- Unless a place is named, a volume is cut where the two masks disagree most.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

import overlap as ov

from .grids import Grid, grid_spacing, regrid, spatial_axes
from .raters import consensus

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

RATERS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
INK = "#222222"
LEVELS = (0.25, 0.5, 0.75)
LINES = ("solid", "dashed")
TITLES = {
    "dice": "Dice",
    "iou": "IoU",
    "hausdorff": "HD (mm)",
    "nsd": "NSD",
    "lesion_f1": "lesion-wise F1",
    "lesion_pq": "PQ",
}
TITLES |= {k: f"{k.upper()} (mm)" for k in ("hd95", "assd", "masd")}
MARGIN = 0.15
"""Of the lesion's extent, left free around it."""


def plot_overlay(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    image: xr.DataArray | None = None,
    axis: str = "z",
    at: float | None = None,
    labels: tuple[str, str] = ("prediction", "reference"),
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Draw where two masks agree in one slice: both, only the prediction, only the reference.

    Parameters
    ----------
    predicted, reference : DataArray
        Masks of one label, bool or floating in [0, 1], on one grid. Soft ones get contours at 0.25, 0.5 and 0.75:
        the prediction's drawn through, the reference's dashed.
    image : DataArray, optional
        What lies below, in grey.
    axis : {"z", "y", "x"}
        Across which axis a volume is cut.
    at : float, optional
        Where, mm; by default in the slice of most disagreement.
    labels : tuple of str
        Names for the legend.
    ax : matplotlib Axes, optional
        Where to draw.
    **style
        Passed to `overlap.plotting.agreement`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the grids differ or there is no such axis.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .io import example, read_image
    >>> raters = read_image(example("nodule_00")) == 1
    >>> plot_overlay(raters.isel(rater=0), raters.isel(rater=1)).get_xlabel()
    'x (mm)'
    """
    reference = regrid(reference, Grid.of(predicted), "lesions.plot_overlay")
    change = abs(predicted.astype(float) - reference.astype(float))
    where, title = _place(change, axis, at, "most disagreement")
    a, b = (_slice(x, where) for x in (predicted, reference))
    ax = _axes(ax)
    below = {"alpha": 0.65} if image is not None else {}
    if image is not None:
        _grey(_slice(image, where), ax)
    ov.plotting.agreement(a, b, ax=ax, labels=labels, **{"interpolation": "nearest", "zorder": 1, **below, **style})
    for x, line in zip((a, b), LINES, strict=True):
        if x.dtype != bool:
            _contours(x, ax, line)
    if b.dtype == bool:
        _outline(b, ax, INK, 1.1)
    soft = [f"{name} {line}" for name, x, line in zip(labels, (a, b), LINES, strict=True) if x.dtype != bool]
    if soft:
        title += f"\ncontours {', '.join(map(str, LEVELS))}: {', '.join(soft)}"
    legend: Any = ax.get_legend()
    legend.set_title("voxels of this slice", {"size": "small"})
    _frame(a, b, ax)
    ax.set_title(title, fontsize="small" if soft else "medium")
    return ax


def plot_raters(
    raters: xr.DataArray,
    *,
    dim: str = "rater",
    image: xr.DataArray | None = None,
    axis: str = "z",
    at: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the outline of each rater over the share of raters, in one slice.

    Parameters
    ----------
    raters : DataArray of bool
        Masks along `dim`.
    dim : str
        The raters' dimension.
    image, axis, at, ax
        See `plot_overlay`; by default the slice with most voxels in dispute.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from .io import example, read_image
    >>> ax = plot_raters(read_image(example("nodule_00")) == 1)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['rater 0', 'rater 1', 'rater 2', 'rater 3']
    """
    from matplotlib.lines import Line2D

    share = consensus(raters, dim=dim)
    where, title = _place(share * (1 - share), axis, at, "most in dispute")
    ax = _axes(ax)
    if image is not None:
        _grey(_slice(image, where), ax)
    flat = _slice(share, where)
    drawn = ax.imshow(
        flat, origin="lower", extent=_edges(flat), cmap="Greys", vmin=0, vmax=1.6, interpolation="nearest"
    )
    drawn.set_alpha(np.where(flat > 0, 0.75, 0.0))
    names = list(raters[dim].values) if dim in raters.coords else list(range(raters.sizes[dim]))
    handles = []
    for k, name in enumerate(names):
        colour = RATERS[k % len(RATERS)]
        # each thinner than the one below: where outlines coincide all of them show
        _outline(_slice(raters.isel({dim: k}), where), ax, colour, 1.2 + 1.3 * (len(names) - 1 - k))
        handles.append(Line2D([], [], color=colour, linewidth=2, label=f"{dim} {name}"))
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, fontsize="small", frameon=False
    )
    _frame(flat > 0, flat > 0, ax)
    ax.set_title(title, fontsize="medium")
    return ax


def plot_scores(scores: pd.DataFrame, index: str = "dice", *, ax: Axes | None = None) -> Axes:
    """Draw every case's score, label by label, with the mean (the median, for a distance) and its interval.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it.
    index : str
        Which column.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib, pandas as pd
    >>> matplotlib.use("agg")
    >>> scores = pd.DataFrame({"case": ["a", "b"], "label": "1", "error": "", "dice": [0.8, 0.9]})
    >>> plot_scores(scores).get_xlabel()
    'Dice'
    """
    import matplotlib.pyplot as plt

    from .summaries import interval

    good = scores[scores["error"] == ""]
    groups = [(str(k), g[index].to_numpy(float)) for k, g in good.groupby("label", sort=False)]
    ax = plt.subplots(figsize=(5, 0.9 + 0.7 * len(groups)), layout="constrained")[1] if ax is None else ax
    rng = np.random.default_rng(0)
    for row, (_, values) in enumerate(groups):
        shown = values[np.isfinite(values)]
        ax.scatter(shown, row + rng.uniform(-0.22, 0.22, len(shown)), s=16, color=RATERS[0], alpha=0.6, linewidths=0)
        value, low, high = interval(values, index)
        ax.plot([low, high], [row, row], color=INK, linewidth=2.2, solid_capstyle="butt")
        ax.plot(value, row, "o", color="white", markeredgecolor=INK, markersize=6, markeredgewidth=1.4)
    ax.set(
        yticks=range(len(groups)),
        yticklabels=[f"{k}  (n = {len(v)})" for k, v in groups],
        xlabel=TITLES.get(index, index),
    )
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def save(figure: Any, path: str | Path) -> None:
    """Save a figure, sharp enough for print; the ending of the path says how."""
    figure.savefig(path, dpi=200, bbox_inches="tight")


def _axes(ax: Axes | None) -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(4.6, 4.9), layout="constrained")[1] if ax is None else ax


def _place(weight: xr.DataArray, axis: str, at: float | None, reason: str) -> tuple[dict[str, int], str]:
    dims = spatial_axes(weight)
    if len(dims) < 3:
        return {}, ""
    if axis not in dims:
        raise ValueError(f"lesions: no axis {axis!r} to cut across; the image has {', '.join(dims)}")
    if at is not None:
        k = int(np.abs(weight[axis].values - at).argmin())
        reason = f"slice {k}"
    else:
        k = int(weight.sum([d for d in dims if d != axis]).values.argmax())
    return {axis: k}, f"{axis} = {float(weight[axis][k]):.1f} mm, {reason}"


def _slice(x: xr.DataArray, where: dict[str, int]) -> xr.DataArray:
    """Return rows by columns: z or y upwards, x or y to the right."""
    flat = x.isel(where)
    across, up = (d for d in ("x", "y", "z") if d in flat.dims)
    return flat.transpose(up, across)


def _grey(image: xr.DataArray, ax: Axes) -> None:
    ax.imshow(image, origin="lower", extent=_edges(image), cmap="gray", interpolation="nearest", zorder=0)


def _edges(flat: xr.DataArray) -> tuple[float, float, float, float]:
    (up, across), (dy, dx) = spatial_axes(flat), grid_spacing(flat)
    x, y = flat[across].values, flat[up].values
    return x[0] - dx / 2, x[-1] + dx / 2, y[0] - dy / 2, y[-1] + dy / 2


def _outline(flat: xr.DataArray, ax: Axes, colour: str, width: float) -> None:
    """Draw the edges of voxels between inside and outside."""
    from matplotlib.collections import LineCollection

    left, right, bottom, top = _edges(flat)
    inside = np.pad(flat.values, 1)
    x, y = np.linspace(left, right, flat.shape[1] + 1), np.linspace(bottom, top, flat.shape[0] + 1)
    r, c = np.nonzero(inside[1:, 1:-1] != inside[:-1, 1:-1])
    level = np.stack([np.stack([x[c], y[r]], -1), np.stack([x[c + 1], y[r]], -1)], 1)
    r, c = np.nonzero(inside[1:-1, 1:] != inside[1:-1, :-1])
    upright = np.stack([np.stack([x[c], y[r]], -1), np.stack([x[c], y[r + 1]], -1)], 1)
    edges = np.concatenate([level, upright])
    ax.add_collection(LineCollection(list(edges), colors=colour, linewidths=width, capstyle="projecting", zorder=3))


def _contours(flat: xr.DataArray, ax: Axes, line: str) -> None:
    up, across = spatial_axes(flat)
    levels = [v for v in LEVELS if float(flat.min()) < v < float(flat.max())]
    if levels:
        ax.contour(flat[across], flat[up], flat, levels=levels, colors=INK, linewidths=0.8, linestyles=line, zorder=4)


def _frame(a: xr.DataArray, b: xr.DataArray, ax: Axes) -> None:
    """Show the lesion and a margin, in mm."""
    up, across = spatial_axes(a)
    some = (a.values > 0) | (b.values > 0)
    ax.set(xlabel=f"{across} (mm)", ylabel=f"{up} (mm)", aspect="equal")
    left, right, bottom, top = _edges(a)
    if some.any():
        dy, dx = grid_spacing(a)
        rows, columns = (np.flatnonzero(some.any(axis=k)) for k in (1, 0))
        width, height = (columns[-1] - columns[0] + 1) * dx, (rows[-1] - rows[0] + 1) * dy
        rim = MARGIN * max(width, height)
        left, right = (
            max(left, a[across].values[columns[0]] - dx / 2 - rim),
            min(right, a[across].values[columns[-1]] + dx / 2 + rim),
        )
        bottom, top = (
            max(bottom, a[up].values[rows[0]] - dy / 2 - rim),
            min(top, a[up].values[rows[-1]] + dy / 2 + rim),
        )
    ax.set(xlim=(left, right), ylim=(bottom, top))

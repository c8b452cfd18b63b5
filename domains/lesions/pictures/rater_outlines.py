"""The outlines of several raters in one slice, over the share of raters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..._pictures import COLUMN, axes_or_new, printed
from ..images.grids import Grid
from ..raters.raters import consensus
from .drawing import draw_edges, draw_image, frame, shades
from .masks import OVER_IMAGE, margin_or_usual, name_lines, place_line
from .slices import View, place_of_most, slice_at
from .windows import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_raters(
    raters: xr.DataArray,
    *,
    dim: str = "rater",
    image: xr.DataArray | None = None,
    window: Window | tuple[float, float] | None = None,
    filled: bool = True,
    axis: str = "z",
    at: float | None = None,
    view: View = "radiological",
    margin: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the outline of each rater over the share of raters, in one slice.

    Parameters
    ----------
    raters : DataArray of bool
        Masks along `dim`.
    dim : str
        The raters' dimension.
    image, window
        See `plot_overlay`.
    filled : bool
        Whether to fill the voxels by the share of raters, the more the darker.
    axis, at, view, margin, ax
        See `plot_overlay`; by default the slice with most voxels in dispute.

    Returns
    -------
    matplotlib Axes

    See Also
    --------
    pairwise_agreement : Compare each rater with each other.
    consensus : Join raters into one mask.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..images.io import example, read_image
    >>> ax = plot_raters(read_image(example("nodule_00")) == 1)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['rater 0', 'rater 1', 'rater 2', 'rater 3']
    """
    operation = "lesions.plot_raters"
    share = consensus(raters, dim=dim)
    grid = Grid.of(share)
    reason = "most in dispute" if at is None else ""
    if at is None:
        at = place_of_most(share * (1 - share), axis)
    place = slice_at(operation, grid, axis, at, view)
    lines = place_line(place, reason)
    shares = place.of(share)
    names = raters[dim].values
    colours = shades(len(names))
    # each thinner and darker than the one below: where outlines coincide all of them show
    widths = [0.9 + 1.1 * k for k in reversed(range(len(names)))]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(COLUMN, 1.12 * COLUMN))
        if image is not None:
            lines.append(draw_image(operation, grid, place, image, ax, window))
        if filled:
            opacity = np.where(shares > 0, 0.75 if image is None else OVER_IMAGE, 0.0)
            look: dict[str, Any] = {"cmap": "Greys", "vmin": 0, "vmax": 1.6, "interpolation": "nearest"}
            ax.imshow(shares, origin="lower", extent=place.extent, alpha=opacity, zorder=1, **look)
        for k, colour in enumerate(colours):
            mask = place.of(raters.isel({dim: k})) > 0
            draw_edges(place, mask, ax, colour=colour, width=widths[k], rim=image is not None)
        name_lines([f"{dim} {name}" for name in names], colours, ax, widths)
        frame(place, shares > 0, ax, margin_or_usual(margin, image), image is not None)
        ax.set_title("\n".join(lines), fontsize="small")
    return ax

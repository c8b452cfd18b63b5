"""What is drawn in a slice: the image below, masks by their edges, letters at the sides, the frame.

Conventions
-----------
- Hard masks are outlined along the edges of voxels, soft ones by contours of equal probability.
- The image below has its own voxels, each as it is; which values are black and white, `windows` says.
- A line over an image has a rim, dark or white, so that it is seen on bone and on air, in colour and in grey.
- Colours of several things are steps of viridis, from light to dark: they stay apart in grey and for the colour-blind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..._checks import UsageError
from ..images.grids import AXES, Grid, check_images
from .slices import Axis, Slice, axes_of
from .windows import grey_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
RIM = 1.0
"""How much wider than a line its rim is, points."""
LEVELS = (0.25, 0.5, 0.75)
MARGIN = 0.15
"""Of the lesion's extent, left free around it."""
MARGIN_OF_IMAGE = 0.6
"""The same over an image, which shows where the lesion lies."""

_SAME_DIRECTION = 1e-2
_LUMA = (0.299, 0.587, 0.114)
_LETTER_AT = 0.025
"""How far a letter is from the side of the picture, as a part of it."""


def shades(n: int) -> list[Any]:
    """Return so many colours that differ in grey too, the lightest first.

    Examples
    --------
    >>> len(shades(3))
    3
    """
    import matplotlib

    return list(matplotlib.colormaps["viridis"](np.linspace(0.92, 0.0, n)))


def draw_image(operation: str, grid: Grid, place: Slice, image: xr.DataArray, ax: Axes, window: Any = None) -> str:
    """Draw what lies below the masks, in grey, and return the range of grey in words.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    grid : Grid
        Of the masks.
    place : Slice
        Where.
    image : DataArray
        On any grid whose axes point where those of the masks do.
    ax : matplotlib Axes
        Where to draw.
    window : str or (float, float), optional
        A window of CT, or its centre and width.

    Raises
    ------
    TypeError
        If it is no image.
    ValueError
        If its axes point elsewhere, it does not reach the slice, or the window shows nearly nothing of it.
    """
    check_images(operation, image=image)
    shown = (place.right.name, place.up.name)
    extra = [str(dim) for dim in image.dims if dim not in AXES]
    if extra or not set(shown) <= set(image.dims):
        raise UsageError(
            f"{operation}: image has dimensions {image.dims}: pass one with {', '.join(shown)} and no other but those "
            "in space, such as image.isel(rater=0)"
        )
    own = Grid.of(image)
    if not np.allclose(own.directions, grid.directions, atol=_SAME_DIRECTION):
        raise UsageError(f"{operation}: the axes of image and masks point elsewhere: resample the image onto the masks")
    axes = axes_of(own)
    flat = image
    if place.across in axes:
        k = axes[place.across].nearest(operation, "the image", place.at)
        flat = image.isel({place.across: k}, drop=True)
    rows = flat.transpose(place.up.name, place.right.name).values.astype(float)
    low, high, said = grey_range(operation, image.values, rows, window)
    left, right = axes[place.right.name].edges
    bottom, top = axes[place.up.name].edges
    look: dict[str, Any] = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": "nearest", "zorder": 0}
    ax.imshow(rows, origin="lower", extent=(left, right, bottom, top), **look)
    return said


def draw_edges(
    place: Slice, inside: np.ndarray, ax: Axes, *, colour: Any, width: float, rim: bool = False, **style: Any
) -> None:
    """Draw the edges of voxels between inside and outside.

    Parameters
    ----------
    place : Slice
        Where.
    inside : array of bool
        With the rows and columns of the slice.
    ax : matplotlib Axes
        Where to draw.
    colour : colour
        Of the line.
    width : float
        Of the line, points.
    rim : bool
        Whether it gets a rim.
    **style
        Passed to ``LineCollection``.
    """
    from matplotlib.collections import LineCollection

    rows, columns = inside.shape
    x = np.linspace(*place.right.edges, columns + 1)
    y = np.linspace(*place.up.edges, rows + 1)
    padded = np.pad(inside, 1)
    below = padded[:-1, 1:-1]
    above = padded[1:, 1:-1]
    r, c = np.nonzero(below != above)
    level = _segments(x[c], y[r], x[c + 1], y[r])
    before = padded[1:-1, :-1]
    after = padded[1:-1, 1:]
    r, c = np.nonzero(before != after)
    upright = _segments(x[c], y[r], x[c], y[r + 1])
    edges = list(np.concatenate([level, upright]))
    look: dict[str, Any] = {"capstyle": "projecting", "zorder": 3, **style}
    if rim:
        # of all edges below all lines: one by one, rims would cut the line
        ax.add_collection(LineCollection(edges, **look, colors=[rim_of(colour)], linewidths=width + RIM))
    ax.add_collection(LineCollection(edges, **look, colors=[colour], linewidths=width))


def draw_contours(place: Slice, values: np.ndarray, ax: Axes, **style: Any) -> None:
    """Draw where a soft mask has the values of `LEVELS`."""
    levels = [level for level in LEVELS if values.min() < level < values.max()]
    if levels:
        lines = {"colors": INK, "linewidths": 0.8, "zorder": 4, **style}
        ax.contour(place.right.centres, place.up.centres, values, levels=levels, **lines)


def draw_arrow(place: Slice, inside: np.ndarray, ax: Axes) -> None:
    """Draw an arrow that points at what is inside, as radiologists do: it may be a single voxel.

    Parameters
    ----------
    place : Slice
        Where.
    inside : array of bool
        With the rows and columns of the slice; something must be inside.
    ax : matplotlib Axes
        Where to draw.
    """
    from matplotlib.patheffects import withStroke

    rows, columns = np.nonzero(inside)
    x = place.right.centres[columns].mean()
    y = place.up.centres[rows].mean()
    rim = [withStroke(linewidth=2 + RIM, foreground="white")]
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkB": 0, "path_effects": rim}
    ax.annotate("", (x, y), xytext=(16, 16), textcoords="offset points", arrowprops=look, zorder=7)


def rim_of(colour: Any) -> str:
    """Return the colour of a line's rim: dark around a light line, white around a dark one.

    Examples
    --------
    >>> rim_of("yellow"), rim_of("navy")
    ('#222222', 'white')
    """
    from matplotlib.colors import to_rgb

    brightness = float(np.dot(to_rgb(colour), _LUMA))
    return INK if brightness > 0.4 else "white"


def rimmed(colour: Any, width: float) -> list[Any]:
    """Return the effects that give a line of this colour and width its rim.

    Examples
    --------
    >>> len(rimmed("yellow", 1.2))
    1
    """
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width + RIM, foreground=rim_of(colour))]


def frame(place: Slice, inside: np.ndarray, ax: Axes, margin: float, over_image: bool = False) -> None:
    """Show what is inside and a margin around it, in mm, with a letter at each side.

    Parameters
    ----------
    place : Slice
        Where.
    inside : array of bool
        What is shown; all of the slice, if it is nothing.
    ax : matplotlib Axes
        What was drawn on.
    margin : float
        Of the extent of what is inside; infinite for all of the slice.
    over_image : bool
        Whether the letters stand on an image.
    """
    ax.set(xlabel=f"{place.right.name} (mm)", ylabel=f"{place.up.name} (mm)", aspect="equal")
    left, right = _span(np.any(inside, axis=0), place.right)
    bottom, top = _span(np.any(inside, axis=1), place.up)
    extent = max(right - left, top - bottom)
    free = margin * extent
    ax.set_xlim(place.right.limits(left - free, right + free))
    ax.set_ylim(place.up.limits(bottom - free, top + free))
    _write_letters(place, ax, over_image)


def _span(inside: np.ndarray, axis: Axis) -> tuple[float, float]:
    """Return where what is inside begins and ends, mm; the ends of the axis, if nothing is."""
    places = np.flatnonzero(inside)
    if not places.size:
        return axis.edges
    half = axis.step / 2
    first = float(axis.centres[places[0]])
    last = float(axis.centres[places[-1]])
    return first - half, last + half


def _write_letters(place: Slice, ax: Axes, over_image: bool) -> None:
    """Write at the middle of each side which side of the patient it is."""
    from matplotlib.patheffects import withStroke

    left, right = place.right.letters
    bottom, top = place.up.letters
    far = 1 - _LETTER_AT
    colour = "white" if over_image else INK
    rim = INK if over_image else "white"
    look: dict[str, Any] = {"color": colour, "path_effects": [withStroke(linewidth=2, foreground=rim)]}
    look.update(transform=ax.transAxes, weight="bold", zorder=6)
    ax.text(_LETTER_AT, 0.5, left, ha="left", va="center", **look)
    ax.text(far, 0.5, right, ha="right", va="center", **look)
    ax.text(0.5, _LETTER_AT, bottom, ha="center", va="bottom", **look)
    ax.text(0.5, far, top, ha="center", va="top", **look)


def _segments(x0: np.ndarray, y0: np.ndarray, x1: np.ndarray, y1: np.ndarray) -> np.ndarray:
    """Return the lines from (x0, y0) to (x1, y1), shape (n, 2, 2)."""
    start = np.stack([x0, y0], axis=-1)
    end = np.stack([x1, y1], axis=-1)
    return np.stack([start, end], axis=1)

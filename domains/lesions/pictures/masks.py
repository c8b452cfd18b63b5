"""What the pictures of masks share: two masks in a slice, its line in the title, the legend of lines.

Conventions
-----------
- Unless a place is named, a volume is cut where the two masks disagree most; where they nowhere do, where most of them
  is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..._report import name_of
from ..._text import for_picture, one_line
from ..comparison.assessment import Pair
from ..images.grids import Grid, check_masks, regrid
from ..images.resampling import in_one_field
from .drawing import MARGIN, MARGIN_OF_IMAGE, rimmed
from .slices import Slice, View, place_of_most, slice_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OVER_IMAGE = 0.7
"""How much of an image the colours above it hide."""
_MOST_LETTERS = 40
"""Letters of a name in a title or legend."""


@dataclass(frozen=True, eq=False)
class Masks:
    """Two masks in a slice, and the lines of the title that say where it is."""

    place: Slice
    grid: Grid
    predicted: np.ndarray
    reference: np.ndarray
    title: list[str]

    @property
    def inside(self) -> np.ndarray:
        """Where either of them is."""
        either: np.ndarray = (self.predicted > 0) | (self.reference > 0)
        return either


def masks_of_pair(operation: str, grid: Grid, pair: Pair, axis: str, at: float | None, view: View) -> Masks:
    """Return the two masks of a result in a slice; see `slice_of`."""
    place, title = slice_of(operation, grid, [(pair.predicted, pair.reference)], axis, at, view)
    return Masks(place, grid, place.of(pair.predicted), place.of(pair.reference), title)


def masks_of_images(
    operation: str,
    predicted: xr.DataArray,
    reference: xr.DataArray | None,
    axis: str,
    at: float | None,
    view: View,
) -> Masks:
    """Return two masks on one grid in a slice; see `slice_of`."""
    if reference is None:
        raise TypeError(f"{operation}: reference is None: pass two masks, or the result of assess")
    check_masks(operation, predicted=predicted, reference=reference)
    predicted, reference = in_one_field(predicted, reference)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, operation, name_of(predicted, "prediction"))
    place, title = slice_of(operation, grid, [(predicted, reference)], axis, at, view)
    return Masks(place, grid, place.of(predicted), place.of(reference), title)


def slice_of(
    operation: str,
    grid: Grid,
    pairs: Sequence[tuple[xr.DataArray, xr.DataArray]],
    axis: str,
    at: float | None = None,
    view: View = "radiological",
) -> tuple[Slice, list[str]]:
    """Return the slice at a place, or else that of most disagreement, and what the title says of it."""
    if at is not None:
        place = slice_at(operation, grid, axis, at, view)
        return place, place_line(place)
    differ = []
    either = []
    for predicted, reference in pairs:
        a = predicted.astype(float)
        b = reference.astype(float)
        differ.append(abs(a - b))
        either.append(a + b)
    weight = _added_along(axis, differ)
    reason = "most disagreement"
    if not weight.any():
        weight = _added_along(axis, either)
        reason = "no disagreement anywhere"
    place = slice_at(operation, grid, axis, place_of_most(weight, axis), view)
    return place, place_line(place, reason)


def place_line(place: Slice, reason: str = "") -> list[str]:
    """Return where a slice lies, and why there, as a line of the title; none for an image of one slice."""
    if not place.title:
        return []
    return [f"{place.title}, {reason}" if reason else place.title]


def name_lines(names: Sequence[str], colours: Sequence[Any], ax: Axes, widths: Sequence[float]) -> None:
    """Write below the axes what each line is."""
    from matplotlib.lines import Line2D

    handles = []
    for k, name in enumerate(names):
        colour = colours[k]
        rim = rimmed(colour, widths[k])
        handles.append(Line2D([], [], color=colour, linewidth=widths[k], label=short_name(name), path_effects=rim))
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        borderaxespad=4.5,  # below the axis label, whatever the size of the axes
        ncols=2 if len(names) > 3 else len(names),
        fontsize="small",
        frameon=False,
    )


def margin_or_usual(margin: float | None, image: xr.DataArray | None) -> float:
    """Return how much is shown around masks, as a part of their extent.

    Examples
    --------
    >>> margin_or_usual(None, None), margin_or_usual(1.0, None)
    (0.15, 1.0)
    """
    if margin is not None:
        return margin
    return MARGIN if image is None else MARGIN_OF_IMAGE


def short_name(name: object) -> str:
    r"""Return a name as long as there is space for, none of it set as mathematics.

    Examples
    --------
    >>> print(short_name("$a$"))
    \$a\$
    """
    return for_picture(one_line(name, _MOST_LETTERS))


def _added_along(axis: str, weights: list[xr.DataArray]) -> xr.DataArray:
    """Return how much all of them have in each slice, for boxes cut out of one grid."""
    along = [weight.sum([dim for dim in weight.dims if dim != axis]) for weight in weights]
    aligned = xr.align(*along, join="outer", fill_value=0.0)
    return xr.concat(aligned, "label").sum("label")

"""Where a volume is cut for a picture, and which way its axes run on paper.

Conventions
-----------
- A slice is named by its place in mm, and its coordinates stay those of the image.
- ``view="radiological"``, as on a radiologist's screen: the patient's right is on the left of the picture; across x the
  front is. ``view="neurological"`` is its mirror image: right on the right, and the front too.
- Front (A) is up in a slice across z, the head (S) in the others.
- L, R, A, P, S and I are the patient's left, right, front (anterior), back (posterior), head (superior) and feet
  (inferior). Of an image turned against the scanner each letter names the nearest direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import xarray as xr

from ..._checks import UsageError, check_choice
from ..images.grids import AXES, Grid

View = Literal["radiological", "neurological"]
VIEWS = get_args(View)
LETTERS = {"x": ("L", "R"), "y": ("P", "A"), "z": ("I", "S")}
"""What lies at the low end of each axis, and what at the high one."""


@dataclass(frozen=True)
class Axis:
    """An axis of the picture.

    Parameters
    ----------
    name : {"x", "y", "z"}
        The axis of the image that it shows.
    centres : array
        Centres of the voxels along it, mm.
    step : float
        Distance between them, mm.
    is_reversed : bool
        Whether it runs to the left, or down.
    """

    name: str
    centres: np.ndarray
    step: float
    is_reversed: bool = False

    @property
    def edges(self) -> tuple[float, float]:
        """Where the first voxel begins and the last one ends, mm."""
        half = self.step / 2
        return float(self.centres[0]) - half, float(self.centres[-1]) + half

    @property
    def letters(self) -> tuple[str, str]:
        """What lies at the beginning of the axis (left, or bottom), and what at its end.

        Examples
        --------
        >>> Axis("x", np.arange(3.0), 1.0).letters, Axis("x", np.arange(3.0), 1.0, is_reversed=True).letters
        (('L', 'R'), ('R', 'L'))
        """
        low, high = LETTERS[self.name]
        return (high, low) if self.is_reversed else (low, high)

    def nearest(self, operation: str, what: str, at: float) -> int:
        """Return which voxel is nearest to a place.

        Raises
        ------
        UsageError
            If the place lies outside the image.
        """
        first, last = self.edges
        if not first <= at <= last:
            raise UsageError(
                f"{operation}: {what} at {self.name} = {at:g} mm: the image is from {first:g} to {last:g} mm: choose "
                "a place within"
            )
        return int(np.abs(self.centres - at).argmin())

    def limits(self, low: float, high: float) -> tuple[float, float]:
        """Return a stretch of the axis, within the image, as matplotlib takes it: first what stands at the beginning.

        Examples
        --------
        >>> Axis("x", np.arange(3.0), 1.0, is_reversed=True).limits(0.5, 9.0)
        (2.5, 0.5)
        """
        first, last = self.edges
        start = max(first, low)
        end = min(last, high)
        return (end, start) if self.is_reversed else (start, end)


@dataclass(frozen=True)
class Slice:
    """A slice of a grid: where it is cut, and its two axes on paper.

    Parameters
    ----------
    across : str
        The axis that the slice is across; empty for an image of one slice.
    at : float
        The centre of its voxels along that axis, mm.
    thickness : float
        Their size along it, mm.
    right, up : Axis
        What runs along the picture's width and its height.
    """

    across: str
    at: float
    thickness: float
    right: Axis
    up: Axis

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Edges of the outer voxels: left, right, bottom, top of an image with its origin below, mm."""
        return *self.right.edges, *self.up.edges

    @property
    def title(self) -> str:
        """Where it lies, in words; empty for an image of one slice."""
        return f"{self.across} = {self.at:.1f} mm" if self.across else ""

    def of(self, mask: xr.DataArray) -> np.ndarray:
        """Return the slice of a mask on the grid, or of a box cut out of it: rows by columns, 0 outside the box."""
        flat = mask
        if self.across:
            at = mask.sel({self.across: [self.at]}, method="nearest")
            if abs(float(at[self.across][0]) - self.at) > self.thickness / 2:
                at = xr.zeros_like(at)
            flat = at.isel({self.across: 0}, drop=True)
        places = {self.right.name: self.right.centres, self.up.name: self.up.centres}
        within = min(self.right.step, self.up.step) / 2
        whole = flat.reindex(places, method="nearest", tolerance=within, fill_value=mask.dtype.type(0))
        rows: np.ndarray = whole.transpose(self.up.name, self.right.name).values
        return rows


def axes_of(grid: Grid) -> dict[str, Axis]:
    """Return the axes of a grid by their names.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> axes_of(Grid.of(as_image(np.zeros((4, 3), bool), 0.5)))["y"].edges
    (-0.25, 1.25)
    """
    axes = {}
    for name, centres, step in zip(grid.axes, grid.centres, grid.spacing, strict=True):
        axes[name] = Axis(name, centres.values, step)
    return axes


def slice_at(operation: str, grid: Grid, axis: str, at: float, view: View = "radiological") -> Slice:
    """Return the slice of a grid that is nearest to a place.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    grid : Grid
        Where the voxels lie.
    axis : {"x", "y", "z"}
        Across which axis a volume is cut.
    at : float
        Where, mm.
    view : {"radiological", "neurological"}
        Which side is on the left.

    Raises
    ------
    UsageError
        If there is no such axis or view, or the place lies outside the image.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> grid = Grid.of(as_image(np.zeros((4, 3, 2), bool), (0.5, 0.5, 3.0)))
    >>> place = slice_at("lesions.plot_overlay", grid, "z", 2.8)
    >>> place.title, place.right.letters, place.up.letters
    ('z = 3.0 mm', ('R', 'L'), ('P', 'A'))
    """
    check_choice(operation, "view", view, VIEWS)
    axes = axes_of(grid)
    across = ""
    thickness = 0.0
    if len(axes) == 3:
        check_choice(operation, "axis", axis, grid.axes)
        cut = axes.pop(axis)
        across = axis
        at = float(cut.centres[cut.nearest(operation, "the slice", at)])
        thickness = cut.step
    shown = [axes[name] for name in AXES if name in axes]
    # x, or y in a slice across x: both are mirrored
    right = replace(shown[0], is_reversed=view == "radiological")
    return Slice(across, at, thickness, right, up=shown[1])


def place_of_most(weight: xr.DataArray, axis: str) -> float:
    """Return where along an axis a volume has most, mm; 0 for an image of one slice.

    Examples
    --------
    >>> place_of_most(xr.DataArray([[0, 1], [1, 1]], {"y": [0.0, 1.0], "z": [5.0, 8.0]}, ("y", "z")), "z")
    8.0
    """
    if axis not in weight.dims:
        return 0.0
    along = weight.sum([dim for dim in weight.dims if dim != axis])
    return float(weight[axis][int(along.values.argmax())])

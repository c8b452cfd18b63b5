"""Where the voxels of an image lie.

Conventions
-----------
- Dimensions x, y and z point to the patient's right, front and top (RAS+). Coordinates are voxel centres in mm.
- An image of one slice has no z: its sizes are areas.
- Spacing is uniform along each dimension. Two images are on one grid if their voxel centres differ by less than
  a hundredth of a voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import xarray as xr

from .._report import name_of

AXES = ("x", "y", "z")
UNITS = ("", "mm", "mm²", "mm³")
TOLERANCE = 1e-2
"""How far the same voxel of two images may be apart, in voxels."""

_SAME_DIRECTION = 1e-5
"""How far the directions of two images may differ before an error mentions them."""

_HEADER = 1e-6
"""How far the coordinates may be from the spacing in the header, relative to it."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The geometry of an image, derived once.

    Parameters
    ----------
    axes : tuple of str
        The spatial dimensions, in the order of the image.
    centres : tuple of DataArray
        Voxel centres along each of them, mm.
    spacing : tuple of float
        Distance between voxel centres along each of them, mm.
    directions : array, shape (9,)
        Where x, y and z point, row by row: the identity, unless the image is turned against the scanner.
    orientation : str
        The order of the axes in the file, such as "LPS"; empty for an image from no file.
    told : str
        What the file does not say of its geometry and was taken for granted.

    Examples
    --------
    >>> grid = Grid.of(as_image(np.zeros((4, 3, 2), bool), (0.5, 0.5, 3.0)))
    >>> grid.spacing, grid.voxel, grid.units
    ((0.5, 0.5, 3.0), 0.75, 'mm³')
    >>> grid.describe()
    '4 × 3 × 2 voxels (x × y × z) of 0.5 × 0.5 × 3 mm, the first at (0, 0, 0) mm'
    """

    axes: tuple[str, ...]
    centres: tuple[xr.DataArray, ...]
    spacing: tuple[float, ...]
    directions: np.ndarray
    orientation: str = ""
    told: str = ""

    @classmethod
    def of(cls, image: xr.DataArray) -> Grid:
        """Return the grid of an image.

        Raises
        ------
        ValueError
            If coordinates are missing or not evenly spaced.
        """
        axes = spatial_axes(image)
        spacing = tuple(_spacing_along(image, axis) for axis in axes)
        centres = tuple(image[axis] for axis in axes)
        attrs = image.attrs
        return cls(axes, centres, spacing, _directions(image), attrs.get("orientation", ""), attrs.get("told", ""))

    @property
    def voxel(self) -> float:
        """Size of a voxel, mm³ (mm² in a single slice)."""
        return prod(self.spacing)

    @property
    def units(self) -> str:
        """Unit of `voxel`."""
        return UNITS[len(self.axes)]

    def describe(self) -> str:
        """Return the geometry in words."""
        names = " × ".join(self.axes)
        stored = f", stored {self.orientation}" if self.orientation else ""
        told = f" ({self.told})" if self.told else ""
        return f"{self._sizes()} voxels ({names}) of {self._steps()} mm, the first at {self._place(0)} mm{stored}{told}"

    def differences(self, other: Grid) -> str:
        """Return in words what differs between two grids, this one first.

        Examples
        --------
        >>> a = Grid.of(as_image(np.zeros((4, 3), bool), 0.5))
        >>> a.differences(Grid.of(as_image(np.zeros((4, 5), bool), 0.5, origin=(0, 7))))
        'voxels: 4 × 3 and 4 × 5; first voxel: (0, 0) and (0, 7) mm'
        """
        if set(self.axes) != set(other.axes):
            return f"axes: {' × '.join(self.axes)} and {' × '.join(other.axes)}"
        other = other._in_order_of(self.axes)
        pairs = [
            ("voxels", self._sizes(), other._sizes(), ""),
            ("voxel size", self._steps(), other._steps(), " mm"),
            ("first voxel", self._place(0), other._place(0), " mm"),
        ]
        if not np.allclose(self.directions, other.directions, atol=_SAME_DIRECTION):
            pairs.append(("directions of the axes", _rounded(self.directions), _rounded(other.directions), ""))
        parts = [f"{what}: {mine} and {theirs}{unit}" for what, mine, theirs, unit in pairs if mine != theirs]
        return "; ".join(parts) or f"last voxel: {self._place(-1)} and {other._place(-1)} mm"

    def _in_order_of(self, axes: tuple[str, ...]) -> Grid:
        order = [self.axes.index(axis) for axis in axes]
        centres = tuple(self.centres[k] for k in order)
        spacing = tuple(self.spacing[k] for k in order)
        return replace(self, axes=axes, centres=centres, spacing=spacing)

    def _sizes(self) -> str:
        return " × ".join(f"{centres.size}" for centres in self.centres)

    def _steps(self) -> str:
        return " × ".join(f"{step:g}" for step in self.spacing)

    def _place(self, k: int) -> str:
        """Return the centre of the first voxel (0) or the last (-1)."""
        places = ", ".join(f"{float(centres[k]):g}" for centres in self.centres)
        return f"({places})"


def as_image(
    values: Any,
    spacing: float | Sequence[float],
    *,
    origin: float | Sequence[float] = 0.0,
    dims: Sequence[str] = ("x", "y", "z", "rater"),
    name: str | None = None,
) -> xr.DataArray:
    """Label a plain array with its axes and the place of its voxels.

    Parameters
    ----------
    values : array
        Two or three spatial axes, then any other.
    spacing : float or sequence of float
        Distance between voxel centres along each spatial axis, mm.
    origin : float or sequence of float
        Centre of the first voxel, mm.
    dims : sequence of str
        Names of the axes, as many as there are; x, y and z are spatial.
    name : str, optional
        Name for reports.

    Returns
    -------
    DataArray
        With coordinates in mm.

    Raises
    ------
    ValueError
        If spacing or origin do not fit the axes.

    Examples
    --------
    >>> image = as_image(np.zeros((4, 3, 2), bool), (0.5, 0.5, 3.0))
    >>> image.z.values
    array([0., 3.])
    >>> grid_spacing(image)
    (0.5, 0.5, 3.0)
    """
    values = np.asarray(values)
    names = tuple(dims)[: values.ndim]
    axes = [d for d in names if d in AXES]
    if len(names) != values.ndim or not axes:
        raise ValueError(
            f"lesions.as_image: values has shape {values.shape} and dims names {names}: pass a name for each axis, "
            "x and y among them"
        )
    steps = _for_each_axis("spacing", spacing, len(axes))
    starts = _for_each_axis("origin", origin, len(axes))
    if min(steps) <= 0:
        raise ValueError(f"lesions.as_image: spacing is {steps}; a voxel is larger than 0 mm")
    coordinates = {}
    for axis, step, start in zip(axes, steps, starts, strict=True):
        n = values.shape[names.index(axis)]
        centres = start + step * np.arange(n)
        coordinates[axis] = (axis, centres, {"units": "mm", "spacing": step})
    attributes = {"name": name} if name else {}
    return xr.DataArray(values, dims=names, coords=coordinates, attrs=attributes)


def grid_spacing(x: xr.DataArray) -> tuple[float, ...]:
    """Return the distances between voxel centres, mm, in the order of the image's spatial dimensions.

    Parameters
    ----------
    x : DataArray
        An image.

    Raises
    ------
    ValueError
        If coordinates are missing or not evenly spaced.

    Examples
    --------
    >>> grid_spacing(as_image(np.zeros((4, 3), bool), (0.5, 0.7)))
    (0.5, 0.7)
    """
    return Grid.of(x).spacing


def grid_if_known(image: xr.DataArray) -> Grid | None:
    """Return the grid of an image, or None if it has no coordinates: its sizes are in voxels.

    Raises
    ------
    ValueError
        If some coordinates are there and others missing, or they are not evenly spaced.

    Examples
    --------
    >>> grid_if_known(xr.DataArray([True, False], dims="x")) is None
    True
    """
    if any(axis in image.coords for axis in spatial_axes(image)):
        return Grid.of(image)
    return None


def spatial_axes(image: xr.DataArray) -> tuple[str, ...]:
    """Return the spatial dimensions of an image, in its order."""
    return tuple(str(d) for d in image.dims if d in AXES)


def same_grid(image: xr.DataArray, grid: Grid) -> bool:
    """Return whether the voxels of an image are those of a grid, in whatever order of the axes.

    Examples
    --------
    >>> image = as_image(np.zeros((4, 3), bool), 0.5)
    >>> same_grid(image.transpose("y", "x"), Grid.of(image)), same_grid(image.isel(x=[0, 1]), Grid.of(image))
    (True, False)
    """
    if set(spatial_axes(image)) != set(grid.axes):
        return False
    for axis, centres, step in zip(grid.axes, grid.centres, grid.spacing, strict=True):
        if image.sizes[axis] != centres.size:
            return False
        apart = np.abs(image[axis].values - centres.values)
        if apart.max(initial=0) > TOLERANCE * step:
            return False
    longest = max(centres.size for centres in grid.centres)
    return bool(np.allclose(_directions(image), grid.directions, atol=TOLERANCE / longest))


def regrid(
    reference: xr.DataArray, grid: Grid, caller: str = "lesions.compare", prediction: str = "prediction"
) -> xr.DataArray:
    """Return the reference in the order of a grid's axes, with its very coordinates. Nothing is resampled.

    Parameters
    ----------
    reference : DataArray
        An image.
    grid : Grid
        The prediction's.
    caller, prediction : str
        Who asks, and the name of the image whose grid it is, for the error.

    Raises
    ------
    ValueError
        If the image is on another grid; the message says what differs.
    """
    if not same_grid(reference, grid):
        other = Grid.of(reference)
        sides = f"{_named('prediction', prediction)} and {_named('reference', name_of(reference, 'reference'))}"
        raise ValueError(
            f"{caller}: {sides} are on different grids ({grid.differences(other)}): {_remedy(grid, other)}"
        )
    others = [d for d in reference.dims if d not in AXES]
    ordered = reference.transpose(*grid.axes, *others)
    return ordered.assign_coords(dict(zip(grid.axes, grid.centres, strict=True)))


def check_images(caller: str, **images: object) -> None:
    """Refuse what is no labelled image."""
    for name, image in images.items():
        if not isinstance(image, xr.DataArray):
            raise TypeError(
                f"{caller}: {name} is a {type(image).__name__}, not a DataArray: read it with read_image, or make it "
                "with as_image(values, spacing)"
            )


def check_masks(caller: str, **images: xr.DataArray) -> None:
    """Refuse what is no labelled mask, bool or floating."""
    check_images(caller, **images)
    for name, image in images.items():
        if image.dtype.kind not in "bf":
            raise TypeError(f"{caller}: {name} has dtype {image.dtype}, a label map: pass one label, `{name} == 1`")


def _named(side: str, name: str) -> str:
    """Return a side with the name of its file, if it has one."""
    return f"the {side}" if name == side else f"the {side} {name}"


def _rounded(directions: np.ndarray) -> str:
    return " ".join(f"{x:.4g}" for x in directions + 0.0)


def _remedy(grid: Grid, other: Grid) -> str:
    """Return how a label map on another grid is brought onto a grid; in Python only where that is a shift or a step."""
    tools = "antsApplyTransforms -n NearestNeighbor, SimpleITK.Resample with sitkNearestNeighbor"
    remedy = f"resample one image onto the other first, labels by nearest neighbour ({tools})"
    turned = not np.allclose(grid.directions, other.directions, atol=_SAME_DIRECTION)
    if turned or set(grid.axes) != set(other.axes):
        return remedy
    within = max(other.spacing) / 2
    return (
        f'{remedy}; in Python reference.reindex_like(predicted, method="nearest", tolerance={within:g}, fill_value=0)'
    )


def _directions(image: xr.DataArray) -> np.ndarray:
    return np.asarray(image.attrs.get("directions", np.eye(3).ravel()))


def _spacing_along(image: xr.DataArray, axis: str) -> float:
    header = image[axis].attrs.get("spacing") if axis in image.coords else None
    if axis not in image.coords or (image.sizes[axis] < 2 and header is None):
        raise ValueError(
            f"lesions.grid_spacing: the image has no voxel size along {axis!r}: read it with read_image, or make it "
            "with as_image(values, spacing)"
        )
    if header is not None and image.sizes[axis] < 2:
        return float(header)
    steps = np.diff(image[axis].values)
    step = float(steps.mean())
    if not step > 0 or np.abs(steps - step).max() > TOLERANCE * step:
        raise ValueError(
            f"lesions.grid_spacing: the voxels are not evenly spaced along {axis!r} ({steps.min():g} to "
            f"{steps.max():g} mm): resample the image"
        )
    # the number in the header, where the coordinates still follow it
    if header is not None and abs(header - step) < _HEADER * step:
        return float(header)
    return step


def _for_each_axis(name: str, x: float | Sequence[float], n: int) -> list[float]:
    if np.size(x) not in (1, n) or not np.isfinite(np.asarray(x, float)).all():
        raise ValueError(f"lesions.as_image: {name} is {x}: pass one number or {n}, in mm")
    values = np.broadcast_to(np.asarray(x, float), (n,))
    return [float(value) for value in values]

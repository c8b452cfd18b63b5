"""Where the voxels of an image lie.

Conventions
-----------
- Dimensions x, y and z point to the patient's right, front and top (RAS+). Coordinates are voxel centres in mm.
- An image of one slice has no dimension z: its sizes are areas. Where it lies is the coordinate z, if that is known.
- Spacing is uniform along each dimension. Two images are on one grid if their voxel centres differ by less than
  a hundredth of a voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import xarray as xr

from ..._report import name_of
from .names import NIFTI, image_suffix

AXES = ("x", "y", "z")
UNITS = ("", "mm", "mm²", "mm³")
TOLERANCE = 1e-2
"""How far the same voxel of two images may be apart, in voxels."""

_SHOWN = (
    ("size", "", " voxels"),
    ("origin", "origin (", ") mm"),
    ("spacing", "spacing ", " mm"),
    ("direction", "direction ", ""),
)
"""How the parts of a geometry are written: what stands before and behind each."""

_ALL_DIGITS = 17

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
    at : tuple of DataArray
        Where a slice lies along the axes that it does not have, mm, as far as it is known.
    slices : str
        The numbers of the slices in words, where each is a file.

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
    at: tuple[xr.DataArray, ...] = ()
    slices: str = ""

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
        orientation = attrs.get("orientation", "")
        told = attrs.get("told", "")
        slices = attrs.get("slices", "")
        return cls(axes, centres, spacing, _directions(image), orientation, told, _places(image), slices)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many voxels there are along each axis."""
        return tuple(int(centres.size) for centres in self.centres)

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
        sizes = " × ".join(str(n) for n in self.sizes)
        steps = " × ".join(f"{step:g}" for step in self.spacing)
        first = ", ".join(f"{float(centres[0]):g}" for centres in self.centres)
        at = "".join(f", {place.name} = {float(place):g} mm" for place in self.at)
        return f"{sizes} voxels ({names}) of {steps} mm, the first at ({first}) mm{at}{stored}{told}"

    def describe_both(self, reference: xr.DataArray) -> str:
        """Return the geometry in words, and what else was taken for granted of the reference's, which is the same."""
        told = reference.attrs.get("told", "")
        if told in ("", self.told):
            return self.describe()
        return f"{self.describe()}; reference: {told}"

    def geometry(self, digits: int = 6) -> str:
        """Return size, origin, spacing and direction in words, x before y and z, as other tools have them.

        Examples
        --------
        >>> Grid.of(as_image(np.zeros((4, 3), bool), 0.5, origin=(0, 7))).geometry()
        '4 × 3 voxels, origin (0, 7, 0) mm, spacing 0.5 × 0.5 mm, direction 1 0 0 0 1 0 0 0 1'
        """
        parts = self._parts(digits)
        return ", ".join(f"{before}{parts[name]}{unit}" for name, before, unit in _SHOWN)

    def differences(self, other: Grid) -> str:
        """Return in words what differs between two grids, this one first.

        Examples
        --------
        >>> a = Grid.of(as_image(np.zeros((4, 3), bool), 0.5))
        >>> a.differences(Grid.of(as_image(np.zeros((4, 5), bool), 0.5, origin=(0, 7))))
        'size, origin'
        """
        digits = self.digits_that_differ(other)
        mine = self._parts(digits)
        theirs = other._parts(digits)
        return ", ".join(name for name in mine if mine[name] != theirs[name])

    def digits_that_differ(self, other: Grid) -> int:
        """Return how many digits show that two grids differ."""
        for digits in (6, 9, 12):
            if self._parts(digits) != other._parts(digits):
                return digits
        return _ALL_DIGITS

    def first(self) -> dict[str, float]:
        """Return where the first voxel lies along each axis of which that is known, mm."""
        places = {axis: float(centres[0]) for axis, centres in zip(self.axes, self.centres, strict=True)}
        places.update({str(place.name): float(place) for place in self.at})
        return places

    def steps(self) -> dict[str, float]:
        """Return the size of a voxel along each axis of which the place is known, mm."""
        sizes = dict(zip(self.axes, self.spacing, strict=True))
        sizes.update({str(place.name): _thickness(place) for place in self.at})
        return sizes

    def _parts(self, digits: int) -> dict[str, str]:
        """Return what a geometry consists of, in words."""
        named = dict(zip(self.axes, zip(self.sizes, self.spacing, self.centres, strict=True), strict=True))
        axes = [axis for axis in AXES if axis in named]
        sizes = [str(named[axis][0]) for axis in axes]
        steps = [f"{named[axis][1]:.{digits}g}" for axis in axes]
        first = self.first()
        origin = self.directions.reshape(3, 3) @ [first.get(axis, 0.0) for axis in AXES]
        return {
            "size": " × ".join(sizes),
            "origin": ", ".join(_number(x, digits) for x in origin),
            "spacing": " × ".join(steps),
            "direction": " ".join(_number(x, digits) for x in self.directions),
        }


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

    See Also
    --------
    read_image : Read a label map or a soft mask.
    grid_spacing : Return the distances between voxel centres, mm.

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

    See Also
    --------
    as_image : Label a plain array with its axes and the place of its voxels.
    resample_onto : Bring an image onto the grid of a reference.

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
    own = {place.name: float(place) for place in _places(image)}
    for place in grid.at:
        if abs(own.get(place.name, float(place)) - float(place)) > TOLERANCE * _thickness(place):
            return False
    longest = max(centres.size for centres in grid.centres)
    return bool(np.allclose(_directions(image), grid.directions, rtol=0, atol=TOLERANCE / longest))


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
    check_slices(caller, grid.slices, reference.attrs.get("slices", ""))
    if not same_grid(reference, grid):
        other = Grid.of(reference)
        digits = grid.digits_that_differ(other)
        name = name_of(reference, "reference")
        sides = f"{_named('prediction', prediction)} and {_named('reference', name)}"
        remedy = _remedy(grid, other, (prediction, name))
        both = f"prediction: {grid.geometry(digits)}; reference: {other.geometry(digits)}"
        raise ValueError(f"{caller}: {sides} are on different grids, by {grid.differences(other)} ({both}): {remedy}")
    others = [d for d in reference.dims if d not in AXES]
    ordered = reference.transpose(*grid.axes, *others)
    return ordered.assign_coords(dict(zip(grid.axes, grid.centres, strict=True)))


def check_slices(caller: str, prediction: str, reference: str) -> None:
    """Refuse two folders whose slices have other numbers.

    Examples
    --------
    >>> check_slices("lesions.compare", "1 to 9 in steps of 1", "1 to 9 in steps of 1")
    """
    if prediction and reference and prediction != reference:
        raise ValueError(
            f"{caller}: the slices of the prediction are {prediction}, those of the reference {reference}: number both "
            "alike, and add what is missing, empty slices too"
        )


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


def _number(x: float, digits: int) -> str:
    """Return a number without the sign of a zero."""
    rounded = float(f"{x:.{digits}g}")
    if abs(rounded) < 10.0**-digits:
        rounded = 0.0
    return f"{rounded:.{digits}g}"


def _remedy(grid: Grid, other: Grid, names: tuple[str, str]) -> str:
    """Return what leads to a right number: where only a header was lost, resampling does not."""
    if set(grid.first()) != set(other.first()):
        return "pass two volumes, or the same slice of each"
    resample = (
        "resample_onto(predicted, reference) (--resample nearest) brings the prediction onto the reference's grid, 0 "
        "where it has no field of view"
    )
    if sorted(grid.sizes) != sorted(other.sizes) or not np.allclose(sorted(grid.spacing), sorted(other.spacing)):
        return resample
    lost = "if the prediction lost its place on the way"
    if other.orientation != grid.orientation:
        # the voxels may have been turned as well, which no header tells
        lost += f", and its voxels still run as those of the reference ({other.orientation})"
    if any(image_suffix(name) not in (*NIFTI, "") for name in names):
        return f"{lost}, write it again with that of the reference; else {resample}"
    copied = "nibabel.save(nibabel.Nifti1Image(nibabel.load(P).dataobj, nibabel.load(R).affine), NEW)"
    return f"{lost}, {copied} gives it that of the reference; else {resample}"


def _directions(image: xr.DataArray) -> np.ndarray:
    return np.asarray(image.attrs.get("directions", np.eye(3).ravel()))


def _places(image: xr.DataArray) -> tuple[xr.DataArray, ...]:
    """Return the coordinates of a slice along the axes that it does not have."""
    known = [image.coords[axis] for axis in AXES if axis in image.coords]
    return tuple(place for place in known if place.ndim == 0)


def _thickness(place: xr.DataArray) -> float:
    """Return how thick a slice is, mm; 1 if it is not known."""
    return float(place.attrs.get("spacing", 1.0))


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

"""From the geometry of a file to coordinates along x, y and z.

Conventions
-----------
- Axes are flipped and exchanged until they point to the patient's right, front and top as far as they can. An image
  turned against the scanner keeps its own axes, and their directions are in ``attrs``.
- A geometry that gives voxels no size, no right angles or no place is refused, and never put right in silence.
- Lengths in single precision are read as the decimal number that they stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError, check_number
from ..._files import ReadError
from .formats.stored import Stored
from .grids import AXES, Grid, as_image

_SMALLEST = 1e-9
_LARGEST = 1e6
"""Voxels that are smaller or larger than this, in mm, are a damaged header."""

_FARTHEST = 1e11
"""An image that lies farther from the origin than this, in voxels, is a damaged header too."""

_RIGHT_ANGLE = 1e-3
_NOT_TURNED = 1e-5
GIVE_PLACE = (
    "read it like=IMAGE (--like IMAGE), an image on its voxels (for a cohort a folder of them), or with "
    "spacing=(X, Y, Z) in mm (--spacing X,Y,Z)"
)
"""What helps a file that does not say where its voxels lie."""

_ORDINALS = ("first", "second", "third")


class NoPlaceError(ReadError):
    """A file that says so little of where its voxels lie that it can only be read like another image."""


def along_axes(stored: Stored) -> xr.DataArray:
    """Return the values along x, y and z with coordinates in mm.

    Parameters
    ----------
    stored : Stored

    Returns
    -------
    DataArray, dimensions (x, y[, z][, rater])
        A single slice keeps its place as the coordinate z, if the file says it. ``attrs``: directions, orientation as
        stored, and what was taken for granted, if anything was.

    Raises
    ------
    ReadError
        If the geometry makes no sense.

    Examples
    --------
    >>> image = along_axes(Stored(np.arange(3).reshape(3, 1, 1), np.diag([-2.0, 1.0, 1.0, 1.0])))
    >>> image.x.values.tolist(), image.values.ravel().tolist(), image.attrs["orientation"]
    ([-4.0, -2.0, 0.0], [2, 1, 0], 'LAS')
    """
    is_said = ~np.isnan(stored.sizes[: stored.n_axes])
    if stored.affine is None or (stored.unsaid and not is_said.all()):
        raise NoPlaceError(f"it does not say where its voxels lie: {GIVE_PLACE}")
    # what is too large to be squared is refused in words
    with np.errstate(over="ignore", invalid="ignore"):
        check_affine(stored, stored.affine)
    orientations = nibabel_orientations()
    turn = orientations.io_orientation(stored.affine)
    values = orientations.apply_orientation(stored.values, turn)
    affine = stored.affine @ orientations.inv_ornt_aff(turn, stored.values.shape[:3])
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    directions = affine[:3, :3] / steps
    if np.allclose(directions, np.eye(3), atol=_NOT_TURNED):
        directions = np.eye(3)
    spacing = [_in_mm(step, stored) for step in steps]
    origin = [_in_mm(place, stored) for place in directions.T @ affine[:3, 3]]
    image = as_image(values, spacing, origin=origin, dims=(*AXES, stored.layer))
    if stored.names:
        image = image.assign_coords({stored.layer: list(stored.names)})
    if image.sizes["z"] == 1:
        image = image.isel(z=0, drop=not stored.has_height)
    attributes: dict[str, Any] = {
        "directions": directions.ravel().tolist(),
        "orientation": "".join(orientations.aff2axcodes(stored.affine)),
    }
    if stored.told:
        attributes["told"] = stored.told
    if stored.slices:
        attributes["slices"] = stored.slices
    if stored.unsaid:
        attributes["unsaid"] = stored.unsaid
        attributes["remedy"] = stored.remedy
    return image.assign_attrs(attributes)


def affine_of(grid: Grid) -> np.ndarray:
    """Return the matrix that takes voxel numbers along x, y and z to mm, shape (4, 4).

    Examples
    --------
    >>> affine_of(Grid.of(as_image(np.zeros((4, 3, 2)), (0.5, 0.5, 3.0), origin=(7, 8, 9)))).tolist()[2]
    [0.0, 0.0, 3.0, 9.0]
    """
    spacing = grid.steps()
    first = grid.first()
    directions = grid.directions.reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = directions * [spacing.get(axis, 1.0) for axis in AXES]
    affine[:3, 3] = directions @ [first.get(axis, 0.0) for axis in AXES]
    return affine


def check_spacing(operation: str, spacing: Sequence[float]) -> tuple[float, ...]:
    """Return the size of a voxel, two or three numbers above 0.

    Examples
    --------
    >>> check_spacing("lesions.read_image", [0.5, 0.5, 3])
    (0.5, 0.5, 3.0)
    """
    numbers = tuple(spacing)
    if len(numbers) not in (2, 3):
        raise UsageError(f"{operation}: spacing must be two or three numbers, in mm; got {spacing!r}")
    for number in numbers:
        check_number(operation, "spacing", number, above=0)
    return tuple(float(number) for number in numbers)


def parse_spacing(flag: str, text: str | None) -> tuple[float, ...] | None:
    """Return the size of a voxel as the command line writes it.

    Examples
    --------
    >>> parse_spacing("--spacing", "0.5,0.5,3")
    (0.5, 0.5, 3.0)
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f'{flag} {text}: write numbers in mm, as in "0.5,0.5,3"') from None
    return check_spacing(f"lesions: {flag}", numbers)


def check_affine(stored: Stored, affine: np.ndarray) -> None:
    """Refuse a geometry that gives voxels no size, no right angles or no place.

    Examples
    --------
    >>> check_affine(Stored(np.zeros((2, 2, 2))), np.diag([1.0, 1.0, 0.0, 1.0]))
    Traceback (most recent call last):
    domains._files.ReadError: the header gives the third axis no size (voxels of 1 × 1 × 0 mm): write it again ...
    """
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    sizes = " × ".join(f"{size:g}" for size in steps * stored.mm)
    without = [name for name, step in zip(_ORDINALS, steps, strict=True) if not step > 0]
    if without:
        axes = "axis" if len(without) == 1 else "axes"
        named = " and ".join(without)
        raise ReadError(f"the header gives the {named} {axes} no size (voxels of {sizes} mm): {stored.remedy}")
    if not np.isfinite(affine).all():
        raise ReadError(f"the header gives voxels no size or no place (voxels of {sizes} mm): {stored.remedy}")
    if steps.min() * stored.mm < _SMALLEST or steps.max() * stored.mm > _LARGEST:
        raise ReadError(f"the header makes voxels {sizes} mm large: {stored.remedy}, in mm")
    directions = affine[:3, :3] / steps
    if not np.allclose(directions.T @ directions, np.eye(3), atol=_RIGHT_ANGLE):
        raise ReadError("the axes are not at right angles, so distances would be wrong: resample the image")
    away = np.abs(directions.T @ affine[:3, 3]) / steps
    if away.max() > _FARTHEST:
        place = ", ".join(f"{x:g}" for x in affine[:3, 3])
        raise ReadError(f"the header puts the first voxel at ({place}), {away.max():.2g} voxels away: {stored.remedy}")


def _in_mm(x: Any, stored: Stored) -> float:
    """Return a length in mm as the decimal number that it stands for: 1.8, not 1.7999999523."""
    shortest = float(str(np.float32(x))) if stored.is_single else float(x)
    if stored.is_single and stored.mm == 1:
        return shortest
    return float(f"{shortest * stored.mm:.12g}")


def nibabel_orientations() -> Any:
    """Return nibabel's module of orientations, which takes long to import."""
    from nibabel import orientations

    return orientations

"""Images whose file does not say where their voxels lie: what a format does not hold is not compared.

Conventions
-----------
- A file that says no size, no origin or no direction of its voxels has those of the image that it is compared with, or
  that it is read like, and says so. Columns, rows and slices run as they do in the file of that image.
- What the file does say must agree with that image: number and size of the voxels, and what it says of the place.
- ``spacing`` is for files that say no size. One that contradicts the file is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from ..._files import ReadError, reading
from ..._report import name_of
from .formats.stored import DIRECTION, ITK_REMEDY, ORIGIN, TO_RAS, Stored
from .grids import AXES, TOLERANCE, Grid, same_grid
from .placing import affine_of, nibabel_orientations

_SAME_SIZE = 1e-3
"""How much the size of a voxel may differ, relative to it, from one that was rounded."""

BORROWED = "borrowed"
"""The attribute of an image that has the place of the one that it is compared with."""

_SAID = ("unsaid", "remedy")
"""The attributes of an image whose file does not say its place."""

SAVE_PLACED = "write_image(as_image(VALUES, SPACING, origin=ORIGIN), NEW) saves it with its place"
"""What helps an image that cannot have the place of another."""


# what is too large to be squared is refused afterwards
@np.errstate(over="ignore", invalid="ignore")
def placed(stored: Stored, like: xr.DataArray | None, spacing: tuple[float, ...] | None) -> Stored:
    """Give values that a file does not place the place of another image, or a voxel size.

    Parameters
    ----------
    stored : Stored
        What a file holds; if it says where it lies, nothing is changed.
    like : DataArray, optional
        An image on the same voxels, in the order of its own file.
    spacing : tuple of float, optional
        Size of a voxel along the columns, rows and slices, mm, where the file does not say it.

    Raises
    ------
    ReadError
        If the file, the image and `spacing` contradict each other: number or size of the voxels, or what the file says
        of the place.

    Examples
    --------
    >>> from .grids import as_image
    >>> like = as_image(np.zeros((4, 3, 2)), (0.5, 0.5, 3.0)).assign_attrs(orientation="LPS", name="ct.nii.gz")
    >>> found = placed(Stored(np.zeros((4, 3, 2))), like, None)
    >>> found.affine.tolist()[0], found.told
    ([-0.5, 0.0, 0.0, 1.5], 'the file says no voxel size, no origin and no direction: as in ct.nii.gz')
    """
    if spacing is not None:
        stored = _sized(stored, spacing)
    if like is None or stored.is_placed:
        return stored
    return _like(stored, like)


def in_place_of(image: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """Return an image whose file does not say where its voxels lie in the place of another.

    Parameters
    ----------
    image : DataArray
        As `read_image` returns it; one that says its place is returned as it is.
    other : DataArray
        An image on the same voxels.

    Raises
    ------
    ReadError
        As `placed`.

    Examples
    --------
    >>> from .grids import as_image
    >>> from .placing import along_axes
    >>> image = along_axes(Stored(np.eye(2)[..., None], np.diag([-2.0, -2, 1, 1]), unsaid=(ORIGIN, DIRECTION)))
    >>> other = as_image(np.zeros((2, 2)), 2.0, origin=(7, 8))
    >>> in_place_of(image, other).x.values.tolist()
    [7.0, 9.0]
    """
    if not image.attrs.get("unsaid"):
        return image
    name = name_of(other, "the other image")
    own = _as_file(image)
    place = _as_file(other)
    is_alike = same_grid(image, Grid.of(other)) and (_ornt(image) == _ornt(other)).all()
    if is_alike and other.attrs.get("unsaid"):
        # the files say as much, and agree
        return image
    with reading("lesions.compare", name_of(image, "image")):
        _check_same(own, place, name)
    orientations = nibabel_orientations()
    turn = orientations.ornt_transform(_ornt(other), orientations.axcodes2ornt("RAS"))
    values = orientations.apply_orientation(own.values, turn)
    others = [str(dim) for dim in image.dims if dim not in AXES]
    moved = xr.DataArray(values, dims=(*AXES, *others))
    moved = moved.isel(dict.fromkeys([axis for axis in AXES if axis not in other.dims], 0))
    moved = moved.assign_coords({axis: other[axis] for axis in AXES if axis in other.coords})
    moved = moved.assign_coords({dim: image[dim] for dim in others if dim in image.coords})
    placed_as = {key: other.attrs[key] for key in ("directions", "orientation", *_SAID) if key in other.attrs}
    kept = {key: entry for key, entry in image.attrs.items() if key not in _SAID}
    told = {"told": _told(own, place, name), BORROWED: not place.unsaid}
    return moved.assign_attrs({**kept, **placed_as, **told})


def _sized(stored: Stored, spacing: tuple[float, ...]) -> Stored:
    """Return values whose voxels have a size, which is that of the file where it says one."""
    n_axes = stored.n_axes
    if len(spacing) < n_axes:
        raise ReadError(
            f"it has {stored.values.shape[2]} slices, and spacing two numbers: name the size along slices too, "
            "spacing=(X, Y, Z) (--spacing X,Y,Z)"
        )
    own = stored.sizes[:n_axes]
    given = np.array(spacing[:n_axes])
    is_unsaid = np.isnan(own)
    if not _agree(own[~is_unsaid], given[~is_unsaid]):
        raise ReadError(
            f"the file gives voxels of {_by(own)} mm, and spacing {_by(given)}: leave spacing (--spacing) out, it is "
            f"for files that say no size; if the size in the file is wrong, {stored.remedy}"
        )
    if stored.is_placed or not is_unsaid.any():
        return stored
    sizes = np.ones(3)
    sizes[: len(spacing)] = spacing
    sizes[:n_axes][~is_unsaid] = own[~is_unsaid]
    affine = TO_RAS @ np.diag([*sizes, 1.0])
    return replace(stored, affine=affine, mm=1.0, has_height=False, unsaid=(ORIGIN, DIRECTION))


def _like(stored: Stored, other: xr.DataArray) -> Stored:
    """Return values in the place of an image, in the order of its file."""
    place = _as_file(other)
    name = name_of(other, "the other image")
    _check_same(stored, place, name)
    return replace(
        stored,
        affine=place.affine,
        mm=1.0,
        is_single=False,
        has_height="z" in other.coords,
        told=_told(stored, place, name),
        unsaid=place.unsaid,
    )


def _check_same(stored: Stored, place: Stored, name: str) -> None:
    """Refuse another image as the place of values if what their file says contradicts it."""
    unsaid = _unsaid(stored)
    own = stored.values.shape[:3]
    theirs = place.values.shape[:3]
    whose = f"{name}, whose place it should have, has"
    if own != theirs:
        raise ReadError(
            f"it holds {_by(own)} voxels and says {unsaid}; {whose} {_by(theirs)}: take the one that it was made for; "
            f"else {SAVE_PLACED}"
        )
    n_axes = stored.n_axes
    sizes = stored.sizes[:n_axes]
    other_sizes = place.sizes[:n_axes]
    is_said = ~np.isnan(sizes)
    if not _agree(sizes[is_said], other_sizes[is_said]):
        raise ReadError(
            f"it has voxels of {_by(sizes)} mm and says {unsaid}; {whose} {_by(other_sizes)} mm: if the size in the "
            f"file is wrong, {stored.remedy}; else {SAVE_PLACED}"
        )
    for part, of_file, of_place in _said_of_place(stored, place):
        if not np.allclose(of_file, of_place, rtol=0, atol=TOLERANCE):
            raise ReadError(f"its {part} is another than that of {name}, and it says {unsaid}: {stored.remedy}")


def _said_of_place(stored: Stored, place: Stored) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return what a file says of origin and direction, and what another does: in voxels, and as cosines."""
    if stored.affine is None or place.affine is None:
        return []
    said = []
    if DIRECTION not in stored.unsaid:
        said.append((DIRECTION, stored.affine[:3, :3] * stored.mm / stored.sizes, place.affine[:3, :3] / place.sizes))
    if ORIGIN not in stored.unsaid:
        said.append((ORIGIN, stored.affine[:3, 3] * stored.mm / stored.sizes, place.affine[:3, 3] / place.sizes))
    return said


def _as_file(image: xr.DataArray) -> Stored:
    """Return an image in the order of its file."""
    orientations = nibabel_orientations()
    turn = orientations.ornt_transform(orientations.axcodes2ornt("RAS"), _ornt(image))
    grid = Grid.of(image.transpose(*[axis for axis in AXES if axis in image.dims], ...))
    deep = image.expand_dims([axis for axis in AXES if axis not in image.dims]).transpose(*AXES, ...)
    values = orientations.apply_orientation(deep.values, turn)
    affine = affine_of(grid) @ orientations.inv_ornt_aff(turn, deep.shape[:3])
    attrs = image.attrs
    remedy = attrs.get("remedy", ITK_REMEDY)
    return Stored(values, affine, remedy=remedy, told=attrs.get("told", ""), unsaid=tuple(attrs.get("unsaid", ())))


def _ornt(image: xr.DataArray) -> np.ndarray:
    """Return the order of the axes of an image's file, as nibabel writes it."""
    turn: np.ndarray = nibabel_orientations().axcodes2ornt(image.attrs.get("orientation", "RAS"))
    return turn


def _told(stored: Stored, place: Stored, name: str) -> str:
    """Return in words what the file says of its geometry, and whose place it has."""
    if place.unsaid and _has_affine_of(stored, place):
        # neither says more than the other
        return stored.told
    told = f"the file says {_unsaid(stored)}: as in {name}"
    return f"{stored.told}; {told}" if stored.told else told


def _has_affine_of(stored: Stored, place: Stored) -> bool:
    if stored.affine is None or place.affine is None:
        return False
    return bool(np.allclose(stored.affine * stored.mm, place.affine))


def _unsaid(stored: Stored) -> str:
    """Return in words what a file does not say of its geometry."""
    if stored.affine is None:
        return f"no voxel size, no {ORIGIN} and no {DIRECTION}"
    return " and ".join(f"no {part}" for part in stored.unsaid)


def _agree(sizes: np.ndarray, others: np.ndarray) -> bool:
    return bool(np.allclose(sizes, others, rtol=_SAME_SIZE, atol=0))


def _by(numbers: Sequence[float] | np.ndarray) -> str:
    """Return numbers of axes in words; "?" for one that is not known."""
    return " × ".join("?" if np.isnan(number) else f"{number:g}" for number in numbers)

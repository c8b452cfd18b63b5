"""Images brought onto another grid: a prediction onto the reference's.

Conventions
-----------
- The reference is never resampled: it says what is right, and where.
- An image is 0 where it has no field of view. A field ends half a voxel behind the last centre, and what lies between
  is the value of the last voxel, as in ITK.
- "nearest": the value of the nearest voxel, of two the one with the higher number. "linear": shares of the eight
  voxels around; of a mask or label map, each voxel gets the label with the largest share, and with half of it it is in.
- What was padded and what was left out is in ``attrs["regridding"]`` in words, for the report, and as numbers in
  ``attrs["padded"]`` (share of the reference) and ``attrs["left_out"]`` (mm³ of the prediction, mm² of a slice).

References
----------
https://itk.org/Doxygen/html/classitk_1_1ResampleImageFilter.html
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import xarray as xr

from ..._checks import check_choice
from ..settings import RESAMPLE, Resample
from .grids import AXES, TOLERANCE, Grid, as_image, check_images, check_slices, regrid, same_grid
from .places import in_place_of
from .placing import affine_of

_SAME = 1e-5
"""How far directions, and steps in voxels, may differ."""

_TIE = 1e-6
"""How much nearer the voxel of the higher number is, so that rounding does not decide."""


_REGRIDDED = ("regridding", "padded", "left_out")
"""What an image says of how it came onto its grid."""


def resample_onto(image: xr.DataArray, reference: xr.DataArray, method: Resample = "nearest") -> xr.DataArray:
    """Bring an image onto the grid of a reference.

    Parameters
    ----------
    image : DataArray
        A label map, a mask or a soft mask, such as a prediction.
    reference : DataArray
        An image whose grid is wanted.
    method : {"nearest", "linear"}
        The value of the nearest voxel, or shares of those around.

    Returns
    -------
    DataArray
        On the voxels of the reference, of the kind that the image is; 0 where it has no field of view.
        ``attrs["regridding"]`` says how much that is, and what of the image lies outside the reference's field.

    Raises
    ------
    TypeError
        If one of them is no DataArray.
    UsageError
        If there is no such method.
    ValueError
        If one is a volume and the other a slice of which it is not known where it lies.

    See Also
    --------
    grid_spacing : Return the distances between voxel centres, mm.
    compare : Compare a predicted segmentation with a reference one.

    Examples
    --------
    >>> from .grids import as_image
    >>> image = as_image(np.ones((2, 2), bool), spacing=1.0)
    >>> reference = as_image(np.ones((4, 2), bool), spacing=1.0)
    >>> moved = resample_onto(image, reference)
    >>> moved.values[:, 0].tolist()
    [True, True, False, False]
    >>> moved.attrs["regridding"]
    'prediction nearest onto the reference; 50 % of the reference has no prediction, and is 0 there'
    """
    check_choice("lesions.resample_onto", "method", method, RESAMPLE)
    check_images("lesions.resample_onto", image=image, reference=reference)
    image, reference = _in_one_place(image, reference)
    grid = Grid.of(reference)
    check_slices("lesions.resample_onto", image.attrs.get("slices", ""), grid.slices)
    if same_grid(image, grid):
        return regrid(image, grid)
    if grid.at:
        return _onto_slice(image, reference, method)
    own = Grid.of(image)
    if _can_be_deeper(own, grid):
        image = _deepened(image, own)
        own = Grid.of(image)
    if set(own.axes) != set(grid.axes):
        raise ValueError(
            f"lesions.resample_onto: the image has the axes {' × '.join(own.axes)} and the reference "
            f"{' × '.join(grid.axes)}: pass two volumes, or a slice of each, isel(z=0)"
        )
    others = [str(d) for d in image.dims if d not in AXES]
    ordered = image.transpose(*grid.axes, *others)
    own = Grid.of(ordered)
    step = _step(own, grid)
    inside = _inside(step, grid.sizes, own.sizes)
    values = _moved(ordered.values, step, inside, method)
    padded = 1 - float(inside.mean())
    left_out = _left_out(ordered, own, grid)
    coordinates = dict(zip(grid.axes, grid.centres, strict=True))
    coordinates.update({d: image[d] for d in others if d in image.coords})
    attributes = {
        **image.attrs,
        "directions": grid.directions.tolist(),
        "orientation": grid.orientation,
        "padded": padded,
        "left_out": left_out,
        "regridding": _told(padded, left_out, own.units, method),
    }
    return xr.DataArray(values, dims=ordered.dims, coords=coordinates, attrs=attributes)


def in_one_field(predicted: xr.DataArray, reference: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Return two images in one field of view, where their files leave that open.

    Parameters
    ----------
    predicted, reference : DataArray
        One whose file does not say where its voxels lie has the place of the other; see `placing.in_place_of`. Those
        whose ``attrs["sparse"]`` is true are 0 in the frames that they do not store, such as a segmentation in DICOM.

    Raises
    ------
    ReadError
        If what the file says contradicts that place.

    Examples
    --------
    >>> from .grids import as_image
    >>> whole = as_image(np.ones((4, 3, 6), bool), 1.0).assign_attrs(sparse=True)
    >>> a, b = in_one_field(whole.isel(z=[1, 2]), whole.isel(z=[4]))
    >>> a.z.values.tolist(), b.sum(["x", "y"]).values.tolist()
    ([1.0, 2.0, 3.0, 4.0], [0, 0, 0, 12])
    """
    predicted, reference = _in_one_place(predicted, reference)
    if predicted.attrs.get("sparse"):
        predicted = within(predicted, reference)
    if reference.attrs.get("sparse"):
        reference = within(reference, predicted)
    return predicted, reference


def _in_one_place(predicted: xr.DataArray, reference: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    if reference.attrs.get("unsaid") and not predicted.attrs.get("unsaid"):
        return predicted, in_place_of(reference, predicted)
    return in_place_of(predicted, reference), reference


def within(image: xr.DataArray, field: xr.DataArray) -> xr.DataArray:
    """Return an image on the smallest grid that holds its own voxels and those of another, 0 where it had none.

    Parameters
    ----------
    image : DataArray
        Such as a segmentation of which only the frames that hold something are stored.
    field : DataArray
        An image; nothing is changed unless the voxels of both lie on one lattice.

    Examples
    --------
    >>> from .grids import as_image
    >>> field = as_image(np.zeros((4, 3), bool), 0.5)
    >>> within(field.isel(x=[1, 2]), field).sizes["x"]
    4
    """
    own = Grid.of(image)
    grid = Grid.of(field)
    if same_grid(image, grid):
        return image
    if own.at and set(own.first()) == set(grid.first()):
        return within(_deepened(image, own), field)
    if grid.at and set(own.first()) == set(grid.first()):
        return within(image, _deepened(field, grid))
    if set(own.axes) != set(grid.axes) or not np.allclose(own.directions, grid.directions, rtol=0, atol=_SAME):
        return image
    ordered = image.transpose(*grid.axes, ...)
    step = _step(grid, Grid.of(ordered))
    first = step[:-1, -1]
    is_shifted = np.allclose(step[:-1, :-1], np.eye(len(first)), rtol=0, atol=_SAME)
    if not (is_shifted and np.allclose(first, np.rint(first), rtol=0, atol=TOLERANCE)):
        return image
    begin = np.rint(first).astype(int)
    joined = extended(grid, begin, begin + [ordered.sizes[axis] for axis in grid.axes])
    moved = resample_onto(ordered, joined.assign_attrs(field.attrs))
    kept = {key: entry for key, entry in moved.attrs.items() if key not in _REGRIDDED}
    return moved.drop_attrs(deep=False).assign_attrs(kept)


def extended(grid: Grid, begin: np.ndarray, end: np.ndarray) -> xr.DataArray:
    """Return an image of nothing on a grid that also holds the voxels from one number to another along each axis.

    Examples
    --------
    >>> grid = Grid.of(as_image(np.zeros((4, 3), bool), 0.5))
    >>> dict(extended(grid, np.array([-2, 0]), np.array([3, 5])).sizes)
    {'x': 6, 'y': 5}
    """
    low = np.minimum(begin, 0)
    sizes = np.maximum(end, grid.sizes) - low
    first = [float(centres[0]) for centres in grid.centres]
    return as_image(np.zeros(sizes, bool), grid.spacing, origin=first + low * grid.spacing, dims=grid.axes)


def _can_be_deeper(own: Grid, grid: Grid) -> bool:
    """Return whether a slice has a known place along the axis that another grid has besides."""
    known = {str(place.name) for place in own.at}
    return bool(known) and set(own.axes) | known == set(grid.axes)


def _deepened(image: xr.DataArray, grid: Grid) -> xr.DataArray:
    """Return a slice as a volume of one slice."""
    deep = image.expand_dims([str(place.name) for place in grid.at])
    for place in grid.at:
        thick = {"units": "mm", "spacing": grid.steps()[str(place.name)]}
        deep = deep.assign_coords({place.name: (place.name, [float(place)], thick)})
    return deep.transpose(*AXES, ...)


def _onto_slice(image: xr.DataArray, reference: xr.DataArray, method: Resample) -> xr.DataArray:
    """Return an image on a slice whose place is known: both as volumes, as far as the image has a place too."""
    own = Grid.of(image)
    grid = Grid.of(reference)
    names = [str(place.name) for place in grid.at]
    if not set(AXES) <= set(own.first()):
        return resample_onto(image, reference.drop_vars(names), method)
    whole = image if set(own.axes) == set(AXES) else _deepened(image, own)
    return resample_onto(whole, _deepened(reference, grid), method).isel(dict.fromkeys(names, 0))


def _step(own: Grid, grid: Grid) -> np.ndarray:
    """Return the matrix that takes voxel numbers of a grid to those of another, along the axes that they have."""
    full = np.linalg.inv(affine_of(own)) @ affine_of(grid)
    kept = [AXES.index(axis) for axis in grid.axes]
    matrix = np.eye(len(kept) + 1)
    matrix[:-1, :-1] = full[np.ix_(kept, kept)]
    matrix[:-1, -1] = full[kept, 3]
    return matrix


def _inside(step: np.ndarray, shape: tuple[int, ...], own_shape: tuple[int, ...]) -> np.ndarray:
    """Return which voxels of a grid lie in the field of view of another."""
    inside = np.ones(shape, bool)
    numbers = np.ogrid[tuple(slice(0, n) for n in shape)]
    for row, n in zip(step[:-1], own_shape, strict=True):
        place = row[-1] + sum(factor * number for factor, number in zip(row[:-1], numbers, strict=True))
        inside &= (place >= -0.5 - _TIE) & (place < n - 0.5 - _TIE)
    return inside


def _moved(values: np.ndarray, step: np.ndarray, inside: np.ndarray, method: Resample) -> np.ndarray:
    """Return values at the places of a grid, 0 outside; behind the spatial axes there may be others."""
    moved = np.zeros((*inside.shape, *values.shape[inside.ndim :]), values.dtype)
    for k in np.ndindex(values.shape[inside.ndim :]):
        part = values[(..., *k)]
        if method == "nearest":
            moved[(..., *k)] = _interpolated(part, step, order=0, shape=inside.shape)
        elif values.dtype.kind == "f":
            moved[(..., *k)] = _interpolated(part, step, order=1, shape=inside.shape)
        else:
            moved[(..., *k)] = _largest_share(part, step, inside.shape)
    moved[~inside] = 0
    return moved


def _largest_share(labels: np.ndarray, step: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the label that most of the voxels around have; the background only where it has more than any other."""
    found = np.unique(labels)
    largest = np.zeros(shape)
    winner = np.zeros(shape, labels.dtype)
    for label in [*found[found != 0], 0]:
        share = _interpolated((labels == label).astype(np.float32), step, order=1, shape=shape)
        is_larger = share > largest + _TIE
        largest[is_larger] = share[is_larger]
        winner[is_larger] = label
    return winner


def _interpolated(values: np.ndarray, step: np.ndarray, order: Literal[0, 1], shape: tuple[int, ...]) -> Any:
    from scipy import ndimage

    start = step[:-1, -1] + (_TIE if order == 0 else 0)
    plain = values.astype(np.uint8) if values.dtype == bool else values
    return ndimage.affine_transform(plain, step[:-1, :-1], start, shape, order=order, mode="nearest")


def _left_out(image: xr.DataArray, own: Grid, grid: Grid) -> float:
    """Return how much of what an image marks lies outside the field of view of another grid, mm³ or mm²."""
    others = [d for d in image.dims if d not in AXES]
    marked = (image != 0).any(others).values
    outside = ~_inside(_step(grid, own), own.sizes, grid.sizes)
    return float(np.count_nonzero(marked & outside) * own.voxel)


def _told(padded: float, left_out: float, units: str, method: Resample) -> str:
    """Return in words what was padded, and what was left out."""
    words = [f"prediction {method} onto the reference"]
    if padded > 0:
        words.append(f"{100 * padded:.3g} % of the reference has no prediction, and is 0 there")
    if left_out > 0:
        words.append(f"{left_out:.4g} {units} of the prediction lie outside the reference, and are left out")
    return "; ".join(words)

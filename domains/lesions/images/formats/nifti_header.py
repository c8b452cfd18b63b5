"""What the header of a NIfTI file promises, checked before it is believed.

Conventions
-----------
- A header is read as it is stored: nothing that contradicts the standard is put right in silence.
- Voxels lie in the same file, from ``vox_offset`` to its end: what precedes them are header and extensions, and
  nothing follows them.
- Lengths are in the unit of ``xyzt_units``: metres, mm or microns. Where none is given, they are mm: `unit_told`.
- Where sform and qform are both given, the sform holds, as in nibabel; SimpleITK takes voxel sizes from the qform. What
  they contradict each other in is told: `forms_told`.
- ``scl_slope`` of 0 or NaN means that values are stored as they are.
- Errors have no name of the file: `domains._files.reading` adds it.

References
----------
Cox, R. W. et al. (2004). A (sort of) new image data format standard: NIfTI-1. NeuroImage 22, e1440.
https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...._files import ReadError

LENGTH = 540
"""Bytes of the longest header."""

MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""How many mm the units of length are: unknown, metre, mm, micron."""

UNITS = {1: "metres", 2: "mm", 3: "microns"}
AS_STORED = ((None, None), (1.0, 0.0))
"""Slopes and intercepts that change no value."""

FEWEST_AXES = 2
MOST_AXES = 4
_TRANSFORMS = range(6)
_BITS_OF_LENGTH = 0b111
_NO_UNIT = 0
_MILLIMETRE = 2
_SAME_SIZE = 1e-3
"""How much the voxel sizes of two forms may differ, relative to the size: they are stored in single precision."""

_AGAIN = "fetch or write it again"

GIVE_AFFINE = "nibabel.save(nibabel.Nifti1Image(nibabel.load(FILE).dataobj, AFFINE), NEW) gives it a right one"
"""What helps an image whose header says nonsense about its place."""


def read_header(nib: Any, content: bytes) -> Any:
    """Return the header as stored, once all that it says about the voxels makes sense.

    Parameters
    ----------
    nib : module
        nibabel.
    content : bytes
        The first `LENGTH` bytes of the file, unpacked, or more.

    Returns
    -------
    nibabel.Nifti1Header or nibabel.Nifti2Header

    Raises
    ------
    ReadError
        If it is no such header, or one of its entries contradicts the standard.

    Examples
    --------
    >>> import nibabel
    >>> header = nibabel.Nifti1Header()
    >>> header.set_data_shape((4, 3, 2))
    >>> header["vox_offset"] = 352
    >>> image_shape(read_header(nibabel, header.binaryblock))
    (4, 3, 2)
    """
    header = _as_stored(nib, content)
    _check_magic(header)
    _check_axes(header)
    _check_type(header)
    _check_offset(header)
    _check_scaling(header)
    _check_place(header)
    return header


def image_shape(header: Any) -> tuple[int, ...]:
    """Return how many voxels an image has along x, y, z and, if there are any, raters.

    Empty axes behind the third are left out, and a slice has one voxel along z.

    Raises
    ------
    ReadError
        If there are other axes.
    """
    shape = [int(n) for n in header.get_data_shape()]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    if not FEWEST_AXES <= len(shape) <= MOST_AXES:
        raise ReadError(f"{len(shape)} axes; an image has x, y, z and at most raters: save one image a file")
    if len(shape) == 2:
        shape.append(1)
    return tuple(shape)


def promised_length(header: Any) -> int:
    """Return how many bytes a file has, unpacked, by its header."""
    n_voxels = prod(int(n) for n in header.get_data_shape())
    return int(header["vox_offset"]) + n_voxels * int(header.get_data_dtype().itemsize)


def check_length(header: Any, n_bytes: int) -> None:
    """Compare what the header promises with what the file holds, to the byte.

    Parameters
    ----------
    header : nibabel.Nifti1Header
        As `read_header` returns it.
    n_bytes : int
        Length of the file, unpacked.

    Raises
    ------
    ReadError
        If the file holds less or more.
    """
    shape = header.get_data_shape()
    size = header.get_data_dtype().itemsize
    start = int(header["vox_offset"])
    promised = promised_length(header)
    if promised == n_bytes:
        return
    sizes = " × ".join(str(n) for n in shape)
    said = f"the header promises {sizes} voxels of {size} bytes from byte {start} on, {promised} bytes in all, and the"
    if promised > n_bytes:
        raise ReadError(f"{said} file holds {n_bytes}: it is cut off, or its header damaged; {_AGAIN}")
    raise ReadError(
        f"{said} file holds more: its header is damaged, or something was appended; {_AGAIN}, or "
        "if the header is right, nibabel.save(nibabel.load(FILE), NEW) leaves out what follows the voxels"
    )


def bytes_needed(header: Any, is_scaled: bool = False) -> int:
    """Return how much memory the voxels take while they are read, scaled by the reader or not.

    Fractions and scaled values are held three times: as they are, rounded to tell labels from soft values, and clipped.
    """
    n_voxels = prod(image_shape(header))
    stored = header.get_data_dtype()
    stays_whole = header.get_slope_inter() in AS_STORED and not is_scaled
    if stays_whole and stored.kind in "ui":
        return n_voxels * int(stored.itemsize)
    return n_voxels * 3 * np.dtype(float).itemsize


def millimetres(header: Any) -> float:
    """Return how many mm the header's unit of length is."""
    return MILLIMETRES[_unit_code(header)]


def unit_told(header: Any) -> str:
    """Return what a report says of the unit of length: that there is none, or that it is not mm."""
    code = _unit_code(header)
    if code == _NO_UNIT:
        return "the file gives no unit of length: mm"
    if code != _MILLIMETRE:
        return f"the file gives lengths in {UNITS[code]}: read as mm"
    return ""


def forms_told(header: Any) -> str:
    """Return what a report says of a sform and a qform that give voxels other sizes; "" if they agree.

    Examples
    --------
    >>> import nibabel
    >>> header = nibabel.Nifti1Header()
    >>> header.set_sform(np.diag([2, 1, 3, 1]), 1)
    >>> header.set_qform(np.eye(4), 1)
    >>> forms_told(header)
    'the sform gives voxels 2 × 1 × 3 and the qform 1 × 1 × 1: the sform holds'
    """
    if int(header["sform_code"]) == 0 or int(header["qform_code"]) == 0:
        return ""
    with np.errstate(over="ignore", invalid="ignore"):
        by_sform = np.linalg.norm(header.get_sform()[:3, :3], axis=0)
    by_qform = header["pixdim"][1:4].astype(float)
    if np.allclose(by_sform, by_qform, rtol=_SAME_SIZE, atol=0):
        return ""
    return f"the sform gives voxels {_sizes(by_sform)} and the qform {_sizes(by_qform)}: the sform holds"


def _sizes(lengths: np.ndarray) -> str:
    return " × ".join(f"{length:g}" for length in lengths)


def _as_stored(nib: Any, content: bytes) -> Any:
    kinds = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
    for order in "<>":
        length = int(np.frombuffer(content[:4].ljust(4), f"{order}i4")[0])
        kind = kinds.get(length)
        if kind is not None and len(content) >= length:
            return kind(content[:length], order, check=False)
    raise ReadError(f"not a NIfTI file, or the beginning of one: it does not begin with a header; {_AGAIN}")


def _check_magic(header: Any) -> None:
    magic = header["magic"].item()
    if magic == header.pair_magic:
        raise ReadError("its voxels lie in another file (.img): nibabel.save(nibabel.load(IMG), NEW) makes one of two")
    if magic != header.single_magic:
        raise ReadError(f"not a NIfTI file: the header's magic is {magic!r}; {_AGAIN}")


def _check_axes(header: Any) -> None:
    dim = [int(n) for n in header["dim"]]
    n_axes = dim[0]
    if not 1 <= n_axes <= 7:
        raise ReadError(f"the header gives it {n_axes} axes (dim[0]); an image has 1 to 7: {_AGAIN}")
    sizes = dim[1 : n_axes + 1]
    if min(sizes) < 1:
        raise ReadError(f"the header gives it {' × '.join(map(str, sizes))} voxels: an image has some; {_AGAIN}")
    image_shape(header)


def _check_type(header: Any) -> None:
    code = int(header["datatype"])
    try:
        stored = header.get_data_dtype()
    except Exception as error:
        # nibabel has several for codes that are unknown, and for types that this machine lacks
        raise ReadError(f"the header names no type of numbers (datatype {code}); {_AGAIN}") from error
    if stored.kind not in "uif":
        name = header.get_value_label("datatype")
        raise ReadError(f"the values are {name}, not numbers: store the labels, or one channel, as numbers")


def _check_offset(header: Any) -> None:
    offset = header["vox_offset"].item()
    least = header.single_vox_offset
    if not least <= offset < 2**62 or offset != int(offset):
        raise ReadError(
            f"the header says that voxels begin at byte {offset:g} (vox_offset); they begin at {least} or later, at a "
            f"whole number: {_AGAIN}"
        )


def _check_scaling(header: Any) -> None:
    slope = float(header["scl_slope"])
    intercept = float(header["scl_inter"])
    if slope == 0 or np.isnan(slope):
        return
    if not (np.isfinite(slope) and np.isfinite(intercept)):
        raise ReadError(
            f"the header scales values by {slope:g} and adds {intercept:g} (scl_slope, scl_inter): set both, or both "
            "to 0 if the values are stored as they are"
        )


def _check_place(header: Any) -> None:
    """Refuse what nibabel would replace in silence: unknown codes by 0, voxel sizes of 0 by 1."""
    for name in ("sform_code", "qform_code"):
        code = int(header[name])
        if code not in _TRANSFORMS:
            raise ReadError(f"the header's {name} is {code}; the standard has 0 to 5: set it to 1")
    if _unit_code(header) not in MILLIMETRES:
        raise ReadError(
            f"the header's unit of length is unknown ({_unit_code(header)}, in xyzt_units): set it to 1 (metre), 2 "
            "(mm) or 3 (micron)"
        )
    if int(header["sform_code"]) > 0:
        return
    _check_pixdim(header)


def _check_pixdim(header: Any) -> None:
    pixdim = header["pixdim"].astype(float)
    sizes = pixdim[1:4]
    n_axes = min(int(header["dim"][0]), 3)
    used = sizes[:n_axes]
    if not (np.isfinite(sizes).all() and (used > 0).all() and (sizes >= 0).all()):
        raise ReadError(f"the header gives voxels no size ({sizes.tolist()}, in pixdim): {GIVE_AFFINE}")
    if int(header["qform_code"]) > 0 and pixdim[0] not in (-1, 0, 1):
        raise ReadError(f"the header's pixdim[0] is {pixdim[0]:g}; where z points is 1 or -1: {GIVE_AFFINE}")


def _unit_code(header: Any) -> int:
    return int(header["xyzt_units"]) & _BITS_OF_LENGTH

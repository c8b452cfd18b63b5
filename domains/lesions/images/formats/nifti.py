"""Images in NIfTI files (.nii, .nii.gz).

Conventions
-----------
- A fourth axis is raters.
- A file is read to its end: a gzip stream is checked against its checksum, and the header's promise against what the
  file holds, to the byte. What needs more memory than is free is refused.
- Whether a file is gzipped is told by its content, not by its name.
- A file whose sform_code and qform_code are 0 says how large its voxels are, and not where they lie.
- Lengths are in the unit that the header declares, metres, mm or microns. A file that declares none is read as mm, and
  the image says so.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ...._files import ReadError, check_budget, read_buffer
from ...._packed import GZIP
from .nifti_header import (
    AS_STORED,
    GIVE_AFFINE,
    LENGTH,
    bytes_needed,
    check_length,
    forms_told,
    image_shape,
    millimetres,
    promised_length,
    read_header,
    unit_told,
)
from .silence import in_silence
from .stored import DIRECTION, ORIGIN, Stored

_MANY_BYTES = 1 << 25
"""Less than this is read without a look at the free memory."""

Content = bytes | bytearray | np.ndarray


def read_nifti(operation: str, path: Path, is_scaled: bool = False) -> Stored:
    """Read the voxels of a NIfTI file, and where they lie.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path
    is_scaled : bool
        Whether the values will be scaled, which takes more memory.

    Raises
    ------
    ReadError
        If the file is damaged, no image, or needs more memory than is free.

    Examples
    --------
    >>> import nibabel, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.nii")
    ...     nibabel.save(nibabel.Nifti1Image(np.zeros((4, 3, 2), "u1"), np.diag([2, 2, 3, 1])), path)
    ...     stored = read_nifti("lesions.read_image", path)
    >>> stored.values.shape, stored.affine.diagonal(), stored.told
    ((4, 3, 2), array([2., 2., 3., 1.]), 'the file gives no unit of length: mm')
    """
    import nibabel

    content = _content(operation, path)
    try:
        header = read_header(nibabel, bytes(content[:LENGTH]))
        check_length(header, len(content))
        needed = bytes_needed(header, is_scaled)
        if needed > _MANY_BYTES:
            check_budget(operation, path, needed, "the image")
        _check_kind(nibabel, path, content)
        values = _voxels(nibabel, header, content)
    finally:
        # an error keeps the variables of its functions alive, and a file that is mapped stays open
        del content
    # what is too large to be squared is refused when it is placed
    with np.errstate(over="ignore", invalid="ignore"):
        affine = header.get_best_affine()
    is_placed = bool(header["sform_code"] or header["qform_code"])
    return Stored(
        values,
        affine,
        mm=millimetres(header),
        is_single=True,
        remedy=GIVE_AFFINE,
        told="; ".join(told for told in (unit_told(header), forms_told(header)) if told),
        has_height=is_placed,
        unsaid=() if is_placed else (ORIGIN, DIRECTION),
    )


def stores_whole_numbers(path: Path) -> bool:
    """Return whether the values are whole numbers by the header; False if it cannot be read.

    Examples
    --------
    >>> stores_whole_numbers(Path("nowhere.nii"))
    False
    """
    header = _header_of(path)
    if header is None:
        return False
    return header.get_data_dtype().kind in "ui" and header.get_slope_inter() in AS_STORED


def _content(operation: str, path: Path) -> Content:
    """Return the bytes of a file: unpacked and checked if it is gzipped, else mapped to memory."""
    with path.open("rb") as file:
        begin = file.read(len(GZIP))
    if begin == GZIP or not begin:
        return read_buffer(operation, path, most=_promised(path))
    return np.memmap(path, np.uint8, mode="c")


def _promised(path: Path) -> int:
    """Return how many bytes a gzipped image unpacks to, by the header at its beginning."""
    header = _header_of(path)
    # what is wrong is said when the file is read
    return _MANY_BYTES if header is None else promised_length(header)


def _header_of(path: Path) -> Any:
    """Return the header at the beginning of a file, packed or not; None if it cannot be read."""
    import nibabel

    try:
        with path.open("rb") as file:
            begin = file.read(LENGTH)
        if begin.startswith(GZIP):
            with gzip.open(path) as unpacked:
                begin = unpacked.read(LENGTH)
        return read_header(nibabel, begin)
    except (ReadError, OSError, EOFError, zlib.error):
        return None


def _check_kind(nib: Any, path: Path, content: Content) -> None:
    """Refuse what nibabel finds wrong in the rest of the header, or knows to be no voxels, such as surfaces (CIFTI)."""
    is_packed = not isinstance(content, np.ndarray)
    is_named_so = path.name.lower().endswith(".gz")
    if is_packed != is_named_so:
        # nibabel goes by the name
        return
    with in_silence(nib.imageglobals.logger):
        stored = nib.load(path)
    if not isinstance(stored, nib.Nifti1Image):
        raise ReadError(f"no image of voxels but a {type(stored).__name__}: sample it on a grid first")


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

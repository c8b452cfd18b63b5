"""Images in MetaImage files (.mha; .mhd with its data beside), by SimpleITK.

Conventions
-----------
- The header is checked first: what it promises must be in the file, and fit into memory. ITK then reads it.
- Lengths are mm, places in the frame of ITK (LPS+).

References
----------
https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..._files import ReadError, check_budget
from ..._text import one_line
from .stored import TO_RAS, Stored, needs

BYTES = {"char": 1, "uchar": 1, "short": 2, "ushort": 2, "int": 4, "uint": 4, "long": 4, "ulong": 4}
BYTES |= {"long_long": 8, "ulong_long": 8, "float": 4, "double": 8}

_AGAIN = "fetch or write it again"
_LONGEST_HEADER = 1 << 16
_MANY_BYTES = 1 << 25
_LOCAL = "LOCAL"
_DATA = "ElementDataFile"


def read_meta_image(operation: str, path: Path) -> Stored:
    """Read the voxels of a MetaImage file, and where they lie.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ImportError
        If SimpleITK is not installed.
    ReadError
        If the file is damaged, no image, or needs more memory than is free.
    """
    try:
        import SimpleITK
    except ImportError:
        raise needs("MetaImage files", "SimpleITK") from None
    with path.open("rb") as file:
        begin = file.read(_LONGEST_HEADER)
    header, start = _header(begin)
    size = _promised(header)
    if size > _MANY_BYTES:
        check_budget(operation, path, size, "the image")
    _check_length(path, header, start, size)
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise ReadError(f"ITK cannot read it ({_reason(error)}); {_AGAIN}") from error
    return from_itk(image)


def from_itk(image: Any) -> Stored:
    """Return an image of SimpleITK as it is stored.

    Parameters
    ----------
    image : SimpleITK.Image
        In two or three dimensions.
    """
    import SimpleITK

    if image.GetNumberOfComponentsPerPixel() != 1 or image.GetDimension() not in (2, 3):
        raise ReadError(
            f"{image.GetDimension()} axes of {image.GetNumberOfComponentsPerPixel()} numbers each; an image has x, y, "
            "z and one number a voxel: save one image a file"
        )
    values = SimpleITK.GetArrayFromImage(image).T
    n = image.GetDimension()
    affine = np.eye(4)
    affine[:n, :n] = np.reshape(image.GetDirection(), (n, n)) * image.GetSpacing()
    affine[:n, 3] = image.GetOrigin()
    if n == 2:
        values = np.expand_dims(values, 2)
    return Stored(values, TO_RAS @ affine)


def _header(begin: bytes) -> tuple[dict[str, str], int]:
    """Return the entries of a header, and where it ends: the last says where the data are."""
    header: dict[str, str] = {}
    start = 0
    for line in begin.split(b"\n"):
        start += len(line) + 1
        key, sign, entry = line.decode("latin-1").partition("=")
        if not sign:
            break
        header[key.strip()] = entry.strip()
        if key.strip() == _DATA:
            return header, start
    raise ReadError(f"not a MetaImage file, or the beginning of one: its header has no {_DATA}; {_AGAIN}")


def _promised(header: dict[str, str]) -> int:
    """Return how many bytes the voxels have."""
    kind = header.get("ElementType", "").removeprefix("MET_").lower()
    if kind not in BYTES:
        raise ReadError(f"the values are {one_line(kind, 40) or 'of no type'}, not numbers: save labels or shares")
    try:
        sizes = [int(n) for n in header.get("DimSize", "").split()]
        channels = int(header.get("ElementNumberOfChannels", "1"))
        n_axes = int(header.get("NDims", ""))
    except ValueError:
        raise ReadError(f"the header does not say how large the image is (NDims, DimSize); {_AGAIN}") from None
    if len(sizes) != n_axes or min(sizes, default=0) < 1 or channels < 1:
        raise ReadError(f"the header gives {n_axes} axes {one_line(header['DimSize'], 40)} voxels; {_AGAIN}")
    _check_spacing(header.get("ElementSpacing", header.get("ElementSize", "")))
    return prod(sizes) * channels * BYTES[kind]


def _check_spacing(entry: str) -> None:
    """Refuse what ITK would put right in silence: no spacing is 1."""
    try:
        spacing = [float(number) for number in entry.split()]
    except ValueError:
        spacing = []
    if not spacing or not min(spacing) > 0:
        raise ReadError(f"the header gives voxels no size (ElementSpacing {one_line(entry, 40)!r}): write it, in mm")


def _check_length(path: Path, header: dict[str, str], start: int, promised: int) -> None:
    """Compare what the header promises with what the file holds; of several data files ITK says it."""
    named = header[_DATA]
    source = path if named == _LOCAL else path.with_name(Path(named).name)
    if not source.is_file():
        if len(named.split()) > 1 or "%" in named:
            return
        raise ReadError(f"its voxels lie in {one_line(named, 80)}, which is not beside it: copy both files")
    begin = start if named == _LOCAL else 0
    held = source.stat().st_size - begin
    if header.get("CompressedData", "False").lower() == "true":
        held = _unpacked_length(source, begin, promised)
    if held < promised:
        raise ReadError(f"the header promises {promised} bytes of voxels and the file holds {held}: cut off; {_AGAIN}")


def _unpacked_length(source: Path, begin: int, most: int) -> int:
    """Return how many bytes a zlib stream holds, or a little more than `most`."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    length = 0
    with source.open("rb") as file:
        file.seek(begin)
        try:
            while length <= most and (part := file.read(1 << 20)):
                length += len(stream.decompress(part, 1 << 24))
                while stream.unconsumed_tail and length <= most:
                    length += len(stream.decompress(stream.unconsumed_tail, 1 << 24))
        except zlib.error as error:
            raise ReadError(f"its packed voxels are damaged ({one_line(error, 80)}); {_AGAIN}") from error
    return length


def _reason(error: RuntimeError) -> str:
    """Return what ITK says, without its own paths."""
    return one_line(str(error).strip().splitlines()[-1], 120)

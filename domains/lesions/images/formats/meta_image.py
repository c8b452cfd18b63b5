"""Images in MetaImage files (.mha; .mhd with its data beside).

Conventions
-----------
- The header is lines of text. What it promises must be in the file, to the byte, and fit into memory. What it does not
  say is not made up.
- ITK reads these files too, and wrote those of the tests, but it does not read them here. SimpleITK 2.5.7 returns other
  values for packed voxels with a flipped bit and the first slices where DimSize promises fewer, gives voxels 1 mm where
  the header has no ElementSpacing, takes the memory that a header promises before it looks at the file, and prints on
  standard error where nobody can catch it.
- Lengths are mm, places in the frame of ITK (LPS+).
- Voxels in several files, or in text, are refused: SimpleITK makes one file of them.

References
----------
https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import zlib
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...._files import ReadError, check_budget
from ...._text import one_line
from .stored import DIRECTION, ORIGIN, TO_RAS, Stored

TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
OTHER_NAMES = {
    "Offset": ("Position", "Origin"),
    "TransformMatrix": ("Rotation", "Orientation"),
    "ElementByteOrderMSB": ("BinaryDataByteOrderMSB",),
}
"""What else an entry of the header may be called."""

_PLACE = {ORIGIN: "Offset", DIRECTION: "TransformMatrix"}
_DATA = "ElementDataFile"
_LOCAL = ("LOCAL", "Local", "local")
_AGAIN = "fetch or write it again"
_MAKE_ONE = "SimpleITK.WriteImage(SimpleITK.ReadImage(FILE), NEW) makes one file of it"
_LONGEST_HEADER = 1 << 16
_MANY_BYTES = 1 << 25


class _Header(NamedTuple):
    """The entries of a header, and where it ends."""

    entries: dict[str, str]
    end: int

    def entry(self, name: str, default: str = "") -> str:
        """Return an entry, whatever it is called."""
        for known in (name, *OTHER_NAMES.get(name, ())):
            if known in self.entries:
                return self.entries[known]
        return default

    def is_true(self, name: str) -> bool:
        """Return whether an entry says so."""
        return self.entry(name).lower() in ("true", "1")

    def numbers(self, name: str, n: int) -> np.ndarray:
        """Return an entry of so many finite numbers."""
        text = self.entry(name)
        try:
            found = np.array([float(part) for part in text.split()])
        except ValueError:
            found = np.empty(0)
        if found.size != n or not np.isfinite(found).all():
            raise ReadError(f"the header's {name} is {one_line(text, 60)!r}; it has {n} numbers: {_AGAIN}")
        return found


def read_meta_image(operation: str, path: Path) -> Stored:
    r"""Read the voxels of a MetaImage file, and where they lie.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ReadError
        If the file is damaged, no image, or needs more memory than is free.

    Examples
    --------
    >>> import tempfile
    >>> header = "NDims = 2\nDimSize = 3 1\nElementSpacing = 1 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.mha")
    ...     _ = path.write_bytes(header.encode() + bytes([0, 1, 2]))
    ...     read_meta_image("lesions.read_image", path).values.ravel()
    array([0, 1, 2], dtype=uint8)
    """
    with path.open("rb") as file:
        header = _read_header(file.read(_LONGEST_HEADER))
    shape = _shape(header)
    stored = _type(header)
    promised = prod(shape) * stored.itemsize
    if promised > _MANY_BYTES:
        check_budget(operation, path, promised, "the image")
    voxels = _voxels(path, header, promised)
    values = np.frombuffer(voxels, stored).reshape(shape, order="F")
    affine = _affine(header, len(shape))
    unsaid = tuple(part for part, entry in _PLACE.items() if not header.entry(entry))
    if len(shape) == 2:
        return Stored(np.expand_dims(values, 2), affine, has_height=False, unsaid=unsaid)
    return Stored(values, affine, unsaid=unsaid)


def _read_header(begin: bytes) -> _Header:
    entries: dict[str, str] = {}
    end = 0
    for line in begin.split(b"\n"):
        end += len(line) + 1
        key, sign, entry = line.decode("latin-1").partition("=")
        if not sign:
            break
        entries[key.strip()] = entry.strip()
        if key.strip() == _DATA:
            return _Header(entries, end)
    raise ReadError(f"not a MetaImage file, or the beginning of one: its header has no {_DATA}; {_AGAIN}")


def _shape(header: _Header) -> tuple[int, ...]:
    said = header.entry("DimSize")
    try:
        n_axes = int(header.entry("NDims"))
        shape = tuple(int(n) for n in said.split())
    except ValueError:
        raise ReadError(f"the header does not say how large the image is (NDims, DimSize); {_AGAIN}") from None
    if len(shape) != n_axes or min(shape, default=0) < 1:
        raise ReadError(f"the header gives {n_axes} axes {one_line(said, 40)} voxels; {_AGAIN}")
    if n_axes not in (2, 3) or header.entry("ElementNumberOfChannels", "1") != "1":
        channels = one_line(header.entry("ElementNumberOfChannels", "1"), 20)
        raise ReadError(
            f"{n_axes} axes, {channels} numbers a voxel; an image has x, y, z and one: save one image a file"
        )
    return shape


def _type(header: _Header) -> np.dtype[np.generic]:
    name = header.entry("ElementType")
    if name not in TYPES:
        raise ReadError(f"the values are {one_line(name, 40) or 'of no type'}, not numbers: save labels or shares")
    order = ">" if header.is_true("ElementByteOrderMSB") else "<"
    return np.dtype(f"{order}{TYPES[name]}")


def _voxels(path: Path, header: _Header, promised: int) -> bytes:
    """Return the bytes of the voxels, unpacked, which are as many as the header promises."""
    named = header.entry(_DATA)
    is_local = named in _LOCAL
    source = path if is_local else path.with_name(Path(named).name)
    if header.entry("BinaryData", "True").lower() == "false":
        raise ReadError(f"its voxels are written as text: {_MAKE_ONE}")
    if named == "LIST" or "%" in named:
        raise ReadError(f"its voxels lie in several files ({one_line(named, 60)}): {_MAKE_ONE}")
    if not source.is_file():
        raise ReadError(f"its voxels lie in {one_line(named, 80)}, which is not beside it: copy both files")
    content = source.read_bytes()[header.end if is_local else 0 :]
    if header.is_true("CompressedData"):
        content = _unpacked(content, promised)
    if len(content) != promised:
        found = f"the header promises {promised} bytes of voxels and the file holds {len(content)}"
        raise ReadError(f"{found}: it is cut off, or its header damaged; {_AGAIN}")
    return content


def _unpacked(packed: bytes, promised: int) -> bytes:
    """Return what a zlib stream holds, or a byte more than it should."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        content = stream.decompress(packed, promised + 1)
    except zlib.error as error:
        raise ReadError(f"its packed voxels are damaged ({one_line(error, 80)}); {_AGAIN}") from error
    if len(content) == promised and not stream.eof:
        raise ReadError(f"its packed voxels have no end; {_AGAIN}")
    return content


# what is too large is refused when it is placed
@np.errstate(over="ignore", invalid="ignore")
def _affine(header: _Header, n: int) -> np.ndarray:
    """Return the matrix from voxel numbers to places; the header has the direction of an axis in a row."""
    if not header.entry("ElementSpacing"):
        raise ReadError("the header gives voxels no size (ElementSpacing): write it, in mm")
    affine = np.eye(4)
    directions = np.eye(n)
    if header.entry("TransformMatrix"):
        directions = header.numbers("TransformMatrix", n * n).reshape(n, n).T
    affine[:n, :n] = directions * header.numbers("ElementSpacing", n)
    if header.entry("Offset"):
        affine[:n, 3] = header.numbers("Offset", n)
    right_front_up: np.ndarray = TO_RAS @ affine
    return right_front_up

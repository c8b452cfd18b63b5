"""Arrays from numpy's files, believed only as far as the file is long.

Conventions
-----------
- A header is compared with what follows it before an array is made. Objects are never unpickled.
- The members of an archive are read one by one, as they are asked for; each is checked against its checksum.
- What unpacks to more than 100 MB and 200 times its size is refused.

References
----------
numpy.lib.format (NEP 1); APPNOTE.TXT of the ZIP format, 6.3.
"""

from __future__ import annotations

import warnings
import zlib
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from ._files import ReadError, check_budget, read_bytes
from ._text import one_line

# numpy's own message suggests to unpickle the file, which may run code
NOT_NUMPY = "not an array of numbers in numpy's format; write it with numpy.save or numpy.savez"
UNQUESTIONED = 10**8
"""Bytes that may be unpacked from however few."""
MOST_PACKED = 200
"""Times that anything larger may be larger than its packed form."""

SMALL = 10**6
"""Bytes of a member that is read at once, and not only its header."""

_OF_ZIPFILE = (BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError)
_NPY = b"\x93NUMPY"
_ZIP = b"PK"


class Header(NamedTuple):
    """What a file in numpy's format says of its array."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    begin: int
    """Where its values begin."""

    @property
    def n_bytes(self) -> int:
        """How many bytes the array has."""
        return prod(self.shape) * self.dtype.itemsize


def read_npy(operation: str, path: Path) -> np.ndarray:
    """Read the array of an npy file.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Returns
    -------
    ndarray

    Raises
    ------
    ReadError
        If it is no array of numbers, or longer or shorter than its header says.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mask.npy")
    ...     np.save(path, np.eye(2, dtype=bool))
    ...     read_npy("ramachandran.read_region", path)
    array([[ True, False],
           [False,  True]])
    """
    content = read_bytes(operation, path)
    if content.startswith(_ZIP):
        raise ReadError("an archive of arrays, not one array; name it .npz")
    return _array(content, _read_header(BytesIO(content)))


class Archive:
    """The arrays of an npz file.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Attributes
    ----------
    headers : dict of str to Header
        Of the arrays, by their names.

    Raises
    ------
    ReadError
        If it is no archive of arrays, holds a name twice, or promises more than it can hold.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mask.npz")
    ...     np.savez(path, phi=np.array([-90.0, 90.0]))
    ...     archive = Archive("ramachandran.read_region", path)
    >>> archive.headers["phi"].shape, archive.read("phi")
    ((2,), array([-90.,  90.]))
    """

    def __init__(self, operation: str, path: Path) -> None:
        content = read_bytes(operation, path)
        if content.startswith(_NPY):
            raise ReadError("one array, not an archive of arrays; name it .npy")
        if not content.startswith(_ZIP):
            raise ReadError(NOT_NUMPY)
        try:
            self._zip = ZipFile(BytesIO(content))
        except (BadZipFile, ValueError, NotImplementedError, UnicodeError) as error:
            raise _damaged(error) from error
        self._members: dict[str, ZipInfo] = {}
        self._contents: dict[str, bytes] = {}
        for member in self._zip.infolist():
            self._add(member, operation, path)
        self.headers = {name: self._header(name, member) for name, member in self._members.items()}

    def read(self, name: str) -> np.ndarray:
        """Read an array; a member that is damaged is a `ReadError`."""
        content = self._contents.get(name)
        try:
            if content is None:
                content = self._zip.read(self._members[name])
            return _array(content, self.headers[name])
        except ReadError as error:
            raise ReadError(f"{one_line(name, 80)}: {error}") from error
        except _OF_ZIPFILE as error:
            raise _damaged(error) from error

    def _add(self, member: ZipInfo, operation: str, path: Path) -> None:
        name = member.filename.removesuffix(".npy")
        shown = one_line(name, 80)
        if name in self._members:
            raise ReadError(f"the array {shown!r} stands twice in the archive; write it again with numpy.savez")
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ReadError(f"the array {shown!r} is packed in a way that numpy has not; write it with numpy.savez")
        check_packing(member.file_size, member.compress_size, f"the array {shown!r}")
        if member.file_size > UNQUESTIONED:
            check_budget(operation, path, member.file_size, f"the array {shown!r}")
        self._members[name] = member

    def _header(self, name: str, member: ZipInfo) -> Header:
        try:
            if member.file_size > SMALL:
                with self._zip.open(member) as stream:
                    return _read_header(stream)
            content = self._zip.read(member)
        except _OF_ZIPFILE as error:
            raise _damaged(error) from error
        self._contents[name] = content
        return _read_header(BytesIO(content))


def check_packing(n_bytes: int, n_packed: int, what: str) -> None:
    """Refuse what is far larger than what it is unpacked from.

    Parameters
    ----------
    n_bytes, n_packed : int
        Size of the content, and of its packed form.
    what : str
        What promises it.

    Raises
    ------
    ReadError

    Examples
    --------
    >>> check_packing(10**6, 10, "the array 'region'")
    >>> check_packing(10**9, 10**6, "the array 'region'")
    Traceback (most recent call last):
    domains._files.ReadError: the array 'region' promises 1000 MB in 1 MB; save fewer values, or without packing
    """
    if n_bytes > UNQUESTIONED and n_bytes > MOST_PACKED * n_packed:
        promised = f"{what} promises {n_bytes / 1e6:.4g} MB in {n_packed / 1e6:.3g} MB"
        raise ReadError(f"{promised}; save fewer values, or without packing")


def _array(content: bytes, header: Header) -> np.ndarray:
    """Return the array of a file in numpy's format, which is as long as its header says."""
    if header.dtype.hasobject:
        raise ReadError(NOT_NUMPY)
    if header.dtype.kind not in "biuf":
        raise ReadError(f"the values are {one_line(header.dtype, 80)}, not numbers; save an array of numbers")
    n_left = len(content) - header.begin
    if n_left != header.n_bytes:
        cells = " × ".join(str(n) for n in header.shape) or "one"
        found = f"its header promises {cells} values of {header.dtype.itemsize} bytes, but {n_left} bytes follow"
        raise ReadError(f"{found}; write it again with numpy.save")
    values = np.frombuffer(content, header.dtype, offset=header.begin)
    return values.reshape(header.shape, order="F" if header.fortran_order else "C")


def _read_header(stream: IO[bytes]) -> Header:
    try:
        with warnings.catch_warnings():
            # a header of Python 2
            warnings.simplefilter("ignore")
            version = npy.read_magic(stream)
            if version not in ((1, 0), (2, 0)):
                raise ReadError(NOT_NUMPY)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran_order, dtype = read(stream)
    except Exception as error:
        # the header is parsed as Python, which has many ways to say that it is none
        raise ReadError(NOT_NUMPY) from error
    if any(n < 0 for n in shape):
        raise ReadError(NOT_NUMPY)
    return Header(tuple(int(n) for n in shape), bool(fortran_order), dtype, stream.tell())


def _damaged(error: Exception) -> ReadError:
    reason = one_line(error, 80)
    return ReadError(f"a damaged archive ({reason}); write it again with numpy.savez")

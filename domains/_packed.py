r"""Packed files, unpacked part by part and checked to their end: gzip, bzip2 and xz.

Conventions
-----------
- A packing is told by the first bytes of a file, not by its name.
- A file may hold several streams, one after another; each checks its own content at its end. After the last one only
  zeros may follow, as gzip itself has it.
- Whatever is wrong is a `PackedError` that names no file.

References
----------
RFC 1952 (gzip), section 2.3.1. The .xz file format, version 1.2.1. J. Seward, bzip2, version 1.0.8.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

PIECE = 1 << 13
"""Packed bytes that are unpacked at a time."""
PART = 1 << 18
"""Unpacked bytes that are handed back at a time: more of them do not fit into a processor's cache."""

GZIP = b"\x1f\x8b"
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_XZ = b"\xfd7zXZ\0"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MOST_FOR_XZ = 1 << 28
"""Bytes of memory: four times what ``xz -9`` asks for."""


class PackedError(ValueError):
    """What is wrong with a packed file, in words that follow its name."""


class Stream(Protocol):
    """One stream of a packed file, as the modules bz2 and lzma have it."""

    @property
    def eof(self) -> bool:
        """Whether its end was read, and its checksum compared."""

    @property
    def needs_input(self) -> bool:
        """Whether it has no more to give until it is given more."""

    @property
    def unused_data(self) -> bytes:
        """What it was given that lies behind its end."""

    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes:
        """Return what it holds next."""


class Packing(NamedTuple):
    """A way of packing.

    Parameters
    ----------
    name : str
    remedy : str
        The command that unpacks such a file.
    most : int
        How many bytes it can make of one, at most.
    start : callable
        Returns a new stream.
    """

    name: str
    remedy: str
    most: int
    start: Callable[[], Stream]


class _GzipStream:
    """A gzip member, which the module zlib reads in a way of its own."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._member.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes:
        return self._member.decompress(data or self._member.unconsumed_tail, max_length)


def _xz_stream() -> Stream:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_FOR_XZ)


_OF_GZIP = Packing("gzip", "gunzip", 1032, _GzipStream)
_OF_BZIP2 = Packing("bzip2", "bunzip2", 1 << 20, bz2.BZ2Decompressor)
_OF_XZ = Packing("xz", "unxz", 1 << 13, _xz_stream)


def packing_of(content: bytes | memoryview) -> Packing | None:
    """Return how a file is packed, None if it is not.

    Parameters
    ----------
    content : bytes
        Its first ten bytes at least.

    Returns
    -------
    Packing or None

    Examples
    --------
    >>> packing_of(bz2.compress(b"onset,offset")).name
    'bzip2'
    >>> packing_of(b"onset,offset")
    """
    begin = bytes(content[:10])
    if begin.startswith(GZIP):
        return _OF_GZIP
    if _BZIP2.match(begin):
        return _OF_BZIP2
    if begin.startswith(_XZ):
        return _OF_XZ
    return None


def unpacked(packing: Packing, packed: bytes) -> Iterator[bytes]:
    """Yield what all streams of a packed file hold, part by part.

    Parameters
    ----------
    packing : Packing
    packed : bytes

    Yields
    ------
    bytes

    Raises
    ------
    PackedError
        If it is damaged or cut off.

    Examples
    --------
    >>> packed = lzma.compress(b"onset,offset") + lzma.compress(b",label")
    >>> b"".join(unpacked(packing_of(packed), packed))
    b'onset,offset,label'
    """
    view = memoryview(packed)
    start = 0
    while start < len(packed):
        if packing_of(view[start : start + 10]) is not packing:
            _check_padding(packing, packed, start)
            return
        stream = packing.start()
        while not stream.eof:
            piece = view[start : start + PIECE] if stream.needs_input else view[:0]
            start += len(piece)
            part = _next_part(packing, stream, piece)
            if part:
                yield part
            elif not len(piece) and not stream.eof:
                raise PackedError(f"damaged or cut off: its {packing.name} stream has no end")
        start -= len(stream.unused_data)


def _next_part(packing: Packing, stream: Stream, piece: memoryview) -> bytes:
    try:
        return stream.decompress(piece, PART)
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise PackedError(f"damaged ({_fault(packing, error)})") from error


def _check_padding(packing: Packing, packed: bytes, start: int) -> None:
    """Refuse what follows the last stream, unless it is zeros."""
    n_left = len(packed) - start
    if packed.count(0, start) != n_left:
        found = f"{n_left} bytes follow the end of its {packing.name} stream, at byte {start}, and are none"
        raise PackedError(f"damaged ({found})")


def _fault(packing: Packing, error: Exception) -> str:
    """Return what was found, without the numbers of zlib."""
    said = str(error)
    if "incorrect data check" in said:
        return "its checksum is not that of its content"
    if "incorrect length check" in said:
        return "its length is not that of its content"
    if isinstance(error, zlib.error):
        return f"its {packing.name} stream has an {said.rpartition(': ')[2]}"
    return f"its {packing.name} stream: {said.lower()}"

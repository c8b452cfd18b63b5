"""Masks as COCO writes them: run lengths of the columns of an image, as numbers or packed into text.

Conventions
-----------
- ``{"size": [height, width], "counts": ...}``. The cells of an image are numbered down its columns, the first column
  first. Counts are lengths: of the cells outside the mask, then inside, then outside and so on; the first may be 0.
- Packed, each count is a row of characters from "0" (48) on, five bits each, the lowest first; the sixth says that more
  follow. From the fourth count on it is the difference to the count two before.

References
----------
Lin, T.-Y. et al. (2014). Microsoft COCO: common objects in context. ECCV. doi:10.1007/978-3-319-10602-1_48
The format: https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.c
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arrays import Array, values_on_host
from .._checks import shown
from .runs import Cells, counts_of_mask

_FIRST = 48
_BITS = 5
_MORE = 0x20
_NEGATIVE = 0x10
_LOW = 0x1F
_MOST_CHARACTERS = 12
"""Five bits each, as many as a count of 64 bits may have."""


class ReadRle(NamedTuple):
    """Height and width of an image, and the lengths of the runs of a mask on it."""

    height: int
    width: int
    counts: Cells


def encode_rle(masks: Array) -> list[dict[str, Any]]:
    """Write masks as COCO's run lengths, packed into text.

    Parameters
    ----------
    masks : array of bool (n, height, width)
        On the host. For one mask pass ``mask[None]``.

    Returns
    -------
    list of dict
        ``{"size": [height, width], "counts": text}`` of each mask, as it stands in a JSON file. pycocotools takes the
        counts as bytes: ``rle["counts"].encode()``.

    Raises
    ------
    TypeError
        If the masks are not bool.
    ValueError
        If they have not three axes.

    See Also
    --------
    decode_rle : Read masks that are written as COCO's run lengths.
    measure_pairs : Measure how every mask of `a` overlaps with every mask of `b`.

    Examples
    --------
    >>> mask = np.array([[False, True], [True, True]])
    >>> encode_rle(mask[None])
    [{'size': [2, 2], 'counts': '13'}]
    """
    values = values_on_host("raster.encode_rle", "masks", masks)
    if values.dtype != bool:
        raise TypeError(f"raster.encode_rle: masks has dtype {values.dtype}; pass bool: `masks > 0`, or `masks >= 0.5`")
    if values.ndim != 3:
        raise ValueError(
            f"raster.encode_rle: masks has shape {values.shape}; pass (n, height, width): of one mask, mask[None]"
        )
    height, width = values.shape[1:]
    packed = []
    for mask in values:
        counts = counts_of_mask(mask.ravel(order="F"))
        packed.append({"size": [height, width], "counts": pack(counts)})
    return packed


def decode_rle(rles: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """Read masks that are written as COCO's run lengths.

    Parameters
    ----------
    rles : sequence of mapping
        ``{"size": [height, width], "counts": ...}`` of each mask, all of one size; counts as text, as bytes or as
        numbers. For one mask pass ``[rle]``.

    Returns
    -------
    ndarray of bool (n, height, width)

    Raises
    ------
    TypeError
        If `rles` is no sequence of mappings.
    ValueError
        If an entry is none of the three forms, its lengths do not add up to its size, or the sizes differ.
    MemoryError
        If the masks are too large.

    See Also
    --------
    encode_rle : Write masks as COCO's run lengths, packed into text.

    Examples
    --------
    >>> decode_rle([{"size": [2, 2], "counts": "13"}]).astype(int)
    array([[[0, 1],
            [1, 1]]])
    >>> int(decode_rle([{"size": [2, 2], "counts": [1, 3]}]).sum())
    3
    """
    images = read_rles("raster.decode_rle", "rles", rles)
    if not images:
        return np.zeros((0, 0, 0), bool)
    try:
        return masks_of(images)
    except (MemoryError, ValueError):
        height, width, _ = images[0]
        raise MemoryError(
            f"raster.decode_rle: {len(images)} masks of {height} × {width} cells do not fit into memory; decode some "
            "at a time, or measure the run lengths as they are, raster.pairwise(rles, rles)"
        ) from None


def masks_of(images: list[ReadRle]) -> NDArray[np.bool_]:
    """Return the masks that were read, one at least, cell by cell."""
    height, width, _ = images[0]
    masks = np.empty((len(images), height, width), bool)
    for k, image in enumerate(images):
        is_inside = np.arange(len(image.counts)) % 2 == 1
        cells = np.repeat(is_inside, image.counts)
        masks[k] = cells.reshape((height, width), order="F")
    return masks


def is_rle(masks: object) -> bool:
    """Return whether masks are given as a list of run lengths; an empty list is one of none."""
    return isinstance(masks, list | tuple) and all(isinstance(mask, Mapping) for mask in masks)


def read_rles(operation: str, name: str, rles: object) -> list[ReadRle]:
    """Read and check run lengths of one size."""
    if isinstance(rles, Mapping):
        raise TypeError(f"{operation}: {name} is one mask; pass a list of masks, [{name}]")
    if not is_rle(rles):
        raise TypeError(
            f"{operation}: {name} is a {type(rles).__name__}; pass a list of run lengths, "
            '{"size": [height, width], "counts": ...} for each mask'
        )
    images = [read_rle(operation, f"{name}[{k}]", rle) for k, rle in enumerate(list(rles))]  # type: ignore[call-overload]
    for k, image in enumerate(images):
        if image[:2] != images[0][:2]:
            raise ValueError(
                f"{operation}: {name}[{k}] has size {list(image[:2])} and {name}[0] {list(images[0][:2])}; masks of "
                "one image have one size"
            )
    return images


def read_rle(operation: str, name: str, rle: Mapping[str, Any]) -> ReadRle:
    """Read and check the run lengths of one mask."""
    height, width = _read_size(operation, name, rle)
    if "counts" not in rle:
        raise ValueError(f"{operation}: {name} has no counts, only {shown(sorted(rle))}; see raster.encode_rle")
    counts = _read_counts(operation, name, rle["counts"])
    n_cells = height * width
    shortest = counts.min(initial=0)
    longest = counts.max(initial=0)
    # sums of whole numbers of Python do not wrap around
    added_up = int(counts.sum()) if longest <= n_cells else sum(counts.tolist())
    if shortest < 0 or added_up != n_cells:
        raise ValueError(
            f"{operation}: {name} has lengths from {shortest} to {longest} that add up to {added_up} cells, and an "
            f"image of {height} × {width} has {n_cells}; size is [height, width], and counts are not negative"
        )
    return ReadRle(height, width, counts)


def _read_size(operation: str, name: str, rle: Mapping[str, Any]) -> tuple[int, int]:
    size = rle.get("size")
    try:
        height, width = size  # type: ignore[misc]
        height = int(height)
        width = int(width)
    except (TypeError, ValueError):
        raise ValueError(f"{operation}: {name} has size {shown(size)}; pass [height, width] in cells") from None
    if height < 0 or width < 0:
        raise ValueError(f"{operation}: {name} has size {shown(size)}; pass [height, width] in cells")
    return height, width


def _read_counts(operation: str, name: str, counts: object) -> Cells:
    if isinstance(counts, str):
        counts = counts.encode("utf-8", "replace")
    if isinstance(counts, bytes):
        return _unpack(operation, name, counts)
    lengths = np.asarray(counts)
    if lengths.ndim != 1 or (lengths.size and lengths.dtype.kind not in "iu"):
        raise ValueError(
            f"{operation}: {name} has counts {shown(counts)}; they are whole numbers, or COCO's text of them"
        )
    return lengths.astype(np.int64)


def pack(counts: Cells) -> str:
    """Pack counts into text."""
    differences = counts.copy()
    differences[3:] = counts[3:] - counts[1:-2]
    characters = []
    for number in differences.tolist():
        characters.extend(_characters(number))
    return bytes(characters).decode()


def _characters(number: int) -> list[int]:
    """Return the characters of one number, the lowest bits first."""
    characters = []
    while True:
        low = number & _LOW
        number >>= _BITS
        # what is left is nothing but the sign, which the last five bits show
        is_last = number == (-1 if low & _NEGATIVE else 0)
        if is_last:
            characters.append(_FIRST + low)
            return characters
        characters.append(_FIRST + low + _MORE)


def _unpack(operation: str, name: str, text: bytes) -> Cells:
    """Read counts that are packed into text."""
    values = np.frombuffer(text, np.uint8).astype(np.int64) - _FIRST
    is_last = values & _MORE == 0
    if not values.size:
        return np.zeros(0, np.int64)
    last = np.flatnonzero(is_last)
    if values.min() < 0 or values.max() >= 2 * _MORE or not is_last[-1]:
        raise ValueError(
            f"{operation}: {name} has counts {shown(text[:40])}, which are not COCO's text of run lengths: characters "
            'from "0" to "o", and the last one ends a count'
        )
    first = np.concatenate([[0], last[:-1] + 1])
    n_characters = last - first + 1
    if n_characters.max() > _MOST_CHARACTERS:
        raise ValueError(f"{operation}: {name} has a count of {n_characters.max()} characters, more than a cell number")
    place = np.arange(len(values)) - np.repeat(first, n_characters)
    bits = (values & _LOW) << (_BITS * place)
    number = np.add.reduceat(bits, first)
    is_negative = values[last] & _NEGATIVE != 0
    number = np.where(is_negative, number - (np.int64(1) << (_BITS * n_characters)), number)
    # each count from the fourth on is told by its difference to the one two before
    number[1::2] = np.cumsum(number[1::2])
    number[2::2] = np.cumsum(number[2::2])
    return np.asarray(number)

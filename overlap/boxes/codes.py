"""Ways to write a box down: formats, and its code relative to an anchor. Public through `overlap.boxes`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Literal, TypeAlias

from .._arrays import Array, SameArray
from .._checks import check_choice
from .arrays import as_floating, check, halves, read

Format: TypeAlias = Literal["lo-hi", "lo-size", "centre-size", "centre-log-size", "xyxy", "xywh", "cxcywh"]

FORMATS = ("lo-hi", "lo-size", "centre-size", "centre-log-size")
PLANAR_FORMATS: Mapping[str, str] = MappingProxyType({"xyxy": "lo-hi", "xywh": "lo-size", "cxcywh": "centre-size"})
"""What the formats of detectors in the plane are called in any dimension."""


def convert(box: SameArray, source: Format, target: Format) -> SameArray:
    """Write boxes in another format.

    Parameters
    ----------
    box : array (..., 2d)
        Boxes in the format `source`.
    source, target : {"lo-hi", "lo-size", "centre-size", "centre-log-size", "xyxy", "xywh", "cxcywh"}
        "lo-hi" is (x1, y1, x2, y2), the format of every other function; "lo-size" (x, y, w, h) from the lowest
        corner; "centre-size" (cx, cy, w, h); "centre-log-size" (cx, cy, ln w, ln h), in which the gradient
        of a loss does not depend on the size of the box. For boxes in the plane the first three are also called
        "xyxy", "xywh" and "cxcywh".

    Returns
    -------
    array (..., 2d)
        In the format `target`, floating.

    Raises
    ------
    ValueError
        If a format is unknown or does not fit the dimension, a box is malformed (a negative size, NaN), or a
        logarithm is asked of a size of 0.

    See Also
    --------
    encode : Write boxes relative to anchors.
    decode : Read what `encode` wrote; a code of 0 is the anchor, to the bit.

    Examples
    --------
    >>> import numpy as np
    >>> convert(np.array([1.0, 2.0, 4.0, 8.0]), "centre-size", "lo-hi")
    array([-1., -2.,  3.,  6.])
    >>> convert(np.array([10, 20, 30, 40]), "xywh", "xyxy")
    array([10., 20., 40., 60.])
    """
    (box,), xp = as_floating("boxes.convert", box=box)
    source_format = _general_format("source", source, box)
    target_format = _general_format("target", target, box)
    corners = _read_format(box, source_format, xp)
    # a side of 0 has no logarithm
    corners = check("boxes.convert", "box", corners, xp, solid=target_format == "centre-log-size")
    return _write_format(corners, target_format, xp)


def encode(box: SameArray, anchor: SameArray) -> SameArray:
    """Write boxes relative to anchors: offset of the centre in sides of the anchor, logarithm of the size ratio.

    Parameters
    ----------
    box, anchor : array (..., 2d)
        Boxes lo|hi, all sides positive; the shapes broadcast.

    Returns
    -------
    array (..., 2d)
        (tx, ty, tw, th) in 2-D. It does not change when box and anchor are moved or scaled together; nothing is
        weighted.

    Raises
    ------
    ValueError
        If a box or an anchor is malformed or has a side of 0.

    See Also
    --------
    decode : Read what `encode` wrote; a code of 0 is the anchor, to the bit.
    convert : Write boxes in another format.

    References
    ----------
    Girshick, R. et al. (2014). Rich feature hierarchies for accurate object detection. CVPR, appendix C.
    arXiv:1311.2524

    Examples
    --------
    >>> import numpy as np
    >>> encode(np.array([1.0, 0.0, 3.0, 4.0]), np.array([0.0, 0.0, 2.0, 4.0]))
    array([0.5, 0. , 0. , 0. ])
    """
    (box, anchor), xp = read("boxes.encode", solid=True, box=box, anchor=anchor)
    lo, hi = halves(box)
    anchor_lo, anchor_hi = halves(anchor)
    anchor_size = anchor_hi - anchor_lo
    twice_the_offset = (lo - anchor_lo) + (hi - anchor_hi)
    offset = twice_the_offset / (2 * anchor_size)
    log_ratio = xp.log((hi - lo) / anchor_size)
    return xp.concat([offset, log_ratio], axis=-1)


def decode(code: SameArray, anchor: SameArray) -> SameArray:
    """Read what `encode` wrote; a code of 0 is the anchor, to the bit.

    Parameters
    ----------
    code : array (..., 2d)
        Offsets and logarithms of size ratios. They are not clamped: for the raw output of a network do so first,
        as in ``clip(code, max=math.log(1000 / 16))`` on the logarithms.
    anchor : array (..., 2d)
        Boxes lo|hi, all sides positive; the shapes broadcast.

    Returns
    -------
    array (..., 2d)
        Boxes lo|hi, never malformed where the code is finite and its sizes can be represented.

    Raises
    ------
    ValueError
        If an anchor is malformed or has a side of 0.

    See Also
    --------
    encode : Write boxes relative to anchors.
    convert : Write boxes in another format.

    Examples
    --------
    >>> import numpy as np
    >>> decode(np.array([0.5, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 2.0, 4.0]))
    array([1., 0., 3., 4.])
    """
    (code, anchor), xp = as_floating("boxes.decode", code=code, anchor=anchor)
    anchor = check("boxes.decode", "anchor", anchor, xp, solid=True)
    offset, log_ratio = halves(code)
    anchor_lo, anchor_hi = halves(anchor)
    # relative to the anchor's own corners, so that nothing cancels far from the origin
    growth = xp.expm1(log_ratio) / 2
    lo = anchor_lo + (anchor_hi - anchor_lo) * (offset - growth)
    hi = anchor_hi + (anchor_hi - anchor_lo) * (offset + growth)
    return xp.concat([lo, xp.maximum(lo, hi)], axis=-1)


def _general_format(option: str, name: str, box: Array) -> str:
    """Return what a format is called in any dimension."""
    check_choice("boxes.convert", option, name, (*FORMATS, *PLANAR_FORMATS))
    if name not in PLANAR_FORMATS:
        return name
    general = PLANAR_FORMATS[name]
    if box.shape[-1] != 4:
        raise ValueError(
            f"boxes.convert: {option} {name!r} is a format of boxes in the plane, of 4 numbers; box has shape "
            f"{tuple(box.shape)}: pass {general!r}, the same in any dimension"
        )
    return general


def _read_format(box: Array, source: str, xp: ModuleType) -> Array:
    """Return boxes as lo|hi, always a new array."""
    first, second = halves(box)
    if source == "lo-hi":
        lo = first
        hi = second
    elif source == "lo-size":
        lo = first
        hi = first + second
    elif source == "centre-size":
        lo = first - second / 2
        hi = first + second / 2
    else:
        lo = first - xp.exp(second) / 2
        hi = first + xp.exp(second) / 2
    return xp.concat([lo, hi], axis=-1)


def _write_format(corners: Array, target: str, xp: ModuleType) -> Array:
    """Return boxes lo|hi in another format."""
    if target == "lo-hi":
        return corners
    lo, hi = halves(corners)
    if target == "lo-size":
        return xp.concat([lo, hi - lo], axis=-1)
    centre = (lo + hi) / 2
    if target == "centre-size":
        return xp.concat([centre, hi - lo], axis=-1)
    return xp.concat([centre, xp.log(hi - lo)], axis=-1)

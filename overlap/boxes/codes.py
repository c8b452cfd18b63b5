"""Ways to write a box down: formats, and its code relative to an anchor. Public through `overlap.boxes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Literal, TypeAlias

from .._arrays import Array
from .arrays import as_floating, check, halves, read

Format: TypeAlias = Literal["lo-hi", "lo-size", "centre-size", "centre-log-size"]
Pair: TypeAlias = tuple[Array, Array]

_READ: Mapping[str, Callable[[Array, Array, ModuleType], Pair]] = MappingProxyType(
    {
        "lo-hi": lambda lo, hi, xp: (lo, hi),
        "lo-size": lambda lo, size, xp: (lo, lo + size),
        "centre-size": lambda centre, size, xp: (centre - size / 2, centre + size / 2),
        "centre-log-size": lambda centre, log, xp: (centre - xp.exp(log) / 2, centre + xp.exp(log) / 2),
    }
)
_WRITE: Mapping[str, Callable[[Array, Array, ModuleType], Pair]] = MappingProxyType(
    {
        "lo-hi": lambda lo, hi, xp: (lo, hi),
        "lo-size": lambda lo, hi, xp: (lo, hi - lo),
        "centre-size": lambda lo, hi, xp: ((lo + hi) / 2, hi - lo),
        "centre-log-size": lambda lo, hi, xp: ((lo + hi) / 2, xp.log(hi - lo)),
    }
)


def convert(box: Array, source: Format, target: Format) -> Array:
    """Write boxes in another format.

    Parameters
    ----------
    box : array (..., 2d)
        Boxes in the format `source`.
    source, target : {"lo-hi", "lo-size", "centre-size", "centre-log-size"}
        "lo-hi" is (x1, y1, x2, y2), the format of every other function; "lo-size" (x, y, w, h) from the lowest
        corner; "centre-size" (cx, cy, w, h); "centre-log-size" (cx, cy, ln w, ln h), in which the pull of a
        loss does not depend on the size of the box.

    Returns
    -------
    array (..., 2d)
        In the format `target`, floating.

    Raises
    ------
    ValueError
        If a box is malformed (a negative size, NaN), or the size of a logarithm is 0.

    Examples
    --------
    >>> import numpy as np
    >>> convert(np.array([1.0, 2.0, 4.0, 8.0]), "centre-size", "lo-hi")
    array([-1., -2.,  3.,  6.])
    """
    for name in (source, target):
        if name not in _READ:
            raise ValueError(f"boxes.convert: the formats are {', '.join(_READ)}, got {name!r}")
    (box,), xp = as_floating("boxes.convert", box=box)
    corners = xp.concat(_READ[source](*halves(box), xp), axis=-1)
    corners = check("boxes.convert", "box", corners, xp, solid=target == "centre-log-size")
    return xp.concat(_WRITE[target](*halves(corners), xp), axis=-1)


def encode(box: Array, anchor: Array) -> Array:
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
    (lo, hi), (base, top) = halves(box), halves(anchor)
    offset = ((lo - base) + (hi - top)) / (2 * (top - base))
    return xp.concat([offset, xp.log((hi - lo) / (top - base))], axis=-1)


def decode(code: Array, anchor: Array) -> Array:
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

    Examples
    --------
    >>> import numpy as np
    >>> decode(np.array([0.5, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 2.0, 4.0]))
    array([1., 0., 3., 4.])
    """
    (code, anchor), xp = as_floating("boxes.decode", code=code, anchor=anchor)
    anchor = check("boxes.decode", "anchor", anchor, xp, solid=True)
    (offset, log), (base, top) = halves(code), halves(anchor)
    # relative to the anchor's own corners, so that nothing cancels far from the origin
    growth = xp.expm1(log) / 2
    lo = base + (top - base) * (offset - growth)
    hi = top + (top - base) * (offset + growth)
    return xp.concat([lo, xp.maximum(lo, hi)], axis=-1)

"""Numbers of twice the precision, as the unevaluated sum of two float64: for polygons far thinner than long.

Conventions
-----------
- `head` is the number rounded to float64, `tail` what is missing: together 106 bits.
- The functions of this module take float64 arrays and `Twofold` alike, so that a formula is written once.

References
----------
Dekker, T. J. (1971). A floating-point technique for extending the available precision. Numer. Math. 18, 224.
doi:10.1007/BF01397083
Hida, Y., Li, X. S. & Bailey, D. H. (2001). Algorithms for quad-double precision floating point arithmetic. ARITH-15,
155. doi:10.1109/ARITH.2001.930115
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SPLITTER = 2.0**27 + 1
"""A factor that splits 53 bits into two halves whose products are exact."""


class Twofold:
    """An array of numbers ``head + tail``.

    Examples
    --------
    >>> third = Twofold(np.array([1.0])) / Twofold(np.array([3.0]))
    >>> float((third * 3.0 - 1.0).head[0])
    0.0
    """

    __slots__ = ("head", "tail")
    # numpy leaves `array + twofold` to this class
    __array_ufunc__ = None

    def __init__(self, head: Floats, tail: Floats | None = None) -> None:
        self.head = head
        self.tail = np.zeros_like(head) if tail is None else tail

    def __getitem__(self, index: Any) -> Twofold:
        return Twofold(self.head[index], self.tail[index])

    def take(self, index: Any, axis: int) -> Twofold:
        """Return some of the numbers."""
        return Twofold(self.head.take(index, axis), self.tail.take(index, axis))

    def __neg__(self) -> Twofold:
        return Twofold(-self.head, -self.tail)

    def __add__(self, other: Any) -> Twofold:
        other = _twofold(other)
        head, rest = exact_sum(self.head, other.head)
        tail, last = exact_sum(self.tail, other.tail)
        head, rest = _renormalised(head, rest + tail)
        return Twofold(*_renormalised(head, rest + last))

    def __sub__(self, other: Any) -> Twofold:
        return self + -_twofold(other)

    def __mul__(self, other: Any) -> Twofold:
        other = _twofold(other)
        head, rest = exact_product(self.head, other.head)
        crossed = self.head * other.tail + self.tail * other.head
        return Twofold(*_renormalised(head, rest + crossed))

    def __truediv__(self, other: Any) -> Twofold:
        other = _twofold(other)
        first = self.head / other.head
        rest = self - other * first
        second = rest.head / other.head
        rest = rest - other * second
        third = rest.head / other.head
        total: Twofold = Twofold(*_renormalised(first, second)) + third
        return total

    def __lt__(self, other: Any) -> Bools:
        other = _twofold(other)
        is_less: Bools = (self.head < other.head) | ((self.head == other.head) & (self.tail < other.tail))
        return is_less

    def __gt__(self, other: Any) -> Bools:
        return _twofold(other) < self


Reals = Any
"""Numbers of either kind: float64 arrays or `Twofold`."""


def exact_sum(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the rounded sum of float64 and what rounding took from it.

    Examples
    --------
    >>> head, tail = exact_sum(np.array([1.0]), np.array([2.0**-60]))
    >>> float(head[0]), float(tail[0]) == 2.0**-60
    (1.0, True)
    """
    head = x + y
    part = head - x
    tail = (x - (head - part)) + (y - part)
    return head, tail


def exact_product(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the rounded product of float64 and what rounding took from it.

    Examples
    --------
    >>> x = np.array([1 + 2.0**-30])
    >>> head, tail = exact_product(x, x)
    >>> float(tail[0]) == 2.0**-60
    True
    """
    head = x * y
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    tail = ((x_high * y_high - head) + (x_high * y_low + x_low * y_high)) + x_low * y_low
    return head, tail


def head(x: Reals) -> Floats:
    """Return numbers rounded to float64."""
    rounded: Floats = x.head if isinstance(x, Twofold) else x
    return rounded


def pick(condition: Bools, x: Reals, y: Reals | float) -> Any:
    """Return `x` where the condition holds, else `y`: ``numpy.where`` for both kinds of numbers."""
    if not isinstance(x, Twofold) and not isinstance(y, Twofold):
        return np.where(condition, x, y)
    x = _twofold(x)
    y = _twofold(y)
    return Twofold(np.where(condition, x.head, y.head), np.where(condition, x.tail, y.tail))


def least(x: Any, y: Any) -> Any:
    """Return the smaller of each two numbers."""
    if isinstance(x, Twofold) or isinstance(y, Twofold):
        return pick(_twofold(x) < _twofold(y), x, y)
    return np.minimum(x, y)


def most(x: Any, y: Any) -> Any:
    """Return the larger of each two numbers."""
    if isinstance(x, Twofold) or isinstance(y, Twofold):
        return pick(_twofold(x) < _twofold(y), y, x)
    return np.maximum(x, y)


def absolute(x: Any) -> Any:
    """Return the numbers without their sign."""
    return most(x, -x) if isinstance(x, Twofold) else np.abs(x)


def between(x: Any, first: Any, second: Any) -> Any:
    """Return numbers moved between two ends, given in any order: rounding must not carry them beyond."""
    return most(least(x, most(first, second)), least(first, second))


def joined(parts: Sequence[Any]) -> Any:
    """Join arrays along their last axis."""
    if Twofold not in map(type, parts):
        return np.concatenate(parts, axis=-1)
    parts = [_twofold(part) for part in parts]
    heads = np.concatenate([part.head for part in parts], axis=-1)
    tails = np.concatenate([part.tail for part in parts], axis=-1)
    return Twofold(heads, tails)


def _twofold(x: Any) -> Twofold:
    return x if isinstance(x, Twofold) else Twofold(np.asarray(x, dtype=np.float64))


def _renormalised(large: Floats, small: Floats) -> tuple[Floats, Floats]:
    """Return the rounded sum of a large and a small number, and its rest."""
    head = large + small
    return head, small - (head - large)


def _halves(x: Floats) -> tuple[Floats, Floats]:
    scaled = SPLITTER * x
    high = scaled - (scaled - x)
    return high, x - high

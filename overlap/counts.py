"""The three numbers of an overlap.

Conventions
-----------
- ``intersection``, ``size_a`` and ``size_b`` share one unit (cells, mm³, seconds, probability mass, events)
  and one shape: they are broadcast together once, when the overlap is made.
- Overlaps add: over chunks, cases, workers. Take an index of the sum, never a sum of indices.
- 0 ≤ |A∩B| ≤ min(|A|, |B|): other sizes are refused where values may be looked at (on the host), up to the rounding
  of a sum. NaN, a size that is not known, may stay.
- Whole numbers are kept as int64, and halves as float64 (float32 on a device), so that nothing wraps around.
- ``a`` is the prediction and ``b`` the reference wherever the order matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import nan, sqrt
from types import ModuleType
from typing import Any, Generic

import array_api_compat as compat
import array_api_compat.numpy as numpy_namespace
import numpy as np

from ._arrays import Array, Axis, SameArray, as_host, library, namespace, number, on_host, real, safe_ratio, widened

__all__ = ["Overlap"]


@dataclass(frozen=True, slots=True, eq=False)
class Overlap(Generic[SameArray]):
    """How two sets overlap: the size of what they share and their own sizes.

    Parameters
    ----------
    intersection, size_a, size_b : array or float
        Arrays of one library, or numbers, that broadcast together.

    Raises
    ------
    TypeError
        If a size is not a real number, or the sizes come from different libraries.
    ValueError
        If the sizes do not broadcast together, or cannot be: negative, or more shared than a set has.

    Examples
    --------
    >>> o = Overlap(3, 4, 5)
    >>> int(o.union), int(o.only_a), int(o.only_b)
    (6, 1, 2)
    >>> int((o + o).intersection)
    6
    """

    intersection: SameArray
    size_a: SameArray
    size_b: SameArray

    def __post_init__(self) -> None:
        i = _as_array("intersection", self.intersection)
        a = _as_array("size_a", self.size_a)
        b = _as_array("size_b", self.size_b)
        if type(i) is type(a) is type(b) is np.ndarray:
            xp: ModuleType = numpy_namespace
        else:
            xp = namespace("Overlap", intersection=i, size_a=a, size_b=b)
        wide_i = widened("Overlap", "intersection", i, xp)
        wide_a = widened("Overlap", "size_a", a, xp)
        wide_b = widened("Overlap", "size_b", b, xp)
        wide_i, wide_a, wide_b = _broadcast(wide_i, wide_a, wide_b, xp)
        hosts = _hosts(wide_i, wide_a, wide_b)
        if hosts is not None and not _fit(*hosts):
            _refuse_beyond_rounding(*hosts, _rounding(xp, i, a, b))
        object.__setattr__(self, "intersection", wide_i)
        object.__setattr__(self, "size_a", wide_a)
        object.__setattr__(self, "size_b", wide_b)

    @property
    def union(self) -> SameArray:
        """Size of the union, |A∪B|."""
        return self.size_a + self.size_b - self.intersection

    @property
    def only_a(self) -> SameArray:
        """Size of what only A has, |A∖B|."""
        return self.size_a - self.intersection

    @property
    def only_b(self) -> SameArray:
        """Size of what only B has, |B∖A|."""
        return self.size_b - self.intersection

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each of the three arrays."""
        return tuple(self.intersection.shape)

    def sum(self, axis: Axis = None) -> Overlap[SameArray]:
        """Add the overlaps along `axis` (all of them by default)."""
        xp = library(self.intersection)
        return unchecked(
            xp.sum(self.intersection, axis=axis),
            xp.sum(self.size_a, axis=axis),
            xp.sum(self.size_b, axis=axis),
        )

    def __getitem__(self, index: Any) -> Overlap[SameArray]:
        return unchecked(self.intersection[index], self.size_a[index], self.size_b[index])

    def __add__(self, other: Overlap[SameArray]) -> Overlap[SameArray]:
        if not isinstance(other, Overlap):
            return NotImplemented
        return unchecked(
            self.intersection + other.intersection,
            self.size_a + other.size_a,
            self.size_b + other.size_b,
        )

    def __radd__(self, other: object) -> Overlap[SameArray]:
        # the built-in sum() starts from 0
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def _repr_html_(self) -> str:
        xp = library(self.intersection)
        i, a, b = real(xp, self.intersection, self.size_a, self.size_b)
        rows = {
            "|A∩B|": self.intersection,
            "|A|": self.size_a,
            "|B|": self.size_b,
            "IoU": safe_ratio(i, a + b - i, nan, xp),
            "Dice": safe_ratio(2 * i, a + b, nan, xp),
        }
        caption = f"Overlap, shape {self.shape}" if self.shape else "Overlap"
        lines = [f"<tr><th>{name}</th><td>{escape(_brief(x))}</td></tr>" for name, x in rows.items()]
        return f"<table><caption>{caption}</caption>{''.join(lines)}</table>"


def unchecked(intersection: Array, size_a: Array, size_b: Array) -> Overlap:
    """Return the overlap of wide arrays of one library that are known to fit; no value is looked at."""
    if not intersection.shape == size_a.shape == size_b.shape:
        xp = library(intersection)
        intersection, size_a, size_b = _broadcast(intersection, size_a, size_b, xp)
    o = object.__new__(Overlap)
    object.__setattr__(o, "intersection", intersection)
    object.__setattr__(o, "size_a", size_a)
    object.__setattr__(o, "size_b", size_b)
    return o


def _as_array(name: str, x: Any) -> Array:
    """Return a size as an array of its library, and numbers as one of numpy."""
    if isinstance(x, np.ndarray) or compat.is_array_api_obj(x):
        return x
    return on_host("Overlap", name, x)


def _broadcast(i: Array, a: Array, b: Array, xp: ModuleType) -> tuple[Array, Array, Array]:
    if i.shape == a.shape == b.shape:
        return i, a, b
    try:
        alike: tuple[Array, Array, Array] = xp.broadcast_arrays(i, a, b)
    except (ValueError, RuntimeError):
        raise ValueError(
            "Overlap: the three sizes do not broadcast together (intersection: "
            f"{tuple(i.shape)}, size_a: {tuple(a.shape)}, size_b: {tuple(b.shape)})"
        ) from None
    return alike


def _hosts(i: Array, a: Array, b: Array) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the sizes as numpy, or None where their values are not to be looked at."""
    host_i = as_host(i)
    host_a = as_host(a)
    host_b = as_host(b)
    if host_i is None or host_a is None or host_b is None:
        return None
    return host_i, host_a, host_b


def _fit(i: np.ndarray, a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether 0 ≤ |A∩B| ≤ min(|A|, |B|) everywhere, to the bit; NaN does not fit."""
    if not i.shape:
        shared = i.item()
        return bool(0 <= shared <= a.item() and shared <= b.item())
    fits = (i <= np.minimum(a, b)) & (i >= 0)
    return bool(np.count_nonzero(fits) == fits.size)


def _rounding(xp: ModuleType, *sizes: Array) -> float:
    """Return the rounding of the coarsest dtype, or 0 for whole numbers."""
    roundings = [float(xp.finfo(x.dtype).eps) for x in sizes if xp.isdtype(x.dtype, "real floating")]
    return max(roundings, default=0.0)


def _refuse_beyond_rounding(i: np.ndarray, a: np.ndarray, b: np.ndarray, rounding: float) -> None:
    """Refuse sizes that cannot be: half of the digits may be lost in a sum; NaN is not known, and may stay."""
    trace: Any = 0
    if rounding:
        largest = np.fmax(np.abs(a), np.abs(b))
        trace = 16 * rounding * _finite(largest)
    for name, size in {"intersection": i, "size_a": a, "size_b": b}.items():
        _refuse(size < -trace, f"{name} {{}} is below 0", size)
    for name, size in {"size_a": a, "size_b": b}.items():
        most = size + sqrt(rounding) * _finite(size) + trace if rounding else size
        _refuse(i > most, f"intersection {{}} exceeds {name} {{}}", i, size)


def _finite(size: np.ndarray) -> np.ndarray:
    """Return sizes with 0 in place of infinity, whose rounding is not to be multiplied."""
    return np.where(np.isinf(size), 0, size)


def _refuse(is_impossible: np.ndarray, what: str, *sizes: np.ndarray) -> None:
    """Refuse sizes of which some are impossible, and name the first."""
    n = np.count_nonzero(is_impossible)
    if not n:
        return
    first = np.argwhere(is_impossible)[0].tolist()
    values = [_shown(size[tuple(first)]) for size in sizes]
    where = f" at {first} ({n} of {is_impossible.size} are impossible)" if first else ""
    raise ValueError(
        f"Overlap: {what.format(*values)}{where}; pass what both sets share, then the sizes of the two whole sets: "
        "Overlap(tp, tp + fp, tp + fn) for counts of hits, false alarms and misses"
    )


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, np.integer) else f"{value:.9g}"


def _brief(x: Array) -> str:
    if x.shape or compat.is_lazy_array(x):
        return str(x)
    return f"{number(x):.6g}"

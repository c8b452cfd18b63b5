"""The three numbers of an overlap.

Conventions
-----------
- ``intersection``, ``size_a`` and ``size_b`` share one unit (cells, mm³, seconds, probability mass, events)
  and one shape: they are broadcast together once, when the overlap is made.
- Overlaps add: over chunks, cases, workers. Take an index of the sum, never a sum of indices.
- ``a`` is the prediction and ``b`` the reference wherever the order matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import nan
from typing import Any

import array_api_compat as compat
import numpy as np

from ._arrays import Array, Axis, library, namespace, number, real, safe_ratio

__all__ = ["Overlap"]


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """How two sets overlap: the size of what they share and their own sizes.

    Parameters
    ----------
    intersection, size_a, size_b : array or float
        Arrays of one library, or numbers, that broadcast together.

    Examples
    --------
    >>> o = Overlap(3, 4, 5)
    >>> int(o.union), int(o.only_a), int(o.only_b)
    (6, 1, 2)
    >>> int((o + o).intersection)
    6
    """

    intersection: Array
    size_a: Array
    size_b: Array

    def __post_init__(self) -> None:
        i = self.intersection
        a = self.size_a
        b = self.size_b
        if not compat.is_array_api_obj(i):
            i = np.asarray(i)
        if not compat.is_array_api_obj(a):
            a = np.asarray(a)
        if not compat.is_array_api_obj(b):
            b = np.asarray(b)
        xp = namespace("Overlap", intersection=i, size_a=a, size_b=b)
        if not i.shape == a.shape == b.shape:
            try:
                i, a, b = xp.broadcast_arrays(i, a, b)
            except (ValueError, RuntimeError):
                raise ValueError(
                    "Overlap: the three sizes do not broadcast together (intersection: "
                    f"{tuple(i.shape)}, size_a: {tuple(a.shape)}, size_b: {tuple(b.shape)})"
                ) from None
        object.__setattr__(self, "intersection", i)
        object.__setattr__(self, "size_a", a)
        object.__setattr__(self, "size_b", b)

    @property
    def union(self) -> Array:
        """Size of the union, |A∪B|."""
        return self.size_a + self.size_b - self.intersection

    @property
    def only_a(self) -> Array:
        """Size of what only A has, |A∖B|."""
        return self.size_a - self.intersection

    @property
    def only_b(self) -> Array:
        """Size of what only B has, |B∖A|."""
        return self.size_b - self.intersection

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each of the three arrays."""
        return tuple(self.intersection.shape)

    def sum(self, axis: Axis = None) -> Overlap:
        """Add the overlaps along `axis` (all of them by default)."""
        xp = library(self.intersection)
        return Overlap(
            xp.sum(self.intersection, axis=axis),
            xp.sum(self.size_a, axis=axis),
            xp.sum(self.size_b, axis=axis),
        )

    def __getitem__(self, index: Any) -> Overlap:
        return Overlap(self.intersection[index], self.size_a[index], self.size_b[index])

    def __add__(self, other: Overlap) -> Overlap:
        if not isinstance(other, Overlap):
            return NotImplemented
        return Overlap(
            self.intersection + other.intersection,
            self.size_a + other.size_a,
            self.size_b + other.size_b,
        )

    def __radd__(self, other: object) -> Overlap:
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


def _brief(x: Array) -> str:
    if x.shape or compat.is_lazy_array(x):
        return str(x)
    return f"{number(x):.6g}"

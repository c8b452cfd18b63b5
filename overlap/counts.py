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

from ._arrays import Array, Axis, namespace, number, real, safe_ratio

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
        given = {"intersection": self.intersection, "size_a": self.size_a, "size_b": self.size_b}
        arrays = {k: x if compat.is_array_api_obj(x) else np.asarray(x) for k, x in given.items()}
        xp = namespace("Overlap", **arrays)
        try:
            same = xp.broadcast_arrays(*arrays.values())
        except (ValueError, RuntimeError):
            shapes = ", ".join(f"{k}: {tuple(x.shape)}" for k, x in arrays.items())
            raise ValueError(f"Overlap: the three sizes do not broadcast together ({shapes})") from None
        for name, x in zip(arrays, same, strict=True):
            object.__setattr__(self, name, x)

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
        xp = namespace("Overlap.sum", intersection=self.intersection)
        return Overlap(*(xp.sum(x, axis=axis) for x in self._sizes()))

    def __getitem__(self, index: Any) -> Overlap:
        return Overlap(*(x[index] for x in self._sizes()))

    def __add__(self, other: Overlap) -> Overlap:
        if not isinstance(other, Overlap):
            return NotImplemented
        return Overlap(*(x + y for x, y in zip(self._sizes(), other._sizes(), strict=True)))

    def __radd__(self, other: object) -> Overlap:
        # the built-in sum() starts from 0
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def _sizes(self) -> tuple[Array, Array, Array]:
        return self.intersection, self.size_a, self.size_b

    def _repr_html_(self) -> str:
        xp = namespace("Overlap", intersection=self.intersection)
        i, a, b = (real(x, xp) for x in self._sizes())
        rows = {
            "|A∩B|": self.intersection,
            "|A|": self.size_a,
            "|B|": self.size_b,
            "IoU": safe_ratio(i, a + b - i, nan, xp),
            "Dice": safe_ratio(2 * i, a + b, nan, xp),
        }
        body = "".join(f"<tr><th>{k}</th><td>{escape(_brief(x))}</td></tr>" for k, x in rows.items())
        return f"<table><caption>Overlap{f', shape {self.shape}' if self.shape else ''}</caption>{body}</table>"


def _brief(x: Array) -> str:
    return str(x) if x.shape or compat.is_lazy_array(x) else f"{number(x):.6g}"

"""How several sets overlap at once: one size for each combination of them. Public through the shapes.

Conventions
-----------
- Within this package a combination of sets is a code: a whole number whose bit k is set if set k is among them.
- What lies in none of the sets is left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .counts import Overlap, unchecked

Codes = NDArray[np.int64]

MOST_SETS = 62
"""Bits of a code."""


class Subsets(NamedTuple):
    """What each combination of several sets has to itself.

    Parameters
    ----------
    members : ndarray of bool (n, k)
        Which of the k sets each combination is of; the combinations that occur, ascending.
    size : ndarray (n,)
        What lies in all of these sets and in no other.

    Examples
    --------
    Any plot of combinations takes it as a series, whose index says who is a member:

    >>> import pandas as pd
    >>> from overlap import intervals
    >>> subsets = intervals.measure_many([[[0, 10]], [[5, 20]]])
    >>> index = pd.MultiIndex.from_arrays(subsets.members.T, names=["Anna", "Berta"])
    >>> pd.Series(subsets.size, index)
    Anna   Berta
    True   False     5.0
    False  True     10.0
    True   True      5.0
    dtype: float64
    """

    members: NDArray[np.bool_]
    size: NDArray[Any]

    def overlap(self, a: int, b: int) -> Overlap:
        """Return how two of the sets overlap, by their positions.

        Examples
        --------
        >>> from overlap import intervals
        >>> o = intervals.measure_many([[[0, 10]], [[5, 20]]]).overlap(0, 1)
        >>> float(o.intersection), float(o.size_a), float(o.size_b)
        (5.0, 10.0, 15.0)
        """
        in_a = self.members[:, a]
        in_b = self.members[:, b]
        shared = self.size[in_a & in_b].sum()
        return unchecked(shared, self.size[in_a].sum(), self.size[in_b].sum())


def add_up(codes: Codes, sizes: NDArray[Any], n_sets: int) -> Subsets:
    """Add up the sizes of each combination."""
    occurring, total = totals(codes, sizes)
    is_something = (occurring != 0) & (total > 0)
    bit = np.int64(1) << np.arange(n_sets)
    members = (occurring[is_something, None] & bit) != 0
    return Subsets(members, total[is_something])


def totals(codes: Codes, sizes: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """Return the codes that occur, ascending, and the sum of the sizes of each."""
    occurring, position = np.unique(codes, return_inverse=True)
    total = np.bincount(position.ravel(), sizes.ravel(), len(occurring))
    return occurring, total.astype(sizes.dtype)


def check_number(operation: str, n_sets: int, most: int = MOST_SETS) -> None:
    """Refuse more sets than combinations of can be told apart."""
    if n_sets > most:
        raise ValueError(f"{operation}: {n_sets} sets have too many combinations; pass at most {most}")

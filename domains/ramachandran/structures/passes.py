"""Passes along a chain: where a file begins to name residues anew that it has named already.

Conventions
-----------
- A *pass* names each place once, or several times in a row. It ends where a place comes back.
- The pass that follows begins earlier, with the residues before that one which lead up to it: each is bonded to the one
  before, or its number is higher. Where they lead back to the place itself, as in a chain whose numbers fall, bonds
  alone count.
"""

from __future__ import annotations

import numpy as np

from .atoms import Bools, Ints
from .groups import begins


def number_passes(strand: Ints, place: Ints, bonded: Bools, anew: Bools) -> Ints:
    """Return which pass each residue is of, from 0 on.

    Parameters
    ----------
    strand : ndarray of int, shape (n,)
        What each residue is of; those of one lie side by side.
    place : ndarray of int, shape (n,)
        A number for each place, which rises with the residue's number.
    bonded : ndarray of bool, shape (n,)
        Whether it is bonded to the one before.
    anew : ndarray of bool, shape (n,)
        Where a pass begins in any case.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> place = np.array([2, 3, 4, 1, 2, 3])
    >>> no = np.zeros(6, dtype=bool)
    >>> number_passes(strand=np.zeros(6, dtype=int), place=place, bonded=no, anew=no).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    starts = begins(strand) | anew
    earlier = _earlier(strand, place)
    comes_back = (earlier >= 0) & begins(place)
    rises = np.zeros(len(place), dtype=bool)
    rises[1:] = place[1:] > place[:-1]
    leads_up = (rises | bonded).tolist()
    is_bonded = bonded.tolist()
    begin = 0
    for i in np.flatnonzero(starts | comes_back).tolist():
        if starts[i]:
            begin = i
        elif earlier[i] >= begin:
            begin = _beginning(i, int(earlier[i]), leads_up, is_bonded)
            starts[begin] = True
    return np.cumsum(starts) - 1


def _beginning(i: int, earlier: int, leads_up: list[bool], bonded: list[bool]) -> int:
    """Return where the pass of residue `i` begins, after the `earlier` one at its place."""
    first = _followed(i, earlier, leads_up)
    if leads_up[first]:
        return _followed(i, earlier, bonded)
    return first


def _followed(i: int, earlier: int, links: list[bool]) -> int:
    """Return the first of the residues that are linked, one to the next, up to `i`."""
    while links[i] and i - 1 > earlier:
        i -= 1
    return i


def _earlier(strand: Ints, place: Ints) -> Ints:
    """Return where each residue's place stands last before it in its strand, -1 where it does not."""
    order = np.lexsort((place, strand))
    again = ~begins(strand[order], place[order])
    earlier = np.full(len(place), -1)
    repeated = np.flatnonzero(again)
    earlier[order[repeated]] = order[repeated - 1]
    return earlier

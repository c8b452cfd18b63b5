"""Residues told apart in the order of the file: copies under one number, conformers, residues written twice.

Conventions
-----------
- A *run* is a row of atoms, one after another in the file, that name the same part, segment, number in the chain,
  number, insertion code and residue name.
- An atom that its place (those above but the name) has already, with the same name and altloc, is of another *copy* of
  the residue: the second such atom of the second copy, and so on. All atoms of a run are of one copy, that of its
  latest atom. So a second chain under the same name is a second copy, residue by residue; a second conformer, whose
  altloc differs, belongs to the first; and so do hydrogens that stand at the end of the file.
- An atom that its own run has already is of a residue that was written twice in one place. Such a residue is a
  *duplicate*: the first keeps its neighbours.
- Parts, segments and ``label_seq_id`` make residues of their own, which are copies where they share chain, number and
  insertion code.

References
----------
MDAnalysis 2.11, mdtraj 1.11 and biotite 1.6 tell copies apart as well; Biopython, cctbx and gemmi do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .atoms import Bools, Ints
from .flat import Flat
from .groups import begins, group


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """The residues of a structure, told apart.

    Attributes
    ----------
    order : ndarray of int, shape (atoms,)
        Of the atoms: each residue's lie side by side, as do the residues of a part.
    residue : ndarray of int, shape (atoms,)
        The residue of each atom, in that order.
    copy : ndarray of int, shape (residues,)
        How many residues before it are copies of it.
    duplicate : ndarray of bool, shape (residues,)
        Whether it was written twice in one place, and another one stands for it.
    """

    order: Ints
    residue: Ints
    copy: Ints
    duplicate: Bools


def tell_apart(flat: Flat, number: Ints) -> Apart:
    """Tell residues apart.

    Parameters
    ----------
    flat : Flat
        In the order of the file.
    number : ndarray of int, shape (atoms,)
        Where an atom's residue stands in its chain (``label_seq_id``), 0 where the file does not say.

    Returns
    -------
    Apart

    Examples
    --------
    >>> import gemmi
    >>> from .flat import flatten
    >>> line = "ATOM      1  {:<3s} ALA A   7      11.000  12.000  13.000  1.00 10.00"
    >>> flat = flatten(gemmi.read_pdb_string(chr(10).join(line.format(name) for name in ("N", "CA", "CA", "C"))))
    >>> apart = tell_apart(flat, number=np.zeros(4, dtype=int))
    >>> apart.order, apart.residue, apart.duplicate
    (array([0, 1, 3, 2]), array([0, 0, 0, 1]), array([False,  True]))
    """
    position = group(flat.model, flat.chain, flat.resseq, flat.icode)
    place = group(flat.part, flat.segment, number, position)
    atom = group(place, flat.name, flat.altloc)
    run = np.cumsum(begins(place, flat.resname)) - 1
    before = _occurrence(atom)
    in_run = _occurrence(group(run, atom))
    before_run = np.zeros(run[-1] + 1, dtype=np.int64)
    np.maximum.at(before_run, run, before - in_run)
    residue = _by_appearance(group(place, flat.resname, before_run[run] + in_run))

    first = _firsts(residue)
    rank = _ranks(flat.part[first], number[first], place[first])
    residue = rank[residue]
    order = np.argsort(residue, kind="stable")
    residue = residue[order]
    copy = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(copy, residue, _occurrence(group(position, flat.name, flat.altloc)[order]))
    duplicate = np.empty(len(first), dtype=bool)
    duplicate[rank] = in_run[first] > 0
    return Apart(order, residue, copy, duplicate)


def number_copies(chain: Ints, position: Ints, resseq: Ints, copy: Ints) -> Ints:
    """Return the number of each copy of a chain, from 1 on: a whole copy has one.

    Parameters
    ----------
    chain, position, resseq : ndarray of int, shape (residues,)
        A number for each chain of a model, for each position, and the residue's number.
    copy : ndarray of int, shape (residues,)
        How many residues before it are copies of it.

    Returns
    -------
    ndarray of int, shape (residues,)
        A new copy begins with the first residue that the copy has already, or with those before it that count up to it.

    Examples
    --------
    >>> resseq = np.array([2, 3, 4, 1, 2, 3])
    >>> number_copies(np.zeros(6, dtype=int), resseq, resseq, copy=np.array([0, 0, 0, 0, 1, 1])).tolist()
    [1, 1, 1, 2, 2, 2]
    """
    numbers: list[int] = []
    current: dict[int, int] = {}
    last: dict[int, tuple[int, int]] = {}
    residues = zip(chain.tolist(), position.tolist(), copy.tolist(), strict=True)
    before = -1
    for i, (chain_code, place, n_copies) in enumerate(residues):
        now = current.setdefault(chain_code, 1)
        same, number = last.get(place, (n_copies, now))
        # microheterogeneity, or a residue beside the one that it repeats, begins no copy
        if same != n_copies and place != before:
            number = max(now, number + 1)
            current[chain_code] = number
            _number_those_before(numbers, i, chain, resseq, number)
        elif place not in last:
            number = now
        numbers.append(number)
        last[place] = (n_copies, number)
        before = place
    return np.array(numbers)


def _number_those_before(numbers: list[int], i: int, chain: Ints, resseq: Ints, number: int) -> None:
    """Give the residues that count up to residue `i` its number as well."""
    while i > 0 and chain[i - 1] == chain[i] and resseq[i - 1] + 1 == resseq[i] and numbers[i - 1] < number:
        i -= 1
        numbers[i] = number


def _occurrence(key: Ints) -> Ints:
    """Return how many equal keys stand before each."""
    order = np.argsort(key, kind="stable")
    in_order = key[order]
    occurrence = np.empty(len(key), dtype=np.int64)
    occurrence[order] = np.arange(len(key)) - np.searchsorted(in_order, in_order)
    return occurrence


def _by_appearance(key: Ints) -> Ints:
    """Return a number for each of the keys, from 0 on in the order in which they appear."""
    first = _firsts(key)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[key]


def _firsts(key: Ints) -> Ints:
    """Return where each key from 0 on appears first."""
    places: npt.NDArray[np.int64] = np.arange(len(key))
    first = np.full(key.max() + 1, len(key), dtype=np.int64)
    np.minimum.at(first, key, places)
    return first


def _ranks(part: Ints, number: Ints, place: Ints) -> Ints:
    """Return the rank of each residue: part by part, and where rows are out of order by the number in the chain."""
    part = _by_appearance(part)
    # a number that is missing, or stands twice, orders nothing
    unordered = (number == 0) | (_occurrence(place) > 0)
    in_order = np.bincount(part, unordered) == 0
    order = np.lexsort((np.where(in_order[part], number, 0), part))
    rank = np.empty(len(part), dtype=np.int64)
    rank[order] = np.arange(len(part))
    return rank

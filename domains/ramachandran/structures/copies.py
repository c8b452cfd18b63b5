"""Residues told apart in the order of the file: copies under one number, conformers, residues written twice.

Conventions
-----------
- A *strand* is a part of a chain with one segment. A *run* is a row of its atoms, one after another, that name the same
  number in the chain, number, insertion code and residue name. `passes` says what a pass is.
- A pass whose atoms are all new, by place, name and altloc, belongs to the copy before: hydrogens at the end of the
  file, a second conformer with an altloc of its own. If one atom is not, the whole pass is a further *copy*, with all
  its conformers. So is one that has an altloc where the copy before has none, or the reverse, unless an atom of the
  same name lies nearer than ``NEAREST`` to it.
- An atom that its own run has already is of a residue that was written again in one place. That begins a copy where the
  chain goes on from it and not from the first: from the first's C to its N, or from its C to the N of what follows. It
  is of another copy where residues alternate, copy by copy. Elsewhere it is a *duplicate*: the first keeps its
  neighbours.
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

from .atoms import Bools, Floats, Ints
from .flat import Flat, as_integer
from .groups import begins, group
from .passes import number_passes

BOND = 2.0
"""C and N of bonded neighbours are nearer than this, Ångström."""
NEAREST = 2.0
"""Atoms of one name nearer than this stand for one another, Ångström: no two molecules come so close."""


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """The residues of a structure, told apart.

    Attributes
    ----------
    order : ndarray of int, shape (atoms,)
        Of the atoms: each residue's lie side by side, as do the residues of a copy.
    residue : ndarray of int, shape (atoms,)
        The residue of each atom, in that order.
    copy : ndarray of int, shape (residues,)
        How many copies of its place stand before it in its strand.
    bonded : ndarray of bool, shape (residues,)
        Whether it is bonded to the residue before.
    repeated : ndarray of bool, shape (residues,)
        Whether it was written again in one place.
    duplicate : ndarray of bool, shape (residues,)
        Whether another one stands for it there.
    """

    order: Ints
    residue: Ints
    copy: Ints
    bonded: Bools
    repeated: Bools
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
    strand = group(flat.part, flat.segment)
    in_strands = np.argsort(strand, kind="stable")
    atoms = _Atoms(flat.take(in_strands), strand[in_strands], number[in_strands])
    starts_again = _starts_again(atoms)
    run = np.cumsum(atoms.starts | starts_again) - 1
    in_run = _occurrence(group(run, atoms.key))
    generation = in_run + _copies_before(atoms, run, in_run, starts_again)
    residue = _by_appearance(group(atoms.place, atoms.flat.resname, generation))

    first = _firsts(residue)
    again = in_run[first] > 0
    is_repeated = again | (starts_again & ~atoms.starts)[first]
    n = _positions(atoms.flat, residue, "N")
    c = _positions(atoms.flat, residue, "C")
    is_duplicate = again & ~_is_of_a_copy(n, c, run[first], generation[first])
    copy = generation[first] - np.where(is_duplicate, in_run[first], 0)
    ranked = _in_order(atoms.flat.part[first], atoms.number[first], atoms.place[first], copy, in_strands[first])
    rank = np.argsort(ranked)[residue]
    order = np.argsort(rank, kind="stable")
    return Apart(
        order=in_strands[order],
        residue=rank[order],
        copy=copy[ranked],
        bonded=_is_bonded(n[ranked], c[ranked]),
        repeated=is_repeated[ranked],
        duplicate=is_duplicate[ranked],
    )


def number_copies(chain: Ints, position: Ints, copy: Ints, bonded: Bools) -> Ints:
    """Return the number of each copy of a chain, from 1 on: a whole copy has one.

    Parameters
    ----------
    chain, position : ndarray of int, shape (residues,)
        A number for each chain of a model, and for each position: it rises with the residue's number.
    copy : ndarray of int, shape (residues,)
        What `Apart` says of it: of residues in one position, side by side, another copy has another.
    bonded : ndarray of bool, shape (residues,)
        Whether the residue is bonded to the one before.

    Returns
    -------
    ndarray of int, shape (residues,)

    Examples
    --------
    >>> position = np.array([2, 3, 4, 1, 2, 3])
    >>> no = np.zeros(6, dtype=bool)
    >>> number_copies(np.zeros(6, dtype=int), position, copy=np.array([0, 0, 0, 0, 1, 1]), bonded=no).tolist()
    [1, 1, 1, 2, 2, 2]
    """
    order = np.argsort(chain, kind="stable")
    chain = chain[order]
    position = position[order]
    anew = begins(copy[order]) & ~begins(chain, position)
    passes = number_passes(chain, position, bonded[order], anew)
    first = np.flatnonzero(begins(chain))
    chain_number = np.cumsum(begins(chain)) - 1
    numbers = np.empty(len(chain), dtype=np.int64)
    numbers[order] = passes - passes[first][chain_number] + 1
    return numbers


class _Atoms:
    """The atoms of a structure, strand by strand, each in the order of the file.

    Parameters
    ----------
    flat : Flat
    strand, number : ndarray of int, shape (atoms,)
        The strand, and where the residue stands in its chain, 0 where the file does not say.

    Attributes
    ----------
    place : ndarray of int, shape (atoms,)
        A number for each place of a strand, which rises with the residue's number.
    key : ndarray of int, shape (atoms,)
        A number for each place, name and altloc.
    starts : ndarray of bool, shape (atoms,)
        Whether another place or residue name begins.
    """

    def __init__(self, flat: Flat, strand: Ints, number: Ints) -> None:
        self.flat = flat
        self.strand = strand
        self.number = number
        # a strand lies in one chain of one model
        self.place = group(strand, number, flat.resseq, flat.icode)
        self.key = group(self.place, flat.name, flat.altloc)
        self.starts = begins(self.place, flat.resname)


def _starts_again(atoms: _Atoms) -> Bools:
    """Mark the atoms with which a copy begins in the place where the one before it ends."""
    flat = atoms.flat
    stay = np.cumsum(begins(atoms.place)) - 1
    again = _occurrence(group(stay, flat.name, flat.altloc))
    marked = np.zeros(len(stay), dtype=bool)
    if not again.any():
        return marked
    # how often the place was begun in this stay, up to each atom
    block = np.maximum.accumulate(stay * len(stay) + again) - stay * len(stay)
    starts = begins(stay, block)
    unit = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    head = np.flatnonzero(block[first] == 0)[stay[first]]
    following = _next_head(head, atoms.strand[first])

    n = _positions(flat, unit, "N")
    c = _positions(flat, unit, "C")
    goes_on = _is_near(c, n[following], BOND) & (following >= 0)
    continues = goes_on | _is_bonded(n, c)
    in_backbone = np.isin(flat.name, [as_integer(name) for name in ("N", "CA", "C")])
    is_mixed = np.bincount(unit, in_backbone & (again < block)) > 0
    is_copy = (block[first] > 0) & continues & ~goes_on[head] & ~is_mixed
    marked[first[is_copy]] = True
    return marked


def _next_head(head: Ints, strand: Ints) -> Ints:
    """Return the unit with which the next place begins, -1 at the end of a strand."""
    heads = np.unique(head)
    following = np.append(heads[1:], -1)[np.searchsorted(heads, head)]
    return np.where(strand[following] == strand, following, -1)


def _copies_before(atoms: _Atoms, run: Ints, in_run: Ints, starts_again: Bools) -> Ints:
    """Return how many copies stand before the one that each atom's pass is of, in its strand."""
    first = np.flatnonzero(begins(run))
    bonded = _is_bonded(_positions(atoms.flat, run, "N"), _positions(atoms.flat, run, "C"))
    passes = number_passes(atoms.strand[first], atoms.place[first], bonded, starts_again[first])[run]
    spot = group(atoms.place, atoms.flat.name)
    begin = np.flatnonzero(begins(passes))
    end = np.append(begin[1:], len(passes))

    before = np.zeros(len(passes), dtype=np.int64)
    latest = np.full(atoms.key.max() + 1, -1)
    last_at = np.full(spot.max() + 1, -1)
    for i, j in zip(begin.tolist(), end.tolist(), strict=True):
        of_pass = np.arange(i, j)
        after_same = latest[atoms.key[i:j]] + 1 - in_run[i:j]
        after_others = _after_others(atoms.flat, of_pass, last_at[spot[i:j]], before)
        before[i:j] = max(0, int(after_same.max()), after_others)
        latest[atoms.key[i:j]] = before[i:j] + in_run[i:j]
        last_at[spot[i:j]] = of_pass
    return before


def _after_others(flat: Flat, atoms: Ints, others: Ints, before: Ints) -> int:
    """Return which copy comes after those that have an altloc where these atoms have none, or the reverse."""
    differ = (others >= 0) & ((flat.altloc[atoms] == 0) != (flat.altloc[others] == 0))
    if not differ.any():
        return 0
    atoms = atoms[differ]
    others = others[differ]
    if _is_near(flat.position[atoms], flat.position[others], NEAREST).any():
        return 0
    return int(before[others].max()) + 1


def _is_of_a_copy(n: Floats, c: Floats, run: Ints, generation: Ints) -> Bools:
    """Mark the residues that are bonded within their own copy, and lie apart from the first of their run."""
    by_copy = np.lexsort((run, generation))
    bonded = _is_bonded(n[by_copy], c[by_copy])
    linked = np.empty(len(n), dtype=bool)
    linked[by_copy] = bonded | np.append(bonded[1:], False)
    _, first, of_run = np.unique(run, return_index=True, return_inverse=True)
    return linked & ~_is_near(n, n[first][of_run], NEAREST)


def _is_bonded(n: Floats, c: Floats) -> Bools:
    """Return whether each residue is bonded to the one before, given where their N and C are."""
    return np.append(False, _is_near(c[:-1], n[1:], BOND))


def _positions(flat: Flat, unit: Ints, name: str) -> Floats:
    """Return where the atom of a name is in each unit, NaN without; of several the first."""
    atoms = np.flatnonzero(flat.name == as_integer(name))[::-1]
    positions = np.full((unit.max() + 1, 3), np.nan)
    positions[unit[atoms]] = flat.position[atoms]
    return positions


def _is_near(a: Floats, b: Floats, distance: float) -> Bools:
    """Return which points lie nearer to one another than a distance; NaN does not."""
    # atoms far beyond any molecule are near to none, and no reason for a warning
    with np.errstate(over="ignore", invalid="ignore"):
        step = a - b
        near: Bools = np.einsum("ij,ij->i", step, step) < distance**2
    return near


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


def _in_order(part: Ints, number: Ints, place: Ints, copy: Ints, in_file: Ints) -> Ints:
    """Return the order of residues, given where each begins in the file.

    The copies of each part stand in the order of the file. So do their residues, but by the number in the chain where
    rows are out of order; those in one place lie side by side.
    """
    block = group(part, copy)
    begin = np.full(block.max() + 1, in_file.max())
    np.minimum.at(begin, block, in_file)
    # a number that is missing, or stands twice, orders nothing
    is_unordered = (number == 0) | (_occurrence(place) > 0)
    is_ordered = np.bincount(block, is_unordered) == 0
    number = np.where(is_ordered[block], number, 0)
    beside = _by_appearance(group(place, copy))
    return np.lexsort((beside, number, begin[block]))

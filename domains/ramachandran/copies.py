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
    strand = _by_appearance(group(flat.part, flat.segment))
    in_strands = np.argsort(strand, kind="stable")
    flat = flat.take(in_strands)
    strand = strand[in_strands]
    number = number[in_strands]
    position = group(flat.model, flat.chain, flat.resseq, flat.icode)
    place = group(strand, number, position)
    atom = group(place, flat.name, flat.altloc)

    named = begins(place, flat.resname)
    split = _begin_again(flat, strand, place)
    run = np.cumsum(named | split) - 1
    in_run = _occurrence(group(run, atom))
    generation = in_run + _copies_before(flat, strand, place, run, split, atom, in_run)
    residue = _by_appearance(group(place, flat.resname, generation))

    first = _firsts(residue)
    again = in_run[first] > 0
    duplicate = again & ~_is_of_a_copy(flat, residue, run[first], generation[first])
    copy = generation[first] - np.where(duplicate, in_run[first], 0)
    rank = _ranks(flat.part[first], number[first], place[first], copy, in_strands[first])
    residue = rank[residue]
    order = np.argsort(residue, kind="stable")
    residue = residue[order]
    in_rank = np.argsort(rank)
    return Apart(
        order=in_strands[order],
        residue=residue,
        copy=copy[in_rank],
        bonded=_bonded_to_before(flat.take(order), residue),
        repeated=(again | (split & ~named)[first])[in_rank],
        duplicate=duplicate[in_rank],
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


def _begin_again(flat: Flat, strand: Ints, place: Ints) -> Bools:
    """Mark the atoms with which a copy begins in the place where the one before it ends."""
    stretch = np.cumsum(begins(place)) - 1
    again = _occurrence(group(stretch, flat.name, flat.altloc))
    marked = np.zeros(len(place), dtype=bool)
    if not again.any():
        return marked
    # how often the place was begun, up to each atom
    block = np.maximum.accumulate(stretch * len(place) + again) - stretch * len(place)
    starts = begins(stretch, block)
    unit = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    head = np.flatnonzero(block[first] == 0)[stretch[first]]
    after = _next_head(head, strand[first])

    n, c = _backbone(flat, unit)
    bonded = _near(c[:-1], n[1:], BOND)
    follows_unit_before = np.append(False, bonded)
    goes_on = _near(c, n[after], BOND) & (after >= 0)
    continues = follows_unit_before | goes_on
    untidy = np.isin(flat.name, _BACKBONE) & (again < block)
    mixed = np.bincount(unit, untidy) > 0
    own = (block[first] > 0) & continues & ~goes_on[head] & ~mixed
    marked[first[own]] = True
    return marked


def _next_head(head: Ints, strand: Ints) -> Ints:
    """Return the unit with which the next place begins, -1 at the end of a strand."""
    heads = np.unique(head)
    following = np.append(heads[1:], -1)[np.searchsorted(heads, head)]
    return np.where(strand[following] == strand, following, -1)


def _copies_before(flat: Flat, strand: Ints, place: Ints, run: Ints, split: Bools, atom: Ints, in_run: Ints) -> Ints:
    """Return how many copies stand before the one that each atom's pass is of, in its strand."""
    first = np.flatnonzero(begins(run))
    n, c = _backbone(flat, run)
    bonded = np.append(False, _near(c[:-1], n[1:], BOND))
    passes = number_passes(strand[first], place[first], bonded, split[first])[run]
    spot = group(place, flat.name)
    begin = np.flatnonzero(begins(passes))
    end = np.append(begin[1:], len(passes))

    before = np.zeros(len(passes), dtype=np.int64)
    latest = np.full(atom.max() + 1, -1)
    last_at = np.full(spot.max() + 1, -1)
    for i, j in zip(begin.tolist(), end.tolist(), strict=True):
        atoms = np.arange(i, j)
        exact = latest[atom[i:j]] + 1 - in_run[i:j]
        before[i:j] = max(0, int(exact.max()), _after_others(flat, atoms, last_at[spot[i:j]], before))
        latest[atom[i:j]] = before[i:j] + in_run[i:j]
        last_at[spot[i:j]] = atoms
    return before


def _after_others(flat: Flat, atoms: Ints, others: Ints, before: Ints) -> int:
    """Return which copy comes after those that have an altloc where these atoms have none, or the reverse."""
    differ = (others >= 0) & ((flat.altloc[atoms] == 0) != (flat.altloc[others] == 0))
    if not differ.any():
        return 0
    if _near(flat.position[atoms[differ]], flat.position[others[differ]], NEAREST).any():
        return 0
    return int(before[others[differ]].max()) + 1


def _is_of_a_copy(flat: Flat, residue: Ints, run: Ints, generation: Ints) -> Bools:
    """Mark the residues that are bonded within their own copy, and lie apart from the first of their run."""
    n, c = _backbone(flat, residue)
    in_copies = np.lexsort((run, generation))
    bonded = _near(c[in_copies[:-1]], n[in_copies[1:]], BOND)
    linked = np.append(bonded, False) | np.append(False, bonded)
    is_linked = np.empty(len(linked), dtype=bool)
    is_linked[in_copies] = linked
    _, first, of_run = np.unique(run, return_index=True, return_inverse=True)
    return is_linked & ~_near(n, n[first][of_run], NEAREST)


def _bonded_to_before(flat: Flat, residue: Ints) -> Bools:
    n, c = _backbone(flat, residue)
    return np.append(False, _near(c[:-1], n[1:], BOND))


_BACKBONE = [as_integer(name) for name in ("N", "CA", "C")]


def _backbone(flat: Flat, unit: Ints) -> tuple[Floats, Floats]:
    """Return where N and C of each unit are, NaN without; of several conformers the first."""
    found = []
    for name in (_BACKBONE[0], _BACKBONE[2]):
        atoms = np.flatnonzero(flat.name == name)[::-1]
        where = np.full((unit.max() + 1, 3), np.nan)
        where[unit[atoms]] = flat.position[atoms]
        found.append(where)
    n, c = found
    return n, c


def _near(a: Floats, b: Floats, distance: float) -> Bools:
    """Return which points lie nearer to one another than a distance; NaN does not."""
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


def _ranks(part: Ints, number: Ints, place: Ints, copy: Ints, in_file: Ints) -> Ints:
    """Return the rank of each residue, given where each begins in the file.

    The copies of each part stand in the order of the file. So do their residues, but by the number in the chain where
    rows are out of order; those in one place lie side by side.
    """
    block = group(part, copy)
    begin = np.full(block.max() + 1, in_file.max())
    np.minimum.at(begin, block, in_file)
    # a number that is missing, or stands twice, orders nothing
    unordered = (number == 0) | (_occurrence(place) > 0)
    in_order = np.bincount(block, unordered) == 0
    beside = _by_appearance(group(place, copy))
    order = np.lexsort((beside, np.where(in_order[block], number, 0), begin[block]))
    rank = np.empty(len(part), dtype=np.int64)
    rank[order] = np.arange(len(part))
    return rank

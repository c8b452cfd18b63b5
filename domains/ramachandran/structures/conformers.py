"""Conformers: which atoms of a structure are in each, which residues neighbour each other there, and if not, why.

Conventions
-----------
- Neighbours are residues that follow one another in one part of a chain (up to a TER or a change of mmCIF's
  ``label_asym_id``) and whose C and N are nearer than ``max_bond``. Numbers are names, and nothing is calculated from
  them.
- A chain whose last C and first N are nearer than ``max_bond`` is a head-to-tail ring. Its ends are neighbours where
  rings are asked to be closed; MolProbity does not.
- A conformer X is all atoms without an altloc and those of altloc X.
- An altloc touches a residue where one of its backbone atoms (N, CA, C, O, CB, H), C of the residue before or N of the
  residue after has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .atoms import ATOM_NAMES, CA, Atoms, Bools, C, Floats, Ints, N, Residues
from .groups import begins, first_of_each, group

DUPLICATE = ("duplicate id", "written twice: an earlier residue has the same chain, number and insertion code")

_BLANK = ord(" ")
"""The altloc of a blank atom that its residue has with an altloc too; its text is ""."""


class Conformer:
    """One conformer of each part that has it: its residues in a row, with the links between them.

    Parameters
    ----------
    atoms : Atoms
    residues : Residues
    rank : int
        0 for the first conformer of each part, and so on.
    altloc : ndarray of int, shape (parts,)
        Its altloc in each part; 0 where the part has none, -1 where it has no conformer of this rank.
    max_bond : float
        Bonded neighbours' C and N are nearer than this, Ångström.
    close_rings : bool
        Whether the ends of a head-to-tail ring are neighbours.

    Attributes
    ----------
    altloc, residue : ndarray of int, shape (n,)
        Each residue's altloc here, and its index into `residues`.
    table : ndarray of int, shape (n, len(ATOM_NAMES))
        Index into `atoms`, -1 where there is none.
    before, after : ndarray of int, shape (n,)
        The bonded neighbours' indices into the above, -1 where there is none.

    Examples
    --------
    >>> from .atoms import made_residues
    >>> zeros, i = np.zeros(6, dtype=int), np.arange(6)
    >>> along_x = i[:, None] * np.array([1.0, 0.0, 0.0])
    >>> atoms = Atoms(along_x, i // 3, i % 3, zeros, zeros + 1.0, zeros * 0.0)
    >>> conformer = Conformer(atoms, made_residues(["ALA", "ALA"]), rank=0, altloc=zeros[:1], max_bond=2.0)
    >>> conformer.after, conformer.why(0)
    (array([ 1, -1]), ('terminal', 'first of the chain'))
    """

    def __init__(
        self, atoms: Atoms, residues: Residues, rank: int, altloc: Ints, max_bond: float, close_rings: bool = False
    ) -> None:
        self.atoms = atoms
        self.residues = residues
        self.rank = rank
        table = self._table(altloc[residues.part])
        present = np.any(table >= 0, axis=1)
        if rank == 0:
            # residues of which the walk looks at no atom are reported in the first conformer
            present |= np.bincount(atoms.residue, minlength=len(table)) == 0
        self.residue = np.flatnonzero(present)
        self.table = table[self.residue]
        self._part = residues.part[self.residue]
        self._copy = residues.copy[self.residue]
        self.altloc = altloc[self._part]
        self._taken: Bools = (residues.parent[self.residue] != "") & ~residues.duplicate[self.residue]
        self.before, self.after = self._links(max_bond)
        first, last = self._ring_ends(max_bond)
        self._other_end = dict(zip([*first, *last], [*last, *first], strict=True))
        if close_rings:
            self.before[first] = last
            self.after[last] = first

    def touched(self) -> Bools:
        """Mark the residues that have an altloc, or whose neighbours have it on the atoms that the angles use."""
        alternate: Bools = (self.table >= 0) & (self.atoms.altloc[self.table] > 0)
        own = alternate.any(axis=1)
        before = (self.before >= 0) & alternate[self.before, C]
        after = (self.after >= 0) & alternate[self.after, N]
        touched: Bools = own | before | after
        return touched

    def why(self, i: int) -> tuple[str, str]:
        """Return why residue `i` has not both phi and psi: the reason and the detail."""
        if self.residues.duplicate[self.residue[i]]:
            return DUPLICATE
        if not self._taken[i]:
            return "non-standard", self.residues.why[self.residue[i]]
        missing = self._missing(i, (N, CA, C))
        if missing:
            return "missing atom", missing
        if self.before[i] < 0:
            return self._why_unlinked(i, self._beside(i, -1))
        after = self.after[i]
        if after < 0:
            return self._why_unlinked(i, self._beside(i, 1))
        missing = self._missing(after, (N, CA, C))
        if missing:
            return "missing atom", f"{missing} of {self._name(after)}"
        return "degenerate geometry", "atoms coincide or lie on one line"

    def _table(self, own: Ints) -> Ints:
        """Return the atom of each residue and name, -1 where there is none, given each residue's own altloc."""
        altloc = own[self.atoms.residue]
        in_conformer = (self.atoms.altloc == 0) | (self.atoms.altloc == altloc)
        atoms = np.flatnonzero(in_conformer & (altloc >= 0))
        # what is written last stays: the first of a repeated name
        atoms = atoms[::-1]
        table = np.full((len(own), len(ATOM_NAMES)), -1)
        table[self.atoms.residue[atoms], self.atoms.name[atoms]] = atoms
        return table

    def _links(self, max_bond: float) -> tuple[Ints, Ints]:
        """Return the bonded neighbours, as indices into this conformer's residues; -1 where there is none."""
        taken = np.flatnonzero(self._taken)
        i = taken[:-1]
        j = taken[1:]
        same_part = self._part[i] == self._part[j]
        bonded = same_part & (self._bond(i, j) < max_bond)
        before = np.full(len(self.residue), -1)
        after = np.full(len(self.residue), -1)
        before[j[bonded]] = i[bonded]
        after[i[bonded]] = j[bonded]
        return before, after

    def _ring_ends(self, max_bond: float) -> tuple[list[int], list[int]]:
        """Return the first and the last residue of each head-to-tail ring."""
        taken = np.flatnonzero(self._taken)
        if not len(taken):
            return [], []
        begin = np.flatnonzero(begins(self._part[taken], self._copy[taken]))
        end = np.append(begin[1:], len(taken)) - 1
        first = taken[begin]
        last = taken[end]
        ring = (first < last) & (self._bond(last, first) < max_bond)
        return first[ring].tolist(), last[ring].tolist()

    def _bond(self, i: Ints, j: Ints) -> Floats:
        """Return the distance from C of residue `i` to N of residue `j`, NaN without the atoms."""
        c = self.table[i, C]
        n = self.table[j, N]
        step = self.atoms.position[c] - self.atoms.position[n]
        distance = np.sqrt(np.einsum("ij,ij->i", step, step))
        return np.where((c >= 0) & (n >= 0), distance, np.nan)

    def _beside(self, i: int, step: int) -> int:
        """Return the residue before or after `i` in the file, duplicates aside; an index out of range at its end."""
        j = i + step
        while 0 <= j < len(self.residue) and self.residues.duplicate[self.residue[j]]:
            j += step
        return j

    def _why_unlinked(self, i: int, j: int) -> tuple[str, str]:
        """Return why residue `i` is not linked to `j`, which lies beside it in the file."""
        before = j < i
        if not self._in_one_chain(i, j):
            if i in self._other_end:
                return self._why_ring(i, self._other_end[i])
            return "terminal", "first of the chain" if before else "last of the chain"
        name = self._name(j)
        if not self._taken[j]:
            cap = self.residues.cap[self.residue[j]]
            return "terminal" if cap else "non-standard neighbour", f"next to {name}"
        missing = self._missing(j, (C,) if before else (N,))
        if missing:
            return "missing atom", f"{missing} of {name}"
        first = np.array([min(i, j)])
        second = np.array([max(i, j)])
        bond = float(self._bond(first, second)[0])
        return "break", f"C–N {bond:.1f} Å to {name}"

    def _why_ring(self, i: int, j: int) -> tuple[str, str]:
        first = np.array([min(i, j)])
        last = np.array([max(i, j)])
        bond = float(self._bond(last, first)[0])
        return "ring", f'C–N {bond:.2f} Å to {self._name(j)}, taken with rings="closed"'

    def _in_one_chain(self, i: int, j: int) -> bool:
        if not 0 <= j < len(self._part):
            return False
        return bool(self._part[i] == self._part[j] and self._copy[i] == self._copy[j])

    def _missing(self, i: int, names: tuple[int, ...]) -> str:
        return ", ".join(ATOM_NAMES[name] for name in names if self.table[i, name] < 0)

    def _name(self, i: int) -> str:
        return self.residues.describe(self.residue[i])


def conformers(atoms: Atoms, residues: Residues, *, max_bond: float, close_rings: bool = False) -> Iterator[Conformer]:
    """Yield the conformers of a structure: the first of each part, then the second, and so on.

    Parameters
    ----------
    atoms : Atoms
    residues : Residues
    max_bond : float
        Bonded neighbours' C and N are nearer than this, Ångström.
    close_rings : bool
        Whether the ends of a head-to-tail ring are neighbours.

    Yields
    ------
    Conformer

    Examples
    --------
    >>> from .atoms import made_residues
    >>> zeros = np.zeros(2, dtype=int)
    >>> altloc = np.array([ord("A"), ord("B")])
    >>> atoms = Atoms(np.eye(3)[:2], zeros, zeros, altloc, occupancy=np.array([0.6, 0.4]), b_iso=zeros * 0.0)
    >>> residues = made_residues(["ALA"])
    >>> [chr(conformer.altloc[0]) for conformer in conformers(atoms, residues, max_bond=2.0)]
    ['A', 'B']
    """
    atoms = replace(atoms, altloc=_mark_blanks(atoms))
    altlocs = _altlocs(atoms, residues.part)
    for rank, altloc in enumerate(altlocs):
        yield Conformer(atoms, residues, rank, altloc, max_bond, close_rings)


def _mark_blanks(atoms: Atoms) -> Ints:
    """Return the altlocs, with " " for blank atoms that the same residue has with an altloc too."""
    alternate = atoms.altloc > 0
    n_residues = atoms.residue.max(initial=-1) + 1
    has_alternate = np.zeros((n_residues, len(ATOM_NAMES)), dtype=bool)
    has_alternate[atoms.residue[alternate], atoms.name[alternate]] = True
    both = ~alternate & has_alternate[atoms.residue, atoms.name]
    return np.where(both, _BLANK, atoms.altloc)


def _altlocs(atoms: Atoms, part: Ints) -> Ints:
    """Return the altlocs of each part in order of appearance, shape (conformers, parts); -1 where it has no more."""
    alternate = np.flatnonzero(atoms.altloc)
    residue = atoms.residue[alternate]
    altloc = atoms.altloc[alternate]
    # within a residue the blank ones come first
    order = np.lexsort((altloc != _BLANK, residue))
    altloc = altloc[order]
    parts = part[residue][order]
    pair = group(parts, altloc)
    first = first_of_each(pair, np.ones(len(pair), dtype=bool))
    altloc = altloc[first]
    parts = parts[first]

    rank = np.arange(len(parts)) - np.searchsorted(parts, parts)
    n_conformers = rank.max(initial=0) + 1
    n_parts = part[-1] + 1
    altlocs = np.full((n_conformers, n_parts), -1)
    altlocs[0] = 0
    altlocs[rank, parts] = altloc
    return altlocs

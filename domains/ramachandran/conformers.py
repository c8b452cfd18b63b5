"""Conformers: which atoms of a structure are in each, which residues neighbour each other there, and if not, why.

Conventions
-----------
Neighbours are residues that follow one another in one part of a chain (up to a TER or a change of mmCIF's
``label_asym_id``) and whose C and N are nearer than ``max_bond``; numbers are names, never arithmetic. A ring's
closing bond is not looked for.

A conformer X is all atoms without an altloc and those of altloc X. An altloc touches a residue where one of its
backbone atoms (N, CA, C, O, CB, H), C of the residue before or N of the residue after has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .atoms import ATOM_NAMES, CA, Atoms, Bools, C, Floats, Ints, N, Residues

_TWIN = ord(" ")  # the altloc, told as "", of a blank atom whose residue has it with an altloc too


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
    >>> zeros, i = np.zeros(6, dtype=int), np.arange(6)
    >>> atoms = Atoms(np.eye(6)[:, :3], i // 3, i % 3, zeros, zeros + 1.0, zeros * 0.0)
    >>> none, name = (np.full(2, word, dtype=object) for word in ("", "ALA"))
    >>> residues = Residues(none, none, i[1:3], none, name, zeros[:2], i[:2], parent=name, why=none)
    >>> conformer = Conformer(atoms, residues, rank=0, altloc=zeros[:1], max_bond=2.0)
    >>> conformer.after, conformer.why(0)
    (array([ 1, -1]), ('terminal', 'first of the chain'))
    """

    def __init__(self, atoms: Atoms, residues: Residues, rank: int, altloc: Ints, max_bond: float) -> None:
        self.atoms, self.residues, self.rank = atoms, residues, rank
        table = self._table(altloc[residues.part])
        bare = np.bincount(atoms.residue, minlength=len(table)) == 0
        here = (table >= 0).any(axis=1) | bare if rank == 0 else (table >= 0).any(axis=1)
        self.residue = np.flatnonzero(here)
        self._part = residues.part[self.residue]
        self.altloc, self.table = altloc[self._part], table[self.residue]
        self._taken: Bools = residues.parent[self.residue] != ""
        self.before, self.after = self._links(max_bond)

    def touched(self) -> Bools:
        """Tell whether an altloc is on the residue, or on the neighbours' atoms that its angles use."""
        alternate: Bools = (self.table >= 0) & (self.atoms.altloc[self.table] > 0)
        before = (self.before >= 0) & alternate[self.before, C]
        after = (self.after >= 0) & alternate[self.after, N]
        touched: Bools = alternate.any(axis=1) | before | after
        return touched

    def why(self, i: int) -> tuple[str, str]:
        """Tell why residue `i` has not both phi and psi: the reason and the detail."""
        if not self._taken[i]:
            return "non-standard", self.residues.why[self.residue[i]]
        if missing := self._missing(i, (N, CA, C)):
            return "missing atom", missing
        if self.before[i] < 0:
            return self._why_unlinked(i, i - 1)
        if self.after[i] < 0:
            return self._why_unlinked(i, i + 1)
        if missing := self._missing(self.after[i], (N, CA, C)):
            return "missing atom", f"{missing} of {self._name(self.after[i])}"
        return "degenerate geometry", "atoms coincide or lie on one line"

    def _table(self, own: Ints) -> Ints:
        """Atom of each residue and name, -1 where there is none."""
        altloc = own[self.atoms.residue]
        chosen = np.flatnonzero((altloc >= 0) & ((self.atoms.altloc == 0) | (self.atoms.altloc == altloc)))
        table = np.full((len(own), len(ATOM_NAMES)), -1)
        chosen = chosen[::-1]  # the first of a repeated name stays
        table[self.atoms.residue[chosen], self.atoms.name[chosen]] = chosen
        return table

    def _links(self, max_bond: float) -> tuple[Ints, Ints]:
        """Bonded neighbours, as indices into this conformer's residues; -1 where there is none."""
        taken = np.flatnonzero(self._taken)
        i, j = taken[:-1], taken[1:]
        bonded = (self._part[i] == self._part[j]) & (self._bond(i, j) < max_bond)
        before, after = np.full((2, len(self.residue)), -1)
        before[j[bonded]], after[i[bonded]] = i[bonded], j[bonded]
        return before, after

    def _bond(self, i: Ints, j: Ints) -> Floats:
        """C–N distance, NaN without the atoms."""
        c, n = self.table[i, C], self.table[j, N]
        step = self.atoms.position[c] - self.atoms.position[n]
        return np.where((c >= 0) & (n >= 0), np.sqrt(np.einsum("ij,ij->i", step, step)), np.nan)

    def _why_unlinked(self, i: int, j: int) -> tuple[str, str]:
        if not 0 <= j < len(self._part) or self._part[i] != self._part[j]:
            return "terminal", "first of the chain" if j < i else "last of the chain"
        if not self._taken[j]:
            cap = self.residues.why[self.residue[j]] == "cap"
            return "terminal" if cap else "non-standard neighbour", f"next to {self._name(j)}"
        if missing := self._missing(j, (C,) if j < i else (N,)):
            return "missing atom", f"{missing} of {self._name(j)}"
        bond = float(self._bond(*np.sort([[i], [j]], axis=0))[0])
        return "break", f"C–N {bond:.1f} Å to {self._name(j)}"

    def _missing(self, i: int, names: tuple[int, ...]) -> str:
        return ", ".join(ATOM_NAMES[name] for name in names if self.table[i, name] < 0)

    def _name(self, i: int) -> str:
        return self.residues.describe(self.residue[i])


def conformers(atoms: Atoms, residues: Residues, *, max_bond: float) -> Iterator[Conformer]:
    """Yield the conformers of a structure: the first of each part, then the second, and so on.

    Parameters
    ----------
    atoms : Atoms
    residues : Residues
    max_bond : float
        Bonded neighbours' C and N are nearer than this, Ångström.

    Yields
    ------
    Conformer

    Examples
    --------
    >>> zeros = np.zeros(2, dtype=int)
    >>> altloc = np.array([ord("A"), ord("B")])
    >>> atoms = Atoms(np.eye(3)[:2], zeros, zeros, altloc, occupancy=np.array([0.6, 0.4]), b_iso=zeros * 0.0)
    >>> none, name = (np.full(1, word, dtype=object) for word in ("", "ALA"))
    >>> residues = Residues(none, none, zeros[:1], none, name, zeros[:1], zeros[:1], parent=name, why=none)
    >>> [chr(conformer.altloc[0]) for conformer in conformers(atoms, residues, max_bond=2.0)]
    ['A', 'B']
    """
    atoms = replace(atoms, altloc=_split_twins(atoms))
    for rank, altloc in enumerate(_altlocs(atoms, residues.part)):
        yield Conformer(atoms, residues, rank, altloc, max_bond)


def _split_twins(atoms: Atoms) -> Ints:
    """Give blank atoms the altloc " " where the same residue has them with an altloc too."""
    atom = atoms.residue * len(ATOM_NAMES) + atoms.name
    twin = (atoms.altloc == 0) & np.isin(atom, atom[atoms.altloc > 0])
    return np.where(twin, _TWIN, atoms.altloc)


def _altlocs(atoms: Atoms, part: Ints) -> Ints:
    """Altlocs of each part in order of appearance, shape (conformers, parts); -1 where a part has no more."""
    alternate = np.flatnonzero(atoms.altloc)
    residue, altloc = atoms.residue[alternate], atoms.altloc[alternate]
    order = np.lexsort((altloc != _TWIN, residue))
    found, first = np.unique((part[residue] * 256 + altloc)[order], return_index=True)
    parts, codes = np.divmod(found[np.argsort(first)], 256)
    rank = np.arange(len(parts)) - np.searchsorted(parts, parts)
    altlocs = np.full((rank.max(initial=0) + 1, part[-1] + 1), -1)
    altlocs[0] = 0
    altlocs[rank, parts] = codes
    return altlocs

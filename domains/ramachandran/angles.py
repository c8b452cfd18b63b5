"""Backbone angles of every conformer, from arrays of atoms.

Conventions
-----------
phi is the dihedral C(i-1), N, CA, C; psi is N, CA, C, N(i+1); omega is CA(i-1), C(i-1), N, CA, of the peptide bond
*before* the residue. Degrees in [-180, 180], IUPAC's sign.

Neighbours are residues that follow one another in one part of a chain (up to a TER or a change of mmCIF's
``label_asym_id``) and whose C and N are nearer than ``max_bond``; numbers are names, never arithmetic. A ring's
closing bond is not looked for. A residue has a row if it has N, CA and C, the residue before has C, and the residue
after has N, CA and C; omega is NaN unless the residue before has N and CA too.

A conformer X is all atoms without an altloc and those of altloc X. A residue's own altloc label is X where one of its
backbone atoms (N, CA, C, O, CB, H), C of the residue before or N of the residue after is of altloc X; else it is "".
Residues that no altloc touches come out the same in each conformer and are told once.

*Residues in = rows + skipped.* One residue in is one label of one residue (residue: model, chain, resseq, icode,
resname), or, where the file repeats an id, one of each. Each is a row of one of the two tables, and of one only.

``counted`` marks what MolProbity's summary counts: label "" or "A", each position (model, chain, resseq, icode)
once. ``best`` marks one row per position: that whose angles' five atoms have the largest least occupancy, ties to
the first.

References
----------
IUPAC-IUB Commission on Biochemical Nomenclature (1970), J. Biol. Chem. 245, 6489.
Lovell et al. (2003), Proteins 50, 437; Williams et al. (2018), Protein Sci. 27, 293 (MolProbity).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

ATOM_NAMES = ("N", "CA", "C", "CB", "O", "H", "HNO")
"""What the walk looks at: three make the angles, CB tells the handedness, and any may carry the altloc label."""

IDENTITY = ["model", "chain", "resseq", "icode", "altloc", "resname"]
_N, _CA, _C = range(3)
_TWIN = ord(" ")  # the altloc, told as "", of a blank atom whose residue has it with an altloc too
_LETTERS = np.array([chr(code).strip("\0 ") for code in range(256)], dtype=object)


@dataclass(frozen=True, slots=True)
class Atoms:
    """The atoms of ``ATOM_NAMES``, in file order.

    Attributes
    ----------
    position : ndarray, shape (n, 3)
        Ångström.
    residue : ndarray of int, shape (n,)
        Index into `Residues`, never decreasing.
    name : ndarray of int, shape (n,)
        Index into ``ATOM_NAMES``.
    altloc : ndarray of int, shape (n,)
        The character's code; 0 where blank.
    occupancy, b_iso : ndarray, shape (n,)
    """

    position: Floats
    residue: Ints
    name: Ints
    altloc: Ints
    occupancy: Floats
    b_iso: Floats


@dataclass(frozen=True, slots=True)
class Residues:
    """The residues of the polymers, in file order; every field is an array of shape (n,).

    Attributes
    ----------
    model, chain, icode, resname : ndarray of str (objects)
    resseq : ndarray of int
    part : ndarray of int
        Never decreasing; the walk stops where it changes.
    position : ndarray of int
        One per model, chain, resseq and icode.
    parent : ndarray of str (objects)
        The standard residue that it counts as; "" for one that is not taken.
    why : ndarray of str (objects)
        What to say of one that is not taken.
    """

    model: Objects
    chain: Objects
    resseq: Ints
    icode: Objects
    resname: Objects
    part: Ints
    position: Ints
    parent: Objects
    why: Objects

    def describe(self, i: int) -> str:
        """Name residue `i` as a reader would."""
        return " ".join(filter(None, [self.resname[i], self.chain[i], f"{self.resseq[i]}{self.icode[i]}"]))


def dihedral(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Dihedral angle of four points.

    Parameters
    ----------
    a, b, c, d : ndarray, shape (..., 3)

    Returns
    -------
    ndarray, shape (...)
        Degrees in [-180, 180]; NaN where three points in a row lie on one line.

    Examples
    --------
    >>> a, b, c, d = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1]])
    >>> float(dihedral(a, b, c, d).round(6))
    90.0
    """
    axis = c - b
    u, v = np.cross(b - a, axis), np.cross(axis, d - c)
    x = _dot(u, v) * np.sqrt(_dot(axis, axis))
    y = _dot(np.cross(u, v), axis)
    line = (_dot(u, u) == 0) | (_dot(v, v) == 0)
    return np.where(line, np.nan, np.degrees(np.arctan2(y, x)))


def walk(atoms: Atoms, residues: Residues, *, max_bond: float = 2.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure phi, psi and omega of every conformer of every residue.

    Parameters
    ----------
    atoms : Atoms
    residues : Residues
    max_bond : float
        Bonded neighbours' C and N are nearer than this, Ångström.

    Returns
    -------
    rows : DataFrame
        ``model chain resseq icode altloc resname``; ``phi psi omega`` (degrees); ``parent``; ``next_resname``, the
        parent of the residue after; ``occupancy`` and ``b_iso`` of CA; ``chirality``, "L" or "D", "" where there is
        no CB; ``counted`` and ``best``.
    skipped : DataFrame
        ``model chain resseq icode altloc resname``; ``reason``; ``detail``.

    Both have the place in the file as index, one sequence for the two.
    """
    atoms = replace(atoms, altloc=_split_twins(atoms))
    altlocs = _altlocs(atoms, residues.part)
    conformers = [_Conformer(atoms, residues, *ranked, max_bond).outcomes() for ranked in enumerate(altlocs)]
    found = {name: np.concatenate([c[name] for c in conformers]) for name in conformers[0]}
    found["position"] = residues.position[found["residue"]]
    met = np.lexsort((found["residue"], found["rank"], residues.part[found["residue"]]))
    found = {name: values[met] for name, values in found.items()}
    found["place"] = np.argsort(np.lexsort((found["rank"], found["residue"])))
    rows, skipped = _tell_once(found)
    return _row_table(rows, atoms, residues), _skip_table(skipped, residues)


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


class _Conformer:
    """One conformer of each part that has it: its residues in a row, with the links between them."""

    def __init__(self, atoms: Atoms, residues: Residues, rank: int, altloc: Ints, max_bond: float) -> None:
        self.atoms, self.residues, self.rank, self.max_bond = atoms, residues, rank, max_bond
        self.altloc = altloc[residues.part]
        table = self._table()
        bare = np.bincount(atoms.residue, minlength=len(table)) == 0
        here = (table >= 0).any(axis=1) | bare if rank == 0 else (table >= 0).any(axis=1)
        self.residue = np.flatnonzero(here)
        self.part = residues.part[self.residue]
        self.table = table[self.residue]
        self.taken: Bools = residues.parent[self.residue] != ""
        self.before, self.after = self._links()

    def _table(self) -> Ints:
        """Atom of each residue and name, -1 where there is none."""
        own = self.altloc[self.atoms.residue]
        chosen = np.flatnonzero((own >= 0) & ((self.atoms.altloc == 0) | (self.atoms.altloc == own)))
        table = np.full((len(self.altloc), len(ATOM_NAMES)), -1)
        chosen = chosen[::-1]  # the first of a repeated name stays
        table[self.atoms.residue[chosen], self.atoms.name[chosen]] = chosen
        return table

    def _links(self) -> tuple[Ints, Ints]:
        """Bonded neighbours, as indices into this conformer's residues; -1 where there is none."""
        taken = np.flatnonzero(self.taken)
        i, j = taken[:-1], taken[1:]
        bonded = (self.part[i] == self.part[j]) & (self._bond(i, j) < self.max_bond)
        before, after = np.full((2, len(self.residue)), -1)
        before[j[bonded]], after[i[bonded]] = i[bonded], j[bonded]
        return before, after

    def _bond(self, i: Ints, j: Ints) -> Floats:
        """C–N distance, NaN without the atoms."""
        c, n = self.table[i, _C], self.table[j, _N]
        step = self.atoms.position[c] - self.atoms.position[n]
        return np.where((c >= 0) & (n >= 0), np.sqrt(_dot(step, step)), np.nan)

    def outcomes(self) -> dict[str, npt.NDArray[Any]]:
        """Tell what becomes of each residue here: angles, or (NaN) why not."""
        angles, five = self._angles()
        skipped = np.isnan(angles[:, :2]).any(axis=1)
        whys = np.full((len(self.residue), 2), "", dtype=object)
        for i in np.flatnonzero(skipped).tolist():
            whys[i] = self._why(i)
        return {
            "residue": self.residue,
            "rank": np.full(len(self.residue), self.rank),
            "altloc": np.where(self._touched(), self.altloc[self.residue], 0),
            "row": ~skipped,
            "angles": angles,
            "ca": self.table[:, _CA],
            "next": self.residue[self.after],
            "least": self.atoms.occupancy[five].min(axis=1),
            "volume": self._volume(),
            "why": whys,
        }

    def _angles(self) -> tuple[Floats, Ints]:
        """phi, psi, omega of each residue; the five atoms of phi and psi."""
        n, ca, c = self.table[:, _N], self.table[:, _CA], self.table[:, _C]
        complete: Bools = np.all(self.table[:, :3] >= 0, axis=1)
        whole = complete & (self.before >= 0) & (self.after >= 0) & complete[self.after]
        five = np.stack([self.table[self.before, _C], n, ca, c, self.table[self.after, _N]], axis=1)
        p, q, r, s, t = self.atoms.position[five.T]
        last = self.atoms.position[self.table[self.before, _CA]]
        angles = np.stack([dihedral(p, q, r, s), dihedral(q, r, s, t), dihedral(last, p, q, r)], axis=1)
        angles[~whole] = np.nan
        angles[~complete[self.before], 2] = np.nan
        return angles, five

    def _touched(self) -> Bools:
        """Whether an altloc is on the residue, or on the neighbours' atoms that its angles use."""
        alternate: Bools = (self.table >= 0) & (self.atoms.altloc[self.table] > 0)
        before = (self.before >= 0) & alternate[self.before, _C]
        after = (self.after >= 0) & alternate[self.after, _N]
        touched: Bools = alternate.any(axis=1) | before | after
        return touched

    def _volume(self) -> Floats:
        """Triple product of CA's bonds to N, C and CB: positive for an L residue, NaN without the atoms."""
        n, ca, c, cb = self.atoms.position[self.table[:, :4].T]
        volume = _dot(n - ca, np.cross(c - ca, cb - ca))
        return np.where((self.table[:, :4] >= 0).all(axis=1), volume, np.nan)

    def _why(self, i: int) -> tuple[str, str]:
        if not self.taken[i]:
            return "non-standard", self.residues.why[self.residue[i]]
        if missing := self._missing(i, (_N, _CA, _C)):
            return "missing atom", missing
        if self.before[i] < 0:
            return self._why_unlinked(i, i - 1)
        if self.after[i] < 0:
            return self._why_unlinked(i, i + 1)
        if missing := self._missing(self.after[i], (_N, _CA, _C)):
            return "missing atom", f"{missing} of {self._name(self.after[i])}"
        return "degenerate geometry", "atoms coincide or lie on one line"

    def _why_unlinked(self, i: int, j: int) -> tuple[str, str]:
        if not 0 <= j < len(self.part) or self.part[i] != self.part[j]:
            return "terminal", "first of the chain" if j < i else "last of the chain"
        if not self.taken[j]:
            cap = self.residues.why[self.residue[j]] == "cap"
            return "terminal" if cap else "non-standard neighbour", f"next to {self._name(j)}"
        if missing := self._missing(j, (_C,) if j < i else (_N,)):
            return "missing atom", f"{missing} of {self._name(j)}"
        bond = float(self._bond(*np.sort([[i], [j]], axis=0))[0])
        return "break", f"C–N {bond:.1f} Å to {self._name(j)}"

    def _missing(self, i: int, names: tuple[int, ...]) -> str:
        return ", ".join(ATOM_NAMES[name] for name in names if self.table[i, name] < 0)

    def _name(self, i: int) -> str:
        return self.residues.describe(self.residue[i])


def _tell_once(found: dict[str, npt.NDArray[Any]]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]:
    """Keep each label of each residue once; of the rest, keep a repeated id and leave out a repeated conformer."""
    residue, position, row = found["residue"], found["position"], found["row"]
    labelled = found["altloc"] > 0
    rows = row & (labelled | _first(position, row))
    owner = np.zeros(position.max(initial=0) + 1, dtype=int)
    owner[position[_first(position, row)]] = residue[_first(position, row)]
    repeated = row & ~rows & (owner[position] != residue)
    found["why"][repeated] = ("duplicate id", "an earlier residue has the same chain, number and insertion code")
    told = np.isin(residue, residue[rows | labelled])
    skipped = ~row & labelled | _first(residue, (~row | repeated) & ~labelled & ~told)
    found["counted"] = _first(position, row & np.isin(found["altloc"], (0, ord("A"))))
    return {n: v[rows] for n, v in found.items()}, {n: v[skipped] for n, v in found.items()}


def _first(key: Ints, among: Bools) -> Bools:
    """Mark the first of each key."""
    at = np.flatnonzero(among)
    marked = np.zeros(len(key), dtype=bool)
    marked[at[np.unique(key[at], return_index=True)[1]]] = True
    return marked


def _row_table(rows: dict[str, npt.NDArray[Any]], atoms: Atoms, residues: Residues) -> pd.DataFrame:
    order = np.lexsort((np.arange(len(rows["row"])), -rows["least"]))
    best = np.empty(len(order), dtype=bool)
    best[order] = _first(rows["position"][order], np.ones(len(order), dtype=bool))
    hand = np.sign(np.nan_to_num(rows["volume"])).astype(int)
    columns = _identity(rows, residues) | {
        "phi": rows["angles"][:, 0],
        "psi": rows["angles"][:, 1],
        "omega": rows["angles"][:, 2],
        "parent": residues.parent[rows["residue"]],
        "next_resname": residues.parent[rows["next"]],
        "occupancy": atoms.occupancy[rows["ca"]],
        "b_iso": atoms.b_iso[rows["ca"]],
        "chirality": np.array(["", "L", "D"], dtype=object)[hand],
        "counted": rows["counted"],
        "best": best,
    }
    return _in_file_order(columns, rows)


def _skip_table(skipped: dict[str, npt.NDArray[Any]], residues: Residues) -> pd.DataFrame:
    reason, detail = skipped["why"].T
    return _in_file_order(_identity(skipped, residues) | {"reason": reason, "detail": detail}, skipped)


def _identity(found: dict[str, npt.NDArray[Any]], residues: Residues) -> dict[str, npt.NDArray[Any]]:
    at = found["residue"]
    return {
        "model": residues.model[at],
        "chain": residues.chain[at],
        "resseq": residues.resseq[at],
        "icode": residues.icode[at],
        "altloc": _LETTERS[found["altloc"]],
        "resname": residues.resname[at],
    }


def _in_file_order(columns: dict[str, npt.NDArray[Any]], found: dict[str, npt.NDArray[Any]]) -> pd.DataFrame:
    order = np.argsort(found["place"])
    return pd.DataFrame({name: values[order] for name, values in columns.items()}, index=found["place"][order])


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.einsum("...i,...i->...", a, b)
    return product

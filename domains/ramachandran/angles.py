"""Backbone angles of every conformer, from arrays of atoms.

Conventions
-----------
phi is the dihedral C(i-1), N, CA, C; psi is N, CA, C, N(i+1); omega is CA(i-1), C(i-1), N, CA, of the peptide bond
*before* the residue. Degrees in [-180, 180], IUPAC's sign. A residue has a row if it has N, CA and C, the residue
before has C, and the residue after has N, CA and C; omega is NaN unless the residue before has N and CA too.

What a neighbour, a conformer and a touching altloc are is told in `conformers`. A residue's own altloc label is X in
conformer X where an altloc touches it; else it is "". Residues that no altloc touches come out the same in each
conformer and are told once.

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

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .atoms import CA, Atoms, Bools, C, Floats, Ints, N, Residues
from .conformers import Conformer, conformers

Columns = dict[str, npt.NDArray[Any]]

IDENTITY = ["model", "chain", "resseq", "icode", "altloc", "resname"]
_LETTERS = np.array([chr(code).strip("\0 ") for code in range(256)], dtype=object)


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

    Examples
    --------
    Three residues, their nine atoms along a helix:

    >>> i, zeros = np.arange(9), np.zeros(9, dtype=int)
    >>> helix = np.stack([np.cos(i), np.sin(i), i], axis=1)
    >>> atoms = Atoms(helix, residue=i // 3, name=i % 3, altloc=zeros, occupancy=zeros + 1.0, b_iso=zeros * 0.0)
    >>> chain, none, name = (np.full(3, word, dtype=object) for word in ("A", "", "ALA"))
    >>> residues = Residues(none, chain, i[1:4], none, name, part=zeros[:3], position=i[:3], parent=name, why=none)
    >>> rows, skipped = walk(atoms, residues)
    >>> rows[["chain", "resseq", "resname", "phi", "psi", "omega"]].round(1)
      chain  resseq resname   phi   psi  omega
    1     A       2     ALA  43.0  43.0   43.0
    >>> skipped["detail"].tolist()
    ['first of the chain', 'last of the chain']
    """
    outcomes = [_outcomes(conformer) for conformer in conformers(atoms, residues, max_bond=max_bond)]
    found = {name: np.concatenate([of[name] for of in outcomes]) for name in outcomes[0]}
    found["position"] = residues.position[found["residue"]]
    met = np.lexsort((found["residue"], found["rank"], residues.part[found["residue"]]))
    found = {name: values[met] for name, values in found.items()}
    found["place"] = np.argsort(np.lexsort((found["rank"], found["residue"])))
    rows, skipped = _tell_once(found)
    return _row_table(rows, atoms, residues), _skip_table(skipped, residues)


def _outcomes(conformer: Conformer) -> Columns:
    """Tell what becomes of each residue of a conformer: angles, or (NaN) why not."""
    angles, five = _angles(conformer)
    skipped: Bools = np.any(np.isnan(angles[:, :2]), axis=1)
    whys = np.full((len(skipped), 2), "", dtype=object)
    for i in np.flatnonzero(skipped).tolist():
        whys[i] = conformer.why(i)
    return {
        "residue": conformer.residue,
        "rank": np.full(len(skipped), conformer.rank),
        "altloc": np.where(conformer.touched(), conformer.altloc, 0),
        "row": ~skipped,
        "angles": angles,
        "ca": conformer.table[:, CA],
        "next": conformer.residue[conformer.after],
        "least": conformer.atoms.occupancy[five].min(axis=1),
        "volume": _volume(conformer),
        "why": whys,
    }


def _angles(conformer: Conformer) -> tuple[Floats, Ints]:
    """phi, psi, omega of each residue; the five atoms of phi and psi."""
    table, before, after = conformer.table, conformer.before, conformer.after
    complete: Bools = np.all(table[:, [N, CA, C]] >= 0, axis=1)
    whole = complete & (before >= 0) & (after >= 0) & complete[after]
    five = np.stack([table[before, C], table[:, N], table[:, CA], table[:, C], table[after, N]], axis=1)
    p, q, r, s, t = conformer.atoms.position[five.T]
    last = conformer.atoms.position[table[before, CA]]
    angles = np.stack([dihedral(p, q, r, s), dihedral(q, r, s, t), dihedral(last, p, q, r)], axis=1)
    angles[~whole] = np.nan
    angles[~complete[before], 2] = np.nan
    return angles, five


def _volume(conformer: Conformer) -> Floats:
    """Triple product of CA's bonds to N, C and CB: positive for an L residue, NaN without the atoms."""
    four = conformer.table[:, :4]
    n, ca, c, cb = conformer.atoms.position[four.T]
    volume = _dot(n - ca, np.cross(c - ca, cb - ca))
    return np.where((four >= 0).all(axis=1), volume, np.nan)


def _tell_once(found: Columns) -> tuple[Columns, Columns]:
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


def _row_table(rows: Columns, atoms: Atoms, residues: Residues) -> pd.DataFrame:
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


def _skip_table(skipped: Columns, residues: Residues) -> pd.DataFrame:
    reason, detail = skipped["why"].T
    return _in_file_order(_identity(skipped, residues) | {"reason": reason, "detail": detail}, skipped)


def _identity(found: Columns, residues: Residues) -> Columns:
    at = found["residue"]
    return {
        "model": residues.model[at],
        "chain": residues.chain[at],
        "resseq": residues.resseq[at],
        "icode": residues.icode[at],
        "altloc": _LETTERS[found["altloc"]],
        "resname": residues.resname[at],
    }


def _in_file_order(columns: Columns, found: Columns) -> pd.DataFrame:
    order = np.argsort(found["place"])
    return pd.DataFrame({name: values[order] for name, values in columns.items()}, index=found["place"][order])


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.einsum("...i,...i->...", a, b)
    return product

"""Backbone angles of every conformer, from arrays of atoms.

Conventions
-----------
- phi is the dihedral C(i-1), N, CA, C.
- psi is the dihedral N, CA, C, N(i+1).
- omega is the dihedral CA(i-1), C(i-1), N, CA, of the peptide bond *before* the residue.
- Angles are in degrees in [-180, 180], with IUPAC's sign.
- A residue has a row if it has N, CA and C, the residue before has C, and the residue after has N, CA and C. Its omega
  is NaN unless the residue before has N and CA too.
- A residue that is skipped may have an omega all the same: the last of a chain has the bond before it. Of a repeated
  one it is told once, where its row is.
- `conformers` says what a neighbour, a conformer and a touching altloc are. A residue's own altloc label is X in
  conformer X where an altloc touches it, and "" elsewhere. Residues that no altloc touches come out the same in each
  conformer and are reported once.
- *Residues in = rows + skipped.* One residue in is one label of one residue of the file. Residues that share model,
  chain, resseq, icode and resname are told apart by ``segment`` and ``instance``. Each is a row of one of the two
  tables, and of one only.
- ``counted`` marks what MolProbity's summary counts: label "" or "A", each position (model, chain, resseq, icode) once.
  Of several copies of a chain under one name it counts the first.
- ``best`` marks one row of each position of each copy. Of the five atoms of phi and psi one has the lowest occupancy:
  the row where that is highest is the best, the first of several.

References
----------
IUPAC-IUB Commission on Biochemical Nomenclature (1970), J. Biol. Chem. 245, 6489.
Lovell et al. (2003), Proteins 50, 437.
Williams et al. (2018), Protein Sci. 27, 293 (MolProbity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .atoms import CA, LETTERS, NO_BACKBONE, Atoms, Bools, C, Floats, Ints, N, Objects, Residues
from .conformers import DUPLICATE, Conformer, conformers
from .groups import first_of_each, group

IDENTITY = ["model", "chain", "resseq", "icode", "altloc", "resname"]
Columns = dict[str, npt.NDArray[Any]]
COPY = ["segment", "instance"]
"""What tells residues apart that have one identity: see `copies`."""
BESIDE = ["omega", "parent", "chirality"]
"""What is known of a residue whether or not it has both phi and psi."""
NOTHING_BESIDE: dict[str, Any] = {"omega": np.nan, "parent": "", "chirality": ""}
"""The same, of a residue that is not looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What becomes of each residue in each conformer: arrays of one length.

    Attributes
    ----------
    residue, position, copy, part : ndarray of int
        The residue, and what `Residues` says of it.
    rank : ndarray of int
        Which conformer of its part.
    altloc : ndarray of int
        Its own label, 0 where no altloc touches it.
    angles : ndarray, shape (n, 3)
        phi, psi and omega in degrees, NaN where there is none; phi and psi are there both or not at all.
    ca : ndarray of int
        Its CA, as an index into `Atoms`.
    after : ndarray of int
        The residue bonded after it.
    lowest_occupancy : ndarray
        Of the five atoms of phi and psi.
    unseen : ndarray of bool
        Whether it, or a residue bonded to it, was written again in one place: MolProbity does not see that one.
    volume : ndarray
        Positive for an L residue, negative for a D residue, NaN without the atoms.
    why : ndarray of str (objects), shape (n, 2)
        Reason and detail of a residue that has not both phi and psi.
    """

    residue: Ints
    position: Ints
    copy: Ints
    part: Ints
    rank: Ints
    altloc: Ints
    angles: Floats
    ca: Ints
    after: Ints
    lowest_occupancy: Floats
    unseen: Bools
    volume: Floats
    why: Objects

    @property
    def measured(self) -> Bools:
        """Whether the residue has both phi and psi."""
        phi, psi, _ = self.angles.T
        measured: Bools = ~(np.isnan(phi) | np.isnan(psi))
        return measured

    @property
    def place(self) -> Ints:
        """A number for each position of each copy."""
        if (self.copy == 1).all():
            return self.position
        return group(self.position, self.copy)

    def take(self, rows: npt.NDArray[Any]) -> Outcomes:
        """Return the outcomes at `rows`, a mask or positions."""
        return Outcomes(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def dihedral(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Return the dihedral angle of four points.

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
    u = _cross(b - a, axis)
    v = _cross(axis, d - c)
    x = _dot(u, v) * np.sqrt(_dot(axis, axis))
    y = _dot(_cross(u, v), axis)
    angle = np.degrees(np.arctan2(y, x))
    on_a_line = (_dot(u, u) == 0) | (_dot(v, v) == 0)
    return np.where(on_a_line, np.nan, angle)


def walk(
    atoms: Atoms, residues: Residues, *, max_bond: float = 2.0, close_rings: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure phi, psi and omega of every conformer of every residue.

    Parameters
    ----------
    atoms : Atoms
    residues : Residues
    max_bond : float
        Bonded neighbours' C and N are nearer than this, Ångström.
    close_rings : bool
        Whether the ends of a head-to-tail ring are neighbours.

    Returns
    -------
    rows : DataFrame
        As `backbone_angles` returns it; none is mirrored.
    skipped : DataFrame
        ``model chain resseq icode altloc resname reason detail segment instance omega parent chirality``.

    Both have the place in the file as index, one sequence for the two.

    Examples
    --------
    Three residues, their nine atoms along a helix:

    >>> from .atoms import made_residues
    >>> i, zeros = np.arange(9), np.zeros(9, dtype=int)
    >>> helix = np.stack([np.cos(i), np.sin(i), i], axis=1)
    >>> atoms = Atoms(helix, residue=i // 3, name=i % 3, altloc=zeros, occupancy=zeros + 1.0, b_iso=zeros * 0.0)
    >>> residues = made_residues(["ALA"] * 3, chain="A")
    >>> rows, skipped = walk(atoms, residues)
    >>> rows[["chain", "resseq", "resname", "phi", "psi", "omega"]].round(1)
      chain  resseq resname   phi   psi  omega
    1     A       2     ALA  43.0  43.0   43.0
    >>> skipped["detail"].tolist()
    ['first of the chain', 'last of the chain']
    """
    if not len(atoms.name):
        atoms = NO_BACKBONE
    # atoms far beyond any molecule have no angles, and are no reason for a warning
    with np.errstate(over="ignore", invalid="ignore"):
        every_conformer = conformers(atoms, residues, max_bond=max_bond, close_rings=close_rings)
        outcomes = _joined([_outcomes(conformer) for conformer in every_conformer])
    walked = np.lexsort((outcomes.residue, outcomes.rank, outcomes.part))
    outcomes = outcomes.take(walked)
    in_file = np.lexsort((outcomes.rank, outcomes.residue))
    place = np.argsort(in_file)

    rows, skipped = _report_once(outcomes)
    counted = _counted(outcomes)
    row_table = _row_table(outcomes.take(rows), counted[rows], atoms, residues)
    skip_table = _skip_table(outcomes.take(skipped), residues)
    return _in_file_order(row_table, place[rows]), _in_file_order(skip_table, place[skipped])


def _outcomes(conformer: Conformer) -> Outcomes:
    angles, five = _angles(conformer)
    residue = conformer.residue
    repeated = conformer.residues.repeated[residue]
    outcomes = Outcomes(
        residue=residue,
        position=conformer.residues.position[residue],
        copy=conformer.residues.copy[residue],
        part=conformer.residues.part[residue],
        rank=np.full(len(residue), conformer.rank),
        altloc=np.where(conformer.touched(), conformer.altloc, 0),
        angles=angles,
        ca=conformer.table[:, CA],
        after=residue[conformer.after],
        lowest_occupancy=conformer.atoms.occupancy[five].min(axis=1),
        unseen=repeated | repeated[conformer.before] | repeated[conformer.after],
        volume=_volume(conformer),
        why=np.full((len(residue), 2), "", dtype=object),
    )
    for i in np.flatnonzero(~outcomes.measured).tolist():
        outcomes.why[i] = conformer.why(i)
    return outcomes


def _joined(parts: Sequence[Outcomes]) -> Outcomes:
    columns = {}
    for field in fields(Outcomes):
        columns[field.name] = np.concatenate([getattr(part, field.name) for part in parts])
    return Outcomes(**columns)


def _angles(conformer: Conformer) -> tuple[Floats, Ints]:
    """Return phi, psi and omega of each residue, and the five atoms of phi and psi."""
    table = conformer.table
    before = conformer.before
    after = conformer.after
    complete: Bools = np.all(table[:, [N, CA, C]] >= 0, axis=1)
    five = np.stack([table[before, C], table[:, N], table[:, CA], table[:, C], table[after, N]], axis=1)
    c_before, n, ca, c, n_after = conformer.atoms.position[five.T]
    ca_before = conformer.atoms.position[table[before, CA]]
    phi = dihedral(c_before, n, ca, c)
    psi = dihedral(n, ca, c, n_after)
    omega = dihedral(ca_before, c_before, n, ca)
    angles = np.stack([phi, psi, omega], axis=1)

    linked = (before >= 0) & (after >= 0)
    measured = complete & linked & complete[after]
    angles[~measured, :2] = np.nan
    has_bond_before = (before >= 0) & complete[before] & (table[:, N] >= 0) & (table[:, CA] >= 0)
    angles[~has_bond_before, 2] = np.nan
    return angles, five


def _volume(conformer: Conformer) -> Floats:
    """Return the triple product of CA's bonds to N, C and CB: positive for an L residue, NaN without the atoms."""
    four = conformer.table[:, :4]
    n, ca, c, cb = conformer.atoms.position[four.T]
    volume = _dot(n - ca, _cross(c - ca, cb - ca))
    complete = np.all(four >= 0, axis=1)
    return np.where(complete, volume, np.nan)


def _report_once(outcomes: Outcomes) -> tuple[Bools, Bools]:
    """Mark rows and skipped: each label of each residue once, a residue without label once, a repeated id skipped."""
    residue = outcomes.residue
    position = outcomes.place
    measured = outcomes.measured
    labelled = outcomes.altloc > 0

    first = first_of_each(position, measured)
    rows = measured & (labelled | first)

    # the residue that has the position; another one with angles there has the same id
    owner = np.zeros(position.max(initial=0) + 1, dtype=int)
    owner[position[first]] = residue[first]
    repeated = measured & ~rows & (owner[position] != residue)
    outcomes.why[repeated] = DUPLICATE

    reported = np.isin(residue, residue[rows | labelled])
    unlabelled = (~measured | repeated) & ~labelled & ~reported
    skipped = (~measured & labelled) | first_of_each(residue, unlabelled)
    return rows, skipped


def _counted(outcomes: Outcomes) -> Bools:
    """Mark what MolProbity's summary counts."""
    in_summary = np.isin(outcomes.altloc, (0, ord("A")))
    return first_of_each(outcomes.position, outcomes.measured & in_summary & ~outcomes.unseen)


def _best(outcomes: Outcomes) -> Bools:
    """Mark the row of highest occupancy of each position, the first of several."""
    by_occupancy = np.argsort(-outcomes.lowest_occupancy, kind="stable")
    every = np.ones(len(by_occupancy), dtype=bool)
    best = np.empty(len(by_occupancy), dtype=bool)
    best[by_occupancy] = first_of_each(outcomes.place[by_occupancy], every)
    return best


def _row_table(rows: Outcomes, counted: Bools, atoms: Atoms, residues: Residues) -> Columns:
    phi, psi, omega = rows.angles.T
    return {
        **_identity(rows, residues),
        "phi": phi,
        "psi": psi,
        "omega": omega,
        "parent": residues.parent[rows.residue],
        "next_resname": residues.parent[rows.after],
        "occupancy": atoms.occupancy[rows.ca],
        "b_iso": atoms.b_iso[rows.ca],
        "chirality": _hand(rows),
        "counted": counted,
        "best": _best(rows),
        "mirrored": np.zeros(len(phi), dtype=bool),
        **_copy(rows, residues),
    }


def _skip_table(skipped: Outcomes, residues: Residues) -> Columns:
    reason, detail = skipped.why.T
    is_told_elsewhere = reason == DUPLICATE[0]
    beside = {
        "omega": np.where(is_told_elsewhere, np.nan, skipped.angles[:, 2]),
        "parent": residues.parent[skipped.residue],
        "chirality": np.where(is_told_elsewhere, "", _hand(skipped)),
    }
    return {**_identity(skipped, residues), "reason": reason, "detail": detail, **_copy(skipped, residues), **beside}


def _hand(outcomes: Outcomes) -> Objects:
    """Return "L", "D", or "" where there is no CB."""
    sign = np.sign(np.nan_to_num(outcomes.volume)).astype(int)
    hand: Objects = np.array(["", "L", "D"], dtype=object)[sign]
    return hand


def _identity(outcomes: Outcomes, residues: Residues) -> Columns:
    residue = outcomes.residue
    return {
        "model": residues.model[residue],
        "chain": residues.chain[residue],
        "resseq": residues.resseq[residue],
        "icode": residues.icode[residue],
        "altloc": LETTERS[outcomes.altloc],
        "resname": residues.resname[residue],
    }


def _copy(outcomes: Outcomes, residues: Residues) -> Columns:
    residue = outcomes.residue
    return {"segment": residues.segment[residue], "instance": residues.copy[residue]}


def _in_file_order(columns: Columns, place: Ints) -> pd.DataFrame:
    order = np.argsort(place)
    ordered = {name: values[order] for name, values in columns.items()}
    return pd.DataFrame(ordered, index=place[order])


def _cross(a: Floats, b: Floats) -> Floats:
    """Return what `np.cross` does, sooner for few vectors."""
    x, y, z = np.moveaxis(a, -1, 0)
    p, q, r = np.moveaxis(b, -1, 0)
    return np.stack([y * r - z * q, z * p - x * r, x * q - y * p], axis=-1)


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.einsum("...i,...i->...", a, b)
    return product

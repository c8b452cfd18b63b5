"""Chains that tests write into files: their atoms, the angles that these have, and lines of PDB and mmCIF.

The angles are calculated by the textbook formula from the coordinates as they are written, chain by chain, before any
file is made of them: files cannot mix them up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

FIRST = (np.array([0.0, 1.0, 0.0]), np.zeros(3), np.array([1.4, 0.0, 0.0]))
PDB = "{:<6s}{:>5s}  {:<3s}{:1s}{:<3s} {:1s}{:>4s}{:1s}   {:8.3f}{:8.3f}{:8.3f}{:6.2f}{:6.2f}      {:<4s}{:>2s}"


@dataclass(frozen=True)
class Atom:
    name: str
    resname: str
    resseq: int
    xyz: tuple[float, float, float]
    chain: str = "A"
    altloc: str = ""
    icode: str = ""
    segment: str = ""
    label_seq: int = 0
    label_asym: str = "A"
    model: int = 1
    record: str = "ATOM"


def place(a, b, c, bond, angle, dihedral):
    angle, dihedral = np.radians([angle, dihedral])
    z = (c - b) / np.linalg.norm(c - b)
    y = np.cross(b - a, z)
    y /= np.linalg.norm(y)
    return c + bond * (-np.cos(angle) * z + np.sin(angle) * (np.cos(dihedral) * np.cross(y, z) + np.sin(dihedral) * y))


def chain(names, phi, psi, *, first=1, shift=0.0, **fields):
    """Return the atoms of an ideal chain whose residues all have about these angles."""
    a, b, c = FIRST
    atoms = []
    for i, resname in enumerate(names):
        # a little other in each residue, so that no two have the same angles
        n = place(a, b, c, 1.329, 116.2, psi + i)
        ca = place(b, c, n, 1.458, 121.7, 178.0)
        c_ = place(c, n, ca, 1.525, 111.0, phi + i)
        o = place(n, ca, c_, 1.231, 120.4, psi + i + 180)
        for name, xyz in (("N", n), ("CA", ca), ("C", c_), ("O", o)):
            moved = tuple(np.round(xyz + shift, 3).tolist())
            atoms.append(Atom(name, resname, first + i, moved, label_seq=i + 1, **fields))
        a, b, c = n, ca, c_
    return atoms


def ring(n, resname="ALA", gap=0.0, **fields):
    """Return a head-to-tail ring that a rotation by one residue turns into itself, but for a gap before the first."""
    step = (2 * np.pi - gap) / (3 * n)
    radius = 1.4 / (2 * np.sin(step / 2))
    atoms = []
    for i in range(n):
        for k, name in enumerate(("N", "CA", "C")):
            turn = (3 * i + k) * step
            xyz = (radius * np.cos(turn), radius * np.sin(turn), 0.4 * k)
            atoms.append(Atom(name, resname, i + 1, tuple(np.round(xyz, 3).tolist()), label_seq=i + 1, **fields))
    return atoms


def changed(atoms, **fields):
    return [replace(atom, **fields) for atom in atoms]


def dihedral(a, b, c, d):
    a, b, c, d = (np.array(point) for point in (a, b, c, d))
    u, v, w = b - a, c - b, d - c
    x = np.dot(np.cross(u, v), np.cross(v, w))
    y = np.linalg.norm(v) * np.dot(u, np.cross(v, w))
    return np.degrees(np.arctan2(y, x))


def angles(atoms):
    """Return phi and psi of the inner residues of one chain."""
    residues: dict[int, dict[str, tuple[float, ...]]] = {}
    for atom in atoms:
        residues.setdefault(atom.resseq, {}).setdefault(atom.name, atom.xyz)
    found = []
    inner = list(residues.values())
    for before, this, after in zip(inner, inner[1:], inner[2:], strict=False):
        phi = dihedral(before["C"], this["N"], this["CA"], this["C"])
        psi = dihedral(this["N"], this["CA"], this["C"], after["N"])
        found.append((round(phi, 3), round(psi, 3)))
    return found


def pdb(lines):
    """Return a PDB file of atoms and of records that stand between them."""
    return "\n".join(line if isinstance(line, str) else pdb_line(line) for line in lines) + "\n"


def pdb_line(atom, serial="1"):
    number = str(atom.resseq)
    occupancy = 0.5 if atom.altloc else 1.0
    return PDB.format(
        atom.record, serial, atom.name, atom.altloc, atom.resname, atom.chain, number, atom.icode, *atom.xyz,
        occupancy, 20.0, atom.segment, atom.name[0],
    )  # fmt: skip


MMCIF = {
    "group_PDB": lambda atom: atom.record,
    "id": lambda atom: "1",
    "type_symbol": lambda atom: atom.name[0],
    "label_atom_id": lambda atom: atom.name,
    "label_alt_id": lambda atom: atom.altloc or ".",
    "label_comp_id": lambda atom: atom.resname,
    "label_asym_id": lambda atom: atom.label_asym,
    "label_entity_id": lambda atom: "1",
    "label_seq_id": lambda atom: str(atom.label_seq),
    "pdbx_PDB_ins_code": lambda atom: atom.icode or "?",
    "Cartn_x": lambda atom: f"{atom.xyz[0]:.3f}",
    "Cartn_y": lambda atom: f"{atom.xyz[1]:.3f}",
    "Cartn_z": lambda atom: f"{atom.xyz[2]:.3f}",
    "occupancy": lambda atom: "0.5" if atom.altloc else "1.0",
    "B_iso_or_equiv": lambda atom: "20.0",
    "auth_seq_id": lambda atom: str(atom.resseq),
    "auth_comp_id": lambda atom: atom.resname,
    "auth_asym_id": lambda atom: atom.chain,
    "auth_atom_id": lambda atom: atom.name,
    "pdbx_PDB_model_num": lambda atom: str(atom.model),
}


def mmcif(atoms, without=(), ids=None):
    """Return an mmCIF file of atoms, without some of the columns."""
    columns = {tag: value for tag, value in MMCIF.items() if tag not in without}
    lines = ["data_made", "loop_", *(f"_atom_site.{tag}" for tag in columns)]
    for i, atom in enumerate(atoms, 1):
        values = {tag: value(atom) for tag, value in columns.items()}
        if "id" in values:
            values["id"] = str(i if ids is None else ids[i - 1])
        lines.append(" ".join(values.values()))
    return "\n".join([*lines, "#"]) + "\n"

"""Structures made from angles: chains of residues with the phi, psi, omega, hand and B factors that a test wants.

``copies_of_chains`` lies beside the tests that use it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


LINE = "{:<6}{:5d}  {:<3}{:1}{:>3} {:1}{:4d}{:1}   {:8.3f}{:8.3f}{:8.3f}{:6.2f}{:6.2f}          {:>2}"


@dataclass(frozen=True)
class Made:
    """A residue to make. ``b`` is one B factor, or one for each of N, CA, C, O and CB."""

    phi: float = -60.0
    psi: float = -45.0
    omega: float = 180.0
    resname: str = "ALA"
    hand: str = "L"
    b: float | tuple[float, ...] = 20.0
    icode: str = ""
    altloc: str = ""


@dataclass(frozen=True)
class Chain:
    residues: list[Made]
    name: str = "A"
    first: int = 1
    numbers: list[int] = field(default_factory=list)


def place(a, b, c, bond, angle, dihedral):
    """Place an atom by its bond to c, its angle at c and its dihedral about b-c."""
    angle, dihedral = np.radians([angle, dihedral])
    z = (c - b) / np.linalg.norm(c - b)
    y = np.cross(b - a, z)
    y /= np.linalg.norm(y)
    x = np.cross(y, z)
    return c + bond * (-np.cos(angle) * z + np.sin(angle) * (np.cos(dihedral) * x + np.sin(dihedral) * y))


def coordinates(residues):
    """Return for each residue the positions of N, CA, C, O and CB."""
    a, b, c = np.array([[0.0, 1, 0], [0, 0, 0], [1.4, 0, 0]])
    psi_before = 0.0
    placed = []
    for residue in residues:
        n = place(a, b, c, 1.329, 116.2, psi_before)
        ca = place(b, c, n, 1.458, 121.7, residue.omega)
        carbonyl = place(c, n, ca, 1.525, 111.0, residue.phi)
        oxygen = place(n, ca, carbonyl, 1.231, 120.4, residue.psi + 180)
        sign = -1 if residue.hand == "L" else 1
        cb = place(c, n, ca, 1.53, 110.5, residue.phi + sign * 122.6)
        placed.append((n, ca, carbonyl, oxygen, cb))
        a, b, c = n, ca, carbonyl
        psi_before = residue.psi
    return placed


def chain_lines(chain, serial):
    numbers = chain.numbers or list(range(chain.first, chain.first + len(chain.residues)))
    lines = []
    for residue, number, atoms in zip(chain.residues, numbers, coordinates(chain.residues), strict=True):
        factors = residue.b if isinstance(residue.b, tuple) else (residue.b,) * 5
        for name, xyz, b in zip(("N", "CA", "C", "O", "CB"), atoms, factors, strict=True):
            if name == "CB" and residue.resname == "GLY":
                continue
            who = (name, residue.altloc, residue.resname, chain.name, number, residue.icode)
            lines.append(LINE.format("ATOM", serial + len(lines), *who, *xyz, 1.0, b, name[0]))
    return [*lines, "TER"]


def pdb_text(*models, header=()):
    """Return a PDB file; a model is a list of chains, and several are numbered."""
    lines = list(header)
    for k, chains in enumerate(models):
        if len(models) > 1:
            lines.append(f"MODEL     {k + 1:4d}")
        for chain in chains:
            lines += chain_lines(chain, len(lines) + 1)
        if len(models) > 1:
            lines.append("ENDMDL")
    return "\n".join([*lines, "END", ""])


@pytest.fixture
def made():
    """Make residues: as many as there are pairs of phi and psi, between two at the ends."""

    def make(*angles, **of_all):
        inner = [Made(*pair, **of_all) for pair in angles]
        return [Made(**of_all), *inner, Made(**of_all)]

    return make


@pytest.fixture
def write_pdb(tmp_path):
    """Write a PDB file of one chain (a list of residues), of chains, or of models (lists of chains)."""

    def write(content, name="made.pdb", header=()):
        if isinstance(content[0], Made):
            content = [Chain(content)]
        models = [content] if isinstance(content[0], Chain) else content
        path = tmp_path / name
        path.write_text(pdb_text(*models, header=header))
        return path

    return write


@pytest.fixture
def in_chain():
    """Put residues into a chain of a name, from a number on."""
    return lambda residues, name="A", first=1: Chain(residues, name, first)


@pytest.fixture
def but():
    """Change some of what a residue is."""
    return replace


@pytest.fixture(scope="session")
def shared_cases(shared_data) -> Path:
    """The folder of small inputs whose right answers were found outside this project."""
    return shared_data.parent / "cases" / "rama"


@pytest.fixture(scope="session")
def general_residues(shared_data):
    """The phi and psi of the 202,215 published residues of the general pool, degrees, shape (residues, 2)."""
    with np.load(shared_data / "ramachandran" / "phi_psi_points" / "top8000_phi_psi_points.npz") as sets:
        pools = [sets[name] for name in sets.files if name != "cispro"]
    return np.concatenate(pools).astype(float)

"""Alanine dipeptide, Ace-Ala-NMe: where its atoms lie at each (phi, psi), and how far apart they are.

Conventions
-----------
- One geometry: bond lengths and angles are fixed, omega is 180°, only phi and psi turn. Tau, the angle N–CA–C, is
  a parameter.
- ' marks the residue before, " the one after. The first letter of an atom's name is its element.
- A contact is a pair of atoms three or more bonds apart whose distance depends on phi or psi: forty pairs.
- One body in standard array operations serves numpy and torch, gradients included.
- Lengths are in Å, angles in degrees.

References
----------
Parsons, J. et al. (2005). Practical conversion from torsion space to Cartesian space for in silico protein
synthesis. J. Comput. Chem. 26, 1063. doi:10.1002/jcc.20237
"""

from __future__ import annotations

from itertools import combinations
from math import cos, pi, sin
from typing import Any, Literal, NamedTuple, TypeAlias

import array_api_compat as compat

Array: TypeAlias = Any
"""An array of numpy or torch."""
Pair = tuple[str, str]


class Placed(NamedTuple):
    """Where an atom d lies: bonded to c, with an angle (b, c, d) and a dihedral (a, b, c, d), in Å and degrees."""

    a: str
    b: str
    c: str
    length: float
    angle: float
    dihedral: float
    turned_by: Literal["phi", "psi"] | None = None
    """The angle that is added to the dihedral."""


BONDS = (
    ("CA'", "C'"),
    ("C'", "O'"),
    ("C'", "N"),
    ("N", "H"),
    ("N", "CA"),
    ("CA", "HA"),
    ("CA", "CB"),
    ("CA", "C"),
    ("C", "O"),
    ("C", 'N"'),
    ('N"', 'H"'),
    ('N"', 'CA"'),
)
N_TO_CA = 1.458
CA_TO_C = 1.525
GEOMETRY = {
    "CB": Placed("C", "N", "CA", 1.53, 110.5, -122.6),
    "HA": Placed("C", "N", "CA", 1.09, 107.9, 118.3),
    "C'": Placed("C", "CA", "N", 1.329, 121.7, 0.0, turned_by="phi"),
    "H": Placed("C", "CA", "N", 1.01, 119.0, 180.0, turned_by="phi"),
    "CA'": Placed("CA", "N", "C'", 1.525, 116.6, 180.0),
    "O'": Placed("CA", "N", "C'", 1.231, 122.9, 0.0),
    'N"': Placed("N", "CA", "C", 1.329, 116.6, 0.0, turned_by="psi"),
    "O": Placed("N", "CA", "C", 1.231, 120.4, 180.0, turned_by="psi"),
    'CA"': Placed("CA", "C", 'N"', 1.458, 121.7, 180.0),
    'H"': Placed("CA", "C", 'N"', 1.01, 119.0, 0.0),
}
"""The atoms besides N, CA and C, each after those that it depends on."""
AXES = {"phi": ("N", "CA"), "psi": ("CA", "C")}
"""The atoms that a turn leaves where they are."""


def place_atoms(phi: Array, psi: Array, tau: Array) -> dict[str, Array]:
    """Return the positions of all atoms.

    Parameters
    ----------
    phi, psi : array
        Degrees; the shapes broadcast, such as (1, n) and (n, 1).
    tau : array, shape ()
        Angle N–CA–C in degrees, of the same array library.

    Returns
    -------
    dict of str to array, each of the shape of the angles that turn the atom, and 3

    Examples
    --------
    >>> import numpy as np
    >>> atoms = place_atoms(np.zeros((1, 8)), np.zeros((4, 1)), np.asarray(111.0))
    >>> atoms["C"].shape, atoms["O"].shape, atoms["O'"].shape
    ((1, 1, 3), (4, 1, 3), (1, 8, 3))
    """
    xp = compat.array_namespace(phi, psi, tau)
    zero = xp.zeros_like(tau)
    in_plane = xp.stack([xp.cos(_radians(tau)), xp.sin(_radians(tau)), zero])
    along_x = xp.stack([zero + N_TO_CA, zero, zero])
    turned = {"phi": phi, "psi": psi, None: xp.reshape(zero, (1, 1))}
    atoms = {
        "N": along_x[None, None, :],
        "CA": xp.stack([zero, zero, zero])[None, None, :],
        "C": CA_TO_C * in_plane[None, None, :],
    }
    for name, placed in GEOMETRY.items():
        dihedral = placed.dihedral + turned[placed.turned_by]
        a = atoms[placed.a]
        b = atoms[placed.b]
        c = atoms[placed.c]
        atoms[name] = _place(a, b, c, placed.length, placed.angle, dihedral)
    return atoms


def contact_distances(phi: Array, psi: Array, tau: Array, pairs: tuple[Pair, ...] = ()) -> dict[Pair, Array]:
    """Return how far apart the atoms of each contact are.

    Parameters
    ----------
    phi, psi, tau : array
        As in `place_atoms`.
    pairs : tuple of pairs of str
        Names of atoms; by default `CONTACTS`, all forty.

    Returns
    -------
    dict of pair to array
        Each of the shape of the angles that the distance depends on, in Å.

    Examples
    --------
    >>> import numpy as np
    >>> distances = contact_distances(np.asarray([[-57.0]]), np.asarray([[-47.0]]), np.asarray(111.0))
    >>> len(distances), round(float(distances["O'", 'N"'][0, 0]), 2)
    (40, 3.36)
    """
    atoms = place_atoms(phi, psi, tau)
    distances = {}
    for a, b in pairs or CONTACTS:
        distances[a, b] = _length(atoms[a] - atoms[b])
    return distances


def _place(a: Array, b: Array, c: Array, length: float, angle: float, dihedral: Array) -> Array:
    """Return the atom bonded to c at this length, angle (b, c, d) and dihedral (a, b, c, d)."""
    xp = compat.array_namespace(a)
    bond = _unit(c - b)
    normal = _unit(xp.linalg.cross(*xp.broadcast_arrays(b - a, c - b)))
    in_plane = xp.linalg.cross(*xp.broadcast_arrays(normal, bond))
    theta = _radians(angle)
    omega = _radians(dihedral)[..., None]
    side = xp.cos(omega) * in_plane + xp.sin(omega) * normal
    return c + length * (sin(theta) * side - cos(theta) * bond)


def _unit(x: Array) -> Array:
    return x / _length(x)[..., None]


def _length(x: Array) -> Array:
    xp = compat.array_namespace(x)
    return xp.sqrt(xp.sum(x * x, axis=-1))


def _radians(degrees: Array) -> Array:
    return degrees * (pi / 180)


def _contacts() -> tuple[Pair, ...]:
    """Return the pairs three or more bonds apart whose distance depends on phi or psi."""
    bonded: dict[str, set[str]] = {}
    for a, b in BONDS:
        bonded.setdefault(a, set()).add(b)
        bonded.setdefault(b, set()).add(a)
    pairs = []
    for a, b in combinations(bonded, 2):
        one_bond_apart = b in bonded[a]
        two_bonds_apart = not bonded[a].isdisjoint(bonded[b])
        if not one_bond_apart and not two_bonds_apart and _varies(a, b):
            pairs.append((a, b))
    return tuple(pairs)


def _varies(a: str, b: str) -> bool:
    """Return whether a turn moves one of two atoms and not the other, which does not lie on its axis."""
    turn_of_a = _turned_by(a)
    turn_of_b = _turned_by(b)
    if turn_of_a == turn_of_b:
        return False
    on_axis_of_a = turn_of_a is not None and b in AXES[turn_of_a]
    on_axis_of_b = turn_of_b is not None and a in AXES[turn_of_b]
    return not on_axis_of_a and not on_axis_of_b


def _turned_by(atom: str) -> Literal["phi", "psi"] | None:
    """Return the angle that moves an atom: its own, or that of the atom it is bonded to."""
    if atom not in GEOMETRY:
        return None
    placed = GEOMETRY[atom]
    return placed.turned_by or _turned_by(placed.c)


CONTACTS = _contacts()
"""The forty pairs of atoms that may clash."""

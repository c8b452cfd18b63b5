"""The classical prediction: which (phi, psi) a chain of hard spheres allows.

Conventions
-----------
- The molecule is alanine dipeptide, Ace-Ala-NMe, with one geometry: bond lengths and angles are fixed, omega is
  180°, only phi and psi turn.
- A cell is allowed when every pair of atoms three or more bonds apart, whose distance depends on (phi, psi) at
  the cell's centre, keeps at least its contact limit.
- The result hangs on tau, the angle N–CA–C: it is a parameter, and printed with the region.

References
----------
Ramachandran, G. N., Ramakrishnan, C. & Sasisekharan, V. (1963). Stereochemistry of polypeptide chain
configurations. J. Mol. Biol. 7, 95. doi:10.1016/S0022-2836(63)80023-6
Ho, B. K., Thomas, A. & Brasseur, R. (2003). Revisiting the Ramachandran plot: hard-sphere repulsion,
electrostatics, and H-bonding in the α-helix. Protein Sci. 12, 2508. doi:10.1110/ps.03235203
Parsons, J. et al. (2005). Practical conversion from torsion space to Cartesian space for in silico protein
synthesis. J. Comput. Chem. 26, 1063. doi:10.1002/jcc.20237
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import numpy as np
import xarray as xr

from .torus import centres

Limits = Literal["normal", "outer"]
Clashes = Literal["all", "ho2003"]

# contact distances in Å (Ramachandran et al. 1963): normal, outer
LIMITS = {
    "CC": (3.2, 3.0),
    "CO": (2.8, 2.7),
    "CN": (2.9, 2.8),
    "CH": (2.4, 2.2),
    "OO": (2.8, 2.7),
    "NO": (2.7, 2.6),
    "HO": (2.4, 2.2),
    "NN": (2.7, 2.6),
    "HN": (2.4, 2.2),
    "HH": (2.0, 1.9),
}
# ' is the residue before, " the one after
BONDS = ("CA' C'", "C' O'", "C' N", "N H", "N CA", "CA HA", "CA CB", "CA C", "C O", 'C N"', 'N" H"', 'N" CA"')
HO2003 = ("CB O", "O' N\"", 'CB N"', "O' CB", "O' O")
# atom: the three atoms it hangs on, bond length, angle, dihedral; what phi or psi turns says so
GEOMETRY = {
    "CB": ("C", "N", "CA", 1.53, 110.5, -122.6, None),
    "HA": ("C", "N", "CA", 1.09, 107.9, 118.3, None),
    "C'": ("C", "CA", "N", 1.329, 121.7, 0.0, "phi"),
    "H": ("C", "CA", "N", 1.01, 119.0, 180.0, "phi"),
    "CA'": ("CA", "N", "C'", 1.525, 116.6, 180.0, None),
    "O'": ("CA", "N", "C'", 1.231, 122.9, 0.0, None),
    'N"': ("N", "CA", "C", 1.329, 116.6, 0.0, "psi"),
    "O": ("N", "CA", "C", 1.231, 120.4, 180.0, "psi"),
    'CA"': ("CA", "C", 'N"', 1.458, 121.7, 180.0, None),
    'H"': ("CA", "C", 'N"', 1.01, 119.0, 0.0, None),
}


def hard_sphere(
    limits: Limits = "outer",
    *,
    tau: float = 111.0,
    clashes: Clashes = "all",
    scale: float = 1.0,
    n: int = 180,
) -> xr.DataArray:
    """Predict the allowed region of alanine dipeptide from contact distances alone.

    Parameters
    ----------
    limits : {"normal", "outer"}
        Which contact distances of 1963.
    tau : float
        Angle N–CA–C in degrees.
    clashes : {"all", "ho2003"}
        Every pair of atoms, or the five that Ho, Thomas & Brasseur found to act in real structures.
    scale : float
        Factor on the contact distances.
    n : int
        Cells along each axis.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi)

    Raises
    ------
    ValueError
        If a name is unknown.

    Examples
    --------
    >>> strict = hard_sphere("normal")
    >>> loose = hard_sphere("outer")
    >>> bool((loose | ~strict).all()), round(float(loose.mean()) * 100, 1)
    (True, 20.2)
    """
    if limits not in ("normal", "outer") or clashes not in ("all", "ho2003"):
        raise ValueError(
            f'hard_sphere: limits are "normal" or "outer", clashes "all" or "ho2003"; got {limits, clashes}'
        )
    atoms = _build(tau, centres(n))
    allowed = np.ones((n, n), bool)
    for a, b in _pairs(clashes):
        distance = np.linalg.norm(atoms[a] - atoms[b], axis=-1)
        if np.ptp(distance) > 1e-9:
            limit = LIMITS["".join(sorted(a[0] + b[0]))][limits == "outer"]
            allowed &= distance >= scale * limit
    return xr.DataArray(
        allowed,
        dims=("psi", "phi"),
        coords={"psi": centres(n), "phi": centres(n)},
        name="region",
        attrs={
            "name": f"hard spheres, {limits} limits{'' if clashes == 'all' else ', five clashes'}, tau {tau:g}°",
            "model": "Ace-Ala-NMe",
            "limits": limits,
            "clashes": clashes,
            "tau": tau,
            "scale": scale,
        },
    )


def _pairs(clashes: Clashes) -> list[tuple[str, str]]:
    if clashes == "ho2003":
        return [(a, b) for a, b in (pair.split() for pair in HO2003)]
    near: dict[str, set[str]] = {}
    for bond in BONDS:
        a, b = bond.split()
        near.setdefault(a, {a}).add(b)
        near.setdefault(b, {b}).add(a)
    within_two = {a: set().union(*(near[b] for b in near[a])) for a in near}
    return [(a, b) for a, b in combinations(near, 2) if b not in within_two[a]]


def _build(tau: float, angles: np.ndarray) -> dict[str, np.ndarray]:
    """Return the positions of all atoms, each of shape (psi or 1, phi or 1, 3)."""
    turn = {"phi": angles[None, :], "psi": angles[:, None], None: np.zeros((1, 1))}
    atoms = {
        "N": np.array([[[1.458, 0.0, 0.0]]]),
        "CA": np.zeros((1, 1, 3)),
        "C": 1.525 * np.array([[[np.cos(np.radians(tau)), np.sin(np.radians(tau)), 0.0]]]),
    }
    for name, (a, b, c, length, angle, dihedral, axis) in GEOMETRY.items():
        atoms[name] = _place(atoms[a], atoms[b], atoms[c], length, angle, dihedral + turn[axis])
    return atoms


def _place(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, length: float, angle: float, dihedral: np.ndarray
) -> np.ndarray:
    """Return the atom bonded to c at this length, angle (b, c, d) and dihedral (a, b, c, d)."""
    bond, normal = _unit(c - b), np.cross(b - a, c - b)
    normal = _unit(normal)
    bend, twist = np.radians(angle), np.radians(dihedral)[..., None]
    side = np.cos(twist) * np.cross(normal, bond) + np.sin(twist) * normal
    atom: np.ndarray = c + length * (np.sin(bend) * side - np.cos(bend) * bond)
    return atom


def _unit(x: np.ndarray) -> np.ndarray:
    unit: np.ndarray = x / np.linalg.norm(x, axis=-1, keepdims=True)
    return unit

"""The classical prediction: which (phi, psi) a chain of hard spheres allows.

Conventions
-----------
- The molecule is alanine dipeptide, Ace-Ala-NMe, with one geometry: bond lengths and angles are fixed, omega is
  180°, only phi and psi turn.
- A cell is allowed when every pair of atoms three or more bonds apart, whose distance depends on (phi, psi) at
  the cell's centre, keeps at least its contact limit.
- The result depends on tau, the angle N–CA–C. It is a parameter, and part of the region's name.

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
from typing import Literal, NamedTuple, get_args

import numpy as np
import xarray as xr

from .._checks import check_choice
from .torus import centres

Limits = Literal["normal", "outer"]
Clashes = Literal["all", "ho2003"]


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
HO2003 = (("CB", "O"), ("O'", 'N"'), ("CB", 'N"'), ("O'", "CB"), ("O'", "O"))
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

_SAME_EVERYWHERE = 1e-9
"""A distance that varies less than this, in Å, depends on neither phi nor psi."""


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
    check_choice("ramachandran.hard_sphere", "limits", limits, get_args(Limits))
    check_choice("ramachandran.hard_sphere", "clashes", clashes, get_args(Clashes))
    atoms = _build(tau, centres(n))
    allowed = np.ones((n, n), bool)
    for a, b in _pairs(clashes):
        distance = np.linalg.norm(atoms[a] - atoms[b], axis=-1)
        if np.ptp(distance) > _SAME_EVERYWHERE:
            allowed &= distance >= scale * _limit(a, b, limits)
    which = "" if clashes == "all" else ", five clashes"
    return xr.DataArray(
        allowed,
        dims=("psi", "phi"),
        coords={"psi": centres(n), "phi": centres(n)},
        name="region",
        attrs={
            "name": f"hard spheres, {limits} limits{which}, tau {tau:g}°",
            "model": "Ace-Ala-NMe",
            "limits": limits,
            "clashes": clashes,
            "tau": tau,
            "scale": scale,
        },
    )


def _limit(a: str, b: str, limits: Limits) -> float:
    """Return the contact limit of two atoms; the first letter of a name is the element."""
    elements = "".join(sorted(a[0] + b[0]))
    normal, outer = LIMITS[elements]
    return outer if limits == "outer" else normal


def _pairs(clashes: Clashes) -> list[tuple[str, str]]:
    """Return the pairs of atoms that may clash."""
    if clashes == "ho2003":
        return list(HO2003)
    bonded: dict[str, set[str]] = {}
    for a, b in BONDS:
        bonded.setdefault(a, set()).add(b)
        bonded.setdefault(b, set()).add(a)
    pairs = []
    for a, b in combinations(bonded, 2):
        one_bond_apart = b in bonded[a]
        two_bonds_apart = not bonded[a].isdisjoint(bonded[b])
        if not one_bond_apart and not two_bonds_apart:
            pairs.append((a, b))
    return pairs


def _build(tau: float, angles: np.ndarray) -> dict[str, np.ndarray]:
    """Return the positions of all atoms, each of shape (psi or 1, phi or 1, 3)."""
    phi = angles[None, :]
    psi = angles[:, None]
    turned = {"phi": phi, "psi": psi, None: np.zeros((1, 1))}
    towards_c = np.array([np.cos(np.radians(tau)), np.sin(np.radians(tau)), 0.0])
    atoms = {
        "N": np.array([[[N_TO_CA, 0.0, 0.0]]]),
        "CA": np.zeros((1, 1, 3)),
        "C": CA_TO_C * towards_c[None, None],
    }
    for name, placed in GEOMETRY.items():
        dihedral = placed.dihedral + turned[placed.turned_by]
        a = atoms[placed.a]
        b = atoms[placed.b]
        c = atoms[placed.c]
        atoms[name] = _place(a, b, c, placed.length, placed.angle, dihedral)
    return atoms


def _place(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, length: float, angle: float, dihedral: np.ndarray
) -> np.ndarray:
    """Return the atom bonded to c at this length, angle (b, c, d) and dihedral (a, b, c, d)."""
    bond = _unit(c - b)
    normal = _unit(np.cross(b - a, c - b))
    in_plane = np.cross(normal, bond)
    theta = np.radians(angle)
    omega = np.radians(dihedral)[..., None]
    side = np.cos(omega) * in_plane + np.sin(omega) * normal
    atom: np.ndarray = c + length * (np.sin(theta) * side - np.cos(theta) * bond)
    return atom


def _unit(x: np.ndarray) -> np.ndarray:
    unit: np.ndarray = x / np.linalg.norm(x, axis=-1, keepdims=True)
    return unit

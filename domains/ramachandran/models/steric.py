"""The classical prediction: which (phi, psi) a chain of hard spheres allows.

Conventions
-----------
- The molecule is alanine dipeptide, Ace-Ala-NMe, with one geometry: bond lengths and angles are fixed, omega is
  180°, only phi and psi turn.
- A cell is allowed when every pair of atoms three or more bonds apart, whose distance depends on (phi, psi),
  keeps at least its contact limit at the cell's centre.
- The result depends on tau, the angle N–CA–C. It is a parameter, and part of the region's name.
- Limits are in Å, by the elements of two atoms, ``"CO"``, or by their names, ``"CB O"``; the latter comes first.
- A soft region is the product of sigmoids of (distance − limit)/T. At T → 0 it is the hard one.

References
----------
Ramachandran, G. N., Ramakrishnan, C. & Sasisekharan, V. (1963). Stereochemistry of polypeptide chain
configurations. J. Mol. Biol. 7, 95. doi:10.1016/S0022-2836(63)80023-6
Ho, B. K., Thomas, A. & Brasseur, R. (2003). Revisiting the Ramachandran plot: hard-sphere repulsion,
electrostatics, and H-bonding in the α-helix. Protein Sci. 12, 2508. doi:10.1110/ps.03235203
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import mul
from typing import Literal, get_args

import array_api_compat as compat
import numpy as np
import xarray as xr

from ..._checks import UsageError, check_choice, check_number
from ..torus import centres
from .dipeptide import CONTACTS, Array, Pair, contact_distances

Limits = Literal["normal", "outer"]
Clashes = Literal["all", "ho2003"]
Sharing = Literal["elements", "pairs"]

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
HO2003 = (("CB", "O"), ("O'", 'N"'), ("CB", 'N"'), ("O'", "CB"), ("O'", "O"))


def hard_sphere(
    limits: Limits | Mapping[str, float] = "outer",
    *,
    tau: float = 111.0,
    clashes: Clashes = "all",
    scale: float = 1.0,
    n: int = 180,
) -> xr.DataArray:
    """Predict the allowed region of alanine dipeptide from contact distances alone.

    Parameters
    ----------
    limits : {"normal", "outer"} or mapping of str to float
        Which contact distances of 1963, or one's own in Å, such as ``learn_contacts`` finds: by elements, as
        `contact_names` lists them, or by pairs of atoms.
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
        If a name is unknown, or a contact has no limit.

    See Also
    --------
    soft_sphere : Return how far each cell is allowed.
    learn_contacts : Learn the contact limits whose hard-sphere region overlaps an empirical one most.
    compare : Compare a predicted region with a reference one, as two sets on the torus.

    Examples
    --------
    >>> strict = hard_sphere("normal")
    >>> loose = hard_sphere("outer")
    >>> bool((loose | ~strict).all()), round(float(loose.mean()) * 100, 1)
    (True, 20.2)

    Without the clashes of hydrogen:

    >>> outer = {name: limit for name, (_, limit) in LIMITS.items()}
    >>> heavy = hard_sphere({**outer, "CH": 0, "HO": 0, "HN": 0, "HH": 0})
    >>> round(float(heavy.mean()) * 100, 1)
    24.8
    """
    check_choice("ramachandran.hard_sphere", "clashes", clashes, get_args(Clashes))
    own = _limits_of(limits)
    pairs = CONTACTS if clashes == "all" else HO2003
    phi = centres(n)[None, :]
    psi = centres(n)[:, None]
    distances = contact_distances(phi, psi, np.asarray(float(tau)), pairs)
    allowed = np.ones((n, n), bool)
    for pair, distance in distances.items():
        allowed &= distance >= scale * _limit(pair, own)
    which = "" if clashes == "all" else ", five clashes"
    called = limits if isinstance(limits, str) else "given"
    return xr.DataArray(
        allowed,
        dims=("psi", "phi"),
        coords={"psi": centres(n), "phi": centres(n)},
        name="region",
        attrs={
            "name": f"hard spheres, {called} limits{which}, tau {tau:g}°",
            "model": "Ace-Ala-NMe",
            "limits": called,
            "clashes": clashes,
            "tau": tau,
            "scale": scale,
        },
    )


def soft_sphere(
    limits: Array,
    *,
    temperature: float,
    tau: float | Array = 111.0,
    n: int = 180,
) -> Array:
    """Return how far each cell is allowed: the region of `hard_sphere` with soft walls, differentiable in torch.

    The product over all contacts of 1/(1 + exp(−(distance − limit)/T)).

    Parameters
    ----------
    limits : array of numpy or torch, shape (10,) or (40,)
        Contact limits in Å, in the order of ``contact_names("elements")`` or ``contact_names("pairs")``.
    temperature : float
        T, the width of the walls in Å.
    tau : float or array, shape ()
        Angle N–CA–C in degrees.
    n : int
        Cells along each axis.

    Returns
    -------
    array, shape (n, n)
        Rows are psi; in [0, 1], of the library and dtype of `limits`.

    Raises
    ------
    ValueError
        If the temperature is not above 0, or the number of limits is another.

    See Also
    --------
    hard_sphere : Predict the allowed region of alanine dipeptide from contact distances alone.
    contact_names : Return the names of the contacts that have a limit each.
    overlap.losses.dice_loss : Soft Dice loss, 1 − Dice.

    Examples
    --------
    >>> outer = np.array([outer for _, outer in LIMITS.values()])
    >>> soft = soft_sphere(outer, temperature=1e-4)
    >>> bool(((soft >= 0.5) == hard_sphere("outer").values).all())
    True
    """
    operation = "ramachandran.soft_sphere"
    check_number(operation, "temperature", temperature, above=0)
    place_of = _places_for(limits)
    xp = compat.array_namespace(limits)
    angles = xp.asarray(centres(n), dtype=limits.dtype, device=compat.device(limits))
    # a number becomes an array, and an array keeps its gradient
    angle_at_ca = xp.zeros_like(limits[0]) + tau
    distances = contact_distances(angles[None, :], angles[:, None], angle_at_ca)
    return soften(distances, limits, temperature, place_of)


def soften(distances: Mapping[Pair, Array], limits: Array, temperature: float, place_of: Mapping[Pair, int]) -> Array:
    """Return the product over all contacts of the sigmoid of (distance − limit)/T.

    Parameters
    ----------
    distances : mapping of pair to array
        As `contact_distances` returns them.
    limits : array, shape (contacts,)
    temperature : float
    place_of : mapping of pair to int
        Where the limit of each pair stands in `limits`.

    Returns
    -------
    array
        Of the shape that the distances broadcast to.

    Examples
    --------
    >>> float(soften({("CB", "O"): np.array(2.7)}, np.array([2.7]), 0.1, {("CB", "O"): 0}))
    0.5
    """
    xp = compat.array_namespace(limits)
    # those of phi alone and of psi alone are multiplied before they are spread over the torus
    products: dict[tuple[int, ...], Array] = {}
    for pair, distance in distances.items():
        apart = distance - limits[place_of[pair]]
        # 1/(1 + exp(−x)) as (1 + tanh(x/2))/2, which is finite, and so is its gradient, however deep spheres overlap
        allowed = 0.5 + 0.5 * xp.tanh(apart * (0.5 / temperature))
        shape = tuple(distance.shape)
        products[shape] = products[shape] * allowed if shape in products else allowed
    return reduce(mul, products.values())


def contact_names(limits: Sharing = "elements") -> tuple[str, ...]:
    """Return the names of the contacts that have a limit each, in the order of `soft_sphere`.

    Parameters
    ----------
    limits : {"elements", "pairs"}
        Whether the pairs of two elements share a limit, ten in all, or each of forty pairs of atoms has its own.

    Returns
    -------
    tuple of str

    See Also
    --------
    soft_sphere : Return how far each cell is allowed.
    learn_contacts : Learn the contact limits whose hard-sphere region overlaps an empirical one most.

    Examples
    --------
    >>> contact_names()
    ('CC', 'CO', 'CN', 'CH', 'OO', 'NO', 'HO', 'NN', 'HN', 'HH')
    >>> contact_names("pairs")[:3]
    ("CA' HA", "CA' CB", "CA' C")
    """
    check_choice("ramachandran.contact_names", "limits", limits, get_args(Sharing))
    if limits == "elements":
        return tuple(LIMITS)
    return tuple(_name(pair) for pair in CONTACTS)


def places(limits: Sharing) -> dict[Pair, int]:
    """Return where in the limits of `soft_sphere` that of each pair of atoms stands.

    Examples
    --------
    >>> places("elements")["O'", "O"], places("pairs")["O'", "O"]
    (4, 17)
    """
    names = contact_names(limits)
    name_of = elements if limits == "elements" else _name
    return {pair: names.index(name_of(pair)) for pair in CONTACTS}


def elements(pair: Pair) -> str:
    """Return the elements of two atoms as `LIMITS` has them.

    Examples
    --------
    >>> elements(("O'", "CB"))
    'CO'
    """
    a, b = pair
    return "".join(sorted(a[0] + b[0]))


def _places_for(limits: Array) -> dict[Pair, int]:
    """Return `places` for ten limits or forty."""
    for sharing in get_args(Sharing):
        if limits.shape == (len(contact_names(sharing)),):
            return places(sharing)
    raise UsageError(
        f"ramachandran.soft_sphere: limits have the shape {tuple(limits.shape)}; pass (10,), in the order of "
        "contact_names('elements'), or (40,), in that of contact_names('pairs')"
    )


def _name(pair: Pair) -> str:
    return " ".join(pair)


def _limits_of(limits: Limits | Mapping[str, float]) -> Mapping[str, float]:
    """Return the limits of 1963 that a name stands for, or one's own after a check."""
    operation = "ramachandran.hard_sphere"
    if not isinstance(limits, Mapping):
        check_choice(operation, "limits", limits, get_args(Limits))
        return {name: outer if limits == "outer" else normal for name, (normal, outer) in LIMITS.items()}
    known = [*contact_names("elements"), *contact_names("pairs")]
    for name, limit in limits.items():
        check_choice(operation, "each name of limits", name, known)
        check_number(operation, f"the limit of {name}", limit, at_least=0)
    for pair in CONTACTS:
        if _name(pair) not in limits and elements(pair) not in limits:
            raise UsageError(
                f"{operation}: limits lack {elements(pair)!r}, which {_name(pair)} needs; add it (0 where none acts)"
            )
    return limits


def _limit(pair: Pair, limits: Mapping[str, float]) -> float:
    """Return the limit of two atoms in either order, else that of their elements."""
    for name in (_name(pair), _name(pair[::-1])):
        if name in limits:
            return limits[name]
    return limits[elements(pair)]

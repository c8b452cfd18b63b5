"""What a reader returns: a map over the torus and what its values mean.

Conventions
-----------
- Quantities: "mask" (0 and 1), "membership" (a soft mask, in [0, 1]), "density" and "counts" (their sum is the mass),
  "rank" (share of the data at a lower density), "energy". "" is a map that does not say what it is.
- Axes: what the file calls phi, then what it calls psi. Where a format names its axes x and y, phi is x unless the user
  says otherwise: "psi phi" turns the axes of every format that has names or an order for them.
- What a user declares is used or refused, never passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr

from ...._checks import UsageError, check_choice, check_number
from ...._files import ReadError
from ...._text import one_line
from ...torus import PERIOD, centres

QUANTITIES = ("mask", "membership", "density", "counts", "rank", "energy")
"""What the values of a map may be."""
ANGLES = ("degrees", "radians")
"""The units of angles."""
WITHOUT_ANGLES = "matrix without angles: cells divide the circle from -180 on"

_FEW = 24
"""Of fewer cells along an axis the first and the last may well be the same."""
_NO_USE = {
    "variable": "no {value!r}; the map in this file has no name",
    "angles": "{what} has angles of one unit",
    "axes": "the axes of {what} have no names",
    "absent": "{what} has a value for each cell",
    "phi_first": "{what} names its axes itself",
}
"""Why a declaration has no use."""
_INSTEAD = {
    "axes": ", and say phi_first=True (--phi-first) if its rows are phi",
    "phi_first": ', and say axes="psi phi" (--axes "psi phi") if they are the other way round',
}
_UNIT = re.compile(r"\s*[(\[](deg|degrees|°|rad|radians)[)\]]\s*$")
_NUMBERED = re.compile(r"(phi|psi)[:_ ]?(\d*)")

Quantity = Literal["mask", "membership", "density", "counts", "rank", "energy"]
AngleUnit = Literal["degrees", "radians"]


@dataclass(frozen=True)
class Declared:
    """What a user says of a file that it does not say itself.

    Attributes
    ----------
    variable : str or None
        Which of several maps.
    quantity : str or None
        What the values are, one of `QUANTITIES`.
    angles : str or None
        Unit of the angles, one of `ANGLES`.
    axes : tuple of two str, or None
        What the file calls phi, and what it calls psi.
    absent : float or None
        The value of nodes that have no row; infinity for those that were never visited.
    phi_first : bool
        Whether the rows of an array without named axes are phi.

    Raises
    ------
    UsageError
        If a declaration has none of its values.
    """

    variable: str | None = None
    quantity: str | None = None
    angles: str | None = None
    axes: tuple[str, str] | None = None
    absent: float | None = None
    phi_first: bool = False

    def __post_init__(self) -> None:
        operation = "ramachandran.read_region"
        if self.quantity is not None:
            check_choice(operation, "as_ (--as)", self.quantity, QUANTITIES)
        if self.angles is not None:
            check_choice(operation, "angles (--angles)", self.angles, ANGLES)
        if self.absent is not None and self.absent != np.inf:
            check_number(operation, "absent (--absent)", self.absent)

    def meaning(self, own: str) -> str:
        """Return what the values are: what the user says goes before what the format has."""
        return self.quantity or own

    @property
    def is_order(self) -> bool:
        """Whether the axes are declared by the names of the angles themselves."""
        return self.axes is not None and {name.lower() for name in self.axes} == {"phi", "psi"}

    @property
    def is_numbered(self) -> bool:
        """Whether the axes are declared by the numbers of their columns."""
        return self.axes is not None and all(name.isdecimal() for name in self.axes)

    @property
    def is_turned(self) -> bool:
        """Whether phi is declared to be psi, and psi phi."""
        return self.axes is not None and self.is_order and self.axes[0].lower() == "psi"

    @property
    def order(self) -> tuple[str, str]:
        """The axes of an array without named ones."""
        return ("phi", "psi") if self.phi_first else ("psi", "phi")

    def refuse_others(self, what: str, *taken: str) -> None:
        """Refuse what was declared of a file that has no use for it.

        Parameters
        ----------
        what : str
            What the file is.
        *taken : str
            Which of variable, angles, axes, absent and phi_first have a use there.

        Raises
        ------
        UsageError
            If another one was given.

        Examples
        --------
        >>> Declared(absent=0.0).refuse_others("a picture", "angles", "axes")
        Traceback (most recent call last):
        domains._checks.UsageError: a picture has a value for each cell; leave out absent= (--absent)
        """
        for name, reason in _NO_USE.items():
            value = getattr(self, name)
            is_given = value is not None and value is not False
            if is_given and name not in taken:
                flag = name.replace("_", "-")
                said = reason.format(what=what, value=value)
                raise UsageError(f"{said}; leave out {name}= (--{flag}){_INSTEAD.get(name, '')}")

    def in_degrees(self, angles: np.ndarray, default: str = "degrees") -> np.ndarray:
        """Return angles of the declared unit, or of the format's, in degrees."""
        unit = self.angles or default
        return np.degrees(angles) if unit == "radians" else angles


class Surface(NamedTuple):
    """A map over the torus.

    Attributes
    ----------
    values : DataArray, dimensions (psi, phi)
        Coordinates in degrees.
    quantity : str
        One of `QUANTITIES`, or "".
    unit : str
        Of an energy; "" if the file does not say.
    source : str
        Which kind of file it is, and what of it was taken for granted.
    category : str
        Of residues, if the file says; else "".
    """

    values: xr.DataArray
    quantity: str = ""
    unit: str = ""
    source: str = ""
    category: str = ""


def read_axes(axes: str | tuple[str, str] | None) -> tuple[str, str] | None:
    """Return the two names of an option: "x y", or "x, y", where names may have blanks, or a pair.

    Examples
    --------
    >>> read_axes("t1 t2"), read_axes("Phi angle, Psi angle")
    (('t1', 't2'), ('Phi angle', 'Psi angle'))
    """
    if axes is None:
        return None
    names = list(axes)
    if isinstance(axes, str):
        separator = "," if "," in axes else None
        names = [name.strip() for name in axes.split(separator)]
    if len(names) != 2 or names[0] == names[1]:
        raise UsageError(
            f"ramachandran.read_region: axes (--axes) are two names, what the file calls phi and what it calls psi; "
            f"got {axes!r}"
        )
    return str(names[0]), str(names[1])


def find_axes(names: list[str], declared: Declared, default: tuple[str, str] | None = None) -> tuple[int, int]:
    """Return which of the named columns is phi and which is psi.

    Parameters
    ----------
    names : list of str
        What the file calls its axes.
    declared : Declared
        With the names of phi and psi, if the user gave them, or with the numbers of their columns, from 1 on.
    default : tuple of two str, optional
        What they are called in this format, if not phi and psi.

    Returns
    -------
    tuple of two int

    Raises
    ------
    UsageError
        If there are no such names.

    Examples
    --------
    >>> find_axes(["psi", "phi"], Declared())
    (1, 0)
    """
    lowered = [name.lower() for name in names]
    usual = ("phi", "psi")
    if not set(usual) <= set(lowered):
        usual = default or _of_one_residue(names)
    wanted = declared.axes or usual
    if declared.is_order and not {"phi", "psi"} & set(lowered):
        wanted = usual[::-1] if declared.is_turned else usual
    phi = _place_of(wanted[0], lowered)
    psi = _place_of(wanted[1], lowered)
    if phi is None or psi is None:
        listed = ", ".join(one_line(known, 40) for known in names[:12])
        example = "PHI, PSI" if any(" " in known for known in names) else "PHI PSI"
        raise UsageError(
            f"which axes are phi and psi is not said: they are called {listed}; say what phi is called, and what "
            f'psi, with axes="{example}" (--axes "{example}")'
        )
    return phi, psi


def _place_of(name: str, lowered: list[str]) -> int | None:
    """Return where a name stands, with or without its unit; else where its number says, from 1 on."""
    name = name.lower()
    if lowered.count(name) == 1:
        return lowered.index(name)
    bare = [_UNIT.sub("", known) for known in lowered]
    bare_name = _UNIT.sub("", name)
    if bare.count(bare_name) == 1:
        return bare.index(bare_name)
    if name.isdecimal() and 1 <= int(name) <= len(lowered):
        return int(name) - 1
    return None


def residue_of(name: str) -> tuple[str, str] | None:
    """Return which angle a name is of, and of which residue: its number, "" if there is none.

    Examples
    --------
    >>> residue_of("phi:2"), residue_of("Psi6"), residue_of("psi"), residue_of("chi1")
    (('phi', '2'), ('psi', '6'), ('psi', ''), None)
    """
    match = _NUMBERED.fullmatch(name.lower())
    return None if match is None else (match[1], match[2])


def _of_one_residue(names: list[str]) -> tuple[str, str]:
    """Return the names of phi and psi of the only residue, such as phi:2 and psi:2."""
    found = [(*residue, name) for name in names if (residue := residue_of(name)) is not None]
    phi = [(number, name) for angle, number, name in found if angle == "phi"]
    psi = [(number, name) for angle, number, name in found if angle == "psi"]
    if len(phi) == 1 and len(psi) == 1 and phi[0][0] == psi[0][0]:
        return phi[0][1], psi[0][1]
    return "phi", "psi"


def one_of(names: list[str], variable: str | None, what: str = "map") -> str:
    """Return the name that was asked for, or the only one.

    Raises
    ------
    ReadError
        If there is none.
    UsageError
        If several are there and none is named, or another is.

    Examples
    --------
    >>> one_of(["region"], None)
    'region'
    """
    if variable is None and len(names) == 1:
        return names[0]
    if variable is not None and variable in names:
        return variable
    if not names:
        raise ReadError(f"no {what} in it: a {what} has two axes, psi and phi; save one")
    asked = "" if variable is None else f"no {variable!r}; "
    listed = one_line(", ".join(one_line(name, 80) for name in names), 200)
    raise UsageError(f"{asked}name one {what} with variable= (--variable): {listed}")


def labelled(values: np.ndarray, order: tuple[str, str], rows: np.ndarray, columns: np.ndarray) -> xr.DataArray:
    """Return an array with the names and angles of its axes.

    Examples
    --------
    >>> labelled(np.eye(2), ("psi", "phi"), np.array([-90, 90]), np.array([-90, 90])).dims
    ('psi', 'phi')
    """
    of_rows, of_columns = order
    return xr.DataArray(values, dims=order, coords={of_rows: rows, of_columns: columns})


def without_angles(values: np.ndarray, declared: Declared, source: str = "") -> Surface:
    """Return a map whose file says no angles: its cells divide the circle evenly from −180 on.

    Parameters
    ----------
    values : numpy.ndarray
        (n_rows, n_columns), of what `declared` says of the axes.
    declared : Declared
    source : str

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If the first and the last of 361 or 73 cells, say, are the same: then they lie on −180 and 180, one line.

    Examples
    --------
    >>> without_angles(np.eye(2), Declared()).values.phi.values
    array([-90.,  90.])
    """
    for axis, dim in enumerate(declared.order):
        if _has_both_ends(np.moveaxis(values, axis, 0)):
            raise ReadError(
                f"the first and the last of {values.shape[axis]} cells along {dim} are the same, as where -180 and 180 "
                "degrees both stand in a map; save its angles too, as a table with columns phi, psi and the value"
            )
    n_rows, n_columns = values.shape
    return Surface(labelled(values, declared.order, centres(n_rows), centres(n_columns)), source=source)


def _has_both_ends(cells: np.ndarray) -> bool:
    """Return whether the last cell is the first again: alike, and a turn is divided by one less and not by all."""
    n = len(cells)
    if n < _FEW or PERIOD % n == 0 or PERIOD % (n - 1) != 0:
        return False
    is_constant = bool((cells == cells[0]).all())
    return not is_constant and np.array_equal(cells[0], cells[-1], equal_nan=cells.dtype.kind == "f")


def turned(cells: xr.DataArray, declared: Declared) -> xr.DataArray:
    """Return a map whose axes the format itself calls phi and psi, with the names that the user gives them.

    Raises
    ------
    UsageError
        If other names are declared.

    Examples
    --------
    >>> cells = labelled(np.array([[1, 2], [3, 4]]), ("psi", "phi"), np.array([-90, 90]), np.array([-90, 90]))
    >>> turned(cells, Declared(axes=("psi", "phi"))).sel(phi=-90).values
    array([1, 2])
    """
    phi, _ = find_axes(["phi", "psi"], declared)
    return cells if phi == 0 else cells.rename(phi="psi", psi="phi")


def never_visited(values: np.ndarray) -> np.ndarray:
    """Return energies whose highest value, if several cells have it, is infinite.

    Examples
    --------
    >>> never_visited(np.array([0.0, 8.0, 8.0, 3.0]))
    array([ 0., inf, inf,  3.])
    """
    if not values.size:
        return values
    is_highest = values == values.max()
    if np.count_nonzero(is_highest) < 2:
        return values
    return np.where(is_highest, np.inf, values)

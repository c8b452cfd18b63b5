"""Surfaces and trajectories of PLUMED: ``sum_hills``, DUMPGRID, CONVERT_TO_FES and PRINT.

Conventions
-----------
- ``#! FIELDS`` names the columns, ``#! SET`` gives the limits of each axis, its number of bins and whether it is
  periodic.
- Nodes are where the surface was evaluated: ``min + k * (max - min) / nbins``, so that a periodic axis has nbins of
  them. They are not the edges of bins.
- Angles are in radians, ``pi`` among the numbers, unless the header gives a period of 360. Energies are in kJ/mol,
  PLUMED's unit.
- Columns ``der_…`` and ``d…`` of an axis are derivatives.
- A column ``….bias`` is what a run adds to the energy, high where the free energy is low: it is not taken for one.
- A table with the height of hills (HILLS) is no trajectory.

References
----------
Tribello, G. A. et al. (2014). PLUMED 2: new feathers for an old bird. Comput. Phys. Commun. 185, 604.
doi:10.1016/j.cpc.2013.09.018; https://www.plumed.org/doc, "sum_hills".
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...._files import ReadError, split_lines
from ...._text import one_line
from .columns import Columns, number_of, read_columns
from .mesh import check_absent, on_grid, with_absent
from .rows import Rows
from .surface import Declared, Surface, find_axes, one_of

ENERGY = re.compile(r"(.*[._])?(free|fes|ff|projection)", re.IGNORECASE)
"""Columns that PLUMED's tools call a free energy."""
BIAS = re.compile(r"(.*[._])?r?bias", re.IGNORECASE)
"""Columns of what a run adds to the energy."""
_OFF_NODE = 0.01
"""How far a coordinate may lie beside its node, as a part of the step."""
MOST_BINS = 36_000
"""Along an axis."""
_SUM_HILLS = "sum the run's hills with plumed sum_hills, and read the surface that it writes"


class Header(NamedTuple):
    """What the lines ``#!`` say.

    Attributes
    ----------
    fields : list of str
        Names of the columns.
    settings : dict of str to str
        Of ``SET``.
    """

    fields: list[str]
    settings: dict[str, str]


def is_plumed(text: str) -> bool:
    r"""Return whether a text begins as PLUMED's do.

    Examples
    --------
    >>> is_plumed("#! FIELDS time phi psi\n")
    True
    """
    return text.lstrip().startswith("#! FIELDS")


def read_header(text: str) -> Header:
    r"""Return the names of the columns and the settings.

    Raises
    ------
    ReadError
        If columns or settings contradict each other.

    Examples
    --------
    >>> read_header("#! FIELDS phi psi file.free\n#! SET nbins_phi 36\n")
    Header(fields=['phi', 'psi', 'file.free'], settings={'nbins_phi': '36'})
    """
    fields: list[str] = []
    settings: dict[str, str] = {}
    for number, line in enumerate(split_lines(text), 1):
        words = line.split()
        if words[:2] == ["#!", "FIELDS"]:
            if fields and words[2:] != fields:
                raise ReadError(f"line {number}: other columns than those before; split the file there")
            fields = words[2:]
        elif words[:2] == ["#!", "SET"] and len(words) == 4:
            if settings.get(words[2], words[3]) != words[3]:
                raise ReadError(
                    f"line {number}: {one_line(words[2], 40)} is set again to another value; split the file there"
                )
            settings[words[2]] = words[3]
    if len(set(fields)) < len(fields):
        raise ReadError("two columns have one name; rename one of them in the line #! FIELDS")
    return Header(fields, settings)


def is_surface(header: Header) -> bool:
    """Return whether the header describes a grid, and not a trajectory.

    Examples
    --------
    >>> is_surface(Header(["phi", "psi", "ff"], {"nbins_phi": "36"}))
    True
    """
    return any(name.startswith("nbins_") for name in header.settings)


def check_trajectory(header: Header) -> None:
    """Check that a table without a grid holds the angles of frames.

    Raises
    ------
    ReadError
        If it holds the hills of a metadynamics run.

    Examples
    --------
    >>> check_trajectory(Header(["time", "phi", "psi"], {}))
    """
    has_sigma = any(name.startswith("sigma_") for name in header.fields)
    if has_sigma and "height" in header.fields:
        raise ReadError(f"hills of a metadynamics run, neither a map nor angles of frames; {_SUM_HILLS}")


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read a map.

    Parameters
    ----------
    text : str
    declared : Declared

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If the header or a row contradicts the grid, or nodes are missing.
    UsageError
        If it is not said which axes are phi and psi, or which of several columns is meant.

    Examples
    --------
    >>> axes = "#! SET min_{0} -pi\n#! SET max_{0} pi\n#! SET nbins_{0} 2\n#! SET periodic_{0} true\n"
    >>> rows = "-3.14159 -3.14159 0\n0 -3.14159 1\n\n-3.14159 0 2\n0 0 3\n"
    >>> text = "#! FIELDS phi psi file.free\n" + axes.format("phi") + axes.format("psi") + rows
    >>> surface = read_surface(text, Declared())
    >>> surface.unit, surface.values.values, surface.values.phi.values
    ('kJ/mol', array([[0., 1.],
           [2., 3.]]), array([-180.,    0.]))
    """
    header = read_header(text)
    table = read_columns(text)
    table.check_width(len(header.fields), f"but #! FIELDS names {len(header.fields)}")
    axes = [name for name in header.fields if f"nbins_{name}" in header.settings]
    if len(axes) != 2:
        raise ReadError(f"a grid of {len(axes)} axes, not of two; write one over phi and psi")
    phi, psi = find_axes(axes, declared)
    column = _value_column(header.fields, axes, declared.variable)
    is_energy = ENERGY.fullmatch(column) is not None
    if BIAS.fullmatch(column) is not None and declared.quantity in (None, "energy"):
        raise ReadError(f"the column {one_line(column, 40)} is a bias, high where the free energy is low; {_SUM_HILLS}")
    quantity = "energy" if is_energy else ""
    values = table.values[:, header.fields.index(column)]
    cells = _on_nodes(header, table, axes[phi], axes[psi], values, declared, declared.meaning(quantity))
    source = f"PLUMED surface, column {column}, nodes at min + k steps"
    return Surface(cells, quantity, "kJ/mol" if is_energy else "", source)


def _on_nodes(
    header: Header, table: Columns, phi: str, psi: str, values: np.ndarray, declared: Declared, quantity: str
) -> xr.DataArray:
    """Return the values on the grid of the header, whose nodes without a row are declared."""
    phi_nodes = _nodes(header, phi)
    psi_nodes = _nodes(header, psi)
    phi_place = _places(table, header.fields.index(phi), phi_nodes, phi)
    psi_place = _places(table, header.fields.index(psi), psi_nodes, psi)
    phi_degrees = _in_degrees(header, phi, phi_nodes, declared)
    psi_degrees = _in_degrees(header, psi, psi_nodes, declared)
    rows = Rows(phi_degrees[phi_place], psi_degrees[psi_place], values, table.lines)
    if declared.absent is None:
        return on_grid(rows, quantity=quantity)
    complete = with_absent(rows, phi_degrees, psi_degrees, declared.absent)
    if len(complete.values) > len(values):
        check_absent(declared.absent, values, quantity)
    return on_grid(complete)


def _in_degrees(header: Header, name: str, nodes: np.ndarray, declared: Declared) -> np.ndarray:
    """Return the nodes of an axis in degrees."""
    unit = declared.angles or _unit_of_axis(header, name)
    return np.degrees(nodes) if unit == "radians" else nodes


def _value_column(fields: list[str], axes: list[str], variable: str | None) -> str:
    derivatives = {f"der_{axis}" for axis in axes}
    rest = [name for name in fields if name not in axes and name not in derivatives]
    maps = [name for name in rest if not any(name == f"d{other}_{axis}" for other in rest for axis in axes)]
    return one_of(maps, variable)


def _nodes(header: Header, name: str) -> np.ndarray:
    """Return the nodes of an axis in the unit of the file."""
    low = _setting(header, f"min_{name}")
    high = _setting(header, f"max_{name}")
    n_bins = _setting(header, f"nbins_{name}")
    is_count = n_bins == np.floor(n_bins)
    if not (high > low and 2 <= n_bins <= MOST_BINS and is_count):
        raise ReadError(f"the header gives {name} {n_bins:g} bins from {low:g} to {high:g}; correct the lines #! SET")
    step = (high - low) / n_bins
    is_periodic = header.settings.get(f"periodic_{name}", "true") == "true"
    n_nodes = int(n_bins) if is_periodic else int(n_bins) + 1
    nodes: np.ndarray = low + step * np.arange(n_nodes)
    return nodes


def _setting(header: Header, name: str) -> float:
    """Return a number of the header; pi, and a number times pi, among them."""
    word = header.settings.get(name)
    if word is None:
        raise ReadError(f"the header has no line #! SET {one_line(name, 40)}; write the file again with all of them")
    value = _with_pi(word)
    if not np.isfinite(value):
        raise ReadError(f"the header sets {one_line(name, 40)} to {one_line(word, 40)!r}, no number; correct it")
    return value


def _with_pi(word: str) -> float:
    """Return a number such as 36, -pi or 2*pi; NaN if it is none."""
    number, is_pi, _ = word.partition("pi")
    if is_pi and number in ("", "+", "-"):
        number += "1"
    try:
        value = number_of(number.rstrip("*"), 0)
    except ReadError:
        return np.nan
    return value * np.pi if is_pi else value


def _unit_of_axis(header: Header, name: str) -> str:
    """Return the unit that the period of an axis has: PLUMED's radians, or degrees where it is 360."""
    turn = _setting(header, f"max_{name}") - _setting(header, f"min_{name}")
    return "degrees" if abs(turn - 360) < 1e-3 else "radians"


def _places(table: Columns, column: int, nodes: np.ndarray, name: str) -> np.ndarray:
    """Return which node each row lies at."""
    values = table.values[:, column]
    step = nodes[1] - nodes[0]
    with np.errstate(invalid="ignore", over="ignore"):
        position = (values - nodes[0]) / step
    is_inside = (position > -0.5) & (position < len(nodes) - 0.5)
    position = np.where(is_inside, position, -1)
    place = np.round(position).astype(int)
    off = np.flatnonzero(~is_inside | (np.abs(position - place) > _OFF_NODE))
    if len(off):
        found = f"line {table.lines[off[0]]}: {name} {values[off[0]]:g} is no node of the header's grid"
        raise ReadError(f"{found}; write it again, with the header that belongs to it")
    return place

"""Which of the known formats a text is, by how it begins.

Conventions
-----------
- A format is told by its own header, not by the file's name. A text without a known header is refused with a list of
  those that are known.
- Angles of frames, of which a region can be made, are no map.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ...._checks import UsageError
from ...._files import ReadError
from ...._text import one_line
from . import amber, charmm, cpptraj, gromacs, ndrd, plumed, rosetta, top8000, wham
from .columns import read_columns
from .mesh import on_grid
from .rows import rows_of
from .surface import Declared, Surface, find_axes, one_of, turned

_ENDINGS = ".dat .txt .xvg .xpm .gnu .data .prm .inp .str .ramaprob .out .frcmod .ff19sb"
SUFFIXES = tuple(_ENDINGS.split())
"""Endings of texts that may hold a map; others are read by what is in them as well."""
FEWEST = 4
"""Columns of a matrix."""

_OF_FRAMES = re.compile(r"^\s*-?[\d.]+\s+-?[\d.]+\s+[A-Za-z]\w*-\d+\s*$|^\s*#\s*Frame\b", re.MULTILINE)
"""A row of gmx rama, or the header of cpptraj's tables."""

_IS_STRUCTURE = re.compile(r"(HEADER|TITLE|EXPDTA|REMARK|CRYST1|MODEL|ATOM|HETATM) |data_\w")
"""How files of coordinates begin, PDB and mmCIF."""


class Format(NamedTuple):
    """One of the known formats.

    Attributes
    ----------
    is_one : callable
        Takes a text, and returns whether it is of this format.
    read : callable
        Takes a text and what was declared, and returns a `Surface`.
    header : str
        How it begins, as a message lists it.
    taken : tuple of str
        What of it may be declared, besides what the values are. Without axes it names them itself.
    """

    is_one: Callable[[str], bool]
    read: Callable[[str, Declared], Surface]
    header: str
    taken: tuple[str, ...]


PLUMED = Format(plumed.is_plumed, plumed.read_surface, "#! FIELDS (PLUMED)", ("variable", "angles", "axes", "absent"))
WHAM = Format(wham.is_wham, wham.read_surface, "#X Y Free Pro (WHAM)", ("angles", "axes", "absent"))
TOP8000 = Format(top8000.is_top8000, top8000.read_surface, "# Table name (MolProbity)", ("axes",))
XPM = Format(gromacs.is_xpm, gromacs.read_xpm, "/* XPM */ (GROMACS)", ("angles", "axes"))
XVG = Format(gromacs.is_xvg, gromacs.read_xvg, "@ (GROMACS)", ("angles", "axes", "absent"))
GNUPLOT = Format(cpptraj.is_gnuplot, cpptraj.read_surface, "set … splot (cpptraj)", ("angles", "axes", "absent"))
ROSETTA = Format(rosetta.is_rosetta, rosetta.read_surface, "rows of Rosetta", ("variable", "angles", "absent"))
NDRD = Format(ndrd.is_ndrd, ndrd.read_surface, "rows of NDRD", ("variable", "angles", "absent"))
AMBER = Format(amber.is_frcmod, amber.read_surface, "%FLAG CMAP_PARAMETER (Amber)", ("variable",))
CHARMM = Format(charmm.is_cmap, charmm.read_surface, "CMAP (CHARMM)", ("variable",))

KNOWN = (PLUMED, WHAM, TOP8000, XPM, XVG, GNUPLOT, ROSETTA, NDRD, AMBER, CHARMM)
"""All of them, in the order in which they are tried: Amber's files have a line CMAP as well."""


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read a map from the text of another program.

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
        If it begins as none of the known formats does, or is damaged.
    UsageError
        If something has to be declared, see the modules of the formats.

    Examples
    --------
    >>> read_surface("#X Y Free Pro\n-90 -90 0 .7\n-90 90 1 .3\n90 -90 inf 0\n90 90 inf 0\n", Declared()).quantity
    'energy'
    """
    _check_map(text)
    for known in KNOWN:
        if known.is_one(text):
            declared.refuse_others(f"a file with {known.header}", "axes", *known.taken)
            surface = known.read(text, declared)
            if "axes" in known.taken:
                return surface
            return surface._replace(values=turned(surface.values, declared))
    if declared.is_numbered:
        return _bare_columns(text, declared)
    _check_declared(text)
    if _IS_STRUCTURE.match(text.lstrip()):
        raise ReadError(
            "it is the structure of a molecule, and no map; validate reads it: overlap ramachandran validate"
        )
    first = one_line(text.lstrip().partition("\n")[0], 60)
    headers = ", ".join(known.header for known in KNOWN)
    raise ReadError(
        f"it begins with {first!r}, as none of the known formats does: {headers}; convert it, for example to a CSV grid"
    )


def _check_declared(text: str) -> None:
    """Refuse numbers alone, which have to be declared: a matrix, or rows of phi, psi and a value."""
    try:
        values = read_columns(text, least=2).values
    except ReadError:
        return
    n_columns = values.shape[1]
    found = f"rows of {n_columns} numbers without a known header"
    matrix = "if it is a matrix, say header=False (--no-header)"
    rows = (
        "if it is rows of phi and psi, the centres of cells, and a value, say so with "
        'axes="1 2" (--axes "1 2"), the columns of phi and psi'
    )
    if n_columns < FEWEST:
        raise UsageError(f"{found}: {rows}")
    raise UsageError(f"{found}: {matrix}; {rows}")


def _check_map(text: str) -> None:
    """Refuse angles of frames."""
    is_trajectory = _OF_FRAMES.search(text) is not None or gromacs.is_rama(text)
    if plumed.is_plumed(text):
        header = plumed.read_header(text)
        is_trajectory = not plumed.is_surface(header)
        if is_trajectory:
            plumed.check_trajectory(header)
    if is_trajectory:
        raise UsageError(
            "angles of frames, not a map; make a region of them with bandwidth=8 (--bandwidth 8), the width of the "
            "kernel in degrees, or score them with validate"
        )


def _bare_columns(text: str, declared: Declared) -> Surface:
    """Read rows of numbers without a header, of which the columns of phi and psi were named by their numbers."""
    declared.refuse_others("a table of columns", "variable", "angles", "axes", "absent")
    table = read_columns(text)
    numbers = range(1, table.values.shape[1] + 1)
    names = [str(number) for number in numbers]
    phi, psi = find_axes(names, declared)
    others = [name for k, name in enumerate(names) if k not in (phi, psi)]
    value = one_of(others, declared.variable, "column")
    rows = rows_of(table, phi, psi, names.index(value), declared)
    source = f"columns {phi + 1} (phi), {psi + 1} (psi) and {value}, angles are centres of cells"
    cells = on_grid(rows, declared.absent, declared.meaning(""))
    return Surface(cells, source=source)

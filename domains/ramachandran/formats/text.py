"""Which of the known formats a text is, by how it begins.

Conventions
-----------
- A format is told by its own header, not by the file's name. A text without a known header is refused with a list of
  those that are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ..._files import ReadError, read_text
from ..._text import one_line
from . import charmm, cpptraj, gromacs, plumed, rosetta, top8000, wham
from .columns import read_columns
from .mesh import on_grid
from .surface import Declared, Surface, find_axes, one_of

SUFFIXES = (".dat", ".txt", ".xvg", ".xpm", ".gnu", ".data", ".prm", ".inp", ".str", ".ramaprob", ".out")
"""Endings of texts that may hold a map."""

_RESIDUE = re.compile(r"^\s*-?[\d.]+\s+-?[\d.]+\s+[A-Za-z]\w*-\d+\s*$|^\s*#\s*Frame\b", re.MULTILINE)

Reader = Callable[[str, Declared], Surface]

KNOWN: tuple[tuple[Callable[[str], bool], Reader], ...] = (
    (plumed.is_plumed, plumed.read_surface),
    (wham.is_wham, wham.read_surface),
    (top8000.is_top8000, top8000.read_surface),
    (gromacs.is_xpm, gromacs.read_xpm),
    (gromacs.is_xvg, gromacs.read_xvg),
    (cpptraj.is_gnuplot, cpptraj.read_surface),
    (rosetta.is_rosetta, rosetta.read_surface),
    (charmm.is_cmap, charmm.read_surface),
)
"""How each format begins, and who reads it."""

HEADERS = (
    "#! FIELDS (PLUMED), #X Y Free Pro (WHAM), # Table name (MolProbity), /* XPM */ and @ (GROMACS), set … splot "
    "(cpptraj), rows of Rosetta, CMAP (CHARMM)"
)
"""The beginnings, as a message lists them."""


def read_surface(operation: str, path: Path, declared: Declared) -> Surface:
    r"""Read a map from the text of another program.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path
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
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "free.dat")
    ...     _ = path.write_text("#X Y Free Pro\n-90 -90 0 .7\n-90 90 1 .3\n90 -90 inf 0\n90 90 inf 0\n")
    ...     read_surface("ramachandran.read_region", path, Declared()).quantity
    'energy'
    """
    text = read_text(operation, path)
    if _RESIDUE.search(text) is not None or (
        plumed.is_plumed(text) and not plumed.is_surface(plumed.read_header(text))
    ):
        raise ReadError(
            "angles of frames, not a map; make a region of them with bandwidth=8 (--bandwidth 8), the width of the "
            "kernel in degrees, or score them with validate"
        )
    for begins, read in KNOWN:
        if begins(text):
            return read(text, declared)
    if declared.axes is not None and all(name.isdecimal() for name in declared.axes):
        return _bare_columns(text, declared)
    first = one_line(text.lstrip().partition("\n")[0], 60)
    raise ReadError(
        f"it begins with {first!r}, as none of the known formats does: {HEADERS}; if it is rows of phi, "
        'psi and a value alone, say so with axes="1 2" (--axes "1 2"), the columns of phi and psi'
    )


def _bare_columns(text: str, declared: Declared) -> Surface:
    """Read rows of numbers without a header, of which the columns of phi and psi were named by their numbers."""
    table = read_columns(text)
    names = [str(k) for k in range(1, table.values.shape[1] + 1)]
    phi, psi = find_axes(names, declared)
    value = one_of([name for k, name in enumerate(names) if k not in (phi, psi)], declared.variable, "column")
    angles = [declared.in_degrees(table.values[:, k]) for k in (phi, psi)]
    values = table.values[:, names.index(value)]
    cells = on_grid(angles[0], angles[1], values, table.lines, declared.absent)
    return Surface(cells, source=f"columns {phi + 1} (phi), {psi + 1} (psi) and {value}")

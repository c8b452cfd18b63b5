r"""Correction maps of Amber's parameter files, such as ``frcmod.ff19SB``: the section CMAP.

Conventions
-----------
- ``%FLAG CMAP_RESLIST`` is followed by the residues that a map is of, ``%FLAG CMAP_RESOLUTION n`` gives the number of
  nodes along each axis, and ``%FLAG CMAP_PARAMETER`` is followed by n × n energies in kcal/mol, phi slow, at the nodes
  −180 + k · 360/n.
- One of the maps is named by a residue: ``variable="ALA"``.
- A map corrects the energy of the other terms: alone it is no energy landscape of the backbone.

References
----------
Tian, C. et al. (2020). ff19SB: amino-acid-specific protein backbone parameters trained against quantum mechanics energy
surfaces in solution. J. Chem. Theory Comput. 16, 528. doi:10.1021/acs.jctc.9b00591
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ...._files import ReadError
from ...._text import one_line
from .charmm import correction, read_energies, read_size
from .columns import Words, rows_of_words
from .surface import Declared, Surface, one_of

_PARAMETERS = re.compile(r"^%FLAG\s+CMAP_PARAMETER\s*$", re.MULTILINE)
_DEFAULT_SIZE = 24


def is_frcmod(text: str) -> bool:
    r"""Return whether a text holds a map as Amber's parameter files do.

    Examples
    --------
    >>> is_frcmod("CMAP\n%FLAG CMAP_COUNT 1\n%FLAG CMAP_PARAMETER\n")
    True
    """
    return _PARAMETERS.search(text) is not None


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read the map of one residue.

    Parameters
    ----------
    text : str
    declared : Declared
        With the residue, if there are several.

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If a map has fewer or more numbers than it says, or is of no residue.
    UsageError
        If there are several residues and none is named.

    Examples
    --------
    >>> flags = ["COUNT 1", "RESLIST 1\nALA", "RESOLUTION 2", "PARAMETER\n0.1 0.2\n0.3 0.4"]
    >>> text = "CMAP\n" + "".join(f"%FLAG CMAP_{flag}\n" for flag in flags)
    >>> read_surface(text, Declared()).values.values
    array([[0.1, 0.3],
           [0.2, 0.4]])
    """
    maps = _maps(text)
    name = one_of(list(maps), declared.variable)
    return correction(name, maps[name])


def _maps(text: str) -> dict[str, np.ndarray]:
    """Return the map of each residue; rows are phi."""
    maps: dict[str, np.ndarray] = {}
    residues: list[str] = []
    n = _DEFAULT_SIZE
    rows = filter(_says_something, rows_of_words(text, comments="#"))
    for number, words in rows:
        flag = words[1] if words[0] == "%FLAG" and len(words) > 1 else ""
        if flag == "CMAP_RESLIST":
            residues = _residues(rows, words, number)
        elif flag == "CMAP_RESOLUTION":
            n = _size(words, number)
        elif flag == "CMAP_PARAMETER":
            energies = read_energies(rows, n * n, " ".join(residues))
            maps |= _of_each(residues, energies.reshape(n, n), maps, number)
    return maps


def _says_something(row: tuple[int, Words]) -> bool:
    _, words = row
    return words[0] != "%COMMENT"


def _residues(rows: Iterator[tuple[int, Words]], words: Words, line: int) -> list[str]:
    """Return the names behind the flag: as many as it says."""
    n = words[2] if len(words) == 3 else ""
    if not (n.isascii() and n.isdecimal() and 1 <= int(n) < 1000):
        raise ReadError(f"line {line}: CMAP_RESLIST does not say how many residues follow; correct it")
    names: list[str] = []
    while len(names) < int(n):
        _, following = next(rows, (0, ["%"]))
        if following[0].startswith("%"):
            raise ReadError(f"line {line}: {len(names)} of {n} residues follow; write them all")
        names += following
    return [one_line(name, 20) for name in names]


def _size(words: Words, line: int) -> int:
    n = read_size(words[-1])
    if n is None:
        raise ReadError(f"line {line}: CMAP_RESOLUTION is no number of nodes; correct it")
    return n


def _of_each(
    residues: list[str], energies: np.ndarray, maps: dict[str, np.ndarray], line: int
) -> dict[str, np.ndarray]:
    """Return one map by the name of each of its residues."""
    if not residues:
        raise ReadError(f"line {line}: a map of no residue; write CMAP_RESLIST before it")
    again = [name for name in residues if name in maps]
    if again:
        raise ReadError(f"line {line}: the map of {again[0]} stands twice; keep one")
    return dict.fromkeys(residues, energies)

r"""Correction maps of CHARMM's parameter files: the section CMAP.

Conventions
-----------
- A map begins with the types of eight atoms, those of phi and of psi, and the number n of nodes along each axis. n × n
  energies follow in kcal/mol, phi slow, at the nodes −180 + k · 360/n. ``!`` begins a comment.
- Several maps are told apart by their atoms: ``variable="C NH1 CT1 C NH1 CT1 C NH1"``.

References
----------
MacKerell, A. D., Feig, M. & Brooks, C. L. (2004). J. Am. Chem. Soc. 126, 698. doi:10.1021/ja036959e
"""

from __future__ import annotations

import re

import numpy as np

from ..._files import ReadError, split_lines
from ..._text import one_line
from ..torus import PERIOD
from .columns import number_of
from .surface import Declared, Surface, labelled, one_of

_SECTION = re.compile(r"^\s*CMAP\s*(?:!.*)?$", re.MULTILINE | re.IGNORECASE)
_LARGEST = 360


def is_cmap(text: str) -> bool:
    r"""Return whether a text has a section CMAP.

    Examples
    --------
    >>> is_cmap("* parameters\n*\nCMAP\nC NH1 CT1 C NH1 CT1 C NH1 24\n")
    True
    """
    return _SECTION.search(text) is not None


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read one of the maps.

    Parameters
    ----------
    text : str
    declared : Declared
        With the atoms of the map, if there are several.

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If a map has fewer or more numbers than it says.
    UsageError
        If there are several maps and none is named.

    Examples
    --------
    >>> text = "CMAP\n! alanine\nC NH1 CT1 C NH1 CT1 C NH1 2\n!-180\n0.1 0.2\n!0\n0.3 0.4\n"
    >>> read_surface(text, Declared()).values.values
    array([[0.1, 0.3],
           [0.2, 0.4]])
    """
    maps = _maps(text)
    variable = None if declared.variable is None else " ".join(declared.variable.split())
    name = one_of(list(maps), variable)
    values = maps[name]
    nodes = -PERIOD / 2 + np.arange(len(values)) * (PERIOD / len(values))
    cells = labelled(values.T, ("psi", "phi"), nodes, nodes)
    return Surface(cells, "energy", "kcal/mol", f"CMAP of {name}, nodes from -180 on")


def _maps(text: str) -> dict[str, np.ndarray]:
    """Return every map by its atoms; rows are phi."""
    maps: dict[str, np.ndarray] = {}
    is_section = False
    name = ""
    n = 0
    numbers: list[float] = []
    for number, line in enumerate(split_lines(text), 1):
        words = line.partition("!")[0].split()
        if not words:
            continue
        if not is_section:
            is_section = words == ["CMAP"] or words == ["cmap"]
            continue
        if len(numbers) < n * n:
            numbers += [number_of(word, number) for word in words]
            if len(numbers) > n * n:
                raise ReadError(f"line {number}: more than the {n * n} energies of the map {name}; write it again")
            if len(numbers) == n * n:
                maps[name] = np.array(numbers).reshape(n, n)
            continue
        if len(words) != 9:
            break
        name, n = _header(words, number)
        numbers = []
        if name in maps:
            raise ReadError(f"line {number}: the map {name} stands twice; keep one")
    if len(numbers) < n * n:
        raise ReadError(f"{len(numbers)} of {n * n} energies of the map {name}, so it is cut off; write it again")
    return maps


def _header(words: list[str], line: int) -> tuple[str, int]:
    size = words[8]
    if not (size.isascii() and size.isdecimal()) or not 2 <= int(size) <= _LARGEST:
        raise ReadError(f"line {line}: not eight atoms and the number of nodes of a map; write the section again")
    return one_line(" ".join(words[:8]), 80), int(size)

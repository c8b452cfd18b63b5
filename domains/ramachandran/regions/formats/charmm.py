r"""Correction maps of CHARMM's parameter files: the section CMAP.

Conventions
-----------
- A map begins with the types of eight atoms, those of phi and of psi, and the number n of nodes along each axis. n × n
  energies follow in kcal/mol, phi slow, at the nodes −180 + k · 360/n. ``!`` begins a comment.
- Several maps are told apart by their atoms: ``variable="C NH1 CT1 C NH1 CT1 C NH1"``.
- A map corrects the energy of the other terms: alone it is no energy landscape of the backbone.

References
----------
MacKerell, A. D., Feig, M. & Brooks, C. L. (2004). J. Am. Chem. Soc. 126, 698. doi:10.1021/ja036959e
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ...._files import ReadError, split_lines
from ...._text import one_line
from ...torus import PERIOD
from .columns import Words, number_of
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
    return correction(name, maps[name])


def correction(name: str, energies: np.ndarray) -> Surface:
    """Return a map of kcal/mol at the nodes from −180 on, whose rows are phi.

    Examples
    --------
    >>> correction("ALA", np.eye(2)).unit
    'kcal/mol'
    """
    nodes = -PERIOD / 2 + np.arange(len(energies)) * (PERIOD / len(energies))
    cells = labelled(energies.T, ("psi", "phi"), nodes, nodes)
    source = f"CMAP of {name}, nodes from -180 on: a correction, not the whole energy"
    return Surface(cells, "energy", "kcal/mol", source)


def _maps(text: str) -> dict[str, np.ndarray]:
    """Return every map by its atoms; rows are phi."""
    maps: dict[str, np.ndarray] = {}
    rows = _section(text)
    for number, words in rows:
        if len(words) != 9:
            break
        name, n = _header(words, number)
        if name in maps:
            raise ReadError(f"line {number}: the map {name} stands twice; keep one")
        energies = read_energies(rows, n * n, name)
        maps[name] = energies.reshape(n, n)
    return maps


def _section(text: str) -> Iterator[tuple[int, Words]]:
    """Yield the lines of the section that hold something, as words without comments."""
    is_section = False
    for number, line in enumerate(split_lines(text), 1):
        words = line.partition("!")[0].split()
        if not words:
            continue
        if is_section:
            yield number, words
        elif words[0].upper() == "CMAP" and len(words) == 1:
            is_section = True


def read_energies(rows: Iterator[tuple[int, Words]], n: int, name: str) -> np.ndarray:
    """Return the next `n` energies.

    Raises
    ------
    ReadError
        If there are fewer, or a line holds more.

    Examples
    --------
    >>> read_energies(iter([(1, ["0.1", "0.2"]), (2, ["0.3"])]), 3, "ALA")
    array([0.1, 0.2, 0.3])
    """
    energies: list[float] = []
    for number, words in rows:
        energies += [number_of(word, number) for word in words]
        if len(energies) > n:
            raise ReadError(f"line {number}: more than the {n} energies of the map {name}; write it again")
        if len(energies) == n:
            return np.array(energies)
    raise ReadError(f"{len(energies)} of {n} energies of the map {name}, so it is cut off; write it again")


def _header(words: Words, line: int) -> tuple[str, int]:
    """Return the atoms of a map, and its number of nodes along each axis."""
    n = read_size(words[8])
    if n is None:
        raise ReadError(f"line {line}: not eight atoms and the number of nodes of a map; write the section again")
    return one_line(" ".join(words[:8]), 80), n


def read_size(word: str) -> int | None:
    """Return a number of nodes along an axis, None if it is none.

    Examples
    --------
    >>> read_size("24"), read_size("24.5")
    (24, None)
    """
    if word.isascii() and word.isdecimal() and 2 <= int(word) <= _LARGEST:
        return int(word)
    return None

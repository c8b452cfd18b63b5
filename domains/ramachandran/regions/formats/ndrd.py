r"""Tables of neighbour-dependent Ramachandran distributions (NDRD).

Conventions
-----------
- Rows are ``Res Dir Neigh phi psi probability −log(probability) cumulative``: a residue, the side ("left" or "right")
  and the name of its neighbour, and the centre of a bin of 5°. "ALL" stands for any neighbour, "CPR" for a cis proline.
- One of the maps is named by the residue, the side and the neighbour: ``variable="LEU right PRO"``.
- The probability is a density, whose sum over a map is 1. As an energy, if that is asked for, the table is in kT.

References
----------
Ting, D. et al. (2010). Neighbor-dependent Ramachandran probability distributions of amino acids developed from a
hierarchical Dirichlet process model. PLoS Comput. Biol. 6, e1000763. doi:10.1371/journal.pcbi.1000763
"""

from __future__ import annotations

from ...._files import ReadError
from .columns import Words, read_named_rows, rows_of_words, to_numbers
from .mesh import on_grid
from .rows import rows_of
from .surface import Declared, Surface, one_of

SIDES = ("left", "right")
"""Of the neighbour."""
PHI = 0
PSI = 1
PROBABILITY = 2
ENERGY = 3
"""Columns behind the name of the map."""
_N_WORDS = 8
_HEAD = ["res", "dir", "neigh"]


def is_ndrd(text: str) -> bool:
    r"""Return whether the first row is that of such a table.

    Examples
    --------
    >>> is_ndrd("LEU right PRO  -175  -130  5.237406e-08   16.76485  2.082167e-04\n")
    True
    """
    rows = rows_of_words(text)
    first = next(rows, None)
    if first is not None and _is_head(first[1]):
        first = next(rows, None)
    return first is not None and _is_row(first[1])


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read one of the maps.

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
        If a row is damaged, or bins are missing.
    UsageError
        If there are several maps and none is named.

    Examples
    --------
    >>> rows = ["-90 -90 .4 .92 .4", "-90 90 .3 1.2 .7", "90 -90 .2 1.6 .9", "90 90 .1 2.3 1"]
    >>> text = "".join(f"ALA left ALL {row}\n" for row in rows)
    >>> read_surface(text, Declared()).values.values
    array([[0.4, 0.2],
           [0.3, 0.1]])
    """
    tables = read_named_rows(text, _name_of)
    tables.pop(_name(_HEAD), None)
    variable = None if declared.variable is None else _name(declared.variable.split())
    name = one_of(list(tables), variable)
    table = to_numbers(*tables[name])
    source = f"NDRD table of {name}"
    if declared.quantity == "energy":
        energies = rows_of(table, PHI, PSI, ENERGY, declared)
        return Surface(on_grid(energies, declared.absent, "energy"), "energy", "kT", source)
    probabilities = rows_of(table, PHI, PSI, PROBABILITY, declared)
    return Surface(on_grid(probabilities, declared.absent, "density"), "density", "", source)


def _name_of(words: Words, line: int) -> tuple[str, Words]:
    """Return which map a row is of, and the words behind it."""
    if not _is_head(words) and not _is_row(words):
        raise ReadError(
            f"line {line}: not residue, left or right, neighbour and five numbers; it is damaged or cut off: fetch it "
            "again"
        )
    return _name(words[:3]), words[3:]


def _name(words: Words) -> str:
    """Return the name of a map, however its letters are written."""
    if len(words) != 3:
        return " ".join(words)
    residue, side, neighbour = words
    return f"{residue.upper()} {side.lower()} {neighbour.upper()}"


def _is_head(words: Words) -> bool:
    return [word.lower() for word in words[:3]] == _HEAD


def _is_row(words: Words) -> bool:
    return len(words) == _N_WORDS and words[0].isalpha() and words[1].lower() in SIDES

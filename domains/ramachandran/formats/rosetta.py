r"""Tables of Rosetta's Ramachandran term.

Conventions
-----------
- Old tables have rows ``aa ss phi psi count probability energy``: the number of an amino acid (1 to 20, alphabetical by
  its letter), the secondary structure (1 helix, 2 strand, 3 loop), the angles of the bin, and its values.
- Later ones (``.ramaProb``) have rows ``ala phi psi probability energy``.
- One of the maps is named by the amino acid and, if there are several, the structure: ``variable="ALA 3"``.
- The probability is a density. As an energy, if that is asked for, the table is in kT.

References
----------
https://docs.rosettacommons.org, rama and rama_prepro; Alford, R. F. et al. (2017). J. Chem. Theory Comput. 13, 3031.
doi:10.1021/acs.jctc.7b00125
"""

from __future__ import annotations

import re

import numpy as np

from ..._files import ReadError, split_lines
from ..._text import one_line
from .columns import number_of
from .mesh import on_grid
from .surface import Declared, Surface, one_of

_BY_LETTER = "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR"
NAMES = tuple(_BY_LETTER.split())
"""The amino acids in the order of their numbers."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_OLD = re.compile(rf"\s*([1-9]|1\d|20)\s+[123]\s+-?\d+\s+-?\d+\s+\d+\s+{_NUMBER}\s+{_NUMBER}\s*$")
_NEW = re.compile(rf"\s*[A-Za-z]{{3}}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s*$")


def is_rosetta(text: str) -> bool:
    """Return whether the first row is that of a table of Rosetta.

    Examples
    --------
    >>> is_rosetta("ala -180.0 -180.0 5.43e-004 7.51e+000"), is_rosetta("    1     3     5     5    12  0.0021  3.1")
    (True, True)
    """
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "@")):
            return _OLD.match(line) is not None or _NEW.match(line) is not None
    return False


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
    >>> rows = "ala -90 -90 0.4 1\nala -90 90 0.3 2\nala 90 -90 0.2 3\nala 90 90 0.1 4\n"
    >>> read_surface(rows, Declared()).values.values
    array([[0.4, 0.2],
           [0.3, 0.1]])
    """
    maps: dict[str, list[tuple[int, list[float]]]] = {}
    for number, line in enumerate(split_lines(text), 1):
        words = line.split()
        if not words or words[0][0] in "#@":
            continue
        name, cells = _row(words, number)
        maps.setdefault(name, []).append((number, cells))
    wanted = declared.variable
    if wanted is not None:
        wanted = " ".join(wanted.upper().split())
    name = one_of(list(maps), wanted)
    lines = np.array([line for line, _ in maps[name]])
    phi, psi, count, probability, energy = np.array([cells for _, cells in maps[name]]).T
    phi = declared.in_degrees(phi)
    psi = declared.in_degrees(psi)
    columns = {"counts": count, "energy": energy}
    quantity = declared.quantity if declared.quantity in columns else "density"
    values = on_grid(phi, psi, columns.get(str(declared.quantity), probability), lines, declared.absent)
    return Surface(values, str(quantity), "kT" if quantity == "energy" else "", f"Rosetta table of {name}")


def _row(words: list[str], line: int) -> tuple[str, list[float]]:
    """Return which map a row is of, and phi, psi, count, probability and energy."""
    if len(words) == 7:
        numbers = [number_of(word, line) for word in words]
        amino_acid, structure = numbers[:2]
        if amino_acid not in range(1, 21) or structure not in (1, 2, 3):
            found = one_line(" ".join(words[:2]), 20)
            raise ReadError(
                f"line {line}: {found!r} are no amino acid from 1 to 20 and structure from 1 to 3; correct it"
            )
        return f"{NAMES[int(amino_acid) - 1]} {int(structure)}", numbers[2:]
    if len(words) == 5 and words[0].isalpha():
        phi, psi, probability, energy = (number_of(word, line) for word in words[1:])
        return words[0].upper(), [phi, psi, np.nan, probability, energy]
    raise ReadError(f"line {line}: {len(words)} cells, not 7 or 5 as in a table of Rosetta; it is damaged or cut off")

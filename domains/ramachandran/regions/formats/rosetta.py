r"""Tables of Rosetta's Ramachandran term.

Conventions
-----------
- Old tables have rows ``aa ss phi psi count probability energy``: the number of an amino acid (1 to 20, alphabetical by
  its letter), the secondary structure (1 helix, 2 strand, 3 loop), the lower edges of the bin, and its values. Edges
  are multiples of 10°, and Rosetta puts the values at 5°, 15° and so on.
- Later ones (``.ramaProb``) have rows ``ala phi psi probability energy``, with a name of any length. Their values are
  those at these angles.
- One of the maps is named by the amino acid and, if there are several, the structure: ``variable="ALA 3"``.
- The probability is a density. As an energy, if that is asked for, the table is in kT. Counts are in old tables alone.

References
----------
https://docs.rosettacommons.org, rama and rama_prepro; Alford, R. F. et al. (2017). J. Chem. Theory Comput. 13, 3031.
doi:10.1021/acs.jctc.7b00125; core/scoring/Ramachandran.cc, "the grid is shifted by five degrees".
"""

from __future__ import annotations

import re

from ...._checks import UsageError
from ...._files import ReadError
from ...._text import one_line
from .columns import Words, number_of, read_named_rows, rows_of_words, to_numbers
from .mesh import on_grid
from .rows import centres_of_bins, rows_of
from .surface import Declared, Surface, one_of

_BY_LETTER = "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR"
NAMES = tuple(_BY_LETTER.split())
"""The amino acids in the order of their numbers."""
_OLD_COLUMNS = ("phi", "psi", "counts", "density", "energy")
_NEW_COLUMNS = ("phi", "psi", "density", "energy")
"""What stands behind the name of the map."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_OLD = re.compile(rf"\s*([1-9]|1\d|20)\s+[123]\s+-?\d+\s+-?\d+\s+\d+\s+{_NUMBER}\s+{_NUMBER}\s*$")
_NEW = re.compile(rf"\s*[A-Za-z]\w*\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s*$")


def is_rosetta(text: str) -> bool:
    """Return whether the first row is that of a table of Rosetta.

    Examples
    --------
    >>> is_rosetta("ala -180.0 -180.0 5.43e-004 7.51e+000"), is_rosetta("    1     3     5     5    12  0.0021  3.1")
    (True, True)
    """
    first = next(rows_of_words(text), None)
    if first is None:
        return False
    row = " ".join(first[1])
    return _OLD.match(row) is not None or _NEW.match(row) is not None


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
    tables = read_named_rows(text, _name_of)
    name = one_of(list(tables), _asked(declared.variable))
    table = to_numbers(*tables[name])
    n_columns = table.values.shape[1]
    columns = _OLD_COLUMNS if n_columns == len(_OLD_COLUMNS) else _NEW_COLUMNS
    quantity = declared.quantity if declared.quantity in ("counts", "energy") else "density"
    if quantity not in columns:
        raise UsageError('this table holds no counts; read its probability, with as_="density" (--as density)')
    rows = rows_of(table, columns.index("phi"), columns.index("psi"), columns.index(quantity), declared)
    source = f"Rosetta table of {name}"
    if columns == _OLD_COLUMNS:
        source += ", centres of bins whose lower edges stand in the file"
        rows = rows._replace(phi=centres_of_bins(rows.phi), psi=centres_of_bins(rows.psi))
    unit = "kT" if quantity == "energy" else ""
    cells = on_grid(rows, declared.absent, quantity)
    return Surface(cells, quantity, unit, source)


def _asked(variable: str | None) -> str | None:
    """Return the name that was asked for as this file has it."""
    if variable is None:
        return None
    return " ".join(variable.upper().split())


def _name_of(words: Words, line: int) -> tuple[str, Words]:
    """Return which map a row is of, and the words behind it."""
    if len(words) == 5 and words[0][0].isalpha():
        return words[0].upper(), words[1:]
    if len(words) != 7:
        raise ReadError(
            f"line {line}: {len(words)} cells, not 7 or 5 as in a table of Rosetta; it is damaged or cut off"
        )
    amino_acid = number_of(words[0], line)
    structure = number_of(words[1], line)
    if amino_acid not in range(1, 21) or structure not in (1, 2, 3):
        found = one_line(" ".join(words[:2]), 20)
        raise ReadError(f"line {line}: {found!r} are no amino acid from 1 to 20 and structure from 1 to 3; correct it")
    return f"{NAMES[int(amino_acid) - 1]} {int(structure)}", words[2:]

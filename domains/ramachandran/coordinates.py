"""Coordinate files: PDB or mmCIF, plain or gzipped, recognised by their content, read by gemmi.

Conventions
-----------
- Nothing is guessed. A coordinate that is no number is an error that names its line. Atoms after END are not read,
  and a warning says so.
- Every atom is accounted for: the records or rows of the text, counted without gemmi, are the atoms that it gives.

References
----------
- Wojdyr, M. (2022). GEMMI: a library for structural biology. J. Open Source Softw. 7, 4200. doi:10.21105/joss.04200
- wwPDB file format, version 3.3 (2012). PDBx/mmCIF dictionary, version 5.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._files import ReadError, read_bytes, reading
from .._text import file_name, one_line
from . import mmcif, pdb

OPERATION = "ramachandran.backbone_angles"
"""Who reads, as messages have it."""

_DATA_BLOCK = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*data_\S", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A structure file that was read.

    Attributes
    ----------
    path : Path
    text : bytes
        Its content, unpacked, after a line break.
    is_cif : bool
        Whether it is mmCIF, and not PDB.
    structure : gemmi.Structure
    """

    path: Path
    text: bytes
    is_cif: bool
    structure: Any

    @property
    def numbered(self) -> bool:
        """Whether its models are numbered: by MODEL records, or because there are several."""
        return len(self.structure) > 1 or (not self.is_cif and b"\nMODEL " in self.text)

    def check_values(self, numbers: Iterable[Any], serials: Any) -> None:
        """Refuse rows of mmCIF that hold no atom, given what was made of them.

        Parameters
        ----------
        numbers : iterable of ndarray
            Coordinates, occupancies, B factors and residue numbers, NaN where gemmi found none.
        serials : ndarray
            Of the atoms. Where a row is too long or too short, another column stands in that of the serials.

        Raises
        ------
        ReadError
            It names the line. A value that the file declares unknown may stand.
        """
        if not self.is_cif:
            return
        too_large = 10**mmcif.MOST_DIGITS
        # no absolute values: that of the least integer is itself
        if (serials > 0).all() and all(((x > -too_large) & (x < too_large)).all() for x in numbers):
            return
        with reading(OPERATION, self.path):
            mmcif.check_rows(self.text, len(serials))


def require_gemmi() -> None:
    """Say how to install gemmi where it is missing.

    Raises
    ------
    ImportError

    Examples
    --------
    >>> require_gemmi()
    """
    try:
        import gemmi  # noqa: F401
    except ImportError:
        raise ImportError('reading structures needs gemmi: pip install "overlap-toolkit[proteins]"') from None


def read_structure(path: Path) -> Source:
    """Read a structure.

    Parameters
    ----------
    path : Path
        A PDB or mmCIF file, plain or gzipped.

    Returns
    -------
    Source

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If gemmi is not installed.
    ReadError
        If the file is empty, damaged, broken, or neither format.

    Examples
    --------
    >>> from .io import example
    >>> source = read_structure(example("1a8o"))
    >>> source.structure.name, source.is_cif, source.numbered
    ('1A8O', True, False)
    """
    require_gemmi()
    with reading(OPERATION, path):
        text = _content(path)
        is_cif = _is_cif(text)
        structure = mmcif.parse(text) if is_cif else _parse_pdb(path, text)
        if not any(len(chain) for model in structure for chain in model):
            first_line = text[:40].decode("latin-1").split("\n")[1]
            raise ReadError(
                f"no atoms found; it begins with {first_line!r}: give a PDB file with ATOM records or an mmCIF file "
                "with _atom_site"
            )
    return Source(path, text, is_cif, structure)


def _content(path: Path) -> bytes:
    """Return the text, unpacked, after a line break: every line has one before it."""
    if path.is_dir():
        raise IsADirectoryError(
            f"{OPERATION}: {file_name(path)}: a folder; name the files in it, such as {file_name(path)}/*.cif"
        )
    text = b"\n" + read_bytes(OPERATION, path).removeprefix(_BYTE_ORDER_MARK)
    if text.isspace():
        raise ReadError("the file is empty: give a PDB or mmCIF file")
    nul = text.find(b"\0")
    if nul >= 0:
        line = text.count(b"\n", 0, nul)
        raise ReadError(f"line {line}: a NUL byte, so this is no text, or was not written to its end; fetch it again")
    if b"\r" in text and (b"\rATOM" in text or b"\rHETATM" in text):
        raise ReadError("lines that end with a carriage return alone; write them with line feeds")
    return text


def _is_cif(text: bytes) -> bool:
    """Return whether the first words, after comments, open a data block."""
    return _DATA_BLOCK.match(text) is not None


def _parse_pdb(path: Path, text: bytes) -> Any:
    """Read a PDB file whose every atom can be read, and warn of those after END."""
    import gemmi

    n_atoms, n_after = pdb.count_atoms(text)
    try:
        structure = gemmi.read_pdb_string(text[1:], split_chain_on_ter=True)
    except (RuntimeError, ValueError) as error:
        raise ReadError(f"broken PDB file: {one_line(error)}; correct the line") from error
    n_read = sum(model.count_atom_sites() for model in structure)
    if n_read != n_atoms:
        raise ReadError(
            f"{n_atoms} ATOM and HETATM records, but {n_read} atoms were read; write it again with another program"
        )
    if n_after:
        left = f"{n_after} atoms after END are not read; divide the frames by MODEL and ENDMDL"
        warnings.warn(f"{file_name(path)}: {left}", stacklevel=4)
    return structure

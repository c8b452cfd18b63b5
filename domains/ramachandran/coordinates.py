"""Coordinate files: PDB or mmCIF, plain or gzipped, recognised by their content, read by gemmi.

Conventions
-----------
- Nothing is guessed. A coordinate that is no number is an error that names its line. Atoms after END are not read,
  and a warning says so.

References
----------
- Wojdyr, M. (2022). GEMMI: a library for structural biology. J. Open Source Softw. 7, 4200. doi:10.21105/joss.04200
- wwPDB file format, version 3.3 (2012). PDBx/mmCIF dictionary, version 5.
"""

from __future__ import annotations

import gzip
import re
import warnings
import zlib
from pathlib import Path
from typing import Any

_DATA_BLOCK = re.compile(rb"\ndata_\S", re.IGNORECASE)
_ATOM = re.compile(rb"\n(?:ATOM  |HETATM)")
_ODD_COORDINATES = re.compile(rb"\n(?:ATOM  |HETATM)[^\n]{24}(?![ 0-9.+\-]{24})")
_END = re.compile(rb"\nEND[ \r]*\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_PREFIX = "ramachandran.backbone_angles:"


def read_structure(path: Path) -> tuple[Any, bool]:
    """Read a structure.

    Parameters
    ----------
    path : Path
        A PDB or mmCIF file, plain or gzipped.

    Returns
    -------
    gemmi.Structure
    bool
        Whether its models are numbered: by MODEL records, or because there are several.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If gemmi is not installed.
    ValueError
        If the file is a folder, empty, broken, or neither format.

    Examples
    --------
    >>> from .io import example
    >>> structure, numbered = read_structure(example("1a8o"))
    >>> structure.name, numbered
    ('1A8O', False)
    """
    try:
        import gemmi
    except ImportError:
        raise ImportError('reading structures needs gemmi: pip install "overlap-toolkit[proteins]"') from None

    text = _content(path)
    cif = _is_cif(text)
    if not cif:
        _check_pdb(path, text)
    try:
        if cif:
            structure = gemmi.read_structure_string(text[1:], merge_chain_parts=False, format=gemmi.CoorFormat.Mmcif)
        else:
            structure = gemmi.read_pdb_string(text[1:], split_chain_on_ter=True)
    except (RuntimeError, ValueError) as error:
        kind = "mmCIF" if cif else "PDB"
        raise ValueError(f"{_PREFIX} {path}: broken {kind} file: {error}") from None
    if not any(len(chain) for model in structure for chain in model):
        first_line = text[:40].decode("latin-1").split("\n")[1]
        raise ValueError(
            f"{_PREFIX} {path}: no atoms found; it begins with {first_line!r}: give a PDB file with ATOM records or an "
            "mmCIF file with _atom_site"
        )
    numbered = len(structure) > 1 or (not cif and b"\nMODEL " in text)
    return structure, numbered


def _content(path: Path) -> bytes:
    """Return the text, unpacked, after a line break: every line has one before it."""
    if not path.exists():
        raise FileNotFoundError(f"{_PREFIX} {path}: no such file")
    if path.is_dir():
        raise ValueError(f"{_PREFIX} {path}: a folder, not a file; name the files in it, such as {path}/*.cif")
    text = path.read_bytes()
    if text.startswith(_GZIP):
        try:
            text = gzip.decompress(text)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{_PREFIX} {path}: broken gzip file ({error}): fetch it again") from None
    if not text.strip():
        raise ValueError(f"{_PREFIX} {path}: the file is empty: give a PDB or mmCIF file")
    return b"\n" + text.removeprefix(_BYTE_ORDER_MARK)


def _is_cif(text: bytes) -> bool:
    if not _DATA_BLOCK.search(text):
        return False
    # a PDB file may quote a data block
    return b"_atom_site." in text or not _ATOM.search(text)


def _check_pdb(path: Path, text: bytes) -> None:
    """Refuse coordinates that gemmi would read as 0, and warn of atoms that it would not read."""
    for odd in _ODD_COORDINATES.finditer(text):
        begin = odd.start() + 1
        line = text[begin : begin + 80].split(b"\n", 1)[0].decode("latin-1")
        fields = [line[30:38], line[38:46], line[46:54]]
        if not all(_is_number(field) for field in fields):
            number = text.count(b"\n", 0, begin)
            raise ValueError(
                f"{_PREFIX} {path}: line {number} has no three coordinates in columns 31 to 54, but {line[30:54]!r}: "
                "correct or remove the line"
            )
    end = _END.search(text)
    if end is None:
        return
    left = len(_ATOM.findall(text, end.end() - 1))
    if left:
        warnings.warn(
            f"{path}: {left} atoms after END are not read; divide the frames by MODEL and ENDMDL", stacklevel=4
        )


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True

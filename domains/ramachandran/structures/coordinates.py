"""Coordinate files: PDB, mmCIF or BinaryCIF, plain or packed, recognised by their content.

Conventions
-----------
- Nothing is guessed. A coordinate that is no number is an error that names its line. Atoms after END are reported as
  not read, residue by residue.
- Every atom is accounted for: the records or rows of the text, counted without gemmi, are the atoms that it gives.
- Every residue is accounted for. gemmi joins a residue to an earlier one of its chain with the same number, code and
  name. Where the residues of the text, counted without gemmi, are not those that it gives, where its atoms are not in
  the order of the file, or where a residue has an atom twice, `copies` tells residues apart.

References
----------
- Wojdyr, M. (2022). GEMMI: a library for structural biology. J. Open Source Softw. 7, 4200. doi:10.21105/joss.04200
- wwPDB file format, version 3.3 (2012). PDBx/mmCIF dictionary, version 5.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..._files import ReadError, read_bytes, reading
from ..._text import file_name, one_line
from . import binary_cif, mmcif, pdb
from .copies import tell_apart
from .flat import flatten, where_unnamed
from .groups import group
from .layout import Layout
from .sequences import NO_SEQUENCES, Sequences, sequences_of_cif, sequences_of_pdb

OPERATION = "ramachandran.backbone_angles"
"""Who reads, as messages have it."""

_DATA_BLOCK = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*data_\S", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A structure file that was read.

    Attributes
    ----------
    layout : Layout
        Its atoms and residues.
    models : list of str
        The number of each model: "" if there is one only, and the file does not number it.
    parents : dict of str to str
        Of modified residues, as the file records them.
    after_end : Layout or None
        Atoms that stand after the END of a PDB file.
    method : str
        The experiment that the file names, "" for none.
    declares_plddt : bool
        Whether it says of a quality of its residues that this is pLDDT (``_ma_qa_metric``).
    sequences : Sequences
        What it names beside its atoms.
    """

    layout: Layout
    models: list[str]
    parents: dict[str, str]
    after_end: Layout | None = None
    method: str = ""
    declares_plddt: bool = False
    sequences: Sequences = NO_SEQUENCES


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
        A PDB, mmCIF or BinaryCIF file, plain or packed (gzip, bzip2, xz).

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
    >>> from ..regions.io import example
    >>> source = read_structure(example("1a8o"))
    >>> source.layout.names[:3], source.models, source.parents
    (['ALA', 'PHE', 'ILE'], [''], {'MSE': 'MET'})
    """
    require_gemmi()
    with reading(OPERATION, path):
        content = _content(path)
        if binary_cif.is_binary_cif(content):
            return _from_binary_cif(content)
        text = _checked_text(content)
        if _is_cif(text):
            return _from_mmcif(text)
        source, n_after = _from_pdb(text)
    if n_after:
        left = f"{n_after} atoms after END are not read; divide the frames by MODEL and ENDMDL"
        warnings.warn(f"{file_name(path)}: {left}", stacklevel=4)
    return source


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise IsADirectoryError(
            f"{OPERATION}: {file_name(path)}: a folder; name the files in it, such as {file_name(path)}/*.cif"
        )
    return read_bytes(OPERATION, path)


def _checked_text(content: bytes) -> bytes:
    """Return the text after a line break: every line has one before it."""
    text = b"\n" + content.removeprefix(_BYTE_ORDER_MARK)
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


def _from_binary_cif(content: bytes) -> Source:
    parsed = binary_cif.parse(content)
    layout = Layout(parsed.flat)
    if layout.is_ambiguous:
        layout = Layout(parsed.flat, tell_apart(parsed.flat, parsed.number))
    models = parsed.models if len(parsed.models) > 1 else [""]
    return Source(
        layout,
        models,
        parsed.parents,
        method=parsed.method,
        declares_plddt=parsed.declares_plddt,
        sequences=parsed.sequences,
    )


def _from_mmcif(text: bytes) -> Source:
    document = mmcif.parse(text)
    structure = document.structure
    _check_not_empty(structure, text)
    flat = flatten(structure)
    document.check_values(flat)
    layout = Layout(flat)
    if not _increases(flat.serial) or layout.is_ambiguous:
        flat, number = document.in_file_order(flat)
        layout = Layout(flat, tell_apart(flat, number))
    models = [str(model.num) if len(structure) > 1 else "" for model in structure]
    sequences = sequences_of_cif(document.column, text)
    declares_plddt = document.declares_plddt()
    return Source(layout, models, _parents(structure), None, _method(structure), declares_plddt, sequences)


def _increases(serial: Any) -> bool:
    """Return whether the atoms have the order of the file, so that gemmi has moved none to another residue."""
    return bool((serial[1:] > serial[:-1]).all())


def _from_pdb(text: bytes) -> tuple[Source, int]:
    """Read a PDB file whose every atom can be read; return how many stand after END, too."""
    records = pdb.read_records(text)
    structure = _parse_pdb(records.text)
    n_atoms = len(records.start)
    n_read = sum(model.count_atom_sites() for model in structure)
    if n_read != n_atoms:
        raise ReadError(
            f"{n_atoms} ATOM and HETATM records, but {n_read} atoms were read; write it again with another program"
        )
    _check_not_empty(structure, text)
    # an independent count: where it differs, gemmi has joined residues that lie apart
    in_file_order = sum(len(chain) for model in structure for chain in model) == records.begins.sum()
    if not in_file_order:
        structure = _parse_pdb(records.with_residues_apart())
    flat = flatten(structure, records.segment)
    layout = Layout(flat)
    if not in_file_order or layout.is_ambiguous:
        unnamed = where_unnamed(flat.segment, flat.chain, flat.chain_names)
        flat = replace(flat, part=group(flat.model, flat.chain, records.n_ter, unnamed))
        layout = Layout(flat, tell_apart(flat, number=np.zeros(n_atoms, dtype=np.int64)))
    numbered = len(structure) > 1 or records.has_models
    models = [str(model.num) if numbered else "" for model in structure]
    after_end = _from_pdb(records.after_end())[0].layout if records.n_after else None
    sequences = sequences_of_pdb(structure, records.text)
    method = _method(structure)
    source = Source(layout, models, _parents(structure), after_end, method, sequences=sequences)
    return source, records.n_after


def _parse_pdb(text: bytes) -> Any:
    import gemmi

    try:
        return gemmi.read_pdb_string(text[1:], split_chain_on_ter=True)
    except (RuntimeError, ValueError) as error:
        raise ReadError(f"broken PDB file: {one_line(error)}; correct the line") from error


def _method(structure: Any) -> str:
    info = structure.info
    return str(info["_exptl.method"]) if "_exptl.method" in list(info) else ""


def _parents(structure: Any) -> dict[str, str]:
    return {record.res_id.name: record.parent_comp_id for record in structure.mod_residues}


def _check_not_empty(structure: Any, text: bytes) -> None:
    if any(len(chain) for model in structure for chain in model):
        return
    first_line = text[:40].decode("latin-1").split("\n")[1]
    raise ReadError(
        f"no atoms found; it begins with {first_line!r}: give a PDB file with ATOM records or an mmCIF file "
        "with _atom_site"
    )

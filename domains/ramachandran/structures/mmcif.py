r"""The atoms of an mmCIF file: rows of ``_atom_site``, each of which is an atom or is refused.

gemmi takes a value that is no number as not known, without a word.

Conventions
-----------
- The text begins with a line break, so that every line has one before it.
- ``?`` and ``.`` are values that the file declares unknown. Anything else in place of a number is an error.
- Of several data blocks the first has the atoms.
- Nearly every file has one line for each row. Lines are counted without gemmi, and looked at closely if they are not
  as many as the atoms.

References
----------
Hall, S. R., Allen, F. H. & Brown, I. D. (1991), Acta Cryst. A47, 655. PDBx/mmCIF dictionary 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..._files import ReadError
from ..._text import one_line
from .atoms import Ints
from .flat import Flat, flatten
from .groups import group

NUMBERS = ("Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv")
INTEGERS = ("auth_seq_id", "label_seq_id")
REQUIRED: tuple[tuple[str, ...], ...] = (
    ("label_atom_id", "auth_atom_id"),
    ("label_comp_id", "auth_comp_id"),
    ("label_asym_id", "auth_asym_id"),
    ("label_seq_id", "auth_seq_id"),
    ("Cartn_x",),
    ("Cartn_y",),
    ("Cartn_z",),
)
"""Columns without which there is no atom: one of each."""
ADDED = ("id", "type_symbol", "label_alt_id", "label_asym_id")
"""Columns that gemmi asks for, and that files may lack."""
MOST_DIGITS = 9
"""What an integer of gemmi holds; one of more digits becomes another number."""

_CATEGORY = "_atom_site."
_RECORDS = ("ATOM", "HETATM")
_ROW = re.compile(rb"\n(?:ATOM|HETATM)[ \t][^\n]*", re.IGNORECASE)
_HEADER = re.compile(rb"(?:\n[ \t]*_atom_site\.\S+[ \t\r]*)+", re.IGNORECASE)
# a word in quotes ends with a quotation mark that a blank follows
_WORD = re.compile(rb"""'(?:[^']|'(?=\S))*'(?=\s|$)|"(?:[^"]|"(?=\S))*"(?=\s|$)|#.*|\S+""")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:\(\d+\))?")
_UNKNOWN = ("?", ".")
_PLACE = re.compile(r"\bstring:(\d+):(\d+)\((\d+)\)")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """An mmCIF file that was read.

    Attributes
    ----------
    text : bytes
        With a line break before the first line.
    structure : gemmi.Structure
        Without atoms if the file has no ``_atom_site``.
    block : gemmi.cif.Block
        The first data block, which has the atoms.
    """

    text: bytes
    structure: Any
    block: Any

    def check_values(self, flat: Flat) -> None:
        """Refuse rows that hold no atom, given what gemmi made of them.

        Parameters
        ----------
        flat : Flat
            Values are NaN, and serial numbers 0, where gemmi found none. Where a row is too long or too short, another
            column stands in that of the serials.

        Raises
        ------
        ReadError
            It names the line. A value that the file declares unknown may stand.
        """
        numbers = (flat.position, flat.occupancy, flat.b_iso, flat.resseq)
        if flat.serial.min() > 0 and all(_is_within(x, 10**MOST_DIGITS) for x in numbers):
            return
        check_rows(self.text, self.block, len(flat.serial))

    def column(self, category: str, *names: str) -> list[str]:
        """Return a column as texts, "" for what is not known: the first of these that has values; [] for none."""
        import gemmi

        for name in names:
            values = list(self.block.find_values(f"{category}.{name}"))
            each = {value: "" if value in _UNKNOWN else gemmi.cif.as_string(value) for value in set(values)}
            if any(each.values()):
                return [each[value] for value in values]
        return []

    def declares_plddt(self) -> bool:
        """Return whether the file says that it is a prediction with pLDDT."""
        metrics = self.block.find_mmcif_category("_ma_qa_metric.")
        return any("plddt" in value.lower() for metric in metrics for value in metric)

    def in_file_order(self, flat: Flat) -> tuple[Flat, Ints]:
        """Return the atoms in the order of the rows, and each one's ``label_seq_id``, 0 where there is none.

        Parameters
        ----------
        flat : Flat
            What gemmi made of the rows. Their numbers tell its order, where these count up in the file.
        """
        import gemmi

        block = self.block
        order = np.argsort(flat.serial, kind="stable")
        if not _counts_up(block, flat.serial[order]):
            _complete(block)
            row = block.find_values(f"{_CATEGORY}id")
            for i in range(len(row)):
                row[i] = str(i + 1)
            flat = flatten(gemmi.make_structure_from_block(block))
            order = np.argsort(flat.serial)
        flat = flat.take(order)
        names = block.find_values(f"{_CATEGORY}label_asym_id")
        segment, each = pd.factorize(np.array(list(names), dtype=object))
        segment_names = {code: "" if name in _UNKNOWN else gemmi.cif.as_string(name) for code, name in enumerate(each)}
        part = group(flat.model, flat.chain, segment)
        return replace(flat, part=part, segment=segment, segment_names=segment_names), _numbers(block)


def parse(text: bytes) -> Document:
    r"""Read the atoms of an mmCIF file.

    Parameters
    ----------
    text : bytes
        With a line break before the first line.

    Returns
    -------
    Document

    Raises
    ------
    ReadError
        If it is no CIF, a column is missing, or a row of ``_atom_site`` is none: too short, too long, or within another
        row's text.

    Examples
    --------
    >>> tags = "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id Cartn_x Cartn_y Cartn_z"
    >>> tags += " label_seq_id auth_seq_id"
    >>> head = "\ndata_x\nloop_\n" + "".join(f"_atom_site.{tag}\n" for tag in tags.split())
    >>> row = "ATOM 1 C CA . ALA A 1.0 2.0 3.0 5 5\n"
    >>> parse((head + row + row).encode()).structure[0].count_atom_sites()
    2
    >>> parse((head + row + row.replace("2.0", "2.0 4.0") + row).encode())
    Traceback (most recent call last):
    domains._files.ReadError: line 16: 13 values, but _atom_site has 12 columns; correct the line
    """
    import gemmi

    blocks = gemmi.cif.Document()
    mmcif = gemmi.CoorFormat.Mmcif
    try:
        structure = gemmi.read_structure_string(text, merge_chain_parts=False, format=mmcif, save_doc=blocks)
        block = blocks[0]
        if not _has_atoms(structure):
            _complete(block)
            structure = gemmi.make_structure_from_block(block)
    except ReadError:
        raise
    except (RuntimeError, ValueError) as error:
        _refuse_odd_row(text)
        _refuse_missing_column(text)
        raise ReadError(f"broken mmCIF file: {_said(error)}; fetch or write it again") from error
    n_atoms = sum(model.count_atom_sites() for model in structure)
    if n_atoms and text.count(b"\nATOM") + text.count(b"\nHETATM") != n_atoms:
        check_rows(text, block, n_atoms)
    return Document(text, structure, block)


def _counts_up(block: Any, serials: Ints) -> bool:
    """Return whether the rows are numbered so, and no number stands twice."""
    column = block.find_values(f"{_CATEGORY}id")
    if len(column) != len(serials) or not bool((serials[1:] > serials[:-1]).all()):
        return False
    return list(column) == [str(serial) for serial in serials.tolist()]


def _numbers(block: Any) -> Ints:
    """Return ``label_seq_id``, 0 where there is none."""
    values = block.find_values(f"{_CATEGORY}label_seq_id")
    if not values:
        return np.zeros(len(block.find_values(f"{_CATEGORY}id")), dtype=np.int64)
    code, each = pd.factorize(np.array(list(values), dtype=object))
    return np.array([int(value) if value.isdecimal() else 0 for value in each])[code]


def _said(error: Exception) -> str:
    """Return what gemmi said; the line break before the first line is none of the file."""
    return _PLACE.sub(_in_file, one_line(error))


def _in_file(place: re.Match[str]) -> str:
    line = int(place.group(1)) - 1
    byte = int(place.group(3)) - 1
    return f"string:{line}:{place.group(2)}({byte})"


def _is_within(x: Any, limit: int) -> bool:
    """Return whether all values are nearer to 0 than a limit; NaN is not."""
    # no absolute values: that of the least integer is itself
    return bool(x.min() > -limit and x.max() < limit)


def _has_atoms(structure: Any) -> bool:
    return any(len(chain) for model in structure for chain in model)


def _refuse_missing_column(text: bytes) -> None:
    try:
        block = _block(text)
    except (RuntimeError, ValueError, IndexError):
        return
    _complete(block)


def _complete(block: Any) -> None:
    """Add the columns that gemmi asks for and files may lack; refuse a file without one that no atom can do without."""
    table = block.find_mmcif_category(_CATEGORY)
    if table.loop is None:
        return
    tags = {tag.lower().removeprefix(_CATEGORY) for tag in table.tags}
    for names in REQUIRED:
        if not tags.intersection(name.lower() for name in names):
            wanted = " or ".join(_CATEGORY + name for name in names)
            raise ReadError(f"no column {wanted}, which atoms need; write it, or take a file that has it")
    missing = [name for name in ADDED if name not in tags]
    for name in missing:
        table.loop.add_columns([_CATEGORY + name], "?")
    if "label_asym_id" in missing:
        author = list(block.find_values(f"{_CATEGORY}auth_asym_id"))
        column = block.find_values(f"{_CATEGORY}label_asym_id")
        for i, name in enumerate(author):
            column[i] = name


def check_rows(text: bytes, block: Any, n_atoms: int) -> None:
    """Refuse the first row that is no atom, or has no number where one belongs; one that is unknown may stand.

    Parameters
    ----------
    text : bytes
        Of an mmCIF file that `parse` can read.
    block : gemmi.cif.Block
        Its first data block.
    n_atoms : int
        How many atoms gemmi found.

    Raises
    ------
    ReadError
        It names the line.
    """
    n_rows = len(block.find_mmcif_category(_CATEGORY))
    if n_rows != n_atoms:
        raise ReadError(f"{n_rows} rows in _atom_site, but {n_atoms} atoms were read; fetch or write it again")
    _check_records(text, block)
    _check_texts(text, block)
    for name in NUMBERS:
        for i, value in enumerate(block.find_values(_CATEGORY + name)):
            if value not in _UNKNOWN and not _NUMBER.fullmatch(value):
                found = f"{_CATEGORY}{name} is {one_line(value, 40)!r}"
                raise ReadError(f"{_where(text, block, i)}: {found}; write a number, or ? for one that is not known")
    for name in INTEGERS:
        for i, value in enumerate(block.find_values(_CATEGORY + name)):
            if len(value) > MOST_DIGITS:
                found = f"{_CATEGORY}{name} is {one_line(value, 40)!r}"
                raise ReadError(f"{_where(text, block, i)}: {found}; write a number of at most {MOST_DIGITS} digits")


def _block(text: bytes) -> Any:
    """Return the data block with atoms: the first, or gemmi would have refused the file."""
    import gemmi

    return gemmi.cif.read_string(text[1:])[0]


def _check_records(text: bytes, block: Any) -> None:
    """Refuse rows that do not begin where a row begins: one was too long, and another too short."""
    records = list(block.find_values(f"{_CATEGORY}group_PDB"))
    odd = [i for i, record in enumerate(records) if record.upper() not in _RECORDS]
    if not odd:
        return
    _refuse_odd_row(text)
    found = f"{_CATEGORY}group_PDB is {one_line(records[odd[0]], 40)!r}"
    raise ReadError(f"{_where(text, block, odd[0])}: {found}; write ATOM or HETATM")


def _check_texts(text: bytes, block: Any) -> None:
    """Refuse a value of several lines: rows may lie within it."""
    loop = block.find_mmcif_category(_CATEGORY).loop
    values = loop.values if loop else []
    for value in values:
        if "\n" in value:
            line = text.count(b"\n", 0, text.find(value.encode()))
            raise ReadError(f"line {line}: a text of several lines within _atom_site; correct or remove the lines")


def _refuse_odd_row(text: bytes) -> None:
    """Refuse the first row that has not as many values as there are columns, if each has a line of its own."""
    header = _HEADER.search(text)
    if header is None:
        return
    n_columns = header.group().lower().count(_CATEGORY.encode())
    for row in _ROW.finditer(text, header.end()):
        words = [word for word in _WORD.findall(row.group()) if not word.startswith(b"#")]
        if len(words) != n_columns:
            line = text.count(b"\n", 0, row.start() + 1)
            raise ReadError(
                f"line {line}: {len(words)} values, but _atom_site has {n_columns} columns; correct the line"
            )


def _where(text: bytes, block: Any, i: int) -> str:
    """Return the line of row `i`, or its number if not every row has a line of its own."""
    rows = list(_ROW.finditer(text))
    if len(rows) != len(block.find_mmcif_category(_CATEGORY)):
        return f"row {i + 1} of _atom_site"
    line = text.count(b"\n", 0, rows[i].start() + 1)
    return f"line {line}"

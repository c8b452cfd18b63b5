r"""The records of a PDB file, found and checked before gemmi reads them.

gemmi takes what is no number as 0, stops at END, and passes over records that it does not know, all without a word.

Conventions
-----------
- The text begins with a line break, so that every line has one before it. Lines end in ``\n`` or ``\r\n``.
- An atom is a line that begins with ATOM or HETA, in upper or lower case, and stands before END: as gemmi has it.
- An END within a model or between two ends no file: as some programs write one after each frame.
- Columns are counted from 1 in messages, as the format does.
- A number has a sign or none, digits, and a point or none. A residue's number may be in hybrid-36.
- Occupancy and B factor may be blank or missing, all else not.

References
----------
wwPDB file format 3.3, section 9. Hybrid-36: cci.lbl.gov/hybrid_36.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..._files import ReadError
from .atoms import Bools, Ints
from .flat import as_integers
from .groups import begins

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

WIDTH = 80
"""Columns of a line that the format knows."""

# fmt: off
NOT_ATOMS = frozenset({
    "HEADER", "OBSLTE", "TITLE", "SPLIT", "CAVEAT", "COMPND", "SOURCE", "KEYWDS", "EXPDTA", "NUMMDL", "MDLTYP",
    "AUTHOR", "REVDAT", "SPRSDE", "JRNL", "REMARK", "DBREF", "DBREF1", "DBREF2", "SEQADV", "SEQRES", "MODRES", "HET",
    "HETNAM", "HETSYN", "FORMUL", "HELIX", "SHEET", "TURN", "SSBOND", "LINK", "LINKR", "CISPEP", "SITE", "CRYST1",
    "ORIGX1", "ORIGX2", "ORIGX3", "SCALE1", "SCALE2", "SCALE3", "MTRIX1", "MTRIX2", "MTRIX3", "TVECT", "MODEL",
    "ANISOU", "SIGATM", "SIGUIJ", "TER", "ENDMDL", "CONECT", "MASTER", "END", "USER", "FTNOTE", "HYDBND", "SLTBRG",
})
# fmt: on
"""Records that are no atoms, whatever stands in the columns of the coordinates."""


class Field(NamedTuple):
    """A part of an atom's record: what it holds, and its first and last column."""

    what: str
    first: int
    last: int


RESIDUE_NUMBER = Field("residue number", 23, 26)
COORDINATES = (Field("x coordinate", 31, 38), Field("y coordinate", 39, 46), Field("z coordinate", 47, 54))
RESIDUE = (18, 27)
"""Columns of a residue's name, chain, number and insertion code."""
SEGMENT = (73, 76)
"""Columns of the segment identifier, which format 2.2 had."""
OPTIONAL = (Field("occupancy", 55, 60), Field("B factor", 61, 66))

CAPITALS = np.uint32(0xDFDFDFDF)
"""Takes four letters to upper case, and blanks to NUL."""
ATOM, HETA, TER, END, MODEL, ENDMDL, FIRST_THREE = np.frombuffer(
    b"ATOMHETATER\0END\0MODEENDM\xff\xff\xff\0", dtype=np.uint32
)
"""The first letters of records as one number, and what is left of three of them."""

POINTS = [34, 42, 50]
"""Where the points of three coordinates are, as Fortran's F8.3 writes them, counted from 0."""
LAST_OF_SERIAL = 11
"""A serial number of five digits ends before this column, counted from 0."""
HYBRID_36_OF_100000 = "A0000"
MOST_OFF = 0.1
"""Share of atoms up to which those with points elsewhere are taken for damaged."""

_BORDERS = re.compile(rb"\n(?:END|MODEL|ENDMDL)[^\n]*", re.IGNORECASE)
_LONG_SERIAL = re.compile(rb"(?:ATOM  |HETATM|ATOM )(\d{6,})")
_HYBRID_36 = re.compile(rb"[A-Z][0-9A-Z]{3}|[a-z][0-9a-z]{3}")
_EXPONENT = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d{1,2}")
_ATOM_WITHIN = re.compile(rb"(?:ATOM  |HETATM)[^\n]{24}[ 0-9.+\-]{24}")
_COORDINATES = re.compile(rb"(?:-?\d+\.\d{3} *){3}")
_NAMES = np.array(sorted(NOT_ATOMS), dtype="S6")

# each character by its kind: 0 for a digit, - for a sign, x for what is in no number
_KIND_OF = {**dict.fromkeys("0123456789", "0"), "-": "-", "+": "-", ".": ".", "e": "e", "E": "e", " ": " "}
_KINDS = "".join(_KIND_OF.get(chr(code), "x") for code in range(256)).encode()
_INTEGER = re.compile(rb" *-?0+ *")
_NUMBER = re.compile(rb" *-?(?:0+\.?0*|\.0+)(?:e-?00?)? *")
_NUMBER_OR_BLANK = re.compile(_NUMBER.pattern + rb"| *")


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """The ATOM and HETATM records of a PDB file before its END.

    Attributes
    ----------
    text : bytes
        With a line break before the first line, and none but line feeds.
    start : ndarray of int, shape (n,)
        Where each record begins.
    begins : ndarray of bool, shape (n,)
        Whether it names another residue than the record before: another name, chain, number, insertion code or segment,
        or a TER or MODEL lies between.
    segment : ndarray of int, shape (n,)
        Its segment identifier, columns 73 to 76, as eight bytes.
    n_ter : ndarray of int, shape (n,)
        How many TER records stand before it.
    end, end_line : int
        Where END begins, or the text ends; and which line it is, counted from 1.
    n_after : int
        How many atoms stand after END.
    has_models : bool
        Whether there are MODEL records.
    """

    text: bytes
    start: Ints
    begins: Bools
    segment: Ints
    n_ter: Ints
    end: int
    end_line: int
    n_after: int
    has_models: bool

    def with_residues_apart(self) -> bytes:
        """Return the text with a TER before each residue, so that gemmi joins none to another."""
        places = self.start[self.begins].tolist()
        ends = [*places[1:], self.end]
        pieces = [self.text[begin:end] for begin, end in zip(places, ends, strict=True)]
        return b"TER\n".join([self.text[: places[0]], *pieces])

    def after_end(self) -> bytes:
        """Return what follows END as a text of one model; its lines keep their numbers."""
        rest = self.text[self.end - 1 :]
        return b"\n" * (self.end_line - 1) + _BORDERS.sub(b"\nTER", rest)


def read_records(text: bytes) -> Records:
    r"""Find the atoms of a PDB file, and check that each can be read as it stands.

    Parameters
    ----------
    text : bytes
        With a line break before the first line.

    Returns
    -------
    Records

    Raises
    ------
    ReadError
        If a record is no atom although it holds coordinates, or holds no numbers where these belong. It names the line.

    Examples
    --------
    >>> line = b"\nATOM      1  CA  ALA A   7      11.000  12.000  13.000  1.00 10.00"
    >>> records = read_records(line + line + b"\nEND" + line)
    >>> records.begins, records.n_after
    (array([ True, False]), 1)
    >>> read_records(line.replace(b"12.000", b"12,000"))
    Traceback (most recent call last):
    domains._files.ReadError: line 1: no y coordinate in columns 39 to 46, but '  12,000'; write a number there
    """
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    lines, start, length = _lines(text)
    word = _first_words(lines)
    is_atom = (word == ATOM) | (word == HETA)
    ends = _ends(lines, word)
    within_models = _within_models(ends, word, is_atom)
    if len(within_models):
        return read_records(_without_ends(text, start[within_models]))
    end = int(ends[0]) if len(ends) else len(lines)
    _check_joined_lines(text, start, length, is_atom)
    _check_other_lines(lines[:end], is_atom[:end])
    atoms = np.flatnonzero(is_atom[:end])
    records = lines[atoms]
    if not text.isascii():
        _check_letters(records, atoms + 1)
    _check_serials(records, atoms + 1)
    _check_atoms(records, atoms + 1)
    _check_columns(records, atoms + 1)
    _check_last_line(text, length, is_atom)
    n_ter = _count_before(np.flatnonzero(word[:end] == TER), atoms)
    n_models = _count_before(np.flatnonzero(word[:end] == MODEL), atoms)
    segment = _segments(records)
    return Records(
        text=text,
        start=start[atoms],
        begins=begins(*_residue_columns(records), segment, n_ter, n_models),
        segment=segment,
        n_ter=n_ter,
        end=int(start[end]) if end < len(start) else len(text),
        end_line=end + 1,
        n_after=int(is_atom[end:].sum()),
        has_models=bool((word == MODEL).any()),
    )


def _count_before(lines: Ints, atoms: Ints) -> Ints:
    """Return how many of these lines stand before each atom."""
    counts: Ints = np.searchsorted(lines, atoms)
    return counts


def _residue_columns(records: Bytes) -> tuple[npt.NDArray[Any], ...]:
    """Return name, chain, number and insertion code as the bytes that they are, in two numbers."""
    first, last = RESIDUE
    name = _as_integers(records[:, first - 1 : first + 7])
    rest = _as_integers(records[:, last - 8 : last])
    return name, rest


def _segments(records: Bytes) -> Ints:
    """Return the segment identifiers, without the blanks around them, as eight bytes."""
    first, last = SEGMENT
    columns = records[:, first - 1 : last]
    if (columns == ord(" ")).all():
        return np.zeros(len(records), dtype=np.int64)
    names = np.strings.strip(np.ascontiguousarray(columns).view("S4").ravel())
    return as_integers(names.astype("S8"))


def _as_integers(columns: Bytes) -> Ints:
    return np.ascontiguousarray(columns).view(np.int64).ravel()


def _lines(text: bytes) -> tuple[Bytes, Ints, Ints]:
    """Return the first columns of each line, blank where the line is shorter, where it begins, and its length."""
    n_lines = len(text) // (WIDTH + 1)
    # in nearly all files of the archive every line is as wide as the format says
    if len(text) == 1 + n_lines * (WIDTH + 1):
        grid = np.frombuffer(text, dtype=np.uint8, offset=1).reshape(n_lines, WIDTH + 1)
        breaks = grid == ord("\n")
        if breaks[:, WIDTH].all() and np.count_nonzero(breaks) == n_lines:
            start = 1 + np.arange(n_lines) * (WIDTH + 1)
            return grid[:, :WIDTH], start, np.full(n_lines, WIDTH)
    padded = np.frombuffer(text + b"\n" + b" " * WIDTH, dtype=np.uint8)
    ends = np.flatnonzero(padded == ord("\n"))
    start = ends[:-1] + 1
    length = ends[1:] - start
    lines = np.lib.stride_tricks.sliding_window_view(padded, WIDTH)[start]
    short = np.flatnonzero(length < WIDTH)
    lines[short] = np.where(np.arange(WIDTH) < length[short, None], lines[short], ord(" "))
    return lines, start, length


def _first_words(lines: Bytes) -> Words:
    """Return the first four letters of each line in upper case, as one number; a blank is a NUL."""
    words: Words = np.ascontiguousarray(lines[:, :4]).view(np.uint32).ravel() & CAPITALS
    return words


def _ends(lines: Bytes, word: Words) -> Ints:
    """Return the indices of the END lines."""
    # ENDMDL is another record; gemmi asks whether a letter or digit follows
    ended = ((word & FIRST_THREE) == END) & (lines[:, 3] & 0xD0 == 0)
    return np.flatnonzero(ended)


def _within_models(ends: Ints, word: Words, is_atom: Bools) -> Ints:
    """Return those of the END lines that follow a MODEL, and that ENDMDL or MODEL follows before any atom."""
    models = np.flatnonzero(word == MODEL)
    if not len(models):
        return models
    others = np.flatnonzero((word == MODEL) | (word == ENDMDL) | is_atom)
    place = np.searchsorted(others, ends)
    is_followed = place < len(others)
    following = others[place[is_followed]]
    ends = ends[is_followed]
    within: Ints = ends[(ends > models[0]) & ~is_atom[following]]
    return within


def _without_ends(text: bytes, start: Ints) -> bytes:
    """Return the text with END lines that gemmi passes over."""
    changed = bytearray(text)
    for i in start.tolist():
        changed[i : i + len("END")] = b"REM"
    return bytes(changed)


def _check_other_lines(lines: Bytes, is_atom: Bools) -> None:
    """Refuse lines that hold coordinates but are no atoms to gemmi: misspelt, or not in the first column."""
    others = np.flatnonzero(~is_atom)
    name = np.ascontiguousarray(lines[others, :6]).view("S6").ravel()
    unknown = others[~np.isin(np.strings.rstrip(np.strings.upper(name)), _NAMES)]
    for i in unknown.tolist():
        line = lines[i].tobytes()
        if _COORDINATES.search(line) or line.lstrip().upper().startswith((b"ATOM ", b"HETATM")):
            raise ReadError(
                f"line {i + 1}: coordinates, but no ATOM or HETATM in columns 1 to 6; it begins with "
                f"{_quoted(line[:12])}; correct or remove the line"
            )


def _check_joined_lines(text: bytes, start: Ints, length: Ints, is_atom: Bools) -> None:
    """Refuse an atom within a line, where the line break before it is lost."""
    if not is_atom.any():
        return
    shortest = length[is_atom].min() + len("TER")
    for i in np.flatnonzero(length >= shortest).tolist():
        line = text[start[i] : start[i] + length[i]]
        joined = _ATOM_WITHIN.search(line, 1)
        if joined and line[: joined.start()].strip() and not line.startswith((b"REMARK", b"USER")):
            found = _quoted(joined.group()[:12])
            raise ReadError(f"line {i + 1}: an atom within the line; put a line break before {found}")
        if is_atom[i] and _COORDINATES.search(line, COORDINATES[-1].last):
            raise ReadError(f"line {i + 1}: coordinates of two atoms; correct the line")


def _check_letters(atoms: Bytes, line: Ints) -> None:
    """Refuse atoms with bytes that the format has not: of a damaged file, or of letters that take two columns."""
    odd = np.argwhere(atoms > 0x7E)
    if len(odd):
        i, column = odd[0]
        found = f"the byte 0x{atoms[i, column]:02x} in column {column + 1} of an atom"
        raise ReadError(f"line {line[i]}: {found}; write plain letters and digits, or fetch the file again")


def _check_atoms(atoms: Bytes, line: Ints) -> None:
    """Refuse atoms whose numbers are none, given their columns and lines."""
    for i, field, found in _not_written_as(_INTEGER, atoms, [RESIDUE_NUMBER]):
        if not _HYBRID_36.fullmatch(found):
            raise ReadError(_no_number(line[i], field, found, "write a number there"))
    for i, field, found in _not_written_as(_NUMBER, atoms, COORDINATES):
        raise ReadError(_no_number(line[i], field, found, "write a number there"))
    for i, field, found in _not_written_as(_NUMBER_OR_BLANK, atoms, OPTIONAL):
        raise ReadError(_no_number(line[i], field, found, "write a number or blanks there"))


def _not_written_as(
    pattern: re.Pattern[bytes], atoms: Bytes, fields: Sequence[Field]
) -> Iterator[tuple[int, Field, bytes]]:
    """Yield each atom, field and text that is not written so; the fields lie side by side and have one width."""
    width = fields[0].last - fields[0].first + 1
    texts = atoms[:, fields[0].first - 1 : fields[-1].last].tobytes()
    kinds = np.frombuffer(texts.translate(_KINDS), dtype=np.uint8).reshape(-1, width)
    if width < 8:
        padded = np.full((len(kinds), 8), ord(" "), dtype=np.uint8)
        padded[:, :width] = kinds
        kinds = padded
    # a file writes its numbers in few ways: each is looked at once
    way = kinds.view(np.int64).ravel()
    wrong = [written for written in pd.unique(way) if not pattern.fullmatch(written.tobytes())]
    if not wrong:
        return
    for i in np.flatnonzero(np.isin(way, wrong)).tolist():
        yield i // len(fields), fields[i % len(fields)], texts[i * width : (i + 1) * width]


def _check_serials(atoms: Bytes, line: Ints) -> None:
    """Refuse an atom whose serial number has so many digits that it moves all other columns to the right."""
    digit = (atoms[:, LAST_OF_SERIAL] >= ord("0")) & (atoms[:, LAST_OF_SERIAL] <= ord("9"))
    for i in np.flatnonzero(digit).tolist():
        serial = _LONG_SERIAL.match(atoms[i].tobytes())
        if serial and not _has_points(atoms[i : i + 1], 0).all():
            digits = serial.group(1)
            found = f"the serial number {digits.decode()} has {len(digits)} digits, and moves all other columns"
            remedy = f"write {HYBRID_36_OF_100000} for 100000 and on in hybrid-36, or write mmCIF"
            raise ReadError(f"line {line[i]}: {found}; {remedy}")


def _check_columns(atoms: Bytes, line: Ints) -> None:
    """Refuse an atom whose points all stand one column off those of nearly all others: a character is lost or added."""
    in_place = _has_points(atoms, 0)
    n_off = len(atoms) - int(in_place.sum())
    if n_off == 0 or n_off > MOST_OFF * len(atoms):
        return
    for step in (-1, 1):
        shifted = _has_points(atoms, step)
        for i in np.flatnonzero(shifted & ~in_place).tolist():
            found = "coordinates one column to the left" if step < 0 else "coordinates one column to the right"
            raise ReadError(f"line {line[i]}: {found} of those of the other atoms; correct the line")


def _has_points(atoms: Bytes, step: int) -> Bools:
    """Mark the atoms whose coordinates all have their point `step` columns after its place."""
    points = atoms[:, [column + step for column in POINTS]] == ord(".")
    marked: Bools = points.all(axis=1)
    return marked


def _check_last_line(text: bytes, length: Ints, is_atom: Bools) -> None:
    """Refuse an atom that ends with the file, and is shorter than the others in what they all have."""
    if text.endswith(b"\n") or not is_atom[-1]:
        return
    others = length[:-1][is_atom[:-1]]
    needed = min(others.min(initial=WIDTH), OPTIONAL[-1].last)
    if length[-1] < needed:
        found = f"the file ends within this atom, after {length[-1]} columns"
        raise ReadError(f"line {len(length)}: {found}; fetch or write it again")


def _no_number(line: int, field: Field, found: bytes, remedy: str) -> str:
    columns = f"columns {field.first} to {field.last}"
    return f"line {line}: no {field.what} in {columns}, but {_quoted(found)}; {remedy}"


def _quoted(found: bytes) -> str:
    return repr(found.decode("latin-1"))

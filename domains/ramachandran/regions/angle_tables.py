r"""Backbone angles from tables: of GROMACS, PLUMED, cpptraj, or CSV.

Conventions
-----------
- ``gmx rama`` (xvg): rows of phi, psi and RES-NUMBER, frame after frame, or of psi and phi if the labels of the axes
  say so. A frame is the shortest run of residues that repeats to the end of the file.
- PLUMED, cpptraj, ``gmx chi -rama`` and columns of numbers alone: a row a frame, see
  `domains.ramachandran.regions.angle_columns`.
- CSV: columns phi and psi, which may say their unit; and frame, chain, resname, resseq and icode, if there are any. A
  table with resseq but no frame is one frame; a table with neither has a frame for each row.
- Names of residues have three letters, small or capital.
- Angles are in degrees, but of PLUMED in radians, unless ``unit`` says otherwise.
- The first residue of a chain has no phi, the last no psi: where a table has one angle of a residue, the other is NaN.
  In CSV its cell is empty or ``nan``.
- The residue after one is the next row of its frame and chain, if its number is the next, or the same with another
  insertion code. A bond before proline has no angle here: it counts as trans.

References
----------
https://manual.gromacs.org, "gmx rama"; https://www.plumed.org/doc, PRINT; https://amberhub.chpc.utah.edu, "dihedral".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError, check_choice
from ..._files import ReadError, read_text, reading
from ..._text import file_name, for_table, one_line
from ..structures.residues import STANDARD, read_names
from ..torus import TURNS
from .angle_columns import OPERATION, degrees, from_bare_columns, from_chi, from_cpptraj, from_plumed
from .formats.columns import Words, rows_of_words, to_numbers
from .formats.gromacs import axis_labels, is_rama
from .formats.plumed import is_plumed
from .formats.surface import Declared, find_axes, read_axes
from .separated import Table, heading, read_table

_UNREAD = {"residue", "res", "residue_name", "res_name", "aa", "amino_acid", "amino acid", "restype"}
"""What people call a column of residues, which may hold names, letters or numbers."""
SUFFIXES = (".xvg", ".dat", ".csv", ".tsv", ".txt", ".colvar")
"""Endings of tables of angles."""
_STRUCTURES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif", ".gz", ".bz2", ".xz")
"""Endings of structures, which are not opened to see."""
_BEGIN = 4096
_PACKED = (".gz", ".bz2", ".xz")
_HEADER = re.compile(rb"\s*(#! FIELDS|#\s*Frame\b|(#[^\n]*\n)*@\s*(title|xaxis|yaxis|TYPE))", re.IGNORECASE)
"""How tables of PLUMED, cpptraj and GROMACS begin."""
COLUMNS = ["file", "frame", "chain", "resname", "resseq", "icode", "phi", "psi"]

_RESIDUE = re.compile(r"([A-Za-z]\w{0,4}?)-(-?\d{1,9})")
_FRAME = re.compile(r"\s*#\s*Frame\b", re.IGNORECASE)


def is_angle_table(path: str | Path) -> bool:
    """Return whether a file bears the name of a table of angles, or begins as one does, and is no structure.

    Examples
    --------
    >>> is_angle_table("rama.xvg.gz"), is_angle_table("COLVAR"), is_angle_table("1a8o.cif.gz")
    (True, True, False)
    """
    name = _unpacked_name(path)
    if name == "colvar" or name.endswith(SUFFIXES):
        return True
    if name.endswith(_STRUCTURES):
        return False
    try:
        with open(path, "rb") as file:
            begin = file.read(_BEGIN)
    except OSError:
        return False
    return _HEADER.match(begin) is not None


def _unpacked_name(path: str | Path) -> str:
    """Return the name of a file in small letters, without the ending of a packed one."""
    name = Path(path).name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name


def read_angles(
    path: str | Path, *, axes: str | tuple[str, str] | None = None, unit: str | None = None
) -> pd.DataFrame:
    r"""Read backbone angles of residues and frames from a table.

    Parameters
    ----------
    path : path
        Of ``gmx rama`` (xvg), PLUMED (COLVAR), cpptraj, or CSV.
    axes : str or tuple of two str, optional
        What the file calls phi and what it calls psi, if it calls them otherwise: "t1 t2".
    unit : {"degrees", "radians"}, optional
        Of the angles, if it is not the format's own.

    Returns
    -------
    DataFrame
        A row a residue and frame: file frame chain resname resseq icode phi psi. Frames are counted from 1; a name or
        number that the file does not tell is "" or 0. Angles are in degrees, in [−180, 180).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UsageError
        If it is not said which columns are phi and psi.
    ReadError
        If the file is no table of angles, a row is damaged, a residue is called by one letter, or stands twice in a
        table without frames.

    Warns
    -----
    UserWarning
        If the run was biased.

    See Also
    --------
    region_from_angles : Return the region of highest density that holds a share of backbone angles.
    backbone_angles : Measure phi, psi and omega of every residue of a structure file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rama.xvg")
    ...     _ = path.write_text("@TYPE xy\n-60 -45 ALA-2\n-120 130 GLY-3\n-65 -40 ALA-2\n-110 120 GLY-3\n")
    ...     read_angles(path)[["frame", "resname", "resseq", "phi", "psi"]].values.tolist()[1:3]
    [[1, 'GLY', 3, -120.0, 130.0], [2, 'ALA', 2, -65.0, -40.0]]
    """
    path = Path(path)
    if unit is not None:
        check_choice(OPERATION, "unit", unit, TURNS)
    declared = Declared(axes=read_axes(axes), angles=unit)
    with reading(OPERATION, path):
        try:
            table = _read(path, declared)
            table["resname"] = read_names(table["resname"])
        except UsageError as error:
            raise UsageError(f"{OPERATION}: {file_name(path)}: {error}") from error
        except ReadError:
            raise
        except ValueError as error:
            raise ReadError(str(error).removeprefix(f"{OPERATION}: ")) from error
    table["file"] = for_table(str(path))
    for name in ("chain", "icode"):
        if name not in table:
            table[name] = ""
    return table[COLUMNS]


def neighbours(table: pd.DataFrame) -> np.ndarray:
    """Return the name of the residue after each, "" where the next row is not its neighbour.

    Parameters
    ----------
    table : DataFrame
        As `read_angles` returns it.

    Returns
    -------
    ndarray of str (objects)

    Examples
    --------
    >>> rows = {"frame": [1, 1, 2], "resseq": [2, 3, 2], "resname": ["ALA", "PRO", "ALA"]}
    >>> neighbours(pd.DataFrame({**rows, "chain": "A", "icode": ""})).tolist()
    ['PRO', '', '']
    """
    names = table["resname"].to_numpy(object)
    after = np.roll(names, -1)
    frame = table["frame"].to_numpy()
    chain = table["chain"].to_numpy(object)
    number = table["resseq"].to_numpy()
    icode = table["icode"].to_numpy(object)
    goes_on = (np.roll(frame, -1) == frame) & (np.roll(chain, -1) == chain)
    step = np.roll(number, -1) - number
    is_inserted = (step == 0) & (np.roll(icode, -1) != icode)
    is_next = goes_on & ((step == 1) | is_inserted)
    if len(is_next):
        is_next[-1] = False
    return np.where(is_next, after, "")


def _read(path: Path, declared: Declared) -> pd.DataFrame:
    if _unpacked_name(path).endswith((".csv", ".tsv")):
        return _from_csv(path, declared)
    text = read_text(OPERATION, path)
    if is_plumed(text):
        return from_plumed(text, declared, file_name(path))
    if _FRAME.match(text):
        return from_cpptraj(text, declared)
    if declared.is_numbered:
        return from_bare_columns(text, declared)
    if is_rama(text):
        return from_chi(text, declared)
    return _from_gromacs(text, declared)


def _from_gromacs(text: str, declared: Declared) -> pd.DataFrame:
    lines = []
    angles = []
    residues = []
    of_label: dict[str, tuple[str, int]] = {}
    for number, words in rows_of_words(text, "#@&"):
        lines.append(number)
        angles.append(words[:2])
        label = words[-1]
        if len(words) != 3 or label not in of_label:
            of_label[label] = _residue(words, number)
        residues.append(of_label[label])
    values = to_numbers(lines, angles, 2).values
    phi, psi = find_axes(_labelled_columns(text), declared)
    unit = declared.angles or "degrees"
    columns = {
        "frame": np.arange(len(residues)) // _period(residues) + 1,
        "resname": [name for name, _ in residues],
        "resseq": [number for _, number in residues],
        "phi": degrees("phi", values[:, phi], unit),
        "psi": degrees("psi", values[:, psi], unit),
    }
    return pd.DataFrame(columns)


def _labelled_columns(text: str) -> list[str]:
    """Return what an xvg file calls its first two columns: phi and psi, unless the labels of its axes say otherwise."""
    labels = axis_labels(text)
    x = labels.get("x", "")
    y = labels.get("y", "")
    if x and y:
        return [x, y]
    # one label tells both
    is_turned = x.lower() == "psi" or y.lower() == "phi"
    return ["psi", "phi"] if is_turned else ["phi", "psi"]


def _residue(words: Words, line: int) -> tuple[str, int]:
    """Return the name and the number of the residue that a row is of."""
    if len(words) != 3:
        raise ReadError(f"line {line}: {len(words)} cells, not phi, psi and RES-NUMBER; {_KNOWN}")
    match = _RESIDUE.fullmatch(words[2])
    if match is None:
        raise ReadError(f"line {line}: {one_line(words[2], 40)!r} is no residue such as ALA-2; {_KNOWN}")
    return match[1], int(match[2])


_KNOWN = (
    "tables of gmx rama, gmx chi -rama, PLUMED (#! FIELDS), cpptraj (#Frame) and CSV are read; of columns of numbers "
    'alone say which are phi and psi, with axes="1 2" (--axes "1 2")'
)


def _period(labels: Sequence[object]) -> int:
    """Return the length of the shortest run that repeats to the end (Knuth, Morris & Pratt 1977)."""
    border = [0] * len(labels)
    k = 0
    for i in range(1, len(labels)):
        while k and labels[i] != labels[k]:
            k = border[k - 1]
        if labels[i] == labels[k]:
            k += 1
        border[i] = k
    return len(labels) - border[-1]


def _from_csv(path: Path, declared: Declared) -> pd.DataFrame:
    table = read_table(OPERATION, path)
    columns = [heading(name) for name in table.names]
    names = [column.name for column in columns]
    phi, psi = find_axes(names, declared)
    _check_residues(table, names)
    n_rows = len(table.lines)
    identity = {
        "chain": _texts(table, names, "chain"),
        "resname": _texts(table, names, "resname"),
        "resseq": _whole_numbers(table, names, "resseq", np.zeros(n_rows)),
        "icode": _texts(table, names, "icode"),
    }
    frames = np.arange(1, n_rows + 1)
    if "resseq" in names and "frame" not in names:
        _check_one_frame(identity, table.lines)
        frames = np.ones_like(frames)
    frame = _whole_numbers(table, names, "frame", frames)
    angles = {}
    for name, k in (("phi", phi), ("psi", psi)):
        unit = columns[k].unit if columns[k].unit in TURNS else declared.angles or "degrees"
        angles[name] = degrees(names[k], table.column_with_gaps(k), unit)
    return pd.DataFrame({"frame": frame, **identity, **angles})


def _texts(table: Table, names: list[str], name: str) -> list[str]:
    """Return a column of texts, "" where there is none."""
    if name not in names:
        return [""] * len(table.lines)
    return table.texts(names.index(name))


def _check_one_frame(identity: dict[str, Any], lines: np.ndarray) -> None:
    """Check that every residue of a table without frames stands there once."""
    residues = pd.DataFrame(identity)[["chain", "resseq", "icode"]]
    again = np.flatnonzero(residues.duplicated())
    if not len(again):
        return
    second = residues.iloc[again[0]]
    first = np.flatnonzero((residues == second).all(axis=1))[0]
    called = f"{second['chain']} {second['resseq']}{second['icode']}".strip()
    found = f"residue {one_line(called, 40)} stands in line {lines[first]} and in line {lines[again[0]]}"
    raise ReadError(f"{found}; say which frame, or which structure, each row is of in a column frame: 1, 2 …")


def _check_residues(table: Table, names: list[str]) -> None:
    """Check that residues are not named in a column of another name, which would not be read."""
    if "resname" in names:
        return
    for k, name in enumerate(names):
        first = table.first(k)
        words = re.findall("[A-Z]+", first.upper())
        if name in _UNREAD or not STANDARD.isdisjoint(words):
            found = f"the column {one_line(name, 40)!r}, which holds {one_line(first, 40)!r}, is not read"
            raise ReadError(f"{found}; call it resname if it holds names such as ALA, resseq if it holds numbers")


def _whole_numbers(table: Table, names: list[str], name: str, default: np.ndarray) -> np.ndarray:
    """Return a column of whole numbers, or what stands for it where there is none."""
    values = table.column(names.index(name)) if name in names else default
    is_whole = (np.abs(values) < 1e9) & (values == np.floor(values))
    odd = np.flatnonzero(~is_whole)
    if len(odd):
        raise ReadError(f"line {table.lines[odd[0]]}: {name} {values[odd[0]]:g} is no whole number; correct it")
    return values.astype(int)

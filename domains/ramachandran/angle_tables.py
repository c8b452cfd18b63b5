r"""Backbone angles from tables: of GROMACS, PLUMED, cpptraj, or CSV.

Conventions
-----------
- ``gmx rama`` (xvg): rows of phi, psi and RES-NUMBER, frame after frame. A frame is the shortest run of residues that
  repeats to the end of the file.
- PLUMED's COLVAR (``#! FIELDS … phi psi``) and cpptraj's tables (``#Frame phi:2 psi:2 …``): a row a frame, and columns
  for one residue or several, told apart by their numbers.
- CSV: columns phi and psi, which may say their unit; and frame, resname and resseq, if there are any.
- Angles are in degrees, but of PLUMED in radians, unless ``unit`` says otherwise.
- The residue after one is the next row of its frame, if its number is the next. A bond before proline has no angle
  here: it counts as trans.

References
----------
https://manual.gromacs.org, "gmx rama"; https://www.plumed.org/doc, PRINT; https://amberhub.chpc.utah.edu, "dihedral".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .._checks import UsageError, check_choice
from .._files import ReadError, read_text, reading, split_lines
from .._text import one_line
from .formats.columns import read_columns, to_numbers
from .formats.plumed import is_plumed, is_surface, read_header
from .formats.surface import Declared, find_axes, read_axes, residue_of
from .grid_tables import heading, read_table
from .torus import TURNS, in_degrees, wrap

OPERATION = "ramachandran.read_angles"
SUFFIXES = (".xvg", ".dat", ".csv", ".tsv", ".txt", ".colvar")
"""Endings of tables of angles."""
COLUMNS = ["file", "frame", "resname", "resseq", "phi", "psi"]

_RESIDUE = re.compile(r"([A-Za-z]\w{0,4}?)-(-?\d{1,9})")
_FRAME = re.compile(r"\s*#\s*Frame\b", re.IGNORECASE)


def is_angle_table(path: str | Path) -> bool:
    """Return whether a file bears the name of a table of angles, and not of a structure.

    Examples
    --------
    >>> is_angle_table("rama.xvg"), is_angle_table("COLVAR"), is_angle_table("1a8o.cif.gz")
    (True, True, False)
    """
    name = Path(path).name.lower()
    return name.endswith(SUFFIXES) or name == "colvar"


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
        A row a residue and frame: file frame resname resseq phi psi. Frames are counted from 1; a name or number that
        the file does not tell is "" or 0. Angles are in degrees, in [−180, 180).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UsageError
        If it is not said which columns are phi and psi.
    ReadError
        If the file is no table of angles, or a row is damaged.

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
        except UsageError as error:
            raise UsageError(f"{OPERATION}: {path}: {error}") from error
        except ReadError:
            raise
        except ValueError as error:
            raise ReadError(str(error).removeprefix(f"{OPERATION}: ")) from error
    table.insert(0, "file", str(path))
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
    >>> neighbours(pd.DataFrame(rows)).tolist()
    ['PRO', '', '']
    """
    names = table["resname"].to_numpy(object)
    after = np.roll(names, -1)
    frame = table["frame"].to_numpy()
    number = table["resseq"].to_numpy()
    is_next = (np.roll(frame, -1) == frame) & (np.roll(number, -1) == number + 1)
    if len(is_next):
        is_next[-1] = False
    return np.where(is_next, after, "")


def _read(path: Path, declared: Declared) -> pd.DataFrame:
    if path.suffix.lower() in (".csv", ".tsv"):
        return _from_csv(path, declared)
    text = read_text(OPERATION, path)
    if is_plumed(text):
        return _from_plumed(text, declared)
    if _FRAME.match(text):
        return _from_cpptraj(text, declared)
    return _from_gromacs(text, declared)


def _from_gromacs(text: str, declared: Declared) -> pd.DataFrame:
    lines = []
    numbers = []
    labels = []
    for number, line in enumerate(split_lines(text), 1):
        words = line.split()
        if not words or words[0][0] in "#@&":
            continue
        if len(words) != 3:
            raise ReadError(f"line {number}: {len(words)} cells, not phi, psi and RES-NUMBER; {_KNOWN}")
        lines.append(number)
        numbers.append(words[:2])
        labels.append(words[2])
    angles = to_numbers(lines, numbers, 2).values
    matches = [_RESIDUE.fullmatch(label) for label in labels]
    for number, label, match in zip(lines, labels, matches, strict=True):
        if match is None:
            raise ReadError(f"line {number}: {one_line(label, 40)!r} is no residue such as ALA-2; {_KNOWN}")
    period = _period(labels)
    residues = [(match[1].upper(), int(match[2])) for match in matches if match is not None]
    unit = declared.angles or "degrees"
    return pd.DataFrame(
        {
            "frame": np.arange(len(labels)) // period + 1,
            "resname": [name for name, _ in residues],
            "resseq": [number for _, number in residues],
            "phi": wrap(in_degrees(OPERATION, "phi", angles[:, 0], unit)),
            "psi": wrap(in_degrees(OPERATION, "psi", angles[:, 1], unit)),
        }
    )


_KNOWN = "tables of gmx rama, PLUMED (#! FIELDS), cpptraj (#Frame) and CSV are read"


def _period(labels: Sequence[str]) -> int:
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


def _from_plumed(text: str, declared: Declared) -> pd.DataFrame:
    header = read_header(text)
    if is_surface(header):
        raise ReadError("a surface of PLUMED, not angles of frames; read it with read_region or read_map")
    table = read_columns(text, least=2)
    if table.values.shape[1] != len(header.fields):
        n = table.values.shape[1]
        raise ReadError(f"line {table.lines[0]}: {n} columns, but #! FIELDS names {len(header.fields)}; write it again")
    return _from_columns(header.fields, table.values, declared, "radians")


def _from_cpptraj(text: str, declared: Declared) -> pd.DataFrame:
    head = text.lstrip().partition("\n")[0]
    names = head.replace("#", " ").split()
    table = read_columns(text, least=2)
    if table.values.shape[1] != len(names):
        n = table.values.shape[1]
        raise ReadError(f"line {table.lines[0]}: {n} columns, but the header names {len(names)}; write it again")
    return _from_columns(names, table.values, declared, "degrees")


def _from_columns(names: list[str], values: np.ndarray, declared: Declared, default: str) -> pd.DataFrame:
    """Return the angles of the residues that have a column for each, a row a frame."""
    pairs = _pairs(names, declared)
    unit = declared.angles or default
    parts = []
    for number, phi, psi in pairs:
        part = {
            "frame": np.arange(1, len(values) + 1),
            "resname": np.full(len(values), "", object),
            "resseq": np.full(len(values), int(number or 0)),
            "phi": wrap(in_degrees(OPERATION, names[phi], values[:, phi], unit)),
            "psi": wrap(in_degrees(OPERATION, names[psi], values[:, psi], unit)),
        }
        parts.append(pd.DataFrame(part))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("frame", kind="stable", ignore_index=True)


def _pairs(names: list[str], declared: Declared) -> list[tuple[str, int, int]]:
    """Return the number of each residue and its two columns."""
    if declared.axes is not None:
        phi, psi = find_axes(names, declared)
        return [("", phi, psi)]
    places = {residue_of(name): k for k, name in enumerate(names)}
    numbers = [residue[1] for residue in places if residue is not None and residue[0] == "phi"]
    pairs = [(n, places[("phi", n)], places[("psi", n)]) for n in numbers if ("psi", n) in places]
    lone = [name for name in names if (known := residue_of(name)) and known[1] not in [n for n, _, _ in pairs]]
    if lone:
        raise ReadError(f"the column {one_line(lone[0], 40)!r} has no other angle of its residue; write both")
    if not pairs:
        find_axes(names, declared)
    return pairs


def _from_csv(path: Path, declared: Declared) -> pd.DataFrame:
    table = read_table(OPERATION, path)
    columns = [heading(name) for name in table.names]
    names = [column.name for column in columns]
    phi, psi = find_axes(names, declared)
    angles = []
    for k in (phi, psi):
        unit = columns[k].unit if columns[k].unit in TURNS else declared.angles or "degrees"
        angles.append(wrap(in_degrees(OPERATION, names[k], table.column(k), unit)))
    n = len(table.lines)
    frame = table.column(names.index("frame")) if "frame" in names else np.arange(1, n + 1)
    number = table.column(names.index("resseq")) if "resseq" in names else np.zeros(n)
    for name, values in (("frame", frame), ("resseq", number)):
        odd = np.flatnonzero(~(np.abs(values) < 1e9) | (values != np.floor(values)))
        if len(odd):
            raise ReadError(f"line {table.lines[odd[0]]}: {name} {values[odd[0]]:g} is no whole number; correct it")
    resname = [row.cells[names.index("resname")].strip() for row in table.rows] if "resname" in names else [""] * n
    return pd.DataFrame(
        {
            "frame": frame.astype(int),
            "resname": resname,
            "resseq": number.astype(int),
            "phi": angles[0],
            "psi": angles[1],
        }
    )

r"""Backbone angles from tables: of GROMACS, PLUMED, cpptraj, or CSV.

Conventions
-----------
- ``gmx rama`` (xvg): rows of phi, psi and RES-NUMBER, frame after frame, or of psi and phi if the labels of the axes
  say so. A frame is the shortest run of residues that repeats to the end of the file.
- PLUMED's COLVAR (``#! FIELDS … phi psi``) and cpptraj's tables (``#Frame phi:2 psi:2 …``): a row a frame, and columns
  for one residue or several, told apart by their numbers.
- ``gmx chi -rama`` (xvg): rows of phi and psi of one residue, under axes of these names.
- Columns of numbers alone: a row a frame, if ``axes="1 2"`` says which columns are phi and psi.
- CSV: columns phi and psi, which may say their unit; and frame, chain, resname, resseq and icode, if there are any. A
  table with resseq but no frame is one frame; a table with neither has a frame for each row.
- Names of residues have three letters, small or capital.
- Angles are in degrees, but of PLUMED in radians, unless ``unit`` says otherwise.
- The first residue of a chain has no phi, the last no psi: where a table has one angle of a residue, the other is NaN.
  In CSV its cell is empty or ``nan``.
- All frames count alike. Where PLUMED's table has a bias, the frames have weights that it does not hold: that is warned
  of.
- The residue after one is the next row of its frame and chain, if its number is the next, or the same with another
  insertion code. A bond before proline has no angle here: it counts as trans.

References
----------
https://manual.gromacs.org, "gmx rama"; https://www.plumed.org/doc, PRINT; https://amberhub.chpc.utah.edu, "dihedral".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .._checks import UsageError, check_choice
from .._files import ReadError, read_text, reading
from .._text import file_name, one_line
from .formats.columns import Words, read_columns, rows_of_words, to_numbers
from .formats.gromacs import axis_labels, is_rama
from .formats.plumed import BIAS, Header, check_trajectory, is_plumed, is_surface, read_header
from .formats.surface import Declared, find_axes, read_axes, residue_of
from .grid_tables import Table, heading, read_table
from .residues import STANDARD, read_names
from .torus import TURNS, in_degrees, wrap

OPERATION = "ramachandran.read_angles"
_UNREAD = {"residue", "res", "residue_name", "res_name", "aa", "amino_acid", "amino acid", "restype"}
"""What people call a column of residues, which may hold names, letters or numbers."""
SUFFIXES = (".xvg", ".dat", ".csv", ".tsv", ".txt", ".colvar")
"""Endings of tables of angles."""
_STRUCTURES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif", ".gz", ".bz2", ".xz")
"""Endings of structures, which are not opened to see."""
_BEGIN = 4096
_HEADER = re.compile(rb"\s*(#! FIELDS|#\s*Frame\b|(#[^\n]*\n)*@\s*(title|xaxis|yaxis|TYPE))", re.IGNORECASE)
"""How tables of PLUMED, cpptraj and GROMACS begin."""
COLUMNS = ["file", "frame", "chain", "resname", "resseq", "icode", "phi", "psi"]

_RESIDUE = re.compile(r"([A-Za-z]\w{0,4}?)-(-?\d{1,9})")
_FRAME = re.compile(r"\s*#\s*Frame\b", re.IGNORECASE)


def is_angle_table(path: str | Path) -> bool:
    """Return whether a file bears the name of a table of angles, or begins as one does, and is no structure.

    Examples
    --------
    >>> is_angle_table("rama.xvg"), is_angle_table("COLVAR"), is_angle_table("1a8o.cif.gz")
    (True, True, False)
    """
    name = Path(path).name.lower()
    if name.endswith(SUFFIXES):
        return True
    if name.endswith(_STRUCTURES):
        return False
    try:
        with open(path, "rb") as file:
            begin = file.read(_BEGIN)
    except OSError:
        return name == "colvar"
    return _HEADER.match(begin) is not None


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
    table["file"] = str(path)
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
    if path.suffix.lower() in (".csv", ".tsv"):
        return _from_csv(path, declared)
    text = read_text(OPERATION, path)
    if is_plumed(text):
        return _from_plumed(text, declared, file_name(path))
    if _FRAME.match(text):
        return _from_cpptraj(text, declared)
    if declared.is_numbered:
        return _from_bare_columns(text, declared)
    if is_rama(text):
        return _from_chi(text, declared)
    return _from_gromacs(text, declared)


def _from_gromacs(text: str, declared: Declared) -> pd.DataFrame:
    lines = []
    angles = []
    residues = []
    for number, words in rows_of_words(text, "#@&"):
        lines.append(number)
        angles.append(words[:2])
        residues.append(_residue(words, number))
    values = to_numbers(lines, angles, 2).values
    phi, psi = find_axes(_labelled_columns(text), declared)
    unit = declared.angles or "degrees"
    columns = {
        "frame": np.arange(len(residues)) // _period(residues) + 1,
        "resname": [name for name, _ in residues],
        "resseq": [number for _, number in residues],
        "phi": _degrees("phi", values[:, phi], unit),
        "psi": _degrees("psi", values[:, psi], unit),
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


def _degrees(name: str, angles: np.ndarray, unit: str) -> np.ndarray:
    degrees: np.ndarray = wrap(in_degrees(OPERATION, name, angles, unit))
    return degrees


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


def _from_plumed(text: str, declared: Declared, file: str) -> pd.DataFrame:
    header = read_header(text)
    if is_surface(header):
        raise ReadError("a surface of PLUMED, not angles of frames; read it with read_region or read_map")
    check_trajectory(header)
    table = read_columns(text, least=2)
    table.check_width(len(header.fields), f"but #! FIELDS names {len(header.fields)}")
    _warn_of_bias(header, table.values, file)
    return _from_columns(header.fields, table.values, declared, "radians")


def _warn_of_bias(header: Header, values: np.ndarray, file: str) -> None:
    """Warn if frames have weights."""
    biases = [k for k, name in enumerate(header.fields) if BIAS.fullmatch(name)]
    if not values[:, biases].any():
        return
    warnings.warn(
        f"{file}: the run was biased ({one_line(header.fields[biases[0]], 40)}), but its frames count alike here; for "
        "a region without the bias, read the surface that plumed sum_hills writes",
        stacklevel=5,
    )


def _from_cpptraj(text: str, declared: Declared) -> pd.DataFrame:
    head = text.lstrip().partition("\n")[0]
    names = head.replace("#", " ").split()
    table = read_columns(text, least=2)
    table.check_width(len(names), f"but the header names {len(names)}")
    return _from_columns(names, table.values, declared, "degrees")


def _from_chi(text: str, declared: Declared) -> pd.DataFrame:
    labels = axis_labels(text)
    table = read_columns(text, "#@&", least=2)
    table.check_width(2, "not phi and psi")
    return _from_columns([labels["x"], labels["y"]], table.values, declared, "degrees")


def _from_bare_columns(text: str, declared: Declared) -> pd.DataFrame:
    """Read columns of numbers without names, of which those of phi and psi were named by their numbers."""
    table = read_columns(text, "#@&", least=2)
    numbers = range(1, table.values.shape[1] + 1)
    return _from_columns([str(number) for number in numbers], table.values, declared, "degrees")


def _from_columns(names: list[str], values: np.ndarray, declared: Declared, default: str) -> pd.DataFrame:
    """Return the angles of the residues that have a column for each, a row a frame."""
    unit = declared.angles or default
    n_frames = len(values)
    frame = np.arange(1, n_frames + 1)
    parts = []
    for number, phi, psi in _pairs(names, declared):
        columns = {
            "frame": frame,
            "resname": [""] * n_frames,
            "resseq": np.full(n_frames, int(number or 0)),
            "phi": _column(names, values, phi, unit),
            "psi": _column(names, values, psi, unit),
        }
        parts.append(pd.DataFrame(columns))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("frame", kind="stable", ignore_index=True)


def _column(names: list[str], values: np.ndarray, k: int | None, unit: str) -> np.ndarray:
    """Return the angles of a column, NaN where there is none."""
    if k is None:
        return np.full(len(values), np.nan)
    return _degrees(names[k], values[:, k], unit)


def _pairs(names: list[str], declared: Declared) -> list[tuple[str, int | None, int | None]]:
    """Return the number of each residue and its two columns, None for one that is not there."""
    if declared.axes is not None and not declared.is_order:
        phi, psi = find_axes(names, declared)
        return [("", phi, psi)]
    places = _places(names)
    first, second = ("psi", "phi") if declared.is_turned else ("phi", "psi")
    pairs = []
    for number in dict.fromkeys(number for _, number in places):
        pairs.append((number, places.get((first, number)), places.get((second, number))))
    has_both = any(phi is not None and psi is not None for _, phi, psi in pairs)
    if not has_both:
        find_axes(names, declared)
    return pairs


def _places(names: list[str]) -> dict[tuple[str, str], int]:
    """Return the column of each angle and residue."""
    places: dict[tuple[str, str], int] = {}
    for k, name in enumerate(names):
        residue = residue_of(name)
        if residue is None:
            continue
        if residue in places:
            both = f"{one_line(names[places[residue]], 40)!r} and {one_line(name, 40)!r}"
            raise ReadError(f"the columns {both} are one angle of one residue; leave one of them out, or rename it")
        places[residue] = k
    return places


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
    degrees = {}
    for name, k in (("phi", phi), ("psi", psi)):
        unit = columns[k].unit if columns[k].unit in TURNS else declared.angles or "degrees"
        degrees[name] = _degrees(names[k], table.column_with_gaps(k), unit)
    return pd.DataFrame({"frame": frame, **identity, **degrees})


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

"""Maps as they stand in a file: netCDF, npy, npz, MATLAB and CSV here, texts of other programs in ``formats``.

Conventions
-----------
- netCDF: a variable with dimensions psi and phi, as ``region.to_netcdf`` writes it. Its attribute ``quantity`` says
  what the values are, and ``units`` the unit of an energy.
- npz and MATLAB: one two-dimensional array, and its coordinates as ``phi`` and ``psi`` (or one array for both), or
  their edges.
- npy: the array alone, whose cells then divide the circle evenly from −180 on.
- CSV: a grid, whose first row holds the columns' angles and whose first column the rows'. Or a long table, with columns
  phi, psi and a third for the value. Or, if it is declared, a matrix without angles.
- Arrays without named axes are (psi, phi) unless ``phi_first=True`` says otherwise.
- The ending of a name says which reader is asked; text of other programs is known by its header, whatever the file is
  called. An error does not name the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ..._checks import UsageError
from ..._files import ReadError, read_text
from ..._npy import Archive, read_npy
from ..._text import file_name, one_line
from ..torus import PERIOD, check_grid
from .formats import text
from .formats.columns import read_columns
from .formats.surface import (
    QUANTITIES,
    WITHOUT_ANGLES,
    Declared,
    Surface,
    find_axes,
    labelled,
    one_of,
    turned,
    without_angles,
)
from .grid_tables import as_grid, as_matrix, from_long, is_long
from .matlab import read_mat
from .netcdf import read_maps
from .quantities import UNITS
from .separated import begins_with_columns, read_table

SUFFIXES = (".nc", ".npy", ".npz", ".csv", ".mat", ".tsv", *text.SUFFIXES)
OPERATION = "ramachandran.read_region"
"""Who reads, as messages have it."""
_UNPACKED = (".nc", ".npy", ".npz", ".mat")
"""Endings of files that are packed in their own way, if at all."""


def read_surface(path: Path, declared: Declared, header: bool = True) -> Surface:
    """Read a map.

    Parameters
    ----------
    path : Path
    declared : Declared
        What is said of it besides what it says itself.
    header : bool
        Whether the first line of a table holds names or angles; False for a matrix of numbers alone.

    Returns
    -------
    Surface

    Raises
    ------
    FileNotFoundError, IsADirectoryError
    ReadError
        If it is no map, or damaged.
    UsageError
        If what is declared does not fit it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mask.npy")
    ...     np.save(path, np.eye(4, dtype=bool))
    ...     read_surface(path, Declared()).values.phi.values
    array([-135.,  -45.,   45.,  135.])
    """
    suffix = _suffix(path)
    if not header and suffix in _UNPACKED:
        raise UsageError("header=False (--no-header) is for a table; leave it out")
    read = _READERS.get(suffix, _read_text)
    surface = read(path, declared) if header else _read_matrix(path, declared)
    cells = check_grid(surface.values, f"{OPERATION}: {file_name(path)}")
    if cells.dtype.kind not in "biuf":
        raise ReadError(f"the values are {cells.dtype}, not numbers")
    return surface._replace(values=cells, quantity=declared.quantity or surface.quantity)


def _suffix(path: Path) -> str:
    """Return the ending of an ordinary file; "" for one that tells nothing, whose text says what it is."""
    name = file_name(path)
    if path.is_dir():
        raise IsADirectoryError(f"{OPERATION}: {name}: a folder, not a file; name a file in it")
    if not path.exists():
        raise FileNotFoundError(f"{OPERATION}: {name}: no such file")
    packed = path.suffix.lower() == ".gz"
    suffix = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    if packed and suffix in _UNPACKED:
        raise ReadError(f"packed twice: a {suffix} file is packed in its own way; unpack it with gunzip")
    if not path.is_file():
        raise ReadError("no ordinary file (a device, a pipe or a socket); save its content as a file")
    return suffix if suffix in SUFFIXES else ""


def _read_text(path: Path, declared: Declared) -> Surface:
    content = read_text(OPERATION, path)
    if begins_with_columns(content):
        return _read_csv(path, declared)
    return text.read_surface(content, declared)


def _read_netcdf(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("a netCDF file", "variable", "angles", "axes")
    with read_maps(OPERATION, path) as data:
        maps = [str(name) for name, x in data.data_vars.items() if {"psi", "phi"} <= set(x.dims)]
        name = one_of(maps, declared.variable)
        found = data[name]
        # texts are not read: each says how long it is itself
        if found.dtype.kind not in "biuf":
            raise ReadError(f"the values of {one_line(name, 80)} are {found.dtype}, not numbers; save numbers")
        cells = found.load()
    if declared.angles == "radians":
        cells = cells.assign_coords(psi=np.degrees(cells.psi), phi=np.degrees(cells.phi))
    said = one_line(cells.attrs.get("quantity", ""), 40)
    if said not in ("", *QUANTITIES):
        raise ReadError(f"its attribute quantity is {said!r}; one of {', '.join(QUANTITIES)} is known")
    unit = one_line(cells.attrs.get("units", ""), 40)
    cells = turned(cells, declared)
    return Surface(cells, said, unit if unit in UNITS else "")


def _read_npy(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("an array alone", "phi_first")
    values = read_npy(OPERATION, path)
    if values.ndim != 2 or not values.size:
        raise ReadError(
            f"a region has two axes and some cells, found an array of shape {values.shape}; save a map of psi and phi"
        )
    return without_angles(values, declared)


def _read_npz(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("an archive", "variable", "angles", "axes", "phi_first")
    archive = Archive(OPERATION, path)
    headers = archive.headers
    maps = [name for name, header in headers.items() if len(header.shape) == 2]
    values = archive.read(one_of(maps, declared.variable))
    lines = [name for name, header in headers.items() if len(header.shape) == 1 and header.dtype.kind in "iuf"]
    return _with_axes(values, {name: archive.read(name) for name in lines}, declared)


def _with_axes(values: np.ndarray, lines: Mapping[str, np.ndarray], declared: Declared) -> Surface:
    """Return a map with the angles of its axes from the arrays beside it."""
    names = {"phi": "phi", "psi": "psi"}
    if declared.is_turned:
        raise UsageError(
            "axes= (--axes) name the arrays that hold phi and psi, whichever way the map lies; say phi_first=True "
            "(--phi-first) if its rows are phi"
        )
    if declared.axes is not None:
        known = list(lines)
        phi, psi = find_axes(known, declared)
        names = {"phi": known[phi], "psi": known[psi]}
    elif len(lines) == 1:
        # one array for both axes, whatever it is called
        names = dict.fromkeys(names, next(iter(lines)))
    axes = []
    for dim, n in zip(declared.order, values.shape, strict=True):
        found = lines.get(names[dim], np.array([]))
        axes.append(declared.in_degrees(_centres_of(found, n, dim, declared)))
    return Surface(labelled(values, declared.order, axes[0], axes[1]))


def _centres_of(found: np.ndarray, n: int, dim: str, declared: Declared) -> np.ndarray:
    """Return the centres of the cells along an axis, from themselves or from their n + 1 edges."""
    if len(found) == n:
        return found
    turn = 2 * np.pi if declared.angles == "radians" else PERIOD
    if len(found) == n + 1 and abs(abs(found[-1] - found[0]) - turn) < 1e-3 * turn:
        middle: np.ndarray = (found[1:] + found[:-1]) / 2
        return middle
    if len(found) == n + 1 and abs(abs(found[-1] - found[0]) - 2 * np.pi) < 1e-3:
        raise ReadError(f'the {n + 1} edges {dim!r} go round once in radians; say angles="radians" (--angles radians)')
    raise ReadError(
        f"no array {dim!r} with the {n} cell centres of that axis; save it beside the mask, or name those of phi and "
        'psi with axes="PHI PSI" (--axes "PHI PSI")'
    )


def _read_mat(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("a MATLAB file", "variable", "angles", "axes", "phi_first")
    arrays = read_mat(OPERATION, path)
    maps = [name for name, x in arrays.items() if x.ndim == 2]
    lines = {name: x for name, x in arrays.items() if x.ndim == 1 and x.dtype.kind in "iuf"}
    values = arrays[one_of(maps, declared.variable)]
    return _with_axes(values, lines, declared)


def _read_csv(path: Path, declared: Declared) -> Surface:
    table = read_table(OPERATION, path)
    if is_long(table, declared):
        declared.refuse_others("a table with columns phi and psi", "variable", "angles", "axes", "absent")
        return from_long(table, declared)
    surface = as_grid(table, declared)
    try:
        check_grid(surface.values, "")
    except ValueError as error:
        said = str(error).removeprefix(": ")
        raise UsageError(f"{said}; or, if its first line is data, say header=False (--no-header)") from error
    return surface


def _read_matrix(path: Path, declared: Declared) -> Surface:
    declared.refuse_others("a matrix", "phi_first")
    if _suffix(path) in (".csv", ".tsv"):
        return as_matrix(read_table(OPERATION, path), declared)
    values = read_columns(read_text(OPERATION, path), least=2).values
    return without_angles(values, declared, WITHOUT_ANGLES)


_READERS: dict[str, Callable[[Path, Declared], Surface]] = {
    ".nc": _read_netcdf,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".mat": _read_mat,
    ".csv": _read_csv,
    ".tsv": _read_csv,
}

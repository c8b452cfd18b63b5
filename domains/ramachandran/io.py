"""Regions from files.

Conventions
-----------
- netCDF: a variable with dimensions psi and phi, as ``region.to_netcdf`` writes it.
- npz: one two-dimensional array, and its coordinates as ``phi`` and ``psi`` (or one array for both).
- npy: the array alone, whose cells then divide the circle evenly from −180 on.
- CSV: a grid, whose first row holds the columns' angles and whose first column the rows'. Or a long table, with columns
  phi, psi and a third for the value.
- Arrays without named axes are (psi, phi) unless ``phi_first=True`` says otherwise. Nothing is guessed.
- Values are bool, 0 and 1, or floating in [0, 1]. Other numbers are labels or scores, and must be cut first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .._checks import UsageError, check_choice
from .._files import ReadError, reading
from .._text import file_name, one_line
from .arrays import Archive, read_npy
from .grid_tables import as_grid, from_long, read_table
from .netcdf import read_maps
from .regions import check_membership
from .torus import centres, check_grid

EXAMPLES = {"1a8o": "1a8o.cif.gz", "1a28": "1a28.pdb.gz"}
SUFFIXES = (".nc", ".npy", ".npz", ".csv")
OPERATION = "ramachandran.read_region"
"""Who reads, as messages have it."""


def read_region(path: str | Path, variable: str | None = None, *, phi_first: bool = False) -> xr.DataArray:
    """Read a region of the torus.

    Parameters
    ----------
    path : path
        A netCDF (.nc), .npy, .npz or .csv file.
    variable : str, optional
        Which variable of a netCDF or npz file; needed if there are several.
    phi_first : bool
        Whether the rows of an array without named axes are phi.

    Returns
    -------
    DataArray, dimensions (psi, phi)
        Bool, or floating in [0, 1].

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UsageError
        If the file has no such variable, or several and none is named, or if it names its axes itself and `phi_first`
        is given.
    ReadError
        If the file is of another kind, damaged, larger than it can be, or not a region. The message names the file,
        what was found where, and the remedy.

    Notes
    -----
    A netCDF file is read within five seconds, or refused. Other files have no time limit.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from .regions import region
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "general.nc")
    ...     region().to_netcdf(path, engine="h5netcdf")
    ...     bool((read_region(path, "region") == region()).all())
    True
    """
    path = Path(path)
    with reading(OPERATION, path):
        suffix = _suffix(path)
        order = ("phi", "psi") if phi_first else ("psi", "phi")
        cells = _read(path, suffix, variable, order)
        name = file_name(path)
        prefix = f"{OPERATION}: {name}"
        cells = check_grid(cells, prefix)
        cells = _as_mask(cells, prefix)
    named = str(cells.attrs.get("name", path.name))
    return cells.assign_attrs(name=named)


def example(name: str = "1a8o") -> Path:
    """Return the path of a structure that comes with the package.

    Parameters
    ----------
    name : {"1a8o", "1a28"}
        The HIV capsid's C-terminal domain at 1.7 Å (mmCIF, with MSE), or the progesterone receptor's
        ligand-binding domain at 1.8 Å (PDB, two chains).

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no such structure.

    Examples
    --------
    >>> example("1a8o").name
    '1a8o.cif.gz'
    """
    check_choice("ramachandran.example", "name", name, EXAMPLES)
    return Path(__file__).with_name("data") / EXAMPLES[name]


def _suffix(path: Path) -> str:
    """Return the ending of an ordinary file that may hold a region."""
    name = file_name(path)
    if path.is_dir():
        raise IsADirectoryError(f"{OPERATION}: {name}: a folder, not a file; name a file in it")
    if not path.exists():
        raise FileNotFoundError(f"{OPERATION}: {name}: no such file")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise ReadError(f"a region is read from {known}; convert it, for example to a CSV grid")
    if not path.is_file():
        raise ReadError("no ordinary file (a device, a pipe or a socket); save its content as a file")
    return suffix


def _read(path: Path, suffix: str, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    """Read a map, of axes `order` if they have no names in the file. An error does not name the file."""
    try:
        if suffix == ".nc":
            _refuse_order(order, "a netCDF file")
            return _read_netcdf(path, variable)
        if suffix == ".npy":
            _refuse_variable(variable)
            return _read_npy(path, order)
        if suffix == ".npz":
            return _read_npz(path, variable, order)
        return _read_csv(path, variable, order)
    except UsageError as error:
        raise UsageError(f"{OPERATION}: {file_name(path)}: {error}") from error


def _read_netcdf(path: Path, variable: str | None) -> xr.DataArray:
    with read_maps(OPERATION, path) as data:
        maps = [str(name) for name, x in data.data_vars.items() if {"psi", "phi"} <= set(x.dims)]
        name = _one_of(maps, variable)
        found = data[name]
        # texts are not read: each says how long it is itself
        if found.dtype.kind not in "biuf":
            raise ReadError(f"the values of {one_line(name, 80)} are {found.dtype}, not numbers; save numbers")
        return found.load()


def _read_npy(path: Path, order: tuple[str, str]) -> xr.DataArray:
    values = read_npy(OPERATION, path)
    if values.ndim != 2 or not values.size:
        raise ReadError(
            f"a region has two axes and some cells, found an array of shape {values.shape}; save a map of psi and phi"
        )
    rows, columns = values.shape
    return _labelled(values, order, centres(rows), centres(columns))


def _read_npz(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    archive = Archive(OPERATION, path)
    headers = archive.headers
    maps = [name for name, header in headers.items() if len(header.shape) == 2]
    values = archive.read(_one_of(maps, variable))
    lines = [name for name, header in headers.items() if len(header.shape) == 1 and header.dtype.kind in "iuf"]
    names = {dim: dim for dim in order}
    if len(lines) == 1:
        # one array for both axes, whatever it is called
        names = dict.fromkeys(order, lines[0])
    axes = {dim: archive.read(name) for dim, name in names.items() if name in lines}
    for dim, n in zip(order, values.shape, strict=True):
        if dim not in axes or len(axes[dim]) != n:
            raise ReadError(f"no array {dim!r} with the {n} cell centres of that axis; save it beside the mask")
    return _labelled(values, order, axes[order[0]], axes[order[1]])


def _read_csv(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    table = read_table(OPERATION, path)
    names = [name.lower() for name in table.names]
    if "phi" in names and "psi" in names:
        _refuse_order(order, "a table with columns phi and psi")
        cells = from_long(table, variable)
    else:
        _refuse_variable(variable)
        cells = as_grid(table)
    return _labelled(cells.values, order, cells.rows, cells.columns)


def _labelled(values: np.ndarray, order: tuple[str, str], rows: np.ndarray, columns: np.ndarray) -> xr.DataArray:
    of_rows, of_columns = order
    return xr.DataArray(values, dims=order, coords={of_rows: rows, of_columns: columns})


def _one_of(names: list[str], variable: str | None) -> str:
    """Return the map that was asked for, or the only one."""
    if variable is None and len(names) == 1:
        return names[0]
    if variable is not None and variable in names:
        return variable
    if not names:
        raise ReadError("no map in it: a map has two axes, psi and phi; save one")
    asked = "" if variable is None else f"no {variable!r}; "
    listed = ", ".join(one_line(name, 80) for name in names)
    raise UsageError(f"{asked}name one map with variable= (--variable): {listed}")


def _refuse_variable(variable: str | None) -> None:
    if variable is not None:
        raise UsageError(f"no {variable!r}; the map in this file has no name, leave out variable= (--variable)")


def _refuse_order(order: tuple[str, str], what: str) -> None:
    if order[0] == "phi":
        raise UsageError(f"{what} names its axes itself; leave out phi_first= (--phi-first)")


def _as_mask(x: xr.DataArray, prefix: str) -> xr.DataArray:
    """Return the cells as bool where they are 0 and 1, else as float."""
    values: Any = x.values
    if values.dtype == bool:
        return x
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{prefix}: the values are {values.dtype}, not numbers")
    # a signalling NaN is one of the values that are refused, and no reason for a warning
    with np.errstate(invalid="ignore"):
        numbers = values.astype(float)
    check_membership(numbers, prefix)
    hard = np.isin(values, (0, 1)).all()
    return x.astype(bool) if hard else x.astype(float)

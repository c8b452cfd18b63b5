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
from zipfile import BadZipFile

import numpy as np
import xarray as xr

from .._checks import UsageError, check_choice
from .regions import check_membership
from .torus import centres, check_grid

EXAMPLES = {"1a8o": "1a8o.cif.gz", "1a28": "1a28.pdb.gz"}
SUFFIXES = (".nc", ".npy", ".npz", ".csv")
# numpy's own message suggests to unpickle the file, which may run code
NOT_NUMPY = "not an array of numbers in numpy's format; write it with numpy.save or numpy.savez"


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
        If the file has no such variable, or several and none is named.
    ValueError
        If the file is of another kind or not a region. The message names the file and the remedy.

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
    prefix = f"ramachandran.read_region: {path}"
    if path.is_dir():
        raise ValueError(f"{prefix}: a folder, not a file")
    if not path.is_file():
        raise FileNotFoundError(f"{prefix}: no such file")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise ValueError(f"{prefix}: a region is read from {known}; convert it, for example to a CSV grid")
    order = ("phi", "psi") if phi_first else ("psi", "phi")
    try:
        cells = _read(path, suffix, variable, order)
    except (OSError, KeyError, EOFError, UnicodeDecodeError, BadZipFile) as error:
        raise ValueError(f"{prefix}: not a readable {path.suffix} file ({error})") from error
    except UsageError as error:
        raise UsageError(f"{prefix}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{prefix}: {error}") from error
    cells = check_grid(cells, prefix)
    cells = _as_mask(cells, prefix)
    name = cells.attrs.get("name", path.name)
    return cells.assign_attrs(name=name)


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


def _read(path: Path, suffix: str, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    """Read a map, of axes `order` if they have no names in the file. An error does not name the file."""
    if suffix == ".nc":
        return _read_netcdf(path, variable)
    if suffix == ".npy":
        _refuse_variable(variable)
        return _read_npy(path, order)
    if suffix == ".npz":
        return _read_npz(path, variable, order)
    return _read_csv(path, variable, order)


def _read_netcdf(path: Path, variable: str | None) -> xr.DataArray:
    with xr.open_dataset(path, engine="h5netcdf") as data:
        maps = [str(name) for name, x in data.data_vars.items() if {"psi", "phi"} <= set(x.dims)]
        name = _one_of(maps, variable)
        return data[name].load()


def _read_npy(path: Path, order: tuple[str, str]) -> xr.DataArray:
    try:
        values = np.load(path, allow_pickle=False)
    except ValueError:
        raise ValueError(NOT_NUMPY) from None
    if not isinstance(values, np.ndarray):
        values.close()
        raise ValueError("an archive of arrays, not one array; name it .npz")
    if values.ndim != 2 or not values.size:
        raise ValueError(f"a region has two axes and some cells, found an array of shape {values.shape}")
    rows, columns = values.shape
    return _labelled(values, order, centres(rows), centres(columns))


def _read_npz(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    try:
        file = np.load(path, allow_pickle=False)
    except ValueError:
        raise ValueError(NOT_NUMPY) from None
    if isinstance(file, np.ndarray):
        raise ValueError("one array, not an archive of arrays; name it .npy")
    try:
        with file:
            arrays = {name: file[name] for name in file.files}
    except ValueError:
        raise ValueError(NOT_NUMPY) from None
    maps = [name for name, x in arrays.items() if x.ndim == 2]
    values = arrays[_one_of(maps, variable)]
    axes = {name: x for name, x in arrays.items() if x.ndim == 1 and x.dtype.kind in "iuf"}
    if len(axes) == 1:
        # one array for both axes, whatever it is called
        (nodes,) = axes.values()
        axes = {"psi": nodes, "phi": nodes}
    for dim, n in zip(order, values.shape, strict=True):
        if dim not in axes or len(axes[dim]) != n:
            raise ValueError(f"no array {dim!r} with the {n} cell centres of that axis; save it beside the mask")
    return _labelled(values, order, axes[order[0]], axes[order[1]])


def _read_csv(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except pd.errors.EmptyDataError:
        raise ValueError("the file is empty; write columns phi, psi, value or a grid of numbers") from None
    names = [str(name).strip().lower() for name in table.columns]
    if {"phi", "psi"} <= set(names):
        table.columns = pd.Index(names)
        values = [name for name in names if name not in ("phi", "psi")]
        return table.set_index(["psi", "phi"])[_one_of(values, variable)].to_xarray()
    _refuse_variable(variable)
    try:
        grid = table.set_index(table.columns[0]).astype(float)
        rows = np.asarray(grid.index, float)
        columns = np.asarray(grid.columns, float)
    except ValueError as error:
        raise ValueError(f"neither columns phi, psi, value nor a grid of numbers ({error})") from None
    return _labelled(grid.to_numpy(), order, rows, columns)


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
        raise ValueError("no map in it: a map has two axes, psi and phi")
    asked = "" if variable is None else f"no {variable!r}; "
    listed = ", ".join(names)
    raise UsageError(f"{asked}name one map with variable= (--variable): {listed}")


def _refuse_variable(variable: str | None) -> None:
    if variable is not None:
        raise UsageError(f"no {variable!r}; the map in this file has no name, leave out variable= (--variable)")


def _as_mask(x: xr.DataArray, prefix: str) -> xr.DataArray:
    """Return the cells as bool where they are 0 and 1, else as float."""
    values: Any = x.values
    if values.dtype == bool:
        return x
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{prefix}: the values are {values.dtype}, not numbers")
    check_membership(values.astype(float), prefix)
    hard = np.isin(values, (0, 1)).all()
    return x.astype(bool) if hard else x.astype(float)

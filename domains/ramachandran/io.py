"""Regions from files.

Conventions
-----------
- netCDF: a variable with dimensions psi and phi, as ``region.to_netcdf`` writes it.
- npz: one two-dimensional array, and its coordinates as ``phi`` and ``psi`` (or one array for both); npy: the
  array alone, whose cells then divide the circle evenly from −180 on.
- CSV: a grid, whose first row holds the columns' angles and whose first column the rows'; or long, with columns
  phi, psi and a third for the value.
- Arrays without named axes are (psi, phi) unless ``phi_first=True`` says otherwise. Nothing is guessed.
- Values are bool, 0 and 1, or floating in [0, 1]; other numbers are labels or scores, and must be cut first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import xarray as xr

from .torus import centres, check_grid

EXAMPLES = {"1a8o": "1a8o.cif.gz", "1a28": "1a28.pdb.gz"}
SUFFIXES = (".nc", ".npy", ".npz", ".csv")


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
    ValueError
        If the file is of another kind, ambiguous, or not a region; the message names the file and the remedy.

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
    if path.is_dir():
        raise ValueError(f"{path}: a folder, not a file")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    readers = {".nc": _netcdf, ".npy": _npy, ".npz": _npz, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path}: a region is read from {', '.join(SUFFIXES)}; convert it, for example to a CSV grid")
    try:
        found = readers[path.suffix.lower()](path, variable, ("phi", "psi") if phi_first else ("psi", "phi"))
    except (OSError, KeyError, EOFError, UnicodeDecodeError, BadZipFile) as error:
        raise ValueError(f"{path}: not a readable {path.suffix} file ({error})") from error
    except ValueError as error:
        raise error if str(error).startswith(str(path)) else ValueError(f"{path}: {error}") from error
    found = _as_mask(check_grid(found, str(path)), path)
    return found.assign_attrs(name=found.attrs.get("name", path.name))


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
    if name not in EXAMPLES:
        raise ValueError(f"example: there is no {name!r}; choose from {', '.join(EXAMPLES)}")
    return Path(__file__).with_name("data") / EXAMPLES[name]


def _netcdf(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    with xr.open_dataset(path, engine="h5netcdf") as data:
        maps = [str(name) for name, x in data.data_vars.items() if {"psi", "phi"} <= set(x.dims)]
        return data[_choose(path, maps, variable)].load()


def _npy(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    values = np.load(path, allow_pickle=False)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"{path}: a region has two axes and some cells, found an array of shape {values.shape}")
    return xr.DataArray(values, dims=order, coords={d: centres(n) for d, n in zip(order, values.shape, strict=True)})


def _npz(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    values = arrays[_choose(path, [k for k, x in arrays.items() if x.ndim == 2], variable)]
    axes = {k: x for k, x in arrays.items() if x.ndim == 1 and x.dtype.kind in "iuf"}
    both = next(iter(axes.values())) if len(axes) == 1 else np.empty(0)
    coords = {d: axes.get(d, both) for d in order}
    for d, n in zip(order, values.shape, strict=True):
        if np.shape(coords[d]) != (n,):
            raise ValueError(f"{path}: no array {d!r} with the {n} cell centres of that axis; save it beside the mask")
    return xr.DataArray(values, dims=order, coords=coords)


def _csv(path: Path, variable: str | None, order: tuple[str, str]) -> xr.DataArray:
    import pandas as pd

    table = pd.read_csv(path)
    columns = [str(c).strip().lower() for c in table.columns]
    if {"phi", "psi"} <= set(columns):
        table.columns = pd.Index(columns)
        names = [c for c in columns if c not in ("phi", "psi")]
        return table.set_index(["psi", "phi"])[_choose(path, names, variable)].to_xarray()
    try:
        grid = table.set_index(table.columns[0]).astype(float)
        rows, heads = (np.asarray(x, float) for x in (grid.index, grid.columns))
    except ValueError as error:
        raise ValueError(f"{path}: neither columns phi, psi, value nor a grid of numbers ({error})") from None
    return xr.DataArray(grid.to_numpy(), dims=order, coords=dict(zip(order, (rows, heads), strict=True)))


def _choose(path: Path, names: list[str], variable: str | None) -> str:
    if variable in names:
        return str(variable)
    if variable is None and len(names) == 1:
        return names[0]
    asked = "" if variable is None else f"no {variable!r}; "
    listed = ", ".join(names) or "none"
    raise ValueError(f"{path}: {asked}name one map with variable= (--variable): {listed}")


def _as_mask(x: xr.DataArray, path: Path) -> xr.DataArray:
    values: Any = x.values
    if values.dtype == bool:
        return x
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{path}: the values are {values.dtype}, not numbers")
    if np.isnan(values.astype(float)).any():
        raise ValueError(f"{path}: {int(np.isnan(values).sum())} cells have no value (NaN); fill them with 0 first")
    if not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"{path}: the values run from {values.min():g} to {values.max():g}; a region is 0 or 1, or soft in "
            "[0, 1]: cut labels or densities first (labels == k, density >= level)"
        )
    return x.astype(bool) if values.dtype.kind in "iu" or np.isin(values, (0, 1)).all() else x.astype(float)

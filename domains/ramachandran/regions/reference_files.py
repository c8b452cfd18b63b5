"""A reference of one's own in a file: what `region_reference` returns, saved with ``to_netcdf``.

Conventions
-----------
- A netCDF file is a reference if it holds ``score`` (category, psi, phi) with the cuts ``favored`` and ``allowed``
  (category). A file without these may be a region; see `read_region`.
- What is read is checked as `region_reference` checks what it is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError
from ..._files import ReadError, reading
from ..._text import file_name, one_line
from ..empirical import LEVELS, PROVENANCE
from .netcdf import read_maps
from .own_reference import region_reference

OPERATION = "ramachandran.read_reference"
"""Who reads, as messages have it."""
PARTS = ("score", *LEVELS)
"""The variables that make a reference of a file."""

_MAKE = 'save what region_reference returns: region_reference(maps, as_).to_netcdf(path, engine="h5netcdf")'


def read_reference(path: str | Path) -> xr.Dataset:
    """Read a reference of one's own from a file.

    Parameters
    ----------
    path : path
        A netCDF file, as ``region_reference(...).to_netcdf(path, engine="h5netcdf")`` writes it.

    Returns
    -------
    Dataset
        As `region_reference` returns it, for `validate`, `compare`, `region` and `evaluate`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ReadError
        If it is no netCDF file, damaged, or no reference. The message names the file, what was found, and the remedy.

    See Also
    --------
    region_reference : Make a reference that `region`, `compare`.
    reference : Return an empirical reference with its provenance.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from ..empirical import reference
    >>> mine = region_reference(reference().score, "rank", name="mine")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "mine.nc")
    ...     mine.to_netcdf(path, engine="h5netcdf")
    ...     read_reference(path).identical(mine)
    True
    """
    path = Path(path)
    with reading(OPERATION, path):
        _check_kind(path)
        with read_maps(OPERATION, path) as data:
            return _reference(data)


def holds_reference(path: Path) -> bool:
    """Return whether a file that can be read holds a reference, and not a region.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ReadError
        If it is a damaged netCDF file.

    Examples
    --------
    >>> holds_reference(Path("region.csv"))
    False
    """
    if path.suffix.lower() != ".nc" or not path.is_file():
        return False
    with reading(OPERATION, path), read_maps(OPERATION, path) as data:
        return all(name in data.data_vars for name in PARTS)


def named_reference(name: str) -> str | xr.Dataset:
    """Return the reference that an option names: the empirical one by its name, one of one's own by its file.

    Parameters
    ----------
    name : str
        What ``--reference`` was given.

    Raises
    ------
    UsageError
        If it is neither.
    ReadError
        As `read_reference`.

    Examples
    --------
    >>> named_reference("top8000")
    'top8000'
    """
    if name == PROVENANCE["name"]:
        return name
    check_file(name)
    return read_reference(name)


def check_file(name: str) -> None:
    """Refuse what is neither a file nor the name of an empirical reference.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> check_file("top800")
    Traceback (most recent call last):
    domains._checks.UsageError: --reference top800: there is no such file; name one, or the empirical reference top8000
    """
    if not Path(name).exists():
        known = PROVENANCE["name"]
        raise UsageError(f"--reference {name}: there is no such file; name one, or the empirical reference {known}")


def _check_kind(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(f"{OPERATION}: {file_name(path)}: no such file")
    if path.suffix.lower() != ".nc":
        raise ReadError(f"a reference is a netCDF file (.nc); {_MAKE}")


def _reference(data: xr.Dataset) -> xr.Dataset:
    """Return the reference that a file holds."""
    for name in PARTS:
        _check_part(data, name)
    data = data.load()
    cuts: dict[str, Any] = {}
    for level in LEVELS:
        values = data[level].values.tolist()
        cuts[level] = dict(zip(data["category"].values.tolist(), values, strict=True))
    try:
        made = region_reference(data["score"], "score", **cuts)
    except (ValueError, TypeError) as error:
        what = str(error).removeprefix("ramachandran.region_reference: ")
        raise ReadError(f"no reference: {what}") from error
    # a score that is a percentile rank says so
    made["score"].attrs.update(data["score"].attrs)
    said = {name: one_line(value, None) for name, value in data.attrs.items()}
    made = made.assign_attrs(said)
    if "mass" in data:
        made = made.assign(mass=_masses(data["mass"]).reindex_like(made))
    return made.assign(n=data["n"]) if "n" in data else made


def _masses(found: xr.DataArray) -> xr.DataArray:
    """Return the share of the data in each cell, checked."""
    if set(found.dims) != {"category", "psi", "phi"} or found.dtype.kind not in "iuf":
        raise ReadError(f"no reference: mass holds no number for each cell; {_MAKE}")
    shares = found.transpose("category", "psi", "phi")
    sums = shares.sum(["psi", "phi"], skipna=False)
    if not bool((shares >= 0).all()) or not np.allclose(sums, 1):
        raise ReadError(f"no reference: the masses of the cells of a category do not sum to 1; {_MAKE}")
    return shares


def _check_part(data: xr.Dataset, name: str) -> None:
    if name not in data.data_vars:
        held = one_line(", ".join(str(known) for known in data.data_vars), 80)
        raise ReadError(f"no reference: it has no variable {name!r}, but {held or 'none'}; {_MAKE}")
    found = data[name]
    wanted = ("category", "psi", "phi") if name == "score" else ("category",)
    if set(found.dims) != set(wanted):
        dims = ", ".join(str(dim) for dim in found.dims)
        raise ReadError(f"no reference: {name} has the dimensions ({dims}), not ({', '.join(wanted)}); {_MAKE}")
    if found.dtype.kind not in "iuf":
        raise ReadError(f"no reference: the values of {name} are {found.dtype}, not numbers; {_MAKE}")
    if "category" not in data.coords or data["category"].dtype.kind not in "OU":
        raise ReadError(f"no reference: its categories have no names; {_MAKE}")

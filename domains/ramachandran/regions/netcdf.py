r"""Regions from netCDF files, which are looked through before anything in them is believed.

Conventions
-----------
- netCDF-4 is HDF5. Every object is visited by the class of the link to it, without following any that leads elsewhere:
  soft and external links, raw data in other files and virtual datasets are refused, so that a file holds what it shows.
- Sizes are compared with what is stored and with the free memory before values are read.
- Times are not decoded: a region has none.
- A damaged file may keep the HDF5 library busy for ever, or end its process. Each file is read once in a process of
  its own, which has `SECONDS` of processor time for it, before this one opens it.

References
----------
The HDF Group: HDF5 file format specification 3.0. Unidata: NetCDF-4 format.
"""

from __future__ import annotations

import gc
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._files import ReadError, check_budget
from ..._limits import GIB, memory_limit
from ..._npy import UNQUESTIONED, check_packing
from ..._text import one_line
from .trial import Trial

if TYPE_CHECKING:
    import h5py
    import xarray as xr

SECONDS = 5.0
MOST_MEMORY = 0.4
"""What reading may take besides the values, GiB: a damaged file has the HDF5 library set aside gigabytes."""
MOST_OBJECTS = 10_000
MOST_BYTES_OF_AN_ATTRIBUTE = 10**7

_HDF5 = b"\x89HDF\r\n\x1a\n"
_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_WRITE_AGAIN = 'write it again with to_netcdf(path, engine="h5netcdf")'


def read_maps(operation: str, path: Path) -> xr.Dataset:
    """Open a netCDF file that holds all that it shows.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Returns
    -------
    Dataset
        To be closed; its values are read when they are asked for.

    Raises
    ------
    ReadError
        If it is no netCDF-4 file, damaged, leads to other files, or promises more than it can hold.

    Examples
    --------
    >>> import tempfile
    >>> import xarray as xr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mask.nc")
    ...     xr.Dataset({"mask": (("psi", "phi"), np.eye(2))}).to_netcdf(path, engine="h5netcdf")
    ...     with read_maps("ramachandran.read_region", path) as data:
    ...         data["mask"].dims
    ('psi', 'phi')
    """
    import xarray as xr

    _check_format(path)
    _trial.of(str(path.absolute()))
    _look_through(operation, path)
    with _quiet(), warnings.catch_warnings():
        # a fill value of another type than the values is dropped
        warnings.simplefilter("ignore", xr.SerializationWarning)
        try:
            return xr.open_dataset(path, engine="h5netcdf", decode_times=False, decode_timedelta=False)
        except Exception as error:
            # half-open files say something on standard error as they are given up; let them do so here
            traceback.clear_frames(error.__traceback__)
            failed = _unreadable(error)
        gc.collect()
        raise failed


def check_hdf5(operation: str, path: Path) -> None:
    """Check a file of HDF5 before anything of it is believed.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Raises
    ------
    ReadError
        If it is damaged, leads to other files, promises more than it can hold, or does not come to an end.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "map.mat")
    ...     with h5py.File(path, "w") as file:
    ...         file["mask"] = np.eye(2)
    ...     check_hdf5("ramachandran.read_region", path)
    """
    _trial.of(str(path.absolute()))
    _look_through(operation, path)


def read_all(path: str) -> None:
    """Read everything in a file, to see whether that comes to an end.

    Parameters
    ----------
    path : str
        A netCDF-4 file.

    Raises
    ------
    ReadError
        As `read_maps` does.
    """
    limit = MOST_MEMORY if sys.platform == "linux" else None
    with memory_limit(limit):
        n_bytes = _look_through("ramachandran.read_region", Path(path))
    if limit is not None:
        # the values, once as they are stored and once as they are read
        limit += 2 * n_bytes / GIB
    with memory_limit(limit):
        _read_values(path)


def _read_values(path: str) -> None:
    import h5netcdf

    try:
        with h5netcdf.File(path, "r", phony_dims="sort") as file:
            for variable in file.variables.values():
                _ = dict(variable.attrs), variable.dimensions, variable[...]
    except Exception as error:
        raise _unreadable(error) from error


_trial = Trial(__name__, "read_all", SECONDS)


def _unreadable(error: Exception) -> ReadError:
    reason = one_line(error, 120)
    kind = type(error).__name__
    return ReadError(f"no readable netCDF file ({kind}: {reason}); {_WRITE_AGAIN}")


def _check_format(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    if start == _HDF5:
        return
    if not start:
        raise ReadError(f"not a readable .nc file, but an empty one; {_WRITE_AGAIN}")
    if start.startswith(_CLASSIC):
        raise ReadError(f"not a readable .nc file, but one of the classic netCDF format; {_WRITE_AGAIN}")
    raise ReadError(f"not a readable .nc file: it does not begin as HDF5 does, but with {start!r}; {_WRITE_AGAIN}")


def _look_through(operation: str, path: Path) -> int:
    """Visit every object of the file, and refuse what is not in it or larger than it can be; return its size, bytes."""
    import h5py

    total = 0
    try:
        with h5py.File(path, "r") as file:
            for name, found in _objects(file):
                _check_attributes(name, found)
                if isinstance(found, h5py.Dataset):
                    total += _check_dataset(operation, path, name, found)
    except ReadError:
        raise
    except Exception as error:
        # h5py raises RuntimeError, OSError, KeyError, ValueError and others for what is damaged
        reason = one_line(error, 120)
        raise ReadError(f"not a readable .nc file, but a damaged one ({reason}); {_WRITE_AGAIN}") from error
    return total


def _objects(file: h5py.File) -> Iterator[tuple[str, Any]]:
    """Yield every group and dataset once, by its path in the file."""
    import h5py

    waiting: list[tuple[str, Any]] = [("/", file["/"])]
    seen = set()
    while waiting:
        name, found = waiting.pop()
        address = h5py.h5o.get_info(found.id).addr
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > MOST_OBJECTS:
            raise ReadError(f"more than {MOST_OBJECTS} objects; save the region alone")
        yield name, found
        if isinstance(found, h5py.Group):
            for child in found:
                path = f"{name.rstrip('/')}/{child}"
                _check_link(path, found.get(child, getlink=True))
                waiting.append((path, found[child]))


def _check_link(name: str, link: Any) -> None:
    import h5py

    if isinstance(link, h5py.ExternalLink):
        where = f"{one_line(name, 80)} is a link to {one_line(link.path, 80)} of the file {one_line(link.filename, 80)}"
        raise ReadError(f"{where}; save its values in this file")
    if isinstance(link, h5py.SoftLink):
        where = f"{one_line(name, 80)} is a link to {one_line(link.path, 80)}"
        raise ReadError(f"{where}; save its values there instead")


def _check_attributes(name: str, found: Any) -> None:
    for attribute in found.attrs:
        described = found.attrs.get_id(attribute)
        n_values = int(np.prod(described.shape, dtype=float)) if described.shape else 1
        if n_values * described.dtype.itemsize > MOST_BYTES_OF_AN_ATTRIBUTE:
            where = f"the attribute {one_line(attribute, 80)} of {one_line(name, 80)}"
            raise ReadError(f"{where} has {n_values} values; leave it out")


def _check_dataset(operation: str, path: Path, name: str, found: h5py.Dataset) -> int:
    """Refuse a dataset that the file cannot hold; return its size, bytes."""
    shown = one_line(name, 80)
    if found.external:
        files = ", ".join(one_line(part[0], 80) for part in found.external[:4])
        raise ReadError(f"{shown} keeps its values in another file ({files}); save them in this one")
    if found.is_virtual:
        raise ReadError(f"{shown} is a virtual dataset, made of others; save its values")
    n_values = 1.0
    for n in found.shape or ():
        n_values *= n
    n_bytes: int = int(n_values) * max(found.dtype.itemsize, 8)
    stored = found.id.get_storage_size()
    n_packed = min(stored, path.stat().st_size)
    check_packing(n_bytes, n_packed, f"{shown}, of {_shape(found)} values,")
    if n_bytes > UNQUESTIONED:
        check_budget(operation, path, n_bytes, shown)
    if found.ndim and found.chunks is not None:
        _check_chunk(operation, path, shown, found)
    return n_bytes


def _check_chunk(operation: str, path: Path, shown: str, found: h5py.Dataset) -> None:
    """Refuse pieces that are much larger than the whole: each is unpacked as it is."""
    n_bytes = 1
    for n in found.chunks:
        n_bytes *= n
    n_bytes *= found.dtype.itemsize
    check_packing(n_bytes, path.stat().st_size, f"a chunk of {shown}")
    if n_bytes > UNQUESTIONED:
        check_budget(operation, path, n_bytes, f"a chunk of {shown}")


def _shape(found: h5py.Dataset) -> str:
    return " × ".join(str(n) for n in found.shape or (1,))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep objects that fail as they are deleted from standard error."""
    before = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: None
    try:
        yield
    finally:
        sys.unraisablehook = before

"""Arrays from MATLAB's files, of version 5 and of version 7.3.

Conventions
-----------
- Version 7.3 is HDF5, whose arrays are transposed; they are turned back.
- Only arrays of real numbers are read: no structs, cells, objects or functions.
- A vector is 1 × n or n × 1 there, and has one dimension here.

References
----------
MAT-File Format, MathWorks (2024); https://docs.scipy.org, scipy.io.loadmat.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ..._files import ReadError, read_bytes
from ..._npy import check_packing
from ..._text import one_line
from .netcdf import SECONDS, check_hdf5
from .trial import Trial

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NUMBERS = ("double", "single", "logical", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_NOT_MATLAB = "not a readable .mat file; save it again, with save -v7"


def read_mat(operation: str, path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of numbers of a file.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ReadError
        If it is no file of MATLAB, damaged, or promises more than it can hold.

    Examples
    --------
    >>> import tempfile, scipy.io
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "map.mat")
    ...     scipy.io.savemat(path, {"phi": [-90.0, 90.0], "mask": np.eye(2)})
    ...     sorted((name, x.shape) for name, x in read_mat("ramachandran.read_region", path).items())
    [('mask', (2, 2)), ('phi', (2,))]
    """
    content = read_bytes(operation, path)
    # MATLAB puts 512 bytes of its own in front of HDF5
    if content.startswith(_HDF5) or content[512:520] == _HDF5:
        return _read_hdf5(operation, path)
    # what is damaged may end the process of whoever reads it
    _trial.of(str(path.absolute()))
    return _read_version_5(content)


def try_version_5(path: str) -> None:
    """Read everything in a file, to see whether that comes to an end.

    Parameters
    ----------
    path : str
        A file of version 5.

    Raises
    ------
    ReadError
        As `read_mat` does.
    """
    _read_version_5(read_bytes("ramachandran.read_region", path))


_trial = Trial(__name__, "try_version_5", SECONDS)


def _read_version_5(content: bytes) -> dict[str, np.ndarray]:
    from scipy.io import loadmat, whosmat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # the stubs of scipy know paths alone
            stream: Any = BytesIO(content)
            listed = whosmat(stream)
            stream.seek(0)
            wanted = [name for name, _, kind in listed if kind in _NUMBERS]
            for name, shape, kind in listed:
                n_bytes = 8 * int(np.prod(shape, dtype=float))
                if kind in _NUMBERS:
                    check_packing(n_bytes, len(content), f"the array {one_line(name, 80)!r}")
            found = loadmat(stream, variable_names=wanted) if wanted else {}
    except ReadError:
        raise
    except Exception as error:
        reason = one_line(error, 80)
        raise ReadError(f"{_NOT_MATLAB} ({type(error).__name__}: {reason})") from error
    return {name: _flat(found[name]) for name in wanted if name in found and _is_numbers(found[name])}


def _read_hdf5(operation: str, path: Path) -> dict[str, np.ndarray]:
    import h5py

    check_hdf5(operation, path)
    try:
        with h5py.File(path, "r") as file:
            arrays = {}
            for name, found in file.items():
                if isinstance(found, h5py.Dataset) and found.dtype.kind in "biuf" and found.ndim == 2:
                    values = found[...].T
                    is_logical = found.attrs.get("MATLAB_class") == b"logical"
                    arrays[str(name)] = _flat(values.astype(bool) if is_logical else values)
            return arrays
    except Exception as error:
        reason = one_line(error, 80)
        raise ReadError(f"{_NOT_MATLAB} ({type(error).__name__}: {reason})") from error


def _is_numbers(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "biuf"


def _flat(x: np.ndarray) -> np.ndarray:
    """Return a vector with one dimension."""
    if x.ndim == 2 and 1 in x.shape:
        return x.ravel()
    return x

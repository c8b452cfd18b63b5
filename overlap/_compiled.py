"""The one loader of compiled kernels: they speed a function up, and are never needed.

Conventions
-----------
- A kernel lies in the folder of the function that it speeds up, in ``compiled.py`` or ``gradient.py``.
- It runs on plain host arrays that are large enough to pay for its import. Everything else, and a machine without
  numba, takes the array path, with the same result.
- Kernels release the GIL and start no threads of their own: a forked data loader worker or a dask thread may call them
  at any time.
- Compiled code is kept on disk, where numba finds a folder for it; else it is compiled in each process. Beside it lie
  the checksums of its files: a file that is cut off or changed is removed and compiled again, and code that cannot be
  loaded is compiled without a look at the disk. Where a source file of a folder has changed, all of its kernels are
  compiled again.

References
----------
numba: https://numba.readthedocs.io/en/stable/developer/caching.html
"""

from __future__ import annotations

import json
import os
import sys
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module, reload
from pathlib import Path
from types import ModuleType
from typing import Any

_compiling_anew = threading.RLock()
_off_the_disk: set[str] = set()
"""Modules whose kernels are compiled without a look at the disk, for it failed once."""


@cache
def kernels(module: str, compiler: str = "numba") -> ModuleType | None:
    """Return a module of compiled kernels by its path in this package, or None where it cannot be imported.

    Parameters
    ----------
    module : str
        Such as "boxes.compiled".
    compiler : str
        The package that compiles them.

    Examples
    --------
    >>> kernels("boxes.compiled") is kernels("boxes.compiled")
    True
    """
    try:
        # without it a module that failed to load before may lie about half made
        import_module(compiler)
        return import_module(f".{module}", __package__)
    except Exception:
        # no compiler, or one that does not get on with this numpy: whatever it is, the array path needs none
        return None


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function for other kernels to call.

    Parameters
    ----------
    **options
        Passed to ``numba.njit``.

    Examples
    --------
    >>> compile_it = kernel(error_model="numpy")
    >>> callable(compile_it)
    True
    """
    return lambda function: _compile(function, options)


def inner(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function that only kernels call, without what Python would need to call it.

    That saves up to a fifth of the time to compile; a call from Python ends the process.

    Parameters
    ----------
    **options
        Passed to ``numba.njit``.

    Examples
    --------
    >>> compile_it = inner(inline="always")
    >>> callable(compile_it)
    True
    """
    return kernel(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)


def entry(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function for Python to call: it survives whatever lies on the disk.

    Parameters
    ----------
    **options
        Passed to ``numba.njit``.

    Examples
    --------
    >>> compile_it = entry()
    >>> callable(compile_it)
    True
    """
    return lambda function: Entry(_compile(function, options), function)


class Entry:
    """A kernel that Python calls.

    Parameters
    ----------
    compiled : numba dispatcher
        As `kernel` returns it.
    function : callable
        What was compiled.
    """

    def __init__(self, compiled: Any, function: Callable[..., Any]) -> None:
        self.compiled = compiled
        # by type of the arguments; a function where numba was told to compile nothing
        self._overloads = getattr(compiled, "overloads", {})
        self._module = function.__module__
        self._name = function.__name__
        self._n_kept = 0

    def __call__(self, *arguments: Any) -> Any:
        """Call the kernel; if its code cannot be loaded or kept, compile it once more without the disk."""
        try:
            result = self.compiled(*arguments)
        except Exception:
            self.compiled = _compiled_anew(self.compiled, self._module, self._name)
            self._overloads = getattr(self.compiled, "overloads", {})
            result = self.compiled(*arguments)
        if len(self._overloads) > self._n_kept:
            self._n_kept = len(self._overloads)
            _seal(self.compiled)
        return result


def _compile(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    import numba

    compile_it = numba.njit(nogil=True, **options)
    compiled = compile_it(function)
    if function.__module__ in _off_the_disk or not hasattr(compiled, "enable_caching"):
        # without it numba was told to compile nothing
        return compiled
    try:
        compiled.enable_caching()
    except (RuntimeError, OSError):
        # no folder that can be written, neither beside the file nor in the home
        return compiled
    folder, module = _place(compiled)
    sources = Path(function.__code__.co_filename).parent
    if _is_of(folder, sources) and _is_sound(folder, module):
        return compiled
    return compile_it(function)


def _place(compiled: Any) -> tuple[Path, str]:
    """Return the folder that compiled code is kept in, and how the names of a module's files begin there."""
    folder = Path(compiled.stats.cache_path)
    return folder, Path(compiled.py_func.__code__.co_filename).stem


@cache
def _is_of(folder: Path, sources: Path) -> bool:
    """Return whether kept code was made of the sources as they are now; all that was not is removed first.

    A compiler looks at the file of a kernel, but not at those of the kernels that it calls.
    """
    record = folder / "sources.json"
    now = {path.name: zlib.crc32(path.read_bytes()) for path in sorted(sources.glob("*.py"))}
    if _read_record(record) == now:
        return True
    kept = [path for path in folder.glob("*.nb?") if path.suffix in (".nbi", ".nbc")]
    for path in kept:
        with suppress(OSError):
            path.unlink()
    _write_record(record, now)
    return not any(path.exists() for path in kept)


@cache
def _is_sound(folder: Path, module: str) -> bool:
    """Return whether the files of a module can be trusted; those that cannot are removed first."""
    recorded = _recorded(folder, module)
    for name, checksum in _checksums(folder, module).items():
        if recorded.get(name, checksum) != checksum:
            return _remove(folder, module)
    return True


def _checksums(folder: Path, module: str) -> dict[str, int]:
    sums = {}
    for path in _files(folder, module):
        with suppress(OSError):
            # another process may remove it
            sums[path.name] = zlib.crc32(path.read_bytes())
    return sums


def _files(folder: Path, module: str) -> list[Path]:
    return [path for path in folder.glob(f"{module}.*") if path.suffix in (".nbi", ".nbc")]


def _record(folder: Path, module: str) -> Path:
    return folder / f"{module}.checksums.json"


def _recorded(folder: Path, module: str) -> dict[str, int]:
    return _read_record(_record(folder, module))


def _read_record(record: Path) -> dict[str, int]:
    try:
        sums = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


def _seal(compiled: Any) -> None:
    """Record the checksums of a module's files, if its kernel was compiled here and kept."""
    stats = getattr(compiled, "stats", None)
    if stats is None or not stats.cache_path or not stats.cache_misses:
        return
    folder, module = _place(compiled)
    _write_record(_record(folder, module), _checksums(folder, module))


def _write_record(record: Path, sums: dict[str, int]) -> None:
    part = record.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        part.write_text(json.dumps(sums))
        os.replace(part, record)


def _remove(folder: Path, module: str) -> bool:
    """Remove the files of a module, and return whether they are gone."""
    for path in [*_files(folder, module), _record(folder, module)]:
        with suppress(OSError):
            path.unlink()
    return not _files(folder, module)


def _compiled_anew(compiled: Any, module: str, name: str) -> Any:
    """Return a kernel that was compiled without a look at the disk, with all that it calls."""
    with _compiling_anew:
        if module not in _off_the_disk:
            _off_the_disk.add(module)
            if getattr(compiled, "stats", None) and compiled.stats.cache_path:
                # the next process begins afresh
                _remove(*_place(compiled))
            reload(sys.modules[module])
        return getattr(sys.modules[module], name).compiled

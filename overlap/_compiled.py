"""The one loader of compiled kernels: they speed a function up, and are never needed.

Conventions
-----------
- A kernel lies in the folder of the function that it speeds up, in ``compiled.py`` or ``gradient.py``.
- It runs on plain host arrays that are large enough to pay for its import. Everything else, and a machine without
  numba, takes the array path, with the same result.
- Kernels release the GIL and start no threads of their own: a forked data loader worker or a dask thread may call them
  at any time.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType


@cache
def kernels(module: str) -> ModuleType | None:
    """Return a module of compiled kernels by its path in this package, or None without numba.

    Examples
    --------
    >>> kernels("boxes.compiled") is kernels("boxes.compiled")
    True
    """
    try:
        return import_module(f".{module}", __package__)
    except ImportError:
        return None

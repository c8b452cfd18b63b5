"""Scripts that start processes: each process runs the script again, up to ``if __name__ == "__main__":``.

References
----------
https://docs.python.org/3/library/multiprocessing.html#the-spawn-and-forkserver-start-methods
"""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ._checks import UsageError
from ._text import file_name


def unguarded_line() -> int | None:
    """Return the line of the script that is being run, if a process would run it again; else None.

    Returns
    -------
    int or None
        None too where there is no script: in a notebook, a test, or a command of an installed package.

    Examples
    --------
    >>> unguarded_line() is None
    True
    """
    path = _script()
    line = _line_of_script()
    if path is None or line is None:
        return None
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return None
    return None if _is_guarded(tree, line) else line


def is_from_standard_input() -> bool:
    """Return whether the script is no file, so that no process can run it again.

    Examples
    --------
    >>> is_from_standard_input()
    False
    """
    path = getattr(sys.modules["__main__"], "__file__", None)
    return path is not None and not Path(path).is_file()


def check_main_guard(operation: str) -> None:
    """Refuse to start several processes from a script that each of them would run again.

    Parameters
    ----------
    operation : str
        Who asks.

    Raises
    ------
    UsageError
        If the line of the script that is being run is not under ``if __name__ == "__main__":``.
    """
    line = unguarded_line()
    if line is None:
        return
    script = file_name(str(sys.modules["__main__"].__file__))
    raise UsageError(
        f"{operation}: several workers are started from line {line} of {script}, which each of them would run again: "
        'put what that script does under if __name__ == "__main__":'
    )


@contextmanager
def main_not_run_again() -> Iterator[None]:
    """Start processes that do not run the script again where it has no guard, or came from standard input."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if path is None or (unguarded_line() is None and not is_from_standard_input()):
        yield
        return
    spec = main.__spec__
    main.__file__ = None
    main.__spec__ = None
    try:
        yield
    finally:
        main.__file__ = path
        main.__spec__ = spec


def _script() -> Path | None:
    """Return the script that a new process would run again."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    # a package that is run with -m is not run again
    is_package = main.__spec__ is not None and main.__spec__.name.endswith("__main__")
    return None if path is None or is_package else Path(path)


def _line_of_script() -> int | None:
    """Return the line that the script is at, whichever thread asks."""
    main = vars(sys.modules["__main__"])
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    line = None
    while frame is not None:
        if frame.f_globals is main and frame.f_code.co_name == "<module>":
            line = frame.f_lineno
        frame = frame.f_back
    return line


def _is_guarded(tree: ast.Module, line: int) -> bool:
    for statement in tree.body:
        if statement.lineno <= line <= (statement.end_lineno or line):
            return isinstance(statement, ast.If) and "__name__" in ast.dump(statement.test)
    return True

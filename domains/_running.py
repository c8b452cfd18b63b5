"""How a job over many inputs runs: none of this changes its results.

Conventions
-----------
- `Running` holds the settings, their meaning and their defaults.
- A field's function takes them by keyword among its ``**options``: `split_running` parts them from the others, and
  `takes_running` lets `help` show all of them. So each is written once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from ._checks import UsageError, check_kind, check_number, check_path, check_whole
from ._workers import has_dask

F = TypeVar("F", bound=Callable[..., Any])


class RunningOptions(TypedDict, total=False):
    """The fields of `Running` as keywords, for type checkers; they are explained there."""

    records: str | Path | None
    workers: int
    scheduler: str | None
    executor: Executor | None
    max_seconds: float | None
    max_memory: float | None
    progress: bool


@dataclass(frozen=True, kw_only=True)
class Running:
    """How a job runs.

    Parameters
    ----------
    records : path, optional
        File of records, which makes the job resumable.
    workers : int
        Processes of this machine.
    scheduler : str, optional
        Address of a dask scheduler to join instead.
    executor : Executor, optional
        Where to compute instead.
    max_seconds : float, optional
        Longest time for a case; it is computed in a process of its own then.
    max_memory : float, optional
        Most memory for a case, GiB; likewise.
    progress : bool
        Whether to show on standard error how far the job is.
    operation : str
        Who asks, for errors: such as ``"lesions.cohort"``.

    Raises
    ------
    UsageError
        If a number is out of range, or two places to compute are given.

    Examples
    --------
    >>> Running(workers=2).scheduler is None
    True
    >>> Running(workers=0)
    Traceback (most recent call last):
    domains._checks.UsageError: Running: workers must be a whole number >= 1; got 0
    """

    records: str | Path | None = None
    workers: int = 1
    scheduler: str | None = None
    executor: Executor | None = None
    max_seconds: float | None = None
    max_memory: float | None = None
    progress: bool = False
    operation: str = "Running"

    def __post_init__(self) -> None:
        check_whole(self.operation, "workers", self.workers, at_least=1)
        if self.records is not None:
            check_path(self.operation, "records", self.records)
        if self.executor is not None:
            executors = "pass a concurrent.futures.Executor, or leave it out"
            check_kind(self.operation, "executor", self.executor, Executor, executors)
        if self.max_seconds is not None:
            check_number(self.operation, "max_seconds", self.max_seconds, above=0)
        if self.max_memory is not None:
            check_number(self.operation, "max_memory", self.max_memory, above=0)
            if sys.platform != "linux":
                raise UsageError(f"{self.operation}: max_memory holds on Linux only; leave it out")
        several = self.workers > 1
        if several + (self.scheduler is not None) + (self.executor is not None) > 1:
            raise UsageError(
                f"{self.operation}: workers, scheduler and executor are three places to compute; choose one"
            )
        if self.scheduler is not None and not has_dask():
            raise UsageError(f'{self.operation}: a scheduler needs dask: pip install "overlap-toolkit[dask]"')


RUNNING_OPTIONS = tuple(RunningOptions.__annotations__)
"""Names of the keywords."""


def split_running(options: Mapping[str, Any], operation: str) -> tuple[Running, dict[str, Any]]:
    """Part the keywords of a function into how the job runs and all others.

    Parameters
    ----------
    options : mapping
        The keywords.
    operation : str
        Whose they are, for errors.

    Returns
    -------
    running : Running
    others : dict

    Raises
    ------
    UsageError
        See `Running`.

    Examples
    --------
    >>> running, others = split_running({"workers": 2, "level": 0.5}, "lesions.cohort")
    >>> running.workers, others
    (2, {'level': 0.5})
    """
    given = {name: value for name, value in options.items() if name in RUNNING_OPTIONS}
    others = {name: value for name, value in options.items() if name not in RUNNING_OPTIONS}
    return Running(**given, operation=operation), others


def takes_running(function: F) -> F:
    """Show the fields of `Running`, with their defaults, in the signature of a function that takes ``**options``.

    Examples
    --------
    >>> @takes_running
    ... def count(paths: list[str], **options: Any) -> int:
    ...     return len(paths)
    >>> signature(count).parameters["workers"].default
    1
    """
    shown = signature(function)
    fields = signature(Running).parameters
    own = [p for p in shown.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    others = [p for p in shown.parameters.values() if p.kind is Parameter.VAR_KEYWORD]
    settings = [fields[name] for name in RUNNING_OPTIONS]
    function.__signature__ = shown.replace(parameters=[*own, *settings, *others])  # type: ignore[attr-defined]
    return function

"""Readers with a fault each, for the tests of the fuzzer: it must find every one."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import seeds
from .targets import Target

_KEPT: list[Any] = []


def _raises(path: Path, folder: Path) -> Any:
    return {}["a key that is not there"]


def _tells_nothing(path: Path, folder: Path) -> Any:
    raise ValueError(f"events.read_events: {path}: 'NoneType' object has no attribute 'get'")


def _of_two_lines(path: Path, folder: Path) -> Any:
    raise ValueError(f"events.read_events: {path}: damaged\nfetch it again")


def _obeys(path: Path, folder: Path) -> Any:
    raise ValueError(f"events.read_events: {path}: the label \x1b[31m is none")


def _hangs(path: Path, folder: Path) -> Any:
    begin = time.process_time()
    while time.process_time() - begin < 60:
        pass


def _dies(path: Path, folder: Path) -> Any:
    os.abort()


def _prints(path: Path, folder: Path) -> Any:
    print("the header was repaired", file=sys.stderr)


def _warns(path: Path, folder: Path) -> Any:
    warnings.warn("overflow in a library", RuntimeWarning, stacklevel=1)


def _leaves_open(path: Path, folder: Path) -> Any:
    _KEPT.append(path.open("rb"))


def _swells(path: Path, folder: Path) -> Any:
    return np.ones(600 << 17)


def _loses(path: Path, folder: Path) -> Any:
    return len(path.read_bytes().splitlines()) - 1


def _nothing(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    return []


def _counted(path: Path, found: Any, warned: Sequence[str]) -> list[str]:
    n = len(path.read_bytes().splitlines())
    return [] if found == n else [f"{found} rows of {n}"]


def _planted(read: Callable[[Path, Path], Any], check: Any = _nothing) -> Target:
    return Target(f"planted.{read.__name__.strip('_')}", "tables", seeds.events, read, check)


TARGETS = (
    _planted(_raises),
    _planted(_tells_nothing),
    _planted(_of_two_lines),
    _planted(_obeys),
    _planted(_hangs),
    _planted(_dies),
    _planted(_prints),
    _planted(_warns),
    _planted(_leaves_open),
    _planted(_swells),
    _planted(_loses, _counted),
)

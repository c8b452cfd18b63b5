"""The public names and their signatures are frozen: a change here is a change of the contract.

The names come from the `__all__` of every public package, the signatures from ``tests/data/signatures.txt``, one line
a name. After a change that is meant, ``python tests/test_contract.py --write`` writes that file anew.
"""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

SIGNATURES = Path(__file__).parent / "data" / "signatures.txt"

PACKAGES = (
    "overlap",
    "overlap.boxes",
    "overlap.calibration",
    "overlap.coco",
    "overlap.counts",
    "overlap.cuboids",
    "overlap.expected",
    "overlap.indices",
    "overlap.intervals",
    "overlap.labelled",
    "overlap.losses",
    "overlap.matching",
    "overlap.nn",
    "overlap.oriented",
    "overlap.plotting",
    "overlap.polygons",
    "overlap.raster",
    "overlap.resample",
    "overlap.surfaces",
    "domains.events",
    "domains.lesions",
    "domains.ramachandran",
)
NEEDS = {"overlap.nn": "torch"}


def signature(value: object) -> str:
    """Return the names, kinds and defaults of the parameters, without annotations."""
    found = inspect.signature(value)
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    shown = str(found.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    # a default that is a function shows its name, not where it lies in memory
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", shown)


def described(package: str) -> dict[str, str]:
    """Return what each public name of a package is: a signature, or its kind of object."""
    module = import_module(package)
    lines = {}
    for name in sorted(module.__all__):
        value = getattr(module, name)
        what = "module" if inspect.ismodule(value) else type(value).__name__
        lines[f"{package}.{name}"] = signature(value) if is_called(value) else what
    return lines


def is_called(value: object) -> bool:
    """Return whether a public name is a function or a class that is made by calling it."""
    return inspect.isfunction(value) or (inspect.isclass(value) and value.__module__.startswith(("overlap", "domains")))


def written() -> dict[str, str]:
    """Return the frozen lines."""
    lines = SIGNATURES.read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("package", PACKAGES)
def test_signatures(package):
    if package in NEEDS:
        pytest.importorskip(NEEDS[package])
    frozen = {name: line for name, line in written().items() if name.rpartition(".")[0] == package}
    assert described(package) == frozen


def test_every_frozen_name_belongs_to_a_package():
    assert {name.rpartition(".")[0] for name in written()} == set(PACKAGES)


RELATED = tuple(package for package in PACKAGES if package not in NEEDS)


def relatives_of(function: object) -> dict[str, str]:
    """Return the names in the section See Also of a function, each with what is said of it."""
    _, _, after = inspect.getdoc(function).partition("See Also\n--------\n")
    section, *_ = after.split("\n\n")
    return dict(re.findall(r"^([\w.]+) : (.+)$", section, re.MULTILINE))


def functions_of(package: str) -> dict[str, object]:
    """Return the public functions of a package, by name."""
    module = import_module(package)
    values = {name: getattr(module, name) for name in module.__all__}
    return {name: value for name, value in values.items() if inspect.isfunction(value)}


@pytest.mark.parametrize("package", RELATED)
def test_every_public_function_names_its_relatives(package):
    for name, function in functions_of(package).items():
        relatives = relatives_of(function)
        assert relatives, f"{package}.{name} has no section See Also"
        assert name not in relatives, f"{package}.{name} names itself"


@pytest.mark.parametrize("package", RELATED)
def test_every_relative_is_a_public_name(package):
    """By its name alone inside of a package, else by the path that a user imports."""
    written_names = written()
    for name, function in functions_of(package).items():
        for relative in relatives_of(function):
            full = relative if "." in relative else f"{package}.{relative}"
            assert full in written_names, f"{package}.{name}: {relative}"


if __name__ == "__main__" and "--write" in sys.argv:
    lines = {name: line for package in PACKAGES for name, line in described(package).items()}
    SIGNATURES.write_text("".join(f"{name}: {line}\n" for name, line in sorted(lines.items())))

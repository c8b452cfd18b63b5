"""The layout: what a package shows, and how its files are named."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

import overlap

CORE = Path(overlap.__file__).parent
FAMILIES = (
    "boxes",
    "calibration",
    "coco",
    "cuboids",
    "expected",
    "intervals",
    "losses",
    "matching",
    "nn",
    "oriented",
    "polygons",
    "raster",
    "surfaces",
)


@pytest.fixture(params=FAMILIES)
def family(request):
    if request.param == "nn":
        pytest.importorskip("torch")
    return import_module(f"overlap.{request.param}")


def test_every_folder_is_a_known_family():
    folders = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert folders == set(FAMILIES)


def test_no_file_is_named_like_a_public_name(family):
    """Else the file would hide the function as soon as anybody imports it."""
    files = {path.stem for path in Path(family.__file__).parent.glob("*.py")}
    assert files.isdisjoint(family.__all__)


@pytest.mark.parametrize("field", ["ramachandran", "lesions", "events"])
def test_no_file_of_a_field_is_named_like_a_public_name(field):
    face = import_module(f"domains.{field}")
    files = {path.stem for path in Path(face.__file__).parent.glob("*.py")}
    assert files.isdisjoint(face.__all__)


def test_a_family_shows_its_public_names_only(family):
    shown = {name for name, value in vars(family).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert shown == set(family.__all__)


def test_a_face_is_conventions_and_imports(family):
    body = ast.parse(Path(family.__file__).read_text()).body
    assert ast.get_docstring(ast.Module(body, []))
    assert all(isinstance(statement, ast.ImportFrom | ast.Assign) for statement in body[1:])
    assigned = [statement.targets[0].id for statement in body[1:] if isinstance(statement, ast.Assign)]
    assert assigned == ["__all__"]


@pytest.mark.parametrize("module", ["counts", "indices", "labelled", "plotting", "resample"])
def test_a_module_lists_its_public_names(module):
    found = import_module(f"overlap.{module}")
    own = {
        name
        for name, value in vars(found).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == found.__name__
    }
    shared_within_the_package = {"Index", "unchecked"}
    assert own - set(found.__all__) <= shared_within_the_package


@pytest.mark.parametrize("package", ["overlap", "domains"])
def test_every_module_has_its_test_module(package):
    """A private module's test bears its name without the underscore."""
    root = Path(import_module(package).__file__).parent
    lacking = []
    for path in root.rglob("*.py"):
        folder = path.parent.relative_to(root)
        name = path.stem.removeprefix("_")
        test = Path(__file__).parent / package / folder / f"test_{name}.py"
        if path.name != "__init__.py" and not test.exists():
            lacking.append(str(path.relative_to(root)))
    assert lacking == []


# ---------------------------------------------------------------- what may be skipped: CONTRIBUTING.md has the table

OURS = {"overlap", "domains", "binary_cif_writer"}
INSTALLED = {
    *("SimpleITK", "array_api_compat", "array_api_strict", "dask", "distributed", "edfio", "gemmi", "h5netcdf", "h5py"),
    *("highdicom", "importlinter", "ipykernel", "jupyter_client", "matplotlib", "msgpack", "mypy", "nbclient"),
    *("nbformat", "nibabel", "nrrd", "numba", "praatio", "pyarrow", "pydicom", "pympi", "ruff", "scipy", "skimage"),
    *("sklearn", "sympy", "tifffile", "torch", "xarray"),
}
"""Packages that CONTRIBUTING's command installs."""
PEERS = {"ignite", "jax", "monai", "nnunetv2", "pytorch_lightning", "triton"}
REASONS = (
    "needs POSIX: ",
    "needs Linux: ",
    "needs a file system that takes any name",
    "needs a CUDA device",
    "needs bash",
    "needs an environment without jax",
)


def reasons_of(text):
    """Yield the words with which a test file skips."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in ("pytest.skip", "pytest.mark.skip"):
            yield ast.unparse(node.args[0])
        if called == "pytest.mark.skipif":
            yield from (ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "reason")


@pytest.mark.slow
def test_every_skip_is_of_a_known_kind():
    """What reads documentation has the mark `clone`, what reads data that is not shipped `original_data`."""
    packages, reasons = set(), set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        packages.update(re.findall(r'importorskip\("(\w+)', text))
        if "pytest.skip(" in text or "pytest.mark.skip" in text:
            reasons.update(reasons_of(text))
    assert packages <= OURS | INSTALLED | PEERS | sys.stdlib_module_names
    assert [reason for reason in reasons if not reason.strip("'\"").startswith(REASONS)] == []

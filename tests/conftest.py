"""What the tests share: the array libraries, and the data that a user's machine need not have."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import settings

collect_ignore = ["data"]  # what made the golden values needs tools that the tests do without

matplotlib.use("agg")
# torch's threads wait for each other at every small step: on a busy machine four times the time
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("default", deadline=None, derandomize=True, max_examples=30)
# for a change of the laws or of what they are about: pytest --hypothesis-profile thorough
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("default")


ORIGINALS = "OVERLAP_SHARED_DATA"
"""The variable that names the folder of data that may not be shipped: CONTRIBUTING.md, Original data."""

PLAIN = (
    "domains/events",
    "domains/lesions",
    "domains/ramachandran/regions/formats",
    "domains/ramachandran/structures",
    "domains/ramachandran/validation",
    "domains/test_batch.py",
    "domains/test_workers.py",
)
"""Tests that ask for no compiled kernel, as `_same_everywhere` holds, so that one leg of `.ci/run` is enough."""

_LEARNING = ("contacts", "descent", "learned", "learning", "torus_density")
EXAMPLES_NEED = {
    "torch": tuple(f"domains.ramachandran.models.{name}." for name in _LEARNING),
    "SimpleITK": ("domains.lesions.raters.fusion.",),
}
"""Modules whose examples run with a package that they do not import until they are called."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by what they need, and leave out those on original data where no folder of it is named."""
    lacking = {name: where for name, where in EXAMPLES_NEED.items() if importlib.util.find_spec(name) is None}
    here = Path(__file__).parent
    plain = tuple(here / folder for folder in PLAIN)
    in_a_clone = (here.parent / "docs").is_dir()
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("original_data")
        if any(item.path.is_relative_to(folder) for folder in plain):
            item.add_marker("plain")
        if item.get_closest_marker("clone") and not in_a_clone:
            item.add_marker(pytest.mark.skip("needs a clone: its documentation, benchmarks and sources"))
        for name, where in lacking.items():
            if isinstance(item, pytest.DoctestItem) and item.name.startswith(where):
                item.add_marker(pytest.mark.skip(f"could not import '{name}'"))
    if ORIGINALS in os.environ:
        return
    left_out = [item for item in items if item.get_closest_marker("original_data")]
    items[:] = [item for item in items if item.get_closest_marker("original_data") is None]
    config.hook.pytest_deselected(items=left_out)


class ClosedPictures:
    """Close the pictures that a test or an example left open: matplotlib warns of the twentieth."""

    def pytest_runtest_teardown(self) -> None:
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")


class KernelsOfDevices:
    """Look for no examples in what cannot be imported: kernels in triton, where there is none."""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        is_kernel = collection_path.parent.name == "nn" and collection_path.name.startswith("device")
        return True if is_kernel and importlib.util.find_spec("triton") is None else None


def pytest_configure(config: pytest.Config) -> None:
    """Register what is for all tests: the hooks of this file are for those beside it, examples in packages are not."""
    config.pluginmanager.register(ClosedPictures())
    config.pluginmanager.register(KernelsOfDevices())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole files to the workers, largest first: what a file compiles is then compiled by one of them."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log) if config.getoption("dist") == "load" else None


@dataclass(frozen=True)
class Backend:
    """One array library: how to enter and how to leave it."""

    name: str
    asarray: Callable[[Any], Any]
    to_numpy: Callable[[Any], np.ndarray] = np.asarray


def _readonly(x: Any) -> np.ndarray:
    x = np.array(x)
    x.flags.writeable = False
    return x


def _backend(name: str) -> Backend:
    if name == "numpy":
        return Backend(name, np.asarray)
    if name == "numpy-readonly":
        return Backend(name, _readonly)
    if name == "array_api_strict":
        strict = pytest.importorskip(name)
        return Backend(name, strict.asarray)
    if name == "torch":
        torch = pytest.importorskip(name)
        return Backend(name, torch.as_tensor, lambda x: x.detach().numpy())
    dask = pytest.importorskip("dask.array")
    return Backend(name, lambda x: dask.from_array(np.asarray(x), chunks=2), lambda x: x.compute())


@pytest.fixture(params=["numpy", "numpy-readonly", "array_api_strict", "torch", "dask"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return _backend(request.param)


@pytest.fixture(autouse=True)
def _forget_compiled_functions() -> Iterator[None]:
    """Let no test run into the limit of torch.compile's cache that others have filled."""
    yield
    if dynamo := sys.modules.get("torch._dynamo"):
        dynamo.reset()


@pytest.fixture(autouse=True)
def _same_everywhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no test of `PLAIN` ask for a compiled kernel: it would be another test without numba."""
    if request.node.get_closest_marker("plain") is None:
        yield
        return
    from overlap._compiled import kernels

    before = kernels.cache_info()
    yield
    after = kernels.cache_info()
    assert after[:2] == before[:2], "asks for a compiled kernel: PLAIN in tests/conftest.py"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line as its users do, but in this process: a new one takes seconds to load its packages."""
    from domains import cli

    def run(*arguments: object, code: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["overlap", *map(str, arguments)])
        capsys.readouterr()
        with warnings.catch_warnings():
            # as a process of its own has them
            warnings.simplefilter("default")
            with pytest.raises(SystemExit) as ended:
                cli.main()
        done = Done(ended.value.code or 0, *capsys.readouterr())
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test data that may not be shipped; without its name the tests that ask for it are left out."""
    folder = Path(os.environ[ORIGINALS])
    assert folder.is_dir(), f"{ORIGINALS} names {folder}, which is no folder"
    return folder


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of test data that comes with the project."""
    return Path(__file__).parent / "data"

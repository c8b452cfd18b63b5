"""The loader of compiled kernels: a module, or nothing where it cannot be imported."""

from __future__ import annotations

import sys

import pytest

from overlap import _compiled

MODULES = ("boxes.compiled", "oriented.compiled", "raster.compiled", "raster.gradient")


@pytest.fixture(autouse=True)
def fresh():
    _compiled.kernels.cache_clear()
    yield
    _compiled.kernels.cache_clear()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_where_the_compiler_is(module):
    pytest.importorskip("numba")
    assert _compiled.kernels(module).__name__ == f"overlap.{module}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_where_it_is_not(module, monkeypatch):
    monkeypatch.setitem(sys.modules, f"overlap.{module}", None)
    assert _compiled.kernels(module) is None


def test_asked_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "overlap.boxes.compiled", None)
    assert _compiled.kernels("boxes.compiled") is None
    monkeypatch.undo()
    assert _compiled.kernels("boxes.compiled") is None

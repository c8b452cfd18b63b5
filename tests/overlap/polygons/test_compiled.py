"""The compiled version against the array path: the same bits."""

from __future__ import annotations

import subprocess
import sys

import families
import numpy as np
import pytest
import shapely
from families import FAMILIES

from overlap import polygons
from overlap.polygons import outlines

pytest.importorskip("numba")
PARTS = ("intersection", "size_a", "size_b")


@pytest.fixture
def calls(monkeypatch):
    """Send every call to the compiled version, and count them."""
    from overlap.polygons import compiled

    seen = []
    for name in ("connected", "ring_areas", "upwards", "totals"):
        real = getattr(compiled, name)
        monkeypatch.setattr(compiled, name, lambda *x, real=real: seen.append(real) or real(*x))
    monkeypatch.setattr(outlines, "_edges_so_far", outlines.MANY)
    return seen


def slow(monkeypatch, a, b):
    with monkeypatch.context() as patch:
        patch.setattr(outlines, "kernels", lambda module: None)
        return polygons.measure(a, b)


def assert_same_bits(o, expected):
    for part in PARTS:
        np.testing.assert_array_equal(getattr(o, part), getattr(expected, part))


@pytest.mark.parametrize("family", FAMILIES)
def test_same_bits(family, calls, monkeypatch):
    found = families.pairs(family, 60, seed=14)
    a = np.array([families.shape(region) for region, _ in found])
    b = np.array([families.shape(region) for _, region in found])
    o = polygons.measure(a, b)
    assert len(calls) == 4
    assert_same_bits(o, slow(monkeypatch, a, b))


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_same_bits_where_windows_are_cut_into_strips(noise, calls, monkeypatch):
    rng = np.random.default_rng(15)
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = 1 + noise * rng.uniform(-1, 1, (4, 400))
    stars = shapely.polygons(radius[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    parts = shapely.MultiPolygon([shapely.Point(3 * x, 0).buffer(1).boundary.buffer(0.3) for x in range(6)])
    a = np.array([*stars, parts])
    b = shapely.transform(a, lambda xy: xy * 0.9 + 0.2)
    o = polygons.measure(a[:, None], b)
    assert calls
    assert_same_bits(o, slow(monkeypatch, a[:, None], b))


def test_nothing_is_shared_where_envelopes_alone_overlap(calls):
    corner = shapely.Polygon([(0, 0), (4, 0), (0, 4)])
    o = polygons.measure(corner, shapely.box(3, 3, 5, 5))
    assert calls
    assert float(o.intersection) == 0


def test_many_small_calls_use_the_compiler_once_they_have_paid_for_it(calls, monkeypatch):
    a = shapely.box(0, 0, 2, 2)
    b = shapely.box(1, 1, 3, 3)
    # each call counts 10 vertices, then 8 edges
    monkeypatch.setattr(outlines, "_edges_so_far", outlines.MANY - 37)
    first = polygons.measure(a, b)
    polygons.measure(a, b)
    assert not calls
    third = polygons.measure(a, b)
    assert len(calls) == 4
    assert_same_bits(third, first)


def test_a_large_call_uses_the_compiler_at_once(calls, monkeypatch):
    monkeypatch.setattr(outlines, "_edges_so_far", 0)
    monkeypatch.setattr(outlines, "SMALL", 9)
    polygons.measure(shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3))
    assert len(calls) == 4


@pytest.mark.slow
def test_small_calls_never_import_the_compiler():
    code = (
        "import sys, shapely; from overlap import polygons; "
        "polygons.measure(shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)); assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

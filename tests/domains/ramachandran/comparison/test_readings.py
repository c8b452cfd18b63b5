"""Oracle: the readings as plain numpy makes them, measured by `overlap.raster`."""

from __future__ import annotations

import numpy as np
import pytest

import overlap as ov
from domains.ramachandran import hard_sphere, region
from domains.ramachandran.comparison.pairs import Pair, measure
from domains.ramachandran.comparison.readings import FAR, Elsewhere, Reading, readings
from domains.ramachandran.comparison.stacks import Regions
from domains.ramachandran.torus import centres


def make_pair(a, b, cells=None, categories=("general",), nodes=None):
    n = a.shape[-1]
    nodes = centres(n) if nodes is None else nodes
    overlap = measure(a, b, cells, "minimum")
    return Pair(a, b, nodes, nodes, cells, "minimum", overlap, list(categories), [0.98] * len(a))


def only(cells):
    return Regions(cells, np.arange(len(cells)))


def by_name(pair, elsewhere=None):
    return {reading.name: reading for _, reading in readings(pair, elsewhere or Elsewhere())}


@pytest.mark.parametrize("kind", ["bool", "weighted", "soft"])
def test_the_iou_of_each_reading(kind):
    b = region().values[None]
    a = b[:, ::-1].copy()
    cells = None
    if kind == "weighted":
        cells = np.random.default_rng(0).random(b.shape)
    if kind == "soft":
        a = a * 0.9
    moved = {
        "phi and psi swapped": a.swapaxes(1, 2),
        "psi upside down": a[:, ::-1],
        "both angles negated": a[:, ::-1, ::-1],
        "phi 0 to 360 read as -180 to 180": np.roll(a, 90, 2),
    }
    found = by_name(make_pair(a, b, cells))
    for name, values in moved.items():
        expected = ov.iou(ov.raster.measure(values, b, axis=(-2, -1), weights=cells))
        np.testing.assert_allclose(found[name].iou, expected, rtol=1e-12)


def test_nodes_that_are_not_symmetrical():
    """At −180 + k·h the node opposite to k is n − k, and that of −180 is itself."""
    n = 12
    nodes = -180.0 + np.arange(n) * 30
    rng = np.random.default_rng(0)
    a = rng.random((1, n, n)) < 0.3
    opposite = (n - np.arange(n)) % n
    b = a[:, opposite][:, :, opposite]
    found = by_name(make_pair(a, b, nodes=nodes))
    assert found["both angles negated"].iou == 1.0


def test_a_pair_that_cannot_gain_is_not_read():
    b = region().values[None]
    assert not by_name(make_pair(b, b))
    small = np.zeros_like(b)
    small[:, 90:95, 90:95] = True
    assert "psi upside down" not in by_name(make_pair(small, b)), "too small to fit anywhere"


@pytest.mark.parametrize(("beside", "iou", "is_read"), [(4, 100 / 108, False), (7, 100 / 114, True)])
def test_a_reading_gains_a_tenth_of_iou_at_least(beside, iou, is_read):
    """A block that is its own mirror image, and some cells beside it that are not."""
    b = np.zeros((1, 20, 20), bool)
    b[:, 5:15, :10] = b[:, 2, :beside] = True
    pair = make_pair(b[:, ::-1], b)
    assert pair.now == pytest.approx(iou)
    found = by_name(pair)
    assert ("psi upside down" in found) == is_read
    assert not is_read or found["psi upside down"].iou == 1


def test_some_pairs_of_a_stack():
    b = np.stack([region().values, hard_sphere().values, region().values])
    a = b.copy()
    a[2] = a[2, ::-1]
    rows = {reading.name: rows.tolist() for rows, reading in readings(make_pair(a, b, categories="xyz"), Elsewhere())}
    assert rows["psi upside down"] == [2]


def test_what_it_takes():
    now = np.array([0.5])
    assert Reading("", "", 1 - FAR * (1 - now)).fits_far_better(now)
    assert not Reading("", "", 1 - FAR * (1 - now) - 0.01).fits_far_better(now)
    assert not Reading("", "", np.array([0.29])).fits_far_better(np.array([0.0]))


def test_the_reference_elsewhere():
    b = region().values[None]
    a = np.roll(b, 1, 2)
    asked = []

    def at_centres(psi, phi):
        asked.append((psi[0], phi[0]))
        return only(a)

    pair = make_pair(a, b)
    found = by_name(pair, Elsewhere(at_centres, lambda: {"general": only(b), "glycine": only(a)}))
    assert asked[:4] == [(-178.0, -178.0), (-180.0, -180.0), (-178.0, -179.0), (-180.0, -179.0)]
    assert len(set(asked)) == 8
    assert found["cells half a cell (1°) off, edges taken for centres or centres for edges"].iou == 1.0
    far_off = make_pair(b[:, ::-1], b)
    found = by_name(far_off, Elsewhere(None, lambda: {"general": only(b), "glycine": only(b[:, ::-1])}))
    assert "a region of general" not in found, "its own"
    assert found["a region of glycine"].iou == 1.0

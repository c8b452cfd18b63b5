"""Oracle: `overlap.raster`, region by region, and plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import overlap as ov
from domains.ramachandran import region
from domains.ramachandran.comparison.pairs import count, measure, pair_up

N = 12
CENTRES = -180 + (np.arange(N) + 0.5) * 30


def some_regions(seed, *lead, soft=False):
    values = np.random.default_rng(seed).random((*lead, N, N))
    dims = ("model", "level")[2 - len(lead) :] if lead else ()
    cells = values if soft else values < 0.4
    return xr.DataArray(cells, dims=(*dims, "psi", "phi"), coords={"psi": CENTRES, "phi": CENTRES})


def paired(a, b, weights=None):
    labels = {"model": None, "level": None}
    return pair_up(a, b, weights, "minimum", labels, (3, 2), of_ranks=False)


@pytest.mark.parametrize("kind", ["masks", "soft", "weighted"])
def test_regions_are_measured_one_by_one(kind):
    a = some_regions(0, 3, 2, soft=kind == "soft")
    b = some_regions(1, 2)
    weights = None
    if kind == "weighted":
        weights = xr.DataArray(1 + np.arange(N), dims="psi")
    pair = paired(a, b, weights)
    other = paired(some_regions(2, 3, 2, soft=kind == "soft"), b, weights)
    cells = None if weights is None else np.broadcast_to(weights.values[:, None], (N, N))
    iou_with_other = pair.iou(other.a)
    for k in range(6):
        of_one = ov.raster.measure(a.values.reshape(6, N, N)[k], b.values[k % 2], weights=cells)
        assert pair.overlap.intersection[k] == pytest.approx(float(of_one.intersection), rel=1e-12)
        assert pair.now[k] == pytest.approx(float(ov.iou(of_one)), rel=1e-12)
        of_other = ov.raster.measure(other.a[k], b.values[k % 2], weights=cells)
        assert iou_with_other[k] == pytest.approx(float(ov.iou(of_other)), rel=1e-12)
    np.testing.assert_array_equal(pair.torus, N * N if cells is None else cells.sum())


@pytest.mark.parametrize("soft", [False, True])
def test_no_region_of_a_size_has_a_higher_iou(soft):
    pair = paired(some_regions(0, 3, 2, soft=soft), some_regions(1, 2))
    rng = np.random.default_rng(3)
    for _ in range(20):
        moved = rng.permutation(pair.a.reshape(6, -1), axis=1).reshape(pair.a.shape)
        assert (pair.iou(moved) <= pair.highest() + 1e-12).all()
    inverse = ~pair.a if pair.a.dtype == bool else 1 - pair.a
    highest = pair.highest(size_a=pair.torus - pair.overlap.size_a)
    assert (pair.iou(inverse) <= highest + 1e-12).all()


def test_sizes_that_are_known_are_not_counted():
    pair = paired(some_regions(0, 3, 2), some_regions(1, 2))
    moved = np.roll(pair.a, 5, 2)
    np.testing.assert_array_equal(pair.iou(moved, size_a=pair.overlap.size_a), pair.iou(moved))
    others = pair.b[::-1]
    np.testing.assert_array_equal(pair.iou(b=others, size_b=count(others)), pair.iou(b=others))


def test_some_pairs():
    pair = paired(some_regions(0, 3, 2), some_regions(1, 2))
    rows = np.array([4, 1])
    some = pair.only(rows)
    np.testing.assert_array_equal(some.now, pair.now[rows])
    np.testing.assert_array_equal(some.iou(), pair.iou()[rows])
    assert pair.only(np.arange(6)) is pair


def test_two_empty_regions():
    nothing = np.zeros((1, N, N), bool)
    assert measure(nothing, nothing, None, "minimum").size_a == 0
    empty = xr.DataArray(nothing[0], dims=("psi", "phi"), coords={"psi": CENTRES, "phi": CENTRES})
    pair = pair_up(empty, empty, None, "minimum", {}, (), of_ranks=False)
    assert pair.now == 1
    assert pair.iou() == 0
    assert pair.highest() == 0


def test_what_a_reference_of_ranks_says():
    both = region("top8000", ["general", "glycine"], ["favored", "allowed"])
    labels = {dim: both.coords.variables[dim] for dim in ("category", "level")}
    pair = pair_up(both, both, None, "minimum", labels, (2, 2), of_ranks=True)
    assert pair.categories == ["general", "general", "glycine", "glycine"]
    np.testing.assert_allclose(pair.enclosed, [0.98, 0.9995, 0.98, 0.999])
    unsaid = pair_up(both, both, None, "minimum", labels, (2, 2), of_ranks=False)
    np.testing.assert_allclose(unsaid.enclosed, 0.98)

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import overlap as ov
from overlap import labelled, raster

rng = np.random.default_rng(5)
X, Y = np.linspace(0, 9, 10), np.linspace(0, 5, 6)


def raters(n=3):
    return xr.DataArray(
        rng.random((n, 6, 10)) > 0.4,
        dims=("rater", "y", "x"),
        coords={"rater": list("abc")[:n], "y": Y, "x": X},
    )


A = raters()
B = A.isel(rater=0, drop=True).transpose("x", "y")


def test_names_not_positions():
    counts = labelled.measure(A, B, ["x", "y"])
    expected = raster.measure(A.values, np.broadcast_to(B.values.T, A.shape), axis=(1, 2))
    np.testing.assert_array_equal(counts.intersection, expected.intersection)
    assert counts.intersection.dims == ("rater",)
    assert list(counts.rater.values) == ["a", "b", "c"]
    assert counts.attrs == {"tnorm": "minimum"}


def test_pairs_of_raters_by_renaming():
    counts = labelled.measure(A, A.rename(rater="other"), ["x", "y"])
    dice = labelled.indices(counts).dice
    assert dice.dims == ("rater", "other")
    np.testing.assert_allclose(np.diag(dice), 1)
    np.testing.assert_allclose(dice, dice.T)


def test_all_dimensions_by_default():
    assert labelled.measure(A, A).size_a.dims == ()
    assert labelled.measure(A, A, "x").size_a.dims == ("rater", "y")


def test_weights_and_where_broadcast_by_name():
    area = xr.DataArray(np.cos(Y / 5), dims="y", coords={"y": Y})
    inside = xr.DataArray(X > 3, dims="x", coords={"x": X})
    counts = labelled.measure(A, B, ["y", "x"], weights=area, where=inside)
    np.testing.assert_allclose(counts.size_a, (A * area * inside).sum(["x", "y"]))


def test_indices_of_counts():
    counts = labelled.measure(A, B, ["y", "x"])
    o = ov.Overlap(counts.intersection.values, counts.size_a.values, counts.size_b.values)
    report = labelled.indices(counts, ov.INDICES, empty=1.0)
    for name, index in ov.INDICES.items():
        np.testing.assert_array_equal(report[name], index(o))
    assert report.attrs["empty"] == "1.0"
    with pytest.raises(ValueError, match=r"names must be one of 'iou'.*got 'jaccard'"):
        labelled.indices(counts, ["jaccard"])
    with pytest.raises(ValueError, match="lack size_b"):
        labelled.indices(counts.drop_vars("size_b"))


# ---------------------------------------------------------------- alignment


def test_coordinates_must_agree_exactly():
    shifted = B.assign_coords(x=X + 1e-9)
    with pytest.raises(ValueError, match=r"'x' of b is up to 1e-09 off.*tolerance=.*interp_like"):
        labelled.measure(A, shifted, ["x", "y"])
    counts = labelled.measure(A, shifted, ["x", "y"], tolerance=1e-8)
    xr.testing.assert_identical(counts, labelled.measure(A, B, ["x", "y"]))


def test_the_tolerance_is_a_limit():
    with pytest.raises(ValueError, match=r"'x' of b is up to 0.5 off.*tolerance=0.1"):
        labelled.measure(A, B.assign_coords(x=X + 0.5), tolerance=0.1)


@pytest.mark.parametrize("tolerance", [-1.0, np.nan])
def test_a_tolerance_that_is_none(tolerance):
    with pytest.raises(ValueError, match="tolerance must be >= 0"):
        labelled.measure(A, B, tolerance=tolerance)


def test_nan_is_never_within_a_tolerance():
    broken = np.where(X == 4, np.nan, X)
    with pytest.raises(ValueError, match="'x' of b is up to nan off"):
        labelled.measure(A, B.assign_coords(x=broken), tolerance=1.0)


def test_nothing_is_dropped_in_silence():
    with pytest.raises(ValueError, match="not on one grid"):
        labelled.measure(A, B.isel(x=slice(5)), ["x", "y"])
    with pytest.raises(ValueError, match="not on one grid"):
        labelled.measure(A, B.isel(x=slice(5)), ["x", "y"], tolerance=1.0)


def test_a_missing_dimension_is_named():
    with pytest.raises(ValueError, match=r"no dimension 'z'; the masks have \('rater', 'y', 'x'\)"):
        labelled.measure(A, B, ["x", "z"])


def test_plain_arrays_and_datasets_are_sent_elsewhere():
    with pytest.raises(TypeError, match=r"b is a ndarray.*raster\.measure"):
        labelled.measure(A, B.values, "x")
    with pytest.raises(TypeError, match="a is a Dataset"):
        labelled.measure(A.to_dataset(name="mask"), B, "x")


# ---------------------------------------------------------------- dask


@pytest.fixture
def da():
    return pytest.importorskip("dask.array")


@pytest.mark.parametrize("chunked", [("a",), ("b",), ("a", "b"), ("weights",), ("a", "where"), ("b", "weights")])
def test_every_mix_of_dask_and_numpy(da, chunked):
    operands = {
        "a": A.astype(float),
        "b": B,
        "weights": xr.DataArray(np.cos(Y / 5), dims="y", coords={"y": Y}),
        "where": xr.DataArray(X > 3, dims="x", coords={"x": X}),
    }
    expected = labelled.measure(**operands, dim=["x", "y"])
    lazy = {k: v.chunk(dict.fromkeys(v.dims, 4)) if k in chunked else v for k, v in operands.items()}
    counts = labelled.measure(**lazy, dim=["x", "y"])
    assert counts.chunks
    xr.testing.assert_allclose(counts.compute(), expected)
    xr.testing.assert_allclose(labelled.indices(counts).compute().drop_attrs(), labelled.indices(expected).drop_attrs())


def test_chunks_of_unknown_size_are_refused_with_the_remedy(da):
    rows = np.array([True, False, True])
    mask = np.array([[True, False], [True, True], [False, True]])
    lazy = da.from_array(mask, chunks=(2, 2))[da.from_array(rows, chunks=2)]
    a = xr.DataArray(lazy, dims=("y", "x"))
    b = xr.DataArray(mask[rows], dims=("y", "x"))
    with pytest.raises(
        ValueError, match=r"a has chunks of unknown size, shape \(nan, 2\); call a.data.compute_chunk_s"
    ):
        labelled.measure(a, b)
    with pytest.raises(ValueError, match=r"call weights.data.compute_chunk_sizes\(\) first"):
        labelled.measure(b, b, weights=a)
    a.data.compute_chunk_sizes()
    counts = labelled.measure(a, b)
    assert [int(counts[k].compute()) for k in ("intersection", "size_a", "size_b")] == [2, 2, 2]


def test_different_chunks_meet(da):
    counts = labelled.measure(A.chunk(x=3, y=2), B.chunk(x=4, y=6), ["x", "y"])
    xr.testing.assert_equal(counts.compute(), labelled.measure(A, B, ["x", "y"]))


def test_one_compute_loads_each_block_once(da):
    loads = []

    def load(block_info=None):
        loads.append(block_info[None]["chunk-location"])
        return np.ones((5, 5), bool)

    def volume(name):
        blocks = da.map_blocks(load, chunks=((5,) * 4, (5,) * 4), dtype=bool, name=name)
        return xr.DataArray(blocks, dims=("y", "x"))

    counts = labelled.measure(volume("first"), volume("second"), ["x", "y"])
    report = xr.merge([counts, labelled.indices(counts)], combine_attrs="drop")
    assert not loads, "nothing is computed on the way"
    assert float(report.compute(scheduler="single-threaded").dice) == 1.0
    assert len(loads) == 2 * 16

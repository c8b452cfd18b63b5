from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import overlap as ov
from overlap.raster import contingency, label_pairs

DTYPES = [np.uint8, np.int16, np.int64, np.uint64]
maps = st.tuples(st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.integers(0, 60)).flatmap(
    lambda t: st.tuples(
        *(hnp.arrays(d, t[2], elements=st.integers(*((-3, 9) if np.iinfo(d).min else (0, 9)))) for d in t[:2])
    )
)


def contingency_matrix(a, b):
    return pytest.importorskip("sklearn.metrics").cluster.contingency_matrix(a, b)


@given(maps)
def test_against_sklearn(pair):
    a, b = pair
    labels_a, labels_b, o = contingency(a, b)
    np.testing.assert_array_equal(labels_a, np.unique(a))
    np.testing.assert_array_equal(labels_b, np.unique(b))
    assert labels_a.dtype == a.dtype
    if a.size:
        np.testing.assert_array_equal(o.intersection, contingency_matrix(a, b))
    assert o.intersection.sum() == a.size


@given(maps)
def test_every_cell_of_the_table_is_a_measure(pair):
    a, b = pair
    labels_a, labels_b, o = contingency(a, b)
    for i, k in enumerate(labels_a):
        for j, m in enumerate(labels_b):
            one = ov.raster.measure(a == k, b == m)
            assert (one.intersection, one.size_a, one.size_b) == (
                o.intersection[i, j],
                o.size_a[i, j],
                o.size_b[i, j],
            )


def test_sparse_labels_cost_nothing():
    a = np.array([0, 10**15, 10**15, -7])
    labels, _, o = contingency(a, a)
    assert labels.tolist() == [-7, 0, 10**15]
    assert o.intersection.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 2]]
    big = np.array([2**64 - 1, 2**64 - 2], np.uint64)
    assert contingency(big, big)[0].tolist() == [2**64 - 2, 2**64 - 1]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16])
def test_the_whole_range_of_a_type(dtype):
    info = np.iinfo(dtype)
    a = np.array([info.max, info.min, 1], dtype)
    assert contingency(a, a)[0].tolist() == [info.min, 1, info.max]


def test_both_roads_agree():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 40, (2, 30, 30))
    near, far = contingency(a, b), contingency(a * 10**9, b * 10**9)
    np.testing.assert_array_equal(near[2].intersection, far[2].intersection)
    np.testing.assert_array_equal(near[0] * 10**9, far[0])


def test_bool_is_two_labels(backend):
    a = backend.asarray([[True, False], [True, True]])
    if backend.name in ("dask", "array_api_strict"):
        with pytest.raises(TypeError, match="host"):
            contingency(a, a)
        return
    labels, _, o = contingency(a, a)
    assert backend.to_numpy(labels).tolist() == [False, True]
    assert backend.to_numpy(o.intersection).tolist() == [[1, 0], [0, 3]]
    assert isinstance(o.intersection, type(a))


def test_refusals():
    a = np.zeros(3, int)
    with pytest.raises(TypeError, match=">= 0.5"):
        contingency(a / 2, a)
    with pytest.raises(ValueError, match="one shape"):
        contingency(a, a[:2])
    many = np.arange(12_000)
    with pytest.raises(ValueError, match="raster.label_pairs lists"):
        contingency(many, many)


# ---------------------------------------------------------------- only the pairs that share cells


@given(maps, st.sampled_from([0, 1, 10_000_019]), st.sampled_from([0, 3]))
def test_label_pairs_are_the_table_without_its_zeros(pair, stretch, repeat):
    """Near and far apart labels, single cells and long runs of them, in either order of memory."""
    a, b = (np.repeat(x.astype(np.int64) * stretch, repeat) for x in pair)
    shape = (1, len(a), 1) if repeat else (len(a),)
    a, b = np.asfortranarray(a.reshape(shape)), np.asfortranarray(b.reshape(shape))
    labels_a, labels_b, table = contingency(a, b)
    pairs = label_pairs(a, b)
    i, j = np.nonzero(table.intersection)
    np.testing.assert_array_equal(pairs.labels_a, labels_a)
    np.testing.assert_array_equal(pairs.labels_b, labels_b)
    np.testing.assert_array_equal([pairs.a, pairs.b], [i, j])
    for size in ("intersection", "size_a", "size_b"):
        np.testing.assert_array_equal(getattr(pairs.overlap, size), getattr(table[i, j], size))
    np.testing.assert_array_equal(pairs.cells_a, np.unique(a, return_counts=True)[1])
    np.testing.assert_array_equal(pairs.cells_b, np.unique(b, return_counts=True)[1])
    if a.size:
        np.testing.assert_array_equal(table.intersection, contingency_matrix(a.ravel(), b.ravel()))


@pytest.mark.parametrize("order", ["CC", "CF", "FF", "views"])
def test_pairs_do_not_depend_on_the_order_of_memory(order):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, (2, 5, 6, 7))
    expected = contingency(a.copy(), b.copy())[2].intersection
    if order == "views":
        a, b = (np.pad(x, 1)[1:-1, 1:-1, 1:-1] for x in (a, b))
    else:
        a, b = (np.asarray(x, order=k) for x, k in zip((a, b), order, strict=True))
    np.testing.assert_array_equal(contingency(a, b)[2].intersection, expected)
    np.testing.assert_array_equal(label_pairs(a, b).overlap.intersection, expected[expected > 0])


def test_label_pairs_come_in_the_library_of_the_maps(backend):
    if backend.name in ("dask", "array_api_strict"):
        with pytest.raises(TypeError, match="raster.label_pairs: labels are counted on the host"):
            label_pairs(backend.asarray([0]), backend.asarray([0]))
        return
    pairs = label_pairs(backend.asarray([0, 0, 7]), backend.asarray([1, 2, 2]))
    assert all(type(x) is type(backend.asarray([0])) for x in (*pairs[:6], pairs.overlap.size_a))
    assert backend.to_numpy(pairs.a).tolist() == [0, 0, 1]


def test_more_labels_than_a_table_holds():
    a = np.arange(20_000)
    with pytest.raises(ValueError, match=r"4e\+08 pairs; raster.label_pairs lists"):
        contingency(a, a)
    pairs = label_pairs(a, a[::-1].copy())
    assert (pairs.overlap.intersection == 1).all()
    np.testing.assert_array_equal(pairs.labels_a[pairs.a], 19_999 - pairs.labels_b[pairs.b])


def test_pairs_without_a_label_are_those_of_the_maps_without_its_cells():
    rng = np.random.default_rng(5)
    a, b = rng.integers(-1, 4, (2, 9, 11))
    pairs = label_pairs(a, b).without(0)
    there = (a != 0) & (b != 0)
    rest = label_pairs(a[there], b[there])
    assert pairs.labels_a.tolist() == [-1, 1, 2, 3]
    assert pairs.overlap.intersection.tolist() == rest.overlap.intersection.tolist()
    assert pairs.cells_b.tolist() == [int((b == k).sum()) for k in pairs.labels_b]
    assert pairs.overlap.size_a.tolist() == [int((a == k).sum()) for k in pairs.labels_a[pairs.a]]
    assert label_pairs(a, b).without(9).cells_a.sum() == a.size


# those that are slow are compiled by themselves
OF_LABELS = [bool, np.uint8, np.int64, np.uint64]
OF_LABELS += [pytest.param(dtype, marks=pytest.mark.slow) for dtype in (np.int8, np.int16, np.int32)]


@pytest.mark.parametrize("dtype", OF_LABELS)
@pytest.mark.parametrize("kind", ["blocks", "noise"])
def test_large_maps_are_counted_as_small_ones_are(dtype, kind, monkeypatch):
    """A large map is counted by a kernel where there is one: the same pairs as bincount's."""
    monkeypatch.setattr("overlap.raster.tables._WORTH_COMPILING", 1)
    rng = np.random.default_rng(8)
    blocks = rng.integers(-9 if np.dtype(dtype).kind == "i" else 0, 30, (2, 33, 64)).astype(dtype)
    a, b = np.repeat(blocks, 32, axis=2) if kind == "blocks" else np.tile(blocks, 32)
    pairs = label_pairs(a, b)
    labels_a, rows = np.unique(a, return_inverse=True)
    labels_b, columns = np.unique(b, return_inverse=True)
    expected = np.bincount(rows.ravel() * len(labels_b) + columns.ravel(), minlength=len(labels_a) * len(labels_b))
    table = np.zeros((len(labels_a), len(labels_b)), int)
    table[pairs.a, pairs.b] = pairs.overlap.intersection
    np.testing.assert_array_equal(table.ravel(), expected)
    assert pairs.labels_a.dtype == dtype
    assert pairs.labels_a.tolist() == labels_a.tolist()
    assert pairs.labels_b.tolist() == labels_b.tolist()
    assert pairs.cells_a.tolist() == table.sum(axis=1).tolist()
    assert pairs.overlap.size_b.tolist() == table.sum(axis=0)[pairs.b].tolist()


def test_large_maps_whose_labels_lie_far_apart(monkeypatch):
    monkeypatch.setattr("overlap.raster.tables._WORTH_COMPILING", 1)
    a = np.repeat(np.array([0, 10**12, -5]), 4000)
    pairs = label_pairs(a, a)
    assert pairs.labels_a.tolist() == [-5, 0, 10**12]
    assert pairs.overlap.intersection.tolist() == [4000] * 3


def test_thousands_of_labels_in_a_large_map_need_no_compiler(monkeypatch):
    """It takes a second and 100 MB to import, and would count none of them."""

    def unwanted(name):
        raise AssertionError(name)

    monkeypatch.setattr("overlap.raster.tables._WORTH_COMPILING", 1)
    monkeypatch.setattr("overlap.raster.tables.kernels", unwanted)
    number = np.random.default_rng(2).permutation(7000)
    a = np.repeat(number, 30)
    b = np.roll(a, 10)
    pairs = label_pairs(a, b)
    assert len(pairs.a) == 14_000
    assert sorted(set(pairs.overlap.intersection.tolist())) == [10, 20]
    assert (pairs.cells_a == 30).all()
    followed = dict(zip(number.tolist(), np.roll(number, 1).tolist(), strict=True))
    neighbours = pairs.labels_a[pairs.a] != pairs.labels_b[pairs.b]
    found = dict(zip(pairs.labels_a[pairs.a][neighbours], pairs.labels_b[pairs.b][neighbours], strict=True))
    assert found == followed


def test_dask_of_unknown_chunks_has_a_remedy_that_works():
    da = pytest.importorskip("dask.array")
    labels = da.from_array(np.array([0, 1, 1, 2, 0, 1]), chunks=3)
    maps = {"a": labels[labels > 0], "b": labels[labels > 0]}
    for name in ("a", "b"):
        with pytest.raises(TypeError, match=f"raster.contingency: labels are counted on the host; pass {name}") as e:
            contingency(**maps)
        _, remedy = str(e.value).split("pass ")
        maps[name] = eval(remedy, dict(maps))
    assert contingency(**maps)[2].intersection.tolist() == [[3, 0], [0, 1]]

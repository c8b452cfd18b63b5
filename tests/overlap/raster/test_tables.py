from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics.cluster import contingency_matrix

import overlap as ov
from overlap.raster import contingency

DTYPES = [np.uint8, np.int16, np.int64, np.uint64]
maps = st.tuples(st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.integers(0, 60)).flatmap(
    lambda t: st.tuples(
        *(hnp.arrays(d, t[2], elements=st.integers(*((-3, 9) if np.iinfo(d).min else (0, 9)))) for d in t[:2])
    )
)


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
    with pytest.raises(ValueError, match="drop specks"):
        contingency(many, many)

"""Oracles: bioframe 0.8.0 (values written down), and every pair looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import intervals

small = st.integers(0, 12)
rows = st.lists(st.tuples(small, st.integers(0, 5)), max_size=8).map(
    lambda x: np.array([(a, a + w) for a, w in x], dtype=np.int64).reshape(-1, 2)
)


def brute(a, b, labels_a=None, labels_b=None):
    """Look at every pair, by the convention in words."""
    found = []
    for i, (s, e) in enumerate(a.tolist()):
        for j, (t, f) in enumerate(b.tolist()):
            share = min(e, f) > max(s, t) or (s == e and (t <= s < f or s == t)) or (t == f and s <= t < e)
            if share and (labels_a is None or labels_a[i] == labels_b[j]):
                found.append((i, j, min(e, f) - max(s, t)))
    return found


def joined(pairs):
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), pairs.length.tolist(), strict=True))


@given(rows, rows, st.randoms(use_true_random=False))
def test_every_pair(a, b, random):
    assert joined(intervals.overlap_pairs(a, b)) == brute(a, b)
    assert [x[:2] for x in joined(intervals.overlap_pairs(a / 7, b / 7))] == [x[:2] for x in brute(a, b)]
    labels = [[random.choice("xyz") for _ in x] for x in (a, b)]
    assert joined(intervals.overlap_pairs(a, b, by=tuple(labels))) == brute(a, b, *labels)


@given(rows, rows)
def test_a_join_has_no_sides(a, b):
    there, back = intervals.overlap_pairs(a, b), intervals.overlap_pairs(b, a)
    assert sorted(joined(there)) == sorted((i, j, n) for j, i, n in joined(back))
    assert (there.length >= 0).all()


def test_bioframe():
    a = np.array([[1, 5], [3, 8], [8, 10], [12, 14]])
    b = np.array([[4, 8], [10, 11], [1, 1], [7, 13]])
    by = (["chr1", "chr1", "chr1", "chr2"],) * 2
    # bioframe 0.8.0: overlap(a, b, how="inner", return_index=True)
    assert joined(intervals.overlap_pairs(a, b, by=by)) == [(0, 0, 1), (0, 2, 0), (1, 0, 4), (3, 3, 1)]


def test_points():
    points, spans = [[2.0, 2.0], [5.0, 5.0]], [[2.0, 5.0], [5.0, 5.0], [5.0, 6.0], [0.0, 2.0]]
    assert joined(intervals.overlap_pairs(points, spans)) == [(0, 0, 0), (1, 1, 0), (1, 2, 0)]


@pytest.mark.parametrize("unit", ["ns", "s", "D"])
def test_times(unit):
    start = np.datetime64("2024-02-28", unit)
    a = np.array([[0, 3], [5, 6]]) + start
    pairs = intervals.overlap_pairs(a, a - np.timedelta64(1, unit))
    assert pairs.length.dtype == np.dtype(f"timedelta64[{unit}]")
    assert joined(intervals.overlap_pairs(a.astype(np.int64), a.astype(np.int64) - 1)) == [
        (i, j, n) for i, j, n in zip(pairs.a, pairs.b, pairs.length.astype(int), strict=True)
    ]


def test_large_integers_stay_exact():
    far = 2**62
    pairs = intervals.overlap_pairs([[far, far + 3]], [[far + 2, far + 9], [far + 3, far + 4]])
    assert joined(pairs) == [(0, 0, 1)]


def test_labels_of_any_kind():
    a, b = [[0, 9], [0, 9]], [[1, 2], [3, 4]]
    for labels in ([1, 2], ["s", "t"], [b"s", b"t"], np.array(["s", "t"], dtype=object), [True, False]):
        assert joined(intervals.overlap_pairs(a, b, by=(labels, labels))) == [(0, 0, 1), (1, 1, 1)]


def test_only_pairs_that_overlap_are_looked_at():
    """One interval over all of many, beside which a plain sweep would look at all pairs."""
    n = 200_000
    a = np.stack([np.arange(n), np.arange(n) + 1], axis=1)
    b = np.concatenate([[[0, n]], a + n])
    pairs = intervals.overlap_pairs(a, b)
    assert (len(pairs.a), int(pairs.length.sum())) == (n, n)


# ---------------------------------------------------------------- bad input


def test_labels_must_fit():
    with pytest.raises(ValueError, match=r"for each row of a \(1\) and of b \(1\), got shapes \(2,\), \(1,\)"):
        intervals.overlap_pairs([[0, 1]], [[0, 1]], by=([1, 2], [1]))
    with pytest.raises(TypeError, match="labels of a have dtype int64 and of b <U1"):
        intervals.overlap_pairs([[0, 1]], [[0, 1]], by=([1], ["1"]))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float16"])
def test_lengths_of_small_numbers_do_not_wrap_around(dtype):
    ends = np.finfo(dtype) if dtype == "float16" else np.iinfo(dtype)
    line = np.array([[ends.min, ends.max]], dtype)
    pairs = intervals.overlap_pairs(line, line)
    assert pairs.length.tolist() == [float(ends.max) - float(ends.min)]
    assert pairs.length.dtype == (np.float64 if dtype == "float16" else np.int64)


def test_lengths_that_int64_does_not_hold():
    ends = np.iinfo(np.int64)
    pairs = intervals.overlap_pairs([[ends.min, ends.max]], [[ends.min, ends.max], [0, 4]])
    assert pairs.length.tolist() == [2.0**64, 4.0]


def test_the_remedies_for_other_shapes():
    shapes = {
        "of one interval pass ": np.array([0, 4]),
        "start and end, pass ": np.array([[0, 4, 7], [6, 9, 7]]),
        "for none pass ": np.zeros((2, 0)),
    }
    found = {}
    for before, a in shapes.items():
        with pytest.raises(
            ValueError, match=r"intervals.measure: a must be rows .start, end. of shape .n, 2., got"
        ) as e:
            intervals.measure(a, [[2, 9]])
        _, remedy = str(e.value).split(before)
        found[before] = int(intervals.measure(eval(remedy, {"numpy": np, "a": a}), [[2, 9]]).intersection)
    assert list(found.values()) == [2, 5, 0]
    assert intervals.measure(np.zeros((0, 3)), [[2, 9]]).size_a == 0

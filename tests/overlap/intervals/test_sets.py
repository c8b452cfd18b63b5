"""Oracles: bioframe 0.8.0 (values written down), every pair looked at, a raster in one dimension."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov
from overlap import boxes, intervals, raster

small = st.integers(0, 12)
rows = st.lists(st.tuples(small, st.integers(0, 5)), max_size=8).map(
    lambda x: np.array([(a, a + w) for a, w in x], dtype=np.int64).reshape(-1, 2)
)


def sizes(o):
    return [float(x) for x in (o.intersection, o.size_a, o.size_b)]


def drawn(x, n=20):
    cells = np.arange(n) + 0.5
    return ((x[:, :1] < cells) & (cells < x[:, 1:])).any(0)


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


# ---------------------------------------------------------------- sets


@given(rows, rows)
def test_sets_are_rasters(a, b):
    masks = drawn(a), drawn(b)
    assert sizes(intervals.measure(a, b)) == sizes(raster.measure(*masks))
    combined = {
        "union": (intervals.union(a, b), masks[0] | masks[1]),
        "intersection": (intervals.intersection(a, b), masks[0] & masks[1]),
        "complement": (intervals.complement(a, b), masks[1] & ~masks[0]),
    }
    for name, (got, expected) in combined.items():
        np.testing.assert_array_equal(drawn(got), expected, err_msg=name)
        assert (np.diff(got.ravel()) > 0).all(), "ascending, apart, none of them empty"


@given(rows, rows)
def test_iou_and_dice_are_indices_of_measure(a, b):
    o = intervals.measure(a, b)
    for empty in (np.nan, 1.0):
        np.testing.assert_array_equal(intervals.iou(a, b, empty=empty), ov.iou(o, empty=empty))
        np.testing.assert_array_equal(intervals.dice(a, b, empty=empty), ov.dice(o, empty=empty))


@given(rows, rows)
def test_laws_of_sets(a, b):
    o, swapped = intervals.measure(a, b), intervals.measure(b, a)
    assert sizes(o) == [sizes(swapped)[k] for k in (0, 2, 1)]
    assert 0 <= o.intersection <= min(o.size_a, o.size_b)
    np.testing.assert_array_equal(intervals.union(intervals.union(a)), intervals.union(a))
    np.testing.assert_array_equal(intervals.union(b, a), intervals.union(a, b))
    assert float(o.union) == np.diff(intervals.union(a, b)).sum()


@given(st.tuples(small, small), st.tuples(small, small))
def test_one_interval_is_a_box(first, second):
    a, b = (np.array([[x, x + w]], dtype=float) for x, w in (first, second))
    assert sizes(intervals.measure(a, b)) == sizes(boxes.measure(a[0], b[0]))


def test_unsorted_rows_that_touch_and_overlap():
    o = intervals.measure([[7, 9], [0, 3], [3, 5], [1, 2]], [[4, 8]])
    assert sizes(o) == [2, 7, 4]
    assert float(ov.iou(o)) == pytest.approx(2 / 9)


def test_nothing():
    assert sizes(intervals.measure([], [[0, 1]])) == [0, 0, 1]
    assert np.isnan(ov.dice(intervals.measure([], [[5, 5]])))
    assert intervals.complement([], [[0, 1]]).tolist() == [[0, 1]]
    assert intervals.complement([[0, 1]], []).shape == (0, 2)
    assert intervals.union([[3, 3]]).shape == (0, 2)


def test_sets_of_times():
    day = np.array([["2024-01-01", "2024-01-05"], ["2024-01-04", "2024-01-06"]], dtype="datetime64[D]")
    support = np.array([["2024-01-01T00", "2024-01-07T12"]], dtype="datetime64[h]")
    assert intervals.union(day).astype(str).tolist() == [["2024-01-01", "2024-01-06"]]
    assert intervals.complement(day, support).astype(str).tolist() == [["2024-01-06T00", "2024-01-07T12"]]
    assert intervals.intersection(day, []).shape == (0, 2)


def test_infinite_support():
    gaps = intervals.complement([[0.0, 1.0]], [[-np.inf, np.inf]])
    assert gaps.tolist() == [[-np.inf, 0], [1, np.inf]]


# ---------------------------------------------------------------- the join


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

VERBS = {
    "measure": lambda x: intervals.measure([[0.0, 1.0]], x),
    "union": intervals.union,
    "intersection": lambda x: intervals.intersection([[0.0, 1.0]], x),
    "complement": lambda x: intervals.complement([[0.0, 1.0]], x),
    "overlap_pairs": lambda x: intervals.overlap_pairs([[0.0, 1.0]], x),
}


@pytest.mark.parametrize("name", VERBS)
def test_bad_rows(name):
    with pytest.raises(ValueError, match=rf"intervals\.{name}: 1 of 2 rows of .* end before they start"):
        VERBS[name]([[0.0, 1.0], [3.0, 2.0]])
    with pytest.raises(ValueError, match="NaN or NaT"):
        VERBS[name]([[0.0, np.nan]])
    with pytest.raises(ValueError, match=r"shape \(n, 2\), got shape \(3,\)"):
        VERBS[name]([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="dtype <U1; intervals are numbers or datetime64"):
        VERBS[name]([["a", "b"]])


def test_times_and_numbers_do_not_meet():
    times = np.array([["2024-01-01", "2024-01-05"]], dtype="datetime64[D]")
    for name in ("intersection", "complement", "overlap_pairs", "measure"):
        with pytest.raises(TypeError, match=rf"intervals\.{name}: times and numbers do not meet"):
            VERBS[name](times)
    with pytest.raises(TypeError, match="choose a unit"):
        intervals.measure(times, times)
    with pytest.raises(ValueError, match="NaT"):
        intervals.union(np.array([["NaT", "NaT"]], dtype="datetime64[D]"))


def test_labels_must_fit():
    with pytest.raises(ValueError, match=r"for each row of a \(1\) and of b \(1\), got shapes \(2,\), \(1,\)"):
        intervals.overlap_pairs([[0, 1]], [[0, 1]], by=([1, 2], [1]))
    with pytest.raises(TypeError, match="labels of a have dtype int64 and of b <U1"):
        intervals.overlap_pairs([[0, 1]], [[0, 1]], by=([1], ["1"]))

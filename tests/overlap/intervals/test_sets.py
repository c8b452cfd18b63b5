"""Oracles: a raster in one dimension, boxes of one dimension, and the laws of sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
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


# ---------------------------------------------------------------- sets


@settings(max_examples=15)
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


# ---------------------------------------------------------------- 0 ≤ |A∩B| ≤ min(|A|, |B|), in any dtype


@pytest.mark.parametrize("start", [0, 1, 1e6])
@pytest.mark.parametrize("scale", [1.0, 0.1, 1e9])
def test_no_more_is_shared_than_either_has(start, scale):
    """An interval and the pieces that it is cut into add up to lengths that rounding tells apart."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        cuts = start + scale * np.append(0, np.sort(10 ** rng.uniform(-17, 0, rng.integers(2, 60))))
        pieces = np.stack([cuts[:-1], np.nextafter(cuts[1:], -np.inf)], axis=1)
        pieces = pieces[pieces[:, 0] <= pieces[:, 1]]
        for a, b in (([[cuts[0], cuts[-1]]], pieces), (pieces, pieces[::2]), (pieces[1:], pieces)):
            o = intervals.measure(a, b)
            assert 0 <= o.intersection <= min(o.size_a, o.size_b), seed


NUMBERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32"]


@given(rows, rows, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS))
def test_small_numbers_are_what_wide_ones_are(a, b, dtype_a, dtype_b):
    narrow_a = (a * 7).astype(dtype_a)
    narrow_b = (b * 7).astype(dtype_b)
    assert sizes(intervals.measure(narrow_a, narrow_b)) == sizes(intervals.measure(a * 7, b * 7))
    for function in (intervals.union, intervals.intersection, intervals.complement):
        np.testing.assert_array_equal(function(narrow_a, narrow_b), function(a * 7, b * 7))


def test_the_largest_numbers_of_a_dtype():
    for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32"):
        ends = np.iinfo(dtype)
        line = np.array([[ends.min, ends.max]], dtype)
        assert sizes(intervals.measure(line, line)) == [float(ends.max) - float(ends.min)] * 3
        assert intervals.union(line).dtype == np.int64
    line = np.array([[-60000, 60000]], np.float16)
    assert sizes(intervals.measure(line, line)) == [2.0 * float(line[0, 1])] * 3
    line = np.array([[np.iinfo(np.int64).min, np.iinfo(np.int64).max]])
    assert sizes(intervals.measure(line, line)) == [2.0**64] * 3


def test_nanoseconds_are_counted_to_the_last():
    start = 1_700_000_000_000_000_000
    a, b = [[start, start + 100]], [[start + 37, start + 200]]
    assert sizes(intervals.measure(a, b)) == [63, 100, 163]


def test_numbers_beyond_int64_are_refused():
    with pytest.raises(ValueError, match=r"^intervals.measure: a is 18446744073709551615, more than int64 holds"):
        intervals.measure(np.array([[0, 2**64 - 1]], np.uint64), [[0, 1]])

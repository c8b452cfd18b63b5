"""Oracles: every pair looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from overlap import _join
from overlap._join import Envelopes, along_curve, gathered, in_order, near, packed, read_groups, renamed

rng = np.random.default_rng(3)


def envelopes(n, d, side):
    lo = rng.uniform(0, 100, (n, d))
    return Envelopes(lo, lo + rng.uniform(0, side, (n, d)))


def every_pair(a, b):
    is_before = a.lo[:, None] <= b.hi
    is_after = b.lo <= a.hi[:, None]
    return set(zip(*map(np.ndarray.tolist, np.nonzero((is_before & is_after).all(-1))), strict=True))


def joined(a, b):
    order_a, order_b = along_curve(a), along_curve(b)
    blocks = renamed(near(a.take(order_a), packed(b.take(order_b))), order_a, order_b)
    pairs = [x for i, j in blocks for x in zip(i.tolist(), j.tolist(), strict=True)]
    in_any_order = [x for i, j in near(a, packed(b)) for x in zip(i.tolist(), j.tolist(), strict=True)]
    assert sorted(in_any_order) == sorted(pairs)
    assert len(pairs) == len(set(pairs))
    return set(pairs)


@pytest.mark.parametrize(("d", "side"), [(1, 3), (2, 15), (3, 40), (7, 90)])
@pytest.mark.parametrize(("n", "m"), [(0, 5), (5, 0), (1, 1), (4, 5), (150, 233)])
def test_every_pair_that_meets(d, side, n, m):
    a, b = envelopes(n, d, side), envelopes(m, d, side)
    assert joined(a, b) == every_pair(a, b)


def test_touching_meets_and_equal_envelopes_too():
    grid = np.stack(np.meshgrid(np.arange(9.0), np.arange(9.0)), axis=-1).reshape(-1, 2)
    tiles = Envelopes(grid, grid + 1)
    assert joined(tiles, tiles) == every_pair(tiles, tiles)
    same = Envelopes(np.zeros((50, 2)), np.zeros((50, 2)))
    assert len(joined(same, same)) == 2500


def test_sizes_that_differ_by_far():
    a, b = envelopes(90, 2, 1e-3), envelopes(90, 2, 1e-3)
    b.hi[::9] = 1e300
    b.lo[::9, 0] = -1e300
    assert joined(a, b) == every_pair(a, b)


def test_blocks_are_small_however_many_pairs_there_are():
    same = Envelopes(np.zeros((600, 1)), np.ones((600, 1)))
    sizes = [len(i) for i, _ in near(same, packed(same))]
    assert sum(sizes) == 360_000
    assert max(sizes) <= _join._FAN * _join._BLOCK


def test_groups_never_meet():
    a, b = envelopes(60, 2, 50), envelopes(70, 2, 50)
    group_a, group_b = rng.integers(0, 3, 60), rng.integers(0, 3, 70)
    expected = {(i, j) for i, j in every_pair(a, b) if group_a[i] == group_b[j]}
    assert joined(a.grouped(group_a), b.grouped(group_b)) == expected


def test_pairs_in_order():
    i, j = in_order(np.array([2, 0, 2, 1]), np.array([1, 4, 0, 4]), (3, 5))
    assert (i.tolist(), j.tolist()) == ([0, 1, 2, 2], [4, 4, 0, 1])
    nothing, _ = in_order(*gathered([]), (0, 5))
    assert nothing.dtype == np.int64
    assert len(nothing) == 0


def test_labels_are_numbered_in_both_tables_alike():
    a, b = read_groups("f", (["p", "q"], ["q", "r", "p"]), 2, 3)
    assert [a[0] == b[2], a[1] == b[0], b[1] in a] == [True, True, False]


FAR = 2**53


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (np.array([2**63 + 1, 5], np.uint64), np.array([2**63 - 1, 5], np.int64), [(1, 1)]),
        (np.array([2**64 - 1, 2**63], np.uint64), np.array([-1, -(2**63)], np.int64), []),
        (np.array([FAR + 1, FAR]), np.array([float(FAR), 0.5]), [(1, 0)]),
        (np.array([-FAR - 1, 3]), np.array([-float(FAR), 3.0]), [(1, 1)]),
        ([FAR + 1, 0.5], [float(FAR), 0.5], [(1, 1)]),
        ([2**63 + 1, -1], [2**63 - 1, -1], [(1, 1)]),
        ([2**70, 2**70 + 1], [2**70 + 1, 0], [(1, 0)]),
        ([True, False], np.array([1, 2], np.uint8), [(0, 0)]),
        (np.array(["x", "y"], object), ["y", "z"], [(1, 0)]),
        (
            np.array(["2026-01-01", "2026-01-02"], "M8[D]"),
            np.array(["2026-01-02T00", "2026-01-02T01"], "M8[h]"),
            [(1, 0)],
        ),
    ],
)
def test_labels_are_compared_exactly(a, b, expected):
    """Whatever dtypes meet; Python compares its numbers exactly."""
    group_a, group_b = read_groups("f", (a, b), 2, 2)
    i, j = np.nonzero(group_a[:, None] == group_b)
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    "labels",
    [
        [1.0, np.nan],
        ["x", None],
        ["x", float("nan")],
        [pd.NA, 2],
        pd.Series(["x", None]),
        np.array(["2026-01-01", "NaT"], "M8[D]"),
        np.array([None, 2], object),
    ],
)
def test_missing_labels_are_refused_and_the_remedy_is_right(labels):
    with pytest.raises(ValueError, match=r"f: 2 labels of by are missing .* leave the rows out") as refused:
        read_groups("f", (labels, labels), 2, 2)
    assert "\n" not in str(refused.value)
    rest = [x for x in labels if not pd.isna(x)]
    group_a, group_b = read_groups("f", (rest, rest), 1, 1)
    assert group_a == group_b


def test_tables_without_rows_have_labels_of_any_kind():
    for labels in (["x"], np.array(["2026-01-01"], "M8[D]"), [1]):
        assert [len(x) for x in read_groups("f", (labels, []), 1, 0)] == [1, 0]
        assert [len(x) for x in read_groups("f", ([], labels), 0, 1)] == [0, 1]
    assert [len(x) for x in read_groups("f", ([], []), 0, 0)] == [0, 0]


@pytest.mark.parametrize(
    ("by", "error", "message"),
    [
        ((["x", 1], ["x"]), TypeError, "f: the labels of by cannot be sorted; pass numbers or text, of one type"),
        ((np.array(["x", 1], object), [1]), TypeError, "f: the labels of by cannot be sorted"),
        ((np.array([1, 2], object), ["x"]), TypeError, "f: the labels of by cannot be sorted"),
        ((np.array(["2026-01-01"] * 2, "M8[D]"), ["x"]), TypeError, "labels of a have dtype datetime64.* and of b <U1"),
        ((np.array([b"x", b"y"]), ["x"]), TypeError, "labels of a have dtype .S1 and of b <U1; convert one of them"),
        ("xy", TypeError, "f: by must be two lists of labels, .* got 'xy'"),
        (([1], [1]), ValueError, r"each row of a \(2\) and of b \(1\), got shapes \(1,\), \(1,\)"),
        (([1, 2], ["x"]), TypeError, "labels of a have dtype int64 and of b <U1; convert one of them"),
    ],
)
def test_labels_that_do_not_fit(by, error, message):
    with pytest.raises(error, match=message):
        read_groups("f", by, 2, 1)

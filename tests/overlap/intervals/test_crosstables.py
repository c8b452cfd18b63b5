"""Oracles: cells of a raster counted one by one; `intervals.measure` of each two labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import intervals

row = st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("xyz"), st.sampled_from("fg"))
tables = st.lists(row, max_size=6)
CELLS = np.arange(20) + 0.5


def read(rows):
    times = np.array([(start, start + length) for start, length, _, _ in rows], float).reshape(-1, 2)
    labels = np.array([label for _, _, label, _ in rows], str)
    return times, labels, np.array([group for *_, group in rows], str)


def masks(times, labels, names):
    """Return for each name, and for none, which cells have it, (names + 1, cells)."""
    covers = (times[:, :1] < CELLS) & (times[:, 1:] > CELLS)
    named = np.array([covers[labels == name].any(axis=0) for name in names], bool).reshape(len(names), len(CELLS))
    return np.concatenate([named, ~named.any(axis=0, keepdims=True)])


@given(tables, tables, st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=3))
def test_cells_of_every_pair_of_labels(rows_a, rows_b, stretches):
    a, labels_a, groups_a = read(rows_a)
    b, labels_b, groups_b = read(rows_b)
    support = np.array([(start, start + length) for start, length in stretches], float)
    both = np.concatenate([support, support])
    groups = np.repeat(["f", "g"], len(support))
    table = intervals.contingency(a, b, (labels_a, labels_b), support=both, by=(groups_a, groups_b, groups))
    assert table.groups.tolist() == ["f", "g"]
    assert table.labels.tolist() == sorted({*labels_a.tolist(), *labels_b.tolist()})
    is_scored = masks(support, np.full(len(support), "x"), "x")[0]
    for group, duration in zip("fg", table.duration, strict=True):
        is_a = masks(a[groups_a == group], labels_a[groups_a == group], table.labels) & is_scored
        is_b = masks(b[groups_b == group], labels_b[groups_b == group], table.labels) & is_scored
        np.testing.assert_array_equal(duration, is_a.astype(int) @ is_b.T.astype(int))


def test_each_two_labels_overlap_as_sets_do():
    rng = np.random.default_rng(2)
    start = rng.uniform(0, 1e3, (2, 200, 1))
    a, b = np.concatenate([start, start + rng.exponential(5, start.shape)], axis=2)
    labels_a, labels_b = rng.choice(["x", "y"], (2, 200))
    table = intervals.contingency(a, b, (labels_a, labels_b))
    for i, one in enumerate(table.labels):
        for j, other in enumerate(table.labels):
            o = intervals.measure(a[labels_a == one], b[labels_b == other])
            assert table.duration[i, j] == pytest.approx(float(o.intersection), rel=1e-12)
    assert np.isnan(table.duration[-1, -1])
    assert np.isfinite(table.duration).sum() == 8


def test_nothing_at_all():
    table = intervals.contingency([], [], ([], []), support=[[0, 5]])
    assert table.duration.tolist() == [[5.0]]


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ((["x"],), ValueError, r"labels must hold a label for each row of each table \(1, 1 rows\)"),
        ((["x"], [1]), TypeError, "labels have dtypes <U1 and int64; convert one of them"),
        ("xy", TypeError, "labels must be a list of labels for each table"),
    ],
)
def test_wrong_labels(labels, error, message):
    with pytest.raises(error, match=message):
        intervals.contingency([[0, 1]], [[0, 1]], labels)


def test_times_have_no_unit():
    days = np.array([["2020-01-01", "2020-01-04"]], "datetime64[D]")
    with pytest.raises(TypeError, match="the rows are times; choose a unit"):
        intervals.contingency(days, days, (["x"], ["x"]))

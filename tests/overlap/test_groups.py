"""Labels of cases become numbers, whatever the labels are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from overlap._groups import are_comparable, number_groups, number_labels, read_labels, renumbered

KINDS = {
    "text": ["b", "a", "b", "c"],
    "array of text": np.array(["b", "a", "b", "c"]),
    "numbers": np.array([7, 2, 7, 9]),
    "fractions": np.array([0.7, -2, 0.7, 9]),
    "tuples": [("p", 1), ("p", 0), ("p", 1), ("q", 1)],
    "mixed": [7, "a", 7, ("q", 1)],
    "times": np.array(["2026-01-02", "2026-01-01", "2026-01-02", "2027-01-01"], "datetime64[D]"),
    "series": pd.Series(["b", "a", "b", "c"], index=[9, 8, 7, 6]),
    "categories": pd.Categorical(["b", "a", "b", "c"]),
    "a generator": (label for label in "bacb".replace("cb", "bc")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_groups_are_numbered_as_they_appear(kind):
    np.testing.assert_array_equal(number_groups("f", KINDS[kind], 4), [0, 1, 0, 2])


def test_renumbered_after_some_are_gone():
    np.testing.assert_array_equal(renumbered(np.array([3, 0, 3, 8])), [0, 1, 0, 2])


@pytest.mark.parametrize("labels", [["a", "b"], np.arange(5), [], (k for k in "ab")])
def test_another_number_of_labels_than_cases(labels):
    with pytest.raises(ValueError, match=r"^f: groups has \d labels for 3 cases; pass one for each case$"):
        number_groups("f", labels, 3)


@pytest.mark.parametrize(
    "labels",
    [
        ["a", None, "b"],
        ["a", float("nan"), "b"],
        ["a", pd.NA, "b"],
        np.array([1, np.nan, 2]),
        pd.Series(["a", None, "b"]),
        np.array(["2026-01-02", "NaT", "2026-01-03"], "datetime64[D]"),
    ],
)
def test_a_missing_label(labels):
    with pytest.raises(ValueError, match="case 1 has no label .*give it one or leave it out"):
        number_groups("f", labels, 3)


def test_labels_that_are_none():
    with pytest.raises(ValueError, match="groups is the text 'abc'"):
        number_groups("f", "abc", 3)
    with pytest.raises(ValueError, match=r"shape \(3, 2\).*tuples in a list"):
        number_groups("f", np.zeros((3, 2)), 3)
    with pytest.raises(ValueError, match="unhashable type: 'list'; pass text, numbers or tuples"):
        number_groups("f", [["a"], ["b"], ["c"]], 3)
    with pytest.raises(ValueError, match="at least two groups are needed, got 'a' for all 3 cases"):
        number_groups("f", ["a", "a", "a"], 3)


def test_a_list_of_several_types_keeps_them_apart():
    assert read_labels("f", "labels", [2**53 + 1, 0.5]).tolist() == [2**53 + 1, 0.5]
    assert read_labels("f", "labels", ["a", "b"]).dtype.kind == "U"
    assert read_labels("f", "labels", [[1, 2], [3, 4]]).shape == (2, 2)


def test_labels_of_several_tables_are_numbered_together():
    numbers = number_labels("f", "labels", np.array([3, 1], np.uint64), np.array([-1, 3]), np.zeros(0))
    assert numbers.tolist() == [2, 1, 0, 2]


def test_text_is_no_number():
    text, number, anything = np.array(["1"]), np.array([1]), np.array([1], object)
    time = np.array(["2026-01-01"], "M8[D]")
    assert [are_comparable(text, x) for x in (text, number, anything, time)] == [True, False, True, False]
    assert not are_comparable(anything, time)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.ramachandran.structures.groups import begins, first_of_each, group

ROWS = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 2)), max_size=20)


def columns(rows):
    array = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


@given(ROWS)
def test_a_run_begins_where_a_row_differs_from_the_one_before(rows):
    expected = [i == 0 or rows[i] != rows[i - 1] for i in range(len(rows))]
    assert begins(*columns(rows)).tolist() == expected


@given(ROWS)
def test_equal_rows_have_one_number_in_the_order_of_their_values(rows):
    in_order = sorted(set(rows))
    assert group(*columns(rows)).tolist() == [in_order.index(row) for row in rows]


def test_text_is_grouped_too():
    assert group(np.array(["b", "a", "b"]), np.array([1, 1, 1])).tolist() == [1, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=20))
def test_the_first_of_each_key_among_the_marked_rows(rows):
    key = np.array([k for k, _ in rows], dtype=np.int64)
    among = np.array([marked for _, marked in rows], dtype=bool)
    seen = set()
    expected = []
    for k, marked in rows:
        expected.append(marked and k not in seen)
        if marked:
            seen.add(k)
    assert first_of_each(key, among).tolist() == expected


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint64])
def test_integers_of_any_width(dtype):
    assert group(np.array([3, 1, 3], dtype=dtype)).tolist() == [1, 0, 1]

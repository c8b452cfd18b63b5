"""Every pair looked at one by one is the second opinion."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.events import as_events, as_support
from domains.events.protocols.criteria import collar, groups, near_enough, same_segment, shared_time, tiou

ROWS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from("fg"), st.sampled_from("xy")), max_size=8
)


def table(rows):
    columns = {"onset": [r[0] / 10 for r in rows], "offset": [(r[0] + r[1]) / 10 for r in rows]}
    return as_events(pd.DataFrame(columns).assign(file=[r[2] for r in rows], label=[r[3] for r in rows]))


def one_by_one(a, b, value):
    rows = [(i, j, value(x, y)) for i, x in enumerate(a.itertuples()) for j, y in enumerate(b.itertuples())]
    return {(i, j): v for i, j, v in rows if v is not None}


def as_dict(pairs):
    return {(int(i), int(j)): float(v) for i, j, v in zip(*pairs, strict=True)}


def shared(x, y):
    return min(x.offset, y.offset) - max(x.onset, y.onset)


@settings(max_examples=10)
@given(ROWS, ROWS)
def test_tiou(left, right):
    def value(x, y):
        inter = shared(x, y)
        union = max(x.offset, y.offset) - min(x.onset, y.onset)
        if (x.file, x.label) != (y.file, y.label):
            return None
        return 1.0 if union == 0 else inter / union if inter > 0 else None

    a, b = table(left), table(right)
    expected = one_by_one(a, b, value)
    found = {k: v for k, v in as_dict(tiou(a, b)).items() if v > 0}
    assert found.keys() == expected.keys()
    np.testing.assert_allclose([found[k] for k in expected], list(expected.values()), rtol=1e-12)


@settings(max_examples=10)
@given(ROWS, ROWS)
@pytest.mark.parametrize("onset", [0.2, None])
@pytest.mark.parametrize("offset", [0.2, None])
def test_collars(onset, offset, left, right):
    if onset is None and offset is None:
        return

    def value(x, y):
        # sed_eval's own comparisons
        near = onset is None or abs(y.onset - x.onset) <= onset
        near &= offset is None or abs(y.offset - x.offset) <= max(offset, 0.5 * (y.offset - y.onset))
        return float(x.label == y.label) if near and x.file == y.file else None

    a, b = table(left), table(right)
    assert as_dict(collar(a, b, onset=onset, offset=offset)) == one_by_one(a, b, value)


def test_a_collar_with_a_tolerance():
    a, b = as_events([[2.2, 3.2]]), as_events([[2.0, 3.0]])
    assert len(collar(a, b).value) == 0
    assert len(collar(a, b, tolerance=1e-9).value) == 1
    assert len(collar(as_events([[2.2001, 3.2]]), b, tolerance=1e-9).value) == 0


@settings(max_examples=10)
@given(ROWS, ROWS)
def test_shared_time(left, right):
    a, b = table(left), table(right)
    expected = one_by_one(
        a, b, lambda x, y: shared(x, y) if (x.file, x.label) == (y.file, y.label) and shared(x, y) > 0 else None
    )
    found = {k: v for k, v in as_dict(shared_time(a, b)).items() if v > 0}
    assert found == pytest.approx(expected)


def test_segments_of_one_place():
    a = as_events(pd.DataFrame({"onset": [0, 1, 1.0], "offset": [1, 2, 2.0], "label": list("xxy")})).assign(
        segment=[0, 1, 1]
    )
    b = as_events(pd.DataFrame({"onset": [1.0], "offset": [2.0], "label": ["x"]})).assign(segment=[1])
    assert as_dict(same_segment(a, b)) == {(1, 0): 1.0, (2, 0): 0.0}


@pytest.mark.parametrize(
    ("points", "expected"),
    [("same", {(0, 0): 1.0}), ("never", {(0, 0): 0.0}), ("any", {(0, 0): 1.0, (0, 1): 1.0, (1, 0): 1.0, (1, 1): 1.0})],
)
def test_events_without_duration(points, expected):
    a, b = as_events([[5, 5], [7, 7.0]]), as_events([[5, 5], [6, 6.0]])
    assert as_dict(tiou(a, b, points=points)) == expected


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ([60, 70], False),
        ([60, 70.2], True),
        ([179.8, 190], True),
        ([180, 190], False),
        ([130, 131], True),
    ],
)
def test_a_reference_reaches_30_s_back_and_60_s_on(event, found):
    reference, support = as_events([[100, 120]]), as_support(3600, [""])
    for rate in (10.0, None):
        assert (len(near_enough(as_events([event]), reference, support, rate=rate).value) == 1) is found


def test_a_reference_reaches_no_further_than_the_recording():
    pairs = near_enough(as_events([[0, 20]]), as_events([[10, 20]]), as_support(40, [""]), min_overlap=0.45)
    assert pairs.value.tolist() == [20.0], "20 of 40 s, not of 100"


def test_predictions_cover_together_and_once():
    reference, support = as_events([[100, 200]]), as_support(3600, [""])
    options = {"before": 0, "after": 0, "min_overlap": 0.5}
    assert len(near_enough(as_events([[100, 130], [170, 200]]), reference, support, **options).value) == 2
    assert len(near_enough(as_events([[100, 130], [100, 130]]), reference, support, **options).value) == 0


def test_groups():
    a = pd.DataFrame({"file": ["f", "g"], "label": ["x", "x"]})
    b = pd.DataFrame({"file": ["g"], "label": ["x"]})
    of_a, of_b = groups(a, b, "file", "label")
    assert of_a[1] == of_b[0]
    assert of_a[0] != of_a[1]


def test_a_hundred_thousand_events_make_no_square():
    rng = np.random.default_rng(0)
    start = np.sort(rng.uniform(0, 1e6, 100_000))
    a = as_events(np.stack([start, start + rng.uniform(0.1, 5, len(start))], axis=1))
    pairs = tiou(a, a)
    assert len(pairs.value) < 1_000_000
    assert (pairs.value[pairs.prediction == pairs.reference] == 1).all()

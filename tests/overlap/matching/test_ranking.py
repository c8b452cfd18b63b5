"""Oracles: plain loops after the benchmarks, scikit-learn, cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from overlap import matching

rng = np.random.default_rng(11)


def matrices(limit=5):
    """Small matrices with ties and NaN."""
    value = st.sampled_from([0.0, 0.1, 0.3, 0.3, 0.5, 0.7, 0.9, 1.0, np.nan])
    sides = st.tuples(st.integers(0, limit), st.integers(0, limit))
    return sides.flatmap(
        lambda s: st.lists(value, min_size=s[0] * s[1], max_size=s[0] * s[1]).map(lambda x: np.array(x).reshape(s))
    )


def stored(scores):
    """The same candidates as a sparse matrix, unsorted."""
    row, column = np.nonzero(~np.isnan(scores))
    turn = rng.permutation(len(row))
    return sparse.coo_array((scores[row, column][turn], (row[turn], column[turn])), scores.shape)


def plain_claims(confidence, scores, threshold, fall_back):
    """One prediction after the other, as the benchmarks' own loops do."""
    taken, claimed = set(), np.full(len(confidence), -1)
    for i in np.argsort(-np.asarray(confidence), kind="stable"):
        for j in np.argsort(-np.nan_to_num(scores[i], nan=-1), kind="stable"):
            if not scores[i, j] >= threshold:
                break
            if j not in taken:
                taken.add(j)
                claimed[i] = j
                break
            if not fall_back:
                break
    return claimed


def plain_area(hits, n):
    """Pascal VOC's development kit: the envelope of precision, summed where recall changes."""
    hits = np.asarray(hits, float)
    recall = np.concatenate([[0], np.cumsum(hits) / n, [1]])
    precision = np.concatenate([[0], np.cumsum(hits) / np.arange(1, len(hits) + 1), [0]])
    for k in range(len(precision) - 2, -1, -1):
        precision[k] = max(precision[k], precision[k + 1])
    steps = np.flatnonzero(recall[1:] != recall[:-1]) + 1
    return np.sum((recall[steps] - recall[steps - 1]) * precision[steps])


@given(matrices(), st.booleans(), st.randoms(use_true_random=False))
def test_claims_against_a_plain_loop(scores, fall_back, random):
    confidence = [random.choice([0.2, 0.4, 0.6, 0.8]) for _ in scores]
    steps = np.array([0.0, 0.3, 0.5, 2.0])
    expected = [plain_claims(confidence, scores, t, fall_back) for t in steps]
    for given_as in (scores, stored(scores)):
        np.testing.assert_array_equal(matching.claim(confidence, given_as, steps, fall_back=fall_back), expected)
    np.testing.assert_array_equal(matching.claim(confidence, scores, 0.3, fall_back=fall_back), expected[1])


def test_falling_back():
    scores = [[0.9, 0.6], [0.8, 0.7]]
    assert matching.claim([0.9, 0.8], scores, 0.5).tolist() == [0, 1]
    assert matching.claim([0.9, 0.8], scores, 0.5, fall_back=False).tolist() == [0, -1]


@pytest.mark.parametrize("fall_back", [True, False])
def test_average_precision_against_plain_loops(fall_back):
    n, m, classes = 400, 150, 5
    label_a, label_b = rng.integers(0, classes + 1, n), rng.integers(0, classes, m)  # one class has no reference
    scores = np.where(rng.random((n, m)) < 0.1, rng.random((n, m)), 0)
    confidence, steps = rng.random(n), np.array([0.3, 0.5, 0.7])
    got = matching.average_precision(
        confidence, sparse.csr_array(scores), steps, labels_a=label_a, labels_b=label_b, fall_back=fall_back
    )
    assert got.shape == (3, classes)
    assert len(set(got.ravel())) == got.size
    for t, c in np.ndindex(got.shape):
        a, b = label_a == c, label_b == c
        hits = plain_claims(confidence[a], scores[a][:, b], steps[t], fall_back) >= 0
        expected = plain_area(hits[np.argsort(-confidence[a])], b.sum())
        np.testing.assert_allclose(got[t, c], expected, rtol=1e-14)


def test_average_precision_of_known_claims_against_a_plain_loop():
    label_a = np.array([7, 3, 7, 7, 9, 3])
    label_b = np.array([3, 7, 7])
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    claimed = np.array([[1, 0, -1, 2, -1, -1], [-1, -1, -1, 2, -1, 0]])
    expected = [
        [plain_area([1, 0], 1), plain_area([1, 0, 1], 2)],
        [plain_area([0, 1], 1), plain_area([0, 0, 1], 2)],
    ]
    got = matching.average_precision_of_claims(confidence, claimed, labels_a=label_a, labels_b=label_b)
    np.testing.assert_allclose(got, expected, rtol=1e-15)
    one = matching.average_precision_of_claims(confidence, claimed[1], labels_a=label_a, labels_b=label_b, ties="index")
    np.testing.assert_allclose(one, expected[1], rtol=1e-15)


@pytest.mark.parametrize(
    ("claimed", "labels_a", "kind", "message"),
    [
        ([0, 2], [0, 0], ValueError, "1 claims are of no reference; pass the row of one, 0 to 1, or -1"),
        ([-2, 0], [0, 0], ValueError, "1 claims are of no reference"),
        ([1, 1], [0, 0], ValueError, "a reference is claimed twice"),
        ([0, 1], [0, 1], ValueError, "1 claims are of a reference of another class"),
        ([0.0, 1.0], [0, 0], TypeError, "claimed has dtype float64; pass whole numbers"),
        (0, [0, 0], ValueError, r"claimed has shape \(\)"),
        ([0, 1, -1], [0, 0], ValueError, r"must be one for each prediction \(3\)"),
    ],
)
def test_claims_that_cannot_be_are_refused(claimed, labels_a, kind, message):
    with pytest.raises(kind, match=f"matching.average_precision_of_claims: .*{message}"):
        matching.average_precision_of_claims([0.5, 0.4], claimed, labels_a=labels_a, labels_b=[0, 0])


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1))
def test_scikit_learn_where_precision_only_falls(ranked):
    """Without an envelope, but with ties together; the same number where the envelope changes nothing."""
    metrics = pytest.importorskip("sklearn.metrics")
    confidence, hit = (np.array(x) for x in zip(*ranked, strict=True))
    if not hit.any():
        return
    precision, _, _ = metrics.precision_recall_curve(hit, confidence)
    scores = np.zeros((len(hit), hit.sum()))
    scores[np.flatnonzero(hit), np.arange(hit.sum())] = 1
    got = matching.average_precision(confidence, scores)
    expected = metrics.average_precision_score(hit, confidence)
    assert got >= expected - 1e-12
    if np.all(np.diff(precision[:-1]) >= 0):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_a_staircase_worked_by_hand():
    # hit, miss, hit, hit, miss, hit; five references: (1 + 3 · 3/4 ...) / 5
    scores = np.zeros((6, 5))
    scores[[0, 2, 3, 5], [0, 1, 2, 3]] = 0.8
    got = matching.average_precision([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], scores)
    np.testing.assert_allclose(got, (1 + 3 / 4 + 3 / 4 + 4 / 6) / 5, rtol=1e-15)


def test_ties_do_not_depend_on_the_order_of_rows():
    scores = np.diag([1.0, 0, 1, 0, 1, 0, 0])
    confidence = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.1])
    areas = set()
    for _ in range(20):
        turn = rng.permutation(7)
        assert matching.average_precision(confidence[turn], scores[turn]) == pytest.approx(3 * (1 / 2) / 7)
        areas.add(float(matching.average_precision(confidence[turn], scores[turn], ties="index")))
    assert len(areas) > 1


def test_shapes_of_average_precision():
    scores, confidence = np.eye(3), [0.9, 0.8, 0.7]
    labels = {"labels_a": ["x", "y", "x"], "labels_b": ["x", "y", "x"]}
    assert matching.average_precision(confidence, scores).shape == ()
    assert matching.average_precision(confidence, scores, [0.5, 0.7]).tolist() == [1, 1]
    assert matching.average_precision(confidence, scores, **labels).tolist() == [1, 1]
    assert matching.average_precision(confidence, scores, [0.5, 0.7, 0.9], **labels).shape == (3, 2)


def test_classes_without_predictions_or_references():
    got = matching.average_precision([0.9], [[1.0, 0.0]], labels_a=[3], labels_b=[3, 5])
    assert got.tolist() == [1, 0]
    unknown = matching.average_precision([0.95, 0.9], np.ones((2, 2)), labels_a=[4, 3], labels_b=[3, 5])
    assert unknown.tolist() == [1, 0]
    assert np.isnan(matching.average_precision([0.9], np.zeros((1, 0))))
    assert matching.average_precision([], np.zeros((0, 2))) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matching.claim([0.5], np.ones((2, 2)), 0.5), r"one number for each of the 2 predictions"),
        (lambda: matching.claim([0.5, np.nan], np.ones((2, 2)), 0.5), "matching.claim: 1 confidences are NaN"),
        (lambda: matching.average_precision([0.5], [[1.0]], labels_a=[1]), "both or none"),
        (lambda: matching.average_precision([0.5], [[1.0]], labels_a=[1, 2], labels_b=[1]), r"labels_a \(2,\)"),
        (
            lambda: matching.average_precision([0.5], [[1.0]], ties="rows"),
            "ties must be one of 'together', 'index', got 'rows'",
        ),
    ],
)
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()

"""Oracles: brute force over all matchings, plain loops after the benchmarks, scikit-learn, cases worked by hand."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, sparse

import overlap as ov
from overlap import matching, oriented
from overlap.matching.candidates import BATCH

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


# ---------------------------------------------------------------- matching


def best_by_brute_force(scores, threshold):
    """Return the greatest number of pairs, and the greatest total score of as many."""
    n, m = scores.shape
    for size in range(min(n, m), 0, -1):
        totals = [
            scores[list(rows), list(columns)].sum()
            for rows in combinations(range(n), size)
            for columns in permutations(range(m), size)
            if np.all(scores[list(rows), list(columns)] >= threshold)
        ]
        if totals:
            return size, max(totals)
    return 0, 0.0


@given(matrices(4), st.sampled_from([-np.inf, 0.0, 0.3, 0.5, 2.0]))
def test_optimal_against_brute_force(scores, threshold):
    for given_as in (scores, stored(scores), sparse.csr_matrix(stored(scores))):
        m = matching.match(given_as, threshold)
        size, total = best_by_brute_force(scores, threshold)
        assert m.n == size
        np.testing.assert_allclose(m.scores.sum(), total, rtol=1e-12)


@given(matrices(), st.sampled_from([0.0, 0.3, 0.5]), st.sampled_from(["optimal", "greedy"]))
def test_a_matching_is_one_to_one(scores, threshold, method):
    m = matching.match(scores, threshold, method)
    a, b = m.pairs.T
    assert m.scores.tolist() == scores[a, b].tolist()
    assert np.all(m.scores >= threshold)
    assert np.all(np.diff(a) > 0)
    assert sorted([*a, *m.unmatched_a]) == list(range(scores.shape[0]))
    assert sorted([*b, *m.unmatched_b]) == list(range(scores.shape[1]))
    assert [int(x) for x in (m.overlap.intersection, m.overlap.size_a, m.overlap.size_b)] == [m.n, *scores.shape]


@given(matrices(), st.sampled_from([0.0, 0.3, 0.5]))
def test_greedy_against_a_plain_loop(scores, threshold):
    pairs = [(-scores[i, j], i, j) for i, j in np.ndindex(scores.shape) if scores[i, j] >= threshold]
    rows, columns, expected = set(), set(), []
    for _, i, j in sorted(pairs):
        if i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            expected.append([i, j])
    assert matching.match(scores, threshold, "greedy").pairs.tolist() == sorted(expected)
    assert matching.match(stored(scores), threshold, "greedy").pairs.tolist() == sorted(expected)


def test_optimal_finds_what_greedy_misses():
    chain = np.diag(np.full(6, 0.6)) + np.diag(np.full(5, 0.7), 1)
    assert matching.match(chain, 0.5, "greedy").n == 5
    assert matching.match(chain, 0.5).n == 6


def test_many_components_of_all_sizes():
    """More pairs than one batch holds, against scipy's dense solver on each block."""
    sizes = rng.integers(1, 12, (400, 2))
    blocks = [np.round(rng.random(size), 2) for size in sizes]
    m = matching.match(sparse.block_diag(blocks), 0.0)
    assert sum(b.size for b in blocks) > 5 * BATCH
    assert m.n == sizes.min(1).sum()
    best = sum(b[optimize.linear_sum_assignment(b, maximize=True)].sum() for b in blocks)
    np.testing.assert_allclose(m.scores.sum(), best, rtol=1e-12)


def test_one_large_component():
    place = np.sort(rng.uniform(0, 100, (2, 500)), axis=1)
    scores = -abs(place[0][:, None] - place[1])
    m = matching.match(scores, -1.0)
    cost = np.where(scores >= -1, -scores, 1e4)
    row, column = optimize.linear_sum_assignment(cost)
    real = cost[row, column] <= 1
    assert m.n == real.sum()
    np.testing.assert_allclose(m.scores.sum(), -cost[row, column][real].sum(), rtol=1e-9)


def test_the_number_of_pairs_outweighs_any_score():
    scores = np.full((300, 300), np.nan)
    k = np.arange(300)
    scores[k, k] = 0.0
    scores[k[:-1], k[1:]] = 1e6
    m = matching.match(scores, -1.0)
    assert m.n == 300
    assert m.scores.sum() == 0


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 3)])
@pytest.mark.parametrize("method", ["optimal", "greedy"])
def test_nothing_to_match(shape, method):
    m = matching.match(np.zeros(shape), 0.5, method)
    assert m.pairs.shape == (0, 2)
    assert (len(m.unmatched_a), len(m.unmatched_b)) == shape
    assert matching.threshold_curve(np.zeros(shape), [0.5], method).intersection.tolist() == [0]


def test_threshold_is_inclusive_and_absent_entries_are_no_candidates():
    assert matching.match([[0.5]], 0.5).n == 1
    assert matching.match([[0.5]], np.nextafter(0.5, 1)).n == 0
    assert matching.match(sparse.csr_array((2, 2)), -1.0).n == 0
    assert matching.match(np.zeros((2, 2)), -1.0).n == 2
    assert matching.match(np.zeros((2, 2)), np.nextafter(0, 1)).n == 0


@given(matrices(), st.sampled_from(["optimal", "greedy"]))
def test_threshold_curve_counts_what_match_finds(scores, method):
    steps = [0.5, 0.0, 0.3, 0.95, 2.0]
    for given_as in (scores, stored(scores)):
        o = matching.threshold_curve(given_as, steps, method)
        assert o.intersection.tolist() == [matching.match(scores, t, method).n for t in steps]
        assert (o.size_a.tolist(), o.size_b.tolist()) == ([scores.shape[0]] * 5, [scores.shape[1]] * 5)


def test_f1_of_a_matching():
    m = matching.match(np.diag([0.9, 0.6, 0.4])[:, :2], 0.5)
    assert ov.dice(m.overlap) == 2 * 2 / (3 + 2)
    assert ov.precision(m.overlap) == 2 / 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matching.match(np.zeros(3), 0.5), r"match: scores has shape \(3,\)"),
        (lambda: matching.match([["a"]], 0.5), "match: scores has shape"),
        (lambda: matching.match([[1.0]], np.nan), "match: the threshold is NaN"),
        (lambda: matching.match([[np.inf]], 0.5), "match: 1 scores are infinite"),
        (lambda: matching.match([[1.0]], 0.5, "best"), '"optimal" or "greedy", got \'best\''),
        (lambda: matching.threshold_curve([[1.0]], [0.5, np.nan]), "threshold_curve: the threshold is NaN"),
        (lambda: matching.claim([0.5], np.ones((2, 2)), 0.5), r"one number for each prediction \(2\)"),
        (lambda: matching.claim([0.5, np.nan], np.ones((2, 2)), 0.5), "claim: 1 confidences are NaN"),
        (lambda: matching.average_precision([0.5], [[1.0]], labels_a=[1]), "both or none"),
        (lambda: matching.average_precision([0.5], [[1.0]], labels_a=[1, 2], labels_b=[1]), r"labels_a \(2,\)"),
        (lambda: matching.average_precision([0.5], [[1.0]], ties="rows"), '"together" or "index"'),
        (lambda: matching.nms([0.5, 0.6], np.ones((3, 3)), 0.5), r"shape \(2, 2\), got \(3, 3\)"),
        (lambda: matching.nms([0.5, np.nan], np.ones((2, 2)), 0.5), "nms: 1 confidences are NaN"),
        (lambda: matching.nms([0.5], [[1.0]], np.nan), "threshold is NaN"),
        (lambda: matching.nms([0.5], [[1.0]], 0.5, labels=[1, 2]), "one for each of the 1 scores"),
        (lambda: matching.ranking_score(0.5, 0.5, 1.5), r"in \[0, 1\], got 1.5"),
        (lambda: matching.assign(np.ones((2, 2)), 0.4, 0.5), "must not exceed positive"),
        (lambda: matching.assign(np.ones(2)), r"got \(2,\)"),
    ],
)
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- claims and average precision


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


# ---------------------------------------------------------------- suppression


def plain_nms(scores, pairwise, threshold):
    order, kept = list(np.argsort(-np.asarray(scores), kind="stable")), []
    while order:
        best = order.pop(0)
        kept.append(best)
        order = [i for i in order if not pairwise[best, i] > threshold]
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_nms_against_a_plain_loop(threshold):
    for _ in range(20):
        half = np.triu(np.round(rng.random((12, 12)), 1))
        pairwise, scores = np.maximum(half, half.T), np.round(rng.random(12), 1)
        expected = plain_nms(scores, pairwise, threshold)
        assert matching.nms(scores, pairwise, threshold).tolist() == expected
        assert matching.nms(scores, sparse.csr_array(pairwise), threshold).tolist() == expected
        assert matching.nms(scores, lambda i, j, p=pairwise: p[i, j], threshold).tolist() == expected


def test_nms_asks_only_for_what_is_left():
    asked = []

    def pairwise(i, rest):
        asked.append((i, rest.tolist()))
        return np.where(rest == i + 1, 1.0, 0.0)

    assert matching.nms([0.9, 0.8, 0.7, 0.6], pairwise, 0.5).tolist() == [0, 2]
    assert asked == [(0, [1, 2, 3]), (2, [3])]


def test_nms_of_classes():
    everything = np.ones((4, 4))
    assert matching.nms([0.1, 0.2, 0.3, 0.4], everything, 0.5, labels=["a", "b", "a", "b"]).tolist() == [3, 2]


def test_nms_is_strict_and_stable():
    assert matching.nms([0.5, 0.5], np.full((2, 2), 0.5), 0.5).tolist() == [0, 1]
    assert matching.nms([0.5, 0.5], np.full((2, 2), 0.6), 0.5).tolist() == [0]
    assert matching.nms([], np.zeros((0, 0)), 0.5).tolist() == []


def test_cars_parked_at_right_angles():
    """Their axis-aligned boxes overlap and one is lost; the rotated ones do not."""
    cars = np.array([[0, 0, 4, 1.6, np.pi / 4], [1.9, 1.9, 4, 1.6, -np.pi / 4]])
    reach = (cars[:, 2] + cars[:, 3]) / 2 * np.sqrt(0.5)
    lo, hi = cars[:, :2] - reach[:, None], cars[:, :2] + reach[:, None]
    common = np.clip(np.minimum(hi[:, None], hi) - np.maximum(lo[:, None], lo), 0, None).prod(-1)
    area = (hi - lo).prod(-1)
    upright = common / (area[:, None] + area - common)
    assert matching.nms([0.9, 0.8], upright, 0.15).tolist() == [0]
    assert matching.nms([0.9, 0.8], oriented.pairwise(cars, cars), 0.15).tolist() == [0, 1]


# ---------------------------------------------------------------- scores and assignment


def test_ranking_score(backend):
    p, q = rng.random(6), rng.random(6)
    score = matching.ranking_score(backend.asarray(p), backend.asarray(q))
    np.testing.assert_array_equal(backend.to_numpy(score), p * q)
    for a, expected in ((0.5, np.sqrt(p * q)), (1.0, p), (0.0, q)):
        got = backend.to_numpy(matching.ranking_score(backend.asarray(p), backend.asarray(q), a))
        np.testing.assert_allclose(got, expected, rtol=1e-14)


OVERLAPS = np.array(
    [
        [0.70, 0.10, 0.00],  # positive
        [0.45, 0.00, 0.00],  # between: ignored
        [0.10, 0.30, 0.00],  # background, but the best that reference 1 has
        [0.50, 0.50, 0.00],  # ≥, ties to the lower reference
        [0.40, 0.00, 0.00],  # not < 0.4
        [np.nan, 0.2, np.nan],  # NaN is no overlap
    ]
)


def test_assign(backend):
    got = backend.to_numpy(matching.assign(backend.asarray(OVERLAPS)))
    assert got.tolist() == [0, -2, -1, 0, -2, -1]


def test_assign_low_quality(backend):
    overlaps = OVERLAPS.copy()
    overlaps[3, 1] = 0
    got = backend.to_numpy(matching.assign(backend.asarray(overlaps), low_quality=True))
    # reference 1 gets its best anchor; reference 2 overlaps nothing and gets none
    assert got.tolist() == [0, -2, 1, 0, -2, -1]


def test_low_quality_keeps_positives_and_gives_ties_to_all():
    overlaps = np.array([[0.9, 0.3], [0.0, 0.3], [0.2, 0.1]])
    assert matching.assign(overlaps, low_quality=True).tolist() == [0, 1, -1]
    assert matching.assign(np.array([[0.8, 0.6], [0.9, 0.0]]), low_quality=True).tolist() == [0, 0]
    wanted_twice = np.array([[0.2, 0.3], [0.1, 0.1]])
    assert matching.assign(wanted_twice, low_quality=True).tolist() == [1, -1]


@pytest.mark.parametrize("low_quality", [True, False])
def test_assign_a_batch_and_nothing(low_quality):
    batch = rng.random((3, 5, 4))
    got = matching.assign(batch, 0.9, 0.8, low_quality)
    for k in range(3):
        np.testing.assert_array_equal(got[k], matching.assign(batch[k], 0.9, 0.8, low_quality))
    assert matching.assign(np.zeros((3, 0)), low_quality=low_quality).tolist() == [-1, -1, -1]
    assert matching.assign(np.zeros((0, 3)), low_quality=low_quality).tolist() == []


def test_assign_under_vmap():
    torch = pytest.importorskip("torch")
    batch = torch.rand(3, 5, 4)
    got = torch.func.vmap(lambda x: matching.assign(x, low_quality=True))(batch)
    assert torch.equal(got, matching.assign(batch, low_quality=True))

"""Oracles: plain loops over the matrix of all overlaps, as the papers write them."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from overlap import _suppression
from overlap._suppression import best_first, read_rules, soften, suppress, suppress_stored

rng = np.random.default_rng(17)


def plain_hard(scores, matrix, threshold, labels):
    order, kept = sorted(range(len(scores)), key=lambda i: (-scores[i], i)), []
    while order:
        best = order.pop(0)
        kept.append(best)
        order = [i for i in order if labels[i] != labels[best] or not matrix[best, i] > threshold]
    return kept


def plain_soft(scores, matrix, labels, share):
    """Bodla 2017, figure 2."""
    left, scores, order = set(range(len(scores))), [float(s) for s in scores], []
    while left:
        best = min(left, key=lambda i: (-scores[i], i))
        left.remove(best)
        order.append(best)
        for i in left:
            if labels[i] == labels[best]:
                scores[i] *= share(matrix[best, i])
    return order, [scores[i] for i in order]


def scene(n):
    """Overlaps, scores and labels of which many are equal."""
    half = np.triu(np.round(rng.random((n, n)) * (rng.random((n, n)) < 0.4), 1))
    return np.round(rng.random(n), 1), np.maximum(half, half.T), rng.integers(0, 2, n)


def of_matrix(matrix, labels, asked=None):
    """Return the overlaps of two lists of rows, in two blocks."""

    def overlaps(first, second):
        if asked is not None:
            asked.append((len(first), len(second)))
        i, j = np.nonzero((labels[first][:, None] == labels[second]) & (matrix[np.ix_(first, second)] > 0))
        i, j = first[i], second[j]
        for part in (slice(0, 3), slice(3, None)):
            yield i[part], j[part], matrix[i[part], j[part]]

    return overlaps


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("n", [0, 1, 2, 25])
def test_hard(n, threshold, monkeypatch):
    """In rounds of two, four, eight ... rows, and from all pairs at once."""
    monkeypatch.setattr(_suppression, "_FIRST", 2)
    monkeypatch.setattr(_suppression, "_GROWTH", 2)
    for _ in range(10):
        scores, matrix, labels = scene(n)
        rules = read_rules("f", scores, n, threshold, labels, "hard", 0.5)
        expected = plain_hard(scores, matrix, threshold, labels)
        assert suppress(rules, of_matrix(matrix, labels)).tolist() == expected
        i, j = np.nonzero((matrix > threshold) & (labels[:, None] == labels))
        assert suppress_stored(rules, (i, j, matrix[i, j])).tolist() == expected


@pytest.mark.parametrize("n", [0, 1, 2, 25])
@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft(n, method):
    share = {"linear": lambda o: 1 - o if o >= 0.3 else 1.0, "gaussian": lambda o: exp(-(o**2) / 0.2)}[method]
    for _ in range(10):
        scores, matrix, labels = scene(n)
        scores = np.round(scores + 0.1, 1)
        rules = read_rules("f", scores, n, 0.3, labels, method, 0.2)
        order, left = plain_soft(scores, matrix, labels, share)
        index, score = suppress(rules, of_matrix(matrix, labels))
        assert index.tolist() == order
        np.testing.assert_allclose(score, left, rtol=1e-13, atol=0)
        assert (np.diff(score) <= 0).all()


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_rows_in_another_order_are_told_by_the_numbers_they_came_with(method):
    """And ties are still by those."""
    scores, matrix, labels = scene(25)
    rules = read_rules("f", scores, 25, 0.3, labels, method, 0.2)
    rows = rng.permutation(25)
    again = suppress(rules.renumbered(rows), of_matrix(matrix[np.ix_(rows, rows)], labels[rows]))
    expected = suppress(rules, of_matrix(matrix, labels))
    np.testing.assert_allclose(np.stack(again), np.stack(expected), rtol=1e-14)


def test_what_is_suppressed_is_never_asked_for_again(monkeypatch):
    monkeypatch.setattr(_suppression, "_FIRST", 2)
    asked = []
    everything, one_class = np.ones((100, 100)), np.zeros(100, int)
    rules = read_rules("f", rng.random(100), 100, 0.5, None, "hard", 0.5)
    assert len(suppress(rules, of_matrix(everything, one_class, asked))) == 1
    assert sum(n * m for n, m in asked) == 2 * 2 + 1 * 98


def test_a_nan_and_a_negative_overlap_are_none():
    pairs = (np.array([0, 0, 1, 2]), np.array([1, 2, 0, 0]), np.array([np.nan, -0.5, np.nan, -0.5]))
    for method in ("linear", "gaussian", "hard"):
        rules = read_rules("f", [0.9, 0.8, 0.7], 3, 0.0, None, method, 0.5)
        felt = [x[rules.is_felt(pairs[2])] for x in pairs]
        kept = suppress_stored(rules, tuple(felt))
        index = kept if method == "hard" else kept[0]
        assert index.tolist() == [0, 1, 2]


def test_scores_fall_again_and_again():
    """A row that falls behind another is taken after it: its neighbour is weakened by what comes first then."""
    chain = {0: ([1], [0.5]), 1: ([2, 0], [0.25, 0.5]), 2: ([1], [0.25])}
    rules = read_rules("f", [1.0, 0.9, 0.8], 3, 0.5, None, "gaussian", 0.5)
    index, score = soften(rules, chain.__getitem__)
    assert index.tolist() == [0, 2, 1]
    np.testing.assert_allclose(score, [1, 0.8, 0.9 * 0.5 * 0.25], rtol=1e-15)


def test_ties_by_index():
    assert best_first(np.array([0.5, 0.7, 0.5, 0.7])).tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"scores": [0.5]}, ValueError, r"f: scores has shape \(1,\); pass one number for each of the 2 rows"),
        ({"scores": [0.5, np.nan]}, ValueError, "f: 1 scores are NaN; leave those rows out"),
        ({"scores": ["a", "b"]}, TypeError, "f: scores has dtype <U1"),
        ({"threshold": np.nan}, ValueError, "f: the threshold is NaN"),
        ({"threshold": "0.5"}, TypeError, "f: threshold must be one number"),
        ({"labels": [1]}, ValueError, r"f: labels has shape \(1,\); pass one for each of the 2 scores"),
        ({"labels": [1, np.nan]}, ValueError, r"f: 1 labels are missing \(None, NaN or NaT\)"),
        ({"labels": ["cat", np.nan]}, ValueError, "f: 1 labels are missing"),
        ({"labels": [None, None]}, ValueError, "f: 2 labels are missing"),
        ({"labels": np.array([1, "a"], object)}, TypeError, "f: the labels cannot be sorted"),
        ({"method": "soft"}, ValueError, "f: method must be one of 'hard', 'linear', 'gaussian'"),
        ({"sigma": 0}, ValueError, "f: sigma must be positive, got 0; 0.5 is usual"),
        ({"method": "linear", "scores": [-1.5, 3]}, ValueError, "none may be negative or infinite, got -1.5 to 3"),
    ],
)
def test_refused(changed, error, message):
    right = {"scores": [0.5, 0.6], "threshold": 0.5, "labels": None, "method": "hard", "sigma": 0.5}
    with pytest.raises(error, match=message):
        read_rules("f", n=2, **(right | changed))


def test_the_remedy_for_logits():
    logits = np.array([-1.5, 3])
    rules = read_rules("f", 1 / (1 + np.exp(-logits)), 2, 0.5, None, "linear", 0.5)
    assert suppress_stored(rules, (np.array([1]), np.array([0]), np.array([0.5])))[0].tolist() == [1, 0]

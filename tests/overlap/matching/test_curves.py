"""Oracles: curves worked by hand, and plain loops over them."""

from __future__ import annotations

import numpy as np

from overlap.matching import curves

rng = np.random.default_rng(4)
HITS = np.array([[True, False, True, True, False]])
NOT_COUNTED = np.array([[True, True, False, True, True]])


def test_precision_and_recall_by_hand():
    curve = curves.curve_of(HITS, None, 4)
    np.testing.assert_allclose(curve.precision, [[1, 1 / 2, 2 / 3, 3 / 4, 3 / 5]])
    np.testing.assert_allclose(curve.recall, [[1 / 4, 1 / 4, 2 / 4, 3 / 4, 3 / 4]])
    np.testing.assert_allclose(curves.envelope(curve), [[1, 3 / 4, 3 / 4, 3 / 4, 3 / 5]])
    np.testing.assert_allclose(curves.area_under(curve), [(1 + 3 / 4 + 3 / 4) / 4])


def test_what_is_not_counted_changes_nothing():
    counted = np.array([[True, True, False, True, True, True]])
    hits = np.array([[True, False, False, True, True, False]])
    with_others = curves.curve_of(hits, counted, 4)
    without = curves.curve_of(HITS, None, 4)
    np.testing.assert_array_equal(with_others.precision[counted], without.precision.ravel())
    np.testing.assert_array_equal(curves.area_under(with_others), curves.area_under(without))


def test_nothing_that_counts_has_no_precision():
    curve = curves.curve_of(np.zeros((1, 2), bool), np.zeros((1, 2), bool), 3)
    assert curve.precision.tolist() == [[0, 0]]
    empty = curves.curve_of(np.zeros((2, 0), bool), None, 3)
    assert curves.area_under(empty).tolist() == [0, 0]
    assert curves.precision_at(empty, curves.places_of(empty, np.array([0.0, 1.0]))).tolist() == [[0, 0], [0, 0]]
    assert curves.precision_between(empty, np.array([0.0])).tolist() == [[0], [0]]


def test_recalls_against_a_plain_loop():
    hits = rng.random((3, 40)) < [[0.2], [0.5], [0.8]]
    curve = curves.curve_of(hits, None, 30)
    recalls = np.linspace(0, 1, 11)
    read = curves.precision_at(curve, curves.places_of(curve, recalls))
    for row, of_one in enumerate(hits):
        recall = np.cumsum(of_one) / 30
        precision = np.cumsum(of_one) / np.arange(1, 41)
        expected = [max(precision[recall >= r], default=0) for r in recalls]
        np.testing.assert_allclose(read[row], expected, rtol=1e-15)


def test_equals_are_admitted_together():
    curve = curves.only_between_unequals(curves.curve_of(HITS, None, 4), np.array([3, 3, 2, 2, 1]))
    np.testing.assert_allclose(curve.precision, [[0, 1 / 2, 0, 3 / 4, 3 / 5]])

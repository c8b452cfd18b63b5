"""Twofold numbers against rational ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from overlap.polygons import twofold
from overlap.polygons.twofold import Twofold

rng = np.random.default_rng(3)
N = 200


def numbers():
    head = rng.normal(size=N) * 10.0 ** rng.integers(-8, 8, N)
    return Twofold(head, head * rng.uniform(-1, 1, N) * 2.0**-54)


def fractions(x):
    return [Fraction(float(head)) + Fraction(float(tail)) for head, tail in zip(x.head, x.tail, strict=True)]


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__mul__", "__truediv__"])
def test_arithmetic_has_a_hundred_bits(operation):
    x, y = numbers(), numbers()
    got = fractions(getattr(x, operation)(y))
    for value, one, other in zip(got, fractions(x), fractions(y), strict=True):
        exact = getattr(one, operation)(other)
        assert abs(value - exact) <= abs(exact) * Fraction(2) ** -100


def test_what_cancels_leaves_its_tail():
    x = Twofold(np.array([1.0])) / Twofold(np.array([3.0]))
    rest = x * 3.0 - 1.0
    assert abs(float(rest.head[0])) < 2.0**-104


def test_arrays_of_one_kind_work_with_the_other():
    x, plain = numbers(), rng.normal(size=N)
    for got, one in zip(fractions(x - plain), fractions(x), strict=True):
        assert isinstance(got, Fraction)
        assert isinstance(one, Fraction)
    assert np.array_equal((x < plain), [a < Fraction(float(b)) for a, b in zip(fractions(x), plain, strict=True)])
    assert np.array_equal((x > plain), [a > Fraction(float(b)) for a, b in zip(fractions(x), plain, strict=True)])


def test_the_tail_decides_between_equal_heads():
    x = Twofold(np.array([1.0, 1.0]), np.array([0.0, 2.0**-60]))
    y = Twofold(np.array([1.0, 1.0]), np.array([2.0**-60, 0.0]))
    assert (x < y).tolist() == [True, False]
    assert twofold.least(x, y).tail.tolist() == [0.0, 0.0]
    assert twofold.most(x, y).tail.tolist() == [2.0**-60, 2.0**-60]


def test_helpers_take_both_kinds():
    plain = np.array([-2.0, 3.0])
    for x in (plain, Twofold(plain)):
        assert twofold.head(twofold.absolute(x)).tolist() == [2, 3]
        assert twofold.head(twofold.between(x, 0.0, 1.0)).tolist() == [0, 1]
        assert twofold.head(twofold.pick(plain > 0, x, 7.0)).tolist() == [7, 3]
        assert twofold.head(twofold.joined([x, plain])).tolist() == [-2, 3, -2, 3]
        assert twofold.head(x[np.array([1])]).tolist() == [3]


def test_some_of_the_numbers_are_taken_along_an_axis():
    x = Twofold(np.arange(6.0).reshape(2, 3), np.arange(6.0, 12).reshape(2, 3))
    some = x.take([2, 0], axis=1)
    assert (some.head.tolist(), some.tail.tolist()) == ([[2, 0], [5, 3]], [[8, 6], [11, 9]])

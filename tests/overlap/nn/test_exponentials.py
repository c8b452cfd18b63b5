"""Single precision against numpy in double, over the whole range."""

from __future__ import annotations

import numpy as np
import pytest

numba = pytest.importorskip("numba")
pytest.importorskip("torch")
from overlap.nn.exponentials import STRICT, exponential, log1p, logistic  # noqa: E402

POSITIVE = np.arange(0, 0x7F800000, 8191, dtype=np.uint32).view(np.float32)
"""Every 8191st number, subnormal ones too."""


@numba.njit(**STRICT)
def exponentials(x, to):
    for k in range(x.size):
        to[k] = exponential(x[k])


@numba.njit(**STRICT)
def logistics(x, p, q):
    for k in range(x.size):
        p[k], q[k], _ = logistic(x[k])


@numba.njit(**STRICT)
def logarithms(x, to):
    for k in range(x.size):
        to[k] = log1p(x[k])


def units(found, expected):
    """Return the largest error in units in the last place."""
    unit = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    return np.max(np.abs(found - expected) / unit)


@pytest.mark.slow
def test_exponential():
    x = -POSITIVE
    found = np.empty_like(x)
    exponentials(x, found)
    assert units(found, np.exp(x.astype(np.float64))) < 1
    assert found[0] == 1


@pytest.mark.slow
def test_logistic():
    x = np.concatenate([POSITIVE, -POSITIVE])
    p = np.empty_like(x)
    q = np.empty_like(x)
    logistics(x, p, q)
    with np.errstate(over="ignore"):
        assert units(p, 1 / (1 + np.exp(-x.astype(np.float64)))) < 2
        assert units(q, 1 / (1 + np.exp(x.astype(np.float64)))) < 2


@pytest.mark.slow
def test_logarithm_is_exact_in_relation_to_itself():
    found = np.empty_like(POSITIVE)
    logarithms(POSITIVE, found)
    assert units(found, np.log1p(POSITIVE.astype(np.float64))) < 3


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(dtype):
    x = np.array([0, np.inf, -np.inf, np.nan], dtype)
    p = np.empty_like(x)
    q = np.empty_like(x)
    logistics(x, p, q)
    np.testing.assert_array_equal(p, [0.5, 1, 0, np.nan])
    np.testing.assert_array_equal(q, [0.5, 0, 1, np.nan])
    exponentials(-np.abs(x), p)
    np.testing.assert_array_equal(p, [1, 0, 0, np.nan])
    logarithms(np.abs(x), p)
    np.testing.assert_array_equal(p, [0, np.inf, np.inf, np.nan])


def test_double_precision_is_kept():
    x = np.linspace(-40, 0, 101)
    found = np.empty_like(x)
    exponentials(x, found)
    np.testing.assert_allclose(found, np.exp(x), rtol=1e-15)
    logarithms(np.exp(x), found)
    np.testing.assert_allclose(found, np.log1p(np.exp(x)), rtol=1e-15)

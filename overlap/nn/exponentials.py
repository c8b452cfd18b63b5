"""Elementary functions for kernels, in single precision by polynomials that the compiler can vectorise.

Conventions
-----------
- The type of the argument decides: float32 is answered in float32, float64 by the functions of the system.
- `exponential` takes x ≤ 0 and errs by less than 1 unit in the last place, `logistic` by less than 2, over the whole
  range and in subnormal results; `log1p` takes x ≥ 0 and errs by less than 3, however small its value.
- NaN stays NaN, and infinities have their limits.
- Whole numbers are cut to 32 bits at each step, for numba would widen them.
- Products and sums may be contracted but not reordered: what one step rounds off, a later one takes away.

References
----------
W. J. Cody, W. Waite (1980). Software Manual for the Elementary Functions: the reduced argument.
S. L. Moshier. Cephes, expf.c: the polynomial of the exponential. That of the logarithm is a minimax fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

STRICT: Any = {"fastmath": {"contract"}, "error_model": "numpy"}
"""How functions are compiled whose roundings count."""

INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""And those that kernels alone call: what Python would call them by takes the compiler a seventh of the time."""

_f = np.float32
_i = np.int32

_LOG2_E = _f(1.4426950408889634)
_TO_WHOLE = _f(1.5 * 2**23)
"""A number that leaves no room for bits behind the point: added and taken away, it rounds to a whole number."""
_LN_2 = _f(0.6931471805599453)
_LN_2_HIGH = _f(0.693359375)
"""Short, so that its product with a whole number is exact."""
_LN_2_LOW = _f(-2.12194440e-4)
_LOWEST = _f(-104.0)
"""Its exponential is nearer to 0 than to the smallest number."""
_INFINITY = _f(np.inf)
_MANTISSA_BITS = _i(23)
_BIAS = _i(127)
_BITS_OF_2_TO_24 = _i((127 + 24) << 23)
_BITS_OF_ROOT_HALF = _i(0x3F3504F3)
_ONE_LESS_ROOT_HALF = _i(0x3F800000 - 0x3F3504F3)
"""In bits."""
_BITS_OF_MANTISSA = _i(0x007FFFFF)


def exponential(x: Any) -> Any:
    """Return exp(x) for x ≤ 0."""
    raise NotImplementedError("for kernels")


def logistic(x: Any) -> Any:
    """Return p = 1 / (1 + exp(−x)), 1 − p and exp(−|x|)."""
    raise NotImplementedError("for kernels")


def log1p(x: Any) -> Any:
    """Return log(1 + x) for x ≥ 0."""
    raise NotImplementedError("for kernels")


@overload(exponential, jit_options=STRICT)
def _exponential(x: Any) -> Callable[[Any], Any]:
    return _exponential_single if x == types.float32 else _exponential_double


@overload(logistic, jit_options=STRICT)
def _logistic(x: Any) -> Callable[[Any], Any]:
    return _logistic_single if x == types.float32 else _logistic_double


@overload(log1p, jit_options=STRICT)
def _log1p(x: Any) -> Callable[[Any], Any]:
    return _log1p_single if x == types.float32 else _log1p_double


def _exponential_double(x: Any) -> Any:
    return math.exp(x)


def _logistic_double(x: Any) -> Any:
    small = math.exp(-abs(x))
    p = (1.0 if x >= 0.0 else small) / (1.0 + small)
    q = (small if x >= 0.0 else 1.0) / (1.0 + small)
    return p, q, small


def _log1p_double(x: Any) -> Any:
    return math.log1p(x)


def _exponential_single(x: Any) -> Any:
    # not max(), which might lose a NaN
    x = _LOWEST if x < _LOWEST else x
    # exp(x) = 2^n exp(r) with |r| ≤ ln 2 / 2; the last bits of `shifted` are those of n
    shifted = x * _LOG2_E + _TO_WHOLE
    n = shifted - _TO_WHOLE
    r = (x - n * _LN_2_HIGH) - n * _LN_2_LOW
    series = _f(1.9875691500e-4)
    series = series * r + _f(1.3981999507e-3)
    series = series * r + _f(8.3334519073e-3)
    series = series * r + _f(4.1665795894e-2)
    series = series * r + _f(1.6666665459e-1)
    series = series * r + _f(5.0000001201e-1)
    value = _f(1.0) + (series * (r * r) + r)
    # 2^(n + 24), for 2^n alone has no room for subnormal numbers
    bits = _i(np.float32(shifted).view(np.int32) << _MANTISSA_BITS)
    power = np.int32(bits + _BITS_OF_2_TO_24).view(np.float32)
    return (value * power) * _f(2.0**-24)


def _logistic_single(x: Any) -> Any:
    small = exponential(-abs(x))
    one = _f(1.0)
    divisor = one + small
    divisor_rest = small - (divisor - one)
    inverse = one / divisor
    larger = inverse
    smaller = small * inverse
    # what is left of small − smaller (divisor + divisor_rest), divided once more
    left = (small - smaller * divisor) - smaller * divisor_rest
    smaller = smaller + left * inverse
    p = larger if x >= _f(0.0) else smaller
    q = smaller if x >= _f(0.0) else larger
    return p, q, small


def _log1p_single(x: Any) -> Any:
    # 1 + x = 2^n f with √½ ≤ f < √2, from the bits of 1 + x
    bits = _i(np.float32(_f(1.0) + x).view(np.int32) + _ONE_LESS_ROOT_HALF)
    n = _i(_i(bits >> _MANTISSA_BITS) - _BIAS)
    f = np.int32((bits & _BITS_OF_MANTISSA) + _BITS_OF_ROOT_HALF).view(np.float32)
    # where n = 0, x itself, which 1 + x has rounded
    y = x if n == 0 else f - _f(1.0)
    series = _f(-0.07778038829565048)
    series = series * y + _f(0.12777334451675415)
    series = series * y + _f(-0.13114036619663239)
    series = series * y + _f(0.1419614553451538)
    series = series * y + _f(-0.16627094149589539)
    series = series * y + _f(0.20001636445522308)
    series = series * y + _f(-0.2500077784061432)
    series = series * y + _f(0.33333325386047363)
    series = series * y + _f(-0.4999999701976776)
    value = _f(n) * _LN_2 + (y + series * (y * y))
    # the bits of an infinity or a NaN are no number
    return value if x < _INFINITY else x

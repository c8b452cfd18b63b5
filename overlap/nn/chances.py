"""Probabilities and their logarithms from logits, a block of cells at a time, in numba.

Conventions
-----------
- −log p keeps its relative accuracy however near to 1 the probability is.
- An infinite logit is a certain one to a sigmoid, and NaN to a softmax, as in torch.
- What nobody asks for has a room of no cells: kernels look at that once a block, and are compiled for the types of
  numbers alone.

References
----------
I. Goodfellow, Y. Bengio, A. Courville (2016). Deep Learning, section 4.1: the softmax without its largest logit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._compiled import kernel
from .exponentials import INNER, STRICT, exponential, log1p, logistic

_kernel: Any = kernel(**STRICT)
_inner_kernel: Any = kernel(**STRICT, **INNER)


class Chances(NamedTuple):
    """Room for what the logits of a block say, (class, cell)."""

    p: np.ndarray
    own: np.ndarray
    """−log p."""
    other: np.ndarray
    """−log(1 − p) of a sigmoid."""
    top: np.ndarray
    """(cell,), the largest logit of a softmax."""
    rest: np.ndarray
    """(cell,), what its sum of exp(logit − top) has besides the 1 of a top."""
    divisors: np.ndarray
    """(cell,), that sum."""


def new_chances(logits: np.ndarray, softmax: bool, entropy: bool) -> Chances:
    """Return room for what is asked of logits (class, cell)."""
    n_classes, n = logits.shape
    n_own = n if entropy else 0
    n_other = 0 if softmax else n_own
    n_top = n if softmax else 0
    return Chances(
        np.empty_like(logits),
        np.empty((n_classes, n_own), logits.dtype),
        np.empty((n_classes, n_other), logits.dtype),
        np.empty(n_top, logits.dtype),
        np.empty(n_top, logits.dtype),
        np.empty(n_top, logits.dtype),
    )


@_kernel
def by_sigmoid(
    logits: np.ndarray,
    c: int,
    p: np.ndarray,
    own: np.ndarray,
    other: np.ndarray,
    top: np.ndarray,
) -> None:
    """Write what is asked of the cells of a class; of a softmax, nothing."""
    if top.size:
        return
    n = logits.size
    of_class = p[c, :n]
    if own.size:
        log_p = own[c, :n]
        log_q = other[c, :n]
        for k in range(n):
            x = logits[k]
            of_class[k], _, small = logistic(x)
            tail = log1p(small)
            log_p[k] = tail if x > 0 else tail - x
            log_q[k] = tail + x if x > 0 else tail
    else:
        for k in range(n):
            of_class[k], _, _ = logistic(logits[k])


@_kernel
def by_softmax(logits: np.ndarray, n: int, chances: Chances) -> None:
    """Write what is asked of the first n cells; of a sigmoid, nothing."""
    _softmax(logits, n, chances.p, chances.top, chances.rest, chances.divisors, chances.own)
    _log_softmax(logits, n, chances.own, chances.top, chances.rest)


@_inner_kernel
def _softmax(
    logits: np.ndarray,
    n: int,
    p: np.ndarray,
    top: np.ndarray,
    rest: np.ndarray,
    divisors: np.ndarray,
    own: np.ndarray,
) -> None:
    if not top.size:
        return
    highest = top[:n]
    first = logits[0, :n]
    # not as one assignment: its error message takes the compiler longer than all else here
    for k in range(n):
        highest[k] = first[k]
    for c in range(1, logits.shape[0]):
        x = logits[c, :n]
        for k in range(n):
            highest[k] = x[k] if x[k] > highest[k] else highest[k]
    if own.size:
        _sum_below(logits, highest, p, rest[:n], divisors[:n])
    else:
        _sum(logits, highest, p, divisors[:n])
    factors = divisors[:n]
    for k in range(n):
        factors[k] = 1 / factors[k]
    for c in range(logits.shape[0]):
        values = p[c, :n]
        for k in range(n):
            values[k] = values[k] * factors[k]


@_inner_kernel
def _sum(logits: np.ndarray, highest: np.ndarray, p: np.ndarray, total: np.ndarray) -> None:
    """Write exp(logit − top) and its sum over the classes."""
    n = highest.size
    total[:] = 0
    for c in range(logits.shape[0]):
        x = logits[c, :n]
        values = p[c, :n]
        for k in range(n):
            value = exponential(x[k] - highest[k])
            values[k] = value
            total[k] += value


@_inner_kernel
def _sum_below(logits: np.ndarray, highest: np.ndarray, p: np.ndarray, rest: np.ndarray, total: np.ndarray) -> None:
    """Write exp(logit − top), its sum, and what the sum has besides the 1 of a top: added to it, it is rounded off."""
    n = highest.size
    rest[:] = 0
    ties = total
    ties[:] = -1
    for c in range(logits.shape[0]):
        x = logits[c, :n]
        values = p[c, :n]
        for k in range(n):
            value = exponential(x[k] - highest[k])
            is_top = x[k] == highest[k]
            values[k] = value
            rest[k] += 0 if is_top else value
            # 1, or NaN if the top is infinite
            ties[k] += value if is_top else 0
    for k in range(n):
        rest[k] += ties[k]
        total[k] = 1 + rest[k]


@_inner_kernel
def _log_softmax(logits: np.ndarray, n: int, own: np.ndarray, top: np.ndarray, rest: np.ndarray) -> None:
    """−log p = log Σ exp(logit − top) − (logit − top)."""
    if not own.size or not top.size:
        return
    total = rest[:n]
    for k in range(n):
        total[k] = log1p(total[k])
    for c in range(logits.shape[0]):
        x = logits[c, :n]
        log_p = own[c, :n]
        for k in range(n):
            log_p[k] = total[k] - (x[k] - top[k])

"""Probabilities and their logarithms from logits, a block of cells at a time, in numba.

Conventions
-----------
- −log p keeps its relative accuracy however near to 1 the probability is.
- An infinite logit is a certain one to a sigmoid, and NaN to a softmax, as in torch.
- What is None is compiled away.

References
----------
I. Goodfellow, Y. Bengio, A. Courville (2016). Deep Learning, section 4.1: the softmax without its largest logit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._compiled import kernel
from .exponentials import STRICT, exponential, log1p, logistic

_kernel: Any = kernel(**STRICT)


class Chances(NamedTuple):
    """Room for what the logits of a block say, (class, cell)."""

    p: np.ndarray
    q: np.ndarray | None
    """1 − p of a sigmoid; None if nobody asks."""
    own: np.ndarray | None
    """−log p; None if nobody asks."""
    other: np.ndarray | None
    """−log(1 − p) of a sigmoid; None if nobody asks."""
    top: np.ndarray | None
    """(cell,), the largest logit; None for a sigmoid."""
    below: np.ndarray | None
    """(cell,), the sum of exp(logit − top) over the logits below the top."""
    ties: np.ndarray | None
    """(cell,), how many logits besides one are the top."""


def new_chances(logits: np.ndarray, softmax: bool, entropy: bool, slopes: bool) -> Chances:
    """Return room for what is asked of logits (class, cell)."""
    cells = logits[0]
    return Chances(
        np.empty_like(logits),
        np.empty_like(logits) if slopes and not softmax else None,
        np.empty_like(logits) if entropy else None,
        np.empty_like(logits) if entropy and not softmax else None,
        np.empty_like(cells) if softmax else None,
        np.empty_like(cells) if softmax else None,
        np.empty_like(cells) if softmax else None,
    )


@_kernel
def find_chances(logits: np.ndarray, n: int, chances: Chances) -> None:
    """Write what is asked of the first n cells."""
    _softmax(logits, n, chances.p, chances.top, chances.below, chances.ties)
    _log_softmax(logits, n, chances.own, chances.top, chances.below, chances.ties)
    for c in range(logits.shape[0]):
        _sigmoid(logits[c, :n], c, chances.p, chances.q, chances.own, chances.other, chances.top)


@_kernel
def _sigmoid(
    logits: np.ndarray,
    c: int,
    p: np.ndarray,
    q: np.ndarray | None,
    own: np.ndarray | None,
    other: np.ndarray | None,
    top: np.ndarray | None,
) -> None:
    if top is not None:
        return
    n = logits.size
    of_class = p[c, :n]
    if q is not None:
        of_others = q[c, :n]
        for k in range(n):
            of_class[k], of_others[k], _ = logistic(logits[k])
    elif own is not None and other is not None:
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
def _softmax(
    logits: np.ndarray,
    n: int,
    p: np.ndarray,
    top: np.ndarray | None,
    below: np.ndarray | None,
    ties: np.ndarray | None,
) -> None:
    if top is None or below is None or ties is None:
        return
    n_classes = logits.shape[0]
    highest = top[:n]
    highest[:] = logits[0, :n]
    for c in range(1, n_classes):
        x = logits[c, :n]
        for k in range(n):
            highest[k] = x[k] if x[k] > highest[k] else highest[k]
    lower = below[:n]
    lower[:] = 0
    equal = ties[:n]
    equal[:] = -1
    for c in range(n_classes):
        x = logits[c, :n]
        values = p[c, :n]
        for k in range(n):
            value = exponential(x[k] - highest[k])
            is_top = x[k] == highest[k]
            values[k] = value
            lower[k] += 0 if is_top else value
            # 1, or NaN if the top is infinite
            equal[k] += value if is_top else 0
    for c in range(n_classes):
        values = p[c, :n]
        for k in range(n):
            values[k] = values[k] / (1 + (lower[k] + equal[k]))


@_kernel
def _log_softmax(
    logits: np.ndarray,
    n: int,
    own: np.ndarray | None,
    top: np.ndarray | None,
    below: np.ndarray | None,
    ties: np.ndarray | None,
) -> None:
    """−log p = log Σ exp(logit − top) − (logit − top)."""
    if own is None or top is None or below is None or ties is None:
        return
    # the sum, less the 1 of the top: added to it, small ones would be rounded off
    total = below[:n]
    for k in range(n):
        total[k] = log1p(total[k] + ties[k])
    for c in range(logits.shape[0]):
        x = logits[c, :n]
        log_p = own[c, :n]
        for k in range(n):
            log_p[k] = total[k] - (x[k] - top[k])

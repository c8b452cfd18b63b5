"""The sums that losses of masks are made of, and their gradient, in numba: one pass each over logits and target.

Conventions
-----------
- Cells pass in blocks that stay in the cache (`blocks`): what is read is widened there, and nothing of the size of the
  logits is made but their gradient. Sums are float64.
- Blocks are added up by chunks of fixed length, in one order: the bits are the same whoever works on the chunks.
- −log p counts 0 where its share of the target is 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._compiled import entry, kernel
from .blocks import Block, Operands, channel_of, fill, logits_of
from .chances import Chances, by_sigmoid, by_softmax
from .elements import Operand, is_room, memory_or_room, write
from .exponentials import INNER, STRICT, logistic

FORMS = {"minimum": 0, "product": 1, "lukasiewicz": 2, "squared": 3}
"""What the kernels call them."""

BOTH, SIZE_A, SIZE_B, OWN, OTHER, CELLS, BAD = range(7)
"""The rows of the sums."""

N_SUMS = 7

_MINIMUM = FORMS["minimum"]
_PRODUCT = FORMS["product"]
_LUKASIEWICZ = FORMS["lukasiewicz"]
_SQUARED = FORMS["squared"]

_FEW = 256
"""Cells after which a look at a target ends if one of them is soft."""

_kernel: Any = kernel(**STRICT, **INNER)
_entry: Any = entry(**STRICT)
# sums may be reordered, which is what lets them be vectorised; NaN keeps its meaning
_summing_kernel: Any = kernel(fastmath={"reassoc", "nsz", "contract"}, error_model="numpy", **INNER)


class Pass(NamedTuple):
    """What the kernels are told besides arrays."""

    n_cells: int
    """Of a case."""
    chunk: int
    """Cells whose sums are added up before chunks are."""
    softmax: bool
    in_place: bool
    """Whether logits are read where they lie."""
    form: int
    smoothing: float


class Slopes(NamedTuple):
    """Room for the gradient of a block, (class, cell)."""

    sizes: np.ndarray
    entropies: np.ndarray
    """Of no cells if nobody asks."""


@_entry
def add_chunks(
    operands: Operands, settings: Pass, block: Block, chances: Chances, first: int, last: int, sums: np.ndarray
) -> None:
    """Write the sums (chunk, row, class) of the chunks from the first to before the last."""
    n_classes, length = block.logits.shape
    scale = block.scale
    for chunk in range(first, last):
        case, start, stop = _extent(settings, chunk)
        sums[chunk] = 0
        for cell in range(start, stop, length):
            n = min(length, stop - cell)
            n_bad = sums[chunk, BAD]
            fill(operands, settings.softmax, settings.in_place, case, cell, n, block, n_bad)
            by_softmax(block.logits, n, chances)
            for c in range(n_classes):
                to = sums[chunk, :, c]
                logits = logits_of(operands.logits, settings.in_place, case, c, cell, block.logits[c, :n], scale)
                target = channel_of(
                    operands.channels, operands.rounding, case, c, cell, block.target[c, :n], scale, n_bad
                )
                by_sigmoid(logits, c, chances.p, chances.own, chances.other, chances.top)
                form = _simplest_form(settings.form, target)
                _add_sizes(chances.p[c, :n], target, scale, form, c, to)
                _add_entropies(settings, chances.own, chances.other, target, scale, c, n_classes, to)


@_kernel
def _extent(settings: Pass, chunk: int) -> tuple[int, int, int]:
    """Return the case of a chunk, its first cell, and the one after its last."""
    per_case = (settings.n_cells + settings.chunk - 1) // settings.chunk
    case = chunk // per_case
    start = (chunk - case * per_case) * settings.chunk
    return case, start, min(start + settings.chunk, settings.n_cells)


@_kernel
def _simplest_form(form: int, target: np.ndarray) -> int:
    """Return the product for a target of 0 and 1: there every t-norm is the product."""
    if form in (_SQUARED, _PRODUCT):
        return form
    for start in range(0, target.size, _FEW):
        few = target[start : start + _FEW]
        n_soft = np.int32(0)
        for k in range(few.size):
            n_soft = np.int32(n_soft + (few[k] != 0 and few[k] != 1))
        if n_soft > 0:
            return form
    return _PRODUCT


@_summing_kernel
def _add_sizes(p: np.ndarray, target: np.ndarray, scale: np.ndarray | None, form: int, c: int, to: np.ndarray) -> None:
    both = 0.0
    size_a = 0.0
    size_b = 0.0
    cells = 0.0
    for k in range(p.size):
        s = 1.0 if scale is None else np.float64(scale[c, k])
        x = p[k]
        y = target[k]
        if form == _MINIMUM:
            both += s * np.float64(x if x < y else y)
        elif form == _LUKASIEWICZ:
            excess = np.float64(x) + np.float64(y) - 1.0
            between = excess if excess > 0.0 else 0.0
            both += s * (np.float64(x) if y == 1 else between)
        else:
            both += s * (np.float64(x) * np.float64(y))
        a = np.float64(x)
        b = np.float64(y)
        size_a += s * (a * a if form == _SQUARED else a)
        size_b += s * (b * b if form == _SQUARED else b)
        if scale is not None:
            cells += s
    if scale is None:
        cells = np.float64(p.size)
    to[BOTH] += both
    to[SIZE_A] += size_a
    to[SIZE_B] += size_b
    to[CELLS] += cells


@_kernel
def _add_entropies(
    settings: Pass,
    own: np.ndarray,
    other: np.ndarray,
    target: np.ndarray,
    scale: np.ndarray | None,
    c: int,
    n_classes: int,
    to: np.ndarray,
) -> None:
    if not own.size:
        return
    share = 1.0 - settings.smoothing
    least = settings.smoothing / (n_classes if settings.softmax else 2)
    to[OWN] += _shared(own[c, : target.size], target, scale, c, share, least)
    if other.size:
        # 1 − y' is made of y as y' is
        to[OTHER] += _shared(other[c, : target.size], target, scale, c, -share, 1.0 - least)


@_summing_kernel
def _shared(
    logarithms: np.ndarray, target: np.ndarray, scale: np.ndarray | None, c: int, share: float, least: float
) -> float:
    """Return the sum of logarithms times a share of the target."""
    total = 0.0
    for k in range(target.size):
        s = 1.0 if scale is None else np.float64(scale[c, k])
        weight = s * (share * np.float64(target[k]) + least)
        total += weight * np.float64(logarithms[k]) if weight != 0.0 else 0.0
    return total


@_entry
def write_chunks(
    operands: Operands,
    settings: Pass,
    block: Block,
    chances: Chances,
    slopes: Slopes,
    first: int,
    last: int,
    g: np.ndarray,
    gradient: Operand,
) -> None:
    """Write the gradient of the logits in chunks, from that of the sums (case, row, class)."""
    n_classes, length = block.logits.shape
    scale = block.scale
    entropies = slopes.entropies
    not_asked = np.zeros(n_classes)
    for chunk in range(first, last):
        case, start, stop = _extent(settings, chunk)
        for cell in range(start, stop, length):
            n = min(length, stop - cell)
            fill(operands, settings.softmax, settings.in_place, case, cell, n, block, not_asked)
            by_softmax(block.logits, n, chances)
            for c in range(n_classes):
                logits = logits_of(operands.logits, settings.in_place, case, c, cell, block.logits[c, :n], scale)
                p = chances.p[c, :n]
                target = channel_of(
                    operands.channels, operands.rounding, case, c, cell, block.target[c, :n], scale, not_asked
                )
                values = slopes.sizes[c, :n]
                form = _simplest_form(settings.form, target)
                of_sums = g[case, :, c]
                if settings.softmax:
                    _find_slopes(p, target, scale, form, c, of_sums, values)
                    _find_shares(settings, target, scale, c, n_classes, of_sums, entropies)
                    continue
                # written at once where it can be: a large gradient takes a fifth less time
                to = memory_or_room(gradient, case, c, cell, values)
                _through_sigmoid(settings, logits, target, scale, form, c, of_sums, entropies.size > 0, to)
                if is_room(gradient, cell, values):
                    write(values, gradient, case, c, cell)
            if not settings.softmax:
                continue
            _through_softmax(chances.p, n, chances.top, slopes.sizes, entropies)
            for c in range(n_classes):
                write(slopes.sizes[c, :n], gradient, case, c, cell)


@_kernel
def _find_slopes(
    p: np.ndarray, target: np.ndarray, scale: np.ndarray | None, form: int, c: int, g: np.ndarray, slopes: np.ndarray
) -> None:
    """Write the slopes of the sizes by the probability."""
    # forms that the compiler knows
    if form == _PRODUCT:
        _find_slopes_of(p, target, scale, _PRODUCT, c, g, slopes)
    elif form == _MINIMUM:
        _find_slopes_of(p, target, scale, _MINIMUM, c, g, slopes)
    else:
        _find_slopes_of(p, target, scale, form, c, g, slopes)


@_kernel
def _find_slopes_of(
    p: np.ndarray, target: np.ndarray, scale: np.ndarray | None, form: int, c: int, g: np.ndarray, slopes: np.ndarray
) -> None:
    number = slopes.dtype.type
    of_both = number(g[BOTH])
    of_a = number(g[SIZE_A])
    for k in range(p.size):
        s = number(1) if scale is None else number(scale[c, k])
        slopes[k] = s * _slope(p[k], number(target[k]), form, of_both, of_a)


@_kernel
def _slope(p: float, y: float, form: int, of_both: float, of_a: float) -> float:
    """Return the slope of the sizes by the probability, in its type."""
    number = type(p)
    zero = number(0)
    one = number(1)
    if form == _MINIMUM:
        between = number(0.5) if p == y else (one if p < y else zero)
        slope = between if zero < y < one else y
    elif form == _LUKASIEWICZ:
        between = one if p + y > one else zero
        slope = between if zero < y < one else y
    else:
        slope = y
    level = of_a * (p + p) if form == _SQUARED else of_a
    return of_both * slope + level


@_kernel
def _find_shares(
    settings: Pass,
    target: np.ndarray,
    scale: np.ndarray | None,
    c: int,
    n_classes: int,
    g: np.ndarray,
    entropies: np.ndarray,
) -> None:
    """Write the gradient of −log p times its share of the target."""
    if not entropies.size:
        return
    shares = entropies[c, : target.size]
    number = entropies.dtype.type
    share = number((1.0 - settings.smoothing) * g[OWN])
    least = number(settings.smoothing / n_classes * g[OWN])
    for k in range(target.size):
        s = number(1) if scale is None else number(scale[c, k])
        shares[k] = s * (share * number(target[k]) + least)


@_kernel
def _through_sigmoid(
    settings: Pass,
    logits: np.ndarray,
    target: np.ndarray,
    scale: np.ndarray | None,
    form: int,
    c: int,
    g: np.ndarray,
    entropy: bool,
    slopes: np.ndarray,
) -> None:
    """Write the slopes by the logit: p (1 − p) of those by the probability, p − 1 of −log p, p of −log(1 − p)."""
    # forms that the compiler knows
    if form == _PRODUCT:
        _through_sigmoid_of(settings, logits, target, scale, _PRODUCT, c, g, entropy, slopes)
    elif form == _MINIMUM:
        _through_sigmoid_of(settings, logits, target, scale, _MINIMUM, c, g, entropy, slopes)
    else:
        _through_sigmoid_of(settings, logits, target, scale, form, c, g, entropy, slopes)


@_kernel
def _through_sigmoid_of(
    settings: Pass,
    logits: np.ndarray,
    target: np.ndarray,
    scale: np.ndarray | None,
    form: int,
    c: int,
    g: np.ndarray,
    entropy: bool,
    slopes: np.ndarray,
) -> None:
    number = slopes.dtype.type
    of_both = number(g[BOTH])
    of_a = number(g[SIZE_A])
    own = number((1.0 - settings.smoothing) * g[OWN])
    least_own = number(settings.smoothing / 2 * g[OWN])
    other = number((settings.smoothing - 1.0) * g[OTHER])
    least_other = number((1.0 - settings.smoothing / 2) * g[OTHER])
    for k in range(logits.size):
        p, q, small = logistic(logits[k])
        y = number(target[k])
        # p (1 − p), which does not wait for either
        rise = small / ((number(1) + small) * (number(1) + small))
        slope = _slope(p, y, form, of_both, of_a) * rise
        if entropy:
            slope += (other * y + least_other) * p - (own * y + least_own) * q
        slopes[k] = slope if scale is None else number(scale[c, k]) * slope


@_kernel
def _through_softmax(p: np.ndarray, n: int, top: np.ndarray, slopes: np.ndarray, entropies: np.ndarray) -> None:
    """Write the slopes by the logits: those by the probabilities, less their mean, and those of −log p."""
    # nobody asks for the top any more
    mean = top[:n]
    mean[:] = 0
    for c in range(p.shape[0]):
        of_class = p[c, :n]
        by_p = slopes[c, :n]
        for k in range(n):
            mean[k] += of_class[k] * by_p[k]
    if entropies.size:
        for c in range(p.shape[0]):
            shares = entropies[c, :n]
            for k in range(n):
                mean[k] -= shares[k]
    for c in range(p.shape[0]):
        of_class = p[c, :n]
        by_p = slopes[c, :n]
        for k in range(n):
            by_p[k] = of_class[k] * (by_p[k] - mean[k])
    if entropies.size:
        for c in range(p.shape[0]):
            by_p = slopes[c, :n]
            shares = entropies[c, :n]
            for k in range(n):
                by_p[k] -= shares[k]

"""What kernels of a device compute of one tile, in triton: see `overlap.nn.device_kernels` for the conventions.

References
----------
Goldberg, D. (1991). What every computer scientist should know about floating-point arithmetic. ACM Comput. Surv. 23, 5,
theorem 4 (log(1 + r) of small r). doi:10.1145/103162.103163
"""

from __future__ import annotations

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)
LOG2_E_BEYOND_SINGLE = tl.constexpr(1.925963033500e-08)
LN_2 = tl.constexpr(0.6931471805599453)


@triton.jit
def read(
    x_at,
    y_at,
    weights_at,
    where_at,
    x_cell: tl.constexpr,
    y_cell: tl.constexpr,
    weights_cell: tl.constexpr,
    where_cell: tl.constexpr,
    cell,
    n_cells,
    index,
    ignore,
    rounding,
    N_CLASSES: tl.constexpr,
    CLASSES: tl.constexpr,
    EVEN: tl.constexpr,
    LABELS: tl.constexpr,
):
    """Return logits, target in [0, 1], s, what counts, and what counts but cannot be."""
    inside = cell < n_cells
    if EVEN:
        # a constant: the compiler drops every choice that hangs on it
        inside = tl.full(cell.shape, True, tl.int1)
    counted = inside
    if where_at is not None:
        counted = counted & (tl.load(where_at + cell * where_cell, mask=inside, other=0) != 0)
    value = tl.load(y_at + cell * y_cell, mask=inside, other=0)
    value = value.to(tl.float32 if value.dtype.is_floating() else tl.int64)
    if ignore is not None:
        counted = counted & (value != ignore)
    if LABELS:
        is_label = (value >= 0) & (value < N_CLASSES)
        if value.dtype.is_floating():
            is_label = is_label & (value == tl.floor(value))
        label = tl.where(is_label, value, -1).to(tl.int32)
        target = (label == index).to(tl.float32)
        impossible = counted & (label < 0)
    else:
        value = value.to(tl.float32)
        target = tl.minimum(tl.maximum(value, 0.0), 1.0)
        is_share = tl.abs(value - target) <= rounding
        impossible = counted & (is_share == 0)
    logits = tl.load(x_at + cell * x_cell, mask=inside, other=0.0).to(tl.float32)
    logits = tl.where(_any_class(counted), logits, 0.0)
    if N_CLASSES % CLASSES > 0:
        is_class = index < N_CLASSES
        logits = tl.where(is_class, logits, float("-inf"))
        counted = counted & is_class
    s = tl.where(counted, 1.0, 0.0)
    if weights_at is not None:
        weight = tl.load(weights_at + cell * weights_cell, mask=inside, other=0).to(tl.float32)
        s = tl.where(counted, weight, 0.0)
    return logits, target, s, counted, impossible


@triton.jit
def _any_class(counted):
    """Return whether any class counts, (1, cell): where none does, logits may hold anything."""
    if counted.shape[0] > 1:
        counted = tl.max(counted.to(tl.int32), 0, keep_dims=True) > 0
    return counted


@triton.jit
def sigmoid(x):
    """Return p, 1 − p and e^−|x|, each accurate relative to itself."""
    odds = _exp(-tl.abs(x))
    larger = 1 / (1 + odds)
    smaller = odds * larger
    p = tl.where(x >= 0, larger, smaller)
    q = tl.where(x >= 0, smaller, larger)
    return p, q, odds


@triton.jit
def softmax(x, index, CLASSES: tl.constexpr):
    """Return p, x − max x, and r: 1 + r is the sum of e^(x − max x), r being that of all but one largest class."""
    below = x - tl.max(x, 0, keep_dims=True)
    exponential = _exp(below)
    largest = tl.min(tl.where(below == 0, index, CLASSES), 0, keep_dims=True)
    rest = tl.sum(tl.where(index == largest, 0.0, exponential), 0, keep_dims=True)
    return exponential * (1 / (1 + rest)), below, rest


@triton.jit
def shared(p, y, FORM: tl.constexpr):
    """Return T(p, y): what two values share. A NaN stays one."""
    if FORM == "minimum":
        both = tl.where(p > y, y, p)
    elif FORM == "lukasiewicz":
        both = tl.where(p <= 1 - y, 0.0, p + (y - 1))
    else:
        both = p * y
    return both


@triton.jit
def slope(p, y, FORM: tl.constexpr):
    """Return ∂T/∂p: y where it is 0 or 1, under every form."""
    is_hard = (y == 0) | (y == 1)
    if FORM == "minimum":
        tie = tl.where(is_hard, y, 0.5)
        by_p = tl.where(p < y, 1.0, tl.where(p == y, tie, 0.0))
    elif FORM == "lukasiewicz":
        by_p = tl.where(is_hard, y, tl.where(p + y > 1, 1.0, 0.0))
    else:
        by_p = y
    return by_p


@triton.jit
def log1p(r):
    """Return log(1 + r) of r ≥ 0, accurate relative to itself: what 1 + r rounds off is put back."""
    rounded = 1 + r
    return tl.log(rounded) + (r - (rounded - 1)) / rounded


@triton.jit
def log1p_of_share(r):
    """Return log(1 + r) of r in [0, 1] by a polynomial, a third of the work: through Chebyshev nodes, to 2 ulp."""
    series = r * -0.00317605705 + 0.0195425274
    series = series * r - 0.0563736132
    series = series * r + 0.105436238
    series = series * r - 0.152696671
    series = series * r + 0.196632743
    series = series * r - 0.249516163
    series = series * r + 0.333297105
    series = series * r - 0.499998926
    series = series * r + 0.999999995
    return series * r


@triton.jit
def _exp(x):
    """Return e^x of x ≤ 0 to 2 ulp: 2^(x log₂e), and what the product rounds off put back."""
    x = tl.where(x < -200, -200.0, x)
    product = x * LOG2_E
    rounded_off = tl.fma(x, LOG2_E, -product) + x * LOG2_E_BEYOND_SINGLE
    power = tl.exp2(product)
    return power + power * (rounded_off * LN_2)

"""The kernels of a device, in triton: one look at logits and target each way, elements widened in registers.

Conventions
-----------
- A program works on tiles of ``(class, cell)`` of one case; a softmax has all its classes in one tile. Beyond the last
  class a tile repeats it, uncounted.
- Tensors are read through their strides. What is alike for all classes, such as labels, is read once: ``(1, cell)``.
- A sum is single within a program and double over programs, always in one order: no atomics.
- A cell counts s, its weight, or 0 where it is left out. What is left out may hold anything, NaN too.
- Rows of sums, and of their gradient g, are those of `Sums`; one more counts the values that cannot be.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .device_cells import log1p, log1p_of_share, read, shared, sigmoid, slope, softmax

N_SUMS = tl.constexpr(7)
BAD = tl.constexpr(6)


@triton.jit(do_not_specialize=["n_rows", "n_programs", "n_tiles"])
def add_up(
    partial,
    x,
    y,
    weights,
    where,
    x_case,
    x_class,
    x_cell: tl.constexpr,
    y_case,
    y_class,
    y_cell: tl.constexpr,
    weights_case,
    weights_class,
    weights_cell: tl.constexpr,
    where_case,
    where_class,
    where_cell: tl.constexpr,
    ignore,
    rounding,
    kept,
    spread,
    n_cells,
    n_rows,
    n_programs,
    n_tiles,
    N_CLASSES: tl.constexpr,
    CLASSES: tl.constexpr,
    CELLS: tl.constexpr,
    VECTOR: tl.constexpr,
    EVEN: tl.constexpr,
    LABELS: tl.constexpr,
    WEIGHTS_BY_CLASS: tl.constexpr,
    WHERE_BY_CLASS: tl.constexpr,
    SOFTMAX: tl.constexpr,
    FORM: tl.constexpr,
    ENTROPY: tl.constexpr,
):
    """Write the sums of a few tiles: (7, case · class, program)."""
    program, case, index, classes = _place(n_programs, N_CLASSES, CLASSES)
    x_at = x + case * x_case + classes * x_class
    y_at = _rows(y, case, y_case, classes, y_class, not LABELS)
    weights_at = _rows(weights, case, weights_case, classes, weights_class, WEIGHTS_BY_CLASS)
    where_at = _rows(where, case, where_case, classes, where_class, WHERE_BY_CLASS)
    both = tl.zeros([CLASSES, CELLS], tl.float32)
    size_a = tl.zeros([CLASSES, CELLS], tl.float32)
    size_b = tl.zeros([CLASSES, CELLS], tl.float32)
    own = tl.zeros([CLASSES, CELLS], tl.float32)
    other = tl.zeros([CLASSES, CELLS], tl.float32)
    cells = tl.zeros([CLASSES, CELLS], tl.float32)
    bad = tl.zeros([CLASSES, CELLS], tl.float32)
    for k in range(n_tiles):
        cell = _cells(program * n_tiles + k, CELLS, VECTOR)
        logits, target, s, counted, impossible = read(
            x_at, y_at, weights_at, where_at, x_cell, y_cell, weights_cell, where_cell,
            cell, n_cells, index, ignore, rounding, N_CLASSES, CLASSES, EVEN, LABELS,
        )  # fmt: skip
        if SOFTMAX:
            p, below, rest = softmax(logits, index, CLASSES)
        else:
            p, _, odds = sigmoid(logits)
        if ENTROPY:
            own_label = kept * target + spread
            if SOFTMAX:
                surprise = log1p(rest) - below
            else:
                least = log1p_of_share(odds)
                surprise = tl.maximum(-logits, 0.0) + least
                other_surprise = tl.maximum(logits, 0.0) + least
                is_other = counted & (own_label < 1)
                other += tl.where(is_other, s * (1 - own_label) * other_surprise, 0.0)
            own += tl.where(counted & (own_label > 0), s * own_label * surprise, 0.0)
        p = tl.where(counted, p, 0.0)
        target = tl.where(counted, target, 0.0)
        both += s * shared(p, target, FORM)
        if FORM == "squared":
            size_a += s * p * p
            size_b += s * target * target
        else:
            size_a += s * p
            size_b += s * target
        cells += s
        bad += tl.where(impossible, 1.0, 0.0)
    at = partial + (case * N_CLASSES + index) * n_programs + program
    is_class = index < N_CLASSES
    _store_sum(at, 0, both, is_class, n_rows, n_programs)
    _store_sum(at, 1, size_a, is_class, n_rows, n_programs)
    _store_sum(at, 2, size_b, is_class, n_rows, n_programs)
    _store_sum(at, 3, own, is_class, n_rows, n_programs)
    _store_sum(at, 4, other, is_class, n_rows, n_programs)
    _store_sum(at, 5, cells, is_class, n_rows, n_programs)
    _store_sum(at, 6, bad, is_class, n_rows, n_programs)


@triton.jit
def add_programs(sums, partial, n_rows, n_programs, BLOCK: tl.constexpr):
    """Add the sums of all programs, for one sum and row; they are NaN where a value cannot be."""
    row = tl.program_id(0).to(tl.int64)
    what = tl.program_id(1)
    one_sum = partial + (what * n_rows + row) * n_programs
    one_bad = partial + (BAD * n_rows + row) * n_programs
    total = tl.zeros([BLOCK], tl.float64)
    bad = tl.zeros([BLOCK], tl.float64)
    for start in range(0, n_programs, BLOCK):
        program = start + tl.arange(0, BLOCK)
        total += tl.load(one_sum + program, mask=program < n_programs, other=0.0).to(tl.float64)
        bad += tl.load(one_bad + program, mask=program < n_programs, other=0.0).to(tl.float64)
    is_undefined = (tl.sum(bad, 0) > 0) & (what != BAD)
    answer = tl.where(is_undefined, float("nan"), tl.sum(total, 0))
    tl.store(sums + what * n_rows + row, answer.to(tl.float32))


@triton.jit(do_not_specialize=["n_rows", "n_programs"])
def write_gradient(
    gradient,
    g,
    x,
    y,
    weights,
    where,
    gradient_case,
    gradient_class,
    gradient_cell: tl.constexpr,
    x_case,
    x_class,
    x_cell: tl.constexpr,
    y_case,
    y_class,
    y_cell: tl.constexpr,
    weights_case,
    weights_class,
    weights_cell: tl.constexpr,
    where_case,
    where_class,
    where_cell: tl.constexpr,
    ignore,
    rounding,
    kept,
    spread,
    n_cells,
    n_rows,
    n_programs,
    N_CLASSES: tl.constexpr,
    CLASSES: tl.constexpr,
    CELLS: tl.constexpr,
    VECTOR: tl.constexpr,
    EVEN: tl.constexpr,
    LABELS: tl.constexpr,
    WEIGHTS_BY_CLASS: tl.constexpr,
    WHERE_BY_CLASS: tl.constexpr,
    SOFTMAX: tl.constexpr,
    FORM: tl.constexpr,
    ENTROPY: tl.constexpr,
):
    """Write the gradient of one tile, from that by each sum."""
    program, case, index, classes = _place(n_programs, N_CLASSES, CLASSES)
    x_at = x + case * x_case + classes * x_class
    y_at = _rows(y, case, y_case, classes, y_class, not LABELS)
    weights_at = _rows(weights, case, weights_case, classes, weights_class, WEIGHTS_BY_CLASS)
    where_at = _rows(where, case, where_case, classes, where_class, WHERE_BY_CLASS)
    cell = _cells(program, CELLS, VECTOR)
    logits, target, s, counted, _ = read(
        x_at, y_at, weights_at, where_at, x_cell, y_cell, weights_cell, where_cell,
        cell, n_cells, index, ignore, rounding, N_CLASSES, CLASSES, EVEN, LABELS,
    )  # fmt: skip
    g_at = g + case * N_CLASSES + classes
    g_both = tl.load(g_at)
    g_a = tl.load(g_at + n_rows)
    if SOFTMAX:
        p, _, _ = softmax(logits, index, CLASSES)
    else:
        p, q, _ = sigmoid(logits)
    by_p = g_both * slope(p, target, FORM)
    if FORM == "squared":
        by_p += g_a * 2 * p
    else:
        by_p += g_a
    own_label = kept * target + spread
    if SOFTMAX:
        by_p = tl.where(counted, s * by_p, 0.0)
        by_x = p * (by_p - tl.sum(p * by_p, 0, keep_dims=True))
        if ENTROPY:
            by_log = tl.where(counted, s * tl.load(g_at + 3 * n_rows) * own_label, 0.0)
            by_x += p * tl.sum(by_log, 0, keep_dims=True) - by_log
    else:
        by_x = by_p * p * q
        if ENTROPY:
            by_x += tl.load(g_at + 4 * n_rows) * (1 - own_label) * p
            by_x -= tl.load(g_at + 3 * n_rows) * own_label * q
        by_x = tl.where(counted, s * by_x, 0.0)
    at = gradient + case * gradient_case + classes * gradient_class + cell * gradient_cell
    is_here = (index < N_CLASSES) & (cell < n_cells)
    tl.store(at, by_x.to(gradient.dtype.element_ty), mask=is_here)


@triton.jit
def _place(n_programs, N_CLASSES: tl.constexpr, CLASSES: tl.constexpr):
    """Return which program of its case this is, the case, and the classes of its tiles to count and to read."""
    number = tl.program_id(0)
    n_blocks = tl.cdiv(N_CLASSES, CLASSES)
    program = number % n_programs
    block = number // n_programs % n_blocks
    case = number // n_programs // n_blocks
    index = block * CLASSES + tl.arange(0, CLASSES)[:, None]
    classes = index
    if N_CLASSES % CLASSES > 0:
        classes = tl.minimum(index, N_CLASSES - 1)
    return program.to(tl.int64), case.to(tl.int64), index, classes.to(tl.int64)


@triton.jit
def _cells(tile, CELLS: tl.constexpr, VECTOR: tl.constexpr):
    """Return the cells of a tile, (1, cell); a thread takes `VECTOR` of them, whatever type it reads."""
    cell = tl.max_contiguous(tl.multiple_of(tl.arange(0, CELLS), VECTOR), VECTOR)
    return tile * CELLS + cell[None, :]


@triton.jit
def _rows(tensor, case, case_stride, classes, class_stride, BY_CLASS: tl.constexpr):
    """Return where the cells of a case begin, for each class or for all of them; None of no tensor."""
    at = tensor
    if tensor is not None:
        at = at + case * case_stride
        if BY_CLASS:
            at = at + classes * class_stride
    return at


@triton.jit
def _store_sum(at, what: tl.constexpr, values, is_class, n_rows, n_programs):
    tl.store(at + what * n_rows * n_programs, tl.sum(values, 1, keep_dims=True), mask=is_class)

"""The sums of a batch, and their gradient, on the host: what the operators of `overlap.nn` do there.

Conventions
-----------
- Logits are ``(batch, class, *spatial)`` of any strides, float64, or float32, float16 and bfloat16, which are worked on
  in float32. Sums are float64, ``(7, batch, class)``: those of `Sums`, and how many counted values cannot be. Where any
  is, the sums of its case and class are NaN.
- The pass is shared out among as many threads as torch has (`torch.set_num_threads`), as torch's own operations are, in
  chunks of fixed length: the same bits for any number of them. A batch of fewer than half a million logits is passed
  by its caller. On two cores with other work, all that was at hand, two threads gained nothing at 2 × 64³, 2 × 96³ and
  256³ (medians in turns, both ways, sigmoid). On idle cores it has not been measured.
- Threads are those of the standard library, which hold no lock while they run a kernel. A forked process starts anew.
- numba comes with this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import nan, prod

import numpy as np
import torch
from torch import Tensor

from ..raster.sizes import ROUNDING
from .blocks import Block, Operands, new_block
from .chances import Chances, new_chances
from .compiled import BAD, FORMS, N_SUMS, OTHER, Pass, Slopes, add_chunks, write_chunks
from .elements import BFLOAT16, DOUBLE, NOTHING, Operand, has_layout, operand, operand_to_write

_CELLS = 8192
"""Cells of a class that pass together."""
_ROOM = 2 * _CELLS
"""Those of all classes: what fits into the cache."""
_CHUNK = 8 * _CELLS
"""Logits of a chunk."""
_CHUNKS_OF_THREAD = 4
"""The fewest that are worth a thread."""
_FEW = 1 << 21
"""Logits that a cache has room for."""
_FEWEST = 16
"""Cells that pass together however many the classes."""

_pools: dict[int, ThreadPoolExecutor] = {}
os.register_at_fork(after_in_child=_pools.clear)


def sums(
    x: Tensor,
    y: Tensor,
    weights: Tensor | None,
    where: Tensor | None,
    labels: bool,
    ignore: int | None,
    activation: str,
    form: str,
    entropy: bool,
    smoothing: float,
) -> Tensor:
    """Return the sums of a batch, in one pass over logits and target.

    Parameters
    ----------
    x : tensor (batch, class, *spatial)
        Logits.
    y : tensor
        Labels ``(batch, *spatial)``, or a target for each class, of the shape of `x`, in [0, 1].
    weights, where : tensor, optional
        Size of each cell, and True = counted: ``(1 or batch, 1 or class, *spatial)``.
    labels : bool
        Whether `y` holds labels.
    ignore : int, optional
        Value of `y` in cells that do not count.
    activation : {"sigmoid", "softmax"}
        What turns logits into probabilities.
    form : {"minimum", "product", "lukasiewicz", "squared"}
        How a prediction and a target intersect.
    entropy : bool
        Whether the sums of a cross-entropy are taken.
    smoothing : float
        Share of a label that is spread over the classes.

    Returns
    -------
    tensor (7, batch, class)
        Float64.

    Examples
    --------
    >>> x = torch.zeros(1, 1, 4)
    >>> y = torch.tensor([[[1.0, 0.0, 0.5, 1.0]]])
    >>> sums(x, y, None, None, False, None, "sigmoid", "minimum", False, 0.0)[:3, 0, 0]
    tensor([1.5000, 2.0000, 2.5000], dtype=torch.float64)
    """
    n_cases, n_classes = x.shape[:2]
    if x.numel() == 0:
        return torch.zeros(N_SUMS, n_cases, n_classes, dtype=torch.float64)
    operands = _operands(x, y, weights, where, labels, ignore)
    settings = _pass(x, activation, form, smoothing)
    n_chunks = -(-settings.n_cells // settings.chunk)
    of_chunks = np.empty((n_cases * n_chunks, N_SUMS, n_classes))

    def add(first: int, last: int) -> None:
        block, chances = _rooms(operands, n_classes, settings, entropy=entropy)
        add_chunks(operands, settings, block, chances, first, last, of_chunks)

    _share_out(add, len(of_chunks))
    of_cases = of_chunks.reshape(n_cases, n_chunks, N_SUMS, n_classes).sum(1)
    totals = np.ascontiguousarray(of_cases.transpose(1, 0, 2))
    has_bad = totals[BAD] > 0
    if has_bad.any():
        totals[: OTHER + 1, has_bad] = np.nan
    return torch.from_numpy(totals)


def sums_gradient(
    g: Tensor,
    x: Tensor,
    y: Tensor,
    weights: Tensor | None,
    where: Tensor | None,
    labels: bool,
    ignore: int | None,
    activation: str,
    form: str,
    entropy: bool,
    smoothing: float,
) -> Tensor:
    """Return the gradient of the logits, in one pass; see `sums` for all but `g`.

    Parameters
    ----------
    g : tensor (7, batch, class)
        The gradient by each sum.

    Returns
    -------
    tensor
        Like `x`.

    Examples
    --------
    >>> x = torch.zeros(1, 1, 2)
    >>> y = torch.tensor([[[1.0, 0.0]]])
    >>> g = torch.zeros(7, 1, 1)
    >>> g[0] = 1.0
    >>> sums_gradient(g, x, y, None, None, False, None, "sigmoid", "minimum", False, 0.0)
    tensor([[[0.2500, 0.0000]]])
    """
    if x.numel() == 0:
        return torch.empty_like(x)
    # numpy asks the system for large pages, torch does not: on a new tensor that is most of the time
    memory = np.empty(x.numel(), _array(x).dtype)
    strides = torch.empty_like(x, device="meta").stride()
    gradient = torch.from_numpy(memory).view(x.dtype).as_strided(x.shape, strides)
    values = _array(gradient)
    written = values if has_layout(values) else np.empty(values.shape, values.dtype)
    to = operand_to_write(written, _kind(x))
    operands = _operands(x, y, weights, where, labels, ignore)
    settings = _pass(x, activation, form, smoothing)
    n_chunks = -(-settings.n_cells // settings.chunk)
    of_cases = np.ascontiguousarray(g.detach().numpy().astype(np.float64, copy=False).transpose(1, 0, 2))

    def write(first: int, last: int) -> None:
        block, chances = _rooms(operands, x.shape[1], settings, entropy=False)
        of_sizes = np.empty_like(block.logits)
        of_shares = np.empty_like(of_sizes) if entropy else np.empty((x.shape[1], 0), of_sizes.dtype)
        slopes = Slopes(of_sizes, of_shares)
        write_chunks(operands, settings, block, chances, slopes, first, last, of_cases, to)

    _share_out(write, len(x) * n_chunks)
    if written is not values:
        values[...] = written
    return gradient


def _operands(
    x: Tensor, y: Tensor, weights: Tensor | None, where: Tensor | None, labels: bool, ignore: int | None
) -> Operands:
    rounding = ROUNDING
    if y.is_floating_point():
        rounding = max(ROUNDING, 2 * torch.finfo(y.dtype).eps)
    return Operands(
        logits=_operand(x),
        labels=operand(_whole_numbers(y.unsqueeze(1))) if labels else NOTHING,
        channels=NOTHING if labels else _operand(y),
        weights=NOTHING if weights is None else _operand(weights),
        where=NOTHING if where is None else _operand(where),
        ignored=nan if ignore is None else float(ignore),
        rounding=rounding,
    )


def _operand(x: Tensor) -> Operand:
    """Return a tensor as the kernels read it."""
    return operand(_array(x), _kind(x))


def _array(x: Tensor) -> np.ndarray:
    """View a tensor as an array, bfloat16 as int16."""
    x = x.detach()
    return x.view(torch.int16).numpy() if x.dtype == torch.bfloat16 else x.numpy()


def _kind(x: Tensor) -> int | None:
    """Return the kind of elements that the array of a tensor does not show."""
    return BFLOAT16 if x.dtype == torch.bfloat16 else None


def _whole_numbers(x: Tensor) -> np.ndarray:
    """View a tensor as `elements` reads labels: integers and single or double numbers as they are."""
    if x.dtype in (torch.float16, torch.bfloat16):
        x = x.float()
    return x.detach().numpy()


def _pass(x: Tensor, activation: str, form: str, smoothing: float) -> Pass:
    n_classes = x.shape[1]
    n_cells = prod(x.shape[2:])
    block = _block(n_classes, n_cells)
    # whole blocks
    chunk = max(_CHUNK // (n_classes * block), 1) * block
    softmax = activation == "softmax"
    in_place = not softmax and x.numel() <= _FEW
    return Pass(n_cells, chunk, softmax, in_place, FORMS[form], smoothing)


def _block(n_classes: int, n_cells: int) -> int:
    """Return how many cells pass together."""
    n = min(_CELLS, _ROOM // n_classes)
    return min(max(n, _FEWEST), n_cells)


def _rooms(operands: Operands, n_classes: int, settings: Pass, *, entropy: bool) -> tuple[Block, Chances]:
    """Return the rooms of one thread."""
    kinds = (operands.logits.kind, operands.channels.kind, operands.weights.kind)
    working = np.dtype(np.float64 if operands.logits.kind == DOUBLE else np.float32)
    exact = np.dtype(np.float64 if DOUBLE in kinds else np.float32)
    block = new_block(operands, n_classes, _block(n_classes, settings.n_cells), working, exact)
    return block, new_chances(block.logits, settings.softmax, entropy)


def _share_out(work: Callable[[int, int], None], n_chunks: int) -> None:
    """Let each thread do its share of the chunks, from a first to before a last."""
    n_threads = min(torch.get_num_threads(), n_chunks // _CHUNKS_OF_THREAD)
    if n_threads <= 1:
        work(0, n_chunks)
        return
    ends = [n_chunks * k // n_threads for k in range(n_threads + 1)]
    pool = _pool(n_threads - 1)
    others = [pool.submit(work, *ends[k : k + 2]) for k in range(1, n_threads)]
    work(ends[0], ends[1])
    for other in others:
        other.result()


def _pool(n_threads: int) -> ThreadPoolExecutor:
    """Return threads that wait for work, started in this process."""
    if n_threads not in _pools:
        _pools[n_threads] = ThreadPoolExecutor(n_threads, "overlap")
    return _pools[n_threads]

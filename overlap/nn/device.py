"""The sums of a batch, and their gradient, on a CUDA device: what the operators of `overlap.nn` do there.

Conventions
-----------
- Logits are ``(batch, class, *spatial)``, float32, float16 or bfloat16, and read as they are; arithmetic is float32.
- Sums are float32, ``(7, batch, class)``: those of `Sums`, and how many counted values cannot be. Where any is, the
  sums of its case and class are NaN: nothing waits for the device.
- Sizes of tiles depend on shapes and types alone, and with them the order of every sum: equal input gives equal bits.
- Classes and cells may lie in any order. Cells that are not one step apart throughout, as in a crop, are copied first.
- triton comes with this module: import it where a tensor is on a device, not before.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..raster.sizes import ROUNDING
from .device_kernels import N_SUMS, add_programs, add_up, write_gradient

MOST_CLASSES = 128
"""A softmax over more does not fit into registers."""
_SIGMOID_CLASSES = 4
"""Classes of one tile where each is by itself: labels are read once for all of them."""
_THREADS = 128
_WARP = 32
_FULL = 4096
"""Tiles that fill a device several times; of more, a program takes a few, so that there is less to add up."""
_FEW = 8
"""Tiles of a program at most, whose sums are single."""
_BLOCK = 4096
"""Programs whose sums are added at once."""


class Tiles(NamedTuple):
    """How a batch is cut into tiles."""

    classes: int
    """Classes of a tile, a power of two."""
    cells: int
    """Cells of a tile, a power of two."""
    vector: int
    """Cells in a row that a thread reads at once."""
    n_warps: int
    """Warps of a program."""
    n_blocks: int
    """Tiles that the classes of a case take."""
    n_tiles: int
    """Tiles that the cells of a case take."""


def can_take(dtype: torch.dtype, n_classes: int, activation: str) -> bool:
    """Return whether there is a kernel for such logits: not for float64, nor for a softmax over very many classes.

    Examples
    --------
    >>> can_take(torch.float32, 2, "softmax"), can_take(torch.float64, 2, "softmax")
    (True, False)
    >>> can_take(torch.float32, 300, "softmax"), can_take(torch.float32, 300, "sigmoid")
    (False, True)
    """
    is_read = dtype in (torch.float32, torch.float16, torch.bfloat16)
    fits = activation == "sigmoid" or n_classes <= MOST_CLASSES
    return is_read and fits


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
        Float32.
    """
    n_cases, n_classes = x.shape[:2]
    if x.numel() == 0:
        return x.new_zeros((N_SUMS.value, n_cases, n_classes), dtype=torch.float32)
    tiles = cut(x, activation)
    n_rows = n_cases * n_classes
    total = n_cases * tiles.n_blocks * tiles.n_tiles
    tiles_of_program = min(max(total // _FULL, 1), _FEW)
    n_programs = _parts(tiles.n_tiles, tiles_of_program)
    partial = x.new_empty((N_SUMS.value, n_rows, n_programs), dtype=torch.float32)
    totals = x.new_empty((N_SUMS.value, n_cases, n_classes), dtype=torch.float32)
    batch = _batch(x, y, weights, where, labels, ignore)
    options = _options(x, tiles, labels, activation, form, entropy, smoothing)
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        add_up[(n_cases * tiles.n_blocks * n_programs,)](
            partial,
            **batch,
            **options,
            n_programs=n_programs,
            n_tiles=tiles_of_program,
            EVEN=batch["n_cells"] % (tiles.cells * tiles_of_program) == 0,
        )
        add_programs[(n_rows, N_SUMS.value)](totals, partial, n_rows, n_programs, BLOCK=_BLOCK, num_warps=16)
    return totals


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
        Like `x`, in memory too.
    """
    gradient = torch.empty_like(x)
    if x.numel() == 0:
        return gradient
    tiles = cut(x, activation)
    rows = _in_rows(gradient)
    g = g.to(torch.float32).contiguous()
    batch = _batch(x, y, weights, where, labels, ignore)
    options = _options(x, tiles, labels, activation, form, entropy, smoothing)
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        write_gradient[(len(x) * tiles.n_blocks * tiles.n_tiles,)](
            rows,
            g,
            **_strides("gradient", rows),
            **batch,
            **options,
            n_programs=tiles.n_tiles,
            EVEN=batch["n_cells"] % tiles.cells == 0,
        )
    if rows.data_ptr() != gradient.data_ptr():
        gradient.copy_(rows.view(x.shape))
    return gradient


def cut(x: Tensor, activation: str) -> Tiles:
    """Return how a batch is cut into tiles.

    A thread has 16 values of a tile, or 8 where that leaves it a row of cells long enough to read 16 bytes at once.

    Examples
    --------
    >>> cut(torch.zeros(2, 3, 64, 64), "softmax")
    Tiles(classes=4, cells=512, vector=4, n_warps=4, n_blocks=1, n_tiles=8)
    """
    n_classes = x.shape[1]
    classes = 1 << (n_classes - 1).bit_length()
    if activation == "sigmoid":
        classes = min(classes, _SIGMOID_CLASSES)
    values = 8 if classes <= 2 else 16
    cells = max(_THREADS * values // classes, _WARP)
    n_warps = classes * cells // (values * _WARP)
    vector = min(16 // x.element_size(), max(cells // _THREADS, 2))
    n_blocks = _parts(n_classes, classes)
    n_tiles = _parts(prod(x.shape[2:]), cells)
    return Tiles(classes, cells, vector, n_warps, n_blocks, n_tiles)


def _parts(n: int, size: int) -> int:
    """Return how many parts of a size hold all."""
    return -(-n // size)


def _batch(
    x: Tensor, y: Tensor, weights: Tensor | None, where: Tensor | None, labels: bool, ignore: int | None
) -> dict[str, Any]:
    """Return what kernels read: tensors, their strides, and how far from 0 and 1 a target is only rounded."""
    rounding = ROUNDING
    if y.is_floating_point():
        rounding = max(rounding, 2 * torch.finfo(y.dtype).eps)
    batch: dict[str, Any] = {"ignore": ignore, "rounding": rounding}
    batch["n_cells"] = prod(x.shape[2:])
    batch["n_rows"] = x.shape[0] * x.shape[1]
    tensors = {"x": x, "y": y.unsqueeze(1) if labels else y, "weights": weights, "where": where}
    for name, tensor in tensors.items():
        rows = None if tensor is None else _in_rows(tensor)
        batch[name] = rows
        batch |= _strides(name, rows)
    batch["WEIGHTS_BY_CLASS"] = batch["weights_class"] != 0
    batch["WHERE_BY_CLASS"] = batch["where_class"] != 0
    return batch


def _in_rows(x: Tensor) -> Tensor:
    """Return a tensor as (case, class, cell), in its own memory where that can be; bool as bytes."""
    if x.dtype == torch.bool:
        x = x.view(torch.uint8)
    return x.reshape(x.shape[0], x.shape[1], prod(x.shape[2:]))


def _strides(name: str, rows: Tensor | None) -> dict[str, int]:
    """Return the strides of a tensor as the kernels call them, 0 along an axis of length 1."""
    steps = [0, 0, 0]
    if rows is not None:
        steps = [0 if n == 1 else step for n, step in zip(rows.shape, rows.stride(), strict=True)]
    return {f"{name}_case": steps[0], f"{name}_class": steps[1], f"{name}_cell": steps[2]}


def _options(
    x: Tensor, tiles: Tiles, labels: bool, activation: str, form: str, entropy: bool, smoothing: float
) -> dict[str, Any]:
    """Return what a kernel is compiled for, and the smoothing of labels: how much is kept, and what each class gets."""
    n_sharing = x.shape[1] if activation == "softmax" else 2
    return {
        "kept": 1.0 - smoothing,
        "spread": smoothing / n_sharing,
        "N_CLASSES": x.shape[1],
        "CLASSES": tiles.classes,
        "CELLS": tiles.cells,
        "VECTOR": tiles.vector,
        "LABELS": labels,
        "SOFTMAX": activation == "softmax",
        "FORM": form,
        "ENTROPY": entropy,
        "num_warps": tiles.n_warps,
        "enable_fp_fusion": True,
    }

"""Blocks of cells in the cache: logits, target and how much each cell counts, in numba.

Conventions
-----------
- Logits are (batch, class, *spatial), the target is labels (batch, 1, *spatial) or has a channel for each class.
  `weights` and `where` broadcast to the logits by axes of length 1 in batch and class.
- A cell counts as often as its weight says, and not at all where `where` is false, the target is ignored or the
  weight is 0. What does not count may hold anything, NaN too: it is 0 in the block.
- Logits in float64 are worked on in float64, all others in float32.
- Where all cells count once, channels are not copied but worked on where they lie, if numbers lie there as in a block;
  so are the logits of a sigmoid, if there are few: a long calculation that reads from beyond the cache waits for each
  line, a copy asks for many at once.
- What is not given is `NOTHING`, of which kernels ask once a block. They are compiled for the types that blocks have,
  and for whether there is a scale: not for each type that a tensor may have.
"""

from __future__ import annotations

from math import isnan
from typing import Any, NamedTuple

import numpy as np

from .._compiled import kernel
from .elements import (
    IGNORED,
    NOTHING,
    OUTSIDE,
    Operand,
    in_unit,
    is_room,
    memory_or_room,
    read,
    read_bytes,
    read_labels,
)
from .exponentials import INNER, STRICT

_kernel: Any = kernel(**STRICT)
_inner_kernel: Any = kernel(**STRICT, **INNER)


class Operands(NamedTuple):
    """What the kernels read."""

    logits: Operand
    labels: Operand
    channels: Operand
    """The target, as one of these; `NOTHING` is what is not given."""
    weights: Operand
    where: Operand
    """Bytes."""
    ignored: float
    """NaN if none is."""
    rounding: float
    """How far beyond 0 and 1 a channel of the target may lie."""


class Block(NamedTuple):
    """Room for cells that pass together, (class, cell); one for each thread."""

    logits: np.ndarray
    target: np.ndarray
    scale: np.ndarray | None
    """How much a cell counts; None if all do once."""
    classes: np.ndarray
    """(cell,), the labels."""
    counted: np.ndarray
    """(cell,), 1 or 0."""


def new_block(operands: Operands, n_classes: int, n: int, working: np.dtype[Any], exact: np.dtype[Any]) -> Block:
    """Return room for n cells, worked on in one type and read exactly in another."""
    all_count = operands.weights is NOTHING and operands.where is NOTHING and isnan(operands.ignored)
    return Block(
        np.empty((n_classes, n), working),
        np.empty((n_classes, n), exact),
        None if all_count else np.empty((n_classes, n), exact),
        np.empty(n, np.int32),
        np.empty(n, np.uint8),
    )


@_kernel
def fill(
    operands: Operands, softmax: bool, in_place: bool, case: int, cell: int, n: int, block: Block, n_bad: np.ndarray
) -> None:
    """Read n cells, from a cell on; add to each class how many of its counted values cannot be.

    Channels are left to `channel_of` where all cells count, and logits that stay in their place to `logits_of`.
    """
    n_classes = block.logits.shape[0]
    ignored = operands.ignored
    scale = block.scale
    classes = block.classes[:n]
    counted = block.counted[:n]
    if operands.labels.kind:
        read_labels(operands.labels, case, cell, n_classes, ignored, classes)
    for c in range(n_classes):
        target = block.target[c, :n]
        logits = block.logits[c, :n]
        if not in_place or scale is not None or is_room(operands.logits, cell, logits):
            read(operands.logits, case, c, cell, logits)
        n_bad[c] += _read_scale(operands.weights, operands.where, case, c, cell, counted, scale)
        _spread(operands.labels, ignored, classes, c, target, scale)
        n_bad[c] += _read_counted(operands.channels, ignored, operands.rounding, case, c, cell, target, scale)
    # of a label that is no class, all classes are unknown
    n_bad += _n_bad_classes(operands.labels, classes, counted, scale)
    _clear(softmax, block.logits, counted, scale)


@_kernel
def logits_of(
    logits: Operand, in_place: bool, case: int, c: int, cell: int, room: np.ndarray, scale: np.ndarray | None
) -> np.ndarray:
    """Return the logits of a class, from a cell on, once `fill` has read them; the room is theirs."""
    values = room
    if in_place and scale is None:
        values = memory_or_room(logits, case, c, cell, room)
    return values


@_kernel
def channel_of(
    channels: Operand,
    rounding: float,
    case: int,
    c: int,
    cell: int,
    room: np.ndarray,
    scale: np.ndarray | None,
    n_bad: np.ndarray,
) -> np.ndarray:
    """Return the target of a class, from a cell on, once `fill` has read the rest; the room is its own."""
    if scale is None and channels.kind:
        values: np.ndarray = memory_or_room(channels, case, c, cell, room)
        if not is_room(channels, cell, room) and in_unit(values):
            return values
        read(channels, case, c, cell, room)
        n_bad[c] += _cut(room, rounding)
    return room


@_inner_kernel
def _read_scale(
    weights: Operand,
    where: Operand,
    case: int,
    c: int,
    cell: int,
    counted: np.ndarray,
    scale: np.ndarray | None,
) -> int:
    if scale is None:
        return 0
    s = scale[c, : counted.size]
    n_bad = 0
    if weights.kind:
        read(weights, case, c, cell, s)
    else:
        s[:] = 1
    if where.kind:
        read_bytes(where, case, c, cell, counted)
        for k in range(s.size):
            s[k] = s[k] if counted[k] != 0 else 0
    if weights.kind:
        for k in range(s.size):
            n_bad += not (0 <= s[k] < np.inf)
    return n_bad


@_inner_kernel
def _spread(
    labels: Operand,
    ignored: float,
    classes: np.ndarray,
    c: int,
    target: np.ndarray,
    scale: np.ndarray | None,
) -> None:
    """Write labels as a channel: 1 where they are its class."""
    if not labels.kind:
        return
    class_ = np.int32(c)
    for k in range(target.size):
        target[k] = classes[k] == class_
    if ignored == ignored and scale is not None:
        s = scale[c, : target.size]
        for k in range(s.size):
            s[k] = 0 if classes[k] == IGNORED else s[k]


@_inner_kernel
def _read_counted(
    channels: Operand,
    ignored: float,
    rounding: float,
    case: int,
    c: int,
    cell: int,
    target: np.ndarray,
    scale: np.ndarray | None,
) -> int:
    """Read a channel of which not all cells count."""
    if not channels.kind or scale is None:
        return 0
    read(channels, case, c, cell, target)
    s = scale[c, : target.size]
    if ignored == ignored:
        for k in range(s.size):
            s[k] = 0 if target[k] == ignored else s[k]
    for k in range(s.size):
        target[k] = target[k] if s[k] != 0 else 0
    return int(_cut(target, rounding))


@_inner_kernel
def _cut(target: np.ndarray, rounding: float) -> int:
    """Cut off what lies beyond 0 and 1 by rounding; return how much lies farther off."""
    number = target.dtype.type
    zero = number(0)
    one = number(1)
    lowest = number(-rounding)
    highest = number(1 + rounding)
    n_bad = np.int32(0)
    for k in range(target.size):
        y = target[k]
        n_bad = np.int32(n_bad + (not lowest <= y <= highest))
        # a NaN stays one
        y = zero if y < zero else y
        target[k] = one if y > one else y
    return int(n_bad)


@_inner_kernel
def _n_bad_classes(labels: Operand, classes: np.ndarray, counted: np.ndarray, scale: np.ndarray | None) -> int:
    if not labels.kind:
        return 0
    n_bad = 0
    if scale is None:
        for k in range(classes.size):
            n_bad += classes[k] == OUTSIDE
    else:
        _count(scale, counted)
        for k in range(classes.size):
            n_bad += classes[k] == OUTSIDE and counted[k] != 0
    return n_bad


@_inner_kernel
def _count(scale: np.ndarray, counted: np.ndarray) -> None:
    """Mark the cells that count in any class."""
    counted[:] = 0
    for c in range(scale.shape[0]):
        s = scale[c, : counted.size]
        for k in range(counted.size):
            counted[k] |= s[k] != 0


@_inner_kernel
def _clear(softmax: bool, logits: np.ndarray, counted: np.ndarray, scale: np.ndarray | None) -> None:
    """Write 0 over the logits that do not count; to a softmax all of a cell count if one class does."""
    if scale is None:
        return
    if softmax:
        _count(scale, counted)
    for c in range(scale.shape[0]):
        x = logits[c, : counted.size]
        s = scale[c, : counted.size]
        for k in range(x.size):
            keep = counted[k] != 0 if softmax else s[k] != 0
            x[k] = x[k] if keep else 0

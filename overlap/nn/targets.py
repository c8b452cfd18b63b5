"""What loaders give as a target: labels, one channel for each class, or one channel of one class.

Conventions
-----------
- A prediction is ``(batch, class, *spatial)``. Its target has the same shape, one channel for each class: bool, integer
  0 and 1, or floating in [0, 1]. Or it has one label for each cell, ``(batch, *spatial)`` or ``(batch, 1, *spatial)``:
  integers, or floating numbers that are whole.
- Of one class there are no labels: either shape is its mask.
- The shape alone says which of these it is, never a value.
- What cannot be is refused on the host, where values may be looked at. On a device, and under `torch.compile`, it makes
  the loss NaN: a message would wait for the device.
"""

from __future__ import annotations

from numbers import Real
from typing import NamedTuple

import torch
from torch import Tensor

from .._arrays import is_host


class Target(NamedTuple):
    """A target as the losses read it."""

    values: Tensor
    """Labels ``(batch, *spatial)``, or channels ``(batch, class, *spatial)``."""
    is_labels: bool


def read_target(operation: str, prediction: Tensor, target: Tensor, ignore_index: int | None) -> Target:
    """Tell from its shape what the target of a prediction is; see `read_form`.

    Examples
    --------
    >>> prediction = torch.zeros(2, 3, 4, 4)
    >>> read_target("nn.DiceLoss", prediction, torch.zeros(2, 1, 4, 4), None).is_labels
    True
    >>> read_target("nn.DiceLoss", prediction[:, :1], torch.zeros(2, 4, 4), None).values.shape
    torch.Size([2, 1, 4, 4])
    """
    return read_form(operation, "target", target, tuple(prediction.shape), ignore_index)


def read_form(operation: str, name: str, x: Tensor, shape: tuple[int, ...], ignore_index: int | None) -> Target:
    """Tell from its shape whether a tensor has labels or channels.

    Parameters
    ----------
    operation, name : str
        What messages call the loss, and the tensor.
    x : tensor
        In any of the forms that this module's conventions name.
    shape : tuple of int
        What it is with a channel for each class: (batch, class, ...).
    ignore_index : int, optional
        The label of cells that do not count.

    Raises
    ------
    TypeError, ValueError
        If the shape or the dtype fits none of them, or `ignore_index` is given with a channel for each class.

    Examples
    --------
    >>> read_form("nn.RunningOverlap", "prediction", torch.zeros(2, 4, 4), (2, 3, 4, 4), None).is_labels
    True
    """
    n_classes = shape[1]
    cells = (shape[0], *shape[2:])
    one_channel = (cells[0], 1, *cells[1:])
    if n_classes == 1:
        if x.shape == cells:
            x = x.unsqueeze(1)
        if x.shape == one_channel:
            return Target(x, False)
    elif x.shape == shape:
        if ignore_index is not None:
            raise ValueError(
                f"{operation}: ignore_index={ignore_index} is a label, and the {name} has a channel for each of "
                f"{n_classes} classes; leave cells out with where=, True = counted"
            )
        return Target(x, False)
    elif x.shape in (cells, one_channel):
        if x.dtype == torch.bool:
            raise TypeError(
                f"{operation}: the {name} is bool, {tuple(x.shape)}, and there are {n_classes} classes; pass labels as "
                f"integers, {name}.long(), or a channel for each class"
            )
        return Target(x.reshape(cells), True)
    raise ValueError(
        f"{operation}: the {name} has shape {tuple(x.shape)} and the prediction {shape}; a {name} is {shape}, or "
        f"labels {cells} or {one_channel}"
    )


class Channels(NamedTuple):
    """A target as one channel for each class, and what is known of its cells."""

    values: Tensor
    """Bool, or floating in [0, 1]: (batch, class, *spatial)."""
    where: Tensor | None
    """True = counted; broadcasts to the values."""
    unknown: Tensor | None
    """True = counted, and no class; None where nothing is, or nothing was looked for."""


def as_channels(
    operation: str,
    target: Target,
    n_classes: int,
    where: Tensor | None,
    ignore_index: int | None,
    name: str = "target",
) -> Channels:
    """Return a target as one channel for each class, bool or floating, and which cells count.

    Parameters
    ----------
    operation : str
        What messages call the loss.
    target : Target
        As `read_target` returns it.
    n_classes : int
        Number of classes.
    where : tensor of bool, optional
        True = counted; broadcasts to ``(batch, class, *spatial)``.
    ignore_index : int, optional
        The label of cells that do not count.
    name : str
        What messages call the target.

    Raises
    ------
    ValueError
        If a counted label is none of the classes, where values may be looked at.

    Examples
    --------
    >>> labels = Target(torch.tensor([[0, 1, 255]]), True)
    >>> channels = as_channels("nn.DiceLoss", labels, 2, None, 255)
    >>> channels.values.int().tolist(), channels.where.tolist()
    ([[[1, 0, 0], [0, 1, 0]]], [[[True, True, False]]])
    """
    values = _comparable(target.values)
    where = counted_where(target, where, ignore_index)
    if target.is_labels:
        remedy = "leave cells to be ignored out with ignore_index=k, a label of the target, or with where="
        return one_hot(operation, name, values, n_classes, where, remedy)
    if not is_whole(values):
        return Channels(values, where, None)
    mask = values == 1
    unknown = ~mask & (values != 0)
    kind = f"values of the {name}"
    remedy = f"pass {name} > 0 for a mask, or labels as (batch, 1, *spatial)"
    return Channels(mask, where, _refused(operation, kind, values, "0 and 1", unknown, where, remedy))


def counted_where(target: Target, where: Tensor | None, ignore_index: int | None) -> Tensor | None:
    """Return which cells count: those of `where` whose label is not ignored; None if all do."""
    values = _comparable(target.values)
    if ignore_index is None or not _can_hold(values.dtype, ignore_index):
        return where
    known = values != ignore_index
    if target.is_labels:
        known = known.unsqueeze(1)
    return known if where is None else where & known


_UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
"""What torch can store, but not compare."""


def _comparable(values: Tensor) -> Tensor:
    return values.long() if values.dtype in _UNSIGNED else values


def _can_hold(dtype: torch.dtype, label: int) -> bool:
    """Return whether a label can occur: torch would compare what is left of it in so many bits."""
    if dtype.is_floating_point or dtype == torch.bool:
        return True
    limits = torch.iinfo(dtype)
    return limits.min <= label <= limits.max


def check_label(operation: str, ignore_index: object) -> None:
    """Refuse what is no label.

    Examples
    --------
    >>> check_label("nn.DiceLoss", -1)
    >>> check_label("nn.DiceLoss", True)
    Traceback (most recent call last):
    ...
    ValueError: nn.DiceLoss: ignore_index must be a whole number or None, got True
    """
    if ignore_index is None:
        return
    is_label = isinstance(ignore_index, Real) and not isinstance(ignore_index, bool) and ignore_index % 1 == 0
    if not is_label:
        raise ValueError(f"{operation}: ignore_index must be a whole number or None, got {ignore_index!r}")


def is_whole(x: Tensor) -> bool:
    """Return whether a tensor holds integers."""
    return not (x.is_floating_point() or x.dtype == torch.bool)


def one_hot(operation: str, name: str, labels: Tensor, n_classes: int, where: Tensor | None, remedy: str) -> Channels:
    """Turn labels ``(batch, *spatial)`` into a mask for each class, ``(batch, class, *spatial)``.

    Examples
    --------
    >>> one_hot("nn.RunningOverlap", "prediction", torch.tensor([[0, 1]]), 2, None, "").values.int().tolist()
    [[[1, 0], [0, 1]]]
    """
    classes = torch.arange(n_classes, device=labels.device).reshape(-1, *(1,) * (labels.ndim - 1))
    labels = labels.unsqueeze(1)
    unknown = (labels < 0) | (labels >= n_classes)
    if labels.is_floating_point():
        unknown = ~(labels == labels.round()) | unknown
    kind = f"labels of the {name}"
    known = f"0 to {n_classes - 1}"
    not_looked_at = _refused(operation, kind, labels, known, unknown, where, remedy)
    return Channels(labels == classes, where, not_looked_at)


def _refused(
    operation: str, kind: str, values: Tensor, known: str, unknown: Tensor, where: Tensor | None, remedy: str
) -> Tensor | None:
    """Refuse counted values that are unknown; where they may not be looked at, return which they are."""
    if where is not None:
        unknown = unknown & where
    if not is_host(values):
        return unknown
    if not unknown.any():
        return None
    raise ValueError(
        f"{operation}: {int(unknown.sum())} counted {kind} are not among {known} (from {values.min().item():g} to "
        f"{values.max().item():g}); {remedy}"
    )

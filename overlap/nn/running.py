"""The sizes of a whole validation loop, over all processes. Public through `overlap.nn`.

Conventions
-----------
- Arrays are ``(batch, class, *spatial)``, bool or floating in [0, 1], or integer labels ``(batch, *spatial)``.
- The sums are float64: hard counts are exact up to 2**53, whatever dtype the model is cast to.
- They are no weights: a model's `state_dict` has none of them unless `persistent` says so, and loads strictly from one
  that has, such as those of earlier versions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .._checks import check_choice
from ..counts import Overlap, unchecked
from ..raster import TNORMS, TNorm, measure
from .targets import Channels, is_whole, one_hot


class RunningOverlap(torch.nn.Module):
    """The sizes of all batches of a loop, class by class, over all processes: index them once, at the end.

    The index of the sums ("micro"), not the mean of the cases' indices. Hard counts are exact. Predictions need no
    argmax or threshold if they are soft; nothing is binarised.

    Parameters
    ----------
    num_classes : int
        Number of classes, the background among them.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How two soft values intersect.
    persistent : bool
        Whether `state_dict` keeps this process's own sums, to go on in the middle of a loop. Of several processes each
        saves and loads its own: the sums of one that are loaded into another are left out, not counted twice.

    Examples
    --------
    >>> from overlap import dice
    >>> running = RunningOverlap(3)
    >>> for prediction, target in [([[0, 1, 1]], [[0, 1, 2]]), ([[2, 2, 2]], [[2, 2, 0]])]:
    ...     running.update(torch.tensor(prediction), torch.tensor(target))
    >>> dice(running.compute())
    tensor([0.6667, 0.6667, 0.6667], dtype=torch.float64)
    """

    def __init__(self, num_classes: int, *, tnorm: TNorm = "minimum", persistent: bool = False) -> None:
        super().__init__()
        if num_classes < 1:
            raise ValueError(f"nn.RunningOverlap: num_classes must be >= 1, got {num_classes}")
        check_choice("nn.RunningOverlap", "tnorm", tnorm, TNORMS)
        self.num_classes = num_classes
        self.tnorm = tnorm
        self.persistent = persistent
        self.register_state_dict_post_hook(_keep_sums)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_take_sums)  # type: ignore[no-untyped-call]
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        # no buffer: those are cast with the model's dtype, and overwritten by rank 0's under DistributedDataParallel
        self._sizes = torch.zeros(3, self.num_classes, dtype=torch.float64)

    @torch.no_grad()
    def update(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> None:
        """Add a batch.

        Parameters
        ----------
        prediction, target : tensor
            Each one either integer labels ``(batch, *spatial)``, or bool or floating in [0, 1],
            ``(batch, class, *spatial)``.
        weights, where : tensor, optional
            Size of each cell, and True = counted; broadcast to ``(batch, class, *spatial)``. What `where` leaves
            out may have any label.
        """
        a = self._channels("prediction", prediction, where)
        b = self._channels("target", target, where)
        all_but_classes = (0, *range(2, a.values.ndim))
        o = measure(a.values, b.values, axis=all_but_classes, weights=weights, where=where, tnorm=self.tnorm)
        batch = torch.stack([o.intersection.double(), o.size_a.double(), o.size_b.double()])
        for channels in (a, b):
            if channels.unknown is not None:
                batch = torch.where(channels.unknown.any(), torch.nan, batch)
        self._sizes = self._sizes.to(batch.device) + batch

    forward = update

    def compute(self, *, group: Any = None) -> Overlap:
        """Return the sizes of all batches of all processes, each of shape (num_classes,).

        Every process of the group must call this, also one that had no batch: it adds zeros. The own sums stay as
        they are.
        """
        sizes = self._sizes.clone()
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            sizes = sizes.to(_meeting_place(distributed.get_backend(group)))
            distributed.all_reduce(sizes, group=group)
        intersection, size_a, size_b = sizes.to(self._sizes.device)
        return unchecked(intersection, size_a, size_b)

    def extra_repr(self) -> str:
        """Return the number of classes."""
        return str(self.num_classes)

    def _channels(self, name: str, x: Tensor, where: Tensor | None) -> Channels:
        if is_whole(x):
            remedy = "leave cells to be ignored out with where=(labels != k).unsqueeze(1)"
            return one_hot("nn.RunningOverlap", name, x, self.num_classes, where, remedy)
        if x.ndim < 2 or x.shape[1] != self.num_classes:
            raise ValueError(
                f"nn.RunningOverlap: the {name} has shape {tuple(x.shape)}; it is (batch, {self.num_classes}, "
                "*spatial), or integer labels (batch, *spatial)"
            )
        return Channels(x, where, None)


_SUMS = "_extra_state"
"""What the sums are called in a `state_dict`."""
_OF_RANK = "_rank"
"""What the number of the process whose sums they are is called there."""


def _keep_sums(running: RunningOverlap, state: dict[str, Any], prefix: str, local_metadata: Any) -> None:
    """Put the sums into a `state_dict`, if they are to be kept."""
    if running.persistent:
        state[prefix + _SUMS] = running._sizes
        state[prefix + _OF_RANK] = torch.tensor(_rank())


def _take_sums(
    running: RunningOverlap,
    state: dict[str, Any],
    prefix: str,
    local_metadata: Any,
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """Take the sums out of a `state_dict`, and go on from them if they were to be kept."""
    sums = state.pop(prefix + _SUMS, None)
    rank = state.pop(prefix + _OF_RANK, None)
    if not running.persistent:
        return
    if sums is None:
        missing_keys.append(prefix + _SUMS)
    elif sums.shape != running._sizes.shape:
        error_msgs.append(
            f"nn.RunningOverlap: the state has {sums.shape[-1]} classes and this one {running.num_classes}"
        )
    elif rank is None or int(rank) == _rank():
        running._sizes = sums.double()
    else:
        running.reset()


def _rank() -> int:
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_rank())
    return 0


def _meeting_place(backend: str) -> torch.device:
    # the same on every process, whatever device its batches were on and whether it had any
    if backend == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")

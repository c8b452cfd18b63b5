"""The sizes of a whole validation loop, over all processes. Public through `overlap.nn`.

Conventions
-----------
- Prediction and target each have a channel for each class, ``(batch, class, *spatial)``: bool, integer 0 and 1, or
  floating in [0, 1]. Or they have labels, ``(batch, *spatial)`` or ``(batch, 1, *spatial)``: integers, or floating
  numbers that are whole. Of one class there are no labels: either shape is its mask.
- Their shapes say which of these they are, never a value, and as for the losses: where both may have an axis of classes
  after the batch, one long or as long as there are classes, they have it. A map of labels whose first spatial axis is
  as long as there are classes is therefore given as ``(batch, 1, *spatial)``.
- The three sizes of each case and class are kept, in float64: hard counts are exact up to 2**53, whatever dtype the
  model is cast to. A device that has no float64 leaves them to the host.
- A case in which an index is 0/0, such as one that `where` empties, is left out of the mean over cases, and not counted
  among those that define it.
- They are no weights: a model's `state_dict` has none of them unless `persistent` says so, and loads strictly from one
  that has, such as those of earlier versions.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple

import array_api_compat.torch as xp
import torch
from torch import Tensor

from .._arrays import plain
from .._checks import check_choice, shown
from ..counts import Overlap, unchecked
from ..indices import dice
from ..losses.ratios import Index, check_index
from ..raster import TNORMS, TNorm
from ..raster.sizes import Names, check_masks, measure_checked
from .options import check_tensors, read_counts
from .targets import Channels, as_channels, check_label, read_form

_NAMES = Names("nn.RunningOverlap", "prediction", "target")


class CaseMean(NamedTuple):
    """An index averaged over cases, class by class: both of shape (num_classes,)."""

    value: Tensor
    """The mean over the cases in which the index is defined; NaN if it is in none."""
    n_defined: Tensor
    """In how many cases it is, int64."""


class RunningOverlap(torch.nn.Module):
    """The sizes of all cases of a loop, class by class, over all processes: index them once, at the end.

    The index of the sums of all cases ("micro") is one of `compute`, the mean of the cases' indices is `mean`. Hard
    counts are exact. Predictions need no argmax or threshold if they are soft; nothing is binarised.

    Parameters
    ----------
    num_classes : int
        Number of classes, the background among them.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How two soft values intersect.
    ignore_index : int, optional
        The label of the target's cells that do not count, such as 255 or −1, whatever is predicted there; of one class,
        the value of its mask.
    persistent : bool
        Whether `state_dict` keeps this process's own cases, to go on in the middle of a loop. Of several processes each
        saves and loads its own: the cases of one that are loaded into another are left out, not counted twice.

    Raises
    ------
    TypeError, ValueError
        If an option is unknown or out of its range.

    Examples
    --------
    >>> from overlap import dice
    >>> running = RunningOverlap(3, ignore_index=255)
    >>> for prediction, target in [([[0, 1, 1, 1]], [[0, 1, 2, 255]]), ([[2, 2, 2, 2]], [[2, 2, 0, 255]])]:
    ...     running.update(torch.tensor(prediction), torch.tensor(target))
    >>> dice(running.compute())
    tensor([0.6667, 0.6667, 0.6667], dtype=torch.float64)
    >>> running.mean(dice)
    CaseMean(value=tensor([0.5000, 0.6667, 0.4000], dtype=torch.float64), n_defined=tensor([2, 1, 2]))
    """

    def __init__(
        self,
        num_classes: int,
        *,
        tnorm: TNorm = "minimum",
        ignore_index: int | None = None,
        persistent: bool = False,
    ) -> None:
        super().__init__()
        is_whole = isinstance(num_classes, Integral) and not isinstance(num_classes, bool)
        if not is_whole or num_classes < 1:
            raise ValueError(
                f"nn.RunningOverlap: num_classes must be a whole number >= 1, got {shown(num_classes)}; it counts the "
                "background, too"
            )
        check_choice("nn.RunningOverlap", "tnorm", tnorm, TNORMS)
        check_label("nn.RunningOverlap", ignore_index)
        check_choice("nn.RunningOverlap", "persistent", persistent, (False, True))
        self.num_classes = int(num_classes)
        self.tnorm = tnorm
        self.ignore_index = ignore_index
        self.persistent = persistent
        self.register_state_dict_post_hook(_keep_cases)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_take_cases)  # type: ignore[no-untyped-call]
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        # no buffer: those are cast with the model's dtype, and overwritten by rank 0's under DistributedDataParallel
        self._batches = [torch.zeros(0, 3, self.num_classes, dtype=torch.float64)]
        # of a checkpoint of an earlier version, which knew no cases
        self._sums_before = torch.zeros(3, self.num_classes, dtype=torch.float64)

    @torch.no_grad()
    def update(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> None:
        """Add a batch.

        Parameters
        ----------
        prediction, target : tensor
            Each one either a channel for each class, ``(batch, class, *spatial)``: bool, integer 0 and 1, or floating
            in [0, 1]. Or labels, ``(batch, *spatial)`` or ``(batch, 1, *spatial)``: integers, or floating numbers that
            are whole. What both shapes allow to be channels is channels.
        weights : tensor, optional
            Size (≥ 0) of each cell; broadcasts to ``(batch, class, *spatial)``, labels or not, and has all of these
            axes or only spatial ones: ``(batch, 1, *spatial)`` for the cells of labels.
        where : tensor of bool, optional
            True = counted; of the same shapes. What it leaves out may have any value.

        Raises
        ------
        TypeError, ValueError
            If the shapes do not fit, or a counted value cannot be. On a device such a value makes its case NaN.
        """
        check_tensors("nn.RunningOverlap", prediction=prediction, target=target)
        prediction, target = plain(prediction, target)
        shape = self._shape(prediction, target)
        weights, where = read_counts("nn.RunningOverlap", weights, where, shape)
        b = self._channels("target", target, shape, where, self.ignore_index)
        # what the target leaves out may be predicted as anything
        a = self._channels("prediction", prediction, shape, b.where, None)
        batch = torch.stack(self._sizes(a.values, b.values, weights, b.where), dim=1)
        for channels in (a, b):
            if channels.unknown is not None:
                unknown = channels.unknown.flatten(1).any(1).reshape(-1, 1, 1)
                batch = torch.where(unknown.to(batch.device), torch.nan, batch)
        self._batches.append(batch)

    forward = update

    def compute(self, *, group: Any = None) -> Overlap:
        """Return the sizes of all cases of all processes together, each of shape (num_classes,).

        Every process of the group must call this, also one that had no batch: it adds zeros. The own cases stay as
        they are.
        """
        own = self._own_cases()
        sums = own.sum(0) + self._sums_before.to(own.device)
        if _is_distributed():
            sums = sums.to(_meeting_place(group))
            torch.distributed.all_reduce(sums, group=group)
        intersection, size_a, size_b = sums.to(own.device)
        return unchecked(intersection, size_a, size_b)

    def cases(self, *, group: Any = None) -> Overlap:
        """Return the sizes of each case, (n_cases, num_classes): this process's, or process by process those of all.

        Every process of the group must call this, also one that had no batch.

        Raises
        ------
        RuntimeError
            If the sums of an earlier version were loaded, which knew no cases.
        """
        if self._sums_before.any():
            raise RuntimeError(
                "nn.RunningOverlap: the sums that were loaded are of an earlier version, which kept no cases; take "
                "compute(), or reset() and go through the cases again"
            )
        own = self._own_cases()
        every = own
        if _is_distributed():
            every = _of_all_processes(own.to(_meeting_place(group)), group).to(own.device)
        intersection, size_a, size_b = every.unbind(1)
        return unchecked(intersection, size_a, size_b)

    def mean(self, index: Index = dice, *, group: Any = None) -> CaseMean:
        """Return the mean of an index over the cases of all processes, and in how many it is defined.

        Every process of the group must call this, also one that had no batch.

        Parameters
        ----------
        index : callable
            A function of an `overlap.Overlap`, such as `overlap.dice` or ``partial(overlap.f_beta, beta=2)``. Cases in
            which it is NaN are left out; ``partial(overlap.dice, empty=1.0)`` keeps those that are empty on both sides.
        group : optional
            The group of processes; all by default.

        Returns
        -------
        CaseMean
            ``value n_defined``, each (num_classes,).
        """
        check_index("nn.RunningOverlap", index)
        o = self.cases(group=group)
        values = index(o)
        # what is no number because a label was none is no empty case
        is_defined = ~values.isnan() | o.size_a.isnan() | o.size_b.isnan()
        n_defined = is_defined.sum(0)
        return CaseMean(torch.where(is_defined, values, 0.0).sum(0) / n_defined, n_defined)

    def extra_repr(self) -> str:
        """Return the number of classes, and the options that differ from their defaults."""
        options = [str(self.num_classes)]
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                options.append(f"{name}={value!r}")
        return ", ".join(options)

    def _own_cases(self) -> Tensor:
        """Return the sizes of this process's cases, (n_cases, 3, num_classes), where the last batch was."""
        device = self._batches[-1].device
        cases = torch.cat([batch.to(device) for batch in self._batches])
        self._batches = [cases]
        return cases

    def _shape(self, prediction: Tensor, target: Tensor) -> tuple[int, ...]:
        """Return the shape (batch, class, *spatial) of what both are."""
        cells_of_target = self._cells(target)
        for cells in self._cells(prediction):
            if cells in cells_of_target:
                return (cells[0], self.num_classes, *cells[1:])
        channels = f"(batch, {self.num_classes}, *spatial)"
        raise ValueError(
            f"nn.RunningOverlap: the prediction has shape {tuple(prediction.shape)} and the target "
            f"{tuple(target.shape)}; of the same cells each is {channels}, or labels (batch, *spatial) or "
            "(batch, 1, *spatial)"
        )

    def _cells(self, x: Tensor) -> list[tuple[int, ...]]:
        """Return the shapes (batch, *spatial) that a tensor may have, that with an axis of classes first."""
        shape = tuple(x.shape)
        if x.ndim == 0:
            return []
        if x.ndim == 1 or x.shape[1] not in (1, self.num_classes):
            return [shape]
        return [(shape[0], *shape[2:]), shape]

    def _channels(
        self, name: str, x: Tensor, shape: tuple[int, ...], where: Tensor | None, ignore_index: int | None
    ) -> Channels:
        """Return one channel for each class, and which cells count."""
        read = read_form("nn.RunningOverlap", name, x, shape, ignore_index)
        return as_channels("nn.RunningOverlap", read, self.num_classes, where, ignore_index, name)

    def _sizes(self, a: Tensor, b: Tensor, weights: Tensor | None, where: Tensor | None) -> list[Tensor]:
        """Return |A∩B|, |A| and |B| of each case and class."""
        operands: list[Any] = [a, b, weights, where]
        if a.ndim == 2:
            # each case is a cell
            operands = [None if x is None else x.unsqueeze(-1) for x in operands]
        a, b, weights, where = operands
        axes = tuple(range(2, a.ndim))
        check_masks(_NAMES, a, b, weights, where, self.tnorm)
        sizes = measure_checked(_NAMES, a, b, axes, weights, where, self.tnorm, None, xp)
        return [in_double(x) for x in sizes]


_DEFAULTS = {"tnorm": "minimum", "ignore_index": None, "persistent": False}
"""Options that the module shows where they differ."""
_CASES = "_extra_state"
"""What the cases are called in a `state_dict`."""
_SUMS_BEFORE = "_sums_before"
"""What the sums of an earlier version's checkpoint are called there."""
_OF_RANK = "_rank"
"""What the number of the process whose cases they are is called there."""


def _keep_cases(running: RunningOverlap, state: dict[str, Any], prefix: str, local_metadata: Any) -> None:
    """Put the cases into a `state_dict`, if they are to be kept."""
    if running.persistent:
        state[prefix + _CASES] = running._own_cases()
        state[prefix + _SUMS_BEFORE] = running._sums_before
        state[prefix + _OF_RANK] = torch.tensor(_rank())


def _take_cases(
    running: RunningOverlap,
    state: dict[str, Any],
    prefix: str,
    local_metadata: Any,
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """Take the cases out of a `state_dict`, and go on from them if they were to be kept."""
    cases = state.pop(prefix + _CASES, None)
    sums_before = state.pop(prefix + _SUMS_BEFORE, None)
    rank = state.pop(prefix + _OF_RANK, None)
    if not running.persistent:
        return
    if cases is None:
        missing_keys.append(prefix + _CASES)
        return
    if cases.shape[-2:] != (3, running.num_classes):
        error_msgs.append(
            f"nn.RunningOverlap: the state has {cases.shape[-1]} classes and this one {running.num_classes}"
        )
        return
    running.reset()
    if rank is not None and int(rank) != _rank():
        return
    if cases.ndim == 2:
        # an earlier version kept nothing else
        running._sums_before = in_double(cases)
        return
    running._batches = [in_double(cases)]
    if sums_before is not None:
        running._sums_before = in_double(sums_before)


def in_double(x: Tensor) -> Tensor:
    """Return sizes in float64, on the host if their device has none.

    Examples
    --------
    >>> in_double(torch.tensor([1, 2]))
    tensor([1., 2.], dtype=torch.float64)
    """
    return x.cpu().double() if x.device.type in _WITHOUT_DOUBLE else x.double()


_WITHOUT_DOUBLE = frozenset({"mps"})
"""Kinds of device that have no float64."""


def _is_distributed() -> bool:
    distributed = torch.distributed
    return bool(distributed.is_available() and distributed.is_initialized())


def _rank() -> int:
    return int(torch.distributed.get_rank()) if _is_distributed() else 0


def _of_all_processes(cases: Tensor, group: Any) -> Tensor:
    """Return the cases of all processes, however many each of them has."""
    distributed = torch.distributed
    n_processes = distributed.get_world_size(group)
    numbers = [torch.zeros(1, dtype=torch.int64, device=cases.device) for _ in range(n_processes)]
    distributed.all_gather(numbers, torch.tensor([len(cases)], device=cases.device), group=group)
    # processes exchange arrays of one shape
    n_most = int(max(numbers))
    padded = cases.new_zeros(n_most, *cases.shape[1:])
    padded[: len(cases)] = cases
    gathered = [torch.zeros_like(padded) for _ in range(n_processes)]
    distributed.all_gather(gathered, padded, group=group)
    return torch.cat([x[: int(n)] for x, n in zip(gathered, numbers, strict=True)])


def _meeting_place(group: Any) -> torch.device:
    # the same on every process, whatever device its batches were on and whether it had any
    if torch.distributed.get_backend(group) == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")

"""The sums of a batch as operators of torch: ``overlap::sums`` and ``overlap::sums_gradient``.

Conventions
-----------
- Both are opaque to ``torch.compile``, which calls them as they are; shapes and types it knows from here.
- The host's are in `host`, a CUDA device's in `device`, each imported when a tensor of its kind comes.
- Outside of ``torch.compile`` the same functions run without the dispatcher, whose two rounds cost 40 µs.
- The gradient of the gradient is that of the array form.
- A loss hangs on three of the sums at most; the others have no gradient, and cost none.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from .._compiled import kernels
from .operations import sums_by_operations
from .sums import Settings
from .targets import Target

_OPTIONS = (
    "Tensor y, Tensor? weights, Tensor? where, bool labels, int? ignore, str activation, str form, bool entropy, "
    "float smoothing"
)
_N_SUMS = 7
_OF_PREDICTION = (0, 1)
"""The sums that hang on the prediction."""
_OF_ENTROPY = (3, 4)
"""Those that do if a cross-entropy is taken."""
_NEEDS = {"nn.host": "numba", "nn.device": "triton"}


def _sums(x: Tensor, *options: Any) -> Tensor:
    """Return the sums of a batch; see `host.sums`."""
    total: Tensor = _of_device(x).sums(x, *options)
    return total


def _sums_gradient(g: Tensor, x: Tensor, *options: Any) -> Tensor:
    """Return the gradient of the logits; see `host.sums_gradient`."""
    gradient: Tensor = _of_device(x).sums_gradient(g, x, *options)
    return gradient


def _of_device(x: Tensor) -> ModuleType:
    """Return the module that passes over tensors of a kind of device."""
    name = "nn.host" if x.device.type == "cpu" else "nn.device"
    module = kernels(name)
    if module is None:
        raise RuntimeError(
            f"overlap::sums: {_NEEDS[name]} cannot be imported; install it, or call without torch.compile"
        )
    return module


def _shape_of_sums(x: Tensor, *_: Any) -> Tensor:
    dtype = torch.float64 if x.device.type == "cpu" else torch.float32
    return x.new_empty((_N_SUMS, x.shape[0], x.shape[1]), dtype=dtype)


def _shape_of_gradient(g: Tensor, x: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(x)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    x, y, weights, where, *options = inputs
    ctx.save_for_backward(x, y, weights, where)
    ctx.options = options


def _backward_by(gradient: Any, ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
    x, *operands = ctx.saved_tensors
    if torch.is_grad_enabled():
        of_x = _gradient_graph(g, x, *operands, *ctx.options)
    else:
        of_x = gradient(g, x, *operands, *ctx.options)
    others = (None,) * (len(operands) + len(ctx.options))
    return of_x, *others


def _gradient_graph(
    g: Tensor,
    x: Tensor,
    y: Tensor,
    weights: Tensor | None,
    where: Tensor | None,
    labels: bool,
    ignore: int | None,
    activation: Any,
    form: Any,
    entropy: bool,
    smoothing: float,
) -> Tensor:
    """Return the gradient of the logits in tensor operations, for gradients of the gradient."""
    settings = Settings(activation, form, entropy=entropy, label_smoothing=smoothing, ignore_index=ignore)
    sums_of_x = sums_by_operations("overlap::sums", x, Target(y, labels), weights, where, settings)
    rows = [row for row in sums_of_x if row.requires_grad]
    of_rows = [of_row for of_row, row in zip(g, sums_of_x, strict=False) if row.requires_grad]
    # g depends on the logits too, by way of the loss: not through here
    (gradient,) = torch.autograd.grad(rows, x, of_rows, create_graph=True)
    return gradient


class _Sums(torch.autograd.Function):
    """The sums outside of ``torch.compile``, each an output of its own."""

    @staticmethod
    def forward(ctx: Any, pooled: bool, *inputs: Any) -> tuple[Tensor, ...]:
        total = _sums(*inputs)
        _keep(ctx, inputs, total)
        ctx.n_cases = total.shape[1] if pooled else None
        ctx.set_materialize_grads(False)
        rows = _rows(total, pooled)
        *_, entropy, _ = ctx.options
        hanging = _OF_PREDICTION + _OF_ENTROPY if entropy else _OF_PREDICTION
        ctx.mark_non_differentiable(*[row for k, row in enumerate(rows) if k not in hanging])
        return rows

    @staticmethod
    def backward(ctx: Any, *of_rows: Tensor | None) -> tuple[Tensor | None, ...]:
        given = [of_row for of_row in of_rows if of_row is not None]
        if not given:
            return (None,) * len(ctx.needs_input_grad)
        nothing = torch.zeros_like(given[0])
        g = torch.stack([nothing if of_row is None else of_row for of_row in of_rows])
        if ctx.n_cases is not None:
            g = g.unsqueeze(1).expand(-1, ctx.n_cases, -1)
        return None, *_backward_by(_sums_gradient, ctx, g)


def _rows(total: Tensor, pooled: bool) -> tuple[Tensor, ...]:
    """Return each of the sums, (batch, class), or (class,) of a pooled batch."""
    if pooled:
        total = total.sum(1)
    return total.unbind()


_sums_operator = torch.library.custom_op(
    "overlap::sums", _sums, mutates_args=(), schema=f"(Tensor x, {_OPTIONS}) -> Tensor"
)
_gradient_operator = torch.library.custom_op(
    "overlap::sums_gradient", _sums_gradient, mutates_args=(), schema=f"(Tensor g, Tensor x, {_OPTIONS}) -> Tensor"
)
_sums_operator.register_fake(_shape_of_sums)
_gradient_operator.register_fake(_shape_of_gradient)
_sums_operator.register_autograd(partial(_backward_by, _gradient_operator), setup_context=_keep)


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
    pooled: bool = False,
) -> tuple[Tensor, ...]:
    """Return the sums of a batch, with their gradient; see `host.sums`.

    Each is ``(batch, class)``, or ``(class,)`` if the cases are `pooled`.

    Examples
    --------
    >>> x = torch.zeros(1, 1, 2, requires_grad=True)
    >>> rows = sums(x, torch.tensor([[[1.0, 0.0]]]), None, None, False, None, "sigmoid", "minimum", False, 0.0)
    >>> rows[0].sum().backward()
    >>> x.grad
    tensor([[[0.2500, 0.0000]]])
    """
    options = (x, y, weights, where, labels, ignore, activation, form, entropy, smoothing)
    if torch.compiler.is_compiling():
        return _rows(_sums_operator(*options), pooled)
    rows: tuple[Tensor, ...] = _Sums.apply(pooled, *options)  # type: ignore[no-untyped-call]
    return rows

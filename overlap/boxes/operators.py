"""The compiled losses of boxes as operators of torch, which ``torch.compile`` keeps whole in its graphs.

Not for gradients of gradients: compiled graphs have none. A malformed box makes NaN, for nothing can be raised there.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from .gradient import formula_of, losses_on_host, write_gradients

_FORMULA = "str kind, bool detach_enclosing, float gamma, str focus"


@cache
def define() -> Any:
    """Return the operator: of boxes (..., 2d) on the host, and the options of `overlap.losses.box_loss`."""
    torch = sys.modules["torch"]

    def losses(prediction: Any, target: Any, *options: Any) -> Any:
        loss, _ = losses_on_host(prediction.numpy(), target.numpy(), formula_of(*options))
        return torch.from_numpy(loss)

    def gradients(g: Any, prediction: Any, target: Any, needed: list[bool], *options: Any) -> list[Any]:
        written = write_gradients(prediction.numpy(), target.numpy(), g.numpy(), formula_of(*options), needed)
        return [torch.from_numpy(x) for x in written]

    def loss_like(prediction: Any, target: Any, *options: Any) -> Any:
        return prediction.new_empty(prediction.shape[:-1])

    def gradients_like(g: Any, prediction: Any, target: Any, needed: list[bool], *options: Any) -> list[Any]:
        columns = prediction.shape[-1:]
        return [prediction.new_empty(prediction.shape if is_needed else (0, *columns)) for is_needed in needed]

    def keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        prediction, target, *options = inputs
        ctx.save_for_backward(prediction, target)
        ctx.options = options

    def backward(ctx: Any, g: Any) -> tuple[Any, ...]:
        needed = list(ctx.needs_input_grad[:2])
        written = box_gradients(g, *ctx.saved_tensors, needed, *ctx.options)
        by_boxes = [x if is_needed else None for x, is_needed in zip(written, needed, strict=True)]
        no_options = (None,) * len(ctx.options)
        return *by_boxes, *no_options

    box_losses = torch.library.custom_op(
        "overlap::box_losses",
        losses,
        mutates_args=(),
        schema=f"(Tensor prediction, Tensor target, {_FORMULA}) -> Tensor",
    )
    box_gradients = torch.library.custom_op(
        "overlap::box_gradients",
        gradients,
        mutates_args=(),
        schema=f"(Tensor g, Tensor prediction, Tensor target, bool[] needed, {_FORMULA}) -> Tensor[]",
    )
    box_losses.register_fake(loss_like)
    box_gradients.register_fake(gradients_like)
    box_losses.register_autograd(backward, setup_context=keep)
    return box_losses

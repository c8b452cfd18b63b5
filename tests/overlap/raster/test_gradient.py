"""The compiled gradient against the array path, on inputs large enough to reach it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import overlap as ov
from overlap import losses, raster
from overlap.raster import sizes

pytest.importorskip("numba")
torch = pytest.importorskip("torch")
SHAPE = (5, 3, 83, 977)
rng = np.random.default_rng(3)
# coarse, so that ties, zeros and ones are many
SOFT = tuple(torch.as_tensor(rng.integers(0, 9, SHAPE) / np.float32(8)) for _ in range(2))
PAIRS = {
    "float32": SOFT,
    "float64": tuple(x.double() for x in SOFT),
    "mixed": (SOFT[0], SOFT[1].double()),
    "hard": (SOFT[0], SOFT[1] > 0.5),
}


@pytest.mark.parametrize("axis", [None, (2, 3), (0, 2, 3)])
@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_the_bits_of_the_measure(axis, tnorm):
    p, y = SOFT
    for x in (p, p.clone().requires_grad_()):
        expected = 1 - ov.dice(raster.measure(x, y, axis=axis, tnorm=tnorm))
        got = losses.dice_loss(p.clone().requires_grad_(), y, axis=axis, tnorm=tnorm, reduction="none")
        assert torch.equal(got, expected)


@pytest.fixture
def calls(monkeypatch):
    """Count the calls that the gradient answers."""
    from overlap.raster import gradient

    seen, real = [], gradient.raster_sizes

    def counted(*args):
        found = real(*args)
        seen.append(found is not None)
        return found

    monkeypatch.setattr(gradient, "raster_sizes", counted)
    return seen


def value_and_gradient(p, y, **options):
    p = p.clone().requires_grad_()
    loss = losses.dice_loss(p, y, **options)
    loss.backward()
    return loss.detach(), p.grad


def slow(monkeypatch, *args, **options):
    with monkeypatch.context() as patch:
        patch.setattr(sizes, "kernels", lambda module: None)
        return value_and_gradient(*args, **options)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("tnorm", raster.TNORMS)
@pytest.mark.parametrize("axis", [None, (2, 3), -1, (0, 2, 3), (0, -1)])
def test_same_answer(name, tnorm, axis, calls, monkeypatch):
    options = {"axis": axis, "tnorm": tnorm, "smooth": 1.0}
    fast = value_and_gradient(*PAIRS[name], **options)
    assert calls == [True]
    for x, y in zip(fast, slow(monkeypatch, *PAIRS[name], **options), strict=True):
        assert x.dtype == y.dtype
        # rounded once to the dtype of the prediction, from sums that may differ in their last bits
        torch.testing.assert_close(x, y, rtol=1e-11 if x.dtype == torch.float64 else 2.4e-7, atol=0)


def test_the_bits_of_the_metric(calls):
    p, y = SOFT
    expected = losses.dice_loss(p, y, axis=(2, 3), reduction="none")
    assert not calls, "without a gradient it is the metric's own gradient"
    assert torch.equal(losses.dice_loss(p.clone().requires_grad_(), y, axis=(2, 3), reduction="none"), expected)
    assert calls == [True]


def double_backward(p, y, tnorm):
    p = p.clone().requires_grad_()
    (first,) = torch.autograd.grad(losses.jaccard_loss(p, y, axis=(0, 2, 3), tnorm=tnorm), p, create_graph=True)
    (second,) = torch.autograd.grad((first**2).sum(), p)
    return first.detach(), second


@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_double_backward(tnorm, calls, monkeypatch):
    fast = double_backward(*PAIRS["float64"], tnorm)
    assert calls == [True]
    monkeypatch.setattr(sizes, "kernels", lambda module: None)
    for x, y in zip(fast, double_backward(*PAIRS["float64"], tnorm), strict=True):
        torch.testing.assert_close(x, y, rtol=1e-9, atol=1e-18)


def tangent(p, y):
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(p.clone().requires_grad_(), torch.ones_like(p))
        return torch.autograd.forward_ad.unpack_dual(losses.dice_loss(dual, y)).tangent


def both_need_gradients(p, y):
    p, y = p.clone().requires_grad_(), y.clone().requires_grad_()
    losses.dice_loss(p, y).backward()
    assert y.grad is not None
    return p.grad


OTHER_PATHS = {
    "gradient of the target": both_need_gradients,
    "forward mode": tangent,
    "vmap": lambda p, y: torch.func.vmap(losses.dice_loss)(p, y),
    "grad": lambda p, y: torch.func.grad(losses.dice_loss)(p, y),
    "compile": lambda p, y: torch.compile(losses.dice_loss, fullgraph=True, backend="aot_eager")(
        p.clone().requires_grad_(), y
    ),
    "other axes": lambda p, y: value_and_gradient(p, y, axis=0)[1],
    "short rows": lambda p, y: value_and_gradient(*(x.reshape(-1, 3) for x in (p, y)), axis=-1)[1],
    "bfloat16": lambda p, y: value_and_gradient(p.bfloat16(), y.bfloat16())[1],
    "strided": lambda p, y: value_and_gradient(p.transpose(2, 3), y.transpose(2, 3))[1],
    "where": lambda p, y: value_and_gradient(p, y, where=y > 0.25)[1],
}


# torch's own forward mode warns of itself when first used
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("name", OTHER_PATHS)
def test_all_else_takes_the_array_path(name, calls):
    result = OTHER_PATHS[name](*SOFT)
    assert torch.isfinite(result).all()
    assert not any(calls)


def test_axes_out_of_bounds_are_refused():
    with pytest.raises(ValueError, match="dice_loss: axis must be None, or one or more of -4 to 3 .* got 4"):
        losses.dice_loss(SOFT[0].clone().requires_grad_(), SOFT[1], axis=4)


def test_values_are_checked():
    bad = SOFT[0].clone()
    bad[2, 1, 5, 7] = 1.5
    with pytest.raises(ValueError, match="dice_loss: 1 counted values of prediction"):
        losses.dice_loss(bad.requires_grad_(), SOFT[1])


def test_the_target_may_change_before_the_gradient_only_loudly():
    p, y = SOFT[0].clone().requires_grad_(), SOFT[1].clone()
    loss = losses.dice_loss(p, y)
    y.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_four_threads():
    expected = value_and_gradient(*SOFT)[1]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: value_and_gradient(*SOFT)[1], range(8)))
    assert all(torch.equal(x, expected) for x in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forward_after_a_fork():
    p = SOFT[0].clone().requires_grad_()
    expected = losses.dice_loss(p, SOFT[1]).item()
    child = os.fork()
    if child == 0:
        os._exit(0 if losses.dice_loss(p, SOFT[1]).item() == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

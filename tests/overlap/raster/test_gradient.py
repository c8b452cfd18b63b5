"""The compiled gradient against the array path."""

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
SHAPE = (5, 3, 23, 197)  # odd, so that rows end within blocks
rng = np.random.default_rng(3)
# coarse, so that ties, zeros and ones are many
SOFT = tuple(torch.as_tensor(rng.integers(0, 9, SHAPE, dtype=np.int32) / 8).float() for _ in range(2))
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
    """Count the gradients that are left to the compiled version."""
    from overlap.raster import gradient

    seen, real = [], gradient.differentiable
    monkeypatch.setattr(gradient, "differentiable", lambda *x: seen.append(True) or real(*x))
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


# compiled by itself
@pytest.mark.parametrize("name", ["float32", "float64", pytest.param("mixed", marks=pytest.mark.slow), "hard"])
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


COUNTED = {
    "where": {"where": torch.as_tensor(rng.random((5, 1, 23, 197)) > 0.3)},
    "weights": {"weights": torch.as_tensor(rng.random((5, 1, 23, 197), dtype=np.float32))},
    "weights of classes": {"weights": torch.as_tensor(rng.random((3, 1, 1)))},
    "whole weights": {"weights": torch.as_tensor(rng.integers(0, 5, 197))},
    "both": {"weights": torch.as_tensor(rng.random(197)), "where": torch.as_tensor(rng.random((3, 23, 1)) > 0.3)},
}


# weights are compiled for each pair of types: of one pair, and of the others only `where`, at every run
WHAT_COUNTS = [
    pytest.param(name, counted, marks=[pytest.mark.slow] if name != "float32" and "weights" in COUNTED[counted] else [])
    for name in ("float32", "float64", "hard")
    for counted in COUNTED
]


@pytest.mark.parametrize(("name", "counted"), WHAT_COUNTS)
@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_same_answer_of_what_counts(name, tnorm, counted, calls, monkeypatch):
    options = {"axis": (2, 3), "tnorm": tnorm, "smooth": 1.0} | COUNTED[counted]
    fast = value_and_gradient(*PAIRS[name], **options)
    assert calls == [True]
    for x, y in zip(fast, slow(monkeypatch, *PAIRS[name], **options), strict=True):
        # rounded twice, to the dtype of the prediction and once more by the weights
        torch.testing.assert_close(x, y, rtol=1e-11 if x.dtype == torch.float64 else 3.6e-7, atol=0)


STRIDED = {
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "every other": lambda x: x[..., ::2],
    "a window": lambda x: x[:, :, 3:20, 5:190],
    "transposed": lambda x: x.transpose(1, 3),
}


def gradient_in_place(p, y, **options):
    """Return the gradient of a tensor as it lies in memory, of which `value_and_gradient` would make a copy."""
    p = p.detach().requires_grad_()
    losses.dice_loss(p, y, **options).backward()
    return p.grad


@pytest.mark.parametrize("strided", STRIDED)
def test_tensors_that_do_not_lie_in_order(strided, calls):
    p, y = (STRIDED[strided](x) for x in SOFT)
    expected = gradient_in_place(p.contiguous(), y.contiguous(), axis=(0, 2, 3), where=y > 0.25)
    for target in (y, y.contiguous()):
        found = gradient_in_place(p, target, axis=(0, 2, 3), where=y > 0.25)
        torch.testing.assert_close(found, expected, rtol=2.4e-7, atol=0)
    assert len(calls) == 3


def test_an_expanded_prediction(calls):
    """One value for all cells: its gradient is the sum of theirs."""
    y = SOFT[1]
    one = torch.tensor(0.3, requires_grad=True)
    losses.dice_loss(one.expand(y.shape), y).backward()
    many = value_and_gradient(torch.full_like(y, 0.3), y)[1]
    torch.testing.assert_close(one.grad, many.sum(), rtol=1e-4, atol=0)
    assert len(calls) == 2


@pytest.mark.slow
@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_gradients_by_differences(tnorm, calls):
    p = (0.05 + 0.9 * torch.rand(2, 2, 3, 5, dtype=torch.float64)).requires_grad_()
    y = torch.where(torch.rand(p.shape) < 0.3, torch.rand(p.shape).round(), torch.rand(p.shape)).double()
    # away from ties and from p + y = 1
    y = torch.where((p - y).abs() < 1e-3, y / 2, y)
    y = torch.where((p + y - 1).abs() < 1e-3, y / 2, y)
    options = {
        "axis": (2, 3),
        "tnorm": tnorm,
        "weights": torch.rand(2, 1, 1, 1, dtype=torch.float64),
        "where": torch.rand(2, 1, 3, 5) < 0.8,
        "reduction": "none",
    }
    assert torch.autograd.gradcheck(lambda x: losses.tversky_loss(x, y, 0.3, 0.7, **options), p)
    assert torch.autograd.gradgradcheck(lambda x: losses.tversky_loss(x, y, 0.3, 0.7, **options), p)
    assert all(calls)


def test_no_gradient_where_nothing_is_counted(calls):
    p, y = (x.clone() for x in SOFT)
    where = torch.arange(SHAPE[-1]) % 7 != 3
    for x in (p, y):
        x[..., ~where] = torch.nan
    gradient = value_and_gradient(p, y, where=where, weights=torch.where(where, 1.0, torch.nan))[1]
    assert not gradient[..., ~where].any()
    expected = value_and_gradient(p[..., where], y[..., where])[1]
    torch.testing.assert_close(gradient[..., where], expected, rtol=2.4e-7, atol=0)
    assert len(calls) == 2


@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_what_is_cut_off_has_no_gradient(tnorm, calls, monkeypatch):
    p, y = (x.clone() for x in SOFT)
    y[..., :4] = torch.tensor([1 + 2.4e-7, -1e-8, 0.5, 0.5])
    p[..., :4] = torch.tensor([0.5, 0.5, 1 + 2.4e-7, -1e-8])
    fast = value_and_gradient(p, y, tnorm=tnorm)
    assert calls == [True]
    assert not fast[1][..., 2:4].any()
    for found, expected in zip(fast, slow(monkeypatch, p, y, tnorm=tnorm), strict=True):
        torch.testing.assert_close(found, expected, rtol=2.4e-7, atol=0)


def test_the_bits_of_the_metric(calls):
    p, y = SOFT
    for options in ({}, {"where": y > 0.25}, {"weights": y[:, :1]}):
        calls.clear()
        expected = losses.dice_loss(p, y, axis=(2, 3), reduction="none", **options)
        metric = 1 - ov.dice(raster.measure(p, y, axis=(2, 3), **options))
        assert not calls
        found = losses.dice_loss(p.clone().requires_grad_(), y, axis=(2, 3), reduction="none", **options)
        assert calls == [True]
        assert torch.equal(found, expected)
        assert torch.equal(metric, expected)


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_forward_after_a_fork():
    p = SOFT[0].clone().requires_grad_()
    expected = losses.dice_loss(p, SOFT[1]).item()
    child = os.fork()
    if child == 0:
        os._exit(0 if losses.dice_loss(p, SOFT[1]).item() == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_each_row_has_the_gradient_of_its_own_sums():
    a = torch.rand(2, 4096).requires_grad_()
    o = raster.measure(a, torch.rand(2, 4096), axis=1)
    (slope,) = torch.autograd.grad(o.intersection[0], a)
    assert slope[0].any()
    assert not slope[1].any()

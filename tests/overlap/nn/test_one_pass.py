"""However the sums are taken, they are the same; the oracle is the array form in float64."""

from __future__ import annotations

import sys

import pytest

torch = pytest.importorskip("torch")
from overlap import _compiled, nn  # noqa: E402
from overlap.nn import one_pass, operators  # noqa: E402
from overlap.nn.one_pass import take_sums  # noqa: E402
from overlap.nn.operations import sums_by_operations  # noqa: E402
from overlap.nn.sums import Settings  # noqa: E402
from overlap.nn.targets import Target  # noqa: E402
from overlap.raster import sizes  # noqa: E402

DRAW = torch.Generator().manual_seed(4)
X = torch.randn(2, 3, 7, 11, generator=DRAW)
LABELS = torch.randint(0, 3, (2, 7, 11), generator=DRAW)
SOFT = torch.rand(2, 3, 7, 11, generator=DRAW)
DICE = nn.DiceLoss(from_logits="sigmoid")


@pytest.fixture
def passes(monkeypatch):
    """Count the batches that a kernel passes over."""
    pytest.importorskip("numba")
    seen = []
    real = operators.sums

    def counted(*arguments):
        seen.append(1)
        return real(*arguments)

    monkeypatch.setattr(operators, "sums", counted)
    return seen


def test_a_device_without_triton_takes_the_array_form(monkeypatch):
    _compiled.kernels.cache_clear()
    monkeypatch.setitem(sys.modules, "triton", None)
    assert not one_pass._device_can_take(torch.float32, 3, "softmax")
    _compiled.kernels.cache_clear()


def array_form(target, weights, where, settings):
    """Return the sums in double, by array operations alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "kernels", lambda module: None)
        return sums_by_operations("nn.Loss", X.double(), target, weights, where, settings)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("pooled", [False, True])
def test_single_precision_is_as_double(activation, pooled):
    settings = Settings(activation, "minimum", pooled=pooled, entropy=True)
    target = Target(LABELS, True)
    found = take_sums("nn.Loss", X, target, None, None, settings)
    expected = array_form(target, None, None, settings)
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x.double(), y.double(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("shape", [(), (11,), (1, 11), (7, 1), (3, 7, 11), (3, 1, 1), (2, 1, 1, 1), (1, 3, 7, 11)])
def test_weights_and_where_that_broadcast(shape, passes):
    weights = torch.rand(shape, generator=DRAW)
    where = torch.rand(shape, generator=DRAW) < 0.7
    settings = Settings("sigmoid", "minimum", entropy=True)
    target = Target(SOFT, False)
    found = take_sums("nn.Loss", X, target, weights, where, settings)
    expected = array_form(target, weights, where, settings)
    assert passes == [1]
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x.double(), y.double(), rtol=1e-6, atol=1e-12)


def sigmoid_dice(x, y=SOFT):
    return DICE(x, y)


def tangent(x):
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        return torch.autograd.forward_ad.unpack_dual(sigmoid_dice(dual)).tangent


def of_the_target(x):
    y = SOFT.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(sigmoid_dice(x, y), y)
    return gradient


OTHER_WAYS = {
    "vmap": lambda x: torch.func.vmap(lambda case: sigmoid_dice(case[None], SOFT[:1]))(x),
    "function transform": lambda x: torch.func.grad(sigmoid_dice)(x),
    "forward mode": tangent,
    "gradient of the target": of_the_target,
    "probabilities": lambda x: nn.DiceLoss()(torch.sigmoid(x), SOFT),
    "conjugate view": lambda x: sigmoid_dice(torch.complex(x, -x).conj().imag),
}


# torch's own derivative of a sigmoid
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("name", OTHER_WAYS)
def test_what_no_kernel_takes(name, passes, monkeypatch):
    way = OTHER_WAYS[name]
    found = way(X)
    assert not passes
    monkeypatch.setattr(one_pass, "_has_kernels", lambda *_: False)
    assert torch.equal(found, way(X))


REFUSED = {
    "label": (LABELS + 1, None, None, "labels of the target"),
    "value": (SOFT + 0.5, None, None, "out of range"),
    "weight": (SOFT, -torch.ones(1), None, "weights"),
    "shape": (SOFT, torch.ones(2, 11), None, "broadcast"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_the_words_of_the_array_form(name):
    y, weights, where, words = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=f"^nn.DiceLoss: .*{words}"):
        DICE(X, y, weights=weights, where=where)


def test_rounding_is_no_error(passes):
    y = torch.tensor([[[1 + 1.2e-7, -1e-7, 0.5]]])
    found = DICE(torch.zeros(1, 1, 3), y)
    assert passes == [1]
    assert found == DICE(torch.zeros(1, 1, 3), y.clip(0, 1))


class Named(torch.Tensor):
    """A subclass that counts the operations that run on it."""

    n_operations = 0

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.n_operations += 1
        return super().__torch_function__(func, types, args, kwargs or {})


def test_a_subclass_is_read_as_a_tensor(passes):
    x = X.clone().requires_grad_()
    found = DICE(x.as_subclass(Named), SOFT.as_subclass(Named))
    assert passes == [1]
    assert torch.equal(torch.Tensor(found), sigmoid_dice(X))


@pytest.mark.slow
def test_double_backward(passes):
    def curvature():
        x = X.double().requires_grad_()
        (first,) = torch.autograd.grad(sigmoid_dice(x), x, create_graph=True)
        (second,) = torch.autograd.grad((first**2).sum(), x)
        return first.detach(), second

    found = curvature()
    assert passes == [1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_pass, "_has_kernels", lambda *_: False)
        expected = curvature()
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-9, atol=1e-16)

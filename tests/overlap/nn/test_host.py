"""The pass on the host; the oracle is each sum and its derivative in numpy, in double."""

from __future__ import annotations

import multiprocessing
import os

import numpy as np
import pytest

pytest.importorskip("numba")
torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402
from overlap.nn import host  # noqa: E402

rng = np.random.default_rng(9)
SHAPE = (2, 3, 5, 7, 41)
X = rng.normal(scale=2, size=SHAPE).astype(np.float32)
LABELS = rng.integers(0, 3, (2, 5, 7, 41))
SOFT = rng.integers(0, 9, SHAPE).astype(np.float32) / 8
WEIGHTS = rng.random((2, 1, 5, 7, 41))
WHERE = rng.random((1, 3, 5, 7, 41)) < 0.7
G = rng.normal(size=(7, 2, 3))
FORMS = ("minimum", "product", "lukasiewicz", "squared")


def one_hot(labels):
    return (labels[:, None] == np.arange(3).reshape(3, 1, 1, 1)).astype(np.float64)


def expected(x, y, s, activation, form, smoothing):
    """Return sums (6, batch, class) and the gradient by the logits, cell by cell."""
    x = x.astype(np.float64)
    y = y.astype(np.float64)
    g = G[..., None, None, None]
    if activation == "sigmoid":
        p = 1 / (1 + np.exp(-x))
        other = np.logaddexp(0, x)
        n_rivals = 2
    else:
        e = np.exp(x - x.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        other = np.zeros_like(x)
        n_rivals = x.shape[1]
    between = (y > 0) & (y < 1)
    if form == "minimum":
        both = np.minimum(p, y)
        slope = np.where(between, (p < y) + 0.5 * (p == y), y)
    elif form == "lukasiewicz":
        both = np.maximum(p + y - 1, 0)
        slope = np.where(between, p + y > 1, y)
    else:
        both = p * y
        slope = y
    power = 2 if form == "squared" else 1
    smoothed = (1 - smoothing) * y + smoothing / n_rivals
    cells = [both, p**power, y**power, -smoothed * np.log(p), (1 - smoothed) * other, np.ones_like(p)]
    by_p = s * (g[0] * slope + g[1] * (2 * p if form == "squared" else 1))
    if activation == "sigmoid":
        gradient = by_p * p * (1 - p) + s * (g[4] * (1 - smoothed) * p - g[3] * smoothed * (1 - p))
    else:
        by_log = s * g[3] * smoothed
        gradient = p * (by_p - (p * by_p).sum(1, keepdims=True) + by_log.sum(1, keepdims=True)) - by_log
    return np.stack([(s * of_cell).sum((2, 3, 4)) for of_cell in cells]), gradient


# single and double precision are compiled each by itself, and so is what counts by weights: other types share these


def check(
    x, y, channels, s, activation, form, smoothing=0.0, *, weights=None, where=None, ignore=None, rtol=2e-6, atol=2e-6
):
    """Compare sums and gradient of tensors with those of numpy arrays in double."""
    labels = y.ndim < x.ndim
    options = (y, weights, where, labels, ignore, activation, form, True, smoothing)
    sums, gradient = expected(x.double().numpy(), channels, s, activation, form, smoothing)
    check_sums(host.sums(x, *options), sums, rtol)
    of_x = host.sums_gradient(torch.from_numpy(G), x, *options)
    assert of_x.dtype == x.dtype
    assert of_x.stride() == torch.empty_like(x).stride()
    np.testing.assert_allclose(of_x.double(), gradient, rtol=atol, atol=atol)


def check_sums(found, sums, rtol=2e-6):
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found[:6], sums, rtol=rtol, atol=1e-9)
    assert not found[6].any()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_soft_targets(form, activation):
    check(torch.from_numpy(X), torch.from_numpy(SOFT), SOFT, 1, activation, form, 0.1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_weights_and_where(form, activation):
    s = WEIGHTS.astype(np.float32) * WHERE
    hidden = torch.from_numpy(np.where(WHERE, SOFT, np.nan))
    weights = torch.from_numpy(WEIGHTS).float()
    where = torch.from_numpy(WHERE)
    found = host.sums(torch.from_numpy(X), hidden, weights, where, False, None, activation, form, True, 0.0)
    check_sums(found, expected(X, SOFT, s, activation, form, 0.0)[0])


# gradients of what counts are compiled by themselves
@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_of_weights_and_where(form, activation, dtype):
    """Weights of either precision, beside logits in single precision."""
    weights = torch.from_numpy(WEIGHTS).to(dtype)
    s = weights.numpy() * WHERE
    hidden = torch.from_numpy(np.where(WHERE, SOFT, np.nan))
    where = torch.from_numpy(WHERE)
    check(
        torch.from_numpy(X),
        hidden,
        SOFT,
        s,
        activation,
        form,
        weights=weights,
        where=where,
    )


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_double_precision_is_kept(activation):
    labels = np.where(LABELS == 2, -100, LABELS)
    s = (LABELS != 2)[:, None] * np.ones(SHAPE)
    x = torch.from_numpy(X).double()
    y = torch.from_numpy(labels)
    check(x, y, one_hot(LABELS), s, activation, "minimum", 0.1, ignore=-100, rtol=1e-12, atol=1e-12)


# both passes read a target by one kernel
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.bfloat16])
def test_labels_of_every_type(dtype):
    y = torch.from_numpy(LABELS).to(dtype)
    found = host.sums(torch.from_numpy(X), y, None, None, True, None, "softmax", "minimum", True, 0.0)
    check_sums(found, expected(X, one_hot(LABELS), 1, "softmax", "minimum", 0.0)[0])


def test_channels_of_bools():
    y = torch.from_numpy(one_hot(LABELS) == 1)
    check(torch.from_numpy(X), y, one_hot(LABELS), 1, "sigmoid", "minimum")


def test_channels_of_integers():
    y = torch.from_numpy(one_hot(LABELS)).to(torch.int16)
    found = host.sums(torch.from_numpy(X), y, None, None, False, None, "sigmoid", "minimum", True, 0.0)
    check_sums(found, expected(X, one_hot(LABELS), 1, "sigmoid", "minimum", 0.0)[0])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves_are_read_as_they_are(dtype):
    x = torch.from_numpy(X).to(dtype)
    # the gradient is rounded once, to the type of the logits
    rounding = torch.finfo(dtype).eps
    check(x, torch.from_numpy(SOFT).to(dtype), SOFT, 1, "sigmoid", "minimum", atol=rounding)


LAYOUTS = {
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last_3d),
    "crop": lambda x: torch.nn.functional.pad(x, (1, 2, 1, 1, 2, 1))[..., 2:-1, 1:-1, 1:-2],
    "every second": lambda x: x.repeat_interleave(2, -1)[..., ::2],
    "swapped": lambda x: x.transpose(2, 4).contiguous().transpose(2, 4),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_any_strides(name):
    lay_out = LAYOUTS[name]
    x = lay_out(torch.from_numpy(X))
    assert not x.is_contiguous()
    check(x, lay_out(torch.from_numpy(SOFT)), SOFT, 1, "softmax", "minimum", 0.1)


@pytest.mark.parametrize("n_threads", [2, 3])
def test_the_same_bits_in_any_number_of_threads(n_threads, monkeypatch):
    x = torch.from_numpy(rng.normal(size=(3, 3, 40000)).astype(np.float32))
    y = torch.from_numpy(rng.random(size=x.shape).astype(np.float32))
    options = (y, None, None, False, None, "softmax", "minimum", True, 0.1)
    g = torch.ones(7, 3, 3)
    sums = host.sums(x, *options)
    gradient = host.sums_gradient(g, x, *options)
    monkeypatch.setattr(host, "_CHUNKS_OF_THREAD", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: n_threads)
    assert torch.equal(host.sums(x, *options), sums)
    assert torch.equal(host.sums_gradient(g, x, *options), gradient)


def _sum_in_child(queue):
    x = torch.zeros(1, 1, 300_000)
    queue.put(host.sums(x, x, None, None, False, None, "sigmoid", "minimum", False, 0.0)[1].item())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(host, "_CHUNKS_OF_THREAD", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    _sum_in_child(queue)
    assert queue.get() == 150_000
    child = context.Process(target=_sum_in_child, args=(queue,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert queue.get() == 150_000


def test_what_cannot_be_makes_its_case_and_class_undefined():
    y = SOFT.copy()
    y[1, 2, 0, 0, 0] = 1.5
    found = host.sums(
        torch.from_numpy(X), torch.from_numpy(y), None, None, False, None, "sigmoid", "minimum", True, 0.0
    )
    is_bad = torch.zeros(2, 3, dtype=torch.bool)
    is_bad[1, 2] = True
    assert torch.equal(found[6] > 0, is_bad)
    for of_sum in found[:5]:
        assert torch.equal(of_sum.isnan(), is_bad)
    assert (found[5] == 5 * 7 * 41).all()


def test_no_cells():
    x = torch.zeros(2, 1, 0, 4)
    options = (x, None, None, False, None, "sigmoid", "minimum", False, 0.0)
    assert not host.sums(x, *options).any()
    assert host.sums_gradient(torch.ones(7, 2, 1), x, *options).shape == x.shape


@pytest.mark.parametrize("x", [0.0, 100.0, -100.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_extremes_are_finite_and_push_the_right_way(x, y):
    logits = torch.full((1, 1, 64), x, dtype=torch.float16)
    options = (torch.full((1, 1, 64), y, dtype=torch.float16), None, None, False, None, "sigmoid", "minimum", True, 0.0)
    sums = host.sums(logits, *options)
    assert torch.isfinite(sums).all()
    # a loss falls with the intersection and grows with the size and the cross-entropy
    g = torch.tensor([-2.0, 0.5, 0.5, 1.0, 1.0, 0.0, 0.0]).reshape(7, 1, 1)
    gradient = host.sums_gradient(g, logits, *options)
    assert torch.isfinite(gradient).all()
    assert (gradient * (1 - 2 * y) >= 0).all()


@pytest.mark.parametrize("order", [(0, 1, 5, 4, 3, 2), (0, 1, 2, 5, 3, 4), (1, 0, 5, 3, 4, 2)])
def test_the_gradient_of_logits_of_any_strides(order):
    """Axes in an order of which no three runs can be made."""
    memory = torch.randn(2, 2, 4, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    x = memory.permute(order).requires_grad_()
    y = torch.rand(x.shape, generator=torch.Generator().manual_seed(1)) > 0.5
    loss = nn.DiceCELoss(from_logits="sigmoid")
    (found,) = torch.autograd.grad(loss(x, y), x)
    straight = x.detach().contiguous().requires_grad_()
    (expected,) = torch.autograd.grad(loss(straight, y), straight)
    torch.testing.assert_close(found, expected)

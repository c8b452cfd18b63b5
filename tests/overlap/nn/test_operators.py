"""The operators as torch sees them: schema, shapes, derivatives, compiled code."""

from __future__ import annotations

import pytest

pytest.importorskip("numba")
torch = pytest.importorskip("torch")
from overlap.nn import operators  # noqa: E402

DRAW = torch.Generator().manual_seed(5)
X = torch.randn(2, 3, 4, 5, generator=DRAW)
LABELS = torch.randint(0, 3, (2, 4, 5), generator=DRAW)
OPTIONS = (LABELS, None, None, True, None, "softmax", "minimum", True, 0.1)
# which is compiled by itself
IGNORING = (LABELS, None, None, True, -100, "softmax", "minimum", True, 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("options", [OPTIONS, pytest.param(IGNORING, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["sums", "sums_gradient"])
def test_schema_and_shapes(name, options):
    before = (torch.ones(7, 2, 3, dtype=torch.float64),) if name == "sums_gradient" else ()
    operator = getattr(torch.ops.overlap, name).default
    x = X.clone().requires_grad_(name == "sums")
    torch.library.opcheck(operator, (*before, x, *options))


def test_shapes_on_a_device():
    x = torch.empty(2, 3, 4, 5, dtype=torch.bfloat16, device="meta")
    labels = torch.empty(2, 4, 5, dtype=torch.uint8, device="meta")
    found = torch.ops.overlap.sums(x, labels, *OPTIONS[1:])
    assert (found.shape, found.dtype) == ((7, 2, 3), torch.float32)
    gradient = torch.ops.overlap.sums_gradient(found, x, labels, *OPTIONS[1:])
    assert (gradient.shape, gradient.dtype) == (x.shape, x.dtype)


def loss_of(x, options=OPTIONS):
    """Return something of the sums that is curved in each of them."""
    sums = operators.sums(x, *options)
    return ((2 * sums[0] + 1) / (sums[1] + sums[2] + 1)).sum() + (sums[3] ** 2 / sums[5]).sum()


@pytest.mark.slow
def test_derivatives():
    x = X.double().requires_grad_()
    assert torch.autograd.gradcheck(loss_of, (x, IGNORING))
    assert torch.autograd.gradgradcheck(loss_of, (x, IGNORING))


def test_compiled_code_calls_the_operator():
    kept = []

    def keep(graph, inputs):
        kept.append(graph)
        return graph

    compiled = torch.compile(loss_of, fullgraph=True, backend=keep)
    eager = X.clone().requires_grad_()
    traced = X.clone().requires_grad_()
    expected = loss_of(eager)
    found = compiled(traced)
    assert torch.equal(found, expected)
    expected.backward()
    found.backward()
    assert torch.equal(traced.grad, eager.grad)
    targets = [str(node.target) for node in kept[0].graph.nodes]
    assert any("overlap.sums" in name for name in targets)


def test_the_gradient_is_of_the_dtype_and_strides_of_the_logits():
    x = X.to(torch.bfloat16).to(memory_format=torch.channels_last).requires_grad_()
    operators.sums(x, *OPTIONS)[0].sum().backward()
    assert x.grad.dtype == torch.bfloat16
    assert x.grad.stride() == x.stride()

"""What torch.compile keeps in its graphs, against the call that is not compiled, and torch's own check of operators."""

from __future__ import annotations

import pytest

from overlap.losses import box_loss
from overlap.losses import boxes as source

pytest.importorskip("numba")
torch = pytest.importorskip("torch")
KINDS = ("iou", "giou", "diou", "ciou", "eiou")


@pytest.fixture(autouse=True)
def _many(monkeypatch):
    """Few boxes are many."""
    monkeypatch.setattr(source, "_LARGE", 0)
    source.prepare_for_compile()


def some(n, dtype=torch.float64):
    generator = torch.Generator().manual_seed(n)
    low = torch.rand(2, n, 2, generator=generator, dtype=dtype)
    return torch.cat([low, low + torch.rand(2, n, 2, generator=generator, dtype=dtype)], dim=-1)


def value_and_gradients(loss, a, b, **options):
    a = a.clone().requires_grad_()
    b = b.clone().requires_grad_()
    value = loss(a, b, **options)
    value.backward()
    return value.detach(), a.grad, b.grad


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_one_graph(kind):
    seen = []

    def backend(graph, _):
        seen.extend(str(node.target) for node in graph.graph.nodes)
        return graph.forward

    torch.compile(box_loss, fullgraph=True, backend=backend)(*some(7), kind=kind)
    assert any("overlap.box_losses" in name for name in seen)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"kind": "eiou"}, {"gamma": 0.5, "focus": "easy"}, {"detach_enclosing": True}])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_as_if_not_compiled(options, dtype):
    compiled = torch.compile(box_loss, fullgraph=True, backend="aot_eager")
    got = value_and_gradients(compiled, *some(7, dtype), **options)
    torch.testing.assert_close(got, value_and_gradients(box_loss, *some(7, dtype), **options))
    assert got[0].dtype == dtype


@pytest.mark.slow
def test_only_one_side_needs_a_gradient():
    a, b = some(7)
    _, _, expected = value_and_gradients(box_loss, a, b)
    b.requires_grad_()
    torch.compile(box_loss, fullgraph=True, backend="aot_eager")(a, b).backward()
    torch.testing.assert_close(b.grad, expected)


@pytest.mark.slow
def test_malformed_boxes_are_nan_for_nothing_can_be_raised():
    a, b = some(3)
    a[1, 0] = 9
    compiled = torch.compile(box_loss, fullgraph=True, backend="aot_eager")
    assert torch.isnan(compiled(a, b, reduction="none")).tolist() == [False, True, False]


@pytest.mark.slow
def test_array_operations_where_it_does_not_serve():
    a, b = some(3)
    compiled = torch.compile(box_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(a[:, None], b), box_loss(a[:, None], b))


@pytest.mark.slow
def test_array_operations_without_a_compiler(monkeypatch):
    monkeypatch.setattr(source, "kernels", lambda module: None)
    monkeypatch.setattr(source, "_operators", [])
    source.prepare_for_compile()
    assert source._operators == []
    compiled = torch.compile(box_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(*some(3)), box_loss(*some(3)))


@pytest.mark.slow
def test_operators_as_torch_wants_them():
    from overlap.boxes import operators

    a, b = some(5)
    arguments = (a.requires_grad_(), b, "giou", False, 0.0, "hard")
    torch.library.opcheck(operators.define(), arguments)

"""The gradient in operations, against torch's own of the formula."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from overlap import raster  # noqa: E402
from overlap.raster.slopes import gradient_in_operations  # noqa: E402

DRAW = torch.Generator().manual_seed(6)
P = torch.rand(2, 3, 9, generator=DRAW, dtype=torch.float64)
Y = torch.rand(2, 3, 9, generator=DRAW, dtype=torch.float64)
Y[:, :, :2] = torch.tensor([0.0, 1.0])
WEIGHTS = torch.rand(2, 3, 9, generator=DRAW, dtype=torch.float64)
WHERE = torch.rand(2, 3, 9, generator=DRAW) < 0.7
BETWEEN = {
    "minimum": torch.minimum,
    "product": torch.mul,
    "lukasiewicz": lambda p, y: torch.where(y == 1, p, (p + y - 1).clamp(min=0)),
}


@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_weights_and_where(tnorm):
    g_both = torch.tensor([[2.0, -1.0, 0.5], [1.0, 3.0, -2.0]])
    g_a = torch.tensor([[0.5, 1.5, -0.5], [2.0, 0.0, 1.0]])
    p = P.clone().requires_grad_()
    s = WEIGHTS * WHERE
    both = (s * BETWEEN[tnorm](p, Y)).sum(2)
    size = (s * p).sum(2)
    (expected,) = torch.autograd.grad((g_both * both + g_a * size).sum(), p)
    found = gradient_in_operations((P, Y, WEIGHTS, WHERE), g_both, g_a, (2,), tnorm, False)
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=0)


def test_what_was_cut_off_has_no_gradient():
    p = torch.tensor([[-1e-7, 0.5, 1 + 1e-7]], dtype=torch.float64)
    y = torch.tensor([[1.0, 1 + 1e-7, 1.0]], dtype=torch.float64)
    one = torch.ones(1)
    found = gradient_in_operations((p, y, None, None), one, one, (1,), "product", True)
    assert found.tolist() == [[0, 2, 0]]

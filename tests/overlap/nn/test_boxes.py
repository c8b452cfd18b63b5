"""The oracle is the functional loss."""

from __future__ import annotations

import pytest

from overlap import losses

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402


@pytest.mark.parametrize("kind", ["giou", "ciou"])
def test_boxes(kind):
    a, b = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 2.0, 1.0]]), torch.tensor([[3.0, 0.0, 4.0, 1.0]])
    got = nn.BoxLoss(kind=kind, gamma=0.5, reduction="sum")(a, b)
    assert torch.equal(got, losses.box_loss(a, b, kind=kind, gamma=0.5, reduction="sum"))

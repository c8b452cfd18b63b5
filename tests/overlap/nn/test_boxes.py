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
    weights = torch.tensor([0.25, 2.0])
    got = nn.BoxLoss(kind=kind)(a, b, weights=weights)
    assert torch.equal(got, losses.box_loss(a, b, kind=kind, weights=weights))


@pytest.mark.parametrize(("shape", "columns"), [("oriented", 5), ("cuboids", 7)])
@pytest.mark.parametrize("options", [{}, {"kind": "giou", "enclosing": "aligned"}], ids=str)
def test_turned_boxes(shape, columns, options):
    a, b = torch.rand(2, 4, columns, generator=torch.Generator().manual_seed(0))
    module = nn.BoxLoss(shape=shape, **options)
    assert torch.equal(module(a, b), losses.box_loss(a, b, shape=shape, **options))
    assert f"shape={shape!r}" in repr(module)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "siou"}, "kind must be one of 'iou', 'giou', 'diou', 'ciou', 'eiou', got 'siou'"),
        ({"shape": "oriented", "kind": "ciou"}, "CIoU is for aligned boxes in 2-D"),
        ({"enclosing": "hull"}, 'enclosing is for kind="giou" of turned boxes'),
        ({"focus": "far"}, "focus must be one of 'hard', 'easy', got 'far'"),
        ({"reduction": "max"}, "reduction must be one of 'mean', 'sum', 'none', got 'max'"),
        ({"detach_enclosing": "yes"}, "detach_enclosing must be one of None, True, False, got 'yes'"),
        ({"gamma": -1.0}, "gamma must be >= 0 and finite, got -1.0"),
        ({"gamma": "2"}, "gamma must be one number, got '2'"),
    ],
)
def test_options_are_checked_at_construction(options, message):
    with pytest.raises((ValueError, TypeError), match=rf"^nn\.BoxLoss: {message}"):
        nn.BoxLoss(**options)

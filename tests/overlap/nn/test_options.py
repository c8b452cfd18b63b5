"""What every loss of masks refuses when it is made, and what it shows of itself."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

LOSSES = (nn.DiceLoss, nn.DiceCELoss, nn.DiceFocalLoss, nn.SquaredDiceLoss, nn.BoundaryLoss, nn.BlobLoss)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_cannot_be_is_refused_when_the_module_is_made(loss):
    name = rf"nn\.{loss.__name__}"
    with pytest.raises(ValueError, match=f"{name}: from_logits must be one of None, 'sigmoid', 'softmax', got True"):
        loss(from_logits=True)
    with pytest.raises(ValueError, match=f"{name}: reduction must be one of 'mean', 'sum', 'none'"):
        loss(reduction="avg")
    with pytest.raises(ValueError, match=rf"{name}: class_weights is \[1.0, -1.0\]; it is one number >= 0"):
        loss(class_weights=[1, -1])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_module_shows_what_differs_and_keeps_no_state(loss):
    module = loss(from_logits="softmax", include_background=False)
    assert repr(module) == f"{loss.__name__}(from_logits='softmax', include_background=False)"
    assert repr(loss()) == f"{loss.__name__}()"
    assert not module.state_dict()


@pytest.mark.parametrize("loss", LOSSES)
def test_one_class_is_too_few_for_a_softmax(loss):
    one = torch.zeros(1, 1, 3)
    with pytest.raises(ValueError, match=r"the prediction has shape \(1, 1, 3\); .*two classes or more for a softmax"):
        loss(from_logits="softmax")(one, one)


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_of_classes_follow_the_module(loss):
    module = loss(class_weights=[1.0, 2.0])
    assert module.double().class_weights.dtype == torch.float64

"""The oracle is the functional loss, which has its own."""

from __future__ import annotations

import pickle

import pytest

from overlap.losses import expected_dice_loss

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

K = torch.arange(120, dtype=torch.float64)
X = (3 * torch.sin(1.7 * K)).reshape(2, 3, 4, 5)
LABELS = (torch.arange(40) * 7 // 4 % 3).reshape(2, 4, 5)
Y = torch.nn.functional.one_hot(LABELS, 3).movedim(-1, 1).bool()
ACTIVATIONS = {None: lambda x: x, "sigmoid": torch.sigmoid, "softmax": lambda x: torch.softmax(x, 1)}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch", [False, True, "local"])
def test_a_module_has_the_value_of_its_function(activation, batch):
    x = X.sigmoid() if activation is None else X
    p = ACTIVATIONS[activation](x)
    axis = (0, 2, 3) if batch else (2, 3)
    expected = expected_dice_loss(p, Y, axis=axis, smooth=1.0, reduction="none")
    loss = nn.ExpectedDiceLoss(from_logits=activation, batch=batch, reduction="none")
    for target in (Y, Y.long(), Y.double(), LABELS, LABELS.unsqueeze(1), LABELS.double()):
        torch.testing.assert_close(loss(x, target), expected)
    weighted = nn.ExpectedDiceLoss(from_logits=activation, batch=batch, class_weights=[1.0, 2.0, 5.0])
    share = torch.tensor([1.0, 2.0, 5.0]).expand(expected.shape)
    torch.testing.assert_close(weighted(x, Y), (share * expected).sum() / share.sum())
    foreground = nn.ExpectedDiceLoss(from_logits=activation, batch=batch, include_background=False)
    torch.testing.assert_close(foreground(x, Y), expected[..., 1:].mean())


def test_what_is_left_out():
    where = torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(2)) < 0.5
    where[1] = False
    weights = torch.rand(4, 5, generator=torch.Generator().manual_seed(3))
    expected = expected_dice_loss(
        X.softmax(1), Y, axis=(2, 3), smooth=1.0, weights=weights.double(), where=where, reduction="none"
    )
    assert expected[1].isnan().all()
    loss = nn.ExpectedDiceLoss(from_logits="softmax")
    unknown = torch.where(where.squeeze(1), LABELS, 255)
    wild = torch.where(where, X, torch.nan)
    for x in (X, wild):
        torch.testing.assert_close(loss(x, Y, weights=weights, where=where), expected[0].mean())
    ignoring = nn.ExpectedDiceLoss(from_logits="softmax", ignore_index=255)
    torch.testing.assert_close(ignoring(X, unknown, weights=weights), expected[0].mean())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("logit", [-100.0, 0.0, 100.0])
def test_large_masks_in_low_precision(dtype, logit):
    x = torch.full((1, 1, 256, 256), logit, dtype=dtype, requires_grad=True)
    for target in (torch.zeros(1, 1, 256, 256), torch.ones(1, 1, 256, 256)):
        x.grad = None
        loss = nn.ExpectedDiceLoss(from_logits="sigmoid")(x, target)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(x.grad).all()


def test_a_logit_that_is_no_number_makes_the_loss_nan():
    x = X.clone()
    x[0, 0, 0, 0] = torch.nan
    assert nn.ExpectedDiceLoss(from_logits="softmax")(x, LABELS).isnan()


@pytest.mark.slow
def test_a_network_learns_from_it():
    generator = torch.Generator().manual_seed(5)
    image = torch.rand(3, 1, 16, 16, generator=generator)
    mask = image > 0.7
    network = torch.nn.Conv2d(1, 1, 1)
    torch.nn.init.zeros_(network.weight)
    torch.nn.init.zeros_(network.bias)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.5)
    loss = nn.ExpectedDiceLoss(from_logits="sigmoid")
    for _ in range(100):
        optimiser.zero_grad()
        last = loss(network(image), mask)
        last.backward()
        optimiser.step()
    assert last < 0.2


@pytest.mark.slow
def test_where_nobody_may_look():
    loss = nn.ExpectedDiceLoss(from_logits="softmax")
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(X, LABELS), loss(X, LABELS))
    assert compiled(X, LABELS + 7).isnan()
    with pytest.raises(ValueError, match="nn.ExpectedDiceLoss: 40 counted labels of the target are not among 0 to 2"):
        loss(X, LABELS + 7)


@pytest.mark.slow
def test_nothing_waits_for_a_device():
    x = torch.zeros(2, 3, 4, 5, device="meta", requires_grad=True)
    for activation in ("sigmoid", "softmax"):
        loss = nn.ExpectedDiceLoss(from_logits=activation, batch=True, reduction="none")
        value = loss(x, torch.zeros(2, 4, 5, dtype=torch.long, device="meta"))
        assert value.shape == (3,)
        value.sum().backward()


def test_options_are_checked_and_shown():
    assert repr(nn.ExpectedDiceLoss(batch=True, smooth=0.0)) == "ExpectedDiceLoss(batch=True, smooth=0.0)"
    assert repr(nn.ExpectedDiceLoss()) == "ExpectedDiceLoss()"
    with pytest.raises(ValueError, match="nn.ExpectedDiceLoss: batch must be one of False, True, 'local'"):
        nn.ExpectedDiceLoss(batch="global")
    with pytest.raises(ValueError, match="nn.ExpectedDiceLoss: smooth must be a finite number >= 0, got -1"):
        nn.ExpectedDiceLoss(smooth=-1)
    assert nn.ExpectedDiceLoss(class_weights=[1.0, 2.0]).state_dict() == {}
    assert pickle.loads(pickle.dumps(nn.ExpectedDiceLoss(smooth=2.0))).smooth == 2.0


def test_several_processes_are_not_pooled(monkeypatch):
    """The remedy of the message is followed."""
    monkeypatch.setattr("overlap.nn.expected.n_processes", lambda: 2)
    pooled = nn.ExpectedDiceLoss(from_logits="softmax", batch=True)
    with pytest.raises(ValueError, match='would pool the cases of 2 processes, .* pass batch="local"'):
        pooled(X, LABELS)
    assert nn.ExpectedDiceLoss(from_logits="softmax", batch="local")(X, LABELS) > 0

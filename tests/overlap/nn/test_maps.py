"""Oracles are the functional losses, whose values come from other tools, and plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from overlap import losses
from overlap.surfaces import signed_distance

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

rng = np.random.default_rng(4)
X = torch.tensor(rng.normal(0, 3, (2, 3, 8, 9)))
MASKS = rng.random((2, 3, 8, 9)) < 0.3
DISTANCE = torch.tensor(np.stack([[signed_distance(m, spacing=(1, 2)) for m in case] for case in MASKS]))
BLOBS = torch.tensor(np.stack([[ndimage.label(m)[0] for m in case] for case in MASKS]))
MAPS = {nn.BoundaryLoss: DISTANCE, nn.BlobLoss: BLOBS}
FUNCTIONS = {nn.BoundaryLoss: losses.boundary_loss, nn.BlobLoss: losses.blob_loss}
LOSSES = tuple(MAPS)


def activated(activation):
    return {None: X.sigmoid(), "sigmoid": X.sigmoid(), "softmax": X.softmax(1)}[activation]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", [None, "sigmoid", "softmax"])
def test_a_module_has_the_value_of_its_function(loss, activation):
    p = activated(activation)
    got = loss(from_logits=activation, reduction="none")(X if activation else p, MAPS[loss])
    assert got.shape == (2, 3)
    torch.testing.assert_close(got, FUNCTIONS[loss](p, MAPS[loss], axis=(2, 3), reduction="none"))
    weighted = loss(from_logits=activation, class_weights=[1.0, 2.0, 5.0])(X if activation else p, MAPS[loss])
    torch.testing.assert_close(weighted, (got.mean(0) * torch.tensor([1.0, 2.0, 5.0])).sum() / 8)


@pytest.mark.parametrize("loss", LOSSES)
def test_without_the_background_the_map_has_a_channel_less(loss):
    each = FUNCTIONS[loss](X.softmax(1), MAPS[loss], axis=(2, 3), reduction="none")
    got = loss(from_logits="softmax", include_background=False)(X, MAPS[loss][:, 1:])
    torch.testing.assert_close(got, each[:, 1:].mean())
    with pytest.raises(ValueError, match=r"has shape \(2, 3, 8, 9\); it has a channel .* counts, \(2, 2, 8, 9\)$"):
        loss(from_logits="softmax", include_background=False)(X, MAPS[loss])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_map_of_one_class_needs_no_channel(loss):
    one = MAPS[loss][:, 1]
    binary = loss(from_logits="sigmoid")(X[:, 1:2], one)
    torch.testing.assert_close(binary, loss(from_logits="sigmoid")(X[:, 1:2], one.unsqueeze(1)))
    two = loss(from_logits="softmax", include_background=False)(torch.cat([0 * X[:, :1], X[:, 1:2]], 1), one)
    torch.testing.assert_close(two, binary)
    with pytest.raises(ValueError, match=r"counts, \(2, 1, 8, 9\) or \(2, 8, 9\)$"):
        loss(from_logits="sigmoid")(X[:, 1:2], one[:1])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("background", [True, False])
def test_what_does_not_count_may_hold_anything(loss, activation, background):
    where = torch.tensor(rng.random((2, 3, 8, 9)) < 0.7)
    where[:, :, 0] = False
    logits = torch.where(where.any(1, keepdim=True), X, torch.nan).requires_grad_()
    first = 0 if background else 1
    module = loss(from_logits=activation, include_background=background)
    found = module(logits, MAPS[loss][:, first:], where=where)
    expected = FUNCTIONS[loss](
        activated(activation)[:, first:], MAPS[loss][:, first:], axis=(2, 3), where=where[:, first:]
    )
    torch.testing.assert_close(found, expected)
    found.backward()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[:, :, 0] == 0).all()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_finite_with_extreme_logits(loss, dtype, activation):
    logits = (1e4 * X.sign()).to(getattr(torch, dtype)).requires_grad_()
    value = loss(from_logits=activation)(logits, MAPS[loss])
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradcheck(loss):
    module = loss(from_logits="softmax")
    logits = X[:1, :, :3, :3].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: module(x, MAPS[loss][:1, :, :3, :3]), logits)


@pytest.mark.slow
def test_the_boundary_loss_compiles():
    module = nn.BoundaryLoss(from_logits="softmax")
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(X, DISTANCE), module(X, DISTANCE))


def test_a_subclass_is_read_as_a_plain_tensor():
    class Tagged(torch.Tensor):
        pass

    for loss, values in MAPS.items():
        module = loss(from_logits="sigmoid")
        found = module(X.as_subclass(Tagged), values.as_subclass(Tagged))
        assert type(found) is torch.Tensor
        torch.testing.assert_close(found, module(X, values))


def test_a_missing_class_has_no_boundary_and_the_remedy_holds():
    distance = DISTANCE.clone()
    distance[1, 2] = torch.tensor(signed_distance(np.zeros((8, 9), bool), spacing=1.0))
    loss = nn.BoundaryLoss(from_logits="softmax")
    with pytest.raises(
        ValueError, match=r"nn\.BoundaryLoss: 72 counted values of distance .*where=isfinite\(distance\)"
    ):
        loss(X, distance)
    each = losses.boundary_loss(X.softmax(1), DISTANCE, axis=(2, 3), reduction="none").flatten()
    torch.testing.assert_close(loss(X, distance, where=distance.isfinite()), each[:5].mean())


def test_components_that_loaders_made_floating():
    loss = nn.BlobLoss(from_logits="sigmoid")
    torch.testing.assert_close(loss(X, BLOBS.float()), loss(X, BLOBS))
    half = BLOBS.float()
    half[0, 0, 0, 0] = 0.5
    with pytest.raises(ValueError, match=r'nn\.BlobLoss: 1 counted values of components are not whole; .*"nearest"'):
        loss(X, half)
    where = torch.ones(1, 1, 8, 9, dtype=torch.bool)
    where[..., 0, 0] = False
    half[0, 0, 0, 0] = torch.nan
    torch.testing.assert_close(loss(X, half, where=where), loss(X, BLOBS, where=where))


def test_the_sum_that_the_paper_uses():
    components = BLOBS[:, :1]
    dice = nn.DiceLoss(from_logits="sigmoid", smooth=0.0)
    blob = nn.BlobLoss(from_logits="sigmoid")
    x = X[:, :1].float()
    p = x.double().sigmoid()
    mask = (components > 0).double()
    expected = 2 * losses.dice_loss(p, mask, axis=(1, 2, 3)) + losses.blob_loss(p, components, axis=(1, 2, 3))
    torch.testing.assert_close(2 * dice(x, components > 0) + blob(x, components), expected, rtol=1e-6, atol=0)


def test_errors_name_the_module():
    with pytest.raises(ValueError, match=r"nn\.BlobLoss: smooth must be a finite number >= 0, got -1"):
        nn.BlobLoss(smooth=-1)
    with pytest.raises(TypeError, match=r"nn\.BlobLoss: components has dtype torch.bool; .*scipy\.ndimage\.label"):
        nn.BlobLoss(from_logits="sigmoid")(X, BLOBS > 0)
    with pytest.raises(TypeError, match=r"nn\.BoundaryLoss: distance has dtype torch.int64; .*signed_distance"):
        nn.BoundaryLoss(from_logits="sigmoid")(X, BLOBS.long())
    with pytest.raises(ValueError, match=r"nn\.BoundaryLoss: .* of prediction .*sigmoid to logits"):
        nn.BoundaryLoss()(X, DISTANCE)

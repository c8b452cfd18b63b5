"""The compiled path against array operations, which tests/overlap/losses/test_boxes.py holds to closed forms."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from overlap import boxes
from overlap.losses import box_loss
from overlap.losses import boxes as source

pytest.importorskip("numba")
torch = pytest.importorskip("torch")
gradient = pytest.importorskip("overlap.boxes.gradient")
KINDS = ("iou", "giou", "diou", "ciou", "eiou")


@pytest.fixture
def answers(monkeypatch):
    """Count what the compiled path answers, and send everything there."""
    monkeypatch.setattr(source, "_LARGE", 0)
    real = gradient.pair_losses
    seen = []

    def counted(*arguments):
        loss = real(*arguments)
        seen.append(loss is not None)
        return loss

    monkeypatch.setattr(gradient, "pair_losses", counted)
    return seen


def some(shape, dtype=torch.float64, d=2):
    """Return pairs of which many touch, coincide or have no size."""
    rng = np.random.default_rng(7)
    low = rng.integers(0, 5, (2, *shape, d))
    both = np.concatenate([low, low + rng.integers(0, 4, (2, *shape, d))], axis=-1)
    return torch.tensor(both[0], dtype=dtype), torch.tensor(both[1], dtype=dtype)


def value_and_gradients(a, b, **options):
    a = a.clone().requires_grad_()
    b = b.clone().requires_grad_()
    loss = box_loss(a, b, **options)
    loss.sum().backward()
    return loss.detach(), a.grad, b.grad


def by_array_operations(*arguments, **options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "kernels", lambda module: None)
        return value_and_gradients(*arguments, **options)


# compiled by itself, for seconds
@pytest.mark.parametrize("dtype", [pytest.param(torch.float32, marks=pytest.mark.slow), torch.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("detach_enclosing", [None, False, True])
def test_the_same_answer(kind, dtype, detach_enclosing, answers):
    a, b = some((40, 50), dtype)
    options = {"kind": kind, "detach_enclosing": detach_enclosing}
    loss, *slopes = value_and_gradients(a, b, reduction="none", **options)
    expected, *expected_slopes = by_array_operations(a, b, reduction="none", **options)
    assert answers == [True]
    if kind == "ciou":
        torch.testing.assert_close(loss, expected)
    else:
        assert torch.equal(loss, expected)
    for got, slope in zip(slopes, expected_slopes, strict=True):
        assert got.dtype == dtype
        torch.testing.assert_close(got, slope)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("options", [{"gamma": 0.5}, {"gamma": 2, "focus": "easy"}])
def test_weights_and_means(reduction, options, answers):
    got = value_and_gradients(*some((30,)), reduction=reduction, **options)
    expected = by_array_operations(*some((30,)), reduction=reduction, **options)
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("d", [1, 3, 4])
def test_other_dimensions(d, answers):
    got = value_and_gradients(*some((30,), d=d))
    torch.testing.assert_close(got, by_array_operations(*some((30,), d=d)))
    assert answers == [True]


def test_however_they_lie_in_memory(answers):
    a, b = some((6, 5))
    expected = by_array_operations(a, b)
    turned = a.transpose(0, 1).contiguous().transpose(0, 1)
    sliced = torch.cat([b, b], dim=-1)[..., :4]
    torch.testing.assert_close(value_and_gradients(turned, sliced), expected)
    assert answers == [True]


@pytest.mark.slow
def test_halves_are_widened(answers):
    a, b = some((6, 5))
    expected = by_array_operations(a, b)
    halves = value_and_gradients(a.half(), b.half())
    torch.testing.assert_close(halves[1], expected[1].half())
    assert answers == [True]


def test_numpy_to_the_bit(answers):
    a, b = (x.numpy() for x in some((30,)))
    for x in (a, b):
        x.flags.writeable = False
    loss = box_loss(a, b, reduction="none")
    assert isinstance(loss, np.ndarray)
    np.testing.assert_array_equal(loss, 1 - boxes.eiou(a, b))
    assert answers == [True]


def test_only_the_target_needs_a_gradient(answers):
    a, b = some((30,))
    _, _, expected = by_array_operations(a, b)
    b.requires_grad_()
    box_loss(a, b).backward()
    torch.testing.assert_close(b.grad, expected)


def test_a_box_against_itself(answers):
    a, _ = some((30,))
    a.requires_grad_()
    (slope,) = torch.autograd.grad(box_loss(a, a, kind="eiou"), a, create_graph=True)
    assert (slope == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["iou", "giou", "diou", "eiou"])  # of CIoU α is a constant
def test_the_gradient_of_a_gradient(kind, answers):
    rng = np.random.default_rng(3)
    low = rng.uniform(0, 4, (2, 4, 2))
    a, b = torch.tensor(np.concatenate([low, low + rng.uniform(2, 6, (2, 4, 2))], axis=-1))
    loss = partial(box_loss, kind=kind, detach_enclosing=False)
    assert torch.autograd.gradcheck(loss, (a.requires_grad_(), b.requires_grad_()))
    assert torch.autograd.gradgradcheck(loss, (a, b))
    assert all(answers)


def test_a_batch_of_gradients(answers):
    a, b = some((3,))
    a.requires_grad_()
    loss = box_loss(a, b, reduction="none")
    (each,) = torch.autograd.grad(loss, a, torch.eye(3, dtype=a.dtype), is_grads_batched=True)
    (together,) = torch.autograd.grad(box_loss(a, b, reduction="sum"), a)
    torch.testing.assert_close(each.sum(0), together)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, for a tangent
def test_what_the_array_path_must_do(answers):
    a, b = some((3,))
    with pytest.raises(ValueError, match="1 of 3 boxes of prediction are malformed"):
        box_loss(a.index_fill(0, torch.tensor([1]), torch.nan), b)
    box_loss(a[:, None], b)
    torch.func.vmap(box_loss)(a, b)
    with torch.autograd.forward_ad.dual_level():
        duals = [torch.autograd.forward_ad.make_dual(x, x.clone()) for x in (a, b)]
        tangent = torch.autograd.forward_ad.unpack_dual(box_loss(*duals, kind="giou")).tangent
    assert answers == [False] * 4
    # moved in proportion to themselves, boxes keep their ratio
    assert float(tangent) == pytest.approx(0, abs=1e-12)


def test_few_boxes_never_import_the_compiler(monkeypatch):
    monkeypatch.setattr(source, "_compiled_dtypes", set())
    monkeypatch.setattr(source, "kernels", lambda module: pytest.fail("few boxes"))
    box_loss(*some((100,)))


def test_once_compiled_for_few_too(answers, monkeypatch):
    monkeypatch.setattr(source, "_LARGE", 100)
    monkeypatch.setattr(source, "_compiled_dtypes", set())
    for n, dtype in ((3, torch.float64), (30, torch.float64), (3, torch.float64), (3, torch.float32)):
        box_loss(*some((n,), dtype))
    assert answers == [True, True]


def test_what_was_not_compiled_is_not_for_few(monkeypatch, answers):
    monkeypatch.setattr(source, "_LARGE", 100)
    monkeypatch.setattr(source, "_compiled_dtypes", set())
    a, b = some((30,))
    box_loss(a[:, None], b)
    box_loss(a[:3], b[:3])
    assert answers == [False]


def test_a_subclass_of_tensor(answers):
    class Boxes(torch.Tensor):
        """As torchvision's bounding boxes."""

    a, b = some((30,))
    torch.testing.assert_close(box_loss(a, b.as_subclass(Boxes)), box_loss(a, b))
    assert answers == [True, True]

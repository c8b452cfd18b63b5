"""Oracles are closed forms, the metrics themselves, and what a brute search finds to be the least."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import overlap as ov
from overlap import losses, raster

FAMILY = {
    "dice": (losses.dice_loss, ov.dice),
    "jaccard": (losses.jaccard_loss, ov.iou),
    "tversky": (partial(losses.tversky_loss, alpha=0.3, beta=0.7), partial(ov.tversky, alpha=0.3, beta=0.7)),
}
BENT = {"focal": losses.focal_tversky_loss, "log-cosh": losses.log_cosh_dice_loss}
LOSSES = {name: loss for name, (loss, _) in FAMILY.items()} | BENT
INDICES = {
    "dice": ov.dice,
    "iou": ov.iou,
    "ochiai": ov.ochiai,
    "containment": ov.containment,
    "f_beta": partial(ov.f_beta, beta=2),
    "tversky": partial(ov.tversky, alpha=0.3, beta=0.7),
    "volume_similarity": ov.volume_similarity,
}
rng = np.random.default_rng(11)
SOFT = rng.random((2, 3, 4, 5)), rng.random((2, 3, 4, 5))


# ---------------------------------------------------------------- the metrics' own bits

masks = hnp.arrays(bool, (2, 3, 4)) | hnp.arrays(np.float64, (2, 3, 4), elements=st.floats(0, 1))


@pytest.mark.parametrize("name", FAMILY)
@given(
    pair=st.tuples(masks, masks),
    axis=st.sampled_from([None, 0, -1, (1, 2)]),
    tnorm=st.sampled_from(list(raster.TNORMS)),
    weights=st.none() | hnp.arrays(np.float64, 4, elements=st.floats(0.125, 8)),
    where=st.none() | hnp.arrays(bool, (3, 1)),
)
def test_the_bits_of_the_metric(name, pair, axis, tnorm, weights, where):
    loss, index = FAMILY[name]
    cells = {"axis": axis, "tnorm": tnorm, "weights": weights, "where": where}
    expected = 1 - index(raster.measure(*pair, **cells), empty=1.0)
    if where is not None:
        # of what nobody looked at there is no loss
        expected = np.where(np.broadcast_to(where, (2, 3, 4)).any(axis=axis), expected, np.nan)
    np.testing.assert_array_equal(loss(*pair, **cells, reduction="none"), expected)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_bits_of_the_metric_in_torch(dtype):
    torch = pytest.importorskip("torch")
    p, y = (torch.as_tensor(x).to(getattr(torch, dtype)) for x in SOFT)
    for x in (p, p.clone().requires_grad_()):
        expected = 1 - ov.dice(raster.measure(x, y, axis=(2, 3)))
        assert torch.equal(losses.dice_loss(x, y, axis=(2, 3), reduction="none"), expected)
        assert torch.equal(losses.dice_loss(x, y, axis=(2, 3)), expected.sum() / 6)


@pytest.mark.parametrize("name", LOSSES)
def test_every_library(backend, name):
    p, y = map(backend.asarray, SOFT)
    got = LOSSES[name](p, y, axis=(2, 3), smooth=1.0, class_weights=backend.asarray([1.0, 2.0, 0.0]))
    expected = LOSSES[name](*SOFT, axis=(2, 3), smooth=1.0, reduction="none") @ [1, 2, 0]
    np.testing.assert_allclose(backend.to_numpy(got), expected.sum() / 6, rtol=1e-13)


# ---------------------------------------------------------------- any index is a loss


@pytest.mark.parametrize("name", INDICES)
@given(
    pair=st.tuples(masks, masks), axis=st.sampled_from([None, 0, (1, 2)]), tnorm=st.sampled_from(list(raster.TNORMS))
)
def test_the_loss_of_any_index_is_one_minus_it(name, pair, axis, tnorm):
    index = INDICES[name]
    o = raster.measure(*pair, axis=axis, tnorm=tnorm)
    value = index(o)
    both_empty = (o.size_a == 0) & (o.size_b == 0)
    expected = 1 - np.where(np.isnan(value), both_empty, value)
    got = losses.overlap_loss(*pair, index, axis=axis, tnorm=tnorm, reduction="none")
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_named_loss_is_one_line_over_the_loss_of_its_index(name, reduction):
    loss, index = FAMILY[name]
    options = {"axis": (2, 3), "smooth": 1.0, "class_weights": np.array([1.0, 2.0, 0.0]), "reduction": reduction}
    np.testing.assert_array_equal(losses.overlap_loss(*SOFT, index, **options), loss(*SOFT, **options))


def test_an_index_may_say_what_an_empty_set_is_worth():
    empty, mask = np.zeros(3), np.ones(3)
    assert losses.overlap_loss(empty, mask, ov.precision) == 1
    assert losses.overlap_loss(empty, mask, partial(ov.precision, empty=0.75)) == 0.25
    assert losses.overlap_loss(empty, empty, ov.precision) == 0
    assert losses.overlap_loss(empty, empty, partial(ov.dice, empty=0.75)) == 0.25


def test_an_index_of_ones_own():
    def shared_share(o):
        return o.intersection / o.union

    np.testing.assert_array_equal(losses.overlap_loss(*SOFT, shared_share), losses.jaccard_loss(*SOFT))


def test_values_that_are_no_numbers_stay_so():
    """Where values are not looked at, as on a device, NaN in the prediction must not pass for an empty set."""
    torch = pytest.importorskip("torch")
    p = torch.tensor([[float("nan"), 0.5], [0.0, 0.0]])
    for y in (torch.zeros(2, 2), torch.ones(2, 2)):
        loss = partial(losses.overlap_loss, index=ov.ochiai, axis=-1, reduction="none")
        each = torch.func.vmap(loss)(p[None], y[None])[0]
        assert torch.isnan(each[0])
        assert each[1] == y[1, 0]


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("smooth", [0.0, 0.5])
def test_smoothing_agreed_masks_changes_no_index(name, smooth):
    mask = np.array([True, True, False])
    assert losses.overlap_loss(mask, mask, INDICES[name], smooth=smooth) == pytest.approx(0, abs=1e-15)


# ---------------------------------------------------------------- what they seek

LEVELS = np.arange(101) / 100


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("target", np.arange(1, 10) / 10)
def test_the_minimum_returns_a_soft_target(name, target):
    found = [LOSSES[name](np.array([x]), np.array([target])) for x in LEVELS]
    assert LEVELS[np.argmin(found)] == target
    assert min(found) == pytest.approx(0, abs=1e-11)


@pytest.mark.parametrize("target", [0.3, 0.5, 0.7])
def test_the_product_drives_a_soft_target_to_one(target):
    found = [losses.dice_loss(np.array([x]), np.array([target]), tnorm="product") for x in LEVELS]
    assert LEVELS[np.argmin(found)] == 1
    assert found[round(100 * target)] == pytest.approx(1 - target)


def test_soft_and_hard_answers_to_a_soft_target():
    """The losses of the target itself and of its rounding, worked out by hand."""
    y, hard = np.array([0.5, 0.5, 0.25, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])

    def both(loss, tnorm):
        return [round(float(loss(x, y, tnorm=tnorm)), 4) for x in (y, hard)]

    assert both(losses.dice_loss, "product") == [0.55, 0.3846]
    assert both(losses.jaccard_loss, "product") == [0.7097, 0.5556]
    assert both(losses.dice_loss, "minimum") == [0, 0.3846]


@pytest.mark.parametrize("chance", [0.3, 0.4, 0.6, 0.7])
def test_of_sampled_raters_dice_seeks_a_quantile_and_cross_entropy_the_mean(chance):
    """100 sure cells, 50 that a rater marks all or none of: the best answer to the 50 jumps at a chance of 1/2."""
    marked, unmarked = np.ones(150), np.repeat([1.0, 0.0], [100, 50])

    def expected(loss, x):
        p = np.repeat([1.0, x], [100, 50])
        return chance * loss(p, marked) + (1 - chance) * loss(p, unmarked)

    dice = [expected(losses.dice_loss, x) for x in LEVELS]
    assert dice[0] == pytest.approx(0.2 * chance)
    assert dice[-1] == pytest.approx(0.2 * (1 - chance))
    assert LEVELS[np.argmin(dice)] == round(chance)
    entropy = [expected(partial(losses.dice_ce_loss, dice_weight=0.0), x) for x in LEVELS]
    assert LEVELS[np.argmin(entropy)] == chance


# ---------------------------------------------------------------- gradients


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("tnorm", raster.TNORMS)
@pytest.mark.parametrize("dtype", ["bool", "float32"])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_gradients_push_the_right_way(torch, name, tnorm, dtype, smooth):
    # one cell of each kind, besides one that makes the sets overlap
    y = torch.tensor([0, 1, 0, 1, 1]).to(getattr(torch, dtype))
    p = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.9], requires_grad=True)
    LOSSES[name](p, y, tnorm=tnorm, smooth=smooth).backward()
    assert (p.grad[[0, 2]] > 0).all(), "descent takes background down"
    assert (p.grad[[1, 3, 4]] < 0).all(), "descent takes lesion up"


@pytest.mark.parametrize("name", LOSSES)
def test_an_empty_target(torch, name):
    def gradient(y, **options):
        p = torch.full(y.shape, 0.5, requires_grad=True)
        loss = LOSSES[name](p, y, **options)
        loss.backward()
        return loss.item(), p.grad

    empty, lesion = torch.zeros(1, 4), torch.tensor([[0.0, 1.0, 1.0, 0.0]])
    loss, plain = gradient(empty)
    assert loss == pytest.approx(math.log(math.cosh(1)) if name == "log-cosh" else 1)
    assert (plain == 0).all(), "nothing to go by"
    assert (gradient(empty, smooth=1.0)[1] > 0).all()
    pooled = gradient(torch.cat([empty, lesion]))[1]
    assert (pooled[0] > 0).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nothing_to_lose(torch, name, value):
    """Both empty, or equal to the last cell: the loss is 0 and its gradient finite."""
    p = torch.full((3,), value, requires_grad=True)
    loss = LOSSES[name](p, p.detach().clone())
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-15)
    assert torch.isfinite(p.grad).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_of_a_million_cells(torch, name, dtype):
    y = (torch.arange(1 << 20).reshape(1024, 1024) % 3 == 0).to(getattr(torch, dtype))
    p = torch.full_like(y, 0.25, requires_grad=True)
    loss = LOSSES[name](p, y)
    loss.backward()
    # sums beyond what half precision holds: 349,526 cells and a quarter of a million
    assert loss.item() == pytest.approx(LOSSES[name](p.detach().double().numpy(), y.double().numpy()), rel=1e-12)
    assert torch.isfinite(p.grad).all()
    assert (p.grad[y == 1] < 0).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("tnorm", raster.TNORMS)
def test_gradcheck(torch, name, tnorm):
    p = torch.tensor(SOFT[0][0, :2], requires_grad=True)
    y = torch.tensor(SOFT[1][0, :2])
    loss = partial(LOSSES[name], tnorm=tnorm, axis=-1, smooth=0.5)
    assert torch.autograd.gradcheck(lambda p: loss(p, y), p)
    assert torch.autograd.gradgradcheck(lambda p: loss(p, y), p)


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_any_index_trains(torch, name, smooth):
    """Descent moves towards the target, and gradients are finite where one set is empty or both are."""
    p = torch.tensor(SOFT[0][0, 0], requires_grad=True)
    y = torch.tensor(SOFT[1][0, 0])
    loss = partial(losses.overlap_loss, index=INDICES[name], axis=-1, smooth=smooth)
    assert torch.autograd.gradcheck(lambda p: loss(p, y), p)
    assert torch.autograd.gradgradcheck(lambda p: loss(p, y), p)
    empty = torch.zeros(3, 4)
    for prediction in (empty, torch.full((3, 4), 0.5)):
        for target in (empty, torch.ones(3, 4)):
            p = prediction.clone().requires_grad_()
            loss(p, target).backward()
            assert torch.isfinite(p.grad).all()


def shared_by_reference(o):
    return o.intersection / o.size_b


def shared_by_mean(o):
    return 2 * o.intersection / (o.size_a + o.size_b)


@pytest.mark.parametrize("index", [shared_by_reference, shared_by_mean])
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_an_index_of_ones_own_has_gradients_where_sets_are_empty(torch, index, level):
    """An index that divides by what it is given is 0/0 there, and so is its gradient."""
    p = torch.full((2, 4), level, requires_grad=True)
    y = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    loss = losses.overlap_loss(p, y, index, axis=-1, reduction="none")
    loss.sum().backward()
    assert torch.isfinite(p.grad).all()
    assert float(loss[0].detach()) == (0 if level == 0 else 1), "1 where both are empty, else 0"
    assert p.grad[1, 1] < 0


@pytest.mark.parametrize("index", ["dice", None, 3])
def test_an_index_is_a_function(index):
    with pytest.raises(TypeError, match=r"overlap_loss: index is .* overlap\.dice"):
        losses.overlap_loss(np.array([0.5]), np.array([True]), index)


@pytest.mark.parametrize("name", ["ochiai", "f_beta", "containment"])
def test_a_few_steps_of_descent_lower_the_loss(torch, name):
    logits = torch.tensor(4 * SOFT[0][0] - 2, dtype=torch.float32, requires_grad=True)
    target = torch.tensor(SOFT[1][0]) > 0.7
    optimiser = torch.optim.Adam([logits], 0.1)
    values = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = losses.overlap_loss(logits.sigmoid(), target, INDICES[name])
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    assert values[-1] < 0.5 * values[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ochiai", "f_beta", "containment"])
def test_any_index_compiles(torch, name):
    p, y = map(torch.tensor, SOFT)
    loss = partial(losses.overlap_loss, index=INDICES[name], axis=(2, 3))
    compiled = torch.compile(loss, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(p, y), loss(p, y))


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSSES)
def test_compile_and_vmap(torch, name):
    p, y = map(torch.tensor, SOFT)
    weights = torch.tensor([1.0, 2.0, 0.5])
    loss = partial(LOSSES[name], axis=(2, 3), smooth=1.0, class_weights=weights)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(p, y), loss(p, y))
    each = torch.func.vmap(partial(LOSSES[name], axis=(1, 2), smooth=1.0, class_weights=weights))(p, y)
    torch.testing.assert_close(each.mean(), loss(p, y))


# ---------------------------------------------------------------- bad input


def test_errors_name_the_loss():
    p, y = SOFT
    with pytest.raises(ValueError, match=r"jaccard_loss: prediction has shape \(2, 3, 4, 5\).*one channel a class"):
        losses.jaccard_loss(p, y[0])
    with pytest.raises(TypeError, match=r"dice_loss: target has dtype int64.*target == k"):
        losses.dice_loss(p, (y > 0.5).astype(np.int64))
    with pytest.raises(ValueError, match="sigmoid to logits"):
        losses.dice_loss(p * 3, y)
    with pytest.raises(ValueError, match="smooth is a number of cells >= 0, got -1"):
        losses.dice_loss(p, y, smooth=-1)
    with pytest.raises(ValueError, match="'mean', 'sum', 'none', got 'avg'"):
        losses.dice_loss(p, y, reduction="avg")
    with pytest.raises(ValueError, match=r"class_weights has shape \(2,\).*\(2, 3\)"):
        losses.dice_loss(p, y, axis=(2, 3), class_weights=np.ones(2))
    with pytest.raises(ValueError, match="gamma must be > 0"):
        losses.focal_tversky_loss(p, y, gamma=0.0)
    with pytest.raises(ValueError, match="'minimum', 'product', 'lukasiewicz'"):
        losses.dice_loss(p, y, tnorm="einstein")

"""Oracles: every outcome of a few cells, the distribution of |Y| by convolution, and drawn references."""

from __future__ import annotations

import time
from itertools import product
from math import comb, nan

import numpy as np
import pytest

import overlap as ov
from overlap.expected import expected_dice, expected_iou, optimal_mask

MEANS = {"dice": (expected_dice, ov.dice), "iou": (expected_iou, ov.iou)}
rng = np.random.default_rng(8)


def by_outcomes(p, mask, index, weights=None, empty=nan):
    """Return the mean over every set of cells that Y may be."""
    w = np.ones(len(p)) if weights is None else weights
    outcomes = np.array(list(product([0.0, 1.0], repeat=len(p))))
    chances = np.prod(np.where(outcomes == 1, p, 1 - p), axis=-1)
    sizes = ov.Overlap(outcomes @ (w * mask), np.sum(w * mask) + 0 * chances, outcomes @ w)
    values = index(sizes, empty=empty)
    defined = ~np.isnan(values)
    if not chances[defined].any():
        return nan
    return float(np.sum(chances[defined] * values[defined]) / np.sum(chances[defined]))


def by_convolution(p, mask):
    """Return the expected Dice of a mask by the distribution of |Y| without each of its cells."""
    total = 0.0
    for i in np.flatnonzero(mask):
        sizes = np.ones(1)
        for q in np.delete(p, i):
            sizes = np.convolve(sizes, [1 - q, q])
        total += mask[i] * p[i] * np.sum(sizes / (mask.sum() + 1 + np.arange(len(sizes))))
    return 2 * total


def some_cells(seed):
    """Return the chances, mask and weights of up to 8 cells, of all kinds."""
    draw = np.random.default_rng(seed)
    n = draw.integers(1, 9)
    p = draw.random(n) ** draw.integers(1, 6)
    p[draw.random(n) < 0.2] = 0
    p[draw.random(n) < 0.2] = 1
    mask = draw.random(n) * 10.0 ** -draw.choice([0, 6])
    if seed % 2:
        mask = mask < 0.4
    weights = 100 * draw.random(n) ** 4
    weights[draw.random(n) < 0.1] = 0
    return p, mask, weights


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("name", MEANS)
@pytest.mark.parametrize("empty", [nan, 1.0, 0.25])
def test_every_outcome(name, empty):
    mean, index = MEANS[name]
    for seed in range(60):
        p, mask, weights = some_cells(seed)
        for w in (None, weights):
            expected = by_outcomes(p, mask, index, w, empty)
            np.testing.assert_allclose(mean(mask, p, weights=w, empty=empty), expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(
    "policy",
    [
        ov.EmptyPolicy(both_empty=1.0, prediction_empty=0.5, reference_empty=0.75),
        ov.EmptyPolicy(both_empty=nan, prediction_empty=0.5, reference_empty=nan),
        ov.EmptyPolicy(both_empty=1.0, prediction_empty=nan),
        ov.EmptyPolicy(both_empty=nan, prediction_empty=nan, reference_empty=nan),
    ],
)
def test_every_policy(policy):
    p = np.array([0.3, 0.6, 0.0])
    for mask in (np.array([True, False, True]), np.zeros(3, bool)):
        expected = by_outcomes(p, mask, ov.dice, empty=policy)
        np.testing.assert_allclose(expected_dice(mask, p, empty=policy), expected, rtol=1e-8)


@pytest.mark.slow
def test_the_distribution_of_the_size():
    p = rng.random(400) ** 3
    for mask in (p > 0.3, p, np.arange(400) < 3):
        assert expected_dice(mask, p) == pytest.approx(by_convolution(p, mask), rel=1e-8)


@pytest.mark.parametrize("power", [3, 300, 10_000])
def test_drawn_references(power):
    """Many cells, of which many, some or a handful are likely."""
    p = rng.random(20_000) ** power
    mask = p > 0.3
    likely = np.flatnonzero(p > 1e-6)
    drawn = rng.random((1000, len(likely))) < p[likely]
    shared = np.count_nonzero(drawn & mask[likely], axis=1)
    values = 2 * shared / (mask.sum() + np.count_nonzero(drawn, axis=1))
    error = 4 * values.std() / np.sqrt(len(values)) + 1e-5
    assert expected_dice(mask, p) == pytest.approx(values.mean(), abs=error)


def test_a_certain_reference_is_a_mask():
    y = rng.random((6, 7)) < 0.5
    a = rng.random((6, 7))
    np.testing.assert_allclose(expected_dice(a, y.astype(float), axis=1), ov.raster.dice(a, y, axis=1), rtol=1e-8)
    np.testing.assert_allclose(
        expected_iou(a, y.astype(float), axis=1), ov.raster.iou(a, y, axis=1, tnorm="product"), rtol=1e-8
    )


def test_one_cell_of_a_tiny_chance():
    assert expected_dice(np.array([True]), np.array([1e-300])) == pytest.approx(1e-300)
    assert expected_dice(np.array([False, False]), np.array([1e-20, 1e-20])) == 0


def test_a_dice_of_means_is_another_number():
    """Ten cells that are in Y with a chance of one half: 2·5/(10 + 5) would be 0.667."""
    mean = sum(comb(10, k) / 2**10 * 2 * k / (10 + k) for k in range(11))
    assert mean == pytest.approx(0.651, abs=5e-4)
    assert expected_dice(np.ones(10, bool), np.full(10, 0.5)) == pytest.approx(mean, rel=1e-8)


# ---------------------------------------------------------------- shapes, libraries, what counts


def test_every_library(backend):
    p = rng.random((3, 2, 3))
    mask = rng.random((3, 2, 3)) < 0.4
    for mean in (expected_dice, expected_iou):
        got = mean(backend.asarray(mask), backend.asarray(p), axis=(0, -1))
        expected = [mean(mask[:, k], p[:, k]) for k in range(2)]
        np.testing.assert_allclose(backend.to_numpy(got), expected, rtol=2e-8)


def test_what_does_not_count_may_hold_anything():
    p = rng.random((2, 9))
    mask = rng.random((2, 9)) < 0.5
    where = rng.random((2, 9)) < 0.6
    weights = rng.random((2, 9))
    wild = [np.where(where, x, nan) for x in (mask.astype(float), p, weights)]
    for k in range(2):
        cells = where[k]
        expected = expected_dice(mask[k, cells], p[k, cells], weights=weights[k, cells])
        got = expected_dice(wild[0], wild[1], weights=wild[2], where=where, axis=1)
        assert got[k] == pytest.approx(expected, rel=2e-8)


def test_weights_broadcast_and_scale():
    p = rng.random((4, 5))
    mask = p > 0.5
    weights = rng.random(5)
    whole = np.broadcast_to(weights, (4, 5))
    assert expected_dice(mask, p, weights=weights) == expected_dice(mask, p, weights=whole)
    assert expected_dice(mask, p, weights=1e6 * weights) == pytest.approx(expected_dice(mask, p, weights=weights))
    assert expected_dice(mask, p, weights=np.full(5, 3)) == pytest.approx(expected_dice(mask, p), rel=2e-8)


def test_no_cells_and_no_cases():
    assert np.isnan(expected_dice(np.zeros(0, bool), np.zeros(0)))
    assert expected_dice(np.zeros((0, 3), bool), np.zeros((0, 3)), axis=1).shape == (0,)
    assert np.isnan(expected_dice(np.zeros(3, bool), np.zeros(3)))


@pytest.mark.parametrize("mean", [expected_dice, expected_iou])
def test_what_is_refused(mean):
    p = np.array([0.5, 0.5])
    with pytest.raises(ValueError, match=f"expected.{mean.__name__}: 1 counted values of probability are out of range"):
        mean(p > 0, np.array([0.5, 1.5]))
    with pytest.raises(ValueError, match="probability has shape"):
        mean(p[:1] > 0, p)
    with pytest.raises(TypeError, match="mask has dtype int64"):
        mean(np.array([0, 1]), p)
    with pytest.raises(ValueError, match="axis must be None"):
        mean(p > 0, p, axis=3)
    with pytest.raises(TypeError, match="empty must be one number"):
        mean(p > 0, p, empty="zero")


@pytest.mark.parametrize("mean", [expected_dice, expected_iou])
def test_the_mask_comes_first(mean):
    """As in `domains.lesions`: what is handed out is the prediction. A mask of 0 and 1 is no map of chances."""
    p = np.array([0.9, 0.2, 0.4])
    half_of_each = np.array([0.5, 0.5, 0.0])
    index = MEANS[mean.__name__.removeprefix("expected_")][1]
    assert mean(half_of_each, p) == pytest.approx(by_outcomes(p, half_of_each, index), rel=1e-8)
    assert mean(mask=half_of_each, probability=p) == mean(half_of_each, p)
    assert mean(half_of_each, p) != pytest.approx(mean(p, half_of_each), rel=0.01)
    with pytest.raises(TypeError, match=f"expected.{mean.__name__}: probability has dtype bool; the mask is the first"):
        mean(p, p > 0.3)


def test_a_million_cells_are_quick():
    p = rng.random(10**6) ** 100
    mask = p > 0.3
    expected_dice(mask, p)
    begin = time.process_time()
    expected_dice(mask, p)
    # 0.04 s where nothing else runs
    assert time.process_time() - begin < 0.5


# ---------------------------------------------------------------- gradients


@pytest.mark.slow
@pytest.mark.parametrize("mean", [expected_dice, expected_iou])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients(mean, weighted):
    torch = pytest.importorskip("torch")
    p = torch.rand(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    mask = p.flip(1).clone()
    weights = torch.arange(1.0, 6) if weighted else None
    p.requires_grad_()
    mask.requires_grad_()

    def value(mask, p):
        return mean(mask, p, axis=1, weights=weights)

    assert torch.autograd.gradcheck(value, (mask, p))
    assert torch.autograd.gradgradcheck(value, (mask, p))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_gradients_are_finite_at_the_ends(dtype):
    torch = pytest.importorskip("torch")
    mask = torch.tensor([0.0, 1, 0, 1, 1])
    for values in ([0.0, 0, 1, 1, 0.5], [1.0] * 5, [0.0] * 5, [0.0, 1, 0, 1, 1]):
        p = torch.tensor(values, dtype=getattr(torch, dtype), requires_grad=True)
        mean = expected_dice(mask.to(p.dtype), p)
        mean.backward()
        assert torch.isfinite(mean)
        assert torch.isfinite(p.grad).all()
        # a cell of the mask is worth its chance, any other is not
        assert (p.grad[mask == 1] >= 0).all()
        assert (p.grad[mask == 0] <= 0).all()


def test_a_slope_is_the_difference_of_two_means():
    """The mean is linear in each chance by itself."""
    torch = pytest.importorskip("torch")
    values = rng.random(300)
    mask = values > 0.3
    p = torch.tensor(values, requires_grad=True)
    expected_dice(torch.tensor(mask), p).backward()
    for cell in (0, 17, 299):
        at_one = np.where(np.arange(300) == cell, 1.0, values)
        at_zero = np.where(np.arange(300) == cell, 0.0, values)
        slope = expected_dice(mask, at_one) - expected_dice(mask, at_zero)
        assert float(p.grad[cell]) == pytest.approx(slope, abs=1e-8)


@pytest.mark.slow
def test_where_nobody_may_look():
    torch = pytest.importorskip("torch")
    p = torch.rand(3, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    mask = p > 0.4
    expected = expected_dice(mask, p, axis=1)
    torch.testing.assert_close(torch.func.vmap(expected_dice)(mask, p), expected, rtol=2e-8, atol=0)
    compiled = torch.compile(lambda mask, p: expected_dice(mask, p, axis=1), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(mask, p), expected, rtol=2e-8, atol=0)
    wild = torch.func.vmap(expected_dice)(mask, torch.where(p < 0.01, 2.0, p))
    assert torch.equal(wild.isnan(), (p < 0.01).any(1))


def test_a_subclass_is_read_as_a_tensor():
    """As MONAI's MetaTensor: none of its own operations runs."""
    torch = pytest.importorskip("torch")
    seen = []

    class Tagged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            seen.append(getattr(function, "__name__", ""))
            return super().__torch_function__(function, types, args, kwargs or {})

    p = torch.rand(50, generator=torch.Generator().manual_seed(7))
    expected = expected_dice(p > 0.3, p)
    tagged = p.as_subclass(Tagged).requires_grad_()
    seen.clear()
    value = expected_dice((p > 0.3).as_subclass(Tagged), tagged)
    assert type(value) is torch.Tensor
    assert value.item() == expected.item()
    assert {"exp", "log1p", "where", "sum"}.isdisjoint(seen)
    value.backward()
    assert torch.isfinite(tagged.grad).all()
    np.testing.assert_array_equal(optimal_mask(tagged), optimal_mask(p))


def test_as_on_a_device(monkeypatch):
    """In single precision, rate by rate, without a look at any value."""
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(6)
    p = torch.rand(3, 4000, generator=generator) ** torch.tensor([[1.0], [50.0], [5000.0]])
    p[:, :10] = 1
    p[:, 10:20] = 0
    mask = torch.rand(3, 4000, generator=generator) < p
    mask[2] = torch.arange(4000) == 3
    expected = expected_dice(mask, p.double(), axis=1)
    monkeypatch.setattr("overlap.expected.means.sum_dtype", lambda *_: torch.float32)
    monkeypatch.setattr("overlap.expected.means.is_host", lambda *_: False)
    monkeypatch.setattr("overlap.expected.transforms.as_host", lambda _: None)
    p.requires_grad_()
    got = expected_dice(mask, p, axis=1)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.double(), expected, rtol=3e-6, atol=0)
    got.sum().backward()
    assert torch.isfinite(p.grad).all()


@pytest.mark.slow
def test_nothing_waits_for_a_device():
    """A tensor without any values has a mean without any value: none was looked at."""
    torch = pytest.importorskip("torch")
    p = torch.rand(2, 3, 9, device="meta", requires_grad=True)
    mask = torch.ones(2, 3, 9, device="meta")
    for mean in (expected_dice, expected_iou):
        for empty in (nan, ov.EmptyPolicy(1.0, 0.5, 0.25)):
            value = mean(mask, p, axis=(0, 2), empty=empty)
            assert value.shape == (3,)
            value.sum().backward()

"""Oracles are the authors' loop over MONAI 1.6.1's DiceLoss, and a loop over the components in plain numpy."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap import losses

P = np.round(np.random.default_rng(8).random((3, 1, 6, 6)), 3)
BLOBS = np.zeros((3, 1, 6, 6), np.int64)
BLOBS[0, 0, :2, :2] = 1
BLOBS[0, 0, 4:, 3:] = 2
BLOBS[0, 0, 0, 5] = 3
BLOBS[1, 0, 2:5, 2:5] = 1
SPATIAL = (1, 2, 3)


def looped(p, blobs, size, smooth):
    """Return the blob loss of one case, component by component; NaN without one."""
    each = []
    for k in range(1, int(blobs.max(initial=0)) + 1):
        own, rest = blobs == k, (blobs == 0) | (blobs == k)
        there = (size * own).sum()
        if there > 0:
            shared = (size * p)[own].sum()
            sizes = (size * p)[rest].sum() + there
            each.append(1 - (2 * shared + smooth) / (sizes + smooth))
    return np.mean(each) if each else np.nan


@pytest.mark.parametrize(
    ("smooth", "expected"),
    [
        (0.0, [0.807581563263693, 0.696965046234125]),
        (1e-5, [0.807581002645894, 0.6969647788187167]),
        (1.0, [0.755296839651587, 0.671211617337324]),
    ],
)
def test_the_authors_loop(smooth, expected):
    """compute_blob_loss_multi of the authors' repository, over MONAI 1.6.1 DiceLoss(smooth_nr, smooth_dr = smooth)."""
    each = losses.blob_loss(P, BLOBS, axis=SPATIAL, smooth=smooth, reduction="none")
    np.testing.assert_allclose(each, [*expected, np.nan], rtol=1e-14)
    assert losses.blob_loss(P, BLOBS, axis=SPATIAL, smooth=smooth) == pytest.approx(np.mean(expected), rel=1e-14)
    assert losses.blob_loss(P, BLOBS, axis=SPATIAL, smooth=smooth, reduction="sum") == pytest.approx(np.sum(expected))


@given(
    p=hnp.arrays(np.float64, (2, 3, 4), elements=st.floats(0, 1)),
    blobs=hnp.arrays(np.int32, (2, 3, 4), elements=st.integers(0, 5)),
    axis=st.sampled_from([None, 0, -1, (1, 2), [0, 2]]),
    weights=st.none() | hnp.arrays(np.float64, 4, elements=st.floats(0.125, 8)),
    where=st.none() | hnp.arrays(bool, (3, 1)),
    smooth=st.sampled_from([0.0, 0.5]),
)
def test_a_loop_over_cases_and_components(p, blobs, axis, weights, where, smooth):
    got = losses.blob_loss(p, blobs, axis=axis, weights=weights, where=where, smooth=smooth, reduction="none")
    size = np.ones(p.shape)
    size = size if weights is None else size * weights
    size = size if where is None else size * where
    summed = (0, 1, 2) if axis is None else tuple(k % 3 for k in np.atleast_1d(axis))
    kept = tuple(k for k in range(3) if k not in summed)
    n = int(np.prod([p.shape[k] for k in kept]))
    rows = [x.transpose(*kept, *summed).reshape(n, -1) for x in (p, blobs, size)]
    expected = np.array([looped(*row, smooth) for row in zip(*rows, strict=True)])
    np.testing.assert_allclose(got, expected.reshape([p.shape[k] for k in kept]), rtol=1e-12, atol=1e-12)


def test_each_component_counts_alike():
    components = np.zeros((20, 20), np.uint8)
    components[:10, :10] = 1
    components[15, 15] = 2
    assert losses.blob_loss(components > 0, components) == 0
    assert losses.blob_loss(components == 1, components) == 0.5
    assert losses.blob_loss(components == 2, components) == 0.5
    assert losses.dice_loss(components == 1, components > 0) == pytest.approx(1 / 201)


def test_false_positives_cost_every_component():
    components = np.array([1, 0, 2, 0])
    assert losses.blob_loss(np.array([1.0, 1.0, 1.0, 0.0]), components) == pytest.approx(1 / 3)


def test_how_components_are_numbered_does_not_matter():
    once = losses.blob_loss(P, BLOBS, axis=SPATIAL)
    numbers = np.array([0, 900, 7, 41])
    assert losses.blob_loss(P, numbers[BLOBS], axis=SPATIAL) == pytest.approx(once, rel=1e-15)


def test_cases_without_a_component_are_left_out():
    nothing = np.zeros_like(BLOBS)
    assert losses.blob_loss(P, nothing) == 0
    assert np.isnan(losses.blob_loss(P, nothing, axis=SPATIAL, reduction="none")).all()
    weights = np.array([1.0, 3.0, 100.0])
    each = losses.blob_loss(P, BLOBS, axis=SPATIAL, reduction="none")
    got = losses.blob_loss(P, BLOBS, axis=SPATIAL, class_weights=weights)
    assert got == pytest.approx((each[0] + 3 * each[1]) / 4)


def test_what_does_not_count_may_hold_anything():
    p, blobs = P.copy(), BLOBS.copy()
    where = np.ones(P.shape, bool)
    where[0, 0, 5] = False
    p[0, 0, 5], blobs[0, 0, 5] = np.nan, -1
    got = losses.blob_loss(p, blobs, axis=SPATIAL, where=where, reduction="none")
    expected = [looped(P[k], BLOBS[k], where[k], 0.0) for k in range(3)]
    np.testing.assert_allclose(got, expected)


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_tensors_have_the_values_of_arrays(torch, dtype):
    p = torch.tensor(P).to(getattr(torch, dtype))
    got = losses.blob_loss(p, torch.tensor(BLOBS), axis=SPATIAL, smooth=1.0)
    expected = losses.blob_loss(p.double().numpy(), BLOBS, axis=SPATIAL, smooth=1.0)
    assert got.item() == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("smooth", [0.0, 0.5])
def test_gradcheck(torch, smooth):
    p, blobs = torch.tensor(P[:2], requires_grad=True), torch.tensor(BLOBS[:2])
    loss = partial(losses.blob_loss, components=blobs, axis=SPATIAL, smooth=smooth)
    assert torch.autograd.gradcheck(loss, p)
    assert torch.autograd.gradgradcheck(loss, p)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_gradients_are_finite_and_push_the_right_way(torch, value, smooth):
    blobs = torch.tensor([[0, 1, 1, 0, 2], [0, 0, 0, 0, 0]])
    p = torch.full(blobs.shape, value, requires_grad=True)
    losses.blob_loss(p, blobs, axis=1, smooth=smooth).backward()
    assert torch.isfinite(p.grad).all()
    assert (p.grad[0][blobs[0] == 0] >= 0).all()
    assert (p.grad[0][blobs[0] > 0] < 0).all()
    assert (p.grad[1] == 0).all()


def test_a_lesion_of_one_cell_pulls_as_hard_as_a_large_one(torch):
    blobs = torch.zeros(100, dtype=torch.int64)
    blobs[:40], blobs[90] = 1, 2
    p = torch.full((100,), 0.01, dtype=torch.float64, requires_grad=True)
    losses.blob_loss(p, blobs).backward()
    assert p.grad[90].abs() > 10 * p.grad[0].abs()


def test_half_precision_of_a_million_cells(torch):
    p = torch.ones((1024, 1024), dtype=torch.float16, requires_grad=True)
    blobs = torch.ones((1024, 1024), dtype=torch.int32)
    blobs[:512] = 2
    loss = losses.blob_loss(p, blobs)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(p.grad).all()


# ---------------------------------------------------------------- bad input


def test_errors_name_the_loss_and_the_remedy():
    with pytest.raises(TypeError, match=r"blob_loss: components has dtype bool; .*scipy\.ndimage\.label"):
        losses.blob_loss(P, BLOBS > 0)
    with pytest.raises(ValueError, match=r"blob_loss: prediction has shape .* and components \(1, 6, 6\)"):
        losses.blob_loss(P, BLOBS[0])
    with pytest.raises(ValueError, match=r"blob_loss: components holds -1; .*where="):
        losses.blob_loss(P, BLOBS - 1)
    with pytest.raises(ValueError, match=r"blob_loss: 108 counted values of prediction .*sigmoid to logits"):
        losses.blob_loss(P + 1.5, BLOBS)
    with pytest.raises(ValueError, match=r"blob_loss: smooth is a number of cells >= 0"):
        losses.blob_loss(P, BLOBS, smooth=-1)
    with pytest.raises(ValueError, match="'mean', 'sum', 'none', got 'avg'"):
        losses.blob_loss(P, BLOBS, reduction="avg")
    strict = pytest.importorskip("array_api_strict")
    with pytest.raises(TypeError, match=r"blob_loss: components are summed in arrays of numpy or torch"):
        losses.blob_loss(strict.asarray(P), strict.asarray(BLOBS))


def test_large_numbers_are_refused_and_the_remedy_holds():
    segmentation = pytest.importorskip("skimage.segmentation")
    large = BLOBS * 10**9
    with pytest.raises(ValueError, match=r"blob_loss: components goes up to 3000000000; .*relabel_sequential"):
        losses.blob_loss(P, large, axis=SPATIAL)
    relabelled, _, _ = segmentation.relabel_sequential(large)
    assert losses.blob_loss(P, relabelled, axis=SPATIAL) == losses.blob_loss(P, BLOBS, axis=SPATIAL)

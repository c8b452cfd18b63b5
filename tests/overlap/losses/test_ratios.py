"""What all losses of masks share, worked out by hand: smoothing, weights of cells and of classes, the means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap import losses
from overlap.losses import ratios

rng = np.random.default_rng(11)
SOFT = rng.random((2, 3, 4, 5)), rng.random((2, 3, 4, 5))
masks = hnp.arrays(bool, (2, 3, 4)) | hnp.arrays(np.float64, (2, 3, 4), elements=st.floats(0, 1))


def test_smooth_is_half_a_cell_in_each_size():
    p, y = np.array([True, True, False, True]), np.array([True, True, True, False])
    assert losses.dice_loss(p, y) == pytest.approx(1 - 4 / 6)
    assert losses.dice_loss(p, y, smooth=1.0) == pytest.approx(1 - 5 / 7)
    assert losses.jaccard_loss(p, y, smooth=1.0) == pytest.approx(1 - 2.5 / 4.5)
    assert losses.tversky_loss(p, y, 0.3, 0.7, smooth=1.0) == pytest.approx(1 - 2.5 / 3.5)


def test_smooth_is_in_the_unit_of_the_weights():
    p, y = SOFT
    plain = losses.dice_loss(p, y, smooth=2.0)
    assert losses.dice_loss(p, y, smooth=0.5, weights=np.array(0.25)) == pytest.approx(plain)


@given(st.tuples(masks, masks), st.floats(1e-6, 1e6))
def test_without_smooth_the_scale_of_weights_does_not_matter(pair, scale):
    once, scaled = (losses.dice_loss(*pair, weights=np.array(w)) for w in (1.0, scale))
    assert once == pytest.approx(scaled, abs=1e-12)


def test_class_weights():
    p, y = SOFT
    each = losses.dice_loss(p, y, axis=(0, 2, 3), reduction="none")
    weights = np.array([1.0, 2.0, 5.0])
    options = {"axis": (0, 2, 3), "class_weights": weights}
    np.testing.assert_array_equal(losses.dice_loss(p, y, **options, reduction="none"), weights * each)
    assert losses.dice_loss(p, y, **options, reduction="sum") == pytest.approx(weights @ each)
    assert losses.dice_loss(p, y, **options) == pytest.approx(weights @ each / 8)


def test_the_mean_of_no_ratios_is_zero():
    nothing = np.zeros((0, 4))
    assert losses.dice_loss(nothing, nothing, axis=1) == 0


@pytest.mark.parametrize("axis", [None, 1, -1, (0, 2), [1, 2], (0, 1, 2)])
@pytest.mark.parametrize("shape", [(5,), (3, 1), (2, 1, 5), (1, 3, 1), (1,), ()])
def test_which_ratios_have_a_cell_that_counts(axis, shape):
    where = rng.random(shape) > 0.7
    axes = tuple(axis) if isinstance(axis, list) else axis
    found = ratios.counted_ratios(where, None, (2, 3, 5), axis, np)
    np.testing.assert_array_equal(found, np.broadcast_to(where, (2, 3, 5)).any(axis=axes))


def test_of_no_cells_none_counts():
    found = ratios.counted_ratios(np.array(True), None, (2, 3, 0), (1, 2), np)
    assert found.tolist() == [False, False]


OF_TWO_MASKS = (
    "dice_loss",
    "jaccard_loss",
    "tversky_loss",
    "focal_tversky_loss",
    "generalised_dice_loss",
    "log_cosh_dice_loss",
    "squared_dice_loss",
    "dice_ce_loss",
    "dice_focal_loss",
    "expected_dice_loss",
)


@pytest.mark.parametrize("name", OF_TWO_MASKS)
def test_a_subclass_of_tensors_is_read_as_the_tensors_it_is(name):
    torch = pytest.importorskip("torch")

    class Annotated(torch.Tensor):
        """Like MONAI's MetaTensor: something is handed on with the cells."""

    loss = getattr(losses, name)
    p, y, weights = (torch.as_tensor(x, dtype=torch.float32) for x in (*SOFT, rng.random((2, 1, 4, 5))))
    where = weights > 0.3
    options = {"axis": (2, 3)}
    expected = loss(p, y, weights=weights, where=where, **options)
    p.requires_grad_()
    of_p, y, weights, where = (x.as_subclass(Annotated) for x in (p, y, weights, where))
    found = loss(of_p, y, weights=weights, where=where, **options)
    assert type(found) is torch.Tensor
    assert torch.equal(found.detach(), expected)
    found.backward()
    assert type(p.grad) is torch.Tensor

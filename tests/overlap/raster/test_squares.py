"""Oracles are plain numpy expressions and rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import overlap as ov
from overlap import raster

rng = np.random.default_rng(7)
SOFT = rng.random((4, 5, 6)), rng.random((4, 5, 6))
unit = st.floats(0, 1)


def sizes(o, to_numpy=np.asarray):
    return [to_numpy(x) for x in (o.intersection, o.size_a, o.size_b)]


@pytest.mark.parametrize("axis", [None, 0, -1, (1, 2), [0, 2]])
def test_sums_of_squares(backend, axis):
    weights, where = rng.random(6), rng.random((5, 1)) > 0.3
    a, b, w, counted = map(backend.asarray, (*SOFT, weights, where))
    got = sizes(raster.squared(a, b, axis=axis, weights=w, where=counted), backend.to_numpy)
    size = weights * where
    axis = tuple(axis) if isinstance(axis, list) else axis
    expected = [(size * x).sum(axis) for x in (SOFT[0] * SOFT[1], SOFT[0] ** 2, SOFT[1] ** 2)]
    np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_hard_masks_are_counted(backend):
    a, b = map(backend.asarray, (SOFT[0] > 0.4, SOFT[1] > 0.5))
    hard = raster.measure(a, b, axis=0)
    got = sizes(raster.squared(a, b, axis=0), backend.to_numpy)
    np.testing.assert_array_equal(got, sizes(hard, backend.to_numpy))
    assert {x.dtype for x in got} == {np.dtype(np.int64)}


def test_one_soft_side():
    a, b = SOFT[0], SOFT[1] > 0.5
    np.testing.assert_allclose(sizes(raster.squared(a, b)), [a[b].sum(), (a**2).sum(), b.sum()], rtol=1e-14)


@given(hnp.arrays(np.float64, 8, elements=unit), hnp.arrays(np.float64, 8, elements=unit))
def test_dice_is_one_minus_the_squared_difference(a, b):
    error, total = (sum(map(Fraction, x)) for x in ((a - b) ** 2, a**2 + b**2))
    dice = float(ov.dice(raster.squared(a, b), empty=1.0))
    assert dice == pytest.approx(1 - float(error / total) if total else 1.0, abs=1e-13)
    assert 0 <= dice <= 1
    assert 0 <= float(ov.iou(raster.squared(a, b), empty=1.0)) <= 1


@given(hnp.arrays(np.float32, 50, elements=st.floats(0, 1, width=32)))
def test_a_soft_mask_agrees_with_itself(a):
    assert float(ov.dice(raster.squared(a, a), empty=1.0)) == 1
    nearly = np.nextafter(a, np.float32(0))
    assert float(ov.dice(raster.squared(a, nearly), empty=1.0)) <= 1


def test_parts_add_up():
    whole = raster.squared(*SOFT)
    parts = raster.squared(SOFT[0][:2], SOFT[1][:2]) + raster.squared(SOFT[0][2:], SOFT[1][2:])
    np.testing.assert_allclose(sizes(whole), sizes(parts), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_not_summed_in_half(dtype):
    torch = pytest.importorskip("torch")
    ones = torch.ones((512, 512), dtype=getattr(torch, dtype))
    assert [float(x) for x in sizes(raster.squared(ones, ones), torch.Tensor.numpy)] == [512**2] * 3


def test_what_does_not_count_may_hold_anything():
    a = np.array([np.nan, 0.5, 1.0])
    o = raster.squared(a, np.array([1.0, 0.5, 7.0]), where=np.array([False, True, False]))
    assert [float(x) for x in sizes(o)] == [0.25, 0.25, 0.25]


def test_rounding_is_cut_off_and_more_is_refused():
    above = np.array([1 + 1.2e-7, -1e-7])
    assert [float(x) for x in sizes(raster.squared(above, above))] == [1, 1, 1]
    with pytest.raises(ValueError, match=r"raster\.squared: 1 counted values of a .*sigmoid"):
        raster.squared(np.array([1.5]), np.array([1.0]))
    with pytest.raises(ValueError, match=r"raster\.squared: axis must be"):
        raster.squared(*SOFT, axis=3)
    with pytest.raises(TypeError, match=r"raster\.squared: b has dtype int64"):
        raster.squared(SOFT[0], np.ones(SOFT[0].shape, np.int64))


@pytest.mark.parametrize("index", [ov.dice, ov.iou])
def test_gradients(index):
    torch = pytest.importorskip("torch")
    a, b = (torch.tensor(x[0], requires_grad=True) for x in SOFT)
    assert torch.autograd.gradcheck(lambda a, b: index(raster.squared(a, b, axis=1)), (a, b))
    assert torch.autograd.gradgradcheck(lambda a, b: index(raster.squared(a, b, axis=1)), (a, b))

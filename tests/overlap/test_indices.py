"""Oracles: scikit-learn for the ratios it has, closed forms for the others."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov

CASES = ov.Overlap(np.array([3, 0, 7]), np.array([4, 2, 7]), np.array([5, 6, 9]))


def test_against_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    p, y = rng.random(500) > 0.6, rng.random(500) > 0.5
    o = ov.raster.measure(p, y)
    expected = {
        "dice": metrics.f1_score(y, p),
        "iou": metrics.jaccard_score(y, p),
        "precision": metrics.precision_score(y, p),
        "recall": metrics.recall_score(y, p),
    }
    for name, value in expected.items():
        assert float(ov.INDICES[name](o)) == pytest.approx(value, rel=1e-15)
    for beta in (0.5, 1.0, 2.0, 3.0):
        assert float(ov.f_beta(o, beta)) == pytest.approx(metrics.fbeta_score(y, p, beta=beta), rel=1e-14)


def test_closed_forms():
    np.testing.assert_allclose(ov.containment(CASES), [3 / 4, 0, 1])
    np.testing.assert_allclose(ov.ochiai(CASES), [3 / np.sqrt(20), 0, 7 / np.sqrt(63)])
    np.testing.assert_allclose(ov.volume_similarity(CASES), [1 - 1 / 9, 1 - 4 / 8, 1 - 2 / 16])


def test_f_beta_of_a_very_great_beta_is_recall():
    o = ov.Overlap(3.0, 4.0, 6.0)
    assert [ov.f_beta(o, beta) for beta in (1e308, 10**200)] == [0.5, 0.5]


def test_every_backend(backend):
    o = ov.Overlap(*(backend.asarray(x) for x in ([3.0, 0.0], [4.0, 0.0], [5.0, 0.0])))
    for name, index in ov.INDICES.items():
        values = backend.to_numpy(index(o, empty=-1.0))
        assert values[0] == pytest.approx(float(index(ov.Overlap(3, 4, 5)))), name
        assert values[1] == -1.0, name


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_one_family(i, more_a, more_b):
    o = ov.Overlap(i, i + more_a, i + more_b)
    jaccard, sorensen = float(ov.iou(o, empty=1.0)), float(ov.dice(o, empty=1.0))
    assert 0 <= jaccard <= sorensen <= 1
    assert sorensen == pytest.approx(2 * jaccard / (1 + jaccard), rel=1e-14)
    assert float(ov.f_beta(o, empty=1.0)) == pytest.approx(sorensen, rel=1e-14)
    for name, index in ov.INDICES.items():
        assert 0 <= float(index(o, empty=0.0)) <= 1 + 1e-15, name


def test_a_set_with_itself_is_exactly_one():
    size = np.nextafter(0.1, 1) * np.arange(1, 1000)
    o = ov.Overlap(size, size, size)
    assert (ov.dice(o) == 1).all()
    assert (ov.iou(o) == 1).all()


def test_nothing_over_nothing():
    empty = ov.Overlap(0, 0, 0)
    for name, index in ov.INDICES.items():
        assert np.isnan(index(empty)), name
        assert index(empty, empty=1.0) == 1.0, name


def test_policy_tells_three_kinds_apart():
    o = ov.Overlap([0, 0, 0, 2], [0, 0, 3, 3], [0, 3, 0, 3])
    policy = ov.EmptyPolicy(both_empty=1.0, prediction_empty=0.25, reference_empty=0.5)
    np.testing.assert_allclose(ov.dice(o, empty=policy), [1, 0.25, 0.5, 2 / 3])
    np.testing.assert_allclose(ov.dice(o, empty=ov.EmptyPolicy(both_empty=1.0)), [1, 0, 0, 2 / 3])
    np.testing.assert_allclose(ov.precision(o, empty=ov.EmptyPolicy(both_empty=1.0)), [1, np.nan, 0, 2 / 3])


def test_large_counts_stay_exact():
    n = 2**53 - 1
    assert float(ov.iou(ov.Overlap(n - 1, n, n - 1))) == (n - 1) / n


def test_gradient_is_finite_at_zero():
    torch = pytest.importorskip("torch")
    for name, index in ov.INDICES.items():
        sizes = [torch.zeros(2, dtype=torch.float64, requires_grad=True) for _ in range(3)]
        index(ov.Overlap(*sizes), empty=0.0).sum().backward()
        assert all(torch.isfinite(x.grad).all() for x in sizes if x.grad is not None), name


@pytest.mark.parametrize("name", [*ov.INDICES, "tversky"])
def test_masks_are_refused_with_the_call_that_was_meant(name):
    mask = np.ones(3, bool)
    meant = (
        f"overlap.raster.{name}(a, b)" if name in ("iou", "dice") else f"overlap.{name}(overlap.raster.measure(a, b))"
    )
    for masks in [(mask,), (mask, mask), (mask, mask, 0.5)]:
        with pytest.raises(TypeError, match=rf"indices.{name}: o is a ndarray, not an Overlap") as error:
            getattr(ov, name)(*masks)
        assert meant in str(error.value)


def test_labelled_masks_are_sent_to_the_labelled_call():
    xr = pytest.importorskip("xarray")
    mask = xr.DataArray(np.ones(3, bool), dims="x")
    with pytest.raises(TypeError, match=r"call overlap.labelled.indices\(overlap.labelled.measure\(a, b\), 'dice'\)"):
        ov.dice(mask, mask)
    assert ov.labelled.indices(ov.labelled.measure(mask, mask), "dice").dice == 1


def test_signatures_are_shown_in_full():
    assert list(inspect.signature(ov.f_beta).parameters) == ["o", "beta", "empty"]
    assert ov.dice(o=CASES)[0] == 6 / 9


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="alpha=-1"):
        ov.tversky(CASES, -1, 1)

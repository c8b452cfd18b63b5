"""Oracles: Kirillov's formula over a dense table of all pairs, and panoptica 2.1.7 on real vertebrae."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import Overlap, matching, raster

instance_maps = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).integers(0, 5, (2, 5, 6)))


def by_the_formula(a, b, threshold):
    """Σ IoU / (TP + FP / 2 + FN / 2) over every pair of labels, from a threshold at which partners are unique."""
    labels_a = [k for k in np.unique(a) if k]
    labels_b = [k for k in np.unique(b) if k]
    total, matched = 0.0, 0
    for i in labels_a:
        for j in labels_b:
            iou = np.sum((a == i) & (b == j)) / np.sum((a == i) | (b == j))
            if iou >= threshold:
                total, matched = total + iou, matched + 1
    missed, spurious = len(labels_b) - matched, len(labels_a) - matched
    whole = matched + missed / 2 + spurious / 2
    return total / whole if whole else np.nan, matched


@given(instance_maps, st.sampled_from([0.51, 0.6, 0.75]))
def test_the_formula_of_the_paper(pair, threshold):
    a, b = pair
    quality = matching.panoptic_quality(a, b, threshold=threshold)
    expected, matched = by_the_formula(a, b, threshold)
    assert quality.pq == pytest.approx(expected, abs=1e-15, nan_ok=True)
    assert quality.overlap.intersection == matched
    if matched:
        assert quality.pq == pytest.approx(quality.sq * quality.rq, abs=1e-15)


def test_the_table_is_that_of_contingency():
    a = np.array([[9, 9, 0, 4], [9, 9, 0, 4], [0, 0, 7, 7]])
    b = np.array([[2, 2, 2, 5], [2, 2, 0, 0], [0, 0, 7, 7]])
    labels_a, labels_b, o = raster.contingency(a, b)
    table = o.intersection / (o.size_a + o.size_b - o.intersection)
    is_lesion = np.ix_(labels_a != 0, labels_b != 0)
    best = np.where(table[is_lesion] >= 0.5, table[is_lesion], 0)
    quality = matching.panoptic_quality(a, b)
    assert quality.total == pytest.approx(best.sum())
    assert (quality.overlap.intersection, quality.overlap.size_a, quality.overlap.size_b) == (3, 3, 3)


def test_at_the_threshold_is_a_match_and_below_it_is_none():
    a, b = np.array([1, 1, 1, 0]), np.array([0, 1, 1, 1])
    assert matching.panoptic_quality(a, b).rq == 1
    assert matching.panoptic_quality(a, b, threshold=np.nextafter(0.5, 1)).rq == 0


def test_one_partner_each_below_one_half():
    a = np.array([1, 1, 1, 2, 2, 2, 0, 0])
    b = np.array([1, 1, 0, 1, 0, 2, 2, 2])
    quality = matching.panoptic_quality(a, b, threshold=0.15)
    assert quality.overlap.intersection == 2
    assert quality.sq == pytest.approx((2 / 4 + 1 / 5) / 2)


def test_another_background_and_masks():
    a = np.array([-1, -1, 0, 0, 3])
    assert matching.panoptic_quality(a, a, background=-1).overlap.size_a == 2
    assert matching.panoptic_quality(a > 0, a > 0).pq == 1


def test_nothing_at_all():
    none = np.zeros((3, 3), int)
    assert np.isnan(matching.panoptic_quality(none, none).pq)
    assert matching.panoptic_quality(none, none, empty=1.0).rq == 1
    one = matching.panoptic_quality(none, none + 1)
    assert (one.pq, one.rq) == (0, 0)
    assert np.isnan(one.sq)


def test_vertebrae_as_panoptica_scores_them(shared_data):
    nibabel = pytest.importorskip("nibabel")
    folder = shared_data / "lesions" / "panoptica_spine" / "unmatched_instance"
    a, b = (np.asarray(nibabel.load(folder / f"{k}.nii.gz").dataobj).astype(int) for k in ("pred", "ref"))
    quality = matching.panoptic_quality(a, b)
    assert (quality.pq, quality.sq, quality.rq) == pytest.approx(
        (0.719252280051296, 0.8328184295330796, 0.8636363636363636), abs=1e-12
    )


def test_the_counts_alone():
    quality = matching.PanopticQuality(1.2, Overlap(2, 3, 4))
    assert (quality.sq, quality.rq, quality.pq) == pytest.approx((0.6, 4 / 7, 2.4 / 7))


def test_refusals():
    a = np.array([0, 1])
    with pytest.raises(ValueError, match="threshold is 0; pass the least IoU"):
        matching.panoptic_quality(a, a, threshold=0)
    with pytest.raises(ValueError, match="shape"):
        matching.panoptic_quality(a, np.array([0, 1, 1]))
    with pytest.raises(TypeError, match="whole numbers"):
        matching.panoptic_quality(a / 2, a)

"""The images whose truth is known: what they show, and how raters draw."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit


@pytest.fixture(scope="module")
def blobs(example):
    return example("blobs")


@pytest.fixture(scope="module")
def images(blobs):
    return blobs.draw_images(6, np.random.default_rng(1))


def best_dice(p):
    """The greatest of the ratios 2 Σ_A p / (|A| + Σ p) over sets of cells."""
    levels = np.unique(p)
    return max(2 * p[p >= level].sum() / (np.count_nonzero(p >= level) + p.sum()) for level in levels)


def test_a_picture_less_its_dark_frame_shows_the_probability(images):
    shown = images.pictures[:, 0] - images.pictures[:, 1]
    np.testing.assert_allclose(expit(shown), images.p, atol=1e-6)


def test_noise_hides_the_probability_without_the_dark_frame(images):
    first = images.pictures[:, 0]
    assert np.abs(expit(first) - images.p).mean() > 0.05
    assert abs(np.corrcoef(images.pictures[:, 1].ravel(), images.p.ravel())[0, 1]) < 0.05


def test_all_blobs_have_one_best_dice(images):
    dice = [best_dice(p) for p in images.p]
    assert np.ptp(dice) < 0.02
    assert 0.55 < np.mean(dice) < 0.58
    assert np.ptp(images.p.sum((1, 2))) > 20, "blobs of one size say nothing"


@pytest.mark.parametrize("kind", ["independent_cells", "whole_border"])
def test_raters_draw_each_cell_as_often_as_it_is_probable(blobs, images, kind):
    rng = np.random.default_rng(2)
    draw = getattr(blobs, kind)
    share = np.mean([draw(images.p, rng) for _ in range(2000)], axis=0)
    np.testing.assert_allclose(share, images.p, atol=0.06)


def test_sets_of_a_whole_border_lie_in_each_other(blobs, images):
    rng = np.random.default_rng(3)
    first = blobs.whole_border(images.p, rng)
    second = blobs.whole_border(images.p, rng)
    both = (first & second).sum((1, 2))
    np.testing.assert_array_equal(both, np.minimum(first.sum((1, 2)), second.sum((1, 2))))
    apart = blobs.independent_cells(images.p, rng)
    assert ((apart & ~first).any((1, 2)) & (first & ~apart).any((1, 2))).any()


def test_targets(blobs, images):
    one, border, three, itself = blobs.TARGETS
    rng = np.random.default_rng(4)
    assert set(np.unique(one.draw(images.p, rng))) == {0, 1}
    assert set(np.unique(border.draw(images.p, rng))) == {0, 1}
    np.testing.assert_allclose(np.unique(three.draw(images.p, rng)), [0, 1 / 3, 2 / 3, 1])
    assert itself.draw(images.p, rng) is images.p

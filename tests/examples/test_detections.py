"""Generated detections: what is drawn, what is seen of it, and how what is kept is compared with the objects."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import boxes


@pytest.fixture(scope="module")
def script(example):
    return example("detections")


@pytest.fixture(scope="module")
def drawn(script):
    return script.draw(30, np.random.default_rng(0))


def test_one_seed_gives_the_same_detections(script, drawn):
    again = script.draw(30, np.random.default_rng(0))
    np.testing.assert_array_equal(again.boxes, drawn.boxes)
    np.testing.assert_array_equal(again.seen, drawn.seen)


def test_objects_lie_in_their_scene(script, drawn):
    assert drawn.objects.min() >= 0
    assert drawn.objects.max() <= script.SIDE
    sides = np.sqrt(script.area(drawn.objects))
    assert script.SMALLEST <= sides.min() < 2 * script.SMALLEST
    assert script.LARGEST / 2 < sides.max() <= script.LARGEST
    assert np.bincount(drawn.scene_of_object).tolist() == [script.OBJECTS] * 30


def test_the_overlap_is_the_greatest_with_an_object_of_the_scene(drawn):
    every = boxes.pairwise(drawn.boxes, drawn.objects)
    is_of_scene = drawn.scene[:, None] == drawn.scene_of_object
    np.testing.assert_allclose(drawn.iou, np.where(is_of_scene, every, 0).max(axis=1), atol=1e-14)


def test_parts_say_less_of_the_fit_than_edges_do_of_it_alone(drawn):
    """What holds the object looks like it, however large the box."""
    found = drawn.iou > 0.3
    by_parts, by_edges = (np.corrcoef(seen[found], drawn.iou[found])[0, 1] for seen in (drawn.parts, drawn.edges))
    assert 0.3 < by_parts < 0.7
    assert 0.3 < by_edges < 0.7
    too_large = found & (drawn.iou < 0.6) & (drawn.parts > 2)
    assert too_large.sum() > 20


def test_some_of_the_clutter_looks_like_the_class(script, drawn):
    far = np.arange(len(drawn.boxes)) >= script.ROUND_EACH * len(drawn.objects)
    assert 0.05 < (drawn.parts[far] > 1).mean() < 0.2
    assert (drawn.iou[far] > 0.5).mean() < 0.05


def test_what_is_kept_is_compared_within_its_scene(script, drawn):
    kept = script.suppressed(drawn, drawn.iou)
    scores = script.pairwise(drawn, kept).toarray()
    np.testing.assert_allclose(scores.max(axis=1), drawn.iou[kept], atol=1e-14)
    # the best proposal of each object outranks the others, or shares its place with another object
    best = np.zeros(len(drawn.objects))
    np.maximum.at(best, np.nonzero(scores)[1], scores[np.nonzero(scores)])
    assert (best > 0.6).mean() > 0.95

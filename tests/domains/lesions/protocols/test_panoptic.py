"""Oracles: panoptica 2.1.7 with ten matchers and brats-evaluation 0.0.10, by benchmarks/peers/; by hand."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import numpy as np
import pytest

from domains.lesions import PROTOCOLS, AnyVoxel, LeastDice, LeastIoU, Panoptic

MATCHERS = {
    "naive iou 0.5": Panoptic(),
    "naive iou 0.1": Panoptic(LeastIoU(0.1)),
    "naive dice 0.5": Panoptic(LeastDice(0.5)),
    "bipartite iou 0.5": Panoptic(method="total"),
    "bipartite iou 0.1": Panoptic(LeastIoU(0.1), "total"),
    "bipartite dice 1e-6": Panoptic(LeastDice(1e-6), "total"),
    "naive iou 0.5 many to one": PROTOCOLS["panoptic_many_to_one"],
    "naive iou 0.1 many to one": Panoptic(LeastIoU(0.1), "many_to_one"),
    "merge iou 0.5": PROTOCOLS["panoptic_merge"],
    "merge iou 0.1": Panoptic(LeastIoU(0.1), "merge"),
}


def asked_of(matcher, asked):
    """Choose cases for a matcher: those that tell four matchers apart, and a sixth of all."""
    first = list(MATCHERS).index(matcher)
    for k, (name, said) in enumerate(asked.items()):
        different = {json.dumps(answer, sort_keys=True) for answer in said.values()}
        if len(different) >= 4 or (k - first) % 6 == 0:
            yield name, said


@pytest.mark.slow
@pytest.mark.parametrize("matcher", MATCHERS)
def test_panoptica(mask_pairs, answers, matcher):
    asked = list(asked_of(matcher, answers("panoptica")))
    assert len(asked) > 12
    for name, said in asked:
        ours = MATCHERS[matcher].score(mask_pairs[name])
        theirs = said[matcher]
        assert (ours.found, ours.missed, ours.spurious) == tuple(theirs[k] for k in ("tp", "fn", "fp")), name
        values = [ours.values[k] for k in ("f1", "sq", "pq", "dice")]
        expected = [float(theirs[k]) for k in ("rq", "sq", "pq", "sq_dsc")]
        assert values == pytest.approx(expected, abs=1e-9, nan_ok=True), name


@pytest.mark.slow
def test_brats_evaluation(mask_pairs, scored, leaderboard):
    """Its distances take the axes of a file in reverse order: they are right where voxels are cubes."""
    assert len(leaderboard) > 50
    for name, theirs in leaderboard.items():
        ours = scored("brats2026", name)
        counts = tuple(theirs[f"all_instance_{k}"] for k in ("tp", "fn", "fp"))
        assert (ours.found, ours.missed, ours.spurious) == counts, name
        assert ours.score == pytest.approx(float(theirs["lesionwise_dsc_mean"]), abs=1e-12, nan_ok=True), name
        if len(set(mask_pairs[name].spacing)) == 1:
            # where nothing is matched its other tables have 373
            distance = min(float(theirs["lesionwise_hd95_mean"]), 373.0)
            assert ours.values["hd95"] == pytest.approx(distance, abs=1e-9, nan_ok=True), name


@pytest.fixture(scope="module")
def leaderboard():
    path = Path(__file__).parents[3] / "data" / "lesions" / "brats_evaluation.json"
    return json.loads(path.read_text())["leaderboard seg"]


def test_the_mean_over_what_was_matched_does_not_see_the_rest(boxes):
    large, small = ((4, 4, 4), (10, 10, 10)), ((30, 40, 10), (2, 2, 2))
    scores = Panoptic(LeastDice(1e-6), "total", worst=373.0, headline="dice").score(boxes([large], [large, small]))
    assert (scores.score, scores.values["hd95"], scores.values["f1"]) == (1, 0, pytest.approx(2 / 3))
    assert scores.notes == ("1 missed and 0 spurious lesions are not in the mean",)
    none = Panoptic(worst=373.0, headline="dice").score(boxes([small], [large]))
    assert none.notes == ("none matched of 1 missed and 1 spurious lesions: Dice 0, HD95 373",)
    assert (none.values["dice"], none.values["hd95"], none.values["sq"]) == (0, 373, 0)
    assert Panoptic().score(boxes([small], [large])).values["hd95"] == inf


@pytest.mark.parametrize("protocol", ["panoptic", "panoptic_merge", "brats2026", "brats2026_met"])
def test_what_is_undefined_is_told(boxes, protocol):
    scores = PROTOCOLS[protocol].score(boxes([], []))
    assert np.isnan(scores.score)
    assert np.isnan(scores.values["hd95"])
    assert scores.notes[-1].endswith(": undefined")


@pytest.mark.parametrize("side", ["healthy", "all missed"])
def test_brats_2026_says_what_no_match_costs(boxes, side):
    lesion = ((4, 4, 4), (6, 6, 6))
    masks = boxes([lesion], []) if side == "healthy" else boxes([], [lesion])
    scores = PROTOCOLS["brats2026"].score(masks)
    assert (scores.score, scores.values["hd95"]) == (0, 373)
    assert scores.notes[-1].endswith("lesions: Dice 0, HD95 373")
    assert "not in the mean" not in " ".join(scores.notes)


def test_hd95_is_that_of_each_matched_pair_in_mm(boxes):
    moved = Panoptic(LeastIoU(0.1)).score(boxes([((4, 4, 4), (6, 6, 6))], [((6, 4, 4), (6, 6, 6))], (0.5, 2.0, 2.0)))
    assert moved.values["hd95"] == moved.lesions["hd95"][0] == 1.0


def test_a_split_lesion_is_told(boxes):
    bar, halves = ((10, 10, 8), (4, 20, 4)), [((10, 10, 8), (4, 8, 4)), ((10, 22, 8), (4, 8, 4))]
    scores = Panoptic().score(boxes(halves, [bar]))
    assert scores.score == 0
    assert scores.notes == ("1 split lesion: a piece needs IoU >= 0.5 and a partner of its own",)
    assert "1 merged lesion" in Panoptic().score(boxes([bar], halves)).notes[0]


def test_pieces_that_are_joined_are_told(boxes):
    """Two pieces of IoU 0.6 and 0.2: the second is no hit by itself, and makes the whole closer."""
    bar, parts = ((10, 10, 8), (4, 20, 4)), [((10, 10, 8), (4, 12, 4)), ((10, 26, 8), (4, 4, 4))]
    scores = PROTOCOLS["panoptic_merge"].score(boxes(parts, [bar]))
    assert (scores.found, scores.missed, scores.spurious, scores.values["sq"]) == (1, 0, 0, 0.8)
    assert scores.notes == ("1 reference lesion scored with several pieces",)
    apart = PROTOCOLS["panoptic_many_to_one"].score(boxes(parts, [bar]))
    assert (apart.found, apart.spurious, apart.values["sq"]) == (1, 1, 0.6)


def test_what_cannot_be_merged_is_refused():
    with pytest.raises(
        ValueError, match="merged by an IoU or a Dice coefficient, and the hit is any voxel: pass Least"
    ):
        Panoptic(AnyVoxel(), "merge")
    with pytest.raises(ValueError, match="method must be one of"):
        Panoptic(method="closest")


def test_in_words():
    assert Panoptic().rule() == "every lesion of both; IoU >= 0.5, one to one; SQ × F1"
    brats = Panoptic(headline="dice", worst=373.0).rule()
    assert brats.endswith("mean over the matched alone; where none is, Dice 0 and HD95 373")
    assert "IoU >= 0.5, many to one;" in Panoptic(method="many_to_one").rule()

"""Oracle: ``brats-parse-metrics mets`` of brats-evaluation 0.0.10, by benchmarks/peers/ask_brats_evaluation.py."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import numpy as np
import pytest

from domains.lesions import PROTOCOLS, LargeLesions
from domains.lesions.protocols import MaskPair

RULE = PROTOCOLS["brats2026_met"]


@pytest.fixture(scope="module")
def board():
    path = Path(__file__).parents[3] / "data" / "lesions" / "brats_evaluation.json"
    return json.loads(path.read_text())["leaderboard mets"]


def counts(theirs, size):
    """Return found, missed and spurious lesions of a size; none where the tool gives no numbers."""
    return [theirs[f"{size}_instance_{name}"] for name in ("tp", "fn", "fp")]


@pytest.mark.slow
def test_brats_evaluation(scored, board):
    """It gives its distances the spacing of a file's axes in reverse order."""
    assert len(board) > 50
    for name, theirs in board.items():
        ours = scored("brats2026_met", name)
        if theirs["large_instance_tp"] != "nan":
            assert [ours.found, ours.missed, ours.spurious] == counts(theirs, "large"), name
        values = [ours.values[key] for key in ("dice", "f1", "f1_small")]
        expected = [theirs[key] for key in ("lesionwise_dsc_mean", "large_instance_f1", "small_instance_f1")]
        assert values == pytest.approx([float(value) for value in expected], abs=1e-9, nan_ok=True), name
        turned = scored("brats2026_met", name, turned=True)
        # single precision of the spacing, as files keep it
        distance = float(theirs["lesionwise_hd95_mean"])
        assert turned.values["hd95"] == pytest.approx(distance, rel=1e-6, nan_ok=True), name


def rods(lengths, spacing=(1.0, 1.0, 1.0)):
    """Return lesions of one voxel's width: for each the length, and from where to where the prediction has it."""
    masks = np.zeros((2, 60, 90, 8), bool)
    for k, (length, first, last) in enumerate(lengths):
        masks[0, 2 + first : 2 + last, 2 + 9 * k, 2] = True
        masks[1, 2 : 2 + length, 2 + 9 * k, 2] = True
    return MaskPair(*masks, spacing)


SAID = {
    # five of 20 voxels and more
    "volumes": ([(n, 0, n) for n in (17, 18, 19, 20, 21, 22, 30, 49)], (5, 0, 0), 1.0, 1.0, 1.0),
    "no large one": ([(5, 0, 5), (0, 0, 9), (7, 0, 0)], (0, 0, 1), nan, nan, 0.5),
    # Dice 0.1 is found
    "a tenth": ([(19, 18, 19)], (0, 0, 0), nan, nan, 1.0),
    "less than a tenth": ([(10, 9, 29), (19, 18, 28)], (0, 0, 0), nan, nan, 0.0),
    # Dice 2/59 counts as missed, and is in the mean all the same
    "a large one, hardly": ([(40, 39, 58), (30, 0, 30)], (1, 1, 0), (1 + 2 / 59) / 2, 2 / 3, nan),
    "false alarms": ([(0, 0, 9), (0, 0, 30)], (0, 0, 2), nan, nan, nan),
}
"""What brats-evaluation says of these masks: large found, missed and spurious; Dice, F1, and F1 of the small."""


@pytest.mark.parametrize("name", SAID)
def test_at_the_limits(name):
    lengths, found, dice, f1, f1_small = SAID[name]
    scores = RULE.score(rods(lengths))
    assert (scores.found, scores.missed, scores.spurious) == found
    values = [scores.values[key] for key in ("dice", "f1", "f1_small")]
    assert values == pytest.approx([dice, f1, f1_small], nan_ok=True)


def test_the_volume_is_in_mm3():
    """Rods of 9 voxels of 2 mm³ are small, of 10 large."""
    scores = RULE.score(rods([(9, 0, 9), (10, 0, 0), (11, 0, 11)], (1.0, 1.0, 2.0)))
    assert (scores.found, scores.missed) == (1, 1)
    assert scores.lesions["is_large"].tolist() == [False, True, True]


def test_a_miss_and_a_false_alarm_cost_a_lesion_each():
    scores = RULE.score(rods([(30, 0, 30), (30, 0, 0), (0, 0, 3), (4, 0, 0)]))
    assert scores.score == pytest.approx(1 / 3)
    assert scores.values["hd95"] == pytest.approx(2 * 373 / 3)
    assert scores.notes == ("1 reference lesion below 20 mm³ not in the mean, 0 found", "1 spurious lesion at Dice 0")


def test_settings_of_ones_own():
    masks = rods([(30, 0, 30), (4, 0, 0)])
    assert LargeLesions(large=4.0).score(masks).score == 0.5
    with pytest.raises(ValueError, match="found"):
        LargeLesions(found=2.0)
    assert "of 20 mm³ or more and the spurious, a miss at Dice 0, HD95 373" in RULE.rule()

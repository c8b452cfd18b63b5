"""Oracles: CC-Metrics 0.0.3, by benchmarks/peers/ask_ccmetrics.py (in single precision, so that its
percentiles lie between distances by up to 4e-6); by hand."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from domains.lesions import CellWise
from domains.lesions.protocols import MaskPair


@pytest.mark.slow
def test_cc_metrics(mask_pairs, answers):
    asked = answers("ccmetrics")
    assert len(asked) > 50
    for name, theirs in asked.items():
        ours = CellWise(worst=30.0).score(mask_pairs[name])
        for value, single in (("dice", 2e-7), ("hd95", 5e-6)):
            assert ours.values[value] == pytest.approx(theirs[value]["mean"], abs=single), name
            if len(ours.lesions):
                assert ours.lesions[value].tolist() == pytest.approx(theirs[value]["cells"], abs=single), name


def row(*places):
    mask = np.zeros((1, 20), bool)
    mask[0, list(places)] = True
    return mask


def test_what_lies_nearest_is_scored_together():
    """Lesions at 2 and 17; 8 is nearer to the first: Dice 2/3 and 1."""
    scores = CellWise().score(MaskPair(row(2, 8, 17), row(2, 17), (1.0, 1.0)))
    assert scores.lesions["dice"].tolist() == pytest.approx([2 / 3, 1])
    assert (scores.found, scores.missed, scores.spurious) == (2, 0, 0)
    assert scores.notes == ("1 spurious lesion scored with the nearest reference lesion",)


def test_distances_are_in_voxels_unless_mm_are_asked_for():
    masks = MaskPair(row(4), row(2), (1.0, 0.7))
    assert CellWise().score(masks).values["hd95"] == 2
    assert CellWise(distances="mm").score(masks).values["hd95"] == pytest.approx(1.4)


def test_an_empty_cell_is_worst():
    scores = CellWise().score(MaskPair(row(2), row(2, 17), (1.0, 1.0)))
    assert scores.lesions["hd95"].tolist() == [0, inf]
    assert scores.values["dice"] == 0.5


def test_without_a_reference_lesion():
    nothing = CellWise(worst=30.0).score(MaskPair(row(), row(), (1.0, 1.0)))
    assert nothing.values == {"dice": 1.0, "hd95": 0.0}
    made_up = CellWise(worst=30.0).score(MaskPair(row(3), row(), (1.0, 1.0)))
    assert (made_up.values, made_up.spurious) == ({"dice": 0.0, "hd95": 30.0}, 1)


def test_refusals():
    with pytest.raises(ValueError, match="distances"):
        CellWise(distances="cm")

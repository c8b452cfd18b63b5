"""What protocols share: distances of two masks, means, words."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pandas as pd

from domains.lesions.protocols import ProtocolScores
from domains.lesions.protocols.scored import counted, hd95, mean_or


def test_a_missing_mask_is_infinitely_far():
    mask = np.zeros((4, 4), bool)
    one = mask.copy()
    one[1, 1] = True
    assert hd95(one, mask, (1.0, 1.0), "deepmind") == hd95(mask, one, (1.0, 1.0), "medpy") == inf
    assert hd95(one, one, (1.0, 1.0), "monai") == 0


def test_a_mean_of_nothing_is_what_the_protocol_says():
    assert mean_or(np.array([1.0, 2.0]), 7.0) == 1.5
    assert mean_or(np.zeros(0), 7.0) == 7
    assert isnan(mean_or(np.zeros(0), nan))


def test_the_score_is_the_one_that_is_ranked_by():
    scores = ProtocolScores("pq", {"pq": 0.5, "f1": 0.7}, 1, 0, 1, pd.DataFrame())
    assert scores.score == 0.5


def test_words():
    assert counted(1, "spurious lesion") == "1 spurious lesion"
    assert counted(3, "lesion", "missed") == "3 lesions missed"

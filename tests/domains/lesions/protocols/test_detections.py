"""Cases worked by hand; picai_eval is asked in `test_peers`."""

from __future__ import annotations

import numpy as np
import pytest

from domains.lesions import AnyDetection, AnyVoxel, CentreWithin, LeastIoU, MatchedDetections
from domains.lesions.protocols import MaskPair
from domains.lesions.protocols.detections import confidences


def line(parts, n=30):
    """A row of values: (first, length, value)."""
    values = np.zeros((1, n))
    for first, length, value in parts:
        values[0, first : first + length] = value
    return values


def pair(predicted, reference):
    values = line(predicted)
    return MaskPair(values > 0, line(reference) > 0, (1.0, 1.0), values)


def of_kind(table, kind):
    return table.loc[table["kind"] == kind, "confidence"].tolist()


def test_an_iou_of_a_tenth_is_enough():
    masks = pair([(5, 1, 0.5), (20, 3, 0.4)], [(5, 10, 1)])
    table = MatchedDetections().table(masks)
    assert table["kind"].tolist() == ["found", "spurious"]
    assert table["iou"].tolist() == [0.1, 0]
    assert MatchedDetections(LeastIoU(0.11)).table(masks)["kind"].tolist() == ["missed", "spurious", "spurious"]


def test_another_candidate_on_a_lesion_is_ignored():
    masks = pair([(2, 3, 0.9), (7, 5, 0.4)], [(2, 10, 1)])
    table = MatchedDetections().table(masks)
    # the better placed one is matched, however sure the other
    assert (of_kind(table, "found"), of_kind(table, "ignored")) == ([0.4], [0.9])
    surest = AnyDetection(AnyVoxel()).table(masks)
    assert (of_kind(surest, "found"), of_kind(surest, "ignored")) == ([0.9], [0.4])


def test_a_candidate_on_two_lesions():
    masks = pair([(2, 10, 0.9)], [(2, 4, 1), (7, 5, 1)])
    assert MatchedDetections().table(masks)["kind"].tolist() == ["found", "missed"]
    both = AnyDetection(AnyVoxel()).table(masks)
    assert both["kind"].tolist() == ["found", "found"]
    assert both["candidate"].tolist() == [1, 1]


def test_centres_within_the_radius():
    """A lesion of 9 mm² has the radius 1.69 mm, and its centre at 6."""
    reference = [(2, 9, 1)]
    hit, near = pair([(7, 1, 0.8)], reference), pair([(8, 1, 0.8)], reference)
    assert AnyDetection().table(hit)["kind"].tolist() == ["found"]
    assert AnyDetection().table(near)["kind"].tolist() == ["missed", "spurious"]
    assert AnyDetection(CentreWithin(2.0)).table(near)["kind"].tolist() == ["found"]


def test_a_candidate_is_as_sure_as_its_surest_voxel():
    masks = pair([(2, 2, 0.3), (4, 1, 0.7), (9, 1, 0.2)], [])
    assert confidences(masks).tolist() == [0.7, 0.2]
    hard = MaskPair(masks.predicted, masks.reference, masks.spacing)
    assert confidences(hard).tolist() == [1, 1]


def test_scores_of_a_scan():
    masks = pair([(2, 4, 0.9), (20, 3, 0.95)], [(2, 4, 1), (10, 3, 1)])
    scores = MatchedDetections().score(masks)
    assert (scores.found, scores.missed, scores.spurious, scores.values["ap"]) == (1, 1, 1, 0.25)
    assert scores.values["f1"] == 0.5
    # (0, 0), (1, 0), (1, 1/2): nothing below one false positive
    assert AnyDetection().score(masks).values["cpm"] == pytest.approx(4 * 0.5 / 7)
    healthy = MatchedDetections().score(pair([], []))
    assert np.isnan(healthy.score)
    assert healthy.notes == ("no reference lesion: undefined",)

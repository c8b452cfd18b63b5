"""The table of the reference page, every cell under its preset."""

from __future__ import annotations

import pytest

from domains.lesions import PROTOCOLS

A, B, C = ((5, 5, 5), (10, 10, 10)), ((30, 50, 10), (2, 2, 2)), ((5, 50, 10), (2, 2, 2))
ONE = ((20, 10, 8), (4, 20, 4))
TWO = [((20, 10, 8), (4, 8, 4)), ((20, 22, 8), (4, 8, 4))]

TABLE = {
    "L1": ([A], [A, B], {"panoptic": 0.6667, "brats2023_gli": 1.0, "brats2023_met": 0.5, "cc": 0.5, "brats2026": 1.0}),
    "L2": ([A, C], [A], {"panoptic": 0.6667, "brats2023_gli": 0.5, "brats2023_met": 0.5, "cc": 0.99602}),
    "L3": (TWO, [ONE], {"panoptic": 0, "brats2023_gli": 0.88889, "brats2023_met": 0.88889, "cc": 0.88889}),
    "L4": ([ONE], TWO, {"panoptic": 0, "brats2023_gli": 0.88889, "brats2023_met": 0.57143, "cc": 0.88889}),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_lesion_table(boxes, case):
    predicted, reference, expected = TABLE[case]
    masks = boxes(predicted, reference)
    scores = {name: PROTOCOLS[name].score(masks).score for name in expected}
    assert scores == pytest.approx(expected, abs=5e-5)
    assert PROTOCOLS["panoptic"].score(masks).values["f1"] == pytest.approx(expected["panoptic"], abs=5e-5)


def test_empty_masks(boxes):
    """The last row of the reference page's table of empty masks."""
    nothing = boxes([], [])
    assert PROTOCOLS["brats2023_gli"].score(nothing).score == PROTOCOLS["cc"].score(nothing).score == 1
    assert str(PROTOCOLS["panoptic"].score(nothing).score) == "nan"
    for predicted, reference in (([A], []), ([], [A])):
        for name in ("brats2023_gli", "cc", "panoptic", "brats2026"):
            assert PROTOCOLS[name].score(boxes(predicted, reference)).score == 0, name


def test_every_challenge_of_brats_2023_has_its_preset(answers):
    """Those that the script of BraTS 2023 was asked about."""
    challenges = answers("brats2023")["empty_3d_both"]
    of_2023 = {name for name in PROTOCOLS if name.startswith("brats2023")}
    assert of_2023 == {f"brats2023_{challenge.lower()}" for challenge in challenges}


def test_each_has_a_rule_in_words_and_cannot_be_changed():
    assert all(protocol.rule() for protocol in PROTOCOLS.values())
    with pytest.raises(TypeError):
        PROTOCOLS["mine"] = PROTOCOLS["cc"]

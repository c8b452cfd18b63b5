"""Oracle: the script of BraTS 2023 (commit 0c603fcc), by benchmarks/peers/ask_brats2023.py; figures worked by hand."""

from __future__ import annotations

import pytest

from domains.lesions import PROTOCOLS, LesionWise

LARGE = ((4, 4, 4), (10, 10, 10))
SMALL = ((30, 40, 10), (2, 2, 2))


CHALLENGES = ("gli", "ssa", "ped", "men", "met")


@pytest.mark.slow
@pytest.mark.parametrize("challenge", CHALLENGES)
def test_the_script_of_2023(mask_pairs, answers, challenge):
    """Each case is asked of one or two challenges: those of adults, of Africa and of children have one rule."""
    first = CHALLENGES.index(challenge)
    asked = [case for k, case in enumerate(answers("brats2023").items()) if (k - first) % 4 == 0]
    assert len(asked) >= 15
    for name, said in asked:
        theirs = said[challenge.upper()]
        ours = PROTOCOLS[f"brats2023_{challenge}"].score(mask_pairs[name])
        assert ours.values["dice"] == pytest.approx(theirs["Lesion_Wise_Score_Dice"], abs=1e-6), name
        assert ours.values["hd95"] == pytest.approx(theirs["Lesion_Wise_Score_HD95"], abs=1e-6), name
        counts = tuple(theirs[k] for k in ("Num_TP", "Num_FN", "Num_FP"))
        assert (ours.found, ours.missed, ours.spurious) == counts, name


def test_to_miss_8_voxels_costs_nothing_and_to_add_them_costs_a_lesion(boxes):
    missed = LesionWise().score(boxes([LARGE], [LARGE, SMALL]))
    assert (missed.score, missed.values["hd95"], missed.missed) == (1, 0, 0)
    assert missed.notes == ("1 reference lesion of 50 mm³ or less left out",)
    added = LesionWise().score(boxes([LARGE, SMALL], [LARGE]))
    assert (added.score, added.values["hd95"], added.spurious) == (0.5, 187, 1)
    assert added.notes == ("1 spurious lesion at Dice 0",)


def test_the_least_volume_is_in_mm3_and_is_left_out_itself(boxes):
    """8 voxels of 6.25 mm³ are 50 mm³."""
    masks = boxes([LARGE], [LARGE, SMALL], spacing=(2.5, 2.5, 1.0))
    assert LesionWise(least_volume=50.0).score(masks).missed == 0
    assert LesionWise(least_volume=49.9).score(masks).missed == 1


def test_what_touches_the_grown_lesion_belongs_to_it(boxes):
    """A predicted cube 2 voxels beside the lesion shares none of its voxels: Dice 0, but it is found."""
    reference = ((10, 10, 5), (6, 6, 6))
    beside = boxes([((18, 10, 5), (6, 6, 6))], [reference])
    scores = LesionWise(dilation=3).score(beside)
    assert (scores.found, scores.spurious, scores.values["dice"]) == (1, 0, 0)
    assert scores.values["hd95"] < 374
    apart = LesionWise(dilation=2).score(beside)
    assert (apart.found, apart.missed, apart.spurious, apart.values["hd95"]) == (0, 1, 1, 374)


def test_the_table_has_every_reference_lesion(boxes):
    table = LesionWise(dilation=1, least_volume=2.0).score(boxes([LARGE], [LARGE, SMALL])).lesions
    assert table[["volume", "predicted", "dice", "hd95", "counted"]].to_numpy().tolist() == [
        [1000, 1, 1, 0, True],
        [8, 0, 0, 374, True],
    ]


def test_in_words():
    assert "grown by 3 voxels" in LesionWise().rule()
    assert "above 2 mm³" in PROTOCOLS["brats2023_met"].rule()


@pytest.mark.parametrize(
    "wrong", [{"dilation": -1}, {"dilation": 1.5}, {"least_volume": -1}, {"penalty": float("nan")}]
)
def test_refusals(wrong):
    with pytest.raises(ValueError, match=f"lesions.score_lesions: {next(iter(wrong))} must be"):
        LesionWise(**wrong)

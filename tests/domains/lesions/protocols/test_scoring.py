"""Images in, scores out; every remedy in a message is followed."""

from __future__ import annotations

import numpy as np
import pytest

from domains.lesions import PROTOCOLS, LesionWise, Panoptic, as_image, compare_protocols, detect, score_lesions


def image(values):
    return as_image(np.asarray(values), 1.0)


def two_lesions():
    mask = np.zeros((2, 30, 30, 12), bool)
    mask[:, 3:11, 3:11, 3:11] = True
    mask[1, 20:22, 20:22, 4:6] = True
    return [image(x) for x in mask]


def test_all_protocols_on_one_case():
    table = compare_protocols(*two_lesions())
    assert table["protocol"].tolist() == list(PROTOCOLS)
    by_name = table.set_index("protocol")
    assert by_name["value"].round(4).to_dict() == {
        "brats2023_gli": 1.0,
        "brats2023_ssa": 1.0,
        "brats2023_ped": 1.0,
        "brats2023_men": 1.0,
        "brats2023_met": 0.5,
        "brats2026": 1.0,
        "brats2026_met": 1.0,
        "cc": 0.5,
        "panoptic": 0.6667,
        "panoptic_many_to_one": 0.6667,
        "panoptic_merge": 0.6667,
        "picai": 0.5,
        "froc": 0.5,
    }
    assert by_name.loc["brats2023_met", "missed"] == 1
    assert by_name.loc["brats2023_gli", "why"] == "1 reference lesion of 50 mm³ or less left out"
    assert by_name.loc["brats2026", "why"] == "1 missed and 0 spurious lesions are not in the mean"
    assert (table["rule"] != "").all()


def test_label_by_label_and_only_the_protocols_asked_for():
    a, b = two_lesions()
    labels_a, labels_b = a.astype(int), b.astype(int) * 2 - a.astype(int)
    table = compare_protocols(labels_a, labels_b, protocols=["panoptic", "cc"])
    assert table[["label", "protocol"]].to_numpy().tolist() == [
        [1, "panoptic"],
        [1, "cc"],
        [2, "panoptic"],
        [2, "cc"],
    ]
    assert table["value"].tolist() == [1, 1, 0, 0]
    whole = compare_protocols(labels_a, labels_b, protocols=["cc"], labels={"whole": (1, 2)})
    assert whole[["label", "value"]].to_numpy().tolist() == [["whole", 0.5]]


def test_what_does_not_count():
    a, b = two_lesions()
    where = b.copy(data=np.ones(b.shape, bool))
    where[20:] = False
    assert compare_protocols(a, b, where=where, protocols=["brats2023_met"])["value"].tolist() == [1]


def test_other_settings_than_a_preset():
    a, b = two_lesions()
    assert score_lesions(a, b, LesionWise(least_volume=7.0)).score == 0.5
    assert score_lesions(a, b).score == score_lesions(a, b, Panoptic()).score


def test_soft_masks_are_cut_at_the_level():
    a, b = two_lesions()
    soft = b.astype(float) * 0.4 + a.astype(float) * 0.5
    assert score_lesions(soft, b, "panoptic").score == pytest.approx(2 / 3)
    assert score_lesions(soft, b, "panoptic", level=0.4).score == 1


def test_a_probability_map_is_cut_into_candidates_when_asked():
    soft = image(np.array([[0.9, 0.8, 0, 0, 0.6, 0.2]] * 2))
    lesion = image(np.array([[1, 1, 0, 0, 0, 0]] * 2) > 0)
    with pytest.raises(ValueError, match="2 connected parts and 4 values.*pass level=0.5"):
        detect(soft, lesion)
    table = detect(soft, lesion, level=0.5)
    assert table[["kind", "confidence"]].to_numpy().tolist() == [["found", 0.9], ["spurious", 0.6]]


def test_a_detection_map_needs_no_level():
    found = image(np.array([[0.1, 0.1, 0, 0, 0.3]] * 2))
    lesion = image(np.array([[1, 1, 0, 0, 0]] * 2) > 0)
    assert detect(found, lesion)["confidence"].tolist() == [0.1, 0.3]
    assert detect(found > 0, lesion, "froc")["kind"].tolist() == ["found", "spurious"]


def test_refusals():
    a, b = two_lesions()
    with pytest.raises(ValueError, match="protocol .*brats2023_gli"):
        score_lesions(a, b, "brats2021")
    with pytest.raises(ValueError, match="brats2023_gli"):
        compare_protocols(a, b, protocols=["brats"])
    with pytest.raises(TypeError, match="a label map: pass one label"):
        score_lesions(a.astype(int), b)
    with pytest.raises(ValueError, match="different grids"):
        score_lesions(a, b.assign_coords(x=b.x + 1))
    with pytest.raises(ValueError, match="level must be"):
        compare_protocols(a, b, level=50)
    with pytest.raises(ValueError, match='scored by "picai" or "froc"; score_lesions takes the others'):
        detect(a, b, "cc")
    with pytest.raises(ValueError, match="a value of -0.5: a detection map holds the confidence"):
        detect(image(np.array([[0.0, -0.5]] * 2)), image(np.zeros((2, 2), bool)))

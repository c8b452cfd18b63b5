"""Scores are those of the released tools: picai_eval, MONAI's FROC, brats-evaluation; see tests/data/lesions.

picai_eval publishes AP 5/18 and AUROC 3/4 of its ten test maps; those named published have their IoU and confidences.
"""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from domains.lesions import CentreInside, LeastDice, LeastIoU, as_image
from domains.lesions.protocols import (
    AnyDetection,
    MatchedDetections,
    detect,
    detection_scores,
    froc_curve,
)

CAMELYON = (1 / 4, 1 / 2, 1, 2, 4, 8)
TEN = [f"scan_{k}" for k in range(10)]
SETTINGS = {
    "iou 0.1": MatchedDetections(),
    "iou 0.25": MatchedDetections(LeastIoU(0.25)),
    "iou 0.5": MatchedDetections(LeastIoU(0.5)),
    "dice 0.2": MatchedDetections(LeastDice(0.2)),
}


class Scan(NamedTuple):
    confidence: np.ndarray
    lesions: np.ndarray


@pytest.fixture(scope="module")
def scans(test_data):
    with np.load(test_data / "lesions" / "detections.npz") as stored:
        names = sorted({key.split("/")[0] for key in stored.files})
        return {name: Scan(stored[f"{name}/prediction"], stored[f"{name}/reference"]) for name in names}


@pytest.fixture(scope="module")
def picai(test_data):
    return json.loads((test_data / "lesions" / "picai_eval.json").read_text(encoding="utf-8"))


def tables(scans, rule):
    return {name: detect(as_image(x.confidence, 1.0), as_image(x.lesions, 1.0), rule) for name, x in scans.items()}


@pytest.fixture(scope="module")
def detected(scans):
    """A function that returns the tables of all scans by a setting."""
    return cache(lambda setting: tables(scans, SETTINGS[setting]))


def cohort(scans, name):
    if name == "ten scans":
        return {key: scans[key] for key in TEN}
    prefix = {"all scans": "scan", "published": "published"}[name]
    return {key: scan for key, scan in scans.items() if key.startswith(prefix)}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", ["ten scans", "all scans", "published"])
def test_cohort_is_picai_eval(detected, picai, name, setting):
    expected = picai[name][setting]
    scores = detection_scores(cohort(detected(setting), name))
    ours = {"AP": scores["ap"], "auroc": scores["auroc"], "score": scores["picai"], "num_lesions": scores["lesions"]}
    assert ours == pytest.approx({key: expected[key] for key in ours}, abs=1e-12)


@pytest.mark.parametrize("setting", SETTINGS)
def test_curve_is_picai_eval(detected, picai, setting):
    """It leaves out the point of no candidates, and has one beyond all of them; its rates are in single precision."""
    expected = picai["ten scans"][setting]
    curve = froc_curve(cohort(detected(setting), "ten scans"))[1:]
    assert curve["confidence"].to_numpy() == pytest.approx(expected["thresholds"][:-1], abs=1e-7)
    assert curve["sensitivity"].to_numpy() == pytest.approx(expected["lesion_TPR"][:-1], abs=1e-7)
    assert curve["false_positives"].to_numpy() == pytest.approx(expected["lesion_FPR"][:-1], abs=1e-7)


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_scan_is_picai_eval(detected, picai, setting):
    """Its overlap has 1e-8 added to both parts of the ratio, and is 0 for what did not match."""
    for name, table in detected(setting).items():
        counted = table[table["kind"] != "ignored"]
        is_lesion = (counted["kind"] != "spurious").to_numpy(float)
        confidence = counted["confidence"].fillna(0.0).to_numpy()
        ours = sorted(zip(is_lesion, confidence, strict=True), reverse=True)
        theirs = [result[:2] for result in picai["scans"][name][setting]["results"]]
        assert np.ravel(ours) == pytest.approx(np.ravel(theirs), abs=1e-7), name


def test_published_values(scans):
    scores = detection_scores(tables(cohort(scans, "published"), "picai"))
    assert scores["ap"] == pytest.approx(5 / 18)
    assert scores["auroc"] == 3 / 4
    assert (scores["found"], scores["spurious"], scores["lesions"]) == (5, 4, 10)


@pytest.mark.parametrize("name", ["ten scans", "all scans"])
def test_froc_is_monai(scans, test_data, name):
    """It takes points: the rounded centres of the candidates."""
    expected = json.loads((test_data / "lesions" / "monai.json").read_text(encoding="utf-8"))["froc"][name]
    cases = tables(cohort(scans, name), AnyDetection(CentreInside()))
    assert detection_scores(cases)["cpm"] == pytest.approx(expected["score 1/8 to 8"], abs=1e-12)
    assert detection_scores(cases, CAMELYON)["cpm"] == pytest.approx(expected["score 1/4 to 8"], abs=1e-12)


def test_whole_numbers_are_confidences_if_that_is_said(scans):
    """The remedies: a map of confidences 1 and 2 stored in whole numbers, and one label of it."""
    confidence, lesions = scans["published_5"]
    stored = as_image(confidence.astype(np.uint8), 1.0)
    reference = as_image(lesions, 1.0)
    with pytest.raises(TypeError, match=r"pass predicted\.astype\(float\) if they are confidences, predicted == 1 to"):
        detect(stored, reference)
    assert detect(stored.astype(float), reference)["confidence"].tolist() == [1.0, 2.0]
    assert detect(stored == 1, reference)["kind"].tolist() == ["found"]


@pytest.mark.slow
def test_brats_2026_is_brats_evaluation(scored, answers):
    """It gives its distances the spacing of a file's axes in reverse order; a missed case is inf, later 373."""
    asked = answers("brats_evaluation")
    assert len(asked) > 50
    for name, theirs in asked.items():
        ours = scored("brats2026", name)
        assert [ours.found, ours.missed, ours.spurious] == [theirs[k] for k in ("tp", "fn", "fp")], name
        values = [ours.values["dice"], ours.values["f1"]]
        assert values == pytest.approx([float(theirs[k]) for k in ("sq_dsc", "rq")], abs=1e-9, nan_ok=True), name
        expected = 373.0 if theirs["sq_hd95"] == "inf" else float(theirs["sq_hd95"])
        # single precision of the spacing, as files keep it
        distance = scored("brats2026", name, turned=True).values["hd95"]
        assert distance == pytest.approx(expected, rel=1e-6, nan_ok=True), name

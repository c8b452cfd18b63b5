from __future__ import annotations

import json

import numpy as np
import pytest

from domains._batch import Outcome
from domains.lesions import as_image, write_image
from domains.lesions.cohorts.calibration_scores import (
    BINS,
    COLUMNS,
    BinSettings,
    calibrate_case,
    calibration_table,
    pooled_by_label,
)
from domains.lesions.cohorts.cohorts import Pair, Rules
from domains.lesions.cohorts.folders import Listed
from domains.lesions.cohorts.sources import Reading

SETTINGS = BinSettings(n_bins=4)


def pair_of(folder, probability, truth, *, labels=None, ignored=None, settings=SETTINGS):
    paths = {}
    for side, values in {"p": probability, "r": truth}.items():
        paths[side] = folder / f"{side}.nii.gz"
        write_image(as_image(values, 1.0), paths[side])
    reading = Reading(as_="soft", reference_as="labels")
    return Pair(Listed("a", paths["p"], paths["r"]), Rules(settings, labels, reading, ignored=ignored))


@pytest.fixture
def maps():
    """Four voxels of each of two chances, in a corner of an image of nothing."""
    probability = np.zeros((6, 6, 6))
    probability[:2, :2, 0] = 0.2
    probability[:2, :2, 1] = 0.9
    truth = np.zeros((6, 6, 6), np.uint8)
    truth[:2, :2, 1] = 1
    truth[0, 0, 0] = 2
    return probability, truth


def test_a_case_is_a_few_numbers_for_each_bin(tmp_path, maps):
    (row,) = calibrate_case(pair_of(tmp_path, *maps, labels=[1]))
    assert json.loads(json.dumps(row))["voxels"] == 216
    # 4 · 0.2² + 4 · 0.1² over 216 voxels; gaps of 0.8 and of 0.4
    assert row["brier"] == pytest.approx((4 * 0.04 + 4 * 0.01) / 216, abs=1e-7)
    assert row["ece"] == pytest.approx((4 * 0.2 + 4 * 0.1) / 216, abs=1e-7)
    assert row[BINS]["count"] == [212, 0, 0, 4]


def test_a_box_around_the_lesion_would_be_another_number(tmp_path, maps):
    """All voxels of the image count, not those of the box that distances are measured in."""
    (row,) = calibrate_case(pair_of(tmp_path, *maps, labels={"whole": (1, 2)}))
    assert sum(row[BINS]["count"]) == 216


def test_what_does_not_count_is_in_no_bin(tmp_path, maps):
    (row,) = calibrate_case(pair_of(tmp_path, *maps, labels=[1], ignored=2))
    assert row["voxels"] == 215
    (row,) = calibrate_case(pair_of(tmp_path, *maps, labels=[1], settings=BinSettings(n_bins=4, above=0.0)))
    assert row["voxels"] == 8


def test_cases_are_pooled_by_label_in_the_order_of_their_names(tmp_path, maps):
    one = calibrate_case(pair_of(tmp_path, *maps, labels=[1]))
    two = calibrate_case(pair_of(tmp_path, 1 - maps[0], maps[1], labels=[1]))
    outcomes = [Outcome("b", two), Outcome("a", one), Outcome("c", error="cut off")]
    pooled = pooled_by_label(outcomes, SETTINGS)
    assert pooled.identical(pooled_by_label(outcomes[::-1], SETTINGS))
    brier = (one[0]["brier"] + two[0]["brier"]) / 2
    assert float(pooled["brier"].sel(label="1")) == pytest.approx(brier)
    assert int(pooled["n_cases"].sel(label="1")) == 2
    table = calibration_table(outcomes)
    assert table.columns.tolist() == COLUMNS
    assert table["case"].tolist() == ["a", "b", "c"]
    assert len(pooled_by_label([Outcome("c", error="cut off")], SETTINGS)) == 0

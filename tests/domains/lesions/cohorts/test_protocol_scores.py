from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from domains._batch import Outcome
from domains.lesions import PROTOCOLS, as_image, write_image
from domains.lesions.cohorts.cohorts import Pair, Rules
from domains.lesions.cohorts.folders import Listed
from domains.lesions.cohorts.protocol_scores import (
    COLUMNS,
    DETECTIONS,
    ProtocolSettings,
    detection_table,
    is_of_cohorts,
    protocol_table,
    score_by_protocols,
)
from domains.lesions.cohorts.sources import Reading


def row(label, value, protocol="cc", sizes=(1.0, 1.0)):
    return {"label": label, "protocol": protocol, "value": value, "missing": 0, "size_a": sizes[0], "size_b": sizes[1]}


def outcome(case, *rows):
    return Outcome(case, list(rows))


@pytest.fixture
def pair(tmp_path):
    """A found lesion of 8 mm³, a spurious one, one that is missed; confidences 0.9 and 0.6."""
    images = {"p": np.zeros((12, 8, 8)), "r": np.zeros((12, 8, 8))}
    images["p"][1:3, 1:3, 1:3] = 0.9
    images["p"][8:10, 1:3, 1:3] = 0.6
    images["r"][1:3, 1:3, 1:3] = 1
    images["r"][6:9, 5:8, 5:8] = 1
    paths = {}
    for side, values in images.items():
        paths[side] = tmp_path / f"{side}.nii.gz"
        write_image(as_image(values if side == "p" else values.astype(np.uint8), 1.0), paths[side])
    rules = Rules(ProtocolSettings(tuple(PROTOCOLS)), reading=Reading(as_="soft", reference_as="labels"))
    return Pair(Listed("a", paths["p"], paths["r"]), rules)


def test_a_case_is_plain_data_and_sparse(pair):
    rows = score_by_protocols(pair)
    assert json.loads(json.dumps(rows, allow_nan=True))[0]["protocol"] == "brats2023_gli"
    assert [found["protocol"] for found in rows] == list(PROTOCOLS)
    assert {(found["size_a"], found["size_b"]) for found in rows} == {(16.0, 35.0)}
    kept = {found["protocol"]: found["candidates"] for found in rows if "candidates" in found}
    assert set(kept) == {name for name in PROTOCOLS if is_of_cohorts(name)} == {"picai", "froc"}
    assert kept["picai"]["kind"] == ["found", "missed", "spurious"]
    assert kept["picai"]["confidence"] == [pytest.approx(0.9), None, pytest.approx(0.6)]
    assert kept["picai"]["volume"] == [8.0, 27.0, None]


def test_what_is_below_the_level_is_no_lesion(pair):
    rules = replace(pair.rules, settings=ProtocolSettings(("cc",), level=0.7))
    (found,) = score_by_protocols(replace(pair, rules=rules))
    assert (found["size_a"], found["size_b"]) == (8.0, 35.0)


def test_candidates_come_back_as_they_were(pair):
    found = detection_table([outcome("a", *score_by_protocols(pair))])
    assert found.columns.tolist() == DETECTIONS
    picai = found[found["protocol"] == "picai"]
    assert picai["confidence"].isna().tolist() == [False, True, False]
    assert picai["lesion"].tolist()[:2] == [1, 2]
    assert found["lesion"].dtype == "Int64"
    assert detection_table([]).columns.tolist() == DETECTIONS


def test_every_label_is_scored_in_every_case():
    table = protocol_table([outcome("b", row("2", 0.5)), outcome("a", row("1", 0.7))], ["cc"])
    assert table[["case", "label", "value"]].values.tolist() == [
        ["a", "1", 0.7],
        ["a", "2", 1.0],
        ["b", "1", 1.0],
        ["b", "2", 0.5],
    ]
    assert table.columns.tolist() == COLUMNS


def test_two_empty_maps_bring_no_label_of_their_own():
    healthy = outcome("a", row("1", 1.0, sizes=(0.0, 0.0)))
    assert protocol_table([healthy, outcome("b", row("3", 0.5))], ["cc"])["label"].unique().tolist() == ["3"]
    assert protocol_table([healthy], ["cc"])["label"].tolist() == ["1"], "the only one"
    asked = protocol_table([healthy, outcome("b", row("3", 0.5))], ["cc"], [1, 3])
    assert asked["label"].unique().tolist() == ["1", "3"]


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_a_label_that_a_case_lacks_has_the_score_of_nothing(name):
    nothing = as_image(np.zeros((4, 5, 6), bool), (1.0, 2.0, 3.0))
    from domains.lesions import score_lesions

    wanted = score_lesions(nothing, nothing, name).score
    table = protocol_table([outcome("a", row("1", 0.5, name)), outcome("b", row("2", 0.5, name))], [name])
    got = table.loc[(table["case"] == "a") & (table["label"] == "2"), "value"].item()
    np.testing.assert_equal(got, wanted)


def test_failures_are_rows():
    missing = Outcome("a", error="no prediction", details={"reason": "unpaired file"})
    table = protocol_table([missing, Outcome("b", error="cut off"), outcome("c", row("1", 0.5))], ["cc"])
    assert table["missing"].tolist() == [1, 0, 0]
    assert table["error"].tolist() == ["no prediction", "cut off", ""]
    pd.testing.assert_frame_equal(protocol_table([], ["cc"]), table[:0], check_dtype=False)

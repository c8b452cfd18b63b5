from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from domains.lesions.cohorts.protocol_summaries import summarise_protocol
from domains.lesions.cohorts.summaries import Bootstrap

BOOTSTRAP = Bootstrap(0.9, 500, 0)


def cases(protocol, score, **values):
    return pd.DataFrame({"case": list("abcd"), "protocol": protocol, "score": score, **values})


def test_a_miss_without_a_penalty_makes_the_mean_infinite_and_not_the_median():
    table = cases("cc", "dice", dice=[0.5, 1.0, 0.0, nan], hd95=[1.0, 2.0, inf, nan])
    rows = {(row["index"], row["statistic"]): row for row in summarise_protocol(table, pd.DataFrame(), BOOTSTRAP)}
    assert rows["dice", "mean"]["value"] == 0.5
    assert (rows["dice", "mean"]["n_scored"], rows["dice", "mean"]["n_undefined"]) == (3, 1)
    assert rows["hd95", "mean"]["value"] == inf
    assert rows["hd95", "mean"]["high"] == inf
    assert rows["hd95", "median"]["value"] == 2.0
    assert 0.0 <= rows["dice", "mean"]["low"] < 0.5 < rows["dice", "mean"]["high"] <= 1.0


def test_what_no_case_defines_is_a_row():
    nothing = [nan] * 4
    table = cases("panoptic", "pq", dice=nothing, hd95=nothing, f1=nothing, sq=nothing, pq=nothing)
    rows = summarise_protocol(table, pd.DataFrame(), BOOTSTRAP)
    assert [row["index"] for row in rows] == ["dice", "hd95", "hd95", "f1", "sq", "pq"]
    assert all(np.isnan(row["value"]) and row["n_undefined"] == 4 for row in rows)


def test_scans_without_a_row_of_their_own_count():
    """AP by hand: 1 · 1/2 + 0; sensitivity 1/2 at no false positive, and never more."""
    found = pd.DataFrame(
        {"case": ["a", "a", "c"], "kind": ["found", "missed", "spurious"], "confidence": [0.9, nan, 0.4]}
    )
    (ap, auroc, both) = summarise_protocol(cases("picai", "ap"), found, BOOTSTRAP)
    assert (ap["index"], ap["value"], ap["n_scored"]) == ("ap", 0.5, 4)
    assert (auroc["value"], both["value"]) == (1.0, 0.75)
    (cpm,) = summarise_protocol(cases("froc", "cpm"), found, BOOTSTRAP)
    assert (cpm["index"], cpm["statistic"], cpm["value"]) == ("cpm", "all scans", pytest.approx(0.5))


def test_what_all_scans_do_not_define_is_scored_in_none():
    """Without a healthy scan there is no AUROC."""
    found = pd.DataFrame({"case": list("abcd"), "kind": "found", "confidence": [0.9, 0.8, 0.7, 0.6]})
    (ap, auroc, _) = summarise_protocol(cases("picai", "ap"), found, BOOTSTRAP)
    assert (ap["n_scored"], ap["n_undefined"]) == (4, 0)
    assert np.isnan(auroc["value"])
    assert (auroc["n_scored"], auroc["n_undefined"]) == (0, 4)

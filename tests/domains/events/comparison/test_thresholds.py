"""The curve of a PSDS, against its area and counts by hand."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import assess, compare, operating_points, psds_curve, score

SYSTEM = pd.DataFrame(
    {"onset": [0, 5, 10, 20], "offset": [2, 7, 12, 23], "label": list("ppqp"), "confidence": [0.9, 0.6, 0.4, 0.8]}
)
TRUTH = SYSTEM[["onset", "offset", "label"]][:3]


def test_the_curve_and_its_area():
    options = {"support": 3600.0, "max_efpr": 4.0, "alpha_st": 1.0}
    curve = psds_curve(assess(SYSTEM, TRUTH, "psds", **options))
    assert curve.rate.values.tolist() == [0, 1]
    assert curve.tpr.sel(label="p").values.tolist() == [0.5, 1]
    assert curve["mean"].values.tolist() == [0.75, 1]
    assert curve["std"].values.tolist() == [0.25, 0]
    assert curve.etpr.values.tolist() == [0.5, 1]
    assert float(curve.psds) == float(compare(SYSTEM, TRUTH, "psds", **options).psds)
    assert (curve.attrs["protocol"], curve.attrs["max_efpr"], curve.attrs["unit"]) == ("psds", 4.0, 3600.0)


def test_the_largest_rate_is_the_limit_where_none_is_given():
    curve = psds_curve(assess(SYSTEM, TRUTH, "psds", support=3600.0, max_efpr=None))
    assert curve.attrs["max_efpr"] == 1
    assert float(curve.psds) == 0.75


def test_a_curve_of_nothing():
    curve = psds_curve(assess(SYSTEM, TRUTH[:0], "psds", support=3600.0))
    assert dict(curve.sizes) == {"label": 0, "rate": 0}
    assert np.isnan(curve.psds)


def test_other_protocols_have_no_curve():
    with pytest.raises(UsageError, match="events.psds_curve: tiou has no such curve; assess by psds"):
        psds_curve(assess(SYSTEM, TRUTH, "tiou"))


def test_tables_of_operating_points():
    table = operating_points({0.5: SYSTEM, 0.9: SYSTEM[:0]})
    assert set(table["operating_point"]) == {"0.5"}
    assert operating_points({}).empty
    with pytest.raises(TypeError, match="must be a mapping of thresholds to tables"):
        operating_points([SYSTEM])
    with pytest.raises(ValueError, match="operating point 0.5: needs columns onset and offset"):
        operating_points({0.5: SYSTEM[["label"]]})


@pytest.fixture
def folder(tmp_path):
    """A reference, a folder of operating points of which the last is empty, and the durations."""
    points = tmp_path / "points"
    points.mkdir()
    named = SYSTEM.assign(filename="a.wav")
    for threshold in (0.5, 0.7, 0.95):
        named[named["confidence"] >= threshold].drop(columns="confidence").to_csv(
            points / f"{threshold}.csv", index=False
        )
    TRUTH.assign(filename="a.wav").to_csv(tmp_path / "reference.csv", index=False)
    pd.DataFrame({"file": ["a.wav"], "duration": [3600.0]}).to_csv(tmp_path / "durations.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_a_folder_of_operating_points(folder):
    durations = {"a.wav": 3600.0}
    options = {"support": durations, "max_efpr": 4.0}
    report, skipped, _ = score(folder / "points", folder / "reference.csv", "psds", operating_points=True, **options)
    tables = {t: SYSTEM[SYSTEM["confidence"] >= t].drop(columns="confidence").assign(file="a.wav") for t in (0.5, 0.7)}
    expected = compare(operating_points(tables), TRUTH.assign(file="a.wav"), "psds", **options)
    assert float(report.psds) == float(expected.psds)
    assert report.operating_point.values.tolist() == ["0.5", "0.7"]
    assert skipped.empty
    # a number of seconds is that of the one recording, not of three operating points
    seconds, _, _ = score(
        folder / "points", folder / "reference.csv", "psds", operating_points=True, support=3600.0, max_efpr=4.0
    )
    assert float(seconds.psds) == float(report.psds)


def test_operating_points_are_refused_where_they_mean_nothing(folder):
    with pytest.raises(UsageError, match="this protocol has no operating points; score them by one of psds, psds_s"):
        score(folder / "points", folder / "reference.csv", "tiou", operating_points=True)
    for path in (folder / "points").iterdir():
        pd.read_csv(path).drop(columns="filename").to_csv(path, index=False)
    _, skipped, _ = score(folder / "points", folder / "reference.csv", "psds", operating_points=True, support=3600.0)
    assert skipped["detail"].str.contains("rows do not name theirs; add a column filename").sum() == 2


@pytest.mark.slow
def test_the_command(run_command, folder):
    files = [folder / "points", folder / "reference.csv", "--support", folder / "durations.csv"]
    options = ["--operating-points", "--protocol", "psds_scenario2", "--param", "version=0.3", "--format", "csv"]
    done = run_command("events", "score", *files, *options)
    table = pd.read_csv(io.StringIO(done.stdout))
    assert table["operating_point"].tolist() == [0.5, 0.7]
    assert table["psds"].nunique() == 1

"""Golden values: psds_eval 0.3.0 on its own data, psds_eval 0.5.3 and sed_scores_eval 0.0.4 on drawn events."""

from __future__ import annotations

import json
from ast import literal_eval
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import assess, compare, operating_points
from domains.events.protocols.psds import PsdsSettings

from .test_intersection import one_file, table

pytestmark = pytest.mark.filterwarnings("ignore:.*outside the support")
QUIET = pytest.mark.filterwarnings("ignore:events.assess:UserWarning")


@pytest.fixture(scope="module")
def cases(test_data):
    return json.loads((test_data / "psds_eval.json").read_text())["cases"]


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "events" / "psds_eval"


def read(path):
    return pd.read_csv(path, sep="\t").dropna()


@pytest.fixture(scope="module")
def baseline(folder):
    """The example of psds_eval: predictions at ten thresholds, annotations, durations."""
    data = folder / "examples" / "data"
    points = operating_points({f"{k / 10:.1f}": read(data / f"baseline_{k / 10:.1f}.csv") for k in range(1, 11)})
    durations = read(data / "dcase2019t4_meta.csv").drop_duplicates("filename")
    return points, read(data / "dcase2019t4_gt.csv"), durations


@pytest.fixture(scope="module")
def expected(folder):
    return json.loads((folder / "expected_peer.json").read_text())


def settings_of(text):
    """Read ``name=value,name=value``."""
    return {name: literal_eval(value) for name, value in (one.split("=") for one in text.split(","))}


@pytest.mark.original_data
@pytest.mark.parametrize("scenario", ["default", "scenario1", "scenario2"])
def test_what_psds_eval_says_of_its_example(baseline, expected, scenario):
    keys = [key for key in expected if key.startswith(f"{scenario}|")]
    assert len(keys) == 6
    shares = settings_of(keys[0].split("|")[1])
    scored = assess(baseline[0], baseline[1], "psds", support=baseline[2], version="0.3", **shares)
    for key in keys:
        # these settings are of the curve alone
        settings = replace(scored.settings, **settings_of(key.split("|")[2]))
        assert float(replace(scored, settings=settings).report().psds) == pytest.approx(expected[key], abs=1e-12)


@pytest.mark.original_data
def test_counts_of_the_example_at_each_point(baseline, expected):
    scored = assess(baseline[0], baseline[1], "psds", support=baseline[2])
    report = scored.report("label")
    for point in report.operating_point.values:
        counts = np.array(expected[f"op_{point}"]["counts"])
        at = report.sel(operating_point=point)
        assert at.intersection.values.tolist() == np.diag(counts)[:-1].tolist()
        assert (at.size_a - at.intersection).values.tolist() == counts[:-1, -1].tolist()
    # the last has no rows
    assert len(report.operating_point) == 9
    one = baseline[0].query("operating_point == '0.5'").drop(columns="operating_point")
    macro = expected["macro_f_baseline_0.5"]["macro"]
    found = compare(one, baseline[1], "intersection", support=baseline[2]).macro_f1
    assert float(found) == pytest.approx(macro, abs=1e-12)


@pytest.mark.original_data
def test_the_fixtures_of_psds_eval(folder, expected):
    data = folder / "tests" / "data"
    support = read(data / "test.metadata")
    for name in ("1", "1a", "2", "3"):
        reference = read(data / f"test_{name.rstrip('a')}.gt")
        report = compare(read(data / f"test_{name}.det"), reference, "psds", support=support, max_efpr=100)
        assert float(report.psds) == pytest.approx(expected[f"fixture_test_{name}"], abs=1e-12)


def prediction_of(case):
    if "events" in case:
        return table(case["events"])
    rows = []
    for file, scores in case["frames"].items():
        for label, track in zip(case["labels"], scores, strict=True):
            rows += [(file, 500 * k, 500 * k + 500, label, score) for k, score in enumerate(track)]
    return table(rows)


@QUIET
@pytest.mark.parametrize("kind", ["events", "frames"])
@pytest.mark.parametrize(
    ("corrected", "which"),
    [
        (False, slice(0, None, 6)),
        (True, slice(3, None, 12)),
        pytest.param(False, slice(0, None), marks=pytest.mark.slow),
    ],
    ids=["published", "corrected", "all"],
)
def test_all_thresholds_of_drawn_recordings(cases, kind, corrected, which):
    chosen = [case for case in cases if kind in case]
    assert len(chosen) == 20
    for case in chosen[which]:
        scored = assess(
            prediction_of(case),
            table(case["reference"]),
            "psds",
            support=dict.fromkeys(case["files"], 10.0),
            corrected=corrected,
            rows=kind,
            **case["settings"],
        )
        answer = case["answer"]
        assert float(scored.report().psds) == pytest.approx(answer["psds"], abs=1e-12)
        if kind == "frames":
            each = scored.report("label").psds.sel(label=list(answer["of_label"]))
            np.testing.assert_allclose(each, list(answer["of_label"].values()), rtol=0, atol=1e-12)


@pytest.mark.slow
@QUIET
def test_every_threshold_as_an_operating_point(cases):
    for case in cases[:2]:
        events = table(case["events"])
        tables = {t: events[events["confidence"] >= t] for t in sorted(set(events["confidence"]))}
        support = dict.fromkeys(case["files"], 10.0)
        for corrected in (False, True):
            options = {"support": support, "corrected": corrected, **case["settings"]}
            report = compare(operating_points(tables), table(case["reference"]), "psds", **options)
            assert float(report.psds) == pytest.approx(case["answer"]["psds"], abs=1e-12)
        assert report.operating_point.size == len(tables)


SYSTEM = one_file([0, 2, "p"], [5, 7, "p"], [10, 12, "q"], [20, 23, "p"]).assign(confidence=[0.9, 0.6, 0.4, 0.8])
TRUTH = one_file([0, 2, "p"], [5, 7, "p"], [10, 12, "q"])


def test_a_curve_by_hand():
    # one false alarm of p an hour, at 0.8: a half of p is found without it, all with it; of q all without any
    report = compare(SYSTEM, TRUTH, "psds", support=3600.0, max_efpr=4.0)
    mean = (0.25 * (0.5 + 1.0) / 2) + 0.75 * 1.0
    assert float(report.psds) == pytest.approx(mean)
    each = compare(SYSTEM, TRUTH, "psds", support=3600.0, max_efpr=4.0, by="label")
    assert each.psds.values.tolist() == pytest.approx([0.875, 1.0])
    # a quarter is the standard deviation of 0.5 and 1
    less = compare(SYSTEM, TRUTH, "psds", support=3600.0, max_efpr=4.0, alpha_st=1.0)
    assert float(less.psds) == pytest.approx(0.25 * 0.5 + 0.75)
    assert float(compare(SYSTEM, TRUTH, "psds", support=7200.0, unit=7200.0, max_efpr=4.0).psds) == float(report.psds)


@pytest.mark.slow
def test_each_file_is_scored_as_if_it_were_alone():
    system = pd.concat([SYSTEM.assign(file="f"), SYSTEM.assign(file="g", onset=SYSTEM.onset + 1)])
    truth = pd.concat([TRUTH.assign(file="f"), TRUTH.assign(file="g")])
    options = {"support": {"f": 3600.0, "g": 1800.0, "h": 60.0}, "max_efpr": 4.0}
    by_file = compare(system, truth, "psds", by="file", **options)
    both = compare(system, truth, "psds", by=("file", "label"), **options)
    for file in "fg":
        alone = (system[system.file == file], truth[truth.file == file], "psds")
        of_file = {"support": options["support"][file], "max_efpr": 4.0}
        assert float(by_file.psds.sel(file=file)) == float(compare(*alone, **of_file).psds)
        each = compare(*alone, by="label", **of_file)
        assert both.psds.sel(file=file).values.tolist() == each.psds.values.tolist()
    assert np.isnan(by_file.psds.sel(file="h"))


def test_one_label_only():
    # psds_eval 0.5.3 gives 0 whatever is found
    same = one_file([0, 2], [5, 7]).assign(confidence=0.5)
    assert float(compare(same, same, "psds", support=60.0).psds) == 0
    assert float(compare(same, same, "psds", support=60.0, version="0.3").psds) == 1
    assert float(compare(same, same, "psds", support=60.0, corrected=True).psds) == 1


def test_predictions_that_overlap_cover_once_when_corrected():
    # 0.6 s of a reference of 2 s, twice: psds_eval 0.5.3 refuses such predictions
    system = one_file([0, 0.6, "p"], [0, 0.6, "p"], [5, 6, "q"]).assign(confidence=[0.9, 0.8, 0.7])
    truth = one_file([0, 2, "p"], [5, 6, "q"])
    found = [
        float(compare(system, truth, "psds", support=60.0, corrected=corrected).psds) for corrected in (False, True)
    ]
    assert found == [1.0, 0.5]


def test_a_mean_of_cross_triggers_over_all_or_over_the_other_labels():
    # p triggers once on q, which lasts 2 s of an hour: 1800 an hour of q
    system = one_file([0, 2, "p"], [10, 12, "p"], [10, 12, "q"]).assign(confidence=[0.5, 0.9, 0.9])
    values = []
    for version in ("0.3", "0.5"):
        report = compare(
            system, TRUTH, "psds", support=3600.0, alpha_ct=1.0, max_efpr=4000.0, by="label", version=version
        )
        values.append(float(report.psds.sel(label="p")))
    rate_of_all, rate_of_others = 1 + 1800 / 2, 1 + 1800 / 1
    assert values == pytest.approx([0.5 * (1 - rate_of_all / 4000), 0.5 * (1 - rate_of_others / 4000)])


@pytest.mark.slow
def test_empty_sides_and_unknown_durations():
    none = SYSTEM[:0]
    assert float(compare(none, TRUTH, "psds", support=3600.0).psds) == 0
    assert np.isnan(compare(SYSTEM, none, "psds", support=3600.0).psds)
    assert np.isnan(compare(none, none, "psds", support=3600.0).psds)
    assert float(compare(none, TRUTH, "psds", support=3600.0, rows="frames").psds) == 0
    with pytest.warns(UserWarning, match=r"the duration of 1 of 1 recordings is not known .*support="):
        report = compare(SYSTEM, TRUTH, "psds")
    assert np.isnan(report.psds)
    assert int(report.n_defined.sel(index="psds")) == 0


def test_without_confidences_there_is_one_operating_point():
    report = compare(TRUTH, TRUTH, "psds", support=60.0)
    assert float(report.psds) == 1
    some = TRUTH.assign(confidence=[0.5, np.nan, 0.5])
    with pytest.raises(ValueError, match="1 of 3 predictions have no confidence"):
        compare(some, TRUTH, "psds", support=60.0)
    with pytest.raises(ValueError, match="3 of 3 predictions have no confidence"):
        compare(TRUTH, TRUTH, "psds", support=60.0, rows="frames")
    with pytest.raises(UsageError, match="has a column operating_point, so its rows are events"):
        compare(TRUTH.assign(operating_point="1"), TRUTH, "psds", support=60.0, rows="frames")


def test_the_two_scenarios():
    for name, shares, alpha_ct in (("psds_scenario1", 0.7, 0.0), ("psds_scenario2", 0.1, 0.5)):
        settings = assess(SYSTEM, TRUTH, name, support=60.0).settings
        expected = PsdsSettings(dtc=shares, gtc=shares, cttc=0.3, alpha_ct=alpha_ct, alpha_st=1.0)
        # NaN is NaN by its text: settings of NaN are not equal on Python 3.13
        assert repr(settings) == repr(expected)


@pytest.mark.parametrize(
    "wrong", [{"dtc": 0}, {"version": "0.4"}, {"alpha_ct": 2}, {"alpha_st": -1}, {"max_efpr": 0}, {"rows": "both"}]
)
def test_wrong_settings(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=f"events.assess: {name} must be"):
        PsdsSettings(**wrong)

"""Golden values: pyannote.metrics 4.2.0 and its own tests; md-eval 22 on drawn data and dscore's; closed forms."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from domains.events import assess, compare
from domains.events.protocols.diarisation import map_speakers
from domains.events.run import score
from overlap import Overlap
from overlap.resample import confidence_interval

COMPONENTS = ["size_b", "missed", "false_alarm", "confused", "der"]


def turns(rows, file=""):
    times = np.array([row[:2] for row in rows]) / 1000
    labels = [row[2] for row in rows]
    return pd.DataFrame({"file": file, "onset": times[:, 0], "offset": times[:, 1], "label": labels})


@pytest.fixture(scope="module")
def recordings(test_data):
    """All drawn recordings, as files of two tables, by their setting."""
    groups: dict[tuple, list] = {}
    cases = json.loads((test_data / "pyannote_metrics.json").read_text())["cases"]
    for k, case in enumerate(cases):
        groups.setdefault((case["collar"], case["skip_overlap"]), []).append((f"{k:03}", case))
    return groups


def compared(cases, protocol, **settings):
    prediction = pd.concat([turns(case["prediction"], file) for file, case in cases])
    reference = pd.concat([turns(case["reference"], file) for file, case in cases])
    stretches = [(file, case["uem"][0] / 1000, case["uem"][1] / 1000) for file, case in cases if case["uem"]]
    support = pd.DataFrame(stretches, columns=["file", "onset", "offset"])
    return compare(prediction, reference, protocol, support=support, by="file", **settings)


SETTINGS = [(collar, skip) for collar in (0.0, 0.25, 0.5) for skip in (False, True)]


@pytest.mark.filterwarnings("ignore:.*outside the support", "ignore:.*the support (names|says nothing)")
@pytest.mark.parametrize(("collar", "skip_overlap"), SETTINGS)
@pytest.mark.parametrize(("protocol", "key"), [("pyannote_der", "der"), ("nist_der", "nist")])
def test_error_rates_of_drawn_recordings(recordings, collar, skip_overlap, protocol, key):
    cases = [(file, case) for file, case in recordings[collar, skip_overlap] if key in case["answer"]]
    report = compared(cases, protocol, collar=collar, skip_overlap=skip_overlap, without_reference="one")
    found = report[COMPONENTS].to_array().values.T
    expected = np.array([case["answer"][key] for _, case in cases])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.*outside the support", "ignore:.*the support (names|says nothing)")
@pytest.mark.parametrize(("collar", "skip_overlap"), SETTINGS)
def test_jaccard_error_rates_of_drawn_recordings(recordings, collar, skip_overlap):
    cases = recordings[collar, skip_overlap]
    report = compared(cases, "jer", collar=collar, skip_overlap=skip_overlap)
    expected = [case["answer"]["jer"] for _, case in cases]
    np.testing.assert_allclose(report.jer, expected, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*the support says nothing")
def test_purity_and_coverage_of_drawn_recordings(recordings):
    cases = [(file, {**case, "uem": None}) for group in recordings.values() for file, case in group]
    report = compared(cases, "pyannote_der")
    purity = [case["answer"]["purity"] for _, case in cases]
    coverage = [case["answer"]["coverage"] for _, case in cases]
    in_order = np.argsort([file for file, _ in cases])
    np.testing.assert_allclose(report.purity, np.array(purity)[in_order], rtol=0, atol=1e-9)
    np.testing.assert_allclose(report.coverage, np.array(coverage)[in_order], rtol=0, atol=1e-9)


@pytest.fixture(scope="module")
def of_nist(test_data):
    """What NIST's program says of 60 drawn recordings."""
    return json.loads((test_data / "md_eval.json").read_text())


def side_of(cases, side):
    return pd.concat([turns(case[side], f"{k:02}") for k, case in enumerate(cases) if case[side]])


def uem_of(cases):
    stretches = [(f"{k:02}", begin / 1000, end / 1000) for k, case in enumerate(cases) for begin, end in case["uem"]]
    return pd.DataFrame(stretches, columns=["file", "onset", "offset"])


@pytest.mark.filterwarnings("ignore:.*outside the support", "ignore:.*the support (names|says nothing)")
@pytest.mark.parametrize("setting", ["0", "0 alone", "0.1", "0.25", "0.25 alone"])
def test_what_nist_says_of_drawn_recordings(of_nist, setting):
    cases = of_nist["cases"]
    settings = {"collar": float(setting.split()[0]), "skip_overlap": "alone" in setting}
    prediction = side_of(cases, "prediction")
    reference = side_of(cases, "reference")
    report = compare(prediction, reference, "nist_der", support=uem_of(cases), by="file", **settings)
    found = report[["size_b", "missed", "false_alarm", "confused"]].to_dataframe()
    answers = of_nist["answers"][setting].copy()
    of_all = answers.pop("ALL")
    assert sorted(set(found.index) - set(answers)) == ["05", "15", "25", "35", "45", "55"]
    expected = pd.DataFrame.from_dict(answers, "index")
    # seconds are printed to two decimals
    np.testing.assert_allclose(found.loc[expected.index], expected, rtol=0, atol=0.005 + 1e-9)
    np.testing.assert_allclose(found.sum(), of_all, rtol=0, atol=0.005 + 1e-9)


@pytest.mark.filterwarnings("ignore:.*outside the support")
def test_nist_leaves_out_a_file_without_turns_of_the_reference():
    # md-eval 22: 40 % of both; the 5 s that are predicted in a silent file count when corrected
    a = pd.concat([turns([(0, 10_000, "s")], "x"), turns([(0, 5000, "s")], "silent")])
    b = turns([(0, 5000, "anna")], "x")
    support = pd.DataFrame({"file": ["x", "silent"], "onset": 0, "offset": [7, 9]})
    assert float(compare(a, b, "nist_der", support=support).der) == pytest.approx(0.4)
    assert float(compare(a, b, "nist_der", support=support, corrected=True).der) == pytest.approx(1.4)


@pytest.mark.filterwarnings("ignore:.*outside the support")
def test_nist_scores_overlaps_that_follow_each_other_at_the_end_of_a_stretch():
    # anna speaks for 10 s, bert twice in between; where the stretch ends in his second turn, md-eval 22 with -1 says
    # that 4 s are of one speaker, and 1 s missed
    a = turns([(0, 10_000, "s")])
    b = turns([(0, 10_000, "anna"), (2000, 4000, "bert"), (4000, 6000, "bert")])
    report = compare(a, b, "nist_der", support=5.0, skip_overlap=True)
    assert (float(report.size_b), float(report.missed)) == (2.0, 0.0)


def test_what_nist_leaves_out_by_its_rows_is_left_out_of_the_support(tmp_path):
    # md-eval 22: 4 s missed, 1 s of false alarm, of 14 s. A laugh reaches 0.5 s to each side, where no turn begins
    (tmp_path / "ref.rttm").write_text(
        "SPKR-INFO f 1 <NA> <NA> <NA> unknown anna <NA> <NA>\n"
        "SPEAKER f 1 0 10 <NA> <NA> anna <NA> <NA>\n"
        "NOSCORE f 1 4 2 <NA> <NA> <NA> <NA> <NA>\n"
        "NON-LEX f 1 12 1 <NA> laugh anna <NA> <NA>\n"
        "SPEAKER f 1 14 6 <NA> <NA> bert <NA> <NA>\n"
    )
    (tmp_path / "sys.rttm").write_text(
        "SPEAKER f 1 0 5 <NA> <NA> a <NA> <NA>\nSPEAKER f 1 11 9 <NA> <NA> b <NA> <NA>\n"
    )
    scored = pd.DataFrame({"file": "f", "onset": [0, 6, 13.5], "offset": [4, 11.5, 20]})
    with pytest.warns(UserWarning, match="outside the support"):
        report, skipped, _ = score(tmp_path / "sys.rttm", tmp_path / "ref.rttm", "nist_der", support=scored)
    assert [float(report[name]) for name in ("missed", "false_alarm", "confused", "size_b")] == [4, 1, 0, 14]
    of_zones = skipped.loc[skipped["reason"].str.contains("leave it out of the support"), "where"]
    assert of_zones.tolist() == ["line 3", "line 4"]


PYANNOTE_REFERENCE = [(0, 10_000, "A"), (12_000, 20_000, "B"), (24_000, 27_000, "A"), (30_000, 40_000, "C")]
PYANNOTE_PREDICTION = [
    (2000, 13_000, "a"),
    (13_000, 14_000, "d"),
    (14_000, 20_000, "b"),
    (22_000, 38_000, "c"),
    (38_000, 40_000, "d"),
]


@pytest.mark.slow
def test_what_pyannote_s_own_tests_say():
    # tests/test_diarization.py of pyannote.metrics 4.2.0 (MIT)
    report = compare(turns(PYANNOTE_PREDICTION), turns(PYANNOTE_REFERENCE), "pyannote_der")
    assert float(report.der) == pytest.approx(0.5161290322580645, abs=1e-15)
    parts = [float(report[name]) for name in ("confused", "intersection", "false_alarm", "missed", "size_b")]
    assert parts == [7, 22, 7, 2, 31]
    assert float(report.purity) == pytest.approx(0.6666, abs=1e-3)
    assert float(report.coverage) == pytest.approx(0.7096, abs=1e-3)
    overlapping = turns([(0, 13_000, "A"), *PYANNOTE_REFERENCE[1:]])
    for skip_overlap, total in ((True, 32), (False, 34)):
        report = compare(turns(PYANNOTE_PREDICTION), overlapping, "pyannote_der", skip_overlap=skip_overlap)
        assert float(report.size_b) == total
    nothing = turns([(0, 10_000, "A")])[:0]
    assert float(compare(nothing, turns([(0, 10_000, "A")]), "pyannote_der", collar=1.0).size_b) == 9
    assert float(compare(turns([(0, 10_000, "spk")]), nothing, "jer").jer) == 1


# tests/det_test.py of SimpleDER (Apache-2.0): the reference, the prediction, the error rate; times in ms
SIMPLE_DER = {
    "same": ("A 0-1000", "B 0-1000", 0.0),
    "all missed": ("A 0-1000", "", 1.0),
    "separate": ("A 0-1000", "B 1000-2000", 2.0),
    "half missed": ("A 0-1000", "B 0-500", 0.5),
    "half another": ("A 0-1000", "B 0-500 C 500-1000", 0.5),
    "two the same": ("A 0-500 B 500-1000", "B 0-500 C 500-1000", 0.0),
    "two half missed": ("A 0-500 B 500-1000", "B 0-250 C 500-750", 0.5),
    "a quarter right": ("A 0-500 B 500-1000", "B 0-250 C 250-500", 0.75),
    "half right": ("A 0-500 B 500-1000", "B 0-250 C 250-500 D 500-750 E 750-1000", 0.5),
    "three": ("A 0-1000 B 1000-1500 A 1600-2100", "1 0-800 2 800-1400 3 1500-1800 1 1800-2000", 0.35),
    "more predicted": (
        "0 0-1000 1 1000-2000 1 2000-3000 1 3000-4000 0 4000-5000",
        "0 0-1000 2 1000-2000 2 2000-3000 0 3000-4000 2 4000-5000",
        0.4,
    ),
    "more annotated": (
        "0 0-1000 2 1000-2000 2 2000-3000 0 3000-4000 1 4000-5000",
        "0 0-1000 1 1000-2000 1 2000-3000 1 3000-4000 0 4000-5000",
        0.4,
    ),
}


def turns_of(texts):
    rows = []
    for file, text in texts.items():
        words = text.split()
        for name, span in zip(words[::2], words[1::2], strict=True):
            begin, end = span.split("-")
            rows.append((file, name, float(begin) / 1000, float(end) / 1000))
    return pd.DataFrame(rows, columns=["file", "label", "onset", "offset"])


def test_what_simpleder_s_own_tests_say():
    reference = turns_of({name: case[0] for name, case in SIMPLE_DER.items()})
    prediction = turns_of({name: case[1] for name, case in SIMPLE_DER.items()})
    report = compare(prediction, reference, "pyannote_der", by="file")
    expected = [SIMPLE_DER[name][2] for name in report.coords["file"].values]
    np.testing.assert_allclose(report.der, expected, rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.original_data
def test_what_dscore_says_of_its_data(shared_data):
    folder = shared_data / "events" / "dscore" / "scorelib" / "tests"
    expected = {0.0: (26.39, 23.36), 0.1: (24.99, 22.31), 0.25: (24.01, 21.53)}
    for collar, rates in expected.items():
        for skip_overlap, rate in zip((False, True), rates, strict=True):
            options = {"collar": collar, "skip_overlap": skip_overlap}
            report, _, _ = score(folder / "sys.rttm", folder / "ref.rttm", "nist_der", **options)
            assert round(100 * float(report.der), 2) == rate
    report, _, _ = score(folder / "sys.rttm", folder / "ref.rttm", "jer")
    assert float(report.jer) == pytest.approx(0.33217085696021653, abs=1e-15)
    assert report.attrs["tool"] == "pyannote.metrics 4.2.0"


def test_a_collar_is_to_each_side_or_in_all():
    a = np.array([[0.0, 10.0]])
    b = np.array([[1.0, 12.0]])
    assert float(compare(a, b, "nist_der", collar=0.25).size_b) == 10.5
    assert float(compare(a, b, "pyannote_der", collar=0.25).size_b) == 10.75
    assert float(compare(a, b, "pyannote_der", collar=0.25, collar_is="each_side").size_b) == 10.5


@pytest.mark.slow
def test_rates_are_ratios_of_sums_over_recordings():
    rng = np.random.default_rng(5)
    onset = rng.uniform(0, 90, 200)
    rows = pd.DataFrame({"onset": onset, "offset": onset + rng.uniform(0.1, 9, 200)})
    rows["file"] = rng.choice(["x", "y", "z"], 200)
    rows["label"] = rng.choice(["anna", "bert", "carl"], 200)
    report = {by: compare(rows[:100], rows[100:], "pyannote_der", by=by) for by in (None, "file", "label")}
    files = report["file"].sum("file")
    errors = files.missed + files.false_alarm + files.confused
    assert float(report[None].der) == pytest.approx(float(errors / files.size_b), abs=1e-12)
    assert float(report[None].jer) == pytest.approx(float(files.jaccard_errors / files.speakers), abs=1e-12)
    for name in ("intersection", "size_a", "size_b", "jaccard_errors"):
        assert float(report["label"][name].sum()) == pytest.approx(float(files[name]), abs=1e-9)
    assert "der" not in report["label"]


def test_the_interval_of_an_error_rate_is_over_recordings():
    rng = np.random.default_rng(6)
    onset = rng.uniform(0, 90, 400)
    rows = pd.DataFrame({"onset": onset, "offset": onset + rng.uniform(0.1, 9, 400)})
    rows["file"] = rng.integers(0, 20, 400).astype(str)
    rows["label"] = rng.choice(["anna", "bert"], 400)
    report = compare(rows[:200], rows[200:], "nist_der", by="file")
    errors = (report.missed + report.false_alarm + report.confused).values
    spoken = report.size_b.values
    # an error rate may exceed 1, which no share of an overlap does: errors and speech are the two sizes
    o = Overlap(np.zeros(20), errors, spoken)
    found = confidence_interval(o, lambda o: o.size_a / o.size_b, rng=0, n_resamples=999)

    def rate(errors, spoken, axis):
        return errors.sum(axis) / spoken.sum(axis)

    expected = bootstrap((errors, spoken), rate, paired=True, vectorized=True, rng=0, n_resamples=999)
    np.testing.assert_allclose(found, expected.confidence_interval, rtol=1e-9)


@pytest.mark.slow
def test_what_is_predicted_before_and_after_the_reference():
    a = np.array([[0.0, 20.0]])
    b = np.array([[5.0, 10.0]])
    assert float(compare(a, b, "nist_der").der) == 0
    assert float(compare(a, b, "nist_der", support=20.0).der) == 3
    assert float(compare(a, b, "nist_der", corrected=True).der) == 3
    assert float(compare(a, b, "pyannote_der").der) == 3


@pytest.mark.slow
def test_each_known_fault_of_pyannote():
    nobody = np.zeros((0, 2))
    speech = np.array([[0.0, 10.0]])
    twice = np.array([[0.0, 10.0], [0.0, 10.0]])
    halves = np.array([[0.0, 5.0], [5.0, 10.0]])
    early = np.array([[0.0, 4.9]])

    def rate(a, b, **options):
        published = float(compare(a, b, "pyannote_der", **options).der)
        return published, float(compare(a, b, "pyannote_der", corrected=True, **options).der)

    np.testing.assert_equal(rate(speech, nobody), (1.0, np.nan))
    np.testing.assert_equal(rate(nobody, nobody), (0.0, np.nan))
    # a row that stands there twice
    assert rate(speech, twice) == (0.5, 0.0)
    # one turn in two rows: 0.5 s around 5 s are not scored
    assert rate(early, halves, collar=1.0) == pytest.approx((4.0 / 8, 4.6 / 9))


def test_mapping_by_all_of_the_recording_or_by_what_is_scored():
    # x shares 4 s with anna, 3.5 s of them while bert speaks too, and 3 s with bert alone
    a = turns([[0, 7000, "x"]])
    b = turns([[0, 4000, "anna"], [0, 3500, "carl"], [4000, 7000, "bert"]])
    report = compare(a, b, "nist_der", skip_overlap=True)
    assert (float(report.size_b), float(report.confused)) == (3.5, 3.0)
    corrected = compare(a, b, "nist_der", skip_overlap=True, corrected=True)
    assert (float(corrected.size_b), float(corrected.confused)) == (3.5, 0.5)


def test_mapping_by_jaccard_is_the_least_error():
    # y shares 3 s with anna and is much longer; x is all but anna, for 2 s
    a = turns([[0, 3000, "y"], [5000, 30000, "y"], [3000, 5000, "x"]])
    b = turns([[0, 5000, "anna"]])
    published = compare(a, b, "jer", empty=0.0)
    assert float(published.jer) == pytest.approx(1 - 3 / 30)
    assert float(compare(a, b, "jer", corrected=True).jer) == pytest.approx(1 - 2 / 5)


def test_speakers_of_one_name_are_not_taken_for_each_other():
    # the predicted anna speaks with bert alone; the predicted x takes anna; "? y" is a name of the reference
    a = turns([[0, 5000, "anna"], [5000, 10000, "x"], [20000, 25000, "y"]])
    b = turns([[0, 5000, "bert"], [5000, 10000, "anna"], [20000, 21000, "bert"], [30000, 31000, "? y"]])
    scored = assess(a, b, "nist_der")
    assert scored.prediction["label"].tolist() == ["bert", "anna", "?? y"]
    assert scored.prediction["speaker"].tolist() == ["anna", "x", "y"]
    assert float(scored.report().confused) == 1


def test_nobody_to_map():
    assert len(map_speakers(turns([[0, 1000, "x"]]), turns([[1000, 2000, "anna"]]))) == 0

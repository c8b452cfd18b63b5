"""Golden values: szcore-evaluation 0.0.7 on 32 drawn recordings (benchmarks/peers/ask_szcore.py); scipy's bootstrap."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from domains.events import assess, average_subjects, compare, confidence_interval, score, score_subjects, with_subjects

THEIRS = {"recall": "sensitivity", "precision": "precision", "false_alarms_per_24h": "fpRate"}


@pytest.fixture(scope="module")
def szcore(test_data):
    return json.loads((test_data / "szcore_evaluation.json").read_text())


def side(answers, name):
    rows = []
    for one in answers["recordings"]:
        rows += [(one["name"], onset, onset + length, label) for onset, length, label in one[name] or []]
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])


def scored_as(answers, protocol, mask_rate=1.0, without=None):
    predicted = side(answers, "hypothesis")
    predicted = predicted[predicted["file"] != without]
    support = {one["name"]: one["duration"] for one in answers["recordings"]}
    return assess(predicted, side(answers, "reference"), protocol, support=support, mask_rate=mask_rate)


def named(protocol):
    return {**THEIRS, "f1" if protocol == "szcore" else "dice": "f1"}.items()


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["szcore", "szcore_sample"])
def test_mean_and_sd_over_subjects_as_szcore_evaluation(protocol, szcore):
    theirs = szcore["scores"]["subjects"]["event_results" if protocol == "szcore" else "sample_results"]
    scored = scored_as(szcore, protocol)
    means = average_subjects(score_subjects(scored), n_resamples=10).set_index("figure")
    for ours, name in named(protocol):
        assert means.loc[ours, "mean"] == pytest.approx(theirs[name], rel=1e-13)
        assert means.loc[ours, "sd"] == pytest.approx(theirs[f"{name}_std"], rel=1e-12)
    assert means["n_subjects"].tolist() == [8] * len(means)
    # the subject without seizures has no sensitivity
    assert means.loc["recall", "n_defined"] == 7


@pytest.mark.parametrize("protocol", ["szcore", "szcore_sample"])
def test_pooled_as_szcore_evaluation_whose_counts_are_doubled(protocol, szcore):
    # their "cumulated" result is added to itself, which doubles counts and days and leaves every ratio
    theirs = szcore["scores"]["pooled"]["event_results" if protocol == "szcore" else "sample_results"]
    report = scored_as(szcore, protocol).report()
    for ours, name in named(protocol):
        assert float(report[ours]) == pytest.approx(theirs[name], rel=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["szcore", "szcore_sample"])
def test_a_file_said_to_last_longer_is_empty_to_szcore_evaluation(protocol, szcore):
    kind = "event_results" if protocol == "szcore" else "sample_results"
    theirs = szcore["mismatch"]["subjects"][kind]
    both = []
    for without in (szcore["longer"], None):
        scored = scored_as(szcore, protocol, without=without)
        means = average_subjects(score_subjects(scored), n_resamples=10).set_index("figure")
        both.append(means.loc[[ours for ours, _ in named(protocol)], "mean"].to_numpy())
    empty, whole = both
    np.testing.assert_allclose(empty, [theirs[name] for _, name in named(protocol)], rtol=1e-13)
    right = szcore["scores"]["subjects"][kind]
    np.testing.assert_allclose(whole, [right[name] for _, name in named(protocol)], rtol=1e-13)
    assert not np.allclose(empty, whole, rtol=1e-3)


@pytest.mark.parametrize(
    ("times", "options", "recall", "corrected"),
    [
        # shorter than half a sample at 10 Hz, and right
        ([[10.0, 10.04]], {}, 0.0, 1.0),
        # the second lies within the first: merged, they end where it ends
        ([[0.0, 100.0], [10.0, 20.0]], {"before": 0.0, "after": 0.0, "min_overlap": 0.5}, 1.0, 1.0),
    ],
)
def test_faults_of_timescoring_with_both_numbers(times, options, recall, corrected):
    events = np.array(times)
    assert float(compare(events, events, "szcore", support=600.0, **options).recall) == recall
    assert float(compare(events, events, "szcore", support=600.0, corrected=True, **options).recall) == corrected


def test_a_nested_event_shortens_what_it_lies_in():
    nested, late = np.array([[0.0, 100.0], [10.0, 20.0]]), np.array([[60.0, 90.0]])
    options = {"support": 600.0, "before": 0.0, "after": 0.0}
    assert float(compare(late, nested, "szcore", **options).recall) == 0
    assert float(compare(late, nested, "szcore", corrected=True, **options).recall) == 1


def events(*rows):
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "who"])


A = events(("x_p1", 0, 4, "b"), ("x_p2", 0, 5, "b"), ("y_p1", 3, 9, "c"), ("z_p1", 0, 1, "d"))
B = events(("x_p1", 0, 8, "b"), ("x_p2", 1, 9, "b"), ("y_p1", 5, 9, "c"), ("z_p1", 2, 3, "d"))


@pytest.mark.parametrize(
    "group",
    ["(^.)_", "who", {"x_p1": "x", "x_p2": "x", "y_p1": "y", "z_p1": "z"}],
    ids=["pattern", "column", "mapping"],
)
def test_whose_a_recording_is(group):
    table = score_subjects(assess(A, B, "time"), group)
    assert table["n_files"].tolist() == [2, 1, 1]
    assert table["recall"].tolist() == [8 / 16, 1.0, 0.0]
    alone = compare(A[:2], B[:2], "time")
    assert table["iou"][0] == float(alone.iou)
    assert table["kappa"].isna().all()


def test_bids_names_and_recordings_of_their_own():
    a, b = (
        x.assign(file="sub-0" + x["file"].str[-1] + "/eeg/sub-0" + x["file"].str[-1] + "_" + x["file"]) for x in (A, B)
    )
    table = score_subjects(assess(a, b, "time"))
    assert table["subject"].tolist() == ["sub-01", "sub-02"]
    assert score_subjects(assess(A, B, "time"), "file")["subject"].tolist() == sorted(A["file"])


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("bids", r"'x_p1' has no subject in its name .*; say whose it is: group=\{recording: subject\}"),
        ({"x_p1": "x"}, "'x_p2' has no subject in the mapping"),
        ("(q)", "no subject in its name by the pattern"),
        ("(", "is no pattern"),
        ("age", "the events have no column 'age'"),
    ],
    ids=["bids", "mapping", "pattern", "no pattern", "column"],
)
def test_a_subject_is_never_guessed(group, message):
    with pytest.raises(ValueError, match=message):
        score_subjects(assess(A, B, "time"), group)


def test_a_recording_of_two_subjects_is_refused():
    two = A.assign(file="sub-01/sub-02_run-1")
    with pytest.raises(ValueError, match=r"has 2 subjects \(sub-01, sub-02\)"):
        score_subjects(assess(two, two, "time"))


def test_thresholds_keep_their_rows():
    scored = assess(A, B, "tiou", thresholds=(0.3, 0.6))
    table = score_subjects(scored, "(^.)_")
    assert table["threshold"].tolist() == [0.3, 0.6] * 3
    assert table["f1"].tolist() == [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    means = average_subjects(table).set_index(["figure", "threshold"])
    assert means.loc[("f1", 0.3), "mean"] == pytest.approx(2 / 3)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_intervals_over_recordings_as_scipy_has_them(method):
    rng = np.random.default_rng(3)
    onset = rng.uniform(5, 50, 30)
    file = [f"sub-{k % 6}_{k:02}" for k in range(30)]
    b = pd.DataFrame({"file": file, "onset": onset, "offset": onset + 10})
    a = b.assign(onset=onset + rng.uniform(-4, 4, 30))
    scored = assess(a, b, "time", support=100.0)
    report = scored.report("file")
    shared, size = report.intersection.values, report.size_b.values

    def recall(i, axis=-1):
        return shared[i].sum(axis) / size[i].sum(axis)

    theirs = stats.bootstrap((np.arange(30),), recall, n_resamples=500, rng=7, method=method, vectorized=True)
    ours = confidence_interval(scored, "recall", n_resamples=500, rng=7, method=method)
    np.testing.assert_allclose(ours, theirs.confidence_interval, rtol=1e-9)
    wide = confidence_interval(scored, "recall", by="subject", n_resamples=500, rng=7)
    assert wide.low < float(scored.report().recall) < wide.high


def test_false_alarms_a_day_and_errors_have_intervals_too():
    a, b = (x.assign(label="sz", offset=x["offset"] + 0.5) for x in (A, B))
    scored = assess(a, b, "szcore", support=86400.0, before=0, after=0)
    low, high = confidence_interval(scored, "false_alarms_per_24h", rng=0, method="percentile")
    assert (low, high) == (0.0, 0.75)
    scored = assess(a, b, "sed_eval_event", onset=5.0)
    low, high = confidence_interval(scored, "error_rate", rng=0, method="percentile")
    assert 0 <= low <= float(scored.report().error_rate) <= high


def test_a_figure_that_is_not_reported_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match=r"'psds' is no figure that time reports .* it has dice, iou, prec.*kappa"):
        confidence_interval(assess(A, B, "time", support=60.0), "psds")


def test_the_interval_of_kappa_is_scipys_of_cells_that_are_counted():
    names = np.array([f"f{k:02}" for k in range(12)])
    rng = np.random.default_rng(2)
    predicted, annotated = rng.integers(0, 2, (2, 12, 20))
    sides = []
    for labels in (predicted, annotated):
        file, second = np.nonzero(labels)
        sides.append(pd.DataFrame({"file": names[file], "onset": second, "offset": second + 1}))
    scored = assess(*sides, "time", support=dict.fromkeys(names, 20.0))

    def kappa(files):
        a, b = predicted[files].ravel(), annotated[files].ravel()
        alike = np.mean(a == b)
        chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
        return (alike - chance) / (1 - chance)

    how = {"n_resamples": 300, "method": "BCa"}
    theirs = stats.bootstrap((np.arange(12),), kappa, vectorized=False, rng=np.random.default_rng(7), **how)
    ours = confidence_interval(scored, "kappa", rng=7, **how)
    np.testing.assert_allclose(ours, theirs.confidence_interval, rtol=1e-9)


@pytest.mark.slow
def test_a_report_with_subjects(tmp_path):
    for name, table in (("a", A), ("b", B)):
        table[["file", "onset", "offset"]].to_csv(tmp_path / f"{name}.csv", index=False)
    report, _, scored = score(tmp_path / "a.csv", tmp_path / "b.csv", group="(^.)_")
    assert float(report.recall_mean) == pytest.approx(0.5)
    assert report.attrs["n_subjects"] == 3
    assert float(report.recall_low) <= float(report.recall) <= float(report.recall_high)
    assert "recall_mean" not in scored.report()
    by_file = with_subjects(scored.report("file"), scored, "(^.)_")
    assert by_file.recall.sizes == {"file": 4}
    assert by_file.recall_mean.dims == ()


def test_with_subjects_without_its_report_says_what_it_takes():
    scored = assess(A, B, "time")
    with pytest.raises(TypeError, match=r"with_subjects\(scored.report\(\), scored, group\)"):
        with_subjects(scored, "bids")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["thumos14", "affiliation"])
def test_an_interval_is_that_of_the_scores_of_repeated_recordings(protocol):
    rng = np.random.default_rng(1)
    names = [f"f{k}" for k in range(5)]
    onset = np.tile([5.0, 20.0], 5)
    b = pd.DataFrame({"file": np.repeat(names, 2), "onset": onset, "offset": onset + 8})
    a = b.assign(onset=onset + rng.uniform(0, 6, 10), confidence=rng.permutation(10) / 10)
    scored = assess(a, b, protocol, support=dict.fromkeys(names, 40.0))
    headline = scored.protocol.headline.name
    scores = []
    for drawn in np.random.default_rng(0).integers(0, 5, (6, 5)):
        sides = []
        for side in (a, b):
            copies = [side[side["file"] == names[k]].assign(file=f"{place}") for place, k in enumerate(drawn)]
            sides.append(pd.concat(copies))
        support = dict.fromkeys(map(str, range(5)), 40.0)
        with warnings.catch_warnings():
            # copies of a prediction are as confident as each other
            warnings.simplefilter("ignore", UserWarning)
            scores.append(float(compare(*sides, protocol, support=support)[headline]))
    ours = confidence_interval(scored, headline, n_resamples=6, rng=0, method="percentile")
    np.testing.assert_allclose(ours, np.quantile(scores, [0.025, 0.975]), rtol=1e-12)


def test_each_subject_has_a_bias_of_its_own():
    of = {"file": ["sub-1_a", "sub-2_a"], "label": "x", "onset": [1.0, 1.0], "offset": [2.0, 2.0]}
    reference = pd.DataFrame(of)
    late = reference.assign(onset=[1.25, 1.5])
    table = score_subjects(assess(late, reference, "ward"))
    assert table.onset_bias.values.tolist() == [0.25, 0.5]

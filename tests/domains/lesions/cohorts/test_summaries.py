from __future__ import annotations

import tracemalloc
from math import inf, nan

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from domains._checks import UsageError
from domains.lesions import summarise
from domains.lesions.cohorts.summaries import Bootstrap, interval, number_groups, summarise_label


def test_interval_is_scipys():
    values = np.random.default_rng(1).beta(8, 2, 60)
    ours = interval(values, "dice", Bootstrap(n_resamples=9999))
    theirs = scipy.stats.bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    assert ours[0] == values.mean()
    assert ours[1:] == pytest.approx(theirs, abs=2e-3)


def test_one_case_has_no_interval_and_none_has_no_value():
    assert interval(np.array([0.5, nan]), "dice") == pytest.approx((0.5, nan, nan), nan_ok=True)
    assert interval(np.array([nan]), "dice") == pytest.approx((nan, nan, nan), nan_ok=True)
    assert interval(np.array([2.0, 4.0, inf]), "hd95")[0] == 4


def test_a_bound_that_is_the_dice_is_left_out():
    sizes = {"intersection": [1.0, 2], "size_a": [2.0, 2], "size_b": [2.0, 2]}
    cases = pd.DataFrame({**sizes, "dice": [0.5, nan], "dice_low": [0.5, nan], "dice_high": [0.6, nan]})
    rows = summarise_label(cases, Bootstrap(n_resamples=10))
    assert [(row["index"], row["statistic"]) for row in rows] == [
        *(("dice", "mean"), ("dice_high", "mean")),
        *(("dice", "pooled"), ("dice", "median")),
    ]


@pytest.mark.parametrize(("index", "statistic"), [("dice", np.mean), ("hd95", np.median)])
def test_interval_in_blocks_is_that_of_the_whole_table(index, statistic):
    values = np.random.default_rng(2).gamma(2, 3, 3001)
    values[::50] = inf
    resamples = np.random.default_rng(7).choice(values, (60, 3001))
    expected = np.quantile(statistic(resamples, axis=1), [0.05, 0.95], method="inverted_cdf")
    assert interval(values, index, Bootstrap(0.9, 60, 7)) == (statistic(values), *expected)


@pytest.mark.parametrize("index", ["dice", "hd95"])
def test_memory_is_of_the_order_of_the_cases(index):
    values = np.random.default_rng(2).gamma(2, 3, 50_000)
    tracemalloc.start()
    interval(values, index, Bootstrap(n_resamples=60))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 12 * len(values)


def test_a_case_that_is_empty_on_both_sides_takes_no_interval_away():
    sizes = {"intersection": [1.0, 2, 3], "size_a": [2.0, 2, 4], "size_b": [2.0, 4, 4]}
    cases = pd.DataFrame({**sizes, "dice": [0.5, 2 / 3, 0.75]})
    empty = pd.DataFrame({name: [nan if name == "dice" else 0.0] for name in cases})
    (*_, pooled) = summarise_label(cases, Bootstrap())
    (*_, with_empty) = summarise_label(pd.concat([cases, empty]), Bootstrap())
    assert 0.5 <= pooled["low"] < pooled["high"] <= 0.75
    assert (with_empty["low"], with_empty["high"]) == (pooled["low"], pooled["high"])
    assert (with_empty["n_scored"], with_empty["n_undefined"]) == (3, 1)
    patients = np.array([0, 0, 1, 2])
    (*_, by_patient) = summarise_label(pd.concat([cases, empty]), Bootstrap(), patients)
    (*_, without) = summarise_label(cases, Bootstrap(), patients[:3])
    assert np.isfinite(by_patient["low"])
    assert (by_patient["low"], by_patient["high"]) == (without["low"], without["high"])


def test_settings_that_are_refused():
    with pytest.raises(UsageError, match="level must be a number > 0 and <= 1"):
        Bootstrap(level=95)
    with pytest.raises(UsageError, match=r"level must be below 1, such as 0\.95; got 1"):
        Bootstrap(level=1)


# ---- groups: several cases of a patient


@pytest.fixture
def scans():
    """Scores of 90 scans of 20 patients, who have one to eight scans each; those of a patient are alike."""
    random = np.random.default_rng(3)
    patients = random.integers(0, 20, 90)
    ease = random.beta(4, 2, 20)[patients]
    size_b = random.integers(50, 500, 90).astype(float)
    size_a = np.round(size_b * random.uniform(0.8, 1.2, 90))
    intersection = np.floor(np.minimum(size_a, size_b) * ease)
    sizes = {"intersection": intersection, "size_a": size_a, "size_b": size_b}
    cases = [f"{patient:02}_{k}" for k, patient in enumerate(patients)]
    dice = 2 * intersection / (size_a + size_b)
    return pd.DataFrame({"case": cases, "label": "1", "error": "", **sizes, "dice": dice, "patient": patients})


def scipys(scans, columns, statistic, **options):
    """Return the interval that SciPy draws of the patients' sums."""
    sums = scans.assign(n=1.0).groupby("patient", sort=False)[columns].sum()
    data = tuple(sums[column].to_numpy() for column in columns)
    return scipy.stats.bootstrap(
        data, statistic, paired=True, vectorized=True, method="percentile", rng=0, **options
    ).confidence_interval


def test_intervals_by_patient_are_scipys(scans):
    summary = summarise(scans, groups=scans["patient"], n_resamples=3000, level=0.9).set_index("statistic")
    options = {"n_resamples": 3000, "confidence_level": 0.9}
    mean = scipys(scans, ["dice", "n"], lambda dice, n, axis: dice.sum(axis) / n.sum(axis), **options)
    assert summary.loc["mean", ["low", "high"]].tolist() == pytest.approx(mean, abs=1e-3)
    assert summary.loc["mean", "value"] == pytest.approx(scans["dice"].mean())

    def pooled(i, a, b, axis):
        return 2 * i.sum(axis) / (a.sum(axis) + b.sum(axis))

    columns = ["intersection", "size_a", "size_b"]
    assert summary.loc["pooled", ["low", "high"]].tolist() == pytest.approx(
        scipys(scans, columns, pooled, **options), rel=1e-12
    )
    by_case = summarise(scans, n_resamples=3000, level=0.9).set_index("statistic")
    assert (by_case["value"] == summary["value"]).all()
    wider = (summary["high"] - summary["low"]) / (by_case["high"] - by_case["low"])
    assert (wider > 1.3).all()


def test_a_median_by_patient_is_that_of_plain_resampling(scans):
    """Draw patients, take all their scans, and the median of these."""
    distances = np.random.default_rng(4).gamma(2, 3, 90)
    distances[::15] = inf
    numbers = number_groups(scans["patient"], scans)
    found = interval(distances, "hd95", Bootstrap(0.9, 300, 7), numbers)
    random = np.random.default_rng(11)
    members = [distances[numbers == k] for k in range(numbers.max() + 1)]
    medians = []
    for _ in range(4000):
        drawn = random.integers(0, len(members), len(members))
        medians.append(np.median(np.concatenate([members[k] for k in drawn])))
    wanted = np.quantile(medians, [0.05, 0.95])
    assert found[0] == np.median(distances)
    np.testing.assert_allclose(found[1:], wanted, atol=0.35)


def test_the_same_scan_twice_tells_nothing_new(scans):
    """A patient whose every scan is there three times: the interval is that of one scan each."""
    once = scans.drop_duplicates("patient")
    thrice = pd.concat([once, once, once], ignore_index=True)
    pd.testing.assert_frame_equal(
        summarise(thrice, groups=thrice["patient"])[["value", "low", "high"]],
        summarise(once)[["value", "low", "high"]],
    )


def test_a_label_of_one_patient_has_no_interval(scans):
    rare = scans[scans["patient"] == 3].assign(label="2")
    both = pd.concat([scans, rare], ignore_index=True)
    summary = summarise(both, groups=both["patient"]).set_index(["label", "statistic"])
    assert summary.loc["2", ["low", "high"]].isna().all(axis=None)
    assert summary.loc["2", "value"].notna().all()
    assert summary.loc["1", ["low", "high"]].notna().all(axis=None)


def test_a_case_that_failed_needs_no_patient(scans):
    failed = pd.DataFrame({"case": ["x"], "label": "", "error": "no such file", "patient": [None]})
    summary = summarise(pd.concat([failed, scans], ignore_index=True), groups=[None, *scans["patient"]])
    without = summarise(scans, groups=scans["patient"])
    assert set(summary["n_failed"]) == {1}
    pd.testing.assert_frame_equal(summary, without.assign(n_failed=1))


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("patient", r"groups is the text 'patient'; pass a label for each row of the scores, .* groups=scores\[...\]"),
        (["a", "b"], "groups has 2 labels for 90 rows of scores; pass one for each row"),
        (["a"] * 90, "at least two groups are needed, got one; leave groups out"),
        (["a"] * 89 + [None], "case .._89 has no label; give it one, or leave it out"),
    ],
)
def test_groups_that_are_refused(scans, groups, said):
    with pytest.raises(UsageError, match=f"lesions.summarise: .*{said}"):
        summarise(scans, groups=groups)
    # the remedies, followed
    summarise(scans, groups=scans["patient"], n_resamples=10)
    summarise(scans, n_resamples=10)
    summarise(scans[:89], groups=["a"] * 88 + ["b"], n_resamples=10)


def test_macro_micro_and_median_of_one_large_and_four_small_lesions():
    sizes = {"intersection": [90.0, 1, 1, 0, 0], "size_a": [100.0, 2, 2, 0, 1], "size_b": [100.0, 2, 2, 2, 1]}
    cases = pd.DataFrame({**sizes, "dice": [0.9, 0.5, 0.5, 0, 0]})
    dice = {row["statistic"]: row for row in summarise_label(cases, Bootstrap(n_resamples=200))}
    assert dice["mean"]["value"] == pytest.approx(1.9 / 5)
    assert dice["pooled"]["value"] == pytest.approx(2 * 92 / (105 + 107))
    assert dice["median"]["value"] == 0.5
    assert dice["median"]["low"] <= 0.5 <= dice["median"]["high"]
    assert {row["n_missed"] for row in dice.values()} == {1}


def test_two_misses_and_a_false_alarm_are_counted_one_by_one():
    sizes = {"intersection": [0.0, 0, 0, 1], "size_a": [0.0, 0, 3, 2], "size_b": [1.0, 2, 0, 2]}
    for row in summarise_label(pd.DataFrame(sizes), Bootstrap(n_resamples=10)):
        assert (row["n_missed"], row["n_spurious"]) == (2, 1)


def test_two_cases_have_a_pooled_interval_and_one_has_none():
    """Two cases: a resample holds the worse one twice, both, or the better one twice."""
    sizes = pd.DataFrame({"intersection": [0.0, 2], "size_a": [2.0, 2], "size_b": [2.0, 2]})
    (row,) = summarise_label(sizes, Bootstrap(n_resamples=200))
    assert (row["low"], row["value"], row["high"]) == (0, 0.5, 1)
    (row,) = summarise_label(sizes[1:], Bootstrap(n_resamples=200))
    assert (row["low"], row["value"], row["high"]) == pytest.approx((nan, 1, nan), nan_ok=True)

"""Oracles: scipy's own bootstrap on the plain numbers, and coverage of a known truth."""

from __future__ import annotations

import tracemalloc
from math import inf, nan

import numpy as np
import pytest
from scipy import stats

import overlap as ov
from overlap import resample

rng = np.random.default_rng(11)
SIZE_A, SIZE_B = rng.integers(50, 500, (2, 40))
CASES = ov.Overlap(rng.binomial(np.minimum(SIZE_A, SIZE_B), 0.8), SIZE_A, SIZE_B)


OTHER = ov.Overlap(rng.binomial(np.minimum(SIZE_A, SIZE_B), 0.75), SIZE_A, SIZE_B)
PATIENTS = rng.integers(0, 12, 40)
METHODS = ["percentile", "BCa"]
AVERAGES = ["micro", "macro"]


def scipys(statistic, n, method, n_resamples=999, seed=0):
    """Resample the numbers of n cases or groups, and take a statistic of those that were drawn."""
    return stats.bootstrap(
        (np.arange(n),),
        statistic,
        vectorized=True,
        rng=np.random.default_rng(seed),
        method=method,
        n_resamples=n_resamples,
    ).confidence_interval


def micro(cases, drawn, index=ov.dice):
    return index(cases[drawn].sum(-1))


def macro(cases, drawn, index=ov.dice):
    return index(cases)[drawn].mean(-1)


def by_loop(cases, drawn, average, groups):
    """Return the index of resampled groups, put together case by case."""
    cases_of = [np.flatnonzero(groups == group) for group in dict.fromkeys(groups.tolist())]
    values = np.empty(drawn.shape[:-1])
    for at in np.ndindex(values.shape):
        together = np.concatenate([cases_of[k] for k in drawn[at]])
        values[at] = average(cases, together)
    return values


@pytest.mark.parametrize("method", METHODS)
def test_macro_is_the_bootstrap_of_a_mean(method):
    got = resample.confidence_interval(CASES, "dice", rng=0, method=method, average="macro", n_resamples=999)
    expected = stats.bootstrap(
        (ov.dice(CASES),),
        np.mean,
        vectorized=True,
        rng=np.random.default_rng(0),
        method=method,
        n_resamples=999,
    ).confidence_interval
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_micro_is_the_index_of_the_sum():
    low, high = resample.confidence_interval(CASES, rng=0, n_resamples=999)
    assert low < ov.dice(CASES.sum()) < high
    assert (low, high) == resample.confidence_interval(CASES, rng=0, n_resamples=999.0)
    again = resample.confidence_interval(CASES, ov.dice, rng=0, n_resamples=999)
    assert (low, high) == tuple(again)


def test_covers_the_truth_about_as_often_as_it_says():
    hits, trials = 0, 200
    for seed in range(trials):
        draw = np.random.default_rng(seed)
        size = draw.integers(50, 500, 40)
        o = ov.Overlap(draw.binomial(size, 0.8), size, size)
        low, high = resample.confidence_interval(o, "recall", level=0.9, n_resamples=299, rng=seed)
        hits += low <= 0.8 <= high
    assert 0.82 <= hits / trials <= 0.97


def test_axis_and_shape():
    o = ov.Overlap(*(np.stack([x, x[::-1]]) for x in (CASES.intersection, SIZE_A, SIZE_B)))
    interval = resample.confidence_interval(o, axis=1, n_resamples=99, rng=0)
    assert interval.low.shape == (2,)
    assert (interval.low < interval.high).all()


@pytest.mark.parametrize("average", AVERAGES)
def test_undefined_cases_are_left_out(average):
    holes = ov.Overlap(*(np.r_[x, 0, 0, 0] for x in (CASES.intersection, SIZE_A, SIZE_B)))
    got = resample.confidence_interval(holes, rng=0, average=average, n_resamples=999)
    np.testing.assert_array_equal(got, resample.confidence_interval(CASES, rng=0, average=average, n_resamples=999))
    nothing = ov.Overlap(np.zeros(5), np.zeros(5), np.zeros(5))
    assert np.isnan(resample.confidence_interval(nothing, average=average)).all()


@pytest.mark.parametrize("average", AVERAGES)
def test_perfect_cases_leave_no_doubt(average):
    perfect = ov.Overlap(SIZE_A, SIZE_A, SIZE_A)
    assert tuple(resample.confidence_interval(perfect, average=average)) == (1.0, 1.0)


def test_the_ends_have_names():
    interval = resample.confidence_interval(CASES, rng=0, n_resamples=99)
    assert isinstance(interval, resample.ConfidenceInterval)
    assert interval == (interval.low, interval.high)
    assert interval.low < interval.high


def test_bad_arguments():
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        resample.confidence_interval(CASES, level=95)
    with pytest.raises(ValueError, match="axis 3"):
        resample.confidence_interval(CASES, axis=3)
    with pytest.raises(ValueError, match="at least two cases"):
        resample.confidence_interval(CASES[:1])
    with pytest.raises(ValueError, match=r"index must be one of .*'dice'.* got 'f1'"):
        resample.confidence_interval(CASES, "f1")
    with pytest.raises(ValueError, match="BCa"):
        resample.confidence_interval(CASES, method="normal")
    with pytest.raises(ValueError, match="macro"):
        resample.confidence_interval(CASES, average="mean")


@pytest.mark.parametrize("kind", ["whole", "real", "uint8", "float16"])
@pytest.mark.parametrize("index", ["dice", "recall", "ochiai", "volume_similarity"])
@pytest.mark.parametrize("average", [micro, macro])
@pytest.mark.parametrize("method", METHODS)
def test_same_interval_as_scipy(kind, index, average, method):
    draw = np.random.default_rng(3)
    size_a, size_b = draw.integers(1, 100, (2, 25))
    shared = draw.binomial(np.minimum(size_a, size_b), 0.8)
    cases = ov.Overlap(shared, size_a, size_b)
    if kind == "real":
        cases = ov.Overlap(shared * 0.37, size_a * 0.41, size_b * 0.43)
    if kind in ("uint8", "float16"):
        cases = ov.Overlap(shared.astype(kind), size_a.astype(kind), size_b.astype(kind))
    got = resample.confidence_interval(cases, index, rng=5, method=method, average=average.__name__, n_resamples=400)
    wide = ov.Overlap(*(np.asarray(x, float) for x in (cases.intersection, cases.size_a, cases.size_b)))
    expected = scipys(lambda drawn, axis: average(wide, drawn, ov.INDICES[index]), 25, method, 400, seed=5)
    # sums of whole numbers are exact in any order
    np.testing.assert_allclose(got, expected, rtol=1e-12 if kind in ("real", "float16") or average is macro else 0)


@pytest.mark.parametrize("average", [micro, macro])
@pytest.mark.parametrize("method", METHODS)
def test_paired_difference_is_scipys(average, method):
    def difference(i, a, b, j, c, d, axis):
        first = ov.Overlap(i, a, b)
        second = ov.Overlap(j, c, d)
        if average is micro:
            return ov.dice(first.sum(axis)) - ov.dice(second.sum(axis))
        return (ov.dice(first) - ov.dice(second)).mean(axis)

    got = resample.confidence_interval(
        CASES, rng=0, method=method, average=average.__name__, n_resamples=999, other=OTHER
    )
    sizes = [CASES.intersection, SIZE_A, SIZE_B, OTHER.intersection, SIZE_A, SIZE_B]
    expected = stats.bootstrap(
        [np.asarray(x, float) for x in sizes],
        difference,
        paired=True,
        vectorized=True,
        rng=np.random.default_rng(0),
        method=method,
        n_resamples=999,
    ).confidence_interval
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert got.low < difference(*sizes, axis=0) < got.high


@pytest.mark.parametrize("average", [micro, macro])
@pytest.mark.parametrize("method", METHODS)
def test_groups_are_scipys_resampled_groups(average, method):
    groups = [f"patient {k}" for k in PATIENTS]
    got = resample.confidence_interval(
        CASES, rng=0, method=method, average=average.__name__, n_resamples=199, groups=groups
    )
    n_groups = len(set(groups))
    expected = scipys(lambda drawn, axis: by_loop(CASES, drawn, average, PATIENTS), n_groups, method, 199)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("average", [micro, macro])
@pytest.mark.parametrize("method", METHODS)
def test_groups_and_another_model_together(average, method):
    def difference(drawn, axis):
        return by_loop(CASES, drawn, average, PATIENTS) - by_loop(OTHER, drawn, average, PATIENTS)

    got = resample.confidence_interval(
        CASES, rng=0, method=method, average=average.__name__, n_resamples=199, groups=PATIENTS, other=OTHER
    )
    expected = scipys(difference, len(set(PATIENTS)), method, 199)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("average", AVERAGES)
def test_a_group_for_each_case_changes_nothing(average):
    alone = resample.confidence_interval(CASES, rng=0, average=average, n_resamples=99)
    labels = np.arange(40)[::-1]
    assert alone == resample.confidence_interval(CASES, rng=0, average=average, n_resamples=99, groups=labels)


def test_copies_of_cases_pretend_to_no_certainty():
    """Each case ten times: by case the interval is too short by the root of ten, by group it is what it was."""
    copies = CASES[np.repeat(np.arange(40), 10)]
    groups = np.repeat(np.arange(40), 10)
    once = resample.confidence_interval(CASES, rng=0, n_resamples=499)
    by_group = resample.confidence_interval(copies, rng=0, n_resamples=499, groups=groups)
    by_case = resample.confidence_interval(copies, rng=0, n_resamples=499)
    np.testing.assert_allclose(by_group, once, rtol=1e-12)
    assert 2.5 < (once.high - once.low) / (by_case.high - by_case.low) < 4


@pytest.mark.parametrize("average", AVERAGES)
def test_a_case_undefined_in_one_model_is_left_out_of_both(average):
    holes = np.zeros(40)
    holes[:3] = 1
    with_holes = ov.Overlap(*(np.where(holes, 0, x) for x in (CASES.intersection, SIZE_A, SIZE_B)))
    options = {"rng": 0, "average": average, "n_resamples": 99}
    got = resample.confidence_interval(with_holes, other=OTHER, groups=PATIENTS, **options)
    rest = resample.confidence_interval(CASES[3:], other=OTHER[3:], groups=PATIENTS[3:], **options)
    assert got == rest


@pytest.mark.parametrize("average", AVERAGES)
def test_a_model_does_not_differ_from_itself(average):
    assert resample.confidence_interval(CASES, other=CASES, average=average, n_resamples=99) == (0, 0)


def test_one_group_that_is_defined_has_no_interval():
    empty_too = ov.Overlap([3, 2, 0], [4, 4, 0], [5, 4, 0])
    assert np.isnan(resample.confidence_interval(empty_too, groups=["a", "a", "b"])).all()


def test_infinite_sizes_and_a_huge_one():
    """A case of infinite size has a Dice of 0, and the sums of the others are what they are without it."""
    infinite = ov.Overlap([3.0, 2, 4, 1], [4.0, 4, 4, inf], [5.0, 4, 4, 2])
    got = resample.confidence_interval(infinite, rng=0, n_resamples=99)
    expected = scipys(lambda drawn, axis: micro(infinite, drawn), 4, "BCa", 99)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    column = np.array([3.0, inf, 1, 1e300, 1])
    np.testing.assert_array_equal(resample._sums_without_each(column), [np.delete(column, k).sum() for k in range(5)])


def test_equal_indices_of_cases_are_not_an_equal_index_of_sums():
    """Each case has a volume similarity of 0.5, and the sum of all has 1; no case moves it more than another."""
    cases = ov.Overlap([1, 1, 1, 1], [1, 3, 1, 3], [3, 1, 3, 1])
    for method in METHODS:
        low, high = resample.confidence_interval(cases, "volume_similarity", rng=0, method=method, n_resamples=99)
        assert 0.5 <= low < high == 1


def test_bca_that_is_not_defined_says_so():
    """No resample reaches the value of the sample."""

    def nearness(o):
        return -np.abs(o.intersection - CASES.intersection.sum())

    with pytest.warns(stats.DegenerateDataWarning, match="use method='percentile'"):
        ends = resample.confidence_interval(CASES, nearness, rng=2, n_resamples=9)
    assert np.isnan(ends).all()
    low, high = resample.confidence_interval(CASES, nearness, rng=2, n_resamples=9, method="percentile")
    assert low < high < 0


@pytest.mark.slow
@pytest.mark.parametrize("average", AVERAGES)
def test_memory_is_of_the_order_of_the_counts(average):
    n = 100_000
    draw = np.random.default_rng(0)
    cases = ov.Overlap(draw.random(n), 1 + draw.random(n), 1 + draw.random(n))
    other = ov.Overlap(draw.random(n), cases.size_a, cases.size_b)
    tracemalloc.start()
    resample.confidence_interval(cases, rng=0, n_resamples=40, average=average, other=other, groups=np.arange(n) // 2)
    resample.confidence_interval(cases, rng=0, n_resamples=40, average=average, other=other)
    resample.interval_of(cases.intersection, "median", rng=0, n_resamples=40)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 24 * n


@pytest.mark.slow
@pytest.mark.parametrize("n", [17, 35, 38])
def test_a_draw_by_part_is_a_draw_of_all(n, monkeypatch):
    """Sums have the mean and the variance of a bootstrap, and two cases are drawn together as often as they should."""
    monkeypatch.setattr(resample, "_BLOCK", 16)
    monkeypatch.setattr(resample, "_PART", 7)
    n_resamples = 3000
    one_case = np.eye(n)
    columns = [
        np.random.default_rng(0).gamma(2, 3, n),
        one_case[n - 1],
        one_case[0] + one_case[1],
        one_case[0] + one_case[n - 1],
        one_case[:7].sum(axis=0),  # a whole part
    ]
    sums = resample._sums(columns, n_resamples, np.random.default_rng(1))
    for column, total in zip(columns, sums, strict=True):
        error = np.sqrt(n * column.var() / n_resamples)
        assert abs(total.mean() - column.sum()) < 4 * error
        assert total.var() == pytest.approx(n * column.var(), rel=0.15)
    (counts,) = resample._sums([np.ones(n)], 50, np.random.default_rng(1))
    assert set(counts) == {n}


@pytest.mark.slow
def test_intervals_by_part_are_those_of_all(monkeypatch):
    options = {"rng": 0, "n_resamples": 2000}
    values = np.round(CASES.intersection, -1)
    whole = [resample.confidence_interval(CASES, **options), resample.interval_of(values, "median", **options)]
    monkeypatch.setattr(resample, "_BLOCK", 16)
    monkeypatch.setattr(resample, "_PART", 7)
    by_part = [resample.confidence_interval(CASES, **options), resample.interval_of(values, "median", **options)]
    np.testing.assert_allclose(by_part[0], whole[0], atol=8e-3)
    np.testing.assert_allclose(by_part[1], whole[1], atol=10)
    assert by_part[0] != whole[0]


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_an_interval_of_values_is_read_off_scipys_resamples(statistic):
    values = rng.gamma(2, 3, 31)
    take = getattr(np, statistic)
    got = resample.interval_of(values, statistic, rng=4, n_resamples=500, level=0.9)
    drawn = np.random.default_rng(4).integers(0, 31, (500, 31))
    expected = np.quantile(take(values[drawn], axis=1), [0.05, 0.95], method="inverted_cdf")
    np.testing.assert_array_equal(got, expected)
    linear = stats.bootstrap(
        (values,), take, confidence_level=0.9, n_resamples=500, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    np.testing.assert_allclose(got, linear, rtol=0.01)


@pytest.mark.parametrize("statistic", ["mean", "median"])
@pytest.mark.parametrize("n", [12, 13])
def test_an_interval_of_values_by_group(statistic, n):
    values = np.random.default_rng(n).gamma(2, 3, n)
    groups = np.arange(n) % 5 // 2
    take = getattr(np, statistic)
    drawn = np.random.default_rng(0).integers(0, 3, (200, 3))
    resampled = [take(np.concatenate([values[groups == k] for k in row])) for row in drawn]
    expected = np.quantile(resampled, [0.025, 0.975], method="inverted_cdf")
    got = resample.interval_of(values, statistic, rng=0, n_resamples=200, groups=groups)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_an_interval_of_infinite_and_missing_values():
    distances = [1.0, 2, 2, 3, nan, 5, inf]
    low, high = resample.interval_of(distances, "median", rng=0, n_resamples=999)
    assert low == 1.5
    assert high == inf
    assert resample.interval_of([1.0, 2, 2, 3, 5, inf], "median", rng=0, n_resamples=999) == (low, high)
    assert np.isnan(resample.interval_of([1.0, nan])).all()
    assert np.isnan(resample.interval_of([])).all()
    assert resample.interval_of([0.25] * 4) == (0.25, 0.25)


def test_bad_groups_others_and_values():
    with pytest.raises(ValueError, match=r"confidence_interval: groups has 3 labels for 40 cases"):
        resample.confidence_interval(CASES, groups=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"other has shape \(39,\) and o \(40,\)"):
        resample.confidence_interval(CASES, other=CASES[1:])
    with pytest.raises(TypeError, match="other is a ndarray, not the Overlap"):
        resample.confidence_interval(CASES, other=SIZE_A)
    for n_resamples in (0, 99.5, -1, nan):
        with pytest.raises(ValueError, match="n_resamples must be a whole number >= 1"):
            resample.confidence_interval(CASES, n_resamples=n_resamples)
    with pytest.raises(ValueError, match=r"values must be one row.*\(2, 2\)"):
        resample.interval_of(np.ones((2, 2)))
    with pytest.raises(ValueError, match="statistic must be one of 'mean', 'median'"):
        resample.interval_of([1.0, 2.0], "mode")
    with pytest.raises(ValueError, match="interval_of: level"):
        resample.interval_of([1.0, 2.0], level=1)
    with pytest.raises(ValueError, match="interval_of: groups has 1 labels for 2 cases"):
        resample.interval_of([1.0, 2.0], groups=["a"])


@pytest.mark.parametrize("grouped", [False, True], ids=["cases", "groups"])
@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_an_interval_of_a_figure_that_is_no_function_of_sums_is_scipys(method, grouped):
    values = np.random.default_rng(4).gamma(2.0, size=24)
    groups = np.arange(24) // 3 if grouped else None

    def figure(times):
        return np.array([[np.median(np.repeat(values, row)), np.repeat(values, row).max()] for row in times])

    def median(drawn, axis):
        taken = values[drawn] if groups is None else values.reshape(8, 3)[drawn].reshape(*drawn.shape[:-1], -1)
        return np.median(taken, axis=-1)

    theirs = scipys(median, 8 if grouped else 24, method, n_resamples=299)
    ours = resample.interval_of_figure(figure, 24, rng=0, n_resamples=299, method=method, groups=groups)
    assert (ours.low[0], ours.high[0]) == pytest.approx(tuple(theirs), rel=1e-12)
    assert ours.high[1] == values.max()


def test_a_resample_without_the_figure_is_left_out_of_its_interval():
    def figure(times):
        return np.where(times[:, 0] > 0, times @ [1.0, 2.0, 3.0], nan)

    low, high = resample.interval_of_figure(figure, 3, rng=0, n_resamples=500, method="percentile")
    assert 3 <= low < high <= 7
    assert np.isnan(resample.interval_of_figure(lambda times: np.full(len(times), nan), 3, method="percentile")).all()
    with pytest.raises(ValueError, match="interval_of_figure: at least two cases are needed, got 1"):
        resample.interval_of_figure(figure, 1)


@pytest.mark.parametrize("rng", [-1, 1.5, True, "0", [1, 2]], ids=str)
def test_what_is_no_seed_is_refused_by_name(rng):
    o = ov.Overlap([3.0, 1.0], [4.0, 2.0], [5.0, 2.0])
    said = "rng must be a whole number >= 0, a numpy.random.Generator or None; got "
    with pytest.raises(ValueError, match=f"confidence_interval: {said}"):
        resample.confidence_interval(o, "dice", rng=rng)
    with pytest.raises(ValueError, match=f"interval_of: {said}"):
        resample.interval_of([1.0, 2.0], rng=rng)
    with pytest.raises(ValueError, match=f"interval_of_figure: {said}"):
        resample.interval_of_figure(lambda times: times[:, 0] * 1.0, 2, rng=rng)

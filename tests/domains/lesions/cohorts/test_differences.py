"""Oracle: the same draws, written out in plain numpy."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.lesions.cohorts.differences import Rules, differences, pooled, summed_up
from domains.lesions.cohorts.summaries import Bootstrap

BOOTSTRAP = Bootstrap(0.9, 500, 11)


def rows(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"size_a": np.ones(n), "size_b": np.ones(n), **columns})


def drawn(n, n_resamples=500, seed=11):
    return np.random.default_rng(seed).integers(0, n, (n_resamples, n))


def ends(distribution, level=0.9):
    return np.quantile(distribution, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf").tolist()


@pytest.fixture
def random():
    return np.random.default_rng(5)


def test_the_mean_difference_is_a_plain_bootstraps(random):
    a, b = random.beta(6, 2, (2, 40))
    row = summed_up(differences(rows(dice=a), rows(dice=b), "dice", Rules()), "dice", BOOTSTRAP, None)
    d = a - b
    assert (row["a"], row["b"], row["difference"]) == (a.mean(), b.mean(), d.mean())
    assert [row["low"], row["high"]] == ends(d[drawn(40)].mean(axis=1))


def test_the_median_of_distances_is_a_plain_bootstraps_with_misses(random):
    a, b = random.gamma(2, 3, (2, 41))
    a[[3, 8]] = inf
    b[[8, 9, 20]] = inf
    row = summed_up(differences(rows(hd95=a), rows(hd95=b), "hd95", Rules()), "hd95", BOOTSTRAP, None)
    both = np.isinf(a) & np.isinf(b)
    d = np.where(both, 0, np.where(both, 0, a) - np.where(both, 0, b))
    assert row["difference"] == np.median(d)
    assert [row["low"], row["high"]] == ends(np.median(d[drawn(41)], axis=1))
    assert row["n_compared"] == 41
    assert row["n_infinite"] == 4


def test_whole_groups_are_drawn(random):
    a, b = random.beta(6, 2, (2, 30))
    groups = np.sort(random.integers(0, 9, 30))
    groups = np.unique(groups, return_inverse=True)[1]
    row = summed_up(differences(rows(dice=a), rows(dice=b), "dice", Rules()), "dice", BOOTSTRAP, groups)
    n = groups.max() + 1
    d = a - b
    sums = np.array([d[groups == k].sum() for k in range(n)])
    counts = np.array([(groups == k).sum() for k in range(n)])
    of_each = drawn(n)
    assert row["difference"] == d.mean()
    expected = ends(sums[of_each].sum(axis=1) / counts[of_each].sum(axis=1))
    assert [row["low"], row["high"]] == pytest.approx(expected, abs=1e-15)


def test_the_pooled_difference_is_a_plain_bootstraps(random):
    size_b = random.integers(20, 90, 25).astype(float)
    size_a, other_size_a = random.integers(20, 90, (2, 25)).astype(float)
    i = np.floor(np.minimum(size_a, size_b) * 0.8)
    j = np.floor(np.minimum(other_size_a, size_b) * 0.7)
    a = pd.DataFrame({"intersection": i, "size_a": size_a, "size_b": size_b, "dice": 2 * i / (size_a + size_b)})
    b = pd.DataFrame(
        {"intersection": j, "size_a": other_size_a, "size_b": size_b, "dice": 2 * j / (other_size_a + size_b)}
    )
    row = pooled(a, b, differences(a, b, "dice", Rules()), BOOTSTRAP, None)
    d = drawn(25)

    def of_sums(i, size_a):
        return 2 * i[d].sum(axis=1) / (size_a[d].sum(axis=1) + size_b[d].sum(axis=1))

    plain = np.quantile(of_sums(i, size_a) - of_sums(j, other_size_a), [0.05, 0.95])
    assert row["difference"] == pytest.approx(
        2 * i.sum() / (size_a + size_b).sum() - 2 * j.sum() / (other_size_a + size_b).sum()
    )
    assert [row["low"], row["high"]] == pytest.approx(plain, abs=1e-14)


@pytest.mark.parametrize(
    ("index", "a", "b", "better"),
    [
        ("dice", 0.7, 0.6, "a"),
        ("dice", 0.6, 0.7, "b"),
        ("dice", 0.3, 0.1 + 0.2, "tie"),
        ("dice", nan, 0.5, ""),
        ("hd95", 2.0, 3.0, "a"),
        ("hd95", inf, 3.0, "b"),
        ("hd95", 3.0, inf, "a"),
        ("hd95", inf, inf, "tie"),
        ("nsd", 0.9, 1.0, "b"),
    ],
)
def test_who_is_better(index, a, b, better):
    found = differences(rows(**{index: [a]}), rows(**{index: [b]}), index, Rules())
    assert found["better"].tolist() == [better]


def test_infinitely_worse_and_infinitely_better_are_midway_a_tie():
    a, b = rows(hd95=[inf, 1.0, inf, 2.0]), rows(hd95=[1.0, inf, 3.0, inf])
    row = summed_up(differences(a, b, "hd95", Rules()), "hd95", BOOTSTRAP, None)
    assert (row["difference"], row["low"], row["high"], row["better"]) == (0, -inf, inf, "")
    assert (row["wins"], row["losses"], row["n_infinite"]) == (2, 2, 4)


def test_a_penalty_stands_for_infinity():
    a, b = rows(hd95=[inf, 1.0, inf]), rows(hd95=[1.0, inf, inf])
    found = differences(a, b, "hd95", Rules(infinite=373.0))
    assert found["difference"].tolist() == [372, -372, 0]
    row = summed_up(found, "hd95", BOOTSTRAP, None)
    assert row["n_infinite"] == 0


@pytest.mark.parametrize(("index", "spurious", "gained"), [("dice", 0.0, 1.0), ("hd95", inf, -inf), ("nsd", 0.0, 1.0)])
def test_who_rightly_has_nothing_is_perfect(index, spurious, gained):
    """A case without a lesion: one model leaves it alone, the other marks something."""
    a = pd.DataFrame({"size_a": [0.0], "size_b": [0.0], index: [nan]})
    b = pd.DataFrame({"size_a": [3.0], "size_b": [0.0], index: [spurious]})
    found = differences(a, b, index, Rules())
    assert found[["difference", "better"]].values.tolist() == [[gained, "a"]]
    assert differences(b, a, index, Rules())["better"].tolist() == ["b"]
    assert differences(a, a, index, Rules())["better"].tolist() == [""], "nothing to compare"
    assert differences(a, b, index, Rules(absent="skip"))["better"].tolist() == [""]


def test_an_index_that_is_undefined_though_something_is_there_is_not_perfect():
    """The precision of an empty prediction is 0/0, and the lesion is missed."""
    a = pd.DataFrame({"size_a": [0.0], "size_b": [2.0], "precision": [nan]})
    b = pd.DataFrame({"size_a": [1.0], "size_b": [2.0], "precision": [0.5]})
    assert differences(a, b, "precision", Rules())["better"].tolist() == [""]


def test_undefined_pairs_are_counted():
    found = differences(rows(dice=[0.5, nan, 0.7]), rows(dice=[0.4, 0.5, nan]), "dice", Rules())
    row = summed_up(found, "dice", BOOTSTRAP, None)
    assert (row["n_compared"], row["n_undefined"]) == (1, 2)
    assert row["difference"] == pytest.approx(0.1)
    assert np.isnan([row["low"], row["high"]]).all(), "one case has no interval"


@pytest.mark.parametrize(("index", "shift", "better"), [("dice", 0.2, "a"), ("dice", -0.2, "b"), ("hd95", 0.2, "b")])
def test_better_is_the_side_of_the_interval(random, index, shift, better):
    b = random.uniform(0.3, 0.6, 30)
    a = b + shift + random.normal(0, 0.01, 30)
    row = summed_up(differences(rows(**{index: a}), rows(**{index: b}), index, Rules()), index, BOOTSTRAP, None)
    assert row["better"] == better
    same = summed_up(differences(rows(**{index: b}), rows(**{index: b}), index, Rules()), index, BOOTSTRAP, None)
    assert (same["better"], same["ties"], same["low"], same["high"]) == ("", 30, 0, 0)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("absent", "drop", "absent must be one of"),
        ("infinite", -1, "infinite must be"),
        ("infinite", "far", "infinite"),
    ],
)
def test_rules_that_are_refused(option, value, said):
    with pytest.raises(UsageError, match=f"^lesions.compare_models: {said}"):
        Rules(**{option: value})


def test_wins_ties_and_losses_are_counted_apart():
    a = rows(dice=[0.9, 0.5, 0.1, 0.2, nan])
    b = rows(dice=[0.1, 0.5, 0.9, 0.8, 0.5])
    row = summed_up(differences(a, b, "dice", Rules()), "dice", BOOTSTRAP, None)
    assert (row["wins"], row["ties"], row["losses"], row["n_compared"]) == (1, 1, 2, 4)

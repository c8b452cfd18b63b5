"""statsmodels and krippendorff on drawn annotators, tables whose kappa is known, and what may not change it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains.events import agree, compare, confusion_matrix, fleiss_kappa
from domains.events.annotators.annotators import pairs_of

GOLDEN = json.loads((Path(__file__).parents[3] / "data" / "annotators.json").read_text())["cases"]


def tables(case, **columns):
    made = [pd.DataFrame(rows, columns=["onset", "offset", "label"]) for rows in case["raters"]]
    return [table.assign(**columns) for table in made]


@pytest.mark.parametrize("k", range(len(GOLDEN)))
def test_kappa_and_alpha_as_the_tools(k):
    case = GOLDEN[k]
    answer = case["answer"]
    labels = list(answer["fleiss"])
    over_time = agree(*tables(case), support=case["seconds"]).sel(label=labels)
    np.testing.assert_allclose(over_time.fleiss, list(answer["fleiss"].values()), rtol=0, atol=1e-12)
    cohen = over_time.cohen.sel(rater="1", other="2")
    np.testing.assert_allclose(cohen, list(answer["cohen"].values()), rtol=0, atol=1e-12)
    np.testing.assert_allclose(over_time.alpha, over_time.fleiss, rtol=0, atol=1e-12)
    # an epoch of one second is a rating of theirs, and alpha knows how many there are
    by_epoch = fleiss_kappa(*tables(case), support=case["seconds"], epoch=1.0).sel(label=labels)
    np.testing.assert_allclose(by_epoch.fleiss, list(answer["fleiss"].values()), rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_epoch.alpha, list(answer["alpha"].values()), rtol=0, atol=1e-12)


def test_a_table_whose_kappa_is_known():
    """Ten subjects, fourteen raters, five categories: 0.210 (https://en.wikipedia.org/wiki/Fleiss'_kappa)."""
    counts = np.array(
        [
            *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
            *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
        ]
    )
    ratings = np.array([np.repeat(np.arange(5), row) for row in counts])
    begin = np.arange(10.0)
    raters = [pd.DataFrame({"onset": begin, "offset": begin + 1, "label": [f"{x}" for x in k]}) for k in ratings.T]
    assert round(float(fleiss_kappa(*raters, support=10.0).fleiss.sel(label="(all)")), 3) == 0.210


def test_two_annotators_as_compare_has_them():
    a, b, *_ = tables(GOLDEN[0], file="f")
    report = agree(a, b, support={"f": GOLDEN[0]["seconds"]})
    pair = report.sel(rater="1", other="2")
    pooled = compare(a, b, "time", support={"f": GOLDEN[0]["seconds"]})
    for name, theirs in (("dice", "dice"), ("iou", "iou"), ("cohen", "kappa")):
        np.testing.assert_allclose(pair[name].sel(label="(all)"), pooled[theirs], rtol=1e-12)
    by_label = compare(a, b, "time", support={"f": GOLDEN[0]["seconds"]}, by="label")
    np.testing.assert_allclose(pair.cohen.sel(label=by_label.label), by_label.kappa, rtol=1e-12)
    matrix = confusion_matrix(a, b, support={"f": GOLDEN[0]["seconds"]})
    np.testing.assert_allclose(pair.confusion, matrix, rtol=1e-12)


def test_recordings_add_up():
    first, second = GOLDEN[0], GOLDEN[3]
    n = min(len(first["raters"]), len(second["raters"]))
    pairs = zip(tables(first, file="a")[:n], tables(second, file="b")[:n], strict=True)
    both = [pd.concat(pair) for pair in pairs]
    support = {"a": first["seconds"], "b": second["seconds"]}
    apart = agree(*both, support=support, by="file")
    pooled = agree(*both, support=support)
    np.testing.assert_allclose(apart.confusion.sum("file"), pooled.confusion)
    alone = agree(*tables(first, file="a")[:n], support=support["a"])
    labels = alone.label
    np.testing.assert_allclose(apart.fleiss.sel(file="a", label=labels), alone.fleiss)


def test_the_order_of_annotators_makes_no_difference():
    a, b, c, *_ = tables(GOLDEN[0])
    one = agree(a, b, c, names="abc", support=GOLDEN[0]["seconds"])
    other = agree(c, a, b, names="cab", support=GOLDEN[0]["seconds"]).sel(rater=one.rater, other=one.other)
    for name in ("dice", "cohen", "fleiss", "intersection", "alpha"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12)
    np.testing.assert_array_equal(one.cohen.values.diagonal(axis1=1, axis2=2), np.ones((len(one.label), 3)))


def test_epochs_have_the_label_that_lasts_longest():
    a = pd.DataFrame({"onset": [0.0, 16, 60], "offset": [16.0, 40, 75], "label": ["wake", "sleep", "wake"]})
    # 0-30: wake 16 s, sleep 14 s; 30-60: none 20 s; 60-90: wake 15 s and none 15 s, a label before none
    report = agree(a, a[:1], support=100.0, epoch=30.0)
    confusion = report.confusion.sel(rater="1", other="2").to_pandas()
    assert confusion.loc["wake", "wake"] == 1
    assert confusion.loc["wake", "(none)"] == 1
    assert confusion.loc["(none)", "(none)"] == 2
    assert report.attrs["units"] == "epochs"
    # what overlaps of one label counts once
    twice = pd.concat([a, a])
    assert agree(twice, a, support=100.0, epoch=30.0).cohen.sel(label="(all)", rater="1", other="2") == 1


def test_two_labels_at_once_have_no_kappa_of_all():
    a = pd.DataFrame({"onset": [0, 1], "offset": [5, 3], "label": ["x", "y"]})
    report = agree(a, a[:1], a[:1], support=10.0)
    assert np.isnan(report.fleiss.sel(label="(all)"))
    assert report.fleiss.sel(label="x") == 1


def test_what_was_scored_is_needed_for_kappa_alone():
    report = agree([[0, 10]], [[5, 15]])
    pair = report.sel(label="", rater="1", other="2")
    np.testing.assert_allclose([pair.dice, pair.iou], [0.5, 1 / 3])
    assert np.isnan([pair.cohen, pair.observed, report.fleiss.sel(label="")]).all()
    assert report.attrs["support"] == "not known for all files"
    # what lies outside is cut off, and several stretches are a set
    scored = pd.DataFrame({"file": ["", ""], "onset": [0, 8], "offset": [6, 10]})
    pair = agree([[0, 10]], [[5, 15]], support=scored).sel(label="", rater="1", other="2")
    assert [float(pair[name]) for name in ("intersection", "size_a", "size_b")] == [3, 8, 3]


def test_nothing_at_all():
    nothing = np.empty((0, 2))
    report = agree(nothing, nothing, support=10.0)
    assert report.label.values.tolist() == ["(all)"]
    assert np.isnan(report.cohen.sel(rater="1", other="2")).all()


def test_rows_of_pairs_and_of_all():
    a, b, c, *_ = tables(GOLDEN[0])
    report = agree(a, b, c, names=["anna", "bert", "carl"], support=GOLDEN[0]["seconds"])
    rows = pairs_of(report)
    assert len(rows) == len(report.label) * (3 + 1)
    last = rows.iloc[-1]
    assert last[["label", "rater", "other"]].tolist() == ["(all)"] * 3
    np.testing.assert_allclose(last["kappa"], report.fleiss.sel(label="(all)"))
    assert len(pairs_of(agree(a, b, support=GOLDEN[0]["seconds"], by="file"))) == len(report.label) * 2


# ---- what is given wrongly, and the remedies as they are written


def test_wrong_uses():
    with pytest.raises(ValueError, match="two annotators or more, got 1"):
        agree([[0, 1]])
    with pytest.raises(ValueError, match="two annotators are called 'x'"):
        agree([[0, 1]], [[0, 1]], names=["x", "x"])
    with pytest.raises(ValueError, match="2 annotators and 1 names"):
        agree([[0, 1]], [[0, 1]], names=["x"])
    with pytest.raises(ValueError, match="pass support="):
        agree([[0, 1]], [[0, 1]], epoch=1.0)
    assert agree([[0, 1]], [[0, 1]], epoch=1.0, support=4.0).attrs["units"] == "epochs"
    with pytest.raises(ValueError, match="epoch must be"):
        agree([[0, 1]], [[0, 1]], epoch=0, support=4.0)
    with pytest.raises(ValueError, match="by must be"):
        agree([[0, 1]], [[0, 1]], by="label")


def recordings(n):
    """Return two annotators of n recordings, and how long each is."""
    draw = np.random.default_rng(5)
    onset = draw.uniform(10, 70, n)
    a = pd.DataFrame({"file": [f"f{k}" for k in range(n)], "onset": onset, "offset": onset + 20, "label": "x"})
    b = a.assign(onset=onset + draw.normal(0, 2, n), offset=onset + 20 + draw.normal(0, 2, n))
    return a, b, dict.fromkeys(a["file"], 100.0)


@pytest.mark.slow
def test_intervals_are_quantiles_of_kappa_over_resampled_recordings():
    a, b, support = recordings(6)
    n = 20
    report = agree(a, b, support=support, n_resamples=n, rng=3).sel(rater="1", other="2")
    of_resamples = []
    drawn = np.random.default_rng(3).multinomial(6, np.full(6, 1 / 6), n)
    for times in drawn:
        # each recording as often as it was drawn, under names of their own
        rows = [(k, copy) for k in range(6) for copy in range(times[k])]
        sides = []
        for side in (a, b):
            table = side.iloc[[k for k, _ in rows]]
            sides.append(table.assign(file=[f"{k}_{copy}" for k, copy in rows]))
        again = agree(*sides, support={f"{k}_{copy}": 100.0 for k, copy in rows}, n_resamples=0)
        of_resamples.append(float(again.cohen.sel(label="x", rater="1", other="2")))
    low, high = np.quantile(of_resamples, [0.025, 0.975], method="inverted_cdf")
    assert float(report.cohen_low.sel(label="x")) == pytest.approx(low, abs=1e-12)
    assert float(report.cohen_high.sel(label="x")) == pytest.approx(high, abs=1e-12)


def test_intervals_hold_kappa_and_are_in_the_table():
    a, b, support = recordings(12)
    report = agree(a, b, a, support=support)
    rows = pairs_of(report)
    assert (rows["kappa_low"] <= rows["kappa"]).all()
    assert (rows["kappa"] <= rows["kappa_high"]).all()
    assert (report.alpha_low <= report.alpha).all()
    assert report.attrs["interval"] == "95 %"
    wider = agree(a, b, a, support=support, level=0.99)
    assert float(wider.fleiss_low[0]) < float(report.fleiss_low[0])


def test_one_recording_has_no_interval_and_neither_have_recordings_kept_apart():
    a, b, support = recordings(2)
    assert pairs_of(agree(a[:1], b[:1], support=100.0))["kappa_low"].isna().all()
    assert "kappa_low" not in pairs_of(agree(a, b, support=support, by="file"))
    # what is not known has none
    assert agree(a, b).fleiss_low.isnull().all()
    with pytest.raises(ValueError, match="events.agree: level must be"):
        agree(a, b, support=support, level=1.0)


@pytest.mark.parametrize("wrong", [{"rng": "x"}, {"rng": -1}, {"n_resamples": 1.5}])
def test_a_seed_and_a_count_are_whole_numbers(wrong):
    with pytest.raises(ValueError, match=rf"events.agree: {next(iter(wrong))} must be a whole number"):
        agree([[0, 1]], [[0, 1]], support=2.0, **wrong)

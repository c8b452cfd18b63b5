"""Pictures of scores show every case, and what was missed."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from domains._checks import UsageError
from domains.lesions import (
    as_image,
    assess,
    consensus,
    example,
    plot_detection,
    plot_models,
    plot_reliability,
    plot_scores,
    read_image,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def table(values, label="1", index="hd95"):
    cases = [f"c{k}" for k in range(len(values))]
    return pd.DataFrame({"case": cases, "label": label, "error": "", index: np.asarray(values, float)})


def points(ax):
    return np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_case_is_drawn_or_counted():
    scores = pd.concat([table([1.0, np.inf, np.inf, 4.0]), table([2.0, np.nan, 3.0, 5.0], "2")])
    failed = table([np.nan]).assign(error="bad", label="")
    ax = plot_scores(pd.concat([scores, failed]), "hd95")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["1  (n = 4)", "2  (n = 4, 1 undefined)"]
    assert sorted(points(ax)[:, 0]) == [1, 2, 3, 4, 5]
    assert texts(ax) == ["2 infinite"]


def test_an_infinite_median_and_bound_end_at_the_edge():
    ax = plot_scores(table([1.0, np.inf, np.inf, np.inf, 2.0]), "hd95")
    _, edge = ax.get_xlim()
    at = [line.get_xdata() for line in ax.lines if line.get_marker() in ("o", ">")]
    assert [float(np.ravel(x)[0]) for x in at[:2]] == [edge, edge]
    assert np.isfinite(ax.get_xlim()).all()


def test_all_cases_missed():
    ax = plot_scores(table([np.inf, np.inf]), "hd95")
    assert texts(ax) == ["2 infinite"]


def test_a_dollar_in_a_label_is_no_formula():
    ax = plot_scores(table([0.5, 0.7], "$a_1$", "dice"))
    assert ax.get_yticklabels()[0].get_text().startswith(r"\$a_1\$")
    ax.figure.canvas.draw()


def test_scores_refuse():
    with pytest.raises(UsageError, match="no column 'hd90': choose from dice"):
        plot_scores(table([1.0]), "hd90")
    with pytest.raises(UsageError, match="no case was scored"):
        plot_scores(table([1.0]).assign(error="bad"), "hd95")


def test_tables_that_pandas_read_are_drawn_too(tmp_path):
    saved = pd.concat([table([1.0, np.inf]), table([np.nan]).assign(case="x", label="", error="bad")])
    saved.to_csv(tmp_path / "scores.csv", index=False)
    read = pd.read_csv(tmp_path / "scores.csv")
    assert texts(plot_scores(read, "hd95")) == ["1 infinite"]
    assert plot_models(read, saved, "hd95").get_title().startswith("of 2 pairs 0 better")


def test_two_models_lie_where_their_scores_are():
    one = table([0.5, 0.8, 0.9, 0.4], index="dice")
    two = table([0.6, 0.8, 0.7, 0.9], index="dice")
    ax = plot_models(one, two[::-1], names=("old", "new"))
    assert sorted(map(tuple, points(ax).tolist())) == [(0.4, 0.9), (0.5, 0.6), (0.8, 0.8), (0.9, 0.7)]
    assert ax.get_title() == "of 4 pairs 1 better with old, 2 with new, 1 equal"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Dice, old", "Dice, new")
    assert ax.get_xlim() == ax.get_ylim()
    assert texts(ax) == ["new better", "old better"]


def test_misses_of_two_models_are_marks_at_their_edges():
    ax = plot_models(table([1.0, np.inf, 3.0, np.inf, np.nan]), table([2.0, 1.0, np.inf, np.inf, 5.0]), "hd95")
    _, high = ax.get_xlim()
    assert sorted(map(tuple, points(ax).tolist())) == sorted([(1, 2), (high, 1), (3, high), (high, high)])
    assert ax.get_title().split("\n") == [
        "of 4 pairs 2 better with model A, 1 with model B, 1 equal",
        "infinite with model A: 2, infinite with model B: 2, undefined: 1",
    ]
    assert texts(ax) == ["model A better", "model B better"]


def test_models_of_other_cases_are_refused():
    other = table([1.0]).assign(case="x")
    with pytest.raises(UsageError, match="no case and label is in both tables"):
        plot_models(table([1.0]), other, "hd95")
    with pytest.raises(UsageError, match="no case and label is in both tables"):
        plot_models(table([1.0]), table([1.0]), "hd95", label="7")


def test_each_label_of_two_models_has_its_colour():
    one = pd.concat([table([1.0, 2.0]), table([3.0], "2")])
    ax = plot_models(one, one, "hd95")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["1", "2"]


def lesion_table(volumes, found):
    numbers = range(1, len(volumes) + 1)
    partner = [k if is_found else None for k, is_found in zip(numbers, found, strict=True)]
    rows = {"reference": list(numbers), "predicted": partner, "volume_reference": volumes, "matched": found}
    return pd.DataFrame(rows)


def test_lesions_by_volume():
    """Halves of eight lesions, with Wilson's interval by scipy."""
    volumes = [8.0, 1.0, 2.0, 4.0, 16.0, 32.0, 64.0, 128.0]
    found = [True, False, False, True, True, True, True, False]
    ax = plot_detection(lesion_table(volumes, found), n_bins=2)
    strokes = [np.asarray(c.get_offsets()) for c in ax.collections]
    assert sorted(strokes[0][:, 0]) == [4, 8, 16, 32, 64]
    assert sorted(strokes[1][:, 0]) == [1, 2, 128]
    assert ax.get_title() == "5 of 8 lesions found"
    lines = [np.array(line.get_xydata()) for line in ax.lines]
    np.testing.assert_allclose(lines[0], [[1, 0.5], [8, 0.5]])
    low, high = binomtest(2, 4).proportion_ci(method="wilson")
    np.testing.assert_allclose(lines[1][:, 1], [low, high])
    assert [t for t in texts(ax) if "/" in t] == ["2/4", "3/4"]


def test_what_counts_as_found():
    """One lesion is matched, one is touched below the threshold, one is missed; a spurious one is none of these."""
    a = np.zeros((12, 30), bool)
    b = a.copy()
    a[1:5, 1:5] = b[1:5, 1:5] = True
    a[1:5, 11:12], b[1:5, 11:16] = True, True
    b[1:5, 20:22] = True
    a[9:11, 1:3] = True
    lesions = assess(as_image(a, 1.0), as_image(b, 1.0)).lesions
    assert plot_detection(lesions).get_title() == "1 of 3 lesions found"
    assert plot_detection(lesions, hit="touched").get_title() == "2 of 3 lesions found"
    with pytest.raises(UsageError, match="hit must be one of"):
        plot_detection(lesions, hit="any")
    with pytest.raises(UsageError, match="the reference has no lesion"):
        plot_detection(lesions[lesions["reference"].isna()])


def test_lesions_of_several_cases_with_the_same_numbers():
    one = lesion_table([8.0, 1.0], [True, False])
    cases = pd.concat([one.assign(case="a"), one.assign(case="b")])
    assert plot_detection(cases).get_title() == "2 of 4 lesions found"


def test_a_lesion_found_in_two_parts_is_one_lesion():
    rows = pd.DataFrame({"reference": [1, 1], "predicted": [1, 2], "volume_reference": 9.0, "matched": [True, False]})
    assert plot_detection(rows).get_title() == "1 of 1 lesion found"


def calibration_by_hand(share, truth, counted):
    p, y = share.values[counted], truth.values[counted]
    error = sum((p == one).mean() * abs(one - y[p == one].mean()) for one in np.unique(p))
    return f"ECE {error:.3f}\nBrier {((p - y) ** 2).mean():.3f}"


def test_reliability_counts_all_voxels_by_default():
    raters = read_image(example("nodule_00")) == 1
    share = consensus(raters.isel(rater=[0, 1, 2]))
    truth = raters.isel(rater=3)
    everywhere = np.ones(share.shape, bool)
    assert texts(plot_reliability(share, truth)) == [calibration_by_hand(share, truth, everywhere)]
    inside = plot_reliability(share, truth.transpose("z", "y", "x"), where=(share > 0).transpose("y", "z", "x"))
    assert texts(inside) == [calibration_by_hand(share, truth, share.values > 0)]

"""Pictures of a cohort show every case, and what was missed."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.lesions import (
    plot_histogram,
    plot_models,
    plot_scores,
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


def test_a_histogram_counts_every_case():
    scores = pd.concat([table([0.5, 1.5, 1.7, np.inf, np.inf]), table([3.0, np.nan, np.inf], "2")])
    ax = plot_histogram(scores, "hd95", n_bins=3)
    counts = [patch.get_data().values.tolist() for patch in ax.patches if hasattr(patch, "get_data")]
    assert counts == [[1, 2, 0], [0, 0, 1]]
    bars = [patch.get_height() for patch in ax.patches if not hasattr(patch, "get_data")]
    assert bars == [2, 1]
    assert texts(ax) == ["2", "1"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["1  (n = 5)", "2  (n = 3, 1 undefined)"]
    lowest_bar = min(patch.get_x() for patch in ax.patches if not hasattr(patch, "get_data"))
    assert lowest_bar > 3


def test_indices_have_bins_from_0_to_1():
    ax = plot_histogram(table([0.0, 0.55, 1.0], index="dice"), n_bins=10)
    counts, edges, _ = ax.patches[0].get_data()
    np.testing.assert_allclose(edges, np.arange(11) / 10)
    assert counts.tolist() == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    with pytest.raises(UsageError, match="n_bins"):
        plot_histogram(table([0.5], index="dice"), n_bins=0)

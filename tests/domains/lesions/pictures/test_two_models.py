"""Two models: every case is where its scores are, and the misses at the edges."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.lesions import compare_models, plot_models


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
        "infinite (missed or spurious): 2 with model A, 2 with model B",
        "undefined: 1",
    ]
    assert texts(ax) == ["model A better", "model B better"]


def test_points_that_coincide_are_counted():
    one = table([0.5, 0.5, 0.0, np.inf, np.inf, np.inf, 0.7])
    two = table([0.6, 0.6, 0.0, np.inf, np.inf, np.inf, 0.2])
    ax = plot_models(one, two, "hd95")
    _, high = ax.get_xlim()
    counted = {text.get_text(): text.xy for text in ax.texts if text.get_text().endswith("cases")}
    assert counted == {"2 cases": (0.5, 0.6), "3 cases": (high, high)}


def test_models_of_other_cases_are_refused():
    other = table([1.0]).assign(case="x")
    with pytest.raises(UsageError, match="no case is scored in both model A and model B"):
        plot_models(table([1.0]), other, "hd95")
    with pytest.raises(UsageError, match="no case has hd95 of label 7"):
        plot_models(table([1.0]), table([1.0]), "hd95", label="7")
    with pytest.raises(UsageError, match=r"cases has no column 'index': pass two tables of scores"):
        plot_models(table([1.0]), index="hd95")


def test_what_compare_models_returned_is_drawn_as_it_is():
    """With its penalty for what is infinite, and its counts."""
    one, two = table([1.0, np.inf, 3.0]), table([2.0, 1.0, 3.0])
    one.attrs["settings"] = two.attrs["settings"] = {"preset": "monai"}
    found = compare_models(one, two, infinite=50.0)
    ax = plot_models(found.cases, index="hd95")
    assert sorted(map(tuple, points(ax).tolist())) == [(1, 2), (3, 3), (50, 1)]
    row = found.summary[found.summary["index"] == "hd95"].iloc[0]
    said = f"of 3 pairs {row['wins']} better with model A, {row['losses']} with model B, {row['ties']} equal"
    assert ax.get_title() == said


def test_each_label_of_two_models_has_its_colour():
    one = pd.concat([table([1.0, 2.0]), table([3.0], "2")])
    ax = plot_models(one, one, "hd95")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["1", "2"]

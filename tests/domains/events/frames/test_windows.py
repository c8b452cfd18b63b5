"""Windows beside BirdNET-Analyzer's rule written out, and their scores beside scikit-learn's of cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from domains.events import compare, to_windows

LENGTH = 3.0
N_WINDOWS = 20
FILES = ["a", "b", "c"]


def drawn(seed, n=60):
    rng = np.random.default_rng(seed)
    onset = rng.integers(0, 560, n) / 10
    return pd.DataFrame(
        {
            "file": rng.choice(FILES, n),
            "onset": onset,
            "offset": onset + rng.integers(5, 35, n) / 10,
            "label": rng.choice(["tit", "wren"], n),
            "confidence": rng.permutation(n) / n,
        }
    )


def cells(table, column=None):
    """What is in each window: (files × windows, labels)."""
    values = np.zeros((len(FILES), N_WINDOWS, 2))
    for row in table.itertuples():
        place = FILES.index(row.file), round(row.onset / LENGTH), ["tit", "wren"].index(row.label)
        values[place] = 1 if column is None else getattr(row, column)
    return values.reshape(-1, 2)


def by_rule(table, min_overlap):
    """As the evaluation of BirdNET-Analyzer has it: a margin of the least overlap on both sides of a window."""
    values = np.zeros((len(FILES), N_WINDOWS, 2))
    for row in table.itertuples():
        for k in range(N_WINDOWS):
            begins_in_time = k * LENGTH <= row.offset - min_overlap + 1e-9
            if begins_in_time and (k + 1) * LENGTH >= row.onset + min_overlap - 1e-9:
                place = FILES.index(row.file), k, ["tit", "wren"].index(row.label)
                values[place] = max(values[place], row.confidence)
    return values.reshape(-1, 2)


@pytest.mark.parametrize("min_overlap", [0.2, 0.5])
def test_windows_are_those_of_birdnet_and_hold_the_greatest_confidence(min_overlap):
    table = drawn(1)
    np.testing.assert_array_equal(
        cells(to_windows(table, min_overlap=min_overlap), "confidence"), by_rule(table, min_overlap)
    )


def test_no_event_is_lost_however_short():
    table = pd.DataFrame({"onset": [2.9, 6.0, 7.0], "offset": [3.05, 6.1, 7.0], "label": ["x", "x", "y"]})
    windows = to_windows(table, min_overlap=0.5)
    assert windows[["label", "onset"]].values.tolist() == [["x", 0.0], ["x", 6.0], ["y", 6.0]]


def test_scores_of_windows_are_those_of_cells():
    a, b = to_windows(drawn(2), min_overlap=0.5), to_windows(drawn(3), min_overlap=0.5)
    support = dict.fromkeys(FILES, LENGTH * N_WINDOWS)
    report = compare(a, b, "sed_eval_segment", resolution=LENGTH, support=support)
    truth, guess = cells(b), cells(a)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, guess, average="micro")
    ours = [float(report[name]) for name in ("precision", "recall", "f1", "macro_f1", "accuracy")]
    macro = metrics.f1_score(truth, guess, average="macro")
    expected = [precision, recall, f1, macro, metrics.accuracy_score(truth.ravel(), guess.ravel())]
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    each = compare(a, b, "sed_eval_segment", resolution=LENGTH, support=support, by="label")
    for label, matrix in zip(("tit", "wren"), metrics.multilabel_confusion_matrix(truth, guess), strict=True):
        assert float(each.true_negatives.sel(label=label)) == matrix[0, 0]
        assert float(each.intersection.sel(label=label)) == matrix[1, 1]


def test_average_precision_of_windows_is_the_highest_precision_from_each_recall_on():
    a, b = to_windows(drawn(2)), to_windows(drawn(3))
    # an event that is in two windows makes them equally confident: corrected, they count together
    report = compare(a, b, "thumos14", thresholds=[0.5], corrected=True)
    scores, truth = cells(a, "confidence"), cells(b)
    for k, label in enumerate(("tit", "wren")):
        precision, recall, threshold = metrics.precision_recall_curve(truth[:, k], scores[:, k])
        # at 0 all windows are taken, those too that say nothing
        is_said = threshold > 0
        found = np.append(0, recall[:-1][is_said][::-1])
        highest = np.maximum.accumulate(precision[:-1][is_said])[::-1]
        assert float(report.ap.sel({"class": label}).item()) == pytest.approx(np.diff(found) @ highest, rel=1e-12)


@pytest.mark.parametrize("wrong", [{"length": 0}, {"min_overlap": -1}, {"min_overlap": 4}, {"length": np.nan}])
def test_wrong_options(wrong):
    with pytest.raises(ValueError, match=r"events.to_windows: (length|min_overlap) must be a number"):
        to_windows([[0, 1]], **wrong)


def test_nothing_is_no_window():
    assert to_windows(pd.DataFrame({"onset": [], "offset": []})).empty


@pytest.mark.parametrize("offset", [1e12, 1e300])
def test_more_windows_than_a_recording_has(offset):
    with pytest.raises(ValueError, match="events.to_windows: the events would fill .* windows of 3 s.*in seconds"):
        to_windows([[0, 1], [5, offset]])

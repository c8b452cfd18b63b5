"""Curves hold what was found; how they look is for eyes."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.text import Text

from domains.events import assess, compare, plot_over_tiou, plot_precision_recall, plot_psd_roc
from domains.events.pictures.curves import _labels

# equal confidences are meant
pytestmark = pytest.mark.filterwarnings("ignore:.*as confident as another:UserWarning")

RNG = np.random.default_rng(3)


def drawn(n):
    onset = RNG.uniform(0, 100, n).round(1)
    return pd.DataFrame(
        {
            "onset": onset,
            "offset": onset + RNG.uniform(2, 9, n).round(1),
            "label": RNG.choice(list("xyz"), n),
            "file": RNG.choice(list("fg"), n),
            "confidence": RNG.integers(0, 12, n) / 12,
        }
    )


A = drawn(120)
B = drawn(60)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.parametrize("corrected", [False, True])
def test_the_area_below_each_curve_is_the_average_precision(corrected):
    scored = assess(A, B, "thumos14", corrected=corrected)
    report = scored.report()
    for threshold in (0.3, 0.7):
        ax = plot_precision_recall(scored, threshold=threshold)
        for line in ax.lines:
            label = line.get_label()[0]
            ap = float(report.ap.sel({"threshold": threshold, "class": label}))
            assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(ap, rel=1e-12)
            assert line.get_label() == f"{label}: AP {ap:.3f}"


def test_labels_that_are_not_named_are_faint():
    ax = plot_precision_recall(assess(A, B, "activitynet"), labels=["y"])
    assert len(ax.lines) == 3
    assert [text.get_text()[:1] for text in ax.get_legend().get_texts()] == ["y"]
    assert ax.get_legend().get_title().get_text() == "1 of 3 labels"


def test_a_label_without_predictions_is_flat():
    ax = plot_precision_recall(assess(A[A["label"] != "z"], B, "thumos14"), labels=["z"])
    assert ax.lines[-1].get_ydata().tolist() == [0, 0]


@pytest.mark.parametrize("index", ["f1", "precision", "recall"])
def test_an_index_over_temporal_iou_is_that_of_the_report(index):
    report = compare(A, B, "tiou", by="label")
    ax = plot_over_tiou(report, index)
    for line in ax.lines:
        assert np.array_equal(line.get_ydata(), report[index].sel(label=line.get_label()))
        assert np.array_equal(line.get_xdata(), report.threshold)


def test_each_label_of_each_file_is_a_line():
    ax = plot_over_tiou(compare(A, B, "tiou", by=("label", "file")))
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(names) == [f"{file} · {label}" for file in "fg" for label in "xyz"]


def test_mean_average_precision_over_temporal_iou():
    report = compare(A, B, "activitynet")
    assert np.array_equal(plot_over_tiou(report, "mean_ap").lines[0].get_ydata(), report.mean_ap)


def curve():
    """Of two labels, by hand."""
    over = {"rate": [0.0, 20.0, 60.0, 150.0], "label": ["x", "y"]}
    tpr = np.array([[0.0, 0.4, 0.8, 1.0], [0.2, 0.4, 0.4, 0.6]])
    data = {
        "tpr": (("label", "rate"), tpr),
        "mean": ("rate", tpr.mean(0)),
        "etpr": ("rate", tpr.mean(0) - tpr.std(0)),
        "psds": 0.3,
    }
    names = {"prediction": "a$1$", "reference": "b"}
    return xr.Dataset(data, over, {"max_efpr": 100.0, "unit": 60.0, "protocol": "psds", **names})


def test_the_curve_of_psds_ends_at_its_limit():
    ax = plot_psd_roc(curve())
    effective = next(line for line in ax.lines if line.get_label() == "effective")
    assert effective.get_xdata().tolist() == [0, 20, 60, 100]
    assert effective.get_ydata() == pytest.approx([0, 0.4, 0.4, 0.4])
    assert effective.get_drawstyle() == "steps-post"
    assert ax.get_xlabel() == "effective false alarms per minute"
    assert ax.get_title(loc="left").splitlines() == [r"a\$1\$ against b", "psds: 0.3000"]


def test_on_axes_that_are_given():
    _, ax = plt.subplots()
    assert plot_psd_roc(curve(), ax=ax) is ax


def test_what_has_no_curve():
    with pytest.raises(ValueError, match="tiou ranks no predictions; assess by activitynet or thumos14"):
        plot_precision_recall(assess(A, B, "tiou"))
    with pytest.raises(ValueError, match="labels must be one of 'x', 'y', 'z'; got 'w'"):
        plot_precision_recall(assess(A, B, "thumos14"), labels=["w"])
    for report in (compare(A, B, "time"), compare(A, B, "tiou", thresholds=[0.5])):
        with pytest.raises(ValueError, match="the report has one threshold or none; compare by tiou"):
            plot_over_tiou(report)
    with pytest.raises(ValueError, match="index must be one of 'f1', 'precision', 'recall'; got 'iou'"):
        plot_over_tiou(compare(A, B, "tiou"), "iou")
    with pytest.raises(ValueError, match="the curve has no etpr; pass what events.psds_curve returns"):
        plot_psd_roc(curve().drop_vars("etpr"))


@pytest.mark.slow
def test_every_label_of_a_psd_roc_is_named_once_and_no_name_lies_on_another():
    labels = [f"label {k}" for k in range(12)]
    tpr = ("label", "rate"), np.tile([[0.1], [0.102]], (6, 2))
    curve = xr.Dataset({"tpr": tpr, "etpr": ("rate", [0.1, 0.1]), "mean": ("rate", [0.1, 0.1]), "psds": 0.1})
    curve = curve.assign_coords(rate=[0.0, 50.0], label=labels)
    curve.attrs = {"max_efpr": 100.0, "unit": 3600.0, "protocol": "psds", "prediction": "a", "reference": "b"}
    ax = plot_psd_roc(curve)
    assert sorted(text.get_text() for text in ax.texts) == sorted(labels)
    ax.figure.canvas.draw()
    # of the letters, without the line that leads to them
    boxes = sorted((Text.get_window_extent(text) for text in ax.texts), key=lambda box: box.y0)
    for lower, upper in pairwise(boxes):
        assert upper.y0 > lower.y1 - 3


def test_labels_are_counted_in_the_singular_and_in_the_plural():
    assert [_labels(n) for n in (0, 1, 2)] == ["0 labels", "1 label", "2 labels"]

"""Oracles: scikit-learn's Cohen's kappa on samples, where every boundary lies on one; masks for the sizes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import overlap as ov
from domains.events import assess, compare

LENGTH = 40
FILES = ("f", "g")


@st.composite
def stages(draw):
    """Labelled timelines of two files, no two labels at once, as codes for each second (0: none)."""
    return {f: np.array(draw(st.lists(st.integers(0, 3), min_size=LENGTH, max_size=LENGTH))) for f in FILES}


def table(codes):
    rows = []
    for file, code in codes.items():
        edges = np.flatnonzero(np.diff(code, prepend=-1, append=-1))
        rows += [(file, i, j, str(code[i])) for i, j in pairwise(edges) if code[i]]
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])


@pytest.mark.slow
@settings(max_examples=6)
@pytest.mark.filterwarnings("ignore:.*cohen_kappa_score")
@given(stages(), stages())
def test_kappa_and_sizes_are_those_of_the_samples(a, b):
    metrics = pytest.importorskip("sklearn.metrics")
    support = dict.fromkeys(FILES, float(LENGTH))
    scored = assess(table(a), table(b), "time", support=support)
    whole = scored.report()
    left, right = (np.concatenate([x[f] for f in FILES]) for x in (a, b))
    expected = metrics.cohen_kappa_score(left, right, labels=[0, 1, 2, 3])
    np.testing.assert_allclose(whole.kappa, expected, atol=1e-12)
    assert float(whole.intersection) == ((left == right) & (left > 0)).sum()
    assert (float(whole.size_a), float(whole.size_b)) == ((left > 0).sum(), (right > 0).sum())
    by_file = scored.report("file")
    for f in FILES:
        ours = float(by_file.kappa.sel(file=f))
        np.testing.assert_allclose(ours, metrics.cohen_kappa_score(a[f], b[f], labels=[0, 1, 2, 3]), atol=1e-12)
    by_label = scored.report("label")
    for label in by_label.label.values:
        ours = by_label.sel(label=label)
        here = left == int(label), right == int(label)
        np.testing.assert_allclose(ours.kappa, metrics.cohen_kappa_score(*here, labels=[False, True]), atol=1e-12)
        np.testing.assert_allclose(ours.iou, ov.iou(ov.raster.measure(*here)))


def test_kappa_of_a_perfect_and_of_a_silent_rater():
    a = np.array([[0.0, 10.0]])
    assert float(compare(a, a, "time", support=20.0).kappa) == 1
    assert float(compare(np.empty((0, 2)), a, "time", support=20.0).kappa) == 0
    assert np.isnan(compare(a, a, "time", support=10.0).kappa), "all the time one label: chance agrees as well"


def test_kappa_needs_a_support_and_one_label_at_a_time():
    two = pd.DataFrame({"onset": [0, 5], "offset": [10, 15], "label": ["x", "y"]})
    one = two[:1]
    assert np.isnan(compare(one, one, "time").kappa)
    assert np.isnan(compare(two, one, "time", support=20.0).kappa)
    by_label = compare(two, two, "time", support=20.0, by="label")
    assert by_label.kappa.values.tolist() == [1, 1]


@pytest.mark.filterwarnings("ignore:.*outside the support")
def test_what_overlaps_itself_counts_once_and_what_is_outside_not_at_all():
    a = np.array([[0, 6], [4, 10], [18, 30.0]])
    report = compare(a, np.array([[0, 20.0]]), "time", support=20.0)
    assert [float(report[k]) for k in ("intersection", "size_a", "size_b")] == [12, 12, 20]


def test_weights_of_labels_are_their_time():
    a = pd.DataFrame({"onset": [0, 10], "offset": [10, 11], "label": ["long", "short"]})
    b = a.assign(label=["long", "other"])
    report = compare(a, b, "time")
    assert float(report.iou) == pytest.approx(10 / 12)


@pytest.mark.slow
@pytest.mark.parametrize("labels", [(1, 4), (0, 4), (0, 2)])
def test_what_needs_true_negatives_is_that_of_the_samples(labels):
    rng = np.random.default_rng(labels)
    a, b = ({file: np.repeat(rng.integers(*labels, 10), 4) for file in FILES} for _ in range(2))
    support = dict.fromkeys(FILES, float(LENGTH))
    prediction = table(a)
    reference = table(b)
    each = compare(prediction, reference, "time", support=support, by=("label", "file"))
    assert each.intersection.dims == ("file", "label")
    negatives = {}
    for file in FILES:
        for label in each["label"].values:
            is_a = a[file] == int(label)
            is_b = b[file] == int(label)
            found = each.sel(file=file, label=label)
            negatives[file, label] = np.count_nonzero(~is_a & ~is_b)
            assert float(found.true_negatives) == negatives[file, label]
            assert float(found.accuracy) == pytest.approx(np.mean(is_a == is_b))
            without = np.count_nonzero(~is_b)
            expected = negatives[file, label] / without if without else np.nan
            assert float(found.specificity) == pytest.approx(expected, nan_ok=True)
    for by in (None, "file", "label"):
        report = compare(prediction, reference, "time", support=support, by=by)
        pooled = each.sum([dim for dim in ("file", "label") if dim != by])
        np.testing.assert_allclose(report.true_negatives, pooled.true_negatives)
        cells = len(FILES) * LENGTH * each.sizes["label"] / (1 if by is None else each.sizes[by])
        if cells:
            np.testing.assert_allclose(report.accuracy, (pooled.intersection + pooled.true_negatives) / cells)


def test_specificity_needs_a_support():
    report = compare(np.array([[0.0, 4.0]]), np.array([[1.0, 5.0]]), "time")
    assert np.isnan([float(report[name]) for name in ("true_negatives", "specificity", "accuracy")]).all()


@pytest.mark.slow
def test_each_label_of_each_file_is_what_it_is_alone():
    rng = np.random.default_rng(9)
    onset = rng.uniform(0, 90, 120)
    rows = pd.DataFrame({"onset": onset, "offset": onset + rng.uniform(0.1, 9, 120)})
    rows["file"] = rng.choice(["f", "g"], 120)
    rows["label"] = rng.choice(["x", "y"], 120)
    a, b = rows[:60], rows[60:]
    for protocol in ("time", "tiou", "sed_eval_segment", "jer"):
        each = compare(a, b, protocol, support=100.0, by=["label", "file"])
        for file in "fg":
            alone = compare(a[a["file"] == file], b[b["file"] == file], protocol, support=100.0, by="label")
            for name in alone.data_vars:
                if name != "n_defined":
                    np.testing.assert_allclose(each[name].sel(file=file).reindex_like(alone[name]), alone[name])

"""Golden values: eval.py of MS-TCN, commit 4d3bc71, on drawn videos; sequences short enough to be edited by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains.events import align, assess, compare
from domains.events.protocols.segmental import edit_distance, weigh_edits
from domains.events.run import score

FPS = 15.0


def timeline(frames, file="", fps=1.0):
    """Return a row for each frame of a video, as a list of labels has it."""
    onset = np.arange(len(frames)) / fps
    offset = np.arange(1, len(frames) + 1) / fps
    return pd.DataFrame({"file": file, "onset": onset, "offset": offset, "label": list(frames)})


@pytest.fixture(scope="module")
def drawn(test_data):
    return json.loads((test_data / "ms_tcn.json").read_text())


@pytest.mark.parametrize("fps", [1.0, FPS])
def test_drawn_videos(drawn, fps):
    cases = drawn["cases"]
    sides = [
        pd.concat([timeline(case[side], f"{k:02}", fps) for k, case in enumerate(cases)])
        for side in ("prediction", "reference")
    ]
    report = compare(*sides, "segmental", background=drawn["background"], by="file")
    counts = np.array([case["tp_fp_fn"] for case in cases])
    tp = report.intersection.transpose("file", "threshold").values
    assert (tp == counts[..., 0]).all()
    assert (report.size_a.transpose("file", "threshold").values - tp == counts[..., 1]).all()
    assert (report.size_b.transpose("file", "threshold").values - tp == counts[..., 2]).all()
    edits = np.array([case["edit"] for case in cases]) / 100
    np.testing.assert_allclose(report.edit, edits, rtol=0, atol=1e-15)

    # of all videos: counts are pooled, edit scores averaged
    pooled = compare(*sides, "segmental", background=drawn["background"])
    tp, fp, fn = counts.sum(axis=0).T
    precision = tp / (tp + fp)
    recall = tp / (tp + fn)
    np.testing.assert_allclose(pooled.f1, 2 * precision * recall / (precision + recall), rtol=1e-14)
    assert float(pooled.edit) == pytest.approx(edits.mean(), rel=1e-14)
    assert pooled.threshold.values.tolist() == [0.1, 0.25, 0.5]


def test_segments_as_rows_are_those_of_frames(drawn):
    case = drawn["cases"][2]
    runs = [timeline(case[side]) for side in ("prediction", "reference")]
    rows = []
    for frames in runs:
        number = (frames["label"] != frames["label"].shift()).cumsum()
        segments = frames.groupby(number).agg({"onset": "first", "offset": "last", "label": "first"})
        rows.append(segments[segments["label"] != "b"])
    of_frames = compare(*runs, "segmental", background=["b"])
    of_rows = compare(*rows, "segmental")
    np.testing.assert_array_equal(of_rows.intersection, of_frames.intersection)
    assert float(of_rows.edit) == float(of_frames.edit)


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("abab", "baba", 2)],
)
def test_edits_by_hand(a, b, edits):
    sequences = [np.array([*map(ord, text)], int) for text in (a, b)]
    assert edit_distance(*sequences) == edits


def test_the_edit_score_is_that_of_labels_alone():
    a = timeline("ccssssp", "x")
    b = timeline("cccccsp", "x")
    report = compare(a, b, "segmental")
    assert float(report.edit) == 1
    assert report.f1.values.tolist() == [1.0, 1.0, pytest.approx(1 / 3)]


def test_the_edit_score_of_videos_that_count_several_times():
    a = pd.concat([timeline("cccs", "x"), timeline("ccss", "y")])
    b = pd.concat([timeline("ccsp", "x"), timeline("ccss", "y")])
    figures = weigh_edits(assess(a, b, "segmental"))
    edits = figures(np.array([[1, 1], [2, 0], [1, 2], [0, 0]])).edit.values
    assert edits[:3] == pytest.approx([(2 / 3 + 1) / 2, 2 / 3, (2 / 3 + 2) / 3])
    assert np.isnan(edits[3])


def test_a_best_reference_that_is_taken():
    # both predictions overlap the first reference best; the second one would do for the later of them
    a = timeline("-xxxxxxxxxxxx-xxxx-xxxxxxxxxx".replace("-", "b"))
    b = timeline("-xxxxxxxxxxxxxxxxxx-----xxxxx".replace("-", "b"))
    rows_a, _ = align(a, b, "segmental", background=["b"], threshold=0.1)
    assert rows_a["matched"].tolist() == [True, False, True]
    # eval.py: a prediction whose best reference is taken is a false alarm
    a = pd.DataFrame({"onset": [0.0, 4.0], "offset": [4.0, 9.0], "label": "x"})[::-1]
    b = pd.DataFrame({"onset": [0.0, 7.5], "offset": [7.4, 9.0], "label": "x"})
    a.loc[0, "offset"] = 3.9
    published = compare(a, b, "segmental", thresholds=[0.1])
    corrected = compare(a, b, "segmental", thresholds=[0.1], corrected=True)
    assert (int(published.intersection[0]), int(corrected.intersection[0])) == (1, 2)


@pytest.mark.filterwarnings("ignore:.*no label in common")
def test_sides_without_segments():
    # eval.py raises where the reference has no segment, and averages NaN where neither side has one
    action = timeline("ccc", "x")
    nothing = timeline("bbb", "x")
    both = compare(nothing, nothing, "segmental", background=["b"])
    assert np.isnan(both.edit)
    assert np.isnan(both.f1).all()
    spurious = compare(action, nothing, "segmental", background=["b"])
    assert (float(spurious.edit), float(spurious.f1[0]), int(spurious.size_a[0])) == (0, 0, 1)
    missed = compare(nothing, action, "segmental", background=["b"])
    assert (float(missed.edit), float(missed.f1[0])) == (0, 0)
    # a file of nothing but background is no file of the mean
    more = compare(
        pd.concat([action, timeline("bb", "y")]),
        pd.concat([action, timeline("bb", "y")]),
        "segmental",
        background=["b"],
    )
    assert (float(more.edit), int(more.edit_files)) == (1, 1)


def test_labels_have_no_edit_score():
    frames = timeline("ccsspp")
    report = compare(frames, frames, "segmental", by="label")
    assert "edit" not in report
    assert report.f1.sel(threshold=0.5).values.tolist() == [1, 1, 1]


def test_two_labels_at_once_are_said():
    rows = pd.DataFrame({"onset": [0.0, 3.0], "offset": [5.0, 9.0], "label": ["cut", "stir"]})
    with pytest.warns(UserWarning, match="1 segments of the reference begin before the one before them ends"):
        compare(rows.assign(onset=[0.0, 5.0]), rows, "segmental")


def test_files_of_one_label_a_line(tmp_path):
    for name, frames in {"found": "ccccsspp", "annotated": "cccssspp"}.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(frames) + "\n")
    report, skipped, _ = score(tmp_path / "found.txt", tmp_path / "annotated.txt", "segmental", kind="stages", rate=FPS)
    assert len(skipped) == 0
    assert (float(report.edit), report.f1.values.tolist()) == (1, [1, 1, 1])

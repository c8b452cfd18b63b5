from __future__ import annotations

import re
from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from domains import _console
from domains._checks import UsageError
from domains._files import ReadError
from domains.lesions import as_image, cohort, read_scores, summarise, write_image
from domains.lesions.cohorts.scores import COLUMNS, missed, restored


def ball(radius, value=1.0):
    x, y, z = np.mgrid[:16, :16, :12] - np.array([8, 8, 6])[:, None, None, None]
    return as_image((x**2 + y**2 + z**2 <= radius**2).astype(np.float32) * value, (1.0, 1.0, 2.0))


@pytest.fixture
def saved(tmp_path):
    """A cohort of soft masks: found, missed below the cut, empty on both sides, one that cannot be read."""
    sides = [tmp_path / side for side in ("p", "r")]
    images = {"007": (ball(4, 0.9), ball(5, 0.8)), "=1+2": (ball(4, 1e-7), ball(4, 0.8)), "9": (ball(4, 0.0),) * 2}
    for k, side in enumerate(sides):
        side.mkdir()
        for name, pair in images.items():
            write_image(pair[k], side / f"{name}.nii.gz")
        (side / "x.nii.gz").write_bytes(b"no image")
    out = tmp_path / "scores.csv"
    scores, _ = cohort(*sides, out=out)
    return scores, out


def test_a_table_comes_back_as_it_was(saved):
    scores, out = saved
    read = read_scores(out)
    assert read.columns.tolist() == COLUMNS
    assert read["case"].tolist() == ["007", "9", "=1+2", "x"]
    pd.testing.assert_frame_equal(read, scores, check_dtype=False)


@pytest.mark.slow
def test_the_summary_of_a_saved_table_is_that_of_the_table(saved):
    scores, out = saved
    wanted = summarise(scores)
    pd.testing.assert_frame_equal(summarise(read_scores(out)), wanted)
    pd.testing.assert_frame_equal(summarise(pd.read_csv(out)), wanted)


def test_labels_that_pandas_takes_for_numbers():
    """One failed case makes pandas read the labels 1 and 2 as 1.0 and 2.0."""
    sizes = {"intersection": [4.0, 1.0, nan], "size_a": [5.0, 2.0, nan], "size_b": [5.0, 2.0, nan]}
    read = pd.DataFrame({"case": ["a", "a", "b"], "label": [1.0, 2.0, nan], **sizes, "error": [nan, nan, "bad"]})
    assert summarise(read)["label"].tolist() == ["1", "2"]
    assert summarise(read)["value"].tolist() == [0.8, 0.5]


@pytest.mark.slow
def test_a_miss_is_told_below_the_cut_too(saved):
    scores, _ = saved
    found = scores.set_index("case")["missed"]
    assert found.drop("x").to_dict() == {"007": 0, "9": 0, "=1+2": 1}
    summary = summarise(scores).set_index(["label", "index"]).loc["lesion"]
    assert set(summary["n_missed"]) == {1}
    assert summary.loc["hd95", "value"] == inf, "one of two with a distance: midway to infinity"


def test_missed_of_a_table_without_the_column():
    sizes = pd.DataFrame({"size_a": [0.0, 0.0, 2.0, 1.0], "size_b": [3.0, 0.0, 0.0, 1.0]})
    assert missed(sizes).tolist() == [True, False, False, False]
    assert missed(sizes.assign(missed=[1, 0, 0, 1])).tolist() == [True, False, False, True]


def test_a_label_that_pandas_takes_for_none_is_told_with_its_remedy(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("case,label,intersection,size_a,size_b,dice,error\na,NA,1,1,1,1,\nb,NA,1,2,2,0.5,\n")
    with pytest.raises(UsageError, match=r"^lesions.summarise: scores: row 0 has no label .*lesions.read_scores$"):
        summarise(pd.read_csv(path))
    summary = summarise(read_scores(path)).set_index("statistic")
    assert summary["label"].unique().tolist() == ["NA"]
    assert summary["value"].to_dict() == {"mean": 0.75, "median": 0.75, "pooled": 2 / 3}


def test_a_table_without_labels_is_refused():
    with pytest.raises(UsageError, match="lesions.summarise: scores has no column 'label'; pass a table as"):
        summarise(pd.DataFrame({"dice": [1.0]}))


def test_nothing_is_changed_where_nothing_was_lost():
    scores = pd.DataFrame({"case": ["a"], "label": ["1"], "error": [""]})
    assert restored(scores, "lesions.summarise") is scores


def test_columns_of_your_own_are_text(tmp_path):
    table = pd.DataFrame({"case": ["a"], "label": "1", "patient": ["007"], "dice": [0.5], "error": [""]})
    _console.save_table(table, tmp_path / "s.csv")
    assert read_scores(tmp_path / "s.csv").to_dict("records") == table.to_dict("records")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty file; fetch or write it again"),
        ("case,dice\na,1\n", "has no column 'label'; pass a table of scores, as overlap lesions cohort --out saves it"),
        ("case,label,error\na,1\n", "line 2 has 2 cells and the header 3; fetch or write it again"),
        ("case,label,dice,error\na,1,high,\n", "line 2: dice is 'high', which is no number; correct the cell"),
        ("case,label,dice,dice,error\n", "has two columns 'dice'; rename one of them"),
        ('case,label,error\n"a,1,\n', "quotation mark"),
    ],
)
def test_what_is_no_table_of_scores_is_one_line(tmp_path, text, said):
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(ReadError, match=rf"^lesions.read_scores: {re.escape(str(path))}: [^\n]*{re.escape(said)}"):
        read_scores(path)


# ---- sizes that cannot be, as where a number was replaced

SIZED = "case,label,intersection,size_a,size_b,dice,error\np1,1,18,20,20,0.9,\np2,1,0,0,0,,\n\np3,1,18,20,20,0.9,\n"
REPLACED = {
    "p3,1,18,20,1e-20": "intersection 18 exceeds size_b 1e-20",
    "p3,1,18,2,20": "intersection 18 exceeds size_a 2",
    "p3,1,1800,20,20": "intersection 1800 exceeds size_a 20",
    "p3,1,-18,20,20": "intersection -18 is below 0",
    "p3,1,18,inf,20": "size_a is infinite",
    "p3,1,18,20,1e999": "size_b is infinite",
}


@pytest.mark.parametrize("row", REPLACED)
def test_sizes_that_cannot_be_are_one_line(tmp_path, row):
    path = tmp_path / "scores.csv"
    path.write_text(SIZED.replace("p3,1,18,20,20", row))
    said = f"line 5 (case p3, label 1): {REPLACED[row]}, which cannot be; correct the sizes, or score the case again"
    with pytest.raises(ReadError, match=rf"^lesions.read_scores: {re.escape(str(path))}: {re.escape(said)}$"):
        read_scores(path)
    table = pd.read_csv(path)
    with pytest.raises(UsageError, match=r"^who: scores: row 2 .case p3, label 1.: "):
        restored(table, "who")
    # the remedy
    path.write_text(SIZED)
    assert read_scores(path)["size_b"].tolist() == [20, 0, 20]


def test_sizes_that_are_not_known_may_stay(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(SIZED.replace("p3,1,18,20,20", "p3,1,,,"))
    assert read_scores(path)["size_a"].isna().tolist() == [False, False, True]

from __future__ import annotations

from io import StringIO
from math import inf
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from domains._tables import wrapped
from domains.lesions import compare, consensus, example, read_image
from domains.lesions.comparison.tables import (
    cohort_table,
    comparison_table,
    definition_lines,
    lesion_rule_line,
    models_table,
    rows,
    settings_lines,
)


def text(*parts):
    console = Console(width=200, record=True, file=StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


def test_a_row_for_each_label():
    raters = read_image(example())
    table = rows(compare(raters.isel(rater=0), raters.isel(rater=1), labels=[1, 2]))
    assert table["label"].tolist() == [1, 2]
    assert "n_defined" not in table


def test_each_number_stands_under_the_name_that_the_lines_explain():
    raters = read_image(example()) == 1
    report = compare(raters.isel(rater=0), raters.isel(rater=1))
    shown = comparison_table(report)
    of = {str(column.header): next(iter(column.cells)) for column in shown.columns}
    for index, name in {"dice": "Dice", "iou": "IoU", "hd95": "HD95", "assd": "ASSD", "nsd": "NSD"}.items():
        assert float(str(of[name])) == pytest.approx(report[index].item(), rel=1e-2), name
    explained = [str(line).split(": ")[0] for line in definition_lines(report)]
    assert {"HD95", "ASSD", "NSD"} <= of.keys() & set(explained)


def test_the_bounds_are_shown_where_they_differ():
    raters = read_image(example()) == 1
    soft = compare(*(consensus(raters.isel(rater=k)) for k in ([0, 1], [2, 3])))
    shown = text(comparison_table(soft), *definition_lines(soft))
    assert "[0.627," in shown
    assert "lesions of lesion: 1 matched of 1 predicted and 1 reference (by contact: 1 one to one)" in shown
    assert "the least and the most" in shown
    hard = compare(raters.isel(rater=0), raters.isel(rater=1))
    assert "the least and the most" not in text(comparison_table(hard), *definition_lines(hard))


def summary_of(label, **columns):
    """The summary of a cohort with a distance that is long to write."""
    indices = {"dice": "mean", "hd95": "median", "lesion_f1": "mean"}
    rows = pd.DataFrame({"label": label, "index": list(indices), "statistic": list(indices.values())})
    values = {"value": [0.5, 126.41291, 0.25], "low": [0.1, 113.29701, 0.0], "high": [0.9, inf, 0.5]}
    return rows.assign(**values, **columns)


@pytest.mark.parametrize("label", ["1", "enhancing tumour"])
def test_a_summary_with_long_intervals_is_one_table_at_80_columns(label):
    counts = {"n_scored": 118, "n_undefined": 2, "n_missed": 3, "n_spurious": 1}
    scores = pd.DataFrame({"case": [f"c{k}" for k in range(120)], "error": ""})
    table = cohort_table(summary_of(label, **counts), Path("p"), Path("r"), scores)
    assert len(wrapped(table, 80)) == 1
    shown = text(table)
    assert "hd95, median     126.41     [113.30, inf]  118 of 120" in shown
    assert "dice, mean       0.5000  [0.1000, 0.9000]  118 of 120" in shown
    assert shown.count(f"label {label}: missed in 3 cases, spurious in 1 case") == 1


def test_a_summary_without_misses_says_so():
    counts = {"n_scored": 1, "n_undefined": 0, "n_missed": 0, "n_spurious": 0}
    scores = pd.DataFrame({"case": ["a"], "error": ""})
    assert "no label is missed or spurious" in text(
        cohort_table(summary_of("1", **counts), Path("p"), Path("r"), scores)
    )


RULE = {"connectivity": None, "dilation": 0, "hit": "iou", "threshold": 0.5, "radius": None}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"connectivity": 1}, "touch by faces; F1 and PQ: matched one to one at IoU >= 0.5"),
        (
            {"dilation": 2, "hit": "dice"},
            "corners once grown by 2 voxels; F1 and PQ: matched one to one at Dice >= 0.5",
        ),
        ({"hit": "voxel"}, "F1 and PQ: matched one to one where they share a voxel"),
        ({"hit": "centre"}, "F1 and PQ: matched one to one where centres are within the lesion's radius"),
        ({"hit": "centre", "radius": 5.0}, "F1 and PQ: matched one to one where centres are within 5 mm"),
    ],
)
def test_what_counts_as_a_found_lesion_is_said(changed, said):
    assert str(lesion_rule_line(RULE | changed)).endswith(said)


@pytest.mark.parametrize(
    "settings",
    [
        *[{"preset": preset} for preset in ("monai", "deepmind", "medpy", "panoptica", "seg_metrics")],
        *[{"surface": surface} for surface in ("voxel", "marching", "iso")],
    ],
)
def test_a_cohort_says_what_distances_mean_as_a_comparison_does(settings):
    raters = read_image(example()) == 1
    report = compare(raters.isel(rater=0), raters.isel(rater=1), level=0.4, nsd_tolerance=2.0, **settings)
    decided = {"preset": "monai", "surface": None, "level": 0.4, "nsd_tolerance": 2.0, **RULE, **settings}
    told = [str(line) for line in settings_lines(decided)]
    assert told == [str(line) for line in definition_lines(report)][2:]
    assert (
        told[0]
        == f"preset {decided['preset']}; soft masks at level 0.4 for distances, NSD and lesions; NSD within 2 mm"
    )


MODELS = {
    **{"label": "1", "index": "hd95", "statistic": "median", "a": inf, "b": 2.0, "difference": inf, "low": -inf},
    **{"high": inf, "better": "", "wins": 1, "ties": 0, "losses": 2, "n_undefined": 0, "missed_a": 2, "missed_b": 0},
    **{"missing_a": 0, "missing_b": 0},
}


def test_two_models_side_by_side():
    names = Path("[red]one.csv"), Path("$two$.csv")
    table, line = models_table(pd.DataFrame([MODELS]), *names, 3)
    shown = text(table)
    for line_of_title in ("A: [red]one.csv", "B: $two$.csv", "3 cases of both"):
        assert line_of_title in shown
    assert "hd95, median  inf  2.00   +inf  [-inf, inf]       –  1/0/2" in shown
    assert line == "label 1: A misses it in 2 cases, B in no cases"
    (alone,) = models_table(pd.DataFrame([{**MODELS, "missed_a": 0}]), *names, 3)
    assert "undefined" not in text(alone)


def test_it_is_said_of_each_index_whether_more_is_better():
    rows = pd.DataFrame([{**MODELS, "index": index} for index in ("dice", "hd95", "nsd", "masd")])
    shown = text(*models_table(rows, Path("a"), Path("b"), 5))
    assert "higher is better: dice, nsd" in [line.strip() for line in shown.splitlines()]
    assert "lower is better: hd95, masd (A \N{MINUS SIGN} B below 0 speaks for A)" in shown
    assert "higher" not in text(*models_table(rows[1:2], Path("a"), Path("b"), 5))


def test_cases_without_a_prediction_are_told_of_each_model():
    rows = pd.DataFrame([{**MODELS, "missed_a": 0, "missing_b": 3}, {**MODELS, "label": "core", "missing_a": 1}])
    *_, of_first, misses, of_core = models_table(rows, Path("a"), Path("b"), 5)
    assert of_first == "label 1: A has no prediction of no cases, B of 3 cases"
    assert misses == "label core: A misses it in 2 cases, B in no cases"
    assert of_core == "label core: A has no prediction of 1 case, B of no cases"


def test_what_is_undefined_of_two_models_is_counted_where_anything_is():
    row = {**MODELS, "missed_a": 0}
    rows = pd.DataFrame([row, {**row, "index": "assd", "n_undefined": 4}])
    shown = text(*models_table(rows, Path("a"), Path("b"), 5))
    assert "undefined" in shown
    assert "assd, median  inf  2.00   +inf  [-inf, inf]       –  1/0/2          4" in shown


def test_two_models_are_one_table_at_80_columns():
    row = {**MODELS, "index": "lesion_f1", "statistic": "mean", "a": 0.5, "b": 0.6123, "difference": -0.1123}
    rows = pd.DataFrame([{**row, "low": -0.2345, "high": -0.0123, "wins": 11, "ties": 10, "losses": 99}])
    table = models_table(rows, Path("a"), Path("b"), 120)[0]
    assert len(wrapped(table, 80)) == 1

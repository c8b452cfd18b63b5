"""The report that all fields share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import overlap as ov
from domains import _console, _report
from domains._checks import UsageError

SIDES = {"prediction": "mine", "reference": "yours"}


@pytest.fixture
def overlap():
    return ov.Overlap(
        np.array([[3, 0, 1], [2, 0, 0]]), np.array([[4, 0, 1], [5, 2, 0]]), np.array([[5, 0, 1], [2, 3, 4]])
    )


@pytest.fixture
def report(overlap):
    coords = {"case": ["a", "b"], "label": [1, 2, 5]}
    return _report.build(overlap, coords, **SIDES, units="cells", tnorm="minimum")


def test_sizes_and_indices_are_those_of_the_core(report, overlap):
    for name in ("intersection", "size_a", "size_b"):
        np.testing.assert_array_equal(report[name], getattr(overlap, name))
        assert report[name].dtype == int
        assert report[name].attrs == {"units": "cells"}
    np.testing.assert_array_equal(report.iou, ov.iou(overlap))
    np.testing.assert_array_equal(report.dice, ov.dice(overlap))
    assert report.iou.dims == ("case", "label")


def test_defined_values_are_counted(report):
    assert report.n_defined.dtype == int
    assert report.n_defined.to_series().to_dict() == {"iou": 5, "dice": 5}


def test_decisions_are_attributes(report):
    expected = {**SIDES, "tnorm": "minimum", "empty": "nan", "units": "cells", "version": ov.__version__}
    assert report.attrs == expected


def test_a_policy_for_empty_sets_is_used_and_named(overlap):
    report = _report.build(overlap, {"case": ["a", "b"], "label": [1, 2, 5]}, **SIDES, units="s", empty=1.0)
    assert report.dice.values[0, 1] == 1.0
    assert report.n_defined.values.tolist() == [6, 6]
    assert report.attrs["empty"] == "1.0"


def test_a_cell_scales_the_sizes_and_not_the_indices(overlap):
    coords = {"case": ["a", "b"], "label": [1, 2, 5]}
    report = _report.build(overlap, coords, **SIDES, units="mm³", cell=0.3)
    np.testing.assert_array_equal(report.size_a, overlap.size_a * 0.3)
    np.testing.assert_array_equal(report.iou, ov.iou(overlap))


def test_more_variables_and_more_counts():
    o = ov.Overlap([1, 2], [2, 2], [2, 3])
    more = {"hd95": ("label", [np.inf, np.nan], {"units": "mm"}), "n_points": ("label", [3, 4])}
    report = _report.build(o, {"label": ["a", "b"]}, ["iou"], **SIDES, units="s", more=more, also_defined=["hd95"])
    assert report.n_defined.to_series().to_dict() == {"iou": 2, "hd95": 1}
    assert report.hd95.attrs == {"units": "mm"}
    assert report.n_points.values.tolist() == [3, 4]


def test_the_two_halves_are_the_whole(overlap, report):
    half = _report.measured(overlap, {"case": ["a", "b"], "label": [1, 2, 5]}, units="cells")
    both = _report.completed(half, ["iou", "dice"], **SIDES, units="cells", empty=float("nan"), tnorm="minimum")
    xr.testing.assert_identical(both, report)
    assert "n_defined" not in half
    assert half.attrs == {}


def test_a_single_comparison_has_no_dimension_of_its_own():
    report = _report.build(ov.Overlap(3, 4, 5), **SIDES, units="s")
    assert dict(report.sizes) == {"index": 2}
    assert float(report.iou) == 0.5


def test_an_unknown_index_is_refused():
    with pytest.raises(UsageError, match="an index must be one of .*'iou'.*; got 'kappa'"):
        _report.build(ov.Overlap(3, 4, 5), {}, ["kappa"], **SIDES, units="s")


def test_chunked_sizes_stay_lazy(overlap, report):
    da = pytest.importorskip("dask.array")
    lazy = ov.Overlap(*(da.from_array(np.asarray(getattr(overlap, k))) for k in ("intersection", "size_a", "size_b")))
    coords = {"case": ["a", "b"], "label": [1, 2, 5]}
    chunked = _report.build(lazy, coords, **SIDES, units="cells", tnorm="minimum")
    assert all(x.chunks is not None for x in chunked.data_vars.values())
    xr.testing.assert_identical(chunked.compute(), report)


def test_names(report):
    image = xr.DataArray([1.0], name="rater 1")
    assert _report.name_of(image, "prediction") == "rater 1"
    assert _report.name_of(image.assign_attrs(name="scan.nii"), "prediction") == "scan.nii"
    assert _report.name_of(xr.DataArray([1.0]), "prediction") == "prediction"
    assert _report.name_of(np.zeros(3), "reference") == "reference"
    assert _report.name_of(pd.DataFrame({"name": ["x"]}), "reference") == "reference"


def test_rows_are_the_labels_of_the_sizes(report):
    wide = report.assign(ap=("class", [0.5]), mean=((), 0.25))
    rows = _report.as_rows(wide, ["prediction", "units"])
    expected = ["prediction", "units", "case", "label", "intersection", "size_a", "size_b", "iou", "dice", "mean"]
    assert list(rows.columns) == expected
    assert rows["case"].tolist() == ["a", "a", "a", "b", "b", "b"]
    assert rows["label"].tolist() == [1, 2, 5, 1, 2, 5]
    assert rows["mean"].tolist() == [0.25] * 6
    assert rows["iou"].isna().sum() == 1


def test_rows_without_decisions(report):
    assert list(_report.as_rows(report).columns[:2]) == ["case", "label"]


def test_a_table_of_several_reports(report):
    single = _report.build(ov.Overlap(3, 4, 5), **SIDES, units="s")
    table = _report.as_table([report, single])
    assert len(table) == 7
    assert table["n_defined_iou"].tolist() == [5] * 6 + [1]
    assert table["units"].tolist() == ["cells"] * 6 + ["s"]


def test_a_mapping_names_values_by_their_label():
    report = _report.build(ov.Overlap([3, 0], [4, 0], [5, 0]), {"label": ["a", "b"]}, ["iou"], **SIDES, units="s")
    found = _report.as_dict(report)
    assert found["intersection"] == {"a": 3, "b": 0}
    assert found["n_defined"] == {"iou": 1}
    assert found["prediction"] == "mine"


def test_texts_come_back_from_csv(tmp_path):
    texts = {"label": ["1", "2", ""], "name": ["core", "owl", "'x"], "note": ["", "", ""], "odd": ["1", "a", "2"]}
    table = pd.DataFrame({**texts, "dice": [0.5, np.nan, 1.0]})
    _console.save_table(table, tmp_path / "t.csv")
    read = pd.read_csv(tmp_path / "t.csv")
    assert read["label"].dtype == float
    pd.testing.assert_frame_equal(_report.with_texts(read, texts), table, check_dtype=False)
    assert _report.with_texts(table, texts) is table
    as_objects = table.astype(dict.fromkeys(texts, object))
    assert _report.with_texts(as_objects, texts) is as_objects


@pytest.mark.parametrize(
    ("empty", "expected"),
    [
        (0.5, 0.5),
        (ov.EmptyPolicy(both_empty=1.0), {"both_empty": 1.0, "prediction_empty": None, "reference_empty": None}),
        (ov.EmptyPolicy(1.0, -1.0, 0.0), {"both_empty": 1.0, "prediction_empty": -1.0, "reference_empty": 0.0}),
    ],
    ids=["number", "one side", "all sides"],
)
def test_a_policy_is_a_mapping_again(empty, expected):
    report = _report.build(ov.Overlap(3, 4, 5), prediction="p", reference="r", units="s", empty=empty, corrected="True")
    found = _report.as_dict(report)
    assert (found["empty"], found["corrected"]) == (expected, True)

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from domains import _console


def test_json_has_null_for_nan_and_infinity(capsys):
    _console.print_json({"a": np.float32("nan"), "b": [float("inf"), np.int64(3)], "c": "φ"})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 3], "c": "φ"}


def test_a_report_is_one_flat_mapping():
    report = xr.Dataset({"iou": 0.5, "n_defined": ("index", [1, 0])}, {"index": ["iou", "dice"]}, {"tnorm": "minimum"})
    assert _console.as_dict(report) == {"tnorm": "minimum", "iou": 0.5, "n_defined": {"iou": 1, "dice": 0}}


def test_progress_passes_everything_on(capsys):
    assert list(_console.track(range(5), "counting", 5)) == list(range(5))
    assert capsys.readouterr().out == ""

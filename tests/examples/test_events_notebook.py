"""The notebook on events: intervals are learned from a start that is apart, by GIoU and DIoU and at every duration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("matplotlib").use("agg")
NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "events.ipynb"
pytestmark = pytest.mark.slow
CELLS = ("imports", "learned-desert", "learned-descent", "learned-scale")


@pytest.fixture(scope="module")
def names():
    """Return what the cells name; their own assertions hold."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    texts = {cell["id"]: "".join(cell["source"]) for cell in cells}
    names: dict[str, object] = {}
    for cell in CELLS:
        exec(compile(texts[cell], cell, "exec"), names)
    return names


def test_from_a_start_that_is_apart_giou_and_diou_arrive_and_iou_does_not(names):
    last = {kind: tiou[-1] for kind, tiou in names["tiou"].items()}
    assert last["iou"].max() == 0
    assert last["giou"].min() > 0.95
    assert last["diou"].min() > 0.95


def test_what_iou_is_of_the_intervals_that_were_found(names):
    """The shared time of each pair over the time of both, by hand."""
    found = names["paths"]["giou"][-1]
    goals = names["goals"]
    shared = np.minimum(found, goals)[:, 1] - np.maximum(found, goals)[:, 0]
    both = np.diff(found)[:, 0] + np.diff(goals)[:, 0] - shared
    np.testing.assert_allclose(names["tiou"]["giou"][-1], shared / both, atol=1e-12)


def test_giou_grows_the_interval_and_diou_moves_it(names):
    assert names["longest"]["giou"] > 5
    assert names["longest"]["diou"] < 2.5


def test_a_thousand_times_as_long_takes_the_same_course(names):
    curves = names["curves"]
    np.testing.assert_allclose(curves["diou", 1000], curves["diou", 1], atol=1e-6)
    np.testing.assert_allclose(curves["giou", 1000], curves["giou", 1], atol=2e-3)
    assert curves["seconds", 1][-1] > 0.95
    assert curves["seconds", 1000].max() == 0

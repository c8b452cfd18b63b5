"""The names of the package: those that are there, and those that many look for."""

from __future__ import annotations

import numpy as np
import pytest

import overlap
import overlap as ov

MASK = np.ones((4, 4), bool)
BOXES = np.array([[0.0, 0, 4, 2], [0.5, 0, 4.5, 2]])
MASKS = {"a": MASK, "b": MASK, "prediction": MASK * 1.0, "target": MASK * 1.0, "spacing": 1.0, "tolerance": 1.0}
MATCHED = {"confidence": [0.9, 0.8], "scores": [[0.6, 0.0], [0.0, 0.8]], "thresholds": [0.5]}
SCORED = {"boxes": BOXES, "scores": [0.9, 0.8], "threshold": 0.5, "labels": [0, 1]}


def arguments_of(call: str) -> dict[str, object]:
    """Return values for the arguments that a call names."""
    if "oriented" in call:
        return {**SCORED, "boxes": np.ones((2, 5))}
    if "nms" in call:
        return SCORED
    if "average_precision" in call:
        return MATCHED
    if "box" in call:
        return {"a": BOXES, "b": BOXES, "prediction": BOXES, "target": BOXES}
    return MASKS


@pytest.mark.parametrize("name", ov._NAMES_ELSEWHERE)
def test_a_name_that_many_look_for_names_a_call_that_runs_as_it_stands(name):
    pytest.importorskip("scipy")
    with pytest.raises(AttributeError, match=rf"overlap.{name}: there is no such name; call overlap\.\w+") as error:
        getattr(ov, name)
    call = str(error.value).partition("; call ")[2]
    eval(call, {"overlap": overlap, **arguments_of(call)})


def test_no_name_is_both():
    assert not set(ov._NAMES_ELSEWHERE) & set(ov.__all__)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("F1", "call overlap.raster.dice(a, b)"),
        ("jacard", "call overlap.raster.iou(a, b)"),
        ("fbeta", "did you mean overlap.f_beta?"),
        ("IoU", "did you mean overlap.iou?"),
        ("overlap", "did you mean overlap.Overlap?"),
        ("flux", "dir(overlap) lists those that exist"),
    ],
)
def test_a_name_much_like_another(name, remedy):
    with pytest.raises(AttributeError) as error:
        getattr(ov, name)
    assert str(error.value) == f"overlap.{name}: there is no such name; {remedy}"
    assert not hasattr(ov, name)

"""The notebook on the claims about box losses: each has its assertion and verdict, and they hold in small."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
matplotlib = pytest.importorskip("matplotlib")
NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "box_losses.ipynb"
CLAIMS = range(1, 19)
WHOLE = {"GIoU": 270.69, "DIoU": 339.19, "DIoU, C held": 203.65, "CIoU, C held": 183.89, "EIoU, C held": 130.87}
"""Sum of errors over all 1,715,000 cases, in thousands, of benchmarks/results/box_regression.csv."""
RUN = ("imports", "tools", "claim-3", "claim-4", "descent", "runs", "detections", "claim-15", "claim-17")
"""Cells with numbers that stand here. The build of the documentation runs all, with each claim's assertion."""
IN_SMALL = {
    "draw_cases(5)": "draw_cases(4)",
    "RUNS.items()": f"[(name, RUNS[name]) for name in {list(WHOLE)}]",
    "draw(150, ": "draw(40, ",
}
"""Four starting points instead of five, the losses of `WHOLE` instead of all, forty scenes instead of 150."""


@pytest.fixture(scope="module")
def cells():
    """Return the text of each cell by its id, in order."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells}


@pytest.fixture(scope="module")
def names(cells, example):
    """Return what the cells of `RUN` name."""
    # finds the scripts of examples/
    example("detections")
    dtype = torch.get_default_dtype()
    names: dict[str, object] = {}
    try:
        with matplotlib.rc_context():
            for name in RUN:
                exec(compile(in_small(cells[name]), name, "exec"), names)
    finally:
        torch.set_default_dtype(dtype)
    return names


def in_small(text):
    for whole, small in IN_SMALL.items():
        text = text.replace(whole, small)
    return text


@pytest.mark.parametrize("claim", CLAIMS)
def test_each_claim_has_its_assertion_and_its_verdict(cells, claim):
    tree = ast.parse(cells[f"claim-{claim}"])
    asserted = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    asserted += [node for node in ast.walk(tree) if getattr(node, "attr", "") == "assert_allclose"]
    assert asserted
    assert cells[f"claim-{claim}-text"].startswith(f"## {claim}. ")
    # the claim itself, in italics
    assert re.search(r"^\*[^*]+\*$", cells[f"claim-{claim}-text"], re.MULTILINE)
    assert re.match(r"\*\*(Holds|Does not hold)[^*]*\.\*\*", cells[f"verdict-{claim}"])


def test_the_claims_come_in_order(cells):
    order = [int(name.removeprefix("claim-")) for name in cells if re.fullmatch(r"claim-\d+", name)]
    assert order == list(CLAIMS)


@pytest.mark.slow
def test_in_small_as_whole(names):
    """The means of a case come close to those of all."""
    for name, sum_error in WHOLE.items():
        mean_error = sum_error / 1.715 / 200
        assert names["error"][name] == pytest.approx(mean_error, rel=0.1)


@pytest.mark.slow
def test_numbers_of_the_text(names, cells):
    assert names["after_5_px"].round(3).tolist() == [0.391, 0.822]
    assert names["of_envelopes"] == pytest.approx(0.114, abs=5e-4)
    assert names["means"]["p"] == pytest.approx(0.36, abs=0.03)
    assert names["means"]["p · q"] == pytest.approx(0.55, abs=0.03)
    assert "from 0.36 to 0.55" in cells["verdict-15"]
    assert names["share_of_l1"] == pytest.approx(0.35, abs=0.005)

"""The notebook on lesions, run in small: with four nodules of its thirty."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("nibabel")
pytest.importorskip("SimpleITK")
pytest.importorskip("matplotlib").use("agg")
NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "lesions.ipynb"
pytestmark = pytest.mark.slow
ALL_NODULES = "range(30)"


@pytest.fixture(scope="module")
def notebook():
    """Return what the cells name, and what each cell ends with, by the cell's id."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    shown = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            shown[cell["id"]] = run(source.replace(ALL_NODULES, "range(4)"), names)
    return names, shown


def run(source, names):
    """Run a cell; return the value of its last expression, as a notebook shows it."""
    tree = ast.parse(source)
    if not isinstance(tree.body[-1], ast.Expr):
        exec(compile(tree, "cell", "exec"), names)
        return None
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(last, "cell", "eval"), names)


def test_each_representation_has_its_number(notebook):
    _, shown = notebook
    dice = shown["numbers"]["Dice"]
    assert dice["coverage, at least"] < dice["polygons"] < dice["coverage, at most"]
    assert dice["the image"] == 0.4819
    assert dice["the image"] < dice["polygons"] < dice["voxel centres"]


def test_the_outlines_are_those_of_the_image(notebook):
    """In the LIDC an outline is drawn on the first voxels outside: what is strictly inside is the mask."""
    import shapely

    names, _ = notebook
    x, y = np.meshgrid(*names["grid"])
    inside = shapely.contains_xy(names["outlines"][..., None, None], x, y)
    np.testing.assert_array_equal(inside, names["image"])


def test_the_decision_is_larger_than_the_cut(notebook):
    _, shown = notebook
    decided = shown["decide"]
    assert decided.expected_dice["optimal"] > decided.expected_dice["cut"]
    assert decided.volume_bias["optimal"] > 0 > decided.volume_bias["cut"]


def test_the_haze_ends_at_half_of_its_dice(notebook):
    _, shown = notebook
    table = shown["haze-best"]
    np.testing.assert_allclose(table["best box"], [3.115, 3.435, 4.39, 5.505], atol=0.011)
    np.testing.assert_allclose(table["best mask"], table["best box"], atol=0.011)
    np.testing.assert_allclose(table["p at its edge"], table["D* / 2"], atol=6e-3)


def test_every_nodule_is_a_case(notebook):
    names, _ = notebook
    for scores in names["scores"].values():
        assert scores["case"].nunique() == 4
        assert (scores["error"] == "").all()
    assert names["skipped"].empty
    assert names["calibrated"].attrs["cases"] == 4


def test_the_models_are_compared_case_by_case(notebook):
    names, shown = notebook
    rows = shown["models-compared"].set_index(["index", "statistic"])
    dice = rows.loc[("dice", "mean")]
    assert dice["wins"] + dice["ties"] + dice["losses"] == 4
    means = [scores["dice"].mean() for scores in names["scores"].values()]
    assert dice["difference"] == pytest.approx(means[0] - means[1], abs=1e-3)

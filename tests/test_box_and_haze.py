"""The page on a box and a haze, run as it stands. Oracles: the integral of the haze in closed form, known numbers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from overlap import boxes
from overlap.losses import dice_loss

torch = pytest.importorskip("torch")
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "box-and-haze.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="needs the documentation beside the tests")
OPTIONS = re.compile(r"^:tags:.*\n\n", re.MULTILINE)
SOFTNESS = np.array([0.5, 1, 2, 3])


@pytest.fixture(scope="module")
def page():
    """Return what the cells of the page name."""
    text = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", text, re.DOTALL):
        exec(OPTIONS.sub("", cell), names)
    return names


def held(half_width, softness):
    """Return what a box holds of 1 / (1 + exp((|x| - 3) / s)), by its antiderivative."""
    below = -softness * np.log1p(np.exp((3 - half_width) / softness))
    return 2 * (below + softness * np.log1p(np.exp(3 / softness)))


def test_the_best_box_in_closed_form(page):
    half_widths = np.linspace(1, 9, 80_001)
    for s in SOFTNESS:
        dice = 2 * held(half_widths, s) / (2 * half_widths + held(np.inf, s))
        assert page["best_half_width"](s) == pytest.approx(half_widths[dice.argmax()], abs=2e-4)
        assert page["dice_of_box"](4.0, s) == pytest.approx(2 * held(4, s) / (8 + held(np.inf, s)), abs=1e-9)
        assert page["table"].loc[s, "box of the expected volume"] == pytest.approx(held(np.inf, s) / 2)


def test_the_descent_ends_outside_the_contour(page):
    table = page["table"]
    np.testing.assert_allclose(table["best half-width"], [3.115, 3.435, 4.39, 5.505], atol=2e-3)
    np.testing.assert_allclose(table["p at the edge"], [0.443, 0.393, 0.333, 0.303], atol=1e-3)
    np.testing.assert_allclose(table["p at the edge"], table["D* / 2"], atol=1e-5)
    for end in ("least", "most"):
        # a cell is 0.04 wide
        np.testing.assert_allclose(table[f"found, {end}"], table["best half-width"], atol=0.03)
        assert (table[f"found, {end}"] > table["box of the expected volume"]).all()
    middles = torch.stack([page["ways"][s][-1].sum(-1) / 2 for s in page["SOFTNESS"]])
    assert (middles.abs() < 0.03).all()


def test_in_the_plane_too(page):
    assert page["along_a_side"] == pytest.approx(page["score"] / 2, abs=0.02)
    assert 4 * page["half_width"] ** 2 > 9 * np.pi


def slope_of_the_edge(end, tnorm):
    """Return the slope of the loss by the end of a box in a cell whose p is 0.4; D is above 0.8."""
    box = torch.tensor([0.0, end], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([1, 1, 1, 0.4, 0], dtype=torch.float64)
    dice_loss(boxes.rasterize(box, (np.arange(5) + 0.5,)), target, tnorm=tnorm).backward()
    return float(box.grad[1])


def test_under_the_minimum_a_cell_is_a_valley():
    assert slope_of_the_edge(3.3, "minimum") < 0 < slope_of_the_edge(3.5, "minimum")
    assert slope_of_the_edge(3.3, "product") > 0
    assert slope_of_the_edge(3.5, "product") > 0

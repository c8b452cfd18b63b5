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
pytestmark = [pytest.mark.clone, pytest.mark.slow]
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


def test_iou_has_the_same_box(page):
    table = page["table"]
    np.testing.assert_allclose(table["best by IoU"], table["best half-width"], atol=1e-4)
    np.testing.assert_allclose(table["J* / (1 + J*)"], table["D* / 2"], atol=1e-9)


def test_the_best_mask_ends_at_half_of_its_dice(page):
    edge = page["plane"][page["best_mask"]].min()
    # cells are 0.2 wide
    assert edge == pytest.approx(page["best_dice"] / 2, abs=0.01)
    assert page["best_mask"].sum() * 0.04 > 9 * np.pi
    bias = page["decided"]["bias in volume"]
    assert (bias["best"] > 0).all()
    assert (bias["cut at 0.5"] < 0).all()


@pytest.mark.parametrize(("core", "haze"), [(100, 50), (20, 80), (3, 1)])
def test_a_joint_haze_is_all_or_nothing_and_jumps_at_one_half(page, core, haze):
    """In closed form against the two outcomes; at q = 0.3 of 100 and 50 the bias in volume is -13 %."""
    a = np.linspace(0, haze, 501)
    for q in (0.1, 0.3, 0.49, 0.51, 0.6, 0.9):
        worth = page["joint_dice"](a, q, core, haze)
        outcomes = q * 2 * (core + a) / (core + a + core + haze) + (1 - q) * 2 * core / (core + a + core)
        np.testing.assert_allclose(worth, outcomes, rtol=1e-12)
        assert a[worth.argmax()] == (haze if q > 0.5 else 0)
        assert worth[0] == pytest.approx(1 - q * haze / (2 * core + haze))
        assert worth[-1] == pytest.approx(1 - (1 - q) * haze / (2 * core + haze))
    # each of the outcomes alike: the ends are equal
    at_half = page["joint_dice"](a, 0.5, core, haze)
    assert at_half[0] == pytest.approx(at_half[-1])
    assert at_half[1:-1].max() < at_half[0]


def test_the_search_of_all_masks(page):
    jump = page["jump"]
    below = jump.index < 0.5
    for score in ("as a whole, Dice", "as a whole, IoU"):
        assert (jump[score] == np.where(below, 0, page["U"])).all()
    # 8q² + 4q - 2 = 0 with many cells
    assert jump["by itself, Dice"].loc[0.2] == 0
    assert (jump["by itself, Dice"].loc[0.4:] == page["U"]).all()


def test_nested_cuts_by_drawn_levels(page):
    """Oracle: a search over a grid of boxes against 20,000 levels. The mean is flat at its top."""
    levels = (np.arange(20_000) + 0.5) / 20_000
    half_widths = np.arange(2.5, 6, 0.05)
    for s in SOFTNESS:
        lesion = np.maximum(3 - s * np.log(levels / (1 - levels)), 0)
        shared = np.minimum(half_widths[:, None], lesion)
        dice = (2 * shared / (half_widths[:, None] + lesion)).mean(axis=1)
        iou = (shared / np.maximum(half_widths[:, None], lesion)).mean(axis=1)
        assert page["nested"].loc[s, "nested, Dice"] == pytest.approx(half_widths[dice.argmax()], abs=0.05)
        assert page["nested"].loc[s, "nested, IoU"] == pytest.approx(half_widths[iou.argmax()], abs=0.05)
        assert 3 < page["nested"].loc[s, "nested, Dice"] < page["nested"].loc[s, "each cell by itself"]


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

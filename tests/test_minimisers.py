"""The page of what each loss seeks: its tables against a search of the papers' formulas, and against closed forms."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "minimisers.md"
pytestmark = pytest.mark.clone

CHANCES = np.arange(1, 10) / 10
LEVELS = np.linspace(0, 1, 501)
SETTINGS = ("soft_cell", "drawn_cell", "soft_region", "drawn_cells", "drawn_region")
SET = ["0"] * 4 + ["1"] * 5
SET_WITH_TIE = ["0"] * 4 + ["0 or 1"] + ["1"] * 4
Y = [f"{y}" for y in CHANCES]


@pytest.fixture(scope="module")
def page():
    """Run the cells of the page; return what they named."""
    names: dict[str, object] = {}
    for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(cell, names)
    return names


# ---------------------------------------------------------------- the papers' formulas


def sizes(both):
    """Return |A∩B|, |A| and |B| of a t-norm."""
    return lambda p, y: (both(p, y).sum(-1), p.sum(-1), np.broadcast_to(y.sum(-1), p.shape[:-1]))


def minimum(p, y):
    return np.minimum(p, y)


def product(p, y):
    return p * y


def dice(both=minimum):
    def loss(p, y):
        shared, a, b = sizes(both)(p, y)
        return 1 - 2 * shared / (a + b)

    return loss


def jaccard(p, y):
    shared, a, b = sizes(minimum)(p, y)
    return 1 - shared / (a + b - shared)


def tversky(p, y):
    shared, a, b = sizes(minimum)(p, y)
    return 1 - shared / (shared + 0.3 * (a - shared) + 0.7 * (b - shared))


def generalised(p, y):
    shared, total = 0.0, 0.0
    for a, b in ((p, y), (1 - p, 1 - y)):
        weight = 1 / b.sum(-1) ** 2
        shared = shared + weight * np.minimum(a, b).sum(-1)
        total = total + weight * (a.sum(-1) + b.sum(-1))
    return 1 - 2 * shared / total


def squared(p, y):
    return ((p - y) ** 2).sum(-1) / ((p**2).sum(-1) + (y**2).sum(-1))


def focal(gamma):
    def loss(p, y):
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.nan_to_num(y * (1 - p) ** gamma * np.log(p), nan=0.0, neginf=-1e3)
            other = np.nan_to_num((1 - y) * p**gamma * np.log(1 - p), nan=0.0, neginf=-1e3)
        return -(own + other).mean(-1)

    return loss


def both_of(first, second):
    return lambda p, y: first(p, y) + second(p, y)


FORMULAS = {
    "Dice": dice(),
    "Dice, product": dice(product),
    "Dice, Łukasiewicz": dice(lambda p, y: np.maximum(p + y - 1, 0)),
    "Jaccard": jaccard,
    "Tversky (0.3, 0.7)": tversky,
    "focal Tversky (0.3, 0.7)": lambda p, y: np.maximum(tversky(p, y), 0) ** 0.75,
    "log-cosh Dice": lambda p, y: np.log(np.cosh(dice()(p, y))),
    "generalised Dice": generalised,
    "squared Dice": squared,
    "cross-entropy": focal(0),
    "Dice + cross-entropy": both_of(dice(), focal(0)),
    "focal (γ = 2)": focal(2),
    "Dice + focal (γ = 2)": both_of(dice(), focal(2)),
}


def draws(setting, y):
    """Return the certain cells, and each target of the uncertain ones with its chance."""
    n = 1 if setting.endswith("_cell") else 50
    certain = np.repeat([1.0, 0.0], 100 if n == 1 else 50)
    if setting.startswith("soft"):
        return certain, [(1.0, np.full(n, y))]
    if setting == "drawn_cells":
        return certain, [(1.0, np.repeat([1.0, 0.0], [round(n * y), n - round(n * y)]))]
    return certain, [(y, np.ones(n)), (1 - y, np.zeros(n))]


def mean_loss(formula, setting, y):
    """Return the mean of a loss over the draws, at each level of the uncertain cells."""
    certain, outcomes = draws(setting, y)
    total = np.zeros(len(LEVELS))
    for chance, uncertain in outcomes:
        p = np.concatenate([np.tile(certain, (len(LEVELS), 1)), np.outer(LEVELS, np.ones(len(uncertain)))], axis=1)
        total += chance * formula(p, np.concatenate([certain, uncertain]))
    return total


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_page_has_what_a_search_finds(page, name, setting):
    for y, said in zip(CHANCES, page[setting].loc[name], strict=True):
        mean = mean_loss(FORMULAS[name], setting, y)
        best = LEVELS[mean <= mean.min() + 1e-12]
        if said == "any":
            assert len(best) == len(LEVELS)
            continue
        levels = np.array([float(level) for level in said.split(" or ")])
        apart = np.abs(levels[:, None] - best)
        assert apart.min(0).max() < 0.006, f"y = {y}: the page says {said}, a search {best}"
        assert apart.min(1).max() < 0.006, f"y = {y}: the page says {said}, a search {best}"


# ---------------------------------------------------------------- closed forms


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_cross_entropy_returns_the_chance(page, setting):
    assert list(page[setting].loc["cross-entropy"]) == Y


@pytest.mark.parametrize("setting", ["soft_cell", "soft_region"])
@pytest.mark.parametrize(
    "name",
    [
        "Dice",
        "Jaccard",
        "Tversky (0.3, 0.7)",
        "focal Tversky (0.3, 0.7)",
        "log-cosh Dice",
        "generalised Dice",
        "squared Dice",
        "Dice + cross-entropy",
    ],
)
def test_a_soft_target_is_returned(page, setting, name):
    assert list(page[setting].loc[name]) == Y


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_product_seeks_a_set(page, setting):
    """The cells of y > D*/2, D* the better Dice of the two sets that can be answered, with or without the cells."""
    if setting in ("drawn_cell", "drawn_region"):
        assert list(page[setting].loc["Dice, product"]) == SET_WITH_TIE
        return
    n_certain, n = (100, 1) if setting == "soft_cell" else (50, 50)
    without = 2 * n_certain / (2 * n_certain + n * CHANCES)
    with_cells = 2 * (n_certain + n * CHANCES) / (2 * n_certain + n + n * CHANCES)
    best = np.maximum(without, with_cells)
    expected = best / 2 < CHANCES
    assert list(page[setting].loc["Dice, product"]) == [str(int(x)) for x in expected]


@pytest.mark.parametrize("setting", ["drawn_cell", "drawn_cells", "drawn_region"])
def test_of_drawn_targets_every_t_norm_says_the_same(page, setting):
    rows = page[setting]
    for name in ("Dice, product", "Dice, Łukasiewicz", "Jaccard", "blob"):
        assert list(rows.loc[name]) == list(rows.loc["Dice"])
    assert list(rows.loc["Dice"]) == (SET if setting == "drawn_cells" else SET_WITH_TIE)


@pytest.mark.parametrize("setting", ["drawn_cell", "drawn_region"])
@pytest.mark.parametrize("name", ["Tversky (0.3, 0.7)", "focal Tversky (0.3, 0.7)"])
def test_tversky_asks_for_a_chance_above_its_share_of_false_positives(page, setting, name):
    assert list(page[setting].loc[name]) == [str(int(y > 0.35)) for y in CHANCES]


def test_the_squares_of_cells_drawn_by_themselves(page):
    """The answer x is y / D*, and D* the Dice of that answer: each is inserted in the other until both stay."""
    for y, said in zip(CHANCES, page["drawn_cells"].loc["squared Dice"], strict=True):
        x = y
        for _ in range(100):
            best = 2 * (1 + x * y) / (2 + x**2 + y)
            x = y / best
        assert float(said) == pytest.approx(x, abs=0.006)


def test_one_drawn_cell_of_a_quadratic_loss(page):
    for name in ("squared Dice", "log-cosh Dice"):
        assert list(page["drawn_cell"].loc[name]) == Y


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_root_of_the_slope_of_the_focal_loss(page, setting):
    def slope(p, y):
        own = 2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p
        other = p**2 / (1 - p) - 2 * p * np.log(1 - p)
        return y * own + (1 - y) * other

    for y, said in zip(CHANCES, page[setting].loc["focal (γ = 2)"], strict=True):
        assert float(said) == pytest.approx(brentq(slope, 1e-6, 1 - 1e-6, args=(y,)), abs=0.0051)


def test_expected_dice_seeks_a_set(page):
    for setting in SETTINGS:
        row = list(page[setting].loc["expected Dice"])
        assert row[:4] == ["0"] * 4
        assert row[5:] == ["1"] * 4


def test_the_text_quotes_the_tables(page):
    """The one number that the page's words name."""
    assert page["soft_cell"].loc["focal (γ = 2)", "y = 0.1"] == "0.31"

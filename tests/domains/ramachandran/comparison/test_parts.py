"""Oracle: the numbers of components of the reference notes; a flood fill over a doubled torus, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import generate_binary_structure, label

from domains.ramachandran import CATEGORIES, region
from domains.ramachandran.comparison.parts import basins_of, components, kept_basins, missed_basins, rows_of
from domains.ramachandran.torus import centres

COMPONENTS = {
    "general": (4, 3),
    "glycine": (3, 1),
    "cis-proline": (2, 2),
    "trans-proline": (3, 1),
    "pre-proline": (3, 4),
    "isoleucine or valine": (2, 3),
}


def basins_in(cells, category=""):
    return basins_of(cells.values, cells.psi.values, cells.phi.values, cells.score.values, category)


@pytest.mark.parametrize("category", CATEGORIES)
def test_components_on_the_torus(category):
    for level, n in zip(("favored", "allowed"), COMPONENTS[category], strict=True):
        cells = region("top8000", category, level)
        assert components(cells.values).max() == n
        assert len(set(basins_in(cells, category).names)) == n
        rolled = components(np.roll(cells.values, (37, 91), (0, 1)))
        assert np.bincount(rolled.ravel()).tolist() == np.bincount(components(cells.values).ravel()).tolist()


def test_components_of_any_cells():
    rng = np.random.default_rng(0)
    for density in (0.3, 0.5, 0.7):
        cells = rng.random((12, 9)) < density
        found = components(cells)
        assert ((found > 0) == cells).all()
        neighbours = [np.roll(found, shift, axis) for axis in (0, 1) for shift in (1, -1)]
        for other in neighbours:
            both = (found > 0) & (other > 0)
            assert (found[both] == other[both]).all(), "neighbours are of one part"
        # a part fills a plane of copies of the torus: there each piece in the middle has one number
        wide, _ = label(np.tile(cells, (5, 5)), generate_binary_structure(2, 1))
        middle = wide[24:36, 18:27]
        for k in range(1, found.max() + 1):
            assert len(np.unique(middle[found == k])) >= 1
        assert np.all(np.diff(np.bincount(found.ravel())[1:]) <= 0), "the largest first"


def test_names():
    general = region()
    assert basins_in(general).names == ["beta/PPII", "alphaR", "alphaL", "gamma'"]
    assert basins_in(general).peaks == [(-63.0, 141.0), (-63.0, -43.0), (53.0, 43.0), (53.0, -127.0)]
    assert basins_in(region(level="allowed")).names == ["alphaR + beta/PPII", "alphaL", "gamma'"]
    glycine = basins_in(region("top8000", "glycine"), "glycine")
    assert glycine.names[1:] == ["alphaL", "alphaR"]
    assert "mirrored beta/PPII" in glycine.names[0]
    assert basins_in(region("top8000", "trans-proline")).names == ["beta/PPII", "alphaR", "C7eq"]
    mask = np.zeros((36, 36), bool)
    mask[1:4, 34:] = mask[1:4, :3] = True
    assert basins_of(mask, centres(36), centres(36)).names == ["(-175, -155)"], "over the seam"
    assert basins_of(np.zeros((4, 4), bool), centres(4), centres(4)).names == []


@pytest.mark.parametrize("seed", range(5))
def test_the_rows_add_up(seed):
    rng = np.random.default_rng(seed)
    a = rng.random((40, 30)) < 0.45
    b = rng.random((40, 30)) < 0.45
    size = rng.random((40, 30))
    mass = rng.dirichlet(np.ones(1200)).reshape(40, 30)
    rows = rows_of(a, basins_of(b, centres(40), centres(30)), size, mass)
    totals = {name: sum(row[name] for row in rows) for name in ("intersection", "size_a", "size_b", "mass")}
    assert totals["intersection"] == pytest.approx(size[a & b].sum())
    assert totals["size_a"] == pytest.approx(size[a].sum())
    assert totals["size_b"] == pytest.approx(size[b].sum())
    assert totals["mass"] == pytest.approx(mass[b].sum())


def test_whose_cells_are_whose():
    """One part of the prediction over two basins: the cells between go to the one it shares more with."""
    b = np.zeros((3, 9), bool)
    b[1, 1:3] = b[1, 5:8] = True
    a = np.zeros((3, 9), bool)
    a[1, 1:8] = True
    rows = rows_of(a, basins_of(b, centres(3), centres(9)))
    assert [(row["intersection"], row["size_a"], row["size_b"]) for row in rows] == [(3, 5, 3), (2, 2, 2)]
    away = np.zeros((3, 9), bool)
    away[1, 8] = away[0, 0] = True
    rows = rows_of(away, basins_of(b, centres(3), centres(9)))
    assert [row["basin"] for row in rows][2:] == ["only predicted", "only predicted"]


def test_what_is_missed():
    general = region()
    found = kept_basins(general.values, general.psi.values, general.phi.values, general.score.values, "general")
    no_alpha = general.values & (found.label != 3)
    assert missed_basins(no_alpha, found) == "alphaL is missed (area 1.1 %)"
    assert missed_basins(general.values, found) == ""
    nothing = missed_basins(np.zeros_like(general.values), found, mass=general.score.values)
    assert nothing.index("alphaR") < nothing.index("alphaL") < nothing.index("gamma'")


def test_kept_basins_of_other_scores_are_others():
    cells = np.ones((2, 3), bool)
    on = centres(2), centres(3)
    for highest in ((0, 1), (1, 2)):
        score = np.zeros((2, 3))
        score[highest] = 1.0
        peak = on[1][highest[1]], on[0][highest[0]]
        assert kept_basins(cells, *on, score, "").peaks == [peak]

"""Oracle: the table of grid effects of the reference notes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains.ramachandran import CATEGORIES, LEVELS, compare, reference, region
from domains.ramachandran.comparison.grids import FINE, drawn, fine_cells, grid_bound, is_finer
from domains.ramachandran.comparison.references import Source, choose
from domains.ramachandran.torus import Table, centres

EFFECT = {360: (0.986, 0.991), 180: (0.976, 0.984), 90: (0.955, 0.969), 72: (0.943, 0.962), 36: (0.898, 0.926)}


@pytest.mark.parametrize("n", EFFECT)
def test_the_bound_of_a_grid(n):
    for level, expected in zip(LEVELS, EFFECT[n], strict=True):
        source = choose(region(), "top8000", "general", level)
        assert float(grid_bound(source, centres(n), centres(n))) == pytest.approx(expected, abs=1.5e-3)


@pytest.mark.slow
def test_every_half_degree():
    maps = reference().score.values
    score = Table(maps)(FINE, FINE[:, None], np.arange(6)[:, None, None])
    for level in LEVELS:
        cut = reference()[level].values[:, None, None]
        found = fine_cells(region(category=None, level=level))
        assert np.count_nonzero(found.values != (score >= cut)) <= 2, "but for the last bit of a score at the cut"


@pytest.mark.slow
def test_by_name_and_by_dataset_and_by_region():
    nodes = -180 + np.arange(36) * 10.0
    by_name = grid_bound(choose(region(category=None), "top8000", None, None), nodes, nodes)
    by_data = grid_bound(choose(region(category=None), reference(), None, None), nodes, nodes)
    xr.testing.assert_equal(by_name, by_data)
    assert by_name.dims == ("category", "level")
    one = grid_bound(Source(region("top8000", "glycine", "allowed")), nodes, nodes)
    assert float(one) == float(by_name[CATEGORIES.index("glycine"), 1])
    assert grid_bound(Source(region().drop_vars(["score", "cut"])), nodes, nodes) is None


def sampled(psi, phi, level):
    score = Table(reference().score.values[:1])(phi, psi[:, None], 0)
    cut = float(reference()[level][0])
    return xr.DataArray(score >= cut, dims=("psi", "phi"), coords={"psi": psi, "phi": phi})


@pytest.mark.parametrize("nodes", [centres(36), -180 + np.arange(36) * 10.0])
def test_a_coarse_prediction_is_also_drawn_on_the_finer_grid(nodes):
    """Sampled at 10° the region agrees with itself; its cells do not."""
    for level in LEVELS:
        cells = sampled(nodes, nodes, level)
        report = compare(cells, level=level)
        assert float(report.iou) == 1.0
        rows = np.round((centres(180) - nodes[0]) / 10 + 1e-9).astype(int) % 36
        truth = region(level=level).values
        a = cells.values[rows][:, rows]
        assert float(report.iou_fine) == (a & truth).sum() / (a | truth).sum()
        assert float(report.iou_fine) == pytest.approx(float(report.grid_bound), abs=0.01)


def test_on_one_grid_nothing_changes():
    for psi in (centres(180), centres(360)):
        report = compare(sampled(psi, psi, "favored"))
        assert float(report.iou_fine) == float(report.iou)
    stack = compare(region(category=None, level=None), level=None)
    assert stack.grid_bound.dims == ("category", "level")
    np.testing.assert_array_equal(stack.iou_fine, stack.iou)


def test_soft_and_weighted_predictions_are_drawn_too():
    soft = sampled(centres(36), centres(36), "favored").astype(float) * 0.5
    report = compare(soft, weights=xr.full_like(soft, 2.0))
    hard = compare(sampled(centres(36), centres(36), "favored"))
    shared = 0.5 * float(hard.iou_fine) * (hard.share_a + hard.share_b) / (1 + hard.iou_fine)
    assert float(report.iou_fine) == pytest.approx(float(shared / hard.share_b), abs=0.02)


def test_drawing():
    cells = np.arange(4).reshape(2, 2)
    four = drawn(cells, centres(2), centres(2), centres(4), centres(4))
    assert four.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    assert is_finer(region(), centres(90), centres(90))
    assert not is_finer(region(), centres(90), centres(180))

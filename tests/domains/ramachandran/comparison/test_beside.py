from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import assess, cell_masses, compare, hard_sphere, reference, region
from domains.ramachandran.comparison.beside import grid_variables, mass_variables, masses_of, shares_of
from domains.ramachandran.comparison.shares import Residues, Shares


def test_masses_of_each_region():
    assessed = assess(region(category=["glycine", "general"]), level=None)
    found = masses_of(assessed.pair, assessed.source)
    assert len(found) == 4
    np.testing.assert_allclose(found[0], cell_masses(reference().score.sel(category="glycine")))
    np.testing.assert_allclose(found[3], cell_masses(reference().score.sel(category="general")))
    other = assess(hard_sphere(), hard_sphere("normal"))
    assert masses_of(other.pair, other.source) is None
    assert shares_of(other.pair, other.source, None, other.predicted, {}, (), None) is None


def test_shares_of_soft_regions():
    soft = region().drop_vars(["score", "cut"]) * 0.5
    assert float(compare(soft).mass_a) == pytest.approx(0.49, abs=1e-4)
    assessed = assess(soft, angles=([-63.0, 60.0], [-43.0, -60.0]))
    assert isinstance(assessed.residues, Residues)
    assert assessed.shares.a.tolist() == [0.25]


@pytest.mark.slow
def test_variables():
    interval = (np.array([0.1]), np.array([0.3]))
    shares = Shares(np.array([0.2]), np.array([0.9]), interval, None, "residues")
    variables = mass_variables(shares, (), ())
    assert list(variables) == ["mass_a", "mass_b", "mass_a_low", "mass_a_high"]
    assessed = assess(hard_sphere(), hard_sphere("normal"))
    found = grid_variables(assessed.pair, assessed.source, {}, assessed.overlap, np.nan)
    assert np.isnan(found["grid_bound"][1])
    assert float(found["iou_fine"][1]) == float(assessed.report.iou)
    nothing = hard_sphere() & False
    assert np.isnan(compare(nothing, nothing).iou_fine)
    assert float(compare(nothing, nothing, empty=1.0).iou_fine) == 1.0


@pytest.mark.slow
def test_scores_that_are_no_ranks_hold_no_mass():
    """Such as the energies of a force field, cut at 15."""
    other = reference()
    other["score"] = -20 * (1 - other.score)
    for level, cut in {"favored": -12.0, "allowed": -18.0}.items():
        other[level] = other[level] * 0 + cut
    report = compare(hard_sphere() * 1.0, other, strict=True)
    assert np.isnan(report.mass_a)
    assert not np.isnan(report.grid_bound)
    assert float(compare(hard_sphere(), reference()).mass_b) == pytest.approx(0.98, abs=1e-4)

"""Oracle: the sizes that the assessment carries, in plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains.ramachandran import CATEGORIES, LEVELS, assess, region
from domains.ramachandran.comparison.assessment import Settings


def test_settings_are_checked():
    with pytest.raises(ValueError, match="tnorm"):
        Settings(tnorm="maximum")
    with pytest.raises(ValueError, match="empty"):
        Settings(empty="omit")


@pytest.mark.slow
def test_the_report_is_made_of_what_is_carried():
    predicted = region("top8000", None, "favored").roll(phi=3)
    assessed = assess(predicted, level="favored")
    assert assessed.report is assessed.report, "made once"
    sizes = assessed.overlap
    np.testing.assert_array_equal(assessed.report.share_a, 100 * sizes.size_a / 180**2)
    np.testing.assert_array_equal(assessed.report.outside, 1 - sizes.intersection / sizes.size_a)
    np.testing.assert_array_equal(assessed.report.missed, 1 - sizes.intersection / sizes.size_b)
    np.testing.assert_array_equal(assessed.torus, 180**2)


def test_dimensions_without_labels_stay_without():
    once = region().values
    models = xr.DataArray(np.stack([once, once]), dims=("model", "psi", "phi"), coords={"psi": region().psi})
    models = models.assign_coords(phi=region().phi)
    report = assess(models).report
    assert report.iou.dims == ("model",)
    assert "model" not in report.coords


def test_scores_stand_in_the_order_of_the_stack():
    both = region("top8000", None, list(LEVELS)).transpose("level", "category", "psi", "phi")
    assessed = assess(both, category=list(CATEGORIES), level=list(LEVELS))
    assert assessed.overlap.shape == (2, 6)
    glycine = region("top8000", "glycine").score.values
    row = CATEGORIES.index("glycine")
    np.testing.assert_array_equal(assessed.scores[row], glycine)
    np.testing.assert_array_equal(assessed.scores[6 + row], glycine)
    assert assess(region().drop_vars("score"), region().drop_vars("score")).scores is None


def test_its_text_names_the_two_sides():
    assert "top8000 glycine, favored" in repr(assess(region("top8000", "glycine")))
    assert "along category" in repr(assess(region("top8000", None)))

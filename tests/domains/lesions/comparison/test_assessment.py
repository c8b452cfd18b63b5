"""What `assess` keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains.lesions import Settings, as_image, assess, compare, consensus, example, match, read_image
from domains.lesions.images import grids


def soft_masks():
    raters = read_image(example("nodule_00")) == 1
    return consensus(raters.isel(rater=[0, 1])), consensus(raters.isel(rater=[2, 3]))


def maps():
    """Two cases of two labels; the second case of the prediction lacks label 2."""
    values = np.zeros((2, 8, 8, 20), int)
    values[:, 2:6, 2:6, 2:6] = 1
    values[0, 1:7, 1:7, 11:17] = 2
    return [as_image(mask, (1.0, 1.0, 2.0)) for mask in values]


def test_a_result_has_every_label_and_case():
    a, b = maps()
    first = xr.concat([a, b], xr.Variable("case", ["p", "q"]))
    second = xr.concat([b, b], xr.Variable("case", ["p", "q"]))
    result = assess(first, second, labels=[1, 2])
    assert [(pair.case, pair.label) for pair in result.pairs] == [("p", 1), ("p", 2), ("q", 1), ("q", 2)]
    assert result.lesions.columns.tolist()[:3] == ["case", "label", "group"]
    assert result.lesions.groupby(["case", "label"]).size().to_dict() == {("p", 1): 1, ("p", 2): 1, ("q", 1): 1}
    assert result.pair(2, "p").lesions["kind"].tolist() == ["spurious"]
    assert result.pair().label == 1
    with pytest.raises(ValueError, match="labels are 1, 2"):
        result.pair(3)
    assert repr(result) == "<Assessment of prediction against reference, labels 1, 2>"
    assert "lesions_matched" in result._repr_html_()


def test_assess_keeps_what_the_report_was_made_of():
    a, b = soft_masks()
    options = {"level": 0.6, "threshold": 0.2, "connectivity": 1}
    result = assess(a, b, **options)
    xr.testing.assert_identical(result.report, compare(a, b, **options))
    # NaN is NaN by its text: settings of NaN are not equal on Python 3.13
    assert repr(result.settings) == repr(Settings(**options))
    assert result.grid.spacing == grids.grid_spacing(a)
    table = match(a >= 0.6, b >= 0.6, threshold=0.2, connectivity=1)
    pd.testing.assert_frame_equal(result.lesions.drop(columns="label"), table)
    pair = result.pair("lesion")
    pd.testing.assert_frame_equal(pair.lesions, table)
    assert float(pair.predicted.sum()) == float(a.sum())
    assert int((pair.reference_lesions > 0).sum()) == int((b >= 0.6).sum())
    assert pair.predicted_lesions.max() == table["predicted"].max()

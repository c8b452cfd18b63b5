from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains.ramachandran import compare, region
from domains.ramachandran.comparison.stacks import (
    by_region,
    check_weights,
    further_labels,
    labels_of_regions,
    lengths,
    names_of_regions,
    regions_of,
    spread,
)


def test_labels_come_in_order_of_appearance():
    a = xr.DataArray(np.zeros((2, 3, 3)), dims=("model", "psi", "phi"))
    b = xr.DataArray(np.zeros((3, 3, 2)), dims=("psi", "phi", "level"), coords={"level": ["x", "y"]})
    labels = further_labels({"prediction": a, "reference": b, "weights": None})
    assert list(labels) == ["model", "level"]
    assert labels["model"] is None
    assert spread(b, ("model", "level", "psi", "phi")).shape == (1, 2, 3, 3)
    assert names_of_regions(labels, (2, 2)) == [
        "model 0, level x",
        "model 0, level y",
        "model 1, level x",
        "model 1, level y",
    ]
    with pytest.raises(ValueError, match="reference: other cells along 'model'"):
        further_labels({"prediction": a, "reference": xr.concat([a, a], "model")})


@pytest.mark.parametrize(
    "names", [["x", "y"], pd.Index(["x", "y"]), np.array(["x", "y"], dtype=object), pd.Categorical(["x", "y"])]
)
def test_names_of_labels_however_they_are_stored(names):
    stack = xr.DataArray(np.zeros((2, 2, 2), bool), {"model": names}, ("model", "psi", "phi"))
    labels = further_labels({"prediction": stack})
    assert labels_of_regions(labels, (2,)) == [{"model": "x"}, {"model": "y"}]
    assert names_of_regions(labels, (2,)) == ["model x", "model y"]


def test_a_hint_names_a_region_by_a_label_that_is_a_python_object():
    general = region()
    upside_down = general.copy(data=general.values[::-1]).drop_vars("score")
    models = xr.concat([general.drop_vars("score"), upside_down], pd.Index(["mine", "yours"], name="model"))
    assert "(1 of 2: model yours)" in compare(models).attrs["hint"]


def test_regions_stand_one_after_the_other_whatever_their_order():
    shape = (3, 2)
    labels = {"model": None, "level": None}
    values = np.random.default_rng(0).random((2, 3, 4, 5))
    stack = xr.DataArray(values, dims=("level", "model", "psi", "phi"))
    expected = values.swapaxes(0, 1).reshape(6, 4, 5)
    regions = regions_of(stack, labels, shape)
    np.testing.assert_array_equal(regions.all(), expected)
    np.testing.assert_array_equal(regions.at(np.array([3, 0])), expected[[3, 0]])
    by_level = regions_of(stack[:, 1], labels, shape)
    assert len(by_level.each) == 2, "each once"
    np.testing.assert_array_equal(by_level.all(), values[[0, 1, 0, 1, 0, 1], 1])
    in_order = xr.DataArray(values, dims=("model", "level", "psi", "phi"))
    assert np.shares_memory(regions_of(in_order, labels, (2, 3)).all(), values), "not copied"
    assert lengths(labels, [stack[:, 0], None, stack[0]]) == shape


def test_a_value_for_each_region():
    labels = {"category": None, "level": None}
    assert by_region(xr.DataArray([1, 2], dims="level"), labels, (2, 2), 0) == [1, 2, 1, 2]
    assert by_region(xr.DataArray(7), labels, (1, 2), 0) == [7, 7]
    assert by_region(None, labels, (1, 2), 0) == [0, 0]
    assert by_region(xr.DataArray([1], dims="other"), labels, (1, 2), 0) == [0, 0]
    assert by_region(xr.DataArray(7), {}, (), 0) == [7]


def test_weights():
    check_weights(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="weights run from -1 to 0"):
        check_weights(np.array([-1.0, 0.0]))

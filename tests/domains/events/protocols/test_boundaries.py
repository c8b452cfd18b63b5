"""Boundaries beside those of the references: closed forms, and the first of several that found one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import assess
from domains.events.protocols.boundaries import boundary_figures

B = np.array([[10.0, 20.0], [50.0, 60.0], [90.0, 95.0]])


def test_all_that_is_shifted_is_shifted():
    figures = boundary_figures(assess(B + 0.5, B, "tiou", thresholds=(0.5,)), None)
    assert figures.pairs == 3
    means = ("onset_bias", "onset_error", "offset_bias", "offset_error", "latency", "latency_median")
    assert {float(figures[name]) for name in means} == {0.5}
    assert {float(figures[name]) for name in ("onset_sd", "offset_sd", "latency_sd")} == {0}


def test_early_and_late_cancel_in_the_bias_alone():
    a = B + np.array([[1.0, -2.0], [-1.0, 2.0], [0.0, 0.0]])
    figures = boundary_figures(assess(a, B, "tiou", thresholds=(0.5,)), None)
    assert [float(figures[name]) for name in ("onset_bias", "offset_bias", "latency")] == [0, 0, 0]
    assert float(figures.onset_error) == pytest.approx(2 / 3)
    assert float(figures.offset_error) == pytest.approx(4 / 3)
    assert float(figures.onset_sd) == pytest.approx(np.std([1, -1, 0]))
    assert float(figures.offset_sd) == pytest.approx(np.std([-2, 2, 0]))


def test_the_first_of_several_says_the_latency():
    # the second piece shares more time, and is the partner; the first begins 2 s late
    figures = boundary_figures(assess([[2, 4], [5, 10]], [[0, 10]], "time"), None)
    assert (float(figures.onset_bias), float(figures.latency)) == (5, 2)


def test_spread_and_median_of_each_label_as_numpy_has_them():
    late = np.array([0.5, 1.0, 4.0, -1.0, 2.5])
    onset = np.arange(5) * 20.0
    b = pd.DataFrame({"onset": onset, "offset": onset + 10, "label": list("xxxyy")})
    a = b.assign(onset=onset + late)
    missed = pd.DataFrame({"onset": [900.0], "offset": [901.0], "label": ["x"]})
    figures = boundary_figures(assess(a, pd.concat([b, missed]), "tiou", thresholds=(0.5,)), "label")
    for label, values in (("x", late[:3]), ("y", late[3:])):
        of_label = figures.sel(label=label)
        np.testing.assert_allclose(
            [of_label.latency, of_label.latency_sd, of_label.latency_median, of_label.onset_sd],
            [values.mean(), values.std(), np.median(values), values.std()],
            rtol=1e-14,
        )


def test_nothing_found():
    figures = boundary_figures(assess(B + 5000, B, "tiou", thresholds=(0.5,)), None)
    assert int(figures.pairs) == 0
    assert np.isnan(float(figures.onset_bias))

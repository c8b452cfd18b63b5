"""The curve shows the numbers of the report, a line for each prediction, on an axis of what is left out."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.ramachandran import compare_densities, density_from_angles, draw_angles, plot_iou_at_mass

ONE = density_from_angles(*draw_angles(500, seed=0))
TWO = xr.concat([ONE, density_from_angles(*draw_angles(2000, seed=1))], xr.Variable("run", ["few", "many"]))


def lines_of(ax):
    return {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}


@pytest.mark.slow
def test_the_lines_are_the_report():
    report = compare_densities(ONE, sample=500)
    ax = plot_iou_at_mass(report)
    lines = lines_of(ax)
    assert list(lines) == ["prediction", "ceiling: samples of the reference"]
    for line, name in zip(lines.values(), ("iou_at_mass", "ceiling"), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), report.mass)
        np.testing.assert_array_equal(line.get_ydata(), report[name])
    assert ax.get_title() == "against top8000 general"
    assert len(ax.get_lines()) == 4


def test_a_line_for_each_prediction():
    report = compare_densities(TWO, masses=[0.9, 0.98])
    ax = plot_iou_at_mass(report)
    lines = lines_of(ax)
    assert list(lines) == ["few", "many"]
    for name, line in lines.items():
        np.testing.assert_array_equal(line.get_ydata(), report.iou_at_mass.sel(run=name))
    assert len({line.get_marker() for line in lines.values()}) == 2
    assert ax.get_legend().get_title().get_text() == "run"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["90", "95", "98"]


def test_the_axis_is_of_what_is_left_out():
    ax = plot_iou_at_mass(compare_densities(ONE))
    place = ax.transData.transform([(mass, 0) for mass in (0.9, 0.99, 0.999)])[:, 0]
    assert place[1] - place[0] == pytest.approx(place[2] - place[1])


def test_one_mass_and_axes_of_ones_own():
    import matplotlib.pyplot as plt

    _, own = plt.subplots()
    assert plot_iou_at_mass(compare_densities(ONE, masses=[0.7]), own) is own
    assert [text.get_text() for text in own.get_xticklabels()] == ["70"]
    assert own.get_title() == ""


def test_another_report_is_refused():
    with pytest.raises(UsageError, match="plot_iou_at_mass: no iou_at_mass; pass what compare_densities returns"):
        plot_iou_at_mass(xr.Dataset())

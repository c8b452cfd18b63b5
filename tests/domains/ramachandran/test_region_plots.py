"""Pictures of regions: what they show is what was measured."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from domains._console import save
from domains._report import as_rows
from domains.ramachandran import assess, compare, hard_sphere, region
from domains.ramachandran.region_plots import plot_agreement, plot_agreements, plot_regions


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.parametrize("truth", ["top8000", region(level="allowed")], ids=["name", "region"])
def test_agreement_map(truth, tmp_path):
    ax = plot_agreement(hard_sphere(), truth, level="allowed", labels=("spheres", "Top8000"))
    assert ax.get_xlim() == ax.get_ylim() == (-180, 180)
    assert ax.get_legend().get_texts()[0].get_text() == "both: 6252, 19.3 %"
    save(ax.figure, tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").stat().st_size > 5000


def weights():
    cells = hard_sphere()
    return xr.DataArray(np.linspace(0, 2, cells.size).reshape(cells.shape), coords=cells.coords, dims=cells.dims)


@pytest.mark.parametrize(
    "options",
    [{"level": "allowed"}, {"category": "glycine"}, {"weights": weights()}, {"tnorm": "lukasiewicz"}],
    ids=["level", "category", "weights", "tnorm"],
)
def test_the_picture_shows_the_numbers_of_the_table(options):
    """With every option that changes the result."""
    half = region().astype(float) * 0.5
    predicted = half.drop_vars(["score", "cut"]).drop_attrs() + 0.25
    truth = "top8000" if "tnorm" not in options else predicted
    assessed = assess(predicted, truth, **options)
    report = assessed.report
    assert float(report.intersection) != float(compare(predicted, truth).intersection)
    row = as_rows(report).iloc[0]
    assert row["iou"] == float(report.iou)
    legend = [text.get_text() for text in plot_agreement(assessed).get_legend().get_texts()]
    intersection, size_a, size_b = (float(report[name]) for name in ("intersection", "size_a", "size_b"))
    percent = float(report.share_a) / size_a
    expected = {
        "both": intersection,
        "only prediction": size_a - intersection,
        "only reference": size_b - intersection,
    }
    assert legend == [f"{name}: {size:.6g}, {size * percent:.4g} %" for name, size in expected.items()]


def test_a_prediction_is_drawn_with_its_own_category_as_it_is_compared():
    glycine = region("top8000", "glycine")
    legend = plot_agreement(glycine).get_legend().get_texts()
    assert legend[0].get_text().startswith(f"both: {int(compare(glycine).intersection)}, ")


def test_one_comparison_is_drawn_at_a_time():
    with pytest.raises(ValueError, match="^ramachandran.plot_agreement: several comparisons along category"):
        plot_agreement(region("top8000", None))


@pytest.mark.parametrize("level", ["favored", None], ids=["six", "twelve"])
def test_a_panel_for_each_comparison_has_its_numbers(level):
    assessed = assess(region(category=None, level=level), level="allowed" if level else None)
    panels = plot_agreements(assessed)
    rows = as_rows(assessed.report)
    assert len(panels) == len(rows)
    for ax, row in zip(panels, rows.to_dict("records"), strict=True):
        first, second = ax.get_title().split("\n")
        percent = row["share_a"] / row["size_a"]
        both = percent * row["intersection"]
        alone = percent * (row["size_a"] - row["intersection"])
        assert first.endswith(f": IoU {row['iou']:.3f}")
        assert f"both {both:.3g}, only prediction {alone:.3g}, only" in second


def test_a_panel_of_a_stack_without_names_has_its_number():
    stack = xr.concat([hard_sphere(), region().drop_vars(["score", "cut", "category"])], "model")
    titles = [ax.get_title() for ax in plot_agreements(assess(stack))]
    assert [title.split(":")[0] for title in titles] == ["model 0", "model 1"]


def colours_at(ax, phi, psi):
    """Return the shades of a region's picture at angles, 1 for white: the mesh is in the order of its cells."""
    mesh = next(drawn for drawn in ax.collections if hasattr(drawn, "get_coordinates"))
    corners = mesh.get_coordinates()
    column = np.searchsorted(corners[0, :, 0], phi) - 1
    row = np.searchsorted(corners[:, 0, 1], psi) - 1
    shape = (corners.shape[0] - 1, corners.shape[1] - 1)
    return mesh.get_array().reshape(shape)[row, column]


@pytest.mark.parametrize("turned", [False, True], ids=["from -180", "from 0"])
def test_a_region_is_drawn_where_it_is(turned):
    cells = region()
    if turned:
        cells = cells.assign_coords(phi=cells.phi % 360, psi=cells.psi % 360).sortby(["psi", "phi"])
    (ax,) = plot_regions(cells)
    assert ax.get_title() == "top8000 general, favored: 16.3 %"
    assert colours_at(ax, -63, -43) == 1
    assert colours_at(ax, 100, -100) == 0


@pytest.mark.parametrize("fill", [0.0, 1.0, 0.5])
def test_a_region_without_an_edge_is_drawn_without_a_warning(fill):
    cells = hard_sphere().astype(float) * 0 + fill
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (ax,) = plot_regions(cells)
        plot_agreement(cells, hard_sphere())
        plot_agreement(hard_sphere(), cells)
    assert ax.get_title().endswith(f": {100 * fill:.3g} %")


def test_a_long_name_is_cut_and_is_no_mathematics():
    (ax,) = plot_regions(hard_sphere().assign_attrs(name="$x$ " + "a" * 300))
    assert ax.get_title().startswith(r"\$x\$ aaa")
    assert len(ax.get_title()) < 60

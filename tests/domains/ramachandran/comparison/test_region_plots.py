"""Pictures of regions: what they show is what was measured."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.text import Text

from domains._console import save
from domains._report import as_rows
from domains.ramachandran import assess, compare, hard_sphere, reference, region
from domains.ramachandran.comparison.region_plots import plot_agreement, plot_agreements, plot_regions
from domains.ramachandran.validation.plotting import caption

pytestmark = pytest.mark.usefixtures("unsettled")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.mark.slow
@pytest.mark.parametrize("truth", ["top8000", region(level="allowed")], ids=["name", "region"])
def test_agreement_map(truth, tmp_path):
    ax = plot_agreement(hard_sphere(), truth, level="allowed", labels=("spheres", "Top8000"))
    assert ax.get_xlim() == ax.get_ylim() == (-180, 180)
    assert ax.get_legend().get_texts()[0].get_text() == "both: 6252 cells, 19.30 %"
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
    *legend, edge = [text.get_text() for text in plot_agreement(assessed).get_legend().get_texts()]
    assert edge == "edge of the reference"
    intersection, size_a, size_b = (float(report[name]) for name in ("intersection", "size_a", "size_b"))
    percent = float(report.share_a) / size_a
    expected = {
        "both": intersection,
        "only prediction": size_a - intersection,
        "only reference": size_b - intersection,
    }
    units = report.attrs["units"]
    assert legend == [f"{name}: {size:.6g} {units}, {size * percent:.2f} %" for name, size in expected.items()]


def test_a_prediction_is_drawn_with_its_own_category_as_it_is_compared():
    glycine = region("top8000", "glycine")
    legend = plot_agreement(glycine).get_legend().get_texts()
    assert legend[0].get_text().startswith(f"both: {int(compare(glycine).intersection)} cells, ")


@pytest.mark.slow
def test_a_picture_names_both_sides_with_category_and_level():
    ax = plot_agreement(hard_sphere(), level="allowed")
    assert ax.get_title() == "hard spheres, outer limits, tau 111°: IoU 0.485"
    assert ax.get_legend().get_title().get_text() == "reference: top8000 general, allowed"
    panels = plot_agreements(assess(region(category=None), level="allowed"))
    said = panels[0].figure.get_suptitle()
    assert said == "prediction: top8000 all categories, favored\nreference (line): top8000 all categories, allowed"
    mine = plt.figure(layout="constrained").add_subplot(title="my title")
    assert plot_agreement(hard_sphere(), ax=mine).get_title() == "my title"


def own(name):
    return reference().drop_attrs(deep=False).assign_attrs(name=name, license="CC0")


def plain(cells):
    return cells.drop_vars(["score", "cut", "category"]).drop_attrs()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "owed"),
    [
        (lambda: plot_agreement(hard_sphere()), caption()),
        (lambda: plot_agreement(hard_sphere(), region(level="allowed")), caption()),
        (lambda: plot_agreement(region("top8000", "glycine"), plain(hard_sphere_like())), caption()),
        (lambda: plot_agreement(hard_sphere(), own("mine")), "mine: CC0"),
        (lambda: plot_agreement(region(), own("mine")), f"mine: CC0\n{caption()}"),
        (lambda: plot_agreement(hard_sphere(), plain(hard_sphere_like())), ""),
        (lambda: plot_agreements(assess(region(category=None)))[0], caption()),
        (lambda: plot_regions(region(category=None))[0], caption()),
        (lambda: plot_regions(hard_sphere())[0], ""),
    ],
    ids=["name", "region", "prediction", "own", "both", "none", "several", "regions", "no maps"],
)
def test_the_attribution_is_below_whatever_shows_the_maps(draw, owed):
    assert draw().figure.get_supxlabel() == owed


def hard_sphere_like():
    """A region with the coordinates of one that was cut from a score."""
    return region().copy(data=hard_sphere().values)


def several(n):
    return xr.concat([plain(region())] * n, "model")


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 4, 7, 12])
def test_pictures_have_the_size_of_print_and_nothing_overprints(n, monkeypatch):
    monkeypatch.undo()
    cells = plain(region()) if n == 1 else several(n)
    labels = ("a model, of a long name, with commas", "Top8000, of 2016")
    for panels in (plot_agreements(assess(cells), labels=labels), plot_regions(cells)):
        figure = panels[0].figure
        assert figure.get_figwidth() * 25.4 == pytest.approx(85 if n == 1 else 180)
        figure.draw_without_rendering()
        texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
        assert 6 <= min(text.get_fontsize() for text in texts) <= max(text.get_fontsize() for text in texts) <= 8
        assert_apart(figure, [text for text in texts if text.get_window_extent().width])


@pytest.mark.slow
@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
def test_nothing_overprints_in_a_figure_of_the_callers(layout, monkeypatch):
    monkeypatch.undo()
    figure, axes = plt.subplots(1, 2, figsize=(10, 6.4), sharey=True, layout=layout)
    for ax in axes:
        plot_agreement(hard_sphere(), ax=ax)
        ax.label_outer()
    figure.draw_without_rendering()
    if layout != "tight":
        texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
        assert_apart(figure, [text for text in texts if text.get_window_extent().width])
    kind = "TightLayoutEngine" if layout == "tight" else "ConstrainedLayoutEngine"
    assert type(figure.get_layout_engine()).__name__ == kind


def assert_apart(figure, texts):
    width, height = figure.canvas.get_width_height()
    boxes = [text.get_window_extent() for text in texts]
    for k, box in enumerate(boxes):
        assert box.x0 >= -1
        assert box.x1 <= width + 1
        assert box.y0 >= -1
        assert box.y1 <= height + 1
        for other, text in zip(boxes[:k], texts, strict=False):
            assert not box.overlaps(other), (texts[k].get_text(), text.get_text())


def test_one_comparison_is_drawn_at_a_time():
    with pytest.raises(ValueError, match="^ramachandran.plot_agreement: several comparisons along category"):
        plot_agreement(region("top8000", None))


@pytest.mark.slow
@pytest.mark.parametrize("level", ["favored", None], ids=["six", "twelve"])
def test_a_panel_for_each_comparison_has_its_numbers(level):
    assessed = assess(region(category=None, level=level), level="allowed" if level else None)
    panels = plot_agreements(assessed)
    rows = as_rows(assessed.report)
    assert len(panels) == len(rows)
    for ax, row in zip(panels, rows.to_dict("records"), strict=True):
        *_, last = ax.get_title().split("\n")
        assert last == f"IoU {row['iou']:.3f}"
        percent = row["share_a"] / row["size_a"]
        sizes = {
            "both": row["intersection"],
            "only prediction": row["size_a"] - row["intersection"],
            "only reference": row["size_b"] - row["intersection"],
        }
        legend = [text.get_text() for text in ax.get_legend().get_texts()]
        assert legend == [f"{name}: {percent * size:.2f} %" for name, size in sizes.items()]


def test_an_index_that_is_undefined_is_called_so():
    nothing = plain(region()) & False
    assert plot_agreements(assess(nothing, nothing))[0].get_title() == "IoU undefined"


@pytest.mark.slow
def test_a_panel_of_a_stack_without_names_has_its_number():
    stack = xr.concat([hard_sphere(), region().drop_vars(["score", "cut", "category"])], "model")
    titles = [ax.get_title() for ax in plot_agreements(assess(stack))]
    assert [title.split("\n")[0] for title in titles] == ["model 0", "model 1"]


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
    assert ax.get_title() == "top8000 general, favored: 16.27 %"
    assert colours_at(ax, -63, -43) == 1
    assert colours_at(ax, 100, -100) == 0


@pytest.mark.slow
@pytest.mark.parametrize("fill", [0.0, 1.0, 0.5])
def test_a_region_without_an_edge_is_drawn_without_a_warning(fill):
    cells = hard_sphere().astype(float) * 0 + fill
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (ax,) = plot_regions(cells)
        plot_agreement(cells, hard_sphere())
        plot_agreement(hard_sphere(), cells)
    assert ax.get_title().endswith(f": {100 * fill:.2f} %")


def test_a_long_name_is_cut_and_is_no_mathematics():
    (ax,) = plot_regions(hard_sphere().assign_attrs(name="$x$ " + "a" * 300))
    assert ax.get_title().startswith(r"\$x\$ aaa")
    assert len(ax.get_title()) < 60

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from domains.ramachandran import CATEGORIES, example, reference, region, validate
from domains.ramachandran.validation.plotting import caption, credit, plot_levels, plot_residues

pytestmark = pytest.mark.usefixtures("unsettled")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def residues():
    return validate(example("1a28"))[0]


@pytest.mark.slow
def test_six_panels_hold_every_residue(residues):
    axes = plot_residues(residues).ravel()
    drawn = sum(
        len(points.get_offsets())
        for ax in axes
        for points in ax.collections
        if hasattr(points, "get_sizes") and len(points.get_sizes())
    )
    assert drawn == len(residues)
    titles = [ax.get_title() for ax in axes]
    assert titles[0] == f"General (n = {(residues['category'] == 'general').sum()})\n3 outliers"
    for title, category in zip(titles[1:], CATEGORIES[1:], strict=True):
        assert title.endswith(f" (n = {(residues['category'] == category).sum()})\nno outliers")


@pytest.mark.slow
def test_a_picture_has_the_size_of_print_and_letters_that_can_be_read(residues, monkeypatch):
    figure = plot_residues(residues)[0, 0].figure
    single = plot_levels(reference().sel(category="glycine")).figure
    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    assert single.get_figwidth() * 25.4 == pytest.approx(85)
    monkeypatch.undo()
    for picture in (figure, single):
        picture.draw_without_rendering()
        sizes = [text.get_fontsize() for text in picture.findobj(Text) if text.get_text()]
        assert 6 <= min(sizes) <= max(sizes) <= 8
    assert plt.rcParams["font.size"] == 10


@pytest.mark.slow
def test_on_the_callers_axes_letters_have_the_callers_size():
    with plt.rc_context({"font.size": 20}):
        figure, axes = plt.subplots(2, 3, layout="constrained")
        plot_residues(validate(example("1a8o"))[0], axes=axes)
        assert axes[0, 0].title.get_fontsize() == 20
        assert (
            plot_levels(reference().sel(category="glycine"), ax=figure.add_subplot()).xaxis.label.get_fontsize() == 20
        )


@pytest.mark.slow
def test_outliers_differ_from_residues_in_shape_and_edge(residues):
    axes = plot_residues(residues, label_outliers=False)
    assert not [text for ax in axes.flat for text in ax.texts]
    ax = axes[0, 0]
    ordinary, outliers = [c for c in ax.collections if len(c.get_offsets()) > 1]
    assert len(outliers.get_offsets()) == 3
    assert len(ordinary.get_paths()[0].vertices) != len(outliers.get_paths()[0].vertices)
    assert ordinary.get_linewidths() == [0]
    edge = luminance(outliers.get_edgecolors()[0])
    assert luminance(outliers.get_facecolors()[0]) - edge > 0.15
    assert outliers.get_sizes()[0] >= 4 * ordinary.get_sizes()[0]


def luminance(colour):
    return float(np.dot(colour[:3], (0.299, 0.587, 0.114)))


def test_the_attribution_is_written_once_below_whatever_shows_the_maps():
    one = plot_levels(reference().sel(category="general"))
    assert one.figure.get_supxlabel() == caption()
    plot_levels(reference().sel(category="glycine"), ax=one)
    credit(one.figure)
    assert one.figure.get_supxlabel() == caption()
    own = reference().sel(category="general").drop_attrs(deep=False).assign_attrs(name="mine", doi="doi:10.1/2")
    plot_levels(own, ax=one)
    assert one.figure.get_supxlabel() == f"{caption()}\nmine: doi:10.1/2"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (region(), "data is a DataArray; pass one category of a reference, .*; plot_regions draws a region"),
        (reference(), "data has several maps along category; pass one category"),
        (reference()[["score"]].sel(category="general"), "data has no favored, allowed; pass one category"),
        (np.zeros((180, 180)), "data is a ndarray; pass one category"),
        ("top8000", "data is a str; pass one category"),
    ],
    ids=["region", "all categories", "no cuts", "array", "name"],
)
def test_what_is_no_category_of_a_reference_is_refused(data, found):
    with pytest.raises(TypeError, match=f"^ramachandran.plot_levels: {found}"):
        plot_levels(data)
    assert plot_levels(reference().sel(category="general"))


def test_a_reference_of_ones_own_lies_below():
    residues, _ = validate(example("1a8o"))
    own = reference().sel(category=["general", "glycine"])
    own = own.drop_attrs(deep=False).assign_attrs(name="mine $x$", license="CC0")
    general, glycine, *others = plot_residues(residues, own, label_outliers=False).ravel()
    contours = [len([c for c in ax.collections if hasattr(c, "levels")]) for ax in (general, glycine, *others)]
    assert contours == [2, 2, 0, 0, 0, 0]
    assert general.figure.get_supxlabel() == r"mine \$x\$: CC0"
    assert all(ax.get_xlim() == (-180, 180) for ax in others)


@pytest.mark.slow
def test_outliers_are_named(residues):
    names = {text.get_text() for ax in plot_residues(residues).ravel() for text in ax.texts}
    assert names == {"B ASP 704", "B SER 793", "B GLN 860"}


def test_contours_meet_at_the_seam():
    ax = plot_levels(reference().sel(category="general"), filled=False)
    vertices = np.vstack([path.vertices for path in ax.collections[0].get_paths()])
    assert vertices[:, 0].min() < -180
    assert vertices[:, 0].max() > 180
    left, right = (np.sort(psi_at(ax, phi)) for phi in (-180, 180))
    np.testing.assert_allclose(left, right, atol=1e-6)


def psi_at(ax, phi):
    """Where the contours cross a line of constant phi."""
    found = []
    for path in ax.collections[0].get_paths():
        for part in path.to_polygons(closed_only=False):
            x, y = part.T
            at = np.flatnonzero((x[:-1] - phi) * (x[1:] - phi) < 0)
            found += list(y[at] + (phi - x[at]) / (x[at + 1] - x[at]) * (y[at + 1] - y[at]))
    found = np.array(found)
    return found[np.abs(found) < 180]


def test_the_attribution():
    assert "CC-BY-4.0" in caption()
    assert "Richardson" in caption()


@pytest.mark.parametrize("filled", [True, False])
def test_levels_in_a_figure_of_their_own_have_title_and_legend(filled):
    category = reference().sel(category="isoleucine or valine")
    ax = plot_levels(category, filled=filled)
    assert ax.get_title() == "Ile/Val"
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["favored", "allowed"]
    mine = plt.figure().add_subplot(title="mine")
    assert plot_levels(category, ax=mine, filled=filled).get_title() == "mine"
    assert not mine.figure.legends

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from domains._console import save
from domains._report import as_rows
from domains.ramachandran import CATEGORIES, assess, compare, example, hard_sphere, reference, region, validate
from domains.ramachandran.plotting import caption, plot_agreement, plot_agreements, plot_levels, plot_residues


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_six_panels_hold_every_residue():
    residues, _ = validate(example("1a28"))
    axes = plot_residues(residues).ravel()
    drawn = sum(
        len(points.get_offsets())
        for ax in axes
        for points in ax.collections
        if hasattr(points, "get_sizes") and len(points.get_sizes())
    )
    assert drawn == len(residues)
    assert [ax.get_title().split("  (n = ")[1] for ax in axes] == [
        f"{(residues['category'] == k).sum()})" for k in CATEGORIES
    ]


def test_a_reference_of_ones_own_lies_below():
    residues, _ = validate(example("1a8o"))
    own = reference().sel(category=["general", "glycine"])
    own = own.drop_attrs(deep=False).assign_attrs(name="mine $x$", license="CC0")
    general, glycine, *others = plot_residues(residues, own, label_outliers=False).ravel()
    contours = [len([c for c in ax.collections if hasattr(c, "levels")]) for ax in (general, glycine, *others)]
    assert contours == [2, 2, 0, 0, 0, 0]
    assert general.figure.get_supxlabel() == r"mine \$x\$: CC0"
    assert all(ax.get_xlim() == (-180, 180) for ax in others)


def test_outliers_are_named():
    residues, _ = validate(example("1a28"))
    names = {text.get_text() for ax in plot_residues(residues).ravel() for text in ax.texts}
    assert names == {"B ASP 704", "B SER 793", "B GLN 860"}
    assert not [t for ax in plot_residues(residues, label_outliers=False).ravel() for t in ax.texts]


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


def test_the_attribution():
    assert "CC-BY-4.0" in caption()
    assert "Richardson" in caption()

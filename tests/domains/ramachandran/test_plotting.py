from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from domains.ramachandran import CATEGORIES, example, reference, validate
from domains.ramachandran.plotting import caption, plot_levels, plot_residues


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


def test_the_attribution():
    assert "CC-BY-4.0" in caption()
    assert "Richardson" in caption()

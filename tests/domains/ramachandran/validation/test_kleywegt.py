"""Arrows go the short way, and none crosses the plot."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

from domains.ramachandran import plot_changes, reference
from domains.ramachandran.validation.kleywegt import along_arrows, pieces

pytestmark = pytest.mark.usefixtures("unsettled")
FEW = reference().sel(category=["general", "glycine"])
"""To draw the regions of all categories is most of the work."""


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def change(begin, delta, change="same", number=1, category="general"):
    after = (np.add(begin, delta) + 180) % 360 - 180
    return {
        "chain": "A",
        "resseq": number,
        "icode": "",
        "resname": "ALA",
        "change": change,
        **dict(zip(("phi_before", "psi_before"), begin, strict=True)),
        **dict(zip(("delta_phi", "delta_psi"), delta, strict=True)),
        **dict(zip(("phi_after", "psi_after"), after, strict=True)),
        "distance": float(np.hypot(*delta)),
        "category_after": category,
    }


@pytest.mark.parametrize(
    ("begin", "delta", "wanted"),
    [
        ((0, 0), (50, 50), [[(0, 0), (50, 50)]]),
        ((170, 0), (20, 10), [[(170, 0), (180, 5)], [(-180, 5), (-170, 10)]]),
        ((0, -170), (10, -20), [[(0, -170), (5, -180)], [(5, 180), (10, 170)]]),
        ((170, 175), (20, 20), [[(170, 175), (175, 180)], [(175, -180), (180, -175)], [(-180, -175), (-170, -165)]]),
        ((170, 170), (20, 20), [[(170, 170), (180, 180)], [(-180, -180), (-170, -170)]]),
        ((-180, 0), (-10, 0), [[(180, 0), (170, 0)]]),
        ((180, 0), (10, 0), [[(-180, 0), (-170, 0)]]),
        ((170, 0), (10, 0), [[(170, 0), (180, 0)]]),
        ((0, 0), (0, 0), [[(0, 0), (0, 0)]]),
    ],
)
def test_pieces(begin, delta, wanted):
    found = pieces(*begin, *delta)
    np.testing.assert_allclose(found, np.array(wanted, float), atol=1e-9)


def test_pieces_of_any_way_keep_its_length_and_direction():
    rng = np.random.default_rng(4)
    for begin, delta in zip(rng.uniform(-180, 180, (300, 2)), rng.uniform(-180, 180, (300, 2)), strict=True):
        found = np.array(pieces(*begin, *delta))
        assert np.abs(found).max() <= 180
        ways = found[:, 1] - found[:, 0]
        np.testing.assert_allclose(ways.sum(axis=0), delta, atol=1e-9)
        np.testing.assert_allclose(ways[:, 0] * delta[1], ways[:, 1] * delta[0], atol=1e-6)
        for first, second in pairwise(found):
            gap = np.abs(second[0] - first[1])
            assert np.all((gap < 1e-9) | (np.abs(gap - 360) < 1e-9))


def drawn(ax):
    """Begin and end of all that is drawn of arrows."""
    lines = [line.get_xydata() for line in ax.lines if len(line.get_xydata()) == 2 and line.get_linewidth() > 0.5]
    arrows = [np.array(patch._posA_posB) for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [*lines, *arrows]


@pytest.mark.slow
def test_an_arrow_across_the_seam_is_two_pieces_and_never_crosses_the_plot():
    changes = pd.DataFrame([change((175, 0), (20, 5)), change((-60, 178), (3, 40))])
    ax = plot_changes(changes, FEW)[0, 0]
    found = drawn(ax)
    assert len(found) == 4
    assert max(np.hypot(*(end - begin)) for begin, end in found) < 41
    heads = sorted(tuple(end) for begin, end in found)
    assert (-165.0, 5.0) in heads


@pytest.mark.slow
def test_what_hardly_moved_is_a_point_and_the_worse_are_named():
    rows = [
        change((-60, -45), (2, 2), number=1),
        change((-60, -45), (60, 40), "worse", number=2),
        change((60, 45), (-40, 0), "better", number=3),
        change((60, 45), (-40, 0), "worse", number=4, category="glycine"),
    ]
    axes = plot_changes(pd.DataFrame(rows), FEW)
    general, glycine = axes.flat[:2]
    assert len(drawn(general)) == 2
    assert [text.get_text() for text in general.texts] == ["A ALA 2"]
    assert [text.get_text() for text in glycine.texts] == ["A ALA 4"]
    dots = [p.get_offsets() for p in general.collections if hasattr(p, "get_sizes") and len(p.get_sizes())]
    assert sum(len(xy) for xy in dots) == 1
    axes = plot_changes(pd.DataFrame(rows[1:2]), FEW, label_worse=False)
    assert not [text for ax in axes.flat for text in ax.texts]


@pytest.mark.slow
def test_none_is_drawn_of_no_changes():
    axes = plot_changes(pd.DataFrame([change((0, 0), (0, 0))])[:0], FEW)
    assert axes.shape == (2, 3)


def test_points_along_arrows_are_close_and_stay_on_the_torus():
    rng = np.random.default_rng(6)
    ways = [change(rng.uniform(-180, 180, 2), rng.uniform(-180, 180, 2)) for _ in range(40)]
    for way in ways:
        points = along_arrows(pd.DataFrame([way]))
        assert np.abs(points).max() <= 180
        steps = (np.diff(points, axis=0) + 180) % 360 - 180
        assert np.hypot(*steps.T).max() <= 6
        np.testing.assert_allclose(steps.sum(axis=0), [way["delta_phi"], way["delta_psi"]], atol=1e-9)


@pytest.mark.slow
def test_names_lie_on_no_arrow():
    rows = [change((-100, 0), (150, 0), "worse", number=1), change((-100, 12), (150, 0), number=2)]
    ax = plot_changes(pd.DataFrame(rows), FEW)[0, 0]
    assert [text.get_text() for text in ax.texts] == ["A ALA 1", "A ALA 2"]
    lines = ax.transData.transform([[x, y] for x in np.arange(-100, 51) for y in (0, 12)])
    for text in ax.texts:
        box = text.get_window_extent()
        assert not any(box.contains(*point) for point in lines)


@pytest.mark.slow
def test_the_title_counts_what_changed_and_who_has_no_name():
    rows = [change((0, 0), (60, k), "worse", number=k) for k in range(60)] + [change((0, 0), (-50, 0), "better")]
    general, glycine, *_ = plot_changes(pd.DataFrame(rows), FEW).flat
    assert general.get_title() == f"General (n = 61)\n60 worse, 1 better; {len(general.texts)} of 60 named"
    assert 0 < len(general.texts) < 60
    assert glycine.get_title() == "Glycine (n = 0)\nno label changed"


@pytest.mark.slow
def test_who_kept_the_label_and_jumped_is_named_in_grey():
    ax = plot_changes(pd.DataFrame([change((0, 0), (90, 0)), change((0, 60), (89, 0), number=2)]), FEW)[0, 0]
    (name,) = ax.texts
    assert name.get_text() == "A ALA 1"
    assert name.get_color() == "0.3"


@pytest.mark.slow
def test_the_picture_of_changes_has_the_size_of_print(monkeypatch):
    monkeypatch.undo()
    figure = plot_changes(pd.DataFrame([change((0, 0), (60, 0), "worse")]))[0, 0].figure
    figure.draw_without_rendering()
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert figure.get_figwidth() * 25.4 == pytest.approx(180)
    assert 6 <= min(sizes) <= max(sizes) <= 8


@pytest.mark.slow
def test_a_residue_without_angles_is_left_out_of_the_picture():
    table = pd.DataFrame([change((0, 0), (60, 0), "worse"), change((0, 50), (60, 0), "worse", number=2)])
    table.loc[1, ["delta_phi", "phi_after", "distance"]] = np.nan
    ax = plot_changes(table)[0, 0]
    assert [text.get_text() for text in ax.texts] == ["A ALA 1"]
    assert ax.get_title() == "General (n = 2)\n2 worse, 0 better; 1 of 2 named"

"""All labels, each where it is, and which of them share voxels."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from domains.lesions import (
    as_image,
    assess,
    plot_labels,
)
from domains.lesions.pictures.drawing import shades
from domains.lesions.pictures.label_panels import overlapping_labels


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def nested():
    """Two regions, one within the other, and one apart from them; the prediction lies one voxel to the right."""
    a, b = np.zeros((2, 12, 12, 4), np.uint8)
    for k, volume in enumerate((a, b)):
        volume[2 + k : 8 + k, 2:8, 1:3] = 2
        volume[4 + k : 6 + k, 4:6, 1:3] = 1
        volume[9 + k : 11 + k, 9:11, 1:3] = 3
    return as_image(a, 1.0), as_image(b, 1.0)


def test_all_labels_side_by_side():
    result = assess(*nested(), labels={"core": 1, "whole": (1, 2), "apart": 3})
    panels = plot_labels(result)
    assert [ax.get_title() for ax in panels] == ["prediction", "reference"]
    assert panels[0].figure.get_suptitle().split("\n")[1] == "regions that overlap: core, whole"
    legend = panels[0].figure.legends[0]
    dice = {str(k): float(result.report["dice"].sel(label=k)) for k in ("core", "whole", "apart")}
    assert [t.get_text() for t in legend.get_texts()] == [f"{name}, Dice {value:.3f}" for name, value in dice.items()]
    # the smaller regions lie above the larger one
    for ax in panels:
        amounts = [(np.asarray(image.get_array())[..., 3] > 0).sum() for image in ax.images]
        assert amounts == sorted(amounts, reverse=True)
    drawn = {tuple(np.asarray(image.get_array())[0, 0, :3].round(3)) for image in panels[0].images}
    assert drawn == {tuple(np.round(colour[:3], 3)) for colour in shades(3)}


def test_labels_that_share_nothing_are_not_said_to_overlap():
    panels = plot_labels(assess(*nested()), filled=False, image=nested()[0] * 1.0)
    assert "overlap" not in panels[0].figure.get_suptitle()
    assert [len(ax.images) for ax in panels] == [1, 1]


@pytest.mark.slow
def test_regions_overlap_where_either_side_does():
    """Boxes of the masks begin elsewhere; touching is not overlapping."""
    a, b = nested()
    regions = {"whole": (1, 2), "rim": 2, "core": 1, "apart": 3}
    assert overlapping_labels(assess(a, b, labels=regions)) == ["whole", "rim", "core"]
    assert overlapping_labels(assess(a * 0, b, labels=regions)) == ["whole", "rim", "core"]
    assert overlapping_labels(assess(a, b)) == []

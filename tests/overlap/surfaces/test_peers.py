"""Presets are their tools: what the tools say of tests/data/lesions/masks.npz, whose answers name their versions.

An empty side is left out here: there a tool raises, or says 0 or a distance from a corner of the image, see
`overlap.surfaces`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from overlap.surfaces import boundary_iou, distances

FOLDER = Path(__file__).parents[2] / "data" / "lesions"


class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray
    spacing: np.ndarray


def pairs():
    """Yield the name and the masks of each case whose sides both hold something."""
    with np.load(FOLDER / "masks.npz") as stored:
        for name in sorted({key.split("/")[0] for key in stored.files}):
            pair = Pair(stored[f"{name}/prediction"], stored[f"{name}/reference"], stored[f"{name}/spacing"])
            if pair.a.any() and pair.b.any():
                yield name, pair


PAIRS = dict(pairs())


def answers(peer):
    return json.loads((FOLDER / f"{peer}.json").read_text(encoding="utf-8"))["distances"]


def test_there_are_many_cases():
    assert len(PAIRS) > 60
    assert {pair.a.ndim for pair in PAIRS.values()} == {2, 3}


def test_panoptica():
    """Its ASSD is the mean of the two directions' means, its NSD of the two shares; its tolerance the least spacing."""
    expected = answers("panoptica")
    for name, (a, b, spacing) in PAIRS.items():
        d = distances(a, b, spacing=spacing, preset="panoptica")
        ours = {"HD": d.hausdorff(), "HD95": d.hd95(), "ASSD": d.assd()}
        ours["NSD"] = d.nsd(spacing.min())
        ours["NSD 1 mm"] = d.nsd(1.0)
        assert ours == pytest.approx(expected[name], abs=1e-12), name
        assert d.masd() == d.assd()


@pytest.mark.slow
def test_metrics_reloaded():
    """Boundary IoU: less than 1 cell, and less than 3, from the boundary cells, whatever the spacing."""
    expected = answers("metrics_reloaded")
    for name, (a, b, spacing) in PAIRS.items():
        d = distances(a, b, spacing=spacing, preset="metrics_reloaded")
        ours = {"hd": d.hausdorff(), "hd_perc": d.hd95(), "assd": d.assd(), "masd": d.masd(), "nsd": d.nsd(1.0)}
        ours["boundary_iou d1"] = boundary_iou(a, b, 0.0, spacing=1.0)
        ours["boundary_iou d3"] = boundary_iou(a, b, 2.999, spacing=1.0)
        assert ours == pytest.approx(expected[name], abs=1e-12), name


def test_seg_metrics():
    """Contours as it draws them by default; it works in single precision."""
    expected = answers("seg_metrics")
    for name, (a, b, spacing) in PAIRS.items():
        if name == "textbook_whole":
            continue
        d = distances(a, b, spacing=spacing, preset="seg_metrics")
        theirs = expected[name]["fully connected"]
        assert d.hausdorff() == pytest.approx(theirs["hd"], rel=2e-6), name
        assert d.hd95() == pytest.approx(theirs["hd95"], rel=2e-6), name
        assert d.assd() == pytest.approx(theirs["msd"], rel=2e-6), name


def test_a_mask_that_fills_the_image():
    """It has no contour: seg-metrics says 1.8e19 mm."""
    a, b, spacing = PAIRS["textbook_whole"]
    assert a.all()
    assert distances(a, b, spacing=spacing, preset="seg_metrics").hd95() == np.inf


@pytest.mark.slow
def test_mist():
    """DeepMind's definition, and one mean over both surfaces."""
    expected = answers("mist")
    for name, (a, b, spacing) in PAIRS.items():
        if a.ndim == 2:
            continue
        d = distances(a, b, spacing=spacing, preset="deepmind")
        theirs = expected[name]
        assert d.hausdorff() == pytest.approx(float(theirs["hausdorff"]), abs=1e-9), name
        assert d.hd95() == pytest.approx(float(theirs["hd95"]), abs=1e-9), name
        assert d.assd() == pytest.approx(float(theirs["average surface distance"]), abs=1e-9), name
        assert d.nsd(1.0) == pytest.approx(theirs["surface dice 1 mm"], abs=1e-9), name


@pytest.mark.slow
def test_monai():
    """It reduces in single precision; its subvoxels are DeepMind's surface."""
    expected = answers("monai")
    for name, (a, b, spacing) in PAIRS.items():
        d = distances(a, b, spacing=spacing, preset="monai")
        marching = distances(a, b, spacing=spacing, preset="deepmind")
        ours = {"hausdorff": d.hausdorff(), "hd95": d.hd95(), "asd symmetric": d.assd()}
        ours["surface dice 1 mm"] = d.nsd(1.0)
        ours["surface dice 1 mm, subvoxels"] = marching.nsd(1.0)
        assert ours == pytest.approx(expected[name], rel=1e-6, abs=1e-6), name


def test_medpy():
    expected = answers("medpy")
    for name, (a, b, spacing) in PAIRS.items():
        d = distances(a, b, spacing=spacing, preset="medpy")
        ours = {"hd": d.hausdorff(), "hd95": d.hd95(), "assd": d.assd()}
        assert ours == pytest.approx(expected[name], abs=1e-12), name


@pytest.mark.slow
def test_surface_distance():
    """In the plane too, where boundaries weigh their length."""
    expected = answers("surface_distance")
    for name, (a, b, spacing) in PAIRS.items():
        d = distances(a, b, spacing=spacing, preset="deepmind")
        theirs = expected[name]
        means = [theirs["mean of the reference's surface"], theirs["mean of the prediction's surface"]]
        assert d.hausdorff() == pytest.approx(theirs["hausdorff"], abs=1e-12), name
        assert d.hd95() == pytest.approx(theirs["hd95"], abs=1e-12), name
        assert d.masd() == pytest.approx(np.mean(means), abs=1e-12), name
        assert d.nsd(1.0) == pytest.approx(theirs["surface dice 1 mm"], abs=1e-12), name

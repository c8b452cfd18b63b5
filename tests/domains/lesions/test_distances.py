"""Distances of `compare`: which boundary, whose definition. Oracles are balls in closed form, and the tools."""

from __future__ import annotations

import json
from functools import cache
from math import inf, isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.lesions import as_image, cohort, compare, write_image
from domains.lesions.cli import app
from domains.lesions.flags import SurfaceName
from overlap import surfaces

PEERS = Path(__file__).parents[2] / "data" / "lesions"
DISTANCES = ("hausdorff", "hd95", "assd", "masd", "nsd")


def share_of_a_ball(radius, spacing, centre, parts=7):
    """Return the share of each voxel that a ball fills, or a disc, on a grid that is wide enough for 12 mm."""
    within = 0.0
    shape = []
    for axis, (step, middle) in enumerate(zip(spacing, centre, strict=True)):
        n = int(26 / step) + 3
        place = ((np.arange(n * parts) + 0.5) / parts - n / 2) * step - middle
        others = [k for k in range(len(spacing)) if k != axis]
        within = within + np.expand_dims(place**2, others)
        shape += [n, parts]
    inner = tuple(range(1, len(shape), 2))
    return (within < radius**2).reshape(shape).mean(axis=inner)


@cache
def concentric(spacing, centre=(0.2, -0.1, 0.3)):
    """Return two maps of partial volumes, radii 12 and 10 mm."""
    return [as_image(share_of_a_ball(r, spacing, centre[: len(spacing)]), spacing) for r in (12.0, 10.0)]


THICK_AND_THIN = [
    ((1, 1, 1), 0.025),
    ((1, 1, 3), 0.025),
    pytest.param((0.5, 0.5, 5), 0.05, marks=pytest.mark.slow),
]


@pytest.mark.slow
@pytest.mark.parametrize(("spacing", "within"), THICK_AND_THIN)
def test_level_surfaces_of_partial_volumes(spacing, within):
    """ASSD is 2 mm, and no point lies within 1 mm; cut into voxels the same maps are wrong by more."""
    a, b = concentric(spacing)
    report = compare(a, b, surface="iso")
    assert report.assd.item() == pytest.approx(2, rel=within)
    assert report.masd.item() == pytest.approx(2, rel=within)
    assert report.nsd.item() == 0
    assert report.attrs["surface"] == "iso"
    assert report.assd.attrs["definition"].endswith("area-weighted pieces of the level surface")
    voxels = compare(a, b)
    assert abs(voxels.assd.item() - 2) > abs(report.assd.item() - 2)
    assert voxels.attrs["surface"] == "voxel"


@pytest.mark.slow
@pytest.mark.parametrize("height", [-2.25, 1.75])
def test_wherever_the_poles_lie_in_a_thick_slice(height):
    """By straight lines between the values up to 0.4 % lies within 1 mm here, and ASSD is up to 4 % short."""
    a, b = (x.values for x in concentric((0.5, 0.5, 5), (0.2, -0.1, height)))
    between = surfaces.distances(a, b, spacing=(0.5, 0.5, 5), surface="iso")
    assert between.nsd(1.0) == 0
    assert between.assd() == pytest.approx(2, rel=0.015)
    assert between.hd95() == pytest.approx(2, rel=0.04)


def test_level_lines_in_the_plane():
    a, b = concentric((0.8, 1.0))
    report = compare(a, b, surface="iso")
    assert report.assd.item() == pytest.approx(2, rel=0.01)
    assert report.hd95.item() == pytest.approx(2, rel=0.05)
    assert report.nsd.item() == 0


@pytest.mark.slow
def test_what_is_missed_is_missed_on_every_surface():
    """Half of the raters see a lesion: at >= 0.5 it is there, for level surfaces too."""
    half = np.zeros((6, 7, 8))
    half[2:4, 2:5, 2:6] = 0.5
    nothing = np.zeros_like(half)
    for surface in surfaces_of_masks():
        there = compare(as_image(half, 1.0), as_image(half, 1.0), surface=surface)
        assert there.hd95.item() == 0, surface
        missed = compare(as_image(nothing, 1.0), as_image(half, 1.0), surface=surface)
        assert missed.hd95.item() == inf
        assert missed.missed.item() == 1
        absent = compare(as_image(nothing, 1.0), as_image(nothing, 1.0), surface=surface)
        assert isnan(absent.hd95.item())


def surfaces_of_masks():
    return [name.value for name in SurfaceName]


@pytest.mark.slow
def test_what_does_not_count_has_no_surface():
    a, b = concentric((1, 1, 1))
    half = a.copy(data=np.indices(a.shape)[0] < 16)
    cut_a = a.where(half, 0.0)
    cut_b = b.where(half, 0.0)
    inside = compare(a, b, surface="iso", where=half)
    expected = compare(cut_a, cut_b, surface="iso")
    for name in DISTANCES:
        assert inside[name].item() == expected[name].item()


@pytest.mark.parametrize("surface", ["voxel", "contour", "marching", "iso"])
def test_the_crop_around_a_lesion_does_not_change_its_distances(surface):
    """One lesion lies in the middle of the image, one leaves it."""
    draw = np.random.default_rng(4)
    a, b = np.zeros((2, 14, 15, 16), bool)
    a[5:9, 4:9, 6:12] = draw.random((4, 5, 6)) < 0.8
    b[5:9, 4:9, 6:12] = draw.random((4, 5, 6)) < 0.8
    a[:3, 12:, :2] = True
    b[:4, 12:, :2] = True
    spacing = (0.7, 0.9, 2.5)
    whole = surfaces.distances(a, b, spacing=spacing, surface=surface)
    report = compare(as_image(a, spacing), as_image(b, spacing), surface=surface)
    assert report.hd95.item() == whole.hd95()
    assert report.assd.item() == pytest.approx(whole.assd(), rel=1e-12)


@pytest.mark.parametrize(
    ("peer", "preset", "names"),
    [
        ("panoptica", "panoptica", {"hausdorff": "HD", "hd95": "HD95", "assd": "ASSD", "nsd": "NSD 1 mm"}),
        ("metrics_reloaded", "metrics_reloaded", {"hd95": "hd_perc", "assd": "assd", "masd": "masd", "nsd": "nsd"}),
    ],
)
def test_presets_are_their_tools(peer, preset, names):
    answers = json.loads((PEERS / f"{peer}.json").read_text(encoding="utf-8"))["distances"]
    with np.load(PEERS / "masks.npz") as stored:
        for case in ("noise_04", "scene_05", "scene_09", "textbook_outlier", "textbook_edge"):
            spacing = tuple(stored[f"{case}/spacing"])
            a = as_image(stored[f"{case}/prediction"], spacing)
            b = as_image(stored[f"{case}/reference"], spacing)
            report = compare(a, b, preset=preset)
            for ours, theirs in names.items():
                assert report[ours].item() == pytest.approx(answers[case][theirs], abs=1e-6), (case, ours)


@pytest.mark.slow
def test_a_preset_has_its_own_surface():
    a, b = concentric((1, 1, 3))
    with pytest.raises(UsageError, match=r"preset 'medpy' measures 'voxel' surfaces, not 'iso': leave preset out"):
        compare(a, b, preset="medpy", surface="iso")
    same = compare(a, b, preset="medpy", surface="voxel")
    assert same.hd95.item() == compare(a, b, preset="medpy").hd95.item()
    # what the message says to do
    assert compare(a, b, surface="iso").assd.item() == pytest.approx(2, rel=0.025)
    assert compare(a, b, preset="medpy").hd95.item() == same.hd95.item()
    with pytest.raises(UsageError, match="surface must be one of None, 'voxel', 'contour', 'marching', 'iso'"):
        compare(a, b, surface="mesh")


@pytest.fixture
def files(tmp_path):
    paths = []
    for side, image in zip(("prediction", "reference"), concentric((1, 1, 3)), strict=True):
        folder = tmp_path / side
        folder.mkdir()
        paths.append(folder / "ball.nii.gz")
        write_image(image.astype(np.float32), paths[-1])
    return paths


@pytest.mark.slow
def test_the_command(files):
    flags = ["--surface", "iso", "--json", "--as", "soft"]
    done = CliRunner().invoke(app, ["compare", *map(str, files), *flags])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["assd"]["lesion"] == pytest.approx(2, rel=0.025)
    clash = CliRunner().invoke(app, ["compare", *map(str, files), *flags, "--preset", "deepmind"])
    assert isinstance(clash.exception, UsageError)


@pytest.mark.slow
def test_a_cohort(files, tmp_path):
    folders = [path.parent for path in files]
    out = tmp_path / "scores.csv"
    scores, _ = cohort(*folders, out=out, surface="iso")
    assert scores["assd"].item() == pytest.approx(2, rel=0.025)
    with pytest.raises(UsageError, match=r'other settings \(surface "iso", now null\)'):
        cohort(*folders, out=out)
    assert pd.read_csv(out)["assd"].item() == pytest.approx(2, rel=0.025)


def test_the_command_offers_every_surface():
    assert surfaces_of_masks() == [*surfaces.Surface.__args__]

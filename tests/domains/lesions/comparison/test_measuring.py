"""The band along a boundary. Oracles: MetricsReloaded's answers, and a plain distance transform."""

from __future__ import annotations

import json
from math import isnan

import numpy as np
import pytest
from scipy import ndimage

import overlap as ov
from domains.lesions import as_image, compare

SPACING = (0.7, 1.0, 2.5)


def blobs(seed, shape=(20, 18, 9)):
    draw = np.random.default_rng(seed)
    return ndimage.gaussian_filter(draw.standard_normal(shape), 1.5) > 0


def band(mask, width, spacing):
    """Return the voxels of a mask that are near one with a face neighbour outside."""
    padded = np.pad(mask, 1)
    inner = ndimage.binary_erosion(padded)
    distance = ndimage.distance_transform_edt(~(padded & ~inner), sampling=spacing)
    near = padded & (distance <= width * (1 + 1e-9))
    return near[(slice(1, -1),) * mask.ndim]


@pytest.mark.parametrize("width", [0.0, 0.7, 1.0, 2.6, 50.0])
def test_boundary_iou_by_a_distance_transform(width):
    for seed in range(4):
        a, b = blobs(seed), blobs(seed + 10)
        report = compare(as_image(a, SPACING), as_image(b, SPACING), boundary_width=width)
        bands = [band(mask, width, SPACING) for mask in (a, b)]
        expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
        assert report.boundary_iou.item() == pytest.approx(expected, abs=1e-12)
        assert report.boundary_iou.attrs["width"] == report.attrs["boundary_width"] == width


@pytest.mark.slow
def test_boundary_iou_is_metrics_reloaded(test_data):
    """Its band of 1 is less than a voxel away from the boundary voxels, whatever the spacing: these alone."""
    folder = test_data / "lesions"
    answers = json.loads((folder / "metrics_reloaded.json").read_text(encoding="utf-8"))["distances"]
    n_asked = 0
    with np.load(folder / "masks.npz") as stored:
        for case, said in answers.items():
            spacing = tuple(stored[f"{case}/spacing"])
            a, b = stored[f"{case}/prediction"], stored[f"{case}/reference"]
            if not a.any() or not b.any():
                continue
            report = compare(as_image(a, spacing), as_image(b, spacing), boundary_width=0)
            assert report.boundary_iou.item() == pytest.approx(said["boundary_iou d1"], abs=1e-12), case
            n_asked += 1
    assert n_asked > 60


def test_a_soft_mask_is_cut_and_what_does_not_count_is_in_no_band():
    a, b = blobs(1), blobs(2)
    soft = as_image(np.where(a, 0.6, 0.2), SPACING)
    reference = as_image(b, SPACING)
    hard = compare(as_image(a, SPACING), reference)
    assert compare(soft, reference).boundary_iou.item() == hard.boundary_iou.item()
    assert compare(soft, reference, level=0.7).boundary_iou.item() == 0
    where = reference.copy(data=np.indices(b.shape)[0] < 9)
    inside = compare(as_image(a & where.values, SPACING), as_image(b & where.values, SPACING))
    assert compare(as_image(a, SPACING), reference, where=where).boundary_iou.item() == inside.boundary_iou.item()


def test_an_empty_side_follows_the_policy_of_indices():
    nothing, something = as_image(np.zeros((4, 4, 4), bool), 1.0), as_image(np.ones((4, 4, 4), bool), 1.0)
    assert isnan(compare(nothing, nothing).boundary_iou.item())
    assert compare(nothing, nothing, empty=1.0).boundary_iou.item() == 1
    assert compare(nothing, something).boundary_iou.item() == 0
    policy = ov.EmptyPolicy(1.0, prediction_empty=-1.0, reference_empty=0.5)
    assert compare(something, nothing, empty=policy).boundary_iou.item() == 0.5


def test_a_width_below_0_is_refused():
    mask = as_image(np.ones((2, 2, 2), bool), 1.0)
    with pytest.raises(ValueError, match="lesions.compare: boundary_width"):
        compare(mask, mask, boundary_width=-1.0)


@pytest.mark.parametrize(("preset", "hd95"), [("monai", 9.5), ("medpy", 9.45)])
def test_distances_are_the_presets(preset, hd95):
    """From eleven voxels in a row to the first: 0 to 10; back: 0. The larger percentile, or that of all twelve."""
    row = np.zeros((11, 3, 3), bool)
    row[:, 1, 1] = True
    first = row & (np.indices(row.shape)[0] == 0)
    assert compare(as_image(first, 1.0), as_image(row, 1.0), preset=preset).hd95.item() == pytest.approx(hd95)

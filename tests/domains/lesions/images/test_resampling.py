"""Onto the reference's grid, held against SimpleITK; every remedy in the error is followed."""

from __future__ import annotations

import re

import nibabel as nib
import numpy as np
import pytest

from domains._checks import UsageError
from domains.lesions import (
    as_image,
    compare,
    compare_protocols,
    match,
    read_image,
    resample_onto,
    threshold_averaged_dice,
    write_image,
)
from domains.lesions.images.grids import Grid
from domains.lesions.images.placing import affine_of

TURN = np.deg2rad(20)
DIRECTIONS = [np.cos(TURN), -np.sin(TURN), 0, np.sin(TURN), np.cos(TURN), 0, 0, 0, 1]


def blobs(seed=0, shape=(14, 12, 9)):
    """Return a label map of 0 to 3, smooth enough to be interpolated."""
    from scipy import ndimage

    noise = np.random.default_rng(seed).normal(size=(4, *shape))
    return ndimage.gaussian_filter(noise, (0, 2, 2, 1)).argmax(axis=0).astype(np.uint8)


def in_itk(image):
    """Return an image of ours as SimpleITK has it."""
    sitk = pytest.importorskip("SimpleITK")
    made = sitk.GetImageFromArray(image.transpose("z", "y", "x").values)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine_of(Grid.of(image))
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    made.SetSpacing(steps.tolist())
    made.SetDirection((affine[:3, :3] / steps).ravel().tolist())
    made.SetOrigin(affine[:3, 3].tolist())
    return made


def resampled_by_itk(image, reference, method):
    sitk = pytest.importorskip("SimpleITK")
    moved = sitk.Resample(in_itk(image), in_itk(reference), sitk.Transform(), method, 0.0)
    return sitk.GetArrayFromImage(moved).transpose(2, 1, 0)


GRIDS = [
    as_image(np.zeros((20, 20, 12), np.uint8), (0.7, 0.9, 2.0), origin=(-3, 2, 1)),
    as_image(np.zeros((7, 6, 9), np.uint8), (2.0, 2.0, 2.5), origin=(0.1, 0.2, -4.0)),
    as_image(np.zeros((16, 16, 10), np.uint8), (1.1, 0.9, 2.2), origin=(0, 0, 0)).assign_attrs(directions=DIRECTIONS),
]


@pytest.mark.parametrize("reference", GRIDS)
def test_the_nearest_label_is_itk_s(reference):
    image = as_image(blobs(), (1.0, 1.0, 2.5))
    pytest.importorskip("SimpleITK")
    import SimpleITK as sitk

    moved = resample_onto(image, reference)
    wanted = resampled_by_itk(image, reference, sitk.sitkNearestNeighbor)
    assert moved.dtype == np.uint8
    assert len(np.unique(moved)) == 4
    np.testing.assert_array_equal(moved, wanted)


@pytest.mark.parametrize("reference", GRIDS)
def test_linear_shares_are_itk_s(reference):
    pytest.importorskip("SimpleITK")
    import SimpleITK as sitk

    image = as_image((blobs() == 1) * np.linspace(0.2, 1, 14)[:, None, None], (1.0, 1.0, 2.5))
    moved = resample_onto(image, reference, "linear")
    np.testing.assert_allclose(moved, resampled_by_itk(image, reference, sitk.sitkLinear), atol=1e-9)


@pytest.mark.parametrize("reference", GRIDS)
def test_the_label_with_the_largest_linear_share_is_itk_s(reference):
    pytest.importorskip("SimpleITK")
    import SimpleITK as sitk

    image = as_image(blobs(), (1.0, 1.0, 2.5))
    moved = resample_onto(image, reference, "linear")
    wanted = resampled_by_itk(image, reference, sitk.sitkLabelLinear)
    assert moved.dtype == np.uint8
    # where two labels have the same share ITK takes the lower
    assert (moved.values != wanted).mean() < 0.02


def test_half_a_share_is_in():
    mask = as_image(np.array([[True], [False]]), 1.0)
    between = as_image(np.zeros((3, 1), bool), 0.5)
    assert resample_onto(mask, between, "linear").values.ravel().tolist() == [True, True, False]


def test_raters_and_named_labels_stay():
    image = as_image(np.ones((4, 3, 2, 5), bool), 1.0).assign_coords(rater=list("abcde"))
    moved = resample_onto(image.transpose("rater", "z", "y", "x"), as_image(np.zeros((5, 3, 2), bool), 1.0))
    assert dict(moved.sizes) == {"x": 5, "y": 3, "z": 2, "rater": 5}
    assert moved.rater.values.tolist() == list("abcde")
    assert (moved.sum(["x", "y", "z"]) == 24).all()


def test_the_same_grid_is_left_alone():
    image = as_image(blobs(), 1.0)
    moved = resample_onto(image.transpose("z", "y", "x"), image)
    np.testing.assert_array_equal(moved, image)
    assert "regridding" not in moved.attrs


def test_a_slice_is_no_volume():
    volume = as_image(np.zeros((4, 3, 2), bool), 1.0)
    with pytest.raises(ValueError, match="has the axes x × y and the reference x × y × z"):
        resample_onto(volume.isel(z=0, drop=True), volume)
    with pytest.raises(UsageError, match="method must be one of 'nearest', 'linear'; got 'cubic'"):
        resample_onto(volume, volume, "cubic")


def smaller_field(kind):
    """A network that crops: the prediction covers half of the reference, which has a second lesion in the rest."""
    predicted = np.zeros((12, 10, 8), kind)
    predicted[2:7, 2:7, 2:6] = 1
    reference = np.zeros((12, 30, 8), kind)
    reference[2:7, 2:7, 2:6] = 1
    reference[2:7, 20:24, 2:6] = 1
    spacing = (1.0, 1.0, 2.0)
    return as_image(predicted, spacing), as_image(reference, spacing)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
@pytest.mark.parametrize("method", ["nearest", "linear"])
def test_a_lesion_outside_the_prediction_s_field_is_missed(kind, method):
    predicted, reference = smaller_field(kind)
    with pytest.raises(ValueError, match="different grids, by size") as error:
        compare(predicted, reference)
    assert re.search(r"\(--resample nearest\) brings the prediction onto the reference's grid", str(error.value))
    report = compare(predicted, reference, resample=method)
    assert report.dice.item() == pytest.approx(2 * 100 / (100 + 180))
    assert (report.lesions_reference.item(), report.lesions_matched.item()) == (2, 1)
    assert report.attrs["regridding"] == (
        f"prediction {method} onto the reference; 66.7 % of the reference has no prediction, and is 0 there"
    )


def test_the_remedy_in_python_for_what_takes_no_option():
    predicted, reference = smaller_field(bool)
    with pytest.raises(ValueError, match="different grids") as error:
        match(predicted, reference)
    remedy = re.search(r"resample_onto\(.*?\)", str(error.value))[0]
    moved = eval(remedy, {"resample_onto": resample_onto, "predicted": predicted, "reference": reference})
    assert match(moved, reference).matched.sum() == 1


def test_what_lies_outside_the_reference_is_told():
    predicted, reference = smaller_field(bool)
    moved = resample_onto(reference, predicted)
    assert moved.attrs["regridding"].endswith("; 160 mm³ of the prediction lie outside the reference, and are left out")


def test_directions_that_were_lost_on_the_way(tmp_path):
    """The voxels are the reference's, the header is not: resampling would be wrong, and the copied place is right."""
    values = blobs()
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(DIRECTIONS, (3, 3)) * [-1.0, -1.0, 2.5]
    affine[:3, 3] = 30, -20, 10
    P, R, NEW = (tmp_path / name for name in ("p.nii.gz", "r.nii.gz", "new.nii.gz"))
    nib.save(nib.Nifti1Image(values, affine), R)
    nib.save(nib.Nifti1Image(values, np.diag([1, 1, 2.5, 1])), P)
    with pytest.raises(ValueError, match="by origin, direction .*if the prediction lost its place") as error:
        compare(read_image(P), read_image(R))
    assert error.value.args[0].count("direction 0.939693 -0.34202 0 0.34202 0.939693 0 0 0 1") == 1
    assert error.value.args[0].count("direction 1 0 0 0 1 0 0 0 1") == 1
    remedy = re.search(r"nibabel.save\(.*NEW\)", str(error.value))[0]
    exec(remedy, {"nibabel": nib, "P": P, "R": R, "NEW": NEW})
    report = compare(read_image(NEW), read_image(R))
    assert (report.dice == 1).all()


def test_on_the_command_line(tmp_path):
    from typer.testing import CliRunner

    from domains.cli import app

    predicted, reference = smaller_field(np.uint8)
    for name, image in (("p.nii", predicted), ("r.nii", reference)):
        write_image(image, tmp_path / name)
    command = ["lesions", "compare", str(tmp_path / "p.nii"), str(tmp_path / "r.nii")]
    assert CliRunner().invoke(app, command).exit_code == 1
    done = CliRunner().invoke(app, [*command, "--resample", "nearest"])
    assert done.exit_code == 0
    assert "0.7143" in done.stdout
    assert "66.7 % of the reference has no prediction" in done.stdout.replace("\n", " ")


def deep(**kept):
    """Return a volume of 6 slices of 3 mm, 8 voxels marked in each, or some of its slices."""
    values = np.zeros((5, 4, 6), bool)
    values[1:3, :] = True
    return as_image(values, (1.0, 1.0, 3.0)).isel(kept)


def test_a_slice_of_known_height_is_brought_onto_a_volume():
    moved = resample_onto(deep(z=2), deep())
    assert moved.sum(["x", "y"]).values.tolist() == [0, 0, 8, 0, 0, 0]


def test_a_volume_is_brought_onto_a_slice_of_known_height():
    moved = resample_onto(deep(), deep(z=2))
    assert moved.dims == ("x", "y")
    assert moved.z.item() == 6.0
    assert int(moved.sum()) == 8
    assert moved.attrs["regridding"].endswith("120 mm³ of the prediction lie outside the reference, and are left out")


def test_a_slice_at_another_height_has_nothing_in_common():
    moved = resample_onto(deep(z=2), deep(z=5))
    assert int(moved.sum()) == 0
    assert "100 % of the reference has no prediction" in moved.attrs["regridding"]
    assert int(resample_onto(deep(z=2).isel(x=slice(3)), deep(z=2)).sum()) == 8


def test_a_slice_of_unknown_height_lies_in_that_of_the_other():
    flat = deep(z=2).drop_vars("z").isel(x=slice(3))
    assert int(resample_onto(flat, deep(z=5)).sum()) == 8


def test_frames_that_are_not_stored_are_empty_to_every_question():
    """Two segmentations of which only the frames that hold something are stored: 2 of 6, and another 2."""
    whole = as_image(np.ones((4, 3, 6), bool), 1.0)
    sparse = whole.assign_attrs(sparse=True)
    early = sparse.isel(z=[1, 2])
    late = sparse.isel(z=[2, 3])
    assert match(early, late, threshold=0.3)["iou"].max() == pytest.approx(1 / 3)
    assert threshold_averaged_dice(early, late)["mean_dice"] == pytest.approx(1 / 2)
    assert compare_protocols(early, late, protocols=["cc"])["value"].tolist() == [0.5]

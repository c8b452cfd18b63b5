from __future__ import annotations

import itertools

import nibabel as nib
import numpy as np
import pytest

from domains._files import ReadError
from domains.lesions import compare, read_image, write_image
from domains.lesions.images.formats.stored import Stored
from domains.lesions.images.grids import Grid
from domains.lesions.images.placing import affine_of, along_axes, check_affine

SPACING = (0.5, 0.75, 3.0)


def turned(order, signs, degrees=0.0):
    """Return an affine whose axes point along others, and are turned about z."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.eye(3)[:, order] * signs * SPACING
    affine[:3, 3] = -10, 20, 7.5
    return affine


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("degrees", [0, 12])
def test_every_voxel_stays_where_it_is(order, degrees):
    values = np.arange(24).reshape(2, 3, 4)
    for signs in itertools.product((1, -1), repeat=3):
        affine = turned(order, signs, degrees)
        image = along_axes(Stored(values, affine))
        again = affine_of(Grid.of(image))
        index = np.argwhere(np.ones(image.shape, bool))
        # the number of a voxel says where it was stored
        stored = np.stack(np.unravel_index(image.values.ravel(), values.shape), axis=1)
        np.testing.assert_allclose(
            nib.affines.apply_affine(again, index), nib.affines.apply_affine(affine, stored), atol=1e-9, err_msg=signs
        )


@pytest.mark.parametrize(("axis", "name"), list(enumerate(["first", "second", "third"])))
@pytest.mark.parametrize("size", [0, np.nan])
def test_an_axis_without_a_size_is_named(axis, name, size):
    affine = np.diag([*SPACING, 1])
    affine[axis, axis] = size
    with pytest.raises(ReadError, match=f"the header gives the {name} axis no size .*: set it"):
        check_affine(Stored(np.zeros((2, 2, 2)), remedy="set it"), affine)


def test_single_precision_stands_for_decimals():
    affine = np.diag(np.float32([1.8, 0.7, 0.6, 1.0]))
    read = along_axes(Stored(np.zeros((2, 2, 2)), affine, is_single=True))
    assert [read[d].attrs["spacing"] for d in "xyz"] == [1.8, 0.7, 0.6]
    in_metres = along_axes(Stored(np.zeros((2, 2, 2)), np.diag([0.0018, 0.7, 0.6, 1.0]), mm=1000))
    assert in_metres.x.attrs["spacing"] == 1.8
    single = np.diag(np.float32([0.0018, 0.7, 0.6, 1.0]))
    in_metres = along_axes(Stored(np.zeros((2, 2, 2)), single, mm=1000, is_single=True))
    assert [in_metres[d].attrs["spacing"] for d in "xyz"] == [1.8, 700, 600]


def test_what_was_taken_for_granted_is_told():
    image = along_axes(Stored(np.zeros((2, 2, 2)), np.eye(4), told="the file gives no unit of length: mm"))
    assert Grid.of(image).describe().endswith("stored RAS (the file gives no unit of length: mm)")


def slice_at(height, tmp_path, ending):
    """Write a slice of 3 mm at a height, and return its file."""
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(np.ones((1, 4, 5), np.uint8))
    image.SetSpacing(SPACING)
    image.SetOrigin((-1.0, 2.0, height))
    path = tmp_path / f"{height:g}{ending}"
    sitk.WriteImage(image, path)
    return path


@pytest.mark.parametrize("ending", [".nii.gz", ".mha", ".nrrd"])
def test_a_single_slice_keeps_its_height(tmp_path, ending):
    low = read_image(slice_at(0.0, tmp_path, ending))
    high = read_image(slice_at(18.0, tmp_path, ending))
    assert low.dims == ("x", "y")
    assert (low.z.item(), high.z.item()) == (0.0, 18.0)
    with pytest.raises(ValueError, match="are on different grids, by origin"):
        compare(low, high)
    assert compare(high, high).dice.item() == 1
    write_image(high, tmp_path / "again.nii.gz")
    assert read_image(tmp_path / "again.nii.gz").z.item() == 18.0


def test_a_picture_has_no_height(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    flat = sitk.GetImageFromArray(np.ones((4, 5), np.uint8))
    for ending in (".mha", ".nrrd"):
        sitk.WriteImage(flat, tmp_path / f"a{ending}")
        assert "z" not in read_image(tmp_path / f"a{ending}").coords
    sitk.WriteImage(flat, tmp_path / "a.png")
    picture = read_image(tmp_path / "a.png", spacing=(1.0, 1.0))
    assert "z" not in picture.coords
    reference = read_image(slice_at(18.0, tmp_path, ".nii.gz"))
    assert compare(read_image(tmp_path / "a.png", like=reference), reference).dice.item() == 1

"""Two folders of images, and images written by SimpleITK with where it says that their voxels lie."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from domains.lesions import example, read_image, write_image
from domains.lesions.images.grids import AXES, Grid
from domains.lesions.images.placing import affine_of

SPACING = (0.5, 0.75, 3.0)
ORIGIN = (-12.5, 20.25, 7.0)


def _turned(degrees):
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


DIRECTIONS = {
    "axial": np.eye(3),
    "flipped": np.diag([-1.0, -1.0, 1.0]),
    "sagittal": np.eye(3)[[2, 0, 1]],
    "turned": _turned(15),
    "turned and exchanged": _turned(-20) @ np.eye(3)[[1, 2, 0]] * [1, -1, 1],
}


def make_itk_image(values, direction="axial"):
    """Return an image of SimpleITK whose first index is the first axis of `values`."""
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(values.T)
    n = values.ndim
    image.SetSpacing(SPACING[:n])
    image.SetOrigin(ORIGIN[:n])
    image.SetDirection(DIRECTIONS[direction][:n, :n].ravel().tolist())
    return image


def check_where_voxels_lie(image, itk):
    """Compare an image of ours with one of SimpleITK: each voxel has the place and the value that it has there."""
    sitk = pytest.importorskip("SimpleITK")
    axes = [axis for axis in AXES if axis in image.dims]
    ours = image.transpose(*axes)
    spacing = dict(zip(axes, Grid.of(ours).spacing, strict=True))
    assert sorted(spacing.values()) == pytest.approx(sorted(itk.GetSpacing()[: len(axes)]), rel=1e-9)
    own = affine_of(Grid.of(ours))
    values = ours.values.reshape(*ours.shape, *(1,) * (3 - ours.ndim))
    stored = sitk.GetArrayFromImage(itk).T
    for index in np.ndindex(values.shape):
        right, front, top, _ = own @ [*index, 1]
        place = [-right, -front, top][: itk.GetDimension()]
        theirs = np.array(itk.TransformPhysicalPointToContinuousIndex(place))
        nearest = np.rint(theirs).astype(int)
        np.testing.assert_allclose(theirs, nearest, atol=1e-6)
        assert stored[tuple(nearest)] == values[index]
    assert values.size == stored.size


@pytest.fixture(params=sorted(DIRECTIONS))
def direction(request):
    return request.param


@pytest.fixture
def itk_image():
    return make_itk_image


@pytest.fixture
def same_places():
    return check_where_voxels_lie


@pytest.fixture(scope="session")
def nodules(tmp_path_factory):
    """The folders that `folders` copies."""
    root = tmp_path_factory.mktemp("nodules")
    for k in range(4):
        image = read_image(example(f"nodule_{k:02d}"))
        for rater, side in enumerate(("prediction", "reference")):
            (root / side).mkdir(exist_ok=True)
            write_image(image.isel(rater=rater), root / side / f"case_{k}.nii.gz")
    return root


@pytest.fixture
def folders(tmp_path, nodules):
    """Four nodules, by the first rater and by the second."""
    return [Path(shutil.copytree(nodules / side, tmp_path / side)) for side in ("prediction", "reference")]

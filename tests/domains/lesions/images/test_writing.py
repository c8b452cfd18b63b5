"""Images as they are written: read again by ours, and by the libraries of other tools."""

from __future__ import annotations

import sys

import nibabel as nib
import numpy as np
import pytest
import xarray as xr

from domains.lesions import as_image, example, read_image, write_image

TURNED = [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float64])
def test_write_and_read(tmp_path, dtype):
    values = (np.arange(24).reshape(2, 3, 4) % 3 > 1).astype(dtype)
    image = as_image(values, (0.7, 0.8, 2.5), origin=(-3, 4, 5))
    write_image(image.transpose("z", "y", "x"), tmp_path / "a.nii.gz")
    back = read_image(tmp_path / "a.nii.gz")
    xr.testing.assert_allclose(back.astype(float), image.astype(float))
    flat = image.isel(z=0)
    write_image(flat, tmp_path / "b.nii")
    xr.testing.assert_allclose(read_image(tmp_path / "b.nii").astype(float), flat.astype(float))


@pytest.mark.parametrize("label", [-1, 255, 70_000, 2**40])
def test_every_label_survives(tmp_path, label):
    image = as_image(np.full((2, 2, 2), label), 1.0)
    write_image(image, tmp_path / "a.nii")
    assert (read_image(tmp_path / "a.nii") == label).all()


def test_an_image_is_written_whole(tmp_path, monkeypatch):
    path = tmp_path / "a.nii.gz"
    path.write_bytes(b"old")
    image = read_image(example())

    def cut(stored, part):
        part.write_bytes(b"ha")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nib, "save", cut)
    with pytest.raises(OSError, match="No space left"):
        write_image(image, path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.nii.gz"]
    with pytest.raises(
        ValueError, match="^lesions.write_image: .*a.img: images are written as .nii.gz, .nii, .nrrd, .mha"
    ):
        write_image(image, tmp_path / "a.img")


@pytest.mark.parametrize("ending", [".nii", ".nrrd", ".mha"])
@pytest.mark.parametrize("directions", [np.eye(3).ravel().tolist(), TURNED])
def test_other_tools_find_each_voxel_in_its_place(tmp_path, ending, directions, same_places):
    sitk = pytest.importorskip("SimpleITK")
    pytest.importorskip("nrrd")
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    image = as_image(values, (0.75, 0.5, 2.5), origin=(-3, 4, 5)).assign_attrs(directions=directions)
    path = tmp_path / f"a{ending}"
    write_image(image, path)
    same_places(image, sitk.ReadImage(path))
    again = read_image(path)
    xr.testing.assert_allclose(again.astype(float), image.astype(float), atol=1e-5)
    np.testing.assert_allclose(again.attrs["directions"], directions, atol=1e-6)


@pytest.mark.parametrize(("kind", "stored"), [(bool, np.uint8), (float, np.float32), (np.int64, np.uint8)])
@pytest.mark.parametrize("ending", [".nrrd", ".mha"])
def test_kinds_of_masks(tmp_path, kind, stored, ending):
    sitk = pytest.importorskip("SimpleITK")
    pytest.importorskip("nrrd")
    mask = as_image(np.eye(4, 3).astype(kind)[..., None], (1.0, 2.0, 3.0))
    write_image(mask, tmp_path / f"a{ending}")
    assert sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / f"a{ending}")).dtype == stored
    np.testing.assert_array_equal(read_image(tmp_path / f"a{ending}"), np.eye(4, 3))


def test_raters_are_layers(tmp_path):
    pytest.importorskip("nrrd")
    raters = read_image(example())
    write_image(raters, tmp_path / "a.nrrd")
    again = read_image(tmp_path / "a.nrrd")
    assert again.dims == ("x", "y", "z", "rater")
    np.testing.assert_array_equal(again, raters)
    with pytest.raises(ValueError, match="MetaImage has no dimension 'rater': write it as .nii.gz"):
        write_image(raters, tmp_path / "a.mha")


@pytest.mark.parametrize(
    ("module", "ending", "package"), [("nrrd", ".nrrd", "pynrrd"), ("SimpleITK", ".mha", "SimpleITK")]
)
def test_without_the_package(tmp_path, monkeypatch, module, ending, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf'need {package}: pip install "overlap-toolkit\[imaging\]"$'):
        write_image(as_image(np.ones((2, 2, 2), bool), 1.0), tmp_path / f"a{ending}")
    assert list(tmp_path.iterdir()) == []

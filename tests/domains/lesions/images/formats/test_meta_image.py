"""Held against SimpleITK, which writes the files."""

from __future__ import annotations

import numpy as np
import pytest

from domains._files import ReadError
from domains.lesions import read_image

sitk = pytest.importorskip("SimpleITK")

VALUES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
@pytest.mark.parametrize("packed", [False, True])
def test_where_itk_says(tmp_path, direction, name, packed, itk_image, same_places):
    written = itk_image(VALUES, direction)
    sitk.WriteImage(written, tmp_path / name, packed)
    same_places(read_image(tmp_path / name), written)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint32, np.int64, np.float32, np.float64])
def test_values(tmp_path, kind, itk_image):
    sitk.WriteImage(itk_image(VALUES.astype(kind)), tmp_path / "a.mha")
    image = read_image(tmp_path / "a.mha")
    assert np.unique(image).tolist() == list(range(24))
    assert image.attrs["stored_whole"] == (np.dtype(kind).kind in "ui")


def test_a_slice(tmp_path, itk_image, same_places):
    written = itk_image(VALUES[..., 0])
    sitk.WriteImage(written, tmp_path / "a.mha")
    same_places(read_image(tmp_path / "a.mha"), written)


@pytest.mark.parametrize("packed", [False, True])
def test_damaged_files_are_one_line(tmp_path, packed, itk_image, capfd):
    path = tmp_path / "a.mha"
    sitk.WriteImage(itk_image(VALUES), path, packed)
    whole = path.read_bytes()
    for n in range(0, len(whole) - 1, 11):
        path.write_bytes(whole[:n])
        with pytest.raises(ReadError) as caught:
            read_image(path)
        assert str(caught.value).startswith(f"lesions.read_image: {path}: ")
        assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("DimSize = 2 3 4", "DimSize = 2 3 0", "the header gives 3 axes 2 3 0 voxels"),
        ("DimSize = 2 3 4", "DimSize = 2 3", "the header gives 3 axes 2 3 voxels"),
        ("DimSize = 2 3 4", "DimSize = 2 3 x", "the header does not say how large the image is"),
        ("DimSize = 2 3 4", "DimSize = 90000 90000 90000", "the image needs"),
        ("DimSize = 2 3 4", "DimSize = 2 3 5", "the header promises 30 bytes of voxels and the file holds 24"),
        ("MET_UCHAR", "MET_COLOUR", "the values are MET_COLOUR, not numbers"),
        (
            "ElementSpacing = 0.5 0.75 3",
            "ElementSpacing = 0.5 0.75 0",
            "the header gives the third axis no size",
        ),
        ("ElementSpacing = 0.5 0.75 3\n", "", "gives voxels no size (ElementSpacing): write it"),
        ("Offset = -12.5", "Offset = 1e308", "the header puts the first voxel at ("),
        ("TransformMatrix = 1 0 0", "TransformMatrix = 1e308 0 0", "the header makes voxels inf × 0.75 × 3 mm large"),
        ("LOCAL", "b.raw", "its voxels lie in b.raw, which is not beside it: copy both files"),
        ("NDims", "Dims", "the header does not say how large the image is"),
    ],
)
def test_headers_that_make_no_sense(tmp_path, itk_image, old, new, said):
    path = tmp_path / "a.mha"
    sitk.WriteImage(itk_image(VALUES), path)
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(ReadError) as caught:
        read_image(path)
    assert said in str(caught.value)


def test_several_files_are_made_one(tmp_path, itk_image):
    path = tmp_path / "a.mha"
    sitk.WriteImage(itk_image(VALUES), path)
    path.write_bytes(path.read_bytes().replace(b"LOCAL", b"slice_%d.raw"))
    with pytest.raises(ReadError, match="its voxels lie in several files .*SimpleITK.WriteImage"):
        read_image(path)


def test_the_other_order_of_bytes(tmp_path, itk_image):
    path = tmp_path / "a.mha"
    sitk.WriteImage(itk_image(VALUES.astype(np.int16)), path)
    turned = path.read_bytes().replace(b"OrderMSB = False", b"OrderMSB = True")
    begin = turned.index(b"LOCAL") + 6
    path.write_bytes(turned[:begin] + VALUES.astype(">i2").tobytes(order="F"))
    assert np.unique(read_image(path)).tolist() == list(range(24))
    assert np.unique(sitk.GetArrayFromImage(sitk.ReadImage(path))).tolist() == list(range(24))

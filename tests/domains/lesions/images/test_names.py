from __future__ import annotations

from pathlib import Path

import pytest

from domains.lesions.images.names import image_suffix, is_image_folder, says_its_place


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.nii", ".nii"),
        ("a.nii.gz", ".nii.gz"),
        ("a.b.NII.GZ", ".nii.gz"),
        ("a.seg.nrrd", ".seg.nrrd"),
        ("a.ome.TIF", ".ome.tif"),
        ("a.MHA", ".mha"),
        ("a.npz", ".npz"),
        ("a.gz", ""),
        ("a.nii.txt", ""),
        ("nii", ""),
        (".nii", ""),
        ("", ""),
    ],
)
def test_the_ending_of_an_image(name, suffix):
    assert image_suffix(name) == suffix
    assert image_suffix(Path("folder.nii", name)) == suffix or name == ""


def test_which_formats_say_where_their_voxels_lie():
    told = [name for name in ("a.nii", "a.nrrd", "a.mhd", "a.png", "a.tif", "a.npy", "a.txt") if says_its_place(name)]
    assert told == ["a.nii", "a.nrrd", "a.mhd"]


def test_a_folder_of_slices(tmp_path):
    assert not is_image_folder(tmp_path)
    for name in ("1.png", "2.png", ".DS_Store"):
        (tmp_path / name).touch()
    assert is_image_folder(tmp_path)
    (tmp_path / "notes.txt").touch()
    assert not is_image_folder(tmp_path)

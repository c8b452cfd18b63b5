from __future__ import annotations

from pathlib import Path

import pytest

from domains.lesions.names import image_suffix


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.nii", ".nii"),
        ("a.nii.gz", ".nii.gz"),
        ("a.b.NII.GZ", ".nii.gz"),
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

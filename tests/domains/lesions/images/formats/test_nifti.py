from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from domains.lesions import compare, read_image, write_image
from domains.lesions.images.formats import nifti
from domains.lesions.images.formats.nifti import read_nifti

VALUES = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def save(path, unit, mm=1.0):
    image = nib.Nifti1Image(VALUES, np.diag([0.5 / mm, 0.75 / mm, 3 / mm, 1]))
    image.header.set_xyzt_units(unit)
    nib.save(image, path)
    return path


@pytest.mark.parametrize(
    ("unit", "mm", "told"),
    [
        (None, 1, "the file gives no unit of length: mm"),
        ("mm", 1, ""),
        ("micron", 0.001, "the file gives lengths in microns: read as mm"),
        ("meter", 1000, "the file gives lengths in metres: read as mm"),
    ],
)
def test_units_are_told(tmp_path, unit, mm, told):
    path = save(tmp_path / "a.nii.gz", unit, mm)
    stored = read_nifti("lesions.read_image", path)
    assert (stored.mm, stored.told) == (mm, told)
    image = read_image(path)
    np.testing.assert_allclose([image[d].attrs["spacing"] for d in "xyz"], [0.5, 0.75, 3])
    report = compare(image == 1, image == 1)
    assert report.attrs["grid"].endswith(f"stored RAS ({told})" if told else "stored RAS")


def test_what_we_write_has_a_unit(tmp_path):
    image = read_image(save(tmp_path / "a.nii", None))
    write_image(image, tmp_path / "b.nii")
    assert "told" not in read_image(tmp_path / "b.nii").attrs


@pytest.mark.parametrize(
    ("qform", "told"),
    [
        ((0.5, 0.75, 3), ""),
        ((0.5, 0.75, 3.0001), ""),
        ((1, 0.75, 3), "the sform gives voxels 0.5 × 0.75 × 3 and the qform 1 × 0.75 × 3: the sform holds"),
        ((1, 1, 1), "the sform gives voxels 0.5 × 0.75 × 3 and the qform 1 × 1 × 1: the sform holds"),
    ],
)
def test_forms_that_contradict_each_other_are_told(tmp_path, qform, told):
    path = save(tmp_path / "a.nii.gz", "mm")
    image = nib.load(path)
    image.header.set_qform(np.diag([*qform, 1]), 1)
    image.header.set_sform(np.diag([0.5, 0.75, 3, 1]), 1)
    nib.save(nib.Nifti1Image(VALUES, None, image.header), path)
    stored = nib.load(path)
    np.testing.assert_allclose(stored.header["pixdim"][1:4], qform)
    read = read_image(path)
    np.testing.assert_allclose([read[d].attrs["spacing"] for d in "xyz"], [0.5, 0.75, 3])
    report = compare(read == 1, read == 1)
    assert report.attrs["grid"].endswith(f"stored RAS ({told})" if told else "stored RAS")


@pytest.mark.parametrize(("s", "q"), [(0, 1), (1, 0), (0, 0)])
def test_a_form_that_is_not_given_contradicts_nothing(tmp_path, s, q):
    path = save(tmp_path / "a.nii", "mm")
    image = nib.load(path)
    image.header.set_qform(np.diag([1, 1, 1, 1]), q)
    image.header.set_sform(np.diag([0.5, 0.75, 3, 1]), s)
    nib.save(nib.Nifti1Image(VALUES, None, image.header), path)
    assert "told" not in read_image(path).attrs


def test_memory_is_asked_for_values_that_the_reader_scales(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(nifti, "_MANY_BYTES", 0)
    monkeypatch.setattr(nifti, "check_budget", lambda *given: asked.append(given[2]))
    path = tmp_path / "a.nii"
    nib.save(nib.Nifti1Image(np.ones((2, 3, 4), np.uint8), np.eye(4)), path)
    read_nifti("lesions.read_image", path)
    read_nifti("lesions.read_image", path, is_scaled=True)
    assert asked == [24, 24 * 3 * 8]

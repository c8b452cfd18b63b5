from __future__ import annotations

import gzip
import os
import sys

import nibabel as nib
import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.lesions import example, read_grey, read_image, write_image

AFFINE = np.diag([0.5, 0.75, 3.0, 1.0])


def save(path, values, affine=AFFINE):
    nib.save(nib.Nifti1Image(values, affine), path)
    return path


def test_coordinates_are_the_affine(tmp_path):
    affine = AFFINE.copy()
    affine[:3, 3] = -10, 20, 7.5
    image = read_image(save(tmp_path / "a.nii.gz", np.arange(24, dtype=np.uint8).reshape(2, 3, 4), affine))
    assert image.dims == ("x", "y", "z")
    assert image.dtype == np.uint8
    assert image.x.values.tolist() == [-10, -9.5]
    assert image.z.values.tolist() == [7.5, 10.5, 13.5, 16.5]
    assert image.x.attrs == {"units": "mm", "spacing": 0.5}
    assert (image.attrs["name"], image.attrs["orientation"]) == ("a.nii.gz", "RAS")


@pytest.mark.parametrize("codes", ["LPS", "PIR", "SAL", "RAS"])
def test_orientation_does_not_matter(tmp_path, codes):
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    plain = nib.Nifti1Image(values, AFFINE)
    turned = plain.as_reoriented(
        nib.orientations.ornt_transform(nib.io_orientation(AFFINE), nib.orientations.axcodes2ornt(codes))
    )
    nib.save(turned, tmp_path / "turned.nii")
    image = read_image(tmp_path / "turned.nii")
    assert image.attrs["orientation"] == codes
    np.testing.assert_array_equal(image, values)
    np.testing.assert_allclose(image.y, [0, 0.75, 1.5])


def test_every_voxel_is_where_nibabel_says(tmp_path):
    """A turned image: place × directions is nibabel's affine."""
    angle = np.deg2rad(10)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn * [0.5, 0.75, 3.0]
    affine[:3, 3] = 4, -5, 6
    path = save(tmp_path / "turned.nii.gz", np.zeros((4, 3, 2), np.uint8), affine)
    image = read_image(path)
    directions = np.reshape(image.attrs["directions"], (3, 3))
    for index in np.ndindex(4, 3, 2):
        place = directions @ [float(image[d][k]) for d, k in zip("xyz", index, strict=True)]
        np.testing.assert_allclose(place, nib.affines.apply_affine(affine, index), atol=1e-5)
    write_image(image, tmp_path / "again.nii.gz")
    np.testing.assert_allclose(nib.load(tmp_path / "again.nii.gz").affine, affine, atol=1e-5)


def test_raters_and_slices(tmp_path):
    raters = read_image(save(tmp_path / "r.nii", np.zeros((3, 3, 2, 4), np.uint8)))
    assert raters.dims == ("x", "y", "z", "rater")
    for shape in ((3, 2), (3, 2, 1), (3, 2, 1, 1)):
        assert dict(read_image(save(tmp_path / "s.nii", np.zeros(shape, np.uint8))).sizes) == {"x": 3, "y": 2}
    with pytest.raises(ValueError, match="5 axes"):
        read_image(save(tmp_path / "t.nii", np.zeros((2,) * 5, np.uint8)))


def test_numbers(tmp_path):
    path = tmp_path / "x.nii"
    values = np.array([[0, 1, 4]] * 2, np.float32)[..., None]
    assert read_image(save(path, values)).dtype == np.uint8
    soft = np.array([[0, 0.25, 1]] * 2, np.float32)[..., None]
    assert read_image(save(path, soft)).values[0].tolist() == [0, 0.25, 1]
    eight = np.array([[0, 51, 255]] * 2, np.uint8)[..., None]
    assert read_image(save(path, eight)).values[0].tolist() == [0, 51, 255]
    np.testing.assert_allclose(read_image(save(path, eight), scale=255).values[0], [0, 0.2, 1])
    stretched = nib.Nifti1Image(eight, AFFINE)
    stretched.header.set_slope_inter(1 / 255, 0)
    stretched.header.set_data_dtype(np.uint8)
    nib.save(nib.Nifti1Image(np.array([[0, 0.2, 1]] * 2)[..., None], AFFINE, stretched.header), path)
    np.testing.assert_allclose(read_image(path).values[0, :], [0, 0.2, 1], atol=1e-6)
    assert read_image(path).max() == 1
    for bad, message in ((soft * 50, "scale=100"), (soft - 2.1, "sigmoid"), (soft * np.nan, "NaN")):
        with pytest.raises(ValueError, match=message):
            read_image(save(path, bad))
    with pytest.raises(ValueError, match="scale"):
        read_image(save(path, eight), scale=100)


def test_damaged_files(tmp_path):
    good = save(tmp_path / "good.nii.gz", np.arange(4096, dtype=np.int32).reshape(16, 16, 16)).read_bytes()
    for name, content, message in (
        ("cut.nii.gz", good[: len(good) // 2], "damaged or cut off: its gzip stream has no end"),
        ("trailer.nii.gz", good[:-8], "damaged or cut off: its gzip stream has no end"),
        ("noise.nii.gz", b"these are my notes", "not a NIfTI file"),
        ("notes.nii", b"these are my notes", "not a NIfTI file"),
        ("short.nii", gzip.decompress(good)[:900], "cut off"),
        ("header.nii", gzip.decompress(good)[:100], "not a NIfTI file, or the beginning of one"),
        ("empty.nii.gz", b"", "an empty file"),
        ("empty.nii", b"", "an empty file"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message) as error:
            read_image(path)
        assert name in str(error.value)
    other = tmp_path / "a.vtk"
    other.write_bytes(b"NRRD0004")
    with pytest.raises(ValueError, match="convert it"):
        read_image(other)
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "no.nii")


def huge(path, shape):
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(np.float64)
    header["magic"], header["vox_offset"] = b"n+1", 352
    content = header.binaryblock + bytes(4 + 10_000)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["huge.nii", "huge.nii.gz"])
def test_a_header_is_not_believed(tmp_path, name):
    path = huge(tmp_path / name, (30_000, 30_000, 30_000))
    with pytest.raises(ReadError, match="promises 30000 × 30000 × 30000 voxels of 8 bytes .* the file holds 10352: it"):
        read_image(path)


def values_or_refusal(path):
    try:
        return read_image(path).values.tolist()
    except ReadError as error:
        return str(error)


def test_every_flipped_bit_of_a_gzip_file_is_refused_or_changes_nothing(tmp_path):
    path = save(tmp_path / "a.nii.gz", np.arange(60, dtype=np.uint8).reshape(5, 4, 3))
    whole = path.read_bytes()
    wanted = values_or_refusal(path)
    n_refused = 0
    for n in range(2, len(whole), 5):
        damaged = bytearray(whole)
        damaged[n] ^= 1 << n % 8
        path.write_bytes(damaged)
        found = values_or_refusal(path)
        if found != wanted:
            assert "damaged" in found
            n_refused += 1
    assert n_refused > (len(whole) - 20) // 5


def test_gzip_is_told_by_its_content(tmp_path):
    values = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
    plain = save(tmp_path / "plain.nii", values).read_bytes()
    for name, content in (("packed.nii", gzip.compress(plain)), ("plain.nii.gz", plain)):
        (tmp_path / name).write_bytes(content)
        image = read_image(tmp_path / name)
        np.testing.assert_array_equal(image, values)
        assert [image[d].attrs["spacing"] for d in "xyz"] == [0.5, 0.75, 3.0]


def test_values_may_be_changed(tmp_path):
    for name in ("a.nii", "a.nii.gz"):
        path = save(tmp_path / name, np.zeros((2, 2, 2), np.uint8))
        image = read_image(path)
        image.values[0] = 1
        assert image.sum() == 4
        assert read_image(path).sum() == 0, "the file is not"


def test_a_slice_of_wide_integers(tmp_path):
    values = np.array([[0, 2**40], [-1, 5]])
    nib.save(nib.Nifti1Image(values, AFFINE, dtype=np.int64), tmp_path / "a.nii")
    np.testing.assert_array_equal(read_image(tmp_path / "a.nii"), values)


def test_a_name_that_is_no_text(tmp_path):
    name = os.fsdecode(b"caf\xe9.nii")
    save(tmp_path / "a.nii", np.ones((2, 2, 2), np.uint8)).rename(tmp_path / name)
    assert read_image(tmp_path / name).attrs["name"] == r"caf\xe9.nii"
    with pytest.raises(FileNotFoundError, match=r"nix\\xe9.nii: no such file"):
        read_image(tmp_path / os.fsdecode(b"nix\xe9.nii"))


def test_no_size_no_distances(tmp_path):
    sheared = AFFINE.copy()
    sheared[0, 1] = 0.3
    with pytest.raises(ValueError, match="right angles"):
        read_image(save(tmp_path / "a.nii", np.zeros((2, 2, 2), np.uint8), sheared))


def test_decimals_are_the_header_s():
    image = read_image(example("nodule_00"))
    assert image.z.attrs["spacing"] == 1.8
    assert image.dtype == np.uint8


def test_examples_are_what_the_source_says():
    import json

    index = json.loads((example().parent / "index.json").read_text(encoding="utf-8"))
    assert index["license"] == "CC-BY-3.0"
    assert len(index["nodules"]) == 30
    for name, entry in index["nodules"].items():
        raters = read_image(example(name))
        assert (raters == 1).sum(["x", "y", "z"]).values.tolist() == entry["volumes_vox"]
        assert [raters[d].attrs["spacing"] for d in "xyz"] == pytest.approx(entry["spacing_xyz_mm"], abs=1e-6)
    with pytest.raises(ValueError, match="nodule_29"):
        example("nodule_30")


@pytest.mark.parametrize("scale", [0, -255, np.nan, "255"])
def test_a_scale_is_above_0(tmp_path, scale):
    with pytest.raises(UsageError, match="^lesions.read_image: scale must be a number > 0; got"):
        read_image(tmp_path / "none.nii", scale=scale)


def test_what_a_file_is_may_be_said(tmp_path):
    sure = save(tmp_path / "sure.nii", np.ones((2, 2, 2), np.float32))
    assert read_image(sure).dtype.kind == "u"
    assert read_image(sure, as_="soft").dtype == np.float32
    whole = save(tmp_path / "whole.nii", np.ones((2, 2, 2), np.uint8))
    soft = read_image(whole, as_="soft")
    assert soft.dtype.kind == "f"
    assert float(soft.max()) == 1
    assert (read_image(sure).attrs["stored_whole"], read_image(whole).attrs["stored_whole"]) == (False, True)


def test_what_is_said_is_checked_and_the_remedy_helps(tmp_path):
    soft = save(tmp_path / "soft.nii", np.full((2, 2, 2), 0.25, np.float32))
    with pytest.raises(ReadError, match=r'it is read as labels, and holds fractions from 0.25 to 0.25: as_="soft"'):
        read_image(soft, as_="labels")
    assert float(read_image(soft, as_="soft").max()) == 0.25
    many = save(tmp_path / "many.nii", np.full((2, 2, 2), 51, np.uint8))
    with pytest.raises(ReadError, match=r"soft mask in .* and its values run from 51 to 51: scale=255 .*as_=.labels"):
        read_image(many, as_="soft")
    assert float(read_image(many, as_="soft", scale=255).max()) == pytest.approx(0.2)
    assert int(read_image(many, as_="labels").max()) == 51


def test_labels_have_no_scale(tmp_path):
    with pytest.raises(UsageError, match="as_ is 'labels', and a scale is for soft masks"):
        read_image(tmp_path / "none.nii", as_="labels", scale=255)
    with pytest.raises(UsageError, match="as_ must be one of None, 'soft', 'labels'"):
        read_image(tmp_path / "none.nii", as_="mask")


def test_grey_values_are_read_as_they_are(tmp_path):
    """As nibabel reads them, scaled and turned; no mask is seen in them."""
    nib = pytest.importorskip("nibabel")
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image = nib.Nifti1Image(stored, np.diag([-1.0, 1, 2, 1]))
    image.header.set_slope_inter(2.0, -1000.0)
    nib.save(image, tmp_path / "ct.nii")
    read = read_grey(tmp_path / "ct.nii")
    expected = nib.as_closest_canonical(nib.load(tmp_path / "ct.nii")).get_fdata()
    np.testing.assert_array_equal(read, expected)
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_grey(tmp_path / "nowhere.nii")


@pytest.mark.parametrize("suffix", ["nii", "nrrd", "mha", "tif", "png", "npy", "npz", "dcm"])
def test_an_empty_file_is_called_so_whatever_its_format(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.touch()
    with pytest.raises(ReadError, match=rf"a\.{suffix}: an empty file; fetch or write it again$"):
        read_image(path)


def test_grey_values_that_are_none_stay_so_without_a_warning(tmp_path):
    nib = pytest.importorskip("nibabel")
    signalling = np.array([0x7FA00000], np.uint32).view(np.float32)
    nib.save(nib.Nifti1Image(np.full((3, 2, 2), signalling), np.eye(4)), tmp_path / "grey.nii")
    assert np.isnan(read_grey(tmp_path / "grey.nii").values).all()


@pytest.mark.parametrize(("suffix", "extra"), [("nii.gz", "medical"), ("npy", "medical"), ("nrrd", "imaging")])
def test_one_remedy_brings_all_that_a_format_needs(tmp_path, monkeypatch, suffix, extra):
    monkeypatch.setitem(sys.modules, "nibabel", None)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"NRRD0004\n")
    with pytest.raises(ImportError, match=rf'images need nibabel: pip install "overlap-toolkit\[{extra}\]"'):
        read_image(path)

"""What a format does not hold is not compared: files without an origin or a direction, in compare and in cohorts."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

import domains.cli
from domains._files import ReadError
from domains.lesions import as_image, cohort, compare, read_image, score_lesions, write_image
from domains.lesions.images.places import in_place_of

SPACING = (0.5, 0.75, 3.0)
TURNED = np.array([[-0.5, 0, 0, 10], [0, 0, 3.0, -20], [0, -0.75, 0, 30], [0, 0, 0, 1]])
"""The affine of a sagittal file, whose slices run to the front."""

PREDICTED = np.zeros((6, 5, 4), np.uint8)
PREDICTED[1:4, 1:3, 0:2] = 1
REFERENCE = np.zeros((6, 5, 4), np.uint8)
REFERENCE[1:5, 1:4, 0:2] = 1
DICE = 2 * 12 / (12 + 24)


def plain_tiff(path, values, spacing=SPACING):
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(path, values.T, photometric="minisblack")


def imagej_tiff(path, values, spacing=SPACING):
    tifffile = pytest.importorskip("tifffile")
    across, along, up = spacing
    metadata = {"spacing": up, "unit": "mm", "axes": "ZYX"}
    tifffile.imwrite(path, values.T, imagej=True, resolution=(1 / across, 1 / along), metadata=metadata)


def imagej_tiff_without_slices(path, values, spacing=SPACING):
    """ImageJ's spacing of slices left out."""
    tifffile = pytest.importorskip("tifffile")
    across, along, _ = spacing
    metadata = {"unit": "mm", "axes": "ZYX"}
    tifffile.imwrite(path, values.T, imagej=True, resolution=(1 / across, 1 / along), metadata=metadata)


def ome_tiff(path, values, spacing=SPACING):
    tifffile = pytest.importorskip("tifffile")
    sizes = {f"PhysicalSize{axis}": size for axis, size in zip("XYZ", spacing, strict=True)}
    units = {f"PhysicalSize{axis}Unit": "mm" for axis in "XYZ"}
    tifffile.imwrite(path, values.T, ome=True, metadata={"axes": "ZYX", **sizes, **units})


def bare_nrrd(path, values, spacing=SPACING):
    nrrd = pytest.importorskip("nrrd")
    nrrd.write(str(path), values, {"spacings": spacing})


def bare_meta_image(path, values, spacing=SPACING):
    header = f"NDims = 3\nDimSize = 6 5 4\nElementSpacing = {' '.join(map(str, spacing))}\n"
    header += "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    path.write_bytes(header.encode() + values.tobytes(order="F"))


def bare_nifti(path, values, spacing=SPACING):
    """A file of which both codes are 0: it says no more than voxel sizes."""
    image = nib.Nifti1Image(values, None)
    image.header.set_zooms(spacing)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    header = nib.load(path).header
    assert (header["sform_code"], header["qform_code"]) == (0, 0), "or this tests nothing"


def array(path, values, spacing=SPACING):
    np.save(path, values.T)


SIZED = [
    (imagej_tiff, "a.tif"),
    (ome_tiff, "a.ome.tif"),
    (bare_nrrd, "a.nrrd"),
    (bare_meta_image, "a.mha"),
    (bare_nifti, "a.nii.gz"),
]
EVERY = [*SIZED, (plain_tiff, "a.tiff"), (imagej_tiff_without_slices, "a.tif"), (array, "a.npy")]


def placed(path, values, affine=TURNED):
    image = nib.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def told(*arguments):
    """Return what the command says as JSON."""
    run = CliRunner().invoke(domains.cli.app, ["lesions", *map(str, arguments), "--format", "json"])
    assert run.exit_code == 0, run.output
    return json.loads(run.stdout)


def axial(path, values):
    return placed(path, values, np.diag([*SPACING, 1.0]))


def refusal(*arguments):
    """Return what the command refuses in one line."""
    run = CliRunner().invoke(domains.cli.app, ["lesions", *map(str, arguments)])
    line = str(run.exception)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("write", "name", "side"),
    [(*kind, side) for kind, side in zip(EVERY, ["prediction", "reference"] * len(EVERY), strict=False)],
)
def test_the_place_of_the_other_image_is_taken_and_told(tmp_path, write, name, side):
    mine, other = (PREDICTED, REFERENCE) if side == "prediction" else (REFERENCE, PREDICTED)
    write(tmp_path / name, mine)
    pair = [tmp_path / name, placed(tmp_path / "other.nii.gz", other)]
    ordered = pair if side == "prediction" else pair[::-1]
    report = told("compare", *ordered, "--axes", "zyx")
    assert report["dice"] == {"1": pytest.approx(DICE)}
    assert report["borrowed"] == side
    assert "origin and no direction: as in other.nii.gz" in report["grid"]


@pytest.mark.parametrize(("write", "name"), SIZED)
def test_images_that_were_read_alone_are_compared_in_one_place(tmp_path, write, name):
    write(tmp_path / name, PREDICTED)
    image = read_image(tmp_path / name)
    reference = read_image(placed(tmp_path / "r.nii.gz", REFERENCE))
    assert compare(image, reference).dice.item() == pytest.approx(DICE)
    assert compare(reference, image).dice.item() == pytest.approx(DICE)
    assert score_lesions(image > 0, reference > 0).values["dice"] == pytest.approx(DICE)
    moved = in_place_of(image, reference)
    np.testing.assert_array_equal(moved, read_image(placed(tmp_path / "p.nii.gz", PREDICTED)))
    assert in_place_of(moved, reference) is moved


@pytest.mark.parametrize(("write", "name"), [*EVERY[:5:2], EVERY[-1]])
def test_in_a_cohort(tmp_path, write, name):
    for side in ("p", "r"):
        (tmp_path / side).mkdir()
    write(tmp_path / "p" / name, PREDICTED)
    placed(tmp_path / "r" / "a.nii.gz", REFERENCE)
    with pytest.warns(UserWarning, match="in 1 of 1 cases, such as a, the file of the prediction does not say where"):
        scores, _ = cohort(tmp_path / "p", tmp_path / "r", axes="zyx" if write is array else None)
    assert scores.error.tolist() == [""]
    assert scores.dice.tolist() == [pytest.approx(DICE)]


def test_two_files_that_say_as_much_borrow_nothing(tmp_path):
    for folder, values in (("p", PREDICTED), ("r", REFERENCE)):
        (tmp_path / folder).mkdir()
        imagej_tiff(tmp_path / folder / "a.tif", values)
    report = told("compare", tmp_path / "p" / "a.tif", tmp_path / "r" / "a.tif")
    assert report["dice"] == {"1": pytest.approx(DICE)}
    assert report["borrowed"] == "none"
    scores, _ = cohort(tmp_path / "p", tmp_path / "r")
    assert scores.dice.tolist() == [pytest.approx(DICE)]


def test_two_files_without_a_place_in_the_order_of_their_files(tmp_path):
    imagej_tiff(tmp_path / "p.tif", PREDICTED)
    bare_nifti(tmp_path / "r.nii.gz", REFERENCE)
    assert told("compare", tmp_path / "p.tif", tmp_path / "r.nii.gz")["dice"] == {"1": pytest.approx(DICE)}


def test_what_says_its_place_stays_strict(tmp_path):
    moved = TURNED.copy()
    moved[0, 3] += 1
    pair = [placed(tmp_path / "p.nii", PREDICTED), placed(tmp_path / "r.nii", REFERENCE, moved)]
    with pytest.raises(ValueError, match="different grids, by origin"):
        compare(*map(read_image, pair))


def test_an_origin_alone_must_agree(tmp_path):
    """A NRRD file of which the header has an origin and no direction."""
    nrrd = pytest.importorskip("nrrd")
    affine = np.diag([-0.5, -0.75, 3.0, 1.0])
    affine[:3, 3] = 5, 6, 7
    reference = read_image(placed(tmp_path / "r.nii", REFERENCE, affine))
    for origin, agrees in (((-5, -6, 7), True), ((-5, -6, 8), False)):
        nrrd.write(str(tmp_path / "p.nrrd"), PREDICTED, {"spacings": SPACING, "axis mins": origin})
        image = read_image(tmp_path / "p.nrrd")
        if agrees:
            assert compare(image, reference).dice.item() == pytest.approx(DICE)
            continue
        with pytest.raises(ReadError, match="p.nrrd: its origin is another than that of r.nii, and it says no dire"):
            compare(image, reference)


def test_directions_alone_must_agree(tmp_path):
    affine = np.diag([-0.5, -0.75, 3.0, 1.0])
    reference = read_image(placed(tmp_path / "r.nii", REFERENCE, affine))
    for matrix, agrees in (("1 0 0 0 1 0 0 0 1", True), ("0 1 0 1 0 0 0 0 1", False)):
        bare_meta_image(tmp_path / "p.mha", PREDICTED)
        content = (tmp_path / "p.mha").read_bytes()
        with_matrix = f"NDims = 3\nTransformMatrix = {matrix}\n".encode()
        (tmp_path / "p.mha").write_bytes(content.replace(b"NDims = 3\n", with_matrix))
        image = read_image(tmp_path / "p.mha")
        if agrees:
            assert compare(image, reference).dice.item() == pytest.approx(DICE)
            continue
        with pytest.raises(ReadError, match="p.mha: its direction is another than that of r.nii, and it says no or"):
            compare(image, reference)


@pytest.mark.parametrize(
    ("write", "name", "resample"), [(imagej_tiff, "a.tif", []), (ome_tiff, "a.ome.tif", ["--resample", "nearest"])]
)
def test_a_wrong_size_in_a_tiff_is_refused_and_the_remedy_helps(tmp_path, write, name, resample):
    tifffile = pytest.importorskip("tifffile")
    write(tmp_path / name, PREDICTED, (1.0, 1.0, 1.0))
    reference = placed(tmp_path / "r.nii.gz", REFERENCE)
    arguments = ["compare", tmp_path / name, reference, *resample]
    line = refusal(*arguments)
    assert "it has voxels of 1 × 1 × 1 mm and says no origin and no direction; r.nii.gz, whose place" in line
    remedy = 'tifffile.imwrite(NEW, tifffile.imread(FILE), photometric="minisblack")'
    assert f"if the size in the file is wrong, {remedy} leaves it out" in line
    new = tmp_path / "new.tif"
    exec(remedy, {"tifffile": tifffile, "NEW": new, "FILE": tmp_path / name})
    assert told("compare", new, reference)["dice"] == {"1": pytest.approx(DICE)}


def test_another_size_gets_a_place_of_its_own_and_is_resampled(tmp_path):
    """A TIFF of a part of the field: who knows where it lies can say it."""
    part = PREDICTED[1:5, 1:4]
    imagej_tiff(tmp_path / "a.tif", part)
    affine = np.diag([*SPACING, 1.0])
    reference = placed(tmp_path / "r.nii.gz", REFERENCE, affine)
    line = refusal("compare", tmp_path / "a.tif", reference)
    assert "it holds 4 × 3 × 4 voxels and says no origin and no direction; r.nii.gz, whose place it" in line
    remedy = "write_image(as_image(VALUES, SPACING, origin=ORIGIN), NEW)"
    assert f"else {remedy} saves it with its place" in line
    new = tmp_path / "new.nii.gz"
    known = {"VALUES": part, "SPACING": SPACING, "ORIGIN": (0.5, 0.75, 0.0), "NEW": new}
    exec(remedy, {"write_image": write_image, "as_image": as_image, **known})
    assert told("compare", new, reference, "--resample", "nearest")["dice"] == {"1": pytest.approx(DICE)}


@pytest.mark.parametrize(("write", "name"), [*SIZED, (axial, "p.nii.gz")])
def test_a_spacing_that_contradicts_the_file_is_refused(tmp_path, write, name):
    write(tmp_path / name, PREDICTED)
    assert read_image(tmp_path / name, spacing=SPACING).shape == (6, 5, 4)
    with pytest.raises(ReadError, match=r"the file gives voxels of 0.5 × 0.75 × 3 mm, and spacing 5 × 5 × 5: leave"):
        read_image(tmp_path / name, spacing=(5, 5, 5))


def test_a_spacing_that_contradicts_the_other_image_is_refused_on_its_side(tmp_path):
    array(tmp_path / "p.npy", PREDICTED)
    reference = placed(tmp_path / "r.nii.gz", REFERENCE)
    arguments = ["compare", tmp_path / "p.npy", reference, "--axes", "zyx", "--spacing"]
    line = refusal(*arguments, "5,5,5")
    assert "r.nii.gz: the file gives voxels of 0.5 × 0.75 × 3 mm, and spacing 5 × 5 × 5" in line
    with pytest.raises(ReadError, match=r"it has voxels of 5 × 5 × 5 mm .* r.nii.gz, whose place it should have"):
        read_image(tmp_path / "p.npy", axes="zyx", spacing=(5, 5, 5), like=read_image(reference))
    assert told(*arguments, "0.5,0.75,3")["dice"] == {"1": pytest.approx(DICE)}


def test_a_spacing_fills_in_what_the_file_does_not_say(tmp_path):
    imagej_tiff_without_slices(tmp_path / "a.tif", PREDICTED)
    with pytest.raises(ReadError, match="does not say where its voxels lie"):
        read_image(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif", spacing=SPACING)
    assert [image[axis].attrs["spacing"] for axis in "xyz"] == pytest.approx(SPACING)
    with pytest.raises(ReadError, match=r"the file gives voxels of 0.5 × 0.75 × \? mm, and spacing 0.5 × 0.6 × 3"):
        read_image(tmp_path / "a.tif", spacing=(0.5, 0.6, 3.0))


def test_slices_have_a_thickness(tmp_path):
    array(tmp_path / "a.npy", PREDICTED)
    with pytest.raises(ReadError, match="it has 4 slices, and spacing two numbers: name the size along slices too"):
        read_image(tmp_path / "a.npy", axes="zyx", spacing=(0.5, 0.75))


def test_a_slice_in_a_picture_lies_where_that_of_the_other_does(tmp_path):
    imagej_tiff(tmp_path / "a.tif", PREDICTED[..., :1])
    image = read_image(tmp_path / "a.tif")
    assert image.dims == ("x", "y")
    slice_of = as_image(REFERENCE, SPACING, origin=(1, 2, 3)).isel(z=0)
    report = compare(image.astype(np.uint8), slice_of)
    assert report.attrs["borrowed"] == "prediction"
    assert "z" in in_place_of(image, slice_of).coords

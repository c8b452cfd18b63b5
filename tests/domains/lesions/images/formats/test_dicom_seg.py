"""Segmentations that highdicom writes for a CT, beside the same labels in NIfTI by SimpleITK."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from domains._files import ReadError
from domains.lesions import compare, read_image
from domains.lesions.cohorts.reading import read_two
from domains.lesions.cohorts.sources import Source

hd = pytest.importorskip("highdicom")
pydicom = pytest.importorskip("pydicom")
sitk = pytest.importorskip("SimpleITK")

SPACING = (0.5, 0.75, 3.0)
ORIGIN = (-12.5, 20.25, 7.0)
SHAPE = (6, 5, 4)
ANGLE = np.deg2rad(10)
ORIENTATIONS = {
    "axial": [1, 0, 0, 0, 1, 0],
    "coronal": [1, 0, 0, 0, 0, -1],
    "turned": [np.cos(ANGLE), np.sin(ANGLE), 0, -np.sin(ANGLE), np.cos(ANGLE), 0],
}


def normal(orientation):
    return np.cross(orientation[:3], orientation[3:])


def ct(orientation):
    """Return the headers of a CT, a slice each."""
    uids = {name: pydicom.uid.generate_uid() for name in ("study", "series", "frame")}
    slices = []
    for k in range(SHAPE[2]):
        header = pydicom.dataset.Dataset()
        header.file_meta = pydicom.dataset.FileMetaDataset()
        header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        header.SOPInstanceUID = pydicom.uid.generate_uid()
        header.StudyInstanceUID = uids["study"]
        header.SeriesInstanceUID = uids["series"]
        header.FrameOfReferenceUID = uids["frame"]
        header.Modality = "CT"
        header.PatientName = "Doe^Jane"
        header.Rows = SHAPE[1]
        header.Columns = SHAPE[0]
        header.SliceThickness = SPACING[2]
        header.PixelSpacing = [SPACING[1], SPACING[0]]
        header.ImageOrientationPatient = [float(f"{x:.12g}") for x in orientation]
        place = np.array(ORIGIN) + k * SPACING[2] * normal(orientation)
        header.ImagePositionPatient = [float(f"{x:.12g}") for x in place]
        header.InstanceNumber = k + 1
        for name in ("PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate"):
            setattr(header, name, "")
        for name in ("StudyTime", "ReferringPhysicianName", "PositionReferenceIndicator"):
            setattr(header, name, "")
        slices.append(header)
    return slices


def save(path, layers, kind="BINARY", orientation="axial", **options):
    """Write segments, layers along x, y, z and segment; return the same geometry as SimpleITK has it."""
    coding = hd.sr.coding.CodedConcept
    descriptions = []
    for k in range(layers.shape[-1]):
        description = hd.seg.SegmentDescription(
            k + 1,
            f"segment {k + 1}",
            coding("49755003", "SCT", "Morphologically Altered Structure"),
            coding("52988006", "SCT", "Lesion"),
            hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        descriptions.append(description)
    pixels = layers.transpose(2, 1, 0, 3)
    segmentation = hd.seg.Segmentation(
        source_images=ct(ORIENTATIONS[orientation]),
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=pydicom.uid.generate_uid(),
        series_number=2,
        sop_instance_uid=pydicom.uid.generate_uid(),
        instance_number=1,
        manufacturer="none",
        manufacturer_model_name="none",
        software_versions="1",
        device_serial_number="1",
        **options,
    )
    segmentation.save_as(path)
    return path


def in_itk(values, orientation):
    image = sitk.GetImageFromArray(values.T)
    image.SetSpacing(SPACING)
    image.SetOrigin(ORIGIN)
    steps = ORIENTATIONS[orientation]
    image.SetDirection(np.stack([steps[:3], steps[3:], normal(steps)], axis=1).ravel().tolist())
    return image


@pytest.fixture
def labels():
    found = np.random.default_rng(0).integers(0, 3, SHAPE).astype(np.uint8)
    found[0, 0] = 2
    return found


def layers_of(labels):
    return np.stack([labels == 1, labels == 2], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [("BINARY", "axial"), ("LABELMAP", "coronal"), ("BINARY", "turned"), ("LABELMAP", "turned")],
)
def test_where_the_ct_says(tmp_path, labels, kind, orientation, same_places):
    image = read_image(save(tmp_path / "a.dcm", layers_of(labels), kind, orientation))
    assert image.dtype.kind == "u"
    same_places(image, in_itk(labels, orientation))


def test_beside_the_same_labels_in_nifti(tmp_path, labels):
    save(tmp_path / "a.dcm", layers_of(labels))
    sitk.WriteImage(in_itk(labels, "axial"), tmp_path / "a.nii.gz")
    report = compare(read_image(tmp_path / "a.dcm"), read_image(tmp_path / "a.nii.gz"))
    assert report.label.values.tolist() == [1, 2]
    assert report.dice.values.tolist() == [1, 1]


def test_segments_that_overlap_are_layers(tmp_path, labels):
    layers = np.stack([labels > 0, labels == 2], axis=-1).astype(np.uint8)
    image = read_image(save(tmp_path / "a.dcm", layers))
    assert image.dtype == bool
    assert image.label.values.tolist() == [1, 2]
    assert image.sum(["x", "y", "z"]).values.tolist() == layers.sum(axis=(0, 1, 2)).tolist()
    assert read_image(tmp_path / "a.dcm", as_="labels").dtype == bool


def test_fractions_are_shares(tmp_path, labels):
    layers = np.stack([(labels == 1) * 0.4, (labels == 2) * 0.8], axis=-1)
    image = read_image(save(tmp_path / "a.dcm", layers, "FRACTIONAL", max_fractional_value=255))
    assert image.dtype.kind == "f"
    assert np.unique(image).tolist() == pytest.approx([0, 0.4, 0.8], abs=1 / 255)


def test_frames_that_hold_nothing_are_not_stored(tmp_path):
    """Within the field of view of the other image they are 0; alone, the field is that of the stored frames."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:4, 2:4, 2] = 1
    save(tmp_path / "a.dcm", (labels == 1)[..., None].astype(np.uint8))
    field = np.zeros(SHAPE, np.uint8)
    field[2:4, 2:4, 1:3] = 1
    sitk.WriteImage(in_itk(field, "axial"), tmp_path / "a.nii.gz")
    other = read_image(tmp_path / "a.nii.gz")
    assert read_image(tmp_path / "a.dcm").sizes.get("z", 1) == 1
    image = read_image(tmp_path / "a.dcm", like=other)
    assert compare(image, other).dice.item() == pytest.approx(2 * 4 / 12)
    assert compare(other, image).attrs["regridding"] == "none"


@pytest.mark.parametrize(
    ("predicted", "reference", "resample"),
    [
        ([0, 1], [1, 2, 3], None),
        ([0], [3], "nearest"),
        ([1], [0, 1, 2], "nearest"),
        ([0, 1, 2], [1], None),
        ([0, 1], [2, 3], None),
        ([2], [2], "nearest"),
    ],
)
def test_two_segmentations_that_store_other_frames(tmp_path, predicted, reference, resample):
    masks = np.zeros((2, *SHAPE), np.uint8)
    masks[0, 1:4, 1:4, predicted] = 1
    masks[1, 2:5, 1:4, reference] = 1
    paths = [save(tmp_path / f"{k}.dcm", mask[..., None]) for k, mask in enumerate(masks)]
    both = np.count_nonzero(masks[0] & masks[1])
    dice = 2 * both / int(masks.sum())
    report = compare(read_image(paths[0]), read_image(paths[1]), resample=resample)
    assert report.dice.item() == pytest.approx(dice)
    a, b = read_two(Source(paths[0]), Source(paths[1]))
    assert int(a.sum()) == masks[0].sum()
    assert int(b.sum()) == masks[1].sum()
    assert compare(a, b, resample=resample).dice.item() == pytest.approx(dice)


def test_frames_outside_the_field_of_another_image(tmp_path, labels):
    """Only what is 0 outside is widened: the other image has its own field, and the error says so."""
    save(tmp_path / "a.dcm", layers_of(labels))
    part = in_itk(labels, "axial")[:, :, 1:3]
    sitk.WriteImage(part, tmp_path / "b.nii.gz")
    with pytest.raises(ValueError, match="are on different grids, by size, origin"):
        compare(read_image(tmp_path / "a.dcm"), read_image(tmp_path / "b.nii.gz"))


def test_what_is_no_segmentation(tmp_path):
    header = ct(ORIENTATIONS["axial"])[0]
    header.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    with pytest.raises(ReadError, match="a DICOM object of CT, no segmentation"):
        read_image(tmp_path / "a.dcm")
    (tmp_path / "b.dcm").write_bytes(b"these are my notes" * 30)
    with pytest.raises(ReadError, match="not a DICOM file"):
        read_image(tmp_path / "b.dcm")


def test_damaged_files_are_one_line(tmp_path, labels):
    path = save(tmp_path / "a.dcm", layers_of(labels))
    whole = path.read_bytes()
    for n in range(0, len(whole) - 40, len(whole) // 12):
        path.write_bytes(whole[:n])
        with pytest.raises(ReadError) as caught:
            read_image(path)
        assert str(caught.value).startswith(f"lesions.read_image: {path}: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("package", ["pydicom", "highdicom"])
def test_without_the_package(tmp_path, labels, monkeypatch, package):
    path = save(tmp_path / "a.dcm", layers_of(labels))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf'need {package}: pip install "overlap-toolkit\[imaging\]"$'):
        read_image(path)

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from domains._files import ReadError
from domains.lesions import as_image, cohort, compare, draw_outlines, read_image, read_outlines, write_image
from domains.lesions.cohorts.reading import read_two
from domains.lesions.cohorts.sources import Source

pydicom = pytest.importorskip("pydicom")

SQUARE = [(0, 0), (10, 0), (10, 8), (0, 8)]
HOLE = [(2, 2), (4, 2), (4, 4), (2, 4)]


def save(path, structures, kind="CLOSED_PLANAR"):
    """Write outlines: of each structure, by name or in pairs, corners (left and back, mm) and heights."""
    dataset = pydicom.dataset.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    dataset.SOPInstanceUID = pydicom.uid.generate_uid()
    dataset.Modality = "RTSTRUCT"
    rois = []
    contours = []
    named = structures.items() if isinstance(structures, dict) else structures
    for number, (name, outlines) in enumerate(named, 7):
        roi = pydicom.dataset.Dataset()
        roi.ROINumber = number
        roi.ROIName = name
        rois.append(roi)
        structure = pydicom.dataset.Dataset()
        structure.ReferencedROINumber = number
        drawn = []
        for corners, z in outlines:
            contour = pydicom.dataset.Dataset()
            contour.ContourGeometricType = kind
            contour.NumberOfContourPoints = len(corners)
            contour.ContourData = [float(x) for corner in corners for x in (*corner, z)[:3]]
            drawn.append(contour)
        structure.ContourSequence = drawn
        contours.append(structure)
    dataset.StructureSetROISequence = rois
    dataset.ROIContourSequence = contours
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def like():
    """An image that covers the outlines: 1 × 1 × 3 mm, in the frame of the patient."""
    return as_image(np.zeros((16, 14, 5), np.uint8), (1.0, 1.0, 3.0), origin=(-12.5, -10.5, 0.0))


def test_polygons_are_in_mm_to_the_right_and_front(tmp_path):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3), (HOLE, 3), (SQUARE, 6)], "node": [(HOLE, 6)]})
    table = read_outlines(path)
    assert table[["name", "z"]].values.tolist() == [["GTV", 3], ["GTV", 6], ["node", 6]]
    assert [polygon.area for polygon in table.polygon] == [80 - 4, 80, 4]
    assert table.polygon[0].bounds == (-10, -8, 0, 0)


def test_a_structure_without_a_name_has_its_number(tmp_path):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3)], "node": [(HOLE, 6)]})
    dataset = pydicom.dcmread(path)
    del dataset.StructureSetROISequence[1]
    dataset.save_as(path)
    assert read_outlines(path)["name"].tolist() == ["GTV", "8"]
    del dataset.StructureSetROISequence
    dataset.save_as(path)
    assert read_outlines(path)["name"].tolist() == ["7", "8"]


def test_two_sets_of_outlines_are_compared_without_voxels(tmp_path):
    """The core takes polygons of shapely. It is not asked here: what it does depends on which kernels are loaded."""
    a = read_outlines(save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3)]})).polygon[0]
    moved = [(x + 5, y) for x, y in SQUARE]
    b = read_outlines(save(tmp_path / "b.dcm", {"GTV": [(moved, 3)]})).polygon[0]
    assert isinstance(a, shapely.Polygon)
    assert 2 * a.intersection(b).area == pytest.approx(0.5 * (a.area + b.area))


def test_drawn_on_an_image(tmp_path, like):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3), (HOLE, 3), (SQUARE, 6)]})
    image = read_image(path, like=like)
    assert image.dtype == bool
    assert image.sum(["x", "y"]).values.tolist() == [0, 76, 80, 0, 0]
    inside = image.sel(z=6).where(image.sel(z=6), drop=True)
    assert (float(inside.x[0]), float(inside.x[-1])) == (-9.5, -0.5)
    with pytest.raises(ReadError, match=r"outlines have no voxels: read them like=IMAGE .--like IMAGE."):
        read_image(path)


def test_soft_is_the_covered_share(tmp_path, like):
    quarter = [(0.5, 0.5), (2, 0.5), (2, 2), (0.5, 2)]
    path = save(tmp_path / "a.dcm", {"GTV": [(quarter, 3)]})
    image = read_image(path, like=like, as_="soft")
    assert float(image.sum()) == pytest.approx(1.5**2)
    assert sorted(set(image.values.ravel().tolist())) == [0, 0.25, 0.5, 1]


def test_planes_that_are_farther_apart_than_voxels(tmp_path):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 0), (SQUARE, 3), (SQUARE, 9)]})
    fine = as_image(np.zeros((12, 10, 13), bool), 1.0, origin=(-10.5, -8.5, -1.0))
    image = read_image(path, like=fine)
    drawn = image.any(["x", "y"])
    assert drawn.z.values[drawn.values].tolist() == [-1, 0, 1, 2, 3, 4, 8, 9, 10], "the structure leaves 6 mm out"


@pytest.mark.parametrize("off", [0.0003, -0.004, 0.009])
def test_heights_that_differ_by_rounding_are_one_plane(tmp_path, like, off):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3), (HOLE, 3 + off), (SQUARE, 6.0007), (SQUARE, 9)]})
    assert read_outlines(path).polygon.map(shapely.area).tolist() == [76, 80, 80]
    assert read_image(path, like=like).sum(["x", "y"]).values.tolist() == [0, 76, 80, 80, 0]


def test_planes_of_a_table_that_differ_by_rounding(like):
    square = shapely.box(-10, -8, 0, 0)
    outlines = read_table([("GTV", 3.0, square), ("GTV", 3.0004, square), ("GTV", 6.0, square)])
    assert draw_outlines(outlines, like).sum(["x", "y"]).values.tolist() == [0, 80, 80, 0, 0]


def test_structures_of_one_name_are_joined(tmp_path, like):
    apart = [(0, -3), (2, -3), (2, -1), (0, -1)]
    overlapping = [(x + 1, y + 1) for x, y in SQUARE]
    structures = [("GTV", [(SQUARE, 3), (SQUARE, 6)]), ("GTV", [(apart, 3.002), (overlapping, 6), (HOLE, 9)])]
    path = save(tmp_path / "a.dcm", structures)
    assert read_outlines(path).polygon.map(shapely.area).tolist() == [80, 80, 4, 80, 4]
    image = read_image(path, like=like)
    assert image.dims == ("x", "y", "z")
    assert image.sum(["x", "y"]).values.tolist() == [0, 80 + 4, 80 + 80 - 9 * 7, 4, 0]


def test_several_structures_are_layers_by_name(tmp_path, like):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3)], "node": [(HOLE, 6)]})
    image = read_image(path, like=like)
    assert image.label.values.tolist() == ["GTV", "node"]
    assert image.sum(["x", "y", "z"]).values.tolist() == [80, 4]
    labels = (image.sel(label="GTV") * 1 + image.sel(label="node") * 2).astype(np.uint8)
    report = compare(image, labels, labels={"GTV": 1, "node": 2})
    assert report.dice.values.tolist() == [1, 1]


@pytest.mark.parametrize("side", ["prediction", "reference"])
def test_in_a_cohort_on_either_side(tmp_path, like, side):
    folders = {name: tmp_path / name for name in ("prediction", "reference")}
    for folder in folders.values():
        folder.mkdir()
    other = "reference" if side == "prediction" else "prediction"
    path = save(folders[side] / "a.dcm", {"GTV": [(SQUARE, 3)]})
    write_image(read_image(path, like=like), folders[other] / "a.nii.gz")
    scores, _ = cohort(folders["prediction"], folders["reference"])
    assert scores.error.tolist() == [""]
    assert scores.dice.tolist() == [1]


def test_the_nodules_of_four_radiologists():
    """Outlines drawn again have the area that they enclose, to a voxel of the rim."""
    like = as_image(np.zeros((40, 40, 1), bool), 0.7, origin=0.0)
    circle = shapely.Point(14, 14).buffer(9, 64)
    outlines = read_table([("nodule", 0.0, circle)])
    hard = draw_outlines(outlines, like)
    soft = draw_outlines(outlines, like, "coverage")
    assert float(soft.sum()) * 0.49 == pytest.approx(circle.area, rel=1e-12)
    assert float(hard.sum()) * 0.49 == pytest.approx(circle.area, rel=0.02)


def read_table(rows):
    import pandas as pd

    return pd.DataFrame(rows, columns=["name", "z", "polygon"])


def test_a_turned_image_is_not_drawn_on(tmp_path, like):
    turned = like.assign_attrs(directions=[0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1])
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3)]})
    with pytest.raises(ValueError, match="drawn on a volume that is not turned; this is .* direction 0.8 -0.6"):
        read_image(path, like=turned)


@pytest.mark.parametrize(
    ("outlines", "kind", "said"),
    [
        ([(SQUARE, 3)], "POINT", "it holds no closed outlines"),
        ([(SQUARE[:2], 3)], "CLOSED_PLANAR", "an outline of 2 points"),
        ([([(0, 0, 0), (1, 0, 1), (1, 1, 2)], 3)], "CLOSED_PLANAR", "an outline that lies in no axial plane"),
        ([(SQUARE, 3), (SQUARE, 3)], "CLOSED_PLANAR", "it holds no closed outlines"),
    ],
)
def test_outlines_that_cannot_be_drawn(tmp_path, outlines, kind, said):
    with pytest.raises(ReadError, match=said):
        read_outlines(save(tmp_path / "a.dcm", {"GTV": outlines}, kind))


def test_files_that_are_no_outlines(tmp_path):
    with pytest.raises(FileNotFoundError, match="^lesions.read_outlines: .*no such file"):
        read_outlines(tmp_path / "a.dcm")
    (tmp_path / "a.dcm").write_bytes(b"my notes" * 100)
    with pytest.raises(ReadError, match="^lesions.read_outlines: .*not a DICOM file"):
        read_outlines(tmp_path / "a.dcm")


MOVED = [(x + 2, y) for x, y in SQUARE]
"""The square, a fifth of it elsewhere: a Dice of 0.8."""


def command(*arguments):
    """Return what a command says as JSON, and its exit code."""
    from typer.testing import CliRunner

    from domains.cli import app

    run = CliRunner().invoke(app, ["lesions", *map(str, arguments), "--format", "json"])
    return json.loads(run.stdout) if run.stdout else str(run.exception)


def two_sets(tmp_path):
    for side, square in (("p", SQUARE), ("r", MOVED)):
        (tmp_path / side).mkdir()
        save(tmp_path / side / "a.dcm", {"GTV": [(square, 3), (square, 6)]})
    return tmp_path / "p" / "a.dcm", tmp_path / "r" / "a.dcm"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.nii.gz", "a_0000.nii.gz"])
def test_two_sets_of_outlines_are_drawn_on_an_image(tmp_path, like, name):
    pair = two_sets(tmp_path)
    assert "read them like=IMAGE (--like IMAGE), on whose grid they are drawn" in command("compare", *pair)
    (tmp_path / "ct").mkdir()
    image = tmp_path / "ct" / name
    write_image(like.astype(np.float32) + 0.25, image)
    report = command("compare", *pair, "--like", image)
    assert report["dice"] == {"lesion": 0.8}
    assert report["size_a"] == {"lesion": 160 * 3}
    assert f"outlines, drawn on the voxels of {name}" in report["grid"]
    rows = command("protocols", *pair, "--like", image, "--protocols", "cc")
    assert rows[0]["dice"] == pytest.approx(0.8)
    scores, _ = cohort(tmp_path / "p", tmp_path / "r", like=tmp_path / "ct")
    assert scores.dice.tolist() == [0.8]
    alone, _ = cohort(tmp_path / "p", tmp_path / "r")
    assert "read them like=IMAGE (--like IMAGE)" in alone.error[0]


def test_an_image_that_nothing_is_like_is_told(tmp_path, like):
    pair = [tmp_path / "p.nii.gz", tmp_path / "r.nii.gz"]
    for path in pair:
        write_image(like + 1, path)
    with pytest.warns(UserWarning, match=r"like \(--like\) .*p.nii.gz is of no use: both files say where their"):
        read_two(Source(pair[0]), Source(pair[1]), pair[0])
    with pytest.raises(FileNotFoundError, match=r"^lesions.cohort: like \(--like\) .*no.nii: no such file"):
        cohort(tmp_path, tmp_path, like=tmp_path / "no.nii")


@pytest.mark.parametrize("side", ["prediction", "reference"])
def test_outlines_outside_the_image_are_told(tmp_path, like, side):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 3), (SQUARE, 6)]})
    half = like.isel(x=slice(0, 8))
    image = write_image(half.copy(data=np.ones(half.shape, np.uint8)), tmp_path / "b.nii.gz") or tmp_path / "b.nii.gz"
    pair = [path, image] if side == "prediction" else [image, path]
    report = command("compare", *pair)
    enclosed = np.array([float(x) for x in half.x])
    left_out = (0 - (enclosed.max() + 0.5)) * 8 * 2 * 3
    assert left_out > 0
    assert f"drawn on the voxels of b.nii.gz, outside which {left_out:.4g} mm³ are left out" in report["grid"]
    if side == "prediction":
        assert report["left_out"] == pytest.approx(left_out, rel=1e-4)


def test_outlines_above_and_below_the_frames_of_a_segmentation_are_kept(tmp_path, like):
    path = save(tmp_path / "a.dcm", {"GTV": [(SQUARE, 0), (SQUARE, 3), (SQUARE, 6), (SQUARE, 9)]})
    frames = like.isel(z=[1, 2], x=slice(2, 13)).assign_attrs(sparse=True)
    image = read_image(path, like=frames)
    assert image.sum(["x", "y"]).values.tolist() == [80, 80, 80, 80]
    whole = read_image(path, like=like)
    marked = (whole & whole.z.isin([3.0, 6.0])).isel(z=[1, 2], x=slice(2, 13)).assign_attrs(sparse=True)
    assert compare(image, marked).dice.item() == pytest.approx(2 * 160 / (320 + 160))


def test_outlines_far_from_the_frames_of_a_segmentation(tmp_path, like):
    path = save(tmp_path / "a.dcm", {"GTV": [([(x + 1e9, y) for x, y in SQUARE], 3)]})
    with pytest.raises(ReadError, match="its outlines reach 1e.09 voxels away from the other image: export both"):
        read_image(path, like=like.assign_attrs(sparse=True))

"""Held against SimpleITK, which writes the files."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from domains._files import ReadError
from domains.lesions import compare, read_image

nrrd = pytest.importorskip("nrrd")
sitk = pytest.importorskip("SimpleITK")

VALUES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr", "A.NRRD"])
def test_where_itk_says(tmp_path, direction, name, itk_image, same_places):
    written = itk_image(VALUES, direction)
    sitk.WriteImage(written, tmp_path / name, imageIO="NrrdImageIO")
    same_places(read_image(tmp_path / name), written)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint32, np.float32, np.float64])
@pytest.mark.parametrize("packed", [False, True])
def test_values(tmp_path, kind, packed, itk_image):
    sitk.WriteImage(itk_image(VALUES.astype(kind)), tmp_path / "a.nrrd", packed)
    image = read_image(tmp_path / "a.nrrd")
    assert image.dtype.kind in "ui"
    assert np.unique(image).tolist() == list(range(24))


def test_a_slice(tmp_path, itk_image, same_places):
    written = itk_image(VALUES[..., 0])
    sitk.WriteImage(written, tmp_path / "a.nrrd")
    image = read_image(tmp_path / "a.nrrd")
    assert image.dims == ("x", "y")
    same_places(image, written)


def write(path, header, values=VALUES):
    nrrd.write(str(path), values, header={"encoding": "raw", **header})
    return path


STEPS = np.diag([0.5, 0.75, 3.0])


@pytest.mark.parametrize(
    ("space", "turn"),
    [("right-anterior-superior", "RAS"), ("RAS", "RAS"), ("LPS", "LPS"), ("left-anterior-superior", "LAS")],
)
def test_spaces(tmp_path, space, turn):
    path = write(tmp_path / "a.nrrd", {"space": space, "space directions": STEPS, "space origin": [1, 2, 3]})
    image = read_image(path)
    assert image.attrs["orientation"] == turn
    first = image.sel(x=1 if turn[0] == "R" else -1, y=2 if turn[1] == "A" else -2, z=3)
    assert first == 0


def test_spacings_alone_are_read_as_itk_does(tmp_path, same_places):
    path = write(tmp_path / "a.nrrd", {"spacings": [0.5, 0.75, 3.0]})
    same_places(read_image(path), sitk.ReadImage(path))


def test_units(tmp_path):
    header = {"space": "RAS", "space directions": STEPS * 1000, "space units": ["um", "um", "um"]}
    assert read_image(write(tmp_path / "a.nrrd", header)).z.attrs["spacing"] == 3.0


def segments(**more):
    """Return the header of a segmentation of 3D Slicer with two segments in two layers, which overlap."""
    header = {"space": "LPS", "space directions": np.vstack([[np.nan] * 3, STEPS]), "kinds": ["list", *["domain"] * 3]}
    for k, name in enumerate(("core", "whole tumor")):
        header |= {f"Segment{k}_Name": name, f"Segment{k}_LabelValue": "1", f"Segment{k}_Layer": str(k)}
    return header | more


def test_overlapping_segments_of_slicer(tmp_path):
    layers = np.stack([VALUES > 20, VALUES > 10]).astype(np.uint8)
    image = read_image(write(tmp_path / "a.seg.nrrd", segments(), layers))
    assert image.dtype == bool
    assert image.label.values.tolist() == ["core", "whole tumor"]
    assert image.sum(["x", "y", "z"]).values.tolist() == [3, 13]
    assert compare(image, image).dice.values.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"space": "scanner-xyz", "space directions": STEPS}, "the space 'scanner-xyz' is none of a patient"),
        ({}, "the header gives voxels no size (neither space directions nor spacings)"),
        ({"space": "LPS", "space directions": STEPS * [1, 1, 0]}, "the header gives the third axis no size"),
        ({"space": "LPS", "space directions": STEPS, "space units": ["mm", "cm", "mm"]}, "units of length are cm, mm"),
    ],
)
def test_headers_that_make_no_sense(tmp_path, header, said):
    path = write(tmp_path / "a.nrrd", header)
    with pytest.raises(ReadError) as caught:
        read_image(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"lesions.read_image: {path}: ")


def test_damaged_files_are_one_line(tmp_path, itk_image):
    path = tmp_path / "a.nrrd"
    sitk.WriteImage(itk_image(VALUES), path)
    whole = path.read_bytes()
    for n in range(0, len(whole), 7):
        path.write_bytes(whole[:n])
        with pytest.raises(ReadError) as caught:
            read_image(path)
        assert str(caught.value).startswith(f"lesions.read_image: {path}: ")
        assert "\n" not in str(caught.value)


def test_what_is_promised_must_be_free(tmp_path):
    path = write(tmp_path / "a.nrrd", {"space": "LPS", "space directions": STEPS})
    path.write_bytes(path.read_bytes().replace(b"sizes: 2 3 4", b"sizes: 20000 30000 40000"))
    with pytest.raises(ReadError, match="the image needs .* GB of memory"):
        read_image(path)


def test_without_the_package(tmp_path, monkeypatch):
    path = write(tmp_path / "a.nrrd", {"space": "LPS", "space directions": STEPS})
    monkeypatch.setitem(sys.modules, "nrrd", None)
    with pytest.raises(ImportError, match=r'need pynrrd: pip install "overlap-toolkit\[imaging\]"$'):
        read_image(path)
